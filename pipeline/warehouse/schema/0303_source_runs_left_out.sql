-- Rows left out on purpose are no rejects
ALTER TABLE creditwatch.source_runs_rows
    ADD COLUMN IF NOT EXISTS left_out UInt64 COMMENT 'of the rejected: rows that where or from of the configuration leaves out; 0 in nights before it was kept' AFTER rejected
