package models

import (
	"fmt"
	"maps"
	"slices"

	"creditwatch/pipeline/asof"
)

// A split fits on some rows and judges by others.
type split struct{ fit, judge []int }

// splits are in time, or by customer.
type splits struct {
	of         []split
	byCustomer bool
	// recent marks rows of the latest cohorts: rates of default drift, and the level to meet is that of late.
	recent func(row int) bool
}

// holdOut returns the rows to develop on and those held out: as given, or the latest cohorts up to the share wanted, or,
// where the history is too short for that, a share of the customers by hash.
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

// latest splits rows by cohort: the latest cohorts that together hold the share, with defaults enough to judge by, and
// those whose outcome was known before the first of them, a third of the rows at least and with defaults enough to fit
// on. Rows between the two are in neither: a default that both saw would be known beforehand. It returns nothing
// when no cut does that.
func latest(in TrainInput, rows []int, share float64, minDefaults int) (before, held []int) {
	if in.Cohorts == nil {
		return nil, nil
	}
	of := map[asof.Date]count{}
	for _, row := range rows {
		c := of[in.Cohorts[row]]
		c.add(in.Default[row])
		of[in.Cohorts[row]] = c
	}
	cohorts := slices.Sorted(maps.Keys(of))
	judge := count{}
	for i := len(cohorts) - 1; i > 0; i-- {
		if judge = judge.plus(of[cohorts[i]]); float64(judge.n()) < share*float64(len(rows)) || judge.bad < minDefaults/2 {
			continue
		}
		known := func(c asof.Date) bool { return c.AddMonths(in.Options.Horizon) <= cohorts[i] }
		fit := count{}
		for _, c := range cohorts {
			if known(c) {
				fit = fit.plus(of[c])
			}
		}
		if 3*fit.n() < len(rows) || fit.bad < minDefaults {
			return nil, nil
		}
		for _, row := range rows {
			if c := in.Cohorts[row]; c >= cohorts[i] {
				held = append(held, row)
			} else if known(c) {
				before = append(before, row)
			}
		}
		return before, held
	}
	return nil, nil
}

// innerFolds is how often rows are fitted to judge them from inside.
const innerFolds = 3

// inner returns the splits of development rows by which calibration and champion are chosen: the latest cohorts
// against those before, or folds of customers by hash.
func inner(in TrainInput, develop []int) splits {
	if before, last := latest(in, develop, in.Options.HoldoutShare, in.Options.MinDefaults); last != nil {
		return splits{of: []split{{before, last}}, recent: func(int) bool { return true }}
	}
	out := splits{of: make([]split, innerFolds), byCustomer: true, recent: recent(in, develop)}
	for _, row := range develop {
		own := int(hash64(in.Customers[row]) >> 8 % innerFolds)
		for k := range out.of {
			if k == own {
				out.of[k].judge = append(out.of[k].judge, row)
			} else {
				out.of[k].fit = append(out.of[k].fit, row)
			}
		}
	}
	return out
}

// recentDefaulters is how many customers must have defaulted in the cohorts that are to give the level; with fewer,
// chance moves it more than time does.
const recentDefaulters = 40

// recent tells rows of the latest cohorts that together have a third of the rows and defaulters enough; without cohorts,
// or with too few defaulters, all are recent.
func recent(in TrainInput, rows []int) func(row int) bool {
	all := func(int) bool { return true }
	if in.Cohorts == nil {
		return all
	}
	byTime := slices.Clone(rows)
	slices.SortFunc(byTime, func(a, b int) int { return int(in.Cohorts[b]) - int(in.Cohorts[a]) })
	defaulted := map[string]bool{}
	for i, row := range byTime {
		if in.Default[row] == 1 {
			defaulted[in.Customers[row]] = true
		}
		lastOfCohort := i+1 == len(byTime) || in.Cohorts[byTime[i+1]] != in.Cohorts[row]
		if lastOfCohort && 3*(i+1) >= len(byTime) && len(defaulted) >= recentDefaulters {
			return func(other int) bool { return in.Cohorts[other] >= in.Cohorts[row] }
		}
	}
	return all
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
