package warnings

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"creditwatch/pipeline/asof"
)

// live judges one customer night after night from monday on, with what people say meanwhile.
func live(t testing.TB, p Policy, shows []set, entries ...Entry) []Result {
	t.Helper()
	var all []Result
	var last []Episode
	for i, s := range shows {
		n := Night{AsOf: monday.Add(i), Book: one(s), Last: last}
		for _, e := range entries {
			if e.On <= n.AsOf {
				n.Entries = append(n.Entries, e)
			}
		}
		r := judged(t, n, p)
		last = r.Episodes
		all = append(all, r)
	}
	return all
}

// say is an entry of Ana about c1's episode of a code that began on monday.
func say(kind EntryKind, code string, on int, opts ...func(*Entry)) Entry {
	e := Entry{EpisodeID: episodeID("c1", code, monday), CustomerID: "c1", Kind: kind, By: "Ana", Reason: "because", On: monday.Add(on)}
	for _, o := range opts {
		o(&e)
	}
	e.ID = fmt.Sprintf("%s-%s-%s-%s", e.Kind, e.On, e.Outcome, e.Until)
	return e
}

func until(n int) func(*Entry)       { return func(e *Entry) { e.Until = monday.Add(n) } }
func found(what string) func(*Entry) { return func(e *Entry) { e.Outcome = what } }

// events writes what happened to an episode night after night.
func events(results []Result, code string) string {
	var nights []string
	for _, r := range results {
		var tonight []string
		for _, h := range r.Happenings {
			if h.Code == code {
				tonight = append(tonight, h.Event)
			}
		}
		nights = append(nights, strings.Join(tonight, "+"))
	}
	return strings.Join(nights, " ")
}

// times repeats a night.
func times(n int, s set) []set { return slices.Repeat([]set{s}, n) }

func join(sets ...set) set {
	all := set{}
	for _, s := range sets {
		all = with(all, s)
	}
	return all
}

var (
	tier1       = set{"pd_prudent": 0.06}                 // W1-01 S2
	tier1Grave  = set{"pd_prudent": 0.12}                 // W1-01 S3
	tier2       = set{"dbt_90d": 18, "dbt_zscore_90d": 3} // W2-04 S2
	tier2Also   = set{"pay_index_90d": 65}                // W2-05 S2
	tier2Graver = set{"dbt_90d": 30, "dbt_zscore_90d": 3} // W2-04 S3
	tier2Grave  = set{"default_days": 80}                 // W2-03 S3
	tier2Worst  = set{"default_days": 95}                 // W2-03 S4
	tier3       = set{"rating_outlook_negative": 1}       // W3-03 S2
	promised    = set{"overdue_60d_base": 5000, "promise_pending": 1}
)

