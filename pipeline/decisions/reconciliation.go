package decisions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A ReconciliationPolicy says when balances agree, when they are too old to mean anything, and which due dates are looked at.
type ReconciliationPolicy struct {
	Tolerance        string `yaml:"tolerance"`         // difference up to which two balances agree, in their currency
	LedgerDays       int    `yaml:"ledger_days"`       // age from which on a general-ledger balance is stale: more than so many days
	ConfirmationDays int    `yaml:"confirmation_days"` // the same of a confirmation
	UnappliedDays    int    `yaml:"unapplied_days"`    // age up to which credit may wait for its invoice
	DueWindow        int    `yaml:"due_window"`        // days back in which invoices are held against the terms; open ones always are
	DueTolerance     int    `yaml:"due_tolerance"`     // days by which a due date may differ from the terms, either way
}

func (p ReconciliationPolicy) check(bad func(key, want string, got any)) {
	if m, err := book.ParseMoney(p.Tolerance); err != nil || m < 0 {
		bad("reconciliation.tolerance", "an amount such as 0.00", p.Tolerance)
	}
	within(bad, "reconciliation.ledger_days", float64(p.LedgerDays), 1, 3660)
	within(bad, "reconciliation.confirmation_days", float64(p.ConfirmationDays), 1, 3660)
	within(bad, "reconciliation.unapplied_days", float64(p.UnappliedDays), 0, 3660)
	within(bad, "reconciliation.due_window", float64(p.DueWindow), 0, 3660)
	within(bad, "reconciliation.due_tolerance", float64(p.DueTolerance), 0, 365)
}

// Sources of a [Told] balance.
const (
	GeneralLedger = "general_ledger"
	Confirmation  = "confirmation"
	Unanswered    = "unanswered" // a confirmation was asked for and nobody replied
)

// An OpenSum is what the open items of a customer in a currency add up to.
type OpenSum struct {
	CustomerID, Currency string
	Invoices             book.Money
	Base                 book.Money // all of them, converted one by one
}

// A Loose document is credit, or a refund, that settles no invoice, or settles one only by our own allocation.
type Loose struct {
	CustomerID, Currency, DocumentID string
	Kind                             string // payment, credit_note, write_off, refund
	AppliesTo                        string // invoice that it names
	Known                            bool   // that invoice is on the books
	On                               asof.Date
	Open, LedgerOpen                 book.Money // economic, and by stated allocations only; negative, of a refund positive
}

// A Told balance is what somebody else says is owed at the end of a day, beside what the documents say of that day.
type Told struct {
	Source               string // GeneralLedger, Confirmation, Unanswered
	CustomerID, Currency string // no customer: the control account
	Reference            string
	On                   asof.Date
	Amount               book.Money
	Ours                 book.Money // by what is known tonight
	OursThen             book.Money // by what was known when the balance was learnt
	Match                string     // document near that day over exactly the difference, empty if none
	MatchKind            string
	MatchOn              asof.Date
}

func (t Told) difference() book.Money { return t.Amount - t.Ours }

// A Billed invoice with its due date.
type Billed struct {
	CustomerID, DocumentID, Currency string
	Instalments                      int
	InvoicedOn                       asof.Date
	DueOn                            *asof.Date
	Amount                           book.Money
	Open                             bool // not yet paid in full: its due date can still be put right
}

// A Term is days of credit: of a contract from its first to its last day, or of the customer's record from the day on which it was known.
type Term struct {
	Contract string // empty: the customer's record
	From     asof.Date
	To       *asof.Date
	Days     int
}

// Books are what is reconciled.
type Books struct {
	Sums         []OpenSum
	Loose        []Loose
	Told         []Told // at most one of a source, customer and currency
	Billed       []Billed
	Terms        map[string][]Term // by customer
	HasContracts bool              // the ledger has contracts at all: one that is missing is worth a word
	Rates        map[string]float64
	CostOf       float64 // capital, a year; 0: not known
}

