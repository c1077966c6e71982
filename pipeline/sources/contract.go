package sources

import (
	"fmt"
	"slices"
	"strings"
)

// A Rule is what a source promises of the rows it delivers; the check stage judges it every night over the rows that were kept.
type Rule struct {
	Rule     string   `yaml:"rule"`          // one of Rules
	Column   string   `yaml:"column"`        // ledger column that the source fills; volume and freshness have none
	With     []string `yaml:"with"`          // of unique: at most MaxWith more columns that make the value up
	Kinds    []string `yaml:"kinds"`         // only rows of these kinds, of tables that have the column kind; default: all
	Of       []string `yaml:"of"`            // of values: all that may stand in the column
	Min      *float64 `yaml:"min"`           // of range: least value; of volume: least share of the median
	Max      *float64 `yaml:"max"`           // of range: greatest value; of volume: greatest share; of distribution: greatest change of a value's share; of freshness: days; of control_total: greatest difference as a share of the balance
	To       string   `yaml:"to"`            // of relation: customers or documents
	Severity string   `yaml:"severity"`      // warn, stop (nothing is published) or off, which takes a usual rule away; default: warn
	Rows     int64    `yaml:"tolerate_rows"` // so many rows may break the rule
	Share    float64  `yaml:"tolerate"`      // or this share of them
	From     int64    `yaml:"from_rows"`     // fewer rows in a night are not judged
	Usual    bool     `yaml:"-"`             // not written by the company, but held to all the same
}

// Rules are the rules there are, those on single rows first.
var Rules = []string{"not_null", "unique", "values", "range", "relation", "distribution", "volume", "freshness", "control_total"}

// MaxWith is how many columns `with` may add to that of a rule.
const MaxWith = 3

// Columns names what the rule is on: its column and those of with; empty for a rule on the delivery as a whole.
func (r Rule) Columns() string {
	return strings.Join(append([]string{r.Column}, r.With...), "+")
}

// OfRows reports whether the rule is broken by single rows, which can be counted and tolerated.
func (r Rule) OfRows() bool { return slices.Index(Rules, r.Rule) <= slices.Index(Rules, "relation") }

// ofSource reports whether the rule is on the delivery as a whole, and has no column.
func (r Rule) ofSource() bool {
	return r.Rule == "volume" || r.Rule == "freshness" || r.Rule == "control_total"
}

// Stops reports whether nothing is published when the rule is broken.
func (r Rule) Stops() bool { return r.Severity == "stop" }

func bound(v float64) *float64 { return &v }

// usual is what a source of a table is held to when its contract does not say otherwise. What a table cannot do without (a value,
// a listed value, a sign) is no rule: such a row is refused when it is read.
var usual = map[string][]Rule{
	"customers": {{Rule: "unique", Column: "customer_id"}},
	"transactions": {
		{Rule: "unique", Column: "transaction_id", Share: 0.001},
		{Rule: "relation", Column: "customer_id", To: "customers", Share: 0.01},
		{Rule: "not_null", Column: "due_on", Kinds: []string{"invoice"}, Share: 0.05},
		{Rule: "distribution", Column: "kind", Max: bound(0.3), From: 100},
		{Rule: "distribution", Column: "currency", Max: bound(0.3), From: 100},
	},
	"contracts":        {{Rule: "unique", Column: "contract_id"}, {Rule: "relation", Column: "customer_id", To: "customers", Share: 0.01}},
	"interactions":     {{Rule: "relation", Column: "customer_id", To: "customers", Share: 0.01}},
	"external_ratings": {{Rule: "relation", Column: "customer_id", To: "customers", Share: 0.01}},
	"outcomes":         {{Rule: "relation", Column: "customer_id", To: "customers", Share: 0.01}},
	"calendar":         {{Rule: "unique", Column: "day"}},
	"sales_plan":       {{Rule: "relation", Column: "customer_id", To: "customers", Share: 0.01}},
	"balances":         {{Rule: "relation", Column: "customer_id", To: "customers", Share: 0.01}},
}

// usualVolume finds a delivery cut short or sent many times over. News comes as it comes.
var usualVolume = Rule{Rule: "volume", Min: bound(0.2), Max: bound(5)}

