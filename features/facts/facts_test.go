package facts

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"creditwatch/features"
	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// TestTableIsWhole: what the catalogue names has words and a file that yields it, every file is used, and nothing is said twice
// in one language.
func TestTableIsWhole(t *testing.T) {
	named := map[string]bool{}
	for _, f := range features.Catalog {
		if f.Facts == "" {
			continue
		}
		named[f.Facts] = true
		if Said[f.Facts] == nil {
			t.Errorf("%s: nothing is said of %q", f.Name, f.Facts)
			continue
		}
		family, slice := Family(f.Facts)
		whole := strings.Contains(SQL(family), "'"+slice+"'")
		if kind, when, ok := strings.Cut(slice, "-last"); ok && when == "" { // made of the kind of document
			whole = strings.Contains(SQL(family), "'-last'") && strings.Contains(SQL(family), "'"+kind+"'")
		}
		if !whole {
			t.Errorf("%s: sql/%s.sql does not yield the slice %q", f.Name, family, slice)
		}
	}
	for behind := range Said {
		if !named[behind] {
			t.Errorf("%q is said, but no feature names it", behind)
		}
	}
	files, err := fs.Glob(sqlFiles, "sql/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		family := strings.TrimSuffix(strings.TrimPrefix(path, "sql/"), ".sql")
		used := false
		for behind := range named {
			used = used || strings.HasPrefix(behind, family+"/")
		}
		if !used {
			t.Errorf("%s: no feature asks for it", path)
		}
		if text := SQL(family); !strings.HasPrefix(text, "-- "+family+": ") || !strings.Contains(text, "\n-- Grain: ") || !strings.Contains(text, "{first:String}") || !strings.Contains(text, "{last:String}") {
			t.Errorf("%s: the first lines say what it is and its grain, and it asks for a range of customers", path)
		}
	}
	if n := len(named); n < 35 {
		t.Errorf("%d slices, want at least 35", n)
	}
}

var latin = regexp.MustCompile(`[A-Za-z]{2,}`)

// TestWordsInBothLanguages: whatever a slice is given, what it says in one language it says in the other, and the Chinese has
// no English words of ours in it.
func TestWordsInBothLanguages(t *testing.T) {
	day := asof.MustParse("2026-03-31")
	pd := 0.0312
	for behind, say := range Said {
		for _, f := range []Fact{
			{}, {N: 1, Part: 1, Amount: 412_000_000, Whole: 500_000_000, First: day, Last: day, Days: 34, Most: 34, Name: "9", About: "8", Share: &pd},
			{N: 3, Amount: 412_000_000, First: day, Last: day, Days: -3, Name: "9"}, {N: 12, Part: 7, Amount: 1_234_500, Whole: 1, First: day, Last: day, Days: 3.5, Most: 61, Name: "9", AboutBefore: "7", ShareBefore: &pd},
		} {
			said := say(f, "CNY")
			if (said.en == "") != (said.zh == "") {
				t.Errorf("%s of %+v: %q in English, %q in Chinese", behind, f, said.en, said.zh)
			}
			for _, word := range latin.FindAllString(said.zh, -1) {
				if word != "CNY" && word != "PD" {
					t.Errorf("%s: %q in Chinese", behind, said.zh)
				}
			}
			if strings.Contains(said.en, "1970") || strings.Contains(said.en, "%!") || strings.Contains(said.zh, "%!") {
				t.Errorf("%s of %+v: %q, %q", behind, f, said.en, said.zh)
			}
		}
	}
}

