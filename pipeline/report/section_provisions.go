package report

import (
	"context"
	"math"
	"slices"
	"strconv"
)

// Provisions are the two provisions of the book, what parts them and how open amounts roll. Money is in the reporting currency.
type Provisions struct {
	Known                                                      bool // the night has provisions
	Open, Matrix, Model                                        Money
	ByExposure, ByCover, BySeverity, ByProbability, ByUnscored Money // parts of Model - Matrix
	Opening, Fresh, Released, WrittenOff, FX                   Money // these add up to Matrix
	Methods                                                    []ProvisionMethod
	Gaps                                                       []ProvisionGap
	Rolls                                                      []Roll
}

// A ProvisionMethod sums the customers provided for in the same way.
type ProvisionMethod struct {
	Method              string
	Customers           int
	Open, Matrix, Model Money
}

// A ProvisionGap is a customer for which the two provisions differ.
type ProvisionGap struct {
	CustomerID, Name, Method                                   string
	Open, Matrix, Model                                        Money
	ByExposure, ByCover, BySeverity, ByProbability, ByUnscored Money
}

// A Roll is what share of a bucket was in another a month later.
type Roll struct {
	From, To         string
	Months, Invoices int
	Balance, Moved   Money
	Rate, Loss       float64 // Loss: share of From that is written off in the end
	Basis            string
}

func gatherProvisions(ctx context.Context, q asker, d *Data) error {
	v := &d.Provisions
	for _, part := range []struct {
		name string
		each func(*row)
	}{
		{"provisions", func(r *row) {
			v.Known, v.Open, v.Matrix, v.Model = true, r.money("open"), r.money("matrix"), r.money("model")
			v.ByExposure, v.ByCover, v.BySeverity, v.ByProbability, v.ByUnscored = r.money("by_exposure"), r.money("by_cover"), r.money("by_severity"), r.money("by_probability"), r.money("by_unscored")
			v.Opening, v.Fresh, v.Released, v.WrittenOff, v.FX = r.money("opening"), r.money("fresh"), r.money("released"), r.money("written_off"), r.money("fx")
		}},
		{"provision_customers", func(r *row) {
			v.Methods = append(v.Methods, ProvisionMethod{r.text("method"), r.number("customers"), r.money("open"), r.money("matrix"), r.money("model")})
		}},
		{"provision_gaps", func(r *row) {
			v.Gaps = append(v.Gaps, ProvisionGap{r.text("customer_id"), r.text("name"), r.text("method"), r.money("open"), r.money("matrix"), r.money("model"),
				r.money("by_exposure"), r.money("by_cover"), r.money("by_severity"), r.money("by_probability"), r.money("by_unscored")})
		}},
		{"rolls", func(r *row) {
			v.Rolls = append(v.Rolls, Roll{r.text("from_bucket"), r.text("to_bucket"), r.number("months"), r.number("invoices"), r.money("balance"), r.money("moved"), r.must("rate"), r.must("lifetime_loss"), r.text("basis")})
		}},
	} {
		if err := q.tonight(ctx, part.name, part.each); err != nil {
			return err
		}
	}
	return nil
}

// rollsTo are the columns of the heat table after the ageing buckets.
var rollsTo = []struct {
	Key  string
	Name Text
}{{"paid", Text{"paid", "已收回"}}, {"written_off", Text{"written off", "核销"}}}

// methods names how a customer is provided for.
var methods = map[string]Text{"matrix": {"by the matrix", "按准备矩阵"}, "individual": {"by its own figures", "单项计提"}, "none": {"owes nothing", "无欠款"}}

// bases names what a loss rate rests on.
var bases = map[string]Text{"own": {"own rolls", "自身迁徙"}, "book": {"the book", "全部客户"}, "policy": {"policy", "政策"}, "score": {"score", "评分"}}

// Method names how a customer is provided for.
func (p printer) Method(code string) string { return p.word(methods, code) }

// parts says in words what parts the two provisions of a customer, the largest first.
func (g ProvisionGap) parts(p printer) []movedLimit {
	return largestParts([]movedLimit{
		{p.T("exposure", "敞口口径"), g.ByExposure}, {p.T("cover", "保障"), g.ByCover}, {p.T("severity", "损失率"), g.BySeverity}, {p.T("probability", "违约概率"), g.ByProbability}, {p.T("no score", "无评分"), g.ByUnscored},
	})
}

func viewProvisions(d Data, p printer) any {
	type cell struct{ Text, Class string }
	type line struct {
		Name, Loss, Basis string
		Balance           Money
		Cells             []cell
	}
	type gap struct {
		ProvisionGap
		Difference Money
		Parts      []movedLimit
	}
	v := struct {
		printer
		Provisions
		Gap      Money
		Share    func(part, whole Money) string
		Heads    []string
		Heat     []line
		GapLines []gap
	}{printer: p, Provisions: d.Provisions, Gap: d.Provisions.Model - d.Provisions.Matrix}
	v.Share = func(part, whole Money) string { return p.Share(share(part, whole)) }
	for _, g := range d.Provisions.Gaps {
		v.GapLines = append(v.GapLines, gap{g, g.Model - g.Matrix, g.parts(p)})
	}
	var to []string
	for _, b := range buckets {
		if slices.ContainsFunc(d.Provisions.Rolls, func(r Roll) bool { return r.To == b.Key }) {
			to, v.Heads = append(to, b.Key), append(v.Heads, short(b.Key, p))
		}
	}
	for _, b := range rollsTo {
		to, v.Heads = append(to, b.Key), append(v.Heads, b.Name.In(p.lang))
	}
	for _, b := range buckets {
		l := line{Name: short(b.Key, p), Cells: make([]cell, len(to))}
		seen := false
		for _, r := range d.Provisions.Rolls {
			if r.From != b.Key {
				continue
			}
			seen = true
			l.Balance, l.Loss, l.Basis = r.Balance, percent(r.Loss, 2), p.word(bases, r.Basis)
			if at := slices.Index(to, r.To); at >= 0 {
				l.Cells[at] = cell{percent(r.Rate, 1), "heat" + strconv.Itoa(int(math.Ceil(4*min(1, max(0, r.Rate)))))} // heat0 is nothing, heat4 more than three quarters
			}
		}
		if seen {
			v.Heat = append(v.Heat, l)
		}
	}
	return v
}

// short names an ageing bucket in the narrow columns of the heat table.
func short(bucket string, p printer) string {
	if i := bucketOrder(bucket); i < len(buckets) && !buckets[i].Overdue {
		return buckets[i].Name.In(p.lang)
	}
	return clean(bucket, 20)
}
