package warnings

import (
	"fmt"
	"slices"
)

// A Column is a number per customer that rules read.
type Column struct {
	Name  string
	Means string // what the catalogue must put there; null where it cannot be told
}

// Columns says what each column must hold. Amounts are in the reporting currency, shares and probabilities from 0 to
// 1, yes-or-no as 1 and 0.
var Columns = slices.Concat(columns, snapshots())

var columns = []Column{
	{"pd_12m", "probability of default within 12 months, champion model"},
	{"pd_hi", "upper end of its 90 % interval"},
	{"pd_prudent", "the probability that limits and triggers use: pd_12m and its margins of conservatism"},
	{"pd_12m_30d_ago", "pd_12m of the last published night at least 30 days ago"},
	{"pd_model_changed_30d", "1 if pd_12m and pd_12m_30d_ago come from different models that no overlap bridges"},
	{"grade_notch", "grade on the master scale, 0 = best"},
	{"grade_notch_60d_ago", "grade 60 days ago"},
	{"grade_notch_90d_ago", "grade 90 days ago"},
	{"grade_model_changed_90d", "1 if the three grades come from different models that no overlap bridges"},
	{"grade_fall_365d", "notches of the master scale that pd_12m lost in a year, that of a year ago bridged to tonight's model; null without a bridge"},
	{"agency_grade_notch", "worst agency's probability of default of the last 180 days, as a notch of the master scale; null if there is none"},
	{"evidence_notch", "depth of evidence behind the score, 0 = A (rich) to 6 = G (none)"},
	{"score_missing", "1 if there is no valid score"},
	{"expected_loss", "pd x loss given default x uncovered exposure at default"},
	{"expected_loss_cap", "larger of the absolute cap and 5 % of the customer's 12-month gross margin; above 0"},
	{"ledger_age_days", "calendar days since the newest ledger input about the book"},
	{"rating_age_days", "days since the newest agency rating; null if there is none"},
	{"has_external_key", "1 if a registry, tax, DUNS or LEI key is known"},

	{"overdue_30d_base", "undisputed open amount more than 30 days past due"},
	{"overdue_60d_base", "undisputed open amount more than 60 days past due"},
	{"exposure_base", "open invoices, shipped not invoiced, and confirmed orders in the horizon"},
	{"book_exposure_base", "exposure of the whole book"},
	{"default_days", "consecutive days past due above both materiality thresholds"},
	{"in_default", "1 if in default, unlikely to pay included, technical causes excluded"},
	{"dbt_90d", "days beyond terms of invoices settled in 90 days, weighted by amount"},
	{"dbt_365d", "the same over 365 days"},
	{"dbt_zscore_90d", "dbt_90d against the customer's own year, robust"},
	{"invoices_settled_count_90d", "invoices settled in 90 days"},
	{"pay_index_90d", "PayIndex of 90 days, 100 = best"},
	{"pay_index_365d", "PayIndex of 365 days"},
	{"promises_due_count_90d", "promises to pay that fell due in 90 days"},
	{"promises_kept_count_90d", "of them those kept: at least 80 % of the amount within 3 days of grace"},
	{"limit_utilisation", "exposure over credit limit; null without a limit"},
	{"limit_utilisation_30d_ago", "exposure over credit limit of the last published night at least 30 days ago"},
	{"payments_count_60d", "payments received in 60 days"},
	{"part_payments_count_60d", "of them those that left more than 5 % of an undisputed invoice open, or were round sums on account"},
	{"part_payment_share_365d", "the same as a share of the payments of 365 days; null without payments"},
	{"chosen_count_60d", "payments of 60 days for which the customer named the invoice, or met its amount"},
	{"chosen_base_60d", "amount of those payments"},
	{"chosen_over_older_base_60d", "of it what was paid while an older, due, undisputed invoice at least 1.5 times as large stayed open"},
	{"cash_base_60d", "cash received in 60 days"},
	{"third_party_cash_base_60d", "of it from payers outside the customer and its group; null if payers are not recorded"},
	{"new_account_cash_base_60d", "of it from accounts that never paid before; null if no account is known from earlier"},
	{"bill_cash_base_60d", "of it by bills; null if instruments are not recorded"},
	{"bill_share_before", "share of bills in the cash of the 365 days before; null without any"},
	{"discounts_offered_before", "early-pay discounts decided between 60 and 425 days ago; null if discounts are not recorded"},
	{"discounts_taken_before", "of them those taken"},
	{"discounts_offered_60d", "early-pay discounts decided in 60 days; null if discounts are not recorded"},
	{"discounts_taken_60d", "of them those taken"},
	{"exceptions_90d", "temporary limits, holds lifted and actions released early in 90 days; null if neither holds nor limits are recorded"},
	{"hold_bypasses_90d", "holds that were lifted and set again within 7 days, with an order in between, in 90 days; null if holds are not recorded"},
	{"orders_28d", "amount ordered in 28 days"},
	{"orders_baseline_28d", "amount ordered in 28 days of the same season, own history"},
	{"orders_zscore_28d", "orders_28d against the customer's own year in steps of 28 days, robust; null with fewer than six"},
	{"extension_requests_180d", "requests for more time in 180 days"},
	{"limit_requests_180d", "requests for more credit in 180 days"},
	{"no_answer_run", "collection contacts in a row without an answer, up to the newest one"},
	{"no_answer_run_days", "days from the first to the newest of them"},
	{"open_base", "open invoices"},
	{"book_open_base", "open invoices of the whole book"},
	{"limit_base", "credit limit; null if there is none"},
	{"orders_60d", "amount ordered in 60 days"},
	{"orders_baseline_60d", "amount ordered in 60 days of the same season, own history"},
	{"orders_count_365d", "orders in 365 days"},
	{"days_since_last_order", "days since the last order; null if there was none"},
	{"order_gap_median_days", "median days between orders; null with fewer than two"},
	{"disputed_share", "disputed open amount over open amount"},
	{"disputed_share_365d_base", "the customer's own usual share over 365 days"},
	{"late_raised_dispute_share", "share of open disputes that were raised after the due date; null without disputes"},
	{"credit_note_ratio_90d", "credit notes over invoices in 90 days"},
	{"credit_note_ratio_365d", "credit notes over invoices in 365 days"},
	{"returned_payments_90d", "payments returned for lack of funds in 90 days"},
	{"contract_valid_reviewed", "1 if a valid and reviewed contract covers today"},
	{"guarantee_expires_in_days", "days until the next guarantee or insurance ends; null if there is none"},
	{"uncovered_exposure_base", "exposure that would be without cover once it has ended"},
	{"terms_excess_days", "largest number of days by which open invoices' terms exceed the contract's; null without either"},

	{"rating_notches_down_90d", "worst agency's cut in 90 days, in notches; null if there is no rating"},
	{"rating_outlook_negative", "1 if an agency's outlook is negative"},
	{"rating_below_investment", "1 if an agency cut to below investment grade in 90 days"},

	{"unapplied_base", "cash received and not yet allocated"},
	{"promise_pending", "1 if a promise covers the overdue amount and is not yet due"},
	{"feed_stale", "1 if the ledger feed is stale"},
	{"public_body", "1 if the customer is a public body; null if that is not recorded"},
	{"open_age_days_max", "age of the oldest open invoice; null if there is none"},
	{"holiday_days_28d", "days of named holidays in the last 28 days; null without a calendar"},
	{"holiday_days_60d", "days of named holidays in the last 60 days"},
	{"holiday_days_baseline_60d", "days of named holidays in the same 60 days a year before"},
	{"shutdown_planned", "1 if the sales plan of this month expects nothing of a customer it knows; null if it is not in the plan"},

	{"ead", "exposure at default that no security and no insurer covers"},
	{"lgd", "share of it that a default costs"},
	{"large_listed", "1 if the customer is large and listed on a stock exchange"},
}

