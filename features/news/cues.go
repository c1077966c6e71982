package news

// A cue is a phrase near a trigger that changes what the trigger says.
type cue int8

const (
	trigger   cue = iota // not a cue but the event itself
	mask                 // looks like a trigger or a cue and is neither
	but                  // begins a clause of its own: what was denied before it is not denied after it
	deny                 // somebody says it is not so; reaches as far as the sentence
	absent               // there is no such thing; reaches as far as the clause
	denyLate             // denied after the trigger
	negate               // not, right before the trigger
	reverse              // it was so and is no longer; before the trigger
	undo                 // the same, after the trigger
	affirm               // two negations that make the event a fact
	hedge                // it may be; before the trigger
	doubt                // it may be; right after the trigger
	when                 // it may be, if: anywhere in the sentence
	past                 // it was long ago
	relative             // it happened to a subsidiary, shareholder or executive; between name and trigger
	bankBy               // it happened to somebody we only deal with
	supplyBy             // … to our customer's supplier
	sellTo               // … to somebody our customer sells to
	victim               // our customer suffered from another's deed
	former               // somebody who has left
	claimant             // our customer is the one who claims
	leader               // it happened to who runs or controls our customer
	itself               // the company itself, named beside its relative
	rumour               // nobody says who says so; also a hedge
	calledOff            // it was a plan, and is off: of codes in [ofPlans], before the trigger
	offAfter             // the same, after the trigger
	fake                 // somebody made it up: of codes in [ofRumours], before the trigger
)

