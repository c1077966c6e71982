package pipeline

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"creditwatch/features"
	"creditwatch/features/facts"
	"creditwatch/pipeline/rows"
)

// addFacts puts what the ledger has behind each reason into its words. The reasons are those of a range of customers: each
// family that one of them needs is asked once. Behind a value that is unknown there is nothing.
func (n *Night) addFacts(ctx context.Context, reasons []reasonRow, first, last string) error {
	behind := map[string]string{}
	for _, f := range features.Catalog {
		behind[f.Name] = f.Facts
	}
	type key struct{ customer, slice string }
	wanted := map[string]map[key]facts.Fact{} // by family
	for _, r := range reasons {
		if r.Value == nil || behind[r.Feature] == "" {
			continue
		}
		family, slice := facts.Family(behind[r.Feature])
		if wanted[family] == nil {
			wanted[family] = map[key]facts.Fact{}
		}
		wanted[family][key{r.CustomerID, slice}] = facts.Fact{}
	}
	var families []string
	for family := range wanted {
		families = append(families, family)
	}
	slices.Sort(families)
	for _, family := range families {
		answer, err := n.Query(ctx, facts.SQL(family), n.params(map[string]any{"first": first, "last": last}))
		if err != nil {
			return fmt.Errorf("facts of family %s: %w", family, err)
		}
		for err == nil && answer.Next() {
			err = eachFact(answer.Record(), func(customer, slice string, f facts.Fact) {
				k := key{customer, slice}
				if _, ok := wanted[family][k]; ok {
					wanted[family][k] = f
				}
			})
		}
		if err == nil {
			err = answer.Err()
		}
		answer.Release()
		if err != nil {
			return fmt.Errorf("facts of family %s: %w", family, err)
		}
	}
	for i := range reasons {
		r := &reasons[i]
		if r.Value == nil || behind[r.Feature] == "" {
			continue
		}
		family, slice := facts.Family(behind[r.Feature])
		en, zh := facts.Say(behind[r.Feature], wanted[family][key{r.CustomerID, slice}], n.Currency)
		if en != "" {
			r.EN, r.ZH = r.EN+" ("+en+")", r.ZH+"（"+zh+"）"
		}
	}
	return nil
}

// eachFact reads the facts of a record. A family yields the columns that its slices tell of.
func eachFact(rec arrow.Record, each func(customer, slice string, f facts.Fact)) error {
	has := map[string]bool{}
	for _, f := range rec.Schema().Fields() {
		has[f.Name] = true
	}
	return rows.EachOf(rec, func(r *rows.Row) error {
		f := facts.Fact{N: int(r.Whole("n"))}
		for name, into := range map[string]*string{"name": &f.Name, "about": &f.About, "about_before": &f.AboutBefore} {
			if has[name] {
				*into = r.Text(name)
			}
		}
		for name, into := range map[string]**float64{"share": &f.Share, "score": &f.Score, "share_before": &f.ShareBefore, "score_before": &f.ScoreBefore} {
			if has[name] {
				*into = r.Float(name)
			}
		}
		for name, into := range map[string]*float64{"days": &f.Days, "days_most": &f.Most} {
			if has[name] {
				if v := r.Float(name); v != nil {
					*into = *v
				}
			}
		}
		if has["part"] {
			f.Part = int(r.Whole("part"))
		}
		if has["amount"] {
			f.Amount = r.Money("amount")
		}
		if has["whole"] {
			f.Whole = r.Money("whole")
		}
		if has["first_on"] {
			f.First = r.Date("first_on")
		}
		if has["last_on"] {
			f.Last = r.Date("last_on")
		}
		each(r.Text("customer_id"), r.Text("slice"), f)
		return nil
	})
}
