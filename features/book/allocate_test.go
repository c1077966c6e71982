package book

import "testing"

// Lines of the log read customer|invoice|source|kind|currency|amount|method|effective|known.
func TestAllocationOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []txn
		want []string
	}{
		{
			"a reference wins over an older invoice of the same amount",
			[]txn{inv("I1", 1, 10, 100), inv("I2", 2, 20, 100), pay("P", 5, 100, "I2")},
			[]string{"C|I2|P|payment|EUR|100|reference|5|k5"},
		},
		{
			"the exact amount wins over an older due date",
			[]txn{inv("I1", 1, 10, 90), inv("I2", 2, 20, 100), pay("P", 5, 100, "")},
			[]string{"C|I2|P|payment|EUR|100|amount|5|k5"},
		},
		{
			"of two invoices of the exact amount the oldest due",
			[]txn{inv("I1", 1, 30, 100), inv("I2", 2, 20, 100), pay("P", 5, 100, "")},
			[]string{"C|I2|P|payment|EUR|100|amount|5|k5"},
		},
		{
			"otherwise oldest due first, and without a due date by invoice date",
			[]txn{inv("I1", 1, 30, 100), inv("I2", 12, 0, 50), inv("I3", 3, 20, 40), pay("P", 15, 120, "")},
			[]string{"C|I1|P|payment|EUR|30|oldest|15|k15", "C|I3|P|payment|EUR|40|oldest|15|k15", "C|I2|P|payment|EUR|50|oldest|15|k15"},
		},
		{
			"what a reference leaves over goes on",
			[]txn{inv("I1", 1, 10, 100), inv("I2", 2, 20, 60), pay("P", 5, 130, "I2")},
			[]string{"C|I1|P|payment|EUR|70|oldest|5|k5", "C|I2|P|payment|EUR|60|reference|5|k5"},
		},
		{
			"cash before any invoice waits for it and settles it on the invoice's day",
			[]txn{pay("P", 5, 100, ""), inv("I1", 8, 30, 60)},
			[]string{"C|I1|P|payment|EUR|60|oldest|8|k8"},
		},
		{
			"a waiting payment of the exact amount goes before an older one",
			[]txn{pay("P1", 5, 100, ""), pay("P2", 6, 60, ""), inv("I1", 8, 30, 60)},
			[]string{"C|I1|P2|payment|EUR|60|amount|8|k8"},
		},
		{
			"a reference drives out virtual credit, which moves on",
			[]txn{inv("I1", 1, 10, 100), inv("I2", 2, 20, 80), pay("P1", 5, 100, ""), pay("P2", 6, 100, "I1")},
			[]string{
				"C|I1|P1|payment|EUR|100|amount|5|k5",
				"C|I1|P1|payment|EUR|-100|amount|5|k6",
				"C|I1|P2|payment|EUR|100|reference|6|k6",
				"C|I2|P1|payment|EUR|80|oldest|5|k6",
			},
		},
		{
			"an invoice known late draws the payment that names it",
			[]txn{inv("I1", 1, 10, 100), pay("P", 5, 100, "I2"), {id: "I2", kind: "invoice", on: 2, due: 20, amount: units(100), known: 9}},
			[]string{
				"C|I1|P|payment|EUR|100|amount|5|k5",
				"C|I1|P|payment|EUR|-100|amount|5|k9",
				"C|I2|P|payment|EUR|100|reference|5|k9",
			},
		},
		{
			"a return opens the invoice from its day on, and free credit takes it",
			[]txn{
				inv("I1", 1, 10, 100), pay("P1", 5, 100, "I1"), pay("P2", 6, 30, ""),
				{id: "R", kind: "payment", on: 9, amount: units(100), sup: "P1", status: "returned", known: 10},
			},
			[]string{
				"C|I1|P1|payment|EUR|100|reference|5|k5",
				"C|I1|P1|payment|EUR|-100|reference|9|k10",
				"C|I1|P2|payment|EUR|30|oldest|9|k10",
			},
		},
		{
			"a cancelled payment never was",
			[]txn{inv("I1", 1, 10, 100), pay("P1", 5, 100, "I1"), {id: "X", kind: "payment", on: 9, sup: "P1", status: "cancelled"}},
			[]string{"C|I1|P1|payment|EUR|100|reference|5|k5", "C|I1|P1|payment|EUR|-100|reference|5|k9"},
		},
		{
			"a lowered invoice frees credit for the next",
			[]txn{
				inv("I1", 1, 10, 100), inv("I2", 2, 20, 50), pay("P1", 5, 100, "I1"),
				{id: "I1b", kind: "invoice", on: 1, due: 10, amount: units(70), doc: "I1", sup: "I1", known: 9},
			},
			[]string{
				"C|I1|P1|payment|EUR|100|reference|5|k5",
				"C|I1|P1|payment|EUR|-30|reference|5|k9",
				"C|I2|P1|payment|EUR|30|oldest|5|k9",
			},
		},
		{
			"a refund consumes free credit first, then takes virtual allocations back from its day",
			[]txn{
				inv("I1", 1, 10, 60), pay("P1", 5, 100, ""),
				{id: "F", kind: "refund", on: 8, amount: units(70), ref: "P1"},
			},
			[]string{
				"C|I1|P1|payment|EUR|60|oldest|5|k5",
				"C|I1|P1|payment|EUR|-30|oldest|8|k8",
				"C|F|P1|payment|EUR|70|reference|8|k8",
			},
		},
		{
			"credit that a refund had freed on its day is not free before",
			[]txn{
				pay("P", 1, 100, "J"), inv("I", 2, 10, 60), {id: "F", kind: "refund", on: 8, amount: units(70)},
				{id: "J", kind: "invoice", on: 3, due: 20, amount: units(50), known: 9},
			},
			[]string{
				"C|I|P|payment|EUR|60|oldest|2|k2",
				"C|I|P|payment|EUR|-30|oldest|8|k8",
				"C|F|P|payment|EUR|70|oldest|8|k8",
				"C|I|P|payment|EUR|-30|oldest|8|k9",
				"C|F|P|payment|EUR|-20|oldest|8|k9",
				"C|J|P|payment|EUR|50|reference|8|k9",
			},
		},
		{
			"a return ends also what a refund had ended later",
			[]txn{
				inv("I", 1, 10, 60), pay("P", 2, 60, ""), {id: "F", kind: "refund", on: 8, amount: units(60)},
				{id: "R", kind: "payment", on: 5, sup: "P", status: "returned", known: 9},
			},
			[]string{
				"C|I|P|payment|EUR|60|amount|2|k2",
				"C|I|P|payment|EUR|-60|amount|8|k8",
				"C|F|P|payment|EUR|60|oldest|8|k8",
				"C|I|P|payment|EUR|-60|amount|5|k9",
				"C|F|P|payment|EUR|-60|oldest|8|k9",
				"C|I|P|payment|EUR|60|amount|8|k9",
			},
		},
		{
			"a write-off that names an invoice goes nowhere else",
			[]txn{
				inv("I1", 1, 10, 60), inv("I2", 1, 11, 60),
				{id: "W", kind: "write_off", on: 50, amount: units(80), ref: "I1"},
			},
			[]string{"C|I1|W|write_off|EUR|60|reference|50|k50"},
		},
		{
			"currencies never mix, not even by reference",
			[]txn{inv("I1", 1, 10, 100), {id: "P", kind: "payment", on: 5, amount: units(100), ref: "I1", currency: "USD"}},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := build(t, c.rows, night(100))
			diffLines(t, "allocations", c.want, got.allocations)
			for _, sum := range got.totals.Currencies {
				if !sum.Foots() {
					t.Errorf("%+v does not foot", sum)
				}
			}
		})
	}
}
