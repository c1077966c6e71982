package boost

import "math"

// Options say how trees are grown. The zero value of each is its default.
type Options struct {
	Trees    int     `json:"trees"`     // at most; 300
	Rate     float64 `json:"rate"`      // learning rate: the share of its best log-odds that a leaf gets; 0.05
	Leaves   int     `json:"leaves"`    // of a tree at most, grown best first; 31. Up to 65534
	Depth    int     `json:"depth"`     // of a tree at most; 0: no bound but 60
	Bins     int     `json:"bins"`      // of a column at most, beside that of missing values; 254, which is the most
	L1       float64 `json:"l1"`        // penalty on the size of a leaf's log-odds
	L2       float64 `json:"l2"`        // penalty on half their square; 1. Negative: none
	MinChild float64 `json:"min_child"` // least sum of PD·(1−PD) in a leaf; 1. Negative: none
	MinGain  float64 `json:"min_gain"`  // twice the fall of the penalised loss that a split must bring
	Rows     float64 `json:"rows"`      // share of the rows, or of the customers with all of their rows, that a tree is grown on; 1
	Columns  float64 `json:"columns"`   // share of the columns that a tree may use; 1
	Seed     uint64  `json:"seed"`      // of both draws
	Patience int     `json:"patience"`  // with rows to stop by: trees without a better log loss before growing ends; 30
}

// WithDefaults fills in what is zero.
func (o Options) WithDefaults() Options {
	set := func(v *float64, to float64) {
		if *v == 0 {
			*v = to
		} else if *v < 0 {
			*v = 0
		}
	}
	whole := func(v *int, to int) {
		if *v <= 0 {
			*v = to
		}
	}
	whole(&o.Trees, 300)
	whole(&o.Leaves, 31)
	o.Leaves = min(o.Leaves, math.MaxUint16-1)
	whole(&o.Depth, 60)
	whole(&o.Patience, 30)
	if o.Bins < 2 || o.Bins > maxBins {
		o.Bins = maxBins
	}
	set(&o.Rate, 0.05)
	set(&o.L2, 1)
	set(&o.MinChild, 1)
	set(&o.Rows, 1)
	set(&o.Columns, 1)
	return o
}
