package validation

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Ranking is how well a score separates defaults (outcome 1) from the rest; higher scores mean riskier.
type Ranking struct {
	AUC      float64
	Variance float64 // of the AUC, by DeLong; 0 when a class has a single row
	Gini     float64
	KS       float64
	Defaults int
	Rest     int
}

// Rank computes AUC with mid-ranks for ties, its DeLong variance (both classes with ddof 1), Gini and KS, in the time of
// a sort. The order of rows changes no bit.
func Rank(score []float64, outcome []uint8) (Ranking, error) {
	var r Ranking
	levels, err := levelsOf(score, outcome, &r)
	if err != nil {
		return r, err
	}
	m, n := float64(r.Defaults), float64(r.Rest)
	won := 0.0 // twice the pairs in order: whole numbers, exact up to 2^53
	for _, l := range levels {
		won += l.here * (2*l.restBelow + l.rest)
		r.KS = max(r.KS, math.Abs((l.restBelow+l.rest)/n-(l.below+l.here)/m))
	}
	r.AUC = won / (2 * m * n)
	r.Gini = 2*r.AUC - 1
	one, zero := 0.0, 0.0
	for _, l := range levels {
		a, b := l.caught(n)-r.AUC, l.other(m)-r.AUC
		one += l.here * a * a
		zero += l.rest * b * b
	}
	if m > 1 && n > 1 {
		r.Variance = one/(m-1)/m + zero/(n-1)/n
	}
	return r, nil
}

// Interval is the confidence interval of the AUC by the normal distribution, kept within 0 and 1.
func (r Ranking) Interval(confidence float64) (lo, hi float64) {
	half := r.halfWidth(confidence)
	return max(r.AUC-half, 0), min(r.AUC+half, 1)
}

func (r Ranking) halfWidth(confidence float64) float64 {
	return distuv.UnitNormal.Quantile((1+confidence)/2) * math.Sqrt(r.Variance)
}

// A level is the rows of one score.
type level struct {
	here, rest       float64 // defaults and others with this score
	below, restBelow float64 // … with a smaller one
}

// caught is the share of others ranked below a default of this level, other the share of defaults ranked above another
// row; ties count half.
func (l level) caught(n float64) float64 { return (l.restBelow + l.rest/2) / n }
func (l level) other(m float64) float64  { return (m - l.below - l.here/2) / m }

// levelsOf sorts rows into levels of equal score, rising, and counts the classes.
func levelsOf(score []float64, outcome []uint8, r *Ranking) ([]level, error) {
	if len(score) != len(outcome) {
		return nil, fmt.Errorf("rank: %d scores for %d outcomes", len(score), len(outcome))
	}
	for i, s := range score {
		if math.IsNaN(s) {
			return nil, fmt.Errorf("rank: score of row %d is NaN", i+1)
		}
		r.Defaults += int(outcome[i])
	}
	r.Rest = len(score) - r.Defaults
	if r.Defaults == 0 || r.Rest == 0 {
		return nil, fmt.Errorf("rank: %d defaults among %d rows: %w", r.Defaults, len(score), ErrGrey)
	}
	var levels []level
	var below, restBelow float64
	eachLevel(score, func(rows []int32) {
		l := level{below: below, restBelow: restBelow}
		for _, i := range rows {
			l.here += float64(outcome[i])
		}
		l.rest = float64(len(rows)) - l.here
		below, restBelow = below+l.here, restBelow+l.rest
		levels = append(levels, l)
	})
	return levels, nil
}

// placements are the structural components of DeLong: for every default the share of others below it, for every other
// row the share of defaults above it.
func placements(score []float64, outcome []uint8) ([]float64, error) {
	var r Ranking
	levels, err := levelsOf(score, outcome, &r)
	if err != nil {
		return nil, err
	}
	own := make([]float64, len(score))
	k := 0
	eachLevel(score, func(rows []int32) {
		one, zero := levels[k].caught(float64(r.Rest)), levels[k].other(float64(r.Defaults))
		for _, i := range rows {
			own[i] = zero
			if outcome[i] == 1 {
				own[i] = one
			}
		}
		k++
	})
	return own, nil
}

// Compare is the paired DeLong test of two scores of the same rows.
type Compare struct {
	Difference float64 // AUC of the first less AUC of the second
	SE         float64 // of the difference
	Z          float64
	P          float64 // two-sided
}

