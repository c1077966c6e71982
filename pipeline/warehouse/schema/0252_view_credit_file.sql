-- One customer on one page: everything known as of a published night
-- Grain: one row per night, customer, section and seq. Ask it for one customer and one night: both filters reach every table behind it.
CREATE OR REPLACE VIEW creditwatch.credit_file
(
    as_of Date COMMENT 'business date of the night',
    customer_id String COMMENT 'our number of the customer',
    section String COMMENT 'identity, score, reasons, changes, exposure, ageing, limit, holds, warnings, payments, contacts, contracts, cover, ratings, news, group, loss, provision, worklist, dunning, reconciliation, reviews, actions, defaults, missing',
    seq UInt32 COMMENT 'order within the section',
    item_en String COMMENT 'what it is, in English',
    item_zh String COMMENT 'what it is, in Chinese',
    value String COMMENT 'figure, code or day; empty if there is none',
    amount Nullable(Decimal(38, 4)) COMMENT 'amount in the reporting currency, where there is one',
    text_en String COMMENT 'more about it, in English',
    text_zh String COMMENT 'more about it, in Chinese',
    source_view String COMMENT 'view that yields it'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, section, t.seq AS seq, t.item_en AS item_en, t.item_zh AS item_zh, ifNull(t.value, '') AS value, t.amount AS amount, t.text_en AS text_en, t.text_zh AS text_zh, source_view
FROM
(
    SELECT as_of, customer_id, 'identity' AS section, 'customers' AS source_view,
        CAST([
            (1, 'name', '名称', toString(c.name), NULL, '', ''),
            (2, 'other names', '其他名称', arrayStringConcat(c.aliases, ', '), NULL, '', ''),
            (3, 'keys', '识别码', arrayStringConcat(arrayMap((k, v) -> concat(k, ' ', v), mapKeys(c.external_keys), mapValues(c.external_keys)), ', '), NULL, '', ''),
            (4, 'parent', '母公司', c.parent_id, NULL, '', ''),
            (5, 'industry', '行业', toString(c.industry), NULL, '', ''),
            (6, 'region, country', '地区、国家', arrayStringConcat(arrayFilter(x -> x != '', [toString(c.region), toString(c.country)]), ', '), NULL, '', ''),
            (7, 'size class', '规模', toString(c.size_class), NULL, '', ''),
            (8, 'listed', '上市', if(c.listed, 'yes', 'no'), NULL, '', ''),
            (9, 'customer since', '合作起始', toString(c.onboarded_on), NULL, '', ''),
            (10, 'person in charge', '负责人', c.owner, NULL, '', ''),
            (11, 'agreed payment days', '约定账期', toString(c.terms_days), NULL, '', ''),
            (12, 'hold status in the source', '系统冻结状态', toString(c.hold_status), NULL, '', ''),
            (13, 'net worth', '净资产', if(c.net_worth IS NULL, NULL, concat(toString(c.net_worth), ' ', toString(c.limit_currency))), NULL, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM
    (
        SELECT n.as_of AS as_of, x.customer_id AS customer_id,
            argMax((name, aliases, external_keys, parent_id, industry, region, country, size_class, listed, onboarded_on, owner, terms_days, hold_status, net_worth, limit_currency, insured_limit, insured_until)::Tuple(name String, aliases Array(String), external_keys Map(String, String), parent_id String, industry String, region String, country String, size_class String, listed Nullable(Bool), onboarded_on Nullable(Date32), owner String, terms_days Nullable(Int32), hold_status String, net_worth Nullable(Decimal(18, 4)), limit_currency String, insured_limit Nullable(Decimal(18, 4)), insured_until Nullable(Date32)), (known_at, line)) AS c
        FROM creditwatch.customers AS x CROSS JOIN (SELECT as_of, argMax(ifNull(cut, toDateTime64(as_of + 1, 3, 'UTC')), (fence, run)) AS cut FROM creditwatch.publications GROUP BY as_of) AS n
        WHERE x.as_of <= n.as_of AND x.known_at < n.cut
        GROUP BY n.as_of, x.customer_id
    )
    UNION ALL
    SELECT as_of, customer_id, 'score' AS section, 'score_history' AS source_view,
        CAST([
            (1, 'probability of default within 12 months', '12 个月违约概率', concat(toString(round(100 * pd_12m, 2)), ' %'), NULL, if(pd_lo IS NULL, '', concat('90 % interval ', ifNull(concat(toString(round(100 * pd_lo, 2)), ' %'), ''), ' to ', ifNull(concat(toString(round(100 * pd_hi, 2)), ' %'), ''))), if(pd_lo IS NULL, '', concat('90 % 区间 ', ifNull(concat(toString(round(100 * pd_lo, 2)), ' %'), ''), ' 至 ', ifNull(concat(toString(round(100 * pd_hi, 2)), ' %'), '')))),
            (2, 'grade', '等级', if(grade = '', NULL, toString(grade)), NULL, '', ''),
            (3, 'score', '评分', toString(round(score, 1)), NULL, '', ''),
            (4, 'depth of evidence, A rich to G none', '证据深度，A 充分至 G 无', toString(evidence_grade), NULL, '', ''),
            (5, 'prudent probability', '审慎违约概率', concat(toString(round(100 * pd_prudent, 2)), ' %'), NULL, '', ''),
            (6, 'within 1, 3, 6 months', '1、3、6 个月内', concat(concat(toString(round(100 * pd_1m, 2)), ' %'), ' · ', concat(toString(round(100 * pd_3m, 2)), ' %'), ' · ', concat(toString(round(100 * pd_6m, 2)), ' %')), NULL, '', ''),
            (7, 'model', '模型', model_id, NULL, '', ''),
            (8, 'note', '说明', note, NULL, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.score_history
    UNION ALL
    SELECT as_of, customer_id, 'reasons' AS section, 'score_reasons' AS source_view,
        CAST([
            (rank, text_en, text_zh, concat(toString(round(points, 1)), ' pts'), NULL, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.score_reasons
    UNION ALL
    SELECT as_of, customer_id, 'changes' AS section, 'score_changes' AS source_view,
        CAST([
            (rank, text_en, text_zh, concat(if(points > 0, '+', ''), toString(round(points, 1)), ' pts'), NULL, concat('since ', toString(before_on)), concat('较 ', toString(before_on)))
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.score_changes
    UNION ALL
    SELECT as_of, customer_id, 'exposure' AS section, 'losses' AS source_view,
        CAST([
            (1, 'open invoices', '未清发票', NULL, open_base, '', ''),
            (2, 'goods shipped, not yet invoiced', '已发货未开票', NULL, nullIf(shipped_base, 0), '', ''),
            (3, 'open orders that count', '计入的未完成订单', NULL, ordered_base, '', ''),
            (4, 'cash not yet applied', '未核销收款', NULL, -unapplied_base, '', ''),
            (5, 'exposure before cover', '覆盖前敞口', NULL, total_base, '', ''),
            (6, 'covered by securities and insurers', '由担保与保险覆盖', NULL, -covered_base, '', ''),
            (7, 'exposure at default', '违约敞口', NULL, ead, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.losses
    UNION ALL
    SELECT as_of, customer_id, 'ageing' AS section, 'open_items' AS source_view,
        CAST([
            (indexOf(['not_due', '1-30', '31-60', '61-90', '91-120', '121-180', '181-365', '>365', 'no_due_date', 'unapplied'], bucket), bucket, transform(bucket, ['not_due', 'no_due_date', 'unapplied'], ['未到期', '无到期日', '未核销收款'], concat('逾期 ', bucket, ' 天')), concat(toString(open), ' ', currency), base, concat(toString(documents), ' documents', if(disputed > 0, concat(', disputed: ', toString(disputed)), '')), concat(toString(documents), ' 笔', if(disputed > 0, concat('，其中争议 ', toString(disputed)), '')))
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM
    (
        SELECT as_of, customer_id, toString(open_items.bucket) AS bucket, toString(open_items.currency) AS currency, sum(open_amount) AS open, sum(open_base) AS base, count() AS documents, countIf(disputed) AS disputed
        FROM creditwatch.open_items
        WHERE open_amount != 0
        GROUP BY as_of, customer_id, bucket, currency
    )
    UNION ALL
    SELECT as_of, customer_id, 'limit' AS section, 'limits' AS source_view,
        CAST([
            (1, 'advice', '建议', toString(advice), NULL, text_en, text_zh),
            (2, 'present limit', '现有额度', if(present_limit IS NULL, NULL, concat(toString(present_limit), ' ', toString(limit_currency))), NULL, if(valid_to IS NULL, '', concat('until ', toString(valid_to))), if(valid_to IS NULL, '', concat('至 ', toString(valid_to)))),
            (3, 'limit in force', '生效额度', NULL, in_force_base, '', ''),
            (4, 'temporary limit', '临时额度', toString(temporary_until), temporary_base, '', ''),
            (5, 'used', '使用率', concat(toString(round(100 * utilisation, 1)), ' %'), NULL, '', ''),
            (6, 'headroom', '剩余额度', NULL, headroom_base, '', ''),
            (7, 'term: need', '项：需求', toString(need_on), need_base, if(need_days IS NULL, '', concat('open for ', toString(need_days), ' days')), if(need_days IS NULL, '', concat('占用 ', toString(need_days), ' 天'))),
            (8, 'term: share of net worth', '项：净资产份额', NULL, net_worth_base, '', ''),
            (9, 'term: agencies', '项：机构建议', NULL, agency_base, '', ''),
            (10, 'term: insurer', '项：保险人', NULL, insurer_base, '', ''),
            (11, 'term: risk budget', '项：风险预算', NULL, risk_budget_base, concat('loss cap ', toString(loss_cap), ifNull(concat(', PD ', concat(toString(round(100 * pd_prudent, 2)), ' %')), ''), ', LGD ', concat(toString(round(100 * lgd, 1)), ' %')), concat('损失上限 ', toString(loss_cap), ifNull(concat('，违约概率 ', concat(toString(round(100 * pd_prudent, 2)), ' %')), ''), '，违约损失率 ', concat(toString(round(100 * lgd, 1)), ' %'))),
            (12, 'term: new customer', '项：新客户', NULL, cold_start_base, '', ''),
            (13, 'term: own action', '项：我方措施', NULL, own_action_base, '', ''),
            (14, 'term: freeze', '项：冻结', if(freeze IS NULL, NULL, concat(toString(freeze), ' ', toString(limit_currency))), NULL, '', ''),
            (15, 'term: default', '项：违约', NULL, default_base, '', ''),
            (16, 'what binds', '约束项', toString(binding), NULL, '', ''),
            (17, 'recommended limit', '建议额度', if(recommended_limit IS NULL, NULL, concat(toString(recommended_limit), ' ', toString(limit_currency))), recommended_base, '', ''),
            (18, 'last night', '前一晚', if(last_limit IS NULL, NULL, concat(toString(last_limit), ' ', toString(limit_currency))), NULL, '', ''),
            (19, 'change', '变动', if(change IS NULL, NULL, concat(toString(change), ' ', toString(limit_currency))), NULL, '', ''),
            (20, 'margin of a year that the limit shuts out', '额度每年损失的毛利', NULL, lost_margin, '', ''),
            (21, 'expected loss if it were drawn beyond need', '超需求使用的预期损失', NULL, idle_risk, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.limits
    UNION ALL
    SELECT as_of, customer_id, 'holds' AS section, 'holds' AS source_view,
        CAST([
            (1, 'recommendation', '建议', toString(recommend), exposure_base, text_en, text_zh),
            (2, 'since', '起始日期', toString(since), NULL, '', ''),
            (3, 'deliveries concerned', '涉及发货', NULL, blocked_base, '', ''),
            (4, 'expected loss avoided', '避免的预期损失', NULL, loss_avoided, '', ''),
            (5, 'margin lost', '损失毛利', NULL, margin_lost, '', ''),
            (6, 'may decide otherwise', '可另行决定者', NULL, NULL, approver, approver_zh),
            (7, 'order made again while held', '冻结期间重新下单', bypass, NULL, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.holds
    UNION ALL
    SELECT as_of, customer_id, 'warnings' AS section, 'warnings' AS source_view,
        CAST(arrayMap((x, i) -> (i, x.2, x.3, x.4, x.5, x.6, x.7), arraySlice(arrayReverseSort(x -> x.1, groupArray(((toUInt64(severity), toString(code)), concat('S', toString(severity), ' ', toString(code), ' ', text_en), concat('S', toString(severity), ' ', toString(code), ' ', text_zh), action, CAST(NULL, 'Nullable(Decimal(38, 4))'), concat('since ', toString(first_seen), ', due ', toString(due_on), ', ', owner, if(suppressed_by = '', '', concat(', suppressed by ', suppressed_by)), if(evidence = '', '', concat(' · ', evidence))), concat('自 ', toString(first_seen), '，期限 ', toString(due_on), '，', owner, if(suppressed_by = '', '', concat('，抑制：', suppressed_by)), if(evidence = '', '', concat(' · ', evidence)))))) AS found, 1, 40), arrayEnumerate(arraySlice(found, 1, 40))), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.warnings
    WHERE state = 'open'
    GROUP BY as_of, customer_id
    UNION ALL
    SELECT as_of, customer_id, 'payments' AS section, 'features' AS source_view,
        CAST([
            (1, 'days beyond terms, 90 days', '近 90 天超账期天数', toString(round(dbt_90d)), NULL, '', ''),
            (2, 'days beyond terms, a year', '近一年超账期天数', toString(round(dbt_365d)), NULL, '', ''),
            (3, 'payment index, 90 days', '近 90 天付款指数', toString(round(pay_index_90d, 1)), NULL, '', ''),
            (4, 'share paid late, a year', '近一年迟付占比', concat(toString(round(100 * late_share_365d, 1)), ' %'), NULL, '', ''),
            (5, 'days to pay, a year', '近一年付款天数', toString(round(days_to_pay_365d)), NULL, '', ''),
            (6, 'latest payment of a year, days late', '近一年最长迟付天数', toString(round(days_late_max_365d)), NULL, '', ''),
            (7, 'oldest open item, days past due', '最长逾期天数', toString(round(days_past_due_max)), NULL, '', ''),
            (8, 'paid over invoiced, 90 days', '近 90 天回款对开票', concat(toString(round(100 * paid_to_invoiced_90d, 1)), ' %'), NULL, '', ''),
            (9, 'days since the last payment', '距最近付款天数', toString(round(days_since_last_payment)), NULL, '', ''),
            (10, 'payments returned, 90 days', '近 90 天退票笔数', toString(round(returned_payments_90d)), NULL, '', ''),
            (11, 'share of part payments, 90 days', '近 90 天部分付款占比', concat(toString(round(100 * part_payment_share_90d, 1)), ' %'), NULL, '', ''),
            (12, 'promises broken, 90 days', '近 90 天未兑现承诺', toString(round(promises_broken_count_90d)), NULL, '', ''),
            (13, 'promises kept, a year', '近一年承诺兑现占比', concat(toString(round(100 * promises_kept_share_365d, 1)), ' %'), NULL, '', ''),
            (14, 'sales of a year', '近一年销售', NULL, toDecimal128(round(sales_365d, 2), 4), '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.features
    UNION ALL
    SELECT as_of, customer_id, 'contacts' AS section, 'interactions' AS source_view,
        CAST(arrayMap((x, i) -> (i, x.2, x.3, x.4, x.5, x.6, x.7), arraySlice(arrayReverseSort(x -> x.1, groupArray(((c.occurred_on, interaction_id), concat(toString(c.occurred_on), ' ', c.kind), concat(toString(c.occurred_on), ' ', transform(c.kind, ['call', 'visit', 'email', 'statement', 'dunning', 'promise', 'extension_request', 'limit_request', 'complaint', 'feedback'], ['电话', '走访', '邮件', '对账单', '催款', '付款承诺', '展期请求', '提额请求', '投诉', '反馈'], c.kind)), arrayStringConcat(arrayFilter(v -> v != '', [c.outcome, c.severity, c.document_id, c.owner]), ', '), CAST(c.promised_amount, 'Nullable(Decimal(38, 4))'), if(c.promised_on IS NULL, '', concat('promised for ', ifNull(toString(c.promised_on), ''))), if(c.promised_on IS NULL, '', concat('承诺日期 ', ifNull(toString(c.promised_on), '')))))) AS found, 1, 12), arrayEnumerate(arraySlice(found, 1, 12))), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM
    (
        SELECT n.as_of AS as_of, x.customer_id AS customer_id, interaction_id, argMax((kind, occurred_on, outcome, promised_amount, promised_on, document_id, severity, owner)::Tuple(kind String, occurred_on Date, outcome String, promised_amount Nullable(Decimal(18, 4)), promised_on Nullable(Date), document_id String, severity String, owner String), (x.known_at, x.line)) AS c
        FROM creditwatch.interactions AS x CROSS JOIN (SELECT as_of, argMax(ifNull(cut, toDateTime64(as_of + 1, 3, 'UTC')), (fence, run)) AS cut FROM creditwatch.publications GROUP BY as_of) AS n
        WHERE x.as_of <= n.as_of AND x.known_at < n.cut
        GROUP BY n.as_of, x.customer_id, interaction_id
    )
    GROUP BY as_of, customer_id
    UNION ALL
    SELECT as_of, customer_id, 'contracts' AS section, 'contracts' AS source_view,
        CAST(arrayMap((x, i) -> (i, x.2, x.3, x.4, x.5, x.6, x.7), arraySlice(arrayReverseSort(x -> x.1, groupArray(((c.valid_from, contract_id), concat('contract ', contract_id), concat('合同 ', contract_id), concat(toString(c.valid_from), ' – ', ifNull(toString(c.valid_to), '…')), CAST(NULL, 'Nullable(Decimal(38, 4))'), concat(arrayStringConcat(arrayFilter(v -> v != '', [ifNull(concat('terms ', toString(c.terms_days), ' days'), ''), if(c.review_status = '', '', concat('review ', c.review_status)), ifNull(concat('limit ', toString(c.credit_limit), ' ', c.currency), ''), if(c.guarantee_type = '', '', concat(c.guarantee_type, ' ', ifNull(toString(c.guarantee_amount), '?'), ' ', c.currency, ifNull(concat(' until ', toString(c.guarantee_until)), ''))), if(ifNull(c.retention_of_title, false), 'retention of title', ''), ifNull(concat('late interest ', toString(round(100 * c.late_rate, 2)), ' %'), ''), arrayStringConcat(c.clauses, ', ')]), '; ')), concat(arrayStringConcat(arrayFilter(v -> v != '', [ifNull(concat('账期 ', toString(c.terms_days), ' 天'), ''), if(c.review_status = '', '', concat('审核状态 ', c.review_status)), ifNull(concat('额度 ', toString(c.credit_limit), ' ', c.currency), ''), if(c.guarantee_type = '', '', concat(transform(c.guarantee_type, ['guarantee', 'collateral', 'insurance', 'deposit'], ['保证', '抵押', '保险', '保证金'], c.guarantee_type), ' ', ifNull(toString(c.guarantee_amount), '?'), ' ', c.currency, ifNull(concat(' 至 ', toString(c.guarantee_until)), ''))), if(ifNull(c.retention_of_title, false), '所有权保留', ''), ifNull(concat('逾期利率 ', toString(round(100 * c.late_rate, 2)), ' %'), ''), arrayStringConcat(c.clauses, ', ')]), '；'))))) AS found, 1, 8), arrayEnumerate(arraySlice(found, 1, 8))), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM
    (
        SELECT n.as_of AS as_of, x.customer_id AS customer_id, contract_id, argMax((valid_from, valid_to, terms_days, credit_limit, currency, review_status, guarantee_type, guarantee_amount, guarantee_until, retention_of_title, late_rate, clauses)::Tuple(valid_from Date, valid_to Nullable(Date32), terms_days Nullable(Int32), credit_limit Nullable(Decimal(18, 4)), currency String, review_status String, guarantee_type String, guarantee_amount Nullable(Decimal(18, 4)), guarantee_until Nullable(Date32), retention_of_title Nullable(Bool), late_rate Nullable(Float64), clauses Array(String)), (x.known_at, x.line)) AS c
        FROM creditwatch.contracts AS x CROSS JOIN (SELECT as_of, argMax(ifNull(cut, toDateTime64(as_of + 1, 3, 'UTC')), (fence, run)) AS cut FROM creditwatch.publications GROUP BY as_of) AS n
        WHERE x.as_of <= n.as_of AND x.known_at < n.cut
        GROUP BY n.as_of, x.customer_id, contract_id
    )
    GROUP BY as_of, customer_id
    UNION ALL
    SELECT as_of, customer_id, 'cover' AS section, 'losses' AS source_view,
        CAST([
            (1, 'securities in force, after haircuts', '生效担保（折扣后）', NULL, secured_base, '', ''),
            (2, 'insured limit in force', '生效保险限额', NULL, insured_base, '', ''),
            (3, 'first of these covers ends', '最早到期', toString(cover_until), NULL, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.losses
    UNION ALL
    SELECT as_of, customer_id, 'ratings' AS section, 'external_ratings' AS source_view,
        CAST(arrayMap((x, i) -> (i, x.2, x.3, x.4, x.5, x.6, x.7), arraySlice(arrayReverseSort(x -> x.1, groupArray(((c.rated_on, toString(agency)), concat('rating of ', toString(agency)), concat('评级：', toString(agency)), arrayStringConcat(arrayFilter(v -> v != '', [c.grade, ifNull(toString(c.score), ''), ifNull(concat('PD ', toString(round(100 * c.pd, 2)), ' %'), ''), c.outlook]), ', '), CAST(c.recommended_limit, 'Nullable(Decimal(38, 4))'), concat('of ', toString(c.rated_on), if(c.recommended_limit IS NULL, '', '; amount = recommended limit')), concat(toString(c.rated_on), if(c.recommended_limit IS NULL, '', '；金额为建议额度'))))) AS found, 1, 8), arrayEnumerate(arraySlice(found, 1, 8))), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM
    (
        SELECT n.as_of AS as_of, x.customer_id AS customer_id, agency, argMax((scale, grade, score, pd, recommended_limit, outlook, rated_on)::Tuple(scale String, grade String, score Nullable(Float64), pd Nullable(Float64), recommended_limit Nullable(Decimal(18, 4)), outlook String, rated_on Date), (x.rated_on, x.known_at, x.line)) AS c
        FROM creditwatch.external_ratings AS x CROSS JOIN (SELECT as_of, argMax(ifNull(cut, toDateTime64(as_of + 1, 3, 'UTC')), (fence, run)) AS cut FROM creditwatch.publications GROUP BY as_of) AS n
        WHERE x.as_of <= n.as_of AND x.known_at < n.cut
        GROUP BY n.as_of, x.customer_id, agency
    )
    GROUP BY as_of, customer_id
    UNION ALL
    SELECT as_of, customer_id, 'news' AS section, 'news_events' AS source_view,
        CAST(arrayMap((x, i) -> (i, x.2, x.3, x.4, x.5, x.6, x.7), arraySlice(arrayReverseSort(x -> x.1, groupArray(((occurred_on, event_id), concat(toString(occurred_on), ' ', toString(code), ' ', toString(polarity)), concat(toString(occurred_on), ' ', toString(code), ' ', transform(toString(polarity), ['affirmed', 'denied', 'hypothetical', 'reversed'], ['确认', '否认', '假设', '撤销'], toString(polarity))), concat('S', toString(severity), ', ', toString(role), ', ', toString(source_class), if(amount = '', '', concat(', ', amount))), CAST(NULL, 'Nullable(Decimal(38, 4))'), sentence, sentence))) AS found, 1, 10), arrayEnumerate(arraySlice(found, 1, 10))), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.news_events
    GROUP BY as_of, customer_id
    UNION ALL
    SELECT as_of, member AS customer_id, 'group' AS section, 'group_exposure' AS source_view,
        CAST([
            (1, 'group', '集团', group_id, NULL, text_en, text_zh),
            (2, 'members', '成员', concat(toString(length(members)), ': ', arrayStringConcat(arraySlice(members, 1, 12), ', ')), NULL, '', ''),
            (3, 'exposure of the group', '集团敞口', NULL, exposure_base, '', ''),
            (4, 'limits in force', '生效额度', NULL, in_force_base, '', ''),
            (5, 'expected loss', '预期损失', NULL, expected_loss, '', ''),
            (6, 'fallen members', '已违约或严重预警成员', arrayStringConcat(arraySlice(fallen, 1, 12), ', '), NULL, '', ''),
            (7, 'whom they may drag', '可能被拖累成员', arrayStringConcat(arraySlice(dragged, 1, 12), ', '), nullIf(dragged_base, 0), '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.group_exposure ARRAY JOIN members AS member
    UNION ALL
    SELECT as_of, customer_id, 'loss' AS section, 'losses' AS source_view,
        CAST([
            (1, 'expected loss within 12 months', '12 个月预期损失', NULL, expected_loss, '', ''),
            (2, 'loss given default', '违约损失率', concat(toString(round(100 * lgd, 1)), ' %'), NULL, '', ''),
            (3, 'expected loss in a downturn', '衰退期预期损失', NULL, prudent_loss, '', ''),
            (4, 'part in the worst year in 1 000', '千年一遇损失中的份额', NULL, tail_loss, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.losses
    UNION ALL
    SELECT as_of, customer_id, 'provision' AS section, 'provisions' AS source_view,
        CAST([
            (1, 'provision by the matrix', '按准备矩阵', toString(method), matrix_base, '', ''),
            (2, 'provision by the model', '按模型', NULL, model_base, '', ''),
            (3, 'opening', '期初', NULL, opening_base, '', ''),
            (4, 'new', '新增', NULL, new_base, '', ''),
            (5, 'released', '释放', NULL, released_base, '', ''),
            (6, 'written off', '核销', NULL, written_off_base, '', ''),
            (7, 'exchange rates', '汇率', NULL, fx_base, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.provisions
    WHERE customer_id != ''
    UNION ALL
    SELECT as_of, customer_id, 'worklist' AS section, 'worklist' AS source_view,
        CAST([
            (1, 'place on the worklist', '催收清单名次', toString(rank), overdue_base, concat(text_en, ' · ', owner, ', due ', toString(due_on)), concat(text_zh, ' · ', owner, '，期限 ', toString(due_on))),
            (2, 'action', '措施', action, NULL, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.worklist
    UNION ALL
    SELECT as_of, customer_id, 'reviews' AS section, 'reviews' AS source_view,
        CAST([
            (1, 'next review', '下次复审', toString(due_on), NULL, text_en, text_zh),
            (2, 'last review', '上次复审', toString(reviewed_on), NULL, '', ''),
            (3, 'pulled forward by', '提前原因', toString(pulled_by), NULL, '', ''),
            (4, 'planned on', '排期', toString(planned_on), NULL, '', ''),
            (5, 'days late', '超期天数', if(overdue_days = 0, NULL, toString(overdue_days)), NULL, '', ''),
            (6, 'last contact that reached somebody', '最近有效联系', toString(contacted_on), NULL, '', ''),
            (7, 'last visit', '最近走访', toString(visited_on), NULL, '', ''),
            (8, 'visit due', '走访到期', toString(visit_due_on), NULL, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.reviews
    UNION ALL
    SELECT as_of, customer_id, 'actions' AS section, 'entries' AS source_view,
        CAST(arrayMap((x, i) -> (i, x.2, x.3, x.4, x.5, x.6, x.7), arraySlice(arrayReverseSort(x -> x.1, groupArray(((c.known_at, subject), subject, subject, concat(c.entered_by, ifNull(concat(', until ', toString(c.until)), '')), CAST(c.amount, 'Nullable(Decimal(38, 4))'), c.reason, c.reason))) AS found, 1, 20), arrayEnumerate(arraySlice(found, 1, 20))), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM
    (
        SELECT n.as_of AS as_of, x.customer_id AS customer_id, x.subject AS subject, argMax((kind, amount, until, entered_by, reason, known_at)::Tuple(kind String, amount Nullable(Decimal(18, 4)), until Nullable(Date), entered_by String, reason String, known_at DateTime64(3, 'UTC')), (x.known_at, x.entered_at, x.entry_id)) AS c
        FROM creditwatch.entries AS x CROSS JOIN (SELECT as_of, argMax(ifNull(cut, toDateTime64(as_of + 1, 3, 'UTC')), (fence, run)) AS cut FROM creditwatch.publications GROUP BY as_of) AS n
        WHERE x.kind IN ('action', 'release') AND x.known_at < n.cut
        GROUP BY n.as_of, x.customer_id, x.subject
    )
    WHERE c.kind = 'action' AND (c.until IS NULL OR c.until >= as_of)
    GROUP BY as_of, customer_id
    UNION ALL
    SELECT as_of, customer_id, 'defaults' AS section, 'default_events' AS source_view,
        CAST(arrayMap((x, i) -> (i, x.2, x.3, x.4, x.5, x.6, x.7), arraySlice(arrayReverseSort(x -> x.1, groupArray(((occurred_on, toString(event)), concat(toString(occurred_on), ' ', toString(event)), concat(toString(occurred_on), ' ', transform(toString(event), ['default', 'cure'], ['违约', '恢复'], toString(event))), toString(clause), CAST(amount, 'Nullable(Decimal(38, 4))'), '', ''))) AS found, 1, 10), arrayEnumerate(arraySlice(found, 1, 10))), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.default_events
    GROUP BY as_of, customer_id
    UNION ALL
    SELECT as_of, customer_id, 'missing' AS section, 'limits' AS source_view,
        CAST(arrayMap((x, i) -> (i, concat('term of the limit that is not known: ', x), concat('额度未知项：', x), NULL, NULL, 'left out, not taken as zero', '未计入，不视为零'), not_known, arrayEnumerate(not_known)), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.limits
    UNION ALL
    SELECT as_of, customer_id, 'missing' AS section, 'score_history' AS source_view,
        CAST([
            (101, 'no score', '无评分', if(pd_12m IS NULL, note, NULL), NULL, '', ''),
            (102, 'depth of evidence is thin', '证据不足', if(evidence_grade >= 'D', toString(evidence_grade), NULL), NULL, '', '')
        ], 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.score_history
    UNION ALL
    SELECT as_of, customer_id, 'dunning' AS section, 'dunning' AS source_view,
        CAST(arrayMap((x, i) -> (i, x.2, x.3, x.4, x.5, x.6, x.7), arraySlice(arrayReverseSort(x -> x.1, groupArray(((days_past_due, document_id), concat('invoice ', document_id, ', ', toString(days_past_due), ' days past due'), concat('发票 ', document_id, '，逾期 ', toString(days_past_due), ' 天'), concat(toString(state), if(reason = '', '', concat(': ', toString(reason))), if(step = '', '', concat(', ', toString(step)))), CAST(open_base, 'Nullable(Decimal(38, 4))'), text_en, text_zh))) AS found, 1, 15), arrayEnumerate(arraySlice(found, 1, 15))), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.dunning
    GROUP BY as_of, customer_id
    UNION ALL
    SELECT as_of, customer_id, 'reconciliation' AS section, 'reconciliation' AS source_view,
        CAST(arrayMap((x, i) -> (i, x.2, x.3, x.4, x.5, x.6, x.7), arraySlice(arraySort(x -> x.1, groupArray((toString(currency), concat('sub-ledger in ', toString(currency)), concat(toString(currency), ' 明细账'), concat(toString(subledger), ' ', toString(currency)), CAST(subledger_base + rounding_base, 'Nullable(Decimal(38, 4))'), text_en, text_zh))) AS found, 1, 8), arrayEnumerate(arraySlice(found, 1, 8))), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.reconciliation
    WHERE customer_id != ''
    GROUP BY as_of, customer_id
    UNION ALL
    SELECT as_of, customer_id, 'reconciliation' AS section, 'reconciliation_items' AS source_view,
        CAST(arrayMap((x, n) -> (n + 100, x.2, x.3, x.4, x.5, x.6, x.7), arraySlice(arrayReverseSort(x -> x.1, groupArray(((abs(amount_base), document_id, toString(kind)), concat(replaceAll(toString(kind), '_', ' '), ' ', document_id), concat(transform(toString(kind), ['control_difference', 'ledger_difference', 'confirmation_difference', 'unapplied_cash', 'unknown_reference', 'overpaid', 'unapplied_credit', 'excess_write_off', 'open_refund', 'to_apply', 'due_late', 'due_early', 'due_missing', 'confirmation_unanswered', 'ledger_stale', 'confirmation_stale'], ['统制账户不符', '总账不符', '对账确认不符', '未核销收款', '付款所指发票不存在', '多付款', '贷项通知单未使用', '核销超出应收', '退款无对应收款', '贷项未指明发票', '到期日晚于账期', '到期日早于账期', '有账期但无到期日', '询证未回函', '总账余额过期', '对账确认过期'], toString(kind)), ' ', document_id), concat(toString(i.amount), ' ', toString(currency), ', ', toString(age_days), ' d'), CAST(amount_base, 'Nullable(Decimal(38, 4))'), text_en, text_zh))) AS found, 1, 15), arrayEnumerate(arraySlice(found, 1, 15))), 'Array(Tuple(seq UInt32, item_en String, item_zh String, value Nullable(String), amount Nullable(Decimal(38, 4)), text_en String, text_zh String))') AS items
    FROM creditwatch.reconciliation_items AS i
    WHERE customer_id != ''
    GROUP BY as_of, customer_id
)
ARRAY JOIN items AS t
WHERE t.value != '' OR t.amount IS NOT NULL OR t.text_en != ''
COMMENT 'One customer on one page: everything known as of a published night; ask for one customer_id and one as_of'
