// Package warnings decides which customers the credit team must look at, and says why.
//
// [Rules] is the whole catalogue, one row an indicator. The tier of a row says where its evidence comes from (credit
// score, behaviour, external information), the severity of a step how bad it is; the two are never merged. [Judge]
// turns one night's book, the news and the episodes of the last published night into tonight's episodes.
//
// A condition is three-valued. A comparison with a null is false, and conditions are written without negation, so what
// comes out true is true whatever the nulls hold; what a null leaves open is unjudged, counted per rule, and never
// reads as "fine".
package warnings

import "slices"

// A Severity says how bad it is: S1 worth knowing, S2 watch, S3 act, S4 default has happened or is near-certain.
type Severity uint8

// S1 to S4.
const (
	Info Severity = iota + 1
	Watch
	Act
	Critical
)

// String is S1 to S4.
func (s Severity) String() string { return "S" + string('0'+rune(s)) }

// A Rule is one indicator of the catalogue.
type Rule struct {
	Code         string
	Tier         uint8
	EN, ZH       string
	Action       string   // codes of Actions, separated by a space
	Reads        []string // columns, all of them, those of suppressors apart
	Incomparable []string // columns that say, by 1, that two of the values must not be compared: the rule is then unjudged
	Excuses      []string // codes of Suppressors
	Ours         bool     // about our data and papers rather than the customer's means: it makes no other warning graver
	Steps        []Step   // the first yields the value and the peak of the episode
}

// A Step is one line drawn through one measure. Any step of a severity opens it; the severity ends when all its
// steps have closed.
type Step struct {
	Severity Severity
	Key      string // where the policy holds the line; empty for a yes-or-no
	Measure  Measure
	Edge     Edge
	Line     func(p *Policy) Line
	If       func(v *Values, p *Policy) bool // opening also needs this
	Clears   func(v *Values, p *Policy) bool // closes whatever the measure says
	Optional bool                            // a null says that there is none (no guarantee, no rating) and the step does not apply
	Action   string                          // replaces the rule's while the episode is this severe
}

// A Measure is a number about a customer: of its columns, or of what the news says of it.
type Measure struct {
	EN, ZH string
	Unit   Unit
	Of     func(v *Values) float64 // NaN is null

	Hears  Hearing  // which stories count; the measure is then their weight and Of is nil
	Events []string // codes of the taxonomy
	From   Severity // of stories at least this severe
}

// A Unit says how a measure is written.
type Unit uint8

// The units of the catalogue.
const (
	Count Unit = iota
	Share
	Days
	Times
	Points
	Notches
	Flag
	Weight
)

// An Edge says on which side of its lines a measure is bad, and what happens on the line itself.
type Edge struct {
	Opens, Closes string
}

var (
	rising    = Edge{">=", "<"}
	exceeding = Edge{">", "<"}
	clearing  = Edge{">", "<="} // closes only when nothing is left of it
	falling   = Edge{"<=", ">"}
	lacking   = Edge{"<", ">="}
)

func (e Edge) lowIsBad() bool { return e.Opens[0] == '<' }

// holds reports whether x stands to line as op says; false if x is null.
func holds(x float64, op string, line float64) bool {
	switch op {
	case ">=":
		return x >= line
	case ">":
		return x > line
	case "<=":
		return x <= line
	default:
		return x < line
	}
}

// Rules is the catalogue, in report order. To add one: a row in the list of its tier, its thresholds in Policy and
// configs/policy.yaml, the columns it reads in Columns, its cases in the test.
var Rules = slices.Concat(score, behaviour, external)

// Actions are what a rule may ask for.
var Actions = []struct{ Code, EN, ZH string }{
	{"HOLD", "stop new shipments (recommendation)", "建议暂停发货"},
	{"PREPAY", "cash in advance, in whole or in part", "全额或部分预付款"},
	{"CUT", "lower the limit to the stated formula", "按公式下调额度"},
	{"FREEZE", "no limit increase and no temporary limit", "冻结额度，不予增额"},
	{"DUN+1", "jump one dunning step", "催收升级一步"},
	{"CALL", "named call within the response time", "时限内专人致电"},
	{"VISIT", "site visit with checklist", "现场走访"},
	{"SECURE", "ask for guarantee, retention of title or insurance", "要求担保、所有权保留或投保"},
	{"NOTIFY-INS", "notify the insurer before the policy deadline", "在保单期限前通知保险公司"},
	{"LEGAL", "letter, claim filing, asset protection", "法务函件、申报债权、财产保全"},
	{"REVIEW", "full credit review", "全面信用复审"},
	{"RECON", "reconcile first", "先行对账"},
	{"MEET", "review meeting of credit, sales and finance", "召开信用、销售与财务评审会"},
	{"INFO", "record only", "仅记录"},
}

// Reads lists, in order of name, the float64 columns that the book must have.
func Reads() []string {
	var all []string
	add := func(columns []string) {
		for _, c := range columns {
			if from, ok := derivedFrom[c]; ok {
				all = append(all, from...)
			} else {
				all = append(all, c)
			}
		}
	}
	for _, r := range Rules {
		add(r.Reads)
	}
	for _, s := range Suppressors {
		add(s.Reads)
	}
	add(stakeColumns)
	slices.Sort(all)
	return slices.Compact(all)
}

// Labels lists the string columns that the book must have. The group is the customer number of the parent, or the
// customer's own; empty where parents are not known.
var Labels = []string{"customer_id", "owner", "industry", "region", "size_class", "group_id"}

// Where each of them stands.
const (
	labelCustomer = iota
	labelOwner
	labelIndustry
	labelRegion
	labelSize
	labelGroup
)
