package sources

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzFeed: whatever the bytes, a feed comes to rows that are sound or say what is wrong, the same ones each time; an address is of the
// web, a text is bounded UTF-8, and nothing is published after the night's cut.
func FuzzFeed(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><rss version="2.0"><channel><title>N</title><item><title>A &amp; B</title><link>https://e.example/1</link><pubDate>Mon, 02 Jan 2006 15:04:05 GMT</pubDate></item></channel></rss>`), "")
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title type="html">&lt;script&gt;x&lt;/script&gt;y</title><link href="javascript:alert(1)"/><updated>2999-01-01T00:00:00Z</updated></entry><entry><title>broken`), "utf-8")
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"1","content_text":"t","date_published":"2026-01-01T00:00:00+08:00"}]}`), "")
	f.Add([]byte("\x1f\x8b\x08\x00\x00"), "gbk")
	f.Add([]byte("<rss><channel><item></item><item/></channel></rss>"), "")
	f.Add([]byte("<!DOCTYPE x [<!ENTITY a \"b\"><!ENTITY c \"&a;&a;\">]><rss><channel><item><title>&c;</title></item></channel></rss>"), "")
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		f.Fatal(err)
	}
	night := feedNight(zone)
	f.Fuzz(func(t *testing.T, content []byte, charset string) {
		var in, again input
		in.read(content, charset, "https://e.example/feed", night, true)
		for i, row := range in.page.list {
			if row.Line != uint64(i+1) || !utf8.ValidString(row.Raw) {
				t.Fatalf("row %d: line %d, raw %q", i, row.Line, row.Raw)
			}
			if row.Fault != "" {
				continue
			}
			cells := map[string]string{}
			for j, c := range feedColumns {
				if cells[c] = row.Cells[j].Text; !utf8.ValidString(cells[c]) {
					t.Fatalf("row %d: %s %q is not UTF-8", i, c, cells[c])
				}
			}
			if cells["title"] == "" || cells["id"] == "" {
				t.Fatalf("row %d is taken without title or id: %v", i, cells)
			}
			if u, err := url.Parse(cells["url"]); err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
				t.Fatalf("row %d has the address %q: %v", i, cells["url"], err)
			}
			if p := cells["published"]; p > instantText(night.known()) {
				t.Fatalf("row %d is published at %s, after the night's cut", i, p)
			}
			if utf8.RuneCountInString(cells["body"]) > maxText {
				t.Fatalf("row %d has a text of %d characters", i, utf8.RuneCountInString(cells["body"]))
			}
		}
		again.read(content, charset, "https://e.example/feed", night, true)
		if diff := cmp.Diff(in.page.list, again.page.list, cmp.AllowUnexported(Row{}, Cell{})); diff != "" {
			t.Fatalf("read again (-first +second):\n%s", diff)
		}
	})
}

// FuzzMapping: whatever an expression of a mapping says, what goes into the statement is one expression: its quotes and brackets close,
// and outside of quotes there is no comment and no end of the statement.
func FuzzMapping(f *testing.F) {
	for _, s := range []string{"decimal(`Net amount`)", "day(d, '%d/%m/%Y')", "instant(x)", "if(a = 'it''s', \"b\", [c][1])", "'\\'", "flag(decimal(x))", "a;b", "a--b", "whole(a, b)",
		"concat('(', x, ')')", "1e5", "日期", "day(\"a`b\")", "$$'$$", "decimal( number( a ) )"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		e, err := expand(sql, "Asia/Shanghai")
		if err != nil {
			return
		}
		oneExpression(t, e.SQL)
		for _, fault := range e.Faults {
			oneExpression(t, fault.Holds)
			oneExpression(t, fault.Cell)
		}
		for _, n := range e.Names {
			oneExpression(t, name(n))
		}
		oneExpression(t, str(sql))
	})
}

// oneExpression reads SQL as the engine's lexer does: quotes end with their like, a backslash takes the next character with it.
func oneExpression(t *testing.T, sql string) {
	t.Helper()
	var open []byte
	for i := 0; i < len(sql); i++ {
		switch c := sql[i]; c {
		case '\'', '"', '`':
			i++
			for i < len(sql) && sql[i] != c {
				if sql[i] == '\\' {
					i++
				}
				i++
			}
			if i >= len(sql) {
				t.Fatalf("%q: a quote does not close", sql)
			}
		case '(', '[', '{':
			open = append(open, c)
		case ')', ']', '}':
			if len(open) == 0 || strings.IndexByte("([{", open[len(open)-1]) != strings.IndexByte(")]}", c) {
				t.Fatalf("%q: brackets do not close", sql)
			}
			open = open[:len(open)-1]
		case ';', '#', '$', 0:
			t.Fatalf("%q: %q outside of quotes", sql, c)
		case '-', '/':
			if next := sql[i+1:]; c == '-' && strings.HasPrefix(next, "-") || c == '/' && strings.HasPrefix(next, "*") {
				t.Fatalf("%q: a comment", sql)
			}
		}
	}
	if len(open) > 0 {
		t.Fatalf("%q: brackets do not close", sql)
	}
}
