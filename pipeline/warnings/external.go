package warnings

import "math"

// told makes the measure of what the news says.
func told(hears Hearing, events ...string) Measure {
	return Measure{EN: hearings[hears].en, ZH: hearings[hears].zh, Unit: Weight, Hears: hears, Events: events}
}

// worse is a measure of stories at least as severe as s.
func (m Measure) worse(s Severity) Measure {
	m.From = s
	return m
}

func corroborated(p *Policy) Line { return p.News.Corroborated }
func credible(p *Policy) Line     { return p.News.Credible }
func mentioned(p *Policy) Line    { return p.News.Mentioned }

// grave are the steps of an event that is critical once corroborated, to watch while only rumoured, and worth
// knowing even when denied.
func grave(event string) []Step {
	return []Step{
		{Severity: Watch, Key: "news.credible", Measure: told(Rumoured, event), Edge: rising, Line: credible, Action: "REVIEW CALL"},
		{Severity: Critical, Key: "news.corroborated", Measure: told(Affirmed, event), Edge: rising, Line: corroborated},
		{Severity: Info, Key: "news.mentioned", Measure: told(Mentioned, event), Edge: rising, Line: mentioned, Action: "INFO"},
	}
}

// simple is the one step of an event that is as bad as s when a credible source affirms it.
func simple(s Severity, events ...string) Step {
	return Step{Severity: s, Key: "news.credible", Measure: told(Affirmed, events...), Edge: rising, Line: credible}
}

// severe is a step for those of the events that the text itself shows to be at least s.
func severe(s Severity, events ...string) Step {
	st := simple(s, events...)
	st.Measure = st.Measure.worse(s)
	if s == Critical {
		st.Key, st.Line = "news.corroborated", corroborated
	}
	return st
}

// as gives a step an action of its own.
func (s Step) as(action string) Step {
	s.Action = action
	return s
}

// belowInvestment is a cut to below investment grade: the grade alone, however long it stands, is no news.
var belowInvestment = Measure{EN: "cut to below investment grade", ZH: "下调至投资级以下", Unit: Flag, Of: func(v *Values) float64 {
	if v.Of("rating_notches_down_90d") <= 0 {
		return 0
	}
	return v.Of("rating_below_investment")
}}

