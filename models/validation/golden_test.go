package validation

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// near holds a figure against one of the recomputed vectors, to the digits they are given in.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-6) {
		t.Errorf("%s is %.7f, want %.6f", what, got, want)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var (
	outcomes = []uint8{1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}
	scores   = []float64{.9, .7, .55, .4, .8, .55, .5, .35, .3, .2, .15, .1}
)

func TestGoldenJeffreysAndBinomial(t *testing.T) {
	for _, c := range []struct {
		n, d                 int
		pd, jeffreys, atMost float64
	}{
		{500, 5, 0.006, 0.126032, 0.184230},
		{1000, 30, 0.02, 0.016238, 0.020697},
		{50, 0, 0.01, 0.685115, 1},
		{200, 9, 0.02, 0.012430, 0.020175},
		{120, 1, 0.05, 0.993531, 0.997878},
	} {
		near(t, "Jeffreys p", must[float64](t)(Jeffreys(float64(c.n), float64(c.d), c.pd)), c.jeffreys)
		near(t, "binomial p", must[float64](t)(Binomial(c.n, c.d, c.pd)), c.atMost)
	}
}

func TestGoldenRanking(t *testing.T) {
	r := must[Ranking](t)(Rank(scores, outcomes))
	near(t, "AUC", r.AUC, 0.828125)
	near(t, "Gini", r.Gini, 0.656250)
	near(t, "KS", r.KS, 0.625)
	near(t, "DeLong variance", math.Round(r.Variance*1e6)/1e6, 0.015555)
	s, p, err := Drop(0.95, r)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "S", s, 0.977184)
	near(t, "p of S", p, 0.164239)
}

func TestGoldenCalibration(t *testing.T) {
	near(t, "Brier", must[float64](t)(Brier(scores, outcomes)), 0.178333)
	near(t, "log loss", must[float64](t)(LogLoss(scores, outcomes)), 0.529645)
	z, p, err := Spiegelhalter(scores, outcomes)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Spiegelhalter z", z, -0.190910)
	near(t, "Spiegelhalter p", p, 0.848596)

	cells := []Cell{{100, 1, .005}, {100, 0, .01}, {100, 4, .02}, {100, 6, .04}, {100, 9, .10}}
	chi2, p5, err := HosmerLemeshow(cells, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, p3, err := HosmerLemeshow(cells, 2)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Hosmer-Lemeshow", chi2, 4.706208)
	near(t, "its p, five degrees", p5, 0.452776)
	near(t, "its p, three degrees", p3, 0.194618)
}

func TestGoldenBounds(t *testing.T) {
	for _, c := range []struct{ pd, rho, q, want float64 }{
		{.02, .12, .95, 0.056836}, {.02, .12, .999, 0.147282}, {.02, .05, .95, 0.041838}, {.02, .05, .999, 0.081033},
		{.005, .12, .95, 0.016240}, {.005, .12, .999, 0.054280},
	} {
		near(t, "one-factor quantile", OneFactor(c.pd, c.rho, c.q), c.want)
	}
	for _, c := range []struct {
		d                int
		confidence, want float64
	}{{0, .75, 0.001731}, {0, .90, 0.002874}, {1, .75, 0.003362}, {3, .75, 0.006378}, {3, .95, 0.009663}} {
		near(t, "upper bound", must[float64](t)(UpperBound(800, c.d, c.confidence)), c.want)
	}
	for _, c := range []struct {
		observed       int
		expected, want float64
	}{{12, 7.4, 0.073526}, {3, 7.4, 0.978129}, {0, 2.1, 1}, {30, 20, 0.021818}} {
		near(t, "P(X at least O)", PoissonAtLeast(c.observed, c.expected), c.want)
	}
}

func TestGoldenStability(t *testing.T) {
	initial := []float64{.05, .10, .20, .30, .20, .10, .05}
	now := []float64{.02, .05, .13, .45, .25, .07, .03}
	a, b := must[Concentration](t)(Concentrate(initial)), must[Concentration](t)(Concentrate(now))
	near(t, "CV before", a.CV, 0.604152)
	near(t, "CV now", b.CV, 1.016956)
	near(t, "HI before", a.HI, 0.159902)
	near(t, "HI now", b.HI, 0.364921)
	z, p, err := b.Rise(a)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "z", z, 0.802742)
	near(t, "p", p, 0.211062)

	near(t, "PSI", must[float64](t)(PSI(initial, now)), 0.185195)
	near(t, "crit95 of 7 bins", must[float64](t)(PSICritical(7, 500, 500, 0.95)), 0.050366)
	near(t, "crit99.9 of 7 bins", must[float64](t)(PSICritical(7, 500, 500, 0.999)), 0.089831)
	for _, c := range []struct {
		n          int
		crit, mean float64
	}{{300, 0.11279, 0.060}, {1000, 0.03384, 0.018}, {10000, 0.00338, 0.0018}} {
		near(t, "crit95 of 10 bins", math.Round(must[float64](t)(PSICritical(10, c.n, c.n, 0.95))*1e5)/1e5, c.crit)
		near(t, "mean of 10 bins", PSIExpected(10, c.n, c.n), c.mean)
	}
}

