package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/rows"
)

type reconciliationRow struct {
	Run                  uint64      `ch:"run"`
	AsOf                 asof.Date   `ch:"as_of"`
	CustomerID           string      `ch:"customer_id"`
	Currency             string      `ch:"currency"`
	Invoices             book.Money  `ch:"invoices"`
	UnappliedCash        book.Money  `ch:"unapplied_cash"`
	UnappliedCredits     book.Money  `ch:"unapplied_credits"`
	OpenRefunds          book.Money  `ch:"open_refunds"`
	Subledger            book.Money  `ch:"subledger"`
	SubledgerBase        book.Money  `ch:"subledger_base"`
	RoundingBase         book.Money  `ch:"rounding_base"`
	ToApply              book.Money  `ch:"to_apply"`
	OldestUnapplied      *int32      `ch:"oldest_unapplied"`
	LedgerCustomers      uint32      `ch:"ledger_customers"`
	LedgerOn             *asof.Date  `ch:"ledger_on"`
	Ledger               *book.Money `ch:"ledger"`
	LedgerOurs           *book.Money `ch:"ledger_ours"`
	LedgerDifference     *book.Money `ch:"ledger_difference"`
	LedgerBookedSince    *book.Money `ch:"ledger_booked_since"`
	LedgerState          string      `ch:"ledger_state"`
	ControlOn            *asof.Date  `ch:"control_on"`
	Control              *book.Money `ch:"control"`
	ControlOurs          *book.Money `ch:"control_ours"`
	ControlDifference    *book.Money `ch:"control_difference"`
	ControlState         string      `ch:"control_state"`
	ConfirmedCustomers   uint32      `ch:"confirmed_customers"`
	ConfirmedOn          *asof.Date  `ch:"confirmed_on"`
	Confirmed            *book.Money `ch:"confirmed"`
	ConfirmedOurs        *book.Money `ch:"confirmed_ours"`
	ConfirmedDifference  *book.Money `ch:"confirmed_difference"`
	ConfirmedBookedSince *book.Money `ch:"confirmed_booked_since"`
	ConfirmedState       string      `ch:"confirmed_state"`
	DueJudged            uint32      `ch:"due_judged"`
	DueUnjudged          uint32      `ch:"due_unjudged"`
	DueWrong             uint32      `ch:"due_wrong"`
	MoneyDays            book.Money  `ch:"money_days"`
	FreeCreditCost       *book.Money `ch:"free_credit_cost"`
	EN                   string      `ch:"text_en"`
	ZH                   string      `ch:"text_zh"`
}

type mismatchRow struct {
	Run        uint64      `ch:"run"`
	AsOf       asof.Date   `ch:"as_of"`
	CustomerID string      `ch:"customer_id"`
	Currency   string      `ch:"currency"`
	Kind       string      `ch:"kind"`
	DocumentID string      `ch:"document_id"`
	DatedOn    asof.Date   `ch:"dated_on"`
	Age        int32       `ch:"age_days"`
	Amount     book.Money  `ch:"amount"`
	Base       book.Money  `ch:"amount_base"`
	IsLate     bool        `ch:"is_late"`
	Matches    string      `ch:"matches"`
	DueOn      *asof.Date  `ch:"due_on"`
	DueByTerms *asof.Date  `ch:"due_by_terms"`
	TermsDays  *int32      `ch:"terms_days"`
	TermsFrom  string      `ch:"terms_from"`
	FreeDays   *int32      `ch:"free_days"`
	MoneyDays  *book.Money `ch:"money_days"`
	Cost       *book.Money `ch:"cost"`
	Action     string      `ch:"action"`
	EN         string      `ch:"text_en"`
	ZH         string      `ch:"text_zh"`
}

