package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/features/news"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

func newsCommand(a *app) *cobra.Command {
	var customer string
	var severity int
	c := &cobra.Command{
		Use:   "news",
		Short: "events in the news, names to settle, and what people say of them: reviews, verdict, precision",
		Long: "Without a word more: the events of the newest night, the gravest first.\n\n" +
			"Whoever reads one says what is wrong with it, or that it is right, with verdict. That is kept for good and counts for every reprint of the\n" +
			"headline: a wrong match never comes back, a name of several customers (reviews) becomes that of the one for whom somebody said right, and\n" +
			"the tone of headlines is learnt from it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if severity < 1 || severity > 4 {
				return usage("--severity %d: want 1 to 4", severity)
			}
			return a.ask(cmd.Context(), `
SELECT concat('S', toString(severity)) AS sev, code, polarity, role, customer_id, occurred_on, round(tone, 2) AS tone, source_class AS source, sentence, event_id
FROM creditwatch.news_events
WHERE as_of = (SELECT max(as_of) FROM creditwatch.live_runs) AND severity >= {severity:UInt8} AND ({customer:String} = '' OR customer_id = {customer:String})
ORDER BY severity DESC, known_at DESC, event_id
LIMIT 200`, map[string]any{"severity": uint64(severity), "customer": customer})
		},
	}
	c.Flags().StringVar(&customer, "customer", "", "only of this customer")
	c.Flags().IntVar(&severity, "severity", 2, "at least: 1 info, 2 watch, 3 act, 4 critical")
	for _, sub := range []*cobra.Command{newsReviews(a), newsVerdict(a), newsPrecision(a)} {
		args := sub.Args
		sub.Args = func(c *cobra.Command, given []string) error {
			if err := args(c, given); err != nil {
				return &usageError{err}
			}
			return nil
		}
		c.AddCommand(sub)
	}
	return c
}

func newsReviews(a *app) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "reviews", Short: "names in the news that could mean several customers or nobody, for people to settle", Args: cobra.NoArgs,
		Long: "The names that the newest night met and did not guess: in an article, with the event to give a verdict on for each customer it could mean\n" +
			"(`creditwatch news verdict EVENT --right`); behind them the names that are looked for nowhere, which an alias of the customer's would mend.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd.Context(), `
SELECT name, reason, arrayStringConcat(candidates, ' ') AS customers, code, toDate(known_at) AS known, sentence, arrayStringConcat(event_ids, ' ') AS events
FROM creditwatch.news_reviews
WHERE as_of = (SELECT max(as_of) FROM creditwatch.live_runs) AND ({all:UInt8} = 1 OR NOT is_settled)
ORDER BY article_id = '', known_at DESC, review_id
LIMIT 200`, map[string]any{"all": map[bool]uint64{true: 1}[all]})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also those that people have settled")
	return c
}

func newsPrecision(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "precision", Short: "how often events were right, by code and month of the verdict", Args: cobra.NoArgs,
		Long: "The newest verdict on each event counts. A verdict on the customer or the role is one on the match, right and wrong-event one on the event too.\n" +
			"The interval is Wilson's, 95 %.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd.Context(), `
SELECT month, code, count() AS verdicts, countIf(said = 'right') AS right_ones, round(right_ones / verdicts, 3) AS precision,
       round(greatest(0, precision + 1.9207 / verdicts - 1.96 * sqrt(precision * (1 - precision) / verdicts + 0.9604 / (verdicts * verdicts))) / (1 + 3.8415 / verdicts), 3) + 0 AS low,
       round((precision + 1.9207 / verdicts + 1.96 * sqrt(precision * (1 - precision) / verdicts + 0.9604 / (verdicts * verdicts))) / (1 + 3.8415 / verdicts), 3) AS high
