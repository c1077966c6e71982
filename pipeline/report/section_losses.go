package report

import (
	"context"
	"math"
	"strconv"
	"strings"
)

// Losses lead from what is owed to what may be lost. Money is in the reporting currency.
type Losses struct {
	Customers                                 int
	Open, Shipped, Orders, Ordered, Unapplied Money // Ordered: the part of the orders that counts
	Total, Covered, Exposure, Uninsured       Money // Total = Covered + Exposure
	ExpectedLoss, UninsuredLoss, PrudentLoss  Money
	CoveredCustomers                          int
	CoveredToEnd                              Money // covered by what ends within 90 days
	Years                                     []LossYear
	Industries                                []IndustryLoss
	Stress                                    []Stress
	Workouts                                  Workouts
}

// A LossYear is the loss of the book in a year as bad as only one in so many.
type LossYear struct {
	Level, Correlation     float64
	Smooth                 Money  // were the book of very many small names
	Adjusted               *Money // by formula for few large ones; nil where it says nothing
	Loss, Top              Money  // counted name by name; part of the ten names that contribute most
	Customers, Unscored    int
	Exposure, ExpectedLoss Money
	EffectiveNames         *float64
}

// An IndustryLoss is an industry of the book and its loss in a year as bad as one in a hundred.
type IndustryLoss struct {
	Industry               string
	Customers              int
	Exposure, ExpectedLoss Money
	Loss                   Money
	EffectiveNames         *float64
}

// A Stress is a scenario and what it would cost.
type Stress struct {
	Scenario    string
	Parameter   float64
	Result      *float64 // of a reverse stress
	Loss, Extra Money
	Customers   int
	Names       []string
	EN, ZH      string
}

// Workouts are the defaults of the past.
type Workouts struct {
	Defaults, Open  int
	Claim, CameBack Money
	Lost            *float64 // share of the claims, discounted
}

