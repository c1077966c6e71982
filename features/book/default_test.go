package book

import (
	"strings"
	"testing"
)

// Lines of events read customer|event|day|clause|days|amount|known; of states customer|days|overdue|in default.
func TestDefinitionOfDefault(t *testing.T) {
	disputed := StandardRule
	disputed.UndisputedOnly = true
	perInvoice := StandardRule
	perInvoice.PerInvoice = true
	// Due on day 10: the first day past due is 11, the 90th is 100.
	big := inv("I1", 1, 10, 1000)
	for _, c := range []struct {
		name   string
		asOf   int
		rule   DefaultRule
		rows   []txn
		events []string
		state  string
	}{
		{"89 days", 99, StandardRule, []txn{big}, nil, "C|89|1000|false"},
		{"90 days", 100, StandardRule, []txn{big}, []string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z"}, "C|90|1000|true"},
		{"91 days", 101, StandardRule, []txn{big}, []string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z"}, "C|91|1000|true"},
		{"by invoice, 89 days", 99, perInvoice, []txn{big}, nil, "C|89|1000|false"},
		{"by invoice, 90 days", 100, perInvoice, []txn{big}, []string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z"}, "C|90|1000|true"},
		{
			"always twenty days late is a default of the customer", 170, StandardRule,
			[]txn{
				inv("I1", 1, 10, 1000), pay("P1", 30, 1000, "I1"), inv("I2", 5, 29, 1000), pay("P2", 49, 1000, "I2"), inv("I3", 20, 48, 1000), pay("P3", 68, 1000, "I3"),
				inv("I4", 40, 67, 1000), pay("P4", 87, 1000, "I4"), inv("I5", 60, 86, 1000), pay("P5", 106, 1000, "I5"), inv("I6", 80, 105, 1000),
			},
			[]string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z"}, "C|160|1000|true",
		},
		{
			"by invoice it is none: no invoice is late for long", 170, perInvoice,
			[]txn{
				inv("I1", 1, 10, 1000), pay("P1", 30, 1000, "I1"), inv("I2", 5, 29, 1000), pay("P2", 49, 1000, "I2"), inv("I3", 20, 48, 1000), pay("P3", 68, 1000, "I3"),
				inv("I4", 40, 67, 1000), pay("P4", 87, 1000, "I4"), inv("I5", 60, 86, 1000), pay("P5", 106, 1000, "I5"), inv("I6", 80, 105, 1000),
			},
			nil, "C|65|1000|false",
		},
		{
			"by invoice, small old items add up to the thresholds", 120, perInvoice,
			[]txn{inv("I1", 1, 10, 300), inv("I2", 1, 25, 300), inv("I3", 1, 200, 1000)},
			[]string{"C|default|115|past_due_90|90|600|2025-04-25T23:59:59.999Z"}, "C|95|600|true",
		},
		{
			"by invoice, cured when nothing has been so late for the probation", 250, perInvoice,
			[]txn{big, pay("P", 111, 1000, "I1"), inv("I2", 20, 149, 2000), pay("Q", 230, 2000, "I2")},
			[]string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z", "C|cure|200|probation_90|90|0|2025-07-19T23:59:59.999Z"},
			"C|0|0|false",
		},
		{"at the absolute threshold", 200, StandardRule, []txn{inv("I1", 1, 10, 500)}, nil, "C|0|500|false"},
		{
			"above the absolute, at the relative threshold", 200, StandardRule,
			[]txn{big, inv("I2", 1, 300, 99_000)}, nil, "C|0|1000|false",
		},
		{
			"above both by little", 200, StandardRule,
			[]txn{big, inv("I2", 1, 300, 98_999)}, []string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z"}, "C|190|1000|true",
		},
		{
			"payment on day 99 resets the counter", 200, StandardRule,
			[]txn{big, pay("P", 99, 1000, "I1"), inv("I2", 1, 120, 1000)}, nil, "C|80|1000|false",
		},
		{
			"payment on the 90th day comes in time", 100, StandardRule,
			[]txn{big, pay("P", 100, 1000, "I1")}, nil, "C|0|0|false",
		},
		{
			"part payment to the threshold resets it", 200, StandardRule,
			[]txn{big, pay("P", 50, 500, "I1")}, nil, "C|0|500|false",
		},
		{
			"part payment above the threshold does not", 150, StandardRule,
			[]txn{big, pay("P", 50, 499, "I1")}, []string{"C|default|100|past_due_90|90|501|2025-04-10T23:59:59.999Z"}, "C|140|501|true",
		},
		{
			"unapplied cash counts as paid", 150, StandardRule,
			[]txn{big, pay("P", 50, 1000, "")}, nil, "C|0|0|false",
		},
		{
			"the invoice learnt late makes the default known late", 150, StandardRule,
			[]txn{{id: "I1", kind: "invoice", on: 1, due: 10, amount: units(1000), known: 120}},
			[]string{"C|default|100|past_due_90|90|1000|k120"}, "C|140|1000|true",
		},
		{
			"dispute excluded: the counter starts when it ends", 150, disputed,
			[]txn{big, {id: "D", kind: "dispute", on: 40, ref: "I1"}, {id: "E", kind: "dispute_closed", on: 80, ref: "I1"}}, nil, "C|71|1000|false",
		},
		{
			"dispute included", 150, StandardRule,
			[]txn{big, {id: "D", kind: "dispute", on: 40, ref: "I1"}},
			[]string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z"}, "C|140|1000|true",
		},
		{
			"a returned payment brings the past due back from the day of the return", 150, StandardRule,
			[]txn{big, pay("P", 20, 1000, "I1"), {id: "R", kind: "payment", on: 25, sup: "P", status: "returned", amount: units(1000), known: 26}},
			[]string{"C|default|114|past_due_90|90|1000|2025-04-24T23:59:59.999Z"}, "C|126|1000|true",
		},
		{
			"probation of 89 days", 199, StandardRule,
			[]txn{big, pay("P", 111, 1000, "I1")}, []string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z"}, "C|0|0|true",
		},
		{
			"cure on the 90th day of probation", 200, StandardRule,
			[]txn{big, pay("P", 111, 1000, "I1")},
			[]string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z", "C|cure|200|probation_90|90|0|2025-07-19T23:59:59.999Z"},
			"C|0|0|false",
		},
		{
			"past due again starts probation anew", 250, StandardRule,
			[]txn{big, pay("P", 111, 1000, "I1"), inv("I2", 20, 149, 2000), pay("Q", 160, 2000, "I2")},
			[]string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z", "C|cure|249|probation_90|90|0|2025-09-06T23:59:59.999Z"},
			"C|0|0|false",
		},
		{
			"second default", 400, StandardRule,
			[]txn{big, pay("P", 111, 1000, "I1"), inv("I2", 20, 210, 2000)},
			[]string{
				"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z", "C|cure|200|probation_90|90|0|2025-07-19T23:59:59.999Z",
				"C|default|300|past_due_90|90|2000|2025-10-27T23:59:59.999Z",
			},
			"C|190|2000|true",
		},
		{
			"a write-off is a default without cure", 300, StandardRule,
			[]txn{big, {id: "W", kind: "write_off", on: 40, amount: units(1000), ref: "I1"}},
			[]string{"C|default|40|write_off|29|1000|2025-02-09T23:59:59.999Z"}, "C|0|0|true",
		},
		{
			"without that clause it ends the past due", 300, DefaultRule{Days: 90, Absolute: units(500), Relative: 0.01, ProbationDays: 90},
			[]txn{big, {id: "W", kind: "write_off", on: 40, amount: units(1000), ref: "I1"}}, nil, "C|0|0|false",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := night(c.asOf)
			o.Rule = c.rule
			got := build(t, c.rows, o)
			diffLines(t, "events", c.events, got.events)
			diffLines(t, "states", []string{c.state}, got.states)
		})
	}
}

func TestThresholdsAreInBaseCurrency(t *testing.T) {
	o := night(200)
	o.Rates = map[string]float64{"EUR": 1, "CNY": 0.125}
	rows := []txn{
		{id: "I1", kind: "invoice", on: 1, due: 10, amount: units(4000), currency: "CNY"},
		inv("I2", 1, 10, 1),
	}
	got := build(t, rows, o)
	diffLines(t, "events", []string{"C|default|100|past_due_90|90|501|2025-04-10T23:59:59.999Z"}, got.events)
	delete(o.Rates, "CNY")
	if _, err := tryBuild(rows, o); err == nil || err.Error() != `ledger: customer "C": transaction "I1": currency "CNY": no rate to base currency as of 2025-07-19` {
		t.Errorf("without a rate: %v", err)
	}
}

// Other definitions run beside the one that counts and leave it as it is. Lines read customer|definition|event|day|clause|days|amount|known.
func TestOtherDefinitionsAreKeptBeside(t *testing.T) {
	rule := StandardRule
	rule.PerInvoice = true
	big := inv("I1", 1, 10, 1000) // due on day 10
	for _, c := range []struct {
		name         string
		asOf         int
		rows         []txn
		events       []string
		alternatives []string
	}{
		{"59 days are none", 69, []txn{big}, nil, nil},
		{"60 days", 70, []txn{big}, nil, []string{"C|past_due_60|default|70|past_due_60|60|1000|2025-03-11T23:59:59.999Z"}},
		{
			"more than 90 days of a tenth", 101, []txn{big, inv("I2", 1, 300, 9000)},
			[]string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z"},
			[]string{"C|past_due_60|default|70|past_due_60|60|1000|2025-03-11T23:59:59.999Z", "C|severe_90|default|101|past_due_91|91|1000|2025-04-11T23:59:59.999Z"},
		},
		{
			"a little less than a tenth", 150, []txn{big, inv("I2", 1, 300, 9001)},
			[]string{"C|default|100|past_due_90|90|1000|2025-04-10T23:59:59.999Z"},
			[]string{"C|past_due_60|default|70|past_due_60|60|1000|2025-03-11T23:59:59.999Z"},
		},
		{
			"a tenth of little is severe, and nothing else", 150, []txn{inv("I1", 1, 10, 40)}, nil,
			[]string{"C|severe_90|default|101|past_due_91|91|40|2025-04-11T23:59:59.999Z"},
		},
		{
			"paid after 80 days and cured", 190, []txn{big, pay("P", 90, 1000, "I1")}, nil,
			[]string{"C|past_due_60|default|70|past_due_60|60|1000|2025-03-11T23:59:59.999Z", "C|past_due_60|cure|179|probation_90|90|0|2025-06-28T23:59:59.999Z"},
		},
		{
			"a write-off is a loss and a default, past due or not", 40, []txn{big, {id: "W", kind: "write_off", on: 40, amount: units(1000), ref: "I1"}},
			[]string{"C|default|40|write_off|0|1000|2025-02-09T23:59:59.999Z"}, []string{"C|loss|default|40|write_off|29|1000|2025-02-09T23:59:59.999Z"},
		},
		{"a write-off at the threshold is neither", 40, []txn{big, {id: "W", kind: "write_off", on: 40, amount: units(500), ref: "I1"}}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := night(c.asOf)
			o.Rule, o.Alternatives = rule, Alternatives(rule)
			got := build(t, c.rows, o)
			diffLines(t, "events", c.events, got.events)
			diffLines(t, "alternatives", c.alternatives, got.alternatives)
			o.Alternatives = nil
			if alone := build(t, c.rows, o); strings.Join(alone.states, "\n") != strings.Join(got.states, "\n") || len(alone.alternatives) != 0 {
				t.Errorf("states %v, without other definitions %v", got.states, alone.states)
			}
		})
	}
}
