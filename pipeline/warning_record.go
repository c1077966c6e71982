package pipeline

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warnings"
	"creditwatch/pipeline/warnings/record"
)

type recordRow struct {
	Run            uint64     `ch:"run"`
	AsOf           asof.Date  `ch:"as_of"`
	Scope          string     `ch:"scope"`
	Code           string     `ch:"code"`
	Tier           uint8      `ch:"tier"`
	Version        string     `ch:"version"`
	IsCurrent      bool       `ch:"is_current"`
	Since          *asof.Date `ch:"since"`
	Nights         uint32     `ch:"nights"`
	Alarms         uint32     `ch:"alarms"`
	Late           uint32     `ch:"late_alarms"`
	Matured        uint32     `ch:"matured_alarms"`
	True           uint32     `ch:"true_alarms"`
	Aged           uint32     `ch:"aged_alarms"`
	TrueAged       uint32     `ch:"true_aged"`
	Precision      *float64   `ch:"precision"`
	PrecisionLo    *float64   `ch:"precision_lo"`
	PrecisionHi    *float64   `ch:"precision_hi"`
	BaseRate       *float64   `ch:"base_rate"`
	Lift           *float64   `ch:"lift"`
	LiftLo         *float64   `ch:"lift_lo"`
	LiftHi         *float64   `ch:"lift_hi"`
	Defaults       uint32     `ch:"defaults"`
	Recalled       uint32     `ch:"recalled"`
	Recalled30     uint32     `ch:"recalled_30d"`
	Recall         *float64   `ch:"recall"`
	Recall30       *float64   `ch:"recall_30d"`
	Added30        *uint32    `ch:"added_30d"`
	LeadMedian     *float64   `ch:"lead_median"`
	LeadP10        *float64   `ch:"lead_p10"`
	LeadP90        *float64   `ch:"lead_p90"`
	Lead30Share    *float64   `ch:"lead_30d_share"`
	Saved          book.Money `ch:"money_saved"`
	FalseAlarmCost book.Money `ch:"false_alarm_cost"`
	Treated        uint32     `ch:"treated_alarms"`
	TreatedAged    uint32     `ch:"treated_aged"`
	TreatedTrue    uint32     `ch:"treated_true"`
	UntreatedAged  uint32     `ch:"untreated_aged"`
	UntreatedTrue  uint32     `ch:"untreated_true"`
	Suppressed     uint32     `ch:"suppressed"`
	IsPriorOnly    bool       `ch:"is_prior_only"`
	EN             string     `ch:"text_en"`
	ZH             string     `ch:"text_zh"`
}

type ruleRow struct {
	Run           uint64     `ch:"run"`
	AsOf          asof.Date  `ch:"as_of"`
	Code          string     `ch:"code"`
	Tier          uint8      `ch:"tier"`
	Version       string     `ch:"version"`
	PolicyVersion string     `ch:"policy_version"`
	PolicyHash    string     `ch:"policy_hash"`
	Status        string     `ch:"status"`
	DemotedSince  *asof.Date `ch:"demoted_since"`
	WeakMonths    uint8      `ch:"weak_months"`
	IsChanged     bool       `ch:"is_changed"`
	EN            string     `ch:"text_en"`
	ZH            string     `ch:"text_zh"`
}

// worth finds what the warnings of the nights before were worth and how their rules stand tonight. Only nights before this one are
// read, so that a rerun finds the same.
func (n *Night) worth(ctx context.Context) (records []record.Record, rules []record.Standing, err error) {
	h, err := n.warningHistory(ctx)
	if err != nil {
		return nil, nil, err
	}
	if records, err = record.Of(h); err != nil {
		return nil, nil, err
	}
	var last []record.Standing
	if n.Previous.Run != 0 {
		if last, err = lastStandings(ctx, n, n.params(nil)); err != nil {
			return nil, nil, err
		}
	}
	return records, record.Standings(records, last, n.Previous.AsOf, n.AsOf), nil
}

// demotedOf are the indicators that warn at S1 only, with the night since when.
func demotedOf(rules []record.Standing) map[string]asof.Date {
	demoted := map[string]asof.Date{}
	for _, s := range rules {
		if !s.Demoted.IsZero() {
			demoted[s.Code] = s.Demoted
		}
	}
	return demoted
}

