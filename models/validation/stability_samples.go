package validation

import (
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// TwoSampleKS is the Kolmogorov–Smirnov test of two samples: the largest gap of their distribution functions and its
// asymptotic p-value at the effective size n m ÷ (n + m).
func TwoSampleKS(x, y []float64) (d, p float64, err error) {
	if len(x) == 0 || len(y) == 0 {
		return 0, 0, fmt.Errorf("kolmogorov-smirnov: %d and %d values: %w", len(x), len(y), ErrGrey)
	}
	n, m := float64(len(x)), float64(len(y))
	a, b := 0.0, 0.0
	eachLevel(joined(x, y), func(rows []int32) {
		for _, i := range rows {
			if int(i) < len(x) {
				a++
			} else {
				b++
			}
		}
		d = max(d, math.Abs(a/n-b/m))
	})
	return d, kolmogorov(d * math.Sqrt(n*m/(n+m))), nil
}

func joined(x, y []float64) []float64 {
	return append(append(make([]float64, 0, len(x)+len(y)), x...), y...)
}

// kolmogorov is the survival function of Kolmogorov's distribution.
func kolmogorov(t float64) float64 {
	if t < 0.2 {
		return 1 // 1 − 5e-12 at most, and the series below needs many terms
	}
	sum := 0.0
	for k := 1; k <= 100; k++ {
		term := math.Exp(-2 * float64(k*k) * t * t)
		if k%2 == 1 {
			sum += term
		} else {
			sum -= term
		}
		if term < 1e-17 {
			break
		}
	}
	return min(max(2*sum, 0), 1)
}

// AndersonDarling is the two-sample test of Scholz and Stephens (1987) with mid-ranks for ties, standardised; it looks at
// the tails more than [TwoSampleKS]. The p-value is interpolated in their table and kept within 0.001 to 0.25.
func AndersonDarling(x, y []float64) (a2, p float64, err error) {
	n, m := float64(len(x)), float64(len(y))
	total := n + m
	if n < 2 || m < 2 {
		return 0, 0, fmt.Errorf("anderson-darling: %v and %v values: %w", n, m, ErrGrey)
	}
	first, second, seen, below, levels := 0.0, 0.0, 0.0, 0.0, 0
	eachLevel(joined(x, y), func(rows []int32) {
		here, all := 0.0, float64(len(rows))
		for _, i := range rows {
			if int(i) < len(x) {
				here++
			}
		}
		b, f := seen+all/2, below+here/2
		if den := b*(total-b) - total*all/4; den > 0 {
			first += all / total * (total*f - b*n) * (total*f - b*n) / den
			g := b - f
			second += all / total * (total*g - b*m) * (total*g - b*m) / den
		}
		seen, below = seen+all, below+here
		levels++
	})
	if levels < 2 {
		return 0, 0, fmt.Errorf("anderson-darling: all values are equal: %w", ErrGrey)
	}
	a2 = (total - 1) / total * (first/n + second/m)
	// Mean 1 and the variance of k = 2 samples, from their section 3.
	h, hs, g := 0.0, 1/n+1/m, 0.0
	tail := 0.0 // Σ 1/j over j = total−i+1 … total−1
	for i := 1; i < int(total); i++ {
		h += 1 / float64(i)
	}
	for i := 1; i <= int(total)-2; i++ {
		tail += 1 / (total - float64(i))
		g += tail / float64(i+1)
	}
	a := (4*g-6)*1 + (10-6*g)*hs
	b := (2*g-4)*4 + 8*h*2 + (2*g-14*h-4)*hs - 8*h + 4*g - 6
	c := (6*h+2*g-2)*4 + (4*h-4*g+6)*2 + (2*h-6)*hs + 4*h
	d := (2*h+6)*4 - 4*h*2
	variance := (((a*total+b)*total+c)*total + d) / ((total - 1) * (total - 2) * (total - 3))
	a2 = (a2 - 1) / math.Sqrt(variance)
	level := []float64{0.25, 0.10, 0.05, 0.025, 0.01, 0.005, 0.001}
	critical := make([]float64, len(level))
	for i := range critical {
		critical[i] = []float64{0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085}[i] +
			[]float64{-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615}[i] +
			[]float64{-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154}[i]
	}
	return a2, parabola(critical, level, a2), nil
}

// parabola fits log level as a quadratic of the critical value and reads it at v, kept within the table.
func parabola(critical, level []float64, v float64) float64 {
	if v <= critical[0] {
		return level[0]
	}
	if v >= critical[len(critical)-1] {
		return level[len(level)-1]
	}
	var s [5]float64 // power sums
	var t [3]float64
	for i, x := range critical {
		power := 1.0
		for k := range s {
			s[k] += power
			if k < 3 {
				t[k] += power * math.Log(level[i])
			}
			power *= x
		}
	}
	c := solve([][]float64{{s[0], s[1], s[2]}, {s[1], s[2], s[3]}, {s[2], s[3], s[4]}}, t[:])
	return min(max(math.Exp(c[0]+c[1]*v+c[2]*v*v), level[len(level)-1]), level[0])
}

// solve solves a small linear system by elimination with the largest pivot; nil when it has no single solution. It changes
// its arguments.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for k := range n {
		p := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[p][k]) {
				p = i
			}
		}
		if a[p][k] == 0 {
			return nil
		}
		a[k], a[p], b[k], b[p] = a[p], a[k], b[p], b[k]
		for i := k + 1; i < n; i++ {
			f := a[i][k] / a[k][k]
			for j := k; j < n; j++ {
				a[i][j] -= f * a[k][j]
			}
			b[i] -= f * b[k]
		}
	}
	for k := n - 1; k >= 0; k-- {
		for j := k + 1; j < n; j++ {
			b[k] -= a[k][j] * b[j]
		}
		b[k] /= a[k][k]
	}
	return b
}

