package decisions

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

var closing = asof.MustParse("2026-03-31")

func dayOf(d asof.Date) *asof.Date { return &d }

// TestTermsOfAnInvoice: which terms an invoice should follow, at the first and last days of contracts and versions.
func TestTermsOfAnInvoice(t *testing.T) {
	on := asof.MustParse("2026-01-10")
	k30 := Term{"K30", on, dayOf(on), 30} // for this day alone
	k60 := Term{"K60", on.Add(-100), nil, 60}
	record := func(known, days int) Term { return Term{From: on.Add(known), Days: days} }
	for _, c := range []struct {
		shows    string
		terms    []Term
		due      int // days after the invoice; -1 none
		contract string
		days     int // -1: none
	}{
		{"no terms at all", nil, 30, "", -1},
		{"the contract nearest to the due date", []Term{k60, k30}, 31, "K30", 30},
		{"and not the one that was signed first", []Term{k30, k60}, 59, "K60", 60},
		{"of two as near the shorter", []Term{k60, k30}, 45, "K30", 30},
		{"without a due date the shorter", []Term{k60, k30}, -1, "K30", 30},
		{"a contract that ended the day before", []Term{{"K", on.Add(-9), dayOf(on.Add(-1)), 30}, k60}, 30, "K60", 60},
		{"a contract that begins the day after", []Term{{"K", on.Add(1), nil, 30}, k60}, 30, "K60", 60},
		{"a contract before the record", []Term{record(-9, 30), k60}, 30, "K60", 60},
		{"the record where no contract is in force", []Term{record(-9, 14), {"K", on.Add(1), nil, 30}}, 30, "", 14},
		{"the record as it was known on the day", []Term{record(-9, 14), record(0, 20), record(1, 25)}, 30, "", 20},
		{"of two versions of a day the later", []Term{record(0, 14), record(0, 20)}, 30, "", 20},
		{"the first version where none was known yet", []Term{record(5, 14), record(9, 20)}, 30, "", 14},
	} {
		v := Billed{InvoicedOn: on}
		if c.due >= 0 {
			v.DueOn = dayOf(on.Add(c.due))
		}
		got, ok := termOf(v, c.terms)
		if ok != (c.days >= 0) || ok && (got.Contract != c.contract || got.Days != c.days) {
			t.Errorf("%s: %+v, %t, want %s of %d days", c.shows, got, ok, c.contract, c.days)
		}
	}
}

