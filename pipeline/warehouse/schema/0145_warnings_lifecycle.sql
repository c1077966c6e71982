-- What became of a warning after it opened: lift, acknowledgement, snooze, outcome, escalation and the alarm budget
ALTER TABLE creditwatch.warnings_rows
    ADD COLUMN IF NOT EXISTS own_severity     UInt8 DEFAULT severity                              COMMENT 'severity by the rule alone: 1 info, 2 watch, 3 act, 4 critical; severity is higher where other tiers lift it',
    ADD COLUMN IF NOT EXISTS lifted_by        String                                              COMMENT 'codes of the other tiers'' warnings that lift it, separated by a space; empty if none does',
    ADD COLUMN IF NOT EXISTS acknowledged_by  String                                              COMMENT 'who has seen it, empty if nobody; ends when it becomes graver than they saw',
    ADD COLUMN IF NOT EXISTS acknowledged_on  Nullable(Date)                                      COMMENT 'night that first knew of it',
    ADD COLUMN IF NOT EXISTS snoozed_by       String                                              COMMENT 'who asked to be left in peace, empty if nobody',
    ADD COLUMN IF NOT EXISTS snoozed_until    Nullable(Date)                                      COMMENT 'last night on which it is left in peace, null = it is not',
    ADD COLUMN IF NOT EXISTS seen_severity    UInt8                                               COMMENT 'gravest severity at which somebody acknowledged or snoozed it, 0 = nobody did',
    ADD COLUMN IF NOT EXISTS outcome          LowCardinality(String)                              COMMENT 'what the person found who resolved it: true_alarm, false_alarm, acted, no_action; empty if nobody did',
    ADD COLUMN IF NOT EXISTS resolved_by      String                                              COMMENT 'who resolved it, empty if nobody',
    ADD COLUMN IF NOT EXISTS escalation_level UInt8                                               COMMENT 'levels above the owner of its severity that it has gone, unacknowledged and overdue',
    ADD COLUMN IF NOT EXISTS escalated_on     Nullable(Date)                                      COMMENT 'night on which it last went up a level',
    ADD COLUMN IF NOT EXISTS heeded           String                                              COMMENT 'entry_id of the entries that have taken effect, separated by a space',
    ADD COLUMN IF NOT EXISTS expected_saving  Nullable(Float64)                                   COMMENT 'probability of default x exposure at default x loss given default x chance that the action works - cost of looking; reporting currency, null = cannot be told',
    ADD COLUMN IF NOT EXISTS budget_rank      UInt32                                              COMMENT 'rank by expected_saving among the warnings new, graver or waiting tonight, 0 = not among them',
    ADD COLUMN IF NOT EXISTS published        Bool DEFAULT state = 'open' AND suppressed_by = ''  COMMENT 'people are shown it: open, neither suppressed nor snoozed, and once within the alarm budget',
    ADD COLUMN IF NOT EXISTS over_budget      Bool                                                COMMENT 'new or graver, but beyond the analysts'' capacity: it competes again the next night'
