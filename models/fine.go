package models

import (
	"cmp"
	"math"
	"slices"
)

// fineEdges cuts the values into at most limit bins of like weight, one per distinct value when these are few. Bin i
// holds the values up to edges[i] and above edges[i-1]; one more bin holds the rest. Missing values are passed over; a nil
// weight counts every row fully. An edge lies midway between two seen values, so that a value never seen falls to its
// nearest neighbour.
func fineEdges(numbers, weight []float64, rows []int, skip []float64, limit int) []float64 {
	values, upTo := distinctValues(numbers, weight, rows, skip)
	if len(values) == 0 {
		return nil
	}
	var edges []float64
	// With more distinct values than bins, a cut is due each time another share of what is left has gone by; a value
	// holding many rows takes a bin of its own and leaves the others their size.
	bins, start, all := limit, 0.0, upTo[len(upTo)-1]
	for i := 1; i < len(values); i++ {
		if len(values) > limit {
			share := (all - start) / float64(max(bins, 1))
			if heavy := upTo[i]-upTo[i-1] >= share; upTo[i-1]-start < share && !heavy {
				continue
			}
		}
		if len(edges) == limit-1 {
			break
		}
		edges = append(edges, between(values[i-1], values[i]))
		bins, start = bins-1, upTo[i-1]
	}
	return edges
}

// distinctValues returns the values in order and what the rows up to each of them weigh together.
func distinctValues(numbers, weight []float64, rows []int, skip []float64) (values, upTo []float64) {
	seen, order := make([]float64, 0, len(rows)), []int(nil)
	for _, row := range rows {
		if v := numbers[row]; !math.IsNaN(v) && !slices.Contains(skip, v) {
			seen = append(seen, v)
			if weight != nil {
				order = append(order, row)
			}
		}
	}
	if weight == nil {
		slices.Sort(seen)
	} else {
		slices.SortFunc(order, func(a, b int) int {
			return cmp.Or(cmp.Compare(numbers[a], numbers[b]), cmp.Compare(weight[a], weight[b]))
		})
	}
	sum := 0.0
	for i := range seen {
		v, w := seen[i], 1.0
		if weight != nil {
			v, w = numbers[order[i]], weight[order[i]]
		}
		sum += w
		if n := len(values); n > 0 && values[n-1] == v {
			upTo[n-1] = sum
		} else {
			values, upTo = append(values, v), append(upTo, sum)
		}
	}
	return values, upTo
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
