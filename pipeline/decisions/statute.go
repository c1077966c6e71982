package decisions

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A StatutePolicy is what the law says of payment terms and late payment: the one place where dunning and the contracts look it up.
type StatutePolicy struct {
	SME   bool        `yaml:"sme"`   // we are a small or medium enterprise: some statutes protect no one else
	Rules []Statute   `yaml:"rules"` // of those that bind an invoice or a contract the one with the newest `since` counts
	Rates []RateTable `yaml:"rates"`
}

// A Statute is a law in the version that holds from a day on.
type Statute struct {
	Name          string    `yaml:"name"`
	Source        string    `yaml:"source"`
	Countries     []string  `yaml:"countries"`     // of customers it binds
	Buyers        []string  `yaml:"buyers"`        // size classes of customers it binds; none: all
	PublicBodies  bool      `yaml:"public_bodies"` // binds public bodies, of whatever size
	SME           bool      `yaml:"sme"`           // protects small and medium suppliers alone
	Since         asof.Date `yaml:"since"`         // invoices and contracts from this day
	Days          int       `yaml:"days"`          // longest payment days with a firm; 0: the law sets none
	Negotiable    bool      `yaml:"negotiable"`    // firms may agree on longer days and a lower rate unless that is grossly unfair; public bodies may not
	PublicDays    int       `yaml:"public_days"`   // longest with a public body
	PublicUsual   int       `yaml:"public_usual"`  // longest with a public body unless there is an express reason
	PerDay        float64   `yaml:"per_day"`       // interest where no rate was agreed: of the amount, per day,
	Reference     string    `yaml:"reference"`     // or a year: the rate of this table on 1 January or 1 July of the half-year
	OverReference float64   `yaml:"over_reference"`
	Floor         string    `yaml:"floor"` // an agreed rate must not be below the rate of this table on the day the contract began
	OverFloor     float64   `yaml:"over_floor"`
	Fixed         string    `yaml:"fixed"`          // sum due for the cost of collection
	FixedCurrency string    `yaml:"fixed_currency"` // currency in which invoices carry it
}

// A RateTable is a published rate in its versions.
type RateTable struct {
	Name   string          `yaml:"name"`
	Months int             `yaml:"months"` // age of the newest row from which the night says that somebody must look
	Rows   []ReferenceRate `yaml:"rows"`
}

// A ReferenceRate holds from a day on.
type ReferenceRate struct {
	From asof.Date `yaml:"from"`
	Rate float64   `yaml:"rate"`
}

func (p StatutePolicy) check(bad func(key, want string, got any)) {
	tables := map[string]bool{}
	for i, t := range p.Rates {
		key := fmt.Sprintf("statute.rates[%d]", i)
		if t.Name == "" || tables[t.Name] {
			bad(key+".name", "a name of its own", fmt.Sprintf("%q", t.Name))
		}
		tables[t.Name] = true
		within(bad, key+".months", float64(t.Months), 1, 120)
		if len(t.Rows) == 0 {
			bad(key+".rows", "one row or more", 0)
		}
		for j, r := range t.Rows {
			row := fmt.Sprintf("%s.rows[%d]", key, j)
			within(bad, row+".rate", r.Rate, -0.1, 1)
			if j > 0 && r.From <= t.Rows[j-1].From {
				bad(row+".from", fmt.Sprintf("after that of the row before (%s)", t.Rows[j-1].From), r.From)
			}
		}
	}
	for i, r := range p.Rules {
		key := fmt.Sprintf("statute.rules[%d]", i)
		if r.Name == "" || len(r.Countries) == 0 {
			bad(key, "a name and countries", fmt.Sprintf("%q and %q", r.Name, r.Countries))
		}
		if (r.PerDay > 0) == (r.Reference != "") {
			bad(key, "either per_day above 0 or a reference", fmt.Sprintf("%v and %q", r.PerDay, r.Reference))
		}
		for _, table := range []struct{ key, name string }{{"reference", r.Reference}, {"floor", r.Floor}} {
			if table.name != "" && !tables[table.name] {
				bad(key+"."+table.key, "the name of a table in statute.rates", fmt.Sprintf("%q", table.name))
			}
		}
		within(bad, key+".per_day", r.PerDay, 0, 0.01)
		within(bad, key+".over_reference", r.OverReference, 0, 1)
		within(bad, key+".over_floor", r.OverFloor, 0, 1)
		within(bad, key+".days", float64(r.Days), 0, 3650)
		within(bad, key+".public_days", float64(r.PublicDays), 0, 3650)
		within(bad, key+".public_usual", float64(r.PublicUsual), 0, float64(r.PublicDays))
		if m, err := book.ParseMoney(cmp.Or(r.Fixed, "0")); err != nil || m < 0 || (m > 0) != (r.FixedCurrency != "") {
			bad(key+".fixed", "an amount such as 40.00, with fixed_currency", fmt.Sprintf("%q", r.Fixed))
		}
	}
}

// binds returns the statute that binds a payer for an invoice or a contract of a day; nil if none is known.
func (p StatutePolicy) binds(payer Payer, day asof.Date) *Statute {
	var found *Statute
	for i, r := range p.Rules {
		who := payer.Public && r.PublicBodies || !payer.Public && (len(r.Buyers) == 0 || slices.Contains(r.Buyers, payer.SizeClass))
		if who && slices.Contains(r.Countries, payer.Country) && r.Since <= day && (p.SME || !r.SME) && (found == nil || r.Since > found.Since) {
			found = &p.Rules[i]
		}
	}
	return found
}

