package pipeline

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"creditwatch/features"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// Validation says how hard a night is validated and what of it may stop the night.
type Validation struct {
	Block           bool `yaml:"block"`            // a red light of leakage, reproducibility or the ledger's total stops the night
	MaxRows         int  `yaml:"max_rows"`         // more past rows, or customers, than this: customers are sampled by a hash of their number
	ReplayCustomers int  `yaml:"replay_customers"` // up to so many customers an earlier night is built again every night; beyond, on Sundays
	LagDays         int  `yaml:"lag_days"`         // days after which an outcome counts as reported
	AuditLabels     int  `yaml:"audit_labels"`     // labels drawn to be derived again, beside all defaults of 90 days
	// Bounds is a file with the bounds of the lights, beside the configuration; empty: the built-in bounds.yaml.
	Bounds string `yaml:"bounds"`
}

type validationRow struct {
	Run           uint64    `ch:"run"`
	AsOf          asof.Date `ch:"as_of"`
	ModelID       string    `ch:"model_id"`
	Role          string    `ch:"role"`
	Light         string    `ch:"light"`
	Blocks        bool      `ch:"blocks"`
	Results       uint32    `ch:"results"`
	Rows          uint64    `ch:"rows"`
	Mature        uint64    `ch:"mature"`
	Defaults      uint64    `ch:"defaults"`
	OneIn         uint64    `ch:"one_in"`
	Horizon       uint8     `ch:"horizon_months"`
	Fingerprint   uint64    `ch:"fingerprint"`
	BoundsVersion string    `ch:"bounds_version"`
	Note          string    `ch:"note"`
}

type resultRow struct {
	Run           uint64     `ch:"run"`
	AsOf          asof.Date  `ch:"as_of"`
	ModelID       string     `ch:"model_id"`
	Code          string     `ch:"code"`
	Family        string     `ch:"family"`
	Scope         string     `ch:"scope"`
	NameEN        string     `ch:"name_en"`
	NameZH        string     `ch:"name_zh"`
	Value         *float64   `ch:"value"`
	Statistic     *float64   `ch:"statistic"`
	P             *float64   `ch:"p"`
	PAdjusted     *float64   `ch:"p_adjusted"`
	Q             *float64   `ch:"q"`
	Effect        *float64   `ch:"effect"`
	Floor         *float64   `ch:"floor"`
	Power         *float64   `ch:"power"`
	N             float64    `ch:"n"`
	D             float64    `ch:"d"`
	Light         string     `ch:"light"`
	Weak          bool       `ch:"weak"`
	Amount        *float64   `ch:"amount"`
	DecidedOn     asof.Date  `ch:"decided_on"`
	Cohort        *asof.Date `ch:"cohort"`
	Known         float64    `ch:"known"`
	BoundsVersion string     `ch:"bounds_version"`
	EN            string     `ch:"text_en"`
	ZH            string     `ch:"text_zh"`
}

// validate judges the models of the night by what came of their past scores, and the night by what it can prove of itself.
// The night is published with what was found; only what makes its figures worthless (a leak, a result that does not
// reproduce, a total that does not foot to the ledger) stops it.
func validate(ctx context.Context, n *Night) error {
	judged, err := n.judgedModels(ctx, n.Run)
	if err != nil {
		return err
	}
	earlier, err := n.earlierResults(ctx)
	if err != nil {
		return err
	}
	v, err := n.prepareValidation(ctx, judged)
	if err != nil {
		return err
	}
	results := v.repair(validation.Judge(v.in, n.Bounds, earlier), n.Bounds)
	book := validation.BookLight(results, n.Bounds)
	all := results
	nights := []validationRow{v.row(n, "champion", book, results)}
	if v.champion == nil {
		nights[0].Role, nights[0].Note = "none", v.note
	}
	if v.challenger != nil {
		of := challengerFamilies(validation.Judge(v.challengerInput(), n.Bounds, earlier))
		light := validation.BookLight(of, n.Bounds)
		light.PublishBlocked = false
		nights = append(nights, v.challengerRow(n, light, of))
		all = append(all, of...)
	}
	if book.PublishBlocked && n.Validation.Block {
		return fmt.Errorf("%s: %w", strings.Join(blockers(results), "; "), ErrGate)
	}
	last, err := n.openFindings(ctx)
	if err != nil {
		return err
	}
	days, err := n.calendar(ctx)
	if err != nil {
		return err
	}
	findings := v.findings(n, results, last, days)
	if err := n.keep(ctx, "validations", rows.Of(nights)); err != nil {
		return err
	}
	if err := n.keep(ctx, "validation_results", rows.Of(n.resultRows(all))); err != nil {
		return err
	}
	if err := n.keep(ctx, "validation_findings", rows.Of(findings)); err != nil {
		return err
	}
	grades, err := v.gradeRows(ctx, n)
	if err != nil {
		return err
	}
	if err := n.keep(ctx, "validation_grades", rows.Of(grades)); err != nil {
		return err
	}
	if n.Say != nil {
		n.Say(fmt.Sprintf("validation: %s: %s", book.Light, book.EN))
	}
	return n.keep(ctx, "validation_initial", rows.Of(v.initialRows(n)))
}

// blockers are the sentences of the results that stop a night.
func blockers(results []validation.Result) []string {
	var out []string
	for _, r := range results {
		if r.Light == validation.Red && validation.BookLight([]validation.Result{r}, validation.Bounds{}).PublishBlocked {
			out = append(out, r.Code+" "+r.Scope+": "+r.EN)
		}
	}
	return out
}

