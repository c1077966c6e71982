-- losses: from what is owed to what is expected to be lost, over all customers.
-- Grain: one row.
SELECT
    count()                     AS customers,
    sum(open_base)              AS open,
    sum(shipped_base)           AS shipped,
    sum(orders_base)            AS orders,
    sum(ordered_base)           AS ordered,
    sum(unapplied_base)         AS unapplied,
    sum(total_base)             AS total,
    sum(covered_base)           AS covered,
    sum(ead)                    AS exposure,
    sum(uninsured_base)         AS uninsured,
    sum(expected_loss)          AS expected_loss,
    sum(uninsured_loss)         AS uninsured_loss,
    sum(prudent_loss)           AS prudent_loss,
    countIf(secured_base > 0 OR insured_base > 0) AS covered_customers,
    sumIf(covered_base, cover_until < {as_of:Date} + 90) AS covered_to_end
FROM creditwatch.losses_rows
WHERE run = {run:UInt64}
