package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/features"
	"creditwatch/features/book"
	"creditwatch/models"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/sources"
)

// countProcess counts what the night did: who should have a score and has one, what is late, what does not foot.
func (n *Night) countProcess(ctx context.Context, v *prepared) error {
	p := &v.in.Process
	p.LedgerDifference = math.NaN()
	more := n.params(map[string]any{
		"rating_days": n.Policy.Stale.RatingDays.Open, "from_ledger": n.Default.FromLedger, "from_outcomes": strings.Join(n.Default.FromOutcomes, ","),
	})
	each := func(name string, f func(*rows.Row)) error {
		return rows.Each(ctx, n, name, sqlOf(name), more, func(r *rows.Row) error { f(r); return nil })
	}
	var featuresOpen, ledgerOpen float64
	err := each("validation_process", func(r *rows.Row) {
		p.Eligible, p.Scored, p.Outdated, p.Excluded = int(r.Whole("eligible")), int(r.Whole("scored")), int(r.Whole("outdated")), int(r.Whole("excluded"))
		p.OutdatedEAD, p.TotalEAD = zeroOr(r.Float("outdated_ead")), zeroOr(r.Float("total_ead"))
		featuresOpen, ledgerOpen = zeroOr(r.Float("features_open")), zeroOr(r.Float("ledger_open"))
	})
	if err != nil {
		return err
	}
	difference := 0.0
	err = each("validation_footing", func(r *rows.Row) { difference = zeroOr(r.Float("difference")) })
	if err != nil {
		return err
	}
	// Features are floats: a cent, and what they cannot tell apart, is no difference.
	if off := math.Abs(featuresOpen - ledgerOpen); off > 0.01+1e-9*math.Abs(ledgerOpen) {
		difference += off
	}
	p.LedgerDifference = math.Round(difference*1e4) / 1e4
	var counts []string
	for _, f := range features.Catalog {
		least, most := f.Range()
		counts = append(counts, fmt.Sprintf("countIf(NOT (ifNull(%s, %g) BETWEEN %g AND %g))", f.Name, least, least, most))
	}
	err = rows.Each(ctx, n, "validation_ranges", strings.Replace(sqlOf("validation_ranges"), "/*counts*/", strings.Join(counts, " + "), 1), n.params(nil), func(r *rows.Row) error {
		p.Unnatural = int(r.Whole("unnatural"))
		return nil
	})
	if err != nil {
		return err
	}
	ledger := map[string]bool{}
	for _, s := range n.Sources {
		ledger[s.Name] = s.Table == "transactions"
	}
	err = each("validation_late", func(r *rows.Row) {
		p.LateSources++
		p.LateLedger = p.LateLedger || ledger[r.Text("source")]
	})
	if err != nil {
		return err
	}
	err = each("validation_defaults", func(r *rows.Row) {
		p.Defaults, p.Unrated, p.UnratedUnexplained = int(r.Whole("defaults")), int(r.Whole("unrated")), int(r.Whole("unexplained"))
	})
	if err != nil || n.Previous.Run == 0 {
		return err
	}
	more["previous_cut"] = n.CutOf(n.Previous.AsOf)
	err = each("validation_population", func(r *rows.Row) {
		p.New, p.Gone, p.Unexplained = int(r.Whole("fresh")), int(r.Whole("gone")), int(r.Whole("unexplained"))
	})
	if err != nil {
		return err
	}
	return each("validation_restated", func(r *rows.Row) { p.TechnicalDefaults = int(r.Whole("technical")) })
}

