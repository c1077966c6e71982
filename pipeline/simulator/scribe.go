package simulator

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"creditwatch/pipeline/asof"
)

// An instant is seconds since 1970 UTC. Asia/Shanghai has been UTC+8 without summer time since 1991.
type instant int64

const (
	day      = 86400
	shanghai = 8 * 3600
)

// at returns an instant in the office hours of a day.
func at(d asof.Date, dice dice) instant {
	return instant(int64(d)*day - shanghai + 9*3600 + int64(dice.IntN(9*3600)))
}

// date returns the day in Asia/Shanghai.
func (i instant) date() asof.Date { return asof.Date((int64(i) + shanghai) / day) }

// A row is a line in the making.
type row struct {
	table    table
	known    instant
	delivery int // file; -1 = by known
	from, to int32
	plant    plant
}

// A plant is a piece of dirt, or what else a test of the pull must know of.
type plant struct{ kind, column, note string }

// A planted piece with its place.
type planted struct {
	file, line int // file index of the block's output; line from 1 within it
	plant
}

// output is what a block adds to one file.
type output struct {
	bytes []byte
	lines int
}

// A scribe writes the rows of a block of customers: those of one customer are collected, sorted by the time they became known
// and then dealt to the files. Its fields are separated by commas and the last is known_at.
type scribe struct {
	w    *world
	soil dice // dirt
	dirt float64

	buf     []byte
	rows    []row
	outputs []output // by table and delivery
	dirty   []planted
	truth   [len(truthFiles)]output
	moved   moved
	counts  Summary
}

func (s *scribe) str(v string) {
	if strings.ContainsAny(v, ",\"\n") {
		s.buf = append(s.buf, '"')
		s.buf = append(s.buf, strings.ReplaceAll(v, `"`, `""`)...)
		s.buf = append(s.buf, '"')
	} else {
		s.buf = append(s.buf, v...)
	}
	s.buf = append(s.buf, ',')
}

func (s *scribe) date(d asof.Date) {
	if d != 0 {
		s.buf = s.w.appendDate(s.buf, d)
	}
	s.buf = append(s.buf, ',')
}

// cents writes an amount; negative = empty.
func (s *scribe) cents(v int64) {
	if v >= 0 {
		s.buf = appendCents(s.buf, v)
	}
	s.buf = append(s.buf, ',')
}

func appendCents(b []byte, v int64) []byte {
	b = strconv.AppendInt(b, v/100, 10)
	return append(b, '.', byte('0'+v/10%10), byte('0'+v%10))
}

func (s *scribe) whole(v int) {
	s.buf = strconv.AppendInt(s.buf, int64(v), 10)
	s.buf = append(s.buf, ',')
}

func (s *scribe) number(v float64, digits int) {
	s.buf = strconv.AppendFloat(s.buf, v, 'f', digits, 64)
	s.buf = append(s.buf, ',')
}

func (s *scribe) flag(v bool) {
	s.buf = strconv.AppendBool(s.buf, v)
	s.buf = append(s.buf, ',')
}

// begin notes where a row starts; end writes known_at and keeps it.
func (s *scribe) begin() int32 { return int32(len(s.buf)) }

func (s *scribe) end(t table, from int32, known instant) *row {
	s.buf = s.w.appendDate(s.buf, asof.Date(int64(known)/day))
	clock := int64(known) % day
	for i, v := range [...]int64{clock / 3600, clock / 60 % 60, clock % 60} {
		s.buf = append(s.buf, " ::"[i], byte('0'+v/10), byte('0'+v%10))
	}
	s.buf = append(s.buf, '\n')
	return s.keep(t, from, known)
}

func (s *scribe) keep(t table, from int32, known instant) *row {
	s.rows = append(s.rows, row{table: t, known: known, delivery: -1, from: from, to: int32(len(s.buf))})
	return &s.rows[len(s.rows)-1]
}

// deal sorts the rows collected since the last call and gives each to its file. Rows not learnt within the horizon are
// dropped.
func (s *scribe) deal() {
	slices.SortStableFunc(s.rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.table, b.table), cmp.Compare(a.known, b.known)) })
	for i := range s.rows {
		r := &s.rows[i]
		if r.delivery < 0 {
			if r.delivery = s.w.delivery(r.known.date()); r.delivery < 0 {
				continue
			}
		}
		f := int(r.table)*len(s.w.deliveries) + r.delivery
		out := &s.outputs[f]
		out.bytes = append(out.bytes, s.buf[r.from:r.to]...)
		out.lines++
		s.counts.Rows[min(r.table, news)]++
		if r.plant.kind != "" {
			s.dirty = append(s.dirty, planted{f, out.lines, r.plant})
		}
	}
	s.rows, s.buf = s.rows[:0], s.buf[:0]
}

func (i instant) time() time.Time { return time.Unix(int64(i), 0).UTC() }
