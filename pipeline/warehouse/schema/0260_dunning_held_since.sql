-- Since when a step is held back, and which of them are news
ALTER TABLE creditwatch.dunning_rows
    ADD COLUMN IF NOT EXISTS held_since Nullable(Date) COMMENT 'of suppressed and held: first night that held the step back for the reason; null on rows of older versions' AFTER reason,
    COMMENT COLUMN state 'proposed, suppressed (held back for the first night, or for another reason than before), held (held back since an earlier night; both come when the reason is gone) or waiting (the step was proposed before, or a last safe day is near)',
    COMMENT COLUMN reason 'of suppressed and held: unapplied_cash, disputed, promised, too_small'
