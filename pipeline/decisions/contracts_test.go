package decisions

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// contractNight is a Tuesday.
var contractNight = asof.MustParse("2026-03-31")

func days(n int) *int               { return &n }
func rateOfYear(v float64) *float64 { return &v }

// sound is a customer with whose contract nothing is wrong: invoiced ten days ago, 1 000 open and not due.
func sound() Party {
	return Party{
		CustomerID: "C", Total: 1000 * yuan, InvoicedOn: contractNight.Add(-10), InsuredTo: asof.Latest,
		Payer: Payer{Owner: "Ana", Country: "CN", SizeClass: "small", Contracts: []Contract{
			{CustomerID: "C", ID: "K1", From: contractNight.Add(-300), To: asof.Latest, Terms: days(30), Review: "reviewed", SecuredTo: asof.Latest},
		}},
		Items: []Receivable{{CustomerID: "C", DocumentID: "I1", Currency: "CNY", InvoicedOn: contractNight.Add(-10), DueOn: contractNight.Add(20), Open: 1000 * yuan, OpenBase: 1000 * yuan}},
	}
}

func findingsOf(t rapid.TB, parties ...Party) ([]ContractFinding, []LateInterest) {
	t.Helper()
	p := Default()
	p.Statute.Rates[0].Rows = append(slices.Clone(p.Statute.Rates[0].Rows), ReferenceRate{contractNight, 0.03})
	p.Statute.Rates[1].Rows = append(slices.Clone(p.Statute.Rates[1].Rows), ReferenceRate{asof.On(2026, 1, 1), 0.0215})
	found, interest, err := Findings(contractNight, parties, nil, map[string]float64{"CNY": 1, "EUR": 8, "USD": 7}, 0.9, p.Contracts, p.Statute, weekdays)
	if err != nil {
		t.Fatal(err)
	}
	return found, interest
}

// said is a finding in short: code, severity, contract, amount in whole units, due date counted from the night.
func said(found []ContractFinding) string {
	var out []string
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s S%d %s%s %s %+d", f.Code, f.Severity, f.CustomerID, f.ContractID, money(f.Amount), f.DueOn.Sub(contractNight)))
	}
	return strings.Join(out, "; ")
}

