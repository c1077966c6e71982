package warnings

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A case shows one customer to one rule: what it was like on three nights, if anything, then what it is on the fourth.
type ruleCase struct {
	code  string
	name  string
	was   set // nil: quiet
	heard []Event
	now   set
	hears []Event
	want  string // nothing, pending, open S2, closed, unjudged (nothing known before), unjudged S2 (open before), or suppressor S2
}

var ruleCases = []ruleCase{
	{"W1-01", "at the amber opening line", nil, nil, set{"pd_prudent": 0.05}, nil, "open S2"},
	{"W1-01", "just below it", nil, nil, set{"pd_prudent": 0.0499}, nil, "nothing"},
	{"W1-01", "at the red opening line", nil, nil, set{"pd_prudent": 0.1}, nil, "open S3"},
	{"W1-01", "between the red lines it stays red", set{"pd_prudent": 0.1}, nil, set{"pd_prudent": 0.08}, nil, "open S3"},
	{"W1-01", "below the red closing line it is amber", set{"pd_prudent": 0.1}, nil, set{"pd_prudent": 0.0799}, nil, "open S2"},
	{"W1-01", "at the amber closing line", set{"pd_prudent": 0.05}, nil, set{"pd_prudent": 0.04}, nil, "open S2"},
	{"W1-01", "below the amber closing line", set{"pd_prudent": 0.05}, nil, set{"pd_prudent": 0.0399}, nil, "closed"},
	{"W1-01", "no score", nil, nil, set{"pd_prudent": null}, nil, "unjudged"},
	{"W1-01", "no score any more", set{"pd_prudent": 0.2}, nil, set{"pd_prudent": null}, nil, "unjudged S3"},

	{"W1-02", "two notches", nil, nil, set{"grade_notch": 6}, nil, "open S2"},
	{"W1-02", "one notch", nil, nil, set{"grade_notch": 5}, nil, "nothing"},
	{"W1-02", "three notches", nil, nil, set{"grade_notch": 7}, nil, "open S3"},
	{"W1-02", "two notches, but none in the last 60 days", nil, nil, set{"grade_notch": 6, "grade_notch_60d_ago": 6}, nil, "nothing"},
	{"W1-02", "60 days without a further fall", set{"grade_notch": 6}, nil, set{"grade_notch": 6, "grade_notch_60d_ago": 6}, nil, "closed"},
	{"W1-02", "back where it was", set{"grade_notch": 6}, nil, set{"grade_notch": 4}, nil, "closed"},
	{"W1-02", "grades of two models", nil, nil, set{"grade_notch": 6, "grade_model_changed_90d": 1}, nil, "unjudged"},
	{"W1-02", "not rated 90 days ago", nil, nil, set{"grade_notch_90d_ago": null, "grade_notch_60d_ago": null}, nil, "unjudged"},

	{"W1-03", "doubled and up by a point", nil, nil, set{"pd_12m": 0.02}, nil, "open S3"},
	{"W1-03", "doubled, but by less than a point", nil, nil, set{"pd_12m": 0.0099, "pd_12m_30d_ago": 0.001}, nil, "nothing"},
	{"W1-03", "up by a point, but not doubled", nil, nil, set{"pd_12m": 0.031, "pd_12m_30d_ago": 0.02}, nil, "nothing"},
	{"W1-03", "below the closing ratio", set{"pd_12m": 0.02}, nil, set{"pd_12m": 0.0149}, nil, "closed"},
	{"W1-03", "rise below its closing line", set{"pd_12m": 0.02}, nil, set{"pd_12m": 0.006, "pd_12m_30d_ago": 0.0015}, nil, "closed"},
	{"W1-03", "between the lines", set{"pd_12m": 0.02}, nil, set{"pd_12m": 0.0175}, nil, "open S3"},
	{"W1-03", "another model", nil, nil, set{"pd_12m": 0.2, "pd_model_changed_30d": 1}, nil, "unjudged"},
	{"W1-03", "no earlier score", nil, nil, set{"pd_12m_30d_ago": null}, nil, "unjudged"},

	{"W1-07", "over the cap", nil, nil, set{"expected_loss": 1000.01}, nil, "open S3"},
	{"W1-07", "at the cap", nil, nil, set{"expected_loss": 1000}, nil, "nothing"},
	{"W1-07", "at nine tenths of the cap", set{"expected_loss": 1001}, nil, set{"expected_loss": 900}, nil, "open S3"},
	{"W1-07", "below nine tenths of the cap", set{"expected_loss": 1001}, nil, set{"expected_loss": 899}, nil, "closed"},
	{"W1-07", "no expected loss", nil, nil, set{"expected_loss": null}, nil, "unjudged"},

	{"W1-08", "no valid score", nil, nil, set{"score_missing": 1}, nil, "open S2"},
	{"W1-08", "no valid score, age of the ledger unknown", nil, nil, set{"score_missing": 1, "ledger_age_days": null}, nil, "open S2"},
	{"W1-08", "ledger of last Friday, four business days old", nil, nil, set{"ledger_age_days": 6}, nil, "open S2"}, // fourth night is a Thursday
	{"W1-08", "ledger of Monday, three business days old", nil, nil, set{"ledger_age_days": 3}, nil, "nothing"},
	{"W1-08", "rating of 181 days", nil, nil, set{"rating_age_days": 181}, nil, "open S1"},
	{"W1-08", "rating of 180 days", nil, nil, set{"rating_age_days": 180}, nil, "nothing"},
	{"W1-08", "no rating at all", nil, nil, set{"rating_age_days": null}, nil, "nothing"},
	{"W1-08", "no external key", nil, nil, set{"has_external_key": 0}, nil, "open S1"},
	{"W1-08", "scored again", set{"score_missing": 1}, nil, nil, nil, "closed"},
	{"W1-08", "scored again, still without key", set{"score_missing": 1, "has_external_key": 0}, nil, set{"has_external_key": 0}, nil, "open S1"},
	{"W1-08", "age of the ledger unknown", nil, nil, set{"ledger_age_days": null}, nil, "unjudged"},

	{"W1-09", "upper bound red, point not", nil, nil, set{"pd_hi": 0.1, "pd_12m": 0.06}, nil, "open S2"},
	{"W1-09", "upper bound below red", nil, nil, set{"pd_hi": 0.0999, "pd_12m": 0.06}, nil, "nothing"},
	{"W1-09", "point is red itself", nil, nil, set{"pd_hi": 0.2, "pd_12m": 0.1}, nil, "nothing"},
	{"W1-09", "thin evidence on a large exposure", nil, nil, set{"evidence_notch": 3, "exposure_base": 1000001}, nil, "open S2"},
	{"W1-09", "thin evidence on one hundredth of the book", nil, nil, set{"evidence_notch": 3, "exposure_base": 1000000}, nil, "nothing"},
	{"W1-09", "good evidence on a large exposure", nil, nil, set{"evidence_notch": 2, "exposure_base": 5000000}, nil, "nothing"},
	{"W1-09", "upper bound below its closing line", set{"pd_hi": 0.1}, nil, set{"pd_hi": 0.0799}, nil, "closed"},
	{"W1-09", "no interval", nil, nil, set{"pd_hi": null}, nil, "unjudged"},

	{"W2-01", "material on three nights", set{"overdue_30d_base": 1000.01}, nil, set{"overdue_30d_base": 1000.01}, nil, "open S2"},
	{"W2-01", "material on the first night", nil, nil, set{"overdue_30d_base": 1000.01}, nil, "pending"},
	{"W2-01", "one hundredth of the exposure", set{"overdue_30d_base": 1000}, nil, set{"overdue_30d_base": 1000}, nil, "nothing"},
	{"W2-01", "small exposure, below the absolute amount", set{"overdue_30d_base": 500, "exposure_base": 500}, nil, set{"overdue_30d_base": 500, "exposure_base": 500}, nil, "nothing"},
	{"W2-01", "paid down, not cleared", set{"overdue_30d_base": 2000}, nil, set{"overdue_30d_base": 1}, nil, "open S2"},
	{"W2-01", "cleared", set{"overdue_30d_base": 2000}, nil, set{"overdue_30d_base": 0}, nil, "closed"},
	{"W2-01", "overdue unknown", nil, nil, set{"overdue_30d_base": null}, nil, "unjudged"},
	{"W2-01", "covered by unapplied cash", set{"overdue_30d_base": 2000}, nil, set{"overdue_30d_base": 2000, "unapplied_base": 2000}, nil, "unapplied_cash S2"},
	{"W2-01", "covered but for a cent", set{"overdue_30d_base": 2000}, nil, set{"overdue_30d_base": 2000, "unapplied_base": 1999.99}, nil, "open S2"},
	{"W2-01", "promised", set{"overdue_30d_base": 2000}, nil, set{"overdue_30d_base": 2000, "promise_pending": 1}, nil, "promise_pending S2"},
	{"W2-01", "promise unknown", set{"overdue_30d_base": 2000}, nil, set{"overdue_30d_base": 2000, "promise_pending": null}, nil, "open S2"},

	{"W2-02", "material", nil, nil, set{"overdue_60d_base": 1000.01}, nil, "open S3"},
	{"W2-02", "not material", nil, nil, set{"overdue_60d_base": 1000}, nil, "nothing"},
	{"W2-02", "cleared", set{"overdue_60d_base": 2000}, nil, nil, nil, "closed"},
	{"W2-02", "exposure unknown", nil, nil, set{"overdue_60d_base": 2000, "exposure_base": null}, nil, "unjudged"},
	{"W2-02", "promised, and the feed is stale", nil, nil, set{"overdue_60d_base": 2000, "promise_pending": 1, "feed_stale": 1}, nil, "promise_pending feed_stale S3"},

	{"W2-03", "day 75", nil, nil, set{"default_days": 75}, nil, "open S3"},
	{"W2-03", "day 74", nil, nil, set{"default_days": 74}, nil, "nothing"},
	{"W2-03", "day 90", nil, nil, set{"default_days": 90}, nil, "open S4"},
	{"W2-03", "day 89", nil, nil, set{"default_days": 89}, nil, "open S3"},
	{"W2-03", "unlikely to pay", nil, nil, set{"in_default": 1}, nil, "open S4"},
	{"W2-03", "counter back at nought", set{"default_days": 80}, nil, nil, nil, "closed"},
	{"W2-03", "counter unknown", nil, nil, set{"default_days": null}, nil, "unjudged"},
	{"W2-03", "technical: cash not applied", nil, nil, set{"default_days": 95, "overdue_30d_base": 900, "unapplied_base": 900}, nil, "unapplied_cash S4"},
	{"W2-03", "a stale feed holds back no default", nil, nil, set{"default_days": 95, "feed_stale": 1}, nil, "open S4"},
	{"W2-03", "disputed before it was due", nil, nil, set{"default_days": 80, "disputed_share": 0.6, "late_raised_dispute_share": 0.1}, nil, "disputed S3"},
	{"W2-03", "disputed only once it was due", nil, nil, set{"default_days": 80, "disputed_share": 0.6, "late_raised_dispute_share": 0.9}, nil, "open S3"},

	{"W2-04", "ten days later", nil, nil, set{"dbt_90d": 15, "dbt_zscore_90d": 2}, nil, "open S2"},
	{"W2-04", "nearly ten days later", nil, nil, set{"dbt_90d": 14.9, "dbt_zscore_90d": 2}, nil, "nothing"},
	{"W2-04", "twenty days later", nil, nil, set{"dbt_90d": 25, "dbt_zscore_90d": 2}, nil, "open S3"},
	{"W2-04", "within the customer's usual spread", nil, nil, set{"dbt_90d": 25, "dbt_zscore_90d": 1.9}, nil, "nothing"},
	{"W2-04", "four invoices are too few", nil, nil, set{"dbt_90d": 25, "dbt_zscore_90d": 3, "invoices_settled_count_90d": 4}, nil, "nothing"},
	{"W2-04", "below the closing line", set{"dbt_90d": 15, "dbt_zscore_90d": 2}, nil, set{"dbt_90d": 11.9}, nil, "closed"},
	{"W2-04", "usual again, but late", set{"dbt_90d": 15, "dbt_zscore_90d": 2}, nil, set{"dbt_90d": 15, "dbt_zscore_90d": 0}, nil, "open S2"},
	{"W2-04", "nothing settled", nil, nil, set{"dbt_90d": null, "invoices_settled_count_90d": 5, "dbt_zscore_90d": null}, nil, "unjudged"},
	{"W2-04", "later, usual spread unknown", nil, nil, set{"dbt_90d": 15, "dbt_zscore_90d": null}, nil, "unjudged"},
	{"W2-04", "not later, usual spread unknown", nil, nil, set{"dbt_zscore_90d": null}, nil, "nothing"},
	{"W2-04", "the feed is stale", nil, nil, set{"dbt_90d": 15, "dbt_zscore_90d": 2, "feed_stale": 1}, nil, "feed_stale S2"},

	{"W2-05", "ten points down", nil, nil, set{"pay_index_90d": 70}, nil, "open S2"},
	{"W2-05", "nine points down", nil, nil, set{"pay_index_90d": 71}, nil, "nothing"},
	{"W2-05", "down to below 50", nil, nil, set{"pay_index_90d": 49.9, "pay_index_365d": 60}, nil, "open S3"},
	{"W2-05", "always below 50", nil, nil, set{"pay_index_90d": 45, "pay_index_365d": 45}, nil, "nothing"},
	{"W2-05", "fall is over", set{"pay_index_90d": 45}, nil, set{"pay_index_90d": 45, "pay_index_365d": 45}, nil, "closed"},
	{"W2-05", "no index", nil, nil, set{"pay_index_90d": null}, nil, "unjudged"},

	{"W2-06", "two broken", nil, nil, set{"promises_due_count_90d": 6, "promises_kept_count_90d": 4}, nil, "open S3"},
	{"W2-06", "one of two broken", nil, nil, set{"promises_due_count_90d": 2, "promises_kept_count_90d": 1}, nil, "nothing"},
	{"W2-06", "the only one broken", nil, nil, set{"promises_due_count_90d": 1}, nil, "open S3"}, // P(kept rate < 0.5) = 0.82
	{"W2-06", "none broken any more", set{"promises_due_count_90d": 2}, nil, set{"promises_due_count_90d": 2, "promises_kept_count_90d": 2}, nil, "closed"},
	{"W2-06", "promises unknown", nil, nil, set{"promises_due_count_90d": null}, nil, "unjudged"},

	{"W2-10", "at the amber line for three nights", set{"limit_utilisation": 0.85}, nil, set{"limit_utilisation": 0.85}, nil, "open S2"},
	{"W2-10", "at the amber line for one night", nil, nil, set{"limit_utilisation": 0.85}, nil, "pending"},
	{"W2-10", "below the amber line", set{"limit_utilisation": 0.849}, nil, set{"limit_utilisation": 0.849}, nil, "nothing"},
	{"W2-10", "full, on the first night", nil, nil, set{"limit_utilisation": 1}, nil, "open S3"},
	{"W2-10", "below the red closing line", set{"limit_utilisation": 1}, nil, set{"limit_utilisation": 0.949}, nil, "open S2"},
	{"W2-10", "at the amber closing line", set{"limit_utilisation": 0.9}, nil, set{"limit_utilisation": 0.8}, nil, "open S2"},
	{"W2-10", "below the amber closing line", set{"limit_utilisation": 0.9}, nil, set{"limit_utilisation": 0.79}, nil, "closed"},
	{"W2-10", "no limit", nil, nil, set{"limit_utilisation": null}, nil, "unjudged"},
	{"W2-10", "the feed is stale", nil, nil, set{"limit_utilisation": 1.2, "feed_stale": 1}, nil, "feed_stale S3"},

	{"W2-13", "orders at two fifths", nil, nil, set{"orders_60d": 8000}, nil, "open S2"},
	{"W2-13", "orders above two fifths", nil, nil, set{"orders_60d": 8001}, nil, "nothing"},
	{"W2-13", "silent for more than three gaps", nil, nil, set{"days_since_last_order": 46}, nil, "open S2"},
	{"W2-13", "silent for three gaps", nil, nil, set{"days_since_last_order": 45}, nil, "nothing"},
	{"W2-13", "silent, season unknown", nil, nil, set{"days_since_last_order": 46, "orders_baseline_60d": null}, nil, "open S2"},
	{"W2-13", "buys five times a year", nil, nil, set{"orders_60d": 0, "orders_count_365d": 5}, nil, "nothing"},
	{"W2-13", "orders again", set{"orders_60d": 0}, nil, set{"orders_60d": 12001}, nil, "closed"},
	{"W2-13", "orders again a little", set{"orders_60d": 0}, nil, set{"orders_60d": 12000}, nil, "open S2"},
	{"W2-13", "season unknown", nil, nil, set{"orders_baseline_60d": null}, nil, "unjudged"},
	{"W2-13", "no season and no orders", nil, nil, set{"orders_60d": 0, "orders_baseline_60d": 0}, nil, "unjudged"},
	{"W2-13", "three orders on one day, two days ago", nil, nil, set{"days_since_last_order": 2, "order_gap_median_days": 0}, nil, "nothing"},
	{"W2-13", "season unknown, as before", set{"orders_60d": 0}, nil, set{"orders_baseline_60d": null}, nil, "unjudged S2"},

	{"W2-14", "a fifth disputed", nil, nil, set{"disputed_share": 0.2, "late_raised_dispute_share": 0}, nil, "open S2"},
	{"W2-14", "less than a fifth disputed", nil, nil, set{"disputed_share": 0.19, "late_raised_dispute_share": 1}, nil, "nothing"},
	{"W2-14", "a fifth is usual", nil, nil, set{"disputed_share": 0.2, "disputed_share_365d_base": 0.11, "late_raised_dispute_share": 1}, nil, "nothing"},
	{"W2-14", "half of it raised late", nil, nil, set{"disputed_share": 0.2, "late_raised_dispute_share": 0.5}, nil, "open S3"},
	{"W2-14", "credit notes doubled", nil, nil, set{"credit_note_ratio_90d": 0.06, "credit_note_ratio_365d": 0.03}, nil, "open S2"},
	{"W2-14", "credit notes doubled to very little", nil, nil, set{"credit_note_ratio_90d": 0.04, "credit_note_ratio_365d": 0.02}, nil, "nothing"},
	{"W2-14", "settled", set{"disputed_share": 0.3, "late_raised_dispute_share": 0.6}, nil, set{"disputed_share": 0.14, "late_raised_dispute_share": 0.6}, nil, "closed"},
	{"W2-14", "disputes unknown", nil, nil, set{"disputed_share": null}, nil, "unjudged"},

	{"W2-16", "one returned", nil, nil, set{"returned_payments_90d": 1}, nil, "open S3"},
	{"W2-16", "none returned", nil, nil, set{"returned_payments_90d": 0}, nil, "nothing"},
	{"W2-16", "two returned", nil, nil, set{"returned_payments_90d": 2}, nil, "open S4"},
	{"W2-16", "the first of two is 90 days back", set{"returned_payments_90d": 2}, nil, set{"returned_payments_90d": 1}, nil, "open S3"},
	{"W2-16", "all 90 days back", set{"returned_payments_90d": 2}, nil, nil, nil, "closed"},
	{"W2-16", "payments unknown", nil, nil, set{"returned_payments_90d": null}, nil, "unjudged"},
	{"W2-16", "the feed is stale", nil, nil, set{"returned_payments_90d": 1, "feed_stale": 1}, nil, "feed_stale S3"},

	{"W2-19", "no reviewed contract", nil, nil, set{"contract_valid_reviewed": 0}, nil, "open S2"},
	{"W2-19", "no reviewed contract and no trade", nil, nil, set{"contract_valid_reviewed": 0, "exposure_base": 0}, nil, "nothing"},
	{"W2-19", "no reviewed contract, more than half a percent of the book", nil, nil, set{"contract_valid_reviewed": 0, "exposure_base": 500001}, nil, "open S3"},
	{"W2-19", "no reviewed contract, half a percent of the book", nil, nil, set{"contract_valid_reviewed": 0, "exposure_base": 500000}, nil, "open S2"},
	{"W2-19", "large, without a gap", nil, nil, set{"exposure_base": 5000000}, nil, "nothing"},
	{"W2-19", "guarantee ends in 30 days", nil, nil, set{"guarantee_expires_in_days": 30, "uncovered_exposure_base": 10001}, nil, "open S2"},
	{"W2-19", "guarantee ends in 31 days", nil, nil, set{"guarantee_expires_in_days": 31, "uncovered_exposure_base": 10001}, nil, "nothing"},
	{"W2-19", "guarantee ends, exposure within appetite", nil, nil, set{"guarantee_expires_in_days": 5, "uncovered_exposure_base": 10000}, nil, "nothing"},
	{"W2-19", "terms a day too long", nil, nil, set{"terms_excess_days": 1}, nil, "open S2"},
	{"W2-19", "guarantee extended", set{"guarantee_expires_in_days": 10, "uncovered_exposure_base": 99999}, nil, set{"guarantee_expires_in_days": 46, "uncovered_exposure_base": 99999}, nil, "closed"},
	{"W2-19", "guarantee extended too little", set{"guarantee_expires_in_days": 10, "uncovered_exposure_base": 99999}, nil, set{"guarantee_expires_in_days": 45, "uncovered_exposure_base": 99999}, nil, "open S2"},
	{"W2-19", "large, gap closed", set{"contract_valid_reviewed": 0, "exposure_base": 5000000}, nil, set{"exposure_base": 5000000}, nil, "closed"},
	{"W2-19", "contracts unknown", nil, nil, set{"contract_valid_reviewed": null}, nil, "unjudged"},

	{"W3-01", "official", nil, nil, nil, []Event{tell("INSOLV", official)}, "open S4"},
	{"W3-01", "two press stories", nil, nil, nil, []Event{tell("INSOLV"), tell("INSOLV", story2)}, "open S4"},
	{"W3-01", "one press story and its reprint", nil, nil, nil, []Event{tell("INSOLV"), tell("INSOLV", reprint)}, "open S2"},
	{"W3-01", "rumour", nil, nil, nil, []Event{tell("INSOLV", hypothetical)}, "open S2"},
	{"W3-01", "rumour on social media", nil, nil, nil, []Event{tell("INSOLV", hypothetical, social)}, "open S1"},
	{"W3-01", "official rumour, so to speak", nil, nil, nil, []Event{tell("INSOLV", hypothetical, official)}, "open S2"},
	{"W3-01", "denied", nil, nil, nil, []Event{tell("INSOLV", denied)}, "open S1"},
	{"W3-01", "our customer is the creditor", nil, nil, nil, []Event{tell("INSOLV", official, bystander)}, "open S1"},
	{"W3-01", "long ago", nil, nil, nil, []Event{tell("INSOLV", official, daysAgo(3650))}, "nothing"},
	{"W3-01", "another event", nil, nil, nil, []Event{tell("EXEC", official)}, "nothing"},
	{"W3-01", "rumour, later denied", nil, []Event{tell("INSOLV", hypothetical)}, nil, []Event{tell("INSOLV", hypothetical), tell("INSOLV", denied, story2, daysLater(1))}, "open S1"},
	{"W3-01", "official, later denied by the press", nil, []Event{tell("INSOLV", official)}, nil, []Event{tell("INSOLV", official), tell("INSOLV", denied, story2, daysLater(1))}, "open S4"},
	{"W3-01", "official, later reversed officially", nil, []Event{tell("INSOLV", official)}, nil, []Event{tell("INSOLV", official), tell("INSOLV", reversed, official, story2, daysLater(1))}, "open S1"},
	{"W3-01", "one half-life later", nil, []Event{tell("INSOLV", official)}, nil, []Event{tell("INSOLV", official, daysAgo(96))}, "open S4"},
	{"W3-01", "decayed to a mention", nil, []Event{tell("INSOLV", official)}, nil, []Event{tell("INSOLV", official, daysAgo(98))}, "open S2"},
	{"W3-01", "decayed", nil, []Event{tell("INSOLV", official)}, nil, []Event{tell("INSOLV", official, daysAgo(430))}, "closed"},

	{"W3-02", "official", nil, nil, nil, []Event{tell("DEBTDEF", official)}, "open S4"},
	{"W3-02", "one press story", nil, nil, nil, []Event{tell("DEBTDEF")}, "open S2"},
	{"W3-02", "denied, by social media", nil, nil, nil, []Event{tell("DEBTDEF", denied, social)}, "open S1"},
	{"W3-02", "insolvency", nil, nil, nil, []Event{tell("INSOLV", official)}, "nothing"},
	{"W3-02", "decayed", nil, []Event{tell("DEBTDEF", official)}, nil, []Event{tell("DEBTDEF", official, daysAgo(430))}, "closed"},

	{"W3-03", "one notch", nil, nil, set{"rating_notches_down_90d": 1}, nil, "open S2"},
	{"W3-03", "affirmed", nil, nil, set{"rating_notches_down_90d": 0}, nil, "nothing"},
	{"W3-03", "two notches", nil, nil, set{"rating_notches_down_90d": 2}, nil, "open S3"},
	{"W3-03", "to below investment grade", nil, nil, set{"rating_notches_down_90d": 1, "rating_below_investment": 1}, nil, "open S3"},
	{"W3-03", "below investment grade as before", nil, nil, set{"rating_notches_down_90d": 0, "rating_below_investment": 1}, nil, "nothing"},
	{"W3-03", "outlook negative", nil, nil, set{"rating_outlook_negative": 1}, nil, "open S2"},
	{"W3-03", "press reports a cut", nil, nil, nil, []Event{tell("DOWNGR")}, "open S2"},
	{"W3-03", "not rated", nil, nil, set{"rating_notches_down_90d": null, "rating_outlook_negative": null, "rating_below_investment": null}, nil, "nothing"},
	{"W3-03", "90 days later", set{"rating_notches_down_90d": 2}, nil, nil, nil, "closed"},

	{"W3-04", "enforcement", nil, nil, nil, []Event{tell("ENFORCE")}, "open S3"},
	{"W3-04", "listed as dishonest debtor", nil, nil, nil, []Event{tell("ENFORCE", official, grave4)}, "open S4"},
	{"W3-04", "our customer enforces", nil, nil, nil, []Event{tell("ENFORCE", official, grave4, bystander)}, "nothing"},
	{"W3-04", "lifted", nil, []Event{tell("ENFORCE", official)}, nil, []Event{tell("ENFORCE", official), tell("ENFORCE", official, reversed, story2, daysLater(1))}, "closed"},

	{"W3-05", "three lawsuits", nil, nil, nil, []Event{tell("LITIG", social), tell("LITIG", story2), tell("LITIG", story3)}, "open S2"},
	{"W3-05", "two lawsuits", nil, nil, nil, []Event{tell("LITIG"), tell("LITIG", story2), tell("LITIG", reprint)}, "nothing"},
	{"W3-05", "decayed", nil, []Event{tell("LITIG"), tell("LITIG", story2), tell("LITIG", story3)}, nil, []Event{tell("LITIG", daysAgo(101)), tell("LITIG", story2, daysAgo(101)), tell("LITIG", story3, daysAgo(101))}, "closed"},

	{"W3-06", "regulator", nil, nil, nil, []Event{tell("FRAUD", official)}, "open S4"},
	{"W3-06", "press", nil, nil, nil, []Event{tell("FRAUD"), tell("FRAUD", story2)}, "open S3"},
	{"W3-06", "feared", nil, nil, nil, []Event{tell("FRAUD", hypothetical)}, "open S2"},
	{"W3-06", "denied", nil, nil, nil, []Event{tell("FRAUD", denied)}, "open S1"},
	{"W3-06", "long ago", nil, nil, nil, []Event{tell("FRAUD", official, daysAgo(1000))}, "nothing"},
	{"W3-06", "decayed", nil, []Event{tell("FRAUD")}, nil, []Event{tell("FRAUD", daysAgo(400))}, "closed"},

	{"W3-07", "on a sanctions list", nil, nil, nil, []Event{tell("SANCT", official)}, "open S4"},
	{"W3-07", "fined", nil, nil, nil, []Event{tell("PENAL", official)}, "open S2"},
	{"W3-15", "takeover", nil, nil, nil, []Event{tell("MNA")}, "open S1"},
	{"W3-15", "shares frozen", nil, nil, nil, []Event{tell("OWNER", grave3)}, "open S3"},
	{"W3-11", "unpaid wages", nil, nil, nil, []Event{tell("WAGE")}, "open S3"},
	{"W3-12", "main plant closed", nil, nil, nil, []Event{tell("CLOSURE", grave3)}, "open S3"},
	{"W3-16", "licence revoked", nil, nil, nil, []Event{tell("REGIST", official, grave4)}, "open S4"},
	{"W3-16", "licence revoked, says one paper", nil, nil, nil, []Event{tell("REGIST", grave4)}, "open S2"},
	{"W3-09", "going-concern doubt", nil, nil, nil, []Event{tell("AUDIT", grave3)}, "open S3"},

	{"W3-13", "victim of a customer's failure", nil, nil, nil, []Event{tell("KEYCUST", func(e *Event) { e.Role = "victim" })}, "open S2"},
	{"W3-01", "insolvency ended", nil, []Event{tell("INSOLV", official)}, nil, []Event{tell("INSOLV", official), tell("POSIT", official, ends("INSOLV"), story2, daysLater(1))}, "open S1"},
	{"W3-14", "too few firms to tell", nil, nil, nil, nil, "unjudged"},
}

