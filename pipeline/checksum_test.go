package pipeline

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestVerifyAcrossUpgrades: a night is whole when the tables have grown since, and is not when its rows have changed.
func TestVerifyAcrossUpgrades(t *testing.T) {
	s := openShelf(t)
	ctx := context.Background()
	exec := func(sql string) {
		t.Helper()
		if err := s.db.Exec(ctx, sql, nil); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	const run = 3
	exec("INSERT INTO creditwatch.checks_rows (run, as_of, name, scope, light, value) VALUES (3, '2026-03-31', 'volume', 'transactions', 'green', 7), (3, '2026-03-31', 'volume', 'customers', 'green', NULL)")
	exec("INSERT INTO creditwatch.publications (as_of, run, fence) VALUES ('2026-03-31', 3, 1)")
	r := Runner{Store: s.db, Clock: func() time.Time { return time.Now().Add(time.Second) }} // after the schema was made
	keep := func(attempt int) {
		t.Helper()
		for _, stage := range Stages {
			count, sum, err := measure(ctx, s.db, run, stage.Keeps)
			if err == nil {
				err = r.noteStage(ctx, &Night{Run: run, AsOf: day("2026-03-31"), attempt: attempt}, stage, count, sum, r.Clock())
			}
			if err != nil {
				t.Fatal(err)
			}
			columns, err := columnsOf(ctx, s.db, stage.Keeps)
			if err != nil {
				t.Fatal(err)
			}
			if c, h, err := measureAs(ctx, s.db, run, columns, nil); c != count || h != sum || err != nil {
				t.Errorf("%s: %d rows, checksum %x, %v over %s; over all columns %d, %x", stage.Name, c, h, err, columns, count, sum)
			}
		}
	}
	verify := func(what, want string) {
		t.Helper()
		err := Verify(ctx, s.db)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	keep(1)
	verify("as it was kept", "")
	exec("ALTER TABLE creditwatch.checks_rows ADD COLUMN later Nullable(Float64) AFTER name")
	verify("a column later", "")
	exec("ALTER TABLE creditwatch.checks_rows UPDATE value = 8 WHERE scope = 'transactions' SETTINGS mutations_sync = 2")
	verify("another value", "stage check: 2 rows stored, 2 recorded")

	// A night that recorded no columns: its rows are counted if the tables have changed since, and held against their checksum if not.
	keep(2)
	exec("ALTER TABLE creditwatch.stage_runs UPDATE columns = '' WHERE attempt = 2 SETTINGS mutations_sync = 2")
	verify("without columns", "")
	exec("ALTER TABLE creditwatch.checks_rows ADD COLUMN latest UInt8")
	verify("a column that no file of the schema tells of", "stage check: 2 rows stored, 2 recorded")
	exec("INSERT INTO creditwatch.migrations (number, name, checksum, applied_at) VALUES (9999, 'later', '', '2099-01-01 00:00:00')")
	verify("a column by a file of the schema", "")
	exec("INSERT INTO creditwatch.checks_rows (run, as_of, name, scope, light) VALUES (3, '2026-03-31', 'volume', 'orders', 'green')")
	verify("a row more", "stage check: 3 rows stored, 2 recorded")

	if _, _, err := measureAs(ctx, s.db, run, "checks:name);DROP TABLE x", nil); err == nil || !strings.Contains(err.Error(), "want table:column") {
		t.Errorf("a list that is none: %v", err)
	}
}
