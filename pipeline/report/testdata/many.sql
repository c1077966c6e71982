-- Run 13 has 50 000 warnings with long evidence.
INSERT INTO creditwatch.warnings_rows (run, as_of, episode_id, customer_id, code, tier, severity, state, first_seen, last_seen, owner, action, due_on, evidence, text_en, text_zh)
SELECT 13, '2026-03-31', concat('M', toString(number)), concat('C', toString(number)), 'W2-02', 2, 3 + number % 2, 'open', '2026-03-31', '2026-03-31', 'legal', 'HOLD', '2026-04-02', repeat('evidence ', 100), repeat('text ', 50), repeat('文', 200)
FROM numbers(50000);
