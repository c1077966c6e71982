package validation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// groups is how many bins of like score a bootstrap resamples: counts by bin are drawn, not rows.
const groups = 500

// KSInterval is the percentile bootstrap interval of the Kolmogorov–Smirnov gap of defaults and others: counts of up to
// 500 bins of like score are drawn anew by Poisson.
func KSInterval(score []float64, outcome []uint8, draws int, confidence float64, seed uint64) (lo, hi float64, err error) {
	var r Ranking
	levels, err := levelsOf(score, outcome, &r)
	if err != nil {
		return 0, 0, err
	}
	levels = coarser(levels, groups)
	src := rand.NewPCG(seed, 0xd06)
	values := make([]float64, 0, draws)
	drawn := make([]level, len(levels))
	for range draws {
		m, n := 0.0, 0.0
		for i, l := range levels {
			drawn[i] = level{here: poisson(l.here, src), rest: poisson(l.rest, src)}
			m, n = m+drawn[i].here, n+drawn[i].rest
		}
		if m == 0 || n == 0 {
			continue
		}
		a, b, gap := 0.0, 0.0, 0.0
		for _, l := range drawn {
			a, b = a+l.here/m, b+l.rest/n
			gap = max(gap, math.Abs(a-b))
		}
		values = append(values, gap)
	}
	lo, hi = percentiles(values, confidence)
	return lo, hi, nil
}

// coarser merges neighbouring levels into at most k of about equal size.
func coarser(levels []level, k int) []level {
	if len(levels) <= k {
		return levels
	}
	total := 0.0
	for _, l := range levels {
		total += l.here + l.rest
	}
	var out []level
	seen := 0.0
	for _, l := range levels {
		at := min(int(seen/total*float64(k)), k-1)
		seen += l.here + l.rest
		if at >= len(out) {
			out = append(out, l)
			for at >= len(out) {
				out = append(out, level{below: l.below + l.here, restBelow: l.restBelow + l.rest})
			}
			continue
		}
		out[at].here, out[at].rest = out[at].here+l.here, out[at].rest+l.rest
	}
	return out
}

// poisson draws a count; the mean of none is none.
func poisson(mean float64, src rand.Source) float64 {
	if mean <= 0 {
		return 0
	}
	return distuv.Poisson{Lambda: mean, Src: src}.Rand()
}

// percentiles are the ends of the middle part of values.
func percentiles(values []float64, confidence float64) (lo, hi float64) {
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	sort.Float64s(values)
	return quantile(values, (1-confidence)/2), quantile(values, (1+confidence)/2)
}

// quantile interpolates between sorted values (type 7).
func quantile(values []float64, q float64) float64 {
	at := q * float64(len(values)-1)
	k := int(at)
	if k+1 >= len(values) {
		return values[len(values)-1]
	}
	return values[k] + (at-float64(k))*(values[k+1]-values[k])
}

// Capture is the share of the defaults' weight among the worst share of rows (0.1: the worst tenth). Rows of one score at
// the edge count by the part of them that still fits. A nil weight counts every default as one.
func Capture(score []float64, outcome []uint8, weight []float64, share float64) (float64, error) {
	if len(score) != len(outcome) || weight != nil && len(weight) != len(score) {
		return 0, fmt.Errorf("capture: %d scores, %d outcomes, %d weights", len(score), len(outcome), len(weight))
	}
	type part struct{ n, w float64 }
	var levels []part
	total := 0.0
	eachLevel(score, func(rows []int32) {
		l := part{n: float64(len(rows))}
		for _, i := range rows {
			switch {
			case outcome[i] == 0:
			case weight == nil:
				l.w++
			default:
				l.w += weight[i]
			}
		}
		total += l.w
		levels = append(levels, l)
	})
	if !(total > 0) {
		return 0, fmt.Errorf("capture: defaults weigh %v: %w", total, ErrGrey)
	}
	room, caught := share*float64(len(score)), 0.0
	for k := len(levels) - 1; k >= 0 && room > 0; k-- {
		l := levels[k]
		caught += l.w * min(room/l.n, 1)
		room -= l.n
	}
	return caught / total, nil
}

// PartialAUC is the area under the ROC curve up to a false positive rate, on McClish's scale:
// ½ (1 + (A − f²/2) ÷ (f − f²/2)), so that 0.5 is chance and 1 perfect whatever f.
func PartialAUC(score []float64, outcome []uint8, most float64) (float64, error) {
	var r Ranking
	levels, err := levelsOf(score, outcome, &r)
	if err != nil {
		return 0, err
	}
	if !(most > 0 && most <= 1) {
		return 0, fmt.Errorf("partial AUC: up to a rate of %v, want above 0 and at most 1", most)
	}
	return partial(levels, most), nil
}