func init() {
	// What holds for every indicator of one event: a credible story opens it, talk does not, and time closes it.
	for code, want := range map[string]struct{ event, want string }{
		"W3-07": {"PENAL", "open S2"}, "W3-08": {"EXEC", "open S2"}, "W3-09": {"AUDIT", "open S2"}, "W3-10": {"LATEFIL", "open S2"},
		"W3-11": {"LAYOFF", "open S2"}, "W3-12": {"CLOSURE", "open S2"}, "W3-13": {"KEYCUST", "open S2"}, "W3-15": {"OWNER", "open S2"},
		"W3-16": {"REGIST", "open S2"}, "W3-17": {"CREDCUT", "open S3"},
	} {
		ruleCases = append(ruleCases,
			ruleCase{code, "press", nil, nil, nil, []Event{tell(want.event)}, want.want},
			ruleCase{code, "social media", nil, nil, nil, []Event{tell(want.event, social)}, "nothing"},
			ruleCase{code, "denied", nil, nil, nil, []Event{tell(want.event, denied)}, "nothing"},
			ruleCase{code, "only mentioned", nil, nil, nil, []Event{tell(want.event, bystander)}, "nothing"},
			ruleCase{code, "decayed", nil, []Event{tell(want.event)}, nil, []Event{tell(want.event, daysAgo(400))}, "closed"},
		)
	}
	slices.SortStableFunc(ruleCases, func(a, b ruleCase) int { return strings.Compare(a.code, b.code) })
}

