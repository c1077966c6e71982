package warehouse_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"creditwatch/pipeline/warehouse"
)

// passedOn are the parameters that the database may see, beside those of the query's own.
var passedOn = map[string]bool{"query": true, "database": true, "default_format": true, "max_execution_time": true, "wait_end_of_query": true,
	"compress": true, "client_protocol_version": true, "query_id": true}

// FuzzProxy: whatever bytes a client sends, what reaches the database is a plain request of the reader's own, of somebody who knew the
// password, without the client's credentials, settings or headers.
func FuzzProxy(f *testing.F) {
	const basic = "Authorization: Basic d2FuZzpjb3JyZWN0IGhvcnNl\r\n"
	for _, s := range []string{
		"GET /?query=SELECT+1 HTTP/1.1\r\nHost: localhost\r\n" + basic + "\r\n",
		"POST / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n" + basic + "Content-Length: 8\r\n\r\nSELECT 1",
		"POST /?user=wang&password=correct+horse HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nSELECT 1\r\n0\r\n\r\n",
		"GET /?query=SELECT+1&readonly=0&max_memory_usage=1 HTTP/1.1\r\nHost: localhost\r\nX-ClickHouse-User: wang\r\nX-ClickHouse-Key: correct horse\r\nX-ClickHouse-Database: system\r\n\r\n",
		"GET /?query=1&query=2&param_a=3&session_id=x HTTP/1.1\r\nHost: evil.example\r\n" + basic + "\r\n",
		"GET /?query=SELECT%201;user=default HTTP/1.1\r\nHost: localhost\r\n" + basic + "\r\n",
		"GET /ping HTTP/1.0\r\nHost: localhost\r\nConnection: Upgrade, X-ClickHouse-User\r\nUpgrade: websocket\r\n\r\n",
		"GET http://elsewhere.example/?query=1 HTTP/1.1\r\nHost: localhost\r\n" + basic + "\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /replicas_status HTTP/1.1\r\nHost: localhost\r\n" + basic + "\r\n",
		"POST / HTTP/1.1\r\nHost: localhost\r\n" + basic + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
	} {
		f.Add([]byte(s))
	}
	var seen atomic.Pointer[http.Request]
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		seen.Store(r)
		io.WriteString(w, "1\n")
	}))
	f.Cleanup(backend.Close)
	hash, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		f.Fatal(err)
	}
	db := warehouse.At(warehouse.Endpoint{URL: backend.URL, User: "reader", Password: "of the engine"})
	proxy, err := warehouse.NewProxy(db, []warehouse.ProxyUser{{Name: "wang", Hash: string(hash), Full: true}}, "risk.example.com")
	if err != nil {
		f.Fatal(err)
	}
	client := 0
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		client++
		in.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", client>>16&255, client>>8&255, client&255) // else guesses are soon refused unread
		seen.Store(nil)
		out := httptest.NewRecorder()
		proxy.ServeHTTP(out, in)
		got := seen.Load()
		if got == nil {
			return
		}
		if name, password, ok := got.BasicAuth(); !ok || name != "reader" || password != "of the engine" {
			t.Fatalf("asked as %q", name)
		}
		for name := range got.Header {
			switch name {
			case "Accept", "Accept-Encoding", "User-Agent", "Authorization", "Content-Length":
			default:
				t.Fatalf("the header %s went on", name)
			}
		}
		if host := got.Host; "http://"+host != backend.URL {
			t.Fatalf("sent to %q", host)
		}
		query, err := url.ParseQuery(got.URL.RawQuery)
		if err != nil {
			t.Fatalf("malformed query string %q", got.URL.RawQuery)
		}
		if got.URL.Path == "/ping" {
			if len(query) > 0 {
				t.Fatalf("ping with %q", query)
			}
			return
		}
		if got.URL.Path != "/" || got.Method != http.MethodGet && got.Method != http.MethodPost {
			t.Fatalf("%s %s", got.Method, got.URL.Path)
		}
		for name, values := range query {
			if !passedOn[name] && !strings.HasPrefix(name, "param_") || len(values) != 1 {
				t.Fatalf("parameter %s = %q", name, values)
			}
		}
		plain, _ := url.QueryUnescape(strings.ReplaceAll(string(raw), "%", "%25"))
		if r, err := url.PathUnescape(string(raw)); err == nil {
			plain += r
		}
		if loose, err := url.QueryUnescape(in.URL.RawQuery); err == nil {
			plain += loose
		}
		name, password, _ := in.BasicAuth()
		if !(name == "wang" && password == "correct horse") && !strings.Contains(plain, "correct horse") {
			t.Fatalf("let in without the password: %q", raw)
		}
	})
}
