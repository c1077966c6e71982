-- Business days and holidays; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.calendar
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT day, is_business, name, as_of, source, file, line, known_at
FROM creditwatch.calendar_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Business days and holidays; published rows of all nights'
