package models

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// aYear draws a book over four windows of a horizon each: customers keep part of their log-odds from window to window, the level
// walks from one to the next, and the learner says truth/slope. It returns the rows of the first three and the level of
// the last.
func aYear(source *rand.Rand, customers int, centre, slope, moves float64) (rows []outcomeAt, level float64) {
	for window := 3; window >= 0; window-- {
		level += source.NormFloat64() * moves
		if window == 0 {
			return rows, level
		}
		for i := range customers {
			own := rand.New(rand.NewPCG(source.Uint64(), uint64(i)))
			truth := centre + 1.4*own.NormFloat64()
			r := outcomeAt{eta: truth / slope, customer: fmt.Sprint("C", i), window: window - 1, recent: window == 1, known: 12}
			// The same outcome is seen from three cohorts in a row.
			if own.Float64() < expit(truth+level) {
				r.y, r.month = 1, 6
			}
			rows = append(rows, r, r, r)
		}
	}
	return rows, level
}

// Nine of ten intervals must hold the rate that customers of a score really have in the window to come, whatever the number of
// defaults and however much levels move.
func TestIntervalsAreHonest(t *testing.T) {
	if testing.Short() {
		t.Skip("draws hundreds of books")
	}
	for _, c := range []struct {
		name      string
		customers int
		moves     float64
	}{
		{"few defaulters, a level that hardly moves", 500, 0.1},
		{"few defaulters, a level that moves", 500, 0.25},
		{"some defaulters, a level that moves", 2000, 0.25},
		{"many defaulters, a level that moves", 6000, 0.2},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := rand.New(rand.NewPCG(1, 2))
			inside, prudent, all, error2, width := 0.0, 0.0, 0.0, 0.0, 0.0
			methods := map[string]int{}
			for range 200 {
				rows, level := aYear(source, c.customers, -4.2, 1.3, c.moves)
				cal := calibrate(rows, 0)
				methods[cal.Method]++
				m := Model{Horizon: 12, Calibration: cal, Curve: evenHazard(12)}
				for _, truth := range []float64{-5.5, -4.2, -3, -1.5} {
					eta := cal.Apply(truth / 1.3)
					lo, hi := cal.Interval(eta)
					p := expit(truth + level)
					if lo <= p && p <= hi {
						inside++
					}
					s := m.scored(eta, 0, 0)
					if p <= s.Prudent {
						prudent++
					}
					all++
					error2 += (eta - truth - level) * (eta - truth - level)
					width += logit(hi) - logit(lo)
				}
			}
			t.Logf("coverage %.3f, prudent above %.3f, rmse %.3f, mean width/3.29 %.3f, %v", inside/all, prudent/all, math.Sqrt(error2/all), width/all/3.29, methods)
			if share := inside / all; share < 0.85 || share > 0.95 {
				t.Errorf("%.1f %% of 90 %% intervals hold the true rate, want 85 to 95", 100*share)
			}
		})
	}
}
