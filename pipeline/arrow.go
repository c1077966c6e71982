package pipeline

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/pipeline/rows"
)

// gather reads a whole answer into one record; the caller releases it. It is for feature tables, which the models need
// whole; everything else streams.
func gather(ctx context.Context, q rows.Querier, what, sql string, params map[string]any) (arrow.Record, error) {
	answer, err := q.Query(ctx, sql, params)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer answer.Release()
	schema := answer.Schema()
	parts := make([][]arrow.Array, schema.NumFields())
	defer func() {
		for _, column := range parts {
			for _, a := range column {
				a.Release()
			}
		}
	}()
	var n int64
	for answer.Next() {
		rec := answer.Record()
		n += rec.NumRows()
		for i := range parts {
			rec.Column(i).Retain()
			parts[i] = append(parts[i], rec.Column(i))
		}
	}
	if err := answer.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	columns := make([]arrow.Array, len(parts))
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, column := range parts {
		if len(column) == 0 {
			b := array.NewBuilder(memory.DefaultAllocator, schema.Field(i).Type)
			columns[i] = b.NewArray()
			b.Release()
			continue
		}
		if columns[i], err = array.Concatenate(column, memory.DefaultAllocator); err != nil {
			return nil, fmt.Errorf("%s: column %s: %w", what, schema.Field(i).Name, err)
		}
	}
	return array.NewRecord(schema, columns, n), nil
}

// take returns the given rows of a record, in order; the caller releases it.
func take(rec arrow.Record, rows []int) (arrow.Record, error) {
	whole := len(rows) == int(rec.NumRows())
	for i := 0; whole && i < len(rows); i++ {
		whole = rows[i] == i
	}
	if whole {
		rec.Retain()
		return rec, nil
	}
	// Runs of neighbouring rows are slices of the buffers; they are joined once.
	var parts []arrow.Record
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && rows[j] == rows[j-1]+1 {
			j++
		}
		parts = append(parts, rec.NewSlice(int64(rows[i]), int64(rows[j-1]+1)))
		i = j
	}
	columns := make([]arrow.Array, rec.NumCols())
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	for c := range columns {
		pieces := make([]arrow.Array, len(parts))
		for i, p := range parts {
			pieces[i] = p.Column(c)
		}
		if len(pieces) == 0 {
			columns[c] = array.NewSlice(rec.Column(c), 0, 0)
			continue
		}
		var err error
		if columns[c], err = array.Concatenate(pieces, memory.DefaultAllocator); err != nil {
			return nil, fmt.Errorf("column %s: %w", rec.ColumnName(c), err)
		}
	}
	return array.NewRecord(rec.Schema(), columns, int64(len(rows))), nil
}
