-- validation_replay: the features of an earlier night, built again from what the ledger holds now and cut at what was known then, against those kept.
-- Grain: one row. A hash of each table, the customers of each, and per feature the customers for whom the two differ. What follows from defaults
-- is left out of the hashes: the ledger restates them when a payment is booked late.
SELECT
    toString(sum(if(is_kept, hash_kept, 0)))      AS kept,
    toString(sum(if(is_rebuilt, hash_rebuilt, 0))) AS rebuilt,
    countIf(is_kept)                              AS customers_kept,
    countIf(is_rebuilt)                           AS customers_rebuilt,
    /*differences*/
FROM
(
    SELECT
        k.customer_id != '' AS is_kept, r.customer_id != '' AS is_rebuilt,
        cityHash64(tuple(k.customer_id, /*kept*/)) AS hash_kept, cityHash64(tuple(r.customer_id, /*rebuilt*/)) AS hash_rebuilt,
        /*pairs*/
    FROM
    (
        SELECT customer_id, /*stored*/
        FROM creditwatch.features_rows
        WHERE run = {kept:UInt64}
    ) AS k
    FULL OUTER JOIN
    (
        SELECT customer_id, /*computed*/
        FROM
        (
/*select*/
        )
    ) AS r ON r.customer_id = k.customer_id
)
