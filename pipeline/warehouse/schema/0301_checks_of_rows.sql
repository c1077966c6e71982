-- What a check is worth and how many rows break it
ALTER TABLE creditwatch.checks_rows
    ADD COLUMN IF NOT EXISTS source LowCardinality(String) COMMENT 'source of the configuration that the check is about; empty: the night as a whole',
    ADD COLUMN IF NOT EXISTS severity LowCardinality(String) COMMENT 'what follows when the check fails: warn or stop (nothing is published); empty in nights before there were contracts',
    ADD COLUMN IF NOT EXISTS rows_judged Nullable(UInt64) COMMENT 'of checks on rows: rows looked at',
    ADD COLUMN IF NOT EXISTS rows_broken Nullable(UInt64) COMMENT 'of checks on rows: rows that break the rule',
    ADD COLUMN IF NOT EXISTS share Nullable(Float64) COMMENT 'rows_broken by rows_judged',
    ADD COLUMN IF NOT EXISTS example String COMMENT 'where the first row that breaks the rule stands, as file:line; never what it says'
