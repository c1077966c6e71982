package warehouse

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// ProxyUser is a person who may query the warehouse through the proxy.
type ProxyUser struct {
	Name string
	Hash string // bcrypt, of the password
	Full bool   // may see names of persons, reports and rows as they came
}

// Limits of one request to the proxy. MaxProxyHeader is for http.Server's MaxHeaderBytes, which alone can refuse a
// header before it is read.
const (
	MaxProxyHeader = 64 << 10
	maxProxyBody   = 1 << 20
)

// NewProxy returns the only door for people: it signs them in, lets well-formed read-only requests through to the HTTP
// interface as the database's read-only user, and keeps everything else out. An embedded engine dies of a malformed
// request, so a body is read whole before the first byte goes on. hosts are the names, beyond localhost and plain
// addresses, under which browsers may call it; any other Host is a rebinding attack.
//
// DBeaver, Metabase, Grafana (HTTP), pandas, curl and the drivers that speak HTTP work through it; clickhouse-client
// does not.
func NewProxy(db *DB, users []ProxyUser, hosts ...string) (*Proxy, error) {
	ep := db.Endpoint()
	if ep.User == "" {
		return nil, errors.New("proxy: the server needs a read-only user of its own for analysts (warehouse.reader)")
	}
	target, err := url.Parse(ep.URL)
	if err != nil {
		return nil, err
	}
	p := &Proxy{db: db, hashes: map[string][]byte{}, full: map[string]bool{}, hosts: map[string]bool{"localhost": true}, known: map[[32]byte]bool{}, running: map[string]int{}, uses: map[string]Use{}}
	if _, err := rand.Read(p.key[:]); err != nil {
		return nil, err
	}
	cost := bcrypt.DefaultCost
	for _, u := range users {
		c, err := bcrypt.Cost([]byte(u.Hash))
		if err != nil || u.Name == "" {
			return nil, fmt.Errorf("proxy user %q: want a name and a bcrypt hash", u.Name)
		}
		if !u.Full && ep.MaskedUser == "" {
			return nil, fmt.Errorf("proxy user %q: the server needs a read-only user for analysts who are not to see names (warehouse.masked_reader), or the user names: full", u.Name)
		}
		p.full[u.Name] = u.Full
		p.hashes[u.Name], cost = []byte(u.Hash), max(cost, c)
	}
	if p.nobody, err = bcrypt.GenerateFromPassword([]byte(rand.Text()), cost); err != nil {
		return nil, err
	}
	for _, h := range hosts {
		p.hosts[strings.ToLower(h)] = true
	}
	transport := &http.Transport{DialContext: ep.Dial, MaxIdleConns: 16, IdleConnTimeout: 20 * time.Second} // the engine's own keep-alive is 30 s
	if ep.Dial == nil {
		transport.Proxy = http.ProxyFromEnvironment
	}
	p.forward = &httputil.ReverseProxy{
		Transport: transport,
		ErrorLog:  log.New(io.Discard, "", 0), // an analyst who hangs up is no news
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = target.Host
			in := r.In.Header
			r.Out.Header = http.Header{}
			for _, name := range []string{"Accept", "Accept-Encoding", "User-Agent"} {
				if v := in.Values(name); len(v) > 0 {
					r.Out.Header[name] = v
				}
			}
			if r.In.Context().Value(maskedKey{}) != nil {
				r.Out.SetBasicAuth(ep.MaskedUser, ep.MaskedPassword)
			} else {
				r.Out.SetBasicAuth(ep.User, ep.Password)
			}
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "the database does not answer; try again in a moment", http.StatusBadGateway)
		},
	}
	return p, nil
}

// A Proxy is the door for people; see [NewProxy].
type Proxy struct {
	db      *DB
	forward *httputil.ReverseProxy
	hashes  map[string][]byte
	full    map[string]bool // users who may see names
	nobody  []byte          // compared for unknown names, so that they take as long
	hosts   map[string]bool
	key     [32]byte

	judging sync.Mutex

	mu       sync.Mutex
	known    map[[32]byte]bool // passwords that were right, under our key: bcrypt is too slow for every request
	failures map[string]int    // by client address, since the minute began
	running  map[string]int    // queries of each user
	uses     map[string]Use    // since they were last asked for
	minute   time.Time
}

