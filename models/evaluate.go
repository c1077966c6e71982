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
	Detail   bool   // asks for Evaluation.Detail
	Options  Options
	Now      func() time.Time // measures seconds; nil leaves them 0
	Progress func(Progress)   // told of every fit that begins and of the end, from any goroutine but never two at once; may be nil
}

// A Progress is how far an evaluation is.
type Progress struct {
	Fold, Folds int    // Fold from 1; 0 at the end
	Learner     string // that is being fitted; "" at the end
	Done, Total int    // fits
	// Share of the whole work that is done, 0 to 1, as the learners' times in the first fold have it; NaN until that is judged.
	Share float64
}

// An Evaluation is how the learners do on a table.
type Evaluation struct {
	Rows      int               `json:"rows"`
	Positives int               `json:"positives"`
	Learners  []EvaluatedResult `json:"learners"`
	// Chosen is the learner of least log loss on rows outside fold 0, each judged by what was learnt from others of them.
	Chosen string `json:"chosen"`

	// Positive is the label that was taken for default.
	Positive string `json:"positive"`
	// Benchmark is the best single column; Suspects are columns that tell more than is good to believe.
	Benchmark Benchmark `json:"benchmark"`
	Suspects  []Suspect `json:"suspects,omitempty"`

	// Detail is there where it was asked for.
	Detail *Detail `json:"-"`
	Label  []uint8 `json:"-"` // of every row
	Fold   []int   `json:"-"` // of every row
}

// EvaluatedResult is how one learner does. Every fold is scored by a learner fitted to the other folds; the split and
// the times are those of fold 0.
type EvaluatedResult struct {
	Learner            string          `json:"learner"`
	MeanAUC            float64         `json:"mean_auc"`
	FoldAUC            []float64       `json:"fold_auc"`
	MeanBrier          float64         `json:"mean_brier"`
	MeanLogLoss        float64         `json:"mean_log_loss"`
	Split              EvaluationSplit `json:"split"`
	FitSeconds         float64         `json:"fit_seconds"`
	ScoreRowsPerSecond float64         `json:"score_rows_per_second"`

	FoldSplit []EvaluationSplit `json:"-"` // of every fold
	// OutOfFold is every row's PD by the learner fitted to the folds that the row is not in.
	OutOfFold []float64 `json:"-"`
}

// EvaluationSplit judges a fold by a learner fitted to all others.
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
	label, positive, err := t.labels(o.Label, o.Positive)
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
	folds := o
	folds.Options.Binning.Permuted = 0 // nobody reads the folds' cards
	e := evaluator{matrix: grid.matrix().withContent(), label: label, fold: fold, options: folds, progress: newProgress(o), first: new([]fitted)}
	if err := e.enough(t.Path); err != nil {
		return Evaluation{}, err
	}
	out := Evaluation{Rows: len(label), Positive: positive, Label: label, Fold: fold}
	for _, y := range label {
		out.Positives += int(y)
	}
	results, chosen, err := e.judge()
	if err != nil {
		return out, fmt.Errorf("%s: %w", t.Path, err)
	}
	out.Learners, out.Chosen = results, chosen
	if out.Benchmark, out.Suspects, err = e.alone(); err == nil && o.Detail {
		out.Detail, err = e.detail(chosen, *e.first, o.Options)
	}
	if err != nil {
		return out, fmt.Errorf("%s: %w", t.Path, err)
	}
	return out, nil
}

// plainLabels are pairs of labels whose meaning is plain: the first means default.
var plainLabels = [][2]string{
	{"yes", "no"}, {"y", "n"}, {"true", "false"}, {"t", "f"}, {"bad", "good"}, {"default", "paid"}, {"defaulted", "paid"}, {"default", "no default"}, {"default", "non-default"},
	{"charged off", "fully paid"}, {"late", "on time"}, {"positive", "negative"}, {"是", "否"}, {"违约", "正常"}, {"违约", "未违约"}, {"坏", "好"}, {"逾期", "正常"}, {"逾期", "未逾期"},
}

