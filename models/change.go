package models

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"
)

// The kinds of a [Change].
const (
	FeatureChange = "feature" // a feature moved the score
	OtherChanges  = "others"  // all further features together
	ModelChange   = "model"   // another model weighs the same facts differently
	LevelChange   = "level"   // calibration: the level of the whole book
)

// A Change is a part of what moved a row's log-odds since the night before.
type Change struct {
	Kind        string
	Feature     string   // of a feature's change
	Before, Now *float64 // its values; nil where unknown or not a number
	LogOdds     float64
	Points      float64 // the same in points; positive is riskier
	EN, ZH      string
}

// A Moved is a row's log-odds on both nights and what leads from one to the other: the parts add up to the difference, in
// order of their size, the further features last.
type Moved struct {
	Before, Now float64
	Parts       []Change
}

// changesNamed is how many features are named; the rest stand together.
const changesNamed = 5

// Changes says why log-odds moved. now holds the rows of tonight and before the same customers, in the same order, as the
// night before saw them; old is the model that scored them then, and beforeOld the same rows in its columns. With
// the same model the parts are the differences of the addends. With another, what tonight's model says of the facts of
// the night before stands between the two: from there features lead to tonight, and model and level lead to it.
func (m *Model) Changes(now, before arrow.Record, old *Model, beforeOld arrow.Record) ([]Moved, error) {
	if now.NumRows() != before.NumRows() || now.NumRows() != beforeOld.NumRows() {
		return nil, fmt.Errorf("changes: %d rows tonight, %d and %d before", now.NumRows(), before.NumRows(), beforeOld.NumRows())
	}
	tonight, release, err := m.matrixOf(now)
	if err != nil {
		return nil, err
	}
	defer release()
	then, release, err := m.matrixOf(before)
	if err != nil {
		return nil, err
	}
	defer release()
	same := old.SHA256() == m.SHA256()
	var thenOld *matrix
	if !same {
		if thenOld, release, err = old.matrixOf(beforeOld); err != nil {
			return nil, err
		}
		defer release()
	}
	out := make([]Moved, tonight.rows)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(out); from += scoredTogether {
		group.Go(func() error {
			return m.changesOf(tonight, then, old, thenOld, from, out[from:min(from+scoredTogether, len(out))])
		})
	}
	return out, group.Wait()
}

func (m *Model) matrixOf(rec arrow.Record) (*matrix, func(), error) {
	grid, err := m.grid(rec)
	if err != nil {
		return nil, nil, fmt.Errorf("model %s: %w", m.ID(), err)
	}
	return grid.matrix(), grid.Release, nil
}

// changesOf explains the rows that begin at from. thenOld is nil where the model is the same.
func (m *Model) changesOf(tonight, then *matrix, old *Model, thenOld *matrix, from int, out []Moved) error {
	var scorers [3]scorer
	for i, x := range []*matrix{tonight, then, thenOld} {
		if x == nil {
			continue
		}
		learner := m.learner
		if i == 2 {
			learner = old.learner
		}
		var err error
		if scorers[i], err = learner.bind(x); err != nil {
			return err
		}
	}
	addends, middle := make([]float64, len(m.Columns)), make([]float64, len(m.Columns))
	for i := range out {
		row := from + i
		base, eta := m.split(scorers[0], row, addends)
		baseMiddle, etaMiddle := m.split(scorers[1], row, middle)
		move := Moved{Now: logit(bounded(eta)), Before: logit(bounded(etaMiddle))}
		var parts []Change
		if thenOld != nil {
			baseOld, etaOld := old.split(scorers[2], row, make([]float64, len(old.Columns)))
			move.Before = logit(bounded(etaOld))
			parts = append(parts,
				Change{Kind: ModelChange, LogOdds: (etaMiddle - baseMiddle) - (etaOld - baseOld), EN: "a new model weighs the same facts differently", ZH: "新模型对相同事实的评价不同"},
				Change{Kind: LevelChange, LogOdds: base - baseOld, EN: "the level of the whole book, set anew by what became of it", ZH: "按近期结果重新校准的整体违约水平"})
		}
		order := make([]int, 0, len(addends))
		for k := range addends {
			if addends[k] != middle[k] {
				order = append(order, k)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Compare(math.Abs(addends[b]-middle[b]), math.Abs(addends[a]-middle[a]))
		})
		for _, k := range order[:min(len(order), changesNamed)] {
			c := Change{Kind: FeatureChange, Feature: m.Columns[k].Name, LogOdds: addends[k] - middle[k]}
			c.Before, c.Now = then.cols[k].number(row), tonight.cols[k].number(row)
			c.EN, c.ZH = m.moved(k, &then.cols[k], &tonight.cols[k], row, c.LogOdds > 0)
			parts = append(parts, c)
		}
		parts = slices.DeleteFunc(parts, func(c Change) bool { return math.Abs(c.LogOdds) < leastChange })
		slices.SortStableFunc(parts, func(a, b Change) int { return cmp.Compare(math.Abs(b.LogOdds), math.Abs(a.LogOdds)) })
		if further := order[min(len(order), changesNamed):]; len(further) > 0 {
			c := Change{Kind: OtherChanges, EN: fmt.Sprintf("%d further facts together", len(further)), ZH: fmt.Sprintf("其余 %d 项合计", len(further))}
			for _, k := range further {
				c.LogOdds += addends[k] - middle[k]
			}
			parts = append(parts, c)
		}
		rest := move.Now - move.Before
		for _, c := range parts {
			rest -= c.LogOdds
		}
		if math.Abs(rest) >= leastChange {
			parts = append(parts, Change{Kind: LevelChange, LogOdds: rest, EN: "the bounds within which a default probability is told", ZH: "违约概率的取值上下限"})
		}
		for k := range parts {
			parts[k].Points = Factor * parts[k].LogOdds
		}
		move.Parts = parts
		out[i] = move
	}
	return nil
}

// leastChange is below what a sum of addends can tell.
const leastChange = 1e-9

// number is a cell's number, nil where it is missing or text.
func (v *vector) number(row int) *float64 {
	if v.numbers == nil || v.missing(row) {
		return nil
	}
	x := v.numbers[row]
	return &x
}
