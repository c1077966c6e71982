-- news: what the outside says about the customer; a story counts once, weighted by source and severity and halved by age.
-- Grain: one row per customer with an event.
SELECT
    customer_id,
    sumIf(weight * decay * severity, is_bad)                     AS news_negative_weight,
    sumIf(weight * decay, code = 'POSIT' OR polarity = 'reversed') AS news_positive_weight,
    maxIf(toNullable(severity), is_bad AND age < 90)             AS news_severity_max_90d,
    countIf(is_bad AND age < 365)                                AS news_negative_stories_365d,
    countIf(age < 30)                                            AS news_stories_30d,
    minIf(toNullable(age), is_bad AND severity >= 3)             AS days_since_grave_news
FROM
(
    SELECT
        customer_id, story_id,
        argMax(code, (n.severity, event_id)) AS code,
        argMax(polarity, (n.severity, event_id)) AS polarity,
        max(n.severity) AS severity,
        max(n.source_weight) AS weight,
        min(greatest(dateDiff('day', n.occurred_on, {as_of:Date}), 0)) AS age,
        max(pow(0.5, greatest(dateDiff('day', n.occurred_on, {as_of:Date}), 0) / n.half_life_days)) AS decay,
        code != 'POSIT' AND polarity IN ('affirmed', 'hypothetical') AND argMax(role, (n.severity, event_id)) = 'subject' AS is_bad
    FROM creditwatch.news_events_rows AS n
    WHERE run = {run:UInt64} AND n.known_at < {known_by:DateTime64(3)} AND n.occurred_on <= {as_of:Date}
    GROUP BY customer_id, story_id
)
GROUP BY customer_id
