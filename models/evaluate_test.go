package models

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
	e, err := Evaluate(table, EvaluateOptions{Label: "default.payment.next.month", ID: "ID", Folds: 5, FoldBy: "id", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", b)
	if e.Rows != 30000 || e.Positives != 6636 {
		t.Errorf("%d rows, %d positive; want 30000 and 6636", e.Rows, e.Positives)
	}
	least := map[string]float64{"scorecard": 0.7745, "forest": 0.7775}
	for _, l := range e.Learners {
		if l.MeanAUC < least[l.Learner] {
			t.Errorf("%s: mean AUC %.4f, want at least %.4f", l.Learner, l.MeanAUC, least[l.Learner])
		}
		if l.Split.Brier > 0.136 || l.Split.LogLoss > 0.435 || l.Split.KS < 0.40 {
			t.Errorf("%s: %+v; want Brier up to 0.136, log loss up to 0.435, KS at least 0.40", l.Learner, l.Split)
		}
	}
}

// creditTable writes a table of n rows whose label follows use and kind.
func creditTable(n int) string {
	var b strings.Builder
	b.WriteString("no,use,kind,outcome\n")
	for i := range n {
		use := i * 7919 % 1000
		kind := []string{"steel", "food", "trade"}[i%3]
		outcome := "paid"
		if i*104729%1000 < use/2+100*(i%3) {
			outcome = "default"
		}
		fmt.Fprintf(&b, "%d,%d,%s,%s\n", 1000+i, use, kind, outcome)
	}
	return b.String()
}

func TestEvaluateAnswersInTheAgreedForm(t *testing.T) {
	table, err := ReadTable(written(t, "a.csv", []byte(creditTable(900))))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	var mu sync.Mutex
	var seconds int
	o := EvaluateOptions{Label: "outcome", Positive: "default", ID: "no", Folds: 3, FoldBy: "id", Options: Options{Trees: 10},
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); seconds++; return time.Unix(int64(seconds), 0) }}
	e, err := Evaluate(table, o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`[0-9.]+`).ReplaceAllString(string(b), "0")
	learner := `{"learner":"%s","mean_auc":0,"fold_auc":[0,0,0],"mean_brier":0,"mean_log_loss":0,"split":{"auc":0,"ks":0,"log_loss":0,"brier":0},"fit_seconds":0,"score_rows_per_second":0}`
	var each []string
	for _, name := range Learners {
		each = append(each, fmt.Sprintf(learner, name))
	}
	if want := fmt.Sprintf(`{"rows":0,"positives":0,"learners":[%s],"chosen":"%s"}`, strings.Join(each, ","), e.Chosen); form != want {
		t.Errorf("got  %s\nwant %s", form, want)
	}
	for _, l := range e.Learners {
		if l.MeanAUC < 0.7 || l.FitSeconds < 1 || l.ScoreRowsPerSecond != 300 {
			t.Errorf("%+v", l)
		}
	}
	var out strings.Builder
	if _, err := e.WriteTo(&out); err != nil || !strings.Contains(out.String(), "900 rows") || !strings.Contains(out.String(), "* "+e.Chosen) {
		t.Errorf("%v: the terminal shows\n%s", err, out.String())
	}

	// Neither parallel folds nor a second run may change a figure.
	again, err := Evaluate(table, o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, again); diff != "" {
		t.Errorf("evaluated twice (-first +second):\n%s", diff)
	}
}

// The choice may not look at fold 0: labels there turned over, what it is made by stays to the bit.
func TestChoiceIgnoresTheTestRows(t *testing.T) {
	in := aBook(900, 1)
	g := bookGrid(t, in)
	fold := make([]int, 900)
	for row := range fold {
		fold[row] = (row + 1) % 3
	}
	e := evaluator{matrix: g.matrix(), label: in.Default, fold: fold, options: EvaluateOptions{Folds: 3, Now: time.Now, Options: in.Options.withDefaults()}}
	turned := e
	turned.label = slices.Clone(in.Default)
	for row, k := range fold {
		if k == 0 {
			turned.label[row] = 1 - turned.label[row]
		}
	}
	before, chosen, err := e.judge()
	if err != nil {
		t.Fatal(err)
	}
	_, after, err := turned.judge()
	if err != nil {
		t.Fatal(err)
	}
	if chosen != after || chosen == "" {
		t.Errorf("chosen %q, and %q with the test labels turned over; %+v", chosen, after, before)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	mixed := "id,x,y,z\n1,1,0,a\n2,2,1,b\n3,3,0,a\n4,4,1,b\n"
	for _, c := range []struct {
		name, csv string
		o         EvaluateOptions
		want      string
	}{
		{"no such label", mixed, EvaluateOptions{Label: "q"}, `0 columns named "q"`},
		{"no such id", mixed, EvaluateOptions{Label: "y", ID: "q", Folds: 2}, `0 columns named "q"`},
		{"text labels without a positive", mixed, EvaluateOptions{Label: "z", Folds: 2}, "say which one is positive"},
		{"three labels", mixed, EvaluateOptions{Label: "x", Folds: 2}, "a.csv:4: column \"x\": \"3\" is a third label"},
		{"a positive that never occurs", mixed, EvaluateOptions{Label: "z", Positive: "c", Folds: 2}, `no row has the positive label "c"`},
		{"a label missing", "x,y\n1,0\n2,\n", EvaluateOptions{Label: "y", Folds: 2}, "a.csv:3: column \"y\": the label is missing"},
		{"one label only", "x,y\n1,0\n2,0\n", EvaluateOptions{Label: "y", Folds: 2}, "every row has the label 0"},
		{"ids that are text", mixed, EvaluateOptions{Label: "y", ID: "z", FoldBy: "id", Folds: 2}, "a.csv:2: column \"z\": want an integer"},
		{"folds by id without one", mixed, EvaluateOptions{Label: "y", FoldBy: "id", Folds: 2}, "folds by id need an id column"},
		{"folds by moon", mixed, EvaluateOptions{Label: "y", FoldBy: "moon", Folds: 2}, `folds by "moon"`},
		{"more folds than rows", mixed, EvaluateOptions{Label: "y", Folds: 9}, "9 folds of 4 rows"},
		{"a fold of one class", mixed, EvaluateOptions{Label: "y", Folds: 2}, "fold 0 has 2 positive rows of 2"},
		{"nothing but a label", "y\n1\n0\n", EvaluateOptions{Label: "y", Folds: 2}, "no feature columns"},
		{"an unknown learner", creditTable(90), EvaluateOptions{Label: "outcome", Positive: "default", Options: Options{Learners: []string{"oracle"}}}, `learner "oracle"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, err := ReadTable(written(t, "a.csv", []byte(c.csv)))
			if err != nil {
				t.Fatal(err)
			}
			defer table.Release()
			if _, err := Evaluate(table, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
