package judge

import (
	"context"
	"slices"
	"strings"
	"testing"

	"creditwatch/pipeline"
)

// fillProvisions writes customers whose provisions move in one way each between two nights. The US dollar goes from 7 to 7.2, the euro stays.
func (l *handLedger) fillProvisions() {
	const rate = "currency, valid_on, rate, known_at"
	l.put("fx_rates", rate, "'USD'", q(ago(180)), "7", q(at(180)))
	l.put("fx_rates", rate, "'USD'", q(ago(-1)), "7.2", q(at(-1)))
	l.put("fx_rates", rate, "'EUR'", q(ago(180)), "7.9", q(at(180)))
	for _, c := range []string{"A", "B", "C", "D", "E", "F", "G", "H"} {
		l.put("customers", "customer_id, name, country, size_class, onboarded_on, known_at", q(c), q(c), "'CN'", "'small'", q(ago(990)), q(at(990)))
	}
	l.tx(
		tx{customer: "A", id: "A1", kind: "invoice", on: 20, due: -10, amount: 1000, currency: "USD"}, // of two currencies, and pays a part
		tx{customer: "A", id: "A2", kind: "invoice", on: 40, due: 10, amount: 10000},
		tx{customer: "A", id: "A3", kind: "payment", on: -1, amount: 4000, to: "A2"},
		tx{customer: "B", id: "B1", kind: "invoice", on: 50, due: 20, amount: 5000}, // written off, for more than was provided
		tx{customer: "B", id: "B2", kind: "write_off", on: -1, amount: 5000, to: "B1"},
		tx{customer: "C", id: "C1", kind: "invoice", on: 70, due: 40, amount: 2000, currency: "USD"}, // a part is
		tx{customer: "C", id: "C2", kind: "write_off", on: -1, amount: 100, currency: "USD", to: "C1"},
		tx{customer: "D", id: "D1", kind: "invoice", on: 25, due: -5, amount: 777, currency: "EUR"}, // nothing happens
		tx{customer: "E", id: "E1", kind: "invoice", on: -1, due: -30, amount: 3000},                // new
		tx{customer: "F", id: "F1", kind: "invoice", on: 30, dueToday: true, amount: 500, currency: "USD"},
		tx{customer: "G", id: "G1", kind: "invoice", on: 40, due: 10, amount: 300, currency: "USD"}, // pays
		tx{customer: "G", id: "G2", kind: "payment", on: -1, amount: 300, currency: "USD", to: "G1"},
		tx{customer: "H", id: "H1", kind: "payment", on: 5, amount: 400}, // is owed
	)
}

// TestProvisionsMoveFromNightToNight holds the movement against figures worked by hand. Too little has rolled, so the priors of the policy count: of
// what is not due 0.1 × 0.25 × 0.45 × 0.6 × 0.7 × 0.8 × 0.9 is lost, times 0.8 and 1.1: 0.299376 %; of 1-30 2.99376 %; of 31-60 11.97504 %.
func TestProvisionsMoveFromNightToNight(t *testing.T) {
	t.Parallel()
	l := newHandLedger(t)
	l.fillProvisions()
	const movement = `SELECT customer_id, opening_base, new_base, released_base, written_off_base, fx_base, matrix_base FROM creditwatch.provisions_rows
WHERE run = {run:UInt64} AND (opening_base, new_base, released_base, written_off_base, fx_base, matrix_base) != (0, 0, 0, 0, 0, 0) ORDER BY customer_id`
	of := func(run uint64) []string { return ask(t, l.db, movement, map[string]any{"run": run}) }

	l.decideNight(l.night(night, 1, 1))
	wantRows(t, of(1),
		"|0|2238.27|0|0|0|2238.27",
		"A|0|320.34|0|0|0|320.34", // 7 000 not due: 20.96, and 10 000 × 2.99376 %: 299.38
		"B|0|149.69|0|0|0|149.69",
		"C|0|1676.51|0|0|0|1676.51",
		"D|0|18.38|0|0|0|18.38",
		"F|0|10.48|0|0|0|10.48",
		"G|0|62.87|0|0|0|62.87")

	// What nobody has paid anything on has rolled all the same. In May C1; in June A2, B1, C1, F1 (not due to the end) and G1.
	wantRows(t, ask(t, l.db, "SELECT from_bucket, to_bucket, invoices, balance_base, moved_base FROM creditwatch.roll_rates_rows WHERE run = 1 AND segment = '' AND moved_base > 0 ORDER BY from_bucket, to_bucket", nil),
		"1-30|31-60|1|14000|14000",
		"not_due|1-30|5|34600|31100",
		"not_due|not_due|5|34600|3500")

	if err := l.db.Exec(context.Background(), "INSERT INTO creditwatch.publications (as_of, run, fence) VALUES ('"+ago(0)+"', 1, 1)", nil); err != nil {
		t.Fatal(err)
	}
	next := func(run uint64) {
		n := l.night(night.Add(1), run, 1, run)
		n.Previous = pipeline.Published{AsOf: night, Run: 1}
		l.decideNight(n)
	}
	next(2)
	wantRows(t, of(2),
		"|2238.27|739.76|-184.42|-869.69|50.6|1974.52",
		"A|320.34|0|-119.75|0|0.6|201.19",      // 7 200 not due: 21.56, 6 000 late: 179.63; 20.96 × 0.2 / 7 = 0.60
		"B|149.69|0|0|-149.69|0|0",             // no more is used than there was
		"C|1676.51|633.78|0|-720|47.9|1638.19", // 1 676.51 × 0.2 / 7 = 47.90; 100 US dollars are 720; 13 680 × 11.97504 % are left
		"D|18.38|0|0|0|0|18.38",
		"E|0|8.98|0|0|0|8.98",
		"F|10.48|97|0|0|0.3|107.78", // a day late: 3 600 × 2.99376 %
		"G|62.87|0|-64.67|0|1.8|0")
	next(3) // the same night again
	if first, again := of(2), of(3); len(first) != 8 || !slices.Equal(first, again) {
		t.Errorf("other movements when the night is run again:\n%s\n%s", strings.Join(first, "\n"), strings.Join(again, "\n"))
	}
}
