package validation

import (
	"math/rand/v2"
	"testing"

	"creditwatch/pipeline/asof"
)

func BenchmarkRank(b *testing.B) {
	const rows = 1_000_000
	r := rand.New(rand.NewPCG(1, 2))
	score, y := make([]float64, rows), make([]uint8, rows)
	for i := range score {
		score[i] = r.Float64()
		if r.Float64() < 0.1*score[i] {
			y[i] = 1
		}
	}
	for b.Loop() {
		if _, err := Rank(score, y); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkJudge judges a night of 300 000 past rows and 10 000 customers.
func BenchmarkJudge(b *testing.B) {
	in := proven(validated(simulated{customers: 10000, months: 30, pd: 0.03, spread: 1.6, wander: 0.12, seed: 5, night: asof.MustParse("2026-10-31")}.input()))
	for b.Loop() {
		if results := Judge(in, DefaultBounds, nil); len(results) < len(Tests) {
			b.Fatal(len(results))
		}
	}
	b.ReportMetric(float64(len(in.Rows)), "rows")
}
