package judge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"creditwatch/pipeline"
	"creditwatch/pipeline/decisions"
)

// fillReconciliation writes two customers with credit without an invoice, one of them in two currencies, and due dates that the terms do not give.
func (l *handLedger) fillReconciliation(contracts, balances bool) {
	l.put("fx_rates", "currency, valid_on, rate, known_at", "'USD'", q(ago(900)), "7.1234", q(at(900)))
	for _, c := range []string{"A", "B", "N"} {
		terms := "30"
		if c == "N" {
			terms = "NULL"
		}
		l.put("customers", "customer_id, name, terms_days, onboarded_on, known_at", q(c), q(c), terms, q(ago(990)), q(at(990)))
	}
	if contracts {
		// Two contracts of A are in force: an invoice may follow either.
		l.put("contracts", "contract_id, customer_id, valid_from, valid_to, terms_days, known_at", "'K1'", "'A'", q(ago(400)), "NULL", "45", q(at(400)))
		l.put("contracts", "contract_id, customer_id, valid_from, valid_to, terms_days, known_at", "'K2'", "'A'", q(ago(400)), q(ago(25)), "60", q(at(400)))
	}
	l.tx(
		tx{customer: "A", id: "A1", kind: "invoice", on: 100, due: 40, amount: 1000.10}, // 60 days: by K2
		tx{customer: "A", id: "A2", kind: "invoice", on: 20, due: -40, amount: 300},     // 60 days, but K2 has ended: 15 too many
		tx{customer: "A", id: "A3", kind: "invoice", on: 90, due: 45, amount: 500},
		tx{customer: "A", id: "P1", kind: "payment", on: 50, amount: 520, to: "A3"}, // 20 more than owed; the rest goes to A1
		tx{customer: "A", id: "U1", kind: "invoice", on: 60, due: 15, amount: 77.77, currency: "USD"},
		tx{customer: "A", id: "P2", kind: "payment", on: 10, amount: 100.01, currency: "USD", to: "U1"}, // 22.24 left
		tx{customer: "B", id: "B1", kind: "invoice", on: 40, due: 20, amount: 400},                      // 20 days, the record says 30
		tx{customer: "B", id: "P3", kind: "payment", on: 15, amount: 400},                               // names nothing: applied by us
		tx{customer: "B", id: "P4", kind: "payment", on: 5, amount: 60.05, to: "B9"},                    // names an invoice that nobody knows
		tx{customer: "B", id: "C1", kind: "credit_note", on: 3, amount: 0.10, to: "B8"},
		tx{customer: "N", id: "N1", kind: "invoice", on: 10, due: -100, amount: 5},
	)
	if !balances {
		return
	}
	const told = "kind, customer_id, balance_on, currency, amount, reference, status, known_at"
	for _, b := range [][]string{
		{"'general_ledger'", "''", q(ago(30)), "'CNY'", "1380.00", "'1122'", "''", q(at(28))}, // two accounts make the control account
		{"'general_ledger'", "''", q(ago(30)), "'CNY'", "0.10", "'1123'", "''", q(at(28))},
		{"'general_ledger'", "'A'", q(ago(30)), "'CNY'", "980.10", "'1122'", "''", q(at(28))},
		{"'general_ledger'", "'A'", q(ago(60)), "'CNY'", "1", "'1122'", "''", q(at(58))},  // older: does not count
		{"'confirmation'", "'A'", q(ago(55)), "'CNY'", "980.10", "'Q1'", "''", q(at(40))}, // P1 was on its way
		{"'confirmation'", "'B'", q(ago(1)), "'CNY'", "-60", "'Q2'", "''", q(at(1))},
		{"'confirmation'", "'B'", q(ago(1)), "'CNY'", "-60.15", "'Q2'", "''", q(at(0))}, // corrected: agrees
		{"'confirmation'", "'A'", q(ago(500)), "'USD'", "0", "'Q0'", "''", q(at(400))},
		{"'confirmation'", "'N'", q(ago(3)), "'CNY'", "5", "'Q3'", "'unanswered'", q(at(2))},
		{"'confirmation'", "'N'", q(ago(2)), "'CNY'", "9", "'Q4'", "'withdrawn'", q(at(2))},
		{"'general_ledger'", "'N'", q(ago(-1)), "'CNY'", "9", "'1122'", "''", q(at(0))}, // of tomorrow
	} {
		l.put("balances", told, b...)
	}
}

