package pipeline

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warnings"
)

// The columns that rules alone read, of a ledger small enough to work out by hand; base currency EUR, night of 2026-03-31.
func TestWarnFamilies(t *testing.T) {
	s := openShelf(t)
	ctx := context.Background()
	load := func(table, columns string, values ...string) {
		t.Helper()
		if err := s.db.Exec(ctx, "INSERT INTO creditwatch."+table+" ("+columns+") VALUES ("+strings.Join(values, "), (")+")", nil); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
	document := func(customer, id, kind, on, due, amount, applies string) string {
		if due != "NULL" {
			due = "'" + due + "'"
		}
		return fmt.Sprintf("1, '2026-03-31', '%s', '%s', 'T%s', '%s', '%s', %s, %s, 'EUR', '%s', '', '2025-01-01'", customer, id, id, kind, on, due, amount, applies)
	}
	documents := []string{
		document("A", "I0", "invoice", "2025-05-01", "2025-06-01", "500", ""), document("A", "P0", "payment", "2025-06-01", "NULL", "500", "I0"),
		document("A", "I1", "invoice", "2025-12-10", "2026-01-10", "10000", ""), // never paid
		document("A", "I2", "invoice", "2026-01-20", "2026-02-20", "2000", ""), document("A", "P2", "payment", "2026-02-20", "NULL", "2000", "I2"),
		document("A", "I3", "invoice", "2026-02-01", "2026-03-01", "3000", ""), document("A", "P3", "payment", "2026-03-01", "NULL", "1500", "I3"),
		document("A", "I4", "invoice", "2026-02-05", "2026-03-05", "9000", ""), document("A", "P4", "payment", "2026-03-05", "NULL", "8900", "I4"), // leaves 1.1 %, and I1 is not 1.5 times as large
		document("A", "P5", "payment", "2026-03-10", "NULL", "4000", ""), // on account
		document("C", "J1", "invoice", "2025-12-10", "2026-01-10", "10000", ""), document("C", "D1", "dispute", "2026-01-15", "NULL", "10000", "J1"),
		document("C", "J2", "invoice", "2026-01-20", "2026-02-20", "2000", ""), document("C", "Q2", "payment", "2026-02-20", "NULL", "2000", "J2"),
		document("A", "O0", "order", "2026-03-20", "NULL", "500", ""), document("A", "O1", "order", "2026-02-12", "NULL", "100", ""),
	}
	for k := 2; k <= 13; k++ { // one order in every 28 days before
		documents = append(documents, document("A", fmt.Sprint("O", k), "order", asof.MustParse("2026-03-31").Add(-28*k-1).String(), "NULL", "100", ""))
	}
	load("documents_rows", "run, as_of, customer_id, document_id, transaction_id, kind, occurred_on, due_on, amount, currency, applies_to, status, known_from", documents...)
	allocation := func(customer, invoice, source, amount, on, method string) string {
		return fmt.Sprintf("1, '2026-03-31', '%s', '%s', 'T%s', 'payment', 'EUR', %s, '%s', '%s', '2025-01-01'", customer, invoice, source, amount, method, on)
	}
	load("allocations_rows", "run, as_of, customer_id, invoice_id, source_id, kind, currency, amount, method, effective_on, known_at",
		allocation("A", "I0", "P0", "500", "2025-06-01", "reference"), allocation("A", "I2", "P2", "2000", "2026-02-20", "reference"),
		allocation("A", "I3", "P3", "1500", "2026-03-01", "reference"), allocation("A", "I4", "P4", "8900", "2026-03-05", "reference"),
		allocation("A", "I1", "P5", "4000", "2026-03-10", "oldest"), allocation("C", "J2", "Q2", "2000", "2026-02-20", "amount"))
	// An invoice and what settled it: payment, amount, day and method, if anything did.
	invoice := func(customer, id, on, due, amount, open, disputed string, by ...string) string {
		settled := []string{"[]", "[]", "[]", "[]", "[]"}
		if len(by) > 0 {
			settled = []string{"['" + by[2] + "']", "[" + by[1] + "]", "['T" + by[0] + "']", "['payment']", "['" + by[3] + "']"}
		}
		return fmt.Sprintf("1, '2026-03-31', '%s', '%s', 'T%s', 1, '%s', '%s', %s, %s, 'EUR', %s, %s", customer, id, id, on, due, amount, open, disputed, strings.Join(settled, ", "))
	}
	load("invoices_rows", "run, as_of, customer_id, document_id, transaction_id, instalments, invoiced_on, due_on, amount, open_amount, currency, disputed_on, settled_on, settled, settled_by, settled_kind, settled_method",
		invoice("A", "I0", "2025-05-01", "2025-06-01", "500", "0", "NULL", "P0", "500", "2025-06-01", "reference"),
		invoice("A", "I1", "2025-12-10", "2026-01-10", "10000", "6000", "NULL", "P5", "4000", "2026-03-10", "oldest"),
		invoice("A", "I2", "2026-01-20", "2026-02-20", "2000", "0", "NULL", "P2", "2000", "2026-02-20", "reference"),
		invoice("A", "I3", "2026-02-01", "2026-03-01", "3000", "1500", "NULL", "P3", "1500", "2026-03-01", "reference"),
		invoice("A", "I4", "2026-02-05", "2026-03-05", "9000", "100", "NULL", "P4", "8900", "2026-03-05", "reference"),
		invoice("C", "J1", "2025-12-10", "2026-01-10", "10000", "10000", "'2026-01-15'"),
		invoice("C", "J2", "2026-01-20", "2026-02-20", "2000", "0", "NULL", "Q2", "2000", "2026-02-20", "amount"))
	load("transactions_rows", "run, known_at, customer_id, transaction_id, kind, occurred_on, amount, currency, payer, payer_account, instrument, discount_offered, discount_taken",
		"1, '2025-05-01', 'A', 'TI0', 'invoice', '2025-05-01', 500, 'EUR', '', '', '', 10, NULL",
		"1, '2025-06-01', 'A', 'TP0', 'payment', '2025-06-01', 500, 'EUR', '', 'X', 'transfer', NULL, NULL",
		"1, '2026-01-20', 'A', 'TI2', 'invoice', '2026-01-20', 2000, 'EUR', '', '', '', 40, NULL",
		"1, '2026-02-20', 'A', 'TP2', 'payment', '2026-02-20', 2000, 'EUR', 'Other Ltd', 'X', 'transfer', NULL, 40",
		"1, '2026-02-01', 'A', 'TI3', 'invoice', '2026-02-01', 3000, 'EUR', '', '', '', 60, NULL",
		"1, '2026-03-01', 'A', 'TP3', 'payment', '2026-03-01', 1500, 'EUR', ' sister LTD', 'Y', 'transfer', NULL, NULL",
		"1, '2026-03-05', 'A', 'TP4', 'payment', '2026-03-05', 8900, 'EUR', '', '', 'bank acceptance bill', NULL, NULL",
		"1, '2026-03-10', 'A', 'TP5', 'payment', '2026-03-10', 4000, 'EUR', '', '', 'transfer', NULL, NULL",
		"1, '2026-02-20', 'C', 'TQ2', 'payment', '2026-02-20', 2000, 'EUR', '', '', 'transfer', NULL, NULL")
	load("customers_rows", "run, known_at, customer_id, name, parent_id, hold_status, credit_limit, limit_valid_to",
		"1, '2025-12-01', 'A', 'Alpha Ltd', '', '', 1000, NULL", "1, '2025-12-01', 'B', 'Sister Ltd', 'A', '', NULL, NULL", "1, '2025-12-01', 'C', 'Gamma Ltd', '', '', NULL, NULL",
		"1, '2026-02-01', 'A', 'Alpha Ltd', '', 'hold', 1000, NULL", "1, '2026-02-10', 'A', 'Alpha Ltd', '', 'release', 1000, NULL",
		"1, '2026-02-14', 'A', 'Alpha Ltd', '', 'hold', 1000, NULL", "1, '2026-03-01', 'A', 'Alpha Ltd', '', 'release', 2000, '2026-04-15'") // for 45 days
	load("interactions_rows", "run, known_at, interaction_id, customer_id, kind, occurred_on, outcome",
		"1, '2026-02-20', 'a', 'A', 'call', '2026-02-20', 'reached'", "1, '2026-03-01', 'b', 'A', 'call', '2026-03-01', 'no_answer'",
		"1, '2026-03-08', 'c', 'A', 'visit', '2026-03-08', 'no_answer'", "1, '2026-03-15', 'd', 'A', 'call', '2026-03-15', 'no_answer'", "1, '2026-03-20', 'e', 'A', 'statement', '2026-03-20', ''",
		"1, '2026-03-01', 'f', 'C', 'call', '2026-03-01', 'no_answer'", "1, '2026-03-02', 'g', 'C', 'call', '2026-03-02', 'reached'")
	load("external_ratings_rows", "run, known_at, customer_id, agency, pd, rated_on",
		"1, '2026-01-01', 'A', 'S', 0.03, '2026-01-01'", "1, '2025-12-01', 'A', 'S', 0.3, '2025-12-01'", "1, '2025-06-01', 'A', 'T', 0.2, '2025-06-01'") // T's is too old
	load("sales_plan_rows", "run, known_at, customer_id, month, amount", "1, '2026-01-01', 'A', '2026-03-01', 0", "1, '2026-01-01', 'C', '2026-03-01', 5")

	// Ten weeks ago another model took over and saw everybody one worse in log-odds.
	night := asof.MustParse("2026-03-31")
	weeks := []int{0}
	for w := 1; w < 26; w++ {
		weeks = append(weeks, w)
	}
	for _, w := range append(weeks, 52) {
		run := 1 + w
		model, step := "new", 1.0
		if w >= 10 {
			model, step = "old", 0
		}
		var scores []string
		for i := range 40 {
			odds := -5 - 0.01*float64(i) + step
			if i == 1 && w == 52 {
				odds = -7
			}
			scores = append(scores, fmt.Sprintf("%d, '%s', 'S%02d', %v, '%s'", run, night.Add(-7*w), i, 1/(1+math.Exp(-odds)), model))
		}
		load("scores_rows", "run, as_of, customer_id, pd_12m, model_id", scores...)
		if w > 0 {
			load("publications", "as_of, run", fmt.Sprintf("'%s', %d", night.Add(-7*w), run))
		}
	}

	n := aNight(night.String())
	n.Store, n.Run, n.Runs, n.Zone, n.Currency = s.db, 1, []uint64{1}, time.UTC, "EUR"
	n.Cut = night.Cut(n.Zone)
	null := math.NaN()
	pd := func(odds float64) float64 { return 1 / (1 + math.Exp(-odds)) }
	for _, c := range []struct {
		family, customer string
		want             map[string]float64
	}{
		{"warn_payments", "A", map[string]float64{
			"payments_count_60d": 4, "part_payments_count_60d": 2, "part_payment_share_365d": 0.4, // P3, and P5 on account
			"chosen_count_60d": 3, "chosen_base_60d": 12400, "chosen_over_older_base_60d": 3500, // P2 and P3, past I1
			"cash_base_60d": 16400, "third_party_cash_base_60d": 2000, "new_account_cash_base_60d": 1500, "bill_cash_base_60d": 8900, "bill_share_before": 0}},
		{"warn_payments", "C", map[string]float64{"payments_count_60d": 1, "chosen_base_60d": 2000, "chosen_over_older_base_60d": 0, "new_account_cash_base_60d": null, "bill_share_before": null}}, // J1 is disputed
		{"warn_discounts", "A", map[string]float64{"discounts_offered_before": 1, "discounts_taken_before": 0, "discounts_offered_60d": 2, "discounts_taken_60d": 1}},
		{"warn_exceptions", "A", map[string]float64{"exceptions_90d": 3, "hold_bypasses_90d": 1}}, // two holds lifted, one limit for 45 days
		{"warn_exceptions", "C", map[string]float64{"exceptions_90d": 0, "hold_bypasses_90d": 0}},
		{"warn_orders", "A", map[string]float64{"orders_28d": 500, "orders_baseline_28d": 100, "orders_zscore_28d": 0.6745 * 400 / 10}},
		{"warn_contacts", "A", map[string]float64{"no_answer_run": 3, "no_answer_run_days": 14}},
		{"warn_contacts", "C", map[string]float64{"no_answer_run": 0, "no_answer_run_days": 0}},
		{"warn_ratings", "A", map[string]float64{"agency_grade_notch": 5}}, // 3 %: B
		{"warn_plan", "A", map[string]float64{"shutdown_planned": 1}},
		{"warn_plan", "C", map[string]float64{"shutdown_planned": 0}},
		{"warn_scores", "S00", map[string]float64{"pd_12m_week_25": pd(-4), "pd_12m_week_10": pd(-4), "pd_12m_week_9": pd(-4), "pd_12m_week_1": pd(-4), "grade_fall_365d": 0}},
		{"warn_scores", "S01", map[string]float64{"pd_12m_week_25": pd(-4.01), "grade_fall_365d": 2}}, // A (0.25 %) a year ago, now BB (1.8 %)
	} {
		found := false
		err := rows.Each(ctx, s.db, c.family, "SELECT * FROM ("+warnFamily(c.family)+") WHERE customer_id = {customer:String}", n.params(map[string]any{"customer": c.customer}), func(r *rows.Row) error {
			found = true
			for column, want := range c.want {
				got := null
				if x := r.Float(column); x != nil {
					got = *x
				}
				if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-9 {
					t.Errorf("%s, %s: %s is %v, want %v", c.family, c.customer, column, got, want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", c.family, err)
		}
		if !found {
			t.Errorf("%s: no row of %s", c.family, c.customer)
		}
	}

	// Of the night a year ago count those of cells with enough defaults: S00 failed within a year, S02 only after it, S03 before.
	load("scores_rows", "run, as_of, customer_id, pd_12m, model_id", "99, '2025-03-20', 'S00', 0.2, 'old'", "99, '2025-03-20', 'S02', 0.1, 'old'", "99, '2025-03-20', 'S03', 1, 'old'", "99, '2025-03-20', 'S04', 0.3, 'old'")
	load("publications", "as_of, run", "'2025-03-20', 99")
	load("customers_rows", "run, known_at, customer_id, name, industry, size_class, region", "1, '2025-01-01', 'S00', 'S', 'steel', 'small', 'Hebei'", "1, '2025-01-01', 'S02', 'S', 'steel', 'small', 'Hebei'",
		"1, '2025-01-01', 'S03', 'S', 'steel', 'small', 'Hebei'", "1, '2025-01-01', 'S04', 'S', 'retail', 'small', 'Hebei'")
	load("default_events_rows", "run, as_of, customer_id, event, occurred_on, known_at", "1, '2026-03-31', 'S00', 'default', '2026-03-20', '2026-03-21'", "1, '2026-03-31', 'S02', 'default', '2026-03-21', '2026-03-22'",
		"1, '2026-03-31', 'S03', 'default', '2025-02-01', '2025-02-02'")
	for defaults, want := range map[float64]string{1: "[{steel small Hebei 0.2 true} {steel small Hebei 0.1 false}]", 2: "[]"} {
		past, err := gather(ctx, n, "outcomes of cells", sqlOf("warn_outcomes"), n.params(map[string]any{"min_defaults": defaults}))
		if err != nil {
			t.Fatal(err)
		}
		defer past.Release()
		if all, err := warnings.ReadOutcomes(past); err != nil || fmt.Sprint(all) != want {
			t.Errorf("outcomes of cells with %v defaults: %v, %v, want %s", defaults, all, err, want)
		}
	}

	// The whole statement gives every column that the rules read, though there is no customer in the features.
	book, err := gather(ctx, n, "warning input", warnInput(), n.params(map[string]any{"grades": "AAA", "loss_cap": 1.0, "gross_margin": 0.1}))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Release()
	for _, column := range append(warnings.Reads(), warnings.Labels...) {
		if len(book.Schema().FieldIndices(column)) != 1 {
			t.Errorf("the book has %s %d times", column, len(book.Schema().FieldIndices(column)))
		}
	}
}
