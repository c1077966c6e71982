package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse/warehousetest"
)

var keepForTest = Retention{Superseded: 30, Detail: 100, Features: 450, Reports: 60, Tables: map[string]int{"news_events": 440}}

// TestEveryTableIsKeptForSomething: a table that a stage keeps has exactly one keeping, and nothing else has one.
func TestEveryTableIsKeptForSomething(t *testing.T) {
	var kept, listed []string
	for _, s := range Stages {
		kept = append(kept, s.Keeps...)
	}
	for _, k := range keepings() {
		listed = append(listed, k.table)
		if k.why == "" {
			t.Errorf("%s: no reason", k.table)
		}
	}
	slices.Sort(kept)
	slices.Sort(listed)
	if !slices.Equal(kept, listed) {
		t.Errorf("tables of the night\n%v, of the keepings\n%v", kept, listed)
	}
}

func TestRetentionThatIsTooShort(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Retention
		want []string
	}{
		{"for ever", Retention{}, nil},
		{"long enough", Retention{Superseded: 1, Detail: 35, Features: 433, Reports: 35, Scores: 1861}, nil},
		{"a day less", Retention{Superseded: -1, Detail: 34, Features: 432, Reports: 34, Scores: 1860}, []string{
			"retention.detail: must be 35 days or more, or 0 for ever, got 34: the next night reads it",
			"retention.features: must be 433 days or more, or 0 for ever, got 432: models are judged on features of 12 months ago",
			"retention.reports: must be 35 days", "retention.scores: must be 1861 days or more, or 0 for ever, got 1860: warnings are held against", "retention.superseded: must be days from 1"}},
		{"a table", Retention{Tables: map[string]int{"scores": 100, "transactions": 5000, "nonesuch": 9, "documents": -2, "limits": 35}}, []string{
			"retention.tables.documents: must be days from 1", "retention.tables.nonesuch: is no table of a night; want one of allocations, ",
			"retention.tables.scores: must be 1861 days or more, got 100", "retention.tables.transactions: is kept for ever: every night builds its book on it"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			errs := c.r.Check(12, 30)
			for i := range max(len(errs), len(c.want)) {
				switch {
				case i >= len(errs):
					t.Errorf("no mistake %q", c.want[i])
				case i >= len(c.want) || !strings.HasPrefix(errs[i].Error(), c.want[i]):
					t.Errorf("mistake %q", errs[i])
				}
			}
		})
	}
}

// errDead is the end of a process that a test lets die.
var errDead = errors.New("dead")

// A dying store lets some writes through and then answers nothing any more.
type dying struct {
	Store
	writes int
}

func (d *dying) write(do func() error) error {
	if d.writes == 0 {
		return errDead
	}
	d.writes--
	return do()
}

func (d *dying) Exec(ctx context.Context, sql string, params map[string]any) error {
	if !strings.Contains(sql, "DROP PARTITION") && !strings.Contains(sql, "mutations_sync") && !strings.Contains(sql, "INSERT INTO") { // claims are another matter
		return d.Store.Exec(ctx, sql, params)
	}
	return d.write(func() error { return d.Store.Exec(ctx, sql, params) })
}

func (d *dying) Insert(ctx context.Context, table, token string, in array.RecordReader) error {
	return d.write(func() error { return d.Store.Insert(ctx, table, token, in) })
}

// An aging warehouse has nights of several ages, one of them published twice.
type aging struct {
	shelf
	dir      string
	r        Runner
	now      time.Time
	reports  string
	features string
	also     []string // further tables that have rows
	adds     func()   // puts them there, before the stages are recorded
}

func newAging(t *testing.T) *aging {
	dir := warehousetest.MigratedDir(t)
	a := &aging{shelf: openShelfAt(t, dir), dir: dir, now: time.Date(2026, 4, 1, 13, 0, 0, 0, time.UTC), reports: t.TempDir(), features: t.TempDir()}
	a.r = Runner{Store: a.db, Stages: Stages, Reports: a.reports, Features: a.features, Clock: func() time.Time { return a.now }}
	a.r.Settings.Zone = time.UTC
	return a
}

