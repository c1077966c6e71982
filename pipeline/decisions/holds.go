package decisions

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A HoldPolicy says when deliveries to a customer are better stopped.
type HoldPolicy struct {
	Reasons         []string   `yaml:"reasons"`          // that count, the gravest first
	PastDueDays     int        `yaml:"past_due_days"`    // late by more than so many days
	PastDueAmount   float64    `yaml:"past_due_amount"`  // at least so much of it, reporting currency
	PastDueShare    float64    `yaml:"past_due_share"`   // and such a share of the exposure
	OverLimit       float64    `yaml:"over_limit"`       // utilisation above which the limit is overrun
	TermsDays       int        `yaml:"terms_days"`       // for how long a change of terms counts
	ExcessDays      float64    `yaml:"excess_days"`      // by which invoices may give more days than the contract
	SmallExposure   float64    `yaml:"small_exposure"`   // below it nothing is held, reporting currency
	PublicBodies    []string   `yaml:"public_bodies"`    // industries
	AlwaysDeliver   []string   `yaml:"always_deliver"`   // customers
	Worth           float64    `yaml:"worth"`            // margin lost, in multiples of the loss avoided, beyond which lesser reasons ask for approval only
	Days            int        `yaml:"days"`             // that a hold is taken to last
	Approvers       []Approver `yaml:"approvers"`        // who decides, by the amount beyond the limit
	BypassDays      int        `yaml:"bypass_days"`      // between closing an order and making it again
	BypassTolerance float64    `yaml:"bypass_tolerance"` // by which its amount may differ
}

// An Approver decides on amounts up to and including UpTo; 0 is any amount.
type Approver struct {
	UpTo float64 `yaml:"up_to"`
	Who  string  `yaml:"who"`
	ZH   string  `yaml:"zh"`
}

func (h HoldPolicy) check(bad func(key, want string, got any)) {
	for i, r := range h.Reasons {
		known := slices.ContainsFunc(holdReasons, func(x holdReason) bool { return x.code == r })
		if !known || slices.Contains(h.Reasons[:i], r) {
			bad(fmt.Sprintf("holds.reasons[%d]", i), "one of "+strings.Join(reasonCodes(), ", ")+", each once", fmt.Sprintf("%q", r))
		}
	}
	within(bad, "holds.past_due_days", float64(h.PastDueDays), 0, 3650)
	within(bad, "holds.past_due_amount", h.PastDueAmount, 0, 1e13)
	within(bad, "holds.past_due_share", h.PastDueShare, 0, 1)
	within(bad, "holds.over_limit", h.OverLimit, 0.5, 10)
	within(bad, "holds.terms_days", float64(h.TermsDays), 0, 3650)
	within(bad, "holds.excess_days", h.ExcessDays, 0, 3650)
	within(bad, "holds.small_exposure", h.SmallExposure, 0, 1e13)
	within(bad, "holds.worth", h.Worth, 0, 1e9)
	within(bad, "holds.days", float64(h.Days), 1, 365)
	within(bad, "holds.bypass_days", float64(h.BypassDays), 0, 365)
	within(bad, "holds.bypass_tolerance", h.BypassTolerance, 0, 1)
	if len(h.Approvers) == 0 {
		bad("holds.approvers", "at least one approver", "none")
	}
	for i, a := range h.Approvers {
		last := i == len(h.Approvers)-1
		switch key := fmt.Sprintf("holds.approvers[%d]", i); {
		case a.Who == "":
			bad(key+".who", "a name", `""`)
		case last && a.UpTo != 0:
			bad(key+".up_to", "0 (any amount) for the last one", a.UpTo)
		case !last && !(a.UpTo > 0 && a.UpTo < math.MaxFloat64):
			bad(key+".up_to", "above 0 for all but the last one", a.UpTo)
		case !last && i > 0 && a.UpTo <= h.Approvers[i-1].UpTo:
			bad(key+".up_to", fmt.Sprintf("above that of the approver before it (%v)", h.Approvers[i-1].UpTo), a.UpTo)
		}
	}
}

// approver is who may decide on an amount beyond the limit.
func (h HoldPolicy) approver(m book.Money) Approver {
	for _, a := range h.Approvers[:len(h.Approvers)-1] {
		if m.Float() <= a.UpTo {
			return a
		}
	}
	return h.Approvers[len(h.Approvers)-1]
}

// A holdReason is a reason to stop deliveries. holds returns the words for it, or nothing.
type holdReason struct {
	code  string
	grave bool // the customer fails, or people said so: no margin outweighs it
	holds func(l *Limit, g *Group, p HoldPolicy) (en, zh string)
}

