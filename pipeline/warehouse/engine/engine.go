// Package engine runs the embedded ClickHouse: a child process on a data directory, supervised by the process
// that started it and shared by every other process that opens the same directory.
//
// It takes a caller through four steps. [Locate] finds or fetches the engine. [Open] takes the lock of the data
// directory and starts the engine, or joins the one that the holder of the lock runs. While open, an engine that
// dies is started again, and a process that has joined takes over when the holder ends. Close stops the engine if
// it is ours. Whoever is killed leaves nothing behind: the engine ends with its standard input.
//
// The engine dies of malformed requests, so only our own client and the proxy may speak to it; it listens on a
// random port of 127.0.0.1, HTTP only.
//
// Files of a data directory, all for their owner only: engine/ (tables), engine.json (port, passwords), engine.lock,
// engine.xml and engine-users.xml (rewritten at every start), engine.log, backups/.
package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Options say which engine to run, and where.
type Options struct {
	Dir         string // the data directory; made if it is not there
	MemoryBytes int64  // what the engine may use; 0 leaves it to the engine (0.9 of the machine's memory)
	// AnalystReads are the tables that the user [Analyst] may read, as database.table or database.*. The grants are
	// those of the process that starts the engine: local mode cannot reload its users.
	AnalystReads []string
	MaskedReads  []string     // the same of the user [Masked]
	Progress     func(string) // hears about the fetch of the engine; may be nil
}

// Engine is an open embedded engine. Its methods may be called from several goroutines.
type Engine struct {
	opts     Options
	dir      string
	lock     *flock.Flock
	secrets  state
	shutdown context.CancelFunc
	done     chan struct{} // closed when the supervisor has ended

	mu       sync.Mutex
	port     int // 0 while the engine is down or another process runs it
	owned    bool
	restarts int
	trouble  error // why the engine is down
}

const (
	startDeadline = 5 * time.Minute  // a start takes 0.15 s; a big database that was killed takes longer
	busyDeadline  = 15 * time.Second // an orphan ends within 5 s of its parent
)

// startPatience is how long an engine may be silent at its start before it counts as hung and another is started in its place.
var startPatience = 90 * time.Second

// Open starts the engine on the directory, or joins the one already running there.
func Open(ctx context.Context, o Options) (*Engine, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	for _, d := range []string{dir, filepath.Join(dir, "engine"), filepath.Join(dir, "backups")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
	}
	e := &Engine{opts: o, dir: dir, lock: flock.New(filepath.Join(dir, "engine.lock"), flock.SetPermissions(0o600)), done: make(chan struct{})}
	p, err := e.attach(ctx)
	if err != nil {
		e.lock.Unlock() //nolint:errcheck // closing the file frees it
		return nil, err
	}
	var life context.Context
	life, e.shutdown = context.WithCancel(context.Background())
	go e.supervise(life, p)
	return e, nil
}

