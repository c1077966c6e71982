package boost

import (
	"math"
	"slices"
)

// output is the log-odds of a leaf of these sums that minimises the penalised loss, within its bounds.
func (g *grower) output(grad, curve, lo, hi float64) float64 {
	if g.L1 > 0 {
		grad = math.Copysign(math.Max(0, math.Abs(grad)-g.L1), grad)
	}
	d := curve + g.L2
	if d <= 0 {
		return 0
	}
	return math.Min(math.Max(-grad/d, lo), hi)
}

// worth is by how much a leaf of that log-odds lowers the loss, twice.
func (g *grower) worth(grad, curve, w float64) float64 {
	return -(2*grad*w + (curve+g.L2)*w*w + 2*g.L1*math.Abs(w))
}

// best returns the best split of a leaf over the columns of a group.
func (g *grower) best(l *leaf, k int) (best candidate) {
	if l.depth >= g.Depth {
		return best
	}
	for lane, column := range g.pack.groups[k] {
		h := l.hist[k][lane][:g.cuts[column].bins()]
		var c candidate
		if g.cuts[column].Text {
			c = g.categories(l, column, h)
		} else {
			c = g.numbers(l, column, h)
		}
		if c.gain > best.gain {
			best = c
		}
	}
	return best
}

// least is the curvature that either side of a split must have, in units of a histogram.
func (g *grower) least() int64 { return max(1, int64(math.Ceil(g.MinChild/g.unitH))) }

// need is what the sides of a split must be worth together, for it to be worth anything.
func (g *grower) need(l *leaf) float64 {
	grad, curve := float64(l.g)*g.unitG, float64(l.h)*g.unitH
	return g.worth(grad, curve, g.output(grad, curve, l.lo, l.hi)) + g.MinGain
}

// leastGain is what counts as none.
const leastGain = 1e-10

// numbers looks for the threshold, between the least and the largest number of the leaf; missing ones go to either side, or
// apart from all others.
func (g *grower) numbers(l *leaf, column int, h []int64) (best candidate) {
	first, last := 1, len(h)-1
	for first < last && h[first] == 0 {
		first++
	}
	for first < last && h[last] == 0 {
		last--
	}
	need := g.need(l) + leastGain
	worth, missing := need, h[0]
	try := func(bins []int64, sum int64, direction, from int, missingLeft bool) {
		if w, at, left := g.scan(l, direction, bins, sum, worth, 0); at >= 0 {
			worth = w
			best = candidate{gain: w - need + leastGain, column: column, bin: uint8(from + at), missingLeft: missingLeft, g: left >> 32, h: int64(uint32(left))}
		}
	}
	try(h[first:last], 0, g.direction[column], first, false)
	if missing != 0 {
		try(h[first:last], missing, g.direction[column], first, true)
		known := [1]int64{l.g<<32 + l.h - missing}
		try(known[:], 0, 0, len(h)-1, false) // whatever the direction: numbers stay together
	} else {
		best.missingLeft = best.h*2 >= l.h // never seen here: with the larger side
	}
	g.weigh(l, &best, 0)
	return best
}

// scan goes through the bins after which a leaf may be split, and returns what the sides of the best split are worth if
// that is more than what is given, the bin and the sum of the left side, which starts with some. Where there is none the bin
// is −1. Sides are drawn to zero by more than L2 where extra says so.
func (g *grower) scan(l *leaf, direction int, bins []int64, sum int64, worth, extra float64) (most float64, at int, left int64) {
	if direction != 0 || g.L1 != 0 || !math.IsInf(l.lo, -1) || !math.IsInf(l.hi, 1) {
		return g.scanBound(l, direction, bins, sum, worth, extra)
	}
	return g.scanFree(l, bins, sum, worth, extra)
}

