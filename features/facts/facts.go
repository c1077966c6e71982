// Package facts says what the ledger has behind a feature of a customer, in words and figures that can be acted on: "3
// invoices, 41,200 CNY, more than 90 days late, the oldest due 2026-01-15".
//
// A feature of the catalogue names what lies behind it as <family>/<slice> ([features.Feature].Facts). A family is one file of
// sql/, asked once for a range of customers; it yields one row per customer and slice, and every slice has its words in
// the table [Said]. To add one: its rows in the SQL, its words in the table, its name in the catalogue.
package facts

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/features/news"
	"creditwatch/pipeline/asof"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// SQL returns the statement of a family. Beside the parameters of the features it takes first and last, the numbers
// between which the customers lie.
func SQL(family string) string {
	text, err := sqlFiles.ReadFile("sql/" + family + ".sql")
	if err != nil {
		panic(err) // a family without its file; the test of the table meets it first
	}
	return string(text)
}

// A Fact is what a family yields for a customer and a slice. What a slice does not tell is zero. Amounts are in the
// reporting currency.
type Fact struct {
	N, Part       int        // how many; of them
	Amount, Whole book.Money // of these; of all
	First, Last   asof.Date
	Days, Most    float64
	Name, About   string
	AboutBefore   string
	Share, Score  *float64
	ShareBefore   *float64
	ScoreBefore   *float64
}

// A text is in both languages.
type text struct{ en, zh string }

// Say returns the words for what lies behind a feature, "" for nothing worth saying. Behind is the feature's
// <family>/<slice>; currency is that of the amounts.
func Say(behind string, f Fact, currency string) (en, zh string) {
	say, ok := Said[behind]
	if !ok {
		return "", ""
	}
	t := say(f, currency)
	return t.en, t.zh
}

// Family is the file that yields what lies behind a feature.
func Family(behind string) (family, slice string) {
	family, slice, _ = strings.Cut(behind, "/")
	return family, slice
}

