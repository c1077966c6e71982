package models

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/trees"
)

// A sample holds the training rows as levels, in an order that depends on their content alone.
type sample struct {
	columns   []Quantiser
	direction []int
	levels    [][]uint8 // per row
	byColumn  [][]uint8 // the same per column
	y         []uint8
	weight    []int32  // what a row counts for, in units
	unit      float64  // of a row that counts fully
	row       []int    // each row's place among the rows given
	customer  []uint64 // nil where every row stands for itself
	repeats   float64  // rows of defaulters to each defaulter
	logs      []float64
}

func newSample(columns []Quantiser, known []Column, m *matrix, y []uint8, rows []int, most int) *sample {
	p := len(columns)
	s := &sample{columns: columns, direction: make([]int, p), repeats: 1, unit: 1, logs: make([]float64, min(most, len(rows))+1)}
	for n := 1; n < len(s.logs); n++ {
		s.logs[n] = float64(n) * math.Log(float64(n))
	}
	if m.weight != nil {
		s.unit = weightUnit
	}
	lines, cells := make([]int, len(rows)), make([]uint8, len(rows)*p)
	line := func(j int) []uint8 { return cells[j*p : (j+1)*p : (j+1)*p] }
	for i := range columns {
		s.direction[i] = known[i].Direction
		level := columns[i].bind(&m.cols[i])
		for j, row := range rows {
			cells[j*p+i] = level(row)
		}
	}
	content := make([]uint64, len(rows)) // tells rows of like levels apart, whatever order they came in
	for j, row := range rows {
		lines[j], content[j] = j, m.hash(row)
	}
	slices.SortFunc(lines, func(a, b int) int {
		if c := bytes.Compare(line(a), line(b)); c != 0 {
			return c
		}
		if c := int(y[rows[a]]) - int(y[rows[b]]); c != 0 {
			return c
		}
		if m.customer != nil && m.customer[rows[a]] != m.customer[rows[b]] {
			return cmp.Compare(m.customer[rows[a]], m.customer[rows[b]])
		}
		return cmp.Or(cmp.Compare(content[a], content[b]), cmp.Compare(m.weightOf(rows[a]), m.weightOf(rows[b])))
	})
	s.row, s.byColumn = lines, make([][]uint8, p)
	for i := range s.byColumn {
		s.byColumn[i] = make([]uint8, len(rows))
	}
	var defaulted []uint64
	for at, j := range lines {
		levels, outcome := line(j), y[rows[j]]
		s.levels, s.y = append(s.levels, levels), append(s.y, outcome)
		s.weight = append(s.weight, int32(math.Round(m.weightOf(rows[j])*s.unit)))
		for i, l := range levels {
			s.byColumn[i][at] = l
		}
		if m.customer != nil {
			s.customer = append(s.customer, m.customer[rows[j]])
			if outcome == 1 {
				defaulted = append(defaulted, m.customer[rows[j]])
			}
		}
	}
	if m.customer != nil {
		s.repeats = float64(len(defaulted)) / float64(distinct(defaulted))
	}
	return s
}

// weightUnit is into how many parts a row is cut where rows count for less than one.
const weightUnit = 64

// leastShare is the share of defaults that a tree's rows should have. Rare ones are drawn more often than others, though
// never so often that no tree is left without one of them; rates are those of all rows in any case.
const leastShare = 0.2

// bagShare of the customers lend a tree their rows, as of rows drawn with replacement.
const bagShare = 0.632

