package validation

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// perGrade makes a finding on the book and on every grade of the newest mature cohort. The book's belongs to the family of
// the book.
func (n *night) perGrade(need float64, judge func(f *finding, c graded, name string)) []*finding {
	book := on("book")
	book.Family = "calibration_book"
	if n.short(book, n.head, 0) {
		return one(book)
	}
	grades := n.grades(n.head)
	all := graded{Cell: Cell{N: n.head.n(), D: n.head.d}}
	for _, g := range grades {
		all.PD += g.N * g.PD / all.N
		all.exposure += g.exposure
	}
	found := one(book)
	enough := func(f *finding, c graded) bool {
		f.N, f.D, f.Value = c.N, c.D, number(c.D/c.N)
		if c.N < need {
			f.gray("Not judged: %s customers; needs %s more.", "未评定：仅 %s 个客户；还需 %s 个。", digits(c.N), digits(need-c.N))
		}
		return c.N >= need
	}
	if enough(book, all) {
		judge(book, all, "book")
	}
	for _, g := range grades {
		f := on("grade " + n.Grades[g.grade])
		found = append(found, f)
		if enough(f, g) {
			judge(f, g, n.Grades[g.grade])
		}
	}
	return found
}

// rates says what was seen and what the PDs said.
func (f *finding) rates(c graded, name string) *finding {
	zh := name
	if name == "book" {
		zh = "全体"
	}
	return f.add(fmt.Sprintf("%s: %s defaults among %s customers, %s, against a PD of %s.", capital(name), digits(c.D), digits(c.N), percent(c.D/c.N), percent(c.PD)),
		fmt.Sprintf("%s：%s 个客户中违约 %s 个，违约率 %s，违约概率 %s。", zh, digits(c.N), digits(c.D), percent(c.D/c.N), percent(c.PD)))
}

func capital(name string) string {
	if name == "book" {
		return "Book"
	}
	return "Grade " + name
}

func tooLow(n *night) []*finding {
	return n.perGrade(n.b.TooLow.Need, func(f *finding, c graded, name string) {
		p, err := Jeffreys(c.N, c.D, c.PD)
		if err != nil {
			f.undefined(err)
			return
		}
		over := c.D / c.N / c.PD
		n.byP(f, p, over, n.b.TooLow.Floor, over >= n.b.TooLow.Floor)
		f.Power = number(JeffreysPower(int(c.N), c.PD, n.b.TooLow.Floor, n.b.Red))
		f.Amount = number(c.exposure)
		f.rates(c, name)
	})
}

func tooHigh(n *night) []*finding {
	return n.perGrade(n.b.TooHigh.Need, func(f *finding, c graded, name string) {
		p, err := Jeffreys(c.N, c.D, c.PD)
		if err != nil {
			f.undefined(err)
			return
		}
		over := c.D / c.N / c.PD
		n.byP(f, 1-p, over, n.b.TooHigh.Floor, over <= n.b.TooHigh.Floor)
		f.Power = number(JeffreysPower(int(c.N), c.PD, n.b.TooHigh.Floor, n.b.Red))
		f.Amount = number(c.exposure)
		f.rates(c, name)
	})
}

func binomials(n *night) []*finding {
	var below []*finding
	above := n.perGrade(n.b.TooLow.Need, func(f *finding, c graded, name string) {
		g := on(f.Scope + " below")
		g.Family, g.N, g.D, g.Value, g.Amount = f.Family, f.N, f.D, f.Value, number(c.exposure)
		below = append(below, g)
		p, err := Binomial(int(c.N), int(c.D), c.PD)
		q, err2 := BinomialAtMost(int(c.N), int(c.D), c.PD)
		if err != nil || err2 != nil {
			f.undefined(err)
			g.undefined(err2)
			return
		}
		over := c.D / c.N / c.PD
		n.byP(f, p, over, n.b.TooLow.Floor, over >= n.b.TooLow.Floor)
		n.byP(g, q, over, n.b.TooHigh.Floor, over <= n.b.TooHigh.Floor)
		f.Power = number(JeffreysPower(int(c.N), c.PD, n.b.TooLow.Floor, n.b.Red))
		g.Power = number(JeffreysPower(int(c.N), c.PD, n.b.TooHigh.Floor, n.b.Red))
		f.Amount = number(c.exposure)
		f.rates(c, name).say(" So many or more have probability %s.", "出现这么多或更多违约的概率为 %s。", digits(p))
		g.rates(c, name).say(" So few or fewer have probability %s.", "出现这么少或更少违约的概率为 %s。", digits(q))
	})
	return append(above, below...)
}

