package warehouse_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// helperEnv makes the test binary a second process of ours, on the data directory that it names.
const helperEnv = "WAREHOUSE_TEST_HELPER"

// second runs the test binary as another process that opens dir, does what it is told, prints the engine's pid and
// "ready", and then waits until it is killed.
func second(t *testing.T, dir, sql string) *osexec.Cmd {
	t.Helper()
	cmd := osexec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+dir, helperEnv+"_SQL="+sql)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line := make([]byte, 64)
	n, _ := out.Read(line)
	if got := string(line[:n]); got != "ready\n" {
		cmd.Wait()
		t.Fatalf("second process said %q: %s", got, stderr.String())
	}
	return cmd
}

func helper(dir string) {
	db, err := warehouse.Open(context.Background(), warehouse.Options{Dir: dir})
	sql := os.Getenv(helperEnv + "_SQL")
	switch {
	case err != nil:
	case sql == "migrate":
		os.Stdout.WriteString("ready\n")
		err = db.Migrate(context.Background(), files(map[string]string{
			"0001_slow.sql": "CREATE OR REPLACE TABLE slow ENGINE = MergeTree ORDER BY tuple() AS SELECT sleepEachRow(0.1), 'pending_forever' AS x FROM numbers(100000) SETTINGS max_block_size = 10",
		}))
	default:
		err = db.Exec(context.Background(), sql, nil)
	}
	if err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	os.Stdout.WriteString("ready\n")
	time.Sleep(5 * time.Minute)
}

// enginePID reads which process is the engine of dir.
func enginePID(t *testing.T, dir string) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "engine.json"))
	if err != nil {
		t.Fatal(err)
	}
	var st struct{ PID int }
	if err := json.Unmarshal(data, &st); err != nil {
		t.Fatal(err)
	}
	return st.PID
}

func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return !strings.Contains(string(stat), ") Z ") // a zombie waits for a parent that is not ours
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func count(t testing.TB, db *warehouse.DB, table string) uint64 {
	t.Helper()
	n, err := warehouse.Select[uint64](context.Background(), db, "SELECT count() FROM "+table, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n[0]
}

func TestEngineKilledIsStartedAgainWithItsRows(t *testing.T) {
	dir := t.TempDir()
	db := warehousetest.OpenAt(t, dir)
	exec(t, db, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 1000")
	for kills := 1; kills <= 3; kills++ {
		token := strconv.Itoa(kills)
		ctx := warehouse.WithToken(context.Background(), token)
		if err := db.Exec(ctx, "INSERT INTO t SELECT number FROM numbers(1000)", nil); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(enginePID(t, dir), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if got, want := count(t, db, "t"), uint64(1000*kills); got != want {
			t.Fatalf("after kill %d: %d rows, want %d", kills, got, want)
		}
		// the same insert again, as a caller who lost the answer would send it
		if err := db.Exec(ctx, "INSERT INTO t SELECT number FROM numbers(1000)", nil); err != nil {
			t.Fatal(err)
		}
		if got, want := count(t, db, "t"), uint64(1000*kills); got != want {
			t.Fatalf("after the token again: %d rows, want %d", got, want)
		}
		if got := db.Restarts(); got != kills {
			t.Errorf("restarts: %d, want %d", got, kills)
		}
	}
}

func TestInsertSurvivesTheEngineKilledInItsMiddle(t *testing.T) {
	dir := t.TempDir()
	db := warehousetest.OpenAt(t, dir)
	exec(t, db, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 1000")
	const batches = 60
	total := 0
	for run, rows := range []int{1_000, 10_000, 100_000} { // the last beyond a block, and beyond what is kept in memory for a second try
		pid := enginePID(t, dir)
		in := &numbers{batches: batches, rows: rows, each: func(batch int) {
			if batch == 20*(run+1)-5 {
				kill9(t, pid)
			}
		}}
		if err := db.Insert(context.Background(), "t", "run "+strconv.Itoa(run), in); err != nil {
			t.Fatal(err)
		}
		total += batches * rows
		if got := count(t, db, "t"); got != uint64(total) {
			t.Fatalf("run %d: %d rows, want %d", run, got, total)
		}
		if got := db.Restarts(); got != run+1 {
			t.Errorf("run %d: %d restarts: the engine was not killed in the middle", run, got)
		}
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "creditwatch-insert-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestInsertWithoutATokenIsNotSentTwice(t *testing.T) {
	dir := t.TempDir()
	db := warehousetest.OpenAt(t, dir)
	exec(t, db, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x")
	pid := enginePID(t, dir)
	in := &numbers{batches: 60, rows: 10_000, each: func(batch int) {
		if batch == 30 {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}}
	if err := db.Insert(context.Background(), "t", "", in); err == nil {
		t.Error("the insert claims to have succeeded on a dead engine")
	}
}

func TestSecondProcessJoinsAndTakesOver(t *testing.T) {
	dir := t.TempDir()
	owner := second(t, dir, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x")
	pid := enginePID(t, dir)
	db := warehousetest.OpenAt(t, dir)
	exec(t, db, "INSERT INTO t SELECT number FROM numbers(10)")
	if got := enginePID(t, dir); got != pid {
		t.Fatalf("a second engine %d runs beside %d", got, pid)
	}
	owner.Process.Kill()
	owner.Wait()
	if got := count(t, db, "t"); got != 10 {
		t.Errorf("after the owner was killed: %d rows, want 10", got)
	}
	eventually(t, "the first engine ends", func() bool { return !alive(pid) })
	eventually(t, "the second process runs an engine of its own", func() bool { return enginePID(t, dir) != pid })
}

func TestEngineEndsWithItsParent(t *testing.T) {
	dir := t.TempDir()
	parent := second(t, dir, "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x")
	pid := enginePID(t, dir)
	if !alive(pid) {
		t.Fatal("no engine")
	}
	parent.Process.Kill()
	parent.Wait()
	// at once, while the orphan still holds the directory
	db := warehousetest.OpenAt(t, dir)
	if got := count(t, db, "t"); got != 0 {
		t.Errorf("%d rows, want 0", got)
	}
	eventually(t, "the orphan ends", func() bool { return !alive(pid) })
}

func TestCloseStopsTheEngineAndKeepsThePasswordsPrivate(t *testing.T) {
	dir := t.TempDir()
	db, err := warehouse.Open(context.Background(), warehouse.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	pid := enginePID(t, dir)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if alive(pid) {
		t.Error("the engine outlives Close")
	}
	for _, name := range []string{"engine.json", "engine.xml", "engine-users.xml", "engine.lock"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
	}
}

func TestEngineThatCannotStartSaysWhy(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "engine", "metadata"), 0o700); err != nil {
		t.Fatal(err)
	}
	// a table definition cut off by a full disk
	os.MkdirAll(filepath.Join(dir, "engine", "metadata", "creditwatch"), 0o700)
	os.WriteFile(filepath.Join(dir, "engine", "metadata", "creditwatch.sql"), []byte("ATTACH DATABASE _ UU"), 0o600)
	_, err := warehouse.Open(context.Background(), warehouse.Options{Dir: dir})
	if !errors.Is(err, warehouse.ErrUnreachable) {
		t.Fatalf("got %v, want ErrUnreachable", err)
	}
	if !strings.Contains(err.Error(), "creditwatch.sql") {
		t.Errorf("the error does not name the broken file: %v", err)
	}
}

func kill9(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
