package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"creditwatch/pipeline"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// TestDisturbedNight runs a night that is killed, interrupted, contested or robbed of its engine, and the same command
// again: what readers see then is what they see of a night that nobody disturbed. By default one night dies once in
// every stage in turn; -sweep has a night for every point.
func TestDisturbedNight(t *testing.T) {
	n := newNight(t, crashCustomers())
	calm := n.copy(t)
	trace := filepath.Join(t.TempDir(), "trace")
	began := time.Now()
	n.call(t, calm, []string{"CREDITWATCH_FAULT_TRACE=" + trace}, secondNight).want(t, 0)
	took := time.Since(began)
	want := photograph(t, calm)
	points := pointsOf(t, trace)

	t.Run("every stage has its fault points", func(t *testing.T) {
		for _, s := range pipeline.Stages {
			for _, end := range []string{"begin", "computed", "kept"} {
				if !slices.Contains(points, "stage."+s.Name+"."+end+"#1") {
					t.Errorf("stage %s passes no fault point %s", s.Name, end)
				}
			}
		}
	})
	t.Run("in another fresh directory", func(t *testing.T) {
		other := newNight(t, crashCustomers())
		compare(t, photograph(t, n.copy(t)), photograph(t, other.base))
	})
	dying := n.copy(t) // one night that meets with all that follows, and is compared once it is through
	t.Run("killed in every stage in turn", func(t *testing.T) {
		deaths := []string{"claim.taken#1", "note.started.after#1"}
		for i, s := range pipeline.Stages {
			end := []string{"begin", "computed", "kept"}[i%3]
			if i == len(pipeline.Stages)-1 {
				end = "begin" // its insert is the next death
			}
			deaths = append(deaths, "stage."+s.Name+"."+end+"#1")
		}
		deaths = append(deaths, "insert.report.after#1", "publish.before#1")
		for _, point := range deaths {
			if !strings.HasPrefix(point, "stage.features.") {
				n.kill(t, dying, point)
				continue
			}
			t.Run("interrupted by SIGTERM", func(t *testing.T) {
				c := n.call(t, dying, []string{"CREDITWATCH_FAULT=exec.features.before#2=term"}, secondNight)
				c.want(t, 143)
				if s := c.err.String(); strings.Contains(s, "goroutine ") {
					t.Errorf("a stack trace on stderr:\n%s", s)
				}
			})
			// One of the deaths is a panic, of which the program says so itself.
			c := n.call(t, dying, []string{"CREDITWATCH_FAULT=" + point + "=panic"}, secondNight)
			if c.want(t, exitFailed); !strings.Contains(c.err.String(), "creditwatch: panic: injected fault at stage.features.") {
				t.Errorf("the panic is not said:\n%s", &c.err)
			}
		}
	})
	t.Run("killed between the pointer and the pages", func(t *testing.T) {
		n.kill(t, dying, "publish.after#1")
		n.pagesDisturbed(t, dying)
		n.call(t, dying, nil, secondNight).want(t, 0)
		compare(t, want, photograph(t, dying))
	})
	n.systemCalls(t, want)
	if *sweepAll {
		for _, point := range thinned(points) {
			t.Run("killed at "+point, func(t *testing.T) {
				data := n.copy(t)
				n.kill(t, data, point)
				n.call(t, data, nil, secondNight).want(t, 0)
				compare(t, want, photograph(t, data))
			})
		}
	}
	t.Run("contested by a second run", func(t *testing.T) { n.contested(t, want) })
	t.Run("asleep for longer than the lease", func(t *testing.T) { n.asleep(t, want) })
	n.machineFaults(t, took, want)
	seeds := 2
	if *sweepAll {
		seeds = 30
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("engine killed, seed=%d", seed), func(t *testing.T) { n.engineKilled(t, uint64(seed), took, want) })
	}
}

func crashCustomers() int {
	if *sweepAll {
		return 200
	}
	return 60
}

// kill runs the second night to its death at a point.
func (n night) kill(t *testing.T, data, point string) {
	t.Helper()
	c := n.call(t, data, []string{"CREDITWATCH_FAULT=" + point + "=kill"}, secondNight)
	if code := c.run(t); code != -1 {
		t.Fatalf("%s: exit code %d, want a death\n%s", point, code, &c.err)
	}
}

// pointsOf returns the fault points that a night passed, as name#n, in order.
func pointsOf(t *testing.T, trace string) []string {
	t.Helper()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// thinned leaves of a point that is passed many times the first two, the last two and two between them.
func thinned(points []string) (out []string) {
	times := map[string]int{}
	for _, p := range points {
		name, _, _ := strings.Cut(p, "#")
		times[name]++
	}
	for _, p := range points {
		name, count, _ := strings.Cut(p, "#")
		var n int
		fmt.Sscan(count, &n)
		last := times[name]
		if n <= 2 || n > last-2 || n == last/3 || n == 2*last/3 {
			out = append(out, p)
		}
	}
	return out
}

// engineKilled kills the engine at moments that a seed chooses: the night goes on by itself and ends as if nothing had been.
func (n night) engineKilled(t *testing.T, seed uint64, took time.Duration, want picture) {
	dice := rand.New(rand.NewPCG(seed, 1))
	data := n.copy(t)
	c := n.call(t, data, nil, secondNight)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		for range 3 {
			select {
			case <-ended:
				return
			case <-time.After(time.Duration(dice.Int64N(int64(took)/2 + 1))):
			}
			killEngine(data)
		}
	}()
	code := c.finish(t)
	close(ended)
	if code != 0 {
		t.Fatalf("exit code %d, want 0\n%s", code, &c.err)
	}
	compare(t, want, photograph(t, data))
}

