package book

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Lines of items read customer|document|kind|invoiced|due|amount|open|ledger open|currency|days|ledger days|bucket|disputed|since|base.
func TestOpenItems(t *testing.T) {
	usd := func(x txn) txn { x.currency = "USD"; return x }
	for _, c := range []struct {
		name string
		rows []txn
		want []string
	}{
		{"due today is not past due", []txn{inv("I1", 1, 100, 10)}, []string{"C|I1|invoice|1|100|10|10|10|EUR|0|0|not_due|false|-|10"}},
		{"a day past due", []txn{inv("I1", 1, 99, 10)}, []string{"C|I1|invoice|1|99|10|10|10|EUR|1|1|1-30|false|-|10"}},
		{"no due date", []txn{inv("I1", 1, 0, 10)}, []string{"C|I1|invoice|1|-|10|10|10|EUR|-|-|no_due_date|false|-|10"}},
		{
			"virtually paid is open in the ledger only",
			[]txn{inv("I1", 1, 90, 10), pay("P", 20, 10, "")},
			[]string{"C|I1|invoice|1|90|10|0|10|EUR|0|10|not_due|false|-|0", "C|P|unapplied|20|-|-10|0|-10|EUR|-|-|unapplied|false|-|0"},
		},
		{
			"an overpayment is unapplied",
			[]txn{inv("I1", 1, 90, 10), pay("P", 20, 15, "I1")},
			[]string{"C|P|unapplied|20|-|-15|-5|-5|EUR|-|-|unapplied|false|-|-5"},
		},
		{
			"paid after the night is open in it", // known on day 99, dated 101
			[]txn{inv("I1", 1, 90, 10), {id: "P", kind: "payment", on: 101, known: 99, amount: units(10), ref: "I1"}},
			[]string{"C|I1|invoice|1|90|10|10|10|EUR|10|10|1-30|false|-|10"},
		},
		{
			"learnt after the night is open in it",
			[]txn{inv("I1", 1, 90, 10), {id: "P", kind: "payment", on: 95, known: 101, amount: units(10), ref: "I1"}},
			[]string{"C|I1|invoice|1|90|10|10|10|EUR|10|10|1-30|false|-|10"},
		},
		{
			"within the tolerance nothing is past due",
			[]txn{inv("I1", 1, 90, 10), pay("P", 20, 9, "I1")},
			[]string{"C|I1|invoice|1|90|10|1|1|EUR|0|0|not_due|false|-|1"},
		},
		{
			"a refund nobody gave credit for is owed",
			[]txn{{id: "F", kind: "refund", on: 3, amount: units(7)}},
			[]string{"C|F|unapplied|3|-|7|7|7|EUR|-|-|unapplied|false|-|7"},
		},
		{
			"converted at the night's rate, half away from zero",
			[]txn{usd(txn{id: "I1", kind: "invoice", on: 1, amount: 5})},
			[]string{"C|I1|invoice|1|-|0.0005|0.0005|0.0005|USD|-|-|no_due_date|false|-|0.0003"},
		},
		{
			"instalments under one number are items of their own",
			[]txn{
				{id: "a", kind: "invoice", doc: "I1", on: 1, due: 90, amount: units(10)},
				{id: "b", kind: "invoice", doc: "I1", on: 1, due: 120, amount: units(10)}, pay("P", 20, 12, "I1"),
			},
			[]string{"C|I1|invoice|1|120|10|8|8|EUR|0|0|not_due|false|-|8"},
		},
		{
			"disputed since the oldest dispute that nothing closed",
			[]txn{
				inv("I1", 1, 90, 10), {id: "D1", kind: "dispute", on: 50, ref: "I1"}, {id: "D2", kind: "dispute", on: 60, ref: "I1"},
				{id: "E1", kind: "dispute_closed", on: 70, doc: "D1", ref: "I1"},
			},
			[]string{"C|I1|invoice|1|90|10|10|10|EUR|10|10|1-30|true|60|10"},
		},
		{
			"closed by the invoice's number",
			[]txn{
				inv("I1", 1, 90, 10), {id: "D1", kind: "dispute", on: 50, ref: "I1"}, {id: "D2", kind: "dispute", on: 60, ref: "I1"},
				{id: "E1", kind: "dispute_closed", on: 70, ref: "I1"},
			},
			[]string{"C|I1|invoice|1|90|10|10|10|EUR|10|10|1-30|false|-|10"},
		},
		{
			"raised and closed on one day",
			[]txn{inv("I1", 1, 90, 10), {id: "D1", kind: "dispute", on: 50, ref: "I1"}, {id: "E1", kind: "dispute_closed", on: 50, doc: "D1"}},
			[]string{"C|I1|invoice|1|90|10|10|10|EUR|10|10|1-30|false|-|10"},
		},
		{"orders and recoveries are no items", []txn{{id: "O", kind: "order", on: 3, amount: units(7)}, {id: "V", kind: "recovery", on: 3, amount: units(7)}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := night(100)
			o.Tolerance = units(1)
			o.Rates = map[string]float64{"EUR": 1, "USD": 0.5}
			diffLines(t, "open items", c.want, build(t, c.rows, o).items)
		})
	}
}

