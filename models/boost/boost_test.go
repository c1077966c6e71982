package boost

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// book is a table whose log-odds rise with a, bend in b, hang on the text c, and have nothing to do with d; some cells are missing.
func book(n int, seed uint64) (columns []Column, y []uint8) {
	r := rand.New(rand.NewPCG(seed, 1))
	a, b, d := make([]float64, n), make([]float64, n), make([]float64, n)
	codes, texts := make([]int32, n), []string{"north", "south", "west", ""}
	y = make([]uint8, n)
	for i := range n {
		a[i], b[i], d[i], codes[i] = r.NormFloat64(), r.Float64()*4-2, math.Floor(r.Float64()*5), int32(r.IntN(4))
		eta := -1.5 + a[i] + math.Abs(b[i]) - 1 + []float64{-0.7, 0, 0.7, 0.3}[codes[i]]
		if r.IntN(10) == 0 {
			a[i], eta = math.NaN(), eta-a[i]+1
		}
		if r.Float64() < 1/(1+math.Exp(-eta)) {
			y[i] = 1
		}
	}
	return []Column{{Name: "a", Numbers: a, Direction: 1}, {Name: "b", Numbers: b}, {Name: "c", Codes: codes, Texts: texts}, {Name: "d", Numbers: d}}, y
}

