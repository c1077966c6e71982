-- concentration: how concentrated the book is by every dimension, with its largest part.
-- Grain: one row per dimension.
SELECT
    dimension,
    maxIf(customers, rank = 0)           AS count,
    sumIf(exposure_base, rank = 0)       AS exposure,
    anyIf(hhi, rank = 0)                 AS hhi_of,
    anyIf(effective_names, rank = 0)     AS names,
    anyIf(name, rank = 1)                AS largest,
    anyIf(share, rank = 1)               AS largest_share,
    sumIf(exposure_base, rank > 0)       AS parts,
    countIf(is_breach)                   AS breaches
FROM creditwatch.concentration_rows
WHERE run = {run:UInt64} AND dimension != 'top'
GROUP BY dimension
ORDER BY indexOf(['book', 'customer', 'group', 'industry', 'region', 'country', 'cover', 'currency'], toString(dimension)), dimension
