// Package rows carries small tables between Arrow and Go: [Each] reads a query's answer row by row, [Of] makes a
// table of a slice of structs. Whole columns (the feature table, the ledger) stay in Arrow and do not pass here.
package rows

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A Querier answers SQL with Arrow; the warehouse is one.
type Querier interface {
	Query(ctx context.Context, sql string, params map[string]any) (array.RecordReader, error)
}

// Each runs a query and calls f for every row. It ends at the first cell that is not of the type f asked for, and at
// the first error of f. what names the query in errors.
func Each(ctx context.Context, q Querier, what, sql string, params map[string]any, f func(*Row) error) error {
	answer, err := q.Query(ctx, sql, params)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer answer.Release()
	for answer.Next() {
		if err := EachOf(answer.Record(), f); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := answer.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// EachOf calls f for every row of a record.
func EachOf(rec arrow.Record, f func(*Row) error) error {
	r := Row{columns: make(map[string]arrow.Array, rec.NumCols()), texts: map[string]string{}}
	for i, field := range rec.Schema().Fields() {
		r.columns[field.Name] = rec.Column(i)
	}
	for r.at = 0; r.at < int(rec.NumRows()); r.at++ {
		err := f(&r)
		if r.err != nil {
			return r.err
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A Row is one row of an answer. The first cell that does not fit is remembered, the rest read as zero, and the
// reading ends after the row.
type Row struct {
	columns map[string]arrow.Array
	texts   map[string]string // the last text of a column: answers come in order of their keys, and one copy of each is enough
	at      int
	err     error
}

func (r *Row) cell(name string) (arrow.Array, bool) {
	c, ok := r.columns[name]
	if !ok {
		r.fault(name, "a column of this name", nil)
		return nil, false
	}
	return c, !c.IsNull(r.at)
}

// Refuse ends the reading after this row with an error about a cell: want says what was expected.
func (r *Row) Refuse(name, want string) { r.fault(name, want, nil) }

func (r *Row) fault(name, want string, got arrow.Array) {
	if r.err != nil {
		return
	}
	what := "nothing"
	if got != nil {
		what = got.DataType().String()
	}
	r.err = fmt.Errorf("column %s: want %s, got %s", name, want, what)
}

// Text returns a string; null reads as "".
func (r *Row) Text(name string) string {
	c, ok := r.cell(name)
	if !ok {
		return ""
	}
	switch c := c.(type) {
	case *array.String:
		if v := c.Value(r.at); v != "" {
			if r.texts[name] != v {
				r.texts[name] = strings.Clone(v) // the record's memory is given back
			}
			return r.texts[name]
		}
		return ""
	case *array.Binary:
		return string(c.Value(r.at))
	}
	r.fault(name, "text", c)
	return ""
}

// Texts returns a list of strings.
func (r *Row) Texts(name string) []string {
	c, ok := r.cell(name)
	if !ok {
		return nil
	}
	l, ok := c.(*array.List)
	if !ok {
		r.fault(name, "a list of text", c)
		return nil
	}
	values, ok := l.ListValues().(*array.String)
	if !ok {
		r.fault(name, "a list of text", c)
		return nil
	}
	from, to := l.ValueOffsets(r.at)
	var out []string
	for i := from; i < to; i++ {
		out = append(out, strings.Clone(values.Value(int(i))))
	}
	return out
}

// Floats returns a list of floats.
func (r *Row) Floats(name string) []float64 {
	c, ok := r.cell(name)
	if !ok {
		return nil
	}
	l, ok := c.(*array.List)
	if !ok {
		r.fault(name, "a list of float64", c)
		return nil
	}
	values, ok := l.ListValues().(*array.Float64)
	if !ok {
		r.fault(name, "a list of float64", c)
		return nil
	}
	from, to := l.ValueOffsets(r.at)
	return slices.Clone(values.Float64Values()[from:to]) // the record's memory is given back
}

// Whole returns an integer of any width; null reads as 0.
func (r *Row) Whole(name string) int64 {
	c, ok := r.cell(name)
	if !ok {
		return 0
	}
	switch c := c.(type) {
	case *array.Uint64:
		return int64(c.Value(r.at))
	case *array.Uint32:
		return int64(c.Value(r.at))
	case *array.Uint16:
		return int64(c.Value(r.at))
	case *array.Uint8:
		return int64(c.Value(r.at))
	case *array.Int64:
		return c.Value(r.at)
	case *array.Int32:
		return int64(c.Value(r.at))
	case *array.Int16:
		return int64(c.Value(r.at))
	case *array.Int8:
		return int64(c.Value(r.at))
	}
	r.fault(name, "a whole number", c)
	return 0
}

// Is returns a flag; null reads as false.
func (r *Row) Is(name string) bool {
	c, ok := r.cell(name)
	if !ok {
		return false
	}
	if b, ok := c.(*array.Boolean); ok {
		return b.Value(r.at)
	}
	return r.Whole(name) != 0
}

// Float returns a float, nil for null.
func (r *Row) Float(name string) *float64 {
	c, ok := r.cell(name)
	if !ok {
		return nil
	}
	f, ok := c.(*array.Float64)
	if !ok {
		r.fault(name, "a float64", c)
		return nil
	}
	v := f.Value(r.at)
	return &v
}

// Money returns an amount; null reads as 0.
func (r *Row) Money(name string) book.Money {
	if m := r.MoneyOr(name); m != nil {
		return *m
	}
	return 0
}

// MoneyOr returns an amount, nil for null.
func (r *Row) MoneyOr(name string) *book.Money {
	c, ok := r.cell(name)
	if !ok {
		return nil
	}
	d, ok := c.(*array.Decimal128)
	if !ok {
		r.fault(name, "a decimal", c)
		return nil
	}
	n := d.Value(r.at)
	scale := d.DataType().(*arrow.Decimal128Type).Scale
	n, err := n.Rescale(scale, 4)
	if err != nil {
		r.fault(name, "a decimal of four places", c)
		return nil
	}
	m, err := book.FromDecimal128(n)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("column %s: %w", name, err)
	}
	return &m
}

// Date returns a date; null reads as the unset date.
func (r *Row) Date(name string) asof.Date {
	c, ok := r.cell(name)
	if !ok {
		return 0
	}
	switch c := c.(type) {
	case *array.Date32:
		return asof.Date(c.Value(r.at))
	case *array.Uint16:
		return asof.Date(c.Value(r.at))
	}
	r.fault(name, "a date", c)
	return 0
}

// Instant returns a time in UTC; null reads as the zero time.
func (r *Row) Instant(name string) time.Time {
	c, ok := r.cell(name)
	if !ok {
		return time.Time{}
	}
	t, ok := c.(*array.Timestamp)
	if !ok {
		r.fault(name, "a timestamp", c)
		return time.Time{}
	}
	return t.Value(r.at).ToTime(t.DataType().(*arrow.TimestampType).Unit).UTC()
}