// challengerFamilies are the results that say something of a model which does not score the book.
func challengerFamilies(results []validation.Result) []validation.Result {
	var out []validation.Result
	for _, r := range results {
		switch r.Family {
		case "discrimination", "calibration_grade", "calibration_book", "segments":
			out = append(out, r)
		}
	}
	return out
}

// A judgedModel is a model with its row and the figures that its training left.
type judgedModel struct {
	candidate
	metrics map[string]float64 // "sample metric"
}

// judgedModels returns the champion of a run, nil if there is none or it must not score, and the best of those that challenge it.
func (n *Night) judgedModels(ctx context.Context, run uint64) (out [2]*judgedModel, err error) {
	var found []*modelRow
	err = rows.Each(ctx, n, "models", sqlOf("validation_models"), map[string]any{"which": run}, func(r *rows.Row) error {
		found = append(found, registered(r))
		return nil
	})
	if err != nil {
		return out, err
	}
	for _, row := range found {
		at := 1
		if row.IsChampion {
			at = 0
		}
		if out[at] != nil {
			continue // the challengers come best first
		}
		if model, no := row.vet(); no == nil {
			out[at] = &judgedModel{candidate{row, model}, map[string]float64{}}
		}
	}
	if out[0] == nil {
		out[1] = nil // without a champion nobody challenges
	}
	for _, m := range out {
		if m == nil {
			continue
		}
		err := rows.Each(ctx, n, "model_metrics", sqlOf("validation_metrics"), n.params(map[string]any{"model": m.ModelID}), func(r *rows.Row) error {
			if v := r.Float("value"); v != nil {
				m.metrics[r.Text("sample")+" "+r.Text("metric")] = *v
			}
			return nil
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// metric is NaN for a figure that the training did not leave.
func (m *judgedModel) metric(sample, name string) float64 {
	if v, ok := m.metrics[sample+" "+name]; ok {
		return v
	}
	return math.NaN()
}

func (n *Night) resultRows(results []validation.Result) []resultRow {
	var out []resultRow
	for _, r := range results {
		row := resultRow{
			Run: n.Run, AsOf: n.AsOf, ModelID: r.Model, Code: r.Code, Family: r.Family, Scope: r.Scope, Value: r.Value, Statistic: r.Statistic,
			P: r.P, PAdjusted: r.PAdjusted, Q: r.Q, Effect: r.Effect, Floor: r.Floor, Power: r.Power, N: r.N, D: r.D, Light: string(r.Light),
			Weak: r.Weak, Amount: r.Amount, DecidedOn: r.DecidedOn, Known: r.Known, BoundsVersion: r.BoundsVersion, EN: r.EN, ZH: r.ZH,
		}
		row.NameEN, row.NameZH = testName(r.Code)
		if !r.Cohort.IsZero() {
			row.Cohort = &r.Cohort
		}
		out = append(out, row)
	}
	return out
}

// testName is what a test asks.
func testName(code string) (en, zh string) {
	if i := slices.IndexFunc(validation.Tests, func(t validation.Test) bool { return t.Code == code }); i >= 0 {
		return validation.Tests[i].EN, validation.Tests[i].ZH
	}
	return code, code
}

// earlierResults are those of the last published night.
func (n *Night) earlierResults(ctx context.Context) (out []validation.Decided, err error) {
	if n.Previous.Run == 0 {
		return nil, nil
	}
	err = rows.Each(ctx, n, "validation_results", sqlOf("validation_last"), n.params(nil), func(r *rows.Row) error {
		number := func(name string) float64 {
			if v := r.Float(name); v != nil {
				return *v
			}
			return 0
		}
		out = append(out, validation.Decided{
			Code: r.Text("code"), Family: r.Text("family"), Model: r.Text("model_id"), Scope: r.Text("scope"), Value: r.Float("value"),
			Statistic: r.Float("statistic"), P: r.Float("p"), PAdjusted: r.Float("p_adjusted"), Q: r.Float("q"), Effect: r.Float("effect"),
			Floor: r.Float("floor"), Power: r.Float("power"), N: number("n"), D: number("d"), Light: validation.Light(r.Text("light")),
			Weak: r.Is("weak"), Amount: r.Float("amount"), DecidedOn: r.Date("decided_on"), Cohort: r.Date("cohort"), Known: number("known"),
			BoundsVersion: r.Text("bounds_version"), EN: r.Text("text_en"), ZH: r.Text("text_zh"),
		})
		return nil
	})
	return out, err
}

// row is the summary of a model's validation.
func (v *prepared) row(n *Night, role string, book validation.Book, results []validation.Result) validationRow {
	row := validationRow{
		Run: n.Run, AsOf: n.AsOf, ModelID: v.in.Model, Role: role, Light: string(book.Light), Blocks: book.PublishBlocked, Results: uint32(len(results)),
		OneIn: v.oneIn, Horizon: uint8(n.Default.HorizonMonths), Fingerprint: features.Fingerprint(), BoundsVersion: n.Bounds.Version,
	}
	if !judgedAny(results) {
		row.Light = string(validation.Grey)
	}
	for _, r := range v.in.Rows {
		row.Rows++
		if r.Observed >= v.in.Horizon {
			row.Mature++
			row.Defaults += uint64(r.Default)
		}
	}
	return row
}

func (v *prepared) challengerRow(n *Night, book validation.Book, results []validation.Result) validationRow {
	c := &prepared{in: v.challengerInput(), oneIn: v.oneIn}
	return c.row(n, "challenger", book, results)
}

// judgedAny reports whether any test of the model, not only of the night's own work, had an answer.
func judgedAny(results []validation.Result) bool {
	for _, r := range results {
		if r.Light != validation.Grey && r.Family != "gate" && r.Family != "leakage" {
			return true
		}
	}
	return false
}