func TestEdges(t *testing.T) {
	t.Run("ties everywhere", func(t *testing.T) {
		r := must[Ranking](t)(Rank([]float64{.3, .3, .3, .3}, []uint8{1, 0, 1, 0}))
		if r.AUC != 0.5 || r.KS != 0 || r.Variance != 0 {
			t.Errorf("got %+v, want AUC 0.5, KS 0, variance 0", r)
		}
		if _, _, err := Drop(0.8, r); !errors.Is(err, ErrGrey) {
			t.Errorf("AUC test without variance: got %v, want grey", err)
		}
	})
	t.Run("one of each class", func(t *testing.T) {
		r := must[Ranking](t)(Rank([]float64{.1, .9}, []uint8{0, 1}))
		if r.AUC != 1 || r.KS != 1 || r.Variance != 0 {
			t.Errorf("got %+v, want a perfect ranking of variance 0", r)
		}
	})
	t.Run("no default and all default", func(t *testing.T) {
		near(t, "Jeffreys with D=N", must[float64](t)(Jeffreys(10, 10, 1)), 1)
		near(t, "upper bound with D=N", must[float64](t)(UpperBound(10, 10, 0.9)), 1)
		near(t, "binomial with D=N", must[float64](t)(Binomial(2, 2, 0.5)), 0.25)
	})
	t.Run("infinite scores rank", func(t *testing.T) {
		r := must[Ranking](t)(Rank([]float64{math.Inf(-1), 0, math.Inf(1)}, []uint8{0, 0, 1}))
		near(t, "AUC", r.AUC, 1)
	})
	grey := map[string]func() error{
		"one class":        func() error { _, err := Rank([]float64{.1, .2}, []uint8{0, 0}); return err },
		"single row":       func() error { _, err := Rank([]float64{.1}, []uint8{1}); return err },
		"no rows":          func() error { _, err := Brier(nil, nil); return err },
		"no rows, grade":   func() error { _, err := Jeffreys(0, 0, 0.1); return err },
		"constant PD of 0": func() error { _, _, err := Spiegelhalter([]float64{0, 0}, []uint8{0, 0}); return err },
		"one cell of two":  func() error { _, _, err := HosmerLemeshow([]Cell{{10, 1, .1}}, 2); return err },
		"default at PD 0":  func() error { _, _, err := HosmerLemeshow([]Cell{{10, 1, 0}}, 0); return err },
		"empty bin":        func() error { _, err := PSI([]float64{1, 0}, []float64{.5, .5}); return err },
		"one grade":        func() error { _, err := Concentrate([]float64{5}); return err },
		"nothing in grade": func() error { _, err := Concentrate([]float64{0, 0}); return err },
		"weights zero":     func() error { _, _, err := WeightedAUC(scores, outcomes, make([]float64, 12)); return err },
		"no weight in D":   func() error { _, err := Capture(scores, outcomes, make([]float64, 12), 0.1); return err },
		"K=1, order":       func() error { _, _, err := JonckheereTerpstra([]Cell{{N: 10, D: 3}}); return err },
		"K=1, one rate":    func() error { _, _, err := Homogeneous([]Cell{{N: 10, D: 3}, {}}, 10, 1); return err },
		"K=1, mobility":    func() error { _, err := Shorrocks([][]float64{{5}}); return err },
		"K=1, bandwidth":   func() error { _, _, err := Bandwidth([][]float64{{5}}); return err },
		"D=0, line":        func() error { _, err := LogitLine([]float64{.1, .2}, []uint8{0, 0}); return err },
		"D=N, line":        func() error { _, err := LogitLine([]float64{.1, .2}, []uint8{1, 1}); return err },
		"perfect, line":    func() error { _, err := LogitLine([]float64{.1, .2, .8, .9}, []uint8{0, 0, 1, 1}); return err },
		"constant, line":   func() error { _, err := LogitLine([]float64{.2, .2, .2}, []uint8{0, 1, 0}); return err },
		"D=0, split":       func() error { _, err := CORP([]float64{.1, .2}, []uint8{0, 0}); return err },
		"D=N, split":       func() error { _, err := CORP([]float64{.1, .2}, []uint8{1, 1}); return err },
		"D=0, base rate": func() error {
			_, _, _, err := AgainstBaseRate([]float64{.1, .2}, []uint8{0, 0}, 10, 0.95, 1)
			return err
		},
		"constant, ranks": func() error { _, err := Spearman([]float64{1, 1}, []float64{1, 2}); return err },
		"one life":        func() error { _, _, err := HorizonAUC([]Life{{1, 3, true}}, 6); return err },
		"one year":        func() error { _, _, _, _, err := MultiYear([]float64{.1}, []float64{.2}); return err },
		"no customers":    func() error { _, err := AlarmLine(nil, 2, 60, 100, 1); return err },
		"one bin":         func() error { _, err := PSICritical(1, 10, 10, 0.95); return err },
	}
	for name, f := range grey {
		if err := f(); !errors.Is(err, ErrGrey) {
			t.Errorf("%s: got %v, want grey", name, err)
		}
	}
	// Empty bins count by half a row on both sides.
	psi := must[float64](t)(PSIOfCounts([]float64{0, 10, 10}, []float64{5, 10, 0}))
	a, b := []float64{.5 / 21.5, 10.5 / 21.5, 10.5 / 21.5}, []float64{5.5 / 16.5, 10.5 / 16.5, .5 / 16.5}
	want := 0.0
	for k := range a {
		want += (b[k] - a[k]) * math.Log(b[k]/a[k])
	}
	near(t, "PSI of empty bins", psi, want)
	near(t, "bound of nobody's default", must[float64](t)(UpperBoundCorrelated(10, 10, 0.12, 0.5)), 1)
	if _, err := Rank([]float64{math.NaN(), 1}, []uint8{0, 1}); err == nil || errors.Is(err, ErrGrey) {
		t.Errorf("NaN score: got %v, want an error that is not grey", err)
	}
	if _, err := Brier([]float64{1.5}, []uint8{1}); err == nil {
		t.Error("PD of 1.5: got no error")
	}
}

