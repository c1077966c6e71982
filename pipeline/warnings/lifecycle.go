package warnings

import (
	"slices"
	"strings"

	"creditwatch/pipeline/asof"
)

// An Entry is what a person said of an episode.
type Entry struct {
	ID         string
	EpisodeID  string
	CustomerID string
	Kind       EntryKind
	Outcome    string    // of a resolution
	Until      asof.Date // of a snooze: last night on which it counts
	By, Reason string
	On         asof.Date // first night that knows it
}

// An EntryKind is what may be said of an episode.
type EntryKind string

// The kinds of entries.
const (
	Acknowledge EntryKind = "acknowledge" // I have seen it
	Snooze      EntryKind = "snooze"      // I have seen it and want to hear no more of it until a date
	Resolve     EntryKind = "resolve"     // it is dealt with
)

// own is the episode with the severity of the rule alone, and without what the last night added to it.
func (e *Episode) own() Episode {
	o := *e
	if o.OwnSeverity != 0 {
		o.Severity = o.OwnSeverity
	}
	o.Evidence = strings.TrimSuffix(o.Evidence, e.liftEvidence())
	for _, note := range notes(e) {
		o.TextEN, o.TextZH = strings.TrimSuffix(o.TextEN, note.EN), strings.TrimSuffix(o.TextZH, note.ZH)
	}
	o.LiftedBy, o.BudgetRank, o.Published, o.OverBudget = "", 0, false, false
	return o
}

// heed lets the entries about an episode take effect that have not done so on an earlier night.
func (j *judge) heed(c *passage) {
	e := &c.next
	if e.State == Pending {
		return // people are not shown it
	}
	done := strings.Fields(e.Heeded)
	seen := e.OwnSeverity
	if c.wasOpen() {
		seen = c.before.Severity // as people saw it
	}
	for _, entry := range j.entries[e.EpisodeID] {
		if entry.CustomerID != e.CustomerID || slices.Contains(done, entry.ID) {
			continue
		}
		switch entry.Kind {
		case Acknowledge:
			e.AcknowledgedBy, e.AcknowledgedOn = entry.By, entry.On
			e.SeenSeverity = max(e.SeenSeverity, seen)
		case Snooze:
			if e.State != Open {
				break
			}
			e.SnoozedBy, e.SnoozedUntil = entry.By, entry.Until
			e.SeenSeverity = max(e.SeenSeverity, seen)
		case Resolve:
			e.Outcome, e.ResolvedBy = entry.Outcome, entry.By
			if e.State == Open {
				e.State, e.ClosedOn, e.SuppressedBy = Closed, j.AsOf, ""
			}
		}
		done = append(done, entry.ID)
		c.entries = append(c.entries, entry)
	}
	e.Heeded = strings.Join(done, " ")
	if e.State != Open {
		e.SnoozedBy, e.SnoozedUntil = "", 0
	}
}

// wake ends a snooze that is over, and all that people said of something less grave.
func (j *judge) wake(c *passage) {
	e := &c.next
	if e.State != Open {
		return
	}
	graver := e.SeenSeverity != 0 && e.Severity > e.SeenSeverity
	if graver {
		e.AcknowledgedBy, e.AcknowledgedOn, e.SeenSeverity = "", 0, 0
	}
	if e.snoozed() && (graver || j.AsOf > e.SnoozedUntil) {
		e.SnoozedBy, e.SnoozedUntil = "", 0
	}
}

// escalate takes what is grave, overdue and seen by nobody one level up, once until it is due anew.
func (j *judge) escalate(c *passage) {
	e := &c.next
	shown := c.wasOpen() && c.before.Published // what people were not shown they cannot have seen
	if !e.counts() || e.snoozed() || e.Severity < Act || !e.AcknowledgedOn.IsZero() || !shown || j.AsOf <= e.DueOn || e.EscalatedOn > e.DueOn {
		return
	}
	e.EscalationLevel++
	e.EscalatedOn = j.AsOf
}
