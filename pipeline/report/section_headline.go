package report

import (
	"context"
	"fmt"
	"strings"
)

// A Book is the scored book of one night.
type Book struct {
	Customers, Scored, InDefault int
	Exposure, ExpectedLoss       Money
}

// unscored reports that there are customers and no model gave one a probability of default; those in default have theirs without a model.
func (b Book) unscored() bool { return b.Customers > b.InDefault && b.Scored <= b.InDefault }

// An OpenBook is what customers owe in one currency, or, summed, in the reporting currency alone.
type OpenBook struct {
	Currency        string
	Items, Invoices int
	Open            Money // in Currency; zero in a sum
	OpenBase        Money // invoices and unapplied cash
	InvoicesBase    Money
	UnappliedBase   Money // below zero, unless refunds owed to us outweigh it
	OverdueBase     Money
	Over90Base      Money
	DisputedBase    Money
}

// A Cover says how much of the exposure insurers and securities would pay.
type Cover struct {
	Told    int   // customers whose insured limit is told
	Unrated int   // of them in a currency without a known rate
	Total   Money // exposure before cover
	Covered Money
}

// Headline holds the figures that come first.
type Headline struct {
	Book, BookBefore Book
	Open, OpenBefore []OpenBook // by currency
	Cover            Cover
}

func gatherHeadline(ctx context.Context, q asker, d *Data) error {
	book := func(b *Book) func(*row) {
		return func(r *row) {
			*b = Book{r.number("customers"), r.number("scored"), r.number("in_default"), r.money("exposure"), r.money("expected_loss")}
		}
	}
	open := func(list *[]OpenBook) func(*row) {
		return func(r *row) {
			*list = append(*list, OpenBook{
				Currency: r.text("currency"), Items: r.number("items"), Invoices: r.number("invoices"),
				Open: r.money("open_total"), OpenBase: r.money("open_total_base"), InvoicesBase: r.money("invoices_base"),
				UnappliedBase: r.money("unapplied_base"), OverdueBase: r.money("overdue_base"), Over90Base: r.money("over_90_base"),
				DisputedBase: r.money("disputed_base"),
			})
		}
	}
	h := &d.Headline
	if err := q.tonight(ctx, "book", book(&h.Book)); err != nil {
		return err
	}
	if err := q.before(ctx, "book", book(&h.BookBefore)); err != nil {
		return err
	}
	if err := q.tonight(ctx, "open_book", open(&h.Open)); err != nil {
		return err
	}
	if err := q.before(ctx, "open_book", open(&h.OpenBefore)); err != nil {
		return err
	}
	return q.tonight(ctx, "cover", func(r *row) {
		h.Cover = Cover{r.number("customers_told"), r.number("customers_unrated"), r.money("total"), r.money("covered")}
	})
}

// sumOpen adds up the currencies in the reporting currency.
func sumOpen(list []OpenBook) OpenBook {
	var t OpenBook
	for _, o := range list {
		t.Items += o.Items
		t.Invoices += o.Invoices
		t.OpenBase += o.OpenBase
		t.InvoicesBase += o.InvoicesBase
		t.UnappliedBase += o.UnappliedBase
		t.OverdueBase += o.OverdueBase
		t.Over90Base += o.Over90Base
		t.DisputedBase += o.DisputedBase
	}
	return t
}

// A card is one figure of the headline.
type card struct {
	Label, Value, Change, Note, View string
	Worse                            bool // the change is for the worse
}

// A headlineView is what the template of the headline shows.
type headlineView struct {
	printer
	Cards    []card
	Sentence string
	Banner   []string
}

