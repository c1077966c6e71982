package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/sources"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// said is a buffer that a goroutine writes and another one reads.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// TestScheduleRunsAMissedNightOnce: started long after its time, the scheduler runs the newest night that is missing,
// only that, and then waits.
func TestScheduleRunsAMissedNightOnce(t *testing.T) {
	data := t.TempDir()
	db := warehousetest.OpenAt(t, data)
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	defer stop()
	if err := prepare(ctx, db); err != nil {
		t.Fatal(err)
	}
	var log said
	now := time.Date(2026, 4, 2, 9, 0, 0, 0, time.UTC) // 17:00 in Shanghai
	a := &app{out: &log, errOut: &log, clock: func() time.Time { return now }, log: "json", data: data, config: "testdata/tiny/creditwatch.yaml",
		set: []string{"schedule.cron=30 2 * * *"}}
	c, err := a.load()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.schedule(ctx, db, c) }()
	for !strings.Contains(log.String(), "waiting for the next night") { // after the missed night
		select {
		case err := <-done:
			t.Fatalf("ended: %v\n%s", err, log.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	var nights []string
	mustEach(t, db, "SELECT toString(as_of) AS day FROM creditwatch.publications ORDER BY day", func(r *rows.Row) { nights = append(nights, r.Text("day")) })
	if len(nights) != 1 || nights[0] != "2026-04-01" {
		t.Errorf("published %v, want 2026-04-01 alone\n%s", nights, log.String())
	}
	intraday(t, a, db, c, &now)
}

// intraday judges the running day twice and then runs its night: readers stay on the last night, see the newest judgement beside it, and nothing
// of it once the night is published.
func intraday(t *testing.T, a *app, db *warehouse.DB, c configs.Config, now *time.Time) {
	t.Helper()
	ctx := t.Context()
	r, err := a.runner(db, c)
	if err != nil {
		t.Fatal(err)
	}
	number := func(sql string) (n int64) {
		t.Helper()
		mustEach(t, db, "SELECT toInt64("+sql+") AS n", func(r *rows.Row) { n = r.Whole("n") })
		return n
	}
	var last uint64
	for range 2 {
		*now = now.Add(time.Hour)
		res, err := r.Intraday(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if res.AsOf != asof.On(2026, 4, 2) || res.Run <= last {
			t.Errorf("judged %s as run %d after run %d", res.AsOf, res.Run, last)
		}
		last = res.Run
	}
	if n := number("(SELECT uniqExact(run) FROM creditwatch.publications)"); n != 1 {
		t.Errorf("%d runs are published, want the night's alone", n)
	}
	// Somebody must be warned of whom the last night said nothing.
	const forged = `INSERT INTO creditwatch.warnings_rows (run, as_of, customer_id, code, tier, severity, state) SELECT run, as_of, 'C1', code, tier, 3, state
FROM (SELECT max(run) AS run, toDate('2026-04-02') AS as_of FROM creditwatch.intraday) AS i CROSS JOIN (SELECT arrayJoin([('W1-99', 1, 'open'), ('W2-99', 2, 'open'), ('W3-99', 3, 'closed')]) AS w, w.1 AS code, w.2 AS tier, w.3 AS state) AS x`
	if err := db.Exec(ctx, forged, nil); err != nil {
		t.Fatal(err)
	}
	if n := number("(SELECT count() FROM creditwatch.intraday_warnings WHERE code = 'W2-99') * 10 + (SELECT count() FROM creditwatch.intraday_warnings WHERE code != 'W2-99')"); n != 10 {
		t.Errorf("the judgement shows %d, want the one new warning of behaviour", n)
	}
	*now = now.Add(12 * time.Hour)
	if _, err := r.RunMissing(ctx, asof.On(2026, 4, 2)); err != nil {
		t.Fatal(err)
	}
	if n := number("(SELECT count() FROM creditwatch.intraday_warnings)"); n != 0 {
		t.Errorf("%d warnings of a day whose night is published", n)
	}
	if n := number("(SELECT uniqExact(run) FROM creditwatch.warnings_rows)"); n != 3 {
		t.Errorf("warnings of %d runs are kept, want those of two nights and of the newest judgement", n)
	}
}

func TestCronIsChecked(t *testing.T) {
	a := &app{clock: time.Now}
	for line, good := range map[string]bool{"30 2 * * *": true, "0 2 * * 1-5": true, "30 25 * * *": false, "30 2 * *": false, "often": false, "": false} {
		c := configs.Config{Schedule: configs.Schedule{Cron: line}, Zone: time.UTC}
		err := a.checkCron(c)
		if (err == nil) != good {
			t.Errorf("%q: %v", line, err)
		}
		if err != nil && (!errors.Is(err, errUsage) || !strings.Contains(err.Error(), "schedule.cron")) {
			t.Errorf("%q: %v; want a wrong call that names the key", line, err)
		}
	}
}

// A fakeBook is what a watchman sees of the product: nights that take their time, fail by a table, and are published once.
type fakeBook struct {
	mu        sync.Mutex
	published map[asof.Date]bool
	runs      map[asof.Date]int // times that a night was published
	tries     []string          // day of the month and hour of every try
	fails     map[asof.Date][]error
	old       []error // with which removals fail, one after the other
	cleared   time.Time
	takes     time.Duration
}

func (b *fakeBook) night(clock func() time.Time, zone *time.Location) func(context.Context, asof.Date) error {
	return func(ctx context.Context, day asof.Date) error {
		b.mu.Lock()
		b.tries = append(b.tries, day.String()[5:]+" at "+clock().In(zone).Format("02. 15:04"))
		var fail error
		if list := b.fails[day]; len(list) > 0 {
			fail, b.fails[day] = list[0], list[1:]
		}
		there := b.published[day]
		b.mu.Unlock()
		if fail != nil {
			return fail
		}
		if there {
			return pipeline.ErrPublished
		}
		if !sleep(ctx, b.takes) {
			return ctx.Err()
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.published[day] = true
		b.runs[day]++
		return nil
	}
}

func (b *fakeBook) watchman(s configs.Schedule, zone *time.Location, clock func() time.Time, log io.Writer) *watchman {
	return &watchman{Schedule: s, zone: zone, clock: clock, log: zerolog.New(log), night: b.night(clock, zone),
		published: func(context.Context) (map[asof.Date]bool, time.Time, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return maps.Clone(b.published), time.Time{}, nil
		},
		took: func(context.Context) (time.Duration, error) { return b.takes, nil },
		intraday: func(context.Context) error {
			b.tries = append(b.tries, "running at "+clock().In(zone).Format("02. 15:04"))
			return nil
		},
		retire: func(context.Context) (err error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if s.Retention != builtinRetention { // that one comes in every year of nights
				b.tries = append(b.tries, "old rows at "+clock().In(zone).Format("02. 15:04"))
			}
			if len(b.old) > 0 {
				err, b.old = b.old[0], b.old[1:]
			}
			if err == nil {
				b.cleared = clock()
			}
			return err
		},
		retired: func(context.Context) (time.Time, error) { return b.cleared, nil },
	}
}

// builtinRetention is the built-in schedule.retention.
const builtinRetention = "0 13 1 * *"

// during lets a watchman work for so long.
func during(t *testing.T, w *watchman, d time.Duration) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), d)
	defer stop()
	if err := w.watch(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("ended with %v", err)
	}
}

func defaultSchedule(t *testing.T, set ...string) configs.Schedule {
	t.Helper()
	c, err := configs.Load("", nil, set)
	if err != nil {
		t.Fatal(err)
	}
	return c.Schedule
}

// TestYearOfNights lets a year pass in four places, with summer time, a leap day, the end of a year, a machine that is off now and then, and
// nights that fail: every business date is published exactly once.
func TestYearOfNights(t *testing.T) {
	for _, c := range []struct{ zone, cron, days string }{
		{"Asia/Shanghai", "30 2 * * *", "every"},
		{"America/New_York", "30 2 * * *", "every"}, // the time that summer time leaves out
		{"America/New_York", "30 1 * * *", "every"}, // and the one that it has twice
		{"Europe/London", "30 1 * * *", "business"},
		{"Australia/Sydney", "30 2 * * *", "every"},
		{"America/Santiago", "0 0 * * *", "every"}, // a midnight that does not exist
	} {
		t.Run(c.zone+" "+c.cron, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				zone, err := time.LoadLocation(c.zone)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Until(time.Date(2027, 10, 1, 12, 0, 0, 0, zone))) // a bubble begins in 2000
				b := &fakeBook{published: map[asof.Date]bool{}, runs: map[asof.Date]int{}, fails: map[asof.Date][]error{}, takes: 20 * time.Minute}
				dice := rand.New(rand.NewPCG(1, 2))
				end := time.Date(2028, 11, 15, 12, 0, 0, 0, zone)
				for d := asof.On(2027, 9, 30); d < asof.Of(end); d = d.Add(1 + dice.IntN(9)) {
					b.fails[d] = slices.Repeat([]error{errors.New("no luck")}, dice.IntN(3))
				}
				s := defaultSchedule(t, "schedule.cron="+c.cron, "schedule.days="+c.days)
				for time.Now().Before(end) {
					during(t, b.watchman(s, zone, time.Now, io.Discard), min(time.Duration(dice.IntN(40*24*60)+1)*time.Minute, time.Until(end)))
					if time.Now().Before(end) {
						time.Sleep(time.Duration(dice.IntN(5*24*60)) * time.Minute) // off
					}
				}
				during(t, b.watchman(s, zone, time.Now, io.Discard), 24*time.Hour)
				days := 0
				for d := asof.On(2027, 9, 30); d < asof.Of(end); d = d.Add(1) {
					weekday := d.Time().Weekday()
					want := 1
					if c.days == "business" && (weekday == time.Saturday || weekday == time.Sunday) {
						want = 0
					}
					if b.runs[d] != want {
						t.Errorf("%s was published %d times, want %d", d, b.runs[d], want)
					}
					days += want
				}
				if days < 280 {
					t.Errorf("%d business dates, want a year of them", days)
				}
			})
		})
	}
}

