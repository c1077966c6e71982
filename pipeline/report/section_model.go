package report

import (
	"context"

	"creditwatch/pipeline/asof"
)

// A Model is a model of the night with its figures on held-out rows.
type Model struct {
	ID, Learner string
	Champion    bool
	TrainedOn   asof.Date
	Horizon     int // months
	Note        string
	Metrics     map[string]float64 // by name; nil = never measured on held-out rows
	MeasuredOn  asof.Date
}

// A Promotion is what the night decided about its models.
type Promotion struct {
	Decision, Finding string // Finding is empty where nothing went wrong
	Text              Text
}

// ModelHealth holds the figures of the model section.
type ModelHealth struct {
	Models     []Model // champion first
	Benchmarks []Model // single columns the models must beat
	Promotions []Promotion
}

func gatherModel(ctx context.Context, q asker, d *Data) error {
	m := &d.Model
	err := q.tonight(ctx, "models", func(r *row) {
		m.Models = append(m.Models, Model{ID: r.text("model_id"), Learner: r.text("learner"), Champion: r.yes("is_champion"),
			TrainedOn: r.date("trained_on"), Horizon: r.number("horizon_months"), Note: r.text("note")})
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "promotions", func(r *row) {
		m.Promotions = append(m.Promotions, Promotion{r.text("decision"), r.text("finding"), Text{r.text("text_en"), r.text("text_zh")}})
	})
	if err != nil {
		return err
	}
	return q.tonight(ctx, "metrics", func(r *row) {
		id, learner, value := r.text("model_id"), r.text("learner"), r.float("value")
		if value == nil {
			return
		}
		at := -1
		list := &m.Models
		if learner == "benchmark" {
			list = &m.Benchmarks
		}
		for i := range *list {
			if (*list)[i].ID == id {
				at = i
			}
		}
		if at < 0 {
			if learner != "benchmark" {
				return
			}
			*list, at = append(*list, Model{ID: id, Learner: learner}), len(*list)
		}
		x := &(*list)[at]
		if x.Metrics == nil {
			x.Metrics = map[string]float64{}
		}
		x.Metrics[r.text("metric")] = *value
		x.MeasuredOn = max(x.MeasuredOn, r.date("measured_on"))
	})
}

// metric returns nil for a figure that was not measured.
func (m Model) metric(name string) *float64 {
	if v, ok := m.Metrics[name]; ok {
		return &v
	}
	return nil
}

// champion returns the model that scores the night, if any.
func (h ModelHealth) champion() *Model {
	for i := range h.Models {
		if h.Models[i].Champion {
			return &h.Models[i]
		}
	}
	return nil
}

// benchmark returns the best single column, measured when the champion was.
func (h ModelHealth) benchmark() *Model {
	var best *Model
	c := h.champion()
	for i, b := range h.Benchmarks {
		auc := b.metric("auc")
		if auc == nil || c == nil || b.MeasuredOn != c.MeasuredOn {
			continue
		}
		if best == nil || *auc > *best.metric("auc") {
			best = &h.Benchmarks[i]
		}
	}
	return best
}

// z90 is the half width of a two-sided 90 % interval in standard errors.
const z90 = 1.6449

// interval is the 90 % interval of the AUC.
func (m Model) interval() (lo, hi *float64) {
	auc, se := m.metric("auc"), m.metric("auc_se")
	if auc == nil || se == nil {
		return nil, nil
	}
	l, h := max(0, *auc-z90**se), min(1, *auc+z90**se)
	return &l, &h
}

// observedToExpected is the calibration of the whole sample.
func (m Model) observedToExpected() *float64 {
	o, e := m.metric("observed"), m.metric("expected")
	if o == nil || e == nil || *e == 0 {
		return nil
	}
	v := *o / *e
	return &v
}

// A judgement is a light with what it looked at.
type judgement struct {
	Name, Light, Text string
}

// Bounds of the lights of the model section.
const (
	aucGreen, aucAmber   = 0.70, 0.60
	calibrationGreenLow  = 0.8
	calibrationGreenHigh = 1.25
	calibrationAmberLow  = 0.5
	calibrationAmberHigh = 2.0
)

// judge gives the lights of the champion; grey is never green.
func (h ModelHealth) judge(p printer) []judgement {
	c := h.champion()
	if c == nil {
		return nil
	}
	discrimination := judgement{p.T("Separates good from bad", "区分能力"), "grey", p.T("not measured on held-out rows", "未在留出样本上测得")}
	if lo, hi := c.interval(); lo != nil {
		discrimination.Light = "red"
		if *lo >= aucGreen {
			discrimination.Light = "green"
		} else if *lo >= aucAmber {
			discrimination.Light = "amber"
		}
		discrimination.Text = p.T(
			"AUC "+p.Ratio(c.metric("auc"), 3)+", 90 % interval "+p.Ratio(lo, 3)+" to "+p.Ratio(hi, 3)+"; green from a lower end of 0.70, amber from 0.60",
			"AUC "+p.Ratio(c.metric("auc"), 3)+"，90 % 置信区间 "+p.Ratio(lo, 3)+" 至 "+p.Ratio(hi, 3)+"；下限达 0.70 为绿灯，达 0.60 为黄灯")
	}
	calibration := judgement{p.T("PD level is right", "违约概率水平"), "grey", p.T("no held-out defaults observed or expected", "留出样本中无实际或预期违约")}
	if v := c.observedToExpected(); v != nil {
		calibration.Light = "red"
		if *v >= calibrationGreenLow && *v <= calibrationGreenHigh {
			calibration.Light = "green"
		} else if *v >= calibrationAmberLow && *v <= calibrationAmberHigh {
			calibration.Light = "amber"
		}
		calibration.Text = p.T(
			"observed / expected defaults "+p.Ratio(v, 2)+"; green from 0.80 to 1.25, amber from 0.50 to 2.00",
			"实际违约 ÷ 预期违约 "+p.Ratio(v, 2)+"；0.80 至 1.25 为绿灯，0.50 至 2.00 为黄灯")
	}
	benchmark := judgement{p.T("Beats a single column", "优于单一指标"), "grey", p.T("no benchmark was measured together with the champion", "没有与现用模型同时测得的基准")}
	if b, auc := h.benchmark(), c.metric("auc"); b != nil && auc != nil {
		benchmark.Light = "amber"
		if *auc > *b.metric("auc") {
			benchmark.Light = "green"
		}
		benchmark.Text = p.T("benchmark "+clean(b.ID, 60)+" has an AUC of "+p.Ratio(b.metric("auc"), 3), "基准 "+clean(b.ID, 60)+" 的 AUC 为 "+p.Ratio(b.metric("auc"), 3))
	}
	return []judgement{discrimination, calibration, benchmark}
}

// bookLight is the worst of the judgements: red beats amber beats grey beats green.
func bookLight(list []judgement) string {
	for _, light := range []string{"red", "amber", "grey"} {
		for _, j := range list {
			if j.Light == light {
				return light
			}
		}
	}
	return "green"
}

// promotionNames say what the night decided.
var promotionNames = map[string]Text{
	"first": {"First champion", "首个现用模型"}, "kept": {"Champion kept", "现用模型留任"}, "shadow": {"Challenger in shadow", "挑战者影子运行"},
	"waiting": {"Waits for two persons", "等待两人决定"}, "dismissed": {"Challenger dismissed", "挑战者退出"}, "promoted": {"Challenger promoted", "挑战者升级"},
	"appointed": {"Promoted by people", "人工升级"}, "rolled_back": {"Rolled back by people", "人工退回"}, "refused": {"Model refused", "模型被拒用"},
	"restored": {"Earlier champion restored", "恢复先前模型"}, "failed": {"Training gave no model", "训练未产生模型"}, "none": {"No training", "未训练"},
}

// light is amber where something went wrong.
func (p Promotion) light() string {
	if p.Finding != "" {
		return "amber"
	}
	return "green"
}

func viewModel(d Data, p printer) any {
	type decision struct{ Light, Name, Text string }
	type line struct {
		Model
		AUC, Interval, KS, Brier, LogLoss, Calibration, Rows, Measured string
	}
	v := struct {
		printer
		Champion *Model
		Lines    []line
		Decided  []decision
		Judged   []judgement
		Book     string
		Unscored int
	}{printer: p, Champion: d.Model.champion(), Judged: d.Model.judge(p), Unscored: d.Headline.Book.Customers - d.Headline.Book.Scored}
	v.Book = bookLight(v.Judged)
	for _, x := range d.Model.Promotions {
		name, known := promotionNames[x.Decision]
		if !known {
			name = Text{x.Decision, x.Decision}
		}
		v.Decided = append(v.Decided, decision{x.light(), name.In(p.lang), clean(x.Text.In(p.lang), 1500)})
	}
	all := append([]Model{}, d.Model.Models...)
	if b := d.Model.benchmark(); b != nil {
		all = append(all, *b)
	}
	for _, m := range all {
		l := line{Model: m, AUC: p.Ratio(m.metric("auc"), 3), KS: p.Ratio(m.metric("ks"), 3), Brier: p.Ratio(m.metric("brier"), 4), LogLoss: p.Ratio(m.metric("log_loss"), 4),
			Calibration: p.Ratio(m.observedToExpected(), 2), Interval: missing, Rows: p.Plain(m.metric("rows")), Measured: p.Day(m.MeasuredOn)}
		if lo, hi := m.interval(); lo != nil {
			l.Interval = p.Ratio(lo, 3) + "–" + p.Ratio(hi, 3)
		}
		v.Lines = append(v.Lines, l)
	}
	return v
}
