package pipeline

import (
	"context"
	"fmt"
	"sync"

	"creditwatch/pipeline/decisions"
)

// A desk makes some of the night's decisions. It reads what the night kept before it and writes only its own tables.
type desk struct {
	name  string
	keeps []string // tables it fills, without the suffix _rows; no other desk writes to them
	do    func(context.Context, *Night, *handed) error
}

// desks are the desks in order: a desk may read what those before it kept, or what they handed on. To add one: a row here, its
// file decide_<name>.go, its thinking in pipeline/decisions.
var desks = []desk{
	{"limits", []string{"limits"}, decideLimits},
	{"groups", []string{"group_exposure", "concentration"}, decideGroups},
	{"holds", []string{"holds"}, decideHolds},
	{"reviews", []string{"reviews", "coverage"}, decideReviews},
	{"credit", nil, checkCredit}, // the four before add up
	{"provisions", []string{"roll_rates", "provision_items", "provisions"}, decideProvisions},
	{"dunning", []string{"dunning"}, decideDunning},
	{"contracts", []string{"contract_findings", "late_interest"}, checkContracts},
	{"reconciliation", []string{"reconciliation_items", "reconciliation"}, decideReconciliation},
	{"worklist", []string{"worklist"}, decideWorklist},
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
func ahead[T any](h *handed, read func() (T, error)) later[T] {
	var value T
	var err error
	done := make(chan struct{})
	h.reading = append(h.reading, func() { defer close(done); value, err = read() })
	return func() (T, error) { <-done; return value, err }
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
	ctx, cancel := context.WithCancel(ctx)
	defer func() { cancel(); h.ahead.Wait() }() // nothing of ours goes on asking when the stage is over
	h.moves = ahead(&h, func() ([]decisions.Move, error) { return n.moves(ctx) })
	h.books = ahead(&h, func() (decisions.Books, error) { return n.whatToReconcile(ctx, n.Decisions.Reconciliation) })
	for _, d := range desks {
		if err := d.do(ctx, n, &h); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
	}
	return nil
}
