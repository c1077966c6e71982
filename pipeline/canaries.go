package pipeline

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"runtime"
	"slices"
	"strings"

	"creditwatch/models"
	"creditwatch/models/validation"
)

// canaries are the proofs of a training that it knew nothing it must not know, and gives the same again. They train single cheap
// learners on a bounded sample: what they look for lies in the rows and in the way to train.
type canaries struct {
	Run bool // false: switched off, or from before there were any

	// Labels dealt anew (L03): the AUC on held-out rows of a model trained on them, with what stands behind it.
	AUC            *float64
	Defaults, Rest int
	Grey           string // why there is no AUC

	Same *bool // trained twice, in another order and on another number of processors: the same bytes (L06)

	Strong []models.Strength // features too good to be believed unasked (L04)
}

// canariesFailed begins the column canaries of a model whose training saw what it must not see.
const canariesFailed = "failed: "

// watch trains the canaries.
func (n *Night) watch(in *models.TrainInput) (c canaries, err error) {
	if n.Train.CanaryRows == 0 {
		return c, nil
	}
	c.Run = true
	c.Grey = "labels dealt anew were not tried"
	strengths, release, err := some(in, 5*n.Train.CanaryRows, false)
	if err != nil {
		return c, err
	}
	defer release()
	alone, err := models.Strengths(*strengths)
	if err != nil {
		return c, err
	}
	for _, s := range alone {
		if s.IV > models.SuspiciousIV || s.AUC > models.SuspiciousAUC {
			c.Strong = append(c.Strong, s)
		}
	}
	sample, release, err := some(in, n.Train.CanaryRows, false)
	if err != nil {
		return c, err
	}
	defer release()
	sample.Options.Benchmarks = nil
	sample.Options.Learners = []string{of(n.Train.Learners, "boosted", "forest", "scorecard")} // one that would learn whatever there is
	n.deal(*sample, &c)
	sample.Options.Learners = []string{of(n.Train.Learners, "scorecard", "boosted", "forest")}
	turned, release, err := some(in, n.Train.CanaryRows, true)
	if err != nil {
		return c, err
	}
	defer release()
	turned.Options = sample.Options
	n.trainTwice(*sample, *turned, &c)
	return c, nil
}

// of is the first of the learners wanted that is trained, or the first that is.
func of(trained []string, wanted ...string) string {
	for _, name := range wanted {
		if len(trained) == 0 || slices.Contains(trained, name) {
			return name
		}
	}
	return trained[0]
}

// deal trains on labels dealt anew within every cohort and ranks the held-out rows, dealt too. A training that finds nothing to learn
// there is what should be.
func (n *Night) deal(in models.TrainInput, c *canaries) {
	in = in.Dealt(in.Options.Seed)
	for i, held := range in.Holdout {
		if held {
			c.Defaults += int(in.Default[i])
			c.Rest += 1 - int(in.Default[i])
		}
	}
	if c.Defaults == 0 || c.Rest == 0 {
		c.Grey = fmt.Sprintf("%d defaults and %d others are held out", c.Defaults, c.Rest)
		return
	}
	best, report, no := trainOn(in)
	learner := in.Options.Learners[0]
	if best != nil {
		learner = best.Learner
	}
	// A model that is refused for ranking backwards or not at all has been ranked all the same.
	if auc, ok := report.Value(learner, "holdout", "auc"); ok {
		c.AUC, c.Grey = &auc, ""
	} else if no != nil {
		c.Grey = no.EN
	}
}

// trainTwice trains on the same rows twice: once as the machine likes, once in another order on one processor.
func (n *Night) trainTwice(in, turned models.TrainInput, c *canaries) {
	first, _, no := trainOn(in)
	processors := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(map[bool]int{true: 1, false: 2}[processors > 1])
	second, _, noAgain := trainOn(turned)
	runtime.GOMAXPROCS(processors)
	if no != nil || noAgain != nil {
		if (no == nil) != (noAgain == nil) || no.EN != noAgain.EN {
			same := false
			c.Same = &same
		}
		return
	}
	a, errA := first.MarshalBinary()
	b, errB := second.MarshalBinary()
	same := errA == nil && errB == nil && bytes.Equal(a, b)
	c.Same = &same
}

// figures are the canaries as rows of model_metrics, under the model they were trained for.
func (c *canaries) figures(m *modelRow) (out []metricRow) {
	if !c.Run {
		return nil
	}
	add := func(metric string, v float64) {
		out = append(out, metricRow{ModelID: m.ModelID, Learner: m.Learner, Sample: "canary", Metric: metric, Value: v})
	}
	if c.AUC != nil {
		add("permuted_auc", *c.AUC)
		add("permuted_se", validation.PermutedSE(c.Defaults, c.Rest))
		add("permuted_defaults", float64(c.Defaults))
		add("permuted_rest", float64(c.Rest))
	}
	if c.Same != nil {
		add("same_bytes", map[bool]float64{true: 1}[*c.Same])
	}
	add("suspicious_features", float64(len(c.Strong)))
	for _, s := range c.Strong {
		add("iv:"+s.Feature, s.IV)
		add("auc:"+s.Feature, s.AUC)
	}
	return out
}

