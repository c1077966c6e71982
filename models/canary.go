package models

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
)

// DealLabels deals the labels of every cohort anew among its rows: what is learnt from them is nothing, and a training
// that ranks the rows all the same has seen what it must not see. The seed, not the order of rows, says who gets which.
func DealLabels(label []uint8, cohorts []asof.Date, customers []string, seed uint64) []uint8 {
	of := map[asof.Date][]int{}
	for row := range label {
		date := asof.Date(0)
		if cohorts != nil {
			date = cohorts[row]
		}
		of[date] = append(of[date], row)
	}
	dealt := make([]uint8, len(label))
	for date, rows := range of { // cohorts do not meet: their order is nothing to the result
		from := slices.Clone(rows)
		slices.SortStableFunc(from, func(a, b int) int { return cmp.Compare(customers[a], customers[b]) })
		to := slices.Clone(from)
		key := func(row int) uint64 { return mix(hash64(customers[row]) ^ mix(seed^uint64(date)<<32)) }
		slices.SortStableFunc(to, func(a, b int) int { return cmp.Compare(key(a), key(b)) })
		for i := range to {
			dealt[to[i]] = label[from[i]]
		}
	}
	return dealt
}

// A Strength is how well one feature alone tells defaults from the rest.
type Strength struct {
	Feature string
	IV      float64 // less what chance gives a feature that tells nothing
	AUC     float64 // of its values, larger or smaller as riskier, missing ones at either end: the best of these
}

// Bounds beyond which a feature is too good to be believed unasked.
const (
	SuspiciousIV  = 0.50
	SuspiciousAUC = 0.90
)

// strengthBins is how many bins of like numbers of rows the IV of a column of numbers is taken over.
const strengthBins = 10

// Strengths judges every feature of a training by itself on the development rows, in column order. Rows of one customer tell much the
// same, so chance is reckoned by customers.
func Strengths(in TrainInput) ([]Strength, error) {
	in.Options = in.Options.withDefaults()
	if err := in.check(); err != nil {
		return nil, err
	}
	names := columnNames(in.Columns)
	grid, err := NewGrid(in.Features, names, in.Default)
	if err != nil {
		return nil, fmt.Errorf("strengths: %w", err)
	}
	defer grid.Release()
	x := grid.matrix()
	rows := holdOut(in).develop
	bad, good := map[string]bool{}, map[string]bool{}
	total := count{}
	for _, row := range rows {
		total.add(in.Default[row])
		if in.Default[row] == 1 {
			bad[in.Customers[row]] = true
		} else {
			good[in.Customers[row]] = true
		}
	}
	if total.bad == 0 || total.good == 0 {
		return nil, fmt.Errorf("strengths: %d rows paid, %d defaulted: %w", total.good, total.bad, ErrOneClass)
	}
	var out []Strength
	for j := range x.cols {
		s := Strength{Feature: names[j], AUC: 0.5}
		v := &x.cols[j]
		var bins []Bin
		if v.numbers != nil {
			bins = evenBins(v, in.Default, rows)
			if s.AUC, err = aloneAUC(v, in.Default, rows); err != nil {
				return nil, err
			}
		} else {
			bins = make([]Bin, len(v.texts))
			for _, row := range rows {
				bins[v.codes[row]].add(in.Default[row])
			}
			bins = slices.DeleteFunc(bins, func(b Bin) bool { return b.Good+b.Bad == 0 })
		}
		for b := range bins {
			bins[b].WoE = WoE(bins[b].Good, bins[b].Bad, float64(total.good), float64(total.bad), smoothing)
		}
		s.IV = IV(bins) - float64(len(bins)-1)*(1/float64(len(bad))+1/float64(len(good)))
		out = append(out, s)
	}
	return out, nil
}

func (b *Bin) add(y uint8) {
	b.Bad += float64(y)
	b.Good += 1 - float64(y)
}

// evenBins cuts a column into bins of like numbers of rows, equal values together, and one of the missing.
func evenBins(v *vector, label []uint8, rows []int) []Bin {
	var present []int
	missing := Bin{}
	for _, row := range rows {
		if v.missing(row) {
			missing.add(label[row])
		} else {
			present = append(present, row)
		}
	}
	sort.Slice(present, func(a, b int) bool { return v.numbers[present[a]] < v.numbers[present[b]] })
	var bins []Bin
	for start := 0; start < len(present); {
		end := max(start+1, (len(bins)+1)*len(present)/strengthBins)
		for end < len(present) && v.numbers[present[end]] == v.numbers[present[end-1]] {
			end++
		}
		b := Bin{}
		for _, row := range present[start:end] {
			b.add(label[row])
		}
		bins, start = append(bins, b), end
	}
	if missing.Good+missing.Bad > 0 {
		bins = append(bins, missing)
	}
	return bins
}

// aloneAUC is the AUC of a column's values, whichever way they point.
func aloneAUC(v *vector, label []uint8, rows []int) (float64, error) {
	best := 0.5
	x, y := make([]float64, len(rows)), make([]uint8, len(rows))
	for _, end := range []float64{math.Inf(-1), math.Inf(1)} { // where the missing ones go
		for i, row := range rows {
			if x[i], y[i] = v.numbers[row], label[row]; math.IsNaN(x[i]) {
				x[i] = end
			}
		}
		rank, err := validation.Rank(x, y)
		if err != nil {
			return 0, fmt.Errorf("strengths: %w", err)
		}
		best = max(best, rank.AUC, 1-rank.AUC)
	}
	return best, nil
}
