package validation

import (
	"math"
	"sort"
)

// Holm adjusts p-values of one family so that reading them at a level keeps the chance of any false alarm among them at
// that level, however they depend on each other: p(i) × (m − i + 1) in rising order, made to rise. NaN stays NaN and
// counts for nothing.
func Holm(p []float64) []float64 {
	order := rising(p)
	out := nans(len(p))
	worst := 0.0
	for k, i := range order {
		worst = max(worst, min(p[i]*float64(len(order)-k), 1))
		out[i] = worst
	}
	return out
}

// BenjaminiHochberg returns the false discovery rate at which each p-value of a family is named: p(i) × m ÷ i in rising
// order, made to rise. NaN stays NaN and counts for nothing.
func BenjaminiHochberg(p []float64) []float64 {
	order := rising(p)
	out := nans(len(p))
	best := 1.0
	for k := len(order) - 1; k >= 0; k-- {
		best = min(best, p[order[k]]*float64(len(order))/float64(k+1))
		out[order[k]] = best
	}
	return out
}

// FalseAlarm is the chance of at least one false alarm in so many independent tests at one level.
func FalseAlarm(level float64, tests int) float64 {
	return -math.Expm1(float64(tests) * math.Log1p(-level))
}

// rising returns the places of the numbers in rising order, ties as they stand.
func rising(x []float64) []int {
	var order []int
	for i, v := range x {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return x[order[a]] < x[order[b]] })
	return order
}

func nans(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}
