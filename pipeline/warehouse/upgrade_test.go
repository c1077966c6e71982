package warehouse_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// everyVersion asks for an upgrade from every schema that ever was; half an hour.
var everyVersion = flag.Bool("every-version", os.Getenv("CREDITWATCH_SWEEP") != "", "upgrade a database from every schema that ever was")

// upTo returns the schema files as they were when the first n of them were all there was.
func upTo(t *testing.T, n int) fstest.MapFS {
	t.Helper()
	old := fstest.MapFS{}
	for _, name := range schemaNames(t)[:n] {
		text, err := fs.ReadFile(warehouse.Schema, name)
		if err != nil {
			t.Fatal(err)
		}
		old[name] = &fstest.MapFile{Data: text}
	}
	return old
}

func schemaNames(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(warehouse.Schema, "*.sql")
	if err != nil || len(names) < 100 {
		t.Fatalf("%d schema files, %v", len(names), err)
	}
	return names
}

// structureOf is what the database says of its tables, columns and views.
func structureOf(t *testing.T, db *warehouse.DB) []string {
	t.Helper()
	lines, err := warehouse.Select[string](context.Background(), db, `
SELECT concat(table, '.', name, ' ', type, ' ', default_kind, ' ', default_expression, ' ', comment) AS line
FROM system.columns WHERE database = 'creditwatch'
UNION ALL
SELECT concat(name, ' ', engine, ' ', engine_full, ' ', as_select, ' ', comment) AS line
FROM system.tables WHERE database = 'creditwatch'`, nil)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

// TestUpgrade: a database of an earlier version, with rows in every table, becomes the one that a fresh start makes, and
// keeps its rows. By default one database stops before every file that changes a table which is there already, gets a row in that
// table and goes on; -every-version begins one at every file, with a row in every table.
func TestUpgrade(t *testing.T) {
	ctx := context.Background()
	fresh := warehousetest.Open(t)
	if err := fresh.Migrate(ctx, warehouse.Schema); err != nil {
		t.Fatal(err)
	}
	want := structureOf(t, fresh)
	if len(want) < 500 {
		t.Fatalf("%d lines of structure; the schema has more", len(want))
	}
	names := schemaNames(t)
	alters := regexp.MustCompile(`(?im)^ALTER TABLE creditwatch\.(\w+)`)
	changed := map[int]string{}
	var stops, all []int
	for i, name := range names {
		text, err := fs.ReadFile(warehouse.Schema, name)
		if err != nil {
			t.Fatal(err)
		}
		if m := alters.FindSubmatch(text); m != nil {
			stops, changed[i] = append(stops, i), string(m[1])
		}
		if i > 0 {
			all = append(all, i)
		}
	}
	if len(stops) < 10 {
		t.Fatalf("%d files change a table; the schema has more", len(stops))
	}
	upgrade(t, names, stops, changed, want)
	if *everyVersion {
		for _, n := range all {
			t.Run("from "+names[n-1], func(t *testing.T) { upgrade(t, names, []int{n}, nil, want) })
		}
	}
}

// upgrade brings a database to the schema before each stop, puts a row into the table that is changed there, or into all if none is
// named, and goes on to today's schema.
func upgrade(t *testing.T, names []string, stops []int, changed map[int]string, want []string) {
	t.Helper()
	ctx := context.Background()
	db := warehousetest.Open(t)
	var tables, before []string
	for _, n := range stops {
		if err := db.Migrate(ctx, upTo(t, n)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, rowsOf(t, db, tables)); diff != "" {
			t.Errorf("rows before %s (-before +after):\n%s", names[n], diff)
		}
		into, err := warehouse.Select[string](ctx, db, `
SELECT table FROM system.columns
WHERE database = 'creditwatch' AND name = 'run' AND table IN (SELECT name FROM system.tables WHERE database = 'creditwatch' AND endsWith(engine, 'MergeTree'))
ORDER BY table`, nil)
		if err != nil {
			t.Fatal(err)
		}
		if table := changed[n]; table != "" {
			if !slices.Contains(into, table) {
				t.Fatalf("%s changes %s, which is not there or has no run", names[n], table)
			}
			into = []string{table}
		}
		for _, table := range into {
			if err := db.Exec(ctx, "INSERT INTO creditwatch."+table+" (run) SELECT {run:UInt64}", map[string]any{"run": n}); err != nil {
				t.Fatalf("%s: %v", table, err)
			}
		}
		tables = slices.Compact(slices.Sorted(slices.Values(append(tables, into...))))
		before = rowsOf(t, db, tables)
	}
	if err := db.Migrate(ctx, warehouse.Schema); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, structureOf(t, db)); diff != "" {
		t.Errorf("not what a fresh start makes (-fresh +upgraded):\n%s", diff)
	}
	if diff := cmp.Diff(before, rowsOf(t, db, tables)); diff != "" {
		t.Errorf("rows (-before +after):\n%s", diff)
	}
	// An earlier program does not touch what it does not know.
	err := db.Migrate(ctx, upTo(t, stops[0]))
	if !errors.Is(err, warehouse.ErrSchema) || !strings.Contains(err.Error(), "use a newer binary") {
		t.Errorf("an earlier program: %v", err)
	}
}

// rowsOf counts the rows of the tables; every column is read, so one that cannot be is found.
func rowsOf(t *testing.T, db *warehouse.DB, tables []string) []string {
	t.Helper()
	var counts []string // of the tables in turn
	for _, table := range tables {
		n, err := warehouse.Select[uint64](context.Background(), db, "SELECT countIf(cityHash64(tuple(*)) >= 0) FROM creditwatch."+table, nil)
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		counts = append(counts, fmt.Sprintf("%s %d", table, n[0]))
	}
	return counts
}
