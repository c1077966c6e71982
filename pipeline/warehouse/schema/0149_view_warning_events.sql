-- What happened to warnings: one row per event; every published night
CREATE OR REPLACE VIEW creditwatch.warning_events
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, code, episode_id, seq, event, severity, old_value, new_value, entered_by, reason, entry_id, text_en, text_zh
FROM creditwatch.warning_events_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What happened to warnings: one row per event; every published night'
