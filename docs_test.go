package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"creditwatch/jobs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/sources"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// The pages in both languages: what is said of one is true of the other.
var pages = []string{"README.md", "README.zh.md"}

func TestMain(m *testing.M) { warehousetest.Main(m) }

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// call runs the program as the command line does.
func call(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = jobs.Main(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// A block is a fenced piece of a page: its language, the file it stands for if any, its text.
type block struct{ lang, file, text string }

var fence = regexp.MustCompile("(?ms)^```([a-z]*) ?([^\n]*)\n(.*?)^```$")

func blocks(page string) []block {
	var bs []block
	for _, m := range fence.FindAllStringSubmatch(page, -1) {
		bs = append(bs, block{m[1], m[2], m[3]})
	}
	return bs
}

func TestReadmeNamesEveryCommand(t *testing.T) {
	code, help, _ := call("--help")
	if code != 0 {
		t.Fatalf("--help: exit code %d", code)
	}
	_, list, _ := strings.Cut(help, "Available Commands:\n")
	list, flags, _ := strings.Cut(list, "\n\n")
	commands := []string{"help"}
	for _, line := range strings.Split(list, "\n") {
		commands = append(commands, strings.Fields(line)[0])
	}
	for _, page := range pages {
		text := read(t, page)
		for _, c := range commands[1:] {
			if c != "help" && !strings.Contains(text, "\n| `creditwatch "+c+"` |") {
				t.Errorf("%s: no row for the command %s", page, c)
			}
		}
		for _, m := range regexp.MustCompile("\n\\| `creditwatch ([a-z-]+)").FindAllStringSubmatch(text, -1) {
			if !slices.Contains(commands, m[1]) {
				t.Errorf("%s: there is no command %s", page, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[a-z-]+)`).FindAllStringSubmatch(flags, -1) {
			if m[1] != "--help" && m[1] != "--version" && !strings.Contains(text, "`"+m[1]) {
				t.Errorf("%s: the flag %s is not named", page, m[1])
			}
		}
	}
	// Flags named in the row of a command are flags of it.
	row := regexp.MustCompile("(?m)^\\| `creditwatch ([a-z-]+)` \\|(.*)$")
	for _, page := range pages {
		for _, m := range row.FindAllStringSubmatch(read(t, page), -1) {
			_, help, _ := call(m[1], "--help")
			for _, flag := range regexp.MustCompile("`(--[a-z-]+)").FindAllStringSubmatch(m[2], -1) {
				if !strings.Contains(help, flag[1]+" ") {
					t.Errorf("%s: %s has no flag %s", page, m[1], flag[1])
				}
			}
		}
	}
}

func TestReadmeNamesEveryKeyOfASource(t *testing.T) {
	source := reflect.TypeFor[sources.Source]()
	var keys []string
	for i := range source.NumField() {
		if tag := source.Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
			keys = append(keys, tag)
		}
	}
	for _, page := range pages {
		var named []string
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+):` \\|").FindAllStringSubmatch(read(t, page), -1) {
			named = append(named, m[1])
		}
		if !slices.Equal(named, keys) {
			t.Errorf("%s names the keys %q, want %q", page, named, keys)
		}
		for _, table := range sources.Tables() {
			if !regexp.MustCompile("(?m)^\\| `table:` \\|.*\\b" + table + "\\b").MatchString(read(t, page)) {
				t.Errorf("%s: the ledger table %s is not named", page, table)
			}
		}
	}
}

func TestReadmeNamesEveryView(t *testing.T) {
	for _, page := range pages {
		var named []string
		for _, row := range strings.Split(read(t, page), "\n") {
			cell, ok := strings.CutPrefix(row, "| `")
			if !ok || strings.HasPrefix(cell, "creditwatch ") || strings.Contains(cell, ":` |") {
				continue
			}
			cell, _, _ = strings.Cut(cell, " |")
			named = append(named, strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("`, ", r) })...)
		}
		slices.Sort(named)
		if want := warehouse.ReaderViews(); !slices.Equal(named, want) {
			t.Errorf("%s names the views\n%q, want\n%q", page, named, want)
		}
	}
}

