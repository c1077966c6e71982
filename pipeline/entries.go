package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/fault"
	"creditwatch/pipeline/rows"
)

// An Entry is what a person told creditwatch about a warning, a news event or a customer. Entries are kept outside the runs, once
// and for all; a night heeds those known by its cut, so that running a night again gives what it gave.
type Entry struct {
	ID         string      `ch:"entry_id"`
	Kind       string      `ch:"kind"` // one of EntryKinds
	CustomerID string      `ch:"customer_id"`
	Subject    string      `ch:"subject"` // what it is about: see EntryKinds
	Value      string      `ch:"value"`
	Amount     *book.Money `ch:"amount"` // reporting currency
	Until      *asof.Date  `ch:"until"`  // last day on which it counts
	By         string      `ch:"entered_by"`
	Reason     string      `ch:"reason"`
	EnteredAt  time.Time   `ch:"entered_at"`
	KnownAt    time.Time   `ch:"known_at"`
	Code       string      `ch:"code"`

	Night   asof.Date // first that knows it
	Already bool      // it had been entered before
}

// What may be entered. To add a kind: a constant, and its line in EntryKinds.
const (
	EntryAcknowledge = "acknowledge"
	EntrySnooze      = "snooze"
	EntryResolve     = "resolve"
	EntryVerdict     = "verdict"
	EntryAction      = "action"
	EntryRelease     = "release"
)

// An EntryKind says what an entry of that kind must hold.
type EntryKind struct {
	Subject string   // what Subject names
	Values  []string // what Value may be; none: it is empty
	Until   bool     // an end is compulsory
}

// EntryKinds are the kinds of entries.
var EntryKinds = map[string]EntryKind{
	EntryAcknowledge: {Subject: "episode"},
	EntrySnooze:      {Subject: "episode", Until: true},
	EntryResolve:     {Subject: "episode", Values: []string{"true_alarm", "false_alarm", "acted", "no_action"}},
	EntryVerdict:     {Subject: "event", Values: []string{"right", "wrong_customer", "wrong_event", "wrong_role"}},
	EntryAction:      {Subject: "action"},
	EntryRelease:     {Subject: "action"}, // ends an action before its time
}

// longestSnooze is in days; who wants to hear no more of a warning for longer resolves it.
const longestSnooze = 366

// ErrEntry reports an entry that cannot be taken: the call is wrong.
var ErrEntry = errors.New("not entered")

// entriesBy returns what people have entered by a cut, the newest last; of some kinds, or of all if none is named.
func entriesBy(ctx context.Context, q rows.Querier, knownBy time.Time, kinds ...string) (out []Entry, err error) {
	if kinds == nil {
		kinds = []string{}
	}
	err = rows.Each(ctx, q, "entries", sqlOf("entries"), map[string]any{"known_by": knownBy, "kinds": kinds}, func(r *rows.Row) error {
		e := Entry{ID: r.Text("entry_id"), Kind: r.Text("kind"), CustomerID: r.Text("customer_id"), Subject: r.Text("subject"), Value: r.Text("value"),
			Amount: r.MoneyOr("amount"), By: r.Text("entered_by"), Reason: r.Text("reason"), EnteredAt: r.Instant("entered_at"), KnownAt: r.Instant("known_at"), Code: r.Text("code")}
		if d := r.Date("until"); !d.IsZero() {
			e.Until = &d
		}
		out = append(out, e)
		return nil
	})
	return out, err
}

// Enter keeps an entry. It is safe to call twice and from two processes: the same entry for the same night is kept once. e.Night may
// name the first night that is to know it; by default that is the next one to run.
func Enter(ctx context.Context, s Store, zone *time.Location, e Entry, now time.Time) (Entry, error) {
	if err := e.check(); err != nil {
		return e, err
	}
	if e.Night.IsZero() {
		next, err := nextNight(ctx, s)
		if err != nil {
			return e, err
		}
		e.Night = next
	}
	if e.Until != nil && *e.Until < e.Night {
		return e, fmt.Errorf("--until %s: want a day from %s on, the first night that will know of it: %w", *e.Until, e.Night, ErrEntry)
	}
	if e.Kind == EntrySnooze && *e.Until > e.Night.Add(longestSnooze) {
		return e, fmt.Errorf("--until %s: want a day up to %s, a year from the first night that will know of it: %w", *e.Until, e.Night.Add(longestSnooze), ErrEntry)
	}
	e.EnteredAt, e.KnownAt = now, knownFor(e.Night, zone, now)
	earlier, err := entriesBy(ctx, s, asof.Latest.Cut(zone))
	if err != nil {
		return e, err
	}
	previous := ""
	for _, old := range slices.Backward(earlier) {
		if old.CustomerID == e.CustomerID && old.Subject == e.Subject {
			if old.Night = asof.Of(old.KnownAt.In(zone)); old.says() == e.says() {
				old.Already = true
				_, err := auditJournals(ctx, s, "entry/"+old.ID) // a process may have died before its record
				return old, err
			}
			previous = old.ID // said again after something else, it is another entry
			break
		}
	}
	e.ID = hashOf([]byte(previous + "\x00" + e.says()))[:16]
	table := rows.Of([]Entry{e})
	defer table.Release()
	if err := s.Insert(ctx, "creditwatch.entries", "entry/"+e.ID, table); err != nil {
		return e, fmt.Errorf("entries: %w", err)
	}
	if err := fault.Hit("entry.after"); err != nil {
		return e, err
	}
	_, err = auditJournals(ctx, s, "entry/"+e.ID)
	return e, err
}

// knownFor is from when a night knows what a person says now. Where nights lag behind the calendar, as when history is run, the
// clock is past the cut of the night that is to know it.
func knownFor(night asof.Date, zone *time.Location, now time.Time) time.Time {
	if cut := night.Cut(zone); !now.Before(cut) {
		return cut.Add(-time.Millisecond)
	}
	if cut := night.Add(-1).Cut(zone); now.Before(cut) {
		return cut
	}
	return now
}

// says is all that an entry says, as one text.
func (e *Entry) says() string {
	until, amount := "", ""
	if e.Until != nil {
		until = e.Until.String()
	}
	if e.Amount != nil {
		amount = e.Amount.String()
	}
	return strings.Join([]string{e.Kind, e.CustomerID, e.Subject, e.Value, amount, until, e.By, e.Reason, e.Night.String()}, "\x00")
}

// check returns every mistake of a call.
func (e *Entry) check() error {
	var errs []error
	kind, ok := EntryKinds[e.Kind]
	if !ok {
		return fmt.Errorf("kind %q is none of an entry: %w", e.Kind, ErrEntry)
	}
	e.By, e.Reason = strings.Join(strings.Fields(e.By), " "), strings.TrimSpace(e.Reason)
	need := func(name, value string) {
		if value == "" || strings.ContainsFunc(value, unicode.IsControl) || len(value) > 2000 {
			errs = append(errs, fmt.Errorf("%s: want a text of one line, got %q: %w", name, value, ErrEntry))
		}
	}
	need("customer", e.CustomerID)
	need(kind.Subject, e.Subject)
	need("--by", e.By)
	need("--reason", e.Reason)
	if len(kind.Values) > 0 && !slices.Contains(kind.Values, e.Value) {
		errs = append(errs, fmt.Errorf("%s: want one of %s, got %q: %w", e.Kind, strings.Join(kind.Values, ", "), e.Value, ErrEntry))
	}
	if kind.Until && e.Until == nil {
		errs = append(errs, fmt.Errorf("--until: want the last day of the %s, as 2026-07-31: %w", e.Kind, ErrEntry))
	}
	return errors.Join(errs...)
}
