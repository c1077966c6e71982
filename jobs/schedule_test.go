package jobs

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"creditwatch/configs"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
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
		set: []string{"schedule.cron=0 0 1 1 *"}}
	c, err := a.load()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.schedule(ctx, db, c) }()
	for strings.Count(log.String(), "waiting for the next night") < 2 { // at the start, and after the missed night
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

	for _, due := range []struct {
		name string
		now  string
		want asof.Date
	}{
		{"published already", "2026-04-02T17:00:00+08:00", 0},
		{"the last minute of the day", "2026-04-02T23:59:59+08:00", 0},
		{"midnight closes the day", "2026-04-03T00:00:00+08:00", asof.On(2026, 4, 2)},
		{"the zone of the books, not of the machine", "2026-04-02T16:00:00Z", asof.On(2026, 4, 2)},
		{"three nights were missed: the newest", "2026-04-05T02:30:00+08:00", asof.On(2026, 4, 4)},
		{"the clock went back", "2026-04-02T00:30:00+08:00", 0},
	} {
		t.Run(due.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, due.now)
			if err != nil {
				t.Fatal(err)
			}
			b := &app{clock: func() time.Time { return now }}
			if got, err := b.due(context.Background(), db, c); err != nil || got != due.want {
				t.Errorf("due %s, %v; want %s", got, err, due.want)
			}
		})
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
