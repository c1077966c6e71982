package warnings

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name. A missing file fails: only -update creates one.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// march is a small book on the n-th night of a month in which each customer goes its own way.
func march(n int) []customer {
	x := float64(n)
	after := func(night int, then float64, before float64) float64 {
		if n >= night {
			return then
		}
		return before
	}
	return []customer{
		{"fading", "Li Na", "steel", "Hebei", set{ // pays later and later, uses its limit up, defaults
			"limit_utilisation": 0.7 + 0.02*x, "dbt_90d": 5 + x, "dbt_zscore_90d": x / 5, "pd_12m": 0.01 * (1 + x/2), "pd_prudent": 0.015 * (1 + x/2), "pd_hi": 0.015 * (1 + x/2),
			"overdue_30d_base": max(0, 400*(x-8)), "overdue_60d_base": max(0, 400*(x-20)), "default_days": max(0, 60+x)}},
		{"recovering", "Li Na", "steel", "Hebei", set{"limit_utilisation": after(12, 0.7, 1.05), "pay_index_90d": after(5, 69, 80) + after(20, 8, 0)}},
		{"wavering", "Max Weber", "steel", "Hebei", set{"limit_utilisation": 0.83 + 0.05*float64(n%2), "pd_prudent": 0.045 + 0.01*float64(n/3%2), "pd_hi": 0.055}},
		{"disputing", "Max Weber", "steel", "Jiangsu", set{"overdue_30d_base": 5000, "promise_pending": after(10, 0, 1), "unapplied_base": after(15, 6000, 0), "disputed_share": after(6, 0.3, 0), "late_raised_dispute_share": after(9, 0.7, 0.1)}},
		{"unknown", "", "retail", "", set{"limit_utilisation": null, "pd_12m": null, "pd_prudent": null, "score_missing": 1, "rating_age_days": null, "has_external_key": after(7, 1, 0)}},
		{"lapsing", "Wang Wei", "retail", "Jiangsu", set{"guarantee_expires_in_days": after(25, 365, 40-x), "uncovered_exposure_base": 60000, "limit_utilisation": after(10, null, 1.2)}},
		{"in the news", "Wang Wei", "retail", "Jiangsu", nil},
		{"healthy", "Wang Wei", "retail", "Jiangsu", nil},
	}
}

func TestMarch(t *testing.T) {
	about := func(e *Event) { e.CustomerID = "in the news" }
	news := []Event{
		tell("INSOLV", about, hypothetical, daysLater(3), func(e *Event) { e.Sentence = "网传其拟申请破产重整。" }),
		tell("INSOLV", about, denied, daysLater(5), story2, func(e *Event) { e.Sentence, e.SourceWeight = "公司否认破产传闻。", 0.7 }),
		tell("WAGE", about, daysLater(9), func(e *Event) { e.Sentence = "Workers protest over unpaid wages." }),
		tell("INSOLV", about, official, daysLater(14), story3, func(e *Event) { e.Sentence, e.HalfLifeDays = "法院裁定受理破产申请。", 720 }),
		tell("LAYOFF", about, daysLater(2), func(e *Event) { e.HalfLifeDays = 8; e.Sentence = "The group is to cut 400 jobs." }),
	}
	var b strings.Builder
	var last []Episode
	for n := range 30 {
		night := monday.Add(n)
		if n == 17 || n == 18 {
			continue // nights that never ran
		}
		var known []Event
		for _, e := range news {
			if e.OccurredOn <= night {
				known = append(known, e)
			}
		}
		before := map[key]Episode{}
		for _, e := range last {
			before[key{e.CustomerID, e.Code}] = e
		}
		r := judged(t, Night{AsOf: night, Book: bookOf(march(n)...), Events: known, Last: last}, catalogue())
		s := r.Summary
		fmt.Fprintf(&b, "%s opened %d closed %d; open %d pending %d suppressed %d %v\n", night, s.Opened, s.Closed, s.Open, s.Pending, s.Suppressed, s.By)
		for _, e := range r.Episodes {
			was := before[key{e.CustomerID, e.Code}]
			if was.State == e.State && was.Severity == e.Severity && was.SuppressedBy == e.SuppressedBy && n < 29 {
				continue // nothing new
			}
			fmt.Fprintf(&b, "  %s %s %s %s since %s, last %s, %d over %d under, recent %s, value %s peak %s\n", e.CustomerID, e.Code, e.Severity, e.State, e.FirstSeen, e.LastSeen, e.NightsOver, e.NightsUnder, e.Recent, short(e.Value), short(e.Peak))
			fmt.Fprintf(&b, "    %s: %s by %s", e.Owner, e.Action, e.DueOn)
			if e.SuppressedBy != "" {
				fmt.Fprintf(&b, "; suppressed: %s", e.SuppressedBy)
			}
			fmt.Fprintf(&b, "\n    %s\n    %s\n    %s\n", e.TextEN, e.TextZH, e.Evidence)
		}
		last = r.Episodes
	}
	golden(t, "march.txt", []byte(b.String()))
}

func short(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return digits(x, 4)
}
