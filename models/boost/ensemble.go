package boost

import (
	"fmt"
	"math"
	"sync/atomic"
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

// An Ensemble is a sum of trees: log-odds are Base plus the values of the leaves a row falls into.
type Ensemble struct {
	Cuts  []Cut   `json:"cuts"`
	Base  float64 `json:"base"`
	Trees []Tree  `json:"trees"`

	plan plan
}

// upTo is the number up to which a row goes left; all but missing ones do where it is infinite.
func (e *Ensemble) upTo(n *Node) float64 {
	if edges := e.Cuts[n.Column].Edges; n.Edge > 0 && int(n.Edge) <= len(edges) {
		return edges[n.Edge-1]
	}
	return math.Inf(1)
}

// Prepare checks an ensemble that was read back or changed and lays it out for scoring.
func (e *Ensemble) Prepare() error {
	for k := range e.Trees {
		t := &e.Trees[k]
		if len(t.Nodes) == 0 {
			return fmt.Errorf("tree %d: no nodes", k+1)
		}
		parents := make([]int, len(t.Nodes))
		for i := range t.Nodes {
			n := &t.Nodes[i]
			if n.Left == 0 {
				continue
			}
			if n.Left <= i || n.Left+1 >= len(t.Nodes) || n.Column < 0 || n.Column >= len(e.Cuts) || (n.Set != nil) != e.Cuts[n.Column].Text {
				return fmt.Errorf("tree %d: node %d leads nowhere", k+1, i)
			}
			if n.Set == nil && (n.Edge == 0 || e.upTo(n) != n.Threshold && !(math.IsInf(e.upTo(n), 1) && n.Threshold == math.MaxFloat64)) {
				return fmt.Errorf("tree %d: node %d: threshold %v is not that of bin %d", k+1, i, n.Threshold, n.Edge)
			}
			parents[n.Left]++
			parents[n.Left+1]++
		}
		for i, n := range parents[1:] {
			if n != 1 {
				return fmt.Errorf("tree %d: node %d has %d parents", k+1, i+1, n)
			}
		}
	}
	e.plan = newPlan(e)
	return nil
}

// stopper watches the log loss of rows apart.
type stopper struct {
	*table
	y     []uint8
	eta   []float64
	rows  []int32
	spare []int32
	best  int
	least int64
}

func newStopper(in Input, e *Ensemble) *stopper {
	s := &stopper{table: newTable(in.Columns, e.Cuts, in.StopBy), best: -1, least: math.MaxInt64}
	n := len(in.StopBy)
	s.rows, s.spare = make([]int32, n), make([]int32, n)
	for i, row := range in.StopBy {
		s.y, s.eta, s.rows[i] = append(s.y, in.Default[row]), append(s.eta, e.Base), int32(i)
	}
	return s
}

// enough adds a tree and reports whether the loss has not fallen for as many trees as patience.
func (s *stopper) enough(t *Tree, k, patience int) bool {
	var loss atomic.Int64 // fixed point: whatever the order of the rows
	s.route(t, s.rows, s.spare, func(node int, rows []int32) {
		value, sum := t.Nodes[node].Value, int64(0)
		for _, i := range rows {
			s.eta[i] += value
			eta := s.eta[i]
			if s.y[i] == 1 {
				eta = -eta
			}
			sum += int64(math.Log1p(math.Exp(-math.Abs(eta)))*fine + math.Max(eta, 0)*fine)
		}
		loss.Add(sum)
	})
	if l := loss.Load(); l < s.least {
		s.least, s.best = l, k
	}
	return k-s.best >= patience
}
