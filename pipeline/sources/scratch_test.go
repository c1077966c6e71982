package sources

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gofrs/flock"
)

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestScratchOfTheDeadIsRemoved: what processes that were killed left behind goes, what a living one uses stays.
func TestScratchOfTheDeadIsRemoved(t *testing.T) {
	scratch := filepath.Join(t.TempDir(), "tmp")
	living := &pull{night: Night{Scratch: scratch}}
	if err := living.night.sweepScratch(); err != nil { // before there is any
		t.Fatal(err)
	}
	if err := living.makeCopies(); err != nil {
		t.Fatal(err)
	}
	put := func(parts ...string) string {
		t.Helper()
		path := filepath.Join(append([]string{scratch}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// Killed before it held its lock, killed with it, and one whose lock the kernel freed while another looked.
	put(copiesPrefix+"early", "000001-tx.csv")
	put(copiesPrefix+"late", lockName)
	put(copiesPrefix+"late", "000001-tx.csv")
	put(spoolPrefix + "1")
	put("of somebody else")
	other := flock.New(put(copiesPrefix+"other", lockName))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	own := filepath.Base(living.copiesIn)
	want := func(names ...string) {
		t.Helper()
		slices.Sort(names)
		if got := namesIn(t, scratch); !slices.Equal(got, names) {
			t.Errorf("there are %q, want %q", got, names)
		}
	}
	for range 2 {
		if err := (Night{Scratch: scratch}).sweepScratch(); err != nil {
			t.Fatal(err)
		}
		want(lockName, own, copiesPrefix+"other", "of somebody else")
	}
	if err := other.Unlock(); err != nil { // as its process dies
		t.Fatal(err)
	}
	f, err := living.newSpool()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := living.night.sweepScratch(); err != nil {
		t.Fatal(err)
	}
	want(lockName, own, "of somebody else")
	if info, err := os.Stat(living.copiesIn); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the copies: %v, %v", info, err)
	}
	living.dropCopies()
	want(lockName, "of somebody else")
}
