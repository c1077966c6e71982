package judge

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"creditwatch/features"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

var customers = flag.Int("book", 0, "customers of a large simulated book to judge as well, with monthly snapshots; 2000 or more hold the figures that are promised")

// truthOf reads a file of truth/ by column.
func truthOf(t *testing.T, book, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(book, "truth", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var text io.Reader = bufio.NewReader(f)
	if strings.HasSuffix(name, ".gz") {
		if text, err = gzip.NewReader(text); err != nil {
			t.Fatal(err)
		}
	}
	table, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range table[1:] {
		m := map[string]string{}
		for i, column := range table[0] {
			m[column] = row[i]
		}
		out = append(out, m)
	}
	return out
}

// spearman is the correlation of ranks; ties share theirs.
func spearman(x, y []float64) float64 {
	a, b := ranks(x), ranks(y)
	middle := float64(len(a)-1) / 2
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+(a[i]-middle)*(b[i]-middle), aa+(a[i]-middle)*(a[i]-middle), bb+(b[i]-middle)*(b[i]-middle)
	}
	return ab / math.Sqrt(aa*bb)
}

func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			out[order[k]] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}

func TestSpearman(t *testing.T) {
	if r := spearman([]float64{1, 2, 3, 4}, []float64{10, 20, 30, 25}); math.Abs(r-0.8) > 1e-12 {
		t.Errorf("%g, want 0.8", r)
	}
	if r := spearman([]float64{1, 1, 2}, []float64{5, 5, 1}); math.Abs(r+1) > 1e-12 {
		t.Errorf("%g, want -1", r)
	}
}

// A standard is what a night over a simulated book must reach.
type standard struct {
	rank           float64 // correlation of ranks of PD and true probability
	observed, mean float64 // factor by which observed/expected defaults and mean PD/mean true probability may be off
}

func TestSimulatedBook(t *testing.T) {
	t.Parallel()
	// Quarterly snapshots of 800 customers: seconds, and about 25 defaults in the held-out year, so the bounds are wide.
	judgeBook(t, 800, []string{"--set", "train.cohorts=[2022-12-31,2023-03-31,2023-06-30,2023-09-30,2023-12-31,2024-12-31,2025-03-31,2025-06-30]"}, standard{0.6, 1.6, 1.6})
}

func TestLargeSimulatedBook(t *testing.T) {
	if *customers == 0 {
		t.Skip("takes minutes; give -book 2000")
	}
	judgeBook(t, *customers, nil, standard{0.6, 1.25, 1.25})
}

func judgeBook(t *testing.T, customers int, set []string, want standard) {
	book, data := t.TempDir(), warehousetest.MigratedDir(t)
	db := warehousetest.OpenAt(t, data) // its engine serves the nights, too
	creditwatch(t, "simulate", book, "--customers", fmt.Sprint(customers), "--years", "4", "--seed", "7", "--to", "2026-06-30")
	config := []string{"--data", data, "--config", filepath.Join(book, "creditwatch.yaml"), "--set", "input=" + book, "--set", "train.learners=[scorecard]"}
	creditwatch(t, append(slices.Concat(config, []string{"--set", "train.every=never"}), "run", "--date", "2025-06-30")...)
	creditwatch(t, append(slices.Concat(config, set), "run", "--date", "2026-06-30")...)
	creditwatch(t, append(slices.Concat(config, []string{"--set", "train.every=never"}), "run", "--date", "2026-07-01")...) // the same model, a day on
	foots(t, db)
	plantedDirtIsFound(t, db, book)
	plantedBalancesAreFound(t, db, book)
	snapshotIsTheNight(t, db)
	truePD(t, db, book, want)
	lossAddsUp(t, db)
	changesAddUp(t, db)
}