// Wasserstein is the area between the distribution functions of two samples: how far values moved on average, in the
// unit of the values.
func Wasserstein(x, y []float64) (float64, error) {
	if len(x) == 0 || len(y) == 0 {
		return 0, fmt.Errorf("wasserstein: %d and %d values: %w", len(x), len(y), ErrGrey)
	}
	all := joined(x, y)
	a, b, last, area := 0.0, 0.0, math.NaN(), 0.0
	eachLevel(all, func(rows []int32) {
		v := all[rows[0]]
		if a+b > 0 {
			area += math.Abs(a/float64(len(x))-b/float64(len(y))) * (v - last)
		}
		for _, i := range rows {
			if int(i) < len(x) {
				a++
			} else {
				b++
			}
		}
		last = v
	})
	return area, nil
}

// IQR is the distance of the quartiles.
func IQR(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := append([]float64(nil), x...)
	sort.Float64s(s)
	return quantile(s, 0.75) - quantile(s, 0.25)
}

// SameShares tests whether two sets of counts over the same bins are of one distribution: Pearson's chi-square of the
// 2 × bins table, its p-value, Cramér's V = √(chi2 ÷ n) and the Jensen–Shannon divergence in bits (0 equal, 1 apart). Bins
// empty on both sides do not count.
func SameShares(before, now []float64) (chi2, p, v, js float64, err error) {
	a, b, bins := 0.0, 0.0, 0
	for i := range before {
		a, b = a+before[i], b+now[i]
		if before[i]+now[i] > 0 {
			bins++
		}
	}
	if len(before) != len(now) || bins < 2 || a == 0 || b == 0 {
		return 0, 0, 0, 0, fmt.Errorf("equal shares: %d bins, %v and %v rows: %w", bins, a, b, ErrGrey)
	}
	for i := range before {
		all := before[i] + now[i]
		if all == 0 {
			continue
		}
		ea, eb := all*a/(a+b), all*b/(a+b)
		chi2 += (before[i]-ea)*(before[i]-ea)/ea + (now[i]-eb)*(now[i]-eb)/eb
		x, y := before[i]/a, now[i]/b
		for _, s := range []float64{x, y} {
			if s > 0 {
				js += s * math.Log2(2*s/(x+y)) / 2
			}
		}
	}
	return chi2, distuv.ChiSquared{K: float64(bins - 1)}.Survival(chi2), math.Sqrt(chi2 / (a + b)), js, nil
}