// attach returns the engine's process when it is ours, or nil when we have joined one.
func (e *Engine) attach(ctx context.Context) (*process, error) {
	for waitUntil := time.Now().Add(startDeadline); ; {
		switch got, err := e.lock.TryLock(); {
		case err != nil:
			return nil, fmt.Errorf("lock %s: %w", e.lock.Path(), err)
		case got:
			return e.start(ctx)
		}
		st, err := readState(e.dir)
		if err == nil && st.Port != 0 && answers(ctx, st.Port, st.Password) {
			e.mu.Lock()
			e.owned, e.port, e.secrets, e.trouble = false, 0, st, nil
			e.mu.Unlock()
			return nil, nil
		}
		if time.Now().After(waitUntil) {
			return nil, fmt.Errorf("%s: another process holds engine.lock but runs no engine that answers", e.dir)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// start runs the engine; the lock is ours.
func (e *Engine) start(ctx context.Context) (*process, error) {
	binary, err := Locate(ctx, e.opts.Progress)
	if err != nil {
		return nil, err
	}
	if err := removeTorn(e.dir); err != nil {
		return nil, err
	}
	st, err := keepState(e.dir)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startDeadline) // from here: the fetch does not count
	defer cancel()
	busyUntil := time.Now().Add(busyDeadline)
	for ports := 0; ; {
		if err := forgetLost(e.dir); err != nil {
			return nil, fmt.Errorf("tokens of inserts: %w", err)
		}
		try, over := context.WithTimeout(ctx, startPatience)
		p, port, err := spawn(try, e.dir, binary, e.opts, st)
		over()
		switch {
		case err == nil:
			st.Port, st.PID = port, p.cmd.Process.Pid
			if err := writeState(e.dir, st); err != nil {
				p.stop()
				return nil, err
			}
			e.mu.Lock()
			e.owned, e.port, e.secrets, e.trouble = true, port, st, nil
			e.mu.Unlock()
			return p, nil
		case errors.Is(err, errBusy) && time.Now().Before(busyUntil) && ctx.Err() == nil:
			time.Sleep(200 * time.Millisecond)
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil: // stopped already
		case errors.Is(err, errPort) && ports < 5:
			ports++
		default:
			return nil, err
		}
	}
}

// supervise keeps the engine up until life ends. p is nil while another process runs it.
func (e *Engine) supervise(life context.Context, p *process) {
	defer close(e.done)
	for {
		if !e.lasts(life, p) {
			if p != nil {
				p.stop()
				if st, err := readState(e.dir); err == nil {
					st.Port, st.PID = 0, 0
					writeState(e.dir, st) //nolint:errcheck // a stale port is found out by asking it
				}
			}
			e.lock.Unlock() //nolint:errcheck // closing the file frees it
			return
		}
		var err error
		for wait := 50 * time.Millisecond; ; wait = min(wait*2, 10*time.Second) {
			if p, err = e.attach(life); err == nil {
				break
			}
			e.mu.Lock()
			e.trouble = err
			e.mu.Unlock()
			select {
			case <-life.Done():
				e.lock.Unlock() //nolint:errcheck // closing the file frees it
				return
			case <-time.After(wait):
			}
		}
	}
}

// lasts waits for the end of the engine and reports true, or false when it is to be closed.
func (e *Engine) lasts(life context.Context, p *process) bool {
	if p == nil {
		for {
			select {
			case <-life.Done():
				return false
			case <-time.After(250 * time.Millisecond):
			}
			if got, err := e.lock.TryLock(); err == nil && got {
				return true // the holder has ended; attach finds the lock ours
			}
		}
	}
	select {
	case <-life.Done():
		return false
	case <-p.ended:
	}
	if life.Err() != nil {
		return false
	}
	p.stdin.Close()
	e.mu.Lock()
	e.port = 0
	e.restarts++
	e.trouble = p.explain(e.dir, fmt.Errorf("engine died: %v", p.err))
	e.mu.Unlock()
	return true
}

// Close stops the engine if this process runs it and leaves it alone otherwise.
func (e *Engine) Close() error {
	e.shutdown()
	<-e.done
	return nil
}

// Address is where the engine answers now, as host:port; it changes with every restart.
func (e *Engine) Address() (string, error) {
	e.mu.Lock()
	port, owned, trouble := e.port, e.owned, e.trouble
	e.mu.Unlock()
	if !owned && trouble == nil {
		st, err := readState(e.dir)
		if err != nil {
			return "", err
		}
		port = st.Port
	}
	if port == 0 {
		if trouble == nil {
			trouble = errors.New("it is being started")
		}
		return "", fmt.Errorf("the embedded engine is down: %w", trouble)
	}
	return address(port), nil
}

// Dial connects to the engine wherever it is now.
func (e *Engine) Dial(ctx context.Context) (net.Conn, error) {
	addr, err := e.Address()
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}

// Password returns the password of [Owner], [Analyst] or [Masked].
func (e *Engine) Password(user string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch user {
	case Analyst:
		return e.secrets.AnalystPassword
	case Masked:
		return e.secrets.MaskedPassword
	}
	return e.secrets.Password
}

// Restarts counts how often the engine died and had to be started again by this process.
func (e *Engine) Restarts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.restarts
}