// reconcile runs a night up to the reconciliation.
func (l *handLedger) reconcile(run uint64) (*pipeline.Night, error) {
	l.t.Helper()
	n := l.night(night, run, 1, run)
	n.Loss, n.Decisions, n.PolicyHash = lossTerms(), decisions.Default(), "p"
	n.Loss.Cap = 10_000
	l.stage(n, "features")
	l.stage(n, "score")
	for _, s := range pipeline.Stages {
		if s.Name == "decide" {
			return n, s.Do(context.Background(), n)
		}
	}
	return nil, errors.New("no stage decide")
}

func TestReconciliationByHand(t *testing.T) {
	t.Parallel()
	l := newHandLedger(t)
	l.fillReconciliation(true, true)
	if _, err := l.reconcile(1); err != nil {
		t.Fatal(err)
	}
	day := func(n int) string { return ago(n) }
	// A owes 1000.10 + 300 + 500 - 520 = 1280.10; in dollars 77.77 - 100.01 = -22.24, x 7.1234 = -158.4244. B owes 400 - 400 - 60.05 - 0.10.
	wantRows(t, ask(t, l.db, "SELECT customer_id, currency, invoices, unapplied_cash, unapplied_credits, subledger, subledger_base, rounding_base, to_apply, oldest_unapplied FROM creditwatch.reconciliation_rows ORDER BY customer_id, currency", nil),
		"||1285.1|-218.4744|-0.1|1066.5256|1066.5256|0|-420|10",
		"|CNY|1285.1|-60.05|-0.1|1224.95|1224.95|0|-420|5", "|USD|0|-22.24|0|-22.24|-158.4244|0|0|10",
		"A|CNY|1280.1|0|0|1280.1|1280.1|0|-20|(null)", "A|USD|0|-22.24|0|-22.24|-158.4244|0|0|10",
		"B|CNY|0|-60.05|-0.1|-60.15|-60.15|0|-400|5", "N|CNY|5|0|0|5|5|0|0|(null)")
	wantRows(t, ask(t, l.db, "SELECT customer_id, currency, ledger, ledger_on, ledger_ours, ledger_difference, ledger_state, control, control_ours, control_difference, control_state, confirmed, confirmed_ours, confirmed_difference, confirmed_state FROM creditwatch.reconciliation_rows WHERE customer_id != 'N' ORDER BY customer_id, currency", nil),
		fmt.Sprintf("||980.1|%s|980.1|0|agrees|1380.1|1380.1|0|agrees|919.95|1439.95|-520|differs", day(30)),
		fmt.Sprintf("|CNY|980.1|%s|980.1|0|agrees|1380.1|1380.1|0|agrees|919.95|1439.95|-520|differs", day(30)),
		"|USD|(null)|(null)|(null)|(null)|none|(null)|(null)|(null)|none|0|0|0|stale",
		fmt.Sprintf("A|CNY|980.1|%s|980.1|0|agrees|(null)|(null)|(null)|none|980.1|1500.1|-520|differs", day(30)),
		"A|USD|(null)|(null)|(null)|(null)|none|(null)|(null)|(null)|none|0|0|0|stale",
		"B|CNY|(null)|(null)|(null)|(null)|none|(null)|(null)|(null)|none|-60.15|-60.15|0|agrees")
	wantRows(t, ask(t, l.db, "SELECT customer_id, currency, ledger_state, confirmed_state, confirmed, due_judged, due_unjudged FROM creditwatch.reconciliation_rows WHERE customer_id = 'N'", nil), "N|CNY|none|unanswered|(null)|0|1")
	// 300 x 15 days = 4500 money-days, x 8 % / 365 = 0.99.
	wantRows(t, ask(t, l.db, "SELECT customer_id, kind, document_id, amount, age_days, is_late, matches, due_by_terms, terms_from, free_days, money_days, cost, action FROM creditwatch.reconciliation_items_rows ORDER BY customer_id, kind, document_id", nil),
		"A|confirmation_difference|Q1|-520|55|false|P1|(null)||(null)|(null)|(null)|RECON",
		"A|confirmation_stale|Q0|0|500|false||(null)||(null)|(null)|(null)|CONFIRM",
		fmt.Sprintf("A|due_late|A2|300|20|false||%s|K1|15|4500|0.99|BILL", day(-25)),
		"A|overpaid|P2|-22.24|10|false|U1|(null)||(null)|(null)|(null)|REFUND",
		"A|to_apply|P1|-20|50|true|A3|(null)||(null)|(null)|(null)|APPLY",
		fmt.Sprintf("B|due_early|B1|400|40|false||%s|customer, no contract in force|-10|(null)|(null)|BILL", day(10)),
		"B|to_apply|P3|-400|15|false||(null)||(null)|(null)|(null)|APPLY",
		"B|unapplied_credit|C1|-0.1|3|false|B8|(null)||(null)|(null)|(null)|REFUND",
		"B|unknown_reference|P4|-60.05|5|false|B9|(null)||(null)|(null)|(null)|APPLY",
		"N|confirmation_unanswered|Q3|5|3|false||(null)||(null)|(null)|(null)|CONFIRM")
	for _, text := range ask(t, l.db, "SELECT concat(text_en, '|', text_zh) FROM creditwatch.reconciliation_items_rows UNION ALL SELECT concat(text_en, '|', text_zh) FROM creditwatch.reconciliation_rows", nil) {
		if strings.ContainsAny(text, "{}%") || strings.HasPrefix(text, "|") || strings.HasSuffix(text, "|") {
			t.Errorf("text %q", text)
		}
	}
}

