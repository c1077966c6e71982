package warnings

import "math"

var (
	pdPrudent    = column("pd_prudent", Share, "prudent probability of default", "审慎违约概率")
	gradeFall    = Measure{EN: "fall of the grade in 90 days", ZH: "90天内等级下调", Unit: Notches, Of: func(v *Values) float64 { return v.Of("grade_notch") - v.Of("grade_notch_90d_ago") }}
	pdRatio      = Measure{EN: "probability of default against 30 days ago", ZH: "违约概率与30天前之比", Unit: Times, Of: func(v *Values) float64 { return v.Of("pd_12m") / v.Of("pd_12m_30d_ago") }}
	lossToCap    = Measure{EN: "expected loss over its cap", ZH: "预期损失与上限之比", Unit: Share, Of: func(v *Values) float64 { return v.Of("expected_loss") / v.Of("expected_loss_cap") }}
	bookShare    = Measure{EN: "share of the book's exposure", ZH: "占总敞口比例", Unit: Share, Of: func(v *Values) float64 { return v.Of("exposure_base") / v.Of("book_exposure_base") }}
	outlier      = Measure{EN: "distance of the probability of default to the peers' trigger", ZH: "违约概率与同业触发值的对数距离", Unit: Points, Of: func(v *Values) float64 { return math.Log(v.Of("pd_12m") / v.Of("peer_trigger")) }}
	slowRise     = column("pd_rise_26w", Times, "probability of default against 26 weeks ago", "违约概率与26周前之比")
	agencyWorse  = Measure{EN: "agency's grade below our own", ZH: "外部评级低于内部评级", Unit: Notches, Of: disagreement(1)}
	agencyBetter = Measure{EN: "agency's grade above our own", ZH: "外部评级高于内部评级", Unit: Notches, Of: disagreement(-1)}
	gradeFall60  = func(v *Values) float64 { return v.Of("grade_notch") - v.Of("grade_notch_60d_ago") }
	pdRise       = func(v *Values) float64 { return v.Of("pd_12m") - v.Of("pd_12m_30d_ago") }
)

// A yes-or-no opens at 1 and closes at 0.
func yes(*Policy) Line { return Line{Open: 1, Close: 1} }

