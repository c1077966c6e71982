package boost

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
)

// Input is what an ensemble is grown on.
type Input struct {
	Columns  []Column
	Default  []uint8   // per row of the columns
	Weight   []float64 // per row, 0 to 1; nil: 1
	Customer []uint64  // per row: rows of one customer are drawn together; nil: each by itself
	Rows     []int     // to grow on
	StopBy   []int     // rows whose log loss ends the growing; nil: all trees are grown
	Options  Options
}

// ErrOneClass reports rows that all defaulted or all paid.
var ErrOneClass = errors.New("rows are of one class only")

// A leaf is a node that may still be split.
type leaf struct {
	node   int
	depth  int
	parts  []piece
	n      int // rows
	side   int // of the grower's rows, where the parts lie
	hist   []histogram
	g, h   int64 // sums, in units of a histogram
	lo, hi float64
	best   candidate
}

// A piece of a leaf's rows: every task parts its own into two, so that nothing is moved together again.
type piece struct{ from, to int32 }

// A candidate is a way to split a leaf.
type candidate struct {
	gain        float64
	column      int
	bin         uint8 // numbers: left up to this bin
	set         *[4]uint64
	missingLeft bool
	g, h        int64 // of the left side
	left, right float64
}

// slope is a row's gradient and curvature, in units of 1/fine.
type slope struct{ g, h int32 }

type grower struct {
	Options
	*table
	direction []int
	y         []uint8
	weight    []int32  // in units of 1/fine
	salt      []uint64 // per row: what decides on its being drawn
	eta       []float64
	slope     []slope
	leafOf    []uint16 // per row: leaf of the last tree
	values    []float64
	unitG     float64 // log-odds' gradient per unit of a histogram
	unitH     float64
	pack      *packing
	free      [][]histogram
	found     [][2]candidate // per group
	private   [][]histogram  // of the second worker and on
	// The tree's rows with their packed gradients, gradient<<32 + curvature, by leaf: a leaf's split moves them from one side to the other.
	// Of trees grown on all rows, the root's lie on a third side, in their order.
	rows   [3][]int32
	packed [3][]int64
	all    []int64 // packed gradients of all rows: that third side
	rest   []int32 // rows not drawn
}

// Fit grows an ensemble.
func Fit(in Input) (*Ensemble, error) {
	o := in.Options.WithDefaults()
	good, bad := int64(0), int64(0)
	for _, row := range in.Rows {
		w := int64(fine)
		if in.Weight != nil {
			if v := in.Weight[row]; !(v >= 0 && v <= 1) {
				return nil, fmt.Errorf("weight of row %d is %v, want 0 to 1", row+1, v)
			}
			w = int64(math.Round(in.Weight[row] * fine))
		}
		if in.Default[row] == 1 {
			bad += w
		} else {
			good += w
		}
	}
	if good == 0 || bad == 0 {
		return nil, ErrOneClass
	}
	e := &Ensemble{Cuts: newCuts(in.Columns, in.Rows, o.Bins), Base: math.Log(float64(bad) / float64(good))}
	g := &grower{Options: o, table: newTable(in.Columns, e.Cuts, in.Rows)}
	for _, c := range in.Columns {
		direction := c.Direction
		if c.Numbers == nil {
			direction = 0 // texts have no order
		}
		g.direction = append(g.direction, direction)
	}
	g.take(in, e.Base)
	var stop *stopper
	if len(in.StopBy) > 0 {
		stop = newStopper(in, e)
	}
	for k := range o.Trees {
		t := g.tree(rand.New(rand.NewPCG(o.Seed, uint64(k))))
		e.Trees = append(e.Trees, t)
		if stop != nil && stop.enough(&e.Trees[k], k, o.Patience) {
			break
		}
	}
	if stop != nil {
		e.Trees = slices.Clip(e.Trees[:stop.best+1])
	}
	return e, e.Prepare()
}

func (g *grower) take(in Input, base float64) {
	n := len(in.Rows)
	g.y, g.eta, g.slope, g.leafOf = make([]uint8, n), make([]float64, n), make([]slope, n), make([]uint16, n)
	for side := range g.rows {
		g.rows[side], g.packed[side] = make([]int32, n), make([]int64, n)
	}
	g.all = g.packed[2]
	for i := range n {
		g.rows[2][i] = int32(i)
	}
	for i, row := range in.Rows {
		g.y[i], g.eta[i] = in.Default[row], base
	}
	if in.Weight != nil {
		g.weight = make([]int32, n)
		for i, row := range in.Rows {
			g.weight[i] = int32(math.Round(in.Weight[row] * fine))
		}
	}
	if g.Options.Rows < 1 {
		g.salt, g.rest = make([]uint64, n), make([]int32, n)
		for i, row := range in.Rows {
			if in.Customer != nil {
				g.salt[i] = mix(in.Customer[row])
				continue
			}
			for c := range g.bins {
				g.salt[i] = mix(g.salt[i] ^ uint64(g.bins[c][i]))
			}
		}
	}
}

