package news

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"sync"
)

// A ruleBook is the taxonomy and the cues as one trie.
type ruleBook struct {
	trie    *trie
	phrases [][]phrase // by word of the trie: the phrases that begin with it
}

// A phrase is one spelled-out alternative of the tables.
type phrase struct {
	cue  cue
	typ  *Type     // of a trigger
	of   *Triggers // of a trigger
	text string    // as in the table, alternatives chosen: the rule id of a trigger
	rest [][]rune  // what must follow the first part, each after a gap
}

// A hit is a phrase found in a sentence.
type hit struct {
	*phrase
	start, end          int // in runes
	firstEnd, lastStart int // the ends of the gap; equal to end and start when there is none
}

// Longest gaps, in runes of the first part's script.
const hanGap, latinGap = 14, 42

var rules = sync.OnceValue(func() *ruleBook {
	b := &ruleBook{}
	index := map[string]int{}
	var words []string
	add := func(p phrase, spec string) {
		for _, text := range alternatives(spec) {
			var parts []string
			for _, part := range strings.Split(text, "..") {
				if part = folded(names.Replace(part)); part != "" {
					parts = append(parts, part)
				}
			}
			if len(parts) == 0 {
				continue
			}
			p := p
			p.text = strings.Join(parts, " .. ")
			for _, part := range parts[1:] {
				p.rest = append(p.rest, []rune(part))
			}
			i, ok := index[parts[0]]
			if !ok {
				i = len(words)
				index[parts[0]] = i
				words = append(words, parts[0])
				b.phrases = append(b.phrases, nil)
			}
			b.phrases[i] = append(b.phrases[i], p)
		}
	}
	for i := range Taxonomy {
		t := &Taxonomy[i]
		for _, list := range [][]Triggers{t.English, t.Chinese} {
			for j := range list {
				add(phrase{typ: t, of: &list[j]}, list[j].Phrases)
			}
		}
	}
	for _, c := range cues {
		add(phrase{cue: c.Cue}, c.EN)
		add(phrase{cue: c.Cue}, c.ZH)
	}
	b.trie = newTrie(words)
	return b
})

// namedRune stands for a customer's name in the text the rules see, so that no rule fires inside a name.
const namedRune = '\uE000'

// personRune stands for the name of somebody of a customer; in the tables it is written ~, as a customer's name is written @.
const personRune = '\uE001'

var names = strings.NewReplacer("@", string(namedRune), "~", string(personRune))

// alternatives spells out a list of phrases separated by semicolons, with (a|b|) standing for a, b or nothing.
func alternatives(spec string) []string {
	var out []string
	for _, item := range strings.Split(spec, ";") {
		out = append(out, expand(strings.Join(strings.Fields(item), " "))...)
	}
	return out
}

func expand(s string) []string {
	open := strings.IndexByte(s, '(')
	if open < 0 {
		return []string{s}
	}
	end := open + strings.IndexByte(s[open:], ')')
	var out []string
	for _, choice := range strings.Split(s[open+1:end], "|") {
		out = append(out, expand(s[:open]+choice+s[end+1:])...)
	}
	return out
}

// hits returns the triggers and cues of text, sorted by position, after the longer have hidden the shorter.
// clause gives each rune's clause.
func (b *ruleBook) hits(text []rune, clause []int32) []hit {
	var found []hit
	for start := range text {
		r := text[start]
		if int(r) < len(b.trie.root) && b.trie.root[r] == 0 || start > 0 && joined(text[start-1], r) {
			continue
		}
		b.trie.at(text, start, func(end int, word int32) {
			if !bounded(text, start, end) || len(found) > maxHits {
				return
			}
			for i := range b.phrases[word] {
				p := &b.phrases[word][i]
				if h, ok := p.complete(text, clause, start, end); ok {
					found = append(found, h)
				}
			}
		})
	}
	return unhidden(found)
}

// Limits on what one sentence may hold and one text may be judged on, so that a hostile text costs no more than a long
// one. Far above what a sentence written for people holds.
const maxHits, maxMentions, maxTriggers, maxSentences = 100, 24, 16, 500

// nameReach is what a customer's name counts at most in a distance, in runes, however long it is: what reaches over a short name reaches
// over a legal one.
const nameReach = 4

