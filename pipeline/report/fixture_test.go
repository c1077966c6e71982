package report

import (
	"creditwatch/pipeline/asof"
)

func f(v float64) *float64 { return &v }
func m(v Money) *Money     { return &v }

// yuan is an amount in whole currency units.
func yuan(v int64) Money { return Money(v * 10000) }

// night is the night of the fixture.
func night() Night {
	day := asof.MustParse("2026-03-31")
	return Night{
		Run: 41, PreviousRun: 40, AsOf: day, PreviousAsOf: asof.MustParse("2026-03-30"), Company: "北辰电子有限公司 Beichen Electronics", Currency: "CNY",
		Cut: day.Add(1).Time().Add(-8 * 3600e9), Zone: "Asia/Shanghai", Code: "v1.2.0", PolicyHash: "5f2c7d0a91b34e1c88aa", ModelID: "scorecard-3fa19c",
	}
}

// fixture is a small book whose every total foots.
func fixture() Data {
	d := Data{Night: night()}
	d.Headline = Headline{
		Book:       Book{Customers: 396, Scored: 391, InDefault: 6, Exposure: yuan(48_210_500) + 2500, ExpectedLoss: yuan(1_482_300) + 1200},
		BookBefore: Book{Customers: 395, Scored: 390, InDefault: 5, Exposure: yuan(47_950_000), ExpectedLoss: yuan(1_401_050)},
		Open: []OpenBook{
			{Currency: "CNY", Items: 1204, Invoices: 1200, Open: yuan(39_900_000), OpenBase: yuan(39_900_000), InvoicesBase: yuan(40_500_000), UnappliedBase: yuan(-600_000), OverdueBase: yuan(9_100_000), Over90Base: yuan(1_900_000), DisputedBase: yuan(320_000)},
			{Currency: "USD", Items: 40, Invoices: 40, Open: yuan(800_000), OpenBase: yuan(5_760_000), InvoicesBase: yuan(5_760_000), OverdueBase: yuan(1_440_000)},
		},
		OpenBefore: []OpenBook{{Currency: "CNY", Items: 1230, Invoices: 1226, Open: yuan(44_800_000), OpenBase: yuan(44_800_000), InvoicesBase: yuan(45_400_000), UnappliedBase: yuan(-600_000), OverdueBase: yuan(10_260_000), Over90Base: yuan(1_850_000)}},
		Cover:      Cover{Told: 120, Unrated: 1, Total: yuan(60_610_500) + 2500, Covered: yuan(12_400_000)},
	}
	d.Grades = []Grade{
		{"A", 120, yuan(18_000_000), yuan(36_000), f(0.0042), f(0.0039)},
		{"B", 140, yuan(16_000_000), yuan(144_000), f(0.0151), f(0.0149)},
		{"C", 90, yuan(9_000_000), yuan(310_000), f(0.052), f(0.0571)},
		{"E", 35, yuan(3_900_000), yuan(392_300), f(0.163), f(0.171)},
		{"D", 6, yuan(1_100_500) + 2500, yuan(600_000) + 1200, f(1), f(1)},
		{"", 5, yuan(210_000), 0, nil, nil},
	}
	d.Bridge = &Bridge{New: 2, Left: 1, Opening: yuan(1_401_050), ByNew: yuan(12_000), ByLeft: yuan(-3_500), ByExposure: yuan(-18_200), ByLGD: yuan(4_100), ByPD: yuan(86_850) + 1200, Closing: yuan(1_482_300) + 1200}
	d.Losses = Losses{
		Customers: 396, Open: yuan(57_400_000), Shipped: yuan(210_000), Orders: yuan(6_400_000), Ordered: yuan(3_200_000), Unapplied: yuan(600_000), Total: yuan(60_610_500) + 2500, Covered: yuan(12_400_000),
		Exposure: yuan(48_210_500) + 2500, Uninsured: yuan(47_000_000), ExpectedLoss: yuan(1_482_300) + 1200, UninsuredLoss: yuan(1_301_000), PrudentLoss: yuan(1_790_000), CoveredCustomers: 120, CoveredToEnd: yuan(900_000),
		Years: []LossYear{
			{0.95, 0.12, yuan(2_900_000), m(yuan(3_400_000)), yuan(3_350_000), yuan(2_100_000), 396, 5, yuan(48_210_500) + 2500, yuan(1_482_300) + 1200, f(44.7)},
			{0.99, 0.12, yuan(4_200_000), m(yuan(5_100_000)), yuan(5_200_000), yuan(3_400_000), 396, 5, yuan(48_210_500) + 2500, yuan(1_482_300) + 1200, f(44.7)},
			{0.999, 0.12, yuan(6_700_000), nil, yuan(8_050_000), yuan(5_000_000), 396, 5, yuan(48_210_500) + 2500, yuan(1_482_300) + 1200, f(44.7)},
		},
		Industries: []IndustryLoss{{"machinery", 41, yuan(9_000_000), yuan(410_000), yuan(2_600_000), f(4.4)}, {"", 12, yuan(800_000), yuan(9_000), yuan(120_000), f(3)}},
		Stress: []Stress{
			{"tonight", 0, nil, yuan(1_482_300) + 1200, 0, 396, nil, "expected loss as it stands", "当前预期损失"},
			{"industry_shock", 3, nil, yuan(1_982_300) + 1200, yuan(500_000), 41, []string{"华东精密仪器(苏州)有限公司", "Meridian Tools GmbH"}, "default probabilities of machinery times 3", "machinery 行业的违约概率升至 3 倍"},
			{"top_failure", 1, nil, yuan(3_082_300) + 1200, yuan(1_600_000), 1, []string{"Tianjin Harbour Foods Co. 天津海港食品"}, "the largest uncovered exposure fails", "未覆盖敞口最大的一家客户违约"},
			{"reverse_rate", 5_700_000, f(0.262), yuan(5_700_000), yuan(4_217_700) - 1200, 0, nil, "share of the exposure that would have to fail to eat the year's gross margin", "吃掉全年毛利所需的违约敞口占比"},
			{"reverse_names", 5_700_000, f(4), yuan(6_100_000), yuan(4_617_700) - 1200, 4, []string{"Tianjin Harbour Foods Co. 天津海港食品", "C00017", "C00402"}, "largest exposures whose failure eats the year's gross margin", "违约即吃掉全年毛利的最大敞口客户数"},
			{"reverse_year", 5_700_000, f(0.0071), yuan(5_700_000), yuan(4_217_700) - 1200, 0, nil, "chance of a year that loses the gross margin or more", "一年内损失达到或超过毛利的概率"},
		},
		Workouts: Workouts{36, 18, yuan(5_460_000), yuan(670_000), f(0.78)},
	}
	d.Movers = []Mover{
		{"C00017", "华东精密仪器(苏州)有限公司", "B", "E", f(0.018), f(0.142), yuan(1_900_000), yuan(15_400), yuan(121_400), []MovedPart{
			{41.2, "more than 90 days overdue share from 0 % to 25 %", "逾期90天以上占比由 0 % 变为 25 %"},
			{22.6, "broken promises, 90 days from 1 to 2", "近90天未兑现承诺数由 1 变为 2"},
			{-1.4, "invoices, 90 days from 14 to 15", "近90天发票数由 14 变为 15"},
			{0.9, "31 further facts together", "其余 31 项合计"}, {0.31, "the level of the whole book, set anew by what became of it", "按近期结果重新校准的整体违约水平"}}},
		{"C00230", "Halvorsen Marine Supplies AS", "C", "C", f(0.061), f(0.061), yuan(640_000), yuan(14_100), yuan(17_600), nil},
		{"C00101", "广州南沙物流有限公司", "E", "C", f(0.151), f(0.058), yuan(820_000), yuan(55_700), yuan(21_400), []MovedPart{
			{-30.7, "days beyond terms, 90 days from 34 days to 2 days", "近90天超账期天数由 34 天 变为 2 天"}}},
	}
	due := asof.MustParse("2026-04-02")
	d.Warnings = Warnings{
		Counts:       []WarningCount{{1, 2, 14, 14}, {1, 3, 5, 5}, {2, 1, 9, 9}, {2, 2, 31, 27}, {2, 3, 8, 8}, {2, 4, 1, 1}, {3, 2, 3, 3}, {3, 4, 1, 1}},
		CountsBefore: []WarningCount{{1, 2, 15, 15}, {1, 3, 4, 4}, {2, 1, 9, 9}, {2, 2, 32, 28}, {2, 3, 8, 8}, {3, 2, 3, 3}},
		Flow: []WarningFlow{
			{1, 0, 2, "open", 1}, {1, 2, 0, "closed", 1}, {1, 2, 2, "open", 13}, {1, 2, 3, "open", 1}, {1, 3, 3, "open", 4},
			{2, 0, 2, "open", 2}, {2, 0, 3, "open", 1}, {2, 1, 1, "open", 9}, {2, 2, 0, "closed", 2}, {2, 2, 0, "held", 1}, {2, 2, 2, "open", 29}, {2, 3, 0, "cooling", 1}, {2, 3, 3, "open", 7},
			{2, 0, 4, "open", 1}, {3, 0, 4, "open", 1}, {3, 2, 2, "open", 3},
		},
		Serious: []Warning{
			{"C00311", "Tianjin Harbour Foods Co. 天津海港食品", "W3-01", 3, 4, 0, night().AsOf, "credit_manager", "HOLD LEGAL NOTIFY-INS", "article https://news.example/2026/0331 of 2026-03-31: court accepts insolvency petition", night().AsOf, "insolvency petition accepted by the court", "法院受理破产申请", m(yuan(880_000))},
			{"C00017", "华东精密仪器(苏州)有限公司", "W2-16", 2, 4, 0, night().AsOf, "credit_manager", "HOLD PREPAY", "payments returned: R-1187, R-1190", night().AsOf, "2 payments returned in 90 days", "90 天内 2 笔付款被退回", m(yuan(1_900_000))},
			{"C00017", "华东精密仪器(苏州)有限公司", "W1-03", 1, 3, 2, asof.MustParse("2026-03-12"), "credit_analyst", "CALL REVIEW", "pd_12m 0.018 → 0.142", due, "PD jumped from 1.80 % to 14.20 %", "违约概率由 1.80 % 升至 14.20 %", m(yuan(1_900_000))},
			{"C00402", "Meridian Tools GmbH", "W2-06", 2, 3, 0, night().AsOf, "Li Wei 李伟", "DUN+1 VISIT", "", due, "2 promises to pay were broken in 90 days", "90 天内有 2 次付款承诺未兑现", nil},
		},
		Closed: []Warning{
			{CustomerID: "C00101", Name: "广州南沙物流有限公司", Code: "W2-01", Tier: 2, Severity: 2, FirstSeen: asof.MustParse("2026-02-20"), EN: "more than 30 days past due", ZH: "逾期超过 30 天"},
			{CustomerID: "C00101", Name: "广州南沙物流有限公司", Code: "W2-04", Tier: 2, Severity: 2, FirstSeen: asof.MustParse("2026-02-25"), EN: "pays later than it used to", ZH: "付款较以往更迟"},
			{CustomerID: "C00101", Name: "广州南沙物流有限公司", Code: "W1-01", Tier: 1, Severity: 2, FirstSeen: asof.MustParse("2026-02-25"), EN: "PD above the trigger", ZH: "违约概率超过阈值"},
		},
		RulesUnjudged: 3, Unjudged: 210, Judged: 6_126,
	}
	d.Ageing = []AgeingCell{
		{"CNY", "not_due", 800, 350, yuan(31_400_000), yuan(31_400_000), yuan(35_140_000)},
		{"CNY", "1-30", 210, 160, yuan(4_300_000), yuan(4_300_000), yuan(5_100_000)},
		{"CNY", "31-60", 90, 71, yuan(1_700_000), yuan(1_700_000), yuan(1_910_000)},
		{"CNY", "61-90", 50, 44, yuan(1_200_000), yuan(1_200_000), yuan(1_400_000)},
		{"CNY", "91-120", 25, 20, yuan(900_000), yuan(900_000), yuan(850_000)},
		{"CNY", "121-180", 15, 12, yuan(600_000), yuan(600_000), yuan(600_000)},
		{"CNY", "181-365", 8, 6, yuan(300_000), yuan(300_000), yuan(300_000)},
		{"CNY", ">365", 2, 1, yuan(100_000), yuan(100_000), yuan(100_000)},
		{"CNY", "unapplied", 4, 4, yuan(-600_000), yuan(-600_000), yuan(-600_000)},
		{"USD", "not_due", 30, 12, yuan(600_000), yuan(4_320_000), 0},
		{"USD", "1-30", 10, 6, yuan(200_000), yuan(1_440_000), 0},
	}
	day := night().AsOf
	for i := 12; i >= 0; i-- {
		end := asof.On(2026, 4, 0).AddMonths(-i).MonthEnd()
		if i == 0 {
			end = day
		}
		k := int64(12 - i)
		d.Receivables.Days = append(d.Receivables.Days, ReceivablesDay{
			Day: end, Open: yuan(40_180_000 + k*500_000 - k%3*420_000), Overdue: yuan(7_000_000 + k*295_000), Over90: yuan(1_000_000 + k*75_000),
			Opening: yuan(38_000_000 + k*450_000), Sales90: yuan(70_000_000 + k*600_000), Sales365: yuan(285_000_000 + k*1_200_000),
		})
	}
	last := &d.Receivables.Days[12]
	last.Open, last.Overdue, last.Over90 = yuan(46_260_000), yuan(10_540_000), yuan(1_900_000)
	for i := 30; i >= 0; i-- {
		month := asof.On(2026, 3, 1).AddMonths(-i)
		d.Receivables.Months = append(d.Receivables.Months, SalesMonth{Month: month, First: month, Sales: yuan(22_000_000 + int64(30-i)*110_000)})
	}
	d.Urgent = []Urgent{
		{1, "C00017", "华东精密仪器(苏州)有限公司", yuan(1_750_000), yuan(1_120_000), yuan(121_400), "credit_manager", "HOLD CALL", day.Add(1), "2 payments returned; 1,120,000 overdue", "2 笔付款被退回;逾期 1,120,000", f(0.142), "E", "25 % of the open amount is more than 30 days overdue", "25 % 的未清金额逾期超过 30 天", 3, 4},
		{2, "C00311", "Tianjin Harbour Foods Co. 天津海港食品", yuan(800_000), yuan(310_000), yuan(290_000), "legal", "LEGAL", day.Add(1), "insolvency petition accepted", "破产申请已受理", nil, "D", "", "", 1, 4},
		{3, "C00402", "Meridian Tools GmbH", yuan(450_000), yuan(450_000), yuan(33_000), "Li Wei 李伟", "DUN+1 VISIT", due, "2 broken promises", "2 次承诺未兑现", f(0.117), "E", "paid 41 days late on average over 90 days", "近 90 天平均迟付 41 天", 2, 3},
	}
	d.Worklist = Worklist{Customers: 3, Overdue: yuan(1_880_000), ExpectedLoss: yuan(444_400), LeftOut: 41, Basis: "own_history", Contacts: 812, OnDefault: f(0.31), DaysEarlier: f(9.5), PaidAfter: f(0.62), PaidWithout: f(0.44)}
	judged, broken := 13_596, 1104
	d.Quality = Quality{
		Sources: []Source{
			{"articles", 214, 190, 0, 0, 24, 0, 3, day},
			{"customers", 396, 2, 0, 0, 394, 1, 1, 0},
			{"transactions", 18_204, 17_890, 290, 0, 24, 11, 2, day.Add(-1)},
		},
		Rejects: []Reject{{"transactions", "amount", "want a decimal, got \"12,3O0.00\"", 271, 290}, {"transactions", "", "line has 9 cells, want 11", 19, 290}},
		Lights:  map[string]int{"green": 21, "amber": 2, "grey": 1},
		Checks: []DataCheck{
			{"contract_not_null", "transactions.due_on", "amber", "warn", &judged, &broken, f(0.0812), "transactions-2026-03.csv:118", "1104 of 13596 rows (8.12 %) have no value, first: transactions-2026-03.csv:118", "1104/13596 行（8.12 %）没有值，首个：transactions-2026-03.csv:118"},
			{"freshness", "transactions", "amber", "warn", nil, nil, nil, "", "newest row is 1 day older than the business date", "最新数据比业务日期早 1 天"},
			{"contract_volume", "customers", "grey", "warn", nil, nil, nil, "", "396 rows read; 2 earlier nights of this weekday within 28 days are too few, or read nothing", "读取 396 行；28 天内同一星期日仅 2 晚可比，或均无数据"},
		},
		// 9 checks that stop weigh 27, 14 that warn 14, of which 2 failed: 39 of 41.
		Trend:    []QualityNight{{day, 100 * 39.0 / 41, 23, 21, 1}, {day.Add(-1), 100 * 40.0 / 41, 23, 22, 1}, {day.Add(-2), 100, 23, 23, 1}, {day.Add(-4), 100 * 30.0 / 41, 23, 14, 1}, {day.Add(-5), 100, 23, 23, 1}},
		BySource: []QualitySource{{"articles", 3, 3, 100}, {"transactions", 8, 6, 100 * 12.0 / 14}},
	}
	d.Model = ModelHealth{
		Models: []Model{
			{ID: "scorecard-3fa19c", Learner: "scorecard", Champion: true, TrainedOn: asof.MustParse("2026-03-29"), Horizon: 12, MeasuredOn: asof.MustParse("2026-03-29"),
				Metrics: map[string]float64{"auc": 0.8124, "auc_se": 0.0213, "ks": 0.4821, "brier": 0.0312, "log_loss": 0.1204, "observed": 0.0361, "expected": 0.0378, "rows": 4210}},
			{ID: "forest-91bc2e", Learner: "forest", TrainedOn: asof.MustParse("2026-03-29"), Horizon: 12, MeasuredOn: asof.MustParse("2026-03-29"),
				Metrics: map[string]float64{"auc": 0.8065, "auc_se": 0.0219, "ks": 0.469, "brier": 0.0318, "observed": 0.0361, "expected": 0.0402, "rows": 4210}},
		},
		Promotions: []Promotion{
			{Decision: "kept", Text: Text{"scorecard-3fa19c stays; forest-91bc2e does not meet D05 ranks better (-0.0059, wants > 0)", "scorecard-3fa19c 留任；forest-91bc2e 未满足 D05 排序更优（-0.0059，要求 > 0）"}},
			{Decision: "refused", Finding: "hash", Text: Text{"model boosted-77ab01 is refused: <b>the hash of its artefact</b> differs", "模型 boosted-77ab01 被拒用：模型文件的哈希不符"}},
		},
		Benchmarks: []Model{{ID: "days_past_due_max", Learner: "benchmark", MeasuredOn: asof.MustParse("2026-03-29"), Metrics: map[string]float64{"auc": 0.7411}}},
	}
	d.Validation = Validation{
		Models: []Validated{
			{ModelID: "scorecard-3fa19c", Role: "champion", Light: "amber", Results: 131, Rows: 5_210, Mature: 4_210, Defaults: 152, OneIn: 1, Horizon: 12, Bounds: "2026-11-25"},
			{ModelID: "forest-91bc2e", Role: "challenger", Light: "green", Results: 40, Rows: 5_210, Mature: 4_210, Defaults: 152, OneIn: 1, Horizon: 12, Bounds: "2026-11-25"},
		},
		Lights: []FamilyLight{
			{"calibration_book", "green", false, 9}, {"calibration_grade", "amber", true, 6}, {"calibration_grade", "green", false, 11}, {"calibration_grade", "red", false, 1}, {"discrimination", "amber", false, 1},
			{"discrimination", "green", false, 17}, {"explanation", "green", false, 4}, {"explanation", "grey", false, 3}, {"gate", "green", false, 9}, {"leakage", "green", false, 8}, {"leakage", "grey", false, 1},
			{"migration", "green", false, 9}, {"money", "grey", false, 7}, {"segments", "green", false, 9}, {"sequential", "green", false, 6}, {"stability_feature", "amber", false, 2}, {"stability_feature", "green", false, 21},
			{"stability_score", "green", false, 7},
		},
		Figures: []Figure{
			{Code: "C01", Scope: "book", Value: f(0.0361), Effect: f(1.07), N: 4210, D: 152, Light: "green", DecidedOn: day},
			{Code: "C02", Scope: "book", Value: f(0.0361), Effect: f(1.07), N: 4210, D: 152, Light: "green", DecidedOn: day},
			{Code: "C08", Scope: "book", Value: f(0.131), N: 4210, D: 152, Light: "green", DecidedOn: day},
			{Code: "D01", Scope: "book", Value: f(0.8124), N: 4210, D: 152, Light: "green", DecidedOn: day},
			{Code: "D02", Scope: "book", Value: f(0.0417), N: 4210, D: 152, Light: "green", DecidedOn: day},
			{Code: "P01", Scope: "book", Value: f(0.0312), N: 391, Light: "green", DecidedOn: day},
		},
		Findings: []Finding{
			{"C01", "PD not too low (Jeffreys)", "违约概率不过低（Jeffreys）", 3, "red", 1, []string{"grade CCC"}, day.Add(-12), day.Add(-5), "model owner", yuan(392_300),
				"Grade CCC: 19 defaults among 112 customers, 17.0 %, against a PD of 8.49 %.", "等级 CCC：112 个客户中违约 19 户，违约率 17.0 %，违约概率为 8.49 %。", "the economy or the customers have become worse than in the training years", "经济或客户质量较训练年份恶化",
				"recalibrate on the newest mature cohorts", "用最新的成熟样本重新校准"},
			{"P06", "Drift of missing values", "缺失率漂移", 2, "amber", 2, []string{"feature rating_pd_worst", "feature rating_score"}, day, day.Add(14), "data engineer", yuan(61_000),
				"Missing for 22.5 % of customers, 18.0 % at the initial validation.", "缺失率为 22.5 %，初始验证时为 18.0 %。", "a changed source or mapping", "数据源或映射发生变化", "compare the source's rows of then and now", "比对当时与现在的数据"},
			{"D09", "Order of grades", "等级排序", 2, "amber", 1, []string{"book"}, day.Add(-12), day.Add(2), "model owner", yuan(1_482_300),
				"1 of 5 neighbouring grades has default rates out of order.", "5 对相邻等级中有 1 对违约率次序颠倒。", "", "", "", ""},
		},
		Flow: []FindingFlow{{"closed", 2, "green", 1, 0, 1}, {"open", 1, "amber", 6, 0, 3}, {"open", 2, "amber", 3, 2, 2}, {"open", 3, "red", 1, 0, 1}},
		Greys: []Grey{
			{"Not judged: no override is old enough for its outcome to be known.", "未评定：尚无人工调整的结果可供核对。", []string{"E02"}, []string{"Outcome of overrides"}, []string{"人工调整效果"}},
			{"Not judged: 4 defaults have a realised loss; needs 6 more.", "未评定：4 笔违约有已实现损失；还需 6 笔。", []string{"V01", "V02", "V03"}, []string{"Expected against realised loss", "Loss given default", "Exposure at default"}, []string{"预期与实际损失", "违约损失率", "违约敞口"}},
		},
	}
	d.Record = Record{
		Open: 80, Shown: 72, LeftOut: 2, LeftCustomers: 2, LeftSaving: f(1830), Snoozed: 6, Acknowledged: 11, Escalated: 1, Lifted: 4,
		Left: []LeftOut{{"C00230", "Halvorsen Marine Supplies AS", "W2-04", 2, 31, f(1500), "pays later than it used to", "付款较以往更迟"}, {"C00101", "广州南沙物流有限公司", "W2-13", 2, 32, f(330), "orders fell silent", "订单沉默"}},
		Tracks: []Track{
			{"all", "S3+", 0, 210, 160, 140, 49, f(0.35), f(0.276), f(0.432), f(9.7), 36, f(0.72), f(88), yuan(610_000), yuan(41_000), false, asof.MustParse("2024-04-30")},
			{"tier", "T1", 1, 90, 70, 60, 24, f(0.4), f(0.286), f(0.526), f(11.1), 36, f(0.5), f(95), yuan(300_000), yuan(9_000), false, 0}, {"code", "W2-16", 2, 9, 4, 3, 2, f(0.667), f(0.208), f(0.939), f(18), 36, f(0.05), nil, yuan(20_000), 0, true, 0},
		},
		Rules: []DemotedRule{{"W2-22", "demoted", asof.MustParse("2026-02-28"), false, "lift 0.9 at most at 2 month ends", "连续 2 个月末提升度上限 0.9"}, {"W3-09", "demoted", night().AsOf, true, "lift 1.1 at most at 2 month ends", "连续 2 个月末提升度上限 1.1"}},
	}
	d.Reconciliation = Reconciliation{
		Currencies: []Reconciled{
			{Currency: "CNY", Subledger: yuan(39_900_000), SubledgerBase: yuan(39_900_000), Unapplied: yuan(-600_000), ToApply: yuan(-210_000), Oldest: 130, LedgerCustomers: 380, Ledger: m(yuan(38_700_000)), LedgerDifference: m(0),
				ControlOn: asof.MustParse("2026-02-28"), Control: m(yuan(38_712_345) + 6700), ControlDifference: m(yuan(12_345) + 6700), ConfirmedCustomers: 150, Confirmed: m(yuan(14_000_000)), ConfirmedDifference: m(yuan(-88_000) - 100),
				DueJudged: 900, DueUnjudged: 4, DueWrong: 27, MoneyDays: yuan(9_450_000), Cost: m(yuan(2_071))},
			{Currency: "USD", Subledger: yuan(800_000), SubledgerBase: yuan(5_760_000) - 1, Rounding: 1, DueJudged: 40, DueWrong: 1, MoneyDays: yuan(90_000), Cost: m(yuan(20))},
		},
		Book: &Reconciled{Subledger: yuan(45_660_000) - 1, SubledgerBase: yuan(45_660_000) - 1, Rounding: 1, Unapplied: yuan(-600_000), ToApply: yuan(-210_000), Oldest: 130, LedgerCustomers: 380, Ledger: m(yuan(38_700_000)), LedgerDifference: m(0),
			ControlOn: asof.MustParse("2026-02-28"), Control: m(yuan(38_712_345) + 6700), ControlDifference: m(yuan(12_345) + 6700), ConfirmedCustomers: 150, Confirmed: m(yuan(14_000_000)), ConfirmedDifference: m(yuan(-88_000) - 100),
			DueJudged: 940, DueUnjudged: 4, DueWrong: 28, MoneyDays: yuan(10_098_000), Cost: m(yuan(2_215))},
		Kinds: []MismatchKind{
			{"confirmation_difference", "RECON", 1, 1, 0, yuan(88_000) + 100, 90}, {"control_difference", "RECON", 1, 1, 0, yuan(12_345) + 6700, 31}, {"due_late", "BILL", 28, 25, 0, yuan(700_000), 300},
			{"overpaid", "REFUND", 1, 1, 1, yuan(600_000), 130}, {"to_apply", "APPLY", 9, 8, 2, yuan(210_000), 400},
		},
		First: []Mismatch{
			{"C00017", "华东精密仪器(苏州)有限公司", "overpaid", "PY-8812", "IN-7001", asof.MustParse("2025-11-21"), 130, true, yuan(-600_000), "CNY", yuan(-600_000), "REFUND"},
			{"C00230", "Halvorsen Marine Supplies AS", "confirmation_difference", "Q-230", "PY-9001", asof.MustParse("2025-12-31"), 90, false, yuan(-88_000) - 100, "CNY", yuan(-88_000) - 100, "RECON"},
			{"", "", "control_difference", "1122", "", asof.MustParse("2026-02-28"), 31, false, yuan(12_345) + 6700, "CNY", yuan(12_345) + 6700, "RECON"},
		},
	}
	d.Dunning = Dunning{
		Totals:  []DunningTotal{{"proposed", "", "D+7", "call", 14, 11, yuan(310_000), 0}, {"proposed", "", "D+45", "registered letter", 2, 1, yuan(480_000), 1}, {"suppressed", "disputed", "D+15", "letter", 3, 2, yuan(320_000), 0}, {"waiting", "", "D+1", "email", 90, 61, yuan(5_000_000), 0}},
		First:   []DunnedCustomer{{"C00017", "华东精密仪器(苏州)有限公司", 2, yuan(480_000), 52, []string{"D+45"}, "credit manager"}, {"C00402", "Meridian Tools GmbH", 14, yuan(310_000), 9, []string{"D+7"}, "Li Wei 李伟"}},
		Insurer: 1, InsurerOpen: yuan(90_000), InsurerFirst: day.Add(6), Lapsing: 1, LapsingOpen: yuan(12_000), LapsingFirst: day.Add(80),
	}
	d.Provisions = Provisions{
		Known: true, Open: yuan(45_660_000), Matrix: yuan(1_310_000), Model: yuan(1_482_300) + 1200, ByExposure: yuan(95_000), ByCover: yuan(-260_000), BySeverity: yuan(41_000), ByProbability: yuan(296_300) + 1200,
		Opening: yuan(1_290_000), Fresh: yuan(61_000), Released: yuan(-38_500), WrittenOff: yuan(-4_000), FX: yuan(1_500),
		Methods: []ProvisionMethod{{"individual", 6, yuan(1_100_000), yuan(620_000), yuan(600_000)}, {"matrix", 300, yuan(44_560_000), yuan(690_000), yuan(881_300) + 1200}, {"none", 90, 0, 0, yuan(1_000)}},
		Gaps:    []ProvisionGap{{"C00017", "华东精密仪器(苏州)有限公司", "matrix", yuan(1_750_000), yuan(41_000), yuan(121_400), yuan(6_400), yuan(-20_000), yuan(4_000), yuan(90_000), 0}},
		Rolls: []Roll{
			{"not_due", "not_due", 24, 9000, yuan(90_000_000), yuan(31_500_000), 0.35, 0.0021, "own"}, {"not_due", "1-30", 24, 9000, yuan(90_000_000), yuan(13_500_000), 0.15, 0.0021, "own"}, {"not_due", "paid", 24, 9000, yuan(90_000_000), yuan(45_000_000), 0.5, 0.0021, "own"},
			{"1-30", "31-60", 24, 1500, yuan(11_000_000), yuan(3_300_000), 0.3, 0.014, "own"}, {"1-30", "paid", 24, 1500, yuan(11_000_000), yuan(7_700_000), 0.7, 0.014, "own"}, {">365", "written_off", 2, 3, yuan(100_000), yuan(80_000), 0.8, 1, "policy"},
		},
	}
	d.Limits = Limits{
		Customers: 396, Limited: 380, Expired: 4, Unlimited: 9, Over: 3, Changed: 2, Exposure: yuan(60_700_000), InForce: yuan(91_000_000), Overrun: yuan(2_350_000), Recommended: yuan(84_500_000),
		LostMargin: yuan(410_000), IdleRisk: yuan(265_000),
		Advised: []LimitAdvice{
			{"cut", 7, yuan(3_100_000), yuan(4_000_000), yuan(900_000)}, {"lower", 60, yuan(14_000_000), yuan(30_000_000), yuan(21_000_000)}, {"raise", 44, yuan(9_600_000), yuan(8_000_000), yuan(13_600_000)},
			{"set", 9, yuan(500_000), 0, yuan(1_000_000)}, {"keep", 269, yuan(33_400_000), yuan(48_500_000), yuan(48_000_000)}, {"none", 7, yuan(100_000), yuan(500_000), 0},
		},
		Overruns: []Overrun{
			{"C00017", "华东精密仪器(苏州)有限公司", f(0.142), "E", yuan(2_900_000), yuan(1_500_000), yuan(1_400_000), m(yuan(300_000)), "risk_budget", "cut", false, day.Add(120)},
			{"C00402", "Meridian Tools GmbH", f(0.117), "E", yuan(900_000), yuan(150_000), yuan(750_000), m(yuan(100_000)), "agency", "lower", true, day.Add(-12)},
			{"C00311", "Tianjin Harbour Foods Co. 天津海港食品", nil, "D", yuan(800_000), yuan(600_000), yuan(200_000), m(0), "default", "cut", false, 0},
		},
		Changes: []LimitChange{
			{"C00017", "华东精密仪器(苏州)有限公司", yuan(1_500_000), yuan(300_000), yuan(-1_200_000), yuan(20_000), 0, yuan(-1_215_000), 0, 0, yuan(-5_000), "risk_budget"},
			{"C00101", "广州南沙物流有限公司", yuan(700_000), yuan(800_000), yuan(100_000), yuan(60_000), yuan(30_000), yuan(12_000), 0, yuan(-2_000), 0, "need"},
		},
		HoldTotals: []HoldTotal{{"hold", 3, 1, 1, 1, 1, yuan(4_600_000), yuan(1_450_000), yuan(96_000), yuan(120_500)}, {"approve", 1, 0, 0, 0, 0, yuan(640_000), yuan(120_000), yuan(900), yuan(30_000)}, {"release", 1, 1, 0, 0, 0, yuan(820_000), yuan(90_000), yuan(2_000), yuan(15_000)}},
		Holds: []Hold{
			{"C00017", "华东精密仪器(苏州)有限公司", "hold", day, yuan(2_900_000), m(yuan(1_500_000)), yuan(1_400_000), yuan(800_000), m(yuan(88_000)), m(yuan(66_000)), "B", "finance head", "财务负责人", "order O-771 closed, O-774 made 2 days later", "1,120,000 undisputed late by more than 30 days", "无争议逾期超过 30 天的金额 1,120,000"},
			{"C00402", "Meridian Tools GmbH", "hold", day.Add(-9), yuan(900_000), m(yuan(150_000)), yuan(750_000), yuan(450_000), m(yuan(8_000)), m(yuan(54_500)), "C", "credit manager", "信用经理", "", "exposure beyond the limit", "敞口超过额度"},
			{"C00311", "Tianjin Harbour Foods Co. 天津海港食品", "hold", day.Add(-2), yuan(800_000), nil, yuan(800_000), yuan(200_000), nil, nil, "G", "legal", "法务", "", "critical warning", "严重预警"},
			{"C00230", "Halvorsen Marine Supplies AS", "approve", day.Add(-1), yuan(640_000), m(yuan(600_000)), yuan(40_000), yuan(120_000), m(yuan(900)), m(yuan(30_000)), "B", "sales", "销售", "", "deliver if sales agree", "经销售批准可发货"},
			{"C00101", "广州南沙物流有限公司", "release", day, yuan(820_000), m(yuan(900_000)), 0, yuan(90_000), m(yuan(2_000)), m(yuan(15_000)), "A", "", "", "", "the reasons are gone", "原因已消除"},
		},
	}
	d.Groups = Groups{
		All: 371, Customers: 396, Several: 19, SeveralCustomers: 44, Exposure: yuan(60_700_000), SeveralExposure: yuan(12_400_000), Dragging: 1, Dragged: yuan(3_900_000), DraggedLoss: yuan(170_000), Over: 1, Circles: 1, Cuts: 0,
		Listed: []Group{
			{"G-07", "", 4, yuan(6_800_000), m(yuan(5_000_000)), f(1.36), yuan(310_000), yuan(3_900_000), yuan(170_000), 1, 3, 1, true, []string{"华东精密仪器(苏州)有限公司", "华东精密仪器(无锡)有限公司", "East Precision HK Ltd"}, []string{"华东精密仪器(苏州)有限公司"}, []string{"华东精密仪器(无锡)有限公司", "East Precision HK Ltd", "C00811"}},
			{"C00230", "Halvorsen Marine Supplies AS", 2, yuan(1_100_000), nil, nil, yuan(21_000), 0, 0, 0, 0, 0, false, []string{"Halvorsen Marine Supplies AS", "Halvorsen Shipping AS"}, nil, nil},
		},
		Concentration: []Concentration{
			{"book", 396, yuan(60_700_000), 0, nil, nil, "", nil, 0},
			{"customer", 396, yuan(60_700_000), yuan(60_700_000), f(0.0131), f(76.3), "C00017", f(0.0478), 0}, {"group", 371, yuan(60_700_000), yuan(60_700_000), f(0.0204), f(49), "G-07", f(0.112), 1},
			{"industry", 396, yuan(60_700_000), yuan(60_700_000), f(0.141), f(7.1), "machinery", f(0.31), 1}, {"currency", 396, yuan(60_700_000), yuan(60_700_000), f(0.78), f(1.3), "CNY", f(0.874), 0},
		},
		Top: []TopShare{{"5", yuan(14_000_000), 0.2306, nil, false}, {"20", yuan(31_000_000), 0.5107, f(0.5), true}},
		Breaches: []Breach{
			{"group", "G-07", yuan(6_800_000), 0.112, f(0.1), f(49), "group G-07: 6,800,000, 11.2 % of the book; the policy allows 10.0 %", "集团 G-07：6,800,000，占 11.2 %；超过政策上限 10.0 %"},
			{"top", "20", yuan(31_000_000), 0.5107, f(0.5), nil, "largest names 20", "最大客户 20"},
			{"industry", "", yuan(18_800_000), 0.31, nil, f(7.1), "by industry: as concentrated as 7.1 equal names", "按行业：集中度相当于 7.1 个等额主体"},
		},
	}
	d.Contracts = Contracts{
		Totals: []ContractTotal{
			{"no_contract", 1, 1, 1, 1, yuan(640_000), day.Add(7)}, {"cover_expires", 2, 2, 1, 0, yuan(410_000), day.Add(9)}, {"rate_stale", 1, 0, 0, 0, 0, day.Add(3)}, {"longer_terms", 1, 1, 0, 1, yuan(58_300), day.Add(14)},
			{"late_interest", 3, 2, 0, 1, yuan(8_400), day.Add(42)},
		},
		Nearest: []ContractFinding{
			{"", "", "", "rate_stale", 2, "credit_analyst", 0, day.Add(3), "REVIEW", "rates of the policy may be out of date, newest row: LPR-1Y 2025-02-20", "政策中的利率可能已过时，最新一行：LPR-1Y 2025-02-20"},
			{"C00230", "Halvorsen Marine Supplies AS", "", "no_contract", 3, "sales", yuan(640_000), day.Add(7), "REVIEW", "goods or invoices went out, the last on 2026-03-28, and no contract is in force", "仍在发货或开票，最近为 2026-03-28，但无有效合同"},
			{"C00017", "华东精密仪器(苏州)有限公司", "K-17-2", "cover_expires", 3, "Li Wei 李伟", yuan(300_000), day.Add(9), "NOTIFY-INS SECURE", "the insurance ends on 2026-04-09", "信用保险将于 2026-04-09 到期"},
			{"C00402", "Meridian Tools GmbH", "K-402", "longer_terms", 2, "", yuan(58_300), day.Add(14), "RECON", "1 open invoice gave the customer more days than the contract", "1 张未清发票账期长于合同"},
			{"C00101", "广州南沙物流有限公司", "K-101", "cover_expires", 1, "sales", yuan(110_000), day.Add(80), "SECURE", "the deposit ends on 2026-06-19", "保证金将于 2026-06-19 到期"},
		},
		Interest: []InterestTotal{{"contract", 40, 22, yuan(2_900_000), yuan(6_100)}, {"CN-802", 9, 3, yuan(700_000), yuan(2_300)}, {"none", 12, 11, yuan(90_000), 0}},
	}
	d.Reviews = Reviews{
		Customers: 396, Overdue: 2, Soon: 1, OverdueExposure: yuan(3_800_000), OverdueLoss: yuan(154_400), SoonLoss: yuan(21_400), Critical: 2, Warned: 14, LimitExpired: 4, Stale: 3, Unplanned: 1,
		First: []Review{
			{"C00017", "华东精密仪器(苏州)有限公司", "Li Wei 李伟", "E", day.Add(-6), "critical_warning", day.Add(1), 6, yuan(2_900_000), yuan(121_400), day.Add(-1), "grade E: every 3 months", "等级 E：每 3 个月复审"},
			{"C00402", "Meridian Tools GmbH", "", "E", day.Add(-1), "limit_expired", 0, 1, yuan(900_000), yuan(33_000), 0, "grade E: every 3 months", "等级 E：每 3 个月复审"},
			{"C00101", "广州南沙物流有限公司", "sales", "C", day.Add(20), "", day.Add(20), 0, yuan(820_000), yuan(21_400), day.Add(-40), "grade C: every 12 months", "等级 C：每 12 个月复审"},
		},
		Coverage: []Coverage{
			{"book", "", 300, yuan(60_700_000), yuan(1_482_300) + 1200, 120, yuan(889_000), f(0.5997), 9, yuan(77_000)},
			{"owner", "Li Wei 李伟", 180, yuan(40_000_000), yuan(1_000_000), 70, yuan(589_000), f(0.589), 6, yuan(60_000)}, {"owner", "", 120, yuan(20_700_000), yuan(482_300) + 1200, 50, yuan(300_000), f(0.622), 3, yuan(17_000)},
		},
	}
	return d
}
