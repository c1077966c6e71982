package news

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A fold is a piece of text made comparable. Rune i comes from the bytes from[i] to to[i] of the original.
//
// Letters are in lower case without accents, digits and punctuation half width. Words are separated by one space;
// next to a Chinese character or punctuation there is none, so that 万科 A, 万科（A） and 万科A are the same.
type fold struct {
	runes    []rune
	from, to []int32
}

func (f *fold) reset() { f.runes, f.from, f.to = f.runes[:0], f.from[:0], f.to[:0] }

func (f *fold) put(r rune, from, to int) {
	f.runes = append(f.runes, r)
	f.from = append(f.from, int32(from))
	f.to = append(f.to, int32(to))
}

// What a rune below 0x80 turns into: itself or its lower case, space for separators, 0 for nothing.
var ascii = func() (t [128]rune) {
	for r := range rune(128) {
		switch {
		case r >= 'A' && r <= 'Z':
			t[r] = r + 'a' - 'A'
		case r > ' ' && r < 127:
			t[r] = r
		default:
			t[r] = ' '
		}
	}
	for _, r := range `()[]{}<>"-_` + "`" {
		t[r] = ' '
	}
	return t
}()

// write appends the fold of s to f; base is added to every offset.
func (f *fold) write(s string, base int) {
	space := -1                         // offset of a separator not yet written
	put := func(r rune, from, to int) { // offsets in s
		if space >= 0 {
			if n := len(f.runes); n > 0 && isWord(r) && isWord(f.runes[n-1]) {
				f.put(' ', base+space, base+space+1)
			}
			space = -1
		}
		f.put(r, base+from, base+to)
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			r := ascii[c]
			switch {
			case r == ' ':
				if space < 0 {
					space = i
				}
			case r == '.':
				switch {
				case digitAt(s, i-1) && digitAt(s, i+1):
					put('.', i, i+1)
				case letterAt(s, i-1) && !letterAt(s, i-2): // an initial: U.S., A.P.
				case space < 0:
					space = i
				}
			case r == ',' && (digitAt(s, i-1) && digitAt(s, i+1)): // 1,000
			case r == ',' && legalFormFollows(s[i+1:]): // Co., Ltd. is Co Ltd
				if space < 0 {
					space = i
				}
			default:
				put(r, i, i+1)
			}
			i++
			continue
		}
		if r, ok := hanAt(s, i); ok {
			put(simplified[r-hanFirst], i, i+3)
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError: // broken bytes break words
			put(r, i, i+n)
		case unicode.Is(unicode.Zs, r), unicode.Is(unicode.Cc, r):
			if space < 0 {
				space = i
			}
		default:
			rare(s[i:i+n], r, i, &space, put)
		}
		i += n
	}
}

// rare folds s, one rune that is neither ASCII nor a common Chinese character.
func rare(s string, r rune, at int, space *int, put func(rune, int, int)) {
	end := at + len(s)
	switch r {
	case 0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF: // invisible
		return
	case '‘', '’', 'ʼ', '＇':
		s = "'"
	case '“', '”', '„', '«', '»', '「', '」', '『', '』', '《', '》', '〈', '〉', '【', '】', '〔', '〕', '‐', '‑', '·', '•', '・':
		if *space < 0 {
			*space = at
		}
		return
	case '–', '—', '―', '－':
		s = "—"
	case 'ß':
		s = "ss"
	}
	if d := norm.NFKD.PropertiesString(s).Decomposition(); d != nil {
		s = string(d)
	}
	for _, q := range s {
		switch {
		case q >= 0x0300 && q <= 0x036F: // an accent
		case q < utf8.RuneSelf && ascii[q] == ' ' && q != '-':
			if *space < 0 {
				*space = at
			}
		default:
			put(unicode.ToLower(q), at, end)
		}
	}
}

func digitAt(s string, i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }

func letterAt(s string, i int) bool {
	return i >= 0 && i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || s[i] >= utf8.RuneSelf)
}

// legalFormFollows reports whether the next word of s, after blanks, is a legal form such as Ltd or Inc.
func legalFormFollows(s string) bool {
	s = strings.TrimLeft(s, " ")
	n := 0
	for n < len(s) && n < 12 && (letterAt(s, n) || s[n] == '.') {
		n++
	}
	return n > 0 && legalAbbreviations[strings.ToLower(strings.ReplaceAll(s[:n], ".", ""))]
}

// folded returns the fold of a short text alone.
func folded(s string) string {
	var f fold
	f.write(s, 0)
	return string(f.runes)
}

const hanFirst, hanLast = 0x4E00, 0x9FFF

// hanAt decodes the common Chinese character at s[i], the rune this package meets most.
func hanAt(s string, i int) (rune, bool) {
	if c := s[i]; c < 0xE4 || c > 0xE9 || i+2 >= len(s) || s[i+1]&0xC0 != 0x80 || s[i+2]&0xC0 != 0x80 {
		return 0, false
	}
	r := rune(s[i]&0x0F)<<12 | rune(s[i+1]&0x3F)<<6 | rune(s[i+2]&0x3F)
	return r, r >= hanFirst
}

