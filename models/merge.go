package models

import (
	"math"
	"slices"
)

// A mass is what the good (paid) and bad (defaulted) rows of a bin weigh together: their number where all count fully.
type mass struct{ good, bad float64 }

func (m mass) n() float64       { return m.good + m.bad }
func (m mass) plus(o mass) mass { return mass{m.good + o.good, m.bad + o.bad} }

func (m *mass) add(y uint8, weight float64) {
	if y == 1 {
		m.bad += weight
	} else {
		m.good += weight
	}
}

// rate is the default rate with half a row of each kind added, so that small bins compare too.
func (m mass) rate() float64 { return (m.bad + smoothing) / (m.n() + 2*smoothing) }

// likelihood is the binomial log-likelihood of a bin judged by its own rate.
func (m mass) likelihood() float64 { return xlogp(m.bad, m.n()) + xlogp(m.good, m.n()) }

func xlogp(k, n float64) float64 {
	if k == 0 {
		return 0
	}
	return k * math.Log(k/n)
}

// A merging joins neighbouring fine bins.
type merging struct {
	minRows, minBad, minGood float64 // weight that a bin should have
	leastRows                float64 // and of rows, must have
	perBin                   float64 // log-likelihood a further bin must earn
	perLight                 float64 // and a bin that has less than it should
	perTurn                  float64 // and a change of direction
}

// merge returns the best partition of the fine bins, as the first fine bin of every coarse one: the one of the highest
// likelihood less its price, found by dynamic programming over all partitions whose rates rise (direction +1), fall (-1),
// or (0) rise, fall, rise then fall or fall then rise.
func (m merging) merge(fine []mass, direction int) []int {
	n := len(fine)
	if n < 2 {
		return []int{0}
	}
	ahead := m.runs(fine)
	if direction != 0 {
		starts, _ := m.monotone(ahead, n, direction).path(n)
		return starts
	}
	rise, fall := m.monotone(ahead, n, +1), m.monotone(ahead, n, -1)
	best, value := rise.path(n)
	if starts, v := fall.path(n); v > value {
		best, value = starts, v
	}
	// A turn at k: the first k bins one way, the rest the other way, which read backwards is the same way again.
	back := mirrored(ahead, n)
	for _, way := range []struct{ head, tail *table }{{rise, m.monotone(back, n, +1)}, {fall, m.monotone(back, n, -1)}} {
		turn := 0
		for k := 1; k < n; k++ {
			if v := way.head.best[k] + way.tail.best[n-k] - m.perTurn; v > value {
				turn, value = k, v
			}
		}
		if turn == 0 {
			continue
		}
		best, _ = way.head.path(turn)
		tail, _ := way.tail.path(n - turn)
		best = append(best, turn)
		for i := len(tail) - 1; i > 0; i-- {
			best = append(best, n-tail[i])
		}
	}
	return best
}

// A run is some neighbouring fine bins taken for one.
type run struct {
	worth  float64 // likelihood less the price of a bin
	rate   float64
	stands bool // heavy enough
}

// place is the place of the run of the bins a to b-1 among all runs: those that end together stand together.
func place(a, b int) int { return b*(b-1)/2 + a }

func (m merging) runs(fine []mass) []run {
	runs := make([]run, place(0, len(fine)+1))
	for a := range fine {
		sum := mass{}
		for b := a + 1; b <= len(fine); b++ {
			sum = sum.plus(fine[b-1])
			r := run{rate: sum.rate(), stands: sum.n() >= m.leastRows}
			if r.stands {
				r.worth = sum.likelihood() - m.perBin
				if sum.n() < m.minRows*(1-1e-12) || // a hair's breadth, so that a share can be met exactly
					sum.bad < m.minBad || sum.good < m.minGood {
					r.worth -= m.perLight
				}
			}
			runs[place(a, b)] = r
		}
	}
	return runs
}

// mirrored returns the runs of the bins read backwards.
func mirrored(runs []run, n int) []run {
	back := make([]run, len(runs))
	for b := 1; b <= n; b++ {
		for a := range b {
			back[place(n-b, n-a)] = runs[place(a, b)]
		}
	}
	return back
}

// A table holds, for every run, the value of the best partition of all bins up to its end whose last part it is, and the
// start of the part before; and for every end the value of the best partition up to there.
type table struct {
	cells []cell
	best  []float64
}

type cell struct {
	value float64
	prev  int32
}

// monotone fills the table over all partitions whose rates never fall (direction +1) or never rise (-1).
func (m merging) monotone(runs []run, n, direction int) *table {
	t := &table{make([]cell, len(runs)), make([]float64, n+1)}
	sign := float64(direction)
	for end := 1; end <= n; end++ {
		t.best[end] = math.Inf(-1)
		for start := range end {
			r := runs[place(start, end)]
			best := cell{math.Inf(-1), -1}
			switch {
			case !r.stands:
			case start == 0:
				best.value = r.worth
			default:
				rate := sign * r.rate
				before := runs[place(0, start):place(0, start+1)]
				for prev, c := range t.cells[place(0, start):place(0, start+1)] {
					if c.value > best.value && sign*before[prev].rate <= rate {
						best = cell{c.value, int32(prev)}
					}
				}
				best.value += r.worth
			}
			t.cells[place(start, end)] = best
			t.best[end] = max(t.best[end], best.value)
		}
	}
	return t
}

// path returns the best partition of the first n bins and its value.
func (t *table) path(n int) ([]int, float64) {
	start, value := 0, math.Inf(-1)
	for s, c := range t.cells[place(0, n):place(0, n+1)] {
		if c.value > value {
			start, value = s, c.value
		}
	}
	var starts []int
	for end := n; start > 0; {
		starts = append(starts, start)
		start, end = int(t.cells[place(start, end)].prev), start
	}
	starts = append(starts, 0)
	slices.Reverse(starts)
	return starts, value
}
