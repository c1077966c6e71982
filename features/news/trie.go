package news

import (
	"sort"
	"unicode/utf8"
)

// A trie finds words in folded text. Nodes lie in breadth-first order, so the children of node n are the nodes from
// first[n] up to first[n+1], sorted by rune: some twelve bytes a node instead of a map.
type trie struct {
	first []int32
	label []rune
	value []int32 // index of the word that ends here, -1 for none
	root  []int32 // child of the root by rune below len(root), 0 for none
}

// newTrie builds a trie over words, which must be distinct and not empty. Word i has value i.
func newTrie(words []string) *trie {
	order := make([]int32, len(words))
	for i := range order {
		order[i] = int32(i)
	}
	sort.Slice(order, func(a, b int) bool { return words[order[a]] < words[order[b]] })
	type span struct{ lo, hi, depth int32 } // words order[lo:hi] share depth bytes
	t := &trie{label: []rune{0}, value: []int32{-1}}
	queue := []span{{0, int32(len(words)), 0}}
	for n := 0; n < len(queue); n++ {
		s := queue[n]
		t.first = append(t.first, int32(len(queue)))
		if s.lo < s.hi && len(words[order[s.lo]]) == int(s.depth) {
			t.value[n] = order[s.lo]
			s.lo++
		}
		for s.lo < s.hi {
			r, size := firstRune(words[order[s.lo]][s.depth:])
			hi := s.lo + 1
			for hi < s.hi {
				if q, _ := firstRune(words[order[hi]][s.depth:]); q != r {
					break
				}
				hi++
			}
			queue = append(queue, span{s.lo, hi, s.depth + size})
			t.label = append(t.label, r)
			t.value = append(t.value, -1)
			s.lo = hi
		}
	}
	t.first = append(t.first, int32(len(queue)))
	t.root = make([]int32, 0x10000)
	for c := t.first[0]; c < t.first[1]; c++ {
		if int(t.label[c]) < len(t.root) {
			t.root[t.label[c]] = c
		}
	}
	return t
}

func firstRune(s string) (rune, int32) {
	r, n := utf8.DecodeRuneInString(s)
	return r, int32(n)
}

// child returns the node reached from n by r, or 0.
func (t *trie) child(n int32, r rune) int32 {
	if n == 0 && int(r) < len(t.root) {
		return t.root[r]
	}
	lo, hi := t.first[n], t.first[n+1]
	for hi-lo > 8 {
		mid := (lo + hi) / 2
		if t.label[mid] <= r {
			lo = mid
		} else {
			hi = mid
		}
	}
	for ; lo < hi; lo++ {
		if t.label[lo] == r {
			return lo
		}
	}
	return 0
}

// at calls yield with every word of the trie that begins at text[start], shortest first.
func (t *trie) at(text []rune, start int, yield func(end int, word int32)) {
	n := int32(0)
	for i := start; i < len(text); i++ {
		if n = t.child(n, text[i]); n == 0 {
			return
		}
		if w := t.value[n]; w >= 0 {
			yield(i+1, w)
		}
	}
}

// longest calls found with the words of text leftmost-longest: at every position not inside a word already found, the
// longest word that accept lets pass.
func (t *trie) longest(text []rune, accept func(start, end int, word int32) bool, found func(start, end int, word int32)) {
	for start := 0; start < len(text); {
		if r := text[start]; int(r) < len(t.root) && t.root[r] == 0 {
			start++
			continue
		}
		end, word := 0, int32(-1)
		t.at(text, start, func(e int, w int32) {
			if accept(start, e, w) {
				end, word = e, w
			}
		})
		if word < 0 {
			start++
			continue
		}
		found(start, end, word)
		start = end
	}
}
