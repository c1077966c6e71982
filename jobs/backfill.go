package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"creditwatch/configs"
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
	c.Flags().StringVar(&again, "reprocess", "missing", "missing: dates not published yet; all: every date")
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
	case "missing":
		published, err := a.published(ctx, c)
		if err != nil {
			return err
		}
		var missing []asof.Date
		for _, d := range dates {
			if !published[d] {
				missing = append(missing, d)
			}
		}
		dates = missing
	default:
		return usage("--reprocess %s: want missing or all", again)
	}
	if dry {
		for _, d := range dates {
			fmt.Fprintln(a.out, d)
		}
		return nil
	}
	if len(dates) == 0 {
		fmt.Fprintln(a.errOut, "nothing to do: every date is published")
		return nil
	}
	return a.nights(ctx, c, dates)
}

func (a *app) published(ctx context.Context, c configs.Config) (dates map[asof.Date]bool, err error) {
	db, err := a.open(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	dates = map[asof.Date]bool{}
	err = rows.Each(ctx, db, "publications", "SELECT DISTINCT as_of FROM creditwatch.publications", nil,
		func(r *rows.Row) error { dates[r.Date("as_of")] = true; return nil })
	return dates, err
}
