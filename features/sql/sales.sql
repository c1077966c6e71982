-- sales: how much was invoiced, its trend and size; silence. Reporting currency.
-- Grain: one row per customer with an invoice.
SELECT
    customer_id,
    sumIf(amount, age < 90)                                                       AS sales_90d,
    sumIf(amount, age < 365)                                                      AS sales_365d,
    if(sales_365d > 0, sales_90d / (sales_365d * 90 / 365), NULL)                 AS sales_trend,
    if(sumIf(amount, age >= 365 AND age < 455) > 0, sales_90d / sumIf(amount, age >= 365 AND age < 455), NULL) AS sales_yoy_90d,
    countIf(age < 90)                                                             AS invoices_count_90d,
    countIf(age < 365)                                                            AS invoices_count_365d,
    if(invoices_count_365d > 0, sales_365d / invoices_count_365d, NULL)           AS invoice_mean_base_365d,
    if(invoices_count_365d > 0, maxIf(amount, age < 365) / invoice_mean_base_365d, NULL) AS invoice_max_to_mean_365d,
    min(age)                                                                      AS days_since_last_invoice,
    avgIf(toNullable(dateDiff('day', invoiced_on, due_on)), age < 180)            AS invoice_terms_days_180d,
    if(sales_365d > 0, stddevPopStable(toFloat64(month_sales)) / (sales_365d / 12), NULL) AS sales_cv_365d
FROM
(
    SELECT customer_id, amount, invoiced_on, due_on, dateDiff('day', invoiced_on, {as_of:Date}) AS age,
           sum(amount) OVER (PARTITION BY customer_id, intDiv(age, 30)) AS month_sales
    FROM creditwatch.invoice_states_rows
    WHERE run = {run:UInt64} AND as_of = {as_of:Date} AND amount IS NOT NULL
)
GROUP BY customer_id
