package models

import (
	"encoding/json"
	"fmt"
	"math"
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
	least := map[string]float64{"scorecard": 0.7745, "linear": 0.7775, "forest": 0.7805, "boosted": 0.7855, "blend": 0.7850}
	for _, l := range e.Learners {
		if l.Learner == e.Chosen && (l.MeanAUC < 0.7855 || l.MeanBrier > 0.1340) {
			t.Errorf("%s is chosen: mean AUC %.4f, Brier %.5f; want at least 0.7855, up to 0.1340", l.Learner, l.MeanAUC, l.MeanBrier)
		}
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
	if want := fmt.Sprintf(`{"rows":0,"positives":0,"learners":[%s],"chosen":"%s","positive":"default","benchmark":{"column":"use","mean_auc":0,"fold_auc":[0,0,0]},"suspects":[{"column":"use","auc":0,"iv":0}]}`, strings.Join(each, ","), e.Chosen); form != want {
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
		{"many labels", "x,y\n" + func() string {
			var b strings.Builder
			for i := range 300 {
				fmt.Fprintf(&b, "1,%d\n", i)
			}
			return b.String()
		}(), EvaluateOptions{Label: "y", Positive: "7", Folds: 2}, "a.csv:102: column \"y\": more than 100 different labels"},
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

func TestPlainLabelsNeedNoAsking(t *testing.T) {
	for _, c := range []struct {
		name     string
		labels   [4]string
		positive string
		want     string // the label taken for default
	}{
		{"yes and no", [4]string{"no", "yes", "no", "yes"}, "", "yes"},
		{"capitals", [4]string{"FALSE", "TRUE", "FALSE", "TRUE"}, "", "TRUE"},
		{"good and bad", [4]string{"bad", "good", "bad", "good"}, "", "bad"},
		{"Chinese", [4]string{"正常", "违约", "正常", "违约"}, "", "违约"},
		{"the larger number", [4]string{"1", "2", "1", "2"}, "", "2"},
		{"said, in other capitals", [4]string{"Good", "Bad", "Good", "Bad"}, "GOOD", "Good"},
		{"said, a number otherwise written", [4]string{"1", "2", "1", "2"}, "1.0", "1"},
	} {
		table, err := ReadTable(written(t, "a.csv", []byte("x,y\n1,"+strings.Join(c.labels[:], "\n1,")+"\n")))
		if err != nil {
			t.Fatal(err)
		}
		label, positive, err := table.labels("y", c.positive)
		if err != nil || positive != c.want {
			t.Errorf("%s: got %q and %v, want %q", c.name, positive, err, c.want)
			continue
		}
		for row, y := range label {
			if (y == 1) != (c.labels[row] == c.want) {
				t.Errorf("%s: %q is %d", c.name, c.labels[row], y)
			}
		}
		table.Release()
	}
}

// A column of the outcome itself is suspect; a decent one is not. By itself the best column has its own AUC.
func TestBenchmarkAndSuspects(t *testing.T) {
	var b strings.Builder
	b.WriteString("use,leak,noise,outcome\n")
	for i := range 900 {
		use, y := i*7919%1000, 0
		if i*104729%1000 < use {
			y = 1
		}
		leak := y
		if i%40 == 0 {
			leak = 1 - y
		}
		fmt.Fprintf(&b, "%d,%d,%d,%d\n", use, leak, i%7, y)
	}
	table, err := ReadTable(written(t, "a.csv", []byte(b.String())))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	e, err := Evaluate(table, EvaluateOptions{Label: "outcome", Folds: 3, Detail: true, Options: Options{Learners: []string{"scorecard"}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Suspects) == 0 || e.Suspects[0].Column != "leak" || math.Abs(e.Suspects[0].AUC-0.975) > 0.01 {
		t.Errorf("suspects are %+v, want the leak first, of AUC 0.975", e.Suspects)
	}
	if e.Benchmark.Column != "leak" || math.Abs(e.Benchmark.MeanAUC-0.975) > 0.02 {
		t.Errorf("the best single column is %+v, want the leak", e.Benchmark)
	}
	d := e.Detail
	if d.Influences[0].Column != "leak" || d.Influences[0].Trend < 0.9 || d.Influences[2].Column != "noise" {
		t.Errorf("influences are %+v", d.Influences)
	}
	shape := d.Influences[0].Shape
	if len(shape) != 2 || shape[0].From != 0 || shape[1].To != 1 || shape[0].Rows+shape[1].Rows != 900 || shape[1].Addend < shape[0].Addend+2 {
		t.Errorf("the leak's shape is %+v", shape)
	}
	for _, f := range d.Features {
		if f.Suspect() != (f.Name == "leak" || f.Name == "use" && f.IV > 0.5) {
			t.Errorf("%+v is suspect: %v", f, f.Suspect())
		}
	}
}

func TestWhatThereIsToKnowOfColumns(t *testing.T) {
	var b strings.Builder
	b.WriteString("x,copy,constant,empty,name,kind,y\n")
	for i := range 400 {
		x := fmt.Sprint(i % 5)
		if i%4 == 0 {
			x = ""
		}
		fmt.Fprintf(&b, "%s,%s,7,,customer %d,%s,%d\n", x, x, i, []string{"a", "b", "b"}[i%3], i/2%2)
	}
	table, err := ReadTable(written(t, "a.csv", []byte(b.String())))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	e, err := Evaluate(table, EvaluateOptions{Label: "y", Folds: 2, Detail: true, Options: Options{Learners: []string{"scorecard"}}})
	if err != nil {
		t.Fatal(err)
	}
	type note struct {
		missing  float64
		distinct int
		most     string
		copy     string
		constant bool
		names    bool
	}
	want := map[string]note{
		"x": {0.25, 5, "0", "", false, false}, "copy": {0.25, 5, "0", "x", false, false}, "constant": {0, 1, "7", "", true, false},
		"empty": {1, 0, "", "", true, false}, "name": {0, 400, "customer 0", "", false, true}, "kind": {0, 2, "b", "", false, false},
	}
	for _, f := range e.Detail.Features {
		if got := (note{f.Missing, f.Distinct, f.Most, f.CopyOf, f.Constant(), f.Names(400)}); got != want[f.Name] {
			t.Errorf("%s: %+v, want %+v", f.Name, got, want[f.Name])
		}
	}
}

func TestAUCOfBins(t *testing.T) {
	for _, c := range []struct {
		name string
		bins []Bin
		want float64
	}{
		{"one bin", []Bin{{Good: 10, Bad: 3}}, 0.5},
		{"apart", []Bin{{Bad: 5}, {Good: 7}}, 1},
		{"an empty bin", []Bin{{Bad: 5}, {}, {Good: 7}}, 1},
		{"two of one rate", []Bin{{Good: 4, Bad: 2}, {Good: 2, Bad: 1}}, 0.5},
		// 6·8 pairs in order; within a bin half of them: 6·2 and 2·8.
		{"two", []Bin{{Good: 8, Bad: 2}, {Good: 2, Bad: 6}}, (6*8 + 6*2/2.0 + 2*8/2.0) / 80},
	} {
		f := Feature{Bins: c.bins}
		if got := f.alone(); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestThinnedRowsAreDrawnByContent(t *testing.T) {
	n := 5000
	x, label := make([]float64, n), make([]uint8, n)
	for i := range x {
		x[i], label[i] = float64(i), uint8(i%3/2)
	}
	m := &matrix{names: []string{"x"}, rows: n, cols: []vector{{numbers: x}}, label: label}
	rows := allRows(n)
	some := thinned(m, rows, 1000)
	if len(some) < 800 || len(some) > 1200 {
		t.Errorf("%d rows of 5000, want about 1000", len(some))
	}
	slices.Reverse(rows)
	other := thinned(m, rows, 1000)
	slices.Reverse(other)
	if !slices.Equal(some, other) {
		t.Error("in another order, other rows are drawn")
	}
	clear(x)
	if some := thinned(m, rows, 1000); len(some) != n {
		t.Errorf("%d rows of one content, want all", len(some))
	}
}
