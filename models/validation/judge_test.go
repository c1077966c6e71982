package validation

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"creditwatch/pipeline/asof"
)

func TestJudgeOfNothingIsGreyAndWhole(t *testing.T) {
	results := Judge(Input{AsOf: asof.MustParse("2026-10-31"), Horizon: 12}, DefaultBounds, nil)
	seen := map[string]bool{}
	for _, r := range results {
		seen[r.Code] = true
		if r.Light != Grey || r.EN == "" || r.ZH == "" {
			t.Errorf("%s %s of nothing is %s: %q, %q", r.Code, r.Scope, r.Light, r.EN, r.ZH)
		}
	}
	for _, test := range Tests {
		if !seen[test.Code] {
			t.Errorf("%s yields no result", test.Code)
		}
	}
}

func TestLightsAreCarriedUntilSomethingIsNew(t *testing.T) {
	first := sound()
	results := Judge(first, DefaultBounds, nil)
	// Five more defaults, none of which are known yet.
	find := func(list []Result, code, scope string) Result {
		for _, r := range list {
			if r.Code == code && r.Scope == scope {
				return r
			}
		}
		t.Fatalf("no %s %s", code, scope)
		return Result{}
	}
	// What is judged by outcomes is red by tonight's figures, so that a light that was carried shows.
	changed := func(on string, change func(in *Input)) Input {
		in := first
		in.AsOf = asof.MustParse(on)
		odds(0.2)(&in)
		change(&in)
		return in
	}
	nothing := func(*Input) {}
	defaults := func(more int) func(in *Input) {
		return func(in *Input) {
			failed := map[string]bool{}
			for _, r := range in.Rows {
				failed[r.Customer] = failed[r.Customer] || r.Default == 1
			}
			for k := range in.Rows {
				r := &in.Rows[k]
				if !failed[r.Customer] && more > 0 && r.Observed == 3 {
					failed[r.Customer], r.Default, r.After = true, 1, 2.5
					more--
				}
			}
		}
	}
	other := DefaultBounds
	other.Version = "next"
	for _, c := range []struct {
		shows   string
		in      Input
		bounds  Bounds
		carried bool
	}{
		{"the same month, nothing new", changed("2026-10-30", nothing), DefaultBounds, true},
		{"four defaults more", changed("2026-10-30", defaults(4)), DefaultBounds, true},
		{"many snapshots of four defaults more", changed("2026-10-30", func(in *Input) {
			defaults(4)(in)
			failed := map[string]bool{}
			for _, r := range in.Rows {
				failed[r.Customer] = failed[r.Customer] || r.Default == 1
			}
			for k := range in.Rows {
				if r := &in.Rows[k]; r.Default == 0 && r.Observed > 3 && r.Observed < 9 && failed[r.Customer] {
					r.Default, r.After = 1, float64(r.Observed)-0.5
				}
			}
		}), DefaultBounds, true},
		{"five defaults more", changed("2026-10-30", defaults(5)), DefaultBounds, false},
		{"another month", changed("2026-11-01", nothing), DefaultBounds, false},
		{"other bounds", changed("2026-10-30", nothing), other, false},
		{"another model", changed("2026-10-30", func(in *Input) { in.Model = "m2" }), DefaultBounds, false},
		{"a newer mature cohort", changed("2026-10-30", func(in *Input) {
			for k := range in.Rows {
				if in.Rows[k].Observed == 11 {
					in.Rows[k].Observed = 12
				}
			}
		}), DefaultBounds, false},
	} {
		t.Run(c.shows, func(t *testing.T) {
			got := find(Judge(c.in, c.bounds, results), "C01", "book")
			was := find(results, "C01", "book")
			switch {
			case c.carried && (got.Light != Green || got.DecidedOn != was.DecidedOn || line(got) != line(was)):
				t.Errorf("decided on %s as %s, want that of %s carried whole: %s", got.DecidedOn, got.Light, was.DecidedOn, was.Light)
			case !c.carried && (got.Light != Red || got.DecidedOn != c.in.AsOf):
				t.Errorf("decided on %s as %s, want red of tonight", got.DecidedOn, got.Light)
			}
		})
	}
	t.Run("a fact of the night is never carried", func(t *testing.T) {
		in := changed("2026-10-30", func(in *Input) { in.Process.LedgerDifference = 1 })
		if got := find(Judge(in, DefaultBounds, results), "G04", "book"); got.Light != Red {
			t.Errorf("the ledger's total is %s", got.Light)
		}
	})
	t.Run("grey is never carried", func(t *testing.T) {
		grey := find(results, "C01", "book")
		grey.Light = Grey
		if got := find(Judge(changed("2026-10-30", nothing), DefaultBounds, []Decided{grey}), "C01", "book"); got.Light != Red {
			t.Errorf("grey turned into %s", got.Light)
		}
	})
}

