package validation

import "math"

// A keyed row is its number as bits that sort like the number.
type keyed struct {
	key uint64
	row int32
}

// sorted returns the rows in rising order of x, equal ones as they stand; NaN last. Numbers are sorted by their bits, a
// byte at a time: several times as fast as comparing at a million rows.
func sorted(x []float64) []keyed {
	from, to := make([]keyed, len(x)), make([]keyed, len(x))
	var counts [8][256]int32
	for i, v := range x {
		key := math.Float64bits(v + 0) // −0 + 0 is 0
		if key>>63 == 1 && v == v {
			key = ^key
		} else {
			key |= 1 << 63
		}
		from[i] = keyed{key, int32(i)}
		for b := range counts {
			counts[b][byte(key>>(8*b))]++
		}
	}
	for b := range counts {
		at, sum, alone := &counts[b], int32(0), false
		for k, c := range at {
			at[k], sum, alone = sum, sum+c, alone || int(c) == len(x)
		}
		if alone {
			continue // all share this byte
		}
		for _, it := range from {
			k := byte(it.key >> (8 * b))
			to[at[k]] = it
			at[k]++
		}
		from, to = to, from
	}
	return from
}

// ascending returns the rows in rising order of x, equal ones as they stand; NaN last.
func ascending(x []float64) []int32 {
	order := make([]int32, len(x))
	for i, it := range sorted(x) {
		order[i] = it.row
	}
	return order
}

// eachLevel hands over the rows of every distinct value, rising. The slice is used again for the next value.
func eachLevel(x []float64, visit func(rows []int32)) {
	order := sorted(x)
	var rows []int32
	for start := 0; start < len(order); {
		rows = rows[:0]
		end := start
		for ; end < len(order) && order[end].key == order[start].key; end++ {
			rows = append(rows, order[end].row)
		}
		visit(rows)
		start = end
	}
}
