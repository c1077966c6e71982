package models

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Format names how models are written; a model of another format is not read.
const Format = fileFormat

// ErrCode reports a model that this program scores otherwise than the one that trained it.
var ErrCode = errors.New("the program scores this model otherwise than the one that trained it")

// FormatOf returns the format that a model's bytes claim, "" where they are no model at all.
func FormatOf(b []byte) string {
	var head struct {
		Format string `json:"format"`
	}
	if json.Unmarshal(b, &head) != nil {
		return ""
	}
	return head.Format
}

// PDs returns every row's log-odds of default within the model's own horizon and its PD over twelve months, as Score gives
// them but without reasons: fit for comparing two models on a whole book.
func (m *Model) PDs(rec arrow.Record) (logOdds, pd []float64, err error) {
	grid, err := m.grid(rec)
	if err != nil {
		return nil, nil, fmt.Errorf("model %s: %w", m.ID(), err)
	}
	defer grid.Release()
	x := grid.matrix()
	scorer, err := m.learner.bind(x)
	if err != nil {
		return nil, nil, fmt.Errorf("model %s: %w", m.ID(), err)
	}
	logOdds, pd = make([]float64, x.rows), make([]float64, x.rows)
	scoreRows(scorer, allRows(x.rows), logOdds)
	for i, raw := range logOdds {
		eta := m.Calibration.Apply(raw)
		if math.IsNaN(eta) || math.IsInf(eta, 0) {
			return nil, nil, fmt.Errorf("model %s: row %d: log-odds are %v", m.ID(), i+1, eta)
		}
		s := m.scored(eta, 0, 0) // neither figure hangs on a margin
		logOdds[i], pd[i] = s.LogOdds, s.PD12M
	}
	return logOdds, pd, nil
}

// probed is how many rows a probe holds, and probeError how far a score may be from the one kept: another processor may
// round otherwise.
const (
	probed     = 5
	probeError = 1e-9
)

// A probe is a few rows with what the model said of them when it was trained. A program that reads the model later must
// say the same of them, or it is not fit for this model.
type probe struct {
	Rows    [][]any   `json:"rows"`           // per column a number, a text or null
	Text    []int     `json:"text,omitempty"` // columns of text
	LogOdds []float64 `json:"log_odds"`
	PD      []float64 `json:"pd_12m"`
}

// Probe draws rows of a record from the safest to the riskiest and keeps them with their scores.
func (m *Model) Probe(rec arrow.Record) ([]byte, error) {
	logOdds, pd, err := m.PDs(rec)
	if err != nil {
		return nil, err
	}
	grid, err := m.grid(rec)
	if err != nil {
		return nil, err
	}
	defer grid.Release()
	x := grid.matrix()
	var order []int
	for row := range x.rows {
		if x.finite(row) {
			order = append(order, row)
		}
	}
	slices.SortFunc(order, func(a, b int) int { // rows of one score by their content: their order in the table tells nothing
		return cmp.Or(cmp.Compare(logOdds[a], logOdds[b]), cmp.Compare(x.hash(a), x.hash(b)))
	})
	var p probe
	for i := range x.cols {
		if x.cols[i].numbers == nil {
			p.Text = append(p.Text, i)
		}
	}
	for k := range min(probed, len(order)) {
		row := order[k*(len(order)-1)/max(1, min(probed, len(order))-1)]
		var cells []any
		for i := range x.cols {
			switch v := &x.cols[i]; {
			case v.missing(row):
				cells = append(cells, nil)
			case v.numbers != nil:
				cells = append(cells, v.numbers[row])
			default:
				cells = append(cells, v.texts[v.codes[row]])
			}
		}
		p.Rows, p.LogOdds, p.PD = append(p.Rows, cells), append(p.LogOdds, logOdds[row]), append(p.PD, pd[row])
	}
	return json.Marshal(p)
}

// finite reports whether a row has no number beyond all bounds, which JSON cannot hold.
func (m *matrix) finite(row int) bool {
	for i := range m.cols {
		if v := m.cols[i].numbers; v != nil && math.IsInf(v[row], 0) {
			return false
		}
	}
	return true
}

// Check scores a probe again and holds the scores against those kept. An error that is ErrCode says that they differ.
func (m *Model) Check(kept []byte) error {
	var p probe
	if err := json.Unmarshal(kept, &p); err != nil {
		return fmt.Errorf("model %s: probe: %w", m.ID(), err)
	}
	if len(p.LogOdds) != len(p.Rows) || len(p.PD) != len(p.Rows) {
		return fmt.Errorf("model %s: probe: %d rows with %d and %d scores", m.ID(), len(p.Rows), len(p.LogOdds), len(p.PD))
	}
	if len(p.Rows) == 0 {
		return nil
	}
	var columns []arrow.Array
	for i, c := range m.Columns {
		column, err := p.column(i, len(m.Columns))
		if err != nil {
			return fmt.Errorf("model %s: probe: column %s: %w", m.ID(), c.Name, err)
		}
		columns = append(columns, column)
	}
	rec := newRecord(columnNames(m.Columns), columns)
	defer rec.Release()
	logOdds, pd, err := m.PDs(rec)
	if err != nil {
		return fmt.Errorf("probe: %w: %w", err, ErrCode)
	}
	for i := range logOdds {
		if !(math.Abs(logOdds[i]-p.LogOdds[i]) <= probeError && math.Abs(pd[i]-p.PD[i]) <= probeError) {
			return fmt.Errorf("model %s: probe: row %d has log-odds %.9f and a PD of %.9f, kept are %.9f and %.9f: %w", m.ID(), i+1, logOdds[i], pd[i], p.LogOdds[i], p.PD[i], ErrCode)
		}
	}
	return nil
}

// column makes an Arrow column of the cells of the rows.
func (p *probe) column(i, of int) (arrow.Array, error) {
	numbers, texts := array.NewFloat64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	defer numbers.Release()
	defer texts.Release()
	isText := slices.Contains(p.Text, i)
	for k, row := range p.Rows {
		if len(row) != of {
			return nil, fmt.Errorf("row %d has %d cells, want %d", k+1, len(row), of)
		}
		number, isNumber := row[i].(float64)
		text, hasText := row[i].(string)
		switch {
		case row[i] == nil:
			numbers.AppendNull()
			texts.AppendNull()
		case isText && hasText:
			texts.Append(text)
		case !isText && isNumber:
			numbers.Append(number)
		default:
			return nil, fmt.Errorf("row %d is %v, text is %v", k+1, row[i], isText)
		}
	}
	if isText {
		return texts.NewArray(), nil
	}
	return numbers.NewArray(), nil
}

// Parameters says in a few words how a model was fitted: the plain values at the top of what its learner keeps, and how
// many there are of what it has several of.
func (m *Model) Parameters() string {
	fitted, err := m.learner.MarshalJSON()
	if err != nil {
		return ""
	}
	out := []string{"calibration " + m.Calibration.Method}
	d := json.NewDecoder(bytes.NewReader(fitted))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return out[0]
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return strings.Join(out, ", ")
		}
		var v any
		if d.Decode(&v) != nil {
			return strings.Join(out, ", ")
		}
		switch v := v.(type) {
		case []any:
			out = append(out, fmt.Sprintf("%d %v", len(v), key))
		case float64:
			out = append(out, fmt.Sprintf("%v %.6g", key, v))
		case string, bool:
			out = append(out, fmt.Sprintf("%v %v", key, v))
		}
	}
	return strings.Join(out, ", ")
}