func rowsOf(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

func loss(eta []float64, y []uint8) (sum float64) {
	for i, e := range eta {
		if y[i] == 1 {
			e = -e
		}
		sum += math.Log1p(math.Exp(e)) / float64(len(y))
	}
	return sum
}

func TestFitLearns(t *testing.T) {
	columns, y := book(6000, 1)
	fit, test := rowsOf(6000)[:4000], rowsOf(6000)[4000:]
	e, err := Fit(Input{Columns: columns, Default: y, Rows: fit, StopBy: test[:1000], Options: Options{Leaves: 8, Rows: 0.8, Columns: 0.8}})
	if err != nil {
		t.Fatal(err)
	}
	eta := make([]float64, 1000)
	e.Score(columns, test[1000:], eta)
	flat := make([]float64, 1000)
	for i := range flat {
		flat[i] = e.Base
	}
	if is, base := loss(eta, y[5000:]), loss(flat, y[5000:]); is > base-0.07 {
		t.Errorf("log loss %.4f against %.4f of the base rate", is, base)
	}
}

// TestSameTrees: whatever the order of the rows and the number of processors; also where so many rows that only some say
// where edges lie.
func TestSameTrees(t *testing.T) {
	for _, c := range []struct {
		n int
		o Options
	}{
		{70_000, Options{Trees: 5, Leaves: 16, Rows: 0.7, Columns: 0.7}},
		{70_000, Options{Trees: 5, Leaves: 16}},
		{edgeRows * 8 / 5, Options{Trees: 1, Leaves: 8}},
	} {
		columns, y := book(c.n, 2)
		rows := rowsOf(len(y))
		bytes := func(rows []int, processors int) []byte {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			e, err := Fit(Input{Columns: columns, Default: y, Rows: rows, Options: c.o})
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		want := bytes(rows, 1)
		mixed := slices.Clone(rows)
		rand.New(rand.NewPCG(3, 3)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if !slices.Equal(want, bytes(mixed, 4)) {
			t.Errorf("%d rows, %+v: in another order on four processors they give other trees", c.n, c.o)
		}
	}
}

// TestInnerLoopsDoNotAllocate: what is done for every row, cell or bin.
func TestInnerLoopsDoNotAllocate(t *testing.T) {
	columns, y := wide(5000, 21)
	in := Input{Columns: columns, Default: y, Rows: rowsOf(5000)}
	cuts := newCuts(columns, in.Rows, maxBins)
	g := &grower{Options: Options{}.WithDefaults(), table: newTable(columns, cuts, in.Rows), direction: make([]int, 21)}
	g.take(in, 0)
	g.slopes()
	g.drawColumns(nil)
	root, _ := g.draw(rand.New(rand.NewPCG(1, 1)))
	root.hist = g.blank()
	goes := (&Node{Edge: 9}).goes()
	for what, do := range map[string]func(){
		"histograms": func() { g.add(root.hist, 0, root, root.parts) },
		"splits":     func() { g.best(root, 1) },
		"partition":  func() { divide(g.rows[2], g.packed[2], g.rows[0], g.packed[0], g.bins[0], &goes) },
	} {
		if n := testing.AllocsPerRun(10, do); n > 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}

// TestFirstSplit holds the first tree's root against the best split found by trying all of them in floats.
func TestFirstSplit(t *testing.T) {
	columns, y := book(3000, 4)
	columns = columns[1:2] // b: every value its own bin or near to it
	o := Options{Trees: 1, Leaves: 2, Rate: 1, Bins: 254}
	e, err := Fit(Input{Columns: columns, Default: y, Rows: rowsOf(3000), Options: o})
	if err != nil {
		t.Fatal(err)
	}
	p := 1 / (1 + math.Exp(-e.Base))
	gain := func(threshold float64) (float64, float64, float64) {
		var g, h [2]float64
		for i, x := range columns[0].Numbers {
			side := 0
			if x > threshold {
				side = 1
			}
			g[side] += p - float64(y[i])
			h[side] += p * (1 - p)
		}
		return g[0]*g[0]/(h[0]+1) + g[1]*g[1]/(h[1]+1), -g[0] / (h[0] + 1), -g[1] / (h[1] + 1)
	}
	most, at := 0.0, 0.0
	for _, threshold := range e.Cuts[0].Edges {
		if v, _, _ := gain(threshold); v > most {
			most, at = v, threshold
		}
	}
	root := e.Trees[0].Nodes[0]
	if root.Threshold != at {
		t.Errorf("split at %v, want %v", root.Threshold, at)
	}
	_, left, right := gain(at)
	for k, want := range []float64{left, right} {
		if got := e.Trees[0].Nodes[1+k].Value; math.Abs(got-want) > 1e-6 {
			t.Errorf("leaf %d is worth %v, want %v", k, got, want)
		}
	}
}

func TestMonotone(t *testing.T) {
	columns, y := book(4000, 5)
	e, err := Fit(Input{Columns: columns, Default: y, Rows: rowsOf(4000), Options: Options{Trees: 120, Leaves: 16, MinChild: -1}})
	if err != nil {
		t.Fatal(err)
	}
	grid := 60
	for row := range 40 {
		probe := slices.Clone(columns)
		for c := range probe {
			if probe[c].Numbers == nil {
				probe[c].Codes = slices.Repeat([]int32{columns[c].Codes[row]}, grid)
			} else {
				probe[c].Numbers = slices.Repeat([]float64{columns[c].Numbers[row]}, grid)
			}
		}
		for k := range grid {
			probe[0].Numbers[k] = -3 + 0.1*float64(k)
		}
		eta := make([]float64, grid)
		e.Score(probe, rowsOf(grid), eta)
		if !slices.IsSorted(eta) {
			t.Fatalf("row %d: log-odds fall somewhere as a rises: %v", row, eta)
		}
	}
}

// TestExplain holds the reasons against Shapley's formula over all sets of columns.
func TestExplain(t *testing.T) {
	columns, y := book(3000, 6)
	e, err := Fit(Input{Columns: columns, Default: y, Rows: rowsOf(3000), Options: Options{Trees: 25, Leaves: 10}})
	if err != nil {
		t.Fatal(err)
	}
	s := e.Scorer(columns)
	p := len(columns)
	factorial := []float64{1, 1, 2, 6, 24}
	for row := range 60 {
		phi := make([]float64, p)
		base := s.Explain(row, phi)
		sum := base
		for _, v := range phi {
			sum += v
		}
		if want := s.LogOdds(row); math.Abs(sum-want) > 1e-9 {
			t.Fatalf("row %d: base and reasons add up to %v, log-odds are %v", row, sum, want)
		}
		value := make([]float64, 1<<p) // of every set of known columns
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

func TestOddTables(t *testing.T) {
	inf := math.Inf(1)
	for name, numbers := range map[string][]float64{
		"constant": {1, 1, 1, 1, 1, 1}, "missing": {math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()},
		"infinite": {-inf, inf, 0, -inf, inf, 0}, "zeros": {0, math.Copysign(0, -1), 0, 0, 1, 1},
	} {
		columns := []Column{{Name: name, Numbers: numbers}}
		e, err := Fit(Input{Columns: columns, Default: []uint8{0, 1, 0, 0, 1, 0}, Rows: rowsOf(6), Options: Options{Trees: 4, MinChild: -1}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		b, err := json.Marshal(e)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again := &Ensemble{}
		if err := json.Unmarshal(b, again); err != nil {
			t.Fatal(err)
		}
		if err := again.Prepare(); err != nil {
			t.Fatal(err)
		}
		one, two := make([]float64, 6), make([]float64, 6)
		e.Score(columns, rowsOf(6), one)
		again.Score(columns, rowsOf(6), two)
		if !slices.Equal(one, two) || slices.ContainsFunc(one, math.IsNaN) {
			t.Errorf("%s: %v, read back %v", name, one, two)
		}
		if name == "infinite" && one[1] <= one[0] {
			t.Errorf("infinite: %v", one)
		}
	}
	if _, err := Fit(Input{Columns: []Column{{Numbers: []float64{1, 2}}}, Default: []uint8{1, 1}, Rows: rowsOf(2)}); err != ErrOneClass {
		t.Errorf("one class: %v", err)
	}
}

// TestStopsAtTheLeastLoss: growing ends when the log loss of the rows to stop by has not fallen for as many trees as
// patience, and the trees after the least loss are dropped.
func TestStopsAtTheLeastLoss(t *testing.T) {
	columns, y := book(3000, 9)
	in := Input{Columns: columns, Default: y, Rows: rowsOf(3000)[:2000], Options: Options{Trees: 150, Leaves: 12, Rate: 0.2, Rows: 0.6}}
	all, err := Fit(in)
	if err != nil {
		t.Fatal(err)
	}
	stopBy := rowsOf(3000)[2000:]
	best, most, patience := 0, math.Inf(1), 12
	eta := make([]float64, len(stopBy))
	for k := range all.Trees {
		some := &Ensemble{Cuts: all.Cuts, Base: all.Base, Trees: all.Trees[:k+1]}
		if err := some.Prepare(); err != nil {
			t.Fatal(err)
		}
		some.Score(columns, stopBy, eta)
		if l := loss(eta, y[2000:]); l < most {
			best, most = k, l
		} else if k-best >= patience {
			break
		}
	}
	in.StopBy, in.Options.Patience = stopBy, patience
	e, err := Fit(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Trees) != best+1 || best == 149 {
		t.Errorf("%d trees are kept, want %d", len(e.Trees), best+1)
	}
}

// TestCustomersAreDrawnTogether: a tree knows all of a customer's rows or none.
func TestCustomersAreDrawnTogether(t *testing.T) {
	columns, y := book(4000, 10)
	customer := make([]uint64, len(y))
	for i := range customer {
		customer[i] = uint64(i % 500)
	}
	in := Input{Columns: columns, Default: y, Customer: customer, Rows: rowsOf(len(y))}
	cuts := newCuts(columns, in.Rows, maxBins)
	g := &grower{Options: Options{Rows: 0.6}.WithDefaults(), table: newTable(columns, cuts, in.Rows), direction: make([]int, len(columns))}
	g.take(in, 0)
	g.slopes()
	g.drawColumns(nil)
	drawn := [2]map[uint64]bool{{}, {}}
	for k := range drawn {
		l, rest := g.draw(rand.New(rand.NewPCG(1, uint64(k))))
		n := map[uint64]int{}
		for _, i := range g.rows[l.side][:l.n] {
			n[customer[i]]++
			drawn[k][customer[i]] = true
		}
		for c, rows := range n {
			if rows != 8 {
				t.Fatalf("%d of the 8 rows of customer %d are drawn", rows, c)
			}
		}
		if l.n+len(rest) != len(y) || len(n) < 250 || len(n) > 350 {
			t.Errorf("%d rows of %d customers drawn, %d not; want 0.6 of 4000 and 500", l.n, len(n), len(rest))
		}
	}
	both := 0
	for c := range drawn[0] {
		if drawn[1][c] {
			both++
		}
	}
	if both < 140 || both > 220 { // 0.36 of 500
		t.Errorf("two trees share %d customers", both)
	}
}

// TestWeights: a row of weight 0 is as good as absent.
func TestWeights(t *testing.T) {
	columns, y := book(2000, 7)
	weight := make([]float64, 2000)
	for i := range 1000 {
		weight[i] = 1
	}
	o := Options{Trees: 10, Leaves: 8}
	half, err := Fit(Input{Columns: columns, Default: y, Rows: rowsOf(1000), Options: o})
	if err != nil {
		t.Fatal(err)
	}
	all, err := Fit(Input{Columns: columns, Default: y, Weight: weight, Rows: rowsOf(2000), Options: o})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fit(Input{Columns: columns, Default: y, Weight: slices.Repeat([]float64{1.5}, 2000), Rows: rowsOf(2000), Options: o}); err == nil || !strings.Contains(err.Error(), "weight of row 1 is 1.5, want 0 to 1") {
		t.Errorf("a weight of 1.5: %v", err)
	}
	if math.Abs(half.Base-all.Base) > 1e-9 {
		t.Errorf("base %v with weights, %v without", all.Base, half.Base)
	}
	one, two := make([]float64, 1000), make([]float64, 1000)
	half.Score(columns, rowsOf(1000), one)
	all.Score(columns, rowsOf(1000), two)
	// Bins differ, since they are cut over all rows; what is learnt hardly does.
	if a, b := loss(one, y[:1000]), loss(two, y[:1000]); math.Abs(a-b) > 0.01 {
		t.Errorf("log loss %v and %v", a, b)
	}
}

func BenchmarkFit(b *testing.B) {
	for _, size := range [][2]int{{30_000, 25}, {150_000, 10}, {1_000_000, 60}} {
		b.Run(fmt.Sprintf("rows=%d/columns=%d", size[0], size[1]), func(b *testing.B) {
			if testing.Short() && size[0] > 100_000 {
				b.Skip("a large table")
			}
			columns, y := wide(size[0], size[1])
			const trees = 20
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Fit(Input{Columns: columns, Default: y, Rows: rowsOf(len(y)), Options: Options{Trees: trees}}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size[0])*float64(size[1])*trees*float64(b.N)/b.Elapsed().Seconds(), "cells·trees/s")
		})
	}
}

func BenchmarkScore(b *testing.B) {
	for _, trees := range []int{100, 400} {
		b.Run(fmt.Sprintf("trees=%d", trees), func(b *testing.B) {
			columns, y := wide(30_000, 25)
			e, err := Fit(Input{Columns: columns, Default: y, Rows: rowsOf(len(y)), Options: Options{Trees: trees}})
			if err != nil {
				b.Fatal(err)
			}
			out := make([]float64, len(y))
			b.ReportAllocs()
			for b.Loop() {
				e.Score(columns, rowsOf(len(y)), out)
			}
			b.ReportMetric(float64(len(y))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func wide(n, p int) ([]Column, []uint8) {
	r := rand.New(rand.NewPCG(9, 9))
	columns, y := make([]Column, p), make([]uint8, n)
	for c := range columns {
		columns[c].Numbers = make([]float64, n)
		for i := range n {
			columns[c].Numbers[i] = r.NormFloat64()
		}
	}
	for i := range n {
		if r.Float64() < 1/(1+math.Exp(1.5-columns[0].Numbers[i]-columns[1].Numbers[i]*columns[2].Numbers[i])) {
			y[i] = 1
		}
	}
	return columns, y
}
