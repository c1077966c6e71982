package warnings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Lift says which warnings of several tiers together are graver than each alone.
type Lift struct {
	TwoTiers   Severity `yaml:"two_tiers"`   // from which severity a warning counts for two tiers, which raise the graver one by one
	ThreeTiers Severity `yaml:"three_tiers"` // and for three, which ask for a review meeting
}

func (l Lift) check(bad func(key, want string, got any)) {
	if l.TwoTiers < Info || l.TwoTiers > Critical {
		bad("lift.two_tiers", "from 1 to 4", uint8(l.TwoTiers))
	}
	if l.ThreeTiers < Info || l.ThreeTiers > Critical {
		bad("lift.three_tiers", "from 1 to 4", uint8(l.ThreeTiers))
	}
}

// isOurs reports whether a warning is about our data and papers.
func isOurs(code string) bool {
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Code == code })
	return i >= 0 && Rules[i].Ours
}

// meeting is the action that three tiers ask for.
const meeting = "MEET"

// lift raises the gravest of a customer's warnings where other tiers say the same: evidence of several kinds is worth more
// than much of one kind. Those that a suppressor holds back say nothing.
func (j *judge) lift(all []passage) {
	graver := func(a, b *Episode) int { // the order does not change from night to night by itself
		return cmp.Or(-cmp.Compare(a.OwnSeverity, b.OwnSeverity), cmp.Compare(a.FirstSeen, b.FirstSeen), cmp.Compare(a.Code, b.Code))
	}
	gravest := func(from Severity) (worst [4]*Episode, first *Episode, tiers int) {
		for i := range all {
			e := &all[i].next
			if !e.counts() || e.OwnSeverity < from || isOurs(e.Code) {
				continue
			}
			if w := worst[e.Tier]; w == nil {
				tiers++
			} else if graver(e, w) > 0 {
				continue
			}
			worst[e.Tier] = e
			if first == nil || graver(e, first) < 0 {
				first = e
			}
		}
		return worst, first, tiers
	}
	worst, first, tiers := gravest(j.policy.Lift.ThreeTiers)
	to, allThree := Critical, tiers == 3
	if !allThree {
		if worst, first, tiers = gravest(j.policy.Lift.TwoTiers); tiers < 2 {
			return
		}
		to = min(Critical, first.OwnSeverity+1)
	}
	if to <= first.OwnSeverity {
		return
	}
	var others []*Episode
	for _, e := range worst {
		if e != nil && e.Tier != first.Tier {
			others = append(others, e)
		}
	}
	if !allThree {
		others = []*Episode{slices.MinFunc(others, graver)}
	}
	var by []string
	for _, e := range others {
		by = append(by, e.Code)
	}
	first.Severity, first.LiftedBy = to, strings.Join(by, " ")
	first.Evidence += first.liftEvidence()
	note := first.liftNote()
	first.TextEN, first.TextZH = first.TextEN+note.EN, first.TextZH+note.ZH
	if allThree && !strings.Contains(first.Action, meeting) {
		first.Action += " " + meeting
	}
}

// A note is what is added to the texts of an episode.
type note struct{ EN, ZH string }

// notes are all that may have been added, the last first.
func notes(e *Episode) []note { return []note{uninformative, e.liftNote()} }

// liftNote says which tiers lifted the episode; empty if none did.
func (e *Episode) liftNote() note {
	if e.LiftedBy == "" {
		return note{}
	}
	if by := strings.Fields(e.LiftedBy); len(by) == 1 {
		return note{
			fmt.Sprintf("; raised from %s to %s: %s of tier %c is open too", e.OwnSeverity, e.Severity, by[0], by[0][1]),
			fmt.Sprintf("；由 %s 升为 %s：%c级预警 %s 同时存在", e.OwnSeverity, e.Severity, []rune("零一二三")[by[0][1]-'0'], by[0]),
		}
	}
	return note{
		fmt.Sprintf("; raised from %s to %s for a review meeting: all three tiers are open (%s)", e.OwnSeverity, e.Severity, e.LiftedBy),
		fmt.Sprintf("；由 %s 升为 %s，须召开评审会：三级预警同时存在（%s）", e.OwnSeverity, e.Severity, e.LiftedBy),
	}
}

// liftEvidence is the same for the evidence.
func (e *Episode) liftEvidence() string {
	if e.LiftedBy == "" {
		return ""
	}
	return fmt.Sprintf("; lifted %s to %s by %s", e.OwnSeverity, e.Severity, e.LiftedBy)
}

// uninformative is said of a large listed customer that pays on time: such customers pay late only when it is too late.
var uninformative = note{"; payment record uninformative: a large listed customer", "；付款记录参考性有限：大型上市客户"}

// sayUninformative adds it to what the other tiers say while behaviour is silent.
func sayUninformative(all []passage) {
	for i := range all {
		if e := &all[i].next; e.Tier == 2 && e.counts() {
			return
		}
	}
	for i := range all {
		if e := &all[i].next; e.Tier != 2 && e.State == Open {
			e.TextEN, e.TextZH = e.TextEN+uninformative.EN, e.TextZH+uninformative.ZH
		}
	}
}