// Paired compares two scores of the same rows: z = (A1 − A2) ÷ √(v1 + v2 − 2 c12).
func Paired(first, second []float64, outcome []uint8) (Compare, error) {
	a, err := placements(first, outcome)
	if err != nil {
		return Compare{}, err
	}
	b, err := placements(second, outcome)
	if err != nil {
		return Compare{}, err
	}
	var parts [2][]float64
	for i := range a {
		parts[outcome[i]] = append(parts[outcome[i]], a[i]-b[i])
	}
	c := Compare{Difference: mean(parts[1]), P: 1}
	variance := covariance(parts[0], parts[0])/float64(len(parts[0])) + covariance(parts[1], parts[1])/float64(len(parts[1]))
	if variance > 0 {
		c.SE = math.Sqrt(variance)
		c.Z = c.Difference / c.SE
		c.P = 2 * distuv.UnitNormal.Survival(math.Abs(c.Z))
	}
	return c, nil
}

// NotWorse is the one-sided p-value of "the first is worse by more than margin": small when it is not.
func (c Compare) NotWorse(margin float64) float64 {
	if c.SE == 0 {
		if c.Difference > -margin {
			return 0
		}
		return 1
	}
	return distuv.UnitNormal.Survival((c.Difference + margin) / c.SE)
}

// Drop tests an AUC against that of the initial validation, taken as fixed: S = (initial − now) ÷ sd(now) and the
// one-sided p-value 1 − Φ(S).
func Drop(initial float64, now Ranking) (s, p float64, err error) {
	if now.Variance <= 0 {
		return 0, 0, fmt.Errorf("AUC test: variance is %v: %w", now.Variance, ErrGrey)
	}
	s = (initial - now.AUC) / math.Sqrt(now.Variance)
	return s, distuv.UnitNormal.Survival(s), nil
}

// Independent tests whether the AUC of one sample is below that of an earlier independent one:
// z = (before − now) ÷ √(v0 + v1) and the one-sided p-value.
func Independent(before, variance float64, now Ranking) (z, p float64, err error) {
	if !(variance > 0) || now.Variance <= 0 {
		return 0, 0, fmt.Errorf("AUC test: variances are %v and %v: %w", variance, now.Variance, ErrGrey)
	}
	z = (before - now.AUC) / math.Sqrt(variance+now.Variance)
	return z, distuv.UnitNormal.Survival(z), nil
}

// WithinRanks is the empirical distribution function of a sample at its own values, with mid-ranks: (rank − ½) ÷ n.
// Scores of several years are pooled by it, so that a shift of the level from year to year does not count as ranking.
func WithinRanks(score []float64) []float64 {
	out := make([]float64, len(score))
	seen := 0
	eachLevel(score, func(rows []int32) {
		rank := (float64(seen) + float64(len(rows))/2) / float64(len(score))
		for _, i := range rows {
			out[i] = rank
		}
		seen += len(rows)
	})
	return out
}

// PermutedSE is the standard error of the AUC of scores that know nothing: √((m + n + 1) ÷ (12 m n)).
func PermutedSE(m, n int) float64 {
	return math.Sqrt(float64(m+n+1) / (12 * float64(m) * float64(n)))
}

// CochranQ tests whether independent estimates are of one value: Q = Σ (x − x̄)² ÷ v with x̄ weighted by 1 ÷ v, against
// chi-square with one degree less than there are estimates. Estimates without a variance are left out.
func CochranQ(x, variance []float64) (q, p float64, err error) {
	sum, weight, k := 0.0, 0.0, 0
	for i := range x {
		if variance[i] > 0 {
			sum, weight, k = sum+x[i]/variance[i], weight+1/variance[i], k+1
		}
	}
	if k < 2 {
		return 0, 0, fmt.Errorf("cochran: %d estimates with a variance: %w", k, ErrGrey)
	}
	for i := range x {
		if variance[i] > 0 {
			q += (x[i] - sum/weight) * (x[i] - sum/weight) / variance[i]
		}
	}
	return q, distuv.ChiSquared{K: float64(k - 1)}.Survival(q), nil
}

func mean(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

func covariance(x, y []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	mx, my, s := mean(x), mean(y), 0.0
	for i := range x {
		s += (x[i] - mx) * (y[i] - my)
	}
	return s / float64(len(x)-1)
}