func TestSeveralTiersLiftTheGravest(t *testing.T) {
	everything := catalogueLift()
	everything.Lift = Lift{TwoTiers: Info, ThreeTiers: Info}
	careful := catalogueLift()
	careful.Lift = Lift{TwoTiers: Act, ThreeTiers: Watch}
	meetingsAt3 := catalogueLift()
	meetingsAt3.Lift = Lift{TwoTiers: Watch, ThreeTiers: Act}
	rumour := tell("OWNER", func(e *Event) { e.Severity = Info }) // W3-15 S1
	for _, c := range []struct {
		name   string
		policy Policy
		shows  set
		news   []Event
		want   string // code, own severity, severity and what lifts it
	}{
		{"one tier", catalogueLift(), tier1, nil, "W1-01 S2"},
		{"much of one tier", catalogueLift(), join(tier2, tier2Also), nil, "W2-04 S2, W2-05 S2"},
		{"two tiers", catalogueLift(), join(tier1, tier2), nil, "W1-01 S2>S3 by W2-04, W2-04 S2"},
		{"the graver one is lifted", catalogueLift(), join(tier1, tier2Grave), nil, "W1-01 S2, W2-03 S3>S4 by W1-01"},
		{"three tiers", catalogueLift(), join(tier1, tier2, tier3), nil, "W1-01 S2>S4 by W2-04 W3-03, W2-04 S2, W3-03 S2"},
		{"the gravest of three", catalogueLift(), join(tier1, tier2, tier2Also, tier3, tier1Grave), nil, "W1-01 S3>S4 by W2-04 W3-03, W2-04 S2, W2-05 S2, W3-03 S2"},
		{"nothing is worse than S4", catalogueLift(), join(tier1, tier2Worst, tier3), nil, "W1-01 S2, W2-03 S4, W3-03 S2"},
		{"a suppressed one says nothing", catalogueLift(), join(tier1, promised), nil, "W1-01 S2, W2-02 S3 promise_pending"},
		{"S1 is only worth knowing", catalogueLift(), tier1, []Event{rumour}, "W1-01 S2, W3-15 S1"},
		{"unless the policy counts it", everything, tier1, []Event{rumour}, "W1-01 S2>S3 by W3-15, W3-15 S1"},
		{"two tiers below the policy's line", careful, join(tier1, tier2), nil, "W1-01 S2, W2-04 S2"},
		{"three tiers below the policy's line", meetingsAt3, join(tier1, tier2, tier3), nil, "W1-01 S2>S3 by W2-04, W2-04 S2, W3-03 S2"},
		{"the gravest of them is lifted", meetingsAt3, join(tier1, tier2Graver, tier3), nil, "W1-01 S2, W2-04 S3>S4 by W1-01, W3-03 S2"},
		{"of whom we know little", catalogueLift(), join(tier2, set{"ledger_age_days": 20}), nil, "W1-08 S2, W2-04 S2"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			var got []string
			for _, e := range judged(t, Night{AsOf: monday, Book: one(c.shows), Events: c.news}, c.policy).Episodes {
				if e.State != Open {
					continue
				}
				s := e.Code + " " + e.OwnSeverity.String()
				if e.LiftedBy != "" || e.Severity != e.OwnSeverity {
					s += ">" + e.Severity.String() + " by " + e.LiftedBy
				}
				got = append(got, strings.TrimSpace(s+" "+e.SuppressedBy))
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), c.want)
			}
		})
	}
}

func TestLiftedWarningSaysSo(t *testing.T) {
	nights := live(t, catalogueLift(), []set{tier1, join(tier1, tier2), join(tier1, tier2, set{"pd_prudent": null, "pd_hi": null}), join(tier1, tier2, tier3), tier1})
	alone, lifted, unjudged, meeting, again := find(nights[0], "W1-01"), find(nights[1], "W1-01"), find(nights[2], "W1-01"), find(nights[3], "W1-01"), find(nights[4], "W1-01")
	if lifted.TextEN != alone.TextEN+"; raised from S2 to S3: W2-04 of tier 2 is open too" || lifted.TextZH != alone.TextZH+"；由 S2 升为 S3：二级预警 W2-04 同时存在" ||
		lifted.Evidence != alone.Evidence+"; lifted S2 to S3 by W2-04" {
		t.Errorf("lifted: %q\n%q\n%q", lifted.TextEN, lifted.TextZH, lifted.Evidence)
	}
	if alone.Owner != "Li Na" || lifted.Owner != "credit manager" || alone.DueOn.String() != "2026-03-17" || lifted.DueOn.String() != "2026-03-06" {
		t.Errorf("alone %s by %s, lifted %s by %s: want owner and day of the lifted severity", alone.Owner, alone.DueOn, lifted.Owner, lifted.DueOn)
	}
	if unjudged.TextEN != lifted.TextEN || strings.Count(unjudged.Evidence, "lifted") != 1 || unjudged.Severity != Act {
		t.Errorf("unjudged: %q, %q", unjudged.TextEN, unjudged.Evidence)
	}
	if !strings.HasSuffix(meeting.TextEN, "raised from S2 to S4 for a review meeting: all three tiers are open (W2-04 W3-03)") || !strings.HasSuffix(meeting.Action, " MEET") || meeting.Severity != Critical {
		t.Errorf("three tiers: %q, %s", meeting.TextEN, meeting.Action)
	}
	if again.TextEN != alone.TextEN || again.Evidence != alone.Evidence || again.Severity != Watch || again.LiftedBy != "" || again.Action != alone.Action || again.EpisodeID != alone.EpisodeID {
		t.Errorf("alone again: %+v", again)
	}
	if got, want := events(nights, "W1-01"), "opened lifted  lifted lowered"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
}

