package warnings

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestStoryIsOneVote(t *testing.T) {
	p := catalogue()
	company := func(e *Event) { e.SourceClass, e.SourceWeight = "company", 0.7 }
	for _, c := range []struct {
		name    string
		events  []Event
		hears   Hearing
		opening float64
		lasting float64
	}{
		{"an article", []Event{tell("EXEC")}, Affirmed, 0.6, 0.6},
		{"its reprint adds nothing", []Event{tell("EXEC"), tell("EXEC", reprint)}, Affirmed, 0.6, 0.6},
		{"another story adds", []Event{tell("EXEC"), tell("EXEC", story2)}, Affirmed, 1.2, 1.2},
		{"counted, each is one", []Event{tell("EXEC"), tell("EXEC", story2)}, Counted, 2, 2},
		{"the weightiest source speaks", []Event{tell("EXEC", social), tell("EXEC")}, Affirmed, 0.6, 0.6},
		{"official is enough whatever its weight", []Event{tell("EXEC", official, func(e *Event) { e.SourceWeight = 0.3 })}, Official, 1, 1},
		{"press is not official", []Event{tell("EXEC")}, Official, 0, 0},
		{"rumour and answer are one story: the weightier word prevails", []Event{tell("EXEC"), tell("EXEC", denied, company)}, Affirmed, 0, 0},
		{"and is still a mention", []Event{tell("EXEC"), tell("EXEC", denied, company)}, Mentioned, 0.7, 0.7},
		{"of equal weight the newer word prevails", []Event{tell("EXEC", daysLater(-1)), tell("EXEC", reversed)}, Affirmed, 0, 0},
		{"half-life", []Event{tell("EXEC", daysAgo(100))}, Affirmed, 0.6, 0.3},
		{"past its half-life it opens nothing", []Event{tell("EXEC", daysAgo(200))}, Affirmed, 0, 0.15},
		{"a reprint does not make it younger", []Event{tell("EXEC", daysAgo(100)), tell("EXEC", reprint, hourLater)}, Affirmed, 0.6, 0.3},
		{"a rumour fades sooner", []Event{tell("EXEC", hypothetical, daysAgo(90))}, Rumoured, 0.6, 0.3},
		{"a happening to come is not older than today", []Event{tell("EXEC", daysAgo(-20))}, Affirmed, 0.6, 0.6},
		{"a denial of one press story", []Event{tell("EXEC"), tell("EXEC", denied, company, story2, daysLater(1))}, Affirmed, 0, 0},
		{"a denial of two press stories", []Event{tell("EXEC"), tell("EXEC", story2), tell("EXEC", denied, company, story3, daysLater(1))}, Affirmed, 1.2, 1.2},
		{"a company is not believed against the court", []Event{tell("EXEC", official), tell("EXEC", denied, story2, daysLater(1), func(e *Event) { e.SourceClass, e.SourceWeight = "company", 1 })}, Affirmed, 1, 1},
		{"good news ends what it names", []Event{tell("EXEC"), tell("POSIT", ends("EXEC"), story2, daysLater(1))}, Affirmed, 0, 0},
		{"and nothing else", []Event{tell("EXEC"), tell("POSIT", ends("FRAUD"), story2, daysLater(1))}, Affirmed, 0.6, 0.6},
		{"good news of nothing in particular", []Event{tell("EXEC"), tell("POSIT", story2, daysLater(1))}, Affirmed, 0.6, 0.6},
		{"an earlier denial", []Event{tell("EXEC", daysLater(1)), tell("EXEC", denied, company, story2)}, Affirmed, 0.6, 0.6},
		{"a denial of something else", []Event{tell("EXEC"), tell("LITIG", denied, company, story2, daysLater(1))}, Affirmed, 0.6, 0.6},
		{"a reversal outdoes each story of no greater weight", []Event{tell("EXEC", official), tell("EXEC", story2), tell("EXEC", reversed, story3, daysLater(1))}, Affirmed, 1, 1},
	} {
		all, err := stories(c.events, monday, &p)
		if err != nil {
			t.Fatal(err)
		}
		opening, lasting := told(c.hears, "EXEC").hear(all)
		if math.Abs(opening-c.opening) > 1e-9 || c.lasting-lasting > 0.01 || lasting-c.lasting > 0.01 {
			t.Errorf("%s: weight %v, now %v; want %v, %v", c.name, opening, lasting, c.opening, c.lasting)
		}
	}
}

