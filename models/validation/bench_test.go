package validation

import (
	"math/rand/v2"
	"testing"
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
