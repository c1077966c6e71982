package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/fault"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/sources"
)

// A Runner runs nights.
type Runner struct {
	Store     Store
	Stages    []Stage // the night in order: [Stages], or fewer of them where nobody reads the rest
	Settings  Settings
	Reports   string           // folder of the report files
	Features  string           // folder of the feature tables as Arrow files
	Watch     Watch            // over those who hold a date
	Timeout   time.Duration    // of an attempt at a stage; 0: none
	Clock     func() time.Time // when things happened; never what a night computes
	Log       zerolog.Logger
	Say       func(string)     // progress, a line per step
	Transient func(error) bool // whether an error passes by itself: the stage is tried again
	Token     func(ctx context.Context, token string) context.Context
	Clear     func(context.Context) error // removes files of former parts; nil: the database sees to it itself
}

// A Result tells what a run did.
type Result struct {
	AsOf   asof.Date
	Run    uint64
	Stages []StageResult
	Files  []string // report files
	Until  string   // the stage after which the run was told to stop; it is not published then
	Audit  Head     // end of the audit log after the night
}

// A StageResult tells what a stage kept.
type StageResult struct {
	Name   string
	Rows   int64
	Took   time.Duration
	Reused bool // kept by an earlier attempt of the same run
}

// attempts at a stage when errors pass by themselves, and the pause before the next one.
const (
	attempts = 4
	pause    = time.Second
)

// ErrPublished reports a date that is published already.
var ErrPublished = errors.New("published already")

// Run computes and publishes the night of a date. A date that is published already gets a new run beside the old one;
// an attempt that was interrupted is continued if program, configuration and policy are the same.
func (r *Runner) Run(ctx context.Context, date asof.Date) (Result, error) {
	return r.run(ctx, date, false, Part{})
}

// RunMissing is Run for a date that is not published; one that is, be it since a moment ago by another process, ends with [ErrPublished].
func (r *Runner) RunMissing(ctx context.Context, date asof.Date) (Result, error) {
	return r.run(ctx, date, true, Part{})
}

func (r *Runner) warn(line string) { r.Log.Warn().Msg(line) }

func (r *Runner) run(ctx context.Context, date asof.Date, missing bool, part Part) (res Result, err error) {
	res.AsOf = date
	first, last, err := part.bounds(r.Stages)
	if err != nil {
		return res, err
	}
	c, err := r.claimNight(ctx, date)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, c.release(ctx)) }()
	if missing { // asked under the claim: before it, another process might publish between the question and the answer
		there, err := IsPublished(ctx, r.Store, date)
		if err != nil {
			return res, err
		}
		if there {
			return res, fmt.Errorf("%s: %w", date, ErrPublished)
		}
	}
	ctx, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	if r.Watch.Lease > 0 {
		go c.keepAlive(ctx, r.Watch.Lease/10, lose)
	}
	defer func() {
		if cause := context.Cause(ctx); errors.Is(cause, ErrHeld) {
			err = cause
		}
		if err != nil && !errors.Is(err, errLost) { // whatever failed may have failed because another process works on the date
			if ours, asked := c.ours(context.WithoutCancel(ctx)); asked == nil && !ours {
				err = errLost
			}
		}
		if errors.Is(err, errLost) { // what was written meanwhile is nobody's
			err = errors.Join(fmt.Errorf("%s: %w", date, err), r.forget(ctx, res.Run))
		}
	}()

	n := &Night{Settings: r.Settings, Store: r.Store, AsOf: date, Cut: r.Settings.CutOf(date), Say: r.Say, Warn: r.warn, Token: r.Token, Clock: r.Clock, stages: r.Stages}
	if err := r.adopt(ctx, c, n); err != nil {
		return res, err
	}
	if err := n.readsBack(ctx, false); err != nil {
		return res, err
	}
	var donor uint64 // of what the stages before the part keep
	if first > 0 {
		if donor, err = r.donor(ctx, date, r.Stages[:first]); err != nil {
			return res, err
		}
		if n.Run, err = nextRun(ctx, r.Store); err != nil {
			return res, err
		}
		n.Runs[0] = n.Run
	}
	res.Run = n.Run
	if err := r.note(ctx, c, n, "started", ""); err != nil {
		return res, err
	}
	if _, err := auditJournals(ctx, r.Store, fmt.Sprintf("configuration/%d", n.Run)); err != nil {
		return res, err
	}
	if err := sweep(ctx, r.Store, n.Run, donor); err != nil {
		return res, err
	}
	if err := r.finishRemovals(ctx); err != nil {
		return res, err
	}
	log := r.Log.With().Stringer("as_of", date).Uint64("run", n.Run).Logger()
	log.Info().Msg("night started")
	begun := r.Clock()
	err = r.carry(ctx, n, donor, r.Stages[:first])
	if err == nil {
		err = r.stages(ctx, n, r.Stages[:last+1], log, &res)
	}
	if err != nil {
		state := "failed"
		switch {
		case errors.Is(err, ErrGate):
			state = "stopped"
		case ctx.Err() != nil, r.passes(err):
			state = "interrupted" // the next start goes on where this one ended
		}
		log.Error().Err(err).Msg("night " + state)
		return res, errors.Join(err, r.note(ctx, c, n, state, err.Error()))
	}
	if last < len(r.Stages)-1 {
		res.Until = r.Stages[last].Name
		log.Info().Str("until", res.Until).Msg("night stopped where it was told to")
		return res, r.note(ctx, c, n, "interrupted", "told to stop after "+res.Until)
	}
	if err := r.publish(ctx, c, n); err != nil {
		return res, err
	}
	res.Files, err = restoreReports(ctx, r.Store, r.Reports, &Published{AsOf: date, Run: n.Run})
	if err != nil {
		return res, err
	}
	if err := exportFeatures(ctx, r.Store, r.Features, Published{AsOf: date, Run: n.Run}); err != nil {
		return res, err
	}
	own := []string{fmt.Sprintf("publish/%d", n.Run)}
	for _, f := range res.Files {
		own = append(own, fmt.Sprintf("report/%d/%s", n.Run, filepath.Base(f)))
	}
	if res.Audit, err = auditJournals(ctx, r.Store, own...); err != nil {
		return res, err
	}
	log.Info().Dur("took", r.Clock().Sub(begun)).Uint64("audit_record", res.Audit.Seq).Str("audit_hash", res.Audit.Hash).Msg("night published")
	return res, r.note(ctx, c, n, "published", "")
}

