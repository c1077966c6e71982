package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is one run of the engine.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser // the engine lives as long as this is open
	said  tail
	ended chan struct{} // closed when the process is gone and waited for
	err   error         // how it ended; read after ended
	log   int64         // length of the log when it was started: what stands there is of engines before it
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if n := len(t.buf); n > 4096 {
		t.buf = append([]byte(nil), t.buf[n-4096:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

// errBusy reports that the engine of a process killed a moment ago still holds the directory; errPort that
// somebody else took the port between our looking and the engine's listening. Both call for another try.
var (
	errBusy = errors.New("the data directory is held by another engine")
	errPort = errors.New("the port is taken")
)

// spawn starts the engine on a free port and waits until it answers.
func spawn(ctx context.Context, dir, binary string, o Options, st state) (*process, int, error) {
	port, err := freePort()
	if err != nil {
		return nil, 0, err
	}
	p, err := spawnAt(ctx, dir, binary, port, o, st)
	return p, port, err
}

func spawnAt(ctx context.Context, dir, binary string, port int, o Options, st state) (*process, error) {
	args, err := configure(dir, port, o, st)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{ended: make(chan struct{})}
	if info, err := os.Stat(logFile(dir)); err == nil {
		p.log = info.Size()
	}
	p.cmd = exec.Command(self, append([]string{"engine", binary}, args...)...)
	p.cmd.Dir = dir
	p.cmd.Env = childEnvironment()
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C at the terminal is ours to pass on, after the night has stopped
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	if err := p.ready(ctx, port, st.Password); err != nil {
		p.stop()
		return nil, p.explain(dir, err)
	}
	return p, nil
}

// ready asks until the engine answers as the owner, which only the right engine can.
func (p *process) ready(ctx context.Context, port int, password string) error {
	for wait := 10 * time.Millisecond; ; wait = min(wait*3/2, 200*time.Millisecond) {
		if answers(ctx, port, password) {
			return nil
		}
		select {
		case <-p.ended:
			if p.err == nil {
				return errors.New("engine ended at its start, with status 0")
			}
			return fmt.Errorf("engine ended at its start: %w", p.err)
		case <-ctx.Done():
			return fmt.Errorf("engine does not answer: %w", context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}

// answers reports whether an engine that knows the owner's password is at the port.
func answers(ctx context.Context, port int, password string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address(port)+"/?query=SELECT+1", nil)
	if err != nil {
		return false
	}
	req.SetBasicAuth(Owner, password)
	resp, err := probe.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16))
	return err == nil && resp.StatusCode == http.StatusOK && strings.TrimSpace(string(body)) == "1"
}

// probe uses no proxy of the environment: the engine is on loopback.
var probe = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// explain adds what the engine said to an error of its start. The cause may stand in its log alone: what fails in one
// of its threads can end it with nothing on standard error and a status of 0.
func (p *process) explain(dir string, err error) error {
	heard := p.logged(dir) + p.said.String()
	switch {
	case strings.Contains(heard, "Cannot lock file"):
		return fmt.Errorf("%w: %w", errBusy, err)
	case strings.Contains(heard, "Address already in use"):
		return fmt.Errorf("%w: %w", errPort, err)
	case strings.Contains(heard, "Too many open files"):
		return fmt.Errorf("%s: %w: too many open files; raise the limit (ulimit -n, LimitNOFILE of systemd) to 1024 or more", dir, err)
	}
	return fmt.Errorf("%s: %w; its last words: %s", dir, err, lastWords(heard))
}

// logKept is how many bytes of its log are looked through for the cause: one line may list every column of a table,
// and every table that could not be opened has its line.
const logKept = 256 << 10

func logFile(dir string) string { return filepath.Join(dir, "engine.log") }

// logged is the end of what the engine has logged since it was started; its log begins anew when it has grown long.
func (p *process) logged(dir string) string {
	log, err := os.ReadFile(logFile(dir))
	if err != nil {
		return ""
	}
	if from := int(p.log); from <= len(log) {
		log = log[from:]
	}
	return string(log[max(0, len(log)-logKept):])
}

// lastWords are the last lines of what an engine said, each cut before it lists a whole table.
func lastWords(s string) string {
	lines := strings.Split(withoutStack(s), "\n")
	for i, line := range lines {
		if r := []rune(line); len(r) > 500 {
			lines[i] = string(r[:500]) + "…"
		}
	}
	return lastLines(strings.Join(lines, "\n"), 5)
}

// withoutStack drops the lines of a stack trace, which say nothing without symbols.
func withoutStack(s string) string {
	var keep []string
	for _, line := range strings.Split(s, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(line, " @ 0x") {
			keep = append(keep, line)
		}
	}
	return strings.Join(keep, "\n")
}

// stop ends the engine: by signal, by the end of its input, by force.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may be gone already
	if !p.goneWithin(5 * time.Second) {
		p.stdin.Close()
		if !p.goneWithin(graceOfStop) {
			p.cmd.Process.Kill() //nolint:errcheck // nothing is left to try
			<-p.ended
		}
	}
	p.stdin.Close()
}

func (p *process) goneWithin(d time.Duration) bool {
	select {
	case <-p.ended:
		return true
	case <-time.After(d):
		return false
	}
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