// snapshotIsTheNight wants the training snapshot of a date to be what the night of that date published.
func snapshotIsTheNight(t *testing.T, db *warehouse.DB) {
	t.Helper()
	var counts []string
	for _, f := range features.Catalog {
		// Defaults by the ledger are restated when a payment is booked late: what depends on them may differ.
		if f.Family != "history" && f.Name != "group_defaults_365d" {
			counts = append(counts, "SELECT '"+f.Name+"' AS feature, countIf(n."+f.Name+" IS DISTINCT FROM s."+f.Name+") AS different, any(n."+f.Name+") AS night, any(s."+f.Name+") AS snapshot FROM both")
		}
	}
	both := `WITH n AS (SELECT * FROM creditwatch.features WHERE as_of = '2025-06-30'), s AS (SELECT * FROM creditwatch.snapshots_rows WHERE as_of = '2025-06-30')
`
	for _, question := range counts {
		question = strings.Replace(question, "FROM both", "FROM n INNER JOIN s ON s.customer_id = n.customer_id", 1)
		for _, line := range ask(t, db, both+"SELECT * FROM ("+question+") WHERE different > 0", nil) {
			t.Errorf("the snapshot of 2025-06-30, built a year later, is not what its night published: feature|customers|night|snapshot: %s", line)
		}
	}
	wantRows(t, ask(t, db, `
SELECT (SELECT count() FROM creditwatch.features WHERE as_of = '2025-06-30') - (SELECT count() FROM creditwatch.snapshots_rows WHERE as_of = '2025-06-30') AS missing,
       (SELECT count() FROM creditwatch.snapshots_rows WHERE as_of = '2025-06-30') > 500 AS enough`, nil), "0|1")
}

// plantedDirtIsFound wants every piece of dirt where it belongs and nothing else there.
func plantedDirtIsFound(t *testing.T, db *warehouse.DB, book string) {
	t.Helper()
	planted := map[string][]string{}
	for _, p := range truthOf(t, book, "dirt.csv") {
		kind := p["kind"]
		if kind == "correction" && strings.HasPrefix(p["note"], "supersedes") {
			kind = "superseding"
		}
		planted[kind] = append(planted[kind], p["file"]+"|"+p["line"])
	}
	wantSet := func(what, kind, sql string) {
		t.Helper()
		got := ask(t, db, sql, nil)
		slices.Sort(got)
		want := slices.Clone(planted[kind])
		slices.Sort(want)
		t.Logf("%s: %d planted, %d found", what, len(want), len(got))
		if len(want) == 0 {
			t.Errorf("%s: none planted", what)
		}
		for _, place := range want {
			if _, ok := slices.BinarySearch(got, place); !ok {
				t.Errorf("%s: %s is not found", what, place)
			}
		}
		for _, place := range got {
			if _, ok := slices.BinarySearch(want, place); !ok {
				t.Errorf("%s: %s is found, but was not planted", what, place)
			}
		}
	}
	accepted := "SELECT file, line FROM (SELECT file, line FROM creditwatch.transactions"
	for _, table := range []string{"customers", "contracts", "interactions", "external_ratings", "outcomes"} {
		accepted += " UNION ALL SELECT file, line FROM creditwatch." + table
	}
	accepted += ")"
	wantSet("rejects", "bad_cell", "SELECT file, line FROM creditwatch.rejects")
	wantSet("corrections of the same number", "correction",
		"SELECT file, line FROM (SELECT file, line, row_number() OVER (PARTITION BY transaction_id ORDER BY known_at, file, line) AS version FROM creditwatch.transactions) WHERE version > 1")
	wantSet("corrections that supersede", "superseding", "SELECT file, line FROM creditwatch.transactions WHERE supersedes != '' AND status = ''")
	wantSet("cancellations", "cancellation", "SELECT file, line FROM creditwatch.transactions WHERE status = 'cancelled'")
	wantSet("returns", "return", "SELECT file, line FROM creditwatch.transactions WHERE status = 'returned'")
	// Copies leave no row, so they are counted, and no row may come from where one was planted.
	found := ask(t, db, accepted, nil)
	slices.Sort(found)
	for _, place := range planted["duplicate"] {
		if _, ok := slices.BinarySearch(found, place); ok {
			t.Errorf("duplicates: %s is planted and was accepted", place)
		}
	}
	for _, kind := range []string{"late", "hostile_name"} {
		for _, place := range planted[kind] {
			if _, ok := slices.BinarySearch(found, place); !ok {
				t.Errorf("%s: %s was not accepted", kind, place)
			}
		}
	}
	// The last night read every file; what it knew already counts as a duplicate there, so copies are what neither night kept.
	read, _ := number(t, db, "SELECT sum(read) AS v FROM creditwatch.source_counts WHERE as_of = '2026-06-30' AND source IN ('transactions', 'customers', 'contracts', 'interactions', 'external_ratings', 'outcomes')", nil)
	rejected, _ := number(t, db, "SELECT uniqExact(file, line) AS v FROM creditwatch.rejects", nil)
	if copies := int(read) - int(rejected) - len(found); copies != len(planted["duplicate"]) {
		t.Errorf("duplicates: %d planted, %d found", len(planted["duplicate"]), copies)
	}
}

