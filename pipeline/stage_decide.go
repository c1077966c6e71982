package pipeline

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/errgroup"

	"creditwatch/pipeline/decisions"
)

// A desk makes some of the night's decisions. It reads what the night kept before it and writes only its own tables.
type desk struct {
	name  string
	keeps []string // tables it fills, without the suffix _rows; no other desk writes to them
	do    func(context.Context, *Night, *handed) error
	alone bool // nothing is handed to it or on by it: it works beside the others
}

// desks are the desks in order: a desk may read what those before it kept, or what they handed on. To add one: a row here, its
// file decide_<name>.go, its thinking in pipeline/decisions.
var desks = []desk{
	{name: "limits", keeps: []string{"limits"}, do: decideLimits},
	{name: "groups", keeps: []string{"group_exposure", "concentration"}, do: decideGroups},
	{name: "holds", keeps: []string{"holds"}, do: decideHolds},
	{name: "reviews", keeps: []string{"reviews", "coverage"}, do: decideReviews},
	{name: "credit", do: checkCredit}, // the four before add up
	{name: "provisions", keeps: []string{"roll_rates", "provision_items", "provisions"}, do: decideProvisions},
	{name: "dunning", keeps: []string{"dunning"}, do: decideDunning},
	{name: "contracts", keeps: []string{"contract_findings", "late_interest"}, do: checkContracts},
	{name: "reconciliation", keeps: []string{"reconciliation_items", "reconciliation"}, do: decideReconciliation, alone: true},
	{name: "worklist", keeps: []string{"worklist"}, do: decideWorklist},
}

// handed is what desks hand on to those after them, so that it is not read from the warehouse twice.
type handed struct {
	limits  []decisions.Limit // of every customer, in order of number
	groupOf map[string]*decisions.Group
	payers  map[string]decisions.Payer

	books later[decisions.Books]  // what is reconciled
	moves later[[]decisions.Move] // of open amounts between ageing buckets, month to month

	ahead   sync.WaitGroup
	reading []func()
}

// later is what is read ahead: a call waits for it.
type later[T any] func() (T, error)

// ahead puts something on the list of what is read while desks think. It must come from earlier stages alone.
func ahead[T any](ctx context.Context, h *handed, read func() (T, error)) later[T] {
	var value T
	var err error
	done := make(chan struct{})
	h.reading = append(h.reading, func() {
		defer close(done)
		err = caught(func() (err error) { value, err = read(); return err })
	})
	return func() (T, error) {
		select {
		case <-done:
			return value, err
		case <-ctx.Done():
			var none T
			return none, context.Cause(ctx)
		}
	}
}

// readAhead begins to read the list, one after the other. The first desk calls it when its own reading is over, for two readers at a time
// would but take the cores from each other.
func (h *handed) readAhead() {
	h.ahead.Add(1)
	go func() {
		defer h.ahead.Done()
		for _, read := range h.reading {
			read()
		}
	}()
}

// deskTables are the tables that the decide stage keeps.
func deskTables() (tables []string) {
	for _, d := range desks {
		tables = append(tables, d.keeps...)
	}
	return tables
}

// decide is the night's decisions, desk by desk.
func decide(ctx context.Context, n *Night) error {
	var h handed
	group, ctx := errgroup.WithContext(ctx)
	defer h.ahead.Wait() // nothing of ours goes on asking when the stage is over
	h.moves = ahead(ctx, &h, func() ([]decisions.Move, error) { return n.moves(ctx) })
	h.books = ahead(ctx, &h, func() (decisions.Books, error) { return n.whatToReconcile(ctx, n.Decisions.Reconciliation) })
	work := func(n *Night, alone bool) error {
		for _, d := range desks {
			if d.alone != alone {
				continue
			}
			if err := d.do(ctx, n, &h); err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
		}
		return nil
	}
	// Each side counts its own inserts, and speaks in turn.
	here, beside := *n, *n
	if n.Say != nil {
		var turn sync.Mutex
		say := func(line string) { turn.Lock(); defer turn.Unlock(); n.Say(line) }
		here.Say, beside.Say = say, say
	}
	group.Go(func() error { return caught(func() error { return work(&beside, true) }) })
	group.Go(func() error { return caught(func() error { return work(&here, false) }) })
	return group.Wait()
}

// caught turns a panic into an error: one on a goroutine of its own would be the end of the process, not of the night.
func caught(work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return work()
}