// TestWatchman: what a scheduler does when nights fail, are held, panic or are late.
func TestWatchman(t *testing.T) {
	held := fmt.Errorf("process 7: %w", pipeline.ErrHeld)
	fails := errors.New("disk full")
	for _, c := range []struct {
		name  string
		set   []string
		start string // in Shanghai; the night of 03-01 is published
		fails map[string][]error
		takes time.Duration
		want  string // tries
		says  []string
	}{
		{"old rows whose time passed while the machine was off go after the missed nights", []string{"schedule.retention=0 5 3 * *"}, "2026-03-04 01:00", map[string][]error{"cleared": nil}, time.Minute, "03-02 at 04. 01:00, old rows at 04. 01:01, 03-03 at 04. 02:30", nil},
		{"and once", []string{"schedule.retention=0 5 3 * *", "schedule.catch_up=none"}, "2026-03-04 03:00", map[string][]error{"cleared": nil}, time.Minute, "old rows at 04. 03:00", nil},
		{"old rows that could not go go after the next night", []string{"schedule.retention=0 2 * * *"}, "2026-03-03 01:00", map[string][]error{"cleared": nil, "old": {fails, fails}}, time.Minute, "old rows at 03. 02:00, 03-02 at 03. 02:30, old rows at 03. 02:31", []string{"old rows not removed"}},
		{"late in the end: tried again with growing pauses", nil, "2026-03-03 01:00", map[string][]error{"03-02": {fails, fails, fails}}, time.Minute, "03-02 at 03. 02:30, 03-02 at 03. 02:40, 03-02 at 03. 03:00, 03-02 at 03. 03:40", []string{"tried again"}},
		{"and given up", []string{"schedule.retries=1"}, "2026-03-03 01:00", map[string][]error{"03-02": {fails, fails}}, time.Minute, "03-02 at 03. 02:30, 03-02 at 03. 02:40", []string{"night not published", "disk full"}},
		{"a wrong configuration stays wrong", nil, "2026-03-03 01:00", map[string][]error{"03-02": {fmt.Errorf("x: %w", sources.ErrConfig)}}, time.Minute, "03-02 at 03. 02:30", []string{"night not published"}},
		{"held by another, who publishes", nil, "2026-03-03 01:00", map[string][]error{"03-02": {held, held, pipeline.ErrPublished}}, time.Minute, "03-02 at 03. 02:30, 03-02 at 03. 02:31, 03-02 at 03. 02:32", []string{"waiting for the other process"}},
		{"missed nights, one message", nil, "2026-03-05 01:00", nil, time.Minute, "03-02 at 05. 01:00, 03-03 at 05. 01:01, 03-04 at 05. 02:30", []string{`"run_now":2,"left_out":0`}},
		{"the newest of them", []string{"schedule.catch_up=latest"}, "2026-03-05 01:00", nil, time.Minute, "03-03 at 05. 01:00, 03-04 at 05. 02:30", []string{`"run_now":1,"left_out":1`}},
		{"none of them", []string{"schedule.catch_up=none"}, "2026-03-05 01:00", nil, time.Minute, "03-04 at 05. 02:30", []string{`"run_now":1,"left_out":2`}},
		{"a failed one does not stop the next", []string{"schedule.retries=0"}, "2026-03-05 01:00", map[string][]error{"03-02": {fails}}, time.Minute, "03-02 at 05. 01:00, 03-03 at 05. 01:00, 03-02 at 05. 02:30, 03-04 at 05. 02:31", nil},
		{"the running day is judged between nights", []string{"schedule.intraday=2h"}, "2026-03-03 01:00", nil, time.Minute, "03-02 at 03. 02:30, running at 03. 04:31, running at 03. 06:31, running at 03. 08:31", nil},
		{"old rows go at their time, while no other process works", []string{"schedule.retention=0 5 * * *"}, "2026-03-03 01:00", map[string][]error{"old": {held}}, time.Minute, "03-02 at 03. 02:30, old rows at 03. 05:00, old rows at 03. 05:01", []string{"waiting for the other process"}},
		{"old rows that cannot go stop nothing", []string{"schedule.retention=0 2 * * *"}, "2026-03-03 01:00", map[string][]error{"old": {fails}}, time.Minute, "old rows at 03. 02:00, 03-02 at 03. 02:30", []string{"old rows not removed", "disk full"}},
		{"old rows only by hand", []string{"schedule.retention=off"}, "2026-03-01 11:00", nil, time.Minute, "", nil},
		{"late", []string{"schedule.deadline=30m"}, "2026-03-03 01:00", nil, time.Hour, "03-02 at 03. 02:30", []string{`"message":"night is late"`}},
		{"not late by what the last nights took", nil, "2026-03-03 01:00", map[string][]error{"03-02": {fails}}, 40 * time.Minute, "03-02 at 03. 02:30, 03-02 at 03. 02:40", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shanghai, err := time.LoadLocation("Asia/Shanghai")
				if err != nil {
					t.Fatal(err)
				}
				start, err := time.ParseInLocation("2006-01-02 15:04", c.start, shanghai)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Until(start))
				b := &fakeBook{published: map[asof.Date]bool{asof.On(2026, 3, 1): true}, runs: map[asof.Date]int{}, fails: map[asof.Date][]error{}, takes: c.takes}
				for day, list := range c.fails {
					switch day {
					case "old":
						b.old = list
						continue
					case "cleared": // when the machine was last on
						b.cleared = time.Date(2026, 3, 2, 3, 0, 0, 0, shanghai)
						continue
					}
					b.fails[asof.MustParse("2026-"+day)] = list
				}
				var log said
				during(t, b.watchman(defaultSchedule(t, c.set...), shanghai, time.Now, &log), 8*time.Hour)
				if got := strings.Join(b.tries, ", "); got != c.want {
					t.Errorf("tries %s\n want %s\n%s", got, c.want, log.String())
				}
				for _, words := range c.says {
					if strings.Count(log.String(), words) < 1 {
						t.Errorf("does not say %s:\n%s", words, log.String())
					}
				}
				if strings.Contains(log.String(), "night is late") != strings.HasPrefix(c.name, "late") {
					t.Errorf("says that the night is late, or does not:\n%s", log.String())
				}
			})
		})
	}
}