// Said has the words of every slice.
var Said = map[string]func(f Fact, currency string) text{
	"open/all": func(f Fact, c string) text {
		return some(f, text{
			count(f.N, "open invoice") + ", " + money(f.Amount, c) + ", the oldest of " + f.First.String(),
			fmt.Sprintf("未收发票 %d 张，%s，最早开票日 %s", f.N, money(f.Amount, c), f.First),
		})
	},
	"open/overdue": late("overdue", "已逾期"),
	"open/1-30":    late("1 to 30 days late", "逾期 1 至 30 天"),
	"open/31-60":   late("31 to 60 days late", "逾期 31 至 60 天"),
	"open/61-90":   late("61 to 90 days late", "逾期 61 至 90 天"),
	"open/90":      late("more than 90 days late", "逾期 90 天以上"),
	"open/disputed": func(f Fact, c string) text {
		return some(f, text{
			count(f.N, "open invoice") + ", " + money(f.Amount, c) + ", in dispute, the oldest since " + f.First.String(),
			fmt.Sprintf("未收发票 %d 张，%s，存在争议，最早自 %s", f.N, money(f.Amount, c), f.First),
		})
	},
	"open/part": func(f Fact, c string) text {
		return some(f, text{
			fmt.Sprintf("%s settled in part, %s of %s still open", count(f.N, "invoice"), amount(f.Amount), money(f.Whole, c)),
			fmt.Sprintf("%d 张发票部分付款，%s 中尚欠 %s", f.N, money(f.Whole, c), amount(f.Amount)),
		})
	},
	"settled/90":  settled("90 days", "近 90 天"),
	"settled/365": settled("365 days", "近 365 天"),
	"settled/730": settled("two years", "近两年"),
	"settled/late-30": func(f Fact, c string) text {
		switch {
		case f.N == 0:
			return text{"no invoice settled in 365 days", "近 365 天没有结清的发票"}
		case f.Part == 0:
			return text{count(f.N, "invoice") + " settled in 365 days, none more than 30 days late", fmt.Sprintf("近 365 天结清 %d 张发票，均未逾期 30 天以上", f.N)}
		}
		return text{fmt.Sprintf("%d of %s settled in 365 days, %s, more than 30 days late, at most %s", f.Part, count(f.N, "invoice"), money(f.Amount, c), count(int(f.Most), "day")),
			fmt.Sprintf("近 365 天结清 %d 张发票，其中 %d 张逾期 30 天以上，%s，最长 %.0f 天", f.N, f.Part, money(f.Amount, c), f.Most)}
	},
	"settled/last": func(f Fact, _ string) text {
		days := int(f.Days)
		switch {
		case f.N == 0:
			return text{"no invoice settled yet", "尚无结清的发票"}
		case days > 0:
			return text{fmt.Sprintf("invoice %s settled on %s, %s after it was due", f.Name, f.Last, count(days, "day")), fmt.Sprintf("发票 %s 于 %s 结清，迟 %d 天", f.Name, f.Last, days)}
		case days == 0:
			return text{fmt.Sprintf("invoice %s settled on %s, the day it was due", f.Name, f.Last), fmt.Sprintf("发票 %s 于 %s 到期日结清", f.Name, f.Last)}
		}
		return text{fmt.Sprintf("invoice %s settled on %s, %s before it was due", f.Name, f.Last, count(-days, "day")), fmt.Sprintf("发票 %s 于 %s 结清，提前 %d 天", f.Name, f.Last, -days)}
	},
	"cash/90":         counted("payment", "90 days", "近 90 天", "回款", "笔"),
	"cash/365":        counted("payment", "365 days", "近 365 天", "回款", "笔"),
	"cash/returned":   counted("returned payment", "90 days", "近 90 天", "退票", "次"),
	"cash/credit-90":  counted("credit note", "90 days", "近 90 天", "贷项", "张"),
	"cash/credit-365": counted("credit note", "365 days", "近 365 天", "贷项", "张"),
	"cash/write-off":  counted("write-off", "two years", "近两年", "核销", "次"),
	"cash/last":       lastOne("payment", "回款"),

	"trade/invoices-90":  against("invoice", "90 days", "the 90 days before", "近 90 天", "此前 90 天", "发票", "张"),
	"trade/invoices-365": against("invoice", "365 days", "the 365 days before", "近 365 天", "此前 365 天", "发票", "张"),
	"trade/invoice-last": lastOne("invoice", "开票"),
	"trade/orders-60":    against("order", "60 days", "the same days a year ago", "近 60 天", "去年同期", "订单", "笔"),
	"trade/orders-365":   against("order", "365 days", "the 365 days before", "近 365 天", "此前 365 天", "订单", "笔"),
	"trade/order-last":   lastOne("order", "下单"),

	"disputes/365": counted("dispute", "365 days", "近 365 天", "争议", "次"),
	"disputes/late": func(f Fact, _ string) text {
		return some(f, text{
			fmt.Sprintf("%d of %s of 180 days raised after the invoice was due", f.Part, count(f.N, "dispute")),
			fmt.Sprintf("近 180 天 %d 次争议，其中 %d 次在到期后提出", f.N, f.Part),
		})
	},

	"contacts/contacts":      happened("contact", "90 days", "近 90 天", "联系"),
	"contacts/dunning":       happened("dunning letter", "90 days", "近 90 天", "催收"),
	"contacts/complaint-90":  happened("complaint", "90 days", "近 90 天", "投诉"),
	"contacts/complaint-365": happened("complaint", "365 days", "近 365 天", "投诉"),
	"contacts/extension":     happened("request for more time", "180 days", "近 180 天", "展期申请"),
	"contacts/limit":         happened("request for more credit", "180 days", "近 180 天", "加额申请"),
	"contacts/no_answer": func(f Fact, _ string) text {
		return some(f, text{
			fmt.Sprintf("%d of %s of 90 days without an answer, the last on %s", f.Part, count(f.N, "call or visit"), f.Last),
			fmt.Sprintf("近 90 天 %d 次电话或拜访中 %d 次无人应答，最近一次 %s", f.N, f.Part, f.Last),
		})
	},
	"contacts/reached": func(f Fact, _ string) text {
		if f.N == 0 {
			return text{"never reached", "从未联系上"}
		}
		return text{"last reached on " + f.Last.String(), "最近联系上是 " + f.Last.String()}
	},
	"promises/90":  promised("90 days", "近 90 天"),
	"promises/365": promised("365 days", "近 365 天"),

	"terms/limit": func(f Fact, c string) text {
		t := text{fmt.Sprintf("exposure %s against a limit of %s", amount(f.Amount), money(f.Whole, c)), fmt.Sprintf("敞口 %s，额度 %s", amount(f.Amount), money(f.Whole, c))}
		if !f.Last.IsZero() {
			t.en, t.zh = t.en+", valid to "+f.Last.String(), t.zh+"，有效期至 "+f.Last.String()
		}
		return some(f, t)
	},
	"terms/since": func(f Fact, _ string) text {
		return some(f, text{"customer since " + f.Last.String(), "自 " + f.Last.String() + " 起合作"})
	},
	"terms/contract": func(f Fact, _ string) text {
		if f.N == 0 {
			return text{"no contract", "没有合同"}
		}
		reviewed := map[string]text{"reviewed": {"reviewed", "已审核"}, "pending": {"review pending", "待审核"}, "rejected": {"rejected in review", "审核未通过"}}
		about, ok := reviewed[f.About]
		if !ok {
			about = text{"not reviewed", "未审核"}
		}
		t := text{fmt.Sprintf("contract %s, %s", f.Name, about.en), fmt.Sprintf("合同 %s，%s", f.Name, about.zh)}
		if !f.Last.IsZero() {
			t.en, t.zh = t.en+", valid to "+f.Last.String(), t.zh+"，有效期至 "+f.Last.String()
		}
		return t
	},

	"ratings/worst": rated,
	"news/worst": func(f Fact, _ string) text {
		if f.N == 0 {
			return text{}
		}
		t := text{f.Name, f.Name}
		if k := slices.IndexFunc(news.Taxonomy, func(x news.Type) bool { return x.Code == f.Name }); k >= 0 {
			t = text{news.Taxonomy[k].EN, news.Taxonomy[k].ZH}
		}
		t.en, t.zh = t.en+" of "+f.Last.String(), t.zh+"，"+f.Last.String()
		if said := quoted(f.About); said != "" {
			t.en, t.zh = t.en+": “"+said+"”", t.zh+"：“"+said+"”"
		}
		if f.N > 1 {
			t.en, t.zh = t.en+fmt.Sprintf("; %d bad stories in 365 days", f.N), t.zh+fmt.Sprintf("；近一年负面报道 %d 条", f.N)
		}
		return t
	},
	"peers/industry": owed("other customers of the industry"),
	"peers/region":   owed("other customers of the region"),
	"peers/group": func(f Fact, c string) text {
		if f.N == 0 {
			return text{}
		}
		t := text{
			fmt.Sprintf("%s owing %s, %s of it overdue", count(f.N, "relative"), money(f.Whole, c), amount(f.Amount)),
			fmt.Sprintf("关联方 %d 家，欠款 %s，其中逾期 %s", f.N, money(f.Whole, c), amount(f.Amount)),
		}
		if f.Amount > 0 && f.Name != "" {
			t.en, t.zh = t.en+", most by "+quoted(f.Name), t.zh+"，以 "+quoted(f.Name)+" 为最"
		}
		return t
	},
	"history/defaults": func(f Fact, _ string) text {
		if f.N == 0 {
			return text{"no earlier default", "无历史违约"}
		}
		return text{count(f.N, "default") + ", the last on " + f.Last.String(), fmt.Sprintf("违约 %d 次，最近一次 %s", f.N, f.Last)}
	},
}

