package models

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/sjwhitworth/golearn/base"
)

// LabelName is the name of a grid's class attribute; its values are "0" (paid) and "1" (default).
const LabelName = "default"

// A Grid is an Arrow record seen as golearn's base.FixedDataGrid. Cells of float64 columns are handed out as the
// eight bytes in Arrow's own buffer; a null reads as NaN. Text columns read as codes of a golearn categorical
// attribute, whose values are the column's distinct texts in order and, last, "" for null. Other numeric columns
// are converted once, when the grid is made.
//
// The class attribute comes first among the attributes: golearn looks it up by walking the list for every row.
type Grid struct {
	rec   arrow.Record
	rows  int
	attrs []base.Attribute // the class first, then the features in the order asked for
	specs []base.AttributeSpec
	at    map[base.Attribute]int
	class map[base.Attribute]bool
	cols  []gridColumn // cols[i] belongs to attrs[i+1]
	label []uint8      // nil when the rows have none
}

// gridColumn holds one feature: either numbers in an Arrow buffer or codes.
type gridColumn struct {
	name    string
	numbers *array.Float64
	bytes   []byte   // numbers' buffer from the first row on
	codes   []int32  // per row, for text; the last code stands for null
	texts   []string // of the codes
	packed  [][]byte // golearn's bytes of every code
}

var (
	nanBytes   = base.PackFloatToBytes(math.NaN())
	labelBytes = [2][]byte{base.PackU64ToBytes(0), base.PackU64ToBytes(1)}
)

// NewGrid returns rec's named columns as a grid. label holds 0 or 1 per row, or is nil for rows to be scored.
// The grid keeps rec until Release.
func NewGrid(rec arrow.Record, features []string, label []uint8) (*Grid, error) {
	rows := int(rec.NumRows())
	if label != nil && len(label) != rows {
		return nil, fmt.Errorf("grid: %d labels for %d rows", len(label), rows)
	}
	for i, y := range label {
		if y > 1 {
			return nil, fmt.Errorf("grid: label of row %d is %d, want 0 or 1", i+1, y)
		}
	}
	class := base.NewCategoricalAttribute()
	class.SetName(LabelName)
	class.GetSysValFromString("0")
	class.GetSysValFromString("1")
	g := &Grid{rec: rec, rows: rows, label: label, at: map[base.Attribute]int{}, class: map[base.Attribute]bool{class: true}}
	// golearn keeps a specification's fields to itself, so an empty set of instances issues them.
	issuer := base.NewDenseInstances()
	add := func(a base.Attribute) {
		g.at[a] = len(g.attrs)
		g.attrs = append(g.attrs, a)
		g.specs = append(g.specs, issuer.AddAttribute(a))
	}
	add(class)
	var errs []error
	for _, name := range features {
		found := rec.Schema().FieldIndices(name)
		if len(found) != 1 {
			errs = append(errs, fmt.Errorf("grid: column %q: the record has %d of that name, want 1", name, len(found)))
			continue
		}
		col, err := newGridColumn(name, rec.Column(found[0]))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		g.cols = append(g.cols, col)
		add(col.attribute())
	}
	if len(errs) > 0 {
		g.releaseColumns()
		return nil, errors.Join(errs...)
	}
	rec.Retain()
	return g, nil
}

// Release gives the record back.
func (g *Grid) Release() {
	g.releaseColumns()
	g.rec.Release()
}

func (g *Grid) releaseColumns() {
	for _, c := range g.cols {
		if c.numbers != nil {
			c.numbers.Release()
		}
	}
	g.cols = nil
}

func newGridColumn(name string, a arrow.Array) (gridColumn, error) {
	c := gridColumn{name: name}
	switch a := a.(type) {
	case *array.Float64:
		a.Retain()
		c.numbers = a
	case *array.String, *array.LargeString, *array.Dictionary:
		if d, ok := a.(*array.Dictionary); ok {
			if _, ok := d.Dictionary().(textArray); !ok {
				return c, fmt.Errorf("grid: column %q: dictionary of %s, want text", name, d.Dictionary().DataType())
			}
		}
		c.codes, c.texts = codesOf(a)
		for i := range c.texts {
			c.packed = append(c.packed, base.PackU64ToBytes(uint64(i)))
		}
		return c, nil
	default:
		numbers, err := toFloat64(a)
		if err != nil {
			return c, fmt.Errorf("grid: column %q: %w", name, err)
		}
		c.numbers = numbers
	}
	if data := c.numbers.Data(); data.Len() > 0 {
		c.bytes = data.Buffers()[1].Bytes()[8*data.Offset():]
	}
	return c, nil
}

