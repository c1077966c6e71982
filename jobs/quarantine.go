package jobs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

func quarantineCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "quarantine",
		Short: "rows that a night refused, kept whole: list them, or try them again",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var date, source string
	var limit int
	var run uint64
	list := &cobra.Command{
		Use:   "list",
		Short: "the refused rows of the newest night, or of --date, with the file, the line and the reason",
		Long: "Print the refused rows of a night as they came, with what is wrong and what was expected. Rows that `where` leaves out are not among them.\n" +
			"Those of a night that was stopped, perhaps by them, are printed with --run, until the date is run again.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day, err := dateOr(date)
			if err != nil {
				return err
			}
			if limit < 1 {
				return usage("--limit %d: want 1 or more", limit)
			}
			if run != 0 && day != 0 {
				return usage("--run %d: belongs to one date already; give it without --date", run)
			}
			return a.ask(cmd.Context(), `
SELECT source, file, line, column, reason, raw
FROM creditwatch.rejects_rows
WHERE run = if({run:UInt64} > 0, {run:UInt64}, (SELECT argMax(run, as_of) FROM creditwatch.live_runs WHERE {date:Date} = toDate(0) OR as_of = {date:Date}))
  AND ({source:String} = '' OR source = {source:String}) AND NOT (column = '' AND startsWith(reason, 'left out'))
ORDER BY source, file, line, column LIMIT {limit:UInt64}`, map[string]any{"run": run, "date": day, "source": source, "limit": uint64(limit)})
		},
	}
	list.Flags().StringVar(&date, "date", "", "business date (default: the newest published)")
	list.Flags().Uint64Var(&run, "run", 0, "run of a night that was not published")
	list.Flags().StringVar(&source, "source", "", "only rows of this source")
	list.Flags().IntVar(&limit, "limit", 200, "so many rows at most")
	var again string
	replay := &cobra.Command{
		Use:   "replay --date DATE",
		Short: "run a published night again by the corrected configuration or files, and say what became of its refused rows",
		Long: "A file or a mapping that has changed is read again whole: rows that were accepted are known, and do nothing, and refused ones are tried\n" +
			"again. This runs the night of the date so, publishes it, and prints for each source how many rows are refused now and were before.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			day, err := asof.Parse(again)
			if err != nil {
				return usage("--date: %w", err)
			}
			return a.tryAgain(cmd.Context(), c, day)
		},
	}
	replay.Flags().StringVar(&again, "date", "", "business date of the night")
	c.AddCommand(list, replay)
	return c
}

// dateOr reads a date flag; empty is no date.
func dateOr(flag string) (asof.Date, error) {
	if flag == "" {
		return 0, nil
	}
	d, err := asof.Parse(flag)
	if err != nil {
		return 0, usage("--date: %w", err)
	}
	return d, nil
}

// tryAgain runs a published night again and compares its refused rows.
func (a *app) tryAgain(ctx context.Context, c configs.Config, day asof.Date) error {
	refused := func() (by map[string]int64, err error) {
		by = map[string]int64{}
		err = a.withWarehouse(ctx, func(db *warehouse.DB, _ configs.Config) error {
			published, err := pipeline.IsPublished(ctx, db, day)
			if err == nil && !published {
				err = usage("%s: %w", day, pipeline.ErrNotPublished)
			}
			if err != nil {
				return err
			}
			return rows.Each(ctx, db, "source_counts", `
SELECT s.source AS source, toInt64(s.rejected - ifNull(l.n, 0)) AS refused
FROM creditwatch.source_counts AS s
LEFT JOIN (SELECT source, count() AS n FROM creditwatch.rejects WHERE as_of = {as_of:Date} AND column = '' AND startsWith(reason, 'left out') GROUP BY source) AS l ON l.source = s.source
WHERE s.as_of = {as_of:Date}`, map[string]any{"as_of": day}, func(r *rows.Row) error { by[r.Text("source")] = r.Whole("refused"); return nil })
		})
		return by, err
	}
	before, err := refused()
	if err != nil {
		return err
	}
	if err := a.nights(ctx, c, []asof.Date{day}, pipeline.Part{}, 0); err != nil {
		return err
	}
	after, err := refused()
	if err != nil {
		return err
	}
	err = a.withWarehouse(ctx, func(db *warehouse.DB, _ configs.Config) error {
		_, err := pipeline.Audit(ctx, db, pipeline.Act{At: a.clock(), What: pipeline.ActReplay, Object: day.String(), Details: map[string]string{"sources": strconv.Itoa(len(after))}})
		return err
	})
	if err != nil {
		return err
	}
	var table [][]string
	for _, source := range slices.Sorted(maps.Keys(after)) {
		table = append(table, []string{source, fmt.Sprint(before[source]), fmt.Sprint(after[source])})
	}
	return a.printTable([]string{"source", "refused before", "refused now"}, table)
}
