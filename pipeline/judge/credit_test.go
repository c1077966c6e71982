package judge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"creditwatch/features/book"
	"creditwatch/pipeline"
	"creditwatch/pipeline/decisions"
)

// fillCredit writes a group of three with one in default, a circle of two, a limit without a rate, and an order that was closed and made again.
func (l *handLedger) fillCredit() {
	l.put("fx_rates", "currency, valid_on, rate, known_at", "'USD'", q(ago(180)), "7", q(at(180)))
	const customer = "customer_id, name, parent_id, owner, industry, terms_days, credit_limit, limit_currency, limit_valid_to, net_worth, onboarded_on, known_at"
	for _, c := range [][]string{
		{"'P'", "'parent'", "''", "'Ana'", "'steel'", "30", "1000", "''", q(ago(-100)), "50000"},
		{"'A'", "'child'", "'P'", "'Ana'", "'steel'", "30", "300", "'USD'", q(ago(1)), "NULL"}, // expired yesterday
		{"'B'", "'grandchild'", "'A'", "'Bo'", "''", "30", "5000", "'CNY'", "NULL", "NULL"},
		{"'X'", "'owns Y'", "'Y'", "''", "'glass'", "NULL", "NULL", "''", "NULL", "NULL"},
		{"'Y'", "'owns X'", "'X'", "''", "'glass'", "NULL", "NULL", "''", "NULL", "NULL"},
		{"'E'", "'no rate'", "''", "'Bo'", "'glass'", "NULL", "100", "'EUR'", "NULL", "NULL"},
		{"'Z'", "'bypass'", "''", "'Bo'", "'glass'", "30", "2000", "'CNY'", "NULL", "NULL"},
	} {
		l.put("customers", customer, append(c, q(ago(990)), q(at(990)))...)
	}
	l.tx(
		tx{customer: "P", id: "P1", kind: "invoice", on: 20, due: -10, amount: 1500},
		tx{customer: "A", id: "A1", kind: "invoice", on: 20, due: -10, amount: 100, currency: "USD"},
		tx{customer: "A", id: "A2", kind: "order", on: 10, amount: 50, currency: "USD"},
		tx{customer: "A", id: "A3", kind: "invoice", on: 20, due: -10, amount: 70},
		tx{customer: "B", id: "B1", kind: "invoice", on: 160, due: 130, amount: 1000},
		tx{customer: "X", id: "X1", kind: "invoice", on: 20, due: -10, amount: 100},
		tx{customer: "E", id: "E1", kind: "invoice", on: 20, due: -10, amount: 500},
		tx{customer: "Z", id: "Z1", kind: "invoice", on: 20, due: -10, amount: 2500},
		tx{customer: "Z", id: "Z2", kind: "order", on: 9, amount: 300},
		tx{customer: "Z", id: "Z2c", kind: "order", on: 9, amount: 300, supersedes: "Z2", status: "cancelled", document: "Z2", known: 5},
		tx{customer: "Z", id: "Z3", kind: "order", on: 4, amount: 301},
	)
	l.contact("P", "V1", "visit", 40, "reached", "NULL", "NULL", "NULL")
	l.contact("P", "V2", "call", 3, "no_answer", "NULL", "NULL", "NULL")
}

// decideNight runs a night up to the decisions.
func (l *handLedger) decideNight(n *pipeline.Night) {
	l.t.Helper()
	n.Loss, n.Decisions, n.PolicyHash = lossTerms(), decisions.Default(), "p"
	n.Loss.Cap = 10_000
	l.stage(n, "features")
	l.stage(n, "score")
	l.stage(n, "decide")
}

const creditRows = `
SELECT customer_id, toString((limit_currency, present_limit, in_force_base, exposure_base, need_base, net_worth_base, risk_budget_base, default_base, not_known, binding, recommended_limit, advice, text_zh)) FROM creditwatch.limits_rows WHERE run = {run:UInt64}
UNION ALL SELECT customer_id, toString((recommend, reasons, exclusion, since, overrun_base, approver, bypass, text_en)) FROM creditwatch.holds_rows WHERE run = {run:UInt64}
UNION ALL SELECT group_id, toString((members, depth, cycle, exposure_base, expected_loss, fallen, dragged)) FROM creditwatch.group_exposure_rows WHERE run = {run:UInt64}
UNION ALL SELECT name, toString((dimension, rank, customers, exposure_base, share, hhi)) FROM creditwatch.concentration_rows WHERE run = {run:UInt64}
UNION ALL SELECT customer_id, toString((position, scheduled_on, due_on, pulled_by, planned_on, contacted_on, visited_on)) FROM creditwatch.reviews_rows WHERE run = {run:UInt64}
UNION ALL SELECT owner, toString((scope, customers, exposure_base, expected_loss, touched_customers, visits_overdue)) FROM creditwatch.coverage_rows WHERE run = {run:UInt64}
ORDER BY 1, 2`