// TestClockOfAWatchman: a clock that was never set, one that jumps ahead and back, and a panic.
func TestClockOfAWatchman(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &fakeBook{published: map[asof.Date]bool{}, runs: map[asof.Date]int{}, takes: time.Minute}
		w := b.watchman(defaultSchedule(t), time.UTC, time.Now, io.Discard) // a bubble begins in 2000
		if err := w.watch(context.Background()); err == nil || !strings.Contains(err.Error(), "the clock says 2000-01-01") {
			t.Errorf("in the year 2000: %v, want a refusal", err)
		}
		time.Sleep(time.Until(time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)))
		var jump time.Duration
		clock := func() time.Time { return time.Now().Add(jump) }
		for _, jump = range []time.Duration{0, 5 * 24 * time.Hour, -24 * time.Hour, -time.Hour, 0} {
			during(t, b.watchman(defaultSchedule(t), time.UTC, clock, io.Discard), 10*time.Minute)
		}
		for _, d := range []string{"03-02", "03-03", "03-04", "03-05", "03-06", "03-07"} {
			if b.runs[asof.MustParse("2026-"+d)] != 1 {
				t.Errorf("%s was published %d times, want once", d, b.runs[asof.MustParse("2026-"+d)])
			}
		}
		var log said
		w = b.watchman(defaultSchedule(t, "schedule.retries=0"), time.UTC, clock, &log)
		b.published = map[asof.Date]bool{}
		w.night = func(context.Context, asof.Date) error { panic("at the disco") }
		w.published = func(context.Context) (map[asof.Date]bool, time.Time, error) {
			return nil, time.Now().Add(2 * time.Hour), nil
		}
		during(t, w, 10*time.Minute)
		for _, words := range []string{"panic: at the disco", `"stack":"goroutine`, "the clock is behind the ledger"} {
			if !strings.Contains(log.String(), words) {
				t.Errorf("does not say %q:\n%s", words, log.String())
			}
		}
	})
}
