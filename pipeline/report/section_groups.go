package report

import (
	"context"
	"strconv"
)

// Groups are customers of one parent seen together, and how much of the book is in one hand.
type Groups struct {
	All, Customers, Several, SeveralCustomers int // Several: groups of more than one customer
	Exposure, SeveralExposure                 Money
	Dragging                                  int // groups in which fallen members may drag others
	Dragged, DraggedLoss                      Money
	Over, Circles, Cuts                       int
	Listed                                    []Group
	Concentration                             []Concentration
	Top                                       []TopShare
	Breaches                                  []Breach
}

// A Group is customers under one ultimate parent.
type Group struct {
	ID, Name                         string
	Members                          int
	Exposure                         Money
	InForce                          *Money
	Use                              *float64
	ExpectedLoss                     Money
	AtStake, LossAtStake             Money
	Fallen, Dragged, Unlimited       int
	Circle                           bool
	MemberNames, FallenNames, Others []string // the first of them
}

// A Concentration is how concentrated the book is by a dimension.
type Concentration struct {
	Dimension       string
	Customers       int
	Exposure, Parts Money
	HHI, Names      *float64 // Names: so many equal parts would be as concentrated
	Largest         string
	LargestShare    *float64
	Breaches        int
}

// A TopShare is what the largest names hold together.
type TopShare struct {
	Names    string // how many
	Exposure Money
	Share    float64
	Max      *float64
	Breach   bool
}

// A Breach is a part of the book above the share that the policy allows.
type Breach struct {
	Dimension, Name string
	Exposure        Money
	Share           float64
	Max, Names      *float64
	EN, ZH          string
}

func gatherGroups(ctx context.Context, q asker, d *Data) error {
	g := &d.Groups
	for _, part := range []struct {
		name string
		each func(*row)
	}{
		{"group_totals", func(r *row) {
			g.All, g.Customers, g.Several, g.SeveralCustomers = r.number("groups"), r.number("customers"), r.number("several"), r.number("several_customers")
			g.Exposure, g.SeveralExposure, g.Dragged, g.DraggedLoss = r.money("exposure"), r.money("several_exposure"), r.money("at_stake"), r.money("loss_at_stake")
			g.Dragging, g.Over, g.Circles, g.Cuts = r.number("dragging"), r.number("over"), r.number("circles"), r.number("cuts")
		}},
		{"groups", func(r *row) {
			g.Listed = append(g.Listed, Group{ID: r.text("group_id"), Name: r.text("name"), Members: r.number("count"), Exposure: r.money("exposure"), InForce: r.moneyOr("in_force"), Use: r.float("utilisation"),
				ExpectedLoss: r.money("expected_loss"), AtStake: r.money("at_stake"), LossAtStake: r.money("loss_at_stake"), Fallen: r.number("fallen_count"), Dragged: r.number("dragged_count"),
				Unlimited: r.number("unlimited"), Circle: r.yes("circle"), MemberNames: r.Texts("member_names"), FallenNames: r.Texts("fallen_names"), Others: r.Texts("dragged_names")})
		}},
		{"concentration", func(r *row) {
			g.Concentration = append(g.Concentration, Concentration{r.text("dimension"), r.number("count"), r.money("exposure"), r.money("parts"), r.float("hhi_of"), r.float("names"), r.text("largest"), r.float("largest_share"), r.number("breaches")})
		}},
		{"concentration_top", func(r *row) {
			g.Top = append(g.Top, TopShare{r.text("count"), r.money("exposure"), r.must("part"), r.float("max_share"), r.yes("is_breach")})
		}},
		{"concentration_breaches", func(r *row) {
			g.Breaches = append(g.Breaches, Breach{r.text("dimension"), r.text("name"), r.money("exposure"), r.must("part"), r.float("max_share"), r.float("names"), r.text("text_en"), r.text("text_zh")})
		}},
	} {
		if err := q.tonight(ctx, part.name, part.each); err != nil {
			return err
		}
	}
	return nil
}

// of returns a dimension, nil where there is none.
func (g Groups) of(dimension string) *Concentration {
	for i := range g.Concentration {
		if g.Concentration[i].Dimension == dimension {
			return &g.Concentration[i]
		}
	}
	return nil
}

// breachLimit is how many breaches the page lists, as in the query.
const breachLimit = 12

func viewGroups(d Data, p printer) any {
	type breach struct {
		Breach
		Text string
	}
	v := struct {
		printer
		Groups
		SeveralShare string
		Breached     int
		BreachRows   []breach
		Dimensions   []Concentration
		HHI          func(*float64) string
	}{printer: p, Groups: d.Groups, SeveralShare: p.Share(share(d.Groups.SeveralExposure, d.Groups.Exposure))}
	v.HHI = func(h *float64) string {
		if h == nil {
			return missing
		}
		return strconv.FormatFloat(*h, 'f', 4, 64)
	}
	for _, b := range d.Groups.Breaches {
		v.BreachRows = append(v.BreachRows, breach{b, p.Text(b.EN, b.ZH)})
	}
	for _, c := range d.Groups.Concentration {
		v.Breached += c.Breaches
		if c.Dimension != "book" {
			v.Dimensions = append(v.Dimensions, c)
		}
	}
	for _, t := range d.Groups.Top {
		if t.Breach {
			v.Breached++
		}
	}
	return v
}
