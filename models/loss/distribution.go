package loss

import (
	"math"
	"runtime"
	"slices"
	"sync"
)

// A Distribution is the loss of a year by the one-factor model, counted name by name.
type Distribution struct {
	step float64
	cdf  []float64 // probability of a loss of up to so many steps
}

const (
	lossSteps    = 2048 // into which the exposure of the book is cut
	namedLargest = 200  // names counted one by one; the sum of the others is normal given the factor, for they are many and small
	factorEnd    = 5.0  // the factor is followed so many standard deviations to either side …
	factorStep   = 0.05 // … in steps of this
)

// Distribution counts the losses of a year. Given the factor the names default on their own, each with its conditional
// probability, and lose nothing, their loss rate or all; convolved name after name and averaged over the factor
// that is the distribution itself: no book is too small for it, or too uneven.
func (b Book) Distribution(rho float64) Distribution {
	total := b.EAD()
	d := Distribution{step: total / lossSteps}
	if total <= 0 {
		return d
	}
	exposures, fortunes := make([]float64, len(b)), make([]float64, len(b))
	for i, n := range b {
		exposures[i], fortunes[i] = n.EAD, normalQuantile(min(max(n.PD, 0), 1))
	}
	order := Largest(exposures, len(b))
	named := order[:min(len(order), namedLargest)]
	slices.Reverse(named) // the smallest first: the range of losses to go through grows late
	rest := order[len(named):]

	nodes := 2*int(math.Round(factorEnd/factorStep)) + 1
	given := make([][]float64, nodes)
	work := make(chan int)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for k := range work {
				given[k] = b.given(rho, float64(k)*factorStep-factorEnd, d.step, fortunes, named, rest)
			}
		})
	}
	for k := range nodes {
		work <- k
	}
	close(work)
	group.Wait()

	d.cdf = make([]float64, lossSteps+2)
	weights := 0.0
	for k := range nodes { // in order: the sums are the same to the bit on any number of processors
		x := float64(k)*factorStep - factorEnd
		w := math.Exp(-x * x / 2)
		weights += w
		for i, p := range given[k] {
			d.cdf[i] += w * p
		}
	}
	sum := 0.0
	for i, p := range d.cdf {
		sum += p / weights
		d.cdf[i] = sum
	}
	return d
}

// given is the distribution when the factor is x. fortunes are the normal quantiles of the PDs.
func (b Book) given(rho, x, step float64, fortunes []float64, named, rest []int) []float64 {
	f := make([]float64, lossSteps+2)
	f[0] = 1
	end := 0 // last step that can have been reached
	chance := func(i int) float64 { return normal((fortunes[i] - math.Sqrt(rho)*x) / math.Sqrt(1-rho)) }
	for _, i := range named {
		n, p := b[i], chance(i)
		if p*n.EAD <= 0 {
			continue
		}
		part, all := n.EAD*n.LGD/step, n.EAD/step
		// Three outcomes of a default: the mean and the variance of the loss rate are as they should be.
		pPart, pAll := p*(1-lossVariance), p*lossVariance*n.LGD
		none := 1 - pPart - pAll
		end = min(end+int(all)+1, lossSteps+1)
		a, wa := int(part), part-math.Floor(part)
		c, wc := int(all), all-math.Floor(all)
		near, next, far, last := pPart*(1-wa), pPart*wa, pAll*(1-wc), pAll*wc
		for k := end; k > c; k-- {
			f[k] = f[k]*none + f[k-a]*near + f[k-a-1]*next + f[k-c]*far + f[k-c-1]*last
		}
		for k := min(c, end); k >= 0; k-- { // the rate is at most one, so a is at most c
			v := f[k] * none
			if k >= a {
				v += f[k-a] * near
			}
			if k > a {
				v += f[k-a-1] * next
			}
			if k == c {
				v += f[0] * far
			}
			f[k] = v
		}
	}
	mean, variance := 0.0, 0.0
	for _, i := range rest {
		e, l, p := b[i].EAD/step, b[i].LGD, chance(i)
		mean += p * l * e
		variance += e * e * ((l*l+lossVariance*l*(1-l))*p - l*l*p*p)
	}
	if mean == 0 {
		return f
	}
	return shifted(f, mean, math.Sqrt(variance))
}

// shifted adds a normal amount to what f distributes; what would lie beyond an end lies on it.
func shifted(f []float64, mean, deviation float64) []float64 {
	low, high := int(math.Floor(mean-6*deviation)), int(math.Floor(mean+6*deviation))+1
	if deviation < 0.3 { // within a step: the two beside it, so that the mean is kept
		low, high = int(mean), int(mean)+1
	}
	kernel := make([]float64, high-low+1)
	for j := range kernel {
		switch at := float64(low + j); {
		case deviation >= 0.3:
			kernel[j] = normal((at+0.5-mean)/deviation) - normal((at-0.5-mean)/deviation)
		default:
			kernel[j] = max(1-math.Abs(at-mean), 0)
		}
	}
	moved := make([]float64, len(f))
	for k, v := range f {
		if v < 1e-15 {
			continue
		}
		for j, w := range kernel {
			moved[min(max(k+low+j, 0), len(f)-1)] += v * w
		}
	}
	return moved
}

// Quantile is the loss that a year stays within with a probability.
func (d Distribution) Quantile(level float64) float64 {
	if d.cdf == nil {
		return 0
	}
	k, _ := slices.BinarySearch(d.cdf, level-1e-12)
	return float64(min(k, lossSteps)) * d.step
}

// Reaches is the probability of a loss of an amount or more.
func (d Distribution) Reaches(amount float64) float64 {
	if amount <= 0 {
		return 1
	}
	if d.cdf == nil || amount > d.step*lossSteps {
		return 0
	}
	k := int(math.Ceil(amount/d.step)) - 1 // the last step below it
	return max(1-d.cdf[k], 0)
}
