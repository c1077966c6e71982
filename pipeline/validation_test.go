package pipeline

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"creditwatch/features/book"
	"creditwatch/models"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
)

func day(s string) asof.Date { return asof.MustParse(s) }

func TestMonthsBetweenCountAsTheCalendar(t *testing.T) {
	for _, c := range []struct {
		shows, from, to string
		want            float64
	}{
		{"the same day", "2025-01-31", "2025-01-31", 0},
		{"a whole month", "2025-01-15", "2025-02-15", 1},
		{"a month end to a shorter one", "2025-01-31", "2025-02-28", 1},
		{"a year", "2024-02-29", "2025-02-28", 12},
		{"a day before the month is over", "2025-01-31", "2025-02-27", 27.0 / 28},
		{"half of a month of thirty days", "2025-04-30", "2025-05-15", 15.0 / 30},
	} {
		if got := monthsBetween(day(c.from), day(c.to)); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %g months, want %g", c.shows, got, c.want)
		}
	}
}

func TestObservedMonthsWaitForTheReports(t *testing.T) {
	n := &Night{AsOf: day("2026-06-30")}
	n.Validation.LagDays = 30
	for _, c := range []struct {
		shows, cohort string
		want          int
	}{
		{"mature on the very day", "2025-05-31", 12},
		{"a day too young", "2025-06-01", 11},
		{"long past", "2020-01-31", 12},
		{"a month and its reports", "2026-04-30", 1},
		{"not a month yet", "2026-05-31", 0},
		{"tonight", "2026-06-30", 0},
	} {
		if got := n.observedMonths(day(c.cohort), 12); got != c.want {
			t.Errorf("%s: %d months, want %d", c.shows, got, c.want)
		}
	}
}

// A row counts against a model only if its outcome can have had no part in the training.
func TestARowThatWasLearntFromJudgesNobody(t *testing.T) {
	until := day("2024-06-30")
	held := day("2025-06-30")
	m := func(from *asof.Date, modulo uint32) *judgedModel {
		j := &judgedModel{candidate: candidate{modelRow: &modelRow{TrainedOn: day("2026-06-30"), To: &until, UnseenFrom: from, UnseenModulo: modulo}}}
		j.model = horizonOf(12)
		return j
	}
	byTime, byCustomer := m(&held, 0), m(nil, 5)
	for _, c := range []struct {
		shows    string
		model    *judgedModel
		customer string
		cohort   string
		learnt   bool
	}{
		{"a cohort trained on", byTime, "10", "2024-06-30", true},
		{"between: its outcome overlaps the training's", byTime, "10", "2025-05-31", true},
		{"the first cohort held out", byTime, "10", "2025-06-30", false},
		{"a customer trained on", byCustomer, "11", "2024-06-30", true},
		{"a customer held out, in a cohort trained on", byCustomer, "10", "2024-06-30", false},
		{"a customer trained on, in a cohort after all outcomes", byCustomer, "11", "2025-06-30", false},
		{"a day before that", byCustomer, "11", "2025-06-29", true},
	} {
		if got := c.model.learntFrom(c.customer, day(c.cohort)); got != c.learnt {
			t.Errorf("%s: learnt from %t, want %t", c.shows, got, c.learnt)
		}
		if whole := c.model.learntWhole(day(c.cohort)); whole && !c.learnt {
			t.Errorf("%s: the cohort is left out as learnt whole", c.shows)
		}
	}
}

