package judge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"creditwatch/pipeline"
)

// lossTerms are those of the built-in configuration, with a discount of nothing so that shares can be read off.
func lossTerms() pipeline.Loss {
	return pipeline.Loss{
		LGD: 0.45, OrderConversion: 0.5, InsuranceCoverage: 0.9, Haircuts: pipeline.Haircuts{Guarantee: 0.1, Collateral: 0.4}, WorkoutMonths: 24, Credibility: 20,
		SizeBounds: []float64{5000}, Correlation: 0.12, Stress: pipeline.Stress{IndustryFactor: 3, MacroShift: 2, Top: []int{1, 5}}, GrossMargin: 0.2,
	}
}

// fillLosses writes the ledger of customers whose losses are known.
func (l *handLedger) fillLosses() {
	l.put("fx_rates", "currency, valid_on, rate, known_at", "'USD'", q(ago(180)), "7", q(at(180)))
	const customer = "customer_id, name, parent_id, industry, insured_limit, limit_currency, insured_until, known_at"
	for _, c := range [][]string{
		{"'O'", "'orders'", "''", "'steel'", "NULL", "''", "NULL"},
		{"'I'", "'insured'", "'O'", "'steel'", "600", "'CNY'", q(ago(0))},  // to the last day
		{"'X'", "'expired'", "''", "''", "600", "''", q(ago(1))},           // since yesterday
		{"'U'", "'in dollars'", "''", "''", "100", "'USD'", q(ago(-400))},  // 700
		{"'E'", "'no rate'", "''", "''", "100", "'EUR'", "NULL"},           // covers nothing
		{"'G'", "'guaranteed'", "''", "''", "200", "''", q(ago(-30))},      // by contract for more, and by a guarantee
		{"'C'", "'more cash than debt'", "''", "''", "NULL", "''", "NULL"}, //
		{"'D'", "'defaulted'", "''", "'glass'", "NULL", "''", "NULL"},
		{"'W'", "'written off'", "''", "'glass'", "50", "''", q(ago(400))}, // was insured when it defaulted
		{"'N'", "'nothing'", "''", "''", "NULL", "''", "NULL"},
	} {
		l.put("customers", customer, append(c, q(at(990)))...)
	}
	const contract = "contract_id, customer_id, valid_from, valid_to, currency, review_status, guarantee_type, guarantee_amount, guarantee_until, known_at"
	for _, c := range [][]string{
		{"'K1'", "'G'", q(ago(300)), "NULL", "''", "'reviewed'", "'guarantee'", "100", q(ago(-10))}, // 90
		{"'K2'", "'G'", q(ago(300)), "NULL", "''", "'reviewed'", "'collateral'", "100", "NULL"},     // 60
		{"'K3'", "'G'", q(ago(300)), "NULL", "''", "'reviewed'", "'insurance'", "250", "NULL"},      // the same policy as the customer's 200, or a better one
		{"'K4'", "'G'", q(ago(300)), "NULL", "''", "'reviewed'", "'deposit'", "50", q(ago(1))},      // gone
		{"'K5'", "'G'", q(ago(300)), q(ago(5)), "''", "'reviewed'", "'deposit'", "70", "NULL"},      // the contract is over
		{"'K6'", "'G'", q(ago(-5)), "NULL", "''", "'reviewed'", "'deposit'", "80", "NULL"},          // not yet
	} {
		l.put("contracts", contract, append(c, q(at(300)))...)
	}
	// D's guarantee had ended when D failed, which was learnt only then.
	l.put("contracts", contract, "'K7'", "'D'", q(ago(300)), "NULL", "''", "'reviewed'", "'guarantee'", "100", "NULL", q(at(300)))
	l.put("contracts", contract, "'K7'", "'D'", q(ago(300)), q(ago(50)), "''", "'reviewed'", "'guarantee'", "100", "NULL", q(at(40)))
	l.tx(
		tx{customer: "O", id: "OI", kind: "invoice", on: 20, due: -10, amount: 1000},
		tx{customer: "O", id: "O1", kind: "order", on: 10, amount: 400},
		tx{customer: "O", id: "OI1", kind: "invoice", on: 5, due: -25, amount: 150, to: "O1"}, // a part of the order: 250 are left
		tx{customer: "O", id: "O2", kind: "order", on: 10, amount: 100},
		tx{customer: "O", id: "OI2", kind: "invoice", on: 5, due: -25, amount: 120, to: "O2"}, // all of it and freight
		tx{customer: "O", id: "O3", kind: "order", on: 60, amount: 999},                       // too old
		tx{customer: "O", id: "O4", kind: "order", on: 8, amount: 70, currency: "USD"},        // 490
		tx{customer: "O", id: "O5", kind: "order", on: 90, amount: 80},
		tx{customer: "O", id: "O5", kind: "order", on: 90, amount: 80, status: "shipped", known: 70}, // has left, whole
		tx{customer: "O", id: "O6", kind: "order", on: 9, amount: 5000},
		tx{customer: "O", id: "O6c", kind: "order", on: 9, amount: 5000, supersedes: "O6", status: "cancelled", document: "O6"},
		tx{customer: "I", id: "II", kind: "invoice", on: 20, due: -10, amount: 1000},
		tx{customer: "X", id: "XI", kind: "invoice", on: 20, due: -10, amount: 1000},
		tx{customer: "U", id: "UI", kind: "invoice", on: 20, due: -10, amount: 500},
		tx{customer: "E", id: "EI", kind: "invoice", on: 20, due: -10, amount: 500},
		tx{customer: "G", id: "GI", kind: "invoice", on: 20, due: -10, amount: 1000},
		tx{customer: "C", id: "CI", kind: "invoice", on: 20, due: -10, amount: 100, currency: "USD"},
		tx{customer: "C", id: "CP", kind: "payment", on: 10, amount: 900}, // of another currency, so it settles nothing
		// D is in default since 40 days: 90 days after the due date of D1. D2 was open too, D3 came later.
		tx{customer: "D", id: "D1", kind: "invoice", on: 160, due: 130, amount: 1000},
		tx{customer: "D", id: "D2", kind: "invoice", on: 50, due: 20, amount: 600},
		tx{customer: "D", id: "D3", kind: "invoice", on: 30, due: 0, dueToday: true, amount: 300},
		tx{customer: "D", id: "DP1", kind: "payment", on: 60, amount: 100, to: "D1"}, // before
		tx{customer: "D", id: "DP2", kind: "payment", on: 10, amount: 500, to: "D2"},
		tx{customer: "D", id: "DC", kind: "credit_note", on: 5, amount: 50, to: "D2"},
		// W failed by report 1 200 days ago, was written off, and a part came back, told twice.
		tx{customer: "W", id: "W1", kind: "invoice", on: 1260, due: 1230, amount: 800},
		tx{customer: "W", id: "WP", kind: "payment", on: 1199, amount: 200, to: "W1"},
		tx{customer: "W", id: "WW", kind: "write_off", on: 900, amount: 600, to: "W1"},
		tx{customer: "W", id: "WR", kind: "recovery", on: 800, amount: 120},
		tx{customer: "W", id: "W2", kind: "invoice", on: 20, due: -10, amount: 10},
	)
	const outcome = "outcome_id, customer_id, event, occurred_on, amount, known_at"
	l.put("outcomes", outcome, "'w1'", "'W'", "'default'", q(ago(1200)), "800", q(at(1199)))
	l.put("outcomes", outcome, "'w2'", "'W'", "'recovery'", q(ago(799)), "120", q(at(799)))
	l.put("outcomes", outcome, "'w3'", "'W'", "'default'", q(ago(1150)), "800", q(at(1149))) // reported again: no default of its own
}

