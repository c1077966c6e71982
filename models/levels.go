package models

import (
	"math"
	"slices"
	"sort"
)

// A count is the good (paid) and bad (defaulted) rows of a bin.
type count struct{ good, bad int }

func (c count) n() int             { return c.good + c.bad }
func (c count) plus(d count) count { return count{c.good + d.good, c.bad + d.bad} }

func (c *count) add(y uint8) {
	c.bad += int(y)
	c.good += 1 - int(y)
}

// rate is the default rate with half a row of each kind added, so that small bins compare too.
func (c count) rate() float64 { return (float64(c.bad) + 0.5) / (float64(c.n()) + 1) }

// maxLevels bounds what a quantised column can hold: golearn's tree is quadratic in distinct values.
const maxLevels = 32

// A Quantiser turns one column's values into a few ordered levels.
type Quantiser struct {
	Name       string    `json:"name"`
	Text       bool      `json:"text"`
	Edges      []float64 `json:"edges,omitempty"`
	MissingTop bool      `json:"missing_top"`     // missing numbers sit above the others, not below
	Texts      []string  `json:"texts,omitempty"` // in alphabetical order; "" when missing texts were seen
	TextLevel  []int     `json:"text_level,omitempty"`
	Other      int       `json:"other"` // level of texts never seen
	Levels     int       `json:"levels"`
}

// newQuantiser learns the levels: quantile bins for numbers, missing ones at the end whose default rate is like theirs;
// for texts their order by default rate.
func newQuantiser(v *vector, name string, y []uint8, rows []int) Quantiser {
	if v.numbers == nil {
		return textQuantiser(v, name, y, rows)
	}
	q := Quantiser{Name: name, Edges: fineEdges(v.numbers, nil, rows, nil, maxLevels-1)}
	q.Levels = len(q.Edges) + 2
	var missing, low, high count
	for _, row := range rows {
		switch x := v.numbers[row]; {
		case math.IsNaN(x):
			missing.add(y[row])
		case binOf(q.Edges, x) <= len(q.Edges)/2:
			low.add(y[row])
		default:
			high.add(y[row])
		}
	}
	q.MissingTop = math.Abs(missing.rate()-high.rate()) < math.Abs(missing.rate()-low.rate())
	return q
}

func textQuantiser(v *vector, name string, y []uint8, rows []int) Quantiser {
	q := Quantiser{Name: name, Text: true}
	of, total := make([]count, len(v.texts)), count{}
	for _, row := range rows {
		of[v.codes[row]].add(y[row])
		total.add(y[row])
	}
	// A text's rate is drawn to the book's as if 20 more rows had it, so that rare texts end in the middle.
	const weight = 20
	book := float64(total.bad) / float64(total.n())
	rate := func(c count) float64 { return (float64(c.bad) + weight*book) / (float64(c.n()) + weight) }
	var seen []int
	for code, c := range of {
		if c.n() > 0 {
			seen = append(seen, code)
		}
	}
	byRate := slices.Clone(seen)
	sort.SliceStable(byRate, func(a, b int) bool { return rate(of[byRate[a]]) < rate(of[byRate[b]]) })
	level, below := make([]int, len(of)), 0
	q.Levels = min(len(byRate), maxLevels)
	for i, code := range byRate {
		level[code] = i * q.Levels / len(byRate)
		if rate(of[code]) < book {
			below = level[code]
		}
	}
	q.Other = below
	sort.Slice(seen, func(a, b int) bool { return v.texts[seen[a]] < v.texts[seen[b]] })
	for _, code := range seen {
		q.Texts, q.TextLevel = append(q.Texts, v.texts[code]), append(q.TextLevel, level[code])
	}
	return q
}

// bind returns the level of every row of a column.
func (q *Quantiser) bind(v *vector) func(row int) uint8 {
	if !q.Text {
		missing := uint8(0)
		if q.MissingTop {
			missing = uint8(q.Levels - 1)
		}
		first := uint8(1)
		if q.MissingTop {
			first = 0
		}
		return func(row int) uint8 {
			x := v.numbers[row]
			if math.IsNaN(x) {
				return missing
			}
			return first + uint8(binOf(q.Edges, x))
		}
	}
	levels := make([]uint8, len(v.texts))
	for code, text := range v.texts {
		levels[code] = uint8(q.Other)
		if k, ok := slices.BinarySearch(q.Texts, text); ok {
			levels[code] = uint8(q.TextLevel[k])
		}
	}
	return func(row int) uint8 { return levels[v.codes[row]] }
}
