package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/sources"
)

// Contracts over a ledger small enough to count by hand: run 9 is the night, runs 1 to 7 are the week before, run 8 was never published.
func TestContracts(t *testing.T) {
	s := openShelf(t)
	ctx := context.Background()
	load := func(table, columns string, values ...string) {
		t.Helper()
		if err := s.db.Exec(ctx, "INSERT INTO creditwatch."+table+" ("+columns+") VALUES ("+strings.Join(values, "), (")+")", nil); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
	load("customers_rows", "run, known_at, customer_id, name", "1, '2026-03-20', 'A', 'Alpha'", "8, '2026-03-20', 'B', 'Beta'")
	row := func(run int, source, file string, line int, known, customer, id, due, amount, currency, applies string) string {
		return fmt.Sprintf("%d, '%s', '%s', %d, '%s', '%s', '%s', 'invoice', '2026-03-30', %s, %s, '%s', 'D%s', '%s'", run, source, file, line, known, customer, id, due, amount, currency, id, applies)
	}
	load("transactions_rows", "run, source, file, line, known_at, customer_id, transaction_id, kind, occurred_on, due_on, amount, currency, document_id, applies_to",
		row(9, "tx", "a.csv", 2, "2026-03-31", "A", "1", "'2026-04-30'", "0", "EUR", ""),
		row(9, "tx", "a.csv", 3, "2026-03-31", "A", "2", "NULL", "100.1", "EUR", "D1"),
		row(9, "tx", "a.csv", 4, "2026-03-31", "B", "2", "NULL", "100.1001", "USD", "nobody"), // B's record is of a run that does not count
		row(9, "tx", "b.csv", 2, "2026-03-31", "A", "1", "'2026-04-30'", "5", "EUR", "3"),     // a later file corrects
		row(9, "tx", "b.csv", 3, "2026-04-02", "Z", "9", "NULL", "900", "XXX", ""),            // not known yet
		row(9, "tx2", "a.csv", 2, "2026-03-30", "A", "7", "NULL", "1", "EUR", ""),
		row(9, "tx2", "a.csv", 3, "2026-03-31", "A", "7", "NULL", "2", "EUR", ""), // a later version
		row(9, "other", "a.csv", 2, "2026-03-31", "Z", "8", "NULL", "900", "XXX", ""),
		row(3, "tx", "z.csv", 2, "2026-03-25", "Z", "3", "NULL", "900", "USD", ""), // of an earlier night
		row(8, "tx", "z.csv", 2, "2026-03-25", "Z", "4", "NULL", "900", "XXX", ""))
	var accounts []string
	for run, read := range []int{3, 9, 4, 0} { // a fortnight ago nothing was read: the median of 0, 3, 4 and 9 is 3.5
		accounts = append(accounts, fmt.Sprintf("%d, '%s', 'tx', %d, 0", run+1, asof.MustParse("2026-03-31").Add(7*run-28), read))
	}
	load("source_runs_rows", "run, as_of, source, read, accepted", append(accounts, "9, '2026-03-31', 'tx', 7, 5", "9, '2026-03-31', 'tx2', 2, 2", "8, '2026-03-24', 'tx', 1000, 0", "5, '2026-03-29', 'tx', 1000, 0", "2, '2026-03-24', 'few', 10, 0", "3, '2026-03-17', 'few', 10, 0", "4, '2026-02-24', 'few', 10, 0", "9, '2026-03-31', 'few', 2, 0")...)

	one, two := 1.0, 100.1
	of := func(r sources.Rule) finding {
		t.Helper()
		n := aNight("2026-03-31")
		n.Store, n.Run, n.Runs, n.Zone, n.Currency = s.db, 9, []uint64{1, 2, 3, 4, 5, 6, 7, 9}, time.UTC, "EUR"
		n.Cut = n.AsOf.Cut(n.Zone)
		n.Sources = []sources.Source{{Name: "tx", Table: "transactions", Contract: []sources.Rule{r}}}
		switch r.To {
		case "few", "tx2":
			n.Sources[0].Name = r.To
		}
		found, err := checkPromises(ctx, n)
		if err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		if i := slices.IndexFunc(found, func(f finding) bool { return f.Name == "contract_"+r.Rule }); i >= 0 {
			return found[i]
		}
		return finding{Value: number(0)}
	}
	for _, c := range []struct {
		rule        sources.Rule
		light, want string
		value       float64
	}{
		{sources.Rule{Rule: "not_null", Column: "due_on"}, "amber", "2 of 4 rows (50.00 %) have no value, first: a.csv:3", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Severity: "stop"}, "red", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Share: 0.5}, "green", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Share: 0.49}, "amber", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Rows: 2}, "green", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Rows: 1}, "amber", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "customer_id"}, "green", "all 4 rows keep the rule", 0},
		{sources.Rule{Rule: "unique", Column: "transaction_id"}, "amber", "1 of 4 rows (25.00 %) repeat a value of their file, first: a.csv:4", 0.25},
		{sources.Rule{Rule: "unique", Column: "transaction_id", With: []string{"customer_id"}}, "green", "all 4 rows", 0},
		{sources.Rule{Rule: "unique", Column: "currency", With: []string{"customer_id", "due_on", "kind"}}, "green", "all 4 rows", 0},
		{sources.Rule{Rule: "unique", Column: "transaction_id", With: []string{"due_on", "kind", "occurred_on"}}, "amber", "1 of 4 rows (25.00 %) repeat a value of their file, first: a.csv:4", 0.25}, // an empty due date equals another
		{sources.Rule{Rule: "unique", Column: "currency", With: []string{"customer_id"}}, "amber", "1 of 4 rows (25.00 %) repeat a value of their file, first: a.csv:3", 0.25},
		{sources.Rule{Rule: "unique", Column: "applies_to"}, "green", "all 4 rows", 0},
		{sources.Rule{Rule: "unique", Column: "transaction_id", To: "tx2"}, "green", "all 2 rows", 0},
		{sources.Rule{Rule: "values", Column: "currency", Of: []string{"EUR", "it's"}}, "amber", "1 of 4 rows", 0.25},
		{sources.Rule{Rule: "values", Column: "currency", Of: []string{"EUR", "USD"}}, "green", "all 4 rows", 0},
		{sources.Rule{Rule: "range", Column: "amount", Max: &two}, "amber", "1 of 4 rows (25.00 %) lie outside the bounds, first: a.csv:4", 0.25},
		{sources.Rule{Rule: "range", Column: "amount", Min: &one}, "amber", "1 of 4 rows (25.00 %) lie outside the bounds, first: a.csv:2", 0.25},
		{sources.Rule{Rule: "relation", Column: "customer_id", To: "customers"}, "amber", "1 of 4 rows (25.00 %) refer to what nobody has delivered, first: a.csv:4", 0.25},
		{sources.Rule{Rule: "relation", Column: "applies_to", To: "documents"}, "amber", "1 of 4 rows (25.00 %) refer to what nobody has delivered, first: a.csv:4", 0.25},
		{sources.Rule{Rule: "volume", Max: number(2.0)}, "green", "7 rows read, 2.00 times the median 3.5 of 4 nights of this weekday", 7},
		{sources.Rule{Rule: "volume", Max: number(1.99), Severity: "stop"}, "red", "7 rows read", 7},
		{sources.Rule{Rule: "volume", Min: number(2.01)}, "amber", "7 rows read", 7},
		{sources.Rule{Rule: "volume", Min: number(1.0), To: "few"}, "grey", "2 rows read; 2 earlier nights of this weekday within 28 days are too few", 2}, // 35 days ago is too long ago
		{sources.Rule{Rule: "not_null", Column: "due_on", Kinds: []string{"invoice"}}, "amber", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", From: 4}, "amber", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Kinds: []string{"payment"}}, "", "", 0}, // there is none
		{sources.Rule{Rule: "not_null", Column: "due_on", From: 5}, "", "", 0},
		{sources.Rule{Rule: "range", Column: "amount", Min: &one, Kinds: []string{"payment", "invoice"}}, "amber", "1 of 4 rows", 0.25},
		// EUR 3 of 4 against 0 of 1: 0.75, USD 1 of 4 against 1 of 1: 0.75; the first by name.
		{sources.Rule{Rule: "distribution", Column: "currency", Max: number(0.75)}, "green", `the share of "EUR" changed most, to 75.00 % of 4 rows from 0.00 % of 1`, 0.75},
		{sources.Rule{Rule: "distribution", Column: "currency", Max: number(0.74)}, "amber", `the share of "EUR"`, 0.75},
	} {
		f := of(c.rule)
		if f.Light != c.light || !strings.HasPrefix(f.EN, c.want) || f.Value == nil || *f.Value != c.value {
			t.Errorf("%+v: %s %s %v, want %s %s %v", c.rule, f.Light, f.EN, *f.Value, c.light, c.want, c.value)
		}
	}
}

