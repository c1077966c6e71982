-- report_hashes: the reports that readers see, with the hash recorded and the hash of what is stored.
-- Grain: one row per night and file.
SELECT run, file, sha256, lower(hex(SHA256(content))) AS content_hash
FROM creditwatch.reports_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
ORDER BY as_of, file
