package book

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"creditwatch/pipeline/asof"
)

// A DefaultRule is the executable definition of default. A customer is past due on a day if the past due economic open
// amount at its end is above both thresholds, and for n days if what is n days past due or more is still above both, the first
// being the day after the due date. At Days the customer is in default; after ProbationDays days in a row without being
// past due, the customer is cured. The days are those of the debt: somebody who pays every invoice three weeks late always
// owes something past due, but never for longer than three weeks, and is a slow payer, not a failed one.
type DefaultRule struct {
	Days           int     // days past due that make a default
	Absolute       Money   // past due must be above this, in base currency
	Relative       float64 // and above this share of the customer's open invoices
	ProbationDays  int     // consecutive days not past due that cure; 0 cures at once
	UndisputedOnly bool    // disputed invoices are not past due; they still count as open

	// WriteOffs makes a write-off above Absolute on one day a default of its own (clause write_off), from which the
	// ledger knows no cure. Otherwise a write-off ends the past due like a payment.
	WriteOffs bool
}

// StandardRule is 90 days above 500 and 1 %, three months of probation, write-offs included.
var StandardRule = DefaultRule{Days: 90, Absolute: 500 * Scale, Relative: 0.01, ProbationDays: 90, WriteOffs: true}

func (r DefaultRule) validate() error {
	var errs []error
	if r.Days < 1 {
		errs = append(errs, fmt.Errorf("rule: days: want 1 or more, got %d", r.Days))
	}
	if r.Absolute < 0 {
		errs = append(errs, fmt.Errorf("rule: absolute: want 0 or more, got %s", r.Absolute))
	}
	if !(r.Relative >= 0 && r.Relative <= 1) {
		errs = append(errs, fmt.Errorf("rule: relative: want a share from 0 to 1, got %g", r.Relative))
	}
	if r.ProbationDays < 0 {
		errs = append(errs, fmt.Errorf("rule: probation_days: want 0 or more, got %d", r.ProbationDays))
	}
	return errors.Join(errs...)
}

// The change points of a customer's past due amount.
const (
	invoiceAppears uint8 = iota
	invoiceFallsDue
	invoiceGrowsOld // is as many days past due as make a default
	amountSettled
	disputeOpens
	disputeEnds
)

type changePoint struct {
	on     int32 // debt
	what   uint8
	loss   bool // settled by a write-off
	amount Money
	known  int64
}

// A debt is an invoice as the sweep sees it.
type debt struct {
	open, overdue Money
	failed        Money // the part of overdue that is past due for as long as makes a default
	known         int64 // when the invoice, or the latest fact that reopened it, became known
	dueOn         asof.Date
	currency      int16
	disputes      int16
	due, old      bool
}

// A sweep walks the change points of one customer in order of date.
type sweep struct {
	debts           []debt
	points          []changePoint
	order           []uint64 // date and index of the points
	open, over, off []Money  // by currency: open, past due, written off on the day
	failed          []Money  // by currency: past due for as long as makes a default
	oldest          []int32  // scratch of days

	inDefault, cleaning bool
	lossTaken           bool // written off: no cure
	cleanSince          asof.Date
	before              int   // days past due before the write-offs of the day
	overdue             Money // in base currency
	settledKnown        int64 // newest fact that settled something since the default
}

func (w *sweep) point(on asof.Date, p changePoint) {
	w.order = append(w.order, uint64(on)<<32|uint64(len(w.points)))
	w.points = append(w.points, p)
}

// defaults sweeps the customer's past due amount and writes its defaults and cures, and its state on the date.
func (b *builder) defaults() error {
	w := &b.sweep
	*w = sweep{debts: w.debts[:0], points: w.points[:0], order: w.order[:0], open: w.open[:0], over: w.over[:0], off: w.off[:0], failed: w.failed[:0], oldest: w.oldest[:0]}
	b.changes(w)
	if err := b.walk(w); err != nil {
		return err
	}
	days, err := b.days(w, b.options.AsOf)
	if err != nil {
		return err
	}
	return b.tables.state(b.id, int32(days), w.overdue, w.inDefault)
}

