package report

import "strings"

// severities names how bad a warning is, 1 to 4.
var severities = []Text{{}, {"S1 info", "S1 提示"}, {"S2 watch", "S2 关注"}, {"S3 act", "S3 行动"}, {"S4 critical", "S4 严重"}}

// tiers names where the evidence of a warning comes from, 1 to 3.
var tiers = []Text{{}, {"Tier 1: credit score", "1 级预警：信用评分"}, {"Tier 2: behaviour", "2 级预警：客户行为"}, {"Tier 3: external information", "3 级预警：外部信息"}}

// lights names the colours of checks, the worst first.
var lights = []struct {
	Key  string
	Name Text
}{
	{"red", Text{"red", "红灯"}}, {"amber", Text{"amber", "黄灯"}}, {"grey", Text{"not judged", "无法判断"}}, {"green", Text{"green", "绿灯"}},
}

// actions names the action codes of warnings and worklist.
var actions = map[string]Text{
	"HOLD":       {"hold shipments", "暂停发货"},
	"PREPAY":     {"cash in advance", "预付货款"},
	"CUT":        {"cut limit", "下调额度"},
	"FREEZE":     {"freeze limit", "冻结额度"},
	"DUN+1":      {"step up dunning", "催收升级"},
	"CALL":       {"call", "电话联系"},
	"VISIT":      {"visit site", "实地走访"},
	"SECURE":     {"get security", "追加担保"},
	"NOTIFY-INS": {"notify insurer", "通知保险人"},
	"LEGAL":      {"legal steps", "法律措施"},
	"REVIEW":     {"credit review", "信用复审"},
	"RECON":      {"reconcile", "对账"},
	"MEET":       {"review meeting", "评审会"},
	"INFO":       {"note only", "仅记录"},
}

// owners names the roles that act; anything else is a person's name and shown as it came.
var owners = map[string]Text{
	"account_owner":  {"account owner", "客户负责人"},
	"account owner":  {"account owner", "客户负责人"},
	"sales":          {"sales", "销售"},
	"collector":      {"collector", "催收专员"},
	"collections":    {"collections", "催收"},
	"credit_analyst": {"credit analyst", "信用分析师"},
	"credit analyst": {"credit analyst", "信用分析师"},
	"credit_manager": {"credit manager", "信用经理"},
	"credit manager": {"credit manager", "信用经理"},
	"finance_head":   {"finance head", "财务负责人"},
	"finance head":   {"finance head", "财务负责人"},
	"legal":          {"legal", "法务"},
	"model owner":    {"model owner", "模型负责人"},
	"data engineer":  {"data engineer", "数据工程师"},
}

// advices names what is recommended for a limit.
var advices = map[string]Text{
	"set":   {"set", "设定"},
	"raise": {"raise", "上调"},
	"lower": {"lower", "下调"},
	"cut":   {"cut at once", "立即下调"},
	"keep":  {"keep", "维持"},
	"none":  {"no recommendation", "无建议"},
}

// bindings names the term of a limit that is the least.
var bindings = map[string]Text{
	"need":        {"need", "需求"},
	"net_worth":   {"net worth", "净资产"},
	"agency":      {"agency", "评级机构建议"},
	"insurer":     {"insurer", "保险人限额"},
	"risk_budget": {"risk budget", "风险预算"},
	"cold_start":  {"new customer", "新客户上限"},
	"own_action":  {"own action", "我方措施"},
	"freeze":      {"freeze", "冻结"},
	"default":     {"default", "违约"},
}

// pulls names what pulls a review forward.
var pulls = map[string]Text{
	"critical_warning": {"critical warning", "严重预警"},
	"warning":          {"warning", "预警"},
	"limit_expired":    {"limit expired", "额度到期"},
	"stale":            {"stale data", "资料陈旧"},
}

// dimensions names by what the book is cut in parts.
var dimensions = map[string]Text{
	"book":     {"book", "全部"},
	"customer": {"customer", "客户"},
	"group":    {"group", "集团"},
	"top":      {"largest names", "最大客户"},
	"industry": {"industry", "行业"},
	"region":   {"region", "地区"},
	"country":  {"country", "国家"},
	"cover":    {"cover", "保障"},
	"currency": {"currency", "币种"},
}

// word writes a code of one of the lists in words; an unknown one is shown as it came.
func (p printer) word(list map[string]Text, code string) string {
	if t, ok := list[code]; ok {
		return t.In(p.lang)
	}
	if s := clean(code, 40); s != "" {
		return s
	}
	return missing
}

// Advice names what is recommended for a limit.
func (p printer) Advice(code string) string { return p.word(advices, code) }

// Binding names the term that limits a limit.
func (p printer) Binding(code string) string { return p.word(bindings, code) }

// Pull names what pulled a review forward.
func (p printer) Pull(code string) string { return p.word(pulls, code) }

// Dimension names by what the book is cut.
func (p printer) Dimension(code string) string { return p.word(dimensions, code) }

// buckets lists the ageing buckets in order.
var buckets = []struct {
	Key     string
	Name    Text
	Overdue bool
}{
	{"not_due", Text{"not yet due", "未到期"}, false},
	{"1-30", Text{"1–30 days overdue", "逾期 1–30 天"}, true},
	{"31-60", Text{"31–60 days overdue", "逾期 31–60 天"}, true},
	{"61-90", Text{"61–90 days overdue", "逾期 61–90 天"}, true},
	{"91-120", Text{"91–120 days overdue", "逾期 91–120 天"}, true},
	{"121-180", Text{"121–180 days overdue", "逾期 121–180 天"}, true},
	{"181-365", Text{"181–365 days overdue", "逾期 181–365 天"}, true},
	{">365", Text{"over 365 days overdue", "逾期 365 天以上"}, true},
	{"no_due_date", Text{"no due date", "无到期日"}, false},
	{"unapplied", Text{"unapplied cash", "未核销收款"}, false},
}

// Severity names a severity.
func (p printer) Severity(s int) string {
	if s < 1 || s >= len(severities) {
		return missing
	}
	return severities[s].In(p.lang)
}

// Tier names a tier.
func (p printer) Tier(t int) string {
	if t < 1 || t >= len(tiers) {
		return missing
	}
	return tiers[t].In(p.lang)
}

// Light names a light.
func (p printer) Light(key string) string {
	for _, l := range lights {
		if l.Key == key {
			return l.Name.In(p.lang)
		}
	}
	return clean(key, 20)
}

// Actions writes action codes as words.
func (p printer) Actions(codes string) string {
	var out []string
	for _, code := range strings.Fields(clean(codes, 200)) {
		if t, ok := actions[code]; ok {
			code = t.In(p.lang)
		}
		out = append(out, code)
	}
	if len(out) == 0 {
		return missing
	}
	return strings.Join(out, p.T(", ", "、"))
}

// Owner writes a role or a person's name.
func (p printer) Owner(owner string) string {
	if t, ok := owners[owner]; ok {
		return t.In(p.lang)
	}
	if s := clean(owner, 40); s != "" {
		return s
	}
	return missing
}

// Grade writes a grade, or says that there is none.
func (p printer) Grade(g string) string {
	if g == "" {
		return p.T("not rated", "未评级")
	}
	return clean(g, 12)
}

// Reason of a missing figure that many sections share.
var firstNight = Text{"no earlier night to compare with", "没有可比的前一晚"}
