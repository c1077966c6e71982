package jobs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/models"
	"creditwatch/pipeline"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

func modelsShow(a *app) *cobra.Command {
	var lang string
	c := &cobra.Command{
		Use:   "show MODEL",
		Short: "the card of a model: purpose, data, features, figures, calibration, decisions",
		Long:  "Print the card of a model as Markdown, made from what the runs kept of it. A MODEL of champion or shadow is that of the newest night.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lang != "en" && lang != "zh" {
				return usage("--lang %s: want en or zh", lang)
			}
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
				card, err := readCard(cmd.Context(), db, args[0])
				if err != nil {
					return err
				}
				if a.json {
					return json.NewEncoder(a.out).Encode(card)
				}
				_, err = fmt.Fprint(a.out, printable(card.markdown(c, lang == "zh")))
				return err
			})
		},
	}
	c.Flags().StringVar(&lang, "lang", "en", "en or zh")
	return c
}

// A card is what is known of a model, from the runs.
type card struct {
	Model      string              `json:"model"`
	Learner    string              `json:"learner"`
	Role       string              `json:"role"` // in the newest night that has it
	AsOf       string              `json:"as_of"`
	TrainedOn  string              `json:"trained_on"`
	Horizon    int64               `json:"horizon_months"`
	From       string              `json:"window_from"`
	To         string              `json:"window_to"`
	Rows       int64               `json:"rows"`
	Defaults   int64               `json:"defaults"`
	Unseen     string              `json:"unseen"`
	Seed       int64               `json:"seed"`
	Code       string              `json:"code"`
	Format     string              `json:"format"`
	Hash       string              `json:"hash"`
	Size       int64               `json:"size"`
	Features   string              `json:"features_fingerprint"`
	Parameters string              `json:"parameters"`
	Canaries   string              `json:"canaries"`
	Reigns     []cardReign         `json:"reigns"`
	Validated  []cardValidation    `json:"validations"`
	Metrics    []cardMetric        `json:"metrics"`
	Columns    []cardColumn        `json:"features"`
	Decisions  []cardDecision      `json:"decisions"`
	Refused    string              `json:"refused,omitempty"` // why the artefact cannot be read
	Calibrated *models.Calibration `json:"calibration,omitempty"`

	points *models.Card // of a scorecard, or of the one in a blend
}

type cardReign struct {
	From  string `json:"from"`
	Until string `json:"until"`
}

// A cardValidation is what the validation of the newest night that judged the model in a role came to.
type cardValidation struct {
	Role     string `json:"role"`
	AsOf     string `json:"as_of"`
	Light    string `json:"light"`
	Rows     int64  `json:"rows"`
	Defaults int64  `json:"defaults"`
}

type cardMetric struct {
	Sample string  `json:"sample"`
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
	AsOf   string  `json:"as_of"`
}

type cardColumn struct {
	Name      string  `json:"name"`
	EN        string  `json:"en"`
	ZH        string  `json:"zh"`
	Direction int     `json:"direction"`
	Weight    float64 `json:"weight"` // share of what moves the log-odds
}

type cardDecision struct {
	AsOf       string `json:"as_of"`
	Decision   string `json:"decision"`
	By         string `json:"decided_by"`
	ApprovedBy string `json:"approved_by"`
	EN         string `json:"text_en"`
	ZH         string `json:"text_zh"`
}

