-- peers: how the customer's industry and region fare; the customer itself is left out of its own peers.
-- Grain: one row per customer with an industry.
WITH
    members AS
    (
        SELECT customer_id, industry, region
        FROM
        (
            SELECT customer_id, industry, region
            FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
            LIMIT 1 BY customer_id
        )
        WHERE industry != ''
    ),
    own AS
    (
        SELECT customer_id, sum(open) AS open_base, sumIf(open, days_late > 0) AS overdue_base
        FROM creditwatch.invoice_states_rows
        WHERE run = {run:UInt64} AND as_of = {as_of:Date} AND settled_on IS NULL AND open > 0
        GROUP BY customer_id
    ),
    bad AS
    (
        SELECT customer_id, countIf(severity >= 2) AS bad_news
        FROM
        (
            SELECT customer_id, story_id, max(n.severity) AS severity
            FROM creditwatch.news_events_rows AS n
            WHERE run = {run:UInt64} AND n.known_at < {known_by:DateTime64(3)} AND n.occurred_on <= {as_of:Date} AND n.occurred_on > {as_of:Date} - 180 AND polarity = 'affirmed' AND role = 'subject' AND code != 'POSIT'
            GROUP BY customer_id, story_id
        )
        GROUP BY customer_id
    )
SELECT
    customer_id,
    if(industry_open - own_open > 0, toFloat64(industry_overdue - own_overdue) / toFloat64(industry_open - own_open), NULL) AS industry_overdue_share,
    if(region_open - own_open > 0, toFloat64(region_overdue - own_overdue) / toFloat64(region_open - own_open), NULL)       AS region_overdue_share,
    if(industry_members > 1, (industry_news - own_news) / (industry_members - 1), NULL)                   AS industry_bad_news_180d
FROM
(
    SELECT
        m.customer_id AS customer_id,
        ifNull(o.open_base, 0) AS own_open, ifNull(o.overdue_base, 0) AS own_overdue, ifNull(b.bad_news, 0) AS own_news,
        sum(own_open) OVER (PARTITION BY m.industry) AS industry_open, sum(own_overdue) OVER (PARTITION BY m.industry) AS industry_overdue,
        sum(own_open) OVER (PARTITION BY m.region) AS region_open, sum(own_overdue) OVER (PARTITION BY m.region) AS region_overdue,
        sum(own_news) OVER (PARTITION BY m.industry) AS industry_news, count() OVER (PARTITION BY m.industry) AS industry_members
    FROM members AS m
    LEFT JOIN own AS o ON o.customer_id = m.customer_id
    LEFT JOIN bad AS b ON b.customer_id = m.customer_id
)
