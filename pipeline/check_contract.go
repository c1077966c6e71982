package pipeline

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/sources"
)

// volumeNights is how many published nights of the same weekday within 28 days a median needs before a source is held to it.
const volumeNights = 3

// checkPromises judges what the sources promise over the rows they delivered this night; their age is judged by checkSources.
func checkPromises(ctx context.Context, n *Night) (out []finding, err error) {
	read, err := n.volumes(ctx)
	if err != nil {
		return nil, err
	}
	changed, err := n.columns(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range n.Sources {
		for _, r := range s.Promises() {
			var f []finding
			switch v := read[s.Name]; {
			case r.Rule == "freshness":
				continue
			case r.Rule == "volume":
				f = volume(s.Name, r, v)
			case r.Rule == "control_total":
				f, err = n.controlTotal(ctx, s.Name, r)
			case v.accepted == 0 || s.From == "" && v.accepted < r.From:
				continue // nothing new, or too little of it: nothing to judge
			case r.Rule == "distribution":
				f, err = n.distribution(ctx, s, r)
			default:
				f, err = n.rowRule(ctx, s, r)
			}
			if err != nil {
				return nil, fmt.Errorf("contract of %s, %s %s: %w", s.Name, r.Rule, r.Columns(), err)
			}
			out = append(out, f...)
		}
		if c, ok := changed[s.Name]; ok {
			out = append(out, c.judge(s)...)
		}
	}
	return out, nil
}

// promise is a finding on a rule of a contract that is kept.
func promise(source string, r sources.Rule) finding {
	f := finding{Name: "contract_" + r.Rule, Scope: source, Source: source, Light: "green", Severity: "warn"}
	if r.Column != "" {
		f.Scope += "." + r.Columns()
	}
	if r.Stops() {
		f.Severity = "stop"
	}
	return f
}

// fail gives a check the light of its severity.
func (f *finding) fail() {
	f.Light = "amber"
	if f.Severity == "stop" {
		f.Light = "red"
	}
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
func (n *Night) rowRule(ctx context.Context, s sources.Source, r sources.Rule) (out []finding, err error) {
	params := n.params(map[string]any{"source": s.Name, "table": s.Table + "_rows", "column": r.Column, "kinds": r.Kinds, "kind": r.Column})
	if len(r.Kinds) > 0 {
		params["kind"] = "kind"
	} else {
		params["kinds"] = []string{}
	}
	switch r.Rule {
	case "unique":
		with := slices.Concat(r.With, slices.Repeat([]string{r.Column}, sources.MaxWith)) // one named already changes nothing
		params["second"], params["third"], params["fourth"] = with[0], with[1], with[2]
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
		if delivered == 0 || delivered < r.From {
			return nil
		}
		share := float64(bad) / float64(delivered)
		f := promise(s.Name, r)
		f.Value, f.Expected, f.Judged, f.Broken, f.Share = number(share), number(r.Share), whole(delivered), whole(bad), number(share)
		f.EN, f.ZH = fmt.Sprintf("all %d rows keep the rule", delivered), fmt.Sprintf("%d 行全部符合约定", delivered)
		if bad > 0 {
			f.Example = row.Text("first")
			f.EN = fmt.Sprintf("%d of %d rows (%.2f %%) %s, first: %s", bad, delivered, 100*share, broken[r.Rule][0], f.Example)
			f.ZH = fmt.Sprintf("%d/%d 行（%.2f %%）%s，首个：%s", bad, delivered, 100*share, broken[r.Rule][1], f.Example)
		}
		if bad > r.Rows && share > r.Share {
			f.fail()
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// A read is how many rows a source read and accepted tonight, and the median of what it read in some nights before; nil if there are none.
type read struct {
	tonight, accepted, nights int64
	median                    *float64
}

func (n *Night) volumes(ctx context.Context) (map[string]read, error) {
	out := map[string]read{}
	err := rows.Each(ctx, n, "volumes", sqlOf("rule_volume"), n.params(nil), func(row *rows.Row) error {
		out[row.Text("source")] = read{row.Whole("tonight"), row.Whole("accepted"), row.Whole("nights"), row.Float("median")}
		return nil
	})
	return out, err
}

// volume compares the rows read with the median of the same weekday in the last 28 days.
func volume(source string, r sources.Rule, v read) []finding {
	f := promise(source, r)
	f.Value, f.Expected = number(float64(v.tonight)), v.median
	if v.median == nil || v.nights < volumeNights || *v.median == 0 {
		if r.Usual {
			return nil // nobody asked for it
		}
		f.Light = "grey"
		f.EN = fmt.Sprintf("%d rows read; %d earlier nights of this weekday within 28 days are too few, or read nothing", v.tonight, v.nights)
		f.ZH = fmt.Sprintf("读取 %d 行；28 天内同一星期日仅 %d 晚可比，或均无数据", v.tonight, v.nights)
		return []finding{f}
	}
	share := float64(v.tonight) / *v.median
	if r.Min != nil && share < *r.Min || r.Max != nil && share > *r.Max {
		f.fail()
	}
	f.EN = fmt.Sprintf("%d rows read, %.2f times the median %g of %d nights of this weekday", v.tonight, share, *v.median, v.nights)
	f.ZH = fmt.Sprintf("读取 %d 行，为此前 %d 个同一星期日中位数 %g 的 %.2f 倍", v.tonight, v.nights, *v.median, share)
	return []finding{f}
}

// distribution compares the share of each value with the last 28 days.
func (n *Night) distribution(ctx context.Context, s sources.Source, r sources.Rule) (out []finding, err error) {
	params := n.params(map[string]any{"source": s.Name, "table": s.Table + "_rows", "column": r.Column})
	err = rows.Each(ctx, n, "rule distribution", sqlOf("rule_distribution"), params, func(row *rows.Row) error {
		share, before, change := *row.Float("share"), *row.Float("share_before"), *row.Float("change")
		delivered, earlier := row.Whole("delivered"), row.Whole("earlier")
		if delivered < r.From || earlier < r.From {
			return nil
		}
		f := promise(s.Name, r)
		f.Value, f.Expected, f.Judged = number(change), r.Max, whole(delivered)
		f.EN = fmt.Sprintf("the share of %q changed most, to %.2f %% of %d rows from %.2f %% of %d", row.Text("content"), 100*share, delivered, 100*before, earlier)
		f.ZH = fmt.Sprintf("%q 的占比变化最大：%d 行中占 %.2f %%，此前 %d 行中占 %.2f %%", row.Text("content"), delivered, 100*share, earlier, 100*before)
		if change > *r.Max {
			f.fail()
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// controlTotal compares the newest control account of each currency with what the documents add up to on its day: as they are known
// tonight, or as they were known when the account was told, whichever is nearer. A finding tells the share, not the amount.
func (n *Night) controlTotal(ctx context.Context, source string, r sources.Rule) (out []finding, err error) {
	err = rows.Each(ctx, n, "control totals", sqlOf("recon_told"), n.params(nil), func(row *rows.Row) error {
		if row.Text("source") != "general_ledger" || row.Text("customer_id") != "" {
			return nil
		}
		told, ours, then := row.Money("amount").Float(), row.Money("ours").Float(), row.Money("ours_then").Float()
		off := min(math.Abs(told-ours), math.Abs(told-then))
		share := 0.0
		switch {
		case told != 0:
			share = off / math.Abs(told)
		case off != 0:
			share = 1
		}
		currency, day := row.Text("currency"), row.Date("balance_on")
		f := promise(source, r)
		f.Scope, f.Value, f.Expected = source+"."+currency, number(share), r.Max
		f.EN = fmt.Sprintf("the control account in %s of %s and the documents differ by %.4f %% of it", currency, day, 100*share)
		f.ZH = fmt.Sprintf("%s 的 %s 总账控制科目与单据合计相差 %.4f %%", day, currency, 100*share)
		if share > *r.Max {
			f.fail()
		}
		out = append(out, f)
		return nil
	})
	if err == nil && len(out) == 0 {
		f := promise(source, r)
		f.Light, f.EN, f.ZH = "grey", "no control account of the general ledger is known", "没有已知的总账控制科目余额"
		out = append(out, f)
	}
	return out, err
}

// A columnChange is which columns a source has that it had in no published night of the last 28 days, and which of the night before it
// lacks. That the mapping misses one stops the pull; what is said here nobody reads yet, or no more.
type columnChange struct{ fresh, gone []string }

func (n *Night) columns(ctx context.Context) (map[string]columnChange, error) {
	out := map[string]columnChange{}
	err := rows.Each(ctx, n, "columns", sqlOf("source_columns"), n.params(nil), func(row *rows.Row) error {
		out[row.Text("source")] = columnChange{row.Texts("fresh"), row.Texts("gone")}
		return nil
	})
	return out, err
}

func (c columnChange) judge(s sources.Source) []finding {
	if s.Reader == "feed" { // whose form is not the sender's
		return nil
	}
	if !s.FixedColumns() {
		c.gone = nil // tonight's records have no use for them
	}
	f := finding{Name: "columns", Scope: s.Name, Source: s.Name, Light: "green", Severity: "warn", Value: number(float64(len(c.fresh) + len(c.gone))), Expected: number(0),
		EN: "the columns are those of the nights before", ZH: "列与之前各晚相同"}
	var en, zh []string
	if len(c.fresh) > 0 {
		en, zh = append(en, "new: "+columnList(c.fresh)), append(zh, "新增："+columnList(c.fresh))
	}
	if len(c.gone) > 0 {
		en, zh = append(en, "gone: "+columnList(c.gone)), append(zh, "消失："+columnList(c.gone))
	}
	if len(en) > 0 {
		f.EN, f.ZH = "columns of the files have changed; "+strings.Join(en, "; "), "文件的列有变化；"+strings.Join(zh, "；")
		f.fail()
	}
	return []finding{f}
}

// columnList quotes names that come from a file, at most eight.
func columnList(names []string) string {
	var out []string
	for _, c := range names[:min(8, len(names))] {
		if r := []rune(c); len(r) > 40 {
			c = string(r[:40]) + "…"
		}
		out = append(out, strconv.Quote(c))
	}
	if more := len(names) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("… %d", more))
	}
	return strings.Join(out, ", ")
}
