package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/sources"
)

// A finding is a row of the table checks.
type finding struct {
	Run      uint64    `ch:"run"`
	AsOf     asof.Date `ch:"as_of"`
	Name     string    `ch:"name"`
	Scope    string    `ch:"scope"`
	Light    string    `ch:"light"`
	Value    *float64  `ch:"value"`
	Expected *float64  `ch:"expected"`
	EN       string    `ch:"text_en"`
	ZH       string    `ch:"text_zh"`
	Source   string    `ch:"source"`
	Severity string    `ch:"severity"`
	Judged   *uint64   `ch:"rows_judged"`
	Broken   *uint64   `ch:"rows_broken"`
	Share    *float64  `ch:"share"`
	Example  string    `ch:"example"`
}

// check judges what the night stands on: did every source deliver, is it fresh, does it keep its contract, do the open items foot to
// the ledger.
// A red finding stops the night before anything is computed from bad data.
func check(ctx context.Context, n *Night) error {
	var findings []finding
	for _, judge := range []func(context.Context, *Night) ([]finding, error){checkSources, checkFooting, checkReferences, checkPromises} {
		more, err := judge(ctx, n)
		if err != nil {
			return err
		}
		findings = append(findings, more...)
	}
	var red []string
	for i := range findings {
		findings[i].Run, findings[i].AsOf = n.Run, n.AsOf
		if findings[i].Light == "red" {
			red = append(red, findings[i].Name+" "+findings[i].Scope+": "+findings[i].EN)
		}
	}
	if err := n.keep(ctx, "checks", rows.Of(findings)); err != nil { // also of a night that stops here: people look at why until it is run again
		return err
	}
	if len(red) > 0 {
		return fmt.Errorf("%s: %w", strings.Join(red, "; "), ErrGate)
	}
	return nil
}

func number(v float64) *float64 { return &v }

func whole(v int64) *uint64 {
	u := uint64(v)
	return &u
}

// checkSources judges the accounts of the pull, what was refused, and the age of each source's newest row.
func checkSources(ctx context.Context, n *Night) (out []finding, err error) {
	known := map[string]sources.Source{}
	for _, s := range n.Sources {
		known[s.Name] = s
	}
	err = rows.Each(ctx, n, "source_runs", sqlOf("source_accounts"), n.params(nil), func(r *rows.Row) error {
		name := r.Text("source")
		read, kept := r.Whole("read"), r.Whole("accounted")
		f := finding{Name: "accounts", Scope: name, Source: name, Light: "green", Severity: "stop", Value: number(float64(kept)), Expected: number(float64(read)),
			EN: fmt.Sprintf("%d rows read, all accounted for", read), ZH: fmt.Sprintf("读取 %d 行，全部有去向", read)}
		if read != kept {
			f.EN, f.ZH = fmt.Sprintf("%d rows read, %d accounted for", read, kept), fmt.Sprintf("读取 %d 行，仅 %d 行有去向", read, kept)
			f.fail()
		}
		if read == 0 && r.Whole("files") > 0 {
			f.Severity, f.EN, f.ZH = "warn", "the files of the source hold no row", "数据文件中没有任何数据行"
			f.fail()
		}
		out = append(out, f)
		if f, judged := refusals(known[name], name, r); judged {
			out = append(out, f)
		}
		if f, judged := freshness(known[name], name, r.Date("newest"), n.AsOf); judged {
			out = append(out, f)
		}
		return nil
	})
	return out, err
}

// warnRejected is the share of refused rows that is said; the source says which share stops the night.
const warnRejected = 0.05

