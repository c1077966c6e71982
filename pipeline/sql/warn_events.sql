-- warn_events: the news events of the night whose customer is certain, with the severity of the event itself: the rules weigh the sources.
-- Grain: one row per article, customer and code.
SELECT customer_id, code, polarity, role, story_id, source_class, article_id, sentence, base_severity AS severity, reverses, source_weight, half_life_days, occurred_on, known_at
FROM creditwatch.news_events_rows
WHERE run = {run:UInt64} AND match_score >= 0.7 AND known_at < {known_by:DateTime64(3)}
ORDER BY customer_id, known_at, event_id
SETTINGS output_format_arrow_low_cardinality_as_dictionary = 0
