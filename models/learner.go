package models

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sjwhitworth/golearn/base"
)

// ErrOneClass reports training rows that all defaulted or all paid: nothing can be learnt from them.
var ErrOneClass = errors.New("training rows are of one class only")

// errNotFitted reports a learner used before Fit or Load.
var errNotFitted = errors.New("learner is not fitted")

// A Learner is a golearn classifier that also says how likely a default is and why.
type Learner interface {
	base.Classifier

	// LogOdds returns every row's log-odds of default.
	LogOdds(base.FixedDataGrid) ([]float64, error)

	// Explain returns every row's log-odds split into one addend per feature. Base plus a row's addends, added in
	// order, are its log-odds.
	Explain(base.FixedDataGrid) (Explanation, error)

	// MarshalJSON and UnmarshalJSON keep a fitted learner to the bit: the same learner gives the same bytes, and one
	// read back gives the same log-odds.
	json.Marshaler
	json.Unmarshaler

	name() string
	fit(m *matrix, y []uint8, rows []int) error
	bind(m *matrix) (scorer, error)
	// again returns an unfitted learner of the same options, those chosen in fit among them.
	again() Learner
	// unseen returns, per row of the last fit, the log-odds by what was learnt from other customers alone; nil where the
	// learner has no such thing.
	unseen() []float64
}

// An Explanation splits log-odds of default.
type Explanation struct {
	Features []string
	Base     float64
	Addends  [][]float64 // per row, per feature
}

// A scorer is a learner tied to one matrix.
type scorer interface {
	base() float64
	logOdds(row int) float64
	// addends writes the row's addends and returns its log-odds.
	addends(row int, into []float64) float64
}

// Learners are the names of the learners there are, in the order they are trained.
var Learners = []string{"scorecard", "linear", "forest", "boosted", "blend"}

// New returns an unfitted learner by its name.
func New(name string, columns []Column, o Options) (Learner, error) {
	o = o.withDefaults()
	switch name {
	case "scorecard":
		return &Scorecard{Columns: columns, Binning: o.Binning, Ridge: o.Ridge, Whole: o.WholePoints, Seed: o.Seed}, nil
	case "linear":
		return &Linear{Columns: columns}, nil
	case "forest":
		return &Forest{Trees: o.Trees, RowsPerTree: o.RowsPerTree, Seed: o.Seed, Columns: columns}, nil
	case "boosted":
		return &Boosted{Columns: columns, Options: o.Boost, Seed: o.Seed}, nil
	case "blend":
		return newBlend(columns, o)
	}
	return nil, fmt.Errorf("learner %q: want one of %q", name, Learners)
}

func fitGrid(l Learner, from base.FixedDataGrid) error {
	m, err := matrixOf(from)
	if err != nil {
		return err
	}
	if m.label == nil {
		return fmt.Errorf("%s: the training rows have no class", l.name())
	}
	return l.fit(m, m.label, allRows(m.rows))
}

func logOddsOf(l Learner, from base.FixedDataGrid) ([]float64, error) {
	m, err := matrixOf(from)
	if err != nil {
		return nil, err
	}
	s, err := l.bind(m)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.name(), err)
	}
	out := make([]float64, m.rows)
	scoreRows(s, allRows(m.rows), out)
	return out, nil
}

// scoreRows writes the log-odds of the rows into out, all at once where the learner can.
func scoreRows(s scorer, rows []int, out []float64) {
	if many, ok := s.(interface {
		many(rows []int, out []float64)
	}); ok {
		many.many(rows, out)
		return
	}
	for i, row := range rows {
		out[i] = s.logOdds(row)
	}
}

// spread returns what a learner says of all rows of its fit by other customers, from what it says of those that count: of
// the others it learnt nothing.
func spread(l Learner, m *matrix, rows, counted []int, apart []float64) ([]float64, error) {
	if apart == nil || len(counted) == len(rows) {
		return apart, nil
	}
	s, err := l.bind(m)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(rows))
	scoreRows(s, rows, out)
	at := 0
	for i, row := range rows {
		if at < len(counted) && counted[at] == row {
			out[i] = apart[at]
			at++
		}
	}
	return out, nil
}

func explain(l Learner, from base.FixedDataGrid) (Explanation, error) {
	m, err := matrixOf(from)
	if err != nil {
		return Explanation{}, err
	}
	s, err := l.bind(m)
	if err != nil {
		return Explanation{}, fmt.Errorf("%s: %w", l.name(), err)
	}
	e := Explanation{Features: m.names, Base: s.base(), Addends: make([][]float64, m.rows)}
	for row := range e.Addends {
		e.Addends[row] = make([]float64, len(m.names))
		s.addends(row, e.Addends[row])
	}
	return e, nil
}

// predict answers golearn's question, the more likely class.
func predict(l Learner, from base.FixedDataGrid) (base.FixedDataGrid, error) {
	logOdds, err := logOddsOf(l, from)
	if err != nil {
		return nil, err
	}
	classes := from.AllClassAttributes()
	if len(classes) != 1 {
		return nil, fmt.Errorf("%s: %d class attributes, want 1", l.name(), len(classes))
	}
	out := base.GeneratePredictionVector(from)
	spec, err := out.GetAttribute(classes[0])
	if err != nil {
		return nil, err
	}
	text := [2][]byte{classes[0].GetSysValFromString("0"), classes[0].GetSysValFromString("1")}
	for row, eta := range logOdds {
		if eta > 0 {
			out.Set(spec, row, text[1])
		} else {
			out.Set(spec, row, text[0])
		}
	}
	return out, nil
}

func metadata(l Learner) base.ClassifierMetadataV1 {
	return base.ClassifierMetadataV1{FormatVersion: 1, ClassifierName: l.name(), ClassifierVersion: "1"}
}

func save(l Learner, path string) error {
	w, err := base.CreateSerializedClassifierStub(path, metadata(l))
	if err != nil {
		return err
	}
	return errors.Join(l.SaveWithPrefix(w, ""), w.Close())
}

func saveWithPrefix(l Learner, w *base.ClassifierSerializer, prefix string) error {
	b, err := l.MarshalJSON()
	if err != nil {
		return err
	}
	return w.WriteBytesForKey(w.Prefix(prefix, l.name()), b)
}

func load(l Learner, path string) error {
	r, err := base.ReadSerializedClassifierStub(path)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := l.LoadWithPrefix(r, ""); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func loadWithPrefix(l Learner, r *base.ClassifierDeserializer, prefix string) error {
	b, err := r.GetBytesForKey(r.Prefix(prefix, l.name()))
	if err != nil {
		return err
	}
	return l.UnmarshalJSON(b)
}
