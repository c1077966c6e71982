package loss

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// A Name is a customer of the book. Amounts are in the reporting currency.
type Name struct {
	CustomerID string
	Industry   string
	PD         float64 // 0 where none is known
	LGD        float64
	EAD        float64
	Loss       float64 // expected, as it was rounded: the book's is the sum of these
}

// A Book is all customers together, in order of their numbers.
type Book []Name

// NewBook puts names in order, so that every sum over them is the same to the bit.
func NewBook(names []Name) Book {
	b := slices.Clone(names)
	slices.SortFunc(b, func(x, y Name) int { return strings.Compare(x.CustomerID, y.CustomerID) })
	return b
}

// Industries returns the industries of the book, sorted; customers without one have "".
func (b Book) Industries() []string {
	var names []string
	for _, n := range b {
		names = append(names, n.Industry)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Of returns the customers of an industry.
func (b Book) Of(industry string) Book {
	return slices.DeleteFunc(slices.Clone(b), func(n Name) bool { return n.Industry != industry })
}

// EAD is the exposure of the book.
func (b Book) EAD() float64 {
	sum := 0.0
	for _, n := range b {
		sum += n.EAD
	}
	return sum
}

// Expected is the loss to expect.
func (b Book) Expected() float64 {
	sum := 0.0
	for _, n := range b {
		sum += n.Loss
	}
	return sum
}

// Concentration returns the Herfindahl index of the exposures, the sum of their squared shares, and its inverse: how many
// equal exposures would be as concentrated. Without exposure there is none.
func (b Book) Concentration() (herfindahl, names float64, ok bool) {
	total := b.EAD()
	if total <= 0 {
		return 0, 0, false
	}
	for _, n := range b {
		herfindahl += n.EAD / total * n.EAD / total
	}
	return herfindahl, 1 / herfindahl, true
}

// Largest returns the positions of the k largest values, the first of equals first.
func Largest(values []float64, k int) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	return order[:min(k, len(order))]
}

// lossVariance says how far losses given default scatter: their variance is this share of LGD x (1 − LGD), the most
// there can be (Gordy and Lütkebohmert). A quarter of the workouts then end with all or nothing.
const lossVariance = 0.25

// A Quantile is the loss of the book that a year exceeds with the probability 1 − Level, by formula.
type Quantile struct {
	Level       float64
	Correlation float64
	Smooth      float64   // of a book of very many small names
	Adjusted    *float64  // with what few large names add; nil where that is more than Smooth itself
	Shares      []float64 // each name's share in it; they add up to one
}

// Quantile returns the loss quantile of the one-factor model by formula: the factor is as bad as its own quantile, every name
// defaults with the probability it then has, and the adjustment for granularity adds what chance does to a book of few
// names. The adjustment is of second order: it lies well where no name is large against the book.
func (b Book) Quantile(level, rho float64) Quantile {
	q := Quantile{Level: level, Correlation: rho, Shares: make([]float64, len(b))}
	x := normalQuantile(1 - level) // of the factor; low is bad
	// With X = x a name loses l·p(x) of its exposure e on average, with variance e²((l² + v) p − l² p²).
	// mean, its first two derivatives by x, the variance and its derivative:
	var m, m1, m2, v, v1 float64
	type moments struct{ m, m1, m2, v, v1 float64 }
	each := make([]moments, len(b))
	for i, n := range b {
		p, p1, p2 := conditional(n.PD, rho, x)
		l, e2 := n.LGD, n.EAD*n.EAD
		square := l*l + lossVariance*l*(1-l)
		c := moments{
			m: n.EAD * l * p, m1: n.EAD * l * p1, m2: n.EAD * l * p2,
			v: e2 * (square*p - l*l*p*p), v1: e2 * (square*p1 - 2*l*l*p*p1),
		}
		each[i] = c
		m, m1, m2, v, v1 = m+c.m, m1+c.m1, m2+c.m2, v+c.v, v1+c.v1
	}
	q.Smooth = m
	if m <= 0 {
		return q
	}
	for i, c := range each {
		q.Shares[i] = c.m / m
	}
	if !(math.Abs(m1) > 1e-12*b.EAD()) {
		q.Adjusted = &m // nothing moves with the factor: there is no tail to adjust
		return q
	}
	// The adjustment is −(1/2φ) d/dx [φ·v/m1] = −½ (v1/m1 − v·m2/m1² − x·v/m1), homogeneous of degree one in the exposures: a
	// name's part is its exposure times the derivative by it.
	adjusted := m - 0.5*(v1/m1-v*m2/(m1*m1)-x*v/m1)
	if !(adjusted >= 0 && adjusted <= 2*m) {
		return q
	}
	q.Adjusted = &adjusted
	for i, c := range each {
		part := c.m - 0.5*(2*c.v1/m1-v1*c.m1/(m1*m1)-
			(2*c.v*m2/(m1*m1)+v*c.m2/(m1*m1)-2*v*m2*c.m1/(m1*m1*m1))-
			x*(2*c.v/m1-v*c.m1/(m1*m1)))
		q.Shares[i] = part / adjusted
	}
	return q
}

// conditional returns the default probability when the factor is x, with its first two derivatives.
func conditional(pd, rho, x float64) (p, p1, p2 float64) {
	if pd <= 0 || pd >= 1 {
		return min(max(pd, 0), 1), 0, 0
	}
	slope := math.Sqrt(rho / (1 - rho))
	z := normalQuantile(pd)/math.Sqrt(1-rho) - slope*x
	density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
	return normal(z), -slope * density, -slope * slope * z * density
}

// StressedPD is the default probability in a year in which the factor's mean lies so many standard deviations below
// its usual one.
func StressedPD(pd, rho, down float64) float64 {
	if pd <= 0 || pd >= 1 {
		return min(max(pd, 0), 1)
	}
	return normal(normalQuantile(pd) + math.Sqrt(rho)*down)
}

func normal(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

func normalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }
