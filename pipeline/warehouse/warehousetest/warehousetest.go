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
	"os"
	"path/filepath"
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

// Migrated starts an engine whose schema is up to date; see [MigratedDir].
func Migrated(t testing.TB) *warehouse.DB {
	t.Helper()
	return OpenAt(t, MigratedDir(t))
}

// MigratedDir returns a data directory whose schema is up to date: a copy of one that was brought there once, for the two hundred changes
// take longer than most tests.
func MigratedDir(t testing.TB) string {
	t.Helper()
	template.once.Do(func() {
		ctx := context.Background()
		if template.dir, template.err = os.MkdirTemp("", "creditwatch-template-"); template.err != nil {
			return
		}
		db, err := warehouse.Open(ctx, warehouse.Options{Dir: template.dir, MemoryBytes: 2 << 30, Progress: func(line string) { t.Log(line) }})
		if err == nil {
			err = errors.Join(db.Migrate(ctx, warehouse.Schema), db.Close())
		}
		template.err = err
	})
	if template.err != nil {
		t.Fatal(template.err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "engine"), os.DirFS(filepath.Join(template.dir, "engine"))); err != nil {
		t.Fatal(err)
	}
	return dir
}
