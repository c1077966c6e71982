package judge

import (
	"context"
	"fmt"
	"testing"
	"time"

	"creditwatch/features"
	"creditwatch/pipeline"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// BenchmarkDecide is the decide stage of a night on a book that the server invents: two years of monthly invoices, orders, ratings, contacts and
// records of every customer, one in five of them a parent.
func BenchmarkDecide(b *testing.B) {
	for _, customers := range []int64{1_000, 100_000} {
		b.Run(fmt.Sprintf("customers=%d", customers), func(b *testing.B) {
			db := warehousetest.Open(b)
			ctx := context.Background()
			if err := db.Migrate(ctx, warehouse.Schema); err != nil {
				b.Fatal(err)
			}
			for _, s := range features.Schema() {
				if err := db.Exec(ctx, s, nil); err != nil {
					b.Fatal(err)
				}
			}
			for _, s := range []string{
				`customers_rows (customer_id, name, parent_id, owner, industry, region, country, terms_days, credit_limit, limit_currency, limit_valid_to, net_worth, run, known_at)
SELECT concat('C', toString(number)), 'x', if(number % 5 = 0, '', concat('C', toString(number - number % 5))), concat('owner ', toString(number % 97)), concat('industry ', toString(number % 29)), concat('region ', toString(number % 31)), 'CN', 30, 10000 + number % 1000, if(number % 10 = 0, 'USD', 'CNY'), {d:Date} + number % 700 - 30, 1000000, 1, {d:Date} - 400 FROM numbers({n:UInt64})`,
				`fx_rates_rows (currency, valid_on, rate, run, known_at) SELECT 'USD', {d:Date} - 30, 7, 1, {d:Date} - 30`,
				`documents_rows (run, as_of, customer_id, document_id, transaction_id, kind, occurred_on, due_on, amount, currency, known_from)
SELECT 1, {d:Date}, concat('C', toString(number % {n:UInt64})), concat('I', toString(number)), concat('I', toString(number)), if(number % 12 = 0, 'order', 'invoice'), {d:Date} - 30 * intDiv(number, {n:UInt64}), {d:Date} - 30 * intDiv(number, {n:UInt64}) + 30, 1000 + number % 77, if(number % 10 = 0, 'USD', 'CNY'), {d:Date} - 30 * intDiv(number, {n:UInt64}) FROM numbers(24 * {n:UInt64})`,
				`open_items_rows (run, as_of, customer_id, document_id, kind, invoiced_on, due_on, amount, open_amount, currency, days_past_due, bucket, open_base)
SELECT 1, {d:Date}, concat('C', toString(number % {n:UInt64})), concat('I', toString(number)), 'invoice', {d:Date} - 30 * intDiv(number, {n:UInt64}), {d:Date}, 1000, 1000, if(number % 10 = 0, 'USD', 'CNY'), number % 50, '1-30', if(number % 10 = 0, 7000, 1000) FROM numbers(3 * {n:UInt64})`,
				`scores_rows (run, as_of, customer_id, pd_12m, pd_prudent, grade, evidence_grade, ead, lgd, expected_loss) SELECT 1, {d:Date}, concat('C', toString(number)), 0.02, 0.03, ['A', 'B', 'C'][number % 3 + 1], 'B', 3000, 0.45, 27 FROM numbers({n:UInt64})`,
				`losses_rows (run, as_of, customer_id, group_id, open_base, lgd, ead, expected_loss) SELECT 1, {d:Date}, o.customer_id, '', o.open, 0.45, 3000, 27 FROM (SELECT customer_id, sum(open_base) AS open FROM creditwatch.open_items_rows GROUP BY customer_id) AS o`,
				`features_rows (run, as_of, customer_id, open_base, overdue_base, tenure_days, terms_days, sales_90d, sales_365d, dbt_365d, invoices_settled_count_365d) SELECT 1, {d:Date}, concat('C', toString(number)), 3000, 1000, 900, 30, 3000, 12000, 5, 9 FROM numbers({n:UInt64})`,
				`warnings_rows (run, as_of, episode_id, customer_id, code, severity, state, action) SELECT 1, {d:Date}, toString(number), concat('C', toString(number * 3)), 'W2-10', 2 + number % 3, 'open', 'FREEZE CALL' FROM numbers(intDiv({n:UInt64}, 3))`,
				`interactions_rows (customer_id, interaction_id, kind, occurred_on, outcome, run, known_at) SELECT concat('C', toString(number % {n:UInt64})), toString(number), ['call', 'visit'][number % 2 + 1], {d:Date} - number % 300, 'reached', 1, {d:Date} - number % 300 FROM numbers(4 * {n:UInt64})`,
				`external_ratings_rows (customer_id, agency, recommended_limit, rated_on, run, known_at) SELECT concat('C', toString(number % {n:UInt64})), 'agency', 20000, {d:Date} - 40 * intDiv(number, {n:UInt64}), 1, {d:Date} - 40 * intDiv(number, {n:UInt64}) FROM numbers(3 * {n:UInt64})`,
			} {
				if err := db.Exec(ctx, "INSERT INTO creditwatch."+s, map[string]any{"n": uint64(customers), "d": night}); err != nil {
					b.Fatal(err)
				}
			}
			n := &pipeline.Night{
				Settings: pipeline.Settings{Currency: "CNY", Zone: time.UTC, Loss: lossTerms(), Decisions: decisions.Default()},
				Store:    db, AsOf: night, Cut: night.Cut(time.UTC), Run: 1, Runs: []uint64{1},
			}
			n.Loss.Cap = 10_000
			for b.Loop() {
				for _, s := range pipeline.Stages {
					if s.Name != "decide" {
						continue
					}
					for _, table := range s.Keeps {
						if err := db.Exec(ctx, "TRUNCATE TABLE creditwatch."+table+"_rows", nil); err != nil {
							b.Fatal(err)
						}
					}
					if err := s.Do(ctx, n); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(customers)*float64(b.N)/b.Elapsed().Seconds(), "customers/s")
		})
	}
}
