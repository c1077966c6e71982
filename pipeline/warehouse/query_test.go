package warehouse_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

func TestParametersAreValuesWhateverTheyHold(t *testing.T) {
	db := warehousetest.Open(t)
	ctx := context.Background()
	for _, s := range []string{
		"", "'", "''", `\`, `\\`, `\N`, `a' OR 1=1 --\`, "'; DROP TABLE x; --", "tab\there", "line\nbreak\r\n", "NUL\x00NUL",
		"`", "{x:String}", "%00%27", "?", "<script>alert(1)</script>", "=cmd|'/C calc'!A0", "张三（集团）有限公司", "\u202eabc\u202c", "👩‍👩‍👧",
		strings.Repeat("长", 10_000), "\xff\xfe invalid", "$1 ${x}",
	} {
		got, err := warehouse.Select[string](ctx, db, "SELECT {s:String}", map[string]any{"s": s})
		if err != nil {
			t.Errorf("%.40q: %v", s, err)
		} else if got[0] != s {
			t.Errorf("%.40q comes back as %.40q", s, got[0])
		}
	}
	lists, err := warehouse.Select[[]string](ctx, db, "SELECT {l:Array(String)}", map[string]any{"l": []string{"'", `\`, "a,b]", "\n", ""}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"'", `\`, "a,b]", "\n", ""}}, lists); diff != "" {
		t.Errorf("list (-in +out):\n%s", diff)
	}
}

func TestParametersOfEveryKind(t *testing.T) {
	db := warehousetest.Open(t)
	type row struct {
		I   int64     `ch:"i"`
		U   uint64    `ch:"u"`
		F   float64   `ch:"f"`
		B   bool      `ch:"b"`
		N   uint8     `ch:"n"`
		D   asof.Date `ch:"d"`
		At  time.Time `ch:"at"`
		Nil *string   `ch:"nil"`
		M   int64     `ch:"m"`
	}
	want := row{
		I: math.MinInt64, U: math.MaxUint64, F: 0.1, B: true, N: 1, D: asof.MustParse("2026-03-31"),
		At: time.Date(2026, 3, 31, 16, 0, 0, 123e6, time.UTC), M: -12345,
	}
	shanghai := time.FixedZone("+8", 8*3600)
	got, err := warehouse.Select[row](context.Background(), db, `SELECT {i:Int64} AS i, {u:UInt64} AS u, {f:Float64} AS f, {b:Bool} AS b, {b:UInt8} AS n,
		{d:Date} AS d, {at:DateTime64(3)} AS at, {nil:Nullable(String)} AS nil, toDecimal64(-1.2345, 4) AS m`,
		map[string]any{"i": want.I, "u": want.U, "f": want.F, "b": true, "d": want.D, "at": want.At.In(shanghai), "nil": nil})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]row{want}, got); diff != "" {
		t.Errorf("-in +out:\n%s", diff)
	}
	if _, err := warehouse.Select[string](context.Background(), db, "SELECT {x:String}", map[string]any{"x": struct{}{}}); err == nil || !strings.Contains(err.Error(), "parameter x") {
		t.Errorf("a value that cannot be bound: got %v, want an error that names it", err)
	}
}

func TestSelectCollections(t *testing.T) {
	db := warehousetest.Open(t)
	type row struct {
		List []string          `ch:"list"`
		Map  map[string]string `ch:"map"`
		Text string            `ch:"text"`
		Big  string            `ch:"big"`
		Day  time.Time         `ch:"day"`
		Old  string            `ch:"old"`
		At   *time.Time        `ch:"at"`
	}
	got, err := warehouse.Select[row](context.Background(), db, `SELECT ['a', ''] AS list, map('k', 'v') AS map, toDecimal64('-0.0001', 4) AS text,
		toDecimal64('-12345678901234.5678', 4) AS big, toDate('2149-06-06') AS day, toDate32('1960-01-01') AS old, CAST(NULL AS Nullable(DateTime64(3))) AS at`, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []row{{
		List: []string{"a", ""}, Map: map[string]string{"k": "v"}, Text: "-0.0001", Big: "-12345678901234.5678",
		Day: asof.Latest.Time(), Old: "1960-01-01",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSelectSaysWhatDoesNotFit(t *testing.T) {
	db := warehousetest.Open(t)
	type one struct {
		A uint8 `ch:"a"`
	}
	for _, c := range []struct{ name, sql, want string }{
		{"null without a pointer", "SELECT CAST(NULL AS Nullable(UInt8)) AS a", "column a: is null in row 0; want a pointer field"},
		{"column without a field", "SELECT 1 AS a, 2 AS b", "column b"},
		{"field without a column", "SELECT 1 AS b", "column b"},
		{"number too big", "SELECT 300 AS a", "does not fit uint8"},
		{"another kind", "SELECT 'x' AS a", "does not fit uint8"},
	} {
		_, err := warehouse.Select[one](context.Background(), db, c.sql, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestQueryThatFailsAfterItsFirstRowsSaysSoInErr(t *testing.T) {
	db := warehousetest.Open(t)
	rows, err := db.Query(context.Background(), "SELECT throwIf(number = 5000000, 'late failure') FROM numbers(10000000) SETTINGS max_block_size = 10000, max_threads = 1", nil)
	if err != nil {
		t.Fatalf("the error came before the first row, so this shows nothing: %v", err)
	}
	defer rows.Release()
	var n int64
	for rows.Next() {
		n += rows.Record().NumRows()
	}
	if n == 0 {
		t.Fatal("no rows before the failure, so this shows nothing")
	}
	if err := rows.Err(); err == nil || !strings.Contains(err.Error(), "late failure") {
		t.Errorf("after %d rows: got %v, want the server's error", n, err)
	}
}

// A small answer that breaks off is asked for again: nobody sees half of it. The engine is reached over a door that slams.
func TestSmallAnswerThatBreaksOffIsAskedForAgain(t *testing.T) {
	dir := t.TempDir()
	warehousetest.OpenAt(t, dir)
	var engine struct {
		Port     int
		Password string
	}
	text, err := os.ReadFile(filepath.Join(dir, "engine.json"))
	if err == nil {
		err = json.Unmarshal(text, &engine)
	}
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", engine.Port)})
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("numbers(1000)")) {
			forward.ServeHTTP(w, r)
			return
		}
		if asked++; asked > 2 {
			forward.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		forward.ServeHTTP(whole, r)
		maps.Copy(w.Header(), whole.Header())
		w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
		w.Write(whole.Body.Bytes()[:whole.Body.Len()*asked/3]) //nolint:errcheck // the client may have gone
		panic(http.ErrAbortHandler)
	}))
	defer door.Close()
	db, err := warehouse.Open(t.Context(), warehouse.Options{Address: door.URL, User: "creditwatch", Password: engine.Password})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	got, err := warehouse.Select[uint64](t.Context(), db, "SELECT number FROM numbers(1000)", nil)
	if err != nil || len(got) != 1000 || asked != 3 {
		t.Errorf("%d rows, %v, asked %d times; want 1000 at the third", len(got), err, asked)
	}
}

func TestEngineKilledInMidResultIsAnErrorNotAnEnd(t *testing.T) {
	dir := t.TempDir()
	db := warehousetest.OpenAt(t, dir)
	rows, err := db.Query(context.Background(), "SELECT number FROM numbers(1000000000) SETTINGS max_block_size = 10000", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Release()
	for range 20 {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
	}
	kill9(t, enginePID(t, dir))
	for rows.Next() {
	}
	if rows.Err() == nil {
		t.Error("a result cut off by a dead engine reads as a whole one")
	}
}

func running(t *testing.T, db *warehouse.DB, marker string) uint64 {
	t.Helper()
	n, err := warehouse.Select[uint64](context.Background(), db,
		"SELECT count() FROM system.processes WHERE position(query, {m:String}) > 0 AND position(query, 'system.processes') = 0", map[string]any{"m": marker})
	if err != nil {
		t.Fatal(err)
	}
	return n[0]
}

func TestCancelEndsTheStatementOnTheServer(t *testing.T) {
	db := warehousetest.Open(t)
	exec(t, db, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x")
	const slow = "SELECT sleepEachRow(0.01), 'mark_me' FROM numbers(1000000) SETTINGS max_block_size = 10"
	for name, run := range map[string]func(ctx context.Context) error{
		"query": func(ctx context.Context) error {
			rows, err := db.Query(ctx, slow, nil)
			if err != nil {
				return err
			}
			defer rows.Release()
			for rows.Next() {
			}
			return rows.Err()
		},
		"exec": func(ctx context.Context) error {
			return db.Exec(ctx, "INSERT INTO t SELECT x FROM (SELECT sleepEachRow(0.01) AS x, 'mark_me' FROM numbers(1000000)) SETTINGS max_block_size = 10", nil)
		},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- run(ctx) }()
		eventually(t, name+" runs", func() bool { return running(t, db, "mark_me") > 0 })
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", name, err)
		}
		if n := running(t, db, "mark_me"); n != 0 {
			t.Errorf("%s: %d statements still run on the server", name, n)
		}
	}
	rows, err := db.Query(context.Background(), "SELECT number, 'mark_me' FROM numbers(1000000000000)", nil)
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	rows.Release()
	if n := running(t, db, "mark_me"); n != 0 {
		t.Errorf("released early: %d statements still run on the server", n)
	}
}

func TestInsertTokens(t *testing.T) {
	db := warehousetest.Open(t)
	ctx := context.Background()
	exec(t, db, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 1000")
	for _, c := range []struct {
		token string
		want  uint64
	}{{"1/features/0", 100}, {"1/features/0", 100}, {"2/features/0", 200}, {"1/features/0", 200}} {
		if err := db.Insert(ctx, "t", c.token, &numbers{batches: 10, rows: 10}); err != nil {
			t.Fatal(err)
		}
		if got := count(t, db, "t"); got != c.want {
			t.Errorf("after token %s: %d rows, want %d", c.token, got, c.want)
		}
	}
}

func TestReaderThatFailsInsertsNothing(t *testing.T) {
	db := warehousetest.Open(t)
	exec(t, db, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 1000")
	broken := errors.New("line 77: half a row")
	for _, token := range []string{"", "some"} {
		err := db.Insert(context.Background(), "t", token, &numbers{batches: 50, rows: 1000, fails: broken})
		if !errors.Is(err, broken) {
			t.Errorf("token %q: got %v, want the reader's error", token, err)
		}
		if n := count(t, db, "t"); n != 0 {
			t.Errorf("token %q: %d rows of a broken reader are stored", token, n)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	err := db.Insert(ctx, "t", "other", &numbers{batches: 50, rows: 1000, each: func(batch int) {
		if batch == 25 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if n := count(t, db, "t"); n != 0 {
		t.Errorf("%d rows of a cancelled insert are stored", n)
	}
}

func TestEmptyInsertIsFine(t *testing.T) {
	db := warehousetest.Open(t)
	exec(t, db, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x")
	if err := db.Insert(context.Background(), "t", "token", &numbers{}); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "t"); n != 0 {
		t.Errorf("%d rows", n)
	}
}

func TestInsertNamesItsColumns(t *testing.T) {
	db := warehousetest.Open(t)
	exec(t, db, "CREATE TABLE t (y String DEFAULT 'default', x UInt64) ENGINE = MergeTree ORDER BY x")
	if err := db.Insert(context.Background(), "t", "", &numbers{batches: 1, rows: 1}); err != nil {
		t.Fatal(err)
	}
	type row struct {
		X uint64 `ch:"x"`
		Y string `ch:"y"`
	}
	got, err := warehouse.Select[row](context.Background(), db, "SELECT * FROM t", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]row{{0, "default"}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	exec(t, db, "CREATE TABLE other (z UInt64) ENGINE = MergeTree ORDER BY z")
	if err := db.Insert(context.Background(), "other", "", &numbers{batches: 1, rows: 1}); err == nil {
		t.Error("a column that the table does not have was accepted")
	}
	if err := db.Insert(context.Background(), "t; DROP TABLE t", "", &numbers{}); err == nil {
		t.Error("a statement was accepted as a table name")
	}
}

func TestServerThatIsNotThereIsUnreachable(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err := warehouse.Open(ctx, warehouse.Options{Address: "http://user:hunter2@127.0.0.1:1"})
	if !errors.Is(err, warehouse.ErrUnreachable) {
		t.Errorf("got %v, want ErrUnreachable", err)
	} else if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the password is in the error: %v", err)
	}
	for _, address := range []string{"127.0.0.1:8123", "ftp://user:hunter2@host", "http://user:hunter2@host/da-ta"} {
		_, err := warehouse.Open(ctx, warehouse.Options{Address: address})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want an error without the password", address, err)
		}
	}
}

func TestWhichStatementsMayBeSentAgain(t *testing.T) {
	for sql, want := range map[string]bool{
		"CREATE TABLE IF NOT EXISTS t (x UInt8) ENGINE = Memory": true,
		"-- why\n/* and */ create or replace view v AS SELECT 1": true,
		"ALTER TABLE t DROP PARTITION 7":                         true,
		"DROP TABLE IF EXISTS t":                                 true,
		"SELECT 1":                                               true,
		"CREATE TABLE claim (x UInt8) ENGINE = Memory":           false,
		"RENAME TABLE a TO b":                                    false,
		"EXCHANGE TABLES a AND b":                                false,
		"ALTER TABLE t UPDATE x = x + 1 WHERE 1":                 false,
		"INSERT INTO t SELECT 1":                                 false,
		"DROP TABLE t":                                           false,
	} {
		if got := warehouse.Repeatable(sql, false); got != want {
			t.Errorf("%s: %t, want %t", sql, got, want)
		}
	}
	if !warehouse.Repeatable("INSERT INTO t SELECT 1", true) {
		t.Error("an insert with a token may be sent again")
	}
}

func TestMemoryLimitIsReportedSoon(t *testing.T) {
	db := warehousetest.Open(t)
	if err := db.Ping(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, err := warehouse.Select[uint64](context.Background(), db, "SELECT count() FROM (SELECT number FROM numbers(10000000) GROUP BY number) SETTINGS max_memory_usage = 1000000", nil)
	if err == nil || !strings.Contains(err.Error(), "MEMORY_LIMIT_EXCEEDED") || errors.Is(err, warehouse.ErrUnreachable) {
		t.Errorf("got %v, want the memory limit", err)
	}
}
