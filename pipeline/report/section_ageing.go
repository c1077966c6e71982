package report

import (
	"cmp"
	"context"
	"slices"
)

// An AgeingCell is the open amount of a currency in a bucket.
type AgeingCell struct {
	Currency, Bucket string
	Items, Customers int
	Open             Money // in Currency
	OpenBase         Money
	BaseBefore       Money // OpenBase of the night before
}

func gatherAgeing(ctx context.Context, q asker, d *Data) error {
	cells := map[[2]string]*AgeingCell{}
	cell := func(r *row) *AgeingCell {
		key := [2]string{r.text("currency"), r.text("bucket")}
		if cells[key] == nil {
			cells[key] = &AgeingCell{Currency: key[0], Bucket: key[1]}
		}
		return cells[key]
	}
	err := q.tonight(ctx, "ageing", func(r *row) {
		c := cell(r)
		c.Items, c.Customers, c.Open, c.OpenBase = r.number("items"), r.number("customers"), r.money("open_amount"), r.money("open_base")
	})
	if err != nil {
		return err
	}
	if err := q.before(ctx, "ageing", func(r *row) { cell(r).BaseBefore = r.money("open_base") }); err != nil {
		return err
	}
	for _, c := range cells {
		d.Ageing = append(d.Ageing, *c)
	}
	slices.SortFunc(d.Ageing, func(a, b AgeingCell) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(bucketOrder(a.Bucket), bucketOrder(b.Bucket)), cmp.Compare(a.Bucket, b.Bucket))
	})
	return nil
}

// bucketOrder is the place of a bucket in the report; an unknown one comes last.
func bucketOrder(key string) int {
	for i, b := range buckets {
		if b.Key == key {
			return i
		}
	}
	return len(buckets)
}

func viewAgeing(d Data, p printer) any {
	type line struct {
		Name   string
		Items  int
		ByCur  []Money // open in each currency, in the order of Currencies
		Base   Money
		Share  *float64
		Change Money
	}
	v := struct {
		printer
		First      bool
		Currencies []string
		Foreign    bool // there is a currency beside the reporting one
		Currency   string
		Lines      []line
		Total      line
		Chart      *chart
	}{printer: p, First: d.Night.IsFirst(), Currency: d.Night.Currency}
	for _, c := range d.Ageing {
		if !slices.Contains(v.Currencies, c.Currency) {
			v.Currencies = append(v.Currencies, c.Currency)
			v.Foreign = v.Foreign || c.Currency != d.Night.Currency
		}
	}
	// Gross is what shares are of: unapplied cash is a deduction and has none.
	var gross Money
	v.Total.ByCur = make([]Money, len(v.Currencies))
	var bars []bar
	for i, b := range buckets {
		l := line{Name: b.Name.In(p.lang), ByCur: make([]Money, len(v.Currencies))}
		for _, c := range d.Ageing {
			if bucketOrder(c.Bucket) != i {
				continue
			}
			at := slices.Index(v.Currencies, c.Currency)
			l.Items += c.Items
			l.ByCur[at] += c.Open
			l.Base += c.OpenBase
			l.Change += c.OpenBase - c.BaseBefore
			v.Total.ByCur[at] += c.Open
		}
		v.Total.Items += l.Items
		v.Total.Base += l.Base
		v.Total.Change += l.Change
		if b.Key != "unapplied" {
			gross += l.Base
			if b.Key != "no_due_date" || l.Base != 0 {
				bars = append(bars, bar{l.Name, l.Base, b.Overdue})
			}
		}
		v.Lines = append(v.Lines, l)
	}
	for i := range v.Lines {
		if buckets[i].Key != "unapplied" {
			v.Lines[i].Share = share(v.Lines[i].Base, gross)
		}
	}
	if len(d.Ageing) > 0 {
		v.Chart = hbars(p, p.T("Open amount by bucket", "各账龄区间未清金额"), bars)
	}
	return v
}