// Kendall is Kendall's τ-b of two columns: concordant less discordant pairs over √(pairs not tied in x × pairs not tied in
// y), in the time of a sort (Knight 1966).
func Kendall(x, y []float64) (float64, error) {
	won, all, tiedX, tiedY, err := concordance(x, y)
	switch {
	case err != nil:
		return 0, fmt.Errorf("kendall: %w", err)
	case tiedX == all || tiedY == all:
		return 0, fmt.Errorf("kendall: a column is constant: %w", ErrGrey)
	}
	return won / math.Sqrt((all-tiedX)*(all-tiedY)), nil
}

// GeneralisedAUC is the share of pairs of unlike outcomes whose estimates are in their order, ties of estimates counting
// half: the AUC for outcomes that are amounts or shares, (Somers' D + 1) ÷ 2.
func GeneralisedAUC(estimate, outcome []float64) (float64, error) {
	won, all, _, tied, err := concordance(estimate, outcome)
	switch {
	case err != nil:
		return 0, fmt.Errorf("generalised AUC: %w", err)
	case tied == all:
		return 0, fmt.Errorf("generalised AUC: all outcomes are equal: %w", ErrGrey)
	}
	return (1 + won/(all-tied)) / 2, nil
}

// concordance counts concordant less discordant pairs, all pairs, and those tied in x and in y.
func concordance(x, y []float64) (won, all, tiedX, tiedY float64, err error) {
	n := len(x)
	if n != len(y) || n < 2 {
		return 0, 0, 0, 0, fmt.Errorf("%d and %d values: %w", n, len(y), ErrGrey)
	}
	// Sorted by x, within by y: a stable sort by y first.
	byY := ascending(y)
	xs := make([]float64, n)
	for k, i := range byY {
		xs[k] = x[i]
	}
	seq := make([]float64, n)
	pairs := func(k int) float64 { return float64(k) * float64(k-1) / 2 }
	tiedBoth := 0.0
	runX, runBoth := 0, 0
	var before int32
	for k, o := range ascending(xs) {
		i := byY[o]
		seq[k] = y[i]
		if k > 0 {
			switch {
			case x[i] != x[before]:
				tiedX, tiedBoth, runX, runBoth = tiedX+pairs(runX), tiedBoth+pairs(runBoth), 0, 0
			case y[i] != y[before]:
				tiedBoth, runBoth = tiedBoth+pairs(runBoth), 0
			}
		}
		runX, runBoth, before = runX+1, runBoth+1, i
	}
	tiedX, tiedBoth = tiedX+pairs(runX), tiedBoth+pairs(runBoth)
	eachLevel(y, func(rows []int32) { tiedY += pairs(len(rows)) })
	all = pairs(n)
	return all - tiedX - tiedY + tiedBoth - 2*inversions(seq, make([]float64, n)), all, tiedX, tiedY, nil
}

// inversions sorts x by merging and counts the pairs that were out of order.
func inversions(x, room []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	half := len(x) / 2
	count := inversions(x[:half], room[:half]) + inversions(x[half:], room[half:])
	copy(room, x)
	i, j := 0, half
	for k := range x {
		if j == len(x) || i < half && room[i] <= room[j] {
			x[k] = room[i]
			i++
		} else {
			x[k] = room[j]
			count += float64(half - i)
			j++
		}
	}
	return count
}

// EstimatedRanking is what AUC and Brier score will be if the PDs are right (confidence-based performance estimation): every
// row counts as a default with its PD and as sound with the rest.
func EstimatedRanking(pd []float64) (auc, brier float64, err error) {
	expected := 0.0
	for i, p := range pd {
		if !(p >= 0 && p <= 1) {
			return 0, 0, fmt.Errorf("PD of row %d is %v, want 0 to 1", i+1, p)
		}
		expected += p
		brier += p * (1 - p)
	}
	n := float64(len(pd))
	if n < 2 || expected == 0 || expected == n {
		return 0, 0, fmt.Errorf("estimated ranking: %v defaults expected among %v rows: %w", expected, n, ErrGrey)
	}
	won, sound := 0.0, 0.0
	eachLevel(pd, func(rows []int32) {
		p, k := pd[rows[0]], float64(len(rows))
		won += p * k * (sound + (1-p)*k/2)
		sound += (1 - p) * k
	})
	// A row is not paired with itself: its own half of p(1 − p) is taken out, and its pair from the denominator.
	return (won - brier/2) / (expected*(n-expected) - brier), brier / n, nil
}
