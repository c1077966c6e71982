package report

import (
	"context"
	"math"
	"slices"
	"strings"

	"creditwatch/pipeline/asof"
)

// Validated is what the night found of a model: the champion, the best challenger, or nothing where there is no model.
type Validated struct {
	ModelID, Role, Light string
	Blocks               bool // published only because the configuration lets it pass
	Results              int
	Rows, Mature         int // past customers and cohorts; of these with a known outcome
	Defaults             int
	OneIn                int // one customer in so many was looked at
	Horizon              int // months
	Bounds               string
	Note                 string
}

// A FamilyLight counts the tests of a family by light.
type FamilyLight struct {
	Family, Light string
	Weak          bool
	Tests         int
}

// A Figure is one of the figures by which the champion is judged at a glance.
type Figure struct {
	Code, Scope   string
	Value, Effect *float64
	N, D          float64
	Light         string
	Weak          bool
	DecidedOn     asof.Date
	EN, ZH        string
}

// A Finding is what is amber or red of one test.
type Finding struct {
	Code             string
	NameEN, NameZH   string
	Severity         int
	Light            string
	Findings         int // scopes
	Scopes           []string
	OpenedOn, DueOn  asof.Date
	Owner            string
	Amount           Money
	EN, ZH           string
	CauseEN, CauseZH string
	StepEN, StepZH   string
}

// A FindingFlow counts findings by what became of them.
type FindingFlow struct {
	Status          string
	Severity        int
	Light           string
	Findings, Fresh int
	Tests           int
}

// A Grey is a reason for which tests could not be judged.
type Grey struct {
	EN, ZH           string
	Codes            []string
	NamesEN, NamesZH []string // of the codes
}

// Validation holds the figures of the validation section.
type Validation struct {
	Models   []Validated // the champion first; empty for a night of before there was a validation
	Lights   []FamilyLight
	Figures  []Figure
	Findings []Finding
	Flow     []FindingFlow
	Greys    []Grey
}

// findingLimit is how many tests with findings the page lists, as in the query; greyLimit how many reasons.
const (
	findingLimit = 20
	greyLimit    = 10
)

func gatherValidation(ctx context.Context, q asker, d *Data) error {
	v := &d.Validation
	for _, part := range []struct {
		name string
		each func(*row)
	}{
		{"validation", func(r *row) {
			v.Models = append(v.Models, Validated{ModelID: r.text("model_id"), Role: r.text("role"), Light: r.text("light"), Blocks: r.yes("blocks"), Results: r.number("results"),
				Rows: r.number("rows"), Mature: r.number("mature"), Defaults: r.number("defaults"), OneIn: r.number("one_in"), Horizon: r.number("horizon_months"),
				Bounds: r.text("bounds_version"), Note: r.text("note")})
		}},
		{"validation_lights", func(r *row) {
			v.Lights = append(v.Lights, FamilyLight{r.text("family"), r.text("light"), r.yes("weak"), r.number("tests")})
		}},
		{"validation_figures", func(r *row) {
			f := Figure{Code: r.text("code"), Scope: r.text("scope"), Value: r.float("value"), Effect: r.float("effect"), Light: r.text("light"), Weak: r.yes("weak"),
				DecidedOn: r.date("decided_on"), EN: r.text("text_en"), ZH: r.text("text_zh")}
			for into, column := range map[*float64]string{&f.N: "n", &f.D: "d"} {
				if x := r.float(column); x != nil {
					*into = *x
				}
			}
			v.Figures = append(v.Figures, f)
		}},
		{"validation_findings", func(r *row) {
			v.Findings = append(v.Findings, Finding{Code: r.text("code"), NameEN: r.text("name_en"), NameZH: r.text("name_zh"), Severity: r.number("severity"), Light: r.text("light"),
				Findings: r.number("findings"), Scopes: r.Texts("scopes"), OpenedOn: r.date("opened_on"), DueOn: r.date("due_on"), Owner: r.text("owner"), Amount: r.money("amount"),
				EN: r.text("text_en"), ZH: r.text("text_zh"), CauseEN: r.text("cause_en"), CauseZH: r.text("cause_zh"), StepEN: r.text("step_en"), StepZH: r.text("step_zh")})
		}},
		{"validation_findings_flow", func(r *row) {
			v.Flow = append(v.Flow, FindingFlow{r.text("status"), r.number("severity"), r.text("light"), r.number("findings"), r.number("fresh"), r.number("tests")})
		}},
		{"validation_grey", func(r *row) {
			v.Greys = append(v.Greys, Grey{r.text("text_en"), r.text("text_zh"), r.Texts("codes"), r.Texts("names_en"), r.Texts("names_zh")})
		}},
	} {
		if err := q.tonight(ctx, part.name, part.each); err != nil {
			return err
		}
	}
	return nil
}

