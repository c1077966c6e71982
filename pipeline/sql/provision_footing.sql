-- provision_footing: what of the provisions does not agree with the open items, the losses, or itself.
-- Grain: one row per disagreement; none is the right answer.
SELECT what, name, left, right
FROM
(
    SELECT 'open items by currency and bucket' AS what, concat(currency, ' ', bucket) AS name, toString((p.open, p.open_base)) AS left, toString((o.open, o.open_base)) AS right
    FROM (SELECT currency, bucket, sum(i.open_amount) AS open, sum(i.open_base) AS open_base FROM creditwatch.open_items_rows AS i WHERE run = {run:UInt64} GROUP BY currency, bucket HAVING open != 0) AS o
    FULL OUTER JOIN (SELECT currency, bucket, sum(i.open_amount) AS open, sum(i.open_base) AS open_base FROM creditwatch.provision_items_rows AS i WHERE run = {run:UInt64} GROUP BY currency, bucket) AS p
        ON p.currency = o.currency AND p.bucket = o.bucket
    WHERE p.open != o.open OR p.open_base != o.open_base
    UNION ALL
    SELECT 'customer', customer_id, toString((p.open, p.provision)), toString((i.open, i.provision))
    FROM (SELECT customer_id, sum(v.open_base) AS open, sum(v.provision_base) AS provision FROM creditwatch.provision_items_rows AS v WHERE run = {run:UInt64} GROUP BY customer_id) AS i
    FULL OUTER JOIN (SELECT customer_id, sum(open_base) AS open, sum(matrix_base) AS provision FROM creditwatch.provisions_rows WHERE run = {run:UInt64} AND customer_id != '' GROUP BY customer_id) AS p ON p.customer_id = i.customer_id
    WHERE p.open != i.open OR p.provision != i.provision
    UNION ALL
    SELECT 'model', customer_id, toString(p.model), toString(l.model)
    FROM (SELECT customer_id, expected_loss AS model FROM creditwatch.losses_rows WHERE run = {run:UInt64}) AS l
    FULL OUTER JOIN (SELECT customer_id, model_base AS model FROM creditwatch.provisions_rows WHERE run = {run:UInt64} AND customer_id != '') AS p ON p.customer_id = l.customer_id
    WHERE p.model != l.model
    UNION ALL
    SELECT 'parts', customer_id, toString((matrix_base, model_base - matrix_base)),
           toString((opening_base + new_base + released_base + written_off_base + fx_base, exposure_base + cover_base + severity_base + probability_base + unscored_base))
    FROM creditwatch.provisions_rows
    WHERE run = {run:UInt64}
      AND (matrix_base != opening_base + new_base + released_base + written_off_base + fx_base
        OR model_base - matrix_base != exposure_base + cover_base + severity_base + probability_base + unscored_base)
    UNION ALL
    SELECT 'book', '', toString((b.open, b.matrix, b.model, b.opening)), toString((c.open, c.matrix, c.model, c.opening))
    FROM (SELECT sum(open_base) AS open, sum(matrix_base) AS matrix, sum(model_base) AS model, sum(opening_base) AS opening FROM creditwatch.provisions_rows WHERE run = {run:UInt64} AND customer_id = '') AS b
    CROSS JOIN (SELECT sum(open_base) AS open, sum(matrix_base) AS matrix, sum(model_base) AS model, sum(opening_base) AS opening FROM creditwatch.provisions_rows WHERE run = {run:UInt64} AND customer_id != '') AS c
    WHERE b.open != c.open OR b.matrix != c.matrix OR b.model != c.model OR b.opening != c.opening
    UNION ALL
    SELECT 'opening and closing of the last night', '', toString(b.opening), toString(v.closing)
    FROM (SELECT sum(opening_base) AS opening FROM creditwatch.provisions_rows WHERE run = {run:UInt64} AND customer_id = '') AS b
    CROSS JOIN
    (
        SELECT sumIf(matrix_base, (customer_id = '') != is_erased) AS closing -- of a book from which a customer was erased since, the sum of those who are left
        FROM creditwatch.provisions_rows
        CROSS JOIN (SELECT count() > 0 AS is_erased FROM creditwatch.erasure_changes WHERE run = {previous:UInt64} AND stage = 'decide' AND rows_removed > 0) AS e
        WHERE run = {previous:UInt64}
    ) AS v
    WHERE b.opening != v.closing
)
ORDER BY what, name
LIMIT 5
