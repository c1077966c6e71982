package validation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"creditwatch/pipeline/asof"
)

// A simulated is a book whose true hazards are known: a model may be right about them or not.
type simulated struct {
	customers int
	months    int     // of snapshots, the newest one at the end of the month before the night
	pd        float64 // mean over twelve months
	spread    float64 // of the log-odds
	wander    float64 // of a customer's log-odds in a month
	seed      uint64
	// model turns true log-odds over twelve months into those of the model; nil is right.
	model func(truth float64, segment string, r *rand.Rand) float64
	// truth changes the true log-odds in a month (0 the oldest); nil leaves them.
	truth func(x float64, month int, segment string) float64
	night asof.Date
}

var (
	gradeNames = []string{"A", "B", "C", "D", "E", "F", "G"}
	gradeEdges = []float64{0.003, 0.007, 0.015, 0.03, 0.06, 0.12} // upper PDs
	gradePDs   = []float64{0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.2}
	industries = []string{"Retail", "Steel", "Textiles"}
)

func gradeOf(pd float64) int {
	g, _ := slices.BinarySearch(gradeEdges, pd)
	return g
}

// terms spreads a PD over twelve months evenly.
func evenTerms(pd float64) (t [4]float64) {
	h := -math.Log1p(-pd) / 12
	for k, m := range Horizons {
		t[k] = -math.Expm1(-h * float64(m))
	}
	return t
}

// input follows the customers month by month. A customer that defaults is replaced.
func (s simulated) input() Input {
	r := rand.New(rand.NewPCG(s.seed, 7))
	in := Input{AsOf: s.night, Model: "m1", Horizon: 12, Grades: gradeNames, GradePDs: gradePDs,
		Segments: []string{"industry"}, Benchmarks: []string{"days_past_due"}, Seed: 1,
		Cuts: []Cut{{"orders are held", "暂停发货", 5}}}
	type customer struct {
		name    string
		x       float64 // true log-odds over twelve months
		segment string
	}
	center := math.Log(s.pd/(1-s.pd)) - s.spread*s.spread/3
	fresh := func(k int) customer {
		return customer{fmt.Sprintf("c%06d", k), center + s.spread*r.NormFloat64(), industries[r.IntN(len(industries))]}
	}
	book := make([]customer, s.customers)
	next := 0
	for k := range book {
		book[k] = fresh(next)
		next++
	}
	said := func(c customer) float64 {
		if s.model == nil {
			return c.x
		}
		return s.model(c.x, c.segment, r)
	}
	type open struct{ row, month int }
	rows := map[string][]open{}
	for m := range s.months {
		cohort := s.night.AddMonths(m - s.months).MonthEnd()
		for k := range book {
			c := &book[k]
			pd := logistic(said(*c))
			row := Row{Customer: c.name, Cohort: cohort, Grade: gradeOf(pd), PD: evenTerms(pd), Lo: pd * 0.8, Hi: pd * 1.25, Prudent: pd * 1.2,
				Challenger: pd, Segments: []string{c.segment}, Benchmarks: []float64{math.Round(c.x + 2*r.NormFloat64())},
				EAD: 1000 * math.Exp(r.NormFloat64()), LGD: 0.45, Observed: min(s.months-m, 12), After: math.NaN(), Loss: 0, Exposed: math.NaN(), Margin: 15}
			in.Rows = append(in.Rows, row)
			rows[c.name] = append(rows[c.name], open{len(in.Rows) - 1, m})
			x := c.x
			if s.truth != nil {
				x = s.truth(x, m, c.segment)
			}
			if hazard := -math.Log1p(-logistic(x)) / 12; r.Float64() < -math.Expm1(-hazard) {
				at := r.Float64()
				loss := severity(0.45, r)
				for _, o := range rows[c.name] {
					if after := float64(m-o.month) + at; after < 12 {
						row := &in.Rows[o.row]
						row.Default, row.After, row.Exposed = 1, after, row.EAD*(0.9+0.2*r.Float64())
						row.Loss = row.Exposed * loss
					}
				}
				*c = fresh(next)
				next++
			} else if s.wander > 0 {
				back := math.Sqrt(1 - s.wander*s.wander/s.spread/s.spread)
				c.x = center + back*(c.x-center) + s.wander*r.NormFloat64()
			}
		}
	}
	for _, c := range book {
		x := said(c)
		pd := logistic(x)
		features := map[string]float64{"dpd": c.x + r.NormFloat64(), "use": r.Float64()}
		if r.Float64() < 0.05 {
			features["use"] = math.NaN()
		}
		now := Scored{Customer: c.name, Grade: gradeOf(pd), LogOdds: x, PD: pd, Terms: evenTerms(pd), EAD: 1000, Reasons: [4]string{"dpd", "use"},
			Features: features, Same: r.Float64() < 0.7, Segments: []string{c.segment}, Held: gradeOf(pd) >= 5}
		in.Tonight = append(in.Tonight, now)
		before := now
		if !now.Same {
			before.LogOdds += 0.1 * r.NormFloat64()
		}
		in.Before = append(in.Before, before)
	}
	return in
}