func TestRepetitionAloneIsNotCritical(t *testing.T) {
	for i, r := range live(t, catalogueLift(), times(60, join(tier2, tier2Also))) {
		for _, e := range r.Episodes {
			if e.Severity != Watch {
				t.Fatalf("night %d: %s is %s, want S2 for ever", i, e.Code, e.Severity)
			}
		}
	}
}

func TestLargeListedCustomersPaymentRecord(t *testing.T) {
	listed := set{"large_listed": 1}
	const en, zh = "; payment record uninformative: a large listed customer", "；付款记录参考性有限：大型上市客户"
	nights := live(t, catalogueLift(), []set{join(tier1, listed), join(listed, set{"pd_prudent": null, "pd_hi": null}), join(tier1, tier2, listed), tier1, join(tier1, promised, listed)})
	for i, want := range []bool{true, true, false, false, true} {
		e := find(nights[i], "W1-01")
		if strings.HasSuffix(e.TextEN, en) != want || strings.HasSuffix(e.TextZH, zh) != want || strings.Count(e.TextEN, en) > 1 {
			t.Errorf("night %d: %q %q, want it said: %v", i, e.TextEN, e.TextZH, want)
		}
	}
}

func TestWhatPeopleSay(t *testing.T) {
	s3, none := tier2Grave, set{}
	for _, c := range []struct {
		name    string
		code    string
		nights  []set
		entries []Entry
		want    string // course
		events  string
	}{
		{"resolved, it stays closed while it stands", "W2-03", times(20, s3), []Entry{say(Resolve, "W2-03", 1, found("no_action"))},
			"3x" + strings.Repeat("c", 18), "opened resolved+closed" + strings.Repeat(" ", 18)},
		{"after the cool-down, once it has gone and come back", "W2-03", slices.Concat(times(3, s3), times(1, none), times(13, s3)), []Entry{say(Resolve, "W2-03", 1, found("acted"))},
			"3x" + strings.Repeat("c", 13) + "33", "opened resolved+closed" + strings.Repeat(" ", 14) + "reopened "},
		{"come back too late to be held", "W2-03", slices.Concat(times(16, s3), times(1, none), times(1, s3)), []Entry{say(Resolve, "W2-03", 1, found("acted"))},
			"3x" + strings.Repeat("c", 14) + "-3", "opened resolved+closed" + strings.Repeat(" ", 16) + "opened"},
		{"graver inside the cool-down, not yet critical", "W2-04", slices.Concat(times(2, tier2), times(14, tier2Graver)), []Entry{say(Resolve, "W2-04", 1, found("acted"))},
			"2x" + strings.Repeat("c", 13) + "3", "opened resolved+closed" + strings.Repeat(" ", 14) + "reopened"},
		{"critical inside the cool-down", "W2-03", []set{s3, s3, s3, tier2Worst}, []Entry{say(Resolve, "W2-03", 1, found("acted"))},
			"3xc4", "opened resolved+closed  reopened"},
		{"resolved though critical", "W2-03", times(18, tier2Worst), []Entry{say(Resolve, "W2-03", 1, found("true_alarm"))},
			"4x" + strings.Repeat("c", 16), "opened resolved+closed" + strings.Repeat(" ", 16)},
		{"critical, gone and back", "W2-03", []set{tier2Worst, tier2Worst, none, tier2Worst}, []Entry{say(Resolve, "W2-03", 1, found("true_alarm"))},
			"4x-4", "opened resolved+closed  opened"},
		{"the outcome of what closed by itself", "W2-03", []set{s3, none, none}, []Entry{say(Resolve, "W2-03", 2, found("true_alarm"))},
			"3xc", "opened closed resolved"},
		{"on the night on which it closes by itself", "W2-03", []set{s3, none, none}, []Entry{say(Resolve, "W2-03", 1, found("true_alarm"))},
			"3xc", "opened resolved+closed "},
		{"another outcome later", "W2-03", times(4, s3), []Entry{say(Resolve, "W2-03", 1, found("true_alarm")), say(Resolve, "W2-03", 3, found("false_alarm"))},
			"3xcc", "opened resolved+closed  resolved"},
		{"snoozed until its last day", "W2-03", times(5, s3), []Entry{say(Snooze, "W2-03", 1, until(3))},
			"33333", "opened snoozed   woken"},
		{"snoozed twice", "W2-03", times(5, s3), []Entry{say(Snooze, "W2-03", 1, until(2)), say(Snooze, "W2-03", 2, until(3))},
			"33333", "opened snoozed snoozed  woken"},
		{"a snooze that is over when it is known", "W2-03", times(3, s3), []Entry{say(Snooze, "W2-03", 2, until(1))},
			"333", "opened  snoozed+woken"},
		{"graver than when it was snoozed", "W2-04", []set{tier2, tier2, tier2Graver, tier2Graver}, []Entry{say(Snooze, "W2-04", 1, until(9))},
			"2233", "opened snoozed raised+woken "},
		{"lifted while it was snoozed", "W1-01", []set{tier1, tier1, join(tier1, tier2)}, []Entry{say(Snooze, "W1-01", 1, until(9))},
			"223", "opened snoozed lifted+woken"},
		{"less grave wakes nobody", "W2-04", []set{tier2Graver, tier2, tier2Graver}, []Entry{say(Snooze, "W2-04", 1, until(9))},
			"323", "opened lowered+snoozed raised"},
		{"closed while it was snoozed", "W2-03", []set{s3, s3, none}, []Entry{say(Snooze, "W2-03", 1, until(9))},
			"33x", "opened snoozed closed"},
		{"acknowledged", "W2-03", times(3, s3), []Entry{say(Acknowledge, "W2-03", 1)}, "333", "opened acknowledged "},
		{"of another customer", "W2-03", times(3, s3), []Entry{say(Resolve, "W2-03", 1, found("acted"), func(e *Entry) { e.CustomerID = "c2" })}, "333", "opened  "},
		{"of another episode", "W2-03", times(3, s3), []Entry{say(Resolve, "W2-04", 1, found("acted"))}, "333", "opened  "},
		{"suppressed and back", "W2-02", []set{promised, promised, {"overdue_60d_base": 5000}, promised}, nil, "3333", "opened+suppressed  unsuppressed suppressed"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			results := live(t, catalogueLift(), c.nights, c.entries...)
			if got := course(results, c.code); got != c.want {
				t.Errorf("course %q, want %q", got, c.want)
			}
			if got := events(results, c.code); got != c.events {
				t.Errorf("events %q, want %q", got, c.events)
			}
		})
	}
}

