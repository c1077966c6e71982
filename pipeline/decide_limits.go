package pipeline

import (
	"context"
	"fmt"
	"math"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/rows"
)

type limitRow struct {
	Run                 uint64      `ch:"run"`
	AsOf                asof.Date   `ch:"as_of"`
	CustomerID          string      `ch:"customer_id"`
	LimitCurrency       string      `ch:"limit_currency"`
	Rate                *float64    `ch:"rate"`
	PresentLimit        *book.Money `ch:"present_limit"`
	ValidTo             *asof.Date  `ch:"valid_to"`
	IsExpired           bool        `ch:"is_expired"`
	TemporaryBase       *book.Money `ch:"temporary_base"`
	TemporaryUntil      *asof.Date  `ch:"temporary_until"`
	InForceBase         *book.Money `ch:"in_force_base"`
	ExposureBase        book.Money  `ch:"exposure_base"`
	Utilisation         *float64    `ch:"utilisation"`
	StressedUtilisation *float64    `ch:"stressed_utilisation"`
	HeadroomBase        *book.Money `ch:"headroom_base"`
	NeedBase            *book.Money `ch:"need_base"`
	NeedOn              *asof.Date  `ch:"need_on"`
	NeedDays            *int32      `ch:"need_days"`
	NeedBasis           string      `ch:"need_basis"`
	NetWorthBase        *book.Money `ch:"net_worth_base"`
	AgencyBase          *book.Money `ch:"agency_base"`
	InsurerBase         *book.Money `ch:"insurer_base"`
	CapacityBase        *book.Money `ch:"capacity_base"`
	RiskBudgetBase      *book.Money `ch:"risk_budget_base"`
	LossCap             book.Money  `ch:"loss_cap"`
	PDPrudent           *float64    `ch:"pd_prudent"`
	LGD                 float64     `ch:"lgd"`
	ColdStartBase       *book.Money `ch:"cold_start_base"`
	OwnActionBase       *book.Money `ch:"own_action_base"`
	Freeze              *book.Money `ch:"freeze"`
	DefaultBase         *book.Money `ch:"default_base"`
	NotKnown            []string    `ch:"not_known"`
	Binding             string      `ch:"binding"`
	FormulaLimit        *book.Money `ch:"formula_limit"`
	RecommendedLimit    *book.Money `ch:"recommended_limit"`
	RecommendedBase     *book.Money `ch:"recommended_base"`
	Advice              string      `ch:"advice"`
	LastLimit           *book.Money `ch:"last_limit"`
	Change              *book.Money `ch:"change"`
	ChangeNeed          *book.Money `ch:"change_need"`
	ChangeCapacity      *book.Money `ch:"change_capacity"`
	ChangeRisk          *book.Money `ch:"change_risk"`
	ChangeRules         *book.Money `ch:"change_rules"`
	ChangeRate          *book.Money `ch:"change_rate"`
	ChangeRounding      *book.Money `ch:"change_rounding"`
	LostMargin          *book.Money `ch:"lost_margin"`
	IdleRisk            *book.Money `ch:"idle_risk"`
	EN                  string      `ch:"text_en"`
	ZH                  string      `ch:"text_zh"`
	PolicyHash          string      `ch:"policy_hash"`
}