// some is t if there is something to tell of.
func some(f Fact, t text) text {
	if f.N == 0 {
		return text{}
	}
	return t
}

func late(en, zh string) func(Fact, string) text {
	return func(f Fact, c string) text {
		return some(f, text{
			count(f.N, "invoice") + ", " + money(f.Amount, c) + ", " + en + ", the oldest due " + f.First.String(),
			fmt.Sprintf("%d 张发票，%s，%s，最早到期日 %s", f.N, money(f.Amount, c), zh, f.First),
		})
	}
}

func settled(en, zh string) func(Fact, string) text {
	return func(f Fact, c string) text {
		late, lateZH := fmt.Sprintf("%d of them, %s, late", f.Part, money(f.Amount, c)), fmt.Sprintf("其中 %d 张逾期，%s", f.Part, money(f.Amount, c))
		if f.Part == f.N {
			late, lateZH = fmt.Sprintf("%s, all of them late", money(f.Amount, c)), fmt.Sprintf("全部逾期，%s", money(f.Amount, c))
		}
		switch {
		case f.N == 0:
			return text{"no invoice settled in " + en, zh + "没有结清的发票"}
		case f.Part == 0:
			return text{count(f.N, "invoice") + " settled in " + en + ", none late", fmt.Sprintf("%s结清 %d 张发票，均未逾期", zh, f.N)}
		case f.N == 1:
			return text{fmt.Sprintf("one invoice settled in %s, %s, %s late", en, money(f.Amount, c), count(int(f.Most), "day")), fmt.Sprintf("%s结清 1 张发票，%s，逾期 %.0f 天", zh, money(f.Amount, c), f.Most)}
		case f.Part == 1:
			return text{fmt.Sprintf("%s settled in %s, one of them, %s, %s late", count(f.N, "invoice"), en, money(f.Amount, c), count(int(f.Most), "day")),
				fmt.Sprintf("%s结清 %d 张发票，其中 1 张，%s，逾期 %.0f 天", zh, f.N, money(f.Amount, c), f.Most)}
		}
		return text{fmt.Sprintf("%s settled in %s, %s, by %.0f days on average and %.0f at most", count(f.N, "invoice"), en, late, f.Days, f.Most),
			fmt.Sprintf("%s结清 %d 张发票，%s，平均 %.0f 天，最长 %.0f 天", zh, f.N, lateZH, f.Days, f.Most)}
	}
}