func TestEntriesLeaveTheirMark(t *testing.T) {
	nights := live(t, catalogueLift(), times(6, tier2Grave), say(Acknowledge, "W2-03", 1), say(Snooze, "W2-03", 2, until(3)), say(Resolve, "W2-03", 5, found("false_alarm")))
	seen, snoozed, woken, resolved := find(nights[1], "W2-03"), find(nights[2], "W2-03"), find(nights[4], "W2-03"), find(nights[5], "W2-03")
	if seen.AcknowledgedBy != "Ana" || seen.AcknowledgedOn != monday.Add(1) || seen.SeenSeverity != Act || !seen.Published {
		t.Errorf("acknowledged: %+v", seen)
	}
	if snoozed.SnoozedUntil != monday.Add(3) || snoozed.SnoozedBy != "Ana" || snoozed.Published || snoozed.State != Open || nights[2].Summary.Snoozed != 1 || nights[2].Summary.Open != 1 {
		t.Errorf("snoozed: %+v, %+v", snoozed, nights[2].Summary)
	}
	if !woken.SnoozedUntil.IsZero() || !woken.Published || woken.BudgetRank != 1 || woken.DueOn.String() != "2026-03-11" { // Friday: read on Monday, two business days
		t.Errorf("woken: %+v", woken)
	}
	if resolved.State != Closed || resolved.Outcome != "false_alarm" || resolved.ResolvedBy != "Ana" || resolved.ClosedOn != monday.Add(5) || len(strings.Fields(resolved.Heeded)) != 3 {
		t.Errorf("resolved: %+v", resolved)
	}
	want := Happening{AsOf: monday.Add(5), EpisodeID: resolved.EpisodeID, CustomerID: "c1", Code: "W2-03", Seq: 1, Event: "resolved", Severity: Act, New: "false_alarm", By: "Ana", Reason: "because",
		EntryID: "resolve-2026-03-07-false_alarm-1970-01-01", TextEN: "resolved by Ana: false alarm", TextZH: "Ana 已处理：误报"}
	if diff := cmp.Diff(want, nights[5].Happenings[0]); diff != "" {
		t.Error(diff)
	}
	graver := live(t, catalogueLift(), []set{tier2, tier2, tier2Graver}, say(Acknowledge, "W2-04", 1))
	if e := find(graver[2], "W2-04"); !e.AcknowledgedOn.IsZero() || e.AcknowledgedBy != "" {
		t.Errorf("graver than what was acknowledged, and still %+v", e)
	}
}

