package pipeline

import (
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/features"
	"creditwatch/models"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

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

// trainingInput reads the training rows, with what is known of the outcome of each; nil when there are none. No outcome that is learnt
// from reaches into the held-out cohorts: a default that both saw would be known beforehand. Later rows tell the level alone.
func (n *Night) trainingInput(ctx context.Context) (*models.TrainInput, func(), error) {
	cohorts, err := n.cohorts(ctx)
	if err != nil || !slices.ContainsFunc(cohorts, n.mature) {
		return nil, func() {}, err // nothing could judge
	}
	var columns []models.Column
	var names []string
	for _, f := range features.ModelFeatures() {
		columns = append(columns, models.Column{Name: f.Name, Direction: int(f.Risk), EN: f.EN, ZH: f.ZH, Unit: f.Unit})
		names = append(names, "s."+f.Name+" AS "+f.Name)
	}
	names = append(names, historyMonths)
	p := n.labelParams(cohorts)
	for k, v := range map[string]any{"from": cohorts[0], "until": cohorts[len(cohorts)-1], "recurring": n.Default.Recurring, "one_in": uint64(1)} {
		p[k] = v
	}
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
		Learners: n.Train.Learners, Seed: n.Train.Seed, MinDefaults: n.Train.MinDefaults, TargetRate: n.Train.TargetRate, Horizon: n.Default.HorizonMonths, HistoryMonths: "history_months",
	}}
	if n.Train.Benchmark != "" {
		in.Options.Benchmarks = []string{n.Train.Benchmark}
	}
	var use []int
	use, in.Holdout, in.Until = n.split(rec, cohorts)
	if in.Features, err = take(rec, use); err != nil {
		rec.Release()
		return nil, nil, err
	}
	rec.Release()
	err = rows.EachOf(in.Features, func(r *rows.Row) error {
		cohort := r.Date("as_of")
		known, month := n.knownMonths(cohort, r.Date("defaulted_on"))
		in.Cohorts, in.Customers = append(in.Cohorts, cohort), append(in.Customers, r.Text("customer_id"))
		in.Default, in.Known, in.Month = append(in.Default, uint8(min(month, 1))), append(in.Known, uint8(known)), append(in.Month, uint8(month))
		return nil
	})
	return in, in.Features.Release, err
}

// split returns the rows to use, which of them are held out, and the day on which the outcomes end that the others may know: unset where
// rows are held out by customer. Only rows whose outcome is known in full judge.
func (n *Night) split(rec arrow.Record, cohorts []asof.Date) (use []int, held []bool, until asof.Date) {
	dates, customers := rec.Column(0).(*array.Date32), rec.Column(1).(*array.String)
	h := n.Train.Holdout
	var mature []asof.Date
	for _, c := range cohorts {
		if n.mature(c) {
			mature = append(mature, c)
		}
	}
	firstHeld := mature[len(mature)-min(max(h.LastCohorts, 1), len(mature))]
	// Outcomes that are learnt from end where the held-out cohorts begin. When that leaves less than a third of the months that mature cohorts
	// know, the history is too short to separate in time alone: a fifth of the customers judge, in the held-out cohorts.
	months := 0
	for _, c := range cohorts {
		known, _ := models.KnownMonths(c, firstHeld, 0, n.Default.HorizonMonths)
		months += known
	}
	byCustomer, from := h, asof.Earliest
	if h.Modulo == 0 {
		byCustomer, from = judges, firstHeld
		if 3*months >= n.Default.HorizonMonths*len(mature) {
			until = firstHeld
		}
	}
	for i := range int(rec.NumRows()) {
		date := asof.Date(dates.Value(i))
		judge := byCustomer.holds(customers.Value(i))
		switch {
		case !until.IsZero():
			use, held = append(use, i), append(held, date >= firstHeld && n.mature(date))
		case !judge:
			use, held = append(use, i), append(held, false)
		case date >= from && n.mature(date):
			use, held = append(use, i), append(held, true)
		}
	}
	return use, held, until
}
