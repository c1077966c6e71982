package pipeline

import (
	"context"
	"encoding/base64"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"creditwatch/models"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

type changeRow struct {
	Run        uint64    `ch:"run"`
	AsOf       asof.Date `ch:"as_of"`
	CustomerID string    `ch:"customer_id"`
	Rank       uint8     `ch:"rank"`
	Kind       string    `ch:"kind"`
	Feature    string    `ch:"feature"`
	Before     *float64  `ch:"value_before"`
	Now        *float64  `ch:"value_now"`
	LogOdds    float64   `ch:"log_odds"`
	Points     float64   `ch:"points"`
	EN         string    `ch:"text_en"`
	ZH         string    `ch:"text_zh"`
	BeforeOn   asof.Date `ch:"before_on"`
	PDBefore   float64   `ch:"pd_before"`
	PDNow      float64   `ch:"pd_now"`
}

// defaultChange is the kind of a change that no feature explains: the customer entered or left default.
const defaultChange = "default"

// lastChampion returns the model that scored the last published night; nil if there is none, or none that this version of the
// program can read: the night then goes on without saying what moved its scores.
func (n *Night) lastChampion(ctx context.Context) (m *models.Model, err error) {
	if n.Previous.Run == 0 {
		return nil, nil
	}
	err = rows.Each(ctx, n, "models", sqlOf("tonights_model"), n.params(map[string]any{"run": n.Previous.Run}), func(r *rows.Row) error {
		if !r.Is("is_champion") {
			return nil
		}
		artefact, unreadable := base64.StdEncoding.DecodeString(r.Text("artefact"))
		if unreadable == nil {
			m, unreadable = models.Load(artefact)
		}
		if unreadable != nil {
			m = nil
			if n.Say != nil {
				n.Say("changes of scores cannot be told: model of the night before: " + unreadable.Error())
			}
		}
		return nil
	})
	return m, err
}

// changes says why the scores of a batch are not those of the last published night. Customers without a PD on one of the
// nights have none.
func (n *Night) changes(ctx context.Context, rec arrow.Record, scores []scoreRow, model, old *models.Model) ([]changeRow, error) {
	if len(scores) == 0 || n.Previous.Run == 0 {
		return nil, nil
	}
	if model == nil || old == nil { // the models scored on one night at most, so only defaults can be told of
		model, old = nil, nil
	}
	type before struct {
		pd   float64
		note string
		row  int
	}
	last := map[string]before{}
	seen := func(columns []models.Column) (arrow.Record, error) {
		names := []string{"f.run AS run"} // a statement wants a column
		for _, c := range columns {
			names = append(names, "f."+c.Name+" AS "+c.Name)
		}
		return gather(ctx, n, "scores before", with(sqlOf("score_before"), "columns", names),
			n.params(map[string]any{"first": scores[0].CustomerID, "last": scores[len(scores)-1].CustomerID}))
	}
	var columns, oldColumns []models.Column
	if model != nil {
		columns, oldColumns = model.Columns, old.Columns
	}
	then, err := seen(columns)
	if err != nil {
		return nil, err
	}
	defer then.Release()
	row := 0
	err = rows.EachOf(then, func(r *rows.Row) error {
		last[r.Text("customer_id")] = before{*r.Float("pd_before"), r.Text("note_before"), row}
		row++
		return nil
	})
	if err != nil {
		return nil, err
	}
	var table []changeRow
	var compared []int // of the batch, with their rows of the night before
	var earlier []int
	for i, s := range scores {
		b, ok := last[s.CustomerID]
		switch {
		case !ok || s.PD12M == nil:
		case s.Note == inDefault && b.note != inDefault:
			table = append(table, n.change(s, b.pd, 1, models.Change{Kind: defaultChange, EN: "entered default", ZH: "进入违约状态"}))
		case s.Note != inDefault && b.note == inDefault:
			table = append(table, n.change(s, b.pd, 1, models.Change{Kind: defaultChange, EN: "no longer in default", ZH: "已不再处于违约状态"}))
		case s.Note != inDefault && model != nil:
			compared, earlier = append(compared, i), append(earlier, b.row)
		}
	}
	if len(compared) == 0 {
		return table, nil
	}
	thenOld := then
	thenOld.Retain()
	if !slices.EqualFunc(columns, oldColumns, func(a, b models.Column) bool { return a.Name == b.Name }) {
		thenOld.Release()
		if thenOld, err = seen(oldColumns); err != nil {
			return nil, err
		}
	}
	defer thenOld.Release()
	var parts [3]arrow.Record
	for i, side := range []struct {
		rec  arrow.Record
		rows []int
	}{{rec, compared}, {then, earlier}, {thenOld, earlier}} {
		if parts[i], err = take(side.rec, side.rows); err != nil {
			return nil, err
		}
		defer parts[i].Release()
	}
	moved, err := model.Changes(parts[0], parts[1], old, parts[2])
	if err != nil {
		return nil, err
	}
	for k, m := range moved {
		s := scores[compared[k]]
		for rank, c := range m.Parts {
			table = append(table, n.change(s, last[s.CustomerID].pd, rank+1, c))
		}
	}
	return table, nil
}

// change is a part of what moved a score. Where a default begins or ends the whole move is one part.
func (n *Night) change(s scoreRow, before float64, rank int, c models.Change) changeRow {
	if c.Kind == defaultChange {
		odds := func(pd float64) float64 {
			pd = min(max(pd, leastPD), 1-leastPD)
			return math.Log(pd) - math.Log1p(-pd)
		}
		c.LogOdds = odds(*s.PD12M) - odds(before)
		c.Points = models.Factor * c.LogOdds
	}
	return changeRow{n.Run, n.AsOf, s.CustomerID, uint8(rank), c.Kind, c.Feature, c.Before, c.Now, c.LogOdds, c.Points, c.EN, c.ZH, n.Previous.AsOf, before, *s.PD12M}
}
