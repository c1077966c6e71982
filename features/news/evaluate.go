package news

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"

	"creditwatch/pipeline/asof"
)

// A Headline is a headline that somebody has labelled.
type Headline struct {
	Date      asof.Date
	Companies []string // whom it is about, as the labelled set calls them
	Ticker    string
	Title     string
	Bad       bool // bad news for them
}

// An Evaluation says how well the negative-event score and the events agree with labelled headlines.
type Evaluation struct {
	Rows     int `json:"rows"`
	Negative int `json:"negative"`

	Companies        int `json:"companies"`         // whom the headlines are about, as the set writes it
	CompaniesMatched int `json:"companies_matched"` // that were matched in some headline
	Named            int `json:"named"`             // times a headline names its company
	Matched          int `json:"matched"`           // times it was matched there

	Method    string   `json:"method"`            // trained, cross-fitted or rules
	Groups    string   `json:"groups,omitempty"`  // of cross-fitting: what never is on both sides
	Trained   int      `json:"trained,omitempty"` // headlines learnt from
	LeftOut   int      `json:"left_out"`          // headlines of the training file not learnt from, because they are in the data too
	AUC       *float64 `json:"auc"`               // of the negative-event score; null when all labels are the same
	RuleAUC   *float64 `json:"auc_rules"`         // of the rules alone
	Line      float64  `json:"line"`              // a score from here on is called negative
	Precision Share    `json:"-"`
	Recall    Share    `json:"-"`

	// Flat copies for the machine that reads the evaluation.
	PrecisionValue    *float64   `json:"precision"`
	PrecisionInterval [2]float64 `json:"precision_interval"`
	RecallValue       *float64   `json:"recall"`
	RecallInterval    [2]float64 `json:"recall_interval"`

	ByEvent []EventEvaluation `json:"by_event"`
}

// An EventEvaluation is an event code held against the labels: headlines in which the rules say that it happened, or may happen, to the company.
type EventEvaluation struct {
	Event             string     `json:"event"`
	EN                string     `json:"en"`
	ZH                string     `json:"zh"`
	Expects           string     `json:"expects"` // the label it should have: negative or positive
	Rows              int        `json:"rows"`
	Right             int        `json:"right"`
	Precision         *float64   `json:"precision"` // share of Rows with the expected label; null without rows
	PrecisionInterval [2]float64 `json:"precision_interval"`
	Recall            *float64   `json:"recall"` // share of all headlines of that label that have the event
	RecallInterval    [2]float64 `json:"recall_interval"`
}

// A Share is some of all.
type Share struct{ Some, All int }

// Value is the share, nil when there is nothing to share.
func (s Share) Value() *float64 {
	if s.All == 0 {
		return nil
	}
	v := float64(s.Some) / float64(s.All)
	return &v
}

// Wilson is the 95 % interval of the share, 0 to 1 when there is nothing to tell.
func (s Share) Wilson() [2]float64 {
	if s.All == 0 {
		return [2]float64{0, 1}
	}
	const z = 1.959963984540054
	n, p := float64(s.All), float64(s.Some)/float64(s.All)
	mid := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return [2]float64{max(0, (mid-half)/(1+z*z/n)), min(1, (mid+half)/(1+z*z/n))}
}

// crossFolds is how many parts cross-fitting makes.
const crossFolds = 5

// Codes of events that are good news by themselves; the others are bad or, like a merger, depend.
var goodCodes = set("POSIT MNA")

// Evaluate scores the headlines of data: with a classifier learnt from train; without train with one learnt from the other parts of data,
// so that no headline and nothing like it is scored by a model that saw it; with too few labels by the rules alone. The order of
// the headlines does not matter.
func Evaluate(data, train []Headline) (*Evaluation, error) {
	e := &Evaluation{Rows: len(data)}
	if len(data) == 0 {
		return nil, fmt.Errorf("no headline: %w", ErrFewLabels)
	}
	labels, found := read(data, e)
	for _, l := range labels {
		if l.Bad {
			e.Negative++
		}
	}
	if train == nil {
		judge(e, data, labels)
	} else {
		seen := map[string]bool{}
		for i := range data {
			seen[likeness(data[i].Title)] = true
		}
		var unseen []Headline
		for _, h := range train {
			if seen[likeness(h.Title)] {
				e.LeftOut++
				continue
			}
			unseen = append(unseen, h)
		}
		taught, _ := read(unseen, nil)
		c, err := Train(taught)
		if err != nil {
			return nil, fmt.Errorf("the training file without the %d headlines that are in the data too: %w", e.LeftOut, err)
		}
		score := make([]float64, len(labels))
		for i := range labels {
			score[i] = c.LogOdds(labels[i])
		}
		e.Method, e.Trained = "trained", len(taught)
		e.measure(labels, score)
	}
	bad := make([]bool, len(labels))
	for i, l := range labels {
		bad[i] = l.Bad
	}
	e.ByEvent = byEvent(found, bad, e.Negative)
	return e, nil
}

