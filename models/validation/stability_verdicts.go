package validation

import (
	"errors"
	"math"
	"slices"
	"sort"
	"strings"
)

// untold says that tonight's book was not handed in.
func untold(f *finding) *finding {
	return f.gray("Not judged: the night handed in no scores of tonight.", "未评定：本夜未提供今晚的评分。")
}

// deciles counts tonight's customers by the initial deciles of the log-odds.
func (n *night) deciles() []float64 {
	counts := make([]float64, len(n.Initial.Deciles)+1)
	for _, s := range n.Tonight {
		if s.Grade >= 0 && !math.IsNaN(s.LogOdds) {
			counts[sort.Search(len(n.Initial.Deciles), func(k int) bool { return n.Initial.Deciles[k] > s.LogOdds })]++
		}
	}
	return counts
}

func sum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

// references are the counts by decile that tonight's are held against.
func (n *night) references() (scopes []string, counts [][]float64) {
	scopes, counts = []string{"book"}, [][]float64{nil}
	if n.Initial != nil && len(n.Initial.Scores) == len(n.Initial.Deciles)+1 && len(n.Initial.Scores) > 1 {
		counts[0] = n.Initial.Scores
		if len(n.Quarter) == len(n.Initial.Scores) {
			scopes, counts = append(scopes, "book 90 days"), append(counts, n.Quarter)
		}
	}
	return scopes, counts
}

func scorePSI(n *night) []*finding {
	var found []*finding
	scopes, references := n.references()
	for k, scope := range scopes {
		f := on(scope)
		found = append(found, f)
		psi, crit, err := n.drifted(f, references[k])
		if err != nil {
			continue
		}
		f.Light = shade(psi < n.b.PSI.Green && psi <= crit[0], psi <= n.b.PSI.Amber || psi <= crit[1])
		f.say("PSI of the scores %s; chance alone reaches %s once in twenty times (half a customer added to every bin).", "评分 PSI 为 %s；仅由抽样造成时，二十次中有一次达到 %s（每组加 0.5 个客户）。",
			digits(psi), digits(crit[0]))
	}
	return found
}

func psiCritical(n *night) []*finding {
	var found []*finding
	scopes, references := n.references()
	for k, scope := range scopes {
		f := on(scope)
		found = append(found, f)
		_, crit, err := n.drifted(f, references[k])
		if err != nil {
			continue
		}
		then := sum(references[k])
		f.Value, f.Light = number(crit[0]), Green
		f.say("With %s customers then and %s now, a PSI of %s is expected without any change; %s is exceeded in %s and %s in %s of such nights.",
			"当时 %s 个客户、现在 %s 个客户，无变化时 PSI 期望值为 %s；超过 %s 的概率为 %s，超过 %s 的概率为 %s。", digits(then), digits(f.N),
			digits(PSIExpected(len(references[k]), int(then), int(f.N))), digits(crit[0]), percent(1-n.b.PSIQuantile[0]), digits(crit[1]), percent(1-n.b.PSIQuantile[1]))
	}
	return found
}

// drifted is the PSI of tonight against counts of then, and what chance alone yields; the finding is grey where there is
// none.
func (n *night) drifted(f *finding, then []float64) (psi float64, crit [2]float64, err error) {
	if then == nil {
		uninitial(f)
		return 0, crit, ErrGrey
	}
	now := n.deciles()
	if f.N = sum(now); f.N == 0 {
		untold(f)
		return 0, crit, ErrGrey
	}
	if psi, err = PSIOfCounts(then, now); err == nil {
		for k, q := range n.b.PSIQuantile {
			if crit[k], err = PSICritical(len(now), int(sum(then)), int(f.N), q); err != nil {
				break
			}
		}
	}
	if err != nil {
		f.undefined(err)
		return 0, crit, err
	}
	f.Value, f.Statistic = number(psi), number(crit[0])
	return psi, crit, nil
}

// weighed are the features of the initial bins, those first whose points spread most, as many as are judged.
func (n *night) weighed() []string {
	if n.Initial == nil {
		return nil
	}
	var names []string
	spread := map[string]float64{}
	for name, shares := range n.Initial.Shares {
		if len(shares) != len(n.Initial.Bins[name])+2 {
			continue
		}
		names = append(names, name)
		points, p := n.Initial.Points[name], smooth(shares)
		if len(points) != len(shares) {
			continue
		}
		average := 0.0
		for k, v := range points {
			average += p[k] * zeroNaN(v)
		}
		for k, v := range points {
			spread[name] += p[k] * math.Abs(zeroNaN(v)-average)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		switch {
		case spread[a] > spread[b]:
			return -1
		case spread[a] < spread[b]:
			return 1
		}
		return strings.Compare(a, b)
	})
	return names[:min(len(names), n.b.Features)]
}