func TestCreditDecisionsAreWhatTheLedgerSays(t *testing.T) {
	l := newHandLedger(t)
	l.fillCredit()
	l.decideNight(l.night(night, 1, 1))

	// What was invoiced this month goes on: of 1 500 a month, 30 days of September are 1 500. A has 770, due in US dollars: 110. B sold nothing for
	// five months but 1 000 then, a fifth of it a month, and is more than 30 days late: 60 days to the end of September are 200 and 30/31 of 200.
	wantRows(t, ask(t, l.db, `SELECT customer_id, limit_currency, present_limit, is_expired, exposure_base, round(utilisation, 4), round(stressed_utilisation, 6), need_base, need_on, net_worth_base, binding, recommended_limit, advice
FROM creditwatch.limits_rows ORDER BY customer_id`, nil),
		"A|USD|300|true|1120|0.5333|0.536667|770|2024-09-30|(null)|need|110|lower",
		"B|CNY|5000|false|1000|0.2|0.2|393.5483|2024-09-30|(null)|default|0|cut",
		"E|EUR|100|false|500|(null)|(null)|500|2024-09-30|(null)||(null)|none",
		"P|CNY|1000|false|1500|1.5|1.5|1500|2024-09-30|5000|need|1500|raise",
		"X|CNY|(null)|false|100|(null)|(null)|100|2024-09-30|(null)|need|100|set",
		"Y|CNY|(null)|false|0|(null)|(null)|(null)|(null)|(null)||(null)|none",
		"Z|CNY|2000|false|2801|1.4005|1.4005|2500|2024-09-30|(null)|need|2500|raise")
	wantRows(t, ask(t, l.db, "SELECT customer_id, not_known FROM creditwatch.limits_rows WHERE customer_id IN ('P', 'Y') ORDER BY customer_id", nil),
		`P|["agency","insurer","risk_budget"]`, `Y|["need","net_worth","agency","insurer","risk_budget"]`)

	wantRows(t, ask(t, l.db, "SELECT customer_id, recommend, reasons, exclusion, overrun_base, approver, bypass FROM creditwatch.holds_rows ORDER BY customer_id", nil),
		`A|hold|["limit_expired","group"]||0|account owner|`,
		`B|hold|["default","past_due"]||0|account owner|`,
		`P|hold|["over_limit","group"]||500|account owner|`,
		`Z|hold|["over_limit"]||801|account owner|Z2 → Z3`)

	wantRows(t, ask(t, l.db, "SELECT group_id, members, depth, cycle, exposure_base, in_force_base, fallen, dragged, dragged_base FROM creditwatch.group_exposure_rows ORDER BY group_id", nil),
		`E|["E"]|0|[]|500|(null)|[]|[]|0`,
		`P|["A","B","P"]|2|[]|3620|8100|["B"]|["A","P"]|2620`,
		`X|["X","Y"]|1|["X","Y"]|100|(null)|[]|[]|0`,
		`Z|["Z"]|0|[]|2801|2000|[]|[]|0`)

	wantRows(t, ask(t, l.db, "SELECT dimension, name, exposure_base, open_amount FROM creditwatch.concentration_rows WHERE dimension IN ('currency', 'industry') AND rank > 0 ORDER BY dimension, rank", nil),
		"currency|CNY|5971|5670", "currency|USD|1050|100",
		"industry|glass|3401|(null)", "industry|steel|2620|(null)", "industry||1000|(null)")

	wantRows(t, ask(t, l.db, "SELECT customer_id, contacted_on, visited_on FROM creditwatch.reviews_rows WHERE contacted_on IS NOT NULL", nil), fmt.Sprintf("P|%s|%s", ago(40), ago(40)))
	wantRows(t, ask(t, l.db, "SELECT scope, owner, customers, exposure_base FROM creditwatch.coverage_rows ORDER BY scope, owner", nil), "book||6|7021", "owner||1|100", "owner|Ana|2|2620", "owner|Bo|3|4301")

	t.Run("the next night heeds what people entered, and says what changed", func(t *testing.T) {
		enter := func(e pipeline.Entry) {
			t.Helper()
			e.Kind, e.By, e.Reason, e.Code, e.Night = pipeline.EntryAction, "Li", "season", "test", night.Add(1)
			if _, err := pipeline.Enter(context.Background(), l.db, time.UTC, e, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
		}
		until, much := night.Add(1), book.Money(2000*book.Scale)
		enter(pipeline.Entry{CustomerID: "P", Subject: decisions.ActTemp, Amount: &much, Until: &until})
		enter(pipeline.Entry{CustomerID: "E", Subject: decisions.ActHold})
		enter(pipeline.Entry{CustomerID: "B", Subject: decisions.ActReview})
		for _, sql := range []string{"INSERT INTO creditwatch.publications (as_of, run, fence) VALUES ('" + ago(0) + "', 1, 1)"} {
			if err := l.db.Exec(context.Background(), sql, nil); err != nil {
				t.Fatal(err)
			}
		}
		l.run = 2
		l.tx(tx{customer: "Z", id: "ZP", kind: "payment", on: -1, amount: 1000, to: "Z1"})
		next := func(run uint64) {
			n := l.night(night.Add(1), run, 1, 2)
			n.Previous = pipeline.Published{AsOf: night, Run: 1}
			l.decideNight(n)
		}
		next(2)
		wantRows(t, ask(t, l.db, "SELECT customer_id, recommend, reasons, since, in_force_base, bypass FROM creditwatch.holds_rows WHERE run = 2 ORDER BY customer_id", nil),
			fmt.Sprintf(`A|hold|["limit_expired","group"]|%s|2100|`, ago(0)),
			fmt.Sprintf(`B|hold|["default","past_due"]|%s|5000|`, ago(0)),
			fmt.Sprintf(`E|hold|["own_action"]|%s|(null)|`, ago(-1)),
			fmt.Sprintf(`P|hold|["group"]|%s|2000|`, ago(0)),
			fmt.Sprintf(`Z|release|[]|%s|2000|Z2 → Z3`, ago(-1)))
		wantRows(t, ask(t, l.db, "SELECT customer_id, reviewed_on FROM creditwatch.reviews_rows WHERE run = 2 AND reviewed_on IS NOT NULL", nil), "B|"+ago(-1))
		wantRows(t, ask(t, l.db, "SELECT count(), countIf(change != change_need + change_capacity + change_risk + change_rules + change_rate + change_rounding) FROM creditwatch.limits_rows WHERE run = 2 AND change IS NOT NULL", nil), "5|0")

		l.run = 3
		next(3) // the same night again
		first, again := ask(t, l.db, creditRows, map[string]any{"run": uint64(2)}), ask(t, l.db, creditRows, map[string]any{"run": uint64(3)})
		if len(first) < 40 || !slices.Equal(first, again) {
			t.Errorf("%d rows, and other ones when the night is run again:\n%s\n%s", len(first), strings.Join(first, "\n"), strings.Join(again, "\n"))
		}
	})
}

// stops runs a night of its own with a row of another attempt that was not dropped, and settings changed after the score, and wants the decide
// stage to stop it with a gate that names something.
func (l *handLedger) stops(t *testing.T, run uint64, stray, names string, change func(*pipeline.Night)) {
	t.Helper()
	l.store()
	own := *l
	own.t = t
	n := own.night(night, run, 1, run)
	n.Loss, n.Decisions = lossTerms(), decisions.Default()
	n.Loss.Cap = 10_000
	own.stage(n, "features")
	own.stage(n, "score")
	if change != nil {
		change(n)
	}
	if stray != "" {
		if err := l.db.Exec(context.Background(), stray, map[string]any{"d": night, "run": run}); err != nil {
			t.Fatal(err)
		}
	}
	at := slices.IndexFunc(pipeline.Stages, func(s pipeline.Stage) bool { return s.Name == "decide" })
	if err := pipeline.Stages[at].Do(context.Background(), n); !errors.Is(err, pipeline.ErrGate) || !strings.Contains(err.Error(), names) {
		t.Errorf("got %v, want a gate that names %q", err, names)
	}
}

func TestCreditThatDoesNotFootStopsTheNight(t *testing.T) {
	l := newHandLedger(t)
	l.fillCredit()
	for i, c := range []struct{ shows, stray, names string }{
		{"a limit of a customer that is not there", "INSERT INTO creditwatch.limits_rows (run, as_of, customer_id, exposure_base) VALUES ({run:UInt64}, {d:Date}, 'Q', 5)", "customer Q"},
		{"a group that counts twice", "INSERT INTO creditwatch.group_exposure_rows (run, as_of, group_id, members, exposure_base) VALUES ({run:UInt64}, {d:Date}, 'Q', ['P'], 5)", "group Q"},
		{"a currency that the ledger does not have", "INSERT INTO creditwatch.concentration_rows (run, as_of, dimension, rank, name, open_amount) VALUES ({run:UInt64}, {d:Date}, 'currency', 9, 'JPY', 5)", "currency JPY"},
		{"an owner that is not there", "INSERT INTO creditwatch.coverage_rows (run, as_of, scope, owner, exposure_base) VALUES ({run:UInt64}, {d:Date}, 'owner', 'Q', 5)", "coverage owner"},
	} {
		t.Run(c.shows, func(t *testing.T) { l.stops(t, uint64(10+i), c.stray, c.names, nil) })
	}
}

// TestSnoozedWarningsMoveNothing puts the same warning on two customers, one of them in peace: worklist, limits, holds and dunning heed it of the other alone.
func TestSnoozedWarningsMoveNothing(t *testing.T) {
	t.Parallel()
	l := newHandLedger(t)
	for _, c := range []string{"A", "B"} {
		l.put("customers", "customer_id, name, terms_days, credit_limit, limit_currency, onboarded_on, known_at", q(c), q(c), "30", "10000", "'CNY'", q(ago(100)), q(at(100)))
		l.tx(tx{customer: c, id: c + "1", kind: "invoice", on: 35, due: 5, amount: 1000})
	}
	n := l.night(night, 1, 1)
	n.Loss, n.Decisions, n.PolicyHash = lossTerms(), decisions.Default(), "p"
	n.Loss.Cap = 10_000
	l.stage(n, "features")
	l.stage(n, "score")
	for customer, until := range map[string]string{"A": "NULL", "B": q(ago(-3))} {
		if err := l.db.Exec(context.Background(), "INSERT INTO creditwatch.warnings_rows (run, as_of, episode_id, customer_id, code, severity, state, action, snoozed_until) VALUES (1, '"+ago(0)+"', 'e"+customer+"', '"+customer+"', 'W2-06', 4, 'open', 'HOLD DUN+1', "+until+")", nil); err != nil {
			t.Fatal(err)
		}
	}
	// With a grade, so that reviews have a day to be pulled forward from. That nothing recent is known stays true while nobody wants to hear of it.
	for _, sql := range []string{
		"INSERT INTO creditwatch.warnings_rows (run, as_of, episode_id, customer_id, code, severity, state, action, snoozed_until) VALUES (1, '" + ago(0) + "', 'stale', 'B', 'W1-08', 1, 'open', 'INFO', " + q(ago(-3)) + ")",
		"ALTER TABLE creditwatch.scores_rows UPDATE grade = 'A', evidence_grade = 'A' WHERE run = 1 SETTINGS mutations_sync = 1",
	} {
		if err := l.db.Exec(context.Background(), sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	l.stage(n, "decide")
	wantRows(t, ask(t, l.db, "SELECT customer_id, pulled_by FROM creditwatch.reviews_rows ORDER BY customer_id", nil), "A|critical_warning", "B|stale")
	wantRows(t, ask(t, l.db, "SELECT customer_id, step, jumped_by FROM creditwatch.dunning_rows ORDER BY customer_id", nil), "A|D+7|W2-06", "B|D+1|")
	wantRows(t, ask(t, l.db, "SELECT customer_id, action, position(text_en, 'W2-06') > 0 FROM creditwatch.worklist_rows ORDER BY customer_id", nil), "A|HOLD DUN+1|1", "B|CALL|0")
	wantRows(t, ask(t, l.db, "SELECT customer_id, reasons FROM creditwatch.holds_rows ORDER BY customer_id", nil), `A|["critical_warning"]`)
}