// counted tells of documents with an amount and the day of the last.
func counted(what, en, zh, thing, measure string) func(Fact, string) text {
	return func(f Fact, c string) text {
		if f.N == 0 {
			return text{"no " + what + " in " + en, zh + "无" + thing}
		}
		return text{fmt.Sprintf("%s in %s, %s, the last on %s", count(f.N, what), en, money(f.Amount, c), f.Last),
			fmt.Sprintf("%s%s %d %s，%s，最近一次 %s", zh, thing, f.N, measure, money(f.Amount, c), f.Last)}
	}
}

// happened tells of events without an amount.
func happened(what, en, zh, thing string) func(Fact, string) text {
	return func(f Fact, _ string) text {
		if f.N == 0 {
			return text{"no " + what + " in " + en, zh + "无" + thing}
		}
		return text{fmt.Sprintf("%s in %s, the last on %s", count(f.N, what), en, f.Last), fmt.Sprintf("%s%s %d 次，最近一次 %s", zh, thing, f.N, f.Last)}
	}
}

func lastOne(what, thing string) func(Fact, string) text {
	return func(f Fact, c string) text {
		if f.N == 0 {
			return text{"no " + what + " yet", "尚无" + thing}
		}
		return text{"last " + what + " on " + f.Last.String() + ", " + money(f.Amount, c), fmt.Sprintf("最近一次%s %s，%s", thing, f.Last, money(f.Amount, c))}
	}
}

