-- concentration_breaches: what is above the share that the policy allows, the largest excess first; at most 12.
-- Grain: one row per part of the book.
SELECT dimension, name, exposure_base AS exposure, share AS part, max_share, effective_names AS names, text_en, text_zh
FROM creditwatch.concentration_rows
WHERE run = {run:UInt64} AND is_breach
ORDER BY part - ifNull(max_share, 0) DESC, dimension, rank
LIMIT 12
