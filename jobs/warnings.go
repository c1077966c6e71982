package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

func warningsCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "warnings",
		Short: "the open warnings of the newest night, and what people say of them: list, show, ack, snooze, resolve",
		Long: "Without a word more: the open warnings of the newest night, the gravest first.\n\n" +
			"Whoever works with a warning says so: ack (I have seen it), snooze (leave me in peace until a date), resolve (it is dealt with, and this is\n" +
			"what came of it). All three are kept for good; the next night heeds them, and so does a night that is run again if it knows them. EPISODE is\n" +
			"the warning's identity as the list shows it, or its first characters.",
		Args: cobra.NoArgs,
	}
	listsWarnings(a, c)
	for _, sub := range []*cobra.Command{warningsList(a), warningsShow(a), warningsAck(a), warningsSnooze(a), warningsResolve(a)} {
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

func warningsList(a *app) *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "the open warnings of the newest night, the gravest first", Args: cobra.NoArgs}
	listsWarnings(a, c)
	return c
}

// listsWarnings makes a command list the warnings.
func listsWarnings(a *app, c *cobra.Command) {
	var customer, lang string
	var severity int
	var all bool
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		text := map[string]string{"en": "text_en", "zh": "text_zh"}[lang]
		if text == "" {
			return usage("--lang %s: want en or zh", lang)
		}
		if severity < 1 || severity > 4 {
			return usage("--severity %d: want 1 to 4", severity)
		}
		params := map[string]any{"severity": uint64(severity), "customer": customer, "all": map[bool]uint64{true: 1}[all]}
		return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, _ configs.Config) error {
			err := a.show(cmd.Context(), db, `
SELECT substring(episode_id, 1, 12) AS episode, concat('S', toString(severity)) AS sev, tier, code, customer_id, first_seen, owner, action, due_on, acknowledged_by,
    multiIf(suppressed_by != '', suppressed_by, isNotNull(snoozed_until), concat('snoozed until ', toString(snoozed_until)), over_budget AND NOT published, 'beyond the budget', '') AS waits, `+text+` AS warning
FROM creditwatch.warnings
WHERE as_of = (SELECT max(as_of) FROM creditwatch.live_runs) AND state = 'open' AND (published OR {all:UInt8} = 1)
  AND severity >= {severity:UInt8} AND ({customer:String} = '' OR customer_id = {customer:String})
ORDER BY severity DESC, expected_saving DESC NULLS LAST, first_seen DESC, customer_id, code
LIMIT 200`, params)
			if err != nil || a.quiet || a.json {
				return err
			}
			return rows.Each(cmd.Context(), db, "warnings", `
SELECT toInt64(countIf(suppressed_by != '')) AS suppressed, toInt64(countIf(suppressed_by = '' AND isNotNull(snoozed_until))) AS snoozed, toInt64(countIf(over_budget)) AS beyond
FROM creditwatch.warnings
WHERE as_of = (SELECT max(as_of) FROM creditwatch.live_runs) AND state = 'open'
  AND severity >= {severity:UInt8} AND ({customer:String} = '' OR customer_id = {customer:String})`, params, func(r *rows.Row) error {
				_, err := fmt.Fprintf(a.errOut, "open as well: %d suppressed, %d snoozed, %d beyond the alarm budget\n", r.Whole("suppressed"), r.Whole("snoozed"), r.Whole("beyond"))
				return err
			})
		})
	}
	c.Flags().StringVar(&customer, "customer", "", "only of this customer")
	c.Flags().IntVar(&severity, "severity", 2, "at least: 1 info, 2 watch, 3 act, 4 critical")
	c.Flags().StringVar(&lang, "lang", "en", "en or zh")
	c.Flags().BoolVar(&all, "all", false, "also those suppressed, snoozed or beyond the alarm budget")
}

