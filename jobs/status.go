package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline/warehouse"
)

// ask opens the warehouse and prints the answer to a query of ours, as a table or as JSON lines.
func (a *app) ask(ctx context.Context, sql string, params map[string]any) (err error) {
	return a.withWarehouse(ctx, func(db *warehouse.DB, _ configs.Config) error { return a.show(ctx, db, sql, params) })
}

func (a *app) withWarehouse(ctx context.Context, do func(*warehouse.DB, configs.Config) error) (err error) {
	c, err := a.load()
	if err != nil {
		return err
	}
	db, err := a.open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db, c)
}

func statusCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "the published nights, the newest first, and what is open",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
				if !a.json {
					fmt.Fprintf(a.errOut, "data directory %s, engine restarts %d\n", a.data, db.Restarts())
				}
				return a.show(cmd.Context(), db, `
SELECT p.as_of AS as_of, p.run AS run, p.published_at AS published_at, s.customers AS customers, s.expected_loss AS expected_loss,
    w.open AS open_warnings, c.amber AS amber_checks, p.model_id AS model
FROM creditwatch.publications AS p
LEFT JOIN (SELECT run, count() AS customers, sum(expected_loss) AS expected_loss FROM creditwatch.scores_rows GROUP BY run) AS s ON s.run = p.run
LEFT JOIN (SELECT run, countIf(state = 'open' AND published) AS open FROM creditwatch.warnings_rows GROUP BY run) AS w ON w.run = p.run
LEFT JOIN (SELECT run, countIf(light = 'amber') AS amber FROM creditwatch.checks_rows GROUP BY run) AS c ON c.run = p.run
WHERE p.run IN (SELECT run FROM creditwatch.live_runs)
ORDER BY as_of DESC LIMIT 30`, nil)
			})
		},
	}
}

func runsCommand(a *app) *cobra.Command {
	var date string
	var checks bool
	c := &cobra.Command{
		Use:   "runs [RUN]",
		Short: "every attempt at a night and how it ended; with a number, its stages",
		Long: "Print the attempts at nights and how each ended; with the number of a run its stages, or with --checks what its check stage found, the gravest\n" +
			"first. The findings of a night that they stopped are there until the date is run again.",
		Example: "  creditwatch runs --date 2026-06-30\n  creditwatch runs 12 --checks",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if checks {
				if len(args) == 0 {
					return usage("--checks: of which run? creditwatch runs RUN --checks")
				}
				return a.ask(cmd.Context(), `
SELECT light, severity, name, scope, rows_judged, rows_broken, text_en AS finding
FROM creditwatch.checks_rows WHERE run = toUInt64OrNull({run:String})
ORDER BY indexOf(['red', 'amber', 'grey', 'green'], light), name, scope`, map[string]any{"run": args[0]})
			}
			if len(args) == 1 {
				return a.ask(cmd.Context(), `
SELECT stage, attempt, rows, hex(checksum) AS checksum, took_ms, finished_at
FROM creditwatch.stage_runs WHERE run = toUInt64OrNull({run:String}) ORDER BY finished_at`, map[string]any{"run": args[0]})
			}
			return a.ask(cmd.Context(), `
SELECT r.run AS run, any(r.as_of) AS as_of, argMax(r.state, r.at) AS state, min(r.at) AS started_at, max(r.at) AS ended_at, any(r.host) AS host, argMax(r.message, r.at) AS message
FROM creditwatch.runs AS r WHERE {date:String} = '' OR toString(r.as_of) = {date:String}
GROUP BY r.run ORDER BY run DESC LIMIT 50`, map[string]any{"date": date})
		},
	}
	c.Flags().StringVar(&date, "date", "", "only attempts at this date")
	c.Flags().BoolVar(&checks, "checks", false, "what the checks of the run found, in place of its stages")
	return c
}
