// Package timetable says which nights are due: pure arithmetic on dates, without a database, a timer or a clock of its own. The scheduler asks it
// at every wake-up; what it answers depends on what is published and on the time alone, so a wake-up too many or too few neither doubles a
// night nor loses one.
package timetable

import (
	"slices"
	"time"

	"creditwatch/pipeline/asof"
)

// What is done about nights that were missed while nothing ran.
const (
	All    = "all"    // run them, oldest first, at most [Timetable.Most] of the newest
	Latest = "latest" // run the newest alone
	None   = "none"   // wait for the next time
)

// A Timetable says when the night of a business date is due.
type Timetable struct {
	Zone    *time.Location
	Next    func(time.Time) time.Time // the first time of the cron line after a wall-clock time, which has no zone (UTC)
	Days    Days
	CatchUp string
	Most    int
}

// Days says which dates are business dates.
type Days struct {
	Business bool               // Monday to Friday; else every day
	Holidays map[asof.Date]bool // no business dates
	Workdays map[asof.Date]bool // business dates all the same: a Sunday that is worked in exchange
}

// Is reports whether a date is a business date.
func (d Days) Is(day asof.Date) bool {
	weekday := day.Time().Weekday()
	return d.Workdays[day] || !d.Holidays[day] && (!d.Business || weekday != time.Saturday && weekday != time.Sunday)
}

// longest is how far back a due date is looked for: longer than any holiday, and than the year of a yearly cron line.
const longest = 400

// DueAt returns the instant from which the night of a date may run: the first time of the cron line after the date is over. It is found on
// the wall clock, so a time that summer time leaves out is an hour later and not a day, and one that comes twice counts once. Zero: never.
func (t Timetable) DueAt(d asof.Date) time.Time {
	wall := t.Next(d.Add(1).Time().Add(-time.Second))
	if wall.IsZero() {
		return time.Time{}
	}
	return asof.Instant(wall, t.Zone)
}

// Newest returns the newest business date whose night is due; zero if there is none.
func (t Timetable) Newest(now time.Time) asof.Date {
	today := asof.Of(now.In(t.Zone))
	for d := today.Add(-1); d > today.Add(-longest) && d > 0; d = d.Add(-1) {
		if !t.Days.Is(d) {
			continue
		}
		if at := t.DueAt(d); !at.IsZero() && !at.After(now) {
			return d
		}
	}
	return 0
}

// Due returns the dates whose nights are to be run now, oldest first, and how many that were missed before them are left out. The newest business
// date always counts, with [All] the newest few do: a date that failed is tried again at the next wake-up, and one further back is never run
// unasked. Where nothing was ever published, only the newest is due. started says that the process has just begun.
func (t Timetable) Due(now time.Time, published map[asof.Date]bool, started bool) (dates []asof.Date, left int) {
	newest := t.Newest(now)
	if newest.IsZero() || started && t.CatchUp == None {
		return nil, 0
	}
	most, end := 1, newest.Add(-longest)
	if t.CatchUp == All {
		most = max(t.Most, 1)
	}
	first := asof.Latest // of all that is published: before it there was no creditwatch
	for d := range published {
		first = min(first, d)
	}
	if len(published) == 0 {
		first = newest
	}
	end = max(end, first.Add(-1))
	for d, seen := newest, 0; d > end; d = d.Add(-1) {
		if !t.Days.Is(d) {
			continue
		}
		seen++
		switch {
		case published[d] && seen >= most:
			slices.Reverse(dates)
			return dates, left
		case published[d]:
		case seen <= most:
			dates = append(dates, d)
		default:
			left++
		}
	}
	slices.Reverse(dates)
	return dates, left
}
