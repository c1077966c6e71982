package report

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name. A missing file fails: only -update creates one.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func render(t *testing.T, d Data, lang Lang) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, d, lang); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, lang := range Langs {
		golden(t, "report-"+string(lang)+".html", []byte(render(t, fixture(), lang)))
		golden(t, "summary-"+string(lang)+".txt", []byte(Summary(fixture(), lang)))
		var b bytes.Buffer
		if err := Index(&b, nights(), lang); err != nil {
			t.Fatal(err)
		}
		golden(t, "index-"+string(lang)+".html", b.Bytes())
	}
}

func nights() []NightSummary {
	day := night().AsOf
	return []NightSummary{
		{AsOf: day, Customers: 396, Exposure: m(yuan(48_210_500)), ExpectedLoss: m(yuan(1_482_300)), Open: m(yuan(46_260_000)), Overdue: m(yuan(10_540_000)), Serious: 15, Amber: 1, HrefEN: FileName(day, English), HrefZH: FileName(day, Chinese)},
		{AsOf: day.Add(-1), Customers: 0, Red: 2, HrefEN: "javascript:alert(1)", HrefZH: "//evil.example/x"},
	}
}

// firstNight is the fixture without a night to compare with.
func newBook() Data {
	d := fixture()
	d.Night.PreviousRun, d.Night.PreviousAsOf = 0, 0
	d.Headline.BookBefore, d.Headline.OpenBefore = Book{}, nil
	d.Bridge, d.Movers = nil, nil
	w := &d.Warnings
	w.CountsBefore, w.Flow, w.Closed = nil, nil, nil
	for _, c := range w.Counts {
		w.Flow = append(w.Flow, WarningFlow{c.Tier, 0, c.Severity, "open", c.Open})
	}
	for len(w.Serious) < w.newlySerious() {
		w.Serious = append(w.Serious, w.Serious[0])
	}
	for i := range d.Ageing {
		d.Ageing[i].BaseBefore = 0
	}
	return d
}

// books are the shapes of night that every property below must hold for.
func books() map[string]Data {
	one := Data{Night: night()}
	one.Headline.Book = Book{Customers: 1, Scored: 1, Exposure: yuan(1000), ExpectedLoss: yuan(9)}
	one.Headline.BookBefore = one.Headline.Book
	one.Headline.Cover = Cover{Total: yuan(1000)}
	one.Losses = Losses{Customers: 1, Open: yuan(1000), Total: yuan(1000), Exposure: yuan(1000), ExpectedLoss: yuan(9), Years: []LossYear{{Level: 0.95, Customers: 1, Exposure: yuan(1000), ExpectedLoss: yuan(9), EffectiveNames: f(1)}},
		Stress: []Stress{{Scenario: "reverse_year", Loss: yuan(9), EN: "not known", ZH: "未知"}}}
	one.Limits = Limits{Customers: 1, Exposure: yuan(1000), Advised: []LimitAdvice{{"none", 1, yuan(1000), 0, 0}}, HoldTotals: []HoldTotal{{Recommend: "hold", Customers: 1, Unknown: 1, Exposure: yuan(1000)}},
		Holds: []Hold{{CustomerID: "C1", Recommend: "hold", Since: one.Night.AsOf, Exposure: yuan(1000), EN: "no limit", ZH: "无额度"}}}
	one.Groups = Groups{All: 1, Customers: 1, Exposure: yuan(1000), Concentration: []Concentration{{"customer", 1, yuan(1000), yuan(1000), f(1), f(1), "C1", f(1), 0}}}
	one.Reviews = Reviews{Customers: 1, Coverage: []Coverage{{Scope: "book"}}}
	one.Grades = []Grade{{"A", 1, yuan(1000), yuan(9), f(0.02), f(0.02)}}
	one.Bridge = &Bridge{Opening: yuan(9), Closing: yuan(9)}
	empty := Data{Night: night()}
	empty.Night.PreviousRun, empty.Night.PreviousAsOf = 0, 0
	large := fixture()
	for _, scale := range []*Money{&large.Headline.Book.Exposure, &large.Grades[0].Exposure, &large.Headline.Cover.Total, &large.Losses.Total, &large.Losses.Exposure} {
		*scale += yuan(20_000_000_000)
	}
	return map[string]Data{"full": fixture(), "first night": newBook(), "empty": empty, "one customer": one, "large": large, "hostile": hostile("http://127.0.0.1:9/")}
}

