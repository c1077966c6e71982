package models

import (
	"hash/fnv"
	"math"
)

// A strictness is how much a bin and a feature must prove before they count.
type strictness struct{ perBin, chance, ridge float64 }

// strictnesses to choose from, by cross-validation, where rows are few: there fine bins of many features fit chance.
// With more rows than chooseUpTo the first is as good as the others.
var strictnesses = []strictness{{1, 1, 10}, {3, 3, 30}, {6, 10, 100}}

const (
	chooseUpTo  = 6000
	chooseFolds = 4
)

func (b Binning) at(s strictness) Binning {
	b.PerBin, b.PerTurn = max(b.PerBin, s.perBin), max(b.PerTurn, 2*s.perBin)
	b.Chance = max(b.Chance, s.chance)
	return b
}

// chooseStrictness picks the strictness of least log loss over folds of rows by content.
func (s *Scorecard) chooseStrictness(m *matrix, y []uint8, rows []int) (Binning, float64) {
	usual := strictnesses[0]
	if len(rows) > chooseUpTo {
		return s.Binning.at(usual), usual.ridge
	}
	var in, out [chooseFolds][]int
	for _, row := range rows {
		own := int(m.hash(row) >> 8 % chooseFolds)
		for k := range in {
			if k == own {
				out[k] = append(out[k], row)
			} else {
				in[k] = append(in[k], row)
			}
		}
	}
	best, least := usual, math.Inf(1)
	for _, candidate := range strictnesses {
		var losses []float64
		for k := range in {
			c, err := s.card(m, y, in[k], s.Binning.at(candidate), candidate.ridge)
			if err != nil {
				continue // a fold without defaults says nothing of any candidate
			}
			scorer, err := c.bind(m)
			if err != nil {
				continue
			}
			for _, row := range out[k] {
				losses = append(losses, surprise(scorer.logOdds(row), y[row]))
			}
		}
		if loss := sortedMean(losses); len(losses) > 0 && loss < least {
			best, least = candidate, loss
		}
	}
	return s.Binning.at(best), best.ridge
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
