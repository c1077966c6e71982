-- audited: what the journals say that must be in the audit log: nights published and their reports, entries and decisions of people,
-- runs that worked by another program, configuration or policy than the run before, what retention removed. With all=false only what is not in the log.
-- Grain: one row per act. What people wrote is there as a hash.
SELECT at, act, object, key, details
FROM
(
    SELECT
        published_at AS at, 'publish' AS act, toString(as_of) AS object, concat('publish/', toString(run)) AS key,
        toJSONString(map('run', toString(run), 'fence', toString(fence), 'rows', toString(rows), 'checksum', lower(hex(checksum)), 'code', code,
            'policy', policy_hash, 'model', model_id, 'cut', ifNull(toString(cut), ''))) AS details
    FROM creditwatch.publications
    UNION ALL
    SELECT
        p.published_at AS at, 'report' AS act, r.file AS object, concat('report/', toString(r.run), '/', r.file) AS key,
        toJSONString(map('run', toString(r.run), 'sha256', r.sha256)) AS details
    FROM creditwatch.reports_rows AS r
    INNER JOIN creditwatch.publications AS p ON p.run = r.run
    UNION ALL
    SELECT
        entered_at AS at, 'enter' AS act, concat('entry ', entry_id) AS object, concat('entry/', entry_id) AS key,
        toJSONString(map('kind', toString(kind), 'code', code, 'content', lower(hex(SHA256(arrayStringConcat([toString(kind), customer_id, subject, value,
            ifNull(toString(amount), ''), ifNull(toString(until), ''), entered_by, reason, toString(entered_at), toString(known_at)], '\0')))))) AS details
    FROM creditwatch.entries
    UNION ALL
    SELECT
        decided_at AS at, 'decide' AS act, concat('decision ', decision_id) AS object, concat('decision/', decision_id) AS key,
        toJSONString(map('kind', toString(kind), 'model', model_id, 'replaces', replaces, 'code', code, 'content', lower(hex(SHA256(arrayStringConcat([decided_by,
            approved_by, reason, toString(decided_at), toString(known_at), previous], '\0')))))) AS details
    FROM creditwatch.model_decisions
    UNION ALL
    SELECT
        removed_at AS at, 'retention' AS act, toString(as_of) AS object, concat('retention/', toString(run), '/', toString(toUnixTimestamp64Milli(removed_at))) AS key,
        toJSONString(map('run', toString(run), 'tables', arrayStringConcat(arraySort(groupArray(toString(name))), ' '), 'rows', toString(sum(rows)), 'why', toString(any(why)), 'code', any(code))) AS details
    FROM creditwatch.removals
    GROUP BY as_of, run, removed_at
    UNION ALL
    SELECT
        at, 'configure' AS act, concat('run ', toString(run)) AS object, concat('configuration/', toString(run)) AS key,
        toJSONString(map('code', code, 'configuration', config_hash, 'policy', policy_hash)) AS details
    FROM
    (
        SELECT run, at, code, config_hash, policy_hash, lagInFrame((code, config_hash, policy_hash), 1, ('', '', '')) OVER (ORDER BY run ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
        FROM
        (
            SELECT r.run AS run, min(r.at) AS at, any(r.code) AS code, any(r.config_hash) AS config_hash, any(r.policy_hash) AS policy_hash
            FROM creditwatch.runs AS r
            GROUP BY r.run
        )
    )
    WHERE (code, config_hash, policy_hash) != before
)
WHERE {all:Bool} OR key NOT IN (SELECT key FROM creditwatch.audit_rows)
ORDER BY at, key
LIMIT 1 BY key
