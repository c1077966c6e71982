package news

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Customer is somebody whose name we look for.
type Customer struct {
	ID, Name string
	Aliases  []string // short, listed, former and foreign names given by the user; the only way to a two-character name
	Region   string   // province or city, in Chinese: lets "浙江恒达" be 恒达 of 浙江
	Tickers  []string // with or without exchange: 600519.SH, NYSE:ACM, 000001
	People   []string // legal representative, chief financial officer and the like; found only where the customer is named too
	Parent   string   // ID of the parent company, which may be a customer too
}

// An Ambiguity is a name the matcher does not look for, or looks for on behalf of one customer only.
type Ambiguity struct {
	Name      string   // folded
	Customers []string // ids of all who would have it, sorted
	Reason    string   // shared, generic, short or long
	KeptFor   string   // the one customer who gave it as name or alias while the others' names only shorten to it; else empty
}

const (
	Shared  = "shared"  // two customers have the name, or shorten to it
	Generic = "generic" // a country, a legal form, an industry: no name of one company
	Short   = "short"   // one character, or two without being given as an alias
	Long    = "long"    // over 100 characters

	// In an article.
	Place  = "place"  // another place stands before the name, see [Matcher.score]
	Person = "person" // somebody of the customer, and nothing says that it is them
)

// placeScore is the certainty of a name behind a place that is not the customer's.
const placeScore = 0.5

const longestName = 100 // in runes: bounds the work at each position of a text

// How a name came to be ours, weakest first.
const (
	derived int8 = iota // shortened by us
	given               // alias
	full                // legal name

	// Of these the number of the customer is one into [Matcher.several].
	ofSeveral // two customers' name: seen, so that a person may say whose it is, and refused
	ofPerson  // somebody of one or more customers
)

// A Matcher finds customers in articles. It may be used by several goroutines.
type Matcher struct {
	customers []Customer
	names     []name
	trie      *trie
	rules     *ruleBook
	several   [][]int32        // customers of a shared name or of a person
	tickers   map[string]int32 // by exchange and code
	relatives map[int32][]int32
	hasPeople bool
}

type name struct {
	customer int32
	kind     int8
	spelled  string // original spelling of a single Latin word, which must keep its capitals; else empty
	common   bool   // also an everyday word: needs a company's surroundings
}

// A mention is a customer's name in a folded sentence.
type mention struct {
	start, end int // in runes
	customer   int32
	score      float64
	kind       int8 // of a name; ofSeveral and ofPerson are settled by [reader.settle]
}

