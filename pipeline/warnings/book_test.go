package warnings

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/pipeline/asof"
)

// monday is the night most tests start on.
var monday = asof.MustParse("2026-03-02")

var null = math.NaN()

// A set is what a customer shows differently from quiet.
type set map[string]float64

// quiet is a customer about whom no rule has anything to say and whom every rule can judge.
var quiet = set{
	"pd_12m": 0.01, "pd_hi": 0.02, "pd_prudent": 0.02, "pd_12m_30d_ago": 0.01, "pd_model_changed_30d": 0,
	"grade_notch": 4, "grade_notch_60d_ago": 4, "grade_notch_90d_ago": 4, "grade_model_changed_90d": 0,
	"evidence_notch": 0, "score_missing": 0, "expected_loss": 50, "expected_loss_cap": 1000,
	"ledger_age_days": 0, "rating_age_days": 30, "has_external_key": 1,
	"overdue_30d_base": 0, "overdue_60d_base": 0, "exposure_base": 100000, "book_exposure_base": 100000000,
	"default_days": 0, "in_default": 0, "dbt_90d": 5, "dbt_365d": 5, "dbt_zscore_90d": 0, "invoices_settled_count_90d": 12,
	"pay_index_90d": 80, "pay_index_365d": 80, "promises_due_count_90d": 0, "promises_kept_count_90d": 0,
	"limit_utilisation": 0.5, "orders_60d": 20000, "orders_baseline_60d": 20000, "orders_count_365d": 24,
	"days_since_last_order": 10, "order_gap_median_days": 15, "disputed_share": 0, "disputed_share_365d_base": 0.02,
	"late_raised_dispute_share": null, "credit_note_ratio_90d": 0.01, "credit_note_ratio_365d": 0.01, "returned_payments_90d": 0,
	"contract_valid_reviewed": 1, "guarantee_expires_in_days": null, "uncovered_exposure_base": 0, "terms_excess_days": 0,
	"rating_notches_down_90d": 0, "rating_outlook_negative": 0, "rating_below_investment": 0,
	"unapplied_base": 0, "promise_pending": 0, "feed_stale": 0,

	"grade_fall_365d": 0, "agency_grade_notch": 4, "limit_utilisation_30d_ago": 0.5,
	"payments_count_60d": 8, "part_payments_count_60d": 0, "part_payment_share_365d": 0.05,
	"chosen_count_60d": 8, "chosen_base_60d": 20000, "chosen_over_older_base_60d": 0,
	"cash_base_60d": 20000, "third_party_cash_base_60d": 0, "new_account_cash_base_60d": 0, "bill_cash_base_60d": 0, "bill_share_before": 0,
	"discounts_offered_before": 10, "discounts_taken_before": 9, "discounts_offered_60d": 2, "discounts_taken_60d": 2,
	"exceptions_90d": 0, "hold_bypasses_90d": 0, "orders_28d": 9000, "orders_baseline_28d": 9000, "orders_zscore_28d": 0,
	"extension_requests_180d": 0, "limit_requests_180d": 0, "no_answer_run": 0, "no_answer_run_days": 0,
	"open_base": 80000, "book_open_base": 80000000, "limit_base": 200000,
	"public_body": 0, "open_age_days_max": 40, "holiday_days_28d": 0, "holiday_days_60d": 1, "holiday_days_baseline_60d": 1, "shutdown_planned": 0,
	"ead": 100000, "lgd": 0.5, "large_listed": 0,
}

func init() {
	for _, name := range weekly {
		quiet[name] = 0.01
	}
}

type customer struct {
	id, owner, industry, region string
	shows                       set
}

// bookOf is the record of some customers.
func bookOf(customers ...customer) arrow.Record {
	var columns []arrow.Field
	for _, name := range Labels {
		columns = append(columns, arrow.Field{Name: name, Type: arrow.BinaryTypes.String})
	}
	for _, name := range Reads() {
		columns = append(columns, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Float64, Nullable: true})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(columns, nil))
	defer b.Release()
	for _, c := range customers {
		group := c.id
		if g, ok := c.shows["group"]; ok {
			group = fmt.Sprint("group ", g)
		}
		for i, text := range []string{c.id, c.owner, c.industry, c.region, "medium", group} {
			b.Field(i).(*array.StringBuilder).Append(text)
		}
		for i, name := range Reads() {
			x, ok := c.shows[name]
			if !ok {
				x = quiet[name]
			}
			if math.IsNaN(x) {
				b.Field(len(Labels) + i).AppendNull()
			} else {
				b.Field(len(Labels) + i).(*array.Float64Builder).Append(x)
			}
		}
	}
	return b.NewRecord()
}

