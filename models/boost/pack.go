package boost

// lanes is how many columns share a word.
const lanes = 8

// A histogram holds the sums of a word's columns by bin: gradient<<32 + curvature, which one addition adds to.
type histogram [lanes][256]int64

// A packing is what histograms are filled from: the columns of a tree, row by row, one byte each, up to eight to a word. A row's words
// lie side by side, so that whatever rows a leaf has, each costs little more than one access to far memory.
type packing struct {
	columns []int   // of the table
	groups  [][]int // columns of every word: as even as can be, since a word costs by its columns
	words   []uint64
	stride  int
	n       int
}

// pack lays out some columns; into, of an earlier packing of the table, is used again where it is large enough.
func (t *table) pack(columns []int, into *packing) *packing {
	count := (len(columns) + lanes - 1) / lanes
	p := &packing{columns: columns, stride: count, n: t.n}
	for g := range count {
		p.groups = append(p.groups, columns[g*len(columns)/count:(g+1)*len(columns)/count])
	}
	if into != nil && cap(into.words) >= t.n*count {
		p.words = into.words[:t.n*count]
	} else {
		p.words = make([]uint64, t.n*count)
	}
	var none [near]uint8 // in the place of columns that a word lacks
	parallel(parts(t.n), func(k int) {
		for from := k * part; from < min((k+1)*part, t.n); from += near {
			to := min(from+near, t.n)
			for g, columns := range p.groups {
				var bins [lanes][]uint8
				for lane := range bins {
					if bins[lane] = none[:to-from]; lane < len(columns) {
						bins[lane] = t.bins[columns[lane]][from:to]
					}
				}
				interleave(&bins, p.words[from*count+g:], count)
			}
		}
	})
	return p
}

// interleave makes words, of which there is one every stride, of bins.
func interleave(bins *[lanes][]uint8, words []uint64, stride int) {
	a := bins[0]
	b, c, d, e, f, g, h := bins[1][:len(a)], bins[2][:len(a)], bins[3][:len(a)], bins[4][:len(a)], bins[5][:len(a)], bins[6][:len(a)], bins[7][:len(a)]
	for i := range a {
		words[i*stride] = uint64(a[i]) | uint64(b[i])<<8 | uint64(c[i])<<16 | uint64(d[i])<<24 |
			uint64(e[i])<<32 | uint64(f[i])<<40 | uint64(g[i])<<48 | uint64(h[i])<<56
	}
}

const part = 1 << 15 // rows of a task

func parts(n int) int { return (n + part - 1) / part }

// near is how many rows are gone through word by word: they stay near the processor from one word to the next.
const near = 1 << 8

// far is how many words do not stay near as a whole.
const far = 1 << 18

// add sums some rows into the histograms of some groups, from the first of these on.
func (p *packing) add(h []histogram, first int, rows []int32, packed []int64) {
	for len(rows) > 0 {
		n := min(near, len(rows))
		if gap := rows[n-1] - rows[0]; len(p.words) > far && max(gap, -gap) >= int32(n) {
			touch(p.words[first:], p.stride, rows[:n])
		}
		for g := range h {
			words := p.words[first+g:]
			switch width := len(p.groups[first+g]); width {
			case 8:
				add8(&h[g], words, p.stride, rows[:n], packed[:n])
			case 7:
				add7(&h[g], words, p.stride, rows[:n], packed[:n])
			case 6:
				add6(&h[g], words, p.stride, rows[:n], packed[:n])
			case 5:
				add5(&h[g], words, p.stride, rows[:n], packed[:n])
			default:
				addFew(&h[g], width, words, p.stride, rows[:n], packed[:n])
			}
		}
		rows, packed = rows[n:], packed[n:]
	}
}

// touch loads the words of rows that lie apart, for no more than that: loads that nothing waits for fetch many rows from far
// memory at once, additions only as many as fit between them. It halves the time of sparse leaves.
//
//go:noinline
func touch(words []uint64, stride int, rows []int32) (all uint64) {
	for _, row := range rows {
		all |= words[int(row)*stride]
	}
	return all
}

// The loops of add: one for each number of columns in a word that groups of many columns have, so that none asks for it at every row.

func add8(h *histogram, words []uint64, stride int, rows []int32, packed []int64) {
	packed = packed[:len(rows)]
	for k, row := range rows {
		w, v := words[int(row)*stride], packed[k]
		h[0][uint8(w)] += v
		h[1][uint8(w>>8)] += v
		h[2][uint8(w>>16)] += v
		h[3][uint8(w>>24)] += v
		h[4][uint8(w>>32)] += v
		h[5][uint8(w>>40)] += v
		h[6][uint8(w>>48)] += v
		h[7][uint8(w>>56)] += v
	}
}

func add7(h *histogram, words []uint64, stride int, rows []int32, packed []int64) {
	packed = packed[:len(rows)]
	for k, row := range rows {
		w, v := words[int(row)*stride], packed[k]
		h[0][uint8(w)] += v
		h[1][uint8(w>>8)] += v
		h[2][uint8(w>>16)] += v
		h[3][uint8(w>>24)] += v
		h[4][uint8(w>>32)] += v
		h[5][uint8(w>>40)] += v
		h[6][uint8(w>>48)] += v
	}
}

func add6(h *histogram, words []uint64, stride int, rows []int32, packed []int64) {
	packed = packed[:len(rows)]
	for k, row := range rows {
		w, v := words[int(row)*stride], packed[k]
		h[0][uint8(w)] += v
		h[1][uint8(w>>8)] += v
		h[2][uint8(w>>16)] += v
		h[3][uint8(w>>24)] += v
		h[4][uint8(w>>32)] += v
		h[5][uint8(w>>40)] += v
	}
}

func add5(h *histogram, words []uint64, stride int, rows []int32, packed []int64) {
	packed = packed[:len(rows)]
	for k, row := range rows {
		w, v := words[int(row)*stride], packed[k]
		h[0][uint8(w)] += v
		h[1][uint8(w>>8)] += v
		h[2][uint8(w>>16)] += v
		h[3][uint8(w>>24)] += v
		h[4][uint8(w>>32)] += v
	}
}

func addFew(h *histogram, width int, words []uint64, stride int, rows []int32, packed []int64) {
	packed = packed[:len(rows)]
	for k, row := range rows {
		w, v := words[int(row)*stride], packed[k]
		switch width {
		case 4:
			h[3][uint8(w>>24)] += v
			fallthrough
		case 3:
			h[2][uint8(w>>16)] += v
			fallthrough
		case 2:
			h[1][uint8(w>>8)] += v
			fallthrough
		default:
			h[0][uint8(w)] += v
		}
	}
}
