-- track_record_kept: whether the warehouse keeps a track record of the warnings.
-- Grain: one row if it does, none if it does not.
SELECT name
FROM system.tables
WHERE database = 'creditwatch' AND name = 'warning_track_record_rows'
