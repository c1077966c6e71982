package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/report"
	"creditwatch/pipeline/simulator"
	"creditwatch/pipeline/warehouse"
)

func demoCommand(a *app) *cobra.Command {
	var customers, nights int
	var seed uint64
	var lang string
	c := &cobra.Command{
		Use:   "demo",
		Short: "simulate a small book, run its last nights and show where to look",
		Long: "Simulate four years of an invented supplier's book, run the last nights of it end to end (the first of them trains the models\n" +
			"on all the history) and print the summary of the last one. Needs nothing but this program; the first call fetches the engine.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if customers < 1 || nights < 1 || nights > 40 {
				return usage("--customers must be 1 or more, --nights from 1 to 40")
			}
			if lang != "en" && lang != "zh" {
				return usage("--lang %s: want en or zh", lang)
			}
			return a.demo(cmd, customers, nights, seed, report.Lang(lang))
		},
	}
	c.Flags().IntVar(&customers, "customers", 400, "number of customers")
	c.Flags().IntVar(&nights, "nights", 3, "nights to run")
	c.Flags().Uint64Var(&seed, "seed", 7, "seed of the simulation")
	c.Flags().StringVar(&lang, "lang", "en", "language of the summary: en or zh")
	return c
}

func (a *app) demo(cmd *cobra.Command, customers, nights int, seed uint64, lang report.Lang) (err error) {
	ctx := cmd.Context()
	book := filepath.Join(a.data, "book")
	if err := os.MkdirAll(a.data, 0o700); err != nil {
		return usage("data directory: %w", err)
	}
	fmt.Fprintf(a.errOut, "simulating %d customers up to %s\n", customers, simulatedUntil)
	if err := os.RemoveAll(book); err != nil {
		return err
	}
	if _, err := writeBook(cmd, a, book, simulator.Options{
		Customers: customers, From: simulatedUntil.AddMonths(-48).Add(1), To: simulatedUntil, Seed: seed, Dirt: 1,
	}); err != nil {
		return err
	}
	// The demo's configuration stays in the data directory, so that every other command finds it.
	config := filepath.Join(a.data, "creditwatch.yaml")
	if err := os.WriteFile(config, append([]byte("# The book of creditwatch demo; see book/creditwatch.yaml.\n"), demoConfig(configs.Simulated())...), 0o600); err != nil {
		return err
	}
	a.config = config
	c, err := a.load()
	if err != nil {
		return err
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
	var last pipeline.Result
	for d := simulatedUntil.Add(1 - nights); d <= simulatedUntil; d = d.Add(1) {
		if last, err = r.Run(ctx, d); err != nil {
			return err
		}
		if err := a.printResult(last); err != nil {
			return err
		}
	}
	if a.json {
		return nil
	}
	text, err := summary(ctx, db, c, last.AsOf, lang)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\n%s\n", printable(text))
	fmt.Fprintf(a.out, "Where to look next:\n")
	for _, f := range last.Files {
		fmt.Fprintf(a.out, "  open %s\n", f)
	}
	where := ""
	if a.data != defaultData() {
		where = " --data " + a.data
	}
	for _, hint := range []string{"sql \"SELECT * FROM open_warnings ORDER BY severity DESC LIMIT 10\"", "warnings", "models", "explain --customer <customer_id>", "status", "serve"} {
		fmt.Fprintf(a.out, "  creditwatch%s %s\n", where, hint)
	}
	return nil
}

// summary is the report of a published night in a few lines.
func summary(ctx context.Context, db *warehouse.DB, c configs.Config, day asof.Date, lang report.Lang) (string, error) {
	night, err := publishedNight(ctx, db, c, day)
	if err != nil {
		return "", err
	}
	data, err := report.Gather(ctx, db, night)
	if err != nil {
		return "", err
	}
	return report.Summary(data, lang), nil
}
