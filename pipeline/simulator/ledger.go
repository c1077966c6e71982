package simulator

import (
	"fmt"
	"math"

	"creditwatch/pipeline/asof"
)

// A transaction is a row of the ledger. Amounts are in cents of its currency.
type transaction struct {
	kind       string
	on, due    asof.Date
	amount     int64
	currency   string
	document   string
	appliesTo  string
	supersedes string
	instrument string
	payer      string
	status     string
	reason     string
}

// A debt is what is left unpaid of an invoice when its customer has defaulted.
type debt struct {
	invoice string
	amount  int64
	failure int
}

// A ledger writes the documents of one customer, and the contacts that late payment brings about.
type ledger struct {
	*scribe
	c     *customer
	dice  dice
	talk  dice
	rows  int // transactions so far
	calls int // interactions so far
	docs  [5]int
	debts []debt
	moves []move
}

// document returns the next number of a kind: SO order, IN invoice, PY payment, CN credit note, DP dispute.
func (l *ledger) document(kind int) string {
	l.docs[kind]++
	return [...]string{"SO", "IN", "PY", "CN", "DP"}[kind] + l.c.number + "-" + fmt.Sprintf("%04d", l.docs[kind])
}

// The longest that a customer not in default keeps us waiting, in days beyond terms; the 90 days of the definition of
// default are reached by defaults only.
const longestWait = 64

// post writes a row and, in between, dirt. It returns the transaction_id.
func (l *ledger) post(t transaction) string {
	l.count(t)
	id := l.id()
	known := at(t.on, l.dice)
	x := l.soil.Float64()
	correctable := t.supersedes == "" && (t.kind == "order" || t.kind == "invoice" || t.kind == "payment")
	switch {
	case t.status == "returned":
		l.write(id, t, known, plant{bounced, "status", "returns " + t.supersedes})
	case x < lateRate*l.dirt:
		days := l.soil.between(3, 20)
		if t.kind == "payment" {
			days = l.soil.between(3, 10)
		}
		if later := known + instant(days*day); l.w.delivery(later.date()) >= 0 {
			l.write(id, t, later, plant{lateRow, "known_at", fmt.Sprintf("learnt %d days after", days)})
		} else { // what refers to it must not be all that is known
			l.write(id, t, known, plant{})
		}
	case x < (lateRate+correctionRate)*l.dirt && correctable && known.date().Add(8) <= l.w.to:
		wrong := t
		column := "amount"
		if wrong.amount = t.amount + t.amount/10 + 100; l.soil.chance(0.5) {
			wrong.amount = max(t.amount-t.amount/10, 1)
		}
		if t.kind == "invoice" && l.soil.chance(0.4) {
			wrong.amount, wrong.due, column = t.amount, t.due.Add(l.soil.between(5, 30)), "due_on"
		}
		l.write(id, wrong, known, plant{})
		known += instant(l.soil.between(1, 8) * day)
		if l.soil.chance(0.5) {
			l.write(id, t, known, plant{correction, column, "same transaction_id " + id})
		} else {
			t.supersedes = id
			id = l.id()
			l.write(id, t, known, plant{correction, column, "supersedes " + t.supersedes})
		}
	case x < (lateRate+correctionRate+cancellationRate)*l.dirt && correctable && t.kind != "payment":
		l.write(id, t, known, plant{})
		twin := t
		twin.document = t.document + "X" // entered twice
		twinID := l.id()
		l.write(twinID, twin, known+instant(l.soil.between(60, 3600)), plant{})
		twin.supersedes, twin.status = twinID, "cancelled"
		twin.on = t.on.Add(l.soil.between(1, 10))
		l.write(l.id(), twin, at(twin.on, l.soil), plant{cancellation, "status", "cancels " + twinID})
	default:
		l.soilRow(l.write(id, t, known, plant{}))
	}
	return id
}

func (l *ledger) id() string {
	l.rows++
	return "T" + l.c.number + "-" + fmt.Sprintf("%05d", l.rows)
}

