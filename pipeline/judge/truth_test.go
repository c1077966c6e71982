package judge

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"creditwatch/features"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// night is the date on which everything is judged; the tests count days back from it.
var night = asof.On(2024, 6, 30)

// ago is the day so many days before the night; negative: after it.
func ago(days int) string { return night.Add(-days).String() }

// at is noon of that day.
func at(days int) string { return ago(days) + " 12:00:00" }

// A handLedger is the ledger of a few customers, written row by row and stored before the next stage: a part for every row would make every
// query slower.
type handLedger struct {
	t     *testing.T
	db    *warehouse.DB
	run   uint64
	n     int
	heads []string            // INSERT statements up to VALUES, in the order of their first row
	rows  map[string][]string // of each
}

func newHandLedger(t *testing.T) *handLedger {
	db := warehousetest.Migrated(t)
	ctx := context.Background()
	for _, statement := range features.Schema() {
		if err := db.Exec(ctx, statement, nil); err != nil {
			t.Fatal(err)
		}
	}
	l := &handLedger{t: t, db: db, run: 1, rows: map[string][]string{}}
	t.Cleanup(func() {
		if len(l.heads) > 0 && !t.Failed() {
			t.Errorf("rows that no stage has seen: %s", l.heads)
		}
	})
	return l
}

// put adds one row: columns and their values in SQL.
func (l *handLedger) put(table, columns string, values ...string) {
	l.t.Helper()
	l.n++
	place, line := "run", fmt.Sprint(l.run)
	if table != "news_events" { // made by a night, not read from a file
		place, line = "run, line", fmt.Sprintf("%d, %d", l.run, l.n)
	}
	head := fmt.Sprintf("INSERT INTO creditwatch.%s_rows (%s, %s) VALUES ", table, place, columns)
	if l.rows[head] == nil {
		l.heads = append(l.heads, head)
	}
	l.rows[head] = append(l.rows[head], "("+line+", "+strings.Join(values, ", ")+")")
}

// store inserts what was put.
func (l *handLedger) store() {
	l.t.Helper()
	for _, head := range l.heads {
		sql := head + strings.Join(l.rows[head], ", ")
		if err := l.db.Exec(context.Background(), sql, nil); err != nil {
			l.t.Fatalf("%s: %v", sql, err)
		}
	}
	l.heads, l.rows = nil, map[string][]string{}
}

func q(s string) string { return "'" + s + "'" }

// A tx is a document event; days count back from the night. It is learnt at noon of its day unless known says otherwise.
type tx struct {
	customer, id, kind string
	on                 int
	due                int // 0: none (no invoice here falls due on the night unless dueToday)
	amount             float64
	currency           string // CNY
	document, to       string // document: the id
	supersedes, status string
	known              int // 0: as on
	dueToday           bool
}

func (l *handLedger) tx(all ...tx) {
	l.t.Helper()
	for _, x := range all {
		if x.currency == "" {
			x.currency = "CNY"
		}
		if x.document == "" {
			x.document = x.id
		}
		if x.known == 0 {
			x.known = x.on
		}
		due := "NULL"
		if x.due != 0 || x.dueToday {
			due = q(ago(x.due))
		}
		l.put("transactions", "customer_id, transaction_id, kind, occurred_on, due_on, amount, currency, document_id, applies_to, supersedes, status, known_at",
			q(x.customer), q(x.id), q(x.kind), q(ago(x.on)), due, fmt.Sprint(x.amount), q(x.currency), q(x.document), q(x.to), q(x.supersedes), q(x.status), q(at(x.known)))
	}
}

func (l *handLedger) contact(customer, id, kind string, on int, outcome, promised, promisedOn, sentiment string) {
	l.t.Helper()
	l.put("interactions", "interaction_id, customer_id, kind, occurred_on, outcome, promised_amount, promised_on, sentiment, known_at",
		q(id), q(customer), q(kind), q(ago(on)), q(outcome), promised, promisedOn, sentiment, q(at(on)))
}

func (l *handLedger) rating(customer, agency string, on int, pd, score, outlook string) {
	l.t.Helper()
	l.put("external_ratings", "customer_id, agency, pd, score, outlook, rated_on, known_at", q(customer), q(agency), pd, score, q(outlook), q(ago(on)), q(at(on)))
}

// news puts an event of the run: news is found anew every night.
func (l *handLedger) news(customer, story, article, code, polarity string, severity int, weight, halfLife float64, on int) {
	l.t.Helper()
	l.put("news_events", "as_of, event_id, customer_id, code, polarity, role, severity, story_id, article_id, source_weight, half_life_days, match_score, occurred_on, known_at",
		q(ago(0)), q(article+customer+code), q(customer), q(code), q(polarity), "'subject'", fmt.Sprint(severity), q(story), q(article), fmt.Sprint(weight), fmt.Sprint(halfLife), "1", q(ago(on)), q(at(on)))
}

// night prepares the night of a date and computes its book.
func (l *handLedger) night(date asof.Date, run uint64, runs ...uint64) *pipeline.Night {
	l.t.Helper()
	n := &pipeline.Night{
		Settings: pipeline.Settings{
			Company: "judge", Currency: "CNY", Zone: time.UTC,
			Default: pipeline.Default{DaysPastDue: 90, Absolute: "500", Relative: 0.01, ProbationDays: 90, FromLedger: true, FromOutcomes: []string{"default"}, HorizonMonths: 12},
		},
		Store: l.db, AsOf: date, Cut: date.Cut(time.UTC), Run: run, Runs: runs,
	}
	l.stage(n, "book")
	return n
}

