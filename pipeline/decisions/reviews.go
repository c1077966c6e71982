package decisions

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A ReviewPolicy says how often customers are looked at, and how many of them a day.
type ReviewPolicy struct {
	Months   map[string]int `yaml:"months"`    // between reviews, by grade
	NoGrade  int            `yaml:"no_grade"`  // months, for customers without a grade
	Critical int            `yaml:"critical"`  // business days within which a critical warning asks for a review
	Act      int            `yaml:"act"`       // the same of a warning that asks to act
	Expired  int            `yaml:"expired"`   // the same of a limit that has expired
	Stale    int            `yaml:"stale"`     // the same of data that are stale
	Fresh    int            `yaml:"fresh"`     // calendar days for which a review done answers what would pull the next one forward
	Capacity int            `yaml:"capacity"`  // reviews per business day
	Ahead    int            `yaml:"ahead"`     // business days that are planned
	LeadDays int            `yaml:"lead_days"` // calendar days before its day from which a review may be done
}

func (r ReviewPolicy) check(bad func(key, want string, got any), grades []string) {
	for _, g := range sortedKeys(r.Months) {
		if !slices.Contains(grades, g) {
			bad("reviews.months."+g, "a grade of "+strings.Join(grades, ", "), g)
		}
		within(bad, "reviews.months."+g, float64(r.Months[g]), 1, 120)
	}
	for _, g := range grades {
		if _, ok := r.Months[g]; !ok {
			bad("reviews.months", "a number of months for every grade", g+" left out")
		}
	}
	for _, x := range []struct {
		key    string
		v      int
		lo, hi float64
	}{{"no_grade", r.NoGrade, 1, 120}, {"critical", r.Critical, 0, 250}, {"act", r.Act, 0, 250}, {"expired", r.Expired, 0, 250}, {"stale", r.Stale, 0, 250},
		{"fresh", r.Fresh, 0, 365}, {"capacity", r.Capacity, 1, 1_000_000}, {"ahead", r.Ahead, 1, 250}, {"lead_days", r.LeadDays, 0, 365}} {
		within(bad, "reviews."+x.key, float64(x.v), x.lo, x.hi)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// A Review is when a customer is to be looked at next.
type Review struct {
	*Account
	Exposure  book.Money
	Months    int       // between reviews at its grade
	From      asof.Date // last review, change of the limit, or start of the relationship; unset if none is known
	FromWhat  string    // review, limit, start, unknown
	Scheduled asof.Date // by grade alone
	DueOn     asof.Date
	Pulled    string    // what pulled it forward: critical_warning, warning, limit_expired, stale; empty if nothing did
	Planned   asof.Date // business day within the capacity; unset: beyond the days planned
	Overdue   int       // days that the review is late on the night
	EN, ZH    string
}

// Reviews plans the review of every customer, the first ones first. Reviews in one day are bounded by the capacity: who is due first goes
// first, and of those that are due already the one with the highest expected loss.
func Reviews(on asof.Date, limits []Limit, calendar Calendar, p ReviewPolicy) []Review {
	list := make([]Review, len(limits))
	within := func(days int) asof.Date { return calendar(on, max(1, days)) }
	critical, act, expired, stale := within(p.Critical), within(p.Act), within(p.Expired), within(p.Stale)
	for i := range limits {
		l := &limits[i]
		r := Review{Account: l.Account, Exposure: l.Exposure, Months: p.NoGrade, FromWhat: "unknown"}
		if m, ok := p.Months[l.Grade]; ok {
			r.Months = m
		}
		for _, x := range []struct {
			day  asof.Date
			what string
		}{{l.Reviewed, "review"}, {l.LimitSet, "limit"}, {l.Since, "start"}} {
			if !x.day.IsZero() && x.day > r.From {
				r.From, r.FromWhat = x.day, x.what
			}
		}
		r.Scheduled = within(1)
		if !r.From.IsZero() {
			r.Scheduled = r.From.AddMonths(r.Months)
		}
		r.DueOn = r.Scheduled
		if l.Reviewed.IsZero() || on.Sub(l.Reviewed) >= p.Fresh {
			for _, x := range []struct {
				pulls bool
				to    asof.Date
				what  string
			}{{l.Severity >= 4, critical, "critical_warning"}, {l.Severity == 3, act, "warning"}, {l.Expired, expired, "limit_expired"}, {l.Stale && l.Exposure > 0, stale, "stale"}} {
				if x.pulls && x.to < r.DueOn {
					r.DueOn, r.Pulled = x.to, x.what
				}
			}
			// What stays open does not move the day on.
			if r.Pulled != "" && !l.DueBefore.IsZero() && l.DueBefore < r.DueOn {
				r.DueOn = l.DueBefore
			}
		}
		r.Overdue = max(0, on.Sub(r.DueOn))
		list[i] = r
	}
	first := calendar(on, 1)
	slices.SortFunc(list, func(a, b Review) int {
		return cmp.Or(cmp.Compare(max(a.DueOn, first), max(b.DueOn, first)), cmp.Compare(b.ExpectedLoss, a.ExpectedLoss),
			cmp.Compare(a.DueOn, b.DueOn), strings.Compare(a.CustomerID, b.CustomerID))
	})
	plan(on, list, calendar, p)
	for i := range list {
		list[i].words(on)
	}
	return list
}

// plan gives each review the first business day that has room, from its lead on. In order of their days this makes the fewest late.
func plan(on asof.Date, list []Review, calendar Calendar, p ReviewPolicy) {
	days := make([]asof.Date, p.Ahead)
	for i, day := 0, on; i < p.Ahead; i++ {
		day = calendar(day, 1)
		days[i] = day
	}
	taken := make([]int, p.Ahead)
	next := make([]int, p.Ahead+1) // first day from here on that may have room
	for i := range next {
		next[i] = i
	}
	room := func(i int) int {
		for next[i] != i {
			next[i] = next[next[i]]
			i = next[i]
		}
		return i
	}
	for i := range list {
		from, _ := slices.BinarySearch(days, list[i].DueOn.Add(-p.LeadDays))
		at := room(from)
		if at == p.Ahead {
			continue
		}
		list[i].Planned = days[at]
		if taken[at]++; taken[at] == p.Capacity {
			next[at] = at + 1
		}
	}
}

var pulledWords = map[string][2]string{
	"critical_warning": {"critical warning", "最高级预警"}, "warning": {"warning that asks to act", "需行动预警"},
	"limit_expired": {"the limit has expired", "额度已到期"}, "stale": {"its data are stale", "数据陈旧"},
}

var fromWords = map[string][2]string{
	"review": {"last review", "上次复审"}, "limit": {"limit set", "额度设定"}, "start": {"relationship since", "合作开始"},
}

func (r *Review) words(on asof.Date) {
	grade := cmp.Or(r.Grade, "-")
	r.EN = fmt.Sprintf("grade %s: every %s", grade, counted(r.Months, "month"))
	r.ZH = fmt.Sprintf("等级 %s：每 %d 个月复审", grade, r.Months)
	if w, ok := fromWords[r.FromWhat]; ok {
		r.EN += fmt.Sprintf(", %s %s", w[0], r.From)
		r.ZH += fmt.Sprintf("，%s %s", w[1], r.From)
	} else {
		r.EN += ", no review is known"
		r.ZH += "，无复审记录"
	}
	if w, ok := pulledWords[r.Pulled]; ok {
		r.EN += "; pulled forward: " + w[0]
		r.ZH += "；提前：" + w[1]
	}
	if r.Overdue > 0 {
		r.EN += fmt.Sprintf("; %s overdue, expected loss at stake %s", counted(r.Overdue, "day"), money(r.ExpectedLoss))
		r.ZH += fmt.Sprintf("；已超期 %d 天，涉及预期损失 %s", r.Overdue, money(r.ExpectedLoss))
	}
	if !r.Planned.IsZero() && r.Planned > r.DueOn && r.DueOn > on {
		r.EN += fmt.Sprintf("; planned after its day, on %s, for lack of capacity", r.Planned)
		r.ZH += fmt.Sprintf("；人手不足，安排在 %s", r.Planned)
	}
}