func TestWords(t *testing.T) {
	day := asof.MustParse("2026-01-15")
	yuan := func(v float64) book.Money { return book.Money(v * book.Scale) }
	pd, before, score := 0.146, 0.0233, 33.0
	for _, c := range []struct {
		behind string
		fact   Fact
		en, zh string
	}{
		{"open/90", Fact{N: 3, Amount: yuan(41_200), First: day}, "3 invoices, 41,200 CNY, more than 90 days late, the oldest due 2026-01-15", "3 张发票，41,200 CNY，逾期 90 天以上，最早到期日 2026-01-15"},
		{"open/overdue", Fact{N: 1, Amount: yuan(99.5), First: day}, "1 invoice, 99.50 CNY, overdue, the oldest due 2026-01-15", "1 张发票，99.50 CNY，已逾期，最早到期日 2026-01-15"},
		{"open/90", Fact{}, "", ""},
		{"open/part", Fact{N: 2, Amount: yuan(20_000), Whole: yuan(60_000)}, "2 invoices settled in part, 20,000 of 60,000 CNY still open", "2 张发票部分付款，60,000 CNY 中尚欠 20,000"},
		{"settled/365", Fact{N: 12, Part: 8, Amount: yuan(5e6), Days: 22.6, Most: 61}, "12 invoices settled in 365 days, 8 of them, 5,000,000 CNY, late, by 23 days on average and 61 at most", "近 365 天结清 12 张发票，其中 8 张逾期，5,000,000 CNY，平均 23 天，最长 61 天"},
		{"settled/90", Fact{N: 2, Part: 2, Amount: yuan(900), Days: 3, Most: 4}, "2 invoices settled in 90 days, 900 CNY, all of them late, by 3 days on average and 4 at most", "近 90 天结清 2 张发票，全部逾期，900 CNY，平均 3 天，最长 4 天"},
		{"settled/90", Fact{N: 1, Part: 1, Amount: yuan(900), Days: 1, Most: 1}, "one invoice settled in 90 days, 900 CNY, 1 day late", "近 90 天结清 1 张发票，900 CNY，逾期 1 天"},
		{"settled/90", Fact{N: 4}, "4 invoices settled in 90 days, none late", "近 90 天结清 4 张发票，均未逾期"},
		{"settled/late-30", Fact{N: 12, Part: 2, Amount: yuan(41_200), Most: 61}, "2 of 12 invoices settled in 365 days, 41,200 CNY, more than 30 days late, at most 61 days", "近 365 天结清 12 张发票，其中 2 张逾期 30 天以上，41,200 CNY，最长 61 天"},
		{"settled/last", Fact{N: 1, Days: 34, Name: "R100", Last: day}, "invoice R100 settled on 2026-01-15, 34 days after it was due", "发票 R100 于 2026-01-15 结清，迟 34 天"},
		{"settled/last", Fact{N: 1, Days: -1, Name: "R100", Last: day}, "invoice R100 settled on 2026-01-15, 1 day before it was due", "发票 R100 于 2026-01-15 结清，提前 1 天"},
		{"cash/90", Fact{}, "no payment in 90 days", "近 90 天无回款"},
		{"cash/returned", Fact{N: 2, Amount: yuan(8000), Last: day}, "2 returned payments in 90 days, 8,000 CNY, the last on 2026-01-15", "近 90 天退票 2 次，8,000 CNY，最近一次 2026-01-15"},
		{"trade/order-last", Fact{N: 1, Amount: yuan(12_000), Last: day}, "last order on 2026-01-15, 12,000 CNY", "最近一次下单 2026-01-15，12,000 CNY"},
		{"trade/orders-60", Fact{Part: 5, Whole: yuan(30_000)}, "no order in 60 days; 5, 30,000 CNY, in the same days a year ago", "近 60 天无订单；去年同期 5 笔，30,000 CNY"},
		{"disputes/late", Fact{N: 2, Part: 1}, "1 of 2 disputes of 180 days raised after the invoice was due", "近 180 天 2 次争议，其中 1 次在到期后提出"},
		{"promises/90", Fact{N: 3, Part: 2, Amount: yuan(35_000), Last: day}, "2 of 3 promises due in 90 days not kept, 35,000 CNY promised, the last for 2026-01-15", "近 90 天到期承诺 3 次，其中 2 次未兑现，涉及 35,000 CNY，最近一次 2026-01-15"},
		{"terms/limit", Fact{N: 1, Amount: yuan(120_000), Whole: yuan(100_000), Last: day}, "exposure 120,000 against a limit of 100,000 CNY, valid to 2026-01-15", "敞口 120,000，额度 100,000 CNY，有效期至 2026-01-15"},
		{"terms/contract", Fact{}, "no contract", "没有合同"},
		{"ratings/worst", Fact{N: 1, Name: "Bureau", About: "R9", Share: &pd, Score: &score, Last: day, AboutBefore: "R7", ShareBefore: &before, First: day.Add(-60)},
			"Bureau: R9, PD 14.6 %, 33 of 2026-01-15; before R7, PD 2.33 % of 2025-11-16", "Bureau：R9，PD 14.6 %，33（2026-01-15）；此前 R7，PD 2.33 %（2025-11-16）"},
		{"news/worst", Fact{N: 3, Name: "ENFORCE", About: "  the court\nfroze its accounts ", Last: day}, "court enforcement of 2026-01-15: “the court froze its accounts”; 3 bad stories in 365 days", "强制执行与失信，2026-01-15：“the court froze its accounts”；近一年负面报道 3 条"},
		{"peers/industry", Fact{N: 37, Name: "steel", Amount: yuan(400_000), Whole: yuan(1_200_000)}, "37 other customers of the industry steel owe 1,200,000 CNY, 400,000 of it overdue", "steel 另有 37 家客户，欠款 1,200,000 CNY，其中逾期 400,000"},
		{"peers/group", Fact{N: 1, Name: "Beta", Amount: yuan(200), Whole: yuan(500)}, "1 relative owing 500 CNY, 200 of it overdue, most by Beta", "关联方 1 家，欠款 500 CNY，其中逾期 200，以 Beta 为最"},
		{"history/defaults", Fact{N: 2, Last: day}, "2 defaults, the last on 2026-01-15", "违约 2 次，最近一次 2026-01-15"},
		{"no/such", Fact{N: 1}, "", ""},
	} {
		if en, zh := Say(c.behind, c.fact, "CNY"); en != c.en || zh != c.zh {
			t.Errorf("%s:\n%q, want\n%q\n%q, want\n%q", c.behind, en, c.en, zh, c.zh)
		}
	}
}