func TestContractFindings(t *testing.T) {
	old := func(x *Party, daysAgo int) { // nothing was invoiced since
		x.InvoicedOn, x.Items[0].InvoicedOn, x.Items[0].DueOn = contractNight.Add(-daysAgo), contractNight.Add(-daysAgo), contractNight.Add(1)
	}
	k := func(x *Party) *Contract { return &x.Payer.Contracts[0] }
	second := func(x *Party, change func(*Contract)) {
		c := *k(x)
		c.ID = "K2"
		change(&c)
		x.Payer.Contracts = append(x.Payer.Contracts, c)
		slices.SortFunc(x.Payer.Contracts, ByFirstDay)
	}
	for _, c := range []struct {
		shows string
		party func(*Party)
		want  string
	}{
		{"a sound contract", func(*Party) {}, ""},

		{"no contract", func(x *Party) { x.Payer.Contracts = nil }, "no_contract S3 C 1,000 +7"}, // five business days
		{"no contract, the last invoice just recent", func(x *Party) { x.Payer.Contracts = nil; old(x, 89) }, "no_contract S3 C 1,000 +7"},
		{"no contract, and nobody trades any more", func(x *Party) { x.Payer.Contracts = nil; old(x, 90) }, ""},
		{"no contract, and a shipment", func(x *Party) { x.Payer.Contracts = nil; old(x, 90); x.ShippedOn = contractNight }, "no_contract S3 C 1,000 +7"},
		{"a contract that begins tomorrow", func(x *Party) { k(x).From = contractNight.Add(1) }, "no_contract S3 C 1,000 +7"},
		{"a contract that begins tonight", func(x *Party) { k(x).From = contractNight }, ""},

		{"ended yesterday, invoiced before", func(x *Party) { k(x).To = contractNight.Add(-1) }, "contract_expired S2 CK1 1,000 +0"},
		{"ended, invoiced on its last day", func(x *Party) { k(x).To = contractNight.Add(-10) }, "contract_expired S2 CK1 1,000 +0"},
		{"ended, invoiced the day after", func(x *Party) { k(x).To = contractNight.Add(-11) }, "contract_expired S3 CK1 1,000 +0"},
		{"ended, nothing open and nothing invoiced since", func(x *Party) { k(x).To = contractNight.Add(-1); x.Items = nil }, ""},
		{"ended, and another is in force", func(x *Party) {
			second(x, func(c *Contract) { c.From = contractNight.Add(-5) })
			k(x).To = contractNight.Add(-6)
		}, ""},

		{"ends tonight: due today", func(x *Party) { k(x).To = contractNight }, "contract_ends S3 CK1 1,000 +0"},
		{"ends in 30 days", func(x *Party) { k(x).To = contractNight.Add(30) }, "contract_ends S3 CK1 1,000 +30"},
		{"ends in 31 days", func(x *Party) { k(x).To = contractNight.Add(31) }, "contract_ends S2 CK1 1,000 +31"},
		{"ends in 60 days", func(x *Party) { k(x).To = contractNight.Add(60) }, "contract_ends S2 CK1 1,000 +60"},
		{"ends in 61 days", func(x *Party) { k(x).To = contractNight.Add(61) }, "contract_ends S1 CK1 1,000 +61"},
		{"ends in 90 days", func(x *Party) { k(x).To = contractNight.Add(90) }, "contract_ends S1 CK1 1,000 +90"},
		{"ends in 91 days", func(x *Party) { k(x).To = contractNight.Add(91) }, ""},
		{"ends soon, followed the day after", func(x *Party) {
			k(x).To = contractNight.Add(20)
			second(x, func(c *Contract) { c.From, c.To = contractNight.Add(21), asof.Latest })
		}, ""},
		{"ends soon, followed after a gap of a day", func(x *Party) {
			k(x).To = contractNight.Add(20)
			second(x, func(c *Contract) { c.From, c.To = contractNight.Add(22), asof.Latest })
		}, "contract_ends S3 CK1 1,000 +20"},
		{"ends soon, of a customer long gone", func(x *Party) { k(x).To = contractNight.Add(20); old(x, 90); x.Items = nil }, ""},

		{"never reviewed", func(x *Party) { k(x).Review = "" }, "review_missing S2 CK1 1,000 +14"},
		{"review refused", func(x *Party) { k(x).Review = "rejected" }, "review_missing S3 CK1 1,000 +7"},
		{"pending in time", func(x *Party) { k(x).Review, k(x).From = "pending", contractNight.Add(-30) }, ""},
		{"pending too long", func(x *Party) { k(x).Review, k(x).From = "pending", contractNight.Add(-31) }, "review_overdue S2 CK1 1,000 +0"},
		{"the older contract lacks its review too", func(x *Party) {
			k(x).Review = "none"
			second(x, func(c *Contract) { c.From, c.Review = contractNight.Add(-5), "reviewed" })
		}, "review_missing S2 CK1 1,000 +14"},

		{"an invoice of the agreed days", func(x *Party) { x.Items[0].DueOn = x.Items[0].InvoicedOn.Add(30) }, ""},
		{"an invoice of a day more", func(x *Party) { x.Items[0].DueOn = x.Items[0].InvoicedOn.Add(31) }, "longer_terms S2 CK1 1,000 +14"},
		{"a small part of longer terms", func(x *Party) {
			i := x.Items[0]
			i.DocumentID, i.OpenBase, i.DueOn = "I2", 99*yuan, i.InvoicedOn.Add(45)
			x.Items[0].OpenBase = 901 * yuan
			x.Items = append(x.Items, i)
		}, "longer_terms S1 CK1 99 +42"}, // thirty business days
		{"another contract in force allows the days", func(x *Party) {
			x.Items[0].DueOn = x.Items[0].InvoicedOn.Add(45)
			second(x, func(c *Contract) { c.From, c.Terms = contractNight.Add(-400), days(45) })
		}, ""},
		{"the contract says no days", func(x *Party) { k(x).Terms = nil; x.Items[0].DueOn = contractNight.Add(300) }, ""},

		{"a large firm at the most days", func(x *Party) { x.Payer.SizeClass, k(x).Terms = "large", days(60) }, ""},
		{"a large firm, a day more", func(x *Party) { x.Payer.SizeClass, k(x).Terms = "large", days(61) }, "terms_over_statute S3 CK1 1,000 +7"},
		{"a large firm by the older order", func(x *Party) {
			x.Payer.SizeClass, k(x).Terms, k(x).From = "large", days(61), asof.MustParse("2025-05-31")
		}, ""},
		{"a large firm on the first day of the new order", func(x *Party) {
			x.Payer.SizeClass, k(x).Terms, k(x).From = "large", days(61), asof.MustParse("2025-06-01")
		}, "terms_over_statute S3 CK1 1,000 +7"},
		{"a small firm may agree on any days", func(x *Party) { k(x).Terms = days(180) }, ""},
		{"a public body at 30 days", func(x *Party) { x.Payer.Public = true }, ""},
		{"a public body at 31 days", func(x *Party) { x.Payer.Public, k(x).Terms = true, days(31) }, "terms_over_statute S2 CK1 1,000 +14"},
		{"a public body at 60 days", func(x *Party) { x.Payer.Public, k(x).Terms = true, days(60) }, "terms_over_statute S2 CK1 1,000 +14"},
		{"a public body at 61 days", func(x *Party) { x.Payer.Public, k(x).Terms = true, days(61) }, "terms_over_statute S3 CK1 1,000 +7"},
		{"a firm of the union at 61 days", func(x *Party) { x.Payer.Country, k(x).Terms = "DE", days(61) }, "terms_over_statute S2 CK1 1,000 +14"}, // they may agree on it
		{"a public body of the union at 61 days", func(x *Party) { x.Payer.Country, x.Payer.Public, k(x).Terms = "DE", true, days(61) }, "terms_over_statute S3 CK1 1,000 +7"},
		{"a firm elsewhere", func(x *Party) { x.Payer.Country, k(x).Terms = "US", days(180) }, ""},

		{"the prime rate of the day it began", func(x *Party) { x.Payer.SizeClass, k(x).LateRate = "large", rateOfYear(0.03) }, ""},
		{"just below it", func(x *Party) { x.Payer.SizeClass, k(x).LateRate = "large", rateOfYear(0.0299) }, "rate_under_floor S2 CK1 1,000 +14"},
		{"below the rate of an earlier day", func(x *Party) {
			x.Payer.SizeClass, k(x).LateRate, k(x).From = "large", rateOfYear(0.03), asof.MustParse("2025-05-19")
		}, "rate_under_floor S2 CK1 1,000 +14"},
		{"8 points above the central bank", func(x *Party) { x.Payer.Country, k(x).LateRate = "DE", rateOfYear(0.1115) }, ""},                              // 3.15 % when it began
		{"a hundredth of a point less", func(x *Party) { x.Payer.Country, k(x).LateRate = "DE", rateOfYear(0.1114) }, "rate_under_floor S1 CK1 1,000 +42"}, // they may agree on it
		{"a public body of the union, the same", func(x *Party) { x.Payer.Country, x.Payer.Public, k(x).LateRate = "DE", true, rateOfYear(0.1114) }, "rate_under_floor S2 CK1 1,000 +14"},
	} {
		x := sound()
		c.party(&x)
		other := sound() // so that the book has a contract
		other.CustomerID = "Z"
		found, _ := findingsOf(t, other, x)
		if got := said(found); got != c.want {
			t.Errorf("%s: %q, want %q", c.shows, got, c.want)
		}
		for _, f := range found {
			if f.EN == "" || f.ZH == "" || f.Owner != "Ana" || f.Action == "" || !slices.Contains(FindingCodes, f.Code) {
				t.Errorf("%s: not whole: %+v", c.shows, f)
			}
		}
	}
}