// decideLimits recommends limits, and gathers the accounts that the other desks of credit work on.
func decideLimits(ctx context.Context, n *Night, h *handed) error {
	accounts, err := n.accounts(ctx)
	if err != nil {
		return err
	}
	h.readAhead()
	desk := decisions.LimitDesk{AsOf: n.AsOf, Base: n.Currency, GrossMargin: n.Loss.GrossMargin, Policy: n.Decisions.Limits}
	if h.limits, err = desk.Recommend(accounts); err != nil {
		return err
	}
	table := make([]limitRow, len(h.limits))
	for i := range h.limits {
		l := &h.limits[i]
		t := l.Terms.Named()
		row := limitRow{
			Run: n.Run, AsOf: n.AsOf, CustomerID: l.CustomerID, LimitCurrency: l.Currency, Rate: l.Rate, PresentLimit: l.Limit, ValidTo: dateOr(l.LimitUntil), IsExpired: l.Expired,
			InForceBase: l.InForce, ExposureBase: l.Exposure, Utilisation: l.Utilisation, StressedUtilisation: l.Stressed, HeadroomBase: l.Headroom,
			NeedBase: t["need"], NetWorthBase: t["net_worth"], AgencyBase: t["agency"], InsurerBase: t["insurer"], CapacityBase: l.Terms.Capacity(), RiskBudgetBase: t["risk_budget"],
			LossCap: l.LossCap, PDPrudent: l.Prudent, LGD: l.LGD, ColdStartBase: t["cold_start"], OwnActionBase: t["own_action"], Freeze: t["freeze"], DefaultBase: t["default"],
			NotKnown: l.Missing, Binding: l.Binding, FormulaLimit: l.Formula, RecommendedLimit: l.Recommended, RecommendedBase: l.RecommendedBase(), Advice: l.Advice,
			LostMargin: l.LostMargin, IdleRisk: l.IdleRisk, EN: l.EN, ZH: l.ZH, PolicyHash: n.PolicyHash,
		}
		if l.Temporary != nil {
			row.TemporaryBase, row.TemporaryUntil = l.Temporary.Amount, dateOr(l.Temporary.Until)
		}
		if t["need"] != nil {
			days := int32(l.Peak.Days)
			row.NeedOn, row.NeedDays, row.NeedBasis = dateOr(l.Peak.On), &days, l.Peak.Basis
		}
		if c := l.Change; c != nil {
			row.LastLimit = l.Before.Recommended
			row.Change, row.ChangeNeed, row.ChangeCapacity, row.ChangeRisk, row.ChangeRules, row.ChangeRate, row.ChangeRounding = &c.Total, &c.Need, &c.Capacity, &c.Risk, &c.Rules, &c.Rate, &c.Rounding
		}
		table[i] = row
	}
	return n.keep(ctx, "limits", rows.Of(table))
}

