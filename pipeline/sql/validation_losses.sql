-- validation_losses: what was open when a customer defaulted, and what was lost of it since, as known tonight.
-- Grain: one row per default of the last years: by the ledger, or as reported. Exposure: open invoices of the day, after all cash. Loss: written off less
-- recovered from the default on; nothing when it was cured without a write-off; null while nobody knows. Reporting currency, at the rates of tonight.
WITH failed AS
    (
        SELECT DISTINCT customer_id, occurred_on AS defaulted_on
        FROM
        (
            SELECT customer_id, occurred_on
            FROM creditwatch.default_events_rows
            WHERE run = {run:UInt64} AND event = 'default' AND {from_ledger:Bool}
            UNION ALL
            SELECT customer_id, occurred_on
            FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE event IN (SELECT arrayJoin(splitByChar(',', {from_outcomes:String})))
        )
        WHERE occurred_on > {since:Date} AND occurred_on <= {night:Date}
    ),
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date} AND currency != {base:String}
        GROUP BY currency
    ),
    papers AS
    (
        SELECT customer_id, kind, occurred_on, toFloat64(amount) * if(currency = {base:String}, 1, rates.rate) AS base
        FROM creditwatch.documents_rows AS d
        LEFT JOIN rates ON rates.currency = d.currency
        WHERE run = {run:UInt64} AND kind IN ('invoice', 'write_off', 'recovery') AND status != 'cancelled'
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
          AND customer_id IN (SELECT customer_id FROM failed)
    ),
    settled AS
    (
        SELECT customer_id, effective_on, toFloat64(amount) * if(currency = {base:String}, 1, rates.rate) AS base
        FROM creditwatch.allocations_rows AS a
        LEFT JOIN rates ON rates.currency = a.currency
        WHERE run = {run:UInt64} AND known_at < {known_by:DateTime64(3)} AND customer_id IN (SELECT customer_id FROM failed)
    ),
    moves AS
    (
        SELECT customer_id, occurred_on, base AS open, 0. AS lost, toUInt8(0) AS is_loss, toUInt8(0) AS is_cure FROM papers WHERE kind = 'invoice'
        UNION ALL
        SELECT customer_id, effective_on, -base, 0., 0, 0 FROM settled
        UNION ALL
        SELECT customer_id, occurred_on, 0., if(kind = 'write_off', base, -base), kind = 'write_off', 0 FROM papers WHERE kind != 'invoice'
        UNION ALL
        SELECT customer_id, occurred_on, 0., 0., 0, 1 FROM creditwatch.default_events_rows WHERE run = {run:UInt64} AND event = 'cure' AND {from_ledger:Bool}
        UNION ALL
        SELECT customer_id, occurred_on, 0., 0., 0, 1
        FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE event = 'cure'
    )
SELECT
    f.customer_id AS customer_id,
    f.defaulted_on AS defaulted_on,
    greatest(sumIf(m.open, m.occurred_on <= f.defaulted_on), 0) AS exposed,
    multiIf(
        countIf(m.is_loss AND m.occurred_on >= f.defaulted_on) > 0, toNullable(greatest(sumIf(m.lost, m.occurred_on >= f.defaulted_on), 0)),
        countIf(m.is_cure AND m.occurred_on >= f.defaulted_on AND m.occurred_on <= {night:Date}) > 0, toNullable(0.),
        NULL) AS loss
FROM failed AS f
INNER JOIN moves AS m ON m.customer_id = f.customer_id
GROUP BY f.customer_id, f.defaulted_on
ORDER BY customer_id, defaulted_on
