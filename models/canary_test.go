package models

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/pipeline/asof"
)

var defaultAllocator = memory.DefaultAllocator

func TestLabelsAreDealtWithinTheirCohort(t *testing.T) {
	in := aBook(300, 4)
	dealt := DealLabels(in.Default, in.Cohorts, in.Customers, 1)
	count := func(label []uint8) map[asof.Date]int {
		of := map[asof.Date]int{}
		for i, y := range label {
			of[in.Cohorts[i]] += int(y)
		}
		return of
	}
	was, is := count(in.Default), count(dealt)
	same := 0
	for date, n := range was {
		if is[date] != n {
			t.Errorf("%s: %d defaults dealt, want %d", date, is[date], n)
		}
	}
	for i := range dealt {
		if dealt[i] == 1 && in.Default[i] == 1 {
			same++
		}
	}
	defaults := 0
	for _, n := range was {
		defaults += n
	}
	// By chance a share of the default rate keeps its label.
	if rate := float64(defaults) / float64(len(dealt)); float64(same) > float64(defaults)*(rate+0.1) {
		t.Errorf("%d of %d defaults kept their label", same, defaults)
	}
	// The order of rows tells nothing; the seed does.
	n := len(dealt)
	label, cohorts, customers := slices.Clone(in.Default), slices.Clone(in.Cohorts), slices.Clone(in.Customers)
	slices.Reverse(label)
	slices.Reverse(cohorts)
	slices.Reverse(customers)
	turned := DealLabels(label, cohorts, customers, 1)
	for i := range turned {
		if turned[i] != dealt[n-1-i] {
			t.Fatal("rows in another order are dealt other labels")
		}
	}
	if slices.Equal(DealLabels(in.Default, in.Cohorts, in.Customers, 2), dealt) {
		t.Error("another seed deals the same labels")
	}
}

// pairsAUC counts pairs.
func pairsAUC(x []float64, y []uint8) float64 {
	won, pairs := 0.0, 0.0
	for i := range x {
		for j := range x {
			if y[i] == 1 && y[j] == 0 {
				pairs++
				if x[i] > x[j] {
					won++
				} else if x[i] == x[j] {
					won += 0.5
				}
			}
		}
	}
	return won / pairs
}

// A column that knows the outcome but for noise is found, columns as strong as honest ones are not.
func TestStrengthsFindKnowledgeOfTheFuture(t *testing.T) {
	dice := rand.New(rand.NewPCG(7, 7))
	in := aBook(1500, 2)
	leak, hidden := make([]float64, len(in.Default)), make([]float64, len(in.Default))
	for i, y := range in.Default {
		leak[i] = float64(y) + 0.5*dice.NormFloat64()
		hidden[i] = dice.NormFloat64() * (1 + 3*float64(y)) // both ends are risky: no AUC shows it
	}
	cols := []arrow.Array{float64Array(leak), float64Array(hidden)}
	names := []string{"leak", "hidden"}
	for i, f := range in.Features.Schema().Fields() {
		names, cols = append(names, f.Name), append(cols, in.Features.Column(i))
	}
	for _, c := range cols[2:] {
		c.Retain()
	}
	in.Features = newRecord(names, cols)
	in.Columns = append([]Column{{Name: "leak"}, {Name: "hidden"}}, in.Columns...)
	in.Holdout = make([]bool, len(in.Default))
	list, err := Strengths(in)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]Strength{}
	for _, s := range list {
		of[s.Feature] = s
	}
	if len(list) != len(in.Columns) || list[0].Feature != "leak" {
		t.Fatalf("%d strengths for %d columns, the first of %s", len(list), len(in.Columns), list[0].Feature)
	}
	// Two normals one apart with a spread of a half: AUC = Phi(1/(0.5*sqrt 2)) = 0.9214; IV = (1/0.5)^2 = 4, less for ten bins.
	if s := of["leak"]; math.Abs(s.AUC-0.9214) > 0.015 || s.IV < 2.5 {
		t.Errorf("leak: AUC %.4f, IV %.3f", s.AUC, s.IV)
	}
	if s := of["hidden"]; s.IV < SuspiciousIV || s.AUC > 0.6 {
		t.Errorf("hidden: AUC %.4f, IV %.3f", s.AUC, s.IV)
	}
	for _, name := range []string{"noise", "constant"} {
		if s := of[name]; math.Abs(s.IV) > 0.02 || math.Abs(s.AUC-0.5) > 0.03 {
			t.Errorf("%s: AUC %.4f, IV %.4f", name, s.AUC, s.IV)
		}
	}
	for _, name := range []string{"utilisation", "days_late", "industry"} {
		if s := of[name]; s.IV > SuspiciousIV || s.AUC > SuspiciousAUC || s.IV < 0.02 {
			t.Errorf("%s: AUC %.4f, IV %.4f", name, s.AUC, s.IV)
		}
	}
	// Against pairs counted one by one, missing values at the better end.
	x := make([]float64, len(in.Default))
	use := in.Features.Column(2)
	best := 0.0
	for _, end := range []float64{-1, 2} {
		for i := range x {
			if x[i] = end; use.IsValid(i) {
				x[i] = use.(interface{ Value(int) float64 }).Value(i)
			}
		}
		auc := pairsAUC(x, in.Default)
		best = max(best, auc, 1-auc)
	}
	if math.Abs(of["utilisation"].AUC-best) > 1e-12 {
		t.Errorf("utilisation: AUC %v, by pairs %v", of["utilisation"].AUC, best)
	}
	in.Default = make([]uint8, len(in.Default))
	if _, err := Strengths(in); !errors.Is(err, ErrOneClass) {
		t.Errorf("without defaults: %v", err)
	}
}

// Four bins of 405, 310, 215 and 120 rows: the golden vector of the IV, 0.912870 without smoothing, less what chance gives.
func TestStrengthIsTheInformationValue(t *testing.T) {
	var bins []Bin
	var x []float64
	var in TrainInput
	for b, n := range []Bin{{Good: 400, Bad: 5}, {Good: 300, Bad: 10}, {Good: 200, Bad: 15}, {Good: 100, Bad: 20}} {
		bins = append(bins, n)
		for i := range int(n.Good + n.Bad) {
			y := uint8(0)
			if i < int(n.Bad) {
				y = 1
			}
			x, in.Default, in.Customers = append(x, float64(b)), append(in.Default, y), append(in.Customers, string(rune(0x4e00+len(x))))
		}
	}
	in.Features, in.Columns = newRecord([]string{"x"}, []arrow.Array{float64Array(x)}), []Column{{Name: "x"}}
	in.Holdout = make([]bool, len(x))
	list, err := Strengths(in)
	if err != nil {
		t.Fatal(err)
	}
	for i := range bins {
		bins[i].WoE = WoE(bins[i].Good, bins[i].Bad, 1000, 50, 0)
	}
	if got := IV(bins); math.Abs(got-0.912870) > 1e-6 {
		t.Fatalf("golden IV is %v", got)
	}
	// numpy on the same counts, half a row added to each bin: 0.888880; chance gives 3*(1/50 + 1/1000) = 0.063.
	if got := list[0].IV; math.Abs(got-(0.888880-0.063)) > 1e-6 {
		t.Errorf("IV %.6f", got)
	}
}
