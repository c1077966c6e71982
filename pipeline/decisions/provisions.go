package decisions

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"creditwatch/features/book"
)

// A ProvisionPolicy says how open amounts are provided for.
type ProvisionPolicy struct {
	Recovery       float64 `yaml:"recovery"`        // share of what is written off that comes back
	ForwardFactor  float64 `yaml:"forward_factor"`  // what is expected to be worse than the window of the roll rates: 1.1 = 10 %
	IndividualFrom float64 `yaml:"individual_from"` // open amount from which a customer is assessed by itself, reporting currency; 0 = only those in default
}

func (p ProvisionPolicy) check(bad func(key, want string, got any)) {
	within(bad, "provisions.recovery", p.Recovery, 0, 1)
	within(bad, "provisions.forward_factor", p.ForwardFactor, 0, 10)
	within(bad, "provisions.individual_from", p.IndividualFrom, 0, 1e15)
}

// A Balance is what a customer owes in one currency and bucket; of the bucket unapplied it is negative.
type Balance struct {
	CustomerID, Segment, Currency, Bucket string
	Open, OpenBase                        book.Money
}

// A Debtor is what the scores and losses of the night say of a customer.
type Debtor struct {
	CustomerID   string
	InDefault    bool
	PD           *float64 // nil: none is known
	LGD          float64
	Total        book.Money // exposure before cover
	EAD          book.Money // after it
	ExpectedLoss book.Money // PD x LGD x EAD
	WrittenOff   book.Money // since the last published night, reporting currency
}

// A ProvisionBefore is what the last published night had provided for a customer in a currency.
type ProvisionBefore struct {
	CustomerID, Currency string
	ProvisionBase        book.Money
	Rate                 float64 // of the currency on that night, into the reporting currency
}

// A ProvisionItem is a balance with what is provided for it by the matrix.
type ProvisionItem struct {
	Balance
	Method                   string // matrix; individual: by the customer's own figures; none for cash that settles nothing
	Basis                    string // of the lifetime loss: own, book or policy; score for individual ones
	Rate                     float64
	Provision, ProvisionBase book.Money // to the cent
}

// A Provision is what is provided for a customer, or for the book (CustomerID ""): by the matrix and by the model, what parts them, and
// how the matrix provision came from that of the last night. Both accounts add up exactly. Amounts are in the reporting currency.
type Provision struct {
	CustomerID, Segment, Method string
	Open                        book.Money // invoices less cash that settles nothing

	Matrix, Model                                    book.Money
	Exposure, Cover, Severity, Probability, Unscored book.Money // Model - Matrix = their sum
	Opening, New, Released, WrittenOff, FX           book.Money // Matrix = their sum
}

// Provisions provides for every balance by the matrix and sets the model beside it. rates are tonight's, into the reporting currency.
// The balances of a customer stand together; debtors and before may hold customers that owe nothing any more.
func Provisions(balances []Balance, debtors map[string]Debtor, chains map[string]Chain, before []ProvisionBefore, rates map[string]float64, p ProvisionPolicy) ([]ProvisionItem, []Provision, error) {
	opens := map[string]book.Money{}
	for _, b := range balances {
		sum, err := opens[b.CustomerID].Add(b.OpenBase)
		if err != nil {
			return nil, nil, fmt.Errorf("customer %s: open amount: %w", b.CustomerID, err)
		}
		opens[b.CustomerID] = sum
	}
	items := make([]ProvisionItem, 0, len(balances))
	customers := map[string]*Provision{}
	of := func(id string) *Provision {
		c := customers[id]
		if c == nil {
			c = &Provision{CustomerID: id, Method: "none", Open: opens[id]}
			customers[id] = c
		}
		return c
	}
	for _, b := range balances {
		it := ProvisionItem{Balance: b}
		it.Method, it.Basis, it.Rate = rateOf(b, debtors[b.CustomerID], opens[b.CustomerID], chains, p)
		it.Provision, it.ProvisionBase = cents(b.Open, it.Rate), cents(b.OpenBase, it.Rate)
		items = append(items, it)
		c := of(b.CustomerID)
		c.Segment = b.Segment
		if it.Method != "none" {
			c.Method = it.Method
		}
		var err error
		if c.Matrix, err = c.Matrix.Add(it.ProvisionBase); err != nil {
			return nil, nil, fmt.Errorf("customer %s: provision: %w", b.CustomerID, err)
		}
	}
	for id, d := range debtors {
		if d.ExpectedLoss != 0 || d.Total != 0 || customers[id] != nil {
			of(id).explain(d, p)
		}
	}
	for id, c := range customers {
		if _, known := debtors[id]; !known { // documents without a customer's record: no model has seen them
			c.explain(Debtor{CustomerID: id}, p)
		}
	}
	for _, b := range before {
		c := of(b.CustomerID)
		c.Opening += b.ProvisionBase
		if rate, ok := rates[b.Currency]; ok && b.Rate > 0 {
			// Not of the provision in the currency: that was rounded by itself, and would move where no rate does.
			c.FX += cents(b.ProvisionBase, rate/b.Rate-1)
		}
	}
	total := &Provision{Method: "all"}
	table := make([]Provision, 0, len(customers)+1)
	for id, c := range customers {
		c.WrittenOff = -min(max(cents(debtors[id].WrittenOff, 1), 0), max(c.Opening+c.FX, 0))
		if rest := c.Matrix - c.Opening - c.FX - c.WrittenOff; rest > 0 {
			c.New = rest
		} else {
			c.Released = rest
		}
		if err := total.add(c); err != nil {
			return nil, nil, fmt.Errorf("provision of the book: %w", err)
		}
		table = append(table, *c)
	}
	slices.SortFunc(table, func(a, b Provision) int { return strings.Compare(a.CustomerID, b.CustomerID) })
	slices.SortFunc(items, func(a, b ProvisionItem) int {
		return cmp.Or(strings.Compare(a.CustomerID, b.CustomerID), strings.Compare(a.Currency, b.Currency), cmp.Compare(bucketOrder(a.Bucket), bucketOrder(b.Bucket)))
	})
	return items, append([]Provision{*total}, table...), nil
}

