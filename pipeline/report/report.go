// Package report writes the page that management reads in the morning: what changed, why, what it costs and
// what to do about it.
//
//  1. [Gather] asks the warehouse for the figures of one night: the rows of its run, which need not be published
//     yet, and of the published night before it.
//  2. [Check] holds the figures against each other. A night whose totals do not foot must not be published.
//  3. [Write] renders one self-contained HTML page in English or Chinese; [Summary] is the same in a few lines.
//
// The page has no script and asks nothing of the network. The same data give the same bytes, and both
// languages carry the same figures. Every figure names the view that yields it; the appendix prints the
// queries, so that an analyst can run them.
//
// Sections come from one list, [Sections]. To add one: a row there, its template in templates/, its queries in
// sql/, its fields in [Data].
package report

import (
	"context"
	"embed"
	"fmt"
	"time"

	"creditwatch/pipeline/asof"

	"github.com/apache/arrow/go/v17/arrow/array"
)

//go:embed sql/*.sql templates/*.html
var files embed.FS

// A Reader is the part of the warehouse that a report needs. The caller of Query releases what it returns.
type Reader interface {
	Query(ctx context.Context, sql string, params map[string]any) (array.RecordReader, error)
}

// A Lang is a language of the report.
type Lang string

// The languages of the report.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Langs lists the languages every night is written in.
var Langs = []Lang{English, Chinese}

// A Text is something people read, in both languages.
type Text struct{ EN, ZH string }

// In returns the text in a language.
func (t Text) In(lang Lang) string {
	if lang == Chinese {
		return t.ZH
	}
	return t.EN
}

// A Night says which night is reported and against which it is compared.
type Night struct {
	Run          uint64    // attempt that computed the rows; need not be published yet
	Runs         []uint64  // whose ledger rows count: Run and the published runs of other dates
	PreviousRun  uint64    // run of the last published night before; 0 = there is none
	AsOf         asof.Date // business date
	PreviousAsOf asof.Date // business date of PreviousRun
	Company      string    // whose receivables these are
	Currency     string    // reporting currency, ISO 4217
	Cut          time.Time // facts learnt before this instant count
	Zone         string    // zone in which the business date ends, IANA name
	Code         string    // version of the program
	PolicyHash   string    // SHA-256 of the policy
	ModelID      string    // model that scored the night, empty if none
}

// IsFirst reports whether there is no night to compare with.
func (n Night) IsFirst() bool { return n.PreviousRun == 0 }

// Data holds every figure of a report. Money is in the reporting currency unless said otherwise.
type Data struct {
	Night          Night
	Headline       Headline
	Grades         []Grade
	Bridge         *Bridge // nil on the first night
	Losses         Losses
	Movers         []Mover
	Warnings       Warnings
	Record         Record
	Ageing         []AgeingCell
	Receivables    Receivables
	Provisions     Provisions
	Dunning        Dunning
	Reconciliation Reconciliation
	Limits         Limits
	Groups         Groups
	Reviews        Reviews
	Contracts      Contracts
	Urgent         []Urgent
	Worklist       Worklist
	Quality        Quality
	Model          ModelHealth
	Validation     Validation
}

// A Section is a numbered part of the page.
type Section struct {
	Key     string   // template templates/<Key>.html and anchor on the page
	Title   Text     // heading
	Queries []string // files in sql/ that yield its figures
	// gather fills the section's fields of d; nil for a section without figures of its own.
	gather func(ctx context.Context, q asker, d *Data) error
	// view prepares what the template shows; nil for a template that reads Data alone.
	view func(d Data, p printer) any
}

