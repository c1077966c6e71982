package validation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// short says what a sample still lacks, and reports whether it lacks anything.
func (n *night) short(f *finding, s sample, need float64) bool {
	f.N, f.D = s.n(), s.d
	switch {
	case len(s.rows) == 0:
		f.gray("Not judged: no cohort is mature yet; the outcome of one must be known over %s months.",
			"未评定：尚无成熟样本；需有一期样本的 %s 个月结果已知。", whole(n.Horizon))
	case s.d < need:
		f.gray("Not judged: only %s defaults among %s customers of %s; needs %s more defaults.",
			"未评定：违约仅 %s 个（客户 %s 个，%s）；还需 %s 个违约。", digits(s.d), digits(s.n()), s.label, digits(need-s.d))
	case s.n() == s.d:
		f.gray("Not judged: all %s customers of %s defaulted; needs some that did not.", "未评定：全部 %s 个客户（%s）均违约；需要未违约的客户。",
			digits(s.n()), s.label)
	default:
		return false
	}
	return true
}

// samples are the newest mature cohort and, when there are older ones apart from it, all of them pooled by their ranks.
func (n *night) samples() map[string]sample {
	out := map[string]sample{"book": n.head}
	if len(n.apart) > 1 {
		out["pooled"] = n.pooled()
	}
	return out
}

// each makes a finding on the book and, where there are several cohorts apart, on all of them pooled.
func (n *night) each(need float64, judge func(f *finding, s sample)) (found []*finding) {
	of := n.samples()
	for _, scope := range []string{"book", "pooled"} {
		if s, ok := of[scope]; ok {
			f := on(scope)
			if !n.short(f, s, need) {
				judge(f, s)
			}
			found = append(found, f)
		}
	}
	return found
}

func auc(n *night) []*finding {
	return n.each(n.b.AUC.Need, func(f *finding, s sample) {
		r, err := Rank(s.score, s.y)
		if err != nil {
			f.undefined(err)
			return
		}
		f.Value, f.Light = number(r.AUC), n.b.AUC.light(r.AUC)
		f.say("AUC %s, Gini %s on %s customers with %s defaults (%s).", "AUC %s，基尼系数 %s；客户 %s 个，违约 %s 个（%s）。",
			digits(r.AUC), digits(r.Gini), digits(f.N), digits(f.D), s.label)
	})
}

func halfWidth(n *night) []*finding {
	return n.each(n.b.AUC.Need, func(f *finding, s sample) {
		r, err := Rank(s.score, s.y)
		if err == nil && r.Variance == 0 {
			err = fmt.Errorf("variance of the AUC is 0: %w", ErrGrey)
		}
		if err != nil {
			f.undefined(err)
			return
		}
		half := r.halfWidth(0.95)
		lo, hi := r.Interval(0.95)
		f.Value, f.Statistic = number(half), number(r.Variance)
		if f.Light = n.b.HalfWidth.light(half); f.Light == Red {
			// As many defaults more as shrink the interval by its square.
			more := f.D * (math.Pow(half/n.b.HalfWidth.Amber, 2) - 1)
			f.gray("Not judged: the 95 %% interval of the AUC, %s to %s, is too wide; needs about %s more defaults.",
				"未评定：AUC 的 95%% 区间 %s 至 %s 过宽；约需再增加 %s 个违约。", digits(lo), digits(hi), digits(math.Ceil(more)))
			return
		}
		f.say("95 %% interval of the AUC %s to %s by DeLong's variance.", "AUC 的 95%% 置信区间为 %s 至 %s（DeLong 方差）。", digits(lo), digits(hi))
	})
}

// uninitial says that a model has nothing to be compared with.
func uninitial(f *finding) *finding {
	return f.gray("Not judged: the model has no figures of an initial validation; they are kept when a model is first put to use.",
		"未评定：该模型没有初始验证数据；模型首次启用时会保存。")
}

