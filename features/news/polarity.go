package news

import (
	"sort"
	"strings"
)

// reach says how far before or after its trigger a cue of the script works, in runes.
func (s *sentence) reach(h *hit, han, latin int) int {
	if isHan(s.masked[h.start]) {
		return han
	}
	return latin
}

// polarity weighs the cues around t. rumoured: nobody answers for it; old: long past.
func (s *sentence) polarity(t *hit) (polarity string, rumoured, old bool) {
	var denied, negated, reversed, open bool
	end := s.clauseEnd(t)
	open = s.question || end < len(s.masked) && s.masked[end] == '?'
	for i := range s.hits {
		h := &s.hits[i]
		if h.cue == trigger || h.cue == mask {
			continue
		}
		same := s.clause[h.start] == s.clause[t.start]
		ahead := h.end <= t.start || h.start >= t.firstEnd && h.end <= t.lastStart
		late := h.start >= t.end
		lo, hi := h.end, t.start
		if late {
			lo, hi = t.end, h.start
		}
		gap := apart(s.masked, lo, hi)
		between := s.any(lo, hi, trigger, t)
		switch h.cue {
		case deny:
			if ahead && !s.any(lo, hi, but, nil) && (same || !s.triggerInClause(h.end, s.clause[h.start])) {
				denied = true
			}
		case absent:
			denied = denied || ahead && same
		case denyLate:
			if late && !s.any(lo, hi, but, nil) && !s.triggerInClause(h.end, s.clause[h.start]) && !between {
				denied = true
			}
		case negate:
			if ahead && same && !between && gap <= s.reach(h, 4, 24) {
				negated = true
			}
		case reverse:
			if ahead && same && !between && gap <= s.reach(h, 10, 30) {
				reversed = true
			}
		case calledOff:
			if ofPlans[t.typ.Code] && ahead && same && !between && gap <= s.reach(h, 18, 40) {
				denied = true
			}
		case fake:
			if ofRumours[t.typ.Code] && ahead && same && !between && gap <= s.reach(h, 8, 24) {
				denied = true
			}
		case offAfter:
			if ofPlans[t.typ.Code] && late && same && !between && gap <= s.reach(h, 8, 24) {
				denied = true
			}
		case undo:
			if late && same && !between && gap <= s.reach(h, 12, 36) {
				reversed = true
			}
		case hedge:
			if ahead && same && gap <= s.reach(h, hedgeReach(h.text), 40) && !turnsBetween(s.masked[lo:max(lo, hi)]) {
				open = true
			}
		case rumour:
			if ahead && gap <= s.reach(h, 30, 90) || late && gap <= s.reach(h, 4, 12) {
				open, rumoured = true, true
			}
		case doubt:
			if late && same && gap <= s.reach(h, 2, 2) {
				open = true
			}
		case when:
			if ahead || late && same {
				open = true
			}
		case past:
			if (ahead || late) && same && gap <= s.reach(h, 10, 30) {
				old = true
			}
		}
	}
	switch {
	case denied:
		return Denied, rumoured, old
	case reversed && (negated || open): // not yet out of it
		return Affirmed, false, old
	case reversed:
		return Reversed, false, old
	case negated:
		return Denied, rumoured, old
	case open:
		return Hypothetical, rumoured, old
	}
	return Affirmed, rumoured, old
}

// Codes that name a plan as often as a fact: called off, they did not happen. Calling off anything else ends something bad, or is bad
// itself (终止合作, 终止上市).
var ofPlans = set("MNA OWNER")

// Codes that somebody may make up of a company.
var ofRumours = set("INSOLV DEBTDEF CLOSURE LAYOFF WAGE REGIST")

// turnsBetween reports whether an English sentence passes from what may be to what is: "on the brink as lenders pull funding".
func turnsBetween(runes []rune) bool {
	text := string(runes)
	return strings.Contains(text, " as ") || strings.Contains(text, " after ") || strings.Contains(text, " because ") || strings.Contains(text, " amid ")
}

// hedgeReach is shorter for 或, which also means "or".
func hedgeReach(text string) int {
	if text == "或" {
		return 2
	}
	return 12
}

func (s *sentence) clauseEnd(t *hit) int {
	i := t.end - 1
	for i < len(s.masked)-1 && s.clause[i+1] == s.clause[t.end-1] {
		i++
	}
	return i
}

// any reports whether a hit of kind c other than except lies in [lo, hi).
func (s *sentence) any(lo, hi int, c cue, except *hit) bool {
	i := sort.Search(len(s.hits), func(i int) bool { return s.hits[i].start >= lo })
	for ; i < len(s.hits) && s.hits[i].start < hi; i++ {
		if h := &s.hits[i]; h.cue == c && h.end <= hi && h != except {
			return true
		}
	}
	return false
}

// triggerInClause reports whether the clause has a trigger from rune at on.
func (s *sentence) triggerInClause(at int, clause int32) bool {
	for i := range s.hits {
		if h := &s.hits[i]; h.cue == trigger && h.start >= at && s.clause[h.start] == clause {
			return true
		}
	}
	return false
}
