package models

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/sjwhitworth/golearn/base"
)

// A Linear is a logistic regression in which every column may bend. A number enters as itself (its outliers cut off), as
// its rank, and as ramps between a few of its values; a text by an effect of its own, or, where texts are many, by its
// default rate (see encoding); missing by one more. Ridge penalties hold all of these, the bends more than the straight
// line, and how strongly is chosen by cross-validation over customers: where rows are few it comes down to a plain
// regression, where they are many to a smooth additive model. What a column adds is a function of its value alone, kept
// as points joined by straight lines, of mean 0 over the rows fitted to: that function is the reason.
//
// Very large tables are thinned out, paid rows before defaulted ones, and the rows left weighted to make up for it; there
// are then fewer ramps.
type Linear struct {
	Columns []Column

	fitted *lines
	chosen bending // zero: to be chosen
	apart  []float64
}

// bending is how strongly terms are held.
type bending struct {
	Ridge float64 // penalty on a straight line's or text's effect, in rows' worth
	Bends float64 // times as strong on a bend
}

// lines are a fitted Linear.
type lines struct {
	Codes     encoding `json:"codes,omitempty"`
	Intercept float64  `json:"intercept"`
	Columns   []line   `json:"columns"`
}

// A line is what a column adds to the log-odds.
type line struct {
	Name    string    `json:"name"`
	Text    bool      `json:"text"`
	X       []float64 `json:"x,omitempty"` // numbers: points joined by straight lines, level beyond
	Y       []float64 `json:"y,omitempty"`
	Texts   []string  `json:"texts,omitempty"` // in order
	Effects []float64 `json:"effects,omitempty"`
	Other   float64   `json:"other"` // of texts never seen
	Missing float64   `json:"missing"`
}

// Choices of the cross-validation.
var (
	linearRidges = []float64{1000, 300, 100, 30, 10, 3, 1}
	linearBends  = []float64{4, 1, 30, 1000}
)

const (
	linearFolds = 4
	linearRows  = 100_000       // at most
	linearCost  = 3_000_000_000 // rows times terms squared, at most; a sixth of it for choosing
	linearTerms = 420           // with more there are no ramps
	linearSpike = 0.02          // of the rows on one value: it gets a ramp on either side
	linearFew   = 9             // distinct values; with up to these there is a ramp from each to the next
	linearClip  = 0.005         // of the rows at either end count as outliers
	rareEffect  = 5             // rows that a text must have
)

// terms say how a column becomes columns of the regression.
type terms struct {
	line
	first     int // of its terms among all
	direction int
	low, high float64 // beyond are outliers
	mean, sd  float64
	knots     []float64 // of the ramps
	share     []float64 // of the rows up to a knot
	rankMean  float64
	rankSD    float64 // 0: no rank
	rampMean  []float64
	missing   bool
	lacking   float64 // share of rows
	textShare []float64
}

func (t *terms) count() int {
	n := 0
	if t.missing {
		n++
	}
	if t.Text {
		return n + len(t.Texts)
	}
	if t.sd > 0 {
		n++
	}
	if t.rankSD > 0 {
		n++
	}
	return n + len(t.rampMean)
}

// newTerms looks at a column's values in some rows of weights.
func newTerms(v *vector, name string, direction int, rows []int, weight []float64, ramps bool) terms {
	t := terms{line: line{Name: name, Text: v.numbers == nil}, direction: direction}
	total := 0.0
	for i, row := range rows {
		total += weight[i]
		if v.missing(row) {
			t.lacking += weight[i]
		}
	}
	t.lacking /= total
	t.missing = t.lacking > 0 && t.lacking < 1
	if t.Text {
		t.texts(v, rows, weight, total)
	} else {
		t.numbers(v.numbers, rows, weight, ramps)
	}
	return t
}

func (t *terms) texts(v *vector, rows []int, weight []float64, total float64) {
	n, w := make([]int, len(v.texts)), make([]float64, len(v.texts))
	for i, row := range rows {
		n[v.codes[row]]++
		w[v.codes[row]] += weight[i]
	}
	order := allRows(len(v.texts))
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(v.texts[a], v.texts[b]) })
	for _, code := range order {
		if v.texts[code] != "" && n[code] >= rareEffect {
			t.Texts, t.textShare = append(t.Texts, v.texts[code]), append(t.textShare, w[code]/total)
		}
	}
}

