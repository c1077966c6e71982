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

// TrainInput is what a night trains on: a row per customer and cohort. Rows whose outcome is known for a part of the horizon
// alone are told apart by Known and Month; without these every cohort is old enough for its outcome to be known.
type TrainInput struct {
	Features  arrow.Record
	Columns   []Column    // the features to use; Features may hold others
	Default   []uint8     // 1 when the customer defaulted within the horizon, as far as it is known
	Cohorts   []asof.Date // nil when all rows are of one date
	Customers []string
	// Known is for how many months of the horizon the outcome is known, and Month in which of them the default fell, 0 for
	// none; see [KnownMonths]. nil: all outcomes are known, but not when defaults happened, so that hazards are taken as constant.
	Known, Month []uint8
	// Weights say what a row counts for in fitting, 0 to 1; nil: fully. What a row counts for because its outcome is
	// known in part comes on top.
	Weights []float64
	// Holdout marks rows that no fit and no choice may look at. nil holds out the latest cohorts, or, where the
	// history is too short for that, a share of the customers.
	Holdout []bool
	// Until is the day on which the outcomes end that the other rows may know, the first held-out cohort: no outcome that was learnt
	// from reaches into what judges. Rows of which nothing was known by then tell the level of late. Unset: the others know all.
	Until   asof.Date
	Options Options
}

// A Report is the record of a training.
type Report struct {
	Champion string    // the learner chosen, without looking at held-out rows
	Why      string    // in numbers
	Metrics  []Metric  // of every learner and benchmark
	Models   []*Model  // of every learner that did not fail, the champion among them, in the order of Options.Learners
	Failed   []Failure // learners that gave no model to use
	Develop  int       // rows
	Held     int
	Late     int // rows that neither fitted nor judged, but told the level
	Defaults int // among the development rows
}

// A Failure says why a learner gave no model: its error is one of the named ones.
type Failure struct {
	Learner string
	Err     error
}

// What a training can end in besides a model. A night then keeps its champion and says so.
var (
	// ErrInverted reports a learner whose PDs fall where defaults rise, by more than chance.
	ErrInverted = errors.New("the model ranks backwards")
	// ErrConstant reports a learner that says the same of every customer.
	ErrConstant = errors.New("the model gives every customer the same PD")
	// ErrNotFinite reports a learner whose log-odds are not numbers.
	ErrNotFinite = errors.New("the model's log-odds are not finite")
)

// Train fits every learner on the development rows, calibrates it and chooses the champion by log loss on inner
// splits of these rows (the latest cohorts against what was known before them, or, where the history is
// too short for that, folds of customers), and judges all of them on the rows held out. Only then the level of PDs is
// brought up to what the held-out rows and later ones say of it. Order of rows does not matter. Where rows or defaults are too few it
// returns an error that is ErrTooFewDefaults, where there is one class ErrOneClass as well; where no learner gives a model to
// use, one that is what each of them failed by.
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
	if len(in.Default) == 0 {
		return nil, Report{}, fmt.Errorf("train: no rows: %w", ErrTooFewDefaults)
	}
	t := training{TrainInput: in, parts: holdOut(in)}
	t.known = in.seenBy(in.outcomesOf(t.develop), t.until, t.develop)
	if err := enough(in, t.known, t.develop); err != nil {
		return nil, Report{}, err
	}
	t.splits = inner(in, t.known, t.develop)
	t.learn(m, t.known, t.develop)
	for _, s := range t.splits.of {
		t.learn(m, in.seenBy(t.known, s.until, s.fit), s.fit)
	}
	report := Report{Develop: len(t.develop), Held: len(t.held), Late: len(t.after)}
	for _, row := range t.develop {
		report.Defaults += int(t.known.y[row])
	}
	var best *Model
	least := math.Inf(1)
	var failures []error
	for _, name := range in.Options.Learners {
		model, loss, metrics, err := t.one(name)
		report.Metrics = append(report.Metrics, metrics...)
		if report.Why != "" {
			report.Why += ", "
		}
		if err != nil {
			report.Failed = append(report.Failed, Failure{name, err})
			failures = append(failures, fmt.Errorf("train: %s: %w", name, err))
			report.Why += name + ": " + err.Error()
			continue
		}
		report.Models = append(report.Models, model)
		if loss < least {
			best, least = model, loss
		}
		report.Why += fmt.Sprintf("%s %.6f", name, loss)
	}
	if best == nil {
		return nil, report, errors.Join(failures...)
	}
	report.Champion, report.Why = best.Learner, "log loss on the calibration sample: "+report.Why
	for _, name := range in.Options.Benchmarks {
		metrics, err := in.benchmark(name, t.known, t.develop, t.held)
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
	if in.Known != nil {
		length("months known", len(in.Known))
		length("months of default", len(in.Month))
		if in.Cohorts == nil {
			errs = append(errs, errors.New("train: months are known, but not of which cohorts"))
		}
	}
	if !in.Until.IsZero() && in.Cohorts == nil {
		errs = append(errs, errors.New("train: outcomes end on a day, but the rows have no cohorts"))
	}
	if len(in.Columns) == 0 {
		errs = append(errs, errors.New("train: no feature columns"))
	}
	if len(errs) == 0 {
		errs = append(errs, in.checkOutcomes(), in.checkHeld())
	}
	return errors.Join(errs...)
}