// snapshots are the columns of the weekly snapshots.
func snapshots() (all []Column) {
	for i, name := range weekly {
		all = append(all, Column{name, fmt.Sprintf("pd_12m of the night %d weeks ago, bridged to tonight's model; null without a bridge", trendWeeks-1-i)})
	}
	return all
}

// derivedFrom names what this package works out itself, and of which columns.
var derivedFrom = map[string][]string{
	"ledger_age_business_days": {"ledger_age_days"},
	"cell_shock":               {"pd_12m"}, // and labels and news
	"cell_pd_stressed":         {"pd_12m"},
	"peer_trigger":             {"pd_12m"}, // and labels and earlier outcomes
	"pd_rise_26w":              append([]string{"pd_12m"}, weekly...),
	"pd_trend_26w":             append([]string{"pd_12m"}, weekly...),
	"relatives_failed":         {"in_default"}, // and labels and the last night
	"group_limit_use":          {"exposure_base", "limit_base"},
	"media_stories_7d":         nil, // news
	"media_negative_share_7d":  nil,
	"media_zscore_7d":          nil,
	"worst_other":              nil, // the rules before
}

// column is the common measure: one column as it is.
func column(name string, unit Unit, en, zh string) Measure {
	return Measure{EN: en, ZH: zh, Unit: unit, Of: func(v *Values) float64 { return v.Of(name) }}
}
