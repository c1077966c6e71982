package models

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// nightOf is a night of customers that a model of aBook can score: utilisation (NaN: null), days late, industry.
func nightOf(t *testing.T, use, late []float64, industry []string) arrow.Record {
	t.Helper()
	numbers := func(values []float64) arrow.Array {
		b := array.NewFloat64Builder(memory.DefaultAllocator)
		defer b.Release()
		for _, v := range values {
			if math.IsNaN(v) {
				b.AppendNull()
			} else {
				b.Append(v)
			}
		}
		return b.NewArray()
	}
	texts := array.NewStringBuilder(memory.DefaultAllocator)
	defer texts.Release()
	texts.AppendValues(industry, nil)
	flat := make([]float64, len(use))
	rec := newRecord([]string{"utilisation", "days_late", "noise", "constant", "industry", "months"},
		[]arrow.Array{numbers(use), numbers(late), numbers(flat), numbers(flat), texts.NewArray(), numbers(flat)})
	t.Cleanup(rec.Release)
	return rec
}

// TestChangesAddUp: for every learner, with the same model and with another, the parts lead from the log-odds of the one night
// to those of the other, and a feature's part is the difference of what it adds.
func TestChangesAddUp(t *testing.T) {
	nan := math.NaN()
	before := nightOf(t, []float64{0.1, 0.5, nan, 0.9, 0.3}, []float64{0, 10, -1, 60, 5}, []string{"trade", "steel", "food", "mining", "trade"})
	now := nightOf(t, []float64{0.1, 0.95, 0.7, 0.2, 0.3}, []float64{0, 40, 3, -1, 5}, []string{"trade", "steel", "food", "", "mining"})
	early, late := aBook(300, 8), aBook(300, 12)
	for _, name := range Learners {
		early.Options.Learners, late.Options.Learners = []string{name}, []string{name}
		old, _ := trained(t, early)
		m, _ := trained(t, late)
		for _, model := range []*Model{m, old} {
			shows := name + ", another model"
			if model == old {
				shows = name + ", the same model"
			}
			t.Run(shows, func(t *testing.T) {
				moved, err := model.Changes(now, before, old, before)
				if err != nil {
					t.Fatal(err)
				}
				is, err := model.Score(now)
				if err != nil {
					t.Fatal(err)
				}
				was, err := old.Score(before)
				if err != nil {
					t.Fatal(err)
				}
				for i, x := range moved {
					if x.Now != is[i].LogOdds || x.Before != was[i].LogOdds {
						t.Errorf("row %d: from %v to %v, the scores say %v and %v", i, x.Before, x.Now, was[i].LogOdds, is[i].LogOdds)
					}
					sum := 0.0
					for _, c := range x.Parts {
						sum += c.LogOdds
						if c.EN == "" || c.ZH == "" || math.Abs(c.Points-Factor*c.LogOdds) > 1e-12 || (c.Kind == FeatureChange) != (c.Feature != "") {
							t.Errorf("row %d: %+v", i, c)
						}
						if model == old && c.Kind != FeatureChange && c.Kind != OtherChanges {
							t.Errorf("row %d: %s though the model is the same", i, c.Kind)
						}
						if strings.Contains(c.EN+c.ZH, name) {
							t.Errorf("row %d names the model: %s %s", i, c.EN, c.ZH)
						}
					}
					if math.Abs(sum-(x.Now-x.Before)) > 1e-9 {
						t.Errorf("row %d: parts add up to %v, the change is %v", i, sum, x.Now-x.Before)
					}
				}
				if model == old && len(moved[0].Parts) > 0 {
					t.Errorf("nothing changed, yet: %+v", moved[0].Parts)
				}
				part := func(row int, feature string) float64 {
					if k := slices.IndexFunc(moved[row].Parts, func(c Change) bool { return c.Feature == feature }); k >= 0 {
						return moved[row].Parts[k].LogOdds
					}
					return 0
				}
				for _, feature := range []string{"utilisation", "days_late"} {
					if part(1, feature) < 0 {
						t.Errorf("%s rose and made the customer %v less risky", feature, part(1, feature))
					}
				}
				// By the other road: what Explain says of both nights.
				then, here := explained(t, model, before), explained(t, model, now)
				k := slices.IndexFunc(model.Columns, func(c Column) bool { return c.Name == "utilisation" })
				if got, want := part(1, "utilisation"), here[1][k]-then[1][k]; math.Abs(got-want) > 1e-9 {
					t.Errorf("utilisation moved the score by %v, its addends differ by %v", got, want)
				}
			})
		}
	}
}

// explained are the addends to the calibrated log-odds.
func explained(t *testing.T, m *Model, rec arrow.Record) [][]float64 {
	t.Helper()
	grid, err := m.grid(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer grid.Release()
	e, err := m.learner.Explain(grid)
	if err != nil {
		t.Fatal(err)
	}
	for row, addends := range e.Addends {
		raw := e.Base
		for _, a := range addends {
			raw += a
		}
		scale := m.Calibration.Slope
		if math.Abs(raw-e.Base) > 1e-9 {
			scale = (m.Calibration.Apply(raw) - m.Calibration.Apply(e.Base)) / (raw - e.Base)
		}
		for k := range addends {
			e.Addends[row][k] *= scale
		}
	}
	return e.Addends
}

func TestChangesInWords(t *testing.T) {
	m := &Model{Columns: []Column{{Name: "late", EN: "days late", ZH: "逾期天数", Unit: "days"}}}
	v := func(x float64) *vector { return &vector{numbers: []float64{x}} }
	for _, c := range []struct {
		then, now float64
		worse     bool
		en, zh    string
	}{
		{3, 40, true, "days late from 3 days to 40 days", "逾期天数由 3 天 变为 40 天"},
		{math.NaN(), 40, true, "days late from unknown to 40 days", "逾期天数由 未知 变为 40 天"},
		{1000.1, 1000.2, true, "days late a little higher at 1,000 days", "逾期天数略升，为 1,000 天"},
		{1000.2, 1000.1, true, "days late a little lower at 1,000 days", "逾期天数略降，为 1,000 天"},
		{40, 40, true, "days late still 40 days, worse beside what else has changed", "逾期天数仍为 40 天，与其他变化合看更为不利"},
		{40, 40, false, "days late still 40 days, better beside what else has changed", "逾期天数仍为 40 天，与其他变化合看更为有利"},
	} {
		if en, zh := m.moved(0, v(c.then), v(c.now), 0, c.worse); en != c.en || zh != c.zh {
			t.Errorf("%v to %v: %q, %q", c.then, c.now, en, zh)
		}
	}
}
