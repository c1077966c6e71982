package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"creditwatch/features"
	"creditwatch/models"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// Promotion is the rule by which a challenger takes the champion's place.
type Promotion struct {
	Mode           string   `yaml:"mode"`            // automatic: by the rule alone; manual: the rule proposes, two persons decide
	ShadowNights   int      `yaml:"shadow_nights"`   // nights a challenger is scored beside the champion first
	Significance   float64  `yaml:"significance"`    // of the paired test by which a challenger ranks better …
	NonInferiority float64  `yaml:"non_inferiority"` // … or the AUC it may lose at most, at 95 %, where its Brier skill is better
	MaxFlips       float64  `yaml:"max_flips"`       // share of customers who may cross the line of the policy at which a PD calls for action
	Trusted        []string `yaml:"trusted"`         // features that may be as strong as they like
}

// A promotionRow is a row of the table promotions.
type promotionRow struct {
	Run          uint64     `ch:"run"`
	AsOf         asof.Date  `ch:"as_of"`
	Seq          uint8      `ch:"seq"`
	Decision     string     `ch:"decision"`
	Champion     string     `ch:"champion"`
	Challenger   string     `ch:"challenger"`
	Live         string     `ch:"live"`
	Retrained    bool       `ch:"retrained"`
	Mode         string     `ch:"mode"`
	ShadowNights uint32     `ch:"shadow_nights"`
	Criterion    []string   `ch:"criterion"`
	Measured     []*float64 `ch:"measured"`
	Bound        []string   `ch:"bound"`
	Verdict      []string   `ch:"verdict"`
	Finding      string     `ch:"finding"`
	DecidedBy    string     `ch:"decided_by"`
	ApprovedBy   string     `ch:"approved_by"`
	DecisionID   string     `ch:"decision_id"`
	EN           string     `ch:"text_en"`
	ZH           string     `ch:"text_zh"`
}

// Verdicts on a criterion.
const (
	pass = "pass"
	fail = "fail"
	grey = "grey" // not enough data: never a pass, but where the rule asks only that nothing is red
	wait = "wait" // passes with time, or when people decide
)

func passIf(ok bool) string {
	if ok {
		return pass
	}
	return fail
}

// A criterion is one condition of the rule with what was found. Codes are those of the validation pack where it has one.
type criterion struct {
	Code    string
	Value   *float64
	Bound   string
	Verdict string
	Names   []string // what failed it
	Lenient bool     // grey does not stop a promotion
	Last    bool     // asked only when the challenger is to be promoted, not when it enters the shadow
}

func (c criterion) holds() bool { return c.Verdict == pass || c.Verdict == grey && c.Lenient }

// criterionNames say what a criterion asks.
var criterionNames = map[string][2]string{
	"L03":           {"labels dealt anew teach nothing", "标签打乱后学不到东西"},
	"L04":           {"no feature knows the future", "没有特征预知未来"},
	"L06":           {"trained twice, the same bytes", "两次训练逐字节相同"},
	"P11":           {"the PD rises with the signs of risk", "违约概率随风险信号单调"},
	"E03":           {"reasons add up to the score", "原因之和等于评分"},
	"D05":           {"ranks better, or as well with a better Brier score", "排序更优，或相当且 Brier 更优"},
	"C08":           {"Brier skill", "Brier 技巧分"},
	"C01":           {"the PD level is no worse", "违约概率水平不变差"},
	"C07":           {"the calibration line is no worse", "校准线不变差"},
	"P09":           {"decisions that flip", "决策翻转"},
	"shadow_nights": {"nights in shadow", "影子运行晚数"},
	"champion_age":  {"age of the champion", "现用模型任期"},
	"pack":          {"no gate or leakage test red last night", "前一晚门禁与泄漏检验无红灯"},
	"withdrawn":     {"not taken back by people", "未被人工撤回"},
	"people":        {"people decide", "由人决定"},
}