// changes collects the change points up to the business date.
func (b *builder) changes(w *sweep) {
	c, o := &b.customer, &b.options
	for range b.currencies {
		w.open, w.over, w.off, w.failed = append(w.open, 0), append(w.over, 0), append(w.off, 0), append(w.failed, 0)
	}
	for i := range c.pools[:c.used] {
		p := &c.pools[i]
		first := int32(len(w.debts))
		for k := range p.targets {
			tg := &p.targets[k]
			at := int32(len(w.debts))
			w.debts = append(w.debts, debt{known: max(tg.known, c.versions[tg.doc].from), currency: p.currency})
			if tg.refund || tg.occurred > o.AsOf {
				continue
			}
			w.point(tg.occurred, changePoint{on: at, what: invoiceAppears, amount: tg.amount})
			if v := &c.versions[tg.doc]; v.hasDue && v.due < o.AsOf {
				w.debts[at].dueOn = v.due
				w.point(v.due+1, changePoint{on: at, what: invoiceFallsDue})
				if old := v.due.Add(o.Rule.Days); old <= o.AsOf {
					w.point(old, changePoint{on: at, what: invoiceGrowsOld})
				}
			}
			if tg.key == none {
				continue
			}
			for d := range b.raised {
				r := &b.raised[d]
				if r.ref != tg.key || r.opened == r.over || r.opened > o.AsOf {
					continue
				}
				w.point(r.opened, changePoint{on: at, what: disputeOpens})
				if r.over <= o.AsOf {
					w.point(r.over, changePoint{on: at, what: disputeEnds})
				}
			}
		}
		for k := range p.entries {
			e := &p.entries[k]
			if e.effective() <= o.AsOf && !p.targets[e.in].refund {
				w.point(e.effective(), changePoint{on: first + e.in, what: amountSettled, loss: e.kind() == writeOff, amount: e.amount, known: e.known})
			}
		}
	}
	slices.Sort(w.order)
}

// walk lets the points act day by day and judges the stretch until the next one.
func (b *builder) walk(w *sweep) error {
	o := &b.options
	for i := 0; i < len(w.order); {
		day := asof.Date(w.order[i] >> 32)
		lost := false
		if o.Rule.WriteOffs && w.loses(i) {
			var err error
			if w.before, err = b.days(w, day-1); err != nil {
				return err
			}
		}
		for ; i < len(w.order) && asof.Date(w.order[i]>>32) == day; i++ {
			p := &w.points[uint32(w.order[i])]
			lost = w.act(p, o) || lost
		}
		next := o.AsOf + 1
		if i < len(w.order) {
			next = asof.Date(w.order[i] >> 32)
		}
		open, err := b.base(w.open)
		if err != nil {
			return err
		}
		if w.overdue, err = b.base(w.over); err != nil {
			return err
		}
		if lost && o.Rule.WriteOffs {
			if err := b.writtenOff(w, day); err != nil {
				return err
			}
		}
		failed, err := b.base(w.failed)
		if err != nil {
			return err
		}
		material := func(m Money) bool { return m > o.Rule.Absolute && above(m, open, o.Rule.Relative) }
		if err := b.judge(w, day, next, material(w.overdue), material(failed)); err != nil {
			return err
		}
	}
	return nil
}

// act lets one point act and reports whether it was a write-off.
func (w *sweep) act(p *changePoint, o *Options) bool {
	d := &w.debts[p.on]
	switch p.what {
	case invoiceAppears:
		d.open += p.amount
		w.open[d.currency] += p.amount
	case invoiceFallsDue:
		d.due = true
	case invoiceGrowsOld:
		d.old = true
	case amountSettled:
		d.open -= p.amount
		w.open[d.currency] -= p.amount
		if p.amount < 0 {
			d.known = max(d.known, p.known)
		} else {
			w.settledKnown = max(w.settledKnown, p.known)
		}
		if p.loss {
			w.off[d.currency] += p.amount
		}
	case disputeOpens:
		d.disputes++
	case disputeEnds:
		d.disputes--
	}
	overdue := Money(0)
	if d.due && d.open > o.Tolerance && !(o.Rule.UndisputedOnly && d.disputes > 0) {
		overdue = d.open
	}
	failed := Money(0)
	if d.old {
		failed = overdue
	}
	w.over[d.currency] += overdue - d.overdue
	w.failed[d.currency] += failed - d.failed
	d.overdue, d.failed = overdue, failed
	return p.loss
}

