package warnings

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/pipeline/asof"
)

// Values are what one customer shows tonight.
type Values struct {
	policy  *Policy
	row     []float64 // by slot; NaN is null
	stories []story
	nulls   []string // columns found null since the last reset, in order of asking
	asked   []string // columns asked for, if trace
	trace   bool
}

// slots is the place of each column in a row of Values; derived columns included.
var slots = func() map[string]int {
	m := map[string]int{}
	for _, c := range Columns {
		m[c.Name] = len(m)
	}
	for _, name := range slices.Sorted(maps.Keys(derivedFrom)) {
		m[name] = len(m)
	}
	return m
}()

func slot(column string) int {
	i, ok := slots[column]
	if !ok {
		panic("warnings: no column " + column) // a rule with a misspelt column; the tests judge every rule
	}
	return i
}

// Of returns the customer's value, NaN for a null, which is noted.
func (v *Values) Of(column string) float64 {
	x := v.row[slot(column)]
	if v.trace && !slices.Contains(v.asked, column) {
		v.asked = append(v.asked, column)
	}
	if math.IsNaN(x) && !slices.Contains(v.nulls, column) {
		v.nulls = append(v.nulls, column)
	}
	return x
}

// asks lists the columns that a step asks this customer for in order to open; good until the next call.
func (v *Values) asks(s *Step, p *Policy) []string {
	v.trace, v.asked = true, v.asked[:0]
	s.Measure.Of(v)
	if s.If != nil {
		s.If(v, p)
	}
	v.trace = false
	return v.asked
}

// Has asks for a column whose null says that there is none.
func (v *Values) Has(column string) bool { return !v.Lacks(column) }

// Lacks is the opposite of Has.
func (v *Values) Lacks(column string) bool { return math.IsNaN(v.row[slot(column)]) }

// A book is the night's record, checked.
type book struct {
	rows   int
	labels [][]string          // by Labels
	floats []*array.Float64    // by slot; nil where derived
	index  map[string]int      // row of a customer
	cells  map[[2]string]*cell // by industry and region
}

func readBook(rec arrow.Record) (*book, error) {
	b := &book{rows: int(rec.NumRows()), floats: make([]*array.Float64, len(slots)), index: make(map[string]int, rec.NumRows()), cells: map[[2]string]*cell{}}
	var errs []error
	find := func(name string) arrow.Array {
		at := rec.Schema().FieldIndices(name)
		if len(at) != 1 {
			errs = append(errs, fmt.Errorf("column %s: want it once in the book, found it %d times", name, len(at)))
			return nil
		}
		return rec.Column(at[0])
	}
	for _, name := range Labels {
		switch col := find(name).(type) {
		case nil:
		case *array.String:
			texts := make([]string, b.rows)
			for i := range texts {
				if col.IsValid(i) {
					texts[i] = col.Value(i)
				}
			}
			b.labels = append(b.labels, texts)
		default:
			errs = append(errs, fmt.Errorf("column %s: want utf8, got %s", name, col.DataType()))
		}
	}
	for _, name := range Reads() {
		switch col := find(name).(type) {
		case nil:
		case *array.Float64:
			b.floats[slot(name)] = col
		default:
			errs = append(errs, fmt.Errorf("column %s: want float64, got %s", name, col.DataType()))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for i, id := range b.labels[0] {
		if id == "" {
			return nil, fmt.Errorf("book: row %d has no customer_id", i)
		}
		if first, ok := b.index[id]; ok {
			return nil, fmt.Errorf("book: customer %s is in rows %d and %d, want one row", id, first, i)
		}
		b.index[id] = i
	}
	return b, nil
}

// fill loads row i into the values, without what other customers tell about it.
func (b *book) fill(v *Values, i int) {
	for s, col := range b.floats {
		if col == nil || col.IsNull(i) {
			v.row[s] = math.NaN()
		} else {
			v.row[s] = col.Value(i)
		}
	}
}

// peer names the narrowest cell of peers of row i.
func (b *book) peer(i int) cellKey {
	return cellKey{b.labels[labelIndustry][i], b.labels[labelSize][i], b.labels[labelRegion][i]}
}

// cell returns the cell of row i; nil if its industry or region is unknown.
func (b *book) cell(i int) *cell {
	key := [2]string{b.labels[labelIndustry][i], b.labels[labelRegion][i]}
	if key[0] == "" || key[1] == "" {
		return nil
	}
	c := b.cells[key]
	if c == nil {
		c = &cell{}
		b.cells[key] = c
	}
	return c
}

// A Calendar returns the n-th business day after d; for n = 0, d itself or the first business day after it.
type Calendar func(d asof.Date, n int) asof.Date

// MonToFri is the calendar without holidays.
func MonToFri(d asof.Date, n int) asof.Date {
	for ; ; d++ {
		if wd := d.Time().Weekday(); wd == 0 || wd == 6 {
			continue
		}
		if n == 0 {
			return d
		}
		n--
	}
}

// since counts the business days after from up to to; beyond a quarter it stops counting.
func (c Calendar) since(from, to asof.Date) float64 {
	n := 0
	for n < 64 && c(from+1, n) <= to {
		n++
	}
	return float64(n)
}
