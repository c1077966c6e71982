package decisions

import (
	"testing"

	"creditwatch/pipeline/asof"
)

// TestStepsAreProposedOnce goes through ninety nights of one unpaid invoice: every step comes once, on its day.
func TestStepsAreProposedOnce(t *testing.T) {
	due := asof.MustParse("2026-03-02")
	item := Receivable{CustomerID: "C", DocumentID: "I", Currency: "CNY", Instalments: 1, InvoicedOn: due.Add(-30), DueOn: due, Open: 5000 * yuan, LedgerOpen: 5000 * yuan, OpenBase: 5000 * yuan}
	sent := map[SentKey]Sent{}
	add := func(d asof.Date, n int) asof.Date { return d.Add(n) }
	want := map[int]string{-7: "D-7", 1: "D+1", 7: "D+7", 15: "D+15", 30: "D+30", 45: "D+45", 60: "D+60"}
	for day := -10; day <= 80; day++ {
		duns, err := Duns(due.Add(day), []Receivable{item}, map[string]Payer{}, sent, Default().Dunning, Default().Statute, add)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range duns {
			if d.State == Proposed {
				got = d.Step
				sent[d.Key()] = Sent{Code: d.Step, On: due.Add(day)}
			}
		}
		if got != want[day] {
			t.Errorf("day %d: proposed %q, want %q", day, got, want[day])
		}
	}
}
