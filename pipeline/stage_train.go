package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"creditwatch/models"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/fault"
	"creditwatch/pipeline/rows"
)

// Train says when and on what the models are trained.
type Train struct {
	Every         string      `yaml:"every"`          // night, week (Sundays), month (month ends), never; a night without a champion always trains
	Learners      []string    `yaml:"learners"`       // scorecard, linear, forest, boosted, blend; default: all
	Seed          uint64      `yaml:"seed"`           // same data, same seed: same model
	Snapshots     int         `yaml:"snapshots"`      // newest monthly snapshots to use, 0 = all
	SnapshotsFrom asof.Date   `yaml:"snapshots_from"` // first snapshot, default: a quarter after the first document
	Cohorts       []asof.Date `yaml:"cohorts"`        // snapshot dates in place of the month ends
	Holdout       Holdout     `yaml:"holdout"`        // rows that only judge
	MinDefaults   int         `yaml:"min_defaults"`   // fewer in the training rows: the champion stays
	TargetRate    float64     `yaml:"target_rate"`    // default rate over the horizon that the book is known to have; 0: learnt
	MaxRows       int         `yaml:"max_rows"`       // more rows than this: customers are sampled by a hash of their number
	KeepDays      int         `yaml:"keep_days"`      // a champion of fewer days stays unless a challenger ranks significantly better
	Benchmark     string      `yaml:"benchmark"`      // feature whose value alone is judged beside the models
	Promotion     Promotion   `yaml:"promotion"`      // when a challenger takes the champion's place
	CanaryRows    int         `yaml:"canary_rows"`    // rows on which the leakage canaries train; 0: no canaries
}

type metricRow struct {
	Run     uint64    `ch:"run"`
	AsOf    asof.Date `ch:"as_of"`
	ModelID string    `ch:"model_id"`
	Learner string    `ch:"learner"`
	Sample  string    `ch:"sample"`
	Metric  string    `ch:"metric"`
	Value   float64   `ch:"value"`
}

// train takes over champion and shadow of the night before, follows what people decided, fits the challengers when it is time to, and
// lets the rule of promotion decide. Retrained and promoted are two facts: a training that fails, and a model that must not score, leave the champion
// in place and are recorded with the night.
func train(ctx context.Context, n *Night) error {
	d := &deliberation{Night: n}
	defer func() { d.release() }()
	for _, step := range []func(context.Context) error{d.takeOver, d.challenge, d.besides, d.decide, d.compose} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := n.keep(ctx, "models", rows.Of(d.models)); err != nil {
		return err
	}
	if err := n.keep(ctx, "model_metrics", rows.Of(d.metrics)); err != nil {
		return err
	}
	return n.keep(ctx, "promotions", rows.Of(d.promotions))
}

// A deliberation is the work of a night on its models.
type deliberation struct {
	*Night
	reg       registry
	withdrawn map[string]bool // by people
	reds      []redTest       // of the validation of the night before
	settled   bool            // who is champion of this night is decided, by people or by the rule: it changes once a night

	in       *models.TrainInput // nil: no training rows were read tonight
	free     func()             // gives them back
	best     *candidate         // of tonight's training
	trained  []*candidate       // all of it, the best first
	figures  []metricRow        // of all of it
	canaries canaries
	absolute []criterion // of the best by itself: canaries and soundness
	why      string      // why it is the best
	no       *objection  // why there is none

	pds map[string][]float64 // tonight's book by model

	note       string // of the champion
	models     []modelRow
	metrics    []metricRow
	promotions []promotionRow
}

func (d *deliberation) release() {
	if d.free != nil {
		d.free()
	}
}

// record adds a decision of the night; what all of them have in common is filled in at the end.
func (d *deliberation) record(p promotionRow) { d.promotions = append(d.promotions, p) }

func (r *registry) championID() string {
	if r.champion == nil {
		return ""
	}
	return r.champion.ModelID
}