func TestBuckets(t *testing.T) {
	for days, want := range map[int]string{
		-5: "not_due", 0: "not_due", 1: "1-30", 30: "1-30", 31: "31-60", 60: "31-60", 61: "61-90", 90: "61-90", 91: "91-120", 120: "91-120",
		121: "121-180", 180: "121-180", 181: "181-365", 365: "181-365", 366: ">365",
	} {
		if got := Bucket(days); got != want {
			t.Errorf("Bucket(%d) = %s, want %s", days, got, want)
		}
	}
}

// Lines of documents read customer|document|transaction|kind|on|due|amount|currency|applies to|status|known from|known to.
func TestDocumentVersions(t *testing.T) {
	got := build(t, []txn{
		inv("I1", 1, 10, 100),
		{id: "I1b", kind: "invoice", doc: "I1", on: 1, due: 20, amount: units(90), sup: "I1", known: 5},
		{id: "I1b", kind: "invoice", doc: "I1", on: 1, due: 20, amount: units(90), sup: "I1", known: 6}, // delivered again
		{id: "X", kind: "invoice", doc: "I1", on: 7, sup: "I1b", status: "cancelled"},
		pay("P", 3, 90, "I1"),
		{id: "R", kind: "payment", on: 8, amount: units(90), sup: "P", status: "returned", known: 9},
		{id: "late", kind: "order", on: 4, amount: units(1), sup: "early", known: 4},
		{id: "early", kind: "order", on: 2, amount: units(2), known: 9}, // replaced before it arrived
	}, night(100))
	diffLines(t, "documents", []string{
		"C|I1|I1|invoice|1|10|100|EUR|||k1|k5",
		"C|P|P|payment|3|-|90|EUR|I1||k3|-",
		"C|late|late|order|4|-|1|EUR|||k4|-",
		"C|I1|I1b|invoice|1|20|90|EUR|||k5|k7",
		"C|P|R|payment|8|-|-90|EUR|I1|returned|k9|-",
	}, got.documents)
	if got.totals.Dangling != 0 || got.totals.Rows != 8 {
		t.Errorf("totals %+v", got.totals)
	}
}

