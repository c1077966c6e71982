package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
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

// TestQuantilesGolden holds the formulas to scipy: the mean given the factor, and the adjustment by numerical derivatives.
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
		if q.Adjusted == nil || math.Abs(q.Smooth/c.smooth-1) > 1e-9 || math.Abs((*q.Adjusted-q.Smooth)/c.adjusted-1) > 1e-5 {
			t.Errorf("%s, %v: %+v, want %v and %v more", c.shows, c.level, q, c.smooth, c.adjusted)
		}
	}
}

// few are eleven names: one is a third of the book, one has defaulted. The formula has nothing to say of such a book.
var few = bookOf(11, func(i float64) float64 {
	if i == 3 {
		return 1
	}
	return 0.01 * (1 + i)
}, func(i float64) float64 { return 0.2 + 0.06*i }, func(i float64) float64 { return 50 + 450*math.Max(0, i-9) + 100*math.Mod(i, 3) })

// TestQuantilesAgainstMonteCarlo draws years of the same model: factor, defaults, and loss rates. What is counted name by name
// lies where the draws lie; the formula with the adjustment is nearer to them than without it, and near in itself.
func TestQuantilesAgainstMonteCarlo(t *testing.T) {
	years := 400_000
	if testing.Short() {
		years = 100_000
	}
	for _, c := range []struct {
		shows string
		book  Book
		near  float64 // how far the formula may be off; 0: it is not asked
	}{{"forty names", small, 0.08}, {"two hundred equal names", even, 0.05}, {"steep exposures", steep, 0.06}, {"few names", few, 0}} {
		t.Run(c.shows, func(t *testing.T) {
			losses := draw(c.book, 0.12, years, 7)
			counted := c.book.Distribution(0.12)
			for _, level := range []float64{0.5, 0.95, 0.99, 0.999} {
				drawn := losses[int(level*float64(years))]
				// As far as the draws of a hundred thousand years scatter around the quantile themselves.
				spread := 4 * math.Sqrt(level*(1-level)/float64(years))
				low, high := losses[int((level-spread)*float64(years))], losses[min(int((level+spread)*float64(years)), years-1)]
				grain := 2 * c.book.EAD() / lossSteps
				if got := counted.Quantile(level); got < low-grain || got > high+grain {
					t.Errorf("%v: counted %v, drawn %v (%v to %v)", level, got, drawn, low, high)
				}
				if c.near == 0 || level < 0.95 {
					continue
				}
				q := c.book.Quantile(level, 0.12)
				if off := *q.Adjusted/drawn - 1; math.Abs(off) > c.near {
					t.Errorf("%v: by formula %v, drawn %v", level, *q.Adjusted, drawn)
				}
				if math.Abs(*q.Adjusted-drawn) > math.Abs(q.Smooth-drawn) {
					t.Errorf("%v: the adjustment leads away: %v without, %v with, drawn %v", level, q.Smooth, *q.Adjusted, drawn)
				}
			}
			for _, amount := range []float64{1, c.book.EAD() / 20, c.book.EAD() / 5} {
				at, _ := slices.BinarySearch(losses, amount)
				want := 1 - float64(at)/float64(years)
				if got := counted.Reaches(amount); math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/float64(years))+0.004 {
					t.Errorf("a loss of %v: chance %v, drawn %v", amount, got, want)
				}
			}
		})
	}
}

// draw returns the sorted losses of so many years: a name defaults when its fortune, part factor and part its own, falls below
// what its PD allows, and a quarter of the defaults end with all or nothing.
func draw(b Book, rho float64, years int, seed uint64) []float64 {
	dice := rand.New(rand.NewPCG(seed, 0))
	losses, bound := make([]float64, years), make([]float64, len(b))
	for i, n := range b {
		bound[i] = distuv.UnitNormal.Quantile(n.PD)
	}
	for y := range losses {
		x := dice.NormFloat64()
		for i, n := range b {
			if math.Sqrt(rho)*x+math.Sqrt(1-rho)*dice.NormFloat64() >= bound[i] {
				continue
			}
			switch rate := n.LGD; {
			case dice.Float64() >= lossVariance:
				losses[y] += n.EAD * rate
			case dice.Float64() < rate:
				losses[y] += n.EAD
			}
		}
	}
	slices.Sort(losses)
	return losses
}

// TestDistributionByHand: two names without a common factor lose nothing, one or both.
func TestDistributionByHand(t *testing.T) {
	d := Book{{PD: 0.1, LGD: 1, EAD: 100}, {PD: 0.2, LGD: 1, EAD: 300}}.Distribution(0)
	for _, c := range []struct{ amount, chance float64 }{{0, 1}, {0.1, 0.28}, {100, 0.28}, {101, 0.2}, {300, 0.2}, {301, 0.02}, {400, 0.02}, {400.1, 0}} {
		if got := d.Reaches(c.amount); math.Abs(got-c.chance) > 1e-9 {
			t.Errorf("a loss of %v or more: %v, want %v", c.amount, got, c.chance)
		}
	}
	for _, c := range []struct{ level, loss float64 }{{0.5, 0}, {0.72, 0}, {0.721, 100}, {0.8, 100}, {0.801, 300}, {0.98, 300}, {0.981, 400}, {1, 400}} {
		if got := d.Quantile(c.level); math.Abs(got-c.loss) > 1e-9 {
			t.Errorf("quantile of %v: %v, want %v", c.level, got, c.loss)
		}
	}
	// A name of loss rate 0.4 loses 40 % three times of four, else all or nothing.
	d = Book{{PD: 1, LGD: 0.4, EAD: 100}}.Distribution(0.12)
	for _, c := range []struct{ amount, chance float64 }{{1, 1 - 0.25*0.6}, {39, 1 - 0.25*0.6}, {41, 0.1}, {100, 0.1}} {
		if got := d.Reaches(c.amount); math.Abs(got-c.chance) > 1e-9 {
			t.Errorf("one default, a loss of %v or more: %v, want %v", c.amount, got, c.chance)
		}
	}
}