// write adds the row and returns its index.
func (l *ledger) write(id string, t transaction, known instant, p plant) int {
	from := l.begin()
	l.str(l.c.id)
	l.str(id)
	l.str(t.kind)
	l.date(t.on)
	l.date(t.due)
	l.cents(t.amount)
	l.str(t.currency)
	l.str(t.document)
	l.str(t.appliesTo)
	l.str(t.supersedes)
	l.str(t.instrument)
	l.str(t.payer)
	l.str(t.status)
	l.str(t.reason)
	l.end(transactions, from, known).plant = p
	return len(l.scribe.rows) - 1
}

// trade writes all orders of the horizon and what follows from each.
func (l *ledger) trade() {
	c, w := l.c, l.w
	for k := 0; k+1 < len(w.bounds); k++ {
		days := w.bounds[k+1].Sub(w.bounds[k])
		if w.bounds[k+1] < c.onboarded {
			continue
		}
		x := c.life.states[k].health
		mean := c.perYear * float64(days) / 365 * math.Exp(0.07*clamp(x, -3, 2))
		if c.silent && x < -1.8 {
			mean *= 0.4
		}
		frenzy := c.life.bustOut >= 0 && k >= c.life.bustOut
		if frenzy {
			mean = max(3.2*mean, 3)
		}
		const most = 1.3 // of season
		for range l.dice.count(mean * most) {
			on := w.working(w.bounds[k].Add(l.dice.between(1, days)))
			if !l.dice.chance(w.season(on)/most) || on < c.onboarded || on > w.to {
				continue
			}
			if f := c.life.inDefault(on); f != nil && (on > f.on.Add(f.knownIn) || l.dice.chance(0.5)) {
				continue // we no longer take orders, or none come
			}
			value := c.invoice * l.dice.spread(0.5)
			if frenzy {
				value *= 1.5
			}
			l.order(on, value)
		}
	}
	for i, f := range c.life.failures {
		owes := f.on > w.to
		for _, b := range l.debts {
			owes = owes || b.failure == i
		}
		if !owes { // what was delivered before we noticed is what it owes
			l.invoice(f.on, max(int64(c.invoice*l.dice.spread(0.5)/w.rate(c.currency, f.on)*100), 5000), "")
		}
	}
	l.writeOff()
}

// order writes an order and its invoices. The value is in CNY.
func (l *ledger) order(on asof.Date, value float64) {
	amount := max(int64(value/l.w.rate(l.c.currency, on)*100), 5000)
	number := ""
	if l.dice.chance(0.75) { // the others order by telephone
		number = l.document(0)
		l.post(transaction{kind: "order", on: on, amount: amount, currency: l.c.currency, document: number})
	}
	parts := []int64{amount}
	if l.dice.chance(0.08) {
		first := amount * int64(l.dice.between(30, 70)) / 100
		parts = []int64{first, amount - first}
	}
	shipped := on
	for _, part := range parts {
		shipped = l.w.working(shipped.Add(l.dice.between(1, 9)))
		if f := l.c.life.inDefault(shipped); shipped > l.w.to || f != nil && shipped > f.on.Add(f.knownIn) {
			return
		}
		l.invoice(shipped, part, number)
	}
}

// An invoice in the making.
type invoice struct {
	number  string
	on, due asof.Date
	open    int64
	felt    float64 // health around the day of payment
	failure int     // default that leaves it unpaid, -1 if none
}

// wait is how many days beyond terms a customer of some health pays.
func (l *ledger) wait(health, relative, luck float64) float64 {
	x := -7 + 16*math.Exp(-0.5*health)
	sd := 1.6 + 0.12*max(x, 0)
	if health < -0.7 { // small invoices first
		x += 6 * clamp(relative, -1.5, 1.5)
	}
	x += l.c.habit + sd*luck
	if x > 28 {
		x = 28 + 30*(1-math.Exp((28-x)/30))
	}
	return x
}

