package simulator

import (
	"fmt"
	"math"

	"creditwatch/pipeline/asof"
)

// A contact is a row of interactions.
type contact struct {
	kind      string
	on        asof.Date
	outcome   string
	promised  int64 // cents of the invoice's currency, -1 if none
	by        asof.Date
	document  string
	sentiment float64
	severity  string
	closed    asof.Date
}

func (l *ledger) contact(t contact) {
	l.calls++
	l.contactAs(l.calls, t, at(t.on, l.talk))
}

func (l *ledger) contactAs(n int, t contact, known instant) {
	from := l.begin()
	l.str(fmt.Sprintf("A%s-%04d", l.c.number, n))
	l.str(l.c.id)
	l.str(t.kind)
	l.date(t.on)
	l.str(t.outcome)
	l.cents(t.promised)
	l.date(t.by)
	l.str(t.document)
	if t.outcome == "no_answer" || t.kind == "dunning" || t.kind == "statement" {
		l.str("")
	} else {
		l.number(clamp(t.sentiment, -1, 1), 2)
	}
	l.str(t.severity)
	l.date(t.closed)
	l.str(l.c.owner)
	l.end(interactions, from, known)
	l.soilRow(len(l.scribe.rows) - 1)
}

func (l *ledger) mood(x float64) float64 { return 0.3 + 0.3*x + l.talk.normal(0, 0.25) }

// chase writes the reminders, calls and promises about an invoice that is paid on a day, or never.
func (l *ledger) chase(v *invoice, paid asof.Date) {
	d, w := l.talk, l.w
	if first := v.due.Add(7); paid > first && first <= w.to && d.chance(0.5) {
		l.contact(contact{kind: "dunning", on: w.working(first), promised: -1, document: v.number})
	}
	end := min(paid, v.due.Add(110), w.to.Add(1))
	for on := w.working(v.due.Add(14)); on < end; on = w.working(on.Add(d.between(6, 14))) {
		x := l.c.life.felt(on)
		t := contact{kind: "call", on: on, promised: -1, document: v.number, sentiment: l.mood(x)}
		lost := l.c.life.inDefault(on) != nil
		reach := clamp(0.85+0.17*x, 0.2, 0.95)
		if lost {
			reach = 0.15
		}
		if t.outcome = "no_answer"; !d.chance(reach) {
			l.contact(t)
			continue
		}
		if t.outcome = "reached"; d.chance(0.1) && x < -1 {
			t.outcome = "refused"
		}
		l.contact(t)
		if t.outcome == "refused" || !d.chance(0.7) {
			continue
		}
		// Who is well says when the money will come; who is not says what we like to hear.
		t.kind, t.outcome, t.promised, t.by = "promise", "agreed", v.open, w.working(on.Add(d.between(3, 10)))
		if ahead := paid.Sub(on); !lost && ahead <= 21 && d.chance(clamp(0.85+0.2*x, 0.15, 0.95)) {
			t.by = w.working(paid.Add(d.between(0, 2)))
		}
		l.contact(t)
		if d.chance(0.6) { // waits for the promised day
			on = max(on, t.by)
		}
	}
}

// keepInTouch writes the contacts that are not about one invoice: visits, feedback, complaints, and the requests for time or
// for more credit that trouble brings.
func (l *ledger) keepInTouch() {
	c, d, w := l.c, l.talk, l.w
	for k := 0; k+1 < len(w.bounds); k++ {
		days := w.bounds[k+1].Sub(w.bounds[k])
		on := w.working(w.bounds[k].Add(d.between(1, days)))
		if on < c.onboarded || on > w.to {
			continue
		}
		if f := c.life.inDefault(on); f != nil && on > f.on.Add(90) {
			continue
		}
		x := c.life.felt(on)
		share := float64(days) / month
		t := contact{on: on, promised: -1, sentiment: l.mood(x), outcome: "reached"}
		if d.chance(0.2 * share) {
			t.kind = [...]string{"visit", "call", "email", "feedback", "statement"}[d.IntN(5)]
			if t.kind == "call" && !d.chance(clamp(0.92+0.1*x, 0.3, 0.97)) {
				t.outcome = "no_answer"
			}
			l.contact(t)
		}
		if d.chance(min(0.02*math.Exp(-0.35*x), 0.2) * share) {
			t.kind, t.outcome, t.sentiment = "complaint", "", l.mood(x)-0.6
			t.severity = [...]string{"low", "medium", "high"}[d.pick(5, 3, 1)]
			l.contact(t)
			closed := t
			closed.closed = w.working(on.Add(d.between(3, 40)))
			l.contactAs(l.calls, closed, at(closed.closed, d)) // the same contact, now with its end
			t.severity = ""
		}
		if d.chance(min(0.006*math.Exp(-0.9*x), 0.3) * share) {
			t.kind, t.outcome = "extension_request", [...]string{"agreed", "refused"}[d.IntN(2)]
			l.contact(t)
		}
		ask := 0.006 * math.Exp(-0.3*x)
		if c.life.frenzied(on) {
			ask = 0.6
		}
		if d.chance(min(ask, 0.6) * share) {
			t.kind, t.outcome = "limit_request", [...]string{"agreed", "refused"}[d.IntN(2)]
			l.contact(t)
		}
	}
}
