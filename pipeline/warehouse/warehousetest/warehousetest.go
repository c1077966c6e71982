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
	"os"
	"testing"
	"time"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/engine"
)

// Main runs the tests of a package that uses [Open]; the test binary is also the engine's process, so TestMain must
// call it.
func Main(m *testing.M) {
	engine.MaybeChild()
	os.Exit(m.Run())
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