func openAging(t *testing.T) *aging {
	a := newAging(t)
	a.nights(
		agingNight{"2024-12-20", 1, "2024-12-21 03:00:00"}, // 466 days before the newest
		agingNight{"2025-01-10", 2, "2025-01-11 03:00:00"}, // 445
		agingNight{"2025-12-20", 3, "2025-12-21 03:00:00"}, // 101
		agingNight{"2025-12-21", 4, "2025-12-22 03:00:00"}, // 100
		agingNight{"2026-03-01", 5, "2026-03-02 02:00:00"}, // replaced 30 days ago, less an hour
		agingNight{"2026-03-01", 7, "2026-03-02 14:00:00"},
		agingNight{"2026-02-01", 6, "2026-02-02 03:00:00"}, // replaced 30 days ago
		agingNight{"2026-02-01", 8, "2026-03-02 12:00:00"},
		agingNight{"2026-03-30", 9, "2026-03-31 03:00:00"},
		agingNight{"2026-03-31", 10, "2026-04-01 03:00:00"},
	)
	return a
}

// agingTables are those that have rows.
var agingTables = []string{"transactions", "customers", "inputs", "rejects", "documents", "open_items", "news_events", "features", "scores", "warnings", "limits", "dunning", "snapshots", "models", "checks", "reports"}

type agingNight struct {
	day       string
	run       uint64
	published string
}

// nights makes published nights of a few rows.
func (a *aging) nights(list ...agingNight) {
	a.Helper()
	var runs []uint64
	var days, at, files []string
	for _, n := range list {
		runs, days, at = append(runs, n.run), append(days, n.day), append(at, n.published)
		files = append(files, "report-"+n.day+".html")
		for _, path := range []string{filepath.Join(a.reports, "report-"+n.day+".html"), filepath.Join(a.features, "features-"+n.day+".arrow")} {
			if err := os.WriteFile(path, []byte("page"), 0o600); err != nil {
				a.Fatal(err)
			}
		}
	}
	p := map[string]any{"runs": runs, "days": days, "at": at, "files": files}
	const from = " FROM (SELECT arrayJoin(arrayZip({runs:Array(UInt64)}, {days:Array(String)}, {at:Array(String)}, {files:Array(String)})) AS n)"
	for i, columns := range []string{"transaction_id", "customer_id", "file", "file", "document_id", "document_id", "event_id", "customer_id", "customer_id", "episode_id", "customer_id", "document_id", "customer_id", "model_id", "name"} {
		table := agingTables[i]
		a.exec("INSERT INTO creditwatch."+table+"_rows (run, as_of, "+columns+") SELECT n.1, toDate(n.2), concat('"+table+"-', arrayJoin(['0', '1', '2']))"+from, p)
	}
	a.exec("INSERT INTO creditwatch.reports_rows (run, as_of, file, sha256, content) SELECT n.1, toDate(n.2), n.4, 'x', 'page'"+from, p)
	if a.adds != nil {
		a.adds()
	}
	sums := map[uint64]map[string][2]uint64{}
	for _, table := range slices.Concat(agingTables, a.also) {
		sql := fmt.Sprintf("SELECT run, count() AS n, sum(cityHash64(tuple(* EXCEPT (run)))) AS h FROM creditwatch.%s_rows GROUP BY run", table)
		err := rows.Each(a.Context(), a.db, table, sql, nil, func(r *rows.Row) error {
			run := uint64(r.Whole("run"))
			if sums[run] == nil {
				sums[run] = map[string][2]uint64{}
			}
			sums[run][table] = [2]uint64{uint64(r.Whole("n")), uint64(r.Whole("h"))}
			return nil
		})
		if err != nil {
			a.Fatal(err)
		}
	}
	for _, stage := range Stages {
		columns, err := columnsOf(a.Context(), a.db, stage.Keeps)
		if err != nil {
			a.Fatal(err)
		}
		var counts, hashes []uint64
		for _, run := range runs {
			var count, sum uint64
			for _, table := range stage.Keeps {
				count += sums[run][table][0]
				sum = sum*31 + sums[run][table][1]
			}
			counts, hashes = append(counts, count), append(hashes, sum)
		}
		a.exec("INSERT INTO creditwatch.stage_runs (run, as_of, stage, attempt, rows, checksum, columns) SELECT n.1, toDate(n.2), {stage:String}, 1, n.3, n.4, {columns:String}"+
			" FROM (SELECT arrayJoin(arrayZip({runs:Array(UInt64)}, {days:Array(String)}, {counts:Array(UInt64)}, {hashes:Array(UInt64)})) AS n)",
			map[string]any{"runs": runs, "days": days, "stage": stage.Name, "columns": columns, "counts": counts, "hashes": hashes})
	}
	a.exec("INSERT INTO creditwatch.publications (as_of, run, fence, published_at) SELECT toDate(n.2), n.1, 1, toDateTime64(n.3, 3, 'UTC')"+from, p)
}