type weighted struct{ value, weight float64 }

func (t *terms) numbers(numbers []float64, rows []int, weight []float64, ramps bool) {
	var seen []weighted // distinct
	all := make([]weighted, 0, len(rows))
	for i, row := range rows {
		if x := numbers[row]; !math.IsNaN(x) && !math.IsInf(x, 0) {
			all = append(all, weighted{x, weight[i]})
		}
	}
	slices.SortFunc(all, func(a, b weighted) int { return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.weight, b.weight)) })
	total := 0.0
	for _, s := range all {
		total += s.weight
		if k := len(seen) - 1; k >= 0 && seen[k].value == s.value {
			seen[k].weight += s.weight
		} else {
			seen = append(seen, s)
		}
	}
	if len(seen) < 2 {
		return
	}
	t.low, t.high = seen[0].value, seen[len(seen)-1].value
	upTo := make([]float64, len(seen)) // share of rows up to the value, half of its own among them
	sum := 0.0
	for i, s := range seen {
		upTo[i] = (sum + s.weight/2) / total
		sum += s.weight
		if sum/total <= linearClip {
			t.low = s.value
		}
		if (total-sum)/total >= linearClip && i+1 < len(seen) {
			t.high = seen[i+1].value
		}
	}
	if t.low >= t.high {
		t.low, t.high = seen[0].value, seen[len(seen)-1].value
	}
	t.knots = knots(seen, upTo, total)
	for _, k := range t.knots {
		i := sort.Search(len(seen), func(i int) bool { return seen[i].value >= k })
		t.share = append(t.share, upTo[i])
	}
	clipped := func(x float64) float64 { return min(max(x, t.low), t.high) }
	moments := func(of func(x float64) float64) (mean, sd float64) {
		for _, s := range seen {
			mean += s.weight / total * of(s.value)
		}
		for _, s := range seen {
			d := of(s.value) - mean
			sd += s.weight / total * d * d
		}
		return mean, math.Sqrt(sd)
	}
	if t.mean, t.sd = moments(clipped); t.sd < 1e-12*max(math.Abs(t.low), math.Abs(t.high)) || math.IsInf(t.sd, 0) || math.IsNaN(t.sd) {
		t.sd = 0
	}
	if len(seen) > 2 {
		t.rankMean, t.rankSD = moments(t.rank)
	}
	if ramps && len(seen) > 2 {
		for k := range len(t.knots) - 1 {
			mean, _ := moments(func(x float64) float64 { return t.ramp(k, x) })
			t.rampMean = append(t.rampMean, mean)
		}
	}
}

// knots are the values that ramps lie between: all where they are few; else the ends, fifths, and values with many rows
// with their neighbours.
func knots(seen []weighted, upTo []float64, total float64) []float64 {
	var at []int
	if len(seen) <= linearFew {
		at = allRows(len(seen))
	} else {
		for k := range 6 {
			i := sort.Search(len(upTo), func(i int) bool { return upTo[i] >= float64(k)/5 })
			at = append(at, min(i, len(seen)-1))
		}
		heavy := allRows(len(seen))
		slices.SortStableFunc(heavy, func(a, b int) int { return cmp.Compare(seen[b].weight, seen[a].weight) })
		for _, i := range heavy[:3] {
			if seen[i].weight/total >= linearSpike {
				at = append(at, max(i-1, 0), i, min(i+1, len(seen)-1))
			}
		}
		slices.Sort(at)
		at = slices.Compact(at)
	}
	out := make([]float64, len(at))
	for k, i := range at {
		out[k] = seen[i].value
	}
	return out
}

// rank is the share of rows up to a value, straight between knots.
func (t *terms) rank(x float64) float64 { return between2(t.knots, t.share, x) }

// between2 joins points by straight lines and goes on level beyond them.
func between2(xs, ys []float64, x float64) float64 {
	n := len(xs)
	i := sort.SearchFloat64s(xs, x)
	switch {
	case i == 0:
		return ys[0]
	case i == n:
		return ys[n-1]
	}
	share := (x - xs[i-1]) / (xs[i] - xs[i-1])
	return ys[i-1] + share*(ys[i]-ys[i-1])
}

