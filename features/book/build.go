package book

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/pipeline/asof"
)

// Options says which night is computed and by which rules.
type Options struct {
	Run  uint64    // number of the run, first column of every table
	AsOf asof.Date // business date: open items, defaults and states are of the end of this day
	Cut  time.Time // knowledge cut: rows with known_at at or after it do not exist

	Rule         DefaultRule
	Alternatives []Alternative      // followed beside the rule
	Rates        map[string]float64 // currency to units of base currency for one unit; nil: every amount is in base currency
	Tolerance    Money              // an invoice with no more than this open is not past due
	BatchRows    int                // rows per record handed to the sink; 0 means 65536
}

// A Sink takes the tables as records of the table's schema, in order. A nil function drops its table without building
// it. The record is released when the function returns; retain it to keep it. An error stops the build.
type Sink struct {
	Documents, Allocations, Invoices, OpenItems, DefaultEvents, AlternativeEvents, CustomerStates func(arrow.Record) error
}

// Totals is the control account of a build.
type Totals struct {
	Rows       int64 // rows known before the cut
	Late       int64 // rows that only a later night may see
	Customers  int64
	Documents  int64 // document versions
	Allocated  int64 // lines of the allocation log
	OpenItems  int64
	Defaults   int64
	Dangling   int64 // rows that supersede a transaction nobody delivered
	Currencies []CurrencyTotals
}

// CurrencyTotals foots one currency on the business date, as known before the cut.
type CurrencyTotals struct {
	Currency string

	Invoiced, Paid, Returned, Credited, WrittenOff, Refunded Money // of documents dated on or before the date

	OpenInvoices Money // open items of kind invoice
	Unapplied    Money // open items of kind unapplied: negative for credit
	LedgerOpen   Money // all open items by stated allocations only: equals their economic sum
	Overdue      Money // economic open amount past due
}

// Foots reports whether the open items are what the documents leave.
func (t CurrencyTotals) Foots() bool {
	owed := t.Invoiced - t.Paid + t.Returned - t.Credited - t.WrittenOff + t.Refunded
	return owed == t.OpenInvoices+t.Unapplied && owed == t.LedgerOpen
}

