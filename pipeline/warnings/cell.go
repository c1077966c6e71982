package warnings

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// A cell is the customers of one industry in one region.
type cell struct {
	firms      int
	hits30     int // stories about its firms in the last 30 days
	hits365    int
	pds        []float64 // pd_12m of those scored
	shock      float64   // ln of the rate of negative events per firm, 30 against 365 days; NaN if too few firms
	pdStressed float64
}

// harmless are events that say nothing bad about the industry.
var harmless = map[string]bool{"POSIT": true, "MNA": true}

// hit counts a customer's stories: a negative event that a story affirms counts once.
func (c *cell) hit(all []story, age func(*story) int) {
	for i := range all {
		st := &all[i]
		if st.kind != Affirmed || harmless[st.code] {
			continue
		}
		if a := age(st); a < 30 {
			c.hits30++
			c.hits365++
		} else if a < 365 {
			c.hits365++
		}
	}
}

// settle works out the shock. Both rates lean on a prior of a few events a year, so that one story about a quiet
// cell is not yet a shock and no story at all is a ratio of one.
func (c *cell) settle(p *Policy) {
	c.shock, c.pdStressed = math.NaN(), math.NaN()
	if float64(c.firms) < p.Shock.MinFirms {
		return
	}
	prior := p.Shock.PriorEvents
	now := (float64(c.hits30) + prior*30/365) / 30
	usual := (float64(c.hits365) + prior) / 365
	c.shock = math.Log(now / usual)
	if len(c.pds) > 0 {
		slices.Sort(c.pds) // the sum must not depend on the order of the book
		c.pdStressed = min(1, floats.Sum(c.pds)/float64(len(c.pds))*math.Exp(c.shock))
	}
}
