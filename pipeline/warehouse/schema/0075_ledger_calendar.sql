-- Business days and holidays as a night sees them: known before the cut, of the runs that count for it: its own and the published runs of other dates.
CREATE OR REPLACE VIEW creditwatch.ledger_calendar
AS SELECT day, is_business, name, run, source, file, line, row_hash, known_at
FROM creditwatch.calendar_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND run IN {runs:Array(UInt64)}
