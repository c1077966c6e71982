package report

import (
	"errors"
	"fmt"
	"strconv"
)

// A pair is two figures of the page that must be the same.
type pair struct {
	What                Text
	LeftView, RightView string
	Left, Right         int64
	Money               bool // 1/10000 of the currency; otherwise a count
	Unless              bool // left must only not be above right
}

func (x pair) holds() bool {
	if x.Unless {
		return x.Left <= x.Right
	}
	return x.Left == x.Right
}

func (x pair) figure(v int64) string {
	if x.Money {
		return Money(v).String()
	}
	return strconv.FormatInt(v, 10)
}

// Check holds the figures of the page against each other and returns every pair that does not foot, naming both
// views and both amounts. A night with such a pair must not be published.
func Check(d Data) []error {
	var out []error
	for _, x := range pairs(d) {
		if !x.holds() {
			out = append(out, fmt.Errorf("report does not foot: %s: view %s says %s, view %s says %s",
				x.What.EN, x.LeftView, x.figure(x.Left), x.RightView, x.figure(x.Right)))
		}
	}
	for _, c := range d.Ageing {
		if bucketOrder(c.Bucket) == len(buckets) {
			out = append(out, fmt.Errorf("report does not foot: view ageing has bucket %q (%s %s), want one of the report's buckets", c.Bucket, c.Currency, c.Open))
		}
	}
	for _, c := range d.Warnings.Counts {
		if c.Tier < 1 || c.Tier > 3 || c.Severity < 1 || c.Severity > 4 {
			out = append(out, fmt.Errorf("report does not foot: view warnings has %d warnings of tier %d, severity %d, want tiers 1 to 3 and severities 1 to 4", c.Open, c.Tier, c.Severity))
		}
	}
	return out
}

// Footed is Check as one error, nil when the page foots.
func Footed(d Data) error { return errors.Join(Check(d)...) }

