package sources

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// Every mistake of a contract names its rule and key; a good contract has none.
func TestContractMistakes(t *testing.T) {
	for _, c := range []struct{ rules, want string }{
		{"{rule: not_null, column: due_on, severity: stop, tolerate: 0.5, kinds: [invoice], from_rows: 10}", ""},
		{"{rule: range, column: amount, min: 0, max: 0}", ""},
		{"{rule: volume, min: 0}", ""},
		{"{rule: distribution, column: currency, max: 1}", ""},
		{"{rule: relation, column: customer_id, to: customers}, {rule: relation, column: applies_to, to: documents}", ""},
		{"{rule: values, column: currency, of: [EUR]}", ""},
		{"{rule: freshness, max: 0}", ""},
		{"{rule: volume, severity: off}, {rule: distribution, column: kind, severity: off}", ""},
		{"{rule: unique, column: nowhere, severity: off}", "contract[0].column: transactions has no such column"},
		{"{rule: unique, column: kind, kinds: [invoice]}, {rule: unique, column: kind, kinds: [payment]}", ""},
		{"{rule: unique, column: customer_id, with: [occurred_on, kind, currency]}, {rule: unique, column: customer_id}", ""},
		{"{rule: unique, column: customer_id, with: [occurred_on, kind, currency, amount]}", "contract[0].with: names at most 3 more columns"},
		{"{rule: not_null, column: customer_id, with: [kind]}", "contract[0].with: names at most 3 more columns of rule unique, and is for no other"},
		{"{rule: unique, column: customer_id, with: [kind, kind]}", "contract[0].with: kind is named twice"},
		{"{rule: unique, column: customer_id, with: [\"1; DROP TABLE x\"]}", "contract[0].with: transactions has no column \"1; DROP TABLE x\""},
		{"{rule: unique, column: amount, with: [kind]}, {rule: unique, column: amount, with: [kind]}", "contract[1].rule: unique of \"amount+kind\" is given twice"},
		{"{rule: volume, min: 0, with: [kind]}", "contract[0].with: names at most 3"},
		{"{rule: unique, column: kind, kinds: [invioce]}", "contract[0].kinds: must be of order, invoice"},
		{"{rule: volume, max: 2, kinds: [invoice]}", "contract[0].kinds: is for rules on rows"},
		{"{rule: values, column: kind, of: [invoice, bill]}", "contract[0].of: \"bill\" is never in kind"},
		{"{rule: range, column: amount, min: .nan}", "contract[0].min: and max must be numbers"},
		{"{rule: control_total, max: 0}", "contract[0].rule: control_total is for sources of balances"},
		{"{rule: freshness}", "contract[0].max: of freshness must be 0 days or more"},
		{"{rule: freshness, max: 3, from_rows: 1}", "contract[0].from_rows: must be 0 or more, and is for rules on a column"},
		{"{rule: nothing}", "contract[0].rule: must be one of not_null, unique"},
		{"{rule: unique, column: amount}, {rule: unique, column: amount}", "contract[1].rule: unique of \"amount\" is given twice"},
		{"{rule: unique, column: \"1; DROP TABLE x\"}", "contract[0].column: transactions has no such column"},
		{"{rule: unique}", "contract[0].column: transactions has no such column"},
		{"{rule: volume, column: amount, min: 1}", "contract[0].column: is not for volume"},
		{"{rule: range, column: currency, min: 1}", "contract[0].column: range is for numbers"},
		{"{rule: distribution, column: payer, max: 0.1}", "contract[0].column: distribution is for"},
		{"{rule: values, column: currency}", "contract[0].of: lists"},
		{"{rule: unique, column: currency, of: [EUR]}", "contract[0].of: lists"},
		{"{rule: relation, column: customer_id, to: orders}", "contract[0].to: must be customers or documents"},
		{"{rule: range, column: amount}", "contract[0].min: range needs min, max or both"},
		{"{rule: range, column: amount, min: 1, max: 0}", "contract[0].min: must not be above max"},
		{"{rule: volume, max: -1}", "contract[0].min: and max of volume are shares"},
		{"{rule: unique, column: amount, min: 1}", "contract[0].min: is for range and volume"},
		{"{rule: unique, column: amount, max: 1}", "contract[0].max: is for range, volume, distribution, freshness and control_total"},
		{"{rule: distribution, column: currency, max: 0}", "contract[0].max: of distribution must be above 0"},
		{"{rule: distribution, column: currency, max: .nan}", "contract[0].max: of distribution must be above 0"},
		{"{rule: unique, column: amount, severity: red}", "contract[0].severity: must be warn, stop or off, got \"red\""},
		{"{rule: unique, column: amount, tolerate_rows: -1}", "contract[0].tolerate_rows: must be 0 or more"},
		{"{rule: unique, column: amount, tolerate: 1}", "contract[0].tolerate: must be a share"},
		{"{rule: volume, min: 1, tolerate: 0.1}", "contract[0].tolerate: must be a share"},
	} {
		var s Source
		if err := yaml.UnmarshalWithOptions([]byte("{name: a, table: transactions, path: a.csv, contract: ["+c.rules+"]}"), &s, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", c.rules, err)
		}
		errs := s.Check()
		switch {
		case c.want == "" && len(errs) > 0:
			t.Errorf("%s: refused: %v", c.rules, errs)
		case c.want != "" && (len(errs) != 1 || !strings.Contains(errs[0].Error(), c.want)):
			t.Errorf("%s: %v, want %s", c.rules, errs, c.want)
		}
	}
}

// What is written takes the place of the usual rule of the same column, and off takes it away.
func TestPromises(t *testing.T) {
	names := func(s Source) (out []string) {
		for _, r := range s.Promises() {
			text := r.Rule + " " + r.Column
			if !r.Usual {
				text += " own"
			}
			out = append(out, text)
		}
		return out
	}
	for _, c := range []struct {
		shows  string
		source Source
		want   []string
	}{
		{"nothing written", Source{Table: "customers"}, []string{"unique customer_id", "volume "}},
		{"news comes as it comes", Source{Table: "articles"}, nil},
		{"late_after_days is a rule too", Source{Table: "articles", LateAfterDays: 2}, []string{"freshness "}},
		{"one more", Source{Table: "customers", Contract: []Rule{{Rule: "not_null", Column: "industry"}}}, []string{"not_null industry own", "unique customer_id", "volume "}},
		{"another bound", Source{Table: "customers", Contract: []Rule{{Rule: "volume", Min: bound(0.9)}}}, []string{"volume  own", "unique customer_id"}},
		{"of another value", Source{Table: "customers", Contract: []Rule{{Rule: "unique", Column: "customer_id", With: []string{"name"}}}}, []string{"unique customer_id own", "unique customer_id", "volume "}},
		{"off", Source{Table: "customers", Contract: []Rule{{Rule: "unique", Column: "customer_id", Severity: "off"}}}, []string{"volume "}},
	} {
		if diff := cmp.Diff(c.want, names(c.source)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.shows, diff)
		}
	}
	for _, table := range ledger { // the usual rules must themselves be without mistake
		s := Source{Name: "a", Table: table.Name, Path: Paths{"a.csv"}}
		s.Contract = s.Promises()
		if errs := s.Check(); len(errs) > 0 {
			t.Errorf("%s: %v", table.Name, errs)
		}
	}
	if rows, share := (Source{}).Refusals(); rows != 20 || share != 0.1 {
		t.Errorf("refusals %d, %g", rows, share)
	}
}
