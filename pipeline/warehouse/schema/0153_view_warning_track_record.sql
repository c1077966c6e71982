-- What warnings were worth: alarms of earlier published nights held against what followed, as known this night; every published night
CREATE OR REPLACE VIEW creditwatch.warning_track_record
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, scope, code, tier, version, is_current, since, nights, alarms, late_alarms, matured_alarms, true_alarms, aged_alarms, true_aged, precision, precision_lo, precision_hi, base_rate, lift, lift_lo, lift_hi, defaults, recalled, recalled_30d, recall, recall_30d, added_30d, lead_median, lead_p10, lead_p90, lead_30d_share, money_saved, false_alarm_cost, treated_alarms, treated_aged, treated_true, untreated_aged, untreated_true, suppressed, is_prior_only, text_en, text_zh
FROM creditwatch.warning_track_record_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What warnings were worth: alarms of earlier published nights held against what followed, as known this night; every published night'
