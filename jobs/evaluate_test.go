package jobs

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"creditwatch/models"
	"creditwatch/models/validation"
)

// hostileTable has a column that tries to be markup, Chinese names, a column that gives the outcome away and an empty one.
func hostileTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("no;<script>alert(1)</script>;额度使用率;行业;泄漏;empty;outcome\n")
	for i := range 600 {
		use, y := i*7919%1000, "good"
		if i*104729%1000 < use*6/10 {
			y = "bad"
		}
		leak := len(y)
		if i%50 == 0 {
			leak = 7 - leak
		}
		fmt.Fprintf(&b, "%d;%d;0,%03d;%s;%d;;%s\n", i+1, i%9, use, []string{"钢铁<b>", "食品\"&", "贸易'"}[i%3], leak, y)
	}
	path := filepath.Join(t.TempDir(), "book.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func evaluatePage(t *testing.T, path, lang string) []byte {
	t.Helper()
	table, err := models.ReadTable(path)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	e, err := models.Evaluate(table, models.EvaluateOptions{Label: "outcome", ID: "no", Folds: 3, FoldBy: "id", Detail: true, Options: models.Options{Learners: []string{"scorecard", "linear"}}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeEvaluation(&out, &evaluated{Evaluation: e, Data: path, Format: table.Format, Label: "outcome", ID: "no", Folds: 3, FoldBy: "id", Command: "creditwatch evaluate", Version: "test"}, lang); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The page holds both languages, runs and loads nothing, and shows hostile names as what they are.
func TestEvaluationPage(t *testing.T) {
	path := hostileTable(t)
	page := string(evaluatePage(t, path, "en"))
	for _, want := range []string{
		`<main class="en" lang="en">`, `<main class="zh" lang="zh-CN">`, "Are the probabilities right", "概率是否准确", "额度使用率", "&lt;script&gt;alert(1)", "600 rows", "Almost certainly leakage: 泄漏", "几乎可以确定存在数据泄漏：泄漏",
		"CSV separated by semicolons, UTF-8", `id="pick-en" checked`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "<b>\"", "http://", "https://", "src=", "NaN", "+Inf", "%!"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if n := strings.Count(page, "<svg"); n < 30 || n%2 == 1 {
		t.Errorf("%d pictures, want as many in either language", n)
	}
	// Every element is closed in its order.
	d := xml.NewDecoder(strings.NewReader(strings.ReplaceAll(strings.ReplaceAll(page, "<!doctype html>", ""), "<br>", "")))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var open []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
		case xml.EndElement:
			if last := open[len(open)-1]; last != e.Name.Local {
				t.Fatalf("</%s> closes <%s>", e.Name.Local, last)
			}
			open = open[:len(open)-1]
		}
	}
	if again := string(evaluatePage(t, path, "en")); again != page {
		t.Error("written twice, the page differs")
	}
	if !strings.Contains(string(evaluatePage(t, path, "zh")), `id="pick-zh" checked`) {
		t.Error("in Chinese, the page does not show Chinese first")
	}
}

// What is drawn are the predictions of rows that the learner did not see: the figures of the page are those recomputed.
func TestPageIsOfUnseenRows(t *testing.T) {
	pd, y := []float64{0.9, 0.8, 0.8, 0.4, 0.3, 0.1}, []uint8{1, 1, 0, 0, 1, 0}
	all, paid, bad := curve(pd, y)
	for i, want := range [][3]float64{{0, 0, 0}, {1 / 6.0, 0, 1 / 3.0}, {0.5, 1 / 3.0, 2 / 3.0}, {4 / 6.0, 2 / 3.0, 2 / 3.0}, {5 / 6.0, 2 / 3.0, 1}, {1, 1, 1}} {
		if math.Abs(all[i]-want[0])+math.Abs(paid[i]-want[1])+math.Abs(bad[i]-want[2]) > 1e-12 {
			t.Errorf("point %d is %v, %v, %v; want %v", i, all[i], paid[i], bad[i], want)
		}
	}
	area := 0.0
	for i := 1; i < len(paid); i++ {
		area += (paid[i] - paid[i-1]) * (bad[i] + bad[i-1]) / 2
	}
	rank, err := validation.Rank(pd, y)
	if err != nil || math.Abs(area-rank.AUC) > 1e-12 {
		t.Errorf("the area under the curve is %v, the AUC %v (%v)", area, rank.AUC, err)
	}
}

// scipy.stats.beta.ppf([.05, .95], d+.5, n-d+.5); where none or all defaulted, the interval ends at that.
func TestIntervals(t *testing.T) {
	for _, c := range []struct{ n, d, lo, hi float64 }{{100, 8, 0.04406862, 0.13361199}, {50, 0, 0, 0.03750114}, {20, 20, 0.90952357, 1}} {
		lo, hi := interval(c.n, c.d)
		if math.Abs(lo-c.lo) > 1e-6 || math.Abs(hi-c.hi) > 1e-6 {
			t.Errorf("%v of %v: %.6f to %.6f, want %.6f to %.6f", c.d, c.n, lo, hi, c.lo, c.hi)
		}
	}
}

func TestProgressInWords(t *testing.T) {
	for _, c := range []struct {
		p       models.Progress
		elapsed time.Duration
		want    string
	}{
		{models.Progress{Fold: 1, Folds: 5, Learner: "boosted", Done: 2, Total: 20, Share: math.NaN()}, 9 * time.Second, "fold 1 of 5: boosted, 2 of 20 fits done, 9 s"},
		{models.Progress{Fold: 3, Folds: 5, Learner: "forest", Done: 10, Total: 20, Share: 0.25}, time.Minute, "fold 3 of 5: forest, 10 of 20 fits done, 1 min 00 s, about 3 min 00 s left"},
		{models.Progress{Folds: 5, Done: 20, Total: 20, Share: 1}, 2 * time.Hour, "all 5 folds judged, 2 h 00 min"},
	} {
		if got := progressText(c.p, c.elapsed, left(c.p, c.elapsed)); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestLongNamesAreCutInTheMiddle(t *testing.T) {
	for _, c := range []struct{ name, want string }{{"short", "short"}, {"a_name_that_is_too_long", "a_nam…_long"}, {"应收账款逾期天数", "应收账…天数"}} {
		if got := fitting(c.name, 11); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.name, got, c.want)
		}
	}
}
