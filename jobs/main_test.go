package jobs

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"creditwatch/configs"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/simulator"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/engine"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// sweepAll asks for the long tests: a crash at every point of a night, the demo twice. They take most of an hour.
var sweepAll = flag.Bool("sweep", os.Getenv("CREDITWATCH_SWEEP") != "", "crash at every fault point instead of once per stage; run the demo twice")

// The test binary is the program when it is called so, and the engine's process when the program starts one.
func TestMain(m *testing.M) {
	engine.MaybeChild()
	testscript.Main(m, map[string]func(){
		"creditwatch": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// A call is one run of the program as a process of its own.
type call struct {
	*exec.Cmd
	out, err bytes.Buffer
}

// program prepares a call; env are further variables, args the arguments.
func program(t *testing.T, env []string, args ...string) *call {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &call{Cmd: exec.Command(self, args...)}
	c.Args[0] = "creditwatch" // by which TestMain knows it
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = &c.out, &c.err
	return c
}

// finish waits for the call; a process that does not end by itself is an error of the test.
func (c *call) finish(t *testing.T) (code int) {
	t.Helper()
	timer := time.AfterFunc(20*time.Minute, func() { c.Process.Kill() })
	defer timer.Stop()
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode() // -1 when killed
}

// run runs the call to its end.
func (c *call) run(t *testing.T) (code int) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c.finish(t)
}

// want runs the call and demands its exit code.
func (c *call) want(t *testing.T, code int) {
	t.Helper()
	if got := c.run(t); got != code {
		t.Fatalf("%v: exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", c.Args[1:], got, code, &c.out, &c.err)
	}
}

// A night is a simulated book of which the first night is published and the second is to be run.
type night struct {
	book, base string // folder of the source files; data directory with the first night
	args       []string
}

var (
	firstNight  = asof.On(2026, 6, 29)
	secondNight = asof.On(2026, 6, 30)
)

// newNight publishes the first night of a new book. The second one has a new snapshot to build and a model to train.
func newNight(t *testing.T, customers int, set ...string) night {
	t.Helper()
	n := newBook(t, customers, set...)
	n.call(t, n.base, nil, firstNight).want(t, 0)
	return n
}

// newBook simulates a book small enough for a test.
func newBook(t *testing.T, customers int, set ...string) night {
	t.Helper()
	n := night{book: filepath.Join(t.TempDir(), "book"), base: t.TempDir()}
	_, err := simulator.Write(context.Background(), n.book, simulator.Options{
		Customers: customers, From: secondNight.AddMonths(-27).Add(1), To: secondNight, Seed: 7, Dirt: 1,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	keepNewest(t, filepath.Join(n.book, "news"), 5) // hundreds of small files are no part of what is tested here
	config := filepath.Join(n.book, "creditwatch.yaml")
	if err := os.WriteFile(config, configs.Simulated(), 0o600); err != nil {
		t.Fatal(err)
	}
	n.args = []string{"--config", config, "--quiet"}
	for _, s := range append([]string{"train.min_defaults=3", "train.snapshots=2", "train.learners=[scorecard]"}, set...) {
		n.args = append(n.args, "--set", s)
	}
	return n
}

func keepNewest(t *testing.T, dir string, count int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	for _, f := range files[:max(len(files)-count, 0)] {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
}

// call prepares the run of a date on a data directory.
func (n night) call(t *testing.T, data string, env []string, date asof.Date) *call {
	return program(t, env, slices.Concat(n.args, []string{"--data", data, "run", "--date", date.String()})...)
}

// copy returns a data directory of its own with the first night in it.
func (n night) copy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, part := range []string{"engine", "reports", "engine.json"} {
		from, to := filepath.Join(n.base, part), filepath.Join(dir, part)
		info, err := os.Stat(from)
		if err != nil {
			t.Fatal(err)
		}
		if !info.IsDir() {
			text, err := os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(to, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := copyTree(from, to); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// copyTree copies a folder with its links, which os.CopyFS refuses: an engine's tables are linked by name.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o700)
		case d.Type()&os.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(strings.Replace(link, from, to, 1), target)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o600)
	})
}

// A picture is what readers see of a data directory, but for run numbers and times: a line per table and date with the
// number of rows and their checksum, and the pages.
type picture struct {
	tables []string
	pages  map[string]string
}

var runNumber = regexp.MustCompile(`(?s)(<div class="run" id="run">).*?(; program|；程序版本)`)

var tornName = regexp.MustCompile(`^engine.*\.\d+$`)

// photograph reads the picture and demands a clean directory: no temporary file, no claim, no working table, no row of an unpublished run,
// one pointer in use per date, what is stored equal to what was recorded.
func photograph(t *testing.T, data string) picture {
	t.Helper()
	ctx := context.Background()
	db := warehousetest.OpenAt(t, data)
	defer db.Close()
	var p picture
	var tables []string
	mustEach(t, db, `SELECT table FROM system.columns WHERE database = 'creditwatch' AND name = 'run' AND endsWith(table, '_rows') ORDER BY table`,
		func(r *rows.Row) { tables = append(tables, r.Text("table")) })
	for _, table := range tables {
		if table == "reports_rows" {
			continue // hold the run's number; the pages are compared below
		}
		mustEach(t, db, `SELECT toString(as_of) AS day, count() AS n, sum(cityHash64(tuple(* EXCEPT (run, took_ms)))) AS h FROM creditwatch.`+table+`
WHERE run IN (SELECT run FROM creditwatch.live_runs) GROUP BY as_of ORDER BY as_of`,
			func(r *rows.Row) {
				p.tables = append(p.tables, fmt.Sprintf("%s %s %d %x", table, r.Text("day"), r.Whole("n"), uint64(r.Whole("h"))))
			})
	}
	for what, sql := range map[string]string{
		"claim":                      `SELECT name AS x FROM system.tables WHERE database = 'creditwatch' AND startsWith(name, 'claim_')`,
		"working table":              `SELECT name AS x FROM system.tables WHERE database = 'creditwatch' AND match(name, '_[0-9]+$')`,
		"row of an unpublished run":  `SELECT DISTINCT concat(table, ' ', partition_id) AS x FROM system.parts WHERE active AND rows > 0 AND database = 'creditwatch' AND endsWith(table, '_rows') AND partition_id != 'all' AND toUInt64OrZero(partition_id) < 9223372036854775808 AND toUInt64OrZero(splitByChar('-', partition_id)[1]) NOT IN (SELECT run FROM creditwatch.publications)`,
		"date with several pointers": `SELECT toString(as_of) AS x FROM creditwatch.live_runs GROUP BY as_of HAVING count() != 1`,
		"detached part":              `SELECT concat(table, ' ', name) AS x FROM system.detached_parts WHERE database = 'creditwatch'`,
	} {
		mustEach(t, db, sql, func(r *rows.Row) { t.Errorf("%s left over: %s", what, r.Text("x")) })
	}
	for _, check := range integrity {
		if check.name == "disk" {
			continue
		}
		if err := check.run(ctx, db); err != nil {
			t.Errorf("%s: %v", check.name, err)
		}
	}
	err := filepath.WalkDir(data, func(path string, d os.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case path == filepath.Join(data, "engine"): // whose files are its own
			return filepath.SkipDir
		case strings.HasPrefix(name, ".new-"), strings.HasPrefix(name, "creditwatch-copies-"), tornName.MatchString(name):
			t.Errorf("temporary file left over: %s", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p.pages = map[string]string{}
	files, err := os.ReadDir(filepath.Join(data, "reports"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		page, err := os.ReadFile(filepath.Join(data, "reports", f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if !runNumber.Match(page) {
			t.Errorf("%s names no run", f.Name())
		}
		p.pages[f.Name()] = runNumber.ReplaceAllString(string(page), "$1$2")
	}
	return p
}

func mustEach(t *testing.T, db *warehouse.DB, sql string, each func(*rows.Row)) {
	t.Helper()
	if err := rows.Each(context.Background(), db, "test", sql, nil, func(r *rows.Row) error { each(r); return nil }); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// compare demands that two pictures are equal and names the tables and places that are not.
func compare(t *testing.T, want, got picture) {
	t.Helper()
	for _, line := range want.tables {
		if !slices.Contains(got.tables, line) {
			t.Errorf("undisturbed: %s", line)
		}
	}
	for _, line := range got.tables {
		if !slices.Contains(want.tables, line) {
			t.Errorf("disturbed:   %s", line)
		}
	}
	for name, page := range want.pages {
		if a, b := firstDifference(page, got.pages[name]); a != b {
			t.Errorf("%s differs: undisturbed …%s… disturbed …%s…", name, a, b)
		}
	}
	if len(want.pages) == 0 || len(got.pages) != len(want.pages) {
		t.Errorf("%d pages, want %d", len(got.pages), len(want.pages))
	}
}

// firstDifference returns the surroundings of the first place at which two texts differ, "" and "" if there is none.
func firstDifference(a, b string) (string, string) {
	if a == b {
		return "", ""
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	around := func(s string) string { return s[max(min(i, len(s))-60, 0):min(i+60, len(s))] }
	return around(a), cmp.Or(around(b), "(end)")
}

// under has the call run by another program, whose arguments come before it.
func (c *call) under(t *testing.T, command ...string) {
	t.Helper()
	if len(command) == 0 {
		return
	}
	named := filepath.Join(t.TempDir(), c.Args[0]) // by which TestMain knows it
	if err := os.Symlink(c.Path, named); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		t.Fatal(err)
	}
	c.Path, c.Args = path, append(append(command, named), c.Args[1:]...)
}