func (a *aging) exec(sql string, params map[string]any) {
	a.Helper()
	if err := a.db.Exec(a.Context(), sql, params); err != nil {
		a.Fatalf("%s: %v", sql, err)
	}
}

// stored lists what is there of every table and run, with its hash.
func (a *aging) stored() map[string]string {
	a.Helper()
	out := map[string]string{}
	var parts []string
	for _, table := range agingTables {
		parts = append(parts, fmt.Sprintf("SELECT '%s' AS name, run, toString(sum(cityHash64(tuple(* EXCEPT (run))))) AS h FROM creditwatch.%s_rows GROUP BY run", table, table))
	}
	err := rows.Each(a.Context(), a.db, "test", strings.Join(parts, " UNION ALL "), nil, func(r *rows.Row) error {
		out[fmt.Sprintf("%d %s", r.Whole("run"), r.Text("name"))] = r.Text("h")
		return nil
	})
	if err != nil {
		a.Fatal(err)
	}
	return out
}

// TestRetention dies before every single write, and then finishes: what is to stay stays byte for byte, what goes is known as gone at every
// moment, and nobody takes it for damage.
func TestRetention(t *testing.T) {
	a := openAging(t)
	ctx := t.Context()
	a.clocks(t)
	before := a.stored()
	detail := []string{"documents", "open_items"}
	want := map[uint64][]string{
		1: slices.Concat(detail, []string{"news_events", "features", "reports"}),
		2: slices.Concat(detail, []string{"news_events", "reports"}),
		3: slices.Concat(detail, []string{"reports"}),
		4: {"reports"},
		6: {"transactions", "customers", "inputs", "rejects", "documents", "open_items", "news_events", "features", "scores", "warnings", "limits", "dunning", "snapshots", "models", "checks", "reports"},
	}
	var expected []string
	for run, tables := range want {
		for _, table := range tables {
			expected = append(expected, fmt.Sprintf("%d %s", run, table))
		}
	}
	slices.Sort(expected)
	names := func(list []Removal) (out []string) {
		for _, g := range list {
			if g.Rows < 1 || g.Bytes <= 0 {
				t.Errorf("%v: no rows or bytes", g)
			}
			out = append(out, fmt.Sprintf("%d %s", g.Run, g.Table))
		}
		slices.Sort(out)
		return out
	}
	planned, err := a.r.Retire(ctx, keepForTest, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(planned); !slices.Equal(got, expected) {
		t.Fatalf("planned\n%v, want\n%v", got, expected)
	}
	if after := a.stored(); len(after) != len(before) {
		t.Fatalf("a dry run removed %d tables of runs", len(before)-len(after))
	}
	gone := func() map[string]bool {
		out := map[string]bool{}
		err := rows.Each(ctx, a.db, "removals", "SELECT run, toString(name) AS name FROM creditwatch.removals", nil, func(r *rows.Row) error {
			name := fmt.Sprintf("%d %s", r.Whole("run"), r.Text("name"))
			if out[name] {
				t.Errorf("%s is written down twice", name)
			}
			out[name] = true
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	deaths := 0
	for ; ; deaths++ {
		dead := a.r
		dead.Store = &dying{a.db, []int{0, 1, 2, 6}[deaths%4]} // before that write
		_, err := dead.Retire(ctx, keepForTest, false)
		if err == nil {
			break
		}
		if !errors.Is(err, errDead) {
			t.Fatal(err)
		}
		after, known := a.stored(), gone()
		for name, hash := range before {
			if !slices.Contains(expected, name) && after[name] != hash {
				t.Fatalf("death %d: %s has changed", deaths, name)
			}
			if after[name] != hash && !known[name] {
				t.Fatalf("death %d: %s is gone and nobody knows why", deaths, name)
			}
		}
		if deaths == 5 {
			a.whole(1, 2, 3, 4)
		}
		if deaths > 100 {
			t.Fatal("it never ends")
		}
	}
	if deaths < 8 {
		t.Errorf("only %d deaths", deaths)
	}
	after := a.stored()
	var went []string
	for name := range before {
		if after[name] == "" {
			went = append(went, name)
		}
	}
	slices.Sort(went)
	if !slices.Equal(went, expected) {
		t.Errorf("went\n%v, want\n%v", went, expected)
	}
	a.none("SELECT toUInt64(arraySort(groupUniqArray(JSONExtractString(details, 'run'))) != ['1', '2', '3', '4', '6']) AS n FROM creditwatch.audit_rows WHERE act = 'retention'")
	for _, table := range []string{"documents", "open_items", "features"} { // nobody sees rows of another run in place of those that went
		a.none("SELECT count() AS n FROM creditwatch." + table + " WHERE as_of = '2024-12-20'")
	}
	for path, there := range map[string]bool{
		filepath.Join(a.reports, "report-2024-12-20.html"): false, filepath.Join(a.reports, "report-2025-12-21.html"): false, filepath.Join(a.reports, "report-2026-02-01.html"): true,
		filepath.Join(a.features, "features-2024-12-20.arrow"): false, filepath.Join(a.features, "features-2025-01-10.arrow"): true,
	} {
		if _, err := os.Stat(path); (err == nil) != there {
			t.Errorf("%s: %v", path, err)
		}
	}
	// What is left is still held against the record: a value that changes in a stage of which the half went is seen.
	a.exec("ALTER TABLE creditwatch.limits_rows UPDATE limit_currency = 'XXX' WHERE run = 1 AND customer_id = 'limits-0' SETTINGS mutations_sync = 2", nil)
	a.exec("ALTER TABLE creditwatch.news_events_rows UPDATE sentence = 'other' WHERE run = 3 AND event_id = 'news_events-0' SETTINGS mutations_sync = 2", nil)
	err = Verify(ctx, a.db)
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "2024-12-20: run 1: stage decide") || !strings.Contains(err.Error(), "2025-12-20: run 3: stage news") {
		t.Errorf("damage beside what went: %v", err)
	}
	a.readers()
	a.held()
}

// whole: what is left of some runs is what was recorded of it.
func (a *aging) whole(runs ...uint64) {
	a.Helper()
	for _, run := range runs {
		gone, err := removalsOf(a.Context(), a.db, run)
		if err != nil {
			a.Fatal(err)
		}
		for _, stage := range Stages[1:5] { // those of which something goes
			kept, err := keptStage(a.Context(), a.db, run, stage.Name)
			if err != nil {
				a.Fatal(err)
			}
			if good, count, _, err := intact(a.Context(), a.db, run, stage, kept, gone); err != nil || !good {
				a.Fatalf("run %d: stage %s: %d rows, %v", run, stage.Name, count, err)
			}
		}
	}
}

func (a *aging) none(sql string) {
	a.Helper()
	err := rows.Each(a.Context(), a.db, "test", sql, nil, func(r *rows.Row) error {
		if n := r.Whole("n"); n != 0 {
			a.Errorf("%s: %d", sql, n)
		}
		return nil
	})
	if err != nil {
		a.Fatal(err)
	}
}

// readers are told what went and when, and a night that needs it is not computed as if there had been nothing.
func (a *aging) readers() {
	ctx := a.Context()
	lines, err := ExpiredOf(ctx, a.db, Published{AsOf: day("2025-12-20"), Run: 3})
	if err != nil || len(lines) != 1 || lines[0] != "2025-12-20: expired by retention on 2026-04-01: documents, open_items, reports" {
		a.Errorf("%q, %v", lines, err)
	}
	for _, c := range []struct {
		date  string
		again bool
		want  string // empty: it can be computed
	}{
		{"2026-03-31", false, ""},
		{"2025-12-20", true, "needs documents of 2025-12-20, run 3"},                                   // itself
		{"2025-12-21", false, "needs documents of 2025-12-20, run 3, which was removed on 2026-04-01"}, // the night before
		{"2026-02-01", false, ""},
		{"2026-02-01", true, ""},
		{"2026-02-15", true, ""},
	} {
		n, _, _, err := pastNight(ctx, a.db, a.r.Settings, day(c.date))
		if errors.Is(err, ErrNotPublished) {
			n = &Night{Settings: a.r.Settings, Store: a.db, AsOf: day(c.date)}
			n.Runs, n.Previous, err = liveRuns(ctx, a.db, day(c.date))
			n.Runs = append([]uint64{99}, n.Runs...)
		}
		if err != nil {
			a.Fatal(err)
		}
		err = n.readsBack(ctx, c.again)
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrExpired) || !strings.Contains(err.Error(), c.want)) {
			a.Errorf("%s, again %v: %v, want %q", c.date, c.again, err, c.want)
		}
	}
}

// held: retention does not meet a night at work, nor a night retention.
func (a *aging) held() {
	ctx := a.Context()
	c, err := takeClaim(ctx, a.db, day("2026-04-01"), a.now, nil)
	if err != nil {
		a.Fatal(err)
	}
	if _, err := a.r.Retire(ctx, keepForTest, false); !errors.Is(err, ErrHeld) {
		a.Errorf("retention beside a night: %v", err)
	}
	if err := c.release(ctx); err != nil {
		a.Fatal(err)
	}
	c, err = takeClaim(ctx, a.db, retentionClaim, a.now, nil)
	if err != nil {
		a.Fatal(err)
	}
	if _, err := a.r.Run(ctx, day("2026-04-01")); !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), "retention removes old rows") {
		a.Errorf("a night beside retention: %v", err)
	}
	if err := c.release(ctx); err != nil {
		a.Fatal(err)
	}
	if gone, err := a.r.Retire(ctx, keepForTest, false); err != nil || len(gone) != 0 {
		a.Errorf("once more: %v, %v", gone, err)
	}
}

