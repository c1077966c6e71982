package models

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"creditwatch/models/validation"
)

// A Benchmark is what the best single column does by itself, cut into bins: a model that does no better is not worth
// having.
type Benchmark struct {
	Column  string    `json:"column"`
	MeanAUC float64   `json:"mean_auc"`
	FoldAUC []float64 `json:"fold_auc"`

	OutOfFold []float64 `json:"-"` // default rate of every row's bin, by the folds that the row is not in
}

// A Suspect is a column that tells more of the outcome by itself than an honest one does: it may have been learnt only
// after the outcome.
type Suspect struct {
	Column string  `json:"column"`
	AUC    float64 `json:"auc"` // of the column by itself
	IV     float64 `json:"iv"`
}

// suspectAUC is the AUC above which a column by itself is suspect.
const suspectAUC = 0.90

// A Detail is what a report of an evaluation shows beside the figures.
type Detail struct {
	Features []FeatureNote // in the table's order
	// Influences are what moves the PDs of the chosen learner, most first, over rows of fold 0, which it did not see.
	Influences []Influence
	Explained  int    // rows
	Of         string // the learner explained
	Card       Card   // of a scorecard fitted to all rows
}

// A FeatureNote is what there is to know of a column.
type FeatureNote struct {
	Name     string
	Text     bool
	Missing  float64 // share of rows
	Distinct int     // values
	Most     string  // most frequent value, and its share of all rows
	Share    float64
	AUC      float64 // by itself, cut into bins
	IV       float64
	Chance   *Chance
	CopyOf   string // an earlier column of the same values; "" for none
}

// Constant reports a column that never varies.
func (f FeatureNote) Constant() bool { return f.Distinct <= 1 && f.Missing == 0 || f.Distinct == 0 }

// Names reports a column that names its rows: nearly every value is another.
func (f FeatureNote) Names(rows int) bool {
	return f.Text && float64(f.Distinct) > 0.5*float64(rows) && f.Distinct > 20
}

// Suspect reports whether the column tells more than is good to believe.
func (f FeatureNote) Suspect() bool { return f.AUC > suspectAUC || BandOf(f.IV).Name == "suspect" }

// An Influence is how a column moves the log-odds of a learner.
type Influence struct {
	Column string
	Mean   float64 // mean distance of its addend from the addend's mean
	// Trend is the rank correlation of value and addend: near 1 risk rises with the value, near -1 it falls; 0 for texts.
	Trend float64
	Text  bool
	// Shape says what values add: some groups of neighbouring values, or the most frequent texts; missing last.
	Shape []ShapePoint
}

// A ShapePoint is a group of values of a column.
type ShapePoint struct {
	From, To float64 // the values, of a column of numbers
	Text     string
	Missing  bool
	Rows     int
	Bad      int
	Addend   float64 // mean, less the mean over all rows
}

const (
	aloneRows     = 20000 // that columns are looked at by themselves
	explainedRows = 2000
	shapePoints   = 10
)

// thinned returns about as many of the rows, drawn by their content, whatever their order; rows of one content together.
func thinned(m *matrix, rows []int, most int) []int {
	if len(rows) <= most {
		return rows
	}
	var out []int
	for _, row := range rows {
		if mix(m.hash(row))%uint64(len(rows)) < uint64(most) {
			out = append(out, row)
		}
	}
	if of := [2]bool{}; m.label != nil {
		for _, row := range out {
			of[m.label[row]] = true
		}
		if !of[0] || !of[1] {
			return rows // few contents, repeated often
		}
	}
	return out
}