func TestEvidenceNamesTheArticles(t *testing.T) {
	long := strings.Repeat("很长的句子", 100)
	events := []Event{tell("FRAUD", func(e *Event) { e.Sentence = long }), tell("FRAUD", reprint, social)}
	r := judged(t, Night{AsOf: monday, Book: one(nil), Events: events}, catalogue())
	e := find(r, "W3-06")
	if !strings.Contains(e.Evidence, "[FRAUD story s1: s1/press/a1 s1/social/a2]") {
		t.Errorf("evidence %q names not both articles", e.Evidence)
	}
	if !strings.Contains(e.TextZH, "很长的句子") || len([]rune(e.TextZH)) > 300 {
		t.Errorf("text %q, want the sentence, cut", e.TextZH)
	}
	if r := judged(t, Night{AsOf: monday, Book: bookOf(customer{id: "c9"}), Events: events}, catalogue()); r.Summary.Strangers != 2 {
		t.Errorf("%d events about strangers, want 2", r.Summary.Strangers)
	}
}

// steel is a cell of n firms, c1 the first, of which so many each had a bad story so many days before monday.
func steel(n int, shows set, daysBefore ...int) Night {
	var firms []customer
	for i := range n {
		firms = append(firms, customer{fmt.Sprintf("c%d", i+1), "", "steel", "Hebei", shows})
	}
	firms = append(firms, customer{"other", "", "steel", "", shows}) // of no known region: in no cell
	var events []Event
	for i, days := range daysBefore {
		events = append(events, tell("CLOSURE", daysAgo(days), func(e *Event) {
			e.CustomerID, e.StoryID, e.HalfLifeDays = fmt.Sprintf("c%d", i%n+1), fmt.Sprint("s", i), 1000
		}))
	}
	return Night{AsOf: monday, Book: bookOf(firms...), Events: events}
}

func TestShock(t *testing.T) {
	recent, year := slices.Repeat([]int{5}, 4), []int{5, 50, 100, 150, 200, 250, 300, 350}
	weak, weaker := set{"pd_12m": 0.02}, set{"pd_12m": 0.04}
	for _, c := range []struct {
		name  string
		night Night
		want  string
	}{
		{"four stories in a month, none before", steel(5, nil, recent...), "open S1"},
		{"in a weak industry", steel(5, weak, recent...), "open S2"},
		{"in a weaker one", steel(5, weaker, recent...), "open S3"},
		{"one story", steel(5, weaker, 5), "nothing"},
		{"none at all", steel(5, weaker), "nothing"},
		{"as many as all the year", steel(5, weaker, year...), "nothing"},
		{"four firms are too few to tell", steel(4, weaker, recent...), "unjudged"},
		{"a customer without exposure", steel(5, set{"exposure_base": 0}, recent...), "nothing"},
		{"nobody scored", steel(5, set{"pd_12m": null}, recent...), "open S1"},
	} {
		r := judged(t, c.night, catalogue())
		got := "nothing"
		if e := find(r, "W3-14"); e.State == Open {
			got = "open " + e.Severity.String()
		} else if r.Unjudged[slices.IndexFunc(r.Unjudged, func(u Unjudged) bool { return u.Code == "W3-14" })].Judged == 0 {
			got = "unjudged"
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s: %+v", c.name, got, c.want, find(r, "W3-14"))
		}
	}

	shock := steel(5, nil, recent...)
	first := judged(t, shock, catalogue())
	for _, e := range first.Episodes {
		if e.CustomerID == "other" && e.Code == "W3-14" {
			t.Errorf("a customer of no known region shares the shock: %+v", e)
		}
	}
	shock.AsOf, shock.Last = monday.Add(40), first.Episodes
	if e := find(judged(t, shock, catalogue()), "W3-14"); e.State != Closed {
		t.Errorf("40 days later: %+v, want closed", e)
	}

	denials := steel(5, nil, recent...)
	for i := range denials.Events {
		denials.Events[i].Polarity = "denied"
	}
	good := steel(5, nil, recent...)
	for i := range good.Events {
		good.Events[i].Code = "POSIT"
	}
	for name, night := range map[string]Night{"denials": denials, "good news": good} {
		if e := find(judged(t, night, catalogue()), "W3-14"); e.State != "" {
			t.Errorf("%s make a shock: %+v", name, e)
		}
	}
}

func TestCellDoesNotDependOnTheOrderOfTheBook(t *testing.T) {
	p := catalogue()
	settled := func(pds ...float64) cell {
		c := cell{firms: 5, hits30: 4, hits365: 4, pds: pds}
		c.settle(&p)
		return c
	}
	a, b := settled(0.1, 0.2, 0.3), settled(0.3, 0.2, 0.1)
	if a.pdStressed != b.pdStressed {
		t.Errorf("%v and %v, want the same to the bit", a.pdStressed, b.pdStressed)
	}
	// (4 + 12·30/365)/30 over (4 + 12)/365
	if got := math.Exp(a.shock); math.Abs(got-3.79167) > 1e-4 {
		t.Errorf("rate %v times the usual, want 3.79167", got)
	}
	quiet := cell{firms: 5}
	if quiet.settle(&p); math.Abs(quiet.shock) > 1e-12 {
		t.Errorf("shock %v without any story, want 0", quiet.shock)
	}
}
