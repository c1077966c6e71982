-- Files and feeds read by a run, so that a night can name its evidence; every published night
CREATE OR REPLACE VIEW creditwatch.inputs
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, source, file, size, sha256, encoding, rows, columns
FROM creditwatch.inputs_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Files and feeds read by a run, so that a night can name its evidence; every published night'
