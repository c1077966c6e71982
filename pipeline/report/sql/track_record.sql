-- track_record: what the warnings of earlier nights were worth: all, the tiers, then the 20 codes with most alarms in the version that judges tonight.
-- Grain: one row per scope and code.
SELECT scope, code, tier, alarms, matured_alarms AS matured, aged_alarms AS aged, true_aged, precision, precision_lo, precision_hi, lift, defaults, recall_30d, lead_median, money_saved, false_alarm_cost, is_prior_only, since
FROM creditwatch.warning_track_record_rows
WHERE run = {run:UInt64} AND is_current AND (scope != 'code' OR alarms > 0)
ORDER BY indexOf(['all', 'tier', 'code'], toString(scope)), if(scope = 'code', alarms, 0) DESC, tier, code
LIMIT 24
