package sources

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"

	"github.com/google/go-cmp/cmp"
)

func feedNight(zone *time.Location) Night {
	d := asof.MustParse("2025-03-01")
	return Night{Run: 1, AsOf: d, Cut: d.Cut(zone), Zone: zone}
}

func readFeed(t *testing.T, dir, file string, zone *time.Location) input {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	night := feedNight(zone)
	night.Scratch = t.TempDir()
	p := &pull{root: root, night: night}
	defer p.closeSpools()
	in, err := p.lookPage(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := in.page.rows() // as they will be staged
	for {
		var r Row
		err := rows.Next(&r)
		if err == io.EOF {
			return in
		}
		if err != nil {
			t.Fatal(err)
		}
		in.page.list = append(in.page.list, r)
	}
}

func (in input) entries() (sound, broken []Row) {
	for _, r := range in.page.list {
		if r.Fault == "" {
			sound = append(sound, r)
		} else {
			broken = append(broken, r)
		}
	}
	return sound, broken
}

func (r Row) cell(column string) string {
	for i, c := range feedColumns {
		if c == column {
			return r.Cells[i].Text
		}
	}
	return "no such column"
}

// The figures are those of the data set's README; for broken feeds, what is readable and what is named as not.
func TestRealFeeds(t *testing.T) {
	dir := shared(t, "news-feeds")
	for _, c := range []struct {
		file          string
		sound, broken int
		encoding      string
	}{
		{"sec-company-8k-1.atom", 55, 0, "windows-1252"},
		{"sec-company-8k-2.atom", 5, 0, "windows-1252"},
		{"sec-pressreleases.rss", 25, 0, "utf-8"},
		{"sec-xbrl-filings-win1252.rss", 200, 0, "windows-1252"},
		{"google-alerts.atom", 20, 0, "utf-8"},
		{"guardian.rss", 55, 0, "utf-8"},
		{"encoding-latin1.rss", 40, 0, "windows-1252"},
		{"heise-de.atom", 15, 0, "utf-8"},
		{"rdf-rss1.rdf", 69, 0, "utf-8"},
		{"bbc.rss", 1, 0, "utf-8"},
		{"spiegel-de.rss", 1, 0, "utf-8"},
		{"huffpost-canada.rss", 2, 0, "utf-8"},
		{"iconv-win1251-ru.rss", 10, 0, "windows-1251"},
		{"36kr-zh.rss", 100, 0, "utf-8"},
		{"techweb-zh.rss", 27, 2, "utf-8"}, // two of the 29 are blank
		{"leiphone-zh.rss", 20, 0, "utf-8"},
		{"big5-tiny.xml", 0, 0, "big5"},
		{"guid-dupes.rss", 1, 0, "utf-8"},
		{"bad-leading-newline-techcrunch.rss", 20, 0, "utf-8"},
		{"bad-latin1-undeclared-uol-pt.rss", 15, 0, "windows-1252"},
		{"bad-date-format.rss", 2, 0, "utf-8"},
		{"bad-illegally-nested.rss", 10, 10, "utf-8"},
		{"bad-entity-saxerror.rss", 3, 0, "utf-8"},
		{"bad-truncated.rss", 0, 1, "utf-8"},
		{"bad-not-a-feed.rss", 0, 1, "utf-8"},
		{"bad-gzip-body.rss", 10, 0, "windows-1251"},
		{"bad-bytes-with-bom.xml", 0, 1, "utf-8"},
		{"bad-bogus-encoding.xml", 0, 0, "utf-8"},
	} {
		t.Run(c.file, func(t *testing.T) {
			in := readFeed(t, dir, c.file, time.UTC)
			sound, broken := in.entries()
			if len(sound) != c.sound || len(broken) != c.broken || in.Encoding != c.encoding {
				t.Errorf("%d entries and %d broken in %s, want %d and %d in %s; notes %q", len(sound), len(broken), in.Encoding, c.sound, c.broken, c.encoding, in.page.notes)
			}
			for _, r := range sound {
				if c.file != "bad-entity-saxerror.rss" && c.file != "techweb-zh.rss" && r.cell("published") == "" || r.cell("title") == "" || r.cell("url") == "" {
					t.Errorf("entry %d: published %q, title %q, url %q", r.Line, r.cell("published"), r.cell("title"), r.cell("url"))
				}
			}
		})
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.*"))
	if err != nil || len(files) != 29 { // with the README
		t.Errorf("%d files, want 29: the table above must name all", len(files))
	}
}

// Pages on one shelf keep their rows apart, give them in any order, and as often as they are asked for.
func TestShelf(t *testing.T) {
	p := &pull{night: Night{Scratch: t.TempDir()}}
	defer p.closeSpools()
	file, err := p.newSpool()
	if err != nil {
		t.Fatal(err)
	}
	p.shelf.file = file
	lists := [][]Row{
		{{Line: 1, Cells: []Cell{{Text: "a"}, {Null: true}, {}}, Raw: "a,,"}, {Line: 2, Raw: "x", Fault: "is broken"}, {Line: 3, Cells: []Cell{{}, {}, {Text: "c"}}}},
		nil,
		{{Line: 1, Cells: []Cell{{Text: strings.Repeat("长", 10_000)}}}},
	}
	pages := make([]*page, len(lists))
	for i, l := range lists {
		pages[i] = &page{list: l}
		if err := p.shelf.put(pages[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range []int{2, 0, 1, 0} {
		var got []Row
		row := Row{Fault: "of another row"}
		rows := pages[i].rows()
		for err = rows.Next(&row); err == nil; err = rows.Next(&row) {
			got = append(got, row)
		}
		if diff := cmp.Diff(lists[i], got); err != io.EOF || diff != "" {
			t.Errorf("page %d: %v, -want +got:\n%s", i, err, diff)
		}
	}
}