// slopes moves every row's log-odds by the last tree and sets its gradient and curvature and the units of the histograms.
// All but the log-odds is whole numbers.
func (g *grower) slopes() {
	sums := make([][2]int64, parts(g.n))
	parallel(len(sums), func(k int) {
		sumG, sumH := int64(0), int64(0)
		var room [256]float64
		for from := k * part; from < min((k+1)*part, g.n); from += len(room) {
			to := min(from+len(room), (k+1)*part, g.n)
			eta, slopes, y, pd := g.eta[from:to], g.slope[from:to], g.y[from:to], room[:to-from]
			if g.values != nil {
				for i, leaf := range g.leafOf[from:to] {
					eta[i] += g.values[leaf]
				}
			}
			logistic(eta, pd)
			for i, p := range pd {
				whole := int64(p*fine + 0.5)
				s := slope{int32(whole - int64(y[i])*fine), int32(whole*(fine-whole)>>fineDigits) + 1} // no row is without curvature
				if g.weight != nil {
					w := int64(g.weight[from+i])
					s.g, s.h = int32((int64(s.g)*w+fine/2)>>fineDigits), int32((int64(s.h)*w+fine/2)>>fineDigits)
				}
				slopes[i] = s
				sumG += int64(max(s.g, -s.g))
				sumH += int64(s.h)
			}
		}
		sums[k] = [2]int64{sumG, sumH}
	})
	whole := [2]int64{}
	for _, s := range sums {
		whole[0], whole[1] = whole[0]+s[0], whole[1]+s[1]
	}
	// Rounding adds up to half a unit a row, hence the room of n.
	perG := scaleOf(math.MaxInt32-int64(g.n), whole[0])
	perH := scaleOf(math.MaxUint32-int64(g.n), whole[1])
	g.unitG, g.unitH = 1/(float64(perG)/scaled*fine), 1/(float64(perH)/scaled*fine)
	parallel(len(sums), func(k int) {
		from, to := k*part, min((k+1)*part, g.n)
		all := g.all[from:to]
		for i, s := range g.slope[from:to] {
			all[i] = (int64(s.g)*perG+scaled/2)>>scaledDigits<<32 + (int64(s.h)*perH+scaled/2)>>scaledDigits
		}
	})
}

const (
	fineDigits   = 30
	fine         = 1 << fineDigits // the fixed point of gradients where sums must be exact beyond a histogram's needs
	scaledDigits = 30
	scaled       = 1 << scaledDigits
)

// scaleOf is by what numbers of some sum may be multiplied, in units of 1/scaled, for the sum not to exceed the most.
func scaleOf(most, sum int64) int64 {
	return max(1, int64(float64(most)/float64(max(sum, 1<<10))*scaled))
}

// drawColumns lays out the columns that a tree may use.
func (g *grower) drawColumns(source *rand.Rand) {
	all := len(g.bins)
	if g.Columns >= 1 {
		if g.pack == nil {
			columns := make([]int, all)
			for c := range columns {
				columns[c] = c
			}
			g.layOut(columns)
		}
		return
	}
	columns := source.Perm(all)[:max(1, int(math.Ceil(g.Columns*float64(all))))]
	slices.Sort(columns)
	g.layOut(columns)
}

func (g *grower) layOut(columns []int) {
	g.pack = g.table.pack(columns, g.pack)
	if len(g.found) != len(g.pack.groups) {
		g.found, g.free, g.private = make([][2]candidate, len(g.pack.groups)), nil, nil
	}
}

