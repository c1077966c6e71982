package jobs

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
)

// TestBenchTable: the same seed gives the same bytes, and the table has what learners find in a book.
func TestBenchTable(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, seed uint64) (benchTable, []byte) {
		table := benchTable{Path: filepath.Join(dir, name), Rows: 3000, Held: 1000, Columns: 16, Texts: benchTexts}
		if err := writeBenchTable(table, seed); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(table.Path)
		if err != nil {
			t.Fatal(err)
		}
		return table, text
	}
	table, one := write("one", 1)
	_, two := write("two", 1)
	_, other := write("other", 2)
	if !bytes.Equal(one, two) || bytes.Equal(one, other) {
		t.Error("want the same bytes of the same seed, others of another")
	}
	if len(one) != table.bytes() {
		t.Errorf("%d bytes, want %d", len(one), table.bytes())
	}
	rec, flag, err := table.read()
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	defaults, nulls := 0, 0
	for _, y := range flag {
		defaults += int(y)
	}
	if share := float64(defaults) / float64(len(flag)); share < 0.05 || share > 0.4 {
		t.Errorf("%.3f of the rows default", share)
	}
	for c := range 14 {
		column := rec.Column(c).(*array.Float64)
		nulls += column.NullN()
		for i := range column.Len() {
			if v := column.Value(i); column.IsNull(i) != math.IsNaN(v) {
				t.Fatalf("column %d, row %d: %v, null is %v", c, i, v, column.IsNull(i))
			}
		}
	}
	if nulls < 500 {
		t.Errorf("%d cells are missing", nulls)
	}
	for k, texts := range benchTexts {
		if d := rec.Column(14 + k).(*array.Dictionary); d.Dictionary().Len() != texts || d.NullN() > 0 {
			t.Errorf("column %d has %d texts, %d nulls; want %d, none", 14+k, d.Dictionary().Len(), d.NullN(), texts)
		}
	}
	held, err := table.heldFlags()
	if err != nil || !bytes.Equal(held, flag[table.Rows:]) {
		t.Errorf("flags of the held-out rows differ from the table's: %v", err)
	}
}

// TestBenchRatios holds what is printed against figures worked out by hand.
func TestBenchRatios(t *testing.T) {
	task := benchTask{benchTable: benchTable{Rows: 900, Held: 100, Columns: 9}} // 80 000 bytes
	ours, theirs := benchResult{Library: own, AUC: 0.8}, benchResult{Library: "xgboost", AUC: 0.805}
	ours.summarise([]benchAnswer{{Train: []float64{1, 9}, Processor: []float64{2, 2}, Score: []float64{0.1}, Bare: 1e6, Peak: 1.2e6},
		{Train: []float64{2, 3}, Processor: []float64{4, 4}, Score: []float64{0.2, 0.3}, Bare: 1e6, Peak: 1.4e6}}, task)
	theirs.summarise([]benchAnswer{{Train: []float64{2}, Processor: []float64{12}, Score: []float64{0.3}, Bare: 1e6, Peak: 2e6}}, task)
	theirs.compare(ours)
	for what, c := range map[string][2]float64{
		"train": {ours.TrainSeconds, 2.5}, "processor": {ours.Processor, 3}, "rows a second": {ours.RowsPerSecond, 500}, "peak": {ours.PeakBytes, 1.3e6},
		"peak per table": {ours.PeakPerTable, 3.75}, "train ratio": {theirs.TrainRatio, 1.25}, "processor ratio": {theirs.ProcessorRatio, 0.25},
		"score ratio": {theirs.ScoreRatio, 1.5}, "auc ahead": {theirs.AUCAhead, -0.005},
	} {
		if math.Abs(c[0]-c[1]) > 1e-9 {
			t.Errorf("%s is %v, want %v", what, c[0], c[1])
		}
	}
	var out bytes.Buffer
	b := &bench{app: &app{out: &out}}
	if err := b.show(benchSizes[0], benchTableFound{Results: []benchResult{ours, theirs}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1.25   <=1 NO", "0.25   333", "1.50   >=2 NO", "-0.0050  >=-0.001 NO", "3.75      <=3 NO"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := b.show(benchSizes[1], benchTableFound{Results: []benchResult{ours, theirs}}); err != nil || strings.Contains(out.String(), "<=1 NO") {
		t.Errorf("a size without a limit of training shows one:\n%s%v", out.String(), err)
	}
}
