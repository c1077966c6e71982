package report

import (
	"context"

	"creditwatch/pipeline/asof"
)

// A ReceivablesDay holds receivables and credit sales around one day, as known tonight.
type ReceivablesDay struct {
	Day                   asof.Date
	Open, Overdue, Over90 Money
	Opening               Money // open 90 days before
	Sales90, Sales365     Money // credit sales of the 90 and 365 days up to the day
}

// SalesMonth is what was invoiced in a calendar month, up to the business date.
type SalesMonth struct {
	Month, First asof.Date // first day of the month; day of its first invoice
	Sales        Money
	Unrated      int // days and currencies with invoices left out for want of an exchange rate
}

// Receivables holds what the DSO family is computed from.
type Receivables struct {
	Days   []ReceivablesDay // the last twelve month ends and the business date, oldest first
	Months []SalesMonth     // oldest first
}

func gatherReceivables(ctx context.Context, q asker, d *Data) error {
	v := &d.Receivables
	err := q.tonight(ctx, "receivables", func(r *row) {
		v.Days = append(v.Days, ReceivablesDay{
			Day: r.date("day"), Open: r.money("open"), Overdue: r.money("overdue"), Over90: r.money("over_90"),
			Opening: r.money("opening"), Sales90: r.money("sales_90d"), Sales365: r.money("sales_365d"),
		})
	})
	if err != nil {
		return err
	}
	return q.tonight(ctx, "sales_months", func(r *row) {
		v.Months = append(v.Months, SalesMonth{Month: r.date("month"), First: r.date("first_on"), Sales: r.money("sales"), Unrated: r.number("invoices_unrated")})
	})
}

// A DSO is the DSO family on one day; nil where the ledger is too short or there is nothing to divide by.
type DSO struct {
	Day                           asof.Date
	Period, CountBack, Best, ADD  *float64 // days
	CEI, OverdueRatio, Over90Rate *float64 // shares
	Turnover                      *float64 // times a year
}

// window is the period of DSO, ADD and CEI in days.
const window = 90

// first is the day of the first invoice in sight.
func (v Receivables) first() asof.Date {
	if len(v.Months) == 0 {
		return 0
	}
	return v.Months[0].First
}

// dso computes the family on a day. Figures over a window need a ledger that covers it.
func (v Receivables) dso(x ReceivablesDay) DSO {
	out := DSO{Day: x.Day, OverdueRatio: share(x.Overdue, x.Open), Over90Rate: share(x.Over90, x.Open)}
	first := v.first()
	if first.IsZero() || x.Day.Sub(first) < window-1 {
		return out
	}
	current := x.Open - x.Overdue
	days := func(receivables Money) *float64 {
		s := share(receivables, x.Sales90)
		if s != nil {
			*s *= window
		}
		return s
	}
	out.Period, out.Best, out.CountBack = days(x.Open), days(current), v.countBack(x)
	if out.Period != nil && out.Best != nil {
		add := *out.Period - *out.Best
		out.ADD = &add
	}
	out.CEI = share(x.Opening+x.Sales90-x.Open, x.Opening+x.Sales90-current)
	return out
}

// countBack walks back month by month until the sales of the months walked over make up the receivables.
func (v Receivables) countBack(x ReceivablesDay) *float64 {
	if x.Open < 0 {
		return nil
	}
	rest, days := x.Open, 0.0
	for i := len(v.Months) - 1; i >= 0 && rest > 0; i-- {
		m := v.Months[i]
		if m.Month > x.Day {
			continue
		}
		end := x.Day
		if i+1 < len(v.Months) && v.Months[i+1].Month <= x.Day {
			end = v.Months[i+1].Month - 1 // months without sales in between count in full
		}
		length := float64(end.Sub(m.Month) + 1)
		if m.Sales >= rest {
			days += length * float64(rest) / float64(m.Sales)
			return &days
		}
		rest -= m.Sales
		days += length
	}
	if rest > 0 {
		return nil // receivables older than the ledger in sight
	}
	return &days
}

// turnover divides the credit sales of a year by the average receivables of its month ends.
func (v Receivables) turnover() *float64 {
	if len(v.Days) < 13 || v.first().IsZero() || v.Days[12].Day.Sub(v.first()) < 364 {
		return nil
	}
	var sum Money
	for _, x := range v.Days {
		sum += x.Open
	}
	return share(v.Days[12].Sales365, sum/Money(len(v.Days)))
}

