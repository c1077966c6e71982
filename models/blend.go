package models

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sjwhitworth/golearn/base"
)

// A Blend adds up the log-odds of other learners, each with a weight that is not negative. The weights are learnt from
// what every learner says of customers that it did not see (stacking: Wolpert 1992; weights not negative: Breiman 1996).
// Its reasons are its parts' addends, weighted: they add up as exactly as theirs.
type Blend struct {
	Columns []Column
	Options Options

	parts     []Learner
	weights   []float64
	intercept float64
	given     bool // the weights are
	apart     []float64
}

// blended are the parts of a blend.
var blended = []string{"scorecard", "linear", "forest", "boosted"}

// blendRidge draws the weights together where rows are few: rows' worth.
const blendRidge = 5

func newBlend(columns []Column, o Options) (*Blend, error) {
	b := &Blend{Columns: columns, Options: o}
	for _, name := range blended {
		l, err := New(name, columns, o)
		if err != nil {
			return nil, err
		}
		b.parts = append(b.parts, l)
	}
	return b, nil
}

func (b *Blend) fit(m *matrix, y []uint8, rows []int) error {
	for _, l := range b.parts {
		if err := l.fit(m, y, rows); err != nil {
			return fmt.Errorf("blend: %w", err)
		}
	}
	return b.join(m, y, rows)
}

// join learns the weights of parts that are fitted to the rows.
func (b *Blend) join(m *matrix, y []uint8, rows []int) error {
	if b.given {
		return nil
	}
	apart := make([][]float64, len(b.parts))
	for a, l := range b.parts {
		var err error
		if apart[a], err = unseenBy(l, m, y, rows); err != nil {
			return fmt.Errorf("blend: %w", err)
		}
	}
	// Rows stand in the order of their log-odds, whatever order they came in: sums of floats then come out alike.
	var order []int
	for i, row := range rows {
		if m.weightOf(row) > 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		for _, eta := range apart {
			if eta[i] != eta[j] {
				if eta[i] < eta[j] {
					return -1
				}
				return 1
			}
		}
		return cmp.Or(cmp.Compare(y[rows[i]], y[rows[j]]), cmp.Compare(m.weightOf(rows[i]), m.weightOf(rows[j])))
	})
	p := len(apart)
	x, label, weight := make([]float64, len(order)*p), make([]uint8, len(order)), make([]float64, len(order))
	for k, i := range order {
		label[k], weight[k] = y[rows[i]], m.weightOf(rows[i])
		for a := range apart {
			x[k*p+a] = apart[a][i]
		}
	}
	beta := stacked(x, label, weight, p)
	b.intercept, b.weights = beta[0], beta[1:]
	b.apart = make([]float64, len(rows))
	for i := range rows {
		b.apart[i] = b.intercept
		for a := range apart {
			b.apart[i] += b.weights[a] * apart[a][i]
		}
	}
	return nil
}

// stacked fits the weights: at least 0, and drawn towards equal ones, by adding the mean of the parts as a column of its
// own that carries no penalty worth naming. The intercept comes first.
func stacked(x []float64, y []uint8, weight []float64, p int) []float64 {
	r := ridge{x: make([]float64, len(y)*(p+1)), p: p + 1, y: y, weight: weight, penalty: slices.Repeat([]float64{blendRidge}, p+1), rising: slices.Repeat([]bool{true}, p+1)}
	r.penalty[0] = 1e-6
	for i := range y {
		mean := 0.0
		for a := range p {
			r.x[i*(p+1)+a+1] = x[i*p+a]
			mean += x[i*p+a] / float64(p)
		}
		r.x[i*(p+1)] = mean
	}
	start := make([]float64, p+2)
	start[1] = 1
	beta := r.fit(start)
	out := []float64{beta[0]}
	for a := range p {
		out = append(out, beta[a+2]+beta[1]/float64(p))
	}
	return out
}

// unseenBy returns, per row of a learner's fit, the log-odds by what was learnt from other customers: by the learner's own
// account, or by folds of customers.
func unseenBy(l Learner, m *matrix, y []uint8, rows []int) ([]float64, error) {
	if apart := l.unseen(); apart != nil {
		return apart, nil
	}
	out := make([]float64, len(rows))
	for k := range innerFolds {
		var fit, judge, at []int
		for i, row := range rows {
			if int(m.customerOf(row)>>16%innerFolds) == k {
				judge, at = append(judge, row), append(at, i)
			} else {
				fit = append(fit, row)
			}
		}
		again := l.again()
		err := again.fit(m, y, fit)
		if errors.Is(err, ErrOneClass) {
			again, err = l, nil // too few to tell seen from unseen
		}
		if err != nil {
			return nil, err
		}
		s, err := again.bind(m)
		if err != nil {
			return nil, err
		}
		eta := make([]float64, len(judge))
		scoreRows(s, judge, eta)
		for i := range at {
			out[at[i]] = eta[i]
		}
	}
	return out, nil
}

type blendScorer struct {
	*Blend
	of   []scorer
	root float64
	some []float64
}