// draw returns rows for a tree, drawn with replacement from either outcome, and which rows the tree knows: those drawn,
// or all those of the customers whose rows could be drawn.
func (s *sample) draw(rows int, source *rand.Rand) (places []int, known []bool) {
	known = make([]bool, len(s.y))
	salt := source.Uint64()
	var of [2][]int // rows to draw from, by outcome
	for i, y := range s.y {
		if s.customer != nil {
			known[i] = float64(mix(s.customer[i]^salt)>>11)/(1<<53) < bagShare
		}
		if s.customer == nil || known[i] {
			of[y] = append(of[y], i)
		}
	}
	n := min(rows, len(of[0])+len(of[1]))
	share := max(leastShare, float64(len(of[1]))/float64(max(1, len(of[0])+len(of[1]))))
	bad := min(len(of[1]), int(math.Round(share*float64(n))))
	for y, k := range []int{min(len(of[0]), n-bad), bad} {
		for range k {
			place := of[y][source.IntN(len(of[y]))]
			for range 20 { // a row is drawn as often as it counts
				if source.Float64()*s.unit < float64(s.weight[place]) || s.unit == 1 {
					break
				}
				place = of[y][source.IntN(len(of[y]))]
			}
			places = append(places, place)
			known[place] = true
		}
	}
	slices.Sort(places)
	return places, known
}

// stageDepth is how many levels of a tree golearn grows in one go.
const stageDepth = 3

// grow lets golearn build a tree over the places and compiles it.
//
// golearn reads every cell of every column at every split, each through as many maps as the node is deep, and uses a
// column once on the way to a leaf. So its grid holds not the table's columns but the row's place in the sample and one
// column per depth; the rule writes into the latter on which side of its split each row lies, and golearn parts the rows
// by it. After a few levels the leaves' rows get grids of their own, and what golearn grows there is grafted on.
func (s *sample) grow(places []int, seed uint64) (flatTree, error) {
	t := flatTree{}
	if len(places) == 0 {
		t.compile(&trees.DecisionTreeNode{}, nil)
		return t, nil
	}
	r := &rule{sample: s, places: places, seed: seed, cut: map[*trees.DecisionTreeRule]cut{}}
	root, err := r.stage(allRows(len(places)), treeDepth)
	if err != nil {
		return t, err
	}
	t.compile(root, r)
	return t, nil
}

// stage grows the tree of some rows, up to a depth.
func (r *rule) stage(rows []int, depth int) (*trees.DecisionTreeNode, error) {
	label, number := make([]uint8, len(rows)), make([]float64, len(rows))
	for i, row := range rows {
		label[i], number[i] = r.sample.y[r.places[row]], float64(i)
	}
	r.rows, r.sides, r.depth = rows, nil, map[base.Attribute]int{}
	names, cols := []string{"row"}, []arrow.Array{float64Array(number)}
	for level := range min(depth, stageDepth) {
		r.sides = append(r.sides, make([]float64, len(rows)))
		names, cols = append(names, "side "+strconv.Itoa(level)), append(cols, float64Array(r.sides[level]))
	}
	rec := newRecord(names, cols)
	defer rec.Release()
	grid, err := NewGrid(rec, names, label)
	if err != nil {
		return nil, err
	}
	defer grid.Release()
	r.row = grid.specs[1]
	for level, a := range grid.attrs[2:] {
		r.depth[a] = level
	}
	tree := trees.NewID3DecisionTreeFromRule(0, r)
	if err := tree.Fit(grid); err != nil {
		return nil, err
	}
	if depth > stageDepth {
		err = r.graft(tree.Root, rows, 0, depth-stageDepth)
	}
	return tree.Root, err
}

// graft grows on from the leaves where a stage ended.
func (r *rule) graft(node *trees.DecisionTreeNode, rows []int, level, depth int) error {
	if low, high := node.Children["0"], node.Children["1"]; low != nil && high != nil {
		c := r.cut[node.SplitRule]
		var sides [2][]int
		for _, row := range rows {
			side := 0
			if r.sample.byColumn[c.column][r.places[row]] > c.level {
				side = 1
			}
			sides[side] = append(sides[side], row)
		}
		return errors.Join(r.graft(low, sides[0], level+1, depth), r.graft(high, sides[1], level+1, depth))
	}
	if level < stageDepth || len(rows) < 2*treeMinLeaf {
		return nil
	}
	on, err := r.stage(rows, depth)
	if err != nil {
		return err
	}
	node.Children, node.SplitRule = on.Children, on.SplitRule
	return nil
}

func float64Array(values []float64) arrow.Array {
	data := array.NewData(arrow.PrimitiveTypes.Float64, len(values), []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Float64Traits.CastToBytes(values))}, nil, 0, 0)
	defer data.Release()
	return array.NewFloat64Data(data)
}

