package warnings

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

var (
	overdue = []string{"unapplied_cash", "promise_pending", "feed_stale", "public_body"}
	stale   = []string{"feed_stale"}
	season  = []string{"feed_stale", "planned_pause"} // baselines that a holiday shifts
	slow    = []string{"feed_stale", "planned_pause", "public_body"}

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
	partShare = Measure{EN: "share of part payments in 60 days", ZH: "60天内部分付款占比", Unit: Share, Of: func(v *Values) float64 {
		return ofSome(v.Of("part_payments_count_60d"), v.Of("payments_count_60d"))
	}}
	pickedShare = Measure{EN: "share of 60 days' payments made past an older and larger invoice", ZH: "60天内越过更早大额发票的付款占比", Unit: Share, Of: func(v *Values) float64 {
		return ofSome(v.Of("chosen_over_older_base_60d"), v.Of("chosen_base_60d"))
	}}
	discountsTaken = column("discounts_taken_60d", Count, "early-pay discounts taken in 60 days", "60天内享受的现金折扣次数")
	spike          = Measure{EN: "orders of 28 days against the season", ZH: "28天订单与同季基准之比", Unit: Times, Of: func(v *Values) float64 {
		if now := v.Of("orders_28d"); now != 0 {
			return now / v.Of("orders_baseline_28d")
		}
		return 0
	}}
	useRise    = func(v *Values) float64 { return v.Of("limit_utilisation") - v.Of("limit_utilisation_30d_ago") }
	asksTime   = column("extension_requests_180d", Count, "requests for time in 180 days", "180天内展期申请")
	asksCredit = Measure{EN: "requests for credit in 180 days, while it pays later", ZH: "付款放缓期间180天内加额申请", Unit: Count, Of: func(v *Values) float64 {
		switch n := v.Of("limit_requests_180d"); {
		case n == 0:
			return 0
		case dbtTrend.Of(v) > 0:
			return n
		case dbtTrend.Of(v) <= 0:
			return 0
		}
		return math.NaN()
	}}
	noAnswer   = column("no_answer_run", Count, "contacts in a row without an answer", "连续无应答次数")
	broken     = Measure{EN: "promises broken in 90 days", ZH: "90天内未兑现承诺", Unit: Count, Of: func(v *Values) float64 { return v.Of("promises_due_count_90d") - v.Of("promises_kept_count_90d") }}
	unreliable = Measure{EN: "chance that fewer than half of the promises are kept", ZH: "承诺兑现率低于一半的概率", Unit: Share, Of: func(v *Values) float64 {
		n, k := v.Of("promises_due_count_90d"), v.Of("promises_kept_count_90d")
		if math.IsNaN(n) || k > n || k < 0 {
			return math.NaN()
		}
		return mathext.RegIncBeta(0.5+k, 0.5+n-k, 0.5) // Beta(0.5, 0.5) before any promise
	}}
)