// An exposure of 1 000; an insurer pays 90 %.
func TestCoverThatEnds(t *testing.T) {
	for _, c := range []struct {
		shows string
		party func(*Party)
		want  string // amount, covered, uncovered
	}{
		{"a guarantee within 30 days", func(x *Party) { x.secure("guarantee", 300, 30) }, "cover_expires S3 300 0 1,000"},
		{"a guarantee within 31 days", func(x *Party) { x.secure("guarantee", 300, 31) }, "cover_expires S2 300 0 1,000"},
		{"a guarantee within 90 days", func(x *Party) { x.secure("guarantee", 300, 90) }, "cover_expires S1 300 0 1,000"},
		{"a guarantee within 91 days", func(x *Party) { x.secure("guarantee", 300, 91) }, ""},
		{"a guarantee that ends tonight", func(x *Party) { x.secure("guarantee", 300, 0) }, "cover_expires S3 300 0 1,000"},
		{"a guarantee that ended yesterday", func(x *Party) { x.secure("guarantee", 300, -1) }, "cover_expired S3 300 0 1,000"},
		{"a guarantee that ended a year ago", func(x *Party) { x.Payer.Contracts[0].From = 1; x.secure("guarantee", 300, -365) }, "cover_expired S3 300 0 1,000"},
		{"a guarantee that ended longer ago", func(x *Party) { x.Payer.Contracts[0].From = 1; x.secure("guarantee", 300, -366) }, ""},
		{"an ended guarantee, the exposure covered all the same", func(x *Party) { x.secure("guarantee", 300, -1); x.secure("deposit", 1000, 400) }, ""},
		{"an ended guarantee, the exposure covered for the most part", func(x *Party) { x.secure("guarantee", 300, -1); x.secure("deposit", 900, 400) }, "cover_expired S3 100 900 100"},
		{"more cover than there is to cover", func(x *Party) { x.secure("guarantee", 700, 20); x.secure("collateral", 800, 400) }, "cover_expires S3 200 800 200"},
		{"two that end share it out in their order", func(x *Party) { x.secure("guarantee", 700, 20); x.secure("collateral", 800, 50) }, "cover_expires S3 200 800 200; cover_expires S2 800 0 1,000"},
		{"an insurer pays its share", func(x *Party) { x.secure("insurance", 500, 20) }, "cover_expires S3 450 0 1,000"},
		{"the record's insurance goes on", func(x *Party) { x.secure("insurance", 500, 20); x.Insured = 500 * yuan }, ""},
		{"the record's insurance ends", func(x *Party) { x.Insured, x.InsuredTo = 500*yuan, contractNight.Add(5) }, "cover_expires S3 450 0 1,000"},
		{"the record's insurance has ended", func(x *Party) { x.Insured, x.InsuredTo = 500*yuan, contractNight.Add(-5) }, "cover_expired S3 450 0 1,000"},
		{"the next contract brings another", func(x *Party) {
			x.secure("guarantee", 300, 20)
			x.Payer.Contracts = append(x.Payer.Contracts, Contract{CustomerID: "C", ID: "K9", From: contractNight.Add(21), To: asof.Latest, Review: "reviewed", Security: "guarantee", Worth: 200 * yuan, SecuredTo: asof.Latest})
		}, "cover_expires S3 100 200 800"},
		{"nothing is owed", func(x *Party) { x.secure("guarantee", 300, 5); x.Total = 0 }, ""},
	} {
		x := sound()
		c.party(&x)
		slices.SortFunc(x.Payer.Contracts, ByFirstDay)
		found, _ := findingsOf(t, x)
		lost := book.Money(0) // of what is covered tonight
		var got []string
		for _, f := range found {
			if f.Exposure == nil {
				continue
			}
			if f.Code == "cover_expires" {
				if lost += f.Amount; x.CoveredOn(contractNight, 0.9)-lost != *f.Covered {
					t.Errorf("%s: %s covered tonight less %s lost is not %s", c.shows, x.CoveredOn(contractNight, 0.9), lost, *f.Covered)
				}
			}
			got = append(got, fmt.Sprintf("%s S%d %s %s %s", f.Code, f.Severity, money(f.Amount), money(*f.Covered), money(*f.Uncovered)))
			if *f.Covered+*f.Uncovered != *f.Exposure || *f.Exposure != x.Total || f.DueOn < contractNight {
				t.Errorf("%s: %+v", c.shows, f)
			}
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: %q, want %q", c.shows, s, c.want)
		}
	}
}

