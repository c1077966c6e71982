package validation

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// JeffreysPower is the chance that [Jeffreys] is at most level for n rows when the true default rate is ratio times pd:
// above 1 for PDs that are too low, below 1 for the mirror of the test.
func JeffreysPower(n int, pd, ratio, level float64) float64 {
	rate := min(pd*ratio, 1)
	if n <= 0 || !(pd > 0) {
		return 0
	}
	at := func(d int) float64 { return mathext.RegIncBeta(float64(d)+0.5, float64(n-d)+0.5, min(pd, 1)) }
	// Jeffreys falls in d, so the defaults that reject are all from one number on (or up to one).
	lo, hi := 0, n+1 // the smallest d with at(d) ≤ level, n+1 when there is none
	if ratio < 1 {
		for lo < hi { // the smallest d with 1 − at(d) > level
			mid := (lo + hi) / 2
			if mid > n || 1-at(mid) > level {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		p, _ := BinomialAtMost(n, lo-1, rate)
		return p
	}
	for lo < hi {
		mid := (lo + hi) / 2
		if mid > n || at(mid) <= level {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo > n {
		return 0
	}
	p, _ := Binomial(n, lo, rate)
	return p
}

// BinomialAtMost returns P(X ≤ d) for n rows of default probability pd.
func BinomialAtMost(n, d int, pd float64) (float64, error) {
	switch {
	case n <= 0 || d > n:
		return 0, fmt.Errorf("binomial: %d defaults among %d rows: %w", d, n, ErrGrey)
	case d < 0:
		return 0, nil
	case d == n:
		return 1, nil
	}
	return mathext.RegIncBeta(float64(n-d), float64(d)+1, 1-min(max(pd, 0), 1)), nil
}

// Merge joins neighbouring cells, in their order, until each expects at least so many defaults and sound rows; what is left
// at the end joins the last one. PDs are averaged by rows.
func Merge(cells []Cell, expected float64) []Cell {
	var out []Cell
	var open Cell // PD holds the expected defaults
	for _, c := range cells {
		open.N, open.D, open.PD = open.N+c.N, open.D+c.D, open.PD+c.N*c.PD
		if open.PD >= expected && open.N-open.PD >= expected {
			out, open = append(out, open), Cell{}
		}
	}
	if open.N > 0 {
		if len(out) == 0 {
			out = append(out, open)
		} else {
			l := &out[len(out)-1]
			l.N, l.D, l.PD = l.N+open.N, l.D+open.D, l.PD+open.PD
		}
	}
	for i := range out {
		out[i].PD /= out[i].N
	}
	return out
}

// MultiYear tests yearly default rates against yearly PDs: S = Σ(DR − PD) ÷ (√T τ), τ the standard deviation of the
// differences with ddof 1. Few years need Student's t with T − 1 degrees; the normal p-value is there to compare.
func MultiYear(dr, pd []float64) (s, tau, normal, student float64, err error) {
	if len(dr) != len(pd) || len(dr) < 2 {
		return 0, 0, 0, 0, fmt.Errorf("multi-year: %d rates and %d PDs: %w", len(dr), len(pd), ErrGrey)
	}
	d, sum := make([]float64, len(dr)), 0.0
	for i := range dr {
		d[i] = dr[i] - pd[i]
		sum += d[i]
	}
	tau = math.Sqrt(covariance(d, d))
	if tau == 0 {
		return 0, 0, 0, 0, fmt.Errorf("multi-year: all differences are equal: %w", ErrGrey)
	}
	t := float64(len(dr))
	s = sum / (math.Sqrt(t) * tau)
	return s, tau, distuv.UnitNormal.Survival(s), distuv.StudentsT{Mu: 0, Sigma: 1, Nu: t - 1}.Survival(s), nil
}

// PlutoTasche are the upper bounds of the PDs of grades, best first, by the most prudent estimation: the bound of a grade is
// that of all customers of the grade and worse ones, as the order of grades allows nothing more. rho is the asset
// correlation of defaults within the year; with 0 the bounds are Clopper–Pearson's.
func PlutoTasche(cells []Cell, rho, confidence float64) ([]float64, error) {
	out := make([]float64, len(cells))
	n, d := 0, 0
	for k := len(cells) - 1; k >= 0; k-- {
		n, d = n+int(cells[k].N), d+int(cells[k].D)
		bound, err := UpperBoundCorrelated(n, d, rho, confidence)
		if err != nil {
			return nil, fmt.Errorf("grade %d and worse: %w", k+1, err)
		}
		out[k] = bound
	}
	return out, nil
}

// UpperBoundCorrelated is the PD at which no more than d defaults among n rows have probability 1 − confidence, when asset
// values correlate by rho: the binomial probability averaged over the common factor.
func UpperBoundCorrelated(n, d int, rho, confidence float64) (float64, error) {
	if rho == 0 || n <= 0 || d < 0 || d >= n {
		return UpperBound(n, d, confidence)
	}
	// P(X ≤ d) falls in the PD: bisection on its normal quantile.
	lo, hi := -9.0, 9.0
	for range 200 {
		mid := (lo + hi) / 2
		if atMostCorrelated(n, d, mid, rho) > 1-confidence {
			lo = mid
		} else {
			hi = mid
		}
	}
	return distuv.UnitNormal.CDF((lo + hi) / 2), nil
}

// atMostCorrelated is P(X ≤ d) for PD Φ(c): the mean over the factor z by Simpson's rule on −8 to 8.
func atMostCorrelated(n, d int, c, rho float64) float64 {
	const steps = 400
	sum := 0.0
	for k := 0; k <= steps; k++ {
		z := -8 + 16*float64(k)/steps
		p, _ := BinomialAtMost(n, d, distuv.UnitNormal.CDF((c-math.Sqrt(rho)*z)/math.Sqrt(1-rho)))
		w := 2.0
		switch {
		case k == 0 || k == steps:
			w = 1
		case k%2 == 1:
			w = 4
		}
		sum += w * p * distuv.UnitNormal.Prob(z)
	}
	return sum * 16 / steps / 3
}

// SoFar is the part of the PD that should have been seen after so many months: 1 − exp(−H) with the cumulative hazard H
// linear between the PDs over [Horizons]. Beyond the last horizon the hazard stays as it was before it.
func SoFar(pd [4]float64, months float64) float64 {
	at, h := 0.0, 0.0
	for k, p := range pd {
		next := -math.Log1p(-min(p, 1-1e-15))
		if months <= float64(Horizons[k]) || k == len(pd)-1 {
			h += (next - h) * (months - at) / (float64(Horizons[k]) - at)
			break
		}
		at, h = float64(Horizons[k]), next
	}
	return -math.Expm1(-max(h, 0))
}

// ClusterZ tests Σ(y − e) against 0 when rows of one cluster depend on each other: z with the variance Σ over clusters of
// (Σ(y − e))², and the one-sided p-value of "not more than expected". Clusters are named by number from 0.
func ClusterZ(cluster []int, observed, expected []float64) (z, p float64, err error) {
	sums := map[int]float64{}
	var names []int // in order of appearance, so that the sum is the same every time
	total := 0.0
	for i, c := range cluster {
		if _, ok := sums[c]; !ok {
			names = append(names, c)
		}
		sums[c] += observed[i] - expected[i]
		total += observed[i] - expected[i]
	}
	variance := 0.0
	for _, c := range names {
		variance += sums[c] * sums[c]
	}
	if len(names) < 2 || variance == 0 {
		return 0, 0, fmt.Errorf("cluster-robust test: %d clusters, variance %v: %w", len(names), variance, ErrGrey)
	}
	z = total / math.Sqrt(variance)
	return z, distuv.UnitNormal.Survival(z), nil
}

// PoissonAtMost returns P(X ≤ observed) when expected defaults are expected.
func PoissonAtMost(observed int, expected float64) float64 {
	if observed < 0 {
		return 0
	}
	return mathext.GammaIncRegComp(float64(observed)+1, expected)
}

// PoissonPower is the chance that [PoissonAtLeast] is at most level when ratio times as much is to come.
func PoissonPower(expected, ratio, level float64) float64 {
	d := int(expected) // P(X ≥ E) is above any level used
	for PoissonAtLeast(d, expected) > level {
		d++
	}
	return PoissonAtLeast(d, expected*ratio)
}

// Inside is the interval in which the defaults of a cell fall with the confidence given, when its PD is known only as an
// interval of that confidence: a beta-binomial distribution with the PD as mean and the interval's width as the spread of
// the rate. It returns counts; without width they are those of the binomial distribution.
func Inside(n int, pd, lo, hi, confidence float64) (least, most int) {
	sd := (hi - lo) / (2 * distuv.UnitNormal.Quantile((1+confidence)/2))
	pd = min(max(pd, 1e-9), 1-1e-9)
	size := math.Inf(1)
	if sd > 0 {
		size = max(pd*(1-pd)/(sd*sd)-1, 0.1)
	}
	cdf, tail := 0.0, (1-confidence)/2
	least = -1
	for d := 0; d <= n; d++ {
		cdf += math.Exp(choose(float64(n), float64(d)) + betaRate(float64(n), float64(d), pd, size))
		if least < 0 && cdf > tail {
			least = d
		}
		if cdf >= 1-tail {
			return max(least, 0), d
		}
	}
	return max(least, 0), n
}

// betaRate is the log of E[p^d (1−p)^(n−d)] over a beta distribution of the mean and size given.
func betaRate(n, d, mean, size float64) float64 {
	if math.IsInf(size, 1) {
		return d*math.Log(mean) + (n-d)*math.Log1p(-mean)
	}
	a, b := mean*size, (1-mean)*size
	beta := func(x, y float64) float64 { return mathext.Lbeta(x, y) }
	return beta(a+d, b+n-d) - beta(a, b)
}

// BlandAltman compares two measures of the same rows: the mean of the differences first − second and the limits that hold
// 95 % of them.
func BlandAltman(first, second []float64) (bias, lo, hi float64, err error) {
	if len(first) != len(second) || len(first) < 2 {
		return 0, 0, 0, fmt.Errorf("bland-altman: %d and %d values: %w", len(first), len(second), ErrGrey)
	}
	d := make([]float64, len(first))
	for i := range d {
		d[i] = first[i] - second[i]
	}
	bias = mean(d)
	half := 1.96 * math.Sqrt(covariance(d, d))
	return bias, bias - half, bias + half, nil
}
