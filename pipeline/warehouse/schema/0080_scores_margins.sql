-- The prudent PD and the three margins that lead to it from the best estimate
ALTER TABLE creditwatch.scores_rows
    ADD COLUMN IF NOT EXISTS pd_prudent     Nullable(Float64) COMMENT 'pd_12m and the three margins of conservatism: for limits and triggers' AFTER pd_hi,
    ADD COLUMN IF NOT EXISTS moc_data       Nullable(Float64) COMMENT 'margin A: inputs that usually are there are missing or outdated; share of 1, added to pd_12m' AFTER pd_prudent,
    ADD COLUMN IF NOT EXISTS moc_change     Nullable(Float64) COMMENT 'margin B: levels move from year to year, and the book is no longer the one calibrated on' AFTER moc_data,
    ADD COLUMN IF NOT EXISTS moc_estimation Nullable(Float64) COMMENT 'margin C: the sample that calibrated was small, or had few defaults' AFTER moc_change
