package models

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/sjwhitworth/golearn/base"
)

// A Column describes one feature: what the catalogue knows of it that a learner or a reader of reasons needs.
type Column struct {
	Name      string `json:"name"`
	Direction int    `json:"direction"` // +1: the PD never falls as the value rises; -1: never rises; 0: learnt
	EN        string `json:"en"`
	ZH        string `json:"zh"`
	Unit      string `json:"unit"` // "%", "days", "CNY"; "" for a ratio or a code
	// Special values mean something other than their size (say -1 for "no invoice yet") and get bins of their own.
	Special []float64 `json:"special,omitempty"`
}

// Title returns the column's English and Chinese names, which default to its technical name.
func (c Column) Title() (en, zh string) {
	en, zh = c.EN, c.ZH
	if en == "" {
		en = c.Name
	}
	if zh == "" {
		zh = en
	}
	return en, zh
}

// ErrFeatures reports a table whose features are not those a model was trained on.
var ErrFeatures = errors.New("features differ from those of the model")

// A matrix is a grid as the learners read it: numbers with NaN for missing, texts as codes.
type matrix struct {
	names []string
	rows  int
	cols  []vector
	label []uint8
	// customer says whose row it is, as a hash: what one customer's rows teach is judged by other customers' rows. nil
	// where every row stands for itself.
	customer []uint64
	// weight is what a row counts for, 0 to 1; nil where every row counts fully. A row whose outcome is not fully known yet
	// counts for less.
	weight []float64
	// content is every row's hash where it was taken already; see hash.
	content []uint64
}

func (m *matrix) weightOf(row int) float64 {
	if m.weight != nil {
		return m.weight[row]
	}
	return 1
}

// counted returns those of the rows that count for something.
func (m *matrix) counted(rows []int) []int {
	if m.weight == nil || !slices.ContainsFunc(rows, func(row int) bool { return m.weight[row] <= 0 }) {
		return rows
	}
	var out []int
	for _, row := range rows {
		if m.weight[row] > 0 {
			out = append(out, row)
		}
	}
	return out
}

func (m *matrix) customerOf(row int) uint64 {
	if m.customer != nil {
		return m.customer[row]
	}
	return m.hash(row)
}

// vector is one column of a matrix: numbers, or codes of texts whose last text "" means missing.
type vector struct {
	numbers []float64
	codes   []int32
	texts   []string
}

func (v *vector) missing(row int) bool {
	if v.numbers != nil {
		return math.IsNaN(v.numbers[row])
	}
	return v.texts[v.codes[row]] == ""
}

// matrixOf reads any golearn grid; of a Grid without nulls it takes Arrow's own slices.
func matrixOf(from base.FixedDataGrid) (*matrix, error) {
	if g, ok := from.(*Grid); ok {
		return g.matrix(), nil
	}
	_, rows := from.Size()
	m := &matrix{rows: rows}
	classes := from.AllClassAttributes()
	for _, a := range from.AllAttributes() {
		spec, err := from.GetAttribute(a)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(classes, a.Equals) {
			if m.label, err = labelsOf(from, spec, rows); err != nil {
				return nil, err
			}
			continue
		}
		v := vector{}
		switch a := a.(type) {
		case *base.FloatAttribute:
			v.numbers = make([]float64, rows)
			for row := range rows {
				v.numbers[row] = base.UnpackBytesToFloat(from.Get(spec, row))
			}
		case *base.CategoricalAttribute:
			v.texts = slices.Clone(a.GetValues())
			if !slices.Contains(v.texts, "") {
				v.texts = append(v.texts, "")
			}
			v.codes = make([]int32, rows)
			for row := range rows {
				v.codes[row] = int32(base.UnpackBytesToU64(from.Get(spec, row)))
			}
		default:
			return nil, fmt.Errorf("grid: attribute %s: want a float or categorical one", a)
		}
		m.names, m.cols = append(m.names, a.GetName()), append(m.cols, v)
	}
	return m, nil
}

func labelsOf(from base.FixedDataGrid, spec base.AttributeSpec, rows int) ([]uint8, error) {
	label := make([]uint8, rows)
	for row := range rows {
		cell := from.Get(spec, row)
		if cell == nil {
			return nil, nil
		}
		switch text := spec.GetAttribute().GetStringFromSysVal(cell); text {
		case "0", "0.00":
		case "1", "1.00":
			label[row] = 1
		default:
			return nil, fmt.Errorf("grid: class of row %d is %q, want 0 or 1", row+1, text)
		}
	}
	return label, nil
}

func (g *Grid) matrix() *matrix {
	m := &matrix{rows: g.rows, label: g.label}
	for i := range g.cols {
		c := &g.cols[i]
		v := vector{codes: c.codes, texts: c.texts}
		if c.numbers != nil {
			v.numbers = c.numbers.Float64Values()
			if v.numbers == nil {
				v.numbers = []float64{}
			}
			if c.numbers.NullN() > 0 {
				v.numbers = slices.Clone(v.numbers)
				for row := range v.numbers {
					if c.numbers.IsNull(row) {
						v.numbers[row] = math.NaN()
					}
				}
			}
		}
		m.names, m.cols = append(m.names, c.name), append(m.cols, v)
	}
	return m
}

// wants holds a matrix's features against those a learner was fitted on, names and order.
func wants(names []string, m *matrix) error {
	if slices.Equal(names, m.names) {
		return nil
	}
	for i, name := range names {
		if i >= len(m.names) {
			return fmt.Errorf("feature %d is missing, want %q: %w", i+1, name, ErrFeatures)
		}
		if m.names[i] != name {
			return fmt.Errorf("feature %d is %q, want %q: %w", i+1, m.names[i], name, ErrFeatures)
		}
	}
	return fmt.Errorf("feature %d is %q, want none: %w", len(names)+1, m.names[len(names)], ErrFeatures)
}

// columnsFor returns one Column per name: the one given, or a bare one.
func columnsFor(names []string, given []Column) []Column {
	cols := make([]Column, len(names))
	for i, name := range names {
		cols[i] = Column{Name: name}
		if j := slices.IndexFunc(given, func(c Column) bool { return c.Name == name }); j >= 0 {
			cols[i] = given[j]
		}
	}
	return cols
}

func allRows(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}
