package boost

import (
	"math"
	"math/bits"
	"slices"
)

// A plan is an ensemble laid out to score 64 rows at a time, a row to a bit. A column's numbers are looked up once among
// the thresholds that the trees ask it about, which yields for each of these a word: the rows that go left. A tree then
// parts a word of rows by a few logical operations a node, whatever way each row goes, and without a branch to guess.
//
// Source: the idea of the bits is QuickScorer's (Lucchese et al. 2015).
type plan struct {
	columns []asked
	words   int // in all
	trees   []planTree
	values  []float64 // of the leaves, tree after tree; some room after them
}

// asked is a column that some tree splits by.
type asked struct {
	column int
	ladder *ladder     // of the thresholds asked about, below infinity
	count  int         // of these
	sets   [][4]uint64 // texts: bins that go left, per split
	first  int         // word of the first threshold or set; after the last threshold come: all that is known, and what is missing
}

// planTree has its splits in order, parents first.
type planTree struct {
	splits []planSplit
	planes [8][]uint16 // by digit of a leaf's number: nodes of the leaves that have it
	first  int         // of its values
	large  bool        // more leaves than a byte has numbers: walked node by node
}

type planSplit struct {
	at, left uint16 // nodes; the right one follows the left
	word     uint32 // rows that go left,
	alsoWord uint32 // and those that are missing, or none
}

// newPlan lays out a checked ensemble.
func newPlan(e *Ensemble) plan {
	p := plan{}
	thresholds := make([][]float64, len(e.Cuts))
	sets := make([][][4]uint64, len(e.Cuts))
	use := make([]bool, len(e.Cuts))
	for k := range e.Trees {
		for i := range e.Trees[k].Nodes {
			n := &e.Trees[k].Nodes[i]
			if n.Left == 0 {
				continue
			}
			use[n.Column] = true
			if n.Set != nil {
				sets[n.Column] = append(sets[n.Column], *n.Set)
			} else if v := e.upTo(n); !math.IsInf(v, 1) {
				thresholds[n.Column] = append(thresholds[n.Column], v)
			}
		}
	}
	p.words = 1 // the first is empty
	at := make([]int, len(e.Cuts))
	for c := range e.Cuts {
		if !use[c] {
			continue
		}
		slices.Sort(thresholds[c])
		thresholds[c] = slices.Compact(thresholds[c])
		a := asked{column: c, count: len(thresholds[c]), sets: sets[c], first: p.words}
		if e.Cuts[c].Text {
			p.words += len(a.sets)
		} else {
			a.ladder = newLadder(thresholds[c])
			p.words += a.count + 2
		}
		at[c] = a.first
		p.columns = append(p.columns, a)
	}
	const most = 256                 // numbers that a byte has for leaves
	next := make([]int, len(e.Cuts)) // set of the column
	p.trees = make([]planTree, len(e.Trees))
	for k := range e.Trees {
		nodes, t := e.Trees[k].Nodes, &p.trees[k]
		t.large, t.first = (len(nodes)+1)/2 > most, len(p.values)
		leaves := 0
		for i := range nodes {
			n := &nodes[i]
			if n.Left == 0 {
				if !t.large {
					p.values = append(p.values, n.Value)
					for digit := range t.planes {
						if leaves>>digit&1 == 1 {
							t.planes[digit] = append(t.planes[digit], uint16(i))
						}
					}
					leaves++
				}
				continue
			}
			s := planSplit{at: uint16(i), left: uint16(n.Left)}
			if n.Set != nil {
				s.word = uint32(at[n.Column] + next[n.Column])
				next[n.Column]++
			} else {
				missing := at[n.Column] + len(thresholds[n.Column]) + 1
				place, found := slices.BinarySearch(thresholds[n.Column], e.upTo(n))
				if !found {
					place = len(thresholds[n.Column]) // all that is known
				}
				s.word = uint32(at[n.Column] + place)
				if n.MissingLeft {
					s.alsoWord = uint32(missing)
				}
			}
			t.splits = append(t.splits, s)
		}
	}
	p.values = append(p.values, make([]float64, most)...)
	return p
}

// block is how many rows are scored together.
const block = 64

// Score writes the log-odds of the rows into out, as many.
func (e *Ensemble) Score(columns []Column, rows []int, out []float64) {
	const size = 32 * block
	s := e.Scorer(columns)
	parallel((len(rows)+size-1)/size, func(k int) {
		own := &blockScorer{Scorer: s, words: make([]uint64, e.plan.words)}
		for from := k * size; from < min((k+1)*size, len(rows)); from += block {
			to := min(from+block, len(rows))
			own.score(rows[from:to], out[from:to])
		}
	})
}

// A Scorer scores rows of some columns.
type Scorer struct {
	e       *Ensemble
	columns []Column
	codes   [][]uint8 // of a text column: the bin of every text
	walk    *walk     // for explanations
}

