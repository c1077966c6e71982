package book

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/pipeline/asof"
)

// A table builds the records of one output table; its columns are appended in the order of its schema.
type table struct {
	name    string
	send    func(arrow.Record) error
	builder *array.RecordBuilder
	fields  []array.Builder
	at      int // next column
	rows    int
}

// tables are the five outputs of a build.
type tables struct {
	run   uint64
	asOf  asof.Date
	batch int

	documents, allocations, items, events, states table
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
		{&t.items, "open_items", OpenItemsSchema, out.OpenItems},
		{&t.events, "default_events", DefaultEventsSchema, out.DefaultEvents},
		{&t.states, "customer_states", CustomerStatesSchema, out.CustomerStates},
	} {
		n.table.name, n.table.send = n.name, n.send
		if n.send != nil {
			n.table.builder = array.NewRecordBuilder(memory.DefaultAllocator, n.schema)
			n.table.fields = n.table.builder.Fields()
		}
	}
	return t
}

func (t *tables) all() []*table {
	return []*table{&t.documents, &t.allocations, &t.items, &t.events, &t.states}
}

func (t *tables) release() {
	for _, n := range t.all() {
		if n.builder != nil {
			n.builder.Release()
		}
	}
}

// flush sends what has not been sent.
func (t *tables) flush() error {
	for _, n := range t.all() {
		if err := n.flush(); err != nil {
			return err
		}
	}
	return nil
}

func (n *table) flush() error {
	if n.rows == 0 {
		return nil
	}
	r := n.builder.NewRecord()
	defer r.Release()
	n.rows = 0
	if err := n.send(r); err != nil {
		return fmt.Errorf("%s: %w", n.name, err)
	}
	return nil
}

func (n *table) wanted() bool { return n.send != nil }

// begin starts a row with the two columns that every table has.
func (t *tables) begin(n *table) {
	n.fields[0].(*array.Uint64Builder).Append(t.run)
	n.fields[1].(*array.Date32Builder).Append(arrow.Date32(t.asOf))
	n.at = 2
}

// end ends a row.
func (t *tables) end(n *table) error {
	if n.rows++; n.rows < t.batch {
		return nil
	}
	return n.flush()
}

func (n *table) next() array.Builder {
	n.at++
	return n.fields[n.at-1]
}

func (n *table) text(s string)    { n.next().(*array.StringBuilder).Append(s) }
func (n *table) date(d asof.Date) { n.next().(*array.Date32Builder).Append(arrow.Date32(d)) }
func (n *table) money(m Money)    { n.next().(*array.Decimal128Builder).Append(m.Decimal128()) }
func (n *table) number(v int32)   { n.next().(*array.Int32Builder).Append(v) }
func (n *table) truth(v bool)     { n.next().(*array.BooleanBuilder).Append(v) }
func (n *table) instant(ms int64) { n.next().(*array.TimestampBuilder).Append(arrow.Timestamp(ms)) }
func (n *table) null()            { n.next().AppendNull() }

func (t *tables) document(customer string, currencies []string, v *version) error {
	n := &t.documents
	if !n.wanted() {
		return nil
	}
	t.begin(n)
	n.text(customer)
	n.text(v.document)
	n.text(v.id)
	n.text(kindNames[v.kind])
	n.date(v.occurred)
	if v.hasDue {
		n.date(v.due)
	} else {
		n.null()
	}
	n.money(v.amount)
	n.text(currencies[v.currency])
	n.text(v.appliesTo)
	n.text(v.status)
	n.instant(v.from)
	if v.to != openEnd {
		n.instant(v.to)
	} else {
		n.null()
	}
	return t.end(n)
}

func (t *tables) allocation(customer, currency, invoice, source string, l *line) error {
	n := &t.allocations
	t.begin(n)
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

func (t *tables) openItem(customer, currency string, it *item, hasDue bool, days, ledgerDays int32, bucket string, base Money) error {
	n := &t.items
	if !n.wanted() {
		return nil
	}
	t.begin(n)
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
		n.null()
	}
	n.money(it.amount)
	n.money(it.open)
	n.money(it.ledgerOpen)
	n.text(currency)
	if hasDue {
		n.number(days)
		n.number(ledgerDays)
	} else {
		n.null()
		n.null()
	}
	n.text(bucket)
	n.truth(it.disputed)
	if it.disputed {
		n.date(it.disputedOn)
	} else {
		n.null()
	}
	n.money(base)
	return t.end(n)
}

func (t *tables) event(customer, event string, on asof.Date, clause string, days int32, amount Money, known int64) error {
	n := &t.events
	if !n.wanted() {
		return nil
	}
	t.begin(n)
	n.text(customer)
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
	t.begin(n)
	n.text(customer)
	n.number(days)
	n.money(overdue)
	n.truth(inDefault)
	return t.end(n)
}
