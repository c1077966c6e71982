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

// Boosted is a bag of ensembles of gradient-boosted trees (see package boost): the same options, other draws of rows and
// columns, and the mean of their log-odds. How large and how strongly held the trees are, and how many, is chosen by
// cross-validation over customers; what the folds say of the rows they did not see is kept, for calibration and blend.
//
// The search fits its budget. Of tables up to boostTiny cells (rows times columns) only the size of the trees is chosen, of
// those up to boostLarge everything; the bag is larger the smaller the table. Beyond, the learning rate is higher, and
// only the size of the trees is chosen; beyond boostHuge one fold decides on their number alone.
type Boosted struct {
	Columns []Column
	Options boost.Options // Leaves 0: chosen
	Seed    uint64

	fitted *bag
	chosen boost.Options
	bags   int
	apart  []float64
}

// bag is a fitted Boosted: the trees of all ensembles, each worth its share.
type bag struct {
	*boost.Ensemble
	Codes encoding `json:"codes,omitempty"`
}

// Candidates of cross-validation, from trees that see no interaction to such that see many.
var boostLeaves = []int{3, 6, 12, 24}

// boostVariants are tried one after another on the options found best so far, and kept where they do better by more than
// chance: half a standard error of the difference.
var boostVariants = []func(o *boost.Options){
	func(o *boost.Options) { o.Columns = 0.25 },
	func(o *boost.Options) { o.Columns = 0.9 },
	func(o *boost.Options) { o.MinChild = 12 },
	func(o *boost.Options) { o.MinChild = 1 },
	func(o *boost.Options) { o.L2 = 30 },
	func(o *boost.Options) { o.L2 = 1 },
}

const (
	boostFolds = 4
	boostTrees = 1200   // at most
	fewTrees   = 50     // where there are too few rows to choose by
	boostTrial = 0.1    // learning rate that options are compared at
	boostTiny  = 20_000 // cells, as the others
	boostSmall = 150_000
	boostLarge = 4_000_000
	boostHuge  = 40_000_000
)

func (b *Boosted) fit(m *matrix, y []uint8, all []int) error {
	rows := m.counted(all)
	codes, x := encode(m, y, rows)
	in := boost.Input{Columns: boostColumns(x, b.Columns), Default: y, Weight: m.weight, Customer: m.customer, Rows: rows, Options: b.Options}
	if b.apart = nil; b.Options.Leaves == 0 {
		b.bags = 1
		if err := b.choose(m, y, rows); err != nil {
			return fmt.Errorf("boosted: %w", boostError(err))
		}
		in.Options = b.chosen
	}
	in.Options.Patience = 0
	e, err := b.bag(in)
	if err != nil {
		return fmt.Errorf("boosted: %w", boostError(err))
	}
	b.fitted, b.chosen = &bag{e, codes}, in.Options
	b.apart, err = spread(b, m, all, rows, b.apart)
	return err
}

func boostError(err error) error {
	if errors.Is(err, boost.ErrOneClass) {
		return ErrOneClass
	}
	return err
}

// seed is that of an ensemble of the bag.
func (b *Boosted) seed(k int) uint64 { return b.Seed + uint64(k)<<32 }