// values are a feature's values tonight, of at most MaxRows customers spread evenly over the book.
func (n *night) values(feature string) []float64 {
	size := min(len(n.Tonight), n.b.MaxRows)
	var out []float64
	for k := range size {
		if v, ok := n.Tonight[k*len(n.Tonight)/size].Features[feature]; ok {
			out = append(out, v)
		}
	}
	return out
}

// counts are values by bin: missing first.
func counts(values, edges []float64) []float64 {
	out := make([]float64, len(edges)+2)
	for _, v := range values {
		if math.IsNaN(v) {
			out[0]++
		} else {
			out[1+sort.Search(len(edges), func(k int) bool { return edges[k] > v })]++
		}
	}
	return out
}

// perFeature makes a finding on every feature that the model weighs most.
func (n *night) perFeature(judge func(f *finding, feature string, now []float64)) []*finding {
	names := n.weighed()
	if len(names) == 0 {
		return one(uninitial(on("book")))
	}
	var found []*finding
	for _, name := range names {
		f := on("feature " + name)
		found = append(found, f)
		now := n.values(name)
		if f.N = float64(len(now)); len(now) == 0 {
			f.gray("Not judged: the night handed in no values of it.", "未评定：本夜未提供该特征的数值。")
			continue
		}
		judge(f, name, now)
	}
	return found
}

func featureCSI(n *night) []*finding {
	return n.perFeature(func(f *finding, feature string, now []float64) {
		before, here := n.Initial.Shares[feature], counts(now, n.Initial.Bins[feature])
		csi, err := PSIOfCounts(before, here)
		if err != nil {
			f.undefined(err)
			return
		}
		f.Statistic = number(csi)
		shift, err := SignedShift(before, here, n.Initial.Points[feature])
		if err != nil || math.IsNaN(shift) {
			f.Value, f.Light = number(csi), n.b.PSI.light(csi)
			f.say("CSI %s; the model has no points by bin.", "CSI 为 %s；模型没有分箱分值。", digits(csi))
			return
		}
		f.Value, f.Effect, f.Light = number(shift), number(shift), n.b.Shift.light(math.Abs(shift))
		f.say("Its bins moved the average score by %s points; CSI %s.", "其分布变化使平均分移动 %s 分；CSI 为 %s。", digits(shift), digits(csi))
	})
}