// keepWorth keeps the records and the rules of the night.
func (n *Night) keepWorth(ctx context.Context, records []record.Record, rules []record.Standing) error {
	var table []recordRow
	for i := range records {
		table = append(table, n.recordRow(&records[i]))
	}
	if err := n.keep(ctx, "warning_track_record", rows.Of(table)); err != nil {
		return err
	}
	var kept []ruleRow
	for _, s := range rules {
		r := ruleRow{Run: n.Run, AsOf: n.AsOf, Code: s.Code, Tier: s.Tier, Version: s.Version, PolicyVersion: n.Policy.Version, PolicyHash: n.PolicyHash,
			Status: "live", WeakMonths: uint8(s.Weak), IsChanged: s.Changed, EN: s.EN, ZH: s.ZH}
		if !s.Demoted.IsZero() {
			r.Status, r.DemotedSince = "demoted", &s.Demoted
		}
		kept = append(kept, r)
		if s.Changed && n.Say != nil {
			n.Say(s.Code + ": " + s.EN)
		}
	}
	return n.keep(ctx, "warning_rules", rows.Of(kept))
}

// lastStandings reads how the rules stood on the night of params' previous.
func lastStandings(ctx context.Context, q rows.Querier, params map[string]any) (last []record.Standing, err error) {
	err = rows.Each(ctx, q, "warning_rules", sqlOf("rules_last"), params, func(r *rows.Row) error {
		last = append(last, record.Standing{Code: r.Text("code"), Tier: uint8(r.Whole("tier")), Version: r.Text("version"), Demoted: r.Date("demoted_since"), Weak: int(r.Whole("weak_months"))})
		return nil
	})
	return last, err
}

// warningHistory gathers the alarms of the nights before and what followed.
func (n *Night) warningHistory(ctx context.Context) (h record.History, err error) {
	h = record.History{AsOf: n.AsOf, Customers: map[string]record.PastCustomer{}, Versions: map[string]string{}, Margin: n.Loss.GrossMargin}
	for i := range warnings.Rules {
		r := &warnings.Rules[i]
		h.Versions[r.Code] = r.Version(&n.Policy)
	}
	if n.Previous.Run == 0 {
		return h, nil
	}
	params := n.recordParams()
	err = rows.Each(ctx, n, "earlier nights", sqlOf("record_nights"), params, func(r *rows.Row) error {
		h.Nights = append(h.Nights, record.PastNight{AsOf: r.Date("as_of"), Customers: int(r.Whole("customers"))})
		return nil
	})
	if err != nil {
		return h, err
	}
	err = rows.Each(ctx, n, "earlier warnings", sqlOf("record_episodes"), params, func(r *rows.Row) error {
		h.Episodes = append(h.Episodes, record.PastEpisode{CustomerID: r.Text("customer_id"), Code: r.Text("code"), Version: r.Text("version"), Tier: uint8(r.Whole("tier")),
			Open: record.Span{From: r.Date("opened"), To: r.Date("until")}, Acting: record.Span{From: r.Date("acted"), To: r.Date("acted_until")}})
		return nil
	})
	if err != nil {
		return h, err
	}
	warned := map[string]bool{}
	for _, e := range h.Episodes {
		warned[e.CustomerID] = true
	}
	return h, n.fates(ctx, &h, warned, params)
}

// recordParams are the parameters of the statements that gather the history.
func (n *Night) recordParams() map[string]any {
	return n.params(map[string]any{"from_ledger": n.Default.FromLedger, "from_outcomes": strings.Join(n.Default.FromOutcomes, ","), "zone": n.ZoneOf(n.AsOf).String()})
}