// A Comparison is a balance of others beside ours of the same day. Nil amounts: none was given.
type Comparison struct {
	Customers                             int        // whose balance was given
	On                                    *asof.Date // of the book the oldest
	Amount, Ours, Difference, BookedSince *book.Money
	State                                 string // none, agrees, differs, stale, unanswered
}

// A Reconciliation is what a customer owes in a currency by all who say so. CustomerID "" is the book in a currency, and with Currency
// "" the book in the reporting currency: the sums of the others.
type Reconciliation struct {
	CustomerID, Currency                   string
	Invoices, Cash, Credits, Refunds       book.Money
	Subledger, SubledgerBase, RoundingBase book.Money // Subledger = the sum of these four
	ToApply                                book.Money
	Oldest                                 *int
	Ledger, Control, Confirmed             Comparison // Control: of the book only
	DueJudged, DueUnjudged, DueWrong       int
	MoneyDays                              book.Money
	Cost                                   *book.Money
	EN, ZH                                 string
}

// A Mismatch is one thing that does not match.
type Mismatch struct {
	CustomerID, Currency, Kind, DocumentID string
	On                                     asof.Date
	Age                                    int
	Amount, Base                           book.Money
	Late                                   bool
	Matches                                string
	DueOn, DueByTerms                      *asof.Date
	TermsDays, FreeDays                    *int
	TermsFrom                              string
	MoneyDays, Cost                        *book.Money
	Action                                 string
	EN, ZH                                 string

	settled bool // of an invoice: it is paid
}

type accountKey struct{ customer, currency string }

// A reconciler holds the accounts while they are filled.
type reconciler struct {
	on        asof.Date
	books     Books
	policy    ReconciliationPolicy
	tolerance book.Money
	accounts  map[accountKey]*Reconciliation
	items     []Mismatch
}

// Reconcile holds the sub-ledger against the general ledger and the customers' own word, and lists what does not match: balances that
// differ, credit without an invoice, due dates that are not what the terms give. A balance is compared with the documents of its own
// day, so that an old one is still right or wrong. The rows of the book come first and are the sums of those of the customers.
func Reconcile(on asof.Date, b Books, p ReconciliationPolicy) ([]Reconciliation, []Mismatch, error) {
	tolerance, err := book.ParseMoney(p.Tolerance)
	if err != nil {
		return nil, nil, fmt.Errorf("reconciliation.tolerance: %w", err)
	}
	r := &reconciler{on: on, books: b, policy: p, tolerance: tolerance, accounts: map[accountKey]*Reconciliation{}}
	for _, step := range []func() error{r.open, r.loosen, r.hear, r.bill} {
		if err := step(); err != nil {
			return nil, nil, err
		}
	}
	table, err := r.total()
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(r.items, func(a, b Mismatch) int {
		return cmp.Or(strings.Compare(a.CustomerID, b.CustomerID), strings.Compare(a.Currency, b.Currency), strings.Compare(a.Kind, b.Kind), cmp.Compare(a.On, b.On), strings.Compare(a.DocumentID, b.DocumentID), cmp.Compare(a.Amount, b.Amount))
	})
	for i := range table {
		table[i].write()
	}
	return table, r.items, nil
}

func (r *reconciler) account(customer, currency string) *Reconciliation {
	k := accountKey{customer, currency}
	a := r.accounts[k]
	if a == nil {
		a = &Reconciliation{CustomerID: customer, Currency: currency}
		a.Ledger.State, a.Control.State, a.Confirmed.State = "none", "none", "none"
		r.accounts[k] = a
	}
	return a
}

// base converts an amount of a currency of the books.
func (r *reconciler) base(m book.Money, currency string) (book.Money, error) {
	rate, ok := r.books.Rates[currency]
	if !ok {
		return 0, fmt.Errorf("no rate known for %s", currency)
	}
	return m.Times(rate)
}