// outcome says in the words of ruleCase what became of the customer.
func outcome(r Result, code string) string {
	i := slices.IndexFunc(r.Unjudged, func(u Unjudged) bool { return u.Code == code })
	e := find(r, code)
	switch {
	case r.Unjudged[i].Customers > 0 && e.State == "":
		return "unjudged"
	case r.Unjudged[i].Customers > 0:
		return "unjudged " + e.Severity.String()
	case e.State == "":
		return "nothing"
	case e.SuppressedBy != "":
		return e.SuppressedBy + " " + e.Severity.String()
	case e.State == Open:
		return "open " + e.Severity.String()
	default:
		return string(e.State)
	}
}

func TestRules(t *testing.T) {
	for _, c := range ruleCases {
		t.Run(c.code+"/"+strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			var last []Episode
			if c.was != nil || c.heard != nil {
				for i := range 3 {
					last = judged(t, Night{AsOf: monday.Add(i), Book: one(c.was), Events: slices.Clone(c.heard), Last: last}, Default()).Episodes
				}
			}
			r := judged(t, Night{AsOf: monday.Add(3), Book: one(c.now), Events: slices.Clone(c.hears), Last: last}, Default())
			if got := outcome(r, c.code); got != c.want {
				t.Errorf("got %s, want %s: %+v", got, c.want, find(r, c.code))
			}
		})
	}
}

