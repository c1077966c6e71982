// Package asof is the identity of a night: its business date, and the instant up to which the night may know things.
//
// A [Date] is a calendar day without a zone. A night of date D sees a fact only if it happened on or before D
// and was learnt (known_at) before [Cut], the first instant after D in the company's own zone. Everything below
// the command line takes these two values from its caller; nothing there reads the clock.
package asof

import (
	"fmt"
	"time"
)

// A Date is a business date: days since 1970-01-01, the value of Arrow's date32 and ClickHouse's Date. The zero
// value is 1970-01-01, which no night can have, so it reads as "unset"; see [Date.IsZero].
type Date int32

// Earliest and Latest bound what ClickHouse's Date can hold. Its driver wraps a day outside silently
// (1960-01-01 becomes 2139-06-07), so every date from outside is held against these first.
const (
	Earliest Date = 0
	Latest   Date = 65535 // 2149-06-06
)

// Of returns the calendar day on which t falls in t's own zone.
func Of(t time.Time) Date {
	y, m, d := t.Date()
	return On(y, m, d)
}

// On returns the date of a year, month and day, which may overflow as in [time.Date].
func On(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Parse reads a date written as 2006-01-02.
func Parse(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("date %q: want YYYY-MM-DD", s)
	}
	d := Of(t)
	if t.Unix() < 0 || d > Latest {
		return 0, fmt.Errorf("date %q: want a day from 1970-01-02 to 2149-06-06", s)
	}
	return d, nil
}

// MustParse is Parse for constants in tests; it panics on an error.
func MustParse(s string) Date {
	d, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// IsZero reports whether d is unset.
func (d Date) IsZero() bool { return d == 0 }

// Time returns midnight UTC at the start of d.
func (d Date) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String writes d as 2006-01-02.
func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// Add returns the date n days later.
func (d Date) Add(n int) Date { return d + Date(n) }

// AddMonths returns the same day n months later, or the last day of that month when it is shorter.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Time().Date()
	last := On(y, m+time.Month(n)+1, 0)
	return min(On(y, m+time.Month(n), 1)+Date(day-1), last)
}

// Sub returns the number of days from e to d.
func (d Date) Sub(e Date) int { return int(d) - int(e) }

// MonthEnd returns the last day of d's month.
func (d Date) MonthEnd() Date {
	y, m, _ := d.Time().Date()
	return On(y, m+1, 0)
}

// Cut returns the knowledge cut of the night: the first instant after d in zone. A fact counts when
// known_at < Cut.
func (d Date) Cut(zone *time.Location) time.Time { return Instant(d.Add(1).Time(), zone).UTC() }

// Instant returns when the clocks of a zone show the date and the time of wall, whatever the zone of wall. A time that comes twice is the first
// of the two; one that summer time leaves out is as much later, where [time.Date] gives the hour before: a midnight of Santiago or Cairo.
func Instant(wall time.Time, zone *time.Location) time.Time {
	y, m, d := wall.Date()
	hour, minute, second := wall.Clock()
	at := time.Date(y, m, d, hour, minute, second, 0, zone)
	ay, am, ad := at.Date()
	ahour, aminute, asecond := at.Clock()
	if short := time.Date(y, m, d, hour, minute, second, 0, time.UTC).Sub(time.Date(ay, am, ad, ahour, aminute, asecond, 0, time.UTC)); short > 0 {
		return at.Add(short)
	}
	return at
}

// MarshalText writes d as 2006-01-02, for JSON, YAML and flags.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2006-01-02.
func (d *Date) UnmarshalText(text []byte) error {
	v, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