// judged is the champion's validation, or the row that says why there is none.
func (v Validation) judged() *Validated {
	for i := range v.Models {
		if v.Models[i].Role != "challenger" {
			return &v.Models[i]
		}
	}
	return nil
}

func (v Validation) figure(code, scope string) *Figure {
	for i := range v.Figures {
		if v.Figures[i].Code == code && v.Figures[i].Scope == scope {
			return &v.Figures[i]
		}
	}
	return nil
}

// counts adds up the results and the findings that the page holds against each other.
func (v Validation) counts() (results, alarming, open, openAlarming, listed int) {
	for _, l := range v.Lights {
		results += l.Tests
		if l.Light == "red" || l.Light == "amber" && !l.Weak {
			alarming += l.Tests
		}
	}
	for _, f := range v.Flow {
		if f.Status == "open" && f.Severity > 1 {
			open += f.Findings
			if f.Light == "red" || f.Light == "amber" {
				openAlarming += f.Findings
			}
		}
	}
	for _, f := range v.Findings {
		listed += f.Findings
	}
	return results, alarming, open, openAlarming, listed
}

// families are the questions that the validation asks, in the order of the page.
var families = []struct {
	Key      string
	Question Text
}{
	{"gate", Text{"Are data and processing of the night complete and correct?", "本晚数据与处理是否完整、正确？"}},
	{"leakage", Text{"Does the model know nothing of the future, and does everything come out the same again?", "模型是否未用到未来信息，结果能否完全重现？"}},
	{"discrimination", Text{"Do customers that default have higher PDs than those that pay?", "违约客户的违约概率是否高于正常客户？"}},
	{"calibration_book", Text{"Is the level of the PDs right for the whole book?", "全部客户的违约概率水平是否正确？"}},
	{"calibration_grade", Text{"Is it right for every grade and at every decision?", "各等级及各决策分界处的水平是否正确？"}},
	{"segments", Text{"Does the model treat every segment alike?", "各客户群是否得到同等对待？"}},
	{"stability_score", Text{"Are the scores still those of the customers it was made for?", "评分分布是否仍与建模客户一致？"}},
	{"stability_feature", Text{"Are the inputs still what they were?", "输入特征是否仍与当初一致？"}},
	{"migration", Text{"Do customers move between grades as they should?", "客户在等级间的迁移是否正常？"}},
	{"explanation", Text{"Are the reasons given for each score right?", "各评分给出的原因是否正确？"}},
	{"money", Text{"Do losses, exposures and cash come out as expected?", "损失、敞口与现金是否符合预期？"}},
	{"sequential", Text{"Has anything begun to slip, month by month?", "逐月观察，是否有指标开始偏离？"}},
}

// A figureCard is a headline figure of the validation with its light and what it means.
type figureCard struct {
	Label, Value, Means, Light, View string
	Codes                            string
}

// plain takes the words before a finding apart from its figures: "Not judged: " is said by the light.
func plain(s string) string {
	for _, mark := range []string{"Not judged: ", "未评定："} {
		s = strings.TrimPrefix(s, mark)
	}
	return s
}

