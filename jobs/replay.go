package jobs

import (
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
	c := &cobra.Command{
		Use:   "replay",
		Short: "find what a published night found, again from its inputs",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
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
