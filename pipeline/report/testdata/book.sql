-- Run 7 is the published night of 2026-03-30, run 9 the unpublished one of 2026-03-31, run 11 a book of one customer.
INSERT INTO creditwatch.publications (as_of, run, fence) VALUES ('2026-03-30', 7, 7);
INSERT INTO creditwatch.scores_rows (run, as_of, customer_id, pd_12m, score, grade, evidence_grade, ead, lgd, expected_loss, model_id, note)
SELECT
    run, if(run = 7, toDate('2026-03-30'), toDate('2026-03-31')), concat('C', toString(n)),
    if(n % 17 = 0, NULL, pd), if(n % 17 = 0, NULL, 600 - pd * 100), multiIf(n % 17 = 0, '', n % 29 = 0, 'D', pd < 0.05, 'A', 'B'), 'B',
    ead, 0.45, if(n % 17 = 0, toDecimal64(0, 4), toDecimal64(pd * 0.45 * toFloat64(ead), 4)), 'scorecard-1', ''
FROM
(
    SELECT
        run, n,
        if(n % 29 = 0, 1., 0.01 + (n % 13) / 100 + if(run = 9 AND n % 4 = 0, 0.02, 0.) - if(run = 9 AND n % 9 = 0, 0.005, 0.)) AS pd,
        toDecimal64(1000 * n + if(run = 9, n % 7, 0), 4) AS ead
    FROM (SELECT arrayJoin([7, 9]) AS run, arrayJoin(range(1, 121)) AS n)
    WHERE (run = 7 AND n <= 118) OR (run = 9 AND n > 1)
       OR (run = 9 AND n = 1)
)
WHERE NOT (run = 9 AND n = 100);
INSERT INTO creditwatch.scores_rows (run, as_of, customer_id, pd_12m, grade, ead, lgd, expected_loss) VALUES (11, '2026-03-31', 'C1', 0.02, 'A', 1000, 0.45, 9);
INSERT INTO creditwatch.losses_rows (run, as_of, customer_id, group_id, industry, open_base, ordered_base, total_base, insured_base, covered_base, ead, uninsured_base, pd_12m, lgd, expected_loss, uninsured_loss, prudent_loss)
SELECT run, as_of, customer_id, customer_id, if(customer_id LIKE '%7', '', 'steel'), ead + 10, 5, ead + 15, 20, 15, ead, ead, pd_12m, lgd, expected_loss, expected_loss, expected_loss
FROM creditwatch.scores_rows;
INSERT INTO creditwatch.loss_quantiles_rows (run, as_of, scope, industry, level, correlation, smooth_loss, adjusted_loss, loss, top_loss, customers, unscored, ead, expected_loss, effective_names)
SELECT run, as_of, scope, industry, level, 0.12, el * level, if(level < 0.99, toDecimal64(el, 4), NULL), el * (1 + level), el / 2, customers, 7, ead, el, 50.
FROM
(
    SELECT run, as_of, 'book' AS scope, '' AS industry, count() AS customers, sum(ead) AS ead, sum(expected_loss) AS el FROM creditwatch.losses_rows GROUP BY run, as_of
    UNION ALL
    SELECT run, as_of, 'industry', toString(industry) AS name, count(), sum(ead), sum(expected_loss) FROM creditwatch.losses_rows GROUP BY run, as_of, name
)
ARRAY JOIN [0.95, 0.99, 0.999] AS level;
INSERT INTO creditwatch.stress_rows (run, as_of, position, scenario, parameter, result, loss, extra_loss, customers, names, text_en, text_zh)
SELECT run, as_of, position, ['tonight', 'top_failure', 'reverse_year'][position], position, if(position = 3, 0.01, NULL), el + 100 * (position - 1), 100 * (position - 1), position, if(position = 2, ['C1', 'C0', 'C5', 'C6'], []), 'scenario', '情景'
FROM (SELECT run, as_of, sum(expected_loss) AS el FROM creditwatch.losses_rows GROUP BY run, as_of)
ARRAY JOIN [1, 2, 3] AS position;
INSERT INTO creditwatch.lgd_events_rows (run, as_of, customer_id, defaulted_on, state, net_claim, came_back, lgd, weight) VALUES
    (9, '2026-03-31', 'C1', '2025-01-01', 'exhausted', 1000, 400, 0.62, 1), (9, '2026-03-31', 'C2', '2026-01-01', 'open', 500, 0, 0.5, 0.25);