func drop(n *night) []*finding {
	if n.Initial == nil || n.Initial.AUC <= 0 {
		return one(uninitial(on("book")))
	}
	return n.each(n.b.Drop.Need, func(f *finding, s sample) {
		r, err := Rank(s.score, s.y)
		if err != nil {
			f.undefined(err)
			return
		}
		st, p, err := Drop(n.Initial.AUC, r)
		if err != nil {
			f.undefined(err)
			return
		}
		fall := n.Initial.AUC - r.AUC
		f.Value, f.Statistic = number(r.AUC), number(st)
		n.byP(f, p, fall, n.b.Drop.Floor, fall >= n.b.Drop.Floor)
		f.Power = n.power(n.b.Drop.Floor, math.Sqrt(r.Variance))
		f.say("AUC %s against %s at the initial validation, taken as exact: S %s.", "AUC 为 %s，初始验证为 %s（视为确定值）：S 值 %s。",
			digits(r.AUC), digits(n.Initial.AUC), digits(st))
	})
}

func independent(n *night) []*finding {
	if n.Initial == nil || n.Initial.AUC <= 0 || n.Initial.AUCVariance <= 0 {
		return one(uninitial(on("book")))
	}
	return n.each(n.b.Drop.Need, func(f *finding, s sample) {
		r, err := Rank(s.score, s.y)
		if err != nil {
			f.undefined(err)
			return
		}
		z, p, err := Independent(n.Initial.AUC, n.Initial.AUCVariance, r)
		if err != nil {
			f.undefined(err)
			return
		}
		fall := n.Initial.AUC - r.AUC
		f.Value, f.Statistic = number(r.AUC), number(z)
		n.byP(f, p, fall, n.b.Drop.Floor, fall >= n.b.Drop.Floor)
		f.Power = n.power(n.b.Drop.Floor, math.Sqrt(r.Variance+n.Initial.AUCVariance))
		f.say("AUC %s against %s at the initial validation, both with their sampling error: z %s.", "AUC 为 %s，初始验证为 %s（两者均计抽样误差）：z 值 %s。",
			digits(r.AUC), digits(n.Initial.AUC), digits(z))
	})
}

// paired leaves the light green: it informs the promotion, which has a rule of its own.
func paired(n *night) []*finding {
	f := on("book")
	s := n.head.keep(func(i int) bool { return n.Rows[i].Challenger > 0 && n.Rows[i].Challenger <= 1 })
	if len(n.head.rows) > 0 && len(s.rows) == 0 {
		return one(f.gray("Not judged: no challenger was scored on the newest mature cohort.", "未评定：最新成熟样本上没有挑战者模型的评分。"))
	}
	if n.short(f, s, 20) {
		return one(f)
	}
	other := make([]float64, len(s.rows))
	for k, i := range s.rows {
		other[k] = n.Rows[i].Challenger
	}
	c, err := Paired(other, s.score, s.y)
	if err != nil {
		return one(f.undefined(err))
	}
	f.Value, f.Statistic, f.P, f.Effect, f.Floor, f.Light = number(c.Difference), number(c.Z), number(c.P), number(c.Difference), number(n.b.Worse), Green
	d := above(c.Difference, digits)
	f.add("The challenger's AUC is "+d.EN+" the champion's on the same customers", "在相同客户上，挑战者模型的 AUC 比冠军模型"+d.ZH)
	f.say(" (%s of them; z %s, p %s).", "（客户 %s 个；z 值 %s，p 值 %s）。", digits(f.N), digits(c.Z), digits(c.P))
	switch {
	case c.P <= n.b.Red && c.Difference > 0:
		f.add(" It ranks better.", "其排序能力更优。")
	case c.NotWorse(n.b.Worse) <= n.b.Red:
		f.say(" It is not worse by more than %s.", "其劣势不超过 %s。", digits(n.b.Worse))
	default:
		f.say(" That it is not worse by more than %s is not shown.", "尚不能证明其劣势不超过 %s。", digits(n.b.Worse))
	}
	return one(f)
}

