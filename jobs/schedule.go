package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/jobs/timetable"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

func scheduleCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schedule",
		Short: "run every night at its time until stopped",
		Long: "Run the night of every business date at the next time of schedule.cron, in the configured time zone. The cron line only wakes it up:\n" +
			"the ledger of published nights says which dates are due, so a wake-up that comes twice, or not at all when clocks change,\n" +
			"neither doubles nor loses a night. Nights that were missed while the machine was off are caught up by schedule.catch_up; one\n" +
			"that fails is tried again, with growing pauses, and so is one that another process holds. Nights never overlap. With\n" +
			"schedule.intraday news and behaviour are judged in between, too (view intraday_warnings). At schedule.retention rows are removed that\n" +
			"are older than the configuration keeps them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			c, err := a.load()
			if err == nil {
				err = a.checkCron(c)
			}
			if err != nil {
				return err
			}
			db, err := a.open(cmd.Context(), c)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			return a.schedule(cmd.Context(), db, c)
		},
	}
}

// schedule runs what is due until ctx ends.
func (a *app) schedule(ctx context.Context, db *warehouse.DB, c configs.Config) error {
	if err := a.checkCron(c); err != nil {
		return err
	}
	r, err := a.runner(db, c)
	if err != nil {
		return err
	}
	w := watchman{
		Schedule: c.Schedule, zone: c.Zone, clock: a.clock, log: r.Log,
		published: func(ctx context.Context) (map[asof.Date]bool, time.Time, error) { return publishedDates(ctx, db) },
		took:      func(ctx context.Context) (time.Duration, error) { return slowest(ctx, db) },
		night: func(ctx context.Context, day asof.Date) error {
			res, err := a.watched(ctx, db, c, func() (pipeline.Result, error) { return r.RunMissing(ctx, day) })
			if err == nil {
				err = a.printResult(res)
			}
			return err
		},
		intraday: func(ctx context.Context) error { _, err := r.Intraday(ctx); return err },
		retire:   func(ctx context.Context) error { _, _, err := a.retire(ctx, r, c, false); return err },
		retired:  func(ctx context.Context) (time.Time, error) { return pipeline.LastRetention(ctx, db) },
	}
	return w.watch(ctx)
}

// A watchman runs nights by the clock: gocron wakes it, the timetable tells it what is due, the ledger of published nights is its memory.
// This is the only place that knows gocron.
type watchman struct {
	configs.Schedule
	zone      *time.Location
	clock     func() time.Time
	log       zerolog.Logger
	published func(context.Context) (map[asof.Date]bool, time.Time, error) // and the newest time that the ledger of runs knows
	took      func(context.Context) (time.Duration, error)                 // of the slowest of the last nights
	night     func(context.Context, asof.Date) error                       // runs the night of a date that is not published
	intraday  func(context.Context) error                                  // judges the running day
	retire    func(context.Context) error                                  // removes what is old enough
	retired   func(context.Context) (time.Time, error)                     // when that was last done
}

// oldest is the year before which a clock is taken for one that was never set.
const oldest = 2020

// watch works until ctx ends.
func (w *watchman) watch(ctx context.Context) error {
	if now := w.clock(); now.Year() < oldest {
		return fmt.Errorf("the clock says %s: set it first", now.Format(time.DateOnly))
	}
	// The wait for a job at the shutdown of gocron is a busy one, so its jobs do nothing but wake us.
	s, err := gocron.NewScheduler(gocron.WithLocation(w.zone), gocron.WithStopTimeout(time.Minute))
	if err != nil {
		return err
	}
	due, old := make(chan struct{}, 1), make(chan struct{}, 1) // one wake-up may wait; more would ask for the same
	wake := func(c chan struct{}) func() {
		return func() {
			select {
			case c <- struct{}{}:
			default:
			}
		}
	}
	job, err := s.NewJob(gocron.CronJob(w.Cron, false), gocron.NewTask(wake(due)), gocron.WithDaylightSavingsTimePolicy(gocron.DaylightSavingsTimeRunAfterTransition))
	if err != nil {
		return fmt.Errorf("schedule.cron %q: %w", w.Cron, err)
	}
	if w.Retention != configs.RetentionOff && w.Retention != "" {
		if _, err := s.NewJob(gocron.CronJob(w.Retention, false), gocron.NewTask(wake(old)), gocron.WithDaylightSavingsTimePolicy(gocron.DaylightSavingsTimeRunAfterTransition)); err != nil {
			return fmt.Errorf("schedule.retention %q: %w", w.Retention, err)
		}
	}
	s.Start()
	defer s.Shutdown()
	for started := true; ; started = false {
		if err := w.catchUp(ctx, started); err != nil && ctx.Err() == nil {
			w.log.Error().Err(err).Msg("what is due could not be found out")
		}
		if w.missedRetention(ctx) {
			wake(old)()
		}
		if next, err := job.NextRun(); err == nil {
			w.log.Info().Time("at", next).Msg("waiting for the next night")
		}
		if err := w.untilDue(ctx, due, old); err != nil {
			return err
		}
	}
}