func (l *ledger) invoice(on asof.Date, amount int64, order string) {
	c, d := l.c, l.dice
	terms := c.terms
	if d.chance(0.03) {
		terms += 15 // longer than the contract
	}
	v := invoice{number: l.document(1), on: on, due: on.Add(terms), open: amount}
	base := transaction{currency: c.currency, appliesTo: v.number}
	advance := c.size == 3 && d.chance(0.02)
	if advance { // cash before delivery, so without a reference
		l.cash(base, "", l.w.working(on.Add(-d.between(1, 6))), amount, 2)
	}
	l.post(transaction{kind: "invoice", on: on, due: v.due, amount: amount, currency: c.currency, document: v.number, appliesTo: order})
	if advance {
		return
	}
	v.felt = c.life.felt(min(v.due, l.w.to))
	relative, luck := math.Log(float64(amount)/100*l.w.rate(c.currency, on)/c.invoice), d.NormFloat64()
	days := l.wait(v.felt, relative, luck)
	// Who waits feels how things stand then: the health of the day of payment decides, not that of the due date.
	v.felt = c.life.felt(min(v.due.Add(max(int(days), 0)), l.w.to))
	days = l.wait(v.felt, relative, luck)
	pays := v.due.Add(max(int(math.Round(days)), 1-terms))

	if d.chance(min(0.015*math.Exp(-0.45*v.felt), 0.12)) {
		opened := on.Add(d.between(4, terms))
		if v.felt < -0.8 && d.chance(0.7) {
			opened = v.due.Add(d.between(1, 12)) // found only once it should be paid
		}
		closed := opened.Add(d.between(8, 30))
		t := base
		t.document, t.amount = l.document(4), amount
		t.reason = [...]string{"quality", "quantity", "price", "delivery"}[d.IntN(4)]
		t.kind, t.on = "dispute", opened
		l.post(t)
		t.kind, t.on = "dispute_closed", l.w.working(closed)
		l.post(t)
		if d.chance(0.5) {
			l.credit(&v, base, l.w.working(closed.Add(1)), t.reason)
		}
		pays = max(pays, closed.Add(d.between(2, 8)))
	} else if d.chance(0.02) {
		l.credit(&v, base, l.w.working(on.Add(d.between(3, 20))), "goods returned")
	}
	l.settle(&v, base, l.w.working(min(pays, v.due.Add(longestWait-8))))
}

func (l *ledger) credit(v *invoice, base transaction, on asof.Date, reason string) {
	t := base
	t.kind, t.on, t.document, t.reason = "credit_note", on, l.document(3), reason
	t.amount = max(v.open*int64(l.dice.between(4, 30))/100, 1)
	if on <= l.w.to {
		v.open -= t.amount
	}
	l.post(t)
}

// settle pays an invoice: at once, in parts, without a reference, late because a payment bounced, or never.
func (l *ledger) settle(v *invoice, base transaction, on asof.Date) {
	d, x := l.dice, v.felt
	latest := v.due.Add(longestWait)
	last := on
	v.failure = -1
	switch {
	case d.chance(min(0.002*math.Exp(-0.9*x), 0.15)) && l.bounce(v, base, on, &last):
	case d.chance(min(0.04*math.Exp(-0.6*x), 0.4)):
		first := max(v.open*int64(d.between(40, 80))/100, 1)
		last = min(max(l.w.working(on.Add(d.between(6, 20))), on), max(latest, on))
		l.pay(v, base, v.number, on, first)
		l.pay(v, base, v.number, last, v.open-first)
	case v.open > 400000 && d.chance(min(0.015*math.Exp(-0.5*x), 0.2)): // a round sum on account
		step := int64(100000)
		if v.open > 10000000 {
			step = 1000000
		}
		first := v.open * int64(d.between(50, 90)) / 100 / step * step
		last = min(max(l.w.working(on.Add(d.between(4, 18))), on), max(latest, on))
		l.pay(v, base, "", on, first)
		l.pay(v, base, v.number, last, v.open-first)
	case d.chance(0.04):
		l.pay(v, base, "", on, v.open)
	default:
		l.pay(v, base, v.number, on, v.open)
		if d.chance(0.0015) && l.pays(v, on.Add(1)) == on.Add(1) { // paid twice, given back
			l.cash(base, "", l.w.working(on.Add(1)), v.open, x)
			t := base
			t.kind, t.on, t.amount, t.instrument = "refund", l.w.working(on.Add(d.between(8, 20))), v.open, "transfer"
			t.document = l.document(2)
			t.appliesTo = fmt.Sprintf("PY%s-%04d", l.c.number, l.docs[2]-1)
			t.reason = "paid twice"
			l.post(t)
		}
	}
	l.chase(v, l.pays(v, last))
}

