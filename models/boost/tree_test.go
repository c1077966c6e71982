package boost

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A slow tree is grown as the package documents it, in floats, row by row, trying every split of every leaf: what the
// histograms, the differences and the whole numbers must come to.
type slow struct {
	Options
	cuts      []Cut
	bins      [][]uint8
	grad      []float64
	curve     []float64
	direction []int
}

type slowLeaf struct {
	node, depth int
	rows        []int
	lo, hi      float64
	gain        float64
	column      int
	left        map[uint8]bool
	values      [2]float64
	direction   int // of the column; 0 for missing against known
}

func (s *slow) sums(rows []int) (g, h float64) {
	for _, row := range rows {
		g, h = g+s.grad[row], h+s.curve[row]
	}
	return g, h
}

func (s *slow) value(g, h, extra float64, l *slowLeaf) float64 {
	g = math.Copysign(math.Max(0, math.Abs(g)-s.L1), g)
	return min(max(-g/(h+s.L2+extra), l.lo), l.hi)
}

// loss is by how much a value lowers the loss, twice.
func (s *slow) loss(g, h, extra, w float64) float64 {
	return -(2*g*w + (h+s.L2+extra)*w*w + 2*s.L1*math.Abs(w))
}

func (s *slow) search(l *slowLeaf) {
	if l.depth >= s.Depth {
		return
	}
	g, h := s.sums(l.rows)
	whole := s.loss(g, h, 0, s.value(g, h, 0, l))
	try := func(column int, left map[uint8]bool, extra float64, direction int) {
		var sides [2][]int
		for _, row := range l.rows {
			side := 1
			if left[s.bins[column][row]] {
				side = 0
			}
			sides[side] = append(sides[side], row)
		}
		if len(sides[0]) == 0 || len(sides[1]) == 0 {
			return
		}
		gl, hl := s.sums(sides[0])
		gr, hr := s.sums(sides[1])
		if hl < s.MinChild || hr < s.MinChild {
			return
		}
		a, b := s.value(gl, hl, extra, l), s.value(gr, hr, extra, l)
		if float64(direction)*(b-a) < 0 {
			return
		}
		if gain := s.loss(gl, hl, extra, a) + s.loss(gr, hr, extra, b) - whole - s.MinGain; gain > l.gain*(1+1e-9)+1e-9 {
			l.gain, l.column, l.left, l.values, l.direction = gain, column, left, [2]float64{a, b}, direction
		}
	}
	for c := range s.cuts {
		seen := map[uint8][]int{}
		for _, row := range l.rows {
			seen[s.bins[c][row]] = append(seen[s.bins[c][row]], row)
		}
		if !s.cuts[c].Text {
			for _, missing := range []bool{false, true} {
				if missing && seen[0] == nil {
					continue
				}
				left, most := map[uint8]bool{0: missing}, 0
				for bin := range seen {
					most = max(most, int(bin))
				}
				for bin := 1; bin < s.cuts[c].bins(); bin++ {
					if left[uint8(bin)] = true; seen[uint8(bin)] != nil && !(missing && bin == s.cuts[c].bins()-1) {
						own := map[uint8]bool{}
						for k, v := range left {
							own[k] = v
						}
						if bin < most {
							try(c, own, 0, s.direction[c])
						} else {
							try(c, own, 0, 0) // what is missing against all numbers
						}
					}
				}
			}
			continue
		}
		var order []uint8
		rate := map[uint8]float64{}
		smooth := catSmooth * h / float64(len(l.rows))
		for bin, rows := range seen {
			order = append(order, bin)
			gb, hb := s.sums(rows)
			rate[bin] = (gb + g/h*smooth) / (hb + smooth)
		}
		slices.SortFunc(order, func(a, b uint8) int { return cmp.Or(cmp.Compare(rate[a], rate[b]), cmp.Compare(a, b)) })
		extra := 0.0
		if len(order) > 4 {
			extra = catL2
		}
		for range 2 {
			left := map[uint8]bool{}
			for _, bin := range order[:max(0, min(len(order)-1, catMost))] {
				left[bin] = true
				own := map[uint8]bool{}
				for k := range left {
					own[k] = true
				}
				try(c, own, extra, 0)
			}
			slices.Reverse(order)
		}
	}
}