// rule proposes golearn's splits: of some columns drawn for the node, the one of highest information gain that leaves
// enough rows on both sides and keeps the column's direction.
type rule struct {
	sample *sample
	places []int // of the tree's rows in the sample
	seed   uint64
	rows   []int // of the stage, among the tree's
	row    base.AttributeSpec
	depth  map[base.Attribute]int
	sides  [][]float64 // by depth: 1 for rows beyond the cut; these are the cells of golearn's grid
	cut    map[*trees.DecisionTreeRule]cut
}

// A cut is what a split means in the table's columns.
type cut struct {
	column int
	level  uint8
}

// GenerateSplitRule implements trees.RuleGenerator. It returns nil where the tree should end.
func (r *rule) GenerateSplitRule(f base.FixedDataGrid) *trees.DecisionTreeRule {
	_, n := f.Size()
	if n < 2*treeMinLeaf {
		return nil
	}
	var side base.Attribute // the first left: golearn takes away one at each depth
	depth := stageDepth
	for _, a := range f.AllAttributes() {
		if d, ok := r.depth[a]; ok && d < depth {
			side, depth = a, d
		}
	}
	at, places := make([]int, n), make([]int, n)
	// golearn hands rows on in the random order of a map. The sum does not mind, so the draw of columns depends on
	// the node's content alone.
	draw := r.seed
	for i := range at {
		at[i] = int(base.UnpackBytesToFloat(f.Get(r.row, i)))
		row := r.rows[at[i]]
		places[i] = r.places[row]
		draw += mix(uint64(row) + r.seed)
	}
	columns := allRows(len(r.sample.columns))
	best, most := cut{}, 0.0
	for k := range max(1, int(math.Round(math.Sqrt(float64(len(columns)))))) {
		draw = mix(draw + 0x9e3779b97f4a7c15)
		j := k + int(draw%uint64(len(columns)-k))
		columns[k], columns[j] = columns[j], columns[k]
		if level, gain := r.sample.bestSplit(places, columns[k]); gain > most {
			best, most = cut{columns[k], uint8(level)}, gain
		}
	}
	if most == 0 {
		return nil
	}
	for i, place := range places {
		if r.sides[depth][at[i]] = 0; r.sample.byColumn[best.column][place] > best.level {
			r.sides[depth][at[i]] = 1
		}
	}
	split := &trees.DecisionTreeRule{SplitAttr: side, SplitVal: 0.5}
	r.cut[split] = best
	return split
}

// bestSplit returns the level after which to cut the column and the gain in log-likelihood, 0 when no cut will do.
func (s *sample) bestSplit(places []int, column int) (int, float64) {
	var n [2 * (maxLevels + 1)]int32
	levels := s.byColumn[column]
	for _, place := range places {
		n[int(levels[place])<<1|int(s.y[place])]++
	}
	at := func(l int) count { return count{good: int(n[l<<1]), bad: int(n[l<<1|1])} }
	total := count{}
	for l := range s.columns[column].Levels {
		total = total.plus(at(l))
	}
	whole, low := s.likelihood(total), count{}
	level, best := 0, 0.0
	found := false
	for l := range s.columns[column].Levels {
		here := at(l)
		if here.n() == 0 {
			continue
		}
		low = low.plus(here)
		high := count{total.good - low.good, total.bad - low.bad}
		if low.n() < treeMinLeaf || high.n() < treeMinLeaf || float64(s.direction[column])*(high.rate()-low.rate()) < 0 {
			continue
		}
		if gain := s.likelihood(low) + s.likelihood(high) - whole; gain > best {
			level, best, found = l, gain, true
		}
	}
	if !found {
		return 0, 0
	}
	return level, best
}

// likelihood is that of the count, by table.
func (s *sample) likelihood(c count) float64 { return s.logs[c.bad] + s.logs[c.good] - s.logs[c.n()] }