FROM
(
    SELECT subject, splitByChar('/', subject)[-1] AS code, argMax(value, (known_at, entered_at, entry_id)) AS said, toStartOfMonth(max(entered_at)) AS month
    FROM creditwatch.entries
    WHERE kind = 'verdict'
    GROUP BY subject
)
GROUP BY month, code
ORDER BY month DESC, code`, nil)
		},
	}
}

func newsVerdict(a *app) *cobra.Command {
	var e pipeline.Entry
	var from string
	said := map[string]*bool{}
	c := &cobra.Command{
		Use:     "verdict EVENT --right|--wrong-customer|--wrong-event|--wrong-role --by NAME --reason TEXT",
		Short:   "say whether an event is right; kept for good, and the next night heeds it",
		Example: "  creditwatch news verdict 5f0c9a/C0042/INSOLV --wrong-customer --by \"Ana Silva\" --reason \"the firm of that name in Zhejiang\"",
		Args:    cobra.ExactArgs(1),
	}
	kinds := []struct{ flag, value, what string }{
		{"right", news.Right, "it happened, to this customer"},
		{"wrong-customer", news.WrongCustomer, "it is about somebody else: nothing of the article is told of this customer again"},
		{"wrong-event", news.WrongEvent, "it did not happen, or is something else"},
		{"wrong-role", news.WrongRole, "the customer is only mentioned"},
	}
	for _, k := range kinds {
		said[k.value] = c.Flags().Bool(k.flag, false, k.what)
	}
	c.Flags().StringVar(&e.By, "by", "", "who says so")
	c.Flags().StringVar(&e.Reason, "reason", "", "why")
	c.Flags().StringVar(&from, "from", "", "first business date whose night is to know it (default: the next night to run; an earlier one counts when it is run again)")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		for _, k := range kinds {
			if !*said[k.value] {
				continue
			}
			if e.Value != "" {
				return usage("want one of --right, --wrong-customer, --wrong-event, --wrong-role, not two")
			}
			e.Value = k.value
		}
		if e.Value == "" {
			return usage("want one of --right, --wrong-customer, --wrong-event, --wrong-role")
		}
		if from != "" {
			d, err := asof.Parse(from)
			if err != nil {
				return usage("--from: %w", err)
			}
			e.Night = d
		}
		e.Kind, e.Code = pipeline.EntryVerdict, version()
		return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
			var err error
			if e.Subject, e.CustomerID, err = findEvent(cmd.Context(), db, args[0]); err != nil {
				return err
			}
			kept, err := pipeline.Enter(cmd.Context(), db, c.Zone, e, a.clock())
			if errors.Is(err, pipeline.ErrEntry) {
				return &usageError{err}
			}
			if err != nil {
				return err
			}
			if a.json {
				return json.NewEncoder(a.out).Encode(map[string]any{
					"entry_id": kept.ID, "kind": kept.Kind, "customer_id": kept.CustomerID, "event_id": kept.Subject, "verdict": kept.Value,
					"entered_by": kept.By, "reason": kept.Reason, "night": kept.Night, "already": kept.Already,
				})
			}
			already := map[bool]string{true: "entered already", false: "entered"}[kept.Already]
			_, err = fmt.Fprintf(a.out, "%s: event %s is judged %s from the night of %s on (entry %s)\n", already, printable(kept.Subject), strings.ReplaceAll(kept.Value, "_", " "), kept.Night, kept.ID)
			return err
		})
	}
	return c
}

// findEvent finds the one event, or possible event of a name to settle, whose identity is a text or begins with it.
func findEvent(ctx context.Context, db *warehouse.DB, event string) (id, customer string, err error) {
	if strings.TrimSpace(event) == "" {
		return "", "", usage("EVENT: want an event as `creditwatch news` shows it")
	}
	found := 0
	err = rows.Each(ctx, db, "news_events", `
SELECT event, customer
FROM
(
    SELECT event_id AS event, customer_id AS customer FROM creditwatch.news_events WHERE startsWith(event_id, {event:String})
    UNION DISTINCT
    SELECT pair.1 AS event, pair.2 AS customer FROM creditwatch.news_reviews ARRAY JOIN arrayZip(event_ids, candidates) AS pair WHERE notEmpty(event_ids) AND startsWith(pair.1, {event:String})
    UNION DISTINCT
    SELECT subject AS event, customer_id AS customer FROM creditwatch.entries WHERE kind = 'verdict' AND startsWith(subject, {event:String})
)
GROUP BY event, customer
ORDER BY event != {event:String}, event, customer
LIMIT 2`, map[string]any{"event": event}, func(r *rows.Row) error {
		if found++; found == 1 {
			id, customer = r.Text("event"), r.Text("customer")
		}
		return nil
	})
	switch {
	case err != nil:
		return "", "", err
	case found == 0:
		return "", "", usage("EVENT %s: no published night has such an event", event)
	case found > 1 && id != event:
		return "", "", usage("EVENT %s: several events begin so, want the whole of it", event)
	}
	return id, customer, nil
}