// TestReconciliationOverTime: a payment counts until it comes back, a document that was booked late explains a difference, a refund of what never came is
// owed; and the same night again, with facts that were learnt after it, says the same.
func TestReconciliationOverTime(t *testing.T) {
	t.Parallel()
	l := newHandLedger(t)
	for _, c := range []string{"F", "L", "R", "W"} {
		l.put("customers", "customer_id, name, terms_days, onboarded_on, known_at", q(c), q(c), "30", q(ago(990)), q(at(990)))
	}
	l.tx(
		tx{customer: "F", id: "F1", kind: "refund", on: 9, amount: 30.33},
		tx{customer: "L", id: "L1", kind: "invoice", on: 12, due: -18, amount: 50},
		tx{customer: "L", id: "L2", kind: "invoice", on: 9, due: -21, amount: 25, known: 3},
		tx{customer: "R", id: "R1", kind: "invoice", on: 40, due: 10, amount: 100},
		tx{customer: "R", id: "R2", kind: "payment", on: 20, amount: 100, to: "R1"},
		tx{customer: "R", id: "R3", kind: "payment", on: 10, amount: 100, to: "R1", supersedes: "R2", status: "returned", document: "R2"},
		tx{customer: "W", id: "W1", kind: "invoice", on: 50, due: 20, amount: 80},
		tx{customer: "W", id: "W1", kind: "invoice", on: 50, due: 25, amount: 80, known: 44}, // corrected: five days too early
		tx{customer: "W", id: "W2", kind: "invoice", on: 49, due: 12, amount: 70},
		tx{customer: "W", id: "W2c", kind: "invoice", on: 49, due: 12, amount: 70, supersedes: "W2", status: "cancelled", document: "W2", known: 40}, // wrong, but annulled
		tx{customer: "W", id: "W3", kind: "write_off", on: 4, amount: 95.5, to: "W1"},                                                                // 15.50 more than was owed
	)
	const told = "kind, customer_id, balance_on, currency, amount, reference, status, known_at"
	for _, b := range [][]string{
		{"'general_ledger'", "'L'", q(ago(8)), "'CNY'", "50", "'1122'", "''", q(at(7))},
		{"'confirmation'", "'R'", q(ago(15)), "'CNY'", "0", "'Q1'", "''", q(at(5))}, // between payment and return nothing was owed
		{"'general_ledger'", "'R'", q(ago(9)), "'CNY'", "0", "'1122'", "''", q(at(2))},
		{"'general_ledger'", "'W'", q(ago(30)), "'CNY'", "80", "'1122'", "''", q(at(29))},
		{"'general_ledger'", "'W'", q(ago(7)), "'CNY'", "1", "'1122'", "''", q(at(6))},
		{"'general_ledger'", "'W'", q(ago(7)), "'CNY'", "1", "'1122'", "'withdrawn'", q(at(5))}, // the older one counts again
	} {
		l.put("balances", told, b...)
	}
	if _, err := l.reconcile(1); err != nil {
		t.Fatal(err)
	}
	wantRows(t, ask(t, l.db, "SELECT customer_id, invoices, unapplied_credits, open_refunds, subledger, ledger, ledger_ours, ledger_difference, ledger_booked_since, confirmed, confirmed_difference FROM creditwatch.reconciliation_rows WHERE customer_id != '' ORDER BY customer_id", nil),
		"F|0|0|30.33|30.33|(null)|(null)|(null)|(null)|(null)|(null)",
		"L|75|0|0|75|50|75|-25|25|(null)|(null)",
		"R|100|0|0|100|0|100|-100|0|0|0",
		"W|0|-15.5|0|-15.5|80|80|0|0|(null)|(null)")
	wantRows(t, ask(t, l.db, "SELECT customer_id, kind, document_id, amount, free_days, matches FROM creditwatch.reconciliation_items_rows ORDER BY customer_id, kind", nil),
		"F|open_refund|F1|30.33|(null)|", "L|ledger_difference|1122|-25|(null)|L2", "R|ledger_difference|1122|-100|(null)|R2", "W|due_early|W1|80|-5|", "W|excess_write_off|W3|-15.5|(null)|W1")
	if got := ask(t, l.db, "SELECT text_en FROM creditwatch.reconciliation_items_rows WHERE kind = 'ledger_difference' AND customer_id = 'L'", nil); len(got) != 1 ||
		got[0] != "the general ledger of "+ago(8)+" differs from the sub-ledger by CNY 25.00; documents over 25.00 were learnt only after it; invoice L2 of "+ago(9)+" is of exactly this amount; find the cause in the documents" {
		t.Errorf("%q", got)
	}

	// What is learnt after the night's cut belongs to later nights.
	l.tx(tx{customer: "L", id: "L9", kind: "payment", on: 1, amount: 75, to: "L1", known: -1})
	l.put("contracts", "contract_id, customer_id, valid_from, terms_days, known_at", "'K9'", "'W'", q(ago(400)), "25", q(at(-1)))
	l.put("customers", "customer_id, name, terms_days, known_at", "'W'", "'W'", "25", q(at(-1)))
	l.put("balances", told, "'general_ledger'", "'L'", q(ago(8)), "'CNY'", "75", "'1122'", "''", q(at(-1)))
	l.put("balances", told, "'confirmation'", "'F'", q(ago(1)), "'CNY'", "1", "'Q7'", "''", q(at(-1)))
	if _, err := l.reconcile(2); err != nil {
		t.Fatal(err)
	}
	const kept = "SELECT * EXCEPT (run) FROM creditwatch.reconciliation_rows WHERE run = {run:UInt64} ORDER BY customer_id, currency"
	const items = "SELECT * EXCEPT (run) FROM creditwatch.reconciliation_items_rows WHERE run = {run:UInt64} ORDER BY customer_id, currency, kind, document_id"
	for _, sql := range []string{kept, items} {
		first, again := ask(t, l.db, sql, map[string]any{"run": uint64(1)}), ask(t, l.db, sql, map[string]any{"run": uint64(2)})
		if len(first) < 5 || !slices.Equal(first, again) {
			t.Errorf("the same night again, of %d rows:\n%s\n%s", len(first), strings.Join(first, "\n"), strings.Join(again, "\n"))
		}
	}

	t.Run("amounts that a double cannot hold foot", func(t *testing.T) {
		l := *l
		l.t = t
		for i, currency := range []string{"'CNY'", "'USD'"} { // 2^53 + 1 in the last decimal
			l.put("transactions", "customer_id, transaction_id, kind, occurred_on, amount, currency, document_id, known_at", "'F'", fmt.Sprintf("'G%d'", i), "'invoice'", q(ago(5)), "toDecimal64('900719925474.0993', 4)", currency, fmt.Sprintf("'G%d'", i), q(at(5)))
		}
		l.put("fx_rates", "currency, valid_on, rate, known_at", "'USD'", q(ago(180)), "0.33333333", q(at(180)))
		if _, err := l.reconcile(4); err != nil {
			t.Fatal(err)
		}
		wantRows(t, ask(t, l.db, "SELECT currency, toString(invoices), toString(subledger_base) FROM creditwatch.reconciliation_rows WHERE run = 4 AND customer_id = 'F' ORDER BY currency", nil),
			"CNY|900719925474.0993|900719925504.4293", "USD|900719925474.0993|300239972155.6333")
	})
	t.Run("a balance that nobody can convert stops the night", func(t *testing.T) {
		l := *l
		l.t = t
		l.put("balances", told, "'confirmation'", "'F'", q(ago(1)), "'JPY'", "1", "'Q8'", "''", q(at(1)))
		if _, err := l.reconcile(3); !errors.Is(err, pipeline.ErrGate) || !strings.Contains(err.Error(), "balances: no rate into CNY known for JPY") {
			t.Errorf("%v, want a gate that names JPY", err)
		}
	})
}

