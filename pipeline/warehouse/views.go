package warehouse

import (
	"io/fs"
	"regexp"
	"strings"
)

// The engine takes about three times as long to plan a view with parameters as to plan the SELECT that it stands for (4 to 5 ms and 1.6
// for a table of the ledger), and longer for a view without; statements of a night name such views a hundred times and more. So a statement
// is sent with the SELECT in the place of those views that nearly every statement of a night reads: what is known of the ledger, and which
// runs are live. The files of SQL name the views, which say what is meant and work for whoever pastes them into a client; what people ask by
// [DB.Print] is sent as they wrote it. (The engine's own analyzer_inline_views is experimental and does nothing for parameters.)

var (
	viewMade  = regexp.MustCompile(`(?s)^CREATE OR REPLACE VIEW creditwatch\.(ledger_\w+|live_runs)\s(?:DEFINER = CURRENT_USER SQL SECURITY DEFINER\s)?AS (SELECT .*)$`)
	viewNamed = regexp.MustCompile(`creditwatch\.(?:live_runs\b|(ledger_\w+)\(known_by = (\{\w+:DateTime64\(3\)\}), runs = (\{\w+:Array\(UInt64\)\})\))(\s+AS\b)?`)
	creating  = regexp.MustCompile(`(?i)^CREATE\b`)

	// Names of files and columns come from outside: what is quoted or a comment names no view, whatever it says.
	textOrView = regexp.MustCompile(`(?s)'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|` + "`(?:[^`\\\\]|\\\\.)*`" + `|--[^\n]*|/\*.*?\*/|` + viewNamed.String())
)

// plainViews are the SELECTs behind those views, by name: the newest file of the schema that makes the view has it.
var plainViews = func() map[string]string {
	views := map[string]string{}
	files, err := fs.Glob(Schema, "*.sql") // in the order of their numbers
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, f := range files {
		text, err := fs.ReadFile(Schema, f)
		if err != nil {
			panic(err) // embedded
		}
		if m := viewMade.FindStringSubmatch(statement(string(text))); m != nil {
			views[m[1]] = strings.TrimSpace(m[2])
		}
	}
	return views
}()

// statement is sql without what stands before its first word.
func statement(sql string) string { return sql[len(leading.FindString(sql)):] }

// withoutViews puts the SELECT behind it in the place of each such view, under the view's name where the statement gives it none (with AS);
// a view that is made of them is made as it is written. A name that the schema does not have stays, for the engine to refuse.
func withoutViews(sql string) string {
	if !viewNamed.MatchString(sql) || creating.MatchString(statement(sql)) {
		return sql
	}
	return textOrView.ReplaceAllStringFunc(sql, func(named string) string {
		m := viewNamed.FindStringSubmatch(named)
		if m == nil || m[0] != named {
			return named
		}
		name := m[1]
		if name == "" {
			name = "live_runs"
		}
		view, ok := plainViews[name]
		if !ok {
			return named
		}
		as := m[4]
		if as == "" {
			as = " AS " + name
		}
		return "(" + strings.NewReplacer("{known_by:DateTime64(3)}", m[2], "{runs:Array(UInt64)}", m[3]).Replace(view) + ")" + as
	})
}