func (t *terms) ramp(k int, x float64) float64 {
	a, b := t.knots[k], t.knots[k+1]
	switch {
	case x <= a:
		return 0
	case x >= b:
		return 1
	}
	return (x - a) / (b - a)
}

// of writes the terms of a number.
func (t *terms) of(x float64, into []float64) {
	into = into[:0]
	if t.sd > 0 {
		into = append(into, (min(max(x, t.low), t.high)-t.mean)/t.sd)
	}
	if t.rankSD > 0 {
		into = append(into, (t.rank(x)-t.rankMean)/t.rankSD)
	}
	for k, mean := range t.rampMean {
		into = append(into, t.ramp(k, x)-mean)
	}
	if t.missing {
		_ = append(into, -t.lacking) // into the caller's room
	}
}

// row writes the terms of a row.
func (t *terms) row(v *vector, code []int, row int, into []float64) {
	clear(into)
	last := len(into) - 1
	if v.missing(row) {
		if t.missing {
			into[last] = 1 - t.lacking
		}
		if t.Text {
			for k := range t.Texts {
				into[k] = -t.textShare[k]
			}
		}
		return
	}
	if t.Text {
		for k := range t.Texts {
			into[k] = -t.textShare[k]
		}
		if k := code[v.codes[row]]; k >= 0 {
			into[k]++
		}
		if t.missing {
			into[last] = -t.lacking
		}
		return
	}
	t.of(v.numbers[row], into)
}

// penalties of the terms.
func (t *terms) penalties(b bending, into []float64) {
	for k := range into {
		into[k] = b.Ridge
	}
	if t.Text {
		return
	}
	k := 0
	if t.sd > 0 {
		k++
	}
	if t.rankSD > 0 {
		into[k] = b.Ridge * math.Sqrt(b.Bends)
		k++
	}
	for range t.rampMean {
		into[k] = b.Ridge * b.Bends
		k++
	}
}

// line turns the coefficients of a column's terms into what the column adds.
func (t *terms) toLine(beta []float64) line {
	l := t.line
	if t.missing {
		l.Missing = (1 - t.lacking) * beta[len(beta)-1]
	}
	some := make([]float64, len(beta))
	sum := func() float64 {
		eta := 0.0
		for k, v := range some {
			eta += v * beta[k]
		}
		return eta
	}
	if t.Text {
		for k := range t.Texts {
			some[k] = -t.textShare[k]
		}
		if l.Missing += sum(); t.missing {
			some[len(some)-1] = -t.lacking
		}
		l.Other = sum()
		for k := range t.Texts {
			l.Effects = append(l.Effects, l.Other+beta[k])
		}
		return l
	}
	if t.sd == 0 && t.rankSD == 0 && len(t.rampMean) == 0 {
		if t.missing { // one value only: it is told from missing
			t.of(0, some)
			l.X, l.Y = []float64{0}, []float64{sum()}
		}
		return l
	}
	l.X = append([]float64{t.low, t.high}, t.knots...)
	slices.Sort(l.X)
	l.X = slices.Compact(l.X)
	for _, x := range l.X {
		t.of(x, some)
		l.Y = append(l.Y, sum())
	}
	for i := 1; i < len(l.Y); i++ { // a rounding error is no turn
		switch {
		case t.direction > 0:
			l.Y[i] = max(l.Y[i], l.Y[i-1])
		case t.direction < 0:
			l.Y[i] = min(l.Y[i], l.Y[i-1])
		}
	}
	return l
}

// bentRows are a Linear's rows as terms.
type bentRows struct {
	columns []terms
	p       int
	rows    []int
	x       []float64
	y       []uint8
	weight  []float64
	rising  []bool
}

