-- provision_debtors: what the losses of the night say of each customer, and what was written off of it since the last published night.
-- Grain: one row per customer with a score.
SELECT
    l.customer_id AS customer_id, l.pd_12m AS pd_12m, l.lgd AS lgd, l.total_base AS total, l.ead AS ead, l.expected_loss AS expected_loss, s.in_default AS in_default,
    toDecimal64(ifNull(w.amount, 0), 4) AS written_off
FROM creditwatch.losses_rows AS l
INNER JOIN
(
    SELECT customer_id, note = {in_default:String} AS in_default
    FROM creditwatch.scores_rows
    WHERE run = {run:UInt64}
) AS s ON s.customer_id = l.customer_id
LEFT JOIN
(
    SELECT customer_id, sum(toDecimal128(round(toFloat64(amount) * if(d.currency = {base:String}, 1, r.rate), 4), 4)) AS amount
    FROM creditwatch.documents_rows AS d
    LEFT JOIN
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ) AS r ON r.currency = d.currency
    WHERE run = {run:UInt64} AND kind = 'write_off' AND status != 'cancelled' AND occurred_on <= {as_of:Date}
      AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
      AND {previous:UInt64} > 0 AND greatest(occurred_on, toDate(known_from)) > {last_night:Date}
    GROUP BY customer_id
) AS w ON w.customer_id = l.customer_id
WHERE l.run = {run:UInt64}
ORDER BY customer_id
