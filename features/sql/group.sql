-- group: how the customer's corporate family pays; the customer itself is left out.
-- Grain: one row per customer that has a parent or is one.
WITH
    members AS
    (
        SELECT customer_id, parent_id AS parent
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id
    ),
    families AS
    (
        SELECT customer_id, if(parent != '', parent, customer_id) AS family
        FROM members
        WHERE parent != '' OR customer_id IN (SELECT parent FROM members WHERE parent != '')
    ),
    own AS
    (
        SELECT customer_id, sum(open) AS open_base, sumIf(open, days_late > 0) AS overdue_base
        FROM creditwatch.invoice_states_rows
        WHERE run = {run:UInt64} AND as_of = {as_of:Date} AND settled_on IS NULL AND open > 0
        GROUP BY customer_id
    ),
    failed AS
    (
        SELECT DISTINCT customer_id, 1 AS has_failed
        FROM
        (
            SELECT customer_id FROM creditwatch.default_events_rows
            WHERE run = {run:UInt64} AND event = 'default' AND known_at < {known_by:DateTime64(3)} AND occurred_on <= {as_of:Date} AND occurred_on > {as_of:Date} - 365
            UNION ALL
            SELECT customer_id FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE event IN ('default', 'insolvency') AND occurred_on <= {as_of:Date} AND occurred_on > {as_of:Date} - 365
        )
    )
SELECT
    customer_id,
    members - 1                                                                                AS group_relatives_count,
    if(family_open - own_open > 0, toFloat64(family_overdue - own_overdue) / toFloat64(family_open - own_open), NULL) AS group_overdue_share,
    family_failed - own_failed                                                                 AS group_defaults_365d
FROM
(
    SELECT
        f.customer_id AS customer_id,
        ifNull(o.open_base, 0) AS own_open, ifNull(o.overdue_base, 0) AS own_overdue, ifNull(x.has_failed, 0) AS own_failed,
        count() OVER (PARTITION BY f.family) AS members,
        sum(own_open) OVER (PARTITION BY f.family) AS family_open, sum(own_overdue) OVER (PARTITION BY f.family) AS family_overdue, sum(own_failed) OVER (PARTITION BY f.family) AS family_failed
    FROM families AS f
    LEFT JOIN own AS o ON o.customer_id = f.customer_id
    LEFT JOIN failed AS x ON x.customer_id = f.customer_id
)
