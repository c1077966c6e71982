-- provision_customers: what is provided for customers by their own figures and by the matrix; both sum up to the book.
-- Grain: one row per method.
SELECT method, count() AS customers, sum(open_base) AS open, sum(matrix_base) AS matrix, sum(model_base) AS model
FROM creditwatch.provisions_rows
WHERE run = {run:UInt64} AND customer_id != ''
GROUP BY method
ORDER BY indexOf(['individual', 'matrix', 'none'], toString(method)), method
