package report

import (
	"regexp"
	"slices"
	"strings"
)

// readerViews names the view through which people read a storage table, where it is not the table's own name.
var readerViews = map[string]string{"scores": "score_history", "source_runs": "source_counts"}

var (
	storage = regexp.MustCompile(`creditwatch\.(\w+)_rows`)
	ledger  = regexp.MustCompile(`creditwatch\.ledger_(\w+)\((?:[^()]|\([^()]*\))*\)`)
	viewOf  = regexp.MustCompile(`(?:FROM|JOIN) creditwatch\.(\w+)`)
	shorter = regexp.MustCompile(`(?m)^-- Readers: (.*)$`) // for readers, who have a view that does the same
	setting = regexp.MustCompile(`(?m)^SETTINGS .*\n`)     // speed only, and readers may not set anything
	comment = regexp.MustCompile(`(?m)^--.*\n`)
)

// readerQuery turns a query over tonight's run into the same query over the published views, with the night's
// values filled in: what the appendix prints and an analyst can run once the night is published.
func readerQuery(name string, n Night) (string, error) {
	raw, err := files.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return "", err
	}
	day := func(s string) string { return "toDate('" + s + "')" }
	cut := "toDateTime64('" + n.Cut.UTC().Format("2006-01-02 15:04:05.000") + "', 3, 'UTC')"
	asOf, before := day(n.AsOf.String()), day(n.PreviousAsOf.String())
	sql := setting.ReplaceAllString(comment.ReplaceAllString(string(raw), ""), "")
	if own := shorter.FindSubmatch(raw); own != nil {
		sql = string(own[1])
	}
	sql = ledger.ReplaceAllString(sql, "creditwatch.$1\n    WHERE known_at < "+cut+" AND as_of <= "+asOf)
	sql = storage.ReplaceAllStringFunc(sql, func(s string) string {
		view := storage.FindStringSubmatch(s)[1]
		if v, ok := readerViews[view]; ok {
			view = v
		}
		return "creditwatch." + view
	})
	return strings.NewReplacer(
		"(run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {as_of:Date}))", "as_of <= "+asOf,
		"run = {run:UInt64}", "as_of = "+asOf,
		"run = {previous_run:UInt64}", "as_of = "+before,
		"run IN ({run:UInt64}, {previous_run:UInt64})", "as_of IN ("+asOf+", "+before+")",
		"{as_of:Date}", asOf,
		"{cut:DateTime64(3)}", cut,
		"{currency:String}", "'"+strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(n.Currency)+"'",
	).Replace(strings.TrimSpace(sql)), nil
}

// viewsOf lists the reader views behind a query, sorted.
func viewsOf(name string) []string {
	sql, err := readerQuery(name, Night{})
	if err != nil {
		return nil // a test holds that every query of Sections exists
	}
	var out []string
	for _, m := range viewOf.FindAllStringSubmatch(sql, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// grainOf is what a query's first lines say about it.
func grainOf(name string) string {
	raw, err := files.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return ""
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		text, ok := strings.CutPrefix(line, "-- ")
		if !ok {
			break // later comments are about clauses
		}
		if !shorter.MatchString(line) {
			out = append(out, strings.TrimSpace(text))
		}
	}
	return strings.Join(out, " ")
}
