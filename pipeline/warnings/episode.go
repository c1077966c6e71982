package warnings

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strings"

	"creditwatch/pipeline/asof"
)

// A State is where an episode stands.
type State string

// The states in the order of an episode.
const (
	Pending State = "pending" // over an opening line, not yet on enough nights
	Open    State = "open"
	Closed  State = "closed"  // this night
	Cooling State = "cooling" // closed on an earlier night and not yet armed again
)

// An Episode is one warning about one customer, from opening to closing and cool-down: a row of warnings_rows.
type Episode struct {
	AsOf         asof.Date
	EpisodeID    string
	CustomerID   string
	Code         string
	Tier         uint8
	Severity     Severity // what people are told: the rule's own, or what a composite lift made of it
	OwnSeverity  Severity // the rule's own
	LiftedBy     string   // codes of the other tiers' warnings that lift it, separated by a space
	State        State
	FirstSeen    asof.Date // night it opened, or began to count while pending
	LastSeen     asof.Date // last night over an opening line
	ClosedOn     asof.Date // zero until it closed
	NightsOver   uint16    // nights judged over an opening line without a break
	NightsUnder  uint16    // nights judged past all closing lines without a break; once a person has closed it, since then
	Recent       string    // what the last nights judged were over, oldest first: 0 nothing, 1 to 4 the severity
	Value        float64   // NaN if there is none tonight
	Peak         float64
	Owner        string
	Action       string
	DueOn        asof.Date
	Evidence     string
	SuppressedBy string
	TextEN       string
	TextZH       string
	PolicyHash   string

	AcknowledgedBy  string
	AcknowledgedOn  asof.Date // zero: nobody has seen it
	SnoozedBy       string
	SnoozedUntil    asof.Date // last night on which it is left in peace; zero: it is not
	SeenSeverity    Severity  // the gravest at which somebody acknowledged or snoozed it
	Outcome         string    // what the person found who resolved it: true_alarm, false_alarm, acted, no_action
	ResolvedBy      string
	EscalationLevel uint8     // how many levels above the owner of its severity it has gone
	EscalatedOn     asof.Date // when last
	Heeded          string    // ids of the entries that have taken effect, separated by a space

	ExpectedSaving float64 // by looking at it, reporting currency; NaN if it cannot be told
	BudgetRank     uint32  // among those that competed tonight for the analysts' time; 0: it did not compete
	Published      bool    // people are shown it
	OverBudget     bool    // it is new or graver, and had to wait
}

// snoozed reports whether somebody has asked to be left in peace.
func (e *Episode) snoozed() bool { return !e.SnoozedUntil.IsZero() }

// counts reports whether the episode asks somebody to act.
func (e *Episode) counts() bool { return e.State == Open && e.SuppressedBy == "" }

// episodeID is the same for the same start of the same warning, on whichever run.
func episodeID(customer, code string, first asof.Date) string {
	sum := sha256.Sum256([]byte(customer + "\x00" + code + "\x00" + first.String()))
	return hex.EncodeToString(sum[:16])
}

// order is that of rows: customer, then code.
func order(a, b Episode) int {
	return cmp.Or(cmp.Compare(a.CustomerID, b.CustomerID), cmp.Compare(a.Code, b.Code))
}

// over reports whether k of the last n nights in recent were over severity s or worse.
func over(recent string, s Severity, k, n int) bool {
	count := 0
	for _, c := range recent[max(0, len(recent)-n):] {
		if Severity(c-'0') >= s {
			count++
		}
	}
	return count >= k
}

// advance takes the episode of the last published night (State "" if there was none) through tonight's reading; the
// result has State "" if nothing is left to keep. Counters count nights judged, the cool-down calendar days. Severities
// are the rule's own.
func advance(e Episode, r *reading, night asof.Date, p *Policy) Episode {
	rearmed := e.State == Closed || e.State == Cooling
	// What a person closed while it stood is told to them again only once it has gone and come back, or is graver.
	held := rearmed && e.Outcome != "" && int(e.NightsUnder) < p.CloseNights
	cooling := rearmed && e.Severity < Critical && night.Sub(e.ClosedOn) < p.CooldownDays
	e.AsOf = night
	e.Value = r.value

	if r.unjudged {
		e.Value = math.NaN()
		switch {
		case cooling, held:
			e.State = Cooling
		case rearmed:
			e.State = ""
		}
		return e
	}

	e.Recent += string('0' + rune(r.over))
	e.Recent = e.Recent[max(0, len(e.Recent)-maxNights):]
	if r.over > 0 {
		e.NightsOver++
	} else {
		e.NightsOver = 0
	}
	opening := r.opening(e.Recent)

	if e.State == Open {
		if r.over > 0 {
			e.LastSeen = night
		}
		e.Peak = r.worse(e.Peak, r.value)
		lasts := r.lasts(e.Severity)
		switch {
		case opening > e.Severity:
			e.Severity, e.NightsUnder = opening, 0
		case lasts > 0 || r.over > 0:
			e.Severity, e.NightsUnder = max(lasts, min(r.over, e.Severity)), 0
		default:
			if e.NightsUnder++; int(e.NightsUnder) >= p.CloseNights {
				e.State, e.ClosedOn = Closed, night
			}
		}
		return e
	}

	fresh := Episode{
		AsOf: night, CustomerID: e.CustomerID, Code: e.Code, Tier: e.Tier, State: Pending, Severity: r.over,
		FirstSeen: night, LastSeen: night, NightsOver: e.NightsOver, Recent: e.Recent, Value: r.value, Peak: r.value,
	}
	barred := held && opening <= e.Severity
	if held {
		if e.NightsUnder++; r.over > 0 || r.lasts(e.Severity) > 0 {
			e.NightsUnder = 0
		}
		held = int(e.NightsUnder) < p.CloseNights
	}
	switch {
	case !barred && (opening == Critical || opening > 0 && !cooling):
		fresh.State, fresh.Severity = Open, opening
		return fresh
	case cooling, held:
		e.State = Cooling
		return e
	case r.over == 0 && !r.mayOpen(e.Recent):
		return Episode{}
	case e.State == Pending:
		if r.over > 0 {
			e.Severity, e.LastSeen = r.over, night
		}
		e.Peak = r.worse(e.Peak, r.value)
		return e
	case r.over == 0: // re-armed, and the last night over the line lies in the cool-down
		return Episode{}
	default:
		return fresh
	}
}

// ownerFor names who must act on a warning of severity s that has gone up some levels.
func (p *Policy) ownerFor(s Severity, level uint8, accountOwnerName string) string {
	owner := p.Owners.Beyond
	if s += Severity(level); s <= Critical {
		owner = p.ownerOf(s)
	}
	return strings.ReplaceAll(owner, accountOwner, cmp.Or(accountOwnerName, p.Owners.Fallback))
}

// due is the day by which to act on what the night of d found: the response time runs from the first business day
// after it, when the night is read.
func (p *Policy) due(c Calendar, d asof.Date, s Severity) asof.Date {
	return c(d+1, p.responseDays(s))
}