// bag fits the ensembles and puts them together.
func (b *Boosted) bag(in boost.Input) (*boost.Ensemble, error) {
	some := make([]*boost.Ensemble, max(1, b.bags))
	errs := make([]error, len(some))
	each(len(some), func(k int) {
		own := in
		own.Options.Seed = b.seed(k)
		some[k], errs[k] = boost.Fit(own)
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	whole := some[0]
	for _, e := range some[1:] {
		whole.Trees = append(whole.Trees, e.Trees...)
	}
	for k := range whole.Trees {
		for i := range whole.Trees[k].Nodes {
			whole.Trees[k].Nodes[i].Value /= float64(len(some))
		}
	}
	return whole, whole.Prepare()
}

// trial is a fold of customers: its input, and what was made of it.
type trial struct {
	in    boost.Input // rows to grow on and, in StopBy, to judge by
	at    []int       // places of the latter among the rows
	trees int
	eta   []float64
	none  bool // too small to judge by
}

// trials parts the rows.
func (b *Boosted) trials(m *matrix, y []uint8, rows []int, folds int) []trial {
	trials := make([]trial, folds)
	for k := range trials {
		t := &trials[k]
		for i, row := range rows {
			if int(m.customerOf(row)>>8%boostFolds) == k {
				t.in.StopBy, t.at = append(t.in.StopBy, row), append(t.at, i)
			} else {
				t.in.Rows = append(t.in.Rows, row)
			}
		}
		_, x := encode(m, y, t.in.Rows)
		t.in.Columns, t.in.Default, t.in.Weight, t.in.Customer = boostColumns(x, b.Columns), y, m.weight, m.customer
	}
	return trials
}

// run grows one ensemble of options, stopped by the rows it is judged by, or, where trees is set, of as many trees.
func (t *trial) run(o boost.Options, trees int) error {
	in := t.in
	in.Options = o
	if t.none = len(in.StopBy) == 0; t.none {
		return nil
	}
	if trees > 0 {
		in.StopBy, in.Options.Trees = nil, trees
	}
	e, err := boost.Fit(in)
	if errors.Is(err, boost.ErrOneClass) {
		t.none = true
		return nil
	}
	if err != nil {
		return err
	}
	t.trees, t.eta = len(e.Trees), make([]float64, len(t.at))
	e.Score(in.Columns, t.in.StopBy, t.eta)
	return nil
}

// A verdict is how options did.
type verdict struct {
	loss   float64
	losses []float64 // per row judged
	apart  []float64 // per row; NaN where no fold could judge
	trees  float64
	of     []int // trees, per fold
}

// choose sets options, number of trees and size of the bag by the log loss of rows that a fold did not see. Options are
// compared at a high learning rate, and the number of trees then found at that of the bag.
func (b *Boosted) choose(m *matrix, y []uint8, rows []int) error {
	cells := len(rows) * len(m.cols)
	o := b.Options
	o.Seed = b.seed(0)
	o.Rate, o.Patience, o.L2, o.MinChild, o.Rows, o.Columns = boostTrial, 20, 5, 3, 0.7, 0.5
	if o.Trees == 0 {
		o.Trees = boostTrees
	}
	rate, leaves, folds, variants := 0.04, boostLeaves, boostFolds, boostVariants
	b.bags = 3
	switch {
	case cells <= boostTiny: // what else would be tried is told apart by chance
		rate, variants, b.bags, o.Bins = 0.03, nil, 5, 100
	case cells <= boostSmall:
		rate, b.bags, o.Bins = 0.03, 5, 100
	case cells > boostHuge:
		rate, leaves, folds, variants, b.bags = boostTrial, boostLeaves[2:3], 1, nil, 1
	case cells > boostLarge:
		rate, leaves, variants, b.bags = boostTrial, boostLeaves[1:], nil, 1
	case cells > boostLarge/4:
		rate, b.bags = 0.06, 2
	}
	trials := b.trials(m, y, rows, folds)
	try := func(o boost.Options) (verdict, error) {
		errs := make([]error, len(trials))
		each(len(trials), func(k int) { errs[k] = trials[k].run(o, 0) })
		if err := errors.Join(errs...); err != nil {
			return verdict{}, err
		}
		return judged(trials, m, y, len(rows)), nil
	}
	best := verdict{loss: math.Inf(1)}
	for _, n := range leaves {
		o.Leaves = n
		v, err := try(o)
		if err != nil {
			return err
		}
		if len(v.losses) == 0 { // too few rows to judge by: what the folds would have been given, and few trees
			b.chosen, b.bags = o, 1
			b.chosen.Trees = fewTrees
			return nil
		}
		if v.loss < best.loss {
			best, b.chosen = v, o
		} else if n > 6 {
			break // larger trees will not do better
		}
	}
	for _, change := range variants {
		o := b.chosen
		if change(&o); o == b.chosen || o.Columns*float64(len(m.cols)) < 1 {
			continue
		}
		v, err := try(o)
		if err != nil {
			return err
		}
		if v.better(best) {
			best, b.chosen = v, o
		}
	}
	if rate < boostTrial {
		b.chosen.Rate, b.chosen.Patience = rate, 40
		var err error
		if best, err = try(b.chosen); err != nil {
			return err
		}
	}
	// The whole has a third more rows than the folds' fits, which bears a few more trees.
	b.chosen.Trees = max(1, int(math.Round(1.05*best.trees)))
	b.apart = best.apart
	if slices.ContainsFunc(b.apart, math.IsNaN) {
		b.apart = nil
	}
	return b.bagApart(trials, best.of)
}

// bagApart makes what the folds say the mean of a bag like that of the whole.
func (b *Boosted) bagApart(trials []trial, trees []int) error {
	if b.apart == nil || b.bags == 1 {
		return nil
	}
	errs := make([]error, len(trials))
	each(len(trials), func(k int) {
		t := &trials[k]
		for i := 1; i < b.bags && errs[k] == nil; i++ {
			o := b.chosen
			o.Seed = b.seed(i)
			if errs[k] = t.run(o, trees[k]); errs[k] == nil {
				for j, at := range t.at {
					b.apart[at] += t.eta[j]
				}
			}
		}
		for _, at := range t.at {
			b.apart[at] /= float64(b.bags)
		}
	})
	return errors.Join(errs...)
}

func judged(trials []trial, m *matrix, y []uint8, rows int) verdict {
	v := verdict{apart: make([]float64, rows), of: make([]int, len(trials))}
	for i := range v.apart {
		v.apart[i] = math.NaN()
	}
	counted := 0.0
	for k := range trials {
		t := &trials[k]
		if v.of[k] = t.trees; t.none {
			continue
		}
		for j, row := range t.in.StopBy {
			v.apart[t.at[j]] = t.eta[j]
			v.losses = append(v.losses, m.weightOf(row)*surprise(t.eta[j], y[row]))
		}
		v.trees += float64(t.trees) * float64(len(t.at))
		counted += float64(len(t.at))
	}
	v.loss, v.trees = exactMean(v.losses), v.trees/math.Max(1, counted)
	return v
}

// better reports whether the verdict is better than another of the same rows, by more than chance.
func (v verdict) better(than verdict) bool {
	n := float64(len(v.losses))
	less, squares := make([]float64, len(v.losses)), make([]float64, len(v.losses))
	for i := range less {
		less[i] = than.losses[i] - v.losses[i]
		squares[i] = less[i] * less[i]
	}
	mean := exactMean(less)
	return mean > 0.5*math.Sqrt((exactMean(squares)-mean*mean)/n)
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
	m = b.fitted.Codes.apply(m)
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
	return boostScorer{b.fitted.Scorer(columns), b.fitted.Ensemble, columns, b.fitted.Root()}, nil
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
	return &Boosted{Columns: b.Columns, Options: b.chosen, Seed: b.Seed, bags: b.bags}
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
	return fmt.Sprintf("Boosted(%d trees, %d columns)", len(b.fitted.Trees), len(b.fitted.Cuts))
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
	e := &bag{Ensemble: &boost.Ensemble{}}
	if err := json.Unmarshal(text, e); err != nil {
		return fmt.Errorf("boosted: %w", err)
	}
	if !e.Codes.whole() {
		return errors.New("boosted: texts without a rate")
	}
	if err := e.Prepare(); err != nil {
		return fmt.Errorf("boosted: %w", err)
	}
	b.fitted = e
	return nil
}
