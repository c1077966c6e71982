package judge

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"creditwatch/jobs"
	"creditwatch/models/validation"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// call runs a command line as a user would and returns its exit code and what it said.
func call(args ...string) (code int, said string) {
	var out, errOut bytes.Buffer
	code = jobs.Main(args, strings.NewReader(""), &out, &errOut)
	return code, out.String() + errOut.String()
}

// TestNightIsValidated runs nights of a small simulated book and holds what they find of themselves to what is true: of an honest
// night, of one that is run again, of one whose past was changed, of one whose training saw the future.
func TestNightIsValidated(t *testing.T) {
	t.Parallel()
	book, data := t.TempDir(), warehousetest.MigratedDir(t)
	warehousetest.OpenAt(t, data) // an engine that all nights and questions join
	creditwatch(t, "simulate", book, "--customers", "150", "--years", "3", "--seed", "7", "--to", "2026-06-30")
	config := []string{"--data", data, "--quiet", "--config", filepath.Join(book, "creditwatch.yaml"), "--set", "input=" + book,
		"--set", "train.learners=[scorecard]", "--set", "train.min_defaults=3", "--set", "train.snapshots=17",
		"--set", "train.promotion.trusted=[dbt_365d,dbt_90d,pay_index_365d,pay_index_90d,days_late_max_365d,days_late_last,late_30d_share_365d]"} // a few defaults rank by chance
	night := func(date string, more ...string) (int, string) {
		return call(slices.Concat(config, more, []string{"run", "--date", date})...)
	}
	want := func(code int, said string) func(int, ...string) {
		t.Helper()
		return func(wanted int, parts ...string) {
			t.Helper()
			if code != wanted {
				t.Fatalf("exit code %d, want %d:\n%s", code, wanted, said)
			}
			for _, p := range parts {
				if !strings.Contains(said, p) {
					t.Errorf("does not say %q:\n%s", p, said)
				}
			}
		}
	}
	with := func(f func(db *warehouse.DB)) {
		db := warehousetest.OpenAt(t, data)
		defer db.Close()
		f(db)
	}
	tables := []string{"validations", "validation_results", "validation_findings", "validation_initial", "validation_grades"}
	sums := func(db *warehouse.DB) (all []string) {
		for _, table := range tables {
			all = append(all, table+" "+strings.Join(ask(t, db, "SELECT count(), sum(cityHash64(tuple(* EXCEPT (run)))) FROM creditwatch."+table+"_rows WHERE as_of = '2026-06-16' AND run = (SELECT run FROM creditwatch.live_runs WHERE as_of = '2026-06-16')", nil), " "))
		}
		return all
	}

	t.Run("no model yet", func(t *testing.T) {
		want(night("2026-06-14", "--set", "train.min_defaults=100000"))(0)
		with(func(db *warehouse.DB) {
			wantRows(t, ask(t, db, "SELECT role, light, model_id, note != '' FROM creditwatch.validations", nil), "none|grey||1")
			wantRows(t, ask(t, db, "SELECT countIf(light = 'green') > 3, countIf(light IN ('red', 'amber')) FROM creditwatch.validation_results WHERE family IN ('gate', 'leakage')", nil), "1|0")
		})
	})
	want(night("2026-06-15"))(0)
	want(night("2026-06-16"))(0)
	var first []string
	with(func(db *warehouse.DB) {
		honestNight(t, db)
		carried(t, db)
		first = sums(db)
	})
	pages := reports(t, data)

	t.Run("run again", func(t *testing.T) {
		want(night("2026-06-16"))(0)
		with(func(db *warehouse.DB) {
			if again := sums(db); !slices.Equal(first, again) {
				t.Errorf("the night run again found\n%s\nat first\n%s", strings.Join(again, "\n"), strings.Join(first, "\n"))
			}
		})
		for name, page := range reports(t, data) {
			if page != pages[name] {
				t.Errorf("%s differs from the first run's", name)
			}
		}
	})

	t.Run("a past that was changed", func(t *testing.T) {
		// Somebody writes complaints into what an earlier night has accepted, dated before its cut.
		const planted = `
INSERT INTO creditwatch.interactions_rows (interaction_id, customer_id, kind, occurred_on, severity, run, as_of, source, file, line, known_at)
SELECT concat('forged ', customer_id), customer_id, 'complaint', toDate('2026-06-10'), 'high', run, as_of, 'interactions', 'interactions.csv', 1, toDateTime64('2026-06-10 08:00:00', 3, 'UTC')
FROM creditwatch.features_rows WHERE run = (SELECT run FROM creditwatch.live_runs WHERE as_of = '2026-06-16') AND cityHash64(customer_id) % 3 = 0`
		with(func(db *warehouse.DB) { exec(t, db, planted) })
		want(night("2026-06-17"))(3, "L01", "complaints_count_90d", "stopped by a gate")
		with(func(db *warehouse.DB) {
			wantRows(t, ask(t, db, "SELECT max(as_of) FROM creditwatch.live_runs", nil), "2026-06-16")
			exec(t, db, "ALTER TABLE creditwatch.interactions_rows DELETE WHERE startsWith(interaction_id, 'forged ') SETTINGS mutations_sync = 2")
		})
	})

	t.Run("rows that come late", func(t *testing.T) {
		// The same, but honest: a file of today says what was known a week ago.
		late := "interaction_id,customer_id,kind,occurred_on,outcome,promised_amount,promised_on,document_id,sentiment,severity,closed_on,owner,known_at\n"
		header, err := os.ReadFile(newestFile(t, book, "interactions-*.csv"))
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(header), "\n")
		if head+"\n" != late {
			t.Fatalf("the simulator writes interactions as %q", head)
		}
		with(func(db *warehouse.DB) {
			for i, customer := range ask(t, db, "SELECT customer_id FROM creditwatch.features WHERE as_of = '2026-06-16' ORDER BY customer_id LIMIT 5", nil) {
				late += fmt.Sprintf("LATE%d,%s,complaint,2026-06-10,,,,,,high,,,2026-06-10 08:00:00\n", i, customer)
			}
		})
		path := filepath.Join(book, "interactions-2026-06-17.csv")
		if err := os.WriteFile(path, []byte(late), 0o600); err != nil {
			t.Fatal(err)
		}
		want(night("2026-06-17"))(0)
		with(func(db *warehouse.DB) {
			wantRows(t, ask(t, db, "SELECT light, position(text_en, 'delivered later') > 0, position(text_zh, '事后送达') > 0 FROM creditwatch.validation_results WHERE as_of = '2026-06-17' AND code = 'L01'", nil), "amber|1|1")
		})
	})

	t.Run("a training that saw the future", func(t *testing.T) {
		with(func(db *warehouse.DB) {
			exec(t, db, `
ALTER TABLE creditwatch.model_metrics_rows UPDATE value = transform(metric, ['permuted_auc', 'permuted_defaults', 'permuted_rest'], [0.97, 40., 400.], 0.)
WHERE sample = 'canary' AND metric IN ('permuted_auc', 'permuted_defaults', 'permuted_rest') SETTINGS mutations_sync = 2`)
		})
		// The champion is kept by its owner; the night finds what its training did.
		keep := []string{"--set", "train.every=never"}
		want(night("2026-06-18", keep...))(3, "L03", "shuffled labels", "stopped by a gate")
		want(night("2026-06-18", append(keep, "--set", "validation.block=false")...))(0)
		with(func(db *warehouse.DB) {
			wantRows(t, ask(t, db, "SELECT light, toString(blocks) FROM creditwatch.validations WHERE as_of = '2026-06-18' AND role = 'champion'", nil), "red|true")
			wantRows(t, ask(t, db, "SELECT severity, status, opened_on, owner FROM creditwatch.validation_findings WHERE as_of = '2026-06-18' AND code = 'L03'", nil), "4|open|2026-06-18|data engineer")
		})
		if page := reports(t, data)["creditwatch-2026-06-18-en.html"]; !strings.Contains(page, "The figures of this night do not stand") {
			t.Error("the page does not say that its figures do not stand")
		}
	})
}

