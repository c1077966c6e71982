package warnings

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"creditwatch/pipeline/asof"
)

// An Event is what one article says about one customer, as the news stage found it.
type Event struct {
	CustomerID   string
	Code         string   // of the taxonomy: INSOLV, DEBTDEF, ...
	Reverses     string   // of code POSIT: the code that ended, if known
	Polarity     string   // affirmed, denied, hypothetical, reversed
	Role         string   // of our customer: subject, counterparty, ...
	Severity     Severity // of the event itself, whoever tells it
	StoryID      string
	SourceClass  string // official, wire, press, company, social
	SourceWeight float64
	HalfLifeDays float64
	OccurredOn   asof.Date
	KnownAt      time.Time
	ArticleID    string
	Sentence     string
}

// A Hearing says which stories a measure counts, and how.
type Hearing uint8

const (
	Affirmed  Hearing = iota + 1 // stories that say it is so
	Official                     // of these, those of an official source
	Counted                      // affirmed stories, each as one
	Rumoured                     // affirmed and hypothetical ones
	Mentioned                    // these, denials, retracted ones, and stories in which our customer only stands by
)

var hearings = [...]struct{ en, zh string }{
	Affirmed:  {"weight of affirming stories", "证实报道权重"},
	Official:  {"weight of official stories", "官方报道权重"},
	Counted:   {"affirming stories", "证实报道数"},
	Rumoured:  {"weight of affirming and rumouring stories", "证实及传闻报道权重"},
	Mentioned: {"weight of all stories, denials included", "全部报道权重（含否认）"},
}

// A story is all that was written about one event of one customer: one vote, however many reprints.
type story struct {
	code, id   string
	kind       Hearing // narrowest of Affirmed, Rumoured, Mentioned that it counts for
	reversed   bool
	denied     bool
	official   bool
	weight     float64
	severity   Severity
	occurredOn asof.Date
	toldAt     time.Time // newest article of the prevailing word
	decay      float64   // 0.5^(age / half-life); below one half the story is too old to open anything
	articles   []string
	sentence   string
}

// plain turns an event into what it says about one code: good news becomes the reversal of what it ends, and a
// company that denies is believed less than one that confesses.
func (e Event) plain() Event {
	if e.Code == "POSIT" && e.Reverses != "" {
		e.Code, e.Polarity = e.Reverses, "reversed"
	}
	if e.Polarity == "denied" && e.SourceClass == "company" {
		e.SourceWeight = min(e.SourceWeight, 0.7)
	}
	if e.Role == "victim" && e.Code == "KEYCUST" { // the loss is our customer's, whoever caused it
		e.Role = "subject"
	}
	return e
}

// stories makes one story of the events of one customer that share code and story id. The weightiest word prevails,
// among equals the newest.
func stories(events []Event, night asof.Date, p *Policy) ([]story, error) {
	for i, e := range events {
		events[i] = e.plain()
	}
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.StoryID, b.StoryID),
			cmp.Compare(b.SourceWeight, a.SourceWeight), b.KnownAt.Compare(a.KnownAt),
			cmp.Compare(a.ArticleID, b.ArticleID), cmp.Compare(a.Polarity, b.Polarity), cmp.Compare(a.Sentence, b.Sentence))
	})
	var all []story
	for i := 0; i < len(events); {
		first := events[i]
		st := story{code: first.Code, id: first.StoryID, weight: first.SourceWeight, sentence: first.Sentence, toldAt: first.KnownAt, occurredOn: first.OccurredOn}
		switch {
		case first.Role == "subject" && first.Polarity == "affirmed":
			st.kind = Affirmed
		case first.Role == "subject" && first.Polarity == "hypothetical":
			st.kind = Rumoured
		case first.Role == "subject" && first.Polarity == "reversed":
			st.kind, st.reversed = Mentioned, true
		case first.Role == "subject" && first.Polarity == "denied":
			st.kind, st.denied = Mentioned, true
		default:
			st.kind = Mentioned
		}
		halfLife := first.HalfLifeDays
		for ; i < len(events) && events[i].Code == first.Code && events[i].StoryID == first.StoryID; i++ {
			e := events[i]
			if !(e.HalfLifeDays > 0) || !(e.SourceWeight >= 0) {
				return nil, fmt.Errorf("article %s about customer %s: want a half-life above 0 and a source weight of at least 0, got %v and %v", e.ArticleID, e.CustomerID, e.HalfLifeDays, e.SourceWeight)
			}
			st.articles = append(st.articles, e.ArticleID)
			if e.Polarity != first.Polarity || e.Role != first.Role {
				continue
			}
			st.severity = max(st.severity, e.Severity)
			st.occurredOn = min(st.occurredOn, e.OccurredOn)
			if e.SourceClass == "official" {
				st.official, st.weight = true, max(st.weight, p.News.Corroborated.Open)
			}
		}
		if st.kind != Affirmed {
			halfLife = min(halfLife, p.News.UnconfirmedHalfLifeDays)
		}
		st.decay = math.Exp2(-float64(max(0, night.Sub(st.occurredOn))) / halfLife)
		slices.Sort(st.articles)
		st.articles = slices.Compact(st.articles)
		all = append(all, st)
	}
	retract(all)
	return all, nil
}