func TestBookLight(t *testing.T) {
	r := func(family, code string, light Light) Result { return Result{Family: family, Code: code, Light: light} }
	weak := r("calibration_grade", "C01", Amber)
	weak.Weak = true
	for _, c := range []struct {
		shows   string
		results []Result
		want    Book
	}{
		{"nothing judged is grey", []Result{r("money", "V01", Grey), r("gate", "G01", Green)}, Book{Light: Grey, Greys: 1}},
		{"grey beside green", []Result{r("money", "V01", Grey), r("discrimination", "D01", Green)}, Book{Light: Green, Greys: 1}},
		{"two ambers", []Result{r("migration", "M01", Amber), r("migration", "M02", Amber)}, Book{Light: Green, Ambers: 2}},
		{"three ambers, one of them weak", []Result{r("migration", "M01", Amber), r("migration", "M02", Amber), weak}, Book{Light: Amber, Ambers: 3, Weak: 1}},
		{"leakage", []Result{r("leakage", "L06", Red)}, Book{Light: Red, Reds: 1, PublishBlocked: true, PromotionBlocked: true}},
		{"the ledger's total", []Result{r("gate", "G04", Red)}, Book{Light: Red, Reds: 1, PublishBlocked: true, PromotionBlocked: true}},
		{"another gate", []Result{r("gate", "G01", Red)}, Book{Light: Amber, Reds: 1, PromotionBlocked: true}},
		{"ranking", []Result{r("discrimination", "D03", Red)}, Book{Light: Red, Reds: 1, PromotionBlocked: true, Prudent: true}},
		{"the book's calibration", []Result{r("calibration_book", "C01", Red)}, Book{Light: Red, Reds: 1, PromotionBlocked: true, Prudent: true}},
		{"a grade's calibration", []Result{r("calibration_grade", "C01", Red)}, Book{Light: Amber, Reds: 1}},
	} {
		got := BookLight(c.results, DefaultBounds)
		if got.EN == "" || got.ZH == "" {
			t.Errorf("%s: no sentence", c.shows)
		}
		got.EN, got.ZH = "", ""
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.shows, got, c.want)
		}
	}
}

// A p-value is red only beyond the floor, amber by its false discovery rate, and no green rests on a test without power.
func TestLightOfAPValue(t *testing.T) {
	n := &night{b: DefaultBounds}
	for _, c := range []struct {
		shows             string
		p, effect, power  float64
		others            []float64
		want              Light
		weak, uncorrected bool
	}{
		{"small and large", 0.001, 0.05, 0.9, nil, Red, false, false},
		{"small and dust", 0.001, 0.01, 0.9, nil, Amber, false, false},
		{"at the bound", 0.05, 0.03, 0.9, nil, Red, false, false},
		{"one of ten", 0.01, 0.05, 0.9, []float64{.5, .6, .7, .5, .6, .7, .5, .6, .7}, Amber, false, false},
		{"one of twenty", 0.01, 0.05, 0.9, []float64{.5, .6, .7, .5, .6, .7, .5, .6, .7, .5, .6, .7, .5, .6, .7, .5, .6, .7, .5}, Green, false, false},
		{"large and likely", 0.3, 0.05, 0.9, nil, Green, false, false},
		{"large and likely without power", 0.3, 0.05, 0.49, nil, Amber, true, false},
		{"red needs no power", 0.001, 0.05, 0.1, nil, Red, false, false},
	} {
		make := func(p float64) *finding {
			f := on("book")
			f.Family = "discrimination"
			n.byP(f, p, c.effect, 0.03, c.effect >= 0.03)
			f.Power = number(c.power)
			return f
		}
		found := one(make(c.p))
		for _, p := range c.others {
			found = append(found, make(p))
		}
		correct(found)
		found[0].settle(DefaultBounds)
		if got := found[0]; got.Light != c.want || got.Weak != c.weak {
			t.Errorf("%s: %s (weak %v), want %s", c.shows, got.Light, got.Weak, c.want)
		}
	}
}

func TestDefaultBoundsAreWhole(t *testing.T) {
	if err := DefaultBounds.Check(); err != nil {
		t.Error(err)
	}
	bad := DefaultBounds
	bad.AUC.Green, bad.Slope.Amber, bad.Version, bad.Rho = 0.6, [2]float64{0.9, 1.1}, "", nil
	err := bad.Check()
	for _, want := range []string{"validation.D01.green: must be at least amber (0.7), got 0.6", "validation.C07.amber", "validation.version", "validation.rho"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	seen := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(DefaultBounds)) {
		key := strings.Split(f.Tag.Get("yaml"), ",")[0]
		if key == "" || seen[key] {
			t.Errorf("%s has key %q, which is empty or taken", f.Name, key)
		}
		seen[key] = true
	}
}