// score lists the rules of tier 1: the credit score.
var score = []Rule{
	{
		Code: "W1-01", Tier: 1, EN: "probability of default above its trigger", ZH: "违约概率超阈值",
		Action: "REVIEW", Reads: []string{"pd_prudent"},
		Steps: []Step{
			{Severity: Watch, Key: "W1-01.amber", Measure: pdPrudent, Edge: rising, Line: func(p *Policy) Line { return p.PDTrigger.Amber }},
			{Severity: Act, Key: "W1-01.red", Measure: pdPrudent, Edge: rising, Line: func(p *Policy) Line { return p.PDTrigger.Red }, Action: "REVIEW CUT"},
		},
	},
	{
		Code: "W1-02", Tier: 1, EN: "grade fell", ZH: "信用等级下调",
		Action: "REVIEW FREEZE", Reads: []string{"grade_notch", "grade_notch_60d_ago", "grade_notch_90d_ago", "grade_model_changed_90d"},
		Incomparable: []string{"grade_model_changed_90d"},
		Steps: []Step{
			{Severity: Watch, Key: "W1-02.amber", Measure: gradeFall, Edge: rising, Line: func(p *Policy) Line { return p.GradeFall.Amber }, If: stillFalling, Clears: noFurtherFall},
			{Severity: Act, Key: "W1-02.red", Measure: gradeFall, Edge: rising, Line: func(p *Policy) Line { return p.GradeFall.Red }, If: stillFalling, Clears: noFurtherFall},
		},
	},
	{
		Code: "W1-03", Tier: 1, EN: "probability of default jumped", ZH: "违约概率骤升",
		Action: "CALL REVIEW", Reads: []string{"pd_12m", "pd_12m_30d_ago", "pd_model_changed_30d"},
		Incomparable: []string{"pd_model_changed_30d"},
		Steps: []Step{
			{Severity: Act, Key: "W1-03.ratio", Measure: pdRatio, Edge: rising, Line: func(p *Policy) Line { return p.PDJump.Ratio },
				If:     func(v *Values, p *Policy) bool { return pdRise(v) >= p.PDJump.Rise.Open },
				Clears: func(v *Values, p *Policy) bool { return pdRise(v) < p.PDJump.Rise.Close }},
		},
	},
	{
		Code: "W1-04", Tier: 1, EN: "outlier among its peers", ZH: "同业偏离",
		Action: "REVIEW", Reads: []string{"pd_12m", "peer_trigger"},
		Steps: []Step{
			{Severity: Watch, Key: "W1-04.distance", Measure: outlier, Edge: exceeding, Line: func(p *Policy) Line { return p.Peers.Distance }},
		},
	},
	{
		Code: "W1-05", Tier: 1, EN: "worse than a year ago and than its peers", ZH: "年度恶化象限",
		Action: "CUT SECURE", Reads: []string{"grade_fall_365d", "pd_12m", "peer_trigger"},
		Steps: []Step{
			{Severity: Act, Key: "W1-05", Measure: column("grade_fall_365d", Notches, "fall of the implied grade in a year", "一年内隐含等级下调"), Edge: rising, Line: func(p *Policy) Line { return p.YearlyFall },
				If:     func(v *Values, p *Policy) bool { return outlier.Of(v) > p.Peers.Distance.Open },
				Clears: func(v *Values, p *Policy) bool { return outlier.Of(v) < p.Peers.Distance.Close }},
		},
	},
	{
		Code: "W1-06", Tier: 1, EN: "slow bleed", ZH: "缓慢恶化",
		Action: "VISIT REVIEW", Reads: []string{"pd_rise_26w", "pd_trend_26w"},
		Steps: []Step{
			{Severity: Watch, Key: "W1-06.rise", Measure: slowRise, Edge: rising, Line: func(p *Policy) Line { return p.SlowBleed.Rise },
				If:     func(v *Values, p *Policy) bool { return v.Of("pd_trend_26w") < p.SlowBleed.Chance.Open },
				Clears: func(v *Values, p *Policy) bool { return v.Of("pd_trend_26w") >= p.SlowBleed.Chance.Close }},
		},
	},
	{
		Code: "W1-07", Tier: 1, EN: "expected loss over budget", ZH: "预期损失超限",
		Action: "CUT SECURE PREPAY", Reads: []string{"expected_loss", "expected_loss_cap"},
		Steps: []Step{
			{Severity: Act, Key: "W1-07", Measure: lossToCap, Edge: exceeding, Line: func(p *Policy) Line { return p.LossBudget }},
		},
	},
	{
		Code: "W1-08", Tier: 1, EN: "unrated or stale", ZH: "无评级或信息过期", Ours: true,
		Action: "REVIEW", Reads: []string{"score_missing", "ledger_age_business_days", "rating_age_days", "has_external_key"},
		Steps: []Step{
			{Severity: Watch, Key: "W1-08.ledger_business_days", Edge: exceeding, Line: func(p *Policy) Line { return p.Stale.LedgerBusinessDays },
				Measure: column("ledger_age_business_days", Days, "business days since the newest ledger input", "最新账务数据距今工作日")},
			{Severity: Watch, Measure: column("score_missing", Flag, "no valid score", "无有效评分"), Edge: rising, Line: yes},
			{Severity: Info, Key: "W1-08.rating_days", Edge: exceeding, Line: func(p *Policy) Line { return p.Stale.RatingDays }, Optional: true,
				Measure: column("rating_age_days", Days, "age of the agency rating", "外部评级已过天数")},
			{Severity: Info, Measure: column("has_external_key", Flag, "external key known", "已知外部标识"), Edge: lacking, Line: yes},
		},
	},
	{
		Code: "W1-09", Tier: 1, EN: "low confidence in the score", ZH: "评分置信度低", Ours: true,
		Action: "REVIEW FREEZE", Reads: []string{"pd_12m", "pd_hi", "evidence_notch", "exposure_base", "book_exposure_base"},
		Steps: []Step{
			{Severity: Watch, Key: "W1-01.red", Measure: column("pd_hi", Share, "upper bound of the probability of default", "违约概率上限"), Edge: rising,
				Line:   func(p *Policy) Line { return p.PDTrigger.Red },
				If:     func(v *Values, p *Policy) bool { return v.Of("pd_12m") < p.PDTrigger.Red.Open },
				Clears: func(v *Values, p *Policy) bool { return v.Of("pd_12m") >= p.PDTrigger.Red.Open }},
			{Severity: Watch, Key: "W1-09.book_share", Measure: bookShare, Edge: exceeding, Line: func(p *Policy) Line { return p.LowConfidence.BookShare },
				If:     func(v *Values, p *Policy) bool { return v.Of("evidence_notch") >= p.LowConfidence.EvidenceNotch },
				Clears: func(v *Values, p *Policy) bool { return v.Of("evidence_notch") < p.LowConfidence.EvidenceNotch }},
		},
	},
	{
		Code: "W1-10", Tier: 1, EN: "agency and own grade disagree", ZH: "内外部评级背离",
		Action: "REVIEW", Reads: []string{"grade_notch", "agency_grade_notch", "in_default"},
		Steps: []Step{
			{Severity: Act, Key: "W1-10.worse", Measure: agencyWorse, Edge: rising, Line: func(p *Policy) Line { return p.Agencies.Worse }},
			{Severity: Info, Key: "W1-10.better", Measure: agencyBetter, Edge: rising, Line: func(p *Policy) Line { return p.Agencies.Better }, Action: "INFO",
				If:     func(v *Values, _ *Policy) bool { return v.Of("in_default") < 1 }, // no agency knows better than a default
				Clears: func(v *Values, _ *Policy) bool { return v.Of("in_default") >= 1 }},
		},
	},
}

// A fall counts until 60 days have passed without a further one; then the 90-day comparison only repeats it.
func stillFalling(v *Values, _ *Policy) bool  { return gradeFall60(v) > 0 }
func noFurtherFall(v *Values, _ *Policy) bool { return gradeFall60(v) <= 0 }

// disagreement is by how many notches an agency sees a customer worse than we do, or better; none without an agency.
func disagreement(sign float64) func(v *Values) float64 {
	return func(v *Values) float64 {
		if v.Lacks("agency_grade_notch") {
			return 0
		}
		return sign * (v.Of("agency_grade_notch") - v.Of("grade_notch"))
	}
}