func exec(t *testing.T, db *warehouse.DB, sql string) {
	t.Helper()
	if err := db.Exec(context.Background(), sql, nil); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func newestFile(t *testing.T, folder, pattern string) string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil || len(list) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(list), err)
	}
	slices.Sort(list)
	return list[len(list)-1]
}

// reports reads the pages of all nights but for what names the run.
func reports(t *testing.T, data string) map[string]string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(data, "reports", "*.html"))
	if err != nil || len(list) == 0 {
		t.Fatalf("%d reports, %v", len(list), err)
	}
	out := map[string]string{}
	for _, path := range list {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(page), `<div class="run" id="run">`)
		out[filepath.Base(path)] = head
	}
	return out
}

// honestNight wants the second night's proofs to hold and every test of the pack to have said something.
func honestNight(t *testing.T, db *warehouse.DB) {
	t.Helper()
	lights := map[string][]string{}
	for _, line := range ask(t, db, "SELECT code, light FROM creditwatch.validation_results WHERE as_of = '2026-06-16' AND model_id = (SELECT model_id FROM creditwatch.validations WHERE as_of = '2026-06-16' AND role = 'champion')", nil) {
		code, light, _ := strings.Cut(line, "|")
		lights[code] = append(lights[code], light)
	}
	for _, test := range validation.Tests {
		if len(lights[test.Code]) == 0 {
			t.Errorf("%s %s said nothing", test.Code, test.EN)
		}
	}
	for _, code := range []string{"G01", "G04", "G05", "G07", "G08", "L01", "L02", "L05", "L06", "L07", "L08", "L09", "E03", "P11"} {
		switch got := lights[code]; {
		case code == "L05" && slices.Equal(got, []string{"grey"}): // so few defaults
		case !slices.Equal(got, []string{"green"}):
			t.Errorf("%s is %v in an honest night", code, got)
		}
	}
	// What was planted for the proof is gone, and was there.
	wantRows(t, ask(t, db, "SELECT (SELECT count() FROM creditwatch.interactions_rows WHERE source = 'canary') + (SELECT count() FROM creditwatch.external_ratings_rows WHERE source = 'canary') + (SELECT count() FROM creditwatch.outcomes_rows WHERE source = 'canary')", nil), "0")
	if n, _ := number(t, db, "SELECT toUInt32OrZero(extract(text_en, 'of ([0-9]+) planted')) AS v FROM creditwatch.validation_results WHERE as_of = '2026-06-16' AND code = 'L02'", nil); n < 30 {
		t.Errorf("%g facts of the future were planted, want 30 or more", n)
	}
	// No row was judged that the champion learnt from.
	wantRows(t, ask(t, db, "SELECT count() FROM creditwatch.validations WHERE as_of = '2026-06-16' AND role = 'champion' AND rows > 100 AND mature > 0 AND defaults > 0 AND one_in = 1", nil), "1")
	// Every red or amber test has its finding with owner, day and money.
	wantRows(t, ask(t, db, `
SELECT count() FROM creditwatch.validation_results AS r
LEFT ANTI JOIN (SELECT code, scope, model_id FROM creditwatch.validation_findings WHERE as_of = '2026-06-16' AND status = 'open' AND owner != '' AND due_on > as_of AND amount >= 0) AS f
    ON f.code = r.code AND f.scope = r.scope AND f.model_id = r.model_id
WHERE r.as_of = '2026-06-16' AND r.light IN ('red', 'amber') AND r.model_id = (SELECT model_id FROM creditwatch.validations WHERE as_of = '2026-06-16' AND role = 'champion')`, nil), "0")
	wantRows(t, ask(t, db, "SELECT count() FROM creditwatch.validation_grades WHERE as_of = '2026-06-16'", nil), fmt.Sprint(10))
}

