package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// A claim is the right to work on a date: a table that exactly one process can create, with the holder in its comment.
// A holder that is dead (its process on this machine is gone, or the machine was started anew) is taken over: the claim
// is renamed away, which one process achieves, and made again under a higher fence. Publications carry the fence and
// readers follow the highest, so a holder that wakes up after a take-over cannot win.
type claim struct {
	store Store
	table string
	holder
}

type holder struct {
	Host    string `json:"host"`
	Boot    string `json:"boot"` // identity of the machine's start
	Pid     int    `json:"pid"`
	Started string `json:"started"` // start time of the process, so that a reused number is not mistaken
	Fence   uint64 `json:"fence"`
	Nonce   string `json:"nonce"`
}

func takeClaim(ctx context.Context, s Store, date asof.Date, now time.Time) (*claim, error) {
	c := &claim{store: s, table: "claim_" + strings.ReplaceAll(date.String(), "-", "")}
	fence := uint64(1)
	err := rows.Each(ctx, s, "claim", "SELECT max(fence) AS fence FROM creditwatch.runs WHERE as_of = {as_of:Date}", map[string]any{"as_of": date},
		func(r *rows.Row) error { fence += uint64(r.Whole("fence")); return nil })
	if err != nil {
		return nil, err
	}
	self := thisProcess()
	self.Fence, self.Nonce = fence, fmt.Sprintf("%d-%d", os.Getpid(), now.UnixNano())
	for range 10 {
		comment, err := json.Marshal(self)
		if err != nil {
			return nil, err
		}
		createErr := s.Exec(ctx, "CREATE TABLE creditwatch."+c.table+" (held UInt8) ENGINE = Memory COMMENT '"+strings.ReplaceAll(string(comment), "'", "")+"'", nil)
		// Whatever the answer was, the table says who has it.
		found, there, err := c.read(ctx)
		switch {
		case err != nil:
			return nil, errors.Join(createErr, err)
		case there && found.Nonce == self.Nonce:
			c.holder = self
			return c, fault.Hit("claim.taken")
		case there && found.lives():
			return nil, fmt.Errorf("%s: process %d on %s: %w", date, found.Pid, found.Host, ErrHeld)
		case there:
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
	err = rows.Each(ctx, c.store, "claim", "SELECT comment FROM system.tables WHERE database = 'creditwatch' AND name = {name:String}",
		map[string]any{"name": c.table}, func(r *rows.Row) error {
			there = true
			return json.Unmarshal([]byte(r.Text("comment")), &h)
		})
	return h, there, err
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
	c := &claim{store: s, table: "claim_" + strings.ReplaceAll(date.String(), "-", "")}
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
