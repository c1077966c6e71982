package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// machineFaults are what a machine does to a night beside killing it: connections that end in the middle, strangers at the engine's port,
// a disk that is full.
func (n night) machineFaults(t *testing.T, took time.Duration, want picture) {
	if *sweepAll {
		for _, k := range []int64{1, 100, 1_000, 5_000, 20_000, 60_000, 100_000, 200_000, 400_000, 700_000} {
			t.Run(fmt.Sprintf("connections cut after %d bytes", k), func(t *testing.T) {
				n.behind(t, &wire{after: k, cuts: 4}, want)
			})
		}
		for seed := range 10 {
			t.Run(fmt.Sprintf("answers lost, seed=%d", seed), func(t *testing.T) {
				n.behind(t, &wire{losses: 5, dice: rand.New(rand.NewPCG(uint64(seed), 2))}, want)
			})
			t.Run(fmt.Sprintf("strangers at the port, seed=%d", seed), func(t *testing.T) { n.strangers(t, uint64(seed), took, want) })
		}
	} else {
		t.Run("connections cut after 30000 bytes, answers lost", func(t *testing.T) {
			n.behind(t, &wire{after: 30_000, cuts: 4, losses: 5, dice: rand.New(rand.NewPCG(0, 2))}, want)
		})
		t.Run("strangers at the port, seed=0", func(t *testing.T) { n.strangers(t, 0, took, want) })
	}
	sizes := []int{0} // beyond what the book needs at rest, in MB
	if *sweepAll {
		sizes = []int{0, 1, 2, 4, 8, 16, 32, 64, 128, 200}
	}
	for _, more := range sizes {
		t.Run(fmt.Sprintf("disk full, %d MB left", more), func(t *testing.T) { n.diskFull(t, more, want) })
	}
}

// A wire stands between the program and the engine. It ends connections in the middle: what the client sends, after so many bytes, or the
// answer, as if the server had gone once it had done its work.
type wire struct {
	after  int64 // bytes of a connection's requests after which it is cut; 0: not
	cuts   int64 // so many connections
	losses int64 // so many answers are dropped, by chance

	cut, lost atomic.Int64

	mu   sync.Mutex
	dice *rand.Rand // of losses
}

// unlucky tells whether the answer at hand is lost: one in forty.
func (w *wire) unlucky() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.losses > 0 && w.dice.IntN(40) == 0
}

