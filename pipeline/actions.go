package pipeline

import (
	"context"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
)

// ownSteps are our own steps towards a customer that a night knows.
type ownSteps struct {
	inForce                      []decisions.Action // in the order in which they were entered
	reviewed, contacted, visited asof.Date          // night that first knew it, unset if never
}

// ownActions returns our own steps by customer. Of one customer and action the newest entry counts; a release ends it.
func (n *Night) ownActions(ctx context.Context) (map[string]*ownSteps, error) {
	entries, err := entriesBy(ctx, n, n.Cut, EntryAction, EntryRelease)
	if err != nil {
		return nil, err
	}
	ours := map[string]*ownSteps{}
	newest := map[[2]string]int{}
	for i, e := range entries {
		newest[[2]string{e.CustomerID, e.Subject}] = i
		own := ours[e.CustomerID]
		if own == nil {
			own = &ownSteps{}
			ours[e.CustomerID] = own
		}
		if e.Kind != EntryAction {
			continue
		}
		night := n.DateOf(e.KnownAt)
		switch e.Subject {
		case decisions.ActReview:
			own.reviewed = max(own.reviewed, night)
		case "VISIT":
			own.visited, own.contacted = max(own.visited, night), max(own.contacted, night)
		case "CALL":
			own.contacted = max(own.contacted, night)
		}
	}
	for i, e := range entries {
		if newest[[2]string{e.CustomerID, e.Subject}] != i || e.Kind != EntryAction || e.Until != nil && *e.Until < n.AsOf {
			continue
		}
		a := decisions.Action{Code: e.Subject, Amount: e.Amount, Since: n.DateOf(e.KnownAt), By: e.By, Reason: e.Reason}
		if e.Until != nil {
			a.Until = *e.Until
		}
		ours[e.CustomerID].inForce = append(ours[e.CustomerID].inForce, a)
	}
	return ours, nil
}