// fates gathers what happened to customers: their troubles and, of those that were warned of, what we did.
func (n *Night) fates(ctx context.Context, h *record.History, warned map[string]bool, params map[string]any) (err error) {
	if h.Customers, err = n.troubles(ctx, params); err != nil {
		return err
	}
	err = rows.Each(ctx, n, "what we did", sqlOf("record_acts"), params, func(r *rows.Row) error {
		if id := r.Text("customer_id"); warned[id] {
			c := h.Customers[id]
			c.Acts = append(c.Acts, r.Date("done_on"))
			h.Customers[id] = c
		}
		return nil
	})
	if err != nil {
		return err
	}
	params["customers"] = slices.Sorted(maps.Keys(h.Customers))
	err = rows.Each(ctx, n, "first nights", sqlOf("record_since"), params, func(r *rows.Row) error {
		c := h.Customers[r.Text("customer_id")]
		c.Since = r.Date("since")
		h.Customers[r.Text("customer_id")] = c
		return nil
	})
	if err != nil {
		return err
	}
	return rows.Each(ctx, n, "earlier exposures", sqlOf("record_amounts"), params, func(r *rows.Row) error {
		c := h.Customers[r.Text("customer_id")]
		if c.Amounts == nil {
			c.Amounts = map[asof.Date]record.Amounts{}
		}
		a := record.Amounts{Exposure: r.Money("exposure"), Orders: r.Money("orders")}
		if lgd := r.Float("lgd"); lgd != nil {
			a.LGD = *lgd
		}
		c.Amounts[r.Date("as_of")] = a
		h.Customers[r.Text("customer_id")] = c
		return nil
	})
}

// endless is the last day of a trouble that has not ended.
const endless = asof.Date(math.MaxUint16)

// troubles pairs the starts of defaults and of long delays with their ends. A start within a trouble is part of it.
func (n *Night) troubles(ctx context.Context, params map[string]any) (map[string]record.PastCustomer, error) {
	all := map[string]record.PastCustomer{}
	err := rows.Each(ctx, n, "troubles", sqlOf("record_troubles"), params, func(r *rows.Row) error {
		c := all[r.Text("customer_id")]
		spans := &c.Defaults
		if r.Text("kind") == "late" {
			spans = &c.Late
		}
		on := r.Date("occurred_on")
		last := len(*spans) - 1
		open := last >= 0 && (*spans)[last].To == endless
		switch {
		case r.Is("is_start") && !open:
			*spans = append(*spans, record.Span{From: on, To: endless})
		case !r.Is("is_start") && open && on > (*spans)[last].From:
			(*spans)[last].To = on - 1
		}
		all[r.Text("customer_id")] = c
		return nil
	})
	return all, err
}

func (n *Night) recordRow(r *record.Record) recordRow {
	row := recordRow{
		Run: n.Run, AsOf: n.AsOf, Scope: r.Scope, Code: r.Code, Tier: r.Tier, Version: r.Version, IsCurrent: r.Current, Nights: uint32(r.Nights),
		Alarms: uint32(r.Alarms), Late: uint32(r.Late), Matured: uint32(r.Matured), True: uint32(r.True), Aged: uint32(r.Aged), TrueAged: uint32(r.TrueAged),
		Precision: unlessNaN(r.Precision), PrecisionLo: unlessNaN(r.PrecisionLo), PrecisionHi: unlessNaN(r.PrecisionHi), BaseRate: unlessNaN(r.BaseRate),
		Lift: unlessNaN(r.Lift), LiftLo: unlessNaN(r.LiftLo), LiftHi: unlessNaN(r.LiftHi),
		Defaults: uint32(r.Defaults), Recalled: uint32(r.Recalled), Recalled30: uint32(r.Recalled30),
		LeadMedian: unlessNaN(r.LeadMedian), LeadP10: unlessNaN(r.LeadP10), LeadP90: unlessNaN(r.LeadP90), Lead30Share: unlessNaN(r.Lead30Share),
		Saved: r.Saved, FalseAlarmCost: r.FalseAlarmCost,
		Treated: uint32(r.Treated), TreatedAged: uint32(r.TreatedAged), TreatedTrue: uint32(r.TreatedTrue), UntreatedAged: uint32(r.UntreatedAged), UntreatedTrue: uint32(r.UntreatedTrue),
		Suppressed: uint32(r.Suppressed), IsPriorOnly: r.PriorOnly(),
	}
	if !r.Since.IsZero() {
		row.Since = &r.Since
	}
	if r.Defaults > 0 {
		row.Recall, row.Recall30 = unlessNaN(float64(r.Recalled)/float64(r.Defaults)), unlessNaN(float64(r.Recalled30)/float64(r.Defaults))
	}
	if r.Scope == record.OfTier {
		added := uint32(r.Added30)
		row.Added30 = &added
	}
	row.EN, row.ZH = r.Text()
	return row
}

// unlessNaN is a number, null where it cannot be told.
func unlessNaN(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}
