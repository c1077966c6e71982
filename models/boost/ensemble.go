package boost

import (
	"fmt"
	"math"
)

// A Node of a tree: a leaf where Left is 0, else a split whose children are Left and Left+1.
type Node struct {
	Column      int        `json:"c,omitempty"`
	Threshold   float64    `json:"t,omitempty"` // numbers: left up to this
	Edge        uint8      `json:"e,omitempty"` // the same as a bin
	Set         *[4]uint64 `json:"s,omitempty"` // texts: bins that go left
	MissingLeft bool       `json:"m,omitempty"`
	Left        int        `json:"l,omitempty"`
	Value       float64    `json:"v,omitempty"` // log-odds of a leaf
	Cover       int        `json:"n"`           // rows grown on
}

// A Tree has its root at 0.
type Tree struct {
	Nodes []Node `json:"nodes"`
}

// left reports whether a row of that bin goes left.
func (n *Node) left(bin uint8) bool {
	switch {
	case n.Set != nil:
		return n.Set[bin>>6]>>(bin&63)&1 == 1
	case bin == 0:
		return n.MissingLeft
	}
	return bin <= n.Edge
}

func (t *Tree) leafOf(bin func(column int) uint8) int {
	at := 0
	for {
		n := &t.Nodes[at]
		if n.Left == 0 {
			return at
		}
		if at = n.Left + 1; n.left(bin(n.Column)) {
			at = n.Left
		}
	}
}

// An Ensemble is a sum of trees: log-odds are Base plus the values of the leaves a row falls into.
type Ensemble struct {
	Cuts  []Cut   `json:"cuts"`
	Base  float64 `json:"base"`
	Trees []Tree  `json:"trees"`

	flat []flatTree
}

// step is a node as scoring reads it. Both children lie side by side; a leaf leads to itself.
type step struct {
	threshold float64
	slot      uint32 // of the row's values: twice the column, and one more where missing goes right
	child     uint32
}

// flatTree is a tree laid out for a walk of as many steps as it is deep, without a branch.
type flatTree struct {
	steps []step
	value []float64
	depth int
	sets  bool // has splits by category: walked node by node
}

// Prepare checks an ensemble that was read back and lays it out for scoring.
func (e *Ensemble) Prepare() error { return e.prepare() }

func (e *Ensemble) prepare() error {
	e.flat = make([]flatTree, len(e.Trees))
	for k := range e.Trees {
		t := &e.Trees[k]
		if len(t.Nodes) == 0 {
			return fmt.Errorf("tree %d: no nodes", k+1)
		}
		f := flatTree{steps: make([]step, len(t.Nodes)), value: make([]float64, len(t.Nodes))}
		depth := make([]int, len(t.Nodes))
		for i := range t.Nodes {
			n := &t.Nodes[i]
			if n.Left == 0 {
				f.steps[i], f.value[i] = step{math.Inf(1), 0, uint32(i)}, n.Value
				f.depth = max(f.depth, depth[i])
				continue
			}
			if n.Left <= i || n.Left+1 >= len(t.Nodes) || n.Column < 0 || n.Column >= len(e.Cuts) || (n.Set != nil) != e.Cuts[n.Column].Text {
				return fmt.Errorf("tree %d: node %d leads nowhere", k+1, i)
			}
			depth[n.Left], depth[n.Left+1] = depth[i]+1, depth[i]+1
			f.sets = f.sets || n.Set != nil
			slot := uint32(2 * n.Column)
			if !n.MissingLeft {
				slot++
			}
			f.steps[i] = step{n.Threshold, slot, uint32(n.Left)}
		}
		e.flat[k] = f
	}
	return nil
}

// block is how many rows are scored together: their values stay near the processor while the trees go by.
const block = 64

// Score writes the log-odds of the rows into out, as many.
func (e *Ensemble) Score(columns []Column, rows []int, out []float64) {
	parallel((len(rows)+block*16-1)/(block*16), func(k int) {
		s := e.Scorer(columns)
		for from := k * block * 16; from < min((k+1)*block*16, len(rows)); from += block {
			to := min(from+block, len(rows))
			s.score(rows[from:to], out[from:to])
		}
	})
}

// A Scorer scores rows of some columns. It is not to be used by two goroutines at once.
type Scorer struct {
	e       *Ensemble
	columns []Column
	codes   [][]uint8 // of a text column: the bin of every text
	values  []float64
}

// Scorer ties the ensemble to columns.
func (e *Ensemble) Scorer(columns []Column) *Scorer {
	s := &Scorer{e: e, columns: columns, codes: make([][]uint8, len(columns)), values: make([]float64, block*2*len(columns))}
	for i := range columns {
		if columns[i].Numbers == nil {
			s.codes[i] = e.Cuts[i].codes(columns[i].Texts)
		}
	}
	return s
}

