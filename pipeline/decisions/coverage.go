package decisions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A CoveragePolicy says how close we want to be to the customers that may cost most.
type CoveragePolicy struct {
	Days    int            `yaml:"days"`     // within which a contact counts
	Visits  map[string]int `yaml:"visits"`   // days between visits, by grade; a grade that is not named is not visited
	MinLoss float64        `yaml:"min_loss"` // expected loss below which nobody is visited, reporting currency
	Shown   int            `yaml:"shown"`    // overdue visits named
}

func (c CoveragePolicy) check(bad func(key, want string, got any), grades []string) {
	within(bad, "coverage.days", float64(c.Days), 1, 3650)
	for _, g := range sortedKeys(c.Visits) {
		if !slices.Contains(grades, g) {
			bad("coverage.visits."+g, "a grade of "+strings.Join(grades, ", "), g)
		}
		within(bad, "coverage.visits."+g, float64(c.Visits[g]), 1, 3650)
	}
	within(bad, "coverage.min_loss", c.MinLoss, 0, 1e13)
	within(bad, "coverage.shown", float64(c.Shown), 0, 1000)
}

// A Cover is how far contacts reach: of the book, or of one owner's customers.
type Cover struct {
	Scope         string // book, owner
	Owner         string // empty: customers without one
	Customers     int    // with an exposure
	Exposure      book.Money
	ExpectedLoss  book.Money
	Touched       int        // reached within the days of the policy
	TouchedLoss   book.Money // their expected loss
	Share         *float64   // of the expected loss; nil where there is none
	Overdue       int        // visits overdue
	OverdueLoss   book.Money // expected loss of these customers
	OverdueFirst  []string   // of them those with the highest expected loss
	EN, ZH        string
	overdueOrders []visit
}

type visit struct {
	id   string
	loss book.Money
}

// VisitDue is the day by which a customer wants a visit, unset if none: its last visit, else the start of the relationship, and the days of its grade.
func (c CoveragePolicy) VisitDue(a *Account) asof.Date {
	days, ok := c.Visits[a.Grade]
	if !ok || a.ExpectedLoss.Float() < c.MinLoss {
		return 0
	}
	last := a.Visited
	if last.IsZero() {
		last = a.Since
	}
	if last.IsZero() {
		return 0
	}
	return last.Add(days)
}

// Coverage measures the contacts of the book and of each owner; owners in order of name. The owners add up to the book.
func Coverage(on asof.Date, limits []Limit, p CoveragePolicy) []Cover {
	whole := &Cover{Scope: "book"}
	owners := map[string]*Cover{}
	var table []*Cover
	for i := range limits {
		l := &limits[i]
		if l.Exposure == 0 {
			continue
		}
		own := owners[l.Owner]
		if own == nil {
			own = &Cover{Scope: "owner", Owner: l.Owner}
			owners[l.Owner] = own
			table = append(table, own)
		}
		due := p.VisitDue(l.Account)
		for _, c := range []*Cover{whole, own} {
			c.Customers++
			c.Exposure += l.Exposure
			c.ExpectedLoss += l.ExpectedLoss
			if !l.Contacted.IsZero() && on.Sub(l.Contacted) < p.Days {
				c.Touched++
				c.TouchedLoss += l.ExpectedLoss
			}
			if !due.IsZero() && due < on {
				c.Overdue++
				c.OverdueLoss += l.ExpectedLoss
				c.overdueOrders = append(c.overdueOrders, visit{l.CustomerID, l.ExpectedLoss})
			}
		}
	}
	slices.SortFunc(table, func(a, b *Cover) int { return strings.Compare(a.Owner, b.Owner) })
	var out []Cover
	for _, c := range append([]*Cover{whole}, table...) {
		if c.ExpectedLoss > 0 {
			share := c.TouchedLoss.Float() / c.ExpectedLoss.Float()
			c.Share = &share
		}
		slices.SortFunc(c.overdueOrders, func(a, b visit) int {
			return cmp.Or(cmp.Compare(b.loss, a.loss), strings.Compare(a.id, b.id))
		})
		for _, v := range c.overdueOrders[:min(p.Shown, len(c.overdueOrders))] {
			c.OverdueFirst = append(c.OverdueFirst, v.id)
		}
		c.words(p)
		out = append(out, *c)
	}
	return out
}

func (c *Cover) words(p CoveragePolicy) {
	if c.Share == nil {
		c.EN, c.ZH = "no expected loss", "无预期损失"
	} else {
		c.EN = fmt.Sprintf("%.0f %% of the expected loss was reached within %d days", 100**c.Share, p.Days)
		c.ZH = fmt.Sprintf("近 %[2]d 天已联系客户占预期损失的 %.0[1]f %%", 100**c.Share, p.Days)
	}
	if c.Overdue > 0 {
		c.EN += fmt.Sprintf("; %s overdue with an expected loss of %s", counted(c.Overdue, "visit"), money(c.OverdueLoss))
		c.ZH += fmt.Sprintf("；%d 次走访超期，涉及预期损失 %s", c.Overdue, money(c.OverdueLoss))
	}
}
