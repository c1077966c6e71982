package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse/warehousetest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(auditHelperEnv); dir != "" {
		auditHelper(dir)
	}
	warehousetest.Main(m)
}

// deadProcess returns the number of a process that has ended.
func deadProcess(t *testing.T) int {
	t.Helper()
	c := exec.Command("true")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	return c.Process.Pid
}

func TestClaims(t *testing.T) {
	db := warehousetest.Migrated(t)
	t.Run("holders", func(t *testing.T) { holders(t, db) })
	t.Run("torn take-overs", func(t *testing.T) { tornTakeOvers(t, db) })
	t.Run("release", func(t *testing.T) { releaseOfAnother(t, db) })
	t.Run("lease", func(t *testing.T) { leaseOfASleeper(t, db) })
}

func holders(t *testing.T, db Store) {
	ctx := context.Background()
	now := time.Date(2026, 4, 1, 2, 30, 0, 0, time.UTC)
	here := thisProcess()
	for i, c := range []struct {
		name   string
		holder func(holder) holder
		held   bool
	}{
		{"the holder has ended", func(h holder) holder { h.Pid = deadProcess(t); return h }, false},
		{"its number is used again", func(h holder) holder { h.Started = "1"; return h }, false},
		{"the machine was started anew", func(h holder) holder { h.Boot = "another"; return h }, false},
		{"the holder lives", func(h holder) holder { return h }, true},
		{"the holder is on another machine", func(h holder) holder { h.Host = "elsewhere"; h.Pid = deadProcess(t); return h }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			date := asof.On(2026, 3, 1).Add(i)
			first := here
			first.Fence, first.Nonce = 5, "1-2"
			put(t, db, date, c.holder(first))
			got, err := takeClaim(ctx, db, date, now, nil)
			if c.held {
				if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), strconv.Itoa(c.holder(first).Pid)) && c.name == "the holder lives" {
					t.Fatalf("error %v, want ErrHeld with the holder's number", err)
				}
				if held, err := isHeld(ctx, db, date); err != nil || !held {
					t.Errorf("held %v, %v", held, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Fence != 6 {
				t.Errorf("fence %d, want one above the dead holder's 5", got.Fence)
			}
			if _, err := takeClaim(ctx, db, date, now.Add(time.Second), nil); !errors.Is(err, ErrHeld) {
				t.Errorf("second claim of a held date: %v", err)
			}
			if err := got.release(ctx); err != nil {
				t.Fatal(err)
			}
			if left := claims(t, db, date); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}

// tornTakeOvers: takers that die between putting the dead claim aside and dropping it are in nobody's way.
func tornTakeOvers(t *testing.T, db Store) {
	ctx := context.Background()
	date := asof.On(2026, 3, 31)
	dead := thisProcess()
	dead.Pid, dead.Fence = deadProcess(t), 1
	for i := range 2 {
		dead.Nonce = strconv.Itoa(dead.Pid) + "-" + strconv.Itoa(i)
		put(t, db, date, dead)
		aside := "claim_20260331_dead_" + strings.ReplaceAll(dead.Nonce, "-", "_")
		if err := db.Exec(ctx, "RENAME TABLE creditwatch.claim_20260331 TO creditwatch."+aside, nil); err != nil {
			t.Fatal(err)
		}
	}
	dead.Nonce = strconv.Itoa(dead.Pid) + "-2"
	put(t, db, date, dead)
	c, err := takeClaim(ctx, db, date, time.Date(2026, 4, 1, 2, 30, 0, 0, time.UTC), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := sweep(ctx, db, 1); err != nil {
		t.Fatal(err)
	}
	if left := claims(t, db, date); len(left) != 1 {
		t.Errorf("left over: %v, want our claim alone", left)
	}
	if err := c.release(ctx); err != nil {
		t.Fatal(err)
	}
}

// releaseOfAnother: a sleeper that was taken over does not free what is another's.
func releaseOfAnother(t *testing.T, db Store) {
	ctx := context.Background()
	date := asof.On(2026, 3, 31)
	c, err := takeClaim(ctx, db, date, time.Date(2026, 4, 1, 2, 30, 0, 0, time.UTC), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(ctx, "DROP TABLE creditwatch."+c.table, nil); err != nil {
		t.Fatal(err)
	}
	other := thisProcess()
	other.Fence, other.Nonce = 2, "9-9"
	put(t, db, date, other)
	if err := c.release(ctx); err != nil {
		t.Fatal(err)
	}
	if left := claims(t, db, date); len(left) != 1 {
		t.Errorf("claims %v, want that of the other", left)
	}
}

// leaseOfASleeper: whoever gives signs of life keeps the date, however wrong the watcher's clock is; whoever gives none for the lease loses it,
// and learns so when he wakes up.
func leaseOfASleeper(t *testing.T, db Store) {
	ctx := context.Background()
	date := asof.On(2026, 4, 2)
	start := time.Date(2026, 4, 3, 2, 30, 0, 0, time.UTC)
	sleeper, err := takeClaim(ctx, db, date, start, nil)
	if err != nil {
		t.Fatal(err)
	}
	watch := &Watch{Lease: 10 * time.Minute}
	for _, at := range []struct {
		after time.Duration
		beat  bool
	}{{0, false}, {9 * time.Minute, false}, {9 * time.Minute, true}, {18 * time.Minute, false}, {18 * time.Minute, true}, {-time.Hour, false}, {-51 * time.Minute, false}} {
		if at.beat {
			if err := db.Exec(ctx, "INSERT INTO creditwatch."+sleeper.table+" VALUES (1)", nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := takeClaim(ctx, db, date, start.Add(at.after), watch); !errors.Is(err, ErrHeld) {
			t.Fatalf("after %s: %v, want ErrHeld", at.after, err)
		}
	}
	if _, err := takeClaim(ctx, db, date, start.Add(time.Hour), &Watch{Lease: time.Minute}); !errors.Is(err, ErrHeld) {
		t.Fatalf("a watcher that has just begun: %v, want ErrHeld", err)
	}
	taker, err := takeClaim(ctx, db, date, start.Add(-50*time.Minute), watch)
	if err != nil {
		t.Fatal(err)
	}
	if !taker.seized || taker.Fence != sleeper.Fence+1 {
		t.Errorf("seized %v under fence %d, want seized under %d", taker.seized, taker.Fence, sleeper.Fence+1)
	}
	lost := make(chan error, 1)
	wake, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	go sleeper.keepAlive(wake, time.Millisecond, func(err error) { lost <- err })
	select {
	case err := <-lost:
		if !errors.Is(err, ErrHeld) {
			t.Errorf("the sleeper learns %v, want ErrHeld", err)
		}
	case <-wake.Done():
		t.Error("the sleeper does not learn that the date was taken over")
	}
	alive, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { taker.keepAlive(alive, time.Millisecond, func(err error) { t.Error(err) }); close(ended) }()
	var beats int64
	for range 500 {
		found, _, err := taker.read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if beats = found.beats; beats > 1 {
			break
		}
	}
	stop()
	<-ended
	if beats < 2 {
		t.Error("the taker gives no signs of life")
	}
	if err := taker.release(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestTornPagesAreRemoved: the temporary file of a process that was killed goes, that of a living one stays.
func TestTornPagesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	torn, living := dir+"/.new-"+strconv.Itoa(deadProcess(t))+"-1", dir+"/.new-"+strconv.Itoa(os.Getppid())+"-1"
	for _, path := range []string{torn, living} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeFile(dir+"/page.html", []byte("whole")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(torn); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dead process's file: %v", err)
	}
	if _, err := os.Stat(living); err != nil {
		t.Errorf("the living process's file: %v", err)
	}
	if b, err := os.ReadFile(dir + "/page.html"); err != nil || string(b) != "whole" {
		t.Errorf("page %q, %v", b, err)
	}
}

// put makes the claim table of a date with a holder.
func put(t *testing.T, s Store, date asof.Date, h holder) {
	t.Helper()
	comment, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	table := "claim_" + strings.ReplaceAll(date.String(), "-", "")
	if err := s.Exec(context.Background(), "CREATE TABLE creditwatch."+table+" (held UInt8) ENGINE = Memory COMMENT '"+string(comment)+"'", nil); err != nil {
		t.Fatal(err)
	}
}

func claims(t *testing.T, s Store, date asof.Date) (names []string) {
	t.Helper()
	err := rows.Each(context.Background(), s, "claims", "SELECT name FROM system.tables WHERE database = 'creditwatch' AND startsWith(name, {name:String}) ORDER BY name",
		map[string]any{"name": "claim_" + strings.ReplaceAll(date.String(), "-", "")}, func(r *rows.Row) error { names = append(names, r.Text("name")); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return names
}