// partial needs only the counts of its levels.
func partial(levels []level, most float64) float64 {
	m, n := 0.0, 0.0
	for _, l := range levels {
		m, n = m+l.here, n+l.rest
	}
	fpr, tpr, area := 0.0, 0.0, 0.0
	for k := len(levels) - 1; k >= 0 && fpr < most; k-- {
		df, dt := levels[k].rest/n, levels[k].here/m
		if fpr+df > most { // part of the step
			dt *= (most - fpr) / df
			df = most - fpr
		}
		area += df * (tpr + dt/2)
		fpr, tpr = fpr+df, tpr+dt
	}
	least := most * most / 2
	return (1 + (area-least)/(most-least)) / 2
}

// AveragePrecision is the area under the precision–recall curve by its steps: Σ (R(k) − R(k−1)) P(k) over falling scores.
// Its value for a score that knows nothing is the default rate.
func AveragePrecision(score []float64, outcome []uint8) (float64, error) {
	var r Ranking
	levels, err := levelsOf(score, outcome, &r)
	if err != nil {
		return 0, err
	}
	return precision(levels), nil
}

func precision(levels []level) float64 {
	m, hit, all, area := 0.0, 0.0, 0.0, 0.0
	for _, l := range levels {
		m += l.here
	}
	for k := len(levels) - 1; k >= 0; k-- {
		hit, all = hit+levels[k].here, all+levels[k].here+levels[k].rest
		if levels[k].here > 0 {
			area += levels[k].here / m * hit / all
		}
	}
	return area
}

// PartialSE are the bootstrap standard errors of the partial AUC and the average precision.
func PartialSE(score []float64, outcome []uint8, most float64, draws int, seed uint64) (auc, average float64, err error) {
	var r Ranking
	levels, err := levelsOf(score, outcome, &r)
	if err != nil {
		return 0, 0, err
	}
	levels = coarser(levels, groups)
	src := rand.NewPCG(seed, 0xd08)
	var a, b []float64
	drawn := make([]level, len(levels))
	for range draws {
		m, n := 0.0, 0.0
		for i, l := range levels {
			drawn[i] = level{here: poisson(l.here, src), rest: poisson(l.rest, src)}
			m, n = m+drawn[i].here, n+drawn[i].rest
		}
		if m > 0 && n > 0 {
			a, b = append(a, partial(drawn, most)), append(b, precision(drawn))
		}
	}
	return math.Sqrt(covariance(a, a)), math.Sqrt(covariance(b, b)), nil
}

// WeightedAUC is the AUC in which a pair counts by the product of its rows' weights, and its standard error by the
// influence of each row. Rows without weight count for nothing.
func WeightedAUC(score []float64, outcome []uint8, weight []float64) (auc, se float64, err error) {
	if len(score) != len(outcome) || len(score) != len(weight) {
		return 0, 0, fmt.Errorf("weighted AUC: %d scores, %d outcomes, %d weights", len(score), len(outcome), len(weight))
	}
	total := [2]float64{}
	for i, w := range weight {
		if !(w >= 0) || math.IsInf(w, 1) {
			return 0, 0, fmt.Errorf("weighted AUC: weight of row %d is %v", i+1, w)
		}
		total[outcome[i]] += w
	}
	if total[0] == 0 || total[1] == 0 {
		return 0, 0, fmt.Errorf("weighted AUC: defaults weigh %v, others %v: %w", total[1], total[0], ErrGrey)
	}
	own := make([]float64, len(score))
	seen := [2]float64{}
	eachLevel(score, func(rows []int32) {
		here := [2]float64{}
		for _, i := range rows {
			here[outcome[i]] += weight[i]
		}
		for _, i := range rows {
			if outcome[i] == 1 {
				own[i] = (seen[0] + here[0]/2) / total[0]
			} else {
				own[i] = (total[1] - seen[1] - here[1]/2) / total[1]
			}
		}
		seen[0], seen[1] = seen[0]+here[0], seen[1]+here[1]
		auc += here[1] * (seen[0] - here[0]/2)
	})
	auc /= total[0] * total[1]
	sum := [2]float64{}
	for i, w := range weight {
		d := w * (own[i] - auc)
		sum[outcome[i]] += d * d
	}
	return auc, math.Sqrt(sum[0]/(total[0]*total[0]) + sum[1]/(total[1]*total[1])), nil
}