// cues lists every cue in both languages, in the notation of [Triggers]. A longer phrase hides the shorter ones inside it
// (不排除 hides 不), and a trigger hides the cues inside it (未 in 未能按期兑付 is the event, not its negation).
var cues = []struct {
	Cue    cue
	EN, ZH string
}{
	{mask,
		`default (setting|settings|option|options|value|values|mode|password|browser|font|choice|rate assumption); by default; chargeback; chargebacks; accounting charges; restructuring charge; restructuring charges; impairment charge; impairment charges;
		liquidation sale; liquidation sales; liquidation of stock; stock liquidation; inventory liquidation; strike rate; fire sale; fire sales; (team|league|player|touchdown|quarterback|wide) .. receivership; receivership (yards|touchdown|game);
		fine tuning; fine dining; fines herbes; blast furnace; recall election; bankruptcy (judge|lawyer|lawyers|law|code); penalty (kick|kicks|shootout|area); not only; no sooner; not just; no less than; without precedent; bribery act; anti bribery; fraud prevention; fraud detection; anti fraud; claim against insurance;
		export controls compliance; ransomware protection; flood insurance; flood of; settlement of trades; merger arbitrage; press release; merger control`,
		`执行董事; 执行标准; 执行总裁; 执行副总裁; 免于处罚; 免予处罚; 免于行政处罚; 免予行政处罚; 不予处罚; 不予行政处罚; 清算备案; 资金清算; 清算交收; 基金清算; 清算款; 关闭定增通道; 关闭定增; 关闭通道; 不仅; 不但; 不只; 不光; 被授予; 防火灾; 火灾险; 抗震; 防爆; 反欺诈; 反诈骗; 反洗钱; 仲裁员; 无人机; 无线; 无锡; 无形资产; 未来; 非公开; 非凡; 不动产; 不锈钢; 不良资产; 非标设备; 不断; 不低于; 不超过; 不少于;
		股份有限; 传媒; 传动; 传化; 传感; 或有; 或者; 拟合; 模拟; 虚拟; 曾用名; 处罚款项; 收购价; 停产原因; 地震局; 破产管理人资格; 破产法; 违约金; 逾期付款利息; 逾期利息; 尽职调查; 市场调查; 问卷调查; 平仓线以上; 补仓; 降低平仓线; 反收购; 管理层收购; 消防安全事故演练; 事故演练; 零事故; 无事故; 清仓甩卖; 清仓促销; 清仓处理; 清仓大甩卖; 清仓特卖`},
	{but, `but; however; while; whereas; although; though; yet`, `但; 但是; 然而; 不过; 却; 此外; 同时`},
	{deny,
		`(deny|denies|denied|denying); (rejects|rejected|rejecting) (claims|reports|rumours|rumors|suggestions|talk); refutes; refuted; dismisses (rumours|rumors|reports|talk|speculation) of; dismissed (rumours|rumors|reports|talk|speculation) of; rules out; ruled out; (no|without any) (plan|plans|intention|need|risk|truth|evidence|sign) (to|of|in|that)`,
		`否认; 辟谣; 澄清`},
	{absent, `no intention; no evidence; no sign; nothing to do with`, `不存在; 不涉及; 并未; 没有; 并没有; 从未; 未曾; 无意; 不会; 并非; 并无; 未发生; 不构成; 无..计划`},
	{denyLate,
		`(is|are|was|were) (false|wrong|untrue|baseless|unfounded|denied|incorrect); untrue; baseless; unfounded; is false; not true; (deny|denies|denied); (is|are|was|were) ruled out`,
		`不属实; 不实; 不符事实; 与事实不符; 子虚乌有; 纯属谣言; 系谣言; 谣言; 为假消息; 被否认; 不予认可; 辟谣; 否认; 澄清; 属误读; 无业务往来; 无往来; 未造成影响; 未对..造成; 不构成任何; 未造成损失; 未造成任何; 未对公司造成; 无关联关系; 一切正常; 经营正常; 运转正常; 与公司无关; 与本公司无关; 与公司无任何关系; 与其无关`},
	{negate,
		`not; no; never; without; avoid; avoids; avoided; avert; averts; averted; averting; avoiding; escapes; escaped; staves off; staved off; sidesteps; spared; spares; prevented; no longer`,
		`未; 无; 非; 不; 尚未; 未被; 未受; 未受到; 避免; 免于; 免予; 不予; 不再; 未有; 未发现`},
	{affirm,
		`(fail|fails|failed|failing|unable) to (avoid|avert|prevent|stave off|deny); (cannot|can not|could not|unable to) (deny|avoid|avert|prevent); could not be avoided; not deny; does not deny; did not deny; not only; did not avoid; not avoid`,
		`不否认; 难以否认; 无法否认; 无从否认; 并不否认; 未否认; 未能避免; 没能避免; 无法避免; 未能阻止; 承认; 确认`},
	{reverse,
		`(emerge|emerges|emerged|emerging) from; exit; exits; exited; exiting; (withdraw|withdraws|withdrew|withdrawn|dismisses|dismissed|dismiss|lifts|lifted|overturns|overturned|quashes|quashed|revokes|cancels|drops|dropped); (court|judge) (dismisses|dismissed|throws out|threw out|rejects|rejected); removed from; cleared of; acquitted of; absolved of; taken off; out of; released from`,
		`不予受理; 已偿还; 已归还; 已清偿; 已还清; 已全部偿还; 偿还全部; 归还全部; 偿还了; 清偿; 撤销; 解除; 移出; 撤回; 驳回; 终结; 取消; 退出; 免除; 撤出; 摘除; 解封; 摆脱; 走出; 化解; 消除; 已消除; 已经消除; 消除了; 已化解; 已解除; 已撤销; 已撤回; 终止对; 已终止; 规避`},
	{undo,
		`(is|was|were|are|been|) (withdrawn|dismissed|set aside|lifted|thrown out|quashed|overturned|dropped|struck out|rescinded|vacated|annulled|cured|repaid|resolved|removed)`,
		`被驳回; 遭驳回; 已撤回; 被撤回; 被撤销; 已撤销; 获撤销; 已解除; 被解除; 获解除; 解除; 被法院驳回; 不予受理; 已终结; 已结案; 执行完毕; 已偿还; 已归还; 已结清; 已兑付; 已移出; 已达成和解; 已消除; 已经消除; 已化解; 已经解除; 得以化解`},
	{hedge,
		`(cannot|can not|could not|does not|did not) rule out; not ruled out; could; may; might; would; can; fear of; fears of; fear that; fears that; risk that; danger that; threat that; feared; risk of; risks; risking; risk; danger of; threat of; threatens; threatened; threatening; possible; potential; likely; possibly; considers; considering; considered; mulls; mulling; weighs; weighing; plans; planning; plan; prepares to; preparing; prepare for; brink of; verge of; close to; on course for; heading for; heads for; nearing; nears; faces; speculation; concern over; concerns over; concerns about; worries about; warns of; warned of; warns it; expected to; set to; to avoid; to avert; to prevent; to stave off; in order to avoid; in a bid to avoid; proposes; proposed; intends to; exploring; explores; should`,
		`可能; 或将; 或被; 或面临; 或遭; 拟; 不排除; 面临; 濒临; 恐; 恐将; 恐遭; 有望; 将面临; 预计; 考虑; 计划; 筹划; 难以避免; 难免; 并非没有; 风险提示; 或; 警惕; 担忧; 传闻; 是否; 会不会; 为避免; 防止; 以防; 仍不能排除; 不能排除; 潜在; 或致; 或引发; 可能性; 意向`},
	{rumour,
		`rumoured; rumored; rumours; rumors; rumour of; rumours of; rumors of; reportedly; sources say; sources said; said to be; unconfirmed; alleged; allegedly; speculation that; according to people familiar; reports of`,
		`网传; 传闻; 据悉; 疑似; 据传; 盛传; 被传; 传出; 市场传言; 传言; 有消息称; 媒体称; 疑; 爆料; 被质疑; 遭质疑; 消息称; 传@`},
	{doubt,
		`fears; fear; risk; risks; threat; worries; concerns; speculation; rumours; rumors; rumour; rumor; talk; looms; possibility; danger; possible; likely; could follow; feared; scenario`,
		`可能; 风险; 传闻; 传言; 之虞; 危机论; 预期; 可能性; 边缘; 的可能; 的风险; 疑云; 隐忧; 之忧; 猜测`},
	{when, `if; unless; should it; in case; in the event; whether; cannot be ruled out; can not be ruled out; could not be ruled out; not be excluded; hypothetical; hypothetically`, `如果; 若; 如若; 一旦; 倘若; 假如; 万一; 假设; 是否; 能否; 会否; 要是; 如被; 除非`},
	{past,
		`(years|decades|decade) (after|since|ago|on from); years after its; (last|previous) decade; once; formerly; previously; in the past; history of; anniversary of; survived; a decade (after|ago); long ago; decades old; had earlier; historic; historical`,
		`曾; 曾经; 历史; 历史上; 此前曾; 年前; 多年前; 往年; 旧案; 过去曾; 早年; 一度; 昔日; 周年`},
	{relative,
		`subsidiary; subsidiaries; unit; affiliate; affiliated; parent; shareholder; shareholders; branch; joint venture; associate company; executive; executives; director; unit of; subsidiary of; parent of; branch of; shareholder of; executive of; sister company; manager; employee; employees; division; division of`,
		`子公司; 孙公司; 分公司; 参股公司; 控股公司; 大股东; 第一大股东; 二股东; 股东; 母公司; 关联方; 关联公司; 下属; 旗下; 副总; 副总经理; 副总裁; 高管; 一致行动人; 项目公司; 合资公司; 分支机构; 董事; 监事; 员工; 集团公司; 参股; 全资; 分厂; 门店; 间接股东; 子企业; 联营企业; 合营企业; 所在园区; 所在地; 附近; 周边; 邻近`},
	{leader, `founder; chairman; chairwoman; cfo; ceo; chief executive; chief financial officer; president; owner; majority owner; controlling shareholder`, `~; 实控人; 实际控制人; 控股股东; 控制人; 董事长; 总经理; 总裁; 财务总监; 法定代表人; 创始人`},
	{itself, ``, `公司及; 公司和; 公司与; 公司、; 公司因; 公司被; 本公司; 公司收到; 公司债务; 上市公司及; 公司遭; 及其; 及子公司; 及下属; 及实控人; 及实际控制人; 及法定代表人; 及控股股东; 及董事长; 和子公司; 与子公司; 公司目前; 公司已; 公司作为`},
	{bankBy,
		`landlord (of|to); bank of; banker to; lender to; lenders to; creditor of; creditors of; largest creditor of; adviser to; advisor to; advises; adviser on; adviser; advisor; exposure to; exposed to; owed by; hit by; hurt by; loans to; lent to; invested in; investor in; stake in; bonds of; represents; representing; liquidator of; administrator of; rival of; competitor of; rival; competitor; peer; partner of; insurer of; auditor of; landlord; guarantor of; claims in; 's lender; 's bank; 's landlord; 's insurer; 's guarantor; 's partner`,
		`债权人; 出租人; 房东; 财务顾问; 顾问; 主承销商; 承销商; 受托管理人; 管理人; 律师; 代理; 合作方; 合作伙伴; 竞争对手; 对手; 踩雷; 持有的; 投资的; 投资者; 持仓; 对手方; 担保对象; 被担保方; 交易对方; 受..影响; 债务人; 欠款方`},
	{sellTo,
		`supplier (of|to); suppliers to; supplies; supplying; vendor to; contractor to; customer; its customer; customers; client; clients; a key customer; largest customer; buyer; debtor; sells to; manufacturer for; distributor; dealer`,
		`客户; 大客户; 下游客户; 经销商; 采购方; 买方; 购货方; 应收账款; 应收款; 货款; 作为其供应商; 系其供应商; 为其供应商; 是其供应商; 作为其债权人`},
	{supplyBy, `its supplier; supplier; suppliers; key supplier; parts maker; vendor`, `供应商; 上游供应商; 供货商; 供货方; 承运方`},
	{victim,
		`victim of; victims of; falls victim to; fell victim to; defrauded by; defrauded of; cheated; scammed; targeted by; reports .. to (the |) police; reported .. to (the |) police; calls in police over; target of; fake notice; impersonating; impersonated; uncovers; reported to police; files police report; alerts police to; hit by .. fraud`,
		`受害; 受害者; 受害方; 被骗; 遭诈骗; 遭遇诈骗; 被诈骗; 被欺诈; 遭欺诈; 冒充; 伪造公司; 报案; 已报案; 报警; 举报; 遭受; 冒用; 假冒; 不知情; 遭冒名`},
	{former, `former; ex; one time; erstwhile`, `前; 原; 时任`},
	{calledOff,
		`(scrap|scraps|scrapped|abandon|abandons|abandoned|call off|calls off|called off|terminate|terminates|terminated|ends|ended|shelves|shelved|withdraws|withdrew|drops|dropped|walks away from|walked away from|pulls out of|blocks|blocked)`,
		`终止; 拟终止; 中止; 取消; 放弃; 叫停; 暂停; 暂缓; 撤回; 停止; 提前终止; 否决`},
	{offAfter,
		`(is|are|was|were|) (scrapped|abandoned|called off|terminated|blocked|shelved|rejected); (collapses|collapsed|falls through|fell through|fails|failed)`,
		`终止; 失败; 落空; 告吹; 未获通过; 未通过; 被否; 被否决; 取消; 中止; 叫停; 期满未; 到期未; 期间内未; 未实施; 届满未`},
	{fake, `fake; forged; hoax; bogus`, `伪造公司; 伪造..公司; 有人伪造; 虚假的; 假冒公司; 虚假公告; 伪造`},
	{claimant, `plaintiff; claimant; petitioner; wins; won; win; recovers; awarded; obtains; obtained; secures`, `原告; 申请执行人; 申请人; 胜诉; 申请对; 提请`},
}

// Rating agencies and exchanges speak about others; their names beside a trigger make them no subject.
var speakers = set("fitch moody's moodys s&p standard&poor's dbrs 穆迪 惠誉 标普 标准普尔 中诚信 中诚信国际 联合资信 大公国际 东方金诚 上交所 深交所 证监会")

// What a company does or has: the surroundings that make an everyday word in capitals a company.
var companyAfter = set(`files filed says said reports reported announces announced denies denied sues sued faces misses missed cuts cut shuts shut loses lost wins won
defaults defaulted is was has had will to shares stock ceo cfo chief executive plc inc corp co ltd llc gmbh ag group holdings sa nv fails failed emerges emerged enters entered exits halts halted lays recalls
appoints owes pays paid seeks sought warns warned closes ceases delays raises repays plans may could might would subsidiary unit supplier customers creditors lenders bonds bankruptcy averts avoids suspends restates fined`)

var companyBefore = set("by against sues sued fines acquires acquire buys downgrades supplier creditor creditors lender landlord customer retailer company maker group shareholder parent subsidiary owner investigates charges sanctions probe")
