package sources

import (
	"os"
	"path/filepath"
	"testing"
)

// shared is a folder of the real data sets, which lie beside the repository. Without them a test is skipped, but not in CI.
func shared(t testing.TB, set string) string {
	t.Helper()
	at := os.Getenv("CREDITWATCH_SHARED")
	if at == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for at == "" && dir != filepath.Dir(dir) {
			dir = filepath.Dir(dir)
			if _, err := os.Stat(filepath.Join(dir, "shared", "data")); err == nil {
				at = filepath.Join(dir, "shared")
			}
		}
	}
	folder := filepath.Join(at, "data", set)
	if _, err := os.Stat(folder); at == "" || err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("data set %s is not there: set CREDITWATCH_SHARED", set)
		}
		t.Skipf("data set %s is not there: set CREDITWATCH_SHARED", set)
	}
	return folder
}