// judge scores labels by classifiers that did not see them, or by the rules where there are too few.
func judge(e *Evaluation, data []Headline, labels []Label) {
	score := make([]float64, len(labels))
	for i, l := range labels {
		score[i] = l.Tone
	}
	e.Method = "rules"
	if e.Rows >= LabelsNeeded*2 && e.Negative >= OfEachNeeded*2 && e.Rows-e.Negative >= OfEachNeeded*2 {
		fold, groups := folds(data)
		fitted := make([]float64, len(labels))
		whole := true
		for k := range crossFolds {
			var taught []Label
			for i := range labels {
				if fold[i] != k {
					taught = append(taught, labels[i])
				}
			}
			c, err := Train(taught)
			if err != nil { // a fold took nearly all of one label
				whole = false
				break
			}
			for i := range labels {
				if fold[i] == k {
					fitted[i] = c.LogOdds(labels[i])
				}
			}
		}
		if whole {
			score, e.Method, e.Groups, e.Trained = fitted, "cross-fitted", groups, e.Rows
		}
	}
	e.measure(labels, score)
}

// measure holds scores, as log-odds, against the labels.
func (e *Evaluation) measure(labels []Label, score []float64) {
	bad, tone := make([]bool, len(labels)), make([]float64, len(labels))
	for i, l := range labels {
		bad[i], tone[i] = l.Bad, l.Tone
	}
	e.AUC, e.RuleAUC, e.Line = auc(score, bad), auc(tone, bad), 0.5
	flagged, right := 0, 0
	for i := range score {
		if chance(score[i]) >= e.Line && score[i] != 0 { // nothing to say is not bad
			flagged++
			if bad[i] {
				right++
			}
		}
	}
	e.Precision, e.Recall = Share{right, flagged}, Share{right, e.Negative}
	e.PrecisionValue, e.PrecisionInterval = e.Precision.Value(), e.Precision.Wilson()
	e.RecallValue, e.RecallInterval = e.Recall.Value(), e.Recall.Wilson()
}

// read finds the events of headlines about their companies and makes labels of them; e, if not nil, learns how many names were matched.
func read(data []Headline, e *Evaluation) (labels []Label, found [][]Event) {
	idOf := sameTicker(data)
	aliases := map[string][]string{}
	for name, id := range idOf {
		aliases[id] = append(aliases[id], name)
	}
	customers := make([]Customer, 0, len(aliases))
	for id, names := range aliases {
		customers = append(customers, Customer{ID: id, Name: distinct(names)[0], Aliases: names})
	}
	slices.SortFunc(customers, func(a, b Customer) int { return cmp.Compare(a.ID, b.ID) })
	companies := map[string]bool{}
	m, _ := NewMatcher(customers)
	matched := map[string]bool{}
	for _, h := range data {
		published := h.Date.Time()
		title := h.Title
		named, rest := m.namedIn(title)
		ids := make([]string, len(h.Companies))
		for i, c := range h.Companies {
			ids[i] = idOf[c]
		}
		about := slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(named, id) })
		if cell := strings.Join(h.Companies, ","); e != nil && cell != "" {
			companies[cell] = true
			if about {
				matched[cell] = true
			}
			for i, c := range h.Companies {
				switch {
				case slices.Contains(named, ids[i]):
					e.Named++
					e.Matched++
				case strings.Contains(rest, folded(c)): // not only within a longer name: 华联控股 in 新华联控股
					e.Named++
				}
			}
		}
		if !about && len(h.Companies) > 0 { // the set says whom it is about where the headline does not
			title = h.Companies[0] + ": " + title
		}
		var events []Event
		for _, event := range m.Events(Article{ID: h.Title, SourceClass: "press", Title: title, PublishedAt: &published, KnownAt: published.Add(12 * time.Hour)}) {
			if slices.Contains(ids, event.CustomerID) {
				events = append(events, event)
			}
		}
		l := m.Headline(title, events)
		l.Bad = h.Bad
		labels, found = append(labels, l), append(found, events)
	}
	if e != nil {
		e.Companies, e.CompaniesMatched = len(companies), len(matched)
	}
	return labels, found
}

