package news

import (
	"strings"
	"time"

	"creditwatch/pipeline/asof"
)

// An Article is plain text with its two times.
type Article struct {
	ID, Publisher string
	SourceClass   string // official, wire, press, social or company; anything else counts as press
	URL, Language string
	Title, Body   string
	PublishedAt   *time.Time // nil when the source does not say
	KnownAt       time.Time  // when we fetched it
}

// Polarities of an event.
const (
	Affirmed     = "affirmed"
	Denied       = "denied"
	Hypothetical = "hypothetical" // may, might, if, is it?, said to
	Reversed     = "reversed"     // was so and is no longer; the code is POSIT, Reverses names what ended
)

// Stages of an event.
const (
	Rumour    = "rumour"
	Announced = "announced"
	Filed     = "filed"
	Accepted  = "accepted"
	Ruled     = "ruled"
	Executed  = "executed"
	Closed    = "closed" // withdrawn, completed, or long past
)

// Roles of our customer.
const (
	Subject      = "subject"      // it happened to it
	Affiliate    = "affiliate"    // to its subsidiary, branch, shareholder or staff
	Counterparty = "counterparty" // to somebody it deals with
	Plaintiff    = "plaintiff"    // it did it to somebody
	Victim       = "victim"       // somebody else's deed hurt it
	Mentioned    = "mentioned"    // it is named beside it
)

// An Event is one article saying something of one customer under one code: its best mention.
type Event struct {
	ArticleID, CustomerID, Code string
	Publisher, Language         string
	Polarity, Stage, Role       string
	Reverses                    string // of code POSIT: the code that ended, when known
	BaseSeverity                int8   // were it affirmed of our customer by somebody who knows
	Severity                    int8   // 1 info, 2 watch, 3 act, 4 critical; as far as this article alone carries, see [Stories]
	Matched                     string // the name as found
	MatchScore                  float64
	Trigger                     string // the phrase as found
	Rule                        string // the phrase of the taxonomy, behind its code
	Sentence                    string
	Start, End                  int // bytes of Matched in the title or the body
	InTitle                     bool
	OccurredOn                  asof.Date // as the sentence says, else the day of publication, else of KnownAt
	KnownAt                     time.Time
	StoryID                     string // set by [Cluster]
	SourceWeight                float64
	HalfLifeDays                float64
	Amount                      string // as found, empty when the sentence has none
}

// SourceWeight says how far a source class is believed about an event; two weights that sum to 1 corroborate each other.
func SourceWeight(class, code string) float64 {
	switch class {
	case "official":
		return 1
	case "wire":
		return 0.8
	case "social":
		return 0.2
	case "company": // nobody lies about its own bad news
		if code == "POSIT" || code == "MNA" {
			return 0.7
		}
		return 1
	}
	return 0.6
}

// severity applies polarity, role and source to the severity of an affirmed event.
func severity(base int8, e *Event, old bool) int8 {
	switch {
	case e.Code == "POSIT", old, e.Polarity == Denied:
		return 1
	case e.Role == Affiliate:
		base = min(base-1, 2)
	case e.Role == Victim && e.Code == "KEYCUST":
	case e.Role != Subject:
		return 1
	}
	switch {
	case e.Polarity == Hypothetical && e.SourceWeight < 0.6:
		base = 1
	case e.Polarity == Hypothetical:
		base = min(base-1, 2)
	case e.SourceWeight < 0.6:
		base = min(base, 2)
	case e.SourceWeight < 1:
		base = min(base, 3)
	}
	return max(base, 1)
}

// Events returns what a says about customers: at most one event per customer and code, in order of first mention.
func (m *Matcher) Events(a Article) []Event {
	r := reader{m: m, a: &a, best: map[eventKey]int{}}
	r.published = asof.Of(a.KnownAt)
	if a.PublishedAt != nil {
		r.published = asof.Of(*a.PublishedAt)
	}
	r.read(a.Title, true)
	r.read(a.Body, false)
	return r.events
}

// A reader goes through one article.
type reader struct {
	m         *Matcher
	a         *Article
	published asof.Date
	events    []Event
	best      map[eventKey]int // index in events
	s         sentence         // reused
}

type eventKey struct {
	customer int32
	code     string
}

func (r *reader) read(text string, title bool) {
	judged := 0
	sentences(text, func(start, end int) {
		s := &r.s
		s.text, s.published = text, r.published
		s.f.reset()
		s.f.write(text[start:end], start)
		s.mentions = r.m.mentions(text, &s.f, s.mentions[:0])
		if len(s.mentions) == 0 || judged == maxSentences {
			return
		}
		s.mentions = s.mentions[:min(len(s.mentions), maxMentions)]
		s.prepare(r.m.rules, strings.TrimSpace(text[start:end]))
		if s.judge(func(f finding) { r.keep(f, title) }) {
			judged++
		}
	})
}

// keep turns a finding into an event, unless the article already has a better one of the same customer and code.
func (r *reader) keep(f finding, title bool) {
	s := &r.s
	n := f.mention
	e := Event{
		ArticleID: r.a.ID, CustomerID: r.m.customers[n.customer].ID, Code: f.code, Reverses: f.reverses,
		Publisher: r.a.Publisher, Language: r.a.Language,
		Polarity: f.polarity, Stage: f.stage, Role: f.role,
		Start: int(s.f.from[n.start]), End: int(s.f.to[n.end-1]), InTitle: title,
		MatchScore: n.score, Rule: f.rule, Sentence: s.original,
		OccurredOn: f.on, KnownAt: r.a.KnownAt,
		SourceWeight: SourceWeight(r.a.SourceClass, f.code), HalfLifeDays: typeOf[f.code].HalfLifeDays,
		Amount: f.amount,
	}
	if e.Stage != Closed && r.a.SourceClass == "social" {
		e.Stage = Rumour
	}
	e.End += closing(s.text[e.Start:e.End], s.text[e.End:])
	e.Matched = s.text[e.Start:e.End]
	e.Trigger = s.text[s.f.from[f.start]:s.f.to[f.end-1]]
	e.BaseSeverity = f.base
	e.Severity = severity(f.base, &e, f.old)
	key := eventKey{n.customer, f.code}
	if i, ok := r.best[key]; !ok {
		r.best[key] = len(r.events)
		r.events = append(r.events, e)
	} else if better(&e, &r.events[i]) {
		r.events[i] = e
	}
}

// closing returns the length of the bracket at the start of rest when name opens one that it does not close: 万科（A）.
func closing(name, rest string) int {
	for _, b := range [][2]string{{"(", ")"}, {"（", "）"}, {"[", "]"}, {"【", "】"}} {
		if strings.Count(name, b[0]) > strings.Count(name, b[1]) && strings.HasPrefix(rest, b[1]) {
			return len(b[1])
		}
	}
	return 0
}

// better reports whether e says more than the event d found before it: about the customer itself, in the headline, graver.
func better(e, d *Event) bool {
	if (e.Role == Subject) != (d.Role == Subject) {
		return e.Role == Subject
	}
	if e.InTitle != d.InTitle {
		return e.InTitle
	}
	return e.Severity > d.Severity
}