// against tells of documents now and in a period before.
func against(what, en, enBefore, zh, zhBefore, thing, measure string) func(Fact, string) text {
	return func(f Fact, c string) text {
		now := text{"no " + what + " in " + en, zh + "无" + thing}
		if f.N > 0 {
			now = text{fmt.Sprintf("%s, %s, in %s", count(f.N, what), money(f.Amount, c), en), fmt.Sprintf("%s%s %d %s，%s", zh, thing, f.N, measure, money(f.Amount, c))}
		}
		if f.Part == 0 {
			return text{now.en + "; none in " + enBefore, now.zh + "；" + zhBefore + "无"}
		}
		return text{fmt.Sprintf("%s; %d, %s, in %s", now.en, f.Part, money(f.Whole, c), enBefore), fmt.Sprintf("%s；%s %d %s，%s", now.zh, zhBefore, f.Part, measure, money(f.Whole, c))}
	}
}

func promised(en, zh string) func(Fact, string) text {
	return func(f Fact, c string) text {
		switch {
		case f.N == 0:
			return text{"no promise due in " + en, zh + "无到期承诺"}
		case f.Part == 0:
			return text{fmt.Sprintf("%s due in %s, all kept, the last for %s", count(f.N, "promise"), en, f.Last), fmt.Sprintf("%s到期承诺 %d 次，均已兑现，最近一次 %s", zh, f.N, f.Last)}
		}
		return text{fmt.Sprintf("%d of %s due in %s not kept, %s promised, the last for %s", f.Part, count(f.N, "promise"), en, money(f.Amount, c), f.Last),
			fmt.Sprintf("%s到期承诺 %d 次，其中 %d 次未兑现，涉及 %s，最近一次 %s", zh, f.N, f.Part, money(f.Amount, c), f.Last)}
	}
}

func owed(what string) func(Fact, string) text {
	return func(f Fact, c string) text {
		if f.N == 0 {
			return text{}
		}
		return text{fmt.Sprintf("%d %s %s owe %s, %s of it overdue", f.N, what, quoted(f.Name), money(f.Whole, c), amount(f.Amount)),
			fmt.Sprintf("%s 另有 %d 家客户，欠款 %s，其中逾期 %s", quoted(f.Name), f.N, money(f.Whole, c), amount(f.Amount))}
	}
}

// rated tells of the worst newest rating and the one of the same agency before.
func rated(f Fact, _ string) text {
	if f.N == 0 {
		return text{}
	}
	said := func(grade string, pd, score *float64) string {
		var parts []string
		if grade != "" {
			parts = append(parts, grade)
		}
		if pd != nil {
			parts = append(parts, "PD "+percent(*pd))
		}
		if score != nil {
			parts = append(parts, strings.TrimSuffix(fmt.Sprintf("%.1f", *score), ".0"))
		}
		return strings.Join(parts, ", ")
	}
	now, before := said(f.About, f.Share, f.Score), said(f.AboutBefore, f.ShareBefore, f.ScoreBefore)
	t := text{fmt.Sprintf("%s: %s of %s", f.Name, now, f.Last), fmt.Sprintf("%s：%s（%s）", f.Name, strings.ReplaceAll(now, ", ", "，"), f.Last)}
	if before != "" {
		t.en, t.zh = t.en+fmt.Sprintf("; before %s of %s", before, f.First), t.zh+fmt.Sprintf("；此前 %s（%s）", strings.ReplaceAll(before, ", ", "，"), f.First)
	}
	return t
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	switch {
	case strings.HasSuffix(what, "call or visit"):
		what = "calls and visits"
	case strings.HasPrefix(what, "request for"):
		what = "requests for" + strings.TrimPrefix(what, "request for")
	default:
		what += "s"
	}
	return grouped(fmt.Sprint(n)) + " " + what
}

func money(m book.Money, currency string) string { return amount(m) + " " + currency }

// amount writes an amount for people: whole units from a hundred on, thousands parted.
func amount(m book.Money) string {
	v := m.Float()
	if v < 100 && v > -100 && m%book.Scale != 0 {
		return fmt.Sprintf("%.2f", v)
	}
	return grouped(fmt.Sprintf("%.0f", v))
}

func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func percent(v float64) string {
	s := fmt.Sprintf("%.2f", 100*v)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + " %"
}

// quoted is text from outside made fit for a sentence: one line, not too long.
func quoted(s string) string {
	const most = 80
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}