// pairs lists what must foot, in the order of the page.
func pairs(d Data) []pair {
	book, before, open := d.Headline.Book, d.Headline.BookBefore, sumOpen(d.Headline.Open)
	earlier := "no earlier night"
	if !d.Night.IsFirst() {
		earlier = d.Night.PreviousAsOf.String()
	}
	var out []pair
	money := func(what Text, leftView string, left Money, rightView string, right Money) {
		out = append(out, pair{What: what, LeftView: leftView, Left: int64(left), RightView: rightView, Right: int64(right), Money: true})
	}
	count := func(what Text, leftView string, left int, rightView string, right int) {
		out = append(out, pair{What: what, LeftView: leftView, Left: int64(left), RightView: rightView, Right: int64(right)})
	}

	var grades Grade
	for _, g := range d.Grades {
		grades.Customers += g.Customers
		grades.Exposure += g.Exposure
		grades.ExpectedLoss += g.ExpectedLoss
	}
	count(Text{"customers by grade", "各等级客户数"}, "score_history (by grade)", grades.Customers, "score_history", book.Customers)
	money(Text{"exposure by grade", "各等级敞口"}, "score_history (by grade)", grades.Exposure, "score_history", book.Exposure)
	money(Text{"expected loss by grade", "各等级预期损失"}, "score_history (by grade)", grades.ExpectedLoss, "score_history", book.ExpectedLoss)
	cover, losses := d.Headline.Cover, d.Losses
	money(Text{"exposure and what covers it", "敞口与覆盖"}, "losses (cover)", cover.Total-cover.Covered, "score_history", book.Exposure)
	count(Text{"customers with a loss", "损失表客户数"}, "losses", losses.Customers, "score_history", book.Customers)
	money(Text{"exposure before cover less cover", "覆盖前敞口减覆盖"}, "losses", losses.Total-losses.Covered, "losses (ead)", losses.Exposure)
	money(Text{"exposure at default", "违约敞口"}, "losses", losses.Exposure, "score_history", book.Exposure)
	money(Text{"expected loss", "预期损失"}, "losses", losses.ExpectedLoss, "score_history", book.ExpectedLoss)
	out = append(out, pair{What: Text{"expected loss without insurance", "未投保敞口的预期损失"}, LeftView: "losses", Left: int64(losses.UninsuredLoss), RightView: "losses", Right: int64(losses.ExpectedLoss), Money: true, Unless: true})
	for i, y := range losses.Years {
		level := strconv.FormatFloat(y.Level, 'g', 4, 64)
		money(Text{"expected loss at level " + level, level + " 水平的预期损失"}, "loss_quantiles", y.ExpectedLoss, "losses", losses.ExpectedLoss)
		if i > 0 {
			out = append(out, pair{What: Text{"loss of a worse year at level " + level, level + " 水平年度损失"}, LeftView: "loss_quantiles (level before)", Left: int64(losses.Years[i-1].Loss), RightView: "loss_quantiles", Right: int64(y.Loss), Money: true, Unless: true})
		}
	}
	for _, s := range losses.Stress {
		money(Text{"scenario " + s.Scenario + " without its extra loss", "情景 " + s.Scenario + " 扣除增量"}, "stress", s.Loss-s.Extra, "losses", losses.ExpectedLoss)
	}

	if b := d.Bridge; b != nil {
		sum := b.Opening
		for _, c := range b.causes() {
			sum += c.Amount
		}
		money(Text{"start of the bridge", "预期损失桥起点"}, "score_history (bridge)", b.Opening, "score_history ("+earlier+")", before.ExpectedLoss)
		money(Text{"bridge of the expected loss", "预期损失桥合计"}, "score_history (bridge)", sum, "score_history", book.ExpectedLoss)
		money(Text{"end of the bridge", "预期损失桥终点"}, "score_history (bridge)", b.Closing, "score_history", book.ExpectedLoss)
		count(Text{"customers carried over", "客户数结转"}, "score_history (bridge)", before.Customers+b.New-b.Left, "score_history", book.Customers)
	}

	flow := d.Warnings.flow()
	var openBefore, listed int
	for _, c := range d.Warnings.CountsBefore {
		openBefore += c.Open
	}
	for _, c := range d.Warnings.Counts {
		listed += c.Open
	}
	all := flow[3]
	count(Text{"warnings open before", "前一晚未关闭预警"}, "warnings (flow)", all.Opening, "warnings ("+earlier+")", openBefore)
	count(Text{"warnings open tonight", "本晚未关闭预警"}, "warnings (flow)", all.Open, "warnings (by tier and severity)", listed)
	for _, f := range flow[:3] {
		tier := 0
		for _, c := range d.Warnings.Counts {
			if c.Tier == f.Tier {
				tier += c.Open
			}
		}
		count(Text{"warnings carried over, tier " + strconv.Itoa(f.Tier), strconv.Itoa(f.Tier) + " 级预警结转"}, "warnings (flow)",
			f.Opening+f.New-f.Closed-f.Held-f.Other, "warnings (by tier and severity)", tier)
	}
	count(Text{"serious new warnings listed", "列示的新增严重预警"}, "warnings (list)", len(d.Warnings.Serious), "warnings (flow)", min(seriousLimit, d.Warnings.newlySerious()))
	count(Text{"closed warnings listed", "列示的已关闭预警"}, "warnings (list)", len(d.Warnings.Closed), "warnings (flow)", min(closedLimit, all.Closed))

	count(Text{"open warnings that people are shown", "已提交的未关闭预警"}, "warnings (budget)", d.Record.Shown, "warnings (by tier and severity)", listed)
	count(Text{"warnings beyond the alarm budget listed", "列示的超出处理能力的预警"}, "warnings (list)", len(d.Record.Left), "warnings (budget)", min(leftLimit, d.Record.LeftOut))

	for _, o := range d.Headline.Open {
		items, amount, base := 0, Money(0), Money(0)
		for _, c := range d.Ageing {
			if c.Currency == o.Currency {
				items, amount, base = items+c.Items, amount+c.Open, base+c.OpenBase
			}
		}
		count(Text{"open items in " + o.Currency, o.Currency + " 未清项目数"}, "ageing", items, "open_items", o.Items)
		money(Text{"open amount in " + o.Currency, o.Currency + " 未清金额"}, "ageing", amount, "open_items", o.Open)
		if o.Currency != d.Night.Currency {
			money(Text{"open amount in " + o.Currency + ", converted", o.Currency + " 未清金额（折算）"}, "ageing", base, "open_items", o.OpenBase)
		}
	}
	var aged, overdue, over90, unapplied Money
	for _, c := range d.Ageing {
		aged += c.OpenBase
		switch i := bucketOrder(c.Bucket); {
		case c.Bucket == "unapplied":
			unapplied += c.OpenBase
		case i < len(buckets) && buckets[i].Overdue:
			overdue += c.OpenBase
			if i >= bucketOrder("91-120") {
				over90 += c.OpenBase
			}
		}
	}
	money(Text{"open amount, all currencies", "全部币种未清金额"}, "ageing", aged, "open_items", open.OpenBase)
	money(Text{"open amount = invoices + unapplied cash", "未清金额 = 发票 + 未核销收款"}, "open_items", open.InvoicesBase+open.UnappliedBase, "open_items (all)", open.OpenBase)
	money(Text{"overdue", "逾期金额"}, "ageing (overdue buckets)", overdue, "open_items (days past due)", open.OverdueBase)
	money(Text{"more than 90 days overdue", "逾期 90 天以上"}, "ageing (buckets from 91-120)", over90, "open_items (days past due)", open.Over90Base)
	money(Text{"unapplied cash", "未核销收款"}, "ageing (unapplied)", unapplied, "open_items (kind)", open.UnappliedBase)

	var urgent Money
	for _, u := range d.Urgent {
		urgent += u.Overdue
	}
	count(Text{"most urgent customers listed", "列示的最紧急客户"}, "worklist (ten)", len(d.Urgent), "worklist", min(10, d.Worklist.Customers))
	out = append(out, pair{What: Text{"overdue of the ten", "十家客户逾期金额"}, LeftView: "worklist (ten)", Left: int64(urgent), RightView: "worklist", Right: int64(d.Worklist.Overdue), Money: true, Unless: true})

	if v := d.Provisions; v.Known {
		var sum ProvisionMethod
		for _, x := range v.Methods {
			sum.Open, sum.Matrix, sum.Model = sum.Open+x.Open, sum.Matrix+x.Matrix, sum.Model+x.Model
		}
		money(Text{"open amount provided for", "计提对象的未清金额"}, "provisions", v.Open, "open_items (all)", open.OpenBase)
		money(Text{"open amount by method", "各计提方法的未清金额"}, "provisions (customers)", sum.Open, "provisions", v.Open)
		money(Text{"matrix provision by method", "各计提方法的矩阵准备"}, "provisions (customers)", sum.Matrix, "provisions", v.Matrix)
		money(Text{"model provision by method", "各计提方法的模型准备"}, "provisions (customers)", sum.Model, "provisions", v.Model)
		money(Text{"model provision = expected loss", "模型准备 = 预期损失"}, "provisions", v.Model, "score_history", book.ExpectedLoss)
		money(Text{"from one provision to the other", "两种准备之间的差异"}, "provisions (parts)", v.Matrix+v.ByExposure+v.ByCover+v.BySeverity+v.ByProbability+v.ByUnscored, "provisions", v.Model)
		money(Text{"movement of the matrix provision", "矩阵准备的变动"}, "provisions (movement)", v.Opening+v.Fresh+v.Released+v.WrittenOff+v.FX, "provisions", v.Matrix)
	}

	var dunned Money
	for _, c := range d.Dunning.First {
		dunned += c.Open
	}
	out = append(out, pair{What: Text{"customers to dun listed", "列示的催款客户"}, LeftView: "dunning (list)", Left: int64(dunned), RightView: "dunning (by step)", Right: int64(d.Dunning.of("proposed").Open), Money: true, Unless: len(d.Dunning.First) == dunnedLimit})

	money(Text{"interest of findings and invoices", "问题清单与发票的利息"}, "contract_findings", d.Contracts.of("late_interest").Amount, "late_interest", d.Contracts.claimed().Interest)
	findings := -d.Contracts.of("late_interest").Findings
	for _, t := range d.Contracts.Totals {
		findings += t.Findings
	}
	out = append(out, pair{What: Text{"contract findings listed", "列示的合同问题"}, LeftView: "contract_findings (list)", Left: int64(len(d.Contracts.Nearest)), RightView: "contract_findings", Right: int64(findings), Unless: len(d.Contracts.Nearest) == nearestLimit})
	if r := d.Reconciliation; r.Book != nil {
		var sum Reconciled
		for _, c := range r.Currencies {
			sum.SubledgerBase, sum.Rounding, sum.DueWrong = sum.SubledgerBase+c.SubledgerBase, sum.Rounding+c.Rounding, sum.DueWrong+c.DueWrong
		}
		money(Text{"sub-ledger = open items", "明细账 = 未清项目"}, "reconciliation", r.Book.SubledgerBase+r.Book.Rounding, "open_items (all)", open.OpenBase)
		money(Text{"sub-ledger by currency", "各币种明细账"}, "reconciliation (currencies)", sum.SubledgerBase, "reconciliation", r.Book.Subledger)
		count(Text{"wrong due dates by currency", "各币种到期日不符"}, "reconciliation (currencies)", sum.DueWrong, "reconciliation", r.Book.DueWrong)
		count(Text{"mismatches listed", "列示的不符事项"}, "reconciliation_items (list)", len(r.First), "reconciliation_items", min(mismatchLimit, r.listed()))
	}

	l := d.Limits
	var advised LimitAdvice
	for _, a := range l.Advised {
		advised.Customers += a.Customers
		advised.Exposure += a.Exposure
		advised.InForce += a.InForce
		advised.Recommended += a.Recommended
	}
	count(Text{"customers with a limit decision", "有额度决策的客户数"}, "limits", l.Customers, "score_history", book.Customers)
	count(Text{"customers by advice", "各额度建议客户数"}, "limits (by advice)", advised.Customers, "limits", l.Customers)
	money(Text{"exposure by advice", "各额度建议敞口"}, "limits (by advice)", advised.Exposure, "limits", l.Exposure)
	money(Text{"limits in force by advice", "各额度建议的生效额度"}, "limits (by advice)", advised.InForce, "limits", l.InForce)
	money(Text{"recommended limits by advice", "各额度建议的建议额度"}, "limits (by advice)", advised.Recommended, "limits", l.Recommended)
	count(Text{"overruns listed", "列示的超额度客户"}, "limits (list)", len(l.Overruns), "limits", min(overrunLimit, l.Over))
	for _, recommend := range []struct {
		key   string
		limit int
		what  Text
	}{{"hold", holdLimit, Text{"holds listed", "列示的停发货建议"}}, {"approve", releaseLimit, Text{"deliveries to approve listed", "列示的待批准发货"}}, {"release", releaseLimit, Text{"releases listed", "列示的恢复发货建议"}}} {
		n, blocked := l.listed(recommend.key)
		count(recommend.what, "holds (list)", n, "holds", min(recommend.limit, l.total(recommend.key).Customers))
		out = append(out, pair{What: recommend.what, LeftView: "holds (list, deliveries)", Left: int64(blocked), RightView: "holds", Right: int64(l.total(recommend.key).Blocked), Money: true, Unless: true})
	}

	g := d.Groups
	count(Text{"customers by group", "各集团客户数"}, "group_exposure", g.Customers, "limits", l.Customers)
	money(Text{"exposure by group", "各集团敞口"}, "group_exposure", g.Exposure, "limits", l.Exposure)
	breaches := 0
	for _, c := range g.Concentration {
		breaches += c.Breaches
		dimension := dimensions[c.Dimension].EN
		money(Text{"exposure of the book by " + dimension, "按" + dimensions[c.Dimension].ZH + "的敞口"}, "concentration ("+c.Dimension+")", c.Exposure, "limits", l.Exposure)
		if c.Dimension != "book" {
			money(Text{"parts of the book by " + dimension, "按" + dimensions[c.Dimension].ZH + "的各部分之和"}, "concentration (parts of "+c.Dimension+")", c.Parts, "concentration ("+c.Dimension+")", c.Exposure)
		}
	}
	for _, t := range g.Top {
		if t.Breach {
			breaches++
		}
	}
	count(Text{"concentrations above their bound listed", "列示的超限集中度"}, "concentration (list)", len(g.Breaches), "concentration", min(breachLimit, breaches))

	v := d.Reviews
	count(Text{"customers with a review", "有复审安排的客户数"}, "reviews", v.Customers, "limits", l.Customers)
	count(Text{"reviews listed", "列示的复审"}, "reviews (list)", len(v.First), "reviews", min(reviewLimit, v.Overdue+v.Soon))
	whole, owners := v.book()
	var owned Coverage
	for _, o := range owners {
		owned.Customers += o.Customers
		owned.ExpectedLoss += o.ExpectedLoss
		owned.TouchedLoss += o.TouchedLoss
		owned.VisitsOverdue += o.VisitsOverdue
	}
	count(Text{"customers by owner", "各责任人客户数"}, "coverage (by owner)", owned.Customers, "coverage (book)", whole.Customers)
	money(Text{"expected loss by owner", "各责任人预期损失"}, "coverage (by owner)", owned.ExpectedLoss, "coverage (book)", whole.ExpectedLoss)
	money(Text{"expected loss reached by owner", "各责任人已联系客户预期损失"}, "coverage (by owner)", owned.TouchedLoss, "coverage (book)", whole.TouchedLoss)
	count(Text{"visits overdue by owner", "各责任人逾期走访"}, "coverage (by owner)", owned.VisitsOverdue, "coverage (book)", whole.VisitsOverdue)

	for _, s := range d.Quality.Sources {
		count(Text{"rows read of " + s.Source + " = accepted + rejected + duplicates", s.Source + " 读取行数 = 接受 + 拒收 + 重复"}, "source_counts (parts)",
			s.Accepted+s.Rejected+s.Duplicates, "source_counts (read)", s.Read)
		count(Text{"rejected rows of " + s.Source, s.Source + " 拒收行数"}, "rejects", rejectsOf(d, s.Source), "source_counts", s.Rejected)
	}
	known := map[string]bool{}
	for _, s := range d.Quality.Sources {
		known[s.Source] = true
	}
	for _, r := range d.Quality.Rejects {
		if !known[r.Source] {
			known[r.Source] = true
			count(Text{"rejected rows of " + r.Source, r.Source + " 拒收行数"}, "rejects", r.OfSource, "source_counts", 0)
		}
	}
	notGreen := 0
	for light, n := range d.Quality.Lights {
		if light != "green" {
			notGreen += n
		}
	}
	if t := d.Quality.tonight(d.Night.AsOf); t != nil {
		count(Text{"checks behind the score", "评分所依据的检查"}, "data_quality", t.Judged+t.NotJudged, "checks", notGreen+d.Quality.Lights["green"])
	}
	count(Text{"checks listed", "列示的检查"}, "checks (list)", len(d.Quality.Checks), "checks (by light)", min(checkLimit, notGreen))
	if m := d.Validation.judged(); m != nil {
		results, alarming, open, openAlarming, listed := d.Validation.counts()
		count(Text{"validation tests by family", "各类模型验证检验数"}, "validation_results", results, "validations", m.Results)
		count(Text{"validation tests that are red or amber = open findings", "红灯与黄灯检验数 = 未关闭发现数"}, "validation_results", alarming, "validation_findings", openAlarming)
		out = append(out, pair{What: Text{"validation findings listed", "列示的模型验证发现"}, LeftView: "validation_findings (list)", Left: int64(listed), RightView: "validation_findings", Right: int64(open),
			Unless: len(d.Validation.Findings) == findingLimit})
	}
	return out
}

// checkLimit is how many checks the page lists, as in the query.
const checkLimit = 60

func rejectsOf(d Data, source string) int {
	for _, r := range d.Quality.Rejects {
		if r.Source == source {
			return r.OfSource
		}
	}
	return 0
}
