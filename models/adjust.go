package models

import "math"

// Bounds of the joint adjustment.
const (
	adjustRidge  = 100  // rows' worth of weight that holds a bin to −beta·WoE
	adjustSweeps = 30   // over all features, at most
	adjustEnough = 1e-4 // log-odds; smaller steps end it
)

// adjust lets the bins of all features settle jointly. Weights of evidence see one feature at a time; features that say
// the same thing (six months of payment status) then count it several times over in some bins and not at all in
// others, which one coefficient per feature cannot mend. Each bin's lift in log-odds starts at −beta·WoE and moves, under
// a ridge towards that line, to where the bin's expected defaults meet its observed ones. Lifts of a feature with a
// direction keep to it.
func (d *design) adjust(c *card, columns []Column) {
	n := len(d.y)
	for i := range c.Features {
		for b := range c.Features[i].Bins {
			bin := &c.Features[i].Bins[b]
			bin.Lift = -c.Features[i].Beta * bin.WoE
		}
	}
	eta := make([]float64, n)
	for row := range eta {
		eta[row] = c.Intercept
		for i := range c.Features {
			eta[row] += c.Features[i].lift(d.bins[row][i])
		}
	}
	// A feature's step enters eta while the next feature's sums are taken: one exponential per row and feature.
	last, step := -1, [257]float64{}
	var slope, weight [257]float64
	sums := func(i int) {
		clear(slope[:])
		clear(weight[:])
		for row, bins := range d.bins {
			if last >= 0 {
				eta[row] += step[bins[last]]
			} else {
				eta[row] += step[0] // the intercept's
			}
			p := expit(eta[row])
			at := uint8(0)
			if i >= 0 {
				at = bins[i]
			}
			slope[at] += float64(d.y[row]) - p
			weight[at] += p * (1 - p)
		}
		clear(step[:])
		last = i
	}
	for range adjustSweeps {
		sums(-1)
		move := slope[0] / (weight[0] + 1e-9)
		c.Intercept += move
		step[0] = move
		most := math.Abs(move)
		for i := range c.Features {
			f := &c.Features[i]
			if f.Dropped != "" && f.Dropped != "sign" {
				continue
			}
			sums(i)
			lifts, weights := make([]float64, len(f.Bins)), make([]float64, len(f.Bins))
			for b, bin := range f.Bins {
				weights[b] = weight[b+1] + adjustRidge
				lifts[b] = bin.Lift + (slope[b+1]-adjustRidge*(bin.Lift+f.Beta*bin.WoE))/weights[b]
			}
			if numbers := len(f.Edges) + 1; !f.Text && columns[i].Direction != 0 {
				inOrder(lifts[:numbers], weights[:numbers], columns[i].Direction)
			}
			for b := range f.Bins {
				if f.Bins[b].Good+f.Bins[b].Bad == 0 {
					continue
				}
				step[b+1] = lifts[b] - f.Bins[b].Lift
				f.Bins[b].Lift = lifts[b]
				most = max(most, math.Abs(step[b+1]))
			}
		}
		if most < adjustEnough {
			break
		}
	}
}

// inOrder replaces values by the nearest, in weighted squares, that never fall (direction above 0) or never rise.
func inOrder(values, weights []float64, direction int) {
	sign := 1.0
	if direction < 0 {
		sign = -1
	}
	type pool struct {
		value, weight float64
		n             int
	}
	var pools []pool
	for i, v := range values {
		pools = append(pools, pool{sign * v, weights[i], 1})
		for k := len(pools) - 1; k > 0 && pools[k-1].value > pools[k].value; k-- {
			a, b := pools[k-1], pools[k]
			w := a.weight + b.weight
			pools = append(pools[:k-1], pool{(a.value*a.weight + b.value*b.weight) / w, w, a.n + b.n})
		}
	}
	i := 0
	for _, p := range pools {
		for range p.n {
			values[i] = sign * p.value
			i++
		}
	}
}
