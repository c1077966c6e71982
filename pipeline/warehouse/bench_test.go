package warehouse_test

import (
	"context"
	"fmt"
	"testing"

	"creditwatch/pipeline/warehouse/warehousetest"
)

// BenchmarkArrow streams one number column in and a ledger-like row (nine columns, two of them text) out.
func BenchmarkArrow(b *testing.B) {
	db := warehousetest.Open(b)
	ctx := context.Background()
	const rows = 1_000_000
	b.Run(fmt.Sprintf("in/rows=%d", rows), func(b *testing.B) {
		exec(b, db, "CREATE OR REPLACE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x")
		for i := 0; b.Loop(); i++ {
			if err := db.Insert(ctx, "t", fmt.Sprint(i), &numbers{batches: rows / 50_000, rows: 50_000}); err != nil {
				b.Fatal(err)
			}
		}
		if n := count(b, db, "t"); n != uint64(rows*b.N) {
			b.Fatalf("%d rows, want %d", n, rows*b.N)
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	exec(b, db, `CREATE OR REPLACE TABLE ledger ENGINE = MergeTree ORDER BY customer AS SELECT toString(number % 50000) AS customer, 'invoice' AS kind,
		toDate('2024-01-01') + number % 700 AS occurred_on, toDecimal64(number % 100000, 4) AS amount, number AS a, number * 2 AS b,
		number / 3 AS c, toUInt32(number) AS d, CAST(if(number % 7 = 0, NULL, number) AS Nullable(Int64)) AS e FROM numbers(1000000)`)
	b.Run(fmt.Sprintf("out/rows=%d", rows), func(b *testing.B) {
		for b.Loop() {
			out, err := db.Query(ctx, "SELECT * FROM ledger", nil)
			if err != nil {
				b.Fatal(err)
			}
			var n int64
			for out.Next() {
				n += out.Record().NumRows()
			}
			err = out.Err()
			out.Release()
			if err != nil || n != rows {
				b.Fatalf("%d rows, want %d: %v", n, rows, err)
			}
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
