package models

import (
	"fmt"
	"slices"

	"creditwatch/pipeline/asof"
)

// A split fits on some rows and judges by others.
type split struct{ fit, judge []int }

// holdOut returns the rows to develop on and those held out: as given, or the latest cohorts up to the share wanted,
// or, where one cohort is all there is, a share of the customers by hash.
func holdOut(in TrainInput) (develop, held []int) {
	rows := allRows(len(in.Default))
	if in.Holdout != nil {
		for _, row := range rows {
			if in.Holdout[row] {
				held = append(held, row)
			} else {
				develop = append(develop, row)
			}
		}
		return develop, held
	}
	if develop, held = latest(in, rows, in.Options.HoldoutShare, in.Options.MinDefaults); held == nil {
		for _, row := range rows {
			// The salt keeps these customers from being those of an inner fold.
			if float64(hash64("holdout "+in.Customers[row])>>11)/(1<<53) < in.Options.HoldoutShare {
				held = append(held, row)
			} else {
				develop = append(develop, row)
			}
		}
	}
	return develop, held
}

// latest splits rows by cohort: the latest cohorts that together hold the share, with defaults enough to judge by and
// enough left before them to fit on. It returns nothing held when no cut does that.
func latest(in TrainInput, rows []int, share float64, minDefaults int) (before, held []int) {
	if in.Cohorts == nil {
		return rows, nil
	}
	of := map[asof.Date][2]int{} // rows and defaults
	bad := 0
	for _, row := range rows {
		c := of[in.Cohorts[row]]
		of[in.Cohorts[row]] = [2]int{c[0] + 1, c[1] + int(in.Default[row])}
		bad += int(in.Default[row])
	}
	var cohorts []asof.Date
	for c := range of {
		cohorts = append(cohorts, c)
	}
	slices.Sort(cohorts)
	n, d := 0, 0
	for i := len(cohorts) - 1; i > 0; i-- {
		n, d = n+of[cohorts[i]][0], d+of[cohorts[i]][1]
		if float64(n) < share*float64(len(rows)) || d < minDefaults/2 {
			continue
		}
		if n > 2*len(rows)/3 || bad-d < minDefaults {
			return rows, nil
		}
		for _, row := range rows {
			if in.Cohorts[row] >= cohorts[i] {
				held = append(held, row)
			} else {
				before = append(before, row)
			}
		}
		return before, held
	}
	return rows, nil
}

// innerFolds is how often a table of one cohort is fitted to judge it from inside.
const innerFolds = 3

// inner returns the splits of development rows by which calibration and champion are chosen: the latest cohorts
// against those before, or folds of customers by hash.
func inner(in TrainInput, develop []int) []split {
	if before, last := latest(in, develop, in.Options.HoldoutShare, in.Options.MinDefaults); last != nil {
		return []split{{before, last}}
	}
	splits := make([]split, innerFolds)
	for _, row := range develop {
		own := int(hash64(in.Customers[row]) >> 8 % innerFolds)
		for k := range splits {
			if k == own {
				splits[k].judge = append(splits[k].judge, row)
			} else {
				splits[k].fit = append(splits[k].fit, row)
			}
		}
	}
	return splits
}

// enough holds the development rows against the least that training takes.
func enough(in TrainInput, develop []int) error {
	bad := 0
	for _, row := range develop {
		bad += int(in.Default[row])
	}
	if good := len(develop) - bad; min(bad, good) < in.Options.MinDefaults {
		return fmt.Errorf("train: %d rows with %d defaults and %d paid, want at least %d of each: %w", len(develop), bad, good, in.Options.MinDefaults, ErrTooFewDefaults)
	}
	return nil
}
