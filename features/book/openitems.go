package book

import (
	"cmp"
	"fmt"
	"slices"

	"creditwatch/pipeline/asof"
)

// A settled is what was allocated to a target, or from a source, by the business date.
type settled struct{ all, stated Money }

// A disputed is a dispute of an invoice: open from a day until before another, or to the end of time.
type disputed struct {
	ref, own     int32 // the invoice it is about; its own number
	opened, over asof.Date
}

const never = asof.Latest + 1

// A settlement is what a credit settled of a target on a day by a method.
type settlement struct {
	netted
	target int32
}

// settlements nets the entries of a pool up to the business date, by target, then by day.
func (b *builder) settlements(p *pool) []settlement {
	lines := b.lines[:0]
	for i := range p.entries {
		if e := &p.entries[i]; e.effective() <= b.options.AsOf {
			lines = append(lines, settlement{netted{e.entryKey, e.amount}, e.in})
		}
	}
	slices.SortFunc(lines, func(x, y settlement) int {
		return cmp.Or(cmp.Compare(x.target, y.target), cmp.Compare(x.effective(), y.effective()), compareKeys(x.entryKey, y.entryKey))
	})
	kept := lines[:0]
	for i := 0; i < len(lines); {
		sum := lines[i]
		for i++; i < len(lines) && lines[i].target == sum.target && lines[i].entryKey == sum.entryKey; i++ {
			sum.amount += lines[i].amount
		}
		if sum.amount != 0 {
			kept = append(kept, sum)
		}
	}
	b.lines = lines
	return kept
}

// invoices writes the invoices of a pool with what settled them.
func (b *builder) invoices(p *pool) error {
	if !b.tables.invoices.wanted() {
		return nil
	}
	c := &b.customer
	lines := b.settlements(p)
	for i := range p.targets {
		first := 0
		for first < len(lines) && lines[first].target == int32(i) {
			first++
		}
		own := lines[:first]
		lines = lines[first:]
		tg := &p.targets[i]
		v := &c.versions[tg.doc]
		if tg.refund || v.occurred > b.options.AsOf {
			continue
		}
		instalments := int32(1)
		if tg.key != none {
			instalments = 0
			for k := p.targetOf[tg.key]; k != none; k = p.targets[k].next {
				if other := &p.targets[k]; !other.refund && c.versions[other.doc].occurred <= b.options.AsOf {
					instalments++
				}
			}
		}
		disputed := never
		for k := range b.raised {
			if d := &b.raised[k]; tg.key != none && d.ref == tg.key && d.opened <= b.options.AsOf {
				disputed = min(disputed, d.opened)
			}
		}
		if err := b.tables.invoice(b.id, b.currencies[v.currency], c, v, instalments, v.amount-b.onTargets[i].all, disputed, own); err != nil {
			return err
		}
	}
	return nil
}

// disputes pairs the disputes with what closed them. One that closes a dispute names it by the document number they
// share or in applies_to; one that names the invoice only closes all disputes of it.
func (c *customer) disputes(dst []disputed) []disputed {
	first := len(dst)
	for i := range c.chains {
		f := c.chains[i].facts[0]
		if f == none || c.versions[f].kind != dispute {
			continue
		}
		v := &c.versions[f]
		dst = append(dst, disputed{ref: c.number(cmp.Or(v.appliesTo, v.document)), own: c.number(v.document), opened: v.occurred, over: never})
	}
	raised := dst[first:]
	if len(raised) == 0 {
		return dst
	}
	for i := range c.chains {
		f := c.chains[i].facts[0]
		if f == none || c.versions[f].kind != disputeClosed {
			continue
		}
		v := &c.versions[f]
		own, ref := c.number(v.document), c.number(v.appliesTo)
		named := false
		for k := range raised {
			named = named || (raised[k].own != none && (raised[k].own == own || raised[k].own == ref))
		}
		for k := range raised {
			d := &raised[k]
			hit := d.own != none && (d.own == own || d.own == ref)
			if !named {
				hit = d.ref != none && (d.ref == ref || d.ref == own)
			}
			if hit && v.occurred >= d.opened {
				d.over = min(d.over, v.occurred)
			}
		}
	}
	return dst
}