// adopt finds the run to continue, or takes the next number.
func (r *Runner) adopt(ctx context.Context, c *claim, n *Night) error {
	var err error
	if n.Run, err = nextRun(ctx, r.Store); err != nil {
		return err
	}
	err = rows.Each(ctx, r.Store, "runs", `
SELECT run, argMax(state, (at, state != 'started')) AS state, any(code) AS code, any(config_hash) AS config_hash, any(policy_hash) AS policy_hash
FROM creditwatch.runs
WHERE as_of = {as_of:Date} AND run > (SELECT max(run) FROM creditwatch.publications WHERE as_of = {as_of:Date})
GROUP BY run ORDER BY run DESC LIMIT 1`, map[string]any{"as_of": n.AsOf},
		func(row *rows.Row) error {
			if c.seized { // its holder may wake up and write
				return nil
			}
			open := row.Text("state") == "started" || row.Text("state") == "interrupted"
			if open && row.Text("code") == n.Code && row.Text("config_hash") == n.ConfigHash && row.Text("policy_hash") == n.PolicyHash {
				n.Run = uint64(row.Whole("run"))
			}
			return nil
		})
	if err != nil {
		return err
	}
	n.Runs, n.Previous, err = liveRuns(ctx, r.Store, n.AsOf)
	n.Runs = append([]uint64{n.Run}, n.Runs...)
	return cmp.Or(err, n.sameZones(n.Previous))
}

// nextRun is the number after all that were ever given.
func nextRun(ctx context.Context, q rows.Querier) (run uint64, err error) {
	err = rows.Each(ctx, q, "runs", "SELECT max(run) AS newest FROM (SELECT run FROM creditwatch.runs UNION ALL SELECT run FROM creditwatch.publications)", nil,
		func(row *rows.Row) error { run = uint64(row.Whole("newest")) + 1; return nil })
	return run, err
}

