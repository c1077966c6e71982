package simulator

import "fmt"

// A feed is one publisher's RSS.
type feed struct {
	code, title, language, class string
	slow                         [2]int // hours until it has a story
}

var feeds = []feed{
	{"court-notices", "企业公告网", "zh-cn", "official", [2]int{0, 6}},
	{"gazette", "Insolvency and Court Gazette", "en", "official", [2]int{0, 8}},
	{"caitong", "财通快讯", "zh-cn", "wire", [2]int{1, 8}},
	{"harbour-wire", "Harbour Wire", "en", "wire", [2]int{1, 10}},
	{"dushi", "都市商报", "zh-cn", "press", [2]int{4, 40}},
	{"trade-weekly", "Trade Weekly", "en", "press", [2]int{6, 60}},
	{"forum", "股友论坛", "zh-cn", "social", [2]int{0, 48}},
}

const feedFoot = "</channel>\n</rss>\n"

func (f feed) head() string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0">
<channel>
<title>%s</title>
<link>https://%s.example/</link>
<description>%s</description>
<language>%s</language>
`, f.title, f.code, f.title, f.language)
}

// The feeds by language and class.
const (
	officialZH = iota
	officialEN
	wireZH
	wireEN
	pressZH
	pressEN
	socialZH
)

func english(feed int) bool { return feed == officialEN || feed == wireEN || feed == pressEN }

// A happening is an event code of the taxonomy with its headlines; %s is the company.
type happening struct {
	code   string
	zh, en []string
}

// The events that befall a customer, in three degrees of trouble.
var (
	mild = []happening{
		{"LITIG", []string{"%s因合同纠纷被起诉", "%s作为被告涉诉，法院发布开庭公告"}, []string{"%s sued by supplier over unpaid invoices", "%s faces lawsuit over delivery contract"}},
		{"EXEC", []string{"%s财务总监辞职", "%s法定代表人变更"}, []string{"%s chief financial officer resigns", "%s founder steps down abruptly"}},
		{"LAYOFF", []string{"%s启动大规模裁员", "%s宣布裁员两成"}, []string{"%s to cut jobs across its plants", "%s lays off a fifth of its staff"}},
		{"KEYCUST", []string{"%s失去大客户，订单取消", "主要客户与%s终止合作"}, []string{"%s loses contract with its biggest buyer", "Key customer terminates supply deal with %s"}},
		{"PENAL", []string{"%s因环保问题被行政处罚", "%s被责令停产整改"}, []string{"%s fined by regulator for emissions", "%s ordered to halt line after inspection"}},
	}
	grave = []happening{
		{"DOWNGR", []string{"评级机构下调评级：%s展望调整为负面", "%s主体评级下调"}, []string{"%s downgraded, outlook revised to negative", "Agency cuts %s rating to junk"}},
		{"CREDCUT", []string{"多家银行对%s抽贷", "保险公司下调额度，%s供应商要求现款"}, []string{"Credit insurers cut cover on %s", "Banks pull lines from %s"}},
		{"WAGE", []string{"%s拖欠工资，员工讨薪", "%s被指拖欠货款，供应商维权"}, []string{"%s workers protest over unpaid wages", "Suppliers unpaid for months, say partners of %s"}},
		{"CLOSURE", []string{"%s主厂区停产", "%s关闭工厂"}, []string{"%s halts production at main plant", "%s shuts plant as orders dry up"}},
		{"ENFORCE", []string{"%s被列为失信被执行人", "%s被法院冻结账户"}, []string{"Court freezes assets of %s; judgment entered against it", "Judgment entered against %s, assets frozen"}},
		{"DEBTDEF", []string{"%s商票逾期", "%s资金链断裂，未能按期兑付"}, []string{"%s misses loan repayment in payment default", "%s fails to repay bank loan"}},
	}
	insolvent   = happening{"INSOLV", []string{"%s被申请破产，法院指定管理人", "法院裁定受理%s破产清算一案", "%s申请破产重整"}, []string{"%s files for bankruptcy", "Court appoints liquidator for %s; insolvency proceedings opened", "Winding-up petition filed against %s"}}
	debtDefault = grave[5]
	fraud       = happening{"FRAUD", []string{"%s涉嫌欺诈被立案调查", "%s实控人被带走调查"}, []string{"%s under investigation for fraud", "Police raid %s in fraud probe"}}
)

// The stories that must raise no alarm, by kind of decoy. %s is the customer or, of namesakes and noise, another.
var (
	denied       = happening{"INSOLV", []string{"%s否认将申请破产", "辟谣：%s不存在债务违约", "%s澄清：并未停产，经营正常"}, []string{"%s denies it will file for bankruptcy", "%s not in default, company says", "%s has no plans to restructure"}}
	hypothetical = happening{"INSOLV", []string{"市场传言：%s或面临资金压力", "分析：若融资受阻，%s可能违约"}, []string{"Is %s heading for bankruptcy?", "%s could default if refinancing fails, analysts fear"}}
	plaintiff    = happening{"LITIG", []string{"%s起诉客户追讨货款", "%s申请执行客户欠款获法院支持"}, []string{"%s sues customer over unpaid invoices", "%s wins judgment against former distributor"}}
	counterparty = happening{"INSOLV", []string{"某经销商申请破产，%s为其供应商之一", "下游企业破产清算，%s申报债权"}, []string{"Retail chain files for bankruptcy; %s among its suppliers", "Distributor collapses owing money to %s"}}
	positive     = happening{"POSIT", []string{"%s完成融资", "%s评级上调", "%s债务已结清，解除冻结"}, []string{"%s upgraded on stronger cash flow", "%s completes refinancing", "%s raises fresh capital"}}
	reversed     = happening{"INSOLV", []string{"法院驳回破产申请，%s恢复生产", "申请人撤回对%s的破产申请"}, []string{"Winding-up petition against %s withdrawn", "Court dismisses bankruptcy petition against %s"}}
)

// The market's talk about nobody in particular.
var (
	noise    = happening{"", []string{"沪指收盘微涨，成交量平稳", "港口吞吐量环比回升", "专家解读制造业采购经理指数", "本周大宗商品价格综述"}, []string{"Stocks end little changed in quiet trading", "Port throughput edges up from a month ago", "Purchasing managers' index: what to expect", "Commodity prices: the week in review"}}
	downturn = happening{"INDUSTRY", []string{"%s行业下行，产能过剩加剧", "%s价格暴跌，企业普遍限产", "多国加征关税，%s出口承压"}, []string{"Overcapacity hits %s makers as prices collapse", "Demand slump deepens in %s", "Tariffs imposed on %s exports"}}
)

var bodies = struct{ zh, en []string }{
	[]string{"记者从有关方面获悉上述消息。截至发稿，公司未作进一步说明。", "相关公告已发布，具体情况以公告为准。", "业内人士表示，后续进展有待观察。"},
	[]string{"The company could not be reached for further comment.", "The notice was published on the register on the same day.", "People in the trade said they would wait for further news."},
}
