package models

import (
	"math"
	"testing"
)

// TestForestShapley holds a forest's reasons against Shapley's formula over all sets of columns.
func TestForestShapley(t *testing.T) {
	in := aBook(1500, 1)
	g := bookGrid(t, in)
	f := &Forest{Columns: in.Columns, Trees: 6, RowsPerTree: 800, Seed: 3}
	if err := f.Fit(g); err != nil {
		t.Fatal(err)
	}
	m := g.matrix()
	bound, err := f.bind(m)
	if err != nil {
		t.Fatal(err)
	}
	s := bound.(forestScorer)
	p := len(m.cols)
	factorial := []float64{1, 1, 2, 6, 24, 120}
	levels, phi := make([]uint8, p), make([]float64, p)
	deepest := 0
	for row := range 40 {
		s.row(row, levels)
		value := make([]float64, 1<<p) // of every set of known columns
		for set := range value {
			for k := range s.Trees {
				tree := &s.Trees[k]
				var of func(node int32, depth int) float64
				of = func(node int32, depth int) float64 {
					deepest = max(deepest, depth)
					c := tree.Column[node]
					switch {
					case c < 0:
						return tree.Rate[node]
					case set>>c&1 == 1:
						return of(tree.next(node, levels), depth+1)
					}
					a, b := tree.Left[node], tree.Left[node]+1
					na, nb := float64(tree.N[a]), float64(tree.N[b])
					return (na*of(a, depth+1) + nb*of(b, depth+1)) / (na + nb)
				}
				value[set] += of(0, 0) / float64(len(s.Trees))
			}
		}
		eta := s.addends(row, phi)
		scale := (eta - s.base()) / (value[1<<p-1] - value[0])
		for c := range p {
			want := 0.0
			for set := range value {
				if set>>c&1 == 1 {
					continue
				}
				size := 0
				for k := range p {
					size += set >> k & 1
				}
				want += factorial[size] * factorial[p-size-1] / factorial[p] * (value[set|1<<c] - value[set])
			}
			if math.Abs(phi[c]-scale*want) > 1e-9 {
				t.Fatalf("row %d: column %d counts %v, want %v", row, c, phi[c], scale*want)
			}
		}
	}
	if deepest < 8 {
		t.Errorf("trees of depth %d show little", deepest)
	}
}