// viewHeadline prepares the cards, the sentence and the banner.
func viewHeadline(d Data, p printer) any {
	h, open, openBefore := d.Headline, sumOpen(d.Headline.Open), sumOpen(d.Headline.OpenBefore)
	first := d.Night.IsFirst()
	change := func(after, before Money) string {
		if first {
			return missing + " (" + firstNight.In(p.lang) + ")"
		}
		return p.Change(after-before) + p.T(" since ", " 较 ") + d.Night.PreviousAsOf.String()
	}
	counts := func(after, before int) string {
		if first {
			return missing + " (" + firstNight.In(p.lang) + ")"
		}
		return p.CountChange(after-before) + p.T(" since ", " 较 ") + d.Night.PreviousAsOf.String()
	}
	cards := []card{
		{Label: p.T("Exposure at default", "违约敞口"), Note: p.T("after cover", "已扣除覆盖"), Value: p.Amount(h.Book.Exposure), Change: change(h.Book.Exposure, h.BookBefore.Exposure), View: "score_history"},
		{Label: p.T("Open invoices", "未清发票"), Value: p.Amount(open.InvoicesBase), Change: change(open.InvoicesBase, openBefore.InvoicesBase), View: "open_items"},
		{Label: p.T("Overdue", "逾期"), Value: p.Amount(open.OverdueBase), Change: change(open.OverdueBase, openBefore.OverdueBase),
			Note: overdueNote(p, open), Worse: !first && open.OverdueBase > openBefore.OverdueBase, View: "open_items"},
		lossCard(d, p, change),
		coverCard(d, p),
		{Label: p.T("Customers scored", "已评分客户"), Value: p.Count(h.Book.Scored), Change: counts(h.Book.Scored, h.BookBefore.Scored),
			Note: p.T(fmt.Sprintf("of %s on the book, %s in default", p.Count(h.Book.Customers), p.Count(h.Book.InDefault)),
				fmt.Sprintf("全部 %s 家，其中 %s 家违约", p.Count(h.Book.Customers), p.Count(h.Book.InDefault))), View: "score_history"},
		warningCard(d, p),
		qualityCard(d, p),
	}
	return headlineView{p, cards, sentence(d, p), banner(d, p)}
}

// noModel says where to look while nobody has a probability of default.
var noModel = Text{"no probability of default yet, model health says why; see ageing, warnings and the provision matrix instead", "尚无违约概率，原因见模型健康状况；请先参考账龄、预警与准备金矩阵"}

// lossCard holds the expected loss; where nobody has a probability of default there is none, which is not zero.
func lossCard(d Data, p printer, change func(after, before Money) string) card {
	now, before := d.Headline.Book, d.Headline.BookBefore
	c := card{Label: p.T("Expected loss, 12 months", "预期损失（12 个月）"), View: "score_history"}
	if now.unscored() {
		c.Value, c.Note = missing, noModel.In(p.lang)
		return c
	}
	c.Value, c.Note = p.Amount(now.ExpectedLoss), ofExposure(p, now.ExpectedLoss, now.Exposure)
	if before.unscored() {
		c.Change = p.T("first night with a model", "首个有模型的夜晚")
		return c
	}
	c.Change, c.Worse = change(now.ExpectedLoss, before.ExpectedLoss), !d.Night.IsFirst() && now.ExpectedLoss > before.ExpectedLoss
	return c
}

func overdueNote(p printer, open OpenBook) string {
	s := share(open.OverdueBase, open.InvoicesBase)
	if s == nil {
		return missing + p.T(" (no open invoices)", "（没有未清发票）")
	}
	return p.Share(s) + p.T(" of open invoices", "，占未清发票")
}

func ofExposure(p printer, part, exposure Money) string {
	s := share(part, exposure)
	if s == nil {
		return missing + p.T(" (no exposure)", "（没有敞口）")
	}
	return p.Share(s) + p.T(" of exposure", "，占敞口")
}

func coverCard(d Data, p printer) card {
	c := card{Label: p.T("Covered by insurers and securities", "由保险与担保覆盖"), View: "losses"}
	if d.Headline.Cover.Told == 0 && d.Headline.Cover.Covered == 0 {
		c.Value, c.Note = missing, p.T("no source tells a cover", "没有数据源提供保险或担保")
		return c
	}
	c.Value = p.Amount(d.Headline.Cover.Covered)
	c.Note = missing + p.T(" (no exposure)", "（没有敞口）")
	if s := share(d.Headline.Cover.Covered, d.Headline.Cover.Total); s != nil {
		c.Note = p.Share(s) + p.T(" of the exposure before cover", "，占覆盖前敞口")
	}
	if n := d.Headline.Cover.Unrated; n > 0 {
		c.Note += p.T("; "+p.Count(n)+" limits without an exchange rate left out", ";"+p.Count(n)+" 个额度缺少汇率，未计入")
	}
	return c
}