func TestReadmeNamesEveryStageAndExitCode(t *testing.T) {
	var stages []string
	for _, s := range pipeline.Stages {
		stages = append(stages, s.Name)
	}
	var codes []string // of the comment in which the code says them
	for _, m := range regexp.MustCompile(`(?m)^//\t(\d+(?:, \d+)*) +\w`).FindAllStringSubmatch(read(t, "jobs/main.go"), -1) {
		codes = append(codes, m[1])
	}
	if len(codes) < 7 {
		t.Fatalf("jobs/main.go documents the exit codes %q", codes)
	}
	firsts := func(page, pattern string) []string {
		var found []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(read(t, page), -1) {
			found = append(found, m[1])
		}
		return found
	}
	for _, page := range pages {
		_, night, _ := strings.Cut(read(t, page), "─► publish")
		night, _, _ = strings.Cut(night, "\n## ")
		var named []string
		for _, m := range regexp.MustCompile(`(?m)^\| ([a-z]+) \|`).FindAllStringSubmatch(night, -1) {
			if m[1] != "stage" {
				named = append(named, m[1])
			}
		}
		if !slices.Equal(named, stages) {
			t.Errorf("%s names the stages %q, want %q", page, named, stages)
		}
		if got := firsts(page, `(?m)^\| (\d+(?:, \d+)*) \|`); !slices.Equal(got, codes) {
			t.Errorf("%s names the exit codes %q, want %q", page, got, codes)
		}
	}
}

func TestReadmeIsTheSameInBothLanguages(t *testing.T) {
	en, zh := read(t, pages[0]), read(t, pages[1])
	for _, c := range []struct{ what, pattern string }{
		{"headings", `(?m)^##* `}, {"rows of tables", `(?m)^\|`}, {"points of lists", `(?m)^- `},
	} {
		count := func(text string) int { return len(regexp.MustCompile(c.pattern).FindAllString(text, -1)) }
		if count(en) != count(zh) {
			t.Errorf("%d %s in %s, %d in %s", count(en), c.what, pages[0], count(zh), pages[1])
		}
	}
	runs := func(page string) []block { // comments may be translated, and the drawing
		bs := slices.DeleteFunc(blocks(page), func(b block) bool { return b.lang == "" })
		for i := range bs {
			bs[i].text = regexp.MustCompile(`(?m) +# .*$`).ReplaceAllString(bs[i].text, "")
			bs[i].text = strings.ReplaceAll(bs[i].text, "text_zh", "text_en")
		}
		return bs
	}
	if a, b := runs(en), runs(zh); !slices.Equal(a, b) {
		t.Errorf("the blocks differ:\n%q\n%q", a, b)
	}
}

