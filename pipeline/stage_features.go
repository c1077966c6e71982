package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"creditwatch/features"
	"creditwatch/models"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// buildFeatures computes tonight's row of every customer, in the engine.
func buildFeatures(ctx context.Context, n *Night) error {
	return n.featuresOf(ctx, n.AsOf, features.Night)
}

// buildSnapshots computes the training rows that no earlier night has built: one snapshot per month end, or the cohorts
// of the configuration, each with the knowledge of its own date. What became of all of them since is told anew every night.
func buildSnapshots(ctx context.Context, n *Night) error {
	wanted, err := n.cohorts(ctx)
	if err != nil {
		return err
	}
	var have []asof.Date
	err = rows.Each(ctx, n, "snapshots", sqlOf("snapshots_built"), n.params(map[string]any{"fingerprint": features.Fingerprint()}),
		func(r *rows.Row) error { have = append(have, r.Date("as_of")); return nil })
	if err != nil {
		return err
	}
	parent := ctx
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(snapshotsAtOnce)
	for i, date := range wanted {
		if slices.Contains(have, date) {
			continue
		}
		group.Go(func() error {
			if n.Say != nil {
				n.Say(fmt.Sprintf("snapshot %s (%d of %d)", date, i+1, len(wanted)))
			}
			if err := n.featuresOf(ctx, date, features.Snapshots); err != nil {
				return fmt.Errorf("snapshot %s: %w", date, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || len(wanted) == 0 {
		return err
	}
	return n.Exec(parent, sqlOf("labels"), n.labelParams(wanted))
}

// labelParams are the parameters of the statements about what became of snapshots.
func (n *Night) labelParams(cohorts []asof.Date) map[string]any {
	var dates []string
	for _, d := range cohorts {
		dates = append(dates, d.String())
	}
	return n.params(map[string]any{
		"from_ledger": n.Default.FromLedger, "from_outcomes": strings.Join(n.Default.FromOutcomes, ","), "horizon": int64(n.Default.HorizonMonths),
		"fingerprint": features.Fingerprint(), "cohorts": dates,
	})
}

// snapshotsAtOnce is how many snapshots are built at a time: most of the time of a small one goes into planning its
// statement, for which the engine uses one core.
const snapshotsAtOnce = 2

// featuresOf fills the working table of a date, computes its features into the target and empties the working table.
func (n *Night) featuresOf(ctx context.Context, date asof.Date, into features.Target) error {
	p := features.Params(date, n.CutOf(date), n.Run, n.Runs, n.Currency)
	if err := n.findKinds(ctx, p); err != nil {
		return err
	}
	for _, sql := range []string{
		features.DropInvoiceStates(), // of an attempt that died
		features.InvoiceStates(),
		features.Insert(into),
		features.DropInvoiceStates(),
	} {
		if err := n.Exec(ctx, sql, p); err != nil {
			return err
		}
	}
	return nil
}

// knownMonths returns for how many months of the horizon the outcome of a snapshot is known tonight, and in which of them a default fell. A
// horizon that has passed is known in full; before that, what is reported late would be missing from the last months, so they
// count once it must have been reported.
func (n *Night) knownMonths(snapshot, defaulted asof.Date) (known, month int) {
	if snapshot.AddMonths(n.Default.HorizonMonths) <= n.AsOf {
		return models.KnownMonths(snapshot, n.AsOf, defaulted, n.Default.HorizonMonths)
	}
	return models.KnownMonths(snapshot, n.AsOf.Add(-n.Validation.LagDays), defaulted, n.Default.HorizonMonths)
}

// mature reports whether the outcome of a snapshot is known in full.
func (n *Night) mature(snapshot asof.Date) bool {
	return snapshot.AddMonths(n.Default.HorizonMonths) <= n.AsOf
}

// cohorts returns the snapshot dates of whose outcome something is known tonight, oldest first; none while that of none is known in
// full.
func (n *Night) cohorts(ctx context.Context) ([]asof.Date, error) {
	if n.Train.Every == "never" {
		return nil, nil
	}
	var dates []asof.Date
	add := func(d asof.Date) {
		if known, _ := n.knownMonths(d, 0); known > 0 {
			dates = append(dates, d)
		}
	}
	if len(n.Train.Cohorts) > 0 {
		for _, d := range n.Train.Cohorts {
			add(d)
		}
		slices.Sort(dates)
		return n.withMature(dates), nil
	}
	first := asof.Date(0)
	err := rows.Each(ctx, n, "documents", sqlOf("first_document"), n.params(nil), func(r *rows.Row) error {
		first = r.Date("first")
		return nil
	})
	if err != nil || first.IsZero() {
		return nil, err
	}
	// A snapshot wants a quarter of history before it.
	first = max(first.Add(90), n.Train.SnapshotsFrom)
	for d := first.MonthEnd(); d < n.AsOf; d = d.Add(1).MonthEnd() {
		add(d)
	}
	dates = n.withMature(dates)
	if extra := len(dates) - n.Train.Snapshots; n.Train.Snapshots > 0 && extra > 0 {
		dates = dates[extra:]
	}
	return dates, nil
}

// withMature drops all dates where none is mature.
func (n *Night) withMature(dates []asof.Date) []asof.Date {
	if !slices.ContainsFunc(dates, n.mature) {
		return nil
	}
	return dates
}

// findKinds adds to the parameters of a date which kinds of record the ledger had by then at all: a customer without complaints has none if
// complaints were recorded, and an unknown number if they were not yet.
func (n *Night) findKinds(ctx context.Context, p map[string]any) error {
	var questions []string
	for _, k := range features.Kinds() {
		p["has_"+k.Family] = false
		questions = append(questions, "SELECT '"+k.Family+"' AS family FROM ("+k.SQL+")")
	}
	return rows.Each(ctx, n, "ledger", strings.Join(questions, "\nUNION ALL\n"), p, func(r *rows.Row) error {
		p["has_"+r.Text("family")] = true
		return nil
	})
}
