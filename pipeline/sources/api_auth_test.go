package sources

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// canaries are the secrets of these tests: none may be seen anywhere.
var canaries = []string{"canary-id+1", "canary/secret=2", "canary refresh 3", "canary-code\"4", "canary-access-5", "canary-access-6", "canary-corp-7", "canary-user-8"}

func setCanaries(t *testing.T) {
	t.Setenv("TEST_API_ID", canaries[0])
	t.Setenv("TEST_API_SECRET", canaries[1])
	t.Setenv("TEST_API_REFRESH", canaries[2])
	t.Setenv("TEST_API_USER", canaries[7])
}

func oauthLogin(server *httptest.Server) Login {
	return Login{Kind: "oauth2", URL: server.URL + "/token", ID: "env:TEST_API_ID", Secret: "env:TEST_API_SECRET", RefreshToken: "env:TEST_API_REFRESH"}
}

func TestOAuthRefreshesOnce(t *testing.T) {
	setCanaries(t)
	logins, calls := 0, 0
	good := canaries[4]
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		logins++
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		if r.FormValue("grant_type") != "refresh_token" || r.FormValue("client_id") != canaries[0] || r.FormValue("client_secret") != canaries[1] || r.FormValue("refresh_token") != canaries[2] {
			fmt.Fprint(w, `{"error":"invalid_code"}`) // Zoho says so with 200
			return
		}
		fmt.Fprintf(w, `{"access_token":%q,"api_domain":"https://www.zohoapis.com","token_type":"Bearer","expires_in":3600}`, []string{"", canaries[4], canaries[5]}[min(logins, 2)])
	})
	mux.HandleFunc("/records", func(w http.ResponseWriter, r *http.Request) {
		calls++
		if calls == 2 { // the first token is over after one page
			good = canaries[5]
		}
		if r.Header.Get("Authorization") != "Zoho-oauthtoken "+good {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"code":"INVALID_TOKEN","details":{},"message":"invalid oauth token","status":"error"}`)
			return
		}
		fmt.Fprintf(w, `{"data":%s}`, numbers(0, 3, 3))
	})
	mux.HandleFunc("/closed", func(w http.ResponseWriter, r *http.Request) {
		calls++
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"code":"INVALID_TOKEN","message":"invalid oauth token %s"}`, r.Header.Get("Authorization"))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	a := API{Headers: map[string]string{"Authorization": "Zoho-oauthtoken ${access}"}, Records: "data", Login: oauthLogin(server), Errors: Errors{Code: "code", Message: "message"}}
	p := &pull{}
	defer p.closeSpools()
	for i := range 2 { // two sources with one login, the second of which finds its token gone
		j := &job{pull: p, source: service(server, "/records", a)}
		if _, err := j.pullAPI(context.Background(), ""); err != nil {
			t.Fatalf("source %d: %v", i+1, err)
		}
	}
	if logins != 2 || calls != 3 {
		t.Errorf("%d logins and %d calls, want 2 and 3", logins, calls)
	}
	calls, logins = 0, 1
	_, _, err := asked(t, service(server, "/closed", a), "")
	if err == nil || kindOf(err) != ErrUnreachable || !strings.Contains(err.Error(), `login is refused: server answers 401 Unauthorized: "INVALID_TOKEN", "invalid oauth token Zoho-oauthtoken ***"`) {
		t.Errorf("error %v of a service that refuses every token", err)
	}
	if calls != 2 {
		t.Errorf("%d calls of a service that refuses every token, want 2", calls)
	}
	seesNoCanary(t, err)
	t.Setenv("TEST_API_REFRESH", "canary-other")
	if _, _, err = asked(t, service(server, "/records", a), ""); err == nil || !strings.Contains(err.Error(), `login is refused: the server answers 200 "invalid_code"`) {
		t.Errorf("error %v of a refresh token that is not good", err)
	}
	seesNoCanary(t, err)
	seen, err := PreviewOf([]Source{service(server, "/records", a)}, Night{Input: t.TempDir(), Zone: time.UTC})
	if err != nil || seen[0].Problem != "" || seen[0].SQL != "" || len(seen[0].Addresses) != 1 {
		t.Errorf("preview %+v, %v", seen, err)
	}
	os.Unsetenv("TEST_API_REFRESH")
	seen, err = PreviewOf([]Source{service(server, "/records", a)}, Night{Input: t.TempDir(), Zone: time.UTC})
	if err != nil || seen[0].Problem != "source crm: api.login.refresh_token: environment variable TEST_API_REFRESH is not set" {
		t.Errorf("preview %+v, %v of a secret that is not there", seen, err)
	}
	if _, _, err = asked(t, service(server, "/records", a), ""); kindOf(err) != ErrConfig || !strings.Contains(err.Error(), "api.login.refresh_token: environment variable TEST_API_REFRESH is not set") {
		t.Errorf("error %v of a secret that is not there", err)
	}
}

