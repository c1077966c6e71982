package warehouse_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	osexec "os/exec"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/engine"
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
	over := map[string]func(t *testing.T) *warehouse.DB{
		"embedded": func(t *testing.T) *warehouse.DB { return warehousetest.Open(t) },
		"http":     func(t *testing.T) *warehouse.DB { return atServer(t, "http") },
		"native":   func(t *testing.T) *warehouse.DB { return atServer(t, "clickhouse") },
	}
	for name, open := range over {
		t.Run(name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			db := open(t)
			exec(t, db, everyTable)
			for range 2 { // with a token: once
				in := everyReader(t, mem)
				defer in.Release()
				if err := db.Insert(context.Background(), "every", "token", in); err != nil {
					t.Fatal(err)
				}
			}
			out, err := db.Query(context.Background(), "SELECT * FROM every WHERE id <= {max:UInt64} ORDER BY id", map[string]any{"max": uint64(3)})
			if err != nil {
				t.Fatal(err)
			}
			defer out.Release()
			for i, f := range out.Schema().Fields() {
				if !arrow.TypeEqual(f.Type, every[i].Type) {
					t.Errorf("%s comes back as %s, went in as %s", f.Name, f.Type, every[i].Type)
				}
			}
			in := everyReader(t, mem)
			defer in.Release()
			if diff := cmp.Diff(cells(t, in), cells(t, out)); diff != "" {
				t.Errorf("-in +out:\n%s", diff)
			}
		})
	}
}

func cells(t *testing.T, rows array.RecordReader) []string {
	t.Helper()
	var all []string
	for rows.Next() {
		rec := rows.Record()
		for i, f := range rec.Schema().Fields() {
			for row := range int(rec.NumRows()) {
				all = append(all, f.Name+"="+rec.Column(i).ValueStr(row))
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// atServer opens a warehouse on a server: an engine that is not ours to run, with both its ports open.
func atServer(t *testing.T, scheme string) *warehouse.DB {
	t.Helper()
	library, err := engine.Locate(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ports := map[string]int{}
	for _, s := range []string{"http", "clickhouse"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports[s] = l.Addr().(*net.TCPAddr).Port
		l.Close()
	}
	cmd := osexec.Command(os.Args[0], "engine", library, "--path="+t.TempDir(), "--listen_host=127.0.0.1",
		fmt.Sprintf("--http_port=%d", ports["http"]), fmt.Sprintf("--tcp_port=%d", ports["clickhouse"]), "--query",
		"SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; SELECT sleepEachRow(3) FROM system.numbers SETTINGS max_block_size = 1, max_threads = 1 FORMAT Null")
	cmd.Env = append(os.Environ(), "CREDITWATCH_ENGINE_CHILD=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	db, err := warehouse.Open(context.Background(), warehouse.Options{Address: fmt.Sprintf("%s://127.0.0.1:%d/risk", scheme, ports[scheme]), User: "default"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestNativeServer(t *testing.T) {
	db := atServer(t, "clickhouse")
	exec(t, db, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 1000")
	broken := errors.New("half a row")
	if err := db.Insert(context.Background(), "t", "a", &numbers{batches: 10, rows: 20_000, fails: broken}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
	if n := count(t, db, "t"); n != 0 {
		t.Errorf("%d rows of a broken reader are stored", n)
	}
	for range 2 {
		if err := db.Insert(context.Background(), "t", "b", &numbers{batches: 10, rows: 20_000}); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, db, "t"); n != 200_000 {
		t.Errorf("%d rows, want 200000", n)
	}
	for range 2 {
		if err := db.Migrate(context.Background(), files(schema)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := warehouse.NewProxy(db, nil); err == nil {
		t.Error("a proxy in front of a server without a read-only user")
	}
	names, err := warehouse.Select[string](context.Background(), db, "SELECT {s:String}", map[string]any{"s": `a' OR 1=1 --\` + "\t"})
	if err != nil || names[0] != `a' OR 1=1 --\`+"\t" {
		t.Errorf("got %q, %v", names, err)
	}
}