func ksGap(n *night) []*finding {
	return n.each(n.b.KS.Need, func(f *finding, s sample) {
		r, err := Rank(s.score, s.y)
		if err != nil {
			f.undefined(err)
			return
		}
		lo, hi, err := KSInterval(s.score, s.y, n.b.Bootstraps, 0.95, n.Seed)
		if err != nil {
			f.undefined(err)
			return
		}
		f.Value, f.Light = number(r.KS), n.b.KS.light(r.KS)
		f.say("Largest gap of defaults' and others' distributions %s (95 %% interval %s to %s).", "违约与未违约客户分布的最大差距 KS 为 %s（95%% 区间 %s 至 %s）。",
			digits(r.KS), digits(lo), digits(hi))
	})
}

func capture(n *night) []*finding {
	f, e := on("book"), on("book exposure")
	if n.short(f, n.head, n.b.Capture.Need) {
		n.short(e, n.head, n.b.Capture.Need)
		return []*finding{f, e}
	}
	e.N, e.D = f.N, f.D
	weight := make([]float64, len(n.head.rows))
	for k, i := range n.head.rows {
		weight[k] = max(zeroNaN(n.Rows[i].EAD), 0)
	}
	if share, err := Capture(n.head.score, n.head.y, nil, 0.1); err != nil {
		f.undefined(err)
	} else {
		f.Value, f.Light = number(share), n.b.Capture.light(share)
		f.say("The worst tenth of customers held %s of the %s defaults.", "评分最差的 10%% 客户包含 %s 的违约（共 %s 个）。", percent(share), digits(f.D))
	}
	if share, err := Capture(n.head.score, n.head.y, weight, 0.1); err != nil {
		e.gray("Not judged: the customers that defaulted have no exposure.", "未评定：违约客户没有敞口数据。")
	} else {
		missed := 0.0
		for k, y := range n.head.y {
			missed += float64(y) * weight[k] * (1 - share)
		}
		e.Value, e.Light, e.Amount = number(share), n.b.Capture.light(share), number(missed)
		e.say("The worst tenth of customers held %s of the defaulted exposure; %s lay outside.", "评分最差的 10%% 客户包含 %s 的违约敞口；其余 %s 未被覆盖。",
			percent(share), digits(missed))
	}
	return []*finding{f, e}
}

