package models

import "creditwatch/models/boost"

// Shapley values of a tree whose unknown columns are averaged over the rows it was grown on (path-dependent TreeSHAP:
// Lundberg, Erion and Lee 2018), by Owen's integral: where every column is known with probability t, a leaf counts its
// rate times one factor z(1−t)+o·t per column on its way, z being the share of rows that pass the column's splits and o
// whether the row itself does. A column's value is the integral over t of what knowing it changes; that is a polynomial
// of a lower degree than the way has columns, so that a few points give it exactly, and every node is visited once.

// shapPoints suffice for treeDepth columns: as many points integrate polynomials up to twice their number, less one.
const shapPoints = treeDepth / 2

type shapVector = [shapPoints]float64

// shapAt and shapWeight are these points and their weights.
var shapAt, shapWeight = func() (at, weight shapVector) {
	r := boost.NewRule(shapPoints)
	copy(at[:], r.At)
	copy(weight[:], r.Weight)
	return at, weight
}()

// shapWalk is a walk through a tree for one row.
type shapWalk struct {
	t      *flatTree
	levels []uint8
	phi    []float64
	// per column: the share of rows and of the row itself that pass its splits so far, and one over its factor
	z, o []float64
	over []shapVector
	room []shapRoom // per depth
}

// shapRoom holds the vectors of one depth of a walk: on the stack they would escape to the heap at every node.
type shapRoom struct{ on, below, factor shapVector }

func newShapWalk(columns int) *shapWalk {
	w := &shapWalk{z: make([]float64, columns), o: make([]float64, columns), over: make([]shapVector, columns), room: make([]shapRoom, treeDepth+1)}
	for c := range columns {
		w.z[c], w.o[c] = 1, 1
		for q := range w.over[c] {
			w.over[c][q] = 1
		}
	}
	return w
}

// down adds what the splits below a node say to phi, and sums into sum the leaves' rates times their factors.
func (w *shapWalk) down(node int32, depth int, way, sum *shapVector) {
	t := w.t
	c := t.Column[node]
	if c < 0 {
		for q := range sum {
			sum[q] = t.Rate[node] * way[q]
		}
		return
	}
	hot := t.next(node, w.levels)
	z, o, over := w.z[c], w.o[c], w.over[c]
	r := &w.room[depth]
	*sum = shapVector{}
	for child := t.Left[node]; child <= t.Left[node]+1; child++ {
		zc, oc := z*t.flow(child, node), 0.0
		if child == hot {
			oc = o
		}
		if zc == 0 && oc == 0 {
			continue
		}
		for q, at := range shapAt {
			f := zc*(1-at) + oc*at
			r.factor[q] = 1 / f
			r.on[q] = way[q] * f * over[q]
		}
		w.z[c], w.o[c], w.over[c] = zc, oc, r.factor
		w.down(child, depth+1, &r.on, &r.below)
		value := 0.0
		for q, b := range r.below {
			value += shapWeight[q] * b * ((oc-zc)*r.factor[q] - (o-z)*over[q])
			sum[q] += b
		}
		w.phi[c] += value
	}
	w.z[c], w.o[c], w.over[c] = z, o, over
}

// shapley adds the row's Shapley values of the tree's rate to phi.
func (w *shapWalk) shapley(t *flatTree, levels []uint8, phi []float64) {
	w.t, w.levels, w.phi = t, levels, phi
	var way, sum shapVector
	for q := range way {
		way[q] = 1
	}
	w.down(0, 0, &way, &sum)
}

// mean is a tree's rate over the rows it was grown on.
func (t *flatTree) mean(node int32) float64 {
	if t.Column[node] < 0 {
		return t.Rate[node]
	}
	left := t.Left[node]
	return t.flow(left, node)*t.mean(left) + t.flow(left+1, node)*t.mean(left+1)
}

// flow is the share of a node's rows that go to its child; where the node has none that count, a half.
func (t *flatTree) flow(child, node int32) float64 {
	if t.N[node] == 0 {
		return 0.5
	}
	return float64(t.N[child]) / float64(t.N[node])
}
