-- review_totals: how many reviews are late, due soon and pulled forward, and what they stand for.
-- Grain: one row.
SELECT
    count()                                                              AS customers,
    countIf(overdue_days > 0)                                            AS overdue,
    sumIf(exposure_base, overdue_days > 0)                               AS overdue_exposure,
    sumIf(expected_loss, overdue_days > 0)                               AS overdue_loss,
    countIf(overdue_days = 0 AND due_on <= {as_of:Date} + 30)            AS soon,
    sumIf(expected_loss, overdue_days = 0 AND due_on <= {as_of:Date} + 30) AS soon_loss,
    countIf(pulled_by = 'critical_warning')                              AS critical,
    countIf(pulled_by = 'warning')                                       AS warned,
    countIf(pulled_by = 'limit_expired')                                 AS limit_expired,
    countIf(pulled_by = 'stale')                                         AS stale,
    countIf(due_on <= {as_of:Date} + 30 AND planned_on IS NULL)          AS unplanned
FROM creditwatch.reviews_rows
WHERE run = {run:UInt64}
