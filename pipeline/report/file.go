package report

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"creditwatch/pipeline/asof"
)

// A CreditFile is everything known about one customer as of a published night.
type CreditFile struct {
	AsOf       asof.Date
	CustomerID string
	Company    string // whose receivables these are
	Currency   string // reporting currency
	Items      []FileItem
}

// A FileItem is a line of a credit file.
type FileItem struct {
	Section        string
	Seq            int
	ItemEN, ItemZH string
	Value          string // figure, code or day
	Amount         *Money // reporting currency
	EN, ZH         string // more about it
	View           string // view that yields it
}

// fileSections lists the sections of a credit file in the order of the page.
var fileSections = []struct {
	Key   string
	Title Text
}{
	{"identity", Text{"Identity", "基本资料"}},
	{"score", Text{"Score", "评分"}},
	{"reasons", Text{"Reasons of the score", "评分原因"}},
	{"changes", Text{"What moved the score", "评分变动原因"}},
	{"warnings", Text{"Open warnings", "未关闭预警"}},
	{"holds", Text{"Hold or release", "停发货或恢复"}},
	{"limit", Text{"Limit, with every term", "额度及各项"}},
	{"exposure", Text{"Exposure", "敞口"}},
	{"ageing", Text{"Ageing", "账龄"}},
	{"loss", Text{"Expected loss", "预期损失"}},
	{"provision", Text{"Provision", "坏账准备"}},
	{"payments", Text{"Payment behaviour", "付款行为"}},
	{"contacts", Text{"Promises and contacts", "承诺与联系"}},
	{"worklist", Text{"Collections", "催收"}},
	{"dunning", Text{"Dunning", "催款函"}},
	{"reconciliation", Text{"Reconciliation", "对账"}},
	{"contracts", Text{"Contracts and guarantees", "合同与担保"}},
	{"findings", Text{"Contract findings", "合同问题"}},
	{"cover", Text{"Cover", "保障"}},
	{"ratings", Text{"External ratings", "外部评级"}},
	{"news", Text{"News events", "新闻事件"}},
	{"group", Text{"Group", "集团"}},
	{"reviews", Text{"Reviews", "信用复审"}},
	{"actions", Text{"Own actions in force", "生效中的我方措施"}},
	{"defaults", Text{"Earlier defaults", "历史违约"}},
	{"missing", Text{"Missing data", "缺失数据"}},
}

// Title names a section of a credit file.
func (i FileItem) Title(lang Lang) string {
	for _, s := range fileSections {
		if s.Key == i.Section {
			return s.Title.In(lang)
		}
	}
	return clean(i.Section, 40)
}

// GatherFile reads the credit file of a customer; one without an item is not known on that night.
func GatherFile(ctx context.Context, q Reader, customer string, day asof.Date) (CreditFile, error) {
	f := CreditFile{AsOf: day, CustomerID: customer}
	const file = "sql/credit_file.sql"
	sql, err := files.ReadFile(file)
	if err != nil {
		return f, err
	}
	places := map[string]int{}
	for i, s := range fileSections {
		places[s.Key] = i
	}
	ordered := make([][]FileItem, len(fileSections)+1) // the last holds sections that the page does not know
	err = read(ctx, q, file, string(sql), map[string]any{"customer": customer, "as_of": day}, func(r *row) {
		item := FileItem{Section: r.text("section"), Seq: r.number("seq"), ItemEN: r.text("item_en"), ItemZH: r.text("item_zh"), Value: r.text("value"), Amount: r.moneyOr("amount"),
			EN: r.text("text_en"), ZH: r.text("text_zh"), View: r.text("source_view")}
		if t, ok := findingNames[item.ItemEN]; ok && item.Section == "findings" { // codes where the page wants words
			item.ItemEN, item.ItemZH = t.EN, t.ZH
		}
		at, ok := places[item.Section]
		if !ok {
			at = len(fileSections)
		}
		ordered[at] = append(ordered[at], item)
	})
	if err != nil {
		return f, fmt.Errorf("report: %w", err)
	}
	for _, list := range ordered {
		f.Items = append(f.Items, list...)
	}
	return f, nil
}

// name is the customer's name as of the night.
func (f CreditFile) name() string {
	for _, i := range f.Items {
		if i.Section == "identity" && i.Seq == 1 {
			return i.Value
		}
	}
	return ""
}