// loses reports whether the day of the i-th point has a write-off.
func (w *sweep) loses(i int) bool {
	for day := w.order[i] >> 32; i < len(w.order) && w.order[i]>>32 == day; i++ {
		if w.points[uint32(w.order[i])].loss {
			return true
		}
	}
	return false
}

// days returns for how many days the customer is past due at the end of a day: the age of the debt with which, from the oldest
// on, both thresholds are passed.
func (b *builder) days(w *sweep, day asof.Date) (int, error) {
	w.oldest = w.oldest[:0]
	for i := range w.debts {
		if w.debts[i].overdue > 0 {
			w.oldest = append(w.oldest, int32(i))
		}
	}
	slices.SortFunc(w.oldest, func(x, y int32) int { return cmp.Compare(w.debts[x].dueOn, w.debts[y].dueOn) })
	open, err := b.base(w.open)
	if err != nil {
		return 0, err
	}
	sums := make([]Money, len(w.over))
	for i, at := range w.oldest {
		d := &w.debts[at]
		sums[d.currency] += d.overdue
		if i+1 < len(w.oldest) && w.debts[w.oldest[i+1]].dueOn == d.dueOn {
			continue
		}
		total, err := b.base(sums)
		if err != nil {
			return 0, err
		}
		if total > b.options.Rule.Absolute && above(total, open, b.options.Rule.Relative) {
			return day.Sub(d.dueOn), nil
		}
	}
	return 0, nil
}

// writtenOff records a default by write-off on the day.
func (b *builder) writtenOff(w *sweep, day asof.Date) error {
	lost, err := b.base(w.off)
	clear(w.off)
	if err != nil || lost <= b.options.Rule.Absolute {
		return err
	}
	w.lossTaken = true
	if w.inDefault {
		return nil
	}
	w.inDefault, w.cleaning = true, false
	return b.event("default", day, "write_off", w.before, lost, max(b.nightOf(day), w.settledKnown))
}

// judge takes the stretch of days from day until before next, all past due or all not, all failed or all not.
func (b *builder) judge(w *sweep, day, next asof.Date, pastDue, failed bool) error {
	rule := &b.options.Rule
	if pastDue {
		w.cleaning = false
		if w.inDefault || !failed {
			return nil
		}
		w.inDefault = true
		known := b.nightOf(day)
		for i := range w.debts {
			if w.debts[i].failed > 0 {
				known = max(known, w.debts[i].known)
			}
		}
		w.settledKnown = 0
		return b.event("default", day, fmt.Sprintf("past_due_%d", rule.Days), rule.Days, w.overdue, known)
	}
	if !w.inDefault || w.lossTaken {
		return nil
	}
	if !w.cleaning {
		w.cleaning, w.cleanSince = true, day
	}
	hit := w.cleanSince.Add(max(rule.ProbationDays, 1) - 1)
	if hit >= next {
		return nil
	}
	w.inDefault, w.cleaning = false, false
	return b.event("cure", hit, fmt.Sprintf("probation_%d", rule.ProbationDays), rule.ProbationDays, w.overdue, max(b.nightOf(hit), w.settledKnown))
}

func (b *builder) event(name string, on asof.Date, clause string, days int, amount Money, known int64) error {
	b.totals.Defaults++
	return b.tables.event(b.id, name, on, clause, int32(days), amount, known)
}

// nightOf is the last millisecond known to the night of an earlier date, by the cut of this one.
func (b *builder) nightOf(on asof.Date) int64 {
	return b.cut - int64(b.options.AsOf.Sub(on))*86_400_000 - 1
}

// base converts sums by currency to base currency.
func (b *builder) base(sums []Money) (Money, error) {
	var total Money
	for i, m := range sums {
		if m == 0 {
			continue
		}
		v, err := m.Times(b.rates[i])
		if err == nil {
			total, err = total.Add(v)
		}
		if err != nil {
			return 0, fmt.Errorf("past due in base currency: %w", err)
		}
	}
	return total, nil
}
