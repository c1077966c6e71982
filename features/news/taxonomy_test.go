package news

import (
	"slices"
	"strings"
	"testing"
)

// For every code: headlines that are the event, in English and Chinese, and one in each language that only looks like it.
var examples = map[string]struct{ EN, ZH, NearEN, NearZH string }{
	"INSOLV":   {"Court appoints liquidator for Acme", "法院受理恒达机械破产重整申请", "Acme hires bankruptcy judge as adviser", "恒达机械资金清算系统上线"},
	"DEBTDEF":  {"Acme misses bond coupon", "恒达机械商票逾期", "Acme restores default settings", "恒达机械向合作方支付违约金"},
	"DOWNGR":   {"Moody's downgrades Acme", "中诚信下调恒达机械主体评级", "Acme shares upgrade its software rating scale", "恒达机械获客户五星评级"},
	"ENFORCE":  {"Court freezes bank accounts of Acme", "恒达机械被列为失信被执行人", "Acme sells frozen food assets", "恒达机械聘任执行董事"},
	"LITIG":    {"Acme faces class action over brakes", "恒达机械被供应商起诉", "Acme suits up for the season", "恒达机械赞助仲裁员培训"},
	"FRAUD":    {"Acme under investigation by regulator", "恒达机械涉嫌信息披露违法被证监会立案调查", "Acme sells fraud prevention software", "恒达机械上线反欺诈系统"},
	"SANCT":    {"Acme added to US sanctions list", "恒达机械被列入实体清单", "Acme hires export controls compliance head", "恒达机械产品通过出口认证"},
	"PENAL":    {"Acme fined for pollution", "恒达机械收到行政处罚决定书", "Acme opens fine dining hall", "恒达机械免予行政处罚"},
	"EXEC":     {"Acme chief financial officer resigns", "恒达机械财务总监辞职", "Acme chief financial officer speaks at forum", "恒达机械董事长出席论坛"},
	"LAYOFF":   {"Acme to lay off 300 workers", "恒达机械大规模裁员", "Acme creates 300 jobs", "恒达机械招聘三百人"},
	"WAGE":     {"Acme workers protest over unpaid wages", "恒达机械拖欠工资", "Acme raises wages", "恒达机械上调工资"},
	"CLOSURE":  {"Acme shuts main plant", "恒达机械全面停产", "Acme opens plant", "恒达机械关闭定增通道"},
	"SUPPLY":   {"Acme declares force majeure", "恒达机械遭遇断供", "Acme praised for supply reliability", "恒达机械供应充足"},
	"KEYCUST":  {"Acme loses contract with carmaker", "恒达机械失去大客户", "Acme lost and found app", "恒达机械开发新客户"},
	"LATEFIL":  {"Acme delays annual report", "恒达机械延期披露年报", "Acme publishes annual report", "恒达机械披露年报"},
	"AUDIT":    {"Acme auditor resigns", "恒达机械被出具保留意见", "Acme auditor gives clean opinion", "恒达机械续聘会计师事务所"},
	"OWNER":    {"Acme parent pledged stake", "恒达机械控股股东股份被司法冻结", "Acme spins yarn", "恒达机械股东大会召开"},
	"MNA":      {"Acme to be acquired by rival", "恒达机械被收购", "Acme acquires taste for coffee", "恒达机械收获订单"},
	"REGIST":   {"Acme struck off register", "恒达机械被列入经营异常名录", "Acme registered office moves", "恒达机械完成工商登记"},
	"CREDCUT":  {"Credit insurers cut cover on Acme", "恒达机械遭银行抽贷", "Acme banks on growth", "恒达机械与银行合作"},
	"DISASTER": {"Explosion at Acme plant", "恒达机械工厂发生火灾", "Acme fires up new furnace", "恒达机械举行事故演练"},
	"INDUSTRY": {"Acme hit as demand slumps", "恒达机械受行业下行影响", "Acme demand steady", "恒达机械引领行业标准"},
	"POSIT":    {"Acme completes refinancing", "恒达机械债务已结清", "Acme refines process", "恒达机械结清理念"},
}

func TestEveryCodeFiresOnItsExampleAndNotOnItsNearMiss(t *testing.T) {
	m, _ := NewMatcher(firms)
	codes := func(title string) (out []string) {
		for _, e := range m.Events(article(title, "official")) {
			if e.Polarity == Affirmed || e.Polarity == Reversed {
				out = append(out, e.Code)
			}
		}
		return out
	}
	for _, typ := range Taxonomy {
		c, ok := examples[typ.Code]
		if !ok {
			t.Errorf("%s has no examples", typ.Code)
			continue
		}
		for _, title := range []string{c.EN, c.ZH} {
			if got := codes(title); !slices.Contains(got, typ.Code) {
				t.Errorf("%s: %q gives %v", typ.Code, title, got)
			}
		}
		for _, title := range []string{c.NearEN, c.NearZH} {
			if got := codes(title); slices.Contains(got, typ.Code) {
				t.Errorf("%s: near miss %q gives %v", typ.Code, title, got)
			}
		}
	}
}

func TestTaxonomyRowsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, typ := range Taxonomy {
		switch {
		case seen[typ.Code]:
			t.Errorf("%s: twice", typ.Code)
		case typ.EN == "" || typ.ZH == "" || len(typ.English) == 0 || len(typ.Chinese) == 0:
			t.Errorf("%s: name or triggers missing in one language", typ.Code)
		case typ.Severity < 1 || typ.Severity > 4 || typ.HalfLifeDays <= 0:
			t.Errorf("%s: severity %d, half-life %v", typ.Code, typ.Severity, typ.HalfLifeDays)
		}
		seen[typ.Code] = true
		for _, list := range append(slices.Clone(typ.English), typ.Chinese...) {
			if strings.Count(list.Phrases, "(") != strings.Count(list.Phrases, ")") {
				t.Errorf("%s: unbalanced brackets in %q", typ.Code, list.Phrases)
			}
			if list.Severity < 0 || list.Severity > 4 {
				t.Errorf("%s: severity %d", typ.Code, list.Severity)
			}
		}
	}
	if len(seen) != 23 {
		t.Errorf("%d codes, want the 23 of the catalogue", len(seen))
	}
}
