package warehouse_test

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

func exec(t testing.TB, db *warehouse.DB, sql string) {
	t.Helper()
	if err := db.Exec(context.Background(), sql, nil); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// every is one column of each kind the schema uses.
var every = []arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "lc", Type: arrow.BinaryTypes.String},
	{Name: "d", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	{Name: "d32", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}, Nullable: true},
	{Name: "money", Type: &arrow.Decimal128Type{Precision: 18, Scale: 4}, Nullable: true},
	{Name: "u32", Type: arrow.PrimitiveTypes.Uint32, Nullable: true},
	{Name: "u8", Type: arrow.PrimitiveTypes.Uint8, Nullable: true},
	{Name: "i32", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "i64", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "b", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	{Name: "names", Type: arrow.ListOfNonNullable(arrow.BinaryTypes.String)},
	{Name: "kv", Type: stringMap()},
}

func stringMap() *arrow.MapType {
	m := arrow.MapOf(arrow.BinaryTypes.String, arrow.BinaryTypes.String)
	m.SetItemNullable(false)
	return m
}

const everyTable = `CREATE TABLE every (
	id UInt64, s Nullable(String), lc LowCardinality(String), d Nullable(Date), d32 Nullable(Date32),
	at Nullable(DateTime64(3, 'UTC')), money Nullable(Decimal(18, 4)), u32 Nullable(UInt32), u8 Nullable(UInt8),
	i32 Nullable(Int32), i64 Nullable(Int64), f Nullable(Float64), b Nullable(Bool),
	names Array(String), kv Map(String, String)
) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 10000`

const everyRows = `[
	{"id": 1, "s": "张三 </script>", "lc": "CN", "d": "2149-06-06", "d32": "1960-01-01", "at": "2026-03-31 23:59:59.999",
	 "money": "-12345678901234.5678", "u32": 4294967295, "u8": 255, "i32": -2147483648, "i64": -9223372036854775808,
	 "f": 0.1, "b": true, "names": ["a", ""], "kv": [{"key": "k", "value": "v"}]},
	{"id": 2, "s": null, "lc": "", "d": null, "d32": null, "at": null, "money": null, "u32": null, "u8": null, "i32": null,
	 "i64": null, "f": null, "b": null, "names": [], "kv": []},
	{"id": 3, "s": "", "lc": "x", "d": "1970-01-01", "d32": "2299-12-31", "at": "1970-01-01 00:00:00.000", "money": "0.0000",
	 "u32": 0, "u8": 0, "i32": 0, "i64": 0, "f": -0.0, "b": false, "names": ["'; DROP TABLE x; --"], "kv": []}
]`

func everyReader(t testing.TB, mem memory.Allocator) array.RecordReader {
	t.Helper()
	schema := arrow.NewSchema(every, nil)
	rec, _, err := array.RecordFromJSON(mem, schema, strings.NewReader(everyRows))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	rows, err := array.NewRecordReader(schema, []arrow.Record{rec})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestArrowGoesInAndComesOut(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	db := warehousetest.Open(t)
	ctx := context.Background()
	exec(t, db, everyTable)

	in := everyReader(t, mem)
	defer in.Release()
	if err := db.Insert(ctx, "every", "", in); err != nil {
		t.Fatal(err)
	}
	out, err := db.Query(ctx, "SELECT * FROM every ORDER BY id", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	var got []string
	for out.Next() {
		rec := out.Record()
		for i, f := range rec.Schema().Fields() {
			if !arrow.TypeEqual(f.Type, every[i].Type) {
				t.Errorf("%s comes back as %s, went in as %s", f.Name, f.Type, every[i].Type)
			}
			for row := range int(rec.NumRows()) {
				got = append(got, f.Name+"="+rec.Column(i).ValueStr(row))
			}
		}
	}
	if err := out.Err(); err != nil {
		t.Fatal(err)
	}
	in2 := everyReader(t, mem)
	defer in2.Release()
	var want []string
	for in2.Next() {
		rec := in2.Record()
		for i, f := range rec.Schema().Fields() {
			for row := range int(rec.NumRows()) {
				want = append(want, f.Name+"="+rec.Column(i).ValueStr(row))
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-in +out:\n%s", diff)
	}
}
