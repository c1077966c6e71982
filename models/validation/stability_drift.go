package validation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mat"
)

// drift settings: trees are few and small, so that they find a change and not the sample.
const (
	driftRounds = 40
	driftRate   = 0.3
	driftBins   = 16
)

// DriftRanking tells rows of then from rows of now by boosted trees of two levels (logistic loss, bins of the joint
// quantiles, missing a bin of its own), each half of the rows judged by trees learnt on the other half. AUC 0.5 means that nothing tells them
// apart. Columns are features; a NaN is missing. Then and now are mostly the same customers, hardly changed: were the two rows
// of one parted, a surplus in one half would be a lack in the other and hide the drift. Rows that are near lie in one half.
func DriftRanking(then, now [][]float64, seed uint64) (Ranking, error) {
	if len(then) != len(now) || len(then) == 0 || len(then[0]) < 10 || len(now[0]) < 10 {
		return Ranking{}, fmt.Errorf("drift: %d and %d features, want some with ten rows each: %w", len(then), len(now), ErrGrey)
	}
	a, b := len(then[0]), len(now[0])
	outcome := make([]uint8, a+b)
	for i := a; i < a+b; i++ {
		outcome[i] = 1
	}
	bins := make([][]uint8, len(then))
	for k := range then {
		bins[k] = binned(joined(then[k], now[k]))
	}
	half := halves(bins, seed)
	score := make([]float64, a+b)
	for side := range uint8(2) {
		boostTrees(bins, outcome, half, side, score)
	}
	// The halves have scales of their own; ranks within each make them one.
	var rows [2][]int
	for i, h := range half {
		rows[h] = append(rows[h], i)
	}
	for _, list := range rows {
		part := make([]float64, len(list))
		for k, i := range list {
			part[k] = score[i]
		}
		for k, v := range WithinRanks(part) {
			score[list[k]] = v
		}
	}
	return Rank(score, outcome)
}

// halves parts rows so that near ones stay together: space is cut at random through its middle into cells, and the cells, the
// fullest first, go to the half that is smaller so far. Where that leaves a half without a third of the rows they are drawn.
func halves(bins [][]uint8, seed uint64) []uint8 {
	const cuts = 7
	r := rand.New(rand.NewPCG(seed, 0x905))
	n := len(bins[0])
	cell := make([]int, n)
	along := make([]float64, n)
	for c := range cuts {
		for i := range along {
			along[i] = 0
		}
		for _, column := range bins {
			w := r.NormFloat64()
			for i, v := range column {
				along[i] += w * float64(v)
			}
		}
		s := slices.Clone(along)
		slices.Sort(s)
		for i, v := range along {
			if v >= s[n/2] {
				cell[i] |= 1 << c
			}
		}
	}
	var size [1 << cuts]int
	for _, c := range cell {
		size[c]++
	}
	order := make([]int, len(size))
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return size[b] - size[a] })
	var side [1 << cuts]uint8
	var total [2]int
	for _, c := range order {
		if total[1] < total[0] {
			side[c] = 1
		}
		total[side[c]] += size[c]
	}
	half := make([]uint8, n)
	if min(total[0], total[1]) < n/3 {
		for k, i := range r.Perm(n) {
			half[i] = uint8(k % 2)
		}
		return half
	}
	for i, c := range cell {
		half[i] = side[c]
	}
	return half
}

// binned numbers values by quantile: 0 is missing.
func binned(x []float64) []uint8 {
	var s []float64
	for _, v := range x {
		if !math.IsNaN(v) {
			s = append(s, v)
		}
	}
	sort.Float64s(s)
	var edges []float64
	for k := 1; k < driftBins && len(s) > 0; k++ {
		if e := s[k*len(s)/driftBins]; len(edges) == 0 || e > edges[len(edges)-1] {
			edges = append(edges, e)
		}
	}
	out := make([]uint8, len(x))
	for i, v := range x {
		if !math.IsNaN(v) {
			out[i] = uint8(1 + sort.Search(len(edges), func(k int) bool { return edges[k] > v }))
		}
	}
	return out
}

// A stump parts rows by one feature.
type stump struct {
	feature, cut int  // bins below cut go left
	missingLeft  bool // so do missing values
	gain         float64
	left, right  float64 // steps
}

func (s stump) goesLeft(bin uint8) bool {
	if bin == 0 {
		return s.missingLeft
	}
	return int(bin) < s.cut
}

