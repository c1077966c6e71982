// Package record tells what warnings were worth: the alarms of earlier nights held against what followed, and which indicators
// their record takes down to S1.
package record

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warnings"
)

// A History is what earlier nights warned of, and what is known by now to have followed.
type History struct {
	AsOf      asof.Date // the night that looks back: outcomes as known by its cut
	Nights    []PastNight
	Episodes  []PastEpisode
	Customers map[string]PastCustomer // those to whom something happened: trouble, or an act of ours
	Versions  map[string]string       // of the rule of each code that judges now; see warnings.Rule.Version
	Margin    float64                 // gross margin on sales
}

// A PastNight is a night published before.
type PastNight struct {
	AsOf      asof.Date
	Customers int // in the book
}

// A PastEpisode is a warning of an earlier night. Its nights are those on which it was open without a suppressor: a warning that
// asked nobody to act is no alarm.
type PastEpisode struct {
	CustomerID, Code, Version string
	Tier                      uint8
	Open                      Span // first and last night; zero: never
	Acting                    Span // the same at S3 or more
}

// A Span is from a day to a day, both included.
type Span struct{ From, To asof.Date }

// A PastCustomer is what happened to a customer.
type PastCustomer struct {
	Since    asof.Date   // first night read that had it in its book
	Defaults []Span      // from the default to the day before its cure
	Late     []Span      // more than 60 days past due, likewise
	Acts     []asof.Date // days on which we acted: an action entered, a hold, a limit cut
	Amounts  map[asof.Date]Amounts
}

// Amounts are a customer's on a night, reporting currency.
type Amounts struct {
	Exposure, Orders book.Money
	LGD              float64
}

// A Record is what warnings were worth; NaN where nothing can be told.
type Record struct {
	Scope, Code string
	Tier        uint8
	Version     string
	Current     bool
	Since       asof.Date
	Nights      int

	Alarms, Late, Matured, True, Aged, TrueAged, Suppressed             int
	Precision, PrecisionLo, PrecisionHi, BaseRate, Lift, LiftLo, LiftHi float64
	Defaults, Recalled, Recalled30, Added30                             int
	LeadMedian, LeadP10, LeadP90, Lead30Share                           float64
	Saved, FalseAlarmCost                                               book.Money
	Treated, TreatedAged, TreatedTrue, UntreatedAged, UntreatedTrue     int
}

// Scopes of records.
const (
	OfCode = "code"
	OfTier = "tier"
	OfAll  = "all"
)

const (
	foretells = 12 // months that an alarm looks ahead
	inTime    = 30 // days of lead that leave time to act
	leastAged = 20 // aged alarms below which precision says nothing
	apart     = 14 // days without a warning after which a customer's next one is another alarm of its tier
)

// PriorOnly reports that there are too few alarms to say anything of precision.
func (r *Record) PriorOnly() bool { return r.Aged < leastAged }

// alarm is a warning as it was raised.
type alarm struct {
	customer string
	nights   Span
}

// Of holds the alarms of earlier nights against what followed: a record of every version of every code that raised one and
// of every code as it stands, of each tier's warnings of S3 or more, and of all of those together.
func Of(h History) ([]Record, error) {
	w := worth{History: h}
	w.settle()

	type rule struct{ code, version string }
	tiers := map[string]uint8{}
	byRule := map[rule][]alarm{}
	suppressed := map[rule]int{}
	for _, r := range warnings.Rules {
		tiers[r.Code] = r.Tier
		byRule[rule{r.Code, h.Versions[r.Code]}] = nil
	}
	acting := map[uint8][]alarm{}
	for _, e := range h.Episodes {
		tiers[e.Code] = e.Tier
		k := rule{e.Code, e.Version}
		if e.Open.From.IsZero() {
			suppressed[k]++
			if _, ok := byRule[k]; !ok {
				byRule[k] = nil // there is a record even if nobody was asked to act
			}
			continue
		}
		byRule[k] = append(byRule[k], alarm{e.CustomerID, e.Open})
		if !e.Acting.From.IsZero() {
			acting[e.Tier] = append(acting[e.Tier], alarm{e.CustomerID, e.Acting})
		}
	}

	var out []Record
	var all []alarm
	recalled := map[uint8][]bool{} // by tier: which defaults, in time
	for _, tier := range []uint8{1, 2, 3} {
		all = append(all, acting[tier]...)
		_, recalled[tier] = w.recalls(acting[tier])
	}
	add := func(r Record, alarms []alarm) error {
		r.Since, r.Nights = w.since, len(h.Nights)
		err := w.judge(&r, alarms)
		out = append(out, r)
		return err
	}
	for k, alarms := range byRule {
		r := Record{Scope: OfCode, Code: k.code, Version: k.version, Tier: tiers[k.code], Current: h.Versions[k.code] == k.version, Suppressed: suppressed[k]}
		if err := add(r, alarms); err != nil {
			return nil, err
		}
	}
	for _, tier := range []uint8{1, 2, 3} {
		if err := add(Record{Scope: OfTier, Code: fmt.Sprintf("T%d", tier), Tier: tier, Current: true}, merged(acting[tier])); err != nil {
			return nil, err
		}
		r := &out[len(out)-1]
		for i := range w.defaults {
			if recalled[tier][i] && !recalled[1+tier%3][i] && !recalled[1+(tier+1)%3][i] {
				r.Added30++
			}
		}
	}
	if err := add(Record{Scope: OfAll, Code: "S3+", Current: true}, merged(all)); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Version, b.Version))
	})
	return out, nil
}