func readCard(ctx context.Context, db *warehouse.DB, name string) (c card, err error) {
	var artefact string
	err = rows.Each(ctx, db, "models", `
SELECT m.model_id AS model_id, m.learner AS learner, m.role AS role, m.as_of AS as_of, m.trained_on AS trained_on, m.horizon_months AS horizon_months, m.fingerprint AS fingerprint,
    m.hash AS hash, m.size AS size, m.format AS format, m.code AS code, m.seed AS seed, m.rows AS rows, m.defaults AS defaults,
    ifNull(toString(m.window_from), '') AS window_from, ifNull(toString(m.window_to), '') AS window_to, m.parameters AS parameters, m.canaries AS canaries,
    multiIf(isNotNull(m.unseen_from), concat('snapshots from ', toString(m.unseen_from)), m.unseen_modulo > 0, concat('customers whose number modulo ', toString(m.unseen_modulo), ' is ', toString(m.unseen_equals)), '') AS unseen,
    m.artefact AS artefact
FROM creditwatch.models_rows AS m
WHERE m.run IN (SELECT run FROM creditwatch.live_runs) AND m.model_id != 'none'
    AND (m.model_id = {name:String} OR m.role = {name:String} AND {name:String} IN ('champion', 'shadow') AND m.as_of = (SELECT max(as_of) FROM creditwatch.live_runs))
ORDER BY m.as_of DESC LIMIT 1`, map[string]any{"name": name}, func(r *rows.Row) error {
		c = card{
			Model: r.Text("model_id"), Learner: r.Text("learner"), Role: r.Text("role"), AsOf: r.Date("as_of").String(), TrainedOn: r.Date("trained_on").String(),
			Horizon: r.Whole("horizon_months"), From: r.Text("window_from"), To: r.Text("window_to"), Rows: r.Whole("rows"), Defaults: r.Whole("defaults"),
			Unseen: r.Text("unseen"), Seed: r.Whole("seed"), Code: r.Text("code"), Format: r.Text("format"), Hash: r.Text("hash"), Size: r.Whole("size"),
			Features: r.Text("fingerprint"), Parameters: r.Text("parameters"), Canaries: r.Text("canaries"),
		}
		artefact = r.Text("artefact")
		return nil
	})
	if err != nil {
		return c, err
	}
	if c.Model == "" {
		return c, usage("no published night has a model %q; creditwatch models lists them", name)
	}
	p := map[string]any{"model": c.Model}
	for _, q := range []struct {
		what, sql string
		each      func(r *rows.Row)
	}{
		{"live_models", `SELECT live_from, ifNull(toString(live_until), '') AS live_until FROM creditwatch.live_models WHERE model_id = {model:String} ORDER BY live_from`,
			func(r *rows.Row) {
				c.Reigns = append(c.Reigns, cardReign{r.Date("live_from").String(), r.Text("live_until")})
			}},
		{"validations", `SELECT role, max(as_of) AS judged_on, argMax(light, as_of) AS light, argMax(mature, as_of) AS mature, argMax(defaults, as_of) AS defaults
FROM creditwatch.validations WHERE model_id = {model:String} GROUP BY role ORDER BY role`,
			func(r *rows.Row) {
				c.Validated = append(c.Validated, cardValidation{r.Text("role"), r.Date("judged_on").String(), r.Text("light"), r.Whole("mature"), r.Whole("defaults")})
			}},
		{"model_metrics", `SELECT sample, metric, argMax(value, as_of) AS value, max(as_of) AS measured_on FROM creditwatch.model_metrics WHERE model_id = {model:String} GROUP BY sample, metric
ORDER BY indexOf(['holdout', 'calibration', 'train', 'shadow', 'canary'], sample), metric`,
			func(r *rows.Row) {
				c.Metrics = append(c.Metrics, cardMetric{r.Text("sample"), r.Text("metric"), *r.Float("value"), r.Date("measured_on").String()})
			}},
		{"promotions", `SELECT as_of, decision, decided_by, approved_by, text_en, text_zh FROM creditwatch.promotions WHERE challenger = {model:String} OR champion = {model:String} AND (live != champion OR decision = 'refused') ORDER BY as_of, seq`,
			func(r *rows.Row) {
				c.Decisions = append(c.Decisions, cardDecision{r.Date("as_of").String(), r.Text("decision"), r.Text("decided_by"), r.Text("approved_by"), r.Text("text_en"), r.Text("text_zh")})
			}},
	} {
		if err := rows.Each(ctx, db, q.what, q.sql, p, func(r *rows.Row) error { q.each(r); return nil }); err != nil {
			return c, err
		}
	}
	if no, err := pipeline.Vet(ctx, db, c.Model); err != nil || no != "" {
		c.Refused = no
		return c, err
	}
	b, err := base64.StdEncoding.DecodeString(artefact)
	if err != nil {
		return c, err
	}
	m, err := models.Load(b)
	if err != nil {
		return c, err
	}
	c.Calibrated = &m.Calibration
	if points, err := m.Card(); err == nil {
		c.points = &points
	}
	for i, column := range m.Columns {
		en, zh := column.Title()
		c.Columns = append(c.Columns, cardColumn{column.Name, en, zh, column.Direction, m.Book[i].Weight})
	}
	slices.SortStableFunc(c.Columns, func(a, b cardColumn) int {
		switch {
		case a.Weight > b.Weight:
			return -1
		case a.Weight < b.Weight:
			return 1
		}
		return 0
	})
	return c, nil
}

