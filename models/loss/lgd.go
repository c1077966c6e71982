package loss

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A Kind says what an amount is that moved a claim after the default.
type Kind string

const (
	Paid       Kind = "payment"     // settled invoices that were open at the default
	Credited   Kind = "credit_note" // took back part of the claim: it was not owed
	WrittenOff Kind = "write_off"   // given up in the books; it may still come back
	Recovered  Kind = "recovery"    // came back without settling an invoice, as the ledger has it
	Told       Kind = "outcome"     // came back, as the source of outcomes has it
)

// A Flow is one day's amount of a kind, in the reporting currency.
type Flow struct {
	On     asof.Date
	Kind   Kind
	Amount book.Money // negative: what had settled the claim was taken back
}

// A Default is a default of the past and what moved its claim since.
type Default struct {
	CustomerID string
	On         asof.Date
	Cured      asof.Date  // unset: not cured; a cure after a write-off is none, for the write-off is what ended the debt
	Claim      book.Money // open on the day of the default
	Industry   string
	Covered    bool // a security or an insurance was in force
	Flows      []Flow
}

// The states of a workout.
const (
	Cured     = "cured"     // healthy again: what was still owed counts as paid on that day
	Settled   = "settled"   // nothing is owed any more and nothing was given up
	Exhausted = "exhausted" // over by age
	Open      = "open"      // may still bring something: its loss lies between Low and High
)

// A Workout is a default with the loss it has come to.
type Workout struct {
	Default
	State     string
	Days      int        // since the default
	Net       book.Money // claim less credit notes
	Back      book.Money // came back, not discounted
	GivenUp   book.Money // written off
	Owed      book.Money // neither came back nor was written off
	LGD       float64    // realised; of an open workout what it will come to by the experience of those that are over
	Low, High float64    // of an open workout: if all the rest came tonight, and if nothing more came; else LGD
	Weight    float64    // 1; of an open workout the share of the workout period it has been through
	Segment   Segment
}

// A Segment is a cell of defaults that are alike.
type Segment struct {
	Covered  bool
	Class    int // of size
	Industry string
}

// Workouts follows the defaults to the date. Those without a claim tell nothing and are left out. The result is in order of
// customer and day, whatever the order of the input.
func Workouts(defaults []Default, on asof.Date, t Terms) ([]Workout, *Development, error) {
	var all []Workout
	for _, d := range defaults {
		w, err := t.follow(d, on)
		if err != nil {
			return nil, nil, fmt.Errorf("customer %s, default of %s: %w", d.CustomerID, d.On, err)
		}
		if w.Net > 0 {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b Workout) int {
		return cmp.Or(strings.Compare(a.CustomerID, b.CustomerID), cmp.Compare(a.On, b.On))
	})
	dev := &Development{terms: t, known: map[int]float64{}}
	for i := range all {
		if w := &all[i]; w.State != Open {
			dev.over = append(dev.over, t.course(w))
		}
	}
	for i := range all {
		w := &all[i]
		c := t.course(w)
		back, rest := c.until(w.Days, t)
		w.High = within(1 - back)
		w.Low, w.LGD, w.Weight = w.High, w.High, 1
		if w.State == Open {
			still := rest * t.discount(w.Days)
			w.Low = within(w.High - still)
			w.LGD = within(w.High - still*dev.ToCome(w.Days))
			w.Weight = min(float64(w.Days)/float64(t.period()), 1)
		}
	}
	return all, dev, nil
}

// period is how many days a workout lasts at most.
func (t Terms) period() int { return max(t.WorkoutMonths*365/12, 1) }

func within(v float64) float64 { return min(max(v, 0), 1) }

