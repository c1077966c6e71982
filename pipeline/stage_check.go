package pipeline

import (
	"context"
	"fmt"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
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
	findings = append(findings, scores(findings)...)
	var red []string
	for i := range findings {
		findings[i].Run, findings[i].AsOf = n.Run, n.AsOf
		if findings[i].Light == "red" {
			red = append(red, findings[i].Name+" "+findings[i].Scope+": "+findings[i].EN)
		}
	}
	if len(red) > 0 {
		return fmt.Errorf("%s: %w", strings.Join(red, "; "), ErrGate)
	}
	return n.keep(ctx, "checks", rows.Of(findings))
}

func number(v float64) *float64 { return &v }

// checkSources judges the accounts of the pull and the age of each source's newest row.
func checkSources(ctx context.Context, n *Night) (out []finding, err error) {
	late := map[string]int{}
	for _, s := range n.Sources {
		late[s.Name] = s.LateAfterDays
	}
	err = rows.Each(ctx, n, "source_runs", sqlOf("source_accounts"), n.params(nil), func(r *rows.Row) error {
		name := r.Text("source")
		read, kept := r.Whole("read"), r.Whole("accounted")
		f := finding{Name: "accounts", Scope: name, Light: "green", Value: number(float64(kept)), Expected: number(float64(read)),
			EN: fmt.Sprintf("%d rows read, all accounted for", read), ZH: fmt.Sprintf("读取 %d 行，全部有去向", read)}
		if read != kept {
			f.Light, f.EN, f.ZH = "red", fmt.Sprintf("%d rows read, %d accounted for", read, kept), fmt.Sprintf("读取 %d 行，仅 %d 行有去向", read, kept)
		}
		if read == 0 && r.Whole("files") > 0 {
			f.Light, f.EN, f.ZH = "amber", "the files of the source hold no row", "数据文件中没有任何数据行"
		}
		out = append(out, f)
		if rejected := r.Whole("rejected"); read > 0 && rejected > 0 {
			share := float64(rejected) / float64(read)
			f := finding{Name: "rejects", Scope: name, Light: "green", Value: number(share), Expected: number(0.05),
				EN: fmt.Sprintf("%d of %d rows rejected and kept in rejects", rejected, read), ZH: fmt.Sprintf("%d/%d 行被拒收并保存在 rejects", rejected, read)}
			if share > 0.05 {
				f.Light = "amber"
			}
			out = append(out, f)
		}
		limit := late[name]
		newest := r.Date("newest")
		if limit == 0 || newest.IsZero() {
			return nil
		}
		age := n.AsOf.Sub(newest)
		f = finding{Name: "freshness", Scope: name, Light: "green", Value: number(float64(age)), Expected: number(float64(limit)),
			EN: fmt.Sprintf("newest row is of %s, %d days before the night", newest, age), ZH: fmt.Sprintf("最新数据为 %s，距业务日 %d 天", newest, age)}
		if age > limit {
			f.Light = "amber"
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// checkFooting compares the open items with the documents they come from, per currency, by an account of its own: the
// ledger is summed in SQL, not by the book that made the open items.
func checkFooting(ctx context.Context, n *Night) (out []finding, err error) {
	err = rows.Each(ctx, n, "footing", sqlOf("footing"), n.params(nil), func(r *rows.Row) error {
		open, ledger := r.Money("open"), r.Money("ledger")
		f := finding{Name: "control_total", Scope: r.Text("currency"), Light: "green", Value: number(open.Float()), Expected: number(ledger.Float()),
			EN: fmt.Sprintf("open items %s = ledger %s", open, ledger), ZH: fmt.Sprintf("未清项 %s = 账面 %s", open, ledger)}
		if open != ledger {
			f.Light = "red"
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
		f := finding{Name: "references", Scope: "customers", Light: "green", Value: number(float64(orphans)), Expected: number(0),
			EN: "every document belongs to a known customer", ZH: "所有单据均对应已知客户"}
		if orphans > 0 {
			f.Light = "amber"
			f.EN = fmt.Sprintf("%d customers with documents have no customer record, first: %s", orphans, r.Text("first"))
			f.ZH = fmt.Sprintf("%d 个有单据的客户没有客户档案，首个：%s", orphans, r.Text("first"))
		}
		out = append(out, f)
		return nil
	})
	return out, err
}
