package decisions

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

const yuan = book.Scale

func TestWorklistRanksByMoneySaved(t *testing.T) {
	friday := asof.MustParse("2026-04-03")
	qingming := func(d asof.Date, n int) asof.Date { // Monday 6 April is a holiday
		if d = weekdays(d, n); d == asof.MustParse("2026-04-06") {
			d = d.Add(1)
		}
		return d
	}
	list, left := Worklist(friday, []Case{
		{CustomerID: "punctual", Open: 9_000_000 * yuan, EAD: 9_000_000 * yuan, PD: 0.5, LGD: 0.45}, // nothing overdue, no warning: nothing to call about
		{CustomerID: "small", Open: 1000 * yuan, Overdue: 1000 * yuan, EAD: 1000 * yuan, PD: 0.9, LGD: 0.45},
		{CustomerID: "warned", Open: 50_000 * yuan, EAD: 50_000 * yuan, PD: 0.2, LGD: 0.45, Severity: 2, Warnings: []string{"W2-10"}, Action: "FREEZE"},
		{CustomerID: "large", Open: 1_234_567 * yuan, Overdue: 500_000 * yuan, EAD: 1_000_000 * yuan, ExpectedLoss: 45_000 * yuan, PD: 0.1, LGD: 0.45, DaysPastDue: 40},
		{CustomerID: "promised", Open: 900_000 * yuan, Overdue: 500_000 * yuan, EAD: 900_000 * yuan, PD: 0.1, LGD: 0.45, PromisePending: true},
		{CustomerID: "failed", Open: 40_000 * yuan, Overdue: 40_000 * yuan, EAD: 40_000 * yuan, PD: 1, LGD: 0.45, InDefault: true},
	}, qingming, Default().Worklist.Worth(nil), Default().Worklist)
	if left != 0 {
		t.Errorf("%d left out of a list that holds all", left)
	}
	var order []string
	for _, c := range list {
		order = append(order, c.CustomerID)
	}
	// 0.25 x PD x LGD x exposure + 8 % x 15/365 x overdue: 12 893.84, 4 631.51, 1 176.94 (a tenth), 1 125, 104.54.
	if got, want := strings.Join(order, " "), "large failed promised warned small"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
	if got := fmt.Sprintf("%.2f", list[0].Saving); got != "12893.84" {
		t.Errorf("saving %s, want 12893.84", got)
	}
	if got, want := list[0].EN, "owes 1,234,567, of it 500,000 overdue (oldest 40 days); PD 10.0 %, expected loss 45,000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := list[1].ZH, "已违约；欠款 40,000，其中逾期 40,000（最长 0 天）"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := list[0].DueOn.String(); got != "2026-04-07" || list[0].Action != "CALL" || list[3].Action != "FREEZE" {
		t.Errorf("due %s, actions %s and %s; want the Tuesday after the holiday, CALL and the warning's own", got, list[0].Action, list[3].Action)
	}
}

func TestWorklistIsCapped(t *testing.T) {
	var cases []Case
	for i := range Default().Worklist.Capacity + 50 {
		cases = append(cases, Case{CustomerID: fmt.Sprintf("C%04d", i), Open: yuan, Overdue: yuan, EAD: yuan, PD: 0.1, LGD: 0.45})
	}
	list, left := Worklist(asof.MustParse("2026-04-03"), cases, weekdays, Default().Worklist.Worth(nil), Default().Worklist)
	if len(list) != 200 || left != 50 || list[0].CustomerID != "C0000" || list[199].CustomerID != "C0199" {
		t.Errorf("%d contacts and %d left out, from %s to %s; want %d and 50, equals in order of customer", len(list), left, list[0].CustomerID, list[len(list)-1].CustomerID, 200)
	}
}

// Values worked by hand. With a contact 600 of 1 000 are paid within the month, without one 800 of 2 000: a contact leaves 0.4/0.6 of what stays
// unpaid, a third less, and brings 0.2 of the money in a month earlier, 6 days.
func TestWorthOfAContact(t *testing.T) {
	moves := func(with, without int64, paid, owed book.Money) []Move {
		return []Move{
			{From: "1-30", To: Paid, Contacted: true, Invoices: with, Amount: paid * yuan},
			{From: "1-30", To: "31-60", Contacted: true, Amount: (1000 - paid) * yuan},
			{From: "1-30", To: Paid, Invoices: without, Amount: owed * yuan},
			{From: "1-30", To: "31-60", Amount: (2000 - owed) * yuan},
			{From: "not_due", To: Paid, Contacted: true, Invoices: 1000, Amount: 9999 * yuan}, // not overdue: says nothing
		}
	}
	p := Default().Worklist
	p.PriorInvoices = 200
	for name, c := range map[string]struct {
		moves        []Move
		effect, days float64
		basis        string
		contacts     int64
	}{
		"no history":                     {nil, 0.25, 15, ByPolicy, 0},
		"one invoice too few":            {moves(99, 400, 600, 800), 0.25, 15, ByPolicy, 99},
		"too few without":                {moves(400, 99, 600, 800), 0.25, 15, ByPolicy, 400},
		"half own, half policy":          {moves(200, 400, 600, 800), (1.0/3 + 0.25) / 2, (6 + 15) / 2.0, OwnHistory, 200},
		"three parts own":                {moves(600, 600, 600, 800), 0.75/3 + 0.25*0.25, 0.75*6 + 0.25*15, OwnHistory, 600},
		"calling does harm: policy half": {moves(200, 400, 100, 800), 0.125, 7.5, OwnHistory, 200},
		"and never below a fifth":        {moves(1_000_000, 400, 100, 800), 0.05, 3, OwnHistory, 1_000_000},
		"everybody pays anyway":          {moves(200, 400, 1000, 2000), 0.125, 7.5, OwnHistory, 200},
	} {
		got := p.Worth(c.moves)
		if math.Abs(got.OnDefault-c.effect) > 1e-12 || math.Abs(got.DaysEarlier-c.days) > 1e-12 || got.Basis != c.basis || got.Contacts != c.contacts {
			t.Errorf("%s: %+v, want %v, %v days by %s of %d", name, got, c.effect, c.days, c.basis, c.contacts)
		}
	}
	// The list ranks by it: a case of a PD of 10 % on 1 000 000 at LGD 0.45 is worth a third of 45 000 where a contact takes a third away.
	worth := Worth{OnDefault: 1.0 / 3}
	list, _ := Worklist(asof.MustParse("2026-04-03"), []Case{{CustomerID: "C", Overdue: yuan, EAD: 1_000_000 * yuan, PD: 0.1, LGD: 0.45}}, weekdays, worth, p)
	if got := list[0].Saving; math.Abs(got-15_000) > 1e-9 {
		t.Errorf("saving %v, want 15 000", got)
	}
}
