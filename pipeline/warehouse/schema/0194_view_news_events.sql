-- Events about customers found in articles; every published night
CREATE OR REPLACE VIEW creditwatch.news_events
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, event_id, customer_id, code, polarity, stage, role, severity, base_severity, reverses, story_id, article_id, source_class, source_weight, matched, match_score, sentence, rule, amount, occurred_on, half_life_days, tone, known_at
FROM creditwatch.news_events_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Events about customers found in articles; every published night'
