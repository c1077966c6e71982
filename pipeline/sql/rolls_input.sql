-- rolls_input: what became within a month of what was open in a bucket at its beginning, for the last whole months, by the ledger as known tonight.
-- Grain: one row per month, segment, bucket it came from, where it went, and whether the customer was contacted. Tonight's exchange rates.
WITH
    {months:Int64} AS months,
    -- The ends of the months, the newest first: one more than there are months.
    arrayMap(i -> toLastDayOfMonth(addMonths(toStartOfMonth({as_of:Date} + 1) - 1, -i)), range(toUInt64(months + 1))) AS ends
SELECT month, segment, from_bucket, move.1 AS to_bucket, contacted, sum(move.3) AS invoices, toDecimal64(sum(move.2), 4) AS amount
FROM
(
    SELECT
        before_end AS month, segment, contacted,
        multiIf(due_on IS NULL, 'not_due', before_end <= due_on, 'not_due', before_end - due_on <= 30, '1-30', before_end - due_on <= 60, '31-60', before_end - due_on <= 90, '61-90',
            before_end - due_on <= 120, '91-120', before_end - due_on <= 180, '121-180', before_end - due_on <= 365, '181-365', '>365') AS from_bucket,
        multiIf(due_on IS NULL, 'not_due', end <= due_on, 'not_due', end - due_on <= 30, '1-30', end - due_on <= 60, '31-60', end - due_on <= 90, '61-90',
            end - due_on <= 120, '91-120', end - due_on <= 180, '121-180', end - due_on <= 365, '181-365', '>365') AS later_bucket,
        least(open_before, open_after)                                       AS still,
        least(greatest(written, toDecimal64(0, 4)), open_before - still)     AS lost,
        arrayJoin(arrayFilter(x -> x.2 > 0 OR x.3 > 0, [
            (later_bucket, toDecimal64(still, 4), toUInt64(still > 0)),
            ('written_off', toDecimal64(lost, 4), toUInt64(still <= 0 AND lost > 0)),
            ('paid', toDecimal64(open_before - still - lost, 4), toUInt64(still <= 0 AND lost <= 0))])) AS move
    FROM
    (
        SELECT
            o.due_on AS due_on, segment, tupleElement(step, 1) AS before_end, tupleElement(step, 2) AS end,
            has(contacts, end) AS contacted,
            toDecimal64OrZero(toString(round(toFloat64(tupleElement(step, 3)) * rate, 4)), 4) AS open_before,
            toDecimal64OrZero(toString(round(toFloat64(tupleElement(step, 4)) * rate, 4)), 4) AS open_after,
            toDecimal64OrZero(toString(round(toFloat64(tupleElement(step, 5)) * rate, 4)), 4) AS written
        FROM
        (
            SELECT
                i.customer_id AS customer_id, i.currency AS currency, i.due_on AS due_on,
                arrayMap(e -> if(i.occurred_on > e, toDecimal128(0, 4), toDecimal128(i.amount, 4) - least(greatest(arraySum((d, a) -> if(d <= e, a, toDecimal128(0, 4)), s.days, s.amounts) - i.before, toDecimal128(0, 4)), toDecimal128(i.amount, 4))), ends) AS opens,
                arrayFilter(x -> tupleElement(x, 3) > 0, arrayMap(k -> (ends[k + 1], ends[k], opens[k + 1], opens[k],
                    arraySum((d, a, w) -> if(w AND d > ends[k + 1] AND d <= ends[k], a, toDecimal128(0, 4)), s.days, s.amounts, s.writes)), range(1, toUInt64(months + 1)))) AS steps
            FROM
            (
                SELECT customer_id, document_id, currency, occurred_on, due_on, d.amount AS amount,
                       sum(d.amount) OVER (PARTITION BY customer_id, document_id ORDER BY ifNull(due_on, occurred_on), transaction_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - d.amount AS before
                FROM creditwatch.documents_rows AS d
                WHERE run = {run:UInt64} AND kind = 'invoice' AND status != 'cancelled' AND occurred_on <= ends[2]
                  AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
            ) AS i
            LEFT JOIN
            (
                SELECT customer_id, invoice_id, groupArray(effective_on) AS days, groupArray(toDecimal128(amount, 4)) AS amounts, groupArray(kind = 'write_off') AS writes,
                       sumIf(amount, effective_on <= ends[toUInt64(months + 1)]) AS settled_early
                FROM creditwatch.allocations_rows
                WHERE run = {run:UInt64} AND known_at < {known_by:DateTime64(3)} AND effective_on <= {as_of:Date}
                GROUP BY customer_id, invoice_id
            ) AS s ON s.customer_id = i.customer_id AND s.invoice_id = i.document_id
            WHERE s.settled_early < i.before + i.amount
        ) AS o
        LEFT JOIN
        (
            SELECT customer_id, multiIf({segment_by:String} = 'size_class', size_class, {segment_by:String} = 'industry', industry, {segment_by:String} = 'region', region, {segment_by:String} = 'country', country, '') AS segment
            FROM
            (
                SELECT customer_id, toString(size_class) AS size_class, toString(industry) AS industry, toString(region) AS region, toString(country) AS country
                FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
                ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
                LIMIT 1 BY customer_id
            )
        ) AS c ON c.customer_id = o.customer_id
        LEFT JOIN
        (
            SELECT customer_id, groupUniqArray(toLastDayOfMonth(occurred_on)) AS contacts
            FROM creditwatch.ledger_interactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE kind IN ('call', 'visit', 'email') AND outcome != 'no_answer' AND occurred_on <= {as_of:Date}
            GROUP BY customer_id
        ) AS t ON t.customer_id = o.customer_id
        INNER JOIN
        (
            SELECT currency, max(rate) AS rate
            FROM
            (
                SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
                FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
                WHERE valid_on <= {as_of:Date} AND currency != {base:String}
                GROUP BY currency
                UNION ALL
                SELECT {base:String}, 1
            )
            GROUP BY currency
        ) AS r ON r.currency = o.currency
        ARRAY JOIN steps AS step
    )
)
GROUP BY month, segment, from_bucket, to_bucket, contacted
ORDER BY month, segment, from_bucket, to_bucket, contacted