func TestEscalation(t *testing.T) {
	// Opened on Monday at S3: read on Tuesday, due on Thursday; the night of Friday finds it overdue.
	for _, c := range []struct {
		name    string
		shows   []set
		entries []Entry
		code    string
		want    string // levels
		owner   string // on the last night
	}{
		{"one level up, once", times(12, tier2Grave), nil, "W2-03", "000011111111", "credit manager, finance head"},
		{"seen in time", times(8, tier2Grave), []Entry{say(Acknowledge, "W2-03", 3)}, "W2-03", "00000000", "credit manager"},
		{"seen on the night it is overdue", times(8, tier2Grave), []Entry{say(Acknowledge, "W2-03", 4)}, "W2-03", "00000000", "credit manager"},
		{"seen too late", times(8, tier2Grave), []Entry{say(Acknowledge, "W2-03", 5)}, "W2-03", "00001111", "credit manager, finance head"},
		{"snoozed, and due anew when it wakes", times(12, tier2Grave), []Entry{say(Snooze, "W2-03", 1, until(5))}, "W2-03", "000000000011", "credit manager, finance head"},
		{"nothing is above S4 but one", times(8, tier2Worst), nil, "W2-03", "00111111", "managing director"},
		{"S2 waits", times(40, tier2), nil, "W2-04", strings.Repeat("0", 40), "Li Na"},
		{"suppressed", times(8, promised), nil, "W2-02", "00000000", "credit manager"},
		{"lifted to S3", times(8, join(tier1, tier2)), nil, "W1-01", "00001111", "credit manager, finance head"},
		{"an overdue S2 that gets graver is due anew", append(times(20, tier2), times(6, tier2Graver)...), nil, "W2-04", strings.Repeat("0", 24) + "11", "credit manager, finance head"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			var got strings.Builder
			results := live(t, catalogueLift(), c.shows, c.entries...)
			for _, r := range results {
				got.WriteByte('0' + find(r, c.code).EscalationLevel)
			}
			last := find(results[len(results)-1], c.code)
			if got.String() != c.want || last.Owner != c.owner {
				t.Errorf("levels %s, owner %s; want %s, %s", got.String(), last.Owner, c.want, c.owner)
			}
			if rises, told := strings.Count(c.want, "01"), strings.Count(events(results, c.code), "escalated"); rises != told {
				t.Errorf("%d times escalated, %d times told", rises, told)
			}
			if last.Severity != last.OwnSeverity && last.LiftedBy == "" {
				t.Error("the severity itself was escalated")
			}
		})
	}
	// Overdue again after a new due date: a second level.
	twice := live(t, catalogueLift(), slices.Concat(times(6, tier2Grave), times(1, join(tier2Grave, tier1)), times(5, join(tier2Grave, tier1))))
	if e := find(twice[11], "W2-03"); e.EscalationLevel != 2 || e.Severity != Critical || e.Owner != "managing director" {
		t.Errorf("overdue twice: level %d, %s, %s", e.EscalationLevel, e.Severity, e.Owner)
	}
}

