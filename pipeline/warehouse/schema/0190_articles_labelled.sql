-- Headlines that a source labels teach the tone of headlines
ALTER TABLE creditwatch.articles_rows ADD COLUMN IF NOT EXISTS is_bad_news Nullable(Bool) COMMENT 'label of the source: bad news for the company it is about, false = good news, null = not labelled' AFTER customer_hint
