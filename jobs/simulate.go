package jobs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/simulator"
)

func simulateCommand(a *app) *cobra.Command {
	var customers, years int
	var to string
	var seed uint64
	var dirt float64
	c := &cobra.Command{
		Use:   "simulate DIR",
		Short: "write the source files of an invented company's book",
		Long: "Write the ordinary source files of an invented supplier's book, with defaults, news and dirt, a configuration that reads\n" +
			"them (creditwatch.yaml) and, in truth/, what is true of it, which nights never read. The same seed gives the same bytes.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			end, err := asof.Parse(to)
			if err != nil {
				return usage("--to: %w", err)
			}
			if customers < 1 || years < 1 || dirt < 0 {
				return usage("--customers and --years must be 1 or more, --dirt 0 or more")
			}
			s, err := writeBook(cmd, a, args[0], simulator.Options{Customers: customers, From: end.AddMonths(-12 * years).Add(1), To: end, Seed: seed, Dirt: dirt})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%+v\n", s)
			fmt.Fprintf(a.out, "run it:  creditwatch run --config %s --date %s\n", filepath.Join(args[0], "creditwatch.yaml"), end)
			return nil
		},
	}
	c.Flags().IntVar(&customers, "customers", 400, "number of customers")
	c.Flags().IntVar(&years, "years", 3, "years of history")
	c.Flags().StringVar(&to, "to", simulatedUntil.String(), "last day")
	c.Flags().Uint64Var(&seed, "seed", 1, "seed")
	c.Flags().Float64Var(&dirt, "dirt", 1, "rate of bad, late, doubled and corrected rows; 1 = as documented, 0 = none")
	return c
}

// simulatedUntil is the last day of a simulated book that names none.
var simulatedUntil = asof.On(2026, 6, 30)

// writeBook simulates a book into dir with the configuration that reads it.
func writeBook(cmd *cobra.Command, a *app, dir string, o simulator.Options) (simulator.Summary, error) {
	say := a.say()
	s, err := simulator.Write(cmd.Context(), dir, o, func(done, total int) {
		if say != nil && total > 0 && (done == total || done%max(total/10, 1) == 0) {
			say(fmt.Sprintf("simulated %d of %d customers", done, total))
		}
	})
	if errors.Is(err, simulator.ErrNotOurs) || errors.Is(err, simulator.ErrOptions) {
		err = &usageError{err}
	}
	if err != nil {
		return s, err
	}
	return s, os.WriteFile(filepath.Join(dir, "creditwatch.yaml"), configs.Simulated(), 0o600)
}
