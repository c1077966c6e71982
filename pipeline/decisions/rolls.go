package decisions

import (
	"cmp"
	"fmt"
	"slices"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// Buckets are the ageing buckets in the order in which an unpaid invoice goes through them.
var Buckets = []string{"not_due", "1-30", "31-60", "61-90", "91-120", "121-180", "181-365", ">365"}

// What else may become of an open amount.
const (
	Paid       = "paid" // by cash, or credited
	WrittenOff = "written_off"
)

// A Move is what became within a month of what had been open in a bucket at its beginning.
type Move struct {
	Month     asof.Date // the day before the month: the end of the one before
	Segment   string
	From, To  string // To: a bucket, Paid or WrittenOff
	Contacted bool   // somebody called, visited or wrote to the customer within the month
	Invoices  int64
	Amount    book.Money // reporting currency, at tonight's rates
}

// A RollPolicy says how roll rates are measured, and what is taken where too little was seen.
type RollPolicy struct {
	Months      int       `yaml:"months"`       // months averaged over
	MinInvoices int64     `yaml:"min_invoices"` // that left a bucket, below which the book's rate, then the prior counts
	SegmentBy   string    `yaml:"segment_by"`   // none, size_class, industry, region or country
	Prior       []float64 `yaml:"prior"`        // share of each bucket that goes on to the next instead of being paid; of the last: that is lost
}

func (r RollPolicy) check(bad func(key, want string, got any)) {
	if r.Months < 1 || r.Months > 60 {
		bad("rolls.months", "from 1 to 60", r.Months)
	}
	if r.MinInvoices < 1 {
		bad("rolls.min_invoices", "1 or more", r.MinInvoices)
	}
	if !slices.Contains([]string{"none", "size_class", "industry", "region", "country"}, r.SegmentBy) {
		bad("rolls.segment_by", "none, size_class, industry, region or country", r.SegmentBy)
	}
	if len(r.Prior) != len(Buckets) {
		bad("rolls.prior", fmt.Sprintf("%d shares, one per bucket", len(Buckets)), r.Prior)
	}
	for i, x := range r.Prior {
		within(bad, fmt.Sprintf("rolls.prior[%d]", i), x, 0, 1)
	}
}

// A Roll is one cell of the migration matrix, over all months of the window.
type Roll struct {
	Segment   string // "" for the book
	From, To  string
	Months    int        // in which anything was in From
	Invoices  int64      // seen in From at the beginning of a month, once per month
	Balance   book.Money // of these
	Moved     book.Money // part of it that was in To a month later
	Rate      float64    // Moved / Balance
	Low, High float64    // of a single month
	Left      int64      // invoices that left From
	Lifetime  float64    // share of what is in From that is written off in the end, before recoveries; the same in every row of From
	Basis     string     // what the lifetime loss of From rests on: own, book or policy
}

// A Chain is the way of a segment's open amounts from bucket to bucket to their end.
type Chain struct {
	Lifetime [8]float64 // share of a bucket that is lost in the end, before recoveries
	Basis    [8]string
	Left     [8]int64
}

type rollKey struct {
	segment  string
	from, to int // to: len(Buckets) paid, one more written off
}

// Rolls averages the moves into the migration matrix of the book and of each segment, with the chain of each. A month weighs by its
// balance. The lifetime loss of a bucket is the product of the rolls from it to the write-off: of what leaves a bucket a share is
// paid, and the rest goes on to a later one, with the loss of that. (What stays has not been decided yet: buckets differ in width.)
func Rolls(moves []Move, p RollPolicy) ([]Roll, map[string]Chain, error) {
	ends := append(slices.Clone(Buckets), Paid, WrittenOff)
	sums := map[rollKey]book.Money{}
	balances := map[rollKey]map[asof.Date]book.Money{} // to: -1
	moved := map[rollKey]map[asof.Date]book.Money{}
	seen, left := map[rollKey]int64{}, map[rollKey]int64{}
	add := func(m map[rollKey]map[asof.Date]book.Money, k rollKey, month asof.Date, amount book.Money) (err error) {
		if m[k] == nil {
			m[k] = map[asof.Date]book.Money{}
		}
		m[k][month], err = m[k][month].Add(amount)
		return err
	}
	segments := []string{""}
	for _, m := range moves {
		from, to := slices.Index(Buckets, m.From), slices.Index(ends, m.To)
		if from < 0 || to < from {
			return nil, nil, fmt.Errorf("roll from %q to %q: want two buckets in order, %s or %s", m.From, m.To, Paid, WrittenOff)
		}
		if !slices.Contains(segments, m.Segment) {
			segments = append(segments, m.Segment)
		}
		of := []string{""}
		if m.Segment != "" {
			of = append(of, m.Segment)
		}
		for _, s := range of {
			whole, cell := rollKey{s, from, -1}, rollKey{s, from, to}
			sum, err := sums[cell].Add(m.Amount)
			if err == nil {
				sums[cell] = sum
				sums[whole], err = sums[whole].Add(m.Amount)
			}
			if err == nil {
				err = add(moved, cell, m.Month, m.Amount)
			}
			if err == nil {
				err = add(balances, whole, m.Month, m.Amount)
			}
			if err != nil {
				return nil, nil, fmt.Errorf("roll from %s to %s: %w", m.From, m.To, err)
			}
			seen[whole] += m.Invoices
			if to != from {
				left[whole] += m.Invoices
			}
		}
	}
	slices.Sort(segments)

	chains := map[string]Chain{}
	for _, s := range segments { // the book, "", comes first: the segments lean on it
		chains[s] = chain(s, sums, left, chains[""], p)
	}
	var table []Roll
	for _, s := range segments {
		for from, name := range Buckets {
			whole := rollKey{s, from, -1}
			for to, end := range ends {
				if to < from {
					continue
				}
				r := Roll{Segment: s, From: name, To: end, Months: len(balances[whole]), Invoices: seen[whole], Balance: sums[whole], Moved: sums[rollKey{s, from, to}],
					Left: left[whole], Lifetime: chains[s].Lifetime[from], Basis: chains[s].Basis[from]}
				if r.Balance == 0 {
					if to == from { // nothing was seen: one row says what is taken instead
						table = append(table, r)
					}
					continue
				}
				r.Rate = r.Moved.Float() / r.Balance.Float()
				r.Low, r.High = r.Rate, r.Rate
				for on, balance := range balances[whole] { // extremes alone, so the order does not matter
					if balance > 0 {
						x := moved[rollKey{s, from, to}][on].Float() / balance.Float()
						r.Low, r.High = min(r.Low, x), max(r.High, x)
					}
				}
				table = append(table, r)
			}
		}
	}
	return table, chains, nil
}

func chain(segment string, sums map[rollKey]book.Money, left map[rollKey]int64, whole Chain, p RollPolicy) (c Chain) {
	paid, lost := len(Buckets), len(Buckets)+1
	for from := len(Buckets) - 1; from >= 0; from-- {
		k := rollKey{segment, from, -1}
		gone := sums[k] - sums[rollKey{segment, from, from}]
		c.Left[from] = left[k]
		next := 1.0
		if from+1 < len(Buckets) {
			next = c.Lifetime[from+1]
		}
		switch {
		case left[k] >= p.MinInvoices && gone > 0:
			c.Basis[from] = "own"
			x := sums[rollKey{segment, from, lost}].Float()
			for to := from + 1; to < paid; to++ {
				x += sums[rollKey{segment, from, to}].Float() * c.Lifetime[to]
			}
			c.Lifetime[from] = min(max(x/gone.Float(), 0), 1)
		case segment != "" && whole.Basis[from] == "own":
			c.Basis[from], c.Lifetime[from] = "book", whole.Lifetime[from]
		default:
			c.Basis[from], c.Lifetime[from] = "policy", p.Prior[from]*next
		}
	}
	return c
}

// A ContactEffect is how much more of what is overdue is paid within a month when the customer was contacted in it.
type ContactEffect struct {
	Contacts    int64   // overdue invoices of contacted customers, once per month
	Others      int64   // of customers that nobody contacted
	PaidAfter   float64 // share of the overdue amount paid within the month, with a contact
	PaidWithout float64 // the same without, as if these had the contacted ones' ages
}

// EffectOf compares the months with a contact and those without, bucket by bucket: the older an invoice the more often one calls
// and the less often it is paid, so ages are compared with their like. False when fewer than min invoices were seen on either side.
func EffectOf(moves []Move, least int64) (e ContactEffect, ok bool) {
	type side struct{ balance, paid float64 }
	var with, without [8]side
	for _, m := range moves {
		from := slices.Index(Buckets, m.From)
		if from < 1 {
			continue // not overdue
		}
		s := &without[from]
		if m.Contacted {
			s, e.Contacts = &with[from], e.Contacts+m.Invoices
		} else {
			e.Others += m.Invoices
		}
		s.balance += m.Amount.Float()
		if m.To == Paid {
			s.paid += m.Amount.Float()
		}
	}
	weight, after, before := 0.0, 0.0, 0.0
	for i := range with {
		if with[i].balance > 0 && without[i].balance > 0 {
			weight += with[i].balance
			after += with[i].paid
			before += with[i].balance * without[i].paid / without[i].balance
		}
	}
	if cmp.Compare(min(e.Contacts, e.Others), least) < 0 || weight <= 0 {
		return e, false
	}
	e.PaidAfter, e.PaidWithout = min(max(after/weight, 0), 1), min(max(before/weight, 0), 1)
	return e, true
}
