package decisions

import (
	"fmt"
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
	list := Worklist(friday, []Case{
		{CustomerID: "punctual", Open: 9_000_000 * yuan, EAD: 9_000_000 * yuan, PD: 0.5, LGD: 0.45}, // nothing overdue, no warning: nothing to call about
		{CustomerID: "small", Open: 1000 * yuan, Overdue: 1000 * yuan, EAD: 1000 * yuan, PD: 0.9, LGD: 0.45},
		{CustomerID: "warned", Open: 50_000 * yuan, EAD: 50_000 * yuan, PD: 0.2, LGD: 0.45, Severity: 2, Warnings: []string{"W2-10"}, Action: "FREEZE"},
		{CustomerID: "large", Open: 1_234_567 * yuan, Overdue: 500_000 * yuan, EAD: 1_000_000 * yuan, ExpectedLoss: 45_000 * yuan, PD: 0.1, LGD: 0.45, DaysPastDue: 40},
		{CustomerID: "promised", Open: 900_000 * yuan, Overdue: 500_000 * yuan, EAD: 900_000 * yuan, PD: 0.1, LGD: 0.45, PromisePending: true},
		{CustomerID: "failed", Open: 40_000 * yuan, Overdue: 40_000 * yuan, EAD: 40_000 * yuan, PD: 1, LGD: 0.45, InDefault: true},
	}, qingming, Default().Worklist)
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
	list := Worklist(asof.MustParse("2026-04-03"), cases, weekdays, Default().Worklist)
	if len(list) != 200 || list[0].CustomerID != "C0000" || list[199].CustomerID != "C0199" {
		t.Errorf("%d contacts from %s to %s; want %d, equals in order of customer", len(list), list[0].CustomerID, list[len(list)-1].CustomerID, 200)
	}
}
