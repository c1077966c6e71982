package models

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Proofs are what a model can be held to without waiting for outcomes.
type Proofs struct {
	// Path is the largest difference of log-odds between the ways to score a row: among others, alone, as golearn asks the
	// learner, and by its reasons.
	Path       float64
	Additivity float64 // largest distance of base and reasons from the log-odds
	Specials   Tried   // cells emptied; those that weigh otherwise alone, among others or in the reasons
	Monotone   Tried   // steps of a feature in its direction of risk; those by which the PD falls
	Direction  Tried   // strongest reasons replaced by the book's values; those without which the PD is no lower
}

// Tried is how many were tried, and how many of them failed.
type Tried struct{ Tried, Failed int }

// The extent of the proofs: a night has seconds for them.
const (
	provenAlone   = 40   // rows scored one by one
	provenRows    = 24   // rows whose features are moved
	provenSteps   = 6    // values to which each is moved
	provenReasons = 100  // strongest reasons replaced …
	provenValues  = 25   // … by so many values of the book
	leastReason   = 3.0  // points from which a reason is put to the proof; the values drawn tell less apart
	samePath      = 1e-9 // log-odds that count as equal
)

// Prove tries a model on rows of the book: those that are to be scored, or a sample of them. Rows are taken at even
// distances, so the same rows give the same proofs.
func (m *Model) Prove(rec arrow.Record) (Proofs, error) {
	var p Proofs
	rows := int(rec.NumRows())
	if rows == 0 {
		return p, nil
	}
	together, err := m.Score(rec)
	if err != nil {
		return p, err
	}
	if err := m.provePaths(rec, together, &p); err != nil {
		return p, err
	}
	if err := m.proveSpecials(rec, &p); err != nil {
		return p, err
	}
	if err := m.proveMonotone(rec, &p); err != nil {
		return p, err
	}
	return p, m.proveDirection(rec, together, &p)
}

// spaced returns about so many rows at even distances.
func spaced(rows, most int) []int {
	most = min(rows, most)
	out := make([]int, most)
	for i := range out {
		out[i] = i * rows / most
	}
	return out
}

// asGolearn scores rows as golearn asks the learner, and by its explanation: log-odds, and base with addends.
func (m *Model) asGolearn(rec arrow.Record) (asked, explained []float64, additivity float64, err error) {
	grid, err := m.grid(rec)
	if err != nil {
		return nil, nil, 0, err
	}
	defer grid.Release()
	raw, err := m.learner.LogOdds(grid)
	if err != nil {
		return nil, nil, 0, err
	}
	why, err := m.learner.Explain(grid)
	if err != nil {
		return nil, nil, 0, err
	}
	for i := range raw {
		sum := why.Base
		for _, a := range why.Addends[i] {
			sum += a
		}
		additivity = max(additivity, math.Abs(sum-raw[i]))
		asked, explained = append(asked, m.final(raw[i])), append(explained, m.final(sum))
	}
	return asked, explained, additivity, nil
}

// final turns a learner's log-odds into those of the PD over the model's horizon.
func (m *Model) final(raw float64) float64 { return logit(bounded(m.Calibration.Apply(raw))) }

// etas are the log-odds of rows, without reasons.
func (m *Model) etas(rec arrow.Record) ([]float64, error) {
	grid, err := m.grid(rec)
	if err != nil {
		return nil, err
	}
	defer grid.Release()
	out, err := m.learner.LogOdds(grid)
	for i := range out {
		out[i] = m.final(out[i])
	}
	return out, err
}

func (m *Model) provePaths(rec arrow.Record, together []Scored, p *Proofs) error {
	some := m.variants(rec, identities(spaced(len(together), 10*provenAlone)))
	defer some.Release()
	asked, explained, additivity, err := m.asGolearn(some)
	if err != nil {
		return err
	}
	p.Additivity = additivity
	for i, row := range spaced(len(together), 10*provenAlone) {
		p.Path = max(p.Path, math.Abs(asked[i]-together[row].LogOdds), math.Abs(explained[i]-together[row].LogOdds))
	}
	for _, row := range spaced(len(together), provenAlone) {
		one := rec.NewSlice(int64(row), int64(row)+1)
		alone, err := m.Score(one)
		one.Release()
		if err != nil {
			return err
		}
		p.Path = max(p.Path, math.Abs(alone[0].LogOdds-together[row].LogOdds))
	}
	return nil
}