// apart is the distance between two places of the text.
func apart(text []rune, lo, hi int) (far int) {
	name := 0
	for i := lo; i < hi; i++ {
		if name++; text[i] != namedRune {
			name = 0
		}
		if name <= nameReach {
			far++
		}
	}
	return far
}

// complete finds the rest of p after its first part.
func (p *phrase) complete(text []rune, clause []int32, start, end int) (hit, bool) {
	h := hit{phrase: p, start: start, end: end, firstEnd: end, lastStart: start}
	gap := latinGap
	if isHan(text[start]) {
		gap = hanGap
	}
	for _, part := range p.rest {
		at, far, name := -1, 0, 0
		for i := h.end; i+len(part) <= len(text) && far <= gap && clause[i] == clause[start]; i++ {
			if text[i] == part[0] && slices.Equal(text[i:i+len(part)], part) && bounded(text, i, i+len(part)) {
				at = i
				break
			}
			if name++; text[i] != namedRune {
				name = 0
			}
			if name <= nameReach {
				far++
			}
		}
		if at < 0 {
			return h, false
		}
		h.end, h.lastStart = at+len(part), at
	}
	return h, true
}

// outranks orders overlapping triggers of one code: the longer, then the one without gap, then the earlier.
func (g *hit) outranks(h *hit) bool {
	return cmp.Or(
		cmp.Compare(g.end-g.start, h.end-h.start),
		cmp.Compare(len(h.rest), len(g.rest)),
		cmp.Compare(h.start, g.start),
		cmp.Compare(h.text, g.text),
	) > 0
}

// hides reports whether g leaves no room for h.
func (g *hit) hides(h *hit) bool {
	overlap := func(s, e int) bool { return h.start < e && s < h.end }
	touches := overlap(g.start, g.firstEnd) || len(g.rest) > 0 && overlap(g.lastStart, g.end)
	longer := g.end-g.start > h.end-h.start
	inside := g.start <= h.start && h.end <= g.end
	switch {
	case g.cue == mask:
		swallowed := h.start <= g.start && g.end <= h.end && !inside
		return touches && !swallowed && (h.cue != mask || longer && inside)
	case g.cue == trigger && h.cue == trigger:
		if g.typ.Code == "POSIT" && g.of.Stage == Closed && h.typ != g.typ {
			// 账户解除冻结 is no 冻结, but 未能按期兑付 is no 按期兑付
			return touches && !(h.start <= g.start && g.end <= h.end && (len(h.rest) == 0 || strings.HasPrefix(h.text, "未能")))
		}
		if g.typ == h.typ {
			return (touches || inside) && g.outranks(h)
		}
		return longer && inside && (len(g.rest) == 0 || h.end <= g.firstEnd || h.start >= g.lastStart)
	case g.cue == trigger:
		return h.cue != mask && h.cue != but && touches && !(h.start <= g.start && g.end <= h.end && h.end-h.start > g.end-g.start)
	case h.cue == trigger, h.cue == mask:
		return false
	}
	return inside && longer && len(g.rest) == 0 && g.cue != itself
}

// unhidden drops the hits that others hide and sorts the rest.
func unhidden(found []hit) []hit {
	var out []hit
	for i := range found {
		hidden := false
		for j := range found {
			if i != j && found[j].hides(&found[i]) {
				hidden = true
				break
			}
		}
		if !hidden {
			out = append(out, found[i])
		}
	}
	sort.SliceStable(out, func(a, b int) bool {
		if out[a].start != out[b].start {
			return out[a].start < out[b].start
		}
		return out[a].end > out[b].end
	})
	return out
}

// companyAround reports whether the word before or after runes[start:end] speaks of a company.
func companyAround(runes []rune, start, end int) bool {
	e := end
	if e+1 < len(runes) && runes[e] == '\'' && runes[e+1] == 's' {
		return true
	}
	for e < len(runes) && runes[e] == ' ' {
		e++
	}
	w := e
	for w < len(runes) && isWord(runes[w]) {
		w++
	}
	if companyAfter[string(runes[e:w])] {
		return true
	}
	s := start
	for s > 0 && runes[s-1] == ' ' {
		s--
	}
	w = s
	for w > 0 && isWord(runes[w-1]) {
		w--
	}
	return companyBefore[string(runes[w:s])]
}
