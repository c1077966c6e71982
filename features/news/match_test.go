package news

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"creditwatch/pipeline/hostile"
)

func TestFoldMakesSpellingsEqual(t *testing.T) {
	for _, c := range []struct{ name, a, b string }{
		{"full width", "ＴＣＬ集团", "TCL集团"},
		{"case and accent", "SOCIÉTÉ Générale", "societe generale"},
		{"composed and decomposed", "Café", "Cafe\u0301"},
		{"space next to Chinese", "万科 A", "万科A"},
		{"brackets", "恒达（江苏）有限公司", "恒达(江苏)有限公司"},
		{"brackets dropped", "恒达(江苏)有限公司", "恒达江苏有限公司"},
		{"traditional", "東方電氣股份有限公司", "东方电气股份有限公司"},
		{"comma before a legal form", "Acme Co., Ltd.", "Acme Co Ltd"},
		{"initials", "U.S. Steel", "US Steel"},
		{"hyphen", "Moller-Maersk", "Moller Maersk"},
		{"apostrophe", "L’Oréal", "L'Oreal"},
		{"invisible", "恒\u200b达", "恒达"},
		{"runs of blanks", "Acme \t  Inc", "Acme Inc"},
		{"ligature", "ﬁne", "fine"},
	} {
		if a, b := folded(c.a), folded(c.b); a != b {
			t.Errorf("%s: %q and %q", c.name, a, b)
		}
	}
	for _, c := range [][2]string{{"江苏恒达", "浙江恒达"}, {"3.5", "35"}, {"*ST河化", "ST河化"}, {"acme inc", "acmeinc"}, {"か", "が"}} {
		if folded(c[0]) == folded(c[1]) {
			t.Errorf("%q and %q fold to the same", c[0], c[1])
		}
	}
}

