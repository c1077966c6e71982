package pipeline

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/sources"
)

// volumeNights is how many published nights of the last 28 days a median needs before a source is held to it.
const volumeNights = 7

// usualVolume holds a source that promises no volume to a wide one: a delivery cut short or sent twice many times over.
var usualVolume = sources.Rule{Rule: "volume", Min: number(0.2), Max: number(5)}

// checkPromises judges what the sources promise over the rows they delivered this night.
func checkPromises(ctx context.Context, n *Night) (out []finding, err error) {
	for _, s := range n.Sources {
		rules := s.Contract
		if !slices.ContainsFunc(rules, func(r sources.Rule) bool { return r.Rule == "volume" }) {
			rules = append(slices.Clone(rules), usualVolume)
		}
		for i, r := range rules {
			params := n.params(map[string]any{"source": s.Name})
			var f []finding
			switch {
			case r.Rule == "volume":
				f, err = n.volume(ctx, s.Name, r, params, i < len(s.Contract))
			case r.Rule == "distribution":
				params["table"], params["column"] = s.Table+"_rows", r.Column
				f, err = n.distribution(ctx, s.Name, r, params)
			default:
				params["table"], params["column"] = s.Table+"_rows", r.Column
				f, err = n.rowRule(ctx, s.Name, r, params)
			}
			if err != nil {
				return nil, fmt.Errorf("contract of %s, %s %s: %w", s.Name, r.Rule, r.Column, err)
			}
			out = append(out, f...)
		}
	}
	return out, nil
}

// broken says in both languages what a row that breaks a rule does.
var broken = map[string][2]string{
	"not_null": {"have no value", "没有值"},
	"unique":   {"repeat a value of their file", "与同一文件中的值重复"},
	"values":   {"hold another value than the contract lists", "的值不在约定之列"},
	"range":    {"lie outside the bounds", "超出约定范围"},
	"relation": {"refer to what nobody has delivered", "所引用的记录不存在"},
}

// rowRule counts the rows that break a rule. A finding names a place, not the value: findings are logged.
func (n *Night) rowRule(ctx context.Context, source string, r sources.Rule, params map[string]any) (out []finding, err error) {
	switch r.Rule {
	case "values":
		params["of"] = r.Of
	case "range":
		params["min"], params["max"] = -math.MaxFloat64, math.MaxFloat64
		if r.Min != nil {
			params["min"] = *r.Min
		}
		if r.Max != nil {
			params["max"] = *r.Max
		}
	case "relation":
		params["to"] = r.To
	}
	err = rows.Each(ctx, n, "rule "+r.Rule, sqlOf("rule_"+r.Rule), params, func(row *rows.Row) error {
		delivered, bad := row.Whole("delivered"), row.Whole("bad")
		if delivered == 0 {
			return nil // nothing new: nothing to judge
		}
		share := float64(bad) / float64(delivered)
		f := finding{Name: "contract_" + r.Rule, Scope: source + "." + r.Column, Light: "green", Value: number(share), Expected: number(r.Share),
			EN: fmt.Sprintf("all %d rows keep the rule", delivered), ZH: fmt.Sprintf("%d 行全部符合约定", delivered)}
		if bad > 0 {
			f.EN = fmt.Sprintf("%d of %d rows (%.2f %%) %s, first: %s", bad, delivered, 100*share, broken[r.Rule][0], row.Text("first"))
			f.ZH = fmt.Sprintf("%d/%d 行（%.2f %%）%s，首个：%s", bad, delivered, 100*share, broken[r.Rule][1], row.Text("first"))
		}
		if bad > r.Rows && share > r.Share {
			f.Light = r.Light()
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// volume compares the rows read with the median of the last 28 days.
func (n *Night) volume(ctx context.Context, source string, r sources.Rule, params map[string]any, promised bool) (out []finding, err error) {
	err = rows.Each(ctx, n, "rule volume", sqlOf("rule_volume"), params, func(row *rows.Row) error {
		tonight, nights, median := row.Whole("tonight"), row.Whole("nights"), row.Float("median")
		f := finding{Name: "contract_volume", Scope: source, Light: "green", Value: number(float64(tonight)), Expected: median}
		if median == nil || nights < volumeNights || *median == 0 {
			if !promised {
				return nil
			}
			f.Light = "grey"
			f.EN = fmt.Sprintf("%d rows read; %d earlier nights within 28 days are too few, or read nothing", tonight, nights)
			f.ZH = fmt.Sprintf("读取 %d 行；28 天内仅 %d 晚可比，或均无数据", tonight, nights)
			out = append(out, f)
			return nil
		}
		share := float64(tonight) / *median
		if r.Min != nil && share < *r.Min || r.Max != nil && share > *r.Max {
			f.Light = r.Light()
		}
		f.EN = fmt.Sprintf("%d rows read, %.2f times the median %g of %d nights", tonight, share, *median, nights)
		f.ZH = fmt.Sprintf("读取 %d 行，为 %d 晚中位数 %g 的 %.2f 倍", tonight, nights, *median, share)
		out = append(out, f)
		return nil
	})
	return out, err
}

// distribution compares the share of each value with the last 28 days.
func (n *Night) distribution(ctx context.Context, source string, r sources.Rule, params map[string]any) (out []finding, err error) {
	err = rows.Each(ctx, n, "rule distribution", sqlOf("rule_distribution"), params, func(row *rows.Row) error {
		share, before, change := *row.Float("share"), *row.Float("share_before"), *row.Float("change")
		f := finding{Name: "contract_distribution", Scope: source + "." + r.Column, Light: "green", Value: number(change), Expected: r.Max,
			EN: fmt.Sprintf("the share of %q changed most, to %.2f %% from %.2f %% of %d rows", row.Text("content"), 100*share, 100*before, row.Whole("earlier")),
			ZH: fmt.Sprintf("%q 的占比变化最大：%.2f %%，此前 %.2f %%（%d 行）", row.Text("content"), 100*share, 100*before, row.Whole("earlier"))}
		if change > *r.Max {
			f.Light = r.Light()
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// scores adds the score of data quality of each source and of the night: green checks count 1, amber 0.5, red 0, over all
// checks that could be judged; grey ones do not count. The checks carry the lights, so a score is always green.
func scores(findings []finding) (out []finding) {
	points, checks := map[string]float64{}, map[string]float64{}
	worth := map[string]float64{"green": 1, "amber": 0.5}
	var names []string
	for _, f := range findings {
		if f.Light == "grey" {
			continue
		}
		of := []string{"all sources"}
		if slices.Contains([]string{"accounts", "rejects", "freshness"}, f.Name) || strings.HasPrefix(f.Name, "contract_") {
			source, _, _ := strings.Cut(f.Scope, ".")
			of = append(of, source)
		}
		for _, s := range of {
			if checks[s] == 0 {
				names = append(names, s)
			}
			points[s] += worth[f.Light]
			checks[s]++
		}
	}
	slices.Sort(names)
	for _, s := range names {
		score := points[s] / checks[s]
		out = append(out, finding{Name: "score", Scope: s, Light: "green", Value: number(score), Expected: number(1),
			EN: fmt.Sprintf("%.0f %% of %g checks kept, amber ones by half", 100*score, checks[s]), ZH: fmt.Sprintf("%g 项检查得分 %.0f %%，黄灯计一半", checks[s], 100*score)})
	}
	return out
}
