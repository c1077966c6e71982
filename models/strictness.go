package models

import (
	"errors"
	"hash/fnv"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// A strictness is how much a bin and a feature must prove before they count.
type strictness struct {
	binning Binning
	ridge   float64
	lasso   float64
}

// strictnesses to choose from, by cross-validation, where customers are few: there fine bins of many features fit chance.
// With more customers than chooseUpTo the first is as good as the others.
var strictnesses = []struct{ perBin, chance, ridge float64 }{{1, 1, 10}, {3, 3, 30}, {6, 10, 100}}

// lassos to select features by, in log-likelihood: a feature that does all by itself, whose coefficient is 1, must bring
// as much.
var lassos = []float64{0, 2, 5, 10, 20}

const (
	chooseUpTo  = 6000 // customers
	chooseFolds = 4
	chooseRows  = 20000 // more than these are thinned out for choosing
)

// chooseStrictness returns the strictness of least log loss over folds of customers, and then selects: the fewest
// features that are no worse than all.
func (c *cutting) chooseStrictness(b Binning) (strictness, error) {
	var candidates []strictness
	for _, s := range strictnesses {
		own := b
		own.PerBin, own.PerTurn = max(b.PerBin, s.perBin)*c.repeats, max(b.PerTurn, 2*s.perBin)*c.repeats
		own.PerLight = max(b.PerLight, 2*s.perBin) * c.repeats
		own.Chance = max(b.Chance, s.chance) * c.repeats
		candidates = append(candidates, strictness{binning: own, ridge: s.ridge * c.repeats})
	}
	best := candidates[0]
	if c.customer != nil && distinct(c.customer) <= chooseUpTo {
		losses, err := c.lossesByFold(candidates)
		if err != nil {
			return best, err
		}
		least := math.Inf(1)
		for i, l := range losses {
			if loss := exactMean(l); len(l) > 0 && loss < least {
				best, least = candidates[i], loss
			}
		}
	}
	return c.chooseLasso(best)
}

// chooseLasso returns the strictness with the largest lasso whose loss is not above that without one.
func (c *cutting) chooseLasso(s strictness) (strictness, error) {
	var candidates []strictness
	for _, l := range lassos {
		s.lasso = l * c.repeats
		candidates = append(candidates, s)
	}
	losses, err := c.lossesByFold(candidates)
	if err != nil || len(losses[0]) == 0 {
		return candidates[0], err
	}
	for i := len(candidates) - 1; i > 0; i-- {
		if exactMean(losses[i]) <= exactMean(losses[0]) {
			return candidates[i], nil
		}
	}
	return candidates[0], nil
}

// lossesByFold returns, per candidate, the log loss of every row by the card of the other folds' customers.
func (c *cutting) lossesByFold(candidates []strictness) ([][]float64, error) {
	var in, out [chooseFolds][]int
	stride := 1 + len(c.y)/chooseRows
	for i := 0; i < len(c.y); i += stride {
		own := int(c.who(i) >> 8 % chooseFolds)
		for k := range in {
			if k == own {
				out[k] = append(out[k], i)
			} else {
				in[k] = append(in[k], i)
			}
		}
	}
	losses := make([][chooseFolds][]float64, len(candidates))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := range in {
		group.Go(func() error {
			var binned *design
			for i, candidate := range candidates {
				if i == 0 || candidate.binning != candidates[i-1].binning {
					binned = newDesign(candidate.binning, c, in[k])
					binned.dropWeak(candidate.binning)
				}
				d := binned.again()
				fitted, err := d.card(candidate)
				if errors.Is(err, ErrOneClass) {
					continue // a fold without defaults says nothing of any candidate
				}
				if err != nil {
					return err
				}
				losses[i][k] = d.losses(fitted, out[k])
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := make([][]float64, len(candidates))
	for i := range losses {
		for _, l := range losses[i] {
			all[i] = append(all[i], l...)
		}
	}
	return all, nil
}

// who tells whose row stands at a place; rows of the same codes stand for each other where nobody knows.
func (c *cutting) who(place int) uint64 {
	if c.customer != nil {
		return c.customer[place]
	}
	h := uint64(0)
	for _, codes := range c.codes {
		h = mix(h ^ uint64(codes[place]))
	}
	return h
}

// hash depends on a row's content alone.
func (m *matrix) hash(row int) uint64 {
	if m.content != nil {
		return m.content[row]
	}
	h := fnv.New64a()
	var cell [8]byte
	for i := range m.cols {
		if v := &m.cols[i]; v.numbers == nil {
			h.Write([]byte(v.texts[v.codes[row]]))
			h.Write(cell[:1])
		} else {
			bits := math.Float64bits(v.numbers[row])
			if v.missing(row) {
				bits = math.Float64bits(math.NaN())
			}
			for k := range cell {
				cell[k] = byte(bits >> (8 * k))
			}
			h.Write(cell[:])
			cell = [8]byte{}
		}
	}
	return mix(h.Sum64())
}
