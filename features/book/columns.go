package book

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// A column gathers the values of one column of a record in plain slices, several times as fast as Arrow's builders,
// which check their capacity value by value. Only the slice of its type is in use.
type column struct {
	field   arrow.Field
	offsets []int32 // of strings: where each ends, after a first 0
	text    []byte
	days    []arrow.Date32
	numbers []int32
	stamps  []arrow.Timestamp
	amounts []decimal128.Num
	flags   []bool
	valid   []bool  // of nullable columns
	item    *column // of lists: the values of all of them; offsets is where each list ends
}

func newColumn(f arrow.Field, rows, textBytes int) column {
	c := column{field: f}
	switch f.Type.ID() {
	case arrow.STRING:
		c.offsets, c.text = make([]int32, 1, rows+1), make([]byte, 0, textBytes)
	case arrow.DATE32:
		c.days = make([]arrow.Date32, 0, rows)
	case arrow.INT32:
		c.numbers = make([]int32, 0, rows)
	case arrow.TIMESTAMP:
		c.stamps = make([]arrow.Timestamp, 0, rows)
	case arrow.DECIMAL128:
		c.amounts = make([]decimal128.Num, 0, rows)
	case arrow.BOOL:
		c.flags = make([]bool, 0, rows)
	case arrow.LIST:
		item := newColumn(f.Type.(*arrow.ListType).ElemField(), rows, textBytes)
		c.offsets, c.item = make([]int32, 1, rows+1), &item
	}
	if f.Nullable {
		c.valid = make([]bool, 0, rows)
	}
	return c
}

// array makes the values an Arrow array, which owns them from then on.
func (c *column) array(rows int) arrow.Array {
	buffers := []*memory.Buffer{nil, nil}
	var children []arrow.ArrayData
	nulls := 0
	if c.field.Nullable {
		buffers[0] = bitmap(c.valid)
		for _, v := range c.valid {
			if !v {
				nulls++
			}
		}
	}
	switch c.field.Type.ID() {
	case arrow.STRING:
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.offsets))
		buffers = append(buffers, memory.NewBufferBytes(c.text))
	case arrow.DATE32:
		buffers[1] = memory.NewBufferBytes(arrow.Date32Traits.CastToBytes(c.days))
	case arrow.INT32:
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.numbers))
	case arrow.TIMESTAMP:
		buffers[1] = memory.NewBufferBytes(arrow.TimestampTraits.CastToBytes(c.stamps))
	case arrow.DECIMAL128:
		buffers[1] = memory.NewBufferBytes(arrow.Decimal128Traits.CastToBytes(c.amounts))
	case arrow.BOOL:
		buffers[1] = bitmap(c.flags)
	case arrow.LIST:
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.offsets))
		items := c.item.array(int(c.offsets[rows]))
		defer items.Release()
		children = []arrow.ArrayData{items.Data()}
	}
	data := array.NewData(c.field.Type, rows, buffers, children, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

func bitmap(flags []bool) *memory.Buffer {
	bits := make([]byte, bitutil.BytesForBits(int64(len(flags))))
	for i, f := range flags {
		if f {
			bitutil.SetBit(bits, i)
		}
	}
	return memory.NewBufferBytes(bits)
}
