package news

import (
	"slices"
	"sort"
	"strings"
	"unicode"

	"creditwatch/pipeline/asof"
)

// A sentence is what the judge looks at.
type sentence struct {
	text      string // the whole title or body; offsets of f point into it
	original  string
	published asof.Date
	f         fold
	masked    []rune  // the fold with every customer's name replaced
	clause    []int32 // number of the clause of each rune
	mentions  []mention
	group     []int // by mention: coordinated mentions (A、B和C) share a number
	hits      []hit
	question  bool
	sums      [][2]int // bytes of the sums of money, once looked for
	summed    bool
}

// A finding is a trigger tied to a mention.
type finding struct {
	mention                     mention
	code, reverses              string
	polarity, stage, role, rule string
	base                        int8
	old                         bool // long past
	on                          asof.Date
	amount                      string
	start, end                  int // of the trigger, in runes
}

func (s *sentence) prepare(b *ruleBook, original string) {
	s.original = original
	s.summed = false
	s.masked = append(s.masked[:0], s.f.runes...)
	for _, m := range s.mentions {
		for i := m.start; i < m.end; i++ {
			s.masked[i] = namedRune
		}
	}
	s.clause = s.clause[:0]
	c := int32(0)
	for _, r := range s.masked {
		s.clause = append(s.clause, c)
		switch r {
		case ',', ';', ':', '!', '?', '—', '|':
			c++
		}
	}
	s.question = strings.HasSuffix(strings.TrimRight(original, `"'”’ `), "?") || strings.HasSuffix(original, "？")
	s.group = s.group[:0]
	for i, m := range s.mentions {
		g := i
		if i > 0 && coordinates(string(s.masked[s.mentions[i-1].end:m.start])) {
			g = s.group[i-1]
		}
		s.group = append(s.group, g)
	}
	s.hits = b.hits(s.masked, s.clause)
}

// coordinates reports whether the text between two names only joins them.
func coordinates(between string) bool {
	switch strings.TrimSpace(between) {
	case "、", ",", "和", "及", "与", "&", "and", ", and", "/", "以及", "、和":
		return true
	}
	return false
}

// judge calls yield for every trigger and the customers it concerns.
func (s *sentence) judge(yield func(finding)) {
	judged := 0
	for i := range s.hits {
		t := &s.hits[i]
		if t.cue != trigger || judged == maxTriggers {
			continue
		}
		judged++
		subjects, doer := s.parties(t)
		polarity, rumoured, old := s.polarity(t)
		f := finding{
			code: t.typ.Code, polarity: polarity, base: t.typ.Severity, stage: Announced, old: old,
			rule: t.typ.Code + "/" + t.text, start: t.start, end: t.end,
		}
		if t.of.Severity != 0 {
			f.base = t.of.Severity
		}
		if t.of.Stage != "" {
			f.stage = t.of.Stage
		}
		if rumoured {
			f.stage = Rumour
		}
		on, historical := s.occurred(t, old)
		f.on = on
		if historical {
			f.old = true
		}
		if f.old {
			f.stage = Closed
		}
		if polarity == Reversed || f.code == "POSIT" && f.stage == Closed && polarity == Affirmed {
			f.polarity, f.stage = Reversed, Closed
			if f.code != "POSIT" {
				f.code, f.reverses = "POSIT", f.code
			}
		}
		f.amount = s.amount(t)
		for j, m := range s.mentions {
			f.mention = m
			switch {
			case slices.Contains(subjects, j):
				f.role = s.role(t, m)
			case j == doer:
				f.role = s.doerRole(t)
			default:
				f.role = s.bystander(t, m, subjects)
			}
			if f.role == "" {
				continue
			}
			yield(f)
			if f.role == Counterparty {
				s.exposure(f, t, m, yield)
			}
		}
	}
}

// Codes whose event at a supplier or customer of ours is a supply or sales risk of ours.
var spreads = set("INSOLV DEBTDEF CLOSURE DISASTER SANCT")

