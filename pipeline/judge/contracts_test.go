package judge

import (
	"context"
	"slices"
	"strings"
	"testing"

	"creditwatch/pipeline"
)

// fillContracts writes customers with whose contracts something is wrong each. The night is Sunday 2024-06-30.
func (l *handLedger) fillContracts() {
	l.put("fx_rates", "currency, valid_on, rate, known_at", "'EUR'", q(ago(180)), "8", q(at(180)))
	const customer = "customer_id, name, country, size_class, industry, public_body, insured_limit, insured_until, onboarded_on, known_at"
	for _, c := range [][]string{
		{"'A'", "'large'", "'CN'", "'large'", "'steel'", "NULL", "NULL", "NULL"},
		{"'B'", "'without'", "'CN'", "'small'", "'steel'", "false", "NULL", "NULL"},
		{"'C'", "'German'", "'DE'", "''", "''", "NULL", "NULL", "NULL"},
		{"'D'", "'dormant'", "'CN'", "'small'", "''", "NULL", "NULL", "NULL"},
		{"'E'", "'told tomorrow'", "'CN'", "'small'", "''", "NULL", "NULL", "NULL"},
		{"'P'", "'town'", "'CN'", "'small'", "'steel'", "true", "NULL", "NULL"},
		{"'Q'", "'school'", "'CN'", "'small'", "'公共管理'", "NULL", "NULL", "NULL"},
		{"'T'", "'insured'", "'CN'", "'small'", "''", "NULL", "1000", q(ago(2))},
	} {
		l.put("customers", customer, append(c, q(ago(990)), q(at(990)))...)
	}
	const contract = "contract_id, customer_id, valid_from, valid_to, terms_days, review_status, guarantee_type, guarantee_amount, guarantee_until, late_rate, known_at"
	for _, k := range [][]string{
		{"'KA0'", "'A'", q(ago(600)), q(ago(201)), "30", "'reviewed'", "''", "NULL", "NULL", "0.08", q(at(600))},
		{"'KA1'", "'A'", q(ago(200)), q(ago(-20)), "30", "'reviewed'", "'deposit'", "400", "NULL", "NULL", q(at(200))},
		{"'KC'", "'C'", q(ago(300)), q(ago(1)), "30", "'reviewed'", "''", "NULL", "NULL", "NULL", q(at(300))},
		{"'KE'", "'E'", q(ago(300)), "NULL", "30", "'reviewed'", "''", "NULL", "NULL", "NULL", q(at(-1))}, // signed long ago, learnt tomorrow
		{"'KP'", "'P'", q(ago(100)), "'2299-12-31'", "45", "'pending'", "''", "NULL", "NULL", "0.03", q(at(100))},
		{"'KQ'", "'Q'", q(ago(20)), "NULL", "30", "'pending'", "''", "NULL", "NULL", "NULL", q(at(20))},
		{"'KT'", "'T'", q(ago(300)), "NULL", "30", "'none'", "''", "NULL", "NULL", "NULL", q(at(300))},
		{"'KT'", "'T'", q(ago(300)), "NULL", "30", "'reviewed'", "''", "NULL", "NULL", "NULL", q(at(250))}, // reviewed since
	} {
		l.put("contracts", contract, k...)
	}
	l.tx(
		tx{customer: "A", id: "A1", kind: "invoice", on: 230, due: 200, amount: 1000},
		tx{customer: "A", id: "A2", kind: "invoice", on: 60, due: 30, amount: 2000},
		tx{customer: "A", id: "A3", kind: "invoice", on: 10, due: -25, amount: 500},
		tx{customer: "B", id: "B1", kind: "invoice", on: 5, due: -25, amount: 300},
		tx{customer: "C", id: "C1", kind: "invoice", on: 40, due: 10, amount: 100, currency: "EUR"},
		tx{customer: "D", id: "D1", kind: "invoice", on: 400, due: 370, amount: 50},
		tx{customer: "D", id: "D2", kind: "payment", on: 370, amount: 50, to: "D1"},
		tx{customer: "E", id: "E1", kind: "invoice", on: 3, due: -27, amount: 70},
		tx{customer: "P", id: "P1", kind: "invoice", on: 40, due: 10, amount: 600},
		tx{customer: "Q", id: "Q1", kind: "invoice", on: 40, due: 10, amount: 90},
		tx{customer: "T", id: "T1", kind: "invoice", on: 10, due: -20, amount: 800},
	)
}