func TestLossesAreWhatTheLedgerSays(t *testing.T) {
	l := newHandLedger(t)
	l.fillLosses()
	n := l.night(night, 1, 1)
	n.Loss, n.Default.Recurring = lossTerms(), false
	l.stage(n, "features")
	if v := l.values("features_rows", 1, night)["O"]["open_orders_base"]; v == nil || *v != 740 {
		t.Errorf("open orders as the models see them: %s, want 740", show(v))
	}
	l.stage(n, "score")

	wantRows(t, ask(t, l.db, `SELECT customer_id, defaulted_on, cured_on, state, days, claim, net_claim, came_back, written_off, owed, round(lgd, 4), round(lgd_low, 4), round(lgd_high, 4), round(weight, 4), covered, size_class, industry
FROM creditwatch.lgd_events_rows ORDER BY customer_id, defaulted_on`, nil),
		// D: 900 of D1 and 600 of D2 were open; 50 were not owed. Of 950 left 55 % shrunk over what is left of the period is to come.
		fmt.Sprintf("D|%s|(null)|open|40|1500|1450|500|0|950|%g|0|%g|%g|false|1|glass", ago(40), round4(openLoss()), round4(950./1450), round4(40./730)),
		fmt.Sprintf("W|%s|(null)|exhausted|1200|800|800|320|600|0|0.6|0.6|0.6|1|true|1|glass", ago(1200)))

	wantRows(t, ask(t, l.db, `SELECT customer_id, group_id, industry, open_base, shipped_base, orders_base, ordered_base, unapplied_base, total_base, secured_base, insured_base, cover_until, covered_base, ead, retained_base, uninsured_base
FROM creditwatch.losses_rows ORDER BY customer_id`, nil),
		"C|C||700|0|0|0|900|0|0|0|(null)|0|0|0|0",
		"D|D|glass|1250|0|0|0|0|1250|0|0|(null)|0|1250|0|1250",
		"E|E||500|0|0|0|0|500|0|0|(null)|0|500|0|500",
		fmt.Sprintf("G|G||1000|0|0|0|0|1000|150|250|%s|375|625|25|600", ago(-10)),
		fmt.Sprintf("I|O|steel|1000|0|0|0|0|1000|0|600|%s|540|460|60|400", ago(0)),
		"N|N||0|0|0|0|0|0|0|0|(null)|0|0|0|0",
		"O|O|steel|1270|80|740|370|0|1720|0|0|(null)|0|1720|0|1720",
		fmt.Sprintf("U|U||500|0|0|0|0|500|0|700|%s|450|50|50|0", ago(-400)),
		"W|W|glass|10|0|0|0|0|10|0|0|(null)|0|10|0|10",
		"X|X||1000|0|0|0|0|1000|0|0|(null)|0|1000|0|1000")

	// There is no model, so only who is in default has a PD: D by the ledger, W by report.
	z, zw := 1/21., 40./730
	book := (1.0*0.6+zw*openLoss())/(1+zw)*((1+zw)/(21+zw)) + 0.45*20/(21+zw)
	open := z*0 + zw*openLoss()/(zw+20) + book*20/(zw+20) // uncovered: D alone
	for _, c := range []struct {
		customer, segment string
		events            int
		rate              float64
	}{
		{"X", "uncovered, size 1", 1, deeper(open, openLoss(), zw, 1)},
		{"D", "in default", 1, 1 - toCome(40)},
		{"W", "in default", 1, 1 - toCome(1200)},
	} {
		got, _ := number(t, l.db, "SELECT lgd_uninsured AS v FROM creditwatch.losses_rows WHERE customer_id = {c:String}", map[string]any{"c": c.customer})
		if math.Abs(got-c.rate) > 1e-9 {
			t.Errorf("%s: loss rate %v, want %v", c.customer, got, c.rate)
		}
		wantRows(t, ask(t, l.db, "SELECT lgd_segment, lgd_events FROM creditwatch.losses_rows WHERE customer_id = {c:String}", map[string]any{"c": c.customer}), fmt.Sprintf("%s|%d", c.segment, c.events))
	}
	expected := 1250*(1-toCome(40)) + 10*(1-toCome(1200))
	if got, _ := number(t, l.db, "SELECT sum(expected_loss) AS v FROM creditwatch.scores_rows", nil); math.Abs(got-expected) > 0.0002 {
		t.Errorf("expected loss %v, want %v", got, expected)
	}
	wantRows(t, ask(t, l.db, "SELECT customer_id FROM creditwatch.losses_rows WHERE expected_loss > 0 ORDER BY customer_id", nil), "D", "W")

	// Nothing is random where all that can fail has failed: every year loses the expected loss, give or take the loss rate.
	wantRows(t, ask(t, l.db, "SELECT scope, industry, level, customers, unscored, ead, round(effective_names, 4) FROM creditwatch.loss_quantiles_rows WHERE level = 0.99 ORDER BY scope, industry", nil),
		fmt.Sprintf("book||0.99|10|6|5615|%g", round4(5615*5615/(1250*1250+500*500+625*625+460*460+1720*1720+50*50+10*10+1000*1000.))),
		fmt.Sprintf("industry||0.99|6|4|2175|%g", round4(2175*2175/(500*500+625*625+50*50+1000*1000.))),
		fmt.Sprintf("industry|glass|0.99|2|0|1260|%g", round4(1260*1260/(1250*1250+10*10.))),
		fmt.Sprintf("industry|steel|0.99|2|2|2180|%g", round4(2180*2180/(460*460+1720*1720.))))
	wantRows(t, ask(t, l.db, "SELECT scenario, parameter, names FROM creditwatch.stress_rows WHERE scenario = 'top_failure' ORDER BY position", nil),
		`top_failure|1|["O"]`, `top_failure|5|["O","D","X","G","E"]`)
	// The year's sales: all invoices of 365 days in renminbi.
	sales := 1000. + 150 + 120 + 1000 + 1000 + 500 + 500 + 1000 + 700 + 1000 + 600 + 300 + 10
	wantRows(t, ask(t, l.db, "SELECT scenario, parameter, result IS NULL AS open FROM creditwatch.stress_rows WHERE scenario LIKE 'reverse%' ORDER BY position", nil),
		fmt.Sprintf("reverse_rate|%g|0", 0.2*sales), fmt.Sprintf("reverse_names|%g|0", 0.2*sales), fmt.Sprintf("reverse_year|%g|0", 0.2*sales))
}

