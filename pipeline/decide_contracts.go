package pipeline

import (
	"cmp"
	"context"
	"fmt"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/rows"
)

type contractFindingRow struct {
	Run        uint64      `ch:"run"`
	AsOf       asof.Date   `ch:"as_of"`
	CustomerID string      `ch:"customer_id"`
	ContractID string      `ch:"contract_id"`
	Code       string      `ch:"code"`
	Severity   uint8       `ch:"severity"`
	Owner      string      `ch:"owner"`
	Amount     book.Money  `ch:"amount_base"`
	Exposure   *book.Money `ch:"exposure_base"`
	Covered    *book.Money `ch:"covered_base"`
	Uncovered  *book.Money `ch:"uncovered_base"`
	Invoices   uint32      `ch:"invoices"`
	EndsOn     *asof.Date  `ch:"ends_on"`
	Since      asof.Date   `ch:"since"`
	DueOn      asof.Date   `ch:"due_on"`
	Action     string      `ch:"action"`
	EN         string      `ch:"text_en"`
	ZH         string      `ch:"text_zh"`
	PolicyHash string      `ch:"policy_hash"`
}

type lateInterestRow struct {
	Run          uint64     `ch:"run"`
	AsOf         asof.Date  `ch:"as_of"`
	CustomerID   string     `ch:"customer_id"`
	ContractID   string     `ch:"contract_id"`
	DocumentID   string     `ch:"document_id"`
	InvoicedOn   asof.Date  `ch:"invoiced_on"`
	DueOn        asof.Date  `ch:"due_on"`
	Days         uint32     `ch:"days_past_due"`
	Currency     string     `ch:"currency"`
	Open         book.Money `ch:"open_amount"`
	OpenBase     book.Money `ch:"open_base"`
	Rule         string     `ch:"rule"`
	Rate         float64    `ch:"rate"`
	Fixed        book.Money `ch:"fixed"`
	Interest     book.Money `ch:"interest"`
	InterestBase book.Money `ch:"interest_base"`
	PolicyHash   string     `ch:"policy_hash"`
}

// contracts reads the contracts of every customer, in order of their first day. Dunning and the contract desk must agree on them.
func (n *Night) contracts(ctx context.Context) (map[string][]decisions.Contract, error) {
	of := map[string][]decisions.Contract{}
	err := rows.Each(ctx, n, "contracts", sqlOf("contract_terms"), n.params(map[string]any{
		"guarantee_haircut": n.Loss.Haircuts.Guarantee, "collateral_haircut": n.Loss.Haircuts.Collateral, "deposit_haircut": n.Loss.Haircuts.Deposit,
	}), func(r *rows.Row) error {
		c := decisions.Contract{CustomerID: r.Text("customer_id"), ID: r.Text("contract_id"), From: r.Date("valid_from"), To: r.Date("valid_to"), Review: r.Text("review_status"), LateRate: r.Float("late_rate"),
			Security: r.Text("security"), Worth: r.Money("worth"), SecuredTo: r.Date("secured_to")}
		if terms := r.Float("terms_days"); terms != nil {
			days := int(*terms)
			c.Terms = &days
		}
		of[c.CustomerID] = append(of[c.CustomerID], c)
		return nil
	})
	return of, err
}

// checkContracts holds what is open, the securities and the invoices against the contracts, and works out the interest that may be claimed. What
// does not foot stops the night.
func checkContracts(ctx context.Context, n *Night, h *handed) error {
	var parties []decisions.Party
	at := map[string]int{}
	err := rows.Each(ctx, n, "customers", sqlOf("contract_parties"), n.params(nil), func(r *rows.Row) error {
		x := decisions.Party{CustomerID: r.Text("customer_id"), Total: r.Money("total"), Covered: r.Money("covered"), InvoicedOn: r.Date("invoiced_on"), ShippedOn: r.Date("shipped_on"),
			Insured: r.Money("insured"), InsuredTo: r.Date("insured_to"), Payer: h.payers[r.Text("customer_id")]}
		x.Payer.Owner = cmp.Or(x.Payer.Owner, n.Policy.Owners.Fallback)
		at[x.CustomerID] = len(parties)
		parties = append(parties, x)
		return nil
	})
	if err != nil {
		return err
	}
	err = rows.Each(ctx, n, "open items", sqlOf("contract_items"), n.params(nil), func(r *rows.Row) error {
		i, ok := at[r.Text("customer_id")]
		if !ok {
			return nil // no night has seen it: without features it has no loss either
		}
		parties[i].Items = append(parties[i].Items, decisions.Receivable{CustomerID: r.Text("customer_id"), DocumentID: r.Text("document_id"), Currency: r.Text("currency"),
			InvoicedOn: r.Date("invoiced_on"), DueOn: r.Date("due_on"), Open: r.Money("open_amount"), OpenBase: r.Money("open_base")})
		return nil
	})
	if err != nil {
		return err
	}
	for i := range parties {
		x := &parties[i]
		if c := x.CoveredOn(n.AsOf, n.Loss.InsuranceCoverage); c != x.Covered {
			return fmt.Errorf("contract findings do not foot: customer %s: securities and insurances cover %s, the losses say %s: %w", x.CustomerID, c, x.Covered, ErrGate)
		}
	}
	since := map[decisions.FindingKey]asof.Date{}
	err = rows.Each(ctx, n, "last findings", sqlOf("contract_before"), n.params(nil), func(r *rows.Row) error {
		since[decisions.FindingKey{Code: r.Text("code"), CustomerID: r.Text("customer_id"), ContractID: r.Text("contract_id")}] = r.Date("since")
		return nil
	})
	if err != nil {
		return err
	}
	rates, err := n.rates(ctx)
	if err != nil {
		return err
	}
	calendar, err := n.calendar(ctx)
	if err != nil {
		return err
	}
	found, interest, err := decisions.Findings(n.AsOf, parties, since, rates, n.Loss.InsuranceCoverage, n.Decisions.Contracts, n.Decisions.Statute, calendar)
	if err != nil {
		return err
	}
	claims := make([]lateInterestRow, 0, len(interest))
	for _, v := range interest {
		claims = append(claims, lateInterestRow{n.Run, n.AsOf, v.CustomerID, v.ContractID, v.DocumentID, v.InvoicedOn, v.DueOn, uint32(v.Days), v.Currency, v.Open, v.OpenBase, v.Rule, v.Rate, v.Fixed, v.Amount, v.Base, n.PolicyHash})
	}
	if err := n.keep(ctx, "late_interest", rows.Of(claims)); err != nil {
		return err
	}
	table := make([]contractFindingRow, 0, len(found))
	for _, f := range found {
		row := contractFindingRow{n.Run, n.AsOf, f.CustomerID, f.ContractID, f.Code, uint8(f.Severity), cmp.Or(f.Owner, n.Policy.Owners.Fallback), f.Amount, f.Exposure, f.Covered, f.Uncovered, uint32(f.Invoices), nil, f.Since, f.DueOn, f.Action, f.EN, f.ZH, n.PolicyHash}
		if !f.EndsOn.IsZero() {
			row.EndsOn = &f.EndsOn
		}
		table = append(table, row)
	}
	if err := n.keep(ctx, "contract_findings", rows.Of(table)); err != nil {
		return err
	}
	if n.Say != nil {
		n.Say(fmt.Sprintf("contracts: %d findings, %d invoices past due", len(found), len(interest)))
	}
	return n.foots(ctx, "contract findings", "contract_footing", nil)
}