// draw returns a leaf of the rows that a tree is grown on, and the rows that are not.
func (g *grower) draw(source *rand.Rand) (l *leaf, rest []int32) {
	l = &leaf{lo: math.Inf(-1), hi: math.Inf(1), n: g.n, side: 2}
	if salt, most := source.Uint64(), uint64(g.Options.Rows*(1<<53)); g.salt != nil {
		l.n, l.side = 0, 0
		rows, packed := g.rows[0], g.packed[0]
		for i := range g.n {
			if mix(g.salt[i]^salt)>>11 < most {
				rows[l.n], packed[l.n] = int32(i), g.all[i]
				l.n++
			} else {
				g.rest[i-l.n] = int32(i)
			}
		}
		rest = g.rest[:g.n-l.n]
	}
	// Pieces enough for processors that are not all as fast. How many there are changes no tree: sums are exact.
	size := min(part, max(4*near, l.n/(4*runtime.GOMAXPROCS(0))))
	for from := 0; from < l.n; from += size {
		l.parts = append(l.parts, piece{int32(from), int32(min(from+size, l.n))})
	}
	sums := make([][2]int64, len(l.parts))
	parallel(len(sums), func(k int) {
		sumG, sumH := int64(0), int64(0)
		for _, v := range g.packed[l.side][l.parts[k].from:l.parts[k].to] {
			sumG += v >> 32
			sumH += int64(uint32(v))
		}
		sums[k] = [2]int64{sumG, sumH}
	})
	for _, s := range sums {
		l.g, l.h = l.g+s[0], l.h+s[1]
	}
	return l, rest
}

// tree grows one tree.
func (g *grower) tree(source *rand.Rand) Tree {
	g.slopes()
	g.drawColumns(source)
	t := Tree{Nodes: []Node{{}}}
	root, rest := g.draw(source)
	root.hist = g.blank()
	g.search(root, nil)
	leaves := []*leaf{root}
	for len(leaves) < g.Leaves {
		at := -1
		for k, l := range leaves {
			if l.best.gain > 0 && (at < 0 || l.best.gain > leaves[at].best.gain) {
				at = k
			}
		}
		if at < 0 {
			break
		}
		left, right := g.split(&t, leaves[at], len(leaves)+1 == g.Leaves)
		leaves[at] = left
		leaves = append(leaves, right)
	}
	for _, l := range leaves {
		if l.hist != nil {
			g.free = append(g.free, l.hist)
			l.hist = nil
		}
	}
	g.settle(&t, leaves, rest)
	return t
}

// blank returns an unused histogram; its contents are of no meaning.
func (g *grower) blank() []histogram {
	if n := len(g.free); n > 0 {
		h := g.free[n-1]
		g.free = g.free[:n-1]
		return h
	}
	return make([]histogram, len(g.pack.groups))
}

// split parts a leaf and looks for the best split of either part.
func (g *grower) split(t *Tree, l *leaf, last bool) (left, right *leaf) {
	b := &l.best
	t.Nodes = append(t.Nodes, Node{}, Node{})
	child := len(t.Nodes) - 2
	node := &t.Nodes[l.node]
	node.Column, node.Left, node.MissingLeft, node.Set = b.column, child, b.missingLeft, b.set
	if b.set == nil {
		node.Edge = b.bin
		node.Threshold = math.MaxFloat64 // all that is not missing goes left
		if e := g.cuts[b.column].Edges; int(b.bin) <= len(e) {
			node.Threshold = e[b.bin-1]
		}
	}
	left = &leaf{node: child, depth: l.depth + 1, g: b.g, h: b.h, lo: l.lo, hi: l.hi}
	right = &leaf{node: child + 1, depth: l.depth + 1, g: l.g - b.g, h: l.h - b.h, lo: l.lo, hi: l.hi}
	g.divide(node, l, left, right)
	middle := (b.left + b.right) / 2
	direction := g.direction[b.column]
	if b.set == nil && int(b.bin) == g.cuts[b.column].bins()-1 {
		direction = 0 // what is missing is parted from all numbers
	}
	switch direction {
	case +1:
		left.hi, right.lo = min(left.hi, middle), max(right.lo, middle)
	case -1:
		left.lo, right.hi = max(left.lo, middle), min(right.hi, middle)
	}
	if last || left.depth >= g.Depth {
		g.free, l.hist = append(g.free, l.hist), nil
		return left, right
	}
	small, large := left, right
	if right.n < left.n {
		small, large = right, left
	}
	small.hist, large.hist = g.blank(), l.hist
	g.search(small, large)
	for _, l := range []*leaf{small, large} {
		if l.best.gain == 0 { // it stays a leaf
			g.free, l.hist = append(g.free, l.hist), nil
		}
	}
	return left, right
}