// correlated asks in addition that the customers are so many that the default rate is no accident of a few: the chance of
// as many defaults among them, averaged over the common factor.
func correlated(n *night) []*finding {
	return n.perGrade(n.b.OneFactor.Need, func(f *finding, c graded, name string) {
		if !(c.PD > 0 && c.PD < 1) {
			f.gray("Not judged: the PD is %s.", "未评定：违约概率为 %s。", percent(c.PD))
			return
		}
		rate, rho := c.D/c.N, n.b.Rho[0]
		amber, red := OneFactor(c.PD, rho, n.b.OneFactor.Amber), OneFactor(c.PD, rho, n.b.OneFactor.Red)
		chance := 1.0
		if c.D > 0 {
			chance = 1 - atMostCorrelated(int(c.N), int(c.D)-1, distuv.UnitNormal.Quantile(c.PD), rho)
		}
		f.Statistic, f.P, f.Amount = number(amber), number(max(chance, 0)), number(c.exposure)
		f.Light = shade(rate <= amber || chance > 1-n.b.OneFactor.Amber, rate <= red || chance > 1-n.b.OneFactor.Red)
		f.rates(c, name).say(" With correlated defaults one year in %s exceeds %s and one in %s %s (correlation %s).", "考虑违约相关性，每 %s 年有一年超过 %s，每 %s 年有一年超过 %s（相关系数 %s）。",
			digits(math.Round(1/(1-n.b.OneFactor.Amber))), percent(amber), digits(math.Round(1/(1-n.b.OneFactor.Red))), percent(red), digits(rho))
		for _, other := range n.b.Rho[1:] {
			f.say(" With %s: %s and %s.", "若为 %s：%s 与 %s。", digits(other), percent(OneFactor(c.PD, other, n.b.OneFactor.Amber)), percent(OneFactor(c.PD, other, n.b.OneFactor.Red)))
		}
	})
}

func hosmer(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, n.b.Cells.Need) {
		return one(f)
	}
	cells := Merge(cellsOf(n.grades(n.head)), 5)
	chi2, p, err := HosmerLemeshow(cells, 0)
	if err != nil {
		return one(f.undefined(err))
	}
	worst, most := 0.0, 0.0
	for _, c := range cells {
		e := c.N * c.PD
		worst = max(worst, c.D/e, e/max(c.D, 0.5))
		most = max(most, e)
	}
	f.Value, f.Statistic = number(chi2), number(chi2)
	n.byP(f, p, worst, n.b.Cells.Floor, worst >= n.b.Cells.Floor)
	// The floor in the fullest cell alone.
	shift := most * (n.b.Cells.Floor - 1) * (n.b.Cells.Floor - 1)
	f.Power = number(noncentral(len(cells), shift, distuv.ChiSquared{K: float64(len(cells))}.Quantile(1-n.b.Red)))
	return one(f.say("Chi-square %s over %s cells of grades that expect five defaults or more; the worst cell is off by a factor of %s.",
		"卡方值 %s，共 %s 组（各组预期违约不少于五个）；偏离最大的一组相差 %s 倍。", digits(chi2), whole(len(cells)), digits(worst)))
}

// noncentral is the chance that a chi-square of k degrees and noncentrality shift is above x.
func noncentral(k int, shift, x float64) float64 {
	sum, weight := 0.0, math.Exp(-shift/2)
	if weight == 0 {
		return 1
	}
	for j := 0; j < 1000; j++ {
		sum += weight * mathext.GammaIncRegComp(float64(k)/2+float64(j), x/2)
		weight *= shift / 2 / float64(j+1)
		if weight < 1e-15 && float64(j) > shift/2 {
			break
		}
	}
	return min(sum, 1)
}