func TestAlarmBudget(t *testing.T) {
	p := catalogueLift()
	p.Budget.Analysts, p.Budget.WarningsPerAnalyst = 1, 2
	person := func(id string, shows ...set) customer { return customer{id, "Li Na", "steel", "Hebei", join(shows...)} }
	effect := func(code Episode) float64 {
		best := 0.0
		for _, a := range strings.Fields(code.Action) {
			best = max(best, p.Budget.Works.Of(a))
		}
		return best
	}
	people := []customer{
		person("small", tier2, set{"ead": 1000, "pd_12m": 0.05, "pd_12m_30d_ago": 0.05}),
		person("large", tier2, set{"ead": 200000, "pd_12m": 0.05, "pd_12m_30d_ago": 0.05}),
		person("larger", tier2, set{"ead": 400000, "pd_12m": 0.05, "pd_12m_30d_ago": 0.05}),
		person("nobody knows", tier2, set{"pd_12m": null}),
		person("worst", tier2Worst, set{"ead": 0, "pd_12m": 1, "pd_12m_30d_ago": 1}),
		person("held back", promised),
	}
	first := judged(t, Night{AsOf: monday, Book: bookOf(people...)}, p)
	of := func(r Result, customer string) Episode {
		t.Helper()
		i := slices.IndexFunc(r.Episodes, func(e Episode) bool { return e.CustomerID == customer && e.State == Open && e.Tier == 2 })
		if i < 0 {
			t.Fatalf("no warning of %s", customer)
		}
		return r.Episodes[i]
	}
	for _, c := range []struct {
		customer          string
		rank              uint32
		published, beyond bool
		gain              float64 // probability x exposure x loss
	}{
		{"larger", 1, true, false, 0.05 * 400000 * 0.5},
		{"large", 2, true, false, 0.05 * 200000 * 0.5},
		{"small", 3, false, true, 0.05 * 1000 * 0.5},
		{"worst", 4, true, false, 0},
		{"nobody knows", 5, false, true, null},
		{"held back", 0, false, false, null},
	} {
		e := of(first, c.customer)
		want := math.Round(100*(c.gain*effect(e)-25)) / 100
		if e.BudgetRank != c.rank || e.Published != c.published || e.OverBudget != c.beyond || !(e.ExpectedSaving == want || math.IsNaN(want) && math.IsNaN(e.ExpectedSaving)) {
			t.Errorf("%s: rank %d, published %v, over budget %v, saves %v; want %+v, %v", c.customer, e.BudgetRank, e.Published, e.OverBudget, e.ExpectedSaving, c, want)
		}
	}
	if of(first, "larger").ExpectedSaving != 0.05*400000*0.5*0.15-25 {
		t.Errorf("saves %v", of(first, "larger").ExpectedSaving)
	}
	if first.Summary.OverBudget != 2 || first.Summary.Opened != 6 {
		t.Errorf("%+v", first.Summary)
	}
	// The next night those that waited have the analysts for themselves; what is published stays so.
	second := judged(t, Night{AsOf: monday.Add(1), Book: bookOf(people...), Last: first.Episodes}, p)
	for customer, rank := range map[string]uint32{"small": 1, "nobody knows": 2, "large": 0, "larger": 0, "worst": 0} {
		if e := of(second, customer); e.BudgetRank != rank || !e.Published || e.OverBudget {
			t.Errorf("%s on the second night: rank %d, published %v", customer, e.BudgetRank, e.Published)
		}
	}
	if e := of(second, "small"); e.DueOn != p.due(MonToFri, monday.Add(1), Watch) {
		t.Errorf("first shown on the second night, due %s", e.DueOn)
	}
	// What gets graver competes again and is shown meanwhile.
	p.Budget.Analysts = 0
	people[1].shows = with(people[1].shows, tier2Graver)
	third := judged(t, Night{AsOf: monday.Add(2), Book: bookOf(people...), Last: second.Episodes}, p)
	if e := of(third, "large"); e.Severity != Act || e.BudgetRank != 1 || !e.Published || !e.OverBudget {
		t.Errorf("graver: %+v", e)
	}
}