const findingRows = "SELECT code, severity, customer_id, contract_id, amount_base, exposure_base, covered_base, uncovered_base, invoices, ends_on, since, due_on, text_en, text_zh, policy_hash FROM creditwatch.contract_findings_rows WHERE run = {run:UInt64} ORDER BY ALL"

func TestContractsAreHeldAgainstTheLedger(t *testing.T) {
	t.Parallel()
	l := newHandLedger(t)
	l.fillContracts()
	l.decideNight(l.night(night, 1, 1))

	// A1 fell under the contract of its day: 1 000 × 8 % × 200 / 365 = 43.84. A2 under one that says no rate, so Order 728 counts, of 2020:
	// 2 000 × 0.05 % × 30 = 30. C1: 100 EUR × (4.5 % + 8 %) × 10 / 365 = 0.34, and 40 EUR. P1: 600 × 3 % × 10 / 365 = 0.49. Q1, a public body by its
	// industry, was invoiced before its contract began: 90 × 0.05 % × 10 = 0.45.
	wantRows(t, ask(t, l.db, "SELECT customer_id, contract_id, document_id, days_past_due, rule, round(rate, 4), fixed, interest, interest_base FROM creditwatch.late_interest_rows ORDER BY document_id", nil),
		"A|KA0|A1|200|contract|0.08|0|43.84|43.84",
		"A|KA1|A2|30|CN-728|0.1825|0|30|30",
		"C|KC|C1|10|EU-2011/7|0.125|40|40.34|322.72",
		"P|KP|P1|10|contract|0.03|0|0.49|0.49",
		"Q||Q1|10|CN-728|0.1825|0|0.45|0.45")
	// The contract KA1 brings a deposit of 400, of which lossTerms counts all, and ends with it on 2024-07-20; T's insurer paid nine tenths. KP asks less than the
	// prime rate of March 2024, 3.45 %, allows more than 30 days, and its review was due in 30.
	wantRows(t, ask(t, l.db, "SELECT code, severity, customer_id, contract_id, amount_base, covered_base, uncovered_base, invoices, ends_on, since, due_on FROM creditwatch.contract_findings_rows ORDER BY code, customer_id", nil),
		"contract_ends|3|A|KA1|2500|(null)|(null)|2|2024-07-20|2024-06-30|2024-07-20",
		"contract_expired|2|C|KC|800|(null)|(null)|1|2024-06-29|2024-06-30|2024-06-30",
		"cover_expired|3|T||720|0|800|0|2024-06-28|2024-06-30|2024-06-30",
		"cover_expires|3|A|KA1|400|0|3500|0|2024-07-20|2024-06-30|2024-07-20",
		"late_interest|1|||74.78|(null)|(null)|4|(null)|2024-06-30|2024-08-09",
		"late_interest|1|C|KC|322.72|(null)|(null)|1|(null)|2024-06-30|2024-08-09",
		"longer_terms|2|A|KA1|500|(null)|(null)|1|(null)|2024-06-30|2024-07-12",
		"no_contract|3|B||300|(null)|(null)|1|(null)|2024-06-30|2024-07-05",
		"no_contract|3|E||70|(null)|(null)|1|(null)|2024-06-30|2024-07-05",
		"rate_under_floor|2|P|KP|600|(null)|(null)|1|(null)|2024-06-30|2024-07-12",
		"review_overdue|2|P|KP|600|(null)|(null)|1|2024-04-21|2024-06-30|2024-06-30",
		"terms_over_statute|2|P|KP|600|(null)|(null)|1|(null)|2024-06-30|2024-07-12")

	t.Run("the next night knows since when, and what it has learnt", func(t *testing.T) {
		if err := l.db.Exec(context.Background(), "INSERT INTO creditwatch.publications (as_of, run, fence) VALUES ('"+ago(0)+"', 1, 1)", nil); err != nil {
			t.Fatal(err)
		}
		next := func(run uint64) {
			l.run = run
			n := l.night(night.Add(1), run, 1, run)
			n.Previous = pipeline.Published{AsOf: night, Run: 1}
			l.decideNight(n)
		}
		next(2)
		wantRows(t, ask(t, l.db, "SELECT code, customer_id, since, due_on FROM creditwatch.contract_findings_rows WHERE run = 2 AND code IN ('no_contract', 'contract_expired') ORDER BY customer_id", nil),
			"no_contract|B|2024-06-30|2024-07-05", "contract_expired|C|2024-06-30|2024-07-01")
		next(3) // the same night again
		first, again := ask(t, l.db, findingRows, map[string]any{"run": uint64(2)}), ask(t, l.db, findingRows, map[string]any{"run": uint64(3)})
		if len(first) < 10 || !slices.Equal(first, again) {
			t.Errorf("%d findings, and other ones when the night is run again:\n%s\n%s", len(first), strings.Join(first, "\n"), strings.Join(again, "\n"))
		}
	})
}

