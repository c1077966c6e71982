package decisions

import (
	"fmt"
	"testing"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// BenchmarkCredit is one night of limits, groups, concentration, holds, reviews and coverage.
func BenchmarkCredit(b *testing.B) {
	for _, customers := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("customers=%d", customers), func(b *testing.B) {
			accounts := make([]Account, customers)
			for i := range accounts {
				a := usual()
				a.CustomerID = fmt.Sprintf("C%06d", i)
				if i%5 > 0 {
					a.ParentID = fmt.Sprintf("C%06d", i-i%5)
				}
				a.Owner, a.Industry, a.Region = fmt.Sprint("owner ", i%97), fmt.Sprint("industry ", i%29), fmt.Sprint("region ", i%31)
				a.Open += book.Money(i%1000) * 100 * yuan
				a.Currencies = []CurrencyPart{{Currency: []string{"CNY", "USD", "EUR"}[i%3], OpenAmount: a.Open, Open: a.Open, Orders: a.Orders}}
				a.Grade, a.Severity, a.InDefault = Grades[i%len(Grades)], i%50/12, i%200 == 7
				a.LimitSet, a.Before = tuesday.Add(-i%400), &LastLimit{Currency: "CNY", Rate: 1, Terms: Terms{termInsurer: units(85_000)}, Recommended: units(85_000)}
				accounts[i] = a
			}
			day := map[asof.Date]asof.Date{}
			calendar := func(d asof.Date, n int) asof.Date {
				if n == 1 && day[d] != 0 {
					return day[d]
				}
				to := weekdays(d, n)
				if n == 1 {
					day[d] = to
				}
				return to
			}
			p := Default()
			b.ReportAllocs()
			for b.Loop() {
				limits, err := desk().Recommend(accounts)
				if err != nil {
					b.Fatal(err)
				}
				groups, of := Groups(limits, p.Groups)
				spread := Concentrations(limits, groups, p.Limits.Exposure, p.Groups)
				holds := Holds(tuesday, limits, of, 0.2, p.Holds)
				reviews := Reviews(tuesday, limits, calendar, p.Reviews)
				covered := Coverage(tuesday, limits, p.Coverage)
				if len(groups) != customers/5 || len(spread) < 100 || len(holds) < customers/10 || len(reviews) != customers || len(covered) != 98 {
					b.Fatalf("%d groups, %d parts, %d holds, %d reviews, %d owners", len(groups), len(spread), len(holds), len(reviews), len(covered))
				}
			}
			b.ReportMetric(float64(customers)*float64(b.N)/b.Elapsed().Seconds(), "customers/s")
		})
	}
}

// BenchmarkContracts is one night of contract findings: ten open invoices and three contracts a customer.
func BenchmarkContracts(b *testing.B) {
	for _, customers := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("customers=%d", customers), func(b *testing.B) {
			parties := make([]Party, customers)
			for i := range parties {
				x := sound()
				x.CustomerID = fmt.Sprintf("C%06d", i)
				c := x.Payer.Contracts[0]
				x.Payer.Contracts = []Contract{c, c, c}
				for j := range x.Payer.Contracts {
					k := &x.Payer.Contracts[j]
					k.ID, k.From, k.To = fmt.Sprint("K", j), contractNight.Add(-900+300*j), contractNight.Add(-601+300*j+i%120)
				}
				item := x.Items[0]
				x.Items = nil
				for j := range 10 {
					item.DocumentID, item.InvoicedOn, item.DueOn = fmt.Sprint("I", j), contractNight.Add(-20*j), contractNight.Add(30-20*j)
					x.Items = append(x.Items, item)
				}
				x.Payer.SizeClass = []string{"large", "small"}[i%2]
				parties[i] = x
			}
			p := Default()
			b.ReportAllocs()
			for b.Loop() {
				found, interest, err := Findings(contractNight, parties, nil, map[string]float64{"CNY": 1}, 0.9, p.Contracts, p.Statute, weekdays)
				if err != nil || len(interest) != 8*customers || len(found) < customers/2 {
					b.Fatalf("%d findings, %d claims, %v", len(found), len(interest), err)
				}
			}
			b.ReportMetric(float64(customers)*float64(b.N)/b.Elapsed().Seconds(), "customers/s")
		})
	}
}