// checkHeld makes sure that no outcome that is learnt from reaches into the cohorts that judge.
func (in TrainInput) checkHeld() error {
	if in.Holdout == nil || in.Until.IsZero() {
		return nil
	}
	for row, held := range in.Holdout {
		if held && in.Cohorts[row] < in.Until {
			return fmt.Errorf("train: row %d of cohort %s is held out, but outcomes up to %s are learnt from", row+1, in.Cohorts[row], in.Until)
		}
	}
	return nil
}

// A training is a TrainInput on its way to models.
type training struct {
	TrainInput
	parts
	known  outcomes // of the development rows
	splits splits

	// What is learnt from: the development rows, and those of each inner split.
	rows   [][]int
	labels [][]uint8
	matrix []*matrix
	fitted map[fitOf]Learner
}

// learn adds rows to learn from, with what is known of them.
func (t *training) learn(m *matrix, o outcomes, rows []int) {
	weighted := *m
	weighted.weight = o.weight
	t.rows, t.labels, t.matrix = append(t.rows, rows), append(t.labels, o.y), append(t.matrix, &weighted)
}

// one fits, calibrates and judges one learner. The loss is that of the calibration sample.
func (t *training) one(name string) (*Model, float64, []Metric, error) {
	l, err := t.fit(name, 0)
	if err != nil {
		return nil, 0, nil, err
	}
	judged, err := t.unseen(l)
	if err != nil {
		return nil, 0, nil, err
	}
	calibration := calibrate(judged, t.Options.TargetRate)
	curve := curveOf(judged, &calibration, t.Options.Horizon)
	m := t.matrix[0]
	scorer, err := l.bind(m)
	if err != nil {
		return nil, 0, nil, err
	}
	var metrics []Metric
	var inverted error
	loss, same := 0.0, false
	for _, sample := range []string{"train", "calibration", "holdout"} {
		at := judged
		switch sample {
		case "train":
			if at, err = t.scored(scorer, t.known, t.develop); err != nil {
				return nil, 0, nil, err
			}
			same = constant(at)
		case "calibration":
			loss = calibration.loss(judged)
		case "holdout":
			if at, err = t.scored(scorer, t.outcomesOf(t.held), t.held); err != nil {
				return nil, 0, nil, err
			}
		}
		of, err := judge(name, sample, at, &calibration, &curve, t.Options.Horizon)
		if err != nil {
			return nil, 0, nil, err
		}
		metrics = append(metrics, of...)
		if sample == "holdout" {
			inverted = backwards(at)
		}
	}
	if same {
		return nil, 0, metrics, ErrConstant
	}
	if inverted != nil {
		return nil, 0, metrics, inverted
	}
	if calibration.Level.Late, err = t.late(scorer, &calibration); err != nil {
		return nil, 0, metrics, err
	}
	model, err := newModel(l, t.TrainInput, calibration, curve, m, t.develop, t.known)
	return model, loss, metrics, err
}

// scored returns what the fitted learner says of rows.
func (t *training) scored(s scorer, o outcomes, rows []int) ([]outcomeAt, error) {
	eta := make([]float64, len(rows))
	scoreRows(s, rows, eta)
	out := make([]outcomeAt, len(rows))
	for i, row := range rows {
		if math.IsNaN(eta[i]) || math.IsInf(eta[i], 0) {
			return nil, fmt.Errorf("row %d has log-odds of %v: %w", row+1, eta[i], ErrNotFinite)
		}
		out[i] = t.at(eta[i], o, row)
	}
	return out, nil
}

func (t *training) at(eta float64, o outcomes, row int) outcomeAt {
	window := t.splits.window(row)
	r := outcomeAt{eta: eta, y: o.y[row], customer: t.Customers[row], weight: o.weightOf(row), window: max(window, 0), recent: window <= 0}
	if o.known != nil {
		r.known, r.month = o.known[row], o.month[row]
	}
	return r
}

