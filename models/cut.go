package models

import (
	"cmp"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// A cutting holds the rows of a fit with every column cut finely, once for all folds and candidates: a fold only counts
// codes and merges them. Rows stand in an order that depends on their content alone, so that sums of floats, and with
// them the coefficients, do not depend on the order the rows came in.
type cutting struct {
	columns  []fineColumn
	codes    [][]uint8 // per column, per row
	y        []uint8
	weight   []float64 // nil where every row counts fully
	customer []uint64  // who the row is about; nil where nobody asks
	// repeats is how many rows of defaulters there are to each defaulter. Rows of one customer in many cohorts say
	// little more than one of them, so what a bin or a feature must prove rises with them.
	repeats float64
}

// A fineColumn says what the codes of a column mean: its fine bins, or common texts and the other ones; then its
// special values; last, missing.
type fineColumn struct {
	Column
	text  bool
	edges []float64
	texts []string // in order
}

func (c *fineColumn) plain() int {
	if c.text {
		return len(c.texts) + 1
	}
	return len(c.edges) + 1
}

func (c *fineColumn) missing() int { return c.plain() + len(c.Special) }

func (b Binning) cut(m *matrix, columns []Column, y []uint8, rows []int, customers bool) *cutting {
	c := &cutting{y: make([]uint8, len(rows))}
	if customers {
		c.customer = make([]uint64, len(rows))
	}
	if m.weight != nil {
		c.weight = make([]float64, len(rows))
	}
	for i, row := range rows {
		c.y[i] = y[row]
		if c.weight != nil {
			c.weight[i] = m.weight[row]
		}
		if customers {
			c.customer[i] = m.customerOf(row)
		}
	}
	c.columns, c.codes = make([]fineColumn, len(m.cols)), make([][]uint8, len(m.cols))
	each(len(m.cols), func(i int) { c.columns[i], c.codes[i] = b.cutColumn(&m.cols[i], m.weight, columns[i], rows) })
	c.arrange()
	c.repeats = 1
	if m.customer != nil && customers {
		var defaulted []uint64
		sum := mass{}
		for i, y := range c.y {
			if sum.add(y, c.weightOf(i)); y == 1 {
				defaulted = append(defaulted, c.customer[i])
			}
		}
		c.repeats = max(1, sum.bad/float64(distinct(defaulted)))
	}
	return c
}

func (b Binning) cutColumn(v *vector, weight []float64, column Column, rows []int) (fineColumn, []uint8) {
	f := fineColumn{Column: column, text: v.numbers == nil}
	codes := make([]uint8, len(rows))
	if f.text {
		f.Special = nil
		known := make([]uint8, len(v.texts))
		f.texts = commonTexts(v, weight, rows)
		for code, text := range v.texts {
			k, ok := slices.BinarySearch(f.texts, text)
			switch {
			case text == "":
				known[code] = uint8(f.missing())
			case ok:
				known[code] = uint8(k)
			default:
				known[code] = uint8(len(f.texts))
			}
		}
		for i, row := range rows {
			codes[i] = known[v.codes[row]]
		}
		return f, codes
	}
	f.edges = fineEdges(v.numbers, weight, rows, f.Special, min(max(b.Fine, 2), 200-len(f.Special)))
	missing := uint8(f.missing())
	for i, row := range rows {
		x := v.numbers[row]
		if x != x {
			codes[i] = missing
		} else if k := slices.Index(f.Special, x); k >= 0 {
			codes[i] = uint8(f.plain() + k)
		} else {
			codes[i] = uint8(binOf(f.edges, x))
		}
	}
	return f, codes
}

// commonTexts returns the texts with rows enough to have a default rate, in order: 200 at most.
func commonTexts(v *vector, weight []float64, rows []int) []string {
	n := textWeights(v, weight, rows)
	total := 0.0
	for _, w := range n {
		total += w
	}
	var texts []string
	for code, text := range v.texts {
		if text != "" && n[code] >= rare(total) {
			texts = append(texts, text)
		}
	}
	slices.Sort(texts)
	return texts
}

// textWeights returns what the rows of every text weigh, whatever their order.
func textWeights(v *vector, weight []float64, rows []int) []float64 {
	n := make([]float64, len(v.texts))
	if weight == nil {
		for _, row := range rows {
			n[v.codes[row]]++
		}
		return n
	}
	of := make([][]float64, len(v.texts))
	for _, row := range rows {
		of[v.codes[row]] = append(of[v.codes[row]], weight[row])
	}
	for code := range of {
		n[code] = exactMean(of[code]) * float64(len(of[code]))
	}
	return n
}

func weightAt(weight []float64, row int) float64 {
	if weight != nil {
		return weight[row]
	}
	return 1
}

func (c *cutting) weightOf(place int) float64 { return weightAt(c.weight, place) }

// counting returns the rows that count for something.
func (m *matrix) counting(rows []int) []int {
	if m.weight == nil {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(row int) bool { return !(m.weight[row] > 0) })
}

// arrange puts the rows in the order of their codes, outcomes and customers.
func (c *cutting) arrange() {
	order := make([]int32, len(c.y))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		for _, codes := range c.codes {
			if codes[a] != codes[b] {
				return int(codes[a]) - int(codes[b])
			}
		}
		if c.y[a] != c.y[b] {
			return int(c.y[a]) - int(c.y[b])
		}
		if c.weight != nil && c.weight[a] != c.weight[b] {
			return cmp.Compare(c.weight[a], c.weight[b])
		}
		if c.customer != nil {
			return cmp.Compare(c.customer[a], c.customer[b])
		}
		return 0
	})
	for i := range c.codes {
		c.codes[i] = picked(c.codes[i], order)
	}
	c.y = picked(c.y, order)
	if c.weight != nil {
		c.weight = picked(c.weight, order)
	}
	if c.customer != nil {
		c.customer = picked(c.customer, order)
	}
}

func picked[T any](from []T, order []int32) []T {
	to := make([]T, len(order))
	for i, k := range order {
		to[i] = from[k]
	}
	return to
}

// counts returns the outcomes of the places by code.
func (c *cutting) counts(column int, places []int) *[256]mass {
	codes, of := c.codes[column], &[256]mass{}
	if c.weight != nil {
		for _, p := range places {
			of[codes[p]].add(c.y[p], c.weight[p])
		}
		return of
	}
	var n [512]int32
	for _, p := range places {
		n[int(codes[p])<<1|int(c.y[p])]++
	}
	for code := range of {
		of[code] = mass{good: float64(n[code<<1]), bad: float64(n[code<<1|1])}
	}
	return of
}

func distinct(x []uint64) int {
	seen := map[uint64]bool{}
	for _, v := range x {
		seen[v] = true
	}
	return len(seen)
}

// each calls do for 0 to n−1, on all processors.
func each(n int, do func(i int)) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() error { do(i); return nil })
	}
	_ = group.Wait() // do has no error
}
