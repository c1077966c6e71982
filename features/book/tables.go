package book

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/pipeline/asof"
)

// A table gathers the records of one output table; its values are appended in the order of its schema.
type table struct {
	name    string
	schema  *arrow.Schema
	send    func(arrow.Record) error
	columns []column // those after run and as_of
	at      int      // next column
	rows    int
}

// tables are the seven outputs of a build.
type tables struct {
	run   uint64
	asOf  asof.Date
	batch int

	documents, allocations, invoices, items, events, alternatives, states table
}

func newTables(o Options, out Sink) *tables {
	t := &tables{run: o.Run, asOf: o.AsOf, batch: o.BatchRows}
	if t.batch <= 0 {
		t.batch = 1 << 16
	}
	for _, n := range []struct {
		table  *table
		name   string
		schema *arrow.Schema
		send   func(arrow.Record) error
	}{
		{&t.documents, "documents", DocumentsSchema, out.Documents},
		{&t.allocations, "allocations", AllocationsSchema, out.Allocations},
		{&t.invoices, "invoices", InvoicesSchema, out.Invoices},
		{&t.items, "open_items", OpenItemsSchema, out.OpenItems},
		{&t.events, "default_events", DefaultEventsSchema, out.DefaultEvents},
		{&t.alternatives, "alternative_events", AlternativeEventsSchema, out.AlternativeEvents},
		{&t.states, "customer_states", CustomerStatesSchema, out.CustomerStates},
	} {
		n.table.name, n.table.schema, n.table.send = n.name, n.schema, n.send
		for _, f := range n.schema.Fields()[2:] {
			n.table.columns = append(n.table.columns, newColumn(f, 0, 0))
		}
	}
	return t
}

func (t *tables) all() []*table {
	return []*table{&t.documents, &t.allocations, &t.invoices, &t.items, &t.events, &t.alternatives, &t.states}
}

// flush sends what has not been sent.
func (t *tables) flush() error {
	for _, n := range t.all() {
		if err := t.flushTable(n); err != nil {
			return err
		}
	}
	return nil
}

func (t *tables) flushTable(n *table) error {
	if n.rows == 0 {
		return nil
	}
	runs, days := make([]uint64, n.rows), make([]arrow.Date32, n.rows)
	for i := range n.rows {
		runs[i], days[i] = t.run, arrow.Date32(t.asOf)
	}
	asOf := column{field: n.schema.Field(1), days: days}
	run := array.NewData(n.schema.Field(0).Type, n.rows, []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Uint64Traits.CastToBytes(runs))}, nil, 0, 0)
	defer run.Release()
	values := []arrow.Array{array.MakeFromData(run), asOf.array(n.rows)}
	for i := range n.columns {
		c := &n.columns[i]
		values = append(values, c.array(n.rows))
		n.columns[i] = newColumn(c.field, n.rows, c.textBytes())
	}
	r := array.NewRecord(n.schema, values, int64(n.rows))
	defer r.Release()
	for _, v := range values {
		v.Release()
	}
	n.rows = 0
	if err := n.send(r); err != nil {
		return fmt.Errorf("%s: %w", n.name, err)
	}
	return nil
}

// textBytes is how much text the column holds.
func (c *column) textBytes() int {
	if c.item != nil {
		return len(c.item.text)
	}
	return len(c.text)
}

func (n *table) wanted() bool { return n.send != nil }

// end ends a row.
func (t *tables) end(n *table) error {
	n.at = 0
	if n.rows++; n.rows < t.batch {
		return nil
	}
	return t.flushTable(n)
}

func (n *table) next() *column {
	c := &n.columns[n.at]
	n.at++
	if c.field.Nullable {
		c.valid = append(c.valid, true)
	}
	return c
}

func (n *table) text(s string) { n.next().add(s) }

// add appends a string.
func (c *column) add(s string) {
	c.text = append(c.text, s...)
	c.offsets = append(c.offsets, int32(len(c.text)))
}

// list begins a list of so many values and returns where they are appended.
func (n *table) list(values int) *column {
	c := n.next()
	c.offsets = append(c.offsets, c.offsets[len(c.offsets)-1]+int32(values))
	return c.item
}

func (n *table) date(d asof.Date) { c := n.next(); c.days = append(c.days, arrow.Date32(d)) }
func (n *table) money(m Money)    { c := n.next(); c.amounts = append(c.amounts, m.Decimal128()) }
func (n *table) number(v int32)   { c := n.next(); c.numbers = append(c.numbers, v) }
func (n *table) truth(v bool)     { c := n.next(); c.flags = append(c.flags, v) }
func (n *table) instant(ms int64) { c := n.next(); c.stamps = append(c.stamps, arrow.Timestamp(ms)) }

