package news

import (
	"math"
	"strings"
	"sync"
)

// Tone says how bad a headline is for the customer it is about, as log-odds: above 0 rather bad, below 0 rather good, 0 nothing to say.
// It is wider than the events: a stake that is sold or a contract that is won are no credit events and colour what is said all the same.
//
// It is the sum of the events found (gravity by severity and polarity) and of the words of [toneWords] in the sentence, where a word that
// ends something turns what it ends (终止收购, "scraps takeover", 解除冻结).
func (m *Matcher) Tone(title string, events []Event) float64 {
	return toneOfEvents(events) + toneOfText(m.masked(title))
}

// A tone beyond this is no surer.
const surestTone = 8

func toneOfEvents(events []Event) float64 {
	sum := 0.0
	for i := range events {
		e := &events[i]
		switch {
		case e.Code == "POSIT":
			sum -= 1.2
		case e.Code == "MNA", e.Code == MediaCode: // whom it is good for is not ours to say
		case e.Polarity == Denied:
			sum += 0.2
		case e.Role == Plaintiff:
			sum += 0.1
		case e.Role == Counterparty, e.Role == Mentioned, e.Role == Victim:
			sum += 0.4
		case e.Polarity == Hypothetical:
			sum += 0.4 * float64(e.BaseSeverity)
		default:
			sum += 0.6 * float64(e.BaseSeverity)
		}
	}
	return max(-surestTone, min(surestTone, sum))
}

// masked returns the fold of a text in which every customer's name is one [namedRune].
func (m *Matcher) masked(text string) []rune {
	var f fold
	f.write(text, 0)
	out := make([]rune, 0, len(f.runes))
	at := 0
	for _, n := range m.mentions(text, &f) {
		out = append(append(out, f.runes[at:n.start]...), namedRune)
		at = n.end
	}
	return append(out, f.runes[at:]...)
}

// toneKind says what a word of [toneWords] does; it may do several things.
type toneKind uint8

const (
	ends     toneKind = 1 << iota // it turns what comes after it in the clause: 终止, "scraps"
	endsBack                      // it turns what came before it: 失败, "collapses"
	burden                        // something of which more is worse: 负债, "costs"
	rises                         // more of something
	falls                         // less of something
	nothing                       // it only hides the shorter words in it

	colours toneKind = 0 // it is bad (weight above 0) or good news, and no more
)

