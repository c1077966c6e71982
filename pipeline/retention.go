package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/fault"
	"creditwatch/pipeline/rows"
)

// ErrExpired reports that rows which are asked for were removed by retention.
var ErrExpired = errors.New("expired by retention")

// wholeNights is how many of the newest nights are kept whole, whatever their age: after a long silence they are what the next one builds on.
const wholeNights = 3

// A Removal is what goes of a table and a run.
type Removal struct {
	Table    string    `json:"table"`
	AsOf     asof.Date `json:"as_of"`
	Run      uint64    `json:"run"`
	Why      string    `json:"why"` // superseded, age
	Days     int       `json:"kept_days"`
	Rows     int64     `json:"rows"`
	Bytes    int64     `json:"bytes"`
	recorded bool      // by a retention that was interrupted
	pack     string    // partition in which the rows lie with those of other runs; empty: in their own
}

// Why rows go.
const (
	whySuperseded = "superseded"
	whyAge        = "age"
)

// Retire removes the rows that are older than they are to be kept, or, dry, says which they are. What goes is written down first; an interrupted
// retention is finished by the next one, or by the next night. Age is counted back from the newest published night or from today, whichever is
// earlier: a clock that runs ahead removes nothing.
//
// It holds the claim of a day before all nights, and no night works meanwhile.
func (r *Runner) Retire(ctx context.Context, keep Retention, dry bool) (gone []Removal, err error) {
	if dry {
		return r.retirable(ctx, keep)
	}
	ctx, _, leave, err := r.alone(ctx)
	if err != nil {
		return nil, fmt.Errorf("retention: %w", err)
	}
	defer func() { err = leave(err) }()
	if err := fault.Hit("retention.begin"); err != nil {
		return nil, err
	}
	if gone, err = r.retirable(ctx, keep); err != nil {
		return nil, err
	}
	begun := r.Clock()
	var own []string
	for byRun := gone; len(byRun) > 0; {
		n := slices.IndexFunc(byRun, func(g Removal) bool { return g.Run != byRun[0].Run })
		if n < 0 {
			n = len(byRun)
		}
		own = append(own, fmt.Sprintf("retention/%d/%d", byRun[0].Run, begun.UnixMilli()))
		if err := r.remove(ctx, byRun[:n], begun); err != nil {
			return nil, fmt.Errorf("retention: %s: run %d: %w", byRun[0].AsOf, byRun[0].Run, err)
		}
		byRun = byRun[n:]
	}
	if err := r.removePacked(ctx, gone); err != nil {
		return nil, fmt.Errorf("retention: %w", err)
	}
	if _, err := auditJournals(ctx, r.Store, own...); err != nil {
		return nil, err
	}
	var bytes int64
	for _, g := range gone {
		bytes += g.Bytes
	}
	r.Log.Info().Int("partitions", len(gone)).Int64("bytes", bytes).Dur("took", r.Clock().Sub(begun)).Msg("retention done")
	return gone, nil
}

// retentionClaim is the day whose claim retention takes: none that has a night.
const retentionClaim = asof.Date(0)

// alone takes the claim of [retentionClaim] while no night is at work. The context ends with the claim; leave gives it back and says whether
// an error comes of its loss.
func (r *Runner) alone(ctx context.Context) (held context.Context, c *claim, leave func(error) error, err error) {
	c, err = takeClaim(ctx, r.Store, retentionClaim, r.Clock(), &r.Watch)
	if err != nil {
		return nil, nil, nil, err
	}
	held, lose := context.WithCancelCause(ctx)
	leave = func(err error) error {
		if cause := context.Cause(held); errors.Is(cause, ErrHeld) {
			err = cause
		}
		lose(nil)
		return errors.Join(err, c.release(ctx))
	}
	if r.Watch.Lease > 0 {
		go c.keepAlive(held, r.Watch.Lease/10, lose)
	}
	if err = r.nobodyWorks(held); err == nil {
		err = dropBeside(held, r.Store)
	}
	if err != nil {
		return nil, nil, nil, leave(err)
	}
	return held, c, leave, nil
}