// TestDueDatesByHand: an invoice over 1000 of 10 January with 30 days is due on 9 February.
func TestDueDatesByHand(t *testing.T) {
	on := asof.MustParse("2026-01-10")
	for _, c := range []struct {
		shows       string
		due         string
		instalments int
		tolerance   int
		cost        float64
		kind        string
		free        int
		moneyDays   book.Money
		costs       book.Money
	}{
		{"as the terms say", "2026-02-09", 1, 0, 0.08, "", 0, 0, 0},
		{"a day late", "2026-02-10", 1, 0, 0.08, "due_late", 1, 1000 * yuan, 2200}, // 1000 x 0.08 / 365 = 0.2192
		{"a day late within the tolerance", "2026-02-10", 1, 1, 0.08, "", 0, 0, 0},
		{"two days late beyond it", "2026-02-11", 1, 1, 0.08, "due_late", 2, 2000 * yuan, 4400}, // 0.4384
		{"a day early", "2026-02-08", 1, 0, 0.08, "due_early", -1, 0, 0},
		{"late, with capital that costs nothing known", "2026-03-11", 1, 0, 0, "due_late", 30, 30000 * yuan, -1},
		{"none", "", 1, 0, 0.08, "due_missing", 0, 0, 0},
		{"instalments are not judged", "2026-03-11", 2, 0, 0.08, "", 0, 0, 0},
	} {
		v := Billed{CustomerID: "C", DocumentID: "I", Currency: "CNY", Instalments: c.instalments, InvoicedOn: on, Amount: 1000 * yuan}
		if c.due != "" {
			v.DueOn = dayOf(asof.MustParse(c.due))
		}
		p := Default().Reconciliation
		p.DueTolerance = c.tolerance
		table, items, err := Reconcile(closing, Books{Billed: []Billed{v}, Terms: map[string][]Term{"C": {{From: on, Days: 30}}}, Rates: map[string]float64{"CNY": 1}, CostOf: c.cost}, p)
		if err != nil {
			t.Fatal(err)
		}
		a := table[len(table)-1]
		if (len(items) == 1) != (c.kind != "") || a.DueWrong != len(items) || a.DueJudged+a.DueUnjudged != 1 || (a.DueUnjudged == 1) != (c.instalments > 1) || a.MoneyDays != c.moneyDays {
			t.Errorf("%s: %+v, %+v", c.shows, a, items)
			continue
		}
		if c.kind == "" {
			continue
		}
		i := items[0]
		if !strings.HasSuffix(i.EN, "it is paid: bill the next one by the terms") || !strings.HasSuffix(i.ZH, "下次按账期开票") {
			t.Errorf("%s: %s, %s", c.shows, i.EN, i.ZH)
		}
		free := 0
		if i.FreeDays != nil {
			free = *i.FreeDays
		}
		if i.Kind != c.kind || free != c.free || i.DueByTerms.String() != "2026-02-09" || i.Amount != 1000*yuan || (i.FreeDays == nil) != (c.due == "") {
			t.Errorf("%s: %+v", c.shows, i)
		}
		if c.costs == -1 && (i.Cost != nil || a.Cost != nil) || c.costs > 0 && (i.Cost == nil || *i.Cost != c.costs || *a.Cost != c.costs) {
			t.Errorf("%s: costs %v and %v, want %s", c.shows, i.Cost, a.Cost, c.costs)
		}
	}
}

// TestBalancesOfOthers: when they agree, differ, are old or missing.
func TestBalancesOfOthers(t *testing.T) {
	told := func(source, customer string, age int, amount, ours book.Money) Told {
		return Told{Source: source, CustomerID: customer, Currency: "CNY", Reference: "R", On: closing.Add(-age), Amount: amount, Ours: ours, OursThen: ours}
	}
	for _, c := range []struct {
		shows     string
		told      []Told
		tolerance string
		states    string // of the customer: ledger, confirmed; of the book: ledger, control, confirmed
		kinds     string
	}{
		{"nothing was given", nil, "0.00", "none none, none none none", ""},
		{"the ledger agrees on its last fresh day", []Told{told(GeneralLedger, "C", 45, 5, 5)}, "0.00", "agrees none, agrees none none", ""},
		{"a day older it is stale", []Told{told(GeneralLedger, "C", 46, 5, 5)}, "0.00", "stale none, stale none none", "ledger_stale"},
		{"a hundredth of a cent differs", []Told{told(GeneralLedger, "C", 1, 5, 4)}, "0.00", "differs none, differs none none", "ledger_difference"},
		{"but not within the tolerance", []Told{told(GeneralLedger, "C", 1, 5, 4)}, "0.0001", "agrees none, agrees none none", ""},
		{"either way", []Told{told(GeneralLedger, "C", 1, 4, 6)}, "0.0001", "differs none, differs none none", "ledger_difference"},
		{"old and different is both", []Told{told(Confirmation, "C", 366, 4, 6)}, "0.00", "none differs, none none differs", "confirmation_difference confirmation_stale"},
		{"a confirmation on its last day", []Told{told(Confirmation, "C", 365, 6, 6)}, "0.00", "none agrees, none none agrees", ""},
		{"nobody answered", []Told{told(Unanswered, "C", 9, 6, 6)}, "0.00", "none unanswered, none none unanswered", "confirmation_unanswered"},
		{"an older answer stands", []Told{told(Confirmation, "C", 99, 6, 6), told(Unanswered, "C", 9, 6, 6)}, "0.00", "none agrees, none none agrees", "confirmation_unanswered"},
		{"in whichever order they come", []Told{told(Unanswered, "C", 9, 6, 6), told(Confirmation, "C", 99, 6, 6)}, "0.00", "none agrees, none none agrees", "confirmation_unanswered"},
		{"an answer since then settles it", []Told{told(Unanswered, "C", 99, 6, 6), told(Confirmation, "C", 99, 6, 6)}, "0.00", "none agrees, none none agrees", ""},
		{"the control account is the book's", []Told{told(GeneralLedger, "", 9, 7, 6)}, "0.00", "none none, none differs none", "control_difference"},
		{"a confirmation of nobody is not lost", []Told{told(Confirmation, "", 9, 7, 6)}, "0.00", "none none, none none none", "confirmation_of_nobody"},
	} {
		p := Default().Reconciliation
		p.Tolerance = c.tolerance
		table, items, err := Reconcile(closing, Books{Sums: []OpenSum{{"C", "CNY", 6, 6}}, Told: c.told, Rates: map[string]float64{"CNY": 1}}, p)
		if err != nil {
			t.Fatal(err)
		}
		all, cny, customer := table[0], table[1], table[2]
		var kinds []string
		for _, i := range items {
			kinds = append(kinds, i.Kind)
			if i.EN == "" || i.ZH == "" || strings.ContainsAny(i.EN+i.ZH, "{}%") {
				t.Errorf("%s: %q, %q", c.shows, i.EN, i.ZH)
			}
		}
		states := fmt.Sprintf("%s %s, %s %s %s", customer.Ledger.State, customer.Confirmed.State, cny.Ledger.State, cny.Control.State, cny.Confirmed.State)
		if states != c.states || strings.Join(kinds, " ") != c.kinds || all.Control.State != cny.Control.State || all.Ledger.State != cny.Ledger.State {
			t.Errorf("%s: %s; %q, want %s; %s", c.shows, states, kinds, c.states, c.kinds)
		}
		if (customer.Ledger.Amount == nil) != (customer.Ledger.State == "none") {
			t.Errorf("%s: an amount that was not given: %+v", c.shows, customer.Ledger)
		}
	}
}