// tree returns the split and value of every node: "column left-bins" or the leaf's log-odds.
func (s *slow) tree(n int) (splits map[int]string, values map[int]float64) {
	splits, values = map[int]string{}, map[int]float64{}
	root := &slowLeaf{rows: rowsOf(n), lo: math.Inf(-1), hi: math.Inf(1)}
	s.search(root)
	leaves, nodes := []*slowLeaf{root}, 1
	for len(leaves) < s.Leaves {
		at := slices.IndexFunc(leaves, func(l *slowLeaf) bool { return l.gain > 0 })
		if at < 0 {
			break
		}
		for k, l := range leaves {
			if l.gain > leaves[at].gain {
				at = k
			}
		}
		l := leaves[at]
		a := &slowLeaf{node: nodes, depth: l.depth + 1, lo: l.lo, hi: l.hi}
		b := &slowLeaf{node: nodes + 1, depth: l.depth + 1, lo: l.lo, hi: l.hi}
		nodes += 2
		var bins []int
		for _, row := range l.rows {
			if bin := s.bins[l.column][row]; l.left[bin] {
				a.rows = append(a.rows, row)
				bins = append(bins, int(bin))
			} else {
				b.rows = append(b.rows, row)
			}
		}
		slices.Sort(bins)
		splits[l.node] = fmt.Sprint(l.column, slices.Compact(bins))
		middle := (l.values[0] + l.values[1]) / 2
		switch l.direction {
		case 1:
			a.hi, b.lo = min(a.hi, middle), max(b.lo, middle)
		case -1:
			a.lo, b.hi = max(a.lo, middle), min(b.hi, middle)
		}
		s.search(a)
		s.search(b)
		leaves[at] = a
		leaves = append(leaves, b)
	}
	for _, l := range leaves {
		g, h := s.sums(l.rows)
		values[l.node] = s.Rate * s.value(g, h, 0, l)
	}
	return splits, values
}

// TestTreesAreThoseOfTheSlowWay grows two trees of weighted rows either way, under every option that changes a split.
func TestTreesAreThoseOfTheSlowWay(t *testing.T) {
	const n = 500
	for name, o := range map[string]Options{
		"plain": {Leaves: 12}, "deep": {Leaves: 40, MinChild: -1}, "shallow": {Leaves: 99, Depth: 3},
		"L1": {Leaves: 10, L1: 2}, "no L2": {Leaves: 8, L2: -1, MinChild: 5}, "gain": {Leaves: 30, MinGain: 1}, "few bins": {Leaves: 12, Bins: 7},
	} {
		t.Run(name, func(t *testing.T) {
			columns, y := book(n, 11)
			columns = append(columns, Column{Name: "e", Numbers: slices.Clone(columns[0].Numbers), Direction: -1}) // against the grain
			for i := range columns[4].Numbers {
				columns[4].Numbers[i] += columns[1].Numbers[i]
			}
			o := o
			o.Trees, o.Rate = 2, 0.5
			weight := make([]float64, n) // so that no two splits are worth the same
			for i := range weight {
				weight[i] = float64(1+mix(uint64(i))%1000) / 1000
			}
			e, err := Fit(Input{Columns: columns, Default: y, Weight: weight, Rows: rowsOf(n), Options: o})
			if err != nil {
				t.Fatal(err)
			}
			s := &slow{Options: o.WithDefaults(), cuts: e.Cuts, grad: make([]float64, n), curve: make([]float64, n)}
			scorer := e.Scorer(columns)
			for c := range columns {
				s.bins, s.direction = append(s.bins, make([]uint8, n)), append(s.direction, columns[c].Direction)
				for row := range n {
					s.bins[c][row] = scorer.Bin(c, row)
				}
			}
			eta := make([]float64, n)
			for i := range eta {
				eta[i] = e.Base
			}
			for k := range e.Trees {
				tree := &e.Trees[k]
				for i, v := range eta {
					p := 1 / (1 + math.Exp(-v))
					s.grad[i], s.curve[i] = weight[i]*(p-float64(y[i])), weight[i]*p*(1-p)
				}
				splits, values := s.tree(n)
				at := make([][]int, len(tree.Nodes))
				at[0] = rowsOf(n)
				for i := range tree.Nodes {
					node := &tree.Nodes[i]
					if node.Left == 0 {
						if want, ok := values[i]; !ok || math.Abs(node.Value-want) > 1e-6 {
							t.Errorf("tree %d: leaf %d is worth %v, want %v", k, i, node.Value, want)
						}
						if node.Cover != len(at[i]) {
							t.Errorf("tree %d: leaf %d covers %d rows, want %d", k, i, node.Cover, len(at[i]))
						}
						for _, row := range at[i] {
							eta[row] += node.Value
						}
						continue
					}
					var bins []int
					for _, row := range at[i] {
						bin := s.bins[node.Column][row]
						if node.left(bin) {
							bins = append(bins, int(bin))
							at[node.Left] = append(at[node.Left], row)
						} else {
							at[node.Left+1] = append(at[node.Left+1], row)
						}
					}
					slices.Sort(bins)
					if got := fmt.Sprint(node.Column, slices.Compact(bins)); got != splits[i] {
						t.Fatalf("tree %d: node %d splits by %s, want %s", k, i, got, splits[i])
					}
				}
				if len(splits) < 2 || len(splits)+len(values) != len(tree.Nodes) {
					t.Errorf("tree %d has %d nodes, want %d splits and %d leaves", k, len(tree.Nodes), len(splits), len(values))
				}
			}
		})
	}
}

