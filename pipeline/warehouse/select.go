package warehouse

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// A Querier runs queries; *DB is one.
type Querier interface {
	Query(ctx context.Context, sql string, params map[string]any) (array.RecordReader, error)
}

// Select reads a small result. T is a struct whose fields name their columns by the tag `ch:"column"`, or one value
// when the result has one column. Every tagged field must be a column and every column a field. A column that can
// be null needs a pointer field: null is nil, never zero.
//
// Numbers fit any Go number that holds them. A Date fits asof.Date (days), time.Time and string; a DateTime64 fits
// time.Time; a Decimal(18,4) fits an int64 kind as a count of 1/10000, and string; Array(String) fits []string and
// Map(String, String) map[string]string.
func Select[T any](ctx context.Context, db Querier, sql string, params map[string]any) ([]T, error) {
	rows, err := db.Query(ctx, sql, params)
	if err != nil {
		return nil, err
	}
	defer rows.Release()
	fields, err := match(reflect.TypeFor[T](), rows.Schema())
	if err != nil {
		return nil, err
	}
	var out []T
	for rows.Next() {
		rec := rows.Record()
		for row := range int(rec.NumRows()) {
			var v T
			dst := reflect.ValueOf(&v).Elem()
			for col, field := range fields {
				target := dst
				if field != nil {
					target = dst.FieldByIndex(field)
				}
				if err := scan(target, rec.Column(col), row); err != nil {
					return nil, fmt.Errorf("column %s: %w", rec.ColumnName(col), err)
				}
			}
			out = append(out, v)
		}
	}
	return out, rows.Err()
}

// match returns for each column the index of its field, or nil for a T that is one value.
func match(t reflect.Type, schema *arrow.Schema) ([][]int, error) {
	fields := make([][]int, schema.NumFields())
	if t.Kind() != reflect.Struct || t == timeType {
		if len(fields) != 1 {
			return nil, fmt.Errorf("result has %d columns, %s holds one", len(fields), t)
		}
		return fields, nil
	}
	byName := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		if name := f.Tag.Get("ch"); name != "" {
			byName[name] = f.Index
		}
	}
	for i := range fields {
		name := schema.Field(i).Name
		if fields[i] = byName[name]; fields[i] == nil {
			return nil, fmt.Errorf("result has a column %s, %s has no field for it", name, t)
		}
		delete(byName, name)
	}
	for name := range byName {
		return nil, fmt.Errorf("%s has a field for column %s, the result has none", t, name)
	}
	return fields, nil
}

var timeType = reflect.TypeFor[time.Time]()

func scan(dst reflect.Value, col arrow.Array, row int) error {
	if col.IsNull(row) {
		if dst.Kind() != reflect.Pointer {
			return fmt.Errorf("is null in row %d; want a pointer field", row)
		}
		return nil // a new value: nil already
	}
	if dst.Kind() == reflect.Pointer {
		dst.Set(reflect.New(dst.Type().Elem()))
		dst = dst.Elem()
	}
	ok := false
	switch c := col.(type) {
	case *array.String:
		if ok = dst.Kind() == reflect.String; ok {
			dst.SetString(string([]byte(c.Value(row)))) // a copy: the batch's memory is let go
		}
	case *array.Boolean:
		if ok = dst.Kind() == reflect.Bool; ok {
			dst.SetBool(c.Value(row))
		}
	case *array.Float64:
		ok = setFloat(dst, c.Value(row))
	case *array.Float32:
		ok = setFloat(dst, float64(c.Value(row)))
	case *array.Int8:
		ok = setInt(dst, int64(c.Value(row)))
	case *array.Int16:
		ok = setInt(dst, int64(c.Value(row)))
	case *array.Int32:
		ok = setInt(dst, int64(c.Value(row)))
	case *array.Int64:
		ok = setInt(dst, c.Value(row))
	case *array.Uint8:
		ok = setUint(dst, uint64(c.Value(row)))
	case *array.Uint16:
		ok = setUint(dst, uint64(c.Value(row)))
	case *array.Uint32:
		ok = setUint(dst, uint64(c.Value(row)))
	case *array.Uint64:
		ok = setUint(dst, c.Value(row))
	case *array.Date32:
		switch {
		case dst.Type() == timeType:
			dst.Set(reflect.ValueOf(c.Value(row).ToTime()))
			ok = true
		case dst.Kind() == reflect.String:
			dst.SetString(c.Value(row).FormattedString())
			ok = true
		default:
			ok = setInt(dst, int64(c.Value(row)))
		}
	case *array.Timestamp:
		if ok = dst.Type() == timeType; ok {
			dst.Set(reflect.ValueOf(c.Value(row).ToTime(c.DataType().(*arrow.TimestampType).Unit).UTC()))
		}
	case *array.Decimal128:
		if dst.Kind() == reflect.String {
			dst.SetString(c.ValueStr(row))
			ok = true
		} else if n := c.Value(row); n.FitsInPrecision(18) {
			ok = c.DataType().(*arrow.Decimal128Type).Scale == 4 && setInt(dst, int64(n.LowBits()))
		}
	case *array.Map:
		ok = setMap(dst, c, row)
	case *array.List:
		ok = setList(dst, c, row)
	}
	if !ok {
		return fmt.Errorf("%s in row %d does not fit %s", col.DataType(), row, dst.Type())
	}
	return nil
}

func setFloat(dst reflect.Value, v float64) bool {
	if !dst.CanFloat() {
		return false
	}
	dst.SetFloat(v)
	return true
}

func setInt(dst reflect.Value, v int64) bool {
	switch {
	case dst.CanInt() && !dst.OverflowInt(v):
		dst.SetInt(v)
	case dst.CanUint() && v >= 0 && !dst.OverflowUint(uint64(v)):
		dst.SetUint(uint64(v))
	default:
		return false
	}
	return true
}

func setUint(dst reflect.Value, v uint64) bool {
	switch {
	case dst.CanUint() && !dst.OverflowUint(v):
		dst.SetUint(v)
	case dst.CanInt() && int64(v) >= 0 && !dst.OverflowInt(int64(v)):
		dst.SetInt(int64(v))
	case dst.Kind() == reflect.Bool && v <= 1:
		dst.SetBool(v == 1) // ClickHouse's conditions are UInt8
	default:
		return false
	}
	return true
}

func setList(dst reflect.Value, c *array.List, row int) bool {
	if dst.Kind() != reflect.Slice {
		return false
	}
	from, to := c.ValueOffsets(row)
	list := reflect.MakeSlice(dst.Type(), int(to-from), int(to-from))
	for i := from; i < to; i++ {
		if scan(list.Index(int(i-from)), c.ListValues(), int(i)) != nil {
			return false
		}
	}
	dst.Set(list)
	return true
}

func setMap(dst reflect.Value, c *array.Map, row int) bool {
	if dst.Kind() != reflect.Map {
		return false
	}
	from, to := c.ValueOffsets(row)
	m := reflect.MakeMapWithSize(dst.Type(), int(to-from))
	for i := from; i < to; i++ {
		k, v := reflect.New(dst.Type().Key()).Elem(), reflect.New(dst.Type().Elem()).Elem()
		if scan(k, c.Keys(), int(i)) != nil || scan(v, c.Items(), int(i)) != nil {
			return false
		}
		m.SetMapIndex(k, v)
	}
	dst.Set(m)
	return true
}