func spiegelhalter(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, 0) {
		return one(f)
	}
	if f.N < n.b.Spieg.Need {
		return one(f.gray("Not judged: %s customers; needs %s more.", "未评定：仅 %s 个客户；还需 %s 个。", digits(f.N), digits(n.b.Spieg.Need-f.N)))
	}
	z, p, err := Spiegelhalter(n.head.pd, n.head.y)
	if err != nil {
		return one(f.undefined(err))
	}
	seen, said := 0.0, 0.0
	for k, pd := range n.head.pd {
		y := float64(n.head.y[k])
		seen, said = seen+(y-pd)*(y-pd)/f.N, said+pd*(1-pd)/f.N
	}
	off := math.Abs(seen/said - 1)
	f.Value, f.Statistic = number(seen), number(z)
	n.byP(f, p, off, n.b.Spieg.Floor, off >= n.b.Spieg.Floor)
	return one(f.say("Brier score %s against %s that the PDs promise: z %s.", "Brier 得分 %s，按违约概率应为 %s：z 值 %s。", digits(seen), digits(said), digits(z)))
}

func slope(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, n.b.SlopeNeed) {
		return one(f)
	}
	l, err := LogitLine(n.head.pd, n.head.y)
	if err != nil {
		return one(f.undefined(err))
	}
	f.Value, f.Statistic, f.P, f.Effect = number(l.Slope), number(l.LR), number(l.P), number(l.Slope)
	light := n.b.Slope.light(l.Slope)
	f.decide = func(holm, q float64) Light {
		switch {
		case light == Red && holm <= n.b.Red:
			return Red
		case light == Green && q > n.b.Amber:
			return Green
		}
		return Amber
	}
	d := above(l.Shift, digits)
	f.say("Log-odds of defaults are %s + %s × those of the PD;", "违约对数几率为 %s + %s × 违约概率的对数几率；", digits(l.Intercept), digits(l.Slope))
	f.add(" with slope 1 they lie "+d.EN+" them.", "若斜率为 1，则"+d.ZH+"。")
	switch {
	case l.Slope < 1:
		f.cause = Text{"the model tells customers further apart than their outcomes are", "模型对客户的区分程度大于其实际结果"}
	default:
		f.cause = Text{"the model tells customers less apart than their outcomes are", "模型对客户的区分程度小于其实际结果"}
	}
	return one(f)
}

func brierSkill(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, n.b.Skill.Need) {
		return one(f)
	}
	s, err := CORP(n.head.pd, n.head.y)
	if err != nil {
		return one(f.undefined(err))
	}
	f.Value, f.Statistic, f.Light = number(s.Skill), number(s.Brier), n.b.Skill.light(s.Skill)
	return one(f.say("Brier score %s, %s better than the default rate for everyone; recalibration would gain %s, telling apart gains %s of %s.",
		"Brier 得分 %s，比统一使用违约率好 %s；重新校准可改善 %s，区分能力贡献 %s（不确定性 %s）。",
		digits(s.Brier), percent(s.Skill), digits(s.Reliability), digits(s.Resolution), digits(s.Uncertainty)))
}

func logLoss(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, n.b.LogLoss.Need) {
		return one(f)
	}
	loss, ece, mce, err := AgainstBaseRate(n.head.pd, n.head.y, n.b.Bootstraps, 0.95, n.Seed)
	if err != nil {
		return one(f.undefined(err))
	}
	f.Value, f.Effect, f.Light = number(loss.Value), number(loss.Value), shade(loss.Value < 0, !(loss.Lo > 0))
	return one(f.say("Log loss less that of the default rate for everyone: %s (95 %% interval %s to %s, below 0 is better); PDs are off by %s on average over tenths (%s to %s) and by %s at most (%s to %s).",
		"对数损失与统一使用违约率之差为 %s（95%% 区间 %s 至 %s，负值更优）；十分组平均偏差 %s（%s 至 %s），最大 %s（%s 至 %s）。",
		digits(loss.Value), digits(loss.Lo), digits(loss.Hi), percent(ece.Value), percent(ece.Lo), percent(ece.Hi), percent(mce.Value), percent(mce.Lo), percent(mce.Hi)))
}

// years are default rates and mean PDs of the cohorts apart, oldest first.
func (n *night) years() (dr, pd []float64) {
	for k := len(n.apart) - 1; k >= 0; k-- {
		s := n.apart[k]
		dr, pd = append(dr, s.d/s.n()), append(pd, mean(s.pd))
	}
	return dr, pd
}