// exposure adds the check a failing counterparty calls for: its own supply, or a customer it may lose.
func (s *sentence) exposure(f finding, t *hit, m mention, yield func(finding)) {
	if !spreads[f.code] || f.polarity == Denied || f.polarity == Reversed {
		return
	}
	switch c := s.partyCue(t, m); {
	case c == nil:
		return
	case c.cue == supplyBy, c.cue == sellTo && strings.HasSuffix(c.text, " to") && c.end <= m.start:
		f.code = "SUPPLY"
	case c.cue == sellTo:
		f.code = "KEYCUST"
	default:
		return
	}
	f.polarity = Hypothetical
	f.base = typeOf[f.code].Severity
	yield(f)
}

// parties says whom the trigger is about: the indices of the subjects among the mentions, and who does it to them (-1 for none).
func (s *sentence) parties(t *hit) (subjects []int, doer int) {
	before, carried, inGap, after, next := -1, -1, -1, -1, -1
	for j, m := range s.mentions {
		same := s.clause[m.start] == s.clause[t.start] || s.clause[m.end-1] == s.clause[t.start] || m.start >= t.end && s.clause[m.start] == s.clause[t.end-1]
		switch {
		case m.end <= t.start:
			carried = j
			if same {
				before = j
			}
		case m.start >= t.firstEnd && m.end <= t.lastStart:
			inGap = j
		case m.start >= t.end:
			if next < 0 {
				next = j
			}
			if after < 0 && same {
				after = j
			}
		}
	}
	if before >= 0 && after >= 0 && speakers[string(s.f.runes[s.mentions[before].start:s.mentions[before].end])] {
		return s.groupOf(after), before
	}
	prior := before
	if prior < 0 {
		prior = carried
	}
	named := strings.HasSuffix(t.text, "被告") || strings.HasSuffix(t.text, "被执行人")
	switch {
	case named && after >= 0 && s.mentions[after].start-t.end <= 2:
		return s.groupOf(after), prior
	case inGap >= 0 && !passive(t.text):
		return s.groupOf(inGap), prior
	case inGap >= 0:
		return s.groupOf(prior), inGap
	case t.of.Object && after >= 0:
		return s.groupOf(after), prior
	case t.of.Object:
		if prior >= 0 && (s.precededBy(t, "被", "遭", "受")) {
			return s.groupOf(prior), -1
		}
		return nil, prior
	case before >= 0:
		if after >= 0 && strings.HasSuffix(t.text, " by") {
			return s.groupOf(before), after
		}
		return s.groupOf(before), -1
	case after >= 0:
		return s.groupOf(after), -1
	case carried >= 0:
		return s.groupOf(carried), -1
	}
	return s.groupOf(next), -1
}

// passive reports whether the name inside the gap of a phrase does the deed to the name before it.
func passive(text string) bool {
	for _, p := range []string{"被", "遭", "拖欠", "owe", "face", "hit with", "delisted by", "dropped by", "cut off by", "lose", "loses", "lost", "losing", "terminates", "cancels", "ends", "终止", "收到"} {
		if strings.HasPrefix(text, p) {
			return !strings.HasPrefix(text, "终止..评级")
		}
	}
	return false
}

func (s *sentence) precededBy(t *hit, words ...string) bool {
	for _, w := range words {
		if n := len([]rune(w)); t.start >= n && string(s.masked[t.start-n:t.start]) == w {
			return true
		}
	}
	return false
}

// groupOf returns mention j and all coordinated with it; too many names side by side are a market wrap, about none of them.
func (s *sentence) groupOf(j int) []int {
	if j < 0 {
		return nil
	}
	var all []int
	for k, g := range s.group {
		if g == s.group[j] {
			all = append(all, k)
		}
	}
	if len(all) > 5 {
		return nil
	}
	return all
}

// doerRole is the role of who does the deed to somebody else.
func (s *sentence) doerRole(t *hit) string {
	switch t.typ.Code {
	case "LITIG", "INSOLV", "ENFORCE", "DEBTDEF":
		return Plaintiff
	case "KEYCUST", "SUPPLY", "WAGE":
		return Counterparty
	}
	return Mentioned
}

// Codes in which shareholders, owners and leaders are part of the event itself.
var ofLeaders = set("FRAUD EXEC OWNER SANCT MNA")

// Codes in which customers, suppliers and banks are part of the event itself.
var ofParties = set("KEYCUST SUPPLY CREDCUT WAGE POSIT MNA OWNER EXEC INDUSTRY")