func TestEveryShapeOfNight(t *testing.T) {
	for name, d := range books() {
		t.Run(name, func(t *testing.T) {
			for _, err := range Check(d) {
				t.Error(err)
			}
			for _, lang := range Langs {
				page := render(t, d, lang)
				for _, bad := range []string{"NaN", "Inf", "ZgotmplZ", "%!", "<nil>", "1970-01-01", "<script"} {
					if name == "hostile" && bad == "NaN" {
						continue // somebody is called so
					}
					if at := strings.Index(visible(page), bad); at >= 0 && bad != "<script" {
						t.Errorf("%s: page shows %q: …%.80s", lang, bad, visible(page)[max(0, at-40):])
					}
					if bad == "<script" && strings.Contains(page, bad) {
						t.Errorf("%s: page has a script", lang)
					}
				}
				if page != render(t, d, lang) {
					t.Errorf("%s: same data, other bytes", lang)
				}
				if n := strings.Count(Summary(d, lang), "\n"); n > 12 {
					t.Errorf("%s: summary has %d lines", lang, n)
				}
			}
		})
	}
}

var (
	notText = regexp.MustCompile(`(?s)<head>.*?</head>|<pre>.*?</pre>|<p class="small" lang="en">.*?</p>|<[^>]*>`)
	figures = regexp.MustCompile(`[+−-]?\d+(?:,\d{3})*(?:\.\d+)?`)
)

// visible is the text of a page, without its queries.
func visible(page string) string { return html.UnescapeString(notText.ReplaceAllString(page, " ")) }

func TestBothLanguagesCarryTheSameFigures(t *testing.T) {
	for name, d := range books() {
		if name == "hostile" {
			continue // its texts are different attacks in each language
		}
		en, zh := figures.FindAllString(visible(render(t, d, English)), -1), figures.FindAllString(visible(render(t, d, Chinese)), -1)
		if name == "full" && len(en) < 500 {
			t.Errorf("only %d figures found", len(en))
		}
		slices.Sort(en)
		slices.Sort(zh)
		if diff := cmp.Diff(en, zh); diff != "" {
			t.Errorf("%s (-en +zh):\n%s", name, diff)
		}
		en, zh = figures.FindAllString(Summary(d, English), -1), figures.FindAllString(Summary(d, Chinese), -1)
		slices.Sort(en)
		slices.Sort(zh)
		if diff := cmp.Diff(en, zh); diff != "" {
			t.Errorf("%s, summary (-en +zh):\n%s", name, diff)
		}
	}
}

func TestEnglishPageHasNoChineseOfItsOwn(t *testing.T) {
	d := newBook()
	d.Night.Company, d.Warnings.Serious, d.Warnings.Closed, d.Urgent, d.Losses.Stress = "", nil, nil, nil, nil
	d.Limits.Overruns, d.Limits.Changes, d.Limits.Holds, d.Groups.Listed, d.Reviews.First, d.Reviews.Coverage, d.Provisions.Gaps, d.Record.Left, d.Dunning.First, d.Contracts.Nearest, d.Reconciliation.First = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil
	page := visible(render(t, d, English))
	for i, c := range page {
		if unicode.Is(unicode.Han, c) {
			t.Fatalf("…%s", page[max(0, i-60):min(len(page), i+60)])
		}
	}
}

// A red validation is said at the top of the page, an amber one in its section alone.
func TestRedValidationStandsInTheHeadline(t *testing.T) {
	said := map[Lang]string{English: "model validation: Do not rely on the PDs alone", Chinese: "模型验证：请勿单独依赖违约概率"}
	for _, lang := range Langs {
		d := fixture()
		if strings.Contains(render(t, d, lang), said[lang]) {
			t.Errorf("%s: amber is in the headline", lang)
		}
		d.Validation.Models[0].Light = "red"
		if !strings.Contains(render(t, d, lang), said[lang]) {
			t.Errorf("%s: red is not in the headline", lang)
		}
		d.Validation.Models[0].Blocks = true
		if page := render(t, d, lang); strings.Contains(page, said[lang]) || !strings.Contains(page, map[Lang]string{English: "do not stand: a proof failed", Chinese: "不可靠：有一项证明未通过"}[lang]) {
			t.Errorf("%s: the page does not say that a proof failed", lang)
		}
	}
}

