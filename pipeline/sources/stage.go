package sources

import (
	"fmt"
	"io"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// stagingColumns come before the columns of the files, which stand in staging as c1, c2, … and get their own names back
// when they are read.
var stagingColumns = []string{"_file", "_line", "_raw", "_fault"}

func stagedName(i int) string { return "c" + strconv.Itoa(i+1) }

const (
	batchRows  = 8192
	batchBytes = 8 << 20
)

// A batcher is the rows of one input as Arrow batches for the staging table.
type batcher struct {
	file   string
	in     rows
	place  []int // of the input's columns among those of the source
	schema *arrow.Schema
	b      *array.RecordBuilder
	rec    arrow.Record
	row    Row
	count  uint64
	ended  bool
	err    error
}

// newBatcher stages the rows of in; columns are those of the source, over all its files.
func newBatcher(file string, in rows, columns []string) *batcher {
	fields := []arrow.Field{
		{Name: "_file", Type: arrow.BinaryTypes.String},
		{Name: "_line", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "_raw", Type: arrow.BinaryTypes.String},
		{Name: "_fault", Type: arrow.BinaryTypes.String},
	}
	index := map[string]int{}
	for i, c := range columns {
		index[c] = i
		fields = append(fields, arrow.Field{Name: stagedName(i), Type: arrow.BinaryTypes.String, Nullable: true})
	}
	x := &batcher{file: file, in: in, schema: arrow.NewSchema(fields, nil)}
	for _, h := range in.Header() {
		x.place = append(x.place, index[h])
	}
	x.b = array.NewRecordBuilder(memory.DefaultAllocator, x.schema)
	return x
}

func (x *batcher) Retain()               {}
func (x *batcher) Schema() *arrow.Schema { return x.schema }
func (x *batcher) Record() arrow.Record  { return x.rec }
func (x *batcher) Err() error            { return x.err }

func (x *batcher) Release() {
	if x.rec != nil {
		x.rec.Release()
		x.rec = nil
	}
	if x.b != nil {
		x.b.Release()
		x.b = nil
	}
}

func (x *batcher) Next() bool {
	if x.rec != nil {
		x.rec.Release()
		x.rec = nil
	}
	if x.ended || x.err != nil {
		return false
	}
	n, size := 0, 0
	for n < batchRows && size < batchBytes {
		err := x.in.Next(&x.row)
		if err == io.EOF {
			x.ended = true
			break
		}
		if err != nil {
			x.err = fmt.Errorf("%s: %w", x.file, err)
			return false
		}
		x.append()
		n++
		size += 2*len(x.row.Raw) + 64
	}
	if n == 0 {
		return false
	}
	x.count += uint64(n)
	x.rec = x.b.NewRecord()
	return true
}

func (x *batcher) append() {
	row := &x.row
	x.b.Field(0).(*array.StringBuilder).Append(x.file)
	x.b.Field(1).(*array.Uint64Builder).Append(row.Line)
	x.b.Field(2).(*array.StringBuilder).Append(row.Raw)
	x.b.Field(3).(*array.StringBuilder).Append(row.Fault)
	filled := 0
	if row.Fault == "" {
		for i, cell := range row.Cells {
			b := x.b.Field(len(stagingColumns) + x.place[i]).(*array.StringBuilder)
			if cell.Null {
				b.AppendNull()
			} else {
				b.Append(cell.Text)
			}
		}
		filled = len(row.Cells)
	}
	if columns := len(x.schema.Fields()) - len(stagingColumns); filled < columns { // columns that this file lacks
		want := x.b.Field(0).Len()
		for i := range columns {
			if b := x.b.Field(len(stagingColumns) + i); b.Len() < want {
				b.AppendNull()
			}
		}
	}
}