// nobodyWorks returns ErrHeld if a living process works on a date.
func (r *Runner) nobodyWorks(ctx context.Context) error {
	var names []string
	err := rows.Each(ctx, r.Store, "claims", "SELECT name FROM system.tables WHERE database = 'creditwatch' AND match(name, '^claim_[0-9]{8}$') ORDER BY name", nil,
		func(row *rows.Row) error { names = append(names, row.Text("name")); return nil })
	if err != nil {
		return err
	}
	for _, name := range names {
		c := &claim{store: r.Store, table: name}
		if name == claimName(retentionClaim) {
			continue
		}
		found, there, err := c.read(ctx)
		if err != nil {
			return err
		}
		if there && found.lives() && !r.Watch.expired(found.Nonce, found.beats, r.Clock()) {
			return fmt.Errorf("%s: process %d on %s: %w", strings.TrimPrefix(name, "claim_"), found.Pid, found.Host, ErrHeld)
		}
	}
	return nil
}

// retiring returns ErrHeld while a living process removes rows: a night that began meanwhile might read half of what goes.
func (r *Runner) retiring(ctx context.Context) error {
	c := &claim{store: r.Store, table: claimName(retentionClaim)}
	found, there, err := c.read(ctx)
	if err == nil && there && found.lives() && !r.Watch.expired(found.Nonce, found.beats, r.Clock()) {
		err = fmt.Errorf("retention removes old rows: process %d on %s: %w", found.Pid, found.Host, ErrHeld)
	}
	return err
}

// claimNight takes the claim of a date, unless retention is at work.
func (r *Runner) claimNight(ctx context.Context, date asof.Date) (*claim, error) {
	c, err := takeClaim(ctx, r.Store, date, r.Clock(), &r.Watch)
	if err != nil {
		return nil, err
	}
	if err := r.retiring(ctx); err != nil { // asked under the claim, as retention asks under its own: one of the two sees the other
		return nil, errors.Join(err, c.release(ctx))
	}
	return c, nil
}

// A publishedRun is a run that was published, and when another one took its place; 0: readers see it.
type publishedRun struct {
	asOf     asof.Date
	replaced int64
}

// publishedRuns are all runs that were ever published, and the dates that have one, in order.
func publishedRuns(ctx context.Context, q rows.Querier) (runs map[uint64]publishedRun, live []asof.Date, err error) {
	runs = map[uint64]publishedRun{}
	err = rows.Each(ctx, q, "publications", sqlOf("retention_runs"), nil, func(row *rows.Row) error {
		p := publishedRun{row.Date("as_of"), row.Whole("replaced_at")}
		runs[uint64(row.Whole("run"))] = p
		if p.replaced == 0 {
			live = append(live, p.asOf)
		}
		return nil
	})
	slices.Sort(live)
	return runs, live, err
}

