package validation

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

func overrides(n *night) []*finding {
	f := on("book")
	up, down, notches := 0, 0, 0
	for _, o := range n.Overrides {
		if o.On != n.AsOf || o.Final == o.Model {
			continue
		}
		if o.Final > o.Model {
			down++
		} else {
			up++
		}
		notches += o.Final - o.Model
	}
	count, scored := max(up+down, n.Process.Overrides), n.Process.Scored
	if scored == 0 {
		scored = len(n.Tonight)
	}
	if scored == 0 {
		return one(untold(f))
	}
	share := float64(count) / float64(scored)
	f.N, f.Value, f.Light = float64(scored), number(share), n.b.Overrides.light(share)
	f.say("%s of %s grades were set by a person, %s.", "%s 个等级由人工设定，共 %s 个，占 %s。", whole(count), whole(scored), percent(share))
	if up+down > 0 {
		// The sign test: as many up as down.
		p, err := BinomialAtMost(up+down, min(up, down), 0.5)
		if err == nil {
			p = min(2*p, 1)
			f.P, f.Effect = number(p), number(float64(notches)/float64(up+down))
			f.say(" %s went to a better grade and %s to a worse one (sign test p %s), by %s grades on average.", "其中上调 %s 个，下调 %s 个（符号检验 p 值 %s），平均移动 %s 级。",
				whole(up), whole(down), digits(p), digits(*f.Effect))
		}
	}
	return one(f)
}

func overrideOutcomes(n *night) []*finding {
	f := on("book")
	type key struct {
		customer string
		cohort   int32
	}
	final := map[key]Override{}
	for _, o := range n.Overrides {
		final[key{o.Customer, int32(o.On)}] = o
	}
	var model, person []float64
	var y []uint8
	worse, worseD := 0.0, 0.0
	peers := make([]Cell, len(n.Grades)) // rows without an override, by the model's grade
	from := make([]float64, len(n.Grades))
	overridden := 0
	for _, s := range n.apart {
		for k, i := range s.rows {
			r := &n.Rows[i]
			is := float64(r.Grade)
			if o, ok := final[key{r.Customer, int32(r.Cohort)}]; ok && o.Model >= 0 && o.Model < len(n.Grades) && o.Final != o.Model {
				overridden++
				model, person = append(model, float64(o.Model)), append(person, float64(o.Final))
				if o.Final > o.Model {
					worse, worseD = worse+1, worseD+float64(s.y[k])
					from[o.Model]++
				}
			} else {
				model, person = append(model, is), append(person, is)
				peers[r.Grade].N++
				peers[r.Grade].D += float64(s.y[k])
			}
			y = append(y, s.y[k])
			f.D += float64(s.y[k])
		}
	}
	f.N = float64(len(y))
	switch {
	case overridden == 0:
		return one(f.gray("Not judged: no override is old enough for its outcome to be known.", "未评定：没有结果已知的人工调整。"))
	case f.D < n.b.Override.Need:
		return one(f.gray("Not judged: %s defaults; needs %s more.", "未评定：违约仅 %s 个；还需 %s 个。", digits(f.D), digits(n.b.Override.Need-f.D)))
	}
	c, err := Paired(model, person, y)
	if err != nil {
		return one(f.undefined(err))
	}
	f.Value, f.Statistic = number(-c.Difference), number(c.Z)
	if c.SE == 0 {
		f.Light = Green
	} else {
		n.byP(f, normalTail(c.Z), c.Difference, n.b.Override.Floor, c.Difference > n.b.Override.Floor)
	}
	expected := 0.0
	for g, k := range from {
		expected += k * ratio(peers[g].D, peers[g].N)
	}
	f.say("With %s overrides the AUC of the grades changed by %s; of %s customers set to a worse grade %s defaulted, of as many peers of the model's grade %s would have.",
		"%s 项人工调整使等级 AUC 变化 %s；被下调的 %s 个客户中违约 %s 个，同等级未调整客户按比例为 %s 个。",
		whole(overridden), digits(-c.Difference), digits(worse), digits(worseD), digits(expected))
	return one(f)
}

func additivity(n *night) []*finding {
	return apartBy(on("book"), n.Proofs.Additivity, n.b.Reasons, "Contributions and base differ from the log-odds by %s at most; allowed are %s.", "各项贡献与基准之和与对数几率最大相差 %s；允许 %s。")
}

func reasonStability(n *night) []*finding {
	f := on("book")
	switch {
	case len(n.Before) == 0:
		return one(alone(f))
	case !n.sameModel():
		return one(f.gray("Not judged: another model gave the reasons of the night before. The next night with this model will be judged.", "未评定：前一夜的原因由另一模型给出；该模型的下一夜将被评定。"))
	}
	shared, named := 0, 0
	joinBooks(n.Tonight, n.Before, func(x, y *Scored) {
		if !x.Same || x.Reasons == [4]string{} && y.Reasons == [4]string{} {
			return
		}
		f.N++
		for _, r := range x.Reasons {
			if r != "" {
				named++
				if slices.Contains(y.Reasons[:], r) {
					shared++
				}
			}
		}
	})
	if f.N == 0 {
		return one(f.gray("Not judged: no customer with reasons has the same inputs as the night before.", "未评定：没有带原因且输入与前一夜相同的客户。"))
	}
	share := 1.0
	if named > 0 {
		share = float64(shared) / float64(named)
	}
	f.Value, f.Light = number(share), shade(share == 1, false)
	return one(f.say("Of the reasons of %s customers with the same inputs as the night before %s are the same.", "输入与前一夜相同的 %s 个客户的原因中，%s 保持不变。", digits(f.N), percent(share)))
}

