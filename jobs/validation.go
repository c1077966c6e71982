package jobs

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

func modelsValidation(a *app) *cobra.Command {
	var date, lang, export string
	var all bool
	c := &cobra.Command{
		Use:   "validation",
		Short: "what the validation of a night found: lights, figures, findings; --export writes the annual tables",
		Long: "Without a flag: the light of the newest night's models and every test that is not green, the worst first; tests without an answer and\n" +
			"those that are amber only for want of evidence are counted. --all lists every test.\n\n" +
			"--export DIR writes the tables of a yearly validation report as CSV files: summary, process, discrimination, calibration, grades,\n" +
			"migration, bandwidth, concentration, results, findings.",
		Example: "  creditwatch models validation --date 2026-03-31\n  creditwatch models validation --export validation-2026",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if lang != "en" && lang != "zh" {
				return usage("--lang %s: want en or zh", lang)
			}
			day := asof.Date(0)
			if date != "" {
				var err error
				if day, err = asof.Parse(date); err != nil {
					return usage("--date: %w", err)
				}
			}
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
				night, err := validatedNight(cmd.Context(), db, day)
				if err != nil {
					return err
				}
				if export != "" {
					return a.exportValidation(cmd.Context(), db, c, night, export)
				}
				return a.showValidation(cmd.Context(), db, night, lang, all)
			})
		},
	}
	c.Flags().StringVar(&date, "date", "", "business date (default: the newest night that was validated)")
	c.Flags().StringVar(&lang, "lang", "en", "en or zh")
	c.Flags().BoolVar(&all, "all", false, "every test, also green and grey ones")
	c.Flags().StringVar(&export, "export", "", "write the tables of a yearly report into this folder, as CSV")
	return c
}

// validatedNight is the night asked for, or the newest one that was validated.
func validatedNight(ctx context.Context, db *warehouse.DB, day asof.Date) (found asof.Date, err error) {
	err = rows.Each(ctx, db, "validations", `
SELECT max(as_of) AS newest FROM creditwatch.validations WHERE {day:Date} = toDate(0) OR as_of = {day:Date}`, map[string]any{"day": day},
		func(r *rows.Row) error { found = r.Date("newest"); return nil })
	switch {
	case err != nil:
		return 0, err
	case found.IsZero() && day.IsZero():
		return 0, usage("no published night has been validated")
	case found.IsZero():
		return 0, usage("%s is not published or was not validated; run it with: creditwatch run --date %s", day, day)
	}
	return found, nil
}

func (a *app) showValidation(ctx context.Context, db *warehouse.DB, day asof.Date, lang string, all bool) error {
	text := map[string]string{"en": "text_en", "zh": "text_zh"}[lang]
	name := map[string]string{"en": "name_en", "zh": "name_zh"}[lang]
	p := map[string]any{"day": day, "all": all}
	for _, part := range []struct{ title, sql string }{
		{"models", `SELECT as_of, role, model_id AS model, light, results AS tests, rows, mature, defaults, bounds_version AS bounds, note FROM creditwatch.validations WHERE as_of = {day:Date} ORDER BY role = 'challenger', model`},
		{"tests by light", `
SELECT r.family AS family, countIf(r.light = 'red') AS red, countIf(r.light = 'amber' AND NOT r.weak) AS amber, countIf(r.weak) AS weak_evidence, countIf(r.light = 'green') AS green, countIf(r.light = 'grey') AS not_judged
FROM creditwatch.validation_results AS r
WHERE r.as_of = {day:Date} AND r.model_id IN (SELECT model_id FROM creditwatch.validations WHERE as_of = {day:Date} AND role != 'challenger')
GROUP BY family ORDER BY red DESC, amber DESC, family`},
		{"tests", `
SELECT r.light AS light, r.code AS code, r.scope AS scope, r.` + name + ` AS test, round(r.value, 4) AS value, round(r.p_adjusted, 4) AS p, r.n AS n, r.d AS d, r.decided_on AS decided_on, r.` + text + ` AS finding
FROM creditwatch.validation_results AS r
WHERE r.as_of = {day:Date} AND r.model_id IN (SELECT model_id FROM creditwatch.validations WHERE as_of = {day:Date} AND role != 'challenger')
  AND ({all:Bool} OR r.light = 'red' OR r.light = 'amber' AND NOT r.weak)
ORDER BY r.light = 'red' DESC, r.light = 'amber' AND NOT r.weak DESC, r.light = 'amber' DESC, r.light = 'green' DESC, code, scope`},
		{"open findings", `
SELECT finding_id AS id, concat('S', toString(severity)) AS sev, light, opened_on, owner, due_on, amount, code, scope, f.` + text + ` AS finding
FROM creditwatch.validation_findings AS f
WHERE as_of = {day:Date} AND status = 'open' AND ({all:Bool} OR severity > 1)
ORDER BY severity DESC, light = 'red' DESC, amount DESC, id`},
	} {
		if !a.json {
			fmt.Fprintf(a.out, "\n%s\n", part.title)
		}
		if err := a.show(ctx, db, part.sql, p); err != nil {
			return err
		}
	}
	return nil
}

