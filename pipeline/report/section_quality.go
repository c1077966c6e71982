package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"creditwatch/pipeline/asof"
)

// A Source is what the pull read of one source; Read = Accepted + Rejected + Duplicates.
type Source struct {
	Source                                                   string
	Read, Accepted, Rejected, LeftOut, Duplicates, Corrected int // LeftOut: of Rejected, on purpose
	Files                                                    int
	Newest                                                   asof.Date // unset if no row says
}

// refused are the rows that should have been taken and could not be.
func (s Source) refused() int { return s.Rejected - s.LeftOut }

// A QualityNight is the score of a night: 100 times the weights of the green checks over those of all that could be judged; a check
// that stops the night weighs 3, one that warns 1.
type QualityNight struct {
	AsOf                      asof.Date
	Score                     float64
	Judged, Passed, NotJudged int
}

// A QualitySource is the same for the checks about one source.
type QualitySource struct {
	Source         string
	Judged, Passed int
	Score          float64
}

// A Reject is a kind of refused row. OfSource counts all refused rows of the source, listed or not.
type Reject struct {
	Source, Column, Reason string
	Rows, OfSource         int
}

// A DataCheck is a check of the night that is not green.
type DataCheck struct {
	Name, Scope, Light, Severity string
	Judged, Broken               *int // rows; nil for a check that is not on rows
	Share                        *float64
	Example                      string // file and line of the first row at fault
	TextEN, TextZH               string
}

// Quality holds the figures of the data quality section.
type Quality struct {
	Trend    []QualityNight // the newest first
	BySource []QualitySource
	Sources  []Source
	Rejects  []Reject
	Lights   map[string]int // checks by light
	Checks   []DataCheck
}

// tonight is the score of a night; nil if nothing could be judged.
func (q Quality) tonight(day asof.Date) *QualityNight {
	if len(q.Trend) == 0 || q.Trend[0].AsOf != day {
		return nil
	}
	return &q.Trend[0]
}

// light is the worst light of all checks; grey only when there is nothing else.
func (q Quality) light() (string, bool) {
	for _, l := range []string{"red", "amber", "green", "grey"} {
		if q.Lights[l] > 0 {
			return l, true
		}
	}
	return "", false
}