// Every rule must be seen opening, staying silent, closing and, if it reads columns, unjudged or suppressed.
func TestEveryRuleHasItsCases(t *testing.T) {
	for _, r := range Rules {
		has := map[string]bool{}
		for _, c := range ruleCases {
			if c.code != r.Code {
				continue
			}
			switch verb, _, _ := strings.Cut(c.want, " "); verb {
			case "open":
				has["opening"] = true
			case "nothing", "pending":
				has["near miss"] = true
			case "closed":
				has["closing"] = true
			default:
				has["unjudged or suppressed"] = true
			}
		}
		if r.Code == "W3-14" {
			has["opening"], has["near miss"], has["closing"] = true, true, true // TestShock: they need a whole cell
		}
		if len(r.Reads) == 0 || r.Code == "W3-03" { // all of whose columns may be lacking
			has["unjudged or suppressed"] = true
		}
		for _, kind := range []string{"opening", "near miss", "closing", "unjudged or suppressed"} {
			if !has[kind] {
				t.Errorf("%s: no case of %s", r.Code, kind)
			}
		}
	}
}

func TestEveryRuleIsWhole(t *testing.T) {
	codes := map[string]bool{}
	actions := map[string]bool{}
	for _, a := range Actions {
		actions[a.Code] = true
	}
	suppressors := map[string]bool{}
	for _, s := range Suppressors {
		suppressors[s.Code] = true
	}
	for i, r := range Rules {
		if codes[r.Code] {
			t.Errorf("%s is there twice", r.Code)
		}
		codes[r.Code] = true
		if i > 0 && r.Code <= Rules[i-1].Code {
			t.Errorf("%s comes after %s", r.Code, Rules[i-1].Code)
		}
		if want := uint8(r.Code[1] - '0'); r.Tier != want {
			t.Errorf("%s: tier %d, want %d", r.Code, r.Tier, want)
		}
		if r.EN == "" || r.ZH == "" || len(r.Steps) == 0 {
			t.Errorf("%s: lacks a name or a step", r.Code)
		}
		for _, s := range r.Excuses {
			if !suppressors[s] {
				t.Errorf("%s: no suppressor %s", r.Code, s)
			}
		}
		reads := map[string]bool{}
		for k, s := range r.Steps {
			if s.Severity < Info || s.Severity > Critical || s.Edge.Opens == "" || s.Line == nil || s.Measure.EN == "" || s.Measure.ZH == "" || (s.Measure.Of == nil) == (s.Measure.Hears == 0) {
				t.Errorf("%s: step %d is not whole: %+v", r.Code, k, s)
			}
			if s.Key == "" && s.Measure.Unit != Flag {
				t.Errorf("%s: step %d has no key in the policy", r.Code, k)
			}
			for _, a := range strings.Fields(r.Action + " " + s.Action) {
				if !actions[a] {
					t.Errorf("%s: no action %s", r.Code, a)
				}
			}
			if strings.Fields(r.Action) == nil {
				t.Errorf("%s: no action", r.Code)
			}
			for _, c := range reach(&s) {
				reads[c] = true
			}
		}
		for _, c := range r.Incomparable {
			reads[c] = true
		}
		for c := range reads {
			if !slices.Contains(r.Reads, c) {
				t.Errorf("%s reads %s and does not say so", r.Code, c)
			}
		}
		for _, c := range r.Reads {
			if !reads[c] {
				t.Errorf("%s says that it reads %s and does not", r.Code, c)
			}
		}
	}
}

