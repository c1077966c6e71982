-- Which columns a file had, so that a change is seen
ALTER TABLE creditwatch.inputs_rows
    ADD COLUMN IF NOT EXISTS columns Array(String) COMMENT 'names in its header, in order; empty in nights before they were kept'