// A sheet is one file of the export.
type sheet struct {
	name string
	head []string
	rows [][]string
}

func (s *sheet) add(cells ...string) { s.rows = append(s.rows, cells) }

// cell writes a number in full, and nothing for what is not known.
func cell(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

func plainCell(v float64) string { return cell(&v) }

// exportValidation writes the tables of a yearly validation report.
func (a *app) exportValidation(ctx context.Context, db *warehouse.DB, c configs.Config, day asof.Date, dir string) error {
	e := &validationExport{db: db, day: day}
	var sheets []*sheet
	for _, make := range []func(context.Context, configs.Config) (*sheet, error){
		e.summary, e.process, e.discrimination, e.grades, e.calibration, e.migration, e.bandwidth, e.concentration, e.results, e.findings,
	} {
		s, err := make(ctx, c)
		if err != nil {
			return err
		}
		sheets = append(sheets, s)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return usage("--export: %w", err)
	}
	for _, s := range sheets {
		path := filepath.Join(dir, s.name+".csv")
		if err := writeSheet(path, s); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s  %d rows\n", path, len(s.rows))
	}
	return nil
}

func writeSheet(path string, s *sheet) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csv.NewWriter(f)
	if err := w.Write(s.head); err != nil {
		return err
	}
	return w.WriteAll(s.rows)
}

// A validationExport reads what a night kept and makes the tables.
type validationExport struct {
	db      *warehouse.DB
	day     asof.Date
	model   string
	initial map[string][][]float64 // by name; rows of a matrix in order
	places  []gradeLine
	tests   []testLine
}

// gradeLine is a row of validation_grades, testLine one of validation_results.
type (
	gradeLine struct {
		grade                             string
		customers, exposure               float64
		pd                                *float64
		customersInitial, exposureInitial float64
		cohort                            string
		cohortCustomers, cohortDefaults   float64
		cohortPD                          *float64
		movedFrom                         string
		moved                             []float64
	}
	testLine struct {
		code, scope, light            string
		value, statistic, p, adjusted *float64
		n, d                          float64
	}
)

func (e *validationExport) each(ctx context.Context, what, sql string, f func(*rows.Row)) error {
	return rows.Each(ctx, e.db, what, sql, map[string]any{"day": e.day, "model": e.model}, func(r *rows.Row) error { f(r); return nil })
}