func (d *deliberation) takeOver(ctx context.Context) (err error) {
	known, err := decided(ctx, d, d.Cut)
	if err != nil {
		return err
	}
	d.withdrawn = withdrawn(known)
	if d.reg, err = d.Night.takeOver(ctx, d.withdrawn, d.record); err != nil {
		return err
	}
	if d.settled, err = d.follow(ctx, &d.reg, known, d.record); err != nil {
		return err
	}
	if d.reg.shadow != nil {
		d.reg.shadow.ShadowNights++
	}
	return rows.Each(ctx, d, "validation_results", sqlOf("red_tests"), map[string]any{"run": d.Previous.Run}, func(r *rows.Row) error {
		d.reds = append(d.reds, redTest{r.Text("model_id"), r.Text("code")})
		return nil
	})
}

// A redTest is a gate or leakage test of the validation pack that was red: of a model, or of the night where the model is "".
type redTest struct{ model, code string }

func (n *Night) trainsTonight(champion *candidate) bool {
	switch {
	case champion == nil:
		return true
	case n.Train.Every == "never":
		return false
	case n.Train.Every == "week":
		return n.AsOf.Time().Weekday() == 0
	case n.Train.Every == "month":
		return n.AsOf == n.AsOf.MonthEnd()
	}
	return true
}

