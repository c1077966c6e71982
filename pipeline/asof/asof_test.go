package asof

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAddMonthsKeepsToTheMonth(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-01-31", 1, "2026-02-28"},
		{"2024-01-31", 1, "2024-02-29"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-11-30", 2, "2027-01-30"},
		{"2026-01-15", -13, "2024-12-15"},
	} {
		if got := MustParse(c.from).AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s%+d months = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func TestCutIsTheFirstInstantAfterTheDate(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := MustParse("2026-11-22").Cut(shanghai), "2026-11-22T16:00:00Z"; got.Format(time.RFC3339) != want {
		t.Errorf("cut = %s, want %s", got.Format(time.RFC3339), want)
	}
	santiago, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := MustParse("2026-09-05").Cut(santiago), "2026-09-06T04:00:00Z"; got.Format(time.RFC3339) != want { // clocks go from 24:00 to 1:00
		t.Errorf("cut %s, want %s", got.Format(time.RFC3339), want)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "2026-13-01", "0000-00-00", "1960-01-01", "2149-06-07", "2026-1-1", "2026-02-30", "2026-01-01T00:00:00Z"} {
		if d, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %s, want an error", s, d)
		}
	}
}

func TestDateRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Date(rapid.Int32Range(1, int32(Latest)).Draw(t, "days"))
		back, err := Parse(d.String())
		if err != nil || back != d {
			t.Fatalf("Parse(%s) = %s, %v", d, back, err)
		}
		if e := d.MonthEnd(); e < d || e.Sub(d) > 30 {
			t.Fatalf("month end of %s is %s", d, e)
		}
	})
}
