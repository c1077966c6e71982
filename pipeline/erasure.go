package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/fault"
	"creditwatch/pipeline/rows"
)

// ErrErasure reports a request that cannot be followed.
var ErrErasure = errors.New("not erased")

// An Erasure asks that what is stored of a customer goes.
type Erasure struct {
	Customer string
	Reason   string
	By       string
	Holds    []string // customers that the configuration keeps from it
	Dry      bool
}

// An Erased tells what went.
type Erased struct {
	ID     string        `json:"erasure_id,omitempty"` // empty: a dry run
	Tables []ErasedTable `json:"tables"`
	Files  []ErasedFile  `json:"files"`
	Names  int           `json:"names"`           // names by which texts were searched
	Shared int           `json:"shared_names"`    // names that another customer has too, or that are part of its name: they stay
	Short  int           `json:"short_names"`     // names too short to be told from other words
	Runs   int           `json:"runs"`            // runs whose rows changed
	Before bool          `json:"had_been_erased"` // an earlier request
	match  *regexp.Regexp
}

// Found reports whether a text names the customer.
func (e *Erased) Found(text []byte) bool { return e.match != nil && e.match.Match(text) }

// An ErasedTable is what went of a table: rows, and texts of other rows in which the customer was named.
type ErasedTable struct {
	Table   string `json:"table"`
	Removed int64  `json:"removed"`
	Changed int64  `json:"changed"`
}

// An ErasedFile is a file that was written anew or removed.
type ErasedFile struct {
	Path string `json:"path"`
	What string `json:"what"` // rewritten, removed
}

// Kinds of rows in erasures.
const (
	erasedCustomer = "customer"
	erasedArticle  = "article"
	holdBegins     = "hold"
	holdEnds       = "release"
)

// An erasing table is how one table is searched and changed.
type erasingTable struct {
	name    string // as stored
	byRun   bool
	removes string // condition of the rows that go
	changes string // condition of other rows in which something is blotted out
	sets    []string
	gone    map[uint64]int64
	blotted map[uint64]int64
}

func (t *erasingTable) counts() (removed, changed int64) {
	for _, n := range t.gone {
		removed += n
	}
	for _, n := range t.blotted {
		changed += n
	}
	return removed, changed
}

// What a statement asks for lies in a table in memory, so that no name is written to the disk by the statement that erases it.
const (
	erasingNumber  = "(SELECT any(text) FROM creditwatch.erasing WHERE what = 'number')"
	erasingPattern = "(SELECT any(text) FROM creditwatch.erasing WHERE what = 'pattern')"
	erasingArticle = "(SELECT text FROM creditwatch.erasing WHERE what = 'article')"
)

