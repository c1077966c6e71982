// Package decisions says what to do about the night's findings. [Worklist] ranks whom to call first.
package decisions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A Case is a customer that owes something, with what the night knows about it. Amounts are in the reporting currency.
type Case struct {
	CustomerID     string
	Open, Overdue  book.Money
	EAD            book.Money // exposure at default, uncovered
	ExpectedLoss   book.Money
	PD, LGD        float64 // PD over twelve months; 0 when the customer has no score
	DaysPastDue    int     // of the oldest open invoice
	Severity       int     // gravest open warning, 0 for none
	Warnings       []string
	Owner          string
	Action         string // of the gravest warning
	PromisePending bool
	InDefault      bool
}

// A Contact is a line of the worklist.
type Contact struct {
	Case
	Saving float64 // expected money saved by the contact, reporting currency
	DueOn  asof.Date
	EN, ZH string
}

// A WorklistPolicy says how many contacts a day holds, and what one is taken to be worth until the book's own history says more.
type WorklistPolicy struct {
	Capacity        int     `yaml:"capacity"`          // contacts a night
	EffectOnDefault float64 `yaml:"effect_on_default"` // share of the default probability that a contact takes away
	DaysEarlier     float64 `yaml:"days_earlier"`      // by which it brings overdue money in
	LeastInvoices   int64   `yaml:"least_invoices"`    // overdue invoices times months seen with a contact, and as many without, from which own history counts
	PriorInvoices   int64   `yaml:"prior_invoices"`    // as many of them as the two figures above weigh
	LeastShare      float64 `yaml:"least_share"`       // of the two figures, below which own history takes neither
	CostOfCapital   float64 `yaml:"cost_of_capital"`   // a year
}

// A Worth is what a contact is taken to be worth, and why.
type Worth struct {
	OnDefault   float64 // share of the default probability that it takes away
	DaysEarlier float64 // by which it brings overdue money in
	Basis       string  // OwnHistory or ByPolicy
	Contacts    int64   // overdue invoices times months with a contact behind it
	PaidAfter   float64 // share of the overdue amount paid within a month, with a contact; of OwnHistory
	PaidWithout float64 // the same without, as if those had the contacted ones' ages
}

const (
	OwnHistory = "own_history"
	ByPolicy   = "policy"
)

// Worth measures a contact by what became of overdue amounts in months with one and without, age by age. What a contact leaves unpaid, over what
// no contact leaves unpaid, is what it leaves of the default probability; money paid within the month instead of later comes 30 days earlier
// at least. Both are drawn towards the policy's figures as far as months are few. Whom one calls differs in more than age, to the worse:
// a comparison that says calling does nothing is not believed all the way.
func (p WorklistPolicy) Worth(moves []Move) Worth {
	e, ok := EffectOf(moves, max(p.LeastInvoices, 1))
	if !ok {
		return Worth{OnDefault: p.EffectOnDefault, DaysEarlier: p.DaysEarlier, Basis: ByPolicy, Contacts: e.Contacts}
	}
	weight := float64(e.Contacts) / float64(e.Contacts+p.PriorInvoices)
	towards := func(measured, assumed float64) float64 {
		return max(weight*max(measured, 0)+(1-weight)*assumed, p.LeastShare*assumed)
	}
	spared := 0.0
	if e.PaidWithout < 1 {
		spared = 1 - (1-e.PaidAfter)/(1-e.PaidWithout)
	}
	return Worth{OnDefault: towards(spared, p.EffectOnDefault), DaysEarlier: towards(30*(e.PaidAfter-e.PaidWithout), p.DaysEarlier),
		Basis: OwnHistory, Contacts: e.Contacts, PaidAfter: e.PaidAfter, PaidWithout: e.PaidWithout}
}

func (w WorklistPolicy) check(bad func(key, want string, got any)) {
	if w.Capacity < 1 || w.Capacity > 1_000_000 {
		bad("worklist.capacity", "from 1 to 1000000", w.Capacity)
	}
	within(bad, "worklist.effect_on_default", w.EffectOnDefault, 0, 1)
	within(bad, "worklist.days_earlier", w.DaysEarlier, 0, 365)
	within(bad, "worklist.least_invoices", float64(w.LeastInvoices), 1, 1e9)
	within(bad, "worklist.prior_invoices", float64(w.PriorInvoices), 0, 1e9)
	within(bad, "worklist.least_share", w.LeastShare, 0, 1)
	within(bad, "worklist.cost_of_capital", w.CostOfCapital, 0, 1)
}

// Worklist ranks the customers by expected money saved per contact: PD x LGD x exposure x effect of a contact, plus the
// cost of the overdue money. A customer in default is contacted for recovery, with the same effect on what is left; one
// that has promised to pay and is not late on its word waits at the end. A contact is due on the next business day. left counts those that the
// day's capacity does not hold.
func Worklist(on asof.Date, cases []Case, calendar Calendar, worth Worth, p WorklistPolicy) (list []Contact, left int) {
	due := calendar(on, 1)
	for _, c := range cases {
		if c.Overdue <= 0 && c.Severity < 2 {
			continue // nothing to call about
		}
		saving := worth.OnDefault*c.PD*c.LGD*c.EAD.Float() + p.CostOfCapital/365*worth.DaysEarlier*c.Overdue.Float()
		if c.PromisePending {
			saving /= 10
		}
		w := Contact{Case: c, Saving: saving, DueOn: due}
		if w.Action == "" {
			w.Action = "CALL"
		}
		w.EN = fmt.Sprintf("owes %s, of it %s overdue (oldest %d days); PD %.1f %%, expected loss %s", money(c.Open), money(c.Overdue), c.DaysPastDue, 100*c.PD, money(c.ExpectedLoss))
		w.ZH = fmt.Sprintf("欠款 %s，其中逾期 %s（最长 %d 天）；违约概率 %.1f %%，预期损失 %s", money(c.Open), money(c.Overdue), c.DaysPastDue, 100*c.PD, money(c.ExpectedLoss))
		if c.InDefault {
			w.EN = fmt.Sprintf("in default; owes %s, of it %s overdue (oldest %d days)", money(c.Open), money(c.Overdue), c.DaysPastDue)
			w.ZH = fmt.Sprintf("已违约；欠款 %s，其中逾期 %s（最长 %d 天）", money(c.Open), money(c.Overdue), c.DaysPastDue)
		}
		if len(c.Warnings) > 0 {
			w.EN += "; warnings " + strings.Join(c.Warnings, ", ")
			w.ZH += "；预警 " + strings.Join(c.Warnings, "、")
		}
		if c.PromisePending {
			w.EN += "; a promise is pending"
			w.ZH += "；有待兑现承诺"
		}
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b Contact) int {
		return cmp.Or(cmp.Compare(b.Saving, a.Saving), cmp.Compare(a.CustomerID, b.CustomerID))
	})
	held := min(len(list), p.Capacity)
	return list[:held], len(list) - held
}

// money writes an amount in whole units, thousands parted: the worklist is read, not summed.
func money(m book.Money) string {
	digits := fmt.Sprintf("%.0f", m.Float())
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
