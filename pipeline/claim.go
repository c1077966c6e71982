package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/fault"
	"creditwatch/pipeline/rows"
)

// ErrHeld reports that another process works on the date.
var ErrHeld = errors.New("another process holds this date")

// errLost is ErrHeld for a holder who slept longer than the lease and finds that the date has been taken over.
var errLost = fmt.Errorf("taken over while this process slept: %w", ErrHeld)

// A claim is the right to work on a date: a table that exactly one process can create, with the holder in its comment and a row for every
// sign of life. A holder that is dead is taken over: the claim is renamed away, which one process achieves, and made again under a higher
// fence. Dead is a process of this machine that is gone, a machine that was started anew, and whoever gave no sign of life for the lease,
// measured on the watcher's own clock, so that clocks of two machines need not agree. Publications carry the fence and readers follow the
// highest, so a holder that wakes up after a take-over cannot win.
type claim struct {
	store  Store
	table  string
	seized bool // from a holder who may still wake up: nothing of his run may be gone on with
	holder
}

// A Watch remembers the signs of life of other holders. Its zero value is ready; it belongs to one goroutine.
type Watch struct {
	Lease time.Duration // without a sign of life after which a holder counts as dead; 0: never
	seen  map[string]sign
}

type sign struct {
	beats int64
	since time.Time
}

// expired notes the signs of life of a holder and reports whether there was none for the lease.
func (w *Watch) expired(nonce string, beats int64, now time.Time) bool {
	if w == nil || w.Lease <= 0 {
		return false
	}
	if w.seen == nil {
		w.seen = map[string]sign{}
	}
	last, known := w.seen[nonce]
	if !known || last.beats != beats || now.Before(last.since) {
		w.seen[nonce] = sign{beats, now}
		return false
	}
	return now.Sub(last.since) >= w.Lease
}

type holder struct {
	Host    string `json:"host"`
	Boot    string `json:"boot"` // identity of the machine's start
	Pid     int    `json:"pid"`
	Started string `json:"started"` // start time of the process, so that a reused number is not mistaken
	Fence   uint64 `json:"fence"`
	Nonce   string `json:"nonce"`
	beats   int64  // signs of life so far
}

// claimName is the table by which a date is held.
func claimName(date asof.Date) string { return "claim_" + strings.ReplaceAll(date.String(), "-", "") }

func takeClaim(ctx context.Context, s Store, date asof.Date, now time.Time, watch *Watch) (*claim, error) {
	c := &claim{store: s, table: claimName(date)}
	fence := uint64(1)
	err := rows.Each(ctx, s, "claim", "SELECT max(fence) AS fence FROM creditwatch.runs WHERE as_of = {as_of:Date}", map[string]any{"as_of": date},
		func(r *rows.Row) error { fence += uint64(r.Whole("fence")); return nil })
	if err != nil {
		return nil, err
	}
	self := thisProcess()
	self.Fence, self.Nonce = fence, fmt.Sprintf("%d-%d", os.Getpid(), rand.Uint64()) // not of the clock, which may be set back
	for range 10 {
		comment, err := json.Marshal(self)
		if err != nil {
			return nil, err
		}
		createErr := s.Exec(ctx, "CREATE TABLE creditwatch."+c.table+" (beat UInt64) ENGINE = Memory COMMENT '"+strings.ReplaceAll(string(comment), "'", "")+"'", nil)
		// Whatever the answer was, the table says who has it.
		found, there, err := c.read(ctx)
		switch {
		case err != nil:
			return nil, errors.Join(createErr, err)
		case there && found.Nonce == self.Nonce:
			c.holder = self
			return c, fault.Hit("claim.taken")
		case there && found.lives() && !watch.expired(found.Nonce, found.beats, now):
			return nil, fmt.Errorf("%s: process %d on %s: %w", date, found.Pid, found.Host, ErrHeld)
		case there:
			c.seized = c.seized || found.lives()
			aside := c.table + "_dead_" + strings.ReplaceAll(found.Nonce, "-", "_") // a name of its own: one left behind is in nobody's way
			if err := s.Exec(ctx, "RENAME TABLE creditwatch."+c.table+" TO creditwatch."+aside, nil); err == nil {
				if err := fault.Hit("claim.aside"); err != nil {
					return nil, err
				}
				if err := s.Exec(ctx, "DROP TABLE IF EXISTS creditwatch."+aside, nil); err != nil {
					return nil, err
				}
			}
			self.Fence = max(self.Fence, found.Fence+1)
		case createErr != nil && ctx.Err() != nil:
			return nil, createErr
		}
	}
	return nil, fmt.Errorf("%s: the claim changes hands too often: %w", date, ErrHeld)
}

func (c *claim) read(ctx context.Context) (h holder, there bool, err error) {
	err = rows.Each(ctx, c.store, "claim", "SELECT comment, ifNull(total_rows, 0) AS beats FROM system.tables WHERE database = 'creditwatch' AND name = {name:String}",
		map[string]any{"name": c.table}, func(r *rows.Row) error {
			there = true
			h.beats = r.Whole("beats")
			return json.Unmarshal([]byte(r.Text("comment")), &h)
		})
	return h, there, err
}

// ours reports whether the claim is still this process's.
func (c *claim) ours(ctx context.Context) (bool, error) {
	found, there, err := c.read(ctx)
	return there && found.Nonce == c.Nonce, err
}

// keepAlive gives a sign of life now and then, until ctx ends. When the date was taken over, lost is called.
func (c *claim) keepAlive(ctx context.Context, every time.Duration, lost func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch ours, err := c.ours(ctx); {
		case err != nil: // the database is away for a moment; nobody else can take the claim meanwhile
		case !ours:
			lost(errLost)
			return
		default:
			_ = c.store.Exec(ctx, "INSERT INTO creditwatch."+c.table+" VALUES (1)", nil) // the next one will do
		}
	}
}

// release gives the date back, if it is still ours; it works when the caller's context is over.
func (c *claim) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	found, there, err := c.read(ctx)
	if err != nil || !there || found.Nonce != c.Nonce {
		return err
	}
	if err := fault.Hit("claim.release"); err != nil {
		return err
	}
	return c.store.Exec(ctx, "DROP TABLE IF EXISTS creditwatch."+c.table, nil)
}

// isHeld reports whether a living process works on a date.
func isHeld(ctx context.Context, s Store, date asof.Date) (bool, error) {
	c := &claim{store: s, table: claimName(date)}
	found, there, err := c.read(ctx)
	return there && found.lives(), err
}

func thisProcess() holder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return holder{Host: host, Boot: bootID(), Pid: os.Getpid(), Started: startOf(os.Getpid())}
}

// lives reports whether the holder may still be at work. Of another machine we cannot know, so it is.
func (h holder) lives() bool {
	here := thisProcess()
	if h.Host != here.Host {
		return true
	}
	if h.Boot != here.Boot {
		return false
	}
	if err := syscall.Kill(h.Pid, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	return startOf(h.Pid) == h.Started
}

func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// startOf returns the start time of a process in clock ticks since boot, "" where the system does not tell. A zombie
// has ended.
func startOf(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	_, after, ok := strings.Cut(string(b), ") ") // the name may hold spaces and brackets
	fields := strings.Fields(after)
	if !ok || len(fields) < 20 || fields[0] == "Z" {
		return "ended"
	}
	return fields[19]
}
