package warehouse_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

func TestWithoutViews(t *testing.T) {
	const known, runs = "known_by = {known_by:DateTime64(3)}", "runs = {runs:Array(UInt64)}"
	rates := "(SELECT currency, valid_on, rate, run, source, file, line, row_hash, known_at\nFROM creditwatch.fx_rates_rows\nWHERE known_at < {known_by:DateTime64(3)}\n  AND run IN {runs:Array(UInt64)})"
	live := "(SELECT as_of, argMax(run, (fence, run)) AS run\nFROM creditwatch.publications\nGROUP BY as_of)"
	for _, c := range []struct{ name, sql, want string }{
		{"a view", "SELECT rate FROM creditwatch.ledger_fx_rates(" + known + ", " + runs + ") AS r", "SELECT rate FROM " + rates + " AS r"},
		{"twice", "SELECT 1 FROM creditwatch.ledger_fx_rates(" + known + ", " + runs + "), creditwatch.ledger_fx_rates(" + known + ", " + runs + ")", "SELECT 1 FROM " + rates + " AS ledger_fx_rates, " + rates + " AS ledger_fx_rates"},
		{"parameters of other names", "SELECT rate FROM creditwatch.ledger_fx_rates(known_by = {cut:DateTime64(3)}, runs = {canaries:Array(UInt64)})",
			"SELECT rate FROM " + strings.NewReplacer("{known_by:", "{cut:", "{runs:", "{canaries:").Replace(rates) + " AS ledger_fx_rates"},
		{"an insert", "-- why\nINSERT INTO t SELECT run FROM x WHERE run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {d:Date})", "-- why\nINSERT INTO t SELECT run FROM x WHERE run IN (SELECT run FROM " + live + " AS live_runs WHERE as_of < {d:Date})"},
		{"a name of its own", "SELECT 1 FROM creditwatch.live_runs\n AS l, creditwatch.live_runs ASOF JOIN x", "SELECT 1 FROM " + live + "\n AS l, " + live + " AS live_runs ASOF JOIN x"},
		{"a view made of them", "-- why\ncreate view v AS SELECT run FROM creditwatch.live_runs", "-- why\ncreate view v AS SELECT run FROM creditwatch.live_runs"},
		{"a file of that name", `SELECT 1 FROM creditwatch.live_runs WHERE file = 'it\'s creditwatch.live_runs.csv' OR file = 'a''creditwatch.live_runs'`, "SELECT 1 FROM " + live + ` AS live_runs WHERE file = 'it\'s creditwatch.live_runs.csv' OR file = 'a''creditwatch.live_runs'`},
		{"columns and comments of that name", "-- tonight's creditwatch.live_runs\nSELECT `creditwatch.live_runs`, \"creditwatch.live_runs\" /* isn't\n creditwatch.live_runs */ FROM creditwatch.live_runs", "-- tonight's creditwatch.live_runs\nSELECT `creditwatch.live_runs`, \"creditwatch.live_runs\" /* isn't\n creditwatch.live_runs */ FROM " + live + " AS live_runs"},
		{"a longer name", "SELECT run FROM creditwatch.live_runs_rows", "SELECT run FROM creditwatch.live_runs_rows"},
		{"no such view", "SELECT 1 FROM creditwatch.ledger_nothing(" + known + ", " + runs + ")", "SELECT 1 FROM creditwatch.ledger_nothing(" + known + ", " + runs + ")"},
		{"an expression", "SELECT 1 FROM creditwatch.ledger_fx_rates(known_by = now(), " + runs + ")", "SELECT 1 FROM creditwatch.ledger_fx_rates(known_by = now(), " + runs + ")"},
	} {
		if got := warehouse.WithoutViews(c.sql); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// TestPlainViews: what is sent in the place of a view is what the engine holds the view to be, and yields what the view yields.
func TestPlainViews(t *testing.T) {
	db := warehousetest.Migrated(t)
	views, err := warehouse.Select[string](t.Context(), db, "SELECT name FROM system.tables WHERE database = 'creditwatch' AND (startsWith(name, 'ledger_') OR name = 'live_runs') ORDER BY name", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(views, warehouse.PlainViews()) || len(views) < 12 {
		t.Fatalf("views %q, sent plain are %q", views, warehouse.PlainViews())
	}
	for _, name := range views {
		asked := "creditwatch." + name
		if name != "live_runs" {
			asked += "(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})"
		}
		plain := strings.TrimSuffix(strings.TrimPrefix(warehouse.WithoutViews(asked), "("), ") AS "+name)
		same, err := warehouse.Select[bool](t.Context(), db, "SELECT formatQuery(as_select) = formatQuery({plain:String}) FROM system.tables WHERE database = 'creditwatch' AND name = {name:String}", map[string]any{"plain": plain, "name": name})
		if err != nil || len(same) != 1 || !same[0] {
			t.Errorf("%s is another than %q: %v, %v", name, plain, same, err)
		}
	}

	// Rows learnt before and after the cut, by runs that count and one that does not.
	if err := db.Exec(t.Context(), `INSERT INTO creditwatch.fx_rates_rows (currency, valid_on, rate, run, as_of, source, file, line, row_hash, known_at)
SELECT 'EUR', toDate('2026-01-01') + number, number, number % 3, '2026-01-31', 's', 'f', number, number, toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalDay(number) FROM numbers(30)`, nil); err != nil {
		t.Fatal(err)
	}
	asked := "SELECT valid_on || ' ' || toString(rate) FROM %(known_by = {cut:DateTime64(3)}, runs = {seen:Array(UInt64)}) ORDER BY valid_on"
	params := map[string]any{"cut": "2026-01-21 00:00:00.000", "seen": []uint64{0, 2}}
	var got [2][]string
	for i, view := range []string{"creditwatch.ledger_fx_rates", "creditwatch.`ledger_fx_rates`"} { // the second is sent as the view
		if got[i], err = warehouse.Select[string](t.Context(), db, strings.Replace(asked, "%", view, 1), params); err != nil {
			t.Fatal(err)
		}
	}
	if len(got[0]) != 13 || !slices.Equal(got[0], got[1]) {
		t.Errorf("plain %q, the view %q; want the 13 rows of runs 0 and 2 of before the 21st", got[0], got[1])
	}
}

// TestViewsKeepTheirNames: a statement that says nothing else may call a column by the name of its view.
func TestViewsKeepTheirNames(t *testing.T) {
	db := warehousetest.Migrated(t)
	if err := db.Exec(t.Context(), "INSERT INTO creditwatch.publications (as_of, run, fence, model_id) VALUES ('2026-03-31', 7, 1, 'm')", nil); err != nil {
		t.Fatal(err)
	}
	got, err := warehouse.Select[string](t.Context(), db, "SELECT toString(live_runs.as_of) || ' ' || publications.model_id FROM creditwatch.publications INNER JOIN creditwatch.live_runs USING (run) WHERE live_runs.run = 7", nil)
	if err != nil || !slices.Equal(got, []string{"2026-03-31 m"}) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestViewsAreNamedAlike: no file of SQL names a view of the ledger in a way that has it sent as a view.
func TestViewsAreNamedAlike(t *testing.T) {
	named := regexp.MustCompile(`\bledger_\w+\(|(?:creditwatch\.|(?:FROM|JOIN)\s+)live_runs\b`)
	n := 0
	for _, dir := range []string{"../sql", "../report/sql", "../../features/sql", "../../features/facts/sql"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.sql"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				if strings.HasPrefix(line, "--") {
					continue
				}
				n += len(named.FindAllString(line, -1))
				if left := named.FindString(warehouse.WithoutViews(line)); left != "" {
					t.Errorf("%s names %s in a way of its own: %s", f, left, line)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d names were looked at", n)
	}
}