func TestReconciliationRefusesWhatItCannotConvert(t *testing.T) {
	for _, b := range []Books{
		{Sums: []OpenSum{{"C", "JPY", 1, 1}}},
		{Told: []Told{{Source: Confirmation, CustomerID: "C", Currency: "JPY", Amount: 1}}},
	} {
		if _, _, err := Reconcile(closing, b, Default().Reconciliation); err == nil || !strings.Contains(err.Error(), "JPY") || !strings.Contains(err.Error(), "C") {
			t.Errorf("%v, want an error that names the customer and JPY", err)
		}
	}
	_, _, err := Reconcile(closing, Books{Sums: []OpenSum{{"C", "CNY", book.MaxMoney, 0}, {"D", "CNY", 1, 0}}, Rates: map[string]float64{"CNY": 1}}, Default().Reconciliation)
	if !errors.Is(err, book.ErrOverflow) {
		t.Errorf("%v, want an overflow", err)
	}
}

func TestReconciliationPolicyErrors(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*ReconciliationPolicy)
	}{
		{`reconciliation.tolerance: must be an amount such as 0.00, got -1`, func(p *ReconciliationPolicy) { p.Tolerance = "-1" }},
		{`reconciliation.tolerance: must be an amount such as 0.00, got a lot`, func(p *ReconciliationPolicy) { p.Tolerance = "a lot" }},
		{`reconciliation.ledger_days: must be from 1 to 3660, got 0`, func(p *ReconciliationPolicy) { p.LedgerDays = 0 }},
		{`reconciliation.confirmation_days: must be from 1 to 3660, got 4000`, func(p *ReconciliationPolicy) { p.ConfirmationDays = 4000 }},
		{`reconciliation.unapplied_days: must be from 0 to 3660, got -1`, func(p *ReconciliationPolicy) { p.UnappliedDays = -1 }},
		{`reconciliation.due_window: must be from 0 to 3660, got -1`, func(p *ReconciliationPolicy) { p.DueWindow = -1 }},
		{`reconciliation.due_tolerance: must be from 0 to 365, got 366`, func(p *ReconciliationPolicy) { p.DueTolerance = 366 }},
	} {
		p := Default()
		c.change(&p.Reconciliation)
		if errs := p.Check(); len(errs) != 1 || errs[0].Error() != c.want {
			t.Errorf("%v, want %s", errs, c.want)
		}
	}
	if errs := Default().Check(); errs != nil {
		t.Error(errs)
	}
}