// note writes a change of state of the run; it works when the caller's context is over.
func (r *Runner) note(ctx context.Context, c *claim, n *Night, state, message string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	type row struct {
		Run        uint64    `ch:"run"`
		AsOf       asof.Date `ch:"as_of"`
		State      string    `ch:"state"`
		At         time.Time `ch:"at"`
		Host       string    `ch:"host"`
		Pid        uint32    `ch:"pid"`
		Fence      uint64    `ch:"fence"`
		Code       string    `ch:"code"`
		ConfigHash string    `ch:"config_hash"`
		PolicyHash string    `ch:"policy_hash"`
		Message    string    `ch:"message"`
	}
	at := r.Clock()
	table := rows.Of([]row{{n.Run, n.AsOf, state, at, c.Host, uint32(c.Pid), c.Fence, n.Code, n.ConfigHash, n.PolicyHash, message}})
	defer table.Release()
	if err := fault.Hit("note." + state + ".before"); err != nil {
		return err
	}
	if err := r.Store.Insert(ctx, "creditwatch.runs", fmt.Sprintf("%d/%s/%s/%d", n.Run, state, c.Nonce, at.UnixNano()), table); err != nil {
		return fmt.Errorf("runs: %w", err)
	}
	return fault.Hit("note." + state + ".after")
}

func (r *Runner) stages(ctx context.Context, n *Night, stages []Stage, log zerolog.Logger, res *Result) error {
	for _, s := range stages {
		begun := r.Clock()
		kept, reused, err := r.stage(ctx, n, s, begun)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", n.AsOf, s.Name, err)
		}
		took := r.Clock().Sub(begun)
		log.Info().Str("stage", s.Name).Int64("rows", kept).Dur("took", took).Bool("reused", reused).Msg("stage kept")
		res.Stages = append(res.Stages, StageResult{Name: s.Name, Rows: kept, Took: took, Reused: reused})
	}
	return nil
}

// passes reports whether an error may pass by itself. What is wrong with a file stays wrong, whatever it wraps: the
// "unexpected EOF" of half a gzip is not that of a database going away.
func (r *Runner) passes(err error) bool {
	return !errors.Is(err, sources.ErrData) && !errors.Is(err, sources.ErrConfig) && !errors.Is(err, ErrGate) && r.Transient(err)
}

// stage runs one stage to its kept end, or finds that it is kept already.
func (r *Runner) stage(ctx context.Context, n *Night, s Stage, begun time.Time) (kept int64, reused bool, err error) {
	done, err := keptStage(ctx, r.Store, n.Run, s.Name)
	if err != nil {
		return 0, false, err
	}
	if done.attempt > 0 {
		count, sum, err := measure(ctx, r.Store, n.Run, s.Keeps)
		if err != nil {
			return 0, false, err
		}
		if count == done.rows && sum == done.checksum {
			return count, true, nil
		}
	}
	n.stage, n.attempt = s.Name, done.attempt
	for try := 1; ; try++ {
		n.attempt++
		n.chunks = 0
		kept, err = r.limited(ctx, n, s, begun)
		if err == nil {
			return kept, false, nil
		}
		if try == attempts || ctx.Err() != nil || !r.passes(err) {
			return 0, false, err
		}
		r.Log.Warn().Stringer("as_of", n.AsOf).Uint64("run", n.Run).Str("stage", s.Name).Int("attempt", try).Err(err).Msg("stage is tried again")
		select {
		case <-ctx.Done():
			return 0, false, ctx.Err()
		case <-time.After(pause * time.Duration(try)):
		}
	}
}

// limited is an attempt that may take so long and no longer.
func (r *Runner) limited(ctx context.Context, n *Night, s Stage, begun time.Time) (int64, error) {
	if r.Timeout <= 0 {
		return r.attempt(ctx, n, s, begun)
	}
	limited, cancel := context.WithTimeoutCause(ctx, r.Timeout, fmt.Errorf("not done after %s, the limit of schedule.stage_timeout", r.Timeout))
	defer cancel()
	kept, err := r.attempt(limited, n, s, begun)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w (%w)", context.Cause(limited), err)
	}
	return kept, err
}

func (r *Runner) attempt(ctx context.Context, n *Night, s Stage, begun time.Time) (kept int64, err error) {
	for _, table := range s.Keeps {
		if err := dropRun(ctx, r.Store, table, n.Run); err != nil {
			return 0, err
		}
	}
	if err := fault.Hit("stage." + s.Name + ".begin"); err != nil {
		return 0, err
	}
	if r.Say != nil {
		r.Say(s.Name)
	}
	if err := s.Do(ctx, n); err != nil {
		return 0, err
	}
	if err := fault.Hit("stage." + s.Name + ".computed"); err != nil {
		return 0, err
	}
	count, sum, err := measure(ctx, r.Store, n.Run, s.Keeps)
	if err != nil {
		return 0, err
	}
	if err := r.noteStage(ctx, n, s, count, sum, begun); err != nil {
		return 0, err
	}
	return count, fault.Hit("stage." + s.Name + ".kept")
}

