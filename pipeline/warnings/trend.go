package warnings

import (
	"fmt"
	"math"
	"slices"
)

// trendWeeks is how many weekly snapshots the slow trend is read from, tonight's the last.
const trendWeeks = 26

// weekly names the columns of the earlier snapshots, the oldest first.
var weekly = func() (names []string) {
	for k := trendWeeks - 1; k > 0; k-- {
		names = append(names, fmt.Sprintf("pd_12m_week_%d", k))
	}
	return names
}()

// Weekly lists the columns of the earlier snapshots, the oldest first: that of the week before the last.
func Weekly() []string { return weekly }

// mannKendall is the one-sided p of a rising trend, by the normal approximation with ties and continuity correction.
func mannKendall(xs []float64) float64 {
	n := len(xs)
	if n < 3 || slices.ContainsFunc(xs, math.IsNaN) {
		return math.NaN()
	}
	s := 0.0
	for i := range xs {
		for _, later := range xs[i+1:] {
			switch {
			case later > xs[i]:
				s++
			case later < xs[i]:
				s--
			}
		}
	}
	pairs := func(t float64) float64 { return t * (t - 1) * (2*t + 5) }
	variance := pairs(float64(n))
	sorted := slices.Sorted(slices.Values(xs))
	for i := 0; i < n; {
		t := i
		for t < n && sorted[t] == sorted[i] {
			t++
		}
		variance -= pairs(float64(t - i))
		i = t
	}
	if variance <= 0 { // all the same
		return 1
	}
	z := 0.0
	switch {
	case s > 0:
		z = (s - 1) / math.Sqrt(variance/18)
	case s < 0:
		z = (s + 1) / math.Sqrt(variance/18)
	}
	return 0.5 * math.Erfc(z/math.Sqrt2)
}

// trend works out the slow trend of a customer from its snapshots; scratch is used again.
func (v *Values) trend(scratch []float64) []float64 {
	scratch = scratch[:0]
	for _, s := range weeklySlots {
		scratch = append(scratch, v.row[s])
	}
	scratch = append(scratch, v.row[slotPD])
	v.row[slotRise] = scratch[len(scratch)-1] / scratch[0]
	v.row[slotTrend] = math.NaN()
	// The test costs more than all other rules together and says nothing about who has not become worse.
	switch rise := v.row[slotRise]; {
	case rise > 1:
		v.row[slotTrend] = mannKendall(scratch)
	case rise <= 1 && !slices.ContainsFunc(scratch, math.IsNaN):
		v.row[slotTrend] = 1
	}
	return scratch
}

var (
	slotPD, slotRise, slotTrend = slot("pd_12m"), slot("pd_rise_26w"), slot("pd_trend_26w")
	weeklySlots                 = func() (at []int) {
		for _, name := range weekly {
			at = append(at, slot(name))
		}
		return at
	}()
)
