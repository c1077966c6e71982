package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/features"
	"creditwatch/models"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warnings"
)

// The features that tell something in the book below, and one that tells nothing.
const (
	strongFeature = "dbt_365d"
	weakFeature   = "days_late_max_365d"
	emptyFeature  = "dbt_90d"
)

// aBook is a seeded book of the catalogue's features over monthly cohorts; those of the last three months, a year after the others, are held out.
// blind takes what the strong feature tells out of the development rows: who learns from it knows less.
func aBook(t *testing.T, customers int, blind bool) *models.TrainInput {
	t.Helper()
	dice := rand.New(rand.NewPCG(5, 9))
	values := map[string][]float64{}
	in := &models.TrainInput{Options: models.Options{Learners: []string{"scorecard"}, Seed: 1, MinDefaults: 20, Horizon: 12}}
	first := asof.MustParse("2023-01-31")
	cohorts := []asof.Date{first, first.AddMonths(3).MonthEnd(), first.AddMonths(6).MonthEnd(), first.AddMonths(20).MonthEnd(), first.AddMonths(21).MonthEnd()}
	for k, cohort := range cohorts {
		for i := range customers {
			strong, weak := dice.NormFloat64(), dice.NormFloat64()
			y := uint8(0)
			if dice.Float64() < 1/(1+math.Exp(2.2-1.5*strong-0.6*weak)) {
				y = 1
			}
			shown := strong
			if other := dice.NormFloat64(); blind && k < 3 {
				shown = other
			}
			values[strongFeature] = append(values[strongFeature], shown)
			values[weakFeature] = append(values[weakFeature], weak)
			values[emptyFeature] = append(values[emptyFeature], dice.NormFloat64())
			in.Default, in.Customers = append(in.Default, y), append(in.Customers, fmt.Sprint("C", i))
			in.Cohorts, in.Holdout = append(in.Cohorts, cohort), append(in.Holdout, k >= 3)
		}
	}
	fill(in, values)
	return in
}

// fill gives a training the catalogue's columns: those with values, the others empty.
func fill(in *models.TrainInput, values map[string][]float64) {
	var fields []arrow.Field
	var columns []arrow.Array
	in.Columns = nil
	for _, f := range features.ModelFeatures() {
		b := array.NewFloat64Builder(memory.DefaultAllocator)
		for i := range in.Default {
			if v := values[f.Name]; v == nil || math.IsNaN(v[i]) {
				b.AppendNull()
			} else {
				b.Append(v[i])
			}
		}
		in.Columns = append(in.Columns, models.Column{Name: f.Name, Direction: int(f.Risk), EN: f.EN, ZH: f.ZH})
		fields, columns = append(fields, arrow.Field{Name: f.Name, Type: arrow.PrimitiveTypes.Float64, Nullable: true}), append(columns, b.NewArray())
	}
	in.Features = array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(len(in.Default)))
}

// aNight is a night of the given date with the rule as it stands in the configuration, but for no canaries.
func aNight(day string) *Night {
	return &Night{AsOf: asof.MustParse(day), Run: 1, Settings: Settings{
		Code: "test", Default: Default{HorizonMonths: 12}, Policy: warnings.Default(),
		Train: Train{Every: "night", Seed: 1, KeepDays: 30, Promotion: Promotion{Mode: "automatic", ShadowNights: 14, Significance: 0.05, NonInferiority: 0.01, MaxFlips: 0.03}},
	}}
}

// candidateOf trains a model and registers it.
func candidateOf(t *testing.T, n *Night, in *models.TrainInput) *candidate {
	t.Helper()
	m, _, err := models.Train(*in)
	if err != nil {
		t.Fatal(err)
	}
	row, err := n.register(m, in)
	if err != nil {
		t.Fatal(err)
	}
	return &candidate{&row, m}
}

// aDeliberation is a night that has read its rows and trained: champion, shadow and the best of the training may be nil.
func aDeliberation(t *testing.T, n *Night, champion, shadow, best *candidate, in *models.TrainInput) *deliberation {
	t.Helper()
	d := &deliberation{Night: n, reg: registry{champion: champion, shadow: shadow}, best: best, in: in, pds: map[string][]float64{}}
	for _, c := range []*candidate{champion, shadow, best} {
		if c == nil {
			continue
		}
		_, pd, err := c.model.PDs(aBook(t, 60, false).Features)
		if err != nil {
			t.Fatal(err)
		}
		d.pds[c.ModelID] = pd
	}
	if best != nil {
		d.trained = []*candidate{best}
	}
	return d
}

