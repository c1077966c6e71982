package judge

import (
	"testing"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// held returns a figure of the held-out rows in the newest night.
func held(t *testing.T, db *warehouse.DB, learner, metric string) float64 {
	t.Helper()
	v, ok := number(t, db, `
SELECT argMax(value, as_of) AS v FROM creditwatch.model_metrics
WHERE sample = 'holdout' AND learner = {learner:String} AND metric = {metric:String} HAVING count() > 0`, map[string]any{"learner": learner, "metric": metric})
	if !ok {
		t.Fatalf("no %s of %s on held-out rows", metric, learner)
	}
	return v
}

// The published figures for these clients and this split are 0.781 (logistic), 0.771 (random forest), 0.795 (gradient boosting), with
// sex, education, marriage and age; the ledger alone must come near.
func TestTaiwanFromTheLedgerAlone(t *testing.T) {
	t.Parallel()
	input, data := shared(t, "taiwan-credit-default"), warehousetest.MigratedDir(t)
	creditwatch(t, "--data", data, "run", "--config", example("taiwan"), "--set", "input="+input, "--set", "train.learners=[scorecard, boosted]", "--date", "2005-11-30")
	db := warehousetest.OpenAt(t, data)
	for learner, least := range map[string]float64{"scorecard": 0.775, "boosted": 0.795} {
		if auc := held(t, db, learner, "auc"); auc < least {
			t.Errorf("held-out AUC of %s %.4f, want at least %g", learner, auc, least)
		}
	}
	if n := held(t, db, "scorecard", "rows"); n != 6000 {
		t.Errorf("%g rows judged, want the 6 000 clients whose number is divisible by five", n)
	}
	wantRows(t, ask(t, db, "SELECT count(), countIf(pd_12m IS NOT NULL), uniqExact(as_of) FROM creditwatch.latest_scores", nil), "30000|30000|1")
	wantRows(t, ask(t, db, "SELECT DISTINCT as_of FROM creditwatch.snapshots_rows", nil), "2005-09-30")
	wantRows(t, ask(t, db, "SELECT count() FROM system.columns WHERE database = 'creditwatch' AND match(lower(name), '^(sex|education|marriage|age|gender)$')", nil), "0")
	foots(t, db)
}

// The judge of both late-payment books is what published nights said, held against what happened after them.
//
// tooLate yields, per published night, the customers at risk with the probability that the night published, the benchmark and whether a
// late payment followed within the horizon.
const tooLate = `
SELECT s.as_of AS as_of, s.pd_12m AS pd, ifNull(f.late_share_730d, {share:Float64}) AS benchmark,
       arrayExists(d -> d > s.as_of AND d <= addMonths(s.as_of, {horizon:Int32}), l.days) AS is_late
FROM creditwatch.score_history AS s
INNER JOIN creditwatch.features AS f ON f.as_of = s.as_of AND f.customer_id = s.customer_id
LEFT JOIN (SELECT customer_id, groupArray(occurred_on) AS days FROM creditwatch.outcomes GROUP BY customer_id) AS l ON l.customer_id = s.customer_id
WHERE s.pd_12m IS NOT NULL AND s.as_of <= {last:Date}`

// judgeNights wants the published probabilities to rank better than the benchmark does, and logs both.
func judgeNights(t *testing.T, db *warehouse.DB, last string, horizon int64, share float64) {
	t.Helper()
	p := map[string]any{"horizon": horizon, "share": share, "last": last}
	auc, ok := number(t, db, "SELECT arrayROCAUC(groupArray(pd), groupArray(toUInt8(is_late))) AS v FROM ("+tooLate+")", p)
	if !ok {
		t.Fatal("no night was judged")
	}
	benchmark, _ := number(t, db, "SELECT arrayROCAUC(groupArray(benchmark), groupArray(toUInt8(is_late))) AS v FROM ("+tooLate+")", p)
	for _, line := range ask(t, db, "SELECT as_of, count() AS customers, countIf(is_late) AS late, round(arrayROCAUC(groupArray(pd), groupArray(toUInt8(is_late))), 3), round(arrayROCAUC(groupArray(benchmark), groupArray(toUInt8(is_late))), 3) FROM ("+tooLate+") GROUP BY as_of ORDER BY as_of", p) {
		t.Log("night|customers|late|AUC|benchmark: " + line)
	}
	t.Logf("published nights: AUC %.4f, earlier late share %.4f", auc, benchmark)
	if auc <= benchmark {
		t.Errorf("published nights: AUC %.4f, want more than %.4f of the earlier late share", auc, benchmark)
	}
	auc, benchmark = held(t, db, "scorecard", "auc"), held(t, db, "benchmark", "auc")
	t.Logf("held-out cohorts: AUC %.4f, earlier late share %.4f", auc, benchmark)
	if auc <= benchmark {
		t.Errorf("held-out cohorts: AUC %.4f, want more than %.4f of the earlier late share", auc, benchmark)
	}
}

// noTrivial wants no customer in the judged population who cannot be late, and none left out who was.
func noTrivial(t *testing.T, db *warehouse.DB, last string, horizon int64, missed string) {
	t.Helper()
	wantRows(t, ask(t, db, `
SELECT count() FROM creditwatch.score_history AS s
INNER JOIN (SELECT customer_id, groupArray(occurred_on) AS days FROM creditwatch.outcomes GROUP BY customer_id) AS l ON l.customer_id = s.customer_id
WHERE s.pd_12m IS NULL AND s.as_of <= {last:Date} AND arrayExists(d -> d > s.as_of AND d <= addMonths(s.as_of, {horizon:Int32}), l.days)`,
		map[string]any{"last": last, "horizon": horizon}), missed)
	wantRows(t, ask(t, db, "SELECT count() FROM creditwatch.score_history AS s INNER JOIN creditwatch.features AS f ON f.as_of = s.as_of AND f.customer_id = s.customer_id WHERE s.pd_12m IS NOT NULL AND f.open_base <= 0", nil), "0")
}

func TestIBMLatePaymentsNightByNight(t *testing.T) {
	t.Parallel()
	input, data := shared(t, "ibm-late-payments"), warehousetest.MigratedDir(t)
	creditwatch(t, "--data", data, "backfill", "--every", "month", "--config", example("ibm-late-payments"), "--set", "input="+input, "--set", "train.learners=[scorecard]", "--set", "train.every=month",
		"--from", "2013-08-31", "--to", "2013-11-30")
	db := warehousetest.OpenAt(t, data)
	foots(t, db)
	judgeNights(t, db, "2013-11-30", 1, 0.36)
	noTrivial(t, db, "2013-11-30", 1, "0") // every invoice is due after 30 days: who has none open cannot be late within a month
}

func TestUdyamSuppliersNightByNight(t *testing.T) {
	t.Parallel()
	input, data := shared(t, "supplier-ledger-udyam"), warehousetest.MigratedDir(t)
	creditwatch(t, "--data", data, "backfill", "--every", "month", "--config", example("supplier-ledger-udyam"), "--set", "input="+input, "--set", "train.learners=[scorecard]", "--set", "train.snapshots=18",
		"--from", "2015-05-31", "--to", "2015-07-31")
	db := warehousetest.OpenAt(t, data)
	foots(t, db)
	judgeNights(t, db, "2015-07-31", 3, 0.17)
}

func TestOnlineRetailAccountsForEveryLine(t *testing.T) {
	t.Parallel()
	input, data := shared(t, "online-retail"), warehousetest.MigratedDir(t)
	creditwatch(t, "--data", data, "run", "--config", example("online-retail"), "--set", "input="+input, "--date", "2011-12-09")
	db := warehousetest.OpenAt(t, data)
	wantRows(t, ask(t, db, "SELECT source, read, accepted + rejected + duplicates FROM creditwatch.source_counts ORDER BY source", nil), "customers|541909|541909", "transactions|541909|541909")
	// Quantity × price of what was accepted, by the documents, and of what was rejected, by the lines as they were read.
	accepted, _ := number(t, db, "SELECT sum(if(kind = 'invoice', amount, -amount)) AS v FROM creditwatch.transactions", nil)
	rejected, _ := number(t, db, `
SELECT sum(toDecimal64(g[1], 4) * toDecimal64(g[2], 4)) AS v
FROM (SELECT extractGroups(raw, ',(-?[0-9]+),[0-9-]{10} [0-9:]{8},(-?[0-9.]+),[^,]*,[^,]*$') AS g FROM creditwatch.rejects WHERE source = 'transactions')`, nil)
	t.Logf("accepted %.2f, rejected %.2f", accepted, rejected)
	if sum := accepted + rejected; sum < 9747747.925 || sum > 9747747.935 {
		t.Errorf("accepted %.4f + rejected %.4f = %.4f, want 9747747.93", accepted, rejected, sum)
	}
	foots(t, db)
}
