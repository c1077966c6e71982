package warehouse_test

import (
	"testing"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// TestClearFormer: of what merges have read and removed partitions have left nothing stays, what is stored does, and no table is left in a hurry.
func TestClearFormer(t *testing.T) {
	db := warehousetest.Open(t)
	exec := func(sql string) {
		t.Helper()
		if err := db.Exec(t.Context(), sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	count := func(sql string) uint64 {
		t.Helper()
		n, err := warehouse.Select[uint64](t.Context(), db, sql, nil)
		if err != nil || len(n) != 1 {
			t.Fatal(n, err)
		}
		return n[0]
	}
	exec("CREATE TABLE creditwatch.merged (x UInt64) ENGINE = MergeTree ORDER BY x")
	exec("CREATE TABLE creditwatch.hasty (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS old_parts_lifetime = 1")
	exec("CREATE TABLE creditwatch.parted (run UInt64) ENGINE = MergeTree PARTITION BY run ORDER BY run")
	for _, v := range []string{"1", "2", "3"} {
		exec("INSERT INTO creditwatch.merged VALUES (" + v + ")")
		exec("INSERT INTO creditwatch.parted VALUES (" + v + ")")
	}
	exec("OPTIMIZE TABLE creditwatch.merged FINAL")
	exec("ALTER TABLE creditwatch.parted DROP PARTITION 2")
	const former = "SELECT count() FROM system.parts WHERE database = 'creditwatch' AND NOT active"
	if n := count(former); n < 4 {
		t.Fatalf("%d former parts, want three that were merged and one that was removed", n)
	}
	if err := db.ClearFormer(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(former); n != 0 {
		t.Errorf("%d former parts are left", n)
	}
	if n := count("SELECT sum(x) FROM creditwatch.merged"); n != 6 {
		t.Errorf("what was merged sums up to %d, want 6", n)
	}
	if n := count("SELECT sum(run) FROM creditwatch.parted"); n != 4 {
		t.Errorf("what was not removed sums up to %d, want 4", n)
	}
	if n := count("SELECT count() FROM system.tables WHERE database = 'creditwatch' AND position(engine_full, 'old_parts_lifetime') > 0"); n != 0 {
		t.Errorf("%d tables go on dropping what merges have read at once", n)
	}
	if err := db.ClearFormer(t.Context()); err != nil {
		t.Errorf("with nothing to clear: %v", err)
	}
}
