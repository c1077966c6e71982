package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// bookOf makes a book of n names by formulas that golden.py of the sources of these figures uses too.
func bookOf(n int, pd, lgd, ead func(i float64) float64) Book {
	var names []Name
	for i := range n {
		x := float64(i)
		names = append(names, Name{CustomerID: fmt.Sprintf("C%03d", i), PD: pd(x), LGD: lgd(x), EAD: ead(x), Loss: pd(x) * lgd(x) * ead(x)})
	}
	return NewBook(names)
}

func always(v float64) func(float64) float64 { return func(float64) float64 { return v } }

var (
	small = bookOf(40, func(i float64) float64 { return 0.01 + 0.03*math.Mod(i, 5)/4 }, always(0.45), func(i float64) float64 { return 100 + 50*math.Mod(i, 3) })
	even  = bookOf(200, always(0.02), always(0.45), always(100))
	steep = bookOf(120, func(i float64) float64 { return 0.005 * (1 + math.Mod(i, 7)) }, func(i float64) float64 { return 0.3 + 0.05*math.Mod(i, 8) }, func(i float64) float64 { return 10 * math.Pow(1.03, i) })
)

// The conditional default probabilities are those of the validation pack's table: scipy gives the same.
func TestOneFactorGolden(t *testing.T) {
	for _, c := range []struct{ pd, rho, q, want float64 }{
		{0.02, 0.12, 0.95, 0.056836}, {0.02, 0.12, 0.999, 0.147282}, {0.02, 0.05, 0.95, 0.041838}, {0.02, 0.05, 0.999, 0.081033},
		{0.005, 0.12, 0.95, 0.016240}, {0.005, 0.12, 0.999, 0.054280}, {0, 0.12, 0.999, 0}, {1, 0.12, 0.5, 1},
	} {
		p, _, _ := conditional(c.pd, c.rho, normalQuantile(1-c.q))
		if math.Abs(p-c.want) > 1e-6 {
			t.Errorf("PD %v, rho %v, q %v: %v, want %v", c.pd, c.rho, c.q, p, c.want)
		}
	}
	if got := StressedPD(0.02, 0.12, 2); math.Abs(got-0.08676812912473608) > 1e-12 {
		t.Errorf("PD of 2 %% in a recession of two deviations: %v", got)
	}
	if got := normalQuantile(0.95); math.Abs(got-oneInTwenty) > 1e-12 {
		t.Errorf("normal quantile %v", got)
	}
}

// TestQuantilesGolden holds quantiles to scipy: the mean given the factor, and the adjustment by numerical derivatives.
func TestQuantilesGolden(t *testing.T) {
	for _, c := range []struct {
		shows            string
		book             Book
		level            float64
		smooth, adjusted float64
	}{
		{"forty names", small, 0.95, 182.3573182279266, 96.40543585164133},
		{"forty names", small, 0.99, 286.0703656636759, 151.24168236201805},
		{"forty names", small, 0.999, 446.33411026554984, 222.20145563385196},
		{"two hundred equal names", even, 0.999, 1325.5424712983197, 134.17804747557352},
		{"steep exposures", steep, 0.95, 308.50880662838256, 117.6857591815045},
		{"steep exposures", steep, 0.999, 780.2564209044929, 266.30983436090406},
	} {
		q := c.book.Quantile(c.level, 0.12)
		if math.Abs(q.Smooth/c.smooth-1) > 1e-9 || math.Abs((q.Granular-q.Smooth)/c.adjusted-1) > 1e-5 {
			t.Errorf("%s, %v: %v and %v, want %v and %v", c.shows, c.level, q.Smooth, q.Granular-q.Smooth, c.smooth, c.adjusted)
		}
	}
}

// TestQuantilesAgainstMonteCarlo draws years of the same model: factor, defaults, and a loss rate of a beta distribution.
// With the adjustment the quantiles are nearer to those drawn than without it, and near in themselves.
func TestQuantilesAgainstMonteCarlo(t *testing.T) {
	years := 200_000
	if testing.Short() {
		years = 40_000
	}
	for name, b := range map[string]Book{"forty names": small, "two hundred equal names": even, "steep exposures": steep} {
		t.Run(name, func(t *testing.T) {
			losses := draw(b, 0.12, years, 7)
			for _, level := range []float64{0.95, 0.99, 0.999} {
				drawn := losses[int(level*float64(years))]
				q := b.Quantile(level, 0.12)
				if off := q.Granular/drawn - 1; math.Abs(off) > 0.08 {
					t.Errorf("%v: %v, drawn %v", level, q.Granular, drawn)
				}
				if math.Abs(q.Granular-drawn) > math.Abs(q.Smooth-drawn) {
					t.Errorf("%v: the adjustment leads away: %v without, %v with, drawn %v", level, q.Smooth, q.Granular, drawn)
				}
			}
		})
	}
}

