-- partitions: what is stored of the tables of the night that are divided by run, packed or not.
-- Grain: one row per table and partition.
SELECT
    substring(p.table, 1, length(p.table) - 5) AS name,
    toBool(t.engine = 'MergeTree')             AS plain,
    toBool(t.partition_key != 'run')           AS packed,
    p.partition_id                             AS place,
    toUInt64(p.partition_id)                   AS run,
    toInt64(sum(p.rows))                       AS rows,
    toInt64(sum(p.bytes_on_disk))              AS bytes
FROM system.parts AS p
INNER JOIN system.tables AS t ON t.database = p.database AND t.name = p.table
WHERE p.active AND p.rows > 0 AND p.database = 'creditwatch' AND endsWith(p.table, '_rows') AND match(p.partition_id, '^[0-9]{1,19}$')
  AND (t.partition_key = 'run' OR match(t.partition_key, '^if\\(.*\\bera\\b'))
GROUP BY name, plain, packed, place, run
ORDER BY run, name