// list adds an item with its age and its amount in the reporting currency.
func (r *reconciler) list(m Mismatch) (err error) {
	m.Age = r.on.Sub(m.On)
	if m.Base, err = r.base(m.Amount, m.Currency); err != nil {
		return fmt.Errorf("customer %s, %s %s: %w", m.CustomerID, m.Kind, m.DocumentID, err)
	}
	m.write()
	r.items = append(r.items, m)
	return nil
}

func (r *reconciler) open() error {
	for _, s := range r.books.Sums {
		a := r.account(s.CustomerID, s.Currency)
		a.Invoices, a.RoundingBase = s.Invoices, s.Base // less what the whole is worth, once that is known
	}
	return nil
}

// loosen lists credit that has no invoice, and credit that has one only by our own allocation.
func (r *reconciler) loosen() error {
	for _, l := range r.books.Loose {
		a := r.account(l.CustomerID, l.Currency)
		kind, action, sum := "unapplied_cash", "APPLY", &a.Cash
		switch {
		case l.Kind == "refund":
			kind, action, sum = "open_refund", "RECON", &a.Refunds
		case l.Kind == "credit_note":
			kind, action, sum = "unapplied_credit", "REFUND", &a.Credits
		case l.Kind == "write_off":
			kind, action, sum = "excess_write_off", "RECON", &a.Credits
		case l.AppliesTo != "" && !l.Known:
			kind = "unknown_reference"
		case l.AppliesTo != "":
			kind, action = "overpaid", "REFUND"
		}
		one := Mismatch{CustomerID: l.CustomerID, Currency: l.Currency, Kind: kind, DocumentID: l.DocumentID, On: l.On, Amount: l.Open, Matches: l.AppliesTo, Action: action}
		if l.Open != 0 {
			var err error
			if *sum, err = sum.Add(l.Open); err != nil {
				return fmt.Errorf("customer %s: unapplied: %w", l.CustomerID, err)
			}
			age := r.on.Sub(l.On)
			one.Late = age > r.policy.UnappliedDays
			if l.Open < 0 && (a.Oldest == nil || age > *a.Oldest) {
				a.Oldest = &age
			}
			if err := r.list(one); err != nil {
				return err
			}
		}
		if virtual := l.LedgerOpen - l.Open; virtual < 0 {
			a.ToApply += virtual
			one.Kind, one.Amount, one.Action = "to_apply", virtual, "APPLY"
			one.Late = r.on.Sub(l.On) > r.policy.UnappliedDays
			if err := r.list(one); err != nil {
				return err
			}
		}
	}
	for k, a := range r.accounts {
		var err error
		if a.Subledger, err = book.Sum(a.Invoices, a.Cash, a.Credits, a.Refunds); err != nil {
			return fmt.Errorf("customer %s: sub-ledger: %w", k.customer, err)
		}
	}
	return nil
}

