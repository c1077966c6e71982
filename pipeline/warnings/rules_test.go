package warnings

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"pgregory.net/rapid"
)

// A case shows one customer to one rule: what it was like on five nights, if anything, then what it is on the sixth. A rule about
// peers or relatives sees it among some: see [ruleCase.book].
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

	{"W1-04", "above nine tenths of its peers for five nights", set{"pd_12m": 0.02}, nil, set{"pd_12m": 0.02}, nil, "open S2"},
	{"W1-04", "above them tonight", nil, nil, set{"pd_12m": 0.02}, nil, "pending"},
	{"W1-04", "like its peers", set{"pd_12m": 0.01}, nil, set{"pd_12m": 0.01}, nil, "nothing"},
	{"W1-04", "a tenth below the trigger", set{"pd_12m": 0.02}, nil, set{"pd_12m": 0.009}, nil, "closed"},
	{"W1-04", "nearly a tenth below the trigger", set{"pd_12m": 0.02}, nil, set{"pd_12m": 0.0091}, nil, "open S2"}, // ln 0.91 = -0.094
	{"W1-04", "no score", nil, nil, set{"pd_12m": null}, nil, "unjudged"},
	{"W1-04", "too few peers to tell", nil, nil, set{"pd_12m": 0.02, "alone": 1}, nil, "unjudged"},

	{"W1-05", "two notches down in a year, and an outlier", set{"pd_12m": 0.02, "grade_fall_365d": 2}, nil, set{"pd_12m": 0.02, "grade_fall_365d": 2}, nil, "open S3"},
	{"W1-05", "two notches down, like its peers", set{"grade_fall_365d": 2}, nil, set{"grade_fall_365d": 2}, nil, "nothing"},
	{"W1-05", "an outlier as ever", set{"pd_12m": 0.02, "grade_fall_365d": 1}, nil, set{"pd_12m": 0.02, "grade_fall_365d": 1}, nil, "nothing"},
	{"W1-05", "both for the first night", nil, nil, set{"pd_12m": 0.02, "grade_fall_365d": 2}, nil, "pending"},
	{"W1-05", "one notch is left", set{"pd_12m": 0.02, "grade_fall_365d": 2}, nil, set{"pd_12m": 0.02, "grade_fall_365d": 0}, nil, "closed"},
	{"W1-05", "no outlier any more", set{"pd_12m": 0.02, "grade_fall_365d": 2}, nil, set{"pd_12m": 0.009, "grade_fall_365d": 2}, nil, "closed"},
	{"W1-05", "an outlier, a year ago unknown", nil, nil, set{"pd_12m": 0.02, "grade_fall_365d": null}, nil, "unjudged"},
	{"W1-05", "no outlier, a year ago unknown", nil, nil, set{"pd_12m": 0.001, "grade_fall_365d": null}, nil, "nothing"},

	{"W1-06", "half as much again in 26 weeks", nil, nil, rising26(0.01, 0.015), nil, "open S2"},
	{"W1-06", "not quite half as much again", nil, nil, rising26(0.01, 0.0149), nil, "nothing"},
	{"W1-06", "up and down, the last week high", nil, nil, set{"pd_12m": 0.05}, nil, "nothing"},
	{"W1-06", "up and down, and up by six tenths", nil, nil, seesaw(0.016), nil, "nothing"}, // p = 0.112 by scipy
	{"W1-06", "between the lines", rising26(0.01, 0.02), nil, rising26(0.01, 0.0126), nil, "open S2"},
	{"W1-06", "a fifth up only", rising26(0.01, 0.02), nil, rising26(0.01, 0.012), nil, "closed"},
	{"W1-06", "no trend any more", rising26(0.01, 0.02), nil, seesaw(0.016), nil, "closed"},
	{"W1-06", "a week without a score", nil, nil, with(rising26(0.01, 0.02), set{"pd_12m_week_7": null}), nil, "unjudged"},

	{"W1-07", "over the cap", nil, nil, set{"expected_loss": 1000.01}, nil, "open S3"},
	{"W1-07", "at the cap", nil, nil, set{"expected_loss": 1000}, nil, "nothing"},
	{"W1-07", "at nine tenths of the cap", set{"expected_loss": 1001}, nil, set{"expected_loss": 900}, nil, "open S3"},
	{"W1-07", "below nine tenths of the cap", set{"expected_loss": 1001}, nil, set{"expected_loss": 899}, nil, "closed"},
	{"W1-07", "no expected loss", nil, nil, set{"expected_loss": null}, nil, "unjudged"},

	{"W1-08", "no valid score", nil, nil, set{"score_missing": 1}, nil, "open S2"},
	{"W1-08", "no valid score, age of the ledger unknown", nil, nil, set{"score_missing": 1, "ledger_age_days": null}, nil, "open S2"},
	{"W1-08", "ledger of last Friday, four business days old", nil, nil, set{"ledger_age_days": 6}, nil, "open S2"}, // the sixth night is a Thursday
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

	{"W1-10", "agency three notches worse", nil, nil, set{"agency_grade_notch": 7}, nil, "open S3"},
	{"W1-10", "agency two notches worse", nil, nil, set{"agency_grade_notch": 6}, nil, "nothing"},
	{"W1-10", "agency three notches better", nil, nil, set{"agency_grade_notch": 1}, nil, "open S1"},
	{"W1-10", "agency two notches better", nil, nil, set{"agency_grade_notch": 2}, nil, "nothing"},
	{"W1-10", "agency better about a customer in default", nil, nil, set{"agency_grade_notch": 1, "grade_notch": 9, "in_default": 1}, nil, "nothing"},
	{"W1-10", "one notch between them", set{"agency_grade_notch": 8}, nil, set{"agency_grade_notch": 5}, nil, "closed"},
	{"W1-10", "no agency", nil, nil, set{"agency_grade_notch": null}, nil, "nothing"},
	{"W1-10", "no grade of our own", nil, nil, set{"grade_notch": null}, nil, "unjudged"},

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
	{"W2-01", "a public body within its time", set{"overdue_30d_base": 2000}, nil, set{"overdue_30d_base": 2000, "public_body": 1, "open_age_days_max": 60}, nil, "public_body S2"},
	{"W2-01", "a public body past its time", set{"overdue_30d_base": 2000}, nil, set{"overdue_30d_base": 2000, "public_body": 1, "open_age_days_max": 61}, nil, "open S2"},
	{"W2-01", "perhaps a public body", set{"overdue_30d_base": 2000}, nil, set{"overdue_30d_base": 2000, "public_body": null, "open_age_days_max": 40}, nil, "open S2"},

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
	{"W2-05", "the feed is stale", nil, nil, set{"pay_index_90d": 70, "feed_stale": 1}, nil, "feed_stale S2"},

	{"W2-06", "two broken", nil, nil, set{"promises_due_count_90d": 6, "promises_kept_count_90d": 4}, nil, "open S3"},
	{"W2-06", "one of two broken", nil, nil, set{"promises_due_count_90d": 2, "promises_kept_count_90d": 1}, nil, "nothing"},
	{"W2-06", "the only one broken", nil, nil, set{"promises_due_count_90d": 1}, nil, "open S3"}, // P(kept rate < 0.5) = 0.82
	{"W2-06", "none broken any more", set{"promises_due_count_90d": 2}, nil, set{"promises_due_count_90d": 2, "promises_kept_count_90d": 2}, nil, "closed"},
	{"W2-06", "promises unknown", nil, nil, set{"promises_due_count_90d": null}, nil, "unjudged"},
	{"W2-06", "the feed is stale", nil, nil, set{"promises_due_count_90d": 2, "feed_stale": 1}, nil, "feed_stale S3"},

	{"W2-07", "two of five in part", nil, nil, set{"payments_count_60d": 5, "part_payments_count_60d": 2}, nil, "open S2"},
	{"W2-07", "three of eight in part", nil, nil, set{"part_payments_count_60d": 3}, nil, "nothing"},
	{"W2-07", "three payments are too few", nil, nil, set{"payments_count_60d": 3, "part_payments_count_60d": 3}, nil, "nothing"},
	{"W2-07", "less than twice its own usual", nil, nil, set{"part_payments_count_60d": 4, "part_payment_share_365d": 0.26}, nil, "nothing"},
	{"W2-07", "fewer than three in ten", set{"part_payments_count_60d": 4}, nil, set{"part_payments_count_60d": 2}, nil, "closed"},
	{"W2-07", "three in ten", set{"part_payments_count_60d": 4}, nil, set{"payments_count_60d": 10, "part_payments_count_60d": 3}, nil, "open S2"},
	{"W2-07", "no payment at all", nil, nil, set{"payments_count_60d": 0, "part_payment_share_365d": null}, nil, "nothing"},
	{"W2-07", "payments unknown", nil, nil, set{"payments_count_60d": null, "part_payments_count_60d": null}, nil, "unjudged"},
	{"W2-07", "usual share unknown", nil, nil, set{"part_payments_count_60d": 4, "part_payment_share_365d": null}, nil, "unjudged"},
	{"W2-07", "the feed is stale", nil, nil, set{"part_payments_count_60d": 4, "feed_stale": 1}, nil, "feed_stale S2"},
	{"W2-07", "after Spring Festival", nil, nil, set{"part_payments_count_60d": 4, "holiday_days_28d": 8}, nil, "planned_pause S2"},

	{"W2-08", "half went past an older and larger invoice", nil, nil, set{"chosen_over_older_base_60d": 10000}, nil, "open S2"},
	{"W2-08", "less than half", nil, nil, set{"chosen_over_older_base_60d": 9999}, nil, "nothing"},
	{"W2-08", "three payments are too few", nil, nil, set{"chosen_over_older_base_60d": 20000, "chosen_count_60d": 3}, nil, "nothing"},
	{"W2-08", "a third", set{"chosen_over_older_base_60d": 15000}, nil, set{"chosen_over_older_base_60d": 6900}, nil, "closed"},
	{"W2-08", "payments unknown", nil, nil, set{"chosen_base_60d": null, "chosen_over_older_base_60d": null}, nil, "unjudged"},
	{"W2-08", "the feed is stale", nil, nil, set{"chosen_over_older_base_60d": 15000, "feed_stale": 1}, nil, "feed_stale S2"},

	{"W2-09", "takes none any more", nil, nil, set{"discounts_taken_60d": 0}, nil, "open S2"},
	{"W2-09", "takes one of two", nil, nil, set{"discounts_taken_60d": 1}, nil, "nothing"},
	{"W2-09", "was offered only one", nil, nil, set{"discounts_taken_60d": 0, "discounts_offered_60d": 1}, nil, "nothing"},
	{"W2-09", "never took many", nil, nil, set{"discounts_taken_60d": 0, "discounts_taken_before": 6}, nil, "nothing"},
	{"W2-09", "seven tenths were usual", nil, nil, set{"discounts_taken_60d": 0, "discounts_taken_before": 7}, nil, "open S2"},
	{"W2-09", "five before are too few", nil, nil, set{"discounts_taken_60d": 0, "discounts_offered_before": 5, "discounts_taken_before": 5}, nil, "nothing"},
	{"W2-09", "takes one again", set{"discounts_taken_60d": 0}, nil, set{"discounts_taken_60d": 1}, nil, "closed"},
	{"W2-09", "discounts are not recorded", nil, nil, set{"discounts_offered_before": null, "discounts_taken_before": null, "discounts_offered_60d": null, "discounts_taken_60d": null}, nil, "unjudged"},
	{"W2-09", "the feed is stale", nil, nil, set{"discounts_taken_60d": 0, "feed_stale": 1}, nil, "feed_stale S2"},

	{"W2-10", "at the amber line for three nights", set{"limit_utilisation": 0.85}, nil, set{"limit_utilisation": 0.85}, nil, "open S2"},
	{"W2-10", "at the amber line for one night", nil, nil, set{"limit_utilisation": 0.85}, nil, "pending"},
	{"W2-10", "below the amber line", set{"limit_utilisation": 0.849}, nil, set{"limit_utilisation": 0.849}, nil, "nothing"},
	{"W2-10", "full, on the first night", nil, nil, set{"limit_utilisation": 1}, nil, "open S3"},
	{"W2-10", "below the red closing line", set{"limit_utilisation": 1}, nil, set{"limit_utilisation": 0.949}, nil, "open S2"},
	{"W2-10", "at the amber closing line", set{"limit_utilisation": 0.9}, nil, set{"limit_utilisation": 0.8}, nil, "open S2"},
	{"W2-10", "below the amber closing line", set{"limit_utilisation": 0.9}, nil, set{"limit_utilisation": 0.79}, nil, "closed"},
	{"W2-10", "no limit", nil, nil, set{"limit_utilisation": null}, nil, "unjudged"},
	{"W2-10", "the feed is stale", nil, nil, set{"limit_utilisation": 1.2, "feed_stale": 1}, nil, "feed_stale S3"},

	{"W2-11", "three exceptions", nil, nil, set{"exceptions_90d": 3}, nil, "open S2"},
	{"W2-11", "two exceptions", nil, nil, set{"exceptions_90d": 2}, nil, "nothing"},
	{"W2-11", "a hold lifted for an order", nil, nil, set{"hold_bypasses_90d": 1}, nil, "open S3"},
	{"W2-11", "two are still many", set{"exceptions_90d": 4}, nil, set{"exceptions_90d": 2}, nil, "open S2"},
	{"W2-11", "one is left", set{"exceptions_90d": 4, "hold_bypasses_90d": 1}, nil, set{"exceptions_90d": 1}, nil, "closed"},
	{"W2-11", "holds and limits are not recorded", nil, nil, set{"exceptions_90d": null, "hold_bypasses_90d": null}, nil, "unjudged"},
	{"W2-11", "the feed is stale", nil, nil, set{"exceptions_90d": 3, "feed_stale": 1}, nil, "feed_stale S2"},

	{"W2-12", "doubled, and the limit fills up", nil, nil, set{"orders_28d": 18000, "orders_zscore_28d": 3, "limit_utilisation": 0.71}, nil, "open S3"},
	{"W2-12", "doubled, and payment slows", nil, nil, set{"orders_28d": 18000, "orders_zscore_28d": 3, "dbt_90d": 10}, nil, "open S3"},
	{"W2-12", "doubled, pays as ever", nil, nil, set{"orders_28d": 18000, "orders_zscore_28d": 3, "limit_utilisation": 0.69, "dbt_90d": 9.9}, nil, "nothing"},
	{"W2-12", "not doubled", nil, nil, set{"orders_28d": 17999, "orders_zscore_28d": 3, "dbt_90d": 10}, nil, "nothing"},
	{"W2-12", "doubled, within its usual spread", nil, nil, set{"orders_28d": 18000, "orders_zscore_28d": 2.9, "dbt_90d": 10}, nil, "nothing"},
	{"W2-12", "back to the season", set{"orders_28d": 18000, "orders_zscore_28d": 3, "dbt_90d": 10}, nil, set{"orders_28d": 13000, "dbt_90d": 10}, nil, "closed"},
	{"W2-12", "doubled, payment slows, earlier use of the limit unknown", nil, nil, set{"orders_28d": 18000, "orders_zscore_28d": 3, "dbt_90d": 10, "limit_utilisation_30d_ago": null}, nil, "open S3"},
	{"W2-12", "doubled, earlier use of the limit unknown", nil, nil, set{"orders_28d": 18000, "orders_zscore_28d": 3, "limit_utilisation_30d_ago": null}, nil, "unjudged"},
	{"W2-12", "no season", nil, nil, set{"orders_baseline_28d": null, "orders_zscore_28d": 4, "dbt_90d": 10}, nil, "unjudged"},
	{"W2-12", "the festival was in last year's window", nil, nil, set{"orders_28d": 18000, "orders_zscore_28d": 3, "dbt_90d": 10, "holiday_days_baseline_60d": 9}, nil, "planned_pause S3"},

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
	{"W2-13", "a shutdown was planned", nil, nil, set{"orders_60d": 0, "shutdown_planned": 1}, nil, "planned_pause S2"},
	{"W2-13", "the calendar is unknown", nil, nil, set{"orders_60d": 0, "shutdown_planned": null, "holiday_days_28d": null, "holiday_days_60d": null}, nil, "open S2"},

	{"W2-14", "a fifth disputed", nil, nil, set{"disputed_share": 0.2, "late_raised_dispute_share": 0}, nil, "open S2"},
	{"W2-14", "less than a fifth disputed", nil, nil, set{"disputed_share": 0.19, "late_raised_dispute_share": 1}, nil, "nothing"},
	{"W2-14", "a fifth is usual", nil, nil, set{"disputed_share": 0.2, "disputed_share_365d_base": 0.11, "late_raised_dispute_share": 1}, nil, "nothing"},
	{"W2-14", "half of it raised late", nil, nil, set{"disputed_share": 0.2, "late_raised_dispute_share": 0.5}, nil, "open S3"},
	{"W2-14", "credit notes doubled", nil, nil, set{"credit_note_ratio_90d": 0.06, "credit_note_ratio_365d": 0.03}, nil, "open S2"},
	{"W2-14", "credit notes doubled to very little", nil, nil, set{"credit_note_ratio_90d": 0.04, "credit_note_ratio_365d": 0.02}, nil, "nothing"},
	{"W2-14", "settled", set{"disputed_share": 0.3, "late_raised_dispute_share": 0.6}, nil, set{"disputed_share": 0.14, "late_raised_dispute_share": 0.6}, nil, "closed"},
	{"W2-14", "disputes unknown", nil, nil, set{"disputed_share": null}, nil, "unjudged"},
	{"W2-14", "the feed is stale", nil, nil, set{"disputed_share": 0.2, "late_raised_dispute_share": 0, "feed_stale": 1}, nil, "feed_stale S2"},

	{"W2-15", "a fifth paid by third parties", nil, nil, set{"third_party_cash_base_60d": 4000}, nil, "open S2"},
	{"W2-15", "less than a fifth", nil, nil, set{"third_party_cash_base_60d": 3999}, nil, "nothing"},
	{"W2-15", "half from new accounts", nil, nil, set{"new_account_cash_base_60d": 10000}, nil, "open S2"},
	{"W2-15", "less than half from new accounts", nil, nil, set{"new_account_cash_base_60d": 9999}, nil, "nothing"},
	{"W2-15", "half by bills", nil, nil, set{"bill_cash_base_60d": 10000, "bill_share_before": 0.09}, nil, "open S2"},
	{"W2-15", "half by bills, a tenth before", nil, nil, set{"bill_cash_base_60d": 10000, "bill_share_before": 0.1}, nil, "nothing"},
	{"W2-15", "less than a tenth by third parties", set{"third_party_cash_base_60d": 9000}, nil, set{"third_party_cash_base_60d": 1999}, nil, "closed"},
	{"W2-15", "bills have become usual", set{"bill_cash_base_60d": 10000}, nil, set{"bill_cash_base_60d": 10000, "bill_share_before": 0.5}, nil, "closed"},
	{"W2-15", "nothing paid", nil, nil, set{"cash_base_60d": 0, "bill_share_before": null}, nil, "nothing"},
	{"W2-15", "payers and accounts are not recorded", nil, nil, set{"third_party_cash_base_60d": null, "new_account_cash_base_60d": null}, nil, "unjudged"},
	{"W2-15", "no account is known from earlier", nil, nil, set{"new_account_cash_base_60d": null}, nil, "nothing"},
	{"W2-15", "payers are not recorded, half by bills", nil, nil, set{"third_party_cash_base_60d": null, "bill_cash_base_60d": 10000}, nil, "open S2"},
	{"W2-15", "the feed is stale", nil, nil, set{"third_party_cash_base_60d": 4000, "feed_stale": 1}, nil, "feed_stale S2"},

	{"W2-16", "one returned", nil, nil, set{"returned_payments_90d": 1}, nil, "open S3"},
	{"W2-16", "none returned", nil, nil, set{"returned_payments_90d": 0}, nil, "nothing"},
	{"W2-16", "two returned", nil, nil, set{"returned_payments_90d": 2}, nil, "open S4"},
	{"W2-16", "the first of two is 90 days back", set{"returned_payments_90d": 2}, nil, set{"returned_payments_90d": 1}, nil, "open S3"},
	{"W2-16", "all 90 days back", set{"returned_payments_90d": 2}, nil, nil, nil, "closed"},
	{"W2-16", "payments unknown", nil, nil, set{"returned_payments_90d": null}, nil, "unjudged"},
	{"W2-16", "the feed is stale", nil, nil, set{"returned_payments_90d": 1, "feed_stale": 1}, nil, "feed_stale S3"},

	{"W2-17", "asks for time", nil, nil, set{"extension_requests_180d": 1}, nil, "open S2"},
	{"W2-17", "asks for time twice", nil, nil, set{"extension_requests_180d": 2}, nil, "open S3"},
	{"W2-17", "asks for credit while it pays later", nil, nil, set{"limit_requests_180d": 1, "dbt_90d": 6}, nil, "open S2"},
	{"W2-17", "asks for credit and pays as ever", nil, nil, set{"limit_requests_180d": 3}, nil, "nothing"},
	{"W2-17", "asks for time and for credit", nil, nil, set{"extension_requests_180d": 1, "limit_requests_180d": 1, "dbt_90d": 6}, nil, "open S3"},
	{"W2-17", "asks for credit, lateness unknown", nil, nil, set{"limit_requests_180d": 1, "dbt_90d": null}, nil, "unjudged"},
	{"W2-17", "asks for time twice, lateness unknown", nil, nil, set{"extension_requests_180d": 2, "limit_requests_180d": 1, "dbt_90d": null}, nil, "open S3"},
	{"W2-17", "half a year later", set{"extension_requests_180d": 1}, nil, nil, nil, "closed"},
	{"W2-17", "contacts unknown", nil, nil, set{"extension_requests_180d": null}, nil, "unjudged"},
	{"W2-17", "the feed is stale", nil, nil, set{"extension_requests_180d": 1, "feed_stale": 1}, nil, "feed_stale S2"},

	{"W2-18", "three calls over ten days", nil, nil, set{"no_answer_run": 3, "no_answer_run_days": 10}, nil, "open S2"},
	{"W2-18", "two calls", nil, nil, set{"no_answer_run": 2, "no_answer_run_days": 30}, nil, "nothing"},
	{"W2-18", "three calls over nine days", nil, nil, set{"no_answer_run": 3, "no_answer_run_days": 9}, nil, "nothing"},
	{"W2-18", "five calls over 21 days", nil, nil, set{"no_answer_run": 5, "no_answer_run_days": 21}, nil, "open S3"},
	{"W2-18", "five calls over 20 days", nil, nil, set{"no_answer_run": 5, "no_answer_run_days": 20}, nil, "open S2"},
	{"W2-18", "answers", set{"no_answer_run": 5, "no_answer_run_days": 21}, nil, nil, nil, "closed"},
	{"W2-18", "contacts unknown", nil, nil, set{"no_answer_run": null, "no_answer_run_days": null}, nil, "unjudged"},
	{"W2-18", "over Spring Festival", nil, nil, set{"no_answer_run": 3, "no_answer_run_days": 10, "holiday_days_28d": 7}, nil, "planned_pause S2"},
	{"W2-18", "over a holiday of six days", nil, nil, set{"no_answer_run": 3, "no_answer_run_days": 10, "holiday_days_28d": 6, "holiday_days_60d": 6, "holiday_days_baseline_60d": 0}, nil, "open S2"},

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

	{"W2-20", "a relative is in default", nil, nil, set{"relative in_default": 1}, nil, "open S3"},
	{"W2-20", "a relative has had a critical warning since last night", set{"relative default_days": 95}, nil, set{"relative default_days": 95}, nil, "open S3"},
	{"W2-20", "a relative is late", set{"relative default_days": 89}, nil, set{"relative default_days": 89}, nil, "nothing"},
	{"W2-20", "the customer itself is in default", nil, nil, set{"in_default": 1}, nil, "nothing"},
	{"W2-20", "somebody else is in default", nil, nil, set{"relative in_default": 1, "relative group": 2}, nil, "nothing"},
	{"W2-20", "the group is over its limits", nil, nil, set{"exposure_base": 300001}, nil, "open S2"},
	{"W2-20", "the group is at its limits", nil, nil, set{"exposure_base": 300000}, nil, "nothing"},
	{"W2-20", "more than a tenth of all open invoices", nil, nil, set{"open_base": 8000001}, nil, "open S2"},
	{"W2-20", "a tenth of all open invoices", nil, nil, set{"open_base": 8000000}, nil, "nothing"},
	{"W2-20", "the relative was critical until last night", set{"relative in_default": 1}, nil, nil, nil, "open S3"},
	{"W2-20", "the group has paid", set{"exposure_base": 300001}, nil, set{"exposure_base": 270000}, nil, "closed"},
	{"W2-20", "a relative has no limit", nil, nil, set{"relative limit_base": null}, nil, "unjudged"},
	{"W2-20", "a relative has no limit and owes nothing", nil, nil, set{"relative limit_base": null, "relative exposure_base": 0}, nil, "nothing"},

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
	{"W3-03", "below investment grade after a rise", nil, nil, set{"rating_notches_down_90d": -1, "rating_below_investment": 1}, nil, "nothing"},
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
	{"W3-14", "stories about four firms of the industry", nil, nil, nil, []Event{tell("CLOSURE", about("p1")), tell("CLOSURE", about("p2"), story2), tell("LITIG", about("p3")), tell("EXEC", about("p4"))}, "open S1"},
	{"W3-14", "one story", nil, nil, nil, []Event{tell("CLOSURE", about("p1"))}, "nothing"},
	{"W3-14", "a month later", nil, []Event{tell("CLOSURE", about("p1")), tell("CLOSURE", about("p2")), tell("LITIG", about("p3")), tell("EXEC", about("p4"))}, nil,
		[]Event{tell("CLOSURE", about("p1"), daysAgo(40)), tell("CLOSURE", about("p2"), daysAgo(40)), tell("LITIG", about("p3"), daysAgo(40)), tell("EXEC", about("p4"), daysAgo(40))}, "closed"},
	{"W3-14", "too few firms to tell", nil, nil, set{"alone": 1}, nil, "unjudged"},

	{"W3-18", "five stories in a week", nil, nil, nil, coverageDays(0, 0, 1, 2, 2), "open S1"},
	{"W3-18", "four stories in a week", nil, nil, nil, coverageDays(0, 0, 1, 2), "nothing"},
	{"W3-18", "five good stories", nil, nil, nil, toldAs("POSIT", coverageDays(0, 0, 1, 2, 2)), "open S1"},
	{"W3-18", "five stories, four a week are usual", nil, nil, nil, coverageDays(append([]int{0, 0, 1, 2, 2}, weeksOf(4)...)...), "nothing"},
	{"W3-18", "five stories, on watch anyway", nil, nil, set{"pd_prudent": 0.05}, coverageDays(0, 0, 1, 2, 2), "open S2"},
	{"W3-18", "five stories, worth knowing anyway", nil, nil, set{"rating_age_days": 200}, coverageDays(0, 0, 1, 2, 2), "open S1"},
	{"W3-18", "two stories are left", nil, coverageDays(3, 3, 4, 4, 5), nil, coverageDays(3, 3, 8, 8, 8), "closed"},
}