// challenge reads the training rows when models are to be trained or the shadow is to be judged, and trains. The models are not fitted again on
// the held-out cohorts afterwards: the model that scores is the one that was judged.
func (d *deliberation) challenge(ctx context.Context) (err error) {
	trains := d.trainsTonight(d.reg.champion)
	if !trains && !d.due(d.reg.shadow) {
		return nil
	}
	if d.in, d.free, err = d.trainingInput(ctx); err != nil {
		return err
	}
	switch {
	case !trains:
		return nil
	case d.in == nil:
		d.no = &objection{"no_snapshot", "no snapshot is old enough for its outcome to be known", "没有快照早到其结果已知"}
		return nil
	}
	best, report, no := trainOn(*d.in)
	if d.no = no; no != nil {
		return nil
	}
	for _, f := range report.Failed {
		why := objectionTo(f.Err)
		d.record(promotionRow{Decision: "failed", Champion: d.reg.championID(), Finding: why.Code,
			EN: f.Learner + " gave no model, others did: " + why.EN, ZH: f.Learner + " 未产生模型，其他学习器有：" + why.ZH})
	}
	if d.canaries, err = d.watch(d.in); err != nil {
		return err
	}
	d.why = report.Why
	order := slices.Clone(report.Models)
	slices.SortStableFunc(order, func(a, b *models.Model) int {
		return cmp.Or(boolRank(a != best)-boolRank(b != best), cmp.Compare(lossOf(report, a), lossOf(report, b)))
	})
	leaks := d.canaries.judge(nil, d.Train.Promotion.Trusted)
	var unsound []criterion // of the best
	for _, m := range order {
		row, err := d.register(m, d.in)
		if err != nil {
			return err
		}
		row.Canaries = d.canaries.say(leaks)
		c := &candidate{&row, m}
		d.trained = append(d.trained, c)
		for _, x := range report.Metrics {
			if x.Learner == m.Learner {
				d.figures = append(d.figures, metricRow{ModelID: row.ModelID, Learner: m.Learner, Sample: x.Sample, Metric: x.Metric, Value: x.Value})
			}
		}
		if d.best != nil {
			continue
		}
		// The best that meets what a model can meet by itself stands for the training.
		own, err := sound(m, d.in)
		if err != nil {
			return err
		}
		if bad := failing(own); len(bad) > 0 {
			en, _ := sayAll(bad)
			row.Note = "unsound: " + en
			if unsound == nil {
				unsound = own
			}
			continue
		}
		d.best, d.absolute = c, own
	}
	if d.best == nil { // none is sound: the best of them may still be better than nobody's PD; see first
		d.best, d.absolute = d.trained[0], unsound
	}
	for _, x := range report.Metrics {
		if strings.HasPrefix(x.Learner, "benchmark/") {
			d.figures = append(d.figures, metricRow{ModelID: x.Learner, Learner: "benchmark", Sample: x.Sample, Metric: x.Metric, Value: x.Value})
		}
	}
	if d.best != nil {
		d.figures = append(d.figures, d.canaries.figures(d.best.modelRow)...)
	}
	return nil
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func lossOf(r models.Report, m *models.Model) float64 {
	if loss, ok := r.Value(m.Learner, "calibration", "log_loss"); ok {
		return loss
	}
	return math.Inf(1)
}

// fit is where models are trained; tests put trainings in its place that fail.
var fit = models.Train

// trainOn trains and holds what comes of it against what no model may be, whatever the training says of itself: without order, the
// same for everybody, or the wrong way round.
func trainOn(in models.TrainInput) (best *models.Model, report models.Report, no *objection) {
	defer func() {
		if x := recover(); x != nil { // golearn panics on data it does not like
			no = &objection{"training_failed", fmt.Sprintf("the training broke off: %v", x), fmt.Sprintf("训练中断：%v", x)}
		}
	}()
	err := fault.Hit("train.fit")
	if err == nil {
		best, report, err = fit(in)
	}
	if err != nil {
		return nil, report, objectionTo(err)
	}
	logOdds, _, err := best.PDs(in.Features)
	if err != nil {
		return nil, report, &objection{"not_a_number", err.Error(), "评分不是数：" + err.Error()}
	}
	if constant(logOdds) {
		return nil, report, &objection{"constant_score", "model " + best.ID() + " gives every row the same score", "模型 " + best.ID() + " 给每一行相同的评分"}
	}
	var held []float64
	var outcome []uint8
	for i, h := range in.Holdout {
		if h {
			held, outcome = append(held, logOdds[i]), append(outcome, in.Default[i])
		}
	}
	// One-sided at 95 %.
	if rank, err := validation.Rank(held, outcome); err == nil && rank.AUC+1.6449*math.Sqrt(rank.Variance) < 0.5 {
		return nil, report, &objection{"inverted", fmt.Sprintf("model %s ranks the wrong way round: held-out AUC %.4f", best.ID(), rank.AUC), fmt.Sprintf("模型 %s 排序颠倒：留出样本 AUC %.4f", best.ID(), rank.AUC)}
	}
	return best, report, nil
}

// objectionTo names what a training died of.
func objectionTo(err error) *objection {
	switch {
	case errors.Is(err, models.ErrOneClass): // it is also too few of the other
		return &objection{"one_class", err.Error(), "训练样本只有一类：" + err.Error()}
	case errors.Is(err, models.ErrTooFewDefaults):
		return &objection{"too_few_defaults", err.Error(), "违约样本太少：" + err.Error()}
	case errors.Is(err, models.ErrNotFinite):
		return &objection{"not_a_number", err.Error(), "评分不是数：" + err.Error()}
	case errors.Is(err, models.ErrConstant):
		return &objection{"constant_score", err.Error(), "给所有客户相同的评分：" + err.Error()}
	case errors.Is(err, models.ErrInverted):
		return &objection{"inverted", err.Error(), "排序颠倒：" + err.Error()}
	}
	return &objection{"training_failed", err.Error(), "训练失败：" + err.Error()}
}

// constant reports scores that tell no two rows apart.
func constant(scores []float64) bool {
	return len(scores) > 1 && slices.Max(scores)-slices.Min(scores) < 1e-9
}

// besides scores tonight's book by champion, shadow and the best of the training. A model that gives the whole book one score has lost
// its features: it must not score.
func (d *deliberation) besides(ctx context.Context) error {
	d.pds = map[string][]float64{}
	var list []*candidate
	for _, c := range []*candidate{d.reg.champion, d.reg.shadow, d.best} {
		if c != nil && !slices.ContainsFunc(list, func(o *candidate) bool { return o.ModelID == c.ModelID }) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return nil
	}
	var of []*models.Model
	for _, c := range list {
		of = append(of, c.model)
	}
	pds, err := d.scoreBook(ctx, of...)
	if err != nil {
		return err
	}
	for i, c := range list {
		d.pds[c.ModelID] = pds[i]
		if len(pds[i]) < leastRows || !constant(pds[i]) {
			continue
		}
		no := &objection{"constant_score", fmt.Sprintf("model %s is refused: it gives all %d customers the same score", c.ModelID, len(pds[i])),
			fmt.Sprintf("模型 %s 被拒用：给全部 %d 个客户相同的评分", c.ModelID, len(pds[i]))}
		if d.best != nil && c.ModelID == d.best.ModelID {
			d.best, d.no = nil, no // recorded as a failed training
		}
		if d.reg.shadow != nil && c.ModelID == d.reg.shadow.ModelID {
			d.reg.shadow = nil
			d.record(promotionRow{Decision: "refused", Challenger: c.ModelID, Finding: no.Code, EN: no.EN, ZH: no.ZH})
		}
		if c == d.reg.champion {
			d.reg.champion, d.note = nil, no.EN
			d.record(promotionRow{Decision: "refused", Champion: c.ModelID, Finding: no.Code, EN: no.EN, ZH: no.ZH})
		}
	}
	return nil
}

// due reports whether a model has been in shadow for as long as the rule asks.
func (d *deliberation) due(shadow *candidate) bool {
	return shadow != nil && int(shadow.ShadowNights) >= d.Train.Promotion.ShadowNights
}

// decide is the rule of promotion.
func (d *deliberation) decide(context.Context) error {
	if d.no != nil && d.best == nil {
		if d.Say != nil {
			d.Say("no new model: " + d.no.EN)
		}
		d.note = cmp.Or(d.note, "kept: "+d.no.EN)
		d.record(promotionRow{Decision: "failed", Champion: d.reg.championID(), Finding: d.no.Code, DecidedBy: "rule",
			EN: "training gave no model: " + d.no.EN, ZH: "训练未产生模型：" + d.no.ZH})
	}
	if d.reg.champion == nil {
		return d.first()
	}
	if d.reg.shadow != nil {
		if err := d.weighShadow(); err != nil {
			return err
		}
	}
	if d.best != nil {
		return d.weighBest()
	}
	if len(d.promotions) == 0 {
		d.note = "no training tonight"
		d.record(promotionRow{Decision: "none", Champion: d.reg.championID(), DecidedBy: "rule", EN: "no training tonight: " + d.reg.championID() + " goes on", ZH: "当晚未训练：" + d.reg.championID() + " 继续使用"})
	}
	return nil
}

// first makes the best of tonight's training champion where there is none: there is nothing to compare it with, but the canaries must
// pass. Where no model is sound by itself, the night says so and has PDs all the same.
func (d *deliberation) first() error {
	if d.best == nil {
		return nil
	}
	all := append(d.canaries.judge(nil, d.Train.Promotion.Trusted), d.absolute...)
	row := promotionRow{Decision: "first", Challenger: d.best.ModelID, DecidedBy: "rule"}.with(all)
	unsound := failing(d.absolute)
	if bad := failing(all); len(bad) > len(unsound) {
		en, zh := sayAll(bad)
		row.Decision, row.Finding = "failed", "leakage"
		row.EN, row.ZH = "model "+d.best.ModelID+" must not score: "+en+trustEN, "模型 "+d.best.ModelID+" 不得评分："+zh+trustZH
		d.note = row.EN
		d.record(row)
		return nil
	}
	row.EN = fmt.Sprintf("%s becomes champion, there is none to compare it with; %s", d.best.ModelID, d.why)
	row.ZH = fmt.Sprintf("%s 成为现用模型，尚无可比较者；%s", d.best.ModelID, strings.Replace(d.why, "log loss on the calibration sample:", "校准样本对数损失", 1))
	if len(unsound) > 0 {
		en, zh := sayAll(unsound)
		row.Finding, row.EN, row.ZH = "unsound", row.EN+"; no model is sound by itself: "+en, row.ZH+"；没有模型自身合格："+zh
	}
	d.record(row)
	d.crown(d.best, "chosen: "+d.why)
	return nil
}

const (
	trustEN = "; a feature that may be so strong is named in train.promotion.trusted"
	trustZH = "；确可如此之强的特征请列入 train.promotion.trusted"
)

// crown makes a model champion from this night on.
func (d *deliberation) crown(c *candidate, note string) {
	c.Role, c.ChampionSince, c.ShadowSince, c.ShadowNights = roleChampion, dateOr(d.AsOf), nil, 0
	if d.reg.shadow != nil && d.reg.shadow.ModelID == c.ModelID {
		d.reg.shadow = nil
	}
	d.reg.champion, d.note, d.settled = c, note, true
}

// weigh gives the criteria by which a challenger is held against the champion tonight. Without training rows only those of the night are
// there.
func (d *deliberation) weigh(c *candidate, leak *canaries) (all []criterion, b beside, err error) {
	rule := d.Train.Promotion
	champion := d.reg.champion
	own := canariesOf(d.reg.metrics, champion.ModelID)
	all = leak.judge(&own, rule.Trusted)
	better := false
	if d.in != nil {
		more, err := sound(c.model, d.in)
		if err != nil {
			return nil, b, err
		}
		all = append(all, more...)
		j, err := unseenBoth(champion, c, d.in)
		if err != nil {
			return nil, b, err
		}
		if more, better, err = rule.compare(j); err != nil {
			return nil, b, err
		}
		all = append(all, more...)
	}
	pack := criterion{Code: "pack", Bound: "= 0"}
	for _, red := range d.reds {
		if red.model == "" || red.model == c.ModelID {
			pack.Names = append(pack.Names, red.code)
		}
	}
	pack.Value, pack.Verdict = number(float64(len(pack.Names))), passIf(len(pack.Names) == 0)
	all = append(all, pack, criterion{Code: "withdrawn", Value: number(float64(boolRank(d.withdrawn[c.ModelID]))), Bound: "= 0", Verdict: passIf(!d.withdrawn[c.ModelID])})
	b = sideBySide(d.pds[c.ModelID], d.pds[champion.ModelID], d.Policy.PDTrigger.Red.Open)
	all = append(all, rule.flips(b))
	waits := func(code string, value, least int) {
		c := criterion{Code: code, Value: number(float64(value)), Bound: fmt.Sprintf(">= %d", least), Verdict: pass, Last: true}
		if value < least {
			c.Verdict = wait
		}
		all = append(all, c)
	}
	waits("shadow_nights", int(c.ShadowNights), rule.ShadowNights)
	switch age := d.AsOf.Sub(champion.since()); {
	case d.settled:
		all = append(all, criterion{Code: "champion_age", Value: number(float64(age)), Bound: "changed tonight", Verdict: wait, Last: true})
	case !better:
		waits("champion_age", age, d.Train.KeepDays)
	}
	if rule.Mode == "manual" {
		all = append(all, criterion{Code: "people", Verdict: wait, Bound: "two names", Last: true})
	}
	return all, b, nil
}

// since is the first night of a champion's reign.
func (m *modelRow) since() asof.Date {
	if m.ChampionSince != nil {
		return *m.ChampionSince
	}
	return m.TrainedOn
}

// failing are the criteria that do not hold and that time alone does not mend.
func failing(all []criterion) (bad []criterion) {
	for _, c := range all {
		if !c.holds() && c.Verdict != wait {
			bad = append(bad, c)
		}
	}
	return bad
}

// atEntry drops the criteria that are asked only of a promotion.
func atEntry(all []criterion) []criterion {
	return slices.DeleteFunc(slices.Clone(all), func(c criterion) bool { return c.Last })
}

// patience is how many nights a shadow that has served its time waits for people before it makes room for a fresher challenger.
func (p Promotion) patience() int { return 2 * max(p.ShadowNights, 14) }

// weighShadow judges the model in shadow: it goes on, is promoted, waits for people, or leaves.
func (d *deliberation) weighShadow() error {
	s, champion := d.reg.shadow, d.reg.champion.ModelID
	leak := canariesOf(d.reg.metrics, s.ModelID)
	all, b, err := d.weigh(s, &leak)
	if err != nil {
		return err
	}
	d.metrics = append(d.metrics, b.figures(s.modelRow)...)
	row := promotionRow{Decision: "shadow", Champion: champion, Challenger: s.ModelID, ShadowNights: s.ShadowNights, DecidedBy: "rule"}.with(all)
	inShadow := fmt.Sprintf("%s has been in shadow for %d of %d nights", s.ModelID, s.ShadowNights, d.Train.Promotion.ShadowNights)
	inShadowZH := fmt.Sprintf("%s 已影子运行 %d 晚（要求 %d 晚）", s.ModelID, s.ShadowNights, d.Train.Promotion.ShadowNights)
	entry, open := failing(atEntry(all)), slices.DeleteFunc(slices.Clone(all), criterion.holds)
	// What is left for time to mend needs nobody.
	people := len(failing(all)) > 0 || slices.ContainsFunc(open, func(c criterion) bool { return c.Code == "people" })
	switch {
	case len(entry) > 0:
		en, zh := sayAll(entry)
		row.Decision, row.EN, row.ZH = "dismissed", inShadow+" and leaves it: "+en, inShadowZH+"，现退出："+zh
		d.reg.shadow = nil
		d.best = d.without(s)
	case len(open) == 0 && d.in != nil:
		row.Decision, row.EN, row.ZH = "promoted", inShadow+" and takes the place of "+champion+": every criterion holds", inShadowZH+"，取代 "+champion+"：各项条件均满足"
		d.crown(s, "promoted: in place of "+champion)
	case !d.due(s) || !people:
		row.EN, row.ZH = inShadow, inShadowZH
	case int(s.ShadowNights) > d.Train.Promotion.ShadowNights+d.Train.Promotion.patience():
		en, zh := sayAll(open)
		row.Decision, row.EN, row.ZH = "dismissed", inShadow+" and makes room; open was: "+en, inShadowZH+"，现让位；未决："+zh
		d.reg.shadow = nil
	default:
		en, zh := sayAll(open)
		row.Decision, row.EN, row.ZH = "waiting", inShadow+"; open: "+en+"; two persons may promote it: creditwatch models promote "+s.ModelID, inShadowZH+"；未决："+zh+"；可由两人决定升级：creditwatch models promote "+s.ModelID
	}
	d.record(row)
	return nil
}

// without drops tonight's best where it is the very model that has just left the shadow.
func (d *deliberation) without(s *candidate) *candidate {
	if d.best != nil && d.best.ModelID == s.ModelID {
		return nil
	}
	return d.best
}

// weighBest judges the best of tonight's training.
func (d *deliberation) weighBest() error {
	best, champion := d.best, d.reg.champion.ModelID
	row := promotionRow{Decision: "kept", Champion: champion, Challenger: best.ModelID, DecidedBy: "rule"}
	switch {
	case best.ModelID == champion:
		d.note = cmp.Or(d.note, "kept: training gave the same model")
		row.EN, row.ZH = "training gave the champion again", "训练得到与现用模型相同的模型"
		d.record(row)
		return nil
	case d.reg.shadow != nil && d.reg.shadow.ModelID == best.ModelID:
		d.note = cmp.Or(d.note, "kept: the challenger is in shadow")
		return nil
	case d.reg.shadow != nil:
		d.note = cmp.Or(d.note, "kept: "+d.reg.shadow.ModelID+" is in shadow")
		best.Note = "challenger: not weighed while " + d.reg.shadow.ModelID + " is in shadow"
		row.EN, row.ZH = best.ModelID+" was trained; it is not weighed while "+d.reg.shadow.ModelID+" is in shadow", "已训练 "+best.ModelID+"；"+d.reg.shadow.ModelID+" 影子运行期间不予比较"
		d.record(row)
		return nil
	}
	best.ShadowNights = 1 // tonight, if it enters
	all, b, err := d.weigh(best, &d.canaries)
	if err != nil {
		return err
	}
	row = row.with(all)
	entry, open := failing(atEntry(all)), slices.DeleteFunc(slices.Clone(all), criterion.holds)
	switch {
	case len(entry) > 0:
		en, zh := sayAll(entry)
		best.ShadowNights = 0
		best.Note, d.note = "challenger: "+en, cmp.Or(d.note, "kept: the challenger does not meet "+codes(entry))
		row.EN, row.ZH = champion+" stays; "+best.ModelID+" does not meet "+en, champion+" 留任；"+best.ModelID+" 未满足 "+zh
		if slices.ContainsFunc(entry, func(c criterion) bool { return c.Code == "L03" || c.Code == "L04" || c.Code == "L06" }) {
			row.Finding = "leakage"
			row.EN, row.ZH = row.EN+trustEN, row.ZH+trustZH
		}
	case len(open) == 0:
		row.Decision, row.ShadowNights = "promoted", 1
		row.EN, row.ZH = best.ModelID+" takes the place of "+champion+": every criterion holds", best.ModelID+" 取代 "+champion+"：各项条件均满足"
		d.metrics = append(d.metrics, b.figures(best.modelRow)...)
		d.crown(best, "promoted: in place of "+champion)
	default:
		best.Role, best.ShadowSince = roleShadow, dateOr(d.AsOf)
		d.reg.shadow = best
		en, zh := sayAll(open)
		row.Decision, row.ShadowNights = "shadow", 1
		row.EN, row.ZH = champion+" stays; "+best.ModelID+" enters the shadow; open: "+en, champion+" 留任；"+best.ModelID+" 进入影子运行；未决："+zh
		best.Note, d.note = "in shadow", cmp.Or(d.note, "kept: a challenger has entered the shadow")
		d.metrics = append(d.metrics, b.figures(best.modelRow)...)
	}
	d.record(row)
	return nil
}

func codes(list []criterion) string {
	var out []string
	for _, c := range list {
		out = append(out, c.Code)
	}
	return strings.Join(out, ", ")
}

// compose makes the rows of the night: champion, shadow, what was trained, and the figures of each.
func (d *deliberation) compose(context.Context) error {
	champion, shadow := d.reg.champion, d.reg.shadow
	listed := map[string]bool{}
	add := func(m modelRow) {
		if !listed[m.ModelID] {
			listed[m.ModelID] = true
			m.Run, m.AsOf, m.IsChampion = d.Run, d.AsOf, m.Role == roleChampion
			d.models = append(d.models, m)
		}
	}
	if champion != nil {
		champion.Role, champion.Note = roleChampion, cmp.Or(d.note, "kept")
		if champion.ChampionSince == nil {
			champion.ChampionSince = dateOr(champion.since())
		}
		add(*champion.modelRow)
	} else {
		note := cmp.Or(strings.TrimPrefix(d.note, "kept: "), "no training tonight")
		add(modelRow{ModelID: "none", Learner: "none", Role: roleNone, TrainedOn: d.AsOf, Note: note})
	}
	if shadow != nil {
		shadow.Role, shadow.Note = roleShadow, "in shadow"
		add(*shadow.modelRow)
	}
	for _, c := range d.trained {
		add(*c.modelRow)
	}
	fresh := map[string]bool{}
	for _, m := range d.figures {
		fresh[m.ModelID] = true
	}
	d.metrics = append(d.metrics, d.figures...)
	for _, c := range []*candidate{champion, shadow} {
		if c == nil || fresh[c.ModelID] {
			continue
		}
		held := d.in != nil
		for _, m := range d.reg.metrics {
			if m.ModelID == c.ModelID && !(held && m.Sample == "holdout") {
				d.metrics = append(d.metrics, m)
			}
		}
		if held {
			figures, err := figuresOf(c.model, d.in)
			if err != nil {
				return err
			}
			d.metrics = append(d.metrics, figures...)
		}
	}
	if len(d.trained) == 0 {
		for _, m := range d.reg.metrics {
			if m.Learner == "benchmark" {
				d.metrics = append(d.metrics, m)
			}
		}
	}
	for i := range d.metrics {
		d.metrics[i].Run, d.metrics[i].AsOf = d.Run, d.AsOf
	}
	for i := range d.promotions {
		p := &d.promotions[i]
		p.Run, p.AsOf, p.Seq, p.Retrained, p.Mode, p.Live, p.DecisionID = d.Run, d.AsOf, uint8(i+1), len(d.trained) > 0, d.Train.Promotion.Mode, d.reg.championID(), d.reg.decision
		p.DecidedBy = cmp.Or(p.DecidedBy, "rule")
	}
	return nil
}
