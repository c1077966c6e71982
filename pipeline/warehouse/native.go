package warehouse

import (
	"context"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/shopspring/decimal"
)

// nativeWire speaks the native protocol of a server, which knows no Arrow: rows are converted here, for the column
// types that the schema uses. It is slower than HTTP and there for servers whose HTTP port is closed.
type nativeWire struct{ driver.Conn }

// nativeBatch is how many rows one record batch or one block on the way holds.
const nativeBatch = 65_536

func (w nativeWire) exec(ctx context.Context, sql string) error { return w.Exec(ctx, sql) }

func (w nativeWire) query(ctx context.Context, sql string) (stream, error) {
	rows, err := w.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	r := &nativeRows{rows: rows}
	fields := make([]arrow.Field, 0, len(rows.ColumnTypes()))
	for _, c := range rows.ColumnTypes() {
		f, err := arrowField(c.Name(), c.DatabaseTypeName())
		if err != nil {
			rows.Close()
			return nil, err
		}
		fields = append(fields, f)
		r.row = append(r.row, reflect.New(c.ScanType()).Interface())
	}
	r.schema = arrow.NewSchema(fields, nil)
	r.build = array.NewRecordBuilder(memory.DefaultAllocator, r.schema)
	return r, nil
}

var (
	decimalType  = regexp.MustCompile(`^Decimal\((\d+), ?(\d+)\)$`)
	instantType  = regexp.MustCompile(`^DateTime64\((\d)(?:, ?'([^']+)')?\)$`)
	wrapperTypes = regexp.MustCompile(`^(Nullable|LowCardinality|Array)\((.+)\)$`)
)

// arrowField gives a column the Arrow type that the server itself gives it over HTTP.
func arrowField(name, ch string) (arrow.Field, error) {
	f := arrow.Field{Name: name}
	if m := wrapperTypes.FindStringSubmatch(ch); m != nil {
		inner, err := arrowField(name, m[2])
		switch m[1] {
		case "Nullable":
			inner.Nullable = true
		case "Array":
			f.Type = arrow.ListOfField(arrow.Field{Name: "item", Type: inner.Type, Nullable: inner.Nullable})
			return f, err
		}
		return inner, err
	}
	if m := decimalType.FindStringSubmatch(ch); m != nil {
		precision, _ := strconv.Atoi(m[1])
		scale, _ := strconv.Atoi(m[2])
		if precision <= 38 {
			f.Type = &arrow.Decimal128Type{Precision: int32(precision), Scale: int32(scale)}
			return f, nil
		}
	}
	if m := instantType.FindStringSubmatch(ch); m != nil && m[1] == "3" {
		f.Type = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: m[2]}
		return f, nil
	}
	switch ch {
	case "String":
		f.Type = arrow.BinaryTypes.String
	case "Date", "Date32":
		f.Type = arrow.FixedWidthTypes.Date32
	case "UInt8":
		f.Type = arrow.PrimitiveTypes.Uint8
	case "UInt16":
		f.Type = arrow.PrimitiveTypes.Uint16
	case "UInt32":
		f.Type = arrow.PrimitiveTypes.Uint32
	case "UInt64":
		f.Type = arrow.PrimitiveTypes.Uint64
	case "Int8":
		f.Type = arrow.PrimitiveTypes.Int8
	case "Int16":
		f.Type = arrow.PrimitiveTypes.Int16
	case "Int32":
		f.Type = arrow.PrimitiveTypes.Int32
	case "Int64":
		f.Type = arrow.PrimitiveTypes.Int64
	case "Float32":
		f.Type = arrow.PrimitiveTypes.Float32
	case "Float64":
		f.Type = arrow.PrimitiveTypes.Float64
	case "Bool":
		f.Type = arrow.FixedWidthTypes.Boolean
	case "Map(String, String)":
		m := arrow.MapOf(arrow.BinaryTypes.String, arrow.BinaryTypes.String)
		m.SetItemNullable(false)
		f.Type = m
	default:
		return f, fmt.Errorf("column %s: %s cannot be read over the native protocol; use the HTTP address of the server", name, ch)
	}
	return f, nil
}

type nativeRows struct {
	array.RecordReader // nil: only to be one; every method is below
	rows               driver.Rows
	schema             *arrow.Schema
	build              *array.RecordBuilder
	row                []any // pointers to scan into
	rec                arrow.Record
	err                error
}

func (r *nativeRows) Schema() *arrow.Schema { return r.schema }
func (r *nativeRows) Record() arrow.Record  { return r.rec }
func (r *nativeRows) Err() error            { return r.err }
func (r *nativeRows) Retain()               {}

func (r *nativeRows) Release() {
	if r.rec != nil {
		r.rec.Release()
		r.rec = nil
	}
	r.build.Release()
}

func (r *nativeRows) close() { r.rows.Close() }

func (r *nativeRows) Next() bool {
	if r.rec != nil {
		r.rec.Release()
		r.rec = nil
	}
	n := 0
	for ; n < nativeBatch && r.err == nil && r.rows.Next(); n++ {
		if r.err = r.rows.Scan(r.row...); r.err != nil {
			return false
		}
		for i, v := range r.row {
			if r.err = appendValue(r.build.Field(i), reflect.ValueOf(v).Elem()); r.err != nil {
				return false
			}
		}
	}
	if n == 0 {
		r.err = r.rows.Err()
		return false
	}
	r.rec = r.build.NewRecord()
	return true
}

