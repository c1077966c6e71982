-- hold_totals: what the recommended holds would stop, avoid and cost; what may go on again.
-- Grain: one row per recommendation: hold, approve (deliver if the approver agrees), release.
SELECT
    recommend,
    count()                               AS customers,
    countIf(since = {as_of:Date})         AS fresh,
    countIf(loss_avoided IS NULL)         AS unknown,
    countIf(loss_avoided > margin_lost)   AS worth,
    countIf(bypass != '')                 AS bypassed,
    sum(exposure_base)                    AS exposure,
    sum(blocked_base)                     AS blocked,
    ifNull(sum(loss_avoided), 0)          AS avoided,
    ifNull(sum(margin_lost), 0)           AS margin
FROM creditwatch.holds_rows
WHERE run = {run:UInt64}
GROUP BY recommend
ORDER BY recommend
