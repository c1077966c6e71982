package news

import (
	"slices"
	"strings"
)

// Verdicts of people on events.
const (
	Right         = "right"
	WrongCustomer = "wrong_customer"
	WrongEvent    = "wrong_event"
	WrongRole     = "wrong_role"
)

// Verdicts are what people said of events. A verdict counts for its article and for every reprint of its headline, now and when they are
// read again.
type Verdicts struct {
	said     map[[3]string]string // by article, customer and code
	articles map[string]bool
	reprints map[string][]string // by likeness of the title: the articles judged
}

// EventID is the identity of an event.
func EventID(article, customer, code string) string { return article + "/" + customer + "/" + code }

// Say adds a verdict on an event of a customer; a later one on the same event takes its place. ok is false if id is no event of the customer.
func (v *Verdicts) Say(id, customer, verdict string) (ok bool) {
	at := strings.LastIndexByte(id, '/')
	if at < 0 {
		return false
	}
	article, ok := strings.CutSuffix(id[:at], "/"+customer)
	if !ok || article == "" || customer == "" {
		return false
	}
	if v.said == nil {
		v.said, v.articles, v.reprints = map[[3]string]string{}, map[string]bool{}, map[string][]string{}
	}
	v.said[[3]string{article, customer, id[at+1:]}] = verdict
	v.articles[article] = true
	return true
}

// Articles returns the articles judged, sorted.
func (v *Verdicts) Articles() []string {
	out := make([]string, 0, len(v.articles))
	for a := range v.articles {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}

// Titled tells the headline of an article judged, so that its reprints are known.
func (v *Verdicts) Titled(article, title string) {
	if like := likeness(title); v.articles[article] && like != "" && !slices.Contains(v.reprints[like], article) {
		v.reprints[like] = append(v.reprints[like], article)
	}
}

// of returns what was said of an event of an article: of the article itself, else of one with its headline.
func (v *Verdicts) of(article string, alike []string, customer, code string) string {
	for _, a := range append([]string{article}, alike...) {
		if s := v.said[[3]string{a, customer, code}]; s != "" {
			return s
		}
	}
	return ""
}

// judgedAs returns the customers of whom it was said so of any event of the article or of one with its headline.
func (v *Verdicts) judgedAs(article string, alike []string, verdict string) []string {
	var out []string
	for k, s := range v.said {
		if s == verdict && (k[0] == article || slices.Contains(alike, k[0])) {
			out = append(out, k[1])
		}
	}
	return distinct(out)
}

// Settled returns the customers who are meant in the article, as people said.
func (v *Verdicts) Settled(article, title string) []string {
	if len(v.said) == 0 {
		return nil
	}
	alike := v.reprints[likeness(title)]
	if !v.articles[article] && len(alike) == 0 {
		return nil
	}
	return v.judgedAs(article, alike, Right)
}

// Apply takes out what people said is wrong: all events of a customer who is not meant, an event that is none, with what was told of it to the
// rest of the group. An event in the wrong role stays as a mention.
func (v *Verdicts) Apply(article, title string, events []Event) []Event {
	if len(v.said) == 0 {
		return events
	}
	alike := v.reprints[likeness(title)]
	if !v.articles[article] && len(alike) == 0 {
		return events
	}
	strangers := v.judgedAs(article, alike, WrongCustomer)
	gone := map[[2]string]bool{} // code and name as found
	var out []Event
	for _, e := range events {
		said := v.of(article, alike, e.CustomerID, e.Code)
		switch {
		case said == WrongEvent, said != Right && slices.Contains(strangers, e.CustomerID):
			gone[[2]string{e.Code, e.Matched}] = e.Role != Group
			continue
		case e.Role == Group && gone[[2]string{e.Code, e.Matched}]:
			continue
		case said == WrongRole:
			e.Role, e.Severity, e.BaseSeverity = Mentioned, 1, 1
			gone[[2]string{e.Code, e.Matched}] = true
		}
		out = append(out, e)
	}
	return out
}

// IsSettled reports whether people have said who is meant by the name of a review, or that nobody of its candidates is.
func (v *Verdicts) IsSettled(r Review) bool {
	said := 0
	for _, c := range r.Candidates {
		switch v.said[[3]string{r.ArticleID, c, r.Code}] {
		case Right:
			return true
		case WrongCustomer:
			said++
		}
	}
	return said > 0 && said == len(r.Candidates)
}

// Label says whether the headline of an article is bad news, as the verdicts on its events tell; ok is false where they do not.
func (v *Verdicts) Label(article string) (bad, ok bool) {
	good := false
	for k, s := range v.said {
		if k[0] != article {
			continue
		}
		switch {
		case s == Right && !goodCodes[k[2]]:
			bad = true
		case s == Right && goodCodes[k[2]], s == WrongEvent && !goodCodes[k[2]]:
			good = true
		}
	}
	return bad, bad != good // both or neither tells nothing
}