// ofSome is the share of a part in a whole; there is none of nothing.
func ofSome(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

// ofCash measures how much of the cash of 60 days came in some way.
func ofCash(name, en, zh string) Measure {
	return Measure{EN: en, ZH: zh, Unit: Share, Of: func(v *Values) float64 {
		if v.Of("cash_base_60d") <= 0 {
			return 0
		}
		return v.Of(name) / v.Of("cash_base_60d")
	}}
}

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
		Action: "HOLD REVIEW", Reads: []string{"default_days", "in_default"}, Excuses: []string{"unapplied_cash", "disputed", "feed_stale", "public_body"},
		Steps: []Step{
			{Severity: Act, Key: "W2-03.amber", Measure: defaultDays, Edge: rising, Line: func(p *Policy) Line { return p.DefaultDays.Amber }},
			{Severity: Critical, Key: "W2-03.red", Measure: defaultDays, Edge: rising, Line: func(p *Policy) Line { return p.DefaultDays.Red }, Action: "HOLD LEGAL"},
			{Severity: Critical, Measure: column("in_default", Flag, "in default", "已违约"), Edge: rising, Line: yes, Action: "HOLD LEGAL"},
		},
	},
	{
		Code: "W2-04", Tier: 2, EN: "pays later and later", ZH: "付款天数恶化",
		Action: "CALL FREEZE", Reads: []string{"dbt_90d", "dbt_365d", "dbt_zscore_90d", "invoices_settled_count_90d"}, Excuses: slow,
		Steps: []Step{
			{Severity: Watch, Key: "W2-04.amber", Measure: dbtTrend, Edge: rising, Line: func(p *Policy) Line { return p.Lateness.Amber }, If: latenessCounts},
			{Severity: Act, Key: "W2-04.red", Measure: dbtTrend, Edge: rising, Line: func(p *Policy) Line { return p.Lateness.Red }, If: latenessCounts},
		},
	},
	{
		Code: "W2-05", Tier: 2, EN: "PayIndex fell", ZH: "付款指数下降",
		Action: "REVIEW", Reads: []string{"pay_index_90d", "pay_index_365d"}, Excuses: slow,
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
		Code: "W2-07", Tier: 2, EN: "pays in parts", ZH: "部分付款增多",
		Action: "CALL", Reads: []string{"payments_count_60d", "part_payments_count_60d", "part_payment_share_365d"}, Excuses: season,
		Steps: []Step{
			{Severity: Watch, Key: "W2-07.share", Measure: partShare, Edge: rising, Line: func(p *Policy) Line { return p.PartPayments.Share },
				If: func(v *Values, p *Policy) bool {
					return v.Of("payments_count_60d") >= p.PartPayments.MinPayments && partShare.Of(v) >= p.PartPayments.BaseTimes*v.Of("part_payment_share_365d")
				}},
		},
	},
	{
		Code: "W2-08", Tier: 2, EN: "pays small or new invoices first", ZH: "选择性付款",
		Action: "RECON CALL", Reads: []string{"chosen_count_60d", "chosen_base_60d", "chosen_over_older_base_60d"}, Excuses: stale,
		Steps: []Step{
			{Severity: Watch, Key: "W2-08.share", Measure: pickedShare, Edge: rising, Line: func(p *Policy) Line { return p.Picking.Share },
				If: func(v *Values, p *Policy) bool { return v.Of("chosen_count_60d") >= p.Picking.MinPayments }},
		},
	},
	{
		Code: "W2-09", Tier: 2, EN: "stopped taking the early-pay discount", ZH: "放弃现金折扣",
		Action: "CALL", Reads: []string{"discounts_offered_before", "discounts_taken_before", "discounts_offered_60d", "discounts_taken_60d"}, Excuses: season,
		Steps: []Step{
			{Severity: Watch, Key: "W2-09.taken", Measure: discountsTaken, Edge: falling, Line: func(p *Policy) Line { return p.Discounts.Taken },
				If: func(v *Values, p *Policy) bool {
					return v.Of("discounts_offered_60d") >= p.Discounts.MinOffered && v.Of("discounts_offered_before") >= p.Discounts.MinBefore &&
						v.Of("discounts_taken_before") >= p.Discounts.UsualShare*v.Of("discounts_offered_before")
				}},
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
		Code: "W2-11", Tier: 2, EN: "repeated exceptions", ZH: "频繁超限放行",
		Action: "REVIEW", Reads: []string{"exceptions_90d", "hold_bypasses_90d"}, Excuses: stale,
		Steps: []Step{
			{Severity: Watch, Key: "W2-11.exceptions", Measure: column("exceptions_90d", Count, "temporary limits, lifted holds and early releases in 90 days", "90天内临时额度、解冻及提前放行次数"), Edge: rising, Line: func(p *Policy) Line { return p.Exceptions.Count }},
			{Severity: Act, Key: "W2-11.bypasses", Measure: column("hold_bypasses_90d", Count, "holds lifted for an order and set again, in 90 days", "90天内为下单临时解冻后复冻次数"), Edge: rising, Line: func(p *Policy) Line { return p.Exceptions.Bypasses }},
		},
	},
	{
		Code: "W2-12", Tier: 2, EN: "orders spiked", ZH: "订单异常激增",
		Action: "HOLD VISIT", Reads: []string{"orders_28d", "orders_baseline_28d", "orders_zscore_28d", "limit_utilisation", "limit_utilisation_30d_ago", "dbt_90d", "dbt_365d"}, Excuses: season,
		Steps: []Step{
			{Severity: Act, Key: "W2-12.orders", Measure: spike, Edge: rising, Line: func(p *Policy) Line { return p.Spike.Orders },
				If: func(v *Values, p *Policy) bool {
					return v.Of("orders_zscore_28d") >= p.Spike.MinZScore && (useRise(v) >= p.Spike.UtilisationRise || dbtTrend.Of(v) >= p.Spike.LatenessDays)
				}},
		},
	},
	{
		Code: "W2-13", Tier: 2, EN: "orders collapsed or fell silent", ZH: "订单骤减或沉默",
		Action: "CALL VISIT", Reads: []string{"orders_60d", "orders_baseline_60d", "orders_count_365d", "days_since_last_order", "order_gap_median_days"}, Excuses: season,
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
		Code: "W2-15", Tier: 2, EN: "payment channel changed", ZH: "付款方式或账户变更",
		Action: "CALL", Reads: []string{"cash_base_60d", "third_party_cash_base_60d", "new_account_cash_base_60d", "bill_cash_base_60d", "bill_share_before"}, Excuses: stale,
		Steps: []Step{
			{Severity: Watch, Key: "W2-15.third_party", Measure: ofCash("third_party_cash_base_60d", "paid by third parties, share of the cash of 60 days", "60天回款中第三方付款占比"), Edge: rising, Line: func(p *Policy) Line { return p.Channel.ThirdParty }},
			{Severity: Watch, Key: "W2-15.new_account", Measure: ofCash("new_account_cash_base_60d", "paid from new accounts, share of the cash of 60 days", "60天回款中新账户付款占比"), Edge: rising, Optional: true, Line: func(p *Policy) Line { return p.Channel.NewAccount }},
			{Severity: Watch, Key: "W2-15.bills", Measure: ofCash("bill_cash_base_60d", "paid by bills, share of the cash of 60 days", "60天回款中票据占比"), Edge: rising, Line: func(p *Policy) Line { return p.Channel.Bills },
				If:     func(v *Values, p *Policy) bool { return v.Of("bill_share_before") < p.Channel.BillsBefore },
				Clears: func(v *Values, p *Policy) bool { return v.Of("bill_share_before") >= p.Channel.Bills.Open }}, // bills have become usual
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
		Code: "W2-17", Tier: 2, EN: "asks for time or more credit", ZH: "申请展期或加额",
		Action: "REVIEW SECURE", Reads: []string{"extension_requests_180d", "limit_requests_180d", "dbt_90d", "dbt_365d"}, Excuses: stale,
		Steps: []Step{
			{Severity: Watch, Key: "W2-17.amber", Measure: asksTime, Edge: rising, Line: func(p *Policy) Line { return p.Requests.Amber }},
			{Severity: Watch, Key: "W2-17.amber", Measure: asksCredit, Edge: rising, Line: func(p *Policy) Line { return p.Requests.Amber }},
			{Severity: Act, Key: "W2-17.red", Measure: asksTime, Edge: rising, Line: func(p *Policy) Line { return p.Requests.Red }},
			{Severity: Act, Key: "W2-17.red", Measure: Measure{EN: "requests for time or credit in 180 days", ZH: "180天内展期及加额申请", Unit: Count, Of: func(v *Values) float64 { return asksTime.Of(v) + asksCredit.Of(v) }}, Edge: rising, Line: func(p *Policy) Line { return p.Requests.Red }},
		},
	},
	{
		Code: "W2-18", Tier: 2, EN: "contact lost", ZH: "失联",
		Action: "VISIT LEGAL", Reads: []string{"no_answer_run", "no_answer_run_days"}, Excuses: season,
		Steps: []Step{
			{Severity: Watch, Key: "W2-18.amber", Measure: noAnswer, Edge: rising, Line: func(p *Policy) Line { return p.Contact.Amber },
				If: func(v *Values, p *Policy) bool { return v.Of("no_answer_run_days") >= p.Contact.AmberDays }, Action: "VISIT"},
			{Severity: Act, Key: "W2-18.red", Measure: noAnswer, Edge: rising, Line: func(p *Policy) Line { return p.Contact.Red },
				If: func(v *Values, p *Policy) bool { return v.Of("no_answer_run_days") >= p.Contact.RedDays }},
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
	{
		Code: groupCode, Tier: 2, EN: "contagion in the group, or concentration", ZH: "关联方风险或集中度",
		Action: "CUT REVIEW", Reads: []string{"relatives_failed", "group_limit_use", "open_base", "book_open_base"},
		Steps: []Step{
			{Severity: Act, Key: "W2-20.relatives", Measure: column("relatives_failed", Count, "relatives in default or with a critical warning", "违约或有特急预警的关联方"), Edge: rising, Line: func(p *Policy) Line { return p.Group.Relatives }},
			{Severity: Watch, Key: "W2-20.limit_use", Measure: column("group_limit_use", Share, "exposure of the group over its limits", "集团敞口占额度比例"), Edge: exceeding, Line: func(p *Policy) Line { return p.Group.LimitUse }},
			{Severity: Watch, Key: "W2-20.book_share", Measure: Measure{EN: "share of all open invoices", ZH: "占全部应收比例", Unit: Share, Of: func(v *Values) float64 {
				if v.Of("open_base") == 0 {
					return 0
				}
				return v.Of("open_base") / v.Of("book_open_base")
			}}, Edge: exceeding, Line: func(p *Policy) Line { return p.Group.BookShare }, Action: "REVIEW"},
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
