package models

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"creditwatch/models/validation"
)

// A Calibration turns a learner's log-odds into those of a PD that outcomes bear out.
//
// "platt" is intercept and slope. "beta" (Kull, Silva Filho and Flach 2017) has a slope for the log of the PD and another for the
// log of what is left of one, so that the two tails may bend differently. "isotonic" pools neighbours to rising default
// rates and joins the centres of the pools by straight lines in log-odds; "venn_abers" (Vovk, Petej and Fedorova 2015) does so
// with the probabilities that isotonic fits give when the customer is added to them once as paid and once as failed, and
// keeps both as bounds. Beyond the outermost centres and inside a pool these two keep rising gently, so that ranks survive.
// "none" leaves log-odds as they are.
type Calibration struct {
	Method    string    `json:"method"`
	Intercept float64   `json:"intercept"`
	Slope     float64   `json:"slope"`            // of the log-odds; of ln p in a beta calibration
	Other     float64   `json:"other,omitempty"`  // slope of −ln(1−p) in a beta calibration
	X         []float64 `json:"x,omitempty"`      // centres of the pools, log-odds of the learner, rising
	Y         []float64 `json:"y,omitempty"`      // their log-odds of default, rising
	Lower     []float64 `json:"lower,omitempty"`  // Venn–Abers bounds of Y
	Higher    []float64 `json:"higher,omitempty"` //
	Level     Level     `json:"level"`
	Spread    []Spread  `json:"spread"` // how far calibrated log-odds may be off, by rising log-odds
	Cells     []Cell    `json:"cells"`  // customers and defaults by rising log-odds
}

// A Level is what was added to all log-odds so that expected defaults are those of late.
type Level struct {
	Judged  float64 `json:"judged"`  // from the rows that calibrate
	Late    float64 `json:"late"`    // from rows that came after; known only once the model had been judged
	Spread  float64 `json:"spread"`  // standard deviation of the level from one horizon to the next
	Rate    float64 `json:"rate"`    // mean PD of the recent rows that Judged rests on
	Default float64 `json:"default"` // customers that defaulted in the rows that calibrate
}

// A Spread is the standard error of calibrated log-odds at one place.
type Spread struct {
	At    float64 `json:"at"` // calibrated log-odds
	Error float64 `json:"error"`
}

// A Cell counts calibration rows of like PD. Rows of one customer in several cohorts are not independent, so both
// counts are divided by the cohorts per customer.
type Cell struct {
	UpTo float64 `json:"up_to"` // highest calibrated log-odds of the cell
	N    float64 `json:"n"`
	D    float64 `json:"d"`
}

// gentle is the slope in log-odds that an isotonic calibration keeps where pooling would have none.
const gentle = 0.02

// Apply returns calibrated log-odds.
func (c *Calibration) Apply(eta float64) float64 {
	move := c.Level.Judged + c.Level.Late
	switch c.Method {
	case "isotonic", "venn_abers":
		return move + along(c.X, c.Y, eta)
	case "beta":
		p, q := logOf(eta)
		return move + c.Intercept + c.Slope*p - c.Other*q
	}
	return move + c.Intercept + c.Slope*eta
}

// logOf returns the logs of a probability and of what is left of one, from its log-odds.
func logOf(eta float64) (p, rest float64) { return -surprise(eta, 1), -surprise(eta, 0) }

// along joins points by straight lines and goes on gently beyond them.
func along(x, y []float64, at float64) float64 {
	n := len(x)
	i := sort.SearchFloat64s(x, at)
	switch i {
	case 0:
		return y[0] + gentle*(at-x[0])
	case n:
		return y[n-1] + gentle*(at-x[n-1])
	}
	t := (at - x[i-1]) / (x[i] - x[i-1])
	return y[i-1] + t*(y[i]-y[i-1])
}

// outcomeAt is one unseen row: what the learner said and what happened.
type outcomeAt struct {
	eta          float64
	y            uint8
	customer     string
	weight       float64 // what the row counts for; 0: fully
	recent       bool    // of the cohorts whose level of defaults is to be met
	window       int     // of a horizon each, counted back from the newest cohort
	known, month uint8   // of the outcome; 0 known: not told
}

func (r *outcomeAt) counts() float64 {
	if r.weight == 0 {
		return 1
	}
	return r.weight
}