func zeroNaN(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// early judges the part of the ranking that decisions use: against the initial validation or, without it, the cohort
// before.
func early(n *night) []*finding {
	f, g := on("book"), on("book precision")
	if n.short(f, n.head, n.b.Early.Need) {
		n.short(g, n.head, n.b.Early.Need)
		return []*finding{f, g}
	}
	g.N, g.D = f.N, f.D
	now, lift, nowSE, liftSE, err := n.start(n.head)
	if err != nil {
		return []*finding{f.undefined(err), g.undefined(err)}
	}
	f.Value, g.Value = number(now), number(lift)
	f.say("Partial AUC to a false positive rate of 0.2 is %s.", "假阳性率 0.2 以内的部分 AUC 为 %s。", digits(now))
	g.say("Average precision is %s times the default rate.", "平均精度为违约率的 %s 倍。", digits(lift))
	var before, liftBefore, se, seLift float64
	var than Text
	switch {
	case n.Initial != nil && n.Initial.PartialAUC > 0 && n.Initial.Precision > 0:
		before, liftBefore, than = n.Initial.PartialAUC, n.Initial.Precision, Text{"The initial validation", "初始验证"}
	case len(n.apart) > 1 && n.apart[1].d >= n.b.Early.Need && n.apart[1].d < n.apart[1].n():
		if before, liftBefore, se, seLift, err = n.start(n.apart[1]); err != nil {
			return []*finding{f.undefined(err), g.undefined(err)}
		}
		than = Text{"The cohort of " + n.apart[1].label, n.apart[1].label + " 样本"}
	default:
		f.gray(" Not judged: neither the initial validation nor an earlier cohort has the figure.", "未评定：初始验证与更早样本均无此数据。")
		g.gray(" Not judged: neither the initial validation nor an earlier cohort has the figure.", "未评定：初始验证与更早样本均无此数据。")
		return []*finding{f, g}
	}
	test := func(f *finding, before, now, se, floor float64) {
		fall := before - now
		f.Statistic = number(fall / se)
		n.byP(f, normalTail(fall/se), fall, floor, fall >= floor)
		f.Power = n.power(floor, se)
		f.add(" "+than.EN+" had "+digits(before)+".", than.ZH+"为 "+digits(before)+"。")
	}
	test(f, before, now, math.Hypot(nowSE, se), n.b.Early.Floor)
	test(g, liftBefore, lift, math.Hypot(liftSE, seLift), n.b.EarlyLift*liftBefore)
	return []*finding{f, g}
}

// start is the beginning of a sample's curves with standard errors: the partial AUC, and precision over the default rate.
func (n *night) start(s sample) (partial, lift, partialSE, liftSE float64, err error) {
	if partial, err = PartialAUC(s.score, s.y, 0.2); err != nil {
		return
	}
	precision, err := AveragePrecision(s.score, s.y)
	if err != nil {
		return
	}
	rate := s.d / s.n()
	partialSE, liftSE, err = PartialSE(s.score, s.y, 0.2, n.b.Bootstraps, n.Seed)
	return partial, precision / rate, partialSE, liftSE / rate, err
}

// graded is a grade with its mean PD.
type graded struct {
	Cell
	grade    int
	exposure float64
}

// grades are the cells of a sample by grade, best first, without the empty ones.
func (n *night) grades(samples ...sample) []graded {
	all := make([]graded, len(n.Grades))
	for _, s := range samples {
		for k, i := range s.rows {
			g := &all[n.Rows[i].Grade]
			g.N, g.D, g.PD = g.N+1, g.D+float64(s.y[k]), g.PD+s.pd[k]
			g.exposure += zeroNaN(n.Rows[i].EAD)
		}
	}
	var out []graded
	for k, g := range all {
		if g.N > 0 {
			g.grade, g.PD = k, g.PD/g.N
			out = append(out, g)
		}
	}
	return out
}

func cellsOf(grades []graded) []Cell {
	out := make([]Cell, len(grades))
	for i, g := range grades {
		out[i] = g.Cell
	}
	return out
}

func rankOrder(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, 1) {
		return one(f)
	}
	grades := n.grades(n.head)
	cells := cellsOf(grades)
	with := 0
	for _, c := range cells {
		if c.D > 0 {
			with++
		}
	}
	if with < n.b.Order.Grades {
		return one(f.gray("Not judged: %s grades have defaults; needs %s more such grades.", "未评定：有违约的等级仅 %s 个；还需 %s 个。", whole(with), whole(n.b.Order.Grades-with)))
	}
	adjacent, pairs := Inversions(cells)
	rank, rate := make([]float64, len(cells)), make([]float64, len(cells))
	for k, c := range cells {
		rank[k], rate[k] = float64(k), c.D/c.N
	}
	rho, err := Spearman(rank, rate)
	if err != nil {
		return one(f.undefined(err))
	}
	z, _, err := JonckheereTerpstra(cells)
	if err != nil {
		return one(f.undefined(err))
	}
	worst, p := -1, 1.0
	for k := range len(cells) - 1 {
		if rate[k] > rate[k+1] {
			if fp := Fisher(cells[k+1], cells[k]); worst < 0 || fp < p {
				worst, p = k, fp
			}
		}
	}
	f.Value, f.Statistic = number(float64(adjacent)), number(z)
	// The worst of so many neighbours is the one tested; besides, a trend that falls over all grades.
	f.P = number(min(2*min(p*float64(len(cells)-1), 1-normalTail(z)), 1))
	f.decide = func(holm, _ float64) Light {
		return shade(adjacent == 0, !(holm <= n.b.Order.P))
	}
	f.say("Default rates fall at %s of %s steps to a worse grade, and in %s of all pairs of grades; Spearman %s, trend z %s.",
		"相邻等级违约率倒挂 %s 处（共 %s 对），所有等级对中倒挂 %s 处；Spearman 系数 %s，趋势 z 值 %s。",
		whole(adjacent), whole(len(cells)-1), whole(pairs), digits(rho), digits(z))
	if worst >= 0 {
		a, b := grades[worst], grades[worst+1]
		f.say(" The worst: %s at %s before %s at %s.", "最严重：%s 为 %s，%s 为 %s。",
			n.Grades[a.grade], percent(rate[worst]), n.Grades[b.grade], percent(rate[worst+1]))
	}
	return one(f)
}