func TestSavingByTrackRecord(t *testing.T) {
	shows := join(tier2, set{"ead": 100000, "pd_12m": 0.02})
	for _, c := range []struct {
		name   string
		record []Precision
		want   float64
	}{
		{"none", nil, 0.02*100000*0.5*0.15 - 25},
		{"matured", []Precision{{"W2-04", 20, 0.4}}, 0.4*100000*0.5*0.15 - 25},
		{"too few", []Precision{{"W2-04", 19, 0.4}}, 0.02*100000*0.5*0.15 - 25},
		{"of another rule", []Precision{{"W2-02", 90, 0.4}}, 0.02*100000*0.5*0.15 - 25},
		{"no number", []Precision{{"W2-04", 90, null}}, 0.02*100000*0.5*0.15 - 25},
	} {
		r := judged(t, Night{AsOf: monday, Book: one(shows), Record: c.record}, catalogueLift())
		if e := find(r, "W2-04"); math.Abs(e.ExpectedSaving-c.want) > 0.005 {
			t.Errorf("%s: saves %v, want %v", c.name, e.ExpectedSaving, c.want)
		}
	}
}

func TestCheckOfLiftAndBudget(t *testing.T) {
	p := catalogueLift()
	p.Owners.Beyond = ""
	p.Lift = Lift{TwoTiers: 0, ThreeTiers: 5}
	p.Budget.Analysts, p.Budget.WarningsPerAnalyst, p.Budget.CostOfLooking = -1, 10001, null
	p.Budget.Works.Dun = 1.1
	want := []string{`owners.beyond: must be set, got ""`, "lift.two_tiers: must be from 1 to 4, got 0", "lift.three_tiers: must be from 1 to 4, got 5", "budget.analysts: must be from 0 to 10000, got -1",
		"budget.warnings_per_analyst: must be from 0 to 10000, got 10001", "budget.cost_of_looking: must be from 0 to 1e+09, got NaN", "budget.works.DUN+1: must be from 0 to 1, got 1.1"}
	if diff := cmp.Diff(strings.Join(want, "\n"), errors.Join(p.Check()...).Error()); diff != "" {
		t.Error(diff)
	}
	for _, r := range Rules {
		for _, s := range r.Steps {
			for _, a := range strings.Fields(r.Action + " " + s.Action) {
				if math.IsNaN(p.Budget.Works.Of(a)) {
					t.Errorf("%s: action %s has no chance in the budget", r.Code, a)
				}
			}
		}
	}
}

