package validation

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Migration matrices have a row by grade then and a column by grade now, best first; columns beyond the grades are
// defaults and exits and do not count here.

// Bandwidth is the matrix-weighted bandwidth of downgrades (upper) and upgrades (lower):
// upper = Σ(i<K) Σ(j>i) |i − j| N(i) p(ij) ÷ Σ(i<K) max(K − i, i − 1) N(i) Σ(j>i) p(ij), lower the same with j < i.
// Customers in the diagonal, or beyond the grades, weigh nothing.
func Bandwidth(counts [][]float64) (upper, lower float64, err error) {
	k := len(counts)
	if k < 2 {
		return 0, 0, fmt.Errorf("bandwidth: %d grades: %w", k, ErrGrey)
	}
	var num, den [2]float64
	for i, row := range counts {
		for j := range min(k, len(row)) {
			side := 0
			switch {
			case j == i:
				continue
			case j < i:
				side = 1
			}
			num[side] += math.Abs(float64(i-j)) * row[j]
			den[side] += math.Max(float64(k-1-i), float64(i)) * row[j]
		}
	}
	return ratio(num[0], den[0]), ratio(num[1], den[1]), nil
}

// A Neighbour is a cell of a migration matrix against the next one towards the diagonal.
type Neighbour struct {
	From, To   int     // grades
	N          float64 // customers of From that stayed within the grades
	Share      float64 // of them that went to To
	Next       float64 // … to the neighbour
	Difference float64 // Share less Next
	Z, P       float64 // small P: To holds more than its neighbour, which should hold at least as many
}

// NeighbourCells tests that migration thins out away from the diagonal: z = (p(nb) − p(ij)) ÷ √((p(ij)(1 − p(ij)) +
// p(nb)(1 − p(nb)) + 2 p(ij) p(nb)) ÷ N(i)) and p = Φ(z), nb the next column towards the diagonal. Cells that, with their
// neighbour, hold nobody are left out.
func NeighbourCells(counts [][]float64) []Neighbour {
	var out []Neighbour
	for i, row := range counts {
		n := 0.0
		for j := range min(len(counts), len(row)) {
			n += row[j]
		}
		if n == 0 {
			continue
		}
		for j := range min(len(counts), len(row)) {
			nb := j + 1
			switch {
			case j == i:
				continue
			case j > i:
				nb = j - 1
			}
			a, b := row[j]/n, row[nb]/n
			variance := (a*(1-a) + b*(1-b) + 2*a*b) / n
			if variance == 0 {
				continue
			}
			z := (b - a) / math.Sqrt(variance)
			out = append(out, Neighbour{i, j, n, a, b, a - b, z, distuv.UnitNormal.CDF(z)})
		}
	}
	return out
}

// shares are the rows of a matrix as shares within the grades; an empty row stays where it is.
func shares(counts [][]float64) [][]float64 {
	out := make([][]float64, len(counts))
	for i, row := range counts {
		out[i] = make([]float64, len(counts))
		n := 0.0
		for j := range counts {
			n += row[j]
		}
		if n == 0 {
			out[i][i] = 1
			continue
		}
		for j := range counts {
			out[i][j] = row[j] / n
		}
	}
	return out
}

// Shorrocks is the mobility (K − tr P) ÷ (K − 1): 0 when everybody stays.
func Shorrocks(counts [][]float64) (float64, error) {
	k := len(counts)
	if k < 2 {
		return 0, fmt.Errorf("shorrocks: %d grades: %w", k, ErrGrey)
	}
	trace := 0.0
	for i, row := range shares(counts) {
		trace += row[i]
	}
	return (float64(k) - trace) / float64(k-1), nil
}

// SVDMobility is the mean singular value of P − I (Jafry and Schuermann 2004): how far the average customer's grade moves.
func SVDMobility(counts [][]float64) (float64, error) {
	k := len(counts)
	if k < 2 {
		return 0, fmt.Errorf("mobility: %d grades: %w", k, ErrGrey)
	}
	m := mat.NewDense(k, k, nil)
	for i, row := range shares(counts) {
		for j, v := range row {
			if i == j {
				v--
			}
			m.Set(i, j, v)
		}
	}
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDNone) {
		return 0, fmt.Errorf("mobility: no singular values: %w", ErrGrey)
	}
	return mean(svd.Values(nil)), nil
}

// Moves are the shares of customers, within the grades, that stayed, fell, rose and moved by three grades or more.
func Moves(counts [][]float64) (stay, down, up, far float64, err error) {
	n := 0.0
	for i, row := range counts {
		for j := range min(len(counts), len(row)) {
			c := row[j]
			n += c
			switch {
			case j == i:
				stay += c
			case j > i:
				down += c
			default:
				up += c
			}
			if j-i > 2 || i-j > 2 {
				far += c
			}
		}
	}
	if n == 0 {
		return 0, 0, 0, 0, fmt.Errorf("moves: nobody moved within the grades: %w", ErrGrey)
	}
	return stay / n, down / n, up / n, far / n, nil
}