func seesNoCanary(t *testing.T, err error) {
	t.Helper()
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		if strings.Contains(text, "canary") {
			t.Errorf("a secret shows in %s", text)
		}
	}
}

func fxiaokeLogin(t *testing.T, server *httptest.Server) Login {
	code := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(code, []byte(canaries[3]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Login{Kind: "fxiaoke", URL: server.URL + "/cgi/corpAccessToken/get/V2", ID: "env:TEST_API_ID", Secret: "env:TEST_API_SECRET", PermanentCode: Secret("file:" + code), User: "env:TEST_API_USER"}
}

// corp answers as the open platform of 纷享销客 does: 200, and what it thinks in errorCode.
type corp struct {
	t      *testing.T
	logins int
	good   string // the token in force
}

func (c *corp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var ask map[string]any
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		c.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	if r.URL.Path == "/oauth2.0/token" {
		if ask["grantType"] != "app_secret" || len(r.FormValue("thirdTraceId")) != 36 {
			c.t.Errorf("%s is asked %v", r.URL, ask)
		}
		fmt.Fprintf(w, `{"errorCode":0,"errorMessage":"success","accessToken":%q,"ea":"590163","expiresIn":7200}`, canaries[5])
		return
	}
	if r.Header.Get("Authorization") != "" {
		if r.Header.Get("Authorization") != "Bearer "+canaries[5] || r.Header.Get("x-fs-ea") != "590163" || r.Header.Get("x-fs-userid") != canaries[7] {
			fmt.Fprint(w, `{"errorCode":20016,"errorMessage":"token invalid"}`)
			return
		}
		fmt.Fprintf(w, `{"errorCode":0,"data":{"dataList":%s}}`, numbers(0, 1, 1))
		return
	}
	if strings.HasPrefix(r.URL.Path, "/cgi/corpAccessToken") {
		if c.logins++; ask["appId"] != canaries[0] || ask["appSecret"] != canaries[1] || ask["permanentCode"] != canaries[3] {
			fmt.Fprint(w, `{"errorCode":10006,"errorMessage":"appSecret error","corpAccessToken":null}`)
			return
		}
		c.good = canaries[3+min(c.logins, 2)]
		fmt.Fprintf(w, `{"errorCode":0,"errorMessage":"success","corpAccessToken":%q,"corpId":%q,"expiresIn":7200}`, c.good, canaries[6])
		return
	}
	if ask["corpAccessToken"] != c.good || ask["corpId"] != canaries[6] || ask["currentOpenUserId"] != canaries[7] {
		fmt.Fprintf(w, `{"errorCode":20016,"errorMessage":"corpAccessToken %v invalid","traceId":"x"}`, ask["corpAccessToken"])
		return
	}
	fmt.Fprintf(w, `{"errorCode":0,"data":{"dataList":%s}}`, numbers(0, 1, 1))
}

func TestFxiaokeTokenIsRenewed(t *testing.T) {
	setCanaries(t)
	c := &corp{t: t}
	server := httptest.NewServer(c)
	defer server.Close()
	a := API{
		Method:  "POST",
		Body:    `{"corpAccessToken":"${access}","corpId":"${corp}","currentOpenUserId":"${user}","data":{"dataObjectApiName":"AccountObj"}}`,
		Query:   map[string]string{"thirdTraceId": "${trace}"},
		Records: "data.dataList",
		Errors:  Errors{Code: "errorCode", Good: []string{"0"}, Expired: []string{"20016"}, Message: "errorMessage"},
		Login:   fxiaokeLogin(t, server),
	}
	p := &pull{}
	defer p.closeSpools()
	j := &job{pull: p, source: service(server, "/cgi/crm/v2/data/query", a)}
	for i := range 3 {
		if i == 1 {
			c.good = "another" // the token is over
		}
		h, err := j.pullAPI(context.Background(), "")
		if err != nil || h.records != 1 {
			t.Fatalf("call %d: %v", i+1, err)
		}
	}
	if c.logins != 2 {
		t.Errorf("%d logins, want 2", c.logins)
	}
	headers := a
	headers.Login.URL = server.URL + "/oauth2.0/token"
	headers.Headers = map[string]string{"Authorization": "Bearer ${access}", "x-fs-ea": "${corp}", "x-fs-userid": "${user}"}
	headers.Body = `{"data":{"dataObjectApiName":"AccountObj"}}`
	if lines, _, err := asked(t, service(server, "/cgi/crm/v2/data/query", headers), ""); err != nil || len(lines) != 1 {
		t.Errorf("%q, %v of the login by header", lines, err)
	}
	t.Setenv("TEST_API_SECRET", "canary-wrong")
	_, _, err := asked(t, service(server, "/cgi/crm/v2/data/query", a), "")
	if err == nil || !strings.Contains(err.Error(), `login is refused: errorCode "10006", "appSecret error"`) {
		t.Fatalf("error %v of a wrong secret", err)
	}
	seesNoCanary(t, err)
}

// TestSecretsStayHidden goes through the whole pull: nothing that is kept or said holds a secret.
func TestSecretsStayHidden(t *testing.T) {
	setCanaries(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer"}`, canaries[4])
	})
	mux.HandleFunc("/records", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("key") != canaries[4] {
			t.Errorf("key is %q", r.FormValue("key"))
		}
		fmt.Fprint(w, `[{"id":"1","customer":"A","on":"2026-03-01","amount":1},{"id":"2","customer":"A","on":"no day","amount":1}]`)
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, r *http.Request) {
		hj, _ := w.(http.Hijacker)
		conn, _, _ := hj.Hijack()
		conn.Close()
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	a := API{Query: map[string]string{"key": "${access}"}, Login: oauthLogin(server), Within: time.Second}
	s := service(server, "/records", a)
	s.Select = map[string]string{"transaction_id": "id", "customer_id": "customer", "kind": "'order'", "occurred_on": "day(on)", "currency": "'EUR'"}
	b := newBook(t)
	c := b.pulled(b.night(1, "2026-03-05"), s)[0]
	wantCounts(t, c, 2, 1, 1, 0, 0)
	for _, table := range b.table("SELECT name FROM system.tables WHERE database = 'creditwatch' AND total_rows > 0") {
		for _, line := range b.table("SELECT toString(tuple(*)) FROM creditwatch." + table) {
			if strings.Contains(line, "canary") {
				t.Errorf("%s keeps a secret: %s", table, line)
			}
		}
	}
	if strings.Contains(fmt.Sprintf("%+v", c), "canary") {
		t.Errorf("the counts hold a secret: %+v", c)
	}
	broken := service(server, "/broken", a)
	_, err := Pull(context.Background(), b.db, []Source{broken}, b.night(2, "2026-03-06"))
	if !errors.Is(err, ErrUnreachable) {
		t.Errorf("error %v of a service that hangs up", err)
	}
	seesNoCanary(t, err)
	no := false
	broken.Required = &no
	c = b.pulled(b.night(3, "2026-03-07"), broken)[0]
	if len(c.Notes) == 0 || strings.Contains(strings.Join(c.Notes, "\n"), "canary") {
		t.Errorf("notes %q of a service that hangs up and is not required", c.Notes)
	}
}

func TestOtherLogins(t *testing.T) {
	setCanaries(t)
	var last http.Header
	form := map[string]string{}
	refresh := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			for _, k := range []string{"grant_type", "scope", "refresh_token"} {
				form[k] = r.FormValue(k)
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","refresh_token":%q}`, canaries[4], refresh)
			return
		}
		last = r.Header
		fmt.Fprint(w, `[{"n":0}]`)
	}))
	defer server.Close()
	ask := func(l Login) []string {
		t.Helper()
		j := &job{pull: &pull{}, source: service(server, "/", API{Headers: map[string]string{"Authorization": "X ${access}"}, Login: l})}
		defer j.closeSpools()
		if errs := j.source.Check(); len(errs) > 0 {
			t.Fatal(errors.Join(errs...))
		}
		if _, err := j.pullAPI(context.Background(), ""); err != nil {
			t.Fatal(err)
		}
		return j.counts.Notes
	}
	ask(Login{Kind: "basic", ID: "env:TEST_API_ID", Secret: "env:TEST_API_SECRET"})
	if got, want := last.Get("Authorization"), "X Y2FuYXJ5LWlkKzE6Y2FuYXJ5L3NlY3JldD0y"; got != want { // by base64(1)
		t.Errorf("basic: %s, want %s", got, want)
	}
	ask(Login{Kind: "oauth2", URL: server.URL + "/token", ID: "env:TEST_API_ID", Secret: "env:TEST_API_SECRET", Scopes: "a b"})
	if form["grant_type"] != "client_credentials" || form["scope"] != "a b" || last.Get("Authorization") != "X "+canaries[4] {
		t.Errorf("client credentials: asked %v, sent %s", form, last.Get("Authorization"))
	}
	refresh = canaries[5]
	notes := ask(oauthLogin(server))
	if len(notes) != 1 || !strings.Contains(notes[0], "has given another refresh token") || strings.Contains(notes[0], "canary") {
		t.Errorf("notes %q of a token that the service replaces", notes)
	}
}

