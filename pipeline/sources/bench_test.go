package sources

import (
	"context"
	"testing"
)

// BenchmarkPull takes the invoice lines of a year into an empty ledger; nothing is published, so every round does all of it.
func BenchmarkPull(b *testing.B) {
	shared(b, "online-retail")
	book := newBook(b)
	s, n := example(b, book, "online-retail", "online-retail", "2011-12-09")
	for b.Loop() {
		c, err := Pull(context.Background(), book.db, s[1:], n)
		if err != nil || c[0].Read != 541909 {
			b.Fatalf("%+v, %v", c, err)
		}
	}
	b.ReportMetric(541909*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