func warningsShow(a *app) *cobra.Command {
	var lang, customer string
	c := &cobra.Command{
		Use:   "show EPISODE",
		Short: "everything about one warning: what it says, its evidence, its nights, what happened to it, what people entered",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := map[string]string{"en": "text_en", "zh": "text_zh"}[lang]
			if text == "" {
				return usage("--lang %s: want en or zh", lang)
			}
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, _ configs.Config) error {
				w, err := findWarning(cmd.Context(), db, args[0], customer)
				if err != nil {
					return err
				}
				if !a.json { // a table would cut it off
					err := rows.Each(cmd.Context(), db, "warnings", `SELECT `+text+` AS text, splitByString('; ', evidence) AS evidence FROM creditwatch.warnings WHERE episode_id = {episode:String} AND as_of = {as_of:Date}`,
						map[string]any{"episode": w.id, "as_of": w.asOf}, func(r *rows.Row) error {
							_, err := fmt.Fprintf(a.out, "%s\n\nevidence\n%s\n", printable(r.Text("text")), printable(strings.Join(r.Texts("evidence"), "\n")))
							return err
						})
					if err != nil {
						return err
					}
				}
				if a.json {
					err := a.show(cmd.Context(), db, "SELECT text_en, text_zh, evidence FROM creditwatch.warnings WHERE episode_id = {episode:String} AND as_of = {as_of:Date}", map[string]any{"episode": w.id, "as_of": w.asOf})
					if err != nil {
						return err
					}
				}
				for _, part := range []struct{ title, sql string }{
					{"warning", `SELECT line.1 AS what, line.2 AS value FROM creditwatch.warnings
ARRAY JOIN [('episode', episode_id), ('customer', customer_id), ('code', toString(code)), ('tier', toString(tier)), ('severity', concat('S', toString(severity))), ('own severity', concat('S', toString(own_severity))),
    ('lifted by', lifted_by), ('state', toString(state)), ('first seen', toString(first_seen)), ('last seen', toString(last_seen)), ('closed on', ifNull(toString(closed_on), '')), ('suppressed by', suppressed_by),
    ('owner', owner), ('action', action), ('due on', toString(due_on)), ('acknowledged by', acknowledged_by), ('snoozed until', ifNull(toString(snoozed_until), '')), ('outcome', toString(outcome)),
    ('resolved by', resolved_by), ('escalation level', toString(escalation_level)), ('expected saving', ifNull(toString(expected_saving), '')), ('published', if(published, 'yes', 'no')),
    ('policy', policy_hash)] AS line
WHERE episode_id = {episode:String} AND as_of = {as_of:Date} AND line.2 != ''`},
					{"events", `SELECT as_of, event, concat('S', toString(severity)) AS sev, old_value, new_value, entered_by, reason, ` + text + ` AS text FROM creditwatch.warning_events WHERE episode_id = {episode:String} ORDER BY as_of, seq`},
					{"entries", `SELECT kind, value, until, entered_by, reason, entered_at, known_at, entry_id FROM creditwatch.entries WHERE kind IN ('acknowledge', 'snooze', 'resolve') AND subject = {episode:String} AND customer_id = {customer:String} ORDER BY known_at, entered_at, entry_id LIMIT 1 BY entry_id`},
					{"nights, the newest first", `SELECT as_of, state, concat('S', toString(severity)) AS sev, concat('S', toString(own_severity)) AS own, value, peak, suppressed_by, owner, due_on, expected_saving, budget_rank, published, over_budget
FROM creditwatch.warnings WHERE episode_id = {episode:String} ORDER BY as_of DESC LIMIT 60`},
				} {
					if !a.json {
						fmt.Fprintf(a.out, "\n%s\n", part.title)
					}
					if err := a.show(cmd.Context(), db, part.sql, map[string]any{"episode": w.id, "customer": w.customer, "as_of": w.asOf}); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&lang, "lang", "en", "en or zh")
	c.Flags().StringVar(&customer, "customer", "", "refuse the warning of another customer")
	return c
}

func warningsAck(a *app) *cobra.Command {
	return entersWarning(a, pipeline.EntryAcknowledge, &cobra.Command{
		Use: "ack EPISODE --by NAME --reason TEXT", Short: "say that somebody has seen a warning: it is no longer escalated",
		Long:    "Say that somebody has seen a warning. It is not escalated when its due date passes; should it become graver, it has to be seen again.",
		Example: "  creditwatch warnings ack 1f0c9a77be21 --by \"Ana Silva\" --reason \"called, they promise to pay on Friday\"",
	})
}

func warningsSnooze(a *app) *cobra.Command {
	return entersWarning(a, pipeline.EntrySnooze, &cobra.Command{
		Use: "snooze EPISODE --until DATE --by NAME --reason TEXT", Short: "leave a warning in peace until a date",
		Long: "Leave a warning in peace up to and including a date, a year at most. It is kept and counted, and shown again when the date has passed or when it\n" +
			"becomes graver.",
		Example: "  creditwatch warnings snooze 1f0c9a77be21 --until 2026-07-31 --by \"Ana Silva\" --reason \"instalments agreed until July\"",
	})
}

func warningsResolve(a *app) *cobra.Command {
	return entersWarning(a, pipeline.EntryResolve, &cobra.Command{
		Use: "resolve EPISODE --outcome OUTCOME --by NAME --reason TEXT", Short: "close a warning and say what came of it",
		Long: "Close a warning and say what came of it: true_alarm, false_alarm, acted or no_action. The same warning opens again only after its cool-down, and only\n" +
			"once it has passed its closing line or is graver. A warning that has closed by itself may still be given its outcome.",
		Example: "  creditwatch warnings resolve 1f0c9a77be21 --outcome false_alarm --by \"Ana Silva\" --reason \"namesake in another province\"",
	})
}

// entersWarning makes a command keep what a person says of a warning.
func entersWarning(a *app, kind string, c *cobra.Command) *cobra.Command {
	e := pipeline.Entry{Kind: kind}
	var until, from string
	c.Args = cobra.ExactArgs(1)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if until != "" {
			d, err := asof.Parse(until)
			if err != nil {
				return usage("--until: %w", err)
			}
			e.Until = &d
		}
		if from != "" {
			d, err := asof.Parse(from)
			if err != nil {
				return usage("--from: %w", err)
			}
			e.Night = d
		}
		return a.enterWarning(cmd, e, args[0])
	}
	switch kind {
	case pipeline.EntrySnooze:
		c.Flags().StringVar(&until, "until", "", "last day on which it is left in peace")
	case pipeline.EntryResolve:
		c.Flags().StringVar(&e.Value, "outcome", "", "true_alarm, false_alarm, acted or no_action")
	}
	c.Flags().StringVar(&e.CustomerID, "customer", "", "refuse the warning of another customer")
	c.Flags().StringVar(&e.By, "by", "", "who says so")
	c.Flags().StringVar(&e.Reason, "reason", "", "why")
	c.Flags().StringVar(&from, "from", "", "first business date whose night is to know it (default: the next night to run; an earlier one counts when it is run again)")
	return c
}

