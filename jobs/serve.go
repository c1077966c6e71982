package jobs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/report"
	"creditwatch/pipeline/warehouse"
)

func serveCommand(a *app) *cobra.Command {
	var listen string
	var withSchedule bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "show the reports, and let analysts query ClickHouse read-only",
		Long: "Serve two things until stopped: the reports at /reports/, and at / the HTTP interface of ClickHouse for the analysts of\n" +
			"serve.users, who sign in by name and password and may only read the views. DBeaver, Metabase, Grafana, pandas and curl work;\n" +
			"clickhouse-client does not. With --schedule the nights run in the same process.",
		Example: "  creditwatch serve &\n  curl -u ana 'http://127.0.0.1:8080/?query=SELECT+*+FROM+latest_scores+LIMIT+5+FORMAT+PrettyCompact'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			c, err := a.load()
			if err != nil {
				return err
			}
			if listen != "" {
				c.Serve.Listen = listen
			}
			db, err := a.open(cmd.Context(), c)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			return a.serve(cmd.Context(), db, c, withSchedule)
		},
	}
	c.Flags().StringVar(&listen, "listen", "", "address (default: serve.listen of the configuration)")
	c.Flags().BoolVar(&withSchedule, "schedule", false, "run the nights too")
	return c
}

func (a *app) serve(ctx context.Context, db *warehouse.DB, c configs.Config, withSchedule bool) error {
	host, _, err := net.SplitHostPort(c.Serve.Listen)
	if err != nil {
		return usage("serve.listen %q: want host:port", c.Serve.Listen)
	}
	if ip := net.ParseIP(host); (ip == nil || !ip.IsLoopback()) && host != "localhost" && len(c.Serve.Users) == 0 {
		return usage("serve.listen %s is reachable from outside: name analysts with passwords in serve.users first", c.Serve.Listen)
	}
	if err := db.Mask(ctx); err != nil {
		return err
	}
	handler, proxy, err := a.pages(db, c)
	if err != nil {
		return err
	}
	secure, err := certificate(c.Serve)
	if err != nil {
		return err
	}
	if err := pipeline.RestoreReports(ctx, db, a.reports()); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Serve.Listen)
	if err != nil {
		return usage("serve.listen: %w", err)
	}
	server := &http.Server{Handler: handler, MaxHeaderBytes: warehouse.MaxProxyHeader, TLSConfig: secure, ErrorLog: log.New(serverLog{a}, "", 0), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	scheme, serve := "http", func() error { return server.Serve(listener) }
	if secure != nil {
		scheme, serve = "https", func() error { return server.ServeTLS(listener, "", "") }
	}
	a.tell(zerolog.InfoLevel, fmt.Sprintf("reports    %s://%s/reports/", scheme, listener.Addr()))
	a.tell(zerolog.InfoLevel, fmt.Sprintf("ClickHouse %s://%s/  (HTTP interface, read-only; %d users)", scheme, listener.Addr(), len(c.Serve.Users)))
	opened := pipeline.Act{At: a.clock(), What: pipeline.ActServe, Object: listener.Addr().String(), Details: map[string]string{"settings": c.Serve.Hash(), "users": strconv.Itoa(len(c.Serve.Users))}}
	if _, err := pipeline.Audit(ctx, db, opened); err != nil {
		return errors.Join(err, listener.Close())
	}
	recorded := make(chan struct{})
	recording, stop := context.WithCancel(ctx)
	go func() { a.recordUses(recording, db, proxy); close(recorded) }()
	failed := make(chan error, 2)
	go func() { failed <- serve() }()
	if withSchedule {
		go func() { failed <- a.schedule(ctx, db, c) }()
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err = errors.Join(err, server.Shutdown(end))
	stop()
	<-recorded
	return err
}

// usesEvery is how often what analysts did is written to the audit log.
const usesEvery = 15 * time.Minute

// recordUses writes to the audit log how often each analyst asked and was refused, until ctx ends.
func (a *app) recordUses(ctx context.Context, db *warehouse.DB, proxy *warehouse.Proxy) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	since := a.clock()
	for {
		over := false
		select {
		case <-ctx.Done():
			over = true
		case <-tick.C:
		}
		now, day := a.clock(), since.UTC().Format(time.DateOnly)
		if !over && now.Sub(since) < usesEvery && now.UTC().Format(time.DateOnly) == day {
			continue
		}
		since = now
		if acts := actsOf(proxy.Uses(), day, now); len(acts) > 0 {
			writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
			if _, err := pipeline.Audit(writing, db, acts...); err != nil {
				a.tell(zerolog.WarnLevel, err.Error())
			}
			cancel()
		}
		if over {
			return
		}
	}
}