// secure gives the customer a contract of its own with a security that ends so many days after the night.
func (x *Party) secure(kind string, worth int64, until int) {
	c := x.Payer.Contracts[0]
	c.ID, c.Security, c.Worth, c.SecuredTo = fmt.Sprintf("S%d", len(x.Payer.Contracts)), kind, book.Money(worth)*yuan, contractNight.Add(until)
	x.Payer.Contracts = append(x.Payer.Contracts, c)
}

// What is left when a cover ends is what those in force on the next day cover; the losses of cover in their order add up to the whole of it.
func TestCoverIsSharedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := sound()
		x.Total = book.Money(rapid.Int64Range(1, 2000).Draw(t, "total")) * yuan
		if rapid.Bool().Draw(t, "insured by its record") {
			x.Insured, x.InsuredTo = book.Money(rapid.Int64Range(1, 900).Draw(t, "insured"))*yuan, contractNight.Add(rapid.IntRange(0, 90).Draw(t, "insured until"))
		}
		for range rapid.IntRange(0, 6).Draw(t, "covers") {
			x.secure(rapid.SampledFrom([]string{"guarantee", "collateral", "deposit", "insurance"}).Draw(t, "kind"), rapid.Int64Range(1, 900).Draw(t, "worth"), rapid.IntRange(0, 90).Draw(t, "until"))
		}
		found, _ := findingsOf(t, x)
		lost, left := book.Money(0), map[asof.Date]book.Money{}
		for _, f := range found {
			if f.Code != "cover_expires" {
				continue
			}
			lost += f.Amount
			if l, ok := left[f.EndsOn]; !ok || *f.Covered < l { // of several that end on a day the last leaves least
				left[f.EndsOn] = *f.Covered
			}
		}
		if lost != x.CoveredOn(contractNight, 0.9) {
			t.Errorf("%s lose their cover, %s are covered", lost, x.CoveredOn(contractNight, 0.9))
		}
		for end, l := range left {
			if want := x.CoveredOn(end.Add(1), 0.9); l != want {
				t.Errorf("after %s: %s covered, want %s", end, l, want)
			}
		}
	})
}

