package boost

import "math"

// Explain writes a row's exact Shapley values (path-dependent TreeSHAP: Lundberg, Erion and Lee 2018) into phi, one per
// column, and returns the base: base plus all phi is the row's log-odds.
//
// By Owen's integral: where every column is known with probability t, a leaf counts its value times one factor z(1−t)+o·t
// per column on its way, z being the share of rows that pass the column's splits and o whether the row itself does. A
// column is worth the integral over t of what knowing it changes. That is a polynomial of lower degree than the way has
// columns, so that half as many points of Gauss and Legendre give it exactly, and one visit of every node does.
func (s *Scorer) Explain(row int, phi []float64) (base float64) {
	clear(phi)
	if s.walk == nil {
		s.walk = newWalk(s.e)
	}
	w := s.walk
	for c := range w.bins {
		w.bins[c] = s.Bin(c, row)
	}
	w.phi = phi
	for k := range s.e.Trees {
		w.nodes = s.e.Trees[k].Nodes
		w.points = len(w.rules[k].At)
		w.at, w.weight = w.rules[k].At, w.rules[k].Weight
		way, sum := w.vector(0), w.vector(1)
		for q := range way {
			way[q] = 1
		}
		w.down(0, 2, way, sum)
	}
	return w.root
}

// Root is the log-odds before any column is known: the base of every explanation.
func (e *Ensemble) Root() float64 {
	base := e.Base
	for k := range e.Trees {
		base += e.Trees[k].mean(0)
	}
	return base
}

// mean is the value of a node over the rows grown on.
func (t *Tree) mean(at int) float64 {
	n := &t.Nodes[at]
	if n.Left == 0 {
		return n.Value
	}
	a, b := float64(t.Nodes[n.Left].Cover), float64(t.Nodes[n.Left+1].Cover)
	if a+b == 0 {
		return 0
	}
	return (a*t.mean(n.Left) + b*t.mean(n.Left+1)) / (a + b)
}

// depth is how many splits the longest way has.
func (t *Tree) depth(at int) int {
	n := &t.Nodes[at]
	if n.Left == 0 {
		return 0
	}
	return 1 + max(t.depth(n.Left), t.depth(n.Left+1))
}

// A walk goes through trees for one row.
type walk struct {
	root   float64
	rules  []Rule // of every tree
	bins   []uint8
	phi    []float64
	nodes  []Node
	points int
	at     []float64
	weight []float64
	room   []float64 // vectors of the way, three a level
	wide   int
	// per column: the share of rows, and of the row itself, that pass its splits so far, and one over its factor
	z, o []float64
	over []float64
}

func newWalk(e *Ensemble) *walk {
	p := len(e.Cuts)
	w := &walk{root: e.Root(), rules: make([]Rule, len(e.Trees)), bins: make([]uint8, p), z: make([]float64, p), o: make([]float64, p)}
	deepest, rules := 0, map[int]Rule{}
	for k := range e.Trees {
		depth := e.Trees[k].depth(0)
		deepest = max(deepest, depth)
		points := max(1, (min(depth, p)+1)/2)
		if w.wide = max(w.wide, points); rules[points].At == nil {
			rules[points] = NewRule(points)
		}
		w.rules[k] = rules[points]
	}
	w.room, w.over = make([]float64, (3*deepest+5)*w.wide), make([]float64, p*w.wide)
	for c := range p {
		w.z[c], w.o[c] = 1, 1
	}
	for i := range w.over {
		w.over[i] = 1
	}
	return w
}

func (w *walk) vector(k int) []float64 {
	return w.room[k*w.wide : k*w.wide+w.points : k*w.wide+w.points]
}

// down adds what the splits below a node are worth to phi, and sums into sum the leaves' values times their factors. Of
// the vectors those from free on may be used.
func (w *walk) down(at, free int, way, sum []float64) {
	n := &w.nodes[at]
	if n.Left == 0 {
		for q := range sum {
			sum[q] = n.Value * way[q]
		}
		return
	}
	c := n.Column
	hot := n.Left + 1
	if n.left(w.bins[c]) {
		hot = n.Left
	}
	clear(sum)
	z, o := w.z[c], w.o[c]
	over := w.over[c*w.wide : c*w.wide+w.points]
	on, below, before := w.vector(free), w.vector(free+1), w.vector(free+2)
	copy(before, over)
	for child := n.Left; child <= n.Left+1; child++ {
		zc, oc := 0.0, 0.0
		if n.Cover > 0 {
			zc = z * float64(w.nodes[child].Cover) / float64(n.Cover)
		}
		if child == hot {
			oc = o
		}
		if zc == 0 && oc == 0 {
			continue
		}
		for q, t := range w.at {
			f := zc*(1-t) + oc*t
			on[q] = way[q] * f * before[q]
			over[q] = 1 / f
		}
		w.z[c], w.o[c] = zc, oc
		w.down(child, free+3, on, below)
		value := 0.0
		for q, b := range below {
			value += w.weight[q] * b * ((oc-zc)*over[q] - (o-z)*before[q])
			sum[q] += b
		}
		w.phi[c] += value
	}
	w.z[c], w.o[c] = z, o
	copy(over, before)
}

// A Rule of Gauss and Legendre integrates over 0 to 1: the sum of Weight times the values at At.
type Rule struct{ At, Weight []float64 }

// NewRule returns the rule of so many points, which is exact for polynomials of degrees below twice as many.
func NewRule(points int) Rule {
	r := Rule{make([]float64, points), make([]float64, points)}
	n := float64(points)
	for i := range r.At {
		x := math.Cos(math.Pi * (float64(i) + 0.75) / (n + 0.5)) // near the polynomial's root
		slope := 0.0
		for range 100 {
			p, last := 1.0, 0.0
			for k := range points {
				p, last = ((2*float64(k)+1)*x*p-float64(k)*last)/float64(k+1), p
			}
			slope = n * (x*p - last) / (x*x - 1)
			step := p / slope
			if x -= step; math.Abs(step) < 1e-16 {
				break
			}
		}
		r.At[i], r.Weight[i] = (1-x)/2, 1/((1-x*x)*slope*slope)
	}
	return r
}
