package report

import (
	"context"
	"fmt"

	"creditwatch/pipeline/asof"
)

// An Urgent customer is one of the first ten of the worklist.
type Urgent struct {
	Rank                        int
	CustomerID, Name            string
	Open, Overdue, ExpectedLoss Money
	Owner, Action               string
	DueOn                       asof.Date
	EN, ZH                      string // why the customer is on the list
	PD                          *float64
	Grade                       string
	ReasonEN, ReasonZH          string // strongest reason of the score
	Warnings, Worst             int    // open warnings and their highest severity
}

// A Worklist is the whole list in one line.
type Worklist struct {
	Customers              int
	Overdue, ExpectedLoss  Money
	LeftOut                int    // customers to contact that the capacity does not hold
	Basis                  string // of what a contact is taken to be worth: own_history, or policy
	Contacts               int    // overdue invoices times months with a contact behind it
	OnDefault, DaysEarlier *float64
	PaidAfter, PaidWithout *float64 // of own_history
}

func gatherUrgent(ctx context.Context, q asker, d *Data) error {
	err := q.tonight(ctx, "urgent", func(r *row) {
		d.Urgent = append(d.Urgent, Urgent{
			Rank: r.number("rank"), CustomerID: r.text("customer_id"), Name: r.text("name"), Open: r.money("open_base"), Overdue: r.money("overdue_base"),
			ExpectedLoss: r.money("expected_loss"), Owner: r.text("owner"), Action: r.text("action"), DueOn: r.date("due_on"), EN: r.text("text_en"), ZH: r.text("text_zh"),
			PD: r.float("pd"), Grade: r.text("grade"), ReasonEN: r.text("reason_en"), ReasonZH: r.text("reason_zh"), Warnings: r.number("warnings"), Worst: r.number("worst"),
		})
	})
	if err != nil {
		return err
	}
	return q.tonight(ctx, "worklist", func(r *row) {
		d.Worklist = Worklist{
			Customers: r.number("customers"), Overdue: r.money("overdue_base"), ExpectedLoss: r.money("expected_loss"), LeftOut: r.number("left_out"),
			Basis: r.text("basis"), Contacts: r.number("contacts"), OnDefault: r.float("on_default"), DaysEarlier: r.float("days_earlier"),
			PaidAfter: r.float("paid_after"), PaidWithout: r.float("paid_without"),
		}
	})
}

func viewUrgent(d Data, p printer) any {
	v := struct {
		printer
		Urgent                  []Urgent
		Listed                  Worklist
		List                    Worklist
		ShareOverdue, ShareLoss string
		Worth                   string
	}{printer: p, Urgent: d.Urgent, List: d.Worklist, Worth: worth(d.Worklist, p)}
	for _, u := range d.Urgent {
		v.Listed.Customers++
		v.Listed.Overdue += u.Overdue
		v.Listed.ExpectedLoss += u.ExpectedLoss
	}
	v.ShareOverdue = p.Share(share(v.Listed.Overdue, d.Worklist.Overdue))
	v.ShareLoss = p.Share(share(v.Listed.ExpectedLoss, d.Worklist.ExpectedLoss))
	return v
}

// worth says in a sentence what a contact is taken to be worth, and why.
func worth(w Worklist, p printer) string {
	if w.OnDefault == nil || w.DaysEarlier == nil {
		return ""
	}
	days := fmt.Sprintf("%.1f", *w.DaysEarlier)
	en := "A contact is taken to avoid " + p.Share(w.OnDefault) + " of defaults and to bring overdue money in " + days + " days earlier"
	zh := "每次联系预计可避免 " + p.Share(w.OnDefault) + " 的违约，并使逾期款提前 " + days + " 天到账"
	if w.Basis != "own_history" {
		return p.T(en+": the policy's figures, since own history is too short.", zh+"：因自身历史不足，采用政策数值。")
	}
	return p.T(
		en+": by own history of "+p.Count(w.Contacts)+" overdue invoice months with a contact, of which "+p.Share(w.PaidAfter)+" of the amount was paid within the month against "+p.Share(w.PaidWithout)+" without one, drawn towards the policy's figures.",
		zh+"：依据自身历史中有联系的 "+p.Count(w.Contacts)+" 个逾期发票月，当月付款比例为 "+p.Share(w.PaidAfter)+"，无联系者为 "+p.Share(w.PaidWithout)+"，并向政策数值收缩。")
}
