-- warn_outcomes: what became, within a year, of the customers scored one to five years ago, of cells with enough defaults to learn from.
-- Grain: one row per customer and year; the years do not overlap, so that no default counts twice.
WITH
    nights AS
    (
        SELECT years, argMax(run, as_of) AS scored_by, max(as_of) AS scored_on
        FROM (SELECT run, as_of, arrayJoin(range(1, 6)) AS years FROM creditwatch.live_runs WHERE as_of < {night:Date})
        WHERE as_of <= addMonths({night:Date}, -12 * years) AND as_of > addMonths({night:Date}, -12 * years) - 31
        GROUP BY years
    ),
    failures AS
    (
        SELECT customer_id, occurred_on
        FROM creditwatch.default_events_rows
        WHERE run = {run:UInt64} AND event = 'default' AND known_at < {known_by:DateTime64(3)}
        UNION ALL
        SELECT customer_id, occurred_on
        FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE event IN ('default', 'insolvency')
    ),
    told AS
    (
        SELECT n.years AS years, s.customer_id AS customer_id, any(assumeNotNull(s.pd_12m)) AS pd, max(toFloat64(ifNull(f.occurred_on > n.scored_on AND f.occurred_on <= addMonths(n.scored_on, 12), 0))) AS failed
        FROM creditwatch.scores_rows AS s
        INNER JOIN nights AS n ON n.scored_by = s.run
        LEFT JOIN failures AS f ON f.customer_id = s.customer_id
        WHERE s.run IN (SELECT scored_by FROM nights) AND s.pd_12m < 1
        GROUP BY n.years, s.customer_id
    )
SELECT industry, size_class, region, pd AS pd_12m, failed AS defaulted
FROM
(
    SELECT toString(c.industry) AS industry, toString(c.size_class) AS size_class, toString(c.region) AS region, t.customer_id AS customer_id, t.years AS years, t.pd AS pd, t.failed AS failed,
           sum(t.failed) OVER (PARTITION BY c.industry, c.size_class, c.region) AS defaults
    FROM told AS t
    INNER JOIN
    (
        SELECT customer_id, industry, size_class, region
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id
    ) AS c ON c.customer_id = t.customer_id
)
WHERE defaults >= {min_defaults:Float64}
ORDER BY customer_id, years
SETTINGS output_format_arrow_low_cardinality_as_dictionary = 0
