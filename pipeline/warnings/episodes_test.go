package warnings

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"creditwatch/pipeline/asof"
)

// course writes what became of an episode night after night: p pending, 1 to 4 open at that severity, x closed,
// c cooling, - nothing, and a blank for a night left out.
func course(results []Result, code string) string {
	var b strings.Builder
	for _, r := range results {
		switch e := find(r, code); {
		case r.Unjudged == nil:
			b.WriteByte(' ')
		case e.State == Open:
			b.WriteByte('0' + byte(e.Severity))
		case e.State == "":
			b.WriteByte('-')
		default:
			b.WriteByte(map[State]byte{Pending: 'p', Closed: 'x', Cooling: 'c'}[e.State])
		}
	}
	return b.String()
}

// uses is the limit utilisation on each night: h 0.9 (amber), m 0.82 (between the amber lines), r 1.1 (red), l 0.5,
// ? unknown, and a blank for a night left out.
func uses(nights string) []set {
	var all []set
	for _, c := range nights {
		if c == ' ' {
			all = append(all, nil)
			continue
		}
		all = append(all, set{"limit_utilisation": map[rune]float64{'h': 0.9, 'm': 0.82, 'r': 1.1, 'l': 0.5, '?': null}[c]})
	}
	return all
}

func TestEpisodes(t *testing.T) {
	two := catalogue()
	two.LimitUse.Amber = Line{Open: 0.85, Close: 0.8, Nights: 2, Of: 3}
	patient := catalogue()
	patient.CloseNights = 2
	for _, c := range []struct {
		name         string
		policy       Policy
		nights, want string
	}{
		{"opens on the third night", catalogue(), "hhhh", "pp22"},
		{"a break starts the count again", catalogue(), "hhlhhh", "pp-pp2"},
		{"between the lines is not over", catalogue(), "hhmhhh", "pp-pp2"},
		{"two of three nights", two, "hlhl", "pp2x"},
		{"two of three nights, spread too far", two, "hllhll", "pp-pp-"},
		{"stays open between the lines", catalogue(), "hhhmmmml", "pp22222x"},
		{"red at once", catalogue(), "rr", "33"},
		{"rises and falls within one episode", catalogue(), "hhhrhmrl", "pp23223x"},
		{"closes only after two nights", patient, "hhhlmllh", "pp2222xc"},
		{"an unjudged night neither counts nor breaks", catalogue(), "hh?h", "ppp2"},
		{"an unjudged night keeps it open", catalogue(), "hhh?l", "pp22x"},
		{"a night left out neither counts nor breaks", catalogue(), "hh h", "pp 2"},
		{"unknown from the start", catalogue(), "??", "--"},
		{"opens again only after the cool-down", catalogue(), "rl" + strings.Repeat("r", 15), "3x" + strings.Repeat("c", 13) + "33"},
		{"cool-down runs over nights left out", catalogue(), "rl" + strings.Repeat(" ", 13) + "r", "3x" + strings.Repeat(" ", 13) + "3"},
		{"after the cool-down amber counts the nights in it", catalogue(), "rl" + strings.Repeat("h", 14), "3x" + strings.Repeat("c", 13) + "2"},
		{"cooled down and gone", catalogue(), "rl" + strings.Repeat("l", 14), "3x" + strings.Repeat("c", 13) + "-"},
		{"unjudged while cooling", catalogue(), "rl" + strings.Repeat("?", 14), "3x" + strings.Repeat("c", 13) + "-"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			if got := course(nightsOf(t, c.policy, uses(c.nights)...), "W2-10"); got != c.want {
				t.Errorf("nights %q\ngot    %q\nwant   %q", c.nights, got, c.want)
			}
		})
	}
}

