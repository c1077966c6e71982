package pipeline

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/features"
	"creditwatch/features/book"
	"creditwatch/models"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

type scoreRow struct {
	Run           uint64     `ch:"run"`
	AsOf          asof.Date  `ch:"as_of"`
	CustomerID    string     `ch:"customer_id"`
	PD1M          *float64   `ch:"pd_1m"`
	PD3M          *float64   `ch:"pd_3m"`
	PD6M          *float64   `ch:"pd_6m"`
	PD12M         *float64   `ch:"pd_12m"`
	Lo            *float64   `ch:"pd_lo"`
	Hi            *float64   `ch:"pd_hi"`
	Prudent       *float64   `ch:"pd_prudent"`
	MoCData       *float64   `ch:"moc_data"`
	MoCChange     *float64   `ch:"moc_change"`
	MoCEstimation *float64   `ch:"moc_estimation"`
	Score         *float64   `ch:"score"`
	Grade         string     `ch:"grade"`
	EvidenceGrade string     `ch:"evidence_grade"`
	EAD           book.Money `ch:"ead"`
	LGD           float64    `ch:"lgd"`
	ExpectedLoss  book.Money `ch:"expected_loss"`
	ModelID       string     `ch:"model_id"`
	Note          string     `ch:"note"`
}

type reasonRow struct {
	Run        uint64    `ch:"run"`
	AsOf       asof.Date `ch:"as_of"`
	CustomerID string    `ch:"customer_id"`
	Rank       uint8     `ch:"rank"`
	Feature    string    `ch:"feature"`
	Value      *float64  `ch:"value"`
	Points     float64   `ch:"points"`
	EN         string    `ch:"text_en"`
	ZH         string    `ch:"text_zh"`
}

// inDefault is the note of customers in default.
const inDefault = "in default"

// leastPD is how near to 0 and 1 odds are told.
const leastPD = 1e-6

// DefaultGrade marks customers in default: their PD is 1 by definition, no model is asked.
const DefaultGrade = "D"

