// Package warehousetest gives a test a warehouse of its own: a real engine on a directory that goes away with the test.
//
//	func TestMain(m *testing.M) { warehousetest.Main(m) }
//
//	func TestSomething(t *testing.T) {
//		db := warehousetest.Open(t)
//		…
//	}
package warehousetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/engine"
)

// Main runs the tests of a package that uses [Open]; the test binary is also the engine's process, so TestMain must
// call it.
func Main(m *testing.M) {
	engine.MaybeChild()
	code := m.Run()
	if emptied.db != nil {
		if err := errors.Join(emptied.db.Close(), os.RemoveAll(emptied.dir)); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if template.dir != "" {
		os.RemoveAll(template.dir)
	}
	os.Exit(code)
}

// Open starts an engine on a directory of the test's own; it ends with the test. The first call of a user fetches
// the engine.
func Open(t testing.TB) *warehouse.DB {
	t.Helper()
	return OpenAt(t, t.TempDir())
}

// OpenAt starts or joins the engine on dir.
func OpenAt(t testing.TB, dir string) *warehouse.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	db, err := warehouse.Open(ctx, warehouse.Options{
		Dir:         dir,
		MemoryBytes: 2 << 30,
		Progress:    func(line string) { t.Log(line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// template is a data directory whose schema is that of today, made once in a process.
var template struct {
	once sync.Once
	dir  string
	err  error
}

func makeTemplate(t testing.TB) {
	ctx := context.Background()
	if template.dir, template.err = os.MkdirTemp("", "creditwatch-template-"); template.err != nil {
		return
	}
	db, err := warehouse.Open(ctx, warehouse.Options{Dir: template.dir, MemoryBytes: 2 << 30, Progress: func(line string) { t.Log(line) }})
	if err == nil {
		err = errors.Join(db.Migrate(ctx, warehouse.Schema), db.Close())
	}
	template.err = err
}

// Migrated starts an engine whose schema is up to date; see [MigratedDir].
func Migrated(t testing.TB) *warehouse.DB {
	t.Helper()
	return OpenAt(t, MigratedDir(t))
}

// MigratedDir returns a data directory whose schema is up to date: a copy of one that was brought there once, for the two hundred changes
// take longer than most tests.
func MigratedDir(t testing.TB) string {
	t.Helper()
	template.once.Do(func() { makeTemplate(t) })
	if template.err != nil {
		t.Fatal(template.err)
	}
	dir := t.TempDir()
	copyTemplate(t, dir)
	return dir
}

func copyTemplate(t testing.TB, dir string) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(dir, "engine"), os.DirFS(filepath.Join(template.dir, "engine"))); err != nil {
		t.Fatal(err)
	}
}

// emptied is the engine that the tests of a process have one after the other.
var emptied struct {
	db     *warehouse.DB
	dir    string
	tables []string // of the schema
}

// Emptied returns an engine whose schema is up to date and whose tables are empty. It is the same for every test of the process, which saves a
// test the start of an engine: for tests that are not parallel, that do not end the engine, and that are done with what an
// earlier call gave them.
func Emptied(t testing.TB) *warehouse.DB {
	t.Helper()
	ctx := context.Background()
	if emptied.db == nil {
		template.once.Do(func() { makeTemplate(t) })
		if template.err != nil {
			t.Fatal(template.err)
		}
		dir, err := os.MkdirTemp("", "creditwatch-emptied-")
		if err != nil {
			t.Fatal(err)
		}
		copyTemplate(t, dir)
		if emptied.db, err = warehouse.Open(ctx, warehouse.Options{Dir: dir, MemoryBytes: 2 << 30}); err != nil {
			t.Fatal(err)
		}
		emptied.dir = dir
	}
	type table struct {
		Name string `ch:"name"`
		Full bool   `ch:"full"`
	}
	tables, err := warehouse.Select[table](ctx, emptied.db, "SELECT name, name != 'migrations' AND ifNull(total_rows, 0) > 0 AS full FROM system.tables WHERE database = 'creditwatch' ORDER BY name", nil)
	if err != nil {
		t.Fatal(err)
	}
	first := emptied.tables == nil
	for _, tab := range tables {
		statement := ""
		switch {
		case first:
			emptied.tables = append(emptied.tables, tab.Name)
		case !slices.Contains(emptied.tables, tab.Name):
			statement = "DROP TABLE IF EXISTS creditwatch.`" + tab.Name + "` SYNC"
		case tab.Full:
			statement = "TRUNCATE TABLE creditwatch.`" + tab.Name + "` SYNC"
		}
		if statement != "" {
			if err := emptied.db.Exec(ctx, statement, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	return emptied.db
}