// The values were worked out with Python's fractions, day by day.
func TestLateInterestByHand(t *testing.T) {
	law := law()
	contract := Contract{ID: "K", From: asof.MustParse("2023-01-01"), To: asof.MustParse("2023-12-31"), LateRate: rateOfYear(0.08)}
	for _, c := range []struct {
		shows             string
		payer             Payer
		currency          string
		open              string
		invoiced, due, on string
		want, rule        string
	}{
		{"the agreed rate", Payer{Country: "CN", Contracts: []Contract{contract}}, "CNY", "5000", "2023-05-01", "2023-06-01", "2023-07-16", "49.32", "contract"},
		{"the rate agreed when it was invoiced, though the contract has ended", Payer{Country: "CN", Contracts: []Contract{contract}}, "CNY", "5000", "2023-12-31", "2024-01-31", "2024-03-16", "49.32", "contract"},
		{"invoiced after its end, a large firm", Payer{Country: "CN", SizeClass: "large", Contracts: []Contract{contract}}, "CNY", "10000", "2024-01-01", "2024-01-31", "2024-03-01", "150.00", "CN-728"},
		{"five ten-thousandths a day", Payer{Country: "CN", SizeClass: "large"}, "CNY", "10000", "2025-06-01", "2025-07-01", "2025-07-31", "150.00", "CN-802"},
		{"a public body of whatever size", Payer{Country: "CN", Public: true}, "CNY", "10000", "2025-06-01", "2025-07-01", "2025-07-31", "150.00", "CN-802"},
		{"a small firm owes none by this law", Payer{Country: "CN", SizeClass: "small"}, "CNY", "10000", "2025-06-01", "2025-07-01", "2025-07-31", "0.00", "none"},
		{"the half-year turns, and 40 euros", Payer{Country: "DE"}, "EUR", "1000", "2024-05-20", "2024-06-20", "2024-07-10", "46.78", "EU-2011/7"},
		{"four half-years, in another currency", Payer{Country: "FR"}, "USD", "12345.67", "2023-10-15", "2023-11-15", "2025-08-20", "2576.29", "EU-2011/7"},
		{"the last day of a half-year", Payer{Country: "DE"}, "USD", "36500", "2024-05-29", "2024-06-29", "2024-06-30", "12.50", "EU-2011/7"},
		{"the first day of the next", Payer{Country: "DE"}, "USD", "36500", "2024-05-30", "2024-06-30", "2024-07-01", "12.25", "EU-2011/7"},
		{"due tonight", Payer{Country: "DE"}, "EUR", "1000", "2024-05-30", "2024-06-30", "2024-06-30", "0.00", ""},
		{"a country of which no law is known", Payer{Country: "US"}, "USD", "1000", "2024-05-30", "2024-06-30", "2024-12-30", "0.00", "none"},
	} {
		open, err := book.ParseMoney(c.open)
		if err != nil {
			t.Fatal(err)
		}
		got, err := law.claim(asof.MustParse(c.on), Receivable{Currency: c.currency, InvoicedOn: asof.MustParse(c.invoiced), DueOn: asof.MustParse(c.due), Open: open}, c.payer)
		if err != nil || got.Amount.String() != c.want || got.Rule != c.rule {
			t.Errorf("%s: %s by %q (%v), want %s by %q", c.shows, got.Amount, got.Rule, err, c.want, c.rule)
		}
	}
	larger := law
	larger.SME = false
	got, err := larger.claim(asof.MustParse("2025-07-31"), Receivable{InvoicedOn: asof.MustParse("2025-06-01"), DueOn: asof.MustParse("2025-07-01"), Open: 10000 * yuan}, Payer{Country: "CN", SizeClass: "large"})
	if err != nil || got.Amount != 0 || got.Rule != "none" {
		t.Errorf("a large supplier claims %s by %q (%v), want nothing", got.Amount, got.Rule, err)
	}
}

