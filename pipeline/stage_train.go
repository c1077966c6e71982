package pipeline

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"creditwatch/features"
	"creditwatch/models"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// Train says when and on what the models are trained.
type Train struct {
	Every         string      `yaml:"every"`          // night, week (Sundays), month (month ends), never; a night without a champion always trains
	Learners      []string    `yaml:"learners"`       // scorecard, forest, boosted, blend; default: all
	Seed          uint64      `yaml:"seed"`           // same data, same seed: same model
	Snapshots     int         `yaml:"snapshots"`      // newest monthly snapshots to use, 0 = all
	SnapshotsFrom asof.Date   `yaml:"snapshots_from"` // first snapshot, default: a quarter after the first document
	Cohorts       []asof.Date `yaml:"cohorts"`        // snapshot dates in place of the month ends
	Holdout       Holdout     `yaml:"holdout"`        // rows that only judge
	MinDefaults   int         `yaml:"min_defaults"`   // fewer in the training rows: the champion stays
	MaxRows       int         `yaml:"max_rows"`       // more rows than this: customers are sampled by a hash of their number
	KeepDays      int         `yaml:"keep_days"`      // a champion younger than this stays unless a challenger is clearly better
	Margin        float64     `yaml:"margin"`         // log loss on the held-out rows by which a challenger must be better, relative
	Benchmark     string      `yaml:"benchmark"`      // feature whose value alone is judged beside the models
}

// A modelRow is a row of the table models.
type modelRow struct {
	Run         uint64    `ch:"run"`
	AsOf        asof.Date `ch:"as_of"`
	ModelID     string    `ch:"model_id"`
	Learner     string    `ch:"learner"`
	IsChampion  bool      `ch:"is_champion"`
	TrainedOn   asof.Date `ch:"trained_on"`
	Horizon     uint8     `ch:"horizon_months"`
	Fingerprint string    `ch:"fingerprint"`
	Note        string    `ch:"note"`
	Artefact    string    `ch:"artefact"` // base64: the column is text
}

type metricRow struct {
	Run     uint64    `ch:"run"`
	AsOf    asof.Date `ch:"as_of"`
	ModelID string    `ch:"model_id"`
	Learner string    `ch:"learner"`
	Sample  string    `ch:"sample"`
	Metric  string    `ch:"metric"`
	Value   float64   `ch:"value"`
}

// train fits the challengers when it is time to, decides whether one of them becomes champion, and keeps the models with
// their figures. A training that fails leaves the champion in place and says so.
func train(ctx context.Context, n *Night) error {
	champion, err := n.champion(ctx)
	if err != nil {
		return err
	}
	var models []modelRow
	var metrics []metricRow
	if n.trainsTonight(champion) {
		models, metrics, err = n.challenge(ctx, champion)
		if err != nil {
			return err
		}
	} else {
		champion.Note = "no training tonight"
		models = []modelRow{*champion}
	}
	if i := slices.IndexFunc(models, func(m modelRow) bool { return m.IsChampion }); i >= 0 && champion != nil && models[i].ModelID == champion.ModelID && len(metrics) == 0 {
		if metrics, err = n.earlierMetrics(ctx, champion.ModelID); err != nil {
			return err
		}
	}
	for i := range models {
		models[i].Run, models[i].AsOf = n.Run, n.AsOf
	}
	for i := range metrics {
		metrics[i].Run, metrics[i].AsOf = n.Run, n.AsOf
	}
	if err := n.keep(ctx, "models", rows.Of(models)); err != nil {
		return err
	}
	return n.keep(ctx, "model_metrics", rows.Of(metrics))
}

func (n *Night) trainsTonight(champion *modelRow) bool {
	switch {
	case n.Train.Every == "never":
		return champion == nil
	case champion == nil || champion.Fingerprint != modelFingerprint():
		return true
	case n.Train.Every == "week":
		return n.AsOf.Time().Weekday() == 0
	case n.Train.Every == "month":
		return n.AsOf == n.AsOf.MonthEnd()
	}
	return true
}

func modelFingerprint() string {
	var names []string
	for _, f := range features.ModelFeatures() {
		names = append(names, f.Name)
	}
	return models.Fingerprint(names)
}

// challenge trains every learner and decides on the champion. It is not fitted again on the held-out cohorts afterwards: the model
// that scores is the one that was judged.
func (n *Night) challenge(ctx context.Context, champion *modelRow) ([]modelRow, []metricRow, error) {
	in, release, err := n.trainingInput(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	keepOld := func(why string) ([]modelRow, []metricRow, error) {
		if n.Say != nil {
			n.Say("no new model: " + why)
		}
		if champion == nil {
			return []modelRow{{ModelID: "none", Learner: "none", TrainedOn: n.AsOf, Note: why}}, nil, nil
		}
		champion.Note = "kept: " + why
		return []modelRow{*champion}, nil, nil
	}
	if in == nil {
		return keepOld("no snapshot is old enough for its outcome to be known")
	}
	best, report, err := models.Train(*in)
	if errors.Is(err, models.ErrTooFewDefaults) {
		return keepOld(err.Error())
	}
	if err != nil {
		return nil, nil, err
	}
	var table []modelRow
	var metrics []metricRow
	for _, m := range report.Models {
		b, err := m.MarshalBinary()
		if err != nil {
			return nil, nil, err
		}
		table = append(table, modelRow{
			ModelID: m.ID(), Learner: m.Learner, IsChampion: m == best, TrainedOn: n.AsOf, Horizon: uint8(n.Default.HorizonMonths),
			Fingerprint: modelFingerprint(), Artefact: base64.StdEncoding.EncodeToString(b),
		})
		for _, x := range report.Metrics {
			if x.Learner == m.Learner {
				metrics = append(metrics, metricRow{ModelID: m.ID(), Learner: m.Learner, Sample: x.Sample, Metric: x.Metric, Value: x.Value})
			}
		}
	}
	for _, x := range report.Metrics {
		if strings.HasPrefix(x.Learner, "benchmark/") {
			metrics = append(metrics, metricRow{ModelID: x.Learner, Learner: "benchmark", Sample: x.Sample, Metric: x.Metric, Value: x.Value})
		}
	}
	chosen := slices.IndexFunc(table, func(m modelRow) bool { return m.IsChampion })
	table[chosen].Note = "chosen: " + report.Why
	if champion == nil || champion.Fingerprint != modelFingerprint() {
		return table, metrics, nil
	}
	stays, why, old, err := n.stays(champion, best, in)
	if err != nil {
		return nil, nil, err
	}
	table[chosen].Note = "promoted: " + why
	if stays {
		table[chosen].IsChampion, table[chosen].Note = false, "challenger: "+why
		if i := slices.IndexFunc(table, func(m modelRow) bool { return m.ModelID == champion.ModelID }); i >= 0 {
			table[i].IsChampion, table[i].TrainedOn, table[i].Note = true, champion.TrainedOn, "kept: training gave the same model"
			return table, metrics, nil
		}
		champion.Note = "kept: " + why
		table = append(table, *champion)
		for _, x := range old {
			metrics = append(metrics, metricRow{ModelID: champion.ModelID, Learner: champion.Learner, Sample: x.Sample, Metric: x.Metric, Value: x.Value})
		}
	}
	return table, metrics, nil
}