// hear compares what others say with the documents.
func (r *reconciler) hear() error {
	answered := map[accountKey]asof.Date{}
	for _, t := range r.books.Told {
		if t.Source == Confirmation {
			answered[accountKey{t.CustomerID, t.Currency}] = t.On
		}
	}
	for _, t := range r.books.Told {
		if t.Source == Unanswered && answered[accountKey{t.CustomerID, t.Currency}] >= t.On {
			continue // asked in vain, but answered since
		}
		one := Mismatch{CustomerID: t.CustomerID, Currency: t.Currency, DocumentID: t.Reference, On: t.On, Amount: t.difference(), Action: "RECON"}
		if t.CustomerID == "" && t.Source != GeneralLedger {
			one.Kind, one.Amount = "confirmation_of_nobody", t.Amount
			if err := r.list(one); err != nil {
				return err
			}
			continue
		}
		a := r.account(t.CustomerID, t.Currency)
		c, name, days := &a.Ledger, "ledger", r.policy.LedgerDays
		switch {
		case t.Source == Unanswered:
			if a.Confirmed.State == "none" {
				a.Confirmed.State = "unanswered"
			}
			one.Kind, one.Amount, one.Action = "confirmation_unanswered", t.Amount, "CONFIRM"
			if err := r.list(one); err != nil {
				return err
			}
			continue
		case t.Source == Confirmation:
			c, name, days = &a.Confirmed, "confirmation", r.policy.ConfirmationDays
		case t.CustomerID == "":
			c, name = &a.Control, "control"
		}
		day, amount, ours, difference, since := t.On, t.Amount, t.Ours, t.difference(), t.Ours-t.OursThen
		*c = Comparison{1, &day, &amount, &ours, &difference, &since, "agrees"}
		if stale := r.on.Sub(t.On) > days; stale {
			c.State = "stale"
			old := one
			old.Kind, old.Amount = name+"_stale", t.Amount
			if name == "confirmation" {
				old.Action = "CONFIRM"
			}
			if err := r.list(old); err != nil {
				return err
			}
		}
		if difference > r.tolerance || -difference > r.tolerance {
			c.State = "differs"
			one.Kind, one.Matches = name+"_difference", t.Match
			one.EN, one.ZH = t.explain(since)
			if err := r.list(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// bill holds the due dates of invoices against the terms that were in force on their days.
func (r *reconciler) bill() error {
	for _, v := range r.books.Billed {
		a := r.account(v.CustomerID, v.Currency)
		term, ok := termOf(v, r.books.Terms[v.CustomerID])
		if !ok || v.Instalments > 1 {
			a.DueUnjudged++
			continue
		}
		a.DueJudged++
		due := v.InvoicedOn.Add(term.Days)
		days := term.Days
		one := Mismatch{CustomerID: v.CustomerID, Currency: v.Currency, Kind: "due_missing", DocumentID: v.DocumentID, On: v.InvoicedOn, Amount: v.Amount, DueOn: v.DueOn, DueByTerms: &due, TermsDays: &days,
			TermsFrom: cmp.Or(term.Contract, "customer"), Action: "BILL", settled: !v.Open}
		if v.DueOn != nil {
			free := v.DueOn.Sub(due)
			if max(free, -free) <= r.policy.DueTolerance {
				continue
			}
			one.Kind, one.FreeDays = "due_early", &free
			if free > 0 {
				one.Kind = "due_late"
				if v.Amount > book.MaxMoney/book.Money(free) {
					return fmt.Errorf("customer %s, invoice %s: %s for %d days: %w", v.CustomerID, v.DocumentID, v.Amount, free, book.ErrOverflow)
				}
				given := v.Amount * book.Money(free)
				one.MoneyDays = &given
				var err error
				if a.MoneyDays, err = a.MoneyDays.Add(given); err != nil {
					return fmt.Errorf("customer %s: credit given for nothing: %w", v.CustomerID, err)
				}
				if r.books.CostOf > 0 {
					cost := cents(v.Amount, r.books.CostOf*float64(free)/365)
					one.Cost = &cost
					a.Cost = plus(a.Cost, cost)
				}
			}
		}
		a.DueWrong++
		if r.books.HasContracts && term.Contract == "" {
			one.TermsFrom = "customer, no contract in force"
		}
		if err := r.list(one); err != nil {
			return err
		}
	}
	if r.books.CostOf > 0 {
		for _, a := range r.accounts {
			if a.DueJudged > 0 {
				a.Cost = plus(a.Cost, 0)
			}
		}
	}
	return nil
}

// termOf finds the terms that an invoice should follow: of the contracts in force on its day the one that comes nearest to its due date, of two
// as near the one with fewer days; without a contract those of the customer's record as it was known on that day, or else first became known.
func termOf(v Billed, terms []Term) (best Term, ok bool) {
	distance := func(t Term) int {
		if v.DueOn == nil {
			return 0
		}
		d := v.DueOn.Sub(v.InvoicedOn.Add(t.Days))
		return max(d, -d)
	}
	for _, t := range terms {
		if t.Contract == "" || t.From > v.InvoicedOn || t.To != nil && *t.To < v.InvoicedOn {
			continue
		}
		if !ok || cmp.Or(cmp.Compare(distance(t), distance(best)), cmp.Compare(t.Days, best.Days), strings.Compare(t.Contract, best.Contract)) < 0 {
			best, ok = t, true
		}
	}
	if ok {
		return best, true
	}
	for _, t := range terms { // the newest that was known then, of those of one day the last, or the first of all
		if t.Contract == "" && (!ok || t.From <= v.InvoicedOn && (best.From > v.InvoicedOn || t.From >= best.From) || best.From > v.InvoicedOn && t.From < best.From) {
			best, ok = t, true
		}
	}
	return best, ok
}

func plus(sum *book.Money, m book.Money) *book.Money {
	if sum != nil {
		m += *sum
	}
	return &m
}

// total adds the customers up to the book of each currency and of the reporting currency.
func (r *reconciler) total() ([]Reconciliation, error) {
	var customers, currencies []*Reconciliation
	totals := map[string]*Reconciliation{}
	all := &Reconciliation{}
	all.Ledger.State, all.Control.State, all.Confirmed.State = "none", "none", "none"
	for k, a := range r.accounts {
		if k.customer == "" {
			totals[k.currency] = a // has a control account
		} else {
			customers = append(customers, a)
		}
	}
	order := func(a, b *Reconciliation) int {
		return cmp.Or(strings.Compare(a.CustomerID, b.CustomerID), strings.Compare(a.Currency, b.Currency))
	}
	slices.SortFunc(customers, order)
	for _, a := range customers {
		t := totals[a.Currency]
		if t == nil {
			t = &Reconciliation{Currency: a.Currency}
			t.Ledger.State, t.Control.State, t.Confirmed.State = "none", "none", "none"
			totals[a.Currency] = t
		}
		converted, err := r.convert(*a)
		if err != nil {
			return nil, fmt.Errorf("customer %s: %w", a.CustomerID, err)
		}
		a.SubledgerBase = converted.Subledger
		a.RoundingBase -= a.SubledgerBase
		converted.SubledgerBase, converted.RoundingBase = a.SubledgerBase, a.RoundingBase
		if err := t.add(*a); err != nil {
			return nil, fmt.Errorf("book in %s: %w", a.Currency, err)
		}
		if err := all.add(converted); err != nil {
			return nil, fmt.Errorf("book: %w", err)
		}
	}
	for _, t := range totals {
		currencies = append(currencies, t)
		if t.Control.On == nil {
			continue
		}
		c, err := r.comparison(t.Control, t.Currency)
		if err == nil {
			err = all.Control.add(c)
		}
		if err != nil {
			return nil, fmt.Errorf("control account in %s: %w", t.Currency, err)
		}
	}
	slices.SortFunc(currencies, order)
	table := []Reconciliation{*all}
	for _, a := range append(currencies, customers...) {
		table = append(table, *a)
	}
	return table, nil
}

// convert is an account in the reporting currency. Sums of parts stay sums: each part is rounded, the whole is their sum, but for the
// sub-ledger, which is converted as one amount.
func (r *reconciler) convert(a Reconciliation) (_ Reconciliation, err error) {
	whole, err := r.base(a.Subledger, a.Currency)
	if err != nil {
		return a, err
	}
	for _, m := range []*book.Money{&a.Cash, &a.Credits, &a.Refunds, &a.ToApply, &a.MoneyDays} {
		if *m, err = r.base(*m, a.Currency); err != nil {
			return a, err
		}
	}
	a.Subledger, a.Invoices = whole, whole-a.Cash-a.Credits-a.Refunds
	if a.Cost != nil {
		cost, err := r.base(*a.Cost, a.Currency)
		if err != nil {
			return a, err
		}
		a.Cost = &cost
	}
	if a.Ledger, err = r.comparison(a.Ledger, a.Currency); err != nil {
		return a, err
	}
	a.Confirmed, err = r.comparison(a.Confirmed, a.Currency)
	return a, err
}

func (r *reconciler) comparison(c Comparison, currency string) (Comparison, error) {
	if c.Amount == nil {
		return c, nil
	}
	amount, err := r.base(*c.Amount, currency)
	if err != nil {
		return c, err
	}
	ours, err := r.base(*c.Ours, currency)
	if err != nil {
		return c, err
	}
	since, err := r.base(*c.BookedSince, currency)
	if err != nil {
		return c, err
	}
	difference := amount - ours
	c.Amount, c.Ours, c.Difference, c.BookedSince = &amount, &ours, &difference, &since
	return c, nil
}

// add adds a customer's account to a total in the same currency.
func (t *Reconciliation) add(a Reconciliation) (err error) {
	for _, f := range [][2]*book.Money{
		{&t.Invoices, &a.Invoices}, {&t.Cash, &a.Cash}, {&t.Credits, &a.Credits}, {&t.Refunds, &a.Refunds}, {&t.Subledger, &a.Subledger}, {&t.SubledgerBase, &a.SubledgerBase},
		{&t.RoundingBase, &a.RoundingBase}, {&t.ToApply, &a.ToApply}, {&t.MoneyDays, &a.MoneyDays},
	} {
		if *f[0], err = f[0].Add(*f[1]); err != nil {
			return err
		}
	}
	if a.Oldest != nil && (t.Oldest == nil || *a.Oldest > *t.Oldest) {
		t.Oldest = a.Oldest
	}
	if a.Cost != nil {
		t.Cost = plus(t.Cost, *a.Cost)
	}
	t.DueJudged += a.DueJudged
	t.DueUnjudged += a.DueUnjudged
	t.DueWrong += a.DueWrong
	if err := t.Ledger.add(a.Ledger); err != nil {
		return err
	}
	return t.Confirmed.add(a.Confirmed)
}

// gravity orders the states of balances: a total is as good as its worst part.
var gravity = []string{"none", "agrees", "unanswered", "stale", "differs"}

func (c *Comparison) add(o Comparison) error {
	if slices.Index(gravity, o.State) > slices.Index(gravity, c.State) {
		c.State = o.State
	}
	if o.Amount == nil {
		return nil
	}
	c.Customers += o.Customers
	if c.On == nil || *o.On < *c.On {
		c.On = o.On
	}
	for _, f := range []struct {
		sum  **book.Money
		more *book.Money
	}{{&c.Amount, o.Amount}, {&c.Ours, o.Ours}, {&c.Difference, o.Difference}, {&c.BookedSince, o.BookedSince}} {
		var before book.Money
		if *f.sum != nil {
			before = **f.sum
		}
		sum, err := before.Add(*f.more)
		if err != nil {
			return err
		}
		*f.sum = &sum
	}
	return nil
}

// explain says what is known of a difference.
func (t Told) explain(since book.Money) (en, zh string) {
	var e, z []string
	if since != 0 {
		e = append(e, fmt.Sprintf("documents over %s were learnt only after it", exact(since)))
		z = append(z, fmt.Sprintf("其后才获知的单据合计 %s", exact(since)))
	}
	if t.Match != "" {
		e = append(e, fmt.Sprintf("%s %s of %s is of exactly this amount", strings.ReplaceAll(t.MatchKind, "_", " "), t.Match, t.MatchOn))
		z = append(z, fmt.Sprintf("%s的%s %s 金额恰好相等", t.MatchOn, documentZH(t.MatchKind), t.Match))
	}
	return strings.Join(e, "; "), strings.Join(z, "；")
}

func documentZH(kind string) string {
	return map[string]string{"invoice": "发票", "payment": "付款", "credit_note": "贷项通知单", "write_off": "核销", "refund": "退款"}[kind]
}

// write puts the row into words.
func (a *Reconciliation) write() {
	currency := a.Currency
	figure, more := exact, gap
	if currency != "" {
		currency += " "
	} else { // converted: what is beyond the cents says nothing
		figure = func(m book.Money) string { return exact(cents(m, 1)) }
		more = func(m book.Money) string { return gap(cents(m, 1)) }
	}
	en := []string{"sub-ledger " + currency + figure(a.Subledger)}
	zh := []string{"明细账 " + currency + figure(a.Subledger)}
	if u := a.Cash + a.Credits; u != 0 {
		en, zh = append(en, "of it credit without an invoice "+figure(u)), append(zh, "其中未核销贷项 "+figure(u))
	}
	say := func(c Comparison, nameEN, nameZH, noneEN, noneZH string) {
		switch {
		case c.State == "unanswered" && c.Amount == nil:
			en, zh = append(en, "asked to confirm, no answer yet"), append(zh, "已发询证函，尚未回函")
		case c.Amount == nil:
			en, zh = append(en, noneEN), append(zh, noneZH)
		default:
			e, z := fmt.Sprintf("%s of %s %s", nameEN, c.On, figure(*c.Amount)), fmt.Sprintf("%s（%s）%s", nameZH, c.On, figure(*c.Amount))
			if a.CustomerID == "" && nameEN != "control account" {
				e, z = fmt.Sprintf("%s of %d customers %s", nameEN, c.Customers, figure(*c.Amount)), fmt.Sprintf("%d 家客户的%s %s", c.Customers, nameZH, figure(*c.Amount))
			}
			switch {
			case cents(*c.Difference, 1) != 0 || currency != "" && *c.Difference != 0:
				e, z = e+", which is "+more(*c.Difference)+" against ours", z+"，与我方相差 "+more(*c.Difference)
			case c.State == "differs":
				e, z = e+", with differences that cancel out", z+"，差异相互抵消"
			default:
				e, z = e+", agrees", z+"，相符"
			}
			if c.State == "stale" {
				e, z = e+" but is old", z+"，但已过期"
			}
			en, zh = append(en, e), append(zh, z)
		}
	}
	say(a.Ledger, "general ledger", "总账余额", "no general-ledger balance was given", "未提供总账余额")
	if a.CustomerID == "" {
		say(a.Control, "control account", "统制账户", "no control account was given", "未提供统制账户余额")
	}
	say(a.Confirmed, "confirmation", "对账确认", "no confirmation was given", "未取得对账确认")
	if a.DueWrong > 0 {
		en, zh = append(en, fmt.Sprintf("%d of %d due dates are not what the terms give", a.DueWrong, a.DueJudged)), append(zh, fmt.Sprintf("%d 张发票中 %d 张到期日与账期不符", a.DueJudged, a.DueWrong))
	}
	a.EN, a.ZH = strings.Join(en, "; "), strings.Join(zh, "；")
}

// mismatches says of each kind what it is. Of {amount} the sign is left out: the kind says who owes.
var mismatches = map[string][2]string{
	"control_difference":      {"the control account of {on} differs from the sub-ledger by {amount}", "{on} 统制账户与明细账相差 {amount}"},
	"ledger_difference":       {"the general ledger of {on} differs from the sub-ledger by {amount}", "{on} 总账余额与明细账相差 {amount}"},
	"confirmation_difference": {"the balance confirmed as of {on} differs from ours by {amount}", "客户确认的 {on} 余额与我方相差 {amount}"},
	"control_stale":           {"the newest balance of the control account is of {on}", "统制账户最近余额日期为 {on}"},
	"ledger_stale":            {"the newest general-ledger balance is of {on}", "最近的总账余额日期为 {on}"},
	"confirmation_stale":      {"the newest confirmation is of {on}", "最近的对账确认日期为 {on}"},
	"confirmation_unanswered": {"asked to confirm {amount} of {on}, no answer", "已询证 {on} 余额 {amount}，未回函"},
	"confirmation_of_nobody":  {"a confirmation of {amount} of {on} names no customer", "一份 {on} 的对账确认（{amount}）未注明客户"},
	"unapplied_cash":          {"payment {document} of {on} leaves {amount} without an invoice", "{on} 付款 {document} 余 {amount} 未对应发票"},
	"unknown_reference":       {"payment {document} of {on} names {matches}, which is not on the books: {amount}", "{on} 付款 {document} 所指发票 {matches} 账上没有：{amount}"},
	"overpaid":                {"payment {document} of {on} exceeds what was owed on {matches} by {amount}", "{on} 付款 {document} 超出发票 {matches} 应付 {amount}"},
	"unapplied_credit":        {"credit note {document} of {on} leaves {amount} unused", "{on} 贷项通知单 {document} 余 {amount} 未使用"},
	"excess_write_off":        {"write-off {document} of {on} is {amount} more than was owed", "{on} 核销 {document} 超出应收 {amount}"},
	"open_refund":             {"refund {document} of {on} gave back {amount} that was not received", "{on} 退款 {document} 退回了未收到的 {amount}"},
	"to_apply":                {"{document} of {on} names no invoice for {amount}; we count it against open ones", "{on} {document} 有 {amount} 未指明发票，暂按规则计入未清发票"},
	"due_late":                {"invoice {document} over {amount} falls due on {due}, by the terms on {terms}", "发票 {document}（{amount}）到期日 {due}，按账期应为 {terms}"},
	"due_early":               {"invoice {document} over {amount} falls due on {due} already, by the terms on {terms}", "发票 {document}（{amount}）到期日 {due} 过早，按账期应为 {terms}"},
	"due_missing":             {"invoice {document} over {amount} has no due date, by the terms it is {terms}", "发票 {document}（{amount}）无到期日，按账期应为 {terms}"},
}

// todos says of each action what is to be done.
var todos = map[string][2]string{
	"RECON": {"find the cause in the documents", "核对单据，查明原因"}, "APPLY": {"apply it to its invoice", "核销至对应发票"}, "REFUND": {"offset it against an invoice or give it back", "抵扣发票或退还客户"},
	"CONFIRM": {"ask for a confirmation", "重新发函确认"}, "BILL": {"correct the due date", "更正到期日"},
}

// write puts an item into words: what it is, what explains it, what to do.
func (m *Mismatch) write() {
	if m.FreeDays != nil && *m.FreeDays > 0 {
		m.EN, m.ZH = fmt.Sprintf("%d days of free credit", *m.FreeDays), fmt.Sprintf("多给 %d 天免费信用期", *m.FreeDays)
		if m.Cost != nil {
			m.EN, m.ZH = m.EN+fmt.Sprintf(", worth %s %s", m.Currency, exact(*m.Cost)), m.ZH+fmt.Sprintf("，成本 %s %s", m.Currency, exact(*m.Cost))
		}
	}
	pairs := []string{"amount", m.Currency + " " + exact(max(m.Amount, -m.Amount)), "on", m.On.String(), "document", cmp.Or(m.DocumentID, "–"), "matches", m.Matches}
	if m.DueOn != nil {
		pairs = append(pairs, "due", m.DueOn.String())
	}
	if m.DueByTerms != nil {
		pairs = append(pairs, "terms", m.DueByTerms.String())
	}
	join := func(separator, what, why, todo string) string {
		if why != "" {
			what += separator + why
		}
		return what + separator + todo
	}
	what, todo := mismatches[m.Kind], todos[m.Action]
	if m.settled {
		todo = [2]string{"it is paid: bill the next one by the terms", "该发票已付清：下次按账期开票"}
	}
	m.EN, m.ZH = join("; ", fillIn(what[0], pairs...), m.EN, todo[0]), join("；", fillIn(what[1], pairs...), m.ZH, todo[1])
}

// gap is an amount with its sign.
func gap(m book.Money) string {
	if m > 0 {
		return "+" + exact(m)
	}
	return exact(m)
}

// exact writes an amount with all its decimals and its thousands apart: of a difference the cents are the point.
func exact(m book.Money) string {
	whole, decimals, _ := strings.Cut(m.String(), ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + "." + decimals
}