INSERT INTO creditwatch.score_changes_rows (run, as_of, customer_id, rank, kind, feature, points, text_en, text_zh, before_on, pd_before, pd_now)
SELECT 9, '2026-03-31', concat('C', toString(n)), k, 'feature', concat('feature_', toString(k)), 5 - k, 'change', '变动', '2026-03-30', 0.01, 0.03
FROM (SELECT arrayJoin(range(1, 121)) AS n, arrayJoin([1, 2, 3, 4]) AS k)
WHERE n % 5 != 0;
INSERT INTO creditwatch.score_reasons_rows (run, as_of, customer_id, rank, feature, value, points, text_en, text_zh)
SELECT run, if(run = 7, toDate('2026-03-30'), toDate('2026-03-31')), concat('C', toString(n)), k, concat('feature_', toString(k + if(run = 9, n % 2, 0))), 1, 20 - k + if(run = 9, 3, 0), 'reason', '原因'
FROM (SELECT arrayJoin([7, 9]) AS run, arrayJoin(range(1, 121)) AS n, arrayJoin([1, 2, 3, 4]) AS k)
WHERE n % 5 != 0;
INSERT INTO creditwatch.customers_rows (customer_id, name, insured_limit, insured_until, limit_currency, run, as_of, source, file, line, known_at)
SELECT concat('C', toString(n)), concat('Customer ', toString(n)), if(n % 3 = 0, toDecimal64(2000, 4), NULL), if(n % 6 = 0, toDate32('2026-01-31'), NULL), if(n % 12 = 3, 'USD', ''), 7, '2026-03-30', 'customers', 'c.csv', n, '2026-03-30 01:00:00'
FROM (SELECT arrayJoin(range(1, 121)) AS n);
INSERT INTO creditwatch.customers_rows (customer_id, name, run, as_of, source, file, line, known_at) VALUES ('C1', 'Name of tomorrow', 9, '2026-03-31', 'customers', 'd.csv', 1, '2026-04-02 00:00:00');
INSERT INTO creditwatch.fx_rates_rows (currency, valid_on, rate, run, as_of, source, file, line, known_at) VALUES
    ('USD', '2026-01-01', 7.1, 7, '2026-03-30', 'fx', 'fx.csv', 1, '2026-01-02 00:00:00'), ('USD', '2026-03-30', 7.2, 9, '2026-03-31', 'fx', 'fx.csv', 2, '2026-03-30 20:00:00'), ('USD', '2026-04-01', 9.9, 9, '2026-03-31', 'fx', 'fx.csv', 3, '2026-03-30 20:00:00');
INSERT INTO creditwatch.documents_rows (run, as_of, customer_id, document_id, transaction_id, kind, occurred_on, due_on, amount, currency, known_from, known_to)
SELECT
    9, '2026-03-31', concat('C', toString(n % 120 + 1)), concat('I', toString(intDiv(n, 2))), concat('T', toString(n)), 'invoice',
    toDate('2024-02-01') + intDiv(n, 4), if(n % 40 = 7, NULL, toDate('2024-02-01') + intDiv(n, 4) + 30 + n % 2 * 30), 1000 + n % 7, if(n % 120 < 10, 'USD', 'CNY'), '2024-02-01 00:00:00', NULL
FROM (SELECT arrayJoin(range(0, 3000)) AS n);
INSERT INTO creditwatch.documents_rows (run, as_of, customer_id, document_id, transaction_id, kind, occurred_on, due_on, amount, currency, known_from, known_to) VALUES
    (9, '2026-03-31', 'C1', 'OLD', 'OLD', 'invoice', '2026-01-01', '2026-02-01', 5000, 'CNY', '2026-01-02 00:00:00', '2026-01-05 00:00:00'),
    (9, '2026-03-31', 'C1', 'LATE', 'LATE', 'invoice', '2026-01-01', '2026-02-01', 5000, 'CNY', '2026-04-02 00:00:00', NULL);
INSERT INTO creditwatch.allocations_rows (run, as_of, customer_id, invoice_id, source_id, kind, currency, amount, method, effective_on, known_at)
SELECT 9, '2026-03-31', concat('C', toString(n % 120 + 1)), concat('I', toString(intDiv(n, 2))), concat('P', toString(n)), 'payment', if(n % 120 < 10, 'USD', 'CNY'),
    1000 + n % 7 - if(n % 50 = 3, 400, 0), 'reference', toDate('2024-02-01') + intDiv(n, 4) + 40 + n % 31, '2024-02-01 00:00:00'