// decideReconciliation holds the sub-ledger against the general ledger, the customers' confirmations and the terms. What does not foot to the
// documents and allocations stops the night; what does not agree with others is listed.
func decideReconciliation(ctx context.Context, n *Night, h *handed) error {
	p := n.Decisions.Reconciliation
	books, err := h.books()
	if err != nil {
		return err
	}
	var missing []string
	for _, t := range books.Told {
		if _, ok := books.Rates[t.Currency]; !ok && !slices.Contains(missing, t.Currency) {
			missing = append(missing, t.Currency)
		}
	}
	if len(missing) > 0 { // as of documents that nobody can convert
		return fmt.Errorf("balances: no rate into %s known for %s: %w", n.Currency, strings.Join(missing, ", "), ErrGate)
	}
	accounts, items, err := decisions.Reconcile(n.AsOf, books, p)
	if err != nil {
		return err
	}
	list := make([]mismatchRow, 0, len(items))
	for _, i := range items {
		list = append(list, mismatchRow{
			Run: n.Run, AsOf: n.AsOf, CustomerID: i.CustomerID, Currency: i.Currency, Kind: i.Kind, DocumentID: i.DocumentID, DatedOn: i.On, Age: int32(i.Age), Amount: i.Amount, Base: i.Base, IsLate: i.Late, Matches: i.Matches,
			DueOn: i.DueOn, DueByTerms: i.DueByTerms, TermsDays: days32(i.TermsDays), TermsFrom: i.TermsFrom, FreeDays: days32(i.FreeDays), MoneyDays: i.MoneyDays, Cost: i.Cost, Action: i.Action, EN: i.EN, ZH: i.ZH,
		})
	}
	if err := n.keep(ctx, "reconciliation_items", rows.Of(list)); err != nil {
		return err
	}
	table := make([]reconciliationRow, 0, len(accounts))
	for _, a := range accounts {
		l, c, w := a.Ledger, a.Control, a.Confirmed
		table = append(table, reconciliationRow{
			Run: n.Run, AsOf: n.AsOf, CustomerID: a.CustomerID, Currency: a.Currency, Invoices: a.Invoices, UnappliedCash: a.Cash, UnappliedCredits: a.Credits, OpenRefunds: a.Refunds, Subledger: a.Subledger,
			SubledgerBase: a.SubledgerBase, RoundingBase: a.RoundingBase, ToApply: a.ToApply, OldestUnapplied: days32(a.Oldest),
			LedgerCustomers: uint32(l.Customers), LedgerOn: l.On, Ledger: l.Amount, LedgerOurs: l.Ours, LedgerDifference: l.Difference, LedgerBookedSince: l.BookedSince, LedgerState: l.State,
			ControlOn: c.On, Control: c.Amount, ControlOurs: c.Ours, ControlDifference: c.Difference, ControlState: c.State,
			ConfirmedCustomers: uint32(w.Customers), ConfirmedOn: w.On, Confirmed: w.Amount, ConfirmedOurs: w.Ours, ConfirmedDifference: w.Difference, ConfirmedBookedSince: w.BookedSince, ConfirmedState: w.State,
			DueJudged: uint32(a.DueJudged), DueUnjudged: uint32(a.DueUnjudged), DueWrong: uint32(a.DueWrong), MoneyDays: a.MoneyDays, FreeCreditCost: a.Cost, EN: a.EN, ZH: a.ZH,
		})
	}
	if err := n.keep(ctx, "reconciliation", rows.Of(table)); err != nil {
		return err
	}
	if n.Say != nil {
		n.Say(fmt.Sprintf("reconciliation: %d balances of others, %d things that do not match", len(books.Told), len(items)))
	}
	tolerance, err := book.ParseMoney(p.Tolerance)
	if err != nil {
		return err
	}
	return n.foots(ctx, "reconciliation", "recon_footing", map[string]any{"tolerance": tolerance.String()})
}

// whatToReconcile reads what is reconciled.
func (n *Night) whatToReconcile(ctx context.Context, p decisions.ReconciliationPolicy) (decisions.Books, error) {
	b := decisions.Books{Terms: map[string][]decisions.Term{}, CostOf: n.Decisions.Worklist.CostOfCapital}
	for _, part := range []struct {
		what, sql string
		more      map[string]any
		each      func(*rows.Row) error
	}{
		{"open items", "recon_sums", nil, func(r *rows.Row) error {
			b.Sums = append(b.Sums, decisions.OpenSum{CustomerID: r.Text("customer_id"), Currency: r.Text("currency"), Invoices: r.Money("invoices"), Base: r.Money("base")})
			return nil
		}},
		{"credit without an invoice", "recon_loose", nil, func(r *rows.Row) error {
			b.Loose = append(b.Loose, decisions.Loose{
				CustomerID: r.Text("customer_id"), Currency: r.Text("currency"), DocumentID: r.Text("document_id"), Kind: r.Text("kind"), AppliesTo: r.Text("applies_to"), Known: r.Is("is_known"),
				On: r.Date("dated_on"), Open: r.Money("open_amount"), LedgerOpen: r.Money("ledger_open_amount"),
			})
			return nil
		}},
		{"balances", "recon_told", nil, func(r *rows.Row) error {
			b.Told = append(b.Told, decisions.Told{
				Source: r.Text("source"), CustomerID: r.Text("customer_id"), Currency: r.Text("currency"), Reference: r.Text("reference"), On: r.Date("balance_on"), Amount: r.Money("amount"),
				Ours: r.Money("ours"), OursThen: r.Money("ours_then"), Match: r.Text("match"), MatchKind: r.Text("match_kind"), MatchOn: r.Date("match_on"),
			})
			return nil
		}},
		{"invoices", "recon_billed", map[string]any{"window": int64(p.DueWindow)}, func(r *rows.Row) error {
			v := decisions.Billed{CustomerID: r.Text("customer_id"), DocumentID: r.Text("document_id"), Currency: r.Text("currency"), Instalments: int(r.Whole("instalments")), InvoicedOn: r.Date("invoiced_on"), Amount: r.Money("amount"), Open: r.Is("is_open")}
			v.DueOn = dateOr(r.Date("due_on"))
			b.Billed = append(b.Billed, v)
			return nil
		}},
		{"terms", "recon_terms", nil, func(r *rows.Row) error {
			t := decisions.Term{Contract: r.Text("contract_id"), From: r.Date("valid_from"), To: dateOr(r.Date("valid_to")), Days: int(r.Whole("terms_days"))}
			id := r.Text("customer_id")
			b.Terms[id] = append(b.Terms[id], t)
			return nil
		}},
		{"contracts", "recon_has_contracts", nil, func(r *rows.Row) error { b.HasContracts = r.Is("has_contracts"); return nil }},
	} {
		if err := rows.Each(ctx, n, part.what, sqlOf(part.sql), n.params(part.more), part.each); err != nil {
			return b, err
		}
	}
	var err error
	b.Rates, err = n.rates(ctx)
	return b, err
}

func days32(d *int) *int32 {
	if d == nil {
		return nil
	}
	v := int32(*d)
	return &v
}
