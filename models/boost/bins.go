package boost

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// A Column is one feature of all rows: numbers with NaN for missing, or codes of texts.
type Column struct {
	Name      string
	Numbers   []float64
	Codes     []int32  // index into Texts, where Numbers is nil
	Texts     []string // "" stands for missing
	Direction int      // +1: the log-odds never fall as the number rises; -1: never rise; 0: free
}

// maxBins is how many bins a column has beside that of missing values.
const maxBins = 254

// A Cut says how a column becomes bins. Bin 0 is missing. Bin i of numbers holds those above Edges[i-2] and up to
// Edges[i-1]; of texts, bin i is Texts[i-1] and the last bin any other text.
type Cut struct {
	Name  string    `json:"name"`
	Text  bool      `json:"text"`
	Edges []float64 `json:"edges,omitempty"`
	Texts []string  `json:"texts,omitempty"` // in order
}

func (c *Cut) bins() int {
	if c.Text {
		return len(c.Texts) + 2
	}
	return len(c.Edges) + 2
}

// bin returns the bin of a number.
func (c *Cut) bin(v float64) uint8 {
	if v != v {
		return 0
	}
	lo, n := 0, len(c.Edges)
	for n > 0 {
		half := n >> 1
		if v > c.Edges[lo+half] {
			lo += half + 1
			n -= half + 1
		} else {
			n = half
		}
	}
	return uint8(lo + 1)
}

// codes returns the bin of every text.
func (c *Cut) codes(texts []string) []uint8 {
	of := make([]uint8, len(texts))
	for i, text := range texts {
		if text == "" {
			continue
		}
		k, known := slices.BinarySearch(c.Texts, text)
		if !known {
			k = len(c.Texts)
		}
		of[i] = uint8(k + 1)
	}
	return of
}

// newCut learns the bins of a column from some rows.
func newCut(c *Column, rows []int, most int) Cut {
	if c.Numbers == nil {
		return textCut(c, rows, most)
	}
	return Cut{Name: c.Name, Edges: edges(sortedKeys(c.Numbers, rows), most)}
}

// rareText is how many rows a text must have to get a bin of its own.
const rareText = 5

func textCut(c *Column, rows []int, most int) Cut {
	n := make([]int, len(c.Texts))
	for _, row := range rows {
		n[c.Codes[row]]++
	}
	var seen []int
	for code, text := range c.Texts {
		if text != "" && n[code] >= rareText {
			seen = append(seen, code)
		}
	}
	slices.SortFunc(seen, func(a, b int) int {
		if n[a] != n[b] {
			return n[b] - n[a]
		}
		return slices.Compare([]string{c.Texts[a]}, []string{c.Texts[b]})
	})
	cut := Cut{Name: c.Name, Text: true}
	for _, code := range seen[:min(len(seen), most-1)] {
		cut.Texts = append(cut.Texts, c.Texts[code])
	}
	slices.Sort(cut.Texts)
	return cut
}

// A key is the upper half of a float64's bits, made to sort as the number does. Numbers that agree in it (in their first
// twenty binary digits) share a bin.
func keyOf(v float64) uint32 {
	if v == 0 {
		v = 0 // −0 is 0
	}
	bits := math.Float64bits(v)
	if bits>>63 == 1 {
		return uint32(^bits >> 32)
	}
	return uint32(bits>>32) | 1<<31
}

// lowest and highest are the numbers nearest to zero and farthest from it among those of a key, in order.
func span(key uint32) (low, high float64) {
	if key>>31 == 1 {
		bits := uint64(key&^(1<<31)) << 32
		return math.Float64frombits(bits), math.Float64frombits(bits | math.MaxUint32)
	}
	bits := uint64(^key) << 32
	return math.Float64frombits(bits | math.MaxUint32), math.Float64frombits(bits)
}