// actsOf makes acts of what analysts did on a day.
func actsOf(uses []warehouse.Use, day string, at time.Time) (acts []pipeline.Act) {
	for _, u := range uses {
		who := "proxy user " + u.User
		if u.User == "" {
			who = "proxy users that do not exist"
		}
		if u.Queries > 0 {
			acts = append(acts, pipeline.Act{At: at, Actor: who, What: pipeline.ActQuery, Object: day, Details: map[string]string{"queries": strconv.Itoa(u.Queries)}})
		}
		if u.Refused > 0 {
			acts = append(acts, pipeline.Act{At: at, Actor: who, What: pipeline.ActSignIn, Object: day, Details: map[string]string{"refused": strconv.Itoa(u.Refused)}})
		}
	}
	return acts
}

// A serverLog takes what the HTTP server says of connections that went wrong.
type serverLog struct{ a *app }

func (s serverLog) Write(line []byte) (int, error) {
	s.a.tell(zerolog.WarnLevel, strings.TrimSpace(string(line)))
	return len(line), nil
}

// pages routes: the reports for everybody who may reach the address, the rest to the analysts' proxy.
func (a *app) pages(db *warehouse.DB, c configs.Config) (http.Handler, *warehouse.Proxy, error) {
	var users []warehouse.ProxyUser
	for _, u := range c.Serve.Users {
		users = append(users, warehouse.ProxyUser{Name: u.Name, Hash: u.PasswordHash, Full: u.Names == configs.NamesFull})
	}
	proxy, err := warehouse.NewProxy(db, users, c.Serve.Hosts...)
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", proxy)
	pages := http.NewServeMux()
	pages.HandleFunc("GET /reports/{$}", func(w http.ResponseWriter, r *http.Request) { a.index(w, r, db) })
	pages.HandleFunc("GET /reports/{file}", a.reportFile)
	if len(users) > 0 {
		mux.Handle("/reports/", proxy.GuardNames(pages)) // the same names and passwords
	} else {
		mux.Handle("/reports/", proxy.HostOnly(pages)) // loopback only, see serve
	}
	a.watchPages(mux, proxy, db, c)
	return hardened(mux, c.Serve.TLSCert != ""), proxy, nil
}

// pagePolicy lets a page bring its own style and pictures, and nothing else: no script, no request, no form, no frame around it.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// hardened tells browsers what no answer of ours ever needs.
func hardened(next http.Handler, secure bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // customers' data stays out of shared caches
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// certificate returns how to speak HTTPS, or nil for plain HTTP. The files are read anew when they change, so a renewed
// certificate needs no restart; one that cannot be read leaves the last good one in place.
func certificate(s configs.Serve) (*tls.Config, error) {
	if s.TLSCert == "" {
		return nil, nil
	}
	var (
		mu      sync.Mutex
		current *tls.Certificate
		of      [2]time.Time
	)
	load := func() (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		var changed [2]time.Time
		for i, path := range []string{s.TLSCert, s.TLSKey} {
			if info, err := os.Stat(path); err == nil {
				changed[i] = info.ModTime()
			}
		}
		if current != nil && changed == of {
			return current, nil
		}
		pair, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
		if err == nil {
			current, of = &pair, changed
		}
		if current != nil {
			return current, nil
		}
		return nil, usage("serve.tls_cert, serve.tls_key: %w", err)
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return load() }}, nil
}

func (a *app) index(w http.ResponseWriter, r *http.Request, db *warehouse.DB) {
	nights, err := report.Nights(r.Context(), db)
	if err != nil {
		http.Error(w, "the database does not answer; try again in a moment", http.StatusServiceUnavailable)
		return
	}
	lang := report.Lang("en")
	if r.URL.Query().Get("lang") == "zh" || r.URL.Query().Get("lang") == "" && strings.HasPrefix(r.Header.Get("Accept-Language"), "zh") {
		lang = "zh"
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := report.Index(w, nights, lang); err != nil {
		return // the reader has gone
	}
}

var reportName = regexp.MustCompile(`^creditwatch-\d{4}-\d{2}-\d{2}-(en|zh)\.html$`)

func (a *app) reportFile(w http.ResponseWriter, r *http.Request) {
	file := r.PathValue("file")
	if !reportName.MatchString(file) {
		http.NotFound(w, r)
		return
	}
	root, err := os.OpenRoot(a.reports())
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer root.Close()
	http.ServeFileFS(w, r, root.FS(), file)
}
