package pipeline

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/pipeline/asof"
)

// monthEnds are the month ends from one to another.
func monthEnds(from, to string) (dates []asof.Date) {
	for d := asof.MustParse(from); d <= asof.MustParse(to); d = d.Add(1).MonthEnd() {
		dates = append(dates, d)
	}
	return dates
}

// customersAt is a record of ten customers, 0 to 9, at every cohort.
func customersAt(cohorts []asof.Date) arrow.Record {
	dates, customers := array.NewDate32Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	for _, c := range cohorts {
		for i := range 10 {
			dates.Append(arrow.Date32(c))
			customers.Append(string(rune('0' + i)))
		}
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "as_of", Type: arrow.FixedWidthTypes.Date32}, {Name: "customer_id", Type: arrow.BinaryTypes.String}}, nil)
	return array.NewRecord(schema, []arrow.Array{dates.NewArray(), customers.NewArray()}, int64(10*len(cohorts)))
}

func TestHeldOutCohortsBeginWhereOutcomesLearntFromEnd(t *testing.T) {
	for _, c := range []struct {
		name       string
		from, to   string // cohorts
		holdout    Holdout
		until      string
		used, held int
		firstHeld  string
	}{
		{"three years: the last three mature cohorts", "2023-06-30", "2026-04-30", Holdout{LastCohorts: 3}, "2025-04-30", 350, 30, "2025-04-30"},
		{"one mature cohort more than the horizon", "2025-06-30", "2026-04-30", Holdout{LastCohorts: 3}, "", 8*11 + 2, 2, "2025-06-30"},
		{"too short for time: a fifth of the customers in the held-out cohorts", "2025-02-28", "2026-04-30", Holdout{LastCohorts: 3}, "", 8*15 + 6, 6, "2025-04-30"},
		{"customers by number: in every mature cohort, and no others", "2025-02-28", "2026-04-30", Holdout{Modulo: 10, Equals: 3}, "", 9*15 + 5, 5, "2025-02-28"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := &Night{AsOf: asof.MustParse("2026-06-30")}
			n.Default.HorizonMonths, n.Validation.LagDays, n.Train.Holdout = 12, 30, c.holdout
			cohorts := monthEnds(c.from, c.to)
			rec := customersAt(cohorts)
			use, held, until := n.split(rec, cohorts)
			want := asof.Date(0)
			if c.until != "" {
				want = asof.MustParse(c.until)
			}
			if until != want {
				t.Errorf("outcomes learnt from end on %s, want %s", until, want)
			}
			judges, first := 0, asof.Latest
			for i, row := range use {
				date := asof.Date(rec.Column(0).(*array.Date32).Value(row))
				if held[i] {
					judges++
					first = min(first, date)
					if !n.mature(date) {
						t.Errorf("cohort %s judges, its outcome is not known in full", date)
					}
				}
			}
			if len(use) != c.used || judges != c.held || first != asof.MustParse(c.firstHeld) {
				t.Errorf("%d rows used, %d of them held out from %s; want %d, %d, %s", len(use), judges, first, c.used, c.held, c.firstHeld)
			}
		})
	}
}

func TestMonthsCountOnceTheyAreReported(t *testing.T) {
	n := &Night{AsOf: asof.MustParse("2026-06-30")}
	n.Default.HorizonMonths, n.Validation.LagDays = 12, 30
	for _, c := range []struct {
		snapshot, defaulted string
		known, month        int
	}{
		{"2025-06-30", "2026-06-25", 12, 12}, // the horizon has passed: all counts
		{"2025-07-31", "2026-06-25", 10, 0},  // not yet sure of May and June
		{"2025-07-31", "2026-05-20", 10, 10},
		{"2026-04-30", "", 1, 0},
		{"2026-05-31", "2026-06-10", 0, 0},
	} {
		defaulted := asof.Date(0)
		if c.defaulted != "" {
			defaulted = asof.MustParse(c.defaulted)
		}
		if known, month := n.knownMonths(asof.MustParse(c.snapshot), defaulted); known != c.known || month != c.month {
			t.Errorf("%s, default %q: month %d of %d known, want %d of %d", c.snapshot, c.defaulted, month, known, c.month, c.known)
		}
	}
}
