package jobs

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

// whole is a writer with nothing to end.
type whole struct{ io.Writer }

func (whole) Close() error { return nil }

func sqlCommand(a *app) *cobra.Command {
	var format string
	var raw bool
	c := &cobra.Command{
		Use:   "sql QUERY",
		Short: "ask the warehouse and print the answer",
		Long: "Run one statement as the read-only analyst and print the answer in a format of ClickHouse: PrettyCompact, CSVWithNames,\n" +
			"TSVWithNames, JSONEachRow, Parquet, Arrow … A QUERY of - is read from standard input.\n\n" +
			"In CSV a text that a spreadsheet would take for a formula (=, +, -, @ at its beginning) gets an apostrophe before it, unless --raw is given.",
		Example: "  creditwatch sql \"SELECT grade, count(), sum(expected_loss) FROM latest_scores GROUP BY grade ORDER BY grade\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := a.load()
			if err != nil {
				return err
			}
			query := args[0]
			if query == "-" {
				text, err := io.ReadAll(io.LimitReader(a.in, 1<<20))
				if err != nil {
					return err
				}
				query = string(text)
			}
			if format == "" {
				format = "TSVWithNames"
				if isTerminal(a.out) {
					format = "PrettyCompactMonoBlock"
				}
				if a.json {
					format = "JSONEachRow"
				}
			}
			db, err := a.open(cmd.Context(), c)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			out := io.WriteCloser(whole{a.out})
			if isTerminal(a.out) { // a file or a program gets the bytes as they are
				out = transform.NewWriter(a.out, runes.Remove(runes.Predicate(unprintable)))
			}
			if strings.HasPrefix(format, "CSV") && !raw {
				out = &defused{to: out}
			}
			if err := db.Print(cmd.Context(), out, strings.TrimRight(query, "; \n\t"), format); err != nil {
				return fmt.Errorf("sql: %w", err)
			}
			return out.Close()
		},
	}
	c.Flags().StringVar(&format, "format", "", "output format of ClickHouse (default: a table on a terminal, else TSVWithNames)")
	c.Flags().BoolVar(&raw, "raw", false, "texts of a CSV as they are, also those that begin a formula")
	return c
}
