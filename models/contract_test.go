package models

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/sjwhitworth/golearn/base"
)

// The contract is what every learner promises, whatever it learns by. A new learner is held to all of it by standing in
// Learners; what it does not promise it says in exceptions.
var contract = []struct {
	name  string
	holds func(t *testing.T, c *party)
}{
	{"every cell is borne", bearsEveryCell},
	{"missing is not zero", missingIsNotZero},
	{"infinite is very large, minus zero is zero", oddNumbers},
	{"a text never seen lies among the known", unseenTexts},
	{"what never varied weighs nothing", constantsWeighNothing},
	{"a table of constants gets the book's rate", constantTables},
	{"one class is refused", oneClass},
	{"one class by weight is refused", oneClassByWeight},
	{"a row of weight 0 is not there", weightZero},
	{"a row of weight 2 is there twice", weightTwo},
	{"directions hold", directionsHold},
	{"addends make the log-odds", addendsAdd},
	{"a row is scored by itself", rowsByThemselves},
	{"kept and read to the bit", keptToTheBit},
	{"neither order nor processors matter", orderAndProcessors},
	{"a golearn classifier", golearnClassifier},
	{"other features are refused by name", otherFeatures},
	{"nothing is answered before a fit", notFitted},
	{"damaged bytes are refused", damagedBytes},
	{"what it says of rows it did not see", unseenRows},
}

// exceptions say which clauses a learner does not promise, and why.
var exceptions = map[string]map[string]string{
	"forest": {
		"directions hold":                  "its splits keep directions one by one, its trees not over the whole range",
		"a row of weight 2 is there twice": "columns are cut and rows drawn before weights are looked at",
	},
	"boosted": {
		"a row of weight 2 is there twice": "takes weights from 0 to 1, and draws rows",
	},
	"blend": {
		"directions hold":                  "has a forest in it",
		"a row of weight 2 is there twice": "has a forest in it",
	},
}

func TestContract(t *testing.T) {
	book := aHostileBook(500)
	for _, name := range Learners {
		t.Run(name, func(t *testing.T) {
			c := &party{name: name, hostileBook: book, grid: book.grid(t)}
			c.learner = c.fresh(t)
			if err := c.learner.Fit(c.grid); err != nil {
				t.Fatal(err)
			}
			for _, clause := range contract {
				if exceptions[name][clause.name] == "" {
					t.Run(clause.name, func(t *testing.T) { clause.holds(t, c) })
				}
			}
		})
	}
}

func TestExceptionsNameLearnersAndClauses(t *testing.T) {
	for name, of := range exceptions {
		if !slices.Contains(Learners, name) {
			t.Errorf("%s is no learner", name)
		}
		for clause := range of {
			if !slices.ContainsFunc(contract, func(c struct {
				name  string
				holds func(t *testing.T, c *party)
			}) bool {
				return c.name == clause
			}) {
				t.Errorf("%s: %q is no clause", name, clause)
			}
		}
	}
}

// A party is a learner under contract, fitted to a book.
type party struct {
	name string
	*hostileBook
	grid    *Grid
	learner Learner
}