func (n *table) noDate()    { n.date(0); n.null() }
func (n *table) noNumber()  { n.number(0); n.null() }
func (n *table) noInstant() { n.instant(0); n.null() }

// null makes the value appended last a null.
func (n *table) null() {
	c := &n.columns[n.at-1]
	c.valid[len(c.valid)-1] = false
}

func (t *tables) document(customer string, currencies []string, v *version) error {
	n := &t.documents
	if !n.wanted() {
		return nil
	}
	n.text(customer)
	n.text(v.document)
	n.text(v.id)
	n.text(kindNames[v.kind])
	n.date(v.occurred)
	if v.hasDue {
		n.date(v.due)
	} else {
		n.noDate()
	}
	n.money(v.amount)
	n.text(currencies[v.currency])
	n.text(v.appliesTo)
	n.text(v.status)
	n.instant(v.from)
	if v.to != openEnd {
		n.instant(v.to)
	} else {
		n.noInstant()
	}
	return t.end(n)
}

func (t *tables) allocation(customer, currency, invoice, source string, l *line) error {
	n := &t.allocations
	n.text(customer)
	n.text(invoice)
	n.text(source)
	n.text(kindNames[l.kind()])
	n.text(currency)
	n.money(l.amount)
	n.text(methodNames[l.method()])
	n.date(l.effective())
	n.instant(l.known)
	return t.end(n)
}

// invoice writes an invoice; disputed is the day of its first dispute, never if there was none.
func (t *tables) invoice(customer, currency string, c *customer, v *version, instalments int32, open Money, disputed asof.Date, lines []settlement) error {
	n := &t.invoices
	n.text(customer)
	n.text(v.document)
	n.text(v.id)
	n.number(instalments)
	n.date(v.occurred)
	if v.hasDue {
		n.date(v.due)
	} else {
		n.noDate()
	}
	n.money(v.amount)
	n.money(open)
	n.text(currency)
	if disputed != never {
		n.date(disputed)
	} else {
		n.noDate()
	}
	days, amounts, by, kinds, methods := n.list(len(lines)), n.list(len(lines)), n.list(len(lines)), n.list(len(lines)), n.list(len(lines))
	for _, l := range lines {
		days.days = append(days.days, arrow.Date32(l.effective()))
		amounts.amounts = append(amounts.amounts, l.amount.Decimal128())
		by.add(c.nodes[l.source()].id)
		kinds.add(kindNames[l.kind()])
		methods.add(methodNames[l.method()])
	}
	return t.end(n)
}

func (t *tables) openItem(customer, currency string, it *item, hasDue bool, days, ledgerDays int32, bucket string, base Money) error {
	n := &t.items
	if !n.wanted() {
		return nil
	}
	n.text(customer)
	n.text(it.document)
	if it.unapplied {
		n.text("unapplied")
	} else {
		n.text("invoice")
	}
	n.date(it.occurred)
	if hasDue {
		n.date(it.due)
	} else {
		n.noDate()
	}
	n.money(it.amount)
	n.money(it.open)
	n.money(it.ledgerOpen)
	n.text(currency)
	if hasDue {
		n.number(days)
		n.number(ledgerDays)
	} else {
		n.noNumber()
		n.noNumber()
	}
	n.text(bucket)
	n.truth(it.disputed)
	if it.disputed {
		n.date(it.disputedOn)
	} else {
		n.noDate()
	}
	n.money(base)
	return t.end(n)
}

// event is one of the definition named; "" is that of default.
func (t *tables) event(customer, definition, event string, on asof.Date, clause string, days int32, amount Money, known int64) error {
	n := &t.events
	if definition != "" {
		n = &t.alternatives
	}
	if !n.wanted() {
		return nil
	}
	n.text(customer)
	if definition != "" {
		n.text(definition)
	}
	n.text(event)
	n.date(on)
	n.text(clause)
	n.number(days)
	n.money(amount)
	n.instant(known)
	return t.end(n)
}

func (t *tables) state(customer string, days int32, overdue Money, inDefault bool) error {
	n := &t.states
	if !n.wanted() {
		return nil
	}
	n.text(customer)
	n.number(days)
	n.money(overdue)
	n.truth(inDefault)
	return t.end(n)
}
