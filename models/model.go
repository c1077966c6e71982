package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"creditwatch/pipeline/asof"
)

// A Model is a fitted, calibrated learner with all it takes to score and to give reasons.
type Model struct {
	Learner       string
	Columns       []Column
	Horizon       int    // months
	HistoryMonths string // column with the months of history; "" for none
	Calibration   Calibration
	Curve         Curve  // when within the horizon defaults happen
	Book          []Book // per column, what reasons compare with
	Rows          int    // trained on
	Defaults      int
	From, To      asof.Date // earliest and latest cohort trained on; unset when the rows had none

	learner Learner
	bytes   []byte
}

// Book is a column's average over the rows trained on. It stands in the model, so that a score does not depend on who
// else is in the book of the night.
type Book struct {
	Mean   *float64 `json:"mean"`   // of the values present; nil for text and where none is
	Addend float64  `json:"addend"` // mean addend to the calibrated log-odds
	Weight float64  `json:"weight"` // share of all columns' mean absolute distance from that mean
	// Unknown is what not knowing the value leaves open: the standard deviation, in log-odds, of the addends of customers that have one,
	// times the root of the share that does. Where a value is rarely there, its absence is nothing to worry about.
	Unknown float64 `json:"unknown"`
}

// modelFile is a Model as it is kept.
type modelFile struct {
	Format      string          `json:"format"`
	Learner     string          `json:"learner"`
	Fingerprint string          `json:"fingerprint"`
	Columns     []Column        `json:"columns"`
	Horizon     int             `json:"horizon"`
	History     string          `json:"history_months"`
	Calibration Calibration     `json:"calibration"`
	Curve       Curve           `json:"curve"`
	Book        []Book          `json:"book"`
	Rows        int             `json:"rows"`
	Defaults    int             `json:"defaults"`
	From        int32           `json:"from"` // days since 1970-01-01
	To          int32           `json:"to"`
	Fitted      json.RawMessage `json:"fitted"`
}

// fileFormat changes when an older program could not read what this one writes.
const fileFormat = "creditwatch model 2"

// Fingerprint identifies features by name and order.
func Fingerprint(names []string) string {
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return hex.EncodeToString(sum[:])
}

