package models

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"

	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
)

// TrainInput is what a night trains on: a row per customer and cohort, every cohort old enough for its outcome to be
// known.
type TrainInput struct {
	Features  arrow.Record
	Columns   []Column    // the features to use; Features may hold others
	Default   []uint8     // 1 when the customer defaulted within the horizon
	Cohorts   []asof.Date // nil when all rows are of one date
	Customers []string
	// Weights say what a row counts for in fitting, 0 to 1; nil: fully. A row observed for only part of the horizon counts
	// for the part of the hazard it was exposed to.
	Weights []float64
	// Holdout marks rows that no fit and no choice may look at. nil holds out the latest cohorts, or, where the
	// history is too short for that, a share of the customers.
	Holdout []bool
	Options Options
}

// A Report is the record of a training.
type Report struct {
	Champion string   // the learner chosen, without looking at held-out rows
	Why      string   // in numbers
	Metrics  []Metric // of every learner and benchmark
	Models   []*Model // of every learner, the champion among them, in the order of Options.Learners
	Develop  int      // rows
	Held     int
	Defaults int // among the development rows
}

// Train fits every learner on the development rows, calibrates it and chooses the champion by log loss on inner
// splits of these rows (the latest cohorts against those whose outcome was known before them, or, where the history is
// too short for that, folds of customers), and judges all of them on the rows held out. Order of rows does not matter. Where rows or defaults are too few it
// returns an error that is ErrTooFewDefaults.
func Train(in TrainInput) (*Model, Report, error) {
	in.Options = in.Options.withDefaults()
	if err := in.check(); err != nil {
		return nil, Report{}, err
	}
	names := make([]string, len(in.Columns))
	for i, c := range in.Columns {
		names[i] = c.Name
	}
	grid, err := NewGrid(in.Features, names, in.Default)
	if err != nil {
		return nil, Report{}, fmt.Errorf("train: %w", err)
	}
	defer grid.Release()
	m := grid.matrix()
	m.customer = make([]uint64, m.rows)
	for row, customer := range in.Customers {
		m.customer[row] = hash64(customer)
	}
	m.weight = in.Weights
	if len(in.Default) == 0 {
		return nil, Report{}, fmt.Errorf("train: no rows: %w", ErrTooFewDefaults)
	}
	develop, held := holdOut(in)
	if err := enough(in, develop); err != nil {
		return nil, Report{}, err
	}
	report := Report{Develop: len(develop), Held: len(held)}
	for _, row := range develop {
		report.Defaults += int(in.Default[row])
	}
	splits := inner(in, develop)
	f := &fits{in: in, m: m, rows: [][]int{develop}, done: map[fitOf]Learner{}}
	for _, s := range splits.of {
		f.rows = append(f.rows, s.fit)
	}
	var best *Model
	least := math.Inf(1)
	for _, name := range in.Options.Learners {
		model, loss, metrics, err := in.trainOne(name, f, m, develop, held, splits)
		if err != nil {
			return nil, report, fmt.Errorf("train: %w", err)
		}
		report.Models, report.Metrics = append(report.Models, model), append(report.Metrics, metrics...)
		if loss < least {
			best, least = model, loss
		}
		if report.Why != "" {
			report.Why += ", "
		}
		report.Why += fmt.Sprintf("%s %.6f", name, loss)
	}
	report.Champion, report.Why = best.Learner, "log loss on the calibration sample: "+report.Why
	for _, name := range in.Options.Benchmarks {
		metrics, err := in.benchmark(name, develop, held)
		if err != nil {
			return nil, report, err
		}
		report.Metrics = append(report.Metrics, metrics...)
	}
	return best, report, nil
}

func (in TrainInput) check() error {
	n := int(in.Features.NumRows())
	var errs []error
	length := func(what string, got int) {
		if got != n {
			errs = append(errs, fmt.Errorf("train: %d %s for %d rows", got, what, n))
		}
	}
	length("labels", len(in.Default))
	length("customers", len(in.Customers))
	if in.Cohorts != nil {
		length("cohorts", len(in.Cohorts))
	}
	if in.Holdout != nil {
		length("holdout marks", len(in.Holdout))
	}
	if in.Weights != nil {
		length("weights", len(in.Weights))
	}
	if len(in.Columns) == 0 {
		errs = append(errs, errors.New("train: no feature columns"))
	}
	return errors.Join(errs...)
}

// trainOne fits, calibrates and judges one learner. The loss is that of the calibration sample.
func (in TrainInput) trainOne(name string, f *fits, m *matrix, develop, held []int, splits splits) (*Model, float64, []Metric, error) {
	l, err := f.fit(name, 0)
	if err != nil {
		return nil, 0, nil, err
	}
	judged, err := in.unseen(l, f, m, develop, splits)
	if err != nil {
		return nil, 0, nil, err
	}
	calibration := calibrate(judged)
	model, err := newModel(l, in, calibration, m, develop)
	if err != nil {
		return nil, 0, nil, err
	}
	var metrics []Metric
	pd, y := make([]float64, len(judged)), make([]uint8, len(judged))
	for i, r := range judged {
		pd[i], y[i] = bounded(calibration.Apply(r.eta)), r.y
	}
	calibrated, err := judge(name, "calibration", pd, y)
	if err != nil {
		return nil, 0, nil, err
	}
	loss, err := validation.LogLoss(pd, y)
	if err != nil {
		return nil, 0, nil, err
	}
	scorer, err := l.bind(m)
	if err != nil {
		return nil, 0, nil, err
	}
	for sample, rows := range [][]int{develop, held} {
		pd, y := make([]float64, len(rows)), make([]uint8, len(rows))
		scoreRows(scorer, rows, pd)
		for i, row := range rows {
			pd[i], y[i] = bounded(calibration.Apply(pd[i])), in.Default[row]
		}
		of, err := judge(name, []string{"train", "holdout"}[sample], pd, y)
		if err != nil {
			return nil, 0, nil, err
		}
		if metrics = append(metrics, of...); sample == 0 {
			metrics = append(metrics, calibrated...)
		}
	}
	return model, loss, metrics, nil
}