// TestScoresAreTheTrees: whatever the table, the options and the number of rows scored at once, blocks of bits give what a
// walk from node to node gives, to the bit; and an ensemble read back gives the same.
func TestScoresAreTheTrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 5))
		n := rapid.IntRange(20, 900).Draw(t, "rows")
		texts := []string{"", "p", "q", "r", "s", "t", "u"}
		var columns []Column
		for range rapid.IntRange(1, 19).Draw(t, "columns") {
			switch c := (Column{Numbers: make([]float64, n)}); rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				c.Numbers, c.Codes, c.Texts = nil, make([]int32, n), texts
				for i := range c.Codes {
					c.Codes[i] = int32(r.IntN(len(texts)))
				}
				columns = append(columns, c)
			case 1: // few values, some missing
				for i := range c.Numbers {
					if c.Numbers[i] = float64(r.IntN(4)); r.IntN(5) == 0 {
						c.Numbers[i] = math.NaN()
					}
				}
				columns = append(columns, c)
			default:
				odd := []float64{math.Inf(1), math.Inf(-1), math.NaN(), 0, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64}
				for i := range c.Numbers {
					if c.Numbers[i] = math.Exp(3 * r.NormFloat64()); r.IntN(4) == 0 {
						c.Numbers[i] = odd[r.IntN(len(odd))]
					}
				}
				c.Direction = r.IntN(3) - 1
				columns = append(columns, c)
			}
		}
		y := make([]uint8, n)
		for i := range y {
			y[i] = uint8(r.IntN(2))
		}
		y[0], y[1] = 0, 1
		o := Options{Trees: 4, Leaves: rapid.SampledFrom([]int{2, 3, 7, 60, 700}).Draw(t, "leaves"), MinChild: -1, Rows: rapid.SampledFrom([]float64{0.5, 1}).Draw(t, "drawn"),
			Columns: rapid.SampledFrom([]float64{0.4, 1}).Draw(t, "drawn columns"), Bins: rapid.SampledFrom([]int{3, 254}).Draw(t, "bins")}
		e, err := Fit(Input{Columns: columns, Default: y, Rows: rowsOf(n), Options: o})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		again := &Ensemble{}
		if err := json.Unmarshal(text, again); err != nil {
			t.Fatal(err)
		}
		if err := again.Prepare(); err != nil {
			t.Fatal(err)
		}
		for c := range columns { // texts that training did not see
			if columns[c].Texts != nil {
				columns[c].Texts = append(slices.Clone(texts[:5]), "new", "u")
			}
		}
		some := rowsOf(n)[:rapid.IntRange(1, n).Draw(t, "scored")]
		r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		one, two := make([]float64, len(some)), make([]float64, len(some))
		e.Score(columns, some, one)
		again.Score(columns, some, two)
		s := e.Scorer(columns)
		for k, row := range some {
			want := e.Base
			for i := range e.Trees {
				nodes := e.Trees[i].Nodes
				at := 0
				for nodes[at].Left > 0 {
					next := nodes[at].Left + 1
					if nodes[at].left(s.Bin(nodes[at].Column, row)) {
						next--
					}
					at = next
				}
				want += nodes[at].Value
			}
			if one[k] != want || two[k] != want || s.LogOdds(row) != want {
				t.Fatalf("row %d: %v in a block, %v read back, %v alone, want %v", row, one[k], two[k], s.LogOdds(row), want)
			}
		}
	})
}