// newBentRows takes rows of an encoded matrix: those of which the cost allows, in an order that depends on their content.
func newBentRows(m *matrix, known []Column, y []uint8, rows []int, cost float64) *bentRows {
	r := &bentRows{}
	r.draw(m, y, rows, linearRows)
	ramps := true
	for {
		r.columns, r.p = make([]terms, len(m.cols)), 0
		each(len(m.cols), func(i int) {
			r.columns[i] = newTerms(&m.cols[i], m.names[i], known[i].Direction, r.rows, r.weight, ramps)
		})
		for i := range r.columns {
			r.columns[i].first = r.p
			r.p += r.columns[i].count()
		}
		if r.p <= linearTerms || !ramps {
			break
		}
		ramps = false
	}
	if most := int(cost / math.Max(1, float64(r.p*r.p))); most < len(r.rows) {
		r.draw(m, y, rows, max(most, 2000))
	}
	r.x = make([]float64, len(r.rows)*r.p)
	codes := make([][]int, len(m.cols))
	directed := false
	for i := range r.columns {
		t := &r.columns[i]
		if t.Text {
			for _, text := range m.cols[i].texts {
				k, ok := slices.BinarySearch(t.Texts, text)
				if !ok {
					k = -1
				}
				codes[i] = append(codes[i], k)
			}
		}
		directed = directed || t.direction != 0
	}
	const part = 1024
	each((len(r.rows)+part-1)/part, func(k int) {
		for j := k * part; j < min((k+1)*part, len(r.rows)); j++ {
			into := r.x[j*r.p : (j+1)*r.p]
			for i := range r.columns {
				t := &r.columns[i]
				t.row(&m.cols[i], codes[i], r.rows[j], into[t.first:t.first+t.count()])
				if t.direction < 0 && !t.Text { // coefficients against it are those below zero
					n := t.count()
					if t.missing {
						n--
					}
					for a := range n {
						into[t.first+a] *= -1
					}
				}
			}
		}
	})
	if directed {
		r.rising = make([]bool, r.p)
		for i := range r.columns {
			if t := &r.columns[i]; t.direction != 0 && !t.Text {
				n := t.count()
				if t.missing {
					n--
				}
				for a := range n {
					r.rising[t.first+a] = true
				}
			}
		}
	}
	return r
}

// draw takes at most so many rows: all, or defaulted ones up to a half and of the paid ones what is left of the room.
func (r *bentRows) draw(m *matrix, y []uint8, rows []int, most int) {
	type drawn struct {
		row  int
		hash uint64
	}
	var of [2][]drawn
	for _, row := range rows {
		if m.weightOf(row) > 0 {
			of[y[row]] = append(of[y[row]], drawn{row, mix(m.hash(row) + mix(m.customerOf(row)))})
		}
	}
	take := [2]int{len(of[0]), len(of[1])}
	if take[0]+take[1] > most {
		few := min(take[0], take[1])
		few = min(few, most/2)
		if take[1] <= take[0] {
			take[1], take[0] = few, min(take[0], most-few)
		} else {
			take[0], take[1] = few, min(take[1], most-few)
		}
	}
	r.rows, r.y, r.weight = nil, nil, nil
	for label, all := range of {
		slices.SortFunc(all, func(a, b drawn) int {
			return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(m.weightOf(a.row), m.weightOf(b.row)))
		})
		for _, d := range all[:take[label]] {
			r.rows, r.y = append(r.rows, d.row), append(r.y, uint8(label))
			r.weight = append(r.weight, m.weightOf(d.row)*float64(len(all))/float64(take[label]))
		}
	}
}

// fit regresses under a penalty, on the rows that a fold leaves (-1: all), from a start.
func (r *bentRows) fit(b bending, fold []int8, without int8, start []float64, hessian *[]float64) []float64 {
	g := ridge{hessian: *hessian, x: r.x, p: r.p, y: r.y, weight: r.weight, penalty: make([]float64, r.p), rising: r.rising}
	for i := range r.columns {
		t := &r.columns[i]
		t.penalties(b, g.penalty[t.first:t.first+t.count()])
	}
	if without >= 0 {
		g.enough = 1e-6 // to compare penalties by
		g.weight = slices.Clone(r.weight)
		for i, k := range fold {
			if k == without {
				g.weight[i] = 0
			}
		}
	}
	if start == nil {
		start = make([]float64, r.p+1)
		var w [2]float64
		for i, y := range r.y {
			w[y] += g.weightOf(i)
		}
		start[0] = math.Log(w[1] / w[0])
	}
	beta := g.fit(start)
	*hessian = g.hessian
	return beta
}

func (r *bentRows) lines(beta []float64, codes encoding) *lines {
	l := &lines{Codes: codes, Intercept: beta[0], Columns: make([]line, len(r.columns))}
	for i := range r.columns {
		t := &r.columns[i]
		own := slices.Clone(beta[1+t.first : 1+t.first+t.count()])
		if t.direction < 0 && !t.Text {
			n := len(own)
			if t.missing {
				n--
			}
			for a := range n {
				own[a] *= -1
			}
		}
		l.Columns[i] = t.toLine(own)
	}
	return l
}

