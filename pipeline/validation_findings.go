package pipeline

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warnings"
)

type findingRow struct {
	Run       uint64     `ch:"run"`
	AsOf      asof.Date  `ch:"as_of"`
	FindingID string     `ch:"finding_id"`
	ModelID   string     `ch:"model_id"`
	Code      string     `ch:"code"`
	Family    string     `ch:"family"`
	Scope     string     `ch:"scope"`
	NameEN    string     `ch:"name_en"`
	NameZH    string     `ch:"name_zh"`
	Severity  uint8      `ch:"severity"`
	Light     string     `ch:"light"`
	Status    string     `ch:"status"`
	OpenedOn  asof.Date  `ch:"opened_on"`
	ClosedOn  *asof.Date `ch:"closed_on"`
	Owner     string     `ch:"owner"`
	DueOn     asof.Date  `ch:"due_on"`
	Amount    book.Money `ch:"amount"`
	CauseEN   string     `ch:"cause_en"`
	CauseZH   string     `ch:"cause_zh"`
	StepEN    string     `ch:"step_en"`
	StepZH    string     `ch:"step_zh"`
	EN        string     `ch:"text_en"`
	ZH        string     `ch:"text_zh"`
}

// validationOwners say who deals with a finding, by the family of its test; red ones of money go to the finance head.
var validationOwners = map[string]string{
	"gate": "data engineer", "leakage": "data engineer", "money": "finance head",
}

const modelOwner = "model owner"

// validationDays are the business days until a finding must be dealt with, by severity.
var validationDays = [...]int{0, 20, 10, 5, 1}

// findings carries the findings of the last night on and opens what tonight found. A finding is open until its test is green: grey
// means that nobody can tell. When its model no longer scores the book it is superseded.
func (v *prepared) findings(n *Night, results []validation.Result, last []findingRow, days warnings.Calendar) []findingRow {
	type place struct{ model, code, scope string }
	answered := map[[2]string]bool{} // model and code: some scope has an answer tonight
	tonight := map[place]validation.Result{}
	for _, r := range results {
		tonight[place{r.Model, r.Code, r.Scope}] = r
		if r.Light != validation.Grey {
			answered[[2]string{r.Model, r.Code}] = true
		}
	}
	var out []findingRow
	carried := map[place]bool{}
	for _, f := range last {
		f.Run, f.AsOf, f.ClosedOn = n.Run, n.AsOf, nil
		at := place{f.ModelID, f.Code, f.Scope}
		r, there := tonight[at]
		carried[at] = true
		switch {
		case f.ModelID != v.in.Model:
			f.Status, f.ClosedOn = "superseded", &n.AsOf
		case !there && !answered[[2]string{f.ModelID, f.Code}]:
			f.Light = string(validation.Grey)
		case !there, r.Light == validation.Green:
			f.Status, f.Light, f.ClosedOn = "closed", string(validation.Green), &n.AsOf
		case r.Light == validation.Grey:
			f.Light = string(validation.Grey)
		default:
			opened, due, severity := f.OpenedOn, f.DueOn, f.Severity
			f = v.found(n, r, f.FindingID, days)
			f.OpenedOn = opened
			if f.Severity <= severity {
				f.DueOn = due // only what gets worse gets a new day
			}
		}
		out = append(out, f)
	}
	for _, r := range results {
		if r.Light != validation.Amber && r.Light != validation.Red || carried[place{r.Model, r.Code, r.Scope}] {
			continue
		}
		h := fnv.New64a()
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s", r.Model, r.Code, r.Scope, n.AsOf)
		out = append(out, v.found(n, r, fmt.Sprintf("%s-%08x", r.Code, uint32(h.Sum64()>>32)), days))
	}
	slices.SortFunc(out, func(a, b findingRow) int { return strings.Compare(a.FindingID, b.FindingID) })
	return out
}