// SameMatrix tests whether two matrices are of one migration: a likelihood-ratio chi-square over all rows, and the Pearson
// p-value of every row (NaN for a row empty on a side).
func SameMatrix(before, now [][]float64) (lr, p float64, rows []float64, err error) {
	k, df := len(now), 0
	if len(before) != k || k < 2 {
		return 0, 0, nil, fmt.Errorf("equal matrices: %d and %d grades: %w", len(before), k, ErrGrey)
	}
	rows = nans(k)
	for i := range k {
		a, b := before[i][:k], now[i][:k]
		if _, rp, _, _, err := SameShares(a, b); err == nil {
			rows[i] = rp
		} else {
			continue
		}
		sa, sb, used := 0.0, 0.0, 0
		for j := range k {
			sa, sb = sa+a[j], sb+b[j]
		}
		for j := range k {
			both := (a[j] + b[j]) / (sa + sb)
			if both == 0 {
				continue
			}
			used++
			if a[j] > 0 {
				lr += 2 * a[j] * math.Log(a[j]/(sa*both))
			}
			if b[j] > 0 {
				lr += 2 * b[j] * math.Log(b[j]/(sb*both))
			}
		}
		df += used - 1
	}
	if df < 1 {
		return 0, 0, nil, fmt.Errorf("equal matrices: no grade has customers on both sides: %w", ErrGrey)
	}
	return lr, distuv.ChiSquared{K: float64(df)}.Survival(lr), rows, nil
}

// AalenJohansen is the migration over a period from its short steps (months): the product of the steps' share matrices,
// which uses customers that come and go in between. Rows are grades and then the default, which is not left; exits are
// taken out of their step.
func AalenJohansen(steps [][][]float64) ([][]float64, error) {
	if len(steps) == 0 || len(steps[0]) < 2 {
		return nil, fmt.Errorf("duration estimator: %d steps: %w", len(steps), ErrGrey)
	}
	k := len(steps[0])
	product := identity(k + 1)
	for _, counts := range steps {
		step := identity(k + 1)
		for i, row := range counts {
			n := 0.0
			for j := range k + 1 {
				n += row[j]
			}
			for j := range k + 1 {
				if n > 0 {
					step[i][j] = row[j] / n
				}
			}
		}
		product = times(product, step)
	}
	return product, nil
}

// Generator is the intensity matrix of the steps: λ(ij) = moves from i to j ÷ steps spent in i, the default absorbing.
// exp(Generator × steps) is the migration of a Markov chain that moves at any time.
func Generator(steps [][][]float64) ([][]float64, error) {
	if len(steps) == 0 || len(steps[0]) < 2 {
		return nil, fmt.Errorf("generator: %d steps: %w", len(steps), ErrGrey)
	}
	k := len(steps[0])
	g := make([][]float64, k+1)
	for i := range g {
		g[i] = make([]float64, k+1)
	}
	for i := range k {
		spent := 0.0
		for _, counts := range steps {
			for j := range k + 1 {
				// Who moves spends half of the step where it was.
				if j == i {
					spent += counts[i][j]
				} else {
					spent += counts[i][j] / 2
					g[i][j] += counts[i][j]
				}
				if j < k && j != i {
					spent += counts[j][i] / 2
				}
			}
		}
		for j := range g[i] {
			if j != i {
				g[i][j] = ratio(g[i][j], spent)
				g[i][i] -= g[i][j]
			}
		}
	}
	return g, nil
}

// Exponential is exp(m t) of a square matrix.
func Exponential(m [][]float64, t float64) [][]float64 {
	k := len(m)
	d, out := mat.NewDense(k, k, nil), mat.NewDense(k, k, nil)
	for i := range m {
		for j, v := range m[i] {
			d.Set(i, j, v*t)
		}
	}
	out.Exp(d)
	e := make([][]float64, k)
	for i := range e {
		e[i] = append([]float64(nil), out.RawRowView(i)...)
	}
	return e
}

// DurationBand is [AalenJohansen]'s default probability by grade with a bootstrap band: every row of every step is drawn
// anew by Poisson.
func DurationBand(steps [][][]float64, draws int, confidence float64, seed uint64) ([]Band, error) {
	point, err := AalenJohansen(steps)
	if err != nil {
		return nil, err
	}
	k := len(point) - 1
	src := rand.NewPCG(seed, 0x407)
	all := make([][]float64, k)
	for range draws {
		drawn := make([][][]float64, len(steps))
		for s, counts := range steps {
			drawn[s] = make([][]float64, k)
			for i, row := range counts {
				drawn[s][i] = make([]float64, k+1)
				for j := range k + 1 {
					drawn[s][i][j] = poisson(row[j], src)
				}
			}
		}
		m, err := AalenJohansen(drawn)
		if err != nil {
			return nil, err
		}
		for i := range k {
			all[i] = append(all[i], m[i][k])
		}
	}
	out := make([]Band, k)
	for i := range out {
		out[i].Value = point[i][k]
		out[i].Lo, out[i].Hi = percentiles(all[i], confidence)
	}
	return out, nil
}

func identity(k int) [][]float64 {
	m := make([][]float64, k)
	for i := range m {
		m[i] = make([]float64, k)
		m[i][i] = 1
	}
	return m
}

func times(a, b [][]float64) [][]float64 {
	out := make([][]float64, len(a))
	for i := range a {
		out[i] = make([]float64, len(b[0]))
		for j := range out[i] {
			for k := range b {
				out[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return out
}
