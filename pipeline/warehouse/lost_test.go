package warehouse_test

import (
	"os"
	"path/filepath"
	"testing"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// TestTokenOfALostPart: an engine that died between the token of an insert and its part takes the insert when it is sent again, and no other twice.
func TestTokenOfALostPart(t *testing.T) {
	dir := t.TempDir()
	db := warehousetest.OpenAt(t, dir)
	exec := func(sql, token string) {
		t.Helper()
		if err := db.Exec(warehouse.WithToken(t.Context(), token), sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE creditwatch.z (run UInt64, x UInt64) ENGINE = MergeTree PARTITION BY run ORDER BY x SETTINGS non_replicated_deduplication_window = 100", "")
	all := []string{"1, 1", "1, 2", "1, 3", "2, 4", "3, 5"}
	for _, v := range all {
		exec("INSERT INTO creditwatch.z SELECT "+v, v)
	}
	exec("OPTIMIZE TABLE creditwatch.z PARTITION 1 FINAL", "")
	db.Close()
	lost, err := filepath.Glob(filepath.Join(dir, "engine", "store", "*", "*", "2_*"))
	if err != nil || len(lost) != 1 {
		t.Fatal(lost, err)
	}
	if err := os.RemoveAll(lost[0]); err != nil { // as if the engine had died before it was put in place
		t.Fatal(err)
	}
	former, err := filepath.Glob(filepath.Join(dir, "engine", "store", "*", "*", "1_*_0"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range former { // their rows are in the merged part
		if err := os.RemoveAll(f); err != nil {
			t.Fatal(err)
		}
	}
	logs, err := filepath.Glob(filepath.Join(dir, "engine", "store", "*", "*", "deduplication_logs", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, log := range logs { // their last line was being written
		f, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("1\t7_1_"); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if err := os.WriteFile(filepath.Join(dir, "engine", "status"), nil, 0o640); err != nil { // which a killed engine leaves
		t.Fatal(err)
	}
	db = warehousetest.OpenAt(t, dir)
	defer db.Close()
	for _, v := range all {
		exec("INSERT INTO creditwatch.z SELECT "+v, v)
	}
	got, err := warehouse.Select[uint64](t.Context(), db, "SELECT x FROM creditwatch.z ORDER BY x", nil)
	if err != nil || len(got) != 5 || got[0] != 1 || got[3] != 4 || got[4] != 5 {
		t.Errorf("%v, %v; want 1 to 5, each once", got, err)
	}
}
