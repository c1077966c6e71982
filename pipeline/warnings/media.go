package warnings

import (
	"math"
	"slices"

	"creditwatch/pipeline/asof"
)

// mediaWeeks is how many weeks before this one say how often a customer is usually written about: 84 of its 90 days.
const mediaWeeks = 12

// A coverage is how much is written about a customer, whatever the tone.
type coverage struct {
	stories  float64 // distinct ones, 7 days
	negative float64 // share of them that affirm something bad
	zscore   float64 // against the weeks before, robust
}

// coverageOf counts distinct stories: one that tells of two events is one.
func coverageOf(all []story, night asof.Date) coverage {
	if len(all) == 0 {
		return coverage{}
	}
	type seen struct {
		week     int
		negative bool
	}
	byID := map[string]seen{}
	for i := range all {
		st := &all[i]
		age := night.Sub(st.occurredOn)
		if age < 0 || age >= 7*(mediaWeeks+1) {
			continue
		}
		s, ok := byID[st.id]
		if !ok || age/7 > s.week {
			s.week = age / 7 // it began then
		}
		s.negative = s.negative || st.kind == Affirmed && !harmless[st.code]
		byID[st.id] = s
	}
	var weeks [mediaWeeks + 1]float64
	bad := 0.0
	for _, s := range byID {
		weeks[s.week]++
		if s.week == 0 && s.negative {
			bad++
		}
	}
	c := coverage{stories: weeks[0], zscore: robustZ(weeks[0], weeks[1:], 1)}
	if c.stories > 0 {
		c.negative = bad / c.stories
	}
	return c
}

// robustZ is the distance of x from the median of the usual values, in units of their median absolute deviation, which
// counts as at least floor.
func robustZ(x float64, usual []float64, floor float64) float64 {
	med := median(usual)
	off := make([]float64, len(usual))
	for i, u := range usual {
		off[i] = math.Abs(u - med)
	}
	return 0.6745 * (x - med) / max(median(off), floor)
}

func median(xs []float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(xs))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
