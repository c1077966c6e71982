package jobs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/time/rate"

	"creditwatch/configs"
	"creditwatch/pipeline/warehouse/warehousetest"
)

func signedOut(r *http.Request) { r.Header.Del("Authorization") }

// A pings server hears what a dead-man service hears.
type pings struct {
	*httptest.Server
	mu    sync.Mutex
	heard []string
}

func newPings(t *testing.T) *pings {
	t.Helper()
	p := &pings{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.heard = append(p.heard, r.URL.Path)
		p.mu.Unlock()
		switch {
		case strings.Contains(r.URL.Path, "broken"):
			w.WriteHeader(http.StatusInternalServerError)
		case strings.Contains(r.URL.Path, "elsewhere"):
			http.Redirect(w, r, "/followed", http.StatusFound)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *pings) paths() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.heard)
}

// TestPing: whatever the service does, the night hears no error, and the log holds no URL.
func TestPing(t *testing.T) {
	server := newPings(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, c := range []struct{ name, url, event, heard, said string }{
		{"a start", server.URL + "/canary", "/start", "/canary/start", ""},
		{"a success", server.URL + "/canary/", "", "/canary", ""},
		{"a failure", server.URL + "/canary", "/fail", "/canary/fail", ""},
		{"with a query", server.URL + "/canary?create=1", "/fail", "/canary/fail", ""},
		{"the service fails", server.URL + "/canary-broken", "", "/canary-broken", "answered 500"},
		{"the service sends elsewhere", server.URL + "/canary-elsewhere", "", "/canary-elsewhere", "answered 302"},
		{"nobody there", gone.URL + "/canary", "", "", "refused"},
		{"no URL", "canary", "", "", "want the URL of a ping service"},
		{"another scheme", "file:///canary", "", "", "want the URL of a ping service"},
		{"not a URL at all", "http://canary\x7f/", "", "", "want the URL of a ping service"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("CW_PING", c.url)
			before := len(server.paths())
			var out bytes.Buffer
			over, end := context.WithCancel(context.Background())
			end() // an interrupted night is told too
			ping(over, "env:CW_PING", c.event, zerolog.New(&out))
			if got := strings.Join(server.paths()[before:], " "); got != c.heard {
				t.Errorf("heard %q, want %q", got, c.heard)
			}
			if c.said == "" && out.Len() > 0 || !strings.Contains(out.String(), c.said) || strings.Contains(out.String(), "canary") {
				t.Errorf("log %q, want %q and no URL", out.String(), c.said)
			}
		})
	}
	t.Run("a variable that is not set", func(t *testing.T) {
		var out bytes.Buffer
		ping(t.Context(), "env:CW_PING_NOT_SET", "", zerolog.New(&out))
		if !strings.Contains(out.String(), "CW_PING_NOT_SET is not set") {
			t.Error(out.String())
		}
	})
}

// nightLog holds the JSON log of the tiny night: a line per stage with what it did, and nobody's name or money in any.
func nightLog(t *testing.T, text string) {
	t.Helper()
	stages := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Errorf("not JSON: %s", line)
			continue
		}
		for _, key := range []string{"level", "time", "message"} {
			if _, ok := l[key]; !ok {
				t.Errorf("no %s: %s", key, line)
			}
		}
		if name, ok := l["stage"].(string); ok {
			stages[name] = true
			for _, key := range []string{"as_of", "run", "rows", "took"} {
				if _, ok := l[key]; !ok {
					t.Errorf("no %s: %s", key, line)
				}
			}
		}
	}
	for _, name := range []string{"pull", "book", "warn", "report"} {
		if !stages[name] {
			t.Errorf("no line of the stage %s in\n%s", name, text)
		}
	}
	for _, secret := range tinySecrets {
		if strings.Contains(text, secret) {
			t.Errorf("the log tells %q:\n%s", secret, text)
		}
	}
}

