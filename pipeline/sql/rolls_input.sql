-- rolls_input: what became within a month of what was open in a bucket at its beginning, for the last whole months, by the ledger as known tonight.
-- Grain: one row per month, segment, bucket it came from, where it went, and whether the customer was contacted. Tonight's exchange rates.
WITH
    {months:Int64} AS months,
    -- The ends of the months, the newest first: one more than there are months.
    arrayMap(i -> toLastDayOfMonth(addMonths(toStartOfMonth({as_of:Date} + 1) - 1, -i)), range(toUInt64(months + 1))) AS ends,
    toRelativeMonthNum(ends[1]) AS newest
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
            o.due_on AS due_on, segment, o.before_end AS before_end, o.end AS end,
            has(contacts, end) AS contacted,
            toDecimal64OrZero(toString(round(toFloat64(o.open_before) * rate, 4)), 4) AS open_before,
            toDecimal64OrZero(toString(round(toFloat64(o.open_after) * rate, 4)), 4) AS open_after,
            toDecimal64OrZero(toString(round(toFloat64(o.written) * rate, 4)), 4) AS written
        FROM
        (
            SELECT
                customer_id, currency, due_on, ends[k + 1] AS before_end, ends[k] AS end,
                amount - least(greatest(arraySum((d, a) -> if(d <= before_end, a, 0), settled_on, settled), 0), amount) AS open_before,
                amount - least(greatest(arraySum((d, a) -> if(d <= end, a, 0), settled_on, settled), 0), amount) AS open_after,
                arraySum((d, a, w) -> if(w = 'write_off' AND d > before_end AND d <= end, a, 0), settled_on, settled, settled_kind) AS written
            FROM
            (
                -- Only the ends of months that saw the invoice before it was settled: at no other can it be open.
                SELECT customer_id, currency, due_on, toDecimal128(v.amount, 4) AS amount, settled_on, settled, settled_kind,
                    arrayJoin(range(toUInt64(greatest(if(open_amount <= 0 AND notEmpty(settled_on), toInt64(newest) - toRelativeMonthNum(settled_on[-1]) + 1, 1), 1)), toUInt64(greatest(least(months, toInt64(newest) - toRelativeMonthNum(invoiced_on)) + 1, 0)))) AS k
                FROM creditwatch.invoices_rows AS v
                WHERE run = {run:UInt64} AND invoiced_on <= ends[2]
            )
            WHERE open_before > 0
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
    )
)
GROUP BY month, segment, from_bucket, to_bucket, contacted
ORDER BY month, segment, from_bucket, to_bucket, contacted
