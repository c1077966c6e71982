package models

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/sjwhitworth/golearn/base"

	"creditwatch/models/boost"
)

// Boosted is an ensemble of gradient-boosted trees: see package boost. How large the trees may be, and how many there
// are, is chosen by cross-validation over customers; what the folds say of the rows they did not see is kept, for
// calibration and blend.
type Boosted struct {
	Columns []Column
	Options boost.Options // Leaves 0: chosen
	Seed    uint64

	fitted *boost.Ensemble
	chosen boost.Options
	apart  []float64
}

// Candidates of cross-validation, from trees that see no interaction to such that see many.
var boostLeaves = []int{3, 6, 12, 24}

const (
	boostFolds     = 4
	boostTrees     = 1200      // at most
	fewTrees       = 50        // where there are too few rows to choose by
	boostRate      = 0.04      // learning rate
	boostRateQuick = 0.1       // of tables beyond boostLarge
	boostLarge     = 4_000_000 // cells
	boostHuge      = 40_000_000
)

func (b *Boosted) fit(m *matrix, y []uint8, rows []int) error {
	in := boost.Input{Columns: boostColumns(m, b.Columns), Default: y, Weight: m.weight, Customer: m.customer, Rows: rows, Options: b.Options}
	in.Options.Seed = b.Seed
	b.apart = nil
	if b.Options.Leaves == 0 {
		if err := b.choose(m, &in); err != nil {
			return fmt.Errorf("boosted: %w", boostError(err))
		}
	}
	e, err := boost.Fit(in)
	if err != nil {
		return fmt.Errorf("boosted: %w", boostError(err))
	}
	b.fitted, b.chosen = e, in.Options
	return nil
}

func boostError(err error) error {
	if errors.Is(err, boost.ErrOneClass) {
		return ErrOneClass
	}
	return err
}

// choose sets the options by the log loss of rows that a fold did not see.
func (b *Boosted) choose(m *matrix, in *boost.Input) error {
	rows := in.Rows
	cells := len(rows) * len(in.Columns)
	o := &in.Options
	given := *o
	o.Rate, o.Trees, o.Patience, o.L2, o.MinChild, o.Rows, o.Columns = boostRate, boostTrees, 40, 5, 3, 0.7, 0.5
	leaves, folds := boostLeaves, boostFolds
	if cells > boostLarge {
		o.Rate, o.Patience, leaves = boostRateQuick, 20, boostLeaves[1:]
	}
	if cells > boostHuge {
		folds, leaves = 1, boostLeaves[2:3]
	}
	if given.Trees > 0 {
		o.Trees = given.Trees
	}
	var fit, judge [boostFolds][]int
	for _, row := range rows {
		own := int(m.customerOf(row) >> 8 % boostFolds)
		for k := range fit {
			if k == own {
				judge[k] = append(judge[k], row)
			} else {
				fit[k] = append(fit[k], row)
			}
		}
	}
	at := make(map[int]int, len(rows))
	for i, row := range rows {
		at[row] = i
	}
	least := math.Inf(1)
	for _, n := range leaves {
		o.Leaves = n
		loss, counted, trees := 0.0, 0.0, 0.0
		apart := make([]float64, len(rows))
		for i := range apart {
			apart[i] = math.NaN()
		}
		for k := range folds {
			fold := *in
			fold.Rows, fold.StopBy = fit[k], judge[k]
			e, err := boost.Fit(fold)
			if errors.Is(err, boost.ErrOneClass) || len(judge[k]) == 0 {
				continue // too small to judge by
			}
			if err != nil {
				return err
			}
			trees += float64(len(e.Trees)) * float64(len(judge[k]))
			out := make([]float64, len(judge[k]))
			e.Score(in.Columns, judge[k], out)
			parts := make([]float64, len(out))
			for i, row := range judge[k] {
				apart[at[row]] = out[i]
				parts[i] = m.weightOf(row) * surprise(out[i], in.Default[row])
			}
			loss += exactMean(parts) * float64(len(parts))
			counted += float64(len(parts))
		}
		if counted == 0 { // too few rows to judge by: what the folds would have been given, and few trees
			b.apart, b.chosen = nil, *o
			b.chosen.Leaves, b.chosen.Trees = leaves[0], fewTrees
			break
		}
		// The whole has a third more rows than the folds' fits, which bears a few more trees.
		if loss /= counted; loss < least {
			least, b.apart = loss, apart
			b.chosen = *o
			b.chosen.Trees = max(1, int(math.Round(1.05*trees/counted)))
		} else if n > 6 && loss > least {
			break // larger trees will not do better
		}
	}
	*o = b.chosen
	o.Patience = 0
	if slices.ContainsFunc(b.apart, math.IsNaN) {
		b.apart = nil
	}
	return nil
}