// inOrderOf sorts rows so that sums over them do not depend on the order they came in.
func inOrderOf(rows []outcomeAt) {
	slices.SortFunc(rows, func(a, b outcomeAt) int {
		return cmp.Or(
			cmp.Compare(a.eta, b.eta), cmp.Compare(a.y, b.y), cmp.Compare(a.weight, b.weight), cmp.Compare(a.customer, b.customer),
			cmp.Compare(a.window, b.window), cmp.Compare(a.month, b.month), cmp.Compare(a.known, b.known),
		)
	})
}

// Customers are drawn into groups by hash. One group after the other is left out to see how far a calibration depends on
// who was in the book (a jackknife by groups), and fifths of the groups judge the methods.
const (
	customerGroups = 20
	judgingFolds   = 5
)

// An atom is a handful of rows of like log-odds: rows and defaults by group of customers, weighted.
type atom struct {
	eta    float64
	n, d   [customerGroups]float64
	rn, rd [customerGroups]float64 // of the recent rows
}

// mostAtoms is how many atoms there are; with fewer different log-odds each has its own.
const mostAtoms = 250

// A tally is all a calibration is fitted to.
type tally struct {
	atoms      []atom
	defaulters [customerGroups]float64 // customers
	recent     [customerGroups]float64 // customers that defaulted in recent rows
	repeats    float64                 // rows per defaulter
	target     float64                 // default rate that the recent rows are known to have; 0: not known
}

// tallyOf counts sorted rows. Atoms are cut where rows and defaults together have filled their share, so that the few rows
// with most defaults are not thrown together.
func tallyOf(rows []outcomeAt) tally {
	t := tally{repeats: 1}
	distinct, bad, all := 0, 0.0, 0.0
	for i := range rows {
		if i == 0 || rows[i].eta != rows[i-1].eta {
			distinct++
		}
		all += rows[i].counts()
		bad += rows[i].counts() * float64(rows[i].y)
	}
	failed, failedOfLate := map[string]bool{}, map[string]bool{}
	filled, cut := 0.0, 0.0
	for i := range rows {
		r := &rows[i]
		if i == 0 || r.eta != rows[i-1].eta && (distinct <= mostAtoms || filled >= cut) {
			t.atoms = append(t.atoms, atom{})
			cut = float64(len(t.atoms)) / mostAtoms
		}
		a, g, w := &t.atoms[len(t.atoms)-1], int(hash64(r.customer)%customerGroups), r.counts()
		d := w * float64(r.y)
		a.eta += w * r.eta
		a.n[g], a.d[g] = a.n[g]+w, a.d[g]+d
		if filled += w / all / 2; bad > 0 {
			filled += d / bad / 2
		}
		if r.y == 1 && !failed[r.customer] {
			failed[r.customer] = true
			t.defaulters[g]++
		}
		if r.recent {
			a.rn[g], a.rd[g] = a.rn[g]+w, a.rd[g]+d
			if r.y == 1 && !failedOfLate[r.customer] {
				failedOfLate[r.customer] = true
				t.recent[g]++
			}
		}
	}
	for i := range t.atoms {
		t.atoms[i].eta /= total(t.atoms[i].n, nil)
	}
	if len(failed) > 0 {
		t.repeats = max(1, bad/float64(len(failed)))
	}
	return t
}

// total sums what the groups have that are not left out.
func total(of [customerGroups]float64, out func(group int) bool) float64 {
	sum := 0.0
	for g, v := range of {
		if out == nil || !out(g) {
			sum += v
		}
	}
	return sum
}

// A spot is an atom without its groups.
type spot struct{ eta, n, d float64 }

// spots returns the atoms of the groups that are not left out.
func (t *tally) spots(out func(group int) bool) []spot {
	var spots []spot
	for i := range t.atoms {
		a := &t.atoms[i]
		if n := total(a.n, out); n > 0 {
			spots = append(spots, spot{a.eta, n, total(a.d, out)})
		}
	}
	return spots
}

