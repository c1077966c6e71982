package report

import (
	"context"

	"creditwatch/pipeline/asof"
)

// A Record is what the warnings are worth: what the alarm budget left out, and what became of earlier alarms.
type Record struct {
	Open, Shown, LeftOut, LeftCustomers      int
	LeftSaving                               *float64 // expected, reporting currency
	Snoozed, Acknowledged, Escalated, Lifted int
	Left                                     []LeftOut
	Tracks                                   []Track
	Rules                                    []DemotedRule
}

// A LeftOut is a warning beyond the analysts' capacity.
type LeftOut struct {
	CustomerID, Name, Code string
	Severity, Rank         int
	Saving                 *float64
	EN, ZH                 string
}

// A Track is the record of a code, of a tier or of all.
type Track struct {
	Scope, Code                 string
	Tier                        int
	Alarms, Matured, Aged, True int
	Precision, Low, High, Lift  *float64
	Defaults                    int
	Recall, Lead                *float64 // recall 30 days before; median days
	Saved, Cost                 Money
	PriorOnly                   bool // too few alarms to say anything of precision
	Since                       asof.Date
}

// A DemotedRule is an indicator whose status is not what the policy says, or changed tonight.
type DemotedRule struct {
	Code, Status string
	Since        asof.Date
	Changed      bool
	EN, ZH       string
}

// leftLimit is how many warnings beyond the budget the page lists, as in the query.
const leftLimit = 8

func gatherRecord(ctx context.Context, q asker, d *Data) error {
	v := &d.Record
	for _, part := range []struct {
		name string
		each func(*row)
	}{
		{"warning_budget", func(r *row) {
			v.Open, v.Shown, v.LeftOut, v.LeftCustomers, v.LeftSaving = r.number("open"), r.number("shown"), r.number("left_out"), r.number("left_customers"), r.float("left_saving")
			v.Snoozed, v.Acknowledged, v.Escalated, v.Lifted = r.number("snoozed"), r.number("acknowledged"), r.number("escalated"), r.number("lifted")
		}},
		{"warnings_left_out", func(r *row) {
			v.Left = append(v.Left, LeftOut{r.text("customer_id"), r.text("name"), r.text("code"), r.number("severity"), r.number("budget_rank"), r.float("expected_saving"), r.text("text_en"), r.text("text_zh")})
		}},
		{"track_record", func(r *row) {
			v.Tracks = append(v.Tracks, Track{Scope: r.text("scope"), Code: r.text("code"), Tier: r.number("tier"), Alarms: r.number("alarms"), Matured: r.number("matured"), Aged: r.number("aged"), True: r.number("true_aged"),
				Precision: r.float("precision"), Low: r.float("precision_lo"), High: r.float("precision_hi"), Lift: r.float("lift"), Defaults: r.number("defaults"), Recall: r.float("recall_30d"), Lead: r.float("lead_median"),
				Saved: r.money("money_saved"), Cost: r.money("false_alarm_cost"), PriorOnly: r.yes("is_prior_only"), Since: r.date("since")})
		}},
		{"rule_demotions", func(r *row) {
			v.Rules = append(v.Rules, DemotedRule{r.text("code"), r.text("status"), r.date("demoted_since"), r.yes("is_changed"), r.text("text_en"), r.text("text_zh")})
		}},
	} {
		if err := q.tonight(ctx, part.name, part.each); err != nil {
			return err
		}
	}
	return nil
}

func viewRecord(d Data, p printer) any {
	type track struct {
		Track
		Name string
	}
	v := struct {
		printer
		Record
		TrackRows []track
		Whole     func(*float64) string
		Untold    int // codes of which nothing can be said yet
	}{printer: p, Record: d.Record}
	v.Whole = func(x *float64) string {
		if x == nil {
			return missing
		}
		return fixed(*x, 0)
	}
	for _, t := range d.Record.Tracks {
		if t.Scope == "code" && t.PriorOnly {
			v.Untold++
			continue
		}
		name := clean(t.Code, 20)
		switch t.Scope {
		case "all":
			name = p.T("S3 and S4, all tiers", "S3 与 S4，全部级别")
		case "tier":
			name = p.Tier(t.Tier)
		}
		v.TrackRows = append(v.TrackRows, track{t, name})
	}
	return v
}