func separation(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, 1) {
		return one(f)
	}
	cells := cellsOf(n.grades(n.head))
	pairs, apart := 0, 0
	for k := range len(cells) - 1 {
		if cells[k].D+cells[k+1].D >= n.b.Separation.Need {
			pairs++
			if Fisher(cells[k], cells[k+1]) <= n.b.Separation.P {
				apart++
			}
		}
	}
	if pairs == 0 {
		return one(f.gray("Not judged: no two neighbouring grades have %s defaults together; there are %s in all.", "未评定：没有相邻两级合计达到 %s 个违约；总计 %s 个。",
			digits(n.b.Separation.Need), digits(f.D)))
	}
	share := float64(apart) / float64(pairs)
	f.Value, f.Light = number(share), AtLeast{Green: n.b.Separation.Green, Amber: n.b.Separation.Amber}.light(share)
	return one(f.say("%s of %s neighbouring grades with defaults are told apart by their default rates (%s).", "%s 对相邻等级（共 %s 对有足够违约）的违约率可区分，占 %s。",
		whole(apart), whole(pairs), percent(share)))
}

// parts are the values of a segment with the places of their rows within a sample, by name.
func (n *night) parts(s sample, segment int) (names []string, rows map[string][]int) {
	rows = map[string][]int{}
	for k, i := range s.rows {
		if v := n.Rows[i].Segments; segment < len(v) {
			if _, ok := rows[v[segment]]; !ok {
				names = append(names, v[segment])
			}
			rows[v[segment]] = append(rows[v[segment]], k)
		}
	}
	slices.Sort(names)
	return names, rows
}

// unsegmented says that the night has no segments.
func unsegmented(f *finding) []*finding {
	return one(f.gray("Not judged: the night handed in no segments (size, industry, region).", "未评定：本夜未提供分组信息（规模、行业、地区）。"))
}