// noteStage writes that a stage is kept.
func (r *Runner) noteStage(ctx context.Context, n *Night, s Stage, count int64, sum uint64, begun time.Time) error {
	type row struct {
		Run        uint64    `ch:"run"`
		AsOf       asof.Date `ch:"as_of"`
		Stage      string    `ch:"stage"`
		Attempt    uint32    `ch:"attempt"`
		Rows       uint64    `ch:"rows"`
		Checksum   uint64    `ch:"checksum"`
		Columns    string    `ch:"columns"`
		TookMS     uint64    `ch:"took_ms"`
		FinishedAt time.Time `ch:"finished_at"`
	}
	columns, err := columnsOf(ctx, r.Store, s.Keeps)
	if err != nil {
		return err
	}
	end := r.Clock()
	table := rows.Of([]row{{n.Run, n.AsOf, s.Name, uint32(n.attempt), uint64(count), sum, columns, uint64(max(end.Sub(begun).Milliseconds(), 0)), end}})
	defer table.Release()
	if err := r.Store.Insert(ctx, "creditwatch.stage_runs", fmt.Sprintf("%d/%s/%d", n.Run, s.Name, n.attempt), table); err != nil {
		return fmt.Errorf("stage_runs: %w", err)
	}
	return nil
}

// IsPublished reports whether a date has a published night.
func IsPublished(ctx context.Context, q rows.Querier, date asof.Date) (there bool, err error) {
	err = rows.Each(ctx, q, "publications", "SELECT count() AS n FROM creditwatch.publications WHERE as_of = {as_of:Date}", map[string]any{"as_of": date},
		func(r *rows.Row) error { there = r.Whole("n") > 0; return nil })
	return there, err
}

type stageRow struct {
	attempt  int
	rows     int64
	checksum uint64
	columns  string // that the checksum was taken over; empty if that was not recorded yet
	finished int64  // milliseconds since 1970
}

func keptStage(ctx context.Context, q rows.Querier, run uint64, stage string) (s stageRow, err error) {
	err = rows.Each(ctx, q, "stage_runs", `
SELECT attempt, rows, checksum, columns, toUnixTimestamp64Milli(finished_at) AS finished FROM creditwatch.stage_runs
WHERE run = {run:UInt64} AND stage = {stage:String} ORDER BY attempt DESC LIMIT 1`, map[string]any{"run": run, "stage": stage},
		func(r *rows.Row) error {
			s = stageRow{int(r.Whole("attempt")), r.Whole("rows"), uint64(r.Whole("checksum")), r.Text("columns"), r.Whole("finished")}
			return nil
		})
	return s, err
}

// measure counts the rows of a run in the tables and sums their hashes, computed by the server from what is stored. The
// run's number is left out of the hash, so that two runs over the same facts have the same checksum.
func measure(ctx context.Context, q rows.Querier, run uint64, tables []string) (count int64, sum uint64, err error) {
	for _, table := range tables {
		sql := fmt.Sprintf("SELECT count() AS n, sum(cityHash64(tuple(* EXCEPT (run)))) AS h FROM creditwatch.%s_rows WHERE run = {run:UInt64}", table)
		err := rows.Each(ctx, q, table, sql, map[string]any{"run": run}, func(r *rows.Row) error {
			count += r.Whole("n")
			sum = sum*31 + uint64(r.Whole("h"))
			return nil
		})
		if err != nil {
			return 0, 0, err
		}
	}
	return count, sum, nil
}

// dropRun removes what a run wrote to a table; on a run that wrote nothing it does nothing.
func dropRun(ctx context.Context, s Store, table string, run uint64) error {
	if err := s.Exec(ctx, fmt.Sprintf("ALTER TABLE creditwatch.%s_rows DROP PARTITION {run:UInt64}", table), map[string]any{"run": run}); err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	return nil
}

var partitionID = regexp.MustCompile(`^[0-9]+(-[0-9]+)*$`)

