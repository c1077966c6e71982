package pipeline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"creditwatch/models"
)

// canariesOver are those of a night with canaries over the book.
func canariesOver(t *testing.T, in *models.TrainInput, learners ...string) canaries {
	t.Helper()
	n := aNight("2025-11-20")
	n.Train.CanaryRows, n.Train.Learners = 1200, learners
	c, err := n.watch(in)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verdicts(c canaries) string {
	out := ""
	for _, j := range c.judge(nil, nil) {
		out += j.Code + " " + j.Verdict + " "
	}
	return out
}

func TestCanariesOfAnHonestTraining(t *testing.T) {
	for _, learner := range models.Learners {
		t.Run(learner, func(t *testing.T) {
			c := canariesOver(t, aBook(t, 400, false), learner)
			if got := verdicts(c); got != "L03 pass L04 pass L06 pass " {
				t.Errorf("%s: AUC of labels dealt anew %v, strong %v", got, c.AUC, c.Strong)
			}
			if c.say(c.judge(nil, nil)) != "passed" {
				t.Errorf("says %q", c.say(c.judge(nil, nil)))
			}
		})
	}
}

// Kept as figures and read back, canaries judge the same.
func TestCanariesAreKept(t *testing.T) {
	yes, auc := true, 0.51
	c := canaries{Run: true, AUC: &auc, Defaults: 30, Rest: 300, Same: &yes, Strong: []models.Strength{{Feature: "dbt_365d", IV: 1.7, AUC: 0.84}, {Feature: "rating_score", IV: 1.2, AUC: 0.92}}}
	m := &modelRow{ModelID: "boosted-1", Learner: "boosted"}
	figures := c.figures(m)
	for metric, want := range map[string]float64{
		"permuted_auc": 0.51, "permuted_se": math.Sqrt(331. / (12 * 30 * 300)), "permuted_defaults": 30, "permuted_rest": 300, "same_bytes": 1,
		"suspicious_features": 2, "iv:dbt_365d": 1.7, "auc:rating_score": 0.92,
	} {
		i := slices.IndexFunc(figures, func(f metricRow) bool { return f.Metric == metric })
		if i < 0 || math.Abs(figures[i].Value-want) > 1e-12 || figures[i].Sample != "canary" || figures[i].ModelID != "boosted-1" {
			t.Errorf("%s: want %v among %+v", metric, want, figures)
		}
	}
	back := canariesOf(append(figures, metricRow{ModelID: "other", Sample: "canary", Metric: "same_bytes"}), "boosted-1")
	if fmt.Sprintf("%+v %v %v", back.Strong, *back.AUC, *back.Same) != fmt.Sprintf("%+v %v %v", c.Strong, auc, true) || !back.Run || back.Defaults != 30 || back.Rest != 300 {
		t.Errorf("read back %+v", back)
	}
	if off := (&canaries{}); len(off.figures(m)) != 0 || off.judge(nil, nil) != nil || off.say(nil) != "off" || canariesOf(nil, "boosted-1").Run {
		t.Error("canaries that are off have figures or a judgement")
	}
}

// A column that holds the outcome but for noise is found before it can be promoted.
func TestAFutureFeatureIsCaught(t *testing.T) {
	in := aBook(t, 400, false)
	dice := rand.New(rand.NewPCG(11, 3))
	leak := make([]float64, len(in.Default))
	for i, y := range in.Default {
		leak[i] = float64(y) + 0.4*dice.NormFloat64()
	}
	fill(in, map[string][]float64{emptyFeature: leak})
	c := canariesOver(t, in, "scorecard")
	if got := verdicts(c); got != "L03 pass L04 fail L06 pass " {
		t.Errorf("%s: strong %v", got, c.Strong)
	}
	if got := c.say(c.judge(nil, nil)); got != canariesFailed+"L04 "+emptyFeature {
		t.Errorf("says %q", got)
	}
}

func TestSuspicionAgainstTheChampions(t *testing.T) {
	strong := func(iv, auc float64) canaries {
		return canaries{Run: true, Strong: []models.Strength{{Feature: "rating_score", IV: iv, AUC: auc}}}
	}
	for _, c := range []struct {
		shows    string
		now      canaries
		champion *canaries
		trusted  []string
		want     string
	}{
		{"strong as it may be, nothing to compare with", strong(3, 0.9), nil, nil, pass},
		{"alone nearly the outcome", strong(3, 0.9001), nil, nil, fail},
		{"but trusted", strong(3, 0.99), nil, []string{"rating_score"}, pass},
		{"as strong when the champion was trained", strong(1.5, 0.85), func() *canaries { c := strong(0.6, 0.7); return &c }(), nil, pass},
		{"not so then", strong(1.5, 0.85), &canaries{Run: true}, nil, fail},
		{"not so then, but little beyond the bound", strong(0.75, 0.7), &canaries{Run: true}, nil, pass},
		{"a champion from before there were canaries", strong(1.5, 0.85), &canaries{}, nil, pass},
	} {
		for _, j := range c.now.judge(c.champion, c.trusted) {
			if j.Code == "L04" && j.Verdict != c.want {
				t.Errorf("%s: %s, want %s", c.shows, j.Verdict, c.want)
			}
		}
	}
}

// A way to train that looks at the held-out rows learns labels dealt at random, and one that heeds the order of rows does not give the same twice.
func TestACheatingTrainingIsCaught(t *testing.T) {
	defer func() { fit = models.Train }()
	in := aBook(t, 400, false)
	fit = func(in models.TrainInput) (*models.Model, models.Report, error) {
		all := in
		all.Holdout = make([]bool, len(in.Holdout))
		all.Options.Learners, all.Columns = []string{"boosted"}, slices.Clone(in.Columns)
		all.Options.Boost.Leaves, all.Options.Boost.Trees, all.Options.Boost.MinChild = 31, 60, -1
		for i := range all.Columns {
			all.Columns[i].Direction = 0 // free to learn rows by heart
		}
		m, report, err := models.Train(all)
		if err != nil {
			return nil, report, err
		}
		figures, err := figuresOf(m, &in)
		for _, f := range figures {
			report.Metrics = append(report.Metrics, models.Metric{Learner: m.Learner, Sample: "holdout", Metric: f.Metric, Value: f.Value})
		}
		return m, report, err
	}
	c := canariesOver(t, in, "scorecard")
	if got := verdicts(c); got != "L03 fail L04 pass L06 pass " {
		t.Errorf("learns from held-out rows: %s, AUC %v of %d and %d", got, *c.AUC, c.Defaults, c.Rest)
	}
	fit = func(in models.TrainInput) (*models.Model, models.Report, error) {
		in.Default = slices.Clone(in.Default)
		for i := range 40 {
			in.Default[i] = uint8(i % 2)
		}
		return models.Train(in)
	}
	c = canariesOver(t, in, "scorecard")
	if c.Same == nil || *c.Same {
		t.Errorf("heeds the order of rows: %s", verdicts(c))
	}
}

// With nobody to hold out, or a training that refuses, the canaries are grey and do not pass for green.
func TestCanariesThatCannotAnswer(t *testing.T) {
	in := aBook(t, 400, false)
	few := *in
	few.Options.MinDefaults = 100_000
	c := canariesOver(t, &few, "scorecard")
	if got := verdicts(c); got != "L03 grey L04 pass L06 grey " || c.Grey == "" {
		t.Errorf("%s %q", got, c.Grey)
	}
	for i := range in.Holdout {
		in.Holdout[i] = false
	}
	c = canariesOver(t, in, "scorecard")
	if got := verdicts(c); got != "L03 grey L04 pass L06 pass " {
		t.Errorf("nothing held out: %s", got)
	}
}