// Sections lists the sections in report order. It is the only registration.
var Sections = []Section{
	{Key: "headline", Title: Text{"Headline", "要点"},
		Queries: []string{"book", "open_book", "cover", "warning_flow"}, gather: gatherHeadline, view: viewHeadline},
	{Key: "grades", Title: Text{"Exposure and expected loss by grade", "各信用等级的敞口与预期损失"},
		Queries: []string{"grades", "bridge"}, gather: gatherGrades, view: viewGrades},
	{Key: "losses", Title: Text{"What may be lost", "可能的损失"},
		Queries: []string{"losses", "loss_years", "loss_industries", "stress", "workouts"}, gather: gatherLosses, view: viewLosses},
	{Key: "provisions", Title: Text{"Provisions", "坏账准备"},
		Queries: []string{"provisions", "provision_customers", "provision_gaps", "rolls"}, gather: gatherProvisions, view: viewProvisions},
	{Key: "movers", Title: Text{"Largest movers", "变动最大的客户"},
		Queries: []string{"movers"}, gather: gatherMovers, view: viewMovers},
	{Key: "warnings", Title: Text{"Warnings", "预警"},
		Queries: []string{"warning_counts", "warning_flow", "warnings_serious", "warnings_closed", "unjudged"}, gather: gatherWarnings, view: viewWarnings},
	{Key: "record", Title: Text{"What warnings are worth", "预警的效果"},
		Queries: []string{"warning_budget", "warnings_left_out", "track_record", "rule_demotions"}, gather: gatherRecord, view: viewRecord},
	{Key: "ageing", Title: Text{"Ageing of receivables", "应收账款账龄"},
		Queries: []string{"ageing", "open_book"}, gather: gatherAgeing, view: viewAgeing},
	{Key: "dso", Title: Text{"Days sales outstanding and its family", "应收账款周转天数及相关指标"},
		Queries: []string{"receivables", "sales_months", "open_book"}, gather: gatherReceivables, view: viewReceivables},
	{Key: "urgent", Title: Text{"The ten most urgent customers", "最需立即处理的十家客户"},
		Queries: []string{"urgent", "worklist"}, gather: gatherUrgent, view: viewUrgent},
	{Key: "dunning", Title: Text{"Dunning of the day", "本晚催款"},
		Queries: []string{"dunning_totals", "dunning", "dunning_deadlines"}, gather: gatherDunning, view: viewDunning},
	{Key: "reconciliation", Title: Text{"Reconciliation", "对账"},
		Queries: []string{"reconciliation", "reconciliation_kinds", "reconciliation_items"}, gather: gatherReconciliation, view: viewReconciliation},
	{Key: "limits", Title: Text{"Limits and holds", "信用额度与停止发货建议"},
		Queries: []string{"limits", "limit_advice", "limit_overruns", "limit_changes", "hold_totals", "holds"}, gather: gatherLimits, view: viewLimits},
	{Key: "groups", Title: Text{"Groups and concentration", "集团与集中度"},
		Queries: []string{"group_totals", "groups", "concentration", "concentration_top", "concentration_breaches"}, gather: gatherGroups, view: viewGroups},
	{Key: "reviews", Title: Text{"Reviews and contacts", "信用复审与客户联系"},
		Queries: []string{"review_totals", "reviews", "coverage"}, gather: gatherReviews, view: viewReviews},
	{Key: "contracts", Title: Text{"Contracts, securities and late interest", "合同、担保与迟付利息"},
		Queries: []string{"contract_totals", "contract_nearest", "late_interest"}, gather: gatherContracts, view: viewContracts},
	{Key: "quality", Title: Text{"Data quality", "数据质量"},
		Queries: []string{"quality_trend", "quality_sources", "sources", "rejects", "check_lights", "checks"}, gather: gatherQuality, view: viewQuality},
	{Key: "model", Title: Text{"Model health", "模型健康状况"},
		Queries: []string{"models", "promotions", "metrics"}, gather: gatherModel, view: viewModel},
	{Key: "validation", Title: Text{"Model validation", "模型验证"},
		Queries: []string{"validation", "validation_lights", "validation_figures", "validation_findings", "validation_findings_flow", "validation_grey"}, gather: gatherValidation, view: viewValidation},
	{Key: "appendix", Title: Text{"Appendix", "附录"}},
}

// The view of the appendix reads Sections, so it cannot stand in the literal above.
func init() { Sections[len(Sections)-1].view = viewAppendix }

// Gather reads the figures of a night.
func Gather(ctx context.Context, q Reader, n Night) (Data, error) {
	d := Data{Night: n}
	for _, s := range Sections {
		if s.gather == nil {
			continue
		}
		if err := s.gather(ctx, asker{q, n}, &d); err != nil {
			return Data{}, fmt.Errorf("report: section %s: %w", s.Key, err)
		}
	}
	return d, nil
}

// FileName is the name under which a night's report is kept.
func FileName(day asof.Date, lang Lang) string {
	return fmt.Sprintf("creditwatch-%s-%s.html", day, lang)
}
