package validation

import (
	"fmt"
	"math"
	"sort"

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

// Rank computes AUC with mid-ranks for ties, its DeLong variance, Gini and KS in O(n log n).
func Rank(score []float64, outcome []uint8) (Ranking, error) {
	var r Ranking
	own, err := placements(score, outcome, &r)
	if err != nil {
		return r, err
	}
	var one, zero []float64
	for i, v := range own {
		if outcome[i] == 1 {
			one = append(one, v)
		} else {
			zero = append(zero, v)
		}
	}
	r.AUC = mean(one)
	r.Gini = 2*r.AUC - 1
	r.Variance = covariance(one, one)/float64(len(one)) + covariance(zero, zero)/float64(len(zero))
	return r, nil
}

// placements returns for every default the share of the rest below it, for every other row the share of the defaults
// above it, ties counting half; it also fills r's counts and KS.
func placements(score []float64, outcome []uint8, r *Ranking) ([]float64, error) {
	if len(score) != len(outcome) {
		return nil, fmt.Errorf("rank: %d scores for %d outcomes", len(score), len(outcome))
	}
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
		if math.IsNaN(score[i]) {
			return nil, fmt.Errorf("rank: score of row %d is NaN", i+1)
		}
		r.Defaults += int(outcome[i])
	}
	r.Rest = len(score) - r.Defaults
	if r.Defaults == 0 || r.Rest == 0 {
		return nil, fmt.Errorf("rank: %d defaults among %d rows: %w", r.Defaults, len(score), ErrGrey)
	}
	sort.Slice(order, func(a, b int) bool { return score[order[a]] < score[order[b]] })
	m, n := float64(r.Defaults), float64(r.Rest)
	own := make([]float64, len(score))
	below, restBelow := 0, 0 // defaults and others with a smaller score
	for start := 0; start < len(order); {
		end, here := start, 0
		for ; end < len(order) && score[order[end]] == score[order[start]]; end++ {
			here += int(outcome[order[end]])
		}
		rest := end - start - here
		for _, i := range order[start:end] {
			if outcome[i] == 1 {
				own[i] = (float64(restBelow) + float64(rest)/2) / n
			} else {
				own[i] = (m - float64(below) - float64(here)/2) / m
			}
		}
		below, restBelow, start = below+here, restBelow+rest, end
		r.KS = max(r.KS, math.Abs(float64(restBelow)/n-float64(below)/m))
	}
	return own, nil
}

// Compare is the paired DeLong test of two scores of the same rows.
type Compare struct {
	Difference float64 // AUC of the first less AUC of the second
	Z          float64
	P          float64 // two-sided
}

// Paired compares two scores of the same rows.
func Paired(first, second []float64, outcome []uint8) (Compare, error) {
	var ra, rb Ranking
	a, err := placements(first, outcome, &ra)
	if err != nil {
		return Compare{}, err
	}
	b, err := placements(second, outcome, &rb)
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
		c.Z = c.Difference / math.Sqrt(variance)
		c.P = 2 * distuv.UnitNormal.Survival(math.Abs(c.Z))
	}
	return c, nil
}

// Drop tests an AUC against that of the initial validation, taken as fixed: S and the one-sided p-value.
func Drop(initial float64, now Ranking) (s, p float64, err error) {
	if now.Variance <= 0 {
		return 0, 0, fmt.Errorf("AUC test: variance is %v: %w", now.Variance, ErrGrey)
	}
	s = (initial - now.AUC) / math.Sqrt(now.Variance)
	return s, distuv.UnitNormal.Survival(s), nil
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
