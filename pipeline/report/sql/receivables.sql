-- receivables: receivables and credit sales at the last twelve month ends and tonight, rebuilt from documents and
-- allocations as they are known tonight, all at tonight's exchange rates. Opening is 90 days before the day.
-- Grain: one row per day, oldest first.
WITH rates AS
(
    SELECT currency, argMaxIf(rate, (valid_on, known_at), valid_on <= {as_of:Date}) AS rate
    FROM creditwatch.ledger_fx_rates(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY currency
    HAVING currency != {currency:String} AND rate > 0
    UNION ALL
    SELECT {currency:String} AS currency, toDecimal64(1, 8) AS rate
),
invoices AS
(
    SELECT customer_id, document_id, transaction_id, currency, occurred_on, due_on, toDecimal128(amount, 4) AS invoiced
    FROM creditwatch.documents_rows
    WHERE run = {run:UInt64} AND kind = 'invoice' AND status NOT IN ('cancelled', 'returned') AND occurred_on <= {as_of:Date}
      AND known_from < {cut:DateTime64(3)} AND (known_to IS NULL OR known_to >= {cut:DateTime64(3)})
),
settled AS
(
    SELECT customer_id, invoice_id AS document_id, currency, effective_on, toDecimal128(amount, 4) AS paid
    FROM creditwatch.allocations_rows
    WHERE run = {run:UInt64} AND known_at < {cut:DateTime64(3)} AND effective_on <= {as_of:Date}
),
-- Few documents have instalments, and only they need the order in which these are paid.
instalments AS
(
    SELECT customer_id, document_id, currency
    FROM invoices
    GROUP BY customer_id, document_id, currency
    HAVING count() > 1
),
moves AS
(
    SELECT currency, moved_on, due_on, sum(moved) AS total_moved, sum(sold) AS total_sold
    FROM
    (
        SELECT currency, occurred_on AS moved_on, due_on, invoiced AS moved, invoiced AS sold
        FROM invoices
        UNION ALL
        SELECT invoices.currency, greatest(invoices.occurred_on, settled.effective_on), invoices.due_on, -settled.paid, toDecimal128(0, 4)
        FROM settled
        INNER JOIN
        (
            SELECT customer_id, document_id, currency, occurred_on, due_on
            FROM invoices
            WHERE (customer_id, document_id, currency) NOT IN (SELECT customer_id, document_id, currency FROM instalments)
        ) AS invoices
            ON settled.customer_id = invoices.customer_id AND settled.document_id = invoices.document_id
        WHERE settled.currency = invoices.currency
        UNION ALL
        -- Oldest due first: each instalment covers a stretch, lower to upper, of what is paid on its document.
        SELECT
            parts.currency, greatest(parts.occurred_on, sums.effective_on), parts.due_on,
            least(greatest(sums.after - sums.paid, parts.upper - parts.invoiced), parts.upper) - least(greatest(sums.after, parts.upper - parts.invoiced), parts.upper),
            toDecimal128(0, 4)
        FROM
        (
            SELECT customer_id, document_id, currency, occurred_on, due_on, invoiced,
                sum(invoiced) OVER (PARTITION BY customer_id, document_id, currency ORDER BY ifNull(due_on, toDate('2149-06-06')), transaction_id) AS upper
            FROM invoices
            WHERE (customer_id, document_id, currency) IN (SELECT customer_id, document_id, currency FROM instalments)
        ) AS parts
        INNER JOIN
        (
            SELECT customer_id, document_id, currency, effective_on, paid,
                sum(paid) OVER (PARTITION BY customer_id, document_id, currency ORDER BY effective_on) AS after
            FROM
            (
                SELECT customer_id, document_id, currency, effective_on, toDecimal128(sum(paid), 4) AS paid
                FROM settled
                WHERE (customer_id, document_id, currency) IN (SELECT customer_id, document_id, currency FROM instalments)
                GROUP BY customer_id, document_id, currency, effective_on
            )
        ) AS sums ON sums.customer_id = parts.customer_id AND sums.document_id = parts.document_id AND sums.currency = parts.currency
    )
    GROUP BY currency, moved_on, due_on
),
days AS
(
    SELECT arrayJoin(arrayPushBack(
        arrayMap(i -> toLastDayOfMonth(addMonths(toStartOfMonth({as_of:Date}), -i)), range(1, 13)), {as_of:Date})) AS day
)
SELECT
    day,
    sum(toDecimal128(if(moved_on <= day, total_moved, 0) * rate, 4))                         AS open,
    sum(toDecimal128(if(moved_on <= day AND due_on < day, total_moved, 0) * rate, 4))        AS overdue,
    sum(toDecimal128(if(moved_on <= day AND due_on < day - 90, total_moved, 0) * rate, 4))   AS over_90,
    sum(toDecimal128(if(moved_on <= day - 90, total_moved, 0) * rate, 4))                    AS opening,
    sum(toDecimal128(if(moved_on <= day AND moved_on > day - 90, total_sold, 0) * rate, 4))  AS sales_90d,
    sum(toDecimal128(if(moved_on <= day AND moved_on > day - 365, total_sold, 0) * rate, 4)) AS sales_365d
FROM moves
INNER JOIN rates ON rates.currency = moves.currency
CROSS JOIN days
GROUP BY day
ORDER BY day
-- Both sides lie sorted by customer and document: merging them takes a tenth of the time of a hash of millions of invoices.
SETTINGS join_algorithm = 'full_sorting_merge,hash'
