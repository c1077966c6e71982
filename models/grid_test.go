package models

import (
	"math"
	"strings"
	"testing"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/trees"
)

// smallRecord has numbers with a null, text with a null, dictionary text and whole numbers.
func smallRecord(mem memory.Allocator) arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "use", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "industry", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "region", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, Nullable: true},
		{Name: "invoices", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	b.Field(0).(*array.Float64Builder).AppendValues([]float64{0.1, 0.9, 0, 0.2, 0.8, 0.95}, []bool{true, true, false, true, true, true})
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"steel", "food", "", "food", "steel", "steel"}, []bool{true, true, false, true, true, true})
	for _, v := range []string{"N", "S", "S", "N", "E", "S"} {
		if err := b.Field(2).(*array.BinaryDictionaryBuilder).AppendString(v); err != nil {
			panic(err)
		}
	}
	b.Field(3).(*array.Int32Builder).AppendValues([]int32{1, 2, 3, 4, 5, 6}, nil)
	return b.NewRecord()
}

func TestGridSharesArrowsBytes(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	whole := smallRecord(mem)
	defer whole.Release()
	rec := whole.NewSlice(1, 6) // an offset must not shift the cells
	defer rec.Release()
	g, err := NewGrid(rec, []string{"use", "industry", "region", "invoices"}, []uint8{1, 0, 0, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Release()
	values := rec.Column(0).(*array.Float64).Float64Values()
	spec := g.specs[1]
	for row := range values {
		cell := g.Get(spec, row)
		switch {
		case rec.Column(0).IsNull(row):
			if !math.IsNaN(base.UnpackBytesToFloat(cell)) {
				t.Errorf("row %d: null reads as %v, want NaN", row, base.UnpackBytesToFloat(cell))
			}
		case unsafe.Pointer(&cell[0]) != unsafe.Pointer(&values[row]):
			t.Errorf("row %d: the cell is a copy of Arrow's", row)
		}
	}
	if got := &g.matrix().cols[3].numbers[0]; *got != 2 {
		t.Errorf("first whole number is %v, want 2", *got)
	}
	if want := "1 0.90 food S 2.00"; g.RowString(0) != want {
		t.Errorf("row 0 is %q, want %q", g.RowString(0), want)
	}
	if want := "0 NaN  S 3.00"; g.RowString(1) != want {
		t.Errorf("row 1 is %q, want %q", g.RowString(1), want)
	}
	if cols, rows := g.Size(); cols != 5 || rows != 5 {
		t.Errorf("size %d × %d, want 5 × 5", cols, rows)
	}
}

func TestColumnsWithoutNullsReachLearnersUncopied(t *testing.T) {
	in := aBook(50, 1)
	g, err := NewGrid(in.Features, []string{"noise"}, in.Default)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Release()
	if &g.matrix().cols[0].numbers[0] != &in.Features.Column(2).(*array.Float64).Float64Values()[0] {
		t.Error("the learner's column is a copy of Arrow's")
	}
}

// golearn's own tree, with its own rule, must find the one column that tells.
func TestGolearnTrainsOnTheGrid(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	b := array.NewRecordBuilder(mem, arrow.NewSchema([]arrow.Field{{Name: "noise", Type: arrow.PrimitiveTypes.Float64}, {Name: "use", Type: arrow.PrimitiveTypes.Float64}}, nil))
	defer b.Release()
	label := make([]uint8, 200)
	for i := range label {
		b.Field(0).(*array.Float64Builder).Append(float64(i * 7919 % 200))
		b.Field(1).(*array.Float64Builder).Append(float64(i % 10))
		label[i] = uint8(i % 10 / 6)
	}
	rec := b.NewRecord()
	defer rec.Release()
	g, err := NewGrid(rec, []string{"noise", "use"}, label)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Release()
	tree := trees.NewID3DecisionTree(0)
	if err := tree.Fit(g); err != nil {
		t.Fatal(err)
	}
	if rule := tree.Root.SplitRule; rule.SplitAttr.GetName() != "use" || rule.SplitVal != 5.5 {
		t.Errorf("golearn splits by %v, want use <= 5.5", rule)
	}
	predicted, err := tree.Predict(g)
	if err != nil {
		t.Fatal(err)
	}
	for row, y := range label {
		if got := base.GetClass(predicted, row); got != string('0'+rune(y)) {
			t.Fatalf("row %d: golearn predicts %q, want %d", row, got, y)
		}
	}
}

func TestGridRefuses(t *testing.T) {
	rec := smallRecord(memory.DefaultAllocator)
	defer rec.Release()
	lists := newRecord([]string{"list"}, []arrow.Array{array.NewListBuilder(memory.DefaultAllocator, arrow.PrimitiveTypes.Int8).NewListArray()})
	for _, c := range []struct {
		name     string
		rec      arrow.Record
		features []string
		label    []uint8
		want     string
	}{
		{"columns that are not there, all named", rec, []string{"a", "use", "b"}, nil, "\"b\""},
		{"labels of another length", rec, []string{"use"}, []uint8{1}, "1 labels for 6 rows"},
		{"labels that are not 0 or 1", rec, []string{"use"}, []uint8{0, 1, 2, 0, 0, 0}, "label of row 3 is 2"},
		{"lists", lists, []string{"list"}, nil, "want a number or text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := NewGrid(c.rec, c.features, c.label); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