// holdReasons are all reasons. To add one: a row here, its place in holds.reasons of the policy, its cases in the test.
var holdReasons = []holdReason{
	{"default", true, func(l *Limit, _ *Group, _ HoldPolicy) (string, string) {
		return when(l.InDefault, "in default", "已违约")
	}},
	{"critical_warning", true, func(l *Limit, _ *Group, _ HoldPolicy) (string, string) {
		return when(l.Severity >= 4, "critical warning open", "存在最高级预警")
	}},
	{"past_due", true, func(l *Limit, _ *Group, p HoldPolicy) (string, string) {
		late := l.PastDue.Float()
		if !(l.PastDue > 0 && late >= p.PastDueAmount && late >= p.PastDueShare*l.Exposure.Float()) {
			return "", ""
		}
		return fmt.Sprintf("%s undisputed late by more than %d days", money(l.PastDue), p.PastDueDays), fmt.Sprintf("无争议逾期超过 %[2]d 天的金额 %[1]s", money(l.PastDue), p.PastDueDays)
	}},
	{"over_limit", false, func(l *Limit, _ *Group, p HoldPolicy) (string, string) {
		if l.InForce == nil || l.Exposure == 0 || !(l.Exposure.Float() > p.OverLimit*l.InForce.Float()) {
			return "", ""
		}
		over := money(l.Exposure - *l.InForce)
		return "exposure is " + over + " beyond the limit of " + money(*l.InForce), "敞口超出额度 " + money(*l.InForce) + " 达 " + over
	}},
	{"limit_expired", false, func(l *Limit, _ *Group, _ HoldPolicy) (string, string) {
		if !l.Expired {
			return "", ""
		}
		return "the limit expired on " + l.LimitUntil.String(), "额度已于 " + l.LimitUntil.String() + " 到期"
	}},
	{"source_hold", true, func(l *Limit, _ *Group, _ HoldPolicy) (string, string) {
		return when(l.SourceHold == "hold", "on hold in the source system", "业务系统中已冻结")
	}},
	{"returned_payment", true, func(l *Limit, _ *Group, _ HoldPolicy) (string, string) {
		if l.Returned == 0 {
			return "", ""
		}
		return counted(l.Returned, "payment") + " returned within 30 days", fmt.Sprintf("近30天退票 %d 笔", l.Returned)
	}},
	{"terms_changed", false, func(l *Limit, _ *Group, p HoldPolicy) (string, string) {
		if l.TermsBefore != nil && l.TermsDays != nil && *l.TermsBefore < *l.TermsDays {
			return fmt.Sprintf("payment days were raised from %d to %d", *l.TermsBefore, *l.TermsDays), fmt.Sprintf("账期由 %d 天延长至 %d 天", *l.TermsBefore, *l.TermsDays)
		}
		if l.ExcessDays != nil && *l.ExcessDays > p.ExcessDays {
			return fmt.Sprintf("invoices give %.0f days more than the contract", *l.ExcessDays), fmt.Sprintf("发票账期比合同多 %.0f 天", *l.ExcessDays)
		}
		return "", ""
	}},
	{"contract_missing", false, func(l *Limit, _ *Group, _ HoldPolicy) (string, string) {
		return when(l.HasContract != nil && !*l.HasContract, "no valid, reviewed contract", "无有效且已审合同")
	}},
	{"group", false, func(l *Limit, g *Group, p HoldPolicy) (string, string) {
		if g == nil || len(g.Members) < 2 {
			return "", ""
		}
		if others := g.fallenBut(l.CustomerID); len(others) > 0 {
			return "relatives in default or with a critical warning: " + list(others), "关联方已违约或有最高级预警：" + list(others)
		}
		if g.InForce != nil && g.Exposure.Float() > p.OverLimit*g.InForce.Float() {
			over := money(g.Exposure - *g.InForce)
			return "the group's exposure is " + over + " beyond its limit of " + money(*g.InForce), "集团敞口超出额度 " + money(*g.InForce) + " 达 " + over
		}
		return "", ""
	}},
	{"own_action", true, func(l *Limit, _ *Group, _ HoldPolicy) (string, string) {
		if a, ok := l.own(ActHold); ok {
			return "held by " + a.By + ": " + a.Reason, "由 " + a.By + " 冻结：" + a.Reason
		}
		return "", ""
	}},
}

func reasonCodes() (codes []string) {
	for _, r := range holdReasons {
		codes = append(codes, r.code)
	}
	return codes
}

func when(holds bool, en, zh string) (string, string) {
	if !holds {
		return "", ""
	}
	return en, zh
}

// list names a few and counts the rest.
func list(ids []string) string {
	if len(ids) > 5 {
		return strings.Join(ids[:5], ", ") + fmt.Sprintf(" … (%d)", len(ids))
	}
	return strings.Join(ids, ", ")
}

// A Hold is a recommendation to stop deliveries, or to let them go on in spite of a reason, or again. People decide.
type Hold struct {
	*Limit
	Recommend   string   // hold, approve (deliver if the approver agrees) or release
	Reasons     []string // codes in the order of the policy; of a release what still stands against it
	Exclusion   string   // rule that forces a release, empty if none
	Since       asof.Date
	Overrun     book.Money // exposure beyond the limit in force
	Approver    Approver
	Blocked     book.Money  // deliveries of the days that a hold is taken to last
	LossAvoided *book.Money // expected loss on them; nil without a PD
	MarginLost  *book.Money // margin on them if the customer pays; nil without a PD
	Bypass      string      // order closed and made again while the customer was held or over its limit
	EN, ZH      string
}

