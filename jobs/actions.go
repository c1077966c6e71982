package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/features/book"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/warehouse"
)

func actionsCommand(a *app) *cobra.Command {
	var codes []string
	for _, k := range decisions.ActionKinds {
		codes = append(codes, fmt.Sprintf("  %-11s %s", k.Code, k.EN))
	}
	c := &cobra.Command{
		Use:   "actions",
		Short: "our own steps towards customers: list, take, release",
		Long: "Without a word more: the actions of our own that are in force.\n\n" +
			"What people do about a customer is entered with take and ended with release; both are kept for good. The next night heeds them: limits, holds and\n" +
			"reviews follow, and so does a night that is run again if it knows them. The actions:\n\n" + strings.Join(codes, "\n"),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listActions(cmd, "") },
	}
	for _, sub := range []*cobra.Command{actionsList(a), actionsEnter(a, pipeline.EntryAction), actionsEnter(a, pipeline.EntryRelease)} {
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

func actionsList(a *app) *cobra.Command {
	var customer string
	c := &cobra.Command{
		Use: "list", Short: "the actions in force, the newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listActions(cmd, customer) },
	}
	c.Flags().StringVar(&customer, "customer", "", "only of this customer")
	return c
}

func (a *app) listActions(cmd *cobra.Command, customer string) error {
	return a.ask(cmd.Context(), `
SELECT customer_id AS customer, action, amount, until, entered_by, reason, known_at
FROM creditwatch.actions
WHERE {customer:String} = '' OR customer_id = {customer:String}
ORDER BY known_at DESC, customer_id, action
LIMIT 200`, map[string]any{"customer": customer})
}

// actionsEnter is take and release.
func actionsEnter(a *app, kind string) *cobra.Command {
	e := pipeline.Entry{Kind: kind}
	var amount, until, from string
	c := &cobra.Command{
		Use:     "take --customer ID --action CODE --by NAME --reason TEXT",
		Short:   "enter a step of our own; the next night heeds it",
		Example: "  creditwatch actions take --customer C0042 --action HOLD --by \"Ana Silva\" --reason \"talks about arrears\" --until 2026-07-31",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := actionDates(&e, until, from); err != nil {
				return err
			}
			if amount != "" {
				m, err := book.ParseMoney(amount)
				if err != nil {
					return usage("--amount: %w", err)
				}
				e.Amount = &m
			}
			if err := decisions.CheckAction(e.Subject, e.Amount, e.Until != nil); err != nil {
				return &usageError{err}
			}
			return a.enterAction(cmd, e)
		},
	}
	if kind == pipeline.EntryRelease {
		c.Use, c.Short = "release --customer ID --action CODE --by NAME --reason TEXT", "end an action before its time"
		c.Example = "  creditwatch actions release --customer C0042 --action HOLD --by \"Ana Silva\" --reason \"paid\""
		c.RunE = func(cmd *cobra.Command, _ []string) error {
			if err := actionDates(&e, "", from); err != nil {
				return err
			}
			return a.enterAction(cmd, e)
		}
	} else {
		c.Flags().StringVar(&amount, "amount", "", "amount in the reporting currency, where the action has one")
		c.Flags().StringVar(&until, "until", "", "last day on which it counts (default: until it is released)")
	}
	c.Flags().StringVar(&e.CustomerID, "customer", "", "number of the customer")
	c.Flags().StringVar(&e.Subject, "action", "", "code of the action")
	c.Flags().StringVar(&e.By, "by", "", "who enters it")
	c.Flags().StringVar(&e.Reason, "reason", "", "why")
	c.Flags().StringVar(&from, "from", "", "first business date whose night is to know it (default: the next night to run; an earlier one counts when it is run again)")
	return c
}

// actionDates reads the last day of an entry and the first night that is to know it.
func actionDates(e *pipeline.Entry, until, from string) error {
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
	return nil
}

// enterAction keeps an entry about a customer that is known, and says from when it counts.
func (a *app) enterAction(cmd *cobra.Command, e pipeline.Entry) error {
	e.Code = version()
	return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
		if e.CustomerID != "" {
			known, err := warehouse.Select[uint64](cmd.Context(), db, "SELECT count() FROM creditwatch.customers WHERE customer_id = {customer:String}", map[string]any{"customer": e.CustomerID})
			if err != nil {
				return err
			}
			if known[0] == 0 {
				return usage("--customer %s: no published night knows this customer", e.CustomerID)
			}
		}
		if e.Kind == pipeline.EntryRelease {
			taken, err := warehouse.Select[uint64](cmd.Context(), db, "SELECT count() FROM creditwatch.entries WHERE kind = 'action' AND customer_id = {customer:String} AND subject = {action:String}",
				map[string]any{"customer": e.CustomerID, "action": e.Subject})
			if err != nil {
				return err
			}
			if taken[0] == 0 {
				return usage("--action %s: no such action was taken for customer %s", e.Subject, e.CustomerID)
			}
		}
		kept, err := pipeline.Enter(cmd.Context(), db, c.Zone, e, a.clock())
		if errors.Is(err, pipeline.ErrEntry) {
			return &usageError{err}
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.printAction(kept)
		}
		said := map[bool]string{true: "entered already", false: "entered"}[kept.Already]
		what := map[string]string{pipeline.EntryAction: "is in force", pipeline.EntryRelease: "is released"}[kept.Kind]
		_, err = fmt.Fprintf(a.out, "%s: %s of %s %s from the night of %s on (entry %s)\n", said, kept.Subject, printable(kept.CustomerID), what, kept.Night, kept.ID)
		return err
	})
}

// printAction prints an entry as JSON.
func (a *app) printAction(e pipeline.Entry) error {
	return json.NewEncoder(a.out).Encode(map[string]any{
		"entry_id": e.ID, "kind": e.Kind, "customer_id": e.CustomerID, "action": e.Subject, "amount": e.Amount, "until": e.Until, "entered_by": e.By, "reason": e.Reason,
		"night": e.Night, "already": e.Already,
	})
}
