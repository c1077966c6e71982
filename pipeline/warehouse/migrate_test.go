package warehouse_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

func files(sql map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range sql {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

var schema = map[string]string{
	"0001_customers.sql": "-- who buys from us\nCREATE TABLE IF NOT EXISTS customers (id String COMMENT 'customer number') ENGINE = MergeTree ORDER BY id;\n",
	"0002_owner.sql":     "ALTER TABLE customers ADD COLUMN IF NOT EXISTS owner String COMMENT 'who looks after it'",
	"0010_names.sql":     "CREATE OR REPLACE VIEW names DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT id FROM customers",
}

func applied(t *testing.T, db *warehouse.DB) []string {
	t.Helper()
	names, err := warehouse.Select[string](context.Background(), db, "SELECT name FROM migrations ORDER BY number", nil)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestMigrateTwice(t *testing.T) {
	db := warehousetest.Open(t)
	ctx := context.Background()
	pending, err := db.Pending(ctx, files(schema))
	if err != nil || len(pending) != 3 || pending[2].Number != 10 {
		t.Fatalf("pending: %v, %v", pending, err)
	}
	want := []string{"0001_customers.sql", "0002_owner.sql", "0010_names.sql"}
	for range 2 {
		if err := db.Migrate(ctx, files(schema)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, applied(t, db)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	if pending, err := db.Pending(ctx, files(schema)); err != nil || len(pending) != 0 {
		t.Errorf("still pending: %v, %v", pending, err)
	}
}

func TestMigrateConcurrently(t *testing.T) {
	db := warehousetest.Open(t)
	sql := maps.Clone(schema)
	for i := 11; i < 30; i++ {
		sql[fmt.Sprintf("%04d_more.sql", i)] = fmt.Sprintf("CREATE TABLE IF NOT EXISTS more_%d (x UInt8) ENGINE = MergeTree ORDER BY x", i)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := db.Migrate(context.Background(), files(sql)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := applied(t, db); len(got) != len(sql) {
		t.Errorf("%d records of %d files: %v", len(got), len(sql), got)
	}
}

func TestMigrateWhileTheEngineIsKilled(t *testing.T) {
	dir := t.TempDir()
	db := warehousetest.OpenAt(t, dir)
	sql := map[string]string{}
	for i := 1; i < 60; i++ {
		sql[fmt.Sprintf("%04d_more.sql", i)] = fmt.Sprintf("CREATE TABLE IF NOT EXISTS more_%d (x UInt8) ENGINE = MergeTree ORDER BY x", i)
	}
	done := make(chan error, 1)
	go func() { done <- db.Migrate(context.Background(), files(sql)) }()
	eventually(t, "half of the files are applied", func() bool {
		n, err := warehouse.Select[uint64](context.Background(), db, "SELECT count() FROM system.tables WHERE name LIKE 'more_%'", nil)
		return err == nil && n[0] > 20
	})
	kill9(t, enginePID(t, dir))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if pending, err := db.Pending(context.Background(), files(sql)); err != nil || len(pending) != 0 {
		t.Errorf("still pending: %d, %v", len(pending), err)
	}
}

func TestClaimOfAKilledProcessIsFree(t *testing.T) {
	dir := t.TempDir()
	db := warehousetest.OpenAt(t, dir)
	// the second process joins our engine, claims the migrations and hangs in one that takes for ever
	holder := second(t, dir, "migrate")
	eventually(t, "the second process holds the claim", func() bool { return running(t, db, "pending_forever") > 0 })
	holder.Process.Kill()
	holder.Wait()
	if err := db.Migrate(context.Background(), files(schema)); err != nil {
		t.Fatal(err)
	}
}

func TestMigrateRefuses(t *testing.T) {
	with := func(name, text string) map[string]string {
		sql := maps.Clone(schema)
		sql[name] = text
		return sql
	}
	older := maps.Clone(schema)
	delete(older, "0010_names.sql")
	gone := maps.Clone(schema)
	delete(gone, "0002_owner.sql")

	db := warehousetest.Open(t)
	if err := db.Migrate(context.Background(), files(schema)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		sql    map[string]string
		want   string
		schema bool
	}{
		{"a changed file", with("0002_owner.sql", "ALTER TABLE customers ADD COLUMN IF NOT EXISTS boss String"), "0002_owner.sql was changed", true},
		{"a newer database", older, "the database has 0010_names.sql, this binary knows files up to 0002", true},
		{"a file that is gone", gone, "the database has 0002_owner.sql", true},
		{"a number used twice", with("0002_other.sql", "DROP TABLE IF EXISTS x"), "number 0002 is taken by 0002_other.sql", false},
		{"a bad name", with("3_x.sql", "DROP TABLE IF EXISTS x"), "3_x.sql: want a name like", false},
		{"not safe to run twice", with("0011_x.sql", "CREATE TABLE x (y UInt8) ENGINE = Memory"), "0011_x.sql: not safe to run twice", false},
		{"no files", nil, "no schema files", false},
	} {
		err := db.Migrate(context.Background(), files(c.sql))
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, warehouse.ErrSchema) != c.schema {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	err := db.Migrate(context.Background(), files(with("0011_broken.sql", "CREATE TABLE IF NOT EXISTS x (y Nonsense) ENGINE = Memory")))
	if err == nil || !strings.Contains(err.Error(), "0011_broken.sql") {
		t.Errorf("a broken statement: got %v, want its file named", err)
	}
	if got := applied(t, db); len(got) != 3 {
		t.Errorf("a broken statement is on record: %v", got)
	}
}

func TestOnlyOneHoldsTheMigrations(t *testing.T) {
	db := warehousetest.Open(t)
	var holders, turns atomic.Int32
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 2 {
				held, release, err := warehouse.HoldMigrations(db, context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d hold it at once", n)
				}
				time.Sleep(10 * time.Millisecond)
				if held.Err() != nil {
					t.Errorf("lost while held: %v", context.Cause(held))
				}
				turns.Add(1)
				holders.Add(-1)
				release()
			}
		})
	}
	wg.Wait()
	if turns.Load() != 12 {
		t.Errorf("%d turns, want 12", turns.Load())
	}
}
