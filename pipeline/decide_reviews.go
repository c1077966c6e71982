package pipeline

import (
	"context"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/rows"
)

type reviewRow struct {
	Run          uint64     `ch:"run"`
	AsOf         asof.Date  `ch:"as_of"`
	Position     uint32     `ch:"position"`
	CustomerID   string     `ch:"customer_id"`
	Owner        string     `ch:"owner"`
	Grade        string     `ch:"grade"`
	Months       uint8      `ch:"months"`
	ReviewedOn   *asof.Date `ch:"reviewed_on"`
	CountedFrom  *asof.Date `ch:"counted_from"`
	CountedBy    string     `ch:"counted_by"`
	ScheduledOn  asof.Date  `ch:"scheduled_on"`
	DueOn        asof.Date  `ch:"due_on"`
	PulledBy     string     `ch:"pulled_by"`
	PlannedOn    *asof.Date `ch:"planned_on"`
	OverdueDays  uint32     `ch:"overdue_days"`
	ExposureBase book.Money `ch:"exposure_base"`
	ExpectedLoss book.Money `ch:"expected_loss"`
	ContactedOn  *asof.Date `ch:"contacted_on"`
	VisitedOn    *asof.Date `ch:"visited_on"`
	VisitDueOn   *asof.Date `ch:"visit_due_on"`
	EN           string     `ch:"text_en"`
	ZH           string     `ch:"text_zh"`
}

type coverageRow struct {
	Run                uint64     `ch:"run"`
	AsOf               asof.Date  `ch:"as_of"`
	Scope              string     `ch:"scope"`
	Owner              string     `ch:"owner"`
	Customers          uint32     `ch:"customers"`
	ExposureBase       book.Money `ch:"exposure_base"`
	ExpectedLoss       book.Money `ch:"expected_loss"`
	TouchedCustomers   uint32     `ch:"touched_customers"`
	TouchedLoss        book.Money `ch:"touched_loss"`
	TouchedShare       *float64   `ch:"touched_share"`
	VisitsOverdue      uint32     `ch:"visits_overdue"`
	VisitsOverdueLoss  book.Money `ch:"visits_overdue_loss"`
	VisitsOverdueFirst []string   `ch:"visits_overdue_first"`
	EN                 string     `ch:"text_en"`
	ZH                 string     `ch:"text_zh"`
}

// decideReviews plans the reviews and measures how far contacts reach.
func decideReviews(ctx context.Context, n *Night, h *handed) error {
	calendar, err := n.calendar(ctx)
	if err != nil {
		return err
	}
	var table []reviewRow
	for i, r := range decisions.Reviews(n.AsOf, h.limits, decisions.Calendar(calendar), n.Decisions.Reviews) {
		table = append(table, reviewRow{
			Run: n.Run, AsOf: n.AsOf, Position: uint32(i + 1), CustomerID: r.CustomerID, Owner: r.Owner, Grade: r.Grade, Months: uint8(r.Months), ReviewedOn: dateOr(r.Reviewed), CountedFrom: dateOr(r.From), CountedBy: r.FromWhat,
			ScheduledOn: r.Scheduled, DueOn: r.DueOn, PulledBy: r.Pulled, PlannedOn: dateOr(r.Planned), OverdueDays: uint32(r.Overdue), ExposureBase: r.Exposure, ExpectedLoss: r.ExpectedLoss,
			ContactedOn: dateOr(r.Contacted), VisitedOn: dateOr(r.Visited), VisitDueOn: dateOr(n.Decisions.Coverage.VisitDue(r.Account)), EN: r.EN, ZH: r.ZH,
		})
	}
	if err := n.keep(ctx, "reviews", rows.Of(table)); err != nil {
		return err
	}
	var reach []coverageRow
	for _, c := range decisions.Coverage(n.AsOf, h.limits, n.Decisions.Coverage) {
		reach = append(reach, coverageRow{
			Run: n.Run, AsOf: n.AsOf, Scope: c.Scope, Owner: c.Owner, Customers: uint32(c.Customers), ExposureBase: c.Exposure, ExpectedLoss: c.ExpectedLoss, TouchedCustomers: uint32(c.Touched), TouchedLoss: c.TouchedLoss,
			TouchedShare: c.Share, VisitsOverdue: uint32(c.Overdue), VisitsOverdueLoss: c.OverdueLoss, VisitsOverdueFirst: c.OverdueFirst, EN: c.EN, ZH: c.ZH,
		})
	}
	return n.keep(ctx, "coverage", rows.Of(reach))
}
