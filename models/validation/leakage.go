package validation

import (
	"math"
	"slices"
	"strings"
)

// same judges two things that must be equal.
func same(f *finding, p *Pair, en, zh, enNot, zhNot string) []*finding {
	if p == nil || p.First == "" || p.Second == "" {
		return one(f.gray("Not judged: the night did not do it twice.", "未评定：本夜未重复执行该步骤。"))
	}
	f.Light = shade(p.First == p.Second, false)
	if f.Light == Green {
		f.Value = number(0)
		return one(f.add(en, zh))
	}
	f.Value = number(1)
	return one(f.say(enNot, zhNot, p.First, p.Second))
}

func replay(n *night) []*finding {
	return same(on("book"), n.Proofs.Replay,
		"The feature table of 30 days ago, built again from today's store, is the stored one.", "从今日数据重建的 30 天前特征表与存档一致。",
		"The feature table of 30 days ago, built again from today's store, is another one (hash %s stored, %s now).", "从今日数据重建的 30 天前特征表与存档不同（存档哈希 %s，现为 %s）。")
}

func future(n *night) []*finding {
	return tried(on("book"), n.Proofs.FutureCanary, "%s of %s planted columns from the future reached the training table.", "%s 个未来信息探针列（共 %s 个）进入了训练表。")
}

func shuffled(n *night) []*finding {
	f, p := on("book"), n.Proofs.Permuted
	if p == nil || p.Defaults <= 0 || p.Rest <= 0 || math.IsNaN(p.AUC) {
		return one(f.gray("Not judged: no model was trained on shuffled labels tonight.", "未评定：今晚没有用打乱标签训练的模型。"))
	}
	se := PermutedSE(p.Defaults, p.Rest)
	away := math.Abs(p.AUC-0.5) / se
	f.N, f.D, f.Value, f.Statistic, f.Effect, f.Floor = float64(p.Defaults+p.Rest), float64(p.Defaults), number(p.AUC), number(away), number(away), number(n.b.Shuffled)
	f.Light = shade(away <= n.b.Shuffled, false)
	return one(f.say("A model of shuffled labels ranks with an AUC of %s, %s standard errors from 0.5.", "用打乱标签训练的模型 AUC 为 %s，距 0.5 有 %s 个标准误。", digits(p.AUC), digits(away)))
}

func suspicious(n *night) []*finding {
	if len(n.Strengths) == 0 {
		return one(on("book").gray("Not judged: the night did not measure what single features tell.", "未评定：本夜未计算单特征的区分能力。"))
	}
	list := slices.Clone(n.Strengths)
	slices.SortFunc(list, func(a, b Strength) int { return strings.Compare(a.Feature, b.Feature) })
	var found []*finding
	for _, s := range list {
		jump := 0.0
		if s.SE > 0 && s.Before > 0 {
			jump = max(s.SE/s.Before, s.Before/s.SE)
		}
		if !(s.IV > n.b.Strong.IV) && !(s.AUC > n.b.Strong.AUC) && !(jump > n.b.Strong.SE) {
			continue
		}
		f := on("feature " + s.Feature)
		// A strong feature is a finding to be looked into, not a proof of leakage.
		f.Value, f.Statistic, f.Effect, f.Light = number(s.AUC), number(s.IV), number(jump), Amber
		f.say("Alone it has an information value of %s and an AUC of %s; its standard error changed by a factor of %s.", "单独使用时信息值 %s，AUC %s；标准误变化 %s 倍。",
			digits(s.IV), digits(s.AUC), digits(jump))
		found = append(found, f)
	}
	if len(found) > 0 {
		return found
	}
	f := on("book")
	f.N, f.Value, f.Light = float64(len(list)), number(0), Green
	return one(f.say("None of %s features tells suspiciously much alone (information value above %s, AUC above %s or a jump of the standard error).", "%s 个特征均无可疑的单独区分能力（信息值高于 %s、AUC 高于 %s 或标准误突变）。",
		whole(len(list)), digits(n.b.Strong.IV), digits(n.b.Strong.AUC)))
}

// shortestCliff is the horizon, in months, from which a month of delay is a small part of what a model looks ahead. Below it an honest
// model loses as much as one that saw the future: of a payment due within three months, a month earlier there was no invoice yet.
const shortestCliff = 6

func cliff(n *night) []*finding {
	f, l := on("book"), n.Proofs.Lagged
	if n.Horizon < shortestCliff {
		return one(f.gray("Not judged: the horizon is %s months, and features a month older are too old to tell a leak by; it takes a horizon of %s months.", "未评定：期限为 %s 个月，滞后一个月的特征已过旧，无法据以判断泄漏；期限须达 %s 个月。", whole(n.Horizon), whole(shortestCliff)))
	}
	if l == nil || !(l.AUC > 0) || !(l.Earlier > 0) {
		return one(f.gray("Not judged: no model was judged on features a month older.", "未评定：本夜未用滞后一个月的特征评估模型。"))
	}
	fall := l.AUC - l.Earlier
	f.Value, f.Effect, f.Light = number(l.Earlier), number(fall), n.b.Cliff.light(fall)
	return one(f.say("With features a month older the AUC falls from %s to %s.", "特征滞后一个月后，AUC 从 %s 降至 %s。", digits(l.AUC), digits(l.Earlier)))
}

func reproducible(n *night) []*finding {
	return same(on("book"), n.Proofs.Training,
		"Trained twice, on one and on all processors, model and scores are equal to the bit.", "分别用单核与多核训练两次，模型与评分逐位一致。",
		"Trained twice, model or scores differ (hash %s and %s).", "训练两次，模型或评分不一致（哈希 %s 与 %s）。")
}

// apartBy judges a largest difference that must be next to nothing.
func apartBy(f *finding, d *float64, bound float64, en, zh string) []*finding {
	if d == nil {
		return one(f.gray("Not judged: the night did not compare them.", "未评定：本夜未进行比较。"))
	}
	f.Value, f.Effect, f.Floor, f.Light = number(*d), number(*d), number(bound), shade(*d <= bound, false)
	return one(f.say(en, zh, digits(*d), digits(bound)))
}

func parity(n *night) []*finding {
	return apartBy(on("book"), n.Proofs.Path, n.b.Parity, "The ways to score (training, night, explanation) differ by %s log-odds at most; allowed are %s.",
		"各评分路径（训练、夜间、解释）的对数几率最大相差 %s；允许 %s。")
}

func specials(n *night) []*finding {
	return tried(on("book"), n.Proofs.Specials, "%s of %s missing and special values are weighed differently in fit, score or reason.", "%s 个缺失值或特殊值（共 %s 个）在拟合、评分或原因中权重不同。")
}

func rerun(n *night) []*finding {
	return same(on("book"), n.Proofs.Rerun,
		"The night run twice yields the same rows, sums and hashes.", "本夜运行两次，行数、合计与哈希一致。",
		"The night run twice yields other rows (hash %s and %s).", "本夜运行两次结果不同（哈希 %s 与 %s）。")
}