// pays returns when a payment meant for a day is made: then, after the cure of a default, or never.
func (l *ledger) pays(v *invoice, on asof.Date) asof.Date {
	for i, f := range l.c.life.failures {
		if v.on < f.cured && on >= f.on && on < f.cured {
			v.failure = i
			if f.cured == never {
				return never
			}
			return l.w.working(f.cured.Add(int(mix(uint64(l.docs[1])) % 18)))
		}
	}
	return on
}

// pay makes a payment if the customer is not in default by then, else it leaves a debt.
func (l *ledger) pay(v *invoice, base transaction, reference string, on asof.Date, amount int64) string {
	if amount <= 0 {
		return ""
	}
	when := l.pays(v, on)
	if when == never {
		l.debts = append(l.debts, debt{v.number, amount, v.failure})
		return ""
	}
	return l.cash(base, reference, when, amount, v.felt)
}

// cash writes a payment of a customer of some health.
func (l *ledger) cash(base transaction, reference string, on asof.Date, amount int64, health float64) string {
	t, d := base, l.dice
	t.kind, t.on, t.amount, t.document, t.appliesTo = "payment", on, amount, l.document(2), reference
	t.instrument = "transfer"
	bill := 0.04
	if l.c.bills && health < -0.5 {
		bill = 0.5
	}
	if d.chance(bill) {
		t.instrument = "bill"
	} else if d.chance(0.02) {
		t.instrument = "cheque"
	}
	if d.chance(min(0.008*math.Exp(-0.6*health), 0.3)) {
		if g := l.c.group; len(g) > 1 && d.chance(0.7) {
			t.payer = g[(l.c.index-g[0].index+1)%len(g)].names.legal
		} else {
			t.payer = l.c.city.zh + brand(l.w.seed+77, d.IntN(60000)).zh + "贸易有限公司"
		}
	}
	return l.post(t)
}

// bounce writes a payment that comes back and the one that makes it good; false if that would take too long.
func (l *ledger) bounce(v *invoice, base transaction, on asof.Date, last *asof.Date) bool {
	back := l.w.working(on.Add(l.dice.between(2, 4)))
	again := l.w.working(back.Add(l.dice.between(4, 10)))
	if again > v.due.Add(longestWait+4) || l.pays(v, on) != on {
		return false
	}
	id := l.cash(base, v.number, on, v.open, v.felt)
	t := base
	t.kind, t.on, t.amount, t.status, t.supersedes = "payment", back, v.open, "returned", id
	t.document = fmt.Sprintf("PY%s-%04d", l.c.number, l.docs[2])
	t.reason = [...]string{"insufficient funds", "account closed"}[l.dice.pick(9, 1)]
	l.post(t)
	*last = again
	l.pay(v, base, v.number, again, v.open)
	return true
}

// writeOff writes off the debts of defaults that were not cured, and what comes back of them.
func (l *ledger) writeOff() {
	for i, f := range l.c.life.failures {
		var total, base int64
		for _, b := range l.debts {
			if b.failure != i || f.cured < never {
				continue
			}
			total += b.amount
			t := transaction{kind: "write_off", on: l.w.working(f.writtenTo), amount: b.amount, currency: l.c.currency}
			t.document, t.appliesTo = "WO"+b.invoice[2:], b.invoice
			if t.on <= l.w.to {
				l.post(t)
			}
		}
		base = int64(float64(total) * l.w.rate(l.c.currency, f.on))
		back := int64(float64(total) * f.share)
		if f.recovered < l.w.to && back > 0 {
			l.post(transaction{
				kind: "recovery", on: l.w.working(f.recovered), amount: back, currency: l.c.currency,
				document: fmt.Sprintf("RC%s-%04d", l.c.number, i+1), instrument: "transfer",
			})
		}
		l.outcome(i, f, base, int64(float64(base)*f.share))
	}
}