// A book that has no contract gets one line, beside the interest that the law gives and the insurance that ended.
func TestBookWithoutContracts(t *testing.T) {
	t.Parallel()
	l := newHandLedger(t)
	l.fillContracts()
	l.store()
	if err := l.db.Exec(context.Background(), "TRUNCATE TABLE creditwatch.contracts_rows", nil); err != nil {
		t.Fatal(err)
	}
	l.decideNight(l.night(night, 1, 1))
	wantRows(t, ask(t, l.db, "SELECT code, customer_id, contract_id, amount_base FROM creditwatch.contract_findings_rows ORDER BY code, customer_id", nil),
		"cover_expired|T||720",
		"late_interest|||3.45", // P1: 3, Q1: 0.45
		"late_interest|A||130", // A1: 1 000 × 0.05 % × 200, A2: 30
		"late_interest|C||322.72",
		"no_contracts|||0")
}

func TestContractFindingsThatDoNotFootStopTheNight(t *testing.T) {
	t.Parallel()
	l := newHandLedger(t)
	l.fillContracts()
	for i, c := range []struct {
		shows, stray, names string
		change              func(*pipeline.Night)
	}{
		{"a claim that no invoice bears", "INSERT INTO creditwatch.contract_findings_rows (run, as_of, code, amount_base) VALUES ({run:UInt64}, {d:Date}, 'late_interest', 5)", "402.5 against 397.5", nil},
		{"an invoice that is not open", "INSERT INTO creditwatch.late_interest_rows (run, as_of, currency, open_amount) VALUES ({run:UInt64}, {d:Date}, 'CNY', 5)", "invoices past due CNY", nil},
		{"cover of an exposure that is not there", "INSERT INTO creditwatch.contract_findings_rows (run, as_of, customer_id, code, exposure_base, covered_base, uncovered_base) VALUES ({run:UInt64}, {d:Date}, 'B', 'cover_expires', 5, 2, 3)", "exposure and its cover B", nil},
		{"cover that does not add up", "INSERT INTO creditwatch.contract_findings_rows (run, as_of, customer_id, code, exposure_base, covered_base, uncovered_base) VALUES ({run:UInt64}, {d:Date}, 'B', 'cover_expires', 300, 2, 3)", "exposure and its cover B", nil},
		{"dunning asks for other interest", "INSERT INTO creditwatch.dunning_rows (run, as_of, customer_id, document_id, due_on, currency, interest, interest_rule) VALUES ({run:UInt64}, {d:Date}, 'A', 'A2', {d:Date} - 30, 'CNY', 5, 'contract')", "interest of dunning A2", nil},
		{"deposits that count for less than in the losses", "", "customer A: securities and insurances cover 200.00, the losses say 400.00", func(n *pipeline.Night) { n.Loss.Haircuts.Deposit = 0.5 }},
	} {
		t.Run(c.shows, func(t *testing.T) { l.stops(t, uint64(10+i), c.stray, c.names, c.change) })
	}
}
