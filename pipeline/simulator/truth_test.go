package simulator

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/mmcdole/gofeed"

	"creditwatch/pipeline/asof"
)

func TestDefaultsFollowTheHazard(t *testing.T) {
	dir, sum := sharedBook(t)
	if rate := 12 * float64(sum.Defaults) / sum.Exposure; rate < 0.022 || rate > 0.048 {
		t.Errorf("%.2f %% of the customers default in a year, want 3 to 4 %% (here within 2.2 to 4.8 %%)", 100*rate)
	}
	if ratio := float64(sum.Defaults) / sum.Expected; ratio < 0.75 || ratio > 1.25 {
		t.Errorf("%d defaults where the hazards add up to %.1f", sum.Defaults, sum.Expected)
	}
	if n := len(read(t, dir, "truth/defaults.csv")); n != sum.Defaults {
		t.Errorf("defaults.csv has %d rows, the summary %d", n, sum.Defaults)
	}
	// The twelve-month probabilities, too, add up to what happened, and rank it.
	failed := failures(t, dir)
	want, got := 0.0, 0.0
	var score []float64
	var bad []bool
	for _, l := range read(t, dir, "truth/hazard.csv.gz") {
		end := asof.MustParse(l.cells["month_end"])
		if l.cells["month_end"] != "2024-06-30" && l.cells["month_end"] != "2025-06-30" {
			continue
		}
		pd := number(t, l.cells["pd_12m"])
		want += pd
		hit := false
		for _, f := range failed[l.cells["customer_id"]] {
			hit = hit || f > end && f <= end.AddMonths(12)
		}
		if hit {
			got++
		}
		score, bad = append(score, pd), append(bad, hit)
	}
	if ratio := got / want; ratio < 0.65 || ratio > 1.35 {
		t.Errorf("%.0f defaults within a year where the probabilities add up to %.1f", got, want)
	}
	if a := auc(score, bad); a < 0.82 || a > 0.95 {
		t.Errorf("AUC of the true probability %.3f, want about 0.85 to 0.9", a)
	}
}

func failures(t *testing.T, dir string) map[string][]asof.Date {
	failed := map[string][]asof.Date{}
	for _, l := range read(t, dir, "truth/defaults.csv") {
		id := l.cells["customer_id"]
		failed[id] = append(failed[id], asof.MustParse(l.cells["defaulted_on"]))
	}
	return failed
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// auc is the chance that a bad one has a higher score than a good one.
func auc(score []float64, bad []bool) float64 {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(score[a], score[b]) })
	ranks, positives := 0.0, 0.0
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && score[order[j]] == score[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			if bad[k] {
				ranks += float64(i+j+1) / 2
				positives++
			}
		}
		i = j
	}
	return (ranks - positives*(positives+1)/2) / (positives * (float64(len(order)) - positives))
}

// paid is a document of the ledger as it came to be known at last.
type paid struct {
	customer, kind, appliesTo string
	on, due                   asof.Date
	amount                    int64
}

// finalLedger reads the transactions without what was rejected, doubled, replaced, annulled or bounced.
func finalLedger(t *testing.T, dir string) []paid {
	skip := map[string]bool{}
	for _, p := range read(t, dir, "truth/dirt.csv") {
		if k := p.cells["kind"]; k == badCell || k == duplicate {
			skip[p.cells["file"]+":"+p.cells["line"]] = true
		}
	}
	last, replaced, order := map[string]line{}, map[string]bool{}, []string{}
	for _, l := range read(t, dir, "transactions-*") {
		if skip[fmt.Sprintf("%s:%d", l.file, l.n)] {
			continue
		}
		id := l.cells["transaction_id"]
		if _, again := last[id]; !again {
			order = append(order, id)
		}
		last[id] = l
		replaced[l.cells["supersedes"]] = true
	}
	var ledger []paid
	documents := map[string]paid{}
	for _, id := range order {
		l := last[id]
		if replaced[id] || l.cells["status"] != "" {
			continue
		}
		amount := number(t, l.cells["amount"])
		p := paid{customer: l.cells["customer_id"], kind: l.cells["kind"], appliesTo: l.cells["applies_to"], on: asof.MustParse(l.cells["occurred_on"]), amount: int64(amount*100 + 0.5)}
		if l.cells["due_on"] != "" {
			p.due = asof.MustParse(l.cells["due_on"])
		}
		if p.amount <= 0 {
			t.Errorf("%s: amount %s", id, l.cells["amount"])
		}
		if p.kind == "invoice" || p.kind == "order" || p.kind == "payment" {
			if _, twice := documents[l.cells["document_id"]]; twice {
				t.Errorf("%s: document %s stands twice", id, l.cells["document_id"])
			}
			documents[l.cells["document_id"]] = p
		}
		ledger = append(ledger, p)
	}
	for _, p := range ledger {
		if p.appliesTo == "" {
			if p.kind == "credit_note" || p.kind == "dispute" || p.kind == "write_off" {
				t.Errorf("a %s of %s belongs to no document", p.kind, p.customer)
			}
			continue
		}
		of, ok := documents[p.appliesTo]
		if !ok {
			t.Errorf("a %s of %s belongs to %s, which does not exist", p.kind, p.customer, p.appliesTo)
		} else if p.on < of.on {
			t.Errorf("a %s of %s is of %s, before the %s %s of %s", p.kind, p.customer, p.on, of.kind, p.appliesTo, of.on)
		}
	}
	return ledger
}

