package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
)

func runCommand(a *app) *cobra.Command {
	var date string
	c := &cobra.Command{
		Use:   "run",
		Short: "run one night and publish it",
		Long: "Run the night of a business date: pull, check, compute, score, warn, report, publish.\n\n" +
			"Without --date it is the business day that has just closed in the configured time zone. A date that is published\n" +
			"already gets a new run that replaces it; an interrupted run goes on where it ended.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			day, err := a.businessDate(c, date)
			if err != nil {
				return err
			}
			return a.nights(cmd.Context(), c, []asof.Date{day})
		},
	}
	c.Flags().StringVar(&date, "date", "", "business date, YYYY-MM-DD (default: yesterday in the configured zone)")
	return c
}

// businessDate reads a date flag; empty means the day that has closed most recently.
func (a *app) businessDate(c configs.Config, flag string) (asof.Date, error) {
	if flag == "" {
		return asof.Of(a.clock().In(c.Zone)).Add(-1), nil
	}
	d, err := asof.Parse(flag)
	if err != nil {
		return 0, usage("--date: %w", err)
	}
	if d >= asof.Of(a.clock().In(c.Zone)) {
		return 0, usage("--date %s: the day is not over in %s", d, c.TimeZone)
	}
	return d, nil
}

// nights runs the nights of the dates in order and says how each ended.
func (a *app) nights(ctx context.Context, c configs.Config, dates []asof.Date) (err error) {
	if len(c.Sources) == 0 {
		return usage("the configuration has no sources; give one with --config, or try: creditwatch demo")
	}
	db, err := a.open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r, err := a.runner(db, c)
	if err != nil {
		return err
	}
	if err := pipeline.RestoreReports(ctx, db, a.reports()); err != nil {
		return err
	}
	if err := pipeline.RestoreFeatures(ctx, db, r.Features); err != nil {
		return err
	}
	for _, d := range dates {
		res, err := r.Run(ctx, d)
		if err != nil {
			return err
		}
		if err := a.printResult(res); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printResult(res pipeline.Result) error {
	if a.json {
		type stage struct {
			Stage  string  `json:"stage"`
			Rows   int64   `json:"rows"`
			Took   float64 `json:"took_seconds"`
			Reused bool    `json:"reused"`
		}
		out := struct {
			AsOf    asof.Date `json:"as_of"`
			Run     uint64    `json:"run"`
			Stages  []stage   `json:"stages"`
			Reports []string  `json:"reports"`
		}{AsOf: res.AsOf, Run: res.Run, Reports: res.Files}
		for _, s := range res.Stages {
			out.Stages = append(out.Stages, stage{s.Name, s.Rows, s.Took.Seconds(), s.Reused})
		}
		return json.NewEncoder(a.out).Encode(out)
	}
	var total time.Duration
	for _, s := range res.Stages {
		total += s.Took
	}
	_, err := fmt.Fprintf(a.out, "%s published as run %d in %.1f s\n", res.AsOf, res.Run, total.Seconds())
	for _, f := range res.Files {
		if err == nil {
			_, err = fmt.Fprintf(a.out, "  report  %s\n", f)
		}
	}
	return err
}