// scanFree is for leaves and columns without bounds.
func (g *grower) scanFree(l *leaf, bins []int64, sum int64, worth, extra float64) (most float64, at int, left int64) {
	least, l2 := g.least(), (g.L2+extra)/g.unitH
	scale := g.unitG * g.unitG / g.unitH
	rest := l.h - least // most curvature of the left side
	whole, total := float64(l.g), float64(l.h)+2*l2
	// The sides' a²/x + b²/y, with a+b = whole and x+y = total, are (a·total − whole·x)²/(x·y·total) + whole²/total: of which
	// the first part is compared, without dividing.
	base := whole * whole / total
	most, at = (worth/scale-base)*total, -1
	for bin, v := range bins {
		sum += v
		curve := int64(uint32(sum))
		if curve < least {
			continue
		}
		if curve > rest {
			break
		}
		x := float64(curve) + l2
		u, xy := float64(sum>>32)*total-whole*x, x*(total-x)
		if uu := u * u; uu > most*xy {
			most, at, left = uu/xy, bin, sum
		}
	}
	return (most/total + base) * scale, at, left
}

// scanBound is for a leaf whose log-odds are bound, a column with a direction, and L1.
func (g *grower) scanBound(l *leaf, direction int, bins []int64, sum int64, worth, extra float64) (most float64, at int, left int64) {
	least := g.least()
	most, at = worth, -1
	for bin, v := range bins {
		sum += v
		curve := int64(uint32(sum))
		rest := l.h - curve
		if curve < least {
			continue
		}
		if rest < least {
			break
		}
		a, b := float64(sum>>32)*g.unitG, float64(l.g-sum>>32)*g.unitG
		ha, hb := float64(curve)*g.unitH+extra, float64(rest)*g.unitH+extra
		low, high := g.output(a, ha, l.lo, l.hi), g.output(b, hb, l.lo, l.hi)
		if float64(direction)*(high-low) < 0 {
			continue
		}
		if both := g.worth(a, ha, low) + g.worth(b, hb, high); both > most {
			most, at, left = both, bin, sum
		}
	}
	return most, at, left
}

// Bounds of a split by category: rates of small ones are drawn to the leaf's, and a side is named by few.
const (
	catSmooth = 10 // rows' worth of curvature
	catL2     = 10
	catMost   = 32
)

// categories looks for a set of categories: in order of their rate, from either end.
func (g *grower) categories(l *leaf, column int, h []int64) (best candidate) {
	smooth := catSmooth * float64(l.h) / math.Max(1, float64(l.n))
	prior := float64(l.g) / math.Max(1, float64(l.h)) * smooth
	// A category is its rate, as a number that sorts as it does, with the bin in the lowest digits.
	var room [256]uint64
	all := room[:0]
	for bin, v := range h {
		if v != 0 {
			rate := math.Float64bits((float64(v>>32) + prior) / (float64(uint32(v)) + smooth))
			if rate>>63 == 1 {
				rate = ^rate
			} else {
				rate |= 1 << 63
			}
			all = append(all, rate&^255|uint64(bin))
		}
	}
	if len(all) < 2 {
		return best
	}
	slices.Sort(all)
	extra := 0.0
	if len(all) > 4 {
		extra = catL2
	}
	need := g.need(l) + leastGain
	worth, from, taken := need, 0, 0
	ends := 1
	if len(all)-1 > catMost {
		ends = 2 // else the first end's sets are the other's, seen from outside
	}
	var sums [catMost]int64
	for end := range ends {
		some := sums[:min(len(all)-1, catMost)]
		for k := range some {
			at := k
			if end == 1 {
				at = len(all) - 1 - k
			}
			some[k] = h[uint8(all[at])]
		}
		if w, at, left := g.scan(l, 0, some, 0, worth, extra); at >= 0 {
			worth, from, taken = w, end, at+1
			best = candidate{gain: w - need + leastGain, column: column, g: left >> 32, h: int64(uint32(left))}
		}
	}
	if taken == 0 {
		return best
	}
	if from == 1 {
		all = all[len(all)-taken:]
	}
	best.set = &[4]uint64{}
	for _, c := range all[:taken] {
		best.set[c>>6&3] |= 1 << (c & 63)
	}
	g.weigh(l, &best, extra)
	return best
}

// weigh sets the log-odds of either side.
func (g *grower) weigh(l *leaf, c *candidate, extra float64) {
	c.left = g.output(float64(c.g)*g.unitG, float64(c.h)*g.unitH+extra, l.lo, l.hi)
	c.right = g.output(float64(l.g-c.g)*g.unitG, float64(l.h-c.h)*g.unitH+extra, l.lo, l.hi)
}
