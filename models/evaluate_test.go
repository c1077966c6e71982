package models

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// shared returns a file of the data sets that lie beside the repository, or skips.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("CREDITWATCH_SHARED")
	for up, _ := os.Getwd(); dir == "" && filepath.Dir(up) != up; up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, "shared", "data")); err == nil {
			dir = filepath.Join(up, "shared")
		}
	}
	path := filepath.Join(dir, "data", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the data set is not there: %v", err)
		}
		t.Skipf("the data set is not there: %v", err)
	}
	return path
}

// On the raw Taiwan columns the published scorecard has 0.766, an EBM 0.7753, a random forest 0.772 (other splits).
func TestTaiwan(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute")
	}
	table, err := ReadTable(shared(t, "taiwan-credit-default/UCI_Credit_Card.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	start := time.Now()
	e, err := Evaluate(table, EvaluateOptions{Label: "default.payment.next.month", ID: "ID", Folds: 5, FoldBy: "id", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s\nafter %v", b, time.Since(start))
	if e.Rows != 30000 || e.Positives != 6636 {
		t.Errorf("%d rows, %d positive; want 30000 and 6636", e.Rows, e.Positives)
	}
	least := map[string]float64{"scorecard": 0.7745, "forest": 0.777}
	for _, l := range e.Learners {
		if l.MeanAUC < least[l.Learner] {
			t.Errorf("%s: mean AUC %.4f, want at least %.4f", l.Learner, l.MeanAUC, least[l.Learner])
		}
		if l.Split.Brier > 0.136 || l.Split.LogLoss > 0.435 || l.Split.KS < 0.40 {
			t.Errorf("%s: %+v; want Brier up to 0.136, log loss up to 0.435, KS at least 0.40", l.Learner, l.Split)
		}
	}
	fmt.Fprintln(os.Stderr, time.Since(start))
}
