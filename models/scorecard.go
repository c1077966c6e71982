package models

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/sjwhitworth/golearn/base"
)

// Anchors of the points: 600 points at odds of 50 good to 1 bad, 20 points double the odds.
const (
	pointsAt    = 600.0
	oddsAt      = 50.0
	doubleAfter = 20.0
)

// Factor and Offset turn log-odds of paying into points: points = Offset + Factor·ln((1−PD)/PD).
var (
	Factor = doubleAfter / math.Ln2
	Offset = pointsAt - Factor*math.Log(oddsAt)
)

// Binning says how a scorecard cuts its features.
type Binning struct {
	Fine     int     `json:"fine"`      // bins to merge from, 2 to 200
	MinShare float64 `json:"min_share"` // of the rows, in a bin of numbers or of common texts, unless it earns PerLight
	MinBad   int     `json:"min_bad"`   // defaults, and as many non-defaults, in such a bin
	PerBin   float64 `json:"per_bin"`   // gain in log-likelihood that a further bin must bring
	PerTurn  float64 `json:"per_turn"`  // and a change of direction, where the direction is learnt
	PerLight float64 `json:"per_light"` // and a bin of less than MinShare or MinBad; none has less than 0.5 % of the rows, nor than 20
	MinIV    float64 `json:"min_iv"`    // weaker features are left out
	Chance   float64 `json:"chance"`    // how many times the IV that chance gives a feature must have
	MaxCorr  float64 `json:"max_corr"`  // of two features whose WoE correlate more, the stronger stays
	MaxKept  int     `json:"max_kept"`  // features in the regression, the strongest; 0 for all
	// Permuted is how often outcomes are shuffled to see what IV chance alone gives a feature; 0 leaves that unasked.
	Permuted int `json:"permuted"`
	// Plain leaves points at what the regression gives, −beta·WoE, without the joint adjustment: the textbook card, whose
	// points follow the WoE of every bin, at some cost in ranking.
	Plain bool `json:"plain,omitempty"`
}

// DefaultBinning is what Options.Binning defaults to.
var DefaultBinning = Binning{Fine: 50, MinShare: 0.05, MinBad: 5, PerBin: 1, PerTurn: 2, PerLight: 6, MinIV: 0.002, Chance: 1, MaxCorr: 0.98, MaxKept: 40, Permuted: 39}

// A Scorecard is a logistic regression on weights of evidence. Every feature is cut into few bins whose default rates
// follow the feature's direction, missing and special values having bins of their own; a bin's weight of evidence
// WoE = ln((G_b/G)/(B_b/B)) takes the value's place in the regression. Features that add nothing are deselected by an L1
// penalty chosen by cross-validation. Coefficients may not turn against their WoE: one that would is 0. Last, the bins of
// all features are adjusted jointly (see adjust); what a bin then is worth, its Lift, is the one number used in scores,
// points and reasons.
//
// A value of which the fit saw nothing (a text, or missing where none was) weighs as the feature's average: 0.
type Scorecard struct {
	Columns []Column
	Binning Binning
	Ridge   float64 // penalty on squared coefficients; 0 chooses it, what is selected, and with few rows how strictly to bin
	Lasso   float64 // penalty on coefficients for selection; used where Ridge is given
	Whole   bool    // points are whole numbers
	Seed    uint64

	fitted *card
	chosen strictness
}

// card is a fitted scorecard.
type card struct {
	Intercept float64   `json:"intercept"`
	Ridge     float64   `json:"ridge"`
	Lasso     float64   `json:"lasso,omitempty"`
	Features  []Feature `json:"features"`
}

// A Feature is one column of a fitted scorecard.
type Feature struct {
	Name    string    `json:"name"`
	Text    bool      `json:"text"`
	Edges   []float64 `json:"edges,omitempty"`   // bin i of numbers: above Edges[i-1], up to Edges[i]
	Special []float64 `json:"special,omitempty"` // values with bins of their own, after those of numbers
	Texts   []string  `json:"texts,omitempty"`   // known texts, in order
	TextBin []int     `json:"text_bin,omitempty"`
	Other   int       `json:"other"`   // bin of texts too rare to judge or never seen; -1: they weigh nothing
	Missing int       `json:"missing"` // bin of missing values
	Bins    []Bin     `json:"bins"`
	IV      float64   `json:"iv"`
	Chance  *Chance   `json:"chance,omitempty"` // nil where it was not asked for
	Beta    float64   `json:"beta"`             // log-odds of default per unit of −WoE
	SE      float64   `json:"se,omitempty"`     // of Beta (Wald, penalised Hessian); 0 where Beta is 0
	// Dropped says why its WoE is left out of the regression: "", or one of the reasons of Reasons. A feature of "sign" may
	// still earn points in the joint adjustment, where its direction allows.
	Dropped string `json:"dropped"`
}

