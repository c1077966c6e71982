package models

import (
	"math"
	"sort"
)

// A design is the scorecard's regression over some places of a cutting.
type design struct {
	cut      *cutting
	places   []int
	features []Feature
	binOf    [][256]uint8 // per feature: bin of every code
	y        []uint8
	bins     [][]uint8 // per feature in the regression, per row: bin+1; nil for others
}

// noBin marks codes that weigh nothing: with one added it is 0.
const noBin = 255

func newDesign(b Binning, cut *cutting, places []int) *design {
	d := &design{cut: cut, places: places, y: make([]uint8, len(places)), bins: make([][]uint8, len(cut.columns))}
	total := count{}
	for j, p := range places {
		d.y[j] = cut.y[p]
		total.add(d.y[j])
	}
	for i := range cut.columns {
		f, binOf := b.feature(&cut.columns[i], cut.counts(i, places), total)
		d.features, d.binOf = append(d.features, f), append(d.binOf, binOf)
	}
	return d
}

// corrRows is how many rows a correlation is taken over: its error is then below 0.003 where features are alike.
const corrRows = 5000

// dropWeak leaves out features of little information, near copies of stronger ones, and all beyond the number wanted.
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
		if b.MaxKept > 0 && len(columns) == b.MaxKept {
			d.features[i].Dropped = "crowded"
			continue
		}
		column := d.standard(i)
		for _, other := range columns {
			if math.Abs(dot(column, other)) > b.MaxCorr {
				d.features[i].Dropped = "correlated"
				break
			}
		}
		if d.features[i].Dropped == "" {
			columns = append(columns, column)
			d.bins[i] = make([]uint8, len(d.places))
			codes, binOf := d.cut.codes[i], &d.binOf[i]
			for j, p := range d.places {
				d.bins[i][j] = binOf[codes[p]] + 1
			}
		}
	}
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
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

// standard returns a feature's WoE over evenly spread rows, of mean 0 and length 1.
func (d *design) standard(i int) []float64 {
	stride := 1 + len(d.places)/corrRows
	woe := d.woe(i)
	var out []float64
	mean, length := 0.0, 0.0
	for j := 0; j < len(d.places); j += stride {
		v := woe[d.binOf[i][d.cut.codes[i][d.places[j]]]+1]
		out = append(out, v)
		mean += v
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

// woe returns a feature's weights of evidence by bin+1.
func (d *design) woe(i int) (woe [256]float64) {
	for b, bin := range d.features[i].Bins {
		woe[b+1] = bin.WoE
	}
	return woe
}

// fit regresses the outcome on the kept features' WoE, coefficients of a feature's own sign; where that leaves nothing
// of a feature, it is dropped for its sign.
func (d *design) fit(ridge float64) (*card, error) {
	kept := d.kept()
	x := make([]float64, len(d.y)*len(kept))
	for a, i := range kept {
		woe := d.woe(i)
		for row, bin := range d.bins[i] {
			x[row*len(kept)+a] = -woe[bin]
		}
	}
	beta, err := logistic(x, d.y, len(kept), ridge, true)
	if err != nil {
		return nil, err
	}
	for a, i := range kept {
		if d.features[i].Beta = beta[a+1]; beta[a+1] == 0 {
			d.features[i].Dropped = "sign"
		}
	}
	return &card{Intercept: beta[0], Ridge: ridge, Features: d.features}, nil
}

// losses returns the log loss of other places of the cutting.
func (d *design) losses(c *card, places []int) []float64 {
	eta := make([]float64, len(places))
	for j := range eta {
		eta[j] = c.Intercept
	}
	for i := range c.Features {
		if d.bins[i] == nil {
			continue
		}
		f, codes, binOf := &c.Features[i], d.cut.codes[i], &d.binOf[i]
		for j, p := range places {
			eta[j] += f.lift(binOf[codes[p]] + 1)
		}
	}
	for j, p := range places {
		eta[j] = surprise(eta[j], d.cut.y[p])
	}
	return eta
}
