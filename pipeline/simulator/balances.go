package simulator

import (
	"fmt"
	"slices"
	"strings"

	"creditwatch/pipeline/asof"
)

// A move is what a document adds to the customer's balance, in cents of its currency.
type move struct {
	on       asof.Date
	kind     string
	document string
	signed   int64
}

// ledgerCurrencies are those in which customers trade.
var ledgerCurrencies = [...]string{"CNY", "USD", "EUR"}

// moved is what all customers' balances moved by between two boundaries, by currency and boundary that ends it.
type moved [len(ledgerCurrencies)][]int64

func newMoved(w *world) (m moved) {
	for i := range m {
		m[i] = make([]int64, len(w.bounds))
	}
	return m
}

// count remembers what a document adds to the balances. Its corrections come to the same in the end.
func (l *ledger) count(t transaction) {
	signed := t.amount
	switch {
	case t.kind == "invoice" || t.kind == "refund" || t.status == "returned":
	case t.kind == "payment" || t.kind == "credit_note" || t.kind == "write_off":
		signed = -signed
	default:
		return
	}
	if t.on > l.w.to {
		return
	}
	l.moves = append(l.moves, move{t.on, t.kind, t.document, signed})
	k := 1 // cash in advance may be older than the book
	if t.on >= l.w.from {
		k = int(l.w.periods[t.on.Sub(l.w.from)]) + 1
	}
	l.scribe.moved[slices.Index(ledgerCurrencies[:], t.currency)][k] += signed
}

// balance is what the customer owes at the end of a day.
func (l *ledger) balance(on asof.Date) (cents int64) {
	for _, m := range l.moves {
		if m.on <= on {
			cents += m.signed
		}
	}
	return cents
}

// closedIn is how many business days after its month the general ledger is closed.
const closedIn = 3

func (w *world) closed(end asof.Date) asof.Date {
	day := end
	for range closedIn {
		day = w.working(day.Add(1))
	}
	return day
}

// compare writes the customer's balances in the general ledger at the last three month ends, which agree, and those that it
// confirmed at the ends of the year and, if it is large, of the half-year. Some never answer; a few disagree.
func (l *ledger) compare() {
	c, w, d := l.c, l.w, throw(l.w.seed, balanceStream, l.c.index)
	slices.SortStableFunc(l.moves, func(a, b move) int { return a.on.Sub(b.on) })
	for k, end := range w.bounds {
		if end != end.MonthEnd() || len(l.moves) == 0 || l.moves[0].on > end {
			continue
		}
		if k+4 >= len(w.bounds) {
			l.told("general_ledger", end, l.balance(end), "1122."+c.number, "", at(w.closed(end), d))
		}
		_, month, _ := end.Time().Date()
		asked := month == 12 && d.chance(0.45) || month == 6 && c.size == 0
		if !asked || c.life.inDefault(end) != nil {
			continue
		}
		known := at(w.working(end.Add(d.between(12, 40))), d)
		if w.delivery(known.date()) < 0 {
			continue // not back before the book ends
		}
		amount, status := l.balance(end), ""
		switch x := d.Float64(); {
		case x < 0.08:
			status = "unanswered"
		case x < 0.14:
			if wrong, cause, document := l.disagree(end, amount, d); wrong != amount {
				out := &l.scribe.truth[truthBalances]
				out.bytes = fmt.Appendf(out.bytes, "%s,%s,%s,%s,%s,%s,%s\n", c.id, end, c.currency, signedCents(wrong), signedCents(wrong-amount), cause, document)
				amount = wrong
			}
		}
		l.told("confirmation", end, amount, fmt.Sprintf("Q%s-%s", c.number, end.String()[:7]), status, known)
	}
}

// disagree is the balance that a customer confirms who sees things otherwise.
func (l *ledger) disagree(end asof.Date, amount int64, d dice) (wrong int64, cause, document string) {
	pick := d.pick(5, 3, 2)
	for _, m := range l.moves {
		switch {
		case pick == 0 && m.kind == "payment" && m.signed < 0 && m.on > end && m.on <= end.Add(10):
			return amount + m.signed, "in_transit", m.document
		case pick == 1 && m.kind == "invoice" && m.on > end.Add(-12) && m.on <= end:
			return amount - m.signed, "not_booked", m.document
		}
	}
	return amount + int64(d.between(1, 90))*10000, "typing", "" // a digit too many
}

func (l *ledger) told(kind string, on asof.Date, amount int64, reference, status string, known instant) {
	from := l.begin()
	l.str(kind)
	l.str(l.c.id)
	l.date(on)
	l.str(l.c.currency)
	l.str(signedCents(amount))
	l.str(reference)
	l.str(status)
	l.end(balances, from, known)
}

func signedCents(v int64) string {
	if v < 0 {
		return "-" + string(appendCents(nil, -v))
	}
	return string(appendCents(nil, v))
}

// control writes the control accounts of the general ledger: all customers in one sum per currency and month end.
func (b *book) control() error {
	var sums [len(ledgerCurrencies)]int64
	for k, end := range b.w.bounds {
		for i := range sums {
			sums[i] += b.moved[i][k]
		}
		day := b.w.closed(end)
		f := b.w.delivery(day)
		if k == 0 || end != end.MonthEnd() || f < 0 {
			continue
		}
		var rows strings.Builder
		rows.WriteString(balancesHeader)
		for i, currency := range ledgerCurrencies {
			fmt.Fprintf(&rows, "general_ledger,,%s,%s,%s,1122,,%s 01:30:00\n", end, currency, signedCents(sums[i]), day)
		}
		if err := b.folder.append(b.folder.file(fmt.Sprintf("balances-control-%s.csv", b.w.deliveries[f]), ""), []byte(rows.String())); err != nil {
			return err
		}
	}
	return nil
}
