-- Run 8 is an attempt at 2026-03-31 that was never published.
INSERT INTO creditwatch.scores_rows (run, as_of, customer_id, pd_12m, grade, ead, lgd, expected_loss) VALUES (8, '2026-03-31', 'C1', 0.9, 'B', 99999, 0.45, 9999);
INSERT INTO creditwatch.customers_rows (customer_id, name, insured_limit, run, as_of, source, file, line, known_at) VALUES ('C1', 'Stray', 5, 8, '2026-03-31', 'customers', 'e.csv', 1, '2026-03-31 02:00:00');
INSERT INTO creditwatch.fx_rates_rows (currency, valid_on, rate, run, as_of, source, file, line, known_at) VALUES ('USD', '2026-03-31', 1, 8, '2026-03-31', 'fx', 'fx.csv', 1, '2026-03-31 02:00:00');
INSERT INTO creditwatch.model_metrics_rows (run, as_of, model_id, learner, sample, metric, value) VALUES (8, '2026-03-31', 'scorecard-1', 'scorecard', 'holdout', 'auc', 0.1);
