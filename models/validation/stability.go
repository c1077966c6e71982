package validation

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// PSI is the population stability index of two distributions over the same bins, given as shares that sum to 1.
func PSI(before, now []float64) (float64, error) {
	if len(before) != len(now) || len(before) == 0 {
		return 0, fmt.Errorf("psi: %d and %d bins: %w", len(before), len(now), ErrGrey)
	}
	psi := 0.0
	for b := range before {
		if before[b] <= 0 || now[b] <= 0 {
			return 0, fmt.Errorf("psi: bin %d has shares %v and %v; use counts, which are smoothed: %w", b+1, before[b], now[b], ErrGrey)
		}
		psi += (now[b] - before[b]) * math.Log(now[b]/before[b])
	}
	return psi, nil
}

// PSIOfCounts is the PSI of two sets of counts, half a row added to every bin on both sides so that empty bins count.
func PSIOfCounts(before, now []float64) (float64, error) {
	return PSI(smooth(before), smooth(now))
}

// smooth are shares with half a row more in every bin.
func smooth(counts []float64) []float64 {
	total := 0.0
	for _, c := range counts {
		total += c + 0.5
	}
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = (c + 0.5) / total
	}
	return out
}

// SignedShift is how many score points the average customer moved because the bins of a feature did:
// Σ (now − before) × points, over shares smoothed as in [PSIOfCounts].
func SignedShift(before, now, points []float64) (float64, error) {
	if len(before) != len(now) || len(before) != len(points) || len(before) == 0 {
		return 0, fmt.Errorf("shift: %d and %d bins, %d points: %w", len(before), len(now), len(points), ErrGrey)
	}
	a, b, shift := smooth(before), smooth(now), 0.0
	for k := range a {
		shift += (b[k] - a[k]) * points[k]
	}
	return shift, nil
}

// PSIExpected is the mean PSI of two samples of the same population.
func PSIExpected(bins, before, now int) float64 {
	return float64(bins-1) * (1/float64(before) + 1/float64(now))
}

// PSICritical is the PSI that two samples of the same population exceed with probability 1−q: small books drift by
// chance, large ones hardly at all, and the folk bound of 0.10 knows neither.
func PSICritical(bins, before, now int, q float64) (float64, error) {
	if bins < 2 || before <= 0 || now <= 0 {
		return 0, fmt.Errorf("psi: %d bins, %d and %d rows: %w", bins, before, now, ErrGrey)
	}
	return distuv.ChiSquared{K: float64(bins - 1)}.Quantile(q) * (1/float64(before) + 1/float64(now)), nil
}

// Concentration is how unevenly customers, or exposure, spread over grades.
type Concentration struct {
	CV     float64 // coefficient of variation of the shares
	HI     float64 // Herfindahl index rescaled to 0 (even) to 1 (all in one grade)
	Grades int
}

// Concentrate computes the concentration of shares or amounts by grade.
func Concentrate(amounts []float64) (Concentration, error) {
	total := 0.0
	for i, a := range amounts {
		if a < 0 {
			return Concentration{}, fmt.Errorf("concentration: grade %d has %v", i+1, a)
		}
		total += a
	}
	k := float64(len(amounts))
	if k < 2 || total == 0 {
		return Concentration{}, fmt.Errorf("concentration: %d grades holding %v: %w", len(amounts), total, ErrGrey)
	}
	sum := 0.0
	for _, a := range amounts {
		sum += (a/total - 1/k) * (a/total - 1/k)
	}
	c := Concentration{CV: math.Sqrt(k * sum), Grades: len(amounts)}
	c.HI = 1 + math.Log((c.CV*c.CV+1)/k)/math.Log(k)
	return c, nil
}

// Rise tests whether the concentration rose against that of the initial validation: z and the one-sided p-value.
func (c Concentration) Rise(initial Concentration) (z, p float64, err error) {
	if c.CV == 0 {
		return 0, 0.5, fmt.Errorf("concentration: shares are even, nothing to test: %w", ErrGrey)
	}
	z = math.Sqrt(float64(c.Grades-1)) * (c.CV - initial.CV) / math.Sqrt(c.CV*c.CV*(0.5+c.CV*c.CV))
	return z, distuv.UnitNormal.Survival(z), nil
}
