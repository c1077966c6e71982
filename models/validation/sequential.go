package validation

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Period is a book between two looks: PDs over the period, and who defaulted in it. Periods do not overlap, so that each
// brings new evidence.
type Period struct {
	PD      []float64
	Default []uint8
}

// CUSUMWeights are what a default and a sound row add to the risk-adjusted CUSUM for odds multiplied by ratio (Steiner
// 2000): ln(R ÷ (1 − p + R p)) and −ln(1 − p + R p).
func CUSUMWeights(pd, ratio float64) (failed, sound float64) {
	sound = -math.Log1p(pd * (ratio - 1))
	return math.Log(ratio) + sound, sound
}

// CUSUM is the risk-adjusted CUSUM after each period: C = max(0, C + w), w the sum of the period's weights. Within a period
// rows have no order, so that it is added as a whole. After an alarm, C > h, it starts anew at 0.
func CUSUM(periods []Period, ratio, h float64) []float64 {
	out, c := make([]float64, len(periods)), 0.0
	for t, p := range periods {
		w := 0.0
		for i, pd := range p.PD {
			d, s := CUSUMWeights(pd, ratio)
			if p.Default[i] == 1 {
				w += d
			} else {
				w += s
			}
		}
		c = max(0, c+w)
		if out[t] = c; c > h {
			c = 0
		}
	}
	return out
}

// AlarmLine is the smallest h for which a CUSUM on a book whose PDs are right goes above h once in so many periods on
// average, starting anew at 0 after each alarm. It is found on simulated periods of the book, drawn from the seed: their
// sums of weights are drawn first, then strung together over runs periods.
func AlarmLine(pd []float64, ratio, periods float64, runs int, seed uint64) (float64, error) {
	if len(pd) == 0 {
		return 0, fmt.Errorf("alarm line: nobody in the book: %w", ErrGrey)
	}
	// Rows of like PD share a bucket: the number of its defaults is binomial.
	const buckets = 50
	order := ascending(pd)
	type bucket struct{ n, p, d, s float64 }
	var book []bucket
	for k := range buckets {
		rows := order[k*len(order)/buckets : (k+1)*len(order)/buckets]
		if len(rows) == 0 {
			continue
		}
		b := bucket{n: float64(len(rows))}
		for _, i := range rows {
			d, s := CUSUMWeights(pd[i], ratio)
			b.p, b.d, b.s = b.p+pd[i]/b.n, b.d+d/b.n, b.s+s/b.n
		}
		book = append(book, b)
	}
	r := rand.New(rand.NewPCG(seed, math.Float64bits(ratio)))
	pool := make([]float64, min(max(runs/20, 200), 5000))
	for k := range pool {
		for _, b := range book {
			d := 0.0
			if b.p > 0 {
				d = distuv.Binomial{N: b.n, P: min(b.p, 1), Src: r}.Rand()
			}
			pool[k] += d*b.d + (b.n-d)*b.s
		}
	}
	steps := make([]float64, runs)
	for k := range steps {
		steps[k] = pool[r.IntN(len(pool))]
	}
	alarms := func(h float64) (n float64) {
		c := 0.0
		for _, w := range steps {
			if c = max(0, c+w); c > h {
				n, c = n+1, 0
			}
		}
		return n
	}
	want := float64(runs) / periods
	if alarms(0) <= want {
		return 0, nil
	}
	lo, hi := 0.0, 1.0
	for alarms(hi) > want {
		lo, hi = hi, 2*hi
	}
	for range 40 {
		if mid := (lo + hi) / 2; alarms(mid) > want {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi, nil
}

// EWMA is the exponentially weighted mean of the standardised Brier residuals Σ((y − p)² − p(1 − p)) ÷ √Σ p(1 − p)(1 − 2p)²
// after each period, in its own standard deviations. A period without spread adds nothing and is passed over.
func EWMA(periods []Period, lambda float64) []float64 {
	out, z, t := make([]float64, len(periods)), 0.0, 0.0
	for k, p := range periods {
		sum, variance := 0.0, 0.0
		for i, pd := range p.PD {
			y := float64(p.Default[i])
			sum += (y-pd)*(y-pd) - pd*(1-pd)
			variance += pd * (1 - pd) * (1 - 2*pd) * (1 - 2*pd)
		}
		if variance > 0 {
			t++
			z = lambda*sum/math.Sqrt(variance) + (1-lambda)*z
		}
		if t > 0 {
			out[k] = z / math.Sqrt(lambda/(2-lambda)*(1-math.Pow(1-lambda, 2*t)))
		}
	}
	return out
}

// EValue is the wealth, after each period, of somebody who starts with 1 and bets on more defaults than the PDs say: the
// stake λ of the wealth returns 1 + λ (O ÷ E − 1). While the PDs are right the wealth does not grow on average, however the
// defaults of a period depend on each other, so that 1 ÷ wealth bounds the chance of a false alarm at any time one looks.
// The stake is fraction times the one of fastest growth if ratio times the expected defaults come (Kelly), at most 1:
// λ = fraction · min(1, (θ − 1) ÷ (θ ÷ E + (θ − 1)²)).
func EValue(periods []Period, ratio, fraction float64) []float64 {
	out, wealth := make([]float64, len(periods)), 1.0
	for t, p := range periods {
		o, e := 0.0, 0.0
		for i, pd := range p.PD {
			o, e = o+float64(p.Default[i]), e+pd
		}
		if e > 0 {
			stake := fraction * min(1, (ratio-1)/(ratio/e+(ratio-1)*(ratio-1)))
			wealth *= 1 + stake*(o/e-1)
		}
		out[t] = wealth
	}
	return out
}

// Funnel is the two-sided range of defaults that PDs expecting so many allow with the confidence given: the Poisson
// quantiles.
func Funnel(expected, confidence float64) (least, most int) {
	tail := (1 - confidence) / 2
	for PoissonAtMost(least, expected) <= tail {
		least++
	}
	for most = least; PoissonAtMost(most, expected) < 1-tail; most++ {
	}
	return least, most
}
