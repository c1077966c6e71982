package warnings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"creditwatch/pipeline/asof"
)

// A Happening is one thing that happened to an episode on a night: a row of warning_events.
type Happening struct {
	AsOf       asof.Date
	EpisodeID  string
	CustomerID string
	Code       string
	Seq        uint16 // from 1, within the episode and night
	Event      string
	Severity   Severity // as the night ends
	Old, New   string
	By, Reason string // of an entry; empty for the night itself
	EntryID    string
	TextEN     string
	TextZH     string
}

// outcomes are the words for what a person found.
var outcomes = map[string]note{
	"true_alarm":  {"true alarm", "预警属实"},
	"false_alarm": {"false alarm", "误报"},
	"acted":       {"acted upon", "已采取措施"},
	"no_action":   {"no action needed", "无需处理"},
}

// happened lists what happened to an episode between the last night and this one. It follows from the two rows and the
// entries of the night alone.
func happened(c *passage) (list []Happening) {
	e := &c.next
	add := func(event, before, after, en, zh string) *Happening {
		list = append(list, Happening{
			AsOf: e.AsOf, EpisodeID: e.EpisodeID, CustomerID: e.CustomerID, Code: e.Code, Seq: uint16(len(list) + 1), Event: event, Severity: e.Severity,
			Old: before, New: after, TextEN: en, TextZH: zh,
		})
		return &list[len(list)-1]
	}
	if e.State == Pending {
		return nil
	}
	was := Episode{} // what people were told of this episode
	if c.before != nil && c.before.EpisodeID == e.EpisodeID && c.before.State != Pending {
		was = *c.before
	}

	switch again := c.before != nil && (c.before.State == Closed || c.before.State == Cooling); {
	case was.State != "":
	case again:
		was.OwnSeverity, was.Severity = e.OwnSeverity, e.OwnSeverity
		add("reopened", c.before.EpisodeID, e.OwnSeverity.String(), fmt.Sprintf("opened again at %s, first closed on %s", e.OwnSeverity, c.before.ClosedOn), fmt.Sprintf("以 %s 再次触发，上次于 %s 解除", e.OwnSeverity, c.before.ClosedOn))
	default:
		was.OwnSeverity, was.Severity = e.OwnSeverity, e.OwnSeverity
		add("opened", "", e.OwnSeverity.String(), "opened at "+e.OwnSeverity.String(), "以 "+e.OwnSeverity.String()+" 触发")
	}

	lifted, wasLifted := e.Severity > e.OwnSeverity, was.Severity > was.OwnSeverity
	switch {
	case e.State != Open:
	case e.OwnSeverity > was.OwnSeverity:
		add("raised", was.OwnSeverity.String(), e.OwnSeverity.String(), fmt.Sprintf("raised from %s to %s", was.OwnSeverity, e.OwnSeverity), fmt.Sprintf("由 %s 升为 %s", was.OwnSeverity, e.OwnSeverity))
	case e.OwnSeverity < was.OwnSeverity:
		add("lowered", was.OwnSeverity.String(), e.OwnSeverity.String(), fmt.Sprintf("lowered from %s to %s", was.OwnSeverity, e.OwnSeverity), fmt.Sprintf("由 %s 降为 %s", was.OwnSeverity, e.OwnSeverity))
	}
	switch {
	case e.State != Open:
	case lifted && (!wasLifted || e.Severity > was.Severity):
		add("lifted", e.OwnSeverity.String(), e.Severity.String(),
			fmt.Sprintf("lifted from %s to %s by %s", e.OwnSeverity, e.Severity, e.LiftedBy), fmt.Sprintf("因 %s 由 %s 升为 %s", e.LiftedBy, e.OwnSeverity, e.Severity))
	case wasLifted && e.Severity < was.Severity:
		add("lowered", was.Severity.String(), e.Severity.String(),
			fmt.Sprintf("lowered from %s to %s: the other tiers lift it less", was.Severity, e.Severity), fmt.Sprintf("由 %s 降为 %s：其他级别预警的叠加减弱", was.Severity, e.Severity))
	}
	switch {
	case e.State != Open || e.SuppressedBy == was.SuppressedBy:
	case e.SuppressedBy != "":
		add("suppressed", was.SuppressedBy, e.SuppressedBy, "held back: "+suppressorNames(e.SuppressedBy).EN, "暂缓："+suppressorNames(e.SuppressedBy).ZH)
	default:
		add("unsuppressed", was.SuppressedBy, "", "no longer held back: "+suppressorNames(was.SuppressedBy).EN, "不再暂缓："+suppressorNames(was.SuppressedBy).ZH)
	}

	snoozed, outcome, acknowledged := day(was.SnoozedUntil), was.Outcome, day(was.AcknowledgedOn)
	for _, entry := range c.entries {
		var h *Happening
		switch entry.Kind {
		case Acknowledge:
			h = add("acknowledged", acknowledged, entry.On.String(), "acknowledged by "+entry.By, entry.By+" 已确认")
			acknowledged = entry.On.String()
		case Snooze:
			if e.State != Open && was.State != Open {
				continue // it had closed by then
			}
			h = add("snoozed", snoozed, entry.Until.String(), fmt.Sprintf("snoozed until %s by %s", entry.Until, entry.By), fmt.Sprintf("%s 暂缓提醒至 %s", entry.By, entry.Until))
			snoozed = entry.Until.String()
		case Resolve:
			h = add("resolved", outcome, entry.Outcome, fmt.Sprintf("resolved by %s: %s", entry.By, outcomes[entry.Outcome].EN), fmt.Sprintf("%s 已处理：%s", entry.By, outcomes[entry.Outcome].ZH))
			outcome = entry.Outcome
		}
		h.By, h.Reason, h.EntryID = entry.By, entry.Reason, entry.ID
	}
	if e.State == Open && snoozed != "" && !e.snoozed() {
		if snoozed < e.AsOf.String() {
			add("woken", snoozed, "", "the snooze is over", "暂缓提醒到期")
		} else {
			add("woken", snoozed, "", "graver than when it was snoozed", "比暂缓提醒时更严重")
		}
	}
	if e.State == Open && e.EscalatedOn == e.AsOf {
		add("escalated", strconv.Itoa(int(e.EscalationLevel)-1), strconv.Itoa(int(e.EscalationLevel)),
			fmt.Sprintf("not acknowledged by %s: now with %s", e.DueOn, e.Owner), fmt.Sprintf("%s 前未确认：上报至 %s", e.DueOn, e.Owner))
	}
	if e.State == Closed && (was.State == Open || was.State == "") {
		add("closed", max(was.Severity, e.OwnSeverity).String(), "", "closed", "解除")
	}
	return list
}

// day writes a date, none as the empty text.
func day(d asof.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// suppressorNames are the words for some codes.
func suppressorNames(codes string) note {
	var en, zh []string
	for _, code := range strings.Fields(codes) {
		i := slices.IndexFunc(Suppressors, func(s Suppressor) bool { return s.Code == code })
		if i < 0 {
			en, zh = append(en, code), append(zh, code)
			continue
		}
		en, zh = append(en, Suppressors[i].EN), append(zh, Suppressors[i].ZH)
	}
	return note{strings.Join(en, "; "), strings.Join(zh, "；")}
}
