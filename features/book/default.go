package book

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"creditwatch/pipeline/asof"
)

// A DefaultRule is the executable definition of default. A customer is past due on a day if the past due economic open
// amount at its end is above both thresholds. After Days such days in a row, the first being the day after the due
// date, the customer is in default; after ProbationDays days in a row that are not, the customer is cured.
type DefaultRule struct {
	Days           int     // consecutive days past due that make a default
	Absolute       Money   // past due must be above this, in base currency
	Relative       float64 // and above this share of the customer's open invoices
	ProbationDays  int     // consecutive days not past due that cure; 0 cures at once
	UndisputedOnly bool    // disputed invoices are not past due; they still count as open
	Reached        bool    // the relative threshold counts when it is reached, not only when it is exceeded

	// PerInvoice counts the days of each invoice by itself: the customer is in default on the first day on which what is
	// Days days past due or more is above both thresholds. Without it the days of the customer count, whichever invoices
	// are late: a buyer who always owes something for a few days too long is then in default after Days days. That
	// is the rule for loans; the rules for receivables except it as a technical default.
	PerInvoice bool

	// WriteOffs makes a write-off above Absolute on one day a default of its own (clause write_off), from which the
	// ledger knows no cure. Otherwise a write-off ends the past due like a payment.
	WriteOffs bool
}

// StandardRule is 90 days of the customer above 500 and 1 %, three months of probation, write-offs included.
var StandardRule = DefaultRule{Days: 90, Absolute: 500 * Scale, Relative: 0.01, ProbationDays: 90, WriteOffs: true}

// An Alternative is another definition of default that is followed beside the one that counts: what it would have called a default is
// kept as events of its own.
type Alternative struct {
	Name string
	Rule DefaultRule
}

// Alternatives returns the definitions kept beside a rule: the same rule at 60 days; the severe delinquency of credit
// agencies, when a tenth of what is open is more than 90 days past due; and the loss, a write-off of more than the absolute threshold.
func Alternatives(rule DefaultRule) []Alternative {
	sixty, severe, loss := rule, rule, rule
	sixty.Days, sixty.WriteOffs = 60, false
	severe.Days, severe.PerInvoice, severe.Absolute, severe.Relative, severe.Reached, severe.WriteOffs = 91, true, 0, 0.1, true, false
	loss.Days, loss.PerInvoice, loss.WriteOffs = noDays, false, true
	return []Alternative{{"past_due_60", sixty}, {"severe_90", severe}, {"loss", loss}}
}

// noDays is a number of days that nothing is ever past due.
const noDays = 1 << 20

// inRow is how many days in a row above the thresholds make a default, and delay how long after its due date an invoice
// begins to count towards them.
func (r DefaultRule) inRow() int {
	if r.PerInvoice {
		return 1
	}
	return r.Days
}

func (r DefaultRule) delay() asof.Date {
	if r.PerInvoice {
		return asof.Date(r.Days - 1)
	}
	return 0
}

// material reports whether an amount past due is above both thresholds.
func (r *DefaultRule) material(pastDue, open Money) bool {
	share := againstShare(pastDue, open, r.Relative)
	return pastDue > r.Absolute && (share > 0 || share == 0 && r.Reached)
}

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
	dueOn         asof.Date // 0: no due date, or not yet
	known         int64     // when the invoice, or the latest fact that reopened it, became known
	currency      int16
	disputes      int16
	due           bool
}

// A sweep walks the change points of one customer in order of date, under one rule.
type sweep struct {
	rule            *DefaultRule
	definition      string // of an alternative; "" for the rule that counts
	debts           []debt
	points          []changePoint
	order           []uint64 // date and index of the points
	late            []int32  // debts past due on the date
	open, over, off []Money  // by currency: open, past due, written off on the day

	pastDue, inDefault, cleaning bool
	lossTaken                    bool // written off: no cure
	since, cleanSince            asof.Date
	overdue                      Money // in base currency
	settledKnown                 int64 // newest fact that settled something since the default
}

func (w *sweep) point(on asof.Date, p changePoint) {
	w.order = append(w.order, uint64(on)<<32|uint64(len(w.points)))
	w.points = append(w.points, p)
}

// defaults sweeps the customer's past due amount and writes its defaults and cures, and its state on the date.
func (b *builder) defaults() error {
	w := &b.sweep
	if b.tables.alternatives.wanted() {
		for i := range b.options.Alternatives {
			if err := b.walkUnder(w, &b.options.Alternatives[i].Rule, b.options.Alternatives[i].Name); err != nil {
				return err
			}
		}
	}
	if err := b.walkUnder(w, &b.options.Rule, ""); err != nil {
		return err
	}
	if w.rule.PerInvoice {
		days, overdue, err := b.oldestMaterial(w)
		if err != nil {
			return err
		}
		return b.tables.state(b.id, days, overdue, w.inDefault)
	}
	days := int32(0)
	if w.pastDue {
		days = int32(b.options.AsOf.Sub(w.since) + 1)
	}
	return b.tables.state(b.id, days, w.overdue, w.inDefault)
}

