package validation

import (
	"math"
)

func lossPlace(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, 0) {
		return one(f)
	}
	var book []Loan
	realised, unknown, expected := 0.0, 0, 0.0
	for k, i := range n.head.rows {
		r := &n.Rows[i]
		if !(r.EAD >= 0) || !(r.LGD >= 0 && r.LGD <= 1) {
			unknown++
			continue
		}
		book = append(book, Loan{n.head.pd[k], r.EAD, r.LGD})
		expected += n.head.pd[k] * r.EAD * r.LGD
		switch {
		case !math.IsNaN(r.Loss):
			realised += r.Loss
		case r.Default == 1:
			unknown++
		}
	}
	if unknown > 0 || expected == 0 {
		return one(f.gray("Not judged: %s customers of %s lack exposure, loss given default or, after their default, the loss.", "未评定：%[2]s 样本中 %[1]s 个客户缺少敞口、违约损失率或违约后的实际损失。", whole(unknown), n.head.label))
	}
	draws, err := LossDistribution(book, n.b.Rho[0], 5*n.b.Bootstraps, n.Seed)
	if err != nil {
		return one(f.undefined(err))
	}
	place := Place(draws, realised)
	f.Value, f.Statistic, f.Effect, f.Light, f.Amount = number(place), number(realised), number(realised/expected), n.b.Losses.light(place), number(realised-expected)
	return one(f.say("Realised loss %s, expected %s: larger than in %s of simulated years (correlation %s).", "实际损失 %s，预期损失 %s：高于 %s 的模拟年份（相关系数 %s）。",
		digits(realised), digits(expected), percent(place), digits(n.b.Rho[0])))
}

