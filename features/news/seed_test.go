package news

import (
	"compress/gzip"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
)

// shared opens a file of the shared data sets: below CREDITWATCH_SHARED, or in shared/data next to the repository.
func shared(t testing.TB, name string) *os.File {
	t.Helper()
	var tried []string
	if dir := os.Getenv("CREDITWATCH_SHARED"); dir != "" {
		tried = append(tried, filepath.Join(dir, "data", name))
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		tried = append(tried, filepath.Join(filepath.Dir(dir), "shared", "data", name))
	}
	for _, path := range tried {
		if f, err := os.Open(path); err == nil {
			return f
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s: in none of %v", name, tried)
	}
	t.Skipf("%s: no shared data; set CREDITWATCH_SHARED", name)
	return nil
}

type headline struct{ date, company, ticker, label, title string }

func seed(t testing.TB) []headline {
	f := shared(t, "cn-company-news/news_seed.csv.gz")
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []headline
	for _, r := range rows[1:] {
		out = append(out, headline{r[0], r[1], r[2], r[3], r[4]})
	}
	if len(out) != 7046 {
		t.Fatalf("%d headlines, want 7046", len(out))
	}
	return out
}

// The short names of the set are what a user would give as aliases. Rows about several companies list them with commas.
func seedCustomers(rows []headline) []Customer {
	names := map[string]bool{}
	for _, r := range rows {
		for _, n := range strings.Split(r.company, ",") {
			names[n] = true
		}
	}
	var out []Customer
	for n := range names {
		out = append(out, Customer{ID: n, Name: n + "股份有限公司", Aliases: []string{n}})
	}
	sort.Slice(out, func(a, b int) bool { return out[a].ID < out[b].ID })
	return out
}

func TestSeedHeadlinesNameTheirCompanies(t *testing.T) {
	rows := seed(t)
	customers := seedCustomers(rows)
	m, refused := NewMatcher(customers)
	var unlooked []string // 房地产 and the like, which the set lists beside companies
	for _, a := range refused {
		if a.KeptFor == "" {
			unlooked = append(unlooked, a.Customers...)
		}
	}
	if want := []string{"房地产"}; !slices.Equal(distinct(unlooked), want) {
		t.Errorf("names refused: %v, want %v", unlooked, want)
	}
	named, hit := 0, 0
	for _, r := range rows {
		found, rest := m.namedIn(r.title)
		for _, id := range found {
			if !strings.Contains(folded(r.title), folded(id)) {
				t.Errorf("%q: matched %s, which it does not name", r.title, id)
			}
		}
		for _, n := range distinct(strings.Split(r.company, ",")) {
			switch {
			case !strings.Contains(folded(r.title), folded(n)), slices.Contains(unlooked, n):
				continue
			case !slices.Contains(found, n) && !strings.Contains(rest, folded(n)):
				continue // only inside a longer name that was found: ST河化 in *ST河化
			}
			named++
			if slices.Contains(found, n) {
				hit++
				continue
			}
			t.Errorf("%q: %s not matched, only %v", r.title, n, found)
		}
	}
	t.Logf("%d of %d names matched in %d headlines; %d names refused", hit, named, len(rows), len(unlooked))
}

// What the rules alone say about headlines labelled good or bad for the company. Bad by label is far wider than a credit
// event (減持 is most of it), so recall is low by nature; precision is what the rules are for.
func TestSeedHeadlinesOfGraveEventsAreBadNews(t *testing.T) {
	rows := seed(t)
	m, _ := NewMatcher(seedCustomers(rows))
	type count struct{ bad, good int }
	grave := count{}
	byCode := map[string]*count{}
	for i, r := range rows {
		on, err := asof.Parse(r.date)
		if err != nil {
			t.Fatal(err)
		}
		published := on.Time()
		for _, e := range m.Events(Article{ID: r.ticker, SourceClass: "official", Title: r.title, PublishedAt: &published, KnownAt: published.Add(time.Hour)}) {
			if !slices.Contains(strings.Split(r.company, ","), e.CustomerID) {
				continue
			}
			key := e.Code + " " + e.Polarity
			if byCode[key] == nil {
				byCode[key] = &count{}
			}
			bad := r.label == "0"
			if bad {
				byCode[key].bad++
			} else {
				byCode[key].good++
			}
			if e.Severity >= 3 && e.Polarity == Affirmed && e.Role == Subject {
				if bad {
					grave.bad++
				} else {
					grave.good++
					t.Logf("row %d, labelled good: %s S%d %q in %q", i+1, e.Code, e.Severity, e.Trigger, r.title)
				}
			}
		}
	}
	var keys []string
	for k := range byCode {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		t.Logf("%-22s label 0: %4d   label 1: %4d", k, byCode[k].bad, byCode[k].good)
	}
	precision := float64(grave.bad) / float64(grave.bad+grave.good)
	t.Logf("affirmed S3+ of the subject: %d on bad news, %d on good news, precision %.3f", grave.bad, grave.good, precision)
	if grave.bad < 100 || precision < 0.9 {
		t.Errorf("S3+ events: %d on bad news, precision %.3f; want 100 and 0.9", grave.bad, precision)
	}
}