// A Bin is a group of values of a feature.
type Bin struct {
	Good float64 `json:"good"` // weight of its rows that paid: their number where all count fully
	Bad  float64 `json:"bad"`
	WoE  float64 `json:"woe"`
	Lift float64 `json:"lift"` // log-odds of default: −beta·WoE, adjusted jointly with the other features
}

// Features returns the fitted features in column order.
func (s *Scorecard) Features() []Feature {
	if s.fitted == nil {
		return nil
	}
	return s.fitted.Features
}

// Points returns the points of a feature's bin: less log-odds of default are more points.
func (f Feature) Points(bin int) float64 { return -Factor * f.Bins[bin].Lift }

// P is the two-sided p-value of the coefficient (Wald); 1 where it is 0. It is that of the regression after selection.
func (f Feature) P() float64 {
	if f.SE == 0 {
		return 1
	}
	return math.Erfc(f.Beta / f.SE / math.Sqrt2)
}

// InCard reports whether the feature earns points.
func (f Feature) InCard() bool {
	return slices.ContainsFunc(f.Bins, func(b Bin) bool { return b.Lift != 0 })
}

// lift is the log-odds of a bin numbered from 1; 0 stands for a text that weighs nothing.
func (f *Feature) lift(bin uint8) float64 {
	if bin == 0 {
		return 0
	}
	return f.Bins[bin-1].Lift
}

func (s *Scorecard) fit(m *matrix, y []uint8, rows []int) error {
	rows = m.counting(rows)
	total := mass{}
	for _, row := range rows {
		total.add(y[row], m.weightOf(row))
	}
	if total.good == 0 || total.bad == 0 {
		return fmt.Errorf("scorecard: rows of weight %g paid, of weight %g defaulted: %w", total.good, total.bad, ErrOneClass)
	}
	columns := columnsFor(m.names, s.Columns)
	for _, c := range columns {
		for _, v := range c.Special {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("scorecard: column %q: special value %v, want a number", c.Name, v)
			}
		}
	}
	choose := s.Ridge <= 0
	cut := s.Binning.cut(m, columns, y, rows, choose && (m.customer != nil || len(rows) <= chooseUpTo))
	s.chosen = strictness{binning: s.Binning, ridge: s.Ridge, lasso: s.Lasso}
	if choose {
		var err error
		if s.chosen, err = cut.chooseStrictness(s.Binning); err != nil {
			return fmt.Errorf("scorecard: %w", err)
		}
	}
	d := newDesign(s.chosen.binning, cut, allRows(len(rows)))
	d.permute(s.chosen.binning, s.Seed)
	d.dropWeak(s.chosen.binning)
	c, err := d.card(s.chosen)
	if err != nil {
		return fmt.Errorf("scorecard: %w", err)
	}
	if s.Whole {
		c.round()
	}
	s.fitted = c
	return nil
}

// feature merges a column's codes into bins and returns the bin of every code.
func (b Binning) feature(c *fineColumn, of *[256]mass, total mass) (f Feature, binOf [256]uint8) {
	f = Feature{Name: c.Name, Text: c.text, Other: -1}
	var bins []mass
	if f.Text {
		bins = b.texts(&f, c, of, &binOf, total)
	} else {
		bins = b.numbers(&f, c, of, &binOf, total)
	}
	f.Missing = len(bins)
	binOf[c.missing()] = uint8(len(bins))
	bins = append(bins, of[c.missing()])
	filled := 0
	for _, c := range bins {
		bin := Bin{Good: c.good, Bad: c.bad}
		if c.n() > 0 {
			filled++
			bin.WoE = smoothWoE(c, total)
		}
		f.Bins = append(f.Bins, bin)
	}
	if filled < 2 {
		f.Dropped = "constant"
		if several(of) {
			f.Dropped = "flat"
		}
		for i := range f.Bins {
			f.Bins[i].WoE = 0
		}
		return f, binOf
	}
	f.IV = IV(f.Bins)
	return f, binOf
}

// several reports whether rows have more than one code.
func several(of *[256]mass) bool {
	filled := 0
	for _, m := range of {
		if m.n() > 0 {
			filled++
		}
	}
	return filled > 1
}

