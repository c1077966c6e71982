package models

import (
	"math"
	"slices"
	"sort"
)

// fineEdges cuts the values into at most limit bins of like size, one per distinct value when these are few. Bin i
// holds the values up to edges[i] and above edges[i-1]; one more bin holds the rest. Missing values are passed over.
// An edge lies midway between two seen values, so that a value never seen falls to its nearest neighbour.
func fineEdges(numbers []float64, rows []int, skip []float64, limit int) []float64 {
	seen := make([]float64, 0, len(rows))
	for _, row := range rows {
		if v := numbers[row]; !math.IsNaN(v) && !slices.Contains(skip, v) {
			seen = append(seen, v)
		}
	}
	sort.Float64s(seen)
	distinct := 0
	for i := range seen {
		if i == 0 || seen[i] != seen[i-1] {
			distinct++
		}
	}
	var edges []float64
	// With more distinct values than bins, a cut is due each time another share of what is left has gone by; a value
	// holding many rows takes a bin of its own and leaves the others their size.
	bins, start := limit, 0
	for i := 1; i < len(seen); i++ {
		if seen[i] == seen[i-1] {
			continue
		}
		heavy := false
		if distinct > limit {
			same := sort.SearchFloat64s(seen, math.Nextafter(seen[i], math.Inf(1))) - i
			share := float64(len(seen)-start) / float64(max(bins, 1))
			heavy = float64(same) >= share
			if float64(i-start) < share && !heavy {
				continue
			}
		}
		if len(edges) == limit-1 {
			break
		}
		edges = append(edges, between(seen[i-1], seen[i]))
		bins, start = bins-1, i
	}
	return edges
}

// between returns a number not below a and under b that JSON can write.
func between(a, b float64) float64 {
	switch mid := a + (b-a)/2; {
	case math.IsInf(a, -1):
		return -math.MaxFloat64
	case math.IsInf(b, 1), mid >= b, mid < a:
		return a
	default:
		return mid
	}
}

// binOf returns the bin of v.
func binOf(edges []float64, v float64) int {
	lo, hi := 0, len(edges)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if v > edges[mid] {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
