package report

import (
	"cmp"
	"context"
	"slices"
)

// A Mover is a customer whose expected loss or PD moved much since the night before.
type Mover struct {
	CustomerID, Name        string
	GradeBefore, GradeAfter string
	PDBefore, PDAfter       *float64
	Exposure                Money
	ELBefore, ELAfter       Money
	Reasons                 []MovedReason // by feature
}

// A MovedReason is a reason listed in either night. Points lost are nil in a night that did not list it.
type MovedReason struct {
	Feature       string
	Before, After *float64
	EN, ZH        string
}

func gatherMovers(ctx context.Context, q asker, d *Data) error {
	if d.Night.IsFirst() {
		return nil
	}
	return q.tonight(ctx, "movers", func(r *row) {
		id := r.text("customer_id")
		if n := len(d.Movers); n == 0 || d.Movers[n-1].CustomerID != id {
			d.Movers = append(d.Movers, Mover{
				CustomerID: id, Name: r.text("name"), GradeBefore: r.text("grade_before"), GradeAfter: r.text("grade_after"),
				PDBefore: r.float("pd_before"), PDAfter: r.float("pd_after"), Exposure: r.money("exposure"),
				ELBefore: r.money("el_before"), ELAfter: r.money("el_after"),
			})
		}
		if f := r.text("feature"); f != "" {
			m := &d.Movers[len(d.Movers)-1]
			m.Reasons = append(m.Reasons, MovedReason{f, r.float("points_before"), r.float("points_after"), r.text("text_en"), r.text("text_zh")})
		}
	})
}

// worse reports whether the customer became riskier: by PD, or by expected loss where the PD stood still.
func (m Mover) worse() bool {
	if m.PDBefore != nil && m.PDAfter != nil && *m.PDBefore != *m.PDAfter {
		return *m.PDAfter > *m.PDBefore
	}
	return m.ELAfter > m.ELBefore
}

// top returns the two reasons that moved most in the direction of the customer. A reason that one night did not
// list counts from zero there: its points were too few to be listed.
func (m Mover) top() []MovedReason {
	moved := func(r MovedReason) float64 {
		v := 0.0
		if r.After != nil {
			v += *r.After
		}
		if r.Before != nil {
			v -= *r.Before
		}
		if !m.worse() {
			v = -v
		}
		return v
	}
	out := slices.DeleteFunc(slices.Clone(m.Reasons), func(r MovedReason) bool { return moved(r) <= 0 })
	slices.SortStableFunc(out, func(a, b MovedReason) int {
		return cmp.Or(cmp.Compare(moved(b), moved(a)), cmp.Compare(a.Feature, b.Feature))
	})
	return out[:min(2, len(out))]
}

func viewMovers(d Data, p printer) any {
	type line struct {
		Mover
		Change Money
		Top    []MovedReason
		Worse  bool
	}
	v := struct {
		printer
		First        bool
		PreviousAsOf string
		Movers       []line
	}{printer: p, First: d.Night.IsFirst(), PreviousAsOf: d.Night.PreviousAsOf.String()}
	for _, m := range d.Movers {
		v.Movers = append(v.Movers, line{m, m.ELAfter - m.ELBefore, m.top(), m.worse()})
	}
	return v
}