// toCome is what a claim so old still brings: W had 200 of 800 back on the day after its default and 120 more 400 days after it.
func toCome(days float64) float64 {
	owed, later := 1.0, 0.4
	if days >= 1 {
		owed, later = 0.75, 0.15
	}
	if days >= 400 {
		owed, later = 0.6, 0
	}
	return (later + 20*0.55*math.Max(1-days/730, 0)) / (owed + 20)
}

// openLoss is what D comes to: 950 of 1 450 are owed.
func openLoss() float64 { return 950. / 1450 * (1 - toCome(40)) }

// deeper draws a rate of n defaults from the one above it, so many times.
func deeper(rate, own, n float64, times int) float64 {
	for range times {
		rate = (n*own + 20*rate) / (n + 20)
	}
	return rate
}

func round4(v float64) float64 { return math.Round(v*1e4) / 1e4 }

func TestLossesThatDoNotFootStopTheNight(t *testing.T) {
	l := newHandLedger(t)
	l.fillLosses()
	n := l.night(night, 1, 1)
	n.Loss = lossTerms()
	l.stage(n, "features")
	// A score of another attempt that was not dropped.
	if err := l.db.Exec(context.Background(), "INSERT INTO creditwatch.scores_rows (run, as_of, customer_id, ead) VALUES (1, {d:Date}, 'Z', 5)", map[string]any{"d": night}); err != nil {
		t.Fatal(err)
	}
	for _, s := range pipeline.Stages {
		if s.Name == "score" {
			if err := s.Do(context.Background(), n); !errors.Is(err, pipeline.ErrGate) || !strings.Contains(err.Error(), "do not foot") {
				t.Errorf("got %v, want a gate", err)
			}
		}
	}
}