func (l *Linear) fit(m *matrix, y []uint8, all []int) error {
	rows := m.counted(all)
	total := count{}
	for _, row := range rows {
		total.add(y[row])
	}
	if total.good == 0 || total.bad == 0 {
		return fmt.Errorf("linear: %d rows paid, %d defaulted: %w", total.good, total.bad, ErrOneClass)
	}
	codes, x := encode(m, y, rows)
	known := columnsFor(m.names, l.Columns)
	l.apart = nil
	var start []float64
	if l.chosen == (bending{}) {
		r := newBentRows(x, known, y, rows, linearCost/6)
		start = l.choose(r, x, rows)
	}
	r := newBentRows(x, known, y, rows, linearCost)
	if len(start) != r.p+1 {
		start = nil
	}
	l.fitted = r.lines(r.fit(l.chosen, nil, -1, start, new([]float64)), codes)
	var err error
	l.apart, err = spread(l, m, all, rows, l.apart)
	return err
}

// choose sets the penalties by the log loss of folds of customers, keeps what the folds say of the rows they did not see,
// and returns coefficients to start from.
func (l *Linear) choose(r *bentRows, m *matrix, rows []int) []float64 {
	repeats := 1.0
	fold := make([]int8, len(r.rows))
	for i, row := range r.rows {
		fold[i] = int8(m.customerOf(row) >> 24 % linearFolds)
	}
	if m.customer != nil {
		var customers []uint64
		for _, row := range r.rows {
			customers = append(customers, m.customer[row])
		}
		repeats = float64(len(customers)) / float64(distinct(customers))
	}
	l.chosen = bending{30 * repeats, linearBends[0]} // where there are too few rows to choose by
	var fit, judge [linearFolds][2]bool
	for i, k := range fold {
		for other := range fit {
			if int(k) == other {
				judge[other][r.y[i]] = true
			} else {
				fit[other][r.y[i]] = true
			}
		}
	}
	for k := range fit {
		if fit[k] != [2]bool{true, true} || judge[k] == [2]bool{} {
			return nil
		}
	}
	var best, from, hessian [linearFolds][]float64
	least := math.Inf(1)
	try := func(b bending) bool {
		var now [linearFolds][]float64
		var losses [linearFolds]float64
		each(linearFolds, func(k int) {
			now[k] = r.fit(b, fold, int8(k), from[k], &hessian[k])
			for i, own := range fold {
				if int(own) == k {
					losses[k] += r.weight[i] * surprise(linear(now[k], r.x[i*r.p:(i+1)*r.p]), r.y[i])
				}
			}
		})
		from = now
		loss := losses[0] + losses[1] + losses[2] + losses[3]
		if loss < least {
			least, best, l.chosen = loss, now, b
			return true
		}
		return false
	}
	worse := 0
	for _, ridge := range linearRidges {
		if try(bending{ridge * repeats, linearBends[0]}) {
			worse = 0
		} else if worse++; worse == 2 {
			break
		}
	}
	ridge := l.chosen.Ridge
	from = best
	for _, bends := range linearBends[1:] {
		try(bending{ridge, bends})
	}
	l.apart = make([]float64, len(rows))
	for k := range best {
		s, err := r.lines(best[k], nil).bind(m)
		if err != nil {
			l.apart = nil
			return nil
		}
		for i, row := range rows {
			if int(m.customerOf(row)>>24%linearFolds) == k {
				l.apart[i] = s.logOdds(row)
			}
		}
	}
	start := make([]float64, r.p+1)
	for _, beta := range best {
		for a, v := range beta {
			start[a] += v / linearFolds
		}
	}
	return start
}

// of is what a value adds.
func (l *line) of(v *vector, effect []float64, row int) float64 {
	if v.numbers == nil {
		return effect[v.codes[row]]
	}
	x := v.numbers[row]
	switch {
	case math.IsNaN(x):
		return l.Missing
	case len(l.X) == 0:
		return 0
	}
	return between2(l.X, l.Y, x)
}

type lineScorer struct {
	*lines
	m       *matrix
	effects [][]float64 // of a text column: what every text adds
}

