package warnings

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"creditwatch/pipeline/asof"
)

// A Night is all that a night's warnings are judged by.
type Night struct {
	AsOf     asof.Date
	Book     arrow.Record // one row per customer: Labels and Reads
	Events   []Event      // known up to the night
	Last     []Episode    // rows of the last published night before AsOf
	Outcomes []Outcome    // of customers scored a year and more ago, of cells with enough defaults to learn from
	Entries  []Entry      // what people said of episodes, known up to the night, in the order in which it counts
	Record   []Precision  // how often the warnings of a rule came true
	Calendar Calendar     // nil: MonToFri
	// Demoted are the codes whose record has taken them down to S1, with the night since when.
	Demoted map[string]asof.Date

	PolicyHash string // SHA-256 of the policy file that judges, for its rows
}

// A Result is what a night finds, in order of customer and code.
type Result struct {
	Episodes   []Episode
	Happenings []Happening // in order of customer, code and time
	Unjudged   []Unjudged  // one a rule, in catalogue order
	Summary    Summary
}

// Unjudged counts, for one rule, the customers that lacked a value to judge by.
type Unjudged struct {
	Code      string
	Reads     string // what was missing, separated by spaces
	Customers uint64
	Judged    uint64
}

// A Summary counts a night's episodes. Opened and Closed are of tonight, the others as the night ends; those suppressed,
// snoozed, lifted or over budget are open too.
type Summary struct {
	Opened, Closed, Open, Pending, Suppressed int
	Snoozed, Lifted, Escalated, OverBudget    int
	Strangers                                 int     // news events about customers whom the book does not hold
	By                                        []Tally // by tier and severity, those without any left out
}

// A Tally counts the episodes of one tier and severity.
type Tally struct {
	Tier                 uint8
	Severity             Severity
	Opened, Closed, Open int
}

// Judge finds tonight's episodes. The same night and policy give the same result.
func Judge(n Night, p Policy) (Result, error) {
	if err := errors.Join(p.Check()...); err != nil {
		return Result{}, fmt.Errorf("policy: %w", err)
	}
	j, err := prepare(n, p)
	if err != nil {
		return Result{}, err
	}
	for row := range j.book.rows {
		j.customer(row)
	}
	j.remaining()
	j.budget()
	j.finish()
	return j.result(), nil
}

// A judge goes through one night's book.
type judge struct {
	Night
	policy  Policy
	rules   []Rule // Rules, as demotion leaves them
	book    *book
	stories map[string][]story  // by customer
	last    map[key]*Episode    // those not yet taken through the night
	age     map[float64]float64 // business days of calendar days
	peers   peers
	groups  map[string]*group
	weeks   []float64          // scratch
	entries map[string][]Entry // by episode
	record  map[string]float64 // precision of the rules that have a record
	values  Values
	reading reading

	passages   []passage
	episodes   []Episode
	happenings []Happening
	unjudged   []Unjudged
	missing    []map[string]bool
	summary    Summary
}

// A passage is an episode on its way through the night.
type passage struct {
	before  *Episode // nil if there was none
	next    Episode
	owner   string  // of the customer
	stake   stake   // of the customer
	gone    bool    // the customer or the rule is no longer there
	entries []Entry // that take effect tonight
}

// wasOpen reports whether the last night knew the same episode, open.
func (c *passage) wasOpen() bool {
	return c.before != nil && c.before.State == Open && c.before.EpisodeID == c.next.EpisodeID
}

type key struct{ customer, code string }

func prepare(n Night, p Policy) (*judge, error) {
	if n.Calendar == nil {
		n.Calendar = MonToFri
	}
	b, err := readBook(n.Book)
	if err != nil {
		return nil, err
	}
	j := &judge{Night: n, policy: p, book: b, stories: map[string][]story{}, last: make(map[key]*Episode, len(n.Last)), age: map[float64]float64{},
		entries: map[string][]Entry{}, record: precisions(n.Record)}
	for _, e := range n.Entries {
		j.entries[e.EpisodeID] = append(j.entries[e.EpisodeID], e)
	}
	j.values = Values{policy: &j.policy, row: make([]float64, len(slots))}
	for i := range n.Last {
		e := &n.Last[i]
		k := key{e.CustomerID, e.Code}
		switch {
		case e.AsOf >= n.AsOf:
			return nil, fmt.Errorf("last episode of customer %s, %s: want a night before %s, got %s", e.CustomerID, e.Code, n.AsOf, e.AsOf)
		case j.last[k] != nil:
			return nil, fmt.Errorf("last episodes: customer %s has %s twice, want one row", e.CustomerID, e.Code)
		}
		j.last[k] = e
	}
	j.rules = slices.Clone(Rules)
	for i := range j.rules {
		if _, ok := n.Demoted[j.rules[i].Code]; ok {
			j.rules[i] = j.rules[i].demoted()
		}
	}
	for _, r := range Rules {
		j.unjudged = append(j.unjudged, Unjudged{Code: r.Code})
		j.missing = append(j.missing, map[string]bool{})
	}

	byCustomer := map[string][]Event{}
	for _, e := range n.Events {
		if _, ok := b.index[e.CustomerID]; !ok {
			j.summary.Strangers++
			continue
		}
		byCustomer[e.CustomerID] = append(byCustomer[e.CustomerID], e)
	}
	age := func(st *story) int { return n.AsOf.Sub(st.occurredOn) }
	for i, id := range b.labels[0] {
		events := byCustomer[id]
		if len(events) > 0 {
			if j.stories[id], err = stories(events, n.AsOf, &j.policy); err != nil {
				return nil, err
			}
		}
		c := b.cell(i)
		if c == nil {
			continue
		}
		c.firms++
		c.hit(j.stories[id], age)
		if pd := b.floats[slot("pd_12m")]; pd.IsValid(i) && !math.IsNaN(pd.Value(i)) {
			c.pds = append(c.pds, pd.Value(i))
		}
	}
	for _, c := range b.cells {
		c.settle(&j.policy)
	}
	j.peers, j.groups = peersOf(b, n.Outcomes, &j.policy), groupsOf(b, n.Last)
	return j, nil
}