// failed are the defaulted rows of the cohorts apart with what they owed and, where it is known, lost.
func (n *night) failed(pass func(r *Row) bool) (rows []*Row) {
	for _, s := range n.apart {
		for _, i := range s.rows {
			if r := &n.Rows[i]; r.Default == 1 && pass(r) {
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func lgdTest(n *night) []*finding {
	f := on("book")
	rows := n.failed(func(r *Row) bool { return r.Exposed > 0 && !math.IsNaN(r.Loss) && r.LGD >= 0 })
	f.N, f.D = float64(len(rows)), float64(len(rows))
	if need := n.b.LGD.Need; f.D < need {
		return one(f.gray("Not judged: %s defaults have a realised loss; needs %s more.", "未评定：有实际损失的违约仅 %s 个；还需 %s 个。", digits(f.D), digits(need-f.D)))
	}
	var real, estimate []float64
	short := 0.0
	for _, r := range rows {
		real, estimate = append(real, min(max(r.Loss/r.Exposed, 0), 1.5)), append(estimate, r.LGD)
		short += r.Loss - r.LGD*r.Exposed
	}
	t, p, err := TooLow(real, estimate)
	if err != nil {
		return one(f.undefined(err))
	}
	gap := mean(real) - mean(estimate)
	f.Value, f.Statistic, f.Amount = number(mean(real)), number(t), number(short)
	n.byP(f, p, gap, n.b.LGD.Floor, gap >= n.b.LGD.Floor)
	f.say("Defaults lost %s of their exposure on average, %s estimated; t %s on %s defaults.", "违约平均损失敞口的 %s，估计为 %s；t 值 %s，违约 %s 个。", percent(mean(real)), percent(mean(estimate)), digits(t), digits(f.D))
	if a, err := GeneralisedAUC(estimate, real); err == nil {
		f.say(" Estimates rank %s of the pairs of losses.", "估计值对 %s 的损失对排序正确。", percent(a))
	}
	return one(f)
}

func eadFactor(n *night) []*finding {
	f := on("book")
	rows := n.failed(func(r *Row) bool { return r.Exposed >= 0 && r.EAD > 0 })
	f.N, f.D = float64(len(rows)), float64(len(rows))
	if f.D < n.b.LGD.Need {
		return one(f.gray("Not judged: %s defaults have a realised exposure; needs %s more.", "未评定：有实际敞口的违约仅 %s 个；还需 %s 个。", digits(f.D), digits(n.b.LGD.Need-f.D)))
	}
	real, estimate := 0.0, 0.0
	for _, r := range rows {
		real, estimate = real+r.Exposed, estimate+r.EAD
	}
	factor := real / estimate
	f.Value, f.Effect, f.Light, f.Amount = number(factor), number(factor), n.b.EAD.light(factor), number(real-estimate)
	return one(f.say("%s defaults owed %s, %s times the predicted exposure.", "%s 个违约客户实际敞口 %s，为预测的 %s 倍。", digits(f.D), digits(real), digits(factor)))
}

func writeOffs(n *night) []*finding {
	p := n.Money.Provisions
	var found []*finding
	for _, kind := range []struct {
		scope, en, zh string
		provision     func() float64
	}{
		{"matrix", "The provision matrix of twelve months ago", "十二个月前的准备金矩阵", func() float64 { return p.Matrix }},
		{"model", "The model's provision of twelve months ago", "十二个月前的模型准备金", func() float64 { return p.Model }},
	} {
		f := on(kind.scope)
		found = append(found, f)
		if p == nil || !(kind.provision() > 0) || !(p.WrittenOff >= 0) {
			f.gray("Not judged: provisions of twelve months ago, or what was written off since, are not known.", "未评定：缺少十二个月前的准备金或此后的核销金额。")
			continue
		}
		over := p.WrittenOff / kind.provision()
		f.Value, f.Effect, f.Light, f.Amount = number(over), number(over), n.b.WriteOffs.light(over), number(p.WrittenOff-kind.provision())
		f.add(kind.en+" was "+amount(kind.provision())+"; "+amount(p.WrittenOff)+" was written off since, "+digits(over)+" times as much.",
			kind.zh+"为 "+amount(kind.provision())+"；此后核销 "+amount(p.WrittenOff)+"，为其 "+digits(over)+" 倍。")
	}
	return found
}

func paymentDates(n *night) []*finding {
	f, p := on("book"), n.Money.Payments
	if p == nil || p.N == 0 {
		return one(f.gray("Not judged: no invoice was paid after a date had been forecast for it.", "未评定：没有在预测付款日之后付款的发票。"))
	}
	share := float64(p.Covered) / float64(p.N)
	f.N, f.Value, f.Effect = float64(p.N), number(share), number(ratio(p.Naive-p.Pinball, p.Naive))
	f.Light = n.b.Dates.light(share)
	if f.Light == Red { // no bound of amber: only worse than the naive forecast is red
		f.Light = Amber
	}
	if p.Pinball >= p.Naive {
		f.Light = Red
	}
	return one(f.say("%s of %s payments fell into their 80 %% interval; pinball loss %s days against %s of due date and own average delay.", "%s 的付款（共 %s 笔）落入 80%% 区间；分位损失 %s 天，简单预测（到期日加平均延迟）为 %s 天。",
		percent(share), whole(p.N), digits(p.Pinball), digits(p.Naive)))
}

func cashForecast(n *night) []*finding {
	f := on("book")
	off, bias, actual := 0.0, 0.0, 0.0
	for _, w := range n.Money.Cash {
		if w.Week >= 1 && w.Week <= 13 {
			f.N++
			off, bias, actual = off+math.Abs(w.Forecast-w.Actual), bias+w.Forecast-w.Actual, actual+math.Abs(w.Actual)
		}
	}
	if f.N == 0 || !(actual > 0) {
		return one(f.gray("Not judged: no week of a cash forecast has come to its end.", "未评定：没有已结束的现金预测周。"))
	}
	e, b := off/actual, bias/actual
	f.Value, f.Effect, f.Amount = number(e), number(b), number(bias)
	f.Light = darker(n.b.CashError.light(e), n.b.CashBias.light(math.Abs(b)))
	return one(f.say("Over %s weeks the cash forecast missed by %s of the cash, with a bias of %s.", "%s 周现金预测误差为现金的 %s，偏差 %s。", digits(f.N), percent(e), percent(b)))
}

// holdProfit is what holding orders from the first cut on would have kept, less the margin given up: customers that were
// held show no untreated outcome, so that those of their grade that were not held stand for them.
func holdProfit(n *night) []*finding {
	f := on("book")
	if len(n.Cuts) == 0 {
		return one(f.gray("Not judged: the night handed in no grade at which decisions change.", "未评定：本夜未提供决策分界等级。"))
	}
	if n.short(f, n.head, 0) {
		return one(f)
	}
	type part struct{ all, n, sum, squares float64 }
	parts := make([]part, len(n.Grades))
	margin := false
	for _, i := range n.head.rows {
		r := &n.Rows[i]
		p := &parts[r.Grade]
		p.all++
		if r.Held {
			continue
		}
		margin = margin || r.Margin > 0
		kept := -r.Margin
		if r.Default == 1 {
			loss := r.Loss
			if math.IsNaN(loss) {
				loss = zeroNaN(r.EAD * r.LGD)
			}
			kept += loss
		}
		p.n, p.sum, p.squares = p.n+1, p.sum+kept, p.squares+kept*kept
	}
	if !margin {
		return one(f.gray("Not judged: the night handed in no margins.", "未评定：本夜未提供毛利。"))
	}
	profit := func(from int) (total, se, untreated float64) {
		variance := 0.0
		for _, p := range parts[min(max(from, 0), len(parts)):] {
			if p.n == 0 {
				continue
			}
			m := p.sum / p.n
			total += p.all * m
			untreated += p.n
			if p.n > 1 {
				variance += p.all * p.all * (p.squares - p.n*m*m) / (p.n - 1) / p.n
			}
		}
		return total, math.Sqrt(max(variance, 0)), untreated
	}
	cut := n.Cuts[0]
	total, se, untreated := profit(cut.Grade)
	f.N = untreated
	if untreated < n.b.HoldReward.Need {
		return one(f.gray("Not judged: %s customers beyond the cut were not held; needs %s more.", "未评定：分界以外未被暂停的客户仅 %s 个；还需 %s 个。", digits(untreated), digits(n.b.HoldReward.Need-untreated)))
	}
	best := cut.Grade
	for g := range n.Grades {
		a, _, _ := profit(g)
		if b, _, _ := profit(best); a > b {
			best = g
		}
	}
	lo, hi := total-1.96*se, total+1.96*se
	f.Value, f.Statistic, f.Amount, f.Light = number(total), number(se), number(total), shade(lo > 0, hi >= 0)
	f.say("Holding orders from grade %s on keeps %s over %s months (95 %% interval %s to %s), losses avoided less margin given up.", "自等级 %s 起暂停发货，%[3]s 个月内净收益 %[2]s（95%% 区间 %[4]s 至 %[5]s），即避免的损失减去放弃的毛利。",
		n.Grades[min(max(cut.Grade, 0), len(n.Grades)-1)], digits(total), whole(n.Horizon), digits(lo), digits(hi))
	if best != cut.Grade {
		a, _, _ := profit(best)
		f.say(" From grade %s on it would be %s.", "若自等级 %s 起则为 %s。", n.Grades[best], digits(a))
	}
	return one(f)
}