func present(x []float64) []float64 {
	var out []float64
	for _, v := range x {
		if !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}

// reference are a feature's values in the sample kept at the initial validation.
func (n *night) reference(feature string) []float64 {
	var out []float64
	for _, r := range n.Initial.Reference {
		if v, ok := r[feature]; ok {
			out = append(out, v)
		}
	}
	return out
}

func featureSamples(n *night) []*finding {
	return n.perFeature(func(f *finding, feature string, now []float64) {
		decide := func(p, effect, floor float64) {
			n.byP(f, p, effect, floor, effect >= floor)
			byP := f.decide
			f.decide = func(holm, q float64) Light {
				if effect < floor*n.b.Effect.Dust {
					return Green
				}
				return byP(holm, q)
			}
		}
		x, y := present(n.reference(feature)), present(now)
		levels := map[float64]bool{}
		for _, v := range x {
			levels[v] = true
		}
		if len(x) < 20 || len(y) < 20 || len(levels) < 10 { // few levels: a category
			chi2, p, v, js, err := SameShares(n.Initial.Shares[feature], counts(now, n.Initial.Bins[feature]))
			if err != nil {
				f.undefined(err)
				return
			}
			f.Value, f.Statistic = number(v), number(chi2)
			decide(p, v, n.b.Effect.V)
			f.say("By bins: chi-square %s, Cramér's V %s, Jensen–Shannon divergence %s.", "按分箱：卡方值 %s，Cramér V %s，JS 散度 %s。", digits(chi2), digits(v), digits(js))
			return
		}
		d, p, err := TwoSampleKS(x, y)
		if err != nil {
			f.undefined(err)
			return
		}
		_, ad, err := AndersonDarling(x, y)
		if err != nil {
			f.undefined(err)
			return
		}
		moved, err := Wasserstein(x, y)
		if err != nil {
			f.undefined(err)
			return
		}
		scale := IQR(x)
		if scale == 0 { // more than half of the values are equal
			scale = math.Sqrt(covariance(x, x))
		}
		f.Value, f.Statistic = number(moved/scale), number(d)
		decide(p, moved/scale, n.b.Effect.IQR)
		f.say("Values moved by %s interquartile ranges on average; largest gap of the distributions %s, Anderson–Darling p %s.", "数值平均移动 %s 个四分位距；分布最大差距 %s，Anderson–Darling p 值 %s。",
			digits(moved/scale), digits(d), digits(ad))
	})
}

// driftRows is how many customers of then and of now the drift test compares.
const driftRows = 2000

func drift(n *night) []*finding {
	f := on("book")
	if n.Initial == nil || len(n.Initial.Reference) == 0 {
		return one(uninitial(f))
	}
	if len(n.Tonight) == 0 {
		return one(untold(f))
	}
	names := n.weighed()
	if len(names) == 0 { // no bins were kept: every feature of the sample
		seen := map[string]bool{}
		for _, r := range n.Initial.Reference {
			for name := range r {
				seen[name] = true
			}
		}
		for name := range seen {
			names = append(names, name)
		}
		slices.Sort(names)
		names = names[:min(len(names), n.b.Features)]
	}
	columns := func(size int, at func(k int) map[string]float64) [][]float64 {
		out := make([][]float64, len(names))
		k := min(size, driftRows)
		for c, name := range names {
			out[c] = make([]float64, k)
			for r := range k {
				v, ok := at(r * size / k)[name]
				if !ok {
					v = math.NaN()
				}
				out[c][r] = v
			}
		}
		return out
	}
	then := columns(len(n.Initial.Reference), func(k int) map[string]float64 { return n.Initial.Reference[k] })
	now := columns(len(n.Tonight), func(k int) map[string]float64 { return n.Tonight[k].Features })
	r, err := DriftRanking(then, now, n.Seed)
	if err != nil {
		return one(f.undefined(err))
	}
	lo, hi := r.Interval(0.95)
	f.N, f.Value, f.Statistic, f.Effect, f.Floor = float64(r.Defaults), number(r.AUC), number(lo), number(r.AUC-0.5), number(n.b.Drift.Amber-0.5)
	f.Light = n.b.Drift.light(r.AUC)
	if lo <= 0.5 { // chance explains it
		f.Light = Green
	}
	f.Power = n.power(*f.Floor, PermutedSE(r.Defaults, r.Rest))
	f.say("Customers of then and now are told apart with an AUC of %s (95 %% interval %s to %s) by %s features.", "区分当时与现在客户的 AUC 为 %s（95%% 区间 %s 至 %s），使用 %s 个特征。",
		digits(r.AUC), digits(lo), digits(hi), whole(len(names)))
	if worse, err := Reconstruction(then, now); err == nil {
		f.say(" The main directions of then miss today's customers by %s standard deviations more.", "当时的主成分对现在客户的重构误差增加 %s 个标准差。", digits(worse))
	} else if !errors.Is(err, ErrGrey) {
		return one(f.undefined(err))
	}
	return one(f)
}

func missingness(n *night) []*finding {
	return n.perFeature(func(f *finding, feature string, now []float64) {
		before := n.Initial.Shares[feature]
		was, is := before[0]/sum(before), counts(now, nil)[0]/float64(len(now))
		f.Value, f.Effect, f.Light = number(is-was), number(is-was), n.b.Missing.light(math.Abs(is-was))
		f.say("Missing for %s of customers, %s at the initial validation.", "缺失率为 %s，初始验证时为 %s。", percent(is), percent(was))
	})
}

// estimated judges by what the PDs themselves promise, before labels come.
func estimated(n *night) []*finding {
	f := on("book")
	if len(n.Tonight) == 0 {
		return one(untold(f))
	}
	type chunk struct{ auc, brier float64 }
	estimate := func(pd []float64) (chunk, bool) {
		a, b, err := EstimatedRanking(pd)
		return chunk{a, b}, err == nil
	}
	var chunks []chunk
	var last chunk
	previous := false
	for _, g := range n.cohorts {
		pd := make([]float64, len(g.rows))
		for k, i := range g.rows {
			pd[k] = n.Rows[i].PD[n.h]
		}
		c, ok := estimate(pd)
		if !ok {
			continue
		}
		if g.observed >= n.Horizon {
			chunks = append(chunks, c)
		} else {
			last, previous = c, true
		}
	}
	var pd []float64
	for _, s := range n.Tonight {
		if s.Grade >= 0 && s.PD > 0 && s.PD < 1 {
			pd = append(pd, s.PD)
		}
	}
	now, ok := estimate(pd)
	f.N = float64(len(pd))
	if len(chunks) < n.b.MinCohorts || !ok {
		return one(f.gray("Not judged: %s mature cohorts to compare with; needs %s more.", "未评定：可比较的成熟样本仅 %s 期；还需 %s 期。", whole(len(chunks)), whole(max(n.b.MinCohorts-len(chunks), 0))))
	}
	// Monthly cohorts hold nearly the same customers, so that they vary less among themselves than books do: the sampling
	// error of a book is added, taken from ten parts of tonight's.
	var partAUC, partBrier []float64
	for k := range 10 {
		var part []float64
		for j := k; j < len(pd); j += 10 {
			part = append(part, pd[j])
		}
		if c, ok := estimate(part); ok {
			partAUC, partBrier = append(partAUC, c.auc), append(partBrier, c.brier)
		}
	}
	far := func(v float64, history, parts []float64) bool {
		return math.Abs(v-mean(history)) > n.b.Bands*math.Sqrt(covariance(history, history)+covariance(parts, parts)/10)+1e-9
	}
	outside := func(c chunk) bool {
		var a, b []float64
		for _, x := range chunks {
			a, b = append(a, x.auc), append(b, x.brier)
		}
		return far(c.auc, a, partAUC) || far(c.brier, b, partBrier)
	}
	once, before := outside(now), previous && outside(last)
	f.Value, f.Statistic, f.Light = number(now.auc), number(now.brier), shade(!once, !(once && before))
	a := make([]float64, len(chunks))
	for k, c := range chunks {
		a[k] = c.auc
	}
	return one(f.say("If tonight's PDs are right, AUC will be %s and the Brier score %s; the AUC promised for %s mature cohorts was %s on average.",
		"若今晚的违约概率准确，AUC 将为 %s，Brier 得分 %s；%s 期成熟样本的预期 AUC 平均为 %s。", digits(now.auc), digits(now.brier), whole(len(chunks)), digits(mean(a))))
}

// beyond reports whether v is further from the mean of a history than so many of its standard deviations.
func beyond(v float64, history []float64, bands float64) bool {
	return math.Abs(v-mean(history)) > bands*math.Sqrt(covariance(history, history))+1e-9
}

// joinBooks visits customers that two books have, both sorted by customer.
func joinBooks(a, b []Scored, visit func(x, y *Scored)) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch strings.Compare(a[i].Customer, b[j].Customer) {
		case -1:
			i++
		case 1:
			j++
		default:
			visit(&a[i], &b[j])
			i, j = i+1, j+1
		}
	}
}