func TestSentencesEndWhereTheyEnd(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"Acme Inc. files. Globex denies.", []string{"Acme Inc. files.", "Globex denies."}},
		{"Mr. Smith of Acme Co., Ltd. said no.", []string{"Mr. Smith of Acme Co., Ltd. said no."}},
		{"Bought by Acme Inc. The deal closed.", []string{"Bought by Acme Inc.", "The deal closed."}},
		{"U.S. Steel fell 3.5 percent. It rose.", []string{"U.S. Steel fell 3.5 percent.", "It rose."}},
		{"公司破产。“真的吗？”他问。", []string{"公司破产。", "“真的吗？”", "他问。"}},
		{"a wrapped\nline stays\n\nBut not this", []string{"a wrapped\nline stays", "But not this"}},
		{"", nil},
	} {
		var got []string
		sentences(c.text, func(start, end int) { got = append(got, strings.TrimSpace(c.text[start:end])) })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestNamesAreFoundOrRefused(t *testing.T) {
	customers := []Customer{
		{ID: "js", Name: "江苏恒达有限公司", Region: "江苏"},
		{ID: "zj", Name: "浙江恒达有限公司", Aliases: []string{"恒达"}, Region: "浙江"},
		{ID: "a1", Name: "鑫源贸易有限公司"},
		{ID: "a2", Name: "鑫源贸易股份有限公司"},
		{ID: "vanke", Name: "万科企业股份有限公司", Aliases: []string{"万科"}},
		{ID: "shell", Name: "Shell plc"},
		{ID: "apple", Name: "Apple Inc"},
		{ID: "bp", Name: "BP plc", Aliases: []string{"BP"}},
		{ID: "boc", Name: "中国银行股份有限公司", Aliases: []string{"中国银行"}},
		{ID: "pg", Name: "Procter & Gamble Co"},
		{ID: "tencent", Name: "騰訊控股有限公司"},
		{ID: "sz", Name: "苏州颂遥医疗科技有限公司", Aliases: []string{"苏州颂遥"}, Region: "江苏"},
		{ID: "en", Name: "Songdu Medical Ltd", Aliases: []string{"颂都"}},
	}
	m, _ := NewMatcher(customers)
	for _, c := range []struct{ name, text, want string }{
		{"each by its place", "江苏恒达与浙江恒达", "js 0.8 zj 0.8"},
		{"short form of the other place's is not it", "安徽恒达", "zj 0.5"},
		{"alias behind its own place", "浙江省恒达", "zj 0.95"},
		{"full name of one whose short form is shared", "鑫源贸易有限公司", "a1 1"},
		{"shared short form", "鑫源贸易", ""},
		{"two characters given", "万科发债", "vanke 0.95"},
		{"inside a longer word", "shells and Shells", ""},
		{"lower case everyday word", "the shell of a building", ""},
		{"everyday word with legal form", "Shell plc", "shell 1"},
		{"everyday word with company's verb", "Shell reports loss", "shell 0.75"},
		{"everyday word as object", "Globex sues Apple", "apple 0.75"},
		{"everyday word capitalised", "Apple Growers Meet", ""},
		{"initials in other case", "a bp of 120 and BP falls", "bp 0.95"},
		{"industry is not the bank", "中国银行业协会", ""},
		{"results of the bank", "中国银行业绩", "boc 0.95"},
		{"and for &", "Procter and Gamble Co", "pg 1"},
		{"traditional customer, simplified text", "腾讯控股", "tencent 0.8"},
		{"short name in another trade", "苏州颂遥光电有限公司被申请破产", ""},
		{"short name in another trade of two words", "苏州颂遥新能源科技股份有限公司被申请破产", ""},
		{"short name in its own trade", "苏州颂遥医疗科技有限公司被申请破产", "sz 1"},
		{"the beginning of its own trade", "苏州颂遥医疗科技被申请破产", "sz 0.8"},
		{"short name with a legal form alone", "苏州颂遥有限公司被申请破产", "sz 0.95"},
		{"short name of a group", "苏州颂遥集团被申请破产", "sz 0.95"},
		{"short name and another company", "苏州颂遥收购江苏华东机械有限公司", "sz 0.95"},
		{"trade without a legal form", "苏州颂遥光电业务亏损", "sz 0.95"},
		{"short name of one whose trade we do not know", "颂都光电有限公司被申请破产", "en 0.95"},
	} {
		var f fold
		f.write(c.text, 0)
		var got []string
		for _, n := range m.mentions(c.text, &f) {
			got = append(got, fmt.Sprintf("%s %v", m.customers[n.customer].ID, n.score))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q gives %v, want %s", c.name, c.text, got, c.want)
		}
	}
}

func TestUselessNamesAreReported(t *testing.T) {
	long := strings.Repeat("长", 101)
	_, refused := NewMatcher([]Customer{
		{ID: "1", Name: "中国"},
		{ID: "2", Name: ".*"},
		{ID: "3", Name: "柳工"},
		{ID: "4", Name: "Holdings Ltd"},
		{ID: "5", Name: "北京科技有限公司"},
		{ID: "6", Name: long},
		{ID: "7", Name: "同名有限公司"},
		{ID: "8", Name: "同名有限公司"},
		{ID: "9", Name: "恒达机械"},
		{ID: "10", Name: "恒达机械有限公司"},
		{ID: "11", Name: ""},
	})
	want := []Ambiguity{
		{Name: "", Customers: []string{"11"}, Reason: Short},
		{Name: "*", Customers: []string{"2"}, Reason: Short},
		{Name: "holdings", Customers: []string{"4"}, Reason: Generic},
		{Name: "holdings ltd", Customers: []string{"4"}, Reason: Generic},
		{Name: "中国", Customers: []string{"1"}, Reason: Generic},
		{Name: "北京科技", Customers: []string{"5"}, Reason: Generic},
		{Name: "同名有限公司", Customers: []string{"7", "8"}, Reason: Shared},
		{Name: "恒达机械", Customers: []string{"10", "9"}, Reason: Shared, KeptFor: "9"},
		{Name: "柳工", Customers: []string{"3"}, Reason: Short},
		{Name: long, Customers: []string{"6"}, Reason: Long},
	}
	if diff := cmp.Diff(want, refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
}

func TestHostileNamesAreOnlyText(t *testing.T) {
	for _, name := range append(hostile.Texts("http://127.0.0.1:9/"), []string{".*", "[A-Z]+", "(a|b)+", "中国", "公司", "%s%d", "'; DROP TABLE", "<script>", "\\", "\xff\xfe", "..", "@", "~", "中", "A", "600519", "2019", "00700"}...) {
		m, _ := NewMatcher([]Customer{{ID: "x", Name: name, Aliases: []string{name}}})
		for _, text := range []string{"中国公司申请破产", "Acme files for bankruptcy", "ababab defaulted"} {
			if got := m.Events(article(text, "press")); len(got) > 0 {
				t.Errorf("customer %q: %q gives %+v", name, text, got)
			}
		}
	}
}

// The trie equals the plain definition of leftmost-longest: at each position the longest bounded word, then on behind it.
func TestTrieIsLeftmostLongest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SampledFrom([]rune("ab 万科中国1")) // few, so that words nest and overlap
		word := rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(letters, 1, 5).Draw(t, "word")) })
		words := rapid.SliceOfNDistinct(word, 1, 12, rapid.ID[string]).Draw(t, "words")
		text := rapid.SliceOfN(letters, 0, 60).Draw(t, "text")
		var got, want []string
		accept := func(start, end int, _ int32) bool { return bounded(text, start, end) }
		newTrie(words).longest(text, accept, func(start, end int, w int32) { got = append(got, fmt.Sprint(start, end, words[w])) })
		for i := 0; i < len(text); {
			best := ""
			for _, w := range words {
				n := len([]rune(w))
				if i+n <= len(text) && string(text[i:i+n]) == w && bounded(text, i, i+n) && len(w) > len(best) {
					best = w
				}
			}
			if best == "" {
				i++
				continue
			}
			n := len([]rune(best))
			want = append(want, fmt.Sprint(i, i+n, best))
			i += n
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("words %q in %q (-naive +trie):\n%s", words, string(text), diff)
		}
	})
}