// TestLedger asks of the ledger what everybody takes for granted, and that nobody but those in default owes us anything
// for 90 days: cash without a reference counts for the oldest debt.
func TestLedger(t *testing.T) {
	dir, _ := sharedBook(t)
	failed := failures(t, dir)
	type account struct {
		debts []paid // by due date
		cash  []paid
	}
	accounts := map[string]*account{}
	for _, p := range finalLedger(t, dir) {
		a := accounts[p.customer]
		if a == nil {
			a = &account{}
			accounts[p.customer] = a
		}
		switch p.kind {
		case "invoice":
			if p.due.Sub(p.on) < 30 || p.due.Sub(p.on) > 105 {
				t.Errorf("an invoice of %s of %s is due on %s", p.customer, p.on, p.due)
			}
			a.debts = append(a.debts, p)
		case "payment", "credit_note", "write_off":
			a.cash = append(a.cash, p)
		case "refund":
			p.amount = -p.amount
			a.cash = append(a.cash, p)
		}
	}
	end := asof.MustParse("2026-06-30")
	silent := 0
	for id, a := range accounts {
		slices.SortStableFunc(a.debts, func(x, y paid) int { return cmp.Compare(x.due, y.due) })
		for day := asof.MustParse("2023-12-31"); day <= end; day = day.Add(30) {
			owed, overdue := int64(0), int64(0)
			for _, p := range a.debts {
				if p.on <= day {
					owed += p.amount
				}
				if p.due.Add(90) <= day {
					overdue += p.amount
				}
			}
			cash := int64(0)
			for _, p := range a.cash {
				if p.on <= day {
					cash += p.amount
				}
			}
			// Cash also settles younger invoices, so this finds who owes 90 days of everything.
			if overdue > cash+owed/50 && len(failed[id]) == 0 {
				t.Errorf("%s never defaulted and on %s has paid %d of %d cents due for 90 days", id, day, cash, overdue)
			}
		}
		if f := failed[id]; len(f) == 1 && f[0] < end.Add(-250) {
			after := 0
			for _, p := range a.cash {
				if p.kind == "payment" && p.on > f[0] && p.on < f[0].Add(59) {
					after++
				}
			}
			if after > 0 {
				t.Errorf("%s pays %d times in the two months after its default on %s", id, after, f[0])
			}
			silent++
		}
	}
	if silent < 50 {
		t.Errorf("only %d defaults looked at", silent)
	}
}

// TestHealthShows: how late a customer paid in the last 90 days tells who defaults within a year.
func TestHealthShows(t *testing.T) {
	dir, _ := sharedBook(t)
	failed := failures(t, dir)
	type settled struct{ on, due asof.Date }
	payments := map[string][]settled{}
	ledger := finalLedger(t, dir)
	documents := map[string]asof.Date{}
	for _, l := range read(t, dir, "transactions-*") {
		if l.cells["kind"] == "invoice" && badCellOf(l.cells) == "" {
			documents[l.cells["document_id"]] = asof.MustParse(l.cells["due_on"])
		}
	}
	for _, p := range ledger {
		if due := documents[p.appliesTo]; p.kind == "payment" && !due.IsZero() {
			payments[p.customer] = append(payments[p.customer], settled{p.on, due})
		}
	}
	var score []float64
	var bad []bool
	for _, l := range read(t, dir, "truth/hazard.csv.gz") {
		end := asof.MustParse(l.cells["month_end"])
		if m := l.cells["month_end"][5:7]; m != "06" && m != "12" || end > asof.MustParse("2025-06-30") {
			continue
		}
		days, n := 0, 0
		for _, p := range payments[l.cells["customer_id"]] {
			if p.on <= end && p.on > end.Add(-90) {
				days += p.on.Sub(p.due)
				n++
			}
		}
		if n == 0 {
			continue
		}
		hit := false
		for _, f := range failed[l.cells["customer_id"]] {
			hit = hit || f > end && f <= end.AddMonths(12)
		}
		score, bad = append(score, float64(days)/float64(n)), append(bad, hit)
	}
	if a := auc(score, bad); a < 0.75 {
		t.Errorf("AUC of the days late over 90 days %.3f over %d, want at least 0.75", a, len(score))
	}
}