// Scorer ties the ensemble to columns.
func (e *Ensemble) Scorer(columns []Column) *Scorer {
	s := &Scorer{e: e, columns: columns, codes: make([][]uint8, len(columns))}
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

// LogOdds scores one row, as Score does to the bit.
func (s *Scorer) LogOdds(row int) float64 {
	eta := s.e.Base
	for k := range s.e.Trees {
		eta += s.leaf(&s.e.Trees[k], row).Value
	}
	return eta
}

// leaf returns the leaf that a row falls into.
func (s *Scorer) leaf(t *Tree, row int) *Node {
	n := &t.Nodes[0]
	for n.Left > 0 {
		left := false
		if n.Set != nil {
			left = n.left(s.codes[n.Column][s.columns[n.Column].Codes[row]])
		} else if v := s.columns[n.Column].Numbers[row]; v != v {
			left = n.MissingLeft
		} else {
			left = v <= s.e.upTo(n)
		}
		next := n.Left + 1
		if left {
			next = n.Left
		}
		n = &t.Nodes[next]
	}
	return n
}

// blockScorer is what one goroutine scores blocks with.
type blockScorer struct {
	*Scorer
	words []uint64
	nodes [512]uint64 // rows that come to each node of a tree
	of    [256]uint64 // rows by bin, among the thresholds that a column is asked about
}

// score scores up to 64 rows.
func (s *blockScorer) score(rows []int, out []float64) {
	p := &s.e.plan
	for i := range p.columns {
		s.ask(&p.columns[i], rows)
	}
	for k := range out {
		out[k] = s.e.Base
	}
	for k := range p.trees {
		if t := &p.trees[k]; t.large {
			for i, row := range rows {
				out[i] += s.leaf(&s.e.Trees[k], row).Value
			}
		} else {
			s.tree(t, out)
		}
	}
}

// ask sets the words of a column.
func (s *blockScorer) ask(a *asked, rows []int) {
	of, c := &s.of, &s.columns[a.column]
	if a.ladder == nil {
		codes := s.codes[a.column]
		clear(of[:])
		for i, row := range rows {
			of[codes[c.Codes[row]]] |= 1 << i
		}
		for k := range a.sets {
			left := uint64(0)
			for quarter, set := range a.sets[k] {
				for ; set != 0; set &= set - 1 {
					left |= of[quarter<<6|bits.TrailingZeros64(set)]
				}
			}
			s.words[a.first+k] = left
		}
		return
	}
	var numbers [block]float64
	var bins [block]uint8
	for i, row := range rows {
		numbers[i] = c.Numbers[row]
	}
	a.ladder.bins(numbers[:len(rows)], bins[:])
	clear(of[:a.count+2])
	for i := range rows {
		of[bins[i]] |= 1 << i
	}
	words, sum := s.words[a.first:a.first+a.count+2], uint64(0)
	for k, w := range of[1 : a.count+2] {
		sum |= w
		words[k] = sum
	}
	words[a.count+1] = of[0]
}

// spread has the bits of a byte as eight bytes.
var spread = func() (of [256]uint64) {
	for b := range of {
		for i := range 8 {
			of[b] |= uint64(b>>i&1) << (8 * i)
		}
	}
	return of
}()

// tree adds a tree to the log-odds of a block.
func (s *blockScorer) tree(t *planTree, out []float64) {
	nodes, words := &s.nodes, s.words
	nodes[0] = math.MaxUint64
	for i := range t.splits {
		split := &t.splits[i]
		here := nodes[split.at&511]
		left := here & (words[split.word] | words[split.alsoWord])
		nodes[split.left&511] = left
		nodes[(split.left+1)&511] = here &^ left
	}
	// The number of a row's leaf, digit by digit for all rows, then row by row.
	var number [8]uint64 // a byte per row
	for digit, leaves := range &t.planes {
		if len(leaves) == 0 {
			break
		}
		plane := uint64(0)
		for _, at := range leaves {
			plane |= nodes[at&511]
		}
		for k := range number {
			number[k] |= spread[uint8(plane>>(8*k))] << digit
		}
	}
	values := (*[256]float64)(s.e.plan.values[t.first:])
	if len(out) < block {
		for i := range out {
			out[i] += values[uint8(number[i>>3]>>(8*(i&7)))]
		}
		return
	}
	for k, n := range number {
		eight := out[8*k : 8*k+8 : 8*k+8]
		eight[0] += values[uint8(n)]
		eight[1] += values[uint8(n>>8)]
		eight[2] += values[uint8(n>>16)]
		eight[3] += values[uint8(n>>24)]
		eight[4] += values[uint8(n>>32)]
		eight[5] += values[uint8(n>>40)]
		eight[6] += values[uint8(n>>48)]
		eight[7] += values[uint8(n>>56)]
	}
}
