package validation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Loan is what a default of a row costs: PD over the horizon, exposure, and the share of it that is lost.
type Loan struct{ PD, EAD, LGD float64 }

// LossDistribution draws the losses of a book over the horizon, sorted: a common factor z moves all PDs to
// Φ((Φ⁻¹(PD) − √rho z) ÷ √(1 − rho)), defaults then fall independently, and each loses a beta-distributed share of its
// exposure with mean LGD and variance LGD (1 − LGD) ÷ 4.
func LossDistribution(book []Loan, rho float64, draws int, seed uint64) ([]float64, error) {
	if len(book) == 0 {
		return nil, fmt.Errorf("losses: nobody in the book: %w", ErrGrey)
	}
	pd := make([]float64, len(book))
	for i, l := range book {
		if !(l.PD >= 0 && l.PD <= 1) || !(l.EAD >= 0) || !(l.LGD >= 0 && l.LGD <= 1) {
			return nil, fmt.Errorf("losses: row %d has PD %v, EAD %v, LGD %v", i+1, l.PD, l.EAD, l.LGD)
		}
		pd[i] = l.PD
	}
	// Rows of like PD share a bucket: the number of its defaults is binomial, who they are is drawn.
	const buckets = 200
	order := ascending(pd)
	r := rand.New(rand.NewPCG(seed, 0x501))
	losses := make([]float64, draws)
	for k := range buckets {
		rows := order[k*len(order)/buckets : (k+1)*len(order)/buckets]
		if len(rows) == 0 {
			continue
		}
		mean := 0.0
		for _, i := range rows {
			mean += pd[i] / float64(len(rows))
		}
		if mean <= 0 {
			continue
		}
		c := distuv.UnitNormal.Quantile(min(mean, 1-1e-12))
		factor := rand.New(rand.NewPCG(seed, 0xfac)) // the same factors for every bucket
		for t := range losses {
			p := distuv.UnitNormal.CDF((c - math.Sqrt(rho)*factor.NormFloat64()) / math.Sqrt(1-rho))
			if p <= 0 {
				continue
			}
			n := int(distuv.Binomial{N: float64(len(rows)), P: min(p, 1), Src: r}.Rand())
			for j := range n { // without replacement: the drawn one moves to the front
				at := j + r.IntN(len(rows)-j)
				rows[j], rows[at] = rows[at], rows[j]
				l := book[rows[j]]
				losses[t] += l.EAD * severity(l.LGD, r)
			}
		}
	}
	sort.Float64s(losses)
	return losses, nil
}

// severity draws the share lost: a beta distribution whose two parameters sum to 3, of variance LGD (1 − LGD) ÷ 4.
func severity(lgd float64, r *rand.Rand) float64 {
	if lgd <= 0 || lgd >= 1 {
		return lgd
	}
	return distuv.Beta{Alpha: 3 * lgd, Beta: 3 * (1 - lgd), Src: r}.Rand()
}

// Place is the share of draws below v, ties counting half.
func Place(draws []float64, v float64) float64 {
	lo := sort.SearchFloat64s(draws, v)
	hi := lo + sort.Search(len(draws)-lo, func(k int) bool { return draws[lo+k] > v })
	return (float64(lo) + float64(hi-lo)/2) / float64(len(draws))
}

// TooLow tests whether estimates lie below what came true: t = √n · mean(real − estimate) ÷ sd and the one-sided p-value
// by Student's t with n − 1 degrees.
func TooLow(real, estimate []float64) (t, p float64, err error) {
	if len(real) != len(estimate) || len(real) < 2 {
		return 0, 0, fmt.Errorf("t test: %d and %d values: %w", len(real), len(estimate), ErrGrey)
	}
	d := make([]float64, len(real))
	for i := range d {
		d[i] = real[i] - estimate[i]
	}
	sd := math.Sqrt(covariance(d, d))
	if sd == 0 {
		return 0, 0, fmt.Errorf("t test: all differences are equal: %w", ErrGrey)
	}
	n := float64(len(d))
	t = math.Sqrt(n) * mean(d) / sd
	return t, distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Survival(t), nil
}

// Pinball is the mean pinball loss of forecasts of a quantile q: (real − forecast) q when it came above, and
// (forecast − real)(1 − q) when below.
func Pinball(real, forecast []float64, q float64) (float64, error) {
	if len(real) != len(forecast) || len(real) == 0 {
		return 0, fmt.Errorf("pinball: %d and %d values: %w", len(real), len(forecast), ErrGrey)
	}
	sum := 0.0
	for i := range real {
		d := real[i] - forecast[i]
		sum += max(q*d, (q-1)*d)
	}
	return sum / float64(len(real)), nil
}
