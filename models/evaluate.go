package models

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"creditwatch/models/validation"
)

// EvaluateOptions say how a labelled table is judged.
type EvaluateOptions struct {
	Label    string
	Positive string // the label of a default; "" where labels are 0 and 1, or two numbers of which the larger is meant
	ID       string // a column that names the row and is no feature; "" for none
	Folds    int    // 5
	FoldBy   string // "row": the row's number, from 1, mod Folds; "id": the integer in ID mod Folds
	Options  Options
	Now      func() time.Time // measures seconds; nil leaves them 0
}

// An Evaluation is how the learners do on a table.
type Evaluation struct {
	Rows      int               `json:"rows"`
	Positives int               `json:"positives"`
	Learners  []EvaluatedResult `json:"learners"`
	// Chosen is the learner of best mean AUC over inner folds of the rows outside fold 0.
	Chosen string `json:"chosen"`
}

// EvaluatedResult is how one learner does. Every fold is scored by a learner fitted to the other folds; the split and
// the times are those of fold 0.
type EvaluatedResult struct {
	Learner            string          `json:"learner"`
	MeanAUC            float64         `json:"mean_auc"`
	FoldAUC            []float64       `json:"fold_auc"`
	Split              EvaluationSplit `json:"split"`
	FitSeconds         float64         `json:"fit_seconds"`
	ScoreRowsPerSecond float64         `json:"score_rows_per_second"`
}

// EvaluationSplit judges fold 0 by a learner fitted to all others.
type EvaluationSplit struct {
	AUC     float64 `json:"auc"`
	KS      float64 `json:"ks"`
	LogLoss float64 `json:"log_loss"`
	Brier   float64 `json:"brier"`
}

// Evaluate trains and judges the learners on a labelled table. Every column but label and id is a feature.
func Evaluate(t *Table, o EvaluateOptions) (Evaluation, error) {
	o.Options = o.Options.withDefaults()
	if o.Folds == 0 {
		o.Folds = 5
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Time{} }
	}
	label, err := t.labels(o.Label, o.Positive)
	if err != nil {
		return Evaluation{}, err
	}
	fold, err := t.folds(o, len(label))
	if err != nil {
		return Evaluation{}, err
	}
	var names []string
	for _, f := range t.Record.Schema().Fields() {
		if f.Name != o.Label && f.Name != o.ID {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		return Evaluation{}, fmt.Errorf("%s: no feature columns beside %q", t.Path, o.Label)
	}
	grid, err := NewGrid(t.Record, names, label)
	if err != nil {
		return Evaluation{}, fmt.Errorf("%s: %w", t.Path, err)
	}
	defer grid.Release()
	e := evaluator{matrix: grid.matrix(), label: label, fold: fold, options: o}
	if err := e.enough(t.Path); err != nil {
		return Evaluation{}, err
	}
	out := Evaluation{Rows: len(label)}
	for _, y := range label {
		out.Positives += int(y)
	}
	best := math.Inf(-1)
	for _, name := range o.Options.Learners {
		result, err := e.judge(name)
		if err != nil {
			return out, fmt.Errorf("%s: %w", t.Path, err)
		}
		out.Learners = append(out.Learners, result)
		within, err := e.inner(name)
		if err != nil {
			return out, fmt.Errorf("%s: choosing: %w", t.Path, err)
		}
		if within > best {
			out.Chosen, best = name, within
		}
	}
	return out, nil
}

