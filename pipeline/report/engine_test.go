package report

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse/warehousetest"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) { warehousetest.Main(m) }

// statements reads a file of statements, each ended by a semicolon at the end of a line.
func statements(t *testing.T, path string) []string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for s := range strings.SplitSeq(string(raw), ";\n") {
		if strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return out
}

// execer is the part of the engine that fills tables.
type execer interface {
	Exec(ctx context.Context, sql string, params map[string]any) error
}

func fill(t *testing.T, db execer, list ...string) {
	t.Helper()
	for _, sql := range list {
		if err := db.Exec(context.Background(), sql, nil); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
}

// openWarehouse starts an engine with the schema of the warehouse.
func openWarehouse(t *testing.T) interface {
	Reader
	execer
} {
	t.Helper()
	db := warehousetest.Open(t)
	fill(t, db, "CREATE DATABASE IF NOT EXISTS creditwatch")
	schema, err := filepath.Glob("../warehouse/schema/*.sql")
	if err != nil || len(schema) < 60 {
		t.Fatalf("schema: %d files, %v", len(schema), err)
	}
	for _, path := range schema {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fill(t, db, string(raw))
	}
	return db
}

// tonight is run 9 over run 7 of the book in testdata/book.sql.
func tonight() Night {
	day := asof.MustParse("2026-03-31")
	return Night{Run: 9, Runs: []uint64{7, 9}, PreviousRun: 7, AsOf: day, PreviousAsOf: day.Add(-1), Company: "Test", Currency: "CNY",
		Cut: day.Cut(time.FixedZone("CST", 8*3600)), Zone: "Asia/Shanghai", Code: "test"}
}

func gather(t *testing.T, q Reader, n Night) Data {
	t.Helper()
	d, err := Gather(context.Background(), q, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range Check(d) {
		t.Error(err)
	}
	for _, lang := range Langs {
		render(t, d, lang)
	}
	return d
}

func TestGatherOnEngine(t *testing.T) {
	db := openWarehouse(t)

	t.Run("empty book, first night", func(t *testing.T) {
		n := tonight()
		n.PreviousRun, n.PreviousAsOf = 0, 0
		d := gather(t, db, n)
		if d.Headline.Book != (Book{}) || d.Bridge != nil || len(d.Grades) != 0 {
			t.Errorf("empty book has figures: %+v", d)
		}
	})

	fill(t, db, statements(t, "testdata/book.sql")...)
	d := gather(t, db, tonight())
	if len(d.Movers) != 20 || d.Bridge == nil || len(d.Urgent) != 10 || len(d.Receivables.Days) != 13 {
		t.Errorf("movers %d, bridge %v, urgent %d, days %d", len(d.Movers), d.Bridge, len(d.Urgent), len(d.Receivables.Days))
	}
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"rebuilt receivables of tonight against the open invoices", d.Receivables.Days[12].Open, sumOpen(d.Headline.Open).InvoicesBase},
		{"rebuilt overdue against the open invoices", d.Receivables.Days[12].Overdue, sumOpen(d.Headline.Open).OverdueBase},
		{"name as known at the cut", d.Urgent[0].Name, "Customer 1"},
		{"decisions of tonight, in order", d.Model.Promotions, []Promotion{{"refused", "hash", Text{"scorecard-0 is refused", "scorecard-0 被拒用"}}, {"kept", "", Text{"forest-1 waits", "forest-1 等待"}}}},
		{"learners measured", len(d.Model.Models[0].Metrics) > 0, true},
		{"tests of the champion alone", d.Validation.Models[0].Results, 60},
		{"findings of one test together", []any{d.Validation.Findings[0].Code, d.Validation.Findings[3].Code, d.Validation.Findings[3].Findings}, []any{"D03", "D10", 2}},
		{"tests without an answer", d.Validation.Greys, []Grey{{"Not judged: needs 6 more defaults.", "未评定：还需 6 个违约。", []string{"D05"}, []string{"test"}, []string{"检验"}}}},
		{"rolls of the book alone, by bucket", []any{len(d.Provisions.Rolls), d.Provisions.Rolls[0].To, d.Provisions.Rolls[0].Rate}, []any{2, "31-60", 0.2}},
		{"balances side by side, what was not given is not nought; the largest credit first", []any{len(d.Reconciliation.Currencies), *d.Reconciliation.Book.Ledger, d.Reconciliation.Currencies[1].Ledger == nil, d.Reconciliation.Book.Control == nil, d.Reconciliation.Book.DueWrong,
			len(d.Reconciliation.First), d.Reconciliation.First[0].DocumentID, d.Reconciliation.First[0].Base, d.Reconciliation.First[0].Name, d.Reconciliation.Kinds[0].Items, d.Reconciliation.Kinds[1].Amount, d.Reconciliation.Kinds[1].Late},
			[]any{2, yuan(7), true, true, 1, 12, "P40", yuan(-40), "Customer 40", 20, yuan(420), 15}},
		{"invoices proposed and held back, dearest first", []any{d.Dunning.of("proposed").Invoices, d.Dunning.of("suppressed").Invoices, d.Dunning.First[0].CustomerID, d.Dunning.Insurer, d.Dunning.LapsingOpen}, []any{32, 20, "C59", 1, yuan(410)}},
		{"contract findings: what is of the book first, then by day; interest apart", []any{d.Contracts.Nearest[0].Code, d.Contracts.Nearest[1].CustomerID, len(d.Contracts.Nearest), d.Contracts.of("contract_ends").Findings, d.Contracts.of("no_contract").Amount, d.Contracts.claimed().Interest}, []any{"rate_stale", "C40", 12, 30, yuan(14*100 + 4*14*15/2), yuan(15*100 + 15 + 4*14*15/2)}},
		{"customers over their limit, but for every tenth, which has none", d.Limits.Over, 54},
		{"the largest overrun", []any{d.Limits.Overruns[0].CustomerID, d.Limits.Overruns[0].Overrun, d.Limits.Overruns[0].Name}, []any{"C119", yuan(119_000 + 15 - 60_000), "Customer 119"}},
		{"a limit in dollars moved, in the reporting currency", d.Limits.Changes[0].Change, yuan(700)},
		{"what rounding is left with", d.Limits.Changes[0].RoundingAndRest, yuan(-10)},
		{"releases come after the holds", []string{d.Limits.Holds[0].Recommend, d.Limits.Holds[len(d.Limits.Holds)-1].Recommend}, []string{"hold", "release"}},
		{"groups of several", d.Groups.Several, 10},
		{"names of those whom a fallen member may drag", d.Groups.of("industry").Largest, "steel"},
		{"reviews late and soon", []int{d.Reviews.Overdue, d.Reviews.Soon}, []int{7, 31}},
		// Green are 80 to 90, which weigh 11, and 91 to 99, which weigh 27; 1 to 79 failed, 100 is grey: 38 of 117. The night before 91 to 99 alone.
		{"score of the night and of the one before", d.Quality.Trend, []QualityNight{{tonight().AsOf, 100 * 38.0 / 117, 99, 20, 1}, {tonight().PreviousAsOf, 100, 9, 9, 1}}},
		// Even ones: green 80 to 90 are 6, 92 to 98 are 4 times 3; 2 to 78 are 39.
		{"score of a source", d.Quality.BySource, []QualitySource{{"transactions", 49, 10, 100 * 18.0 / 57}}},
		{"rows left out are not refused", d.Quality.Sources[1].refused(), 80},
		{"unapplied cash", sumOpen(d.Headline.Open).UnappliedBase, yuan(-500)},
	} {
		if diff := cmp.Diff(x.want, x.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x.what, diff)
		}
	}

	t.Run("one customer, first night", func(t *testing.T) {
		n := tonight()
		n.Run, n.PreviousRun, n.PreviousAsOf = 11, 0, 0
		d := gather(t, db, n)
		if d.Headline.Book.Customers != 1 {
			t.Errorf("customers: %d", d.Headline.Book.Customers)
		}
	})

	t.Run("fifty thousand new serious warnings", func(t *testing.T) {
		fill(t, db, statements(t, "testdata/many.sql")...)
		n := tonight()
		n.Run = 13
		d := gather(t, db, n)
		if got := d.Warnings.newlySerious(); got != 50_000 || len(d.Warnings.Serious) != seriousLimit {
			t.Errorf("%d new, %d listed", got, len(d.Warnings.Serious))
		}
		for _, lang := range Langs {
			if size := len(render(t, d, lang)); size > 2_000_000 {
				t.Errorf("%s: page of %d bytes", lang, size)
			}
		}
	})

	t.Run("no row of another run counts", func(t *testing.T) {
		// The same night attempted again under another number, the first attempt still there.
		fill(t, db, statements(t, "testdata/stray.sql")...)
		if diff := cmp.Diff(d, gather(t, db, tonight())); diff != "" {
			t.Errorf("a stray run changes the night (-before +after):\n%s", diff)
		}
	})

	t.Run("printed queries say the same once published", func(t *testing.T) {
		fill(t, db, "INSERT INTO creditwatch.publications (as_of, run, fence) VALUES ('2026-03-31', 9, 9)")
		if diff := cmp.Diff(d, gather(t, printed{t, db, tonight()}, tonight())); diff != "" {
			t.Errorf("printed queries differ (-gathered +printed):\n%s", diff)
		}
		var scores []QualityNight // the view that analysts read, by the same formula
		err := read(context.Background(), db, "data_quality", "SELECT as_of, score, judged, passed, not_judged FROM creditwatch.data_quality ORDER BY as_of DESC", nil, func(r *row) {
			scores = append(scores, QualityNight{r.date("as_of"), r.must("score"), r.number("judged"), r.number("passed"), r.number("not_judged")})
		})
		if diff := cmp.Diff(d.Quality.Trend, scores); err != nil || diff != "" {
			t.Errorf("data_quality: %v (-report +view):\n%s", err, diff)
		}
		fill(t, db, "INSERT INTO creditwatch.reports_rows (run, as_of, language, file) VALUES (9, '2026-03-31', 'zh', 'creditwatch-2026-03-31-zh.html')")
		nights, err := Nights(context.Background(), db)
		if err != nil {
			t.Fatal(err)
		}
		if len(nights) != 2 || nights[0].AsOf != tonight().AsOf || *nights[0].ExpectedLoss != d.Headline.Book.ExpectedLoss {
			t.Errorf("nights: %+v", nights)
		}
		if nights[0].HrefZH != "creditwatch-2026-03-31-zh.html" || nights[0].HrefEN+nights[1].HrefEN+nights[1].HrefZH != "" {
			t.Errorf("links to pages: %+v", nights)
		}
	})
}

// printed answers each query of the report with the query that the appendix prints for it.
type printed struct {
	t     *testing.T
	under Reader
	night Night
}

func (p printed) Query(ctx context.Context, sql string, params map[string]any) (array.RecordReader, error) {
	n := p.night
	if params["run"] == n.PreviousRun {
		n.AsOf = n.PreviousAsOf // the same query, asked of the night before
	}
	for _, s := range Sections {
		for _, name := range s.Queries {
			raw, err := files.ReadFile("sql/" + name + ".sql")
			if err != nil {
				p.t.Fatal(err)
			}
			if string(raw) != sql {
				continue
			}
			sql, err := readerQuery(name, n)
			if err != nil {
				p.t.Fatal(err)
			}
			if strings.ContainsAny(sql, "{}") || strings.Contains(sql, "_rows") || strings.Contains(sql, "run =") {
				p.t.Errorf("%s: printed query is not for readers:\n%s", name, sql)
			}
			return p.under.Query(ctx, sql, nil)
		}
	}
	p.t.Errorf("no section owns the query\n%s", sql)
	return p.under.Query(ctx, sql, params)
}