// book is the customer, and whom its rule compares it with: 19 quiet peers p1 to p19, unless it is alone; or one
// relative, which shows what the set says of it after "relative ".
func (c ruleCase) book(shows set) arrow.Record {
	people := []customer{{"c1", "Li Na", "steel", "Hebei", shows}}
	switch _, alone := shows["alone"]; {
	case slices.Contains([]string{"W1-04", "W1-05", "W3-14"}, c.code) && !alone:
		for i := range 19 {
			people = append(people, customer{fmt.Sprint("p", i+1), "Li Na", "steel", "Hebei", nil})
		}
	case c.code == groupCode:
		own, of := set{"group": 1}, set{"group": 1}
		for name, x := range shows {
			if relative, ok := strings.CutPrefix(name, "relative "); ok {
				of[relative] = x
			} else {
				own[name] = x
			}
		}
		people = []customer{{"c1", "Li Na", "steel", "Hebei", own}, {"p1", "Li Na", "steel", "Hebei", of}}
	}
	return bookOf(people...)
}

// rising26 is a probability of default that rises evenly over 26 weeks.
func rising26(from, to float64) set {
	s := set{"pd_12m": to}
	for i, name := range weekly {
		s[name] = from + (to-from)*float64(i)/(trendWeeks-1)
	}
	return s
}

