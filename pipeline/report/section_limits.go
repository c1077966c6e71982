package report

import (
	"context"

	"creditwatch/pipeline/asof"
)

// Limits are the limits of the book and the recommendations to stop deliveries. Money is in the reporting currency.
type Limits struct {
	Customers, Limited, Expired, Unlimited, Over, Changed int // Unlimited: with an exposure and no limit; Over: beyond their limit
	Exposure, InForce, Overrun, Recommended               Money
	LostMargin, IdleRisk                                  Money // what the present limits shut out and what they leave open
	Advised                                               []LimitAdvice
	Overruns                                              []Overrun
	Changes                                               []LimitChange
	HoldTotals                                            []HoldTotal
	Holds                                                 []Hold // the holds first, then what may be approved, then the releases
}

// A LimitAdvice sums the limits for which the same is recommended.
type LimitAdvice struct {
	Advice                         string
	Customers                      int
	Exposure, InForce, Recommended Money
}

// An Overrun is a customer that owes more than its limit in force.
type Overrun struct {
	CustomerID, Name           string
	PD                         *float64
	Grade                      string
	Exposure, InForce, Overrun Money
	Recommended                *Money
	Binding, Advice            string
	Expired                    bool
	ValidTo                    asof.Date
}

// A LimitChange is a recommended limit that is not what it was the night before. The parts add up to the change.
type LimitChange struct {
	CustomerID, Name                                   string
	Before, Now, Change                                Money
	Need, Capacity, Risk, Rules, Rate, RoundingAndRest Money
	Binding                                            string
}

// A HoldTotal sums the recommendations to hold, those to deliver if the approver agrees, or those to release.
type HoldTotal struct {
	Recommend                                  string
	Customers, Fresh, Unknown, Worth, Bypassed int // Fresh: since tonight; Unknown: without a PD; Worth: more loss avoided than margin lost
	Exposure, Blocked, Avoided, Margin         Money
}

// A Hold is a recommendation to stop deliveries to a customer, or to let them go on.
type Hold struct {
	CustomerID, Name, Recommend string
	Since                       asof.Date
	Exposure                    Money
	InForce                     *Money
	Overrun, Blocked            Money
	Avoided, Margin             *Money // nil without a PD
	Evidence                    string
	Approver, ApproverZH        string
	Bypass, EN, ZH              string
}

// How many rows the queries list at most.
const (
	overrunLimit = 10
	holdLimit    = 12
	releaseLimit = 5
)

func gatherLimits(ctx context.Context, q asker, d *Data) error {
	l := &d.Limits
	for _, part := range []struct {
		name string
		each func(*row)
	}{
		{"limits", func(r *row) {
			l.Customers, l.Limited, l.Expired, l.Unlimited, l.Over, l.Changed = r.number("customers"), r.number("limited"), r.number("expired"), r.number("unlimited"), r.number("over"), r.number("changed")
			l.Exposure, l.InForce, l.Overrun, l.Recommended = r.money("exposure"), r.money("in_force"), r.money("overrun"), r.money("recommended")
			l.LostMargin, l.IdleRisk = r.money("margin_out"), r.money("idle")
		}},
		{"limit_advice", func(r *row) {
			l.Advised = append(l.Advised, LimitAdvice{r.text("advice"), r.number("customers"), r.money("exposure"), r.money("in_force"), r.money("recommended")})
		}},
		{"limit_overruns", func(r *row) {
			l.Overruns = append(l.Overruns, Overrun{CustomerID: r.text("customer_id"), Name: r.text("name"), PD: r.float("pd"), Grade: r.text("grade"), Exposure: r.money("exposure"), InForce: r.money("in_force"),
				Overrun: r.money("overrun"), Recommended: r.moneyOr("recommended"), Binding: r.text("binding"), Advice: r.text("advice"), Expired: r.yes("is_expired"), ValidTo: r.date("valid_to")})
		}},
		{"limit_changes", func(r *row) {
			l.Changes = append(l.Changes, LimitChange{r.text("customer_id"), r.text("name"), r.money("before"), r.money("tonight"), r.money("change"),
				r.money("by_need"), r.money("by_capacity"), r.money("by_risk"), r.money("by_rules"), r.money("by_rate"), r.money("by_rounding"), r.text("binding")})
		}},
		{"hold_totals", func(r *row) {
			l.HoldTotals = append(l.HoldTotals, HoldTotal{r.text("recommend"), r.number("customers"), r.number("fresh"), r.number("unknown"), r.number("worth"), r.number("bypassed"),
				r.money("exposure"), r.money("blocked"), r.money("avoided"), r.money("margin")})
		}},
		{"holds", func(r *row) {
			l.Holds = append(l.Holds, Hold{CustomerID: r.text("customer_id"), Name: r.text("name"), Recommend: r.text("recommend"), Since: r.date("since"), Exposure: r.money("exposure"), InForce: r.moneyOr("in_force"),
				Overrun: r.money("overrun"), Blocked: r.money("blocked"), Avoided: r.moneyOr("loss_avoided"), Margin: r.moneyOr("margin_lost"), Evidence: r.text("evidence_grade"),
				Approver: r.text("approver"), ApproverZH: r.text("approver_zh"), Bypass: r.text("bypass"), EN: r.text("text_en"), ZH: r.text("text_zh")})
		}},
	} {
		if err := q.tonight(ctx, part.name, part.each); err != nil {
			return err
		}
	}
	return nil
}