// summary also reads what the other tables are made of.
func (e *validationExport) summary(ctx context.Context, c configs.Config) (*sheet, error) {
	s := &sheet{name: "summary", head: []string{"field", "value"}}
	s.add("company", c.Company)
	s.add("currency", c.Currency)
	s.add("as_of", e.day.String())
	err := e.each(ctx, "validations", `
SELECT v.model_id AS model_id, v.role AS role, v.light AS light, v.rows AS rows, v.mature AS mature, v.defaults AS defaults, v.one_in AS one_in, v.horizon_months AS horizon, v.bounds_version AS bounds, v.note AS note,
    m.learner AS learner, m.trained_on AS trained_on
FROM creditwatch.validations AS v
LEFT JOIN (SELECT model_id, toString(learner) AS learner, trained_on FROM creditwatch.models WHERE as_of = {day:Date}) AS m ON m.model_id = v.model_id
WHERE v.as_of = {day:Date} AND v.role != 'challenger'`, func(r *rows.Row) {
		e.model = r.Text("model_id")
		s.add("model_id", e.model)
		s.add("learner", r.Text("learner"))
		if d := r.Date("trained_on"); !d.IsZero() {
			s.add("trained_on", d.String())
		}
		s.add("horizon_months", strconv.FormatInt(r.Whole("horizon"), 10))
		s.add("light", r.Text("light"))
		s.add("bounds_version", r.Text("bounds"))
		s.add("rows", strconv.FormatInt(r.Whole("rows"), 10))
		s.add("mature", strconv.FormatInt(r.Whole("mature"), 10))
		s.add("defaults", strconv.FormatInt(r.Whole("defaults"), 10))
		s.add("one_customer_in", strconv.FormatInt(r.Whole("one_in"), 10))
		s.add("note", r.Text("note"))
	})
	if err != nil {
		return nil, err
	}
	e.initial = map[string][][]float64{}
	err = e.each(ctx, "validation_initial", `
SELECT name, place, figures, validated_on FROM creditwatch.validation_initial WHERE as_of = {day:Date} AND model_id = {model:String} AND feature = '' ORDER BY name, place`, func(r *rows.Row) {
		if len(e.initial) == 0 {
			s.add("first_validated_on", r.Date("validated_on").String())
		}
		e.initial[r.Text("name")] = append(e.initial[r.Text("name")], r.Floats("figures"))
	})
	if err != nil {
		return nil, err
	}
	err = e.each(ctx, "validation_grades", `
SELECT grade, customers, exposure, pd, customers_initial, exposure_initial, toString(cohort) AS cohort, cohort_customers, cohort_defaults, cohort_pd, toString(moved_from) AS moved_from, moved
FROM creditwatch.validation_grades WHERE as_of = {day:Date} AND model_id = {model:String} ORDER BY place`, func(r *rows.Row) {
		e.places = append(e.places, gradeLine{r.Text("grade"), float64(r.Whole("customers")), *r.Float("exposure"), r.Float("pd"), *r.Float("customers_initial"), *r.Float("exposure_initial"),
			r.Text("cohort"), float64(r.Whole("cohort_customers")), float64(r.Whole("cohort_defaults")), r.Float("cohort_pd"), r.Text("moved_from"), r.Floats("moved")})
	})
	if err != nil {
		return nil, err
	}
	err = e.each(ctx, "validation_results", `
SELECT code, scope, light, value, statistic, p, p_adjusted, n, d FROM creditwatch.validation_results WHERE as_of = {day:Date} AND model_id = {model:String} ORDER BY code, scope`, func(r *rows.Row) {
		e.tests = append(e.tests, testLine{r.Text("code"), r.Text("scope"), r.Text("light"), r.Float("value"), r.Float("statistic"), r.Float("p"), r.Float("p_adjusted"), *r.Float("n"), *r.Float("d")})
	})
	return s, err
}

func (e *validationExport) test(code, scope string) *testLine {
	if i := slices.IndexFunc(e.tests, func(t testLine) bool { return t.code == code && t.scope == scope }); i >= 0 {
		return &e.tests[i]
	}
	return &testLine{}
}

// process are the statistics of the rating process: coverage, exclusions, outdated ratings, overrides, the audit of labels.
func (e *validationExport) process(ctx context.Context, _ configs.Config) (*sheet, error) {
	s := &sheet{name: "process", head: []string{"code", "name", "scope", "value", "n", "d", "light", "text"}}
	err := e.each(ctx, "validation_results", `
SELECT code, name_en, scope, value, n, d, light, text_en FROM creditwatch.validation_results
WHERE as_of = {day:Date} AND model_id = {model:String} AND (family IN ('gate', 'leakage') OR code IN ('E01', 'E02')) ORDER BY code, scope`, func(r *rows.Row) {
		s.add(r.Text("code"), r.Text("name_en"), r.Text("scope"), cell(r.Float("value")), cell(r.Float("n")), cell(r.Float("d")), r.Text("light"), r.Text("text_en"))
	})
	return s, err
}

