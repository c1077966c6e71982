-- margin: the sales of a year, for the gross margin that a reverse stress eats.
-- Grain: one row. Summed as decimals, so that the order of the rows does not show.
SELECT toFloat64(sum(toDecimal128(round(ifNull(sales_365d, 0), 4), 4))) AS sales
FROM creditwatch.features_rows
WHERE run = {run:UInt64}