// found is a result as a finding opened tonight.
func (v *prepared) found(n *Night, r validation.Result, id string, days warnings.Calendar) findingRow {
	f := findingRow{
		Run: n.Run, AsOf: n.AsOf, FindingID: id, ModelID: r.Model, Code: r.Code, Family: r.Family, Scope: r.Scope, Light: string(r.Light), Status: "open",
		OpenedOn: n.AsOf, Severity: 2, Owner: modelOwner, Amount: v.stake(r),
	}
	if owner, ok := validationOwners[r.Family]; ok {
		f.Owner = owner
	}
	switch {
	case validation.BookLight([]validation.Result{r}, n.Bounds).PublishBlocked:
		f.Severity = 4
	case r.Light == validation.Red:
		f.Severity = 3
	case r.Weak:
		f.Severity = 1
	}
	f.NameEN, f.NameZH = testName(r.Code)
	f.DueOn = days(n.AsOf, validationDays[f.Severity])
	f.EN, f.CauseEN, f.StepEN = apart(r.EN, " Likely cause: ", " Step: ", ".")
	f.ZH, f.CauseZH, f.StepZH = apart(r.ZH, "可能原因：", "建议：", "。")
	return f
}

// apart takes what a result says of itself to pieces: what was found, the likely cause, the step.
func apart(text, causeMark, stepMark, stop string) (found, cause, step string) {
	found, step, _ = strings.Cut(text, stepMark)
	found, cause, _ = strings.Cut(found, causeMark)
	return found, strings.TrimSuffix(cause, stop), strings.TrimSuffix(step, stop)
}

// stake is the money that a result is about: what it names itself, else the expected loss of the grade, segment or book it
// looks at.
func (v *prepared) stake(r validation.Result) book.Money {
	amount := 0.0
	if r.Amount != nil {
		amount = math.Abs(*r.Amount)
	} else if r.Family != "gate" {
		for _, s := range v.in.Tonight {
			if s.Grade >= 0 && v.within(s, r.Scope) {
				amount += v.expected[s.Customer]
			}
		}
	}
	m, err := book.ParseMoney(fmt.Sprintf("%.4f", amount))
	if err != nil {
		return 0 // beyond what a decimal holds: nothing that a book owes
	}
	return m
}

// within tells whether a customer belongs to the scope of a result.
func (v *prepared) within(s validation.Scored, scope string) bool {
	if grade, ok := strings.CutPrefix(scope, "grade "); ok {
		return v.in.Grades[s.Grade] == grade
	}
	if segment, ok := strings.CutPrefix(scope, "segment "); ok {
		name, value, _ := strings.Cut(segment, "=")
		at := slices.Index(v.in.Segments, name)
		return at >= 0 && (value == "" || s.Segments[at] == value)
	}
	return true
}

// openFindings are those that were open when the last published night ended.
func (n *Night) openFindings(ctx context.Context) (out []findingRow, err error) {
	if n.Previous.Run == 0 {
		return nil, nil
	}
	err = rows.Each(ctx, n, "validation_findings", sqlOf("validation_findings_last"), n.params(nil), func(r *rows.Row) error {
		out = append(out, findingRow{
			FindingID: r.Text("finding_id"), ModelID: r.Text("model_id"), Code: r.Text("code"), Family: r.Text("family"), Scope: r.Text("scope"), NameEN: r.Text("name_en"), NameZH: r.Text("name_zh"),
			Severity: uint8(r.Whole("severity")), Light: r.Text("light"), Status: "open", OpenedOn: r.Date("opened_on"), Owner: r.Text("owner"),
			DueOn: r.Date("due_on"), Amount: r.Money("amount"), CauseEN: r.Text("cause_en"), CauseZH: r.Text("cause_zh"), StepEN: r.Text("step_en"),
			StepZH: r.Text("step_zh"), EN: r.Text("text_en"), ZH: r.Text("text_zh"),
		})
		return nil
	})
	return out, err
}