// cards are the four figures of a model at a glance.
func (v Validation) cards(p printer) []figureCard {
	grey := func(label, codes string, f *Figure) figureCard {
		c := figureCard{Label: label, Value: missing, Light: "grey", Codes: codes, View: "validation_results"}
		if f != nil {
			c.Means = plain(clean(Text{f.EN, f.ZH}.In(p.lang), 160))
		}
		return c
	}
	var out []figureCard
	auc, half := v.figure("D01", "book"), v.figure("D02", "book")
	if auc == nil || auc.Value == nil {
		if pooled := v.figure("D01", "pooled"); pooled != nil && pooled.Value != nil {
			auc, half = pooled, v.figure("D02", "pooled")
		}
	}
	label := p.T("Ranking (AUC)", "排序能力（AUC）")
	if auc == nil || auc.Value == nil {
		out = append(out, grey(label, "D01", auc))
	} else {
		hundred := math.Round(100 * *auc.Value)
		c := figureCard{Label: label, Value: p.Ratio(auc.Value, 3), Light: auc.Light, Codes: "D01", View: "validation_results"}
		c.Means = p.T("of 100 pairs of a defaulter and a payer, "+p.Plain(&hundred)+" in the right order", "100 对违约与正常客户中 "+p.Plain(&hundred)+" 对排序正确")
		if half != nil && half.Value != nil {
			lo, hi := max(0, *auc.Value-*half.Value), min(1, *auc.Value+*half.Value)
			c.Codes = "D01 D02"
			c.Means += p.T("; 95 % interval ", "；95 % 置信区间 ") + p.Ratio(&lo, 3) + "–" + p.Ratio(&hi, 3)
		}
		out = append(out, c)
	}
	label = p.T("Level (observed ÷ expected)", "水平（实际 ÷ 预期）")
	low, high := v.figure("C01", "book"), v.figure("C02", "book")
	if low == nil || low.Effect == nil || low.Light == "grey" {
		out = append(out, grey(label, "C01", low))
	} else {
		light := low.Light
		if high != nil && worse(high.Light, light) {
			light = high.Light
		}
		expected := low.D / *low.Effect
		c := figureCard{Label: label, Value: p.Ratio(low.Effect, 2), Light: light, Codes: "C01 C02", View: "validation_results"}
		c.Means = p.T(p.Plain(&low.D)+" defaults where "+p.Ratio(&expected, 1)+" were expected", "实际违约 "+p.Plain(&low.D)+" 户，预期 "+p.Ratio(&expected, 1)+" 户")
		out = append(out, c)
	}
	label = p.T("Gain over the average (Brier skill)", "较平均预测的改进（Brier 技巧）")
	if skill := v.figure("C08", "book"); skill == nil || skill.Value == nil {
		out = append(out, grey(label, "C08", skill))
	} else {
		out = append(out, figureCard{Label: label, Value: p.Share(skill.Value), Light: skill.Light, Codes: "C08", View: "validation_results",
			Means: p.T("error saved against giving everyone the average PD", "相对于对所有客户采用平均违约概率所减少的误差")})
	}
	label = p.T("Drift of the scores (PSI)", "评分漂移（PSI）")
	if psi := v.figure("P01", "book"); psi == nil || psi.Value == nil {
		out = append(out, grey(label, "P01", psi))
	} else {
		out = append(out, figureCard{Label: label, Value: p.Ratio(psi.Value, 3), Light: psi.Light, Codes: "P01", View: "validation_results",
			Means: p.T("against the first validation of the model; 0 = the same book", "相对该模型的首次验证；0 = 客户分布未变")})
	}
	return out
}

// worse reports whether a light is darker than another; grey is the least.
func worse(a, b string) bool {
	order := []string{"grey", "green", "amber", "red"}
	return slices.Index(order, a) > slices.Index(order, b)
}

// verdict says in a sentence what the book's light means.
func (v Validation) verdict(p printer) string {
	m := v.judged()
	switch {
	case m == nil:
		return p.T("This night was not validated.", "本晚未作模型验证。")
	case m.Role == "none":
		return p.T("No model scores the book yet; only data and processing were checked.", "尚无模型对客户评分；仅检查了数据与处理。")
	case m.Blocks:
		return p.T("The figures of this night do not stand: a proof failed. It was published only because the configuration does not let the validation stop it.",
			"本晚数据不可靠：有一项证明未通过。仅因配置不允许验证阻止发布才予以发布。")
	case m.Light == "red":
		return p.T("Do not rely on the PDs alone: ranking or level has failed. Decide by the upper end of each PD's interval until the findings below are dealt with; no new model is put in use.",
			"请勿单独依赖违约概率：排序或水平检验未通过。在下列问题处理完之前，请按各违约概率区间上限决策；不启用新模型。")
	case m.Light == "amber":
		return p.T("The PDs may be used; some tests ask for attention, or the book is too small to prove the model right.", "违约概率可以使用；部分检验需要关注，或客户数量尚不足以证明模型正确。")
	case m.Light == "grey":
		return p.T("The PDs could not be held against outcomes yet; data and processing were checked.", "违约概率尚无法与实际结果对照；数据与处理已检查。")
	}
	return p.T("The PDs rank customers well, their level is right, and nothing has drifted.", "违约概率排序良好、水平正确，且未见漂移。")
}