// appendValue adds what the driver scanned to a column.
func appendValue(b array.Builder, v reflect.Value) error {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			b.AppendNull()
			return nil
		}
		v = v.Elem()
	}
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(v.String())
	case *array.BooleanBuilder:
		b.Append(v.Bool())
	case *array.Uint8Builder:
		b.Append(uint8(v.Uint()))
	case *array.Uint16Builder:
		b.Append(uint16(v.Uint()))
	case *array.Uint32Builder:
		b.Append(uint32(v.Uint()))
	case *array.Uint64Builder:
		b.Append(v.Uint())
	case *array.Int8Builder:
		b.Append(int8(v.Int()))
	case *array.Int16Builder:
		b.Append(int16(v.Int()))
	case *array.Int32Builder:
		b.Append(int32(v.Int()))
	case *array.Int64Builder:
		b.Append(v.Int())
	case *array.Float32Builder:
		b.Append(float32(v.Float()))
	case *array.Float64Builder:
		b.Append(v.Float())
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Interface().(time.Time).Unix() / 86400)) // midnight UTC: exact before 1970 too
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Interface().(time.Time).UnixMilli()))
	case *array.Decimal128Builder:
		d := v.Interface().(decimal.Decimal)
		b.Append(decimal128.FromBigInt(d.Shift(b.Type().(*arrow.Decimal128Type).Scale).BigInt()))
	case *array.MapBuilder: // before the list: it holds one
		b.Append(true)
		m := v.Interface().(map[string]string)
		for _, key := range slices.Sorted(maps.Keys(m)) { // the driver has lost the server's order
			b.KeyBuilder().(*array.StringBuilder).Append(key)
			b.ItemBuilder().(*array.StringBuilder).Append(m[key])
		}
	case *array.ListBuilder:
		b.Append(true)
		for i := range v.Len() {
			if err := appendValue(b.ValueBuilder(), v.Index(i)); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("%s cannot be read over the native protocol", b.Type())
	}
	return nil
}

func (w nativeWire) insert(ctx context.Context, statement string, body io.Reader) error {
	rows, err := ipc.NewReader(body)
	if err != nil {
		return err
	}
	defer rows.Release()
	batch, err := w.PrepareBatch(ctx, statement)
	if err != nil {
		return err
	}
	for rows.Next() {
		rec := rows.Record()
		for i, col := range rec.Columns() {
			values, err := goValues(col)
			if err == nil {
				err = batch.Column(i).Append(values)
			}
			if err != nil {
				batch.Abort() //nolint:errcheck // the first error counts
				return refusal{fmt.Errorf("column %s: %w", rec.ColumnName(i), err)}
			}
		}
		if batch.Rows() >= nativeBatch {
			if err := batch.Flush(); err != nil {
				batch.Abort() //nolint:errcheck // the first error counts
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		batch.Abort() //nolint:errcheck // the first error counts
		return err
	}
	return batch.Send()
}

// goValues turns a column into a slice that the driver takes: of values, or of pointers when there are nulls.
func goValues(col arrow.Array) (any, error) {
	switch c := col.(type) {
	case *array.String:
		return values(c, func(i int) string { return strings.Clone(c.Value(i)) }), nil
	case *array.Boolean:
		return values(c, c.Value), nil
	case *array.Uint8:
		return values(c, c.Value), nil
	case *array.Uint16:
		return values(c, c.Value), nil
	case *array.Uint32:
		return values(c, c.Value), nil
	case *array.Uint64:
		return values(c, c.Value), nil
	case *array.Int8:
		return values(c, c.Value), nil
	case *array.Int16:
		return values(c, c.Value), nil
	case *array.Int32:
		return values(c, c.Value), nil
	case *array.Int64:
		return values(c, c.Value), nil
	case *array.Float32:
		return values(c, c.Value), nil
	case *array.Float64:
		return values(c, c.Value), nil
	case *array.Date32:
		return values(c, func(i int) time.Time { return c.Value(i).ToTime() }), nil
	case *array.Timestamp:
		unit := c.DataType().(*arrow.TimestampType).Unit
		return values(c, func(i int) time.Time { return c.Value(i).ToTime(unit) }), nil
	case *array.Decimal128:
		scale := c.DataType().(*arrow.Decimal128Type).Scale
		return values(c, func(i int) decimal.Decimal { return decimal.NewFromBigInt(c.Value(i).BigInt(), -scale) }), nil
	case *array.Map:
		keys, keysOK := c.Keys().(*array.String)
		items, itemsOK := c.Items().(*array.String)
		if keysOK && itemsOK {
			out := make([]map[string]string, c.Len())
			for i := range out {
				from, to := c.ValueOffsets(i)
				out[i] = make(map[string]string, to-from)
				for j := int(from); j < int(to); j++ {
					out[i][strings.Clone(keys.Value(j))] = strings.Clone(items.Value(j))
				}
			}
			return out, nil
		}
	case *array.List:
		switch items := c.ListValues().(type) {
		case *array.String:
			return lists(c, func(i int) string { return strings.Clone(items.Value(i)) }), nil
		case *array.Float64:
			return lists(c, func(i int) *float64 {
				if items.IsNull(i) {
					return nil
				}
				v := items.Value(i)
				return &v
			}), nil
		}
	}
	return nil, fmt.Errorf("%s cannot be written over the native protocol; use the HTTP address of the server", col.DataType())
}

func lists[T any](col *array.List, at func(int) T) [][]T {
	out := make([][]T, col.Len())
	for i := range out {
		from, to := col.ValueOffsets(i)
		out[i] = make([]T, 0, to-from)
		for j := int(from); j < int(to); j++ {
			out[i] = append(out[i], at(j))
		}
	}
	return out
}

func values[T any](col arrow.Array, at func(int) T) any {
	if col.NullN() == 0 {
		out := make([]T, col.Len())
		for i := range out {
			out[i] = at(i)
		}
		return out
	}
	out := make([]*T, col.Len())
	for i := range out {
		if col.IsValid(i) {
			v := at(i)
			out[i] = &v
		}
	}
	return out
}