// toneWords are the words that colour a headline, in the notation of [Triggers], with what one of them weighs in log-odds.
var toneWords = []struct {
	Kind   toneKind
	Weight float64
	EN, ZH string
}{
	{nothing, 0,
		`stop loss; no loss of; cut price; cutting edge; lossless; fine tuned; short term; short list; shortlisted; debt free; risk management; risk control; crisis management; zero risk; anti fraud; default settings; at no cost; beat up; weaknesses; free fall; warrant; warrants`,
		`风险投资; 风险管理; 风险控制; 风控; 亏本; 不良资产处置; 增值税; 增资扩股; 增值电信; 减震; 减速机; 减肥; 减速器; 减排; 降噪; 降解; 降糖; 降压; 下降通道; 停车; 停车场; 立案登记; 非公开; 增强; 增速; 污染治理; 污染防治; 污染物处理; 水污染; 土壤修复; 火灾报警; 灾备; 危废; 废水; 抗跌; 增发; 定增; 提前; 派出; 跌打; 暴雨; 调整; 减值测试; 无风险; 终止挂牌; 停牌; 复牌; 中止审核恢复; 违约金; 退市公司; 应急; 抗癌; 防火; 反洗钱; 减税; 降税; 降费; 扶贫; 攻坚; 核查完毕; 核查结束; 异动; 异常波动; 核查`},
	{ends, 0.9,
		`(end|ends|ended|ending|scrap|scraps|scrapped|abandon|abandons|abandoned|cancel|cancels|cancelled|canceled|terminate|terminates|terminated|halt|halts|halted|suspend|suspends|suspended|postpone|postpones|postponed|withdraw|withdraws|withdrew|drop|drops|dropped|shelve|shelves|shelved|call off|calls off|called off|pull out of|pulls out of|fail to|fails to|failed to|unable to|walks away from|loses|lost|lose|rejects|rejected|blocks|blocked|denied|without|no|not|stops|stopped|lift|lifts|lifted|clear of|cleared of|avoids|averts|escapes|recovers from|emerges from|exits|exit|settles|settled|resolves|resolved)`,
		`终止; 中止; 停止; 取消; 放弃; 撤回; 撤销; 暂停; 暂缓; 叫停; 未获; 未能; 无法; 未达; 未完成; 不再; 不存在; 解除; 消除; 化解; 免于; 免除; 避免; 否认; 并未; 没有; 失去; 丢失; 推迟; 延期; 延迟; 拒绝; 否决; 移出; 摘除; 提前终止; 难以; 未; 不; 无; 未有; 尚未; 无缘; 错失; 退出; 未通过; 未实施; 了结; 走出; 摆脱; 不涉及; 不构成`},
	{endsBack, 0.9,
		`(collapse|collapses|collapsed|fails|failed|falls through|fell through|scrapped|cancelled|canceled|terminated|rejected|blocked|postponed|delayed|suspended|dismissed|lifted|withdrawn|overturned|resolved|settled|dropped)`,
		`失败; 落空; 泡汤; 搁浅; 终止; 被否; 被否决; 未获通过; 未通过; 未成; 未果; 告吹; 流产; 夭折; 被叫停; 被取消; 被驳回; 被撤销; 已解除; 解除; 已消除; 已完成; 中止; 收窄; 撤销; 获撤销; 不通过; 遭否; 遭终止; 过期; 失效`},
	{burden, 0.3,
		`(cost|costs|loss|losses|debt|debts|liabilities|bad loans|expenses|inventories|inventory|leverage|overdue|arrears|churn)`,
		`负债; 负债率; 成本; 费用; 库存; 存货; 不良率; 不良贷款; 不良; 债务; 应收账款; 商誉; 亏损额; 亏损; 净亏损; 亏; 净亏; 亏损达; 欠款; 杠杆; 逾期`},
	{rises, -1.6,
		`(rise|rises|rose|rising|grow|grows|grew|growth|growing|jump|jumps|jumped|surge|surges|surged|soar|soars|soared|climb|climbs|climbed|gain|gains|gained|increase|increases|increased|up|doubles|doubled|triples|tripled|higher|rebounds|rebounded|rally|rallies|rallied|improves|improved|expands|expanded)`,
		`增长; 同比增长; 同比增; 同比升; 增幅; 增逾; 增约; 增超; 增近; 增至; 增; 增加; 大增; 剧增; 猛增; 激增; 暴增; 倍增; 翻番; 翻倍; 翻; 上升; 提升; 回升; 攀升; 飙升; 上涨; 大涨; 涨; 升; 走高; 扩大; 提高; 提速; 劲增; 高增; 增速; 超预期; 创新高; 新高; 大幅增加; 大幅增长`},
	{falls, 2.0,
		`(fall|falls|fell|falling|drop|drops|dropped|decline|declines|declined|slump|slumps|slumped|plunge|plunges|plunged|tumble|tumbles|tumbled|sink|sinks|sank|slide|slides|slid|slip|slips|slipped|shrink|shrinks|shrank|decrease|decreases|decreased|down|lower|halved|halves|weakens|weakened|contracts|deteriorates|deteriorated|crash|crashes|crashed|dive|dives|slashed|dwindles)`,
		`下降; 同比下降; 同比降; 同比下滑; 同比减; 同比减少; 下滑; 减少; 大降; 大减; 锐减; 骤减; 骤降; 剧降; 暴跌; 大跌; 下跌; 跌; 跌停; 降; 降至; 降逾; 降约; 降超; 降近; 减; 减逾; 减近; 腰斩; 缩水; 萎缩; 回落; 走低; 下挫; 闪崩; 收缩; 缩减; 低于; 不及; 恶化; 跳水; 重挫; 滑坡; 负增长; 大幅下降; 大幅下滑; 大幅减少`},

	{colours, 3.2,
		`profit warning; guidance cut; cuts (guidance|forecast|outlook|dividend); slashes (forecast|dividend|outlook); net loss; swings to loss; swung to loss; widens loss; loss widens; posts loss; reports loss; in the red; bankruptcy; bankrupt; insolvency; insolvent; default; defaults; defaulted; delisting; delisted; delist; fraud; embezzlement; ponzi; accounting scandal; going concern; liquidation; receivership; administration; winding up; trading halted; misses payment; missed payment`,
		`预亏; 首亏; 续亏; 巨亏; 亏超; 转亏; 盈转亏; 由盈转亏; 由盈转亏损; 亏损; 净亏; 净亏损; 预计亏损; 亏损扩大; 预减; 预降; 净利预降; 下修; 向下修正; 下调业绩; 业绩变脸; 变脸; 业绩下滑; 退市; 暂停上市; 终止上市; 强制退市; 风险警示; 戴帽; 披星戴帽; 被st; 立案; 立案调查; 被立案; 涉嫌; 造假; 虚增; 欺诈; 诈骗; 非法集资; 挪用; 侵占; 违约; 破产; 清算; 资不抵债; 资金链断裂; 资金链; 爆仓; 爆雷; 暴雷; 踩雷; 平仓; 强平; 平仓线; 被捕; 逮捕; 刑拘; 拘留; 失联; 被带走; 被抓; 判刑; 获刑; 失信; 老赖; 限高; 被执行; 查封; 冻结; 被冻结; 轮候冻结; 司法冻结; 拍卖; 法拍; 欠薪; 讨薪; 拖欠; 逾期; 抽贷; 断贷; 停产; 停工; 倒闭; 关厂; 跑路; 债务危机; 流动性危机; 资金占用; 违规占用; 违规担保`},
	{colours, 2.6,
		`downgrade; downgraded; downgrades; cut to junk; junk; sued; lawsuit; sues; probe; investigation; investigated; raided; raid; charged; indicted; arrested; fined; fine; fines; penalty; penalties; sanctions; sanctioned; blacklisted; recall; recalls; layoffs; lay off; lays off; job cuts; cuts jobs; cut jobs; redundancies; furlough; shuts; shut down; shutdown; closes plant; closure; closures; plant fire; explosion; breach; hacked; cyberattack; ransomware; scandal; misconduct; violation; violations; writedown; write down; writes down; writeoff; write off; impairment; restates; restatement; short seller; overdue; unpaid; owes; liquidity crunch; cash crunch; debt restructuring; distress; distressed; exits market; resigns; steps down; ousted; quits; departs; sacked; fired; strike; strikes; walkout; protest; protests; boycott; accident; spill; leak; pollution; shortage; warns; warning; warned; profit falls; profit drops; sales slump; sells stake; stake sale; insider selling; margin call; pledged shares; loses; lost; ban; banned; bars; barred; halts production; crisis; turmoil; woes; struggling; troubled; embattled; delays; delayed; delay; misses; missed; miss estimates; below expectations; disappoints; disappointing; weak; weaker; worst; lawsuit against; class action; seized; frozen; freeze; revoked; suspended`,
		`减持; 拟减持; 计划减持; 被动减持; 清仓; 清仓式减持; 套现; 抛售; 出逃; 砸盘; 违规; 违法; 违法违规; 处罚; 行政处罚; 罚款; 被罚; 遭罚; 罚没; 警示函; 监管函; 问询函; 问询; 关注函; 遭问询; 监管措施; 谴责; 公开谴责; 通报批评; 责令; 整改; 责令改正; 调查; 被查; 约谈; 问责; 诉讼; 起诉; 被诉; 被起诉; 败诉; 仲裁; 索赔; 赔偿; 维权; 投诉; 侵权; 纠纷; 裁员; 降薪; 欠款; 讨债; 关停; 关闭; 关店; 事故; 爆炸; 火灾; 起火; 泄漏; 泄露; 污染; 超标; 中毒; 死亡; 伤亡; 召回; 下架; 不合格; 假冒; 曝光; 被曝; 质疑; 遭质疑; 内幕交易; 操纵; 虚假; 虚假陈述; 误导; 坏账; 减值; 计提; 商誉减值; 资产减值; 损失; 受损; 重创; 拖累; 危机; 恐; 陷; 深陷; 陷入; 困境; 困局; 承压; 低迷; 疲软; 疲弱; 惨淡; 遇冷; 滞销; 断供; 短缺; 制裁; 实体清单; 禁令; 封禁; 抵制; 吊销; 注销; 异常名录; 非标; 保留意见; 无法表示意见; 否定意见; 会计差错; 持续经营; 下调; 评级下调; 列入观察; 被否; 未获通过; 遭否; 遭; 闪崩; 跌停; 大跌; 暴跌; 被套; 浮亏; 割肉; 低于预期; 不及预期; 利空; 黑天鹅; 丑闻; 内讧; 内斗; 罢免; 控制权之争; 辞职; 辞任; 离职; 离任; 请辞; 被免`},
	{colours, 1.5,
		`risk; risks; concern; concerns; fears; fear; worries; pressure; slowdown; headwinds; uncertainty; volatile; cuts; cut; slashes; slash; trims; lowers; lowered; complaint; complaints; dispute; disputes; allegation; allegations; alleged; accused; accuses; inquiry; scrutiny; denies; refutes; debt; loss; losses; bearish; sell rating; underperform; sell; divest; exodus; poor; bad; negative; problem; problems; trouble; failure; fails; failed; hit by; hurt; hurts; falls short; cautious; tariff; tariffs; curbs; defer; deferred; unable; without; bleak; gloomy; slow; stalled; stalls; downturn; recession`,
		`警示; 风险提示; 提示风险; 风险; 隐患; 不确定性; 质押; 补充质押; 被动; 高质押; 司法; 证监局; 传闻; 澄清; 辟谣; 回应; 否认; 预警; 延期; 推迟; 更正; 致歉; 道歉; 解聘; 更换会计师; 失去; 流失; 取消; 终止; 失败; 落空; 搁浅; 叫停; 亏; 赔; 难; 解除合同; 终止合作; 解约; 毁约; 弃购; 破发; 破净; 被否决; 转让控制权; 易主; 担保; 债务; 偿债; 压力; 不足; 未达; 未能; 无法; 限产; 禁止; 打压; 暂停; 停业; 停运; 停供; 被列; 涉诉; 涉案; 被要求; 废标; 减产; 解禁; 顺延; 生变; 暴露; 谋求; 无效; 收回`},
	{colours, -3.0,
		`record profit; record profits; record revenue; record sales; record high; beats; beat estimates; beats estimates; tops estimates; beats forecasts; raises (guidance|forecast|outlook|dividend); hikes dividend; profit jumps; profit rises; profit surges; profit doubles; swings to profit; returns to profit; back in profit; upgraded; upgrade; upgrades; wins contract; wins order; awarded contract; lands contract; secures contract; share buyback; buyback; buybacks; repurchase; repays; emerges from bankruptcy; debt free; oversubscribed`,
		`中标; 预中标; 联合中标; 增持; 拟增持; 继续增持; 回购; 拟回购; 预增; 净利预增; 业绩预增; 扭亏; 扭亏为盈; 转盈; 转亏为盈; 减亏; 盈利; 净利增; 同比扭亏; 上修; 上调业绩; 向上修正; 上调业绩预期; 签订; 签署; 签约; 签下; 新签; 大单; 订单; 斩获; 战略合作; 分红; 派现; 高送转; 摘帽; 撤销退市风险警示; 恢复上市; 过会; 获核准; 核准; 获批; 批准; 获证监会; 获得批文; 批文; 举牌; 获增持; 提价; 涨停; 涨价; 大涨; 创新高; 历史新高; 新高; 超预期; 利好; 供不应求; 热销; 畅销`},
	{colours, -1.8,
		`agrees; agreed; takeover; merger; merges; tie up; wins; win; won; award; awarded; awards; secures; secured; lands; landed; signs; signed; partnership; partners; partner with; teams up; alliance; collaboration; cooperation; agreement; deal; contract; orders; acquires; acquire; acquisition; to buy; buys; takeover bid; investment; invests; invest; expands; expansion; opens; opened; opening; launches; launch; launched; unveils; unveiled; introduces; approval; approved; approves; approves; clears; granted; patent; certified; certification; breakthrough; milestone; raises; raised; funding; financing; refinancing; capital raise; ipo; listing; dividend; profit; profits; profitable; outperform; buy rating; bullish; strong; stronger; robust; solid; best; boost; boosts; boosted; positive; optimistic; upbeat; recovery; recovers; resumes; resumed; innovation; innovative; leading; leader; hires; hiring; creates jobs; new plant; new factory; completes; completed; delivers; delivery; success; successful; accelerates; upbeat; named best; honoured; honored; ranked; growth; grows`,
		`合作; 协议; 框架协议; 合同; 项目; 收购; 并购; 入股; 受让; 参股; 控股; 投资; 投建; 投资建设; 建设; 增资; 设立; 成立; 出资; 布局; 加码; 扩产; 扩建; 新建; 投产; 达产; 量产; 开工; 竣工; 落地; 上线; 推出; 发布; 首发; 首单; 突破; 领先; 获奖; 荣获; 获评; 入选; 上榜; 获得; 获; 喜获; 通过; 一致性评价; 认证; 专利; 许可; 牌照; 资质; 临床; 补助; 补贴; 政府补助; 奖励; 激励; 股权激励; 员工持股; 定增; 募资; 发行; 增发; 配股; 可转债; 融资; 授信; 引入; 引进; 战投; 混改; 上市; 挂牌; 分拆; 拟派; 派; 转增; 送转; 送股; 派息; 股息; 派发; 拟10转; 拟10派; 10转; 10派; 采购; 供货; 供应商; 采购商; 交付; 承接; 承建; 承包; 参建; 共建; 联手; 携手; 牵手; 战略; 升级; 创新; 转型; 推进; 加快; 稳健; 稳步; 看好; 推荐; 买入; 评级上调; 上调; 受益; 景气; 回暖; 复苏; 改善; 反弹; 恢复; 复产; 复工; 结清; 清偿; 兑付; 胜诉; 和解; 解除质押; 撤诉; 净赚; 赚; 收入; 签约金额; 销售额; 主营; 补血; 复牌后; 筹划重大; 筹划收购; 筹划; 拟购; 拟以; 购买; 增至; 承诺不减持; 不减持; 终止减持; 提前终止减持; 倡议; 兜底; 购入; 买地; 竞得; 摘得; 拿地; 取得; 获准; 注册; 生产批件; 药品; 新品; 示范; 试点; 中国移动; 国家电网; 超募; 满产; 放量; 提升; 优化`},
}

