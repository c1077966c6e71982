-- rule_volume: rows that each source read this night, and the median of its published nights of the same weekday in the 28 days before:
-- companies that rest on Sundays deliver nothing then.
-- Grain: one row per source of the night.
SELECT source, sumIf(read, run = {run:UInt64}) AS tonight, sumIf(accepted, run = {run:UInt64}) AS accepted, countIf(run != {run:UInt64}) AS nights,
    if(nights = 0, NULL, quantileExactInclusiveIf(0.5)(read, run != {run:UInt64})) AS median
FROM creditwatch.source_runs_rows
WHERE run IN {runs:Array(UInt64)} AND (run = {run:UInt64} OR as_of >= {as_of:Date} - 28 AND as_of < {as_of:Date} AND toDayOfWeek(as_of) = toDayOfWeek({as_of:Date}))
GROUP BY source
HAVING countIf(run = {run:UInt64}) > 0
ORDER BY source
