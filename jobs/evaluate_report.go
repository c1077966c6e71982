package jobs

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gonum.org/v1/gonum/stat/distuv"

	"creditwatch/models"
	"creditwatch/models/validation"
	"creditwatch/pipeline/report"
)

//go:embed evaluate.html
var evaluateHTML string

var evaluateTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("evaluate").Funcs(template.FuncMap{"pair": pair}).Parse(evaluateHTML))
})

// pair hands a leaf and a feature of the card to the template of the latter.
func pair(s *leaf, f models.CardOf) any {
	return struct {
		Sheet *leaf
		Card  models.CardOf
	}{s, f}
}

// An evaluated is a labelled table that was evaluated, and what a page says of it. All figures but those of single folds
// are of every row, each judged by the learner that did not see it.
type evaluated struct {
	models.Evaluation
	Data    string // file
	Format  string
	Notes   []string // slips of the file
	Label   string
	ID      string
	Folds   int
	FoldBy  string
	Command string
	Version string

	chosen models.EvaluatedResult
	y      []uint8
	rank   validation.Ranking
	line   validation.Line
	lineOK bool
	cells  []validation.Cell // tenths of like PD
	ece    float64
	hl     float64 // p-value of Hosmer and Lemeshow; NaN where it cannot be had
	mean   float64 // PD
	skill  float64 // of the Brier score against the base rate
}

func (e *evaluated) judge() error {
	i := slices.IndexFunc(e.Learners, func(l models.EvaluatedResult) bool { return l.Learner == e.Chosen })
	e.chosen, e.y = e.Learners[i], e.Evaluation.Label
	pd := e.chosen.OutOfFold
	var err error
	if e.rank, err = validation.Rank(pd, e.y); err != nil {
		return err
	}
	if e.line, err = validation.LogitLine(pd, e.y); err == nil {
		e.lineOK = true
	} else if !errors.Is(err, validation.ErrGrey) {
		return err
	}
	e.cells = validation.Tenths(pd, e.y, 10)
	e.ece, _ = validation.CalibrationError(e.cells)
	if _, e.hl, err = validation.HosmerLemeshow(validation.Merge(e.cells, 5), 0); err != nil {
		e.hl = math.NaN()
	}
	for _, v := range pd {
		e.mean += v / float64(len(pd))
	}
	brier, err := validation.Brier(pd, e.y)
	if err != nil {
		return err
	}
	base := e.base()
	e.skill = 1 - brier/(base*(1-base))
	return nil
}

func (e *evaluated) base() float64 { return float64(e.Positives) / float64(e.Rows) }

// capture is the share of all defaults among the share of rows rated worst.
func (e *evaluated) capture(pd []float64, worst float64) float64 {
	c, err := validation.Capture(pd, e.y, nil, worst)
	if err != nil {
		return math.NaN()
	}
	return c
}

// interval is the 90 % Jeffreys interval of a default rate.
func interval(n, d float64) (lo, hi float64) {
	b := distuv.Beta{Alpha: d + 0.5, Beta: n - d + 0.5}
	lo, hi = b.Quantile(0.05), b.Quantile(0.95)
	if d == 0 {
		lo = 0
	}
	if d == n {
		hi = 1
	}
	return lo, hi
}