// unseen returns what the learner says of rows by what it learnt from other ones. A learner that can say so itself of
// folds of customers is not fitted again.
func (in TrainInput) unseen(l Learner, f *fits, m *matrix, develop []int, splits splits) ([]outcomeAt, error) {
	var judged []outcomeAt
	if apart := l.unseen(); splits.byCustomer && apart != nil {
		for i, row := range develop {
			judged = append(judged, outcomeAt{apart[i], in.Default[row], in.Customers[row], splits.recent(row)})
		}
		return judged, nil
	}
	for k, s := range splits.of {
		again, err := f.fit(l.name(), k+1)
		if err != nil {
			return nil, err
		}
		scorer, err := again.bind(m)
		if err != nil {
			return nil, err
		}
		eta := make([]float64, len(s.judge))
		scoreRows(scorer, s.judge, eta)
		for i, row := range s.judge {
			judged = append(judged, outcomeAt{eta[i], in.Default[row], in.Customers[row], splits.recent(row)})
		}
	}
	return judged, nil
}

// fits keeps what was fitted to which rows, so that a blend takes the parts that there are.
type fits struct {
	in   TrainInput
	m    *matrix
	rows [][]int // the development rows, and those of each inner split
	done map[fitOf]Learner
}

type fitOf struct {
	name string
	rows int
}

// fit returns the learner fitted to some of the rows: of an inner split with the options that the development rows chose.
func (f *fits) fit(name string, rows int) (Learner, error) {
	of := fitOf{name, rows}
	if l, ok := f.done[of]; ok {
		return l, nil
	}
	var l Learner
	var err error
	if rows == 0 {
		l, err = New(name, f.in.Columns, f.in.Options)
	} else if l, err = f.fit(name, 0); err == nil {
		l = l.again()
	}
	if err != nil {
		return nil, err
	}
	if b, ok := l.(*Blend); ok {
		for i, part := range b.parts {
			if b.parts[i], err = f.fit(part.name(), rows); err != nil {
				return nil, err
			}
		}
		err = b.join(f.m, f.in.Default, f.rows[rows])
	} else {
		err = l.fit(f.m, f.in.Default, f.rows[rows])
	}
	if err != nil {
		return nil, err
	}
	f.done[of] = l
	return l, nil
}

// benchmark judges a column by itself: larger values as riskier, or reversed when the development rows say so. Missing
// values take the middle of the development rows.
func (in TrainInput) benchmark(name string, develop, held []int) ([]Metric, error) {
	grid, err := NewGrid(in.Features, []string{name}, in.Default)
	if err != nil {
		return nil, fmt.Errorf("benchmark: %w", err)
	}
	defer grid.Release()
	v := grid.matrix().cols[0]
	if v.numbers == nil {
		return nil, fmt.Errorf("benchmark: column %q is text, want numbers", name)
	}
	var known []float64
	for _, row := range develop {
		if !v.missing(row) {
			known = append(known, v.numbers[row])
		}
	}
	middle := 0.0
	if sort.Float64s(known); len(known) > 0 {
		middle = known[len(known)/2]
	}
	sign := 1.0
	var out []Metric
	for sample, rows := range [][]int{develop, held} {
		x, y := make([]float64, len(rows)), make([]uint8, len(rows))
		for i, row := range rows {
			if x[i], y[i] = v.numbers[row], in.Default[row]; math.IsNaN(x[i]) {
				x[i] = middle
			}
			x[i] *= sign
		}
		rank, err := validation.Rank(x, y)
		if errors.Is(err, validation.ErrGrey) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if sample == 0 && rank.AUC < 0.5 {
			sign, rank.AUC, rank.Gini = -1, 1-rank.AUC, -rank.Gini
		}
		of := []string{"train", "holdout"}[sample]
		out = append(out, Metric{"benchmark/" + name, of, "auc", rank.AUC}, Metric{"benchmark/" + name, of, "auc_variance", rank.Variance}, Metric{"benchmark/" + name, of, "auc_se", math.Sqrt(rank.Variance)}, Metric{"benchmark/" + name, of, "gini", rank.Gini})
	}
	return out, nil
}

// Value looks a metric up; ok is false when the data could not answer it.
func (r Report) Value(learner, sample, metric string) (value float64, ok bool) {
	i := slices.IndexFunc(r.Metrics, func(m Metric) bool {
		return m.Learner == learner && m.Sample == sample && m.Metric == metric
	})
	if i < 0 {
		return 0, false
	}
	return r.Metrics[i].Value, true
}
