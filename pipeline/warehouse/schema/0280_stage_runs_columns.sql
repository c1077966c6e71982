-- What the checksum of a stage was taken over, so that it can be taken again when the tables have grown
ALTER TABLE creditwatch.stage_runs
    ADD COLUMN IF NOT EXISTS columns String COMMENT 'tables and columns behind the checksum, in order: table:column,column;table:column; empty for stages kept before this was written' AFTER checksum
