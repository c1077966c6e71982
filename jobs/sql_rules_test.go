package jobs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	sqlComment = regexp.MustCompile(`--[^\n]*`)
	sqlClock   = regexp.MustCompile(`(?i)\b(now|now64|today|yesterday|current_timestamp|rand|rand64|randCanonical|generateUUIDv4)\s*\(`)
	sqlStar    = regexp.MustCompile(`(?i)\bSELECT\s+(DISTINCT\s+)?(\w+\.)?\*`)
	sqlText    = regexp.MustCompile(`(?s)\b(SELECT\b.*\bFROM|INSERT INTO|ALTER TABLE|DROP TABLE|DROP PARTITION|CREATE TABLE|CREATE OR REPLACE|RENAME TABLE|DELETE FROM)\b`)
	sqlHead    = regexp.MustCompile(`\A-- \S+.*\n`)
)

// walk visits the files of the module with an extension, but for testdata.
func walk(t *testing.T, ext string, visit func(path string, text []byte)) {
	t.Helper()
	root := ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ext {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err == nil {
			visit(filepath.ToSlash(rel), text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestQueries holds every SQL file to the habits of the tree: it says what it gives and at what grain, asks no clock and no
// dice, and names its columns.
func TestQueries(t *testing.T) {
	files := 0
	walk(t, ".sql", func(path string, text []byte) {
		files++
		body := sqlComment.ReplaceAllString(string(text), "")
		if m := sqlClock.FindString(body); m != "" {
			t.Errorf("%s: %s…): a night takes its date as a parameter and draws nothing", path, m)
		}
		if m := sqlStar.FindString(body); m != "" {
			t.Errorf("%s: %s: name the columns", path, m)
		}
		if !sqlHead.Match(text) {
			t.Errorf("%s: the first line must say what it gives", path)
		}
		if !strings.HasPrefix(path, "pipeline/warehouse/schema/") && !strings.Contains(string(text), "Grain: ") {
			t.Errorf("%s: must state its grain in a line `-- Grain: one row per …`", path)
		}
	})
	if files < 100 {
		t.Errorf("%d SQL files found; the tree has more", files)
	}
}

// formatted are the only texts that may be formatted into SQL, by file: names of our own tables and partitions, never
// what comes from a file, a flag or the configuration. Values are bound.
var formatted = map[string][]string{
	"pipeline/run.go":      {"table", "p.table", "p.id"},                                                                             // tables of Stages and of system.parts; partition ids matched to digits
	"pipeline/checksum.go": {"table", "list"},                                                                                        // what stage_runs says of tables and columns, matched to names
	"pipeline/redo.go":     {"table", "list"},                                                                                        // tables of Stages, and their columns as the engine lists them
	"features/features.go": {"f.ledger", "f.where", "into", "head", "values", "table", `strings.Join(Names(), ", ")`, "selectAll()"}, // the catalogue,
}

// TestNoSQLFromOutside finds SQL in Go that is made by formatting, and holds what is put into it against the list above.
func TestNoSQLFromOutside(t *testing.T) {
	found := map[string]bool{}
	walk(t, ".go", func(path string, text []byte) {
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "warehousetest.go") {
			return
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, err := strconv.Unquote(lit.Value)
				if err == nil && sqlText.MatchString(s) && sqlClock.MatchString(s) {
					t.Errorf("%s: SQL asks the clock or dice: %.80q", set.Position(lit.Pos()), s)
				}
				hint := strings.Contains(s, "open_warnings ORDER BY")                       // for people
				theirs := path == "pipeline/sources/database.go" && s == "SELECT q.* FROM " // all that a source's own query yields
				if err == nil && sqlText.MatchString(s) && sqlStar.MatchString(s) && !hint && !theirs {
					t.Errorf("%s: name the columns: %.80q", set.Position(lit.Pos()), s)
				}
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			fun, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"Sprintf", "Fprintf", "Appendf"}, fun.Sel.Name) {
				return true
			}
			args := call.Args
			if fun.Sel.Name != "Sprintf" {
				args = args[1:]
			}
			lit, ok := args[0].(*ast.BasicLit)
			if !ok {
				return true
			}
			format, err := strconv.Unquote(lit.Value)
			if err != nil || !sqlText.MatchString(format) {
				return true
			}
			for _, arg := range args[1:] {
				start, end := set.Position(arg.Pos()).Offset, set.Position(arg.End()).Offset
				if what := string(text[start:end]); slices.Contains(formatted[path], what) {
					found[path] = true
				} else {
					t.Errorf("%s: %s is formatted into SQL; bind it, or show in the list of this test that it is ours", set.Position(arg.Pos()), what)
				}
			}
			return true
		})
	})
	for path := range formatted {
		if !found[path] {
			t.Errorf("%s formats no SQL any more: strike it from the list", path)
		}
	}
}