// plain returns the one of two labels that means default where that needs no asking.
func plain(labels []string) (string, bool) {
	if len(labels) != 2 {
		return "", false
	}
	a, b := strings.ToLower(strings.TrimSpace(labels[0])), strings.ToLower(strings.TrimSpace(labels[1]))
	for _, o := range plainLabels {
		switch o {
		case [2]string{a, b}:
			return labels[0], true
		case [2]string{b, a}:
			return labels[1], true
		}
	}
	return "", false
}

// labels reads the label column as 0 and 1, and returns the label that is taken for 1.
func (t *Table) labels(name, positive string) ([]uint8, string, error) {
	at := t.Record.Schema().FieldIndices(name)
	if len(at) != 1 {
		return nil, "", fmt.Errorf("%s: %d columns named %q, want the label there; columns are %s", t.Path, len(at), name, t.columnList())
	}
	c, err := newGridColumn(name, t.Record.Column(at[0]))
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", t.Path, err)
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
			return nil, "", fmt.Errorf("%s: column %q: the label is missing", t.place(row), name)
		}
		if !slices.Contains(seen, v) {
			if seen = append(seen, v); len(seen) > 2 && positive == "" {
				return nil, "", fmt.Errorf("%s: column %q: %q is a third label after %q and %q; say which one is positive, that is, means default (--positive)", t.place(row), name, v, seen[0], seen[1])
			}
			if len(seen) > maxLabels {
				return nil, "", fmt.Errorf("%s: column %q: more than %d different labels: is this the outcome?", t.place(row), name, maxLabels)
			}
		}
	}
	known, ok := plain(seen)
	switch {
	case positive != "":
		if !slices.Contains(seen, positive) {
			i := slices.IndexFunc(seen, func(v string) bool { return strings.EqualFold(v, positive) })
			if i < 0 {
				return nil, "", fmt.Errorf("%s: column %q: no row has the positive label %q; labels are %q", t.Path, name, positive, seen)
			}
			positive = seen[i]
		}
	case len(seen) == 1:
		return nil, "", fmt.Errorf("%s: column %q: every row has the label %s: %w", t.Path, name, seen[0], ErrOneClass)
	case ok:
		positive = known
	case c.numbers == nil:
		return nil, "", fmt.Errorf("%s: column %q: labels are %q and %q; say which one is positive, that is, means default (--positive)", t.Path, name, seen[0], seen[1])
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
	return label, positive, nil
}

// maxLabels is how many labels a column may have that tells outcomes.
const maxLabels = 100

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

	progress *progress
	first    *[]fitted // keeps what was fitted for fold 0
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

// fitted is a learner fitted to a fold's training rows, and how long that took.
type fitted struct {
	Learner
	took time.Duration
}

// fit fits the learners to the rows of a fold. A blend takes its parts from among them.
func (e evaluator) fit(k int, rows []int) ([]fitted, error) {
	var out []fitted
	for _, name := range e.options.Options.Learners {
		l, err := New(name, nil, e.options.Options)
		if err != nil {
			return nil, err
		}
		e.progress.begin(k, name)
		start := e.options.Now()
		if b, ok := l.(*Blend); ok {
			took := time.Duration(0)
			for a, part := range b.parts {
				if i := slices.IndexFunc(out, func(f fitted) bool { return f.name() == part.name() }); i >= 0 {
					b.parts[a], took = out[i].Learner, took+out[i].took
				} else if err := part.fit(e.matrix, e.label, rows); err != nil {
					return nil, err
				}
			}
			if err := b.join(e.matrix, e.label, rows); err != nil {
				return nil, err
			}
			own := e.options.Now().Sub(start)
			e.progress.end(name, own)
			out = append(out, fitted{b, took + own})
			continue
		}
		if err := l.fit(e.matrix, e.label, rows); err != nil {
			return nil, err
		}
		took := e.options.Now().Sub(start)
		e.progress.end(name, took)
		out = append(out, fitted{l, took})
	}
	return out, nil
}

