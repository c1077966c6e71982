-- validation_defaults: defaults of the last year, whether a night was published before each, and whether that night had a score of the customer.
-- Grain: one row. Unexplained: the customer was eligible that night and has neither a score nor a note that says why.
SELECT
    count()                                                     AS defaults,
    countIf(NOT ifNull(is_rated, false))                        AS unrated,
    countIf(ifNull(is_missed, false))                           AS unexplained
FROM
(
    SELECT d.customer_id AS customer_id, d.occurred_on AS occurred_on, s.pd_12m IS NOT NULL AS is_rated, s.customer_id != '' AND s.pd_12m IS NULL AND s.note = '' AS is_missed
    FROM
    (
        SELECT e.customer_id AS customer_id, e.occurred_on AS occurred_on, n.run AS run
        FROM
        (
            SELECT DISTINCT customer_id, occurred_on
            FROM
            (
                SELECT customer_id, occurred_on
                FROM creditwatch.default_events_rows
                WHERE run = {run:UInt64} AND event = 'default' AND {from_ledger:Bool}
                UNION ALL
                SELECT customer_id, occurred_on
                FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
                WHERE event IN (SELECT arrayJoin(splitByChar(',', {from_outcomes:String})))
            )
            WHERE occurred_on > addMonths({night:Date}, -12) AND occurred_on <= {night:Date}
        ) AS e
        ASOF INNER JOIN (SELECT as_of, run, 1 AS one FROM creditwatch.live_runs WHERE as_of < {night:Date}) AS n ON n.one = toUInt8(notEmpty(e.customer_id)) AND n.as_of < e.occurred_on
    ) AS d
    LEFT JOIN
    (
        SELECT run, customer_id, pd_12m, note FROM creditwatch.scores_rows WHERE run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {night:Date})
    ) AS s ON s.run = d.run AND s.customer_id = d.customer_id
)