func boostColumns(m *matrix, known []Column) []boost.Column {
	columns := columnsFor(m.names, known)
	out := make([]boost.Column, len(m.cols))
	for i, v := range m.cols {
		out[i] = boost.Column{Name: m.names[i], Numbers: v.numbers, Codes: v.codes, Texts: v.texts, Direction: columns[i].Direction}
	}
	return out
}

type boostScorer struct {
	*boost.Scorer
	e       *boost.Ensemble
	columns []boost.Column
	root    float64
}

func (b *Boosted) bind(m *matrix) (scorer, error) {
	if b.fitted == nil {
		return nil, errNotFitted
	}
	names := make([]string, len(b.fitted.Cuts))
	for i, c := range b.fitted.Cuts {
		names[i] = c.Name
	}
	if err := wants(names, m); err != nil {
		return nil, err
	}
	for i, c := range b.fitted.Cuts {
		if c.Text != (m.cols[i].numbers == nil) {
			return nil, fmt.Errorf("feature %q: text is %v, want %v: %w", c.Name, !c.Text, c.Text, ErrFeatures)
		}
	}
	columns := boostColumns(m, nil)
	return boostScorer{b.fitted.Scorer(columns), b.fitted, columns, b.fitted.Root()}, nil
}

func (s boostScorer) base() float64                  { return s.root }
func (s boostScorer) logOdds(row int) float64        { return s.LogOdds(row) }
func (s boostScorer) many(rows []int, out []float64) { s.e.Score(s.columns, rows, out) }
func (s boostScorer) addends(row int, into []float64) float64 {
	eta := s.Explain(row, into)
	for _, a := range into {
		eta += a
	}
	return eta
}

func (b *Boosted) name() string { return "boosted" }

func (b *Boosted) again() Learner {
	o := b.chosen
	return &Boosted{Columns: b.Columns, Options: o, Seed: b.Seed}
}

func (b *Boosted) unseen() []float64 { return b.apart }

// Fit implements base.Classifier.
func (b *Boosted) Fit(from base.FixedDataGrid) error { return fitGrid(b, from) }

// Predict implements base.Classifier.
func (b *Boosted) Predict(from base.FixedDataGrid) (base.FixedDataGrid, error) {
	return predict(b, from)
}

// LogOdds implements Learner.
func (b *Boosted) LogOdds(from base.FixedDataGrid) ([]float64, error) { return logOddsOf(b, from) }

// Explain implements Learner.
func (b *Boosted) Explain(from base.FixedDataGrid) (Explanation, error) { return explain(b, from) }

// Save implements base.Classifier.
func (b *Boosted) Save(path string) error { return save(b, path) }

// Load implements base.Classifier.
func (b *Boosted) Load(path string) error { return load(b, path) }

// SaveWithPrefix implements base.Classifier.
func (b *Boosted) SaveWithPrefix(w *base.ClassifierSerializer, prefix string) error {
	return saveWithPrefix(b, w, prefix)
}

// LoadWithPrefix implements base.Classifier.
func (b *Boosted) LoadWithPrefix(r *base.ClassifierDeserializer, prefix string) error {
	return loadWithPrefix(b, r, prefix)
}

// GetMetadata implements base.Classifier.
func (b *Boosted) GetMetadata() base.ClassifierMetadataV1 { return metadata(b) }

// String names the ensemble's size.
func (b *Boosted) String() string {
	if b.fitted == nil {
		return "Boosted(not fitted)"
	}
	return fmt.Sprintf("Boosted(%d trees of up to %d leaves, %d columns)", len(b.fitted.Trees), b.chosen.Leaves, len(b.fitted.Cuts))
}

// MarshalJSON implements Learner.
func (b *Boosted) MarshalJSON() ([]byte, error) {
	if b.fitted == nil {
		return nil, fmt.Errorf("boosted: %w", errNotFitted)
	}
	return json.Marshal(b.fitted)
}

// UnmarshalJSON implements Learner.
func (b *Boosted) UnmarshalJSON(text []byte) error {
	e := &boost.Ensemble{}
	if err := json.Unmarshal(text, e); err != nil {
		return fmt.Errorf("boosted: %w", err)
	}
	if err := e.Prepare(); err != nil {
		return fmt.Errorf("boosted: %w", err)
	}
	b.fitted = e
	return nil
}
