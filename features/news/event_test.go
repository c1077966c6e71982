package news

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
	"github.com/google/go-cmp/cmp"
)

func TestSeverityFollowsTheSource(t *testing.T) {
	m, _ := NewMatcher(firms)
	for _, c := range []struct {
		title, class string
		severity     int8
		stage        string
	}{
		{"恒达机械被申请破产清算", "official", 4, Filed},
		{"恒达机械被申请破产清算", "company", 4, Filed},
		{"恒达机械被申请破产清算", "wire", 3, Filed}, // a second source makes it 4: see Stories
		{"恒达机械被申请破产清算", "press", 3, Filed},
		{"恒达机械被申请破产清算", "", 3, Filed},
		{"恒达机械被申请破产清算", "social", 2, Rumour},
		{"恒达机械可能破产", "press", 2, Announced},
		{"恒达机械可能破产", "social", 1, Rumour},
		{"恒达机械否认破产", "company", 1, Announced},
		{"网传恒达机械破产", "press", 2, Rumour},
		{"Acme cuts 500 jobs", "press", 2, Announced},
		{"Acme cuts 500 jobs", "social", 2, Rumour},
	} {
		got := m.Events(article(c.title, c.class))
		if len(got) != 1 || got[0].Severity != c.severity || got[0].Stage != c.stage {
			t.Errorf("%s by %q: %+v, want S%d %s", c.title, c.class, got, c.severity, c.stage)
		}
	}
}

func TestEventsAreDatedBySentence(t *testing.T) {
	m, _ := NewMatcher(firms)
	for _, c := range []struct{ title, want string }{ // published 2026-03-31
		{"Acme files for bankruptcy", "2026-03-31"},
		{"On March 5, Acme filed for bankruptcy", "2026-03-05"},
		{"Acme filed for bankruptcy on 5 March 2026", "2026-03-05"},
		{"Acme, which filed for bankruptcy in 2019, hires", "2019-07-01"},
		{"Ten years after its bankruptcy, Acme thrives", "2016-03-31"},
		{"Acme defaulted two decades ago", "2006-03-31"},
		{"On December 20, Acme defaulted on its bonds", "2025-12-20"}, // the last one
		{"Acme to restructure its debt by April 15", "2026-03-31"},    // not yet
		{"3月5日，恒达机械被申请破产", "2026-03-05"},
		{"2026年3月5日恒达机械被申请破产", "2026-03-05"},
		{"恒达机械已于2019年被申请破产", "2019-07-01"},
		{"恒达机械2025年净利大降并被申请破产", "2026-03-31"}, // the year of the figure
		{"恒达机械曾被申请破产", "2023-04-01"},
		{"恒达机械五年前被申请破产", "2021-03-31"},
	} {
		got := m.Events(article(c.title, "official"))
		i := slices.IndexFunc(got, func(e Event) bool { return e.Code == "INSOLV" || e.Code == "DEBTDEF" })
		if i < 0 || got[i].OccurredOn.String() != c.want {
			t.Errorf("%s: %+v, want %s", c.title, got, c.want)
		}
	}
	a := article("恒达机械被申请破产", "official")
	a.PublishedAt = nil
	a.KnownAt = time.Date(2026, 4, 2, 3, 0, 0, 0, time.UTC)
	if got := m.Events(a); got[0].OccurredOn != asof.MustParse("2026-04-02") {
		t.Errorf("undated article: %s, want the day we learnt of it", got[0].OccurredOn)
	}
}

func TestAmountIsTheNearest(t *testing.T) {
	m, _ := NewMatcher(firms)
	for _, c := range []struct{ title, want string }{
		{"恒达机械未能按期兑付5.1亿元债券，去年营收20亿元", "5.1亿元"},
		{"恒达机械：公司资金短缺，逾期贷款累计8,800万元", "8,800万元"},
		{"Acme fails to repay $1.2 billion bond after revenue of €3bn", "$1.2 billion"},
		{"Acme fined 300 million yuan", "300 million yuan"},
		{"Acme files for bankruptcy", ""},
	} {
		got := m.Events(article(c.title, "official"))
		if len(got) == 0 || got[0].Amount != c.want {
			t.Errorf("%s: %+v, want %q", c.title, got, c.want)
		}
	}
}

