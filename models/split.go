package models

import (
	"fmt"
	"maps"
	"slices"

	"creditwatch/pipeline/asof"
)

// A split fits on some rows and judges by others. In time, the fit knows outcomes up to the first day it is judged by.
type split struct {
	fit, judge []int
	until      asof.Date // unset where the split is by customer
}

// splits are in time, or by customer.
type splits struct {
	of         []split
	byCustomer bool
	// window counts horizons back from the newest cohort: 0 for the latest. Rates of default drift, and the level to meet is
	// that of late.
	window func(row int) int
}

// parts are what the rows are for.
type parts struct {
	develop []int
	held    []int
	// after are rows that neither fit nor judge: their cohorts are later than what the development rows may know, and their
	// outcomes are not all told yet. They tell the level of late.
	after []int
	until asof.Date // day on which what the development rows know ends; unset where they are held out by customer
}

// holdOut returns the rows to develop on and those held out: as given, or the latest cohorts up to the share wanted, or,
// where the history is too short for that, a share of the customers by hash.
func holdOut(in TrainInput) parts {
	rows := allRows(len(in.Default))
	if in.Holdout == nil {
		if p := latest(in, in.outcomesOf(rows), rows, in.Options.HoldoutShare, in.Options.MinDefaults, true); p.held != nil {
			return p
		}
	}
	p := parts{until: in.Until}
	for _, row := range rows {
		switch {
		case in.Holdout != nil && in.Holdout[row],
			// The salt keeps these customers from being those of an inner fold.
			in.Holdout == nil && float64(hash64("holdout "+in.Customers[row])>>11)/(1<<53) < in.Options.HoldoutShare:
			p.held = append(p.held, row)
		case p.until.IsZero() || in.knownBy(row, p.until):
			p.develop = append(p.develop, row)
		default:
			p.after = append(p.after, row)
		}
	}
	return p
}

// knownBy reports whether a row may be fitted to by who must not know more than the day told: its whole outcome was
// known by then or, where it is known month by month, some of it.
func (in TrainInput) knownBy(row int, day asof.Date) bool {
	months := in.Options.Horizon
	if in.Known != nil {
		months = 1
	}
	return in.Cohorts[row].AddMonths(months) <= day
}

// latest splits rows by cohort: the latest cohorts that together hold the share, with defaults enough to judge by, and
// those of which something was known before the first of them, a third of the rows at least and with defaults enough to fit
// on. Rows between the two are in neither: a default that both saw would be known beforehand. Where the judges are to be mature, their outcomes
// are known in full. It returns nothing when no cut does that.
func latest(in TrainInput, o outcomes, rows []int, share float64, minDefaults int, mature bool) parts {
	if in.Cohorts == nil {
		return parts{}
	}
	type held struct{ rows, bad int }
	of := map[asof.Date]held{}
	short := map[asof.Date]bool{} // cohorts whose outcomes are not all known
	for _, row := range rows {
		c := of[in.Cohorts[row]]
		of[in.Cohorts[row]] = held{c.rows + 1, c.bad + int(o.y[row])}
		if o.known != nil && int(o.known[row]) < in.Options.Horizon && mature {
			short[in.Cohorts[row]] = true
		}
	}
	cohorts := slices.Sorted(maps.Keys(of))
	judge := held{}
	for i := len(cohorts) - 1; i > 0; i-- {
		if short[cohorts[i]] {
			continue
		}
		judge.rows, judge.bad = judge.rows+of[cohorts[i]].rows, judge.bad+of[cohorts[i]].bad
		if float64(judge.rows) < share*float64(len(rows)) || judge.bad < minDefaults/2 {
			continue
		}
		p := parts{until: cohorts[i]}
		bad := 0
		seen := in.seenBy(o, p.until, rows)
		for _, row := range rows {
			switch {
			case in.Cohorts[row] >= p.until && !short[in.Cohorts[row]]:
				p.held = append(p.held, row)
			case in.knownBy(row, p.until):
				p.develop = append(p.develop, row)
				bad += int(seen.y[row])
			default:
				p.after = append(p.after, row)
			}
		}
		if 3*len(p.develop) < len(rows) || bad < minDefaults {
			return parts{}
		}
		return p
	}
	return parts{}
}

// innerFolds is how often rows are fitted to judge them from inside.
const innerFolds = 3

// timedDefaulters is how many customers must have defaulted in the latest cohorts for these alone to calibrate: with fewer, the error
// of so small a sample is larger than what time does, and all development rows calibrate by folds of customers.
const timedDefaulters = 150

// inner returns the splits of development rows by which calibration and champion are chosen: the latest cohorts
// against what was known before them, or folds of customers by hash.
func inner(in TrainInput, o outcomes, develop []int) splits {
	if p := latest(in, o, develop, in.Options.HoldoutShare, in.Options.MinDefaults, false); in.defaulters(o, p.held) >= timedDefaulters {
		return splits{of: []split{{p.develop, p.held, p.until}}, window: windows(in, develop)}
	}
	out := splits{of: make([]split, innerFolds), byCustomer: true, window: windows(in, develop)}
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

// defaulters counts the customers that defaulted.
func (in TrainInput) defaulters(o outcomes, rows []int) int {
	of := map[string]bool{}
	for _, row := range rows {
		if o.y[row] == 1 {
			of[in.Customers[row]] = true
		}
	}
	return len(of)
}

// windows tells of a row how many horizons its cohort lies before the newest; without cohorts all are of the same window.
func windows(in TrainInput, rows []int) func(row int) int {
	if in.Cohorts == nil {
		return func(int) int { return 0 }
	}
	newest := asof.Date(0)
	for _, row := range rows {
		newest = max(newest, in.Cohorts[row])
	}
	return func(row int) int {
		n := 0
		for in.Cohorts[row] <= newest.AddMonths(-in.Options.Horizon*(n+1)) {
			n++
		}
		return n
	}
}

// enough holds the development rows against the least that training takes.
func enough(in TrainInput, o outcomes, develop []int) error {
	bad := 0
	for _, row := range develop {
		bad += int(o.y[row])
	}
	good := len(develop) - bad
	switch {
	case len(develop) > 0 && min(bad, good) == 0:
		return fmt.Errorf("train: %d rows with %d defaults and %d paid, want at least %d of each: %w, %w", len(develop), bad, good, in.Options.MinDefaults, ErrTooFewDefaults, ErrOneClass)
	case min(bad, good) < in.Options.MinDefaults:
		return fmt.Errorf("train: %d rows with %d defaults and %d paid, want at least %d of each: %w", len(develop), bad, good, in.Options.MinDefaults, ErrTooFewDefaults)
	}
	return nil
}