// goes tells for every bin whether it goes left: 1, else 0.
func (n *Node) goes() (left [256]uint8) {
	if n.Set != nil {
		for bin := range left {
			left[bin] = uint8(n.Set[bin>>6] >> (bin & 63) & 1)
		}
		return left
	}
	if n.MissingLeft {
		left[0] = 1
	}
	for bin := 1; bin <= int(n.Edge); bin++ {
		left[bin] = 1
	}
	return left
}

// divide parts a leaf's rows.
func (g *grower) divide(n *Node, l, left, right *leaf) {
	goes, bins := n.goes(), g.bins[n.Column]
	rows, packed := g.rows[l.side], g.packed[l.side]
	side := (l.side + 1) & 1
	toRows, toPacked := g.rows[side], g.packed[side]
	ends := make([]int32, len(l.parts))
	one := func(k int) {
		from, to := l.parts[k].from, l.parts[k].to
		ends[k] = from + int32(divide(rows[from:to], packed[from:to], toRows[from:to], toPacked[from:to], bins, &goes))
	}
	if l.n < serial {
		for k := range l.parts {
			one(k)
		}
	} else {
		parallel(len(l.parts), one)
	}
	left.side, right.side = side, side
	left.parts, right.parts = make([]piece, 0, len(ends)), make([]piece, 0, len(ends))
	for k, end := range ends {
		left.add(piece{l.parts[k].from, end})
		right.add(piece{end, l.parts[k].to})
	}
}

func (l *leaf) add(p piece) {
	if p.from < p.to {
		l.parts = append(l.parts, p)
		l.n += int(p.to - p.from)
	}
}

// divide writes the rows that go left to the front and the others, last first, to the end, without a branch that depends
// on where a row goes. It returns how many go left.
func divide(rows []int32, packed []int64, toRows []int32, toPacked []int64, bins []uint8, goes *[256]uint8) int {
	packed, toRows, toPacked = packed[:len(rows)], toRows[:len(rows)], toPacked[:len(rows)]
	a, z := 0, len(rows)-1
	for i, row := range rows {
		left := int(goes[bins[row]])
		at := z + (a-z)&-left
		toRows[at], toPacked[at] = row, packed[i]
		a += left
		z += left - 1
	}
	return a
}

// What is not worth a second processor, in additions to histograms, of which a look for the best split of a column takes as
// much time as some; and how many rows are parted among the processors rather than the columns.
const (
	serial = 1 << 15
	look   = 2000
	apart  = 1 << 13
)

// search fills the histograms of a leaf, and of its larger sibling by difference from their parent, and finds the best
// split of both.
func (g *grower) search(small, large *leaf) {
	groups, workers := len(g.pack.groups), runtime.GOMAXPROCS(0)
	var others [][]histogram // parts of the sums
	finish := func(k int) {
		h := &small.hist[k]
		for lane, c := range g.pack.groups[k] {
			bins := g.cuts[c].bins()
			own := h[lane][:bins]
			for _, other := range others {
				for i, v := range other[k][lane][:bins] {
					own[i] += v
				}
			}
			if large != nil {
				of := large.hist[k][lane][:bins] // the parent's own
				for i, v := range own {
					of[i] -= v
				}
			}
		}
		g.found[k][0] = g.best(small, k)
		if large != nil {
			g.found[k][1] = g.best(large, k)
		}
	}
	switch n := small.n; {
	case workers == 1 || (n+look)*len(g.pack.columns) < serial:
		g.clear(small.hist, 0)
		g.add(small.hist, 0, small, small.parts)
		for k := range groups {
			finish(k)
		}
	case n < apart:
		parallel(groups, func(k int) {
			g.clear(small.hist[k:k+1], k)
			g.add(small.hist[k:k+1], k, small, small.parts)
			finish(k)
		})
	default:
		others = g.sum(small, workers)
		parallel(groups, finish)
	}
	for k := range g.found {
		if g.found[k][0].gain > small.best.gain {
			small.best = g.found[k][0]
		}
		if large != nil && g.found[k][1].gain > large.best.gain {
			large.best = g.found[k][1]
		}
	}
}

// clear empties the histograms of some groups, from the first of these on.
func (g *grower) clear(h []histogram, first int) {
	for k := range h {
		for lane, c := range g.pack.groups[first+k] {
			clear(h[k][lane][:g.cuts[c].bins()])
		}
	}
}

// add sums pieces of a leaf into the histograms of some groups.
func (g *grower) add(h []histogram, first int, l *leaf, parts []piece) {
	rows, packed := g.rows[l.side], g.packed[l.side]
	for _, p := range parts {
		g.pack.add(h, first, rows[p.from:p.to], packed[p.from:p.to])
	}
}

