package book

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"creditwatch/pipeline/asof"
)

// A txn is a ledger row as tests write it: customer, id, kind, days of 2025 (1 = 1 January), amount in whole units.
type txn struct {
	customer, id, kind    string
	on, due               int // due 0: none
	amount                Money
	currency              string // EUR if empty
	doc, ref, sup, status string
	known                 int // the day whose end it became known; 0: on
}

const hour = 3_600_000

func day(n int) asof.Date { return asof.On(2025, 1, n) }

// knownAt is 18:00 of a day of 2025.
func knownAt(n int) int64 { return day(n).Time().UnixMilli() + 18*hour }

func (x txn) withDefaults() txn {
	if x.customer == "" {
		x.customer = "C"
	}
	if x.currency == "" {
		x.currency = "EUR"
	}
	if x.known == 0 {
		x.known = x.on
	}
	if x.doc == "" {
		x.doc = x.id
	}
	return x
}

// ledgerOf sorts rows as the warehouse does and cuts them into records of a few rows.
func ledgerOf(mem memory.Allocator, rows []txn, perRecord int) array.RecordReader {
	sorted := make([]txn, len(rows))
	for i, x := range rows {
		sorted[i] = x.withDefaults()
	}
	slices.SortStableFunc(sorted, compareTxns)
	b := array.NewRecordBuilder(mem, InputSchema)
	defer b.Release()
	var records []arrow.Record
	for i, x := range sorted {
		for f, s := range map[int]string{0: x.customer, 1: x.id, 2: x.kind, 6: x.currency, 7: x.doc, 8: x.ref, 9: x.sup, 10: x.status} {
			b.Field(f).(*array.StringBuilder).Append(s)
		}
		b.Field(3).(*array.Date32Builder).Append(arrow.Date32(day(x.on)))
		if x.due == 0 {
			b.Field(4).AppendNull()
		} else {
			b.Field(4).(*array.Date32Builder).Append(arrow.Date32(day(x.due)))
		}
		b.Field(5).(*array.Decimal128Builder).Append(x.amount.Decimal128())
		b.Field(11).(*array.TimestampBuilder).Append(arrow.Timestamp(knownAt(x.known)))
		if (i+1)%perRecord == 0 || i == len(sorted)-1 {
			records = append(records, b.NewRecord())
		}
	}
	r, err := array.NewRecordReader(InputSchema, records)
	if err != nil {
		panic(err)
	}
	for _, rec := range records {
		rec.Release()
	}
	return r
}

func compareTxns(a, b txn) int {
	return slices.Compare([]string{a.customer, fmt.Sprintf("%06d%06d", a.known, a.on), a.id}, []string{b.customer, fmt.Sprintf("%06d%06d", b.known, b.on), b.id})
}

// output is the seven tables as text, a line per row: values by | without run and as_of.
type output struct {
	documents, allocations, invoices, items, events, alternatives, states []string
	totals                                                                Totals
}

func collect(dst *[]string) func(arrow.Record) error {
	return func(r arrow.Record) error {
		for k, c := range r.Columns() {
			nulls := 0
			for i := range c.Len() {
				if c.IsNull(i) {
					nulls++
				}
			}
			if c.NullN() != nulls {
				return fmt.Errorf("%s says %d nulls and has %d", r.ColumnName(k), c.NullN(), nulls)
			}
		}
		for i := range int(r.NumRows()) {
			var cells []string
			for k := 2; k < int(r.NumCols()); k++ {
				cells = append(cells, cell(r.Column(k), i))
			}
			*dst = append(*dst, strings.Join(cells, "|"))
		}
		return nil
	}
}

func cell(c arrow.Array, i int) string {
	if c.IsNull(i) {
		return "-"
	}
	switch c := c.(type) {
	case *array.Date32:
		return fmt.Sprint(int(asof.Date(c.Value(i)).Sub(day(0))))
	case *array.Timestamp:
		ms := int64(c.Value(i))
		n := asof.Date(ms / 86_400_000).Sub(day(0))
		if ms == knownAt(n) {
			return fmt.Sprint("k", n)
		}
		return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
	case *array.List:
		from, to := c.ValueOffsets(i)
		var values []string
		for k := from; k < to; k++ {
			values = append(values, cell(c.ListValues(), int(k)))
		}
		return strings.Join(values, ",")
	case *array.Decimal128:
		m, err := FromDecimal128(c.Value(i))
		if err != nil {
			panic(err)
		}
		return strings.TrimSuffix(m.String(), ".00")
	}
	return c.ValueStr(i)
}

// night is the options of a day of 2025 with its cut at the end of the day.
func night(n int) Options {
	return Options{Run: 7, AsOf: day(n), Cut: day(n).Cut(time.UTC), Rule: StandardRule, BatchRows: 3}
}

func build(t testing.TB, rows []txn, o Options) output {
	t.Helper()
	out, err := tryBuild(rows, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryBuild(rows []txn, o Options) (output, error) {
	var out output
	in := ledgerOf(memory.DefaultAllocator, rows, 3)
	defer in.Release()
	var err error
	out.totals, err = Build(in, o, Sink{
		Documents: collect(&out.documents), Allocations: collect(&out.allocations), Invoices: collect(&out.invoices), OpenItems: collect(&out.items),
		DefaultEvents: collect(&out.events), AlternativeEvents: collect(&out.alternatives), CustomerStates: collect(&out.states),
	})
	return out, err
}

func units(n int) Money { return Money(n) * Scale }

func inv(id string, on, due, amount int) txn {
	return txn{id: id, kind: "invoice", on: on, due: due, amount: units(amount)}
}

func pay(id string, on, amount int, ref string) txn {
	return txn{id: id, kind: "payment", on: on, amount: units(amount), ref: ref}
}

func diffLines(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
