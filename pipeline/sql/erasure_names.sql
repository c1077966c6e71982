-- erasure_names: what a customer was ever called: names, aliases and keys elsewhere; and whether another customer is called so too, or by a longer
-- name that has it as a part: blotting it out would hide that one.
-- Grain: one row per name.
WITH
    own AS
    (
        SELECT DISTINCT arrayJoin(arrayConcat([name], aliases, mapValues(external_keys))) AS called
        FROM creditwatch.customers_rows
        WHERE customer_id = {customer:String}
    ),
    others AS
    (
        SELECT groupUniqArrayArray(arrayConcat([name], aliases, mapValues(external_keys))) AS called
        FROM creditwatch.customers_rows
        WHERE customer_id != {customer:String}
    )
SELECT called AS name, arrayExists(x -> positionCaseInsensitiveUTF8(x, called) > 0, (SELECT called FROM others)) AS is_shared
FROM own
WHERE called != ''
ORDER BY name
