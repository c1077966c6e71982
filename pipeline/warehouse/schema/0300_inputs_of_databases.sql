-- Databases are inputs too
ALTER TABLE creditwatch.inputs_rows
    COMMENT COLUMN IF EXISTS file 'file, or address of a feed, service or database',
    COMMENT COLUMN IF EXISTS size 'bytes as stored; of a service or database those of its records as JSON lines',
    COMMENT COLUMN IF EXISTS last_modified 'of a feed: the Last-Modified its server sent; of a service: when its newest record was modified, from which the next night asks; of a database: the newest watermark read, from which the next night asks; empty if none'