type toneWord struct {
	kind   toneKind
	weight float64
}

// A toneBook is [toneWords] as a trie.
type toneBook struct {
	trie  *trie
	words []toneWord
}

var tones = sync.OnceValue(func() *toneBook {
	b := &toneBook{}
	index := map[string]int{}
	var words []string
	for _, list := range toneWords {
		for _, spec := range []string{list.EN, list.ZH} {
			for _, text := range alternatives(spec) {
				w := folded(text)
				if w == "" {
					continue
				}
				at, ok := index[w]
				if !ok {
					at = len(words)
					index[w] = at
					words = append(words, w)
					b.words = append(b.words, toneWord{list.Kind, list.Weight})
					continue
				}
				// A word of two lists does what either says; among its weights the one as mere colour counts.
				b.words[at].kind |= list.Kind
				if list.Kind == colours {
					b.words[at].weight = list.Weight
				}
			}
		}
	}
	b.trie = newTrie(words)
	return b
})

// How far a word that ends something reaches, in runes of its script.
const endsHan, endsLatin = 12, 40

// toneOfText adds up the words of a folded text whose names are masked.
func toneOfText(text []rune) float64 {
	type found struct {
		toneWord
		start, end, clause int
	}
	b := tones()
	var all []found
	clause, at := 0, 0
	accept := func(start, end int, _ int32) bool { return bounded(text, start, end) }
	b.trie.longest(text, accept, func(start, end int, w int32) {
		for ; at < start; at++ {
			if strings.ContainsRune(",;:!?—|。", text[at]) {
				clause++
			}
		}
		all = append(all, found{b.words[w], start, end, clause})
	})
	weights := make([]float64, len(all))
	for i, f := range all {
		weights[i] = f.weight
	}
	near := func(a, b *found, reach int) bool {
		return a.clause == b.clause && b.start-a.end <= reach
	}
	for i := range all {
		f := &all[i]
		if f.kind&(rises|falls) == 0 {
			continue
		}
		for j := i - 1; j >= 0 && near(&all[j], f, reachOf(text[f.start])); j-- { // of a burden: the other way round
			if all[j].kind&burden != 0 {
				if f.kind&rises != 0 {
					weights[i] = 1.2
				} else {
					weights[i], weights[j] = -1.2, min(weights[j], 0.3)
				}
				break
			}
		}
	}
	for i := range all {
		f := &all[i]
		if f.kind&ends != 0 {
			reach, first := reachOf(text[f.start]), true
			if f.end-f.start == 1 && isHan(text[f.start]) { // 不, 未, 无 turn what they touch, no more
				reach = 1
			}
			for j := i + 1; j < len(all) && near(f, &all[j], reach); j++ {
				if all[j].kind&(nothing|ends) != 0 || weights[j] == 0 {
					continue
				}
				end, rest := turned(weights[j])
				if weights[j] = rest; first {
					weights[i], first = end, false
				}
				if reach == 1 {
					break
				}
				f.end = all[j].end // 终止收购项目: all of it is off
			}
		}
		if f.kind&endsBack != 0 {
			for j := i - 1; j >= 0 && near(&all[j], f, reachOf(text[f.start])); j-- {
				if all[j].kind&(nothing|ends|endsBack) == 0 && weights[j] != 0 {
					weights[i], weights[j] = turned(weights[j])
					break
				}
			}
		}
	}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	return max(-surestTone, min(surestTone, sum))
}

func reachOf(r rune) int {
	if isHan(r) {
		return endsHan
	}
	return endsLatin
}

// turned is what the ending of something weighs, and what is left of the thing itself: good news called off is bad, and the
// other way round, though less so.
func turned(weight float64) (end, rest float64) {
	switch {
	case weight < 0:
		return 2, 0.2
	case weight > 0:
		return -1, -0.3
	}
	return 0.5, 0
}

// chance turns log-odds into a probability.
func chance(logOdds float64) float64 { return 1 / (1 + math.Exp(-logOdds)) }

// MediaCode marks bad press without an event of the taxonomy; it never weighs more than a mention.
const MediaCode = "MEDIA"