// watchedEngine: /readyz is red while the engine does not answer and green again after it, a restart is counted, and
// whoever asks too often is told so.
func watchedEngine(t *testing.T, address, data string) {
	t.Helper()
	get := func(path string) (int, string) {
		resp, err := http.Get(address + path)
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
	pid := func() int {
		var st struct{ Pid int }
		text, err := os.ReadFile(filepath.Join(data, "engine.json"))
		if err == nil {
			err = json.Unmarshal(text, &st)
		}
		if err != nil || st.Pid == 0 {
			t.Fatalf("engine.json: %v %s", err, text)
		}
		return st.Pid
	}
	engine := pid()
	if err := syscall.Kill(engine, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // the limit of the pages has room again
	if status, body := get("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "does not answer") {
		t.Errorf("/readyz of a stopped engine: %d %s", status, body)
	}
	if status, _ := get("/healthz"); status != http.StatusOK {
		t.Errorf("/healthz of a stopped engine: %d", status)
	}
	if err := syscall.Kill(engine, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var status int
	var body string
	for range 100 {
		if status, body = get("/readyz"); status == http.StatusOK {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if status != http.StatusOK || pid() == engine {
		t.Errorf("/readyz after a restart: %d %s", status, body)
	}
	if _, body = get("/metrics"); !strings.Contains(body, "\ncreditwatch_engine_restarts_total 1\n") || !strings.Contains(body, "\ncreditwatch_warehouse_up 1\n") {
		t.Errorf("/metrics after a restart:\n%s", body)
	}
	refused := 0
	for range 60 {
		if status, _ := get("/healthz"); status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("60 questions at once were all answered")
	}
}

// TestCertificate: HTTPS with the files of the configuration, renewed without a restart; a broken renewal changes nothing.
func TestCertificate(t *testing.T) {
	dir := t.TempDir()
	s := configs.Serve{TLSCert: filepath.Join(dir, "cert.pem"), TLSKey: filepath.Join(dir, "key.pem")}
	if _, err := certificate(s); err == nil || !strings.Contains(err.Error(), "serve.tls_cert") {
		t.Errorf("files that are not there: %v", err)
	}
	if none, err := certificate(configs.Serve{}); none != nil || err != nil {
		t.Errorf("without files: %v %v", none, err)
	}
	roots := x509.NewCertPool()
	write := func(serial int64, age time.Duration) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		card := x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
		cert, err := x509.CreateCertificate(rand.Reader, &card, &card, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for path, b := range map[string]*pem.Block{s.TLSCert: {Type: "CERTIFICATE", Bytes: cert}, s.TLSKey: {Type: "PRIVATE KEY", Bytes: private}} {
			if err := os.WriteFile(path, pem.EncodeToMemory(b), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
		parsed, err := x509.ParseCertificate(cert)
		if err != nil {
			t.Fatal(err)
		}
		roots.AddCert(parsed)
	}
	write(1, time.Hour)
	secure, err := certificate(s)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(hardened(http.NotFoundHandler(), true))
	server.TLS = secure
	server.StartTLS()
	defer server.Close()
	serial := func(most uint16) (string, error) {
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost", MaxVersion: most}}}
		resp, err := client.Get(server.URL)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		if resp.Header.Get("Strict-Transport-Security") == "" {
			t.Error("a browser may come back without TLS")
		}
		return resp.TLS.PeerCertificates[0].SerialNumber.String(), nil
	}
	if got, err := serial(0); got != "1" || err != nil {
		t.Errorf("certificate %s, %v", got, err)
	}
	if _, err := serial(tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	write(2, time.Minute)
	if got, err := serial(0); got != "2" || err != nil {
		t.Errorf("renewed certificate %s, %v", got, err)
	}
	if err := os.WriteFile(s.TLSCert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := serial(0); got != "2" || err != nil {
		t.Errorf("after a broken renewal %s, %v", got, err)
	}
}

// TestLocalOnly: who may read the metrics by default.
func TestLocalOnly(t *testing.T) {
	for _, c := range []struct {
		remote, header string
		want           int
	}{
		{"127.0.0.1:4000", "", 200}, {"[::1]:4000", "", 200}, {"10.0.0.7:4000", "", 404}, {"[2001:db8::1]:4000", "", 404}, {"", "", 404},
		{"127.0.0.1:4000", "X-Forwarded-For", 404}, {"127.0.0.1:4000", "Forwarded", 404},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = c.remote
		if c.header != "" {
			r.Header.Set(c.header, "10.0.0.7")
		}
		w := httptest.NewRecorder()
		localOnly(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, 200, "metrics") })).ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%+v: %d", c, w.Code)
		}
	}
}

// tinySecrets are names and amounts of the tiny book that no log may tell.
var tinySecrets = []string{"Alpha Steel", "示范贸易有限公司", "DROP TABLE", "alert(1)", "1500.5", "9000.00"}

// TestWatchPages: who may read what, in a database that nobody has brought up to date yet.
func TestWatchPages(t *testing.T) {
	db := warehousetest.Open(t)
	hash, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{clock: time.Now, errOut: io.Discard, log: "json", data: t.TempDir()}
	for _, c := range []struct {
		metrics, path, remote, password string
		want                            int
		says                            string
	}{
		{configs.MetricsLocal, "/readyz", "10.0.0.7:1", "", 503, "not up to date"},
		{configs.MetricsLocal, "/healthz", "10.0.0.7:1", "", 200, "alive"},
		{configs.MetricsLocal, "/metrics", "127.0.0.1:1", "", 200, "creditwatch_warehouse_up 0"}, // no table to ask
		{configs.MetricsLocal, "/metrics", "10.0.0.7:1", "correct horse", 404, ""},
		{configs.MetricsUsers, "/metrics", "127.0.0.1:1", "", 401, ""},
		{configs.MetricsUsers, "/metrics", "10.0.0.7:1", "wrong horse", 401, ""},
		{configs.MetricsUsers, "/metrics", "10.0.0.7:1", "correct horse", 200, "creditwatch_build_info"},
		{configs.MetricsEveryone, "/metrics", "10.0.0.7:1", "", 200, "creditwatch_build_info"},
		{configs.MetricsNobody, "/metrics", "127.0.0.1:1", "correct horse", 404, ""},
	} {
		conf, err := configs.Load("", nil, []string{"serve.metrics=" + c.metrics, `serve.users=[{name: ana, password_hash: "` + string(hash) + `"}]`})
		if err != nil {
			t.Fatal(err)
		}
		pages, _, err := a.pages(db, conf)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "http://localhost"+c.path, nil)
		r.RemoteAddr = c.remote
		if c.password != "" {
			r.SetBasicAuth("ana", c.password)
		}
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		if w.Code != c.want || !strings.Contains(w.Body.String(), c.says) || c.want != 200 && strings.Contains(w.Body.String(), "creditwatch_") {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}

// TestLimiter: who asks too often is refused, and nobody else; the memory of clients has an end.
func TestLimiter(t *testing.T) {
	l := limiter{clients: map[string]*rate.Limiter{}}
	answered := 0
	for i := range 1000 {
		if l.allow(fmt.Sprintf("10.0.0.7:%d", i)) {
			answered++
		}
	}
	if answered < asksAtOnce || answered > 2*asksAtOnce {
		t.Errorf("%d of 1000 questions at once were answered", answered)
	}
	for i := range 2 * mostClients {
		if !l.allow(fmt.Sprintf("[2001:db8::%x]:1", i)) {
			t.Fatalf("client %d is refused", i)
		}
	}
	if len(l.clients) > mostClients {
		t.Errorf("%d clients are remembered", len(l.clients))
	}
}

// TestJSONAlone: with --log json every line on standard error is an object, the last words of the program and those of the HTTP
// server too.
func TestJSONAlone(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := Main([]string{"--log", "json", "--data", t.TempDir(), "--set", "serve.metrics=all", "--set", "currency=x", "validate"}, strings.NewReader(""), &out, &errOut); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	(serverLog{&app{log: "json", errOut: &errOut}}).Write([]byte("http: TLS handshake error\x1b[2J\n"))
	lines := strings.Split(strings.TrimSpace(errOut.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2:\n%s", len(lines), &errOut)
	}
	for i, want := range []struct{ level, has string }{{"error", "serve.metrics"}, {"warn", "TLS handshake error[2J"}} {
		var l struct{ Level, Message string }
		if err := json.Unmarshal([]byte(lines[i]), &l); err != nil || l.Level != want.level || !strings.Contains(l.Message, want.has) {
			t.Errorf("%v %s", err, lines[i])
		}
	}
}