func warningCard(d Data, p printer) card {
	serious := d.Warnings.newlySerious()
	c := card{Label: p.T("New warnings S3 and S4", "新增 S3、S4 预警"), Value: p.Count(serious), View: "warnings", Worse: serious > 0 && !d.Night.IsFirst()}
	c.Note = p.T(p.Count(d.Warnings.open())+" open in all severities", "各级未关闭共 "+p.Count(d.Warnings.open())+" 条")
	if d.Night.IsFirst() {
		c.Change = p.T("first night: every open warning is new", "首晚：所有未关闭预警均为新增")
	}
	return c
}

func qualityCard(d Data, p printer) card {
	c := card{Label: p.T("Data checks", "数据检查"), View: "checks, source_counts"}
	light, ok := d.Quality.light()
	if !ok {
		c.Value, c.Note = missing, p.T("no check was kept", "没有检查记录")
		return c
	}
	c.Value, c.Worse = p.Light(light), light == "red" || light == "amber"
	if t := d.Quality.tonight(d.Night.AsOf); t != nil {
		c.Change = p.T("score ", "评分 ") + fixed(t.Score, 1) + p.T(" of 100", "，满分 100")
	}
	read, rejected := 0, 0
	for _, s := range d.Quality.Sources {
		read, rejected = read+s.Read, rejected+s.refused()
	}
	c.Note = p.T(fmt.Sprintf("%s rows read, %s rejected", p.Count(read), p.Count(rejected)), fmt.Sprintf("读取 %s 行，拒收 %s 行", p.Count(read), p.Count(rejected)))
	return c
}

// sentence says in one line what changed since the night before.
func sentence(d Data, p printer) string {
	book := d.Headline.Book
	switch {
	case book.Customers == 0:
		return p.T("There is no customer on the book of this night.", "本晚账上没有客户。")
	case book.unscored():
		return p.T(
			fmt.Sprintf("No probabilities of default yet, and so no expected loss: %s customers with an exposure of %s; warnings new or raised to S3 or S4: %s.", p.Count(book.Customers), p.Amount(book.Exposure), p.Count(d.Warnings.newlySerious())),
			fmt.Sprintf("尚无违约概率，因此没有预期损失：共 %s 家客户，敞口 %s；新增或升至 S3、S4 的预警 %s 条。", p.Count(book.Customers), p.Amount(book.Exposure), p.Count(d.Warnings.newlySerious())))
	case d.Bridge == nil:
		return p.T(
			fmt.Sprintf("This is the first night: %s customers with an exposure of %s and an expected loss of %s; changes are shown from the next night on.",
				p.Count(book.Customers), p.Amount(book.Exposure), p.Amount(book.ExpectedLoss)),
			fmt.Sprintf("本期为首晚：共 %s 家客户，敞口 %s，预期损失 %s；变动自下一晚起列示。",
				p.Count(book.Customers), p.Amount(book.Exposure), p.Amount(book.ExpectedLoss)))
	case d.Headline.BookBefore.unscored():
		return p.T(
			fmt.Sprintf("This is the first night with a model: an expected loss of %s on an exposure of %s; changes are shown from the next night on.", p.Amount(book.ExpectedLoss), p.Amount(book.Exposure)),
			fmt.Sprintf("本晚首次有模型：敞口 %s，预期损失 %s；变动自下一晚起列示。", p.Amount(book.Exposure), p.Amount(book.ExpectedLoss)))
	}
	b := *d.Bridge
	main := b.causes()[0]
	for _, c := range b.causes()[1:] {
		if max(c.Amount, -c.Amount) > max(main.Amount, -main.Amount) {
			main = c
		}
	}
	moved, because := b.Closing-b.Opening, ""
	verb := Text{"is unchanged at", "维持在"}
	if moved > 0 {
		verb = Text{"rose by " + p.Amount(moved) + " to", "增加 " + p.Amount(moved) + "，至"}
	} else if moved < 0 {
		verb = Text{"fell by " + p.Amount(-moved) + " to", "减少 " + p.Amount(-moved) + "，至"}
	}
	if main.Amount != 0 {
		because = p.T(", mainly through "+main.Name.EN+" ("+p.Change(main.Amount)+")", "，主要因"+main.Name.ZH+"("+p.Change(main.Amount)+")")
	}
	return p.T(
		fmt.Sprintf("Expected loss %s %s%s; customers new: %s, gone: %s; warnings new or raised to S3 or S4: %s.",
			verb.EN, p.Amount(b.Closing), because, p.Count(b.New), p.Count(b.Left), p.Count(d.Warnings.newlySerious())),
		fmt.Sprintf("预期损失%s %s%s；新增客户 %s 家，退出 %s 家；新增或升至 S3、S4 的预警 %s 条。",
			verb.ZH, p.Amount(b.Closing), because, p.Count(b.New), p.Count(b.Left), p.Count(d.Warnings.newlySerious())))
}

