package boost

import (
	"errors"
	"math"
	"math/rand/v2"
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

// fine is the fixed point of gradients where sums must be exact beyond a histogram's needs.
const fine = 1 << 30

type histogram [lanes][256]int64

// A leaf is a node that may still be split.
type leaf struct {
	node   int
	depth  int
	rows   []int32
	packed []int64 // gradient<<32 + curvature, per row
	hist   []histogram
	g, h   int64 // sums, in units of a histogram
	lo, hi float64
	best   candidate
}

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

type grower struct {
	Options
	*table
	direction []int
	y         []uint8
	weight    []float64
	salt      []uint64 // per row: what decides on its being drawn
	eta       []float64
	fineG     []int64
	fineH     []int64
	packed    []int64
	unitG     float64 // log-odds' gradient per unit of a histogram
	unitH     float64
	used      []bool // columns of this tree
	free      [][]histogram
	spareRows []int32
	spareGH   []int64
}

// Fit grows an ensemble.
func Fit(in Input) (*Ensemble, error) {
	o := in.Options.WithDefaults()
	good, bad := int64(0), int64(0)
	for _, row := range in.Rows {
		w := int64(fine)
		if in.Weight != nil {
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
	e := &Ensemble{Cuts: make([]Cut, len(in.Columns)), Base: math.Log(float64(bad) / float64(good))}
	parallel(len(in.Columns), func(i int) { e.Cuts[i] = newCut(&in.Columns[i], in.Rows, o.Bins) })
	g := &grower{Options: o, table: newTable(in.Columns, e.Cuts, in.Rows), used: make([]bool, len(in.Columns))}
	for _, c := range in.Columns {
		g.direction = append(g.direction, c.Direction)
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
	return e, e.prepare()
}

func (g *grower) take(in Input, base float64) {
	n := len(in.Rows)
	g.y, g.eta, g.fineG, g.fineH, g.packed = make([]uint8, n), make([]float64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	g.spareRows, g.spareGH = make([]int32, n), make([]int64, n)
	for i, row := range in.Rows {
		g.y[i], g.eta[i] = in.Default[row], base
	}
	if in.Weight != nil {
		g.weight = make([]float64, n)
		for i, row := range in.Rows {
			g.weight[i] = in.Weight[row]
		}
	}
	if g.Options.Rows < 1 {
		g.salt = make([]uint64, n)
		for i, row := range in.Rows {
			if in.Customer != nil {
				g.salt[i] = mix(in.Customer[row])
				continue
			}
			for k := range g.groups {
				g.salt[i] = mix(g.salt[i] ^ g.groups[k].words[i])
			}
		}
	}
}

const part = 1 << 15 // rows of a task

func parts(n int) int { return (n + part - 1) / part }

// slopes sets every row's gradient and curvature and the units of the histograms.
func (g *grower) slopes() {
	sums := make([][2]int64, parts(g.n))
	parallel(len(sums), func(k int) {
		for i := k * part; i < min((k+1)*part, g.n); i++ {
			p := 1 / (1 + math.Exp(-g.eta[i]))
			grad, curve := p-float64(g.y[i]), math.Max(p*(1-p), 1e-9)
			if g.weight != nil {
				grad, curve = grad*g.weight[i], curve*g.weight[i]
			}
			// to the nearest, by adding a half: no row is negative but by its gradient
			g.fineG[i], g.fineH[i] = int64(math.Floor(grad*fine+0.5)), int64(curve*fine+0.5)
			if g.fineG[i] < 0 {
				sums[k][0] -= g.fineG[i]
			} else {
				sums[k][0] += g.fineG[i]
			}
			sums[k][1] += g.fineH[i]
		}
	})
	total := [2]float64{}
	whole := [2]int64{}
	for _, s := range sums {
		whole[0], whole[1] = whole[0]+s[0], whole[1]+s[1]
	}
	total[0], total[1] = float64(whole[0])/fine, float64(whole[1])/fine
	// Rounding adds up to half a unit a row, hence the room of n.
	room := float64(g.n)
	perG, perH := (math.MaxInt32-room)/math.Max(total[0], 1e-6), (math.MaxUint32-room)/math.Max(total[1], 1e-6)
	g.unitG, g.unitH = 1/perG, 1/perH
	perG, perH = perG/fine, perH/fine
	parallel(len(sums), func(k int) {
		for i := k * part; i < min((k+1)*part, g.n); i++ {
			g.packed[i] = int64(math.Floor(float64(g.fineG[i])*perG+0.5))<<32 + int64(float64(g.fineH[i])*perH+0.5)
		}
	})
}

func (g *grower) drawColumns(source *rand.Rand) {
	for i := range g.used {
		g.used[i] = true
	}
	if g.Columns >= 1 {
		return
	}
	clear(g.used)
	for _, c := range source.Perm(len(g.used))[:max(1, int(math.Ceil(g.Columns*float64(len(g.used)))))] {
		g.used[c] = true
	}
}

func (g *grower) drawRows(source *rand.Rand) []int32 {
	rows := make([]int32, 0, g.n)
	salt, most := source.Uint64(), uint64(g.Options.Rows*(1<<53))
	for i := range g.n {
		if g.salt == nil || mix(g.salt[i]^salt)>>11 < most {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// tree grows one tree and moves the rows' log-odds by it.
func (g *grower) tree(source *rand.Rand) Tree {
	g.slopes()
	g.drawColumns(source)
	rows := g.drawRows(source)
	t := Tree{Nodes: []Node{{}}}
	root := &leaf{rows: rows, packed: make([]int64, len(rows)), lo: math.Inf(-1), hi: math.Inf(1)}
	for k, i := range rows {
		root.packed[k] = g.packed[i]
		root.g += g.packed[i] >> 32
		root.h += int64(uint32(g.packed[i]))
	}
	root.hist = g.blank()
	g.search(root, nil, nil)
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
	g.settle(&t, leaves)
	return t
}

// blank returns an unused histogram; its contents are of no meaning.
func (g *grower) blank() []histogram {
	if n := len(g.free); n > 0 {
		h := g.free[n-1]
		g.free = g.free[:n-1]
		return h
	}
	return make([]histogram, len(g.groups))
}

// split parts a leaf and looks for the best split of either part.
func (g *grower) split(t *Tree, l *leaf, last bool) (left, right *leaf) {
	b := &l.best
	n := g.divide(l)
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
	left = &leaf{node: child, depth: l.depth + 1, rows: l.rows[:n:n], packed: l.packed[:n:n], g: b.g, h: b.h, lo: l.lo, hi: l.hi}
	right = &leaf{node: child + 1, depth: l.depth + 1, rows: l.rows[n:], packed: l.packed[n:], g: l.g - b.g, h: l.h - b.h, lo: l.lo, hi: l.hi}
	middle := (b.left + b.right) / 2
	switch g.direction[b.column] {
	case +1:
		left.hi, right.lo = min(left.hi, middle), max(right.lo, middle)
	case -1:
		left.lo, right.hi = max(left.lo, middle), min(right.hi, middle)
	}
	if last || left.depth >= g.Depth {
		g.free = append(g.free, l.hist)
		return left, right
	}
	small, large := left, right
	if len(right.rows) < len(left.rows) {
		small, large = right, left
	}
	small.hist, large.hist = g.blank(), l.hist
	g.search(small, large, l)
	return left, right
}

// divide orders the leaf's rows, those of its left side first, and returns how many these are. Rows keep their order.
func (g *grower) divide(l *leaf) int {
	b := &l.best
	goes := [256]bool{}
	for bin := range goes {
		switch {
		case b.set != nil:
			goes[bin] = b.set[bin>>6]>>(bin&63)&1 == 1
		case bin == 0:
			goes[bin] = b.missingLeft
		default:
			goes[bin] = bin <= int(b.bin)
		}
	}
	p := g.at[b.column]
	words, shift := g.groups[p.group].words, 8*p.lane
	n := len(l.rows)
	k := parts(n)
	ends := make([]int, k) // rows of the left side in each part
	one := func(k int) {
		from, to := k*part, min((k+1)*part, n)
		rows, gh := l.rows[from:to], l.packed[from:to]
		otherRows, otherGH := g.spareRows[from:to], g.spareGH[from:to]
		a, z := 0, 0
		for i, row := range rows {
			if goes[uint8(words[row]>>shift)] {
				rows[a], gh[a] = row, gh[i]
				a++
			} else {
				otherRows[z], otherGH[z] = row, gh[i]
				z++
			}
		}
		copy(rows[a:], otherRows[:z])
		copy(gh[a:], otherGH[:z])
		ends[k] = a
	}
	parallel(k, one)
	if k == 1 {
		return ends[0]
	}
	left := 0
	for _, a := range ends {
		left += a
	}
	// The parts' right sides wait in the spare while the left sides close up.
	a, z := 0, 0
	for k, end := range ends {
		from, to := k*part, min((k+1)*part, n)
		copy(g.spareRows[z:], l.rows[from+end:to])
		copy(g.spareGH[z:], l.packed[from+end:to])
		z += to - from - end
		copy(l.rows[a:], l.rows[from:from+end])
		copy(l.packed[a:], l.packed[from:from+end])
		a += end
	}
	copy(l.rows[left:], g.spareRows[:z])
	copy(l.packed[left:], g.spareGH[:z])
	return left
}

// serial is how many updates of a histogram are not worth a second processor.
const serial = 1 << 13

// search fills the histograms of a leaf, and of its larger sibling by difference from their parent, and finds the best
// split of both.
func (g *grower) search(small, large, parent *leaf) {
	found := make([][2]candidate, len(g.groups))
	do := func(k int) {
		h := &small.hist[k]
		width := len(g.groups[k].columns)
		add(h, width, g.groups[k].words, small.rows, small.packed)
		if large != nil {
			of := &large.hist[k] // the parent's own
			for lane := range width {
				bins := g.cuts[g.groups[k].columns[lane]].bins()
				a, b := &of[lane], &h[lane]
				for i := range bins {
					a[i] -= b[i]
				}
			}
		}
		found[k][0] = g.best(small, k)
		if large != nil {
			found[k][1] = g.best(large, k)
		}
	}
	if len(small.rows)*len(g.cuts) < serial {
		for k := range g.groups {
			do(k)
		}
	} else {
		parallel(len(g.groups), do)
	}
	for k := range found {
		if found[k][0].gain > small.best.gain {
			small.best = found[k][0]
		}
		if large != nil && found[k][1].gain > large.best.gain {
			large.best = found[k][1]
		}
	}
}

// add sums the rows of a leaf into the histograms of a group.
func add(h *histogram, width int, words []uint64, rows []int32, packed []int64) {
	for lane := range width {
		h[lane] = [256]int64{}
	}
	packed = packed[:len(rows)]
	for k, row := range rows {
		w, v := words[row], packed[k]
		switch width {
		case 8:
			h[7][uint8(w>>56)] += v
			fallthrough
		case 7:
			h[6][uint8(w>>48)] += v
			fallthrough
		case 6:
			h[5][uint8(w>>40)] += v
			fallthrough
		case 5:
			h[4][uint8(w>>32)] += v
			fallthrough
		case 4:
			h[3][uint8(w>>24)] += v
			fallthrough
		case 3:
			h[2][uint8(w>>16)] += v
			fallthrough
		case 2:
			h[1][uint8(w>>8)] += v
			fallthrough
		default:
			h[0][uint8(w)] += v
		}
	}
}

// settle sets the leaves' log-odds from exact sums and moves every row's.
func (g *grower) settle(t *Tree, leaves []*leaf) {
	for _, l := range leaves {
		sums := make([][2]int64, parts(len(l.rows)))
		parallel(len(sums), func(k int) {
			for _, i := range l.rows[k*part : min((k+1)*part, len(l.rows))] {
				sums[k][0] += g.fineG[i]
				sums[k][1] += g.fineH[i]
			}
		})
		grad, curve := int64(0), int64(0)
		for _, s := range sums {
			grad, curve = grad+s[0], curve+s[1]
		}
		value := g.output(float64(grad)/fine, float64(curve)/fine, l.lo, l.hi)
		t.Nodes[l.node].Value, t.Nodes[l.node].Cover = g.Rate*value, len(l.rows)
	}
	for i := len(t.Nodes) - 1; i >= 0; i-- {
		if n := &t.Nodes[i]; n.Left > 0 {
			n.Cover = t.Nodes[n.Left].Cover + t.Nodes[n.Left+1].Cover
		}
	}
	if g.salt == nil {
		for _, l := range leaves {
			value := t.Nodes[l.node].Value
			for _, i := range l.rows {
				g.eta[i] += value
			}
		}
		return
	}
	parallel(parts(g.n), func(k int) {
		for i := k * part; i < min((k+1)*part, g.n); i++ {
			g.eta[i] += t.Nodes[t.leafOf(func(c int) uint8 { return g.bin(c, int32(i)) })].Value
		}
	})
}

// mix is the finaliser of splitmix64.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