func TestCriticalNeedsNoCoolDown(t *testing.T) {
	s4, s3, none := set{"default_days": 95}, set{"default_days": 80}, set{}
	for _, c := range []struct {
		name   string
		nights []set
		want   string
	}{
		{"after a critical episode", []set{s4, none, s3}, "4x3"},
		{"a critical opening breaks the cool-down", []set{s3, none, s3, s4}, "3xc4"},
	} {
		if got := course(nightsOf(t, catalogue(), c.nights...), "W2-03"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDoesNotCloseWhileSomethingWorseCounts(t *testing.T) {
	p := catalogue()
	p.Stale.LedgerBusinessDays.Nights = 3
	keyless, old := set{"has_external_key": 0}, set{"ledger_age_days": 20}
	if got, want := course(nightsOf(t, p, keyless, old, old, old), "W1-08"), "1112"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEpisodeKeepsItsIdentity(t *testing.T) {
	nights := nightsOf(t, catalogue(), uses("hhhrmllllllllllllllllhhh")...)
	opened := find(nights[2], "W2-10")
	if opened.FirstSeen != monday.Add(2) {
		t.Errorf("first seen %s, want the night it opened, %s", opened.FirstSeen, monday.Add(2))
	}
	for i := 3; i < 18; i++ {
		if e := find(nights[i], "W2-10"); e.EpisodeID != opened.EpisodeID || e.FirstSeen != opened.FirstSeen {
			t.Errorf("night %d: episode %s of %s, want %s of %s", i, e.EpisodeID, e.FirstSeen, opened.EpisodeID, opened.FirstSeen)
		}
	}
	if again := find(nights[23], "W2-10"); again.State != Open || again.EpisodeID == opened.EpisodeID {
		t.Errorf("second episode: %+v, want an open one with an identity of its own", again)
	}
	closed := find(nights[5], "W2-10")
	if closed.State != Closed || closed.ClosedOn != monday.Add(5) || closed.LastSeen != monday.Add(3) || closed.Peak != 1.1 || closed.Value != 0.5 {
		t.Errorf("closed episode: %+v, want closed on %s, last seen %s, peak 1.1, value 0.5", closed, monday.Add(5), monday.Add(3))
	}
}

func TestDueAndOwnerFollowSeverity(t *testing.T) {
	nights := nightsOf(t, catalogue(), uses("hhhrm?l")...) // Monday to Sunday
	for i, want := range []struct {
		owner, due, action string
	}{
		2: {"Li Na", "2026-03-19", "FREEZE"}, // Wednesday: read on Thursday, ten business days
		3: {"credit manager", "2026-03-10", "FREEZE HOLD"},
		4: {"Li Na", "2026-03-10", "FREEZE"},
		5: {"Li Na", "2026-03-10", "FREEZE"},
	} {
		if want.owner == "" {
			continue
		}
		if e := find(nights[i], "W2-10"); e.Owner != want.owner || e.DueOn.String() != want.due || e.Action != want.action {
			t.Errorf("night %d: %s, due %s, %s; want %v", i, e.Owner, e.DueOn, e.Action, want)
		}
	}
	late := nightsOf(t, catalogue(), uses("hhh"+strings.Repeat("h", 13)+"r")...)
	if e := find(late[16], "W2-10"); e.Severity != Act || e.DueOn.String() != "2026-03-19" {
		t.Errorf("worse just before it is due: %s due %s, want S3 and still 2026-03-19", e.Severity, e.DueOn)
	}
	holiday := func(d asof.Date, n int) asof.Date { return MonToFri(d, n+7) }
	r := judged(t, Night{AsOf: monday, Book: one(set{"in_default": 1}), Calendar: holiday}, catalogue())
	if e := find(r, "W2-03"); e.DueOn.String() != "2026-03-12" || e.Owner != "credit manager, finance head" {
		t.Errorf("due %s by %s, want 2026-03-12 by credit manager, finance head", e.DueOn, e.Owner)
	}
	r = judged(t, Night{AsOf: monday, Book: bookOf(customer{id: "c1", shows: set{"score_missing": 1}})}, catalogue())
	if e := find(r, "W1-08"); e.Owner != "credit analyst" {
		t.Errorf("owner %q of a customer without one, want credit analyst", e.Owner)
	}
}

func TestNoLongerSuppressedIsDueAnew(t *testing.T) {
	late := set{"overdue_60d_base": 5000}
	nights := nightsOf(t, catalogue(), with(late, set{"promise_pending": 1}), with(late, set{"promise_pending": 1}), with(late, nil))
	first, freed := find(nights[0], "W2-02"), find(nights[2], "W2-02")
	if first.SuppressedBy != "promise_pending" || freed.SuppressedBy != "" || freed.EpisodeID != first.EpisodeID || first.DueOn.String() != "2026-03-05" || freed.DueOn.String() != "2026-03-09" {
		t.Errorf("suppressed %+v\nfreed %+v: want the same episode, due two business days after it was freed", first, freed)
	}
	if s := nights[0].Summary; s.Open != 1 || s.Suppressed != 1 {
		t.Errorf("summary %+v, want one open, suppressed", s)
	}
}

func TestUnjudgedNightSaysSo(t *testing.T) {
	nights := nightsOf(t, catalogue(), uses("r??r")...)
	e := find(nights[2], "W2-10")
	want := "not judged tonight (null: limit_utilisation); before: " + find(nights[0], "W2-10").Evidence
	if e.Evidence != want || e.TextEN != find(nights[0], "W2-10").TextEN || e.Peak != 1.1 || e.LastSeen != monday {
		t.Errorf("got %+v, want evidence %q", e, want)
	}
	if back := find(nights[3], "W2-10"); strings.Contains(back.Evidence, "not judged") || back.NightsOver != 2 {
		t.Errorf("judged again: %+v", back)
	}
	i := slices.IndexFunc(nights[2].Unjudged, func(u Unjudged) bool { return u.Code == "W2-10" })
	if diff := cmp.Diff(Unjudged{"W2-10", "limit_utilisation", 1, 0}, nights[2].Unjudged[i]); diff != "" {
		t.Error(diff)
	}
	if len(nights[2].Unjudged) != len(Rules) {
		t.Errorf("%d counts, want one for each of %d rules", len(nights[2].Unjudged), len(Rules))
	}
}

func TestGoneCustomerAndWithdrawnRule(t *testing.T) {
	last := judged(t, Night{AsOf: monday, Book: one(set{"in_default": 1})}, catalogue()).Episodes
	old := last[0]
	old.Code, old.Tier = "W2-99", 2
	r := judged(t, Night{AsOf: monday.Add(1), Book: bookOf(customer{id: "c2"}), Last: append(last, old)}, catalogue())
	if e := find(r, "W2-03"); e.State != Open || !strings.HasPrefix(e.Evidence, "not judged tonight (the customer is not in the book)") {
		t.Errorf("customer gone: %+v, want the episode open and the reason said", e)
	}
	if e := find(r, "W2-99"); e.State != Closed || !strings.HasPrefix(e.Evidence, "the rule was withdrawn") {
		t.Errorf("rule gone: %+v, want the episode closed and the reason said", e)
	}
}

func TestJudgeRefuses(t *testing.T) {
	book := one(nil)
	last := Episode{AsOf: monday.Add(-1), CustomerID: "c1", Code: "W1-01", State: Open, Severity: Watch}
	today := last
	today.AsOf = monday
	bad := catalogue()
	bad.LimitUse.Amber.Close = 0.9
	for _, c := range []struct {
		name   string
		night  Night
		policy Policy
		want   string
	}{
		{"episodes of the same night", Night{AsOf: monday, Book: book, Last: []Episode{today}}, catalogue(), "want a night before 2026-03-02, got 2026-03-02"},
		{"the same episode twice", Night{AsOf: monday, Book: book, Last: []Episode{last, last}}, catalogue(), "customer c1 has W1-01 twice"},
		{"a customer twice", Night{AsOf: monday, Book: bookOf(customer{id: "c1"}, customer{id: "c1"})}, catalogue(), "customer c1 is in rows 0 and 1"},
		{"a customer without number", Night{AsOf: monday, Book: bookOf(customer{})}, catalogue(), "row 0 has no customer_id"},
		{"a policy that cannot be", Night{AsOf: monday, Book: book}, bad, "policy: W2-10.amber.close: must be below open (0.85), got 0.9"},
		{"an event that never ages", Night{AsOf: monday, Book: book, Events: []Event{tell("EXEC", func(e *Event) { e.HalfLifeDays = 0 })}}, catalogue(), "want a half-life above 0"},
	} {
		if _, err := Judge(c.night, c.policy); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestBookMustHaveItsColumns(t *testing.T) {
	whole := one(nil)
	var columns []arrow.Field
	var data []arrow.Array
	for i, f := range whole.Schema().Fields() {
		switch f.Name {
		case "limit_utilisation", "owner":
			continue
		case "pd_12m":
			f.Name = "pd_hi" // then pd_12m is missing and pd_hi there twice
		case "industry":
			f.Type = arrow.PrimitiveTypes.Float64
			columns, data = append(columns, f), append(data, whole.Column(len(Labels)))
			continue
		case "feed_stale":
			f.Type = arrow.BinaryTypes.String
			columns, data = append(columns, f), append(data, whole.Column(0))
			continue
		}
		columns, data = append(columns, f), append(data, whole.Column(i))
	}
	_, err := Judge(Night{AsOf: monday, Book: array.NewRecord(arrow.NewSchema(columns, nil), data, 1)}, catalogue())
	for _, want := range []string{
		"column limit_utilisation: want it once in the book, found it 0 times", "column owner: want it once in the book, found it 0 times",
		"column pd_12m: want it once in the book, found it 0 times", "column pd_hi: want it once in the book, found it 2 times",
		"column industry: want utf8, got float64", "column feed_stale: want float64, got utf8",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

var equalNaN = cmpopts.EquateNaNs()

// draw makes nights of customers in every state there is, with news.
func draw(seed uint64, customers, nights int) []Night {
	r := rand.New(rand.NewPCG(seed, 1))
	columns := Reads()
	industries, regions := []string{"steel", "retail"}, []string{"Hebei", "Jiangsu"}
	people := make([]customer, customers)
	for i := range people {
		people[i] = customer{id: fmt.Sprintf("c%d", i), owner: fmt.Sprintf("owner %d", i%3), industry: industries[i%2], region: regions[i/2%2], shows: set{}}
	}
	var all []Night
	var events []Event
	for n := range nights {
		for i := range people {
			people[i].shows = with(people[i].shows, nil)
			for range 3 {
				c := columns[r.IntN(len(columns))]
				people[i].shows[c] = []float64{quiet[c], quiet[c], quiet[c] * 0.3, quiet[c]*3 + 1, quiet[c] * 1.2, null}[r.IntN(6)]
			}
			if r.IntN(20) == 0 {
				code := []string{"INSOLV", "FRAUD", "EXEC", "LITIG", "CLOSURE", "OWNER"}[r.IntN(6)]
				events = append(events, tell(code, func(e *Event) {
					e.CustomerID = people[i].id
					e.Polarity = []string{"affirmed", "affirmed", "denied", "hypothetical", "reversed"}[r.IntN(5)]
					e.StoryID = fmt.Sprintf("s%d", r.IntN(8))
					e.HalfLifeDays = 10
					e.Severity = Severity(1 + r.IntN(4))
				}, daysLater(n)))
			}
		}
		all = append(all, Night{AsOf: monday.Add(n), Book: bookOf(people...), Events: slices.Clone(events)})
	}
	return all
}

func TestOrderOfCustomersAndEventsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		n := draw(seed, 12, 1)[0]
		last := judged(t, n, catalogue()).Episodes
		n.AsOf++
		n.Last = last
		want := judged(t, n, catalogue())

		rows := rand.New(rand.NewPCG(seed, 2)).Perm(12)
		n.Book = shuffled(n.Book, rows)
		n.Events, n.Last = slices.Clone(n.Events), slices.Clone(n.Last)
		slices.Reverse(n.Events)
		slices.Reverse(n.Last)
		if diff := cmp.Diff(want, judged(t, n, catalogue()), equalNaN); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestRerunIsIdentical(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var last []Episode
		for _, n := range draw(rapid.Uint64().Draw(rt, "seed"), 4, 6) {
			n.Last = last
			before := slices.Clone(last)
			first := judged(t, n, catalogue())
			if diff := cmp.Diff(first, judged(t, n, catalogue()), equalNaN); diff != "" {
				rt.Fatalf("%s: %s", n.AsOf, diff)
			}
			if diff := cmp.Diff(before, last, equalNaN); diff != "" {
				rt.Fatalf("%s: the last night was changed: %s", n.AsOf, diff)
			}
			last = first.Episodes
		}
	})
}

func TestBetweenTheLinesNothingChanges(t *testing.T) {
	p := catalogue()
	one := []struct { // rules with one measure of one column
		code, column string
		levels       []Line
	}{
		{"W1-01", "pd_prudent", []Line{p.PDTrigger.Amber, p.PDTrigger.Red}},
		{"W2-03", "default_days", []Line{p.DefaultDays.Amber, p.DefaultDays.Red}},
		{"W2-10", "limit_utilisation", []Line{p.LimitUse.Amber, p.LimitUse.Red}},
		{"W2-16", "returned_payments_90d", []Line{p.Returned.Amber, p.Returned.Red}},
	}
	rapid.Check(t, func(rt *rapid.T) {
		c := rapid.SampledFrom(one).Draw(rt, "rule")
		line := rapid.SampledFrom(c.levels).Draw(rt, "line")
		nights := []set{}
		for range rapid.IntRange(0, 5).Draw(rt, "nights") {
			nights = append(nights, set{c.column: rapid.Float64Range(0, 1.5*c.levels[1].Open).Draw(rt, "value")})
		}
		before := len(nights)
		nights = append(nights, set{c.column: line.Open * 1.0001}, set{c.column: line.Open * 1.0001}, set{c.column: line.Open * 1.0001})
		for range rapid.IntRange(1, 20).Draw(rt, "quiet nights") {
			lo, hi := line.Close, line.Open
			nights = append(nights, set{c.column: lo + (hi-lo)*rapid.Float64Range(0.001, 0.999).Draw(rt, "part")})
		}
		results := nightsOf(t, p, nights...)
		over := find(results[before+2], c.code)
		for i, r := range results[before+3:] {
			e := find(r, c.code)
			if over.State != Open {
				return // held back by a cool-down
			}
			if e.State != over.State || e.Severity != over.Severity || e.EpisodeID != over.EpisodeID {
				rt.Fatalf("%s: %v opened %s %s, %v between %v made it %s %s", c.code, line.Open, over.State, over.Severity, nights[before+3+i], line, e.State, e.Severity)
			}
		}
	})
}