FROM (SELECT arrayJoin(range(0, 3000)) AS n)
WHERE toDate('2024-02-01') + intDiv(n, 4) + 40 + n % 31 <= '2026-03-31' AND n % 60 != 11;
INSERT INTO creditwatch.allocations_rows (run, as_of, customer_id, invoice_id, source_id, kind, currency, amount, method, effective_on, known_at) VALUES
    (9, '2026-03-31', 'C5', 'I62', 'P124x', 'payment', 'CNY', 300, 'oldest', '2024-04-20', '2024-05-01 00:00:00'),
    (9, '2026-03-31', 'C5', 'I62', 'P124x', 'payment', 'CNY', -300, 'oldest', '2024-04-20', '2024-05-02 00:00:00');
INSERT INTO creditwatch.open_items_rows (run, as_of, customer_id, document_id, kind, invoiced_on, due_on, amount, open_amount, ledger_open_amount, currency, days_past_due, ledger_days_past_due, bucket, disputed, open_base)
SELECT
    run, as_of, customer_id, document_id, 'invoice', occurred_on, due_on, amount, open_amount, open_amount, currency, days, days,
    multiIf(isNull(days), 'no_due_date', days <= 0, 'not_due', days <= 30, '1-30', days <= 60, '31-60', days <= 90, '61-90', days <= 120, '91-120', days <= 180, '121-180', days <= 365, '181-365', '>365'),
    document_id = 'I3', toDecimal64(open_amount * if(currency = 'USD', toDecimal64(7.2, 4), toDecimal64(1, 4)), 4)
FROM
(
    SELECT
        run, as_of, d.customer_id AS customer_id, d.document_id AS document_id, occurred_on, due_on, d.amount AS amount, d.currency AS currency,
        d.amount - ifNull(a.amount, 0) AS open_amount, greatest(0, toInt32(toDate('2026-03-31') - due_on)) AS days
    FROM (SELECT run, as_of, customer_id, document_id, transaction_id, occurred_on, due_on, amount, currency FROM creditwatch.documents_rows WHERE run = 9 AND transaction_id LIKE 'T%') AS d
    LEFT JOIN (SELECT concat('T', substring(source_id, 2)) AS transaction_id, sum(amount) AS amount FROM creditwatch.allocations_rows WHERE run = 9 AND source_id NOT LIKE '%x' GROUP BY transaction_id) AS a
        ON a.transaction_id = d.transaction_id
)
WHERE open_amount > 0;
INSERT INTO creditwatch.open_items_rows (run, as_of, customer_id, document_id, kind, invoiced_on, amount, open_amount, ledger_open_amount, currency, bucket, open_base) VALUES
    (9, '2026-03-31', 'C2', 'K1', 'invoice', '2026-01-01', 400, 300, 300, 'CNY', 'not_due', 300),
    (9, '2026-03-31', 'C3', 'P9', 'unapplied', '2026-03-03', -500, -500, -500, 'CNY', 'unapplied', -500),
    (7, '2026-03-30', 'C3', 'I1', 'invoice', '2026-03-03', 900, 900, 900, 'CNY', 'not_due', 900);
INSERT INTO creditwatch.warnings_rows (run, as_of, episode_id, customer_id, code, tier, severity, state, first_seen, last_seen, closed_on, owner, action, due_on, evidence, suppressed_by, text_en, text_zh)
SELECT
    run, if(run = 7, toDate('2026-03-30'), toDate('2026-03-31')), concat('E', toString(n)), concat('C', toString(n % 120 + 1)), concat('W', toString(n % 3 + 1), '-01'), n % 3 + 1,
    least(4, n % 4 + 1 + if(run = 9 AND n % 10 = 0, 1, 0)), multiIf(run = 9 AND n % 11 = 5, 'closed', run = 9 AND n % 13 = 5, 'cooling', n % 19 = 4, 'pending', 'open'),
    '2026-03-01', '2026-03-30', if(run = 9 AND n % 11 = 5, toDate('2026-03-31'), NULL), 'credit_manager', 'HOLD CALL', '2026-04-02', 'e', if(run = 9 AND n % 23 = 6, 'dispute', ''), 'warning', '预警'