// writeEvaluation writes the report: one page in both languages that runs nothing and loads nothing. first is the
// language shown first, en or zh.
func writeEvaluation(w io.Writer, e *evaluated, first string) error {
	if e.Detail == nil {
		return errors.New("report: the evaluation has no detail")
	}
	if err := e.judge(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	page := struct {
		Security, Style template.HTML
		ZHFirst         bool
		Title           string
		Sheets          []*leaf
	}{report.Security(), report.Style(), first == "zh", filepath.Base(e.Data), []*leaf{{evaluated: e, Lang: "en"}, {evaluated: e, Lang: "zh"}}}
	var out bytes.Buffer
	if err := evaluateTemplate().Execute(&out, page); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// A leaf is the page in one language.
type leaf struct {
	*evaluated
	Lang string
}

// T picks the text of the leaf's language.
func (s *leaf) T(en, zh string) string {
	if s.Lang == "zh" {
		return zh
	}
	return en
}

// Tf is T with figures; both texts take them in the same order.
func (s *leaf) Tf(en, zh string, figures ...any) string {
	return fmt.Sprintf(s.T(en, zh), figures...)
}

// Chosen is the chosen learner.
func (s *leaf) Chosen() models.EvaluatedResult { return s.chosen }

func (s *leaf) ChosenName() string { return s.chosen.Learner }

// Base is the share of defaults.
func (s *leaf) Base() float64 { return s.base() }

// WorstTenth is the share of all defaults among the tenth rated worst, WorstRate their default rate, and WorstLift how
// many times the average that is.
func (s *leaf) WorstTenth() float64 { return s.capture(s.chosen.OutOfFold, 0.1) }
func (s *leaf) WorstRate() float64  { return s.WorstTenth() * s.base() / 0.1 }
func (s *leaf) WorstLift() float64  { return s.WorstTenth() / 0.1 }

// BenchmarkVersus is the benchmark's AUC against the chosen learner's, BenchmarkWorst what its worst tenth holds.
func (s *leaf) BenchmarkVersus() string {
	c, err := validation.Paired(s.Benchmark.OutOfFold, s.chosen.OutOfFold, s.y)
	if err != nil {
		return ""
	}
	return signed(c.Difference, 4)
}
func (s *leaf) BenchmarkWorst() float64 { return s.capture(s.Benchmark.OutOfFold, 0.1) }

// CardFeatures are the first columns of the card, CardMore the others.
func (s *leaf) CardFeatures() []models.CardOf {
	return s.Detail.Card.Features[:min(len(s.Detail.Card.Features), cardShown)]
}
func (s *leaf) CardMore() []models.CardOf { return s.Detail.Card.Features[len(s.CardFeatures()):] }

const cardShown = 8

// ChanceText says what chance would give a feature.
func (s *leaf) ChanceText(c *models.Chance) string {
	if c.P > 0.05 {
		return s.Tf("no more than chance gives (up to %s, p %s)", "不超过随机水平（最多 %s，p %s）", s.Fixed(c.P95, 3), models.PValue(c.P))
	}
	return s.Tf("chance gives up to %s", "随机最多可达 %s", s.Fixed(c.P95, 3))
}

// Turned reports points worth a mark that go against the bin's own WoE.
func (s *leaf) Turned(l models.CardLine) bool { return l.Turned && math.Abs(l.Points) >= 0.5 }

// TurnedAny reports whether a feature has such points.
func (s *leaf) TurnedAny(f models.CardOf) bool { return slices.ContainsFunc(f.Lines, s.Turned) }

// Shortened cuts a long text.
func (s *leaf) Shortened(text string) string {
	if r := []rune(text); len(r) > 24 {
		return string(r[:23]) + "…"
	}
	return text
}

func (s *leaf) HTMLLang() string { return s.T("en", "zh-CN") }
func (s *leaf) File() string     { return filepath.Base(s.Data) }

// Count writes a whole number.
func (s *leaf) Count(v any) string {
	switch v := v.(type) {
	case int:
		return grouped(strconv.Itoa(v))
	case float64:
		return grouped(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return fmt.Sprint(v)
}

// Pct writes a share.
func (s *leaf) Pct(v float64, places int) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(100*v, 'f', places, 64) + s.T(" %", "%")
}

// Fixed writes a figure.
func (s *leaf) Fixed(v float64, places int) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', places, 64), "-", "−", 1)
}

func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// short writes a value of a column with about four digits.
func short(v float64) string {
	switch a := math.Abs(v); {
	case math.IsInf(v, 0):
		return strings.Replace(strconv.FormatFloat(v, 'g', -1, 64), "Inf", "∞", 1)
	case a >= 1e7:
		return strconv.FormatFloat(v/1e6, 'g', 4, 64) + " M"
	case a >= 1000:
		return grouped(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', 4, 64), "-", "−", 1)
}

// A light is a judgement with its figure.
type light struct {
	Light, Name, Value, About string
}

// Lights judge the evaluation by the bounds that nights are judged by, where there are such.
func (s *leaf) Lights() []light {
	of := func(green, amber bool) string {
		switch {
		case green:
			return "green"
		case amber:
			return "amber"
		}
		return "red"
	}
	var out []light
	add := func(l, name, value, about string) { out = append(out, light{l, name, value, about}) }
	auc := s.chosen.MeanAUC
	half := 1.96 * math.Sqrt(s.rank.Variance)
	add(of(auc >= 0.75, auc >= 0.70), s.T("Ranking", "排序能力"), "AUC "+s.Fixed(auc, 4),
		s.Tf("95 %% interval ± %s; 0.50 is chance, 0.75 and more is good", "95%% 置信区间 ± %s；0.50 为随机，0.75 以上为良好", s.Fixed(half, 4)))
	gain := auc - s.Benchmark.MeanAUC
	add(of(gain >= 0.05, gain > 0), s.T("Against the best single column", "对比最强单一变量"), signed(gain, 4),
		s.Tf("%s alone has AUC %s; a model should be ahead by 0.05", "仅用 %s 时 AUC 为 %s；模型应领先 0.05 以上", s.Benchmark.Column, s.Fixed(s.Benchmark.MeanAUC, 4)))
	ratio := float64(s.Positives) / (s.mean * float64(s.Rows))
	add(of(ratio >= 0.87 && ratio <= 1.15, ratio >= 0.67 && ratio <= 1.5), s.T("Level of the probabilities", "概率水平"), s.Fixed(ratio, 3),
		s.Tf("defaults observed for each expected; 1 is right (expected %s, observed %s)", "每预期一笔违约的实际违约数；1 为准确（预期 %s，实际 %s）", s.Pct(s.mean, 2), s.Pct(s.base(), 2)))
	if s.lineOK {
		slope := s.line.Slope
		add(of(slope >= 0.8 && slope <= 1.25, slope >= 0.6 && slope <= 1.5), s.T("Spread of the probabilities", "概率分布幅度"), s.Fixed(slope, 3),
			s.T("slope of calibration; below 1 the probabilities are too extreme, above 1 too timid", "校准斜率；小于 1 表示概率过于极端，大于 1 表示过于保守"))
	}
	certain, strong := s.suspects()
	add(of(len(certain)+len(strong) == 0, len(certain) == 0), s.T("Leakage", "数据泄漏"), s.columns(len(certain)+len(strong)),
		s.T("columns that tell more of the outcome by themselves than honest ones usually do", "单独即能高度解释结果、超出正常范围的变量"))
	few := min(s.Positives, s.Rows-s.Positives)
	add(of(few >= 200, few >= 50), s.T("Evidence", "样本依据"), s.Tf("%s defaults", "违约 %s 笔", s.Count(s.Positives)),
		s.T("fewer than 200 of either outcome leave the figures wide", "任一结果少于 200 笔时，指标的不确定性较大"))
	return out
}

// columns counts columns.
func (s *leaf) columns(n int) string {
	if n == 1 {
		return s.T("1 column", "1 列")
	}
	return s.Tf("%d columns", "%d 列", n)
}

func signed(v float64, places int) string {
	s := strconv.FormatFloat(v, 'f', places, 64)
	if v >= 0 {
		return "+" + s
	}
	return strings.Replace(s, "-", "−", 1)
}

// suspects are the columns of an AUC, and those of an IV only, beyond belief.
func (s *leaf) suspects() (certain, strong []models.Suspect) {
	for _, x := range s.Suspects {
		if x.AUC > 0.9 {
			certain = append(certain, x)
		} else {
			strong = append(strong, x)
		}
	}
	return certain, strong
}

// Lead says in a sentence what the model is good for.
func (s *leaf) Lead() string {
	pd := s.chosen.OutOfFold
	return s.Tf("The tenth of the rows rated worst holds %s of all defaults: chance would find %s, the best single column (%s) %s. Of the half rated best, %s default.",
		"评级最差的 10%% 中包含全部违约的 %s：随机只能找到 %s，最强单一变量（%s）找到 %s。评级最好的一半中，违约率为 %s。",
		s.Pct(s.capture(pd, 0.1), 1), s.Pct(0.1, 0), s.Benchmark.Column, s.Pct(s.capture(s.Benchmark.OutOfFold, 0.1), 1), s.Pct(s.bestHalf(), 1))
}

// bestHalf is the default rate of the half rated best.
func (s *leaf) bestHalf() float64 {
	n, d := 0.0, 0.0
	for _, c := range validation.Tenths(s.chosen.OutOfFold, s.y, 2)[:1] {
		n, d = n+c.N, d+c.D
	}
	return d / n
}

// Warnings are what the reader should know before believing anything.
func (s *leaf) Warnings() []string {
	var out []string
	certain, strong := s.suspects()
	name := func(list []models.Suspect) string {
		var names []string
		for _, x := range list[:min(len(list), 6)] {
			names = append(names, fmt.Sprintf("%s (AUC %.3f, IV %.2f)", x.Column, x.AUC, x.IV))
		}
		if len(list) > 6 {
			names = append(names, "…")
		}
		return strings.Join(names, s.T(", ", "、"))
	}
	if len(certain) > 0 {
		out = append(out, s.Tf("Almost certainly leakage: %s. By themselves they nearly give the outcome away. Leave them out unless they were known before it.", "几乎可以确定存在数据泄漏：%s。这些列单独就几乎能给出结果，除非在结果发生前已知，否则应剔除。", name(certain)))
	}
	if len(strong) > 0 {
		out = append(out, s.Tf("Very strong by themselves: %s. Make sure that they were known before the outcome.", "单独即很强：%s。请确认它们在结果发生之前已知。", name(strong)))
	}
	var names, copies []string
	for _, f := range s.Detail.Features {
		if f.Names(s.Rows) {
			names = append(names, f.Name)
		}
		if f.CopyOf != "" {
			copies = append(copies, f.Name+" = "+f.CopyOf)
		}
	}
	if len(names) > 0 {
		out = append(out, s.Tf("Seems to name the rows rather than to describe them: %s. Give it as --id.", "更像是行标识而非特征：%s。请用 --id 指定。", strings.Join(names, s.T(", ", "、"))))
	}
	if len(copies) > 0 {
		out = append(out, s.Tf("Copies of another column: %s.", "与其他列完全相同：%s。", strings.Join(copies, s.T(", ", "、"))))
	}
	if few := min(s.Positives, s.Rows-s.Positives); few < 50 {
		out = append(out, s.Tf("Only %d rows of the rarer outcome: all figures are rough.", "较少的一类结果仅有 %d 行：所有指标均较粗略。", few))
	}
	return out
}

// A learnerRow is a line of the table of learners.
type learnerRow struct {
	models.EvaluatedResult
	Chosen  bool
	Versus  string // AUC against the chosen one
	P       string
	Capture float64
}

// LearnerRows compare the learners, best first.
func (s *leaf) LearnerRows() []learnerRow {
	var out []learnerRow
	for _, l := range s.Ranked() {
		row := learnerRow{EvaluatedResult: l, Chosen: l.Learner == s.chosen.Learner, Capture: s.capture(l.OutOfFold, 0.1)}
		if !row.Chosen {
			if c, err := validation.Paired(l.OutOfFold, s.chosen.OutOfFold, s.y); err == nil {
				row.Versus, row.P = signed(c.Difference, 4), models.PValue(c.P)
			}
		}
		out = append(out, row)
	}
	return out
}

// learnerNames in words.
var learnerNames = map[string][2]string{
	"scorecard": {"points card", "评分卡"}, "linear": {"regression with bends", "可弯曲的逻辑回归"}, "forest": {"forest of trees", "随机森林"},
	"boosted": {"boosted trees", "梯度提升树"}, "blend": {"blend of the others", "组合模型"},
}

// Called names a learner in words.
func (s *leaf) Called(learner string) string {
	if n, ok := learnerNames[learner]; ok {
		return s.T(n[0], n[1])
	}
	return learner
}

// A tenth is a line of the table of tenths.
type tenth struct {
	N, D, PD, Rate, Lo, Hi, Lift, Found float64
	Inside                              bool
}

// Tenths are the rows by PD, worst first.
func (s *leaf) Tenths() []tenth {
	var out []tenth
	found := 0.0
	for i := len(s.cells) - 1; i >= 0; i-- {
		c := s.cells[i]
		found += c.D / float64(s.Positives)
		t := tenth{N: c.N, D: c.D, PD: c.PD, Rate: c.D / c.N, Lift: c.D / c.N / s.base(), Found: found}
		t.Lo, t.Hi = interval(c.N, c.D)
		t.Inside = c.PD >= t.Lo && c.PD <= t.Hi
		out = append(out, t)
	}
	return out
}

// A gradeRow is a grade of the master scale.
type gradeRow struct {
	models.Grade
	tenth
}

// Grades are the rows by the grade of their PD, best first.
func (s *leaf) Grades() []gradeRow {
	of := map[string]*gradeRow{}
	for i, pd := range s.chosen.OutOfFold {
		g := models.GradeOf(pd)
		if of[g.Name] == nil {
			of[g.Name] = &gradeRow{Grade: g}
		}
		of[g.Name].N++
		of[g.Name].D += float64(s.y[i])
		of[g.Name].PD += pd
	}
	var out []gradeRow
	for _, g := range models.MasterScale {
		if r := of[g.Name]; r != nil {
			r.PD /= r.N
			r.Rate = r.D / r.N
			r.Lo, r.Hi = interval(r.N, r.D)
			r.Inside = r.PD >= r.Lo && r.PD <= r.Hi
			out = append(out, *r)
		}
	}
	return out
}

// GradeText is a grade in words.
func (s *leaf) GradeText(g gradeRow) string { return s.T(g.EN, g.ZH) }

// CalibrationText sums the calibration up.
func (s *leaf) CalibrationText() string {
	inside := 0
	for _, t := range s.Tenths() {
		if t.Inside {
			inside++
		}
	}
	text := s.Tf("The probability lies inside the 90 %% interval of the observed rate in %d of %d tenths; the mean distance is %s.", "在 %d 个（共 %d 个）十分位中，预测概率落在实际违约率的 90%% 区间内；平均偏差为 %s。", inside, len(s.cells), s.Pct(s.ece, 2))
	if !math.IsNaN(s.hl) {
		text += s.Tf(" Hosmer–Lemeshow p = %s.", "Hosmer–Lemeshow 检验 p = %s。", models.PValue(s.hl))
	}
	return text + s.Tf(" Against giving every row the base rate, the squared error (Brier) falls by %s.", "与对每行都给出平均违约率相比，平方误差（Brier）下降 %s。", s.Pct(s.skill, 1))
}

// topInfluences is how many columns are drawn.
const topInfluences, topShapes = 15, 6

// Way says how risk goes with a column.
func (s *leaf) Way(f models.Influence) string {
	switch {
	case f.Text:
		return s.T("by category", "按类别")
	case f.Trend > 0.8:
		return s.T("↑ risk rises with it", "↑ 越大风险越高")
	case f.Trend < -0.8:
		return s.T("↓ risk falls with it", "↓ 越大风险越低")
	case f.Trend > 0.3:
		return s.T("↗ mostly rises", "↗ 总体上升")
	case f.Trend < -0.3:
		return s.T("↘ mostly falls", "↘ 总体下降")
	}
	return s.T("∼ bends", "∼ 非单调")
}

// A noteRow is a line of the table of columns.
type noteRow struct {
	models.FeatureNote
	Band string
	Note string
	Warn bool
}

// Columns are all columns with what is to be said of them.
func (s *leaf) Columns() []noteRow {
	var out []noteRow
	for _, f := range s.Detail.Features {
		band := models.BandOf(f.IV)
		r := noteRow{FeatureNote: f, Band: s.T(band.EN, band.ZH)}
		var notes []string
		note := func(warn bool, en, zh string, figures ...any) {
			notes, r.Warn = append(notes, s.Tf(en, zh, figures...)), r.Warn || warn
		}
		switch {
		case f.Distinct == 0:
			note(true, "empty", "全部缺失")
		case f.Constant():
			note(true, "one value only", "只有一个取值")
		case f.Names(s.Rows):
			note(true, "names the rows", "疑似行标识")
		}
		if f.CopyOf != "" {
			note(true, "copy of %s", "与 %s 相同", f.CopyOf)
		}
		if f.AUC > 0.9 {
			note(true, "almost certainly leakage", "几乎可以确定为数据泄漏")
		} else if band.Name == "suspect" {
			note(true, "known before the outcome?", "结果发生前是否已知？")
		}
		if f.Missing > 0.5 && f.Distinct > 0 {
			note(false, "mostly missing", "大部分缺失")
		}
		if f.Share > 0.95 && !f.Constant() {
			note(false, "%s in %s of rows", "%s 占 %s", f.Most, s.Pct(f.Share, 1))
		}
		if f.Chance != nil && f.Chance.P > 0.05 {
			note(false, "no more than chance (p %s)", "不超过随机水平（p %s）", models.PValue(f.Chance.P))
		}
		r.Note = strings.Join(notes, s.T("; ", "；"))
		out = append(out, r)
	}
	return out
}

// CardTitle is a feature of the card in the leaf's language.
func (s *leaf) CardTitle(f models.CardOf) string { return s.T(f.EN, f.ZH) }

// CardBand is its information value in words.
func (s *leaf) CardBand(f models.CardOf) string {
	b := models.BandOf(f.IV)
	return s.T(b.EN, b.ZH)
}

// CardWhy says how its coefficient stands.
func (s *leaf) CardWhy(f models.CardOf) string {
	if f.Beta > 0 {
		return s.Tf("coefficient %s ± %s, p %s", "系数 %s ± %s，p %s", s.Fixed(f.Beta, 3), s.Fixed(f.SE, 3), models.PValue(f.P()))
	}
	why := models.LeftOut[f.Dropped]
	return s.T(why.EN, why.ZH)
}

// CardValues are the values of a bin.
func (s *leaf) CardValues(l models.CardLine) string { return s.T(l.EN, l.ZH) }

// Points writes points of the card.
func (s *leaf) Points(v float64) string {
	if s.Detail.Card.Whole {
		return strings.Replace(strconv.FormatFloat(math.Round(v)+0, 'f', 0, 64), "-", "−", 1)
	}
	return s.Fixed(v, 1)
}

// LeftOutLine names what the card leaves out, by reason.
func (s *leaf) LeftOutLine() []string {
	var order []string
	of := map[string][]string{}
	for _, f := range s.Detail.Card.LeftOut {
		if of[f.Dropped] == nil {
			order = append(order, f.Dropped)
		}
		of[f.Dropped] = append(of[f.Dropped], f.Name)
	}
	var out []string
	for _, why := range order {
		w := models.LeftOut[why]
		out = append(out, s.T(w.EN, w.ZH)+s.T(": ", "：")+strings.Join(of[why], s.T(", ", "、")))
	}
	return out
}