// decideAndCompose runs the rule and what follows it.
func (d *deliberation) decideAndCompose(t *testing.T) {
	t.Helper()
	for _, step := range []func(context.Context) error{d.decide, d.compose} {
		if err := step(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// said is the decisions of a night, as decision:finding.
func (d *deliberation) said() string {
	var out []string
	for _, p := range d.promotions {
		out = append(out, strings.TrimSuffix(p.Decision+":"+p.Finding, ":"))
	}
	return strings.Join(out, " ")
}

// verdict looks a criterion up.
func (p promotionRow) verdict(code string) string {
	if i := slices.Index(p.Criterion, code); i >= 0 {
		return p.Verdict[i]
	}
	return ""
}

func role(d *deliberation, id string) string {
	for _, m := range d.models {
		if m.ModelID == id {
			return m.Role
		}
	}
	return ""
}

func TestAClearlyBetterChallengerGoesThroughTheShadow(t *testing.T) {
	in := aBook(t, 500, false)
	champion, best := candidateOf(t, aNight("2025-11-01"), aBook(t, 500, true)), candidateOf(t, aNight("2025-11-02"), in)
	champion.Role, champion.ChampionSince = roleChampion, dateOr(asof.MustParse("2025-11-01"))
	var shadow *candidate
	live := champion
	for night := 1; night <= 15; night++ {
		n := aNight(asof.MustParse("2025-11-01").Add(night).String())
		n.Train.Promotion.MaxFlips = 1 // another model, other decisions
		trained := best
		if night%7 != 1 { // trains once a week; the shadow is carried on the nights between
			trained = nil
		}
		rows := in
		if trained == nil && night < 14 {
			rows = nil
		}
		if shadow != nil {
			shadow.ShadowNights++
		}
		d := aDeliberation(t, n, live, shadow, trained, rows)
		d.decideAndCompose(t)
		switch {
		case night == 1:
			if d.said() != "shadow" || role(d, best.ModelID) != roleShadow || d.reg.champion != champion {
				t.Fatalf("night 1: %s, the challenger is %s", d.said(), role(d, best.ModelID))
			}
			p := d.promotions[0]
			if p.verdict("D05") != pass || p.verdict("C08") != pass || p.verdict("P11") != pass || p.verdict("E03") != pass || p.verdict("shadow_nights") != wait {
				t.Errorf("night 1: %v %v", p.Criterion, p.Verdict)
			}
		case night < 14:
			if d.said() != "shadow" || role(d, champion.ModelID) != roleChampion || d.reg.shadow.ShadowNights != uint32(night) {
				t.Fatalf("night %d: %s", night, d.said())
			}
			if !slices.ContainsFunc(d.metrics, func(m metricRow) bool {
				return m.Sample == "shadow" && m.Metric == "tau" && m.ModelID == best.ModelID
			}) {
				t.Errorf("night %d: no figures of the shadow", night)
			}
		case night == 14:
			if d.said() != "promoted" || role(d, best.ModelID) != roleChampion || role(d, champion.ModelID) == roleChampion || d.reg.shadow != nil {
				t.Fatalf("night 14: %s, the challenger is %s: %s", d.said(), role(d, best.ModelID), d.promotions[0].EN)
			}
			if d.promotions[0].Retrained {
				t.Error("night 14 has not trained")
			}
		case night == 15:
			if d.said() != "kept" || d.promotions[0].Live != best.ModelID {
				t.Fatalf("night 15: %s, live %s", d.said(), d.promotions[0].Live)
			}
		}
		live, shadow = d.reg.champion, d.reg.shadow
	}
}

func TestTheRule(t *testing.T) {
	in, blind := aBook(t, 500, false), aBook(t, 500, true)
	weak, good := candidateOf(t, aNight("2025-11-01"), blind), candidateOf(t, aNight("2025-11-02"), in)
	half := *in
	half.Options.Ridge = 50 // as good, but another model
	other := candidateOf(t, aNight("2025-11-02"), &half)
	leak := canaries{Run: true, Strong: []models.Strength{{Feature: strongFeature, IV: 4, AUC: 0.97}}}
	no, yes, at := false, true, 0.7
	for _, c := range []struct {
		shows          string
		champion       *candidate
		shadow, best   *candidate
		nights, age    int
		change         func(*deliberation)
		said, live     string
		criterion, was string // of the last decision
	}{
		{shows: "nothing to compare with", best: weak, said: "first", live: weak.ModelID, criterion: "P11", was: pass},
		{shows: "the first, in manual mode", best: weak, change: func(d *deliberation) { d.Train.Promotion.Mode = "manual" }, said: "first", live: weak.ModelID},
		{shows: "the first knows the future", best: weak, change: func(d *deliberation) { d.canaries = leak }, said: "failed:leakage", live: "", criterion: "L04", was: fail},
		{shows: "a strong feature that is trusted", best: weak, change: func(d *deliberation) { d.canaries, d.Train.Promotion.Trusted = leak, []string{strongFeature} }, said: "first", live: weak.ModelID, criterion: "L04", was: pass},
		{shows: "training is not the same twice", champion: weak, best: good, change: func(d *deliberation) { d.canaries = canaries{Run: true, Same: &no} }, said: "kept:leakage", live: weak.ModelID, criterion: "L06", was: fail},
		{shows: "labels dealt anew are learnt", champion: weak, best: good, change: func(d *deliberation) {
			d.canaries = canaries{Run: true, Same: &yes, AUC: &at, Defaults: 100, Rest: 900}
		}, said: "kept:leakage", live: weak.ModelID, criterion: "L03", was: fail},
		{shows: "the challenger knows the future", champion: weak, best: good, change: func(d *deliberation) { d.canaries = leak }, said: "kept:leakage", live: weak.ModelID, criterion: "L04", was: fail},
		{shows: "canaries that found nothing to train on", champion: weak, best: good, change: func(d *deliberation) { d.canaries = canaries{Run: true, Grey: "too few"} }, said: "shadow", live: weak.ModelID, criterion: "L03", was: grey},
		{shows: "no shadow asked for", champion: weak, best: good, change: func(d *deliberation) { d.Train.Promotion.ShadowNights, d.Train.Promotion.MaxFlips = 0, 1 }, said: "promoted", live: good.ModelID, criterion: "D05", was: pass},
		{shows: "worse", champion: good, best: weak, said: "kept", live: good.ModelID, criterion: "D05", was: fail},
		{shows: "the same model", champion: good, best: good, said: "kept", live: good.ModelID},
		{shows: "too few defaults to compare by", champion: weak, best: good, change: func(d *deliberation) { d.in = aBook(t, 40, false) }, said: "kept", live: weak.ModelID, criterion: "D05", was: grey},
		{shows: "rows that the champion has seen do not count", champion: &candidate{func() *modelRow { m := *weak.modelRow; m.UnseenFrom = nil; return &m }(), weak.model}, best: good, said: "kept", live: weak.ModelID, criterion: "D05", was: grey},
		{shows: "many decisions flip: into the shadow all the same", champion: weak, best: good, said: "shadow", live: weak.ModelID, criterion: "P09", was: fail},
		{shows: "and there it waits for people", champion: weak, shadow: good, nights: 14, said: "waiting", live: weak.ModelID, criterion: "P09", was: fail},
		{shows: "not for ever", champion: weak, shadow: good, nights: 14 + 28 + 1, said: "dismissed", live: weak.ModelID},
		{shows: "manual mode waits for people", champion: weak, shadow: good, nights: 14, change: func(d *deliberation) { d.Train.Promotion.Mode, d.Train.Promotion.MaxFlips = "manual", 1 }, said: "waiting", live: weak.ModelID, criterion: "people", was: wait},
		{shows: "one night short", champion: weak, shadow: good, nights: 13, change: func(d *deliberation) { d.Train.Promotion.MaxFlips = 1 }, said: "shadow", live: weak.ModelID, criterion: "shadow_nights", was: wait},
		{shows: "due", champion: weak, shadow: good, nights: 14, change: func(d *deliberation) { d.Train.Promotion.MaxFlips = 1 }, said: "promoted", live: good.ModelID},
		{shows: "due, but no rows to judge by tonight", champion: weak, shadow: good, nights: 14, change: func(d *deliberation) { d.Train.Promotion.MaxFlips, d.in = 1, nil }, said: "shadow", live: weak.ModelID},
		{shows: "worse in the shadow", champion: good, shadow: weak, nights: 5, said: "dismissed", live: good.ModelID, criterion: "D05", was: fail},
		{shows: "taken back by people", champion: weak, best: good, change: func(d *deliberation) { d.withdrawn = map[string]bool{good.ModelID: true} }, said: "kept", live: weak.ModelID, criterion: "withdrawn", was: fail},
		{shows: "a leakage test of the night was red", champion: weak, best: good, change: func(d *deliberation) { d.reds = []redTest{{"", "L02"}} }, said: "kept", live: weak.ModelID, criterion: "pack", was: fail},
		{shows: "a test of another model was red", champion: weak, best: good, change: func(d *deliberation) { d.reds = []redTest{{weak.ModelID, "L06"}} }, said: "shadow", live: weak.ModelID, criterion: "pack", was: pass},
		{shows: "people have decided tonight", champion: weak, best: good, change: func(d *deliberation) {
			d.settled, d.Train.Promotion.ShadowNights, d.Train.Promotion.MaxFlips = true, 0, 1
		}, said: "shadow", live: weak.ModelID, criterion: "champion_age", was: wait},
		{shows: "another is in shadow", champion: weak, shadow: good, best: other, nights: 3, said: "shadow kept", live: weak.ModelID},
		{shows: "the shadow trained again", champion: weak, shadow: good, best: good, nights: 3, said: "shadow", live: weak.ModelID},
		{shows: "no training, nobody in shadow", champion: weak, said: "none", live: weak.ModelID},
		{shows: "a training that failed", champion: weak, change: func(d *deliberation) { d.no = &objection{"one_class", "one", "一"} }, said: "failed:one_class", live: weak.ModelID},
		{shows: "a training that failed, with a shadow", champion: weak, shadow: good, nights: 3, change: func(d *deliberation) { d.no = &objection{"inverted", "wrong", "颠倒"} }, said: "failed:inverted shadow", live: weak.ModelID},
		{shows: "a training that failed, and no champion", change: func(d *deliberation) { d.no = &objection{"too_few_defaults", "few", "少"} }, said: "failed:too_few_defaults", live: ""},
	} {
		t.Run(c.shows, func(t *testing.T) {
			own := func(x *candidate) *candidate {
				if x == nil {
					return nil
				}
				row := *x.modelRow
				return &candidate{&row, x.model}
			}
			n := aNight("2025-11-20")
			champion, shadow := own(c.champion), own(c.shadow)
			if champion != nil {
				champion.Role, champion.ChampionSince = roleChampion, dateOr(asof.MustParse("2025-11-10"))
			}
			if shadow != nil {
				shadow.Role, shadow.ShadowNights = roleShadow, uint32(c.nights)
			}
			d := aDeliberation(t, n, champion, shadow, own(c.best), in)
			if c.best == nil {
				d.in = in
			}
			if c.best != nil {
				var err error
				if d.absolute, err = sound(c.best.model, in); err != nil {
					t.Fatal(err)
				}
			}
			if c.change != nil {
				c.change(d)
			}
			d.decideAndCompose(t)
			if d.said() != c.said || d.reg.championID() != c.live {
				t.Fatalf("%s, live %q, want %s, %q\n%+v", d.said(), d.reg.championID(), c.said, c.live, d.promotions)
			}
			last := d.promotions[len(d.promotions)-1]
			if c.criterion != "" && last.verdict(c.criterion) != c.was {
				t.Errorf("%s is %q, want %q: %v %v %v", c.criterion, last.verdict(c.criterion), c.was, last.Criterion, last.Verdict, last.Bound)
			}
			if len(last.Criterion) != len(last.Measured) || len(last.Criterion) != len(last.Bound) || len(last.Criterion) != len(last.Verdict) {
				t.Errorf("criteria are not whole: %+v", last)
			}
			champions := 0
			for _, m := range d.models {
				if m.IsChampion {
					champions++
				}
			}
			if want := boolRank(c.live != ""); champions != want {
				t.Errorf("%d champions, want %d", champions, want)
			}
			for i, p := range d.promotions {
				if p.EN == "" || p.ZH == "" || p.Live != c.live || int(p.Seq) != i+1 || p.DecidedBy == "" {
					t.Errorf("decision %+v", p)
				}
			}
			if c.live == "" && (d.models[0].ModelID != "none" || d.models[0].Note == "") {
				t.Errorf("nobody scores, and %+v does not say why", d.models[0])
			}
		})
	}
}

// A champion that is young gives way only to one that ranks significantly better; an old one to one that is as good and closer.
func TestNonInferiority(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	var y []uint8
	var p, closer, noisy []float64
	for range 4000 {
		eta := -2 + 1.5*dice.NormFloat64()
		q := 1 / (1 + math.Exp(-eta))
		y = append(y, 0)
		if dice.Float64() < q {
			y[len(y)-1] = 1
		}
		blur := func(s float64) float64 { return 1 / (1 + math.Exp(-eta-s*dice.NormFloat64())) }
		p, closer, noisy = append(p, blur(0.25)), append(closer, blur(0.2)), append(noisy, blur(1.5))
	}
	defaults := 0
	for _, v := range y {
		defaults += int(v)
	}
	rule := aNight("2025-11-20").Train.Promotion
	for _, c := range []struct {
		shows                string
		champion, challenger []float64
		want                 string
		better               bool
	}{
		{"as good and closer", p, closer, pass, false},
		{"as good, not closer", closer, p, fail, false},
		{"the same scores", p, p, fail, false},
		{"clearly better", noisy, p, pass, true},
		{"clearly worse", p, noisy, fail, false},
	} {
		list, better, err := rule.compare(judged{c.champion, c.challenger, y, defaults})
		if err != nil {
			t.Fatal(err)
		}
		if list[0].Code != "D05" || list[0].Verdict != c.want || better != c.better {
			t.Errorf("%s: D05 %s (%s), better %v", c.shows, list[0].Verdict, list[0].Bound, better)
		}
	}
	list, _, err := rule.compare(judged{p[:30], p[:30], y[:30], 19})
	if err != nil || list[0].holds() || list[0].Verdict != grey {
		t.Errorf("19 defaults: %+v, %v", list[0], err)
	}
}

// The book's level and its calibration line may not get worse.
func TestCalibrationMayNotGetWorse(t *testing.T) {
	for _, c := range []struct {
		n, d int
		pd   float64
		want string
	}{
		{500, 5, 0.006, "green"}, // golden: p 0.126032
		{1000, 30, 0.02, "red"},  // p 0.016238, half as many again as said
		{200, 9, 0.02, "red"},    // p 0.012430
		{2000, 58, 0.024, "amber"},
		{120, 1, 0.05, "red"}, // far fewer than said: p of the mirror 0.006469
	} {
		pd := make([]float64, c.n)
		for i := range pd {
			pd[i] = c.pd
		}
		if l := levelOf(pd, c.d); l.light != c.want {
			t.Errorf("%d of %d at %v: %s (p %.6f), want %s", c.d, c.n, c.pd, l.light, l.p, c.want)
		}
	}
	for _, c := range []struct {
		is, was       string
		value, before float64
		want          bool
	}{
		{"green", "red", 1, 2, true}, {"amber", "green", 1.3, 1, true}, {"red", "green", 1.3, 1, false}, {"red", "amber", 1.6, 1.4, false},
		{"red", "red", 1.6, 1.7, true}, {"red", "red", 1.7, 1.6, false}, {"red", "red", 1.65, 1.6, true}, {"red", "red", 0.5, 1.9, false}, {"red", "red", 0.5, 2.1, true}, {"red", "red", -1, 0.5, false},
	} {
		if got := noWorse(c.is, c.was, c.value, c.before); got != c.want {
			t.Errorf("%s at %v after %s at %v: %v", c.is, c.value, c.was, c.before, got)
		}
	}
	for _, c := range []struct {
		slope, p float64
		want     string
	}{{1, 0.9, "green"}, {0.8, 0.051, "green"}, {1, 0.01, "amber"}, {0.7, 0.9, "amber"}, {0.5, 0.9, "amber"}, {0.5, 0.05, "red"}, {1.6, 0.01, "red"}} {
		if got := lineLight(validation.Line{Slope: c.slope, P: c.p}); got != c.want {
			t.Errorf("slope %v, p %v: %s, want %s", c.slope, c.p, got, c.want)
		}
	}
}

func TestSideBySide(t *testing.T) {
	champion := []float64{0.01, 0.02, 0.099, 0.1, 0.3}
	challenger := []float64{0.001, 0.02, 0.1, 0.099, 0.3}
	b := sideBySide(challenger, champion, 0.1)
	if b.customers != 5 || b.flipped != 2 || b.flips != 0.4 || b.moves != 0.2 { // 0.01 is BBB, 0.001 is AA
		t.Errorf("%+v", b)
	}
	if c := (Promotion{MaxFlips: 0.03}).flips(b); c.Verdict != grey {
		t.Errorf("five customers: %+v", c)
	}
	for _, c := range []struct {
		flips float64
		want  string
	}{{0.03, pass}, {0.0301, fail}} {
		if got := (Promotion{MaxFlips: 0.03}).flips(beside{customers: 100, flips: c.flips}); got.Verdict != c.want {
			t.Errorf("%v: %s, want %s", c.flips, got.Verdict, c.want)
		}
	}
}

// What comes of a training is held against what no model may be, whatever the training says of itself.
func TestTrainingsThatFail(t *testing.T) {
	in := aBook(t, 200, false)
	calibrated := func(c models.Calibration) func(models.TrainInput) (*models.Model, models.Report, error) {
		return func(in models.TrainInput) (*models.Model, models.Report, error) {
			m, report, err := models.Train(in)
			if err == nil {
				m.Calibration = c
			}
			return m, report, err
		}
	}
	broken := func(err error) func(models.TrainInput) (*models.Model, models.Report, error) {
		return func(models.TrainInput) (*models.Model, models.Report, error) { return nil, models.Report{}, err }
	}
	for _, c := range []struct {
		shows string
		fit   func(models.TrainInput) (*models.Model, models.Report, error)
		want  string
	}{
		{"a good one", models.Train, ""},
		{"too few defaults", broken(fmt.Errorf("train: %w", models.ErrTooFewDefaults)), "too_few_defaults"},
		{"one class", broken(fmt.Errorf("train: %w", models.ErrOneClass)), "one_class"},
		{"one class, and so too few", broken(fmt.Errorf("train: %w: %w", models.ErrTooFewDefaults, models.ErrOneClass)), "one_class"},
		{"every learner ranks backwards", broken(errors.Join(fmt.Errorf("train: forest: %w", models.ErrInverted))), "inverted"},
		{"every learner says the same of all", broken(fmt.Errorf("train: %w", models.ErrConstant)), "constant_score"},
		{"every learner's log-odds are no numbers", broken(fmt.Errorf("train: %w", models.ErrNotFinite)), "not_a_number"},
		{"any other error", broken(errors.New("matrix is singular")), "training_failed"},
		{"a panic", func(models.TrainInput) (*models.Model, models.Report, error) { panic("index out of range") }, "training_failed"},
		{"not a number", calibrated(models.Calibration{Method: "platt", Slope: math.NaN()}), "not_a_number"},
		{"beyond all bounds", calibrated(models.Calibration{Method: "platt", Intercept: math.Inf(1), Slope: 1}), "not_a_number"},
		{"one score for all", calibrated(models.Calibration{Method: "platt", Intercept: -2}), "constant_score"},
		{"the wrong way round", calibrated(models.Calibration{Method: "platt", Slope: -1}), "inverted"},
	} {
		t.Run(c.shows, func(t *testing.T) {
			fit = c.fit
			defer func() { fit = models.Train }()
			best, _, no := trainOn(*in)
			switch {
			case c.want == "" && (no != nil || best == nil):
				t.Errorf("refused: %+v", no)
			case c.want != "" && (no == nil || no.Code != c.want || no.EN == "" || no.ZH == "" || best != nil):
				t.Errorf("%+v, want %s", no, c.want)
			}
		})
	}
}

// A model refused because the whole book would get one score does not score, and neither does anybody else unseen.
func TestSamplesAreTheSameWhateverTheOrder(t *testing.T) {
	in := aBook(t, 200, false)
	small, release, err := some(in, 300, false)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	turned, release, err := some(in, 300, true)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	whole, release, err := some(in, 1_000_000, true)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	rowsOf := func(in *models.TrainInput) (out []string) {
		x := in.Features.Column(slices.IndexFunc(in.Columns, func(c models.Column) bool { return c.Name == strongFeature })).(*array.Float64)
		for i := range in.Default {
			out = append(out, fmt.Sprint(in.Customers[i], in.Cohorts[i], in.Default[i], in.Holdout[i], x.Value(i)))
		}
		return out
	}
	a, b, all, given := rowsOf(small), rowsOf(turned), rowsOf(whole), rowsOf(in)
	if len(a) != 300 || slices.Equal(a, b) || slices.Equal(all, given) {
		t.Errorf("%d rows; turned the same: %v, %v", len(a), slices.Equal(a, b), slices.Equal(all, given))
	}
	for _, list := range [][]string{a, b, all, given} {
		slices.Sort(list)
	}
	if !slices.Equal(a, b) || !slices.Equal(all, given) {
		t.Error("a turned sample has other rows")
	}
	defaults := 0
	for _, y := range small.Default {
		defaults += int(y)
	}
	if total := len(a); defaults < total/3 {
		t.Errorf("%d defaults among %d rows: they come first", defaults, total)
	}
}