func (o Options) validate() error {
	var errs []error
	if o.AsOf.IsZero() || o.AsOf > asof.Latest {
		errs = append(errs, fmt.Errorf("as_of: want a business date, got %s", o.AsOf))
	}
	if o.Cut.IsZero() {
		errs = append(errs, errors.New("cut: want an instant"))
	}
	if o.Tolerance < 0 {
		errs = append(errs, fmt.Errorf("tolerance: want 0 or more, got %s", o.Tolerance))
	}
	for c, r := range o.Rates {
		if !(r > 0) || math.IsInf(r, 0) {
			errs = append(errs, fmt.Errorf("rates: %s: want a number above 0, got %g", c, r))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	errs = append(errs, o.Rule.validate())
	for _, a := range o.Alternatives {
		errs = append(errs, a.Rule.validate())
	}
	return errors.Join(errs...)
}

// Build reads the ledger (columns of InputSchema, sorted by customer_id, known_at, occurred_on, transaction_id) and
// writes the tables. It holds one customer at a time, and the records that customer's rows lie in. It does not release in.
func Build(in array.RecordReader, o Options, out Sink) (Totals, error) {
	if err := o.validate(); err != nil {
		return Totals{}, err
	}
	places, err := columnsOf(in.Schema())
	if err != nil {
		return Totals{}, err
	}
	b := newBuilder(o, out)
	defer b.release()
	for in.Next() {
		if err := b.read(in.Record(), places); err != nil {
			return Totals{}, err
		}
	}
	if err := in.Err(); err != nil {
		return Totals{}, fmt.Errorf("ledger: %w", err)
	}
	if err := b.finish(); err != nil {
		return Totals{}, err
	}
	return b.totals, nil
}

// A builder holds what is kept from customer to customer, most of it memory to use again.
type builder struct {
	options    Options
	cut        int64
	currencies []string
	rates      []float64
	sums       []CurrencyTotals // by currency
	totals     Totals
	tables     *tables

	customer customer
	id       string
	started  bool
	held     []arrow.Record // the records that the customer's strings lie in
	gross    Money          // sum of the customer's amounts: bounds every sum within the customer
	sweep    sweep

	raised    []disputed
	part      []CurrencyTotals // the customer's, by currency
	onTargets []settled
	onSources []settled
	lines     []settlement // of a pool, by target
}

func newBuilder(o Options, out Sink) *builder {
	b := &builder{options: o, cut: o.Cut.UnixMilli(), tables: newTables(o, out)}
	b.customer.byID = map[string]int32{}
	b.customer.numbers = map[string]int32{}
	return b
}

func (b *builder) release() {
	for _, r := range b.held {
		r.Release()
	}
	b.held = nil
}

// currency returns the index of a currency, which must have a rate.
func (b *builder) currency(name string) (int16, error) {
	for i, c := range b.currencies {
		if c == name {
			return int16(i), nil
		}
	}
	rate, ok := 1.0, true
	if b.options.Rates != nil {
		rate, ok = b.options.Rates[name]
	}
	if !ok {
		return 0, fmt.Errorf("currency %q: no rate to base currency as of %s", name, b.options.AsOf)
	}
	i := len(b.currencies)
	b.currencies = append(b.currencies, strings.Clone(name)) // outlives the record
	b.rates = append(b.rates, rate)
	b.sums = append(b.sums, CurrencyTotals{Currency: b.currencies[i]})
	return int16(i), nil
}

func (b *builder) read(r arrow.Record, places []int) error {
	batch, err := batchOf(r, places)
	if err != nil {
		return err
	}
	c := &b.customer
	held := false
	for i := range int(r.NumRows()) {
		if id := batch.customer.Value(i); !b.started || id != b.id {
			if b.started {
				if id < b.id {
					return fmt.Errorf("ledger: customer %q after %q, want rows sorted by customer_id", id, b.id)
				}
				if err := b.close(); err != nil {
					return err
				}
				held = false
			}
			b.started, b.id, b.gross = true, strings.Clone(id), 0
		}
		w, err := batch.row(i)
		if err == nil && w.known >= b.cut {
			b.totals.Late++
			continue
		}
		if err == nil {
			w.currency, err = b.currency(batch.currency.Value(i))
		}
		if err == nil {
			b.gross, err = b.gross.Add(w.amount)
		}
		if err != nil {
			return fmt.Errorf("ledger: customer %q: transaction %q: %w", b.id, batch.id.Value(i), err)
		}
		if n := len(c.rows); n > 0 && !inOrder(&c.rows[n-1], &w) {
			return fmt.Errorf("ledger: customer %q: transaction %q after %q, want rows sorted by known_at, occurred_on, transaction_id", b.id, w.id, c.rows[n-1].id)
		}
		if !held {
			r.Retain()
			b.held, held = append(b.held, r), true
		}
		c.rows = append(c.rows, w)
	}
	return nil
}

func (b *builder) finish() error {
	if b.started {
		if err := b.close(); err != nil {
			return err
		}
	}
	b.totals.Currencies = slices.Clone(b.sums)
	slices.SortFunc(b.totals.Currencies, func(x, y CurrencyTotals) int { return cmp.Compare(x.Currency, y.Currency) })
	return b.tables.flush()
}

// close writes the customer read last and forgets it.
func (b *builder) close() error {
	c := &b.customer
	if len(c.rows) > 0 {
		c.history()
		if err := b.write(); err != nil {
			return fmt.Errorf("customer %q: %w", b.id, err)
		}
	}
	c.reset()
	for _, r := range b.held {
		r.Release()
	}
	b.held = b.held[:0]
	return nil
}

// A customer is one customer's ledger and allocations as known up to the row worked on.
type customer struct {
	ledger
	pools  []pool // one per currency in use; beyond used they keep memory only
	used   int
	log    []line
	net    []netted
	old    []netted
	before []entry // of a pool, from before a correction
}

// A line is a row of the allocation log.
type line struct {
	entryKey
	currency int16
	amount   Money
	known    int64
}

// A netted is the sum of the entries of one key.
type netted struct {
	entryKey
	amount Money
}

func (c *customer) reset() {
	c.ledger.reset()
	c.used, c.log = 0, c.log[:0]
}

func (c *customer) pool(currency int16) *pool {
	for i := range c.pools[:c.used] {
		if c.pools[i].currency == currency {
			return &c.pools[i]
		}
	}
	if c.used == len(c.pools) {
		c.pools = append(c.pools, pool{})
	}
	p := &c.pools[c.used]
	c.used++
	p.currency, p.stale, p.fresh = currency, false, p.fresh[:0]
	p.reset(len(c.documents))
	return p
}

// history learns the rows in the order of knowledge and keeps the log of allocations.
func (c *customer) history() {
	for i := 0; i < len(c.rows); {
		known := c.rows[i].known
		for ; i < len(c.rows) && c.rows[i].known == known; i++ {
			c.learn(int32(i))
		}
		c.settleVersions(known, func(_ int32, before, after [2]event) {
			for k := range after {
				switch {
				case before[k] == after[k]:
				case before[k].class == noEvent && after[k].known == known:
					p := c.pool(c.versions[after[k].doc].currency)
					p.fresh = append(p.fresh, after[k])
				default:
					for _, e := range []event{before[k], after[k]} {
						if e.class != noEvent {
							c.pool(c.versions[e.doc].currency).stale = true
						}
					}
				}
			}
		})
		for k := range c.pools[:c.used] {
			c.advance(&c.pools[k], known)
		}
	}
}

// advance lets the events of one instant act, or all events anew after a correction, and logs what changed.
func (c *customer) advance(p *pool, known int64) {
	c.old = c.old[:0]
	mark := len(p.entries)
	switch {
	case p.stale:
		c.before = append(c.before[:0], p.entries...)
		p.reset(len(c.documents))
		p.fresh = p.fresh[:0]
		for i := range c.chains {
			for _, e := range c.chains[i].events {
				if e.class != noEvent && c.versions[e.doc].currency == p.currency {
					p.fresh = append(p.fresh, e)
				}
			}
		}
	case len(p.fresh) == 0:
		return
	}
	slices.SortFunc(p.fresh, compareEvents)
	for _, e := range p.fresh {
		p.work(c, e)
	}
	if p.stale { // what comes before the correction is as it was
		mark = 0
		for mark < min(len(c.before), len(p.entries)) && c.before[mark] == p.entries[mark] {
			mark++
		}
		c.old = sumByKey(c.old, c.before[mark:])
	}
	p.fresh, p.stale = p.fresh[:0], false
	c.net = sumByKey(c.net[:0], p.entries[mark:])
	first := len(c.log)
	add := func(k entryKey, amount Money) {
		if amount != 0 {
			c.log = append(c.log, line{entryKey: k, currency: p.currency, amount: amount, known: known})
		}
	}
	was, is := c.old, c.net
	for len(was) > 0 || len(is) > 0 {
		switch {
		case len(is) == 0 || (len(was) > 0 && compareKeys(was[0].entryKey, is[0].entryKey) < 0):
			add(was[0].entryKey, -was[0].amount)
			was = was[1:]
		case len(was) == 0 || compareKeys(was[0].entryKey, is[0].entryKey) > 0:
			add(is[0].entryKey, is[0].amount)
			is = is[1:]
		default:
			add(is[0].entryKey, is[0].amount-was[0].amount)
			was, is = was[1:], is[1:]
		}
	}
	slices.SortStableFunc(c.log[first:], func(a, b line) int { // what is taken back first
		return cmp.Compare(min(1, max(0, a.amount)), min(1, max(0, b.amount)))
	})
}

// sumByKey appends the sums of entries that are not zero to dst, sorted by key.
func sumByKey(dst []netted, entries []entry) []netted {
	for i := range entries {
		dst = append(dst, netted{entries[i].entryKey, entries[i].amount})
	}
	if len(dst) < 2 {
		return dst
	}
	slices.SortFunc(dst, func(a, b netted) int { return compareKeys(a.entryKey, b.entryKey) })
	kept := dst[:0]
	for i := 0; i < len(dst); {
		sum := dst[i]
		for i++; i < len(dst) && dst[i].entryKey == sum.entryKey; i++ {
			sum.amount += dst[i].amount
		}
		if sum.amount != 0 {
			kept = append(kept, sum)
		}
	}
	return kept
}