func mixture(n *night) []*finding {
	if len(n.Segments) == 0 {
		return unsegmented(on("book"))
	}
	if f := on("book"); n.short(f, n.head, n.b.Mixture.Need) {
		return one(f)
	}
	var found []*finding
	for seg, name := range n.Segments {
		values, rows := n.parts(n.head, seg)
		for grade := range n.Grades {
			var cells []Cell
			var named []string
			d, total := 0.0, 0.0
			for _, v := range values {
				c := Cell{}
				for _, k := range rows[v] {
					if n.Rows[n.head.rows[k]].Grade == grade {
						c.N, c.D = c.N+1, c.D+float64(n.head.y[k])
					}
				}
				if c.N > 0 {
					cells, named = append(cells, c), append(named, v)
					d, total = d+c.D, total+c.N
				}
			}
			if d < n.b.Mixture.Need || len(cells) < 2 || d == total {
				continue
			}
			chi2, p, err := Homogeneous(cells, 2000, n.Seed)
			if err != nil {
				continue
			}
			// Half a default more keeps the rate of an empty cell off 0.
			best, worst := 0, 0
			rate := func(k int) float64 { return (cells[k].D + 0.5) / (cells[k].N + 1) }
			for k := range cells {
				if rate(k) < rate(best) {
					best = k
				}
				if rate(k) > rate(worst) {
					worst = k
				}
			}
			gap := rate(worst) / rate(best)
			f := on("grade " + n.Grades[grade] + " by " + name)
			f.N, f.D, f.Value, f.Statistic = total, d, number(gap), number(chi2)
			n.byP(f, p, gap, n.b.Mixture.Floor, gap >= n.b.Mixture.Floor)
			f.say("Within grade %s the default rate is %s in %s and %s in %s (%s).", "等级 %s 内，违约率为 %s（%s）与 %s（%s），按 %s 划分。",
				n.Grades[grade], percent(cells[worst].D/cells[worst].N), named[worst], percent(cells[best].D/cells[best].N), named[best], name)
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		f := on("book")
		f.N, f.D = n.head.n(), n.head.d
		return one(f.gray("Not judged: no grade has %s defaults spread over two segments; there are %s defaults in all.", "未评定：没有等级在两个以上分组中合计达到 %s 个违约；违约总数 %s 个。",
			digits(n.b.Mixture.Need), digits(f.D)))
	}
	return found
}

func segments(n *night) []*finding {
	if len(n.Segments) == 0 {
		return unsegmented(on("book"))
	}
	if f := on("book"); n.short(f, n.head, n.b.Segments.Need) {
		return one(f)
	}
	book, err := Rank(n.head.score, n.head.y)
	if err != nil {
		return one(on("book").undefined(err))
	}
	var found []*finding
	for seg, name := range n.Segments {
		f := on("segment " + name)
		values, rows := n.parts(n.head, seg)
		var aucs, variances []float64
		var named []string
		worst, widest := -1, 0.0
		for _, v := range values {
			s := n.head.pick(rows[v])
			if s.d < n.b.Segments.Need || s.n()-s.d < n.b.Segments.Need {
				continue
			}
			r, err := Rank(s.score, s.y)
			if err != nil || r.Variance == 0 {
				continue
			}
			f.N, f.D = f.N+s.n(), f.D+s.d
			aucs, variances, named = append(aucs, r.AUC), append(variances, r.Variance), append(named, v)
			widest = max(widest, r.Variance)
			if k := len(aucs) - 1; worst < 0 || aucs[k] < aucs[worst] {
				worst = k
			}
		}
		q, p, err := CochranQ(aucs, variances)
		if err != nil {
			found = append(found, f.gray("Not judged: %s of %s groups by %s have %s defaults and as many others; needs two.", "未评定：%s 个分组（共 %s 个，按 %s）有 %s 个违约及同样多的未违约；需要两个。",
				whole(len(aucs)), whole(len(values)), name, digits(n.b.Segments.Need)))
			continue
		}
		gap := book.AUC - aucs[worst]
		f.Value, f.Statistic = number(aucs[worst]), number(q)
		n.byP(f, p, gap, n.b.Segments.Floor, gap >= n.b.Segments.Floor)
		f.Power = n.power(n.b.Segments.Floor, math.Sqrt(widest))
		f.say("By %s the lowest AUC is %s, in %s, against %s of the book; Cochran's Q %s over %s groups.", "按 %s 划分，最低 AUC 为 %s（%s），全体为 %s；Cochran Q %s，共 %s 组。",
			name, digits(aucs[worst]), named[worst], digits(book.AUC), digits(q), whole(len(aucs)))
		found = append(found, f)
	}
	return found
}

func moneyGini(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, 20) {
		return one(f)
	}
	weight := make([]float64, len(n.head.rows))
	for k, i := range n.head.rows {
		weight[k] = max(zeroNaN(n.Rows[i].EAD*n.Rows[i].LGD), 0)
	}
	a, _, err := WeightedAUC(n.head.score, n.head.y, weight)
	if err != nil {
		return one(f.gray("Not judged: defaults or others have no exposure and loss given default to weigh by.", "未评定：违约或未违约客户缺少敞口与违约损失率。"))
	}
	plain, err := Rank(n.head.score, n.head.y)
	if err != nil {
		return one(f.undefined(err))
	}
	se := n.moneySE(n.head, weight)
	money, gap := 2*a-1, plain.Gini-(2*a-1)
	f.Value, f.Statistic = number(money), number(gap/se)
	n.byP(f, normalTail(gap/se), gap, n.b.MoneyGini, gap >= n.b.MoneyGini)
	f.Power = n.power(n.b.MoneyGini, se)
	return one(f.say("Weighted by expected loss the Gini is %s, by number %s.", "按预期损失加权的基尼系数为 %s，按客户数为 %s。", digits(money), digits(plain.Gini)))
}

