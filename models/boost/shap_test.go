package boost

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestExplainDeep holds reasons of deep trees over many columns, some of them missing, against Shapley's formula over all
// sets of columns.
func TestExplainDeep(t *testing.T) {
	const p, n = 11, 1500
	r := rand.New(rand.NewPCG(5, 5))
	columns, y := make([]Column, p), make([]uint8, n)
	for c := range columns {
		columns[c].Numbers = make([]float64, n)
	}
	for i := range n {
		sum := 0.0
		for c := range columns {
			columns[c].Numbers[i] = r.NormFloat64()
			sum += columns[c].Numbers[i] * columns[(c+1)%p].Numbers[i]
			if r.IntN(8) == 0 {
				columns[c].Numbers[i] = math.NaN()
			}
		}
		if sum > 0 || math.IsNaN(sum) {
			y[i] = 1
		}
	}
	e, err := Fit(Input{Columns: columns, Default: y, Rows: rowsOf(n), Options: Options{Trees: 3, Leaves: 60, MinChild: -1}})
	if err != nil {
		t.Fatal(err)
	}
	used := map[int]bool{}
	for _, n := range e.Trees[0].Nodes {
		used[n.Column] = true
	}
	if d := e.Trees[0].depth(0); d < 8 || len(used) < p {
		t.Fatalf("a tree of depth %d over %d columns shows little", d, len(used))
	}
	s := e.Scorer(columns)
	factorial := [p + 1]float64{1}
	for k := 1; k <= p; k++ {
		factorial[k] = factorial[k-1] * float64(k)
	}
	phi := make([]float64, p)
	for row := range 6 {
		if base := s.Explain(row, phi); math.Abs(base-e.Root()) > 1e-12 {
			t.Fatalf("row %d: base %v, want %v", row, base, e.Root())
		}
		value := make([]float64, 1<<p)
		for set := range value {
			var of func(tree *Tree, at int) float64
			of = func(tree *Tree, at int) float64 {
				n := &tree.Nodes[at]
				a, b := n.Left, n.Left+1
				switch {
				case n.Left == 0:
					return n.Value
				case set>>n.Column&1 == 0:
					wa, wb := float64(tree.Nodes[a].Cover), float64(tree.Nodes[b].Cover)
					return (wa*of(tree, a) + wb*of(tree, b)) / (wa + wb)
				case n.left(s.Bin(n.Column, row)):
					return of(tree, a)
				}
				return of(tree, b)
			}
			for k := range e.Trees {
				value[set] += of(&e.Trees[k], 0)
			}
		}
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
			if math.Abs(phi[c]-want) > 1e-9 {
				t.Fatalf("row %d: column %d counts %v, want %v", row, c, phi[c], want)
			}
		}
	}
}

func TestRuleIsExact(t *testing.T) {
	for points := 1; points <= 30; points++ {
		r := NewRule(points)
		for degree := range 2 * points {
			sum := 0.0
			for i, x := range r.At {
				sum += r.Weight[i] * math.Pow(x, float64(degree))
			}
			if want := 1 / float64(degree+1); math.Abs(sum-want) > 1e-13 {
				t.Errorf("%d points: the integral of x^%d is %v, want %v", points, degree, sum, want)
			}
		}
	}
}
