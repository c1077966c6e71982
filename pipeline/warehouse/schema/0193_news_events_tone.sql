-- How bad the sentence sounds, whatever happened
ALTER TABLE creditwatch.news_events_rows ADD COLUMN IF NOT EXISTS tone Nullable(Float64) COMMENT 'chance that the sentence is bad news for the customer, as the rules or the headline classifier of the night read it; null on rows of older versions' AFTER half_life_days
