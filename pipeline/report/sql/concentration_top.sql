-- concentration_top: the share of the book that the largest names hold together.
-- Grain: one row per number of names.
SELECT name AS count, exposure_base AS exposure, share AS part, max_share, is_breach
FROM creditwatch.concentration_rows
WHERE run = {run:UInt64} AND dimension = 'top'
ORDER BY toUInt32OrZero(name), name