// What a night without a model says of its validation.
func TestValidationWithoutAModel(t *testing.T) {
	d := fixture()
	d.Validation = Validation{Models: []Validated{{Role: "none", Light: "grey", Note: "too few defaults", Results: 1}}, Lights: []FamilyLight{{"gate", "green", false, 1}}}
	for lang, want := range map[Lang]string{English: "No model scores the book yet", Chinese: "尚无模型对客户评分"} {
		if page := render(t, d, lang); !strings.Contains(page, want) || !strings.Contains(page, "too few defaults") {
			t.Errorf("%s: does not say %q and why", lang, want)
		}
	}
	for _, err := range Check(d) {
		t.Error(err)
	}
}

// Only the marked place may differ between two runs of one night.
func TestRunNumbersStandInOnePlace(t *testing.T) {
	marked := regexp.MustCompile(`(?s)<div class="run" id="run">.*?</div>`)
	d := fixture()
	for _, lang := range Langs {
		before := render(t, d, lang)
		d.Night.Run, d.Night.PreviousRun = 9_000_041, 9_000_040
		after := render(t, d, lang)
		if !strings.Contains(after, "9000041") || !strings.Contains(after, "9000040") {
			t.Error("run numbers are not on the page")
		}
		if marked.ReplaceAllString(before, "") != marked.ReplaceAllString(after, "") {
			t.Error("run numbers change the page outside the marked place")
		}
		d = fixture()
	}
}

func TestFirstNightSaysWhyThereIsNoChange(t *testing.T) {
	for lang, want := range map[Lang]string{English: "no earlier night to compare with", Chinese: "没有可比的前一晚"} {
		page := render(t, newBook(), lang)
		if !strings.Contains(page, want) {
			t.Errorf("%s: page does not say %q", lang, want)
		}
	}
}

func TestSizeStaysBounded(t *testing.T) {
	d := hostile("http://127.0.0.1:9/")
	long := strings.Repeat("很长的证据 evidence ", 2000)
	for i := 0; i < 100_000; i++ {
		d.Quality.Rejects = append(d.Quality.Rejects, Reject{"transactions", "amount", fmt.Sprint("reason ", i), 0, 290})
	}
	for i := range d.Warnings.Serious {
		d.Warnings.Serious[i].Evidence, d.Warnings.Serious[i].EN, d.Warnings.Serious[i].ZH = long, long, long
	}
	for _, lang := range Langs {
		if n := len(render(t, d, lang)); n > 2_000_000 {
			t.Errorf("%s: %d bytes", lang, n)
		}
	}
}

// A book without a model has no expected loss; that of its customers in default is not the book's, and no loss is not 0.
func TestNoModelIsNoLossOfZero(t *testing.T) {
	d := fixture()
	d.Headline.Book.Scored, d.Headline.Book.ExpectedLoss = d.Headline.Book.InDefault, 0
	for lang, want := range map[Lang][2]string{English: {"Expected loss, 12 months: – (no probability of default yet", "No probabilities of default yet"}, Chinese: {"预期损失（12 个月）：– (尚无违约概率", "尚无违约概率"}} {
		text := Summary(d, lang)
		if !strings.Contains(text, want[0]) || !strings.Contains(text, want[1]) {
			t.Errorf("%s: %s", lang, text)
		}
	}
	before := fixture()
	before.Headline.BookBefore.Scored = before.Headline.BookBefore.InDefault
	if text := Summary(before, English); !strings.Contains(text, "first night with a model") {
		t.Error(text)
	}
}