func (b Binning) merging(total mass) merging {
	return merging{
		minRows: b.MinShare * total.n(), minBad: float64(b.MinBad), minGood: float64(b.MinBad), leastRows: rare(total.n()),
		perBin: b.PerBin, perLight: b.PerLight, perTurn: b.PerTurn,
	}
}

// rare is the weight of rows below which values have no default rate worth naming.
func rare(n float64) float64 { return max(20, n/200) }

func (b Binning) numbers(f *Feature, c *fineColumn, of *[256]mass, binOf *[256]uint8, total mass) []mass {
	f.Special = c.Special
	fine := of[:c.plain()]
	starts := b.merging(total).merge(fine, c.Direction)
	bins := make([]mass, len(starts))
	for i, start := range starts {
		end := len(fine)
		if i+1 < len(starts) {
			end = starts[i+1]
			f.Edges = append(f.Edges, c.edges[end-1])
		}
		for code := start; code < end; code++ {
			bins[i] = bins[i].plus(fine[code])
			binOf[code] = uint8(i)
		}
	}
	for k := range c.Special {
		binOf[c.plain()+k] = uint8(len(bins))
		bins = append(bins, of[c.plain()+k])
	}
	return bins
}

// texts orders the texts by default rate and merges neighbours; texts with too few rows to have a rate share a bin
// with those never seen.
func (b Binning) texts(f *Feature, c *fineColumn, of *[256]mass, binOf *[256]uint8, total mass) []mass {
	least := rare(total.n())
	other := of[len(c.texts)]
	var common []int
	for code := range c.texts {
		if of[code].n() < least {
			other = other.plus(of[code])
		} else {
			common = append(common, code)
		}
	}
	var bins []mass
	if len(common) > 0 {
		sort.SliceStable(common, func(a, b int) bool { return of[common[a]].rate() < of[common[b]].rate() })
		fine := make([]mass, len(common))
		for i, code := range common {
			fine[i] = of[code]
		}
		starts := b.merging(total).merge(fine, +1)
		bins = make([]mass, len(starts))
		for i, c := range fine {
			bin := sort.SearchInts(starts, i+1) - 1
			bins[bin] = bins[bin].plus(c)
			binOf[common[i]] = uint8(bin)
		}
	}
	rest := uint8(noBin)
	if other.n() > 0 {
		f.Other, rest = len(bins), uint8(len(bins))
		bins = append(bins, other)
	}
	binOf[len(c.texts)] = rest
	for code, text := range c.texts {
		if of[code].n() < least {
			binOf[code] = rest
		} else {
			f.Texts, f.TextBin = append(f.Texts, text), append(f.TextBin, int(binOf[code]))
		}
	}
	return bins
}

// bind returns the bin of every row of a column; -1 for a text that weighs nothing.
func (f *Feature) bind(v *vector) func(row int) int {
	if !f.Text {
		return func(row int) int {
			x := v.numbers[row]
			switch {
			case math.IsNaN(x):
				return f.Missing
			case len(f.Special) > 0:
				if k := slices.Index(f.Special, x); k >= 0 {
					return len(f.Edges) + 1 + k
				}
			}
			return binOf(f.Edges, x)
		}
	}
	bins := make([]int, len(v.texts))
	for code, text := range v.texts {
		bins[code] = f.Other
		if text == "" {
			bins[code] = f.Missing
		} else if k, ok := slices.BinarySearch(f.Texts, text); ok {
			bins[code] = f.TextBin[k]
		}
	}
	return func(row int) int { return bins[v.codes[row]] }
}

type cardScorer struct {
	card *card
	bins []func(row int) int
	lift [][]float64 // log-odds per feature and bin, the first for bin -1
}

func (s *Scorecard) bind(m *matrix) (scorer, error) {
	if s.fitted == nil {
		return nil, errNotFitted
	}
	return s.fitted.bind(m)
}

func (fitted *card) bind(m *matrix) (scorer, error) {
	c := cardScorer{card: fitted}
	names := make([]string, len(fitted.Features))
	for i, f := range fitted.Features {
		names[i] = f.Name
	}
	if err := wants(names, m); err != nil {
		return nil, err
	}
	for i := range fitted.Features {
		f := &fitted.Features[i]
		if f.Text != (m.cols[i].numbers == nil) {
			return nil, fmt.Errorf("feature %q: text is %v, want %v: %w", f.Name, !f.Text, f.Text, ErrFeatures)
		}
		lift := make([]float64, len(f.Bins)+1)
		for b, bin := range f.Bins {
			lift[b+1] = bin.Lift
		}
		c.bins, c.lift = append(c.bins, f.bind(&m.cols[i])), append(c.lift, lift)
	}
	return c, nil
}