// role is the role of a subject, seen from the words between its name and the trigger.
func (s *sentence) role(t *hit, m mention) string {
	code := t.typ.Code
	if code == "KEYCUST" && (strings.HasPrefix(t.text, "客户") || strings.HasPrefix(t.text, "应收") || t.text == "坏账") {
		return Victim
	}
	if code == "INSOLV" && len(t.rest) > 0 && strings.HasPrefix(t.text, "申请 ..") {
		if gap := string(s.masked[t.firstEnd:t.lastStart]); !strings.ContainsRune(gap, namedRune) {
			switch {
			case strings.Contains(gap, "公司") && len([]rune(gap)) <= 4, strings.Contains(gap, "其"), strings.Contains(gap, "本公司"), strings.Contains(gap, "该公司"):
				return Subject // its creditor files against it
			case m.end <= t.start && !slices.Contains(ownFiling, strings.TrimSpace(gap)):
				return Plaintiff
			}
		}
	}
	lo, hi := m.end, t.start
	if m.start >= t.end {
		lo, hi = t.end, m.start
	}
	if m.start >= t.firstEnd && m.end <= t.lastStart {
		return Subject
	}
	led, own, cousin, gone := false, false, false, false
	for i := range s.hits {
		h := &s.hits[i]
		between := h.start >= lo && h.end <= hi
		leftOf := h.end <= m.start && m.start-h.end <= 1 && (strings.HasSuffix(h.text, " of") || strings.HasSuffix(h.text, " to"))
		near := between || leftOf
		beside := h.end <= m.start && m.start-h.end <= 1 || h.start >= m.end && h.start-m.end <= 1
		switch h.cue {
		case itself:
			own = own || between
		case leader:
			led = led || near
		case relative:
			cousin = cousin || near
		case former:
			gone = gone || beside && !isHan(s.masked[h.start]) && h.end <= m.start ||
				isHan(s.masked[h.start]) && between && s.titleFollows(h.end)
		case victim:
			if (code == "FRAUD" || code == "DISASTER" || code == "SANCT") && (near || s.clause[h.start] == s.clause[t.start]) {
				return Victim
			}
		case claimant:
			if (code == "LITIG" || code == "ENFORCE" || code == "INSOLV") && beside {
				return Plaintiff
			}
		}
	}
	if gone && code != "OWNER" {
		return Mentioned
	}
	if !ofParties[code] && s.partyCue(t, m) != nil {
		return Counterparty
	}
	if m.end <= t.start && s.anotherNamed(t, m) {
		return Mentioned
	}
	if cousin && !own && !slices.Contains([]string{"OWNER", "EXEC", "MNA", "POSIT"}, code) || led && !own && !ofLeaders[code] {
		return Affiliate
	}
	return Subject
}

// What may stand between 申请 and 破产 when a company files for itself.
var ownFiling = strings.Fields("进行 进入 自行 自愿 主动 法院 向法院 启动 实施 公司 自主 开展 适用 司法 宣告 裁定 受理 法院裁定 法院受理 破产")

func (s *sentence) titleFollows(at int) bool {
	rest := string(s.masked[at:min(at+8, len(s.masked))])
	for _, title := range []string{"董事", "总经理", "总裁", "高管", "实控", "控股股东", "财务", "员工", "副总", "ceo", "cfo", "监事", "股东", "法定代表人", "大股东"} {
		if strings.HasPrefix(rest, title) {
			return true
		}
	}
	return false
}

// partyCue returns the cue that says the trigger is about somebody the customer deals with, or nil.
func (s *sentence) partyCue(t *hit, m mention) *hit {
	lo, hi := m.end, t.start
	if m.start >= t.end {
		lo, hi = t.end, m.start
	}
	for i := range s.hits {
		h := &s.hits[i]
		if h.cue != bankBy && h.cue != sellTo && h.cue != supplyBy {
			continue
		}
		between := h.start >= lo && h.end <= hi
		leftOf := h.end <= m.start && m.start-h.end <= 1 && m.end <= t.start && (strings.HasSuffix(h.text, " of") || strings.HasSuffix(h.text, " to"))
		beforeName := m.start >= t.end && h.end <= m.start && m.start-h.end <= 1 && h.start >= t.end // bankruptcy hits supplier X
		if !between && !leftOf && !beforeName {
			continue
		}
		if between && m.end <= t.start && s.selfBetween(h.end, t.start) {
			continue // 供应商申请公司破产, suppliers say the company …
		}
		return h
	}
	return nil
}

