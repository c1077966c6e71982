package warnings

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

// bench is a book of n customers of whom one in twenty has troubles, and news about one in a hundred.
func bench(n int) (arrow.Record, []Event) {
	r := rand.New(rand.NewPCG(1, 1))
	columns := Reads()
	people := make([]customer, n)
	var events []Event
	for i := range people {
		people[i] = customer{fmt.Sprintf("c%06d", i), "Li Na", fmt.Sprint("industry ", i%30), fmt.Sprint("region ", i%31), set{}}
		if r.IntN(20) == 0 {
			for range 8 {
				c := columns[r.IntN(len(columns))]
				people[i].shows[c] = quiet[c]*3 + 1
			}
		}
		if r.IntN(100) == 0 {
			events = append(events, tell("LAYOFF", func(e *Event) { e.CustomerID = people[i].id }))
		}
	}
	return bookOf(people...), events
}

func BenchmarkJudge(b *testing.B) {
	for _, customers := range []int{1000, 100000} {
		b.Run(fmt.Sprintf("customers=%d", customers), func(b *testing.B) {
			book, events := bench(customers)
			defer book.Release()
			first := judged(b, Night{AsOf: monday, Book: book, Events: events}, catalogue())
			b.ReportAllocs()
			for b.Loop() {
				r := judged(b, Night{AsOf: monday.Add(1), Book: book, Events: events, Last: first.Episodes}, catalogue())
				if r.Summary.Opened > 0 && len(r.Episodes) < len(first.Episodes) {
					b.Fatalf("%d episodes after %d", len(r.Episodes), len(first.Episodes))
				}
			}
			b.ReportMetric(float64(customers)*float64(b.N)/b.Elapsed().Seconds(), "customers/s")
		})
	}
}