func zeroOr(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// proveModel holds the champion to what it must be without outcomes, on a sample of tonight's book; stored scores are held
// against the model as well.
func (v *prepared) proveModel(rec arrow.Record) error {
	every := max(int(rec.NumRows())/firstPointed, 1)
	var some []int
	for i := 0; i < int(rec.NumRows()); i += every {
		if v.in.Tonight[i].Grade >= 0 {
			some = append(some, i)
		}
	}
	if len(some) == 0 {
		return nil
	}
	part, err := take(rec, some)
	if err != nil {
		return err
	}
	defer part.Release()
	proofs, err := v.champion.model.Prove(part)
	if err != nil {
		return err
	}
	scored, err := v.champion.model.Score(part)
	if err != nil {
		return err
	}
	for i, row := range some {
		stored := v.in.Tonight[row].Terms
		for h, pd := range published(scored[i]) { // each with the one of its own horizon
			proofs.Path = max(proofs.Path, math.Abs(math.Log(pd/(1-pd))-math.Log(stored[h]/(1-stored[h]))))
		}
	}
	addends, err := v.champion.model.Addends(part)
	if err != nil {
		return err
	}
	var customers []string
	for _, row := range some {
		customers = append(customers, v.in.Tonight[row].Customer)
	}
	v.points = pointsOf(v.champion, customers, addends)
	p := &v.in.Proofs
	p.Path, p.Additivity = &proofs.Path, &proofs.Additivity
	p.Specials, p.Monotone, p.Direction = tried(proofs.Specials), tried(proofs.Monotone), tried(proofs.Direction)
	if auc := v.champion.metric("canary", "permuted_auc"); !math.IsNaN(auc) {
		p.Permuted = &validation.Permuted{AUC: auc, Defaults: int(v.champion.metric("canary", "permuted_defaults")), Rest: int(v.champion.metric("canary", "permuted_rest"))}
	}
	if same := v.champion.metric("canary", "same_bytes"); !math.IsNaN(same) {
		p.Training = &validation.Pair{First: v.champion.ModelID, Second: v.champion.ModelID}
		if same != 1 {
			p.Training.Second = "other bytes"
		}
	}
	return nil
}

func tried(t models.Tried) *validation.Tried {
	if t.Tried == 0 {
		return nil
	}
	return &validation.Tried{Tried: t.Tried, Failed: t.Failed}
}

// restated are features that follow from defaults, which the ledger restates when a payment is booked late.
func restated(f features.Feature) bool {
	return f.Family == "history" || f.Name == "group_defaults_365d"
}

// replayed is what came of building an earlier night's features again; nil where there was none.
type replayed struct {
	tables *validation.Pair
	canary *validation.Tried
	night  asof.Date
	en, zh string // what the hashes do not say
	late   bool   // the tables differ by rows that were delivered later and say they were known before
}

// replay builds the features of an earlier night again from what is stored now, with facts of its future planted, and
// holds them against those that were kept.
func (n *Night) replay(ctx context.Context) (a replayed, err error) {
	night, ok, err := n.replayable(ctx)
	if err != nil || !ok {
		return a, err
	}
	canary := n.Run | 1<<62 // no run has such a number: readers do not see it, and a sweep takes it away
	defer func() { err = errors.Join(err, n.uproot(ctx, canary)) }()
	planted, seen, err := n.plant(ctx, night, canary)
	if err != nil {
		return a, err
	}
	first, err := n.rebuild(ctx, night, append(slices.Clone(n.Runs), canary))
	if err != nil {
		return a, err
	}
	a.night, a.tables = night.AsOf, &validation.Pair{First: first.kept, Second: first.rebuilt}
	if planted > 0 {
		a.canary = &validation.Tried{Tried: planted, Failed: seen}
	}
	if first.equal() {
		return a, nil
	}
	// Whatever differs is either a planted fact that got through, or a table that does not come out again.
	clean, err := n.rebuild(ctx, night, n.Runs)
	if err != nil {
		return a, err
	}
	a.tables.Second = clean.rebuilt
	if a.canary != nil && clean.rebuilt != first.rebuilt {
		a.canary.Failed = max(seen, first.customers())
	}
	if clean.equal() {
		return a, nil
	}
	a.en, a.zh = clean.words()
	if a.late, err = n.readAnew(ctx, night, clean); err != nil || a.late {
		a.en = " The difference is in what the news told: every article is read again each night, and names of customers or verdicts of people on events have been added since."
		a.zh = "差异仅在于新闻所述：每晚重读全部文章，而此后新增了客户名称或人工对事件的判定。"
		return a, err
	}
	return a, n.backdated(ctx, night, &a)
}

// readAnew reports whether a replay differs only in what the news told, and names of customers or verdicts of people that tonight knows
// and that night did not are there to tell it otherwise.
func (n *Night) readAnew(ctx context.Context, night Published, t rebuiltTable) (bool, error) {
	if t.before != t.after || len(t.differingFeatures) == 0 {
		return false, nil
	}
	for _, name := range t.differingFeatures {
		i := slices.IndexFunc(features.Catalog, func(f features.Feature) bool { return f.Name == name })
		if i < 0 || features.Catalog[i].Family != "news" && name != "industry_bad_news_180d" {
			return false, nil
		}
	}
	added := int64(0)
	err := rows.Each(ctx, n, "validation_read_anew", sqlOf("validation_read_anew"), n.params(map[string]any{"known_then": n.CutOf(night.AsOf)}), func(r *rows.Row) error {
		added = r.Whole("added")
		return nil
	})
	return added > 0, err
}

// backdated finds out whether a replay differs only because of rows that came later and say they were known before: somebody
// delivered late, which changes what can be derived of that night, but nothing that night knew leaks.
func (n *Night) backdated(ctx context.Context, night Published, a *replayed) error {
	later, then := []uint64{}, []uint64{}
	for _, r := range n.Runs {
		if r > night.Run {
			later = append(later, r)
		} else {
			then = append(then, r)
		}
	}
	count, tables := 0, []string{}
	err := rows.Each(ctx, n, "validation_backdated", sqlOf("validation_backdated"), map[string]any{"known_by": n.CutOf(night.AsOf), "later": later}, func(r *rows.Row) error {
		if more := int(r.Whole("backdated")); more > 0 {
			count += more
			tables = append(tables, r.Text("name"))
		}
		return nil
	})
	if err != nil || count == 0 {
		return err
	}
	without, err := n.rebuild(ctx, night, then)
	if err != nil {
		return err
	}
	if a.late = without.equal(); a.late {
		a.en = fmt.Sprintf(" The difference is of %d rows that were delivered later and say they were known before (%s); without them the tables are equal.", count, strings.Join(tables, ", "))
		a.zh = fmt.Sprintf("差异来自事后送达但声称此前已知的 %d 行数据（%s）；剔除后两表一致。", count, strings.Join(tables, "、"))
	}
	return nil
}

// replayable finds the night to build again: the newest that is 30 days old or, where there is none, the last one; on large books only on Sundays.
func (n *Night) replayable(ctx context.Context) (night Published, ok bool, err error) {
	var customers int64
	err = rows.Each(ctx, n, "validation_replayable", sqlOf("validation_replayable"), n.params(map[string]any{
		"fingerprint": features.Fingerprint(), "config_hash": n.ConfigHash, "code": n.Code,
	}), func(r *rows.Row) error {
		p := Published{AsOf: r.Date("as_of"), Run: uint64(r.Whole("run"))}
		if !ok || night.AsOf > n.AsOf.Add(-30) && p.AsOf <= n.AsOf.Add(-30) {
			night, ok, customers = p, true, r.Whole("customers")
		}
		return nil
	})
	if most := int64(n.Validation.ReplayCustomers); customers > most && n.AsOf.Time().Weekday() != time.Sunday {
		ok = false
	}
	return night, ok, err
}

// plant stores facts that were learnt after the cut of a night, under a run that no night counts.
func (n *Night) plant(ctx context.Context, night Published, canary uint64) (planted, seen int, err error) {
	p := map[string]any{"as_of": night.AsOf, "known_by": n.CutOf(night.AsOf), "canary": canary, "canaries": []uint64{canary}, "kept": night.Run, "run": n.Run}
	for _, name := range plants {
		if err := n.Exec(ctx, sqlOf("validation_canary_"+name), p); err != nil {
			return 0, 0, fmt.Errorf("canary %s: %w", name, err)
		}
	}
	err = rows.Each(ctx, n, "canaries", sqlOf("validation_canaries"), p, func(r *rows.Row) error {
		planted, seen = int(r.Whole("planted")), int(r.Whole("seen"))
		return nil
	})
	return planted, seen, err
}

// plants are the kinds of facts that are planted, and plantedIn where they lie.
var (
	plants    = []string{"interactions", "ratings", "outcomes"}
	plantedIn = []string{"interactions", "external_ratings", "outcomes"}
)

// uproot takes the planted facts away, also when the night is interrupted.
func (n *Night) uproot(ctx context.Context, canary uint64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var errs []error
	for _, table := range plantedIn {
		errs = append(errs, dropRun(ctx, n.Store, table, canary))
	}
	return errors.Join(errs...)
}

// A rebuilt table is an earlier night's features as kept and as built again.
type rebuiltTable struct {
	kept, rebuilt     string // hashes
	before, after     int64  // customers
	differ            map[string]int64
	differingFeatures []string // the one of most customers first
}

func (t rebuiltTable) equal() bool { return t.kept == t.rebuilt && t.before == t.after }

// customers is how many at least have other features.
func (t rebuiltTable) customers() int {
	most := max(t.before, t.after) - min(t.before, t.after)
	for _, count := range t.differ {
		most = max(most, count)
	}
	return int(most)
}

func (t rebuiltTable) words() (en, zh string) {
	var list []string
	for _, name := range t.differingFeatures[:min(5, len(t.differingFeatures))] {
		list = append(list, fmt.Sprintf("%s (%d)", name, t.differ[name]))
	}
	return fmt.Sprintf(" %d customers then, %d now; features that differ, with customers: %s.", t.before, t.after, cmp.Or(strings.Join(list, ", "), "none")),
		fmt.Sprintf("当时 %d 个客户，现在 %d 个；存在差异的特征及客户数：%s。", t.before, t.after, cmp.Or(strings.Join(list, "、"), "无"))
}

// rebuild builds the features of a published night again, with the ledger rows of the given runs.
func (n *Night) rebuild(ctx context.Context, night Published, runs []uint64) (t rebuiltTable, err error) {
	p := features.Params(night.AsOf, n.CutOf(night.AsOf), n.Run, runs, n.Currency)
	if err := n.findKinds(ctx, p); err != nil {
		return t, err
	}
	for _, sql := range []string{features.DropInvoiceStates(), features.InvoiceStates()} {
		if err := n.Exec(ctx, sql, p); err != nil {
			return t, err
		}
	}
	p["kept"] = night.Run
	var names, stored, computed, kept, rebuilt, pairs, differences []string
	for _, f := range features.Catalog {
		if restated(f) {
			continue
		}
		names = append(names, f.Name)
		stored = append(stored, f.Name)
		computed = append(computed, "CAST("+f.Name+" AS Nullable(Float64)) AS "+f.Name)
		kept, rebuilt = append(kept, "k."+f.Name), append(rebuilt, "r."+f.Name)
		pairs = append(pairs, "k."+f.Name+" IS DISTINCT FROM r."+f.Name+" AS differs_"+f.Name)
		differences = append(differences, "countIf(differs_"+f.Name+") AS "+f.Name)
	}
	sql := sqlOf("validation_replay")
	for _, part := range []struct {
		name string
		list []string
	}{{"differences", differences}, {"kept", kept}, {"rebuilt", rebuilt}, {"pairs", pairs}, {"stored", stored}, {"computed", computed}, {"select", []string{features.Select()}}} {
		sql = with(sql, part.name, part.list)
	}
	t.differ = map[string]int64{}
	err = rows.Each(ctx, n, "replay of "+night.AsOf.String(), sql, p, func(r *rows.Row) error {
		t.kept, t.rebuilt, t.before, t.after = r.Text("kept"), r.Text("rebuilt"), r.Whole("customers_kept"), r.Whole("customers_rebuilt")
		for _, name := range names {
			if count := r.Whole(name); count > 0 {
				t.differ[name] = count
				t.differingFeatures = append(t.differingFeatures, name)
			}
		}
		return nil
	})
	slices.SortStableFunc(t.differingFeatures, func(a, b string) int { return cmp.Compare(t.differ[b], t.differ[a]) })
	return t, errors.Join(err, n.Exec(ctx, features.DropInvoiceStates(), p))
}

// rerun holds what is stored of the stages before this one against what was recorded when they were kept and, where this date was
// published before by nothing but another run, against what came out then. A run that is the first of its date and one that
// repeats it say the same.
func (n *Night) rerun(ctx context.Context, v *prepared) error {
	recorded, err := n.recorded(ctx, n.Run)
	if err != nil {
		return err
	}
	pair := validation.Pair{First: recorded}
	for _, s := range n.stages {
		if !slices.Contains(reproduced, s.Name) {
			continue
		}
		_, sum, err := measure(ctx, n, n.Run, s.Keeps)
		if err != nil {
			return err
		}
		pair.Second = strings.TrimSpace(fmt.Sprintf("%s %s %d", pair.Second, s.Name, sum))
	}
	v.in.Proofs.Rerun = &pair
	if pair.First != pair.Second {
		return nil
	}
	var before uint64
	err = rows.Each(ctx, n, "validation_rerun", sqlOf("validation_rerun"), n.params(map[string]any{"config_hash": n.ConfigHash, "policy_hash": n.PolicyHash, "code": n.Code}),
		func(r *rows.Row) error { before = uint64(r.Whole("run")); return nil })
	if err != nil || before == 0 {
		return err
	}
	// Other facts make another night; that is no fault.
	was, wasSum, err := measure(ctx, n, before, sources.Tables())
	if err != nil {
		return err
	}
	is, isSum, err := measure(ctx, n, n.Run, sources.Tables())
	if err != nil || was != is || wasSum != isSum {
		return err
	}
	pair.First, err = n.recorded(ctx, before)
	return err
}

// reproduced are the stages that must come out the same whenever a night is run again.
var reproduced = []string{"book", "check", "news", "features", "snapshots", "train", "score"}

// recorded are the checksums with which the stages of a run were kept, in the order of the night.
func (n *Night) recorded(ctx context.Context, run uint64) (text string, err error) {
	sums := map[string]string{}
	err = rows.Each(ctx, n, "validation_stages", sqlOf("validation_stages"), map[string]any{"which": run}, func(r *rows.Row) error {
		sums[r.Text("stage")] = r.Text("checksum")
		return nil
	})
	for _, s := range n.stages {
		if slices.Contains(reproduced, s.Name) {
			text = strings.TrimSpace(text + " " + s.Name + " " + sums[s.Name])
		}
	}
	return text, err
}

// auditLabels derives labels again from the raw ledger: all defaults of 90 days, and rows drawn by the seed. It reads the
// documents of these customers alone and asks nothing of what the night has kept of them.
func (n *Night) auditLabels(ctx context.Context, v *prepared) error {
	kept := map[failure]bool{}
	customers := map[string]bool{}
	p := n.params(map[string]any{"from_ledger": n.Default.FromLedger})
	err := rows.Each(ctx, n, "validation_labels", sqlOf("validation_labels"), p, func(r *rows.Row) error {
		f := failure{r.Text("customer_id"), r.Date("occurred_on")}
		kept[f], customers[f.customer] = true, true
		return nil
	})
	if err != nil {
		return err
	}
	drawn := draw(v.in.Rows, n.Validation.AuditLabels, n.Train.Seed+uint64(n.AsOf))
	for _, i := range drawn {
		customers[v.in.Rows[i].Customer] = true
	}
	if len(customers) == 0 {
		return nil
	}
	var list []string
	for c := range customers {
		list = append(list, c)
	}
	slices.Sort(list)
	defaults, cures, err := n.rederive(ctx, list)
	if err != nil {
		return err
	}
	audit := &v.in.Process
	for f := range kept {
		audit.LabelsChecked++
		if !slices.Contains(defaults["ledger "+f.customer], f.on) {
			audit.LabelsDifferent++
		}
	}
	// And the other way round: what the raw ledger calls a default must be kept.
	for _, c := range list {
		for _, on := range defaults["ledger "+c] {
			if on > n.AsOf.Add(-90) && !kept[failure{c, on}] {
				audit.LabelsChecked++
				audit.LabelsDifferent++
			}
		}
	}
	for _, i := range drawn {
		row := v.in.Rows[i]
		all := append(slices.Clone(defaults["ledger "+row.Customer]), defaults["outcome "+row.Customer]...)
		label := uint8(0)
		inDefault := false
		for _, on := range all {
			if on > row.Cohort && on <= row.Cohort.AddMonths(row.Observed) {
				label = 1
			}
			if on <= row.Cohort && !slices.ContainsFunc(cures[row.Customer], func(c asof.Date) bool { return c >= on && c <= row.Cohort }) {
				inDefault = true
			}
		}
		audit.LabelsChecked++
		if label != row.Default || inDefault && !n.Default.Recurring {
			audit.LabelsDifferent++
		}
	}
	return nil
}

// draw picks rows by a hash of customer and cohort, whatever their order.
func draw(all []validation.Row, count int, seed uint64) []int {
	type place struct {
		at   int
		hash uint64
	}
	places := make([]place, len(all))
	for i, r := range all {
		h := fnv.New64a()
		fmt.Fprintf(h, "%d %s %s", seed, r.Customer, r.Cohort)
		places[i] = place{i, h.Sum64()}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.hash, b.hash) })
	var out []int
	for _, p := range places[:min(count, len(places))] {
		out = append(out, p.at)
	}
	return out
}