// methods fit a calibration to spots, the plainest first. Each wants so many defaulters.
var methods = []struct {
	name string
	want float64
	fit  func([]spot, float64) (Calibration, error)
}{
	{"platt", 0, plattOf},
	{"beta", 40, betaOf},
	{"isotonic", 100, func(spots []spot, _ float64) (Calibration, error) { return isotonicOf(spots), nil }},
	{"venn_abers", 100, func(spots []spot, repeats float64) (Calibration, error) { return vennAbers(spots, repeats), nil }},
}

// calibrate fits the calibrations that the number of defaulters allows and keeps the one of least log loss on customers that it
// was not fitted to; a less plain one only when it is better by more than chance. No default at all, or a learner that ranks
// backwards, leaves the log-odds alone. The level is drawn to that of the recent rows, see [tally.level].
func calibrate(rows []outcomeAt, target float64) Calibration {
	inOrderOf(rows)
	t := tallyOf(rows)
	t.target = target
	all := t.spots(nil)
	c, err := plattOf(all, t.repeats)
	if err != nil {
		return Calibration{Method: "none", Slope: 1, Cells: cells(rows, &Calibration{Method: "none", Slope: 1})}
	}
	best := t.choose()
	if best > 0 {
		if c, err = methods[best].fit(all, t.repeats); err != nil {
			c, best = Calibration{}, 0
			c, _ = plattOf(all, t.repeats)
		}
	}
	c.Level.Judged = t.level(&c, nil)
	c.Level.Rate = t.rate(&c)
	c.Level.Default = total(t.defaulters, nil)
	c.Level.Spread = levelSpread(rows, &c)
	c.Spread = t.jackknife(best, &c)
	c.Cells = cells(rows, &c)
	return c
}

// loss is the mean log loss of calibrated rows, by what they count for.
func (c *Calibration) loss(rows []outcomeAt) float64 {
	sum, n := 0.0, 0.0
	for i := range rows {
		w := rows[i].counts()
		sum, n = sum+w*surprise(logit(bounded(c.Apply(rows[i].eta))), rows[i].y), n+w
	}
	return sum / n
}

// choose returns the method to use.
func (t *tally) choose() int {
	defaulters := total(t.defaulters, nil)
	best := 0
	loss := make([][]float64, len(methods)) // by group of customers
	for i, m := range methods {
		if m.want > defaulters {
			continue
		}
		loss[i] = make([]float64, customerGroups)
		for fold := range judgingFolds {
			inFold := func(group int) bool { return group%judgingFolds == fold }
			c, err := m.fit(t.spots(inFold), t.repeats)
			if err != nil {
				loss[i] = nil
				break
			}
			for k := range t.atoms {
				a := &t.atoms[k]
				eta := c.Apply(a.eta)
				for g := fold; g < customerGroups; g += judgingFolds {
					loss[i][g] += a.d[g]*surprise(eta, 1) + (a.n[g]-a.d[g])*surprise(eta, 0)
				}
			}
		}
		if i == 0 || loss[0] == nil || loss[i] == nil {
			continue
		}
		mean, square := 0.0, 0.0
		for g := range customerGroups {
			d := loss[best][g] - loss[i][g]
			mean, square = mean+d/customerGroups, square+d*d/customerGroups
		}
		if mean > math.Sqrt(max(0, square-mean*mean)/(customerGroups-1)) {
			best = i
		}
	}
	return best
}

// levelPrior is how many defaulters it takes for the recent level to weigh as much as the long-run one: the level of a book
// moves by about a fifth from year to year, which 25 defaulters tell no better.
const levelPrior = 25

// level returns by how much all log-odds move so that the recent rows' expected defaults come to their observed ones, both
// counted in customers and drawn together by levelPrior defaulters that behaved as in the long run (the mean of a Gamma
// posterior). A rate that is known from elsewhere is met instead. With few recent defaulters the long-run level stays nearly as it is.
func (t *tally) level(c *Calibration, out func(group int) bool) float64 {
	var spots []spot
	observed, expected := 0.0, 0.0
	for i := range t.atoms {
		a := &t.atoms[i]
		if n := total(a.rn, out); n > 0 {
			spots = append(spots, spot{c.Apply(a.eta), n, 0})
			observed += total(a.rd, out)
			expected += n * expit(c.Apply(a.eta))
		}
	}
	if len(spots) == 0 || expected == 0 {
		return 0
	}
	if t.target > 0 {
		n := 0.0
		for _, s := range spots {
			n += s.n
		}
		return moveTo(spots, t.target*n)
	}
	want := (observed/t.repeats + levelPrior) / (expected/t.repeats + levelPrior)
	return moveTo(spots, want*expected)
}

