package boost

import (
	"hash/fnv"
	"math"
	"math/bits"
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

// A ladder is a column's edges laid out for a search without a branch, which the processor runs for many numbers at once.
type ladder struct {
	edges [256]float64 // beyond the last of them +Inf
	steps int
}

func newLadder(edges []float64) *ladder {
	l := &ladder{steps: bits.Len(uint(len(edges)))}
	for i := range l.edges {
		l.edges[i] = math.Inf(1)
	}
	copy(l.edges[:], edges)
	return l
}

// bins writes the bin of every number into out: 0 for NaN, else one more than edges lie below it. It searches for four
// numbers at once: each step waits for the one before it.
func (l *ladder) bins(numbers []float64, out []uint8) {
	e, steps := &l.edges, l.steps
	out = out[:len(numbers)]
	var last [4]float64
	for len(numbers) > 0 {
		four := (*[4]float64)(last[:])
		if len(numbers) >= 4 {
			four = (*[4]float64)(numbers)
		} else {
			copy(last[:], numbers)
		}
		v0, v1, v2, v3 := four[0], four[1], four[2], four[3]
		var n0, n1, n2, n3 uint
		switch steps {
		case 8:
			n0, n1, n2, n3 = over(v0, e[127])<<7, over(v1, e[127])<<7, over(v2, e[127])<<7, over(v3, e[127])<<7
			fallthrough
		case 7:
			n0, n1, n2, n3 = n0|over(v0, e[uint8(n0|63)])<<6, n1|over(v1, e[uint8(n1|63)])<<6, n2|over(v2, e[uint8(n2|63)])<<6, n3|over(v3, e[uint8(n3|63)])<<6
			fallthrough
		case 6:
			n0, n1, n2, n3 = n0|over(v0, e[uint8(n0|31)])<<5, n1|over(v1, e[uint8(n1|31)])<<5, n2|over(v2, e[uint8(n2|31)])<<5, n3|over(v3, e[uint8(n3|31)])<<5
			fallthrough
		case 5:
			n0, n1, n2, n3 = n0|over(v0, e[uint8(n0|15)])<<4, n1|over(v1, e[uint8(n1|15)])<<4, n2|over(v2, e[uint8(n2|15)])<<4, n3|over(v3, e[uint8(n3|15)])<<4
			fallthrough
		case 4:
			n0, n1, n2, n3 = n0|over(v0, e[uint8(n0|7)])<<3, n1|over(v1, e[uint8(n1|7)])<<3, n2|over(v2, e[uint8(n2|7)])<<3, n3|over(v3, e[uint8(n3|7)])<<3
			fallthrough
		case 3:
			n0, n1, n2, n3 = n0|over(v0, e[uint8(n0|3)])<<2, n1|over(v1, e[uint8(n1|3)])<<2, n2|over(v2, e[uint8(n2|3)])<<2, n3|over(v3, e[uint8(n3|3)])<<2
			fallthrough
		case 2:
			n0, n1, n2, n3 = n0|over(v0, e[uint8(n0|1)])<<1, n1|over(v1, e[uint8(n1|1)])<<1, n2|over(v2, e[uint8(n2|1)])<<1, n3|over(v3, e[uint8(n3|1)])<<1
			fallthrough
		case 1:
			n0, n1, n2, n3 = n0|over(v0, e[uint8(n0)]), n1|over(v1, e[uint8(n1)]), n2|over(v2, e[uint8(n2)]), n3|over(v3, e[uint8(n3)])
		}
		found := [4]uint8{uint8(n0 + known(v0)), uint8(n1 + known(v1)), uint8(n2 + known(v2)), uint8(n3 + known(v3))}
		n := copy(out, found[:])
		numbers, out = numbers[n:], out[n:]
	}
}

// known is 0 for NaN, else 1.
func known(v float64) uint {
	is := uint(0)
	if v >= math.Inf(-1) {
		is = 1
	}
	return is
}

// over is 1 where v is above the edge, else 0.
func over(v, edge float64) uint {
	above := uint(0)
	if v > edge {
		above = 1
	}
	return above
}

// newCuts learns the bins of the columns from some rows: of texts from all of them, of numbers from those that drawn
// returns.
func newCuts(columns []Column, rows []int, most int) []Cut {
	cuts := make([]Cut, len(columns))
	some := drawn(columns, rows, edgeRows)
	parallel(len(columns), func(i int) {
		if c := &columns[i]; c.Numbers == nil {
			cuts[i] = textCut(c, rows, most)
		} else {
			cuts[i] = Cut{Name: c.Name, Edges: edges(sortedKeys(c.Numbers, some), most)}
		}
	})
	return cuts
}

// edgeRows is about how many rows say where edges lie: a bin then holds about 800 of them, give or take 28.
const edgeRows = 200_000

// drawn returns all rows, or where there are many about as many as wanted: those whose content hashes low, so that the order of the rows
// does not matter. Where rows so repeat that this gives too few or too many, it returns all.
func drawn(columns []Column, rows []int, want int) []int {
	if len(rows) <= want+want/2 {
		return rows
	}
	share := float64(want) / float64(len(rows))
	most := uint64(share * (1 << 53))
	texts := make([][]uint64, len(columns))
	for c := range columns {
		for _, text := range columns[c].Texts {
			h := fnv.New64a()
			h.Write([]byte(text))
			texts[c] = append(texts[c], mix(h.Sum64()))
		}
	}
	const part = 1 << 12
	found := make([][]int, (len(rows)+part-1)/part)
	parallel(len(found), func(k int) {
		of := rows[k*part : min((k+1)*part, len(rows))]
		var hash [part]uint64
		for c := range columns {
			numbers, codes := columns[c].Numbers, columns[c].Codes
			for i, row := range of {
				var x uint64
				if numbers == nil {
					x = texts[c][codes[row]]
				} else if v := numbers[row]; v == v && v != 0 { // −0 is 0
					x = math.Float64bits(v)
				}
				hash[i] = bits.RotateLeft64(hash[i]^x, 23) * 0x9e3779b97f4a7c15
			}
		}
		for i, row := range of {
			if mix(hash[i])>>11 < most {
				found[k] = append(found[k], row)
			}
		}
	})
	some := slices.Concat(found...)
	if len(some) < want*3/4 || len(some) > want*5/4 {
		return rows
	}
	return some
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

// A table holds binned rows.
type table struct {
	cuts []Cut
	bins [][]uint8 // per column, per row
	n    int
}

// newTable bins the rows of the columns: row i of the table is rows[i].
func newTable(columns []Column, cuts []Cut, rows []int) *table {
	t := &table{cuts: cuts, n: len(rows), bins: make([][]uint8, len(cuts))}
	for c := range t.bins {
		t.bins[c] = make([]uint8, t.n)
	}
	const part = 1 << 16
	parts := (t.n + part - 1) / part
	ladders, codes := make([]*ladder, len(cuts)), make([][]uint8, len(cuts))
	for c := range cuts {
		if columns[c].Numbers == nil {
			codes[c] = cuts[c].codes(columns[c].Texts)
		} else {
			ladders[c] = newLadder(cuts[c].Edges)
		}
	}
	ranges := make([]bool, parts) // parts whose rows follow one another
	for k := range ranges {
		ranges[k] = isRange(rows[k*part : min((k+1)*part, t.n)])
	}
	parallel(len(cuts)*parts, func(k int) {
		c, from := k/parts, k%parts*part
		of := rows[from:min(from+part, t.n)]
		out := t.bins[c][from : from+len(of)]
		if columns[c].Numbers == nil {
			for i, row := range of {
				out[i] = codes[c][columns[c].Codes[row]]
			}
			return
		}
		numbers, l := columns[c].Numbers, ladders[c]
		if ranges[from/part] {
			l.bins(numbers[of[0]:of[0]+len(of)], out)
			return
		}
		var some [256]float64
		for len(of) > 0 {
			n := min(len(some), len(of))
			for i, row := range of[:n] {
				some[i] = numbers[row]
			}
			l.bins(some[:n], out)
			of, out = of[n:], out[n:]
		}
	})
	return t
}

func isRange(rows []int) bool {
	for i, row := range rows {
		if row != rows[0]+i {
			return false
		}
	}
	return true
}

// parallel calls do for 0 to n−1 on all processors.
func parallel(n int, do func(i int)) {
	parallelBy(runtime.GOMAXPROCS(0), n, func(_, i int) { do(i) })
}

// parallelBy is parallel with a number of workers, which do is told: two calls at once never have the same.
func parallelBy(workers, n int, do func(worker, i int)) {
	workers = min(workers, n)
	if workers < 2 {
		for i := range n {
			do(0, i)
		}
		return
	}
	var next atomic.Int64
	work := func(worker int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			do(worker, i)
		}
	}
	var wait sync.WaitGroup
	for worker := 1; worker < workers; worker++ {
		wait.Go(func() { work(worker) })
	}
	work(0)
	wait.Wait()
}
