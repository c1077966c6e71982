package news

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A number is a ticker only where its exchange says so; who has the ticker is told by code and exchange together.
func TestTickersNeedTheirExchange(t *testing.T) {
	m, refused := NewMatcher([]Customer{
		{ID: "maotai", Name: "贵州茅台酒股份有限公司", Tickers: []string{"600519"}},
		{ID: "pab", Name: "平安银行股份有限公司", Tickers: []string{"000001.SZ"}},
		{ID: "hk", Name: "腾讯控股有限公司", Aliases: []string{"0700"}, Tickers: []string{"00700.HK"}},
		{ID: "acme", Name: "Acme Industries Inc", Tickers: []string{"NYSE:ACM"}},
		{ID: "b1", Name: "Beta One Ltd", Tickers: []string{"BETA"}},
		{ID: "b2", Name: "Beta Two Ltd", Tickers: []string{"NASDAQ: BETA"}},
	})
	if diff := cmp.Diff([]Ambiguity{{Name: "0700", Customers: []string{"hk"}, Reason: Generic}, {Name: "us beta", Customers: []string{"b1", "b2"}, Reason: Shared}}, refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	for _, c := range []struct{ title, want string }{
		{"600519.SH被立案调查", "maotai"},
		{"SH600519被立案调查", "maotai"},
		{"sh 600519 被立案调查", "maotai"},
		{"某白酒企业（股票代码：600519）被立案调查", "maotai"},
		{"某白酒企业（证券代码600519）被立案调查", "maotai"},
		{"600519被立案调查", ""},
		{"（600519）被立案调查", ""},
		{"案号600519号，某企业被立案调查", ""},
		{"600519.SZ被立案调查", ""},
		{"SZ000001被立案调查", "pab"},
		{"000001.SH被立案调查", ""}, // the index, not the bank
		{"0700.HK被立案调查", "hk"},
		{"HKEX: 700 under investigation by regulator", "hk"},
		{"700 under investigation by regulator", ""},
		{"NYSE: ACM files for bankruptcy", "acme"},
		{"Shares of ACM.N fall as it files for bankruptcy", "acme"},
		{"ACM files for bankruptcy", ""},
		{"NASDAQ: BETA files for bankruptcy", ""},
		{"6005190.SH被立案调查", ""},
	} {
		var got []string
		for _, e := range m.Events(article(c.title, "official")) {
			got = append(got, e.CustomerID)
			if e.MatchScore != tickerScore || c.title[e.Start:e.End] != e.Matched {
				t.Errorf("%s: score %v, matched %q", c.title, e.MatchScore, e.Matched)
			}
		}
		if s := strings.Join(distinct(got), " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.title, s, c.want)
		}
	}
}

// A person means their company where the article names it, and nobody where it does not.
func TestPeopleNeedTheirCompany(t *testing.T) {
	m, _ := NewMatcher([]Customer{
		{ID: "h", Name: "江苏恒达机械有限公司", Aliases: []string{"恒达机械"}, People: []string{"张建国", "王"}},
		{ID: "x", Name: "华信股份有限公司", Aliases: []string{"华信股份"}, People: []string{"李卫东", "张建国"}},
		{ID: "a", Name: "Acme Industries Inc", Aliases: []string{"Acme"}, People: []string{"Jane Q. Roe", "Smith"}},
	})
	for _, c := range []struct{ name, title, body, want string }{
		{"alone", "李卫东被刑事拘留", "", ""},
		{"namesake elsewhere", "李卫东被刑事拘留", "某县居民李卫东被刑事拘留。", ""},
		{"beside the company it adds nothing", "华信股份李卫东被刑事拘留", "", "x FRAUD subject 4"},
		{"the company was named before", "华信股份公告", "董事李卫东被刑事拘留。", "x FRAUD subject 4"},
		{"what is only theirs is close to it", "华信股份公告", "李卫东被列为失信被执行人。", "x ENFORCE affiliate 2"},
		{"beside it too", "华信股份李卫东被列为失信被执行人", "", "x ENFORCE affiliate 2"},
		{"leaves", "华信股份：李卫东辞职", "", "x EXEC subject 2"},
		{"of two companies, one named", "恒达机械公告", "张建国被刑事拘留。", "h FRAUD subject 4"},
		{"of two companies, both named", "恒达机械与华信股份公告", "张建国被刑事拘留。", ""},
		{"one character is anybody", "恒达机械公告", "王被刑事拘留。", ""},
		{"English", "Acme in turmoil", "Jane Q. Roe was charged with fraud.", "a FRAUD subject 4"},
		{"English alone", "Turmoil", "Jane Q. Roe was charged with fraud.", ""},
		{"English leaves", "Acme in turmoil", "Jane Q. Roe resigns.", "a EXEC subject 2"},
		{"a family name is anybody", "Acme in turmoil", "Smith was charged with fraud.", ""},
	} {
		a := article(c.title, "official")
		a.Body = c.body
		var got []string
		for _, e := range m.Events(a) {
			got = append(got, fmt.Sprintf("%s %s %s %d", e.CustomerID, e.Code, e.Role, e.Severity))
		}
		if s := strings.Join(distinct(got), "; "); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
}

// Grave news of one of a group is told of the others, as their group's, at most as something to watch.
func TestGroupHearsOfItsMembers(t *testing.T) {
	m, _ := NewMatcher([]Customer{
		{ID: "p", Name: "恒达控股集团有限公司"},
		{ID: "s1", Name: "江苏恒达机械有限公司", Aliases: []string{"恒达机械"}, Parent: "p"},
		{ID: "s2", Name: "Hengda Trading Ltd", Parent: "p"},
		{ID: "own", Name: "华信股份有限公司", Parent: "own"},
		{ID: "lost", Name: "鑫源贸易有限公司", Parent: "nobody"},
	})
	for _, c := range []struct{ title, want string }{
		{"恒达控股集团被申请破产清算", "p INSOLV subject 4 4; s1 INSOLV group 2 2; s2 INSOLV group 2 2"},
		{"恒达机械被申请破产清算", "p INSOLV group 2 2; s1 INSOLV subject 4 4"}, // the sister hears nothing
		{"Hengda Trading denies bankruptcy", "s2 INSOLV denied 1 4"},
		{"恒达机械财务总监辞职", "s1 EXEC subject 2 2"},
		{"恒达控股集团与恒达机械被申请破产清算", "p INSOLV subject 4 4; s1 INSOLV subject 4 4; s2 INSOLV group 2 2"},
		{"华信股份有限公司被申请破产清算", "own INSOLV subject 4 4"},
		{"鑫源贸易有限公司被申请破产清算", "lost INSOLV subject 4 4"},
	} {
		var got []string
		for _, e := range m.Events(article(c.title, "official")) {
			role := e.Role
			if e.Polarity == Denied {
				role = Denied
			}
			got = append(got, fmt.Sprintf("%s %s %s %d %d", e.CustomerID, e.Code, role, e.Severity, e.BaseSeverity))
			if e.Role == Group && e.MatchScore >= 0.8 {
				t.Errorf("%s: score %v", c.title, e.MatchScore)
			}
		}
		if s := strings.Join(distinct(got), "; "); s != c.want {
			t.Errorf("%s: %q, want %q", c.title, s, c.want)
		}
	}
}

// A name of two customers is theirs when a person says so, and before that a question.
func TestSharedNamesAreAskedAbout(t *testing.T) {
	m, _ := NewMatcher([]Customer{
		{ID: "js", Name: "江苏恒达机械有限公司", Aliases: []string{"恒达机械"}},
		{ID: "zj", Name: "浙江恒达机械有限公司", Aliases: []string{"恒达机械"}},
		{ID: "hx", Name: "华信股份有限公司", Aliases: []string{"华信股份"}},
		{ID: "ah", Name: "盛泰化工有限公司", Region: "安徽", Aliases: []string{"盛泰化工"}},
	})
	type row struct{ Events, Reviews string }
	for _, c := range []struct {
		title   string
		settled []string
		want    row
	}{
		{"恒达机械被申请破产", nil, row{"", "恒达机械 shared js,zj INSOLV"}},
		{"恒达机械召开股东大会", nil, row{"", ""}},
		{"江苏恒达机械被申请破产", nil, row{"js INSOLV 0.8", ""}},
		{"恒达机械被申请破产", []string{"zj"}, row{"zj INSOLV 1", "恒达机械 shared js,zj INSOLV"}},
		{"恒达机械被申请破产", []string{"js", "zj"}, row{"", "恒达机械 shared js,zj INSOLV"}},
		{"恒达机械被申请破产", []string{"hx"}, row{"", "恒达机械 shared js,zj INSOLV"}},
		{"华信股份起诉恒达机械", nil, row{"hx LITIG 0.95", "恒达机械 shared js,zj LITIG"}},
		{"广东盛泰化工被申请破产", nil, row{"ah INSOLV 0.5", "盛泰化工 place ah INSOLV"}},
	} {
		a := article(c.title, "official")
		a.Settled = c.settled
		events, reviews := m.Read(a)
		var got row
		for _, e := range events {
			got.Events += fmt.Sprintf("%s %s %v", e.CustomerID, e.Code, e.MatchScore)
		}
		for _, v := range reviews {
			got.Reviews += fmt.Sprintf("%s %s %s %s", v.Name, v.Reason, strings.Join(v.Candidates, ","), v.Code)
			if v.ArticleID != "a1" || v.Sentence != c.title {
				t.Errorf("%s: review %+v", c.title, v)
			}
		}
		if got != c.want {
			t.Errorf("%s, settled %v: %+v, want %+v", c.title, c.settled, got, c.want)
		}
	}
}

func TestBytesOfAName(t *testing.T) {
	customers := syntheticNames(100_000)
	for i := range customers { // a tenth have a ticker, a person and a parent
		if i%10 == 0 {
			customers[i].Tickers, customers[i].People, customers[i].Parent = []string{fmt.Sprintf("%06d", i)}, []string{fmt.Sprintf("%c%c%c", 0x4e10+i%900, 0x5e10+i%700, 0x6e10+i%500)}, customers[i/2].ID
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m, _ := NewMatcher(customers)
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / float64(len(customers))
	t.Logf("%.0f bytes a customer, %d names", each, len(m.names))
	if each > 1000 {
		t.Errorf("%.0f bytes a customer, want at most 1000", each)
	}
	runtime.KeepAlive(m)
	runtime.KeepAlive(customers)
}
