package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

func backfillCommand(a *app) *cobra.Command {
	var from, to, step, again string
	var dry bool
	c := &cobra.Command{
		Use:   "backfill --from DATE --to DATE",
		Short: "run the nights of a range of dates, oldest first",
		Long: "Run every night of the range that is not published yet, oldest first, one at a time. The ledger of runs is the state: a\n" +
			"backfill that was interrupted goes on where it ended when it is started again.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			first, err := a.businessDate(c, from)
			if err != nil || from == "" {
				return errors.Join(err, usage("--from: want a date"))
			}
			last, err := a.businessDate(c, to)
			if err != nil {
				return err
			}
			if last < first {
				return usage("--to %s is before --from %s", last, first)
			}
			dates, err := datesOf(first, last, step)
			if err != nil {
				return err
			}
			return a.backfill(cmd.Context(), c, dates, again, dry)
		},
	}
	c.Flags().StringVar(&from, "from", "", "first business date")
	c.Flags().StringVar(&to, "to", "", "last business date (default: yesterday)")
	c.Flags().StringVar(&step, "every", "day", "day, week (Sundays) or month (month ends)")
	c.Flags().StringVar(&again, "reprocess", "missing", "missing: dates not published yet; failed: those of them that were tried; all: every date")
	c.Flags().BoolVar(&dry, "dry-run", false, "print the dates and stop")
	return c
}

func datesOf(first, last asof.Date, step string) ([]asof.Date, error) {
	var dates []asof.Date
	for d := first; d <= last; d = d.Add(1) {
		switch step {
		case "day":
		case "week":
			if d.Time().Weekday() != 0 {
				continue
			}
		case "month":
			if d != d.MonthEnd() {
				continue
			}
		default:
			return nil, usage("--every %s: want day, week or month", step)
		}
		dates = append(dates, d)
	}
	return dates, nil
}

func (a *app) backfill(ctx context.Context, c configs.Config, dates []asof.Date, again string, dry bool) error {
	switch again {
	case "all":
	case "missing", "failed":
		published, failed, err := a.tried(ctx, c)
		if err != nil {
			return err
		}
		dates = slices.DeleteFunc(dates, func(d asof.Date) bool { return published[d] || again == "failed" && failed[d] == "" })
	default:
		return usage("--reprocess %s: want missing, failed or all", again)
	}
	if dry {
		for _, d := range dates {
			fmt.Fprintln(a.out, d)
		}
		return nil
	}
	if len(dates) == 0 {
		fmt.Fprintln(a.errOut, "nothing to do: every date is published, or none has failed")
		return nil
	}
	return a.nights(ctx, c, dates, pipeline.Part{}, 0)
}

// tried returns the dates that are published, and of those that are not how the newest try ended: failed, stopped or interrupted.
func (a *app) tried(ctx context.Context, c configs.Config) (published map[asof.Date]bool, failed map[asof.Date]string, err error) {
	db, err := a.open(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if published, _, err = publishedDates(ctx, db); err != nil {
		return nil, nil, err
	}
	failed = map[asof.Date]string{}
	err = rows.Each(ctx, db, "runs", `
SELECT as_of, argMax(r.state, (run, at, r.state != 'started')) AS state
FROM creditwatch.runs AS r
WHERE r.state != 'replay' AND as_of NOT IN (SELECT as_of FROM creditwatch.publications)
GROUP BY as_of`, nil, func(r *rows.Row) error { failed[r.Date("as_of")] = r.Text("state"); return nil })
	return published, failed, err
}

func retryCommand(a *app) *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use:   "retry",
		Short: "run again every night that was tried and not published, oldest first",
		Long: "Run again the night of every date whose last try failed, was stopped by a gate or was interrupted, and that no try after it published.\n" +
			"An interrupted one goes on where it ended. Ends at the first that fails again.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			_, failed, err := a.tried(cmd.Context(), c)
			if err != nil {
				return err
			}
			dates := slices.Sorted(maps.Keys(failed))
			if len(dates) == 0 {
				fmt.Fprintln(a.errOut, "nothing to do: no night waits to be tried again")
				return nil
			}
			if dry {
				for _, d := range dates {
					fmt.Fprintln(a.out, d, failed[d])
				}
				return nil
			}
			return a.nights(cmd.Context(), c, dates, pipeline.Part{}, 0)
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "print the dates and how their last try ended, and stop")
	return c
}