// Interest is money: an invoice written in parts bears the interest of the whole but for half a cent a part, more days never bear less, and the
// findings together bear what the invoices do, whatever the order of customers and invoices.
func TestInterestAddsUp(t *testing.T) {
	const cent = book.Scale / 100
	payers := []Payer{{Country: "CN", SizeClass: "large"}, {Country: "DE"}, {Country: "US"}, {Country: "CN", Contracts: []Contract{{ID: "K", From: 1, To: asof.Latest, LateRate: rateOfYear(0.07)}}}}
	rapid.Check(t, func(t *rapid.T) {
		item := func(customer string, n int) Receivable {
			due := contractNight.Add(-rapid.IntRange(-3, 900).Draw(t, "days"))
			open := book.Money(rapid.Int64Range(0, 1e12).Draw(t, "open"))
			return Receivable{CustomerID: customer, DocumentID: fmt.Sprint("I", n), Currency: rapid.SampledFrom([]string{"CNY", "EUR", "USD"}).Draw(t, "currency"), InvoicedOn: due.Add(-30), DueOn: due, Open: open, OpenBase: open}
		}
		payer := rapid.SampledFrom(payers).Draw(t, "payer")
		law := law()
		whole := item("C", 0)
		claim := func(r Receivable, on asof.Date) book.Money {
			c, err := law.claim(on, r, payer)
			if err != nil {
				t.Fatal(err)
			}
			return c.Amount - c.Fixed
		}
		parts, sum, left := rapid.IntRange(1, 5).Draw(t, "parts"), book.Money(0), whole.Open
		for i := range parts {
			part := whole
			if part.Open = book.Money(rapid.Int64Range(0, int64(left)).Draw(t, "part")); i == parts-1 {
				part.Open = left
			}
			left -= part.Open
			sum += claim(part, contractNight)
		}
		if off := sum - claim(whole, contractNight); max(off, -off) > cent/2*book.Money(parts+1) {
			t.Errorf("%d parts bear %s, the whole %s", parts, sum, claim(whole, contractNight))
		}
		if claim(whole, contractNight.Add(1)) < claim(whole, contractNight) {
			t.Errorf("a day more bears less")
		}

		var parties []Party
		for i := range rapid.IntRange(1, 4).Draw(t, "customers") {
			x := Party{CustomerID: fmt.Sprint("C", i), Payer: rapid.SampledFrom(payers).Draw(t, "payer of the customer")}
			for j := range rapid.IntRange(0, 6).Draw(t, "invoices") {
				x.Items = append(x.Items, item(x.CustomerID, j))
			}
			parties = append(parties, x)
		}
		found, interest := findingsOf(t, parties...)
		var invoices, lines book.Money
		for _, v := range interest {
			invoices += v.Base
		}
		for _, f := range found {
			if f.Code == "late_interest" {
				lines += f.Amount
			}
		}
		if lines != invoices {
			t.Errorf("findings bear %s, invoices %s", lines, invoices)
		}
		slices.Reverse(parties)
		for _, x := range parties {
			slices.Reverse(x.Items)
		}
		again, same := findingsOf(t, parties...)
		if diff := cmp.Diff(found, again) + cmp.Diff(interest, same); diff != "" {
			t.Errorf("another order of the same book (-first +again):\n%s", diff)
		}
	})
}

