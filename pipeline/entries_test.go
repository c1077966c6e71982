package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warnings"
)

// enter keeps an acknowledgement as of an instant; more change it.
func (s shelf) enter(at string, more ...func(*Entry)) (Entry, error) {
	s.Helper()
	now, err := time.Parse("2006-01-02 15:04", at)
	if err != nil {
		s.Fatal(err)
	}
	e := Entry{Kind: EntryAcknowledge, CustomerID: "C1", Subject: "episode 1", By: "Ana Silva", Reason: "seen", Code: "test"}
	for _, change := range more {
		change(&e)
	}
	return Enter(context.Background(), s.db, time.UTC, e, now)
}

// entered returns what a night knows.
func (s shelf) entered(day asof.Date, kinds ...string) (subjects []string) {
	s.Helper()
	list, err := entriesBy(context.Background(), s.db, day.Cut(time.UTC), kinds...)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range list {
		subjects = append(subjects, e.Kind+" "+e.Subject+" "+e.Value)
	}
	return subjects
}

// night publishes a night of nothing.
func (s shelf) nothing(day asof.Date, run uint64) {
	s.Helper()
	type publication struct {
		AsOf asof.Date `ch:"as_of"`
		Run  uint64    `ch:"run"`
	}
	s.insert("publications", run, rows.Of([]publication{{day, run}}))
}

func (s shelf) forget() {
	s.empty()
	if err := s.db.Exec(context.Background(), "TRUNCATE TABLE creditwatch.entries", nil); err != nil {
		s.Fatal(err)
	}
}

func snoozes(until asof.Date) func(*Entry) {
	return func(e *Entry) { e.Kind, e.Until = EntrySnooze, &until }
}

func resolves(value string) func(*Entry) {
	return func(e *Entry) { e.Kind, e.Value = EntryResolve, value }
}

func TestEntries(t *testing.T) {
	s := openShelf(t)
	t.Run("bad input", func(t *testing.T) { shelf{t, s.db}.refusesEntries() })
	t.Run("kept as entered", func(t *testing.T) { shelf{t, s.db}.keepsEntries() })
	t.Run("kept once", func(t *testing.T) { shelf{t, s.db}.entersOnce() })
	t.Run("which night knows", func(t *testing.T) { shelf{t, s.db}.entersForNights() })
	t.Run("as the warn stage reads them", func(t *testing.T) { shelf{t, s.db}.readsForWarnings() })
}

func (s shelf) refusesEntries() {
	s.forget()
	day := threeNights[0]
	s.nothing(day, 1)
	for _, c := range []struct {
		shows string
		want  []string
		e     func(*Entry)
	}{
		{"a kind there is not", []string{`kind "delete" is none`}, func(e *Entry) { e.Kind = "delete" }},
		{"nobody", []string{"--by: want"}, func(e *Entry) { e.By = " \t" }},
		{"no reason", []string{"--reason: want"}, func(e *Entry) { e.Reason = " \n" }},
		{"a reason of two lines", []string{"--reason: want"}, func(e *Entry) { e.Reason = "a\nb" }},
		{"a reason that rewrites the terminal", []string{"--reason: want"}, func(e *Entry) { e.Reason = "a\x1b[2J" }},
		{"a reason without end", []string{"--reason: want"}, func(e *Entry) { e.Reason = strings.Repeat("x", 2001) }},
		{"no customer", []string{"customer: want"}, func(e *Entry) { e.CustomerID = "" }},
		{"no episode", []string{"episode: want"}, func(e *Entry) { e.Subject = "" }},
		{"everything at once", []string{"--by: want", "--reason: want", "--until: want", "customer: want"}, func(e *Entry) { *e = Entry{Kind: EntrySnooze, Subject: "x"} }},
		{"no outcome", []string{"resolve: want one of true_alarm, false_alarm, acted, no_action"}, resolves("")},
		{"an outcome there is not", []string{`got "bad_luck"`}, resolves("bad_luck")},
		{"a snooze without end", []string{"--until: want the last day of the snooze"}, func(e *Entry) { e.Kind = EntrySnooze }},
		{"a snooze that is over", []string{"--until 2025-11-20: want a day from 2025-11-21 on"}, snoozes(day)},
		{"a snooze for ever", []string{"--until 2149-06-06: want a day up to 2026-11-22, a year"}, snoozes(asof.Latest)},
	} {
		_, err := s.enter("2025-11-21 09:00", c.e)
		for _, want := range c.want {
			if !errors.Is(err, ErrEntry) || !strings.Contains(err.Error(), want) {
				s.Errorf("%s: %v, want %q", c.shows, err, want)
			}
		}
	}
	if got := s.entered(asof.Latest); got != nil {
		s.Errorf("kept: %q", got)
	}
	if _, err := s.enter("2025-11-21 09:00", snoozes(day.Add(1))); err != nil {
		s.Errorf("a snooze of one night: %v", err)
	}
}

