-- snapshot_rows: how many training rows there are, before sampling.
-- Grain: one row.
SELECT count() AS n
FROM creditwatch.snapshots_rows
WHERE fingerprint = {fingerprint:UInt64} AND as_of >= {from:Date} AND as_of <= {until:Date}
  AND (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of != {night:Date}))
