package jobs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "creditwatch"

// allowed is the architecture: what each package may import of this module, without its tests. To add a package: a row
// here, and its name in the rows of those that use it.
var allowed = map[string][]string{
	".":                                {"jobs"},
	"configs":                          {"features", "models/validation", "pipeline", "pipeline/asof", "pipeline/decisions", "pipeline/sources", "pipeline/warnings"},
	"features":                         {"pipeline/asof"}, // no database: it hands out statements
	"features/book":                    {"pipeline/asof"},
	"features/facts":                   {"features/book", "features/news", "pipeline/asof"},
	"features/news":                    {"pipeline/asof"},
	"models":                           {"models/boost", "models/validation", "pipeline/asof"},
	"models/boost":                     {},
	"models/loss":                      {"features/book", "pipeline/asof"},
	"models/validation":                {"pipeline/asof"},
	"pipeline":                         {"features", "features/book", "features/facts", "features/news", "models", "models/loss", "models/validation", "pipeline/asof", "pipeline/decisions", "pipeline/fault", "pipeline/report", "pipeline/rows", "pipeline/sources", "pipeline/warnings", "pipeline/warnings/record"},
	"pipeline/hostile":                 {}, // texts for tests
	"pipeline/asof":                    {},
	"pipeline/decisions":               {"features/book", "pipeline/asof"},
	"pipeline/fault":                   {},
	"pipeline/judge":                   {}, // tests alone
	"pipeline/report":                  {"pipeline/asof", "pipeline/rows"},
	"pipeline/rows":                    {"features/book", "pipeline/asof"},
	"pipeline/simulator":               {"pipeline/asof"},
	"pipeline/sources":                 {"pipeline/asof"},
	"pipeline/warehouse":               {"pipeline/warehouse/engine"}, // nothing but jobs knows the database
	"pipeline/warnings":                {"pipeline/asof"},
	"pipeline/warnings/record":         {"features/book", "pipeline/asof", "pipeline/warnings"},
	"jobs/faults":                      {}, // the list of faults and their tests
	"jobs/scripts":                     {}, // tests alone
	"jobs/timetable":                   {"pipeline/asof"},
	"jobs":                             {"configs", "features", "features/book", "features/news", "jobs/timetable", "models", "models/boost", "models/validation", "pipeline", "pipeline/asof", "pipeline/decisions", "pipeline/report", "pipeline/rows", "pipeline/simulator", "pipeline/sources", "pipeline/warehouse", "pipeline/warehouse/engine"},
	"pipeline/warehouse/engine":        {},
	"pipeline/warehouse/warehousetest": {"pipeline/warehouse", "pipeline/warehouse/engine"}, // tests alone import it
}

// thinking packages are pure: no database, no logger, no clock, no network, no other process.
var thinking = []string{
	"features", "features/book", "features/facts", "features/news", "models", "models/boost", "models/loss", "models/validation", "pipeline/warnings", "pipeline/warnings/record", "pipeline/decisions", "pipeline/report",
}

// unthinkable are the imports that no thinking package may have, with what lies below them; net/url is text alone.
var unthinkable = []string{"net/http", "net", "os/exec", "database/sql", "github.com/rs/zerolog", "log", "log/slog"}

// only names the one place (a folder with what is below it, or one file) where a library may be imported.
var only = map[string]string{
	"github.com/sjwhitworth/golearn":      "models",
	"github.com/ClickHouse/clickhouse-go": "pipeline/warehouse",
	"github.com/ClickHouse/ch-go":         "pipeline/warehouse",
	"github.com/jackc/pgx":                "pipeline/sources",
	"github.com/minio/minio-go":           "pipeline/sources",
	"github.com/pkg/sftp":                 "pipeline/sources",
	"github.com/go-sql-driver/mysql":      "pipeline/sources",
	"github.com/go-co-op/gocron":          "jobs/schedule.go",
	"github.com/spf13/cobra":              "jobs",
}

// nameless are package names that say nothing, so that anything ends up in them.
var nameless = []string{"utils", "util", "common", "helpers", "helper", "types", "misc", "shared", "lib", "base"}

// sourceFile is one Go file of the module.
type sourceFile struct {
	path    string // from the root, with slashes
	dir     string // package folder
	test    bool
	name    string // package name
	imports []string
	clock   []string // where time.Now, time.Since or time.Until is called
}

func TestArchitecture(t *testing.T) {
	files := moduleFiles(t)
	packages := map[string]bool{}
	for _, f := range files {
		packages[f.dir] = true
	}
	for dir := range packages {
		if _, ok := allowed[dir]; !ok {
			t.Errorf("package %s is not in the table of jobs/architecture_test.go: say what it may import", dir)
		}
	}
	for dir, may := range allowed {
		if !packages[dir] {
			t.Errorf("%s is in the table but there is no such package", dir)
		}
		for _, m := range may {
			if !slices.ContainsFunc(files, func(f sourceFile) bool { return f.dir == dir && slices.Contains(f.imports, module+"/"+m) }) {
				t.Errorf("%s may import %s but does not: take it out of the table", dir, m)
			}
		}
	}
	for _, f := range files {
		for _, fault := range breaches(f) {
			t.Errorf("%s: %s", f.path, fault)
		}
	}
}