// Bin returns the bin of a row's value.
func (s *Scorer) Bin(column, row int) uint8 {
	if s.codes[column] != nil {
		return s.codes[column][s.columns[column].Codes[row]]
	}
	return s.e.Cuts[column].bin(s.columns[column].Numbers[row])
}

// LogOdds scores one row.
func (s *Scorer) LogOdds(row int) float64 {
	var out [1]float64
	s.score([]int{row}, out[:])
	return out[0]
}

func (s *Scorer) score(rows []int, out []float64) {
	width := 2 * len(s.columns)
	for c := range s.columns {
		numbers := s.columns[c].Numbers
		if numbers == nil {
			continue
		}
		for k, row := range rows {
			low := numbers[row]
			high := low
			if low != low {
				low, high = math.Inf(-1), math.Inf(1)
			}
			s.values[k*width+2*c], s.values[k*width+2*c+1] = low, high
		}
	}
	for k := range out {
		out[k] = s.e.Base
	}
	for t := range s.e.flat {
		f := &s.e.flat[t]
		if f.sets {
			for k, row := range rows {
				out[k] += f.value[s.e.Trees[t].leafOf(func(c int) uint8 { return s.Bin(c, row) })]
			}
			continue
		}
		k := 0
		for ; k+8 <= len(rows); k += 8 {
			f.eight(s.values[k*width:(k+8)*width], width, out[k:k+8])
		}
		for ; k < len(rows); k++ {
			x, at := s.values[k*width:(k+1)*width], uint32(0)
			for range f.depth {
				n := &f.steps[at]
				at = n.child + over(x[n.slot], n.threshold)
			}
			out[k] += f.value[at]
		}
	}
}

func over(x, threshold float64) uint32 {
	right := uint32(0)
	if x > threshold {
		right = 1
	}
	return right
}

// eight walks eight rows at once: each waits for memory while the others go on.
func (f *flatTree) eight(x []float64, width int, out []float64) {
	steps := f.steps
	x0, x1, x2, x3 := x[:width], x[width:2*width], x[2*width:3*width], x[3*width:4*width]
	x4, x5, x6, x7 := x[4*width:5*width], x[5*width:6*width], x[6*width:7*width], x[7*width:8*width]
	var a0, a1, a2, a3, a4, a5, a6, a7 uint32
	for range f.depth {
		n0, n1, n2, n3 := &steps[a0], &steps[a1], &steps[a2], &steps[a3]
		a0 = n0.child + over(x0[n0.slot], n0.threshold)
		a1 = n1.child + over(x1[n1.slot], n1.threshold)
		a2 = n2.child + over(x2[n2.slot], n2.threshold)
		a3 = n3.child + over(x3[n3.slot], n3.threshold)
		n4, n5, n6, n7 := &steps[a4], &steps[a5], &steps[a6], &steps[a7]
		a4 = n4.child + over(x4[n4.slot], n4.threshold)
		a5 = n5.child + over(x5[n5.slot], n5.threshold)
		a6 = n6.child + over(x6[n6.slot], n6.threshold)
		a7 = n7.child + over(x7[n7.slot], n7.threshold)
	}
	out = out[:8]
	v := f.value
	out[0] += v[a0]
	out[1] += v[a1]
	out[2] += v[a2]
	out[3] += v[a3]
	out[4] += v[a4]
	out[5] += v[a5]
	out[6] += v[a6]
	out[7] += v[a7]
}

// stopper watches the log loss of rows apart.
type stopper struct {
	*table
	y     []uint8
	eta   []float64
	best  int
	least float64
}

func newStopper(in Input, e *Ensemble) *stopper {
	s := &stopper{table: newTable(in.Columns, e.Cuts, in.StopBy), best: -1, least: math.Inf(1)}
	for _, row := range in.StopBy {
		s.y, s.eta = append(s.y, in.Default[row]), append(s.eta, e.Base)
	}
	return s
}

// enough adds a tree and reports whether the loss has not fallen for as many trees as patience.
func (s *stopper) enough(t *Tree, k, patience int) bool {
	loss := int64(0) // fixed point: whatever the order of the rows
	for i := range s.eta {
		s.eta[i] += t.Nodes[t.leafOf(func(c int) uint8 { return s.bin(c, int32(i)) })].Value
		eta := s.eta[i]
		if s.y[i] == 1 {
			eta = -eta
		}
		loss += int64(math.Log1p(math.Exp(-math.Abs(eta)))*fine + math.Max(eta, 0)*fine)
	}
	if l := float64(loss); l < s.least {
		s.least, s.best = l, k
	}
	return k-s.best >= patience
}