// worth judges alarms by a history.
type worth struct {
	History
	since    asof.Date
	base     float64
	defaults []happened // that could be warned of in time
}

type happened struct {
	customer string
	on       asof.Date
}

// settle finds the defaults to recall and the rate at which the event comes to a customer nobody picked.
func (w *worth) settle() {
	w.base = math.NaN()
	if len(w.Nights) == 0 {
		return
	}
	slices.SortFunc(w.Nights, func(a, b PastNight) int { return cmp.Compare(a.AsOf, b.AsOf) })
	w.since = w.Nights[0].AsOf
	last := w.Nights[len(w.Nights)-1].AsOf // a default after it could not be warned of until its day
	ids := slices.Sorted(maps.Keys(w.Customers))
	for _, id := range ids {
		for _, d := range w.Customers[id].Defaults {
			if d.From >= w.since.Add(inTime) && d.From <= last {
				w.defaults = append(w.defaults, happened{id, d.From})
			}
		}
	}
	atRisk, hit := 0, 0
	for _, n := range w.Nights {
		if n.AsOf.AddMonths(foretells) > w.AsOf {
			break
		}
		atRisk += n.Customers
		for _, id := range ids {
			c := w.Customers[id]
			if c.Since.IsZero() || c.Since > n.AsOf {
				continue
			}
			if c.inDefault(n.AsOf) {
				atRisk--
			} else if _, ok := c.event(n.AsOf, w.AsOf); ok {
				hit++
			}
		}
	}
	if atRisk > 0 {
		w.base = float64(hit) / float64(atRisk)
	}
}

func (c *PastCustomer) inDefault(on asof.Date) bool { return within(c.Defaults, on) }

func within(spans []Span, on asof.Date) bool {
	return slices.ContainsFunc(spans, func(s Span) bool { return s.From <= on && on <= s.To })
}

// event is the day on which what an alarm of a night foretells came, by the day of looking back: a default or 60 days past due that
// the customer was not in already.
func (c *PastCustomer) event(night, known asof.Date) (first asof.Date, ok bool) {
	for _, spans := range [][]Span{c.Defaults, c.Late} {
		if within(spans, night) {
			continue
		}
		for _, s := range spans {
			if s.From > night && s.From <= min(night.AddMonths(foretells), known) && (!ok || s.From < first) {
				first, ok = s.From, true
			}
		}
	}
	return first, ok
}

// merged turns the warnings of several codes about a customer into the times that it came to have one.
func merged(raised []alarm) (out []alarm) {
	slices.SortFunc(raised, func(a, b alarm) int {
		return cmp.Or(cmp.Compare(a.customer, b.customer), cmp.Compare(a.nights.From, b.nights.From), cmp.Compare(a.nights.To, b.nights.To))
	})
	for _, a := range raised {
		if n := len(out); n > 0 && out[n-1].customer == a.customer && a.nights.From <= out[n-1].nights.To.Add(apart) {
			out[n-1].nights.To = max(out[n-1].nights.To, a.nights.To)
			continue
		}
		out = append(out, a)
	}
	return out
}

// recalls tells which defaults were warned of a day to twelve months before, and which of them in time.
func (w *worth) recalls(alarms []alarm) (any, timely []bool) {
	byCustomer := map[string][]Span{}
	for _, a := range alarms {
		byCustomer[a.customer] = append(byCustomer[a.customer], a.nights)
	}
	any, timely = make([]bool, len(w.defaults)), make([]bool, len(w.defaults))
	for i, d := range w.defaults {
		from := d.on.AddMonths(-foretells)
		for _, s := range byCustomer[d.customer] {
			any[i] = any[i] || s.From <= d.on-1 && s.To >= from
			timely[i] = timely[i] || s.From <= d.on.Add(-inTime) && s.To >= from
		}
	}
	return any, timely
}