// retirable lists what is to go, in order of run and table.
func (r *Runner) retirable(ctx context.Context, keep Retention) (list []Removal, err error) {
	runs, live, err := publishedRuns(ctx, r.Store)
	if err != nil || len(live) == 0 {
		return nil, err
	}
	pending, err := pendingRemovals(ctx, r.Store)
	if err != nil {
		return nil, err
	}
	recorded := func(run uint64, table string) bool {
		return slices.ContainsFunc(pending, func(g Removal) bool { return g.Run == run && g.Table == table })
	}
	today := r.Clock()
	ends := min(slices.Max(live), asof.Of(today.In(r.Settings.Zone)))
	whole := live[max(0, len(live)-wholeNights)]
	days := map[string]int{}
	for _, k := range keepings() {
		days[k.table] = keep.days(k)
	}
	due := func(table string, run uint64) (g Removal, goes bool) {
		p, d := runs[run], days[table]
		g = Removal{Table: table, Run: run, AsOf: p.asOf, Why: whyAge, Days: d, recorded: recorded(run, table)}
		if p.replaced != 0 {
			g.Why, g.Days = whySuperseded, keep.Superseded
			return g, g.recorded || g.Days != 0 && today.Sub(time.UnixMilli(p.replaced)) >= time.Duration(g.Days)*24*time.Hour
		}
		return g, g.recorded || d != 0 && g.AsOf.Add(d) < ends && g.AsOf < whole
	}
	packs := map[string][]storedPartition{}
	err = eachPartition(ctx, r.Store, func(s storedPartition) error {
		_, ours := days[s.table]
		_, published := runs[s.run]
		switch {
		case ours && s.run >= firstEra:
			packs[s.table] = append(packs[s.table], s)
		case ours && published:
			if g, goes := due(s.table, s.run); goes {
				g.Rows, g.Bytes = s.rows, s.bytes
				list = append(list, g)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for table, inPacks := range packs {
		var old []uint64
		for run := range runs {
			if _, goes := due(table, run); goes {
				old = append(old, run)
			}
		}
		if len(old) == 0 {
			continue
		}
		slices.Sort(old)
		err := rows.Each(ctx, r.Store, table, "SELECT run, toInt64(count()) AS rows, toString(any(era)) AS place FROM creditwatch."+table+"_rows WHERE era > 0 AND run IN {runs:Array(UInt64)} GROUP BY run",
			map[string]any{"runs": old}, func(row *rows.Row) error {
				g, _ := due(table, uint64(row.Whole("run")))
				g.Rows, g.pack = row.Whole("rows"), row.Text("place")
				for _, s := range inPacks {
					if s.place == g.pack {
						g.Bytes = int64(float64(s.bytes) * float64(g.Rows) / float64(s.rows))
					}
				}
				list = append(list, g)
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b Removal) int {
		return cmp.Or(cmp.Compare(a.AsOf, b.AsOf), cmp.Compare(a.Run, b.Run), cmp.Compare(a.Table, b.Table))
	})
	return list, nil
}

// remove takes away tables of one run: it is written down, then the files go that were made of the rows, then the rows, but for those that are packed.
func (r *Runner) remove(ctx context.Context, gone []Removal, at time.Time) error {
	if err := r.noteRemovals(ctx, gone, at); err != nil {
		return err
	}
	return r.finish(ctx, gone)
}

// noteRemovals writes down what goes, with the checksum by which the rest of its stage can be held against the record.
func (r *Runner) noteRemovals(ctx context.Context, gone []Removal, at time.Time) error {
	type row struct {
		AsOf      asof.Date `ch:"as_of"`
		Run       uint64    `ch:"run"`
		Name      string    `ch:"name"`
		Why       string    `ch:"why"`
		KeptDays  uint32    `ch:"kept_days"`
		Rows      uint64    `ch:"rows"`
		Bytes     uint64    `ch:"bytes"`
		Checksum  uint64    `ch:"checksum"`
		RemovedAt time.Time `ch:"removed_at"`
		Code      string    `ch:"code"`
	}
	var notes []row
	var named []string
	for _, g := range gone {
		if g.recorded {
			continue
		}
		n := row{g.AsOf, g.Run, g.Table, g.Why, uint32(g.Days), uint64(g.Rows), uint64(g.Bytes), 0, at, r.Settings.Code}
		if g.Why == whyAge {
			count, sum, err := r.recordedSum(ctx, g)
			if err != nil {
				return err
			}
			n.Rows, n.Checksum = uint64(count), sum
		}
		notes, named = append(notes, n), append(named, g.Table)
	}
	if len(notes) == 0 {
		return nil
	}
	if err := fault.Hit("retention.note.before"); err != nil {
		return err
	}
	table := rows.Of(notes)
	defer table.Release()
	token := fmt.Sprintf("removals/%d/%s", gone[0].Run, hashOf([]byte(strings.Join(named, " "))))
	if err := r.Store.Insert(ctx, "creditwatch.removals", token, table); err != nil {
		return fmt.Errorf("removals: %w", err)
	}
	return fault.Hit("retention.note.after")
}

// recordedSum measures a table of a run over the columns that the checksum of its stage was taken over.
func (r *Runner) recordedSum(ctx context.Context, g Removal) (count int64, sum uint64, err error) {
	for _, s := range Stages {
		if !slices.Contains(s.Keeps, g.Table) {
			continue
		}
		kept, err := keptStage(ctx, r.Store, g.Run, s.Name)
		if err != nil {
			return 0, 0, err
		}
		for _, part := range strings.Split(kept.columns, ";") {
			if strings.HasPrefix(part, g.Table+":") {
				return measureAs(ctx, r.Store, g.Run, part, nil)
			}
		}
	}
	return measure(ctx, r.Store, g.Run, []string{g.Table})
}

// finish removes what was written down, but for rows that are packed. It may be repeated.
func (r *Runner) finish(ctx context.Context, gone []Removal) error {
	for _, g := range gone {
		if g.Why == whyAge { // the files of a run that was replaced are those of the run in its place
			if err := r.removeFiles(ctx, g); err != nil {
				return err
			}
		}
		if g.pack != "" {
			continue
		}
		if err := fault.Hit("retention.drop.before"); err != nil {
			return err
		}
		if err := dropRun(ctx, r.Store, g.Table, g.Run); err != nil {
			return err
		}
		if err := fault.Hit("retention.drop.after"); err != nil {
			return err
		}
	}
	return nil
}

// removePacked removes rows that were written down out of the packs in which they lie, all of a pack at a time: it is written anew without them.
func (r *Runner) removePacked(ctx context.Context, gone []Removal) error {
	runs := map[[2]string][]uint64{}
	for _, g := range gone {
		if g.pack != "" {
			runs[[2]string{g.Table, g.pack}] = append(runs[[2]string{g.Table, g.pack}], g.Run)
		}
	}
	packs := slices.SortedFunc(maps.Keys(runs), func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	for _, p := range packs {
		if err := fault.Hit("retention.drop.before"); err != nil {
			return err
		}
		err := r.Store.Exec(ctx, "ALTER TABLE creditwatch."+p[0]+"_rows DELETE IN PARTITION ID '"+p[1]+"' WHERE has({runs:Array(UInt64)}, run) SETTINGS mutations_sync = 2", map[string]any{"runs": runs[p]})
		if err != nil {
			return fmt.Errorf("%s: %w", p[0], err)
		}
		if err := fault.Hit("retention.drop.after"); err != nil {
			return err
		}
	}
	return nil
}

// removeFiles removes the files that were written of rows that go.
func (r *Runner) removeFiles(ctx context.Context, g Removal) error {
	var paths []string
	switch g.Table {
	case "features":
		paths = []string{featureFile(r.Features, Published{AsOf: g.AsOf, Run: g.Run})}
	case "reports":
		err := rows.Each(ctx, r.Store, "reports", "SELECT file FROM creditwatch.reports_rows WHERE run = {run:UInt64} ORDER BY file", map[string]any{"run": g.Run}, func(row *rows.Row) error {
			if name := row.Text("file"); filepath.IsLocal(name) {
				paths = append(paths, filepath.Join(r.Reports, name))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, path := range paths {
		if err := fault.Hit("retention.file"); err != nil {
			return err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// finishRemovals ends what an interrupted retention began.
func (r *Runner) finishRemovals(ctx context.Context) error {
	left, err := pendingRemovals(ctx, r.Store)
	if err != nil {
		return err
	}
	if err = r.finish(ctx, left); err == nil {
		err = r.removePacked(ctx, left)
	}
	if err != nil {
		return fmt.Errorf("retention: %w", err)
	}
	return nil
}

// pendingRemovals are what retention wrote down and that is still stored.
func pendingRemovals(ctx context.Context, q rows.Querier) (left []Removal, err error) {
	err = rows.Each(ctx, q, "removals", sqlOf("removals_pending"), nil, func(row *rows.Row) error {
		left = append(left, Removal{Table: row.Text("name"), AsOf: row.Date("as_of"), Run: uint64(row.Whole("run")), Why: row.Text("why"), recorded: true})
		return nil
	})
	if err != nil {
		return nil, err
	}
	noted := map[string]bool{}
	err = rows.Each(ctx, q, "removals", "SELECT DISTINCT toString(name) AS name FROM creditwatch.removals", nil,
		func(row *rows.Row) error { noted[row.Text("name")] = true; return nil })
	if err != nil || len(noted) == 0 {
		return left, err
	}
	var packed []string
	err = eachPartition(ctx, q, func(s storedPartition) error {
		if s.run >= firstEra && noted[s.table] && !slices.Contains(packed, s.table) {
			packed = append(packed, s.table)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, table := range packed {
		err := rows.Each(ctx, q, "removals", with(sqlOf("removals_packed"), "table", []string{table + "_rows"}), map[string]any{"name": table}, func(row *rows.Row) error {
			left = append(left, Removal{Table: table, AsOf: row.Date("as_of"), Run: uint64(row.Whole("run")), Why: row.Text("why"), recorded: true, pack: row.Text("pack")})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return left, nil
}

// A removed table of a run.
type removed struct {
	table    string
	asOf     asof.Date
	run      uint64
	rows     int64
	checksum uint64
	on       asof.Date
}

// removalsOf lists what retention removed of some runs.
func removalsOf(ctx context.Context, q rows.Querier, runs ...uint64) (list []removed, err error) {
	err = rows.Each(ctx, q, "removals", sqlOf("removals_of"), map[string]any{"runs": runs}, func(r *rows.Row) error {
		list = append(list, removed{r.Text("name"), r.Date("as_of"), uint64(r.Whole("run")), r.Whole("rows"), uint64(r.Whole("checksum")), r.Date("removed_on")})
		return nil
	})
	return list, err
}

// ExpiredOf says what retention removed of a night, in a line per day on which it did; nothing if the night is whole.
func ExpiredOf(ctx context.Context, q rows.Querier, p Published) (lines []string, err error) {
	list, err := removalsOf(ctx, q, p.Run)
	if err != nil {
		return nil, err
	}
	byDay := map[asof.Date][]string{}
	var days []asof.Date
	for _, g := range list {
		if byDay[g.on] == nil {
			days = append(days, g.on)
		}
		byDay[g.on] = append(byDay[g.on], g.table)
	}
	slices.Sort(days)
	for _, d := range days {
		lines = append(lines, fmt.Sprintf("%s: expired by retention on %s: %s", p.AsOf, d, strings.Join(byDay[d], ", ")))
	}
	return lines, nil
}

// readsBack returns ErrExpired if what the night n reads of earlier nights is gone; again is a night that is held against what it kept itself.
func (n *Night) readsBack(ctx context.Context, again bool) error {
	list, err := removalsOf(ctx, n.Store, n.Runs...)
	if err != nil {
		return err
	}
	back := map[string]keeping{}
	for _, k := range keepings() {
		back[k.table] = k
	}
	slices.SortStableFunc(list, func(a, b removed) int { // what it kept itself is said first
		return cmp.Compare(max(a.run, n.Runs[0])-min(a.run, n.Runs[0]), max(b.run, n.Runs[0])-min(b.run, n.Runs[0]))
	})
	for _, g := range list {
		k := back[g.table]
		own := again && g.run == n.Runs[0]
		replaced := again && k.key == "" // the ledger of a run that was replaced since
		days, _ := k.backFor(n.Default.HorizonMonths, n.Validation.LagDays)
		earlier := g.run == n.Previous.Run && n.Previous.Run != 0 || k.key != "" && g.asOf < n.AsOf && g.asOf.Add(days) > n.AsOf
		if g.table == "reports" && !own {
			continue // no night reads it
		}
		if own || replaced || earlier {
			return fmt.Errorf("%s needs %s of %s, run %d, which was removed on %s: %w", n.AsOf, g.table, g.asOf, g.run, g.on, ErrExpired)
		}
	}
	return nil
}

// NoteRetention writes down that retention came to its end.
func (r *Runner) NoteRetention(ctx context.Context) error {
	at := r.Clock()
	err := r.Store.Exec(ctx, "INSERT INTO creditwatch.retentions (ended_at, code) VALUES ({at:DateTime64(3)}, {code:String})", map[string]any{"at": at, "code": r.Settings.Code})
	if err != nil {
		return fmt.Errorf("retentions: %w", err)
	}
	return nil
}

// LastRetention returns when retention last came to its end; when the first night began if it never did, zero if there is none.
func LastRetention(ctx context.Context, q rows.Querier) (at time.Time, err error) {
	err = rows.Each(ctx, q, "retentions", sqlOf("retention_last"), nil, func(r *rows.Row) error { at = r.Instant("at"); return nil })
	return at, err
}
