package pipeline

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"golang.org/x/sync/errgroup"

	"creditwatch/features"
	"creditwatch/models"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// Segments and benchmarks of a customer, in the order of validation_rows.sql; the evidence grade is the model's.
var (
	segments   = []string{"industry", "region", "size", "listed", "tenure", "evidence"}
	benchmarks = []string{"days past due", "PayIndex"}
)

// watched is how many features, those that weigh most, are watched for drift.
const watched = 20

// prepared is what a night is validated by.
type prepared struct {
	in         validation.Input
	champion   *judgedModel
	challenger *judgedModel
	oneIn      uint64
	expected   map[string]float64 // loss of tonight's customers, reporting currency
	note       string             // why there is no champion
	initial    []initialRow
	points     map[string]map[string]float64 // score points of features, of some customers of tonight
	fresh      bool                          // the champion is validated for the first time

	others   []validation.Row // the challenger's rows
	proposed []validation.Scored
	again    replayed
}

// prepareValidation gathers what the tests need. What the night does not have stays out, and its tests are grey.
func (n *Night) prepareValidation(ctx context.Context, judged [2]*judgedModel) (*prepared, error) {
	v := &prepared{champion: judged[0], challenger: judged[1], oneIn: 1}
	v.in = validation.Input{AsOf: n.AsOf, Horizon: n.Default.HorizonMonths, Segments: segments, Benchmarks: benchmarks, Seed: n.Train.Seed}
	best := 0.0
	for _, g := range models.MasterScale {
		v.in.Grades = append(v.in.Grades, g.Name)
		v.in.GradePDs = append(v.in.GradePDs, math.Sqrt(max(best, g.UpTo/4)*g.UpTo))
		best = g.UpTo
	}
	// An earlier night is built again beside the rest: each mostly waits for the engine.
	group, ctx := errgroup.WithContext(ctx)
	var again replayed
	group.Go(func() (err error) { again, err = n.replay(ctx); return err })
	group.Go(func() error {
		parts := []func(context.Context, *prepared) error{n.countProcess, n.pastRows, n.books, n.firstValidation, n.auditLabels, n.rerun}
		if v.champion == nil {
			parts = []func(context.Context, *prepared) error{n.countProcess, n.withoutModel, n.auditLabels, n.rerun}
		} else {
			v.in.Model, v.in.Horizon = v.champion.ModelID, v.champion.model.Horizon
		}
		for _, part := range parts {
			if err := part(ctx, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	v.again, v.in.Proofs.Replay, v.in.Proofs.FutureCanary = again, again.tables, again.canary
	return v, nil
}

// withoutModel says why nobody scores the book.
func (n *Night) withoutModel(ctx context.Context, v *prepared) error {
	row, err := n.tonightsChampion(ctx)
	if v.note = "no model"; row != nil && row.Note != "" {
		v.note = row.Note
	}
	return err
}

// learntFrom reports whether a model may know the outcome of a row: it learnt from the customer, from cohorts whose outcome reached
// beyond this one.
func (m *judgedModel) learntFrom(customer string, cohort asof.Date) bool {
	return cohort < m.learntUntil() && !m.hasNotSeen(cohort, customer)
}

// learntUntil is the date from which on no outcome had a part in the training.
func (m *judgedModel) learntUntil() asof.Date {
	if m.To == nil {
		return m.TrainedOn + 1
	}
	return min(m.To.AddMonths(m.model.Horizon), m.TrainedOn+1)
}

// learntWhole reports whether a model may know all outcomes of a cohort.
func (m *judgedModel) learntWhole(cohort asof.Date) bool {
	return cohort < m.learntUntil() && m.UnseenModulo == 0 && (m.UnseenFrom == nil || cohort < *m.UnseenFrom)
}

// observedMonths is how many months of a cohort's outcome are known, up to the horizon.
func (n *Night) observedMonths(cohort asof.Date, horizon int) int {
	for m := range horizon {
		if cohort.AddMonths(m+1).Add(n.Validation.LagDays) > n.AsOf {
			return m
		}
	}
	return horizon
}

// monthsBetween counts months as the calendar does: a whole one from a day to the same day of the next month.
func monthsBetween(from, to asof.Date) float64 {
	whole := 0
	for from.AddMonths(whole+1) <= to {
		whole++
	}
	start, next := from.AddMonths(whole), from.AddMonths(whole+1)
	return float64(whole) + float64(to.Sub(start))/float64(next.Sub(start))
}

// monthBefore is the month end before a month end.
func monthBefore(d asof.Date) asof.Date { return d.Add(1).AddMonths(-1).Add(-1) }

// A pastTable is a feature table of a past date.
type pastTable struct {
	date      asof.Date
	night     uint64 // run of a published night; 0 for a training snapshot
	customers int64
}

// pastTables chooses what to judge by: every training snapshot, and of a month that has none its last published night.
func (n *Night) pastTables(ctx context.Context) (snapshots []asof.Date, nights []pastTable, customers map[asof.Date]int64, err error) {
	byMonth := map[asof.Date]pastTable{}
	customers = map[asof.Date]int64{}
	err = rows.Each(ctx, n, "past tables", sqlOf("validation_cohorts"), n.params(map[string]any{"fingerprint": features.Fingerprint()}), func(r *rows.Row) error {
		t := pastTable{r.Date("as_of"), uint64(r.Whole("night")), r.Whole("customers")}
		if t.night == 0 {
			snapshots = append(snapshots, t.date)
			customers[t.date] = t.customers
			return nil
		}
		if month := t.date.MonthEnd(); t.date > byMonth[month].date {
			byMonth[month] = t
		}
		return nil
	})
	if err != nil {
		return nil, nil, nil, err
	}
	for _, s := range snapshots {
		delete(byMonth, s.MonthEnd())
	}
	for _, t := range byMonth {
		nights = append(nights, t)
		customers[t.date] = t.customers
	}
	slices.SortFunc(nights, func(a, b pastTable) int { return cmp.Compare(a.night, b.night) })
	return snapshots, nights, customers, nil
}

// pastRows scores the past rows that the models did not learn from, and joins what became of them.
func (n *Night) pastRows(ctx context.Context, v *prepared) error {
	snapshots, nights, customers, err := n.pastTables(ctx)
	if err != nil {
		return err
	}
	// A cohort of which every customer was learnt from, or of whose outcome nothing is known, need not be read.
	seen := func(d asof.Date) bool {
		return n.observedMonths(d, v.in.Horizon) == 0 || v.champion.learntWhole(d) && (v.challenger == nil || v.challenger.learntWhole(d))
	}
	var dates []string
	var whole, part int64 // rows of cohorts read whole, and of those of which some customers are
	for d, count := range customers {
		switch {
		case seen(d):
		case d < v.champion.learntUntil() && v.champion.UnseenModulo > 0:
			part += count
		default:
			whole += count
		}
	}
	for _, d := range snapshots {
		if !seen(d) {
			dates = append(dates, d.String())
		}
	}
	runs := []uint64{}
	for _, t := range nights {
		if !seen(t.date) {
			runs = append(runs, t.night)
		}
	}
	if len(dates)+len(runs) == 0 {
		return nil
	}
	expected := whole + part/int64(max(v.champion.UnseenModulo, 1))
	if most := int64(n.Validation.MaxRows); most > 0 && expected > most {
		v.oneIn = uint64(1 + (expected-1)/most)
	}
	var raw, named []string
	for _, f := range features.ModelFeatures() {
		raw, named = append(raw, f.Name), append(named, "s."+f.Name+" AS "+f.Name)
	}
	for _, also := range []string{"unapplied_base", "open_orders_base", "insured_base", "exposure_base", "overdue_base", "size_rank", "rating_pd_mean"} {
		if !slices.Contains(raw, also) {
			raw = append(raw, also)
		}
	}
	sql := with(n.population("validation_rows", "s", append(named, historyMonths)), "features", raw)
	params := n.params(map[string]any{
		"fingerprint": features.Fingerprint(), "from_ledger": n.Default.FromLedger, "from_outcomes": strings.Join(n.Default.FromOutcomes, ","),
		"recurring": n.Default.Recurring, "order_conversion": n.Loss.OrderConversion, "one_in": v.oneIn, "cohorts": dates, "nights": runs,
	})
	rec, err := gather(ctx, n, "past rows", sql, params)
	if err != nil {
		return err
	}
	defer rec.Release()
	workouts, err := n.workouts(ctx)
	if err != nil {
		return err
	}
	if v.in.Rows, err = n.rowsOf(rec, v.champion, v.challenger, workouts); err != nil {
		return err
	}
	if v.challenger != nil {
		v.others, err = n.rowsOf(rec, v.challenger, nil, workouts)
	}
	if err == nil {
		v.in.Proofs.Lagged, err = v.lagged(rec)
	}
	return err
}

// A failure is a customer's default of a day.
type failure struct {
	customer string
	on       asof.Date
}

// A workout is what a failure came to; NaN where it is not known yet.
type workout struct{ claim, lost float64 }

func (n *Night) workouts(ctx context.Context) (map[failure]workout, error) {
	out := map[failure]workout{}
	err := rows.Each(ctx, n, "workouts", sqlOf("validation_workouts"), n.params(nil), func(r *rows.Row) error {
		out[failure{r.Text("customer_id"), r.Date("defaulted_on")}] = workout{orNaN(r.Float("claim")), orNaN(r.Float("lost"))}
		return nil
	})
	return out, err
}

// rowsOf scores the rows that a model did not learn from; other, if not nil, is scored beside it where it did not learn
// either.
func (n *Night) rowsOf(rec arrow.Record, m, other *judgedModel, workouts map[failure]workout) ([]validation.Row, error) {
	var use []int
	dates, customers := rec.Column(0).(*array.Date32), rec.Column(1).(*array.String)
	for i := range int(rec.NumRows()) {
		if !m.learntFrom(customers.Value(i), asof.Date(dates.Value(i))) {
			use = append(use, i)
		}
	}
	if len(use) == 0 {
		return nil, nil
	}
	part, err := take(rec, use)
	if err != nil {
		return nil, err
	}
	defer part.Release()
	scored, err := m.model.Score(part)
	if err != nil {
		return nil, err
	}
	var beside []models.Scored
	if other != nil {
		if beside, err = other.model.Score(part); err != nil {
			beside = nil // it is a challenger: what it cannot score it does not win
		}
	}
	horizon := m.model.Horizon
	out := make([]validation.Row, 0, len(use))
	i := -1
	err = rows.EachOf(part, func(r *rows.Row) error {
		i++
		s := scored[i]
		row := validation.Row{
			Customer: r.Text("customer_id"), Cohort: r.Date("as_of"), Challenger: math.NaN(), EAD: *r.Float("ead"), LGD: n.Loss.LGD, After: math.NaN(), Loss: math.NaN(), Exposed: math.NaN(),
			Held: r.Is("is_held"), Segments: append(segmentsOf(r), s.EvidenceGrade), Benchmarks: []float64{orNaN(r.Float("benchmark_dpd")), orNaN(r.Float("benchmark_pay_index"))},
			Group: r.Text("parent"), External: *r.Float("external_pd"),
		}
		if lgd := r.Float("lgd"); lgd != nil {
			row.LGD = *lgd
		}
		row.PD, row.Lo, row.Hi, row.Grade = overHorizon(s, horizon)
		row.Prudent = overMonths(s.Prudent, horizon)
		if beside != nil && !other.learntFrom(row.Customer, row.Cohort) {
			pd, _, _, _ := overHorizon(beside[i], other.model.Horizon)
			row.Challenger = pd[horizonAt(other.model.Horizon)]
		}
		row.Observed = n.observedMonths(row.Cohort, horizon)
		if on := r.Date("defaulted_on"); !on.IsZero() && row.Observed > 0 && on <= row.Cohort.AddMonths(row.Observed) {
			row.Default, row.After = 1, monthsBetween(row.Cohort, on)
			if w, known := workouts[failure{row.Customer, on}]; known {
				row.Exposed, row.Loss = w.claim, w.lost
			}
		}
		out = append(out, row)
		return nil
	})
	return out, err
}

// horizonAt is the place of a horizon among those of a score: its own, or the last.
func horizonAt(months int) int {
	if i := slices.Index(validation.Horizons[:], months); i >= 0 {
		return i
	}
	return len(validation.Horizons) - 1
}

// published are the PDs of a score that readers see, over validation.Horizons.
func published(s models.Scored) [4]float64 { return [4]float64{s.PD1M, s.PD3M, s.PD6M, s.PD12M} }

// overHorizon gives the PDs of a score at all horizons, the interval over the model's own, and the grade. A model of another
// horizon has its own PD in the last place.
func overHorizon(s models.Scored, months int) (pd [4]float64, lo, hi float64, grade int) {
	pd = published(s)
	lo, hi = overMonths(s.Lo, months), overMonths(s.Hi, months)
	if at := horizonAt(months); validation.Horizons[at] != months {
		pd[at] = 1 / (1 + math.Exp(-s.LogOdds))
	}
	return pd, lo, hi, gradeAt(s.Grade)
}

// overMonths rescales a PD of a year by a constant hazard.
func overMonths(year float64, months int) float64 {
	if months == 12 {
		return year
	}
	return -math.Expm1(math.Log1p(-year) * float64(months) / 12)
}

// gradeAt is −1 for what is no grade of the master scale.
func gradeAt(name string) int {
	return slices.IndexFunc(models.MasterScale, func(g models.Grade) bool { return g.Name == name })
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// segmentsOf reads the segments of a row but for the evidence grade.
func segmentsOf(r *rows.Row) []string {
	out := make([]string, 0, len(segments))
	for _, column := range []string{"industry", "region", "size_class", "listing", "tenure"} {
		out = append(out, r.Text(column))
	}
	return out
}

// topFeatures are the columns that the champion weighs most. What a customer shares with its peers is left out: the tests count
// customers as independent, and there a whole industry moves in one night.
func (m *judgedModel) topFeatures() []string {
	order := make([]int, len(m.model.Columns))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(m.model.Book[b].Weight, m.model.Book[a].Weight) })
	var out []string
	for _, i := range order {
		name := m.model.Columns[i].Name
		shared := slices.ContainsFunc(features.Catalog, func(f features.Feature) bool { return f.Name == name && f.Family == "peers" })
		if m.model.Book[i].Weight > 0 && !shared && len(out) < watched {
			out = append(out, name)
		}
	}
	return out
}

// books reads the book as scored tonight and as the previous night scored it, and what tells the two apart.
func (n *Night) books(ctx context.Context, v *prepared) (err error) {
	tonight, rec, err := n.bookOf(ctx, v, n.Run, n.Previous.Run, v.champion)
	if err != nil {
		return err
	}
	defer rec.Release()
	v.in.Strengths = n.strengths(v.champion)
	v.in.Tonight, v.expected = tonight.scored, tonight.expected
	if err := v.proveModel(rec); err != nil {
		return err
	}
	if v.challenger != nil {
		if scored, err := v.challenger.model.Score(rec); err == nil {
			v.proposed = rescored(v.in.Tonight, scored, v.challenger.model.Horizon)
		}
	}
	if n.Previous.Run == 0 {
		return nil
	}
	before, other, err := n.bookOf(ctx, v, n.Previous.Run, n.Run, v.champion)
	if err != nil {
		return err
	}
	other.Release()
	v.in.Before = before.scored
	last, err := n.judgedModels(ctx, n.Previous.Run)
	if err != nil || last[0] == nil {
		return err
	}
	if m := last[0]; m.ModelID != v.champion.ModelID {
		v.in.BeforeModel = m.ModelID
		if scored, err := m.model.Score(rec); err == nil {
			v.in.Retrained = rescored(v.in.Tonight, scored, m.model.Horizon)
		}
	}
	// The policy reviews and cuts limits by PD; it holds nobody by it, so no margin is given up and its profit is not asked for.
	for _, cut := range []struct {
		line   float64
		en, zh string
	}{{n.Policy.PDTrigger.Amber.Open, "W1-01 opens", "W1-01 预警开启"}, {n.Policy.PDTrigger.Red.Open, "W1-01 is red", "W1-01 预警转红"}} {
		v.in.Cuts = append(v.in.Cuts, validation.Cut{EN: cut.en, ZH: cut.zh, Grade: gradeAt(models.GradeOf(cut.line).Name)})
	}
	v.in.Causes = causes(tonight, before, v.in.Retrained)
	return n.quarter(ctx, v)
}

// A nightBook is a night's customers as scored, and whether nothing but days has changed since the other night.
type nightBook struct {
	scored   []validation.Scored
	aged     map[string]bool
	expected map[string]float64 // loss
}

// bookOneIn samples a book that is larger than the rows that a night looks at.
func (n *Night) bookOneIn(v *prepared) uint64 {
	if most := n.Validation.MaxRows; most > 0 && v.in.Process.Eligible > most {
		return uint64(1 + (v.in.Process.Eligible-1)/most)
	}
	return 1
}

func (n *Night) bookOf(ctx context.Context, v *prepared, which, other uint64, m *judgedModel) (nightBook, arrow.Record, error) {
	var hashed, still, raw, named []string
	for _, f := range features.ModelFeatures() {
		raw, named = append(raw, f.Name), append(named, "f."+f.Name+" AS "+f.Name)
		hashed = append(hashed, f.Name)
		if f.Unit != "days" {
			still = append(still, f.Name)
		}
	}
	for _, also := range []string{"is_on_hold", "rating_pd_mean", "size_rank", "is_listed", "tenure_days"} {
		if !slices.Contains(raw, also) {
			raw = append(raw, also)
		}
	}
	sql := with(with(with(with(sqlOf("validation_book"), "columns", append(named, "f."+historyMonths)), "features", raw), "hashed", hashed), "still", still)
	rec, err := gather(ctx, n, "book", sql, n.params(map[string]any{"which": which, "other": other, "one_in": n.bookOneIn(v)}))
	if err != nil {
		return nightBook{}, nil, err
	}
	b := nightBook{aged: map[string]bool{}, expected: map[string]float64{}}
	top := m.topFeatures()
	at := horizonAt(m.model.Horizon)
	err = rows.EachOf(rec, func(r *rows.Row) error {
		s := validation.Scored{Customer: r.Text("customer_id"), Grade: -1, EAD: r.Money("ead").Float(), Same: r.Is("is_same"), Held: r.Is("is_held"),
			External: *r.Float("external_pd"), Segments: append(segmentsOf(r), r.Text("evidence")), Features: make(map[string]float64, len(top))}
		b.aged[s.Customer], b.expected[s.Customer] = r.Is("is_aged"), r.Money("expected_loss").Float()
		for _, name := range top {
			s.Features[name] = orNaN(r.Float(name))
		}
		copy(s.Reasons[:], r.Texts("reasons"))
		pd := [4]*float64{r.Float("pd_1m"), r.Float("pd_3m"), r.Float("pd_6m"), r.Float("pd_12m")}
		if pd[at] != nil && r.Text("note") == "" {
			s.Grade, s.PD = gradeAt(r.Text("grade")), *pd[at]
			s.LogOdds = math.Log(s.PD / (1 - s.PD))
			for i := range pd {
				s.Terms[i] = orNaN(pd[i])
			}
		}
		b.scored = append(b.scored, s)
		return nil
	})
	if err != nil {
		rec.Release()
		return nightBook{}, nil, err
	}
	return b, rec, nil
}

// rescored is a book with the scores of another model, over the horizons that the book itself has.
func rescored(book []validation.Scored, by []models.Scored, months int) []validation.Scored {
	out := make([]validation.Scored, len(book))
	for i, s := range book {
		out[i] = s
		if s.Grade < 0 {
			continue
		}
		out[i].Terms, out[i].Grade = published(by[i]), gradeAt(by[i].Grade)
		out[i].PD = out[i].Terms[horizonAt(months)]
		out[i].LogOdds = math.Log(out[i].PD / (1 - out[i].PD))
		out[i].Reasons = [4]string{}
		for k, why := range by[i].Reasons {
			out[i].Reasons[k] = why.Feature
		}
	}
	return out
}

// causes counts the changes of grade by what made them: another model where the one of before would not have moved it so; days
// where nothing else has changed; else new data.
func causes(tonight, before nightBook, retrained []validation.Scored) *validation.Causes {
	was := map[string]int{}
	for _, s := range before.scored {
		was[s.Customer] = s.Grade
	}
	c := &validation.Causes{}
	for i, s := range tonight.scored {
		old, known := was[s.Customer]
		switch {
		case !known || old < 0 || s.Grade < 0 || s.Grade == old:
		case retrained != nil && retrained[i].Grade != s.Grade:
			c.Model++
		case tonight.aged[s.Customer]:
			c.Ageing++
		default:
			c.Data++
		}
	}
	return c
}

// quarter counts the customers of a night 90 days ago by the deciles of the first validation.
func (n *Night) quarter(ctx context.Context, v *prepared) error {
	var odds []float64
	at := horizonAt(v.champion.model.Horizon)
	err := rows.Each(ctx, n, "scores 90 days ago", sqlOf("validation_quarter"), n.params(nil), func(r *rows.Row) error {
		if pd := r.Float([]string{"pd_1m", "pd_3m", "pd_6m", "pd_12m"}[at]); pd != nil {
			odds = append(odds, math.Log(*pd/(1-*pd)))
		}
		return nil
	})
	v.in.Quarter = odds // counted by decile once these are known
	return err
}

// challengerInput is the input of the best challenger: the same rows and the same book by its scores.
func (v *prepared) challengerInput() validation.Input {
	in := v.in
	in.Model, in.Rows, in.Tonight = v.challenger.ModelID, v.others, v.proposed
	in.Before, in.BeforeModel, in.Retrained, in.Initial, in.Quarter, in.Causes, in.Strengths = nil, "", nil, nil, nil, nil, nil
	in.Process, in.Proofs = validation.Process{}, validation.Proofs{}
	return in
}
