package validation

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Jeffreys returns the p-value of "the PD is not too low" for d defaults among n rows: small when it is too low.
func Jeffreys(n, d float64, pd float64) (float64, error) {
	if n <= 0 || d < 0 || d > n {
		return 0, fmt.Errorf("jeffreys: %v defaults among %v rows: %w", d, n, ErrGrey)
	}
	return mathext.RegIncBeta(d+0.5, n-d+0.5, min(max(pd, 0), 1)), nil
}

// Binomial returns P(X ≥ d) for n rows of default probability pd, the exact test the Jeffreys one smooths.
func Binomial(n, d int, pd float64) (float64, error) {
	switch {
	case n <= 0 || d < 0 || d > n:
		return 0, fmt.Errorf("binomial: %d defaults among %d rows: %w", d, n, ErrGrey)
	case d == 0:
		return 1, nil
	}
	return mathext.RegIncBeta(float64(d), float64(n-d)+1, min(max(pd, 0), 1)), nil
}

// Brier is the mean squared distance of PD and outcome.
func Brier(pd []float64, outcome []uint8) (float64, error) {
	return average(pd, outcome, func(p, y float64) float64 { return (p - y) * (p - y) })
}

// LogLoss is the mean of −ln of what the PD gave to the outcome; PDs are kept 1e-15 off 0 and 1.
func LogLoss(pd []float64, outcome []uint8) (float64, error) {
	return average(pd, outcome, func(p, y float64) float64 {
		p = min(max(p, 1e-15), 1-1e-15)
		return -y*math.Log(p) - (1-y)*math.Log1p(-p)
	})
}

func average(pd []float64, outcome []uint8, f func(p, y float64) float64) (float64, error) {
	if len(pd) != len(outcome) {
		return 0, fmt.Errorf("%d PDs for %d outcomes", len(pd), len(outcome))
	}
	if len(pd) == 0 {
		return 0, fmt.Errorf("no rows: %w", ErrGrey)
	}
	sum := 0.0
	for i, p := range pd {
		if !(p >= 0 && p <= 1) {
			return 0, fmt.Errorf("PD of row %d is %v, want 0 to 1", i+1, p)
		}
		sum += f(p, float64(outcome[i]))
	}
	return sum / float64(len(pd)), nil
}

// Spiegelhalter tests PDs against outcomes row by row: z and the two-sided p-value.
func Spiegelhalter(pd []float64, outcome []uint8) (z, p float64, err error) {
	above, err := average(pd, outcome, func(p, y float64) float64 { return (y - p) * (1 - 2*p) })
	if err != nil {
		return 0, 0, err
	}
	spread, _ := average(pd, outcome, func(p, _ float64) float64 { return (1 - 2*p) * (1 - 2*p) * p * (1 - p) })
	if spread == 0 {
		return 0, 0, fmt.Errorf("spiegelhalter: all PDs are 0, 0.5 or 1: %w", ErrGrey)
	}
	z = above * math.Sqrt(float64(len(pd))) / math.Sqrt(spread)
	return z, 2 * distuv.UnitNormal.Survival(math.Abs(z)), nil
}

// A Cell is a grade or bin: rows, defaults and PD.
type Cell struct {
	N, D float64
	PD   float64
}

// HosmerLemeshow returns the chi-square of cells and its p-value with as many degrees of freedom as cells, less those
// used up by fitting (0 out of sample, 2 on the data the PDs were fitted to).
func HosmerLemeshow(cells []Cell, fitted int) (chi2, p float64, err error) {
	used := 0
	for _, c := range cells {
		variance := c.N * c.PD * (1 - c.PD)
		if variance <= 0 {
			if c.N > 0 && c.D != c.N*c.PD {
				return 0, 0, fmt.Errorf("hosmer-lemeshow: cell of PD %v has %v defaults among %v rows: %w", c.PD, c.D, c.N, ErrGrey)
			}
			continue
		}
		used++
		chi2 += (c.D - c.N*c.PD) * (c.D - c.N*c.PD) / variance
	}
	if used <= fitted {
		return 0, 0, fmt.Errorf("hosmer-lemeshow: %d cells, want more than %d: %w", used, fitted, ErrGrey)
	}
	return chi2, distuv.ChiSquared{K: float64(used - fitted)}.Survival(chi2), nil
}

// PoissonAtLeast returns P(X ≥ observed) when expected defaults are expected.
func PoissonAtLeast(observed int, expected float64) float64 {
	if observed <= 0 {
		return 1
	}
	return mathext.GammaIncReg(float64(observed), expected)
}

// UpperBound is the Clopper–Pearson upper bound, at the confidence given, of the rate behind d defaults among n rows.
func UpperBound(n, d int, confidence float64) (float64, error) {
	switch {
	case n <= 0 || d < 0 || d > n:
		return 0, fmt.Errorf("upper bound: %d defaults among %d rows: %w", d, n, ErrGrey)
	case d == n:
		return 1, nil
	}
	return mathext.InvRegIncBeta(float64(d)+1, float64(n-d), confidence), nil
}

// OneFactor is the default rate that a book of PD pd exceeds in 1−q of all years when asset values of any two
// customers correlate by rho.
func OneFactor(pd, rho, q float64) float64 {
	n := distuv.UnitNormal
	return n.CDF((n.Quantile(pd) + math.Sqrt(rho)*n.Quantile(q)) / math.Sqrt(1-rho))
}
