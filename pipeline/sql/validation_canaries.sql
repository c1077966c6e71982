-- validation_canaries: planted rows, and those of them that a reader with the cut of the night sees: none, or the views of the ledger leak.
-- Grain: one row.
SELECT
    (SELECT count() FROM creditwatch.ledger_interactions(known_by = {known_by:DateTime64(3)}, runs = {canaries:Array(UInt64)}))
    + (SELECT count() FROM creditwatch.ledger_external_ratings(known_by = {known_by:DateTime64(3)}, runs = {canaries:Array(UInt64)}))
    + (SELECT count() FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {canaries:Array(UInt64)})) AS seen,
    (SELECT count() FROM creditwatch.interactions_rows WHERE run = {canary:UInt64})
    + (SELECT count() FROM creditwatch.external_ratings_rows WHERE run = {canary:UInt64})
    + (SELECT count() FROM creditwatch.outcomes_rows WHERE run = {canary:UInt64}) AS planted