// plantedBalancesAreFound wants the newest confirmations that disagree, by how much and because of which document, and no other; and the general ledger,
// which was closed on the same documents, to agree to the cent though rows came late, twice, wrong and were annulled.
func plantedBalancesAreFound(t *testing.T, db *warehouse.DB, book string) {
	t.Helper()
	newest := map[string]string{}
	for _, line := range ask(t, db, "SELECT customer_id, max(balance_on) FROM creditwatch.balances WHERE kind = 'confirmation' AND status = '' AND as_of <= '2026-06-30' GROUP BY customer_id", nil) {
		id, on, _ := strings.Cut(line, "|")
		newest[id] = on
	}
	var planted []string
	for _, p := range truthOf(t, book, "balances.csv") {
		if newest[p["customer_id"]] == p["balance_on"] {
			difference, err := strconv.ParseFloat(p["difference"], 64)
			if err != nil {
				t.Fatalf("balances.csv: %v", p)
			}
			planted = append(planted, fmt.Sprintf("%s|%s|%.2f|%s", p["customer_id"], p["balance_on"], difference, p["document_id"]))
		}
	}
	slices.Sort(planted)
	if len(planted) < 10 {
		t.Errorf("only %d confirmations that disagree are planted", len(planted))
	}
	wantRows(t, ask(t, db, "SELECT customer_id, dated_on, toDecimalString(amount, 2), matches FROM creditwatch.reconciliation_items WHERE as_of = '2026-06-30' AND kind = 'confirmation_difference' ORDER BY customer_id", nil), planted...)
	wantRows(t, ask(t, db, "SELECT countIf(ledger IS NOT NULL) > 500, countIf(ledger_difference != 0), countIf(customer_id = '' AND control IS NULL), countIf(control_difference != 0) FROM creditwatch.reconciliation WHERE as_of = '2026-06-30'", nil), "1|0|0|0")
}

