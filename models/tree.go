package models

import (
	"bytes"
	"errors"
	"math"
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
	y         []uint8
}

func newSample(columns []Quantiser, known []Column, m *matrix, y []uint8, rows []int) *sample {
	p := len(columns)
	s := &sample{columns: columns, direction: make([]int, p)}
	type line struct {
		levels []uint8
		y      uint8
	}
	lines, cells := make([]line, len(rows)), make([]uint8, len(rows)*p)
	for j, row := range rows {
		lines[j] = line{cells[j*p : (j+1)*p : (j+1)*p], y[row]}
	}
	for i := range columns {
		s.direction[i] = known[i].Direction
		level := columns[i].bind(&m.cols[i])
		for j, row := range rows {
			lines[j].levels[i] = level(row)
		}
	}
	slices.SortFunc(lines, func(a, b line) int {
		if c := bytes.Compare(a.levels, b.levels); c != 0 {
			return c
		}
		return int(a.y) - int(b.y)
	})
	for _, l := range lines {
		s.levels, s.y = append(s.levels, l.levels), append(s.y, l.y)
	}
	return s
}

// rowColumn carries a row's place in the sample through golearn's views, so that the rule can count levels without
// walking them cell by cell.
const rowColumn = "row"

// grow lets golearn build a tree over the places and compiles it.
func (s *sample) grow(places []int, seed uint64) (flatTree, error) {
	label := make([]uint8, len(places))
	number := make([]float64, len(places))
	for i, place := range places {
		label[i], number[i] = s.y[place], float64(place)
	}
	r := &rule{sample: s, seed: seed, column: map[base.Attribute]int{}}
	columns := s.some(seed)
	names, cols := []string{rowColumn}, []arrow.Array{float64Array(number)}
	for _, c := range columns {
		level := make([]float64, len(places))
		for i, place := range places {
			level[i] = float64(s.levels[place][c])
		}
		names, cols = append(names, strconv.Itoa(c)), append(cols, float64Array(level))
	}
	rec := newRecord(names, cols)
	defer rec.Release()
	grid, err := NewGrid(rec, names, label)
	if err != nil {
		return flatTree{}, err
	}
	defer grid.Release()
	for i, a := range grid.AllAttributes()[1:] {
		if r.column[a] = -1; i > 0 {
			r.column[a] = columns[i-1]
		}
	}
	tree := trees.NewID3DecisionTreeFromRule(0, r)
	if err := tree.Fit(grid); err != nil {
		return flatTree{}, err
	}
	t := flatTree{}
	t.compile(tree.Root, r)
	return t, nil
}

// some draws the columns a tree may use. golearn copies every cell of every column at every split, so a tree of all
// columns of a wide table would take minutes.
func (s *sample) some(seed uint64) []int {
	p := len(s.columns)
	columns := allRows(p)
	for k := range columns {
		seed = mix(seed + 0x9e3779b97f4a7c15)
		j := k + int(seed%uint64(p-k))
		columns[k], columns[j] = columns[j], columns[k]
	}
	columns = columns[:min(p, treeColumns+p/8)]
	slices.Sort(columns)
	return columns
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
	seed   uint64
	column map[base.Attribute]int // -1: the row's place
}

// GenerateSplitRule implements trees.RuleGenerator. It returns nil where the tree should end.
func (r *rule) GenerateSplitRule(f base.FixedDataGrid) *trees.DecisionTreeRule {
	var rows base.AttributeSpec
	var left []base.Attribute
	for _, a := range f.AllAttributes() {
		switch c, ok := r.column[a]; {
		case !ok: // the class
		case c < 0:
			rows, _ = f.GetAttribute(a)
		default:
			left = append(left, a)
		}
	}
	_, n := f.Size()
	if n < 2*treeMinLeaf || len(r.column)-1-len(left) >= treeDepth {
		return nil
	}
	places := make([]int, n)
	// golearn hands rows on in the random order of a map. The sum does not mind, so the draw of columns depends on
	// the node's content alone.
	draw := r.seed
	for i := range places {
		places[i] = int(base.UnpackBytesToFloat(f.Get(rows, i)))
		draw += mix(uint64(places[i]) + r.seed)
	}
	best, split := (*trees.DecisionTreeRule)(nil), 0.0
	for k := range min((len(r.column)+1)/2, len(left)) {
		draw = mix(draw + 0x9e3779b97f4a7c15)
		j := k + int(draw%uint64(len(left)-k))
		left[k], left[j] = left[j], left[k]
		c := r.column[left[k]]
		if level, gain := r.sample.bestSplit(places, c); gain > split {
			split, best = gain, &trees.DecisionTreeRule{SplitAttr: left[k], SplitVal: float64(level) + 0.5}
		}
	}
	return best
}