func (c criterion) say() (en, zh string) {
	value := "–"
	if c.Value != nil {
		value = strconv.FormatFloat(*c.Value, 'g', 4, 64)
	}
	names, namesZH := strings.Join(c.Names, ", "), strings.Join(c.Names, "、")
	if names != "" {
		names, namesZH = ": "+names, "："+namesZH
	}
	what := criterionNames[c.Code]
	return fmt.Sprintf("%s %s (%s, wants %s)%s", c.Code, what[0], value, c.Bound, names), fmt.Sprintf("%s %s（%s，要求 %s）%s", c.Code, what[1], value, c.Bound, namesZH)
}

// sayAll names criteria in one sentence.
func sayAll(list []criterion) (en, zh string) {
	var ens, zhs []string
	for _, c := range list {
		e, z := c.say()
		ens, zhs = append(ens, e), append(zhs, z)
	}
	return strings.Join(ens, "; "), strings.Join(zhs, "；")
}

// with puts the criteria into the row.
func (p promotionRow) with(list []criterion) promotionRow {
	for _, c := range list {
		p.Criterion, p.Measured, p.Bound, p.Verdict = append(p.Criterion, c.Code), append(p.Measured, c.Value), append(p.Bound, c.Bound), append(p.Verdict, c.Verdict)
	}
	return p
}

// sound gives the criteria that a model meets by itself: P11 and E03.
func sound(m *models.Model, in *models.TrainInput) ([]criterion, error) {
	rec, err := take(in.Features, few(in, provenRows))
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	proofs, err := m.Prove(rec)
	if err != nil {
		return nil, err
	}
	return []criterion{
		{Code: "P11", Value: number(float64(proofs.Monotone.Failed)), Bound: fmt.Sprintf("0 of %d", proofs.Monotone.Tried), Verdict: passIf(proofs.Monotone.Failed == 0)},
		{Code: "E03", Value: number(proofs.Additivity), Bound: "<= 1e-9", Verdict: passIf(proofs.Additivity <= 1e-9)},
	}, nil
}

// provenRows is how many rows a model is proven on before it may score.
const provenRows = 300

// judged are two models' PDs on rows that neither has learnt from and whose outcome is fully known.
type judged struct {
	champion, challenger []float64
	outcome              []uint8
	defaults             int
}

// unseenBoth scores the common cohort: held-out rows that neither model has seen, fully observed.
func unseenBoth(champion, challenger *candidate, in *models.TrainInput) (j judged, err error) {
	var places []int
	for i, held := range in.Holdout {
		if held && (in.Weights == nil || in.Weights[i] == 1) && champion.hasNotSeen(in.Cohorts[i], in.Customers[i]) && challenger.hasNotSeen(in.Cohorts[i], in.Customers[i]) {
			places = append(places, i)
		}
	}
	rec, err := take(in.Features, places)
	if err != nil {
		return j, err
	}
	defer rec.Release()
	for _, m := range []struct {
		*candidate
		into *[]float64
	}{{champion, &j.champion}, {challenger, &j.challenger}} {
		logOdds, _, err := m.model.PDs(rec)
		if err != nil {
			return j, err
		}
		for _, eta := range logOdds {
			*m.into = append(*m.into, 1/(1+math.Exp(-eta)))
		}
	}
	j.outcome = pick(in.Default, places)
	for _, y := range j.outcome {
		j.defaults += int(y)
	}
	return j, nil
}

// Least numbers below which a comparison is grey.
const (
	leastDefaults = 20 // D05, C07
	leastRows     = 20 // C01, P09
)

