package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"creditwatch/pipeline/warehouse/warehousetest"
)

// TestReportFolderThatTakesNothing: what stands in the way of a report is named and left alone; the night stays published, and when the way
// is free the pages come out of the warehouse as they were, also in place of one that was changed.
func TestReportFolderThatTakesNothing(t *testing.T) {
	db := warehousetest.Migrated(t)
	const page = "<title>the night</title>"
	sum := sha256.Sum256([]byte(page))
	for _, sql := range []string{
		"INSERT INTO creditwatch.publications (as_of, run, fence) VALUES ('2026-03-31', 7, 1)",
		"INSERT INTO creditwatch.reports_rows (run, as_of, language, file, sha256, content) VALUES (7, '2026-03-31', 'en', 'night-en.html', '" + hex.EncodeToString(sum[:]) + "', '" + page + "')",
	} {
		if err := db.Exec(t.Context(), sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(t.TempDir(), "reports")
	if err := os.WriteFile(folder, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := RestoreReports(t.Context(), db, folder); err == nil || !strings.Contains(err.Error(), folder) {
		t.Fatalf("a file in place of the folder: error %v, want one that names it", err)
	}
	if b, err := os.ReadFile(folder); err != nil || string(b) != "mine" {
		t.Errorf("the file in the way: %q, %v", b, err)
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "night-en.html")
	for _, what := range []string{"no folder", "a changed page", "a folder in place of the page"} {
		switch what {
		case "a changed page":
			if err := os.WriteFile(path, []byte("changed"), 0o600); err != nil {
				t.Fatal(err)
			}
		case "a folder in place of the page":
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		err := RestoreReports(t.Context(), db, folder)
		if what == "a folder in place of the page" {
			if left, _ := filepath.Glob(filepath.Join(folder, ".new-*")); err == nil || len(left) > 0 {
				t.Errorf("%s: error %v, left over %v", what, err, left)
			}
			continue
		}
		if b, readErr := os.ReadFile(path); err != nil || readErr != nil || string(b) != page {
			t.Errorf("%s: %q, %v, %v", what, b, err, readErr)
		}
	}
}