// proveSpecials empties every cell of some rows, and fills them with the special values of their columns.
func (m *Model) proveSpecials(rec arrow.Record, p *Proofs) error {
	var moved []variant
	for _, row := range spaced(int(rec.NumRows()), provenRows/4) {
		for c, column := range m.Columns {
			if m.Book[c].Weight == 0 || !m.isNumber(rec, c) {
				continue
			}
			moved = append(moved, variant{row, c, math.NaN()})
			for _, special := range column.Special {
				moved = append(moved, variant{row, c, special})
			}
		}
	}
	if len(moved) == 0 {
		return nil
	}
	some := m.variants(rec, moved)
	defer some.Release()
	together, err := m.Score(some)
	if err != nil {
		return err
	}
	asked, explained, _, err := m.asGolearn(some)
	if err != nil {
		return err
	}
	p.Specials.Tried = len(moved)
	for i := range moved {
		if !(math.Abs(asked[i]-together[i].LogOdds) <= samePath && math.Abs(explained[i]-together[i].LogOdds) <= samePath) {
			p.Specials.Failed++
		}
	}
	return nil
}

// proveMonotone moves every feature that has a direction through values of the book, in some rows.
func (m *Model) proveMonotone(rec arrow.Record, p *Proofs) error {
	var moved []variant
	var steps []bool // whether the variant is a step from the one before it
	for c, column := range m.Columns {
		if column.Direction == 0 || m.Book[c].Weight == 0 || !m.isNumber(rec, c) {
			continue
		}
		values := m.spread(rec, c, provenSteps, column.Special)
		for _, row := range spaced(int(rec.NumRows()), provenRows) {
			for i, v := range values {
				moved, steps = append(moved, variant{row, c, v}), append(steps, i > 0)
			}
		}
	}
	if len(moved) == 0 {
		return nil
	}
	some := m.variants(rec, moved)
	defer some.Release()
	etas, err := m.etas(some)
	if err != nil {
		return err
	}
	for i, step := range steps {
		if !step {
			continue
		}
		p.Monotone.Tried++
		if float64(m.Columns[moved[i].column].Direction)*(etas[i]-etas[i-1]) < -samePath {
			p.Monotone.Failed++
		}
	}
	return nil
}

// proveDirection replaces the strongest reason of some rows by values of the book: without it the PD must be lower on average.
func (m *Model) proveDirection(rec arrow.Record, together []Scored, p *Proofs) error {
	var with []int
	for i := range together {
		if together[i].Reasons[0].Points >= leastReason {
			with = append(with, i)
		}
	}
	var moved []variant
	var of []int // row of the block of variants
	var sizes []int
	for _, k := range spaced(len(with), provenReasons) {
		row := with[k]
		c := slices.IndexFunc(m.Columns, func(c Column) bool { return c.Name == together[row].Reasons[0].Feature })
		if c < 0 || !m.isNumber(rec, c) {
			continue
		}
		grid := spaced(int(rec.NumRows()), provenValues)
		for _, other := range grid {
			moved = append(moved, variant{row, c, m.value(rec, c, other)})
		}
		of, sizes = append(of, row), append(sizes, len(grid))
	}
	if len(moved) == 0 {
		return nil
	}
	some := m.variants(rec, moved)
	defer some.Release()
	etas, err := m.etas(some)
	if err != nil {
		return err
	}
	at := 0
	for k, row := range of {
		mean := 0.0
		for _, eta := range etas[at : at+sizes[k]] {
			mean += eta / float64(sizes[k])
		}
		at += sizes[k]
		p.Direction.Tried++
		if mean >= together[row].LogOdds {
			p.Direction.Failed++
		}
	}
	return nil
}