// A book of many small names loses what the formula for such books says, also when most of them are not counted one by one.
func TestDistributionOfManyNames(t *testing.T) {
	many := bookOf(20_000, always(0.02), always(0.45), always(1))
	d := many.Distribution(0.12)
	for _, level := range []float64{0.95, 0.99, 0.999} {
		if got, want := d.Quantile(level), many.Quantile(level, 0.12).Smooth; math.Abs(got/want-1) > 0.02 {
			t.Errorf("%v: %v, want about %v", level, got, want)
		}
	}
}

// TestDistributionIsOne: it is the same to the bit on one processor and on many, never falls, and its mean is the expected loss.
func TestDistributionIsOne(t *testing.T) {
	d := steep.Distribution(0.12)
	before := runtime.GOMAXPROCS(1)
	one := steep.Distribution(0.12)
	runtime.GOMAXPROCS(before)
	if !slices.Equal(d.cdf, one.cdf) {
		t.Error("the number of processors shows")
	}
	mean, last := 0.0, 0.0
	for k, p := range d.cdf {
		if p < last {
			t.Fatalf("falls at step %d", k)
		}
		mean += float64(k) * d.step * (p - last)
		last = p
	}
	if math.Abs(last-1) > 1e-9 || math.Abs(mean/steep.Expected()-1) > 1e-5 {
		t.Errorf("ends at %v, mean %v, expected loss %v", last, mean, steep.Expected())
	}
}

// TestQuantileShares: the shares follow the derivatives by the exposures, and add up to one.
func TestQuantileShares(t *testing.T) {
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
			for _, p := range q.Shares {
				sum += p
			}
			if q.Smooth > 0 && math.Abs(sum-1) > 1e-6 || q.Smooth == 0 && sum != 0 {
				t.Fatalf("shares add up to %v", sum)
			}
			if most := b.EAD(); !(q.Smooth >= 0 && q.Smooth <= most*(1+1e-12)) || q.Adjusted != nil && !(*q.Adjusted >= 0 && *q.Adjusted <= 2*q.Smooth) {
				t.Fatalf("quantiles %+v of a book of %v", q, most)
			}
		}
	})
	// A share against a small step of the name's exposure.
	for _, i := range []int{0, 60, 119} {
		q := steep.Quantile(0.99, 0.12)
		moved := slices.Clone(steep)
		step := moved[i].EAD * 1e-5
		moved[i].EAD += step
		up := *moved.Quantile(0.99, 0.12).Adjusted
		moved[i].EAD -= 2 * step
		want := (up - *moved.Quantile(0.99, 0.12).Adjusted) / (2 * step) * steep[i].EAD / *q.Adjusted
		if math.Abs(q.Shares[i]/want-1) > 1e-5 {
			t.Errorf("share of name %d is %v, by a small step %v", i, q.Shares[i], want)
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
		if q := c.book.Quantile(0.999, 0.12); q.Smooth != c.want || q.Adjusted != nil && *q.Adjusted != c.want {
			t.Errorf("%s: %+v, want %v", c.shows, q, c.want)
		}
		if d := c.book.Distribution(0.12); c.want == 0 && d.Quantile(0.999) != 0 {
			t.Errorf("%s: counted %v, want 0", c.shows, d.Quantile(0.999))
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
	set := b.Stress(Stresses{IndustryFactor: 3, MacroShift: 2, Top: []int{1, 3, 50}, Margin: 700}, 0.12, b.Distribution(0.12))
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
	if want := b.Distribution(0.12).Reaches(700); *year.Result != want || !(want > 0.01 && want < 0.2) {
		t.Errorf("a year that loses 700: chance %v, counted %v", *year.Result, want)
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
		for _, s := range b.Stress(Stresses{IndustryFactor: 2, Margin: c.margin}, 0.12, b.Distribution(0.12)) {
			if s.Name == "reverse_year" && (s.Result == nil) != (c.year == nil) {
				t.Errorf("%s: %+v", c.shows, s)
			}
			if s.Name == "industry_shock" && (s.Loss != 50 || s.Customers != 0) {
				t.Errorf("a book without industries: %+v", s)
			}
		}
	}
	for _, s := range Book(nil).Stress(Stresses{IndustryFactor: 2, MacroShift: 2, Top: []int{1, 5}, Margin: 10}, 0.12, Distribution{}) {
		if s.Loss != 0 || math.IsNaN(s.Extra) {
			t.Errorf("an empty book: %+v", s)
		}
	}
}