func viewValidation(d Data, p printer) any {
	type family struct {
		Question                      string
		Green, Amber, Weak, Red, Grey int
		Worst                         string
	}
	type finding struct {
		Finding
		Name, Where, Text, Cause, Step string
		More                           int
	}
	type test struct{ Code, Name string }
	type grey struct {
		Tests []test
		Text  string
	}
	v := struct {
		printer
		Judged      *Validated
		Challenger  *Validated
		Verdict     string
		Cards       []figureCard
		Families    []family
		Total       family
		Findings    []finding
		Open, Fresh int // findings but for weak evidence
		Closed      int
		Weak        int // tests amber for want of evidence
		Unlisted    int
		Greys       []grey
		GreyMore    int
		Sampled     bool
	}{printer: p, Judged: d.Validation.judged(), Verdict: d.Validation.verdict(p)}
	for i := range d.Validation.Models {
		if d.Validation.Models[i].Role == "challenger" {
			v.Challenger = &d.Validation.Models[i]
		}
	}
	if v.Judged != nil {
		v.Sampled = v.Judged.OneIn > 1
		if v.Judged.Role != "none" {
			v.Cards = d.Validation.cards(p)
		}
	}
	for _, f := range families {
		line := family{Question: f.Question.In(p.lang), Worst: "grey"}
		for _, l := range d.Validation.Lights {
			if l.Family != f.Key {
				continue
			}
			if worse(l.Light, line.Worst) && !l.Weak {
				line.Worst = l.Light
			}
			for _, into := range []*family{&line, &v.Total} {
				switch {
				case l.Light == "green":
					into.Green += l.Tests
				case l.Light == "amber" && l.Weak:
					into.Weak += l.Tests
				case l.Light == "amber":
					into.Amber += l.Tests
				case l.Light == "red":
					into.Red += l.Tests
				default:
					into.Grey += l.Tests
				}
			}
		}
		if line.Worst == "grey" && line.Weak > 0 {
			line.Worst = "amber"
		}
		v.Families = append(v.Families, line)
	}
	v.Weak = v.Total.Weak
	for _, f := range d.Validation.Flow {
		switch {
		case f.Status == "open" && f.Severity > 1:
			v.Open, v.Fresh = v.Open+f.Findings, v.Fresh+f.Fresh
		case f.Status != "open" && f.Severity > 1:
			v.Closed += f.Findings
		}
	}
	v.Unlisted = v.Open
	for _, f := range d.Validation.Findings {
		v.Unlisted -= f.Findings
		line := finding{Finding: f, Name: clean(Text{f.NameEN, f.NameZH}.In(p.lang), 120), Text: clean(Text{f.EN, f.ZH}.In(p.lang), 420), Cause: clean(Text{f.CauseEN, f.CauseZH}.In(p.lang), 240),
			Step: clean(Text{f.StepEN, f.StepZH}.In(p.lang), 240), More: f.Findings - len(f.Scopes)}
		var where []string
		for _, s := range f.Scopes {
			where = append(where, clean(p.Scope(s), 60))
		}
		line.Where = strings.Join(where, p.T(", ", "、"))
		v.Findings = append(v.Findings, line)
	}
	for i, g := range d.Validation.Greys {
		if i == greyLimit {
			for _, rest := range d.Validation.Greys[greyLimit:] {
				v.GreyMore += len(rest.Codes)
			}
			break
		}
		line := grey{Text: plain(clean(Text{g.EN, g.ZH}.In(p.lang), 240))}
		names := g.NamesEN
		if p.lang == Chinese {
			names = g.NamesZH
		}
		for k, code := range g.Codes {
			x := test{Code: code}
			if k < len(names) {
				x.Name = clean(names[k], 60)
			}
			line.Tests = append(line.Tests, x)
		}
		v.Greys = append(v.Greys, line)
	}
	return v
}

// scopes are the words that begin the scope of a test, in Chinese.
var scopes = []struct{ EN, ZH string }{
	{"book", "全部客户"}, {"grade ", "等级 "}, {"segment ", "客户群 "}, {"feature ", "特征 "}, {"cell ", "迁移单元 "}, {"horizon ", "期限 "}, {"benchmark ", "基准 "}, {"cut ", "决策分界 "}, {"pooled", "合并样本"},
}

// Scope writes the scope of a test.
func (p printer) Scope(s string) string {
	if p.lang != Chinese {
		return s
	}
	for _, w := range scopes {
		if rest, ok := strings.CutPrefix(s, w.EN); ok {
			return w.ZH + rest
		}
	}
	return s
}