// rederive reads the raw ledger of some customers and says when they defaulted by it ("ledger <customer>") and by what was
// reported ("outcome <customer>"), and when they were cured.
func (n *Night) rederive(ctx context.Context, customers []string) (defaults, cures map[string][]asof.Date, err error) {
	defaults, cures = map[string][]asof.Date{}, map[string][]asof.Date{}
	p := n.params(map[string]any{"customers": customers})
	err = rows.Each(ctx, n, "validation_outcomes", sqlOf("validation_outcomes"), p, func(r *rows.Row) error {
		customer, on, event := r.Text("customer_id"), r.Date("occurred_on"), r.Text("event")
		switch {
		case slices.Contains(n.Default.FromOutcomes, event):
			defaults["outcome "+customer] = append(defaults["outcome "+customer], on)
		case event == "cure":
			cures[customer] = append(cures[customer], on)
		}
		return nil
	})
	if err != nil || !n.Default.FromLedger {
		return defaults, cures, err
	}
	rule, err := n.Default.rule()
	if err != nil {
		return nil, nil, err
	}
	rates, err := n.rates(ctx)
	if err != nil {
		return nil, nil, err
	}
	documents, err := n.Query(ctx, sqlOf("validation_documents"), p)
	if err != nil {
		return nil, nil, err
	}
	defer documents.Release()
	_, err = book.Build(documents, book.Options{Run: n.Run, AsOf: n.AsOf, Cut: n.Cut, Rule: rule, Rates: rates}, book.Sink{DefaultEvents: func(rec arrow.Record) error {
		return rows.EachOf(rec, func(r *rows.Row) error {
			customer, on := r.Text("customer_id"), r.Date("occurred_on")
			if r.Text("event") == "default" {
				defaults["ledger "+customer] = append(defaults["ledger "+customer], on)
			} else {
				cures[customer] = append(cures[customer], on)
			}
			return nil
		})
	}})
	return defaults, cures, err
}

