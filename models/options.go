package models

import (
	"errors"

	"creditwatch/models/boost"
)

// ErrTooFewDefaults reports training rows with too few defaults, or too few rows altogether, to learn from; the night
// then keeps the champion it has.
var ErrTooFewDefaults = errors.New("too few defaults to train on")

// Options steer training. The zero value of each means its default.
type Options struct {
	Learners    []string // all; see Learners
	Seed        uint64   // 1
	MinDefaults int      // 20, in the development part
	// Horizon is the months over which the labels say whether a customer defaulted; 12.
	Horizon int
	// HoldoutShare is the share of rows, in the latest cohorts, to hold out when TrainInput.Holdout is nil; 0.25.
	HoldoutShare float64
	// TargetRate is the default rate over the horizon that the book is known to have, from elsewhere: the level of PDs meets
	// it instead of the one learnt; 0: the one learnt.
	TargetRate float64
	// Benchmarks are columns whose value alone, as it stands or reversed, is judged beside the learners.
	Benchmarks []string
	// HistoryMonths names a column with the months since the first document, for the evidence grade; it need not be a
	// feature. "" when there is none.
	HistoryMonths string
	Binning       Binning       // DefaultBinning
	Ridge         float64       // of the scorecard; 0 chooses by cross-validation
	WholePoints   bool          // the scorecard's points are whole numbers, and its PDs those of the rounded points
	Trees         int           // of the forest; 0: 120, and up to 400 the fewer the rows
	RowsPerTree   int           // rows drawn for each tree; 4 000
	Boost         boost.Options // of the boosted trees; where Leaves is 0, size and number of the trees are chosen by cross-validation
}

func (o Options) withDefaults() Options {
	if len(o.Learners) == 0 {
		o.Learners = Learners
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.MinDefaults == 0 {
		o.MinDefaults = 20
	}
	if o.Horizon == 0 {
		o.Horizon = 12
	}
	if o.HoldoutShare == 0 {
		o.HoldoutShare = 0.25
	}
	if o.Binning == (Binning{}) {
		o.Binning = DefaultBinning
	}
	if o.RowsPerTree == 0 {
		o.RowsPerTree = 4000
	}
	return o
}