// Promises are the rules that the source is held to: those of its contract, then the usual ones that it does not speak of.
func (s Source) Promises() (rules []Rule) {
	for _, r := range s.Contract {
		if r.Severity != "off" {
			rules = append(rules, r)
		}
	}
	rest := slices.Clone(usual[s.Table])
	if s.Table != "articles" {
		rest = append(rest, usualVolume)
	}
	if s.LateAfterDays > 0 {
		rest = append(rest, Rule{Rule: "freshness", Max: bound(float64(s.LateAfterDays))})
	}
	for _, r := range rest {
		if !slices.ContainsFunc(s.Contract, func(own Rule) bool { return own.Rule == r.Rule && own.Columns() == r.Columns() }) {
			r.Usual = true
			rules = append(rules, r)
		}
	}
	return rules
}

// DefaultMaxRejected and DefaultMinRejected stop a night when more than one in ten of a source's new rows were refused, and at
// least so many that it is no accident of a small delivery.
const (
	DefaultMaxRejected = 0.1
	DefaultMinRejected = 20
)

// Refusals are how many refused rows stop the night: at least rows of them, and more than share of the new rows.
func (s Source) Refusals() (rows int64, share float64) {
	rows, share = DefaultMinRejected, DefaultMaxRejected
	if s.MinRejected != nil {
		rows = *s.MinRejected
	}
	if s.MaxRejected != nil {
		share = *s.MaxRejected
	}
	return rows, share
}

// checkContract finds the mistakes of the rules that can be seen without rows. Column names are held to the ledger here:
// they become identifiers of a statement.
func (s Source) checkContract(t table, bad func(key, format string, args ...any)) {
	if m := s.MaxRejected; m != nil && !(*m >= 0 && *m <= 1) {
		bad("max_rejected", "must be a share from 0 to 1, as 0.1, got %g", *m)
	}
	if m := s.MinRejected; m != nil && *m < 1 {
		bad("min_rejected", "must be 1 row or more, got %d", *m)
	}
	seen := map[string]bool{}
	for i, r := range s.Contract {
		at := func(key string) string { return fmt.Sprintf("contract[%d].%s", i, key) }
		if !slices.Contains(Rules, r.Rule) {
			bad(at("rule"), "must be one of %s, got %s", strings.Join(Rules, ", "), quoted(r.Rule))
			continue
		}
		if id := strings.Join(append([]string{r.Rule, r.Columns()}, r.Kinds...), "\x00"); seen[id] {
			bad(at("rule"), "%s of %s is given twice", r.Rule, quoted(r.Columns()))
		} else {
			seen[id] = true
		}
		c, found := t.column(r.Column)
		switch {
		case r.ofSource():
			if r.Rule == "control_total" && s.Table != "balances" {
				bad(at("rule"), "control_total is for sources of balances, which bring the control accounts")
			}
			if r.Column != "" {
				bad(at("column"), "is not for %s, which is of the delivery as a whole", r.Rule)
			}
		case !found || c.Kind == list || c.Kind == pairs:
			bad(at("column"), "%s has no such column of single values; it has %s", s.Table, strings.Join(t.names(), ", "))
			continue
		case r.Rule == "range" && !slices.Contains([]kind{money, rate, real, integer}, c.Kind):
			bad(at("column"), "range is for numbers, %s is none", r.Column)
		case r.Rule == "distribution" && len(c.OneOf) == 0 && c.Check != isCurrency && c.Kind != boolean: // a finding tells the value
			bad(at("column"), "distribution is for columns of few listed values, currencies and yes or no, %s is none", r.Column)
		}
		if r.Severity != "" && r.Severity != "warn" && r.Severity != "stop" && r.Severity != "off" {
			bad(at("severity"), "must be warn, stop or off, got %s", quoted(r.Severity))
		}
		if r.Severity == "off" { // of which nothing more is asked
			continue
		}
		s.checkKinds(t, r, at, bad)
		r.checkWith(t, at, bad)
		if (r.Rule == "values") != (len(r.Of) > 0) {
			bad(at("of"), "lists the values of rule values, and of no other")
		}
		for _, v := range r.Of {
			if len(c.OneOf) > 0 && !slices.Contains(c.OneOf, v) {
				bad(at("of"), "%s is never in %s, which has %s", quoted(v), r.Column, strings.Join(c.OneOf, ", "))
			}
		}
		if (r.Rule == "relation") != (r.To != "") || r.To != "" && r.To != "customers" && r.To != "documents" {
			bad(at("to"), "must be customers or documents for rule relation, and empty for others, got %s", quoted(r.To))
		}
		r.checkBounds(at, bad)
		if r.Rows < 0 || !r.OfRows() && r.Rows != 0 {
			bad(at("tolerate_rows"), "must be 0 or more, and is for rules on rows, got %d", r.Rows)
		}
		if !(r.Share >= 0 && r.Share < 1) || !r.OfRows() && r.Share != 0 {
			bad(at("tolerate"), "must be a share from 0 to below 1, and is for rules on rows, got %g", r.Share)
		}
		if r.From < 0 || r.ofSource() && r.From != 0 {
			bad(at("from_rows"), "must be 0 or more, and is for rules on a column, got %d", r.From)
		}
	}
}