func (l *handLedger) stage(n *pipeline.Night, name string) {
	l.t.Helper()
	l.store()
	for _, s := range pipeline.Stages {
		if s.Name == name {
			if err := s.Do(context.Background(), n); err != nil {
				l.t.Fatalf("%s: %v", name, err)
			}
			return
		}
	}
	l.t.Fatalf("no stage %s", name)
}

// values reads every feature of every customer of a run and date.
func (l *handLedger) values(table string, run uint64, date asof.Date) map[string]map[string]*float64 {
	l.t.Helper()
	out := map[string]map[string]*float64{}
	err := rows.Each(context.Background(), l.db, table, "SELECT customer_id, "+strings.Join(features.Names(), ", ")+" FROM creditwatch."+table+" WHERE run = {run:UInt64} AND as_of = {as_of:Date}",
		map[string]any{"run": run, "as_of": date}, func(r *rows.Row) error {
			values := map[string]*float64{}
			for _, name := range features.Names() {
				values[name] = r.Float(name)
			}
			out[r.Text("customer_id")] = values
			return nil
		})
	if err != nil {
		l.t.Fatal(err)
	}
	return out
}

func show(v *float64) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprint(*v)
}

func same(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return math.Abs(*a-*b) <= 1e-6*max(1, math.Abs(*a))
}