// TestNothingIsLostInReconciliation: whatever the books hold, every cent of every customer is in the total of its currency and of the
// book, every credit and difference is an item, and the order in which things come changes nothing.
func TestNothingIsLostInReconciliation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		customer, currency := rapid.SampledFrom([]string{"A", "B", "C"}), rapid.SampledFrom([]string{"CNY", "USD"})
		amount := rapid.Int64Range(-1_000_000_0000, 1_000_000_0000)
		rates := map[string]float64{"CNY": 1, "USD": rapid.Float64Range(0.01, 20).Draw(t, "rate")}
		b := Books{Rates: rates, Terms: map[string][]Term{}, CostOf: 0.08}
		owed := map[accountKey]book.Money{} // by another path
		seen := map[accountKey]bool{}
		for range rapid.IntRange(0, 8).Draw(t, "accounts") {
			k := accountKey{customer.Draw(t, "customer"), currency.Draw(t, "currency")}
			if !seen[k] {
				seen[k] = true
				m := book.Money(max(amount.Draw(t, "invoices"), 0))
				b.Sums = append(b.Sums, OpenSum{k.customer, k.currency, m, m})
				owed[k] += m
			}
		}
		var loose, toApply book.Money
		for i := range rapid.IntRange(0, 12).Draw(t, "credits") {
			k := accountKey{customer.Draw(t, "customer"), currency.Draw(t, "currency")}
			l := Loose{CustomerID: k.customer, Currency: k.currency, DocumentID: fmt.Sprint("P", i), Kind: rapid.SampledFrom([]string{"payment", "credit_note", "write_off"}).Draw(t, "kind"),
				AppliesTo: rapid.SampledFrom([]string{"", "I"}).Draw(t, "names"), Known: rapid.Bool().Draw(t, "known"), On: closing.Add(-rapid.IntRange(0, 90).Draw(t, "age"))}
			l.Open = book.Money(min(amount.Draw(t, "open"), 0))
			l.LedgerOpen = l.Open + book.Money(min(amount.Draw(t, "virtual"), 0))
			b.Loose = append(b.Loose, l)
			owed[k] += l.Open
			loose, toApply = loose+l.Open, toApply+l.LedgerOpen-l.Open
		}
		differences := map[string]book.Money{}
		heard := map[string]bool{}
		for range rapid.IntRange(0, 10).Draw(t, "balances") {
			x := Told{Source: rapid.SampledFrom([]string{GeneralLedger, Confirmation, Unanswered}).Draw(t, "source"), CustomerID: customer.Draw(t, "customer"), Currency: currency.Draw(t, "currency"),
				On: closing.Add(-rapid.IntRange(0, 500).Draw(t, "age")), Amount: book.Money(amount.Draw(t, "told")), Ours: book.Money(amount.Draw(t, "ours"))}
			if key := x.Source + x.CustomerID + x.Currency; !heard[key] {
				heard[key] = true
				b.Told = append(b.Told, x)
				if x.Source != Unanswered {
					differences[x.Source+x.Currency] += x.Amount - x.Ours
				}
			}
		}
		for i := range rapid.IntRange(0, 6).Draw(t, "invoices") {
			b.Billed = append(b.Billed, Billed{CustomerID: customer.Draw(t, "customer"), Currency: currency.Draw(t, "currency"), DocumentID: fmt.Sprint("I", i), Instalments: 1, InvoicedOn: closing.Add(-40),
				DueOn: dayOf(closing.Add(rapid.IntRange(-20, 40).Draw(t, "due"))), Amount: book.Money(max(amount.Draw(t, "amount"), 0))})
		}
		b.Terms["A"] = []Term{{From: 1, Days: 30}}

		table, items, err := Reconcile(closing, b, Default().Reconciliation)
		if err != nil {
			t.Fatal(err)
		}
		var all, inBase, sumLoose, sumToApply book.Money
		judged, currencies := 0, map[string]book.Money{}
		for _, a := range table {
			if a.Subledger != a.Invoices+a.Cash+a.Credits+a.Refunds {
				t.Fatalf("%s %s: the parts are not the whole: %+v", a.CustomerID, a.Currency, a)
			}
			switch {
			case a.CustomerID != "":
				k := accountKey{a.CustomerID, a.Currency}
				if a.Subledger != owed[k] {
					t.Fatalf("%s %s: %s, want %s", a.CustomerID, a.Currency, a.Subledger, owed[k])
				}
				delete(owed, k)
				base, _ := a.Subledger.Times(rates[a.Currency])
				inBase += base
				currencies[a.Currency] += a.Subledger
				judged += a.DueJudged + a.DueUnjudged
				sumLoose += a.Cash + a.Credits
				sumToApply += a.ToApply
			case a.Currency == "":
				all = a.Subledger
				if a.Subledger != a.SubledgerBase {
					t.Fatalf("the book: %s and %s", a.Subledger, a.SubledgerBase)
				}
			}
		}
		for k, m := range owed {
			t.Fatalf("%v with %s has no row", k, m)
		}
		if all != inBase || judged != len(b.Billed) || sumLoose != loose || sumToApply != toApply {
			t.Fatalf("book %s of %s; %d of %d invoices; credit %s of %s, to apply %s of %s", all, inBase, judged, len(b.Billed), sumLoose, loose, sumToApply, toApply)
		}
		for _, a := range table {
			if a.CustomerID != "" || a.Currency == "" {
				continue
			}
			for source, c := range map[string]Comparison{GeneralLedger: a.Ledger, Confirmation: a.Confirmed} {
				var got book.Money
				if c.Difference != nil {
					got = *c.Difference
				}
				if want := differences[source+a.Currency]; got != want || a.Subledger != currencies[a.Currency] {
					t.Fatalf("%s in %s: difference %s, want %s; sub-ledger %s, want %s", source, a.Currency, got, want, a.Subledger, currencies[a.Currency])
				}
			}
		}
		var listed book.Money
		for _, i := range items {
			switch i.Kind {
			case "unapplied_cash", "unknown_reference", "overpaid", "unapplied_credit", "excess_write_off":
				listed += i.Amount
			}
		}
		if listed != loose {
			t.Fatalf("items hold %s of %s", listed, loose)
		}

		turned := b
		turned.Loose, turned.Told, turned.Billed, turned.Sums = reversed(b.Loose), reversed(b.Told), reversed(b.Billed), reversed(b.Sums)
		again, itemsAgain, err := Reconcile(closing, turned, Default().Reconciliation)
		if err != nil || len(again) != len(table) || len(itemsAgain) != len(items) {
			t.Fatalf("turned round: %v, %d rows, %d items", err, len(again), len(itemsAgain))
		}
		for i := range table {
			if again[i].EN != table[i].EN || again[i].Subledger != table[i].Subledger || cmp.Compare(again[i].MoneyDays, table[i].MoneyDays) != 0 {
				t.Fatalf("turned round: %s\n%s", again[i].EN, table[i].EN)
			}
		}
		for i := range items {
			if itemsAgain[i].EN != items[i].EN {
				t.Fatalf("turned round: %s\n%s", itemsAgain[i].EN, items[i].EN)
			}
		}
	})
}

func reversed[T any](list []T) []T {
	out := make([]T, 0, len(list))
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, list[i])
	}
	return out
}