// customer judges all rules for one row of the book.
func (j *judge) customer(row int) {
	id, owner := j.book.labels[labelCustomer][row], j.book.labels[labelOwner][row]
	v := &j.values
	j.book.fill(v, row)
	j.derive(row, id)

	at, st := len(j.passages), stakeOf(v)
	for i := range j.rules {
		rule, r := &j.rules[i], &j.reading
		r.read(rule, v, &j.policy)
		if r.unjudged {
			j.unjudged[i].Customers++
			for _, c := range r.nulls {
				j.missing[i][c] = true
			}
		} else {
			j.unjudged[i].Judged++
		}
		k := key{id, rule.Code}
		before := j.last[k]
		prev := Episode{CustomerID: id, Code: rule.Code, Tier: rule.Tier, Peak: math.NaN()}
		if before != nil {
			prev = before.own()
			delete(j.last, k)
		} else if r.unjudged || r.over == 0 {
			continue
		}
		next := advance(prev, r, j.AsOf, &j.policy)
		if next.State == "" {
			continue
		}
		if r.unjudged {
			next.Evidence = unjudgedNote("null: "+strings.Join(r.nulls, " "), prev.Evidence)
		} else {
			r.explain(&next, v)
		}
		if since, ok := j.Demoted[rule.Code]; ok {
			next.TextEN, next.TextZH = sayDemoted(next.TextEN, next.TextZH, since)
		}
		next.SuppressedBy = j.suppressedBy(&next, rule, v)
		if next.State == Open && next.SuppressedBy == "" {
			v.row[slot("worst_other")] = max(v.row[slot("worst_other")], float64(next.Severity))
		}
		j.passages = append(j.passages, passage{before: before, next: next, owner: owner, stake: st})
	}
	j.settle(j.passages[at:], v.Of("large_listed") >= 1)
}

// derive fills in what other customers, the news and history tell about one row of the book.
func (j *judge) derive(row int, id string) {
	v := &j.values
	set := func(column string, x float64) { v.row[slot(column)] = x }
	v.stories = j.stories[id]
	set("cell_shock", math.NaN())
	set("cell_pd_stressed", math.NaN())
	if c := j.book.cell(row); c != nil {
		set("cell_shock", c.shock)
		set("cell_pd_stressed", c.pdStressed)
	}
	set("ledger_age_business_days", j.businessDays(v.row[slot("ledger_age_days")]))
	set("peer_trigger", j.peers.trigger(j.book.peer(row)))
	j.weeks = v.trend(j.weeks)
	set("relatives_failed", math.NaN())
	set("group_limit_use", math.NaN())
	if g := j.groups[j.book.labels[labelGroup][row]]; g != nil {
		set("relatives_failed", g.relativesFailed(id))
		set("group_limit_use", g.limitUse)
	}
	media := coverageOf(v.stories, j.AsOf)
	set("media_stories_7d", media.stories)
	set("media_negative_share_7d", media.negative)
	set("media_zscore_7d", media.zscore)
	set("worst_other", 0)
}

// remaining takes the episodes through the night whose customer or rule is gone.
func (j *judge) remaining() {
	gone := map[string][]passage{}
	for k, before := range j.last {
		prev := before.own()
		r := slices.IndexFunc(Rules, func(r Rule) bool { return r.Code == k.code })
		if r < 0 {
			if prev.State == Open {
				next := prev
				next.AsOf, next.State, next.ClosedOn, next.Value = j.AsOf, Closed, j.AsOf, math.NaN()
				next.Evidence = "the rule was withdrawn; before: " + prev.Evidence
				gone[k.customer] = append(gone[k.customer], passage{before: before, next: next, stake: unknownStake, gone: true})
			}
			continue
		}
		j.unjudged[r].Customers++
		j.missing[r]["customer"] = true
		next := advance(prev, &reading{rule: &j.rules[r], policy: &j.policy, value: math.NaN(), unjudged: true}, j.AsOf, &j.policy)
		if next.State != "" {
			next.Evidence = unjudgedNote("the customer is not in the book", prev.Evidence)
			gone[k.customer] = append(gone[k.customer], passage{before: before, next: next, stake: unknownStake, gone: true})
		}
	}
	for _, customer := range slices.Sorted(maps.Keys(gone)) {
		slices.SortFunc(gone[customer], func(a, b passage) int { return order(a.next, b.next) })
		j.settle(gone[customer], false)
		j.passages = append(j.passages, gone[customer]...)
	}
}

