package jobs

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// headlineFile writes a labelled file.
func headlineFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// manyHeadlines are enough to learn from, of many companies.
func manyHeadlines(n int) string {
	var b strings.Builder
	b.WriteString("title,label,ticker,company,date\n")
	for i := range n {
		firm := fmt.Sprintf("%c%c股份", 0x4e10+i%97, 0x5e10+i%83)
		if i%3 == 0 {
			fmt.Fprintf(&b, "%s：%d月亏损扩大,0,6%05d,%s,2024-0%d-01\n", firm, i%12+1, i, firm, i%9+1)
		} else {
			fmt.Fprintf(&b, "%s：%d月中标新项目,1,6%05d,%s,2024-0%d-01\n", firm, i%12+1, i, firm, i%9+1)
		}
	}
	return b.String()
}

func TestEvaluateNews(t *testing.T) {
	text := manyHeadlines(600)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(text))
	z.Close()
	gbk, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var before string
	for name, content := range map[string][]byte{"plain.csv": []byte(text), "marked.csv": append([]byte("\xef\xbb\xbf"), text...), "packed.csv.gz": packed.Bytes(), "gbk.csv": gbk} {
		var out, errOut bytes.Buffer
		if code := Main([]string{"evaluate-news", "--data", headlineFile(t, name, content), "--json"}, strings.NewReader(""), &out, &errOut); code != 0 {
			t.Fatalf("%s: exit code %d: %s", name, code, errOut.String())
		}
		if before != "" && out.String() != before {
			t.Errorf("%s: another answer than for the same headlines elsewhere", name)
		}
		before = out.String()
	}
	var got struct {
		Rows                   int
		AUC, Precision, Recall float64
		Method                 string
		ByEvent                []struct {
			Event             string
			Rows              int
			Precision, Recall *float64
		} `json:"by_event"`
	}
	if err := json.Unmarshal([]byte(before), &got); err != nil {
		t.Fatal(err)
	}
	if got.Rows != 600 || got.AUC != 1 || got.Precision != 1 || got.Recall != 1 || got.Method != "cross-fitted" || len(got.ByEvent) != 23 {
		t.Errorf("%+v", got)
	}
	// With a training file, what is in both is not learnt from.
	var out, errOut bytes.Buffer
	data, train := headlineFile(t, "new.csv", []byte(strings.Join(strings.Split(text, "\n")[:50], "\n"))), headlineFile(t, "old.csv", []byte(text))
	if code := Main([]string{"evaluate-news", "--data", data, "--train", train, "--lang", "zh"}, strings.NewReader(""), &out, &errOut); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut.String())
	}
	for _, want := range []string{"负面事件评分的 AUC", "1.0000", "破产重整清算", "未用"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestEvaluateNewsRefuses(t *testing.T) {
	head := "date,company,ticker,label,title\n"
	for name, c := range map[string]struct{ text, want string }{
		"no column":    {"date,company,ticker,title\n2024-01-01,Acme,1,x\n", "line 1: no column label; want date, company, ticker, label, title"},
		"wrong label":  {head + "2024-01-01,Acme,1,0,x\n2024-01-01,Acme,1,bad,x\n", `line 3, column label: want 0 (bad news) or 1 (good news), got "bad"`},
		"null label":   {head + "2024-01-01,Acme,1,,x\n", `line 2, column label: want 0 (bad news) or 1 (good news), got ""`},
		"wrong date":   {head + "tomorrow,Acme,1,0,x\n", `line 2, column date: want a date as 2018-07-01, got "tomorrow"`},
		"no title":     {head + "2024-01-01,Acme,1,0, \n", "line 2, column title: want a headline"},
		"no such day":  {head + "2024-02-30,Acme,1,0,x\n", "line 2, column date"},
		"two at once":  {head + "x,Acme,1,2,t\n", "column label"},
		"short line":   {head + "2024-01-01,Acme\n", "line 2: 2 cells, the header has 5"},
		"empty":        {"", "is empty; want a header"},
		"blank":        {" \n\n", "is empty; want a header"},
		"header alone": {head, "no headline below the header"},
		"binary":       {"\xff\xff\xff\x81\x00", "neither UTF-8 nor GB18030"},
		"half a gzip":  {"\x1f\x8b\x08", "not a whole gzip file"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			code := Main([]string{"evaluate-news", "--data", headlineFile(t, "x.csv", []byte(c.text))}, strings.NewReader(""), &out, &errOut)
			if code != 2 || !strings.Contains(errOut.String(), c.want) || !strings.Contains(errOut.String(), "x.csv") || out.Len() > 0 {
				t.Errorf("exit code %d, %q; want 2 and %q", code, errOut.String(), c.want)
			}
		})
	}
	var out, errOut bytes.Buffer
	lenient := head + "2024/1/5,,,0.0,Acme defaults\n2024-01-06 08:30:00,\"Acme Co., Ltd.\",,1,\"Acme Co., Ltd. \"\"wins\"\" order\"\n"
	if code := Main([]string{"evaluate-news", "--json", "--data", headlineFile(t, "x.csv", []byte(lenient))}, strings.NewReader(""), &out, &errOut); code != 0 || !strings.Contains(out.String(), `"rows":2`) {
		t.Errorf("exit code %d, %s%s; want 0: neither a company nor a ticker need be known", code, out.String(), errOut.String())
	}
	few := headlineFile(t, "few.csv", []byte(head+"2024-01-01,Acme,1,0,x\n"))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"evaluate-news"}, "--data: want a CSV file"},
		{[]string{"evaluate-news", "--data", "nowhere.csv"}, "nowhere.csv"},
		{[]string{"evaluate-news", "--data", few, "--train", few}, "too few labels"},
		{[]string{"evaluate-news", "--data", few, "--lang", "fr"}, "want en or zh"},
	} {
		var out, errOut bytes.Buffer
		if code := Main(c.args, strings.NewReader(""), &out, &errOut); code != 2 || !strings.Contains(errOut.String(), c.want) {
			t.Errorf("%v: exit code %d, %q", c.args, code, errOut.String())
		}
	}
}
