package models

import (
	"math"
	"slices"
)

// A count is the good (paid) and bad (defaulted) rows of a bin.
type count struct{ good, bad int }

func (c count) n() int             { return c.good + c.bad }
func (c count) plus(d count) count { return count{c.good + d.good, c.bad + d.bad} }

// rate is the default rate with half a row of each kind added, so that small bins compare too.
func (c count) rate() float64 { return (float64(c.bad) + 0.5) / (float64(c.n()) + 1) }

// likelihood is the binomial log-likelihood of a bin judged by its own rate.
func (c count) likelihood() float64 { return xlogp(c.bad, c.n()) + xlogp(c.good, c.n()) }

func xlogp(k, n int) float64 {
	if k == 0 {
		return 0
	}
	return float64(k) * math.Log(float64(k)/float64(n))
}

// A merging joins neighbouring fine bins.
type merging struct {
	minRows, minBad, minGood int
	perBin                   float64 // log-likelihood a further bin must earn
	perTurn                  float64 // and a change of direction
}

// merge returns the best partition of the fine bins, as the first fine bin of every coarse one: the one of the highest
// likelihood less its price, found by dynamic programming over all partitions whose rates rise (direction +1), fall (-1),
// or (0) rise, fall, rise then fall or fall then rise.
func (m merging) merge(fine []count, direction int) []int {
	up, down := fine, mirrored(fine)
	switch {
	case len(fine) < 2:
		return []int{0}
	case direction > 0:
		starts, _ := m.path(m.rising(up), len(fine))
		return starts
	case direction < 0:
		starts, _ := m.path(m.rising(down), len(fine))
		return flipped(starts, len(fine))
	}
	rise, fall := m.rising(up), m.rising(down)
	best, value := m.path(rise, len(fine))
	if starts, v := m.path(fall, len(fine)); v > value {
		best, value = flipped(starts, len(fine)), v
	}
	// A turn at k: the first k bins one way, the rest the other way. m.rising over the mirrored tail yields the rest.
	for _, peak := range []bool{true, false} {
		head, tail := up, down // rise up to k; the tail read backwards rises too
		if !peak {
			head, tail = negated(up), negated(down)
		}
		first, last := m.rising(head), m.rising(tail)
		for k := 1; k < len(fine); k++ {
			a, av := m.path(first, k)
			b, bv := m.path(last, len(fine)-k)
			if v := av + bv - m.perTurn; v > value {
				best, value = slices.Clone(a), v
				for _, s := range flipped(b, len(fine)-k) {
					best = append(best, k+s)
				}
			}
		}
	}
	return best
}

// A table holds, for the partition of the first end bins whose last part begins at start, its value and the start of
// the part before it.
type table [][]cell

type cell struct {
	value float64
	prev  int
}

// rising fills the table over all partitions whose rates never fall.
func (m merging) rising(fine []count) table {
	n := len(fine)
	sums := make([]count, n+1)
	for i, c := range fine {
		sums[i+1] = sums[i].plus(c)
	}
	part := func(a, b int) count { return count{sums[b].good - sums[a].good, sums[b].bad - sums[a].bad} }
	t, rates := make(table, n+1), make([][]float64, n+1) // [end][start]
	cells, all := make([]cell, n*(n+1)/2), make([]float64, n*(n+1)/2)
	for end := 1; end <= n; end++ {
		t[end], cells = cells[:end:end], cells[end:]
		rates[end], all = all[:end:end], all[end:]
		for start := range end {
			c := part(start, end)
			rate := c.rate()
			rates[end][start] = rate
			best := cell{math.Inf(-1), -1}
			if c.n() >= m.minRows && c.bad >= m.minBad && c.good >= m.minGood {
				own := c.likelihood() - m.perBin
				if start == 0 {
					best = cell{own, 0}
				}
				before := rates[start]
				for prev, to := range t[start] {
					if to.value+own > best.value && before[prev] <= rate {
						best = cell{to.value + own, prev}
					}
				}
			}
			t[end][start] = best
		}
	}
	return t
}

// path returns the best partition of the first n bins and its value.
func (m merging) path(t table, n int) ([]int, float64) {
	start, value := 0, math.Inf(-1)
	for s, c := range t[n] {
		if c.value > value {
			start, value = s, c.value
		}
	}
	var starts []int
	for end := n; start > 0; {
		starts = append(starts, start)
		start, end = t[end][start].prev, start
	}
	starts = append(starts, 0)
	slices.Reverse(starts)
	return starts, value
}

func mirrored(fine []count) []count {
	m := slices.Clone(fine)
	slices.Reverse(m)
	return m
}

// negated swaps good and bad, so that falling rates rise.
func negated(fine []count) []count {
	m := slices.Clone(fine)
	for i, c := range m {
		m[i] = count{c.bad, c.good}
	}
	return m
}

// flipped turns the starts of a partition of mirrored bins into those of the bins themselves.
func flipped(starts []int, n int) []int {
	m := []int{0}
	for i := len(starts) - 1; i > 0; i-- {
		m = append(m, n-starts[i])
	}
	return m
}