// sameModel reports whether the night before was scored by the same model.
func (n *night) sameModel() bool { return n.BeforeModel == "" || n.BeforeModel == n.Model }

// alone says that there is no night before.
func alone(f *finding) *finding {
	return f.gray("Not judged: there is no earlier published night.", "未评定：没有更早的已发布夜。")
}

func churn(n *night) []*finding {
	f := on("book")
	switch {
	case len(n.Before) == 0:
		return one(alone(f))
	case !n.sameModel():
		return one(f.gray("Not judged: another model scored the night before; see P09. The next night with this model will be judged.", "未评定：前一夜由另一模型评分，见 P09；该模型的下一夜将被评定。"))
	}
	moved := 0.0
	joinBooks(n.Tonight, n.Before, func(x, y *Scored) {
		if x.Same {
			f.N++
			if math.Abs(x.LogOdds-y.LogOdds) > n.b.Churn {
				moved++
			}
		}
	})
	if f.N == 0 {
		return one(f.gray("Not judged: no customer has the same inputs as the night before.", "未评定：没有输入与前一夜相同的客户。"))
	}
	f.Value, f.Light = number(moved/f.N), shade(moved == 0, false)
	return one(f.say("Of %s customers with the same inputs as the night before %s have other log-odds.", "输入与前一夜相同的 %s 个客户中，%s 个的对数几率发生变化。", digits(f.N), digits(moved)))
}

