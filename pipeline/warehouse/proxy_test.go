package warehouse_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"creditwatch/pipeline/warehouse"
)

// analysts is a proxy in front of an engine with one table and one view over it.
func analysts(t *testing.T) (*warehouse.DB, *httptest.Server) {
	t.Helper()
	db, err := warehouse.Open(context.Background(), warehouse.Options{Dir: t.TempDir(), MemoryBytes: 2 << 30, Readable: []string{"scores"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	exec(t, db, "CREATE TABLE scores_rows (id String, pd Float64) ENGINE = MergeTree ORDER BY id")
	exec(t, db, "INSERT INTO scores_rows VALUES ('C-1', 0.25)")
	exec(t, db, "CREATE VIEW scores DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT id, pd FROM scores_rows")
	hash, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := warehouse.NewProxy(db, []warehouse.ProxyUser{{Name: "wang", Hash: string(hash)}}, "risk.example.com")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.MaxHeaderBytes = warehouse.MaxProxyHeader
	server.Config.ErrorLog = nil
	server.Start()
	t.Cleanup(server.Close)
	return db, server
}

func ask(t *testing.T, server *httptest.Server, sql string, change func(*http.Request)) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, server.URL+"/", strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("wang", "correct horse")
	if change != nil {
		change(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestProxyLetsAnalystsRead(t *testing.T) {
	_, server := analysts(t)
	for name, change := range map[string]func(*http.Request){
		"basic": nil,
		"headers": func(r *http.Request) {
			r.Header.Del("Authorization")
			r.Header.Set("X-ClickHouse-User", "wang")
			r.Header.Set("X-ClickHouse-Key", "correct horse")
		},
		"query string": func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "user=wang&password=correct+horse"
		},
		"settings of drivers": func(r *http.Request) {
			r.URL.RawQuery = "database=creditwatch&default_format=TSV&session_id=7&query_id=x&max_execution_time=30&max_result_rows=10&readonly=1"
		},
		"own host": func(r *http.Request) { r.Host = "Risk.example.com:8080" },
	} {
		if status, body := ask(t, server, "SELECT id, pd FROM creditwatch.scores", change); status != http.StatusOK || body != "C-1\t0.25\n" {
			t.Errorf("%s: %d %q", name, status, body)
		}
	}
	status, body := ask(t, server, "", func(r *http.Request) {
		r.Method = http.MethodGet
		r.URL.RawQuery = url.Values{"query": {"SELECT pd FROM creditwatch.scores WHERE id = {id:String}"}, "param_id": {"C-1"}}.Encode()
	})
	if status != http.StatusOK || body != "0.25\n" {
		t.Errorf("GET with a parameter: %d %q", status, body)
	}
	status, body = ask(t, server, "", func(r *http.Request) {
		r.Method, r.URL.Path = http.MethodGet, "/ping"
		r.Header.Del("Authorization")
	})
	if status != http.StatusOK || body != "Ok.\n" {
		t.Errorf("ping: %d %q", status, body)
	}
}

func TestProxyRefuses(t *testing.T) {
	db, server := analysts(t)
	query := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = url.Values{name: {value}}.Encode() }
	}
	for _, c := range []struct {
		name   string
		sql    string
		change func(*http.Request)
		status int
		want   string
	}{
		{"insert", "INSERT INTO creditwatch.scores_rows VALUES ('C-2', 1)", nil, 500, "ACCESS_DENIED"},
		{"drop", "DROP TABLE creditwatch.scores_rows", nil, 500, "ACCESS_DENIED"},
		{"create", "CREATE TABLE creditwatch.x (y UInt8) ENGINE = Memory", nil, 500, "ACCESS_DENIED"},
		{"table under the view", "SELECT * FROM creditwatch.scores_rows", nil, 500, "ACCESS_DENIED"},
		{"the network", "SELECT * FROM url('http://169.254.169.254/', 'RawBLOB')", nil, 500, "ACCESS_DENIED"},
		{"another server", "SELECT * FROM remote('127.0.0.1', 'system', 'one')", nil, 500, "ACCESS_DENIED"},
		{"files", "SELECT * FROM file('/etc/passwd', 'LineAsString')", nil, 500, "ACCESS_DENIED"},
		{"write a file", "INSERT INTO FUNCTION file('/tmp/x', 'CSV') SELECT 1", nil, 500, "ACCESS_DENIED"},
		{"write by outfile", "SELECT 1 INTO OUTFILE '/tmp/creditwatch-proxy-test'", nil, 500, "INTO OUTFILE"},
		{"processes", "SELECT * FROM system.processes", nil, 500, "ACCESS_DENIED"},
		{"users", "SELECT * FROM system.users", nil, 500, "ACCESS_DENIED"},
		{"stop listening", "SYSTEM STOP LISTEN HTTP", nil, 500, "ACCESS_DENIED"},
		{"kill", "KILL QUERY WHERE 1", nil, 500, ""},
		{"raise the limit", "SELECT 1 SETTINGS max_memory_usage_for_user = 0", nil, 500, "READONLY"},
		{"lift the deadline", "SELECT 1 SETTINGS max_execution_time = 100000", nil, 500, "SETTING_CONSTRAINT_VIOLATION"},
		{"setting in the query string", "SELECT 1", query("max_memory_usage", "0"), 400, "max_memory_usage"},
		{"role", "SELECT 1", query("role", "admin"), 400, "role"},
		{"parameter twice", "SELECT 1", func(r *http.Request) { r.URL.RawQuery = "database=a&database=b" }, 400, "twice"},
		{"broken query string", "SELECT 1", func(r *http.Request) { r.URL.RawQuery = "a=%zz" }, 400, "malformed"},
		{"no credentials", "SELECT 1", func(r *http.Request) { r.Header.Del("Authorization") }, 401, ""},
		{"wrong password", "SELECT 1", func(r *http.Request) { r.SetBasicAuth("wang", "wrong") }, 401, ""},
		{"unknown user", "SELECT 1", func(r *http.Request) { r.SetBasicAuth("li", "correct horse") }, 401, ""},
		{"internal user", "SELECT 1", func(r *http.Request) { r.SetBasicAuth("default", "") }, 401, ""},
		{"internal user in the query", "SELECT currentUser()", func(r *http.Request) {
			r.URL.RawQuery = "user=creditwatch&password=x"
			r.Header.Del("Authorization")
		}, 401, ""},
		{"method", "SELECT 1", func(r *http.Request) { r.Method = http.MethodPut }, 405, ""},
		{"path", "SELECT 1", func(r *http.Request) { r.URL.Path = "/play" }, 404, ""},
		{"rebinding", "SELECT 1", func(r *http.Request) { r.Host = "evil.example.net" }, 421, ""},
		{"long body", strings.Repeat("x", 1<<20+1), nil, 413, ""},
		{"long header", "SELECT 1", func(r *http.Request) { r.Header.Set("X", strings.Repeat("x", 200<<10)) }, 431, ""},
		{"compressed body", "SELECT 1", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, ""},
	} {
		status, body := ask(t, server, c.sql, c.change)
		if status == http.StatusOK || c.status != 500 && status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %q, want %d %s", c.name, status, body, c.status, c.want)
		}
	}
	if status, body := ask(t, server, "SELECT currentUser()", query("user", "creditwatch")); status != http.StatusOK || body != "analyst\n" {
		t.Errorf("the name in the query string went through: %d %q", status, body)
	}
	if n := count(t, db, "scores_rows"); n != 1 {
		t.Errorf("%d rows after the attacks, want 1", n)
	}
	if n := db.Restarts(); n != 0 {
		t.Errorf("the attacks killed the engine %d times", n)
	}
}

func TestProxyStopsGuessing(t *testing.T) {
	_, server := analysts(t)
	last := 0
	for range 30 {
		last, _ = ask(t, server, "SELECT 1", func(r *http.Request) { r.SetBasicAuth("wang", "guess") })
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after 30 wrong passwords: %d, want 429", last)
	}
}

func TestProxyKeepsGarbageFromTheEngine(t *testing.T) {
	db, server := analysts(t)
	addr := server.Listener.Addr().String()
	rng := rand.New(rand.NewPCG(1, 2))
	send := func(data []byte) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.Write(data)
		conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		io.Copy(io.Discard, conn)
	}
	for range 20 {
		garbage := make([]byte, 1+rng.IntN(4000))
		for i := range garbage {
			garbage[i] = byte(rng.Uint32())
		}
		send(garbage)
	}
	const auth = "Host: 127.0.0.1\r\nAuthorization: Basic d2FuZzpjb3JyZWN0IGhvcnNl\r\n"
	for _, half := range []string{
		"GET /?que", "POST / HTTP/1.1\r\n" + auth + "Content-Length: 100\r\n\r\nSELECT", "POST / HTTP/1.1\r\n" + auth + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
		"POST / HTTP/1.1\r\n" + auth + "Content-Length: 8\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGARBAGE", "\x16\x03\x01\x02\x00\x01\x00", "GET / HTTP/9.9\r\n\r\n",
		"POST / HTTP/1.1\r\n" + auth + "Content-Length: 9\r\n\r\nSELECT \x00\xff",
	} {
		send([]byte(half))
	}
	// clients that hang up in the middle of an answer
	for range 5 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET /?query=SELECT+number+FROM+system.numbers+LIMIT+1000000000 HTTP/1.1\r\n%s\r\n", auth)
		conn.Read(make([]byte, 1000))
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
	eventually(t, "the queries of clients that hung up end", func() bool { return running(t, db, "LIMIT 1000000000") == 0 })
	if status, body := ask(t, server, "SELECT 1", nil); status != http.StatusOK || body != "1\n" {
		t.Errorf("after the garbage: %d %q", status, body)
	}
	if n := db.Restarts(); n != 0 {
		t.Errorf("garbage killed the engine %d times", n)
	}
}
