package scripts

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"creditwatch/jobs"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/engine"
)

// runNumber is what two pages of the same night may differ in.
var runNumber = regexp.MustCompile(`(?s)(<div class="run" id="run">).*?(; program|；程序版本)`)

// TestMain makes the test binary the program that the scripts call, and its engine.
func TestMain(m *testing.M) {
	engine.MaybeChild()
	testscript.Main(m, map[string]func(){
		"creditwatch": func() { os.Exit(jobs.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command line as people do: testdata/script holds a script per subject, with the book of
// jobs/testdata/tiny in its folder. Beside the usual commands a script may say
//
//	exits CODE command …   the command ends with the code, and nothing it says is a stack trace
//	same FILE FILE         the files are equal but for run numbers
//	append FILE MORE       adds the bytes of the second file to the first
//
// By default each command starts an engine on the data directory d and ends it. Scripts with a line `# one engine` at their top have one that
// all their commands join, as those of a user join the engine of `creditwatch serve`.
func TestScripts(t *testing.T) {
	cache, err := os.UserCacheDir() // where the engine is
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", cache)
			for _, name := range []string{"CREDITWATCH_ENGINE", "npm_config_registry", "NPM_CONFIG_USERCONFIG"} {
				if v, ok := os.LookupEnv(name); ok {
					e.Setenv(name, v)
				}
			}
			if err := os.CopyFS(filepath.Join(e.WorkDir, "tiny"), os.DirFS("../testdata/tiny")); err != nil {
				return err
			}
			script, err := os.ReadFile(filepath.Join("testdata", "script", strings.TrimPrefix(filepath.Base(e.WorkDir), "script-")+".txtar"))
			if err != nil || !strings.HasPrefix(string(script), "# one engine\n") {
				return err
			}
			db, err := warehouse.Open(t.Context(), warehouse.Options{Dir: filepath.Join(e.WorkDir, "d"), MemoryBytes: 2 << 30})
			if err != nil {
				return err
			}
			e.Defer(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "same": same, "append": appendTo},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	code := 0
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	said := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	if code != want {
		ts.Fatalf("exit code %d, want %d:\n%s", code, want, said)
	}
	for _, trace := range []string{"goroutine ", "panic:", "Stack trace", "DB::", "(version "} {
		if strings.Contains(said, trace) {
			ts.Fatalf("says %q:\n%s", trace, said)
		}
	}
}

func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same FILE FILE")
	}
	a, b := runNumber.ReplaceAllString(ts.ReadFile(args[0]), "$1$2"), runNumber.ReplaceAllString(ts.ReadFile(args[1]), "$1$2")
	if a != b {
		at := 0
		for at < min(len(a), len(b)) && a[at] == b[at] {
			at++
		}
		ts.Fatalf("%s and %s differ: …%.80q… against …%.80q…", args[0], args[1], a[at:], b[at:])
	}
}

func appendTo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: append FILE MORE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[0])+ts.ReadFile(args[1])), 0o600))
}
