package judge

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"creditwatch/jobs"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

func TestMain(m *testing.M) { warehousetest.Main(m) }

// shared is a folder of the real data sets, which lie beside the repository. Without them a test is skipped, but not in CI.
func shared(t testing.TB, set string) string {
	t.Helper()
	at := os.Getenv("CREDITWATCH_SHARED")
	if at == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for at == "" && dir != filepath.Dir(dir) {
			dir = filepath.Dir(dir)
			if _, err := os.Stat(filepath.Join(dir, "shared", "data")); err == nil {
				at = filepath.Join(dir, "shared")
			}
		}
	}
	folder := filepath.Join(at, "data", set)
	if _, err := os.Stat(folder); at == "" || err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("data set %s is not there: set CREDITWATCH_SHARED", set)
		}
		t.Skipf("data set %s is not there: set CREDITWATCH_SHARED", set)
	}
	return folder
}

func example(name string) string {
	return filepath.Join("..", "..", "configs", "examples", name+".yaml")
}

// creditwatch runs a command line as a user would and wants it done.
func creditwatch(t testing.TB, args ...string) {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := jobs.Main(args, strings.NewReader(""), &out, &errOut); code != 0 {
		t.Fatalf("creditwatch %s: exit code %d\n%s\n%s", strings.Join(args, " "), code, out.String(), errOut.String())
	}
}

// ask returns the rows of a query, their cells joined by |.
func ask(t testing.TB, db *warehouse.DB, sql string, params map[string]any) []string {
	t.Helper()
	answer, err := db.Query(context.Background(), sql, params)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer answer.Release()
	var out []string
	for answer.Next() {
		rec := answer.Record()
		for i := range int(rec.NumRows()) {
			var cells []string
			for _, c := range rec.Columns() {
				cells = append(cells, c.ValueStr(i))
			}
			out = append(out, strings.Join(cells, "|"))
		}
	}
	if err := answer.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

// number returns the one number that a query answers with; ok is false when it is null or there is no row.
func number(t testing.TB, db *warehouse.DB, sql string, params map[string]any) (value float64, ok bool) {
	t.Helper()
	err := rows.Each(context.Background(), db, "number", "SELECT toFloat64(v) AS v FROM ("+sql+")", params, func(r *rows.Row) error {
		if x := r.Float("v"); x != nil {
			value, ok = *x, true
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value, ok
}

// foots wants every published night's source accounts, open items and ageing to add up.
func foots(t testing.TB, db *warehouse.DB) {
	t.Helper()
	for _, bad := range ask(t, db, "SELECT run, source, read, accepted, rejected, duplicates FROM creditwatch.source_counts WHERE read != accepted + rejected + duplicates", nil) {
		t.Errorf("source counts do not add up: %s", bad)
	}
	for _, bad := range ask(t, db, `
SELECT o.as_of, o.open, f.open
FROM (SELECT as_of, sum(open_base) AS open FROM creditwatch.open_items WHERE kind = 'invoice' GROUP BY as_of) AS o
LEFT JOIN (SELECT as_of, sum(open_base) AS open FROM creditwatch.features GROUP BY as_of) AS f ON f.as_of = o.as_of
WHERE abs(toFloat64(o.open) - ifNull(f.open, 0)) > 0.01 + 1e-9 * abs(toFloat64(o.open))`, nil) {
		t.Errorf("exposure does not foot to the open items: %s", bad)
	}
}
