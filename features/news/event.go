package news

import (
	"slices"
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
	Settled       []string   // customers of whom a person said that a name shared by several means them here
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
	Group        = "group"        // to its parent or its subsidiary, whose name is another customer's
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

// A Review is a name in an article that a person should settle, or has settled: nobody guesses whom it means.
type Review struct {
	ArticleID, Name string
	Reason          string   // shared, place or person
	Candidates      []string // customers it could mean
	Code            string   // of the gravest event that the sentence tells of
	Sentence        string
	KnownAt         time.Time
}

// Events returns what a says about customers: at most one event per customer and code, in order of first mention; what it says of one of
// a group comes behind, for the others.
func (m *Matcher) Events(a Article) []Event {
	events, _ := m.Read(a)
	return events
}

// Read returns the events of an article, and the names in sentences that tell of an event of which it cannot say whom they mean.
func (m *Matcher) Read(a Article) ([]Event, []Review) {
	r := reader{m: m, a: &a, best: map[eventKey]int{}}
	r.published = asof.Of(a.KnownAt)
	if a.PublishedAt != nil {
		r.published = asof.Of(*a.PublishedAt)
	}
	r.read(a.Title, true)
	r.read(a.Body, false)
	r.carry()
	return r.events, r.reviews
}

// Codes that concern a whole group when they happen to one of it.
var ofGroups = set("INSOLV DEBTDEF ENFORCE FRAUD SANCT DOWNGR CREDCUT")

// groupShare is how sure a match is that was carried from a relative, of how sure it was there; groupSeverity the most that it weighs.
const groupShare, groupSeverity = 0.8, 2

// carry gives the grave events of a customer to its parent and its subsidiaries, where the article says nothing of their own.
func (r *reader) carry() {
	if len(r.m.relatives) == 0 {
		return
	}
	for i := range len(r.events) {
		e := r.events[i]
		if e.Role != Subject || e.Polarity != Affirmed && e.Polarity != Hypothetical || e.Stage == Closed || !ofGroups[e.Code] {
			continue
		}
		list := r.m.relatives[r.customerOf[i]]
		for _, to := range list[:min(len(list), mostRelatives)] {
			key := eventKey{to, e.Code}
			if _, ok := r.best[key]; ok {
				continue
			}
			g := e
			g.CustomerID, g.Role, g.MatchScore = r.m.customers[to].ID, Group, e.MatchScore*groupShare
			g.BaseSeverity, g.Severity = min(e.BaseSeverity, groupSeverity), max(1, min(e.Severity-1, groupSeverity))
			r.best[key] = len(r.events)
			r.events = append(r.events, g)
		}
	}
}

// settle parts the names found into customers, and names that only hide their letters: of several customers, or of people without theirs.
func (r *reader) settle(found []mention) (mentions, others []mention) {
	certain := found[:0]
	for _, n := range found {
		if n.kind < ofSeveral {
			certain = append(certain, n)
			continue
		}
		others = append(others, n)
	}
	if r.named == nil && (r.m.hasPeople || len(others) > 0) {
		r.named = map[int32]bool{}
	}
	if r.named != nil {
		for _, n := range certain {
			r.named[n.customer] = true
		}
	}
	if len(others) == 0 {
		return certain, nil
	}
	mentions = slices.Clone(certain)
	for i, n := range others {
		var meant []int32
		for _, c := range r.m.several[n.customer] {
			if n.kind == ofSeveral && slices.Contains(r.a.Settled, r.m.customers[c].ID) || n.kind == ofPerson && r.named[c] {
				meant = append(meant, c)
			}
		}
		beside := slices.ContainsFunc(certain, func(c mention) bool { return slices.Contains(meant, c.customer) })
		if len(meant) != 1 || n.kind == ofPerson && beside { // a person beside its company adds nothing to it
			continue
		}
		score := 1.0 // somebody said so
		if n.kind == ofPerson {
			score = personScore
		}
		mentions = append(mentions, mention{n.start, n.end, meant[0], score, n.kind})
		others[i].score = 1
	}
	slices.SortStableFunc(mentions, func(a, b mention) int { return a.start - b.start })
	return mentions, others
}

// personScore is how surely a person means the company of theirs that the article names.
const personScore = 0.75

// review notes the names of the sentence that nobody could settle, if it tells of an event.
func (r *reader) review(others []mention) {
	s := &r.s
	code, gravest := "", int8(0)
	for i := range s.hits {
		if t := &s.hits[i]; t.cue == trigger && t.typ.Severity > gravest {
			code, gravest = t.typ.Code, t.typ.Severity
		}
	}
	if code == "" {
		return
	}
	add := func(n mention, reason string, candidates ...int32) {
		v := Review{ArticleID: r.a.ID, Name: s.text[s.f.from[n.start]:s.f.to[n.end-1]], Reason: reason, Code: code, Sentence: s.original, KnownAt: r.a.KnownAt}
		for _, c := range candidates {
			v.Candidates = append(v.Candidates, r.m.customers[c].ID)
		}
		if !slices.ContainsFunc(r.reviews, func(o Review) bool { return o.Name == v.Name }) && len(r.reviews) < mostReviews {
			r.reviews = append(r.reviews, v)
		}
	}
	for _, n := range others {
		if n.score > 0 && n.kind == ofPerson {
			continue
		}
		if n.kind == ofSeveral { // also where a person has settled it, so that it can be looked up
			add(n, Shared, r.m.several[n.customer]...)
		} else if gravest >= 2 && !slices.ContainsFunc(s.mentions, func(m mention) bool { return slices.Contains(r.m.several[n.customer], m.customer) }) {
			add(n, Person, r.m.several[n.customer]...)
		}
	}
	for _, n := range s.mentions {
		if n.score == placeScore {
			add(n, Place, n.customer)
		}
	}
}

// mostReviews bounds the names of one article that people are asked about.
const mostReviews = 10

// A reader goes through one article.
type reader struct {
	m         *Matcher
	a         *Article
	published asof.Date
	events    []Event
	best      map[eventKey]int // index in events
	s         sentence         // reused

	customerOf []int32 // by event
	named      map[int32]bool
	reviews    []Review
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
		found := r.m.sightings(text, &s.f, s.found[:0])
		s.found = found
		if len(found) == 0 || judged == maxSentences {
			return
		}
		var others []mention
		s.mentions, others = r.settle(found[:min(len(found), maxMentions)])
		if len(s.mentions) == 0 && len(others) == 0 {
			return
		}
		s.prepare(r.m.rules, strings.TrimSpace(text[start:end]), others)
		r.review(others)
		if len(s.mentions) > 0 && s.judge(func(f finding) { r.keep(f, title) }) {
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
		r.events, r.customerOf = append(r.events, e), append(r.customerOf, n.customer)
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
