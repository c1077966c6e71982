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
	return db, proxyTo(t, db)
}

// proxyTo is a proxy in front of a database that knows the user wang.
func proxyTo(t *testing.T, db *warehouse.DB) *httptest.Server {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := warehouse.NewProxy(db, []warehouse.ProxyUser{{Name: "wang", Hash: string(hash), Full: true}}, "risk.example.com")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.MaxHeaderBytes = warehouse.MaxProxyHeader
	server.Config.ErrorLog = nil
	server.Start()
	t.Cleanup(server.Close)
	return server
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
		{"setting in the query string", "SELECT 1", query("max_memory_usage", "0"), 400, "max_memory_usage"},
		{"rights in the query string", "SELECT 1", query("allow_ddl", "1"), 400, "allow_ddl"},
		{"profile in the query string", "SELECT 1", query("profile", "default"), 400, "profile"},
		{"no deadline in the query string", "SELECT 1", query("max_execution_time", "0"), 500, "SETTING_CONSTRAINT_VIOLATION"},
		{"long deadline in the query string", "SELECT 1", query("max_execution_time", "100000"), 500, "SETTING_CONSTRAINT_VIOLATION"},
		{"stack trace", "SELECT 1", query("stacktrace", "1"), 400, "stacktrace"},
		{"body in the engine's own compression", "SELECT 1", query("decompress", "1"), 400, "decompress"},
		{"external table", "SELECT 1", query("x_structure", "a String"), 400, "x_structure"},
		{"role", "SELECT 1", query("role", "admin"), 400, "role"},
		{"write by GET", "", func(r *http.Request) {
			r.Method, r.URL.RawQuery = http.MethodGet, "query=DROP+TABLE+creditwatch.scores_rows"
		}, 403, "only queries that read"},
		{"begun in the query string, ended in the body", "EM STOP MERGES", query("query", "SYST"), 403, "only queries that read"},
		{"comment in the query string, statement in the body", "SYSTEM STOP MERGES", query("query", "-- SELECT"), 403, "only queries that read"},
		{"function in two pieces", "('/etc/passwd')", query("query", "SELECT file"), 403, "function file"},
		{"table by parameter", "SELECT id FROM {x:Identifier}", query("param_x", "scores_rows"), 500, "ACCESS_DENIED"},
		{"function by parameter", "SELECT {x:Identifier}('/etc/passwd')", query("param_x", "file"), 400, "SYNTAX_ERROR"},
		{"parameter with a quote", "SELECT id FROM {x:Identifier}", query("param_x", "scores` UNION ALL SELECT 1 --"), 404, "UNKNOWN_TABLE"},
		{"no such database", "SELECT 1", query("database", "../.."), 404, "UNKNOWN_DATABASE"},
		{"format of a file", "SELECT 1 AS a", query("default_format", "Template"), 500, "INVALID_TEMPLATE_FORMAT"},
		{"parameter twice", "SELECT 1", func(r *http.Request) { r.URL.RawQuery = "database=a&database=b" }, 400, "twice"},
		{"broken query string", "SELECT 1", func(r *http.Request) { r.URL.RawQuery = "a=%zz" }, 400, "malformed"},
		{"no credentials", "SELECT 1", func(r *http.Request) { r.Header.Del("Authorization") }, 401, ""},
		{"wrong password", "SELECT 1", func(r *http.Request) { r.SetBasicAuth("wang", "wrong") }, 401, ""},
		{"password and more", "SELECT 1", func(r *http.Request) { r.SetBasicAuth("wang", "correct horse\x00") }, 401, ""},
		{"name and password run together", "SELECT 1", func(r *http.Request) { r.SetBasicAuth("wang correct", "horse") }, 401, ""},
		{"unknown user", "SELECT 1", func(r *http.Request) { r.SetBasicAuth("li", "correct horse") }, 401, ""},
		{"internal user", "SELECT 1", func(r *http.Request) { r.SetBasicAuth("default", "") }, 401, ""},
		{"internal user in the query", "SELECT currentUser()", func(r *http.Request) {
			r.URL.RawQuery = "user=creditwatch&password=x"
			r.Header.Del("Authorization")
		}, 401, ""},
		{"internal user in headers beside a good password", "SELECT currentUser()", func(r *http.Request) {
			r.Header.Set("X-ClickHouse-User", "creditwatch")
		}, 401, ""},
		{"method", "SELECT 1", func(r *http.Request) { r.Method = http.MethodPut }, 405, ""},
		{"path", "SELECT 1", func(r *http.Request) { r.URL.Path = "/play" }, 404, ""},
		{"path that climbs", "SELECT 1", func(r *http.Request) { r.URL.Path = "/ping/../" }, 404, ""},
		{"rebinding", "SELECT 1", func(r *http.Request) { r.Host = "evil.example.net" }, 421, ""},
		{"long body", strings.Repeat("x", 1<<20+1), nil, 413, ""},
		{"long header", "SELECT 1", func(r *http.Request) { r.Header.Set("X", strings.Repeat("x", 200<<10)) }, 431, ""},
		{"compressed body", "SELECT 1", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, ""},
	} {
		status, body := ask(t, server, c.sql, c.change)
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %q, want %d %s", c.name, status, body, c.status, c.want)
		}
	}
	for _, harmless := range []struct {
		name   string
		change func(*http.Request)
	}{
		{"name in the query string", query("user", "creditwatch")},
		{"another's session", query("session_id", "1")},
		{"another's query", query("query_id", "1")},
		{"headers of the engine", func(r *http.Request) {
			for _, name := range []string{"X-ClickHouse-Database", "X-ClickHouse-Quota", "X-ClickHouse-Format", "X-ClickHouse-SSL-Certificate-Auth", "X-Forwarded-For"} {
				r.Header.Set(name, "system")
			}
		}},
		{"header that the next hop is to drop", func(r *http.Request) { r.Header.Set("Connection", "Authorization") }},
	} {
		if status, body := ask(t, server, "SELECT currentUser(), currentDatabase()", harmless.change); status != http.StatusOK || body != "analyst\tcreditwatch\n" {
			t.Errorf("%s went through: %d %q", harmless.name, status, body)
		}
	}
	unharmed(t, db, server)
}

// unharmed fails the test unless the engine lives, answers and has the one row that it had.
func unharmed(t *testing.T, db *warehouse.DB, server *httptest.Server) {
	t.Helper()
	if status, body := ask(t, server, "SELECT id, pd FROM creditwatch.scores", nil); status != http.StatusOK || body != "C-1\t0.25\n" {
		t.Errorf("after the attacks: %d %q", status, body)
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
