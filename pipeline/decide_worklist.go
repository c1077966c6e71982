package pipeline

import (
	"context"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/rows"
)

type workRow struct {
	Run          uint64     `ch:"run"`
	AsOf         asof.Date  `ch:"as_of"`
	Rank         uint32     `ch:"rank"`
	CustomerID   string     `ch:"customer_id"`
	OpenBase     book.Money `ch:"open_base"`
	OverdueBase  book.Money `ch:"overdue_base"`
	ExpectedLoss book.Money `ch:"expected_loss"`
	Priority     float64    `ch:"priority"`
	Owner        string     `ch:"owner"`
	Action       string     `ch:"action"`
	DueOn        asof.Date  `ch:"due_on"`
	EN           string     `ch:"text_en"`
	ZH           string     `ch:"text_zh"`
	OnDefault    float64    `ch:"effect_on_default"`
	DaysEarlier  float64    `ch:"days_earlier"`
	Basis        string     `ch:"effect_basis"`
	Contacts     uint64     `ch:"effect_contacts"`
	PaidAfter    *float64   `ch:"paid_after"`
	PaidWithout  *float64   `ch:"paid_without"`
	LeftOut      uint32     `ch:"left_out"`
}

// decideWorklist ranks whom to call first.
func decideWorklist(ctx context.Context, n *Night, h *handed) error {
	var cases []decisions.Case
	err := rows.Each(ctx, n, "worklist", sqlOf("worklist_input"), n.params(nil), func(r *rows.Row) error {
		c := decisions.Case{
			CustomerID: r.Text("customer_id"), Open: r.Money("open_base"), Overdue: r.Money("overdue_base"), EAD: r.Money("ead"), ExpectedLoss: r.Money("expected_loss"),
			LGD: *r.Float("lgd"), DaysPastDue: int(r.Whole("days_past_due_max")), Severity: int(r.Whole("severity")), Warnings: r.Texts("codes"),
			Owner: r.Text("owner"), Action: r.Text("action"), PromisePending: r.Is("promise_pending"), InDefault: r.Is("in_default"),
		}
		if pd := r.Float("pd_12m"); pd != nil {
			c.PD = *pd
		}
		cases = append(cases, c)
		return nil
	})
	if err != nil {
		return err
	}
	calendar, err := n.calendar(ctx)
	if err != nil {
		return err
	}
	moves, err := h.moves()
	if err != nil {
		return err
	}
	worth := n.Decisions.Worklist.Worth(moves)
	var after, without *float64
	if worth.Basis == decisions.OwnHistory {
		after, without = &worth.PaidAfter, &worth.PaidWithout
	}
	list, left := decisions.Worklist(n.AsOf, cases, decisions.Calendar(calendar), worth, n.Decisions.Worklist)
	var table []workRow
	for i, w := range list {
		table = append(table, workRow{
			Run: n.Run, AsOf: n.AsOf, Rank: uint32(i + 1), CustomerID: w.CustomerID, OpenBase: w.Open, OverdueBase: w.Overdue, ExpectedLoss: w.ExpectedLoss,
			Priority: w.Saving, Owner: w.Owner, Action: w.Action, DueOn: w.DueOn, EN: w.EN, ZH: w.ZH,
			OnDefault: worth.OnDefault, DaysEarlier: worth.DaysEarlier, Basis: worth.Basis, Contacts: uint64(worth.Contacts), PaidAfter: after, PaidWithout: without, LeftOut: uint32(left),
		})
	}
	return n.keep(ctx, "worklist", rows.Of(table))
}