FROM (SELECT arrayJoin([7, 9]) AS run, arrayJoin(range(0, 400)) AS n)
WHERE (run = 7 AND n < 330) OR (run = 9 AND n >= 20);
INSERT INTO creditwatch.unjudged_rows (run, as_of, code, reads, customers, judged) VALUES (9, '2026-03-31', 'W2-06', 'promises_broken_count_90d', 12, 107), (9, '2026-03-31', 'W2-01', '', 0, 119);
INSERT INTO creditwatch.limits_rows (run, as_of, customer_id, limit_currency, rate, present_limit, in_force_base, exposure_base, utilisation, headroom_base, binding, recommended_limit, recommended_base, advice, last_limit, change, change_need, change_risk, change_rounding, lost_margin, idle_risk, text_en, text_zh)
SELECT
    run, as_of, customer_id, if(n % 12 = 3, 'USD', 'CNY'), if(n % 12 = 3, 7.2, 1.), lim, lim, total_base, toFloat64(total_base) / toFloat64(lim), lim - total_base, if(n % 5 = 0, 'need', 'risk_budget'), if(n % 19 = 0, NULL, new), if(n % 19 = 0, NULL, new),
    multiIf(n % 19 = 0, 'none', n % 4 = 0, 'raise', 'keep'), if(n % 4 = 0, toDecimal64(new - 700, 4), new), if(n % 4 = 0, toDecimal64(700, 4), toDecimal64(0, 4)), if(n % 4 = 0, toDecimal64(800, 4), NULL), if(n % 4 = 0, toDecimal64(-90, 4), NULL), if(n % 4 = 0, toDecimal64(-10, 4), NULL), 3, 2, 'limit', '额度'
