-- dunning_promises: promises to pay that may still be kept, as known tonight.
-- Grain: one row per promise.
SELECT customer_id, document_id, promised_on, promised_amount
FROM
(
    SELECT customer_id, interaction_id, occurred_on, document_id, promised_on, promised_amount
    FROM creditwatch.ledger_interactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    WHERE kind = 'promise' AND outcome != 'refused' AND occurred_on <= {as_of:Date}
    ORDER BY customer_id, interaction_id, known_at DESC, run DESC, line DESC, row_hash
    LIMIT 1 BY customer_id, interaction_id
)
WHERE promised_on >= {from:Date}
ORDER BY customer_id, promised_on, document_id, ifNull(promised_amount, 0)