// clocks: neither a clock nor a night of the future makes anything old.
func (a *aging) clocks(t *testing.T) {
	today := a.now
	plan := func(now time.Time) int {
		t.Helper()
		a.now = now
		defer func() { a.now = today }()
		list, err := a.r.Retire(t.Context(), Retention{Detail: 100, Features: 450, Reports: 60}, true)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	old := plan(today)
	if n := plan(today.AddDate(50, 0, 0)); n != old || n == 0 {
		t.Errorf("in fifty years %d tables go, today %d", n, old)
	}
	if n := plan(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)); n != 0 {
		t.Errorf("a clock that is behind removes %d", n)
	}
	a.exec("INSERT INTO creditwatch.publications (as_of, run, fence, published_at) VALUES ('2099-01-01', 11, 1, '2026-04-01 04:00:00')", nil)
	if n := plan(today); n > old+3 { // counted from today, a day after the newest of before
		t.Errorf("with a night of 2099 %d tables go, without %d", n, old)
	}
	a.exec("ALTER TABLE creditwatch.publications DELETE WHERE run = 11 SETTINGS mutations_sync = 2", nil)
}

func TestLastRetention(t *testing.T) {
	a := openAging(t)
	begun, ended := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC), time.Date(2026, 5, 1, 13, 0, 7, 0, time.UTC)
	is := func(what string, want time.Time) {
		t.Helper()
		if got, err := LastRetention(t.Context(), a.db); err != nil || !got.Equal(want) {
			t.Errorf("%s: %s, %v, want %s", what, got, err, want)
		}
	}
	a.exec("TRUNCATE TABLE creditwatch.runs", nil)
	is("no night yet", time.Time{})
	a.exec("INSERT INTO creditwatch.runs (run, as_of, state, at) VALUES (1, '2026-02-28', 'started', '2026-03-01 02:00:00'), (1, '2026-02-28', 'published', '2026-03-01 02:07:00')", nil)
	is("never", begun)
	for _, at := range []time.Time{ended.AddDate(0, -1, 0), ended} {
		a.r.Clock = func() time.Time { return at }
		if err := a.r.NoteRetention(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	is("twice", ended)
}

// TestAloneNoMore: whoever loses the claim while rows are removed stops, says that it was taken over, and leaves the other's claim alone.
func TestAloneNoMore(t *testing.T) {
	a := openAging(t)
	a.r.Watch.Lease = time.Second
	held, mine, leave, err := a.r.alone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a.exec("DROP TABLE creditwatch."+mine.table+" SYNC", nil)
	other := a.r
	other.Watch.Lease = 0
	_, _, leaveOther, err := other.alone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-held.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("works on, though another process has the claim")
	}
	if err := leave(held.Err()); !errors.Is(err, ErrHeld) || errors.Is(err, context.Canceled) {
		t.Errorf("leaves with %v, want that it was taken over", err)
	}
	if _, _, _, err := a.r.alone(t.Context()); !errors.Is(err, ErrHeld) {
		t.Errorf("a third one: %v, want that the second one holds it", err)
	}
	if err := leaveOther(nil); err != nil {
		t.Error(err)
	}
}
