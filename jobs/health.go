package jobs

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/time/rate"

	"creditwatch/configs"
	"creditwatch/pipeline/warehouse"
)

// watchPages adds what machines ask: /healthz (the process lives), /readyz (the warehouse answers and has our schema) and /metrics.
// They stand outside the analysts' proxy and tell nothing of a customer. A client is answered ten times a second at most, so nobody
// can make the warehouse work by asking, nor take the answers away from others.
func (a *app) watchPages(mux *http.ServeMux, proxy *warehouse.Proxy, db *warehouse.DB, c configs.Config) {
	limit := limiter{clients: map[string]*rate.Limiter{}}
	page := func(pattern string, next http.Handler) {
		mux.Handle(pattern, proxy.HostOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !limit.allow(r.RemoteAddr) {
				w.Header().Set("Retry-After", "1")
				http.Error(w, "asked too often", http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(w, r)
		})))
	}
	page("GET /healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") }))
	page("GET /readyz", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if trouble := unready(r.Context(), db); trouble != "" {
			say(w, http.StatusServiceUnavailable, trouble)
			return
		}
		say(w, http.StatusOK, "ready")
	}))
	metrics := promhttp.HandlerFor(a.registry(db, c), promhttp.HandlerOpts{MaxRequestsInFlight: 4, DisableCompression: true})
	switch c.Serve.Metrics {
	case configs.MetricsEveryone:
		page("GET /metrics", metrics)
	case configs.MetricsUsers:
		page("GET /metrics", proxy.Guard(metrics))
	case configs.MetricsLocal:
		page("GET /metrics", localOnly(metrics))
	}
}

// A limiter counts by client address.
type limiter struct {
	mu      sync.Mutex
	clients map[string]*rate.Limiter
}

const (
	asksPerSecond = 10
	asksAtOnce    = 20
	mostClients   = 10000 // then all begin anew
)

func (l *limiter) allow(remote string) bool {
	client, _, err := net.SplitHostPort(remote)
	if err != nil {
		client = remote
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clients[client] == nil {
		if len(l.clients) >= mostClients {
			clear(l.clients)
		}
		l.clients[client] = rate.NewLimiter(asksPerSecond, asksAtOnce)
	}
	return l.clients[client].Allow()
}

func say(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(line + "\n")) //nolint:errcheck // the asker has gone
}

// unready says why people cannot be served just now; "" if they can. It waits for nothing: a question that the warehouse would answer
// after a restart is not answered now.
func unready(ctx context.Context, db *warehouse.DB) string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := db.Ping(ctx); err != nil {
		return "the warehouse does not answer"
	}
	pending, err := db.Pending(ctx, warehouse.Schema)
	switch {
	case err != nil:
		return "the schema is not this program's, or cannot be read"
	case len(pending) > 0:
		return "the schema is not up to date"
	}
	return ""
}

// localOnly lets the machine itself through. A request that a proxy passes on comes from the machine too, but says whom it is for.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		ip := net.ParseIP(host)
		passedOn := false
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
			passedOn = passedOn || r.Header.Get(name) != ""
		}
		if err != nil || ip == nil || !ip.IsLoopback() || passedOn {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