func (c *party) fresh(t *testing.T) Learner {
	t.Helper()
	l, err := New(c.name, c.columns, Options{Trees: 25, RowsPerTree: 400})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A hostileBook holds everything that a learner must bear: a cell is a number, a text or nil.
type hostileBook struct {
	columns []Column
	rows    []map[string]any
	label   []uint8
}

// aHostileBook is seeded. Risk rises with use and with late, where it is not -1, and follows the industry; where use is
// missing, risk is high. Odd tells nothing, in numbers that are hard to bear.
func aHostileBook(n int) *hostileBook {
	source := rand.New(rand.NewPCG(17, 23))
	b := &hostileBook{columns: []Column{
		{Name: "use", Direction: +1}, {Name: "late", Direction: +1, Special: []float64{-1}}, {Name: "odd"}, {Name: "flag"},
		{Name: "constant"}, {Name: "empty"}, {Name: "industry"}, {Name: "town"},
	}}
	odd := []float64{math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.Copysign(0, -1), 0, 5e-324, -5e-324, 1, -1}
	industries := []string{"food", "mining", "steel", "trade"}
	for range n {
		row := map[string]any{"odd": odd[source.IntN(len(odd))], "flag": 0.0, "constant": 3.0, "town": fmt.Sprint("town ", source.IntN(80))}
		use, late, kind := source.Float64(), source.ExpFloat64()*20, source.IntN(4)
		eta := -3.5 + 2.5*use + 0.04*late + 0.6*float64(kind)
		if row["use"] = use; source.IntN(8) == 0 {
			eta += 3.5 - 2.5*use
			row["use"] = nil
		}
		if row["late"] = late; source.IntN(6) == 0 {
			eta -= 0.04 * late
			row["late"] = -1.0
		}
		if row["industry"] = industries[kind]; source.IntN(10) == 0 {
			row["industry"] = nil
		}
		if source.IntN(40) == 0 {
			row["flag"] = 1.0
		}
		b.rows = append(b.rows, row)
		y := uint8(0)
		if source.Float64() < expit(eta) {
			y = 1
		}
		b.label = append(b.label, y)
	}
	return b
}

// gridOf makes a grid of rows that have the book's columns.
func (b *hostileBook) gridOf(t *testing.T, rows []map[string]any, label []uint8) *Grid {
	t.Helper()
	var names []string
	var cols []arrow.Array
	for _, c := range b.columns {
		names = append(names, c.Name)
		numbers, texts := array.NewFloat64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
		text := c.Name == "industry" || c.Name == "town"
		for _, row := range rows {
			switch v := row[c.Name].(type) {
			case float64:
				numbers.Append(v)
			case string:
				texts.Append(v)
			default:
				numbers.AppendNull()
				if text {
					texts.AppendNull()
				}
			}
		}
		if text {
			cols = append(cols, texts.NewArray())
		} else {
			cols = append(cols, numbers.NewArray())
		}
	}
	g, err := NewGrid(newRecord(names, cols), names, label)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Release)
	return g
}

func (b *hostileBook) grid(t *testing.T) *Grid { return b.gridOf(t, b.rows, b.label) }

// with returns the middling row with some cells changed.
func with(change map[string]any) map[string]any {
	row := map[string]any{"use": 0.5, "late": 10.0, "odd": 1.0, "flag": 0.0, "constant": 3.0, "industry": "mining", "town": "town 1"}
	for name, v := range change {
		row[name] = v
	}
	return row
}

// of scores rows that differ from the middling one.
func (c *party) of(t *testing.T, changes ...map[string]any) []float64 {
	t.Helper()
	var rows []map[string]any
	for _, change := range changes {
		rows = append(rows, with(change))
	}
	eta := logOdds(t, c.learner, c.gridOf(t, rows, nil))
	for i, v := range eta {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("log-odds of %v are %v", changes[i], v)
		}
	}
	return eta
}

func logOdds(t *testing.T, l Learner, g base.FixedDataGrid) []float64 {
	t.Helper()
	out, err := l.LogOdds(g)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func bearsEveryCell(t *testing.T, c *party) {
	rank, paid, bad := 0.0, 0.0, 0.0
	eta := logOdds(t, c.learner, c.grid)
	for i, v := range eta {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("row %d: log-odds %v", i+1, v)
		}
		for j, w := range eta {
			if c.label[i] > c.label[j] && v > w {
				rank++
			}
		}
		if c.label[i] == 1 {
			bad++
		} else {
			paid++
		}
	}
	if auc := rank / paid / bad; auc < 0.75 {
		t.Errorf("AUC on its own rows is %.3f, want 0.75: it learnt nothing", auc)
	}
	c.of(t, map[string]any{"use": nil, "late": nil, "odd": nil, "flag": nil, "constant": nil, "industry": nil, "town": nil})
}

func missingIsNotZero(t *testing.T, c *party) {
	eta := c.of(t, map[string]any{"use": nil}, map[string]any{"use": math.NaN()}, map[string]any{"use": 0.0})
	if eta[0] != eta[1] {
		t.Errorf("null has log-odds %v, NaN %v", eta[0], eta[1])
	}
	if eta[0] < eta[2]+0.5 {
		t.Errorf("missing use has log-odds %v, no use %v; want missing much higher", eta[0], eta[2])
	}
}

