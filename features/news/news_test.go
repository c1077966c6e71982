package news

import (
	"testing"
	"time"

	"creditwatch/pipeline/asof"
)

func article(title, class string) Article {
	published := asof.MustParse("2026-03-31").Time()
	return Article{ID: "a1", Publisher: "p", SourceClass: class, Title: title, PublishedAt: &published, KnownAt: published.Add(time.Hour)}
}

func TestAnArticleBecomesEvents(t *testing.T) {
	m, amb := NewMatcher([]Customer{{ID: "1", Name: "Acme Inc"}, {ID: "2", Name: "江苏恒达机械有限公司"}, {ID: "3", Name: "中国"}, {ID: "4", Name: "Globex Corp"}, {ID: "5", Name: "万科企业股份有限公司", Aliases: []string{"万科", "万科A"}}})
	t.Log(amb)
	for _, s := range []string{"Acme, Inc. files for bankruptcy", "江苏恒达机械申请破产", "Acme denies it will file for bankruptcy", "Globex sues Acme over unpaid bills", "万科A2018年：未能按期兑付5亿元债券", "不排除万科破产可能"} {
		for _, e := range m.Events(article(s, "press")) {
			t.Logf("%s: %s %s %s %s %s S%d %q %q %s", s, e.CustomerID, e.Code, e.Polarity, e.Stage, e.Role, e.Severity, e.Matched, e.Trigger, e.Amount)
		}
	}
}