// rate is the mean PD of the recent rows.
func (t *tally) rate(c *Calibration) float64 {
	sum, n := 0.0, 0.0
	for i := range t.atoms {
		w := total(t.atoms[i].rn, nil)
		sum, n = sum+w*expit(c.Apply(t.atoms[i].eta)), n+w
	}
	return sum / max(n, 1e-9)
}

// moveTo returns what to add to the log-odds of spots so that the sum of their PDs is the one wanted.
func moveTo(spots []spot, want float64) float64 {
	move := 0.0
	for range 50 {
		short, weight := want, 0.0
		for _, d := range spots {
			p := expit(d.eta + move)
			short, weight = short-d.n*p, weight+d.n*p*(1-p)
		}
		step := max(-1, min(1, short/max(weight, 1e-9)))
		move += step
		if math.Abs(step) < 1e-10 {
			break
		}
	}
	return max(-3, min(3, move))
}

// levelPriorSD is by how much the level moves from one window to the next before rows are seen, as a standard deviation, and
// levelPriorWindows how many moves' worth of evidence that is.
const (
	levelPriorSD      = 0.16
	levelPriorWindows = 3
)

// levelSpread estimates how far the level of the window to come may lie from that of late: the mean square of the moves of the log of
// observed over expected defaults from one window to the next, less what chance alone makes of so few defaults, drawn to the prior.
func levelSpread(rows []outcomeAt, c *Calibration) float64 {
	var observed, expected, customers []float64
	failed := map[string]int{}
	for i := range rows {
		r := &rows[i]
		for len(observed) <= r.window {
			observed, expected, customers = append(observed, 0), append(expected, 0), append(customers, 0)
		}
		w := r.counts()
		observed[r.window] += w * float64(r.y)
		expected[r.window] += w * expit(c.Apply(r.eta))
		if at := fmt.Sprint(r.window, " ", r.customer); r.y == 1 && failed[at] == 0 {
			failed[at] = 1
			customers[r.window]++
		}
	}
	variance, moves := levelPriorWindows*levelPriorSD*levelPriorSD, float64(levelPriorWindows)
	for k := 1; k < len(observed); k++ {
		if min(customers[k-1], customers[k]) < 5 {
			continue
		}
		move := math.Log(observed[k-1] / expected[k-1] * expected[k] / observed[k])
		variance += max(0, move*move-1/customers[k-1]-1/customers[k])
		moves++
	}
	// So few moves tell their own variance badly: Student's quantile in place of the normal one that is used later.
	t := distuv.StudentsT{Sigma: 1, Nu: moves}.Quantile(0.95)
	return math.Sqrt(variance/moves) * t / normal95
}

// spreadKnots is at how many places the standard error is kept.
const spreadKnots = 16

// jackknife leaves one group of customers out after the other and returns how far the calibration moves by it, as standard
// errors at some places. It sees slope, shape and level at once, and customers as a whole.
func (t *tally) jackknife(method int, c *Calibration) []Spread {
	if len(t.atoms) == 0 {
		return nil
	}
	var at []float64
	for k := range spreadKnots {
		eta := t.atoms[k*(len(t.atoms)-1)/(spreadKnots-1)].eta
		if k == 0 || eta > at[len(at)-1] {
			at = append(at, eta)
		}
	}
	moved := make([][]float64, len(at))
	for g := range customerGroups {
		without := func(group int) bool { return group == g }
		other, err := methods[method].fit(t.spots(without), t.repeats)
		if err != nil {
			continue // what is left cannot be fitted: as few as that, and the prior of the level is all there is
		}
		other.Level.Judged = t.level(&other, without)
		for i, eta := range at {
			moved[i] = append(moved[i], other.Apply(eta))
		}
	}
	out := make([]Spread, len(at))
	for i, eta := range at {
		n := float64(len(moved[i]))
		m, square := mean(moved[i]), 0.0
		for _, v := range moved[i] {
			square += (v - m) * (v - m)
		}
		out[i].At = c.Apply(eta)
		if out[i].Error = math.Sqrt(square * (n - 1) / max(n, 1)); !(out[i].Error > 0) {
			out[i].Error = 0
		}
	}
	return out
}