func reasonDirection(n *night) []*finding {
	f, t := on("book"), n.Proofs.Direction
	if t == nil || t.Tried == 0 {
		return one(f.gray("Not judged: no first reason was neutralised tonight.", "未评定：今晚未对首要原因做中性化检验。"))
	}
	share := 1 - float64(t.Failed)/float64(t.Tried)
	f.N, f.Value, f.Light = float64(t.Tried), number(share), n.b.Direction.light(share)
	return one(f.say("Neutralising the first reason lowered the PD of %s of %s customers.", "对首要原因做中性化后，%s 的客户违约概率下降（共 %s 个）。", percent(share), whole(t.Tried)))
}

// fairness judges calibration by segment, and holds by segment against those that the grades alone would bring.
func fairness(n *night) []*finding {
	if len(n.Segments) == 0 {
		return unsegmented(on("book"))
	}
	var found []*finding
	judge := func(f *finding, o, e float64) {
		over := o / e
		light := n.b.Fair.light(over)
		f.Value, f.Statistic, f.Effect = number(over), number(e), number(over)
		f.P = number(min(2*min(PoissonAtLeast(int(o), e), PoissonAtMost(int(o), e)), 1))
		f.decide = func(holm, q float64) Light {
			switch {
			case light == Red && holm <= n.b.Red:
				return Red
			case light != Green && q <= n.b.Amber:
				return Amber
			}
			return Green // within bounds, or no more than chance brings
		}
		found = append(found, f)
	}
	holds := 0.0
	rate, size := make([]float64, len(n.Grades)), make([]float64, len(n.Grades))
	for _, s := range n.Tonight {
		if s.Grade >= 0 && s.Grade < len(n.Grades) {
			size[s.Grade]++
			if s.Held {
				rate[s.Grade]++
				holds++
			}
		}
	}
	for g := range rate {
		rate[g] = ratio(rate[g], size[g])
	}
	for seg, name := range n.Segments {
		values, rows := n.parts(n.head, seg)
		for _, v := range values {
			s := n.head.pick(rows[v])
			e := sum(s.pd)
			if e < 5 {
				continue
			}
			f := on("segment " + name + "=" + v)
			f.N, f.D = s.n(), s.d
			f.say("%s defaults among %s customers with %s %s, %s expected.", "%[3]s 为 %[4]s 的 %[2]s 个客户中违约 %[1]s 个，预期 %[5]s 个。", digits(s.d), digits(f.N), strings.ReplaceAll(name, "_", " "), v, digits(e))
			judge(f, s.d, e)
		}
		if holds == 0 {
			continue
		}
		held, expected, count := map[string]float64{}, map[string]float64{}, map[string]float64{}
		var names []string
		for _, s := range n.Tonight {
			if seg >= len(s.Segments) || s.Grade < 0 || s.Grade >= len(n.Grades) {
				continue
			}
			v := s.Segments[seg]
			if count[v] == 0 {
				names = append(names, v)
			}
			count[v]++
			expected[v] += rate[s.Grade]
			if s.Held {
				held[v]++
			}
		}
		slices.Sort(names)
		for _, v := range names {
			if expected[v] < 5 {
				continue
			}
			f := on("holds " + name + "=" + v)
			f.N = count[v]
			f.say("%s customers with %s %s are held; their grades alone would bring %s.", "%[2]s 为 %[3]s 的客户中 %[1]s 个被暂停发货；仅按等级应为 %[4]s 个。", digits(held[v]), strings.ReplaceAll(name, "_", " "), v, digits(expected[v]))
			judge(f, held[v], expected[v])
		}
	}
	if len(found) == 0 {
		f := on("book")
		f.N, f.D = n.head.n(), n.head.d
		return one(f.gray("Not judged: no segment expects five defaults on the newest mature cohort or five holds tonight.", "未评定：最新成熟样本上没有分组预期违约达到五个，今晚也没有分组预期暂停达到五个。"))
	}
	return found
}

func proxies(n *night) []*finding {
	if len(n.Proxies) == 0 {
		return one(on("book").gray("Not judged: no attribute that must not decide is recorded (sole traders, guarantors).", "未评定：未记录不得用于决策的属性（个体经营者、担保人）。"))
	}
	list := slices.Clone(n.Proxies)
	slices.SortFunc(list, func(a, b Proxy) int { return strings.Compare(a.Attribute, b.Attribute) })
	var found []*finding
	for _, p := range list {
		f := on("attribute " + p.Attribute)
		found = append(found, f)
		if math.IsNaN(p.AUC) || p.N == 0 {
			f.gray("Not judged: nobody has it.", "未评定：没有客户具有该属性。")
			continue
		}
		f.N, f.Value, f.Light = float64(p.N), number(p.AUC), n.b.Betrayal.light(p.AUC)
		f.add(fmt.Sprintf("The features tell the attribute %s with an AUC of %s on %s customers.", p.Attribute, digits(p.AUC), whole(p.N)),
			fmt.Sprintf("在 %s 个客户上，特征可推断属性 %s 的 AUC 为 %s。", whole(p.N), p.Attribute, digits(p.AUC)))
	}
	return found
}