func multiYear(n *night) []*finding {
	f := on("book")
	dr, pd := n.years()
	for _, s := range n.apart {
		f.N, f.D = f.N+s.n(), f.D+s.d
	}
	if t := float64(len(dr)); t < n.b.MultiYear.Need {
		return one(f.gray("Not judged: %s cohorts whose outcomes do not overlap; needs %s more of %s months each.", "未评定：结果互不重叠的样本仅 %s 期；还需 %s 期，每期 %s 个月。",
			digits(t), digits(n.b.MultiYear.Need-t), whole(n.Horizon)))
	}
	s, tau, normal, student, err := MultiYear(dr, pd)
	if err != nil {
		return one(f.undefined(err))
	}
	over := mean(dr) / mean(pd)
	f.Value, f.Statistic = number(mean(dr)-mean(pd)), number(s)
	n.byP(f, student, over, n.b.MultiYear.Floor, over >= n.b.MultiYear.Floor)
	d := above(mean(dr)-mean(pd), percent)
	f.add("Default rates lie "+d.EN+" PDs on average", "违约率平均比违约概率"+d.ZH)
	return one(f.say(" over %s cohorts, give or take %s: S %s by Student's t; the normal distribution would say p %s.", "（%s 期样本），波动 %s：S 值 %s（t 检验）；正态近似的 p 值为 %s。",
		whole(len(dr)), percent(tau), digits(s), digits(normal)))
}

func longRun(n *night) []*finding {
	f := on("book")
	dr, pd := n.years()
	expected := 0.0
	for _, s := range n.apart {
		f.N, f.D, expected = f.N+s.n(), f.D+s.d, expected+s.n()*mean(s.pd)
	}
	if len(dr) < 3 {
		return one(f.gray("Not judged: %s cohorts whose outcomes do not overlap; needs %s more of %s months each.", "未评定：结果互不重叠的样本仅 %s 期；还需 %s 期，每期 %s 个月。",
			whole(len(dr)), whole(3-len(dr)), whole(n.Horizon)))
	}
	over := ratio(mean(dr), mean(pd))
	f.Value, f.Effect, f.Light = number(over), number(over), n.b.LongRun.light(over)
	return one(f.say("The mean of %s yearly default rates is %s times that of the PDs; all customers pooled %s times.", "%s 期违约率均值为违约概率均值的 %s 倍；全部客户合并计算为 %s 倍。",
		whole(len(dr)), digits(over), digits(ratio(f.D, expected))))
}

// lowDefault compares every tail of grades, from a grade to the worst, with its own bound: the bound of a grade by itself
// would have to be above the PD of every good grade.
func lowDefault(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, 0) {
		return one(f)
	}
	grades := n.grades(n.apart...)
	cells := cellsOf(grades)
	f.N, f.D = 0, 0
	for _, c := range cells {
		f.N, f.D = f.N+c.N, f.D+c.D
	}
	if f.D > n.b.LowDefault.Most {
		f.Light = Green
		return one(f.say("Not needed: %s defaults are more than the %s of a low-default book.", "无需评定：%s 个违约，多于低违约组合的 %s 个。", digits(f.D), digits(n.b.LowDefault.Most)))
	}
	rho := n.b.Rho[0]
	var found []*finding
	tail := graded{}
	for k := len(cells) - 1; k >= 0; k-- {
		c := cells[k]
		tail.PD = (tail.N*tail.PD + c.N*c.PD) / (tail.N + c.N)
		tail.N, tail.D, tail.exposure = tail.N+c.N, tail.D+c.D, tail.exposure+grades[k].exposure
		name, r := "grade "+n.Grades[grades[k].grade]+" and worse", rho
		if k == 0 {
			name, r = "book", 0
		}
		g := on(name)
		g.N, g.D, g.Amount = tail.N, tail.D, number(tail.exposure)
		var bounds [4]float64
		for b, confidence := range []float64{n.b.LowDefault.Confidence, 0.75, 0.90, 0.95} {
			var err error
			if bounds[b], err = UpperBoundCorrelated(int(tail.N), int(tail.D), r, confidence); err != nil {
				g.undefined(err)
			}
		}
		if g.Light != Grey {
			g.Value, g.Statistic = number(tail.PD), number(bounds[0])
			g.Light = shade(tail.PD >= bounds[0] || tail.D > n.b.LowDefault.Few, false)
			g.say("%s defaults among %s customers: PD %s, upper bounds %s at %s, %s at 75 %%, %s at 90 %% and %s at 95 %% (correlation %s).",
				"%s 个违约，%s 个客户：违约概率 %s，上限 %s（%s）、%s（75%%）、%s（90%%）、%s（95%%），相关系数 %s。",
				digits(tail.D), digits(tail.N), percent(tail.PD), percent(bounds[0]), percent(n.b.LowDefault.Confidence), percent(bounds[1]), percent(bounds[2]), percent(bounds[3]), digits(r))
		}
		found = append([]*finding{g}, found...)
	}
	return found
}

