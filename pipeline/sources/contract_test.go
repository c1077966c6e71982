package sources

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// Every mistake of a contract names its rule and key; a good contract has none.
func TestContractMistakes(t *testing.T) {
	for _, c := range []struct{ rules, want string }{
		{"{rule: not_null, column: due_on, severity: red, tolerate: 0.5}", ""},
		{"{rule: range, column: amount, min: 0, max: 0}", ""},
		{"{rule: volume, min: 0}", ""},
		{"{rule: distribution, column: currency, max: 1}", ""},
		{"{rule: relation, column: customer_id, to: customers}, {rule: relation, column: applies_to, to: documents}", ""},
		{"{rule: values, column: currency, of: [EUR]}", ""},
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
		{"{rule: unique, column: amount, max: 1}", "contract[0].max: is for range, volume and distribution"},
		{"{rule: distribution, column: currency, max: 0}", "contract[0].max: of distribution must be above 0"},
		{"{rule: distribution, column: currency, max: .nan}", "contract[0].max: of distribution must be above 0"},
		{"{rule: unique, column: amount, severity: grave}", "contract[0].severity: must be amber or red, got \"grave\""},
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