// score applies the champion to tonight's features. Customers in default have PD 1; dormant ones and those not at risk have
// no PD, and without a champion nobody has; every such row says why.
func score(ctx context.Context, n *Night) error {
	champion, err := n.tonightsChampion(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, f := range features.ModelFeatures() {
		names = append(names, "f."+f.Name+" AS "+f.Name)
	}
	names = append(names, historyMonths)
	losses, err := n.lossBook(ctx)
	if err != nil {
		return err
	}
	answer, err := n.Query(ctx, n.population("score_input", "f", names), n.params(map[string]any{
		"from_ledger": n.Default.FromLedger, "recurring": n.Default.Recurring,
	}))
	if err != nil {
		return err
	}
	defer answer.Release()
	var model *models.Model
	note := "no model yet"
	if champion != nil && champion.IsChampion {
		var no *objection
		if model, no = champion.vet(); no != nil {
			note = "no model: " + no.EN
		}
	} else if champion != nil {
		note = "no model: " + champion.Note
	}
	old, err := n.lastChampion(ctx)
	if err != nil {
		return err
	}
	tonight, err := n.conditions(ctx, model)
	if err != nil {
		return err
	}
	for answer.Next() {
		if err := n.scoreBatch(ctx, answer.Record(), model, old, tonight, note, losses); err != nil {
			return err
		}
	}
	if err := answer.Err(); err != nil {
		return err
	}
	return losses.keep(ctx)
}

// conditions are what the margins of tonight's PDs know beyond the features: how far the book has moved against the one that calibrated the
// model, and which features come from sources that are late.
func (n *Night) conditions(ctx context.Context, model *models.Model) (c models.Conditions, err error) {
	if model == nil {
		return c, nil
	}
	late := map[string]bool{}
	err = rows.Each(ctx, n, "checks", sqlOf("late_sources"), n.params(nil), func(r *rows.Row) error {
		for _, s := range n.Sources {
			if s.Name == r.Text("source") {
				late[s.Table] = true
			}
		}
		return nil
	})
	if err != nil {
		return c, err
	}
	c.Outdated = map[string]bool{}
	for _, f := range features.ModelFeatures() {
		c.Outdated[f.Name] = late[f.Ledger()]
	}
	logOdds, err := n.bookLogOdds(ctx, model)
	c.Drift = model.Drift(logOdds)
	return c, err
}

// tonightsChampion returns the model of this run: the champion, or the row that says why there is none.
func (n *Night) tonightsChampion(ctx context.Context) (champion *modelRow, err error) {
	err = rows.Each(ctx, n, "models", sqlOf("tonights_model"), n.params(nil), func(r *rows.Row) error {
		champion = &modelRow{ModelID: r.Text("model_id"), Learner: r.Text("learner"), IsChampion: r.Is("is_champion"), Note: r.Text("note"), Artefact: r.Text("artefact"),
			Fingerprint: r.Text("fingerprint"), Hash: r.Text("hash"), Code: r.Text("code"), Probe: r.Text("probe")}
		return nil
	})
	return champion, err
}

func (n *Night) scoreBatch(ctx context.Context, rec arrow.Record, model, old *models.Model, tonight models.Conditions, note string, losses *lossBook) error {
	var scored []models.Scored
	if model != nil {
		var err error
		if scored, err = model.ScoreUnder(rec, tonight); err != nil {
			return err
		}
	}
	var scores []scoreRow
	var reasons []reasonRow
	i := -1
	err := rows.EachOf(rec, func(r *rows.Row) error {
		i++
		row := scoreRow{Run: n.Run, AsOf: n.AsOf, CustomerID: r.Text("customer_id"), Note: note}
		switch {
		case r.Is("is_dormant"):
			row.Note = "dormant: owes nothing, no document for a year"
		case r.Is("in_default"):
			one, none := 1.0, 0.0
			zero := models.ScoreOf(1 - leastPD)
			row.PD1M, row.PD3M, row.PD6M, row.PD12M, row.Lo, row.Hi = &one, &one, &one, &one, &one, &one
			row.Prudent, row.MoCData, row.MoCChange, row.MoCEstimation = &one, &none, &none, &none
			row.Score, row.Grade, row.EvidenceGrade, row.Note = &zero, DefaultGrade, "A", inDefault
			if model != nil {
				row.ModelID = model.ID()
			}
		case !r.Is("is_at_risk"):
			row.Note = "not at risk: owes nothing that could be paid late"
		case model != nil:
			s := scored[i]
			row.PD1M, row.PD3M, row.PD6M, row.PD12M, row.Lo, row.Hi = &s.PD1M, &s.PD3M, &s.PD6M, &s.PD12M, &s.Lo, &s.Hi
			row.Prudent, row.MoCData, row.MoCChange, row.MoCEstimation = &s.Prudent, &s.Margin.Data, &s.Margin.Change, &s.Margin.Estimation
			row.Score, row.Grade, row.EvidenceGrade, row.ModelID, row.Note = &s.Score, s.Grade, s.EvidenceGrade, model.ID(), ""
			for rank, why := range s.Reasons {
				if why.Feature == "" {
					break
				}
				reasons = append(reasons, reasonRow{n.Run, n.AsOf, row.CustomerID, uint8(rank + 1), why.Feature, r.Float(why.Feature), why.Points, why.EN, why.ZH})
			}
		}
		cost, err := losses.of(row.CustomerID, row.PD12M, r.Is("in_default"))
		if err != nil {
			return err
		}
		row.EAD, row.LGD, row.ExpectedLoss = cost.EAD, cost.LGD, cost.ExpectedLoss
		scores = append(scores, row)
		return nil
	})
	if err != nil {
		return err
	}
	if len(scores) > 0 {
		if err := n.addFacts(ctx, reasons, scores[0].CustomerID, scores[len(scores)-1].CustomerID); err != nil {
			return err
		}
	}
	changes, err := n.changes(ctx, rec, scores, model, old)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		table string
		rows  array.RecordReader
	}{{"scores", rows.Of(scores)}, {"score_reasons", rows.Of(reasons)}, {"score_changes", rows.Of(changes)}} {
		if err := n.keep(ctx, part.table, part.rows); err != nil {
			return err
		}
	}
	return nil
}
