-- contract_footing: what of the contract findings does not agree with the invoices, the losses, the dunning, or itself.
-- Grain: one row per disagreement; none is the right answer.
SELECT what, name, left, right
FROM
(
    SELECT 'interest of the findings and of the invoices' AS what, '' AS name, toString(f.amount) AS left, toString(i.amount) AS right
    FROM (SELECT sum(amount_base) AS amount FROM creditwatch.contract_findings_rows WHERE run = {run:UInt64} AND code = 'late_interest') AS f
    CROSS JOIN (SELECT sum(interest_base) AS amount FROM creditwatch.late_interest_rows WHERE run = {run:UInt64}) AS i
    WHERE f.amount != i.amount
    UNION ALL
    SELECT 'invoices past due', currency, toString((i.invoices, i.open, i.base)), toString((o.invoices, o.open, o.base))
    FROM (SELECT toString(v.currency) AS currency, count() AS invoices, sum(open_amount) AS open, sum(v.open_base) AS base FROM creditwatch.late_interest_rows AS v WHERE run = {run:UInt64} GROUP BY currency) AS i
    FULL OUTER JOIN
    (
        SELECT toString(v.currency) AS currency, count() AS invoices, sum(open_amount) AS open, sum(v.open_base) AS base
        FROM creditwatch.open_items_rows AS v
        WHERE run = {run:UInt64} AND kind = 'invoice' AND due_on < {as_of:Date} AND open_amount > 0
          AND customer_id IN (SELECT customer_id FROM creditwatch.losses_rows WHERE run = {run:UInt64})
        GROUP BY currency
    ) AS o ON o.currency = i.currency
    WHERE i.invoices IS DISTINCT FROM o.invoices OR i.open IS DISTINCT FROM o.open OR i.base IS DISTINCT FROM o.base
    UNION ALL
    SELECT 'interest of dunning', document_id, toString((v.interest, v.rule)), toString((d.interest, d.rule))
    FROM (SELECT customer_id, document_id, due_on, toString(x.currency) AS currency, sum(x.interest) AS interest, min(toString(x.rule)) AS rule FROM creditwatch.late_interest_rows AS x WHERE run = {run:UInt64} GROUP BY customer_id, document_id, due_on, currency) AS v
    INNER JOIN (SELECT customer_id, document_id, due_on, toString(x.currency) AS currency, sum(x.interest) AS interest, min(toString(interest_rule)) AS rule FROM creditwatch.dunning_rows AS x WHERE run = {run:UInt64} AND interest_rule != '' GROUP BY customer_id, document_id, due_on, currency) AS d
        ON d.customer_id = v.customer_id AND d.document_id = v.document_id AND d.due_on = v.due_on AND d.currency = v.currency
    WHERE v.interest != d.interest OR v.rule != d.rule
    UNION ALL
    SELECT 'exposure and its cover', f.customer_id, toString((f.covered_base, f.uncovered_base, f.amount_base)), toString(l.total_base)
    FROM (SELECT customer_id, amount_base, exposure_base, covered_base, uncovered_base FROM creditwatch.contract_findings_rows WHERE run = {run:UInt64} AND exposure_base IS NOT NULL) AS f
    LEFT JOIN (SELECT customer_id, total_base FROM creditwatch.losses_rows WHERE run = {run:UInt64}) AS l ON l.customer_id = f.customer_id
    WHERE f.exposure_base IS DISTINCT FROM l.total_base OR ifNull(f.covered_base + f.uncovered_base != f.exposure_base, 1) OR ifNull(f.amount_base > f.uncovered_base, 1)
)
ORDER BY what, name
LIMIT 5
