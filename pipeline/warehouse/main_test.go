package warehouse_test

import (
	"os"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

func TestMain(m *testing.M) {
	warehouse.MaybeEngine()
	if dir := os.Getenv(helperEnv); dir != "" {
		helper(dir)
	}
	warehousetest.Main(m)
}

// numbers yields batches of one column x, counting up from 0.
type numbers struct {
	batches, rows int
	each          func(batch int) // before each batch
	fails         error           // instead of an end

	batch int
	rec   arrow.Record
	refs  atomic.Int64
}

var numbersSchema = arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Uint64}}, nil)

func (n *numbers) Retain()               { n.refs.Add(1) }
func (n *numbers) Release()              { n.refs.Add(-1) }
func (n *numbers) Schema() *arrow.Schema { return numbersSchema }
func (n *numbers) Record() arrow.Record  { return n.rec }

func (n *numbers) Err() error {
	if n.batch == n.batches {
		return n.fails
	}
	return nil
}

func (n *numbers) Next() bool {
	if n.rec != nil {
		n.rec.Release()
		n.rec = nil
	}
	if n.batch == n.batches {
		return false
	}
	if n.each != nil {
		n.each(n.batch)
	}
	b := array.NewUint64Builder(memory.DefaultAllocator)
	defer b.Release()
	for i := range n.rows {
		b.Append(uint64(n.batch*n.rows + i))
	}
	col := b.NewArray()
	defer col.Release()
	n.rec = array.NewRecord(numbersSchema, []arrow.Array{col}, int64(n.rows))
	n.batch++
	return true
}