// retract takes the vote from stories that a later one of the same code took back: a reversal outdoes each earlier
// story of no greater weight, a denial all of them if together they weigh no more than it does.
func retract(all []story) {
	kinds := make([]Hearing, len(all))
	for i := range all {
		kinds[i] = all[i].kind
	}
	for _, word := range all {
		if !word.reversed && !word.denied {
			continue
		}
		earlier := func(i int) bool {
			return all[i].code == word.code && all[i].kind != Mentioned && all[i].toldAt.Before(word.toldAt)
		}
		var together float64
		for i := range all {
			if earlier(i) {
				together += all[i].weight
			}
		}
		for i := range all {
			if earlier(i) && (word.reversed && all[i].weight <= word.weight || word.denied && together <= word.weight) {
				kinds[i] = Mentioned
			}
		}
	}
	for i := range all {
		all[i].kind = kinds[i]
	}
}

// counts reports whether the measure counts the story, and as how much.
func (m Measure) counts(st *story) (float64, bool) {
	if st.severity < m.From || !slices.Contains(m.Events, st.code) {
		return 0, false
	}
	switch m.Hears {
	case Affirmed:
		return st.weight, st.kind == Affirmed
	case Official:
		return st.weight, st.kind == Affirmed && st.official
	case Counted:
		return 1, st.kind == Affirmed
	case Rumoured:
		return st.weight, st.kind <= Rumoured
	default:
		return st.weight, true
	}
}

// hear weighs the stories that a measure counts: opening is the full weight of those within their half-life,
// lasting what decay has left of all.
func (m Measure) hear(all []story) (opening, lasting float64) {
	for i := range all {
		w, ok := m.counts(&all[i])
		if !ok {
			continue
		}
		if all[i].decay >= 0.5 {
			opening += w
		}
		lasting += w * all[i].decay
	}
	return opening, lasting
}

// sources writes the stories that a measure counts, weightiest first: their ids and the articles.
func (m Measure) sources(all []story) (ids, sentence string) {
	var used []*story
	for i := range all {
		if _, ok := m.counts(&all[i]); ok {
			used = append(used, &all[i])
		}
	}
	slices.SortStableFunc(used, func(a, b *story) int {
		return cmp.Or(cmp.Compare(b.weight*b.decay, a.weight*a.decay), cmp.Compare(a.id, b.id))
	})
	var b strings.Builder
	for i, st := range used {
		if i == 0 {
			sentence = st.sentence
		}
		if i == maxStories {
			fmt.Fprintf(&b, " and %d more", len(used)-i)
			break
		}
		fmt.Fprintf(&b, " story %s:", st.id)
		for j, a := range st.articles {
			if j == maxArticles {
				fmt.Fprintf(&b, " and %d more", len(st.articles)-j)
				break
			}
			b.WriteString(" " + a)
		}
	}
	return strings.TrimSpace(b.String()), sentence
}

// Evidence names at most so many stories, and articles of each.
const (
	maxStories  = 5
	maxArticles = 5
)
