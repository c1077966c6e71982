package report

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	outside "creditwatch/pipeline/hostile"
)

// attacks are texts from outside that must stay texts. Each asks base for something if it is not.
func attacks(base string) []string { return outside.Texts(base) }

// hostile is the fixture with an attack in every text that comes from outside.
func hostile(base string) Data {
	d := fixture()
	list, at := attacks(base), 0
	next := func() string { at++; return list[at%len(list)] }
	d.Night.Company, d.Night.Code, d.Night.PolicyHash, d.Night.ModelID, d.Night.Zone = next(), next(), next(), next(), next()
	d.Headline.Open[1].Currency = list[2]
	for i := range d.Ageing {
		if d.Ageing[i].Currency == "USD" {
			d.Ageing[i].Currency = list[2]
		}
	}
	d.Grades[0].Grade = list[0]
	for _, a := range list[1:] {
		d.Movers = append(d.Movers, Mover{CustomerID: a, Name: a, GradeBefore: a, GradeAfter: a, Parts: []MovedPart{{3, a, a}}})
	}
	var serious []Warning
	for i, w := range d.Warnings.Serious {
		w.CustomerID, w.Name, w.Code, w.Owner, w.Action, w.EN, w.ZH = next(), next(), next(), next(), next(), next(), next()
		w.Evidence = strings.Join(list[i*3:i*3+3], " ")
		serious = append(serious, w)
	}
	serious[0].Evidence = list[13] + " see " + base + "link-is-fine"
	d.Warnings.Serious = serious
	for i := range d.Warnings.Closed {
		w := &d.Warnings.Closed[i]
		w.CustomerID, w.Name, w.Code, w.EN, w.ZH = next(), next(), next(), next(), next()
	}
	for i := range d.Urgent {
		u := &d.Urgent[i]
		u.CustomerID, u.Name, u.Owner, u.Action, u.EN, u.ZH, u.Grade, u.ReasonEN, u.ReasonZH = next(), next(), next(), next(), next(), next(), next(), next(), next()
	}
	for i := range d.Dunning.Totals {
		x := &d.Dunning.Totals[i]
		x.Reason, x.Step, x.Channel = next(), next(), next()
	}
	for i := range d.Reconciliation.First {
		x := &d.Reconciliation.First[i]
		x.CustomerID, x.Name, x.Kind, x.DocumentID, x.Matches, x.Currency, x.Action = next(), next(), next(), next(), next(), next(), next()
	}
	d.Reconciliation.Kinds[0].Action = next()
	d.Reconciliation.Currencies[1].Currency = list[2]
	for i := range d.Dunning.First {
		x := &d.Dunning.First[i]
		x.CustomerID, x.Name, x.Owner, x.Steps = next(), next(), next(), []string{next(), next()}
	}
	for i := range d.Contracts.Totals {
		if x := &d.Contracts.Totals[i]; x.Code != "late_interest" {
			x.Code = next()
		}
	}
	for i := range d.Contracts.Nearest {
		x := &d.Contracts.Nearest[i]
		x.CustomerID, x.Name, x.ContractID, x.Owner, x.Action, x.EN, x.ZH = next(), next(), next(), next(), next(), next(), next()
	}
	d.Contracts.Interest[1].Rule = next()
	for i := range d.Record.Left {
		x := &d.Record.Left[i]
		x.CustomerID, x.Name, x.Code, x.EN, x.ZH = next(), next(), next(), next(), next()
	}
	for i := range d.Record.Rules {
		x := &d.Record.Rules[i]
		x.Code, x.EN, x.ZH = next(), next(), next()
	}
	d.Record.Tracks[2].Code = next()
	for i := range d.Provisions.Gaps {
		x := &d.Provisions.Gaps[i]
		x.CustomerID, x.Name, x.Method = next(), next(), next()
	}
	for i := range d.Provisions.Rolls {
		d.Provisions.Rolls[i].Basis = next()
	}
	for i := range d.Limits.Overruns {
		x := &d.Limits.Overruns[i]
		x.CustomerID, x.Name, x.Grade, x.Binding, x.Advice = next(), next(), next(), next(), next()
	}
	for i := range d.Limits.Changes {
		x := &d.Limits.Changes[i]
		x.CustomerID, x.Name, x.Binding = next(), next(), next()
	}
	for i := range d.Limits.Holds {
		x := &d.Limits.Holds[i]
		x.CustomerID, x.Name, x.Approver, x.ApproverZH, x.Bypass, x.EN, x.ZH = next(), next(), next(), next(), next(), next(), next()
	}
	for i := range d.Groups.Listed {
		x := &d.Groups.Listed[i]
		x.ID, x.Name = next(), next()
		x.MemberNames, x.FallenNames, x.Others = []string{next(), next()}, []string{next()}, []string{next(), next(), next()}
	}
	for i := range d.Groups.Concentration {
		d.Groups.Concentration[i].Largest = next()
	}
	for i := range d.Groups.Breaches {
		x := &d.Groups.Breaches[i]
		x.Name, x.EN, x.ZH = next(), next(), next()
	}
	for i := range d.Reviews.First {
		x := &d.Reviews.First[i]
		x.CustomerID, x.Name, x.Owner, x.Grade, x.Pulled, x.EN, x.ZH = next(), next(), next(), next(), next(), next(), next()
	}
	d.Reviews.Coverage[1].Owner = next()
	d.Quality.Sources[2].Source = list[3]
	for i := range d.Quality.Rejects {
		d.Quality.Rejects[i] = Reject{list[3], next(), next(), d.Quality.Rejects[i].Rows, 290}
	}
	for i := range d.Quality.Checks {
		c := &d.Quality.Checks[i]
		c.Name, c.Scope, c.Example, c.TextEN, c.TextZH = next(), next(), next(), next(), next()
	}
	for i := range d.Model.Models {
		x := &d.Model.Models[i]
		x.ID, x.Learner, x.Note = next(), next(), next()
	}
	d.Model.Benchmarks[0].ID = list[2]
	for i := range d.Validation.Models {
		m := &d.Validation.Models[i]
		m.ModelID, m.Bounds, m.Note = next(), next(), next()
	}
	for i := range d.Validation.Findings {
		x := &d.Validation.Findings[i]
		x.NameEN, x.NameZH, x.Owner, x.EN, x.ZH, x.CauseEN, x.CauseZH, x.StepEN, x.StepZH = next(), next(), next(), next(), next(), next(), next(), next(), next()
		x.Scopes = []string{next(), next()}
	}
	for i := range d.Validation.Greys {
		d.Validation.Greys[i].EN, d.Validation.Greys[i].ZH = next(), next()
	}
	return d
}

