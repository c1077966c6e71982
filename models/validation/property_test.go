package validation

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// drawn are scores with ties and outcomes of both classes.
func drawn(t *rapid.T) (score []float64, y []uint8) {
	n := rapid.IntRange(2, 30).Draw(t, "rows")
	for range n {
		score = append(score, float64(rapid.IntRange(-3, 3).Draw(t, "score")))
		y = append(y, uint8(rapid.IntRange(0, 1).Draw(t, "outcome")))
	}
	y[0], y[1] = 0, 1
	return score, y
}

func wins(a, b float64) float64 {
	switch {
	case a > b:
		return 1
	case a == b:
		return 0.5
	}
	return 0
}

func alike(a, b float64) bool { return math.Abs(a-b) <= 1e-9 }

// DeLong's variance from the pairs themselves.
func TestDeLongByPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score, y := drawn(t)
		r, err := Rank(score, y)
		if err != nil {
			t.Fatal(err)
		}
		var v [2][]float64
		for i := range score {
			sum, n := 0.0, 0.0
			for j := range score {
				if y[j] == y[i] {
					continue
				}
				n++
				if y[i] == 1 {
					sum += wins(score[i], score[j])
				} else {
					sum += wins(score[j], score[i])
				}
			}
			v[y[i]] = append(v[y[i]], sum/n)
		}
		want := 0.0
		if len(v[0]) > 1 && len(v[1]) > 1 {
			want = covariance(v[1], v[1])/float64(len(v[1])) + covariance(v[0], v[0])/float64(len(v[0]))
		}
		if !alike(r.Variance, want) {
			t.Fatalf("variance %v, want %v", r.Variance, want)
		}
	})
}

func TestWeightedAUCByPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score, y := drawn(t)
		w := make([]float64, len(score))
		for i := range w {
			w[i] = float64(rapid.IntRange(0, 4).Draw(t, "weight"))
		}
		w[0], w[1] = 1, 2
		won, all := 0.0, 0.0
		for i := range score {
			for j := range score {
				if y[i] == 1 && y[j] == 0 {
					won, all = won+w[i]*w[j]*wins(score[i], score[j]), all+w[i]*w[j]
				}
			}
		}
		if a, _, err := WeightedAUC(score, y, w); err != nil || !alike(a, won/all) {
			t.Fatalf("%v (%v), want %v", a, err, won/all)
		}
	})
}

// Ties of times and scores, censored rows and defaults at the horizon itself.
func TestHorizonAUCByPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lives []Life
		for range rapid.IntRange(2, 25).Draw(t, "rows") {
			lives = append(lives, Life{float64(rapid.IntRange(0, 4).Draw(t, "score")), float64(rapid.IntRange(1, 6).Draw(t, "months")), rapid.Bool().Draw(t, "default")})
		}
		followed := func(at float64) float64 { // Kaplan–Meier of censoring; defaults of the same time leave first
			g := 1.0
			for u := 1.0; u < at; u++ {
				lost, risk := 0.0, 0.0
				for _, l := range lives {
					if l.Months > u || l.Months == u && !l.Default {
						risk++
					}
					if l.Months == u && !l.Default {
						lost++
					}
				}
				if lost > 0 {
					g *= 1 - lost/risk
				}
			}
			return g
		}
		const h = 4.0
		won, all, wonI, allI := 0.0, 0.0, 0.0, 0.0
		for _, a := range lives {
			if g := followed(a.Months); a.Default && a.Months <= h && g > 0 {
				for _, b := range lives {
					if b.Months > h || !b.Default && b.Months == h {
						won, all = won+wins(a.Score, b.Score)/g, all+1/g
					}
					if b.Months > a.Months || !b.Default && b.Months == a.Months {
						wonI, allI = wonI+wins(a.Score, b.Score)/g/g, allI+1/g/g
					}
				}
			}
		}
		if got, _, err := HorizonAUC(lives, h); (all > 0) != (err == nil) || err == nil && !alike(got, won/all) {
			t.Fatalf("%v (%v), want %v", got, err, won/all)
		}
		if got, err := IncidentAUC(lives, h); (allI > 0) != (err == nil) || err == nil && !alike(got, wonI/allI) {
			t.Fatalf("incident %v (%v), want %v", got, err, wonI/allI)
		}
	})
}

func TestKendallByPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x, y []float64
		for range rapid.IntRange(2, 25).Draw(t, "rows") {
			x, y = append(x, float64(rapid.IntRange(0, 5).Draw(t, "x"))), append(y, float64(rapid.IntRange(0, 5).Draw(t, "y")))
		}
		s, nx, ny, right := 0.0, 0.0, 0.0, 0.0
		for i := range x {
			for j := range i {
				a, b := x[i]-x[j], y[i]-y[j]
				if a*b > 0 {
					s++
				} else if a*b < 0 {
					s--
				}
				if a != 0 {
					nx++
				}
				if b != 0 {
					ny++
					if a*b > 0 {
						right++
					} else if a == 0 {
						right += 0.5
					}
				}
			}
		}
		if got, err := Kendall(x, y); (nx*ny > 0) != (err == nil) || err == nil && !alike(got, s/math.Sqrt(nx*ny)) {
			t.Fatalf("%v (%v), want %v", got, err, s/math.Sqrt(nx*ny))
		}
		if got, err := GeneralisedAUC(x, y); (ny > 0) != (err == nil) || err == nil && !alike(got, right/ny) {
			t.Fatalf("generalised %v (%v), want %v", got, err, right/ny)
		}
	})
}

// The parts of the Brier score add up, none is below 0, and recalibrating can only gain.
func TestSplitAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score, y := drawn(t)
		pd := make([]float64, len(score))
		for i, s := range score {
			pd[i] = (s + 4) / 8
		}
		for _, split := range []func([]float64, []uint8) (Split, error){Murphy, CORP} {
			s, err := split(pd, y)
			if err != nil {
				t.Fatal(err)
			}
			if !alike(s.Reliability-s.Resolution+s.Uncertainty, s.Brier) || s.Reliability < -1e-12 || s.Resolution < -1e-12 {
				t.Fatalf("%+v", s)
			}
		}
	})
}

// All tables of the same margins have probability 1 together, and the two one-sided p-values overlap in the table seen.
func TestFisherIsADistribution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Cell{N: float64(rapid.IntRange(1, 40).Draw(t, "n")), D: 0}
		b := Cell{N: float64(rapid.IntRange(1, 40).Draw(t, "m")), D: 0}
		a.D, b.D = float64(rapid.IntRange(0, int(a.N)).Draw(t, "d")), float64(rapid.IntRange(0, int(b.N)).Draw(t, "e"))
		here := math.Exp(hypergeometric(a.N+b.N, a.D+b.D, b.N, b.D))
		if up, down := Fisher(a, b), Fisher(b, a); math.Abs(up+down-here-1) > 1e-9 || FisherTwoSided(a, b) < here-1e-9 {
			t.Fatalf("%v above and %v below with %v here", up, down, here)
		}
	})
}

// Sorting by bits is sorting.
func TestSortingByBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOf(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), 1}))).Draw(t, "x")
		order := ascending(x)
		for k := 1; k < len(order); k++ {
			a, b := order[k-1], order[k]
			if x[a] > x[b] || x[a] == x[b] && a > b {
				t.Fatalf("row %d (%v) comes before row %d (%v)", a, x[a], b, x[b])
			}
		}
	})
}