// alone judges every column by itself, names the suspects and holds the best one to the folds.
func (e evaluator) alone() (b Benchmark, suspects []Suspect, err error) {
	binning := DefaultBinning
	binning.Permuted = 0
	cards := func(rows []int, columns []int) []Feature {
		m := &matrix{rows: e.matrix.rows}
		for _, i := range columns {
			m.names, m.cols = append(m.names, e.matrix.names[i]), append(m.cols, e.matrix.cols[i])
		}
		rows = thinned(e.matrix, rows, aloneRows)
		return newDesign(binning, binning.cut(m, columnsFor(m.names, nil), e.label, rows, false), allRows(len(rows))).features
	}
	best, auc := -1, 0.0
	for i, f := range cards(allRows(e.matrix.rows), allRows(len(e.matrix.cols))) {
		own := f.alone()
		if own > auc {
			best, auc = i, own
		}
		if own > suspectAUC || BandOf(f.IV).Name == "suspect" {
			suspects = append(suspects, Suspect{f.Name, own, f.IV})
		}
	}
	slices.SortStableFunc(suspects, func(a, b Suspect) int { return cmp.Compare(b.IV, a.IV) })
	b = Benchmark{Column: e.matrix.names[best], FoldAUC: make([]float64, e.options.Folds), OutOfFold: make([]float64, e.matrix.rows)}
	for k := range b.FoldAUC {
		fit, test := e.apart(k)
		f := cards(fit, []int{best})[0]
		bin := f.bind(&e.matrix.cols[best])
		rate, y := make([]float64, len(test)), make([]uint8, len(test))
		for i, row := range test {
			at := mass{}
			if k := bin(row); k >= 0 {
				at = mass{f.Bins[k].Good, f.Bins[k].Bad}
			}
			rate[i], y[i] = at.rate(), e.label[row]
			b.OutOfFold[row] = rate[i]
		}
		rank, err := validation.Rank(rate, y)
		if err != nil {
			return b, nil, fmt.Errorf("fold %d: column %q by itself: %w", k, b.Column, err)
		}
		b.FoldAUC[k] = rank.AUC
	}
	b.MeanAUC = mean(b.FoldAUC)
	return b, suspects, nil
}

// alone is the AUC of the feature's bins, ranked by their default rates.
func (f *Feature) alone() float64 {
	bins := slices.DeleteFunc(slices.Clone(f.Bins), func(b Bin) bool { return b.Good+b.Bad == 0 })
	slices.SortFunc(bins, func(a, b Bin) int { return cmp.Compare(a.Bad*b.Good, b.Bad*a.Good) })
	concordant, below := 0.0, mass{}
	for i := 0; i < len(bins); {
		of := mass{} // bins of one rate count as one: half of the pairs within
		for first := bins[i]; i < len(bins) && bins[i].Bad*first.Good == first.Bad*bins[i].Good; i++ {
			of = of.plus(mass{bins[i].Good, bins[i].Bad})
		}
		concordant += of.bad * (below.good + of.good/2)
		below = below.plus(of)
	}
	return concordant / below.good / below.bad
}

// detail looks at the columns, at what moves the chosen learner, and at the card of all rows.
func (e evaluator) detail(chosen string, learners []fitted, o Options) (*Detail, error) {
	d := &Detail{Of: chosen, Features: make([]FeatureNote, len(e.matrix.cols))}
	s := &Scorecard{Binning: o.Binning, Whole: o.WholePoints, Seed: o.Seed}
	if err := s.fit(e.matrix, e.label, allRows(e.matrix.rows)); err != nil {
		return nil, err
	}
	d.Card = s.Card()
	of := make([]uint64, len(e.matrix.cols))
	each(len(d.Features), func(i int) {
		f, v := &s.fitted.Features[i], &e.matrix.cols[i]
		n := FeatureNote{Name: f.Name, Text: f.Text, AUC: f.alone(), IV: f.IV, Chance: f.Chance}
		n.count(v, e.matrix.rows)
		d.Features[i], of[i] = n, v.signature()
	})
	for i := range d.Features {
		if j := slices.Index(of, of[i]); j < i && !d.Features[i].Constant() {
			d.Features[i].CopyOf = d.Features[j].Name
		}
	}
	i := slices.IndexFunc(learners, func(f fitted) bool { return f.name() == chosen })
	_, test := e.apart(0)
	test = thinned(e.matrix, test, explainedRows)
	d.Explained = len(test)
	var err error
	d.Influences, err = e.influences(learners[i], test)
	return d, err
}

// count looks at a column's values.
func (n *FeatureNote) count(v *vector, rows int) {
	missing, most := 0, 0
	if v.numbers == nil {
		of := make([]int, len(v.texts))
		for _, code := range v.codes {
			of[code]++
		}
		for code, k := range of {
			switch {
			case v.texts[code] == "":
				missing += k
			case k > 0:
				if n.Distinct++; k > most {
					most, n.Most = k, v.texts[code]
				}
			}
		}
	} else {
		values, upTo := distinctValues(v.numbers, nil, allRows(rows), nil)
		n.Distinct = len(values)
		before := 0.0
		for i := range values {
			if k := int(upTo[i] - before); k > most {
				most, n.Most = k, exact(values[i])
			}
			before = upTo[i]
		}
		missing = rows - int(before)
	}
	n.Missing, n.Share = float64(missing)/float64(rows), float64(most)/float64(rows)
}

