-- credit_file: everything known about one customer as of a published night.
-- Grain: one row per section and line of the file.
SELECT section, seq, item_en, item_zh, value, amount, text_en, text_zh, source_view
FROM creditwatch.credit_file
WHERE customer_id = {customer:String} AND as_of = {as_of:Date}
ORDER BY section, seq, source_view, item_en
