package loss

import (
	"fmt"
	"math"

	"creditwatch/features/book"
)

// Terms are the settings by which exposure turns into loss.
type Terms struct {
	Prior             float64   // loss given default where nothing of our own was seen, share
	OrderConversion   float64   // share of open orders that will be delivered before a default is seen
	InsuranceCoverage float64   // share of an insured loss that the insurer pays
	DiscountRate      float64   // a year, for what comes back after a default
	WorkoutMonths     int       // after so many months what has not come back is lost
	Credibility       float64   // defaults at which what was seen weighs as much as what was taken for granted
	Sizes             []float64 // bounds of the size classes of an exposure, rising, reporting currency
	Correlation       float64   // of the customers' fortunes with the one factor
}

// Parts are what an exposure is made of, in the reporting currency.
type Parts struct {
	Open      book.Money // open invoices, after all cash that can be taken to settle them
	Shipped   book.Money // orders whose goods have left, as far as no invoice has followed
	Orders    book.Money // other orders, as far as no invoice has followed
	Unapplied book.Money // cash that settles nothing yet
	Secured   book.Money // guarantees, collateral and deposits in force, after their haircuts
	Insured   book.Money // insured limit in force
}

// An Exposure is what is at stake with a customer, and who bears it.
//
//	Total = Open + Shipped + Ordered − Unapplied, not below zero
//	Total = Covered + EAD,  EAD = Retained + Uninsured
type Exposure struct {
	Parts
	Ordered   book.Money // share of Orders that will be delivered before a default is seen
	Total     book.Money // before cover
	Covered   book.Money // what securities and the insurer would pay
	EAD       book.Money // exposure at default: what is left to us
	Retained  book.Money // of it: insured, but left to us by the insurer; in a default it is lost
	Uninsured book.Money // of it: no insurer has a share
}

// Expose works out an exposure. Securities count before insurance, and neither for more than there is to cover.
func (t Terms) Expose(p Parts) (Exposure, error) {
	e := Exposure{Parts: p}
	var err error
	if e.Ordered, err = p.Orders.Times(t.OrderConversion); err != nil {
		return e, fmt.Errorf("orders: %w", err)
	}
	total, err := book.Sum(p.Open, p.Shipped, e.Ordered, -p.Unapplied)
	if err != nil {
		return e, fmt.Errorf("exposure: %w", err)
	}
	e.Total = max(total, 0)
	secured := min(max(p.Secured, 0), e.Total)
	insured := min(max(p.Insured, 0), e.Total-secured)
	paid, err := insured.Times(t.InsuranceCoverage)
	if err != nil {
		return e, fmt.Errorf("insurance: %w", err)
	}
	e.Retained = insured - paid
	e.Covered = secured + paid
	e.EAD = e.Total - e.Covered
	e.Uninsured = e.EAD - e.Retained
	return e, nil
}

// IsCovered reports whether anything stands in for the customer.
func (p Parts) IsCovered() bool { return p.Secured > 0 || p.Insured > 0 }

// An Expected is the expected loss of a customer. It is PD x LGD x EAD: the insurer's retention is lost whole, so an insured
// exposure loses 1 − coverage, and the uninsured part loses at the rate of its segment.
type Expected struct {
	LGD       float64    // of the EAD
	Loss      book.Money // expected
	Uninsured book.Money // of it: on what no insurer has a share in
	Prudent   book.Money // expected, at the loss rate of a downturn
}

// Expect joins a default probability (nil: none is known, and no loss can be expected), an exposure and a loss rate.
func Expect(pd *float64, e Exposure, rate Estimate) (Expected, error) {
	out := Expected{LGD: rate.Point}
	if e.EAD > 0 {
		out.LGD = min((rate.Point*float64(e.Uninsured)+float64(e.Retained))/float64(e.EAD), 1)
	}
	if pd == nil {
		return out, nil
	}
	if !(*pd >= 0 && *pd <= 1) {
		return out, fmt.Errorf("PD is %v, want 0 to 1", *pd)
	}
	var err error
	if out.Loss, err = e.EAD.Times(*pd * out.LGD); err != nil {
		return out, err
	}
	uninsured, err := e.Uninsured.Times(*pd * rate.Point)
	if err != nil {
		return out, err
	}
	out.Uninsured = min(uninsured, out.Loss) // both are rounded
	prudent := rate.Point
	if e.EAD > 0 {
		prudent = min((rate.Prudent*float64(e.Uninsured)+float64(e.Retained))/float64(e.EAD), 1)
	}
	if out.Prudent, err = e.EAD.Times(*pd * prudent); err != nil {
		return out, err
	}
	out.Prudent = max(out.Prudent, out.Loss)
	return out, nil
}

// class is the size class of an amount: how many bounds it reaches.
func (t Terms) class(m book.Money) int {
	class := 0
	for _, bound := range t.Sizes {
		if m.Float() >= bound {
			class++
		}
	}
	return class
}

// discount is the value of one unit that comes after so many days.
func (t Terms) discount(days int) float64 { return math.Pow(1+t.DiscountRate, -float64(days)/365) }