// reach finds the columns that a step may read, by trying it on many customers.
func reach(s *Step) []string {
	p := Default()
	v := Values{policy: &p, row: make([]float64, len(slots)), trace: true}
	for _, x := range []float64{-50, 0, 1, 2, 40, 1e9, null} {
		for other := range slots {
			for i := range v.row {
				v.row[i] = x
			}
			for _, y := range []float64{-50, 0, 1, 40, 1e9, null} {
				v.row[slot(other)] = y
				if s.Measure.Of != nil {
					s.Measure.Of(&v)
				}
				if s.If != nil {
					s.If(&v, &p)
				}
				if s.Clears != nil {
					s.Clears(&v, &p)
				}
			}
		}
	}
	return v.asked
}

func TestColumnsAreThoseRead(t *testing.T) {
	var declared []string
	for _, c := range Columns {
		if c.Means == "" {
			t.Errorf("%s: says nothing", c.Name)
		}
		declared = append(declared, c.Name)
	}
	slices.Sort(declared)
	if reads := Reads(); !slices.Equal(declared, reads) {
		t.Errorf("declared %v\nread %v", declared, reads)
	}
	for _, c := range declared {
		if _, ok := quiet[c]; !ok {
			t.Errorf("the quiet customer lacks %s", c)
		}
	}
}