func viewReceivables(d Data, p printer) any {
	type line struct{ Name, Value, Unit, Why, Means string }
	v := struct {
		printer
		Lines                []line
		Trend                []DSO
		Chart                *chart
		Day, First           string
		Open, Items, Differs Money
		Unrated              int
	}{printer: p, Day: d.Night.AsOf.String(), First: p.Day(d.Receivables.first())}
	open := sumOpen(d.Headline.Open)
	now := ReceivablesDay{Day: d.Night.AsOf}
	for _, x := range d.Receivables.Days {
		v.Trend = append(v.Trend, d.Receivables.dso(x))
		now = x
	}
	for _, m := range d.Receivables.Months {
		v.Unrated += m.Unrated
	}
	v.Open, v.Items, v.Differs = now.Open, open.InvoicesBase, now.Open-open.InvoicesBase
	// Tonight's figures stand on the open items, which the whole page uses; the trend on the rebuilt ledger.
	now.Open, now.Overdue, now.Over90 = open.InvoicesBase, open.OverdueBase, open.Over90Base
	if n := len(v.Trend); n > 0 && v.Differs == 0 {
		v.Trend[n-1] = d.Receivables.dso(now)
	}
	x := d.Receivables.dso(now)
	if n := len(v.Trend); n > 0 {
		x.CEI = v.Trend[n-1].CEI // opening and closing balance from one series
	}
	short := p.T("the ledger covers fewer than 90 days of sales up to this date, or there were none", "截至本日账本覆盖的销售不足 90 天，或期间无销售")
	why := func(v *float64, text string) string {
		if v != nil {
			return ""
		}
		return text
	}
	older := p.T("the receivables are older than the sales in sight", "应收账款早于可见销售记录")
	if x.Period == nil {
		older = short
	}
	daysUnit := p.T("days", "天")
	nothing := p.T("no open invoices", "没有未清发票")
	v.Lines = []line{
		{p.T("DSO, period method", "应收账款周转天数 DSO（期间法）"), p.Days(x.Period), daysUnit, why(x.Period, short), p.T("open invoices / credit sales of 90 days × 90", "未清发票 ÷ 90 天赊销额 × 90")},
		{p.T("DSO, count-back", "DSO（倒推法）"), p.Days(x.CountBack), daysUnit, why(x.CountBack, older), p.T("months walked back until their sales make up the receivables", "逐月倒推，直至赊销额等于应收余额")},
		{p.T("Best possible DSO", "最佳可能 DSO"), p.Days(x.Best), daysUnit, why(x.Best, short), p.T("only what is not yet due / credit sales of 90 days × 90", "未到期应收 ÷ 90 天赊销额 × 90")},
		{p.T("Average days delinquent", "平均逾期天数 ADD"), p.Days(x.ADD), daysUnit, why(x.ADD, short), p.T("DSO − best possible DSO", "DSO − 最佳可能 DSO")},
		{p.T("Collection effectiveness", "收款效率指数 CEI"), p.Share(x.CEI), "", why(x.CEI, short), p.T("collected of what could be collected in 90 days", "90 天内应收可收款中已收回的比例")},
		{p.T("Receivables turnover", "应收账款周转率"), p.Ratio(d.Receivables.turnover(), 1), p.T("a year", "次/年"), why(d.Receivables.turnover(), p.T("the ledger covers less than a year", "账本覆盖不足一年")), p.T("credit sales of 365 days / average receivables of 13 points", "365 天赊销额 ÷ 13 个时点平均应收余额")},
		{p.T("Overdue ratio", "逾期率"), p.Share(x.OverdueRatio), "", why(x.OverdueRatio, nothing), p.T("overdue / open invoices", "逾期 ÷ 未清发票")},
		{p.T("Over 90 days", "逾期 90 天以上占比"), p.Share(x.Over90Rate), "", why(x.Over90Rate, nothing), p.T("more than 90 days overdue / open invoices", "逾期超过 90 天 ÷ 未清发票")},
	}
	v.Chart = trend(p, v.Trend)
	return v
}