func TestArticleGivesItsBestMention(t *testing.T) {
	m, _ := NewMatcher(firms)
	a := article("Acme denies it will file for bankruptcy", "press")
	a.Body = "Rumours of an Acme bankruptcy spread on Monday. Globex defaulted on its loans. Globex could default on its loans."
	type row struct {
		customer, code, polarity string
		inTitle                  bool
		start                    int
	}
	var got []row
	for _, e := range m.Events(a) {
		got = append(got, row{e.CustomerID, e.Code, e.Polarity, e.InTitle, e.Start})
	}
	want := []row{{"acme", "INSOLV", Denied, true, 0}, {"globex", "DEBTDEF", Affirmed, false, strings.Index(a.Body, "Globex")}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNoRuleFiresInsideAName(t *testing.T) {
	m, _ := NewMatcher([]Customer{{ID: "1", Name: "破产清算事务所有限公司"}, {ID: "2", Name: "Default Risk Partners Ltd"}})
	for _, title := range []string{"破产清算事务所有限公司开业", "Default Risk Partners Ltd hires analysts"} {
		if got := m.Events(article(title, "press")); len(got) > 0 {
			t.Errorf("%s: %+v", title, got)
		}
	}
}

// Five megabytes without a full stop, names and triggers side by side: the work stays in proportion, so this ends.
func TestEndlessArticleIsRead(t *testing.T) {
	m, _ := NewMatcher(firms)
	for _, unit := range []string{"恒达机械可能破产5亿元，", "Acme may default on $5 million ", "恒", "a", "恒达机械、", "未能按期", "(((("} {
		a := article("", "press")
		a.Body = strings.Repeat(unit, 5<<20/len(unit))
		events := m.Events(a)
		if named := strings.Contains(unit, "default") || strings.Contains(unit, "破产"); (len(events) > 0) != named {
			t.Errorf("%q: %d events", unit, len(events))
		}
		for _, e := range events {
			if len(e.Sentence) > hardLimit+4 {
				t.Errorf("%q: sentence of %d bytes", unit, len(e.Sentence))
			}
		}
	}
}

func TestHundredThousandNamesFitIn100MB(t *testing.T) {
	customers := syntheticNames(100_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m, _ := NewMatcher(customers)
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := float64(after.HeapAlloc) - float64(before.HeapAlloc)
	t.Logf("%d names, %d nodes, %.1f MB", len(m.names), len(m.trie.label), used/1e6)
	if used > 100e6 {
		t.Errorf("matcher holds %.1f MB, want at most 100", used/1e6)
	}
	runtime.KeepAlive(m)
}

// story makes an event of customer c known n hours after the first, by publisher p.
func story(n int, p, class, language, title string) Event {
	m, _ := NewMatcher(firms)
	published := asof.MustParse("2026-03-01").Time().Add(time.Duration(n) * time.Hour)
	e := m.Events(Article{ID: fmt.Sprintf("a%03d", n), Publisher: p, SourceClass: class, Language: language, Title: title, PublishedAt: &published, KnownAt: published})
	if len(e) != 1 {
		panic(fmt.Sprintf("%s: %d events", title, len(e)))
	}
	return e[0]
}

func TestStoriesHoldReprintsAnswersAndBothLanguages(t *testing.T) {
	bankrupt, other := "恒达机械被申请破产清算", "恒达机械发布公告：法院受理公司破产清算一案"
	for _, c := range []struct {
		name   string
		events []Event
		want   string // per story: polarity severity corroboration sources
	}{
		{"one press report", []Event{story(0, "p1", "press", "zh", bankrupt)}, "affirmed 3 0.6 1"},
		{"sixteen reprints are one vote", func() (all []Event) {
			for i := range 16 {
				all = append(all, story(i, fmt.Sprint("p", i), "press", "zh", bankrupt))
			}
			return all
		}(), "affirmed 3 0.6 16"},
		{"two independent reports", []Event{story(0, "p1", "press", "zh", bankrupt), story(5, "p2", "press", "zh", other)}, "affirmed 4 1.2 2"},
		{"the same publisher twice", []Event{story(0, "p1", "press", "zh", bankrupt), story(5, "p1", "press", "zh", other)}, "affirmed 3 0.6 1"},
		{"official", []Event{story(0, "court", "official", "zh", bankrupt)}, "affirmed 4 1 1"},
		{"rumour and its denial", []Event{story(0, "p1", "social", "zh", "网传恒达机械破产"), story(9, "恒达", "company", "zh", "恒达机械否认破产传闻")}, "denied 1 1 2"},
		{"both languages", []Event{story(0, "p1", "wire", "zh", bankrupt), story(3, "p2", "wire", "en", "恒达机械 files for bankruptcy")}, "affirmed 4 1.6 2"},
		{"a month later", []Event{story(0, "p1", "press", "zh", bankrupt), story(24*30, "p2", "press", "zh", bankrupt)}, "affirmed 3 0.6 1; affirmed 3 0.6 1"},
		{"other sums, other words", []Event{story(0, "p1", "press", "zh", "恒达机械遭银行起诉索赔5亿元"), story(9, "p2", "press", "zh", "恒达机械被诉，涉案金额300万元")}, "affirmed 2 0.6 1; affirmed 2 0.6 1"},
	} {
		for _, turn := range []bool{false, true} { // the order given does not matter
			events := slices.Clone(c.events)
			if turn {
				slices.Reverse(events)
			}
			Cluster(events)
			var got []string
			for _, s := range Stories(events) {
				got = append(got, fmt.Sprintf("%s %d %v %d", s.Polarity, s.Severity, s.Corroboration, s.Sources))
			}
			if g := strings.Join(got, "; "); g != c.want {
				t.Errorf("%s: %s, want %s", c.name, g, c.want)
			}
		}
	}
}

func TestLaterKnowledgeKeepsStories(t *testing.T) {
	first := []Event{story(0, "p1", "press", "zh", "恒达机械被申请破产清算"), story(30, "p2", "press", "zh", "恒达机械破产清算申请获受理")}
	Cluster(first)
	all := append(slices.Clone(first), story(50, "p3", "press", "zh", "恒达机械进入破产清算程序"))
	Cluster(all)
	for i := range first {
		if first[i].StoryID != all[i].StoryID {
			t.Errorf("event %d moved from story %s to %s", i, first[i].StoryID, all[i].StoryID)
		}
	}
}

func TestStoryHalvesInItsHalfLife(t *testing.T) {
	s := Story{OccurredOn: 1000, HalfLifeDays: 90}
	for _, c := range []struct {
		on   asof.Date
		want float64
	}{{1000, 1}, {1090, 0.5}, {1180, 0.25}, {999, 0}} {
		if got := s.Weight(c.on); got != c.want {
			t.Errorf("weight on day %d = %v, want %v", c.on, got, c.want)
		}
	}
}