func (s shelf) keepsEntries() {
	s.forget()
	s.nothing(threeNights[0], 1)
	amount, until := book.Money(123_4500), threeNights[2]
	want, err := s.enter("2025-11-21 09:30", func(e *Entry) {
		e.Kind, e.Subject, e.Amount, e.Until, e.By, e.Reason = EntryAction, "HOLD", &amount, &until, "  安娜  Silva ", " 客户'; DROP TABLE entries; -- "
	})
	if err != nil {
		s.Fatal(err)
	}
	list, err := entriesBy(context.Background(), s.db, threeNights[1].Cut(time.UTC))
	if err != nil || len(list) != 1 {
		s.Fatalf("%+v, %v", list, err)
	}
	got := list[0]
	if got.By != "安娜 Silva" || got.Reason != "客户'; DROP TABLE entries; --" || *got.Amount != amount || *got.Until != until || got.ID != want.ID || got.Code != "test" ||
		!got.EnteredAt.Equal(want.EnteredAt) || got.EnteredAt.Format("2006-01-02 15:04") != "2025-11-21 09:30" {
		s.Errorf("%+v\nof %+v", got, want)
	}
	plain, err := s.enter("2025-11-21 09:31")
	list, _ = entriesBy(context.Background(), s.db, threeNights[1].Cut(time.UTC), EntryAcknowledge)
	if err != nil || len(list) != 1 || list[0].Amount != nil || list[0].Until != nil || list[0].ID != plain.ID {
		s.Errorf("%+v, %v: want no amount and no end, which are not zero", list, err)
	}
}

func (s shelf) entersOnce() {
	s.forget()
	s.nothing(threeNights[0], 1)
	// Twice, and at once from several processes: one entry.
	var group sync.WaitGroup
	var mu sync.Mutex
	ids := map[string]bool{}
	for i := range 6 {
		group.Add(1)
		go func() {
			defer group.Done()
			e, err := s.enter(fmt.Sprintf("2025-11-21 09:0%d", i))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				s.Error(err)
			}
			ids[e.ID] = true
		}()
	}
	group.Wait()
	again, err := s.enter("2025-11-21 10:00", func(e *Entry) { e.By = " Ana   Silva" })
	if err != nil || !again.Already || len(ids) != 1 || !ids[again.ID] {
		s.Errorf("again: %+v, %v, of %v", again, err, ids)
	}
	kept := func() (n int64) {
		err := rows.Each(context.Background(), s.db, "entries", "SELECT toInt64(count()) AS n FROM creditwatch.entries", nil, func(r *rows.Row) error { n = r.Whole("n"); return nil })
		if err != nil {
			s.Fatal(err)
		}
		return n
	}
	if n := kept(); n != 1 {
		s.Errorf("%d rows of one entry", n)
	}
	// After something else the same is said anew, and another person's word is another entry.
	for i, e := range []func(*Entry){resolves("acted"), func(*Entry) {}, func(e *Entry) { e.By = "Li Wei" }, func(e *Entry) { e.By, e.Reason = "Li Wei", "seen too" }, func(e *Entry) { e.Subject = "episode 2" }, func(e *Entry) { e.CustomerID = "C2" }} {
		if got, err := s.enter(fmt.Sprintf("2025-11-21 11:0%d", i), e); err != nil || got.Already || ids[got.ID] {
			s.Errorf("entry %d: %+v, %v: want a new one", i, got, err)
		} else {
			ids[got.ID] = true
		}
	}
	if n := kept(); n != 7 {
		s.Errorf("%d rows of 7 entries", n)
	}
	// A row that came twice all the same is one entry.
	if err := s.db.Exec(context.Background(), "INSERT INTO creditwatch.entries SELECT entry_id, kind, customer_id, subject, value, amount, until, entered_by, reason, entered_at, known_at, code FROM creditwatch.entries", nil); err != nil {
		s.Fatal(err)
	}
	want := []string{"acknowledge episode 1 ", "resolve episode 1 acted", "acknowledge episode 1 ", "acknowledge episode 1 ", "acknowledge episode 1 ", "acknowledge episode 2 ", "acknowledge episode 1 "}
	if got := s.entered(threeNights[1]); !slices.Equal(got, want) {
		s.Errorf("%q, want %q", got, want)
	}
	if got := s.entered(threeNights[1], EntryResolve, EntryVerdict); !slices.Equal(got, want[1:2]) {
		s.Errorf("resolutions and verdicts: %q", got)
	}
}

