package warnings

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

var (
	overdue = []string{"unapplied_cash", "promise_pending", "feed_stale"}
	stale   = []string{"feed_stale"}

	dbtTrend    = Measure{EN: "days beyond terms, 90 against 365 days", ZH: "逾期天数90天与365天之差", Unit: Days, Of: func(v *Values) float64 { return v.Of("dbt_90d") - v.Of("dbt_365d") }}
	payFall     = Measure{EN: "PayIndex, 90 against 365 days", ZH: "付款指数90天与365天之差", Unit: Points, Of: func(v *Values) float64 { return v.Of("pay_index_90d") - v.Of("pay_index_365d") }}
	utilisation = column("limit_utilisation", Share, "limit utilisation", "额度使用率")
	defaultDays = column("default_days", Days, "days past due above both thresholds", "超过两项重要性标准的逾期天数")
	returned    = column("returned_payments_90d", Count, "payments returned in 90 days", "90天内退票次数")
	orderRatio  = Measure{EN: "orders of 60 days against the season", ZH: "60天订单与同季基准之比", Unit: Share, Of: func(v *Values) float64 { return v.Of("orders_60d") / v.Of("orders_baseline_60d") }}
	silence     = Measure{EN: "days since the last order over the usual gap", ZH: "距上次下单天数与常规间隔之比", Unit: Times, Of: func(v *Values) float64 { return v.Of("days_since_last_order") / max(1, v.Of("order_gap_median_days")) }} // several orders a day are a gap of one
	disputed    = column("disputed_share", Share, "disputed share of what is open", "争议金额占未清比例")
	creditNotes = Measure{EN: "credit-note ratio, 90 against 365 days", ZH: "贷项比率90天与365天之比", Unit: Times, Of: func(v *Values) float64 {
		if now := v.Of("credit_note_ratio_90d"); now != 0 {
			return now / v.Of("credit_note_ratio_365d")
		}
		return 0
	}}
	broken     = Measure{EN: "promises broken in 90 days", ZH: "90天内未兑现承诺", Unit: Count, Of: func(v *Values) float64 { return v.Of("promises_due_count_90d") - v.Of("promises_kept_count_90d") }}
	unreliable = Measure{EN: "chance that fewer than half of the promises are kept", ZH: "承诺兑现率低于一半的概率", Unit: Share, Of: func(v *Values) float64 {
		n, k := v.Of("promises_due_count_90d"), v.Of("promises_kept_count_90d")
		if math.IsNaN(n) || k > n || k < 0 {
			return math.NaN()
		}
		return mathext.RegIncBeta(0.5+k, 0.5+n-k, 0.5) // Beta(0.5, 0.5) before any promise
	}}
)

// pastDue measures an overdue amount in multiples of what is material for the customer.
func pastDue(name, en, zh string) Measure {
	return Measure{EN: en, ZH: zh, Unit: Times, Of: func(v *Values) float64 {
		m := v.policy.Materiality
		due := v.Of(name)
		if due == 0 {
			return 0 // cleared, whatever the exposure
		}
		return due / max(m.Absolute, m.ExposureShare*v.Of("exposure_base"))
	}}
}

