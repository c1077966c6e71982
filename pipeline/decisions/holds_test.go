package decisions

import (
	"fmt"
	"strings"
	"testing"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// holdOf recommends for one customer beside others; ok is false without a row.
func holdOf(t *testing.T, accounts ...Account) (Hold, bool) {
	t.Helper()
	limits, err := desk().Recommend(accounts)
	if err != nil {
		t.Fatal(err)
	}
	_, of := Groups(limits, Default().Groups)
	for _, h := range Holds(tuesday, limits, of, 0.2, Default().Holds) {
		if h.CustomerID == accounts[0].CustomerID {
			return h, true
		}
	}
	return Hold{}, false
}

func TestHoldReasons(t *testing.T) {
	for _, c := range []struct {
		shows string
		with  func(a *Account)
		want  string // recommendation, reasons and exclusion; empty: no row
	}{
		{"nothing stands against it", func(*Account) {}, ""},
		{"default", func(a *Account) { a.InDefault = true }, "hold default"},
		{"a critical warning", func(a *Account) { a.Severity = 4 }, "hold critical_warning"},
		{"one that asks to act is not enough", func(a *Account) { a.Severity = 3 }, ""},
		{"late with enough", func(a *Account) { a.PastDue = 700 * yuan }, "hold past_due"},
		{"late with less than a share of the exposure", func(a *Account) { a.PastDue = 699 * yuan }, ""},
		{"late with less than what matters", func(a *Account) { a.Open, a.Orders, a.PastDue = 2000*yuan, 0, 499*yuan }, ""},
		{"at the limit", func(a *Account) { a.Limit = units(70_000) }, ""},
		{"over it", func(a *Account) { a.Limit = units(69_999.99) }, "hold over_limit"},
		{"within a temporary limit", func(a *Account) {
			a.Limit = units(60_000)
			a.Actions = []Action{{Code: ActTemp, Amount: units(70_000), Until: tuesday}}
		}, ""},
		{"owes without any limit", func(a *Account) { a.Limit = nil }, ""},
		{"on the last day of the limit", func(a *Account) { a.LimitUntil = tuesday }, ""},
		{"after it", func(a *Account) { a.LimitUntil = tuesday.Add(-1) }, "hold limit_expired"},
		{"held in the source", func(a *Account) { a.SourceHold = "hold" }, "hold source_hold"},
		{"let go in the source", func(a *Account) { a.SourceHold = "release" }, ""},
		{"a returned payment", func(a *Account) { a.Returned = 1 }, "hold returned_payment"},
		{"longer terms", func(a *Account) { a.TermsBefore = ptr(29) }, "hold terms_changed"},
		{"shorter terms", func(a *Account) { a.TermsBefore = ptr(31) }, ""},
		{"invoices as the contract says, nearly", func(a *Account) { a.ExcessDays = ptr(5.) }, ""},
		{"invoices with longer terms", func(a *Account) { a.ExcessDays = ptr(6.) }, "hold terms_changed"},
		{"no contract", func(a *Account) { a.HasContract = ptr(false) }, "hold contract_missing"},
		{"a book without contracts", func(a *Account) { a.HasContract = nil }, ""},
		{"held by us", func(a *Account) { a.Actions = []Action{{Code: ActHold, By: "Li", Reason: "talks"}} }, "hold own_action"},
		{"in order of the policy", func(a *Account) { a.SourceHold, a.InDefault, a.Limit, a.Returned = "hold", true, units(100), 2 }, "hold default,over_limit,source_hold,returned_payment"},

		{"small", func(a *Account) { a.Open, a.Orders, a.Returned = 999*yuan, 0, 1 }, "release returned_payment small_exposure"},
		{"no longer small", func(a *Account) { a.Open, a.Orders, a.Returned = 1000*yuan, 0, 1 }, "hold returned_payment"},
		{"small, but held by us", func(a *Account) { a.Open, a.Orders, a.Actions = 999*yuan, 0, []Action{{Code: ActHold}} }, "hold own_action"},
		{"a public body", func(a *Account) { a.Industry, a.InDefault = "公共管理", true }, "release default public_body"},
		{"paid in advance", func(a *Account) { a.InDefault, a.Actions = true, []Action{{Code: ActPrepay}} }, "release default prepaid"},
		{"prepayment only asked for", func(a *Account) { a.InDefault, a.Asked = true, []string{"PREPAY"} }, "hold default"},
		{"decided otherwise", func(a *Account) {
			a.InDefault, a.Actions = true, []Action{{Code: ActShip, By: "Li", Reason: "secured"}}
		}, "release default own_action"},
		{"held the night before", func(a *Account) { a.HeldBefore, a.HeldSince = tuesday.Add(-1), tuesday.Add(-9) }, "release  "},
	} {
		t.Run(c.shows, func(t *testing.T) {
			a := usual()
			c.with(&a)
			h, ok := holdOf(t, a)
			got := ""
			if ok {
				got = h.Recommend + " " + strings.Join(h.Reasons, ",")
				if h.Recommend == "release" {
					got += " " + h.Exclusion
				}
				if h.EN == "" || h.ZH == "" {
					t.Error("no words")
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q (%s)", got, c.want, h.EN)
			}
		})
	}
}

func TestHoldIsNotInThePolicy(t *testing.T) {
	p := Default().Holds
	p.Reasons = []string{"returned_payment"}
	a := usual()
	a.InDefault = true
	limits, err := desk().Recommend([]Account{a})
	if err != nil {
		t.Fatal(err)
	}
	if table := Holds(tuesday, limits, nil, 0.2, p); len(table) != 0 {
		t.Errorf("held for %v, which the policy leaves out", table[0].Reasons)
	}
}

// TestHoldIsPriced: 30 days hold back the open orders of 30 000 and, at the pace of the quarter, 30 000 of 90 000. At a PD of 10 % and a
// loss of 45 % that avoids 2 700; with a margin of 20 % it costs 0.9 x 0.2 x 60 000 = 10 800.
func TestHoldIsPriced(t *testing.T) {
	a := usual()
	a.Limit = units(50_000)
	h, _ := holdOf(t, a)
	if h.Blocked != 60_000*yuan || show(h.LossAvoided) != "2700.00" || show(h.MarginLost) != "10800.00" || h.Overrun != 20_000*yuan || h.Approver.Who != "credit manager" {
		t.Errorf("blocked %s, avoided %s, lost %s, overrun %s, approver %s", h.Blocked, show(h.LossAvoided), show(h.MarginLost), h.Overrun, h.Approver.Who)
	}
	if want := "exposure is 20,000 beyond the limit of 50,000; 30 days of hold avoid an expected loss of 2,700 and cost a margin of 10,800"; h.EN != want {
		t.Errorf("got %q, want %q", h.EN, want)
	}
	if want := "敞口超出额度 50,000 达 20,000；冻结 30 天可避免预期损失 2,700，损失毛利 10,800"; h.ZH != want {
		t.Errorf("got %q, want %q", h.ZH, want)
	}
	// At a PD of 1 % a hold avoids 270 and costs 11 880, 44 times as much: lesser reasons ask for approval, grave ones still hold.
	small := 0.01
	a.PD = &small
	if h, _ := holdOf(t, a); h.Recommend != "approve" || h.EN != "deliver if the credit manager agrees; exposure is 20,000 beyond the limit of 50,000; 30 days of hold avoid an expected loss of 270 and cost a margin of 11,880" {
		t.Errorf("%s: %s; want to ask for approval", h.Recommend, h.EN)
	}
	a.Returned = 1
	if h, _ := holdOf(t, a); h.Recommend != "hold" {
		t.Errorf("%s with a returned payment, want hold", h.Recommend)
	}
	a.Returned, a.PD = 0, nil
	if h, _ := holdOf(t, a); h.Recommend != "hold" {
		t.Errorf("%s without a PD, want hold: nothing is known that outweighs the reason", h.Recommend)
	}
	if h, _ := holdOf(t, a); h.LossAvoided != nil || h.MarginLost != nil {
		t.Error("priced without a PD")
	}
}

func TestApproverByOverrun(t *testing.T) {
	for _, c := range []struct {
		over float64
		want string
	}{{0, "account owner"}, {10_000, "account owner"}, {10_000.0001, "credit manager"}, {100_000, "credit manager"}, {1_000_000, "finance head"}, {1_000_001, "management"}, {9e13, "management"}} {
		if got := Default().Holds.approver(book.Money(c.over * book.Scale)).Who; got != c.want {
			t.Errorf("%v beyond the limit: %s, want %s", c.over, got, c.want)
		}
	}
}

func TestHoldsStandSinceTheirFirstNight(t *testing.T) {
	a := usual()
	a.InDefault = true
	if h, _ := holdOf(t, a); h.Since != tuesday {
		t.Errorf("since %s, want tonight", h.Since)
	}
	a.HeldBefore, a.HeldSince = tuesday.Add(-1), asof.MustParse("2026-02-01")
	if h, _ := holdOf(t, a); h.Since.String() != "2026-02-01" {
		t.Errorf("since %s, want 2026-02-01", h.Since)
	}
}

func TestBypassIsNamedWhereItMatters(t *testing.T) {
	a := usual()
	a.Bypass = "SO1 → SO2"
	if _, ok := holdOf(t, a); ok {
		t.Error("an order made again within the limit is no bypass")
	}
	a.Limit = units(60_000)
	h, _ := holdOf(t, a)
	if h.Bypass != "SO1 → SO2" || !strings.Contains(h.EN, "possible bypass: order SO1 → SO2") {
		t.Errorf("bypass %q, %q", h.Bypass, h.EN)
	}
	a = usual()
	a.Bypass, a.HeldBefore, a.HeldSince = "SO1 → SO2", tuesday.Add(-1), tuesday.Add(-1)
	if h, _ = holdOf(t, a); h.Recommend != "release" || h.Bypass == "" {
		t.Errorf("held the night before: %s, bypass %q", h.Recommend, h.Bypass)
	}
}

func TestGroupHolds(t *testing.T) {
	parent, a, b := usual(), usual(), usual()
	parent.CustomerID, a.CustomerID, a.ParentID, b.CustomerID, b.ParentID = "P", "A", "P", "B", "P"
	if _, ok := holdOf(t, a, b, parent); ok {
		t.Error("a sound group is held")
	}
	b.Severity = 4
	h, _ := holdOf(t, a, b, parent)
	if fmt.Sprint(h.Reasons) != "[group]" || !strings.HasPrefix(h.EN, "relatives in default or with a critical warning: B") {
		t.Errorf("%v: %s", h.Reasons, h.EN)
	}
	if h, _ := holdOf(t, b, a, parent); fmt.Sprint(h.Reasons) != "[critical_warning]" {
		t.Errorf("the fallen one is held for %v, not for itself", h.Reasons)
	}
	// 210 000 owed against 70 000 + 70 000 + 69 000.
	b.Severity, a.Limit, b.Limit, parent.Limit = 0, units(70_000), units(70_000), units(69_000)
	h, _ = holdOf(t, a, b, parent)
	if fmt.Sprint(h.Reasons) != "[group]" || !strings.HasPrefix(h.EN, "the group's exposure is 1,000 beyond its limit of 209,000") {
		t.Errorf("%v: %s", h.Reasons, h.EN)
	}
}
