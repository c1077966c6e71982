-- credit_file: everything known about one customer as of a published night; what is wrong with its contracts comes from a view of its own.
-- Grain: one row per section and line of the file.
SELECT section, seq, item_en, item_zh, value, amount, text_en, text_zh, source_view
FROM
(
    SELECT section, seq, item_en, item_zh, value, amount, text_en, text_zh, source_view
    FROM creditwatch.credit_file
    WHERE customer_id = {customer:String} AND as_of = {as_of:Date}
    UNION ALL
    SELECT
        'findings', toUInt32(row_number() OVER (ORDER BY due_on, f.severity DESC, contract_id, code)),
        toString(code), toString(code),
        toString(f.action), CAST(amount_base, 'Nullable(Decimal(38, 4))'), concat('S', toString(f.severity), if(contract_id = '', '', concat(' · contract ', contract_id)), ' · ', f.text_en, ' · ', owner, ', due ', toString(due_on)),
        concat('S', toString(f.severity), if(contract_id = '', '', concat(' · 合同 ', contract_id)), ' · ', f.text_zh, ' · ', owner, '，期限 ', toString(due_on)), 'contract_findings'
    FROM creditwatch.contract_findings AS f
    WHERE customer_id = {customer:String} AND as_of = {as_of:Date}
)
ORDER BY section, seq, source_view, item_en