// fill writes the ledger of the hand-made customers:
//
//	A  alpha, parent of B and C: one of everything
//	B  beta: invoices in dollars, one of them 130 days late: in default by the ledger
//	C  gamma: an invoice written off, cash that settles nothing, a reported default
//	G  one document in two instalments
//	E  empty: a customer record and nothing else
func (l *handLedger) fill() {
	l.put("fx_rates", "currency, valid_on, rate, known_at", "'USD'", q(ago(180)), "7", q(at(180)))
	l.put("fx_rates", "currency, valid_on, rate, known_at", "'USD'", q(ago(29)), "7.5", q(at(29)))

	const customer = "customer_id, name, parent_id, industry, region, size_class, listed, onboarded_on, terms_days, credit_limit, limit_valid_to, hold_status, insured_limit, insured_until, external_keys, known_at"
	l.put("customers", customer, "'A'", "'alpha'", "''", "'steel'", "'north'", "'micro'", "false", q(ago(1000)), "30", "900", q(ago(-20)), "''", "400", q(ago(-10)), "map()", q(at(990)))
	l.put("customers", customer, "'A'", "'alpha'", "''", "'steel'", "'north'", "'small'", "true", q(ago(1000)), "30", "1000", q(ago(-20)), "'hold'", "400", q(ago(-10)), "map('duns','1')", q(at(300)))
	l.put("customers", customer, "'B'", "'beta'", "'A'", "'steel'", "'north'", "'large'", "false", "NULL", "NULL", "NULL", "NULL", "''", "9000", q(ago(1)), "map()", q(at(500)))
	l.put("customers", customer, "'C'", "'gamma'", "'A'", "'steel'", "'south'", "'medium'", "NULL", "NULL", "60", "NULL", "NULL", "'release'", "NULL", "NULL", "map()", q(at(500)))
	l.put("customers", customer, "'G'", "'instalments'", "''", "''", "''", "''", "NULL", "NULL", "NULL", "NULL", "NULL", "''", "NULL", "NULL", "map()", q(at(500)))
	l.put("customers", customer, "'E'", "'empty'", "''", "''", "''", "''", "NULL", "NULL", "NULL", "NULL", "NULL", "''", "NULL", "NULL", "map()", q(at(500)))

	invoice := func(id string, on, due int, amount float64) tx {
		return tx{customer: "A", id: id, kind: "invoice", on: on, due: due, amount: amount}
	}
	pay := func(to string, on int, amount float64) tx {
		return tx{customer: "A", id: "P" + to, kind: "payment", on: on, amount: amount, to: to}
	}
	l.tx(
		invoice("I11", 400, 370, 90), pay("I11", 395, 90), // 25 early
		invoice("I1", 200, 170, 100), pay("I1", 160, 100), // 10 late
		invoice("I2", 150, 120, 200), pay("I2", 120, 200), // on the day
		invoice("I10", 130, 125, 80),
		invoice("I3", 120, 90, 300), pay("I3", 110, 300), // 20 early
		invoice("I4", 100, 70, 100), pay("I4", 48, 100), // 22 late
		invoice("I5", 95, 65, 400), pay("I5", 40, 100), // paid in part: 300 left
		tx{customer: "A", id: "CN5", kind: "credit_note", on: 35, amount: 60, to: "I5"}, // 240 left, 65 late
		invoice("I9", 80, 50, 50),
		tx{customer: "A", id: "D9", kind: "dispute", on: 60, amount: 50, to: "I9"}, // before the due date
		tx{customer: "A", id: "D9e", kind: "dispute_closed", on: 55, amount: 50, to: "I9"},
		pay("I9", 30, 50), // 20 late
		tx{customer: "A", id: "I6", kind: "invoice", on: 50, due: 20, amount: 200, to: "O2"},
		invoice("I7x", 45, 15, 151),
		tx{customer: "A", id: "I7", kind: "invoice", on: 45, due: 15, amount: 150, supersedes: "I7x", known: 44, document: "I7x"}, // corrected
		tx{customer: "A", id: "PI7", kind: "payment", on: 25, amount: 150, to: "I7x"},                                             // 10 early
		invoice("I12", 40, 10, 5000),
		tx{customer: "A", id: "I12c", kind: "invoice", on: 40, due: 10, amount: 5000, supersedes: "I12", status: "cancelled", known: 39, document: "I12"},
		invoice("I8", 20, -10, 250), // not due
		tx{customer: "A", id: "PR", kind: "payment", on: 18, amount: 200, to: "I6"},
		tx{customer: "A", id: "PRr", kind: "payment", on: 12, amount: 200, to: "I6", supersedes: "PR", status: "returned", document: "PR"},
		tx{customer: "A", id: "D6", kind: "dispute", on: 10, amount: 200, to: "I6"}, // after the due date
		tx{customer: "A", id: "PI10", kind: "payment", on: 5, amount: 80},           // no reference: settles I10 by its exact amount, 120 late
		tx{customer: "A", id: "O6", kind: "order", on: 400, amount: 250},            // the season a year ago
		tx{customer: "A", id: "O5", kind: "order", on: 430, amount: 150},            // just outside it
		tx{customer: "A", id: "O4", kind: "order", on: 130, amount: 180},
		tx{customer: "A", id: "O3", kind: "order", on: 100, amount: 120},
		tx{customer: "A", id: "O2", kind: "order", on: 50, amount: 200}, // I6 followed
		tx{customer: "A", id: "O1", kind: "order", on: 20, amount: 300}, // open

		tx{customer: "B", id: "J1", kind: "invoice", on: 160, due: 130, amount: 1000, currency: "USD"},
		tx{customer: "B", id: "J2", kind: "invoice", on: 30, dueToday: true, amount: 500, currency: "USD"},
		// One document in two instalments: the first is settled 5 late by the first payment, the second is 20 late and open by 40.
		tx{customer: "G", id: "M1a", document: "M1", kind: "invoice", on: 80, due: 50, amount: 100},
		tx{customer: "G", id: "M1b", document: "M1", kind: "invoice", on: 80, due: 20, amount: 100},
		tx{customer: "G", id: "PM1", kind: "payment", on: 45, amount: 100, to: "M1"},
		tx{customer: "G", id: "PM2", kind: "payment", on: 15, amount: 60, to: "M1"},
		tx{customer: "C", id: "L1", kind: "invoice", on: 60, due: 30, amount: 500},
		tx{customer: "C", id: "W1", kind: "write_off", on: 20, amount: 500, to: "L1"},
		tx{customer: "C", id: "U1", kind: "payment", on: 10, amount: 70},
	)

	l.contact("A", "c1", "call", 10, "reached", "NULL", "NULL", "0.5")
	l.contact("A", "c2", "call", 20, "no_answer", "NULL", "NULL", "NULL")
	l.contact("A", "c3", "visit", 100, "reached", "NULL", "NULL", "-1")
	l.contact("A", "c4", "email", 30, "reached", "NULL", "NULL", "-0.1")
	l.contact("A", "c5", "dunning", 15, "", "NULL", "NULL", "NULL")
	l.contact("A", "c6", "complaint", 40, "", "NULL", "NULL", "NULL")
	l.contact("A", "c7", "complaint", 200, "", "NULL", "NULL", "NULL")
	l.contact("A", "p1", "promise", 60, "agreed", "200", q(ago(42)), "NULL") // 100 on day 48, 100 on day 40: kept
	l.contact("A", "p2", "promise", 35, "agreed", "300", q(ago(20)), "NULL") // 50 and 150 came, and 200 that bounced: broken
	l.contact("A", "p3", "promise", 5, "agreed", "500", q(ago(-5)), "NULL")  // not yet due
	l.contact("A", "p4", "promise", 300, "agreed", "100", q(ago(290)), "NULL")
	l.contact("A", "x1", "extension_request", 100, "", "NULL", "NULL", "NULL")
	l.contact("A", "x2", "limit_request", 170, "", "NULL", "NULL", "NULL")

	const contract = "contract_id, customer_id, valid_from, valid_to, terms_days, credit_limit, currency, review_status, guarantee_type, guarantee_amount, guarantee_until, retention_of_title, late_rate, known_at"
	l.put("contracts", contract, "'K1'", "'A'", q(ago(700)), q(ago(-100)), "25", "1200", "'CNY'", "'reviewed'", "'guarantee'", "500", q(ago(-40)), "true", "0.08", q(at(700)))
	l.put("contracts", contract, "'K2'", "'A'", q(ago(700)), q(ago(10)), "60", "5000", "'CNY'", "'reviewed'", "''", "NULL", "NULL", "false", "0.2", q(at(700)))
	l.put("contracts", contract, "'K3'", "'B'", q(ago(300)), "NULL", "30", "2000", "'USD'", "'pending'", "'deposit'", "100", "NULL", "NULL", "NULL", q(at(300)))

	l.rating("A", "X", 400, "0.005", "50", "stable")
	l.rating("A", "X", 100, "0.01", "40", "stable")
	l.rating("A", "X", 30, "0.02", "60", "negative")
	l.rating("A", "Y", 200, "0.004", "NULL", "stable")

	l.put("articles", "article_id, title, published_at, known_at", "'a1'", "'alpha sued'", q(at(90)), q(at(90)))
	l.story()

	l.put("outcomes", "outcome_id, customer_id, event, occurred_on, known_at", "'o1'", "'C'", "'default'", q(ago(100)), q(at(99)))
	l.put("outcomes", "outcome_id, customer_id, event, occurred_on, known_at", "'o0'", "'C'", "'default'", q(ago(500)), q(at(499)))
}

