package report

import (
	"context"

	"creditwatch/pipeline/asof"
)

// Contracts are what is wrong with contracts and securities, or for want of them. Money is in the reporting currency.
type Contracts struct {
	Totals   []ContractTotal // by code, the gravest first
	Nearest  []ContractFinding
	Interest []InterestTotal
}

// A ContractTotal sums the findings of one code.
type ContractTotal struct {
	Code                               string
	Findings, Customers, Urgent, Fresh int // Urgent: S3; Fresh: not there the night before
	Amount                             Money
	FirstDue                           asof.Date
}

// A ContractFinding is something wrong with a contract, or for want of one. Without a customer it is of the whole book.
type ContractFinding struct {
	CustomerID, Name, ContractID, Code string
	Severity                           int
	Owner                              string
	Amount                             Money
	DueOn                              asof.Date
	Action, EN, ZH                     string
}

// An InterestTotal is what may be claimed for late payment by one rule.
type InterestTotal struct {
	Rule                string
	Invoices, Customers int
	Open, Interest      Money
}

// findingNames name the codes of the contract desk.
var findingNames = map[string]Text{
	"no_contracts":       {"no contracts were given", "未提供合同资料"},
	"rate_stale":         {"rates of the statute are old", "法定利率未更新"},
	"no_contract":        {"traded with, no contract in force", "无合同仍在交易"},
	"contract_expired":   {"contract ended, still open or invoiced", "合同已到期仍有余额或开票"},
	"contract_ends":      {"contract ends soon", "合同即将到期"},
	"review_missing":     {"contract without a review", "合同未审核"},
	"review_overdue":     {"review overdue", "合同审核逾期"},
	"cover_expired":      {"security ended, exposure uncovered", "担保已到期，敞口无保障"},
	"cover_expires":      {"security ends soon", "担保即将到期"},
	"terms_over_statute": {"longer terms than the law allows", "账期超过法定上限"},
	"rate_under_floor":   {"late interest below the legal floor", "迟付利率低于法定下限"},
	"longer_terms":       {"invoices with longer terms than agreed", "发票账期长于合同"},
	"late_interest":      {"interest on late payment", "迟付利息"},
}

// interestRules name what interest rests on where it is no statute.
var interestRules = map[string]Text{"contract": {"by contract", "按合同"}, "none": {"no rule known", "无适用规则"}}

func gatherContracts(ctx context.Context, q asker, d *Data) error {
	v := &d.Contracts
	err := q.tonight(ctx, "contract_totals", func(r *row) {
		v.Totals = append(v.Totals, ContractTotal{r.text("code"), r.number("findings"), r.number("customers"), r.number("urgent"), r.number("fresh"), r.money("amount"), r.date("first_due")})
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "contract_nearest", func(r *row) {
		v.Nearest = append(v.Nearest, ContractFinding{r.text("customer_id"), r.text("name"), r.text("contract_id"), r.text("code"), r.number("severity"), r.text("owner"), r.money("amount"), r.date("due_on"),
			r.text("action"), r.text("text_en"), r.text("text_zh")})
	})
	if err != nil {
		return err
	}
	return q.tonight(ctx, "late_interest", func(r *row) {
		v.Interest = append(v.Interest, InterestTotal{r.text("rule"), r.number("invoices"), r.number("customers"), r.money("open"), r.money("interest")})
	})
}

// claimed is the interest of all rules together.
func (v Contracts) claimed() (sum InterestTotal) {
	for _, x := range v.Interest {
		sum.Invoices += x.Invoices
		sum.Open += x.Open
		sum.Interest += x.Interest
	}
	return sum
}

// of is the total of some codes together; customers of several codes are not added up.
func (v Contracts) of(codes ...string) (sum ContractTotal) {
	for _, t := range v.Totals {
		for _, code := range codes {
			if t.Code == code {
				sum.Findings += t.Findings
				sum.Amount += t.Amount
				if sum.FirstDue.IsZero() || t.FirstDue < sum.FirstDue {
					sum.FirstDue = t.FirstDue
				}
			}
		}
	}
	return sum
}

// nearestLimit is how many findings the page lists, as in the query.
const nearestLimit = 12

func viewContracts(d Data, p printer) any {
	type total struct {
		ContractTotal
		Name string
		Book bool // of the whole book: no customer, no amount
	}
	type rule struct {
		InterestTotal
		Name string
	}
	v := struct {
		printer
		Totals                         []total
		Book, Nearest                  []ContractFinding
		Rules                          []rule
		Missing, Ending, Cover, Claims ContractTotal
		Claimed                        InterestTotal
	}{
		printer: p, Missing: d.Contracts.of("no_contract", "contract_expired"), Ending: d.Contracts.of("contract_ends"), Cover: d.Contracts.of("cover_expires", "cover_expired"),
		Claimed: d.Contracts.claimed(),
	}
	for _, t := range d.Contracts.Totals {
		v.Totals = append(v.Totals, total{t, p.word(findingNames, t.Code), t.Customers == 0 && t.Code != "late_interest"})
	}
	for _, f := range d.Contracts.Nearest {
		if f.CustomerID == "" {
			v.Book = append(v.Book, f)
		} else {
			v.Nearest = append(v.Nearest, f)
		}
	}
	for _, x := range d.Contracts.Interest {
		v.Rules = append(v.Rules, rule{x, p.word(interestRules, x.Rule)})
	}
	return v
}