func oddNumbers(t *testing.T, c *party) {
	inf := math.Inf(1)
	for _, name := range []string{"use", "late", "odd", "flag"} {
		eta := c.of(t, map[string]any{name: inf}, map[string]any{name: math.MaxFloat64}, map[string]any{name: -inf}, map[string]any{name: -math.MaxFloat64}, map[string]any{name: 0.0}, map[string]any{name: math.Copysign(0, -1)})
		for i, want := range []string{"largest", "least", "zero"} {
			// Of odd, infinite values were seen, and may be told from large ones.
			if eta[2*i] != eta[2*i+1] && (name != "odd" || want == "zero") {
				t.Errorf("%s: log-odds %v and %v of what should both be the %s", name, eta[2*i], eta[2*i+1], want)
			}
		}
	}
}

func unseenTexts(t *testing.T, c *party) {
	known := c.of(t, map[string]any{"industry": "food"}, map[string]any{"industry": "mining"}, map[string]any{"industry": "steel"}, map[string]any{"industry": "trade"}, map[string]any{"industry": nil})
	eta := c.of(t, map[string]any{"industry": "never seen"}, map[string]any{"industry": "unheard of"})
	if eta[0] != eta[1] {
		t.Errorf("two unseen industries have %v and %v", eta[0], eta[1])
	}
	if eta[0] < slices.Min(known)-0.1 || eta[0] > slices.Max(known)+0.1 {
		t.Errorf("an unseen industry has %v, outside the known %v", eta[0], known)
	}
	if known[3] < known[0]+0.3 {
		t.Errorf("food has log-odds %v, trade %v; want trade clearly higher", known[0], known[3])
	}
}

func constantsWeighNothing(t *testing.T, c *party) {
	e, err := c.learner.Explain(c.grid)
	if err != nil {
		t.Fatal(err)
	}
	for row, addends := range e.Addends {
		for i, name := range e.Features {
			if (name == "constant" || name == "empty") && math.Abs(addends[i]) > 1e-12 {
				t.Fatalf("row %d: %s adds %v", row+1, name, addends[i])
			}
		}
	}
	eta := c.of(t, nil, map[string]any{"constant": 4.0}, map[string]any{"constant": nil}, map[string]any{"empty": 1.0})
	for i, what := range []string{"another value of the constant", "a missing constant", "a value of the empty column"} {
		if math.Abs(eta[i+1]-eta[0]) > 1e-12 {
			t.Errorf("%s moves the log-odds from %v to %v", what, eta[0], eta[i+1])
		}
	}
}

func constantTables(t *testing.T, c *party) {
	rows, label := slices.Repeat([]map[string]any{{"use": 0.0, "constant": 3.0, "industry": "food"}}, 400), make([]uint8, 400)
	for i := range label {
		label[i] = uint8(i % 4 / 3)
	}
	g, l := c.gridOf(t, rows, label), c.fresh(t)
	if err := l.Fit(g); err != nil {
		t.Fatal(err)
	}
	for _, eta := range logOdds(t, l, g) {
		if math.Abs(expit(eta)-0.25) > 0.005 {
			t.Fatalf("PD %v, want 0.25", expit(eta))
		}
	}
}

func oneClass(t *testing.T, c *party) {
	for _, of := range []uint8{0, 1} {
		if err := c.fresh(t).Fit(c.gridOf(t, c.rows, slices.Repeat([]uint8{of}, len(c.rows)))); !errors.Is(err, ErrOneClass) {
			t.Errorf("all rows of class %d: got %v", of, err)
		}
	}
}

func oneClassByWeight(t *testing.T, c *party) {
	m := c.grid.matrix()
	m.weight = make([]float64, m.rows)
	for row, y := range c.label {
		m.weight[row] = float64(y)
	}
	if err := c.fresh(t).fit(m, c.label, allRows(m.rows)); !errors.Is(err, ErrOneClass) {
		t.Errorf("rows that paid weigh nothing: got %v", err)
	}
}

// fitted fits to rows of a matrix and returns the learner's bytes.
func (c *party) fittedTo(t *testing.T, m *matrix, rows []int) (Learner, []byte) {
	t.Helper()
	l := c.fresh(t)
	if err := l.fit(m, m.label, rows); err != nil {
		t.Fatal(err)
	}
	b, err := l.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return l, b
}

