package warnings

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// A group is the customers under one parent.
type group struct {
	failed    map[string]bool // in default tonight, or with a critical warning since the last night
	exposures []float64
	limits    []float64
	unlimited bool // a member has no known limit
	limitUse  float64
}

// groupsOf gathers the corporate groups in one pass over the book. A critical warning counts from the night after it
// opened, and not if it is itself about the group: contagion is not passed on.
func groupsOf(b *book, last []Episode) map[string]*group {
	critical := map[string]bool{}
	for i := range last {
		if e := last[i].own(); e.State == Open && e.Severity == Critical && e.Code != groupCode && e.SuppressedBy == "" {
			critical[e.CustomerID] = true
		}
	}
	at := func(column string, i int) float64 {
		if col := b.floats[slot(column)]; col.IsValid(i) {
			return col.Value(i)
		}
		return math.NaN()
	}
	groups := map[string]*group{}
	for i, id := range b.labels[labelCustomer] {
		name := b.labels[labelGroup][i]
		if name == "" {
			continue
		}
		g := groups[name]
		if g == nil {
			g = &group{failed: map[string]bool{}}
			groups[name] = g
		}
		if at("in_default", i) >= 1 || critical[id] {
			g.failed[id] = true
		}
		exposure, limit := at("exposure_base", i), at("limit_base", i)
		g.exposures, g.limits = append(g.exposures, exposure), append(g.limits, limit)
		g.unlimited = g.unlimited || !(limit > 0) && exposure != 0
	}
	for _, g := range groups {
		// A customer on its own has a limit of its own, which another rule watches.
		if len(g.exposures) == 1 {
			continue
		}
		g.limitUse = math.NaN()
		if !g.unlimited {
			slices.Sort(g.exposures) // the sums must not depend on the order of the book
			slices.Sort(g.limits)
			g.limitUse = floats.Sum(g.exposures) / floats.Sum(slices.DeleteFunc(g.limits, math.IsNaN))
		}
	}
	return groups
}

// groupCode is the rule that reads groups.
const groupCode = "W2-20"

// relativesFailed counts the others of the group that have failed.
func (g *group) relativesFailed(id string) float64 {
	n := len(g.failed)
	if g.failed[id] {
		n--
	}
	return float64(n)
}