// accounts reads what the night knows of every customer's credit, in order of number.
func (n *Night) accounts(ctx context.Context) ([]decisions.Account, error) {
	var accounts []decisions.Account
	at := map[string]int{}
	err := rows.Each(ctx, n, "credit input", sqlOf("credit_input"), n.params(map[string]any{
		"loss_cap": n.Loss.Cap, "gross_margin": n.Loss.GrossMargin, "rating_days": int64(n.Decisions.Limits.RatingDays), "past_due_days": int64(n.Decisions.Holds.PastDueDays),
		"terms_days": int64(n.Decisions.Holds.TermsDays), "zone": n.ZoneOf(n.AsOf).String(),
	}), func(r *rows.Row) error {
		a := decisions.Account{
			CustomerID: r.Text("customer_id"), ParentID: r.Text("parent_id"), Owner: r.Text("owner"), Industry: r.Text("industry"), Region: r.Text("region"), Country: r.Text("country"), Since: r.Date("since"),
			Open: r.Money("open"), Shipped: r.Money("shipped"), Orders: r.Money("orders"), Unapplied: r.Money("unapplied"), Secured: r.Money("secured"), Insured: r.Money("insured"),
			PastDue: r.Money("past_due"), DaysPastDue: int(r.Whole("days_past_due_max")),
			Grade: r.Text("grade"), Evidence: r.Text("evidence_grade"), PD: r.Float("pd_12m"), Prudent: r.Float("pd_prudent"), LGD: *r.Float("lgd"), EAD: r.Money("ead"), ExpectedLoss: r.Money("expected_loss"),
			InDefault: r.Is("in_default"), LossCap: r.Money("loss_cap"),
			Limit: r.MoneyOr("credit_limit"), LimitCurrency: r.Text("limit_currency"), LimitRate: r.Float("limit_rate"), LimitUntil: r.Date("limit_until"), LimitSet: r.Date("limit_set"),
			TermsDays: wholeOr(r.Float("terms_days")), TermsBefore: wholeOr(r.Float("terms_before")), ExcessDays: r.Float("terms_excess_days"), SourceHold: r.Text("hold_status"),
			Agency: r.MoneyOr("agency"), InsuredLimit: r.MoneyOr("insured_limit"), LateDays: r.Float("dbt_365d"), Settled: int(r.Whole("invoices_settled_count_365d")), SalesQuarter: r.Money("sales_90d"),
			Severity: int(r.Whole("severity")), Codes: r.Texts("codes"), Asked: r.Texts("asked"), Returned: int(r.Whole("returned_payments_30d")), Stale: r.Is("is_stale"),
			Contacted: r.Date("contacted_on"), Visited: r.Date("visited_on"),
		}
		if v := r.Float("contract_valid_reviewed"); v != nil {
			has := *v == 1
			a.HasContract = &has
		}
		if v := r.Float("net_worth"); v != nil {
			worth := money(*v)
			a.NetWorth = &worth
		}
		at[a.CustomerID] = len(accounts)
		accounts = append(accounts, a)
		return nil
	})
	if err != nil {
		return nil, err
	}
	// The other answers are about some of these customers; what they say of others is of customers without features.
	more := func(what, sql string, params map[string]any, f func(*decisions.Account, *rows.Row)) {
		if err != nil {
			return
		}
		err = rows.Each(ctx, n, what, sqlOf(sql), n.params(params), func(r *rows.Row) error {
			if i, ok := at[r.Text("customer_id")]; ok {
				f(&accounts[i], r)
			}
			return nil
		})
	}
	more("sales by month", "credit_sales", nil, func(a *decisions.Account, r *rows.Row) {
		amounts := r.Floats("amounts")
		for i, month := range r.Floats("months") {
			m := decisions.MonthSales{Ahead: int(month), Amount: amounts[i]}
			if m.Ahead >= planned {
				m.Ahead, m.Planned = m.Ahead-planned, true
			}
			a.Sales = append(a.Sales, m)
		}
	})
	more("exposure by currency", "credit_currencies", nil, func(a *decisions.Account, r *rows.Row) {
		a.Currencies = append(a.Currencies, decisions.CurrencyPart{
			Currency: r.Text("currency"), OpenAmount: r.Money("open_amount"), Open: r.Money("open"), Shipped: r.Money("shipped"), Orders: r.Money("orders"), Unapplied: r.Money("unapplied"),
		})
	})
	more("bypassed orders", "credit_bypass", map[string]any{"bypass_days": int64(n.Decisions.Holds.BypassDays), "bypass_tolerance": n.Decisions.Holds.BypassTolerance},
		func(a *decisions.Account, r *rows.Row) { a.Bypass = r.Text("bypass") })
	if n.Previous.Run != 0 {
		more("last limits", "credit_last", nil, func(a *decisions.Account, r *rows.Row) {
			if since := r.Date("held_since"); !since.IsZero() {
				a.HeldBefore, a.HeldSince = n.Previous.AsOf, since
			}
			a.DueBefore = r.Date("pulled_due")
			last := decisions.LastLimit{Currency: r.Text("currency"), Recommended: r.MoneyOr("recommended")}
			for i, column := range []string{"need", "net_worth", "agency", "insurer", "risk_budget", "cold_start", "own_action", "freeze", "in_default"} {
				last.Terms[i] = r.MoneyOr(column)
			}
			if rate := r.Float("rate"); rate != nil {
				last.Rate = *rate
				a.Before = &last
			}
		})
	}
	if err != nil {
		return nil, err
	}
	ours, err := n.ownActions(ctx)
	if err != nil {
		return nil, err
	}
	for id, own := range ours {
		if i, ok := at[id]; ok {
			a := &accounts[i]
			a.Actions, a.Reviewed = own.inForce, own.reviewed
			a.Contacted, a.Visited = max(a.Contacted, own.contacted), max(a.Visited, own.visited)
		}
	}
	return accounts, nil
}

// planned is added to the months of a sales plan, so that they are told from those invoiced.
const planned = 1000

func wholeOr(v *float64) *int {
	if v == nil {
		return nil
	}
	i := int(math.Round(*v))
	return &i
}

// checkCredit holds limits, groups, concentration, reviews and coverage against one another and against the losses. A total that does
// not foot stops the night.
func checkCredit(ctx context.Context, n *Night, _ *handed) error {
	var faults []string
	weights := n.Decisions.Limits.Exposure
	err := rows.Each(ctx, n, "credit footing", sqlOf("credit_footing"), n.params(map[string]any{"shipped": weights.Shipped, "orders": weights.Orders}), func(r *rows.Row) error {
		faults = append(faults, fmt.Sprintf("%s %s: %s against %s", r.Text("what"), r.Text("name"), r.Text("left"), r.Text("right")))
		return nil
	})
	if err == nil && len(faults) > 0 {
		err = fmt.Errorf("credit does not foot: %s: %w", strings.Join(faults, "; "), ErrGate)
	}
	return err
}