// discrimination is the AUC at the initial validation and now, with the test of the two.
func (e *validationExport) discrimination(context.Context, configs.Config) (*sheet, error) {
	s := &sheet{name: "discrimination", head: []string{"scope", "n", "d", "auc_initial", "auc_initial_variance", "auc_now", "auc_now_variance", "s", "p", "light"}}
	one := func(name string) *float64 {
		if m := e.initial[name]; len(m) == 1 && len(m[0]) == 1 && m[0][0] > 0 {
			return &m[0][0]
		}
		return nil
	}
	initial := one("auc")
	for _, scope := range []string{"book", "pooled"} {
		t := e.test("D03", scope)
		var variance *float64
		if t.value != nil && t.statistic != nil && initial != nil && *t.statistic != 0 {
			sd := (*initial - *t.value) / *t.statistic // S is the fall in standard deviations of the AUC now
			v := sd * sd
			variance = &v
		}
		if t.code != "" {
			s.add(scope, plainCell(t.n), plainCell(t.d), cell(initial), cell(one("auc_variance")), cell(t.value), cell(variance), cell(t.statistic), cell(t.p), t.light)
		}
	}
	return s, nil
}

// grades are customers and exposure by grade, when the model was first validated and now.
func (e *validationExport) grades(context.Context, configs.Config) (*sheet, error) {
	s := &sheet{name: "grades", head: []string{"grade", "customers_initial", "customers_now", "exposure_initial", "exposure_now", "pd_now"}}
	for _, g := range e.places {
		s.add(g.grade, plainCell(g.customersInitial), plainCell(g.customers), plainCell(g.exposureInitial), plainCell(g.exposure), cell(g.pd))
	}
	return s, nil
}

// calibration is the test of PDs against defaults, of the book and by grade.
func (e *validationExport) calibration(context.Context, configs.Config) (*sheet, error) {
	s := &sheet{name: "calibration", head: []string{"scope", "cohort", "n", "d", "default_rate", "pd", "jeffreys_p", "p_adjusted", "light"}}
	line := func(scope, cohort string, n, d, pd float64, t *testLine) {
		if n == 0 {
			s.add(scope, cohort, "0", "0", "", "", "", "", "grey")
			return
		}
		p := ""
		if v, err := validation.Jeffreys(n, d, pd); err == nil {
			p = plainCell(v)
		}
		s.add(scope, cohort, plainCell(n), plainCell(d), plainCell(d/n), plainCell(pd), p, cell(t.adjusted), t.light)
	}
	var n, d, sum float64
	cohort := ""
	for _, g := range e.places {
		if g.cohortPD != nil {
			n, d, sum, cohort = n+g.cohortCustomers, d+g.cohortDefaults, sum+*g.cohortPD*g.cohortCustomers, g.cohort
		}
	}
	if n > 0 {
		line("book", cohort, n, d, sum/n, e.test("C01", "book"))
	}
	for _, g := range e.places {
		pd := 0.0
		if g.cohortPD != nil {
			pd = *g.cohortPD
		}
		line("grade "+g.grade, g.cohort, g.cohortCustomers, g.cohortDefaults, pd, e.test("C01", "grade "+g.grade))
	}
	return s, nil
}

// migration is the matrix of a year with the test of every cell against its neighbour.
func (e *validationExport) migration(context.Context, configs.Config) (*sheet, error) {
	s := &sheet{name: "migration", head: []string{"from", "to", "from_cohort", "customers_from", "customers", "share", "z", "p"}}
	counts := e.moved()
	cells := map[[2]int]validation.Neighbour{}
	for _, c := range validation.NeighbourCells(counts) {
		cells[[2]int{c.From, c.To}] = c
	}
	for i, row := range counts {
		total := 0.0
		for _, c := range row[:len(counts)] {
			total += c
		}
		for j, c := range row {
			to, share, z, p := "", "", "", ""
			switch {
			case j < len(counts):
				to = e.places[j].grade
				if total > 0 {
					share = plainCell(c / total)
				}
			case j == len(counts):
				to = "defaulted"
			default:
				to = "gone"
			}
			if test, ok := cells[[2]int{i, j}]; ok {
				z, p = plainCell(test.Z), plainCell(test.P)
			}
			s.add(e.places[i].grade, to, e.places[i].movedFrom, plainCell(total), plainCell(c), share, z, p)
		}
	}
	return s, nil
}

// moved is the migration matrix, nil when there is none.
func (e *validationExport) moved() [][]float64 {
	var counts [][]float64
	for _, g := range e.places {
		if len(g.moved) < len(e.places) {
			return nil
		}
		counts = append(counts, g.moved)
	}
	return counts
}