// total sums the holds or the releases.
func (l Limits) total(recommend string) HoldTotal {
	for _, t := range l.HoldTotals {
		if t.Recommend == recommend {
			return t
		}
	}
	return HoldTotal{Recommend: recommend}
}

// listed counts the holds or releases on the page.
func (l Limits) listed(recommend string) (n int, blocked Money) {
	for _, h := range l.Holds {
		if h.Recommend == recommend {
			n++
			blocked += h.Blocked
		}
	}
	return n, blocked
}

// parts says in words what moved a limit, the largest part first.
func (c LimitChange) parts(p printer) []movedLimit {
	return largestParts([]movedLimit{
		{p.T("need", "需求"), c.Need}, {p.T("capacity", "承受能力"), c.Capacity}, {p.T("risk budget", "风险预算"), c.Risk},
		{p.T("rules", "规则"), c.Rules}, {p.T("exchange rate", "汇率"), c.Rate}, {p.T("rounding and inertia", "取整与惯性"), c.RoundingAndRest},
	})
}

func viewLimits(d Data, p printer) any {
	type change struct {
		LimitChange
		Parts []movedLimit
	}
	v := struct {
		printer
		Limits
		Hold, Approve, Release HoldTotal
		Stops, Asks, Goes      []Hold
		ChangeRows             []change
		Net                    Money // what the holds save over what they cost
		Use                    *float64
		OverrunsListed         int
	}{printer: p, Limits: d.Limits, Hold: d.Limits.total("hold"), Approve: d.Limits.total("approve"), Release: d.Limits.total("release"), Use: share(d.Limits.Exposure, d.Limits.InForce), OverrunsListed: len(d.Limits.Overruns)}
	v.Net = v.Hold.Avoided - v.Hold.Margin
	for _, h := range d.Limits.Holds {
		switch h.Recommend {
		case "hold":
			v.Stops = append(v.Stops, h)
		case "approve":
			v.Asks = append(v.Asks, h)
		default:
			v.Goes = append(v.Goes, h)
		}
	}
	for _, c := range d.Limits.Changes {
		v.ChangeRows = append(v.ChangeRows, change{c, c.parts(p)})
	}
	return v
}

// A movedLimit is a part of a change.
type movedLimit struct {
	Name   string
	Amount Money
}

// largestParts drops what moved nothing and puts the largest first.
func largestParts(list []movedLimit) []movedLimit {
	var out []movedLimit
	for _, m := range list {
		if m.Amount == 0 {
			continue
		}
		at := len(out)
		for at > 0 && max(m.Amount, -m.Amount) > max(out[at-1].Amount, -out[at-1].Amount) {
			at--
		}
		out = append(out, movedLimit{})
		copy(out[at+1:], out[at:])
		out[at] = m
	}
	return out
}