func columnNames(columns []Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

func newModel(l Learner, in TrainInput, c Calibration, curve Curve, m *matrix, develop []int, known outcomes) (*Model, error) {
	model := &Model{Learner: l.name(), Columns: in.Columns, Horizon: in.Options.Horizon, HistoryMonths: in.Options.HistoryMonths, Calibration: c, Curve: curve, Rows: len(develop), learner: l}
	for i, row := range develop {
		model.Defaults += int(known.y[row])
		if in.Cohorts != nil {
			if i == 0 {
				model.From, model.To = in.Cohorts[row], in.Cohorts[row]
			}
			model.From, model.To = min(model.From, in.Cohorts[row]), max(model.To, in.Cohorts[row])
		}
	}
	scorer, err := l.bind(m)
	if err != nil {
		return nil, err
	}
	p := len(m.cols)
	develop = some(m, develop, bookRows)
	addends := make([][]float64, p)
	values := make([]float64, 0, len(develop))
	into := make([]float64, p)
	for i := range addends {
		addends[i] = make([]float64, len(develop))
	}
	for i, row := range develop {
		model.split(scorer, row, into)
		for j, a := range into {
			addends[j][i] = a
		}
	}
	total := 0.0
	for j := range p {
		b := Book{Addend: exactMean(addends[j]), Unknown: unknown(&m.cols[j], develop, addends[j])}
		for i := range addends[j] {
			addends[j][i] = math.Abs(addends[j][i] - b.Addend)
		}
		b.Weight = exactMean(addends[j])
		total += b.Weight
		if v := m.cols[j]; v.numbers != nil {
			values = values[:0]
			for _, row := range develop {
				if x := v.numbers[row]; !math.IsNaN(x) && !math.IsInf(x, 0) {
					values = append(values, x)
				}
			}
			if mean := exactMean(values); len(values) > 0 && !math.IsInf(mean, 0) {
				b.Mean = &mean
			}
		}
		model.Book = append(model.Book, b)
	}
	for j := range model.Book {
		if total > 0 {
			model.Book[j].Weight /= total
		}
	}
	return model, model.seal()
}

// unknown computes [Book].Unknown: the variance among those that have a value, times their share, is their sum of squares over all.
func unknown(v *vector, rows []int, addends []float64) float64 {
	var there []float64
	for i, row := range rows {
		if !v.missing(row) {
			there = append(there, addends[i])
		}
	}
	if len(there) == 0 {
		return 0
	}
	m := exactMean(there)
	for i := range there {
		there[i] = (there[i] - m) * (there[i] - m)
	}
	return math.Sqrt(exactMean(there) * float64(len(there)) / float64(len(rows)))
}

// bookRows is how many rows the book's averages are taken over, about: their errors are then far below a point.
const bookRows = 2000

// some returns about as many of the rows, drawn by their content, whatever their order.
func some(m *matrix, rows []int, most int) []int {
	if len(rows) <= most {
		return rows
	}
	var out []int
	for _, row := range rows {
		if mix(m.hash(row)^m.customerOf(row))%uint64(len(rows)) < uint64(most) {
			out = append(out, row)
		}
	}
	if len(out) == 0 {
		return rows[:min(len(rows), most)]
	}
	return out
}

// exactMean does not depend on the order of the values: it adds them as whole multiples of a power of two that leaves
// the largest, times their number, within 62 bits. Values are finite.
func exactMean(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	if most == 0 {
		return 0
	}
	_, exponent := math.Frexp(most)
	shift := 62 - exponent - bits.Len(uint(len(x)))
	sum := int64(0)
	for _, v := range x {
		sum += int64(math.RoundToEven(math.Ldexp(v, shift)))
	}
	return math.Ldexp(float64(sum)/float64(len(x)), -shift)
}

// split writes the row's addends to the calibrated log-odds and returns these and their base: base plus all addends
// is the log-odds. Calibration only rises, so the learner's addends keep their signs under one common factor.
func (m *Model) split(s scorer, row int, into []float64) (base, eta float64) {
	raw := s.addends(row, into)
	base, eta = m.Calibration.Apply(s.base()), m.Calibration.Apply(raw)
	scale := m.Calibration.Slope
	if math.Abs(raw-s.base()) > 1e-9 {
		scale = (eta - base) / (raw - s.base())
	}
	for i := range into {
		into[i] *= scale
	}
	return base, eta
}

// seal writes the model's bytes once; it never changes after.
func (m *Model) seal() error {
	fitted, err := m.learner.MarshalJSON()
	if err != nil {
		return err
	}
	m.bytes, err = json.Marshal(modelFile{fileFormat, m.Learner, Fingerprint(columnNames(m.Columns)), m.Columns, m.Horizon, m.HistoryMonths, m.Calibration, m.Curve, m.Book, m.Rows, m.Defaults, int32(m.From), int32(m.To), fitted})
	return err
}

// MarshalBinary returns the model as it is kept: the same training gives the same bytes.
func (m *Model) MarshalBinary() ([]byte, error) { return slices.Clone(m.bytes), nil }

// UnmarshalBinary reads a model back; it scores to the bit as the one written.
func (m *Model) UnmarshalBinary(b []byte) error {
	var f modelFile
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if f.Format != fileFormat {
		return fmt.Errorf("model: format %q, want %q", f.Format, fileFormat)
	}
	if got := Fingerprint(columnNames(f.Columns)); got != f.Fingerprint {
		return fmt.Errorf("model: fingerprint of its columns is %.12s, the file says %.12s: %w", got, f.Fingerprint, ErrFeatures)
	}
	if len(f.Book) != len(f.Columns) {
		return fmt.Errorf("model: %d book averages for %d columns", len(f.Book), len(f.Columns))
	}
	if len(f.Curve.Shares) != f.Horizon {
		return fmt.Errorf("model: shares of %d months for a horizon of %d", len(f.Curve.Shares), f.Horizon)
	}
	l, err := New(f.Learner, f.Columns, Options{})
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if err := l.UnmarshalJSON(f.Fitted); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	*m = Model{f.Learner, f.Columns, f.Horizon, f.History, f.Calibration, f.Curve, f.Book, f.Rows, f.Defaults, asof.Date(f.From), asof.Date(f.To), l, slices.Clone(b)}
	return nil
}

// Load reads a model kept with MarshalBinary.
func Load(b []byte) (*Model, error) {
	m := &Model{}
	return m, m.UnmarshalBinary(b)
}

// AsJudged returns the model as it was when it judged the held-out rows: its level does not know their outcomes yet. It
// is for comparing models on those rows, and is not kept.
func (m *Model) AsJudged() *Model {
	judged := *m
	judged.Calibration.Level.Late = 0
	return &judged
}

// SHA256 is the hash of the model's bytes, in hex.
func (m *Model) SHA256() string {
	sum := sha256.Sum256(m.bytes)
	return hex.EncodeToString(sum[:])
}

// ID names the model: its learner and the first twelve digits of its hash.
func (m *Model) ID() string { return m.Learner + "-" + m.SHA256()[:12] }

// Underlying returns the fitted learner, for whoever wants to read its bins or trees.
func (m *Model) Underlying() Learner { return m.learner }

// CheckFeatures holds a catalogue's features, by name and order, against those the model was trained on.
func (m *Model) CheckFeatures(names []string) error {
	if err := wants(columnNames(m.Columns), &matrix{names: names}); err != nil {
		return fmt.Errorf("model %s: %w", m.ID(), err)
	}
	return nil
}