// isHan reports whether r is written without spaces between words.
func isHan(r rune) bool {
	return r >= hanFirst && r <= hanLast || r >= 0x3400 && r <= 0x4DBF || r >= 0x3040 && r <= 0x30FF || r >= 0x20000 && r <= 0x3FFFF
}

// isWord reports whether r belongs to a word that ends at a boundary: letters and digits outside Chinese and Japanese.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z'
	}
	return !isHan(r) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// bounded reports whether runes[start:end] is not part of a longer word.
func bounded(runes []rune, start, end int) bool {
	return (start == 0 || !joined(runes[start-1], runes[start])) && (end == len(runes) || !joined(runes[end-1], runes[end]))
}

// joined reports whether a and b, next to each other, belong to one word.
func joined(a, b rune) bool { return isWord(a) && isWord(b) }

// Sentences longer than softLimit bytes are cut at the next separator, at the latest at hardLimit: text that never
// ends a sentence must not make one that costs more than its length.
const softLimit, hardLimit = 800, 1600

// sentences calls yield with the byte range of every sentence of s.
func sentences(s string, yield func(start, end int)) {
	start := 0
	cut := func(end int) {
		if strings.TrimSpace(s[start:end]) != "" {
			yield(start, end)
		}
		start = end
	}
	for i := 0; i < len(s); {
		c := s[i]
		n := 1
		ends := false
		separator := false
		switch {
		case c >= 0xE4 && c <= 0xE9 && i+2 < len(s) && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80:
			n = 3 // a Chinese character
		case c >= utf8.RuneSelf:
			var r rune
			r, n = utf8.DecodeRuneInString(s[i:])
			switch r {
			case '。', '！', '？', '\u2028', '\u2029':
				ends = true
			case '，', '；', '、', '\u3000', '：':
				separator = true
			}
		case c == '.':
			ends = periodEnds(s, start, i)
		case c == '!', c == '?':
			ends = i+1 == len(s) || s[i+1] <= ' ' || s[i+1] >= utf8.RuneSelf
		case c == '\n':
			ends = !wrapped(s, i)
		case c == ' ', c == ',', c == ';', c == '\t':
			separator = true
		}
		i += n
		long := i - start
		if ends || separator && long >= softLimit || long >= hardLimit {
			if ends { // a closing quote or bracket stays with its sentence; so do ?! and 。”
				for i < len(s) {
					r, n := utf8.DecodeRuneInString(s[i:])
					if !strings.ContainsRune(`"'”’）)」』】!?！？`, r) {
						break
					}
					i += n
				}
			}
			cut(i)
		}
	}
	cut(len(s))
}

// periodEnds reports whether the full stop at i ends the sentence begun at start.
func periodEnds(s string, start, i int) bool {
	if i+1 == len(s) {
		return true
	}
	next := i + 1
	for next < len(s) && (s[next] == '"' || s[next] == '\'' || s[next] == ')') {
		next++
	}
	if next < len(s) && s[next] > ' ' && s[next] < utf8.RuneSelf {
		return false
	}
	w := i
	for w > start && letterAt(s, w-1) && s[w-1] < utf8.RuneSelf && i-w < 12 {
		w--
	}
	word := strings.ToLower(s[w:i])
	for next < len(s) && s[next] <= ' ' {
		next++
	}
	if next < len(s) && s[next] >= 'a' && s[next] <= 'z' {
		return false
	}
	switch {
	case legalAbbreviations[word]:
		e := next
		for e < len(s) && e-next < 12 && letterAt(s, e) {
			e++
		}
		return e == len(s) && e == next || startsSentence[s[next:e]]
	case len(word) == 1 && letterAt(s, w), abbreviations[word]:
		return false
	}
	return true
}

// wrapped reports whether the line break at i only wraps a line of a paragraph in a spaced script.
func wrapped(s string, i int) bool {
	p := i
	for p > 0 && (s[p-1] == ' ' || s[p-1] == '\r') {
		p--
	}
	n := i + 1
	for n < len(s) && s[n] == ' ' {
		n++
	}
	return p > 0 && n < len(s) && (s[p-1] >= 'a' && s[p-1] <= 'z' || s[p-1] == ',') && s[n] >= 'a' && s[n] <= 'z'
}

var abbreviations = set("mr mrs ms dr prof st no vs jan feb mar apr jun jul aug sep sept oct nov dec gen sen rep gov approx est dept mt ft messrs hon rev al eg ie")

// Words that begin a new sentence even after "Inc."; a name or title after it does not.
var startsSentence = set("The It In A An He She They But However On At This That We Its Shares As For Meanwhile According After Last If While Both Its")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
