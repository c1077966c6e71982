package validation

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Inversions counts neighbours, and pairs, of grades (best first) whose default rates fall towards the worse. Empty grades
// are passed over.
func Inversions(cells []Cell) (adjacent, pairs int) {
	var rates []float64
	for _, c := range cells {
		if c.N > 0 {
			rates = append(rates, c.D/c.N)
		}
	}
	for i := range rates {
		for j := i + 1; j < len(rates); j++ {
			if rates[j] < rates[i] {
				pairs++
				if j == i+1 {
					adjacent++
				}
			}
		}
	}
	return adjacent, pairs
}

// Spearman is the rank correlation of two columns, with mid-ranks for ties.
func Spearman(x, y []float64) (float64, error) {
	if len(x) != len(y) || len(x) < 2 {
		return 0, fmt.Errorf("spearman: %d and %d values: %w", len(x), len(y), ErrGrey)
	}
	a, b := WithinRanks(x), WithinRanks(y)
	va, vb := covariance(a, a), covariance(b, b)
	if va == 0 || vb == 0 {
		return 0, fmt.Errorf("spearman: a column is constant: %w", ErrGrey)
	}
	return covariance(a, b) / math.Sqrt(va*vb), nil
}

// JonckheereTerpstra tests whether default rates rise over grades, best first: z of the sum of Mann–Whitney counts over all
// pairs of grades, with the variance for ties, and the one-sided p-value of "they do not rise".
func JonckheereTerpstra(cells []Cell) (z, p float64, err error) {
	n, d, won := 0.0, 0.0, 0.0
	for _, c := range cells {
		// A default of this grade beats every other row of a better grade; equal outcomes count half.
		won += c.D*(n-d) + (c.D*d+(c.N-c.D)*(n-d))/2
		n, d = n+c.N, d+c.D
	}
	if d == 0 || d == n {
		return 0, 0, fmt.Errorf("jonckheere-terpstra: %v defaults among %v rows: %w", d, n, ErrGrey)
	}
	s := n - d
	squares, first, second, third := 0.0, n*(n-1)*(2*n+5)-d*(d-1)*(2*d+5)-s*(s-1)*(2*s+5), 0.0, 0.0
	for _, c := range cells {
		squares += c.N * c.N
		first -= c.N * (c.N - 1) * (2*c.N + 5)
		second += c.N * (c.N - 1) * (c.N - 2)
		third += c.N * (c.N - 1)
	}
	variance := first/72 +
		second*(d*(d-1)*(d-2)+s*(s-1)*(s-2))/(36*n*(n-1)*math.Max(n-2, 1)) +
		third*(d*(d-1)+s*(s-1))/(8*n*(n-1))
	if !(variance > 0) {
		return 0, 0, fmt.Errorf("jonckheere-terpstra: all rows are of one grade: %w", ErrGrey)
	}
	z = (won - (n*n-squares)/4) / math.Sqrt(variance)
	return z, distuv.UnitNormal.Survival(z), nil
}

// Fisher is the one-sided exact p-value of "the default rate of the second cell is not above that of the first": the
// chance of at least b.D of the defaults in b when they fall at random. Counts must be whole.
func Fisher(a, b Cell) float64 {
	n, d := a.N+b.N, a.D+b.D
	sum := 0.0
	for k := b.D; k <= math.Min(d, b.N); k++ {
		if d-k <= a.N {
			sum += math.Exp(hypergeometric(n, d, b.N, k))
		}
	}
	return math.Min(sum, 1)
}

// FisherTwoSided adds up all tables that are not likelier than the one seen.
func FisherTwoSided(a, b Cell) float64 {
	n, d := a.N+b.N, a.D+b.D
	seen, sum := hypergeometric(n, d, b.N, b.D), 0.0
	for k := math.Max(0, d-a.N); k <= math.Min(d, b.N); k++ {
		if l := hypergeometric(n, d, b.N, k); l <= seen+1e-7 {
			sum += math.Exp(l)
		}
	}
	return math.Min(sum, 1)
}

// hypergeometric is the log probability of k of d defaults among b of n rows.
func hypergeometric(n, d, b, k float64) float64 {
	return choose(d, k) + choose(n-d, b-k) - choose(n, b)
}

// choose is the log of the binomial coefficient.
func choose(n, k float64) float64 {
	if k < 0 || k > n {
		return math.Inf(-1)
	}
	a, _ := math.Lgamma(n + 1)
	b, _ := math.Lgamma(k + 1)
	c, _ := math.Lgamma(n - k + 1)
	return a - b - c
}

// Homogeneous tests whether cells share one default rate: Pearson's chi-square with one degree less than cells. With two
// cells and fewer than five expected somewhere it is Fisher's exact test; with more cells the p-value then is that of draws
// with the same totals, (1 + as large) ÷ (1 + draws).
func Homogeneous(cells []Cell, draws int, seed uint64) (chi2, p float64, err error) {
	var full []Cell
	n, d := 0.0, 0.0
	for _, c := range cells {
		if c.N > 0 {
			full = append(full, c)
			n, d = n+c.N, d+c.D
		}
	}
	if len(full) < 2 || d == 0 || d == n {
		return 0, 0, fmt.Errorf("homogeneity: %d cells, %v defaults among %v rows: %w", len(full), d, n, ErrGrey)
	}
	least := math.Inf(1)
	for _, c := range full {
		least = min(least, c.N*d/n, c.N*(n-d)/n)
	}
	chi2 = pearson(full, n, d)
	switch {
	case least >= 5:
		return chi2, distuv.ChiSquared{K: float64(len(full) - 1)}.Survival(chi2), nil
	case len(full) == 2:
		return chi2, FisherTwoSided(full[0], full[1]), nil
	}
	r := rand.New(rand.NewPCG(seed, 0xd11))
	drawn, large := make([]Cell, len(full)), 0
	for range draws {
		for i, c := range full {
			drawn[i] = Cell{N: c.N}
		}
		// The rarer outcome falls on rows without replacement.
		rare := min(d, n-d)
		for left, taken := rare, 0.0; left > 0; left, taken = left-1, taken+1 {
			at := r.Float64() * (n - taken)
			for i := range drawn {
				if free := drawn[i].N - drawn[i].D; at < free {
					drawn[i].D++
					break
				} else {
					at -= free
				}
			}
		}
		if pearson(drawn, n, rare) >= chi2-1e-9 {
			large++
		}
	}
	return chi2, float64(large+1) / float64(draws+1), nil
}

// pearson is the chi-square of a table of defaults and others; it is the same for either outcome.
func pearson(cells []Cell, n, d float64) float64 {
	chi2 := 0.0
	for _, c := range cells {
		e := c.N * d / n
		chi2 += (c.D - e) * (c.D - e) * n / (e * (n - d))
	}
	return chi2
}
