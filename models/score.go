package models

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"
)

// Scored is what the model says of one row.
type Scored struct {
	PD1M, PD3M, PD6M, PD12M float64 // probability of default within so many months; never falling
	Lo, Hi                  float64 // 90 % interval of PD12M: of the default rate of customers scored alike
	Prudent                 float64 // PD12M and the three margins
	Margin                  Margin
	LogOdds                 float64 // of default within the model's own horizon
	Score                   float64 // points of PD12M
	Grade                   string  // on the master scale
	EvidenceGrade           string  // A (much is known) to G
	Reasons                 [4]Reason
}

// A Margin of conservatism is what is added to a best estimate, in its three parts. Each is what the one-sided 95 % bound of the
// log-odds gains when the part's variance joins those before it, so that they add up to the prudent PD and none is negative.
type Margin struct {
	Estimation float64 // C: the sample that calibrated was small, or had few defaults
	Change     float64 // B: levels move from year to year, and the book is no longer the one trained on
	Data       float64 // A: inputs that usually are there are missing or outdated
}

// Conditions are what a night knows of its inputs beyond the features themselves.
type Conditions struct {
	// Drift is by how much the book has moved against the one that calibrated, in log-odds; see [Model.Drift].
	Drift float64
	// Outdated names features whose source is late: they count as missing in the margin for data.
	Outdated map[string]bool
}

// A Reason is a feature that costs the customer points against the average of the book trained on. Reasons come in
// order of points; where fewer than four features cost any, the others have Feature "".
type Reason struct {
	Feature string
	Points  float64
	EN, ZH  string
}

// leastPD keeps PDs off 0 and 1, where odds end.
const leastPD = 1e-6

// told are log-odds as they are published: those of a PD within its bounds.
func told(eta float64) float64 { return logit(bounded(eta)) }

func bounded(eta float64) float64 { return min(max(expit(eta), leastPD), 1-leastPD) }

// Score scores every row of a record that holds the model's features, by their names and in their order; other columns
// may lie between. A row's score depends on that row alone.
func (m *Model) Score(rec arrow.Record) ([]Scored, error) { return m.ScoreUnder(rec, Conditions{}) }

