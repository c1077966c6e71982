package simulator

import (
	"math"
	"math/rand/v2"
)

// Streams of random numbers, so that drawing more from one changes no other.
const (
	worldStream uint64 = iota + 1
	partitionStream
	healthStream
	customerStream
	ledgerStream
	contactStream
	newsStream
	dirtStream
	balanceStream
)

// dice is a seeded source with the draws the simulator needs.
type dice struct{ *rand.Rand }

// throw returns the stream of a purpose and an index (of a customer, a group); equal arguments, equal draws.
func throw(seed, stream uint64, index int) dice {
	return dice{rand.New(rand.NewPCG(mix(seed^stream*0x9e3779b97f4a7c15), mix(uint64(index)+stream<<40)))}
}

// mix is the finalizer of SplitMix64: neighbouring indices get unrelated streams.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (d dice) chance(p float64) bool { return d.Float64() < p }

// between returns a whole number from lo to hi, both included.
func (d dice) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

func (d dice) normal(mean, sd float64) float64 { return mean + sd*d.NormFloat64() }

// spread returns a factor with median 1 and the given standard deviation of its logarithm.
func (d dice) spread(sd float64) float64 { return math.Exp(sd * d.NormFloat64()) }

// pick returns an index with probability in proportion to its weight.
func (d dice) pick(weights ...float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	x := d.Float64() * sum
	for i, w := range weights {
		if x < w {
			return i
		}
		x -= w
	}
	return len(weights) - 1
}

// count returns a Poisson number; the means used here are small.
func (d dice) count(mean float64) int {
	n, p, floor := 0, d.Float64(), math.Exp(-mean)
	for p > floor {
		n++
		p *= d.Float64()
	}
	return n
}

func clamp(x, lo, hi float64) float64 { return min(max(x, lo), hi) }