// markdown writes the card in a language.
func (c card) markdown(config configs.Config, zh bool) string {
	var b strings.Builder
	t := func(en, cn string) string {
		if zh {
			return cn
		}
		return en
	}
	head := func(en, cn string) { fmt.Fprintf(&b, "\n## %s\n\n", t(en, cn)) }
	point := func(en, cn, value string) {
		if value == "" {
			value = "–"
		}
		fmt.Fprintf(&b, "- %s%s%s\n", t(en, cn), t(": ", "："), value)
	}
	fmt.Fprintf(&b, "# %s %s\n", t("Model", "模型"), c.Model)
	head("Purpose", "用途")
	what := fmt.Sprintf("%d days past due, more than %s %s and %g %% of the exposure", config.Default.DaysPastDue, config.Default.Absolute, config.Currency, 100*config.Default.Relative)
	whatZH := fmt.Sprintf("逾期 %d 天，超过 %s %s 且超过敞口的 %g %%", config.Default.DaysPastDue, config.Default.Absolute, config.Currency, 100*config.Default.Relative)
	if !config.Default.FromLedger {
		what, whatZH = "as recorded", "按登记"
	}
	if events := strings.Join(config.Default.FromOutcomes, ", "); events != "" {
		what, whatZH = what+"; or "+events+" recorded", whatZH+"；或登记的 "+events
	}
	fmt.Fprintf(&b, t("Probability that a customer of %s defaults within %d months. Default: %s.\n", "%s 的客户在 %d 个月内违约的概率。违约定义：%s。\n"), config.Company, c.Horizon, t(what, whatZH))
	head("Limits", "局限")
	for _, limit := range [][2]string{
		{"customers in default have a PD of 1 by definition; the model is not asked", "已违约客户的违约概率按定义为 1，不由模型给出"},
		{"dormant customers and those not at risk of the event have no PD", "休眠客户和不面临该事件的客户没有违约概率"},
		{"what the ledger does not know, the model does not know: see the evidence grade and the interval of each PD", "账上没有的，模型也不知道：见每个违约概率的证据等级与区间"},
		{"learnt from this company's own customers; nothing is claimed of others", "仅学自本公司客户，不对其他客户作任何断言"},
	} {
		fmt.Fprintf(&b, "- %s\n", t(limit[0], limit[1]))
	}
	head("Status", "状态")
	point("role in the newest night that has it", "在最近一晚中的角色", c.Role+" ("+c.AsOf+")")
	for _, r := range c.Reigns {
		until := r.Until
		if until == "" {
			until = t("now", "至今")
		}
		point("scored the nights", "评分期间", r.From+" – "+until)
	}
	for _, v := range c.Validated {
		point("validated as "+v.Role, "作为 "+v.Role+" 验证", fmt.Sprintf(t("%s on %s, by %d rows with %d defaults", "%s，%s，%d 行、其中违约 %d"), v.Light, v.AsOf, v.Rows, v.Defaults))
	}
	if c.Refused != "" {
		point("refused", "被拒用", c.Refused)
	}
	head("Data", "数据")
	point("trained with the knowledge of", "训练所用信息截至", c.TrainedOn)
	point("snapshots", "快照", strings.Trim(c.From+" – "+c.To, " –"))
	point("rows, defaults among them", "行数，其中违约", fmt.Sprintf("%d, %d", c.Rows, c.Defaults))
	point("not seen in training", "训练未见", c.Unseen)
	point("canaries of the training", "训练金丝雀", c.Canaries)
	head("Making", "构建")
	point("learner", "学习器", c.Learner)
	point("parameters", "参数", c.Parameters)
	point("seed", "种子", fmt.Sprint(c.Seed))
	point("program", "程序版本", c.Code)
	point("artefact", "模型文件", fmt.Sprintf("%s, %d bytes, SHA-256 %s", c.Format, c.Size, c.Hash))
	point("fingerprint of the features", "特征指纹", c.Features)
	if c.Calibrated != nil {
		head("Calibration", "校准")
		point("method", "方法", c.Calibrated.Method)
		point("intercept, slope", "截距、斜率", fmt.Sprintf("%.4f, %.4f", c.Calibrated.Intercept, c.Calibrated.Slope))
	}
	head("Figures", "指标")
	fmt.Fprintf(&b, "| %s | %s | %s | %s |\n|---|---|---|---|\n", t("sample", "样本"), t("figure", "指标"), t("value", "值"), t("night", "日期"))
	for _, m := range c.Metrics {
		fmt.Fprintf(&b, "| %s | %s | %.6g | %s |\n", m.Sample, m.Metric, m.Value, m.AsOf)
	}
	if len(c.Columns) > 0 {
		head("Features, by weight", "特征，按权重")
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n|---|---|---|---|\n", t("feature", "特征"), t("meaning", "含义"), t("risk as it rises", "上升时风险"), t("weight", "权重"))
		for _, f := range c.Columns {
			if f.Weight <= 0 {
				continue
			}
			direction := map[int]string{1: t("rises", "上升"), -1: t("falls", "下降"), 0: t("learnt", "由数据学得")}[f.Direction]
			fmt.Fprintf(&b, "| %s | %s | %s | %.1f %% |\n", f.Name, t(f.EN, f.ZH), direction, 100*f.Weight)
		}
	}
	if c.points != nil {
		head("Points card", "评分卡")
		b.WriteString(c.points.Markdown(zh))
	}
	head("Decisions", "决定")
	for _, d := range c.Decisions {
		by := d.By
		if d.ApprovedBy != "" {
			by += ", " + d.ApprovedBy
		}
		fmt.Fprintf(&b, "- %s %s (%s): %s\n", d.AsOf, d.Decision, by, t(d.EN, d.ZH))
	}
	return b.String()
}

// printDecision prints a decision as JSON.
func (a *app) printDecision(d pipeline.Decision) error {
	return json.NewEncoder(a.out).Encode(map[string]any{
		"decision_id": d.ID, "kind": d.Kind, "model": d.ModelID, "replaces": d.Replaces, "decided_by": d.By, "approved_by": d.ApprovedBy,
		"reason": d.Reason, "night": d.Night, "already": d.Already,
	})
}
