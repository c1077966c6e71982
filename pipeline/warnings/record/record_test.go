package record

import (
	"fmt"
	"math"
	"testing"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warnings"
)

// The intervals are those of scipy.stats.binomtest(k, n).proportion_ci(method="wilson").
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n   int
		lo, hi float64
	}{
		{0, 10, 0.0, 0.27753279986288926},
		{1, 10, 0.017876213095072896, 0.4041500267952385},
		{4, 8, 0.21521606221387757, 0.7847839377861224},
		{17, 346, 0.03089945512531838, 0.07726799577731802},
		{20, 20, 0.8388748419471808, 1.0},
	} {
		share, lo, hi := wilson(c.k, c.n)
		if share != float64(c.k)/float64(c.n) || math.Abs(lo-c.lo) > 1e-9 || math.Abs(hi-c.hi) > 1e-9 {
			t.Errorf("%d of %d: %g from %g to %g, want %g to %g", c.k, c.n, share, lo, hi, c.lo, c.hi)
		}
	}
	if share, lo, hi := wilson(0, 0); !math.IsNaN(share) || !math.IsNaN(lo) || !math.IsNaN(hi) {
		t.Errorf("none of none: %g from %g to %g, want nothing", share, lo, hi)
	}
}

const none = asof.Date(math.MaxUint16) // not ended

func day(s string) asof.Date { return asof.MustParse(s) }

// Ten alarms of one rule on a book of 100 customers, read on 2026-06-30, worked by hand: see want.
func tenAlarms() History {
	h := History{AsOf: day("2026-06-30"), Customers: map[string]PastCustomer{}, Versions: map[string]string{"W2-01": "v"}, Margin: 0.2,
		Nights: []PastNight{{day("2025-01-31"), 100}, {day("2025-06-30"), 100}, {day("2026-06-29"), 100}}}
	alarm := func(n int, from, to string) string {
		id := fmt.Sprintf("C%d", n)
		h.Episodes = append(h.Episodes, PastEpisode{CustomerID: id, Code: "W2-01", Version: "v", Tier: 2, Open: Span{day(from), day(to)}})
		return id
	}
	since := h.Nights[0].AsOf
	// Three true: leads 20, 45 and 200 days. The third came true by 60 days past due.
	h.Customers[alarm(1, "2025-01-31", "2025-02-10")] = PastCustomer{Since: since, Defaults: []Span{{day("2025-02-20"), none}},
		Amounts: map[asof.Date]Amounts{day("2025-01-31"): {Exposure: 1000 * book.Scale, LGD: 0.5}, day("2025-02-15"): {Exposure: 400 * book.Scale, LGD: 0.9}, day("2025-02-21"): {Exposure: 0}}}
	h.Customers[alarm(2, "2025-01-31", "2025-03-10")] = PastCustomer{Since: since, Defaults: []Span{{day("2025-03-17"), none}}, Acts: []asof.Date{day("2025-02-03")},
		Amounts: map[asof.Date]Amounts{day("2025-01-31"): {Exposure: 100 * book.Scale, LGD: 0.5}, day("2025-03-17"): {Exposure: 700 * book.Scale, LGD: 0.5}}}
	h.Customers[alarm(3, "2025-01-31", "2025-02-28")] = PastCustomer{Since: since, Late: []Span{{day("2025-08-19"), day("2025-09-30")}}}
	// Four false: one acted on, with 500 of orders held; one defaulted a day too late; two on customers to whom nothing ever happened.
	h.Customers[alarm(4, "2025-06-30", "2025-06-30")] = PastCustomer{Since: since, Acts: []asof.Date{day("2025-06-30"), day("2025-07-01")},
		Amounts: map[asof.Date]Amounts{day("2025-06-30"): {Orders: 500 * book.Scale}}}
	h.Customers[alarm(5, "2025-01-31", "2025-01-31")] = PastCustomer{Since: since, Defaults: []Span{{day("2026-02-01"), none}}}
	alarm(6, "2025-06-30", "2026-06-29")
	alarm(7, "2025-06-30", "2026-06-29")
	// One late: the customer was in default already.
	h.Customers[alarm(8, "2025-06-30", "2025-07-30")] = PastCustomer{Since: since, Defaults: []Span{{day("2025-06-30"), none}}}
	// Two young: a day short of 12 months. The one came true after 100 days, the other is open.
	h.Customers[alarm(9, "2025-07-01", "2026-06-29")] = PastCustomer{Since: since, Defaults: []Span{{day("2025-10-09"), none}}}
	alarm(10, "2025-07-01", "2026-06-29")
	return h
}

