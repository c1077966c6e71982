// Package warehouse is creditwatch's ClickHouse: a server by address, or an engine of its own on a data directory.
//
// A caller opens a [DB], brings its schema up to date with [DB.Migrate], and from then on speaks SQL with bound
// parameters and Arrow in both directions: [DB.Query] streams a result out, [DB.Insert] streams rows in, [DB.Exec]
// runs a statement, [Select] reads a small result into structs. Both directions hold one record batch in memory at
// a time, whatever the size of the table.
//
// What the server promises and what it does not decides how these methods retry:
//   - One block into one partition is stored whole or not at all. A longer insert is not atomic, so callers insert
//     under a run number of their own and make it visible with one later row.
//   - An insert with a token is stored once however often it is sent, on tables whose
//     non_replicated_deduplication_window is above 0. A token belongs to its rows for ever: the same token with other
//     rows, or after the rows were deleted, stores nothing.
//   - A Date outside 1970-01-01 to 2149-06-06 wraps silently. Callers hold dates from outside against
//     asof.Earliest and asof.Latest first, or use Date32.
package warehouse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"creditwatch/pipeline/warehouse/engine"
)

// Options say where the database is.
type Options struct {
	Dir         string // data directory of the embedded engine; used when Address is empty
	Address     string // of a server: http://host:8123, https://host:8443 or clickhouse://host:9000; user and /database may be part of it
	User        string // of the server; the embedded engine has its own
	Password    string
	Database    string // "creditwatch" if empty; made if it is not there
	MemoryBytes int64  // what the embedded engine may use; 0: 0.9 of the machine
	// Readable names the views that analysts may read in the embedded engine, every table if it is empty. It takes
	// effect when the engine starts, so every process that opens the directory should give the same.
	Readable []string
	// Reader is the server's own read-only user that the proxy puts in for analysts; without it there is no proxy.
	Reader, ReaderPassword string
	// MaskedReader is the same for analysts who are not to see names: it may read [DB.MaskedDatabase] alone.
	MaskedReader, MaskedPassword string
	Progress                     func(string) // hears about the fetch of the engine, a line per step; may be nil
}

// DB is an open warehouse. Its methods may be called from several goroutines.
type DB struct {
	wire     wire
	engine   *engine.Engine // nil with a server
	endpoint Endpoint
	database string
}

// An Endpoint is the HTTP interface of the database, for the analysts' proxy. It is internal: an embedded engine
// dies of malformed requests and must be reached by nothing else.
type Endpoint struct {
	URL      string // without credentials; for an embedded engine the host is a stand-in that Dial resolves
	User     string // who may only read; empty for a server without a Reader
	Password string

	MaskedUser, MaskedPassword string // who may read masked views alone; empty for a server without a MaskedReader

	Dial func(ctx context.Context, network, addr string) (net.Conn, error) // nil with a server
}

// Open connects to the server that o.Address names, or starts the embedded engine on o.Dir, or joins it when another
// process already runs it there. It returns an error that is [ErrUnreachable] when no database answers.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Database == "" {
		o.Database = "creditwatch"
	}
	if !plainName.MatchString(o.Database) {
		return nil, fmt.Errorf("database %q: want a plain name of letters, digits and _", o.Database)
	}
	if o.Address == "" {
		return openEmbedded(ctx, o)
	}
	return openServer(ctx, o)
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// engineHost stands for the embedded engine in URLs; its connections are dialled by the supervisor, which knows the
// port of the moment.
const engineHost = "127.0.0.1:8123"

func openEmbedded(ctx context.Context, o Options) (*DB, error) {
	if o.Dir == "" {
		return nil, errors.New("warehouse: want a data directory or a server address")
	}
	reads := []string{o.Database + ".*"}
	if len(o.Readable) > 0 {
		reads = nil
		for _, view := range o.Readable {
			if !plainName.MatchString(view) {
				return nil, fmt.Errorf("readable view %q: want a plain name of letters, digits and _", view)
			}
			reads = append(reads, o.Database+"."+view)
		}
	}
	eng, err := engine.Open(ctx, engine.Options{Dir: o.Dir, MemoryBytes: o.MemoryBytes, AnalystReads: reads, MaskedReads: []string{o.Database + maskedSuffix + ".*"}, Progress: o.Progress})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return eng.Dial(ctx) }
	db, err := connect(ctx, o, &clickhouse.Options{
		Protocol: clickhouse.HTTP,
		Addr:     []string{engineHost},
		Auth:     clickhouse.Auth{Username: engine.Owner, Password: eng.Password(engine.Owner)},
		TransportFunc: func(t *http.Transport) (http.RoundTripper, error) {
			t.Proxy = nil // the environment's is for the outside
			t.DialContext = dial
			return t, nil
		},
	})
	if err != nil {
		return nil, errors.Join(err, eng.Close())
	}
	db.engine = eng
	db.endpoint = Endpoint{URL: "http://" + engineHost, User: engine.Analyst, Password: eng.Password(engine.Analyst), MaskedUser: engine.Masked, MaskedPassword: eng.Password(engine.Masked), Dial: dial}
	return db, nil
}