// moneySE is the bootstrap standard error of the difference of the two Ginis: rows, at most MaxRows of each class, are
// drawn anew by Poisson.
func (n *night) moneySE(s sample, weight []float64) float64 {
	var rows []int
	for class := range uint8(2) {
		var of []int
		for k, y := range s.y {
			if y == class {
				of = append(of, k)
			}
		}
		for j := range min(len(of), n.b.MaxRows) {
			rows = append(rows, of[j*len(of)/min(len(of), n.b.MaxRows)])
		}
	}
	slices.Sort(rows)
	score := make([]float64, len(rows))
	for j, k := range rows {
		score[j] = s.score[k]
	}
	// Ranks are sorted once; a draw only weighs them.
	var levels [][]int32
	eachLevel(score, func(l []int32) { levels = append(levels, slices.Clone(l)) })
	r := rand.New(rand.NewPCG(n.Seed, 0xd13))
	var differences []float64
	count := make([]float64, len(rows))
	for range n.b.Bootstraps {
		for j := range count {
			count[j] = poissonOne(r)
		}
		var total, won [2][2]float64 // by kind of weight, by class; won only [kind][0]
		for _, level := range levels {
			var here [2][2]float64
			for _, j := range level {
				k, c := rows[j], count[j]
				y := s.y[k]
				here[0][y] += c
				here[1][y] += c * weight[k]
			}
			for kind := range 2 {
				won[kind][0] += here[kind][1] * (total[kind][0] + here[kind][0]/2)
				total[kind][0] += here[kind][0]
				total[kind][1] += here[kind][1]
			}
		}
		if total[0][0]*total[0][1]*total[1][0]*total[1][1] > 0 {
			differences = append(differences, 2*won[0][0]/(total[0][0]*total[0][1])-2*won[1][0]/(total[1][0]*total[1][1]))
		}
	}
	return math.Sqrt(covariance(differences, differences))
}

// poissonOne draws a Poisson count of mean 1 from its table.
func poissonOne(r *rand.Rand) float64 {
	u, k, p, sum := r.Float64(), 0.0, math.Exp(-1), math.Exp(-1)
	for u > sum && k < 20 {
		k++
		p /= k
		sum += p
	}
	return k
}

func horizons(n *night) []*finding {
	var found []*finding
	below := 0
	for h, months := range Horizons {
		if months > n.Horizon {
			continue
		}
		f := on(fmt.Sprintf("horizon %dm", months))
		found = append(found, f)
		lives, cohorts := n.lives(h)
		if len(lives) == 0 {
			f.add("Not judged: no cohort has been followed for "+monthsOf(months).EN+".", "未评定：尚无样本被跟踪满 "+monthsOf(months).ZH+"。").gray("", "")
			continue
		}
		f.N = float64(len(lives))
		for _, l := range lives {
			if l.Default && l.Months <= float64(months) {
				f.D++
			}
		}
		if f.D < n.b.Horizon.Need {
			f.gray("Not judged: %s defaults so early, in %s cohorts; needs %s more defaults.", "未评定：该期限内违约 %s 个（%s 期样本）；还需 %s 个违约。",
				digits(f.D), whole(cohorts), digits(n.b.Horizon.Need-f.D))
			continue
		}
		a, _, err := HorizonAUC(lives, float64(months))
		if err != nil {
			f.undefined(err)
			continue
		}
		inc, err := IncidentAUC(lives, float64(months))
		if err != nil {
			inc = math.NaN()
		}
		f.Value, f.Light = number(a), Green
		if a < n.b.Horizon.Green {
			below++
			f.Light = Amber
		}
		f.add("Defaults within "+monthsOf(months).EN, monthsOf(months).ZH+"内的违约")
		f.say(" are ranked with an AUC of %s, month by month %s; %s defaults in %s cohorts that do not overlap.", "：AUC 为 %s，逐月为 %s；%s 个违约，%s 期互不重叠的样本。",
			digits(a), digits(inc), digits(f.D), whole(cohorts))
	}
	for _, f := range found { // two horizons below are worse than one
		if f.Light == Amber && below > 1 {
			f.Light = Red
		}
	}
	if len(found) == 0 {
		return one(on("book").gray("Not judged: the label looks ahead for less than a month.", "未评定：标签展望期不足一个月。"))
	}
	return found
}