// openSince returns the first day of the oldest dispute of document that is open on the day, or false.
func openSince(disputes []disputed, document int32, on asof.Date) (asof.Date, bool) {
	since := never
	for i := range disputes {
		if d := &disputes[i]; document != none && d.ref == document && d.opened <= on && on < d.over {
			since = min(since, d.opened)
		}
	}
	return since, since != never
}

// write hands one customer's part of every table to the sink.
func (b *builder) write() error {
	c, t := &b.customer, b.tables
	b.totals.Customers++
	b.totals.Rows += int64(len(c.rows))
	b.totals.Documents += int64(len(c.versions))
	b.totals.Allocated += int64(len(c.log))
	for i := range c.nodes {
		if c.nodes[i].last == none {
			b.totals.Dangling++
		}
	}
	for i := range c.versions {
		if err := t.document(b.id, b.currencies, &c.versions[i]); err != nil {
			return err
		}
	}
	if len(c.log) > 0 && t.allocations.wanted() {
		for i := range c.log {
			l := &c.log[i]
			invoice := ""
			if k := l.invoice(); k != none {
				invoice = c.documents[k]
			}
			if err := t.allocation(b.id, b.currencies[l.currency], invoice, c.nodes[l.source()].id, l); err != nil {
				return err
			}
		}
	}
	b.raised = c.disputes(b.raised[:0])
	if err := b.openItems(); err != nil {
		return err
	}
	return b.defaults()
}