// walkUnder sweeps under a rule.
func (b *builder) walkUnder(w *sweep, rule *DefaultRule, definition string) error {
	*w = sweep{rule: rule, definition: definition, debts: w.debts[:0], points: w.points[:0], order: w.order[:0], late: w.late[:0], open: w.open[:0], over: w.over[:0], off: w.off[:0]}
	b.changes(w)
	return b.walk(w)
}

// oldestMaterial returns the most days for which an amount above both thresholds is past due on the date, and all that is
// past due: the counter of the rule that counts invoices.
func (b *builder) oldestMaterial(w *sweep) (days int32, overdue Money, err error) {
	o := &b.options
	open, err := b.base(w.open)
	if err != nil {
		return 0, 0, err
	}
	late := w.late[:0]
	for i := range w.debts {
		if d := &w.debts[i]; d.dueOn != 0 && d.open > o.Tolerance && !(w.rule.UndisputedOnly && d.disputes > 0) {
			late = append(late, int32(i))
		}
	}
	w.late = late
	slices.SortFunc(late, func(x, y int32) int {
		return cmp.Or(cmp.Compare(w.debts[x].dueOn, w.debts[y].dueOn), cmp.Compare(x, y))
	})
	for _, i := range late {
		d := &w.debts[i]
		v, err := d.open.Times(b.rates[d.currency])
		if err == nil {
			overdue, err = overdue.Add(v)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("past due in base currency: %w", err)
		}
		if days == 0 && w.rule.material(overdue, open) {
			days = int32(o.AsOf.Sub(d.dueOn))
		}
	}
	return days, overdue, nil
}

// changes collects the change points up to the business date.
func (b *builder) changes(w *sweep) {
	c, o := &b.customer, &b.options
	for range b.currencies {
		w.open, w.over, w.off = append(w.open, 0), append(w.over, 0), append(w.off, 0)
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
				if counts := v.due + 1 + w.rule.delay(); counts <= o.AsOf {
					w.point(counts, changePoint{on: at, what: invoiceFallsDue})
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
		if lost && w.rule.WriteOffs {
			if err := b.writtenOff(w, day); err != nil {
				return err
			}
		}
		if err := b.judge(w, day, next, w.rule.material(w.overdue, open)); err != nil {
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
	if d.due && d.open > o.Tolerance && !(w.rule.UndisputedOnly && d.disputes > 0) {
		overdue = d.open
	}
	w.over[d.currency] += overdue - d.overdue
	d.overdue = overdue
	return p.loss
}

// writtenOff records a default by write-off on the day.
func (b *builder) writtenOff(w *sweep, day asof.Date) error {
	lost, err := b.base(w.off)
	clear(w.off)
	if err != nil || lost <= w.rule.Absolute {
		return err
	}
	w.lossTaken = true
	if w.inDefault {
		return nil
	}
	w.inDefault, w.cleaning = true, false
	days := 0
	if w.pastDue {
		days = day.Sub(w.since)
	}
	return b.event(w, "default", day, "write_off", days, lost, max(b.nightOf(day), w.settledKnown))
}

// judge takes the stretch of days from day until before next, all past due or all not.
func (b *builder) judge(w *sweep, day, next asof.Date, pastDue bool) error {
	rule := w.rule
	if pastDue {
		w.cleaning = false
		if !w.pastDue {
			w.pastDue, w.since = true, day
		}
		hit := w.since.Add(rule.inRow() - 1)
		if w.inDefault || hit >= next {
			return nil
		}
		w.inDefault = true
		known := b.nightOf(hit)
		for i := range w.debts {
			if w.debts[i].overdue > 0 {
				known = max(known, w.debts[i].known)
			}
		}
		w.settledKnown = 0
		return b.event(w, "default", hit, fmt.Sprintf("past_due_%d", rule.Days), rule.Days, w.overdue, known)
	}
	w.pastDue = false
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
	return b.event(w, "cure", hit, fmt.Sprintf("probation_%d", rule.ProbationDays), rule.ProbationDays, w.overdue, max(b.nightOf(hit), w.settledKnown))
}

func (b *builder) event(w *sweep, name string, on asof.Date, clause string, days int, amount Money, known int64) error {
	if w.definition == "" {
		b.totals.Defaults++
	}
	return b.tables.event(b.id, w.definition, name, on, clause, int32(days), amount, known)
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