func gatherLosses(ctx context.Context, q asker, d *Data) error {
	l := &d.Losses
	err := q.tonight(ctx, "losses", func(r *row) {
		*l = Losses{
			Customers: r.number("customers"), Open: r.money("open"), Shipped: r.money("shipped"), Orders: r.money("orders"), Ordered: r.money("ordered"), Unapplied: r.money("unapplied"),
			Total: r.money("total"), Covered: r.money("covered"), Exposure: r.money("exposure"), Uninsured: r.money("uninsured"),
			ExpectedLoss: r.money("expected_loss"), UninsuredLoss: r.money("uninsured_loss"), PrudentLoss: r.money("prudent_loss"),
			CoveredCustomers: r.number("covered_customers"), CoveredToEnd: r.money("covered_to_end"),
		}
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "loss_years", func(r *row) {
		y := LossYear{
			Smooth: r.money("smooth_loss"), Adjusted: r.moneyOr("adjusted_loss"), Loss: r.money("loss"), Top: r.money("top_loss"), Customers: r.number("customers"), Unscored: r.number("unscored"),
			Exposure: r.money("exposure"), ExpectedLoss: r.money("expected_loss"), EffectiveNames: r.float("effective_names"),
		}
		y.Level, y.Correlation = r.must("level"), r.must("correlation")
		l.Years = append(l.Years, y)
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "loss_industries", func(r *row) {
		l.Industries = append(l.Industries, IndustryLoss{r.text("industry"), r.number("customers"), r.money("exposure"), r.money("expected_loss"), r.money("loss"), r.float("effective_names")})
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "stress", func(r *row) {
		l.Stress = append(l.Stress, Stress{
			Scenario: r.text("scenario"), Parameter: r.must("parameter"), Result: r.float("result"), Loss: r.money("loss"), Extra: r.money("extra_loss"),
			Customers: r.number("customers"), Names: r.Texts("named"), EN: r.text("text_en"), ZH: r.text("text_zh"),
		})
	})
	if err != nil {
		return err
	}
	return q.tonight(ctx, "workouts", func(r *row) {
		l.Workouts = Workouts{r.number("defaults"), r.number("open"), r.money("claim"), r.money("came_back"), r.float("lost")}
	})
}

// A lossStep is a line that leads from invoices to expected loss.
type lossStep struct {
	Name   string
	Amount Money
	Sum    bool // a line that the lines above add up to
	Sign   bool // what is taken off carries its sign
}

// steps are the lines from invoices to exposure, and from there to loss.
func (l Losses) steps(p printer) []lossStep {
	out := []lossStep{{Name: p.T("open invoices", "未清发票"), Amount: l.Open}}
	if l.Shipped != 0 {
		out = append(out, lossStep{Name: p.T("goods shipped, not yet invoiced", "已发货未开票"), Amount: l.Shipped, Sign: true})
	}
	out = append(out, lossStep{Name: p.T("open orders that will be delivered before a default is seen", "违约显现前将交付的未完成订单"), Amount: l.Ordered, Sign: true})
	if l.Unapplied != 0 {
		out = append(out, lossStep{Name: p.T("cash not yet applied", "未核销收款"), Amount: -l.Unapplied, Sign: true})
	}
	// A customer whose cash is more than what it owes does not lessen what others owe.
	if over := l.Total - l.Open - l.Shipped - l.Ordered + l.Unapplied; over != 0 {
		out = append(out, lossStep{Name: p.T("of it beyond what its customer owes", "其中超出该客户欠款的部分"), Amount: over, Sign: true})
	}
	return append(out,
		lossStep{Name: p.T("Exposure before cover", "覆盖前敞口"), Amount: l.Total, Sum: true},
		lossStep{Name: p.T("covered by insurers and securities", "由保险与担保覆盖"), Amount: -l.Covered, Sign: true},
		lossStep{Name: p.T("Exposure at default", "违约敞口"), Amount: l.Exposure, Sum: true})
}

// oneIn writes a chance as one in so many.
func oneIn(chance float64) string {
	if !(chance > 0) {
		return missing
	}
	return group(uint64(math.Round(1 / chance)))
}

func viewLosses(d Data, p printer) any {
	type year struct {
		LossYear
		Name  string
		Times string // of the expected loss
	}
	type scenario struct {
		Stress
		Found  string // what a reverse stress found
		Margin bool
	}
	v := struct {
		printer
		Losses
		Steps          []lossStep
		YearRows       []year
		Scenarios      []scenario
		Reverse        []scenario
		Margin         *Money
		EffectiveNames *float64
		Correlation    string
		Unscored       int
		ShareOf        func(part, whole Money) string
	}{printer: p, Losses: d.Losses, Steps: d.Losses.steps(p)}
	v.ShareOf = func(part, whole Money) string { return p.Share(share(part, whole)) }
	for _, y := range d.Losses.Years {
		n := oneIn(1 - y.Level)
		row := year{LossYear: y, Name: p.T("one year in "+n, n+" 年一遇"), Times: missing}
		if y.ExpectedLoss > 0 {
			times := float64(y.Loss) / float64(y.ExpectedLoss)
			row.Times = fixed(times, 1)
		}
		v.YearRows = append(v.YearRows, row)
		v.EffectiveNames, v.Correlation, v.Unscored = y.EffectiveNames, strconv.FormatFloat(y.Correlation, 'g', 3, 64), y.Unscored
	}
	for _, s := range d.Losses.Stress {
		c := scenario{Stress: s, Found: missing}
		if !strings.HasPrefix(s.Scenario, "reverse") {
			if s.Scenario != "tonight" {
				v.Scenarios = append(v.Scenarios, c)
			}
			continue
		}
		if margin := Money(math.Round(s.Parameter * 1e4)); margin > 0 {
			v.Margin = &margin
		}
		if s.Result != nil {
			switch s.Scenario {
			case "reverse_rate":
				c.Found = p.Share(s.Result)
			case "reverse_names":
				c.Found = p.Count(int(*s.Result))
			default:
				c.Found = p.T("less than one in a million", "不到百万分之一")
				if *s.Result >= 1e-6 {
					c.Found = percent(*s.Result, 2)
				}
			}
		}
		if n := len(v.Reverse); s.Result == nil && n > 0 && v.Reverse[n-1].EN == s.EN {
			continue // the same reason for having no answer
		}
		v.Reverse = append(v.Reverse, c)
	}
	return v
}
