package jobs

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// TestServe: the program serves the reports and the views to who signs in, and nothing else to anybody.
func TestServe(t *testing.T) {
	data := t.TempDir()
	hash, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	book, err := filepath.Abs("testdata/tiny/creditwatch.yaml")
	if err != nil {
		t.Fatal(err)
	}
	user := `serve.users=[{name: ana, names: full, password_hash: "` + string(hash) + `"}, {name: bo, password_hash: "` + string(hash) + `"}]`
	textfile := filepath.Join(t.TempDir(), "node", "creditwatch.prom")
	pings := newPings(t)
	night := program(t, []string{"CW_PING=" + pings.URL + "/secret-of-ours"}, "--config", book, "--data", data, "--log", "json", "--set", "monitor.textfile="+textfile, "--set", "monitor.ping=env:CW_PING", "run", "--date", "2026-03-31")
	night.want(t, 0)
	if got := pings.paths(); !slices.Equal(got, []string{"/secret-of-ours/start", "/secret-of-ours"}) {
		t.Errorf("pings %q", got)
	}
	nightLog(t, night.err.String())
	if text, err := os.ReadFile(textfile); err != nil || !strings.Contains(string(text), "\ncreditwatch_published_date_seconds 1.7749152e+09\n") {
		t.Errorf("metrics of the night: %v\n%s", err, text)
	}

	server := program(t, nil, "--config", book, "--data", data, "--set", user, "--set", "serve.hosts=[risk.example.com]", "serve", "--listen", "127.0.0.1:0")
	server.Cmd.Stderr = nil
	said, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			server.Process.Kill()
			server.Wait()
		}
	}()
	address := ""
	lines := bufio.NewScanner(said)
	for address == "" && lines.Scan() {
		if m := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/reports/`).FindStringSubmatch(lines.Text()); m != nil {
			address = m[1]
		}
	}
	if address == "" {
		t.Fatal("serve names no address")
	}
	go io.Copy(io.Discard, said)

	const refused = 0 // any status that gives nothing
	const page = "/reports/creditwatch-2026-03-31-en.html"
	for _, c := range []struct {
		name, method, target, body string
		change                     func(*http.Request)
		status                     int
		has, lacks                 string
	}{
		{name: "the nights are listed", target: "/reports/", status: 200, has: "creditwatch-2026-03-31-en.html"},
		{name: "in Chinese if asked", target: "/reports/?lang=zh", status: 200, has: "creditwatch-2026-03-31-zh.html"},
		{name: "a report is served", target: page, status: 200, has: "Tiny", lacks: "<script"},
		{name: "a night that is not there", target: "/reports/creditwatch-2026-03-30-en.html", status: 404},
		{name: "no way up", target: "/reports/../engine.json", status: refused, lacks: "assword"},
		{name: "no way up in disguise", target: "/reports/%2e%2e%2fengine.json", status: refused, lacks: "assword"},
		{name: "no way up by backslash", target: `/reports/..%5cengine.json`, status: refused, lacks: "assword"},
		{name: "no other file", target: "/reports/.new-1-2", status: 404},
		{name: "reports need a name", target: page, change: func(r *http.Request) { r.Header.Del("Authorization") }, status: 401, lacks: "Tiny"},
		{name: "and the right password", target: page, change: func(r *http.Request) { r.SetBasicAuth("ana", "wrong horse") }, status: 401, lacks: "Tiny"},
		{name: "no other host name", target: page, change: func(r *http.Request) { r.Host = "evil.example.com" }, status: 421, lacks: "Tiny"},
		{name: "a report names customers", target: page, change: func(r *http.Request) { r.SetBasicAuth("bo", "correct horse") }, status: 403, lacks: "Tiny"},
		{name: "who may see names sees them", method: "POST", target: "/", body: "SELECT name FROM customers WHERE customer_id = 'C1' FORMAT CSV", status: 200, has: "Alpha Steel"},
		{name: "others do not", method: "POST", target: "/", body: "SELECT name FROM customers WHERE customer_id = 'C1' FORMAT CSV", change: func(r *http.Request) { r.SetBasicAuth("bo", "correct horse") }, status: 200, has: "A**"},
		{name: "a view is read", method: "POST", target: "/", body: "SELECT customer_id FROM open_items ORDER BY customer_id, document_id FORMAT CSV", status: 200, has: "\"C2\""},
		{name: "by GET too", target: "/?query=" + url.QueryEscape("SELECT count() FROM creditwatch.latest_scores"), status: 200, has: "4"},
		{name: "nothing is written", method: "POST", target: "/", body: "INSERT INTO creditwatch.publications (run) VALUES (7)", status: refused, has: "only queries that read"},
		{name: "nothing is dropped", method: "POST", target: "/", body: "DROP VIEW creditwatch.latest_scores", status: refused, has: "only queries that read"},
		{name: "no storage table", method: "POST", target: "/", body: "SELECT count() FROM creditwatch.scores_rows", status: refused, has: "ACCESS_DENIED"},
		{name: "no file of the machine", method: "POST", target: "/", body: "SELECT * FROM file('/etc/passwd', 'LineAsString')", status: refused, lacks: "root:"},
		{name: "nor by the function of that name", method: "POST", target: "/", body: "SELECT file('/etc/passwd')", status: 403, lacks: "root:"},
		{name: "no network", method: "POST", target: "/", body: "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", status: refused, has: "ACCESS_DENIED"},
		{name: "nothing is changed by GET", target: "/?query=" + url.QueryEscape("INSERT INTO creditwatch.publications (run) VALUES (7)"), status: refused, has: "only queries that read"},
		{name: "nor through the reports", method: "POST", target: page, status: 405},
		{name: "the host that is configured", target: page, change: func(r *http.Request) { r.Host = "risk.example.com" }, status: 200, has: "Tiny"},
		{name: "the process lives", target: "/healthz", change: signedOut, status: 200, has: "alive"},
		{name: "to the right host", target: "/healthz", change: func(r *http.Request) { r.Host = "evil.example.com" }, status: 421},
		{name: "by GET alone", method: "POST", target: "/healthz", status: 404},
		{name: "the warehouse is ready", target: "/readyz", change: signedOut, status: 200, has: "ready"},
		{name: "metrics", target: "/metrics", change: signedOut, status: 200, has: "\ncreditwatch_published_date_seconds 1.7749152e+09\n", lacks: "C2"},
		{name: "metrics of sources", target: "/metrics", status: 200, has: `creditwatch_source_rows{outcome="read",source="transactions"} 7`},
		{name: "metrics of stages", target: "/metrics", status: 200, has: `creditwatch_stage_rows{stage="pull"} `},
		{name: "metrics of runs", target: "/metrics", status: 200, has: `creditwatch_runs{state="published"} 1`},
		{name: "metrics of the schedule", target: "/metrics", status: 200, has: "\ncreditwatch_next_night_seconds 1."},
		{name: "metrics are for the machine itself", target: "/metrics", change: func(r *http.Request) { r.Header.Set("X-Forwarded-For", "10.0.0.7") }, status: 404, lacks: "creditwatch_"},
		{name: "no query without a name", method: "POST", target: "/", body: "SELECT 1", change: func(r *http.Request) { r.Header.Del("Authorization") }, status: 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			method := c.method
			if method == "" {
				method = "GET"
			}
			req, err := http.NewRequest(method, "http://"+address, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			path, query, _ := strings.Cut(c.target, "?")
			req.URL.Opaque, req.URL.RawQuery = path, query // as written: nothing is cleaned on our side
			req.SetBasicAuth("ana", "correct horse")
			if c.change != nil {
				c.change(req)
			}
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got := resp.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || !strings.Contains(got, "frame-ancestors 'none'") || resp.Header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("header %v", resp.Header)
			}
			if resp.StatusCode != c.status && !(c.status == refused && resp.StatusCode >= 300) {
				t.Errorf("status %d, want %d\n%.300s", resp.StatusCode, c.status, body)
			}
			if !strings.Contains(string(body), c.has) {
				t.Errorf("want %q in\n%.500s", c.has, body)
			}
			if c.lacks != "" && strings.Contains(string(body), c.lacks) {
				t.Errorf("%q in\n%.500s", c.lacks, body)
			}
		})
	}
	namesNobody(t, "http://"+address)
	watchedEngine(t, "http://"+address, data)
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	server.Wait()
	ended = true
	if code := server.ProcessState.ExitCode(); code != 143 {
		t.Errorf("exit code %d after SIGTERM, want 143", code)
	}
	if _, err := os.Stat(filepath.Join(data, "reports", "creditwatch-2026-03-31-zh.html")); err != nil {
		t.Error(err)
	}
	log := program(t, nil, "--data", data, "sql", "--format", "TSV", "SELECT actor, act, details FROM audit WHERE act IN ('serve', 'query', 'sign-in') ORDER BY act")
	log.want(t, 0)
	for _, want := range []string{"proxy user ana\tquery\t{\"queries\":\"", "proxy user ana\tsign-in\t{\"refused\":\"1\"}", "\tserve\t{\"settings\":\""} {
		if !strings.Contains(log.out.String(), want) {
			t.Errorf("the audit log lacks %q:\n%s", want, log.out.String())
		}
	}
}

// namesNobody reads every view as a user without names: nothing of what the book says of a customer's name is in any column of any view.
func namesNobody(t *testing.T, address string) {
	t.Helper()
	read := func(sql string) string {
		req, err := http.NewRequest("POST", address, strings.NewReader(sql))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("bo", "correct horse")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %d %.300s %v", sql, resp.StatusCode, body, err)
		}
		return string(body)
	}
	views := strings.Fields(read("SHOW TABLES"))
	if len(views) < 50 {
		t.Errorf("%d masked views: %v", len(views), views)
	}
	for _, v := range views {
		rows := read("SELECT * FROM " + v + " FORMAT JSONEachRow")
		for _, name := range []string{"Alpha", "alert(1)", "DROP TABLE", "示范贸易"} {
			if i := strings.Index(rows, name); i >= 0 {
				t.Errorf("%s shows a name: …%s…", v, rows[max(0, i-200):min(len(rows), i+50)])
			}
		}
	}
}

// TestServeOutside: an address that others can reach needs users with passwords.
func TestServeOutside(t *testing.T) {
	c := program(t, nil, "--data", t.TempDir(), "--quiet", "serve", "--listen", "0.0.0.0:0")
	c.want(t, exitUsage)
	if !strings.Contains(c.err.String(), "reachable from outside") {
		t.Errorf("stderr:\n%s", &c.err)
	}
}