FROM (SELECT run, as_of, customer_id, toUInt32(substring(customer_id, 2)) AS n, total_base, if(n % 10 = 0, NULL, toDecimal64(60000, 4)) AS lim, toDecimal64(1000 * n, 4) AS new FROM creditwatch.losses_rows);
INSERT INTO creditwatch.holds_rows (run, as_of, customer_id, recommend, reasons, since, exposure_base, in_force_base, overrun_base, approver, approver_zh, blocked_base, loss_avoided, margin_lost, evidence_grade, bypass, text_en, text_zh)
SELECT run, as_of, customer_id, multiIf(n % 3 = 0, 'release', n % 7 = 1, 'approve', 'hold'), ['overrun'], if(n % 2 = 0, as_of, as_of - 3), exposure_base, in_force_base, if(isNull(in_force_base), exposure_base, greatest(0, -headroom_base)), 'credit manager', '信用经理', 100 * n, if(n % 17 = 0, NULL, toDecimal64(n, 4)), if(n % 17 = 0, NULL, toDecimal64(50, 4)), 'B', if(n = 70, 'O1 O2', ''), 'why', '为何'
FROM (SELECT run, as_of, customer_id, toUInt32(substring(customer_id, 2)) AS n, exposure_base, in_force_base, headroom_base FROM creditwatch.limits_rows) WHERE run = 9 AND n > 60;
INSERT INTO creditwatch.group_exposure_rows (run, as_of, group_id, members, depth, exposure_base, in_force_base, utilisation, ead, expected_loss, fallen, dragged, dragged_base, dragged_loss, cycle)
SELECT run, as_of, if(length(members) > 1, concat('C', toString(g)), members[1]), members, 1, exposure, in_force, toFloat64(exposure) / toFloat64(in_force), 0, 0, if(g % 3 = 0 AND length(members) > 1, [members[1]], []), if(g % 3 = 0 AND length(members) > 1, arraySlice(members, 2), []), if(g % 3 = 0 AND length(members) > 1, exposure - first_exposure, toDecimal64(0, 4)), 0, if(g = 3, members, [])
FROM
(
    SELECT run, as_of, if(n <= 40, n % 10 + 1, n) AS g, groupArraySorted(99)(customer_id) AS members, sum(exposure_base) AS exposure, sum(in_force_base) AS in_force, argMin(exposure_base, customer_id) AS first_exposure
    FROM (SELECT run, as_of, customer_id, toUInt32(substring(customer_id, 2)) AS n, exposure_base, in_force_base FROM creditwatch.limits_rows)
    GROUP BY run, as_of, g
);
INSERT INTO creditwatch.concentration_rows (run, as_of, dimension, rank, name, customers, exposure_base, expected_loss, share, max_share, is_breach, hhi, effective_names, text_en, text_zh)
SELECT run, as_of, dimension, rank, name, customers, exposure, 0, toFloat64(exposure) / toFloat64(whole), if(dimension = 'industry' AND rank = 1, 0.2, NULL), dimension = 'industry' AND rank = 1, if(rank = 0, 0.5, NULL), if(rank = 0, 2., NULL), 'part', '部分'
FROM
(
    SELECT run, as_of, arrayJoin(['book', 'industry', 'currency']) AS dimension, 0 AS rank, '' AS name, count() AS customers, sum(exposure_base) AS exposure, exposure AS whole FROM creditwatch.limits_rows GROUP BY run, as_of
    UNION ALL
    SELECT run, as_of, 'currency', 1, 'CNY', count(), sum(exposure_base) AS e, e FROM creditwatch.limits_rows GROUP BY run, as_of
    UNION ALL
    SELECT l.run, l.as_of, 'industry', if(customer_id LIKE '%7', 2, 1) AS r, if(r = 1, 'steel', ''), count(), sum(exposure_base), any(w.whole)
    FROM creditwatch.limits_rows AS l INNER JOIN (SELECT run, sum(exposure_base) AS whole FROM creditwatch.limits_rows GROUP BY run) AS w ON w.run = l.run GROUP BY l.run, l.as_of, r
    UNION ALL
    SELECT run, as_of, 'top', 1, '5', 5, toDecimal64(10, 4), toDecimal64(100, 4) FROM creditwatch.limits_rows GROUP BY run, as_of
);
INSERT INTO creditwatch.reviews_rows (run, as_of, position, customer_id, owner, grade, months, counted_by, scheduled_on, due_on, pulled_by, planned_on, overdue_days, exposure_base, expected_loss, text_en, text_zh)
SELECT run, as_of, n, customer_id, concat('owner ', toString(n % 11)), 'B', 12, 'start', '2026-06-01', as_of + n - 8, if(n < 5, 'warning', ''), if(n < 40, as_of + n, NULL), greatest(0, 8 - toInt32(n)), exposure_base, 10, 'review', '复审'
FROM (SELECT run, as_of, customer_id, toUInt32(substring(customer_id, 2)) AS n, exposure_base FROM creditwatch.limits_rows);
INSERT INTO creditwatch.coverage_rows (run, as_of, scope, owner, customers, exposure_base, expected_loss, touched_customers, touched_loss, touched_share, visits_overdue, visits_overdue_loss)
SELECT run, as_of, scope, if(scope = 'book', '', o), count(), sum(exposure_base), sum(expected_loss), countIf(position % 2 = 0), sumIf(expected_loss, position % 2 = 0), 0.5, countIf(position % 7 = 0), sumIf(expected_loss, position % 7 = 0)
FROM (SELECT run, as_of, owner, position, exposure_base, expected_loss, arrayJoin(['book', 'owner']) AS scope FROM creditwatch.reviews_rows)
GROUP BY run, as_of, scope, if(scope = 'book', '', owner) AS o;
INSERT INTO creditwatch.worklist_rows (run, as_of, rank, customer_id, open_base, overdue_base, expected_loss, priority, owner, action, due_on, text_en, text_zh)
SELECT 9, '2026-03-31', n, concat('C', toString(n)), 1000 + n, 500 + n, 100 + n, 100 - n, 'credit_manager', 'CALL', '2026-04-01', 'why', '为何' FROM (SELECT arrayJoin(range(1, 31)) AS n);
INSERT INTO creditwatch.source_runs_rows (run, as_of, source, read, accepted, rejected, left_out, duplicates, corrections, files, newest) VALUES
    (9, '2026-03-31', 'transactions', 3100, 3005, 90, 10, 5, 1, 2, '2026-03-31'), (9, '2026-03-31', 'customers', 1, 1, 0, 0, 0, 0, 1, NULL);