func TestLinksOfReadmeLead(t *testing.T) {
	for _, page := range pages {
		for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
		for _, m := range regexp.MustCompile("`((?:[a-z_]+/)+(?:[a-z_]+\\.(?:go|yaml|sql))?)`").FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

// TestReadmeExample does what the page says: it writes the files of the example, runs its commands and asks every query of
// the pages and of the notebooks.
func TestReadmeExample(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	var commands []string
	for _, b := range blocks(read(t, pages[0])) {
		switch {
		case b.file != "":
			path := filepath.Join(dir, filepath.FromSlash(b.file))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
		case b.lang == "sh" && strings.HasPrefix(b.text, "creditwatch "):
			commands = append(commands, strings.Split(strings.TrimSpace(b.text), "\n")...)
		}
	}
	if len(commands) < 2 {
		t.Fatalf("the example has the commands %q", commands)
	}
	for _, c := range commands {
		args := append([]string{"--data", data, "--quiet"}, strings.Fields(c)[1:]...)
		for i := range args {
			if args[i] == "creditwatch.yaml" {
				args[i] = filepath.Join(dir, args[i])
			}
		}
		if code, _, errOut := call(args...); code != 0 {
			t.Fatalf("%s: exit code %d\n%s", c, code, errOut)
		}
	}
	db := warehousetest.OpenAt(t, data)
	ask := func(query string) (string, error) {
		var out bytes.Buffer
		err := db.Print(t.Context(), &out, query, "TSVWithNames")
		return out.String(), err
	}
	asked := 0
	for _, page := range pages {
		for _, b := range blocks(read(t, page)) {
			if b.lang == "sql" {
				asked++
				if _, err := ask(b.text); err != nil {
					t.Errorf("%s: %v\n%s", page, err, b.text)
				}
			}
		}
	}
	for name, n := range notebooks(t) {
		for _, query := range n.queries() {
			asked++
			if _, err := ask(bound(query)); err != nil {
				t.Errorf("%s: %v\n%s", name, err, query)
			}
		}
	}
	if asked < 20 {
		t.Errorf("only %d queries were found", asked)
	}
	// What the page says of the night.
	for query, want := range map[string]string{
		"SELECT file, line, column FROM rejects":                                         "file\tline\tcolumn\nledger-2026-03-31.csv\t4\tamount\n",
		"SELECT document_id, open_amount FROM open_items ORDER BY document_id":           "document_id\topen_amount\nR100\t3000\nR101\t18000.5\n",
		"SELECT count() AS n FROM latest_scores WHERE isNull(pd_12m) AND notEmpty(note)": "n\n2\n",
	} {
		if got, err := ask(query); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", query, got, err, want)
		}
	}
}

// A notebook as it lies on disk.
type notebook struct {
	Format   int `json:"nbformat"`
	Metadata struct {
		Kernel struct{ Name string } `json:"kernelspec"`
	}
	Cells []struct {
		Type    string            `json:"cell_type"`
		Source  []string          `json:"source"`
		Outputs []json.RawMessage `json:"outputs"`
		Count   *int              `json:"execution_count"`
	}
}

func notebooks(t *testing.T) map[string]notebook {
	t.Helper()
	paths, err := filepath.Glob("notebooks/*.ipynb")
	if err != nil || len(paths) < 2 {
		t.Fatalf("%d notebooks, %v", len(paths), err)
	}
	all := map[string]notebook{}
	for _, path := range paths {
		var n notebook
		if err := json.Unmarshal([]byte(read(t, path)), &n); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[path] = n
	}
	return all
}

var queryCall = regexp.MustCompile(`(?s)\bquery\(\s*"""(.*?)"""`)

// queries returns the SQL of the notebook.
func (n notebook) queries() []string {
	var all []string
	for _, c := range n.Cells {
		for _, m := range queryCall.FindAllStringSubmatch(strings.Join(c.Source, ""), -1) {
			all = append(all, m[1])
		}
	}
	return all
}

// bound puts a value of its type in the place of every parameter.
func bound(query string) string {
	value := map[string]string{"Date": "toDate('2026-03-31')", "String": "'K1'", "UInt32": "30"}
	return regexp.MustCompile(`\{\w+:(\w+)\}`).ReplaceAllStringFunc(query, func(p string) string {
		_, kind, _ := strings.Cut(strings.Trim(p, "{}"), ":")
		return value[kind]
	})
}

func TestNotebooksAreClean(t *testing.T) {
	numbered := regexp.MustCompile(`^notebooks.\d\d_[a-z_]+\.ipynb$`)
	heading := regexp.MustCompile(`^#+ [^\p{Han}]+ / .*\p{Han}`)
	for name, n := range notebooks(t) {
		if !numbered.MatchString(name) || n.Format != 4 || n.Metadata.Kernel.Name != "python3" {
			t.Errorf("%s: format %d, kernel %q; want 01_name.ipynb, 4, python3", name, n.Format, n.Metadata.Kernel.Name)
		}
		headings := 0
		for i, c := range n.Cells {
			if len(c.Outputs) > 0 || c.Count != nil {
				t.Errorf("%s: cell %d has an output; clear it", name, i)
			}
			if c.Type == "markdown" && strings.HasPrefix(c.Source[0], "#") {
				headings++
				if !heading.MatchString(c.Source[0]) {
					t.Errorf("%s: the heading %q is not in both languages", name, strings.TrimSpace(c.Source[0]))
				}
			}
			if text := strings.Join(c.Source, ""); strings.Count(text, `"""`) != 2*len(queryCall.FindAllString(text, -1)) {
				t.Errorf(`%s: cell %d has SQL outside query("""…""")`, name, i)
			}
		}
		if headings < 3 || len(n.queries()) < 3 {
			t.Errorf("%s: %d headings, %d queries", name, headings, len(n.queries()))
		}
	}
}