func TestReconciliationOfABookWithoutContractsOrBalances(t *testing.T) {
	t.Parallel()
	l := newHandLedger(t)
	l.fillReconciliation(false, false)
	if _, err := l.reconcile(1); err != nil {
		t.Fatal(err)
	}
	wantRows(t, ask(t, l.db, "SELECT countIf(ledger IS NULL AND control IS NULL AND confirmed IS NULL), countIf(ledger_state = 'none' AND control_state = 'none' AND confirmed_state = 'none'), countIf(position(text_en, 'no general-ledger balance was given; ') > 0 AND position(text_en, 'no confirmation was given') > 0), count() FROM creditwatch.reconciliation_rows", nil), "7|7|7|7")
	wantRows(t, ask(t, l.db, "SELECT customer_id, kind, document_id, terms_from, free_days FROM creditwatch.reconciliation_items_rows WHERE kind LIKE 'due%' ORDER BY document_id", nil),
		"A|due_late|A1|customer|30", "A|due_late|A2|customer|30", "A|due_late|A3|customer|15", "B|due_early|B1|customer|-10", "A|due_late|U1|customer|15")
}

func TestReconciliationThatDoesNotFootStopsTheNight(t *testing.T) {
	t.Parallel()
	l := newHandLedger(t)
	l.fillReconciliation(true, true)
	for i, c := range []struct{ shows, stray, names string }{
		{"a row of a customer that is not there", "INSERT INTO creditwatch.reconciliation_rows (run, as_of, customer_id, currency, invoices, subledger) VALUES ({run:UInt64}, {d:Date}, 'Q', 'CNY', 0.01, 0.01)", "documents Q CNY: 0.01"},
		{"a cent in the book's total", "INSERT INTO creditwatch.reconciliation_rows (run, as_of, currency, invoices, subledger) VALUES ({run:UInt64}, {d:Date}, 'CNY', 0.01, 0.01)", "currency CNY"},
		{"a cent in the reporting currency", "INSERT INTO creditwatch.reconciliation_rows (run, as_of, invoices, subledger, subledger_base) VALUES ({run:UInt64}, {d:Date}, 0.01, 0.01, 0.01)", "book CNY"},
		{"an allocation that no document bears out", "INSERT INTO creditwatch.allocations_rows (run, as_of, customer_id, currency, amount, effective_on, known_at) VALUES ({run:UInt64}, {d:Date}, 'A', 'CNY', 0.01, {d:Date}, {d:Date})", "allocations A CNY"},
		{"an item of nothing", "INSERT INTO creditwatch.reconciliation_items_rows (run, as_of, customer_id, currency, kind, amount) VALUES ({run:UInt64}, {d:Date}, 'B', 'CNY', 'unapplied_cash', -0.01)", "items B CNY"},
	} {
		t.Run(c.shows, func(t *testing.T) { l.stops(t, uint64(10+i), c.stray, c.names, nil) })
	}
}
