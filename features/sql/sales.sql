-- sales: how much was invoiced, its trend and size; silence. Reporting currency.
-- Grain: one row per customer with an invoice.
SELECT
    customer_id,
    toFloat64(sum(quarter))                                                       AS sales_90d,
    toFloat64(sum(year))                                                          AS sales_365d,
    if(sales_365d > 0, sales_90d / (sales_365d * 90 / 365), NULL)                 AS sales_trend,
    if(sum(quarter_before) > 0, sales_90d / toFloat64(sum(quarter_before)), NULL) AS sales_yoy_90d,
    sum(quarter_count)                                                            AS invoices_count_90d,
    sum(year_count)                                                               AS invoices_count_365d,
    if(invoices_count_365d > 0, sales_365d / invoices_count_365d, NULL)           AS invoice_mean_base_365d,
    if(sales_365d > 0, toFloat64(max(largest)) / invoice_mean_base_365d, NULL)    AS invoice_max_to_mean_365d,
    min(newest)                                                                   AS days_since_last_invoice,
    if(sum(terms_count) > 0, sum(terms_days) / sum(terms_count), NULL)            AS invoice_terms_days_180d,
    -- Twelve months of thirty days; a month without an invoice counts as zero.
    if(sales_365d > 0, sqrt(greatest(arraySum(arraySort(groupArray(pow(toFloat64(month), 2)))) / 12 - pow(toFloat64(sum(month)) / 12, 2), 0)) / (sales_365d / 12), NULL) AS sales_cv_365d
FROM
(
    SELECT
        customer_id,
        sumIf(amount, age < 90)                       AS quarter,
        sumIf(amount, age < 365)                      AS year,
        sumIf(amount, age >= 365 AND age < 455)       AS quarter_before,
        countIf(age < 90)                             AS quarter_count,
        countIf(age < 365)                            AS year_count,
        maxIf(amount, age < 365)                      AS largest,
        min(age)                                      AS newest,
        countIf(due_on IS NOT NULL AND age < 180)     AS terms_count,
        sumIf(dateDiff('day', invoiced_on, assumeNotNull(due_on)), due_on IS NOT NULL AND age < 180) AS terms_days,
        sumIf(amount, age < 360)                      AS month
    FROM
    (
        SELECT customer_id, assumeNotNull(amount) AS amount, invoiced_on, due_on, dateDiff('day', invoiced_on, {as_of:Date}) AS age
        FROM creditwatch.invoice_states_rows
        WHERE run = {run:UInt64} AND as_of = {as_of:Date} AND amount IS NOT NULL
    )
    GROUP BY customer_id, intDiv(age, 30)
)
GROUP BY customer_id
