package rows

import (
	"fmt"
	"reflect"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// Of makes an Arrow table of a slice of structs: one column per field with a `ch` tag, which is its name. Pointers are
// nullable. Fields may be string, []string, []float64, []*float64, bool, integers of any width, float64, [asof.Date], [time.Time]
// (milliseconds, UTC) and [book.Money] (Decimal(18,4)). A field of another type is a mistake in the program: Of panics.
func Of[T any](table []T) array.RecordReader {
	t := reflect.TypeFor[T]()
	var fields []arrow.Field
	var index []int
	for i := range t.NumField() {
		name, ok := t.Field(i).Tag.Lookup("ch")
		if !ok {
			continue
		}
		ft := t.Field(i).Type
		nullable := ft.Kind() == reflect.Pointer
		if nullable {
			ft = ft.Elem()
		}
		fields = append(fields, arrow.Field{Name: name, Type: typeOf(ft), Nullable: nullable})
		index = append(index, i)
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, row := range table {
		v := reflect.ValueOf(row)
		for c, i := range index {
			add(b.Field(c), v.Field(i))
		}
	}
	rec := b.NewRecord()
	defer rec.Release()
	reader, err := array.NewRecordReader(schema, []arrow.Record{rec})
	if err != nil {
		panic(err) // the record was built from this very schema
	}
	return reader
}

var (
	dateType  = reflect.TypeFor[asof.Date]()
	timeType  = reflect.TypeFor[time.Time]()
	moneyType = reflect.TypeFor[book.Money]()
)

func typeOf(t reflect.Type) arrow.DataType {
	switch t {
	case dateType:
		return arrow.FixedWidthTypes.Date32
	case timeType:
		return &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}
	case moneyType:
		return &arrow.Decimal128Type{Precision: 18, Scale: 4}
	}
	switch t.Kind() {
	case reflect.String:
		return arrow.BinaryTypes.String
	case reflect.Bool:
		return arrow.FixedWidthTypes.Boolean
	case reflect.Float64:
		return arrow.PrimitiveTypes.Float64
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		return arrow.PrimitiveTypes.Int64
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return arrow.PrimitiveTypes.Uint64
	case reflect.Slice:
		switch t.Elem() {
		case reflect.TypeFor[string]():
			return arrow.ListOf(arrow.BinaryTypes.String)
		case reflect.TypeFor[float64](), reflect.TypeFor[*float64]():
			return arrow.ListOf(arrow.PrimitiveTypes.Float64)
		}
	}
	panic(fmt.Sprintf("rows: a field of type %s has no column type", t))
}

func add(b array.Builder, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			b.AppendNull()
			return
		}
		v = v.Elem()
	}
	switch b := b.(type) {
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Int()))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Interface().(time.Time).UnixMilli()))
	case *array.Decimal128Builder:
		b.Append(v.Interface().(book.Money).Decimal128())
	case *array.StringBuilder:
		b.Append(v.String())
	case *array.BooleanBuilder:
		b.Append(v.Bool())
	case *array.Float64Builder:
		b.Append(v.Float())
	case *array.Int64Builder:
		b.Append(v.Int())
	case *array.Uint64Builder:
		b.Append(v.Uint())
	case *array.ListBuilder:
		b.Append(true)
		for i := range v.Len() {
			add(b.ValueBuilder(), v.Index(i))
		}
	}
}
