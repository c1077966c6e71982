package news

import (
	"slices"
	"strings"
	"unicode"
)

// doerRole is the role of who does the deed to somebody else.
func (s *sentence) doerRole(t *hit) string {
	if adjectival(t) {
		return Counterparty
	}
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
	if adjectival(t) && m.end <= t.start && t.end+1 < len(s.masked) && (isWord(s.masked[t.end+1]) || isHan(s.masked[t.end])) {
		return Counterparty
	}
	lo, hi := m.end, t.start
	if m.start >= t.end {
		lo, hi = t.end, m.start
	}
	if code == "WAGE" && m.end <= t.start && slices.ContainsFunc(s.hits, func(h hit) bool {
		return h.cue == trigger && h.typ.Code == "LITIG" && h.of.Object && h.start >= m.end && h.end <= t.start && !s.precededBy(&h, "被", "遭", "受")
	}) {
		return Counterparty // it sues somebody who does not pay
	}
	if m.kind == ofPerson { // what its people do or suffer is its own in some events, in others close to it
		if ofLeaders[code] {
			return Subject
		}
		return Affiliate
	}
	if m.start >= t.firstEnd && m.end <= t.lastStart {
		return Subject
	}
	if code == "OWNER" && strings.HasPrefix(t.text, "转让 ..") && m.end <= t.start && s.sellsItsOwn(t, m) {
		return Mentioned
	}
	if s.precededBy(t, "多家公司", "多家企业", "多家上市公司") || len(s.mentions) == 1 && m.end <= t.start && s.precededBy(t, "后者", "对方", "对方已") {
		return Counterparty // a wrap, or whoever was named last and is no customer
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
			cousin = cousin || near || m.start >= t.end && h.end <= t.start && t.start-h.end <= 1 // 母公司破产，恒达…
		case former:
			gone = gone || !isHan(s.masked[h.start]) && (between || beside && h.end <= m.start) || isHan(s.masked[h.start]) && between && s.titleFollows(h.end)
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
	if cousin && !own && !slices.Contains([]string{"OWNER", "EXEC", "MNA", "POSIT", "WAGE", "LAYOFF"}, code) || led && !own && !ofLeaders[code] {
		return Affiliate
	}
	return Subject
}

// sellsItsOwn reports whether it is the customer that sells shares, of some other company: nobody who holds the customer's is named.
func (s *sentence) sellsItsOwn(t *hit, m mention) bool {
	text := string(s.masked[m.end:t.end])
	for _, holder := range []string{"股东", "实控人", "控制人", "控股", "一致行动人", "董事", "高管", "集团", "母公司", "公司股", "所持", "持有", "控制权", "公司的股"} {
		if strings.Contains(text, holder) && !(holder == "控股" && strings.Contains(text, "控股子公司")) {
			return false
		}
	}
	return true
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
		beforeName := m.start >= t.end && h.end <= m.start && m.start-h.end <= 1 && h.start >= t.end         // bankruptcy hits supplier X
		after := m.start >= t.end && h.start >= m.end && h.start-m.end <= 2 && strings.Contains(h.text, "其") // 华信破产，恒达作为其供应商
		if !between && !leftOf && !beforeName && !after {
			continue
		}
		if between && m.end <= t.start && (s.selfBetween(h.end, t.start) || s.byParty(m.end, h.start) || !s.governs(h, t)) {
			continue
		}
		return h
	}
	return nil
}

// byParty reports whether the party acts on the customer: 被债权人申请重整.
func (s *sentence) byParty(lo, hi int) bool {
	return slices.ContainsFunc(s.masked[lo:min(lo+4, hi)], func(r rune) bool { return r == '被' || r == '遭' })
}

// governs reports whether the trigger can be about the party of cue h before it: both in one clause, or the trigger in a
// clause that hangs on the party ("supplier to Initech, which filed"). Otherwise the customer goes on being the subject:
// "Acme, which lost its largest customer, files for bankruptcy".
func (s *sentence) governs(h, t *hit) bool {
	if s.clause[h.end-1] == s.clause[t.start] {
		return true
	}
	if isHan(s.masked[h.start]) {
		return h.start >= 2 && string(s.masked[h.start-2:h.start]) == "作为"
	}
	lo := t.start
	for lo > 0 && s.clause[lo-1] == s.clause[t.start] {
		lo--
	}
	for _, w := range []string{"which", "that", "who", "whose"} {
		if strings.HasPrefix(strings.TrimSpace(string(s.masked[lo:min(lo+8, t.start)])), w) {
			return strings.HasSuffix(h.text, " of") || strings.HasSuffix(h.text, " to")
		}
	}
	return false
}

// selfBetween reports whether the text speaks of the company itself again: 供应商申请公司破产, "told creditors it will default".
func (s *sentence) selfBetween(lo, hi int) bool {
	text := string(s.masked[lo:hi])
	return strings.HasPrefix(text, "公司") || strings.Contains(text, "申请公司") || strings.Contains(text, "称公司") || strings.Contains(text, " it ") || strings.Contains(text, "对其") || strings.Contains(text, "the company")
}

// Words behind which an English sentence turns to somebody else.
var turns = set("after as when while because that which from over amid says said following since")

// Codes for which a stranger's name before the trigger takes the event.
var ofStrangers = set("INSOLV DEBTDEF FRAUD DOWNGR ENFORCE LITIG")

// anotherNamed reports whether an unknown capitalised name stands between the mention and the trigger, as in
// "Acme shares fall after Globex files for bankruptcy".
func (s *sentence) anotherNamed(t *hit, m mention) bool {
	if !ofStrangers[t.typ.Code] || t.start <= m.end || isHan(s.masked[t.start]) || s.capitals {
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

// titleCase reports whether most words of the sentence are capitalised.
func titleCase(sentence string) bool {
	capital, words := 0, 0
	for _, w := range strings.Fields(sentence) {
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
