-- dunning_deadlines: last safe days that are near: the insurer within 14 days, the limitation of claims within 90.
-- Grain: one row.
SELECT
    countIf(notify_insurer_by BETWEEN {as_of:Date} AND {as_of:Date} + 14)               AS insurer,
    sumIf(open_base, notify_insurer_by BETWEEN {as_of:Date} AND {as_of:Date} + 14)      AS insurer_open,
    minOrNullIf(notify_insurer_by, notify_insurer_by BETWEEN {as_of:Date} AND {as_of:Date} + 14) AS insurer_first,
    countIf(claim_lapses_on BETWEEN {as_of:Date} AND {as_of:Date} + 90)                 AS lapsing,
    sumIf(open_base, claim_lapses_on BETWEEN {as_of:Date} AND {as_of:Date} + 90)        AS lapsing_open,
    minOrNullIf(claim_lapses_on, claim_lapses_on BETWEEN {as_of:Date} AND {as_of:Date} + 90)     AS lapsing_first
FROM creditwatch.dunning_rows
WHERE run = {run:UInt64} AND open_base > 0