// sameTicker returns the identity of every name: the least of the names that have one ticker, as old and new names of a company do.
func sameTicker(data []Headline) map[string]string {
	first := map[string]string{}
	for _, h := range data {
		tickers := strings.Split(h.Ticker, ",")
		for i, c := range h.Companies {
			if len(tickers) == len(h.Companies) && tickers[i] != "" {
				if n, ok := first[tickers[i]]; !ok || c < n {
					first[tickers[i]] = c
				}
			}
		}
	}
	id := map[string]string{}
	for _, h := range data {
		tickers := strings.Split(h.Ticker, ",")
		for i, c := range h.Companies {
			own := c
			if len(tickers) == len(h.Companies) && tickers[i] != "" {
				own = first[tickers[i]]
			}
			if known, ok := id[c]; !ok || own < known {
				id[c] = own
			}
		}
	}
	return id
}

// namedIn returns the customers named in the title, and what is left of its fold without their names.
func (m *Matcher) namedIn(title string) (ids []string, rest string) {
	var f fold
	f.write(title, 0)
	for _, n := range m.mentions(title, &f) {
		ids = append(ids, m.customers[n.customer].ID)
		for i := n.start; i < n.end; i++ {
			f.runes[i] = namedRune
		}
	}
	return distinct(ids), string(f.runes)
}

// likeness is what two headlines share that are the same but for figures, marks and spacing.
func likeness(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, folded(title))
}

// folds parts the headlines so that all about one company, and all that are alike, are in one fold. Where that would leave nearly all in one,
// because most are about one company, it parts those alike only.
func folds(data []Headline) (fold []int, groups string) {
	for _, byCompany := range []bool{true, false} {
		parent := map[string]string{}
		var root func(k string) string
		root = func(k string) string {
			p, ok := parent[k]
			if !ok || p == k {
				parent[k] = k
				return k
			}
			r := root(p)
			parent[k] = r
			return r
		}
		join := func(a, b string) {
			ra, rb := root(a), root(b)
			parent[max(ra, rb)] = min(ra, rb)
		}
		for _, h := range data {
			t := "t" + likeness(h.Title)
			root(t)
			if !byCompany {
				continue
			}
			for _, c := range h.Companies {
				join(t, "c"+folded(c))
			}
			if h.Ticker != "" && len(h.Companies) == 1 {
				join(t, "n"+h.Ticker)
			}
		}
		size := map[string]int{}
		for _, h := range data {
			size[root("t"+likeness(h.Title))]++
		}
		keys := make([]string, 0, len(size))
		for k := range size {
			keys = append(keys, k)
		}
		sort.Slice(keys, func(a, b int) bool {
			if size[keys[a]] != size[keys[b]] {
				return size[keys[a]] > size[keys[b]]
			}
			return keys[a] < keys[b]
		})
		if byCompany && size[keys[0]] > len(data)/crossFolds {
			continue
		}
		foldOf := map[string]int{}
		var load [crossFolds]int
		for _, k := range keys {
			least := 0
			for i := range load {
				if load[i] < load[least] {
					least = i
				}
			}
			foldOf[k] = least
			load[least] += size[k]
		}
		fold = make([]int, len(data))
		for i, h := range data {
			fold[i] = foldOf[root("t"+likeness(h.Title))]
		}
		if byCompany {
			return fold, "companies"
		}
	}
	return fold, "titles"
}

// auc is the probability that a bad headline scores above a good one, a tie counting half; nil when all are the same.
func auc(score []float64, bad []bool) *float64 {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(score[a], score[b]) })
	ranks, n := 0.0, 0
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && score[order[j]] == score[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			if bad[k] {
				ranks += float64(i+j+1) / 2
				n++
			}
		}
		i = j
	}
	good := len(score) - n
	if n == 0 || good == 0 {
		return nil
	}
	v := (ranks - float64(n)*float64(n+1)/2) / float64(n) / float64(good)
	return &v
}

// asserts reports whether an event says that something happened, or may happen, to the customer itself or those it stands and falls with.
func (e *Event) asserts() bool {
	return (e.Polarity == Affirmed || e.Polarity == Hypothetical || e.Code == "POSIT") && e.Role != Plaintiff && e.Role != Counterparty && e.Role != Mentioned
}