// NewMatcher builds the matcher and reports the names it refused, sorted. The order of customers does not matter
// to what is found.
func NewMatcher(customers []Customer) (*Matcher, []Ambiguity) {
	m := &Matcher{customers: customers, rules: rules()}
	type claim struct {
		word     string
		customer int32
		kind     int8
		spelled  string
	}
	var claims []claim
	var refused []Ambiguity
	add := func(c int, spelled string, kind int8) {
		for _, word := range spellings(spelled) {
			if reason := unfit(word, kind); reason != "" {
				if kind != derived || reason == Generic {
					refused = append(refused, Ambiguity{Name: word, Customers: []string{customers[c].ID}, Reason: reason})
				}
				continue
			}
			claims = append(claims, claim{word, int32(c), kind, strings.TrimSpace(spelled)})
		}
	}
	for i, c := range customers {
		add(i, c.Name, full)
		for _, a := range c.Aliases {
			add(i, a, given)
		}
		for _, n := range append([]string{c.Name}, c.Aliases...) {
			for _, short := range shorten(n) {
				add(i, short, derived)
			}
		}
	}
	sort.SliceStable(claims, func(a, b int) bool {
		x, y := claims[a], claims[b]
		if x.word != y.word {
			return x.word < y.word
		}
		return x.kind > y.kind
	})
	var words []string
	for lo := 0; lo < len(claims); {
		hi := lo + 1
		for hi < len(claims) && claims[hi].word == claims[lo].word {
			hi++
		}
		best := claims[lo]
		var all, top []string
		for _, c := range claims[lo:hi] {
			id := customers[c.customer].ID
			all = append(all, id)
			if (c.kind > derived) == (best.kind > derived) {
				top = append(top, id)
			}
		}
		all, top = distinct(all), distinct(top)
		if len(all) > 1 {
			a := Ambiguity{Name: best.word, Customers: all, Reason: Shared}
			if len(top) == 1 {
				a.KeptFor = top[0]
			}
			refused = append(refused, a)
		}
		if len(top) > 1 {
			var list []int32
			for _, c := range claims[lo:hi] {
				if (c.kind > derived) == (best.kind > derived) && !slices.Contains(list, c.customer) && len(list) < mostCandidates {
					list = append(list, c.customer)
				}
			}
			slices.SortFunc(list, func(a, b int32) int { return strings.Compare(customers[a].ID, customers[b].ID) })
			m.several = append(m.several, list)
			words = append(words, best.word)
			m.names = append(m.names, name{customer: int32(len(m.several) - 1), kind: ofSeveral})
		}
		if len(top) == 1 {
			n := name{customer: best.customer, kind: best.kind}
			if !strings.ContainsFunc(best.word, func(r rune) bool { return !isWord(r) && r != '&' && r != '\'' }) {
				n.spelled = best.spelled
				n.common = commonWords[best.word]
			}
			words = append(words, best.word)
			m.names = append(m.names, n)
		}
		lo = hi
	}
	words = m.addPeople(words)
	m.trie = newTrie(words)
	refused = append(refused, m.addTickers()...)
	m.findRelatives()
	held := map[[2]string]bool{} // name and customer: given by its customer, so found after all
	for i, n := range m.names {
		if n.kind < ofSeveral {
			held[[2]string{words[i], customers[n.customer].ID}] = true
		}
	}
	refused = slices.DeleteFunc(refused, func(a Ambiguity) bool {
		return a.Reason != Shared && held[[2]string{a.Name, a.Customers[0]}]
	})
	refused = mergeRefusals(refused)
	return m, refused
}

// mostCandidates bounds the customers among whom a person is asked to choose.
const mostCandidates = 20

// addPeople adds the names of people that are no names of customers.
func (m *Matcher) addPeople(words []string) []string {
	of := map[string][]int32{}
	for i, c := range m.customers {
		for _, p := range c.People {
			w := folded(p)
			han := 0
			for _, r := range w {
				if isHan(r) {
					han++
				}
			}
			n := len([]rune(w))
			if han > 0 && (n < 2 || n > 8) || han == 0 && (!strings.Contains(w, " ") || n > 60) || isGeneric(w, given) {
				continue // 王, Smith: anybody
			}
			if list := of[w]; len(list) == 0 || list[len(list)-1] != int32(i) {
				of[w] = append(of[w], int32(i))
			}
		}
	}
	taken := map[string]bool{}
	for _, w := range words {
		taken[w] = true
	}
	var people []string
	for w := range of {
		if !taken[w] {
			people = append(people, w)
		}
	}
	sort.Strings(people)
	for _, w := range people {
		m.several = append(m.several, of[w])
		m.names = append(m.names, name{customer: int32(len(m.several) - 1), kind: ofPerson})
	}
	m.hasPeople = len(people) > 0
	return append(words, people...)
}

// mostRelatives bounds the customers that news of one of their group is carried to.
const mostRelatives = 200

// findRelatives notes parents and direct subsidiaries among the customers, for both sides.
func (m *Matcher) findRelatives() {
	at := map[string]int32{}
	for i, c := range m.customers {
		at[c.ID] = int32(i)
	}
	m.relatives = map[int32][]int32{}
	for i, c := range m.customers {
		p, ok := at[c.Parent]
		if !ok || c.Parent == "" || p == int32(i) {
			continue
		}
		m.relatives[int32(i)] = append(m.relatives[int32(i)], p)
		m.relatives[p] = append(m.relatives[p], int32(i))
	}
	for _, list := range m.relatives {
		slices.SortFunc(list, func(a, b int32) int { return strings.Compare(m.customers[a].ID, m.customers[b].ID) })
	}
}

func distinct(s []string) []string {
	sort.Strings(s)
	return slices.Compact(s)
}

