package news

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"creditwatch/pipeline/asof"
)

// An event dated this long before its publication is history: recorded, not acted on.
const historyDays = 365

// An undated past ("formerly", 曾) is dated this long before publication, so that decay forgets it.
const undatedPastDays = 3 * 365

var (
	dateHan   = regexp.MustCompile(`(\d{4})年(?:(\d{1,2})月(?:(\d{1,2})[日号])?)?`)
	dayHan    = regexp.MustCompile(`(?:^|[^年\d])(\d{1,2})月(\d{1,2})[日号]`)
	yearsHan  = regexp.MustCompile(`([\d一二两三四五六七八九十]+)多?年[前后]`)
	dateISO   = regexp.MustCompile(`\b(\d{4})-(\d{2})-(\d{2})\b`)
	dateEN    = regexp.MustCompile(`\b(` + months + `)\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?\b`)
	dateDayEN = regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)? (` + months + `)\.?(?:,? (\d{4}))?\b`)
	monthEN   = regexp.MustCompile(`\b(?:in|since|back in) (?:(` + months + `)\.? )?((?:19|20)\d{2})\b`)
	possEN    = regexp.MustCompile(`\b((?:19|20)\d{2}) (?:bankruptcy|default|insolvency|restructuring|chapter|fraud|recall|fire|filing)`)
	yearsEN   = regexp.MustCompile(`\b(a|an|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|\d{1,2}) (years?|decades?) (?:after|since|ago|on from)\b`)
	amountHan = regexp.MustCompile(`(?:约|逾|超|近)?\d[\d,.]*\s*(?:万亿|千亿|百亿|十亿|亿|千万|百万|万|千)?\s*(?:元|美元|欧元|港元|港币|人民币|日元|英镑)`)
	amountEN  = regexp.MustCompile(`(?i)(?:US\$|HK\$|C\$|A\$|\$|€|£|¥|\b(?:USD|EUR|GBP|CNY|RMB|HKD|JPY)\s?)\d[\d,.]*\d?\s?(?:trillion|billion|million|thousand|bn|mn|m|k)?\b|\b\d[\d,.]*\s?(?:trillion|billion|million|thousand|bn|mn)?\s(?:yuan|dollars|euros|pounds|yen|renminbi)\b`)
	inThePast = regexp.MustCompile(`已于|曾于|早在|于$`)
)

const months = `January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec`

// occurred returns the date of the event of t: what its clause says, else what a past tense implies, else the day of
// publication. historical: it is over a year old.
func (s *sentence) occurred(t *hit, past bool) (on asof.Date, historical bool) {
	on = s.published
	if d, ok := s.dated(t); ok && d <= s.published {
		on = d
	} else if past {
		on = s.published.Add(-undatedPastDays)
	}
	on = max(on, asof.Earliest+1)
	return on, s.published.Sub(on) > historyDays
}

// dated finds a date in the clause of t, and in the clause before when that is all it holds.
func (s *sentence) dated(t *hit) (asof.Date, bool) {
	lo, hi := t.start, s.clauseEnd(t)+1
	for lo > 0 && s.clause[lo-1] == s.clause[t.start] {
		lo--
	}
	start, end := s.span(max(lo, t.start-farthest/2), min(hi, t.end+farthest/2))
	clause := s.text[start:end]
	if d, ok := s.date(clause); ok {
		return d, true
	}
	if lo > 1 {
		hi, lo = lo, lo-1
		for lo > 0 && s.clause[lo-1] == s.clause[hi-1] {
			lo--
		}
		if hi-lo <= 24 {
			start, end := s.span(lo, hi)
			return s.date(s.text[start:end])
		}
	}
	return 0, false
}

// span returns the bytes of the runes [lo, hi).
func (s *sentence) span(lo, hi int) (start, end int) {
	if lo >= hi {
		return 0, 0
	}
	return int(s.f.from[lo]), int(s.f.to[hi-1])
}

func (s *sentence) date(clause string) (asof.Date, bool) {
	year := s.published.Time().Year()
	if m := dateISO.FindStringSubmatch(clause); m != nil {
		if d, err := asof.Parse(m[0]); err == nil {
			return d, true
		}
	}
	if at := dateHan.FindStringSubmatchIndex(clause); at != nil {
		m := dateHan.FindStringSubmatch(clause)
		y := number(m[1])
		switch {
		case m[3] != "":
			return day(y, number(m[2]), number(m[3]))
		case m[2] != "":
			return day(y, number(m[2]), 1)
		case inThePast.MatchString(clause[:at[0]]):
			return day(y, 7, 1) // the middle of the year it says
		}
		return 0, false // 2018年净利: the period of a figure
	}
	if m := dayHan.FindStringSubmatch(clause); m != nil {
		return s.recent(year, number(m[1]), number(m[2]))
	}
	if m := yearsHan.FindStringSubmatch(clause); m != nil {
		return s.published.AddMonths(-12 * number(m[1])), true
	}
	if m := dateEN.FindStringSubmatch(clause); m != nil {
		if m[3] != "" {
			return day(number(m[3]), month(m[1]), number(m[2]))
		}
		return s.recent(year, month(m[1]), number(m[2]))
	}
	if m := dateDayEN.FindStringSubmatch(clause); m != nil {
		if m[3] != "" {
			return day(number(m[3]), month(m[2]), number(m[1]))
		}
		return s.recent(year, month(m[2]), number(m[1]))
	}
	if m := monthEN.FindStringSubmatch(clause); m != nil {
		if m[1] != "" {
			return day(number(m[2]), month(m[1]), 1)
		}
		return day(number(m[2]), 7, 1)
	}
	if m := possEN.FindStringSubmatch(clause); m != nil {
		return day(number(m[1]), 7, 1)
	}
	if m := yearsEN.FindStringSubmatch(strings.ToLower(clause)); m != nil {
		n := number(m[1])
		if strings.HasPrefix(m[2], "decade") {
			n *= 10
		}
		return s.published.AddMonths(-12 * n), true
	}
	return 0, false
}

// recent dates a month and day without a year: the last such day up to publication.
func (s *sentence) recent(year, m, d int) (asof.Date, bool) {
	on, ok := day(year, m, d)
	if ok && on > s.published && on.Sub(s.published) > 180 {
		return day(year-1, m, d)
	}
	return on, ok
}

func day(y, m, d int) (asof.Date, bool) {
	if y < 1971 || y > 2148 || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	return asof.On(y, time.Month(m), d), true
}

func month(s string) int {
	return strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(s[:3]))/3 + 1
}

var numerals = map[string]int{
	"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
	"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "十五": 15, "二十": 20,
}

func number(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return min(n, 9999)
	}
	return numerals[s]
}

// amount returns the sum of money nearest to t in the sentence, as written.
func (s *sentence) amount(t *hit) string {
	if !s.summed {
		s.summed, s.sums = true, s.sums[:0]
		start, end := s.span(0, len(s.f.runes))
		for _, re := range []*regexp.Regexp{amountHan, amountEN} {
			for _, m := range re.FindAllStringIndex(s.text[start:end], 16) {
				s.sums = append(s.sums, [2]int{start + m[0], start + m[1]})
			}
		}
	}
	best, gap := "", 1<<30
	from, to := s.span(t.start, t.end)
	for _, m := range s.sums {
		if d := max(from-m[1], m[0]-to, 0); d < gap {
			best, gap = strings.TrimSpace(s.text[m[0]:m[1]]), d
		}
	}
	return best
}
