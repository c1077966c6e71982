package warehouse

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// readSettings are in force for every statement that yields rows.
var readSettings = clickhouse.Settings{
	"join_use_nulls":                         1, // a customer without an invoice has no amount, rather than 0
	"output_format_arrow_string_as_string":   1,
	"output_format_arrow_compression_method": "none",
	"output_format_arrow_date_as_uint16":     0,
}

// call returns a context that carries the settings, the bound parameters and a new query id.
func call(ctx context.Context, settings clickhouse.Settings, params clickhouse.Parameters) (context.Context, string) {
	id := rand.Text()
	own := make(clickhouse.Settings, len(settings)+2) // the driver writes its own into it
	for k, v := range settings {
		own[k] = v
	}
	opts := []clickhouse.QueryOption{clickhouse.WithQueryID(id), clickhouse.WithSettings(own)}
	if len(params) > 0 {
		opts = append(opts, clickhouse.WithParameters(params))
	}
	return clickhouse.Context(ctx, opts...), id
}

// kill ends a statement on the server, which over HTTP goes on when its client has gone, and waits until it has
// ended. It works when the caller's context is over.
func (db *DB) kill(ctx context.Context, queryID string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	ctx, _ = call(ctx, nil, clickhouse.Parameters{"id": queryID})
	return db.wire.exec(ctx, "KILL QUERY WHERE query_id = {id:String} SYNC FORMAT Null")
}

// Exec runs a statement that yields no rows. When the database goes away in the middle, the statement is sent again
// only if doing it twice is doing it once: see [WithToken] for INSERT … SELECT. A RENAME, an EXCHANGE, a CREATE
// without IF NOT EXISTS, an ALTER … UPDATE and an INSERT without a token are never repeated.
func (db *DB) Exec(ctx context.Context, sql string, params map[string]any) error {
	bound, err := bind(params)
	if err != nil {
		return err
	}
	settings := clickhouse.Settings{"async_insert": 0, "join_use_nulls": 1}
	if _, ok := db.wire.(httpWire); ok {
		settings["wait_end_of_query"] = 1 // else a late failure comes after the status that says all is well
	}
	token, _ := ctx.Value(tokenKey{}).(string)
	if token != "" {
		settings["insert_deduplicate"] = 1
		settings["insert_deduplication_token"] = token
	}
	last := ""
	return retry(ctx, repeatable(sql, token != ""), func() error {
		if last != "" {
			if err := db.kill(ctx, last); err != nil {
				return err
			}
		}
		attempt, id := call(ctx, settings, bound)
		last = id
		err := db.wire.exec(attempt, withoutViews(sql))
		if err != nil && ctx.Err() != nil {
			err = errors.Join(err, db.kill(ctx, id))
		}
		return err
	})
}

type tokenKey struct{}

// WithToken names the INSERT … SELECT statements that Exec runs with this context: each is stored once however often
// it is sent, so it may be sent again.
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

var (
	leading   = regexp.MustCompile(`(?s)^(?:\s+|--[^\n]*\n|/\*.*?\*/)*`)
	harmless  = regexp.MustCompile(`(?is)^(?:SELECT|WITH|SHOW|DESCRIBE|EXISTS|TRUNCATE|OPTIMIZE|SYSTEM|KILL|SET|CREATE\s+OR\s+REPLACE|CREATE\b.*\bIF\s+NOT\s+EXISTS|DROP\b.*\bIF\s+EXISTS|ALTER)\b`)
	insertion = regexp.MustCompile(`(?is)^INSERT\b`)
	updating  = regexp.MustCompile(`(?is)^ALTER\b.*\bUPDATE\b`)
)

// repeatable reports whether carrying out sql twice leaves what carrying it out once leaves.
func repeatable(sql string, token bool) bool {
	sql = statement(sql)
	if insertion.MatchString(sql) {
		return token
	}
	return harmless.MatchString(sql) && !updating.MatchString(sql)
}

// Query streams the rows of a SELECT as Arrow record batches. The caller releases the reader, and before it relies on
// what it has read it asks Err: a query may fail after its first rows. Until the first of its bytes are there (over
// HTTP 256 kB, or all) the query is sent again when the database goes away; after that the failure is in Err. Releasing the reader early, or the end
// of ctx, ends the query on the server.
func (db *DB) Query(ctx context.Context, sql string, params map[string]any) (array.RecordReader, error) {
	bound, err := bind(params)
	if err != nil {
		return nil, err
	}
	var r *reader
	last := ""
	err = retry(ctx, true, func() error {
		if last != "" {
			if err := db.kill(ctx, last); err != nil {
				return err
			}
		}
		own, hangUp := context.WithCancel(ctx)
		attempt, id := call(own, readSettings, bound)
		last = id
		rows, err := db.wire.query(attempt, withoutViews(sql))
		if err != nil {
			hangUp()
			if ctx.Err() != nil {
				err = errors.Join(err, db.kill(ctx, id))
			}
			return err
		}
		r = &reader{db: db, ctx: ctx, id: id, hangUp: hangUp, rows: rows}
		r.refs.Store(1)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// reader is a result being streamed.
type reader struct {
	db     *DB
	ctx    context.Context
	id     string
	hangUp context.CancelFunc
	rows   stream
	refs   atomic.Int64
	over   bool
	err    error
	once   sync.Once
}

func (r *reader) Retain()               { r.refs.Add(1) }
func (r *reader) Schema() *arrow.Schema { return r.rows.Schema() }
func (r *reader) Record() arrow.Record  { return r.rows.Record() }
func (r *reader) Err() error            { return r.err }

func (r *reader) Next() bool {
	if r.over {
		return false
	}
	if r.rows.Next() {
		return true
	}
	r.over = true
	if r.err = r.rows.Err(); r.err != nil {
		if r.ctx.Err() != nil {
			r.err = fmt.Errorf("%w: %w", context.Cause(r.ctx), r.err)
		}
		r.err = fmt.Errorf("result broke off: %w", r.err)
	}
	r.finish()
	return false
}

func (r *reader) Release() {
	if r.refs.Add(-1) > 0 {
		return
	}
	r.finish()
	r.rows.Release()
}

// finish frees the connection, and ends on the server a query that was not read to its end. Hanging up comes first: a
// query that waits for us to read on does not hear that it is killed.
func (r *reader) finish() {
	r.once.Do(func() {
		r.hangUp()
		r.rows.close()
		if !r.over || r.ctx.Err() != nil {
			r.db.kill(r.ctx, r.id) //nolint:errcheck // it has a time limit of its own if the caller gave one
		}
	})
}
