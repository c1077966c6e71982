-- relationship: contacts, complaints, promises kept and broken, requests for time or credit.
-- Grain: one row per customer with a contact.
WITH
    contacts AS
    (
        SELECT customer_id, interaction_id, kind, occurred_on, outcome, promised_amount, promised_on, sentiment
        FROM creditwatch.ledger_interactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE occurred_on <= {as_of:Date}
        ORDER BY customer_id, interaction_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, interaction_id
    ),
    promises AS
    (
        -- A promise is kept when 80 % of it came in between the promise and three days after its day.
        SELECT p.customer_id AS customer_id, p.interaction_id AS interaction_id, sum(if(d.paid_on BETWEEN p.made_on AND p.promised_on + 3, d.amount, 0)) >= 0.8 * max(p.promised) AS is_kept
        FROM
        (
            SELECT customer_id, interaction_id, c.occurred_on AS made_on, assumeNotNull(c.promised_on) AS promised_on, toFloat64(assumeNotNull(c.promised_amount)) AS promised
            FROM contacts AS c
            WHERE c.kind = 'promise' AND c.promised_amount IS NOT NULL AND c.promised_on IS NOT NULL
        ) AS p
        LEFT JOIN
        (
            -- A payment that bounced by the date keeps no promise.
            SELECT customer_id, min(occurred_on) AS paid_on, toFloat64(sum(d.amount)) AS amount
            FROM creditwatch.documents_rows AS d
            WHERE run = {run:UInt64} AND kind = 'payment' AND status IN ('', 'returned') AND occurred_on <= {as_of:Date}
              AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
            GROUP BY customer_id, document_id
        ) AS d ON d.customer_id = p.customer_id
        GROUP BY p.customer_id, p.interaction_id
    )
SELECT
    c.customer_id AS customer_id,
    countIf(kind IN ('call', 'visit', 'email', 'dunning') AND age < 90)                                                     AS contacts_count_90d,
    if(countIf(kind IN ('call', 'visit') AND age < 90) > 0, countIf(kind IN ('call', 'visit') AND outcome = 'no_answer' AND age < 90) / countIf(kind IN ('call', 'visit') AND age < 90), NULL) AS no_answer_share_90d,
    countIf(kind = 'complaint' AND age < 90)                                                                                AS complaints_count_90d,
    countIf(kind = 'complaint' AND age < 365)                                                                               AS complaints_count_365d,
    countIf(kind = 'dunning' AND age < 90)                                                                                  AS dunnings_count_90d,
    countIf(kind = 'promise' AND promised_on + 3 < {as_of:Date} AND promised_on > {as_of:Date} - 365)                       AS promises_due_count_365d,
    countIf(kind = 'promise' AND promised_on + 3 < {as_of:Date} AND promised_on > {as_of:Date} - 90)                        AS promises_due_count_90d,
    countIf(kind = 'promise' AND promised_on + 3 < {as_of:Date} AND promised_on > {as_of:Date} - 90 AND is_kept = 0)        AS promises_broken_count_90d,
    if(promises_due_count_365d > 0, countIf(kind = 'promise' AND promised_on + 3 < {as_of:Date} AND promised_on > {as_of:Date} - 365 AND is_kept = 1) / promises_due_count_365d, NULL) AS promises_kept_share_365d,
    countIf(kind = 'promise' AND promised_on + 3 >= {as_of:Date} AND is_kept = 0) > 0                                       AS promise_pending,
    countIf(kind = 'extension_request' AND age < 180)                                                                       AS extension_requests_180d,
    countIf(kind = 'limit_request' AND age < 180)                                                                           AS limit_requests_180d,
    avgIf(toInt64(round(sentiment * 1000000)), age < 90) / 1000000                                                          AS sentiment_mean_90d,
    minIf(toNullable(age), kind IN ('call', 'visit', 'email') AND outcome != 'no_answer')                                   AS days_since_last_contact
FROM
(
    SELECT customer_id, interaction_id, kind, dateDiff('day', occurred_on, {as_of:Date}) AS age, outcome, promised_on, sentiment
    FROM contacts
) AS c
LEFT JOIN promises AS p ON p.customer_id = c.customer_id AND p.interaction_id = c.interaction_id
GROUP BY c.customer_id
