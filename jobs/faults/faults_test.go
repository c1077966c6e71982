package faults

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	runAll = flag.Bool("faults", false, "run the tests of every fault and print the list with what came of it")
	sweep  = flag.Bool("sweep", false, "with -faults: each test in full")
	update = flag.Bool("update", false, "write README.md anew from the list")
)

// written are the tests of the repository: package and function, with every text of its file, among which are the names of subtests.
func written(t *testing.T) map[string][]string {
	t.Helper()
	tests := map[string][]string{}
	err := filepath.WalkDir("../..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			return err
		}
		folder := path.Dir(filepath.ToSlash(file))
		pkg := strings.TrimPrefix(folder, "../../")
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
				tests[pkg+"."+f.Name.Name] = nil
			}
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					tests[pkg] = append(tests[pkg], text)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("../scripts/testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scripts {
		tests["jobs/scripts"] = append(tests["jobs/scripts"], strings.TrimSuffix(filepath.Base(s), ".txtar"))
	}
	return tests
}

// parts takes jobs.TestDisturbedNight/disk full apart.
func parts(name string) (pkg, function, sub string) {
	pkg, rest, _ := strings.Cut(name, ".")
	function, sub, _ = strings.Cut(rest, "/")
	return pkg, function, sub
}

// TestEveryFaultHasItsTests: all of F-01 to F-55 are listed, each with tests that exist, or with what is not shown and why.
func TestEveryFaultHasItsTests(t *testing.T) {
	tests := written(t)
	listed := map[string]bool{}
	for _, f := range All {
		if listed[f.ID] {
			t.Errorf("%s is listed twice", f.ID)
		}
		listed[f.ID] = true
		if f.What == "" || f.Then == "" || len(f.Tests) == 0 && f.Weak == "" {
			t.Errorf("%s: want what goes wrong, what then holds, and tests or why there is none", f.ID)
		}
		for _, name := range f.Tests {
			pkg, function, sub := parts(name)
			if _, ok := tests[pkg+"."+function]; !ok {
				t.Errorf("%s: there is no test %s of %s", f.ID, function, pkg)
			}
			if sub != "" && !slices.ContainsFunc(tests[pkg], func(text string) bool { return strings.HasPrefix(text, sub) }) {
				t.Errorf("%s: %s has no subtest %q", f.ID, function, sub)
			}
		}
	}
	for i := 1; i <= 55; i++ {
		if id := fmt.Sprintf("F-%02d", i); !listed[id] {
			t.Errorf("%s is not listed", id)
		}
	}
}

// TestListIsWritten: README.md beside this file is the list.
func TestListIsWritten(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Faults

What can go wrong with a night and what is done to nights to see what then holds, made by ` + "`go test ./jobs/faults -update`" + ` from the list in this folder, whose
names of tests are held to the source by its own test. ` + "`go test ./jobs/faults -faults -v -timeout 6h`" + ` runs the tests and prints the list with runs and violations;
` + "`-sweep`" + ` with it runs each in full, and the last column but one says by which flag a single one is.

Invariants: **I1** each published date shows exactly one run, with the recorded count and checksum. **I2** the last good publication stays readable, at the fault and
after. **I3** the same date run to its end gives the same bytes as a run without fault. **I4** accepted + rejected + duplicates = read, per source. **I5** a message is sent
at least once after publication, never before; a repeat carries the same key. **I6** exit code and log name the cause, no secret in any output. **I7** no claim, temporary
file, child process or part is left over after the next clean run.

| fault | what goes wrong | what holds | invariants | tests | all of it by | not shown |
|---|---|---|---|---|---|---|
`)
	for _, f := range slices.SortedFunc(slices.Values(All), func(a, b Fault) int { return strings.Compare(a.ID, b.ID) }) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", f.ID, f.What, f.Then, f.Checks, strings.Join(f.Tests, "<br>"), f.Full, f.Weak)
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if written, err := os.ReadFile("README.md"); err != nil || string(written) != b.String() {
		t.Errorf("README.md is not what the list says (%v): go test ./jobs/faults -update", err)
	}
}

// TestFaults runs what the list names and prints it, a line per fault, with the tests that ran, failed and were skipped.
func TestFaults(t *testing.T) {
	if !*runAll {
		t.Skip("runs the tests of other packages again; asked for by -faults")
	}
	functions := map[string][]string{}
	for _, f := range All {
		for _, name := range f.Tests {
			pkg, function, _ := parts(name)
			if !slices.Contains(functions[pkg], function) {
				functions[pkg] = append(functions[pkg], function)
			}
		}
	}
	results := map[string]map[string]int{} // test, as in the list → outcome → count
	said := map[string]string{}
	for _, pkg := range slices.Sorted(maps.Keys(functions)) {
		args := []string{"test", "-json", "-count=1", "-timeout=5h", "-run", "^(" + strings.Join(functions[pkg], "|") + ")$", "../../" + pkg}
		if *sweep && pkg == "jobs" {
			args = append(args, "-sweep")
		}
		out, err := exec.Command("go", args...).Output()
		if err != nil {
			t.Errorf("go %s: %v", strings.Join(args, " "), err)
		}
		lines := bufio.NewScanner(bytes.NewReader(out))
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var event struct{ Action, Test, Output string }
			if json.Unmarshal(lines.Bytes(), &event) != nil || event.Test == "" {
				continue
			}
			name := pkg + "." + event.Test
			if event.Action == "output" {
				said[name] += event.Output
			}
			if !slices.Contains([]string{"pass", "fail", "skip"}, event.Action) {
				continue
			}
			if event.Action == "fail" {
				t.Errorf("%s:\n%s", name, said[name])
			}
			if results[name] == nil {
				results[name] = map[string]int{}
			}
			results[name][event.Action]++
		}
	}
	fmt.Println("| fault | what goes wrong | what holds | invariants | runs | violations | skipped | not shown |\n|---|---|---|---|---|---|---|---|")
	for _, f := range All {
		runs, violations, skipped := 0, 0, 0
		for _, name := range f.Tests {
			prefix := strings.ReplaceAll(name, " ", "_")
			for test, outcome := range results {
				if test == prefix || strings.HasPrefix(test, prefix) && strings.Contains(prefix, "/") || strings.HasPrefix(test, prefix+"/") {
					runs += outcome["pass"] + outcome["fail"]
					violations += outcome["fail"]
					skipped += outcome["skip"]
				}
			}
		}
		fmt.Printf("| %s | %s | %s | %s | %d | %d | %d | %s |\n", f.ID, f.What, f.Then, f.Checks, runs, violations, skipped, f.Weak)
		if violations > 0 {
			t.Errorf("%s: %d violations", f.ID, violations)
		}
	}
}
