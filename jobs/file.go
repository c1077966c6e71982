package jobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/report"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

func fileCommand(a *app) *cobra.Command {
	var date, lang, page string
	c := &cobra.Command{
		Use:   "file CUSTOMER",
		Short: "one customer on one page: everything known as of a night",
		Long: "Print everything that is known about one customer as of a published night: identity, score and reasons, exposure and ageing,\n" +
			"limit with every term, holds, warnings, payments, promises, contracts, cover, ratings, news, group, loss, dunning, reconciliation, reviews, own actions.\n" +
			"With --date as it was known on that night. With --html the same as an A4 page.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lang != "en" && lang != "zh" {
				return usage("--lang %s: want en or zh", lang)
			}
			day := asof.Date(0)
			if date != "" {
				var err error
				if day, err = asof.Parse(date); err != nil {
					return usage("--date: %w", err)
				}
			}
			if page != "" {
				if info, err := os.Stat(filepath.Dir(page)); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
					return usage("--html %s: there is no folder %s", page, filepath.Dir(page))
				}
			}
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
				ctx, found := cmd.Context(), false
				err := rows.Each(ctx, db, "live_runs", "SELECT as_of FROM creditwatch.live_runs WHERE as_of = {day:Date} OR {day:Date} = toDate(0) ORDER BY as_of DESC LIMIT 1",
					map[string]any{"day": day}, func(r *rows.Row) error { day, found = r.Date("as_of"), true; return nil })
				if err != nil {
					return err
				}
				switch {
				case !found && date == "":
					return usage("no night is published yet; run one with: creditwatch run")
				case !found:
					return usage("%s is not published; run it with: creditwatch run --date %s", day, day)
				}
				f, err := report.GatherFile(ctx, db, args[0], day)
				if err != nil {
					return err
				}
				if len(f.Items) == 0 {
					return usage("customer %q: not known on %s", args[0], day)
				}
				if err := a.tellExpired(ctx, db, day); err != nil {
					return err
				}
				f.Company, f.Currency = c.Company, c.Currency
				if page != "" {
					var b bytes.Buffer
					if err := report.WriteFile(&b, f, report.Lang(lang)); err != nil {
						return err
					}
					if err := os.WriteFile(page, b.Bytes(), 0o600); err != nil {
						return fmt.Errorf("--html: %w", err)
					}
				}
				return a.printFile(f, report.Lang(lang))
			})
		},
	}
	c.Flags().StringVar(&date, "date", "", "business date (default: the newest published)")
	c.Flags().StringVar(&lang, "lang", "en", "en or zh")
	c.Flags().StringVar(&page, "html", "", "also write the page to this file")
	return c
}

// printFile prints a credit file section by section, or as JSON lines.
func (a *app) printFile(f report.CreditFile, lang report.Lang) error {
	if a.json {
		out := json.NewEncoder(a.out)
		for _, i := range f.Items {
			var amount *string
			if i.Amount != nil {
				s := i.Amount.String()
				amount = &s
			}
			if err := out.Encode(map[string]any{"as_of": f.AsOf.String(), "customer_id": f.CustomerID, "section": i.Section, "seq": i.Seq, "item_en": i.ItemEN, "item_zh": i.ItemZH,
				"value": i.Value, "amount": amount, "text_en": i.EN, "text_zh": i.ZH, "source_view": i.View}); err != nil {
				return err
			}
		}
		return nil
	}
	line := func(label, value, amount string) string {
		return fmt.Sprintf("  %s  %s  %s", padded(label, 44), padded(value, 34), amount)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s · %s\n", printable(f.CustomerID), f.AsOf)
	for k, i := range f.Items {
		if k == 0 || f.Items[k-1].Section != i.Section {
			fmt.Fprintf(&b, "\n%s (%s)\n", printable(i.Title(lang)), printable(i.View))
		}
		amount := ""
		if i.Amount != nil {
			amount = i.Amount.String()
		}
		b.WriteString(strings.TrimRight(line(oneLine(report.Text{EN: i.ItemEN, ZH: i.ItemZH}.In(lang)), oneLine(i.Value), amount), " ") + "\n")
		if text := oneLine(report.Text{EN: i.EN, ZH: i.ZH}.In(lang)); text != "" {
			b.WriteString("      " + text + "\n") // whole: why a limit is what it is must not be cut
		}
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// oneLine makes text from outside fit for one line of a terminal.
func oneLine(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

// padded fills a text up with spaces to a number of columns of a terminal.
func padded(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-width(s)))
}
