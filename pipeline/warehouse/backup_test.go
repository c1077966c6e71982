package warehouse_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// TestBackupBesideAWriter: nights are published while the backup is made. What is restored elsewhere has for every run that is pointed
// to all of its rows, and nothing of any other run.
func TestBackupBesideAWriter(t *testing.T) {
	ctx := context.Background()
	from := t.TempDir()
	db := warehousetest.OpenAt(t, from)
	run := func(sql string, params map[string]any) {
		t.Helper()
		if err := db.Exec(ctx, sql, params); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	run("CREATE TABLE creditwatch.publications (run UInt64) ENGINE = MergeTree ORDER BY run", nil)
	run("CREATE TABLE creditwatch.a_rows (run UInt64, name Nullable(String)) ENGINE = MergeTree PARTITION BY run ORDER BY run", nil)
	run("CREATE TABLE creditwatch.z_rows (run UInt64, x UInt64) ENGINE = MergeTree PARTITION BY run ORDER BY x", nil)
	run("CREATE TABLE creditwatch.p_rows (run UInt64, x UInt64, era UInt64 MATERIALIZED 0) ENGINE = MergeTree PARTITION BY if(era = 0, run, era) ORDER BY (run, x)", nil)
	run("CREATE TABLE creditwatch.q_rows_pack_1_2 AS creditwatch.p_rows", nil) // left by a killed packing
	run("CREATE TABLE creditwatch.work_rows (run UInt64, day Date) ENGINE = MergeTree PARTITION BY (run, day) ORDER BY run", nil)
	run("CREATE TABLE creditwatch.entries (text String) ENGINE = MergeTree ORDER BY text", nil)
	run("CREATE TABLE creditwatch.claim_20260331 (held UInt8) ENGINE = Memory COMMENT '{\"pid\": 1}'", nil)
	run("CREATE VIEW creditwatch.z DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT run, x FROM creditwatch.z_rows WHERE run IN (SELECT run FROM creditwatch.publications)", nil)
	night := func(n int) error {
		for _, sql := range []string{
			"INSERT INTO creditwatch.work_rows SELECT {run:UInt64}, toDate('2026-03-31')",
			"INSERT INTO creditwatch.a_rows SELECT {run:UInt64}, if(number = 1, NULL, 'x') FROM numbers(3)",
			"INSERT INTO creditwatch.z_rows SELECT {run:UInt64}, number FROM numbers(5)",
			"INSERT INTO creditwatch.p_rows SELECT {run:UInt64}, number FROM numbers(2)",
			"INSERT INTO creditwatch.publications SELECT {run:UInt64}",
		} {
			if err := db.Exec(ctx, sql, map[string]any{"run": n}); err != nil {
				return err
			}
		}
		return nil
	}
	for n := 1; n <= 3; n++ {
		if err := night(n); err != nil {
			t.Fatal(err)
		}
	}
	run("INSERT INTO creditwatch.z_rows SELECT 99, 1", nil) // a night that is not published
	run("INSERT INTO creditwatch.p_rows SELECT 99, 1", nil)
	run("ALTER TABLE creditwatch.p_rows DROP PARTITION 1, DROP PARTITION 2", nil) // which lie in packs
	run("INSERT INTO creditwatch.p_rows (run, x, era) SELECT 1 + number % 2, number, 9223372036854775809 + number % 2 FROM numbers(4) SETTINGS insert_allow_materialized_columns = 1", nil)
	run("INSERT INTO creditwatch.entries SELECT 'it''s so'", nil)

	var stop atomic.Bool
	written := make(chan error, 1)
	go func() {
		for n := 4; ; n++ {
			if err := night(n); err != nil || stop.Load() {
				written <- err
				return
			}
		}
	}()
	folder := filepath.Join(warehouse.Backups(from), "stage")
	stored, err := db.Backup(ctx, folder, "publications")
	stop.Store(true)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range stored {
		names = append(names, s.Name)
	}
	if want := []string{"publications", "a_rows", "entries", "p_rows", "z_rows"}; !slices.Equal(names, want) {
		t.Errorf("stored %v, want %v", names, want)
	}
	if there := oneNumber(t, db, "SELECT count() FROM system.databases WHERE name LIKE '%readback%'"); there != "0" {
		t.Errorf("%s databases are left", there)
	}

	to := t.TempDir()
	other := warehousetest.OpenAt(t, to)
	copied := filepath.Join(warehouse.Backups(to), "stage")
	if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	if err := other.Restore(ctx, copied, stored); err != nil {
		t.Fatal(err)
	}
	runs := oneNumber(t, other, "SELECT count() FROM creditwatch.publications")
	for _, c := range []struct{ sql, want string }{
		{"SELECT count() FROM creditwatch.publications WHERE run IN (1, 2, 3)", "3"},
		{"SELECT count() FROM (SELECT run, count() AS n FROM creditwatch.a_rows GROUP BY run HAVING n = 3 AND run IN (SELECT run FROM creditwatch.publications))", runs},
		{"SELECT count() FROM (SELECT run, count() AS n FROM creditwatch.z_rows GROUP BY run HAVING n = 5 AND run IN (SELECT run FROM creditwatch.publications))", runs},
		{"SELECT countIf(run = 99) FROM creditwatch.z_rows", "0"},
		{"SELECT count() FROM (SELECT run, count() AS n FROM creditwatch.p_rows GROUP BY run HAVING n = 2 AND run IN (SELECT run FROM creditwatch.publications))", runs},
		{"SELECT countIf(era = 9223372036854775808 + run) FROM creditwatch.p_rows", "4"},
		{"SELECT count() FROM creditwatch.work_rows", "0"},
		{"SELECT uniqExact(run) FROM creditwatch.z", runs},
		{"SELECT countIf(isNull(name)) >= 3 FROM creditwatch.a_rows", "1"},
		{"SELECT countIf(text = 'it''s so') FROM creditwatch.entries", "1"},
		{"SELECT count() FROM system.tables WHERE database = 'creditwatch' AND name LIKE 'claim%'", "0"},
	} {
		if got := oneNumber(t, other, c.sql); got != c.want {
			t.Errorf("%s: %s, want %s", c.sql, got, c.want)
		}
	}
	if err := other.Restore(ctx, copied, stored); err == nil || !strings.Contains(err.Error(), "tables already") {
		t.Errorf("a second restore: %v", err)
	}

	// A backup that does not hold what is said of it is found out.
	for _, table := range []string{"z", "z_rows", "p_rows", "q_rows_pack_1_2", "a_rows", "entries", "publications", "work_rows"} {
		if err := other.Exec(ctx, "DROP TABLE creditwatch."+table+" SYNC", nil); err != nil {
			t.Fatal(err)
		}
	}
	wrong := slices.Clone(stored)
	wrong[len(wrong)-1].Checksum = "1"
	if err := other.Restore(ctx, copied, wrong); err == nil || !strings.Contains(err.Error(), "z_rows: restored are") {
		t.Errorf("another checksum: %v", err)
	}
}

func oneNumber(t *testing.T, db *warehouse.DB, sql string) string {
	t.Helper()
	n, err := warehouse.Select[uint64](context.Background(), db, sql, nil)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return fmt.Sprint(n[0])
}
