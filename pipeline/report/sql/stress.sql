-- stress: what the book would lose if, scenario by scenario, with the names of the customers concerned.
-- Grain: one row per scenario.
SELECT
    s.position                                         AS position,
    s.scenario                                         AS scenario,
    s.parameter                                        AS parameter,
    s.result                                           AS result,
    s.loss                                             AS loss,
    s.extra_loss                                       AS extra_loss,
    s.customers                                        AS customers,
    s.text_en                                          AS text_en,
    s.text_zh                                          AS text_zh,
    arrayMap(id -> if(mapContains(n.names, id), n.names[id], id), arraySlice(s.names, 1, 3)) AS named
FROM (SELECT position, scenario, parameter, result, loss, extra_loss, customers, text_en, text_zh, names FROM creditwatch.stress_rows WHERE run = {run:UInt64}) AS s
CROSS JOIN
(
    SELECT mapFromArrays(groupArray(customer_id), groupArray(name)) AS names
    FROM
    (
        SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
        FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
        GROUP BY customer_id
        HAVING customer_id IN (SELECT arrayJoin(names) FROM creditwatch.stress_rows WHERE run = {run:UInt64})
        ORDER BY customer_id
    )
) AS n
ORDER BY position