// studentOf are the 95 % quantiles of the standard normal and of Student's distribution with as many degrees of freedom
// as there are groups, less one.
const (
	normal95  = 1.6448536269514722
	student95 = 1.729132811521367
)

// errorAt is the standard error of calibrated log-odds, scaled so that a normal quantile may be used.
func (c *Calibration) errorAt(eta float64) float64 {
	n := len(c.Spread)
	if n == 0 {
		return 3 // nothing was learnt: odds twenty times up or down
	}
	i := sort.Search(n, func(i int) bool { return c.Spread[i].At >= eta })
	e := 0.0
	switch {
	case n == 1:
		e = c.Spread[0].Error
	case i == 0: // beyond the ends an error that grows goes on growing
		a, b := c.Spread[0], c.Spread[1]
		e = a.Error + max(0, (a.Error-b.Error)/(b.At-a.At))*(a.At-eta)
	case i == n:
		a, b := c.Spread[n-1], c.Spread[n-2]
		e = a.Error + max(0, (a.Error-b.Error)/(a.At-b.At))*(eta-a.At)
	default:
		a, b := c.Spread[i-1], c.Spread[i]
		e = a.Error + (b.Error-a.Error)*(eta-a.At)/(b.At-a.At)
	}
	return e * student95 / normal95
}

// Interval returns the 90 % interval of a PD given as calibrated log-odds: where the default rate of customers scored like
// this one lies over the horizon to come. It has the error of the calibration and the movement of the level.
func (c *Calibration) Interval(eta float64) (lo, hi float64) {
	e := c.errorAt(eta)
	reach := normal95 * math.Sqrt(e*e+c.Level.Spread*c.Level.Spread)
	lo, hi = eta-reach, eta+reach
	if c.Lower != nil {
		move := c.Level.Judged + c.Level.Late
		lo = min(lo, move+c.bound(c.Lower, eta-move))
		hi = max(hi, move+c.bound(c.Higher, eta-move))
	}
	return expit(lo), expit(hi)
}

// bound returns a Venn–Abers bound at calibrated log-odds, the level apart.
func (c *Calibration) bound(of []float64, eta float64) float64 {
	i := sort.SearchFloat64s(c.Y, eta)
	if i == len(c.Y) {
		i--
	}
	if i > 0 && eta-c.Y[i-1] < c.Y[i]-eta {
		i--
	}
	return of[i] + eta - c.Y[i]
}

// lowDefault is the number of defaulters under which a bound by counts is held against the prudent PD.
const lowDefault = 20

// upperBound is the PD that so few defaults still allow: the Clopper–Pearson bound, at 75 %, of the rate among all customers
// scored like this one or worse (Pluto and Tasche 2005, most prudent estimation). ok is false where there are defaults enough.
func (c *Calibration) upperBound(eta float64) (bound float64, ok bool) {
	n, d, all := 0.0, 0.0, 0.0
	for i := len(c.Cells) - 1; i >= 0; i-- {
		if all += c.Cells[i].D; eta <= c.Cells[i].UpTo || i == len(c.Cells)-1 {
			n, d = n+c.Cells[i].N, d+c.Cells[i].D
		}
	}
	if all >= lowDefault || n < 1 {
		return 0, false
	}
	bound, err := validation.UpperBound(int(math.Round(n)), min(int(math.Ceil(d)), int(math.Round(n))), 0.75)
	return bound, err == nil
}

var errBackwards = errors.New("calibration: risk falls as the learner's log-odds rise")

// slopePrior is the standard deviation of a calibration's slopes around 1 before rows are seen: with few defaulters the
// learner's own log-odds are believed.
const slopePrior = 0.5

func plattOf(spots []spot, repeats float64) (Calibration, error) {
	beta, err := lineOf(spots, func(eta float64) []float64 { return []float64{1, eta} }, repeats)
	if err != nil {
		return Calibration{}, err
	}
	if beta[1] <= 0 {
		return Calibration{}, errBackwards
	}
	return Calibration{Method: "platt", Intercept: beta[0], Slope: beta[1]}, nil
}