// bucketOrder puts what has no due date after the buckets, and cash that settles nothing last.
func bucketOrder(bucket string) int {
	if i := slices.Index(Buckets, bucket); i >= 0 {
		return i
	}
	if bucket == "unapplied" {
		return len(Buckets) + 1
	}
	return len(Buckets)
}

// rateOf is the share of a balance that is provided for.
func rateOf(b Balance, d Debtor, open book.Money, chains map[string]Chain, p ProvisionPolicy) (method, basis string, rate float64) {
	if b.Bucket == "unapplied" {
		return "none", "", 0
	}
	i := max(slices.Index(Buckets, b.Bucket), 0) // without a due date nothing is late
	c, ok := chains[b.Segment]
	if !ok {
		c = chains[""]
	}
	rate = min(c.Lifetime[i]*(1-p.Recovery)*p.ForwardFactor, 1)
	uncovered := 1.0
	if d.Total > 0 {
		uncovered = d.EAD.Float() / d.Total.Float()
	}
	switch {
	case d.InDefault:
		return "individual", "score", min(d.LGD*uncovered, 1)
	case p.IndividualFrom > 0 && open.Float() >= p.IndividualFrom && d.PD != nil:
		// A large customer alone is no average: never below what its own probability of default says.
		return "individual", "score", max(rate, min(*d.PD*d.LGD*uncovered, 1))
	}
	return "matrix", c.Basis[i], rate
}

// explain goes from the matrix to the model in four steps, in each of which one thing is exchanged: the exposure (orders under way,
// cash that settles nothing), the cover, the share lost in a default, its probability.
func (c *Provision) explain(d Debtor, p ProvisionPolicy) {
	c.Model = d.ExpectedLoss
	rate := 0.0
	if c.Open > 0 {
		rate = c.Matrix.Float() / c.Open.Float()
	}
	severity := 1 - p.Recovery
	if c.Method == "individual" {
		severity = d.LGD // by its own figures already
	}
	at := c.Matrix
	step := func(part *book.Money, value float64) {
		next := round(value)
		*part = next - at
		at = next
	}
	step(&c.Exposure, rate*d.Total.Float())
	step(&c.Cover, rate*d.EAD.Float())
	if d.PD == nil {
		c.Unscored = c.Model - at
		return
	}
	if severity > 0 {
		step(&c.Severity, rate/severity*d.LGD*d.EAD.Float())
	}
	c.Probability = c.Model - at
}

func (c *Provision) add(o *Provision) error {
	for _, f := range [][2]*book.Money{
		{&c.Open, &o.Open}, {&c.Matrix, &o.Matrix}, {&c.Model, &o.Model}, {&c.Exposure, &o.Exposure}, {&c.Cover, &o.Cover}, {&c.Severity, &o.Severity},
		{&c.Probability, &o.Probability}, {&c.Unscored, &o.Unscored}, {&c.Opening, &o.Opening}, {&c.New, &o.New}, {&c.Released, &o.Released},
		{&c.WrittenOff, &o.WrittenOff}, {&c.FX, &o.FX},
	} {
		sum, err := f[0].Add(*f[1])
		if err != nil {
			return err
		}
		*f[0] = sum
	}
	return nil
}

// cents is a share of an amount, to the cent.
func cents(m book.Money, share float64) book.Money {
	const cent = book.Scale / 100
	return book.Money(math.Round(float64(m)*share/cent)) * cent
}

// round is an amount of currency units as money.
func round(v float64) book.Money {
	return book.Money(math.Round(min(max(v*book.Scale, -float64(book.MaxMoney)), float64(book.MaxMoney))))
}