// carried wants lights and findings of the night before to stay where nothing new is known: both nights lie in one month and have
// the same mature cohorts.
func carried(t *testing.T, db *warehouse.DB) {
	t.Helper()
	var looked []string
	for _, test := range validation.Tests {
		if !test.Nightly {
			looked = append(looked, "'"+test.Code+"'")
		}
	}
	both := "creditwatch.validation_results AS r INNER JOIN (SELECT code, scope, model_id, light, decided_on, text_en FROM creditwatch.validation_results WHERE as_of = '2026-06-15') AS b ON b.code = r.code AND b.scope = r.scope AND b.model_id = r.model_id WHERE r.as_of = '2026-06-16' AND b.light != 'grey' AND r.code IN (" + strings.Join(looked, ", ") + ")"
	wantRows(t, ask(t, db, "SELECT count() > 10, countIf(r.decided_on != toDate('2026-06-15') OR r.light != b.light OR r.text_en != b.text_en) FROM "+both, nil), "1|0")
	// A finding keeps its number and the day it was opened on.
	wantRows(t, ask(t, db, `
SELECT count() > 0, countIf(f.opened_on != toDate('2026-06-15')) FROM creditwatch.validation_findings AS f
INNER JOIN (SELECT finding_id FROM creditwatch.validation_findings WHERE as_of = '2026-06-15') AS b ON b.finding_id = f.finding_id WHERE f.as_of = '2026-06-16'`, nil), "1|0")
	// What the model showed at first is the same to the bit.
	wantRows(t, ask(t, db, `
SELECT uniqExact(h), count() FROM
(
    SELECT as_of, sum(cityHash64(model_id, validated_on, name, feature, place, arrayMap(x -> reinterpretAsUInt64(x), figures))) AS h FROM creditwatch.validation_initial
    WHERE model_id = (SELECT model_id FROM creditwatch.validations WHERE as_of = '2026-06-15' AND role = 'champion') GROUP BY as_of
)`, nil), "1|2")
}