// unseen returns what the learner says of rows by what it learnt from other ones. A learner that can say so itself of
// folds of customers is not fitted again.
func (t *training) unseen(l Learner) ([]outcomeAt, error) {
	var judged []outcomeAt
	if apart := l.unseen(); t.splits.byCustomer && apart != nil {
		for i, row := range t.develop {
			if !math.IsNaN(apart[i]) { // no fold judged it
				judged = append(judged, t.at(apart[i], t.known, row))
			}
		}
	} else {
		for k, s := range t.splits.of {
			again, err := t.fit(l.name(), k+1)
			if err != nil {
				return nil, err
			}
			scorer, err := again.bind(t.matrix[k+1])
			if err != nil {
				return nil, err
			}
			eta := make([]float64, len(s.judge))
			scoreRows(scorer, s.judge, eta)
			for i, row := range s.judge {
				judged = append(judged, t.at(eta[i], t.known, row))
			}
		}
	}
	if len(judged) == 0 {
		return nil, fmt.Errorf("no row that was not learnt from has log-odds: %w", ErrNotFinite)
	}
	for i := range judged {
		if eta := judged[i].eta; math.IsNaN(eta) || math.IsInf(eta, 0) {
			return nil, fmt.Errorf("a row not learnt from has log-odds of %v: %w", eta, ErrNotFinite)
		}
	}
	return judged, nil
}

// late returns by how much the level moves once rows count that came after what was learnt: those that have judged, and those whose
// outcomes are not all known.
func (t *training) late(s scorer, c *Calibration) (float64, error) {
	if t.until.IsZero() || t.Options.TargetRate > 0 {
		return 0, nil
	}
	rows := slices.Concat(t.held, t.after)
	at, err := t.scored(s, t.outcomesOf(rows), rows)
	if err != nil || len(at) == 0 {
		return 0, err
	}
	for i := range at {
		at[i].recent = true
	}
	inOrderOf(at)
	tally := tallyOf(at)
	return tally.level(c, nil), nil
}

// constant reports whether all rows have the same log-odds.
func constant(rows []outcomeAt) bool {
	for i := range rows {
		if math.Abs(rows[i].eta-rows[0].eta) > 1e-9 {
			return false
		}
	}
	return true
}

// backwards returns an error that is ErrInverted where held-out rows that default have lower log-odds than those that do not, by more than
// the chance of one in twenty; customers count once, however many their cohorts. The calibration sample is not asked: of a learner that found
// nothing, folds rank a little backwards by construction.
func backwards(rows []outcomeAt) error {
	x, y := make([]float64, len(rows)), make([]uint8, len(rows))
	failed, bad := map[string]bool{}, 0.0
	for i := range rows {
		if x[i], y[i] = rows[i].eta, rows[i].y; y[i] == 1 {
			failed[rows[i].customer] = true
			bad++
		}
	}
	rank, err := validation.Rank(x, y)
	if errors.Is(err, validation.ErrGrey) {
		return nil
	}
	if err != nil {
		return err
	}
	if deviation := math.Sqrt(rank.Variance * bad / float64(len(failed))); len(failed) >= 5 && rank.AUC+normal95*deviation < 0.5 {
		return fmt.Errorf("held-out AUC %.3f, standard error %.3f: %w", rank.AUC, deviation, ErrInverted)
	}
	return nil
}

type fitOf struct {
	name string
	rows int
}

// fit returns the learner fitted to some of the rows: of an inner split with the options that the development rows chose. A blend
// takes the parts that there are.
func (t *training) fit(name string, rows int) (Learner, error) {
	of := fitOf{name, rows}
	if l, ok := t.fitted[of]; ok {
		return l, nil
	}
	var l Learner
	var err error
	if rows == 0 {
		l, err = New(name, t.Columns, t.Options)
	} else if l, err = t.fit(name, 0); err == nil {
		l = l.again()
	}
	if err != nil {
		return nil, err
	}
	if b, ok := l.(*Blend); ok {
		for i, part := range b.parts {
			if b.parts[i], err = t.fit(part.name(), rows); err != nil {
				return nil, err
			}
		}
		err = b.join(t.matrix[rows], t.labels[rows], t.rows[rows])
	} else {
		err = l.fit(t.matrix[rows], t.labels[rows], t.rows[rows])
	}
	if err != nil {
		return nil, err
	}
	if t.fitted == nil {
		t.fitted = map[fitOf]Learner{}
	}
	t.fitted[of] = l
	return l, nil
}

// benchmark judges a column by itself: larger values as riskier, or reversed when the development rows say so. Missing
// values take the middle of the development rows.
func (in TrainInput) benchmark(name string, seen outcomes, develop, held []int) ([]Metric, error) {
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
			if x[i], y[i] = v.numbers[row], in.Default[row]; sample == 0 {
				y[i] = seen.y[row]
			}
			if math.IsNaN(x[i]) {
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