func TestPaired(t *testing.T) {
	c := must[Compare](t)(Paired(scores, scores, outcomes))
	if c.Difference != 0 || c.P != 1 {
		t.Errorf("a score against itself: %+v", c)
	}
	worse := make([]float64, len(scores))
	for i := range worse {
		worse[i] = -scores[i]
	}
	c = must[Compare](t)(Paired(scores, worse, outcomes))
	near(t, "difference of a score and its reverse", c.Difference, 2*0.828125-1)
	if c.Z <= 0 || c.P >= 0.05 {
		t.Errorf("got z %v, p %v; want a significant gain", c.Z, c.P)
	}
}

// The AUC is the share of pairs in order, whatever the ties; a rising transformation of the score changes nothing.
func TestAUCIsTheShareOfPairsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "rows")
		score, y := make([]float64, n), make([]uint8, n)
		for i := range score {
			score[i], y[i] = float64(rapid.IntRange(0, 5).Draw(t, "score")), uint8(rapid.IntRange(0, 1).Draw(t, "outcome"))
		}
		y[0], y[1] = 0, 1
		sum, pairs := 0.0, 0.0
		for i := range score {
			for j := range score {
				if y[i] == 1 && y[j] == 0 {
					pairs++
					if score[i] > score[j] {
						sum++
					} else if score[i] == score[j] {
						sum += 0.5
					}
				}
			}
		}
		r, err := Rank(score, y)
		if err != nil || math.Abs(r.AUC-sum/pairs) > 1e-12 {
			t.Fatalf("AUC %v (%v), want %v", r.AUC, err, sum/pairs)
		}
		for i := range score {
			score[i] = math.Exp(score[i])
		}
		if other, _ := Rank(score, y); other != r {
			t.Fatalf("%+v after exp, %+v before", other, r)
		}
	})
}