// behaviour lists the rules of tier 2: what the customer does.
var behaviour = []Rule{
	{
		Code: "W2-01", Tier: 2, EN: "material amount 30 days past due", ZH: "逾期30天",
		Action: "DUN+1 CALL", Reads: []string{"overdue_30d_base", "exposure_base"}, Excuses: overdue,
		Steps: []Step{
			{Severity: Watch, Key: "W2-01", Measure: pastDue("overdue_30d_base", "overdue more than 30 days over what is material", "逾期30天以上金额与重要性标准之比"), Edge: clearing, Line: func(p *Policy) Line { return p.Overdue30 }},
		},
	},
	{
		Code: "W2-02", Tier: 2, EN: "material amount 60 days past due", ZH: "逾期60天",
		Action: "HOLD CALL NOTIFY-INS", Reads: []string{"overdue_60d_base", "exposure_base"}, Excuses: overdue,
		Steps: []Step{
			{Severity: Act, Key: "W2-02", Measure: pastDue("overdue_60d_base", "overdue more than 60 days over what is material", "逾期60天以上金额与重要性标准之比"), Edge: clearing, Line: func(p *Policy) Line { return p.Overdue60 }},
		},
	},
	{
		Code: "W2-03", Tier: 2, EN: "default counter", ZH: "违约认定(90天)",
		Action: "HOLD REVIEW", Reads: []string{"default_days", "in_default"}, Excuses: []string{"unapplied_cash", "disputed", "feed_stale"},
		Steps: []Step{
			{Severity: Act, Key: "W2-03.amber", Measure: defaultDays, Edge: rising, Line: func(p *Policy) Line { return p.DefaultDays.Amber }},
			{Severity: Critical, Key: "W2-03.red", Measure: defaultDays, Edge: rising, Line: func(p *Policy) Line { return p.DefaultDays.Red }, Action: "HOLD LEGAL"},
			{Severity: Critical, Measure: column("in_default", Flag, "in default", "已违约"), Edge: rising, Line: yes, Action: "HOLD LEGAL"},
		},
	},
	{
		Code: "W2-04", Tier: 2, EN: "pays later and later", ZH: "付款天数恶化",
		Action: "CALL FREEZE", Reads: []string{"dbt_90d", "dbt_365d", "dbt_zscore_90d", "invoices_settled_count_90d"}, Excuses: stale,
		Steps: []Step{
			{Severity: Watch, Key: "W2-04.amber", Measure: dbtTrend, Edge: rising, Line: func(p *Policy) Line { return p.Lateness.Amber }, If: latenessCounts},
			{Severity: Act, Key: "W2-04.red", Measure: dbtTrend, Edge: rising, Line: func(p *Policy) Line { return p.Lateness.Red }, If: latenessCounts},
		},
	},
	{
		Code: "W2-05", Tier: 2, EN: "PayIndex fell", ZH: "付款指数下降",
		Action: "REVIEW", Reads: []string{"pay_index_90d", "pay_index_365d"}, Excuses: stale,
		Steps: []Step{
			{Severity: Watch, Key: "W2-05.fall", Measure: payFall, Edge: falling, Line: func(p *Policy) Line { return p.PayIndex.Fall }},
			{Severity: Act, Key: "W2-05.level", Measure: column("pay_index_90d", Points, "PayIndex", "付款指数"), Edge: lacking, Line: func(p *Policy) Line { return p.PayIndex.Level },
				If:     func(v *Values, p *Policy) bool { return payFall.Of(v) <= p.PayIndex.Fall.Open },
				Clears: func(v *Values, p *Policy) bool { return payFall.Of(v) > p.PayIndex.Fall.Close }},
		},
	},
	{
		Code: "W2-06", Tier: 2, EN: "promises broken", ZH: "承诺未兑现",
		Action: "DUN+1 PREPAY VISIT", Reads: []string{"promises_due_count_90d", "promises_kept_count_90d"}, Excuses: stale,
		Steps: []Step{
			{Severity: Act, Key: "W2-06.broken", Measure: broken, Edge: rising, Line: func(p *Policy) Line { return p.Promises.Broken }},
			{Severity: Act, Key: "W2-06.chance", Measure: unreliable, Edge: exceeding, Line: func(p *Policy) Line { return p.Promises.Chance }},
		},
	},
	{
		Code: "W2-10", Tier: 2, EN: "credit limit nearly used up", ZH: "额度占用过高",
		Action: "FREEZE", Reads: []string{"limit_utilisation"}, Excuses: stale,
		Steps: []Step{
			{Severity: Watch, Key: "W2-10.amber", Measure: utilisation, Edge: rising, Line: func(p *Policy) Line { return p.LimitUse.Amber }},
			{Severity: Act, Key: "W2-10.red", Measure: utilisation, Edge: rising, Line: func(p *Policy) Line { return p.LimitUse.Red }, Action: "FREEZE HOLD"},
		},
	},
	{
		Code: "W2-13", Tier: 2, EN: "orders collapsed or fell silent", ZH: "订单骤减或沉默",
		Action: "CALL VISIT", Reads: []string{"orders_60d", "orders_baseline_60d", "orders_count_365d", "days_since_last_order", "order_gap_median_days"}, Excuses: stale,
		Steps: []Step{
			{Severity: Watch, Key: "W2-13.orders", Measure: orderRatio, Edge: falling, Line: func(p *Policy) Line { return p.Silence.Orders }, If: regularBuyer},
			{Severity: Watch, Key: "W2-13.gap", Measure: silence, Edge: exceeding, Line: func(p *Policy) Line { return p.Silence.Gap }, If: regularBuyer},
		},
	},
	{
		Code: "W2-14", Tier: 2, EN: "disputes surged", ZH: "争议激增",
		Action: "RECON", Reads: []string{"disputed_share", "disputed_share_365d_base", "late_raised_dispute_share", "credit_note_ratio_90d", "credit_note_ratio_365d"}, Excuses: stale,
		Steps: []Step{
			{Severity: Watch, Key: "W2-14.share", Measure: disputed, Edge: rising, Line: func(p *Policy) Line { return p.Disputes.Share }, If: aboveOwnBase},
			{Severity: Watch, Key: "W2-14.credit_notes", Measure: creditNotes, Edge: rising, Line: func(p *Policy) Line { return p.Disputes.CreditNotes },
				If: func(v *Values, p *Policy) bool { return v.Of("credit_note_ratio_90d") >= p.Disputes.CreditNoteFloor }},
			{Severity: Act, Key: "W2-14.late_raised", Measure: column("late_raised_dispute_share", Share, "share of disputes raised after the due date", "到期后才提出的争议比例"), Edge: rising,
				Line: func(p *Policy) Line { return p.Disputes.LateRaised },
				If: func(v *Values, p *Policy) bool {
					return v.Of("disputed_share") >= p.Disputes.Share.Open && aboveOwnBase(v, p)
				},
				Clears: func(v *Values, p *Policy) bool { return v.Of("disputed_share") < p.Disputes.Share.Close }},
		},
	},
	{
		Code: "W2-16", Tier: 2, EN: "payment returned", ZH: "退票或扣款失败",
		Action: "HOLD PREPAY", Reads: []string{"returned_payments_90d"}, Excuses: stale,
		Steps: []Step{
			{Severity: Act, Key: "W2-16.amber", Measure: returned, Edge: rising, Line: func(p *Policy) Line { return p.Returned.Amber }},
			{Severity: Critical, Key: "W2-16.red", Measure: returned, Edge: rising, Line: func(p *Policy) Line { return p.Returned.Red }},
		},
	},
	{
		Code: "W2-19", Tier: 2, EN: "gap in contract or security", ZH: "合同或担保缺口", Ours: true,
		Action: "SECURE NOTIFY-INS", Reads: []string{"contract_valid_reviewed", "guarantee_expires_in_days", "uncovered_exposure_base", "terms_excess_days", "exposure_base", "book_exposure_base"},
		Steps: []Step{
			{Severity: Watch, Measure: column("contract_valid_reviewed", Flag, "valid reviewed contract", "有效且已审合同"), Edge: lacking, Line: yes,
				If: trading, Clears: notTrading},
			{Severity: Watch, Key: "W2-19.guarantee_days", Measure: column("guarantee_expires_in_days", Days, "days until the guarantee or insurance ends", "担保或保险到期天数"), Edge: falling, Optional: true,
				Line: func(p *Policy) Line { return p.Security.GuaranteeDays }, If: aboveAppetite, Clears: withinAppetite},
			{Severity: Watch, Key: "W2-19.terms_excess", Measure: column("terms_excess_days", Days, "invoice terms longer than the contract's", "发票账期超过合同天数"), Edge: clearing, Optional: true,
				Line: func(p *Policy) Line { return p.Security.TermsExcess }},
			{Severity: Act, Key: "W2-19.book_share", Measure: bookShare, Edge: exceeding, Line: func(p *Policy) Line { return p.Security.BookShare },
				If: securityGap, Clears: noSecurityGap},
		},
	},
}