func (c *gridColumn) attribute() base.Attribute {
	if c.numbers != nil {
		return base.NewFloatAttribute(c.name)
	}
	a := base.NewCategoricalAttribute()
	a.SetName(c.name)
	for _, text := range c.texts {
		a.GetSysValFromString(text)
	}
	return a
}

// Size returns the number of attributes, the class among them, and of rows.
func (g *Grid) Size() (int, int) { return len(g.attrs), g.rows }

// AllAttributes returns the class and the features.
func (g *Grid) AllAttributes() []base.Attribute { return append([]base.Attribute(nil), g.attrs...) }

// AllClassAttributes returns the attributes now marked as class.
func (g *Grid) AllClassAttributes() []base.Attribute {
	var classes []base.Attribute
	for _, a := range g.attrs {
		if g.class[a] {
			classes = append(classes, a)
		}
	}
	return classes
}

// AddClassAttribute marks an attribute of the grid as class.
func (g *Grid) AddClassAttribute(a base.Attribute) error { return g.mark(a, true) }

// RemoveClassAttribute unmarks it.
func (g *Grid) RemoveClassAttribute(a base.Attribute) error { return g.mark(a, false) }

func (g *Grid) mark(a base.Attribute, class bool) error {
	spec, err := g.GetAttribute(a)
	if err != nil {
		return err
	}
	g.class[spec.GetAttribute()] = class
	return nil
}

// GetAttribute returns the specification of the grid's attribute equal to a.
func (g *Grid) GetAttribute(a base.Attribute) (base.AttributeSpec, error) {
	if i, ok := g.at[a]; ok {
		return g.specs[i], nil
	}
	for i, b := range g.attrs {
		if b.Equals(a) {
			return g.specs[i], nil
		}
	}
	return base.AttributeSpec{}, fmt.Errorf("grid: no attribute %v", a)
}

// Get returns a cell's bytes; nil for the class of an unlabelled row.
func (g *Grid) Get(spec base.AttributeSpec, row int) []byte {
	i := g.at[spec.GetAttribute()]
	if i == 0 {
		if g.label == nil {
			return nil
		}
		return labelBytes[g.label[row]]
	}
	c := &g.cols[i-1]
	switch {
	case c.numbers == nil:
		return c.packed[c.codes[row]]
	case c.numbers.IsNull(row):
		return nanBytes
	default:
		return c.bytes[8*row : 8*row+8 : 8*row+8]
	}
}

// MapOverRows calls f with the cells of every row in order until it answers false or an error.
func (g *Grid) MapOverRows(specs []base.AttributeSpec, f func([][]byte, int) (bool, error)) error {
	cells := make([][]byte, len(specs))
	for row := range g.rows {
		for i, spec := range specs {
			cells[i] = g.Get(spec, row)
		}
		if more, err := f(cells, row); err != nil || !more {
			return err
		}
	}
	return nil
}

// RowString writes a row's cells, separated by blanks.
func (g *Grid) RowString(row int) string {
	var cells []string
	for i, a := range g.attrs {
		if cell := g.Get(g.specs[i], row); cell != nil {
			cells = append(cells, a.GetStringFromSysVal(cell))
		}
	}
	return strings.Join(cells, " ")
}

// textArray is what Arrow's text arrays have in common.
type textArray interface {
	arrow.Array
	Value(int) string
}

// codesOf numbers a text column's values in their order; the last code, of text "", stands for null.
func codesOf(a arrow.Array) ([]int32, []string) {
	value := func(i int) string { return a.(textArray).Value(i) }
	if d, ok := a.(*array.Dictionary); ok {
		words := d.Dictionary().(textArray)
		value = func(i int) string { return words.Value(d.GetValueIndex(i)) }
	}
	seen := map[string]int32{}
	for i := range a.Len() {
		if a.IsValid(i) && value(i) != "" {
			seen[value(i)] = 0
		}
	}
	texts := make([]string, 0, len(seen)+1)
	for text := range seen {
		texts = append(texts, text)
	}
	sort.Strings(texts)
	for i, text := range texts {
		seen[text] = int32(i)
	}
	missing := int32(len(texts))
	codes := make([]int32, a.Len())
	for i := range codes {
		if code, ok := missing, a.IsValid(i); ok && value(i) != "" {
			codes[i] = seen[value(i)]
		} else {
			codes[i] = code
		}
	}
	return codes, append(texts, "")
}