// follow adds up what moved a claim.
func (t Terms) follow(d Default, on asof.Date) (Workout, error) {
	if d.On > on {
		return Workout{}, fmt.Errorf("lies after %s", on)
	}
	d.Flows = slices.Clone(d.Flows)
	slices.SortStableFunc(d.Flows, func(a, b Flow) int {
		return cmp.Or(cmp.Compare(a.On, b.On), strings.Compare(string(a.Kind), string(b.Kind)), cmp.Compare(a.Amount, b.Amount))
	})
	if !d.Cured.IsZero() {
		gone := book.Money(0)
		for _, f := range d.Flows {
			if f.Kind == WrittenOff && f.On <= d.Cured {
				gone += f.Amount
			}
		}
		if gone > 0 || d.Cured > on {
			d.Cured = 0
		} else { // what comes after it belongs to a healthy customer
			d.Flows = slices.DeleteFunc(d.Flows, func(f Flow) bool { return f.On > d.Cured })
		}
	}
	w := Workout{Default: d, Days: on.Sub(d.On), Net: d.Claim, Segment: Segment{d.Covered, t.class(d.Claim), d.Industry}}
	var sum [4]book.Money
	for _, f := range d.Flows {
		if f.On < d.On || f.On > on {
			return w, fmt.Errorf("%s of %s lies outside the workout", f.Kind, f.On)
		}
		at := slices.Index([]Kind{Paid, Recovered, Told, WrittenOff}, f.Kind)
		var err error
		switch {
		case f.Kind == Credited:
			w.Net, err = w.Net.Add(-f.Amount)
		case at >= 0:
			sum[at], err = sum[at].Add(f.Amount)
		default:
			err = fmt.Errorf("flow of kind %q", f.Kind)
		}
		if err != nil {
			return w, err
		}
	}
	// Ledger and outcomes may tell of the same money: the one that tells of more is believed.
	told := Recovered
	if sum[2] > sum[1] {
		told = Told
	}
	w.Flows = slices.DeleteFunc(d.Flows, func(f Flow) bool { return f.Kind == Recovered && told == Told || f.Kind == Told && told == Recovered })
	w.Back, w.GivenUp = sum[0]+max(sum[1], sum[2]), sum[3]
	w.Owed = max(w.Net-w.Back-w.GivenUp, 0)
	switch {
	case !d.Cured.IsZero():
		w.State = Cured
	case w.Owed == 0 && w.GivenUp <= 0:
		w.State = Settled
	case w.Days >= t.period():
		w.State = Exhausted
	default:
		w.State = Open
	}
	return w, nil
}

// A course is what came back of a claim of one, day by day.
type course struct {
	days   []int // since the default, rising
	shares []float64
}

func (t Terms) course(w *Workout) course {
	var c course
	left := 1.0
	add := func(days int, share float64) {
		share = min(share, left) // interest is no recovery of the claim
		left -= share
		if n := len(c.days); n > 0 && c.days[n-1] == days {
			c.shares[n-1] += share
		} else {
			c.days, c.shares = append(c.days, days), append(c.shares, share)
		}
	}
	for _, f := range w.Flows {
		if f.Kind != Credited && f.Kind != WrittenOff {
			add(f.On.Sub(w.On), float64(f.Amount)/float64(w.Net))
		}
	}
	if w.State == Cured {
		add(w.Cured.Sub(w.On), left)
	}
	return c
}

// until returns what had come back after so many days, discounted to the default, and what had not, as it stands.
func (c course) until(days int, t Terms) (back, rest float64) {
	rest = 1
	for i, d := range c.days {
		if d > days {
			break
		}
		back += c.shares[i] * t.discount(d)
		rest -= c.shares[i]
	}
	return back, max(rest, 0)
}

// A Development says what becomes of a claim that has been in default for some time, by the workouts that are over.
type Development struct {
	terms Terms
	over  []course
	known map[int]float64
}

// ToCome is the share of what is still owed after so many days that will come back, discounted to that day. Of what was not
// seen yet the configuration's rate is taken to come evenly over the workout period.
func (d *Development) ToCome(days int) float64 {
	if v, ok := d.known[days]; ok {
		return v
	}
	t := d.terms
	later, rest := 0.0, 0.0
	for _, c := range d.over {
		_, left := c.until(days, t)
		rest += left
		for i, day := range c.days {
			if day > days {
				later += c.shares[i] * t.discount(day-days)
			}
		}
	}
	expected := (1 - t.Prior) * max(1-float64(days)/float64(t.period()), 0)
	v := expected
	if n := rest + t.Credibility; n > 0 {
		v = within((later + t.Credibility*expected) / n)
	}
	d.known[days] = v
	return v
}