// A null must never open a warning, nor close one: what opens or closes with a null in it does so whatever the null is.
func TestNullsDecideNothing(t *testing.T) {
	p := Default()
	rapid.Check(t, func(t *rapid.T) {
		v := Values{policy: &p, row: make([]float64, len(slots))}
		kind := rapid.SampledFrom([]float64{-20, -1, 0, 0.03, 0.06, 0.5, 0.9, 1, 2, 3.5, 12, 40, 80, 100, 1e4, 2e6})
		for i := range v.row {
			v.row[i] = kind.Draw(t, "value")
		}
		rule := rapid.SampledFrom(Rules).Draw(t, "rule")
		if len(rule.Reads) == 0 {
			return
		}
		column := rapid.SampledFrom(rule.Reads).Draw(t, "column")
		for i := range rule.Steps {
			s := &rule.Steps[i]
			if s.Measure.Hears != 0 || s.Optional || column == "guarantee_expires_in_days" || column == "terms_excess_days" {
				continue // there a null speaks
			}
			known, _ := s.read(&v, &p)
			if known.opens && known.closes {
				t.Fatalf("%s step %d opens and closes at once: %+v", rule.Code, i, known)
			}
			was := v.row[slot(column)]
			v.row[slot(column)] = null
			st, _ := s.read(&v, &p)
			v.row[slot(column)] = was
			if st.opens && !known.opens || st.closes && !known.closes {
				t.Fatalf("%s step %d: with %s null %+v, else %+v", rule.Code, i, column, st, known)
			}
		}
	})
}
