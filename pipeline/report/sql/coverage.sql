-- coverage: how much of the expected loss somebody was in touch with, for the book and for each owner.
-- Grain: one row per scope and owner, the book first, then the owners with the largest untouched loss.
SELECT scope, owner, customers, exposure_base AS exposure, expected_loss, touched_customers, touched_loss, touched_share, visits_overdue, visits_overdue_loss
FROM creditwatch.coverage_rows
WHERE run = {run:UInt64}
ORDER BY scope != 'book', expected_loss - touched_loss DESC, owner
