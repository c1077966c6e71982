package news

// A Type is a kind of event: one row of the table below.
type Type struct {
	Code, EN, ZH     string
	Severity         int8    // of an affirmed event of our customer reported by somebody who knows; 1 info … 4 critical
	HalfLifeDays     float64 // the event's weight halves in this time
	English, Chinese []Triggers
}

// Triggers are phrases that mean the event. Phrases are separated by semicolons; (a|b|) is a or b or nothing; ".." is a
// gap within the clause. They are folded before use, so capitals, hyphens and accents do not matter.
type Triggers struct {
	Phrases  string
	Severity int8   // when not the type's
	Stage    string // when not announced
	Object   bool   // the phrase is done by somebody to the name after it: "sues X"; a name before it is the doer
}

// Taxonomy lists every event code, in report order. To add one: a row here, its cases in the test.
// Severities, half-lives and starting phrases are those of the early-warning catalogue.
var Taxonomy = []Type{
	{
		Code: "INSOLV", EN: "bankruptcy, insolvency, liquidation", ZH: "破产重整清算", Severity: 4, HalfLifeDays: 720,
		English: []Triggers{
			{Phrases: `(file|files|filed|filing) for (bankruptcy|insolvency|administration|chapter 11|chapter 7|creditor protection|bankruptcy protection|liquidation);
				(file|files|filed|filing) .. (bankruptcy|insolvency) (petition|protection); chapter 11 (petition|filing|protection); (bankruptcy|insolvency) (filing|petition|application);
				(seek|seeks|sought|seeking) (bankruptcy|creditor|insolvency|chapter 11) (protection|)`, Stage: Filed},
			{Phrases: `(enter|enters|entered|entering|placed) (in|into|) (administration|receivership|liquidation|insolvency); (in|into) (administration|receivership|liquidation); (administrators|liquidators|receivers) (called in|appointed|take over|took over); under creditor protection;
				(goes|go|went|gone|going) (bankrupt|bust|into administration|into liquidation|into receivership); declared (bankrupt|insolvent); (appoint|appoints|appointed) .. (liquidator|liquidators|receiver|receivers|administrators);
				insolvency proceedings (opened|begin|began|start|started); (bankruptcy|insolvency) (proceedings|court); is (insolvent|bankrupt)`, Stage: Accepted},
			{Phrases: `(approves|approved|confirms|confirmed) .. restructuring plan; restructuring plan (approved|confirmed)`, Stage: Ruled},
			{Phrases: `winding up (petition|order) (against|for)`, Stage: Filed, Object: true},
			{Phrases: `winding up (petition|order); creditors' meeting; meeting of creditors; bankruptcy; bankrupt; insolvency; receivership; chapter 11; court protection from creditors`},
			{Phrases: `(restructure|restructures|restructuring) (its |all |) (debt|debts|loans|bonds); debt restructuring`, Severity: 3},
			{Phrases: `restructure`, Severity: 2},
			{Phrases: `liquidation (plan|process|proceedings|petition); voluntary liquidation; compulsory liquidation; insolvent liquidation`},
		},
		Chinese: []Triggers{
			{Phrases: `申请破产; 申请..破产; 被申请破产; 被..申请破产; 破产申请; 重整申请; 申请重整; 被申请重整; 申请..重整; 提交破产`, Stage: Filed},
			{Phrases: `受理..破产; 受理..重整; 受理破产; 进入破产; 进入重整; 进入破产重整; 进入破产程序; 指定管理人; 指定..管理人; 债权人会议`, Stage: Accepted},
			{Phrases: `宣告破产; 宣告..破产; 终止重整并宣告破产; 终止重整程序并宣告破产; 裁定破产; 裁定..破产; 强制清算; 重整计划获批; 重整计划获..批准; 批准重整计划; 裁定批准..重整计划; 重整计划草案`, Stage: Ruled},
			{Phrases: `破产清算; 破产重整; 预重整; 司法重整; 破产程序; 破产企业; 破产公司; 破产; 资不抵债; 不能清偿到期债务; 无法清偿到期债务; 重整程序`},
		},
	},
	{
		Code: "DEBTDEF", EN: "default on debt", ZH: "债务违约", Severity: 4, HalfLifeDays: 540,
		English: []Triggers{
			{Phrases: `(miss|misses|missed|skips|skipped) .. (coupon|coupons|interest payment|bond payment|debt payment|loan payment|repayment|principal payment); (fail|fails|failed|failing|unable) to (repay|pay|redeem|honour|honor|meet) .. (bond|bonds|loan|loans|debt|debts|notes|coupon|interest|obligations|bills|creditors|principal);
				(fail|fails|failed|unable) to repay; (default|defaults|defaulted|defaulting) on; payment default; (bond|debt|loan|note|notes|bonds) (default|defaults); cross default; cross defaults; in default;
				defaulted; default; defaults; standstill (agreement|) with (lenders|creditors|banks|bondholders); (bills|bill|cheque|cheques|notes) dishonoured; dishonoured (bills|bill|cheques|notes); event of default; trading halted after default`},
		},
		Chinese: []Triggers{
			{Phrases: `债务违约; 债券违约; 债券..违约; 贷款违约; 构成违约; 实质性违约; 实质违约; 交叉违约; 未能按期兑付; 未能按时兑付; 未能如期兑付; 未按期兑付; 未能兑付; 无法兑付; 不能按期兑付; 无法按期兑付; 未能足额兑付;
				未能..兑付; 未能按期偿还; 未能按期支付; 未能按期偿付; 无法偿还; 无法偿付; 无法按期偿付; 无法按期偿还; 未能偿还; 未能偿付; 未能..偿还; 未能..付息; 未按时支付; 未按期支付; 未如期支付; 未按时偿还; 未按期偿还; 未能支付..本息; 未能支付..利息; 未按时兑付; 未如期兑付; 逾期未还; 逾期未偿; 逾期未支付; 逾期未兑付; 商票逾期; 票据逾期; 承兑汇票逾期; 债务逾期; 债务..逾期; 贷款逾期; 贷款..逾期; 借款逾期; 信用证逾期;
				逾期债务; 逾期贷款; 逾期借款; 到期..未偿还; 到期未偿还; 展期兑付; 兑付违约; 资金链断裂; 资金链紧张; 逾期; 拖欠贷款; 违约`},
			{Phrases: `面临偿债风险; 偿债风险; 流动性危机; 债务危机; 资金短缺`, Severity: 3},
		},
	},
	{
		Code: "DOWNGR", EN: "rating downgrade", ZH: "评级下调", Severity: 2, HalfLifeDays: 270,
		English: []Triggers{
			{Phrases: `(cut|cuts|lowers|slashes|lowered|downgraded|downgrades) .. to junk; (cut|cuts|lowered|downgraded) to (junk|default|ccc|cc|c|d|sub investment grade|speculative grade)`, Severity: 3},
			{Phrases: `(downgrades|downgrade|downgrading|cuts the rating of|cuts rating of|lowers the rating of)`, Object: true},
			{Phrases: `(cut|cuts|lowers|lowered|slashes|slashed) .. (rating|ratings); (withdraws|withdrew) .. (rating|ratings); (cut|cuts|lowers|lowered|revises|revised) .. outlook; outlook .. to negative; downgraded; is downgraded; rating (cut|lowered|downgrade|withdrawn); ratings (cut|lowered|downgrade|withdrawn); credit rating .. (cut|lowered|withdrawn); outlook (revised|cut|lowered|changed) to negative; outlook to negative; (placed|put) on review for downgrade; on negative watch; creditwatch negative; rating downgrade; delisting (warning|notice)`},
		},
		Chinese: []Triggers{
			{Phrases: `下调..评级; 下调评级; 评级下调; 评级被下调; 评级遭下调; 评级..下调; 信用等级下调; 信用等级..下调; 下调..信用等级; 展望调整为负面; 展望..负面; 列入观察名单; 列入..观察名单; 终止评级; 终止..评级; 调降..评级`},
			{Phrases: `实施退市风险警示; 施行退市风险警示; 被实施其他风险警示; 实施其他风险警示; 退市风险警示; 退市风险; 暂停上市; 被*st; 被st`},
			{Phrases: `终止上市; 强制退市; 退市整理期; 下调至垃圾级`, Severity: 3},
		},
	},
	{
		Code: "ENFORCE", EN: "court enforcement", ZH: "强制执行与失信", Severity: 4, HalfLifeDays: 365,
		English: []Triggers{
			{Phrases: `judgment (entered|issued|) against; garnishment (of|against)`, Severity: 3, Stage: Ruled, Object: true},
			{Phrases: `(freeze|freezes|froze) .. assets of; (seize|seizes|seized) .. assets of`, Stage: Executed, Object: true},
			{Phrases: `(assets|accounts|bank accounts) (are|were|was|) (frozen|seized); (freeze|freezes|froze|freezing) .. (assets|accounts); asset freeze; bailiffs; garnishment; dishonest debtor; consumption restriction`, Stage: Executed},
			{Phrases: `lien filed; tax lien; files lien; court judgment; judgment debtor`, Severity: 3, Stage: Ruled},
		},
		Chinese: []Triggers{
			{Phrases: `失信被执行人; 失信名单; 失信人名单; 老赖; 限制高消费; 限制消费; 限高; 限高令; 终结本次执行; 终本; 财产保全; 诉前保全; 冻结账户; 冻结..账户; 账户冻结; 账户被冻结; 账户..冻结; 资金被冻结; 资金..被冻结; 存款..冻结; 冻结银行存款; 资产..冻结; 查封; 被查封; 遭查封; 扣划; 司法拍卖; 法拍; 拒不履行`, Stage: Executed},
			{Phrases: `被执行人; 被执行; 强制执行; 被法院执行; 被强制执行; 立案执行`, Severity: 3, Stage: Executed},
		},
	},
	{
		Code: "LITIG", EN: "litigation as defendant", ZH: "作为被告涉诉", Severity: 2, HalfLifeDays: 180,
		English: []Triggers{
			{Phrases: `(sue|sues|suing|sued); (lawsuit|suit|claim|claims|complaint|class action|arbitration) (brought|filed|) against; (takes|took|taking) .. to court`, Stage: Filed, Object: true},
			{Phrases: `(is|was|been|being|gets|got|are|were|) sued by; (is|was|been|being|gets|got|are|were) sued; (face|faces|faced|facing) .. (lawsuit|lawsuits|suit|class action|litigation|claim|arbitration); hit with .. lawsuit; class action; lawsuit; arbitration; sued (for|over|in|by|after|again)`, Stage: Filed},
		},
		Chinese: []Triggers{
			{Phrases: `起诉; 状告; 告上法庭; 提起诉讼; 提起仲裁; 申请仲裁; 对..提起诉讼; 将..告上法庭`, Stage: Filed, Object: true},
			{Phrases: `被起诉; 被..起诉; 遭起诉; 遭..起诉; 被诉; 被..告上法庭; 被告上法庭; 被提起诉讼; 被..提起诉讼; 被提起仲裁; 作为被告; 列为被告; 被告; 仲裁; 涉诉; 涉及诉讼; 涉..诉讼; 诉讼案; 诉讼; 开庭公告; 合同纠纷; 劳动争议; 买卖纠纷; 借款纠纷; 侵权纠纷`, Stage: Filed},
		},
	},
	{
		Code: "FRAUD", EN: "fraud, investigation", ZH: "造假与立案调查", Severity: 4, HalfLifeDays: 540,
		English: []Triggers{
			{Phrases: `under (criminal |regulatory |sec |police |) (investigation|probe); charged with (fraud|bribery|embezzlement|money laundering); charged with .. fraud; (charges|charged) .. with (fraud|inflating|falsifying|bribery|embezzlement|misleading|accounting); (indicted|arrested|convicted) (for|on|of|over) .. (fraud|bribery|embezzlement); raided; (falsified|falsifies|falsifying|faked|fabricated) .. (accounts|revenue|sales|records|invoices|results); cooked the books`},
			{Phrases: `(raids|raid|investigates|investigating|probes)`, Object: true},
			{Phrases: `accounting irregularities; accounting fraud; accounting scandal; fraud; embezzlement; embezzled; whistle blower; whistleblower; bribery; ponzi; money laundering; (investigation|probe) into; inflated (revenue|sales|profits)`, Severity: 3},
		},
		Chinese: []Triggers{
			{Phrases: `立案调查; 立案侦查; 被立案; 立案稽查; 遭立案; 证监会..立案; 公安..立案; 证监会..调查; 证监会调查; 接受调查; 被带走调查; 被带走; 刑事拘留; 被刑拘; 被拘留; 被捕; 被逮捕; 批准逮捕; 被抓; 实控人被捕`},
			{Phrases: `财务造假; 业绩造假; 造假; 涉嫌欺诈; 欺诈; 虚增收入; 虚增利润; 虚增..利润; 虚增..收入; 虚开; 挪用资金; 挪用; 侵占; 非法集资; 涉嫌..犯罪; 涉嫌..诈骗; 涉嫌诈骗; 诈骗; 涉嫌信披违法; 涉嫌信息披露违法; 涉嫌违反证券; 涉嫌违法; 涉嫌内幕交易; 违规担保; 资金占用; 占用..资金; 被调查; 遭调查`, Severity: 3},
		},
	},
	{
		Code: "SANCT", EN: "sanctions, export ban", ZH: "制裁与出口管制", Severity: 4, HalfLifeDays: 1000,
		English: []Triggers{
			{Phrases: `added to .. (sanctions list|entity list|blacklist); (placed|put) on .. (sanctions list|entity list|blacklist); entity list; sanctions list; sanctioned; (hit with|under) .. sanctions; export ban; export (controls|restrictions) on; assets blocked; designated by ofac`},
			{Phrases: `(sanctions|blacklists|blacklisted); imposes sanctions on`, Object: true},
		},
		Chinese: []Triggers{{Phrases: `列入实体清单; 列入..实体清单; 实体清单; 制裁名单; 列入制裁; 列入..制裁; 被制裁; 遭制裁; 被..制裁; 出口管制; 禁止交易; 出口禁令; 拒绝令`}},
	},
	{
		Code: "PENAL", EN: "regulatory penalty", ZH: "行政处罚", Severity: 2, HalfLifeDays: 180,
		English: []Triggers{
			{Phrases: `fines; (ordered|orders) .. to pay .. fine; penalises; penalizes`, Object: true},
			{Phrases: `fined; (pay|pays|paid|faces|faced|gets|receives) .. (fine|penalty|penalties); penalty; penalties; licence suspended; license suspended; suspends .. (licence|license); ordered to (halt|suspend|close); (product|vehicle|) (recall|recalls) (ordered|of); recalls`},
		},
		Chinese: []Triggers{{Phrases: `行政处罚; 处罚; 受到处罚; 罚款; 被罚; 遭罚; 处以..罚; 责令停产整改; 责令停产; 责令改正; 责令整改; 吊销许可证; 吊销..许可证; 通报批评; 公开谴责; 召回; 警示函; 监管函; 监管关注`}},
	},
	{
		Code: "EXEC", EN: "executive departure", ZH: "高管变动", Severity: 2, HalfLifeDays: 180,
		English: []Triggers{{Phrases: `(chief financial officer|cfo|finance chief|finance director|chief executive|chief executive officer|ceo|chairman|chairwoman|chair|president|founder|director|directors) .. (resigns|resigned|resign|quits|quit|steps down|stepped down|to step down|leaves|left|departs|dismissed|fired|ousted|sacked|departure|exit|resignation);
			(resignation|departure|exit|dismissal|ouster) of .. (cfo|ceo|chief financial officer|chief executive|chairman|founder|finance chief); steps down abruptly; board exodus; (fires|ousts|dismisses|sacks) .. (cfo|ceo|chief financial officer|chief executive|chairman|finance chief); ~ .. (resigns|resigned|quits|steps down|stepped down|departs|is dismissed|is fired|is ousted|ousted|leaves company)`}},
		Chinese: []Triggers{{Phrases: `(财务总监|董事长|总经理|总裁|首席执行官|首席财务官|财务负责人|cfo|ceo|董秘|董事会秘书|副总经理|高管|实控人|董事|监事|副总裁)..(辞职|辞任|离职|辞去|请辞|离任|被免|被罢免|失联|失踪|去世);
			(财务总监|董事长|总经理|总裁|首席执行官|首席财务官|财务负责人|董秘|副总经理|高管|实控人|实际控制人)(辞职|辞任|离职|请辞|被免|被罢免|失联|失踪|集体辞职|集体离职); 高管集体离职; 法定代表人变更; 变更法定代表人; 法人变更; 辞去..(董事长|总经理|总裁|财务总监|财务负责人); ~(辞职|辞任|离职|请辞|离任|辞去|被免|被罢免|失联|失踪|去世|已辞职|因个人原因辞职)`}},
	},
	{
		Code: "LAYOFF", EN: "layoffs", ZH: "裁员", Severity: 2, HalfLifeDays: 180,
		English: []Triggers{{Phrases: `(cut|cuts|cutting|slash|slashes|axe|axes|eliminate|eliminates|shed|sheds) .. (jobs|staff|workforce|workers|positions|headcount); (lay|lays|laid|laying) off; layoffs; redundancies; job cuts; furlough; furloughs; furloughed; hiring freeze; mass layoffs`}},
		Chinese: []Triggers{{Phrases: `裁员; 大规模裁员; 优化人员; 人员优化; 停薪留职; 放长假; 遣散员工; 解雇; 降薪`}},
	},
	{
		Code: "WAGE", EN: "wages or suppliers unpaid", ZH: "欠薪欠款", Severity: 3, HalfLifeDays: 270,
		English: []Triggers{{Phrases: `unpaid (wages|salaries|workers|suppliers|contractors|invoices); (wages|salaries|suppliers|contractors|workers) (unpaid|not paid|go unpaid|left unpaid|have not been paid); (have|has) not been paid; not been paid (for|in|since); unpaid for (weeks|months); workers protest over (pay|wages|unpaid wages); protest .. unpaid wages; (owes|owed) (it|them) ; (owes|owed) .. (million|billion); (owes|owed) .. (contractors|suppliers|workers|wages|salaries); wage arrears; (fail|fails|failed) to pay .. (wages|salaries|suppliers|workers|staff); stops paying suppliers`}},
		Chinese: []Triggers{{Phrases: `拖欠工资; 拖欠..工资; 欠薪; 讨薪; 拖欠货款; 拖欠..货款; 拖欠供应商; 拖欠..工程款; 拖欠..款; 供应商维权; 供应商..讨债; 停缴社保; 欠缴社保; 欠发工资`}},
	},
	{
		Code: "CLOSURE", EN: "plant or store closure", ZH: "停产关厂", Severity: 3, HalfLifeDays: 270,
		English: []Triggers{
			{Phrases: `(planned|scheduled|routine|annual) (maintenance|overhaul|holiday|) (shutdown|shutdowns|outage|closure|stoppage); (shut|shuts|shutdown|halts|halted|idles|stops) .. for (planned |scheduled |routine |annual |) (maintenance|overhaul|holidays)`, Severity: 1},
			{Phrases: `(shut|shuts|shutting|close|closes|closed|closing|shutters|shuttered) (down |its |a |the |main |only |largest |) .. (plant|plants|factory|factories|mill|mills|site|production|operations); (halt|halts|halted|suspends|suspended|stops|stopped) (all |its |) (production|operations|manufacturing|output); (idle|idles|idled) .. (factory|plant|plants|mill); (cease|ceases|ceased|ceasing) (operations|trading|production); plant (closure|shutdown|closures); factory (closure|shutdown|closures); production halt`},
			{Phrases: `(shut|shuts|close|closes|closing|closed|shutters) .. (stores|store|shops|outlets|branches|restaurants); store closures; store closings`, Severity: 2},
		},
		Chinese: []Triggers{
			{Phrases: `(计划检修|例行检修|计划性|年度检修|设备检修|检修|春节放假|例行)(停产|停工|停车|停机); 停产检修; 停车检修; 停产大修`, Severity: 1},
			{Phrases: `停产; 全面停产; 停产整顿; 停产整改; 停工; 停工停产; 停止生产; 关闭工厂; 关闭..工厂; 工厂关闭; 关厂; 停业; 停业整顿; 歇业; 搬迁清退; 停止经营; 停止运营; 停运`},
			{Phrases: `关店; 闭店; 关闭..门店; 关闭门店; 临时停产; 暂时停产; 暂时停工; 临时停工; 短期停产; 部分停产`, Severity: 2},
		},
	},
	{
		Code: "SUPPLY", EN: "supply disruption", ZH: "供应中断", Severity: 2, HalfLifeDays: 90,
		English: []Triggers{{Phrases: `supply (disruption|disruptions|chain disruption|shortage|interruption); force majeure; shortage (halts|stops|of .. halts); shortages (halt|force); supplier cut off; (cut|cuts) off supply; cut off by .. supplier; stops supplying`}},
		Chinese: []Triggers{{Phrases: `供应中断; 断供; 供货中断; 停止供货; 不可抗力; 原料短缺; 原材料短缺; 缺料; 缺芯; 物流停摆; 供应短缺`}},
	},
	{
		Code: "KEYCUST", EN: "loss of a key customer or contract", ZH: "失去大客户", Severity: 2, HalfLifeDays: 180,
		English: []Triggers{{Phrases: `(loses|lost|lose|losing) .. (contract|contracts|customer|customers|client|account|order|orders); (contract|contracts|order|orders|agreement) (is |was |were |) (cancelled|canceled|terminated); (customer|customers|client) (terminates|terminated|leaves|cancels|cancelled|drops); (terminates|cancels|ends) .. (contract|order|agreement) with; delisted by .. (retailer|supermarket|chain); dropped by .. (customer|client|retailer)`}},
		Chinese: []Triggers{{Phrases: `失去大客户; 失去..大客户; 失去..客户; 客户流失; 大客户流失; 终止合作; 终止..合作; 终止..合同; 终止合同; 合同终止; 解除合同; 合同解除; 订单取消; 取消订单; 取消..订单; 丢失合同; 丢单; 砍单; 坏账; 应收账款..逾期; 客户..逾期; 客户..破产; 客户违约`}},
	},
	{
		Code: "LATEFIL", EN: "late filing", ZH: "披露延迟", Severity: 2, HalfLifeDays: 180,
		English: []Triggers{{Phrases: `(delay|delays|delayed|postpones|postponed) .. (annual report|accounts|results|10 k|10 q|filing|financial statements|earnings release); (miss|misses|missed) .. filing deadline; (miss|misses|missed) .. deadline .. (accounts|annual report|filing|results|statements); notice of late filing; late filing; (fail|fails|failed) to (publish|release|issue) .. (accounts|annual report|results|financial statements); (fail|fails|failed) to file .. (accounts|annual report|financial statements|10 k|results); overdue accounts`}},
		Chinese: []Triggers{{Phrases: `未按期披露; 未能按期披露; 未按时披露; 未在法定期限内披露; 无法在法定期限内披露; 无法..披露..年报; 无法按时披露; 无法按期披露; 延期披露; 推迟披露; 推迟..年报; 未按规定公示年度报告; 未公示年报; 未按期报送年报`}},
	},
	{
		Code: "AUDIT", EN: "auditor change or qualified opinion", ZH: "审计异常", Severity: 2, HalfLifeDays: 365,
		English: []Triggers{
			{Phrases: `going concern (doubt|doubts|warning|uncertainty|opinion|qualification); (warns of|warns about|flags|raises) going concern (doubt|doubts|uncertainty|risk); (substantial|material) doubt .. going concern; ability to continue as a going concern; disclaimer of opinion; adverse opinion`, Severity: 3},
			{Phrases: `auditor (resigns|resigned|quits|steps down|walks out|dismissed|refuses); (auditor|deloitte|kpmg|pwc|ey|bdo|grant thornton) (resigns|quits) as auditor; (resignation|dismissal) of .. auditor; qualified (audit |) opinion; (restates|restated|restate|restating) .. (accounts|results|earnings|revenue|statements); restatement; (replaces|dismisses|changes|fires) .. auditor; change of auditor`},
		},
		Chinese: []Triggers{
			{Phrases: `无法表示意见; 否定意见; 持续经营重大不确定性; 持续经营..重大不确定性; 持续经营能力..不确定性; 持续经营能力..重大疑虑`, Severity: 3},
			{Phrases: `更换会计师事务所; 变更会计师事务所; 改聘会计师事务所; 更换审计机构; 变更审计机构; 会计师..辞任; 审计机构..辞任; 会计师事务所辞任; 保留意见; 非标意见; 非标..审计; 会计差错更正; 会计差错`},
		},
	},
	{
		Code: "OWNER", EN: "ownership change, pledge, freeze", ZH: "股权变动质押冻结", Severity: 2, HalfLifeDays: 270,
		English: []Triggers{
			{Phrases: `shares (are |were |) frozen; stake (is |was |) frozen; (freezes|froze) .. (stake|shares)`, Severity: 3},
			{Phrases: `change of control; (stake|shares|shareholding) pledged; (pledges|pledged) .. (stake|shares|shareholding); share pledge; margin call on .. (stake|shares); parent (exits|withdraws|withdraws support); (ends|withdraws) support for .. (subsidiary|unit)`},
			{Phrases: `spin off; spins off; (cuts|trims|sells|reduces) .. stake; (cut|trim|sell) .. stake`, Severity: 1},
		},
		Chinese: []Triggers{
			{Phrases: `股权冻结; 股权被冻结; 股权..冻结; 股份冻结; 股份被冻结; 股份..冻结; 股..冻结; 强制平仓; 触及平仓线; 低于平仓线; 跌破平仓线; 平仓风险; 平仓线; 被动减持; 股票质押违约; 股权质押违约; 股票质押..违约; 质押..违约; 质押违约`, Severity: 3},
			{Phrases: `控制权变更; 控制权..变更; 实控人变更; 控股股东变更; 股权质押; 股份质押; 质押股份; 质押..股份; 股票质押; 质押..股; 补充质押; 减资`},
			{Phrases: `股东减持; 减持; 股权转让; 转让..股权; 股份转让; 转让..股份; 清仓`, Severity: 1},
		},
	},
	{
		Code: "MNA", EN: "merger, takeover", ZH: "并购", Severity: 1, HalfLifeDays: 120,
		English: []Triggers{{Phrases: `to be acquired (by|); agreed (bid|takeover|offer); (merger|takeover|acquisition) (completed|agreed|talks|offer|bid|deal|agreement); buyout; (acquires|acquired|acquiring|to acquire|to buy|buys) ..(company|business|unit|rival|maker|group|stake); takeover; merger; merges with; to merge; acquired by`}},
		Chinese: []Triggers{{Phrases: `收购; 被收购; 并购; 吸收合并; 要约收购; 重大资产重组; 资产重组; 借壳`}},
	},
	{
		Code: "REGIST", EN: "registry or tax abnormality", ZH: "工商税务异常", Severity: 2, HalfLifeDays: 365,
		English: []Triggers{
			{Phrases: `struck off; strike off notice; licence revoked; license revoked; business licence revoked; (deregistered|deregistration) (of|); dissolution notice`, Severity: 4, Stage: Executed},
			{Phrases: `tax arrears; unpaid taxes; registered office (invalid|unreachable|address invalid); owes .. (tax|taxes)`},
		},
		Chinese: []Triggers{
			{Phrases: `吊销营业执照; 吊销..营业执照; 营业执照被吊销; 吊销执照; 注销公告; 简易注销; 总公司注销; 被注销; 公司注销; 注销登记; 严重违法失信`, Severity: 4, Stage: Executed},
			{Phrases: `分公司注销; 注销分公司; 注销..分公司; 分公司..注销; 清算备案; 子公司注销; 注销子公司; 注销..子公司`, Severity: 1},
			{Phrases: `经营异常名录; 经营异常; 欠税公告; 欠税; 欠缴税款; 偷税; 漏税; 登记住所无法联系; 住所无法联系; 登记的住所..无法联系`},
		},
	},
	{
		Code: "CREDCUT", EN: "lender or insurer withdraws", ZH: "抽贷断贷降额", Severity: 3, HalfLifeDays: 180,
		English: []Triggers{{Phrases: `credit (insurer|insurers) (cut|cuts|withdraw|withdraws|pull|pulls|reduce|reduces|cancel|cancels) .. (cover|limits|limit); (bank|banks|lender|lenders) (pull|pulls|pulled|cut|cuts|withdraw|withdraws|freeze|freezes|call in) .. (lines|line|credit|loans|facility|facilities|funding); factoring (stopped|withdrawn|suspended); (supplier|suppliers) (demand|demands|demanding|insist on|want) (cash|payment) (up front|upfront|in advance|); lenders call in loans`}},
		Chinese: []Triggers{{Phrases: `抽贷; 断贷; 压贷; 授信被收回; 收回授信; 授信..收回; 银行..停贷; 保险公司下调额度; 信保..下调; 信用保险..下调; 下调..额度; 供应商要求现款; 供应商要求..现款; 要求现款现货; 停止保理`}},
	},
	{
		Code: "DISASTER", EN: "disaster, accident", ZH: "灾害事故", Severity: 2, HalfLifeDays: 120,
		English: []Triggers{{Phrases: `fire (at|breaks out|hits|destroys|damages|guts|engulfs|in); (plant|factory|warehouse|depot|refinery) fire; blaze; explosion; explosions; blast at; flood (hits|damages|at); floods (hit|damage); flooding; earthquake; cyber attack; cyberattack; ransomware; hacked; data breach; fatal accident; industrial accident`}},
		Chinese: []Triggers{{Phrases: `火灾; 起火; 着火; 爆炸; 爆燃; 爆雷事故; 洪水; 水灾; 地震; 台风; 安全事故; 生产事故; 伤亡事故; 坍塌; 泄漏事故; 遭网络攻击; 遭..网络攻击; 网络攻击; 遭黑客; 事故`}},
	},
	{
		Code: "INDUSTRY", EN: "industry or policy shock", ZH: "行业政策冲击", Severity: 1, HalfLifeDays: 180,
		English: []Triggers{{Phrases: `tariffs (imposed|on|hit); new tariffs; (prices|price) (collapse|collapses|collapsed|plunge|plunged|slump); demand (slump|slumps|collapses|collapse); subsidy (ends|cut|cuts); subsidies (end|cut); overcapacity; ban on (the |) (sector|industry|sales of|imports of|exports of)`}},
		Chinese: []Triggers{{Phrases: `行业下行; 产能过剩; 加征关税; 价格暴跌; 补贴退坡; 限产; 集采降价; 行业低迷; 需求萎缩`}},
	},
	{
		Code: "POSIT", EN: "positive counter-event", ZH: "正面反转事件", Severity: 1, HalfLifeDays: 180,
		English: []Triggers{
			{Phrases: `upgraded; rating (raised|upgrade|upgraded); outlook (revised|raised|changed) to (stable|positive); (raises|raised|secures|secured|completes|closes) .. (funding|capital|financing|refinancing|equity|credit facility|capital increase); refinancing completed; capital raised; (debt|bonds|loan|loans|arrears) (repaid|settled|paid off); (repays|repaid|redeems) .. (bonds|debt|loan|loans|notes); (wins|won|awarded) .. (contract|order|orders|tender)`},
			{Phrases: `(exits|exited|leaves|left|emerges from|emerged from) (administration|receivership|liquidation|insolvency|bankruptcy); (court|judge) (ends|ended|closes|closed|terminates|terminated) .. (bankruptcy|insolvency|restructuring) (proceedings|case); case dismissed; charges dropped; lawsuit (dropped|dismissed|settled|withdrawn); (resumes|resumed|restarts) (production|operations|trading)`, Stage: Closed},
		},
		Chinese: []Triggers{
			{Phrases: `不予受理破产; 不予受理..破产; 不予受理..重整; 重整计划执行完毕; 重整计划..执行完毕; 完成重整; 重整完成; 已结清; 全部结清; 已偿清; 已全部偿还; 如期兑付; 按期兑付; 足额兑付; 完成兑付; 撤诉; 解除冻结; 解除..冻结; 解除质押; 解除..质押; 解除..平仓风险; 解除限高; 恢复生产; 复产; 复工; 恢复上市; 摘帽`, Stage: Closed},
			{Phrases: `评级上调; 上调..评级; 上调评级; 评级..上调; 完成融资; 完成..融资; 获..融资; 获得授信; 获..授信; 中标; 签订..合同; 签下..合同; 净利..增; 增持`},
		},
	},
}

// The type of each code.
var typeOf = func() map[string]*Type {
	m := map[string]*Type{}
	for i := range Taxonomy {
		m[Taxonomy[i].Code] = &Taxonomy[i]
	}
	return m
}()