// TestDrawnEdges: of many rows those that say where edges lie are the same in any order, and bins hold about as many rows.
func TestDrawnEdges(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	const n, want = 40_000, 8_000
	columns := []Column{{Numbers: make([]float64, n)}, {Codes: make([]int32, n), Texts: []string{"a", "b", ""}}, {Numbers: make([]float64, n)}}
	for i := range n {
		columns[0].Numbers[i], columns[1].Codes[i], columns[2].Numbers[i] = math.Exp(r.NormFloat64()), int32(r.IntN(3)), float64(r.IntN(5))
	}
	rows := rowsOf(n)
	some := drawn(columns, rows, want)
	if len(some) < want*9/10 || len(some) > want*11/10 {
		t.Errorf("%d rows drawn, want about %d", len(some), want)
	}
	mixed := slices.Clone(rows)
	r.Shuffle(n, func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	again := drawn(columns, mixed, want)
	slices.Sort(again)
	if !slices.Equal(some, again) {
		t.Error("rows in another order: others are drawn")
	}
	cut := edges(sortedKeys(columns[0].Numbers, some), 100)
	count := make([]int, len(cut)+1)
	for _, v := range columns[0].Numbers {
		k, _ := slices.BinarySearch(cut, v)
		count[k]++
	}
	for bin, c := range count {
		if c < n/100*2/3 || c > n/100*3/2 {
			t.Errorf("bin %d of %d holds %d rows of %d", bin, len(count), c, n)
		}
	}
	if got := drawn(columns[2:], rows, want); len(got) != n {
		t.Errorf("%d rows drawn where rows are five over and over, want all", len(got))
	}
}

func TestLadder(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for size := range 255 {
		cut := Cut{Edges: make([]float64, size)}
		for i := range cut.Edges {
			cut.Edges[i] = float64(r.IntN(1000))
		}
		slices.Sort(cut.Edges)
		cut.Edges = slices.Compact(cut.Edges)
		numbers := []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, 1000}
		for range 33 {
			numbers = append(numbers, float64(r.IntN(2000))/2)
		}
		got := make([]uint8, len(numbers))
		newLadder(cut.Edges).bins(numbers, got)
		for i, v := range numbers {
			want := 0
			if v == v {
				want = 1
				for _, edge := range cut.Edges {
					if v > edge {
						want++
					}
				}
			}
			if int(got[i]) != want || int(cut.bin(v)) != want {
				t.Fatalf("%d edges: %v is in bin %d, alone %d, want %d", size, v, got[i], cut.bin(v), want)
			}
		}
	}
}

func TestPrepareRefuses(t *testing.T) {
	set := &[4]uint64{2}
	for name, nodes := range map[string][]Node{
		"no nodes":            {},
		"its own child":       {{Left: 0, Column: 0}, {Left: 1}, {}},
		"a child too far":     {{Left: 2, Edge: 1, Threshold: 5}, {}, {}},
		"an unknown column":   {{Left: 1, Column: 2, Edge: 1, Threshold: 5}, {}, {}},
		"a set of numbers":    {{Left: 1, Set: set}, {}, {}},
		"a threshold of text": {{Left: 1, Column: 1, Edge: 1, Threshold: 5}, {}, {}},
		"another threshold":   {{Left: 1, Edge: 1, Threshold: 6}, {}, {}},
		"an orphan":           {{Left: 1, Edge: 1, Threshold: 5}, {}, {}, {}},
		"two parents":         {{Left: 1, Edge: 1, Threshold: 5}, {Left: 3, Edge: 1, Threshold: 5}, {Left: 3, Edge: 1, Threshold: 5}, {}, {}},
	} {
		e := &Ensemble{Cuts: []Cut{{Edges: []float64{5}}, {Text: true, Texts: []string{"a"}}}, Trees: []Tree{{Nodes: nodes}}}
		if err := e.Prepare(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	e := &Ensemble{Cuts: []Cut{{Edges: []float64{5}}, {Text: true, Texts: []string{"a"}}},
		Trees: []Tree{{Nodes: []Node{{Left: 1, Edge: 1, Threshold: 5}, {Left: 3, Column: 1, Set: set}, {Left: 5, Edge: 2, Threshold: math.MaxFloat64}, {}, {}, {}, {}}}}}
	if err := e.Prepare(); err != nil {
		t.Error(err)
	}
}
