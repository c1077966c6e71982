package report

import (
	"context"

	"creditwatch/pipeline/asof"
)

// Dunning is what the ladder proposes tonight and what holds it back. Money is in the reporting currency.
type Dunning struct {
	Totals                     []DunningTotal
	First                      []DunnedCustomer
	Insurer, Lapsing           int // invoices whose last safe day is near: to tell the insurer, of the claim itself
	InsurerOpen, LapsingOpen   Money
	InsurerFirst, LapsingFirst asof.Date
}

// A DunningTotal sums the invoices of one state, reason and step.
type DunningTotal struct {
	State, Reason, Step, Channel string
	Invoices, Customers          int
	Open                         Money
	Jumped                       int // moved up a step by a warning
}

// A DunnedCustomer is a customer to whom steps are proposed tonight.
type DunnedCustomer struct {
	CustomerID, Name string
	Invoices         int
	Open             Money
	Oldest           int // days past due
	Steps            []string
	Owner            string
}

// dunnedLimit is how many customers the page lists, as in the query.
const dunnedLimit = 12

func gatherDunning(ctx context.Context, q asker, d *Data) error {
	v := &d.Dunning
	err := q.tonight(ctx, "dunning_totals", func(r *row) {
		v.Totals = append(v.Totals, DunningTotal{r.text("state"), r.text("reason"), r.text("step"), r.text("channel"), r.number("invoices"), r.number("customers"), r.money("open"), r.number("jumped")})
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "dunning", func(r *row) {
		v.First = append(v.First, DunnedCustomer{r.text("customer_id"), r.text("name"), r.number("invoices"), r.money("open"), r.number("oldest"), r.Texts("steps"), r.text("owner")})
	})
	if err != nil {
		return err
	}
	return q.tonight(ctx, "dunning_deadlines", func(r *row) {
		v.Insurer, v.InsurerOpen, v.InsurerFirst = r.number("insurer"), r.money("insurer_open"), r.date("insurer_first")
		v.Lapsing, v.LapsingOpen, v.LapsingFirst = r.number("lapsing"), r.money("lapsing_open"), r.date("lapsing_first")
	})
}

// of sums a state.
func (v Dunning) of(state string) (sum DunningTotal) {
	for _, t := range v.Totals {
		if t.State == state {
			sum.Invoices += t.Invoices
			sum.Open += t.Open
			sum.Jumped += t.Jumped
		}
	}
	return sum
}

// dunningStates, suppressions and channels name what becomes of a step, what holds it back and how it goes out.
var (
	dunningStates = map[string]Text{"proposed": {"proposed tonight", "本晚建议"}, "suppressed": {"held back since tonight", "本晚起暂缓"}, "held": {"still held back", "继续暂缓"}, "waiting": {"waiting", "等待"}}
	suppressions  = map[string]Text{
		"unapplied_cash": {"cash not yet applied", "有未核销收款"}, "disputed": {"disputed", "有争议"}, "promised": {"promised", "已承诺付款"}, "too_small": {"too small", "金额过小"},
	}
	channels = map[string]Text{"email": {"e-mail", "邮件"}, "call": {"call", "电话"}, "letter": {"letter", "信函"}, "registered letter": {"registered letter", "挂号信"}, "legal": {"legal", "法务"}}
)

func viewDunning(d Data, p printer) any {
	type line struct {
		DunningTotal
		StateText, ReasonText, ChannelText string
	}
	v := struct {
		printer
		Dunning
		Proposed, Suppressed, Held, Waiting DunningTotal
		Lines                               []line
	}{printer: p, Dunning: d.Dunning, Proposed: d.Dunning.of("proposed"), Suppressed: d.Dunning.of("suppressed"), Held: d.Dunning.of("held"), Waiting: d.Dunning.of("waiting")}
	for _, t := range d.Dunning.Totals {
		if t.State == "waiting" {
			continue // counted, and of no news
		}
		v.Lines = append(v.Lines, line{t, p.word(dunningStates, t.State), p.word(suppressions, t.Reason), p.word(channels, t.Channel)})
	}
	return v
}
