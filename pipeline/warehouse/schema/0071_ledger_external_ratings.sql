-- Ratings and scores of agencies as a night sees them: known before the cut, of the runs that count for it: its own and the published runs of other dates.
CREATE OR REPLACE VIEW creditwatch.ledger_external_ratings
AS SELECT customer_id, agency, scale, grade, score, pd, recommended_limit, outlook, rated_on, run, source, file, line, row_hash, known_at
FROM creditwatch.external_ratings_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND run IN {runs:Array(UInt64)}