// sum fills a leaf's histograms with some of its rows and returns those of the others: every processor sums rows apart.
func (g *grower) sum(l *leaf, workers int) (others [][]histogram) {
	for len(g.private) < workers-1 {
		g.private = append(g.private, make([]histogram, len(g.pack.groups)))
	}
	size, tasks := l.n/(8*workers), [][]piece{}
	for rest := l.parts; len(rest) > 0; {
		n, k := 0, 0
		for ; k < len(rest) && n < size; k++ {
			n += int(rest[k].to - rest[k].from)
		}
		tasks, rest = append(tasks, rest[:k]), rest[k:]
	}
	begun := make([]bool, workers)
	parallelBy(workers, len(tasks), func(worker, k int) {
		h := l.hist
		if worker > 0 {
			h = g.private[worker-1]
		}
		if !begun[worker] {
			begun[worker] = true
			g.clear(h, 0)
		}
		g.add(h, 0, l, tasks[k])
	})
	if !begun[0] {
		g.clear(l.hist, 0)
	}
	for worker := 1; worker < workers; worker++ {
		if begun[worker] {
			others = append(others, g.private[worker-1])
		}
	}
	return others
}

// settle sets the leaves' log-odds from exact sums and says of every row in which leaf it lies.
func (g *grower) settle(t *Tree, leaves []*leaf, rest []int32) {
	none := len(leaves) // the leaf of rows not drawn, for now
	for _, i := range rest {
		g.leafOf[i] = uint16(none)
	}
	parallel(len(leaves), func(k int) {
		l := leaves[k]
		for _, p := range l.parts {
			for _, i := range g.rows[l.side][p.from:p.to] {
				g.leafOf[i] = uint16(k)
			}
		}
	})
	sums := make([][][2]int64, parts(g.n))
	parallel(len(sums), func(k int) {
		from, to := k*part, min((k+1)*part, g.n)
		sum, slopes := make([][2]int64, none+1), g.slope[from:to]
		for i, leaf := range g.leafOf[from:to] {
			of := &sum[leaf]
			of[0] += int64(slopes[i].g)
			of[1] += int64(slopes[i].h)
		}
		sums[k] = sum
	})
	g.values = make([]float64, len(leaves))
	of := make([]uint16, len(t.Nodes))
	for k, l := range leaves {
		grad, curve := int64(0), int64(0)
		for _, sum := range sums {
			grad, curve = grad+sum[k][0], curve+sum[k][1]
		}
		g.values[k] = g.Rate * g.output(float64(grad)/fine, float64(curve)/fine, l.lo, l.hi)
		of[l.node] = uint16(k)
		t.Nodes[l.node].Value, t.Nodes[l.node].Cover = g.values[k], l.n
	}
	for i := len(t.Nodes) - 1; i >= 0; i-- {
		if n := &t.Nodes[i]; n.Left > 0 {
			n.Cover = t.Nodes[n.Left].Cover + t.Nodes[n.Left+1].Cover
		}
	}
	g.route(t, rest, g.rows[0], func(node int, rows []int32) {
		for _, i := range rows {
			g.leafOf[i] = of[node]
		}
	})
}

// route drops rows of the table through a tree and hands them out by leaf, from many goroutines. The rows change their order.
func (t *table) route(tree *Tree, rows, spare []int32, to func(node int, rows []int32)) {
	goes := make([][256]uint8, len(tree.Nodes))
	for i := range tree.Nodes {
		if n := &tree.Nodes[i]; n.Left > 0 {
			goes[i] = n.goes()
		}
	}
	var down func(at int, rows, spare []int32)
	down = func(at int, rows, spare []int32) {
		n := &tree.Nodes[at]
		if n.Left == 0 || len(rows) == 0 {
			to(at, rows)
			return
		}
		goes, bins, a := &goes[at], t.bins[n.Column], 0
		for i, row := range rows {
			left := int(goes[bins[row]])
			rows[a], spare[i-a] = row, row
			a += left
		}
		copy(rows[a:], spare)
		down(n.Left, rows[:a], spare[:a])
		down(n.Left+1, rows[a:], spare[a:])
	}
	parallel(parts(len(rows)), func(k int) {
		from, to := k*part, min((k+1)*part, len(rows))
		down(0, rows[from:to], spare[from:to])
	})
}

// mix is the finaliser of splitmix64.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
