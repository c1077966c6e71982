-- The run that readers see of each published date: the highest fence, then the highest run, wins.
CREATE OR REPLACE VIEW creditwatch.live_runs
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, argMax(run, (fence, run)) AS run
FROM creditwatch.publications
GROUP BY as_of