// seesaw goes up and down for 25 weeks and then to x.
func seesaw(x float64) set {
	s := set{"pd_12m": x}
	for i, name := range weekly {
		s[name] = []float64{0.01, 0.012, 0.011, 0.013, 0.0125}[i%5]
	}
	return s
}

// coverageDays are stories that harm nobody's rating, so many days before the sixth night each.
func coverageDays(days ...int) (all []Event) {
	for i, d := range days {
		all = append(all, tell("MNA", bystander, func(e *Event) { e.StoryID, e.OccurredOn = fmt.Sprint("s", i), monday.Add(3-d) }))
	}
	return all
}

func toldAs(code string, events []Event) []Event {
	for i := range events {
		events[i].Code, events[i].Role = code, "subject"
	}
	return events
}

// weeksOf are n stories in each of the twelve weeks before the last.
func weeksOf(n int) (days []int) {
	for w := 1; w <= mediaWeeks; w++ {
		days = append(days, slices.Repeat([]int{7 * w}, n)...)
	}
	return days
}

func about(customer string) func(*Event) {
	return func(e *Event) { e.CustomerID = customer }
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
				for i := -2; i < 3; i++ {
					last = judged(t, Night{AsOf: monday.Add(i), Book: c.book(c.was), Events: slices.Clone(c.heard), Last: last}, catalogue()).Episodes
				}
			}
			r := judged(t, Night{AsOf: monday.Add(3), Book: c.book(c.now), Events: slices.Clone(c.hears), Last: last}, catalogue())
			if got := outcome(r, c.code); got != c.want {
				t.Errorf("got %s, want %s: %+v", got, c.want, find(r, c.code))
			}
		})
	}
}