func weightZero(t *testing.T, c *party) {
	m := c.grid.matrix()
	var rest []int
	m.weight = make([]float64, m.rows)
	for row := range m.weight {
		if row%4 > 0 {
			m.weight[row] = 1
			rest = append(rest, row)
		}
	}
	_, zero := c.fittedTo(t, m, allRows(m.rows))
	_, absent := c.fittedTo(t, m, rest)
	if !bytes.Equal(zero, absent) {
		t.Errorf("rows of weight 0 leave %d bytes that differ from those without the rows", len(zero))
	}
}

func weightTwo(t *testing.T, c *party) {
	twice, label := slices.Clone(c.rows), slices.Clone(c.label)
	m := c.grid.matrix()
	m.weight = make([]float64, m.rows)
	for row := range m.weight {
		if m.weight[row] = 1; row%5 == 0 {
			m.weight[row] = 2
			twice, label = append(twice, c.rows[row]), append(label, c.label[row])
		}
	}
	weighted, _ := c.fittedTo(t, m, allRows(m.rows))
	repeated := c.fresh(t)
	if err := repeated.Fit(c.gridOf(t, twice, label)); err != nil {
		t.Fatal(err)
	}
	a, b := logOdds(t, weighted, c.grid), logOdds(t, repeated, c.grid)
	for row := range a {
		if math.Abs(a[row]-b[row]) > 1e-6 {
			t.Fatalf("row %d: log-odds %v by weight, %v by repetition", row+1, a[row], b[row])
		}
	}
}

func directionsHold(t *testing.T, c *party) {
	for k := range 25 {
		from := c.rows[k*7]
		for name, high := range map[string]float64{"use": 1.2, "late": 150} {
			var rows []map[string]any
			for step := range 61 {
				row := map[string]any{}
				for n, v := range from {
					row[n] = v
				}
				row[name] = high * float64(step) / 60
				rows = append(rows, row)
			}
			eta := logOdds(t, c.learner, c.gridOf(t, rows, nil))
			for i := 1; i < len(eta); i++ {
				if eta[i] < eta[i-1] {
					t.Fatalf("row %d: log-odds fall from %v to %v as %s rises to %v", k*7+1, eta[i-1], eta[i], name, rows[i][name])
				}
			}
			if name == "use" && eta[60] <= eta[0] {
				t.Errorf("row %d: log-odds %v without use, %v at full use", k*7+1, eta[0], eta[60])
			}
		}
	}
}

func addendsAdd(t *testing.T, c *party) {
	eta := logOdds(t, c.learner, c.grid)
	e, err := c.learner.Explain(c.grid)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Addends) != len(eta) || len(e.Features) != len(c.columns) {
		t.Fatalf("%d rows of %d features are explained, want %d of %d", len(e.Addends), len(e.Features), len(eta), len(c.columns))
	}
	for row, addends := range e.Addends {
		sum := e.Base
		for _, a := range addends {
			sum += a
		}
		if !(math.Abs(sum-eta[row]) <= 1e-9) {
			t.Fatalf("row %d: addends make %.12f, log-odds are %.12f", row+1, sum, eta[row])
		}
	}
}

func rowsByThemselves(t *testing.T, c *party) {
	together := logOdds(t, c.learner, c.grid)
	for _, row := range []int{0, 7, 250, len(c.rows) - 1} {
		if alone := logOdds(t, c.learner, c.gridOf(t, c.rows[row:row+1], nil))[0]; alone != together[row] {
			t.Errorf("row %d: log-odds %v by itself, %v among others", row+1, alone, together[row])
		}
	}
}