// Rate is the loss rate of what a customer still owes after so many days in default. Seen are the workouts it rests on.
func (d *Development) Rate(days int) Estimate {
	point := 1 - d.ToCome(days)
	n := float64(len(d.over))
	return Estimate{Point: point, Prudent: downturn(point), Segment: "in default", Events: len(d.over), Weight: n / (n + d.terms.Credibility)}
}

// An Estimate is a loss rate with what it rests on.
type Estimate struct {
	Point   float64 // share of the exposure that a default costs
	Prudent float64 // in a downturn, with the error of the estimate
	Segment string  // the narrowest segment with a default of its own: "all", "uncovered", "uncovered, size 2", "uncovered, size 2, steel"
	Events  int     // defaults of that segment
	Weight  float64 // of what was seen, against the rate of the configuration
}

// Rates are the loss rates by segment.
type Rates struct {
	terms  Terms
	cells  map[node]*cell
	spread float64 // standard deviation of the realised rates
}

// A node is a segment at one of four depths: all, cover, size, industry.
type node struct {
	depth int
	Segment
}

type cell struct {
	events     int
	n          float64 // weights of the events
	lost, high float64
}

// Fit makes loss rates of workouts. Each depth of segment draws from the one above it: a cell with n defaults weighs
// n / (n + Credibility), the rest is the rate of the cell around it, and around all lies the rate of the configuration.
func Fit(all []Workout, t Terms) *Rates {
	r := &Rates{terms: t, cells: map[node]*cell{}}
	for _, w := range all {
		for depth := range 4 {
			key := at(depth, w.Segment)
			c := r.cells[key]
			if c == nil {
				c = &cell{}
				r.cells[key] = c
			}
			c.events++
			c.n += w.Weight
			c.lost += w.Weight * w.LGD
			c.high += w.Weight * w.High
		}
	}
	if c := r.cells[at(0, Segment{})]; c != nil && c.n > 1 {
		mean, square := c.lost/c.n, 0.0
		for _, w := range all {
			square += w.Weight * (w.LGD - mean) * (w.LGD - mean)
		}
		r.spread = math.Sqrt(square / c.n)
	}
	return r
}

// at returns the segment that holds s at a depth.
func at(depth int, s Segment) node {
	k := node{depth: depth}
	if depth > 0 {
		k.Covered = s.Covered
	}
	if depth > 1 {
		k.Class = s.Class
	}
	if depth > 2 {
		k.Industry = s.Industry
	}
	return k
}

func (k node) String() string {
	if k.depth == 0 {
		return "all"
	}
	name := "uncovered"
	if k.Covered {
		name = "covered"
	}
	if k.depth > 1 {
		name += fmt.Sprintf(", size %d", k.Class+1)
	}
	if k.depth > 2 && k.Industry != "" {
		name += ", " + k.Industry
	}
	return name
}

// For returns the loss rate of an exposure.
func (r *Rates) For(exposure book.Money, covered bool, industry string) Estimate {
	s := Segment{covered, r.terms.class(exposure), industry}
	e := Estimate{Segment: "all"}
	point, high, kept, n := r.terms.Prior, r.terms.Prior, 1.0, 0.0
	for depth := range 4 {
		key := at(depth, s)
		c := r.cells[key]
		if c == nil {
			break // nor has any segment within it a default
		}
		e.Segment, e.Events = key.String(), c.events
		if c.n <= 0 {
			continue
		}
		z := 1.0
		if r.terms.Credibility > 0 {
			z = c.n / (c.n + r.terms.Credibility)
		}
		point = z*c.lost/c.n + (1-z)*point
		high = z*c.high/c.n + (1-z)*high
		kept *= 1 - z
		n = c.n
	}
	e.Point, e.Weight = within(point), 1-kept
	e.Prudent = downturn(e.Point)
	if n > 0 {
		e.Prudent = max(e.Prudent, within(high+oneInTwenty*e.Weight*r.spread/math.Sqrt(n+r.terms.Credibility)))
	}
	return e
}

// oneInTwenty is the normal quantile of 95 %.
const oneInTwenty = 1.6448536269514722

// downturn maps a mean loss rate to that of a downturn as the supervisors of the Basel II notice did for banks without an
// estimate of their own.
func downturn(mean float64) float64 { return within(0.08 + 0.92*mean) }
