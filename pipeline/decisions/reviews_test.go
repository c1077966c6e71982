package decisions

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"

	"pgregory.net/rapid"
)

// weekdays is a calendar without holidays.
func weekdays(d asof.Date, n int) asof.Date {
	for ; n > 0; n-- {
		for d = d.Add(1); d.Time().Weekday() == 0 || d.Time().Weekday() == 6; d = d.Add(1) {
		}
	}
	return d
}

func reviewsOf(t testing.TB, accounts []Account, p ReviewPolicy) []Review {
	t.Helper()
	limits, err := desk().Recommend(accounts)
	if err != nil {
		t.Fatal(err)
	}
	return Reviews(tuesday, limits, weekdays, p)
}

func TestReviewDay(t *testing.T) {
	day := asof.MustParse
	for _, c := range []struct {
		shows string
		with  func(a *Account)
		want  string // scheduled, due, pulled by, counted by, overdue
	}{
		{"by grade from the limit", func(*Account) {}, "2026-07-01 2026-07-01  limit 0"},
		{"from a later review", func(a *Account) { a.Reviewed = day("2026-01-20") }, "2026-07-20 2026-07-20  review 0"},
		{"not from an earlier one", func(a *Account) { a.Reviewed = day("2025-01-20") }, "2026-07-01 2026-07-01  limit 0"},
		{"a weaker grade sooner", func(a *Account) { a.Grade = "C" }, "2026-02-01 2026-02-01  limit 58"},
		{"a month has its end", func(a *Account) { a.Grade, a.Reviewed = "C", day("2026-01-31") }, "2026-02-28 2026-02-28  review 31"},
		{"no grade", func(a *Account) { a.Grade, a.LimitSet = "", 0; a.Since = day("2026-01-15") }, "2026-07-15 2026-07-15  start 0"},
		{"nothing known of it", func(a *Account) { a.LimitSet, a.Since = 0, 0 }, "2026-04-01 2026-04-01  unknown 0"},
		{"due today is not overdue", func(a *Account) { a.LimitSet = day("2025-09-30") }, "2026-03-30 2026-03-30  limit 1"},
		{"a critical warning", func(a *Account) { a.Severity = 4 }, "2026-07-01 2026-04-01 critical_warning limit 0"},
		{"one that asks to act", func(a *Account) { a.Severity = 3 }, "2026-07-01 2026-04-07 warning limit 0"},
		{"one to watch pulls nothing", func(a *Account) { a.Severity = 2 }, "2026-07-01 2026-07-01  limit 0"},
		{"an expired limit", func(a *Account) { a.LimitUntil = tuesday.Add(-1) }, "2026-07-01 2026-04-07 limit_expired limit 0"},
		{"stale data", func(a *Account) { a.Stale = true }, "2026-07-01 2026-04-14 stale limit 0"},
		{"of a customer that owes nothing", func(a *Account) { a.Stale, a.Open, a.Orders = true, 0, 0 }, "2026-07-01 2026-07-01  limit 0"},
		{"the soonest counts", func(a *Account) { a.Stale, a.Severity = true, 3 }, "2026-07-01 2026-04-07 warning limit 0"},
		{"an answer to it holds for 29 days", func(a *Account) { a.Severity, a.Reviewed = 4, tuesday.Add(-29) }, "2026-09-02 2026-09-02  review 0"},
		{"and on the 30th no more", func(a *Account) { a.Severity, a.Reviewed = 4, tuesday.Add(-30) }, "2026-09-01 2026-04-01 critical_warning review 0"},
		{"what was due stays due", func(a *Account) { a.Severity, a.DueBefore = 3, tuesday.Add(-4) }, "2026-07-01 2026-03-27 warning limit 4"},
		{"until its cause has gone", func(a *Account) { a.DueBefore = tuesday.Add(-4) }, "2026-07-01 2026-07-01  limit 0"},
		{"nothing pulls back", func(a *Account) { a.LimitSet, a.Severity = day("2025-01-01"), 4 }, "2025-07-01 2025-07-01  limit 273"},
	} {
		t.Run(c.shows, func(t *testing.T) {
			a := usual()
			c.with(&a)
			r := reviewsOf(t, []Account{a}, Default().Reviews)[0]
			if got := fmt.Sprintf("%s %s %s %s %d", r.Scheduled, r.DueOn, r.Pulled, r.FromWhat, r.Overdue); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if r.EN == "" || r.ZH == "" {
				t.Error("no words")
			}
		})
	}
}

