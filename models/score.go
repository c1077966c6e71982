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
	Lo, Hi                  float64 // 90 % interval of PD12M
	LogOdds                 float64 // of default within the model's own horizon
	Score                   float64 // points of PD12M
	Grade                   string  // on the master scale
	EvidenceGrade           string  // A (much is known) to G
	Reasons                 [4]Reason
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

func bounded(eta float64) float64 { return min(max(expit(eta), leastPD), 1-leastPD) }

// Score scores every row of a record that holds the model's features, by their names and in their order; other columns
// may lie between. A row's score depends on that row alone.
func (m *Model) Score(rec arrow.Record) ([]Scored, error) {
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
			return m.scoreSome(matrix, months, from, out[from:min(from+scoredTogether, len(out))])
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
func (m *Model) scoreSome(matrix *matrix, months []float64, from int, out []Scored) error {
	scorer, err := m.learner.bind(matrix) // its own: a scorer has room for one row's reasons
	if err != nil {
		return err
	}
	addends := make([]float64, len(m.Columns))
	for i := range out {
		row := from + i
		_, eta := m.split(scorer, row, addends)
		if math.IsNaN(eta) || math.IsInf(eta, 0) {
			return fmt.Errorf("row %d: log-odds are %v", row+1, eta)
		}
		s := m.scored(eta)
		s.EvidenceGrade = evidenceGrade(m.present(matrix, row), months[row])
		s.Reasons = m.reasons(matrix, row, addends)
		out[i] = s
	}
	return nil
}

// scored turns calibrated log-odds into PDs, points and grade.
func (m *Model) scored(eta float64) Scored {
	pd := bounded(eta)
	lo, hi := m.Calibration.Interval(logit(pd))
	h := float64(m.Horizon)
	s := Scored{
		PD1M: atHorizon(pd, h, 1), PD3M: atHorizon(pd, h, 3), PD6M: atHorizon(pd, h, 6), PD12M: atHorizon(pd, h, 12),
		Lo: atHorizon(max(lo, leastPD/10), h, 12), Hi: atHorizon(min(hi, 1-leastPD/10), h, 12), LogOdds: logit(pd),
	}
	// A short horizon scaled to a year can come so near to 1 that no odds are left.
	s.PD12M = min(s.PD12M, 1-leastPD)
	s.Lo, s.Hi = min(s.Lo, s.PD12M), max(s.Hi, s.PD12M)
	s.PD1M, s.PD3M, s.PD6M = min(s.PD1M, s.PD12M), min(s.PD3M, s.PD12M), min(s.PD6M, s.PD12M)
	s.Score, s.Grade = ScoreOf(s.PD12M), GradeOf(s.PD12M).Name
	return s
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
