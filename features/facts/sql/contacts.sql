-- contacts: contacts with customers of a range of numbers.
-- Grain: one row per customer and slice (contacts, no_answer, dunning, complaint-90, complaint-365, extension, limit, reached).
SELECT customer_id, slice, count() AS n, countIf(outcome = 'no_answer') AS part, max(occurred_on) AS last_on
FROM
(
    SELECT customer_id, occurred_on, outcome, slice
    FROM
    (
        SELECT customer_id, interaction_id, toString(kind) AS kind, occurred_on, outcome, dateDiff('day', occurred_on, {as_of:Date}) AS age
        FROM creditwatch.ledger_interactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE occurred_on <= {as_of:Date} AND customer_id >= {first:String} AND customer_id <= {last:String}
        ORDER BY customer_id, interaction_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, interaction_id
    )
    ARRAY JOIN arrayFilter(s -> s != '', [
        if(kind IN ('call', 'visit', 'email', 'dunning') AND age < 90, 'contacts', ''), if(kind IN ('call', 'visit') AND age < 90, 'no_answer', ''), if(kind = 'dunning' AND age < 90, 'dunning', ''),
        if(kind = 'complaint' AND age < 90, 'complaint-90', ''), if(kind = 'complaint' AND age < 365, 'complaint-365', ''), if(kind = 'extension_request' AND age < 180, 'extension', ''),
        if(kind = 'limit_request' AND age < 180, 'limit', ''), if(kind IN ('call', 'visit', 'email') AND outcome != 'no_answer', 'reached', '')]) AS slice
)
GROUP BY customer_id, slice
ORDER BY customer_id, slice
