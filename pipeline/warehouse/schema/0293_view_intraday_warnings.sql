-- What the running day adds to the warnings of the last night: of behaviour and of news, new or graver; empty once the night of the day is published
CREATE OR REPLACE VIEW creditwatch.intraday_warnings
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT w.as_of AS as_of, i.cut AS known_until, w.customer_id AS customer_id, w.code AS code, w.tier AS tier, w.severity AS severity, b.severity AS severity_last_night, w.owner AS owner, w.action AS action,
    w.due_on AS due_on, w.value AS value, w.evidence AS evidence, w.text_en AS text_en, w.text_zh AS text_zh
FROM creditwatch.warnings_rows AS w
INNER JOIN (SELECT max(t.run) AS run, argMax(t.cut, t.run) AS cut FROM creditwatch.intraday AS t) AS i ON i.run = w.run
LEFT JOIN
(
    SELECT customer_id, code, toNullable(max(severity)) AS severity
    FROM creditwatch.warnings_rows
    WHERE run = (SELECT argMax(run, as_of) FROM creditwatch.live_runs) AND state = 'open'
    GROUP BY customer_id, code
) AS b ON b.customer_id = w.customer_id AND b.code = w.code
WHERE w.as_of > (SELECT max(as_of) FROM creditwatch.live_runs)
  AND w.tier IN (2, 3) AND w.state = 'open' AND w.suppressed_by = '' AND w.snoozed_until IS NULL
  AND (b.severity IS NULL OR b.severity < w.severity)
COMMENT 'What the running day adds to the warnings of the last night: of behaviour and of news, new or graver; empty once the night of the day is published'