// canariesOf reads the figures of a model's training back.
func canariesOf(figures []metricRow, model string) (c canaries) {
	at := func(feature string) *models.Strength {
		i := slices.IndexFunc(c.Strong, func(s models.Strength) bool { return s.Feature == feature })
		if i < 0 {
			c.Strong, i = append(c.Strong, models.Strength{Feature: feature}), len(c.Strong)
		}
		return &c.Strong[i]
	}
	for _, m := range figures {
		if m.ModelID != model || m.Sample != "canary" {
			continue
		}
		c.Run = true
		name, feature, _ := strings.Cut(m.Metric, ":")
		switch value := m.Value; name {
		case "permuted_auc":
			c.AUC = &value
		case "permuted_defaults":
			c.Defaults = int(value)
		case "permuted_rest":
			c.Rest = int(value)
		case "same_bytes":
			same := value == 1
			c.Same = &same
		case "iv":
			at(feature).IV = value
		case "auc":
			at(feature).AUC = value
		}
	}
	return c
}

// leaps is by how much the IV of a feature that the champion's training did not find suspicious must be beyond the bound
// to stop a promotion: IVs move a little from month to month.
const leaps = 1.5

// judge gives the criteria L03, L04 and L06. A feature that alone nearly tells the outcome, or that has become suspicious since the champion
// was trained, is taken for knowledge of the future unless the configuration trusts it.
func (c *canaries) judge(champion *canaries, trusted []string) []criterion {
	if !c.Run {
		return nil
	}
	permuted := criterion{Code: "L03", Verdict: grey, Bound: "0.5 ± 3 SE", Lenient: true}
	if c.AUC != nil {
		se := validation.PermutedSE(c.Defaults, c.Rest)
		permuted.Value, permuted.Bound = c.AUC, fmt.Sprintf("0.5 ± %.4f (3 SE)", 3*se)
		permuted.Verdict = passIf(math.Abs(*c.AUC-0.5) <= 3*se)
	}
	same := criterion{Code: "L06", Verdict: grey, Bound: "= 1", Lenient: true}
	if c.Same != nil {
		same.Value, same.Verdict = number(map[bool]float64{true: 1}[*c.Same]), passIf(*c.Same)
	}
	var leaking []string
	for _, s := range c.Strong {
		known := champion == nil || !champion.Run || slices.ContainsFunc(champion.Strong, func(old models.Strength) bool { return old.Feature == s.Feature })
		if (s.AUC > models.SuspiciousAUC || !known && s.IV > leaps*models.SuspiciousIV) && !slices.Contains(trusted, s.Feature) {
			leaking = append(leaking, s.Feature)
		}
	}
	strong := criterion{Code: "L04", Value: number(float64(len(leaking))), Bound: "= 0", Verdict: passIf(len(leaking) == 0), Names: leaking}
	return []criterion{permuted, strong, same}
}

// say is the canaries in a few words: the column canaries.
func (c *canaries) say(judged []criterion) string {
	if !c.Run {
		return "off"
	}
	var failed []string
	for _, j := range judged {
		if j.Verdict == fail {
			failed = append(failed, strings.TrimSpace(j.Code+" "+strings.Join(j.Names, " ")))
		}
	}
	if len(failed) > 0 {
		return canariesFailed + strings.Join(failed, ", ")
	}
	return "passed"
}

// rowKey orders rows by a hash of whose they are and when, which has nothing to do with their order in the table.
func rowKey(in *models.TrainInput, row int) uint64 {
	h := fnv.New64a()
	h.Write([]byte(in.Customers[row]))
	z := h.Sum64()
	if in.Cohorts != nil {
		z ^= uint64(in.Cohorts[row]) * 0x9e3779b97f4a7c15
	}
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9 // splitmix64: FNV's bits follow the last letters closely
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// few draws about so many rows, the same whatever their order, and returns their places in ascending order.
func few(in *models.TrainInput, most int) []int {
	places := make([]int, len(in.Default))
	for i := range places {
		places[i] = i
	}
	if len(places) <= most {
		return places
	}
	slices.SortFunc(places, func(a, b int) int { return cmp.Compare(rowKey(in, a), rowKey(in, b)) })
	places = places[:most]
	slices.Sort(places)
	return places
}

// some returns a training on at most so many rows. Rows of default come first, up to half of them: a sample without would teach nothing. turned
// has the same rows in another order.
func some(in *models.TrainInput, most int, turned bool) (*models.TrainInput, func(), error) {
	var bad, good []int
	for i, y := range in.Default {
		if y == 1 {
			bad = append(bad, i)
		} else {
			good = append(good, i)
		}
	}
	draw := func(rows []int, most int) []int {
		if len(rows) > most {
			slices.SortFunc(rows, func(a, b int) int { return cmp.Compare(rowKey(in, a), rowKey(in, b)) })
			rows = rows[:most]
		}
		return rows
	}
	bad = draw(bad, max(most/2, most-len(good)))
	good = draw(good, most-len(bad))
	places := slices.Concat(bad, good)
	slices.Sort(places)
	if turned {
		places = turn(places)
	}
	rec, err := take(in.Features, places)
	if err != nil {
		return nil, nil, err
	}
	out := *in
	out.Features = rec
	out.Default, out.Customers, out.Holdout = pick(in.Default, places), pick(in.Customers, places), pick(in.Holdout, places)
	out.Cohorts, out.Weights = pick(in.Cohorts, places), pick(in.Weights, places)
	out.Known, out.Month = pick(in.Known, places), pick(in.Month, places)
	return &out, rec.Release, nil
}

// turn puts rows into another order: blocks of them, the last first. Blocks, because a record is cut at every place where rows
// are not neighbours.
func turn(places []int) []int {
	const block = 89
	var out []int
	for end := len(places); end > 0; end -= block {
		out = append(out, places[max(end-block, 0):end]...)
	}
	return out
}

// pick returns the values at some places; of nil, nil.
func pick[T any](values []T, places []int) []T {
	if values == nil {
		return nil
	}
	out := make([]T, len(places))
	for i, p := range places {
		out[i] = values[p]
	}
	return out
}
