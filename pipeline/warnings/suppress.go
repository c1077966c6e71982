package warnings

import "math"

// A Suppressor is a harmless explanation that holds a warning back. The episode goes on and is kept, counted and shown
// with the suppressor's code; it only asks nobody to act.
type Suppressor struct {
	Code, EN, ZH string
	UpTo         Severity // graver warnings are not held back
	Reads        []string
	Holds        func(v *Values, p *Policy) bool // a null excuses nothing
}

// Suppressors lists them; a rule names those that apply to it in Excuses.
var Suppressors = []Suppressor{
	{
		Code: "unapplied_cash", EN: "unapplied cash covers the overdue amount", ZH: "未核销收款可覆盖逾期", UpTo: Critical,
		Reads: []string{"unapplied_base", "overdue_30d_base"},
		Holds: func(v *Values, _ *Policy) bool {
			return v.Of("overdue_30d_base") > 0 && v.Of("unapplied_base") >= v.Of("overdue_30d_base")
		},
	},
	{
		Code: "disputed", EN: "disputed in good time", ZH: "到期前已提出争议", UpTo: Act,
		Reads: []string{"disputed_share", "late_raised_dispute_share"},
		Holds: func(v *Values, p *Policy) bool {
			return v.Of("disputed_share") >= p.Suppress.DisputedShare && v.Of("late_raised_dispute_share") < p.Suppress.LateRaisedShare
		},
	},
	{
		Code: "promise_pending", EN: "promise to pay not yet due", ZH: "付款承诺未到期", UpTo: Act,
		Reads: []string{"promise_pending"},
		Holds: func(v *Values, _ *Policy) bool { return v.Of("promise_pending") >= 1 },
	},
	{
		Code: "feed_stale", EN: "the ledger feed is stale", ZH: "账务数据过期", UpTo: Act,
		Reads: []string{"feed_stale"},
		Holds: func(v *Values, _ *Policy) bool { return v.Of("feed_stale") >= 1 },
	},
	{
		Code: "public_body", EN: "public body within its statutory payment window", ZH: "公共机构，尚在法定付款期内", UpTo: Act,
		Reads: []string{"public_body", "open_age_days_max"},
		Holds: func(v *Values, p *Policy) bool {
			return v.Of("public_body") >= 1 && v.Of("open_age_days_max") <= p.Suppress.StatutoryDays
		},
	},
	{
		Code: "planned_pause", EN: "holidays or a planned shutdown shift the baseline", ZH: "节假日或计划停产影响基准", UpTo: Act,
		Reads: []string{"holiday_days_28d", "holiday_days_60d", "holiday_days_baseline_60d", "shutdown_planned"},
		Holds: func(v *Values, p *Policy) bool {
			// A long holiday is just over, or it fell into only one of the windows that are compared.
			return v.Of("holiday_days_28d") >= p.Suppress.HolidayDays || v.Of("shutdown_planned") >= 1 ||
				math.Abs(v.Of("holiday_days_60d")-v.Of("holiday_days_baseline_60d")) >= p.Suppress.HolidayDays
		},
	},
}
