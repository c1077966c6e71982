package pipeline

import (
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"creditwatch/pipeline/rows"
)

// hostile is the name of the customer to be erased: no other text has its words.
const hostile = `Öhlwürz & Töchter "Süd" <b>`

// TestErasure erases a customer that is in every kind of place, dies on the way now and then, and then looks for its name in every column of every
// table and in every file.
func TestErasure(t *testing.T) {
	a := newAging(t)
	ctx := t.Context()
	page := "<p>largest: " + html.EscapeString(hostile) + ", then Öhlwür…</p><p>K-771</p><p>K-7712</p>"
	a.also = []string{"articles", "group_exposure", "stress", "interactions"}
	a.adds = func() {
		p := map[string]any{"name": hostile, "page": page, "said": "parent " + hostile + " (K-771) is late"}
		for _, sql := range []string{
			"customers_rows (run, as_of, customer_id, name, aliases, parent_id) SELECT 2, toDate('2026-03-31'), c.1, c.2, c.3, c.4 FROM (SELECT arrayJoin([('K-771', {name:String}, ['Öhlwürz Süd', 'Nordwind'], ''), ('K-772', 'Nordwind Handel', [], 'K-771'), ('K-7712', 'Other', [], '')]) AS c)",
			"transactions_rows (run, as_of, customer_id, transaction_id, payer) VALUES (2, '2026-03-31', 'K-771', 't1', ''), (2, '2026-03-31', 'K-772', 't2', {name:String})",
			"rejects_rows (run, as_of, file, line, reason, raw) VALUES (2, '2026-03-31', 'x.csv', 7, 'amount', {said:String}), (2, '2026-03-31', 'x.csv', 8, 'amount', 'K-7712;bad')",
			"articles_rows (run, as_of, article_id, title, body) VALUES (2, '2026-03-31', 'a1', {said:String}, ''), (2, '2026-03-31', 'a2', 'Nordwind grows', ''), (2, '2026-03-31', 'a3', 'short name only', '')",
			"news_events_rows (run, as_of, event_id, customer_id, article_id, sentence) VALUES (2, '2026-03-31', 'e1', 'K-771', 'a1', {said:String}), (2, '2026-03-31', 'e3', 'K-771', 'a3', 'x'), (2, '2026-03-31', 'e2', 'K-772', 'a2', 'y')",
			"warnings_rows (run, as_of, customer_id, episode_id, text_en, evidence) VALUES (2, '2026-03-31', 'K-771', 'w1', 'x', ''), (2, '2026-03-31', 'K-772', 'w2', {said:String}, 'K-7712')",
			"group_exposure_rows (run, as_of, group_id, members) VALUES (2, '2026-03-31', 'K-771', ['K-771', 'K-772']), (2, '2026-03-31', 'G', ['K-771', 'K-7712'])",
			"stress_rows (run, as_of, text_en) VALUES (2, '2026-03-31', {said:String})",
			"interactions_rows (run, as_of, customer_id, interaction_id, owner) VALUES (2, '2026-03-31', 'K-771', 'i1', 'Ana')",
			"scores_rows (run, as_of, customer_id) VALUES (2, '2026-03-31', 'K-771'), (1, '2026-03-30', 'K-771')",
			"features_rows (run, as_of, customer_id) VALUES (2, '2026-03-31', 'K-771'), (2, '2026-03-31', 'K-772')",
			"reports_rows (run, as_of, file, sha256, content) VALUES (2, '2026-03-31', 'page-2026-03-31.html', 'x', {page:String})",
			"entries (entry_id, kind, customer_id, subject, reason) VALUES ('1', 'action', 'K-771', 'HOLD', 'x'), ('2', 'action', 'K-772', 'HOLD', {said:String}), ('3', 'action', 'K-772', 'HOLD', 'fine')",
		} {
			a.exec("INSERT INTO creditwatch."+sql, p)
		}
	}
	a.nights(agingNight{"2026-03-30", 1, "2026-03-31 03:00:00"}, agingNight{"2026-03-31", 2, "2026-04-01 03:00:00"})
	night := Published{AsOf: day("2026-03-31"), Run: 2}
	if err := exportFeatures(ctx, a.db, a.features, night); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"page-2026-03-31.html", "left-over.html"} {
		if err := os.WriteFile(filepath.Join(a.reports, name), []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Verify(ctx, a.db); err != nil {
		t.Fatal(err)
	}
	if _, err := auditJournals(ctx, a.db); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"customers", "features", "group_exposure", "rejects", "reports", "scores", "warnings"} { // the other tables lie run by run
		a.packed(table, 1, 2)
	}
	e := Erasure{Customer: "K-771", Reason: "asked by " + hostile, By: "Ana"}
	a.refused(e)

	dry := e
	dry.Dry = true
	planned, err := a.r.Erase(ctx, dry)
	if err != nil || planned.ID != "" || planned.Names != 2 || planned.Shared != 1 || planned.Runs != 2 {
		t.Fatalf("dry: %+v, %v", planned, err)
	}
	var got []string
	for _, p := range planned.Tables {
		got = append(got, fmt.Sprintf("%s %d %d", p.Table, p.Removed, p.Changed))
	}
	slices.Sort(got)
	want := []string{"articles 2 0", "customers 1 1", "entries 2 0", "features 1 0", "group_exposure 1 1", "interactions 1 0", "news_events 2 0", "rejects 1 0", "reports 0 1", "scores 2 0", "stress 0 1", "transactions 1 1", "warnings 1 1"}
	if !slices.Equal(got, want) {
		t.Errorf("planned\n%q, want\n%q", got, want)
	}
	for _, writes := range []int{4, 15} {
		dead := a.r
		dead.Store = &dying{a.db, writes}
		if _, err := dead.Erase(ctx, e); !errors.Is(err, errDead) {
			t.Fatalf("after %d writes: %v", writes, err)
		}
		if err := Verify(ctx, a.db); err != nil && strings.Contains(err.Error(), "run the date again") {
			t.Errorf("after %d writes it is taken for damage: %v", writes, err)
		}
	}
	if _, err := a.r.Erase(ctx, e); err != nil {
		t.Fatal(err)
	}
	if err := Verify(ctx, a.db); err != nil {
		t.Error(err)
	}
	proof, err := Prove(ctx, a.db, a.reports, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range proof.Breaches { // the other pages of this test are none
		if strings.Contains(b.String(), "page-") || b.Where == "journal" || b.Where == "audit log" {
			t.Error(b)
		}
	}
	a.forgotten("Öhlwür", "K-771")
	for _, table := range []string{"customers", "reports", "scores"} { // what was written anew lies where it lay
		if places := a.places(table); len(places) != 1 || places["9223372036854775809"] == "" {
			t.Errorf("%s: partitions %v", table, places)
		}
	}
	for sql, want := range map[string]string{
		"SELECT content AS x FROM creditwatch.reports_rows WHERE file = 'page-2026-03-31.html'":                "<p>largest: [erased], then [erased]</p><p>[erased]</p><p>K-7712</p>",
		"SELECT text_en AS x FROM creditwatch.warnings_rows WHERE episode_id = 'w2'":                           "parent [erased] ([erased]) is late",
		"SELECT concat(parent_id, '|', name) AS x FROM creditwatch.customers_rows WHERE customer_id = 'K-772'": "|Nordwind Handel",
		"SELECT toString(members) AS x FROM creditwatch.group_exposure_rows WHERE group_id = 'G'":              "['K-7712']",
		"SELECT toString(groupArray(article_id)) AS x FROM creditwatch.articles_rows":                          "['a2']",
		"SELECT raw AS x FROM creditwatch.rejects_rows WHERE line = 8":                                         "K-7712;bad",
		"SELECT toString(count()) AS x FROM creditwatch.entries":                                               "1",
		"SELECT any(reason) AS x FROM creditwatch.erasures WHERE kind = 'customer'":                            "asked by [erased]",
		"SELECT toString(uniqExact(hash)) AS x FROM creditwatch.erasures WHERE kind = 'article'":               "2",
		"SELECT toString(min(rows_before) > 0) AS x FROM creditwatch.erasure_changes":                          "1",
	} {
		err := rows.Each(ctx, a.db, "test", sql, nil, func(r *rows.Row) error {
			if got := r.Text("x"); got != want {
				t.Errorf("%s: %q, want %q", sql, got, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := a.r.Erase(ctx, Erasure{Customer: "K-999", Reason: "x", By: "Ana"}); !errors.Is(err, ErrErasure) {
		t.Errorf("a customer that nobody knows: %v", err)
	}
}

// refused: a customer under a legal hold stays.
func (a *aging) refused(e Erasure) {
	ctx := a.Context()
	held := e
	held.Holds = []string{"K-770", "K-771"}
	if _, err := a.r.Erase(ctx, held); !errors.Is(err, ErrErasure) || !strings.Contains(err.Error(), "retention.holds") {
		a.Errorf("held by the configuration: %v", err)
	}
	h := Erasure{Customer: e.Customer, Reason: "lawsuit", By: "Legal"}
	if err := a.r.Hold(ctx, h, true); err != nil {
		a.Fatal(err)
	}
	if _, err := a.r.Erase(ctx, e); !errors.Is(err, ErrErasure) || !strings.Contains(err.Error(), "entered by Legal on 2026-04-01") {
		a.Errorf("held by an entry: %v", err)
	}
	a.now = a.now.Add(1e9)
	if err := a.r.Hold(ctx, h, false); err != nil {
		a.Fatal(err)
	}
}

// forgotten looks for words in every column of texts of every table, and in every file.
func (a *aging) forgotten(words ...string) {
	a.Helper()
	columns := map[string][]string{}
	err := rows.Each(a.Context(), a.db, "columns", sqlOf("erasure_columns"), nil, func(r *rows.Row) error {
		if strings.Contains(r.Text("type"), "String") {
			columns[r.Text("table")] = append(columns[r.Text("table")], "toString(`"+r.Text("name")+"`)")
		}
		return nil
	})
	if err != nil || len(columns) < 20 {
		a.Fatalf("%d tables, %v", len(columns), err)
	}
	pattern := `(` + strings.Join(words, "|") + `)(\W|$)|` + words[0]
	for table, list := range columns {
		sql := "SELECT count() AS n FROM creditwatch." + table + " WHERE match(concat(" + strings.Join(list, ", '\n', ") + ", '\n'), {pattern:String})"
		err := rows.Each(a.Context(), a.db, table, sql, map[string]any{"pattern": pattern}, func(r *rows.Row) error {
			if n := r.Whole("n"); n > 0 {
				a.Errorf("%s: %d rows still name the customer", table, n)
			}
			return nil
		})
		if err != nil {
			a.Fatal(err)
		}
	}
	found := regexp.MustCompile(pattern)
	for _, folder := range []string{a.reports, a.features} {
		files, err := os.ReadDir(folder)
		if err != nil || len(files) == 0 {
			a.Fatalf("%d files, %v", len(files), err)
		}
		for _, f := range files {
			content, err := os.ReadFile(filepath.Join(folder, f.Name()))
			if err != nil {
				a.Fatal(err)
			}
			if found.Match(content) {
				a.Errorf("%s still names the customer", f.Name())
			}
		}
	}
}

func TestNeedles(t *testing.T) {
	for _, c := range []struct {
		number string
		names  []string
		text   string
		want   string
	}{
		{"C0042", []string{"Ana Silva"}, "Ana Silva, ANA SILVA and Ana Silvas (C0042, C00421)", "[erased], [erased] and Ana Silvas ([erased], C00421)"},
		{"17", []string{"Li"}, "17 of Li", "17 of Li"}, // an amount, and a word
		{"17", []string{"示范贸易"}, "对示范贸易公司的应收", "对[erased]公司的应收"},
		{"17", []string{"A & B <Ltd>"}, `A &amp; B &lt;Ltd&gt; "A \u0026 B \u003cLtd\u003e" A & B <Ltd>`, `[erased] "[erased]" [erased]`},
		{"17", []string{"Very Long Name of a Company"}, "Very Long Na… Very Long... Very Long", "[erased] [erased] Very Long"},
		{"x", nil, "nothing at all", "nothing at all"},
	} {
		if got := regexp.MustCompile(needles(c.number, c.names)).ReplaceAllString(c.text, blotted); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.number, c.names, got, c.want)
		}
	}
}