// compare gives the criteria of the rule that hold two models against each other on the same mature rows: D05, C08, C01, C07. better reports
// whether the challenger ranks significantly better.
func (p Promotion) compare(j judged) (list []criterion, better bool, err error) {
	list = []criterion{
		{Code: "D05", Verdict: grey, Bound: fmt.Sprintf(">= %d defaults among rows that neither has seen, there are %d", leastDefaults, j.defaults)},
		// Where D05 has too few defaults, so have these; they are not named again.
		{Code: "C08", Verdict: grey, Lenient: true}, {Code: "C01", Verdict: grey, Lenient: true}, {Code: "C07", Verdict: grey, Lenient: true},
	}
	n := len(j.outcome)
	if j.defaults < leastDefaults || n-j.defaults < leastDefaults {
		return list, false, nil
	}
	paired, err := validation.Paired(j.challenger, j.champion, j.outcome)
	if err != nil {
		return nil, false, err
	}
	var skill [2]float64
	rate := float64(j.defaults) / float64(n)
	for i, pd := range [][]float64{j.challenger, j.champion} {
		brier, err := validation.Brier(pd, j.outcome)
		if err != nil {
			return nil, false, err
		}
		skill[i] = 1 - brier/(rate*(1-rate))
	}
	better = paired.Difference > 0 && paired.P <= p.Significance
	// One-sided at 95 %: the AUC given up is below the margin. Scores that rank alike give up nothing.
	lower := paired.Difference - 1.6449*paired.SE
	notWorse := lower > -p.NonInferiority
	list[0] = criterion{Code: "D05", Value: number(paired.Difference), Verdict: passIf(better || notWorse && skill[0] > skill[1]),
		Bound: fmt.Sprintf("better with p <= %g (p is %.4g), or above -%g at 95 %% (lower end %.4g) with C08", p.Significance, paired.P, p.NonInferiority, lower)}
	list[1] = criterion{Code: "C08", Value: number(skill[0]), Bound: fmt.Sprintf("above the champion's %.4g, or D05 better", skill[1]), Verdict: passIf(better || skill[0] > skill[1])}
	was, is := levelOf(j.champion, j.defaults), levelOf(j.challenger, j.defaults)
	list[2] = criterion{Code: "C01", Value: number(is.p), Verdict: passIf(noWorse(is.light, was.light, is.ratio, was.ratio)),
		Bound: fmt.Sprintf("not red (is %s, observed/expected %.3g); the champion is %s (p %.4g, %.3g)", is.light, is.ratio, was.light, was.p, was.ratio)}
	wasLine, errWas := validation.LogitLine(j.champion, j.outcome)
	isLine, errIs := validation.LogitLine(j.challenger, j.outcome)
	if err := errors.Join(errWas, errIs); errors.Is(err, validation.ErrGrey) {
		list[3] = criterion{Code: "C07", Verdict: grey, Bound: "a line through both models' PDs: " + strings.ReplaceAll(err.Error(), "\n", "; ")}
	} else if err != nil {
		return nil, false, err
	} else {
		is, was := lineLight(isLine), lineLight(wasLine)
		list[3] = criterion{Code: "C07", Value: number(isLine.Slope), Verdict: passIf(noWorse(is, was, isLine.Slope, wasLine.Slope)),
			Bound: fmt.Sprintf("not red (is %s, p %.4g); the champion is %s (slope %.4g, p %.4g)", is, isLine.P, was, wasLine.Slope, wasLine.P)}
	}
	return list, better, nil
}

// alike is how far two ratios may be apart, in logarithms, and still be the same.
const alike = 0.05

// noWorse says whether a challenger's calibration is no worse than the champion's: it is not red, or the champion's is red too and the
// challenger's figure hardly farther from 1. Amber is not worse than green: it is what may be chance or is too small to matter, and a model that
// tells nobody apart is green.
func noWorse(is, was string, value, before float64) bool {
	if is != "red" {
		return true
	}
	off := func(v float64) float64 { return math.Abs(math.Log(max(v, 1e-9))) }
	return was == "red" && off(value) <= off(before)+alike
}

// A level is C01 of a book: Jeffreys' p-value of "the PD is not too low", or its mirror where it is too high, whichever is smaller.
type level struct {
	p, ratio float64 // ratio is observed to expected defaults
	light    string
}