// ServeHTTP signs in, checks and passes on one request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !p.hostAllowed(r.Host):
		http.Error(w, "unknown host", http.StatusMisdirectedRequest)
		return
	case r.URL.Path != "/" && r.URL.Path != "/ping":
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "want GET or POST", http.StatusMethodNotAllowed)
		return
	case r.Header.Get("Content-Encoding") != "":
		http.Error(w, "want the query as plain text", http.StatusUnsupportedMediaType)
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		http.Error(w, "malformed query string", http.StatusBadRequest)
		return
	}
	if r.URL.Path == "/ping" {
		p.pass(w, r, url.Values{}, nil, true)
		return
	}
	user, status := p.signIn(r, query)
	if status != http.StatusOK {
		refuse(w, status)
		return
	}
	allowed, err := allow(query)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxProxyBody))
	if err != nil {
		status := http.StatusBadRequest
		if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "the body is broken or longer than 1 MB", status)
		return
	}
	sql := allowed.Get("query")
	if sql != "" {
		sql += "\n"
	}
	if err := readsOnly(sql + string(body)); err != nil { // the database, too, takes the two as one
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	leave, ok := p.enter(user)
	if !ok {
		http.Error(w, fmt.Sprintf("%d of your queries are running; wait for one to end", maxQueries), http.StatusTooManyRequests)
		return
	}
	defer leave()
	p.pass(w, r, allowed, body, p.full[user])
}

// maskedKey marks the context of a request that goes on as the user who sees no names.
type maskedKey struct{}

// maxQueries is how many queries of one user may run at a time; the database has room for twice as many of all.
const maxQueries = 8

// enter takes a place for a query of the user, if he has one left; the function that it returns gives the place back.
func (p *Proxy) enter(user string) (leave func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running[user] >= maxQueries {
		return nil, false
	}
	p.running[user]++
	use := p.uses[user]
	use.Queries++
	p.uses[user] = use
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.running[user]--
	}, true
}