// TestLives draws nights and what people say, and holds what must be true of every life of a warning.
func TestLives(t *testing.T) {
	p := catalogueLift()
	p.Budget.Analysts, p.Budget.WarningsPerAnalyst = 1, 3
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		r := rand.New(rand.NewPCG(seed, 3))
		var last []Episode
		var entries []Entry
		began := map[string]asof.Date{} // of episodes
		closed := map[key]Episode{}     // newest closed episode of a customer and code
		over := map[string]bool{}       // episodes that are over
		for _, n := range draw(seed, 4, 24) {
			n.Last, n.Entries = last, slices.Clone(entries)
			got := judged(t, n, p)
			if diff := cmp.Diff(got, judged(t, n, p), equalNaN); diff != "" {
				rt.Fatalf("%s again: %s", n.AsOf, diff)
			}
			open := map[key]string{}
			was := map[string]Episode{}
			for _, e := range last {
				was[e.EpisodeID] = e
			}
			published := 0
			for _, e := range got.Episodes {
				k := key{e.CustomerID, e.Code}
				if open[k] != "" {
					rt.Fatalf("%s: %v twice", n.AsOf, k)
				}
				open[k] = e.EpisodeID
				if first, ok := began[e.EpisodeID]; ok && first != e.FirstSeen {
					rt.Fatalf("%s: %v began on %s, now on %s", n.AsOf, k, first, e.FirstSeen)
				}
				began[e.EpisodeID] = e.FirstSeen
				if over[e.EpisodeID] && e.State == Open {
					rt.Fatalf("%s: %v is open again under its old identity", n.AsOf, k)
				}
				before := was[e.EpisodeID]
				if c, ok := closed[k]; ok && e.State == Open && before.State != Open && e.OwnSeverity < Critical && c.OwnSeverity < Critical && n.AsOf.Sub(c.ClosedOn) < p.CooldownDays {
					rt.Fatalf("%s: %v at %s was opened inside the cool-down from %s", n.AsOf, k, e.OwnSeverity, c.ClosedOn)
				}
				if e.State == Closed {
					closed[k], over[e.EpisodeID] = e, true
				}
				if e.Published && (e.State != Open || e.SuppressedBy != "" || e.snoozed()) {
					rt.Fatalf("%s: %v is shown: %+v", n.AsOf, k, e)
				}
				if e.Severity < e.OwnSeverity || e.Severity > e.OwnSeverity != (e.LiftedBy != "") {
					rt.Fatalf("%s: %v is %s by itself, %s lifted by %q", n.AsOf, k, e.OwnSeverity, e.Severity, e.LiftedBy)
				}
				if e.OverBudget && e.Severity == Critical || e.snoozed() && e.BudgetRank > 0 {
					rt.Fatalf("%s: %v: %+v", n.AsOf, k, e)
				}
				if e.Published && !e.OverBudget && e.BudgetRank > 0 && e.Severity < Critical {
					published++
				}
				if e.State != Open {
					continue
				}
				// People say something of one in four, sometimes nonsense.
				switch said := (Entry{ID: fmt.Sprintf("%s %d", n.AsOf, r.IntN(1000)), EpisodeID: e.EpisodeID, CustomerID: e.CustomerID, By: "Ana", Reason: "x", On: n.AsOf.Add(1)}); r.IntN(16) {
				case 0:
					said.Kind = Acknowledge
					entries = append(entries, said)
				case 1, 2:
					said.Kind, said.Until = Snooze, n.AsOf.Add(r.IntN(9))
					entries = append(entries, said)
				case 3:
					said.Kind, said.Outcome = Resolve, "acted"
					entries = append(entries, said)
				}
			}
			if published > p.Budget.capacity() {
				rt.Fatalf("%s: %d warnings below S4 were published, want at most %d", n.AsOf, published, p.Budget.capacity())
			}
			for id, b := range was { // an open episode does not vanish
				if b.State == Open && !slices.ContainsFunc(got.Episodes, func(e Episode) bool { return e.EpisodeID == id }) {
					rt.Fatalf("%s: %s of %s vanished", n.AsOf, b.Code, b.CustomerID)
				}
			}
			for _, h := range got.Happenings {
				if h.TextEN == "" || h.TextZH == "" || h.Seq == 0 || h.AsOf != n.AsOf || (h.EntryID == "") != (h.By == "") {
					rt.Fatalf("%+v", h)
				}
			}
			last = got.Episodes
		}
	})
}
