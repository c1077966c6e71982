-- Rows that go may lie with those of other runs; from here on a program that does not know packed tables refuses the database, for it would sweep them away
ALTER TABLE creditwatch.removals
    MODIFY COLUMN bytes COMMENT 'bytes on disk that went; of a run that lay with others, its share by rows'
