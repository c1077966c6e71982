package models

import (
	"errors"
	"hash/fnv"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// A strictness is how much a bin and a feature must prove before they count.
type strictness struct{ perBin, chance, ridge float64 }

// strictnesses to choose from, by cross-validation, where customers are few: there fine bins of many features fit chance.
// With more customers than chooseUpTo the first is as good as the others.
var strictnesses = []strictness{{1, 1, 10}, {3, 3, 30}, {6, 10, 100}}

const (
	chooseUpTo  = 6000 // customers
	chooseFolds = 4
	chooseRows  = 20000 // more than these are thinned out for choosing
)

func (s strictness) on(b Binning) Binning {
	b.PerBin, b.PerTurn = max(b.PerBin, s.perBin), max(b.PerTurn, 2*s.perBin)
	b.Chance = max(b.Chance, s.chance)
	return b
}

// chooseStrictness settles binning and ridge: those of least log loss over folds of customers.
func (s *Scorecard) chooseStrictness(cut *cutting) error {
	usual := strictnesses[0]
	if cut.customer == nil {
		s.Binning, s.Ridge = usual.on(s.Binning), usual.ridge
		return nil
	}
	candidates := make([]Scorecard, len(strictnesses))
	for i, c := range strictnesses {
		c.perBin, c.chance, c.ridge = c.perBin*cut.repeats, c.chance*cut.repeats, c.ridge*cut.repeats
		candidates[i] = Scorecard{Columns: s.Columns, Binning: c.on(s.Binning), Ridge: c.ridge}
	}
	best, least := candidates[0], math.Inf(1)
	if distinct(cut.customer) <= chooseUpTo {
		losses, err := cut.lossesByFold(candidates)
		if err != nil {
			return err
		}
		for i, l := range losses {
			if loss := sortedMean(l); len(l) > 0 && loss < least {
				best, least = candidates[i], loss
			}
		}
	}
	s.Binning, s.Ridge = best.Binning, best.Ridge
	return nil
}

// lossesByFold returns, per candidate, the log loss of every row by the card of the other folds' customers.
func (c *cutting) lossesByFold(candidates []Scorecard) ([][]float64, error) {
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
				d, card, err := candidates[i].card(c, in[k])
				if errors.Is(err, ErrOneClass) {
					return nil // a fold without defaults says nothing of any candidate
				}
				if err != nil {
					return err
				}
				losses[i][k] = d.losses(card, out[k])
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