INSERT INTO creditwatch.rejects_rows (run, as_of, source, file, line, column, reason, raw)
SELECT 9, '2026-03-31', 'transactions', 't.csv', n, 'amount', concat('want a decimal, kind ', toString(n % 40)), 'x' FROM (SELECT arrayJoin(range(0, 90)) AS n);
INSERT INTO creditwatch.checks_rows (run, as_of, name, scope, light, value, expected, text_en, text_zh, source, severity, rows_judged, rows_broken, share)
SELECT run, if(run = 9, '2026-03-31', '2026-03-30'), 'contract_volume', toString(n), multiIf(n = 1, 'red', n < 80, 'amber', n = 100, 'grey', 'green'), n, NULL, 'finding', '发现', if(n % 2 = 0, 'transactions', ''), if(n > 90, 'stop', 'warn'), n, if(n = 2, NULL, n), if(n = 2, NULL, 1)
FROM (SELECT arrayJoin(range(1, 101)) AS n, arrayJoin([7, 8, 9]) AS run) WHERE run = 9 OR n > 90;
INSERT INTO creditwatch.models_rows (run, as_of, model_id, learner, is_champion, trained_on, horizon_months) VALUES (9, '2026-03-31', 'scorecard-1', 'scorecard', true, '2026-03-30', 12), (9, '2026-03-31', 'forest-1', 'forest', false, '2026-03-31', 12);
INSERT INTO creditwatch.promotions_rows (run, as_of, seq, decision, champion, challenger, live, finding, decided_by, text_en, text_zh) VALUES (9, '2026-03-31', 2, 'kept', 'scorecard-1', 'forest-1', 'scorecard-1', '', 'rule', 'forest-1 waits', 'forest-1 等待'), (9, '2026-03-31', 1, 'refused', 'scorecard-0', '', 'scorecard-1', 'hash', 'rule', 'scorecard-0 is refused', 'scorecard-0 被拒用'), (7, '2026-03-30', 1, 'first', '', 'scorecard-0', 'scorecard-0', '', 'rule', 'another night', '另一晚');
INSERT INTO creditwatch.model_metrics_rows (run, as_of, model_id, learner, sample, metric, value) VALUES
    (7, '2026-03-30', 'scorecard-1', 'scorecard', 'holdout', 'auc', 0.8), (7, '2026-03-30', 'scorecard-1', 'scorecard', 'holdout', 'auc_se', 0.02), (7, '2026-03-30', 'scorecard-1', 'scorecard', 'train', 'auc', 0.9),
    (7, '2026-03-30', 'dpd', 'benchmark', 'holdout', 'auc', 0.7), (9, '2026-03-31', 'forest-1', 'forest', 'holdout', 'auc', 0.79);
INSERT INTO creditwatch.documents_rows (run, as_of, customer_id, document_id, transaction_id, kind, occurred_on, due_on, amount, currency, known_from) VALUES
    (9, '2026-03-31', 'C2', 'K1', 'K1b', 'invoice', '2026-01-01', '2026-05-01', 400, 'CNY', '2026-01-02 00:00:00'), (9, '2026-03-31', 'C2', 'K1', 'K1a', 'invoice', '2026-01-01', '2026-02-01', 600, 'CNY', '2026-01-02 00:00:00');
INSERT INTO creditwatch.allocations_rows (run, as_of, customer_id, invoice_id, source_id, kind, currency, amount, method, effective_on, known_at) VALUES
    (9, '2026-03-31', 'C2', 'K1', 'PK1', 'payment', 'CNY', 500, 'reference', '2026-02-10', '2026-02-10 00:00:00'), (9, '2026-03-31', 'C2', 'K1', 'PK2', 'payment', 'CNY', 200, 'reference', '2026-02-20', '2026-02-20 00:00:00');
INSERT INTO creditwatch.validations_rows (run, as_of, model_id, role, light, results, rows, mature, defaults, one_in, horizon_months, bounds_version) VALUES
    (9, '2026-03-31', 'scorecard-1', 'champion', 'amber', 60, 500, 400, 20, 1, 12, 'v1'), (9, '2026-03-31', 'forest-1', 'challenger', 'green', 3, 500, 400, 20, 1, 12, 'v1'), (7, '2026-03-30', 'scorecard-1', 'champion', 'green', 1, 1, 1, 1, 1, 12, 'v1');
INSERT INTO creditwatch.validation_results_rows (run, as_of, model_id, code, family, scope, name_en, name_zh, value, effect, n, d, light, weak, decided_on, bounds_version, text_en, text_zh)
SELECT 9, '2026-03-31', 'scorecard-1', concat('D', leftPad(toString(n % 30), 2, '0')), if(n % 2 = 0, 'discrimination', 'gate'), if(n < 30, 'book', concat('grade ', toString(n))), 'test', '检验', 0.7, 1.1, 400, 20,
    multiIf(n % 30 = 5, 'grey', n = 3, 'red', n IN (4, 6, 40), 'amber', n = 50, 'amber', 'green'), n = 50, '2026-03-31', 'v1', 'Not judged: needs 6 more defaults.', '未评定：还需 6 个违约。'
