-- validation_read_anew: what tells the news otherwise since an earlier night: verdicts on events, and customers whose names are new.
-- Grain: one row.
SELECT
    (SELECT count() FROM creditwatch.entries WHERE kind = 'verdict' AND known_at >= {known_then:DateTime64(3)} AND known_at < {known_by:DateTime64(3)})
    + (
        SELECT countIf(names_then != names_now)
        FROM
        (
            SELECT customer_id,
                   argMaxIf(cityHash64(name, aliases, parent_id, toString(region), external_keys), (c.known_at, run, line), c.known_at < {known_then:DateTime64(3)}) AS names_then,
                   argMax(cityHash64(name, aliases, parent_id, toString(region), external_keys), (c.known_at, run, line)) AS names_now
            FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) AS c
            GROUP BY customer_id
        )
    ) AS added