func keptToTheBit(t *testing.T, c *party) {
	kept, err := c.learner.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "learner")
	if err := c.learner.Save(path); err != nil {
		t.Fatal(err)
	}
	read, loaded := c.fresh(t), c.fresh(t)
	if err := errors.Join(read.UnmarshalJSON(kept), loaded.Load(path)); err != nil {
		t.Fatal(err)
	}
	eta := logOdds(t, c.learner, c.grid)
	want, err := c.learner.Explain(c.grid)
	if err != nil {
		t.Fatal(err)
	}
	for way, l := range map[string]Learner{"JSON": read, "golearn's file": loaded} {
		if !slices.Equal(eta, logOdds(t, l, c.grid)) {
			t.Errorf("%s: other log-odds", way)
		}
		got, err := l.Explain(c.grid)
		if err != nil {
			t.Fatal(err)
		}
		if got.Base != want.Base || !slices.EqualFunc(got.Addends, want.Addends, slices.Equal) {
			t.Errorf("%s: other addends", way)
		}
		if again, err := l.MarshalJSON(); err != nil || !bytes.Equal(again, kept) {
			t.Errorf("%s: written again, the bytes differ (%v)", way, err)
		}
		if l.String() == "" || l.GetMetadata().ClassifierName != c.name {
			t.Errorf("%s: is called %q and %q", way, l, l.GetMetadata().ClassifierName)
		}
	}
}

func orderAndProcessors(t *testing.T, c *party) {
	want, err := c.learner.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if _, got := c.fittedTo(t, c.grid.matrix(), allRows(len(c.rows))); !bytes.Equal(got, want) {
		t.Error("one processor gives another learner")
	}
	runtime.GOMAXPROCS(4)
	rows, label := make([]map[string]any, len(c.rows)), make([]uint8, len(c.rows))
	for i, row := range rand.New(rand.NewPCG(1, 1)).Perm(len(c.rows)) {
		rows[i], label[i] = c.rows[row], c.label[row]
	}
	other := c.fresh(t)
	if err := other.Fit(c.gridOf(t, rows, label)); err != nil {
		t.Fatal(err)
	}
	if got, _ := other.MarshalJSON(); !bytes.Equal(got, want) {
		t.Error("another order of rows gives another learner")
	}
}

func golearnClassifier(t *testing.T, c *party) {
	predicted, err := c.learner.Predict(c.grid)
	if err != nil {
		t.Fatal(err)
	}
	if _, rows := predicted.Size(); rows != len(c.rows) {
		t.Fatalf("%d rows are predicted, want %d", rows, len(c.rows))
	}
	eta, of := logOdds(t, c.learner, c.grid), [2]int{}
	for row := range eta {
		got := base.GetClass(predicted, row)
		if want := map[bool]string{false: "0", true: "1"}[eta[row] > 0]; got != want {
			t.Fatalf("row %d: predicted %q at log-odds %v", row+1, got, eta[row])
		}
		of[got[0]-'0']++
	}
	if of[0] == 0 || of[1] == 0 {
		t.Errorf("%v rows are predicted of each class: the case shows nothing", of)
	}
	// A grid of golearn's own must serve as well as ours.
	view := base.NewInstancesViewFromVisible(c.grid, allRows(len(eta)), c.grid.AllAttributes())
	again := c.fresh(t)
	if err := again.Fit(view); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(eta, logOdds(t, again, view)) {
		t.Error("fitted through golearn's view, it scores otherwise")
	}
}