func TestReviewsFitTheCapacity(t *testing.T) {
	p := Default().Reviews
	p.Capacity, p.LeadDays, p.Ahead = 2, 1, 4 // Wednesday 1 to Monday 6 April
	accounts := make([]Account, 0, 9)
	add := func(id string, due asof.Date, loss int64) {
		a := usual()
		a.CustomerID, a.Grade, a.LimitSet, a.Reviewed, a.ExpectedLoss = id, "AAA", 0, due.AddMonths(-12), money0(loss)
		accounts = append(accounts, a)
	}
	april := func(d int) asof.Date { return asof.On(2026, 4, d) }
	add("late, small", april(1).Add(-100), 1)
	add("late, large", april(1).Add(-5), 900)
	add("tomorrow", april(1), 500)
	add("Friday", april(3), 10)
	add("Saturday", april(4), 10)
	add("Monday", april(6), 10)
	add("next week", april(20), 1_000)
	var got []string
	for _, r := range reviewsOf(t, accounts, p) {
		planned := "-"
		if !r.Planned.IsZero() {
			planned = r.Planned.String()[5:]
		}
		got = append(got, r.CustomerID+" "+planned)
	}
	// The first day takes the two with most at stake of those that are due by then; Friday's may be done from Thursday on.
	want := "late, large 04-01; tomorrow 04-01; late, small 04-02; Friday 04-02; Saturday 04-03; Monday 04-06; next week -"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("got %s\nwant %s", s, want)
	}
}

func TestReviewsNeverExceedTheCapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Default().Reviews
		p.Capacity, p.Ahead, p.LeadDays = rapid.IntRange(1, 4).Draw(t, "capacity"), rapid.IntRange(1, 12).Draw(t, "ahead"), rapid.IntRange(0, 20).Draw(t, "lead")
		accounts := make([]Account, rapid.IntRange(0, 40).Draw(t, "customers"))
		for i := range accounts {
			accounts[i] = usual()
			accounts[i].CustomerID = fmt.Sprintf("C%02d", i)
			accounts[i].LimitSet = tuesday.Add(-rapid.IntRange(100, 260).Draw(t, "age"))
		}
		limits, err := desk().Recommend(accounts)
		if err != nil {
			t.Fatal(err)
		}
		list := Reviews(tuesday, limits, weekdays, p)
		taken := map[asof.Date]int{}
		last := weekdays(tuesday, p.Ahead)
		for _, r := range list {
			if r.Planned.IsZero() {
				continue
			}
			taken[r.Planned]++
			if r.Planned <= tuesday || r.Planned > last || r.Planned < r.DueOn.Add(-p.LeadDays) || weekdays(r.Planned.Add(-1), 1) != r.Planned {
				t.Fatalf("due %s, planned %s", r.DueOn, r.Planned)
			}
		}
		for day, n := range taken {
			if n > p.Capacity {
				t.Fatalf("%d reviews on %s, room for %d", n, day, p.Capacity)
			}
		}
		// Nobody is left out while a day from its lead on has room.
		for _, r := range list {
			for d := weekdays(max(tuesday, r.DueOn.Add(-p.LeadDays-1)), 1); r.Planned.IsZero() && d <= last; d = weekdays(d, 1) {
				if taken[d] < p.Capacity {
					t.Fatalf("%s is left out, %s has room", r.DueOn, d)
				}
			}
		}
		if !slices.IsSortedFunc(list, func(a, b Review) int { return max(a.DueOn, tuesday.Add(1)).Sub(max(b.DueOn, tuesday.Add(1))) }) {
			t.Fatal("not in order of their days")
		}
	})
}

func TestCoverageByHand(t *testing.T) {
	person := func(id, owner string, loss int64, contacted, visited int) Account {
		a := usual()
		a.CustomerID, a.Owner, a.ExpectedLoss, a.Grade = id, owner, money0(loss), "C" // a visit every 90 days
		if contacted >= 0 {
			a.Contacted = tuesday.Add(-contacted)
		}
		if visited >= 0 {
			a.Visited = tuesday.Add(-visited)
		}
		return a
	}
	idle := person("idle", "Bo", 0, -1, -1)
	idle.Open, idle.Orders = 0, 0
	safe := person("safe", "Bo", 5000, 10, -1)
	safe.Grade = "AAA"
	limits, err := desk().Recommend([]Account{
		person("touched", "Ana", 3000, 89, 90), person("missed", "Ana", 1000, 90, 91), person("never", "", 2000, -1, -1), person("small", "Bo", 999, -1, 300), safe, idle,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range Coverage(tuesday, limits, Default().Coverage) {
		got = append(got, fmt.Sprintf("%s %q %d of %d, %s of %s; %d overdue %s %v", c.Scope, c.Owner, c.Touched, c.Customers, money(c.TouchedLoss), money(c.ExpectedLoss), c.Overdue, money(c.OverdueLoss), c.OverdueFirst))
	}
	want := []string{
		`book "" 2 of 5, 8,000 of 11,999; 2 overdue 3,000 [never missed]`,
		`owner "" 0 of 1, 0 of 2,000; 1 overdue 2,000 [never]`,
		`owner "Ana" 1 of 2, 3,000 of 4,000; 1 overdue 1,000 [missed]`,
		`owner "Bo" 1 of 2, 5,000 of 5,999; 0 overdue 0 []`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func money0(units int64) book.Money { return book.Money(units) * yuan }