func TestAPIConfiguration(t *testing.T) {
	good := func() Source {
		return Source{Name: "crm", Table: "transactions", Reader: "api", Path: Paths{"https://crm.example.com/v1/invoices"}, API: &API{
			Headers: map[string]string{"Authorization": "Bearer ${access}"}, Query: map[string]string{"page": "${page}", "since": "${since}"},
			Paging: Paging{Kind: "page"}, Since: Since{Field: "modified"},
			Login: Login{Kind: "oauth2", URL: "https://accounts.example.com/token", ID: "env:A", Secret: "env:B", RefreshToken: "file:/c"},
		}}
	}
	if errs := good().Check(); len(errs) > 0 {
		t.Fatal(errors.Join(errs...))
	}
	for _, c := range []struct {
		name, want string
		change     func(*Source)
	}{
		{"no api", "api: must say how the service is asked", func(s *Source) { s.API = nil }},
		{"api of a file", "api: is for reader: api", func(s *Source) { s.Reader = "file" }},
		{"without TLS", "path: must be an https address, or its host be in allow_hosts", func(s *Source) { s.Path[0] = "http://crm.example.com/v1" }},
		{"secret in the address", "path: must hold no secret", func(s *Source) { s.Path[0] += "?api_key=canary" }},
		{"password in the address", "without user and password", func(s *Source) { s.Path[0] = "https://u:canary@crm.example.com/" }},
		{"two addresses", "path: must be one address, got 2", func(s *Source) { s.Path = append(s.Path, s.Path[0]) }},
		{"a file", "path: must be an https address", func(s *Source) { s.Path[0] = "x.json" }},
		{"method", `api.method: must be GET or POST, got "PUT"`, func(s *Source) { s.API.Method = "PUT" }},
		{"body of a GET", "api.body: needs method: POST", func(s *Source) { s.API.Body = "{}" }},
		{"body that is no JSON", "api.body: must be JSON", func(s *Source) { s.API.Method, s.API.Body = "POST", `{"a": ${page}` }},
		{"unknown name", "api.query.x: ${pages} is not known; known here are page, offset", func(s *Source) { s.API.Query["x"] = "${pages}" }},
		{"corp of another login", "${corp} is not known", func(s *Source) { s.API.Query["x"] = "${corp}" }},
		{"open name", "a ${ is not closed", func(s *Source) { s.API.Query["x"] = "${page" }},
		{"paging that no request heeds", "api.paging.kind: page needs ${page}", func(s *Source) { delete(s.API.Query, "page") }},
		{"paging", "api.paging.kind: must be none, page, offset, token, after or link", func(s *Source) { s.API.Paging.Kind = "pages" }},
		{"token without a place", "api.paging.next: must say where", func(s *Source) { s.API.Paging.Kind = "token" }},
		{"size of no page", "api.paging.size: must be given", func(s *Source) { s.API.Query["x"] = "${size}" }},
		{"since that no request heeds", "api.since: needs both", func(s *Source) { delete(s.API.Query, "since") }},
		{"since of no field", "api.since: needs both", func(s *Source) { s.API.Since.Field = "" }},
		{"overlap", "api.since.overlap: must be 30m0s (api.within) or more", func(s *Source) { s.API.Since.Overlap = time.Minute }},
		{"secret in the file", "api.login.secret: must be env:NAME or file:PATH", func(s *Source) { s.API.Login.Secret = "canary" }},
		{"no secret", "api.login.id: is needed for oauth2", func(s *Source) { s.API.Login.ID = "" }},
		{"login without TLS", "api.login.url: must be an https address", func(s *Source) { s.API.Login.URL = "http://accounts.example.com/token" }},
		{"login that no request uses", "api.login: needs ${access}", func(s *Source) { s.API.Headers = nil }},
		{"secret in a header", "api.headers.Authorization: must hold no secret", func(s *Source) { s.API.Headers["Authorization"] = "Bearer canary" }},
		{"secret in a parameter", "api.query.apikey: must hold no secret", func(s *Source) { s.API.Query["apikey"] = "canary" }},
		{"format", "format: and encoding are for files", func(s *Source) { s.Encoding = "utf-8" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := good()
			c.change(&s)
			errs := s.Check()
			if !slices.ContainsFunc(errs, func(err error) bool { return strings.Contains(err.Error(), c.want) }) {
				t.Errorf("errors %v, want %s", errs, c.want)
			}
			for _, err := range errs {
				seesNoCanary(t, err)
			}
		})
	}
}
