-- groups: the 8 groups of several customers that owe most, and those in which fallen members may drag the others (8 more at most).
-- Grain: one row per group, the largest exposure first.
SELECT
    picked.group_id                 AS group_id,
    length(members)                 AS count,
    exposure_base                   AS exposure,
    in_force_base                   AS in_force,
    utilisation,
    expected_loss,
    dragged_base                    AS at_stake,
    dragged_loss                    AS loss_at_stake,
    length(fallen)                  AS fallen_count,
    length(dragged)                 AS dragged_count,
    length(without_limit)           AS unlimited,
    notEmpty(cycle)                 AS circle,
    if(mapContains(n.names, picked.group_id), n.names[picked.group_id], '') AS name,
    arrayMap(id -> if(mapContains(n.names, id), n.names[id], id), arraySlice(members, 1, 3)) AS member_names,
    arrayMap(id -> if(mapContains(n.names, id), n.names[id], id), arraySlice(fallen, 1, 3))  AS fallen_names,
    arrayMap(id -> if(mapContains(n.names, id), n.names[id], id), arraySlice(dragged, 1, 3)) AS dragged_names
FROM
(
    SELECT group_id, members, exposure_base, in_force_base, utilisation, expected_loss, dragged_base, dragged_loss, fallen, dragged, without_limit, cycle,
        row_number() OVER (ORDER BY exposure_base DESC, group_id) AS place,
        row_number() OVER (PARTITION BY notEmpty(dragged) ORDER BY dragged_loss DESC, group_id) AS place_dragged
    FROM creditwatch.group_exposure_rows
    WHERE run = {run:UInt64} AND length(members) > 1
) AS picked
CROSS JOIN
(
    SELECT mapFromArrays(groupArray(customer_id), groupArray(name)) AS names
    FROM
    (
        SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
        FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
        GROUP BY customer_id
        HAVING customer_id IN (SELECT arrayJoin(arrayPushBack(members, group_id)) FROM creditwatch.group_exposure_rows WHERE run = {run:UInt64} AND length(members) > 1)
        ORDER BY customer_id
    )
) AS n
WHERE place <= 8 OR notEmpty(dragged) AND place_dragged <= 8
ORDER BY exposure DESC, group_id