// untilDue waits for the clock, and meanwhile judges the running day now and then and removes what is old.
func (w *watchman) untilDue(ctx context.Context, due, old <-chan struct{}) error {
	var pause <-chan time.Time
	if w.Intraday > 0 {
		t := time.NewTicker(w.Intraday)
		defer t.Stop()
		pause = t.C
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-due:
			return nil
		case <-old:
			if err := w.clear(ctx); err != nil && ctx.Err() == nil {
				w.log.Error().Err(err).Msg("old rows not removed; the next night or retention goes on with it")
			}
		case <-pause:
			switch err := w.guard(func() error { return w.intraday(ctx) }); {
			case err == nil:
			case errors.Is(err, pipeline.ErrHeld), errors.Is(err, pipeline.ErrNotPublished):
				w.log.Info().Err(err).Msg("running day not judged")
			case ctx.Err() == nil:
				w.log.Error().Err(err).Msg("running day not judged")
			}
		}
	}
}

// missedRetention says whether a time of schedule.retention passed since old rows last went: the machine was off, or it failed.
func (w *watchman) missedRetention(ctx context.Context) bool {
	line := gocron.NewDefaultCron(false)
	if w.Retention == configs.RetentionOff || line.IsValid(w.Retention, w.zone, w.clock()) != nil {
		return false
	}
	last, err := w.retired(ctx)
	if err != nil && ctx.Err() == nil {
		w.log.Error().Err(err).Msg("when old rows were last removed could not be found out")
	}
	return err == nil && !last.IsZero() && !line.Next(last.In(w.zone)).After(w.clock())
}

// clear removes what is old; while another process works on a night it waits.
func (w *watchman) clear(ctx context.Context) error {
	for range 60 {
		err := w.guard(func() error { return w.retire(ctx) })
		if !errors.Is(err, pipeline.ErrHeld) {
			return err
		}
		w.log.Info().Err(err).Msg("waiting for the other process")
		if !sleep(ctx, time.Minute) {
			return ctx.Err()
		}
	}
	return fmt.Errorf("nights are at work for an hour: %w", pipeline.ErrHeld)
}

// timetable is the configured one.
func (w *watchman) timetable() timetable.Timetable {
	line := gocron.NewDefaultCron(false)
	_ = line.IsValid(w.Cron, time.UTC, w.clock()) // reads it; it was checked before
	days := timetable.Days{Business: w.Days == "business", Holidays: map[asof.Date]bool{}, Workdays: map[asof.Date]bool{}}
	for _, d := range w.Holidays {
		days.Holidays[d] = true
	}
	for _, d := range w.Workdays {
		days.Workdays[d] = true
	}
	return timetable.Timetable{Zone: w.zone, Next: line.Next, Days: days, CatchUp: w.CatchUp, Most: w.CatchUpNights}
}

// catchUp runs all that is due. An error of a night is said, and is no reason not to run the next one.
func (w *watchman) catchUp(ctx context.Context, started bool) error {
	published, last, err := w.published(ctx)
	if err != nil {
		return err
	}
	now := w.clock()
	if last.After(now.Add(time.Hour)) {
		w.log.Warn().Time("clock", now).Time("ledger", last).Msg("the clock is behind the ledger of runs; nothing that is published is run again")
	}
	table := w.timetable()
	dates, left := table.Due(now, published, started)
	if len(dates) > 1 || left > 0 {
		w.log.Warn().Stringer("from", dates[0]).Stringer("to", dates[len(dates)-1]).Int("run_now", len(dates)).Int("left_out", left).
			Msg("nights were missed; what is left out: creditwatch backfill")
	}
	for _, day := range dates {
		stop := w.alarm(ctx, table, day)
		err := w.persist(ctx, day)
		stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.log.Error().Stringer("as_of", day).Err(err).Msg("night not published; readers stay on the last good one")
		}
	}
	return nil
}