// story puts the news of the run.
func (l *handLedger) story() {
	l.news("A", "s1", "a1", "LAWSUIT", "affirmed", 3, 0.8, 90, 90) // 0.8 × half × 3
	l.news("A", "s1", "a2", "LAWSUIT", "affirmed", 2, 0.5, 90, 90) // a reprint
	l.news("A", "s2", "a3", "POSIT", "affirmed", 1, 1, 30, 30)     // half
	l.news("A", "s3", "a4", "FRAUD", "denied", 2, 1, 30, 10)       // denied: not bad
	l.news("A", "s4", "a5", "LAYOFF", "hypothetical", 2, 0.5, 20, 20)
	l.news("B", "s5", "a6", "LAWSUIT", "affirmed", 2, 0.5, 30, 60)
	l.news("C", "s6", "a7", "LAWSUIT", "affirmed", 4, 0.5, 30, 190) // too old for the peers
}

// expected are the values worked out by hand; null where nothing can be known.
func expected() map[string]map[string]float64 {
	null := math.NaN()
	lates := []float64{10, 0, -20, 22, 65, 20, -10, 20, 120} // of A, judged within a year
	sum, squares := 0.0, 0.0
	for _, x := range lates {
		sum, squares = sum+x, squares+x*x
	}
	// What the invoices of A score: 22 late is 60 points, 65 late 38.33, 20 late 62.86, 10 early 85, 120 late 20, 10 late 73.33.
	index90 := (100*60 + 400*(40-10.*5/30) + 200*(70-10.*5/7) + 150*85 + 50*(70-10.*5/7) + 80*20) / 980
	index365 := (index90*980 + 100*(80-10.*10/15) + 200*80 + 300*90) / 1580
	dbt90, dbt365 := 41300./980, 36300./1580
	months, level := 0.0, 1830./12
	for _, m := range []float64{250, 350, 50, 500, 380, 200, 100, 0, 0, 0, 0, 0} {
		months += (m - level) * (m - level)
	}
	return map[string]map[string]float64{
		"A": {
			"tenure_days": 1000, "terms_days": 30, "is_listed": 1, "has_parent": 0, "has_external_key": 1, "size_rank": 2, "is_on_hold": 1,
			"open_base": 690, "unapplied_base": 0, "open_orders_base": 300, "exposure_base": 990, "limit_base": 1200, "limit_utilisation": 990. / 1200,
			"limit_days_left": 20, "insured_base": 400, "uncovered_exposure_base": 590, "insured_share": 400. / 990,
			"overdue_base": 440, "overdue_30d_base": 240, "overdue_60d_base": 240, "overdue_90d_base": 0, "overdue_share": 440. / 690,
			"overdue_1_30_share": 200. / 690, "overdue_31_60_share": 0, "overdue_61_90_share": 240. / 690, "overdue_90d_share": 0,
			"days_past_due_weighted": (240.*65 + 200*20) / 690, "days_past_due_max": 65, "open_items_count": 3, "overdue_items_count": 2,
			"open_age_days_max": 95, "disputed_share": 200. / 690, "part_paid_share": 240. / 690, // what bounced is no part payment
			"dbt_90d": dbt90, "dbt_365d": dbt365, "dbt_change": dbt90 - dbt365, "invoices_settled_count_90d": 4, "invoices_settled_count_365d": 7,
			"dbt_zscore_90d": 0.6745 * (dbt90 - 20) / 20, // median 20, median deviation 20
			"pay_index_90d":  index90, "pay_index_365d": index365, "pay_index_change": index90 - index365,
			"late_share_90d": 5. / 6, "late_share_365d": 6. / 9, "late_share_730d": 6. / 10, "late_30d_share_365d": 2. / 9,
			"days_to_pay_90d": (52. + 20 + 50 + 125) / 4, "days_to_pay_365d": (52. + 20 + 50 + 125 + 40 + 30 + 10) / 7,
			"days_late_max_365d": 120, "days_late_stddev_365d": math.Sqrt((squares - sum*sum/9) / 8), "days_late_last": 120,
			"paid_base_90d": 480, "paid_to_invoiced_90d": 480. / 650, "paid_to_invoiced_365d": 1080. / 1830,
			"balance_base": 690, "balance_base_30d_ago": 670, "balance_base_90d_ago": 580, "balance_ratio_30d": 690. / 670, "balance_ratio_90d": 690. / 580,
			"paid_to_balance_30d": 230. / 670, "paid_to_balance_90d": 480. / 580, "payments_count_90d": 5, "days_since_last_payment": 5,
			"payment_max_base_180d": 300, "payment_min_base_180d": 50, "unreferenced_share_90d": 1. / 5, "part_payment_share_90d": 1. / 5,
			"returned_payments_30d": 1, "returned_payments_90d": 1, "credit_note_ratio_90d": 60. / 650, "credit_note_ratio_365d": 60. / 1830, "write_offs_count_730d": 0,
			"sales_90d": 650, "sales_365d": 1830, "sales_trend": 650 / (1830. * 90 / 365), "sales_yoy_90d": 650. / 90, "invoices_count_90d": 4, "invoices_count_365d": 10,
			"invoice_mean_base_365d": 183, "invoice_max_to_mean_365d": 400. / 183, "days_since_last_invoice": 20, "invoice_terms_days_180d": (8*30. + 5) / 9,
			"sales_cv_365d": math.Sqrt(months/12) / level,
			"orders_60d":    500, "orders_baseline_60d": 250, "orders_28d": 300, "orders_count_365d": 4, "days_since_last_order": 20,
			"order_gap_median_days": 50, "orders_to_baseline_60d": 2, "order_silence": 20. / 50, // gaps 30, 30, 50, 270
			"disputes_count_365d": 2, "disputed_share_365d_base": 250. / 1830, "late_raised_dispute_share": 0.5,
			"contacts_count_90d": 4, "no_answer_share_90d": 0.5, "complaints_count_90d": 1, "complaints_count_365d": 2, "dunnings_count_90d": 1,
			"promises_due_count_365d": 3, "promises_due_count_90d": 2, "promises_broken_count_90d": 1, "promises_kept_share_365d": 1. / 3, "promise_pending": 1,
			"extension_requests_180d": 1, "limit_requests_180d": 1, "sentiment_mean_90d": 0.2, "days_since_last_contact": 10,
			"contract_valid_reviewed": 1, "contract_days_left": 100, "guarantee_expires_in_days": 40, "guarantee_base": 500, "has_retention_of_title": 1,
			"late_rate": 0.08, "terms_excess_days": 5,
			"rating_pd_worst": 0.02, "rating_pd_mean": 0.012, "rating_notches_down_90d": 1, "rating_pd_change_365d": math.Log(4), "rating_score": 60,
			"rating_score_previous": 40, "rating_score_max_180d": 60, "rating_score_min_180d": 40, "rating_score_mean_180d": 50, "rating_score_change": 20,
			"rating_scores_positive_count_180d": 2, "rating_outlook_negative": 1, "rating_below_investment": 1, "rating_age_days": 30, "rating_agencies_count": 2,
			"news_negative_weight": 1.2 + 0.5, "news_positive_weight": 0.5, "news_severity_max_90d": 2, "news_negative_stories_365d": 2, "news_stories_30d": 2, "days_since_grave_news": 90,
			"industry_overdue_share": 7500. / 11250, "region_overdue_share": 7500. / 11250, "industry_bad_news_180d": 0.5,
			"group_relatives_count": 2, "group_overdue_share": 7500. / 11250, "group_defaults_365d": 2,
			"defaults_count": 0, "defaults_count_365d": 0, "days_since_default": null,
		},
		"B": {
			"tenure_days": 160, "terms_days": null, "has_parent": 1, "size_rank": 4, "is_on_hold": 0, "has_external_key": 0,
			"open_base": 11250, "exposure_base": 11250, "limit_base": 15000, "limit_utilisation": 0.75, "limit_days_left": null, // 2 000 dollars by contract
			"insured_base": 0, "insured_share": 0, "uncovered_exposure_base": 11250, // the cover ended yesterday
			"overdue_base": 7500, "overdue_90d_base": 7500, "overdue_share": 7500. / 11250, "overdue_1_30_share": 0, "overdue_90d_share": 7500. / 11250,
			"days_past_due_max": 130, "open_items_count": 2, "overdue_items_count": 1, "disputed_share": 0, "part_paid_share": 0,
			"dbt_90d": 130, "dbt_365d": 130, "dbt_zscore_90d": null, "invoices_settled_count_365d": 0, "days_to_pay_90d": null, "days_late_stddev_365d": null, "days_late_last": null,
			"pay_index_90d": 18.3333, "late_share_730d": 1,
			"paid_base_90d": 0, "paid_to_invoiced_90d": 0, "balance_ratio_90d": 1.5, "days_since_last_payment": null, "payment_max_base_180d": null,
			"unreferenced_share_90d": null, "part_payment_share_90d": null, "returned_payments_90d": 0, "credit_note_ratio_90d": 0,
			"sales_90d": 3750, "sales_yoy_90d": null, "orders_count_365d": 0, "orders_60d": null, "order_silence": null,
			"disputes_count_365d": 0, "disputed_share_365d_base": 0, "late_raised_dispute_share": null,
			"contacts_count_90d": 0, "no_answer_share_90d": null, "promises_kept_share_365d": null, "promise_pending": 0,
			"contract_valid_reviewed": 0, "contract_days_left": 3650, "guarantee_base": 750, "guarantee_expires_in_days": null, "terms_excess_days": 0,
			"rating_pd_worst": null, "rating_agencies_count": 0, "news_negative_stories_365d": 1, "days_since_grave_news": null,
			"industry_overdue_share": 440. / 690, "region_overdue_share": 440. / 690, "industry_bad_news_180d": 0.5,
			"group_relatives_count": 2, "group_overdue_share": 440. / 690, "group_defaults_365d": 1,
			"defaults_count": 1, "defaults_count_365d": 1, "days_since_default": 40, // 90 days after the due date
		},
		"C": {
			"open_base": 0, "unapplied_base": 70, "exposure_base": 0, "limit_base": null, "limit_utilisation": null, "insured_share": null,
			"overdue_share": 0, "days_past_due_max": null, "dbt_90d": 10, "write_offs_count_730d": 1, "unreferenced_share_90d": 1, "part_payment_share_90d": null,
			"industry_overdue_share": (440. + 7500) / (690 + 11250), "region_overdue_share": null, "industry_bad_news_180d": 1,
			"group_overdue_share": (440. + 7500) / (690 + 11250), "group_defaults_365d": 1, "is_listed": null,
			"defaults_count": 2, "defaults_count_365d": 1, "days_since_default": 100,
		},
		"G": {
			"open_base": 40, "overdue_base": 40, "open_items_count": 1, "days_past_due_max": 20, "invoices_settled_count_90d": 1,
			"days_late_last": 5, "dbt_90d": 12.5, "late_share_90d": 1, "part_paid_share": 1,
		},
		"E": {
			"tenure_days": null, "size_rank": null, "open_base": 0, "exposure_base": 0, "limit_base": null, "overdue_base": 0, "overdue_share": 0, "overdue_90d_share": null,
			"dbt_90d": null, "dbt_365d": null, "late_share_730d": null, "pay_index_365d": null, "invoices_settled_count_365d": 0, "paid_base_90d": null, "payments_count_90d": 0,
			"sales_365d": null, "invoices_count_365d": 0, "orders_count_365d": 0, "disputes_count_365d": 0, "contacts_count_90d": 0, "sentiment_mean_90d": null,
			"contract_valid_reviewed": 0, "contract_days_left": null, "rating_pd_worst": null, "rating_agencies_count": 0, "news_negative_weight": 0, "news_severity_max_90d": null,
			"industry_overdue_share": null, "group_relatives_count": 0, "group_overdue_share": null, "group_defaults_365d": 0, "defaults_count": 0, "days_since_default": null,
		},
	}
}