// sortedKeys sorts the keys of the numbers that are not missing, digit by digit.
func sortedKeys(numbers []float64, rows []int) []uint32 {
	keys := make([]uint32, 0, len(rows))
	for _, row := range rows {
		if v := numbers[row]; v == v {
			keys = append(keys, keyOf(v))
		}
	}
	if len(keys) < 2000 {
		slices.Sort(keys)
		return keys
	}
	other := make([]uint32, len(keys))
	for shift := 0; shift < 32; shift += 11 {
		var at [2048]int
		for _, k := range keys {
			at[k>>shift&2047]++
		}
		sum := 0
		for d, n := range at {
			at[d], sum = sum, sum+n
		}
		for _, k := range keys {
			d := k >> shift & 2047
			other[at[d]] = k
			at[d]++
		}
		keys, other = other, keys
	}
	return keys
}

// edges cuts sorted keys into bins of like size, one per key where these are few; a key with many rows takes a bin of its
// own and leaves the others their size.
func edges(keys []uint32, most int) []float64 {
	distinct := 0
	for i := range keys {
		if i == 0 || keys[i] != keys[i-1] {
			distinct++
		}
	}
	var out []float64
	left, start := most, 0
	for i := 0; i < len(keys); {
		end := i + 1
		for end < len(keys) && keys[end] == keys[i] {
			end++
		}
		if i > 0 && len(out) < most-1 {
			share := float64(len(keys)-start) / float64(max(left, 1))
			if distinct <= most || float64(i-start) >= share || float64(end-i) >= share {
				out = append(out, between(keys[i-1], keys[i]))
				left, start = left-1, i
			}
		}
		i = end
	}
	return out
}

// between returns a number that has all numbers of key a at or below it and all of key b above.
func between(a, b uint32) float64 {
	low, high := span(a)
	next, _ := span(b)
	middle := low + (next-low)/2
	switch {
	case a == keyOf(math.Inf(-1)): // the key of −Inf spans NaNs beside it
		return -math.MaxFloat64
	case math.IsInf(next, 1) || math.IsNaN(high) || math.IsInf(high, 1):
		return math.MaxFloat64
	case middle >= high && middle < next:
		return middle
	}
	return high
}

// lanes is how many columns share a word.
const lanes = 8

// A table holds binned rows.
type table struct {
	cuts   []Cut
	groups []group
	at     []place // of every column
	n      int
}

// A group holds up to eight columns, one byte each, in a word per row.
type group struct {
	columns []int
	words   []uint64
}

type place struct{ group, lane int }

// newTable bins the rows of the columns: row i of the table is rows[i].
func newTable(columns []Column, cuts []Cut, rows []int) *table {
	t := &table{cuts: cuts, n: len(rows), at: make([]place, len(cuts))}
	count := (len(cuts) + lanes - 1) / lanes
	t.groups = make([]group, count)
	for g := range t.groups { // as even as can be: a group costs by its columns
		from, to := g*len(cuts)/count, (g+1)*len(cuts)/count
		for c := from; c < to; c++ {
			t.at[c] = place{g, c - from}
			t.groups[g].columns = append(t.groups[g].columns, c)
		}
		t.groups[g].words = make([]uint64, len(rows))
	}
	const part = 1 << 14
	parts := (len(rows) + part - 1) / part
	parallel(count*parts, func(k int) {
		g, from := &t.groups[k%count], k/count*part
		to := min(from+part, len(rows))
		for lane, c := range g.columns {
			shift, column, cut := 8*lane, &columns[c], &cuts[c]
			if column.Numbers == nil {
				of := cut.codes(column.Texts)
				for i, row := range rows[from:to] {
					g.words[from+i] |= uint64(of[column.Codes[row]]) << shift
				}
				continue
			}
			for i, row := range rows[from:to] {
				g.words[from+i] |= uint64(cut.bin(column.Numbers[row])) << shift
			}
		}
	})
	return t
}

func (t *table) bin(column int, row int32) uint8 {
	p := t.at[column]
	return uint8(t.groups[p.group].words[row] >> (8 * p.lane))
}

// parallel calls do for 0 to n−1 on all processors.
func parallel(n int, do func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers < 2 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			do(i)
		}
	}
	var wait sync.WaitGroup
	for range workers - 1 {
		wait.Go(work)
	}
	work()
	wait.Wait()
}