// selfBetween reports whether the text speaks of the company itself again.
func (s *sentence) selfBetween(lo, hi int) bool {
	text := string(s.masked[lo:hi])
	return strings.HasPrefix(text, "公司") || strings.Contains(text, "申请公司") || strings.Contains(text, "称公司") || strings.Contains(text, "the company")
}

// Words behind which an English sentence turns to somebody else.
var turns = set("after as when while because that which from over amid says said following since")

// Codes for which a stranger's name before the trigger takes the event.
var ofStrangers = set("INSOLV DEBTDEF FRAUD DOWNGR ENFORCE LITIG")

// anotherNamed reports whether an unknown capitalised name stands between the mention and the trigger, as in
// "Acme shares fall after Globex files for bankruptcy".
func (s *sentence) anotherNamed(t *hit, m mention) bool {
	if !ofStrangers[t.typ.Code] || t.start <= m.end || isHan(s.masked[t.start]) || s.titleCase() {
		return false
	}
	turned := false
	previous := ""
	for _, w := range strings.FieldsFunc(s.text[s.f.to[m.end-1]:s.f.from[t.start]], func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;:"“”()`, r) }) {
		lower := strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s"))
		first := []rune(w)[0]
		switch {
		case turns[lower]:
			turned = true
		case turned && unicode.IsUpper(first) && len(w) > 2 && !notNames[strings.Trim(lower, ".")] && !slices.Contains([]string{"in", "on", "at", "by", "since", "of"}, previous):
			return true
		}
		previous = lower
	}
	return false
}

var notNames = set(`the it its they their chief executive financial officer chairman president court chapter inc corp co ltd plc llc ceo cfo monday tuesday wednesday thursday friday
saturday sunday january february march april may june july august september october november december mr ms mrs sec fbi police board company judge u.s us uk eu moody's fitch`)

// titleCase reports whether most words of the sentence are capitalised, so that capitals tell nothing.
func (s *sentence) titleCase() bool {
	capital, words := 0, 0
	for _, w := range strings.Fields(s.original) {
		if len(w) < 4 {
			continue
		}
		words++
		if unicode.IsUpper([]rune(w)[0]) {
			capital++
		}
	}
	return words > 2 && capital*4 >= words*3
}

// bystander is the role of a customer that the trigger is not about: empty when it has nothing to do with it.
func (s *sentence) bystander(t *hit, m mention, subjects []int) string {
	if !ofParties[t.typ.Code] && len(subjects) > 0 && s.partyCue(t, m) != nil {
		return Counterparty
	}
	for _, j := range subjects {
		o := s.mentions[j]
		for i := range s.hits {
			h := &s.hits[i]
			if (h.cue == bankBy || h.cue == sellTo || h.cue == supplyBy) && (h.start >= m.end && h.end <= o.start || h.start >= o.end && h.end <= m.start) {
				return Counterparty
			}
		}
	}
	if t.typ.Code == "WAGE" {
		return Counterparty
	}
	if s.clause[m.start] == s.clause[t.start] && t.typ.Code != "POSIT" {
		if t.typ.Code == "LITIG" || t.typ.Code == "ENFORCE" {
			for i := range s.hits {
				h := &s.hits[i]
				if h.cue == claimant && (h.end <= m.start && m.start-h.end <= 1 || h.start >= m.end && h.start-m.end <= 1) {
					return Plaintiff
				}
			}
		}
		return Mentioned
	}
	return ""
}

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
		gap := max(t.start-h.end, 0)
		if late {
			gap = h.start - t.end
		}
		lo, hi := h.end, t.start
		if late {
			lo, hi = t.end, h.start
		}
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
		case undo:
			if late && same && !between && gap <= s.reach(h, 12, 36) {
				reversed = true
			}
		case hedge:
			if ahead && same && gap <= s.reach(h, hedgeReach(h.text), 40) {
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
