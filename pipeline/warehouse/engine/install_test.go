package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	MaybeChild()
	os.Exit(m.Run())
}

func TestLockPinsEveryPlatformAndNoAddress(t *testing.T) {
	lock, err := npmFiles.ReadFile("npm/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(lock, []byte(`"resolved"`)) || bytes.Contains(lock, []byte("://")) {
		t.Error("package-lock.json names a download address")
	}
	var l struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	if err := json.Unmarshal(lock, &l); err != nil {
		t.Fatal(err)
	}
	for platform, pkg := range packages {
		p := l.Packages["node_modules/"+pkg]
		if p.Version == "" || !strings.HasPrefix(p.Integrity, "sha512-") {
			t.Errorf("%s: %s is not pinned by version and hash: %+v", platform, pkg, p)
		}
	}
}

// pinned is whether this platform has a pinned package; the tests of fetching need one.
func pinned(t *testing.T) string {
	t.Helper()
	pkg, ok := packages[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		t.Skipf("no engine is pinned for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	return pkg
}

// fetchFake writes a small file where npm would put the library.
func fetchFake(pkg, content string) func(context.Context, string) error {
	return func(_ context.Context, dir string) error {
		for _, name := range []string{"package.json", "package-lock.json"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
		lib := filepath.Join(dir, "node_modules", pkg, "libchdb.so")
		if err := os.MkdirAll(filepath.Dir(lib), 0o755); err != nil {
			return err
		}
		return os.WriteFile(lib, []byte(content), 0o644)
	}
}

func TestInstallOnceWhoeverAsks(t *testing.T) {
	pkg, root := pinned(t), t.TempDir()
	var fetches atomic.Int32
	fetch := func(ctx context.Context, dir string) error {
		fetches.Add(1)
		time.Sleep(50 * time.Millisecond)
		return fetchFake(pkg, "library")(ctx, dir)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			path, err := install(context.Background(), root, fetch, nil)
			if err != nil {
				t.Error(err)
			} else if data, err := os.ReadFile(path); err != nil || string(data) != "library" {
				t.Errorf("%s: %q, %v", path, data, err)
			}
		})
	}
	wg.Wait()
	if n := fetches.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
}

func TestInstallRepairsWhatIsDamaged(t *testing.T) {
	pkg, root := pinned(t), t.TempDir()
	path, err := install(context.Background(), root, fetchFake(pkg, "library"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 3); err != nil {
		t.Fatal(err)
	}
	if path, err = install(context.Background(), root, fetchFake(pkg, "library"), nil); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(path); string(data) != "library" {
		t.Errorf("after the repair: %q", data)
	}
}

func TestInstallThatFailsLeavesNothing(t *testing.T) {
	pkg, root := pinned(t), t.TempDir()
	broken := errors.New("integrity check failed")
	half := func(ctx context.Context, dir string) error {
		if err := fetchFake(pkg, "half")(ctx, dir); err != nil {
			return err
		}
		return broken
	}
	if _, err := install(context.Background(), root, half, nil); !errors.Is(err, broken) {
		t.Fatalf("got %v, want %v", err, broken)
	}
	left, err := filepath.Glob(filepath.Join(root, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if !strings.HasSuffix(path, ".lock") {
			t.Errorf("left behind: %s", path)
		}
	}
	// and what a killed fetch leaves behind is swept by the next one
	stale := strings.TrimSuffix(left[0], ".lock") + ".part-123"
	if err := os.Mkdir(stale, 0o755); err != nil {
		t.Fatal(err)
	}
	var said []string
	if _, err := install(context.Background(), root, fetchFake(pkg, "library"), func(line string) { said = append(said, line) }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("a killed fetch's directory stays for ever")
	}
	if len(said) < 2 || !strings.Contains(said[0], "fetching the ClickHouse engine") {
		t.Errorf("progress: %q", said)
	}
}

func TestNoEngineNamesThreeRemedies(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // neither npm nor clickhouse
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv(overrideEnv, "")
	_, err := Locate(context.Background(), nil)
	if !errors.Is(err, ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	for _, want := range []string{"1. install Node.js", "2. install ClickHouse", "3. set CREDITWATCH_ENGINE", "warehouse.address"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	t.Setenv(overrideEnv, "/no/such/libchdb.so")
	if _, err := Locate(context.Background(), nil); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "/no/such/libchdb.so") {
		t.Errorf("a wrong %s: got %v", overrideEnv, err)
	}
}

// program makes dir/clickhouse: a program that behaves as `clickhouse local` by running the library.
func program(t *testing.T, dir, library, version string) {
	t.Helper()
	script := fmt.Sprintf(`#!/bin/sh
[ "$1" = local ] || exit 1
shift
if [ "$1" = --version ]; then echo "ClickHouse local version %s."; exit 0; fi
f=%s/stdin.$$
mkfifo "$f"; exec 0<>"$f"; rm "$f" # an input that never ends: only a signal stops a program
%s=1 exec %s engine %s "$@"
`, version, dir, childEnv, os.Args[0], library)
	if err := os.WriteFile(filepath.Join(dir, "clickhouse"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestProgramOnPathIsUsedFirst(t *testing.T) {
	library, err := Locate(context.Background(), func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	if !isLibrary(library) {
		t.Skip("the engine here is a program already")
	}
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	program(t, bin, library, "23.8.1.2")
	if got, err := Locate(context.Background(), nil); err != nil || got != library {
		t.Errorf("an old program on PATH: got %s, %v, want the library", got, err)
	}
	program(t, bin, library, "26.7.3.1")
	got, err := Locate(context.Background(), nil)
	if err != nil || got != filepath.Join(bin, "clickhouse") {
		t.Fatalf("got %s, %v, want the program", got, err)
	}
	e, err := Open(context.Background(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	st, err := readState(e.dir)
	if err != nil {
		t.Fatal(err)
	}
	if !answers(context.Background(), st.Port, st.Password) {
		t.Error("the program does not answer")
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if answers(context.Background(), st.Port, st.Password) {
		t.Error("the program outlives Close")
	}
}

// An engine that hangs at its start is stopped, and another one started in its place.
func TestHungStartIsTriedAgain(t *testing.T) {
	library, err := Locate(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !isLibrary(library) {
		t.Skip("the engine here is a program already")
	}
	bin := t.TempDir()
	program(t, bin, library, "26.7.3.1")
	starts := filepath.Join(bin, "starts")
	hung := filepath.Join(bin, "hung")
	script := fmt.Sprintf("#!/bin/sh\necho start >> %[1]s\n[ \"$(wc -l < %[1]s)\" -gt 1 ] || exec sleep 600\nexec %[2]s/clickhouse \"$@\"\n", starts, bin)
	if err := os.WriteFile(hung, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(overrideEnv, hung)
	defer func(d time.Duration) { startPatience = d }(startPatience)
	startPatience = 5 * time.Second
	e, err := Open(context.Background(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if text, err := os.ReadFile(starts); err != nil || strings.Count(string(text), "start") < 2 {
		t.Errorf("starts: %q, %v; want the hung one and another", text, err)
	}
}

func TestTakenPortIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "engine"), 0o700); err != nil {
		t.Fatal(err)
	}
	first, err := Open(context.Background(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	st, err := keepState(dir)
	if err != nil {
		t.Fatal(err)
	}
	library, err := Locate(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = spawnAt(context.Background(), dir, library, first.port, Options{}, st)
	if !errors.Is(err, errPort) {
		t.Errorf("got %v, want errPort", err)
	}
}

func TestChildSeesNoSecrets(t *testing.T) {
	t.Setenv("CRM_TOKEN", "canary")
	for _, kv := range childEnvironment() {
		if strings.Contains(kv, "canary") {
			t.Errorf("the engine is handed %s", kv)
		}
	}
}

// TestTornFilesAreRemoved: what a killed process left of a file it was writing goes, and nothing else.
func TestTornFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	keep := []string{"engine", "engine-users.xml", "engine.json", "engine.json.bak", "engine.log.1", "engine.lock"}
	for _, name := range append([]string{"engine.json.380899998", "engine.xml.1", "engine-users.xml.1472744939"}, keep...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := removeTorn(dir); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range left {
		names = append(names, f.Name())
	}
	slices.Sort(keep)
	if !slices.Equal(names, keep) {
		t.Errorf("left are %q, want %q", names, keep)
	}
}