// bestSplit returns the level after which to cut the column and the gain in log-likelihood, 0 when no cut will do.
func (s *sample) bestSplit(places []int, column int) (int, float64) {
	var at [maxLevels + 1]count
	total := count{}
	for _, place := range places {
		at[s.levels[place][column]].add(s.y[place])
		total.add(s.y[place])
	}
	whole, low := total.likelihood(), count{}
	level, best := 0, 1.0 // less gain than one is noise
	found := false
	for l := range s.columns[column].Levels {
		if at[l].n() == 0 {
			continue
		}
		low = low.plus(at[l])
		high := count{total.good - low.good, total.bad - low.bad}
		if low.n() < treeMinLeaf || high.n() < treeMinLeaf || float64(s.direction[column])*(high.rate()-low.rate()) < 0 {
			continue
		}
		if gain := low.likelihood() + high.likelihood() - whole; gain > best {
			level, best, found = l, gain, true
		}
	}
	if !found {
		return 0, 0
	}
	return level, best
}

// A flatTree is a tree in arrays. Node 0 is the root; a node without children has Column -1.
type flatTree struct {
	Column []int32   `json:"column"`
	Level  []uint8   `json:"level"` // a row whose level is at most this goes left
	Left   []int32   `json:"left"`  // the right child follows the left
	Rate   []float64 `json:"rate"`
	N      []int32   `json:"n"` // training rows that reach the node
	D      []int32   `json:"d"` // of these, defaults
}

// compile lays golearn's tree out level by level, which keeps both children next to one another.
func (t *flatTree) compile(root *trees.DecisionTreeNode, r *rule) {
	nodes := []*trees.DecisionTreeNode{root}
	for i := 0; i < len(nodes); i++ {
		n := nodes[i]
		column, level, left := int32(-1), uint8(0), int32(0)
		if low, high := n.Children["0"], n.Children["1"]; low != nil && high != nil {
			column, level, left = int32(r.column[n.SplitRule.SplitAttr]), uint8(math.Floor(n.SplitRule.SplitVal)), int32(len(nodes))
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
			t.N[node]++
			t.D[node] += int32(s.y[i])
			if t.Column[node] < 0 {
				break
			}
		}
	}
	t.Rate[0] = float64(t.D[0]) / float64(t.N[0])
	for node, column := range t.Column {
		if column >= 0 {
			for child := t.Left[node]; child <= t.Left[node]+1; child++ {
				t.Rate[child] = drawn(t.N[child], t.D[child], t.Rate[node])
			}
		}
	}
}

func drawn(n, d int32, parent float64) float64 {
	return (float64(d) + leafWeight*parent) / (float64(n) + leafWeight)
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

// without returns the rate of a training row's leaf as it were without the row.
func (t *flatTree) without(levels []uint8, y uint8) float64 {
	rate, node := float64(t.D[0]-int32(y))/float64(max(1, t.N[0]-1)), int32(0)
	for t.Column[node] >= 0 {
		node = t.next(node, levels)
		rate = drawn(t.N[node]-1, t.D[node]-int32(y), rate)
	}
	return rate
}

// follow adds each split's change of rate to its column and returns the leaf's rate.
func (t *flatTree) follow(levels []uint8, into []float64) float64 {
	node := int32(0)
	for t.Column[node] >= 0 {
		child := t.next(node, levels)
		into[t.Column[node]] += t.Rate[child] - t.Rate[node]
		node = child
	}
	return t.Rate[node]
}

var errTree = errors.New("nodes do not form a tree")

// check makes sure that a tree read back can be walked.
func (t *flatTree) check(columns int) error {
	n := len(t.Column)
	if n == 0 || len(t.Level) != n || len(t.Left) != n || len(t.Rate) != n {
		return errTree
	}
	for node, column := range t.Column {
		if column >= int32(columns) || column >= 0 && (t.Left[node] <= int32(node) || int(t.Left[node])+1 >= n) {
			return errTree
		}
	}
	return nil
}
