-- workouts: every default known tonight, what was open on its day, and what moved that claim since; reporting currency at tonight's rates.
-- Grain: one row per default, kind and day. Kind claim is what was open on the day of the default; the others are the
-- kinds of allocation, recovery (the ledger's) and outcome (what the source of outcomes says came back).
WITH
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ),
    events AS
    (
        SELECT customer_id, arraySort(groupUniqArrayIf(occurred_on, is_default)) AS defaults, arraySort(groupUniqArrayIf(occurred_on, NOT is_default)) AS cures
        FROM
        (
            SELECT customer_id, occurred_on, event = 'default' AS is_default
            FROM creditwatch.default_events_rows
            WHERE run = {run:UInt64} AND {from_ledger:Bool} AND known_at < {known_by:DateTime64(3)}
            UNION ALL
            SELECT customer_id, occurred_on, event != 'cure'
            FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE event IN (SELECT arrayJoin(splitByChar(',', {from_outcomes:String}))) OR event = 'cure'
        )
        WHERE occurred_on <= {as_of:Date}
        GROUP BY customer_id
    ),
    -- A default that follows another without a cure between them, within the workout period, is part of it.
    spans AS
    (
        SELECT customer_id, began AS defaulted_on, arrayFirstOrNull(c -> c > began, cures) AS cured_on, arrayFirstOrNull(x -> x > began, all_began) AS next_on
        FROM
        (
            SELECT customer_id, cures, arrayFilter(d -> NOT arrayExists(x -> x < d AND d < addMonths(x, {workout_months:Int32}) AND NOT arrayExists(c -> c > x AND c <= d, cures), defaults), defaults) AS all_began
            FROM events
        )
        ARRAY JOIN all_began AS began
    ),
    invoices AS
    (
        SELECT customer_id, document_id, min(occurred_on) AS invoiced_on, sum(toDecimal128(base, 4)) AS total
        FROM
        (
            SELECT customer_id, document_id, occurred_on, round(toFloat64(amount) * if(d.currency = {base:String}, 1, r.rate), 4) AS base
            FROM creditwatch.documents_rows AS d
            LEFT JOIN rates AS r ON r.currency = d.currency
            WHERE run = {run:UInt64} AND kind = 'invoice' AND status != 'cancelled' AND occurred_on <= {as_of:Date} AND customer_id IN (SELECT customer_id FROM spans)
              AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
        )
        WHERE base IS NOT NULL
        GROUP BY customer_id, document_id
    ),
    settled AS
    (
        SELECT customer_id, invoice_id, kind, effective_on, sum(toDecimal128(base, 4)) AS total
        FROM
        (
            SELECT customer_id, invoice_id, kind, effective_on, round(toFloat64(amount) * if(a.currency = {base:String}, 1, r.rate), 4) AS base
            FROM creditwatch.allocations_rows AS a
            LEFT JOIN rates AS r ON r.currency = a.currency
            WHERE run = {run:UInt64} AND effective_on <= {as_of:Date} AND known_at < {known_by:DateTime64(3)} AND customer_id IN (SELECT customer_id FROM spans)
        )
        WHERE base IS NOT NULL
        GROUP BY customer_id, invoice_id, kind, effective_on
    ),
    flows AS
    (
        SELECT s.customer_id AS customer_id, s.defaulted_on AS defaulted_on, s.cured_on AS cured_on, 'claim' AS kind, s.defaulted_on AS flow_on, i.total AS base
        FROM spans AS s
        INNER JOIN invoices AS i ON i.customer_id = s.customer_id
        WHERE i.invoiced_on <= s.defaulted_on
        UNION ALL
        SELECT s.customer_id, s.defaulted_on, s.cured_on, if(a.effective_on <= s.defaulted_on, 'claim', toString(a.kind)), greatest(a.effective_on, s.defaulted_on), if(a.effective_on <= s.defaulted_on, -a.base, a.base)
        FROM spans AS s
        INNER JOIN
        (
            SELECT x.customer_id AS customer_id, x.kind AS kind, x.effective_on AS effective_on, i.invoiced_on AS invoiced_on, x.total AS base
            FROM settled AS x
            INNER JOIN invoices AS i ON i.customer_id = x.customer_id AND i.document_id = x.invoice_id
        ) AS a ON a.customer_id = s.customer_id
        WHERE a.invoiced_on <= s.defaulted_on AND (s.next_on IS NULL OR a.effective_on < s.next_on)
        UNION ALL
        SELECT r.customer_id, s.defaulted_on, s.cured_on, r.came_as, r.flow_on, toDecimal128(r.base, 4)
        FROM
        (
            SELECT customer_id, 'recovery' AS came_as, occurred_on AS flow_on, round(toFloat64(amount) * if(d.currency = {base:String}, 1, r.rate), 4) AS base
            FROM creditwatch.documents_rows AS d
            LEFT JOIN rates AS r ON r.currency = d.currency
            WHERE run = {run:UInt64} AND kind = 'recovery' AND status != 'cancelled' AND occurred_on <= {as_of:Date}
              AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
            UNION ALL
            SELECT customer_id, 'outcome', occurred_on, round(toFloat64(amount) * if(o.currency IN ('', {base:String}), 1, r.rate), 4)
            FROM
            (
                SELECT outcome_id, customer_id, event, occurred_on, amount, currency
                FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
                ORDER BY customer_id, outcome_id, known_at DESC, run DESC, line DESC, row_hash
                LIMIT 1 BY customer_id, outcome_id
            ) AS o
            LEFT JOIN rates AS r ON r.currency = o.currency
            WHERE event = 'recovery' AND amount IS NOT NULL AND occurred_on <= {as_of:Date}
        ) AS r
        ASOF INNER JOIN spans AS s ON s.customer_id = r.customer_id AND r.flow_on >= s.defaulted_on
        WHERE r.base IS NOT NULL
    )
SELECT
    f.customer_id AS customer_id, f.defaulted_on AS defaulted_on, toDate(ifNull(f.cured_on, toDate(0))) AS cured_on, f.kind AS kind, f.flow_on AS flow_on, toDecimal64(f.total, 4) AS amount,
    ifNull(c.industry, '') AS industry,
    arrayExists(u -> u >= f.defaulted_on, ifNull(c.covers, [])) OR arrayExists(u -> u.1 <= f.defaulted_on AND u.2 >= f.defaulted_on, ifNull(g.covers, [])) AS is_covered
FROM
(
    SELECT customer_id, defaulted_on, cured_on, kind, flow_on, sum(base) AS total
    FROM flows
    GROUP BY customer_id, defaulted_on, cured_on, kind, flow_on
    HAVING total != 0
) AS f
LEFT JOIN
(
    SELECT customer_id, argMax(toString(industry), (known_at, run, line)) AS industry, groupArrayIf(ifNull(insured_until, toDate32('2149-06-06')), insured_limit > 0) AS covers
    FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS c ON c.customer_id = f.customer_id
LEFT JOIN
(
    SELECT customer_id, groupArray((valid_from, least(ifNull(valid_to, toDate32('2149-06-06')), ifNull(guarantee_until, toDate32('2149-06-06'))))) AS covers
    FROM
    (
        SELECT customer_id, contract_id, valid_from, valid_to, guarantee_type, guarantee_amount, guarantee_until
        FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, contract_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, contract_id
    )
    WHERE guarantee_type != '' AND guarantee_amount > 0
    GROUP BY customer_id
) AS g ON g.customer_id = f.customer_id
ORDER BY customer_id, defaulted_on, flow_on, kind
