package jobs

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// TestNightThatCannotStart: where the engine does not start, or starts without what was published, a night ends with 5 and says why;
// nothing is put in the place of the old database, which is as it was once the cause is gone.
func TestNightThatCannotStart(t *testing.T) {
	data := warehousetest.MigratedDir(t)
	db := warehousetest.OpenAt(t, data)
	if err := db.Exec(t.Context(), "INSERT INTO creditwatch.publications (as_of, run, published_at) SELECT '2026-03-31', 7, '2026-04-01 02:00:00'", nil); err != nil {
		t.Fatal(err)
	}
	var part, definition string
	mustEach(t, db, "SELECT path FROM system.parts WHERE database = 'creditwatch' AND table = 'publications' AND active", func(r *rows.Row) { part = r.Text("path") })
	mustEach(t, db, "SELECT metadata_path AS path FROM system.tables WHERE database = 'creditwatch' AND name = 'scores_rows'", func(r *rows.Row) { definition = r.Text("path") })
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(definition) {
		definition = filepath.Join(data, "engine", definition)
	}
	night := func(under ...string) *call {
		c := program(t, nil, "--data", data, "--config", "testdata/tiny/creditwatch.yaml", "--quiet", "run", "--date", "2026-04-01")
		c.under(t, under...)
		return c
	}
	ends := func(c *call, want ...string) {
		t.Helper()
		c.want(t, exitUnreachable)
		for _, w := range want {
			if !strings.Contains(c.err.String(), w) {
				t.Errorf("%q is not said:\n%s", w, &c.err)
			}
		}
		if c.err.Len() > 2000 || strings.Contains(c.err.String(), "goroutine ") {
			t.Errorf("a message of %d bytes:\n%s", c.err.Len(), &c.err)
		}
	}
	// cut leaves the first bytes of a file and returns what brings it back.
	cut := func(path string) func() {
		t.Helper()
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, whole[:len(whole)/3], 0o600); err != nil {
			t.Fatal(err)
		}
		return func() {
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, whole[:len(whole)/3]) {
				t.Errorf("%s is not what was left of it: %v", path, err)
			}
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}

	// The log of an earlier engine, longer than what is told of it.
	if err := os.WriteFile(filepath.Join(data, "engine.log"), []byte(strings.Repeat("a line of last week\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	back := cut(definition)
	ends(night(), "scores_rows.sql", "database is unreachable")
	back()
	if _, err := exec.LookPath("prlimit"); err == nil || os.Getenv("CI") != "" {
		ends(night("prlimit", "--nofile=64"), "too many open files; raise the limit")
	}

	// A part cut off: the engine sets it aside and starts without it.
	cut(filepath.Join(part, "data.bin"))
	ends(night(), "the database may have lost rows", "publications/broken-on-start_", "creditwatch restore")
	ends(night(), "publications/broken-on-start_") // nor the second time
	doctor := program(t, nil, "--data", data, "doctor")
	if code := doctor.run(t); code != exitFailed || !strings.Contains(doctor.out.String(), "broken parts: publications/broken-on-start_") {
		t.Errorf("doctor ends with %d:\n%s", code, &doctor.out)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(strings.TrimSuffix(part, "/")), "detached", "broken-on-start_*")); err != nil || len(left) != 1 {
		t.Errorf("kept are %q, want the one part: %v", left, err)
	}
	if _, err := os.Stat(filepath.Join(data, "reports", "creditwatch-2026-04-01-en.html")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a night was published over it: %v", err)
	}
}
