-- What a feed's server wants to hear again, so that it may answer that nothing is new
ALTER TABLE creditwatch.inputs_rows ADD COLUMN IF NOT EXISTS etag String COMMENT 'of a feed: the ETag its server sent, empty if none' AFTER rows, ADD COLUMN IF NOT EXISTS last_modified String COMMENT 'of a feed: the Last-Modified its server sent, empty if none' AFTER etag