func otherFeatures(t *testing.T, c *party) {
	rec := c.grid.rec
	var names []string
	for _, column := range c.columns {
		names = append(names, column.Name)
	}
	renamed := func(from, to string) *Grid {
		fields := slices.Clone(rec.Schema().Fields())
		list := slices.Clone(names)
		i := slices.Index(names, from)
		fields[i].Name, list[i] = to, to
		g, err := NewGrid(array.NewRecord(arrow.NewSchema(fields, nil), rec.Columns(), rec.NumRows()), list, nil)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	some := func(list ...string) *Grid {
		g, err := NewGrid(rec, list, nil)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	// The industry where a number should be, and the other way round.
	retyped := func() *Grid {
		fields, cols := slices.Clone(rec.Schema().Fields()), slices.Clone(rec.Columns())
		i := slices.Index(names, "flag")
		cols[i] = rec.Column(slices.Index(names, "industry"))
		fields[i].Type = cols[i].DataType()
		g, err := NewGrid(array.NewRecord(arrow.NewSchema(fields, nil), cols, rec.NumRows()), names, nil)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	swapped := slices.Clone(names)
	swapped[2], swapped[3] = swapped[3], swapped[2]
	for _, k := range []struct {
		name string
		grid *Grid
		want string
	}{
		{"the last is missing", some(names[:len(names)-1]...), "town"},
		{"one is missing", some(append(slices.Clone(names[:1]), names[2:]...)...), "late"},
		{"one has another name", renamed("late", "later"), "later"},
		{"two have changed places", some(swapped...), "odd"},
		{"one more", func() *Grid {
			fields := append(slices.Clone(rec.Schema().Fields()), arrow.Field{Name: "surplus", Type: arrow.PrimitiveTypes.Float64, Nullable: true})
			g, err := NewGrid(array.NewRecord(arrow.NewSchema(fields, nil), append(slices.Clone(rec.Columns()), rec.Column(0)), rec.NumRows()), append(slices.Clone(names), "surplus"), nil)
			if err != nil {
				t.Fatal(err)
			}
			return g
		}(), "surplus"},
		{"text for a number", retyped(), "flag"},
	} {
		defer k.grid.Release()
		_, scored := c.learner.LogOdds(k.grid)
		_, explained := c.learner.Explain(k.grid)
		_, predicted := c.learner.Predict(k.grid)
		for _, err := range []error{scored, explained, predicted} {
			if !errors.Is(err, ErrFeatures) || !strings.Contains(err.Error(), `"`+k.want+`"`) {
				t.Errorf("%s: got %v, want an error that is ErrFeatures and names %q", k.name, err, k.want)
			}
		}
	}
}

func notFitted(t *testing.T, c *party) {
	l := c.fresh(t)
	_, scored := l.LogOdds(c.grid)
	_, explained := l.Explain(c.grid)
	_, kept := l.MarshalJSON()
	for _, err := range []error{scored, explained, kept} {
		if !errors.Is(err, errNotFitted) {
			t.Errorf("got %v", err)
		}
	}
	if err := c.fresh(t).Fit(c.gridOf(t, c.rows, nil)); err == nil {
		t.Error("fitted to rows without labels, without an error")
	}
}

func damagedBytes(t *testing.T, c *party) {
	kept, err := c.learner.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	source := rand.New(rand.NewPCG(2, 3))
	for k := range 40 {
		cut := source.IntN(len(kept))
		if k == 0 {
			cut = 0
		}
		if err := c.fresh(t).UnmarshalJSON(kept[:cut]); err == nil {
			t.Fatalf("read from the first %d of %d bytes without an error", cut, len(kept))
		}
	}
	// What reads all the same must still score without falling over.
	for range 60 {
		damaged := bytes.Clone(kept)
		at := source.IntN(len(damaged))
		damaged[at] = "0123456789-,:[]{}\"e"[source.IntN(19)]
		l := c.fresh(t)
		if err := l.UnmarshalJSON(damaged); err != nil {
			continue
		}
		if _, err := l.LogOdds(c.grid); err != nil && !errors.Is(err, ErrFeatures) {
			t.Fatalf("byte %d changed to %q: %v", at, damaged[at], err)
		}
	}
}

func unseenRows(t *testing.T, c *party) {
	m := c.grid.matrix()
	apart, err := unseenBy(c.learner, m, c.label, allRows(m.rows))
	if err != nil {
		t.Fatal(err)
	}
	if len(apart) != m.rows {
		t.Fatalf("of %d rows, want %d", len(apart), m.rows)
	}
	seen, loss, blind := logOdds(t, c.learner, c.grid), [2]float64{}, 0.0
	bad := 0.0
	for _, y := range c.label {
		bad += float64(y) / float64(len(c.label))
	}
	for row, y := range c.label {
		if math.IsNaN(apart[row]) || math.IsInf(apart[row], 0) {
			t.Fatalf("row %d: log-odds %v", row+1, apart[row])
		}
		loss[0] += surprise(seen[row], y)
		loss[1] += surprise(apart[row], y)
		blind += surprise(logit(bad), y)
	}
	if loss[1] <= loss[0] || loss[1] >= blind {
		t.Errorf("log loss %.1f on rows not seen, %.1f on those fitted to, %.1f of the base rate; want it between", loss[1], loss[0], blind)
	}
}