// TestDefaultsExplainThemselves: where a default begins, the whole move of the score is one part, whether a model scored or not.
func TestDefaultsExplainThemselves(t *testing.T) {
	l := newHandLedger(t)
	l.fillLosses()
	n := l.night(night, 1, 1)
	n.Loss = lossTerms()
	l.stage(n, "features")
	for _, sql := range []string{
		"INSERT INTO creditwatch.publications (as_of, run, fence) VALUES ('" + ago(0) + "', 1, 1)",
		"INSERT INTO creditwatch.scores_rows (run, as_of, customer_id, pd_12m, grade, note) VALUES (1, '" + ago(0) + "', 'D', 0.1, 'CCC', ''), (1, '" + ago(0) + "', 'W', 1, 'D', 'in default'), (1, '" + ago(0) + "', 'O', 0.2, 'CC', ''), (1, '" + ago(0) + "', 'X', NULL, '', 'no model yet')",
	} {
		if err := l.db.Exec(context.Background(), sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	l.run = 2
	later := l.night(night.Add(1), 2, 1, 2)
	later.Loss, later.Previous = lossTerms(), pipeline.Published{AsOf: night, Run: 1}
	l.stage(later, "features")
	l.stage(later, "score")
	odds := func(pd float64) float64 { return math.Log(pd / (1 - pd)) }
	wantRows(t, ask(t, l.db, "SELECT customer_id, rank, kind, feature, round(log_odds, 6), round(points, 3), text_en, text_zh, before_on, pd_before, pd_now FROM creditwatch.score_changes_rows WHERE run = 2 ORDER BY customer_id, rank", nil),
		fmt.Sprintf("D|1|default||%g|%g|entered default|进入违约状态|%s|0.1|1", math.Round(1e6*(odds(1-1e-6)-odds(0.1)))/1e6, math.Round(1e3*20/math.Ln2*(odds(1-1e-6)-odds(0.1)))/1e3, ago(0)))
}
