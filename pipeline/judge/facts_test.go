package judge

import (
	"fmt"
	"testing"

	"creditwatch/features/facts"
)

// TestFactsAreWhatTheLedgerSays asks every family for the customers of the hand-made ledger. What it yields is what the
// features of the same ledger rest on: see expected.
func TestFactsAreWhatTheLedgerSays(t *testing.T) {
	l := newHandLedger(t)
	l.fill()
	n := l.night(night, 1, 1)
	l.stage(n, "features")
	p := map[string]any{"as_of": night, "known_by": n.Cut, "run": uint64(1), "runs": []uint64{1}, "base": "CNY", "first": "A", "last": "G"}
	for family, want := range map[string][]string{
		"open": { // number, open, whole, oldest
			"A|1-30|1|200|200|" + ago(20), "A|61-90|1|240|400|" + ago(65), "A|all|3|690|850|" + ago(95), "A|disputed|1|200|200|" + ago(10), "A|overdue|2|440|600|" + ago(65), "A|part|1|240|400|" + ago(95),
			"B|90|1|7500|7500|" + ago(130), "B|all|2|11250|11250|" + ago(160), "B|overdue|1|7500|7500|" + ago(130),
			"G|1-30|1|40|100|" + ago(20), "G|all|1|40|100|" + ago(80), "G|overdue|1|40|100|" + ago(20), "G|part|1|40|100|" + ago(80),
		},
		"settled": { // number, late, amount of these, mean and most days late, last
			"A|365|7|4|330|43|120|" + ago(5) + "|", "A|730|8|4|330|43|120|" + ago(5) + "|", "A|90|4|3|230|54|120|" + ago(5) + "|", "A|last|1|1|80|120|120|" + ago(5) + "|I10", "A|late-30|7|1|80|120|120|" + ago(5) + "|",
			"C|365|1|1|500|10|10|" + ago(20) + "|", "C|730|1|1|500|10|10|" + ago(20) + "|", "C|90|1|1|500|10|10|" + ago(20) + "|", "C|last|1|1|500|10|10|" + ago(20) + "|L1", "C|late-30|1|0|0|0|10|" + ago(20) + "|",
		},
		"cash": {
			"A|365|8|1080|" + ago(5), "A|90|5|480|" + ago(5), "A|credit-365|1|60|" + ago(35), "A|credit-90|1|60|" + ago(35), "A|last|1|80|" + ago(5), "A|returned|1|200|" + ago(12),
			"C|365|1|70|" + ago(10), "C|90|1|70|" + ago(10), "C|last|1|70|" + ago(10), "C|write-off|1|500|" + ago(20),
			"G|365|2|160|" + ago(15), "G|90|2|160|" + ago(15), "G|last|1|60|" + ago(15),
		},
		"trade": { // number and amount, those of the period before, last
			"A|invoice-last|1|250|0|0|" + ago(20), "A|invoices-365|10|1830|1|90|" + ago(20), "A|invoices-90|4|650|5|1080|" + ago(20),
			"A|order-last|1|300|0|0|" + ago(20), "A|orders-365|4|800|2|400|" + ago(20), "A|orders-60|2|500|1|250|" + ago(20),
			"B|invoice-last|1|3750|0|0|" + ago(30), "B|invoices-365|2|11250|0|0|" + ago(30), "B|invoices-90|1|3750|1|7500|" + ago(30),
			"C|invoice-last|1|500|0|0|" + ago(60), "C|invoices-365|1|500|0|0|" + ago(60), "C|invoices-90|1|500|0|0|" + ago(60),
			"G|invoice-last|1|100|0|0|" + ago(80), "G|invoices-365|2|200|0|0|" + ago(80), "G|invoices-90|2|200|0|0|" + ago(80),
		},
		"disputes": {"A|365|2|1|250|" + ago(10), "A|late|2|1|250|" + ago(10)},
		"contacts": {
			"A|complaint-365|2|0|" + ago(40), "A|complaint-90|1|0|" + ago(40), "A|contacts|4|1|" + ago(10), "A|dunning|1|0|" + ago(15), "A|extension|1|0|" + ago(100), "A|limit|1|0|" + ago(170), "A|no_answer|2|1|" + ago(10), "A|reached|3|0|" + ago(10),
		},
		"promises": {"A|365|3|2|400|" + ago(20), "A|90|2|1|300|" + ago(20)},
		"terms": {
			"A|contract|1|0|0|" + ago(-100) + "|K1|reviewed", "A|limit|1|990|1200|" + ago(-20) + "||", "A|since|1|0|0|" + ago(1000) + "||",
			"B|contract|1|0|0|1970-01-01|K3|pending", "B|limit|1|11250|15000|1970-01-01||", "B|since|1|0|0|" + ago(160) + "||", "C|since|1|0|0|" + ago(60) + "||", "G|since|1|0|0|" + ago(80) + "||",
		},
		"ratings": {"A|worst|1|X||0.02|60|" + ago(30) + "||0.01|40|" + ago(100)},
		"news":    {"A|worst|2|LAWSUIT||" + ago(90), "B|worst|1|LAWSUIT||" + ago(60), "C|worst|1|LAWSUIT||" + ago(190)},
		"peers": { // others, their overdue and open
			"A|group|2|7500|11250|beta", "A|industry|2|7500|11250|steel", "A|region|1|7500|11250|north",
			"B|group|2|440|690|alpha", "B|industry|2|440|690|steel", "B|region|1|440|690|north", "C|group|2|7940|11940|beta", "C|industry|2|7940|11940|steel",
		},
		"history": {"B|defaults|1|" + ago(40), "C|defaults|2|" + ago(100)},
	} {
		t.Run(family, func(t *testing.T) {
			sorted := "SELECT * FROM (" + facts.SQL(family) + ") ORDER BY customer_id, slice"
			wantRows(t, ask(t, l.db, sorted, p), want...)
			// A range of one customer yields that customer alone.
			for _, other := range ask(t, l.db, "SELECT customer_id FROM ("+facts.SQL(family)+") WHERE customer_id != 'B'", map[string]any{"as_of": night, "known_by": n.Cut, "run": uint64(1), "runs": []uint64{1}, "base": "CNY", "first": "B", "last": "B"}) {
				t.Errorf("asked for B alone, got %s", other)
			}
		})
	}

	// What the facts add up to is what the features say.
	values := l.values("features_rows", 1, night)
	for _, c := range []struct {
		customer, feature string
		want              float64
	}{
		{"A", "overdue_items_count", 2}, {"A", "open_items_count", 3}, {"A", "invoices_settled_count_365d", 7}, {"A", "invoices_settled_count_90d", 4}, {"A", "payments_count_90d", 5}, {"A", "promises_broken_count_90d", 1},
		{"A", "disputes_count_365d", 2}, {"A", "orders_count_365d", 4}, {"A", "news_negative_stories_365d", 2}, {"C", "defaults_count", 2}, {"C", "write_offs_count_730d", 1}, {"A", "overdue_share", 440. / 690},
	} {
		if v := values[c.customer][c.feature]; !same(&c.want, v) {
			t.Errorf("%s %s = %s, the facts behind it say %g", c.customer, c.feature, show(v), c.want)
		}
	}
	en, _ := facts.Say("open/overdue", facts.Fact{N: 2, Amount: 4_400_000, First: night.Add(-65)}, "CNY")
	if want := fmt.Sprintf("2 invoices, 440 CNY, overdue, the oldest due %s", ago(65)); en != want {
		t.Errorf("%q, want %q", en, want)
	}
}