// killEngine kills the engine that runs on a data directory, if one does.
func killEngine(data string) {
	text, err := os.ReadFile(filepath.Join(data, "engine.json"))
	if err != nil {
		return
	}
	var st struct{ PID int }
	if json.Unmarshal(text, &st) == nil && st.PID > 1 {
		if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", st.PID)); err == nil && strings.Contains(string(line), "engine") {
			syscall.Kill(st.PID, syscall.SIGKILL)
		}
	}
}

// contested: a second run, or a retention, ends with 4 while the first run is at work, or waits for it; and the first one publishes.
func (n night) contested(t *testing.T, want picture) {
	data := n.copy(t)
	first := n.call(t, data, []string{"CREDITWATCH_FAULT=stage.book.begin#1=stop"}, secondNight)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	waitStopped(t, first.Process.Pid)
	second := n.call(t, data, nil, secondNight)
	code := second.run(t)
	old := slices.Concat(n.args, []string{"--data", data, "retention"})
	if code := program(t, nil, old...).run(t); code != exitHeld {
		t.Errorf("retention beside a run ends with %d, want %d", code, exitHeld)
	}
	patient, clears := n.call(t, data, nil, secondNight), program(t, nil, append(old, "--wait", "5m")...)
	patient.Args = append(patient.Args, "--wait", "5m")
	for _, p := range []*call{patient, clears} {
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Second) // it has met the holder; if it has not, it finds the date published, and runs it anew: the count below says so
	if err := first.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if code != exitHeld || !strings.Contains(second.err.String(), fmt.Sprintf("process %d", first.Process.Pid)) {
		t.Errorf("exit code %d, want %d with the holder's number %d\n%s", code, exitHeld, first.Process.Pid, &second.err)
	}
	if code := first.finish(t); code != 0 {
		t.Fatalf("exit code %d, want 0\n%s", code, &first.err)
	}
	if code := patient.finish(t); code != 0 || !strings.Contains(patient.out.String(), "published by the process that worked on it") {
		t.Errorf("the run that waits ends with %d:\n%s%s", code, &patient.out, &patient.err)
	}
	if code := clears.finish(t); code != 0 {
		t.Errorf("the retention that waits ends with %d:\n%s", code, &clears.err)
	}
	compare(t, want, photograph(t, data))
}

// asleep: a process that sleeps beyond the lease is taken over; when it wakes up it ends with 4, and of what it wrote nothing is left.
func (n night) asleep(t *testing.T, want picture) {
	data := n.copy(t)
	sleeper := n.call(t, data, []string{"CREDITWATCH_FAULT=stage.features.begin#1=stop"}, secondNight)
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	waitStopped(t, sleeper.Process.Pid)
	db := warehousetest.OpenAt(t, data)
	defer db.Close()
	a := &app{out: io.Discard, errOut: io.Discard, clock: time.Now, log: "json", data: data, quiet: true, config: n.args[1]}
	for i, arg := range n.args {
		if arg == "--set" {
			a.set = append(a.set, n.args[i+1])
		}
	}
	c, err := a.load()
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.runner(db, c)
	if err != nil {
		t.Fatal(err)
	}
	r.Watch.Lease = time.Second
	if _, err := r.RunMissing(t.Context(), secondNight); !errors.Is(err, pipeline.ErrHeld) {
		t.Fatalf("before the lease is over: %v, want ErrHeld", err)
	}
	time.Sleep(r.Watch.Lease)
	if _, err := r.RunMissing(t.Context(), secondNight); err != nil {
		t.Fatalf("after the lease: %v", err)
	}
	if err := sleeper.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if code := sleeper.finish(t); code != exitHeld || !strings.Contains(sleeper.err.String(), "taken over while this process slept") {
		t.Errorf("the sleeper ends with %d, want %d:\n%s", code, exitHeld, &sleeper.err)
	}
	if _, err := r.RunMissing(t.Context(), secondNight); !errors.Is(err, pipeline.ErrPublished) {
		t.Errorf("asked again: %v, want ErrPublished", err)
	}
	mustEach(t, db, "SELECT count() AS n FROM creditwatch.publications WHERE as_of = '"+secondNight.String()+"'", func(r *rows.Row) {
		if r.Whole("n") != 1 {
			t.Errorf("%d publications, want 1", r.Whole("n"))
		}
	})
	db.Close()
	compare(t, want, photograph(t, data))
}

var stopped = regexp.MustCompile(`\nState:\s+T`)

// waitStopped waits until a process has stopped itself.
func waitStopped(t *testing.T, pid int) {
	t.Helper()
	for range 1200 {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		if stopped.Match(status) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the process did not stop")
}

// TestDemoTwice: two demos of the same seed give the same bytes but for run numbers and times.
func TestDemoTwice(t *testing.T) {
	if !*sweepAll {
		t.Skip("minutes long; asked for by -sweep. TestDisturbedNight compares two fresh directories")
	}
	var pictures []picture
	for range 2 {
		data := t.TempDir()
		program(t, nil, "--data", data, "--quiet", "demo", "--customers", "400", "--nights", "3", "--seed", "7").want(t, 0)
		pictures = append(pictures, photograph(t, data))
	}
	compare(t, pictures[0], pictures[1])
}