// checkKinds holds `kinds` to the kinds of the table.
func (s Source) checkKinds(t table, r Rule, at func(string) string, bad func(key, format string, args ...any)) {
	if len(r.Kinds) == 0 {
		return
	}
	c, found := t.column("kind")
	if !found || !r.OfRows() {
		bad(at("kinds"), "is for rules on rows, of tables that have a column kind: transactions, interactions and balances")
		return
	}
	for _, k := range r.Kinds {
		if !slices.Contains(c.OneOf, k) {
			bad(at("kinds"), "must be of %s, got %s", strings.Join(c.OneOf, ", "), quoted(k))
		}
	}
}

// checkWith holds `with` to columns of the table that are not named yet.
func (r Rule) checkWith(t table, at func(string) string, bad func(key, format string, args ...any)) {
	if len(r.With) > 0 && r.Rule != "unique" || len(r.With) > MaxWith {
		bad(at("with"), "names at most %d more columns of rule unique, and is for no other", MaxWith)
		return
	}
	for i, name := range r.With {
		switch c, found := t.column(name); {
		case !found || c.Kind == list || c.Kind == pairs:
			bad(at("with"), "%s has no column %s of single values; it has %s", t.Name, quoted(name), strings.Join(t.names(), ", "))
		case name == r.Column || slices.Contains(r.With[:i], name):
			bad(at("with"), "%s is named twice", name)
		}
	}
}

func (r Rule) checkBounds(at func(string) string, bad func(key, format string, args ...any)) {
	both := r.Rule == "range" || r.Rule == "volume"
	switch {
	case both && r.Min == nil && r.Max == nil:
		bad(at("min"), "%s needs min, max or both", r.Rule)
	case both && r.Min != nil && r.Max != nil && *r.Min > *r.Max:
		bad(at("min"), "must not be above max, got %g and %g", *r.Min, *r.Max)
	case both && (r.Min != nil && *r.Min != *r.Min || r.Max != nil && *r.Max != *r.Max):
		bad(at("min"), "and max must be numbers")
	case r.Rule == "volume" && (r.Min != nil && *r.Min < 0 || r.Max != nil && *r.Max < 0):
		bad(at("min"), "and max of volume are shares of the median, 0 or more")
	case !both && r.Min != nil:
		bad(at("min"), "is for range and volume")
	case r.Rule == "distribution" && (r.Max == nil || !(*r.Max > 0 && *r.Max <= 1)):
		bad(at("max"), "of distribution must be above 0 and at most 1")
	case r.Rule == "freshness" && (r.Max == nil || !(*r.Max >= 0)):
		bad(at("max"), "of freshness must be 0 days or more")
	case r.Rule == "control_total" && (r.Max == nil || !(*r.Max >= 0 && *r.Max < 1)):
		bad(at("max"), "of control_total must be a share from 0 to below 1")
	case !both && r.OfRows() && r.Max != nil:
		bad(at("max"), "is for range, volume, distribution, freshness and control_total")
	}
}