func (b *Blend) bind(m *matrix) (scorer, error) {
	if b.weights == nil {
		return nil, errNotFitted
	}
	s := &blendScorer{Blend: b, root: b.intercept, some: make([]float64, len(m.cols))}
	for a, l := range b.parts {
		of, err := l.bind(m)
		if err != nil {
			return nil, err
		}
		s.of, s.root = append(s.of, of), s.root+b.weights[a]*of.base()
	}
	return s, nil
}

func (s *blendScorer) base() float64 { return s.root }

func (s *blendScorer) logOdds(row int) float64 {
	eta := s.intercept
	for a, of := range s.of {
		if s.weights[a] > 0 {
			eta += s.weights[a] * of.logOdds(row)
		}
	}
	return eta
}

func (s *blendScorer) many(rows []int, out []float64) {
	part := make([]float64, len(rows))
	for i := range out {
		out[i] = s.intercept
	}
	for a, of := range s.of {
		if s.weights[a] > 0 {
			scoreRows(of, rows, part)
			for i, eta := range part {
				out[i] += s.weights[a] * eta
			}
		}
	}
}

func (s *blendScorer) addends(row int, into []float64) float64 {
	clear(into)
	for a, of := range s.of {
		if s.weights[a] > 0 {
			of.addends(row, s.some)
			for i, v := range s.some {
				into[i] += s.weights[a] * v
			}
		}
	}
	eta := s.root
	for _, v := range into {
		eta += v
	}
	return eta
}

func (b *Blend) name() string { return "blend" }

func (b *Blend) again() Learner {
	other := &Blend{Columns: b.Columns, Options: b.Options, weights: b.weights, intercept: b.intercept, given: true}
	for _, l := range b.parts {
		other.parts = append(other.parts, l.again())
	}
	return other
}

func (b *Blend) unseen() []float64 { return b.apart }

// Fit implements base.Classifier.
func (b *Blend) Fit(from base.FixedDataGrid) error { return fitGrid(b, from) }

// Predict implements base.Classifier.
func (b *Blend) Predict(from base.FixedDataGrid) (base.FixedDataGrid, error) {
	return predict(b, from)
}

// LogOdds implements Learner.
func (b *Blend) LogOdds(from base.FixedDataGrid) ([]float64, error) { return logOddsOf(b, from) }

// Explain implements Learner.
func (b *Blend) Explain(from base.FixedDataGrid) (Explanation, error) { return explain(b, from) }

// Save implements base.Classifier.
func (b *Blend) Save(path string) error { return save(b, path) }

// Load implements base.Classifier.
func (b *Blend) Load(path string) error { return load(b, path) }

// SaveWithPrefix implements base.Classifier.
func (b *Blend) SaveWithPrefix(w *base.ClassifierSerializer, prefix string) error {
	return saveWithPrefix(b, w, prefix)
}

// LoadWithPrefix implements base.Classifier.
func (b *Blend) LoadWithPrefix(r *base.ClassifierDeserializer, prefix string) error {
	return loadWithPrefix(b, r, prefix)
}

// GetMetadata implements base.Classifier.
func (b *Blend) GetMetadata() base.ClassifierMetadataV1 { return metadata(b) }

// String names the parts and their weights.
func (b *Blend) String() string {
	if b.weights == nil {
		return "Blend(not fitted)"
	}
	var parts []string
	for a, l := range b.parts {
		parts = append(parts, fmt.Sprintf("%.3f %s", b.weights[a], l.name()))
	}
	return "Blend(" + strings.Join(parts, " + ") + ")"
}

// blendFile is a Blend as it is kept.
type blendFile struct {
	Intercept float64    `json:"intercept"`
	Parts     []partFile `json:"parts"`
}

type partFile struct {
	Learner string          `json:"learner"`
	Weight  float64         `json:"weight"`
	Fitted  json.RawMessage `json:"fitted"`
}

// MarshalJSON implements Learner.
func (b *Blend) MarshalJSON() ([]byte, error) {
	if b.weights == nil {
		return nil, fmt.Errorf("blend: %w", errNotFitted)
	}
	f := blendFile{Intercept: b.intercept}
	for a, l := range b.parts {
		fitted, err := l.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("blend: %w", err)
		}
		f.Parts = append(f.Parts, partFile{l.name(), b.weights[a], fitted})
	}
	return json.Marshal(f)
}

// UnmarshalJSON implements Learner.
func (b *Blend) UnmarshalJSON(text []byte) error {
	var f blendFile
	if err := json.Unmarshal(text, &f); err != nil {
		return fmt.Errorf("blend: %w", err)
	}
	if len(f.Parts) == 0 {
		return errors.New("blend: no parts")
	}
	read := &Blend{Columns: b.Columns, Options: b.Options, intercept: f.Intercept, given: true}
	for _, p := range f.Parts {
		if !slices.Contains(blended, p.Learner) || p.Weight < 0 || math.IsNaN(p.Weight) {
			return fmt.Errorf("blend: part %q of weight %g", p.Learner, p.Weight)
		}
		l, err := New(p.Learner, b.Columns, b.Options)
		if err != nil {
			return fmt.Errorf("blend: %w", err)
		}
		if err := l.UnmarshalJSON(p.Fitted); err != nil {
			return fmt.Errorf("blend: %w", err)
		}
		read.parts, read.weights = append(read.parts, l), append(read.weights, p.Weight)
	}
	*b = *read
	return nil
}