// What is found does not depend on the order of the customers, and offsets name exactly what was matched.
func TestOrderOfCustomersDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.SampledFrom([]rune("恒达江苏机械华信A")), 2, 6, -1)
		var customers []Customer
		for i, n := range rapid.SliceOfN(name, 1, 6).Draw(t, "names") {
			customers = append(customers, Customer{ID: fmt.Sprint(i), Name: n + "有限公司", Aliases: []string{n}})
		}
		text := rapid.StringOfN(rapid.SampledFrom([]rune("恒达江苏机械华信A申请破产，否认")), 0, 40, -1).Draw(t, "text")
		turned := make([]Customer, len(customers))
		for i, c := range customers {
			turned[len(customers)-1-i] = c
		}
		m, a := NewMatcher(customers)
		n, b := NewMatcher(turned)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("refusals differ:\n%s", diff)
		}
		events := m.Events(article(text, "wire"))
		if diff := cmp.Diff(events, n.Events(article(text, "wire"))); diff != "" {
			t.Fatalf("events differ:\n%s", diff)
		}
		for _, e := range events {
			if text[e.Start:e.End] != e.Matched {
				t.Fatalf("offsets give %q, matched %q", text[e.Start:e.End], e.Matched)
			}
		}
	})
}

func FuzzEvents(f *testing.F) {
	for _, p := range pitfalls {
		f.Add(p.title, "x "+p.title+"。"+p.title)
	}
	f.Add("\xff恒达机械\xe6\x81", "Acme\x00files for\xc3 bankruptcy")
	f.Add(strings.Repeat("ʼ’ß", 9)+"Acme's default", "恒达机械\u0301破产ﷺ"+strings.Repeat("，", 30))
	m, _ := NewMatcher(firms)
	f.Fuzz(func(t *testing.T, title, body string) {
		a := article(title, "press")
		a.Body = body
		seen := map[[2]string]bool{}
		for _, e := range m.Events(a) {
			text := body
			if e.InTitle {
				text = title
			}
			if e.Start < 0 || e.Start >= e.End || e.End > len(text) || text[e.Start:e.End] != e.Matched || !utf8.ValidString(e.Matched) {
				t.Fatalf("offsets %d-%d of %q", e.Start, e.End, text)
			}
			if e.Severity < 1 || e.Severity > 4 || e.Polarity == "" || e.Role == "" || e.Stage == "" || e.OccurredOn.IsZero() || e.Trigger == "" {
				t.Fatalf("incomplete event %+v", e)
			}
			if key := [2]string{e.CustomerID, e.Code}; seen[key] {
				t.Fatalf("two events of %v", key)
			} else {
				seen[key] = true
			}
		}
	})
}

