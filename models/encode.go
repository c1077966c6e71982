package models

import (
	"cmp"
	"math"
	"slices"
)

// manyTexts is how many texts a column may have before learners read default rates in their place: sets of texts fit
// chance when there are many.
const manyTexts = 16

// encodeFolds is how often rates are taken to encode the rows they are learnt from.
const encodeFolds = 5

// An encoding puts a number in the place of every text of the columns with many: the log-odds of its default rate, drawn
// towards the book's the more, the less the texts' rates differ beyond chance.
type encoding []textRates

// textRates are the rates of one column's texts.
type textRates struct {
	Name    string    `json:"name"`
	Texts   []string  `json:"texts"` // in order
	LogOdds []float64 `json:"log_odds"`
	Other   float64   `json:"other"` // of texts never seen
}

// encode learns the encoding of some rows and returns the matrix with it applied. Each of these rows is encoded by the
// rates of other folds' customers, all others by the rates of all of these rows: a rate that knew its own row's outcome
// would be believed too much. Where no column has many texts the matrix is returned as it is.
func encode(m *matrix, y []uint8, rows []int) (encoding, *matrix) {
	var e encoding
	x, share := m, 1.0
	if m.customer != nil && len(rows) > 0 {
		var customers []uint64
		for _, row := range rows {
			customers = append(customers, m.customer[row])
		}
		share = float64(distinct(customers)) / float64(len(rows))
	}
	for i := range m.cols {
		v := &m.cols[i]
		if v.numbers != nil || seenTexts(v, rows) <= manyTexts {
			continue
		}
		if x == m {
			x = m.withContent()
			x.cols = slices.Clone(m.cols)
		}
		all := newRates(m, v, y, rows, share, -1)
		r := textRates{Name: m.names[i], Other: all.book}
		numbers := make([]float64, m.rows)
		for row := range numbers {
			numbers[row] = all.of(v.codes[row])
		}
		for k := range encodeFolds {
			fold := newRates(m, v, y, rows, share, k)
			for _, row := range rows {
				if encodeFold(m, row) == k {
					numbers[row] = fold.of(v.codes[row])
				}
			}
		}
		for _, code := range all.order {
			if text := v.texts[code]; text != "" && all.n[code] > 0 {
				r.Texts, r.LogOdds = append(r.Texts, text), append(r.LogOdds, all.of(int32(code)))
			}
		}
		e = append(e, r)
		x.cols[i] = vector{numbers: numbers}
	}
	return e, x
}

func seenTexts(v *vector, rows []int) int {
	seen, n := make([]bool, len(v.texts)), 0
	for _, row := range rows {
		if code := v.codes[row]; !seen[code] && v.texts[code] != "" {
			seen[code] = true
			n++
		}
	}
	return n
}

func encodeFold(m *matrix, row int) int { return int(m.customerOf(row) >> 40 % encodeFolds) }

// rates are those of some rows by text.
type rates struct {
	n, d  []float64 // customers' worth of rows, and of defaults
	texts []string
	order []int   // of the codes, by text
	mean  float64 // the book's rate
	book  float64 // its log-odds
	drawn float64 // rows' worth of the book's rate added to each text's own
}

// newRates counts the rows outside one fold; share is that of customers among rows.
func newRates(m *matrix, v *vector, y []uint8, rows []int, share float64, without int) *rates {
	r := &rates{n: make([]float64, len(v.texts)), d: make([]float64, len(v.texts)), texts: v.texts, order: allRows(len(v.texts))}
	slices.SortFunc(r.order, func(a, b int) int { return cmp.Compare(v.texts[a], v.texts[b]) })
	n, d := make([]int64, len(v.texts)), make([]int64, len(v.texts)) // in 2^-20 rows
	for _, row := range rows {
		if encodeFold(m, row) == without {
			continue
		}
		w := int64(math.Round(m.weightOf(row) * (1 << 20)))
		n[v.codes[row]] += w
		if y[row] == 1 {
			d[v.codes[row]] += w
		}
	}
	total, bad := int64(0), int64(0)
	for code := range n {
		total, bad = total+n[code], bad+d[code]
		r.n[code], r.d[code] = share*float64(n[code])/(1<<20), share*float64(d[code])/(1<<20)
	}
	r.mean = (share*float64(bad)/(1<<20) + 0.5) / (share*float64(total)/(1<<20) + 1)
	r.book = logit(r.mean)
	r.draw()
	return r
}

// Bounds of how strongly a text's rate is drawn to the book's, in rows.
const (
	leastDrawn = 5
	mostDrawn  = 1000
)

// draw sets how strongly rates are drawn to the book's: by the variance of rates between texts (method of moments,
// DerSimonian and Laird 1986) against that within.
func (r *rates) draw() {
	within := r.mean * (1 - r.mean)
	q, n, squares, texts := 0.0, 0.0, 0.0, 0.0
	for _, code := range r.order {
		if rows := r.n[code]; rows > 0 && r.texts[code] != "" {
			rate := r.d[code]/rows - r.mean
			q += rows * rate * rate / within
			n, squares, texts = n+rows, squares+rows*rows, texts+1
		}
	}
	r.drawn = mostDrawn
	if spread := (q - (texts - 1)) / math.Max(n-squares/math.Max(n, 1), 1e-9); spread > 0 { // between, in units of within
		r.drawn = min(max(1/spread, leastDrawn), mostDrawn)
	}
}

// of returns the log-odds of a code; NaN for missing.
func (r *rates) of(code int32) float64 {
	if r.texts[code] == "" {
		return math.NaN()
	}
	return logit((r.d[code] + r.drawn*r.mean) / (r.n[code] + r.drawn))
}

// apply returns the matrix with its texts encoded.
func (e encoding) apply(m *matrix) *matrix {
	if len(e) == 0 {
		return m
	}
	x := *m
	x.cols = slices.Clone(m.cols)
	for i, name := range m.names {
		at := slices.IndexFunc(e, func(r textRates) bool { return r.Name == name })
		if v := &m.cols[i]; at >= 0 && v.numbers == nil {
			of := e[at].byCode(v.texts)
			numbers := make([]float64, m.rows)
			for row := range numbers {
				numbers[row] = of[v.codes[row]]
			}
			x.cols[i] = vector{numbers: numbers}
		}
	}
	return &x
}

func (r *textRates) byCode(texts []string) []float64 {
	of := make([]float64, len(texts))
	for code, text := range texts {
		of[code] = r.Other
		if text == "" {
			of[code] = math.NaN()
		} else if k, ok := slices.BinarySearch(r.Texts, text); ok {
			of[code] = r.LogOdds[k]
		}
	}
	return of
}

// whole reports whether rates read back are as they were written.
func (e encoding) whole() bool {
	for _, r := range e {
		if len(r.Texts) != len(r.LogOdds) || !slices.IsSorted(r.Texts) {
			return false
		}
	}
	return true
}

// withContent returns a copy that knows its rows' hashes, for whoever replaces columns.
func (m *matrix) withContent() *matrix {
	x := *m
	if x.content == nil {
		x.content = make([]uint64, m.rows)
		const part = 4096
		each((m.rows+part-1)/part, func(k int) {
			for row := k * part; row < min((k+1)*part, m.rows); row++ {
				x.content[row] = m.hash(row)
			}
		})
	}
	return &x
}
