package models

import (
	"bytes"
	"math"
	"slices"
	"sort"
)

// A design is the scorecard's regression: rows in an order that depends on their content alone, so that sums of
// floats, and with them the coefficients, do not depend on the order the rows came in.
type design struct {
	features []Feature
	bins     [][]uint8 // per row in that order: bin+1 of every feature
	y        []uint8
}

func newDesign(features []Feature, binOf [][]uint8, y []uint8, rows []int) *design {
	p := len(features)
	type line struct {
		bins []uint8
		y    uint8
	}
	lines, cells := make([]line, len(rows)), make([]uint8, len(rows)*p)
	for j, row := range rows {
		bins := cells[j*p : (j+1)*p : (j+1)*p]
		for i := range bins {
			bins[i] = binOf[i][j]
		}
		lines[j] = line{bins, y[row]}
	}
	slices.SortFunc(lines, func(a, b line) int {
		if c := bytes.Compare(a.bins, b.bins); c != 0 {
			return c
		}
		return int(a.y) - int(b.y)
	})
	d := &design{features: features}
	for _, l := range lines {
		d.bins, d.y = append(d.bins, l.bins), append(d.y, l.y)
	}
	return d
}

// dropWeak leaves out features of little information and near copies of stronger ones.
func (d *design) dropWeak(b Binning) {
	for i := range d.features {
		f := &d.features[i]
		if f.Dropped == "" && f.IV < max(b.MinIV, b.Chance*f.chanceIV()) {
			f.Dropped = "iv"
		}
	}
	kept := d.kept()
	sort.SliceStable(kept, func(a, b int) bool { return d.features[kept[a]].IV > d.features[kept[b]].IV })
	var columns [][]float64
	for _, i := range kept {
		column := d.standard(i)
		for _, other := range columns {
			dot := 0.0
			for row := range column {
				dot += column[row] * other[row]
			}
			if math.Abs(dot) > b.MaxCorr {
				d.features[i].Dropped = "correlated"
				break
			}
		}
		if d.features[i].Dropped == "" {
			columns = append(columns, column)
		}
	}
}

// chanceIV is the mean information value of a feature that says nothing, cut into as many bins: under independence IV
// is (1/G+1/B) times a chi-square of bins−1 degrees of freedom.
func (f *Feature) chanceIV() float64 {
	total, filled := count{}, 0
	for _, b := range f.Bins {
		total = total.plus(count{b.Good, b.Bad})
		if b.Good+b.Bad > 0 {
			filled++
		}
	}
	return float64(filled-1) * (1/float64(total.good) + 1/float64(total.bad))
}

// standard returns a feature's WoE per row, of mean 0 and length 1.
func (d *design) standard(i int) []float64 {
	out := make([]float64, len(d.y))
	mean, length := 0.0, 0.0
	for row := range out {
		out[row] = d.woe(row, i)
		mean += out[row]
	}
	mean /= float64(len(out))
	for row := range out {
		out[row] -= mean
		length += out[row] * out[row]
	}
	for row := range out {
		out[row] /= math.Sqrt(max(length, math.SmallestNonzeroFloat64))
	}
	return out
}

func (d *design) kept() []int {
	var kept []int
	for i, f := range d.features {
		if f.Dropped == "" {
			kept = append(kept, i)
		}
	}
	return kept
}

func (d *design) woe(row, feature int) float64 {
	if bin := d.bins[row][feature]; bin > 0 {
		return d.features[feature].Bins[bin-1].WoE
	}
	return 0
}

func (d *design) fit(c *card, ridge float64) error {
	beta, kept, err := d.regress(ridge)
	if err != nil {
		return err
	}
	c.Intercept, c.Ridge, c.Features = beta[0], ridge, d.features
	for a, i := range kept {
		c.Features[i].Beta = beta[a+1]
	}
	return nil
}

// regress fits the kept features, leaving out, worst first, those whose coefficient turns against their WoE.
func (d *design) regress(ridge float64) ([]float64, []int, error) {
	kept := d.kept()
	for {
		x := make([]float64, 0, len(d.y)*len(kept))
		for row := range d.y {
			for _, i := range kept {
				x = append(x, -d.woe(row, i))
			}
		}
		beta, err := logistic(x, d.y, len(kept), ridge)
		if err != nil {
			return nil, nil, err
		}
		worst := -1
		for a := range kept {
			if beta[a+1] < 0 && (worst < 0 || beta[a+1] < beta[worst+1]) {
				worst = a
			}
		}
		if worst < 0 {
			return beta, kept, nil
		}
		d.features[kept[worst]].Dropped = "sign"
		kept = slices.Delete(kept, worst, worst+1)
	}
}
