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

// A WorklistPolicy says how many contacts a day holds, and what one is taken to be worth until its effect is measured.
type WorklistPolicy struct {
	Capacity        int     `yaml:"capacity"`          // contacts a night
	EffectOnDefault float64 `yaml:"effect_on_default"` // share of the default probability that a contact takes away
	DaysEarlier     float64 `yaml:"days_earlier"`      // by which it brings overdue money in
	CostOfCapital   float64 `yaml:"cost_of_capital"`   // a year
}

func (w WorklistPolicy) check(bad func(key, want string, got any)) {
	if w.Capacity < 1 || w.Capacity > 1_000_000 {
		bad("worklist.capacity", "from 1 to 1000000", w.Capacity)
	}
	within(bad, "worklist.effect_on_default", w.EffectOnDefault, 0, 1)
	within(bad, "worklist.days_earlier", w.DaysEarlier, 0, 365)
	within(bad, "worklist.cost_of_capital", w.CostOfCapital, 0, 1)
}

// Worklist ranks the customers by expected money saved per contact: PD x LGD x exposure x effect of a contact, plus the
// cost of the overdue money. A customer in default is contacted for recovery, with the same effect on what is left; one
// that has promised to pay and is not late on its word waits at the end. A contact is due on the next business day.
func Worklist(on asof.Date, cases []Case, calendar Calendar, p WorklistPolicy) []Contact {
	due := calendar(on, 1)
	var list []Contact
	for _, c := range cases {
		if c.Overdue <= 0 && c.Severity < 2 {
			continue // nothing to call about
		}
		saving := p.EffectOnDefault*c.PD*c.LGD*c.EAD.Float() + p.CostOfCapital/365*p.DaysEarlier*c.Overdue.Float()
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
	return list[:min(len(list), p.Capacity)]
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