func TestFeaturesAreWhatTheLedgerSays(t *testing.T) {
	l := newHandLedger(t)
	l.fill()
	n := l.night(night, 1, 1)
	l.stage(n, "features")
	got := l.values("features_rows", 1, night)
	if len(got) != 5 {
		t.Errorf("%d customers, want 5", len(got))
	}
	judged := map[string]bool{}
	for customer, want := range expected() {
		for name, value := range want {
			v, known := got[customer][name]
			if !known {
				t.Errorf("%s: no such feature", name)
				continue
			}
			var w *float64
			if !math.IsNaN(value) {
				w, judged[name] = &value, true
			}
			if !same(w, v) {
				t.Errorf("%s %s = %s, want %s", customer, name, show(v), show(w))
			}
		}
	}
	for _, name := range features.Names() {
		if !judged[name] {
			t.Errorf("%s: no customer of the ledger says what it should be", name)
		}
	}

	// The states behind the features are the book's open items.
	p := map[string]any{"as_of": night, "known_by": n.Cut, "run": uint64(1), "runs": []uint64{1}, "base": "CNY"}
	if err := l.db.Exec(context.Background(), features.InvoiceStates(), p); err != nil {
		t.Fatal(err)
	}
	wantRows(t, ask(t, l.db, statesAgainstItems, map[string]any{"run": uint64(1), "as_of": night}))
	wantRows(t, ask(t, l.db, "SELECT document_id, open_base, days_past_due, disputed FROM creditwatch.open_items_rows WHERE run = 1 AND kind = 'invoice' AND open_amount > 0 ORDER BY document_id", nil),
		"I5|240|65|false", "I6|200|20|true", "I8|250|0|false", "J1|7500|130|false", "J2|3750|0|false", "M1|40|20|false")
}

