package engine

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// TestCauseOfAFailedStart: what ended an engine is found on its standard error and in its log, in the log of this start alone, and
// behind the long lines that other tables add to it.
func TestCauseOfAFailedStart(t *testing.T) {
	const (
		files = "<Error> Code: 76. DB::ErrnoException: Cannot open file: errno: 24, strerror: Too many open files: Cannot attach table\n"
		limit = "raise the limit (ulimit -n"
	)
	noise := "<Error> " + strings.Repeat("`column` String COMMENT 'what it is', ", 400) + "\n"
	ended := errors.New("engine ended")
	for _, c := range []struct {
		name              string
		before, log, said string
		is                error // that the error wraps beside ended
		want              string
		not               string
	}{
		{name: "files on standard error", said: files, want: limit},
		{name: "files in the log alone", log: files, want: limit},
		{name: "files, then many tables", log: files + strings.Repeat(noise, 10), want: limit},
		{name: "files in the log of last week", before: files, log: "<Error> no space left\n", want: "no space left", not: limit},
		{name: "lock", said: "Cannot lock file /data/engine/status\n", is: errBusy, want: "ended"},
		{name: "lock in the log alone", log: "Cannot lock file /data/engine/status\n", is: errBusy, want: "ended"},
		{name: "port", log: "Net Exception: Address already in use: 127.0.0.1:9\n", is: errPort, want: "ended"},
		{name: "another", log: noise + "Code: 1. one\n", said: "Code: 2. two\n0. frame @ 0x1234\n", want: "Code: 1. one | Code: 2. two", not: "frame"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(logFile(dir), []byte(c.before+c.log), 0o600); err != nil {
				t.Fatal(err)
			}
			p := &process{log: int64(len(c.before))}
			p.said.Write([]byte(c.said)) //nolint:errcheck // never fails
			err := p.explain(dir, ended)
			if !errors.Is(err, ended) || !strings.Contains(err.Error(), c.want) || (c.not != "" && strings.Contains(err.Error(), c.not)) {
				t.Errorf("%v\nwant %q, not %q", err, c.want, c.not)
			}
			for _, again := range []error{errBusy, errPort} {
				if errors.Is(err, again) != (c.is == again) {
					t.Errorf("another try because of %q: %v", again, err)
				}
			}
			if len(err.Error()) > 2000 {
				t.Errorf("%d bytes", len(err.Error()))
			}
		})
	}
}
