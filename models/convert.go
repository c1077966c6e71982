package models

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// toFloat64 copies a numeric, boolean, decimal or date column into float64; money loses its exactness here, and only
// here, because a model needs no cents. Dates become days.
func toFloat64(a arrow.Array) (*array.Float64, error) {
	value, err := float64At(a)
	if err != nil {
		return nil, err
	}
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(a.Len())
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(value(i))
		}
	}
	return b.NewFloat64Array(), nil
}

func float64At(a arrow.Array) (func(int) float64, error) {
	switch a := a.(type) {
	case *array.Float32:
		return at(a), nil
	case *array.Int64:
		return at(a), nil
	case *array.Int32:
		return at(a), nil
	case *array.Int16:
		return at(a), nil
	case *array.Int8:
		return at(a), nil
	case *array.Uint64:
		return at(a), nil
	case *array.Uint32:
		return at(a), nil
	case *array.Uint16:
		return at(a), nil
	case *array.Uint8:
		return at(a), nil
	case *array.Date32:
		return at(a), nil
	case *array.Boolean:
		return func(i int) float64 {
			if a.Value(i) {
				return 1
			}
			return 0
		}, nil
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		return func(i int) float64 { return a.Value(i).ToFloat64(scale) }, nil
	}
	return nil, fmt.Errorf("type %s, want a number or text", a.DataType())
}

func at[T ~int64 | ~int32 | ~int16 | ~int8 | ~uint64 | ~uint32 | ~uint16 | ~uint8 | ~float32](a interface{ Value(int) T }) func(int) float64 {
	return func(i int) float64 { return float64(a.Value(i)) }
}