func (w *worth) judge(r *Record, alarms []alarm) error {
	var leads []float64
	first := map[happened]alarm{} // before each default: an exposure is saved once
	for _, a := range alarms {
		c := w.Customers[a.customer]
		on := a.nights.From
		r.Alarms++
		if c.inDefault(on) {
			r.Late++
			continue
		}
		event, came := c.event(on, w.AsOf)
		aged := on.AddMonths(foretells) <= w.AsOf
		if !aged && !came {
			continue
		}
		until := on.AddMonths(foretells)
		if came {
			until = event
		}
		treated := slices.ContainsFunc(c.Acts, func(d asof.Date) bool { return d > on && d <= until })
		r.Matured++
		r.Treated += count(treated)
		if came {
			r.True++
			leads = append(leads, float64(event.Sub(on)))
		}
		if aged {
			r.Aged++
			r.TrueAged += count(came)
			r.TreatedAged += count(treated)
			r.TreatedTrue += count(treated && came)
			r.UntreatedAged += count(!treated)
			r.UntreatedTrue += count(!treated && came)
			if treated && !came {
				cost, err := c.Amounts[on].Orders.Times(w.Margin)
				if err == nil {
					r.FalseAlarmCost, err = r.FalseAlarmCost.Add(cost)
				}
				if err != nil {
					return fmt.Errorf("%s: orders held of customer %s: %w", r.Code, a.customer, err)
				}
			}
		}
		for _, d := range c.Defaults {
			if k := (happened{a.customer, d.From}); d.From > on && d.From <= min(on.AddMonths(foretells), w.AsOf) {
				if b, ok := first[k]; !ok || on < b.nights.From {
					first[k] = a
				}
			}
		}
	}
	for d, a := range first {
		c := w.Customers[d.customer]
		before, ok := c.Amounts[a.nights.From]
		then, also := c.lastBefore(d.on)
		if !ok || !also || then.Exposure >= before.Exposure {
			continue
		}
		saved, err := (before.Exposure - then.Exposure).Times(before.LGD)
		if err == nil {
			r.Saved, err = r.Saved.Add(saved)
		}
		if err != nil {
			return fmt.Errorf("%s: saved of customer %s: %w", r.Code, d.customer, err)
		}
	}

	r.BaseRate = w.base
	r.Precision, r.PrecisionLo, r.PrecisionHi = wilson(r.TrueAged, r.Aged)
	r.Lift, r.LiftLo, r.LiftHi = math.NaN(), math.NaN(), math.NaN()
	if w.base > 0 {
		r.Lift, r.LiftLo, r.LiftHi = r.Precision/w.base, r.PrecisionLo/w.base, r.PrecisionHi/w.base
	}
	recalled, timely := w.recalls(alarms)
	for i := range w.defaults {
		r.Defaults++
		r.Recalled += count(recalled[i])
		r.Recalled30 += count(timely[i])
	}
	slices.Sort(leads)
	r.LeadMedian, r.LeadP10, r.LeadP90, r.Lead30Share = quantile(leads, 0.5), quantile(leads, 0.1), quantile(leads, 0.9), math.NaN()
	if n := len(leads); n > 0 {
		late, _ := slices.BinarySearch(leads, inTime)
		r.Lead30Share = float64(n-late) / float64(n)
	}
	return nil
}

// lastBefore are the customer's amounts on the last night up to a day.
func (c *PastCustomer) lastBefore(day asof.Date) (found Amounts, ok bool) {
	last := asof.Date(0)
	for night, a := range c.Amounts {
		if night <= day && night > last {
			last, found, ok = night, a, true
		}
	}
	return found, ok
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// z95 is the normal quantile of a two-sided interval of 95 %.
const z95 = 1.959963984540054

// wilson returns a share of n and its 95 % interval by Wilson's score.
func wilson(k, n int) (share, lo, hi float64) {
	if n == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	m := float64(n)
	share = float64(k) / m
	middle := (share + z95*z95/(2*m)) / (1 + z95*z95/m)
	half := z95 / (1 + z95*z95/m) * math.Sqrt(share*(1-share)/m+z95*z95/(4*m*m))
	return share, max(0, middle-half), min(1, middle+half)
}

// quantile of sorted numbers, between two of them in proportion.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}
