package decisions

import (
	"testing"

	"creditwatch/features/book"
)

// TestMatrixByHand: 400 invoices leave 31-60, a fifth of the amount goes on to 61-90, where half is written off: a tenth is lost; of it 80 % stay lost, times 1.1.
func TestMatrixByHand(t *testing.T) {
	moves := []Move{
		{From: "31-60", To: "61-90", Invoices: 200, Amount: 200 * yuan}, {From: "31-60", To: Paid, Invoices: 200, Amount: 800 * yuan},
		{From: "61-90", To: WrittenOff, Invoices: 200, Amount: 100 * yuan}, {From: "61-90", To: Paid, Invoices: 200, Amount: 100 * yuan},
	}
	_, chains, err := Rolls(moves, Default().Rolls)
	if err != nil {
		t.Fatal(err)
	}
	balances := []Balance{{CustomerID: "C", Currency: "USD", Bucket: "31-60", Open: 1000 * yuan, OpenBase: 7000 * yuan}, {CustomerID: "C", Currency: "USD", Bucket: "unapplied", Open: -50 * yuan, OpenBase: -350 * yuan}}
	before := []ProvisionBefore{{CustomerID: "C", Currency: "USD", ProvisionBase: 690 * yuan, Rate: 6.9}}
	pd := 0.1
	debtors := map[string]Debtor{"C": {CustomerID: "C", PD: &pd, LGD: 0.5, Total: 8000 * yuan, EAD: 6000 * yuan, ExpectedLoss: 300 * yuan, WrittenOff: 60 * yuan}}
	items, table, err := Provisions(balances, debtors, chains, before, map[string]float64{"USD": 7}, Default().Provisions)
	if err != nil {
		t.Fatal(err)
	}
	if items[0].Provision != 88*yuan || items[0].ProvisionBase != 616*yuan || items[1].Provision != 0 {
		t.Errorf("provided %s = %s and %s, want 88, 616 and 0", items[0].Provision, items[0].ProvisionBase, items[1].Provision)
	}
	c := table[1]
	for i, p := range [][2]book.Money{{c.Matrix, 616 * yuan}, {c.Opening, 690 * yuan}, {c.FX, 10 * yuan}, {c.WrittenOff, -60 * yuan}, {c.Released, -24 * yuan}, {c.New, 0}} {
		if p[0] != p[1] {
			t.Errorf("figure %d: %s, want %s", i, p[0], p[1])
		}
	}
	if sum := c.Exposure + c.Cover + c.Severity + c.Probability + c.Unscored; sum != c.Model-c.Matrix {
		t.Errorf("the parts add up to %s, want %s", sum, c.Model-c.Matrix)
	}
}
