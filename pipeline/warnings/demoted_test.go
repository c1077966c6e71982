package warnings

import (
	"strings"
	"testing"

	"creditwatch/pipeline/asof"
)

// A demoted rule is judged as before, warns at S1, asks for nothing and says why; it comes back by itself.
func TestDemotedRule(t *testing.T) {
	p := catalogue()
	shows := set{"pd_prudent": 0.5}
	judge := func(day string, last []Episode, demoted map[string]asof.Date) Episode {
		t.Helper()
		rec := one(shows)
		defer rec.Release()
		r, err := Judge(Night{AsOf: asof.MustParse(day), Book: rec, Last: last, Demoted: demoted}, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range r.Episodes {
			if e.Code == "W1-01" {
				return e
			}
		}
		t.Fatalf("%s: no W1-01", day)
		return Episode{}
	}
	since := asof.MustParse("2026-03-02")
	first := judge("2026-03-01", nil, nil)
	down := judge("2026-03-02", []Episode{first}, map[string]asof.Date{"W1-01": since})
	again := judge("2026-03-03", []Episode{down}, map[string]asof.Date{"W1-01": since})
	back := judge("2026-03-04", []Episode{again}, nil)
	if first.Severity != Act || back.Severity != Act {
		t.Errorf("before %s, restored %s: want S3 both", first.Severity, back.Severity)
	}
	for _, e := range []Episode{down, again} {
		if e.Severity != Info || e.Action != "INFO" || e.State != Open || e.EpisodeID != first.EpisodeID {
			t.Errorf("%s: %s %s %s, want S1 INFO open, the same episode", e.AsOf, e.Severity, e.Action, e.State)
		}
		if strings.Count(e.TextEN, "S1 only since 2026-03-02") != 1 || strings.Count(e.TextZH, "自 2026-03-02 起") != 1 {
			t.Errorf("%s: told as %q, %q", e.AsOf, e.TextEN, e.TextZH)
		}
	}
	if strings.Contains(back.TextEN, "S1 only") {
		t.Errorf("restored, still told as %q", back.TextEN)
	}
}

// A line of a rule, or one that all rules share, makes another version of it; a line of another rule does not.
func TestRuleVersion(t *testing.T) {
	rule := &Rules[0]
	p := catalogue()
	version := rule.Version(&p)
	for _, c := range []struct {
		name    string
		change  func(*Policy)
		another bool
	}{
		{"its line", func(p *Policy) { p.PDTrigger.Red.Open += 0.01 }, true},
		{"a shared line", func(p *Policy) { p.CooldownDays++ }, true},
		{"another rule's line", func(p *Policy) { p.Lawsuits.Open++ }, false},
		{"the name of the policy", func(p *Policy) { p.Version = "2" }, false},
	} {
		q := catalogue()
		c.change(&q)
		if got := rule.Version(&q) != version; got != c.another {
			t.Errorf("%s: another version %t, want %t", c.name, got, c.another)
		}
	}
}
