package timetable

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"creditwatch/pipeline/asof"
)

// at is the cron line of an hour and a minute of every day.
func at(hour, minute int) func(time.Time) time.Time {
	return func(after time.Time) time.Time {
		next := time.Date(after.Year(), after.Month(), after.Day(), hour, minute, 0, 0, time.UTC)
		if !next.After(after) {
			next = next.AddDate(0, 0, 1)
		}
		return next
	}
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestDueAt(t *testing.T) {
	for _, c := range []struct {
		name, zone   string
		hour, minute int
		date, want   string
	}{
		{"an ordinary night", "Asia/Shanghai", 2, 30, "2026-06-30", "2026-06-30T18:30:00Z"},
		{"a time that summer time leaves out is an hour later", "America/New_York", 2, 30, "2026-03-07", "2026-03-08T07:30:00Z"},
		{"a time that comes twice is the first", "America/New_York", 1, 30, "2026-10-31", "2026-11-01T05:30:00Z"},
		{"the other half of the world", "Australia/Sydney", 2, 30, "2026-10-03", "2026-10-03T16:30:00Z"},
		{"29 February", "Europe/London", 2, 30, "2028-02-28", "2028-02-29T02:30:00Z"},
		{"the end of the year", "Europe/London", 0, 5, "2026-12-31", "2027-01-01T00:05:00Z"},
		{"a midnight that summer time leaves out", "America/Santiago", 0, 0, "2026-09-05", "2026-09-06T04:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Timetable{Zone: zone(t, c.zone), Next: at(c.hour, c.minute)}.DueAt(asof.MustParse(c.date)).UTC().Format(time.RFC3339)
			if got != c.want {
				t.Errorf("due at %s, want %s", got, c.want)
			}
		})
	}
}

func TestDue(t *testing.T) {
	// April 2026: Wednesday the 1st; Saturday the 4th to Monday the 6th Qingming, Sunday the 12th worked in this table.
	days := Days{Business: true, Holidays: map[asof.Date]bool{asof.On(2026, 4, 6): true}, Workdays: map[asof.Date]bool{asof.On(2026, 4, 12): true}}
	for _, c := range []struct {
		name      string
		days      Days
		catchUp   string
		most      int
		now       string
		published string
		started   bool
		want      string
	}{
		{"nothing was ever published", Days{}, All, 7, "2026-04-09 03:00", "", true, "04-08 +0"},
		{"before its time", Days{}, All, 7, "2026-04-09 02:29", "04-07", true, " +0"},
		{"on its minute", Days{}, All, 7, "2026-04-09 02:30", "04-07", false, "04-08 +0"},
		{"published", Days{}, All, 7, "2026-04-09 03:00", "04-08", false, " +0"},
		{"all that were missed", Days{}, All, 7, "2026-04-09 03:00", "04-05", true, "04-06 04-07 04-08 +0"},
		{"no more than so many", Days{}, All, 2, "2026-04-09 03:00", "04-03", true, "04-07 04-08 +3"},
		{"a gap among the newest", Days{}, All, 7, "2026-04-09 03:00", "04-04 04-05 04-07 04-08", true, "04-06 +0"},
		{"a gap further back is left alone", Days{}, All, 2, "2026-04-09 03:00", "04-02 04-05 04-06 04-07 04-08", true, " +0"},
		{"the newest alone", Days{}, Latest, 7, "2026-04-09 03:00", "04-05", true, "04-08 +2"},
		{"the newest alone, and it is published", Days{}, Latest, 7, "2026-04-09 03:00", "04-05 04-08", true, " +0"},
		{"none at the start", Days{}, None, 7, "2026-04-09 03:00", "04-05", true, " +0"},
		{"none, woken by the clock", Days{}, None, 7, "2026-04-09 03:00", "04-05", false, "04-08 +2"},
		{"the clock went back", Days{}, All, 7, "2026-04-07 03:00", "04-08", true, " +0"},
		{"a weekend and a holiday have no night", days, All, 7, "2026-04-08 03:00", "04-02", true, "04-03 04-07 +0"},
		{"on a holiday", days, All, 7, "2026-04-07 03:00", "04-03", false, " +0"},
		{"a Sunday that is worked", days, All, 7, "2026-04-13 03:00", "04-10", false, "04-12 +0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			shanghai := zone(t, "Asia/Shanghai")
			now, err := time.ParseInLocation("2006-01-02 15:04", c.now, shanghai)
			if err != nil {
				t.Fatal(err)
			}
			published := map[asof.Date]bool{}
			for _, d := range strings.Fields(c.published) {
				published[asof.MustParse("2026-"+d)] = true
			}
			dates, left := Timetable{Zone: shanghai, Next: at(2, 30), Days: c.days, CatchUp: c.catchUp, Most: c.most}.Due(now, published, c.started)
			var got []string
			for _, d := range dates {
				got = append(got, d.String()[5:])
			}
			if got := fmt.Sprintf("%s +%d", strings.Join(got, " "), left); got != c.want {
				t.Errorf("due %s, want %s", got, c.want)
			}
		})
	}
}

// TestNoDateIsLost: however a process sleeps and wakes, as long as it never sleeps longer than the table catches up, every business date is due
// exactly once between the first and the last, and in order.
func TestNoDateIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom([]string{"Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Sydney", "America/Santiago", "Asia/Kathmandu"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		table := Timetable{Zone: z, Next: at(rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")), CatchUp: All, Most: 10,
			Days: Days{Business: rapid.Bool().Draw(t, "business")}}
		now := time.Date(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), 1, 0, 0, 0, 0, time.UTC)
		published := map[asof.Date]bool{}
		var first, last asof.Date
		for range 60 {
			now = now.Add(time.Duration(rapid.IntRange(1, 7*24*60).Draw(t, "minutes")) * time.Minute)
			dates, left := table.Due(now, published, rapid.Bool().Draw(t, "started"))
			if left > 0 {
				t.Fatalf("%s: %d left out", now, left)
			}
			for _, d := range dates {
				if published[d] || d <= last || !d.Cut(z).Before(now.Add(time.Second)) {
					t.Fatalf("%s: %s is due, published %v, last %s", now, d, published[d], last)
				}
				if first.IsZero() {
					first = d
				}
				published[d], last = true, d
			}
		}
		for d := first; d <= last; d = d.Add(1) {
			if published[d] != table.Days.Is(d) {
				t.Fatalf("%s: published %v, a business date %v", d, published[d], table.Days.Is(d))
			}
		}
	})
}