// settle lets people's word and the customer's other warnings act on the episodes of one customer.
func (j *judge) settle(all []passage, uninformative bool) {
	for i := range all {
		c := &all[i]
		c.next.EpisodeID = episodeID(c.next.CustomerID, c.next.Code, c.next.FirstSeen)
		c.next.OwnSeverity = c.next.Severity
		c.next.PolicyHash = j.PolicyHash
		j.heed(c)
	}
	j.lift(all)
	for i := range all {
		j.wake(&all[i])
	}
	if uninformative {
		sayUninformative(all)
	}
}

// finish sets what hangs on the whole book, and counts.
func (j *judge) finish() {
	for i := range j.passages {
		c := &j.passages[i]
		c.next.DueOn = j.due(c)
		j.escalate(c)
		if !c.gone || c.before.Severity != c.next.Severity || c.before.EscalationLevel != c.next.EscalationLevel {
			c.next.Owner = j.policy.ownerFor(c.next.Severity, c.next.EscalationLevel, c.owner)
		}
		j.happenings = append(j.happenings, happened(c)...)
		j.keep(c)
	}
}

func (j *judge) keep(c *passage) {
	e := &c.next
	j.episodes = append(j.episodes, *e)
	t, s := j.tally(e.Tier, e.Severity), &j.summary
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	switch e.State {
	case Open:
		t.Open++
		s.Open++
		fresh := !c.wasOpen() && !e.snoozed()
		count(&t.Opened, fresh)
		count(&s.Opened, fresh)
		count(&s.Suppressed, e.SuppressedBy != "")
		count(&s.Snoozed, e.snoozed())
		count(&s.Lifted, e.LiftedBy != "")
		count(&s.Escalated, e.EscalatedOn == j.AsOf)
		count(&s.OverBudget, e.OverBudget)
	case Closed:
		t.Closed++
		s.Closed++
	case Pending:
		s.Pending++
	}
}

func (j *judge) tally(tier uint8, s Severity) *Tally {
	i := slices.IndexFunc(j.summary.By, func(t Tally) bool { return t.Tier == tier && t.Severity == s })
	if i < 0 {
		i = len(j.summary.By)
		j.summary.By = append(j.summary.By, Tally{Tier: tier, Severity: s})
	}
	return &j.summary.By[i]
}

func (j *judge) suppressedBy(e *Episode, rule *Rule, v *Values) string {
	if e.State != Open && e.State != Pending {
		return ""
	}
	var codes []string
	for _, s := range Suppressors {
		if e.Severity <= s.UpTo && slices.Contains(rule.Excuses, s.Code) && s.Holds(v, &j.policy) {
			codes = append(codes, s.Code)
		}
	}
	return strings.Join(codes, " ")
}

// due keeps the day set at the opening, and sets a new one when the episode gets graver, or is shown to people who were
// not shown it the night before.
func (j *judge) due(c *passage) asof.Date {
	e, b := &c.next, c.before
	due := j.policy.due(j.Calendar, j.AsOf, e.Severity)
	switch {
	case b == nil, b.State != e.State && e.State == Open, e.State == Open && b.EpisodeID != e.EpisodeID:
		return due
	case e.State == Open && (b.SuppressedBy != "" && e.SuppressedBy == "" || b.snoozed() && !e.snoozed() || !b.Published && e.Published):
		return due
	case e.Severity > b.Severity && b.DueOn >= j.AsOf:
		return min(due, b.DueOn)
	case e.Severity > b.Severity:
		return due // it is not to be late the night it gets graver
	}
	return b.DueOn
}

// businessDays turns an age in calendar days into one in business days.
func (j *judge) businessDays(age float64) float64 {
	if !(age >= 0) || age > 1e4 {
		return age // null, or as it is where the difference means nothing
	}
	n, ok := j.age[age]
	if !ok {
		n = j.Calendar.since(j.AsOf.Add(-int(age)), j.AsOf)
		j.age[age] = n
	}
	return n
}

func (j *judge) result() Result {
	slices.SortFunc(j.episodes, order)
	for i := range j.unjudged {
		var names []string
		for c := range j.missing[i] {
			names = append(names, c)
		}
		slices.Sort(names)
		j.unjudged[i].Reads = strings.Join(names, " ")
	}
	slices.SortFunc(j.summary.By, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Severity, b.Severity))
	})
	j.summary.By = slices.DeleteFunc(j.summary.By, func(t Tally) bool { return t.Opened+t.Closed+t.Open == 0 })
	slices.SortStableFunc(j.happenings, func(a, b Happening) int {
		return cmp.Or(cmp.Compare(a.CustomerID, b.CustomerID), cmp.Compare(a.Code, b.Code))
	})
	return Result{Episodes: j.episodes, Happenings: j.happenings, Unjudged: j.unjudged, Summary: j.summary}
}
