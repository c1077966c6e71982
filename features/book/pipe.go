package book

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// A Pipe turns the records that Build pushes into a reader that an insert pulls: one side calls Send and then Close, the
// other reads, in another goroutine, and releases. A reader that stops early makes Send fail, so neither side hangs.
type Pipe struct {
	schema  *arrow.Schema
	records chan arrow.Record
	gone    chan struct{} // closed when the reader was released
	refs    atomic.Int64
	current arrow.Record
	once    sync.Once
	err     error // set before records is closed
}

var _ array.RecordReader = (*Pipe)(nil)

// ErrReaderGone is what Send returns once the reading side has released the pipe.
var ErrReaderGone = errors.New("the reader of the table stopped")

// NewPipe returns a pipe for records of a schema. It is released by the reading side.
func NewPipe(schema *arrow.Schema) *Pipe {
	p := &Pipe{schema: schema, records: make(chan arrow.Record), gone: make(chan struct{})}
	p.refs.Store(1)
	return p
}

// Send hands a record to the reader and returns when it has taken it.
func (p *Pipe) Send(r arrow.Record) error {
	r.Retain()
	select {
	case p.records <- r:
		return nil
	case <-p.gone:
		r.Release()
		return ErrReaderGone
	}
}

// Close ends the table: the reader sees its end, and err if it is not nil. Only the first call counts.
func (p *Pipe) Close(err error) {
	p.once.Do(func() {
		p.err = err
		close(p.records)
	})
}

// Schema is the table's.
func (p *Pipe) Schema() *arrow.Schema { return p.schema }

// Next waits for a record.
func (p *Pipe) Next() bool {
	if p.current != nil {
		p.current.Release()
		p.current = nil
	}
	r, ok := <-p.records
	if ok {
		p.current = r
	}
	return ok
}

// Record is valid until Next or Release.
func (p *Pipe) Record() arrow.Record { return p.current }

// Err is what Close was called with; it is to be asked after Next returned false.
func (p *Pipe) Err() error { return p.err }

// Retain adds a user of the reader.
func (p *Pipe) Retain() { p.refs.Add(1) }

// Release takes one away; the last one stops the sender.
func (p *Pipe) Release() {
	if p.refs.Add(-1) != 0 {
		return
	}
	if p.current != nil {
		p.current.Release()
		p.current = nil
	}
	close(p.gone)
}