// external lists the rules of tier 3: what others say. News counts when our customer is its subject.
var external = []Rule{
	{
		Code: "W3-01", Tier: 3, EN: "insolvency filing", ZH: "破产或重整申请",
		Action: "HOLD LEGAL NOTIFY-INS", Steps: grave("INSOLV"),
	},
	{
		Code: "W3-02", Tier: 3, EN: "default on debt", ZH: "债务违约",
		Action: "HOLD PREPAY LEGAL", Steps: grave("DEBTDEF"),
	},
	{
		Code: "W3-03", Tier: 3, EN: "agency rating or score cut", ZH: "外部评级下调",
		Action: "REVIEW", Reads: []string{"rating_notches_down_90d", "rating_outlook_negative", "rating_below_investment"},
		Steps: []Step{
			{Severity: Watch, Key: "W3-03.amber", Measure: column("rating_notches_down_90d", Notches, "agency's cut in 90 days", "90天内外部评级下调"), Edge: rising, Optional: true, Line: func(p *Policy) Line { return p.RatingCut.Amber }},
			{Severity: Act, Key: "W3-03.red", Measure: column("rating_notches_down_90d", Notches, "agency's cut in 90 days", "90天内外部评级下调"), Edge: rising, Optional: true, Line: func(p *Policy) Line { return p.RatingCut.Red }},
			{Severity: Act, Measure: belowInvestment, Edge: rising, Optional: true, Line: yes},
			{Severity: Watch, Measure: column("rating_outlook_negative", Flag, "outlook negative", "展望负面"), Edge: rising, Optional: true, Line: yes},
			simple(Watch, "DOWNGR"),
			severe(Act, "DOWNGR"),
		},
	},
	{
		Code: "W3-04", Tier: 3, EN: "court enforcement", ZH: "被执行、失信或限高",
		Action: "HOLD VISIT LEGAL", Steps: []Step{simple(Act, "ENFORCE"), severe(Critical, "ENFORCE")},
	},
	{
		Code: "W3-05", Tier: 3, EN: "sued as debtor", ZH: "作为被告涉诉",
		Action: "REVIEW",
		Steps: []Step{
			{Severity: Watch, Key: "W3-05", Measure: told(Counted, "LITIG"), Edge: rising, Line: func(p *Policy) Line { return p.Lawsuits }},
		},
	},
	{
		Code: "W3-06", Tier: 3, EN: "fraud or investigation", ZH: "造假或立案调查",
		Action: "HOLD LEGAL",
		Steps: []Step{
			simple(Act, "FRAUD"),
			{Severity: Critical, Key: "news.corroborated", Measure: told(Official, "FRAUD"), Edge: rising, Line: corroborated},
			{Severity: Watch, Key: "news.credible", Measure: told(Rumoured, "FRAUD"), Edge: rising, Line: credible, Action: "REVIEW"},
			{Severity: Info, Key: "news.mentioned", Measure: told(Mentioned, "FRAUD"), Edge: rising, Line: mentioned, Action: "INFO"},
		},
	},
	{
		Code: "W3-07", Tier: 3, EN: "sanction or penalty", ZH: "制裁或行政处罚",
		Action: "REVIEW",
		Steps: []Step{
			simple(Watch, "SANCT", "PENAL"),
			Step{Severity: Critical, Key: "news.corroborated", Measure: told(Affirmed, "SANCT"), Edge: rising, Line: corroborated}.as("HOLD LEGAL"),
		},
	},
	{
		Code: "W3-08", Tier: 3, EN: "executive or legal representative left", ZH: "高管或法人变更",
		Action: "CALL REVIEW", Steps: []Step{simple(Watch, "EXEC")},
	},
	{
		Code: "W3-09", Tier: 3, EN: "auditor change or bad opinion", ZH: "更换审计或非标意见",
		Action: "REVIEW", Steps: []Step{simple(Watch, "AUDIT"), severe(Act, "AUDIT")},
	},
	{
		Code: "W3-10", Tier: 3, EN: "late filing", ZH: "未按期披露",
		Action: "REVIEW", Steps: []Step{simple(Watch, "LATEFIL"), severe(Act, "LATEFIL")},
	},
	{
		Code: "W3-11", Tier: 3, EN: "layoffs or unpaid wages", ZH: "裁员或欠薪",
		Action: "VISIT FREEZE", Steps: []Step{simple(Watch, "LAYOFF", "WAGE"), simple(Act, "WAGE")},
	},
	{
		Code: "W3-12", Tier: 3, EN: "closure or shutdown", ZH: "停产或关厂",
		Action: "VISIT HOLD", Steps: []Step{simple(Watch, "CLOSURE").as("VISIT"), severe(Act, "CLOSURE")},
	},
	{
		Code: "W3-13", Tier: 3, EN: "lost a key customer or supply", ZH: "失去大客户或供应中断",
		Action: "REVIEW CALL", Steps: []Step{simple(Watch, "SUPPLY", "KEYCUST")},
	},
	{
		Code: "W3-14", Tier: 3, EN: "industry or region shock", ZH: "行业或区域冲击",
		Action: "INFO", Reads: []string{"cell_shock", "cell_pd_stressed", "exposure_base"},
		Steps: []Step{
			{Severity: Info, Key: "W3-14.rate", Measure: shockTimes, Edge: rising, Line: shockLine, If: trading, Clears: notTrading},
			{Severity: Watch, Key: "W3-14.amber", Measure: stressedPD, Edge: rising, Line: func(p *Policy) Line { return p.Shock.Amber }, If: shocked, Clears: calm, Action: "REVIEW"},
			{Severity: Act, Key: "W3-14.red", Measure: stressedPD, Edge: rising, Line: func(p *Policy) Line { return p.Shock.Red }, If: shocked, Clears: calm, Action: "REVIEW FREEZE"},
		},
	},
	{
		Code: "W3-15", Tier: 3, EN: "ownership change, pledge or freeze", ZH: "股权变更、质押或冻结",
		Action: "REVIEW", Steps: []Step{simple(Info, "OWNER", "MNA").as("INFO"), severe(Watch, "OWNER"), severe(Act, "OWNER")},
	},
	{
		Code: "W3-16", Tier: 3, EN: "registry or tax abnormality", ZH: "经营异常、欠税或注销吊销",
		Action: "VISIT LEGAL", Steps: []Step{simple(Watch, "REGIST").as("VISIT"), severe(Critical, "REGIST")},
	},
	{
		Code: "W3-17", Tier: 3, EN: "insurer or bank cut the limit", ZH: "保险或银行降额",
		Action: "CUT PREPAY", Steps: []Step{simple(Act, "CREDCUT")},
	},
	{
		Code: "W3-18", Tier: 3, EN: "media burst", ZH: "舆情骤增", // the last: it hears what all others say
		Action: "INFO", Reads: []string{"media_stories_7d", "media_zscore_7d", "media_negative_share_7d", "worst_other"},
		Steps: []Step{
			{Severity: Info, Key: "W3-18.stories", Measure: burst, Edge: rising, Line: func(p *Policy) Line { return p.Burst.Stories }, If: unusual, Clears: usual},
			{Severity: Watch, Key: "W3-18.stories", Measure: burst, Edge: rising, Line: func(p *Policy) Line { return p.Burst.Stories }, Action: "INFO REVIEW",
				If:     func(v *Values, p *Policy) bool { return unusual(v, p) && v.Of("worst_other") >= float64(Watch) },
				Clears: func(v *Values, p *Policy) bool { return usual(v, p) || v.Of("worst_other") < float64(Watch) }},
		},
	},
}

var (
	shockTimes = Measure{EN: "negative events per firm of the industry and region, 30 against 365 days", ZH: "同行业同区域每户负面事件30天与365天之比", Unit: Times,
		Of: func(v *Values) float64 { return math.Exp(v.Of("cell_shock")) }}
	stressedPD = column("cell_pd_stressed", Share, "stressed probability of default of the industry and region", "同行业同区域压力违约概率")
)

var burst = column("media_stories_7d", Count, "stories in 7 days, whatever their tone", "7天内报道数（不论正负）")

// The share of bad stories decides nothing; it is read for the evidence.
func unusual(v *Values, p *Policy) bool {
	return v.Of("media_zscore_7d") >= p.Burst.ZScore.Open && v.Of("media_negative_share_7d") >= 0
}
func usual(v *Values, p *Policy) bool { return v.Of("media_zscore_7d") < p.Burst.ZScore.Close }

func shockLine(p *Policy) Line { return p.Shock.Rate }

func shocked(v *Values, p *Policy) bool {
	return shockTimes.Of(v) >= p.Shock.Rate.Open && trading(v, p)
}

func calm(v *Values, p *Policy) bool {
	return shockTimes.Of(v) < p.Shock.Rate.Close || notTrading(v, p)
}
