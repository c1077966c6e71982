package book

import (
	"cmp"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/pipeline/asof"
)

// A kind is the kind of a ledger row.
type kind uint8

const (
	order kind = iota
	invoice
	payment
	creditNote
	refund
	dispute
	disputeClosed
	writeOff
	recovery
)

var kindNames = [...]string{"order", "invoice", "payment", "credit_note", "refund", "dispute", "dispute_closed", "write_off", "recovery"}

func kindOf(s string) (kind, bool) {
	for k, name := range kindNames {
		if s == name {
			return kind(k), true
		}
	}
	return 0, false
}

// credit reports whether k lowers what the customer owes.
func (k kind) credit() bool { return k == payment || k == creditNote || k == writeOff }

const (
	cancelled = "cancelled"
	returned  = "returned"
)

// A row is one row of the ledger. Its strings lie in the record it was read from.
type row struct {
	id, document, appliesTo, supersedes, status string

	known    int64 // milliseconds since 1970 UTC
	amount   Money
	occurred asof.Date
	due      asof.Date
	node     int32 // of its transaction_id
	earlier  int32 // the row of the same document known before this one, or none
	currency int16 // index into builder.currencies
	kind     kind
	hasDue   bool
}

const none = -1 // no row, chain, node, target or source

// A days column is Arrow's date32, or uint16 as which ClickHouse may write its Date.
type daysColumn interface {
	arrow.Array
	day(i int) asof.Date
}

type date32Column struct{ *array.Date32 }
type uint16Column struct{ *array.Uint16 }

func (c date32Column) day(i int) asof.Date { return asof.Date(c.Value(i)) }
func (c uint16Column) day(i int) asof.Date { return asof.Date(c.Value(i)) }

// ledgerBatch is a record's columns by name.
type ledgerBatch struct {
	customer, id, kind, currency, document, appliesTo, supersedes, status *array.String

	occurred, due daysColumn
	amount        *array.Decimal128
	known         *array.Timestamp
	perMilli      int64 // known_at's units per millisecond
	milliPer      int64 // milliseconds per known_at's unit
}

// columnsOf checks the schema of the ledger once and returns the places of InputSchema's columns.
func columnsOf(s *arrow.Schema) ([]int, error) {
	places := make([]int, len(InputSchema.Fields()))
	for i, want := range InputSchema.Fields() {
		at := s.FieldIndices(want.Name)
		if len(at) != 1 {
			return nil, fmt.Errorf("ledger column %s: found %d times, want once", want.Name, len(at))
		}
		got := s.Field(at[0]).Type
		ok := arrow.TypeEqual(got, want.Type)
		switch want.Type.ID() {
		case arrow.DATE32:
			ok = ok || got.ID() == arrow.UINT16
		case arrow.TIMESTAMP:
			ok = got.ID() == arrow.TIMESTAMP
		case arrow.DECIMAL128:
			d, is := got.(*arrow.Decimal128Type)
			ok = is && d.Scale == 4
		}
		if !ok {
			return nil, fmt.Errorf("ledger column %s: type %s, want %s", want.Name, got, want.Type)
		}
		places[i] = at[0]
	}
	return places, nil
}

func batchOf(r arrow.Record, places []int) (ledgerBatch, error) {
	for i, f := range InputSchema.Fields() {
		if c := r.Column(places[i]); !f.Nullable && c.NullN() > 0 {
			return ledgerBatch{}, fmt.Errorf("ledger column %s: %d nulls, want none", f.Name, c.NullN())
		}
	}
	str := func(i int) *array.String { return r.Column(places[i]).(*array.String) }
	days := func(i int) daysColumn {
		if c, ok := r.Column(places[i]).(*array.Uint16); ok {
			return uint16Column{c}
		}
		return date32Column{r.Column(places[i]).(*array.Date32)}
	}
	b := ledgerBatch{
		customer: str(0), id: str(1), kind: str(2), occurred: days(3), due: days(4), amount: r.Column(places[5]).(*array.Decimal128),
		currency: str(6), document: str(7), appliesTo: str(8), supersedes: str(9), status: str(10),
		known: r.Column(places[11]).(*array.Timestamp), perMilli: 1, milliPer: 1,
	}
	switch b.known.DataType().(*arrow.TimestampType).Unit {
	case arrow.Second:
		b.milliPer = 1000
	case arrow.Microsecond:
		b.perMilli = 1000
	case arrow.Nanosecond:
		b.perMilli = 1e6
	}
	return b, nil
}

// row reads row i; currency is left to the caller.
func (b *ledgerBatch) row(i int) (row, error) {
	k, ok := kindOf(b.kind.Value(i))
	if !ok {
		return row{}, fmt.Errorf("kind %q: want one of %q", b.kind.Value(i), kindNames)
	}
	amount, err := FromDecimal128(b.amount.Value(i))
	if err != nil {
		return row{}, err
	}
	if amount < 0 {
		return row{}, fmt.Errorf("amount %s: want 0 or more, the kind gives the sign", amount)
	}
	r := row{
		id: b.id.Value(i), document: b.document.Value(i), appliesTo: b.appliesTo.Value(i), supersedes: b.supersedes.Value(i), status: b.status.Value(i),
		known: int64(b.known.Value(i)) * b.milliPer / b.perMilli, amount: amount, occurred: b.occurred.day(i), kind: k, earlier: none,
	}
	if b.due.IsValid(i) {
		r.due, r.hasDue = b.due.day(i), true
	}
	if r.occurred < asof.Earliest || r.occurred > asof.Latest || r.due < asof.Earliest || r.due > asof.Latest {
		return row{}, fmt.Errorf("dates %s and %s: want days from %s to %s", r.occurred, r.due, asof.Earliest, asof.Latest)
	}
	return r, nil
}

// inOrder reports whether b may follow a in the ledger of one customer.
func inOrder(a, b *row) bool {
	return cmp.Or(cmp.Compare(a.known, b.known), cmp.Compare(a.occurred, b.occurred), cmp.Compare(a.id, b.id)) <= 0
}
