package pipeline

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/features"
	"creditwatch/models"
	"creditwatch/models/validation"
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

// Holdout says which rows judge the models: the newest cohorts, or customers whose number leaves a remainder.
type Holdout struct {
	LastCohorts int `yaml:"last_cohorts"` // the newest snapshots; training then ends a horizon before the first of them
	Modulo      int `yaml:"modulo"`       // customers whose number modulo this …
	Equals      int `yaml:"equals"`       // … equals this (numbers that are not digits: a hash of them)
}

// holds reports whether a row is held out by its customer's number.
func (h Holdout) holds(customer string) bool {
	if h.Modulo == 0 {
		return false
	}
	number, err := strconv.ParseUint(customer, 10, 64)
	if err != nil {
		f := fnv.New64a()
		f.Write([]byte(customer))
		number = f.Sum64()
	}
	return number%uint64(h.Modulo) == uint64(h.Equals)
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

// dormant tells, of a row {t} of features, that the customer owes and orders nothing and has had no document for a year: long
// written off, or gone. Nothing can be lost on it, and what became of it teaches nothing about customers that trade.
const dormant = "(ifNull({t}.exposure_base, 0) = 0 AND {t}.tenure_days >= 365 AND ifNull({t}.days_since_last_invoice, 365) >= 365 AND ifNull({t}.days_since_last_order, 365) >= 365 AND ifNull({t}.days_since_last_payment, 365) >= 365)"

// atRisk tells, of a row {t} of features, whether the customer can meet the event at all; see [Default.AtRisk].
var atRisk = map[string]string{
	"":         "true",
	"everyone": "true",
	"not_due":  "({t}.open_base - ifNull({t}.overdue_base, 0) > 0.005)",
	"young":    "({t}.open_base * (1 - ifNull({t}.overdue_61_90_share, 0) - ifNull({t}.overdue_90d_share, 0)) > 0.005)",
}

// population returns a statement over features, with the conditions on who is looked at.
func (n *Night) population(name, table string, columns []string) string {
	about := func(condition string) []string { return []string{strings.ReplaceAll(condition, "{t}", table)} }
	return with(with(with(sqlOf(name), "columns", columns), "dormant", about(dormant)), "at_risk", about(atRisk[n.Default.AtRisk]))
}

// historyMonths is how long we have known a customer, for the evidence grade.
const historyMonths = "tenure_days / 30.4375 AS history_months"

// trainingInput reads the training rows; nil when there are none. Rows whose outcome overlaps the held-out cohorts are
// left out of both sides: a default that both saw would be known beforehand.
func (n *Night) trainingInput(ctx context.Context) (*models.TrainInput, func(), error) {
	cohorts, err := n.cohorts(ctx)
	if err != nil || len(cohorts) == 0 {
		return nil, func() {}, err
	}
	var columns []models.Column
	var names []string
	for _, f := range features.ModelFeatures() {
		columns = append(columns, models.Column{Name: f.Name, Direction: int(f.Risk), EN: f.EN, ZH: f.ZH, Unit: f.Unit})
		names = append(names, "s."+f.Name+" AS "+f.Name)
	}
	names = append(names, historyMonths)
	p := n.params(map[string]any{
		"from_ledger": n.Default.FromLedger, "from_outcomes": strings.Join(n.Default.FromOutcomes, ","), "horizon": int64(n.Default.HorizonMonths),
		"fingerprint": features.Fingerprint(), "from": cohorts[0], "until": cohorts[len(cohorts)-1], "recurring": n.Default.Recurring, "one_in": uint64(1),
	})
	if n.Train.MaxRows > 0 {
		var count int64
		err := rows.Each(ctx, n, "snapshots", sqlOf("snapshot_rows"), p, func(r *rows.Row) error { count = r.Whole("n"); return nil })
		if err != nil {
			return nil, nil, err
		}
		p["one_in"] = uint64(1 + count/int64(n.Train.MaxRows))
	}
	rec, err := gather(ctx, n, "training rows", n.population("training_rows", "s", names), p)
	if err != nil {
		return nil, nil, err
	}
	in := &models.TrainInput{Columns: columns, Options: models.Options{
		Learners: n.Train.Learners, Seed: n.Train.Seed, MinDefaults: n.Train.MinDefaults, Horizon: n.Default.HorizonMonths, HistoryMonths: "history_months",
	}}
	if n.Train.Benchmark != "" {
		in.Options.Benchmarks = []string{n.Train.Benchmark}
	}
	var use []int
	use, in.Holdout = n.split(rec, cohorts)
	if in.Features, err = take(rec, use); err != nil {
		rec.Release()
		return nil, nil, err
	}
	rec.Release()
	err = rows.EachOf(in.Features, func(r *rows.Row) error {
		in.Cohorts = append(in.Cohorts, r.Date("as_of"))
		in.Customers = append(in.Customers, r.Text("customer_id"))
		in.Default = append(in.Default, uint8(r.Whole("label")))
		return nil
	})
	return in, in.Features.Release, err
}

// split returns the rows to use and which of them are held out.
func (n *Night) split(rec arrow.Record, cohorts []asof.Date) (use []int, held []bool) {
	dates, customers := rec.Column(0).(*array.Date32), rec.Column(1).(*array.String)
	h := n.Train.Holdout
	if h.Modulo > 0 {
		for i := range int(rec.NumRows()) {
			use, held = append(use, i), append(held, h.holds(customers.Value(i)))
		}
		return use, held
	}
	last := min(max(h.LastCohorts, 1), len(cohorts))
	firstHeld := cohorts[len(cohorts)-last]
	// Training ends where no outcome reaches into the held-out window. When that leaves less than a third of the cohorts,
	// the history is too short to separate in time alone: a fifth of the customers judge, in the held-out cohorts.
	byTime := 0
	for _, c := range cohorts {
		if c.AddMonths(n.Default.HorizonMonths) <= firstHeld {
			byTime++
		}
	}
	separate := 3*byTime >= len(cohorts)
	judge := Holdout{Modulo: 5}
	for i := range int(rec.NumRows()) {
		date := asof.Date(dates.Value(i))
		switch {
		case separate && date >= firstHeld:
			use, held = append(use, i), append(held, true)
		case separate && date.AddMonths(n.Default.HorizonMonths) <= firstHeld:
			use, held = append(use, i), append(held, false)
		case separate:
		case judge.holds(customers.Value(i)):
			if date >= firstHeld {
				use, held = append(use, i), append(held, true)
			}
		default:
			use, held = append(use, i), append(held, false)
		}
	}
	return use, held
}

func (n *Night) earlierMetrics(ctx context.Context, model string) (out []metricRow, err error) {
	err = rows.Each(ctx, n, "model_metrics", sqlOf("metrics"), map[string]any{"run": n.Previous.Run, "model": model}, func(r *rows.Row) error {
		out = append(out, metricRow{ModelID: r.Text("model_id"), Learner: r.Text("learner"), Sample: r.Text("sample"), Metric: r.Text("metric"), Value: *r.Float("value")})
		return nil
	})
	return out, err
}