// syntheticNames makes n distinct Chinese and English company names.
func syntheticNames(n int) []Customer {
	r := rand.New(rand.NewPCG(7, 1))
	han := []rune("恒达华信鑫源盛泰宏远博雅瑞丰金龙天成永兴嘉禾德隆万通顺安联创新力科润海峰云帆")
	place := strings.Fields("江苏 浙江 广东 山东 上海 北京 四川 湖北")
	trade := strings.Fields("机械 化工 贸易 科技 食品 纺织 物流 电子")
	seen := map[string]bool{}
	var out []Customer
	for len(out) < n {
		var name string
		if r.IntN(4) == 0 {
			b := make([]byte, 5+r.IntN(6))
			for i := range b {
				b[i] = byte('a' + r.IntN(26))
			}
			b[0] -= 'a' - 'A'
			name = string(b) + " Industries Ltd"
		} else {
			name = place[r.IntN(8)] + string([]rune{han[r.IntN(len(han))], han[r.IntN(len(han))], han[r.IntN(len(han))]}) + trade[r.IntN(8)] + "有限公司"
		}
		if !seen[name] {
			seen[name] = true
			out = append(out, Customer{ID: fmt.Sprint(len(out)), Name: name})
		}
	}
	return out
}

func BenchmarkEvents(b *testing.B) {
	for _, names := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("names=%d", names), func(b *testing.B) {
			customers := syntheticNames(names)
			m, _ := NewMatcher(customers)
			var text strings.Builder
			for i := 0; text.Len() < 1<<20; i++ {
				text.WriteString("今天市场整体平稳，分析师认为下半年行业景气度将逐步回升，多家公司公布业绩预告。The market was calm and analysts expect a steady second half, with several companies reporting results. ")
				if i%20 == 0 {
					text.WriteString(customers[i%names].Name + "公告，未能按期兑付到期债券5亿元。")
				}
			}
			a := article("市场综述", "press")
			a.Body = text.String()
			b.SetBytes(int64(len(a.Body)))
			b.ReportAllocs()
			for b.Loop() {
				if len(m.Events(a)) == 0 {
					b.Fatal("no events")
				}
			}
		})
	}
}

func BenchmarkNewMatcher(b *testing.B) {
	customers := syntheticNames(100_000)
	b.ReportAllocs()
	for b.Loop() {
		if m, _ := NewMatcher(customers); m == nil {
			b.Fatal("no matcher")
		}
	}
}

// A night of a large book: names of 100 000 customers, 20 000 articles of some 1 500 bytes, one in five naming a customer.
func BenchmarkNight(b *testing.B) {
	customers := syntheticNames(100_000)
	for i := range customers {
		if i%20 == 0 {
			customers[i].Tickers, customers[i].Parent = []string{fmt.Sprintf("%06d", i)}, customers[i/2].ID
		}
	}
	labels, _ := Train(labelled(600, 1))
	filler := strings.Repeat("今天市场整体平稳，分析师认为下半年行业景气度将逐步回升，多家公司公布业绩预告。Analysts expect a steady second half, with several companies reporting results. ", 6)
	articles := make([]Article, 20_000)
	for i := range articles {
		a := article(fmt.Sprintf("市场综述第%d期", i), "press")
		a.ID, a.Publisher, a.Body = fmt.Sprint("a", i), fmt.Sprint("p", i%50), filler
		if i%5 == 0 {
			a.Title = customers[i*7%len(customers)].Name + "未能按期兑付到期债券5亿元"
			a.Body += customers[i*3%len(customers)].Name + "财务总监辞职。"
		}
		articles[i] = a
	}
	var size int
	for _, a := range articles {
		size += len(a.Title) + len(a.Body)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		m, _ := NewMatcher(customers)
		var events []Event
		for _, a := range articles {
			found, _ := m.Read(a)
			events = append(events, append(found, m.BadPress(a, found, labels)...)...)
		}
		Cluster(events)
		for i := range events {
			m.ToneOf(&events[i], labels)
		}
		if len(events) < 4000 {
			b.Fatalf("%d events", len(events))
		}
		var held runtime.MemStats
		runtime.ReadMemStats(&held)
		b.ReportMetric(float64(held.HeapAlloc)/1e6, "MB-heap")
		b.ReportMetric(float64(len(events)), "events")
	}
}