func openServer(ctx context.Context, o Options) (*DB, error) {
	u, err := url.Parse(o.Address)
	if err != nil || u.Host == "" {
		return nil, errors.New("warehouse address: want http://host:8123, https://host:8443 or clickhouse://host:9000") // not the address: it may hold a password
	}
	switch u.Scheme {
	case "http", "https", "clickhouse":
	default:
		return nil, fmt.Errorf("warehouse address: scheme %q: want http, https or clickhouse", u.Scheme)
	}
	if path := strings.Trim(u.Path, "/"); path != "" {
		if !plainName.MatchString(path) {
			return nil, fmt.Errorf("warehouse address: database %q: want a plain name of letters, digits and _", path)
		}
		o.Database, u.Path = path, ""
	}
	opts, err := clickhouse.ParseDSN(u.String())
	if err != nil {
		return nil, fmt.Errorf("warehouse address: %w", err)
	}
	if o.User != "" {
		opts.Auth.Username, opts.Auth.Password = o.User, o.Password
	}
	db, err := connect(ctx, o, opts)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "clickhouse" {
		return db, nil // the native port; analysts' tools want HTTP
	}
	db.endpoint = Endpoint{URL: u.Scheme + "://" + u.Host, User: o.Reader, Password: o.ReaderPassword, MaskedUser: o.MaskedReader, MaskedPassword: o.MaskedPassword}
	return db, nil
}

// connect makes the database and opens the pool on it.
func connect(ctx context.Context, o Options, opts *clickhouse.Options) (*DB, error) {
	opts.Settings = clickhouse.Settings{"session_timezone": "UTC"}
	opts.DialTimeout = 10 * time.Second
	opts.MaxOpenConns, opts.MaxIdleConns = 32, 8
	first, err := dialWire(opts)
	if err != nil {
		return nil, err
	}
	defer first.Close()
	db := &DB{wire: first, database: o.Database}
	if err := db.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+o.Database, nil); err != nil {
		return nil, fmt.Errorf("database %s: %w", o.Database, err)
	}
	onto := *opts
	onto.Auth.Database = o.Database
	if db.wire, err = dialWire(&onto); err != nil {
		return nil, err
	}
	return db, nil
}

func dialWire(opts *clickhouse.Options) (wire, error) {
	conn, err := clickhouse.Open(opts)
	if err != nil {
		return nil, err
	}
	if opts.Protocol == clickhouse.HTTP {
		return httpWire{conn}, nil
	}
	return nativeWire{conn}, nil
}

// Close ends the connections, and the embedded engine if this process runs it.
func (db *DB) Close() error {
	err := db.wire.Close()
	if db.engine != nil {
		err = errors.Join(err, db.engine.Close())
	}
	return err
}

// Ping asks once whether the database answers, for a readiness page; statements wait for it by themselves.
func (db *DB) Ping(ctx context.Context) error {
	attempt, _ := call(ctx, nil, nil)
	if err := db.wire.exec(attempt, "SELECT 1 FORMAT Null"); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return nil
}

// Endpoint returns where and as whom the analysts' proxy reaches the database.
func (db *DB) Endpoint() Endpoint { return db.endpoint }

// Restarts counts how often the embedded engine died and was started again; 0 for a server.
func (db *DB) Restarts() int {
	if db.engine == nil {
		return 0
	}
	return db.engine.Restarts()
}

// RunEngine is the engine's own process: the hidden command `creditwatch engine …` passes its arguments to it and exits
// with what it returns.
func RunEngine(args []string) int { return engine.RunChild(args) }

// MaybeEngine turns this process into the engine, and never returns, when it was started as one; main and every
// TestMain whose tests open an embedded warehouse call it first.
func MaybeEngine() { engine.MaybeChild() }