// ScoreUnder scores with margins that know the conditions of the night; best estimates and intervals do not depend on them.
func (m *Model) ScoreUnder(rec arrow.Record, night Conditions) ([]Scored, error) {
	grid, err := m.grid(rec)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.ID(), err)
	}
	defer grid.Release()
	matrix := grid.matrix()
	months, err := m.months(rec)
	if err != nil {
		return nil, fmt.Errorf("model %s: months of history: %w", m.ID(), err)
	}
	out := make([]Scored, matrix.rows)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(out); from += scoredTogether {
		group.Go(func() error {
			return m.scoreSome(matrix, months, night, from, out[from:min(from+scoredTogether, len(out))])
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("model %s: %w", m.ID(), err)
	}
	return out, nil
}

// scoredTogether is how many rows one processor scores at a time.
const scoredTogether = 1000

// scoreSome scores the rows that begin at from.
func (m *Model) scoreSome(matrix *matrix, months []float64, night Conditions, from int, out []Scored) error {
	scorer, err := m.learner.bind(matrix) // its own: a scorer has room for one row's reasons
	if err != nil {
		return err
	}
	addends := make([]float64, len(m.Columns))
	for i := range out {
		row := from + i
		_, eta := m.split(scorer, row, addends)
		if math.IsNaN(eta) || math.IsInf(eta, 0) {
			return fmt.Errorf("row %d: log-odds are %v: %w", row+1, eta, ErrNotFinite)
		}
		s := m.scored(eta, night.Drift, m.unknown(matrix, row, night.Outdated))
		s.EvidenceGrade = evidenceGrade(m.present(matrix, row), months[row], logit(min(s.Hi, 1-leastPD))-logit(max(s.Lo, leastPD)))
		s.Reasons = m.reasons(matrix, row, addends)
		out[i] = s
	}
	return nil
}

// scored turns calibrated log-odds into PDs, margins, points and grade.
func (m *Model) scored(eta, drift, unknown float64) Scored {
	pd := bounded(eta)
	eta = logit(pd)
	// A short horizon scaled to a year can come so near to 1 that no odds are left.
	within := func(pd float64, months int) float64 { return min(m.Curve.within(pd, eta, months), 1-leastPD) }
	lo, hi := m.Calibration.Interval(eta)
	s := Scored{
		PD12M: within(pd, 12),
		Lo:    within(max(lo, leastPD/10), 12), Hi: within(min(hi, 1-leastPD/10), 12), LogOdds: eta,
	}
	s.Lo, s.Hi = min(s.Lo, s.PD12M), max(s.Hi, s.PD12M)
	s.PD1M, s.PD3M, s.PD6M = min(within(pd, 1), s.PD12M), min(within(pd, 3), s.PD12M), min(within(pd, 6), s.PD12M)

	variance := m.Calibration.errorAt(eta) * m.Calibration.errorAt(eta)
	estimated := expit(eta + normal95*math.Sqrt(variance))
	if bound, ok := m.Calibration.upperBound(eta); ok {
		estimated = max(estimated, bound)
		variance = max(variance, math.Pow((logit(min(bound, 1-leastPD))-eta)/normal95, 2))
	}
	level := m.Calibration.Level.Spread
	variance += level*level + drift*drift/4
	changed := expit(eta + normal95*math.Sqrt(variance))
	variance += unknown * unknown
	missing := expit(eta + normal95*math.Sqrt(variance))
	at := s.PD12M
	for _, part := range []struct {
		pd   float64
		into *float64
	}{{estimated, &s.Margin.Estimation}, {changed, &s.Margin.Change}, {missing, &s.Margin.Data}} {
		next := max(at, within(min(part.pd, 1-leastPD/10), 12))
		*part.into, at = next-at, next
	}
	s.Prudent = at
	s.Score, s.Grade = ScoreOf(s.PD12M), GradeOf(s.PD12M).Name
	return s
}

// within is the PD within some months by the log-odds published.
func (m *Model) within(eta float64, months int) float64 {
	return min(m.Curve.within(bounded(eta), eta, months), 1-leastPD)
}

// Drift is how far a book has moved against the one that calibrated: by how much, in log-odds, its mean PD is above the mean PD
// there. It takes log-odds as [Model.PDs] gives them. PDs follow the facts, so the move itself is no error; but outside the book that it
// knew a model is worth less, and half of the move counts as a standard deviation in the margin for change.
func (m *Model) Drift(logOdds []float64) float64 {
	rate := m.Calibration.Level.Rate
	if len(logOdds) == 0 || rate <= 0 || rate >= 1 {
		return 0
	}
	pd := make([]float64, len(logOdds))
	for i, eta := range logOdds {
		pd[i] = expit(eta)
	}
	return told(logit(exactMean(pd))) - told(logit(rate))
}

// unknown is the standard deviation, in log-odds, that missing and outdated inputs leave open.
func (m *Model) unknown(x *matrix, row int, outdated map[string]bool) float64 {
	variance := 0.0
	for i := range m.Book {
		if x.cols[i].missing(row) || outdated[m.Columns[i].Name] {
			variance += m.Book[i].Unknown * m.Book[i].Unknown
		}
	}
	return math.Sqrt(variance)
}

// grid returns the model's columns of a record.
func (m *Model) grid(rec arrow.Record) (*Grid, error) {
	names := columnNames(m.Columns)
	var found []string
	for _, f := range rec.Schema().Fields() {
		if slices.Contains(names, f.Name) {
			found = append(found, f.Name)
		}
	}
	var errs []error
	for _, name := range names {
		if !slices.Contains(found, name) {
			errs = append(errs, fmt.Errorf("feature %q is missing: %w", name, ErrFeatures))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if err := wants(names, &matrix{names: found}); err != nil {
		return nil, err
	}
	return NewGrid(rec, names, nil)
}

// months returns every row's months of history, NaN where unknown.
func (m *Model) months(rec arrow.Record) ([]float64, error) {
	if m.HistoryMonths == "" {
		unknown := make([]float64, rec.NumRows())
		for i := range unknown {
			unknown[i] = math.NaN()
		}
		return unknown, nil
	}
	grid, err := NewGrid(rec, []string{m.HistoryMonths}, nil)
	if err != nil {
		return nil, err
	}
	defer grid.Release()
	v := grid.matrix().cols[0]
	if v.numbers == nil {
		return nil, fmt.Errorf("column %q is text, want numbers", m.HistoryMonths)
	}
	return slices.Clone(v.numbers), nil
}

// present is the share of features present, weighted by how much they move the PD.
func (m *Model) present(x *matrix, row int) float64 {
	share := 0.0
	for i := range m.Book {
		if !x.cols[i].missing(row) {
			share += m.Book[i].Weight
		}
	}
	return share
}

// reasons returns the four features that cost most points against the book's average.
func (m *Model) reasons(x *matrix, row int, addends []float64) [4]Reason {
	type cost struct {
		column int
		points float64
	}
	var costs []cost
	for i, a := range addends {
		if points := Factor * (a - m.Book[i].Addend); points > 1e-9 {
			costs = append(costs, cost{i, points})
		}
	}
	sort.SliceStable(costs, func(a, b int) bool { return costs[a].points > costs[b].points })
	var out [4]Reason
	for k := range min(len(out), len(costs)) {
		i := costs[k].column
		en, zh := m.sentence(i, &x.cols[i], row)
		out[k] = Reason{m.Columns[i].Name, costs[k].points, en, zh}
	}
	return out
}