// refusals judges how many of the new rows were refused. Rows known already and rows left out on purpose were neither accepted
// nor refused.
func refusals(s sources.Source, name string, r *rows.Row) (finding, bool) {
	refused := r.Whole("rejected") - r.Whole("left_out")
	fresh := r.Whole("accepted") + refused
	if fresh == 0 {
		return finding{}, false
	}
	share := float64(refused) / float64(fresh)
	least, most := s.Refusals()
	f := finding{Name: "rejects", Scope: name, Source: name, Light: "green", Severity: "stop", Value: number(share), Expected: number(most),
		Judged: whole(fresh), Broken: whole(refused), Share: number(share),
		EN: fmt.Sprintf("none of %d new rows rejected", fresh), ZH: fmt.Sprintf("新增 %d 行均未被拒收", fresh)}
	if refused > 0 {
		f.Example = r.Text("first")
		f.EN = fmt.Sprintf("%d of %d new rows (%.2f %%) rejected and kept in rejects, first: %s", refused, fresh, 100*share, f.Example)
		f.ZH = fmt.Sprintf("新增 %d 行中有 %d 行（%.2f %%）被拒收并保存在 rejects，首个：%s", fresh, refused, 100*share, f.Example)
		if column := r.Text("at_column"); column != "" {
			f.EN += fmt.Sprintf("; most of them (%d) for column %s", r.Whole("at_rows"), column)
			f.ZH += fmt.Sprintf("；其中最多的（%d 行）因字段 %s", r.Whole("at_rows"), column)
		}
	}
	switch {
	case refused >= least && share > most:
		f.EN += fmt.Sprintf("; more than max_rejected %g", most)
		f.ZH += fmt.Sprintf("；超过 max_rejected %g", most)
		f.fail()
	case share > warnRejected:
		f.Severity = "warn"
		f.fail()
	}
	return f, true
}

// freshness judges how old the newest row of a source is, where the source promises an age.
func freshness(s sources.Source, name string, newest, night asof.Date) (finding, bool) {
	rules := s.Promises()
	i := slices.IndexFunc(rules, func(r sources.Rule) bool { return r.Rule == "freshness" })
	if i < 0 {
		return finding{}, false
	}
	f := promise(name, rules[i])
	f.Name, f.Expected = "freshness", rules[i].Max
	if newest.IsZero() {
		if rules[i].Usual {
			return finding{}, false
		}
		f.Light, f.EN, f.ZH = "grey", "no row of the source carries a day", "该数据源没有带日期的行"
		return f, true
	}
	age := night.Sub(newest)
	f.Value = number(float64(age))
	f.EN, f.ZH = fmt.Sprintf("newest row is of %s, %d days before the night", newest, age), fmt.Sprintf("最新数据为 %s，距业务日 %d 天", newest, age)
	if float64(age) > *f.Expected {
		f.fail()
	}
	return f, true
}

// checkFooting compares the open items with the documents they come from, per currency, by an account of its own: the
// ledger is summed in SQL, not by the book that made the open items.
func checkFooting(ctx context.Context, n *Night) (out []finding, err error) {
	err = rows.Each(ctx, n, "footing", sqlOf("footing"), n.params(nil), func(r *rows.Row) error {
		open, ledger := r.Money("open"), r.Money("ledger")
		f := finding{Name: "control_total", Scope: r.Text("currency"), Light: "green", Severity: "stop", Value: number(open.Float()), Expected: number(ledger.Float()),
			EN: fmt.Sprintf("open items %s = ledger %s", open, ledger), ZH: fmt.Sprintf("未清项 %s = 账面 %s", open, ledger)}
		if open != ledger {
			f.fail()
			f.EN = fmt.Sprintf("open items %s differ from ledger %s by %s", open, ledger, book.Money(open-ledger))
			f.ZH = fmt.Sprintf("未清项 %s 与账面 %s 相差 %s", open, ledger, book.Money(open-ledger))
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// checkReferences counts documents of customers that no customer record knows.
func checkReferences(ctx context.Context, n *Night) (out []finding, err error) {
	err = rows.Each(ctx, n, "references", sqlOf("references"), n.params(nil), func(r *rows.Row) error {
		orphans := r.Whole("customers")
		f := finding{Name: "references", Scope: "customers", Light: "green", Severity: "warn", Value: number(float64(orphans)), Expected: number(0),
			EN: "every document belongs to a known customer", ZH: "所有单据均对应已知客户"}
		if orphans > 0 {
			f.fail()
			f.EN = fmt.Sprintf("%d customers with documents have no customer record, first: %s", orphans, r.Text("first"))
			f.ZH = fmt.Sprintf("%d 个有单据的客户没有客户档案，首个：%s", orphans, r.Text("first"))
		}
		out = append(out, f)
		return nil
	})
	return out, err
}
