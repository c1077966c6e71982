-- Rules that could not be judged, with the number of customers; every published night
CREATE OR REPLACE VIEW creditwatch.unjudged
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, code, reads, customers, judged
FROM creditwatch.unjudged_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Rules that could not be judged, with the number of customers; every published night'
