package news

import (
	"testing"
	"time"

	"creditwatch/pipeline/asof"
	"github.com/google/go-cmp/cmp"
)

// article is a headline published on 2026-03-31.
func article(title, class string) Article {
	published := asof.MustParse("2026-03-31").Time()
	return Article{ID: "a1", Publisher: "p", SourceClass: class, Title: title, PublishedAt: &published, KnownAt: published.Add(time.Hour)}
}

func TestEventKeepsItsEvidence(t *testing.T) {
	m, _ := NewMatcher([]Customer{{ID: "v", Name: "万科企业股份有限公司", Aliases: []string{"万科", "万科A"}}})
	a := article("市场综述", "wire")
	a.Language = "zh"
	a.Body = "周二股市平稳。“万科（Ａ）3月5日未能按期兑付5亿元债券。”分析师说。"
	want := []Event{{
		ArticleID: "a1", CustomerID: "v", Code: "DEBTDEF", Publisher: "p", Language: "zh",
		Polarity: Affirmed, Stage: Announced, Role: Subject, BaseSeverity: 4, Severity: 3,
		Matched: "万科（Ａ）", MatchScore: 0.95, Trigger: "未能按期兑付", Rule: "DEBTDEF/未能按期兑付",
		Sentence: "“万科（Ａ）3月5日未能按期兑付5亿元债券。”", Start: 24, End: 39,
		OccurredOn: asof.MustParse("2026-03-05"), KnownAt: a.KnownAt,
		SourceWeight: 0.8, HalfLifeDays: 540, Amount: "5亿元",
	}}
	if diff := cmp.Diff(want, m.Events(a)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