// laggedDefaults is how many defaults the time-shift test wants at least: with fewer, chance moves an AUC by more than its bounds.
const laggedDefaults = 30

// lagged compares the ranking of mature cohorts with that by the features of the month before, which the champion did not learn
// from either.
func (v *prepared) lagged(rec arrow.Record) (*validation.Lagged, error) {
	at := horizonAt(v.champion.model.Horizon)
	outcome := map[failure]validation.Row{} // by customer and the month end before the cohort
	for _, r := range v.in.Rows {
		if r.Observed >= v.in.Horizon && r.Cohort == r.Cohort.MonthEnd() {
			outcome[failure{r.Customer, monthBefore(r.Cohort)}] = r
		}
	}
	var use []int
	bad := 0
	on, customers := rec.Column(0).(*array.Date32), rec.Column(1).(*array.String)
	for i := range int(rec.NumRows()) {
		customer, date := customers.Value(i), asof.Date(on.Value(i))
		if row, judged := outcome[failure{customer, date}]; judged && !v.champion.learntFrom(customer, date) {
			use = append(use, i)
			bad += int(row.Default)
		}
	}
	if bad < laggedDefaults {
		return nil, nil
	}
	part, err := take(rec, use)
	if err != nil {
		return nil, err
	}
	defer part.Release()
	scored, err := v.champion.model.Score(part)
	if err != nil {
		return nil, err
	}
	var now, then []float64
	var y []uint8
	for i, row := range use {
		r := outcome[failure{customers.Value(row), asof.Date(on.Value(row))}]
		now, then, y = append(now, r.PD[at]), append(then, scored[i].LogOdds), append(y, r.Default)
	}
	a, err := validation.Rank(now, y)
	if err != nil {
		return nil, nil // one class: nothing to compare
	}
	b, err := validation.Rank(then, y)
	if err != nil {
		return nil, nil
	}
	return &validation.Lagged{AUC: a.AUC, Earlier: b.AUC}, nil
}

