package jobs

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"creditwatch/pipeline/hostile"
)

// TestHostileBook puts every hostile text into every text that a book may hold, and takes it through a night to all that people read.
func TestHostileBook(t *testing.T) {
	const base = "http://127.0.0.1:9/"
	dir, data := t.TempDir(), t.TempDir()
	texts := hostile.Texts(base)
	write := func(name string, head string, row func(i int, text string) []string) {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		w := csv.NewWriter(f)
		w.Write(strings.Split(head, ","))
		for i, text := range texts {
			w.Write(row(i, text))
		}
		if w.Flush(); w.Error() != nil || f.Close() != nil {
			t.Fatal(w.Error())
		}
	}
	id := func(i int) string { return fmt.Sprintf("H%02d", i) }
	write("customers.csv", "customer_id,name,owner,industry,region,external_keys,aliases", func(i int, s string) []string {
		return []string{id(i), s, s, s, s, "", ""}
	})
	write("transactions.csv", "customer_id,transaction_id,kind,occurred_on,due_on,amount,currency,document_id,reason,payer,payer_account,instrument", func(i int, s string) []string {
		return []string{id(i), "T" + id(i), "invoice", "2025-10-05", "2025-11-04", "1000.00", "CNY", s + id(i), s, s, s, s}
	})
	write("articles.csv", "article_id,publisher,url,published_at,fetched_at,language,title,body,customer_hint", func(i int, s string) []string {
		return []string{"A" + id(i), s, "https://news.example/" + id(i), "2026-03-30T08:00:00Z", "2026-03-30T09:00:00Z", "en", s + " files for bankruptcy", s, s}
	})
	config := filepath.Join(dir, "creditwatch.yaml")
	text := "company: \"<script>alert(1)</script>\"\ninput: .\ncurrency: CNY\ntime_zone: Asia/Shanghai\ntrain: {every: never}\nsources:\n"
	for table, key := range map[string]string{"customers": "customer_id", "transactions": "transaction_id", "articles": "article_id"} {
		text += fmt.Sprintf("  - {name: %s, table: %s, reader: file, path: %s.csv, key: [%s]}\n", table, table, table, key)
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}

	night := program(t, nil, "--config", config, "--data", data, "--log", "json", "run", "--date", "2026-03-31")
	night.want(t, 0)
	for _, line := range strings.Split(strings.TrimSpace(night.err.String()), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %.200s", line)
		}
	}
	said := night.err.String()
	for _, name := range []string{"<script", "DROP TABLE", "calc", "SUM(1)", "etc/passwd", "Bcc"} {
		if strings.Contains(said, name) {
			t.Errorf("the log names a customer: %s", name)
		}
	}
	for _, page := range []string{"en", "zh"} {
		html, err := os.ReadFile(filepath.Join(data, "reports", "creditwatch-2026-03-31-"+page+".html"))
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range append([]string{"<script", "<img src=\"http", "<iframe", "<link", "onload=\"", `href="javascript:`, base + "img\" onerror=\""}, hostile.Commands()...) {
			if strings.Contains(string(html), bad) {
				t.Errorf("%s report holds %q", page, bad)
			}
		}
	}

	// Nothing is lost, and what was accepted is there as it came.
	kept := program(t, nil, "--data", data, "sql", "--format", "JSONEachRow", "SELECT customer_id AS id, name FROM customers"+
		" UNION ALL SELECT source AS id, toString(read - accepted - rejected - duplicates) AS name FROM source_counts"+
		" UNION ALL SELECT concat('refused ', toString(line)) AS id, raw AS name FROM rejects WHERE source = 'customers'")
	kept.want(t, 0)
	names := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(kept.out.String()), "\n") {
		var row struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		names[row.ID] = row.Name
	}
	for _, source := range []string{"customers", "transactions", "articles"} {
		if names[source] != "0" {
			t.Errorf("%s: %q rows were read and became nothing", source, names[source])
		}
	}
	refused := 0
	for name := range names {
		if strings.HasPrefix(name, "refused ") {
			refused++
		}
	}
	for i, s := range texts {
		got, there := names[id(i)]
		switch {
		case !there:
			refused-- // whole, in rejects
		case strings.ToValidUTF8(s, "") == s && got != s && got != strings.TrimSpace(s) && got != strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")):
			t.Errorf("%s is called %.80q, was %.80q", id(i), got, s)
		}
	}
	if refused != 0 {
		t.Errorf("%d customers are neither accepted nor refused, or both", refused)
	}

	// Nothing that a person reads on a terminal or in a page moves the cursor or runs.
	terminal := id(slices.IndexFunc(texts, func(s string) bool { return strings.Contains(s, "]0;pwned") }))
	for _, args := range [][]string{{"file", terminal, "--html", filepath.Join(dir, "h.html")}, {"quarantine", "list"}} {
		c := program(t, nil, append([]string{"--data", data}, args...)...)
		c.want(t, 0)
		for _, bad := range hostile.Commands() {
			if strings.Contains(c.out.String()+c.err.String(), bad) {
				t.Errorf("%v prints %q", args, bad)
			}
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "h.html"))
	if err != nil || !strings.Contains(string(page), "pwned") || slices.ContainsFunc(hostile.Commands(), func(bad string) bool { return strings.Contains(string(page), bad) }) {
		t.Errorf("the file of a customer as a page: %v %.300s", err, page)
	}
}

// TestPrintable: what a text says stays, what it would have a terminal do goes.
func TestPrintable(t *testing.T) {
	for _, s := range hostile.Texts("http://127.0.0.1:9/") {
		got := printable(s)
		for _, bad := range hostile.Commands() {
			if strings.Contains(got, bad) {
				t.Errorf("%q leaves %q", s, bad)
			}
		}
	}
	for in, want := range map[string]string{"a\x1b[31mb": "a[31mb", "\u202egnp.exe": "gnp.exe", "👩\u200d👧": "👩\u200d👧", "می\u200cخواهم": "می\u200cخواهم", "a\tb\nc": "a\tb\nc", "中文 e\u0301": "中文 e\u0301", "a\u00adb\ufeff": "ab"} {
		if got := printable(in); got != want {
			t.Errorf("%q prints as %q, want %q", in, got, want)
		}
	}
}
