package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"

	"creditwatch/features/book"
	"creditwatch/pipeline/rows"
)

// bookStage works out who owes what since when: it streams the ledger's transactions through the book, which allocates
// cash and counts days past due, and keeps what comes out. A total that does not foot stops the night.
func bookStage(ctx context.Context, n *Night) error {
	rule, err := n.Default.rule()
	if err != nil {
		return err
	}
	rates, err := n.rates(ctx)
	if err != nil {
		return err
	}
	ledger, err := n.Query(ctx, sqlOf("transactions"), n.params(nil))
	if err != nil {
		return err
	}
	defer ledger.Release()
	group, stop := errgroup.WithContext(ctx)
	made := make(chan bookRecord, 4) // the book computes while the engine stores
	group.Go(func() error {
		for m := range made {
			err := n.keepRecord(stop, m.table, m.Record)
			m.Release()
			if err != nil {
				return err
			}
		}
		return nil
	})
	to := func(table string) func(arrow.Record) error {
		return func(rec arrow.Record) error {
			rec.Retain()
			select {
			case made <- bookRecord{table, rec}:
				return nil
			case <-stop.Done():
				rec.Release()
				return context.Cause(stop)
			}
		}
	}
	totals, err := book.Build(ledger, book.Options{
		Run: n.Run, AsOf: n.AsOf, Cut: n.Cut, Rule: rule, Alternatives: book.Alternatives(rule), Rates: rates,
	}, book.Sink{
		Documents: to("documents"), Allocations: to("allocations"), Invoices: to("invoices"), OpenItems: to("open_items"),
		DefaultEvents: to("default_events"), AlternativeEvents: to("alternative_events"), CustomerStates: to("customer_states"),
	})
	close(made)
	if kept := group.Wait(); kept != nil {
		err = kept // the cause of what Build may say of it
	}
	for m := range made {
		m.Release()
	}
	if err != nil {
		return err
	}
	for _, t := range totals.Currencies {
		if !t.Foots() {
			return fmt.Errorf("%s: open items %s + unapplied %s do not foot to invoiced %s - paid %s + returned %s - credited %s - written off %s + refunded %s: %w",
				t.Currency, t.OpenInvoices, t.Unapplied, t.Invoiced, t.Paid, t.Returned, t.Credited, t.WrittenOff, t.Refunded, ErrGate)
		}
	}
	return nil
}

// A bookRecord is on its way from the book to the warehouse.
type bookRecord struct {
	table string
	arrow.Record
}

// rates returns the exchange rates of the date as known that night, 1 for the reporting currency. A currency of the
// ledger without a rate stops the night: amounts nobody can convert would be missing from every total.
func (n *Night) rates(ctx context.Context) (map[string]float64, error) {
	rates := map[string]float64{n.Currency: 1}
	err := rows.Each(ctx, n, "fx_rates", sqlOf("rates"), n.params(nil), func(r *rows.Row) error {
		if v := r.Float("rate"); v != nil {
			rates[r.Text("currency")] = *v
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	rates[n.Currency] = 1
	var missing []string
	err = rows.Each(ctx, n, "transactions", sqlOf("currencies"), n.params(nil), func(r *rows.Row) error {
		if _, ok := rates[r.Text("currency")]; !ok {
			missing = append(missing, fmt.Sprintf("%s (%d documents)", r.Text("currency"), r.Whole("documents")))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, fmt.Errorf("fx_rates: no rate into %s known for %s: %w", n.Currency, strings.Join(missing, ", "), ErrGate)
	}
	return rates, nil
}