// A flatTree is a tree in arrays. Node 0 is the root; a node without children has Column -1.
type flatTree struct {
	Column []int32   `json:"column"`
	Level  []uint8   `json:"level"` // a row whose level is at most this goes left
	Left   []int32   `json:"left"`  // the right child follows the left
	Rate   []float64 `json:"rate"`
	N      []int32   `json:"n"` // training rows that reach the node, or parts of them
	D      []int32   `json:"d"` // of these, defaults
}

// compile lays golearn's tree out level by level, which keeps both children next to one another.
func (t *flatTree) compile(root *trees.DecisionTreeNode, r *rule) {
	nodes := []*trees.DecisionTreeNode{root}
	for i := 0; i < len(nodes); i++ {
		n := nodes[i]
		column, level, left := int32(-1), uint8(0), int32(0)
		if low, high := n.Children["0"], n.Children["1"]; low != nil && high != nil {
			c := r.cut[n.SplitRule]
			column, level, left = int32(c.column), c.level, int32(len(nodes))
			nodes = append(nodes, low, high)
		}
		t.Column, t.Level, t.Left = append(t.Column, column), append(t.Level, level), append(t.Left, left)
	}
}

// rate drops all training rows through the tree and sets every node's default rate, drawn towards its parent's.
func (t *flatTree) rate(s *sample) {
	t.N, t.D, t.Rate = make([]int32, len(t.Column)), make([]int32, len(t.Column)), make([]float64, len(t.Column))
	for i, levels := range s.levels {
		for node := int32(0); ; node = t.next(node, levels) {
			t.N[node] += s.weight[i]
			t.D[node] += s.weight[i] * int32(s.y[i])
			if t.Column[node] < 0 {
				break
			}
		}
	}
	t.Rate[0] = float64(t.D[0]) / float64(max(1, t.N[0]))
	for node, column := range t.Column {
		if column >= 0 {
			for child := t.Left[node]; child <= t.Left[node]+1; child++ {
				t.Rate[child] = drawn(t.N[child], t.D[child], t.Rate[node], s.repeats*s.unit)
			}
		}
	}
}

// drawn is a node's rate drawn to its parent's, by rows' worth that rise with how often a defaulter's rows repeat.
func drawn(n, d int32, parent, repeats float64) float64 {
	return (float64(d) + leafWeight*repeats*parent) / (float64(n) + leafWeight*repeats)
}

func (t *flatTree) next(node int32, levels []uint8) int32 {
	if levels[t.Column[node]] > t.Level[node] {
		return t.Left[node] + 1
	}
	return t.Left[node]
}

func (t *flatTree) leaf(levels []uint8) int32 {
	node := int32(0)
	for t.Column[node] >= 0 {
		node = t.next(node, levels)
	}
	return node
}

// visit calls at for every node on the way of the levels.
func (t *flatTree) visit(levels []uint8, at func(node int32)) {
	node := int32(0)
	for at(node); t.Column[node] >= 0; at(node) {
		node = t.next(node, levels)
	}
}

// without returns the rate of a training row's leaf as it were without the rows counted in n and d, per node.
func (t *flatTree) without(levels []uint8, n, d []int32, repeats float64) float64 {
	rate, node := float64(t.D[0]-d[0])/float64(max(1, t.N[0]-n[0])), int32(0)
	for t.Column[node] >= 0 {
		node = t.next(node, levels)
		rate = drawn(t.N[node]-n[node], t.D[node]-d[node], rate, repeats)
	}
	return rate
}

var errTree = errors.New("nodes do not form a tree")

// check makes sure that a tree read back can be walked.
func (t *flatTree) check(columns int) error {
	n := len(t.Column)
	if n == 0 || len(t.Level) != n || len(t.Left) != n || len(t.Rate) != n || len(t.N) != n {
		return errTree
	}
	depth := make([]int, n)
	for node, column := range t.Column {
		if column < 0 {
			continue
		}
		left := t.Left[node]
		if column >= int32(columns) || left <= int32(node) || int(left)+1 >= n || depth[node] == treeDepth || t.N[left] < 0 || t.N[left+1] < 0 || t.N[left]+t.N[left+1] != t.N[node] {
			return errTree
		}
		depth[left], depth[left+1] = depth[node]+1, depth[node]+1
	}
	return nil
}