// labels reads the label column as 0 and 1.
func (t *Table) labels(name, positive string) ([]uint8, error) {
	at := t.Record.Schema().FieldIndices(name)
	if len(at) != 1 {
		return nil, fmt.Errorf("%s: %d columns named %q, want the label there; columns are %s", t.Path, len(at), name, t.columnList())
	}
	c, err := newGridColumn(name, t.Record.Column(at[0]))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Path, err)
	}
	value := func(row int) string { return c.texts[c.codes[row]] }
	if c.numbers != nil {
		defer c.numbers.Release()
		value = func(row int) string {
			if c.numbers.IsNull(row) {
				return ""
			}
			return strconv.FormatFloat(c.numbers.Value(row), 'g', -1, 64)
		}
		if v, err := strconv.ParseFloat(positive, 64); err == nil {
			positive = strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	var seen []string
	rows := int(t.Record.NumRows())
	for row := range rows {
		v := value(row)
		if v == "" {
			return nil, fmt.Errorf("%s: column %q: the label is missing", t.place(row), name)
		}
		if !slices.Contains(seen, v) {
			if seen = append(seen, v); len(seen) > 2 && positive == "" {
				return nil, fmt.Errorf("%s: column %q: %q is a third label after %q; say which one is positive", t.place(row), name, v, seen[:2])
			}
		}
	}
	switch {
	case positive != "":
		if !slices.Contains(seen, positive) {
			return nil, fmt.Errorf("%s: column %q: no row has the positive label %q", t.Path, name, positive)
		}
	case c.numbers == nil:
		return nil, fmt.Errorf("%s: column %q: labels are %q; say which one is positive", t.Path, name, seen)
	case len(seen) == 1:
		return nil, fmt.Errorf("%s: column %q: every row has the label %s: %w", t.Path, name, seen[0], ErrOneClass)
	default:
		a, _ := strconv.ParseFloat(seen[0], 64)
		b, _ := strconv.ParseFloat(seen[1], 64)
		if positive = seen[0]; b > a {
			positive = seen[1]
		}
	}
	label := make([]uint8, rows)
	for row := range label {
		if value(row) == positive {
			label[row] = 1
		}
	}
	return label, nil
}

func (t *Table) columnList() string {
	var names []string
	for _, f := range t.Record.Schema().Fields() {
		names = append(names, strconv.Quote(f.Name))
	}
	return strings.Join(names, ", ")
}

// folds returns every row's fold.
func (t *Table) folds(o EvaluateOptions, rows int) ([]int, error) {
	if o.Folds < 2 || o.Folds > rows {
		return nil, fmt.Errorf("%s: %d folds of %d rows, want 2 or more, and a row for each", t.Path, o.Folds, rows)
	}
	var ids *gridColumn
	if o.ID != "" {
		at := t.Record.Schema().FieldIndices(o.ID)
		if len(at) != 1 {
			return nil, fmt.Errorf("%s: %d columns named %q, want the id there; columns are %s", t.Path, len(at), o.ID, t.columnList())
		}
		if o.FoldBy == "id" {
			c, err := newGridColumn(o.ID, t.Record.Column(at[0]))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.Path, err)
			}
			ids = &c
			if c.numbers != nil {
				defer c.numbers.Release()
			}
		}
	}
	fold := make([]int, rows)
	switch o.FoldBy {
	case "", "row":
		for row := range fold {
			fold[row] = (row + 1) % o.Folds
		}
	case "id":
		if ids == nil {
			return nil, fmt.Errorf("%s: folds by id need an id column", t.Path)
		}
		for row := range fold {
			if ids.numbers == nil || ids.numbers.IsNull(row) || ids.numbers.Value(row) != math.Trunc(ids.numbers.Value(row)) {
				return nil, fmt.Errorf("%s: column %q: want an integer to make folds by", t.place(row), o.ID)
			}
			fold[row] = int(math.Mod(math.Mod(ids.numbers.Value(row), float64(o.Folds))+float64(o.Folds), float64(o.Folds)))
		}
	default:
		return nil, fmt.Errorf("folds by %q, want row or id", o.FoldBy)
	}
	return fold, nil
}

type evaluator struct {
	matrix  *matrix
	label   []uint8
	fold    []int
	options EvaluateOptions
}

// enough makes sure that every fold can be judged and the rest of it learnt from.
func (e evaluator) enough(path string) error {
	of := make([]count, e.options.Folds)
	total := count{}
	for row, k := range e.fold {
		of[k].add(e.label[row])
		total.add(e.label[row])
	}
	var errs []error
	for k, c := range of {
		if c.good == 0 || c.bad == 0 || total.good == c.good || total.bad == c.bad {
			errs = append(errs, fmt.Errorf("%s: fold %d has %d positive rows of %d, all folds %d of %d; want both labels in every fold: %w", path, k, c.bad, c.n(), total.bad, total.n(), ErrOneClass))
		}
	}
	return errors.Join(errs...)
}

