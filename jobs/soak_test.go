package jobs

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"creditwatch/configs"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/simulator"
	"creditwatch/pipeline/warehouse/warehousetest"
)

var (
	soakNights = flag.Int("soak", 0, "nights in a row with a fault by chance in each, beside as many undisturbed ones")
	soakSeed   = flag.Uint64("soak-seed", 1, "seed of the faults")
	soakUntil  = flag.Duration("soak-until", 0, "no new night after so long; 0: all")
	soakOut    = flag.String("soak-out", "", "file for a line of figures per night (CSV)")
	soakDir    = flag.String("soak-dir", "", "folder of the soak, in which it goes on another time after -soak-until; empty: one that is removed in the end")
)

// TestSoak runs night after night on one data directory, each disturbed by something that a seed chooses, and the same nights on
// another that nothing disturbs. Every date must show the same there as here; time, memory, handles, disk and parts must not grow with
// the number of faults.
func TestSoak(t *testing.T) {
	if *soakNights == 0 {
		t.Skip("hours long; asked for by -soak 400")
	}
	root := *soakDir
	if root == "" {
		root = t.TempDir()
	}
	book, victim, calm, trace := filepath.Join(root, "book"), filepath.Join(root, "victim"), filepath.Join(root, "calm"), filepath.Join(root, "trace")
	last := asof.On(2026, 6, 30)
	first := last.Add(1 - *soakNights)
	config := filepath.Join(book, "creditwatch.yaml")
	_, err := os.Stat(trace)
	goesOn := err == nil
	if !goesOn {
		_, err := simulator.Write(context.Background(), book, simulator.Options{Customers: 60, From: first.AddMonths(-15), To: last, Seed: 7, Dirt: 1, DailyDays: *soakNights + 32}, nil)
		if err != nil {
			t.Fatal(err)
		}
		keepNewest(t, filepath.Join(book, "news"), 5)
		if err := os.WriteFile(config, configs.Simulated(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--config", config, "--quiet", "--set", "train.min_defaults=2", "--set", "train.snapshots=6", "--set", "train.learners=[scorecard]", "--set", "train.every=month", "--set", "train.canary_rows=0", "--set", "validation.replay_customers=1"} // past nights are built again on Sundays
	on := func(data string, more ...string) []string { return slices.Concat(args, []string{"--data", data}, more) }

	// What later nights do not read back may go: with the shortest times that the configuration allows, a month of nights is enough to see it.
	for _, keep := range []string{"detail=35", "reports=35", "features=434"} {
		args = append(args, "--set", "retention."+keep)
	}
	d := first.Add(1)
	if goesOn {
		d = newestNight(t, victim).Add(1)
	} else {
		program(t, []string{"CREDITWATCH_FAULT_TRACE=" + trace}, on(victim, "run", "--date", first.String())...).want(t, 0)
	}
	points := pointsOf(t, trace)

	var log *csv.Writer
	if *soakOut != "" {
		f, err := os.OpenFile(*soakOut, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		log = csv.NewWriter(f)
		if !goesOn {
			log.Write([]string{"night", "fault", "attempts", "seconds_of_the_last", "peak_mb", "handles", "disk_mb", "files", "parts", "start_seconds"}) //nolint:errcheck // Flush says it
		}
	}
	began := time.Now()
	since, faults := d, map[string]int{}
	for d <= last && (*soakUntil == 0 || time.Since(began) < *soakUntil) {
		until := min(d.Add(soakStretch-1), last)
		undisturbed := program(t, nil, on(calm, "backfill", "--from", first.String(), "--to", until.String())...)
		if err := undisturbed.Start(); err != nil {
			t.Fatal(err)
		}
		defer undisturbed.Process.Kill() //nolint:errcheck // has ended, or is no longer needed
		var lines [][]string
		for ; d <= until; d = d.Add(1) {
			dice := rand.New(rand.NewPCG(*soakSeed, uint64(d))) // the same of a date, wherever the soak was begun
			point := points[dice.IntN(len(points))]
			fault := []string{"none", "kill", "kill", "panic", "error", "term", "engine"}[dice.IntN(7)]
			faults[fault]++
			lines = append(lines, disturb(t, d, fault, point, time.Duration(dice.Int64N(int64(4*time.Second))), victim, on(victim, "run", "--date", d.String())))
		}
		if code := undisturbed.finish(t); code != 0 {
			t.Fatalf("undisturbed nights: exit code %d\n%s", code, &undisturbed.err)
		}
		// The victim forgets and packs all along, and is killed in that, too; the other one only at the end: what goes must be missed by no night between.
		dice := rand.New(rand.NewPCG(*soakSeed, uint64(until)<<1))
		point := []string{"drop.after", "pack.build.before", "pack.build.after", "pack.exchange.before", "pack.exchange.after"}[dice.IntN(5)]
		program(t, []string{fmt.Sprintf("CREDITWATCH_FAULT=retention.%s#%d=kill", point, 1+dice.IntN(40))}, on(victim, "retention")...).run(t)
		program(t, nil, on(victim, "retention")...).want(t, 0)
		opening := time.Now()
		db := warehousetest.OpenAt(t, victim)
		started := time.Since(opening)
		parts := 0
		mustEach(t, db, "SELECT count() AS n FROM system.parts WHERE active", func(r *rows.Row) { parts = int(r.Whole("n")) })
		db.Close()
		copy(lines[len(lines)-1][8:], []string{strconv.Itoa(parts), fmt.Sprintf("%.2f", started.Seconds())})
		if log != nil {
			if log.WriteAll(lines); log.Error() != nil {
				t.Fatal(log.Error())
			}
		}
	}
	program(t, nil, on(calm, "retention")...).want(t, 0)
	want, got := photograph(t, calm), photograph(t, victim)
	compare(t, want, got)
	found := "no difference"
	if t.Failed() {
		found = "differences"
	}
	t.Logf("%d nights, disturbed and not, %d of them now, and %s in %d lines of tables and %d pages; faults: %v", d.Sub(first), d.Sub(since), found, len(want.tables), len(want.pages), faults)
}

// newestNight is the newest published date of a data directory.
func newestNight(t *testing.T, data string) (day asof.Date) {
	t.Helper()
	db := warehousetest.OpenAt(t, data)
	defer db.Close()
	mustEach(t, db, "SELECT max(as_of) AS day FROM creditwatch.publications", func(r *rows.Row) { day = r.Date("day") })
	return day
}

// soakStretch is for how many nights the two go on side by side before one waits for the other.
const soakStretch = 14

// disturb runs a night with a fault until it is done, which must take no more than one repetition, and returns its line of figures.
func disturb(t *testing.T, d asof.Date, fault, point string, pause time.Duration, victim string, args []string) []string {
	t.Helper()
	var env []string
	if fault != "none" && fault != "engine" {
		env = []string{"CREDITWATCH_FAULT=" + point + "=" + fault}
	}
	attempts, seconds, peak, handles := 0, 0.0, 0, 0
	for code := -2; code != 0; {
		attempts++
		c := program(t, env, args...)
		start := time.Now()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		watched := make(chan [2]int, 1)
		go func() { watched <- watch(c.Process.Pid, ended) }()
		if fault == "engine" && attempts == 1 {
			time.AfterFunc(pause, func() { killEngine(victim) })
		}
		code = c.finish(t)
		close(ended)
		most := <-watched
		peak, handles, seconds = most[0], most[1], time.Since(start).Seconds()
		if code != 0 && (fault == "none" || attempts > 1) {
			t.Fatalf("%s: exit code %d in attempt %d after %s at %s (seed %d)\n%s", d, code, attempts, fault, point, *soakSeed, &c.err)
		}
		env = nil
	}
	size, files := sizeOf(t, victim)
	return []string{d.String(), fault + " " + point, strconv.Itoa(attempts), fmt.Sprintf("%.1f", seconds), strconv.Itoa(peak), strconv.Itoa(handles), strconv.Itoa(size), strconv.Itoa(files), "", ""}
}

// watch returns the peak of a process's memory in MB and of its open handles, looking until it has ended.
func watch(pid int, ended <-chan struct{}) (most [2]int) {
	for {
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
			if _, after, ok := strings.Cut(string(text), "VmHWM:"); ok {
				var kb int
				fmt.Sscan(after, &kb)
				most[0] = max(most[0], kb>>10)
			}
		}
		if handles, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)); err == nil {
			most[1] = max(most[1], len(handles))
		}
		select {
		case <-ended:
			return most
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// sizeOf is the size of a folder in MB and its number of files.
func sizeOf(t *testing.T, dir string) (mb, files int) {
	t.Helper()
	var bytes int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a merge takes files away while we look
		}
		if info, err := d.Info(); err == nil {
			bytes += info.Size()
			files++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return int(bytes >> 20), files
}
