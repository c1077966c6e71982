-- publications_before: the nights that readers saw when a run was published, that of the run itself included.
-- Grain: one row per date.
SELECT p.as_of AS as_of, argMax(p.run, (fence, p.run)) AS run, argMax(p.code, (fence, p.run)) AS code, argMax(p.policy_hash, (fence, p.run)) AS policy_hash
FROM creditwatch.publications AS p
WHERE p.run <= {run:UInt64}
GROUP BY p.as_of
ORDER BY p.as_of