// banner names what is wrong with the data, worst first; nothing when all is well.
func banner(d Data, p printer) []string {
	var out []string
	for _, c := range d.Quality.Checks {
		if (c.Light == "red" || c.Light == "amber") && len(out) < 4 {
			out = append(out, p.Light(c.Light)+": "+clean(c.Name, 40)+" "+clean(c.Scope, 60)+p.T(": ", "：")+p.Text(c.TextEN, c.TextZH))
		}
	}
	if n := d.Quality.Lights["red"] + d.Quality.Lights["amber"]; n > len(out) && len(out) > 0 {
		out = append(out, p.T("and "+p.Count(n-len(out))+" more, see data quality", "另有 "+p.Count(n-len(out))+" 项，见数据质量"))
	}
	for _, s := range d.Quality.Sources {
		if v := ratio(s.refused(), s.Read); v != nil && *v >= rejectedShare {
			out = append(out, p.T(
				fmt.Sprintf("source %s: %s of %s rows rejected (%s)", clean(s.Source, 64), p.Count(s.refused()), p.Count(s.Read), p.Share(v)),
				fmt.Sprintf("数据源 %s：拒收 %s 行，共读取 %s 行（%s）", clean(s.Source, 64), p.Count(s.refused()), p.Count(s.Read), p.Share(v))))
		}
	}
	if m := d.Validation.judged(); m != nil && (m.Light == "red" || m.Blocks) {
		out = append(out, p.T("model validation: ", "模型验证：")+d.Validation.verdict(p))
	}
	return out
}

// rejectedShare is the share of refused rows from which a source is named in the banner.
const rejectedShare = 0.01

// ratio divides two counts; there is none of nothing.
func ratio(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	v := float64(part) / float64(whole)
	return &v
}

// Summary is the night in at most twelve lines of plain text, for a terminal.
func Summary(d Data, lang Lang) string {
	p := newPrinter(d, lang)
	h := viewHeadline(d, p).(headlineView)
	lines := []string{fmt.Sprintf("%s %s · %s %s", clean(d.Night.Company, 60), d.Night.AsOf, p.T("amounts in", "金额单位"), p.Unit())}
	for _, c := range h.Cards {
		line := c.Label + p.T(": ", "：") + c.Value
		if c.Note != "" {
			line += " (" + c.Note + ")"
		}
		lines = append(lines, line)
	}
	lines = append(lines, h.Sentence)
	if len(h.Banner) > 0 {
		lines = append(lines, p.T("Data: ", "数据：")+h.Banner[0])
	}
	return strings.Join(lines, "\n") + "\n"
}
