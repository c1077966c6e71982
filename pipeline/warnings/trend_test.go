package warnings

import (
	"math"
	"testing"
)

// The figures are those of the definition, worked out with numpy and the normal distribution of scipy.
func TestMannKendall(t *testing.T) {
	up, down, flat := make([]float64, 26), make([]float64, 26), make([]float64, 26)
	for i := range up {
		up[i], down[i], flat[i] = float64(i), -float64(i), 0.02
	}
	for _, c := range []struct {
		name string
		xs   []float64
		want float64
	}{
		{"up", up, 4.617155387607046e-13},
		{"down", down, 0.9999999999995383},
		{"flat", flat, 1},
		{"with ties", []float64{1, 1, 2, 2, 3, 3, 2, 4, 4, 5, 5, 5, 6, 7, 6, 8}, 1.3559042213095914e-06},
		{"digits of pi", []float64{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4, 3, 3}, 0.360579821747791},
		{"ten weeks", []float64{.01, .011, .0105, .012, .011, .0125, .013, .0128, .0135, .014}, 0.00044575673958979805},
		{"a week is unknown", []float64{1, 2, null, 4}, null},
		{"too short", []float64{1, 2}, null},
	} {
		got := mannKendall(c.xs)
		if math.IsNaN(got) != math.IsNaN(c.want) || math.Abs(got-c.want) > 1e-12*max(1, c.want) && math.Abs(got/c.want-1) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRobustZ(t *testing.T) {
	// median 3, deviations 2 1 0 1 4: median 1
	if got := robustZ(8, []float64{1, 2, 3, 4, 7}, 0.5); math.Abs(got-0.6745*5) > 1e-12 {
		t.Errorf("%v, want 3.3725", got)
	}
	if got := robustZ(5, make([]float64, 12), 1); math.Abs(got-3.3725) > 1e-12 {
		t.Errorf("%v with nothing usual, want 3.3725", got)
	}
}
