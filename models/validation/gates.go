package validation

// The gates come before any statistic: with a red one the figures below may be right and mean nothing.

// counted is grey while the night has not counted itself.
func (n *night) counted(f *finding) bool {
	if n.Process.Eligible > 0 {
		return true
	}
	f.gray("Not judged: the night did not count its customers; it will when it hands in the counts of its own work.",
		"未评定：本夜未统计自身工作；提供统计后即可评定。")
	return false
}

func coverage(n *night) []*finding {
	f, p := on("book"), n.Process
	if n.counted(f) {
		share := float64(p.Scored) / float64(p.Eligible)
		f.N, f.Value, f.Light = float64(p.Eligible), number(share), n.b.Coverage.light(share)
		f.say("%s of %s eligible customers have a score, %s.", "%s 个客户已评分，应评 %s 个，覆盖率 %s。",
			whole(p.Scored), whole(p.Eligible), percent(share))
	}
	return one(f)
}

func outdated(n *night) []*finding {
	p := n.Process
	f, e := on("book"), on("book exposure")
	if n.counted(f) {
		share := ratio(float64(p.Outdated), float64(p.Scored))
		f.N, f.Value, f.Light = float64(p.Scored), number(share), n.b.Outdated.light(share)
		f.say("%s of %s scores rest on inputs older than the policy allows, %s.", "%s 个评分（共 %s 个）所用输入超过政策允许的期限，占 %s。",
			whole(p.Outdated), whole(p.Scored), percent(share))
	}
	if n.counted(e) {
		if p.TotalEAD <= 0 {
			e.gray("Not judged: the night handed in no exposure.", "未评定：本夜未提供敞口。")
		} else {
			share := p.OutdatedEAD / p.TotalEAD
			e.N, e.Value, e.Light, e.Amount = float64(p.Scored), number(share), n.b.Outdated.light(share), number(p.OutdatedEAD)
			e.say("%s of %s exposure rests on outdated inputs, %s.", "过期输入涉及敞口 %s，总敞口 %s，占 %s。",
				digits(p.OutdatedEAD), digits(p.TotalEAD), percent(share))
		}
	}
	return []*finding{f, e}
}

func exclusions(n *night) []*finding {
	f, p := on("book"), n.Process
	if !n.counted(f) {
		return one(f)
	}
	share := ratio(float64(p.Excluded), float64(p.Eligible))
	unexplained := p.ExcludedUnexplained + p.UnratedUnexplained
	f.N, f.D, f.Value, f.Light = float64(p.Eligible), float64(p.Defaults), number(share), n.b.Excluded.light(share)
	if unexplained > 0 {
		f.Light = Red
	}
	f.say("%s of %s customers are excluded from rating (%s); of %s defaults of the last year %s had no rating the night before and %s were technical; %s cases are unexplained.",
		"%s 个客户被排除在评级之外，共 %s 个（%s）；过去一年违约 %s 笔，其中 %s 笔违约前无评级，技术性违约 %s 笔；未解释 %s 例。",
		whole(p.Excluded), whole(p.Eligible), percent(share), whole(p.Defaults), whole(p.Unrated), whole(p.TechnicalDefaults), whole(unexplained))
	return one(f)
}

func ledger(n *night) []*finding {
	f, d := on("book"), n.Process.LedgerDifference
	if !n.counted(f) {
		return one(f)
	}
	if d != d {
		return one(f.gray("Not judged: the open amount of the ledger was not compared.", "未评定：未与台账未结金额核对。"))
	}
	f.Value, f.Amount, f.Light = number(d), number(d), shade(d == 0, false)
	return one(f.say("The open amount of the features differs from that of the ledger by %s.", "特征中的未结金额与台账相差 %s。", amount(d)))
}

func ranges(n *night) []*finding {
	f := on("book")
	bad := n.Process.Unnatural + n.bad
	if !n.counted(f) && n.bad == 0 {
		return one(f)
	}
	f.EN, f.ZH = "", ""
	f.N, f.Value, f.Light = float64(len(n.Input.Rows)), number(float64(bad)), shade(bad == 0, false)
	return one(f.say("%s feature values are NaN, infinite or out of range; %s past rows have no valid PD, grade or outcome and were left out.",
		"%s 个特征值为 NaN、无穷或超出范围；%s 条历史记录缺少有效的违约概率、等级或结果，已剔除。", whole(n.Process.Unnatural), whole(n.bad)))
}

func freshness(n *night) []*finding {
	f, p := on("book"), n.Process
	if !n.counted(f) {
		return one(f)
	}
	f.Value, f.Light = number(float64(p.LateSources)), shade(p.LateSources == 0, p.LateSources == 1)
	if p.LateLedger {
		f.Light = Red
		return one(f.say("%s sources are late, the ledger among them.", "%s 个数据源迟到，其中包括台账。", whole(p.LateSources)))
	}
	return one(f.say("%s sources are late; the ledger is in time.", "%s 个数据源迟到；台账按时到达。", whole(p.LateSources)))
}

func population(n *night) []*finding {
	f, p := on("book"), n.Process
	if !n.counted(f) {
		return one(f)
	}
	share := ratio(float64(p.Unexplained), float64(p.Eligible))
	f.N, f.Value, f.Light = float64(p.Eligible), number(share), n.b.Population.light(share)
	return one(f.say("Against the night before %s customers are new and %s gone; %s of these changes are unexplained, %s of the book.",
		"与前一夜相比，新增客户 %s 个，减少 %s 个；其中 %s 个无法解释，占 %s。", whole(p.New), whole(p.Gone), whole(p.Unexplained), percent(share)))
}

func labels(n *night) []*finding {
	f, p := on("book"), n.Process
	if p.LabelsChecked == 0 {
		return one(f.gray("Not judged: no label was derived again from the raw ledger tonight.", "未评定：本夜未从原始台账重新推导标签。"))
	}
	f.N, f.Value, f.Light = float64(p.LabelsChecked), number(float64(p.LabelsDifferent)), shade(p.LabelsDifferent == 0, false)
	return one(f.say("%s labels were derived again from the raw ledger; %s came out different.", "从原始台账重新推导 %s 个标签，%s 个不一致。",
		whole(p.LabelsChecked), whole(p.LabelsDifferent)))
}

// ratio is 0 where there is nothing to divide by.
func ratio(part, all float64) float64 {
	if all == 0 {
		return 0
	}
	return part / all
}
