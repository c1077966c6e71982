-- publications_before: the nights that readers saw when a run was published, that of the run itself included.
-- Grain: one row per date.
SELECT as_of, argMax(run, (fence, run)) AS run, argMax(code, (fence, run)) AS code, argMax(policy_hash, (fence, run)) AS policy_hash
FROM creditwatch.publications
WHERE run <= {run:UInt64}
GROUP BY as_of
ORDER BY as_of