// Erase removes what is stored of a customer from every table and from the files of the data directory, blots its names out of the texts of other
// rows, and has later pulls leave it out. What is remembered is a hash of its number. Interrupted, it is repeated: what was done is done.
func (r *Runner) Erase(ctx context.Context, e Erasure) (out Erased, err error) {
	if e.Customer == "" || strings.TrimSpace(e.Reason) == "" && !e.Dry || strings.TrimSpace(e.By) == "" && !e.Dry {
		return out, fmt.Errorf("want a customer, a reason and who asks for it: %w", ErrErasure)
	}
	if err := r.unheld(ctx, e); err != nil {
		return out, err
	}
	ctx, _, leave, err := r.alone(ctx)
	if err != nil {
		return out, fmt.Errorf("erasure: %w", err)
	}
	defer func() { err = leave(err) }()
	defer func() {
		err = errors.Join(err, r.Store.Exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS creditwatch.erasing SYNC", nil))
	}()
	if err := r.search(ctx, e, &out); err != nil {
		return out, err
	}
	tables, err := r.erasingTables(ctx)
	if err != nil {
		return out, err
	}
	if err := r.countErasing(ctx, tables); err != nil {
		return out, err
	}
	changed := map[uint64]bool{}
	for _, t := range tables {
		removed, blotted := t.counts()
		if removed+blotted == 0 {
			continue
		}
		out.Tables = append(out.Tables, ErasedTable{strings.TrimSuffix(t.name, "_rows"), removed, blotted})
		for _, byRun := range []map[uint64]int64{t.gone, t.blotted} {
			for run := range byRun {
				changed[run] = changed[run] || t.byRun
			}
		}
	}
	delete(changed, 0)
	out.Runs = len(changed)
	hash := hashOf([]byte(e.Customer))
	err = rows.Each(ctx, r.Store, "erasures", "SELECT count() AS n FROM creditwatch.erasures WHERE kind = 'customer' AND hash = {hash:String}", map[string]any{"hash": hash},
		func(row *rows.Row) error { out.Before = row.Whole("n") > 0; return nil })
	if err != nil {
		return out, err
	}
	if len(out.Tables) == 0 && !out.Before {
		return out, fmt.Errorf("customer %q: nothing is stored of it: %w", e.Customer, ErrErasure)
	}
	if e.Dry {
		return out, nil
	}
	pending, err := r.noteErasure(ctx, e, hash, tables, &out)
	if err != nil {
		return out, err
	}
	if err := r.mutate(ctx, tables); err != nil {
		return out, err
	}
	if err := r.auditReports(ctx, pending, out.ID); err != nil {
		return out, err
	}
	if err := r.forgetParts(ctx, tables); err != nil {
		return out, err
	}
	if err := fault.Hit("erasure.files.before"); err != nil {
		return out, err
	}
	if err := r.eraseFiles(ctx, pending, &out); err != nil {
		return out, err
	}
	if err := fault.Hit("erasure.files.after"); err != nil {
		return out, err
	}
	// A stage with a new record is pending no longer: only now is all done of which a repetition must know.
	if err := r.record(ctx, pending); err != nil {
		return out, err
	}
	if err := r.countErasing(ctx, tables); err != nil { // what is still there was not found by the statements that remove it
		return out, err
	}
	for _, t := range tables {
		if removed, blotted := t.counts(); removed+blotted > 0 {
			return out, fmt.Errorf("erasure: %s still has %d rows of the customer; repeat it", t.name, removed+blotted)
		}
	}
	r.Log.Info().Str("erasure", out.ID).Int("tables", len(out.Tables)).Int("runs", out.Runs).Msg("customer erased")
	return out, nil
}

// unheld returns an error if the customer is under a legal hold.
func (r *Runner) unheld(ctx context.Context, e Erasure) error {
	if slices.Contains(e.Holds, e.Customer) {
		return fmt.Errorf("customer %q is under a legal hold (retention.holds of the configuration): %w", e.Customer, ErrErasure)
	}
	return rows.Each(ctx, r.Store, "erasures", `
SELECT argMax(toString(e.kind), e.entered_at) AS last, argMax(e.entered_by, e.entered_at) AS who, toDate(max(e.entered_at)) AS since FROM creditwatch.erasures AS e
WHERE e.kind IN ('hold', 'release') AND e.hash = {hash:String} HAVING count() > 0`, map[string]any{"hash": hashOf([]byte(e.Customer))}, func(row *rows.Row) error {
		if row.Text("last") == holdBegins {
			return fmt.Errorf("customer %q is under a legal hold, entered by %s on %s: %w", e.Customer, row.Text("who"), row.Date("since"), ErrErasure)
		}
		return nil
	})
}

// Hold enters that a customer must not be erased, or that it may again.
func (r *Runner) Hold(ctx context.Context, e Erasure, begins bool) error {
	if e.Customer == "" || strings.TrimSpace(e.Reason) == "" || strings.TrimSpace(e.By) == "" {
		return fmt.Errorf("want a customer, a reason and who asks for it: %w", ErrErasure)
	}
	kind := holdEnds
	if begins {
		kind = holdBegins
	}
	return r.noteErasures(ctx, []erasureRow{r.erasureRow(e, kind, hashOf([]byte(e.Customer)))})
}

type erasureRow struct {
	ID     string    `ch:"erasure_id"`
	Kind   string    `ch:"kind"`
	Hash   string    `ch:"hash"`
	Reason string    `ch:"reason"`
	By     string    `ch:"entered_by"`
	At     time.Time `ch:"entered_at"`
	Code   string    `ch:"code"`
}

func (r *Runner) erasureRow(e Erasure, kind, hash string) erasureRow {
	at := r.Clock()
	return erasureRow{hashOf(fmt.Appendf(nil, "%s/%s/%d", kind, hash, at.UnixNano()))[:16], kind, hash, e.Reason, e.By, at, r.Settings.Code}
}

func (r *Runner) noteErasures(ctx context.Context, list []erasureRow) error {
	table := rows.Of(list)
	defer table.Release()
	if err := r.Store.Insert(ctx, "creditwatch.erasures", "erasures/"+list[0].ID, table); err != nil {
		return fmt.Errorf("erasures: %w", err)
	}
	return nil
}

// search finds what the customer is called and puts it where the statements look.
func (r *Runner) search(ctx context.Context, e Erasure, out *Erased) error {
	var names []string
	err := rows.Each(ctx, r.Store, "customers", sqlOf("erasure_names"), map[string]any{"customer": e.Customer}, func(row *rows.Row) error {
		switch name := row.Text("name"); {
		case row.Is("is_shared"):
			out.Shared++
		case !tellable(strings.TrimSpace(name)):
			out.Short++
		default:
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	out.Names = len(names)
	pattern := needles(e.Customer, names)
	if out.match, err = regexp.Compile(pattern); err != nil {
		return fmt.Errorf("erasure: %w", err)
	}
	for _, statement := range []string{"DROP TABLE IF EXISTS creditwatch.erasing SYNC", "CREATE TABLE creditwatch.erasing (what String, text String) ENGINE = Memory"} {
		if err := r.Store.Exec(ctx, statement, nil); err != nil {
			return err
		}
	}
	type row struct {
		What string `ch:"what"`
		Text string `ch:"text"`
	}
	put := func(list []row) error {
		table := rows.Of(list)
		defer table.Release()
		return r.Store.Insert(ctx, "creditwatch.erasing", "", table)
	}
	if err := put([]row{{"number", e.Customer}, {"pattern", pattern}}); err != nil {
		return err
	}
	var articles []row
	err = rows.Each(ctx, r.Store, "articles", sqlOf("erasure_articles"), nil, func(found *rows.Row) error {
		articles = append(articles, row{erasedArticle, found.Text("article_id")})
		return nil
	})
	if err != nil || len(articles) == 0 {
		return err
	}
	return put(articles)
}

// noErasing are tables that say nothing of customers, and columns that are no texts.
var (
	noErasing        = []string{"erasures", "erasure_changes", "removals", "retentions", "stage_runs", "publications", "migrations", "intraday", "invoice_states_rows", "live_runs", "audit_rows"}
	noErasingColumns = []string{"artefact", "kept", "sha256", "hash", "columns", "policy_hash", "config_hash", "checksum"}
	wholeRows        = []string{"rejects_rows", "news_reviews_rows", "entries"}            // rows that go when a text in them names the customer
	references       = []string{"parent_id", "group_id", "payer", "customer_hint", "name"} // columns that may hold a number of another customer
)

// erasingTables makes the conditions of every table, those by which the customer and its articles are known last: an interrupted erasure finds them again.
func (r *Runner) erasingTables(ctx context.Context) (list []*erasingTable, err error) {
	byName := map[string]*erasingTable{}
	removes, changes := map[string][]string{}, map[string][]string{}
	err = rows.Each(ctx, r.Store, "columns", sqlOf("erasure_columns"), nil, func(row *rows.Row) error {
		name, column, typ, isKey := row.Text("table"), row.Text("name"), row.Text("type"), row.Is("is_key")
		if slices.Contains(noErasing, name) {
			return nil
		}
		t := byName[name]
		if t == nil {
			t = &erasingTable{name: name}
			byName[name] = t
			list = append(list, t)
		}
		if column == "run" {
			t.byRun = true
		}
		if column == "customer_id" || name == "group_exposure_rows" && column == "group_id" {
			removes[name] = append(removes[name], column+" = "+erasingNumber)
		}
		if name == "articles_rows" && column == "article_id" {
			removes[name] = append(removes[name], "article_id IN "+erasingArticle)
		}
		if slices.Contains(noErasingColumns, column) || column == "customer_id" {
			return nil
		}
		found, set := erasingText("`"+column+"`", typ, slices.Contains(references, column))
		switch {
		case found == "":
		case isKey, slices.Contains(wholeRows, name):
			removes[name] = append(removes[name], found)
		default:
			changes[name] = append(changes[name], found)
			t.sets = append(t.sets, "`"+column+"` = "+set)
			if name == "reports_rows" && column == "content" {
				t.sets = append(t.sets, "`sha256` = lower(hex(SHA256("+set+")))")
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(t *erasingTable) bool {
		t.removes, t.changes = cmp.Or(strings.Join(removes[t.name], " OR "), "false"), cmp.Or(strings.Join(changes[t.name], " OR "), "false")
		return t.removes == "false" && t.changes == "false"
	})
	slices.SortStableFunc(list, func(a, b *erasingTable) int {
		last := func(t *erasingTable) int {
			return slices.Index([]string{"articles_rows", "news_events_rows", "customers_rows"}, t.name)
		}
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a.name, b.name))
	})
	return list, nil
}

// erasingText is the condition under which a column of texts names the customer, and what it is to be then; empty for other columns.
func erasingText(column, typ string, reference bool) (found, set string) {
	plain := strings.NewReplacer("LowCardinality(", "", "Nullable(", "", ")", "").Replace(typ)
	blot := func(x string) string { return "replaceRegexpAll(" + x + ", " + erasingPattern + ", '" + blotted + "')" }
	switch plain {
	case "String":
		found, set = "match(ifNull("+column+", ''), "+erasingPattern+")", blot(column)
		if reference {
			found, set = "("+found+" OR "+column+" = "+erasingNumber+")", "if("+column+" = "+erasingNumber+", '', "+set+")"
		}
	case "Array(String":
		found = "arrayExists(x -> match(x, " + erasingPattern + ") OR x = " + erasingNumber + ", " + column + ")"
		set = "arrayMap(x -> " + blot("x") + ", arrayFilter(x -> x != " + erasingNumber + ", " + column + "))"
	case "Map(String, String":
		found = "arrayExists(x -> match(x, " + erasingPattern + "), mapValues(" + column + "))"
		set = "mapApply((k, v) -> (k, " + blot("v") + "), " + column + ")"
	}
	return found, set
}

// countErasing counts the rows of every table and run that go or change.
func (r *Runner) countErasing(ctx context.Context, tables []*erasingTable) error {
	for _, t := range tables {
		t.gone, t.blotted = map[uint64]int64{}, map[uint64]int64{}
		run := "toUInt64(0)"
		if t.byRun {
			run = "run"
		}
		sql := "SELECT " + run + " AS of_run, countIf(goes) AS gone, countIf(NOT goes AND changes) AS blotted FROM (SELECT " + run + ", (" + t.removes + ") AS goes, (" + t.changes + ") AS changes FROM creditwatch." + t.name +
			") GROUP BY of_run HAVING gone + blotted > 0 ORDER BY of_run"
		if !t.byRun {
			sql = "SELECT toUInt64(0) AS of_run, countIf(goes) AS gone, countIf(NOT goes AND changes) AS blotted FROM (SELECT (" + t.removes + ") AS goes, (" + t.changes + ") AS changes FROM creditwatch." + t.name +
				") HAVING gone + blotted > 0"
		}
		err := rows.Each(ctx, r.Store, t.name, sql, nil, func(row *rows.Row) error {
			if n := row.Whole("gone"); n > 0 {
				t.gone[uint64(row.Whole("of_run"))] = n
			}
			if n := row.Whole("blotted"); n > 0 {
				t.blotted[uint64(row.Whole("of_run"))] = n
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A pending stage is one of a run that an erasure changes: its record holds no longer.
type pendingStage struct {
	run     uint64
	asOf    asof.Date
	stage   string
	attempt int
}

// noteErasure writes down what is about to happen: from then on pulls leave the customer out, and the stages that change are known.
func (r *Runner) noteErasure(ctx context.Context, e Erasure, hash string, tables []*erasingTable, out *Erased) ([]pendingStage, error) {
	e.Reason = out.match.ReplaceAllString(e.Reason, blotted)
	notes := []erasureRow{r.erasureRow(e, erasedCustomer, hash)}
	out.ID = notes[0].ID
	err := rows.Each(ctx, r.Store, "erasing", "SELECT text FROM creditwatch.erasing WHERE what = 'article' ORDER BY text", nil, func(row *rows.Row) error {
		n := r.erasureRow(e, erasedArticle, hashOf([]byte(row.Text("text"))))
		n.ID = out.ID
		notes = append(notes, n)
		return nil
	})
	if err != nil {
		return nil, err
	}
	type change struct {
		ID       string    `ch:"erasure_id"`
		AsOf     asof.Date `ch:"as_of"`
		Run      uint64    `ch:"run"`
		Stage    string    `ch:"stage"`
		Attempt  uint32    `ch:"attempt"`
		Rows     uint64    `ch:"rows_before"`
		Checksum uint64    `ch:"checksum_before"`
		Removed  uint64    `ch:"rows_removed"`
		Changed  uint64    `ch:"rows_changed"`
		At       time.Time `ch:"noted_at"`
	}
	pending, err := pendingErasures(ctx, r.Store)
	if err != nil {
		return nil, err
	}
	dates := map[uint64]asof.Date{}
	err = rows.Each(ctx, r.Store, "publications", "SELECT run, any(as_of) AS as_of FROM creditwatch.publications GROUP BY run", nil,
		func(row *rows.Row) error { dates[uint64(row.Whole("run"))] = row.Date("as_of"); return nil })
	if err != nil {
		return nil, err
	}
	var changes []change
	for run, date := range dates {
		var gone []removed
		for _, s := range Stages {
			c := change{ID: out.ID, AsOf: date, Run: run, Stage: s.Name, At: r.Clock()}
			for _, t := range tables {
				if slices.Contains(s.Keeps, strings.TrimSuffix(t.name, "_rows")) {
					c.Removed += uint64(t.gone[run])
					c.Changed += uint64(t.blotted[run])
				}
			}
			if c.Removed+c.Changed == 0 {
				continue
			}
			kept, err := keptStage(ctx, r.Store, run, s.Name)
			if err != nil {
				return nil, err
			}
			p := pendingStage{run, date, s.Name, kept.attempt}
			if kept.attempt == 0 || slices.Contains(pending, p) {
				continue
			}
			if gone == nil {
				if gone, err = removalsOf(ctx, r.Store, run); err != nil {
					return nil, err
				}
			}
			if good, count, _, err := intact(ctx, r.Store, run, s, kept, gone); err != nil {
				return nil, err
			} else if !good { // a new record over it would hide that
				return nil, fmt.Errorf("%s: run %d: stage %s: %d rows stored, %d recorded: damaged before anything was erased; see creditwatch doctor: %w", date, run, s.Name, count, kept.rows, ErrErasure)
			}
			c.Attempt, c.Rows, c.Checksum = uint32(kept.attempt), uint64(kept.rows), kept.checksum
			changes = append(changes, c)
			pending = append(pending, p)
		}
	}
	if err := fault.Hit("erasure.note.before"); err != nil {
		return nil, err
	}
	if err := r.auditEntries(ctx, tables, out.ID); err != nil {
		return nil, err
	}
	if err := r.noteErasures(ctx, notes); err != nil {
		return nil, err
	}
	if len(changes) > 0 {
		slices.SortFunc(changes, func(a, b change) int { return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Stage, b.Stage)) })
		table := rows.Of(changes)
		defer table.Release()
		if err := r.Store.Insert(ctx, "creditwatch.erasure_changes", "erasure_changes/"+out.ID, table); err != nil {
			return nil, fmt.Errorf("erasure_changes: %w", err)
		}
	}
	return pending, fault.Hit("erasure.note.after")
}

// Details of an erasure in the audit log: entries that went and, by key of their record, the hashes of reports that were rewritten.
const (
	auditedEntries = "entries"
	auditedReports = "reports"
)

// auditEntries records that a customer is erased and which entries go with it, before they do.
func (r *Runner) auditEntries(ctx context.Context, tables []*erasingTable, id string) error {
	var ids []string
	for _, t := range tables {
		if t.name != "entries" {
			continue
		}
		err := rows.Each(ctx, r.Store, "entries", "SELECT DISTINCT entry_id FROM creditwatch.entries WHERE "+t.removes+" ORDER BY entry_id", nil,
			func(row *rows.Row) error { ids = append(ids, row.Text("entry_id")); return nil })
		if err != nil {
			return err
		}
	}
	_, err := Audit(ctx, r.Store, Act{At: r.Clock(), What: ActErase, Object: "erasure " + id, Key: "erase/" + id, Details: map[string]string{auditedEntries: strings.Join(ids, " ")}})
	return err
}

// auditReports records what the report pages of the changed nights are now.
func (r *Runner) auditReports(ctx context.Context, pending []pendingStage, id string) error {
	runs := []uint64{}
	for _, p := range pending {
		if p.stage == "report" {
			runs = append(runs, p.run)
		}
	}
	var list []string
	err := rows.Each(ctx, r.Store, "reports", "SELECT run, file, sha256 FROM creditwatch.reports_rows WHERE has({runs:Array(UInt64)}, run) ORDER BY run, file", map[string]any{"runs": runs}, func(row *rows.Row) error {
		list = append(list, fmt.Sprintf("report/%d/%s=%s", row.Whole("run"), row.Text("file"), row.Text("sha256")))
		return nil
	})
	if err != nil || len(list) == 0 {
		return err
	}
	_, err = Audit(ctx, r.Store, Act{At: r.Clock(), What: ActErase, Object: "erasure " + id, Key: "erase/" + id + "/reports", Details: map[string]string{auditedReports: strings.Join(list, " ")}})
	return err
}

// erasedIn reads out of the audit log which entries erasures took and what they made of reports.
func erasedIn(log []auditRecord) (entries map[string]bool, reports map[string]string, err error) {
	entries, reports = map[string]bool{}, map[string]string{}
	for _, r := range log {
		if r.Act != ActErase {
			continue
		}
		var details map[string]string
		if err := json.Unmarshal([]byte(r.Details), &details); err != nil {
			return nil, nil, fmt.Errorf("audit: record %d: %w", r.Seq, err)
		}
		for _, id := range strings.Fields(details[auditedEntries]) {
			entries["entry/"+id] = true
		}
		for _, pair := range strings.Fields(details[auditedReports]) {
			key, sha, _ := strings.Cut(pair, "=")
			reports[key] = sha
		}
	}
	return entries, reports, nil
}

// pendingErasures are the stages that an erasure was about to change and whose new record is not there.
func pendingErasures(ctx context.Context, q rows.Querier) (list []pendingStage, err error) {
	err = rows.Each(ctx, q, "erasure_changes", sqlOf("erasure_pending"), nil, func(row *rows.Row) error {
		list = append(list, pendingStage{uint64(row.Whole("run")), row.Date("as_of"), row.Text("stage"), int(row.Whole("attempt"))})
		return nil
	})
	return list, err
}

// mutate removes and blots out, and waits until it is done.
func (r *Runner) mutate(ctx context.Context, tables []*erasingTable) error {
	for _, t := range tables {
		removed, blotted := t.counts()
		var commands []string
		if removed > 0 {
			commands = append(commands, "DELETE WHERE "+t.removes)
		}
		if blotted > 0 {
			commands = append(commands, "UPDATE "+strings.Join(t.sets, ", ")+" WHERE "+t.changes)
		}
		if len(commands) == 0 {
			continue
		}
		if err := fault.Hit("erasure.rows.before"); err != nil {
			return err
		}
		if err := r.Store.Exec(ctx, "ALTER TABLE creditwatch."+t.name+" "+strings.Join(commands, ", ")+" SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1", nil); err != nil {
			return fmt.Errorf("erasure: %s: %w", t.name, err)
		}
		if err := fault.Hit("erasure.rows.after"); err != nil {
			return err
		}
	}
	return nil
}

// record writes the new record of the stages that were changed, over the columns of the old one.
func (r *Runner) record(ctx context.Context, pending []pendingStage) error {
	for _, p := range pending {
		i := slices.IndexFunc(Stages, func(s Stage) bool { return s.Name == p.stage })
		if i < 0 {
			continue
		}
		kept, err := keptStage(ctx, r.Store, p.run, p.stage)
		if err != nil {
			return err
		}
		gone, err := removalsOf(ctx, r.Store, p.run)
		if err != nil {
			return err
		}
		if kept.columns == "" { // of a version that did not say
			if kept.columns, err = columnsOf(ctx, r.Store, Stages[i].Keeps); err != nil {
				return err
			}
		}
		count, sum, err := measureAs(ctx, r.Store, p.run, kept.columns, gone)
		if err != nil {
			return err
		}
		if err := fault.Hit("erasure.record.before"); err != nil {
			return err
		}
		err = r.Store.Exec(ctx, `INSERT INTO creditwatch.stage_runs (run, as_of, stage, attempt, rows, checksum, columns, took_ms, finished_at)
SELECT run, as_of, stage, attempt + 1, {rows:UInt64}, {checksum:UInt64}, {columns:String}, took_ms, finished_at
FROM creditwatch.stage_runs WHERE run = {run:UInt64} AND stage = {stage:String} AND attempt = {attempt:UInt32} LIMIT 1`,
			map[string]any{"run": p.run, "stage": p.stage, "attempt": p.attempt, "rows": uint64(count), "checksum": sum, "columns": kept.columns})
		if err != nil {
			return fmt.Errorf("stage_runs: %w", err)
		}
		if err := fault.Hit("erasure.record.after"); err != nil {
			return err
		}
	}
	return nil
}

// forgetParts waits until the files that the rows were in are gone: the engine keeps the former parts of a table for some minutes.
func (r *Runner) forgetParts(ctx context.Context, tables []*erasingTable) (err error) {
	names := []string{}
	for _, t := range tables {
		if removed, blotted := t.counts(); removed+blotted == 0 {
			continue
		}
		names = append(names, t.name)
		if err := r.Store.Exec(ctx, "ALTER TABLE creditwatch."+t.name+" MODIFY SETTING old_parts_lifetime = 1", nil); err != nil {
			return err
		}
		defer func() {
			err = errors.Join(err, r.Store.Exec(context.WithoutCancel(ctx), "ALTER TABLE creditwatch."+t.name+" RESET SETTING old_parts_lifetime", nil))
		}()
	}
	for begun := time.Now(); ; {
		var left []string
		err := rows.Each(ctx, r.Store, "parts", "SELECT DISTINCT table FROM system.parts WHERE database = 'creditwatch' AND NOT active AND has({tables:Array(String)}, table) ORDER BY table", map[string]any{"tables": names},
			func(row *rows.Row) error { left = append(left, row.Text("table")); return nil })
		if err != nil || len(left) == 0 {
			return err
		}
		if time.Since(begun) > forgetWithin {
			return fmt.Errorf("erasure: former parts of %s are still on the disk after %s; repeat it", strings.Join(left, ", "), forgetWithin)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
		for _, table := range left { // the engine's own round comes to a table that rests every ten minutes; one that drops a partition looks at once
			if err := r.Store.Exec(ctx, "ALTER TABLE creditwatch."+table+" DROP PARTITION ID '18446744073709551615'", nil); err != nil {
				return err
			}
		}
	}
}

// eraseFiles writes the files of the changed nights anew, and removes what still names the customer.
func (r *Runner) eraseFiles(ctx context.Context, pending []pendingStage, out *Erased) error {
	live := map[uint64]bool{}
	err := rows.Each(ctx, r.Store, "publications", "SELECT run FROM creditwatch.live_runs", nil, func(row *rows.Row) error { live[uint64(row.Whole("run"))] = true; return nil })
	if err != nil {
		return err
	}
	for _, p := range pending {
		night := Published{AsOf: p.asOf, Run: p.run}
		if !live[p.run] {
			continue
		}
		switch p.stage {
		case "report":
			paths, err := restoreReports(ctx, r.Store, r.Reports, &night)
			if err != nil {
				return err
			}
			for _, path := range paths {
				out.Files = append(out.Files, ErasedFile{path, "rewritten"})
			}
		case "features":
			path := featureFile(r.Features, night)
			if _, err := os.Stat(path); err != nil {
				continue
			}
			if err := exportFeatures(ctx, r.Store, r.Features, night); err != nil {
				return err
			}
			out.Files = append(out.Files, ErasedFile{path, "rewritten"})
		}
	}
	for _, folder := range []string{r.Reports, r.Features} {
		found, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for _, f := range found {
			path := filepath.Join(folder, f.Name())
			if !f.Type().IsRegular() {
				continue
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if !out.Found(content) {
				continue
			}
			if err := os.Remove(path); err != nil {
				return err
			}
			out.Files = slices.DeleteFunc(out.Files, func(e ErasedFile) bool { return e.Path == path })
			out.Files = append(out.Files, ErasedFile{path, "removed"})
		}
	}
	slices.SortFunc(out.Files, func(a, b ErasedFile) int { return cmp.Compare(a.Path, b.Path) })
	return nil
}

// forgetWithin is how long the engine may take to remove the files of former parts.
var forgetWithin = 5 * time.Minute