// validated keeps what tonight looks like as the initial validation.
func validated(in Input) Input {
	n := prepare(in, DefaultBounds)
	rank, _ := Rank(n.head.pd, n.head.y)
	i := &Initial{On: in.AsOf.AddMonths(-24), AUC: rank.AUC, AUCVariance: rank.Variance, Grades: make([]float64, len(in.Grades)), Exposure: make([]float64, len(in.Grades)),
		Bins: map[string][]float64{}, Shares: map[string][]float64{}, Points: map[string][]float64{}}
	i.PartialAUC, i.Precision, _, _, _ = n.start(n.head)
	var x []float64
	values := map[string][]float64{}
	for _, s := range n.Tonight {
		i.Grades[s.Grade]++
		i.Exposure[s.Grade] += s.EAD
		x = append(x, s.LogOdds)
		i.Reference = append(i.Reference, s.Features)
		for name, v := range s.Features {
			values[name] = append(values[name], v)
		}
	}
	slices.Sort(x)
	for k := 1; k < 10; k++ {
		i.Deciles = append(i.Deciles, x[k*len(x)/10])
	}
	for name, v := range values {
		s := present(v)
		slices.Sort(s)
		i.Bins[name] = []float64{s[len(s)/4], s[len(s)/2], s[3*len(s)/4]}
		i.Shares[name] = counts(v, i.Bins[name])
		i.Points[name] = []float64{0, 10, 5, -5, -10}
	}
	in.Initial = i
	i.Scores = prepare(in, DefaultBounds).deciles()
	if m := n.migrations(); len(m) > 0 {
		i.Migration = m[len(m)-1].Counts
	}
	in.Quarter = slices.Clone(i.Scores)
	return in
}

// proven adds a night's own work, all of it as it should be.
func proven(in Input) Input {
	in.Process = Process{Eligible: len(in.Tonight), Scored: len(in.Tonight), TotalEAD: 1e6, LabelsChecked: 100, Defaults: 50, New: 3}
	ok := func() *Pair { return &Pair{"a1", "a1"} }
	zero := 0.0
	in.Proofs = Proofs{Replay: ok(), FutureCanary: &Tried{2, 0}, Permuted: &Permuted{0.51, 60, 2000}, Lagged: &Lagged{0.82, 0.80}, Training: ok(), Path: &zero,
		Specials: &Tried{10, 0}, Rerun: ok(), Monotone: &Tried{1000, 0}, Additivity: &zero, Direction: &Tried{500, 0}}
	in.Strengths = []Strength{{"dpd", 0.4, 0.7, 0.1, 0.1}, {"use", 0.05, 0.55, 0.1, 0.1}}
	in.Coefficients = []Coefficient{{"dpd", 0.9, 0.85, 0.05, 1.2}, {"use", 0.3, 0.32, 0.04, 1.1}}
	in.Proxies = []Proxy{{"sole trader", 0.55, 300}}
	in.Money = Money{Provisions: &Provisions{1000, 1100, 1050}, Payments: &Payments{1000, 805, 3.1, 4.0}, Cash: []CashWeek{{1, 100, 104}, {2, 120, 115}}}
	for k := range in.Tonight {
		in.Tonight[k].External = min(in.Tonight[k].PD*1.1, 0.99)
	}
	for _, s := range in.Tonight[:20] {
		in.Overrides = append(in.Overrides, Override{s.Customer, in.AsOf, s.Grade, min(s.Grade+1, len(in.Grades)-1)})
	}
	n := prepare(in, DefaultBounds)
	for _, i := range n.head.rows[:min(40, len(n.head.rows))] {
		r := &in.Rows[i]
		in.Overrides = append(in.Overrides, Override{r.Customer, r.Cohort, r.Grade, min(r.Grade+1, len(in.Grades)-1)})
	}
	return in
}
