package news

import (
	"slices"
	"strings"

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
	found     []mention // reused
	group     []int     // by mention: coordinated mentions (A、B和C) share a number
	hits      []hit
	question  bool
	sums      [][2]int // bytes of the sums of money, once looked for
	summed    bool
	capitals  bool // most words are capitalised, so capitals tell nothing
}

// A name this many runes from the trigger has nothing to do with it.
const farthest = 200

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

// prepare reads the sentence with all names masked; others are those that are no mention.
func (s *sentence) prepare(b *ruleBook, original string, others []mention) {
	s.original = original
	s.summed = false
	s.capitals = titleCase(original)
	s.masked = append(s.masked[:0], s.f.runes...)
	mask := func(list []mention) {
		for _, m := range list {
			as := namedRune
			if m.kind == ofPerson {
				as = personRune
			}
			for i := m.start; i < m.end; i++ {
				s.masked[i] = as
			}
		}
	}
	mask(s.mentions)
	mask(others)
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

// judge calls yield for every trigger and the customers it concerns. It reports whether there was a trigger.
func (s *sentence) judge(yield func(finding)) bool {
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
			case m.end+farthest < t.start || t.end+farthest < m.start:
				continue
			case slices.Contains(subjects, j):
				f.role = s.role(t, m)
			case j == doer:
				f.role = s.doerRole(t)
				if f.role == Mentioned && len(subjects) == 0 {
					continue // done to somebody we do not know
				}
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
	return judged > 0
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
		case m.end <= t.start, m.kind == ofPerson && m.start <= t.start && t.start < m.end:
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
	if adjectival(t) && after >= 0 && s.mentions[after].start-t.end <= 16 {
		return s.groupOf(after), prior
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
	if next >= 0 && s.strangerFails(t, s.mentions[next].start) {
		return nil, -1
	}
	return s.groupOf(next), -1
}

// strangerFails reports whether a name that is no customer's has the trigger, so that a customer named in a later clause has not: 鑫源贸易破产，恒达….
// A Chinese name is known by the trade or legal form it ends in.
func (s *sentence) strangerFails(t *hit, next int) bool {
	if slices.Contains(s.masked[t.end:next], ';') {
		return true
	}
	if !isHan(s.masked[t.start]) {
		return false
	}
	for n := 2; n <= 4 && t.start-n-2 >= 0; n++ {
		word := string(s.masked[t.start-n : t.start])
		if genericWords[word] && !notStrangers[word] && s.clause[t.start-n-2] == s.clause[t.start] && isHan(s.masked[t.start-n-1]) && isHan(s.masked[t.start-n-2]) && !s.cued(t.start-n, t.start) {
			return true
		}
	}
	return false
}

// cued reports whether a cue stands between two runes.
func (s *sentence) cued(lo, hi int) bool {
	return slices.ContainsFunc(s.hits, func(h hit) bool { return h.start < hi && h.end > lo && h.cue != trigger })
}

// Words that end names and also are what an event is of.
var notStrangers = set("公司 企业 国际 投资 发展 金融 信息 网络 服务 管理 材料 设备 能源 电力 运输 交通 建设 工程 工业 农业 汽车 客户 供应商 股东 软件 环保 保险 银行 旅游")

// adjectival reports whether the trigger tells of somebody else's past: "bankrupt rival", 破产企业.
func adjectival(t *hit) bool {
	return t.text == "bankrupt" || t.text == "破产企业" || t.text == "破产公司"
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