FROM (SELECT arrayJoin(range(0, 60)) AS n);
INSERT INTO creditwatch.validation_results_rows (run, as_of, model_id, code, family, scope, light, decided_on) VALUES (9, '2026-03-31', 'forest-1', 'D01', 'discrimination', 'book', 'red', '2026-03-31'), (7, '2026-03-30', 'scorecard-1', 'D01', 'discrimination', 'book', 'red', '2026-03-30');
INSERT INTO creditwatch.validation_findings_rows (run, as_of, finding_id, model_id, code, family, scope, name_en, name_zh, severity, light, status, opened_on, closed_on, owner, due_on, amount, text_en, text_zh) VALUES
    (9, '2026-03-31', 'a', 'scorecard-1', 'D03', 'gate', 'book', 'test', '检验', 3, 'red', 'open', '2026-03-31', NULL, 'model owner', '2026-04-02', 10, 'red one', '红'),
    (9, '2026-03-31', 'b', 'scorecard-1', 'D04', 'discrimination', 'book', 'test', '检验', 2, 'amber', 'open', '2026-03-31', NULL, 'model owner', '2026-04-02', 30, 'amber', '黄'),
    (9, '2026-03-31', 'c', 'scorecard-1', 'D06', 'discrimination', 'book', 'test', '检验', 2, 'amber', 'open', '2026-03-30', NULL, 'model owner', '2026-04-02', 20, 'amber', '黄'),
    (9, '2026-03-31', 'd', 'scorecard-1', 'D10', 'discrimination', 'grade 40', 'test', '检验', 2, 'amber', 'open', '2026-03-30', NULL, 'model owner', '2026-04-02', 20, 'amber', '黄'),
    (9, '2026-03-31', 'e', 'scorecard-1', 'D20', 'discrimination', 'grade 50', 'test', '检验', 1, 'amber', 'open', '2026-03-30', NULL, 'model owner', '2026-04-02', 20, 'weak', '弱'),
    (9, '2026-03-31', 'f', 'scorecard-1', 'D10', 'discrimination', 'grade 41', 'test', '检验', 2, 'grey', 'open', '2026-03-30', NULL, 'model owner', '2026-04-02', 20, 'was amber', '曾为黄'),
    (9, '2026-03-31', 'g', 'scorecard-1', 'D11', 'discrimination', 'book', 'test', '检验', 2, 'green', 'closed', '2026-03-30', '2026-03-31', 'model owner', '2026-04-02', 20, 'over', '已结束'),
    (7, '2026-03-30', 'g', 'scorecard-1', 'D11', 'discrimination', 'book', 'test', '检验', 2, 'amber', 'open', '2026-03-30', NULL, 'model owner', '2026-04-02', 20, 'amber', '黄');
INSERT INTO creditwatch.provisions_rows (run, as_of, customer_id, segment, method, open_base, matrix_base, model_base, probability_base, opening_base, new_base)
SELECT s.run, s.as_of, s.customer_id, '', if(s.n % 29 = 0, 'individual', 'matrix'), ifNull(o.open, 0), 5, s.expected_loss, s.expected_loss - 5, 4, 1
FROM (SELECT run, as_of, customer_id, toUInt32(substring(customer_id, 2)) AS n, expected_loss FROM creditwatch.scores_rows WHERE run = 9) AS s
LEFT JOIN (SELECT customer_id, sum(open_base) AS open FROM creditwatch.open_items_rows WHERE run = 9 GROUP BY customer_id) AS o ON o.customer_id = s.customer_id;
INSERT INTO creditwatch.provisions_rows (run, as_of, customer_id, method, open_base, matrix_base, model_base, probability_base, opening_base, new_base)
SELECT run, as_of, '', 'all', sum(open_base), sum(matrix_base), sum(model_base), sum(probability_base), sum(opening_base), sum(new_base) FROM creditwatch.provisions_rows GROUP BY run, as_of;
INSERT INTO creditwatch.roll_rates_rows (run, as_of, segment, from_bucket, to_bucket, months, invoices, balance_base, moved_base, rate, lifetime_loss, basis) VALUES
    (9, '2026-03-31', '', '1-30', 'paid', 12, 90, 1000, 800, 0.8, 0.02, 'own'), (9, '2026-03-31', '', '1-30', '31-60', 12, 90, 1000, 200, 0.2, 0.02, 'own'), (9, '2026-03-31', 'steel', '1-30', 'paid', 1, 1, 10, 10, 1, 0, 'book');