// immature judges the cohorts that are still being followed: the oldest of them exactly, and all of them, which share
// outcomes, with customers (or their groups) as clusters.
func immature(n *night) []*finding {
	f, all := on("book"), on("book clusters")
	var oldest *group
	var observed, expected []float64
	var cluster []int
	names := map[string]int{}
	for g := range n.cohorts {
		c := &n.cohorts[g]
		if c.observed == 0 || c.observed >= n.Horizon {
			continue
		}
		if oldest == nil {
			oldest = c
		}
		for _, i := range c.rows {
			r := &n.Rows[i]
			e := SoFar(n.terms(r), float64(min(r.Observed, n.Horizon)))
			name := r.Group
			if name == "" {
				name = "customer " + r.Customer
			}
			id, ok := names[name]
			if !ok {
				id = len(names)
				names[name] = id
			}
			observed, expected, cluster = append(observed, float64(r.Default)), append(expected, e), append(cluster, id)
			all.N, all.D = all.N+1, all.D+float64(r.Default)
			if c == oldest {
				f.N, f.D = f.N+1, f.D+float64(r.Default)
			}
		}
	}
	e, eAll := 0.0, 0.0
	for k, v := range expected {
		eAll += v
		if k < int(f.N) {
			e += v
		}
	}
	short := func(f *finding, e float64) bool {
		switch {
		case oldest == nil:
			f.gray("Not judged: no cohort is being followed with part of its outcome known.", "未评定：没有结果部分已知的样本。")
		case e < n.b.Immature.Need:
			f.gray("Not judged: %s defaults expected so far; needs %s more.", "未评定：迄今预期违约 %s 个；还需 %s 个。", digits(e), digits(n.b.Immature.Need-e))
		default:
			return false
		}
		return true
	}
	if !short(f, e) {
		p, over := PoissonAtLeast(int(f.D), e), f.D/e
		f.Value, f.Statistic = number(over), number(e)
		n.byP(f, p, over, n.b.Immature.Floor, over >= n.b.Immature.Floor)
		f.Power = number(PoissonPower(e, n.b.Immature.Floor, n.b.Red))
		f.say("%s defaults so far in the cohort of %s against %s expected by now.", "%[2]s 样本迄今违约 %[1]s 个，预期 %[3]s 个。", digits(f.D), oldest.on, digits(e))
	}
	if !short(all, eAll) {
		z, p, err := ClusterZ(cluster, observed, expected)
		if err != nil {
			all.undefined(err)
		} else {
			over := all.D / eAll
			all.Value, all.Statistic = number(over), number(z)
			n.byP(all, p, over, n.b.Immature.Floor, over >= n.b.Immature.Floor)
			all.Power = n.power((n.b.Immature.Floor-1)*eAll, math.Abs((all.D-eAll)/z))
			all.say("In all snapshots being followed %s defaults against %s expected by now; %s customers or groups as clusters, z %s.", "所有跟踪中的快照迄今违约 %s 个，预期 %s 个；按 %s 个客户或集团聚类，z 值 %s。",
				digits(all.D), digits(eAll), whole(len(names)), digits(z))
		}
	}
	return []*finding{f, all}
}

// terms is the row's term structure; without one the hazard is spread evenly over the horizon.
func (n *night) terms(r *Row) [4]float64 {
	whole := true
	for h, p := range r.PD {
		whole = whole && (Horizons[h] > n.Horizon || p > 0)
	}
	if whole {
		return r.PD
	}
	var even [4]float64
	hazard := -math.Log1p(-min(r.PD[n.h], 1-1e-15)) / float64(n.Horizon)
	for h, months := range Horizons {
		even[h] = -math.Expm1(-hazard * float64(months))
	}
	return even
}