// strengths are what single features tell of the outcome, as the champion's training found: of those that weigh most, and of all
// that were suspiciously strong there but are trusted by the configuration.
func (n *Night) strengths(m *judgedModel) []validation.Strength {
	if math.IsNaN(m.metric("canary", "suspicious_features")) {
		return nil // trained before there were canaries, or without
	}
	strong := map[string]validation.Strength{}
	for _, name := range m.topFeatures() {
		strong[name] = validation.Strength{Feature: name, SE: math.NaN(), Before: math.NaN()}
	}
	for metric, iv := range m.metrics {
		if name, ok := strings.CutPrefix(metric, "canary iv:"); ok {
			strong[name] = validation.Strength{Feature: name, IV: iv, AUC: m.metric("canary", "auc:"+name), SE: math.NaN(), Before: math.NaN()}
		}
	}
	var out []validation.Strength
	for _, name := range slices.Sorted(maps.Keys(strong)) {
		if !slices.Contains(n.Train.Promotion.Trusted, name) {
			out = append(out, strong[name])
		}
	}
	return out
}

// repair corrects what the tests cannot know: that a night without a model has nobody to score, which night was built again and
// what is behind a replay that differs. Strong features are one finding, not one each.
func (v *prepared) repair(results []validation.Result, bounds validation.Bounds) []validation.Result {
	var strong []validation.Result
	out := results[:0]
	for _, r := range results {
		switch {
		case v.champion == nil && (r.Code == "G01" || r.Code == "G02"):
			r.Light, r.EN, r.ZH = validation.Grey, "Not judged: no model scores the book yet ("+v.note+").", "未评定：尚无模型对客户评分（"+v.note+"）。"
		case r.Code == "L01" && v.again.en == "" && v.again.tables != nil:
			r.EN = strings.Replace(r.EN, "of 30 days ago", "of "+v.again.night.String(), 1)
			r.ZH = strings.Replace(r.ZH, "30 天前", v.again.night.String()+" ", 1)
		case r.Code == "L01" && v.again.en != "" && r.Light == validation.Red:
			r.EN, r.ZH = r.EN+v.again.en, r.ZH+v.again.zh
			if v.again.late {
				r.Light = validation.Amber
			}
		case r.Code == "L09" && r.Light == validation.Green:
			r.EN = "What is stored of every stage is what was recorded when it was kept; an earlier run of this date, if there was one, came to the same."
			r.ZH = "各阶段存储的数据与保存时记录的校验值一致；该业务日如曾运行，结果相同。"
		case r.Code == "L04" && r.Light == validation.Amber && r.Value != nil && *r.Value <= bounds.Strong.AUC:
			strong = append(strong, r)
			continue
		}
		out = append(out, r)
	}
	if len(strong) == 0 {
		return out
	}
	slices.SortStableFunc(strong, func(a, b validation.Result) int { return cmp.Compare(*b.Statistic, *a.Statistic) })
	all := strong[0]
	all.Scope, all.N = "features", float64(len(strong))
	var names []string
	for _, r := range strong[:min(5, len(strong))] {
		names = append(names, fmt.Sprintf("%s (%.2f)", strings.TrimPrefix(r.Scope, "feature "), *r.Statistic))
	}
	_, cause, step := apart(all.EN, " Likely cause: ", " Step: ", ".")
	_, causeZH, stepZH := apart(all.ZH, "可能原因：", "建议：", "。")
	all.EN = fmt.Sprintf("%d features tell much alone (information value above %g), the strongest: %s. Likely cause: %s. Step: %s, and name it in train.promotion.trusted.",
		len(strong), bounds.Strong.IV, strings.Join(names, ", "), cause, step)
	all.ZH = fmt.Sprintf("%d 个特征单独即有很强区分力（信息值高于 %g），最强者：%s。可能原因：%s。建议：%s，并列入 train.promotion.trusted。",
		len(strong), bounds.Strong.IV, strings.Join(names, "、"), causeZH, stepZH)
	at := slices.IndexFunc(out, func(r validation.Result) bool { return r.Code > "L04" })
	if at < 0 {
		at = len(out)
	}
	return slices.Insert(out, at, all)
}