// betaOf fits ln p and −ln(1−p); a slope that would be negative is left out.
func betaOf(spots []spot, repeats float64) (Calibration, error) {
	both := func(eta float64) []float64 { p, q := logOf(eta); return []float64{1, p, -q} }
	beta, err := lineOf(spots, both, repeats)
	if err != nil {
		return Calibration{}, err
	}
	switch {
	case beta[1] < 0:
		beta, err = lineOf(spots, func(eta float64) []float64 { _, q := logOf(eta); return []float64{1, -q} }, repeats)
		if err != nil {
			return Calibration{}, err
		}
		beta = []float64{beta[0], 0, beta[1]}
	case beta[2] < 0:
		beta, err = lineOf(spots, func(eta float64) []float64 { p, _ := logOf(eta); return []float64{1, p} }, repeats)
		if err != nil {
			return Calibration{}, err
		}
		beta = append(beta, 0)
	}
	if beta[1] < 0 || beta[2] < 0 || beta[1]+beta[2] <= 0 {
		return Calibration{}, errBackwards
	}
	return Calibration{Method: "beta", Intercept: beta[0], Slope: beta[1], Other: beta[2]}, nil
}

// lineOf fits a logistic regression on what terms makes of the log-odds, the first being constant, by Newton's method with halved steps.
// Slopes have a normal prior around 1; repeats says how many rows make one observation.
func lineOf(spots []spot, terms func(eta float64) []float64, repeats float64) ([]float64, error) {
	n, d := 0.0, 0.0
	for _, x := range spots {
		n, d = n+x.n, d+x.d
	}
	if d <= 0 || d >= n {
		return nil, ErrOneClass
	}
	x := make([][]float64, len(spots))
	for i := range spots {
		x[i] = terms(spots[i].eta)
	}
	p := len(x[0])
	ridge := repeats / (slopePrior * slopePrior)
	beta := make([]float64, p)
	beta[0] = math.Log(d / (n - d))
	for j := 1; j < p; j++ {
		beta[j] = 1
	}
	if p > 1 { // start where the mean of the line is the log-odds of the mean rate
		mean := 0.0
		for i, v := range x {
			for j := 1; j < p; j++ {
				mean += spots[i].n * v[j] / n
			}
		}
		beta[0] -= mean
	}
	loss := func(beta []float64) float64 {
		sum := 0.0
		for i, v := range x {
			eta := dotted(beta, v)
			sum += spots[i].d*surprise(eta, 1) + (spots[i].n-spots[i].d)*surprise(eta, 0)
		}
		for j := 1; j < p; j++ {
			sum += ridge / 2 * (beta[j] - 1) * (beta[j] - 1)
		}
		return sum
	}
	at := loss(beta)
	gradient, hessian, step := make([]float64, p), make([]float64, p*p), make([]float64, p)
	for range 100 {
		clear(gradient)
		clear(hessian)
		for i, v := range x {
			mu := expit(dotted(beta, v))
			r, w := spots[i].d-spots[i].n*mu, spots[i].n*mu*(1-mu)
			for a := range v {
				gradient[a] += r * v[a]
				for b := range a + 1 {
					hessian[a*p+b] += w * v[a] * v[b]
				}
			}
		}
		for j := 1; j < p; j++ {
			gradient[j] -= ridge * (beta[j] - 1)
			hessian[j*p+j] += ridge
		}
		hessian[0] += 1e-9
		if !cholesky(hessian, gradient, step, p) {
			return nil, errors.New("calibration: log-odds say nothing")
		}
		scale, moved := 1.0, false
		for range 30 {
			next := make([]float64, p)
			for j := range next {
				next[j] = beta[j] + scale*step[j]
			}
			if l := loss(next); l <= at {
				moved = at-l > 1e-12*(1+math.Abs(at))
				beta, at = next, l
				break
			}
			scale /= 2
		}
		if !moved {
			break
		}
	}
	return beta, nil
}

