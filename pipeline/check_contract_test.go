package pipeline

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"creditwatch/pipeline/asof"
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
		row(9, "other", "a.csv", 2, "2026-03-31", "Z", "8", "NULL", "900", "XXX", ""),
		row(3, "tx", "z.csv", 2, "2026-03-25", "Z", "3", "NULL", "900", "USD", ""), // of an earlier night
		row(8, "tx", "z.csv", 2, "2026-03-25", "Z", "4", "NULL", "900", "XXX", ""))
	var accounts []string
	for run := 1; run <= 7; run++ {
		accounts = append(accounts, fmt.Sprintf("%d, '%s', 'tx', %d", run, asof.MustParse("2026-03-31").Add(run-8), run)) // 1 to 7 rows: median 4
	}
	load("source_runs_rows", "run, as_of, source, read", append(accounts, "9, '2026-03-31', 'tx', 20", "8, '2026-03-30', 'tx', 1000", "2, '2026-03-03', 'few', 10", "3, '2026-03-02', 'few', 1", "9, '2026-03-31', 'few', 2")...)

	one, two := 1.0, 100.1
	of := func(r sources.Rule) finding {
		t.Helper()
		n := aNight("2026-03-31")
		n.Store, n.Run, n.Runs, n.Zone, n.Currency = s.db, 9, []uint64{1, 2, 3, 4, 5, 6, 7, 9}, time.UTC, "EUR"
		n.Cut = n.AsOf.Cut(n.Zone)
		n.Sources = []sources.Source{{Name: "tx", Table: "transactions", Contract: []sources.Rule{r}}}
		if r.Rule == "volume" && r.To == "few" {
			n.Sources[0].Name = "few"
		}
		found, err := checkPromises(ctx, n)
		if err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		if len(found) == 0 {
			t.Fatalf("%+v: no finding", r)
		}
		return found[0]
	}
	for _, c := range []struct {
		rule        sources.Rule
		light, want string
		value       float64
	}{
		{sources.Rule{Rule: "not_null", Column: "due_on"}, "amber", "2 of 4 rows (50.00 %) have no value, first: a.csv:3", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Severity: "red"}, "red", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Share: 0.5}, "green", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Share: 0.49}, "amber", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Rows: 2}, "green", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "due_on", Rows: 1}, "amber", "2 of 4 rows", 0.5},
		{sources.Rule{Rule: "not_null", Column: "customer_id"}, "green", "all 4 rows keep the rule", 0},
		{sources.Rule{Rule: "unique", Column: "transaction_id"}, "amber", "1 of 4 rows (25.00 %) repeat a value of their file, first: a.csv:4", 0.25},
		{sources.Rule{Rule: "unique", Column: "applies_to"}, "green", "all 4 rows", 0},
		{sources.Rule{Rule: "values", Column: "currency", Of: []string{"EUR", "it's"}}, "amber", "1 of 4 rows", 0.25},
		{sources.Rule{Rule: "values", Column: "currency", Of: []string{"EUR", "USD"}}, "green", "all 4 rows", 0},
		{sources.Rule{Rule: "range", Column: "amount", Max: &two}, "amber", "1 of 4 rows (25.00 %) lie outside the bounds, first: a.csv:4", 0.25},
		{sources.Rule{Rule: "range", Column: "amount", Min: &one}, "amber", "1 of 4 rows (25.00 %) lie outside the bounds, first: a.csv:2", 0.25},
		{sources.Rule{Rule: "relation", Column: "customer_id", To: "customers"}, "amber", "1 of 4 rows (25.00 %) refer to what nobody has delivered, first: a.csv:4", 0.25},
		{sources.Rule{Rule: "relation", Column: "applies_to", To: "documents"}, "amber", "1 of 4 rows (25.00 %) refer to what nobody has delivered, first: a.csv:4", 0.25},
		{sources.Rule{Rule: "volume", Max: number(5.0)}, "green", "20 rows read, 5.00 times the median 4 of 7 nights", 20},
		{sources.Rule{Rule: "volume", Max: number(4.99), Severity: "red"}, "red", "20 rows read", 20},
		{sources.Rule{Rule: "volume", Min: number(5.01)}, "amber", "20 rows read", 20},
		{sources.Rule{Rule: "volume", Min: number(1.0), To: "few"}, "grey", "2 rows read; 1 earlier nights within 28 days are too few", 2}, // 29 days ago is too long ago
		// EUR 3 of 4 against 0 of 1: 0.75, USD 1 of 4 against 1 of 1: 0.75; the first by name.
		{sources.Rule{Rule: "distribution", Column: "currency", Max: number(0.75)}, "green", `the share of "EUR" changed most, to 75.00 % from 0.00 % of 1 rows`, 0.75},
		{sources.Rule{Rule: "distribution", Column: "currency", Max: number(0.74)}, "amber", `the share of "EUR"`, 0.75},
	} {
		f := of(c.rule)
		if f.Light != c.light || !strings.HasPrefix(f.EN, c.want) || f.Value == nil || *f.Value != c.value {
			t.Errorf("%+v: %s %s %v, want %s %s %v", c.rule, f.Light, f.EN, *f.Value, c.light, c.want, c.value)
		}
	}
}

// Two sources and the night: a has a green and an amber check, 1.5 of 2; b one red and one that cannot be judged, 0 of 1; with a control total 2.5 of 4 in all.
func TestScores(t *testing.T) {
	got := map[string]float64{}
	for _, f := range scores([]finding{
		{Name: "accounts", Scope: "a", Light: "green"}, {Name: "contract_range", Scope: "a.amount", Light: "amber"},
		{Name: "contract_volume", Scope: "b", Light: "grey"}, {Name: "freshness", Scope: "b", Light: "red"},
		{Name: "control_total", Scope: "EUR", Light: "green"},
	}) {
		got[f.Scope] = *f.Value
	}
	if diff := cmp.Diff(map[string]float64{"a": 0.75, "b": 0, "all sources": 0.625}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if none := scores(nil); len(none) != 0 {
		t.Errorf("no checks, but scores %v", none)
	}
}
