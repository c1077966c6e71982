-- retention_parts: what is stored of published runs in the tables of the night.
-- Grain: one row per table and run.
SELECT substring(table, 1, length(table) - 5) AS name, toUInt64(partition_id) AS run, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
FROM system.parts
WHERE active AND database = 'creditwatch' AND endsWith(table, '_rows') AND match(partition_id, '^[0-9]{1,18}$')
  AND toUInt64OrZero(partition_id) IN (SELECT run FROM creditwatch.publications)
GROUP BY name, run
ORDER BY run, name
