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
	for lane, column := range g.groups[k].columns {
		if !g.used[column] {
			continue
		}
		h := &l.hist[k][lane]
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

// numbers looks for the threshold.
func (g *grower) numbers(l *leaf, column int, h *[256]int64) (best candidate) {
	total := l.g<<32 + l.h
	missing := h[0]
	least := int64(math.Ceil(g.MinChild / g.unitH))
	whole := g.output(float64(l.g)*g.unitG, float64(l.h)*g.unitH, l.lo, l.hi)
	need := g.worth(float64(l.g)*g.unitG, float64(l.h)*g.unitH, whole) + g.MinGain
	free := g.direction[column] == 0 && g.L1 == 0 && math.IsInf(l.lo, -1) && math.IsInf(l.hi, 1)
	bins := g.cuts[column].bins()
	try := func(missingLeft bool) {
		sum := int64(0)
		if missingLeft {
			sum = missing
		}
		last := bins - 2 // a split after the last bin leaves nothing but missing values
		if missing != 0 && !missingLeft {
			last = bins - 1
		}
		for bin := 1; bin <= last; bin++ {
			v := h[bin]
			sum += v
			hl := int64(uint32(sum))
			if v == 0 || hl < least {
				continue
			}
			hr := l.h - hl
			if hr < least || hr == 0 {
				break
			}
			a, b := float64(sum>>32)*g.unitG, float64((total-sum)>>32)*g.unitG
			ha, hb := float64(hl)*g.unitH, float64(hr)*g.unitH
			var gain, left, right float64
			if free {
				da, db := ha+g.L2, hb+g.L2
				gain = (a*a*db+b*b*da)/(da*db) - need
				if gain <= best.gain {
					continue
				}
				left, right = -a/da, -b/db
			} else {
				left, right = g.output(a, ha, l.lo, l.hi), g.output(b, hb, l.lo, l.hi)
				if float64(g.direction[column])*(right-left) < 0 {
					continue
				}
				if gain = g.worth(a, ha, left) + g.worth(b, hb, right) - need; gain <= best.gain {
					continue
				}
			}
			best = candidate{gain: gain, column: column, bin: uint8(bin), missingLeft: missingLeft, g: sum >> 32, h: hl, left: left, right: right}
		}
	}
	try(false)
	if missing != 0 {
		try(true)
	} else if best.gain > 0 {
		best.missingLeft = best.h*2 >= l.h // never seen here: with the larger side
	}
	if best.gain < 1e-10 {
		best.gain = 0
	}
	return best
}

// Bounds of a split by category: rates of small ones are drawn to the leaf's, and a side is named by few.
const (
	catSmooth = 10 // rows' worth of curvature
	catL2     = 10
	catMost   = 32
)

// categories looks for a set of categories: in order of their rate, from either end.
func (g *grower) categories(l *leaf, column int, h *[256]int64) (best candidate) {
	perRow := float64(l.h) * g.unitH / math.Max(1, float64(len(l.rows)))
	prior := float64(l.g) / math.Max(1, float64(l.h))
	type category struct {
		bin  int
		rate float64
	}
	var all []category
	for bin, v := range h[:g.cuts[column].bins()] {
		if v != 0 {
			hh := float64(uint32(v)) * g.unitH
			smooth := catSmooth * perRow
			all = append(all, category{bin, (float64(v>>32)*g.unitG + prior*g.unitG/g.unitH*smooth) / (hh + smooth)})
		}
	}
	if len(all) < 2 {
		return best
	}
	slices.SortStableFunc(all, func(a, b category) int {
		switch {
		case a.rate < b.rate:
			return -1
		case a.rate > b.rate:
			return 1
		}
		return a.bin - b.bin
	})
	l2 := g.L2
	if len(all) > 4 {
		l2 += catL2
	}
	least := g.MinChild
	whole := g.output(float64(l.g)*g.unitG, float64(l.h)*g.unitH, l.lo, l.hi)
	need := g.worth(float64(l.g)*g.unitG, float64(l.h)*g.unitH, whole) + g.MinGain
	total := l.g<<32 + l.h
	for range 2 {
		sum, set := int64(0), [4]uint64{}
		for _, c := range all[:min(len(all)-1, catMost)] {
			sum += h[c.bin]
			set[c.bin>>6] |= 1 << (c.bin & 63)
			rest := total - sum
			a, b := float64(sum>>32)*g.unitG, float64(rest>>32)*g.unitG
			ha, hb := float64(uint32(sum))*g.unitH, float64(l.h-int64(uint32(sum)))*g.unitH
			if ha < least || hb < least {
				continue
			}
			extra := l2 - g.L2
			left, right := g.output(a, ha+extra, l.lo, l.hi), g.output(b, hb+extra, l.lo, l.hi)
			gain := g.worth(a, ha+extra, left) + g.worth(b, hb+extra, right) - need
			if gain > best.gain {
				own := set
				best = candidate{gain: gain, column: column, set: &own, g: sum >> 32, h: int64(uint32(sum)), left: left, right: right}
			}
		}
		slices.Reverse(all)
	}
	if best.gain < 1e-10 {
		best.gain = 0
	}
	return best
}