// bandwidth is the weighted bandwidth of the matrix, at the initial validation and now.
func (e *validationExport) bandwidth(context.Context, configs.Config) (*sheet, error) {
	s := &sheet{name: "bandwidth", head: []string{"when", "mwb_upper", "mwb_lower"}}
	for _, m := range []struct {
		when   string
		counts [][]float64
	}{{"initial", e.initial["migration"]}, {"now", e.moved()}} {
		upper, lower, err := validation.Bandwidth(m.counts)
		if err != nil {
			s.add(m.when, "", "")
			continue
		}
		s.add(m.when, plainCell(upper), plainCell(lower))
	}
	return s, nil
}

// concentration is that of customers and of exposure over the grades, at the initial validation and now.
func (e *validationExport) concentration(context.Context, configs.Config) (*sheet, error) {
	s := &sheet{name: "concentration", head: []string{"of", "cv_initial", "cv_now", "hi_initial", "hi_now", "z", "p"}}
	var customers, exposure, customersInitial, exposureInitial []float64
	for _, g := range e.places {
		customers, exposure = append(customers, g.customers), append(exposure, g.exposure)
		customersInitial, exposureInitial = append(customersInitial, g.customersInitial), append(exposureInitial, g.exposureInitial)
	}
	for _, of := range []struct {
		name      string
		then, now []float64
	}{{"customers", customersInitial, customers}, {"exposure", exposureInitial, exposure}} {
		then, err := validation.Concentrate(of.then)
		if err != nil {
			continue
		}
		now, err := validation.Concentrate(of.now)
		if err != nil {
			continue
		}
		z, p := "", ""
		if zv, pv, err := now.Rise(then); err == nil {
			z, p = plainCell(zv), plainCell(pv)
		}
		s.add(of.name, plainCell(then.CV), plainCell(now.CV), plainCell(then.HI), plainCell(now.HI), z, p)
	}
	return s, nil
}

func (e *validationExport) results(ctx context.Context, _ configs.Config) (*sheet, error) {
	s := &sheet{name: "results", head: []string{"model_id", "code", "name", "family", "scope", "value", "statistic", "p", "p_adjusted", "q", "effect", "floor", "power", "n", "d", "light", "weak", "amount", "decided_on", "bounds_version", "text_en", "text_zh"}}
	err := e.each(ctx, "validation_results", `
SELECT model_id, code, name_en, family, scope, value, statistic, p, p_adjusted, q, effect, floor, power, n, d, light, weak, amount, decided_on, bounds_version, text_en, text_zh
FROM creditwatch.validation_results WHERE as_of = {day:Date} ORDER BY model_id, code, scope`, func(r *rows.Row) {
		line := []string{r.Text("model_id"), r.Text("code"), r.Text("name_en"), r.Text("family"), r.Text("scope")}
		for _, name := range []string{"value", "statistic", "p", "p_adjusted", "q", "effect", "floor", "power", "n", "d"} {
			line = append(line, cell(r.Float(name)))
		}
		s.add(append(line, r.Text("light"), strconv.FormatBool(r.Is("weak")), cell(r.Float("amount")), r.Date("decided_on").String(), r.Text("bounds_version"), r.Text("text_en"), r.Text("text_zh"))...)
	})
	return s, err
}

func (e *validationExport) findings(ctx context.Context, _ configs.Config) (*sheet, error) {
	s := &sheet{name: "findings", head: []string{"finding_id", "model_id", "code", "scope", "severity", "light", "status", "opened_on", "owner", "due_on", "amount", "text_en", "cause_en", "step_en", "text_zh", "cause_zh", "step_zh"}}
	err := e.each(ctx, "validation_findings", `
SELECT finding_id, model_id, code, scope, severity, light, status, opened_on, owner, due_on, toString(amount) AS amount, text_en, cause_en, step_en, text_zh, cause_zh, step_zh
FROM creditwatch.validation_findings WHERE as_of = {day:Date} ORDER BY severity DESC, finding_id`, func(r *rows.Row) {
		s.add(r.Text("finding_id"), r.Text("model_id"), r.Text("code"), r.Text("scope"), strconv.FormatInt(r.Whole("severity"), 10), r.Text("light"), r.Text("status"), r.Date("opened_on").String(),
			r.Text("owner"), r.Date("due_on").String(), r.Text("amount"), r.Text("text_en"), r.Text("cause_en"), r.Text("step_en"), r.Text("text_zh"), r.Text("cause_zh"), r.Text("step_zh"))
	})
	return s, err
}
