package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
)

var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}(\.[A-Za-z_][A-Za-z0-9_]{0,127})?$`)

// Insert streams rows into the columns of table that bear the names of their fields; columns not named get their
// defaults. An error of rows, and the end of ctx, store nothing of the block being sent. token makes the insert
// safe to send again, which Insert does when the database goes away in the middle; without one it gives up when
// nobody knows whether the rows were stored. rows stays the caller's to release.
//
// Up to a million rows of one partition are one block, stored whole or not at all; a longer insert is several.
func (db *DB) Insert(ctx context.Context, table, token string, rows array.RecordReader) error {
	if !tableName.MatchString(table) {
		return fmt.Errorf("insert into %q: want a table name of letters, digits and _", table)
	}
	statement, err := insertStatement(table, rows.Schema())
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	settings := clickhouse.Settings{"async_insert": 0}
	if token != "" {
		settings["insert_deduplicate"] = 1
		settings["insert_deduplication_token"] = token
	}
	src := &source{ctx: ctx, rows: rows, keep: token != ""}
	defer src.close()
	last := ""
	err = retry(ctx, token != "", func() error {
		if last != "" {
			if err := db.kill(ctx, last); err != nil {
				return err
			}
		}
		attempt, id := call(ctx, settings, nil)
		last = id
		body := src.open()
		defer body.Close()
		err := db.wire.insert(attempt, statement, body)
		if cause := src.failure(); cause != nil {
			return refusal{cause}
		}
		if err != nil && ctx.Err() != nil {
			err = errors.Join(err, db.kill(ctx, id))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return nil
}

func insertStatement(table string, schema *arrow.Schema) (string, error) {
	names := make([]string, schema.NumFields())
	for i := range names {
		name := schema.Field(i).Name
		if !plainName.MatchString(name) {
			return "", fmt.Errorf("column %q: want a plain name of letters, digits and _", name)
		}
		names[i] = "`" + name + "`" // a keyword is a fine column name
	}
	return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ")", nil
}

// refusal is an error that no second try changes, whatever it wraps.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// source encodes rows as they are asked for. It keeps what it has encoded, beyond some memory in a file, so that a
// second try can send the same bytes and go on from there.
type source struct {
	ctx  context.Context // of the insert: once it is over no body comes to a good end, however late the connection hears of it
	rows array.RecordReader
	keep bool

	mu      sync.Mutex
	writer  *ipc.Writer
	at      int64        // rows of the record that are encoded
	pending bytes.Buffer // encoded, not yet read
	ended   bool
	err     error // of rows
	kept    spool
}

// open starts a new try from the first byte. A body still being read by an earlier try gives no more bytes.
func (s *source) open() *body { return &body{s: s} }

func (s *source) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *source) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer != nil && !s.ended {
		s.writer.Close() //nolint:errcheck // nobody reads it any more
	}
	s.kept.close()
}

// sliceRows is how many rows are encoded at a time: a large record as a whole would have pending grow, and be copied, again and again.
const sliceRows = 1 << 14

// fill encodes some more rows into pending.
func (s *source) fill() {
	if s.writer == nil {
		s.writer = ipc.NewWriter(&s.pending, ipc.WithSchema(s.rows.Schema()))
	}
	if s.at > 0 || s.rows.Next() {
		rec := s.rows.Record()
		from, to := s.at, min(s.at+sliceRows, rec.NumRows())
		if s.at = to; to == rec.NumRows() {
			s.at = 0
		}
		if from == 0 && s.at == 0 {
			s.err = s.writer.Write(rec)
			return
		}
		part := rec.NewSlice(from, to)
		defer part.Release()
		s.err = s.writer.Write(part)
		return
	}
	if s.err = s.rows.Err(); s.err == nil {
		s.ended = true
		s.err = s.writer.Close()
	}
}

// body is one try's view of a source.
type body struct {
	s      *source
	off    int64
	closed bool
}

func (b *body) Read(p []byte) (int, error) {
	s := b.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.closed {
		return 0, os.ErrClosed
	}
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if b.off < s.kept.size {
		n, err := s.kept.readAt(p, b.off)
		b.off += int64(n)
		return n, err
	}
	for s.pending.Len() == 0 && s.err == nil && !s.ended {
		s.fill()
	}
	if s.err != nil {
		return 0, s.err
	}
	if s.pending.Len() == 0 {
		if err := s.ctx.Err(); err != nil { // while the last rows were read
			return 0, err
		}
		return 0, io.EOF
	}
	n, _ := s.pending.Read(p)
	if s.keep {
		if err := s.kept.append(p[:n]); err != nil {
			s.err = fmt.Errorf("keep rows for a second try: %w", err)
			return 0, s.err
		}
	}
	b.off += int64(n)
	return n, nil
}

func (b *body) Close() error {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.closed = true
	return nil
}

// spool is bytes in memory, and in a nameless file from spoolMemory on.
type spool struct {
	size int64
	mem  []byte
	file *os.File
}

const spoolMemory = 32 << 20

func (s *spool) append(p []byte) error {
	if s.file == nil && len(s.mem)+len(p) > spoolMemory {
		f, err := os.CreateTemp("", "creditwatch-insert-")
		if err != nil {
			return err
		}
		os.Remove(f.Name()) // nothing is left behind however we end
		s.file = f
	}
	if s.file == nil {
		s.mem = append(s.mem, p...)
	} else if _, err := s.file.Write(p); err != nil {
		return err
	}
	s.size += int64(len(p))
	return nil
}

func (s *spool) readAt(p []byte, off int64) (int, error) {
	if off < int64(len(s.mem)) {
		return copy(p, s.mem[off:]), nil
	}
	n, err := s.file.ReadAt(p[:min(int64(len(p)), s.size-off)], off-int64(len(s.mem)))
	if n > 0 {
		err = nil
	}
	return n, err
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
}