// fileWords are the codes that stand as values of a credit file.
var fileWords = map[string]Text{
	"yes": {"yes", "是"}, "no": {"no", "否"}, "hold": {"hold", "停止发货"}, "release": {"release", "恢复发货"},
	"matrix": {"matrix", "准备矩阵"}, "individual": {"individual", "单项"}, "none": {"none", "无"},
	"large": {"large", "大型"}, "medium": {"medium", "中型"}, "small": {"small", "小型"}, "micro": {"micro", "微型"},
}

// outcomes are what came of a contact; none begins with another.
var outcomes = map[string]Text{"reached": {"reached", "已联系"}, "no_answer": {"no answer", "无人接听"}, "agreed": {"agreed", "同意"}, "refused": {"refused", "拒绝"}}

// FileValue writes the value of a line in words where it is a code.
func (p printer) FileValue(i FileItem) string {
	switch {
	case i.Section == "limit" && i.Seq == 1:
		return p.Advice(i.Value)
	case i.Section == "limit" && i.Seq == 16:
		return p.Binding(i.Value)
	case i.Section == "reviews" && i.Seq == 3:
		return p.Pull(i.Value)
	case i.Value != "" && (i.Section == "warnings" || i.Section == "findings" || i.Section == "worklist" && i.Seq == 2):
		return p.Actions(i.Value)
	}
	if i.Section == "contacts" {
		for code, t := range outcomes {
			if rest, ok := strings.CutPrefix(i.Value, code); ok && (rest == "" || rest[0] == ',') {
				return t.In(p.lang) + clean(rest, 140)
			}
		}
	}
	if t, ok := fileWords[i.Value]; ok && i.Section != "identity" || ok && (i.Seq == 7 || i.Seq == 8) {
		return t.In(p.lang)
	}
	return clean(i.Value, 160)
}

// Label writes what a line is about.
func (p printer) Label(i FileItem) string { return p.Text(i.ItemEN, i.ItemZH) }

// WriteFile renders a credit file as one self-contained A4 page.
func WriteFile(w io.Writer, f CreditFile, lang Lang) error {
	if lang != English && lang != Chinese {
		return fmt.Errorf("credit file: language %q: want en or zh", lang)
	}
	type section struct {
		Title, View string
		Words       bool // the lines are sentences with a figure
		Items       []FileItem
	}
	largest := Money(0)
	for _, i := range f.Items {
		if i.Amount != nil {
			largest = max(largest, *i.Amount, -*i.Amount)
		}
	}
	p := printer{lang, unitOf(largest, f.Currency)}
	page := struct {
		printer
		Lang, Customer string
		File           CreditFile
		Sections       []section
		Absent         []string // sections of which nothing is known
		Cards          []FileItem
	}{printer: p, Lang: "en", Customer: p.Name(f.name(), f.CustomerID), File: f}
	if lang == Chinese {
		page.Lang = "zh-CN"
	}
	by := map[string][]FileItem{}
	var strange []string
	for _, i := range f.Items {
		if _, ok := by[i.Section]; !ok {
			strange = append(strange, i.Section)
		}
		by[i.Section] = append(by[i.Section], i)
	}
	add := func(title string, items []FileItem) {
		var views []string
		for _, i := range items {
			views = append(views, clean(i.View, 40))
		}
		page.Sections = append(page.Sections, section{title, strings.Join(unique(views), ", "), items[0].Section == "reasons" || items[0].Section == "changes", items})
	}
	for _, s := range fileSections {
		if items := by[s.Key]; len(items) > 0 {
			add(s.Title.In(lang), items)
			delete(by, s.Key)
		} else if s.Key != "missing" {
			page.Absent = append(page.Absent, s.Title.In(lang))
		}
	}
	for _, key := range strange {
		if items := by[key]; len(items) > 0 {
			add(clean(key, 40), items)
		}
	}
	for _, card := range []struct {
		section string
		seq     int
	}{{"score", 1}, {"score", 2}, {"exposure", 5}, {"limit", 17}, {"loss", 1}} {
		for _, i := range f.Items {
			if i.Section == card.section && i.Seq == card.seq {
				page.Cards = append(page.Cards, i)
			}
		}
	}
	var out bytes.Buffer
	if err := pages().ExecuteTemplate(&out, "file.html", page); err != nil {
		return fmt.Errorf("credit file: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}