// lives are the rows of cohorts that have been followed over a horizon and do not overlap over it, going back a year or
// until there are defaults enough. Scores are ranks within the cohort.
func (n *night) lives(h int) (lives []Life, cohorts int) {
	months := Horizons[h]
	var last *group
	d := 0.0
	for g := len(n.cohorts) - 1; g >= 0; g-- {
		c := &n.cohorts[g]
		if c.observed < months || last != nil && c.on.AddMonths(months) > last.on {
			continue
		}
		if cohorts*months >= 12 && d >= n.b.Horizon.Need {
			break
		}
		last = c
		cohorts++
		score := make([]float64, len(c.rows))
		for k, i := range c.rows {
			r := &n.Rows[i]
			score[k] = r.PD[h]
			if !(score[k] > 0) { // no term structure: the PD judged ranks for all horizons
				score[k] = r.PD[n.h]
			}
		}
		for k, v := range WithinRanks(score) {
			r := &n.Rows[c.rows[k]]
			l := Life{Score: v, Months: float64(r.Observed), Default: r.Default == 1}
			if l.Default && r.After >= 0 {
				l.Months = r.After
			}
			if l.Default && l.Months <= float64(months) {
				d++
			}
			lives = append(lives, l)
		}
	}
	return lives, cohorts
}

func benchmarks(n *night) []*finding {
	if len(n.Benchmarks) == 0 {
		return one(on("book").gray("Not judged: the night handed in no simple rule to compare with (days past due alone).", "未评定：本夜未提供简单基准（如仅用逾期天数）。"))
	}
	var found []*finding
	for b, name := range n.Benchmarks {
		f := on("benchmark " + name)
		found = append(found, f)
		if n.short(f, n.head, n.b.Benchmark.Need) {
			continue
		}
		s := n.head.keep(func(i int) bool { v := n.Rows[i].Benchmarks; return b < len(v) && !math.IsNaN(v[b]) })
		if n.short(f, s, n.b.Benchmark.Need) {
			continue
		}
		simple := make([]float64, len(s.rows))
		for k, i := range s.rows {
			simple[k] = n.Rows[i].Benchmarks[b]
		}
		c, err := Paired(s.score, simple, s.y)
		if err != nil {
			f.undefined(err)
			continue
		}
		f.Value, f.Statistic, f.P = number(c.Difference), number(c.Z), number(c.P)
		f.Light = n.b.Benchmark.light(c.Difference)
		if f.Light == Amber && c.Difference <= n.b.Benchmark.Amber { // no better than the rule is red, not only worse
			f.Light = Red
		}
		d := above(c.Difference, digits)
		f.add("The model's AUC is "+d.EN+" that of "+strings.ReplaceAll(name, "_", " ")+" alone", "模型 AUC 比仅用 "+name+" "+d.ZH)
		f.say(", on %s customers that have it.", "（有该数据的客户 %s 个）。", digits(f.N))
	}
	return found
}