func TestBinsTakeTheirLowerEdge(t *testing.T) {
	edges := edgesOf([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 5)
	if diff := cmp.Diff([]float64{3, 5, 7, 9}, edges); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
	for x, want := range map[float64]int{math.Inf(-1): 1, 2.99: 1, 3: 2, 8.99: 4, 9: 5, 100: 5} {
		if got := binOf(edges, x); got != want {
			t.Errorf("%g lies in bin %d, want %d", x, got, want)
		}
	}
	if got := binOf(edges, math.NaN()); got != 0 {
		t.Errorf("a missing value lies in bin %d, want 0", got)
	}
	if got := byDecile([]float64{0, 1}, []float64{-1, 0, 0.5, 1, 2}); !slices.Equal(got, []float64{1, 2, 2}) {
		t.Errorf("counts %v, want [1 2 2]", got)
	}
}

// What is kept of a first validation reads back as it was taken down.
func TestFirstValidationIsKept(t *testing.T) {
	v := &prepared{in: validation.Input{AsOf: day("2026-06-30"), Horizon: 12, Grades: []string{"A", "B"}}}
	v.champion = &judgedModel{candidate: candidate{modelRow: &modelRow{ModelID: "m"}}, metrics: map[string]float64{"holdout auc": 0.8, "holdout auc_se": 0.02}}
	v.champion.model = horizonOf(12, "x")
	for i := range 200 {
		s := validation.Scored{Customer: string(rune('a' + i)), Grade: i % 2, LogOdds: float64(i), EAD: 10, Features: map[string]float64{"x": float64(i % 50)}}
		if i%10 == 0 {
			s.Features["x"] = math.NaN()
		}
		v.in.Tonight = append(v.in.Tonight, s)
	}
	kept, err := (&Night{AsOf: v.in.AsOf}).takeDown(v)
	if err != nil {
		t.Fatal(err)
	}
	in := readInitial(kept)
	if in.On != v.in.AsOf || in.AUC != 0.8 || math.Abs(in.AUCVariance-0.0004) > 1e-15 {
		t.Errorf("on %s, AUC %g, variance %g", in.On, in.AUC, in.AUCVariance)
	}
	if !slices.Equal(in.Grades, []float64{100, 100}) || !slices.Equal(in.Exposure, []float64{1000, 1000}) {
		t.Errorf("grades %v, exposure %v", in.Grades, in.Exposure)
	}
	sum := 0.0
	for _, c := range in.Scores {
		sum += c
	}
	if len(in.Deciles) != 9 || len(in.Scores) != 10 || sum != 200 {
		t.Errorf("deciles %v, scores %v", in.Deciles, in.Scores)
	}
	if s := in.Shares["x"]; len(s) != len(in.Bins["x"])+2 || s[0] != 20 {
		t.Errorf("bins %v, shares %v: want the 20 missing first", in.Bins["x"], s)
	}
	if len(in.Reference) != 200 || !math.IsNaN(in.Reference[0]["x"]) || in.Reference[1]["x"] != 1 {
		t.Errorf("%d customers of reference, the first %v", len(in.Reference), in.Reference[:2])
	}
	if in.Migration != nil {
		t.Errorf("a migration of nobody: %v", in.Migration)
	}
}

func found(code, scope string, light validation.Light, weak bool) validation.Result {
	return validation.Result{Model: "m", Code: code, Family: "discrimination", Scope: scope, Light: light, Weak: weak, EN: code + " was seen. Likely cause: a cause. Step: a step.", ZH: code + " 发现。可能原因：原因。建议：步骤。"}
}

// A finding lives from the night it is found to the night its test is green; grey ends nothing.
func TestFindingsAreCarried(t *testing.T) {
	days := func(d asof.Date, count int) asof.Date { return d.Add(count) }
	monday := day("2026-06-01")
	at := func(d asof.Date) *Night { return &Night{AsOf: d, Settings: Settings{Bounds: validation.DefaultBounds}} }
	v := &prepared{in: validation.Input{Model: "m"}, expected: map[string]float64{}}
	first := v.findings(at(monday), []validation.Result{
		found("D01", "book", validation.Red, false), found("D02", "book", validation.Amber, false), found("D03", "book", validation.Amber, false), found("D04", "book", validation.Amber, true),
		found("D06", "book", validation.Green, false), found("D07", "grade A", validation.Amber, false), found("D08", "book", validation.Amber, false),
	}, nil, days)
	by := func(all []findingRow, code string) findingRow {
		i := slices.IndexFunc(all, func(f findingRow) bool { return f.Code == code })
		if i < 0 {
			return findingRow{}
		}
		return all[i]
	}
	if len(first) != 6 {
		t.Fatalf("%d findings, want one per red and amber light", len(first))
	}
	if f := by(first, "D01"); f.Severity != 3 || f.DueOn != monday.Add(5) || f.Owner != "model owner" || f.EN != "D01 was seen." || f.CauseEN != "a cause" || f.StepEN != "a step" || f.ZH != "D01 发现。" || f.CauseZH != "原因" || f.StepZH != "步骤" {
		t.Errorf("red: %+v", f)
	}
	if f := by(first, "D04"); f.Severity != 1 {
		t.Errorf("weak evidence has severity %d, want 1", f.Severity)
	}
	tuesday := monday.Add(1)
	second := v.findings(at(tuesday), []validation.Result{
		found("D01", "book", validation.Green, false), found("D02", "book", validation.Red, false), found("D03", "book", validation.Grey, false), found("D04", "book", validation.Amber, true),
		found("D07", "grade B", validation.Green, false), found("D09", "book", validation.Amber, false),
	}, first, days)
	for _, c := range []struct {
		shows, code, status, light string
		opened, due                asof.Date
		severity                   uint8
	}{
		{"green closes", "D01", "closed", "green", monday, monday.Add(5), 3},
		{"what gets worse keeps its day and gets a nearer one", "D02", "open", "red", monday, tuesday.Add(5), 3},
		{"grey ends nothing", "D03", "open", "grey", monday, monday.Add(10), 2},
		{"what stays keeps both days", "D04", "open", "amber", monday, monday.Add(20), 1},
		{"a scope that is no more, of a test that has others, is over", "D07", "closed", "green", monday, monday.Add(10), 2},
		{"a test that said nothing ends nothing", "D08", "open", "grey", monday, monday.Add(10), 2},
		{"a new one", "D09", "open", "amber", tuesday, tuesday.Add(10), 2},
	} {
		f := by(second, c.code)
		if f.Status != c.status || f.Light != c.light || f.OpenedOn != c.opened || f.DueOn != c.due || f.Severity != c.severity {
			t.Errorf("%s: %+v", c.shows, f)
		}
		if old := by(first, c.code); old.FindingID != "" && old.FindingID != f.FindingID {
			t.Errorf("%s: number %s became %s", c.shows, old.FindingID, f.FindingID)
		}
		if (f.ClosedOn != nil) != (c.status == "closed") {
			t.Errorf("%s: closed on %v", c.shows, f.ClosedOn)
		}
	}
	other := &prepared{in: validation.Input{Model: "m2"}}
	for _, f := range other.findings(at(tuesday), nil, first, days) {
		if f.Status != "superseded" || f.ClosedOn == nil {
			t.Errorf("%s of a model that no longer scores is %s", f.Code, f.Status)
		}
	}
	again := v.findings(at(monday), []validation.Result{found("D01", "book", validation.Red, false)}, nil, days)
	if again[0].FindingID != by(first, "D01").FindingID {
		t.Error("the same finding of the same night has another number")
	}
	leak := found("L01", "book", validation.Red, false)
	leak.Family = "leakage"
	if f := v.findings(at(monday), []validation.Result{leak}, nil, days)[0]; f.Severity != 4 || f.Owner != "data engineer" || f.DueOn != monday.Add(1) {
		t.Errorf("a leak: %+v", f)
	}
}

func TestMoneyAtStakeIsThatOfTheScope(t *testing.T) {
	v := &prepared{in: validation.Input{Model: "m", Grades: []string{"A", "B"}, Segments: []string{"industry", "region"}}, expected: map[string]float64{"x": 10, "y": 5.5, "z": 100}}
	v.in.Tonight = []validation.Scored{
		{Customer: "x", Grade: 0, Segments: []string{"steel", "north"}}, {Customer: "y", Grade: 1, Segments: []string{"steel", "south"}}, {Customer: "z", Grade: -1, Segments: []string{"food", "south"}},
	}
	named := 77.25
	for _, c := range []struct {
		shows  string
		r      validation.Result
		amount string
	}{
		{"the book but for what is in default", validation.Result{Family: "discrimination", Scope: "book"}, "15.5000"},
		{"a grade", validation.Result{Family: "calibration_grade", Scope: "grade B"}, "5.5000"},
		{"a segment", validation.Result{Family: "segments", Scope: "segment industry=steel"}, "15.5000"},
		{"another", validation.Result{Family: "segments", Scope: "segment region=south"}, "5.5000"},
		{"what the test names itself", validation.Result{Family: "money", Scope: "book", Amount: &named}, "77.2500"},
		{"a gate is about the night, not about money", validation.Result{Family: "gate", Scope: "book"}, "0.0000"},
	} {
		want, err := book.ParseMoney(c.amount)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.stake(c.r); got != want {
			t.Errorf("%s: %s, want %s", c.shows, got, want)
		}
	}
}

func TestCausesOfChangedGrades(t *testing.T) {
	scored := func(grades ...int) (out []validation.Scored) {
		for i, g := range grades {
			out = append(out, validation.Scored{Customer: string(rune('a' + i)), Grade: g})
		}
		return out
	}
	before := nightBook{scored: scored(1, 1, 1, 1, -1)}
	tonight := nightBook{scored: scored(1, 2, 3, 0, 2), aged: map[string]bool{"b": true}}
	if got := causes(tonight, before, nil); *got != (validation.Causes{Data: 2, Ageing: 1}) {
		t.Errorf("one model: %+v", *got)
	}
	// The model of before would have left c where it was, and moved d as tonight's does.
	if got := causes(tonight, before, scored(1, 2, 1, 0, 2)); *got != (validation.Causes{Data: 1, Ageing: 1, Model: 1}) {
		t.Errorf("another model: %+v", *got)
	}
}

// The labels that are derived again are drawn by the seed, whatever the order of rows.
func TestDrawDoesNotHangOnOrder(t *testing.T) {
	var all []validation.Row
	for i := range 300 {
		all = append(all, validation.Row{Customer: string(rune('A' + i)), Cohort: day("2025-01-31").AddMonths(i % 5)})
	}
	names := func(rows []validation.Row, at []int) (out []string) {
		for _, i := range at {
			out = append(out, rows[i].Customer+rows[i].Cohort.String())
		}
		slices.Sort(out)
		return out
	}
	first := names(all, draw(all, 20, 5))
	turned := slices.Clone(all)
	slices.Reverse(turned)
	if again := names(turned, draw(turned, 20, 5)); !slices.Equal(first, again) || len(first) != 20 {
		t.Errorf("%v\nthen\n%v", first, again)
	}
	if other := names(all, draw(all, 20, 6)); slices.Equal(first, other) {
		t.Error("another seed draws the same")
	}
	if n := len(draw(all[:3], 20, 5)); n != 3 {
		t.Errorf("%d of 3 rows", n)
	}
}

// Strong features are one finding; one that nearly tells the outcome stays one of its own.
func TestStrongFeaturesAreOneFinding(t *testing.T) {
	strong := func(name string, auc, iv float64) validation.Result {
		r := found("L04", "feature "+name, validation.Amber, false)
		r.Family, r.Value, r.Statistic = "leakage", &auc, &iv
		return r
	}
	v := &prepared{in: validation.Input{Model: "m"}, champion: &judgedModel{}}
	got := v.repair([]validation.Result{found("L03", "book", validation.Green, false), strong("a", 0.8, 0.7), strong("leak", 0.99, 5), strong("b", 0.7, 1.5), found("L05", "book", validation.Grey, false)}, validation.DefaultBounds)
	var scopes []string
	for _, r := range got {
		scopes = append(scopes, r.Code+" "+r.Scope)
	}
	if want := []string{"L03 book", "L04 feature leak", "L04 features", "L05 book"}; !slices.Equal(scopes, want) {
		t.Fatalf("%q, want %q", scopes, want)
	}
	if en := got[2].EN; en != "2 features tell much alone (information value above 0.5), the strongest: b (1.50), a (0.70). Likely cause: a cause. Step: a step, and name it in train.promotion.trusted." {
		t.Error(en)
	}
	none := &prepared{note: "too few"}
	if r := none.repair([]validation.Result{found("G01", "book", validation.Red, false)}, validation.DefaultBounds)[0]; r.Light != validation.Grey || r.EN != "Not judged: no model scores the book yet (too few)." {
		t.Errorf("without a model: %+v", r)
	}
}

// horizonOf is a model of a horizon whose columns all weigh.
func horizonOf(months int, columns ...string) *models.Model {
	m := &models.Model{Horizon: months}
	for _, name := range columns {
		m.Columns = append(m.Columns, models.Column{Name: name})
		m.Book = append(m.Book, models.Book{Weight: 1})
	}
	return m
}