// draw returns the sorted losses of so many years: a name defaults when its fortune, part factor and part its own, falls below
// what its PD allows.
func draw(b Book, rho float64, years int, seed uint64) []float64 {
	dice := rand.New(rand.NewPCG(seed, 0))
	losses, bound := make([]float64, years), make([]float64, len(b))
	for i, n := range b {
		bound[i] = distuv.UnitNormal.Quantile(n.PD)
	}
	for y := range losses {
		x := dice.NormFloat64()
		for i, n := range b {
			if math.Sqrt(rho)*x+math.Sqrt(1-rho)*dice.NormFloat64() < bound[i] {
				k := 1/lossVariance - 1 // variance k'th of the most there can be
				losses[y] += n.EAD * distuv.Beta{Alpha: n.LGD * k, Beta: (1 - n.LGD) * k, Src: dice}.Rand()
			}
		}
	}
	slices.Sort(losses)
	return losses
}

// TestQuantileParts: the parts are the derivatives by the exposures, and add up to the whole.
func TestQuantileParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var names []Name
		for i := range rapid.IntRange(1, 30).Draw(t, "names") {
			n := Name{CustomerID: fmt.Sprint(i), PD: rapid.OneOf(rapid.Just(0.), rapid.Just(1.), rapid.Float64Range(1e-6, 0.5)).Draw(t, "pd"),
				LGD: rapid.Float64Range(0, 1).Draw(t, "lgd"), EAD: rapid.OneOf(rapid.Just(0.), rapid.Float64Range(1, 1e6)).Draw(t, "ead")}
			names = append(names, n)
		}
		b := NewBook(names)
		for _, level := range []float64{0.95, 0.999} {
			q := b.Quantile(level, 0.12)
			sum := 0.0
			for _, p := range q.Parts {
				sum += p
			}
			most := b.EAD()
			if math.Abs(sum-q.Granular) > 1e-6*(1+most) {
				t.Fatalf("parts add up to %v, the quantile is %v", sum, q.Granular)
			}
			if !(q.Granular >= 0 && q.Granular <= most+1e-9 && q.Smooth >= 0 && q.Smooth <= most+1e-9) {
				t.Fatalf("quantiles %v and %v of a book of %v", q.Smooth, q.Granular, most)
			}
		}
	})
	// A part against a small step of its exposure.
	for _, i := range []int{0, 60, 119} {
		q := steep.Quantile(0.99, 0.12)
		moved := slices.Clone(steep)
		step := moved[i].EAD * 1e-5
		moved[i].EAD += step
		up := moved.Quantile(0.99, 0.12).Granular
		moved[i].EAD -= 2 * step
		want := (up - moved.Quantile(0.99, 0.12).Granular) / (2 * step) * steep[i].EAD
		if math.Abs(q.Parts[i]/want-1) > 1e-5 {
			t.Errorf("part of name %d is %v, by a small step %v", i, q.Parts[i], want)
		}
	}
}

func TestQuantilesOfOddBooks(t *testing.T) {
	for _, c := range []struct {
		shows string
		book  Book
		want  float64
	}{
		{"nobody", nil, 0},
		{"no exposure", Book{{PD: 0.1, LGD: 0.4}}, 0},
		{"nobody can default", Book{{PD: 0, LGD: 0.4, EAD: 100}}, 0},
		{"all are in default", Book{{PD: 1, LGD: 0.4, EAD: 100}, {PD: 1, LGD: 0.5, EAD: 10}}, 45},
	} {
		if q := c.book.Quantile(0.999, 0.12); q.Granular != c.want || q.Smooth != c.want {
			t.Errorf("%s: %+v, want %v", c.shows, q, c.want)
		}
	}
}

func TestConcentrationByHand(t *testing.T) {
	h, n, ok := Book{{EAD: 50}, {EAD: 30}, {EAD: 20}, {}}.Concentration()
	if !ok || !near(h, 0.25+0.09+0.04) || !near(n, 1/0.38) {
		t.Errorf("%v, %v, %v", h, n, ok)
	}
	if _, _, ok := (Book{{}}).Concentration(); ok {
		t.Error("a book without exposure has a concentration")
	}
}