INSERT INTO creditwatch.dunning_rows (run, as_of, customer_id, document_id, due_on, days_past_due, currency, open_amount, open_base, state, reason, step, jumped_by, channel, owner, notify_insurer_by, claim_lapses_on)
SELECT 9, '2026-03-31', concat('C', toString(n)), concat('I', toString(n)), '2026-03-01', n, 'CNY', 100 + n, 100 + n, multiIf(n % 3 = 0, 'suppressed', n % 5 = 0, 'waiting', 'proposed'), if(n % 3 = 0, 'disputed', ''), if(n > 30, 'D+30', 'D+7'), if(n = 31, 'W2-07', ''), 'letter', 'sales', if(n = 40, toDate('2026-04-05'), NULL), if(n < 5, toDate('2026-05-01'), NULL)
FROM (SELECT arrayJoin(range(1, 61)) AS n);
INSERT INTO creditwatch.contract_findings_rows (run, as_of, customer_id, contract_id, code, severity, owner, amount_base, invoices, since, due_on, action, text_en, text_zh)
SELECT 9, '2026-03-31', if(n = 0, '', concat('C', toString(n))), if(n % 4 = 0, '', concat('K', toString(n))), multiIf(n = 0, 'rate_stale', n % 4 = 0, 'no_contract', n % 4 = 1, 'late_interest', 'contract_ends'), if(n % 4 = 0, 3, 1), 'sales', if(n = 0, 0, 100 + n), 1, if(n % 3 = 0, toDate('2026-03-31'), toDate('2026-03-30')), toDate('2026-04-01') + n % 40, 'REVIEW', concat('finding ', toString(n)), concat('问题 ', toString(n))
FROM (SELECT arrayJoin(range(0, 60)) AS n);
INSERT INTO creditwatch.contract_findings_rows (run, as_of, customer_id, contract_id, code, severity, amount_base, since, due_on) VALUES (7, '2026-03-30', 'C2', 'K2', 'contract_ends', 1, 5, '2026-03-30', '2026-04-03');
INSERT INTO creditwatch.late_interest_rows (run, as_of, customer_id, contract_id, document_id, invoiced_on, due_on, days_past_due, currency, open_amount, open_base, rule, rate, interest, interest_base)
SELECT 9, '2026-03-31', concat('C', toString(n)), concat('K', toString(n)), concat('I', toString(n)), '2026-01-30', '2026-03-01', 30, 'CNY', 5000, 5000, if(n % 8 = 1, 'contract', 'CN-802'), 0.1, 100 + n, 100 + n
FROM (SELECT arrayJoin(range(0, 60)) AS n)
WHERE n % 4 = 1;
INSERT INTO creditwatch.reconciliation_rows (run, as_of, customer_id, currency, invoices, subledger, subledger_base, rounding_base, ledger_customers, ledger, ledger_difference, ledger_state, control_state, confirmed_state, due_judged, due_wrong)
SELECT 9, '2026-03-31', customer, money, sum(x), sum(x), sum(open_base) - 1, 1, 2, if(money = 'USD', NULL, toDecimal64(7, 4)), if(money = 'USD', NULL, toDecimal64(-0.1, 4)), 'none', 'none', 'none', 3, if(money = 'CNY', 1, 0) + if(money = '', 1, 0)
FROM
(
    SELECT if(level = 1, customer_id, '') AS customer, if(level = 3, '', toString(currency)) AS money, if(level = 3, open_base, open_amount) AS x, open_base, arrayJoin([1, 2, 3]) AS level
    FROM creditwatch.open_items_rows
    WHERE run = 9
)
GROUP BY customer, money;
ALTER TABLE creditwatch.reconciliation_rows UPDATE subledger = subledger - 2, invoices = invoices - 2, subledger_base = subledger_base - 1, rounding_base = 2 WHERE customer_id = '' AND currency = '' SETTINGS mutations_sync = 1;
INSERT INTO creditwatch.reconciliation_items_rows (run, as_of, customer_id, currency, kind, document_id, dated_on, age_days, amount, amount_base, is_late, action, text_en, text_zh)
SELECT 9, '2026-03-31', concat('C', toString(n)), 'CNY', if(n % 2 = 0, 'unapplied_cash', 'due_late'), concat('P', toString(n)), '2026-03-01', 30 + n, if(n % 2 = 0, -n, n), if(n % 2 = 0, -n, n), n > 10, if(n % 2 = 0, 'APPLY', 'BILL'), concat('leaves ', toString(n)), '余'
FROM (SELECT arrayJoin(range(1, 41)) AS n);