// byEvent holds every code of the taxonomy against the labels, in report order.
func byEvent(found [][]Event, bad []bool, negative int) []EventEvaluation {
	out := make([]EventEvaluation, 0, len(Taxonomy))
	for i := range Taxonomy {
		t := &Taxonomy[i]
		x := EventEvaluation{Event: t.Code, EN: t.EN, ZH: t.ZH, Expects: "negative"}
		expected := negative
		if goodCodes[t.Code] {
			x.Expects, expected = "positive", len(found)-negative
		}
		for row, events := range found {
			if slices.ContainsFunc(events, func(e Event) bool { return e.Code == t.Code && e.asserts() }) {
				x.Rows++
				if bad[row] != goodCodes[t.Code] {
					x.Right++
				}
			}
		}
		precision, recall := Share{x.Right, x.Rows}, Share{x.Right, expected}
		x.Precision, x.PrecisionInterval = precision.Value(), precision.Wilson()
		x.Recall, x.RecallInterval = recall.Value(), recall.Wilson()
		out = append(out, x)
	}
	return out
}

// Learn trains a classifier on headlines that the matcher's customers are named in, or nobody, and judges it by cross-fitting.
func (m *Matcher) Learn(data []Headline) (*Classifier, *Evaluation, error) {
	labels := make([]Label, len(data))
	about := make([]Headline, len(data))
	for i, h := range data {
		events := m.Events(Article{ID: h.Title, SourceClass: "press", Title: h.Title, KnownAt: asof.Earliest.Time().AddDate(30, 0, 0)})
		labels[i] = m.Headline(h.Title, events)
		labels[i].Bad = h.Bad
		named, _ := m.namedIn(h.Title)
		about[i] = Headline{Companies: named, Title: h.Title, Bad: h.Bad}
	}
	c, err := Train(labels)
	if err != nil {
		return nil, nil, err
	}
	c.Labels = LabelsID(data)
	e := &Evaluation{Rows: len(data), Negative: c.Bad}
	judge(e, about, labels)
	return c, e, nil
}

// LabelsID is the identity of labelled headlines, in whatever order.
func LabelsID(data []Headline) string {
	lines := make([]string, len(data))
	for i, h := range data {
		lines[i] = fmt.Sprintf("%t %s", h.Bad, h.Title)
	}
	slices.Sort(lines)
	h := sha256.New()
	for _, l := range lines {
		h.Write([]byte(l))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ToneOf is the chance that the sentence of an event is bad news for its customer: as the classifier reads it, or the rules alone if it is nil. It
// weighs the event and never makes one.
func (m *Matcher) ToneOf(e *Event, c *Classifier) float64 {
	l := m.Headline(e.Sentence, []Event{*e})
	if c == nil {
		return chance(l.Tone)
	}
	return chance(c.LogOdds(l))
}

// surelyBad is the log-odds from which a headline without an event is noted as bad press.
const surelyBad = 3.5

// BadPress returns mentions of the customers whom a headline names, if the classifier takes it for bad news and the rules found no event of
// theirs. They are S1 and stay so: words alone are no event.
func (m *Matcher) BadPress(a Article, found []Event, c *Classifier) []Event {
	if c == nil {
		return nil
	}
	var f fold
	f.write(a.Title, 0)
	var out []Event
	score := math.NaN()
	for _, n := range m.mentions(a.Title, &f) {
		id := m.customers[n.customer].ID
		same := func(e Event) bool { return e.CustomerID == id }
		if slices.ContainsFunc(found, same) || slices.ContainsFunc(out, same) {
			continue
		}
		if math.IsNaN(score) {
			score = c.LogOdds(m.Headline(a.Title, found))
		}
		if score < surelyBad {
			return nil
		}
		on := asof.Of(a.KnownAt)
		if a.PublishedAt != nil {
			on = min(on, asof.Of(*a.PublishedAt))
		}
		out = append(out, Event{
			ArticleID: a.ID, CustomerID: id, Code: MediaCode, Publisher: a.Publisher, Language: a.Language,
			Polarity: Hypothetical, Stage: Announced, Role: Mentioned, BaseSeverity: 1, Severity: 1,
			Matched: a.Title[f.from[n.start]:f.to[n.end-1]], MatchScore: n.score, Rule: MediaCode + "/tone", Sentence: a.Title,
			Start: int(f.from[n.start]), End: int(f.to[n.end-1]), InTitle: true, OccurredOn: max(on, asof.Earliest+1), KnownAt: a.KnownAt,
			SourceWeight: SourceWeight(a.SourceClass, MediaCode), HalfLifeDays: mediaHalfLife,
		})
	}
	return out
}

// mediaHalfLife is that of bad press, in days.
const mediaHalfLife = 90