// TestStressByHand works the set out by hand for three customers.
func TestStressByHand(t *testing.T) {
	b := NewBook([]Name{
		{CustomerID: "B", Industry: "steel", PD: 0.10, LGD: 0.5, EAD: 1000, Loss: 50},
		{CustomerID: "A", Industry: "glass", PD: 0.60, LGD: 0.4, EAD: 500, Loss: 120},
		{CustomerID: "C", Industry: "steel", PD: 0.02, LGD: 0.5, EAD: 400, Loss: 4},
		{CustomerID: "D", EAD: 2000, LGD: 0.45}, // no PD, so no expected loss, but it may fail
	})
	set := b.Stress(Stresses{IndustryFactor: 3, MacroShift: 2, Top: []int{1, 3, 50}, Margin: 700}, 0.12)
	got := map[string]Scenario{}
	for _, s := range set {
		got[fmt.Sprint(s.Name, " ", s.Parameter)] = s
		if s.EN == "" || s.ZH == "" {
			t.Errorf("%s has no words", s.Name)
		}
		if !near(s.Extra, s.Loss-174) {
			t.Errorf("%s: extra %v of loss %v", s.Name, s.Extra, s.Loss)
		}
	}
	recession := 174 + 0.5*1000*(StressedPD(0.1, 0.12, 2)-0.1) + 0.4*500*(StressedPD(0.6, 0.12, 2)-0.6) + 0.5*400*(StressedPD(0.02, 0.12, 2)-0.02)
	for _, c := range []struct {
		key   string
		loss  float64
		names []string
	}{
		{"tonight 0", 174, nil},
		{"industry_shock 3", 174 + 0.2*500 + 0.04*200, []string{"B", "C"}}, // glass would cost 0.4 × 200 = 80, its PD ends at 1
		{"macro_shift 2", recession, nil},
		{"top_failure 1", 174 + 900, []string{"D"}},
		{"top_failure 3", 174 + 900 + 0.9*500 + 0.4*200, []string{"D", "B", "A"}},
		{"top_failure 50", 174 + 900 + 0.9*500 + 0.4*200 + 0.98*200, []string{"D", "B", "A", "C"}},
		{"reverse_rate 700", 700, nil},
		{"reverse_names 700", 900, []string{"D"}},
		{"reverse_year 700", 700, nil},
	} {
		s, ok := got[c.key]
		if !ok || !near(s.Loss, c.loss) || !slices.Equal(s.Names, c.names) {
			t.Errorf("%s: %+v, want loss %v, names %v", c.key, s, c.loss, c.names)
		}
	}
	if s := got["reverse_rate 700"]; s.Result == nil || !near(*s.Result, 700./(500+200+200+900)) {
		t.Errorf("failure rate: %+v", s)
	}
	if s := got["reverse_names 700"]; s.Result == nil || *s.Result != 1 {
		t.Errorf("failing names: %+v", s)
	}
	year := got["reverse_year 700"]
	if year.Result == nil {
		t.Fatalf("no year: %+v", year)
	}
	if q := b.Quantile(1-*year.Result, 0.12); math.Abs(max(q.Smooth, q.Granular)-700) > 1e-6 {
		t.Errorf("a chance of %v stands for a loss of %v", *year.Result, q.Granular)
	}
}

func TestReverseStressWithoutAnswer(t *testing.T) {
	b := Book{{CustomerID: "A", PD: 0.1, LGD: 0.5, EAD: 1000, Loss: 50}}
	for _, c := range []struct {
		shows  string
		margin float64
		year   *float64
	}{
		{"no margin is known", 0, nil},
		{"more margin than can be lost", 501, nil},
		{"the expected loss eats it", 50, new(float64)},
	} {
		for _, s := range b.Stress(Stresses{IndustryFactor: 2, Margin: c.margin}, 0.12) {
			if s.Name == "reverse_year" && (s.Result == nil) != (c.year == nil) {
				t.Errorf("%s: %+v", c.shows, s)
			}
			if s.Name == "industry_shock" && (s.Loss != 50 || s.Customers != 0) {
				t.Errorf("a book without industries: %+v", s)
			}
		}
	}
	for _, s := range Book(nil).Stress(Stresses{IndustryFactor: 2, MacroShift: 2, Top: []int{1, 5}, Margin: 10}, 0.12) {
		if s.Loss != 0 || math.IsNaN(s.Extra) {
			t.Errorf("an empty book: %+v", s)
		}
	}
}