func retrainChurn(n *night) []*finding {
	f := on("book")
	if n.sameModel() {
		if len(n.Before) == 0 {
			return one(alone(f))
		}
		f.Value, f.Light = number(1), Green
		return one(f.say("The model is the same as the night before.", "模型与前一夜相同。"))
	}
	var mine, theirs []float64
	far, flips := 0, 0
	joinBooks(n.Tonight, n.Retrained, func(x, y *Scored) {
		if x.Grade < 0 || y.Grade < 0 {
			return
		}
		mine, theirs = append(mine, x.LogOdds), append(theirs, y.LogOdds)
		if d := x.Grade - y.Grade; d >= n.b.Retrain.Notches || -d >= n.b.Retrain.Notches {
			far++
		}
		for _, cut := range n.Cuts {
			if x.Grade >= cut.Grade != (y.Grade >= cut.Grade) {
				flips++
				break
			}
		}
	})
	f.N = float64(len(mine))
	if len(mine) < 2 {
		return one(f.gray("Not judged: the model of the night before did not score tonight's book.", "未评定：前一夜的模型未对今晚的客户评分。"))
	}
	tau, err := Kendall(mine, theirs)
	if err != nil {
		return one(f.undefined(err))
	}
	share := float64(flips) / f.N
	f.Value, f.Effect, f.Light = number(tau), number(share), darker(n.b.Retrain.Tau.light(tau), n.b.Retrain.Flips.light(share))
	return one(f.say("Against the model of the night before on the same customers: Kendall's τ %s; %s of %s moved by %s grades or more; %s lie on another side of a cut.",
		"与前一夜模型在相同客户上比较：Kendall τ 为 %s；%s 个客户（共 %s 个）移动 %s 级以上；%s 位于决策分界的另一侧。",
		digits(tau), whole(far), digits(f.N), whole(n.b.Retrain.Notches), percent(share)))
}

func coefficients(n *night) []*finding {
	if len(n.Coefficients) == 0 {
		return one(on("book").gray("Not judged: the model has no coefficients, or the night did not hand them in.", "未评定：模型没有系数，或本夜未提供。"))
	}
	list := slices.Clone(n.Coefficients)
	slices.SortFunc(list, func(a, b Coefficient) int { return strings.Compare(a.Feature, b.Feature) })
	var found []*finding
	for _, c := range list {
		f := on("feature " + c.Feature)
		found = append(found, f)
		move := math.Abs(c.Now-c.Initial) / c.SE
		if math.IsNaN(move) || math.IsInf(move, 0) {
			f.gray("Not judged: no coefficient with a standard error was kept at the initial validation.", "未评定：初始验证时未保存系数及其标准误。")
			continue
		}
		f.Value, f.Statistic, f.Effect = number(c.Now), number(c.VIF), number(move)
		f.Light = n.b.Steady.SE.light(move)
		if !math.IsNaN(c.VIF) {
			f.Light = darker(f.Light, n.b.Steady.VIF.light(c.VIF))
		}
		flip := c.Now*c.Initial < 0
		if flip {
			f.Light = Red
		}
		f.say("Coefficient %s, initially %s: moved by %s standard errors; variance inflation %s.", "系数 %s，初始 %s：移动 %s 个标准误；方差膨胀因子 %s。",
			digits(c.Now), digits(c.Initial), digits(move), digits(c.VIF))
		if flip {
			f.add(" Its sign has turned.", "符号已反转。")
		}
	}
	return found
}

// tried judges something that must never fail.
func tried(f *finding, t *Tried, en, zh string) []*finding {
	if t == nil || t.Tried == 0 {
		return one(f.gray("Not judged: the night did not try it.", "未评定：本夜未进行此项检查。"))
	}
	f.N, f.Value, f.Light = float64(t.Tried), number(float64(t.Failed)), shade(t.Failed == 0, false)
	return one(f.say(en, zh, whole(t.Failed), whole(t.Tried)))
}

func monotone(n *night) []*finding {
	return tried(on("book"), n.Proofs.Monotone, "%s of %s pairs of customers, one worse in days past due, utilisation or broken promises alone, have PDs in the wrong order.",
		"%s 对客户（共 %s 对，仅逾期天数、额度使用或违诺次数更差）的违约概率顺序错误。")
}