// mergeRefusals sorts, and joins the customers refused the same name for the same reason.
func mergeRefusals(in []Ambiguity) []Ambiguity {
	sort.SliceStable(in, func(a, b int) bool {
		if in[a].Name != in[b].Name {
			return in[a].Name < in[b].Name
		}
		return in[a].Reason < in[b].Reason
	})
	var out []Ambiguity
	for _, a := range in {
		if n := len(out); n > 0 && out[n-1].Name == a.Name && out[n-1].Reason == a.Reason {
			out[n-1].Customers = distinct(append(out[n-1].Customers, a.Customers...))
			continue
		}
		out = append(out, a)
	}
	return out
}

// spellings returns the folds a name is looked for under.
func spellings(s string) []string {
	w := folded(s)
	switch {
	case strings.Contains(w, " and "):
		return []string{w, strings.ReplaceAll(w, " and ", "&")}
	case strings.Contains(w, "&") && w != "&":
		return []string{w, strings.ReplaceAll(w, "&", " and ")}
	}
	return []string{w}
}

// unfit says why a folded name must not be looked for, or nothing.
func unfit(word string, kind int8) string {
	n, letters := 0, 0
	for _, r := range word {
		n++
		if isHan(r) || isWord(r) {
			letters++
		}
	}
	han := strings.ContainsFunc(word, isHan)
	switch {
	case n > longestName:
		return Long
	case isGeneric(word, kind), isNumber(strings.ReplaceAll(word, " ", "")): // a number is a ticker at best
		return Generic
	case letters < 2, han && letters == 2 && kind != given, !han && letters <= 3 && kind == derived:
		return Short
	}
	return ""
}

// isGeneric reports whether the word names no one company: a place, a legal form, an industry, or a chain of those.
// What the user spelled out may combine them (长沙银行), what we shortened may not.
func isGeneric(word string, kind int8) bool {
	if genericWords[word] || places[word] || legalWords[word] {
		return true
	}
	if word == "" {
		return false
	}
	if !strings.ContainsFunc(word, isHan) {
		for _, w := range strings.Fields(word) {
			if !legalWords[w] && (kind != derived || !genericWords[w]) {
				return false
			}
		}
		return true
	}
	rest := word
	parts := 0
	for rest != "" {
		cut := 0
		for i := range rest {
			if i > 0 && (genericWords[rest[:i]] || places[rest[:i]]) {
				cut = i
			}
		}
		if genericWords[rest] || places[rest] {
			cut = len(rest)
		}
		if cut == 0 {
			return false
		}
		rest = rest[cut:]
		parts++
	}
	return kind == derived || parts < 2
}

// shorten returns the shorter names a legal name is also known by: without its legal form, then without "group".
func shorten(s string) []string {
	w := strings.TrimSpace(s)
	var out []string
	for {
		next := stripLegal(w)
		if next == w || next == "" {
			return out
		}
		out = append(out, next)
		w = next
	}
}

// stripLegal takes one legal form off the end of w.
func stripLegal(w string) string {
	if f := strings.ReplaceAll(strings.ReplaceAll(w, "（", "("), "）", ")"); f != w {
		w = f
	}
	for _, form := range legalHan {
		if rest, ok := strings.CutSuffix(w, form); ok {
			return strings.TrimRight(rest, " (")
		}
	}
	fields := strings.Fields(w)
	if len(fields) < 2 {
		return w
	}
	last := strings.ToLower(strings.Trim(strings.ReplaceAll(fields[len(fields)-1], ".", ""), ",()"))
	if !legalWords[last] {
		return w
	}
	return strings.TrimRight(strings.Join(fields[:len(fields)-1], " "), " ,&")
}

// mentions returns the customers surely named in f, a fold of text.
func (m *Matcher) mentions(text string, f *fold) []mention {
	return slices.DeleteFunc(m.sightings(text, f, nil), func(n mention) bool { return n.kind >= ofSeveral })
}

// sightings appends all names found in f, a fold of text, leftmost-longest: of customers, of several of them and of their people.
func (m *Matcher) sightings(text string, f *fold, out []mention) []mention {
	accept := func(start, end int, word int32) bool {
		return boundedName(f.runes, start, end) && m.fits(text, f, start, end, &m.names[word])
	}
	m.trie.longest(f.runes, accept, func(start, end int, word int32) {
		n := &m.names[word]
		if n.kind >= ofSeveral {
			out = append(out, mention{start, end, n.customer, 0, n.kind})
			return
		}
		score := m.score(f, start, end, n)
		if score > 0 {
			out = append(out, mention{start, end, n.customer, score, n.kind})
		}
	})
	return m.tickerMentions(text, f, out)
}

