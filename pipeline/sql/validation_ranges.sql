-- validation_ranges: values of tonight's features that are not natural: no number, infinite, or outside what the unit allows.
-- Grain: one row.
SELECT toUInt64(/*counts*/) AS unnatural
FROM creditwatch.features_rows
WHERE run = {run:UInt64}