func dotted(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// isotonicOf pools spots until default rates rise.
func isotonicOf(spots []spot) Calibration {
	type pool struct{ sum, n, d float64 } // sum of the log-odds
	// Half a default and half a non-default spread over the whole keep the outermost rates off 0 and 1.
	rate := func(p pool) float64 { return (p.d + 0.5) / (p.n + 1) }
	var pools []pool
	for _, x := range spots {
		pools = append(pools, pool{x.eta * x.n, x.n, x.d})
		for k := len(pools) - 1; k > 0 && rate(pools[k-1]) >= rate(pools[k]); k-- {
			a, b := pools[k-1], pools[k]
			pools = append(pools[:k-1], pool{a.sum + b.sum, a.n + b.n, a.d + b.d})
		}
	}
	c := Calibration{Method: "isotonic", Slope: 1}
	for _, p := range pools {
		c.X, c.Y = append(c.X, p.sum/p.n), append(c.Y, logit(rate(p)))
	}
	return c
}

// vennAbers fits an inductive Venn–Abers predictor: at every place an isotonic fit with one more customer there that paid, and one
// with one that failed. Rows count for 1/repeats of a customer. What is published is p1/(1 − p0 + p1), the probability of
// least regret in log loss.
func vennAbers(spots []spot, repeats float64) Calibration {
	c := Calibration{Method: "venn_abers", Slope: 1}
	p0, p1 := vennAbersBounds(spots, 1/repeats)
	for i := 0; i < len(spots); {
		// Places of the same step are one point, at their centre.
		y, n, sum := boundedLogit(p1[i]/(1-p0[i]+p1[i])), 0.0, 0.0
		first := i
		for ; i < len(spots) && boundedLogit(p1[i]/(1-p0[i]+p1[i]))-y < 1e-6; i++ {
			n, sum = n+spots[i].n, sum+spots[i].n*spots[i].eta
		}
		c.X, c.Y = append(c.X, sum/n), append(c.Y, y)
		c.Lower, c.Higher = append(c.Lower, boundedLogit(p0[first])), append(c.Higher, boundedLogit(p1[i-1]))
	}
	return c
}

// vennAbersBounds returns, for each place, what isotonic regression gives there when a customer is added to it that paid, and one
// that failed; a spot's rows weigh unit each against the customer's 1.
func vennAbersBounds(spots []spot, unit float64) (p0, p1 []float64) {
	p0, p1 = make([]float64, len(spots)), make([]float64, len(spots))
	type pool struct {
		n, d  float64
		until int
	}
	pools := make([]pool, 0, len(spots))
	for i := range spots {
		for failed, into := range [2][]float64{p0, p1} {
			pools = pools[:0]
			for k, x := range spots {
				p := pool{x.n * unit, x.d * unit, k}
				if k == i {
					p.n, p.d = p.n+1, p.d+float64(failed)
				}
				pools = append(pools, p)
				for j := len(pools) - 1; j > 0 && pools[j-1].d*pools[j].n >= pools[j].d*pools[j-1].n; j-- {
					pools[j-1] = pool{pools[j-1].n + pools[j].n, pools[j-1].d + pools[j].d, pools[j].until}
					pools = pools[:j]
				}
			}
			j := sort.Search(len(pools), func(j int) bool { return pools[j].until >= i })
			into[i] = pools[j].d / pools[j].n
		}
	}
	return p0, p1
}

// cells groups sorted calibration rows into up to ten groups of like numbers of defaults.
func cells(rows []outcomeAt, c *Calibration) []Cell {
	customers, bad := map[string]bool{}, 0
	for i := range rows {
		customers[rows[i].customer] = true
		bad += int(rows[i].y)
	}
	repeats := 1.0
	if len(customers) > 0 {
		repeats = float64(len(rows)) / float64(len(customers))
	}
	groups := min(10, max(1, bad/10))
	var out []Cell
	cell, seen := Cell{}, 0
	for i := range rows {
		r := &rows[i]
		cell.N, cell.D, cell.UpTo = cell.N+r.counts(), cell.D+r.counts()*float64(r.y), c.Apply(r.eta)
		seen += int(r.y)
		last := i == len(rows)-1
		if last || (seen*groups >= bad*(len(out)+1) && len(out) < groups-1 && rows[i+1].eta != r.eta) {
			cell.N, cell.D = cell.N/repeats, cell.D/repeats
			out = append(out, cell)
			cell = Cell{}
		}
	}
	return out
}

func hash64(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	// FNV's low bits follow the last byte closely; mixing makes each of them depend on all.
	return mix(h.Sum64())
}

// mix is the finaliser of splitmix64.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
