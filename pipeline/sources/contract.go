package sources

import (
	"fmt"
	"slices"
	"strings"
)

// A Rule is what a source promises of the rows it delivers; the check stage judges it every night.
type Rule struct {
	Rule     string   `yaml:"rule"`          // one of Rules
	Column   string   `yaml:"column"`        // ledger column that the source fills; volume has none
	Of       []string `yaml:"of"`            // of values: all that may stand in the column
	Min      *float64 `yaml:"min"`           // of range: least value; of volume: least share of the median of 28 days
	Max      *float64 `yaml:"max"`           // of range: greatest value; of volume: greatest share; of distribution: greatest change of a value's share
	To       string   `yaml:"to"`            // of relation: customers or documents
	Severity string   `yaml:"severity"`      // amber or red, which stops the night; default: amber
	Rows     int64    `yaml:"tolerate_rows"` // so many rows may break the rule
	Share    float64  `yaml:"tolerate"`      // or this share of them
}

// Rules are the rules there are, those on single rows first.
var Rules = []string{"not_null", "unique", "values", "range", "relation", "volume", "distribution"}

// OfRows reports whether the rule is broken by single rows, which can be counted and tolerated.
func (r Rule) OfRows() bool { return r.Rule != "volume" && r.Rule != "distribution" }

// Light is what a broken rule shows.
func (r Rule) Light() string {
	if r.Severity == "red" {
		return "red"
	}
	return "amber"
}

// checkContract finds the mistakes of the rules that can be seen without rows. Column names are held to the ledger here:
// they become identifiers of a statement.
func (s Source) checkContract(t table, bad func(key, format string, args ...any)) {
	seen := map[[2]string]bool{}
	for i, r := range s.Contract {
		at := func(key string) string { return fmt.Sprintf("contract[%d].%s", i, key) }
		if !slices.Contains(Rules, r.Rule) {
			bad(at("rule"), "must be one of %s, got %s", strings.Join(Rules, ", "), quoted(r.Rule))
			continue
		}
		if id := [2]string{r.Rule, r.Column}; seen[id] {
			bad(at("rule"), "%s of %s is given twice", r.Rule, quoted(r.Column))
		} else {
			seen[id] = true
		}
		c, found := t.column(r.Column)
		switch {
		case r.Rule == "volume":
			if r.Column != "" {
				bad(at("column"), "is not for volume, which counts the rows read")
			}
		case !found || c.Kind == list || c.Kind == pairs:
			bad(at("column"), "%s has no such column of single values; it has %s", s.Table, strings.Join(t.names(), ", "))
		case r.Rule == "range" && !slices.Contains([]kind{money, rate, real, integer}, c.Kind):
			bad(at("column"), "range is for numbers, %s is none", r.Column)
		case r.Rule == "distribution" && len(c.OneOf) == 0 && c.Check != isCurrency && c.Kind != boolean: // a finding tells the value
			bad(at("column"), "distribution is for columns of few listed values, currencies and yes or no, %s is none", r.Column)
		}
		if (r.Rule == "values") != (len(r.Of) > 0) {
			bad(at("of"), "lists the values of rule values, and of no other")
		}
		if (r.Rule == "relation") != (r.To != "") || r.To != "" && r.To != "customers" && r.To != "documents" {
			bad(at("to"), "must be customers or documents for rule relation, and empty for others, got %s", quoted(r.To))
		}
		bounded := r.Rule == "range" || r.Rule == "volume"
		switch {
		case bounded && r.Min == nil && r.Max == nil:
			bad(at("min"), "%s needs min, max or both", r.Rule)
		case bounded && r.Min != nil && r.Max != nil && *r.Min > *r.Max:
			bad(at("min"), "must not be above max, got %g and %g", *r.Min, *r.Max)
		case r.Rule == "volume" && (r.Min != nil && *r.Min < 0 || r.Max != nil && *r.Max < 0):
			bad(at("min"), "and max of volume are shares of the median, 0 or more")
		case !bounded && r.Min != nil:
			bad(at("min"), "is for range and volume")
		case r.Rule == "distribution" && (r.Max == nil || !(*r.Max > 0 && *r.Max <= 1)):
			bad(at("max"), "of distribution must be above 0 and at most 1")
		case !bounded && r.Rule != "distribution" && r.Max != nil:
			bad(at("max"), "is for range, volume and distribution")
		}
		if r.Severity != "" && r.Severity != "amber" && r.Severity != "red" {
			bad(at("severity"), "must be amber or red, got %s", quoted(r.Severity))
		}
		if r.Rows < 0 || !r.OfRows() && r.Rows != 0 {
			bad(at("tolerate_rows"), "must be 0 or more, and is for rules on rows, got %d", r.Rows)
		}
		if !(r.Share >= 0 && r.Share < 1) || !r.OfRows() && r.Share != 0 {
			bad(at("tolerate"), "must be a share from 0 to below 1, and is for rules on rows, got %g", r.Share)
		}
	}
}