// rate is a published rate on a day; before the first one known, that one.
func (p StatutePolicy) rate(table string, day asof.Date) float64 {
	for _, t := range p.Rates {
		if t.Name != table {
			continue
		}
		rate := t.Rows[0].Rate
		for _, r := range t.Rows {
			if r.From <= day {
				rate = r.Rate
			}
		}
		return rate
	}
	return 0 // check asks for the table
}

// stale names the rate tables whose newest row is too old for a night, among those that bind one of the payers.
func (p StatutePolicy) stale(on asof.Date, payers map[string]Payer) (tables []string) {
	read := map[string]bool{}
	for _, payer := range payers {
		if s := p.binds(payer, on); s != nil {
			read[s.Reference], read[s.Floor] = true, true
		}
	}
	for _, t := range p.Rates {
		if newest := t.Rows[len(t.Rows)-1].From; read[t.Name] && newest.AddMonths(t.Months) < on {
			tables = append(tables, t.Name+" "+newest.String())
		}
	}
	return tables
}

// A Claim is what may be claimed for late payment of an invoice as of a night.
type Claim struct {
	Amount book.Money // currency of the invoice: interest to the cent, and the fixed sum
	Fixed  book.Money // of it
	Rate   float64    // a year, of 365 days, on average over the days past due
	Rule   string     // contract, a statute, none; empty when not late
}

// claim is what may be claimed for late payment: simple interest on what is still open, at the rate agreed by a contract that was in force on the
// day of the invoice, else at the rate of the statute that binds the customer. What was paid late before tonight is not claimed.
func (p StatutePolicy) claim(on asof.Date, r Receivable, payer Payer) (c Claim, err error) {
	days := on.Sub(r.DueOn)
	if days <= 0 || r.Open <= 0 {
		return c, nil
	}
	if rate := payer.agreed(r.InvoicedOn); rate != nil {
		return Claim{Amount: cents(r.Open, *rate/365*float64(days)), Rate: *rate, Rule: "contract"}, nil
	}
	s := p.binds(payer, r.InvoicedOn)
	if s == nil {
		return Claim{Rule: "none"}, nil
	}
	part := s.PerDay * float64(days)
	if s.Reference != "" {
		part = 0
		for from := r.DueOn; from < on; {
			half := asof.On(from.Add(1).Time().Year(), 1, 1)
			if second := asof.On(half.Time().Year(), 7, 1); from.Add(1) >= second {
				half = second
			}
			to := min(half.AddMonths(6).Add(-1), on)
			part += (s.OverReference + p.rate(s.Reference, half)) / 365 * float64(to.Sub(from))
			from = to
		}
	}
	part = math.Max(part, 0)
	c = Claim{Amount: cents(r.Open, part), Rate: part * 365 / float64(days), Rule: s.Name}
	if s.FixedCurrency != "" && s.FixedCurrency == r.Currency {
		if c.Fixed, err = book.ParseMoney(s.Fixed); err != nil {
			return c, err
		}
		c.Amount, err = c.Amount.Add(c.Fixed)
	}
	return c, err
}

// law is the statute as it stood in the memory of who wrote it.
func law() StatutePolicy {
	eu := strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK")
	return StatutePolicy{
		SME: true,
		Rules: []Statute{
			{Name: "CN-728", Source: "State Council Order 728, articles 8 and 15", Countries: []string{"CN"}, Buyers: []string{"large"}, PublicBodies: true, SME: true, Since: asof.On(2020, 9, 1), PublicDays: 60, PublicUsual: 30, PerDay: 0.0005, Floor: "LPR-1Y"},
			{Name: "CN-802", Source: "State Council Order 802", Countries: []string{"CN"}, Buyers: []string{"large"}, PublicBodies: true, SME: true, Since: asof.On(2025, 6, 1), Days: 60, PublicDays: 60, PublicUsual: 30, PerDay: 0.0005, Floor: "LPR-1Y"},
			{Name: "EU-2011/7", Source: "Directive 2011/7/EU, articles 3, 4 and 6", Countries: eu, PublicBodies: true, Negotiable: true, Since: asof.On(2013, 3, 16), Days: 60, PublicDays: 60, PublicUsual: 30, Reference: "ECB", OverReference: 0.08, Floor: "ECB", OverFloor: 0.08, Fixed: "40.00", FixedCurrency: "EUR"},
		},
		Rates: []RateTable{
			{Name: "LPR-1Y", Months: 13, Rows: []ReferenceRate{
				{asof.On(2019, 8, 20), 0.0425}, {asof.On(2019, 9, 20), 0.042}, {asof.On(2019, 11, 20), 0.0415}, {asof.On(2020, 2, 20), 0.0405}, {asof.On(2020, 4, 20), 0.0385},
				{asof.On(2021, 12, 20), 0.038}, {asof.On(2022, 1, 20), 0.037}, {asof.On(2022, 8, 22), 0.0365}, {asof.On(2023, 6, 20), 0.0355}, {asof.On(2023, 8, 21), 0.0345},
				{asof.On(2024, 7, 22), 0.0335}, {asof.On(2024, 10, 21), 0.031}, {asof.On(2025, 5, 20), 0.03},
			}},
			{Name: "ECB", Months: 7, Rows: []ReferenceRate{
				{asof.On(2022, 1, 1), 0}, {asof.On(2023, 1, 1), 0.025}, {asof.On(2023, 7, 1), 0.04}, {asof.On(2024, 1, 1), 0.045}, {asof.On(2024, 7, 1), 0.0425},
				{asof.On(2025, 1, 1), 0.0315}, {asof.On(2025, 7, 1), 0.0215},
			}},
		},
	}
}