// truePD holds the published probabilities against those from which the defaults were drawn.
func truePD(t *testing.T, db *warehouse.DB, book string, want standard) {
	t.Helper()
	type chance struct{ hazard, year float64 }
	truth := map[string]chance{}
	for _, row := range truthOf(t, book, "hazard.csv.gz") {
		if row["month_end"] == "2026-06-30" {
			h, err1 := strconv.ParseFloat(row["hazard"], 64)
			y, err2 := strconv.ParseFloat(row["pd_12m"], 64)
			if err1 != nil || err2 != nil {
				t.Fatalf("hazard.csv.gz: %v", row)
			}
			truth[row["customer_id"]] = chance{h, y}
		}
	}
	var pd, year, hazard []float64
	failed, unscored := 0, 0
	for _, line := range ask(t, db, "SELECT customer_id, grade, ifNull(toString(pd_12m), '') FROM creditwatch.score_history WHERE as_of = '2026-06-30'", nil) {
		cells := strings.Split(line, "|")
		c, alive := truth[cells[0]]
		switch {
		case !alive:
		case cells[1] == "D":
			failed++
		case cells[2] == "":
			unscored++
		default:
			p, err := strconv.ParseFloat(cells[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			pd, year, hazard = append(pd, p), append(year, c.year), append(hazard, c.hazard)
		}
	}
	var sumPD, sumTrue float64
	for i := range pd {
		sumPD, sumTrue = sumPD+pd[i], sumTrue+year[i]
	}
	rank := spearman(pd, year)
	t.Logf("%d customers scored: rank correlation with the true probability %.3f, with the hazard %.3f; mean PD %.4f, true %.4f", len(pd), rank, spearman(pd, hazard), sumPD/float64(len(pd)), sumTrue/float64(len(pd)))
	t.Logf("of %d that have not failed: %d called in default, %d without a score", len(truth), failed, unscored)
	if rank < want.rank {
		t.Errorf("rank correlation of PD and true probability %.3f, want at least %g", rank, want.rank)
	}
	if r := sumPD / sumTrue; r > want.mean || r < 1/want.mean {
		t.Errorf("mean PD over mean true probability %.2f, want within a factor of %g", r, want.mean)
	}
	if 50*failed > len(truth) {
		t.Errorf("%d of %d customers that have not failed are called in default, want at most 2 %%", failed, len(truth))
	}
	observed := held(t, db, "scorecard", "observed_expected")
	t.Logf("held-out cohorts: observed/expected %.3f of %g defaults, AUC %.3f, earlier late share alone %.3f", observed, held(t, db, "scorecard", "defaults"), held(t, db, "scorecard", "auc"), held(t, db, "benchmark", "auc"))
	if observed > want.observed || observed < 1/want.observed {
		t.Errorf("held-out observed/expected %.3f, want within a factor of %g", observed, want.observed)
	}
}

// lossAddsUp wants expected loss to be what its parts say and nobody long gone among the scored.
func lossAddsUp(t *testing.T, db *warehouse.DB) {
	t.Helper()
	wantRows(t, ask(t, db, "SELECT count() FROM creditwatch.latest_scores WHERE abs(toFloat64(expected_loss) - ifNull(pd_12m, 0) * lgd * toFloat64(ead)) > 0.0001", nil), "0")
	wantRows(t, ask(t, db, `
SELECT count() FROM creditwatch.latest_scores AS s INNER JOIN creditwatch.features AS f ON f.as_of = s.as_of AND f.customer_id = s.customer_id
WHERE s.pd_12m IS NOT NULL AND f.exposure_base = 0 AND f.days_since_last_invoice >= 365 AND ifNull(f.days_since_last_order, 365) >= 365 AND ifNull(f.days_since_last_payment, 365) >= 365 AND f.tenure_days >= 365`, nil), "0")
	wantRows(t, ask(t, db, `
SELECT count(), countIf(total_base != covered_base + ead), countIf(ead != retained_base + uninsured_base), countIf(ead < 0), countIf(lgd NOT BETWEEN 0 AND 1 OR lgd_uninsured > lgd_prudent)
FROM creditwatch.losses AS l INNER JOIN creditwatch.score_history AS s ON s.as_of = l.as_of AND s.customer_id = l.customer_id
WHERE s.ead != l.ead OR s.expected_loss != l.expected_loss OR s.lgd != l.lgd OR total_base != covered_base + ead OR ead != retained_base + uninsured_base OR ead < 0 OR lgd NOT BETWEEN 0 AND 1 OR lgd_uninsured > lgd_prudent`, nil), "0|0|0|0|0")
	wantRows(t, ask(t, db, `
SELECT q.as_of FROM (SELECT as_of, sum(ead) AS ead, sum(expected_loss) AS el, sum(tail_loss) AS tail FROM creditwatch.losses GROUP BY as_of) AS l
INNER JOIN (SELECT as_of, ead, expected_loss, loss FROM creditwatch.loss_quantiles WHERE scope = 'book' AND level = 0.999) AS q ON q.as_of = l.as_of
WHERE q.ead != l.ead OR q.expected_loss != l.el OR q.loss != l.tail`, nil))
	wantRows(t, ask(t, db, `
SELECT as_of, scope, industry FROM creditwatch.loss_quantiles GROUP BY as_of, scope, industry
HAVING NOT (maxIf(loss, level = 0.95) <= maxIf(loss, level = 0.99) AND maxIf(loss, level = 0.99) <= maxIf(loss, level = 0.999) AND max(loss) <= max(ead) + 0.01)`, nil))
	for _, line := range ask(t, db, "SELECT state, count(), round(avg(lgd), 3) FROM creditwatch.lgd_events WHERE as_of = '2026-06-30' GROUP BY state ORDER BY state", nil) {
		t.Log("workouts|number|loss: " + line)
	}
	for _, line := range ask(t, db, "SELECT if(grade = 'D', 'in default', if(pd_12m IS NULL, 'dormant', 'scored')) AS who, count(), sum(ead), sum(expected_loss) FROM creditwatch.latest_scores GROUP BY who ORDER BY who", nil) {
		t.Log("who|customers|exposure at default|expected loss: " + line)
	}
}

// changesAddUp wants what is said to have moved a score to add up to the move, and reasons to name what is behind them.
func changesAddUp(t *testing.T, db *warehouse.DB) {
	t.Helper()
	wantRows(t, ask(t, db, `
SELECT count() FROM
(
    SELECT customer_id, sum(log_odds) AS parts, any(log(least(greatest(pd_now, 1e-6), 1 - 1e-6)) - log1p(-least(greatest(pd_now, 1e-6), 1 - 1e-6)) - log(least(greatest(pd_before, 1e-6), 1 - 1e-6)) + log1p(-least(greatest(pd_before, 1e-6), 1 - 1e-6))) AS moved
    FROM creditwatch.score_changes GROUP BY as_of, customer_id
)
WHERE abs(parts - moved) > 1e-9`, nil), "0")
	wantRows(t, ask(t, db, `
SELECT count() FROM creditwatch.score_history AS s INNER JOIN creditwatch.score_history AS b ON b.customer_id = s.customer_id
WHERE s.as_of = '2026-07-01' AND b.as_of = '2026-06-30' AND abs(s.pd_12m - b.pd_12m) > 1e-9 AND s.customer_id NOT IN (SELECT customer_id FROM creditwatch.score_changes WHERE as_of = '2026-07-01')`, nil), "0")
	told, _ := number(t, db, "SELECT uniqExact(customer_id) AS v FROM creditwatch.score_changes WHERE as_of = '2026-07-01' AND kind = 'feature'", nil)
	t.Logf("%.0f customers moved from one night to the next", told)
	if told < 20 {
		t.Errorf("%.0f customers moved from one night to the next, want 20 at least", told)
	}
	wantRows(t, ask(t, db, "SELECT count() FROM creditwatch.score_reasons WHERE feature LIKE 'overdue_%share' AND value > 0 AND NOT (match(text_en, 'invoices?, [0-9,.]+ CNY') AND match(text_zh, '张发票，[0-9,.]+ CNY'))", nil), "0")
	wantRows(t, ask(t, db, "SELECT DISTINCT feature FROM creditwatch.score_reasons WHERE text_en ILIKE '%scorecard%' OR text_en ILIKE '%forest%' OR text_en ILIKE '%boosted%' OR text_en ILIKE '%blend%'", nil))
	told, _ = number(t, db, "SELECT countIf(text_en LIKE '%(%)') / count() AS v FROM creditwatch.score_reasons", nil)
	t.Logf("%.0f %% of the reasons name what is behind them", 100*told)
	if told < 0.5 {
		t.Errorf("%.0f %% of the reasons name what is behind them, want half at least", 100*told)
	}
}