func TestFeeds(t *testing.T) {
	dir, sum := sharedBook(t)
	truth := map[string]line{}
	kinds := map[string]int{}
	for _, l := range read(t, dir, "truth/news.csv") {
		truth[l.cells["url"]] = l
		kinds[l.cells["decoy"]]++
	}
	for _, kind := range []string{"", "denial", "hypothetical", "plaintiff", "counterparty", "reversed", "positive", "namesake", "reprint", "market", "industry"} {
		if kinds[kind] == 0 {
			t.Errorf("no article is a decoy of kind %q", kind)
		}
	}
	records := map[string]line{}
	legal := map[string]string{}
	for _, l := range read(t, dir, "customers-*") {
		if badCellOf(l.cells) == "" {
			records[l.cells["customer_id"]] = l
			name, _, _ := strings.Cut(l.cells["name"], "<")
			name, _, _ = strings.Cut(name, "'")
			if other, taken := legal[name]; taken && other != l.cells["customer_id"] {
				t.Errorf("%s and %s have the same name %s", other, l.cells["customer_id"], name)
			}
			legal[name] = l.cells["customer_id"]
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "news", "*.rss"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := gofeed.NewParser().Parse(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(name), err)
		}
		base := strings.TrimSuffix(filepath.Base(name), ".rss")
		day := asof.MustParse(base[len(base)-10:])
		for _, item := range f.Items {
			l, ok := truth[item.Link]
			switch {
			case !ok || seen[item.Link]:
				t.Errorf("%s: %s stands in truth: %v, came before: %v", base, item.Link, ok, seen[item.Link])
			case item.PublishedParsed == nil || asof.Of(item.PublishedParsed.In(cst)) > day:
				t.Errorf("%s: %s is of %s", base, item.Link, item.Published)
			case item.PublishedParsed.UTC().Format(time.DateTime) != l.cells["published_at"]:
				t.Errorf("%s: %s is of %s, truth says %s", base, item.Link, item.Published, l.cells["published_at"])
			case len(item.Categories) != 1 || !slices.Contains([]string{"official", "wire", "press", "social"}, item.Categories[0]):
				t.Errorf("%s: %s has categories %v", base, item.Link, item.Categories)
			}
			seen[item.Link] = true
			if id := l.cells["customer_id"]; id != "" {
				name, _, _ := strings.Cut(records[id].cells["name"], "<")
				name, _, _ = strings.Cut(name, "'")
				english := strings.Split(records[id].cells["aliases"], ";")[1]
				if !strings.Contains(item.Description, name) && !strings.Contains(item.Description, english) {
					t.Errorf("%s: %s does not name %s: %s", base, item.Link, id, item.Description)
				}
			} else if l.cells["decoy"] == "namesake" {
				for name := range legal {
					if strings.Contains(item.Description, name) {
						t.Errorf("%s: the namesake of %s is the customer %s", base, item.Link, name)
					}
				}
			}
		}
	}
	if len(seen) != len(truth) || len(seen) != sum.Rows[news] {
		t.Errorf("%d articles, truth has %d and the summary %d", len(seen), len(truth), sum.Rows[news])
	}
}

// TestMapping holds configs/simulated.yaml against a book: every source finds files, and every key is a column there.
func TestMapping(t *testing.T) {
	dir, _ := sharedBook(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "configs", "simulated.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Sources []struct {
			Name, Table, Reader, Path string
			Dated                     bool
			Key                       []string
		}
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	matched := map[string]bool{}
	for _, s := range config.Sources {
		names, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(s.Path)))
		if err != nil || len(names) == 0 {
			t.Errorf("%s: %s matches %d files, %v", s.Name, s.Path, len(names), err)
			continue
		}
		for _, n := range names {
			rel, _ := filepath.Rel(dir, n)
			matched[filepath.ToSlash(rel)] = true
		}
		if s.Reader == "file" {
			cells := read(t, dir, s.Path)[0].cells
			for _, k := range s.Key {
				if _, ok := cells[k]; !ok {
					t.Errorf("%s: key %s is none of the columns %v", s.Name, k, slices.Sorted(maps.Keys(cells)))
				}
			}
		}
	}
	for name := range contents(t, dir) {
		if !matched[name] && !strings.HasPrefix(name, "truth/") {
			t.Errorf("no source reads %s", name)
		}
	}
}

func TestCalendar(t *testing.T) {
	c := newCalendar()
	for day, want := range map[string]bool{
		"2024-02-09": false, // the eve of the lunar new year
		"2024-02-08": true,
		"2025-02-04": false, // its last day off
		"2025-02-05": true,
		"2025-10-07": false,
		"2025-10-11": false, // a Saturday
		"2026-05-06": true,
	} {
		if got := c.business(asof.MustParse(day)); got != want {
			t.Errorf("%s: business day %v, want %v", day, got, want)
		}
	}
	for i, f := range c.festival {
		if y, _, d := f.Time().Date(); y != firstYear+i || f < asof.On(y, 1, 21) || f > asof.On(y, 2, 20) || d == 0 {
			t.Errorf("lunar new year of %d on %s, want 21 January to 20 February", firstYear+i, f)
		}
	}
}

func TestBrandsAreUnique(t *testing.T) {
	seen := map[string]int{}
	for n := range 200_000 {
		b := brand(5, n)
		if other, taken := seen[b.zh]; taken {
			t.Fatalf("units %d and %d are both %s", other, n, b.zh)
		}
		seen[b.zh] = n
	}
}