// enterWarning keeps an entry about a warning that is known, and says from when it counts.
func (a *app) enterWarning(cmd *cobra.Command, e pipeline.Entry, episode string) error {
	e.Code = version()
	return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
		w, err := findWarning(cmd.Context(), db, episode, e.CustomerID)
		if err != nil {
			return err
		}
		if err := w.takes(e.Kind, !e.Night.IsZero()); err != nil {
			return err
		}
		e.Subject, e.CustomerID = w.id, w.customer
		kept, err := pipeline.Enter(cmd.Context(), db, c.Zone, e, a.clock())
		if errors.Is(err, pipeline.ErrEntry) {
			return &usageError{err}
		}
		if err != nil {
			return err
		}
		if a.json {
			return json.NewEncoder(a.out).Encode(map[string]any{
				"entry_id": kept.ID, "kind": kept.Kind, "customer_id": kept.CustomerID, "episode_id": kept.Subject, "outcome": kept.Value, "until": kept.Until,
				"entered_by": kept.By, "reason": kept.Reason, "night": kept.Night, "already": kept.Already,
			})
		}
		said := map[bool]string{true: "entered already", false: "entered"}[kept.Already]
		what := "acknowledged"
		switch {
		case kept.Kind == pipeline.EntrySnooze:
			what = "snoozed until " + kept.Until.String()
		case kept.Kind == pipeline.EntryResolve:
			what = "resolved as " + kept.Value
		}
		_, err = fmt.Fprintf(a.out, "%s: warning %s (%s of %s) is %s from the night of %s on (entry %s)\n", said, w.id[:12], w.code, printable(w.customer), what, kept.Night, kept.ID)
		return err
	})
}

// A knownWarning is a warning as the newest night that has it left it.
type knownWarning struct {
	id, customer, code, state string
	asOf, newest              asof.Date // that night, and the newest of all
}

var episodeName = regexp.MustCompile(`^[0-9a-f]{6,32}$`)

// findWarning finds the one warning whose identity begins with a text.
func findWarning(ctx context.Context, db *warehouse.DB, episode, customer string) (w knownWarning, err error) {
	if !episodeName.MatchString(episode) {
		return w, usage("EPISODE %q: want 6 to 32 characters of 0 to 9 and a to f, as `creditwatch warnings` shows them", episode)
	}
	found := 0
	err = rows.Each(ctx, db, "warnings", `
SELECT episode_id, customer_id, code, state, as_of, (SELECT max(as_of) FROM creditwatch.live_runs) AS newest
FROM creditwatch.warnings WHERE startsWith(episode_id, {episode:String})
ORDER BY as_of DESC LIMIT 1 BY episode_id`, map[string]any{"episode": episode}, func(r *rows.Row) error {
		w = knownWarning{id: r.Text("episode_id"), customer: r.Text("customer_id"), code: r.Text("code"), state: r.Text("state"), asOf: r.Date("as_of"), newest: r.Date("newest")}
		found++
		return nil
	})
	switch {
	case err != nil:
		return w, err
	case found == 0:
		return w, usage("EPISODE %s: no published night has such a warning", episode)
	case found > 1:
		return w, usage("EPISODE %s: %d warnings begin so, want more characters", episode, found)
	case customer != "" && customer != w.customer:
		return w, usage("EPISODE %s: is not of customer %q, the one of --customer", episode, customer)
	}
	return w, nil
}

// takes refuses what has no meaning for the warning as it stands. For a past night that is run again it may stand otherwise.
func (w knownWarning) takes(kind string, past bool) error {
	gone := w.asOf != w.newest
	switch {
	case past:
		return nil
	case gone:
		return usage("EPISODE %s: is over, its last night was %s", w.id[:12], w.asOf)
	case w.state == "pending":
		return usage("EPISODE %s: has not opened yet", w.id[:12])
	case w.state != "open" && kind != pipeline.EntryResolve:
		return usage("EPISODE %s: is closed; only its outcome may still be entered (resolve)", w.id[:12])
	}
	return nil
}