// The trace of a warning is kept once; its few words are those of the page.
func TestTraceInBothLanguages(t *testing.T) {
	const trace = "S2 W2-10.amber 166.36 %: opens >= 85 %, closes < 80 %, needs 3 of 4 nights [limit_utilisation=1.6636]; S3 news.credible 0.75: opens >= 0.5, closes < 0.25 [INSOLV story 1hi: a1 b2]; lifted S3 to S4 by W1-01 W3-01"
	for lang, want := range map[Lang]string{
		English: trace,
		Chinese: "S2 W2-10.amber 166.36 %：触发 >= 85 %，解除 < 80 %，需 4 晚中 3 晚 [limit_utilisation=1.6636]; S3 news.credible 0.75：触发 >= 0.5，解除 < 0.25 [INSOLV 报道 1hi: a1 b2]；由 S3 升至 S4，因 W1-01 W3-01",
	} {
		var got strings.Builder
		for _, p := range (printer{lang: lang}).Evidence(trace) {
			got.WriteString(p.Text)
		}
		if got.String() != want {
			t.Errorf("%s: %s, want %s", lang, got.String(), want)
		}
	}
}

func TestWriteWantsALanguage(t *testing.T) {
	if err := Write(&bytes.Buffer{}, fixture(), "fr"); err == nil || !strings.Contains(err.Error(), `"fr"`) {
		t.Errorf("fr: %v", err)
	}
	if err := Index(&bytes.Buffer{}, nil, "fr"); err == nil {
		t.Error("index in fr")
	}
}

func TestIndexWithoutNights(t *testing.T) {
	var b bytes.Buffer
	if err := Index(&b, nil, Chinese); err != nil || !strings.Contains(b.String(), "尚无") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// Every file of sql/ is used, says its grain, and reads no clock.
func TestQueryFiles(t *testing.T) {
	used := map[string]bool{"nights": true, "credit_file": true}
	for _, s := range Sections {
		if _, err := files.ReadFile("templates/" + s.Key + ".html"); err != nil {
			t.Error(err)
		}
		if s.Title.EN == "" || s.Title.ZH == "" {
			t.Errorf("section %s: title missing", s.Key)
		}
		for _, q := range s.Queries {
			used[q] = true
			if len(viewsOf(q)) == 0 {
				t.Errorf("%s: no view found", q)
			}
		}
	}
	clock := regexp.MustCompile(`(?i)\b(now|now64|today|yesterday|current_date|current_timestamp|rand\w*|generateUUID\w*)\b\s*\(?`)
	untyped := regexp.MustCompile(`\{[^}]*\}`)
	typed := regexp.MustCompile(`^\{(run|previous_run):UInt64\}$|^\{runs:Array\(UInt64\)\}$|^\{as_of:Date\}$|^\{cut:DateTime64\(3\)\}$|^\{(currency|customer):String\}$`)
	list, err := files.ReadDir("sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		name := strings.TrimSuffix(e.Name(), ".sql")
		raw, err := files.ReadFile("sql/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		head, sql := string(raw), comment.ReplaceAllString(string(raw), "")
		if !used[name] {
			t.Errorf("%s: no section uses it", e.Name())
		}
		if !strings.HasPrefix(head, "-- "+name+": ") || !strings.Contains(head[:strings.Index(head, sql[:20])], "-- Grain: one row") {
			t.Errorf("%s: first lines do not say what it is and its grain", e.Name())
		}
		if bad := clock.FindString(sql); bad != "" {
			t.Errorf("%s: reads %s", e.Name(), bad)
		}
		if strings.Contains(sql, "SELECT *") {
			t.Errorf("%s: SELECT *", e.Name())
		}
		for _, p := range untyped.FindAllString(sql, -1) {
			if !typed.MatchString(p) {
				t.Errorf("%s: parameter %s", e.Name(), p)
			}
		}
		delete(used, name)
	}
	for name := range used {
		t.Errorf("sql/%s.sql: missing", name)
	}
}

func TestReaderQueryQuotesTheCurrency(t *testing.T) {
	n := night()
	n.Currency = `X'\; DROP`
	sql, err := readerQuery("cover", n)
	if err != nil || !strings.Contains(sql, `'X\'\\; DROP'`) {
		t.Errorf("%v\n%s", err, sql)
	}
}