func (l *lines) bind(m *matrix) (*lineScorer, error) {
	names := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		names[i] = c.Name
	}
	if err := wants(names, m); err != nil {
		return nil, err
	}
	s := &lineScorer{lines: l, m: l.Codes.apply(m), effects: make([][]float64, len(m.cols))}
	for i := range l.Columns {
		c, v := &l.Columns[i], &s.m.cols[i]
		if c.Text != (v.numbers == nil) {
			return nil, fmt.Errorf("feature %q: text is %v, want %v: %w", c.Name, !c.Text, c.Text, ErrFeatures)
		}
		for _, text := range v.texts {
			effect := c.Other
			if text == "" {
				effect = c.Missing
			} else if k, ok := slices.BinarySearch(c.Texts, text); ok {
				effect = c.Effects[k]
			}
			s.effects[i] = append(s.effects[i], effect)
		}
	}
	return s, nil
}

func (s *lineScorer) base() float64 { return s.Intercept }

func (s *lineScorer) logOdds(row int) float64 {
	eta := s.Intercept
	for i := range s.Columns {
		eta += s.Columns[i].of(&s.m.cols[i], s.effects[i], row)
	}
	return eta
}

func (s *lineScorer) addends(row int, into []float64) float64 {
	eta := s.Intercept
	for i := range s.Columns {
		into[i] = s.Columns[i].of(&s.m.cols[i], s.effects[i], row)
		eta += into[i]
	}
	return eta
}

func (l *Linear) bind(m *matrix) (scorer, error) {
	if l.fitted == nil {
		return nil, errNotFitted
	}
	return l.fitted.bind(m)
}

func (l *Linear) name() string { return "linear" }

func (l *Linear) again() Learner { return &Linear{Columns: l.Columns, chosen: l.chosen} }

func (l *Linear) unseen() []float64 { return l.apart }

// Fit implements base.Classifier.
func (l *Linear) Fit(from base.FixedDataGrid) error { return fitGrid(l, from) }

// Predict implements base.Classifier.
func (l *Linear) Predict(from base.FixedDataGrid) (base.FixedDataGrid, error) {
	return predict(l, from)
}

// LogOdds implements Learner.
func (l *Linear) LogOdds(from base.FixedDataGrid) ([]float64, error) { return logOddsOf(l, from) }

// Explain implements Learner.
func (l *Linear) Explain(from base.FixedDataGrid) (Explanation, error) { return explain(l, from) }

// Save implements base.Classifier.
func (l *Linear) Save(path string) error { return save(l, path) }

// Load implements base.Classifier.
func (l *Linear) Load(path string) error { return load(l, path) }

// SaveWithPrefix implements base.Classifier.
func (l *Linear) SaveWithPrefix(w *base.ClassifierSerializer, prefix string) error {
	return saveWithPrefix(l, w, prefix)
}

// LoadWithPrefix implements base.Classifier.
func (l *Linear) LoadWithPrefix(r *base.ClassifierDeserializer, prefix string) error {
	return loadWithPrefix(l, r, prefix)
}

// GetMetadata implements base.Classifier.
func (l *Linear) GetMetadata() base.ClassifierMetadataV1 { return metadata(l) }

// String writes what every column adds.
func (l *Linear) String() string {
	if l.fitted == nil {
		return "Linear(not fitted)"
	}
	return fmt.Sprintf("Linear(%d columns, intercept %.6f)", len(l.fitted.Columns), l.fitted.Intercept)
}

// MarshalJSON implements Learner.
func (l *Linear) MarshalJSON() ([]byte, error) {
	if l.fitted == nil {
		return nil, fmt.Errorf("linear: %w", errNotFitted)
	}
	return json.Marshal(l.fitted)
}

// UnmarshalJSON implements Learner.
func (l *Linear) UnmarshalJSON(b []byte) error {
	f := &lines{}
	if err := json.Unmarshal(b, f); err != nil {
		return fmt.Errorf("linear: %w", err)
	}
	if !f.Codes.whole() {
		return fmt.Errorf("linear: texts without a rate")
	}
	for _, c := range f.Columns {
		if len(c.X) != len(c.Y) || len(c.Texts) != len(c.Effects) || !slices.IsSorted(c.X) || !slices.IsSorted(c.Texts) {
			return fmt.Errorf("linear: column %q: values without an effect", c.Name)
		}
	}
	l.fitted = f
	return nil
}