// openItems writes what is open on the business date and foots it against the documents.
func (b *builder) openItems() error {
	c, asOf := &b.customer, b.options.AsOf
	b.part = append(b.part[:0], make([]CurrencyTotals, len(b.currencies))...)
	for i := range c.chains {
		for _, f := range c.chains[i].facts {
			if f == none || c.versions[f].occurred > asOf {
				continue
			}
			v := &c.versions[f]
			sum := &b.part[v.currency]
			switch {
			case v.kind == invoice:
				sum.Invoiced += v.amount
			case v.kind == payment && v.amount < 0:
				sum.Returned -= v.amount
			case v.kind == payment:
				sum.Paid += v.amount
			case v.kind == creditNote:
				sum.Credited += v.amount
			case v.kind == writeOff:
				sum.WrittenOff += v.amount
			case v.kind == refund:
				sum.Refunded += v.amount
			}
		}
	}
	for i := range c.pools[:c.used] {
		if err := b.poolItems(&c.pools[i]); err != nil {
			return err
		}
	}
	for i := range b.part {
		if err := b.sums[i].fold(&b.part[i], b.currencies[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) poolItems(p *pool) error {
	c, o := &b.customer, &b.options
	b.onTargets = append(b.onTargets[:0], make([]settled, len(p.targets))...)
	b.onSources = append(b.onSources[:0], make([]settled, len(p.sources))...)
	for i := range p.entries {
		e := &p.entries[i]
		if e.effective() > o.AsOf {
			continue
		}
		b.onTargets[e.in].all += e.amount
		b.onSources[e.by].all += e.amount
		if e.method() == byReference {
			b.onTargets[e.in].stated += e.amount
			b.onSources[e.by].stated += e.amount
		}
	}
	for i := range p.targets {
		tg, on := &p.targets[i], b.onTargets[i]
		v := &c.versions[tg.doc]
		if v.occurred > o.AsOf {
			continue
		}
		it := item{version: v, amount: v.amount, open: v.amount - on.all, ledgerOpen: v.amount - on.stated, unapplied: tg.refund}
		if it.open < 0 || it.open > v.amount || it.ledgerOpen < it.open {
			return fmt.Errorf("invoice %q: open amount %s, by stated allocations %s, of %s: allocation is broken", v.document, it.open, it.ledgerOpen, v.amount)
		}
		if !tg.refund {
			it.disputedOn, it.disputed = openSince(b.raised, tg.key, o.AsOf)
		}
		if err := b.item(&it); err != nil {
			return err
		}
	}
	if err := b.invoices(p); err != nil {
		return err
	}
	for i := range p.sources {
		s, on := &p.sources[i], b.onSources[i]
		v := &c.versions[s.doc]
		value := v.amount
		if back := c.chains[s.chain].events[1]; v.occurred > o.AsOf || (back.class == returnEvent && back.occurred <= o.AsOf) {
			value = 0
		}
		it := item{version: v, amount: -v.amount, open: on.all - value, ledgerOpen: on.stated - value, unapplied: true}
		if it.open > 0 || it.ledgerOpen > it.open {
			return fmt.Errorf("%s %q: %s allocated of %s: allocation is broken", kindNames[v.kind], v.id, on.all, value)
		}
		if err := b.item(&it); err != nil {
			return err
		}
	}
	return nil
}

// An item is an open item before its days and bucket are found.
type item struct {
	*version
	amount, open, ledgerOpen Money
	disputedOn               asof.Date
	unapplied, disputed      bool
}

func (b *builder) item(it *item) error {
	if it.open == 0 && it.ledgerOpen == 0 {
		return nil
	}
	sum := &b.part[it.currency]
	sum.LedgerOpen += it.ledgerOpen
	days, ledgerDays := int32(0), int32(0)
	bucket := "unapplied"
	if it.unapplied {
		sum.Unapplied += it.open
	} else {
		sum.OpenInvoices += it.open
		bucket = "no_due_date"
		if it.hasDue {
			late := int32(max(0, b.options.AsOf.Sub(it.due)))
			if it.open > b.options.Tolerance {
				days = late
			}
			if it.ledgerOpen > b.options.Tolerance {
				ledgerDays = late
			}
			bucket = Bucket(int(days))
			if days > 0 {
				sum.Overdue += it.open
			}
		}
	}
	base, err := it.open.Times(b.rates[it.currency])
	if err != nil {
		return err
	}
	b.totals.OpenItems++
	return b.tables.openItem(b.id, b.currencies[it.currency], it, !it.unapplied && it.hasDue, days, ledgerDays, bucket, base)
}

// Bucket names the ageing bucket of an invoice that is so many days past due.
func Bucket(days int) string {
	switch {
	case days <= 0:
		return "not_due"
	case days <= 30:
		return "1-30"
	case days <= 60:
		return "31-60"
	case days <= 90:
		return "61-90"
	case days <= 120:
		return "91-120"
	case days <= 180:
		return "121-180"
	case days <= 365:
		return "181-365"
	}
	return ">365"
}

// fold adds a customer's part to the sums of a currency, and holds it to the documents.
func (t *CurrencyTotals) fold(part *CurrencyTotals, currency string) error {
	if !part.Foots() {
		return fmt.Errorf("currency %s: open items %s, by stated allocations %s, do not foot to the documents", currency, part.OpenInvoices+part.Unapplied, part.LedgerOpen)
	}
	for _, f := range []struct {
		sum  *Money
		more Money
	}{
		{&t.Invoiced, part.Invoiced},
		{&t.Paid, part.Paid},
		{&t.Returned, part.Returned},
		{&t.Credited, part.Credited},
		{&t.WrittenOff, part.WrittenOff},
		{&t.Refunded, part.Refunded},
		{&t.OpenInvoices, part.OpenInvoices},
		{&t.Unapplied, part.Unapplied},
		{&t.LedgerOpen, part.LedgerOpen},
		{&t.Overdue, part.Overdue},
	} {
		if f.more == 0 {
			continue
		}
		sum, err := f.sum.Add(f.more)
		if err != nil {
			return fmt.Errorf("total of %s: %w", currency, err)
		}
		*f.sum = sum
	}
	return nil
}
