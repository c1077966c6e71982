-- The audit log: one row per act, each bound to the one before it by its hash
CREATE OR REPLACE VIEW creditwatch.audit
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT seq, at, actor, act, object, key, details, previous, hash
FROM creditwatch.audit_rows
COMMENT 'The audit log: one row per act, each bound to the one before it by its hash'