// apart splits rows by whether they are in the fold.
func (e evaluator) apart(k int) (fit, test []int) {
	for row, own := range e.fold {
		if own == k {
			test = append(test, row)
		} else {
			fit = append(fit, row)
		}
	}
	return fit, test
}

// trial fits to some rows and returns the PDs of others, and how long both took.
func (e evaluator) trial(name string, fit, test []int) (pd []float64, y []uint8, fitted, scored time.Duration, err error) {
	l, err := New(name, nil, e.options.Options)
	if err != nil {
		return nil, nil, 0, 0, err
	}
	start := e.options.Now()
	if err := l.fit(e.matrix, e.label, fit); err != nil {
		return nil, nil, 0, 0, err
	}
	done := e.options.Now()
	scorer, err := l.bind(e.matrix)
	if err != nil {
		return nil, nil, 0, 0, err
	}
	pd, y = make([]float64, len(test)), make([]uint8, len(test))
	for i, row := range test {
		pd[i], y[i] = bounded(scorer.logOdds(row)), e.label[row]
	}
	return pd, y, done.Sub(start), e.options.Now().Sub(done), nil
}

// judge fits and scores every fold. Fold 0 runs by itself, because its times are reported.
func (e evaluator) judge(name string) (EvaluatedResult, error) {
	r := EvaluatedResult{Learner: name, FoldAUC: make([]float64, e.options.Folds)}
	one := func(k int) error {
		fit, test := e.apart(k)
		pd, y, fitted, scored, err := e.trial(name, fit, test)
		if err != nil {
			return fmt.Errorf("fold %d: %w", k, err)
		}
		rank, err := validation.Rank(pd, y)
		if err != nil {
			return fmt.Errorf("fold %d: %w", k, err)
		}
		r.FoldAUC[k] = rank.AUC
		if k > 0 {
			return nil
		}
		r.Split = EvaluationSplit{AUC: rank.AUC, KS: rank.KS}
		if r.Split.LogLoss, err = validation.LogLoss(pd, y); err != nil {
			return err
		}
		if r.Split.Brier, err = validation.Brier(pd, y); err != nil {
			return err
		}
		r.FitSeconds = fitted.Seconds()
		if scored > 0 {
			r.ScoreRowsPerSecond = math.Round(float64(len(test)) / scored.Seconds())
		}
		return nil
	}
	if err := one(0); err != nil {
		return r, err
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := 1; k < e.options.Folds; k++ {
		group.Go(func() error { return one(k) })
	}
	if err := group.Wait(); err != nil {
		return r, err
	}
	for _, auc := range r.FoldAUC {
		r.MeanAUC += auc
	}
	r.MeanAUC /= float64(len(r.FoldAUC))
	return r, nil
}

// inner returns the mean AUC over folds of the rows outside fold 0, drawn by row number; rows of fold 0 are not touched.
func (e evaluator) inner(name string) (float64, error) {
	rows, _ := e.apart(0)
	aucs := make([]float64, innerFolds)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := range aucs {
		group.Go(func() error {
			var fit, test []int
			for _, row := range rows {
				if int(mix(uint64(row)+e.options.Options.Seed)>>8%innerFolds) == k {
					test = append(test, row)
				} else {
					fit = append(fit, row)
				}
			}
			pd, y, _, _, err := e.trial(name, fit, test)
			var rank validation.Ranking
			if err == nil {
				rank, err = validation.Rank(pd, y)
			}
			if errors.Is(err, ErrOneClass) || errors.Is(err, validation.ErrGrey) {
				aucs[k] = 0.5 // a fold too small to judge by speaks for no learner
				return nil
			}
			aucs[k] = rank.AUC
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return (aucs[0] + aucs[1] + aucs[2]) / innerFolds, nil
}