func TestTotals(t *testing.T) {
	got := build(t, []txn{
		inv("I1", 1, 10, 100), pay("P", 5, 150, "I1"), {id: "N", kind: "credit_note", on: 6, amount: units(5)}, {id: "F", kind: "refund", on: 7, amount: units(20)},
		{id: "I2", kind: "invoice", on: 8, due: 9, amount: units(300)}, {id: "W", kind: "write_off", on: 9, amount: units(30), ref: "I2"},
		pay("Q", 10, 40, "I2"), {id: "R", kind: "payment", on: 12, sup: "Q", status: "returned"},
		{id: "Z", kind: "invoice", on: 13, known: 200, amount: units(1)}, {id: "Y", kind: "order", on: 13, sup: "nobody", amount: units(1)},
	}, night(100))
	want := CurrencyTotals{
		Currency: "EUR", Invoiced: units(400), Paid: units(190), Returned: units(40), Credited: units(5), WrittenOff: units(30), Refunded: units(20),
		OpenInvoices: units(235), LedgerOpen: units(235), Overdue: units(235),
	}
	if len(got.totals.Currencies) != 1 || got.totals.Currencies[0] != want {
		t.Errorf("totals %+v, want %+v", got.totals.Currencies, want)
	}
	if got.totals.Late != 1 || got.totals.Dangling != 1 || got.totals.Customers != 1 {
		t.Errorf("counts %+v", got.totals)
	}
}