// boundedName is [bounded], but a Chinese name that ends in a letter may be followed by a year (万科A2018年).
func boundedName(runes []rune, start, end int) bool {
	if start > 0 && joined(runes[start-1], runes[start]) {
		return false
	}
	if end == len(runes) || !joined(runes[end-1], runes[end]) {
		return true
	}
	return runes[end] >= '0' && runes[end] <= '9' && slices.ContainsFunc(runes[start:end], isHan)
}

// fits checks what the trie cannot: capitals, and a company's surroundings for an everyday word.
func (m *Matcher) fits(text string, f *fold, start, end int, n *name) bool {
	if isHan(f.runes[end-1]) {
		// 中国银行业 is the banking industry, not 中国银行
		return end == len(f.runes) || f.runes[end] != '业' || !industryNoun(f.runes[start:end]) ||
			end+1 < len(f.runes) && strings.ContainsRune("绩务主", f.runes[end+1]) // 业绩, 业务, 业主 begin a word of their own
	}
	if n.spelled == "" {
		return true
	}
	found := text[f.from[start]:f.to[end-1]]
	if utf8.RuneCountInString(n.spelled) <= 3 {
		if found != n.spelled {
			return false
		}
	} else if first, _ := utf8.DecodeRuneInString(found); !unicode.IsUpper(first) && found != n.spelled {
		return false
	}
	if !n.common {
		return true
	}
	first, _ := utf8.DecodeRuneInString(found)
	return unicode.IsUpper(first) && companyAround(f.runes, start, end)
}

func industryNoun(runes []rune) bool {
	n := len(runes)
	return n >= 2 && industryNouns[string(runes[n-2:])]
}

// score says how surely the name means the customer; 0 refuses it.
func (m *Matcher) score(f *fold, start, end int, n *name) float64 {
	s := [...]float64{derived: 0.8, given: 0.95, full: 1}[n.kind]
	if n.common {
		s = 0.75
	}
	if n.kind == full || !isHan(f.runes[start]) {
		return s
	}
	if m.otherTrade(f, start, end, n) {
		return 0
	}
	// A place in front makes another company of a short name: 浙江恒达 is not 恒达, unless ours is of 浙江.
	for size := 2; size <= 3 && size <= start; size++ {
		p := string(f.runes[start-size : start])
		base := strings.TrimRight(p, "省市")
		if !places[p] && (base == p || !places[base]) {
			continue
		}
		c := &m.customers[n.customer]
		if strings.Contains(folded(c.Region), base) || strings.Contains(folded(c.Name), base) {
			return s
		}
		if n.kind == derived {
			return 0
		}
		return placeScore
	}
	return s
}

// otherTrade reports whether a trade and a legal form follow a short name and make it a company that is not ours: 苏州恒达光电有限公司 is not
// the 苏州恒达 of 苏州恒达医疗科技有限公司. Of a customer whose own name does not go on from the short one nothing can be told.
func (m *Matcher) otherTrade(f *fold, start, end int, n *name) bool {
	trade := tradeEnd(f.runes, end)
	if trade == end {
		return false
	}
	c := &m.customers[n.customer]
	short, written, known := string(f.runes[start:end]), string(f.runes[start:trade]), false
	for _, own := range append([]string{c.Name}, c.Aliases...) {
		own = folded(own)
		if strings.Contains(own, written) {
			return false
		}
		known = known || strings.Contains(own, short) && own != short
	}
	return known
}

// tradeEnd is where the trade words end that stand at a place and are followed by a legal form; the place itself where there are none.
func tradeEnd(runes []rune, from int) int {
	for at := from; ; {
		rest := string(runes[at:min(at+8, len(runes))])
		for _, form := range legalHan {
			if strings.HasPrefix(rest, form) {
				return at
			}
		}
		longest := 0
		for size := 2; size <= 4 && at+size <= len(runes); size++ {
			if genericWords[string(runes[at:at+size])] {
				longest = size
			}
		}
		if longest == 0 {
			return from
		}
		at += longest
	}
}