// pass sends the request on under a query id of ours, and ends the query on the server if the client goes away.
func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, query url.Values, body []byte, full bool) {
	ctx := r.Context()
	if !full {
		ctx = context.WithValue(ctx, maskedKey{}, true)
	}
	out := r.Clone(ctx)
	if r.URL.Path == "/" {
		switch database := query.Get("database"); {
		case full && database == "":
			query.Set("database", p.db.database)
		case !full && (database == "" || database == p.db.database): // views have the same names there
			query.Set("database", p.db.MaskedDatabase())
		}
		id := rand.Text()
		query.Set("query_id", id)
		defer func() {
			if r.Context().Err() != nil {
				p.db.kill(context.WithoutCancel(r.Context()), id) //nolint:errcheck // its own time limit ends it too
			}
		}()
	}
	out.URL.RawQuery = query.Encode()
	out.Body, out.ContentLength, out.TransferEncoding = http.NoBody, 0, nil
	if len(body) > 0 {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	p.forward.ServeHTTP(w, out)
}

func (p *Proxy) hostAllowed(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	return p.hosts[host] || net.ParseIP(host) != nil
}

// Query parameters that pass, and those of common drivers that are dropped without a word because nothing depends on
// them or because they would let one analyst touch another's session or query. All others are refused.
var (
	passed = map[string]bool{
		"query": true, "database": true, "default_format": true, "max_execution_time": true,
		"wait_end_of_query": true, "compress": true, "client_protocol_version": true,
	}
	dropped = map[string]bool{
		"user": true, "password": true, "query_id": true, "session_id": true, "session_timeout": true, "session_check": true,
		"quota_key": true, "readonly": true, "buffer_size": true, "enable_http_compression": true,
		"send_progress_in_http_headers": true, "http_headers_progress_interval_ms": true, "add_http_cors_header": true,
		"max_result_rows": true, "max_result_bytes": true, "result_overflow_mode": true, "extremes": true,
		"cancel_http_readonly_queries_on_client_close": true, "http_write_exception_in_output_format": true,
	}
)

func allow(query url.Values) (url.Values, error) {
	out := url.Values{}
	for name, values := range query {
		switch {
		case dropped[name]:
		case len(values) != 1:
			return nil, fmt.Errorf("parameter %q is given twice", name)
		case passed[name], strings.HasPrefix(name, "param_"):
			out.Set(name, values[0])
		default:
			return nil, fmt.Errorf("parameter %q is not allowed here", name)
		}
	}
	return out, nil
}

// maxFailures is how many wrong passwords a minute a client address has.
const maxFailures = 20

// refuse answers who is not signed in.
func refuse(w http.ResponseWriter, status int) {
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="creditwatch"`)
	}
	http.Error(w, http.StatusText(status), status)
}

// signIn checks the credentials wherever ClickHouse's own interface takes them, and returns whose they are.
func (p *Proxy) signIn(r *http.Request, query url.Values) (user string, status int) {
	name, password, ok := r.BasicAuth()
	switch {
	case r.Header.Get("X-ClickHouse-User") != "":
		name, password = r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	case ok:
	default:
		name, password = query.Get("user"), query.Get("password")
	}
	mac := hmac.New(sha256.New, p.key[:])
	fmt.Fprintf(mac, "%d %s %s", len(name), name, password)
	sum := [32]byte(mac.Sum(nil))
	client := clientOf(r.RemoteAddr)

	if name == "" {
		return "", http.StatusUnauthorized // a browser's first request; no guess
	}
	if status := p.recall(sum, client); status != 0 {
		return name, status
	}
	p.judging.Lock() // one bcrypt at a time: guessing must not take the machine away from the night
	defer p.judging.Unlock()
	hash, exists := p.hashes[name]
	if !exists {
		hash = p.nobody
	}
	right := bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil && exists
	p.mu.Lock()
	defer p.mu.Unlock()
	if !right {
		p.failures[client]++
		if !exists {
			name = "" // what is typed for a name may be a password
		}
		use := p.uses[name]
		use.Refused++
		p.uses[name] = use
		return name, http.StatusUnauthorized
	}
	p.known[sum] = true
	return name, http.StatusOK
}

// clientOf is the address whose guesses are counted together: of IPv6 the network of a household, which has addresses without number.
func clientOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// recall answers without bcrypt for a password that was right before and for a client that guesses; else it returns 0.
func (p *Proxy) recall(sum [32]byte, client string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.minute) > time.Minute {
		p.minute, p.failures = now, map[string]int{}
	}
	switch {
	case p.known[sum]:
		return http.StatusOK
	case p.failures[client] >= maxFailures:
		return http.StatusTooManyRequests
	}
	return 0
}

// A Use is what one user did at the proxy.
type Use struct {
	User    string // empty: names that do not exist
	Queries int
	Refused int // wrong passwords
}

// Uses returns what was done since it was last called, by user.
func (p *Proxy) Uses() []Use {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []Use
	for name, u := range p.uses {
		u.User = name
		list = append(list, u)
	}
	p.uses = map[string]Use{}
	slices.SortFunc(list, func(a, b Use) int { return strings.Compare(a.User, b.User) })
	return list
}

// GuardNames is Guard for pages that name persons.
func (p *Proxy) GuardNames(next http.Handler) http.Handler {
	return p.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, _ := p.signIn(r, url.Values{}); !p.full[user] {
			http.Error(w, "this page shows names; they are for users with names: full", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// Guard lets through to next only those who could sign in to the proxy.
func (p *Proxy) Guard(next http.Handler) http.Handler {
	return p.HostOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, status := p.signIn(r, url.Values{}); status != http.StatusOK {
			refuse(w, status)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// HostOnly refuses requests under a Host that is not the proxy's own: a rebinding attack.
func (p *Proxy) HostOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.hostAllowed(r.Host) {
			http.Error(w, "unknown host", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