func TestTenAlarms(t *testing.T) {
	records, err := Of(tenAlarms())
	if err != nil {
		t.Fatal(err)
	}
	var r *Record
	for i := range records {
		if records[i].Code == "W2-01" {
			if r != nil {
				t.Fatal("two records of W2-01")
			}
			r = &records[i]
		}
	}
	counts := fmt.Sprint(r.Alarms, r.Late, r.Matured, r.True, r.Aged, r.TrueAged, r.Treated, r.TreatedAged, r.TreatedTrue, r.UntreatedAged, r.UntreatedTrue)
	if want := fmt.Sprint(10, 1, 8, 4, 7, 3, 2, 2, 1, 5, 2); counts != want {
		t.Errorf("counts %s, want %s", counts, want)
	}
	// Defaults from 2025-03-02 on: of 2, 5, 8, 9. Before 2: 45 days; 9: 100 days; 5: its alarm had closed 366 days before; 8: on its day.
	if got := fmt.Sprint(r.Defaults, r.Recalled, r.Recalled30); got != fmt.Sprint(4, 2, 2) {
		t.Errorf("defaults, recalled, 30 days before: %s, want 4 2 2", got)
	}
	// First night: 100 at risk; within a year 1, 2, 3, 8 and 9 meet the event. 2025-06-30: 1, 2 and 8 are in default, 97 at risk; 3, 5 and 9 follow.
	base := 8. / 197
	for what, pair := range map[string][2]float64{
		"precision": {r.Precision, 3. / 7}, "base rate": {r.BaseRate, base}, "lift": {r.Lift, 3. / 7 / base},
		"lead": {r.LeadMedian, 72.5}, "10 %": {r.LeadP10, 27.5}, "90 %": {r.LeadP90, 170}, "30 days": {r.Lead30Share, 0.75},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-12 {
			t.Errorf("%s: %g, want %g", what, pair[0], pair[1])
		}
	}
	// Saved: (1000 - 400) x 0.5; the exposure of the second grew. Cost: 20 % of 500.
	if r.Saved.String() != book.Money(300*book.Scale).String() || r.FalseAlarmCost.String() != book.Money(100*book.Scale).String() {
		t.Errorf("saved %s at the cost of %s, want 300 and 100", r.Saved, r.FalseAlarmCost)
	}
	if !r.PriorOnly() || !r.Current {
		t.Errorf("prior only %t, current %t: want both", r.PriorOnly(), r.Current)
	}
	codes := 0
	for _, x := range records {
		if x.Scope == OfCode {
			codes++
		}
	}
	if codes != len(warnings.Rules) {
		t.Errorf("%d codes have a record, want all %d", codes, len(warnings.Rules))
	}
}

// A tier adds the defaults that it alone warned of in time; times at S3 less than a fortnight apart are one alarm.
func TestTiers(t *testing.T) {
	h := History{AsOf: day("2026-06-30"), Nights: []PastNight{{day("2025-01-31"), 10}, {day("2026-06-29"), 10}},
		Customers: map[string]PastCustomer{"A": {Since: day("2025-01-31"), Defaults: []Span{{day("2025-12-31"), none}}}, "B": {Since: day("2025-01-31"), Defaults: []Span{{day("2025-12-31"), none}}}}}
	act := func(customer, code string, tier uint8, from, to string) {
		s := Span{day(from), day(to)}
		h.Episodes = append(h.Episodes, PastEpisode{CustomerID: customer, Code: code, Tier: tier, Open: s, Acting: s})
	}
	act("A", "W1-01", 1, "2025-10-01", "2025-10-10")
	act("A", "W1-07", 1, "2025-10-24", "2025-10-24") // 14 days on
	act("A", "W1-01", 1, "2025-11-08", "2025-11-09") // 15 days on
	act("A", "W3-01", 3, "2025-12-02", "2025-12-31") // 29 days before
	act("B", "W2-01", 2, "2025-12-01", "2025-12-31") // 30 days before
	act("B", "W3-01", 3, "2025-12-01", "2025-12-31")
	records, err := Of(h)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"T1": "2 1 1 1", "T2": "1 1 1 0", "T3": "2 2 1 0", "S3+": "4 2 2 0"}
	for _, r := range records {
		if w, ok := want[r.Code]; ok {
			delete(want, r.Code)
			if got := fmt.Sprint(r.Alarms, r.Recalled, r.Recalled30, r.Added30); got != w {
				t.Errorf("%s: alarms, recalled, 30 days before, alone: %s, want %s", r.Code, got, w)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no record of %v", want)
	}
}

// Lift surely below 1.2 at two monthly looks takes a rule down, one better look brings it back, and each change is told.
func TestDemotion(t *testing.T) {
	weak := Record{Scope: OfCode, Code: "W2-01", Version: "v", Current: true, Aged: 20, LiftHi: 1.1999}
	good, young, other := weak, weak, weak
	good.LiftHi, young.Aged, other.Version = 1.2, 19, "w"
	var last []Standing
	previous := asof.Date(0)
	for i, c := range []struct {
		night   string
		record  Record
		demoted string
		weak    int
		changed bool
	}{
		{"2026-01-31", weak, "", 0, false}, // a rule never seen before starts anew
		{"2026-02-01", weak, "", 1, false},
		{"2026-02-28", weak, "", 1, false}, // the same month
		{"2026-03-05", young, "", 0, false},
		{"2026-04-01", weak, "", 1, false},
		{"2026-05-01", weak, "2026-05-01", 2, true},
		{"2026-05-02", good, "2026-05-01", 2, false}, // not looked at
		{"2026-06-01", weak, "2026-05-01", 3, false},
		{"2026-07-01", good, "", 0, true},
		{"2026-08-01", weak, "", 1, false},
		{"2026-09-01", weak, "2026-09-01", 2, true},
		{"2026-09-02", other, "", 0, true},
	} {
		night := day(c.night)
		got := Standings([]Record{c.record}, last, previous, night)
		if len(got) != 1 {
			t.Fatalf("%d standings, want 1", len(got))
		}
		s := got[0]
		since := ""
		if !s.Demoted.IsZero() {
			since = s.Demoted.String()
		}
		if since != c.demoted || s.Weak != c.weak || s.Changed != c.changed {
			t.Errorf("night %d, %s: demoted %q, weak %d, changed %t, want %q, %d, %t", i, c.night, since, s.Weak, s.Changed, c.demoted, c.weak, c.changed)
		}
		if told := s.EN != "" && s.ZH != ""; told != (s.Changed || since != "") {
			t.Errorf("night %d, %s: told %t", i, c.night, told)
		}
		last, previous = got, night
	}
}
