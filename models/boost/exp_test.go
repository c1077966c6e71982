package boost

import (
	"math"
	"testing"
)

func TestLogistic(t *testing.T) {
	logistic := func(eta float64) float64 {
		var p [1]float64
		logistic([]float64{eta}, p[:])
		return p[0]
	}
	for _, eta := range []float64{0, 1e-300, -1e-9, 0.01, -0.3, 1, -1, 2.5, 17, -33.3, 60, -60, 690, -690, 699, -699} {
		want := 1 / (1 + math.Exp(-eta))
		if got := logistic(eta); math.Abs(got-want) > 4e-15*want {
			t.Errorf("logistic(%v) = %v, want %v", eta, got, want)
		}
	}
	for k := range 200_000 {
		eta := float64(k-100_000) / 2500
		want := 1 / (1 + math.Exp(-eta))
		if got := logistic(eta); math.Abs(got-want) > 4e-15*want {
			t.Fatalf("logistic(%v) = %v, want %v", eta, got, want)
		}
	}
	for _, c := range []struct{ eta, want float64 }{{math.Inf(1), 1}, {math.Inf(-1), 0}, {1e9, 1}, {-1e9, 0}} {
		if got := logistic(c.eta); math.Abs(got-c.want) > 1e-300 {
			t.Errorf("logistic(%v) = %v, want %v", c.eta, got, c.want)
		}
	}
}
