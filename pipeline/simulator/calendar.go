package simulator

import (
	"math"
	"time"

	"creditwatch/pipeline/asof"
)

// The years whose holidays are listed below. Days on which a weekend is worked in exchange are left out: they are
// decreed year by year.
const firstYear, lastYear = 2020, 2030

// lunarNewYear is the first day of the lunar year, by year from firstYear.
var lunarNewYear = [...]string{
	"2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06",
	"2028-01-26", "2029-02-13", "2030-02-03",
}

// movable lists the other holidays that follow the sun or the moon.
var movable = []struct {
	name string
	days [lastYear - firstYear + 1]string // month and day
}{
	{"清明节", [...]string{"04-04", "04-04", "04-05", "04-05", "04-04", "04-04", "04-05", "04-05", "04-04", "04-04", "04-05"}},
	{"端午节", [...]string{"06-25", "06-14", "06-03", "06-22", "06-10", "05-31", "06-19", "06-09", "05-28", "06-16", "06-05"}},
	{"中秋节", [...]string{"10-01", "09-21", "09-10", "09-29", "09-17", "10-06", "09-25", "09-15", "10-03", "09-22", "09-12"}},
}

// A calendar knows the days of firstYear to lastYear, indexed from first.
type calendar struct {
	first    asof.Date
	holiday  []string    // name, empty if none
	next     []asof.Date // the day itself, or the next business day
	festival []asof.Date // lunar new years
	text     [][10]byte  // YYYY-MM-DD
}

func newCalendar() *calendar {
	first, last := asof.On(firstYear, 1, 1), asof.On(lastYear+1, 12, 31) // a year more, for due dates
	n := last.Sub(first) + 1
	c := &calendar{first: first, holiday: make([]string, n), next: make([]asof.Date, n), text: make([][10]byte, n)}
	mark := func(name string, day asof.Date, days int) {
		for i := range days {
			c.holiday[day.Add(i).Sub(first)] = name
		}
	}
	for y := firstYear; y <= lastYear; y++ {
		mark("元旦", asof.On(y, 1, 1), 1)
		mark("劳动节", asof.On(y, 5, 1), 5)
		mark("国庆节", asof.On(y, 10, 1), 7)
		for _, m := range movable {
			t, _ := time.Parse("01-02", m.days[y-firstYear])
			mark(m.name, asof.On(y, t.Month(), t.Day()), 1)
		}
		lunar := asof.MustParse(lunarNewYear[y-firstYear])
		mark("春节", lunar.Add(-1), 8)
		c.festival = append(c.festival, lunar)
	}
	for i := n - 1; i >= 0; i-- {
		c.next[i] = first.Add(i)
		if !c.business(first.Add(i)) && i+1 < n {
			c.next[i] = c.next[i+1]
		}
		copy(c.text[i][:], first.Add(i).String())
	}
	return c
}

func (c *calendar) business(d asof.Date) bool {
	w := d.Time().Weekday()
	return w != time.Saturday && w != time.Sunday && c.holiday[d.Sub(c.first)] == ""
}

// working returns d or the next business day.
func (c *calendar) working(d asof.Date) asof.Date {
	if i := d.Sub(c.first); i >= 0 && i < len(c.next) {
		return c.next[i]
	}
	return d
}

// season is the factor on orders of a day: a rush before the lunar new year, then almost nothing for four weeks.
func (c *calendar) season(d asof.Date) float64 {
	for _, f := range c.festival {
		switch n := d.Sub(f); {
		case n >= -35 && n < -12:
			return 1.25
		case n >= -12 && n < 14:
			return 0.25
		case n >= 14 && n < 28:
			return 0.8
		}
	}
	return 1 + 0.08*math.Sin(2*math.Pi*float64(d.Time().YearDay()-120)/365)
}

// appendDate writes d as YYYY-MM-DD.
func (c *calendar) appendDate(b []byte, d asof.Date) []byte {
	if i := d.Sub(c.first); i >= 0 && i < len(c.text) {
		return append(b, c.text[i][:]...)
	}
	return d.Time().AppendFormat(b, time.DateOnly)
}
