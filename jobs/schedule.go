package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

func scheduleCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schedule",
		Short: "run every night at its time until stopped",
		Long: "Run the night of yesterday at every time of schedule.cron, in the configured time zone. The cron line only wakes it up: the\n" +
			"ledger of published nights says which date is due, so a wake-up that comes twice, or not at all when clocks change,\n" +
			"neither doubles nor loses a night. A night that was missed while the machine was off is run at the start (the latest only;\n" +
			"older ones: creditwatch backfill). Nights never overlap.",
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

// schedule wakes up by the cron line and runs what is due. It is the only place that knows gocron.
func (a *app) schedule(ctx context.Context, db *warehouse.DB, c configs.Config) error {
	if err := a.checkCron(c); err != nil {
		return err
	}
	r, err := a.runner(db, c)
	if err != nil {
		return err
	}
	s, err := gocron.NewScheduler(gocron.WithLocation(c.Zone), gocron.WithStopTimeout(time.Minute))
	if err != nil {
		return err
	}
	due := make(chan struct{}, 1) // one wake-up may wait; more would ask for the same date
	wake := func() {
		select {
		case due <- struct{}{}:
		default:
		}
	}
	job, err := s.NewJob(gocron.CronJob(c.Schedule.Cron, false), gocron.NewTask(wake))
	if err != nil {
		return fmt.Errorf("schedule.cron %q: %w", c.Schedule.Cron, err)
	}
	s.Start()
	defer s.Shutdown()
	wake() // what was missed while nobody ran
	for {
		next, err := job.NextRun()
		if err == nil {
			r.Log.Info().Time("at", next).Msg("waiting for the next night")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-due:
		}
		day, err := a.due(ctx, db, c)
		if err == nil && !day.IsZero() {
			err = a.scheduledNight(ctx, r, day)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, pipeline.ErrHeld):
			r.Log.Warn().Stringer("as_of", day).Err(err).Msg("left to the other process")
		case err != nil:
			r.Log.Error().Stringer("as_of", day).Err(err).Msg("night not published; readers stay on the last good one")
		}
	}
}

// checkCron holds schedule.cron against the scheduler's own reading of it.
func (a *app) checkCron(c configs.Config) error {
	if err := gocron.NewDefaultCron(false).IsValid(c.Schedule.Cron, c.Zone, a.clock()); err != nil {
		return usage("schedule.cron %q: %w (five fields; Sunday is 0)", c.Schedule.Cron, err)
	}
	return nil
}

// due returns the day that has closed most recently, or zero when its night is published.
func (a *app) due(ctx context.Context, q rows.Querier, c configs.Config) (asof.Date, error) {
	day := asof.Of(a.clock().In(c.Zone)).Add(-1)
	done, err := isPublished(ctx, q, day)
	if done {
		return 0, err
	}
	return day, err
}

// scheduledNight runs a night; a panic in it is an error of that night, not the end of the scheduler.
func (a *app) scheduledNight(ctx context.Context, r *pipeline.Runner, day asof.Date) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	res, err := r.Run(ctx, day)
	if err != nil {
		return err
	}
	return a.printResult(res)
}

func isPublished(ctx context.Context, q rows.Querier, day asof.Date) (done bool, err error) {
	err = rows.Each(ctx, q, "publications", "SELECT count() AS n FROM creditwatch.publications WHERE as_of = {as_of:Date}", map[string]any{"as_of": day},
		func(r *rows.Row) error { done = r.Whole("n") > 0; return nil })
	return done, err
}
