package models

import "math"

// Bounds of the joint adjustment.
const (
	adjustRidge  = 100  // rows' worth of weight that holds a bin to −beta·WoE, at least
	adjustRounds = 8    // Newton steps, at most
	adjustSweeps = 6    // over all features, in a step
	adjustEnough = 1e-3 // log-odds; smaller moves end it
)

// adjust lets the bins of all features settle jointly. Weights of evidence see one feature at a time; features that say
// the same thing (six months of payment status) then count it several times over in some bins and not at all in
// others, which one coefficient per feature cannot mend. Each bin's lift in log-odds starts at −beta·WoE and moves, under
// a ridge towards that line, to where the bin's expected defaults meet its observed ones. Lifts of a feature with a
// direction keep to it.
//
// Every round takes PDs once and then moves feature by feature on the quadratic that has the likelihood's slope and
// curvature there: no exponential per feature.
func (d *design) adjust(c *card, ridge float64) {
	d.straight(c)
	var in []int // features in the regression
	for i := range c.Features {
		if d.bins[i] != nil {
			in = append(in, i)
		}
	}
	n := len(d.y)
	residual, weight := make([]float64, n), make([]float64, n)
	weights := make([][256]float64, len(in))
	for range adjustRounds {
		d.residuals(c, in, residual, weight)
		total := 0.0
		for _, w := range weight {
			total += w
		}
		for k, i := range in {
			weights[k] = [256]float64{}
			for row, bin := range d.bins[i] {
				weights[k][bin] += weight[row]
			}
		}
		most := 0.0
		for range adjustSweeps {
			slope := 0.0
			for _, r := range residual {
				slope += r
			}
			move := slope / (total + 1e-9)
			c.Intercept += move
			for row, w := range weight {
				residual[row] -= w * move
			}
			largest := math.Abs(move)
			for k, i := range in {
				largest = max(largest, d.move(&c.Features[i], i, ridge, residual, weight, &weights[k]))
			}
			if most = max(most, largest); largest < adjustEnough {
				break
			}
		}
		if most < adjustEnough {
			break
		}
	}
}

// straight sets every bin's lift to what the regression gives it.
func (d *design) straight(c *card) {
	for i := range c.Features {
		f := &c.Features[i]
		for b := range f.Bins {
			f.Bins[b].Lift = -f.Beta * f.Bins[b].WoE
		}
	}
}

// centre moves every feature's lifts so that they are 0 in the mean over the rows, and the intercept the other way: 0 is
// then what a value weighs of which the fit saw nothing.
func (d *design) centre(c *card) {
	for i := range c.Features {
		bins, mean := c.Features[i].Bins, 0.0
		for _, b := range bins {
			mean += (b.Good + b.Bad) / d.total.n() * b.Lift
		}
		for b := range bins {
			if bins[b].Good+bins[b].Bad > 0 {
				bins[b].Lift -= mean
			}
		}
		c.Intercept += mean
	}
}

// residuals sets every row's outcome less its PD, and the PD's variance, both by the row's weight.
func (d *design) residuals(c *card, in []int, residual, weight []float64) {
	for row := range residual {
		residual[row] = c.Intercept
	}
	for _, i := range in {
		lift := [256]float64{}
		for b, bin := range c.Features[i].Bins {
			lift[b+1] = bin.Lift
		}
		for row, bin := range d.bins[i] {
			residual[row] += lift[bin]
		}
	}
	for row, eta := range residual {
		p, w := expit(eta), weightAt(d.weight, row)
		residual[row], weight[row] = w*(float64(d.y[row])-p), w*p*(1-p)
	}
}

// move moves one feature's lifts to their best, the others standing still, and returns the largest step.
func (d *design) move(f *Feature, i int, ridge float64, residual, weight []float64, weights *[256]float64) float64 {
	var slope, step [256]float64
	for row, bin := range d.bins[i] {
		slope[bin] += residual[row]
	}
	lifts, held := make([]float64, len(f.Bins)), make([]float64, len(f.Bins))
	for b, bin := range f.Bins {
		held[b] = weights[b+1] + ridge
		lifts[b] = bin.Lift + (slope[b+1]-ridge*(bin.Lift+f.Beta*bin.WoE))/held[b]
	}
	if numbers := len(f.Edges) + 1; !f.Text && d.cut.columns[i].Direction != 0 {
		inOrder(lifts[:numbers], held[:numbers], d.cut.columns[i].Direction)
	}
	most := 0.0
	for b := range f.Bins {
		if f.Bins[b].Good+f.Bins[b].Bad == 0 {
			continue
		}
		step[b+1] = lifts[b] - f.Bins[b].Lift
		f.Bins[b].Lift = lifts[b]
		most = max(most, math.Abs(step[b+1]))
	}
	if most > 0 {
		for row, bin := range d.bins[i] {
			residual[row] -= weight[row] * step[bin]
		}
	}
	return most
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
