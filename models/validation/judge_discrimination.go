package validation

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// short is what a sample still lacks, "" when it has enough defaults and others.
func (n *night) short(f *finding, s sample, need float64) bool {
	if len(s.rows) == 0 {
		f.gray("Not judged: no cohort is mature yet; the outcome of one must be known over %s months.",
			"未评定：尚无成熟样本；需有一期样本的 %s 个月结果已知。", whole(n.Horizon))
		return true
	}
	f.N, f.D = s.n(), s.d
	switch rest := s.n() - s.d; {
	case s.d < need:
		f.gray("Not judged: %s defaults among %s customers of %s; needs %s more defaults.",
			"未评定：%[3]s 样本 %[2]s 个客户中仅 %[1]s 个违约；还需 %[4]s 个违约。", digits(s.d), digits(s.n()), s.cohort, digits(need-s.d))
		return true
	case rest < 1:
		f.gray("Not judged: all %s customers of %s defaulted; needs some that did not.", "未评定：%[2]s 样本的 %[1]s 个客户全部违约；需要未违约客户。",
			digits(s.n()), s.cohort)
		return true
	}
	return false
}

func auc(n *night) []*finding {
	f := on("book")
	if n.short(f, n.head, n.b.AUC.Need) {
		return one(f)
	}
	r, err := Rank(n.head.pd, n.head.y)
	if err != nil {
		return one(f.undefined(err))
	}
	f.Value, f.Light = number(r.AUC), n.b.AUC.light(r.AUC)
	return one(f.say("AUC %s, Gini %s on %s customers of %s with %s defaults.", "%[4]s 样本 %[3]s 个客户、%[5]s 个违约：AUC %[1]s，基尼系数 %[2]s。",
		digits(r.AUC), digits(r.Gini), digits(f.N), n.head.cohort, digits(f.D)))
}

func drop(n *night) []*finding {
	f := on("book")
	if n.Initial == nil || n.Initial.AUC <= 0 {
		return one(f.gray("Not judged: the model has no initial validation to compare with.", "未评定：该模型没有可比较的初始验证。"))
	}
	if n.short(f, n.head, n.b.Drop.Need) {
		return one(f)
	}
	r, err := Rank(n.head.pd, n.head.y)
	if err != nil {
		return one(f.undefined(err))
	}
	s, p, err := Drop(n.Initial.AUC, r)
	if err != nil {
		return one(f.undefined(err))
	}
	f.Value, f.Statistic = number(r.AUC), number(s)
	n.byP(f, p, n.Initial.AUC-r.AUC, n.b.Drop.Floor)
	f.Power = number(distuv.UnitNormal.CDF(n.b.Drop.Floor/math.Sqrt(r.Variance) - distuv.UnitNormal.Quantile(1-n.b.Red)))
	return one(f.say("AUC %s against %s at the initial validation, S %s, %s defaults.", "AUC %s，初始验证为 %s，S 值 %s，违约 %s 个。",
		digits(r.AUC), digits(n.Initial.AUC), digits(s), digits(f.D)))
}
