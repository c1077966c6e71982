package sources

import (
	"fmt"
	"io"
	"os"
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

// A batcher is the rows of all inputs of a source as Arrow batches for the staging table: one insert, however many
// files there are.
type batcher struct {
	root    *os.Root
	inputs  []*input
	columns map[string]int // place of a column among those of the source, over all its files
	schema  *arrow.Schema
	b       *array.RecordBuilder
	rec     arrow.Record

	at    int // the input being read; its rows are in, which is nil before it is opened
	in    rows
	done  func() error
	place []int // of the input's columns among those of the source
	row   Row
	read  []uint64 // rows, by input
	err   error
}

// newBatcher stages the rows of the inputs in order; columns are those of the source, over all its files.
func newBatcher(root *os.Root, inputs []*input, columns []string) *batcher {
	fields := []arrow.Field{
		{Name: "_file", Type: arrow.BinaryTypes.String},
		{Name: "_line", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "_raw", Type: arrow.BinaryTypes.String},
		{Name: "_fault", Type: arrow.BinaryTypes.String},
	}
	x := &batcher{root: root, inputs: inputs, columns: map[string]int{}, read: make([]uint64, len(inputs))}
	for i, c := range columns {
		x.columns[c] = i
		fields = append(fields, arrow.Field{Name: stagedName(i), Type: arrow.BinaryTypes.String, Nullable: true})
	}
	x.schema = arrow.NewSchema(fields, nil)
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
	if x.done != nil { // stopped in the middle of an input
		x.done() //nolint:errcheck // whether it is whole is no matter any more
		x.in, x.done = nil, nil
	}
}

func (x *batcher) Next() bool {
	if x.rec != nil {
		x.rec.Release()
		x.rec = nil
	}
	n, size := 0, 0
	for n < batchRows && size < batchBytes && x.err == nil {
		ok, err := x.advance()
		if err != nil {
			x.err = fmt.Errorf("%s: %w", x.inputs[x.at].File, err)
			return false
		}
		if !ok {
			break
		}
		x.append()
		n++
		size += 2*len(x.row.Raw) + 64
	}
	if n == 0 || x.err != nil {
		return false
	}
	x.rec = x.b.NewRecord()
	return true
}

// advance reads the next row, of the next input if one has ended; ok is false after the last one.
func (x *batcher) advance() (ok bool, err error) {
	for x.at < len(x.inputs) {
		if x.in == nil {
			if x.in, x.done, err = x.inputs[x.at].open(x.root); err != nil {
				return false, err
			}
			x.place = x.place[:0]
			for _, h := range x.in.Header() {
				x.place = append(x.place, x.columns[h])
			}
		}
		err := x.in.Next(&x.row)
		if err == nil {
			x.read[x.at]++
			return true, nil
		}
		if err != io.EOF {
			return false, err
		}
		done := x.done
		x.in, x.done = nil, nil
		if err := done(); err != nil {
			return false, err
		}
		x.at++
	}
	return false, nil
}

func (x *batcher) append() {
	row := &x.row
	x.b.Field(0).(*array.StringBuilder).Append(x.inputs[x.at].File)
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
	if columns := x.schema.NumFields() - len(stagingColumns); filled < columns { // columns that this file lacks
		want := x.b.Field(0).Len()
		for i := range columns {
			if b := x.b.Field(len(stagingColumns) + i); b.Len() < want {
				b.AppendNull()
			}
		}
	}
}