// breaches returns what is wrong with the imports, the name and the clocks of a file.
func breaches(f sourceFile) []string {
	var faults []string
	bad := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if slices.Contains(nameless, strings.TrimSuffix(f.name, "_test")) {
		bad("a package called %s says nothing", f.name)
	}
	for _, imported := range f.imports {
		if imported == "C" {
			bad("imports C; everything builds without cgo")
		}
		for lib, place := range only {
			if (imported == lib || strings.HasPrefix(imported, lib+"/")) && f.path != place && f.dir != place && !strings.HasPrefix(f.dir, place+"/") {
				bad("imports %s; only %s does", imported, place)
			}
		}
		if f.test {
			continue
		}
		if own, ok := strings.CutPrefix(imported, module+"/"); ok && !slices.Contains(allowed[f.dir], own) {
			bad("imports %s; the architecture does not have that", own)
		}
		if slices.Contains(thinking, f.dir) && imported != "net/url" && slices.ContainsFunc(unthinkable, func(u string) bool { return imported == u || strings.HasPrefix(imported, u+"/") }) {
			bad("imports %s; a thinking package only computes", imported)
		}
	}
	if slices.Contains(thinking, f.dir) && !f.test {
		for _, at := range f.clock {
			bad("reads the clock at %s; the date is a parameter", at)
		}
	}
	return faults
}

// TestArchitectureSeesBreaches holds the rules to cases that break them, so that none of them sleeps.
func TestArchitectureSeesBreaches(t *testing.T) {
	const dot = `package features; import . "time"; var x = Now()`
	for _, c := range []struct{ shows, path, text, want string }{
		{"a thinking package may use asof", "features/x.go", `package features; import _ "creditwatch/pipeline/asof"`, ""},
		{"a thinking package asks the database through its user", "features/x.go", `package features; import _ "creditwatch/pipeline/warehouse"`, "the architecture does not have that"},
		{"a test may use the database", "features/x_test.go", `package features; import _ "creditwatch/pipeline/warehouse"`, ""},
		{"a thinking package has no network", "pipeline/report/x.go", `package report; import _ "net/http"`, "only computes"},
		{"nor what belongs to it", "pipeline/report/x.go", `package report; import _ "net/http/httputil"`, "only computes"},
		{"an address as text is no network", "pipeline/report/x.go", `package report; import _ "net/url"`, ""},
		{"nor a logger", "models/x.go", `package models; import _ "github.com/rs/zerolog"`, "only computes"},
		{"nor a clock", "pipeline/warnings/x.go", `package warnings; import "time"; var x = time.Now()`, "reads the clock"},
		{"under any name", "pipeline/warnings/x.go", `package warnings; import c "time"; var x = c.Since`, "reads the clock"},
		{"nor a hidden one", "features/x.go", dot, "reads the clock"},
		{"a date given is no clock", "features/x.go", `package features; import "time"; var x = time.Unix(0, 0)`, ""},
		{"jobs has the clock", "jobs/x.go", `package jobs; import "time"; var x = time.Now`, ""},
		{"gocron is in one file", "jobs/serve.go", `package jobs; import _ "github.com/go-co-op/gocron/v2"`, "only jobs/schedule.go does"},
		{"which may", "jobs/schedule.go", `package jobs; import _ "github.com/go-co-op/gocron/v2"`, ""},
		{"golearn is in models", "pipeline/x.go", `package pipeline; import _ "github.com/sjwhitworth/golearn/base"`, "only models does"},
		{"the driver is below the warehouse", "jobs/x.go", `package jobs; import _ "github.com/ClickHouse/clickhouse-go/v2"`, "only pipeline/warehouse does"},
		{"in tests too", "jobs/x_test.go", `package jobs; import _ "github.com/ClickHouse/clickhouse-go/v2"`, "only pipeline/warehouse does"},
		{"no cgo", "jobs/x.go", `package jobs; import "C"`, "without cgo"},
		{"no name without meaning", "features/x.go", `package utils`, "says nothing"},
	} {
		t.Run(c.shows, func(t *testing.T) {
			f, err := readSource(c.path, []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(breaches(f), "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
}

// moduleFiles reads every Go file of the module, whatever system it is for.
func moduleFiles(t *testing.T) []sourceFile {
	t.Helper()
	root := ".." // of this package's folder
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	var files []sourceFile
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		f, err := readSource(filepath.ToSlash(rel), text)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func readSource(name string, text []byte) (sourceFile, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return sourceFile{}, err
	}
	f := sourceFile{path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), name: parsed.Name.Name}
	clock := "" // the name under which the file knows package time
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return f, err
		}
		f.imports = append(f.imports, imported)
		if imported == "time" {
			clock = "time"
			if spec.Name != nil {
				clock = spec.Name.Name
			}
		}
	}
	reads := func(name string) bool { return name == "Now" || name == "Since" || name == "Until" }
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == clock && reads(n.Sel.Name) {
				f.clock = append(f.clock, fmt.Sprintf("line %d", set.Position(n.Pos()).Line))
			}
		case *ast.Ident:
			if clock == "." && reads(n.Name) {
				f.clock = append(f.clock, fmt.Sprintf("line %d", set.Position(n.Pos()).Line))
			}
		}
		return true
	})
	return f, nil
}
