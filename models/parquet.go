package models

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

func readParquet(path string) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if file.NumRows() == 0 {
		return nil, fmt.Errorf("%s: no rows", path)
	}
	var names []string
	var cols []arrow.Array
	var errs []error
	for i, field := range file.Schema().Fields() {
		if !field.Leaf() || field.Repeated() {
			errs = append(errs, fmt.Errorf("%s: column %q is nested, want a plain value", path, field.Name()))
			continue
		}
		leaf, _ := file.Schema().Lookup(field.Name())
		col, err := readLeaf(file, leaf.ColumnIndex, field.Type())
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: column %d %q: %w", path, i+1, field.Name(), err))
			continue
		}
		names, cols = append(names, field.Name()), append(cols, col)
	}
	if len(errs) > 0 {
		for _, c := range cols {
			c.Release()
		}
		return nil, errors.Join(errs...)
	}
	return &Table{Path: path, Format: "Parquet", Record: newRecord(names, cols)}, nil
}

// readLeaf reads one column over all row groups.
func readLeaf(file *parquet.File, column int, typ parquet.Type) (arrow.Array, error) {
	number, err := parquetNumber(typ)
	if err != nil {
		return nil, err
	}
	numbers, texts := array.NewFloat64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	defer numbers.Release()
	defer texts.Release()
	take := func(v parquet.Value) {
		switch {
		case number == nil && v.IsNull():
			texts.AppendNull()
		case number == nil:
			texts.Append(string(v.ByteArray()))
		case v.IsNull() || math.IsNaN(number(v)):
			numbers.AppendNull()
		default:
			numbers.Append(number(v))
		}
	}
	buf := make([]parquet.Value, 1024)
	for _, group := range file.RowGroups() {
		if err := readChunk(group.ColumnChunks()[column], buf, take); err != nil {
			return nil, err
		}
	}
	if number != nil {
		return numbers.NewArray(), nil
	}
	return texts.NewArray(), nil
}

func readChunk(chunk parquet.ColumnChunk, buf []parquet.Value, take func(parquet.Value)) error {
	pages := chunk.Pages()
	defer pages.Close()
	for {
		page, err := pages.ReadPage()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		values := page.Values()
		for {
			n, err := values.ReadValues(buf)
			for _, v := range buf[:n] {
				take(v)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
		}
		parquet.Release(page)
	}
}

// parquetNumber returns how a type's values become numbers; nil for text.
func parquetNumber(typ parquet.Type) (func(parquet.Value) float64, error) {
	scale := 1.0
	decimal := false
	if logical := typ.LogicalType(); logical != nil {
		var d *format.DecimalType
		if d, decimal = logical.Value.(*format.DecimalType); decimal {
			scale = math.Pow10(int(d.Scale))
		}
	}
	switch kind := typ.Kind(); kind {
	case parquet.Boolean:
		return func(v parquet.Value) float64 {
			if v.Boolean() {
				return 1
			}
			return 0
		}, nil
	case parquet.Int32:
		return func(v parquet.Value) float64 { return float64(v.Int32()) / scale }, nil
	case parquet.Int64:
		return func(v parquet.Value) float64 { return float64(v.Int64()) / scale }, nil
	case parquet.Float:
		return func(v parquet.Value) float64 { return float64(v.Float()) }, nil
	case parquet.Double:
		return parquet.Value.Double, nil
	case parquet.ByteArray, parquet.FixedLenByteArray:
		if decimal {
			return func(v parquet.Value) float64 { return bigEndian(v.ByteArray()) / scale }, nil
		}
		return nil, nil
	default:
		return nil, fmt.Errorf("type %s, want a number, a truth value or text", typ)
	}
}

// bigEndian reads a two's complement number of any length.
func bigEndian(b []byte) float64 {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	v, _ := new(big.Float).SetInt(n).Float64()
	return v
}
