package pipeline

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math"

	"creditwatch/models"
	"creditwatch/models/validation"
	"creditwatch/pipeline/rows"
)

// champion returns the champion of the last published night, nil if there is none.
func (n *Night) champion(ctx context.Context) (champion *modelRow, err error) {
	if n.Previous.Run == 0 {
		return nil, nil
	}
	err = rows.Each(ctx, n, "models", sqlOf("champion"), map[string]any{"run": n.Previous.Run}, func(r *rows.Row) error {
		champion = &modelRow{
			ModelID: r.Text("model_id"), Learner: r.Text("learner"), IsChampion: true, TrainedOn: r.Date("trained_on"),
			Horizon: uint8(r.Whole("horizon_months")), Fingerprint: r.Text("fingerprint"), Artefact: r.Text("artefact"),
		}
		return nil
	})
	return champion, err
}

func (m *modelRow) load() (*models.Model, error) {
	b, err := base64.StdEncoding.DecodeString(m.Artefact)
	if err != nil {
		return nil, fmt.Errorf("model %s: artefact: %w", m.ModelID, err)
	}
	model, err := models.Load(b)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.ModelID, err)
	}
	if model.ID() != m.ModelID {
		return nil, fmt.Errorf("model %s: the artefact is that of %s", m.ModelID, model.ID())
	}
	return model, nil
}

// stays decides whether the champion keeps its place: it does while it is young and no challenger is better by the margin
// on the same held-out rows.
func (n *Night) stays(champion *modelRow, challenger *models.Model, in *models.TrainInput) (bool, string, []models.Metric, error) {
	old, err := champion.load()
	if err != nil {
		return false, "the champion cannot be read: " + err.Error(), nil, nil
	}
	judge := func(m *models.Model) (loss float64, figures []models.Metric, err error) {
		scored, err := m.Score(in.Features)
		if err != nil {
			return 0, nil, err
		}
		var pd []float64
		var y []uint8
		var observed, expected float64
		for i, s := range scored {
			if in.Holdout[i] {
				p := 1 / (1 + math.Exp(-s.LogOdds))
				pd, y = append(pd, p), append(y, in.Default[i])
				observed, expected = observed+float64(in.Default[i]), expected+p
			}
		}
		if loss, err = validation.LogLoss(pd, y); err != nil {
			return 0, nil, err
		}
		brier, err := validation.Brier(pd, y)
		if err != nil {
			return 0, nil, err
		}
		add := func(metric string, v float64) {
			figures = append(figures, models.Metric{Learner: m.Learner, Sample: "holdout", Metric: metric, Value: v})
		}
		add("rows", float64(len(y)))
		add("log_loss", loss)
		add("brier", brier)
		add("observed", observed)
		add("expected", expected)
		rank, err := validation.Rank(pd, y)
		if errors.Is(err, validation.ErrGrey) {
			return loss, figures, nil // one class only: no order to judge
		}
		add("auc", rank.AUC)
		add("auc_se", math.Sqrt(rank.Variance))
		add("ks", rank.KS)
		return loss, figures, err
	}
	was, figures, err := judge(old)
	if err != nil {
		return false, "the champion cannot be scored: " + err.Error(), nil, nil
	}
	is, _, err := judge(challenger)
	if err != nil {
		return false, "", nil, err
	}
	age := n.AsOf.Sub(champion.TrainedOn)
	why := fmt.Sprintf("held-out log loss %.6f against %.6f of the champion, which is %d days old", is, was, age)
	return age < n.Train.KeepDays && is > was*(1-n.Train.Margin), why, figures, nil
}

func (n *Night) earlierMetrics(ctx context.Context, model string) (out []metricRow, err error) {
	err = rows.Each(ctx, n, "model_metrics", sqlOf("metrics"), map[string]any{"run": n.Previous.Run, "model": model}, func(r *rows.Row) error {
		out = append(out, metricRow{ModelID: r.Text("model_id"), Learner: r.Text("learner"), Sample: r.Text("sample"), Metric: r.Text("metric"), Value: *r.Float("value")})
		return nil
	})
	return out, err
}
