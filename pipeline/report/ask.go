package report

import (
	"context"
	"fmt"
	"strings"

	"creditwatch/pipeline/asof"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// An asker runs the queries of sql/ for one night.
type asker struct {
	reader Reader
	night  Night
}

// tonight runs a query over the night's own run and calls each for every row.
func (a asker) tonight(ctx context.Context, name string, each func(*row)) error {
	return a.ask(ctx, name, a.night.Run, each)
}

// before runs a query over the previous night's run; on the first night there are no rows.
func (a asker) before(ctx context.Context, name string, each func(*row)) error {
	if a.night.IsFirst() {
		return nil
	}
	return a.ask(ctx, name, a.night.PreviousRun, each)
}

func (a asker) ask(ctx context.Context, name string, run uint64, each func(*row)) error {
	file := "sql/" + name + ".sql"
	sql, err := files.ReadFile(file)
	if err != nil {
		return err
	}
	params := map[string]any{}
	for key, value := range map[string]any{
		"run": run, "runs": a.night.Runs, "previous_run": a.night.PreviousRun, "as_of": a.night.AsOf, "cut": a.night.Cut.UTC(), "currency": a.night.Currency,
	} {
		if strings.Contains(string(sql), "{"+key+":") {
			params[key] = value
		}
	}
	return read(ctx, a.reader, file, string(sql), params, each)
}

// read runs a query and calls each for every row; the first cell that is not what was expected ends it.
func read(ctx context.Context, q Reader, file, sql string, params map[string]any, each func(*row)) error {
	rows, err := q.Query(ctx, sql, params)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	defer rows.Release()
	for rows.Next() {
		r := row{rec: rows.Record(), columns: map[string]arrow.Array{}}
		for i, f := range r.rec.Schema().Fields() {
			r.columns[f.Name] = r.rec.Column(i)
		}
		for r.at = 0; r.at < int(r.rec.NumRows()); r.at++ {
			if each(&r); r.err != nil {
				return fmt.Errorf("%s: %w", file, r.err)
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// A row is one row of an answer. The first cell that does not fit is kept in err and the rest read as zero.
type row struct {
	rec     arrow.Record
	columns map[string]arrow.Array
	at      int
	err     error
}

// cell returns the column and whether the cell holds a value.
func (r *row) cell(name string) (arrow.Array, bool) {
	c, ok := r.columns[name]
	if !ok {
		r.fault(name, "a column of this name", nil)
		return nil, false
	}
	return c, !c.IsNull(r.at)
}

func (r *row) fault(name, want string, got arrow.Array) {
	if r.err != nil {
		return
	}
	what := "nothing"
	if got != nil {
		what = got.DataType().String()
	}
	r.err = fmt.Errorf("column %s: want %s, got %s", name, want, what)
}

func (r *row) text(name string) string {
	c, ok := r.cell(name)
	if !ok {
		return ""
	}
	switch c := c.(type) {
	case *array.String:
		return strings.Clone(c.Value(r.at))
	case *array.Binary:
		return string(c.Value(r.at))
	case *array.Dictionary:
		if s, ok := c.Dictionary().(*array.String); ok {
			return strings.Clone(s.Value(c.GetValueIndex(r.at)))
		}
	}
	r.fault(name, "text", c)
	return ""
}

func (r *row) number(name string) int {
	c, ok := r.cell(name)
	if !ok {
		return 0
	}
	switch c := c.(type) {
	case *array.Uint64:
		return int(c.Value(r.at))
	case *array.Uint32:
		return int(c.Value(r.at))
	case *array.Uint16:
		return int(c.Value(r.at))
	case *array.Uint8:
		return int(c.Value(r.at))
	case *array.Int64:
		return int(c.Value(r.at))
	case *array.Int32:
		return int(c.Value(r.at))
	case *array.Int16:
		return int(c.Value(r.at))
	case *array.Int8:
		return int(c.Value(r.at))
	}
	r.fault(name, "a whole number", c)
	return 0
}

func (r *row) yes(name string) bool {
	c, ok := r.cell(name)
	if !ok {
		return false
	}
	if b, ok := c.(*array.Boolean); ok {
		return b.Value(r.at)
	}
	return r.number(name) != 0
}

// float returns nil for a missing value.
func (r *row) float(name string) *float64 {
	c, ok := r.cell(name)
	if !ok {
		return nil
	}
	if f, ok := c.(*array.Float64); ok {
		v := f.Value(r.at)
		return &v
	}
	r.fault(name, "a float64", c)
	return nil
}

// money reads a decimal; a missing one is nil.
func (r *row) moneyOr(name string) *Money {
	c, ok := r.cell(name)
	if !ok {
		return nil
	}
	d, ok := c.(*array.Decimal128)
	if !ok {
		r.fault(name, "a decimal", c)
		return nil
	}
	scale := d.DataType().(*arrow.Decimal128Type).Scale
	v := d.Value(r.at)
	if scale != moneyScale {
		var err error
		if v, err = v.Rescale(scale, moneyScale); err != nil {
			r.fault(name, "a decimal of four places", c)
			return nil
		}
	}
	if !v.FitsInPrecision(18) {
		r.err = fmt.Errorf("column %s: amount of more than 18 digits", name)
		return nil
	}
	m := Money(decimal128.Num(v).LowBits())
	return &m
}

// money reads a decimal that cannot be missing.
func (r *row) money(name string) Money {
	if m := r.moneyOr(name); m != nil {
		return *m
	}
	if r.err == nil {
		r.err = fmt.Errorf("column %s: want an amount, got null", name)
	}
	return 0
}

// date returns the unset date for a missing value.
func (r *row) date(name string) asof.Date {
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