// statesAgainstItems yields the invoices that are open in the features but not, or otherwise, in the book.
const statesAgainstItems = `
SELECT coalesce(s.customer_id, o.customer_id) AS customer, coalesce(s.document_id, o.document_id) AS document, s.open, o.open_base, s.days_late, o.days_past_due, s.disputed, o.disputed
FROM
(
    SELECT customer_id, document_id, due_on, sum(i.open) AS open, max(i.days_late) AS days_late, max(i.disputed) AS disputed
    FROM creditwatch.invoice_states_rows AS i WHERE run = {run:UInt64} AND as_of = {as_of:Date} AND settled_on IS NULL AND i.open > 0
    GROUP BY customer_id, document_id, due_on
) AS s
FULL OUTER JOIN
(
    SELECT customer_id, document_id, due_on, sum(i.open_base) AS open_base, max(i.days_past_due) AS days_past_due, max(i.disputed) AS disputed
    FROM creditwatch.open_items_rows AS i WHERE run = {run:UInt64} AND kind = 'invoice' AND i.open_amount > 0
    GROUP BY customer_id, document_id, due_on
) AS o ON o.customer_id = s.customer_id AND o.document_id = s.document_id AND o.due_on IS NOT DISTINCT FROM s.due_on
WHERE s.open IS NULL OR o.open_base IS NULL OR s.open != o.open_base OR if(ifNull(o.days_past_due, 0) > 0, o.days_past_due, NULL) IS DISTINCT FROM s.days_late OR s.disputed != o.disputed
ORDER BY ALL`

