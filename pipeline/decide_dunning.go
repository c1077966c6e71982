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

type dunRow struct {
	Run          uint64     `ch:"run"`
	AsOf         asof.Date  `ch:"as_of"`
	CustomerID   string     `ch:"customer_id"`
	DocumentID   string     `ch:"document_id"`
	Instalments  uint32     `ch:"instalments"`
	InvoicedOn   asof.Date  `ch:"invoiced_on"`
	DueOn        asof.Date  `ch:"due_on"`
	Days         int32      `ch:"days_past_due"`
	Currency     string     `ch:"currency"`
	Open         book.Money `ch:"open_amount"`
	LedgerOpen   book.Money `ch:"ledger_open_amount"`
	OpenBase     book.Money `ch:"open_base"`
	State        string     `ch:"state"`
	Reason       string     `ch:"reason"`
	HeldSince    *asof.Date `ch:"held_since"`
	Step         string     `ch:"step"`
	JumpedBy     string     `ch:"jumped_by"`
	Channel      string     `ch:"channel"`
	Owner        string     `ch:"owner"`
	Fee          book.Money `ch:"fee"`
	Claimed      book.Money `ch:"claimed"`
	Interest     book.Money `ch:"interest"`
	InterestRule string     `ch:"interest_rule"`
	NextStep     string     `ch:"next_step"`
	NextOn       *asof.Date `ch:"next_on"`
	NotifyBy     *asof.Date `ch:"notify_insurer_by"`
	LapsesOn     *asof.Date `ch:"claim_lapses_on"`
	EN           string     `ch:"text_en"`
	ZH           string     `ch:"text_zh"`
}

// decideDunning proposes the steps of the dunning ladder. What earlier published nights proposed is not proposed again, and what the
// last one held back is carried on.
func decideDunning(ctx context.Context, n *Night, h *handed) error {
	p := n.Decisions.Dunning
	payers := map[string]decisions.Payer{}
	contracts, err := n.contracts(ctx)
	if err != nil {
		return err
	}
	err = rows.Each(ctx, n, "payers", sqlOf("dunning_payers"), n.params(map[string]any{"public_bodies": n.Decisions.Holds.PublicBodies}), func(r *rows.Row) error {
		w := decisions.Payer{Owner: cmp.Or(r.Text("owner"), n.Policy.Owners.Fallback), Country: r.Text("country"), SizeClass: r.Text("size_class"), Jump: r.Text("jump"), Public: r.Is("is_public")}
		if until := r.Date("insured_until"); until >= n.AsOf {
			w.InsuredUntil = &until
		}
		payers[r.Text("customer_id")] = w
		return nil
	})
	if err != nil {
		return err
	}
	err = rows.Each(ctx, n, "promises", sqlOf("dunning_promises"), n.params(map[string]any{"from": n.AsOf.Add(-p.PromiseGrace)}), func(r *rows.Row) error {
		w := payers[r.Text("customer_id")]
		w.Promises = append(w.Promises, decisions.Promise{DocumentID: r.Text("document_id"), On: r.Date("promised_on"), Amount: r.MoneyOr("promised_amount")})
		payers[r.Text("customer_id")] = w
		return nil
	})
	if err != nil {
		return err
	}
	for id, list := range contracts { // some customers have a contract and no record
		w := payers[id]
		w.Contracts = list
		payers[id] = w
	}
	h.payers = payers
	past := decisions.History{Sent: map[decisions.SentKey]decisions.Sent{}, Held: map[decisions.SentKey]decisions.HeldStep{}}
	key := func(r *rows.Row) decisions.SentKey {
		return decisions.SentKey{CustomerID: r.Text("customer_id"), DocumentID: r.Text("document_id"), DueOn: r.Date("due_on")}
	}
	err = rows.Each(ctx, n, "steps sent", sqlOf("dunning_sent"), n.params(nil), func(r *rows.Row) error {
		past.Sent[key(r)] = decisions.Sent{Code: r.Text("step"), On: r.Date("sent_on")}
		return nil
	})
	if err != nil {
		return err
	}
	err = rows.Each(ctx, n, "steps held back", sqlOf("dunning_held"), n.params(nil), func(r *rows.Row) error {
		past.Held[key(r)] = decisions.HeldStep{Code: r.Text("step"), Reason: r.Text("reason"), Since: r.Date("held_since")}
		return nil
	})
	if err != nil {
		return err
	}
	var items []decisions.Receivable
	dueBy := n.AsOf.Add(max(-p.Steps[0].Day, 0))
	err = rows.Each(ctx, n, "open items", sqlOf("dunning_items"), n.params(map[string]any{"due_by": dueBy}), func(r *rows.Row) error {
		items = append(items, decisions.Receivable{
			CustomerID: r.Text("customer_id"), DocumentID: r.Text("document_id"), Currency: r.Text("currency"), Instalments: int(r.Whole("instalments")),
			InvoicedOn: r.Date("invoiced_on"), DueOn: r.Date("due_on"), Open: r.Money("open_amount"), LedgerOpen: r.Money("ledger_open_amount"), OpenBase: r.Money("open_base"), Disputed: r.Is("disputed"),
		})
		return nil
	})
	if err != nil {
		return err
	}
	calendar, err := n.calendar(ctx)
	if err != nil {
		return err
	}
	duns, err := decisions.Duns(n.AsOf, items, payers, past, p, n.Decisions.Statute, calendar)
	if err != nil {
		return err
	}
	table := make([]dunRow, 0, len(duns))
	count := map[string]int{}
	for _, d := range duns {
		count[d.State]++
		table = append(table, dunRow{
			Run: n.Run, AsOf: n.AsOf, CustomerID: d.CustomerID, DocumentID: d.DocumentID, Instalments: uint32(d.Instalments), InvoicedOn: d.InvoicedOn, DueOn: d.DueOn, Days: int32(d.Days),
			Currency: d.Currency, Open: d.Open, LedgerOpen: d.LedgerOpen, OpenBase: d.OpenBase, State: d.State, Reason: d.Reason, HeldSince: d.Since, Step: d.Step, JumpedBy: d.Jumped, Channel: d.Channel,
			Owner: cmp.Or(d.Owner, payers[d.CustomerID].Owner, n.Policy.Owners.Fallback), Fee: d.Fee, Claimed: d.Claimed, Interest: d.Interest, InterestRule: d.InterestRule, NextStep: d.NextStep, NextOn: d.NextOn,
			NotifyBy: d.NotifyBy, LapsesOn: d.LapsesOn, EN: d.EN, ZH: d.ZH,
		})
	}
	if n.Say != nil {
		n.Say(fmt.Sprintf("dunning: %d steps proposed, %d newly held back, %d still held back, %d waiting", count[decisions.Proposed], count[decisions.Suppressed], count[decisions.Held], count[decisions.Waiting]))
	}
	return n.keep(ctx, "dunning", rows.Of(table))
}