func levelOf(pd []float64, defaults int) level {
	n, d, mean := float64(len(pd)), float64(defaults), 0.0
	for _, p := range pd {
		mean += p / n
	}
	p, err := validation.Jeffreys(n, d, mean)
	if err != nil {
		return level{0, math.Inf(1), "red"} // more defaults than rows cannot be
	}
	l := level{min(p, 1-p), d / n / mean, "green"}
	switch {
	case l.p <= 0.05 && (p <= 0.05 && l.ratio >= 1.25 || p > 0.5 && l.ratio <= 0.6):
		l.light = "red"
	case l.p <= 0.10:
		l.light = "amber"
	}
	return l
}

// lineLight is the light of C07: log-odds of what happened = intercept + slope x log-odds that were said.
func lineLight(l validation.Line) string {
	switch {
	case l.Slope >= 0.8 && l.Slope <= 1.25 && l.P > 0.05:
		return "green"
	case (l.Slope < 0.6 || l.Slope > 1.5) && l.P <= 0.05:
		return "red"
	}
	return "amber"
}

// A beside is how the shadow scored tonight's book beside the champion.
type beside struct {
	customers          int
	mean, championMean float64
	flips, moves, tau  float64 // share whose decision flips; share that moves two grades or more; Kendall's tau-b
	flipped            int
}

// scoreBook scores tonight's customers that are to have a PD by several models. PDs are over twelve months.
func (n *Night) scoreBook(ctx context.Context, list ...*models.Model) (pds [][]float64, err error) {
	pds = make([][]float64, len(list))
	err = n.eachAsked(ctx, func(rec arrow.Record, asked []int) error {
		for i, m := range list {
			_, pd, err := m.PDs(rec)
			if err != nil {
				return err
			}
			pds[i] = append(pds[i], pick(pd, asked)...)
		}
		return nil
	})
	return pds, err
}

// bookLogOdds are the log-odds of the same customers by a model.
func (n *Night) bookLogOdds(ctx context.Context, m *models.Model) (out []float64, err error) {
	err = n.eachAsked(ctx, func(rec arrow.Record, asked []int) error {
		logOdds, _, err := m.PDs(rec)
		if err == nil {
			out = append(out, pick(logOdds, asked)...)
		}
		return err
	})
	return out, err
}

// eachAsked reads tonight's features; asked are the places of those rows for whom a model is asked.
func (n *Night) eachAsked(ctx context.Context, do func(rec arrow.Record, asked []int) error) error {
	var names []string
	for _, f := range features.ModelFeatures() {
		names = append(names, "f."+f.Name+" AS "+f.Name)
	}
	names = append(names, historyMonths)
	answer, err := n.Query(ctx, n.population("score_input", "f", names), n.params(map[string]any{
		"from_ledger": n.Default.FromLedger, "recurring": n.Default.Recurring,
	}))
	if err != nil {
		return err
	}
	defer answer.Release()
	for answer.Next() {
		rec := answer.Record()
		var asked []int
		at := 0
		err := rows.EachOf(rec, func(r *rows.Row) error {
			if !r.Is("is_dormant") && !r.Is("in_default") && r.Is("is_at_risk") {
				asked = append(asked, at)
			}
			at++
			return nil
		})
		if err == nil {
			err = do(rec, asked)
		}
		if err != nil {
			return err
		}
	}
	return answer.Err()
}

// sideBySide holds a challenger's PDs of tonight's book against the champion's. action is the PD from which the policy acts.
func sideBySide(challenger, champion []float64, action float64) (b beside) {
	b.customers = len(champion)
	if b.customers == 0 {
		return b
	}
	grade := func(pd float64) int {
		name := models.GradeOf(pd).Name
		return slices.IndexFunc(models.MasterScale, func(g models.Grade) bool { return g.Name == name })
	}
	moved := 0
	for i := range champion {
		b.mean, b.championMean = b.mean+challenger[i]/float64(b.customers), b.championMean+champion[i]/float64(b.customers)
		if (challenger[i] >= action) != (champion[i] >= action) {
			b.flipped++
		}
		if d := grade(challenger[i]) - grade(champion[i]); d >= 2 || d <= -2 {
			moved++
		}
	}
	b.flips, b.moves, b.tau = float64(b.flipped)/float64(b.customers), float64(moved)/float64(b.customers), 1
	if tau, err := validation.Kendall(champion, challenger); err == nil { // grey where a model has no order: nothing is turned round
		b.tau = tau
	}
	return b
}