// sweep removes the rows of runs that were never published, except the one at work, those to spare and those of dates that another
// process holds, and claims of the dead that were put aside.
func sweep(ctx context.Context, s Store, own uint64, spare ...uint64) error {
	type part struct{ table, id string }
	dates := map[uint64]asof.Date{}
	err := rows.Each(ctx, s, "runs", "SELECT run, any(as_of) AS as_of FROM creditwatch.runs WHERE run NOT IN (SELECT run FROM creditwatch.publications) GROUP BY run", nil,
		func(r *rows.Row) error { dates[uint64(r.Whole("run"))] = r.Date("as_of"); return nil })
	if err != nil {
		return err
	}
	published := map[uint64]bool{}
	// The newest judgement of a running day is kept until the next one.
	err = rows.Each(ctx, s, "publications", "SELECT DISTINCT run FROM creditwatch.publications UNION DISTINCT SELECT max(run) AS run FROM creditwatch.intraday", nil,
		func(r *rows.Row) error { published[uint64(r.Whole("run"))] = true; return nil })
	if err != nil {
		return err
	}
	var parts []part
	err = rows.Each(ctx, s, "parts", `
SELECT DISTINCT table, partition_id FROM system.parts
WHERE active AND database = 'creditwatch' AND endsWith(table, '_rows') ORDER BY table, partition_id`, nil,
		func(r *rows.Row) error {
			parts = append(parts, part{r.Text("table"), r.Text("partition_id")})
			return nil
		})
	if err != nil {
		return err
	}
	var aside []string
	err = rows.Each(ctx, s, "claims", "SELECT name FROM system.tables WHERE database = 'creditwatch' AND match(name, '^claim_[0-9]+_dead_[0-9_]+$')", nil,
		func(r *rows.Row) error { aside = append(aside, r.Text("name")); return nil })
	if err != nil {
		return err
	}
	for _, table := range aside {
		if err := s.Exec(ctx, "DROP TABLE IF EXISTS creditwatch."+table, nil); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	if err := dropBeside(ctx, s); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	held := map[asof.Date]bool{}
	for _, p := range parts {
		number, _, working := strings.Cut(p.id, "-") // a working table is partitioned by run and date
		run, err := strconv.ParseUint(number, 10, 64)
		if err != nil || !partitionID.MatchString(p.id) || run >= firstEra {
			continue // not one of ours, or old runs that were packed
		}
		if run == own && !working || published[run] && !working {
			continue
		}
		if slices.Contains(spare, run) {
			continue
		}
		if date, known := dates[run]; known && run != own && date != dates[own] { // the own date is held by us
			if _, asked := held[date]; !asked {
				if held[date], err = isHeld(ctx, s, date); err != nil {
					return err
				}
			}
			if held[date] {
				continue
			}
		}
		if err := s.Exec(ctx, fmt.Sprintf("ALTER TABLE creditwatch.%s DROP PARTITION ID '%s'", p.table, p.id), nil); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}

// publish moves the readers' pointer. It is the only moment at which a night becomes visible.
func (r *Runner) publish(ctx context.Context, c *claim, n *Night) error {
	type row struct {
		AsOf        asof.Date `ch:"as_of"`
		Run         uint64    `ch:"run"`
		Fence       uint64    `ch:"fence"`
		Rows        uint64    `ch:"rows"`
		Checksum    uint64    `ch:"checksum"`
		Code        string    `ch:"code"`
		PolicyHash  string    `ch:"policy_hash"`
		ModelID     string    `ch:"model_id"`
		Cut         time.Time `ch:"cut"`
		PublishedAt time.Time `ch:"published_at"`
	}
	p := row{AsOf: n.AsOf, Run: n.Run, Fence: c.Fence, Code: n.Code, PolicyHash: n.PolicyHash, Cut: n.Cut.UTC(), PublishedAt: r.Clock()}
	for _, s := range r.Stages {
		kept, err := keptStage(ctx, r.Store, n.Run, s.Name)
		if err != nil {
			return err
		}
		if kept.attempt == 0 {
			return fmt.Errorf("%s: stage %s is not kept", n.AsOf, s.Name)
		}
		p.Rows += uint64(kept.rows)
		p.Checksum = p.Checksum*31 + kept.checksum
	}
	err := rows.Each(ctx, r.Store, "models", "SELECT model_id FROM creditwatch.models_rows WHERE run = {run:UInt64} AND is_champion", map[string]any{"run": n.Run},
		func(row *rows.Row) error { p.ModelID = row.Text("model_id"); return nil })
	if err != nil {
		return err
	}
	if err := fault.Hit("publish.before"); err != nil {
		return err
	}
	if ours, err := c.ours(ctx); err != nil || !ours {
		return cmp.Or(err, errLost)
	}
	table := rows.Of([]row{p})
	defer table.Release()
	if err := r.Store.Insert(ctx, "creditwatch.publications", fmt.Sprintf("publish/%d", n.Run), table); err != nil {
		return fmt.Errorf("publications: %w", err)
	}
	return fault.Hit("publish.after")
}

// RestoreReports writes the report files of every published night that lack one. Reports are kept in the warehouse; a
// process that died between publishing and writing the files leaves nothing else to repair.
func RestoreReports(ctx context.Context, s Store, folder string) error {
	_, err := restoreReports(ctx, s, folder, nil)
	return err
}

func restoreReports(ctx context.Context, s Store, folder string, only *Published) ([]string, error) {
	where := "run IN (SELECT run FROM creditwatch.live_runs) AND run NOT IN (SELECT run FROM creditwatch.removals WHERE name = 'reports')"
	params := map[string]any{}
	if only != nil {
		where, params["run"] = "run = {run:UInt64}", only.Run
	}
	type file struct {
		run  uint64
		name string
		sha  string
	}
	var wanted []file
	err := rows.Each(ctx, s, "reports", "SELECT as_of, run, file, sha256 FROM creditwatch.reports_rows WHERE "+where+" ORDER BY as_of, file", params,
		func(r *rows.Row) error {
			wanted = append(wanted, file{uint64(r.Whole("run")), r.Text("file"), r.Text("sha256")})
			return nil
		})
	if err != nil {
		return nil, err
	}
	var written []string
	for _, f := range wanted {
		path := filepath.Join(folder, f.name)
		written = append(written, path)
		if hashOfFile(path) == f.sha {
			continue
		}
		err := rows.Each(ctx, s, "reports", "SELECT content FROM creditwatch.reports_rows WHERE run = {run:UInt64} AND file = {file:String}", map[string]any{"run": f.run, "file": f.name},
			func(r *rows.Row) error {
				if err := fault.Hit("report-file.before"); err != nil {
					return err
				}
				if err := writeFile(path, []byte(r.Text("content"))); err != nil {
					return err
				}
				return fault.Hit("report-file.after")
			})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(written)
	return written, nil
}

// writeFile puts a file in place whole: temporary name, synced, renamed, folder synced.
func writeFile(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := removeTorn(dir); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, fmt.Sprintf(".new-%d-*", os.Getpid()))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	if _, err := tmp.Write(content); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := tmp.Sync(); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := fault.Hit("report-file.written"); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// removeTorn removes the temporary files of processes that were killed while they wrote.
func removeTorn(dir string) error {
	torn, err := filepath.Glob(filepath.Join(dir, ".new-*"))
	if err != nil {
		return err
	}
	for _, path := range torn {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(path), ".new-%d-", &pid); err == nil && syscall.Kill(pid, 0) == nil {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Verify compares what is stored of every published night with what was recorded when its stages were kept. What retention removed since is no fault.
func Verify(ctx context.Context, s Store) error {
	var live []Published
	err := rows.Each(ctx, s, "publications", "SELECT as_of, run FROM creditwatch.live_runs ORDER BY as_of", nil,
		func(r *rows.Row) error {
			live = append(live, Published{AsOf: r.Date("as_of"), Run: uint64(r.Whole("run"))})
			return nil
		})
	if err != nil {
		return err
	}
	pending, err := pendingErasures(ctx, s)
	if err != nil {
		return err
	}
	var faults []error
	for _, p := range live {
		gone, err := removalsOf(ctx, s, p.Run)
		if err != nil {
			return err
		}
		for _, stage := range Stages {
			kept, err := keptStage(ctx, s, p.Run, stage.Name)
			if err != nil {
				return err
			}
			good, count, sum, err := intact(ctx, s, p.Run, stage, kept, gone)
			if err != nil {
				return err
			}
			if !good && slices.ContainsFunc(pending, func(e pendingStage) bool { return e.run == p.Run && e.stage == stage.Name }) {
				faults = append(faults, fmt.Errorf("%s: run %d: stage %s: an erasure was interrupted; repeat it with creditwatch erase", p.AsOf, p.Run, stage.Name))
			} else if !good {
				faults = append(faults, fmt.Errorf("%s: run %d: stage %s: %d rows stored, %d recorded, checksum %x against %x; run the date again", p.AsOf, p.Run, stage.Name, count, kept.rows, sum, kept.checksum))
			}
		}
	}
	if len(faults) > 0 {
		return &unlike{faults}
	}
	return nil
}

// unlike is the error of stored rows that are not those that were recorded.
type unlike struct{ faults []error }

func (u *unlike) Error() string   { return errors.Join(u.faults...).Error() }
func (u *unlike) Unwrap() []error { return u.faults }