// Holds recommends for every customer with a reason, and for every one that was held the night before. groups is by customer.
func Holds(on asof.Date, limits []Limit, groups map[string]*Group, grossMargin float64, p HoldPolicy) []Hold {
	var table []Hold
	for i := range limits {
		l := &limits[i]
		g := groups[l.CustomerID]
		h := Hold{Limit: l, Recommend: "hold", Since: on, Overrun: l.Exposure}
		var en, zh []string
		for _, code := range p.Reasons {
			r := holdReasons[slices.IndexFunc(holdReasons, func(x holdReason) bool { return x.code == code })]
			if e, z := r.holds(l, g, p); e != "" {
				h.Reasons, en, zh = append(h.Reasons, code), append(en, e), append(zh, z)
			}
		}
		held := !l.HeldBefore.IsZero()
		if len(h.Reasons) == 0 && !held {
			continue
		}
		if held {
			h.Since = l.HeldSince
		}
		if l.InForce != nil {
			h.Overrun = max(0, l.Exposure-*l.InForce)
		}
		h.Approver = p.approver(h.Overrun)
		h.price(grossMargin, p)
		if len(h.Reasons) == 0 {
			h.Recommend, h.Since = "release", on
			en, zh = []string{"nothing stands against deliveries any more"}, []string{"冻结原因均已消除"}
		} else if e, z := h.exclude(p); e != "" {
			h.Recommend = "release"
			en, zh = append([]string{"deliver: " + e}, en...), append([]string{"可发货：" + z}, zh...)
		} else if h.costsMore(p) {
			h.Recommend = "approve"
			en, zh = append([]string{"deliver if the " + h.Approver.Who + " agrees"}, en...), append([]string{"经" + h.Approver.ZH + "同意可发货"}, zh...)
		}
		if l.Bypass != "" && (held || l.SourceHold == "hold" || slices.Contains(h.Reasons, "over_limit")) {
			h.Bypass = l.Bypass
			en, zh = append(en, "possible bypass: order "+l.Bypass), append(zh, "疑似规避："+"订单 "+l.Bypass)
		}
		if h.LossAvoided != nil {
			en = append(en, fmt.Sprintf("%d days of hold avoid an expected loss of %s and cost a margin of %s", p.Days, money(*h.LossAvoided), money(*h.MarginLost)))
			zh = append(zh, fmt.Sprintf("冻结 %d 天可避免预期损失 %s，损失毛利 %s", p.Days, money(*h.LossAvoided), money(*h.MarginLost)))
		}
		h.EN, h.ZH = strings.Join(en, "; "), strings.Join(zh, "；")
		table = append(table, h)
	}
	return table
}

// exclude returns the rule that lets deliveries go on whatever stands against them.
func (h *Hold) exclude(p HoldPolicy) (en, zh string) {
	a := h.Account
	switch ship, shipped := a.own(ActShip); {
	case shipped:
		h.Exclusion = "own_action"
		en, zh = "decided by "+ship.By+": "+ship.Reason, "由 "+ship.By+" 决定："+ship.Reason
	case slices.Contains(p.AlwaysDeliver, a.CustomerID):
		h.Exclusion = "always_deliver"
		en, zh = "the policy always delivers to this customer", "政策规定始终发货"
	case slices.Contains(p.PublicBodies, a.Industry):
		h.Exclusion = "public_body"
		en, zh = "public body", "公共机构"
	case slices.Contains(h.Reasons, "own_action"): // a hold that people set is not small
	case a.asksPrepay():
		h.Exclusion = "prepaid"
		en, zh = "paid in advance", "先款后货"
	case h.Exposure.Float() < p.SmallExposure:
		h.Exclusion = "small_exposure"
		en, zh = fmt.Sprintf("exposure of %s is small", money(h.Exposure)), "敞口 "+money(h.Exposure)+" 较小"
	}
	return en, zh
}

// costsMore reports whether none of the reasons is grave and a hold would cost far more than it avoids.
func (h *Hold) costsMore(p HoldPolicy) bool {
	grave := slices.ContainsFunc(holdReasons, func(r holdReason) bool { return r.grave && slices.Contains(h.Reasons, r.code) })
	return !grave && h.LossAvoided != nil && h.MarginLost.Float() > p.Worth*h.LossAvoided.Float()
}

// asksPrepay reports whether prepayment was agreed by people; a warning that asks for it has not brought it about.
func (a *Account) asksPrepay() bool {
	_, ok := a.own(ActPrepay)
	return ok
}

// price puts the expected loss on the deliveries that a hold stops against the margin that they would bring.
func (h *Hold) price(grossMargin float64, p HoldPolicy) {
	a := h.Account
	h.Blocked = max(0, a.Orders) + share(max(0, a.SalesQuarter), min(1, float64(p.Days)/90))
	if p.Days > 90 {
		h.Blocked = max(0, a.Orders) + amount(a.SalesQuarter.Float()*float64(p.Days)/90)
	}
	if a.PD == nil {
		return
	}
	avoided := amount(*a.PD * a.LGD * h.Blocked.Float())
	margin := amount(grossMargin * (1 - *a.PD) * h.Blocked.Float())
	h.LossAvoided, h.MarginLost = &avoided, &margin
}