func (s shelf) entersForNights() {
	day := threeNights[0]
	for _, c := range []struct {
		shows, at string
		e         func(*Entry)
		night     asof.Date
		known     string
	}{
		{"the day after the newest night", "2025-11-21 09:30", func(*Entry) {}, day.Add(1), "2025-11-21 09:30:00.000"},
		{"before the cut of the newest night, which ran early", "2025-11-20 12:00", func(*Entry) {}, day.Add(1), "2025-11-21 00:00:00.000"},
		{"nights lag behind the calendar", "2026-04-01 12:00", func(*Entry) {}, day.Add(1), "2025-11-21 23:59:59.999"},
		{"for a night that is to be run again", "2025-11-21 09:30", func(e *Entry) { e.Night = day }, day, "2025-11-20 23:59:59.999"},
		{"for a later night", "2025-11-21 09:30", func(e *Entry) { e.Night = day.Add(3) }, day.Add(3), "2025-11-23 00:00:00.000"},
	} {
		s.forget()
		s.nothing(day, 1)
		e, err := s.enter(c.at, c.e)
		if err != nil || e.Night != c.night || e.KnownAt.Format("2006-01-02 15:04:05.000") != c.known {
			s.Errorf("%s: night %s, known %s (%v); want %s, %s", c.shows, e.Night, e.KnownAt, err, c.night, c.known)
		}
		// The nights before know nothing of it, its own and all after do: a replay gives what the night gave.
		for d := day.Add(-2); d <= day.Add(5); d++ {
			if got := len(s.entered(d)) == 1; got != (d >= c.night) {
				s.Errorf("%s: night %s knows: %v, want %v", c.shows, d, got, d >= c.night)
			}
		}
	}
	// While the next night is at work, the one after it.
	s.forget()
	s.nothing(day, 1)
	c, err := takeClaim(context.Background(), s.db, day.Add(1), time.Now(), nil)
	if err != nil {
		s.Fatal(err)
	}
	if e, err := s.enter("2025-11-21 23:00"); err != nil || e.Night != day.Add(2) {
		s.Errorf("a night at work: %+v, %v", e, err)
	}
	if err := c.release(context.Background()); err != nil {
		s.Fatal(err)
	}
	// Entered in the order in which they count, not in which they were typed.
	s.forget()
	s.nothing(day, 1)
	s.nothing(day.Add(1), 2)
	if _, err := s.enter("2025-11-22 09:00", resolves("acted")); err != nil {
		s.Fatal(err)
	}
	if _, err := s.enter("2025-11-22 10:00", func(e *Entry) { e.Night = day.Add(1) }); err != nil {
		s.Fatal(err)
	}
	if got, want := s.entered(day.Add(2)), []string{"acknowledge episode 1 ", "resolve episode 1 acted"}; !slices.Equal(got, want) {
		s.Errorf("%q, want %q", got, want)
	}
}

func (s shelf) readsForWarnings() {
	s.forget()
	day := threeNights[0]
	s.nothing(day, 1)
	for i, e := range []func(*Entry){func(*Entry) {}, snoozes(day.Add(4)), resolves("acted"), func(e *Entry) { e.Kind, e.Value = EntryVerdict, "right" }} {
		if _, err := s.enter(fmt.Sprintf("2025-11-21 09:0%d", i), e); err != nil {
			s.Fatal(err)
		}
	}
	n := s.night(day.Add(1), 2)
	said, err := n.saidOfWarnings(context.Background())
	if err != nil || len(said) != 3 {
		s.Fatalf("%+v, %v", said, err)
	}
	if e := said[0]; e.Kind != warnings.Acknowledge || e.On != day.Add(1) || e.EpisodeID != "episode 1" || e.CustomerID != "C1" || e.By != "Ana Silva" || e.Reason != "seen" || e.ID == "" {
		s.Errorf("%+v", e)
	}
	if said[1].Kind != warnings.Snooze || said[1].Until != day.Add(4) || said[2].Kind != warnings.Resolve || said[2].Outcome != "acted" {
		s.Errorf("%+v", said)
	}
	if before, err := s.night(day, 3).saidOfWarnings(context.Background()); err != nil || before != nil {
		s.Errorf("the night before knows %+v, %v", before, err)
	}
	if record, err := n.trackRecord(context.Background()); err != nil || record != nil {
		s.Errorf("a track record without any: %+v, %v", record, err)
	}
}
