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
}

// strictnesses to choose from, by cross-validation, where customers are few: there fine bins of many features fit chance.
// With more customers than chooseUpTo the first is as good as the others.
var strictnesses = []struct{ perBin, chance, ridge float64 }{{1, 1, 10}, {3, 3, 30}, {6, 10, 100}}

const (
	chooseUpTo  = 6000 // customers
	chooseFolds = 4
	chooseRows  = 20000 // more than these are thinned out for choosing
)

// chooseStrictness returns the strictness of least log loss over folds of customers.
func (c *cutting) chooseStrictness(b Binning) (strictness, error) {
	var candidates []strictness
	for _, s := range strictnesses {
		own := b
		own.PerBin, own.PerTurn = max(b.PerBin, s.perBin)*c.repeats, max(b.PerTurn, 2*s.perBin)*c.repeats
		own.Chance = max(b.Chance, s.chance) * c.repeats
		candidates = append(candidates, strictness{own, s.ridge * c.repeats})
	}
	best, least := candidates[0], math.Inf(1)
	if c.customer == nil || distinct(c.customer) > chooseUpTo {
		return best, nil
	}
	losses, err := c.lossesByFold(candidates)
	if err != nil {
		return best, err
	}
	for i, l := range losses {
		if loss := exactMean(l); len(l) > 0 && loss < least {
			best, least = candidates[i], loss
		}
	}
	return best, nil
}

// lossesByFold returns, per candidate, the log loss of every row by the card of the other folds' customers.
func (c *cutting) lossesByFold(candidates []strictness) ([][]float64, error) {
	var in, out [chooseFolds][]int
	stride := 1 + len(c.y)/chooseRows
	for i := 0; i < len(c.y); i += stride {
		own := int(c.customer[i] >> 8 % chooseFolds)
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
	for i := range candidates {
		for k := range in {
			group.Go(func() error {
				d, fitted, err := c.card(candidates[i], in[k])
				if errors.Is(err, ErrOneClass) {
					return nil // a fold without defaults says nothing of any candidate
				}
				if err != nil {
					return err
				}
				losses[i][k] = d.losses(fitted, out[k])
				return nil
			})
		}
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