// A Life is a row followed from its snapshot: until its default, or until nothing more is known of it.
type Life struct {
	Score   float64
	Months  float64 // to the default or to the end of what is known
	Default bool
}

// HorizonAUC is the AUC for "defaults within so many months" when some rows are followed for less (Uno's
// cumulative/dynamic form): defaults by then against rows still followed and sound after it, every default weighted by
// 1 ÷ Ĝ(t−), the inverse of the probability to be followed until it, of which Ĝ is the Kaplan–Meier estimate.
func HorizonAUC(lives []Life, months float64) (auc float64, defaults int, err error) {
	followed := censoring(lives)
	score, outcome, weight := []float64{}, []uint8{}, []float64{}
	for _, l := range lives {
		switch {
		case l.Default && l.Months <= months:
			g := followed(l.Months)
			if g <= 0 {
				continue
			}
			score, outcome, weight = append(score, l.Score), append(outcome, 1), append(weight, 1/g)
			defaults++
		case l.Months > months || !l.Default && l.Months == months:
			score, outcome, weight = append(score, l.Score), append(outcome, 0), append(weight, 1)
		}
	}
	auc, _, err = WeightedAUC(score, outcome, weight)
	return auc, defaults, err
}

// IncidentAUC is the concordance up to so many months (Heagerty–Zheng's incident/dynamic AUC averaged over the times of
// default, weighted by 1 ÷ Ĝ²(t−) as Uno does): a default of month t against everybody still followed and sound after t.
func IncidentAUC(lives []Life, months float64) (float64, error) {
	followed := censoring(lives)
	won, pairs := 0.0, 0.0
	times := make([]float64, len(lives))
	scores := make([]float64, len(lives))
	for i, l := range lives {
		times[i], scores[i] = l.Months, l.Score
	}
	// Ranks of scores go into a Fenwick tree as time runs backwards.
	rank := make([]int, len(lives))
	k := 0
	eachLevel(scores, func(rows []int32) {
		k++
		for _, i := range rows {
			rank[i] = k
		}
	})
	tree := make([]float64, k+1)
	add := func(at int) {
		for ; at <= k; at += at & -at {
			tree[at]++
		}
	}
	below := func(at int) (s float64) {
		for ; at > 0; at -= at & -at {
			s += tree[at]
		}
		return s
	}
	order := ascending(times)
	sound := 0.0
	for end := len(order); end > 0; {
		start := end
		for start > 0 && times[order[start-1]] == times[order[end-1]] {
			start--
		}
		for _, i := range order[start:end] { // who is followed exactly as long and did not default is still sound
			if !lives[i].Default {
				add(rank[i])
				sound++
			}
		}
		for _, i := range order[start:end] {
			if g := followed(times[i]); lives[i].Default && times[i] <= months && g > 0 {
				less, same := below(rank[i]-1), below(rank[i])
				won += (less + (same-less)/2) / (g * g)
				pairs += sound / (g * g)
			}
		}
		for _, i := range order[start:end] {
			if lives[i].Default {
				add(rank[i])
				sound++
			}
		}
		end = start
	}
	if pairs == 0 {
		return 0, fmt.Errorf("incident AUC: no default within %v months that others outlived: %w", months, ErrGrey)
	}
	return won / pairs, nil
}

// censoring is the Kaplan–Meier estimate of the probability that a row is still followed just before t.
func censoring(lives []Life) func(t float64) float64 {
	times := make([]float64, len(lives))
	for i, l := range lives {
		times[i] = l.Months
	}
	order := ascending(times)
	var at, g []float64 // g holds just after at
	value, left := 1.0, float64(len(lives))
	for start := 0; start < len(order); {
		end, lost, failed := start, 0.0, 0.0
		for ; end < len(order) && times[order[end]] == times[order[start]]; end++ {
			if lives[order[end]].Default {
				failed++
			} else {
				lost++
			}
		}
		if lost > 0 { // a default at the same time comes first
			value *= 1 - lost/(left-failed)
			at, g = append(at, times[order[start]]), append(g, value)
		}
		left -= lost + failed
		start = end
	}
	return func(t float64) float64 {
		k := sort.SearchFloat64s(at, t) // the first time not before t
		if k == 0 {
			return 1
		}
		return g[k-1]
	}
}