// figures are the comparison as rows of model_metrics.
func (b beside) figures(m *modelRow) (out []metricRow) {
	add := func(metric string, v float64) {
		out = append(out, metricRow{ModelID: m.ModelID, Learner: m.Learner, Sample: "shadow", Metric: metric, Value: v})
	}
	add("nights", float64(m.ShadowNights))
	add("customers", float64(b.customers))
	if b.customers > 0 {
		add("pd_mean", b.mean)
		add("champion_pd_mean", b.championMean)
		add("flips", float64(b.flipped))
		add("flip_share", b.flips)
		add("grade_moves_2", b.moves)
		add("tau", b.tau)
	}
	return out
}

// flips is the criterion P09.
func (p Promotion) flips(b beside) criterion {
	c := criterion{Code: "P09", Verdict: grey, Bound: fmt.Sprintf("<= %g of the customers", p.MaxFlips), Last: true}
	if b.customers >= leastRows {
		c.Value, c.Verdict = number(b.flips), passIf(b.flips <= p.MaxFlips)
		c.Bound = fmt.Sprintf("<= %g of %d customers; tau %.3f", p.MaxFlips, b.customers, b.tau)
	}
	return c
}

// figuresOf judges a model on tonight's held-out rows as the challengers are judged.
func figuresOf(m *models.Model, in *models.TrainInput) (figures []metricRow, err error) {
	var places []int
	for i, held := range in.Holdout {
		if held {
			places = append(places, i)
		}
	}
	rec, err := take(in.Features, places)
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	logOdds, _, err := m.PDs(rec)
	if err != nil {
		return nil, err
	}
	pd, y := make([]float64, len(logOdds)), pick(in.Default, places)
	var observed, expected float64
	for i, eta := range logOdds {
		pd[i] = 1 / (1 + math.Exp(-eta))
		observed, expected = observed+float64(y[i]), expected+pd[i]
	}
	add := func(metric string, v float64) {
		figures = append(figures, metricRow{ModelID: m.ID(), Learner: m.Learner, Sample: "holdout", Metric: metric, Value: v})
	}
	add("rows", float64(len(y)))
	if len(y) == 0 {
		return figures, nil
	}
	loss, err := validation.LogLoss(pd, y)
	if err != nil {
		return nil, err
	}
	brier, err := validation.Brier(pd, y)
	if err != nil {
		return nil, err
	}
	add("log_loss", loss)
	add("brier", brier)
	add("observed", observed)
	add("expected", expected)
	rank, err := validation.Rank(pd, y)
	if errors.Is(err, validation.ErrGrey) {
		return figures, nil // one class only: no order to judge
	}
	add("auc", rank.AUC)
	add("auc_se", math.Sqrt(rank.Variance))
	add("ks", rank.KS)
	return figures, err
}

// carryMetrics reads what the night before kept of champion and shadow.
func (n *Night) carryMetrics(ctx context.Context, reg *registry) error {
	var ids []string
	for _, c := range []*candidate{reg.champion, reg.shadow} {
		if c != nil {
			ids = append(ids, c.ModelID)
		}
	}
	reg.metrics = nil
	return rows.Each(ctx, n, "model_metrics", sqlOf("metrics"), map[string]any{"as_of": n.AsOf, "models": ids}, func(r *rows.Row) error {
		reg.metrics = append(reg.metrics, metricRow{ModelID: r.Text("model_id"), Learner: r.Text("learner"), Sample: r.Text("sample"), Metric: r.Text("metric"), Value: *r.Float("value")})
		return nil
	})
}