// judge fits and scores every fold. Fold 0 runs by itself, because its times are reported; the choice is made on its
// training rows.
func (e evaluator) judge() (results []EvaluatedResult, chosen string, err error) {
	folds := e.options.Folds
	for _, name := range e.options.Options.Learners {
		results = append(results, EvaluatedResult{Learner: name, FoldAUC: make([]float64, folds), FoldSplit: make([]EvaluationSplit, folds), OutOfFold: make([]float64, len(e.label))})
	}
	one := func(k int) error {
		rows, test := e.apart(k)
		learners, err := e.fit(k, rows)
		if err != nil {
			return fmt.Errorf("fold %d: %w", k, err)
		}
		if k == 0 {
			if chosen, err = e.choose(learners, rows); err != nil {
				return fmt.Errorf("choosing: %w", err)
			}
			if e.first != nil {
				*e.first = learners
			}
		}
		y := make([]uint8, len(test))
		for i, row := range test {
			y[i] = e.label[row]
		}
		for i, l := range learners {
			r := &results[i]
			start := e.options.Now()
			scorer, err := l.bind(e.matrix)
			if err != nil {
				return err
			}
			pd := make([]float64, len(test))
			scoreRows(scorer, test, pd)
			scored := e.options.Now().Sub(start)
			for i, eta := range pd {
				pd[i] = bounded(eta)
				r.OutOfFold[test[i]] = pd[i]
			}
			rank, err := validation.Rank(pd, y)
			if err != nil {
				return fmt.Errorf("fold %d: %w", k, err)
			}
			split := EvaluationSplit{AUC: rank.AUC, KS: rank.KS}
			if split.LogLoss, err = validation.LogLoss(pd, y); err != nil {
				return err
			}
			if split.Brier, err = validation.Brier(pd, y); err != nil {
				return err
			}
			r.FoldAUC[k], r.FoldSplit[k] = rank.AUC, split
			if k > 0 {
				continue
			}
			r.Split = split
			r.FitSeconds = l.took.Seconds()
			if scored > 0 {
				r.ScoreRowsPerSecond = math.Round(float64(len(test)) / scored.Seconds())
			}
		}
		return nil
	}
	if err := one(0); err != nil {
		return nil, "", err
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := 1; k < folds; k++ {
		group.Go(func() error { return one(k) })
	}
	if err := group.Wait(); err != nil {
		return nil, "", err
	}
	for i := range results {
		r := &results[i]
		r.MeanAUC = mean(r.FoldAUC)
		for _, s := range r.FoldSplit {
			r.MeanBrier, r.MeanLogLoss = r.MeanBrier+s.Brier/float64(folds), r.MeanLogLoss+s.LogLoss/float64(folds)
		}
	}
	e.progress.over()
	return results, chosen, nil
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// choose names the learner of least log loss on rows that each judges by what it learnt from others. A blend gives way
// only to a learner that does better by more than chance: where they are alike, many are safer than one.
func (e evaluator) choose(learners []fitted, rows []int) (string, error) {
	var names []string
	var verdicts []verdict
	blend := -1
	for i, l := range learners {
		apart, err := unseenBy(l.Learner, e.matrix, e.label, rows)
		if err != nil {
			return "", err
		}
		v := verdict{losses: make([]float64, len(rows))}
		for i, row := range rows {
			v.losses[i] = surprise(apart[i], e.label[row])
		}
		v.loss = exactMean(v.losses)
		names, verdicts = append(names, l.name()), append(verdicts, v)
		if l.name() == "blend" {
			blend = i
		}
	}
	best := 0
	for i, v := range verdicts {
		if v.loss < verdicts[best].loss {
			best = i
		}
	}
	if blend >= 0 && best != blend && !verdicts[best].better(verdicts[blend]) {
		best = blend
	}
	return names[best], nil
}