// A variant is a row with one of its features changed; NaN empties it. A column of -1 changes nothing.
type variant struct {
	row, column int
	value       float64
}

func identities(rows []int) []variant {
	out := make([]variant, len(rows))
	for i, row := range rows {
		out[i] = variant{row, -1, 0}
	}
	return out
}

// numbers returns the model's column of a record, nil where it is text.
func (m *Model) numbers(rec arrow.Record, column int) *array.Float64 {
	at := rec.Schema().FieldIndices(m.Columns[column].Name)
	if len(at) != 1 {
		return nil
	}
	values, _ := rec.Column(at[0]).(*array.Float64)
	return values
}

func (m *Model) isNumber(rec arrow.Record, column int) bool { return m.numbers(rec, column) != nil }

// value is NaN where the cell is empty.
func (m *Model) value(rec arrow.Record, column, row int) float64 {
	values := m.numbers(rec, column)
	if values.IsNull(row) {
		return math.NaN()
	}
	return values.Value(row)
}

// spread returns distinct values of a column from its least to its largest, special ones left out.
func (m *Model) spread(rec arrow.Record, column, steps int, special []float64) []float64 {
	var all []float64
	for row := range int(rec.NumRows()) {
		if v := m.value(rec, column, row); !math.IsNaN(v) && !math.IsInf(v, 0) && !slices.Contains(special, v) {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	var out []float64
	for i := range steps {
		out = append(out, all[i*(len(all)-1)/max(steps-1, 1)])
	}
	return slices.Compact(out)
}

// variants returns a record of changed rows, with what Score reads of it.
func (m *Model) variants(rec arrow.Record, moved []variant) arrow.Record {
	names := columnNames(m.Columns)
	if m.HistoryMonths != "" && !slices.Contains(names, m.HistoryMonths) {
		names = append(names, m.HistoryMonths)
	}
	var fields []arrow.Field
	var columns []arrow.Array
	for c, name := range names {
		at := rec.Schema().FieldIndices(name)
		if len(at) != 1 {
			continue // Score says what is missing
		}
		from := rec.Column(at[0])
		fields = append(fields, arrow.Field{Name: name, Type: from.DataType(), Nullable: true})
		columns = append(columns, changed(from, c, moved))
	}
	out := array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(len(moved)))
	for _, c := range columns {
		c.Release()
	}
	return out
}

// changed builds one column of variants.
func changed(from arrow.Array, column int, moved []variant) arrow.Array {
	numbers, isNumber := from.(*array.Float64)
	if !isNumber {
		parts := make([]arrow.Array, len(moved))
		for i, v := range moved {
			parts[i] = array.NewSlice(from, int64(v.row), int64(v.row)+1)
		}
		defer func() {
			for _, p := range parts {
				p.Release()
			}
		}()
		out, err := array.Concatenate(parts, memory.DefaultAllocator)
		if err != nil {
			panic(fmt.Sprintf("models: rows of one column do not join: %v", err)) // they are of one type
		}
		return out
	}
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(len(moved))
	for _, v := range moved {
		switch {
		case v.column == column && math.IsNaN(v.value), v.column != column && numbers.IsNull(v.row):
			b.AppendNull()
		case v.column == column:
			b.Append(v.value)
		default:
			b.Append(numbers.Value(v.row))
		}
	}
	return b.NewArray()
}

// Addends splits the log-odds of rows: per row and feature, the addend to the calibrated log-odds. Points of a score are
// Factor times less.
func (m *Model) Addends(rec arrow.Record) ([][]float64, error) {
	grid, err := m.grid(rec)
	if err != nil {
		return nil, err
	}
	defer grid.Release()
	matrix := grid.matrix()
	scorer, err := m.learner.bind(matrix)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, matrix.rows)
	for row := range out {
		out[row] = make([]float64, len(m.Columns))
		m.split(scorer, row, out[row])
	}
	return out, nil
}