func one(shows set) arrow.Record {
	return bookOf(customer{"c1", "Li Na", "steel", "Hebei", shows})
}

// tell is an article of the press on monday about c1 as its subject; opts change it.
func tell(code string, opts ...func(*Event)) Event {
	e := Event{
		CustomerID: "c1", Code: code, Polarity: "affirmed", Role: "subject", Severity: Watch, StoryID: "s1",
		SourceClass: "press", SourceWeight: 0.6, HalfLifeDays: 100, OccurredOn: monday, KnownAt: monday.Time().Add(8 * time.Hour),
		ArticleID: "a1", Sentence: "Something was written about the customer.",
	}
	for _, o := range opts {
		o(&e)
	}
	e.ArticleID = fmt.Sprintf("%s/%s/%s", e.StoryID, e.SourceClass, e.ArticleID)
	return e
}

func official(e *Event)     { e.SourceClass, e.SourceWeight = "official", 1 }
func social(e *Event)       { e.SourceClass, e.SourceWeight = "social", 0.2 }
func denied(e *Event)       { e.Polarity = "denied" }
func reversed(e *Event)     { e.Polarity = "reversed" }
func hypothetical(e *Event) { e.Polarity = "hypothetical" }
func story2(e *Event)       { e.StoryID = "s2" }
func story3(e *Event)       { e.StoryID = "s3" }
func grave4(e *Event)       { e.Severity = Critical }
func grave3(e *Event)       { e.Severity = Act }
func bystander(e *Event)    { e.Role = "counterparty" }
func reprint(e *Event)      { e.ArticleID = "a2" }
func hourLater(e *Event)    { e.KnownAt = e.KnownAt.Add(time.Hour) }
func ends(code string) func(*Event) {
	return func(e *Event) { e.Reverses = code }
}
func daysAgo(n int) func(*Event) {
	return func(e *Event) { e.OccurredOn = monday.Add(-n) }
}
func daysLater(n int) func(*Event) {
	return func(e *Event) { e.OccurredOn, e.KnownAt = monday.Add(n), e.KnownAt.AddDate(0, 0, n) }
}

func judged(t testing.TB, n Night, p Policy) Result {
	t.Helper()
	r, err := Judge(n, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// find returns c1's episode of a code; State "" if there is none.
func find(r Result, code string) Episode {
	i := slices.IndexFunc(r.Episodes, func(e Episode) bool { return e.Code == code && e.CustomerID == "c1" })
	if i < 0 {
		return Episode{}
	}
	return r.Episodes[i]
}

// nightsOf judges one customer night after night from monday on; a nil set leaves the night out.
func nightsOf(t testing.TB, p Policy, shows ...set) []Result {
	t.Helper()
	var all []Result
	var last []Episode
	for i, s := range shows {
		if s == nil {
			all = append(all, Result{})
			continue
		}
		r := judged(t, Night{AsOf: monday.Add(i), Book: one(s), Last: last}, p)
		last = r.Episodes
		all = append(all, r)
	}
	return all
}

func with(a set, b set) set {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

// shuffled is the record with its rows in another order.
func shuffled(rec arrow.Record, rows []int) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, rec.Schema())
	defer b.Release()
	for _, i := range rows {
		for k, col := range rec.Columns() {
			switch col := col.(type) {
			case *array.String:
				b.Field(k).(*array.StringBuilder).Append(col.Value(i))
			case *array.Float64:
				if col.IsNull(i) {
					b.Field(k).AppendNull()
				} else {
					b.Field(k).(*array.Float64Builder).Append(col.Value(i))
				}
			}
		}
	}
	return b.NewRecord()
}