// The shares of refused rows at the bounds; rows known already and rows left out are neither new nor refused.
func TestRefusals(t *testing.T) {
	s := openShelf(t)
	ctx := context.Background()
	none, one, ten, all := int64(1), 0.0, 0.1, 1.0
	for i, c := range []struct {
		shows                              string
		accepted, rejected, leftOut, known int
		most                               *float64
		least                              *int64
		light, severity, want              string
	}{
		{"none", 10, 0, 0, 0, nil, nil, "green", "stop", "none of 10 new rows rejected"},
		{"nothing new", 0, 0, 0, 500, nil, nil, "", "", ""},
		{"left out on purpose", 0, 80, 80, 0, nil, nil, "", "", ""},
		{"left out beside", 95, 85, 80, 0, nil, nil, "green", "stop", "5 of 100 new rows (5.00 %) rejected and kept in rejects, first: r.csv:2; most of them (4) for column amount"},
		{"one in twenty and more", 94, 6, 0, 0, nil, nil, "amber", "warn", "6 of 100 new rows (6.00 %)"},
		{"one in ten", 180, 20, 0, 0, nil, nil, "amber", "warn", "20 of 200 new rows (10.00 %)"},
		{"more than one in ten", 179, 20, 0, 0, nil, nil, "red", "stop", "20 of 199 new rows (10.05 %) rejected and kept in rejects, first: r.csv:2; most of them (19) for column amount; more than max_rejected 0.1"},
		{"known rows do not thin it", 179, 20, 0, 9000, nil, nil, "red", "stop", "20 of 199 new rows"},
		{"too few to stop", 0, 19, 0, 0, nil, nil, "amber", "warn", "19 of 19 new rows (100.00 %)"},
		{"every row", 0, 20, 0, 0, nil, nil, "red", "stop", "20 of 20 new rows (100.00 %)"},
		{"every row, allowed", 0, 20, 0, 0, &all, nil, "amber", "warn", "20 of 20 new rows"},
		{"a small source", 9, 1, 0, 0, &ten, &none, "amber", "warn", "1 of 10 new rows"},
		{"nothing may be refused", 999, 1, 0, 0, &one, &none, "red", "stop", "1 of 1000 new rows (0.10 %)"},
	} {
		run := uint64(i + 1)
		reject := func(n int, column, reason string) {
			if err := s.db.Exec(ctx, "INSERT INTO creditwatch.rejects_rows (run, as_of, source, file, line, column, reason) SELECT {run:UInt64}, '2026-03-31', 'tx', 'r.csv', number + 2, {column:String}, {reason:String} FROM numbers({n:UInt64})",
				map[string]any{"run": run, "n": uint64(n), "column": column, "reason": reason}); err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(c.want, "most of them") {
			reject(c.rejected-c.leftOut-1, "amount", "the value x is not a number")
			reject(1, "", "has 3 cells, the header has 8")
			reject(min(c.leftOut, 6), "", "left out by where")
		}
		if err := s.db.Exec(ctx, "INSERT INTO creditwatch.source_runs_rows (run, as_of, source, read, accepted, rejected, left_out, duplicates, files) VALUES ({run:UInt64}, '2026-03-31', 'tx', {read:UInt64}, {accepted:UInt64}, {rejected:UInt64}, {left_out:UInt64}, {known:UInt64}, 1)",
			map[string]any{"run": run, "read": uint64(c.accepted + c.rejected + c.known), "accepted": uint64(c.accepted), "rejected": uint64(c.rejected), "left_out": uint64(c.leftOut), "known": uint64(c.known)}); err != nil {
			t.Fatal(err)
		}
		n := aNight("2026-03-31")
		n.Store, n.Run = s.db, run
		n.Sources = []sources.Source{{Name: "tx", Table: "transactions", MaxRejected: c.most, MinRejected: c.least}}
		found, err := checkSources(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		var got finding
		for _, f := range found {
			if f.Name == "rejects" {
				got = f
			}
		}
		if c.light == "red" {
			n.Cut, n.Zone, n.Currency, n.Runs = n.AsOf.Cut(time.UTC), time.UTC, "EUR", []uint64{run}
			if err := check(ctx, n); !errors.Is(err, ErrGate) || !strings.Contains(err.Error(), "rejects tx: "+c.want) {
				t.Errorf("%s: the night goes on: %v", c.shows, err)
			}
		}
		if got.Light != c.light || got.Severity != c.severity || !strings.HasPrefix(got.EN, c.want) {
			t.Errorf("%s: %s %s %q, want %s %s %q", c.shows, got.Light, got.Severity, got.EN, c.light, c.severity, c.want)
		}
	}
}

// A control account of 1 000.00 against documents of 999.00 as they are known tonight and 1 000.50 as they were known when it was told:
// the nearer differs by 0.0005.
func TestControlTotal(t *testing.T) {
	s := openShelf(t)
	ctx := context.Background()
	n := aNight("2026-03-31")
	n.Store, n.Run, n.Runs, n.Cut = s.db, 9, []uint64{9}, asof.MustParse("2026-03-31").Cut(time.UTC)
	most := 0.0005
	judge := func() string {
		t.Helper()
		found, err := n.controlTotal(ctx, "gl", sources.Rule{Rule: "control_total", Max: &most, Severity: "stop"})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range found {
			out = append(out, f.Light+" "+f.Scope+" "+f.EN)
		}
		return strings.Join(out, "; ")
	}
	if got, want := judge(), "grey gl no control account of the general ledger is known"; got != want {
		t.Errorf("nothing told: %q, want %q", got, want)
	}
	for _, sql := range []string{
		"balances_rows (run, known_at, kind, customer_id, balance_on, currency, amount) VALUES (9, '2026-03-30', 'general_ledger', '', '2026-03-29', 'EUR', 1000), (9, '2026-03-30', 'general_ledger', 'C1', '2026-03-29', 'EUR', 7), (9, '2026-03-30', 'general_ledger', '', '2026-02-28', 'EUR', 5)",
		`documents_rows (run, as_of, customer_id, document_id, kind, occurred_on, amount, currency, known_from, known_to) VALUES
			(9, '2026-03-31', 'C1', 'D1', 'invoice', '2026-03-01', 1010.5, 'EUR', '2026-03-01', NULL), (9, '2026-03-31', 'C1', 'D2', 'payment', '2026-03-05', 10, 'EUR', '2026-03-05', NULL),
			(9, '2026-03-31', 'C1', 'D3', 'payment', '2026-03-28', 1.5, 'EUR', '2026-03-31', NULL), (9, '2026-03-31', 'C1', 'D4', 'invoice', '2026-03-30', 300, 'EUR', '2026-03-30', NULL)`,
	} {
		if err := s.db.Exec(ctx, "INSERT INTO creditwatch."+sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := judge(), "green gl.EUR the control account in EUR of 2026-03-29 and the documents differ by 0.0500 % of it"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	most = 0.0004
	if got, want := judge(), "red gl.EUR the control account"; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Columns of tonight's files against those of the nights before: new ones against all of 28 days, gone ones against the last.
func TestColumnsAreCompared(t *testing.T) {
	s := openShelf(t)
	ctx := context.Background()
	for _, in := range []string{
		"1, '2026-03-02', 'tx', ['a', 'old']", // 29 days ago
		"2, '2026-03-29', 'tx', ['a', 'now and then']", "3, '2026-03-30', 'tx', ['a', 'b']", "3, '2026-03-30', 'tx', ['c']",
		"9, '2026-03-31', 'tx', ['a', 'old', 'c']", "9, '2026-03-31', 'tx', ['now and then', 'new']",
		"8, '2026-03-30', 'tx', ['never published']",
		"9, '2026-03-31', 'first', ['a']", "3, '2026-03-30', 'none', ['a']",
		"3, '2026-03-30', 'same', ['a', 'b']", "9, '2026-03-31', 'same', ['b', 'a']", "9, '2026-03-31', 'same', []",
	} {
		if err := s.db.Exec(ctx, "INSERT INTO creditwatch.inputs_rows (run, as_of, source, columns) VALUES ("+in+")", nil); err != nil {
			t.Fatal(err)
		}
	}
	n := aNight("2026-03-31")
	n.Store, n.Run, n.Runs = s.db, 9, []uint64{1, 2, 3, 9}
	for _, c := range []struct {
		source sources.Source
		want   string
	}{
		{sources.Source{Name: "tx"}, `amber columns of the files have changed; new: "new", "old"; gone: "b"`},
		{sources.Source{Name: "tx", Format: "jsonl"}, `amber columns of the files have changed; new: "new", "old"`},
		{sources.Source{Name: "tx", Reader: "api"}, `amber columns of the files have changed; new: "new", "old"`},
		{sources.Source{Name: "tx", Reader: "feed"}, ""},
		{sources.Source{Name: "first"}, ""},
		{sources.Source{Name: "none"}, ""},
		{sources.Source{Name: "same"}, "green the columns are those of the nights before"},
	} {
		changed, err := n.columns(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if change, ok := changed[c.source.Name]; ok {
			for _, f := range change.judge(c.source) {
				got += f.Light + " " + f.EN
			}
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.source, got, c.want)
		}
	}
}

// A source that promises an age: at it, past it, past it where that stops the night, and without any day.
func TestFreshness(t *testing.T) {
	night, four := asof.MustParse("2026-03-31"), 4.0
	stop := []sources.Rule{{Rule: "freshness", Max: &four, Severity: "stop"}}
	for _, c := range []struct {
		source sources.Source
		newest asof.Date
		want   string
	}{
		{sources.Source{}, night.Add(-400), ""},
		{sources.Source{LateAfterDays: 4}, night.Add(-4), "green warn"},
		{sources.Source{LateAfterDays: 4}, night.Add(-5), "amber warn"},
		{sources.Source{LateAfterDays: 4}, 0, ""},
		{sources.Source{Contract: stop}, night.Add(-4), "green stop"},
		{sources.Source{Contract: stop}, night.Add(-5), "red stop"},
		{sources.Source{Contract: stop}, 0, "grey stop"},
	} {
		f, judged := freshness(c.source, "tx", c.newest, night)
		if got := strings.TrimSpace(f.Light + " " + f.Severity); got != c.want || judged != (c.want != "") {
			t.Errorf("%+v, newest %s: %s, want %s", c.source, c.newest, got, c.want)
		}
	}
}

// Two checks that stop weigh 6 and two that warn 2, of which one fails: 7 of 8. What could not be judged does not count.
func TestScoreOfDataQuality(t *testing.T) {
	s := openShelf(t)
	s.nothing(asof.MustParse("2026-03-31"), 7)
	s.insert("checks_rows", 7, rows.Of([]finding{
		{Run: 7, AsOf: asof.MustParse("2026-03-31"), Name: "a", Light: "green", Severity: "stop"},
		{Run: 7, AsOf: asof.MustParse("2026-03-31"), Name: "b", Light: "green", Severity: "stop"},
		{Run: 7, AsOf: asof.MustParse("2026-03-31"), Name: "c", Light: "green", Severity: "warn"},
		{Run: 7, AsOf: asof.MustParse("2026-03-31"), Name: "d", Light: "amber", Severity: "warn", Broken: whole(12)},
		{Run: 7, AsOf: asof.MustParse("2026-03-31"), Name: "e", Light: "grey", Severity: "stop"},
		{Run: 7, AsOf: asof.MustParse("2026-03-31"), Name: "f", Light: "green"}, // of a night before there were contracts
	}))
	var got []string
	err := rows.Each(context.Background(), s.db, "score", "SELECT toString(score) AS score, toString((judged, passed, warnings, not_judged, rows_broken)) AS counts FROM creditwatch.data_quality", nil, func(r *rows.Row) error {
		got = append(got, r.Text("score")+" "+r.Text("counts"))
		return nil
	})
	if want := []string{"87.5 (4,3,1,1,12)"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}