// Every rule must be seen opening, staying silent, closing, unjudged if it may lack something, and suppressed if it may be excused.
func TestEveryRuleHasItsCases(t *testing.T) {
	excused := map[string]bool{}
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
			case "unjudged":
				has["unjudged"] = true
			default:
				if !slices.Contains(r.Excuses, verb) {
					t.Errorf("%s: %s: %s is no excuse for it", r.Code, c.name, verb)
				}
				has["suppressed"], excused[verb] = true, true
			}
		}
		kinds := []string{"opening", "near miss", "closing"}
		if len(r.Reads) > 0 && r.Code != "W3-03" && r.Code != "W3-18" { // what these read is never unknown
			kinds = append(kinds, "unjudged")
		}
		if len(r.Excuses) > 0 {
			kinds = append(kinds, "suppressed")
		}
		for _, kind := range kinds {
			if !has[kind] {
				t.Errorf("%s: no case of %s", r.Code, kind)
			}
		}
	}
	for _, s := range Suppressors {
		if !excused[s.Code] {
			t.Errorf("%s: no case in which it excuses", s.Code)
		}
	}
}

// The catalogue has 48 indicators, ten of the score, twenty of behaviour and eighteen of what others say.
func TestTheCatalogueIsWhole(t *testing.T) {
	want := strings.Fields(`
		W1-01 W1-02 W1-03 W1-04 W1-05 W1-06 W1-07 W1-08 W1-09 W1-10
		W2-01 W2-02 W2-03 W2-04 W2-05 W2-06 W2-07 W2-08 W2-09 W2-10 W2-11 W2-12 W2-13 W2-14 W2-15 W2-16 W2-17 W2-18 W2-19 W2-20
		W3-01 W3-02 W3-03 W3-04 W3-05 W3-06 W3-07 W3-08 W3-09 W3-10 W3-11 W3-12 W3-13 W3-14 W3-15 W3-16 W3-17 W3-18`)
	var got []string
	for _, r := range Rules {
		got = append(got, r.Code)
	}
	if !slices.Equal(got, want) {
		t.Errorf("rules %v, want %v", got, want)
	}
}

// Both pages list every indicator under its name.
func TestReadmeListsEveryIndicator(t *testing.T) {
	for page, name := range map[string]func(Rule) string{
		"../../README.md":    func(r Rule) string { return r.EN },
		"../../README.zh.md": func(r Rule) string { return r.ZH },
	} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range Rules {
			if row := "| " + r.Code + " | " + name(r) + " | "; !strings.Contains(string(text), row) {
				t.Errorf("%s: want a row that begins %q", page, row)
			}
		}
		for _, s := range Suppressors {
			if !strings.Contains(string(text), "`"+s.Code+"`") {
				t.Errorf("%s names not the suppressor %s", page, s.Code)
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
	p := catalogue()
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
	p := catalogue()
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
			if s.Measure.Hears != 0 || s.Optional || column == "guarantee_expires_in_days" || column == "terms_excess_days" || column == "agency_grade_notch" {
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