func TestBookWithoutContracts(t *testing.T) {
	x, y := sound(), sound()
	x.Payer.Contracts, y.Payer.Contracts = nil, nil
	y.CustomerID = "D"
	x.Payer.SizeClass, x.Items[0].DueOn = "large", contractNight.Add(-8) // 1 000 × 0.0005 × 8 = 4: too small for a line of its own
	found, _ := findingsOf(t, x, y)
	if got, want := said(found), "no_contracts S1  0 +42; late_interest S1  4 +42"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	y.Items[0].DueOn, y.Payer.SizeClass, y.Items[0].Open = contractNight.Add(-200), "large", 1000*yuan // 100: the line
	found, _ = findingsOf(t, x, y)
	if got, want := said(found), "no_contracts S1  0 +42; late_interest S1  4 +42; late_interest S1 D 100 +42"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A finding keeps the night from which it stands, and its day; a rate that nobody looked after is said when it binds someone.
func TestFindingsOverTheNights(t *testing.T) {
	x := sound()
	x.Payer.Contracts[0].Review, x.Payer.SizeClass = "", "large"
	p := Default()
	find := func(on asof.Date, since map[FindingKey]asof.Date) string {
		found, _, err := Findings(on, []Party{x}, since, nil, 0.9, p.Contracts, p.Statute, weekdays)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range found {
			out = append(out, fmt.Sprint(f.Code, " ", f.Since, " ", f.DueOn))
		}
		return strings.Join(out, "; ")
	}
	began := map[FindingKey]asof.Date{{"review_missing", "C", "K1"}: asof.MustParse("2026-03-20")}
	for _, c := range []struct {
		shows, on string
		since     map[FindingKey]asof.Date
		want      string
	}{
		{"the first night", "2026-03-31", nil, "review_missing 2026-03-31 2026-04-14"},
		{"it stands since", "2026-03-31", began, "review_missing 2026-03-20 2026-04-03"},
		{"its day has passed", "2026-04-06", began, "review_missing 2026-03-20 2026-04-06"},
		{"the last day of the rate", "2026-06-20", began, "review_missing 2026-03-20 2026-06-20"},
		{"the rate is 13 months old", "2026-06-21", began, "rate_stale 2026-06-21 2026-07-03; review_missing 2026-03-20 2026-06-21"},
	} {
		if got := find(asof.MustParse(c.on), c.since); got != c.want {
			t.Errorf("%s: %q, want %q", c.shows, got, c.want)
		}
	}
	x.Payer.SizeClass = "small"
	if got := find(asof.MustParse("2026-06-21"), began); strings.Contains(got, "rate_stale") {
		t.Errorf("a rate that binds nobody: %q", got)
	}
}

func TestContractPolicyIsChecked(t *testing.T) {
	for _, c := range []struct {
		shows  string
		change func(*Policy)
		want   string
	}{
		{"days that rise", func(p *Policy) { p.Contracts.Ahead = []int{30, 60} }, "contracts.ahead[1]: must be from 0 to 3650, and below the one before it, got 60"},
		{"no days", func(p *Policy) { p.Contracts.Ahead = nil }, "contracts.ahead: must be one number of days or more, got 0"},
		{"two severities", func(p *Policy) { p.Contracts.ActDays = []int{5, 3} }, "contracts.act_days: must be three numbers of business days"},
		{"a share in per cent", func(p *Policy) { p.Contracts.ExcessShare = 10 }, "contracts.excess_share: must be from 0 to 1, got 10"},
		{"a table that is not there", func(p *Policy) { p.Statute.Rules[0].Floor = "LPR-5Y" }, `statute.rules[0].floor: must be the name of a table in statute.rates, got "LPR-5Y"`},
		{"two ways to the interest", func(p *Policy) { p.Statute.Rules[2].PerDay = 0.001 }, `statute.rules[2]: must be either per_day above 0 or a reference, got 0.001 and "ECB"`},
		{"rows out of order", func(p *Policy) { p.Statute.Rates[1].Rows[1].From = p.Statute.Rates[1].Rows[0].From }, "statute.rates[1].rows[1].from: must be after that of the row before (2022-01-01)"},
		{"a table without rows", func(p *Policy) { p.Statute.Rates[0].Rows = nil }, "statute.rates[0].rows: must be one row or more, got 0"},
		{"usual days above the most", func(p *Policy) { p.Statute.Rules[1].PublicUsual = 90 }, "statute.rules[1].public_usual: must be from 0 to 60, got 90"},
		{"a rate in per cent", func(p *Policy) { p.Statute.Rates[0].Rows[0].Rate = 4.25 }, "statute.rates[0].rows[0].rate: must be from -0.1 to 1, got 4.25"},
	} {
		p := Default()
		c.change(&p)
		errs := p.Check()
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.shows, errs, c.want)
		}
	}
	if errs := Default().Check(); len(errs) > 0 {
		t.Errorf("the policy that holds without a file: %v", errs)
	}
}
