// Package fault holds the points at which a test makes the program die, fail or wait. A point costs one comparison
// while no fault is asked for; points are in shipped code because what is tested must be what runs.
//
// CREDITWATCH_FAULT=point#n=action asks for the action at the n-th hit (from 1) of the point. Actions:
//
//	kill    SIGKILL to the own process: nothing is cleaned up
//	stop    SIGSTOP to the own process: it holds what it holds until a SIGCONT
//	term    SIGTERM to the own process, which goes on and must notice
//	error   [ErrInjected]
//	panic   a panic
//
// A test that sweeps all points sets CREDITWATCH_FAULT_TRACE=file: every hit is appended to it as a line.
package fault

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// ErrInjected is the error of a point told to fail.
var ErrInjected = errors.New("injected fault")

var (
	mu     sync.Mutex
	point  string
	nth    int
	action string
	trace  string
	hits   = map[string]int{}
)

func init() {
	trace = os.Getenv("CREDITWATCH_FAULT_TRACE")
	spec := os.Getenv("CREDITWATCH_FAULT")
	if spec == "" {
		return
	}
	at, what, _ := strings.Cut(spec, "=")
	name, count, _ := strings.Cut(at, "#")
	n, err := strconv.Atoi(count)
	if err != nil || what == "" {
		fmt.Fprintf(os.Stderr, "CREDITWATCH_FAULT=%q: want point#n=action\n", spec)
		os.Exit(2)
	}
	point, nth, action = name, n, what
}

// Hit passes the point of the given name; it returns [ErrInjected] if told to.
func Hit(name string) error {
	if point == "" && trace == "" {
		return nil
	}
	mu.Lock()
	hits[name]++
	n := hits[name]
	if trace != "" {
		if f, err := os.OpenFile(trace, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			fmt.Fprintf(f, "%s#%d\n", name, n)
			f.Close()
		}
	}
	mu.Unlock()
	if name != point || n != nth {
		return nil
	}
	switch action {
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	case "stop":
		return syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case "term":
		return syscall.Kill(os.Getpid(), syscall.SIGTERM)
	case "panic":
		panic("injected fault at " + name)
	}
	return fmt.Errorf("%s: %w", name, ErrInjected)
}
