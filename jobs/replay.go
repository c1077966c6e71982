package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse"
)

func replayCommand(a *app) *cobra.Command {
	var whole string
	c := &cobra.Command{
		Use:   "replay --date DATE",
		Short: "compute a published night again from its inputs and compare, table by table",
		Long: "Compute a published night again from the ledger that it read, and hold every table against what was published: rows then and now, and\n" +
			"how many only one of the two has. What has changed since (program, policy, configuration) is said first. Nothing stays of it.\n" +
			"Exit code 1 if anything differs. `replay warnings` judges the warnings alone, which takes a moment.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("replay: unexpected %q; there is --date, and the command replay warnings", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			day, err := asof.Parse(whole)
			if err != nil {
				return usage("--date: %w", err)
			}
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error { return a.replay(cmd.Context(), db, c, day) })
		},
	}
	c.Flags().StringVar(&whole, "date", "", "business date of the night")
	var date, policy string
	w := &cobra.Command{
		Use:   "warnings --date DATE",
		Short: "find the warnings of a published night again and say whether they are identical",
		Long: "Judge a published night again from what it knew, its news, its scores and the episodes of the night before, and list every\n" +
			"difference from the warnings that were kept. Nothing is written. The policy is the configured one unless --policy names that of the night.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("replay warnings: unexpected %q", args[0])
			}
			day, err := asof.Parse(date)
			if err != nil {
				return usage("--date: %w", err)
			}
			if err := a.usePolicy(policy); err != nil {
				return err
			}
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
				r, err := pipeline.ReplayWarnings(cmd.Context(), db, c.Settings(version()), day)
				if errors.Is(err, pipeline.ErrNotPublished) {
					return usage("%w", err)
				}
				if err != nil {
					return err
				}
				if a.json {
					if err := json.NewEncoder(a.out).Encode(r); err != nil {
						return err
					}
				} else {
					a.printReplay(r)
				}
				if !r.Identical() {
					return fmt.Errorf("%s: %d differences from the warnings that were kept", day, len(r.Differences))
				}
				return nil
			})
		},
	}
	w.Flags().StringVar(&date, "date", "", "business date of the night")
	w.Flags().StringVar(&policy, "policy", "", "policy file that judged the night (default: the configured one)")
	c.AddCommand(w)
	return c
}

// replay computes a night again and prints how it compares.
func (a *app) replay(ctx context.Context, db *warehouse.DB, c configs.Config, day asof.Date) error {
	r, err := a.runner(db, c)
	if err != nil {
		return err
	}
	night, err := r.Replay(ctx, day)
	if errors.Is(err, pipeline.ErrNotPublished) {
		return usage("%w", err)
	}
	if err != nil {
		return err
	}
	if a.json {
		if err := json.NewEncoder(a.out).Encode(night); err != nil {
			return err
		}
	} else {
		for _, why := range night.Reasons {
			fmt.Fprintln(a.out, printable(why))
		}
		var table [][]string
		for _, t := range night.Tables {
			verdict := "identical"
			if t.Differ > 0 {
				verdict = fmt.Sprintf("%d rows differ", t.Differ)
			}
			table = append(table, []string{t.Stage, t.Table, fmt.Sprint(t.Kept), fmt.Sprint(t.Found), verdict})
		}
		if err := a.printTable([]string{"stage", "table", "published", "again", "verdict"}, table); err != nil {
			return err
		}
	}
	if n := night.Differ(); n > 0 {
		return fmt.Errorf("%s run %d: %d of %d tables are not what was published", day, night.Run, n, len(night.Tables))
	}
	if !a.json {
		fmt.Fprintf(a.out, "%s run %d: identical in all %d tables\n", day, night.Run, len(night.Tables))
	}
	return nil
}

func (a *app) printReplay(r pipeline.Replay) {
	if r.PolicyHash != r.PolicyNow {
		fmt.Fprintf(a.out, "policy %.12s judged the night, %.12s judges it now\n", r.PolicyHash, r.PolicyNow)
	}
	if r.Code != r.CodeNow {
		fmt.Fprintf(a.out, "program %s published the night, this is %s\n", r.Code, r.CodeNow)
	}
	for _, d := range r.Differences {
		fmt.Fprintln(a.out, printable(d))
	}
	if r.Identical() {
		fmt.Fprintf(a.out, "%s run %d: identical, %d episodes, policy %.12s\n", r.AsOf, r.Run, r.Episodes, r.PolicyHash)
	}
}

// usePolicy puts a policy file in place of the configured one. Its mistakes are reported as those of the configuration, before anything
// is opened.
func (a *app) usePolicy(path string) error {
	if path == "" {
		return nil
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return usage("--policy: %w", err)
	}
	a.set = append(a.set[:len(a.set):len(a.set)], "policy="+whole)
	_, err = a.load()
	return err
}
