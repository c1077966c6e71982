package warnings

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// An Outcome is what became, within a year, of a customer that a published night scored.
type Outcome struct {
	Industry, Size, Region string
	PD                     float64
	Defaulted              bool
}

// A cellKey names a cell of peers; the wider a cell, the fewer of its parts are filled.
type cellKey struct{ industry, size, region string }

// widths are the cells that a customer is in, the narrowest first. The last is the whole book.
func (k cellKey) widths() [4]cellKey {
	return [...]cellKey{k, {industry: k.industry, size: k.size}, {industry: k.industry}, {}}
}

// peers hold the probability of default from which a customer stands out among its likes.
type peers struct {
	cut   map[cellKey]float64 // by own outcomes
	usual map[cellKey]float64 // percentile of tonight's, of cells with enough firms
}

// peersOf settles the triggers of every cell in one pass over the book.
func peersOf(b *book, past []Outcome, p *Policy) peers {
	of := peers{cut: map[cellKey]float64{}, usual: map[cellKey]float64{}}
	scored := map[cellKey][]float64{}
	pd := b.floats[slot("pd_12m")]
	for i := range b.rows {
		if pd.IsNull(i) || !(pd.Value(i) < 1) { // who is in default is nobody's peer
			continue
		}
		for _, k := range b.peer(i).widths() {
			scored[k] = append(scored[k], pd.Value(i))
		}
	}
	for k, pds := range scored {
		if float64(len(pds)) >= p.Peers.MinFirms {
			slices.Sort(pds)
			of.usual[k] = percentile(pds, p.Peers.Percentile)
		}
	}

	type sample struct {
		pds       []float64
		defaulted []bool
		defaults  float64
	}
	samples := map[cellKey]*sample{}
	for _, o := range past {
		k := cellKey{o.Industry, o.Size, o.Region}
		s := samples[k]
		if s == nil {
			s = &sample{}
			samples[k] = s
		}
		s.pds, s.defaulted = append(s.pds, o.PD), append(s.defaulted, o.Defaulted)
		if o.Defaulted {
			s.defaults++
		}
	}
	for k, s := range samples {
		if s.defaults < p.Peers.MinDefaults {
			continue
		}
		if cut := youden(s.pds, s.defaulted); !math.IsNaN(cut) {
			of.cut[k] = cut
		}
	}
	return of
}

// trigger is the customer's: of its cell's own outcomes, or the percentile of the narrowest cell with enough firms.
func (of peers) trigger(k cellKey) float64 {
	if cut, ok := of.cut[k]; ok {
		return cut
	}
	for _, wide := range k.widths() {
		if x, ok := of.usual[wide]; ok {
			return x
		}
	}
	return math.NaN()
}

// percentile interpolates between the two nearest of sorted values.
func percentile(sorted []float64, share float64) float64 {
	at := share * float64(len(sorted)-1)
	below := int(at)
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}

// youden is the cut with the best sum of sensitivity and specificity, those at the cut or above being taken for bad; of
// equally good cuts the highest, which alarms least. NaN unless there are both kinds.
func youden(pds []float64, defaulted []bool) float64 {
	order := make([]int, len(pds))
	bad := 0
	for i := range order {
		order[i] = i
		if defaulted[i] {
			bad++
		}
	}
	good := len(pds) - bad
	if bad == 0 || good == 0 {
		return math.NaN()
	}
	slices.SortFunc(order, func(a, b int) int { // the worst first
		switch {
		case pds[a] > pds[b]:
			return -1
		case pds[a] < pds[b]:
			return 1
		}
		return 0
	})
	best, cut := 0, math.NaN() // J times good times bad, in whole numbers
	caught, alarmed := 0, 0
	for n, i := range order {
		if defaulted[i] {
			caught++
		} else {
			alarmed++
		}
		if n+1 < len(order) && pds[order[n+1]] == pds[i] {
			continue
		}
		if j := caught*good - alarmed*bad; j > best {
			best, cut = j, pds[i]
		}
	}
	return cut
}

// ReadOutcomes reads what became of customers scored earlier, in any order: the columns of [Outcome].
func ReadOutcomes(rec arrow.Record) ([]Outcome, error) {
	var errs []error
	column := func(name string, typ arrow.DataType) arrow.Array {
		a, err := wanted(rec, name, typ)
		if err != nil {
			errs = append(errs, err)
		}
		return a
	}
	industry, size, region := column("industry", arrow.BinaryTypes.String), column("size_class", arrow.BinaryTypes.String), column("region", arrow.BinaryTypes.String)
	pd, defaulted := column("pd_12m", arrow.PrimitiveTypes.Float64), column("defaulted", arrow.PrimitiveTypes.Float64)
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("outcomes of cells: %w", err)
	}
	all := make([]Outcome, rec.NumRows())
	for i := range all {
		all[i] = Outcome{
			industry.(*array.String).Value(i), size.(*array.String).Value(i), region.(*array.String).Value(i),
			pd.(*array.Float64).Value(i), defaulted.(*array.Float64).Value(i) >= 1,
		}
	}
	return all, nil
}