func atCuts(n *night) []*finding {
	if len(n.Cuts) == 0 {
		return one(on("book").gray("Not judged: the night handed in no grade at which decisions change.", "未评定：本夜未提供决策分界等级。"))
	}
	var found []*finding
	for _, cut := range n.Cuts {
		f := on("cut " + cut.EN)
		found = append(found, f)
		if n.short(f, n.head, 0) {
			continue
		}
		f.N, f.D = 0, 0
		e := 0.0
		for _, g := range n.grades(n.head) {
			if g.grade == cut.Grade || g.grade == cut.Grade-1 {
				f.N, f.D, e = f.N+g.N, f.D+g.D, e+g.N*g.PD
			}
		}
		if e < n.b.AtCutNeed {
			f.gray("Not judged: %s defaults expected in the two grades around the cut; needs %s more.", "未评定：分界两侧等级预期违约 %s 个；还需 %s 个。", digits(e), digits(n.b.AtCutNeed-e))
			continue
		}
		over := f.D / e
		light := n.b.AtCut.light(over)
		f.Value, f.Effect, f.Statistic = number(over), number(over), number(e)
		f.P = number(min(2*min(PoissonAtLeast(int(f.D), e), PoissonAtMost(int(f.D), e)), 1))
		f.decide = func(holm, _ float64) Light {
			if light == Red && holm > n.b.Red {
				return Amber
			}
			return light
		}
		f.add(fmt.Sprintf("In the two grades around the cut (%s) %s defaults against %s expected.", cut.EN, digits(f.D), digits(e)),
			fmt.Sprintf("分界（%s）两侧等级违约 %s 个，预期 %s 个。", cut.ZH, digits(f.D), digits(e)))
	}
	return found
}

// intervals holds the interval of the PD and the chance of the cell's size together: a cell of fifty customers has no
// default rate inside an interval of a few basis points.
func intervals(n *night) []*finding {
	f := on("book")
	cells, inside, plain, width := 0, 0, 0, 0.0
	for _, s := range n.apart {
		lo, hi := make([]float64, len(n.Grades)), make([]float64, len(n.Grades))
		for _, i := range s.rows {
			r := &n.Rows[i]
			lo[r.Grade] += r.Lo
			hi[r.Grade] += r.Hi
		}
		for _, g := range n.grades(s) {
			l, h := lo[g.grade]/g.N, hi[g.grade]/g.N
			if g.N < 20 || !(l >= 0 && h > l) {
				continue
			}
			cells++
			f.N, f.D, width = f.N+g.N, f.D+g.D, width+h-l
			if least, most := Inside(int(g.N), g.PD, l, h, 0.9); int(g.D) >= least && int(g.D) <= most {
				inside++
			}
			if rate := g.D / g.N; rate >= l && rate <= h {
				plain++
			}
		}
	}
	if cells < 20 {
		return one(f.gray("Not judged: %s grades and years with 20 customers and an interval; needs %s more.", "未评定：有 20 个以上客户且有区间的等级年仅 %s 个；还需 %s 个。", whole(cells), whole(20-cells)))
	}
	share := float64(inside) / float64(cells)
	// Of few cells more or fewer lie inside by chance.
	low, _ := BinomialAtMost(cells, inside, 0.9)
	high, _ := Binomial(cells, inside, 0.9)
	light := n.b.Interval.light(share)
	f.Value, f.Effect, f.P = number(share), number(share), number(min(2*min(low, high), 1))
	f.decide = func(holm, q float64) Light {
		switch {
		case light == Red && holm <= n.b.Red:
			return Red
		case light != Green && q <= n.b.Amber:
			return Amber
		}
		return Green
	}
	// The power to see a coverage at the lower end of amber.
	floor := n.b.Interval.Amber[0]
	for least := cells; ; least-- { // the most cells inside that would be too few
		if p, _ := BinomialAtMost(cells, least, 0.9); p <= n.b.Red || least < 0 {
			power, _ := BinomialAtMost(cells, least, floor)
			f.Floor, f.Power = number(floor), number(power)
			break
		}
	}
	return one(f.say("Of %s grades and years %s have as many defaults as their 90 %% interval and their size allow; %s lie inside the bare interval, which is %s wide on average.",
		"%s 个等级年中，%s 的违约数符合其 90%% 区间与客户数；仅按区间计为 %s，区间平均宽度 %s。", whole(cells), percent(share), percent(float64(plain)/float64(cells)), percent(width/float64(cells))))
}