// What the data cannot answer is grey and never NaN, whatever the edge.
func TestEdgesOfANight(t *testing.T) {
	base := func(rows ...Row) Input {
		in := Input{AsOf: asof.MustParse("2026-10-31"), Model: "m1", Horizon: 12, Grades: []string{"A", "B"}, Segments: []string{"industry"}, Benchmarks: []string{"dpd"},
			Cuts: []Cut{{"orders are held", "暂停发货", 1}}}
		for k := range rows {
			rows[k].Customer = fmt.Sprint("c", k)
			if rows[k].Cohort == 0 {
				rows[k].Cohort = asof.MustParse("2025-09-30")
			}
			if rows[k].Default == 0 {
				rows[k].After = math.NaN()
			}
		}
		in.Rows = rows
		return in
	}
	many := func(n int, r func(k int) Row) (rows []Row) {
		for k := range n {
			rows = append(rows, r(k))
		}
		return rows
	}
	full := func(k int, d uint8) Row {
		return Row{PD: evenTerms(0.01 + 0.3*float64(k%10)/10), Grade: k % 2, Observed: 12, Default: d, After: 3, EAD: 100, LGD: 0.5, Segments: []string{"x"}, Benchmarks: []float64{1}}
	}
	one := base(full(0, 1))
	one.Tonight = []Scored{{Customer: "c0", PD: 0.1, LogOdds: -2}}
	for name, in := range map[string]Input{
		"single row":     one,
		"D=0":            base(many(300, func(k int) Row { return full(k, 0) })...),
		"D=N":            base(many(300, func(k int) Row { return full(k, 1) })...),
		"constant score": base(many(300, func(k int) Row { r := full(k, uint8(k%5/4)); r.PD = evenTerms(0.2); return r })...),
		"PD of 0 and 1":  base(many(300, func(k int) Row { r := full(k, uint8(k%5/4)); r.PD = [4]float64{0, 0, 0, float64(k % 2)}; return r })...),
		"weights zero":   base(many(300, func(k int) Row { r := full(k, uint8(k%5/4)); r.EAD, r.LGD = 0, 0; return r })...),
		"nothing known of money": base(many(300, func(k int) Row {
			r := full(k, uint8(k%5/4))
			r.EAD, r.LGD, r.Loss, r.Exposed, r.Challenger = math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()
			return r
		})...),
		"no month is over": base(many(300, func(k int) Row { r := full(k, 0); r.Observed, r.Cohort = 0, asof.MustParse("2026-10-31"); return r })...),
		"one grade": func() Input {
			in := base(many(300, func(k int) Row { r := full(k, uint8(k%5/4)); r.Grade = 0; return r })...)
			in.Grades = []string{"A"}
			in.Tonight = []Scored{{Customer: "c1", PD: 0.1, LogOdds: -2}, {Customer: "c2", PD: 0.2, LogOdds: -1}}
			return in
		}(),
		"no term structure": base(many(300, func(k int) Row { r := full(k, uint8(k%5/4)); r.PD = [4]float64{3: r.PD[3]}; return r })...),
	} {
		t.Run(name, func(t *testing.T) {
			in.Initial = &Initial{AUC: 0.8, AUCVariance: 0.001, Deciles: []float64{-3, -2}, Scores: []float64{0, 0, 0}, Grades: make([]float64, len(in.Grades)), Exposure: make([]float64, len(in.Grades))}
			seen := map[string]bool{}
			for _, r := range Judge(in, DefaultBounds, nil) {
				written(t, r)
				seen[r.Code] = true
			}
			if len(seen) != len(pack) {
				t.Errorf("%d codes, want %d", len(seen), len(pack))
			}
		})
	}
}

// The cause of a red calibration names the features that moved and the segments that stand out, and every amber or red light
// is about some money.
func TestCausesNameSuspects(t *testing.T) {
	in := sound()
	odds(0.4)(&in)
	eachFeatures(func(f map[string]float64, _ int) { f["dpd"] += 3 })(&in)
	eachRow(func(r *Row, _ int) {
		if r.Default == 1 && hash(r.Customer) < 0.8 {
			r.Segments = []string{"Steel"}
		}
	})(&in)
	reds := 0
	for _, r := range Judge(in, DefaultBounds, nil) {
		if r.Code == "C01" && r.Scope == "book" {
			reds++
			if r.Light != Red || !strings.Contains(r.EN, "features that moved: dpd; segments that stand out: industry") || !strings.Contains(r.ZH, "变动的特征：dpd；突出的分组：industry") {
				t.Errorf("C01 is %s: %s %s", r.Light, r.EN, r.ZH)
			}
		}
		if (r.Light == Amber || r.Light == Red) && r.Amount == nil {
			t.Errorf("%s %s is %s about no money", r.Code, r.Scope, r.Light)
		}
	}
	if reds != 1 {
		t.Errorf("%d results of C01 on the book", reds)
	}
}