func TestRefusedInput(t *testing.T) {
	raw := func(mutate func([]arrow.Field)) array.RecordReader {
		f := slices.Clone(InputSchema.Fields())
		mutate(f)
		r, err := array.NewRecordReader(arrow.NewSchema(f, nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	unsorted := func(rows ...txn) array.RecordReader { // one record per row, in the order given
		var records []arrow.Record
		for _, x := range rows {
			r := ledgerOf(memory.DefaultAllocator, []txn{x}, 1)
			r.Next()
			records = append(records, r.Record())
		}
		r, err := array.NewRecordReader(InputSchema, records)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, c := range []struct {
		name string
		in   array.RecordReader
		want string
	}{
		{"a column is missing", raw(func(f []arrow.Field) { f[5].Name = "sum" }), `ledger column amount: found 0 times, want once`},
		{"a column has another type", raw(func(f []arrow.Field) { f[5].Type = arrow.PrimitiveTypes.Float64 }), `ledger column amount: type float64, want decimal(18, 4)`},
		{"money of another scale", raw(func(f []arrow.Field) { f[5].Type = &arrow.Decimal128Type{Precision: 18, Scale: 2} }), `ledger column amount: type decimal(18, 2), want decimal(18, 4)`},
		{"customers out of order", unsorted(txn{customer: "B", id: "1", kind: "order", on: 1}, txn{customer: "A", id: "2", kind: "order", on: 1}), `ledger: customer "A" after "B", want rows sorted by customer_id`},
		{"knowledge out of order", unsorted(txn{id: "1", kind: "order", on: 2}, txn{id: "2", kind: "order", on: 1}), `ledger: customer "C": transaction "2" after "1", want rows sorted by known_at, occurred_on, transaction_id`},
		{"an unknown kind", unsorted(txn{id: "1", kind: "loan", on: 2}), `ledger: customer "C": transaction "1": kind "loan": want one of ["order" "invoice" "payment" "credit_note" "refund" "dispute" "dispute_closed" "write_off" "recovery"]`},
		{"a negative amount", unsorted(txn{id: "1", kind: "order", on: 2, amount: -1}), `ledger: customer "C": transaction "1": amount -0.0001: want 0 or more, the kind gives the sign`},
		{"a customer beyond all money", unsorted(txn{id: "1", kind: "order", on: 2, amount: MaxMoney}, txn{id: "2", kind: "order", on: 2, amount: 1}), `ledger: customer "C": transaction "2": 99999999999999.9999 + 0.0001: amount does not fit Decimal(18, 4)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Build(c.in, night(100), Sink{}); err == nil || err.Error() != c.want {
				t.Errorf("error %q\n want %q", err, c.want)
			}
		})
	}
	_, err := Build(unsorted(), Options{Tolerance: -1, Rates: map[string]float64{"USD": 0}, Rule: DefaultRule{Absolute: -1, Relative: 2, ProbationDays: -1}}, Sink{})
	for _, part := range []string{"as_of", "cut", "tolerance", "rates: USD", "rule: days", "rule: absolute", "rule: relative", "rule: probation_days"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("options: error %v does not name %s", err, part)
		}
	}
}

// ClickHouse may write its Date as uint16; instants may have another unit.
func TestOtherArrowTypesOfTheSameFacts(t *testing.T) {
	f := slices.Clone(InputSchema.Fields())
	f[3].Type, f[4].Type, f[11].Type = arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint16, &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
	schema := arrow.NewSchema(f, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i, s := range []string{"C", "I1", "invoice", "", "", "", "EUR", "I1", "", "", ""} {
		if s != "" || i > 6 {
			b.Field(i).(*array.StringBuilder).Append(s)
		}
	}
	b.Field(3).(*array.Uint16Builder).Append(uint16(day(1)))
	b.Field(4).(*array.Uint16Builder).Append(uint16(day(10)))
	b.Field(5).(*array.Decimal128Builder).Append(units(5).Decimal128())
	b.Field(11).(*array.TimestampBuilder).Append(arrow.Timestamp(knownAt(1) * 1e6))
	in, err := array.NewRecordReader(schema, []arrow.Record{b.NewRecord()})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if _, err := Build(in, night(12), Sink{Documents: collect(&got)}); err != nil {
		t.Fatal(err)
	}
	diffLines(t, "documents", []string{"C|I1|I1|invoice|1|10|5|EUR|||k1|-"}, got)
}

func TestASinkStopsTheBuild(t *testing.T) {
	full := errors.New("disk full")
	in := ledgerOf(memory.DefaultAllocator, []txn{inv("I1", 1, 10, 1)}, 1)
	_, err := Build(in, night(20), Sink{OpenItems: func(arrow.Record) error { return full }})
	if !errors.Is(err, full) || err.Error() != "open_items: disk full" {
		t.Errorf("error %v", err)
	}
}

// Every record is let go of, also when a customer's rows span several and when the build fails.
func TestInputIsReleased(t *testing.T) {
	for _, rows := range [][]txn{
		{inv("I1", 1, 10, 1), inv("I2", 2, 10, 1), inv("I3", 3, 10, 1), {customer: "D", id: "I1", kind: "invoice", on: 1}},
		{inv("I1", 1, 10, 1), inv("I2", 2, 10, 1), {id: "I3", kind: "loan", on: 3}},
	} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		in := ledgerOf(mem, rows, 1)
		_, _ = Build(in, night(20), Sink{Documents: func(arrow.Record) error { return nil }})
		in.Release()
		mem.AssertSize(t, 0)
	}
}

func TestPipeCarriesATableToItsReader(t *testing.T) {
	rows := make([]txn, 20)
	for i := range rows {
		rows[i] = inv(fmt.Sprint("I", i), 1, 10, 1)
	}
	for _, c := range []struct {
		name string
		read int // records before the reader leaves; -1: to the end
	}{{"to the end", -1}, {"the reader leaves", 2}} {
		t.Run(c.name, func(t *testing.T) {
			p := NewPipe(DocumentsSchema)
			got := make(chan int)
			go func() {
				n := 0
				for n != c.read && p.Next() {
					n++
				}
				if c.read < 0 && (p.Err() == nil || p.Err().Error() != "the end") {
					t.Errorf("error %v", p.Err())
				}
				p.Release()
				got <- n
			}()
			in := ledgerOf(memory.DefaultAllocator, rows, 4)
			_, err := Build(in, night(20), Sink{Documents: p.Send})
			p.Close(errors.New("the end"))
			n := <-got
			if c.read < 0 && (err != nil || n != 7) {
				t.Errorf("%d records, %v", n, err)
			}
			if c.read > 0 && !errors.Is(err, ErrReaderGone) {
				t.Errorf("error %v, want %v", err, ErrReaderGone)
			}
		})
	}
}

// The warehouse inserts the tables as they are.
func TestSchemasAreTheWarehouses(t *testing.T) {
	types := map[string]string{
		"UInt64": "uint64", "Date": "date32", "Nullable(Date)": "date32 null", "String": "utf8", "LowCardinality(String)": "utf8", "Decimal(18, 4)": "decimal(18, 4)",
		"Int32": "int32", "Nullable(Int32)": "int32 null", "Bool": "bool", "DateTime64(3,'UTC')": "timestamp[ms, tz=UTC]", "Nullable(DateTime64(3,'UTC'))": "timestamp[ms, tz=UTC] null",
	}
	column := regexp.MustCompile(`(?m)^    (\w+) +(\S.*?) +COMMENT`)
	for name, schema := range map[string]*arrow.Schema{
		"documents": DocumentsSchema, "allocations": AllocationsSchema, "open_items": OpenItemsSchema, "default_events": DefaultEventsSchema, "alternative_events": AlternativeEventsSchema, "customer_states": CustomerStatesSchema,
	} {
		files, err := filepath.Glob("../../pipeline/warehouse/schema/*_" + name + "_rows.sql")
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: schema files %v, %v, want one", name, files, err)
		}
		sql, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for _, m := range column.FindAllStringSubmatch(string(sql), -1) {
			want = append(want, m[1]+" "+types[m[2]])
		}
		for _, f := range schema.Fields() {
			null := ""
			if f.Nullable {
				null = " null"
			}
			got = append(got, f.Name+" "+f.Type.String()+null)
		}
		diffLines(t, name, want, got)
	}
}

// BenchmarkBuild reads customers of 100 documents: invoices, payments by reference and on account, some corrections,
// returns and disputes.
func BenchmarkBuild(b *testing.B) {
	const customers, documents = 2000, 100
	rows := make([]txn, 0, customers*documents)
	for c := range customers {
		for i := range documents {
			x := txn{customer: fmt.Sprintf("C%06d", c), id: fmt.Sprintf("T%07d", i), on: 1 + i*3, amount: units(100 + (i*37+c)%900)}
			switch {
			case i%50 == 49:
				x.kind, x.sup, x.status = "payment", fmt.Sprintf("T%07d", i-2), "returned"
			case i%40 == 39:
				x.kind, x.ref = "dispute", fmt.Sprintf("I%d", i-3)
			case i%33 == 32:
				x.kind, x.doc, x.due, x.sup = "invoice", fmt.Sprintf("I%d", i-2), x.on+30, fmt.Sprintf("T%07d", i-2)
			case i%2 == 0:
				x.kind, x.doc, x.due = "invoice", fmt.Sprintf("I%d", i), x.on+30
			default:
				x.kind = "payment"
				if i%10 != 1 {
					x.ref = fmt.Sprintf("I%d", max(0, i-5))
				}
			}
			rows = append(rows, x)
		}
	}
	in := ledgerOf(memory.DefaultAllocator, rows, 1<<14)
	var records []arrow.Record
	for in.Next() {
		in.Record().Retain()
		records = append(records, in.Record())
	}
	drop := func(arrow.Record) error { return nil }
	b.Run(fmt.Sprintf("documents=%d", documents), func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			in, err := array.NewRecordReader(InputSchema, records)
			if err != nil {
				b.Fatal(err)
			}
			o := Options{AsOf: day(300), Cut: day(300).Cut(time.UTC), Rule: StandardRule}
			totals, err := Build(in, o, Sink{Documents: drop, Allocations: drop, OpenItems: drop, DefaultEvents: drop, CustomerStates: drop})
			if err != nil || totals.Customers != customers || totals.OpenItems == 0 {
				b.Fatalf("%+v, %v", totals, err)
			}
		}
		b.ReportMetric(float64(customers)*float64(b.N)/b.Elapsed().Seconds(), "customers/s")
	})
}
