package report

import (
	"context"
	"slices"

	"creditwatch/pipeline/asof"
)

// Reconciliation is what customers owe by all who say so, and what does not match.
type Reconciliation struct {
	Currencies []Reconciled // in their own money
	Book       *Reconciled  // all of them in the reporting currency, nil = the night has none
	Kinds      []MismatchKind
	First      []Mismatch
}

// A Reconciled row holds the balances of all customers in a currency side by side. Nil amounts were not given.
type Reconciled struct {
	Currency                         string
	Subledger                        Money
	SubledgerBase, Rounding          Money // reporting currency: converted per customer; the open items, converted one by one, less that
	Unapplied, ToApply               Money // within Subledger
	Oldest                           int   // days, of credit without an invoice
	LedgerCustomers                  int
	Ledger, LedgerDifference         *Money
	ControlOn                        asof.Date
	Control, ControlDifference       *Money
	ConfirmedCustomers               int
	Confirmed, ConfirmedDifference   *Money
	DueJudged, DueUnjudged, DueWrong int
	MoneyDays                        Money
	Cost                             *Money // of credit given for nothing, nil = the policy knows no cost of capital
}

// A MismatchKind sums the items of one kind; Amount without their signs, in the reporting currency.
type MismatchKind struct {
	Kind, Action           string
	Items, Customers, Late int
	Amount                 Money
	Oldest                 int
}

// A Mismatch is a difference, or credit without an invoice.
type Mismatch struct {
	CustomerID, Name, Kind, DocumentID, Matches string
	On                                          asof.Date
	Age                                         int
	Late                                        bool
	Amount                                      Money // in Currency
	Currency                                    string
	Base                                        Money
	Action                                      string
}

// mismatchLimit is how many items the page lists, as in the query.
const mismatchLimit = 12

func gatherReconciliation(ctx context.Context, q asker, d *Data) error {
	v := &d.Reconciliation
	err := q.tonight(ctx, "reconciliation", func(r *row) {
		x := Reconciled{
			Currency: r.text("currency"), Subledger: r.money("subledger"), SubledgerBase: r.money("subledger_base"), Rounding: r.money("rounding_base"), Unapplied: r.money("unapplied"), ToApply: r.money("to_apply"), Oldest: r.number("oldest_unapplied"),
			LedgerCustomers: r.number("ledger_customers"), Ledger: r.moneyOr("ledger"), LedgerDifference: r.moneyOr("ledger_difference"), ControlOn: r.date("control_on"), Control: r.moneyOr("control"), ControlDifference: r.moneyOr("control_difference"),
			ConfirmedCustomers: r.number("confirmed_customers"), Confirmed: r.moneyOr("confirmed"), ConfirmedDifference: r.moneyOr("confirmed_difference"),
			DueJudged: r.number("due_judged"), DueUnjudged: r.number("due_unjudged"), DueWrong: r.number("due_wrong"), MoneyDays: r.money("money_days"), Cost: r.moneyOr("free_credit_cost"),
		}
		if x.Currency == "" {
			v.Book = &x
		} else {
			v.Currencies = append(v.Currencies, x)
		}
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "reconciliation_kinds", func(r *row) {
		v.Kinds = append(v.Kinds, MismatchKind{r.text("kind"), r.text("action"), r.number("items"), r.number("customers"), r.number("late"), r.money("amount"), r.number("oldest")})
	})
	if err != nil {
		return err
	}
	return q.tonight(ctx, "reconciliation_items", func(r *row) {
		v.First = append(v.First, Mismatch{r.text("customer_id"), r.text("name"), r.text("kind"), r.text("document_id"), r.text("matches"), r.date("dated_on"), r.number("age"), r.yes("is_late"), r.money("amount"), r.text("currency"), r.money("amount_base"), r.text("action")})
	})
}

// mismatchKinds names what does not match, in the order of the page.
var mismatchKinds = []struct {
	Key   string
	Name  Text
	First bool // listed one by one
}{
	{"control_difference", Text{"control account differs", "统制账户不符"}, true},
	{"ledger_difference", Text{"general ledger differs", "总账不符"}, true},
	{"confirmation_difference", Text{"confirmation differs", "对账确认不符"}, true},
	{"confirmation_of_nobody", Text{"confirmation names no customer", "对账确认未注明客户"}, true},
	{"unapplied_cash", Text{"payment without an invoice", "未核销收款"}, true},
	{"unknown_reference", Text{"payment names an unknown invoice", "付款所指发票不存在"}, true},
	{"overpaid", Text{"paid more than owed", "多付款"}, true},
	{"unapplied_credit", Text{"credit note not used", "贷项通知单未使用"}, true},
	{"excess_write_off", Text{"written off more than owed", "核销超出应收"}, true},
	{"open_refund", Text{"refund of what was not received", "退款无对应收款"}, true},
	{"to_apply", Text{"credit names no invoice, counted against open ones", "贷项未指明发票，暂计入未清发票"}, false},
	{"due_late", Text{"due date later than the terms", "到期日晚于账期"}, false},
	{"due_early", Text{"due date earlier than the terms", "到期日早于账期"}, false},
	{"due_missing", Text{"no due date, though terms are known", "有账期但无到期日"}, false},
	{"confirmation_unanswered", Text{"confirmation not answered", "询证未回函"}, false},
	{"control_stale", Text{"control account is old", "统制账户余额过期"}, false},
	{"ledger_stale", Text{"general-ledger balance is old", "总账余额过期"}, false},
	{"confirmation_stale", Text{"confirmation is old", "对账确认过期"}, false},
}

// mismatchActions names what is to be done.
var mismatchActions = map[string]Text{
	"RECON": {"find the cause", "查明原因"}, "APPLY": {"apply to its invoice", "核销至发票"}, "REFUND": {"offset or give back", "抵扣或退还"}, "CONFIRM": {"ask to confirm", "重新发函"}, "BILL": {"correct the due date", "更正到期日"},
}

// Mismatch names a kind of what does not match.
func (p printer) Mismatch(kind string) string {
	for _, k := range mismatchKinds {
		if k.Key == kind {
			return k.Name.In(p.lang)
		}
	}
	return p.word(nil, kind)
}

// Todo names what is to be done about it.
func (p printer) Todo(action string) string { return p.word(mismatchActions, action) }

func viewReconciliation(d Data, p printer) any {
	v := struct {
		printer
		Reconciliation
		Base    string
		OpenAll Money // the open items, as in the other sections
		Ordered []MismatchKind
		Listed  int // items of which the page lists the largest
		Older   int // of these, older than the policy allows
	}{printer: p, Reconciliation: d.Reconciliation, Base: clean(d.Night.Currency, 12)}
	if b := d.Reconciliation.Book; b != nil {
		v.OpenAll = b.SubledgerBase + b.Rounding
	}
	for _, k := range mismatchKinds {
		if i := slices.IndexFunc(d.Reconciliation.Kinds, func(x MismatchKind) bool { return x.Kind == k.Key }); i >= 0 {
			v.Ordered = append(v.Ordered, d.Reconciliation.Kinds[i])
			if k.First {
				v.Listed += d.Reconciliation.Kinds[i].Items
				v.Older += d.Reconciliation.Kinds[i].Late
			}
		}
	}
	return v
}

// listed is how many items there are of the kinds that the page lists one by one.
func (v Reconciliation) listed() (n int) {
	for _, k := range mismatchKinds {
		for _, x := range v.Kinds {
			if k.First && x.Kind == k.Key {
				n += x.Items
			}
		}
	}
	return n
}
