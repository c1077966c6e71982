-- snapshots_built: training snapshots that published nights, or an earlier attempt of this one, have built with this catalogue.
-- Grain: one row per snapshot date.
SELECT DISTINCT as_of
FROM creditwatch.snapshots_rows
WHERE fingerprint = {fingerprint:UInt64} AND run IN (SELECT run FROM creditwatch.live_runs WHERE as_of != {night:Date})
ORDER BY as_of