// persist runs a night until it is published, by whomever, or the tries are used up.
func (w *watchman) persist(ctx context.Context, day asof.Date) error {
	pause := w.RetryAfter
	for try := 0; ; {
		err := w.guard(func() error { return w.night(ctx, day) })
		switch {
		case err == nil, errors.Is(err, pipeline.ErrPublished):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, pipeline.ErrHeld): // no fault of ours: it publishes, or it shows no sign of life and is taken over
			w.log.Info().Stringer("as_of", day).Err(err).Msg("waiting for the other process")
			if !sleep(ctx, time.Minute) {
				return ctx.Err()
			}
			continue
		case stays(err):
			return err
		}
		if try == w.Retries {
			return err
		}
		try++
		w.log.Warn().Stringer("as_of", day).Int("try", try).Dur("after", pause).Err(err).Msg("night is tried again")
		if !sleep(ctx, pause) {
			return ctx.Err()
		}
		pause *= 2
	}
}

// sleep waits; it returns false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// guard turns a panic into an error of that night: it is not the end of the scheduler.
func (w *watchman) guard(work func() error) (err error) { return guarded(w.log, work) }

// guarded turns a panic into an error: the exit code of a program that panics would say that its configuration is wrong.
func guarded(log zerolog.Logger, work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error().Str("stack", string(debug.Stack())).Msg("panic")
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return work()
}

// alarm says once when a night is not published in time; stop ends the watch.
func (w *watchman) alarm(ctx context.Context, table timetable.Timetable, day asof.Date) (stop func()) {
	allowed, err := w.allowance(ctx)
	if err != nil || allowed <= 0 {
		return func() {}
	}
	limit := table.DueAt(day).Add(allowed)
	begun := w.clock()
	if begun.Sub(table.DueAt(day)) > allowed/2 { // caught up: its time runs from now
		limit = begun.Add(allowed)
	}
	t := time.AfterFunc(limit.Sub(begun), func() {
		w.log.Error().Stringer("as_of", day).Time("due", table.DueAt(day)).Dur("allowed", allowed).Msg("night is late")
	})
	return func() { t.Stop() }
}

// allowance is how long after its time a night may be published: the configured deadline, or what the last nights teach.
func (w *watchman) allowance(ctx context.Context) (time.Duration, error) {
	if w.Deadline != configs.DeadlineAuto {
		return w.DeadlineAfter, nil
	}
	took, err := w.took(ctx)
	return max(2*took, 30*time.Minute), err
}

// checkCron holds schedule.cron and schedule.retention against the scheduler's own reading of them.
func (a *app) checkCron(c configs.Config) error {
	if err := gocron.NewDefaultCron(false).IsValid(c.Schedule.Cron, c.Zone, a.clock()); err != nil {
		return usage("schedule.cron %q: %w (five fields; Sunday is 0)", c.Schedule.Cron, err)
	}
	if c.Schedule.Retention != configs.RetentionOff && c.Schedule.Retention != "" {
		if err := gocron.NewDefaultCron(false).IsValid(c.Schedule.Retention, c.Zone, a.clock()); err != nil {
			return usage("schedule.retention %q: %w (five fields, or off)", c.Schedule.Retention, err)
		}
	}
	return nil
}

// publishedDates returns the dates that are published, and the newest time in the ledger of runs.
func publishedDates(ctx context.Context, q rows.Querier) (dates map[asof.Date]bool, last time.Time, err error) {
	dates = map[asof.Date]bool{}
	err = rows.Each(ctx, q, "publications", "SELECT DISTINCT as_of FROM creditwatch.publications", nil,
		func(r *rows.Row) error { dates[r.Date("as_of")] = true; return nil })
	if err != nil {
		return nil, last, err
	}
	err = rows.Each(ctx, q, "runs", "SELECT toUnixTimestamp64Milli(max(at)) AS newest FROM creditwatch.runs", nil,
		func(r *rows.Row) error { last = time.UnixMilli(r.Whole("newest")); return nil })
	return dates, last, err
}

// slowest returns how long the slowest of the last 28 published nights took, of all its tries.
func slowest(ctx context.Context, q rows.Querier) (took time.Duration, err error) {
	err = rows.Each(ctx, q, "runs", `
SELECT toInt64(ifNull(max(took), 0)) AS seconds
FROM
(
    SELECT dateDiff('second', min(at), max(at)) AS took
    FROM creditwatch.runs
    WHERE run IN (SELECT run FROM creditwatch.publications)
    GROUP BY run
    ORDER BY run DESC
    LIMIT 28
)`, nil, func(r *rows.Row) error { took = time.Duration(r.Whole("seconds")) * time.Second; return nil })
	return took, err
}