func (c cardScorer) base() float64 { return c.card.Intercept }

func (c cardScorer) logOdds(row int) float64 {
	eta := c.card.Intercept
	for i, bin := range c.bins {
		eta += c.lift[i][bin(row)+1]
	}
	return eta
}

func (c cardScorer) addends(row int, into []float64) float64 {
	eta := c.card.Intercept
	for i, bin := range c.bins {
		into[i] = c.lift[i][bin(row)+1]
		eta += into[i]
	}
	return eta
}

func (s *Scorecard) name() string { return "scorecard" }

func (s *Scorecard) again() Learner {
	binning := s.chosen.binning
	binning.Permuted = 0 // chance is asked of cards that people read
	return &Scorecard{Columns: s.Columns, Binning: binning, Ridge: s.chosen.ridge, Lasso: s.chosen.lasso, Whole: s.Whole, Seed: s.Seed}
}

func (s *Scorecard) unseen() []float64 { return nil }

// Fit implements base.Classifier.
func (s *Scorecard) Fit(from base.FixedDataGrid) error { return fitGrid(s, from) }

// Predict implements base.Classifier.
func (s *Scorecard) Predict(from base.FixedDataGrid) (base.FixedDataGrid, error) {
	return predict(s, from)
}

// LogOdds implements Learner.
func (s *Scorecard) LogOdds(from base.FixedDataGrid) ([]float64, error) { return logOddsOf(s, from) }

// Explain implements Learner.
func (s *Scorecard) Explain(from base.FixedDataGrid) (Explanation, error) { return explain(s, from) }

// Save implements base.Classifier.
func (s *Scorecard) Save(path string) error { return save(s, path) }

// Load implements base.Classifier.
func (s *Scorecard) Load(path string) error { return load(s, path) }

// SaveWithPrefix implements base.Classifier.
func (s *Scorecard) SaveWithPrefix(w *base.ClassifierSerializer, prefix string) error {
	return saveWithPrefix(s, w, prefix)
}

// LoadWithPrefix implements base.Classifier.
func (s *Scorecard) LoadWithPrefix(r *base.ClassifierDeserializer, prefix string) error {
	return loadWithPrefix(s, r, prefix)
}

// GetMetadata implements base.Classifier.
func (s *Scorecard) GetMetadata() base.ClassifierMetadataV1 { return metadata(s) }

// MarshalJSON implements Learner.
func (s *Scorecard) MarshalJSON() ([]byte, error) {
	if s.fitted == nil {
		return nil, fmt.Errorf("scorecard: %w", errNotFitted)
	}
	return json.Marshal(s.fitted)
}

// UnmarshalJSON implements Learner.
func (s *Scorecard) UnmarshalJSON(b []byte) error {
	c := &card{}
	if err := json.Unmarshal(b, c); err != nil {
		return fmt.Errorf("scorecard: %w", err)
	}
	for i := range c.Features {
		if !c.Features[i].whole() {
			return fmt.Errorf("scorecard: feature %q: bins do not match its values", c.Features[i].Name)
		}
	}
	s.fitted = c
	return nil
}

// whole reports whether every value of a feature that was read back has a bin.
func (f *Feature) whole() bool {
	last := len(f.Bins) - 1
	if f.Missing != last || f.Other > last || f.Other < -1 || len(f.Texts) != len(f.TextBin) || !slices.IsSorted(f.Texts) || !slices.IsSorted(f.Edges) {
		return false
	}
	for _, bin := range f.TextBin {
		if bin < 0 || bin > last {
			return false
		}
	}
	return f.Text || len(f.Edges)+1+len(f.Special) == last
}

// String names the card's size.
func (s *Scorecard) String() string {
	if s.fitted == nil {
		return "Scorecard(not fitted)"
	}
	in := 0
	for _, f := range s.fitted.Features {
		if f.InCard() {
			in++
		}
	}
	return fmt.Sprintf("Scorecard(%d of %d features, ridge %g, lasso %g)", in, len(s.fitted.Features), s.fitted.Ridge, s.fitted.Lasso)
}

// round makes points whole.
func (c *card) round() {
	c.Intercept = (Offset - math.Round(Offset-Factor*c.Intercept)) / Factor
	for i := range c.Features {
		for b := range c.Features[i].Bins {
			bin := &c.Features[i].Bins[b]
			bin.Lift = -math.Round(-Factor*bin.Lift) / Factor
		}
	}
}