// listen returns the port in front of that of the engine.
func (w *wire) listen(t *testing.T, port int) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				client.Close()
				continue
			}
			go w.carry(client, server)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func (w *wire) carry(client, server net.Conn) {
	cut := func() {
		client.(*net.TCPConn).SetLinger(0) // a reset, as of a machine that is gone
		client.Close()
		server.Close()
	}
	go func() { // requests
		defer server.Close()
		if w.after > 0 {
			if n, _ := io.CopyN(server, client, w.after); n == w.after && w.cut.Add(1) <= w.cuts {
				cut()
				return
			}
		}
		io.Copy(server, client)
	}()
	defer client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if n > 0 {
			if w.unlucky() && w.lost.Add(1) <= w.losses {
				cut()
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// behind runs the night with a wire between it and an engine that goes on.
func (n night) behind(t *testing.T, w *wire, want picture) {
	data := n.copy(t)
	holder := warehousetest.OpenAt(t, data) // keeps the engine; the program joins it where engine.json says
	file := filepath.Join(data, "engine.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var state map[string]any
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	port := int(state["port"].(float64))
	state["port"] = w.listen(t, port)
	moved, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, moved, 0o600); err != nil {
		t.Fatal(err)
	}
	c := n.call(t, data, nil, secondNight)
	if code := c.run(t); code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, &c.err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cut, lost := min(w.cut.Load(), w.cuts), min(w.lost.Load(), w.losses)
	t.Logf("%d connections cut, %d answers lost", cut, lost)
	if cut == 0 && w.cuts > 0 || lost == 0 && w.losses > 0 {
		t.Error("nothing was shown")
	}
	holder.Close()
	compare(t, want, photograph(t, data))
}

// strangers connect to the engine's port in the middle of the night and send what no client sends; the embedded engine dies of some of it.
func (n night) strangers(t *testing.T, seed uint64, took time.Duration, want picture) {
	dice := rand.New(rand.NewPCG(seed, 3))
	data := n.copy(t)
	c := n.call(t, data, nil, secondNight)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	engines := make(chan int, 1)
	go func() {
		seen := map[int]bool{}
		defer func() { engines <- len(seen) }()
		for i := 0; ; i++ {
			select {
			case <-ended:
				return
			case <-time.After(took/10 + time.Duration(dice.Int64N(int64(took)/10))):
			}
			engine := engineOf(data)
			if engine.PID == 0 {
				continue
			}
			if seen[engine.PID] = true; len(seen) > 3 {
				continue // enough; else the night would never end
			}
			words := []byte([]string{"", "GET / HT", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"}[i%3])
			if len(words) == 0 {
				words = make([]byte, 1+dice.IntN(2000))
				for i := range words {
					words[i] = byte(dice.Uint32())
				}
			}
			for range 20 {
				if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", engine.Port)); err == nil {
					conn.Write(words)
					conn.Close()
				}
			}
		}
	}()
	code := c.finish(t)
	close(ended)
	if code != 0 {
		t.Fatalf("exit code %d, want 0\n%s", code, &c.err)
	}
	t.Logf("%d engines served the night", <-engines) // it dies of such words some seconds later, or not
	compare(t, want, photograph(t, data))
}

func engineOf(data string) (st struct{ PID, Port int }) {
	if text, err := os.ReadFile(filepath.Join(data, "engine.json")); err == nil {
		json.Unmarshal(text, &st) //nolint:errcheck // being written: none
	}
	return st
}

// diskFull runs the night on a disk that has so many MB left: it ends with an error that says so and leaves the last night as it was; on a
// larger disk the same command goes on. With room enough it simply ends.
func (n night) diskFull(t *testing.T, more int, want picture) {
	if os.Getuid() != 0 {
		t.Skip("a disk of a given size needs root to mount it")
	}
	data := t.TempDir()
	base := n.copy(t)
	used, err := exec.Command("du", "-sm", base).Output()
	if err != nil {
		t.Fatal(err)
	}
	var size int
	fmt.Sscan(string(used), &size)
	size += more + 1
	mount := func(args ...string) error {
		out, err := exec.Command("mount", args...).CombinedOutput()
		if err != nil {
			return errors.New(string(out))
		}
		return nil
	}
	if err := mount("-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,mode=0700", size), "tmpfs", data); err != nil {
		if os.Getenv("CI") != "" && !strings.Contains(err.Error(), "permission denied") {
			t.Fatal(err)
		}
		t.Skip("no disk can be mounted here: " + err.Error())
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", data).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	if err := copyTree(base, data); err != nil {
		t.Fatal(err)
	}
	c := n.call(t, data, []string{"TMPDIR=" + t.TempDir()}, secondNight)
	code := c.run(t)
	t.Logf("%d MB: exit code %d", size, code)
	if code == 0 && more == 0 {
		t.Error("the disk was never full: nothing was shown")
	}
	if code != 0 {
		if code != exitFailed && code != exitUnreachable {
			t.Errorf("exit code %d, want %d, or %d where the engine cannot start\n%s", code, exitFailed, exitUnreachable, &c.err)
		}
		if said := strings.ToLower(c.err.String()); !strings.Contains(said, "space") && !strings.Contains(said, "disk") {
			t.Errorf("the cause is not named:\n%s", &c.err)
		}
		n.lastIs(t, data, firstNight) // on the disk that is still full
		if err := mount("-o", "remount,size=2g", data); err != nil {
			t.Fatal(err)
		}
		n.call(t, data, nil, secondNight).want(t, 0)
	}
	compare(t, want, photograph(t, data))
}

// lastIs wants readers to see the nights up to a date.
func (n night) lastIs(t *testing.T, data string, date asof.Date) {
	t.Helper()
	last := program(t, nil, "--data", data, "--quiet", "sql", "SELECT max(as_of) FROM latest_scores FORMAT TSV")
	last.want(t, 0)
	if got := strings.TrimSpace(last.out.String()); got != date.String() {
		t.Errorf("readers see nights up to %q, want %s", got, date)
	}
}

// injected is the night under strace, which changes a system call of the program, and none of the engine: the n-th of a thread.
func (n night) injected(t *testing.T, data, syscall, what string, more ...string) *call {
	t.Helper()
	c := n.call(t, data, nil, secondNight)
	c.under(t, append([]string{"strace", "-f", "-b", "execve", "-qq", "-o", os.DevNull, "-e", "trace=" + syscall, "-e", "inject=" + syscall + ":" + what}, more...)...)
	return c
}

// traced skips a test where no process may be traced.
func traced(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("strace", "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" && !strings.Contains(string(out), "ermitted") {
			t.Fatalf("strace: %v %s", err, out)
		}
		t.Skipf("no process can be traced here: %v %s", err, out)
	}
}

// pagesDisturbed runs the night whose pages are still to be written: killed when the first is handed to the disk, which then does not take
// it, and when the second gets its name, for which there is then no room. A page is there whole or not at all.
func (n night) pagesDisturbed(t *testing.T, data string) {
	t.Run("at a system call", func(t *testing.T) {
		traced(t)
		page := func(lang string) string {
			return filepath.Join(data, "reports", "creditwatch-"+secondNight.String()+"-"+lang+".html")
		}
		for _, c := range []struct {
			syscall, what string
			more          []string
			code          int
			says          string
		}{
			{"fsync", "signal=SIGKILL:when=1", nil, -1, ""},
			{"fsync", "error=EIO:when=1", nil, exitFailed, "input/output error"},
			{"renameat", "error=ENOSPC", []string{"-P", page("zh")}, exitFailed, "no space left on device"},
			{"renameat", "signal=SIGKILL", []string{"-P", page("zh")}, -1, ""},
		} {
			run := n.injected(t, data, c.syscall, c.what, c.more...)
			if code := run.run(t); code != c.code || !strings.Contains(run.err.String(), c.says) {
				t.Fatalf("%s %s: exit code %d, want %d with %q\n%s", c.syscall, c.what, code, c.code, c.says, &run.err)
			}
			if text, err := os.ReadFile(page("en")); err == nil && !strings.HasSuffix(strings.TrimSpace(string(text)), "</html>") {
				t.Errorf("%s %s: the page is there with %d bytes, cut off", c.syscall, c.what, len(text))
			}
			if _, err := os.Stat(page("zh")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s %s: the second page is there: %v", c.syscall, c.what, err)
			}
		}
	})
}

// systemCalls kills a whole night at its n-th system call of a kind; one that makes fewer in every thread ends well.
func (n night) systemCalls(t *testing.T, want picture) {
	if !*sweepAll {
		return
	}
	for syscall, at := range map[string][]int{"fsync": {1, 2, 3}, "renameat": {1, 2, 3, 4}, "unlinkat": {1, 2, 4}, "openat": {10, 50, 150}, "connect": {1, 5, 20}, "write": {5, 20, 80, 300, 1000, 3000}} {
		for _, nth := range at {
			t.Run(fmt.Sprintf("at the n-th system call: %s %d", syscall, nth), func(t *testing.T) {
				traced(t)
				data := n.copy(t)
				c := n.injected(t, data, syscall, fmt.Sprintf("signal=SIGKILL:when=%d", nth))
				code := c.run(t)
				if t.Logf("exit code %d", code); code != 0 && code != -1 {
					t.Fatalf("exit code %d, want a death or 0\n%s", code, &c.err)
				}
				if code == -1 {
					n.call(t, data, nil, secondNight).want(t, 0)
				}
				compare(t, want, photograph(t, data))
			})
		}
	}
}
