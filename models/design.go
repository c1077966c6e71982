package models

import (
	"math"
	"slices"
	"sort"
)

// A design is the scorecard's regression over some places of a cutting.
type design struct {
	cut      *cutting
	places   []int
	features []Feature
	binOf    [][256]uint8 // per feature: bin of every code
	y        []uint8
	weight   []float64 // nil where every row counts fully
	total    mass
	bins     [][]uint8 // per feature in the regression, per row: bin+1; nil for others
}

// noBin marks codes that weigh nothing: with one added it is 0.
const noBin = 255

func newDesign(b Binning, cut *cutting, places []int) *design {
	d := &design{cut: cut, places: places, y: make([]uint8, len(places)), bins: make([][]uint8, len(cut.columns))}
	if cut.weight != nil {
		d.weight = make([]float64, len(places))
	}
	for j, p := range places {
		d.y[j] = cut.y[p]
		if d.weight != nil {
			d.weight[j] = cut.weight[p]
		}
		d.total.add(d.y[j], cut.weightOf(p))
	}
	d.features, d.binOf = make([]Feature, len(cut.columns)), make([][256]uint8, len(cut.columns))
	each(len(cut.columns), func(i int) { d.features[i], d.binOf[i] = b.feature(&cut.columns[i], cut.counts(i, places), d.total) })
	return d
}

// corrRows is how many rows a correlation is taken over: its error is then below 0.003 where features are alike.
const corrRows = 5000

// dropWeak leaves out features of little information, near copies of stronger ones, and all beyond the number wanted.
func (d *design) dropWeak(b Binning) {
	for i := range d.features {
		f := &d.features[i]
		if f.Dropped == "" && f.IV < max(b.MinIV, b.Chance*f.chanceIV(d.total)) {
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
func (f *Feature) chanceIV(total mass) float64 {
	filled := 0
	for _, b := range f.Bins {
		if b.Good+b.Bad > 0 {
			filled++
		}
	}
	return float64(filled-1) * (1/total.good + 1/total.bad)
}

// standard returns a feature's WoE over evenly spread rows, of mean 0 and length 1.
func (d *design) standard(i int) []float64 {
	stride := 1 + len(d.places)/corrRows
	woe := d.woe(i)
	var out []float64
	mean, length, all := 0.0, 0.0, 0.0
	for j := 0; j < len(d.places); j += stride {
		v, w := woe[d.binOf[i][d.cut.codes[i][d.places[j]]]+1], weightAt(d.weight, j)
		out = append(out, v)
		mean += w * v
		all += w
	}
	mean /= all
	for k := range out {
		w := weightAt(d.weight, k*stride)
		out[k] -= mean
		length += w * out[k] * out[k]
		out[k] *= math.Sqrt(w)
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

// again returns the design for another fit: features and their bins are its own.
func (d *design) again() *design {
	other := *d
	other.features, other.bins = slices.Clone(d.features), slices.Clone(d.bins)
	for i := range other.features {
		other.features[i].Bins = slices.Clone(other.features[i].Bins)
	}
	return &other
}

// card selects, regresses and adjusts.
func (d *design) card(s strictness) (*card, error) {
	c, err := d.fit(s)
	if err != nil {
		return nil, err
	}
	if s.binning.Plain {
		d.straight(c)
	} else {
		d.adjust(c, max(adjustRidge, s.ridge))
	}
	d.centre(c)
	return c, nil
}

// fit regresses the outcome on the kept features' WoE, coefficients of a feature's own sign; where that leaves nothing
// of a feature, it is dropped for its sign. A lasso first deselects features that are not worth it; those that stay are
// fitted again without it.
func (d *design) fit(s strictness) (*card, error) {
	if s.lasso > 0 {
		kept := d.kept()
		r := d.regression(kept, s.ridge)
		r.lasso = s.lasso
		beta, err := r.fit()
		if err != nil {
			return nil, err
		}
		eta := make([]float64, len(d.y))
		r.loss(beta, eta)
		slope, _ := r.curvature(eta)
		for a, i := range kept {
			if beta[a+1] == 0 && slope[a+1] > 0 { // one whose sign would turn has a say in the joint adjustment still
				d.features[i].Dropped, d.bins[i] = "lasso", nil
			}
		}
	}
	kept := d.kept()
	r := d.regression(kept, s.ridge)
	beta, err := r.fit()
	if err != nil {
		return nil, err
	}
	se := r.wald(beta)
	for a, i := range kept {
		// Rows of one defaulter repeated say little more than one of them.
		d.features[i].Beta, d.features[i].SE = beta[a+1], se[a+1]*math.Sqrt(d.cut.repeats)
		if beta[a+1] == 0 {
			d.features[i].Dropped = "sign"
		}
	}
	return &card{Intercept: beta[0], Ridge: s.ridge, Lasso: s.lasso, Features: d.features}, nil
}

func (d *design) regression(kept []int, ridge float64) irls {
	woe, bins := make([][256]float64, len(kept)), make([][]uint8, len(kept))
	for a, i := range kept {
		woe[a], bins[a] = d.woe(i), d.bins[i]
	}
	return irls{p: len(kept), y: d.y, weight: d.weight, ridge: ridge, rising: true, row: func(j int, x []float64) {
		for a := range x {
			x[a] = -woe[a][bins[a][j]]
		}
	}}
}

// losses returns the weighted log loss of other places of the cutting.
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
		eta[j] = d.cut.weightOf(p) * surprise(eta[j], d.cut.y[p])
	}
	return eta
}