func termStructure(n *night) []*finding {
	f := on("book")
	broken, rows := 0, 0
	check := func(pd [4]float64) {
		if pd == [4]float64{} || pd[0] == 0 && pd[1] == 0 && pd[2] == 0 {
			return // no term structure
		}
		rows++
		for h := range 3 {
			if !(pd[h] <= pd[h+1]) {
				broken++
				return
			}
		}
	}
	for i := range n.Rows {
		check(n.Rows[i].PD)
	}
	for i := range n.Tonight {
		check(n.Tonight[i].Terms)
	}
	if rows == 0 {
		return one(f.gray("Not judged: no row has PDs over 1, 3, 6 and 12 months.", "未评定：没有记录包含 1、3、6、12 个月违约概率。"))
	}
	f.N, f.Value, f.Light = float64(rows), number(float64(broken)), shade(broken == 0, false)
	f.say("%s of %s rows have a PD that falls with the horizon.", "%s 条记录的违约概率随期限下降（共 %s 条）。", whole(broken), whole(rows))
	for h, months := range Horizons {
		if months > n.Horizon {
			continue
		}
		// The newest cohort followed so long says how many came.
		for g := len(n.cohorts) - 1; g >= 0; g-- {
			if c := n.cohorts[g]; c.observed >= months {
				o, e := 0.0, 0.0
				for _, i := range c.rows {
					r := &n.Rows[i]
					e += n.terms(r)[h]
					if r.Default == 1 && (!(r.After > float64(months)) && !math.IsNaN(r.After)) {
						o++
					}
				}
				f.add(" Within "+monthsOf(months).EN+" of "+c.on.String(), c.on.String()+" 起 "+monthsOf(months).ZH+"内")
				f.say(": %s defaults, %s expected.", "：违约 %s 个，预期 %s 个。", digits(o), digits(e))
				break
			}
		}
	}
	return one(f)
}

func external(n *night) []*finding {
	f := on("book")
	var own, agency []float64
	amount := 0.0
	for _, s := range n.Tonight {
		if s.Grade >= 0 && s.External > 0 && s.External < 1 && s.PD > 0 && s.PD < 1 {
			own, agency = append(own, logit(s.PD)), append(agency, logit(s.External))
			amount += zeroNaN(s.EAD)
		}
	}
	f.N = float64(len(own))
	if len(own) < 50 {
		return one(f.gray("Not judged: %s customers have the PD of an agency; needs %s more.", "未评定：有外部机构违约概率的客户仅 %s 个；还需 %s 个。", whole(len(own)), whole(50-len(own))))
	}
	bias, lo, hi, err := BlandAltman(own, agency)
	if err != nil {
		return one(f.undefined(err))
	}
	f.Value, f.Effect, f.Light, f.Amount = number(bias), number(bias), n.b.External.light(math.Abs(bias)), number(amount)
	way := above(bias, digits)
	f.add("Log-odds lie "+way.EN+" those of the agency on average", "对数几率平均比外部机构"+way.ZH)
	f.say(" (%s customers, 95 %% of them between %s and %s).", "（%s 个客户，其中 95%% 介于 %s 与 %s）。", whole(len(own)), digits(lo), digits(hi))
	var mine, theirs, d, rows float64
	for k, i := range n.head.rows {
		if e := n.Rows[i].External; e > 0 && e < 1 {
			rows, d, mine, theirs = rows+1, d+float64(n.head.y[k]), mine+n.head.pd[k], theirs+e
		}
	}
	if rows > 0 {
		a, err := Jeffreys(rows, d, mine/rows)
		b, err2 := Jeffreys(rows, d, theirs/rows)
		if err == nil && err2 == nil {
			f.say(" Past outcomes of %s such customers: Jeffreys p %s for our PD, %s for theirs.", "此类客户 %s 个的历史结果：本模型 Jeffreys p 值 %s，外部 %s。", digits(rows), digits(a), digits(b))
		}
	}
	return one(f)
}