// boostTrees learns trees of two levels on the rows of one half and adds their scores to those of the other.
func boostTrees(bins [][]uint8, outcome, half []uint8, side uint8, score []float64) {
	f := make([]float64, len(outcome))
	node := make([]uint8, len(outcome))
	for range driftRounds {
		for i := range node {
			node[i] = 0
		}
		root := bestStump(bins, outcome, f, half, side, node, 0)
		if root.gain <= 0 {
			return
		}
		for i, v := range bins[root.feature] {
			node[i] = 2
			if root.goesLeft(v) {
				node[i] = 1
			}
		}
		leaves := [3]stump{}
		for k := uint8(1); k <= 2; k++ {
			leaves[k] = bestStump(bins, outcome, f, half, side, node, k)
		}
		for i := range f {
			leaf, step := leaves[node[i]], root.right
			switch {
			case leaf.gain <= 0 && node[i] == 1:
				step = root.left
			case leaf.gain > 0 && leaf.goesLeft(bins[leaf.feature][i]):
				step = leaf.left
			case leaf.gain > 0:
				step = leaf.right
			}
			f[i] += driftRate * step
			if half[i] != side {
				score[i] += driftRate * step
			}
		}
	}
}

// bestStump is the stump of most gain on the rows of a node, of those that leave some weight on both sides.
func bestStump(bins [][]uint8, outcome []uint8, f []float64, half []uint8, side uint8, node []uint8, of uint8) (best stump) {
	const least = 5 // weight of a side: some twenty rows
	var rows []int32
	var gradient, weight []float64
	sg, sh := 0.0, 0.0
	for i := range f {
		if half[i] == side && node[i] == of {
			p := logistic(f[i])
			rows, gradient, weight = append(rows, int32(i)), append(gradient, float64(outcome[i])-p), append(weight, p*(1-p))
			sg, sh = sg+float64(outcome[i])-p, sh+p*(1-p)
		}
	}
	worth := func(g, h float64) float64 { return g * g / (h + 1) }
	for k, column := range bins {
		var g, h [driftBins + 2]float64
		for r, i := range rows {
			v := column[i]
			g[v] += gradient[r]
			h[v] += weight[r]
		}
		for _, missingLeft := range []bool{false, true} {
			lg, lh := 0.0, 0.0
			if missingLeft {
				if h[0] == 0 {
					continue
				}
				lg, lh = g[0], h[0]
			}
			for c := 1; c <= driftBins+1; c++ {
				if w := worth(lg, lh) + worth(sg-lg, sh-lh) - worth(sg, sh); w > best.gain+1e-12 && lh >= least && sh-lh >= least {
					best = stump{k, c, missingLeft, w, lg / (lh + 1), (sg - lg) / (sh - lh + 1)}
				}
				lg, lh = lg+g[c], lh+h[c]
			}
		}
	}
	return best
}

// Reconstruction is how much worse the main directions of then describe now: the mean distance of now's rows from their
// projection, in standard deviations of that distance then. Features are standardised by then, missing is the mean; the
// directions are those that hold 65 % of the variance.
func Reconstruction(then, now [][]float64) (float64, error) {
	k := len(then)
	if k < 2 || len(then[0]) <= k || len(now) != k || len(now[0]) == 0 {
		return 0, fmt.Errorf("reconstruction: %d features: %w", k, ErrGrey)
	}
	scale := func(x, by []float64) []float64 {
		m, n := 0.0, 0.0
		for _, v := range by {
			if !math.IsNaN(v) {
				m, n = m+v, n+1
			}
		}
		m /= max(n, 1)
		s := 0.0
		for _, v := range by {
			if !math.IsNaN(v) {
				s += (v - m) * (v - m)
			}
		}
		s = math.Sqrt(s / max(n, 1))
		out := make([]float64, len(x))
		for i, v := range x {
			if !math.IsNaN(v) && s > 0 {
				out[i] = (v - m) / s
			}
		}
		return out
	}
	a, b := make([][]float64, k), make([][]float64, k)
	for i := range then {
		a[i], b[i] = scale(then[i], then[i]), scale(now[i], then[i])
	}
	cov := mat.NewSymDense(k, nil)
	for i := range k {
		for j := i; j < k; j++ {
			sum := 0.0
			for r := range a[i] {
				sum += a[i][r] * a[j][r]
			}
			cov.SetSym(i, j, sum/float64(len(a[i])))
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(cov, true) {
		return 0, fmt.Errorf("reconstruction: no main directions: %w", ErrGrey)
	}
	values := eig.Values(nil) // rising
	var vectors mat.Dense
	eig.VectorsTo(&vectors)
	total, held, first := 0.0, 0.0, k
	for _, v := range values {
		total += v
	}
	for held < 0.65*total && first > 1 {
		first--
		held += values[first]
	}
	errors := func(x [][]float64) []float64 {
		out := make([]float64, len(x[0]))
		for r := range out {
			all, kept := 0.0, 0.0
			for i := range x {
				all += x[i][r] * x[i][r]
			}
			for c := first; c < k; c++ {
				dot := 0.0
				for i := range x {
					dot += x[i][r] * vectors.At(i, c)
				}
				kept += dot * dot
			}
			out[r] = math.Sqrt(max(all-kept, 0))
		}
		return out
	}
	before, after := errors(a), errors(b)
	sd := math.Sqrt(covariance(before, before))
	if sd == 0 {
		return 0, fmt.Errorf("reconstruction: the main directions describe then completely: %w", ErrGrey)
	}
	return (mean(after) - mean(before)) / sd, nil
}
