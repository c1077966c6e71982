package report

import "strings"

// A term is a word of the report and what it means.
type term struct{ Name, Means Text }

// glossary explains the words of the page in the order of their first use.
var glossary = []term{
	{Text{"Exposure (EAD)", "信用敞口（EAD）"}, Text{"amount at risk when a customer defaults: open invoices and what is expected to be drawn", "客户违约时面临风险的金额：未清发票及预计新增占用"}},
	{Text{"PD", "违约概率（PD）"}, Text{"probability that a customer defaults within 12 months", "客户在 12 个月内违约的概率"}},
	{Text{"LGD", "违约损失率（LGD）"}, Text{"share of the exposure that is lost when a customer defaults", "客户违约时敞口中损失的比例"}},
	{Text{"Expected loss", "预期损失"}, Text{"PD × LGD × exposure, added up over customers", "违约概率 × 违约损失率 × 敞口，逐户相加"}},
	{Text{"Grade", "信用等级"}, Text{"class of PD on the master scale; D = in default; not rated = no score that night", "主标尺上的违约概率等级；D = 已违约；未评级 = 本晚无评分"}},
	{Text{"Points lost", "失分"}, Text{"score points a customer loses to a reason against the average of the book", "客户因某原因相对全部客户平均水平损失的评分分值"}},
	{Text{"Tier", "预警级别"}, Text{"where the evidence of a warning comes from: credit score, behaviour, external information", "预警证据的来源：信用评分、客户行为、外部信息"}},
	{Text{"Severity S1 to S4", "严重程度 S1 至 S4"}, Text{"how bad a warning is: info, watch (10 working days), act (2 working days), critical (same day)", "预警严重程度：提示、关注（10 个工作日）、行动（2 个工作日）、严重（当日）"}},
	{Text{"Held back", "暂缓"}, Text{"a warning whose rule fires but which a recorded suppressor holds back, such as a dispute", "规则已触发，但因已记录的抑制原因（如争议）暂不提示"}},
	{Text{"Days past due", "逾期天数"}, Text{"days since the due date after all cash is allocated, stated or not (economic view)", "全部收款（含未指明者）核销后自到期日起的天数（经济口径）"}},
	{Text{"Unapplied cash", "未核销收款"}, Text{"cash that settles no invoice yet; a deduction from what is open", "尚未核销到发票的收款，作为未清金额的减项"}},
	{Text{"AUC", "AUC"}, Text{"chance that a defaulter has a higher PD than a payer; 0.5 = no better than chance", "违约客户的违约概率高于正常客户的可能性；0.5 = 与随机无异"}},
	{Text{"KS", "KS"}, Text{"largest distance between the PD distributions of defaulters and payers", "违约客户与正常客户违约概率分布的最大距离"}},
	{Text{"Brier score", "Brier 分数"}, Text{"mean squared error of the PD; smaller is better", "违约概率的均方误差，越小越好"}},
	{Text{"PSI", "PSI"}, Text{"how far two distributions over the same bins lie apart; 0 = the same", "同一分箱下两个分布的差异程度；0 = 相同"}},
	{Text{"Grey (not judged)", "灰灯（未评定）"}, Text{"the data cannot answer; never taken for green", "数据不足以回答；绝不视为绿灯"}},
	{Text{"Rejected row", "拒收行"}, Text{"row of a source that could not be read; kept whole with its reason", "无法读取的数据行，连同原因完整保存"}},
}

// A query is one query of the appendix.
type query struct {
	Name, Grain, SQL, Views string
}

func viewAppendix(d Data, p printer) any {
	type group struct {
		Title   string
		Queries []query
	}
	type footed struct {
		What, Left, LeftView, Right, RightView, Sign string
		Holds                                        bool
	}
	v := struct {
		printer
		Night    Night
		Glossary []term
		Groups   []group
		Footed   []footed
		Fails    int
	}{printer: p, Night: d.Night, Glossary: glossary}
	for _, x := range pairs(d) {
		f := footed{What: clean(x.What.In(p.lang), 120), LeftView: x.LeftView, RightView: x.RightView, Holds: x.holds(), Sign: "="}
		if x.Money {
			// Exact, not in the page's unit: this is where rounding must not hide anything.
			exact := printer{p.lang, unit{size: 100, places: 2}}
			f.Left, f.Right = exact.Amount(Money(x.Left)), exact.Amount(Money(x.Right))
		} else {
			f.Left, f.Right = p.Count(int(x.Left)), p.Count(int(x.Right))
		}
		if x.Unless {
			f.Sign = "≤"
		}
		if !f.Holds {
			v.Fails++
		}
		v.Footed = append(v.Footed, f)
	}
	printed := map[string]bool{}
	for _, s := range Sections {
		g := group{Title: s.Title.In(p.lang)}
		for _, name := range s.Queries {
			if printed[name] {
				continue
			}
			printed[name] = true
			sql, err := readerQuery(name, d.Night)
			if err != nil {
				sql = "-- " + err.Error()
			}
			g.Queries = append(g.Queries, query{name, grainOf(name), sql, strings.Join(viewsOf(name), ", ")})
		}
		if len(g.Queries) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	return v
}
