package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse"
)

func whatifCommand(a *app) *cobra.Command {
	var policy, from, to string
	c := &cobra.Command{
		Use:   "whatif --policy FILE --from DATE --to DATE",
		Short: "what another policy would have warned of, before it goes live",
		Long: "Judge the published nights of a range again by the configured policy and by another one, side by side. Both start without\n" +
			"warnings on the first night and carry theirs from night to night. Nothing is written.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if policy == "" {
				return usage("--policy: want the file of the policy to try")
			}
			first, err := asof.Parse(from)
			if err != nil {
				return usage("--from: %w", err)
			}
			last, err := asof.Parse(to)
			if err != nil {
				return usage("--to: %w", err)
			}
			if last < first {
				return usage("--to %s is before --from %s", last, first)
			}
			with := *a
			if err := with.usePolicy(policy); err != nil {
				return err
			}
			proposed, err := with.load()
			if err != nil {
				return err
			}
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
				w, err := pipeline.Try(cmd.Context(), db, c.Settings(version()), proposed.Settings(version()), first, last, a.say())
				if errors.Is(err, pipeline.ErrNotPublished) {
					return usage("%w", err)
				}
				if err != nil {
					return err
				}
				if a.json {
					return json.NewEncoder(a.out).Encode(w)
				}
				return a.printWhatIf(w, c.Currency)
			})
		},
	}
	c.Flags().StringVar(&policy, "policy", "", "policy file to try")
	c.Flags().StringVar(&from, "from", "", "first night")
	c.Flags().StringVar(&to, "to", "", "last night")
	return c
}

func (a *app) printWhatIf(w pipeline.WhatIf, currency string) error {
	fmt.Fprintf(a.out, "%d nights from %s to %s, outcomes as known on %s\n", w.Nights, w.From, w.To, w.Known)
	for _, u := range w.Unreadable {
		fmt.Fprintf(a.out, "not judged: %s\n", printable(u))
	}
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	p, q := &w.Present, &w.Proposed
	row := func(what string, x, y any) { fmt.Fprintf(out, "%s\t%v\t%v\t\n", what, x, y) }
	row("", "present", "proposed")
	row("policy version", p.Policy, q.Policy)
	row("policy", p.PolicyHash[:12], q.PolicyHash[:12])
	both := map[string]bool{}
	for _, t := range []*pipeline.Trial{p, q} {
		for k := range t.Warnings {
			both[k] = true
		}
	}
	for _, k := range slices.Sorted(maps.Keys(both)) {
		row("warnings "+k, p.Warnings[k], q.Warnings[k])
	}
	number := func(x *float64, digits int) string {
		if x == nil {
			return "-"
		}
		return fmt.Sprintf("%.*f", digits, *x)
	}
	row("new S3+ per 1000 customers a night", number(p.NewPer1000, 1), number(q.NewPer1000, 1))
	row("share of customers at S3+", number(p.StockShare, 3), number(q.StockShare, 3))
	row("alarms 12 months old", p.Aged, q.Aged)
	row("came true", p.TrueAged, q.TrueAged)
	row("precision so far", number(p.Precision, 3), number(q.Precision, 3))
	row("95 % from", number(p.PrecisionLo, 3), number(q.PrecisionLo, 3))
	row("95 % to", number(p.PrecisionHi, 3), number(q.PrecisionHi, 3))
	row("defaults", p.Defaults, q.Defaults)
	row("missed", p.Missed, q.Missed)
	row("not warned of 30 days before", p.MissedInTime, q.MissedInTime)
	row("median lead, days", number(p.LeadMedian, 0), number(q.LeadMedian, 0))
	row("orders blocked, "+currency, p.OrdersBlocked, q.OrdersBlocked)
	row("margin held, "+currency, p.MarginHeld, q.MarginHeld)
	row("expected loss avoided, "+currency, p.LossAvoided, q.LossAvoided)
	row("exposure gone by the default x LGD, "+currency, p.Saved, q.Saved)
	row("customers only it has at S3+", len(p.Only), len(q.Only))
	if err := out.Flush(); err != nil {
		return err
	}
	for _, side := range []struct {
		name string
		t    *pipeline.Trial
	}{{"present", p}, {"proposed", q}} {
		if n := len(side.t.Only); n > 0 {
			fmt.Fprintf(a.out, "only %s: %s%s\n", side.name, printable(strings.Join(side.t.Only[:min(n, 20)], " ")), more(n-20))
		}
	}
	return nil
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more (--json lists all)", n)
}