func latenessCounts(v *Values, p *Policy) bool {
	return v.Of("invoices_settled_count_90d") >= p.Lateness.MinSettled && v.Of("dbt_zscore_90d") >= p.Lateness.MinZScore
}

func regularBuyer(v *Values, p *Policy) bool { return v.Of("orders_count_365d") >= p.Silence.MinOrders }

func aboveOwnBase(v *Values, p *Policy) bool {
	return v.Of("disputed_share") >= p.Disputes.BaseTimes*v.Of("disputed_share_365d_base")
}

func trading(v *Values, _ *Policy) bool    { return v.Of("exposure_base") > 0 }
func notTrading(v *Values, _ *Policy) bool { return v.Of("exposure_base") <= 0 }
func aboveAppetite(v *Values, p *Policy) bool {
	return v.Of("uncovered_exposure_base") > p.Security.Appetite
}
func withinAppetite(v *Values, p *Policy) bool {
	return v.Of("uncovered_exposure_base") <= p.Security.Appetite
}

func securityGap(v *Values, p *Policy) bool {
	return v.Of("contract_valid_reviewed") < 1 || v.Has("terms_excess_days") && v.Of("terms_excess_days") > p.Security.TermsExcess.Open ||
		v.Has("guarantee_expires_in_days") && v.Of("guarantee_expires_in_days") <= p.Security.GuaranteeDays.Open && aboveAppetite(v, p)
}

func noSecurityGap(v *Values, p *Policy) bool {
	return v.Of("contract_valid_reviewed") >= 1 &&
		(v.Lacks("terms_excess_days") || v.Of("terms_excess_days") <= p.Security.TermsExcess.Close) &&
		(v.Lacks("guarantee_expires_in_days") || v.Of("guarantee_expires_in_days") > p.Security.GuaranteeDays.Close || withinAppetite(v, p))
}
