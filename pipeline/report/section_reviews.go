package report

import (
	"context"

	"creditwatch/pipeline/asof"
)

// Reviews are the reviews of customers that are late or due, and how far contacts reach.
type Reviews struct {
	Customers, Overdue, Soon               int // Soon: due within 30 days
	OverdueExposure, OverdueLoss, SoonLoss Money
	Critical, Warned, LimitExpired, Stale  int // pulled forward, by cause
	Unplanned                              int // late or due soon without a day that has room
	First                                  []Review
	Coverage                               []Coverage // the book first
}

// A Review is a customer to be reviewed.
type Review struct {
	CustomerID, Name, Owner, Grade string
	DueOn                          asof.Date
	Pulled                         string
	PlannedOn                      asof.Date // zero = beyond the days planned
	Overdue                        int       // days
	Exposure, ExpectedLoss         Money
	ContactedOn                    asof.Date
	EN, ZH                         string
}

// A Coverage is how much of the expected loss of an owner's customers, or of the book, somebody was in touch with.
type Coverage struct {
	Scope, Owner           string
	Customers              int
	Exposure, ExpectedLoss Money
	Touched                int
	TouchedLoss            Money
	TouchedShare           *float64
	VisitsOverdue          int
	VisitsOverdueLoss      Money
}

// ownerLimit is how many owners the page lists, reviewLimit how many reviews.
const (
	ownerLimit  = 8
	reviewLimit = 12
)

func gatherReviews(ctx context.Context, q asker, d *Data) error {
	v := &d.Reviews
	err := q.tonight(ctx, "review_totals", func(r *row) {
		v.Customers, v.Overdue, v.Soon, v.Unplanned = r.number("customers"), r.number("overdue"), r.number("soon"), r.number("unplanned")
		v.OverdueExposure, v.OverdueLoss, v.SoonLoss = r.money("overdue_exposure"), r.money("overdue_loss"), r.money("soon_loss")
		v.Critical, v.Warned, v.LimitExpired, v.Stale = r.number("critical"), r.number("warned"), r.number("limit_expired"), r.number("stale")
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "reviews", func(r *row) {
		v.First = append(v.First, Review{CustomerID: r.text("customer_id"), Name: r.text("name"), Owner: r.text("owner"), Grade: r.text("grade"), DueOn: r.date("due_on"), Pulled: r.text("pulled_by"), PlannedOn: r.date("planned_on"),
			Overdue: r.number("overdue_days"), Exposure: r.money("exposure"), ExpectedLoss: r.money("expected_loss"), ContactedOn: r.date("contacted_on"), EN: r.text("text_en"), ZH: r.text("text_zh")})
	})
	if err != nil {
		return err
	}
	return q.tonight(ctx, "coverage", func(r *row) {
		v.Coverage = append(v.Coverage, Coverage{r.text("scope"), r.text("owner"), r.number("customers"), r.money("exposure"), r.money("expected_loss"), r.number("touched_customers"), r.money("touched_loss"),
			r.float("touched_share"), r.number("visits_overdue"), r.money("visits_overdue_loss")})
	})
}

// book is the coverage of the whole book and of its owners.
func (v Reviews) book() (book Coverage, owners []Coverage) {
	for _, c := range v.Coverage {
		if c.Scope == "book" {
			book = c
		} else {
			owners = append(owners, c)
		}
	}
	return book, owners
}

func viewReviews(d Data, p printer) any {
	v := struct {
		printer
		Reviews
		Book   Coverage
		Owners []Coverage
		Others Coverage // owners that are not listed, together
		Rest   int      // how many these are
		Pulls  int
	}{printer: p, Reviews: d.Reviews}
	v.Pulls = v.Critical + v.Warned + v.LimitExpired + v.Stale
	v.Book, v.Owners = d.Reviews.book()
	if len(v.Owners) > ownerLimit {
		for _, o := range v.Owners[ownerLimit:] {
			v.Others.Customers += o.Customers
			v.Others.ExpectedLoss += o.ExpectedLoss
			v.Others.Touched += o.Touched
			v.Others.TouchedLoss += o.TouchedLoss
			v.Others.VisitsOverdue += o.VisitsOverdue
		}
		v.Others.TouchedShare = share(v.Others.TouchedLoss, v.Others.ExpectedLoss)
		v.Rest = len(v.Owners) - ownerLimit
		v.Owners = v.Owners[:ownerLimit]
	}
	return v
}