func gatherQuality(ctx context.Context, q asker, d *Data) error {
	v := &d.Quality
	v.Lights = map[string]int{}
	err := q.tonight(ctx, "quality_trend", func(r *row) {
		v.Trend = append(v.Trend, QualityNight{r.date("as_of"), r.must("score"), r.number("judged"), r.number("passed"), r.number("not_judged")})
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "quality_sources", func(r *row) {
		v.BySource = append(v.BySource, QualitySource{r.text("source"), r.number("judged"), r.number("passed"), r.must("score")})
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "sources", func(r *row) {
		v.Sources = append(v.Sources, Source{r.text("source"), r.number("read"), r.number("accepted"), r.number("rejected"), r.number("left_out"), r.number("duplicates"),
			r.number("corrections"), r.number("files"), r.date("newest")})
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "rejects", func(r *row) {
		v.Rejects = append(v.Rejects, Reject{r.text("source"), r.text("column"), r.text("reason"), r.number("rows"), r.number("of_source")})
	})
	if err != nil {
		return err
	}
	if err := q.tonight(ctx, "check_lights", func(r *row) { v.Lights[r.text("light")] = r.number("checks") }); err != nil {
		return err
	}
	return q.tonight(ctx, "checks", func(r *row) {
		v.Checks = append(v.Checks, DataCheck{r.text("name"), r.text("scope"), r.text("light"), r.text("severity"), r.whole("judged"), r.whole("broken"), r.float("share"), r.text("example"), r.text("text_en"), r.text("text_zh")})
	})
}

// checkNames names what a check found, in words of the business.
var checkNames = map[string]Text{
	"accounts":               {"Rows not accounted for", "行数不符"},
	"rejects":                {"Rows refused", "行被拒收"},
	"freshness":              {"Data are old", "数据陈旧"},
	"columns":                {"Columns changed", "列有变化"},
	"control_total":          {"Open items differ from the ledger", "未清项与账面不符"},
	"references":             {"Customers without a record", "客户缺少档案"},
	"contract_not_null":      {"Value missing", "缺少值"},
	"contract_unique":        {"Id given twice", "编号重复"},
	"contract_values":        {"Value not agreed", "值不在约定之列"},
	"contract_range":         {"Number out of bounds", "数值超出范围"},
	"contract_relation":      {"Refers to nothing known", "引用的记录不存在"},
	"contract_distribution":  {"Mix has changed", "构成有变化"},
	"contract_volume":        {"Unusual number of rows", "行数异常"},
	"contract_control_total": {"General ledger differs", "与总账不符"},
}

// checkSteps say what to do about a check that is not green, by its name.
var checkSteps = map[string]Text{
	"accounts":               {"Ask whoever fills the source why it holds no row; the night stands on what was known before.", "请向数据提供方查明为何没有数据；本晚沿用此前已知的数据。"},
	"rejects":                {"See the reasons below; have the sender correct the rows and deliver them again: creditwatch quarantine.", "查看下方原因，请提供方更正后重新交付：creditwatch quarantine。"},
	"freshness":              {"Ask for the missing delivery; until then ageing and warnings of this source are as old as it is.", "请催交缺失的数据；在此之前，相关账龄与预警停留在最新数据之日。"},
	"columns":                {"Ask the sender whether the layout was meant to change; map new columns that matter.", "请向提供方确认版式变更是否有意；有用的新列请加入映射。"},
	"control_total":          {"Do not use the figures of this currency before the difference is explained.", "差异查明之前请勿使用该币种的数据。"},
	"references":             {"Have the customer records delivered: without them no industry, limit or owner is known.", "请补交客户档案：缺少档案则行业、额度与责任人均未知。"},
	"contract_not_null":      {"Have the missing values filled in at the source and delivered again.", "请在源系统补全缺失值并重新交付。"},
	"contract_unique":        {"Find out which of the rows is right; the last one of the file counts.", "请核实哪一行正确；当前以文件中最后一行为准。"},
	"contract_values":        {"Correct the values, or add them to the contract if they are meant.", "请更正；若确属有效值，请加入约定。"},
	"contract_range":         {"Look at the first row named: a misplaced decimal point counts in full.", "请查看所列首行：小数点错位的金额会全额计入。"},
	"contract_relation":      {"Have the records that are referred to delivered; until then the rows stand alone.", "请补交被引用的记录；在此之前这些行无法关联。"},
	"contract_distribution":  {"Ask whether part of the delivery is missing or the business has changed.", "请确认是否漏交部分数据，或业务确有变化。"},
	"contract_control_total": {"Reconcile with the general ledger before relying on totals; the section on reconciliation lists what does not match.", "使用合计数之前请先与总账核对；对账一节列出了不符项。"},
	"contract_volume":        {"Ask whether the delivery is complete, and delivered once.", "请确认交付是否完整且仅交付一次。"},
}

// rejectLimit is how many kinds of rejects the page lists.
const rejectLimit = 30

func viewQuality(d Data, p printer) any {
	type light struct {
		Key, Name string
		N         int
	}
	type source struct {
		Source
		Refused int
		Checks  *QualitySource // nil if none was judged
	}
	type found struct {
		DataCheck
		What, Step string
		Stops      bool
	}
	q := d.Quality
	v := struct {
		printer
		Cards     []card
		Chart     *chart
		Nights    int
		Sources   []source
		Total     source
		Rejects   []Reject
		Unlisted  int // rejected rows of kinds not listed
		Lights    []light
		Checks    []found
		ChecksAll int
	}{printer: p, Rejects: q.Rejects, Nights: len(q.Trend)}
	for _, s := range q.Sources {
		line := source{Source: s, Refused: s.refused()}
		for i := range q.BySource {
			if q.BySource[i].Source == s.Source {
				line.Checks = &q.BySource[i]
			}
		}
		v.Sources = append(v.Sources, line)
		v.Total.Read += s.Read
		v.Total.Accepted += s.Accepted
		v.Total.Rejected += s.Rejected
		v.Total.LeftOut += s.LeftOut
		v.Total.Duplicates += s.Duplicates
		v.Total.Corrected += s.Corrected
		v.Total.Files += s.Files
		v.Total.Newest = max(v.Total.Newest, s.Newest)
	}
	v.Total.Refused = v.Total.refused()
	v.Rejects = v.Rejects[:min(rejectLimit, len(v.Rejects))]
	v.Unlisted = v.Total.Rejected
	for _, r := range v.Rejects {
		v.Unlisted -= r.Rows
	}
	for _, l := range lights {
		v.Lights = append(v.Lights, light{l.Key, l.Name.In(p.lang), q.Lights[l.Key]})
		if l.Key != "green" {
			v.ChecksAll += q.Lights[l.Key]
		}
	}
	for _, c := range q.Checks {
		step := missing
		if t, ok := checkSteps[c.Name]; ok && c.Light != "grey" {
			step = t.In(p.lang)
		}
		v.Checks = append(v.Checks, found{c, p.word(checkNames, c.Name), step, c.Severity == "stop"})
	}
	v.Cards = qualityCards(d, v.Total.Source, p)
	nights := slices.Clone(q.Trend)
	slices.Reverse(nights)
	v.Chart = scoreChart(p, nights)
	return v
}

// qualityCards are the four figures of the section.
func qualityCards(d Data, total Source, p printer) []card {
	score := card{Label: p.T("Score of the night", "本晚评分"), Value: missing, Note: p.T("nothing could be judged", "没有可评判的检查")}
	checks := card{Label: p.T("Checks passed", "通过的检查"), Value: missing, Note: score.Note}
	if t := d.Quality.tonight(d.Night.AsOf); t != nil {
		score.Value, score.Note = fixed(t.Score, 1)+" / 100", ""
		checks.Value = p.Count(t.Passed) + " / " + p.Count(t.Judged)
		checks.Note = p.T(p.Count(t.NotJudged)+" could not be judged", p.Count(t.NotJudged)+" 项无法评判")
		checks.Worse = t.Passed < t.Judged
		if len(d.Quality.Trend) > 1 {
			before := d.Quality.Trend[1]
			change := t.Score - before.Score
			score.Worse = change < 0
			sign := "+"
			if change < 0 {
				sign, change = "−", -change
			}
			score.Change = p.T(sign+fixed(change, 1)+" since "+before.AsOf.String(), "较 "+before.AsOf.String()+" "+sign+fixed(change, 1))
			if change < 0.05 {
				score.Change, score.Worse = p.T("as on "+before.AsOf.String(), "与 "+before.AsOf.String()+" 相同"), false
			}
			nights := len(d.Quality.Trend)
			compare := func(a, b QualityNight) int { return cmp.Compare(a.Score, b.Score) }
			worst, best := slices.MinFunc(d.Quality.Trend, compare), slices.MaxFunc(d.Quality.Trend, compare)
			score.Note = p.T(fmt.Sprintf("lowest of %d nights: %s on %s", nights, fixed(worst.Score, 1), worst.AsOf), fmt.Sprintf("%d 晚中最低：%s（%s）", nights, fixed(worst.Score, 1), worst.AsOf))
			if best.Score-worst.Score < 0.05 {
				score.Note = p.T(fmt.Sprintf("the same in all %d nights", nights), fmt.Sprintf("%d 晚均相同", nights))
			}
		} else {
			score.Note = firstNight.In(p.lang)
		}
	}
	fresh := total.Accepted + total.refused()
	rows := card{Label: p.T("New rows accepted", "新增并接受的行"), Value: p.Count(total.Accepted), Note: p.T(p.Count(total.Read)+" read, "+p.Count(total.Duplicates)+" known already", "共读取 "+p.Count(total.Read)+" 行，已知 "+p.Count(total.Duplicates)+" 行")}
	refused := card{Label: p.T("New rows refused", "新增但被拒收的行"), Value: p.Count(total.refused()), Worse: total.refused() > 0}
	refused.Note = p.T("nothing new was read", "没有新增行")
	if share := ratio(total.refused(), fresh); share != nil {
		refused.Note = p.T(p.Share(share)+" of what is new", "占新增行的 "+p.Share(share))
	}
	return []card{score, checks, rows, refused}
}