func TestHostileTextStaysText(t *testing.T) {
	for _, lang := range Langs {
		page := render(t, hostile("http://127.0.0.1:9/"), lang)
		for _, bad := range []string{"<script", "<img", "<iframe", "<link", "<use", "onload=\"", "onerror=\"", `href="javascript:`, `href="data:`, "user:pass@evil.example\"", "\u202e", "\u2066", "\u200f", "\x00", "\x1b", strings.Repeat("长", 500)} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: page has %q", lang, bad)
			}
		}
		if !strings.Contains(page, `<a href="http://127.0.0.1:9/link-is-fine" rel="noreferrer noopener">`) {
			t.Errorf("%s: an http link in the evidence is not one", lang)
		}
		if n := strings.Count(page, "<meta http-equiv"); n != 1 {
			t.Errorf("%s: %d meta http-equiv", lang, n)
		}
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct {
		name, in string
		limit    int
		want     string
	}{
		{"spaces and line breaks become one space", " a\r\n\t b ", 10, "a b"},
		{"direction marks go", "\u202eabc\u200f", 10, "abc"},
		{"joiners of emoji stay", "👩\u200d👧", 10, "👩\u200d👧"},
		{"at the limit", "abcde", 5, "abcde"},
		{"beyond the limit", "abcdef", 5, "abcde…"},
		{"cut between characters", "账龄账龄", 2, "账龄…"},
		{"bad bytes are shown as such", "a\xffb", 10, "a\uFFFDb"},
		{"nothing left", "\x00\x1b", 5, ""},
	} {
		if got := clean(c.in, c.limit); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestLink(t *testing.T) {
	for href, pass := range map[string]bool{
		"creditwatch-2026-03-31-en.html": true, "https://host.example/x": true, "http://host.example/x": true,
		"javascript:alert(1)": false, "//evil.example/x": false, "/etc/passwd": false, "data:text/html,x": false, "https://u:p@host.example/": false, "": false, "file:///x": false,
	} {
		if got := (printer{}).Link(href); (got == href && href != "") != pass {
			t.Errorf("%q: passes as %q, want %v", href, got, pass)
		}
	}
}

// TestInABrowser opens the hostile report in Chromium: no script runs, nothing is asked of the network.
func TestInABrowser(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("chromium is not installed (apt-get install chromium): the report was not opened in a browser")
	}
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); t.Errorf("browser asked for %s", r.URL) }))
	defer server.Close()
	for _, lang := range Langs {
		dir := t.TempDir()
		page := filepath.Join(dir, "report.html")
		var b bytes.Buffer
		if err := Write(&b, hostile(server.URL+"/"), lang); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+filepath.Join(dir, "profile"),
			"--virtual-time-budget=3000", "--dump-dom", "file://"+page)
		dom, err := cmd.Output()
		cancel()
		if err != nil {
			t.Fatalf("%s: %v", browser, err)
		}
		text := string(dom)
		title := map[Lang]string{English: "<title>Credit watch 2026-03-31</title>", Chinese: "<title>信用监测 2026-03-31</title>"}[lang]
		if !strings.Contains(text, title) || !strings.Contains(text, `id="run"`) {
			t.Errorf("%s: the page is not whole, or a script has touched it:\n%.400s", lang, text)
		}
		for _, bad := range []string{"<script", "<img", "<iframe", "<link", "<title>pwned"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: the browser sees %s", lang, bad)
			}
		}
	}
	if asked.Load() != 0 {
		t.Errorf("%d requests", asked.Load())
	}
}
