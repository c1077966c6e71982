package warehouse

import (
	"bytes"
	"context"
	"io"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
)

// wire is one of the two ways to speak to ClickHouse. Its methods try once; settings, parameters and query id travel
// in the context.
type wire interface {
	exec(ctx context.Context, sql string) error
	query(ctx context.Context, sql string) (stream, error)
	insert(ctx context.Context, statement string, body io.Reader) error // body is an ArrowStream
	Close() error
}

// stream is a result of a wire. close frees the connection, whether or not all rows were read.
type stream interface {
	array.RecordReader
	close()
}

// httpWire has ClickHouse read and write Arrow itself: the fastest way in and out, and the only safe one with the
// embedded engine.
type httpWire struct{ driver.Conn }

func (w httpWire) exec(ctx context.Context, sql string) error { return w.Exec(ctx, sql) }

func (w httpWire) insert(ctx context.Context, statement string, body io.Reader) error {
	return w.InsertFormat(ctx, "ArrowStream", statement, body)
}

// ahead is how much of an answer must be there before it counts as begun. What is shorter is there whole or not at all, so that the query can
// be sent again when the connection breaks; most answers are, and few callers could take one anew that broke off among their rows.
const ahead = 256 << 10

func (w httpWire) query(ctx context.Context, sql string) (stream, error) {
	body, err := w.QueryFormat(ctx, "ArrowStream", sql)
	if err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.LimitReader(body, ahead))
	if err != nil {
		body.Close()
		return nil, err
	}
	marked := &endMarked{r: io.MultiReader(bytes.NewReader(head), body)}
	rows, err := ipc.NewReader(marked)
	if err != nil {
		body.Close()
		if marked.err != nil && marked.err != io.EOF {
			err = marked.err // the server's, not the parser's
		}
		return nil, err
	}
	return &httpRows{Reader: rows, body: body, marked: marked}, nil
}

type httpRows struct {
	*ipc.Reader
	body   io.Closer
	marked *endMarked
	over   bool
	err    error
}

func (r *httpRows) Next() bool {
	if r.over {
		return false
	}
	if r.Reader.Next() {
		return true
	}
	r.over = true
	r.err = r.Reader.Err()
	if r.err == nil {
		_, r.err = io.Copy(io.Discard, r.marked) // an exception may follow the last batch
	}
	switch {
	case r.marked.err != nil && r.marked.err != io.EOF:
		r.err = r.marked.err
	case r.err == nil && !r.marked.whole():
		r.err = io.ErrUnexpectedEOF
	}
	return false
}

func (r *httpRows) Err() error { return r.err }
func (r *httpRows) close()     { r.body.Close() }

// endMarked keeps the last bytes and the last error of an Arrow stream: arrow's reader takes a stream cut between two
// batches for a whole one, and wraps errors so that the server's text is hard to find.
type endMarked struct {
	r    io.Reader
	last [8]byte
	err  error
}

func (e *endMarked) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if n >= 8 {
		copy(e.last[:], p[n-8:n])
	} else if n > 0 {
		copy(e.last[:], e.last[n:])
		copy(e.last[8-n:], p[:n])
	}
	if err != nil {
		e.err = err
	}
	return n, err
}

func (e *endMarked) whole() bool {
	return bytes.Equal(e.last[:], []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
}
