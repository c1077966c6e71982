package report

import (
	"context"

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
	Customers             int
	Overdue, ExpectedLoss Money
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
		d.Worklist = Worklist{r.number("customers"), r.money("overdue_base"), r.money("expected_loss")}
	})
}

func viewUrgent(d Data, p printer) any {
	v := struct {
		printer
		Urgent                  []Urgent
		Listed                  Worklist
		List                    Worklist
		ShareOverdue, ShareLoss string
	}{printer: p, Urgent: d.Urgent, List: d.Worklist}
	for _, u := range d.Urgent {
		v.Listed.Customers++
		v.Listed.Overdue += u.Overdue
		v.Listed.ExpectedLoss += u.ExpectedLoss
	}
	v.ShareOverdue = p.Share(share(v.Listed.Overdue, d.Worklist.Overdue))
	v.ShareLoss = p.Share(share(v.Listed.ExpectedLoss, d.Worklist.ExpectedLoss))
	return v
}
