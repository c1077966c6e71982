package report

import (
	"testing"

	"creditwatch/pipeline/asof"
)

func TestScoreOfTheNightAgainstEarlierOnes(t *testing.T) {
	day := asof.Date(20000)
	for _, c := range []struct {
		scores []float64 // the newest first
		en, zh string
	}{
		{[]float64{100, 100, 99.97}, "the same in all 3 nights", "3 晚均相同"},
		{[]float64{100, 90.04, 90.0}, "lowest of 3 nights: 90.0 on " + day.Add(-2).String(), "3 晚中最低：90.0（" + day.Add(-2).String() + "）"},
		{[]float64{80, 100}, "lowest of 2 nights: 80.0 on " + day.String(), "2 晚中最低：80.0（" + day.String() + "）"},
		{[]float64{80}, firstNight.EN, firstNight.ZH},
	} {
		d := Data{}
		d.Night.AsOf = day
		for i, s := range c.scores {
			d.Quality.Trend = append(d.Quality.Trend, QualityNight{AsOf: day.Add(-i), Score: s, Judged: 1, Passed: 1})
		}
		for lang, want := range map[Lang]string{English: c.en, Chinese: c.zh} {
			if got := qualityCards(d, Source{}, printer{lang: lang})[0].Note; got != want {
				t.Errorf("%v in %s: %q, want %q", c.scores, lang, got, want)
			}
		}
	}
}