func wantRows(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What is learnt later changes no feature of the night: a snapshot of its date, built weeks later, is what that night saw.
func TestWhatIsLearntLaterChangesNothing(t *testing.T) {
	l := newHandLedger(t)
	l.fill()
	n := l.night(night, 1, 1)
	l.stage(n, "features")
	before := l.values("features_rows", 1, night)

	l.run = 2
	const after = -7 // a week after the night
	late := []tx{
		{customer: "A", id: "I1", kind: "invoice", on: 200, due: 190, amount: 999},                  // the same row again with other content
		{customer: "A", id: "I2n", kind: "invoice", on: 150, due: 100, amount: 7, supersedes: "I2"}, // a correction
		{customer: "A", id: "I8c", kind: "invoice", on: 20, due: -10, amount: 250, supersedes: "I8", status: "cancelled"},
		{customer: "A", id: "I3n", kind: "invoice", on: 33, due: 30, amount: 4000}, // late rows
		{customer: "A", id: "PI5n", kind: "payment", on: 30, amount: 240, to: "I5"},
		{customer: "A", id: "PI9r", kind: "payment", on: 8, amount: 50, to: "I9", supersedes: "PI9", status: "returned", document: "PI9"},
		{customer: "A", id: "CNn", kind: "credit_note", on: 12, amount: 10, to: "I8"},
		{customer: "A", id: "RFn", kind: "refund", on: 12, amount: 10},
		{customer: "C", id: "RF2", kind: "refund", on: 3, amount: 20},
		{customer: "A", id: "Dn", kind: "dispute", on: 12, amount: 10, to: "I8"},
		{customer: "A", id: "D6e", kind: "dispute_closed", on: 2, amount: 200, to: "I6"},
		{customer: "B", id: "PJ1", kind: "payment", on: 20, amount: 1000, currency: "USD", to: "J1"}, // had it been before the default, it would have taken it back
		{customer: "B", id: "WJ2", kind: "write_off", on: 1, amount: 500, currency: "USD", to: "J2"},
		{customer: "B", id: "On", kind: "order", on: 5, amount: 5000, currency: "USD"},
		{customer: "E", id: "IE", kind: "invoice", on: 60, due: 30, amount: 60},
		{customer: "A", id: "Inext", kind: "invoice", on: -3, due: -33, amount: 60},
	}
	for i := range late {
		late[i].known = after
	}
	l.tx(late...)
	l.put("customers", "customer_id, name, parent_id, industry, region, size_class, credit_limit, hold_status, known_at", "'E'", "'empty'", "'A'", "'steel'", "'north'", "'large'", "5", "'hold'", q(at(after)))
	l.put("customers", "customer_id, name, industry, region, known_at", "'F'", "'new'", "'steel'", "'north'", q(at(after)))
	l.put("fx_rates", "currency, valid_on, rate, known_at", "'USD'", q(ago(0)), "9", q(at(after)))
	l.put("contracts", "contract_id, customer_id, valid_from, credit_limit, review_status, known_at", "'K4'", "'E'", q(ago(300)), "10000", "'reviewed'", q(at(after)))
	l.put("contracts", "contract_id, customer_id, valid_from, valid_to, review_status, known_at", "'K1'", "'A'", q(ago(700)), q(ago(300)), "'rejected'", q(at(after)))
	l.rating("A", "Z", after, "0.5", "99", "negative")
	l.put("external_ratings", "customer_id, agency, pd, score, rated_on, known_at", "'B'", "'X'", "0.3", "1", q(ago(20)), q(at(after)))
	l.put("external_ratings", "customer_id, agency, pd, score, rated_on, known_at", "'A'", "'X'", "0.3", "1", q(ago(30)), q(at(after)))
	l.put("interactions", "interaction_id, customer_id, kind, occurred_on, sentiment, known_at", "'n1'", "'E'", "'complaint'", q(ago(10)), "-1", q(at(after)))
	l.put("interactions", "interaction_id, customer_id, kind, occurred_on, promised_amount, promised_on, known_at", "'p1'", "'A'", "'promise'", q(ago(60)), "9000", q(ago(42)), q(at(after)))
	l.put("outcomes", "outcome_id, customer_id, event, occurred_on, known_at", "'o2'", "'E'", "'default'", q(ago(9)), q(at(after)))
	l.put("news_events", "event_id, customer_id, code, polarity, role, severity, story_id, source_weight, half_life_days, match_score, occurred_on, known_at",
		"'n'", "'E'", "'FRAUD'", "'affirmed'", "'subject'", "4", "'sn'", "1", "60", "1", q(ago(20)), q(at(after)))
	l.story() // of the second run: news is found anew every night

	later := l.night(night.Add(40), 2, 1, 2)
	later.Train = pipeline.Train{Cohorts: []asof.Date{night}}
	later.Default.HorizonMonths = 1
	l.stage(later, "snapshots")
	snapshot := l.values("snapshots_rows", 2, night)
	for customer := range snapshot {
		if before[customer] == nil {
			t.Errorf("%s: the night did not know this customer", customer)
		}
	}
	for customer, values := range before {
		for name, v := range values {
			if w := snapshot[customer][name]; !same(v, w) {
				t.Errorf("%s %s = %s in the snapshot, %s in the night", customer, name, show(w), show(v))
			}
		}
	}

	// Tonight, on the other hand, all of it counts.
	l.stage(later, "features")
	now := l.values("features_rows", 2, night.Add(40))
	for name, want := range map[string]float64{"open_base": 60, "complaints_count_90d": 1, "limit_base": 10000, "has_parent": 1, "defaults_count": 1, "news_negative_stories_365d": 1} {
		if v := now["E"][name]; v == nil || *v != want {
			t.Errorf("forty days later: E %s = %s, want %g", name, show(v), want)
		}
	}
}

// A kind of record that the ledger did not have yet is unknown, not zero, also when it is there tonight.
func TestKindsOfRecordAreAskedAtTheDate(t *testing.T) {
	l := newHandLedger(t)
	l.put("customers", "customer_id, name, known_at", "'A'", "'alpha'", q(at(200)))
	l.tx(tx{customer: "A", id: "I1", kind: "invoice", on: 100, due: 70, amount: 10})
	n := l.night(night, 1, 1)
	l.stage(n, "features")
	before := l.values("features_rows", 1, night)["A"]
	for _, name := range []string{"contacts_count_90d", "contract_valid_reviewed", "rating_agencies_count", "news_stories_30d", "orders_count_365d", "disputes_count_365d", "group_relatives_count"} {
		if before[name] != nil {
			t.Errorf("%s = %s, want null: the ledger has no such records", name, show(before[name]))
		}
	}
	if v := before["payments_count_90d"]; v == nil || *v != 0 {
		t.Errorf("payments_count_90d = %s, want 0", show(v))
	}
	l.run = 2
	l.contact("A", "c1", "call", -20, "reached", "NULL", "NULL", "NULL")
	later := l.night(night.Add(40), 2, 1, 2)
	later.Train, later.Default.HorizonMonths = pipeline.Train{Cohorts: []asof.Date{night}}, 1
	l.stage(later, "features") // asks for tonight's kinds first
	l.stage(later, "snapshots")
	if v := l.values("features_rows", 2, night.Add(40))["A"]["contacts_count_90d"]; v == nil || *v != 1 {
		t.Errorf("contacts_count_90d = %s, want 1", show(v))
	}
	if v := l.values("snapshots_rows", 2, night)["A"]["contacts_count_90d"]; v != nil {
		t.Errorf("contacts_count_90d = %s in the snapshot, want null: no contact was recorded by then", show(v))
	}
}

// Every label says which clause made it one, with its counter and amount; other definitions stand beside it; what is reported is what is unlikely
// to pay. The first default after a snapshot counts, within the horizon, of customers that the snapshot has.
func TestLabelsSayWhichClauseFired(t *testing.T) {
	l := newHandLedger(t)
	l.fill()
	l.tx(tx{customer: "C", id: "L2", kind: "invoice", on: 260, due: 230, amount: 900}, tx{customer: "C", id: "W2", kind: "write_off", on: 190, amount: 900, to: "L2"})
	l.put("outcomes", "outcome_id, customer_id, event, occurred_on, amount, currency, known_at", "'o3'", "'C'", "'insolvency'", q(ago(50)), "12.5", "'CNY'", q(at(49)))
	n := l.night(night, 1, 1)
	n.Default.HorizonMonths, n.Default.FromOutcomes = 6, []string{"default", "insolvency"}
	n.Train = pipeline.Train{Cohorts: []asof.Date{night.Add(-200), night.Add(-60), night.Add(-20)}} // the last is not known for a month yet
	l.stage(n, "snapshots")
	wantRows(t, ask(t, l.db, "SELECT dateDiff('day', snapshot, as_of), customer_id, definition, horizon, dateDiff('day', occurred_on, as_of), month, source, clause, days, amount FROM creditwatch.labels_rows WHERE run = 1 ORDER BY ALL DESC", nil),
		"200|C|loss|6|190|1|ledger|write_off|39|900",
		"200|C|default|6|100|4|outcomes|reported_default|(null)|(null)",
		"200|B|severe_90|6|39|6|ledger|past_due_91|91|7500",
		"200|B|past_due_60|6|70|5|ledger|past_due_60|60|7500",
		"200|B|default|6|40|6|ledger|past_due_90|90|7500",
		"200|A|severe_90|6|34|6|ledger|past_due_91|91|80", // of 720
		"60|C|default|6|50|1|outcomes|reported_insolvency|(null)|12.5",
		"60|B|severe_90|6|39|1|ledger|past_due_91|91|7500",
		"60|B|default|6|40|1|ledger|past_due_90|90|7500",
		"60|A|severe_90|6|34|1|ledger|past_due_91|91|80",
	)
	wantRows(t, ask(t, l.db, "SELECT DISTINCT dateDiff('day', as_of, toDate('"+night.String()+"')) FROM creditwatch.snapshots_rows ORDER BY 1", nil), "60", "200")
}

// A factor of 1.6 in the PD is a notch, but an agency of few and wide grades has not cut by more than its own grades.
func TestNotchesAreAtLeastGradesOfTheAgency(t *testing.T) {
	l := newHandLedger(t)
	l.fill()
	l.rating("G", "Wide", 100, "0.01", "50", "stable")
	l.rating("G", "Wide", 30, "0.04", "40", "stable") // one grade of Wide, ln 4 / ln 1.6 = 2.9 notches
	l.rating("C", "Wide", 100, "0.16", "40", "stable")
	l.rating("C", "Wide", 30, "0.01", "50", "stable") // up two grades, 5.9 notches
	l.rating("E", "Wide", 30, "0.16", "50", "stable") // nothing to compare with
	n := l.night(night, 1, 1)
	l.stage(n, "features")
	got := l.values("features_rows", 1, night)
	one, up := 1.0, -2.0
	for customer, want := range map[string]*float64{"G": &one, "C": &up, "E": nil} {
		if _, ok := got[customer]; !ok {
			t.Fatalf("no features of %s", customer)
		}
		if v := got[customer]["rating_notches_down_90d"]; !same(v, want) {
			t.Errorf("%s: %s notches, want %s", customer, show(v), show(want))
		}
	}
}