// signature is the same of columns of the same values.
func (v *vector) signature() uint64 {
	h := uint64(len(v.texts))
	for _, x := range v.numbers {
		if x != x {
			x = math.NaN()
		}
		h = mix(h ^ math.Float64bits(x))
	}
	for _, code := range v.codes {
		h = mix(h ^ hash64(v.texts[code]))
	}
	return h
}

// influences explains rows by a learner, column by column.
func (e evaluator) influences(l fitted, rows []int) ([]Influence, error) {
	scorer, err := l.bind(e.matrix)
	if err != nil {
		return nil, err
	}
	addends := make([][]float64, len(e.matrix.cols))
	into := make([]float64, len(addends))
	for _, row := range rows {
		scorer.addends(row, into)
		for i, a := range into {
			addends[i] = append(addends[i], a)
		}
	}
	out := make([]Influence, len(addends))
	each(len(out), func(i int) {
		f := Influence{Column: e.matrix.names[i], Text: e.matrix.cols[i].numbers == nil}
		mean := exactMean(addends[i])
		away := make([]float64, len(rows))
		for k := range away {
			addends[i][k] -= mean
			away[k] = math.Abs(addends[i][k])
		}
		f.Mean = exactMean(away)
		f.shape(&e.matrix.cols[i], e.label, rows, addends[i])
		out[i] = f
	})
	slices.SortStableFunc(out, func(a, b Influence) int { return cmp.Compare(b.Mean, a.Mean) })
	return out, nil
}

// shape groups the values of a column: rows and defaults of all rows, addends of the explained ones.
func (f *Influence) shape(v *vector, label []uint8, rows []int, addends []float64) {
	var group func(row int) int
	if v.numbers != nil {
		var x, a []float64
		for k, row := range rows {
			if !v.missing(row) {
				x, a = append(x, v.numbers[row]), append(a, addends[k])
			}
		}
		if trend, err := validation.Spearman(x, a); err == nil && !math.IsNaN(trend) {
			f.Trend = trend
		}
		edges := fineEdges(v.numbers, nil, rows, nil, shapePoints)
		f.Shape = make([]ShapePoint, len(edges)+2)
		group = func(row int) int {
			if v.missing(row) {
				return len(edges) + 1
			}
			return binOf(edges, v.numbers[row])
		}
	} else {
		n := textWeights(v, nil, rows)
		var often []int
		for code, text := range v.texts {
			if text != "" && n[code] > 0 {
				often = append(often, code)
			}
		}
		slices.SortStableFunc(often, func(a, b int) int { return cmp.Compare(n[b], n[a]) })
		often = often[:min(len(often), shapePoints)]
		f.Shape = make([]ShapePoint, len(often)+2)
		for k, code := range often {
			f.Shape[k].Text = v.texts[code]
		}
		group = func(row int) int {
			if k := slices.Index(often, int(v.codes[row])); k >= 0 {
				return k
			} else if v.missing(row) {
				return len(often) + 1
			}
			return len(often)
		}
	}
	for row, y := range label {
		p := &f.Shape[group(row)]
		if v.numbers != nil && !v.missing(row) {
			if x := v.numbers[row]; p.Rows == 0 {
				p.From, p.To = x, x
			} else {
				p.From, p.To = min(p.From, x), max(p.To, x)
			}
		}
		p.Missing = v.missing(row)
		p.Rows, p.Bad = p.Rows+1, p.Bad+int(y)
	}
	of := make([][]float64, len(f.Shape))
	for k, row := range rows {
		of[group(row)] = append(of[group(row)], addends[k])
	}
	for k := range f.Shape {
		f.Shape[k].Addend = exactMean(of[k])
	}
	// Groups that none of the explained rows fall into have nothing to show.
	var kept []ShapePoint
	for k, p := range f.Shape {
		if len(of[k]) > 0 {
			kept = append(kept, p)
		}
	}
	f.Shape = kept
}
