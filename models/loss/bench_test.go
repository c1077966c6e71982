package loss

import (
	"fmt"
	"math"
	"testing"
)

func BenchmarkDistribution(b *testing.B) {
	for _, names := range []int{400, 10_000, 100_000} {
		book := bookOf(names, func(i float64) float64 { return 0.005 * (1 + math.Mod(i, 7)) }, always(0.45), func(i float64) float64 { return 1000 / (1 + math.Mod(i*37, 101)) })
		b.Run(fmt.Sprintf("names=%d", names), func(b *testing.B) {
			for b.Loop() {
				if q := book.Distribution(0.12).Quantile(0.999); !(q > 0) {
					b.Fatal(q)
				}
			}
		})
	}
}
