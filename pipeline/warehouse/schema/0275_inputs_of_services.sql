-- Web services are inputs too
ALTER TABLE creditwatch.inputs_rows
    COMMENT COLUMN IF EXISTS file 'file, or address of a feed or service',
    COMMENT COLUMN IF EXISTS size 'bytes as stored; of a service those of its records as JSON lines',
    COMMENT COLUMN IF EXISTS sha256 'hash of those bytes, hexadecimal',
    COMMENT COLUMN IF EXISTS last_modified 'of a feed: the Last-Modified its server sent; of a service: when its newest record was modified, from which the next night asks; empty if none'
