package models

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"github.com/sjwhitworth/golearn/base"
	"golang.org/x/sync/errgroup"
)

// A Forest is a bag of golearn's ID3 trees. Each tree is grown by golearn on a sample of rows whose columns are
// quantised, with splits proposed by a rule of ours that is fast, seeded and bounded in depth; golearn's own forest
// draws from a global source inside goroutines and so never gives the same trees twice.
//
// A row's default rate is the mean over the trees of the rate, among all training rows, of the leaf it falls into:
// votes lose a good deal of ranking. Rates of a bag crowd towards the middle; an intercept and a slope learnt on each
// row from the trees that did not see it undo that.
type Forest struct {
	Columns     []Column // their directions are kept by every split
	Trees       int      // 0: by the number of rows
	RowsPerTree int
	Seed        uint64

	fitted *wood
	apart  []float64 // per row of the fit: log-odds by the trees that do not know its customer
}

// Bounds of every tree.
const (
	treeDepth   = 12
	treeMinLeaf = 3 // rows of the sample
	leafWeight  = 3 // rows' worth of the parent's rate added to a leaf's own
)

// treesFor returns how many trees a table of so many rows gets: of few rows each tree is small and unlike the others, and
// more of them cost little.
func treesFor(rows int) int { return min(max(120, 1_200_000/max(1, rows)), 400) }

// wood is a fitted forest.
type wood struct {
	Codes     encoding    `json:"codes,omitempty"`
	Columns   []Quantiser `json:"columns"`
	Trees     []flatTree  `json:"trees"`
	Intercept float64     `json:"intercept"`
	Slope     float64     `json:"slope"`
}

func (f *Forest) fit(plain *matrix, y []uint8, all []int) error {
	m, rows := plain, plain.counted(all)
	total := count{}
	for _, row := range rows {
		total.add(y[row])
	}
	if total.good == 0 || total.bad == 0 {
		return fmt.Errorf("forest: %d rows paid, %d defaulted: %w", total.good, total.bad, ErrOneClass)
	}
	n := f.Trees
	if n == 0 {
		n = treesFor(len(rows))
	}
	w := &wood{Trees: make([]flatTree, n)}
	w.Codes, m = encode(m, y, rows)
	w.Columns = make([]Quantiser, len(m.names))
	each(len(m.names), func(i int) { w.Columns[i] = newQuantiser(&m.cols[i], m.names[i], y, rows) })
	s := newSample(w.Columns, columnsFor(m.names, f.Columns), m, y, rows, f.RowsPerTree)
	known := make([][]bool, n)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := range w.Trees {
		group.Go(func() error {
			// The source depends on the tree alone, so that it does not matter which goroutine grows it.
			source := rand.New(rand.NewPCG(f.Seed, uint64(k)))
			places, knows := s.draw(f.RowsPerTree, source)
			tree, err := s.grow(places, source.Uint64())
			if err != nil {
				return fmt.Errorf("forest: tree %d: %w", k+1, err)
			}
			tree.rate(s)
			w.Trees[k], known[k] = tree, knows
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	outOfBag := w.outOfBag(s, known)
	w.stretch(s, outOfBag)
	f.fitted, f.apart = w, make([]float64, len(rows))
	for i, eta := range outOfBag {
		if math.IsNaN(eta) {
			eta = w.ofLevels(s.levels[i])
		} else {
			eta = w.Intercept + w.Slope*eta
		}
		f.apart[s.row[i]] = eta
	}
	var err error
	f.apart, err = spread(f, plain, all, rows, f.apart)
	return err
}

// outOfBag returns every row's log-odds of the mean rate over the trees that do not know it, the outcomes of the row, or
// of all rows of its customer, taken out of their leaves; NaN where every tree knows the row.
func (w *wood) outOfBag(s *sample, known [][]bool) []float64 {
	var groups [][]int // rows of one customer, in the order of their first
	if s.customer == nil {
		for i := range s.y {
			groups = append(groups, []int{i})
		}
	} else {
		of := map[uint64]int{}
		for i, c := range s.customer {
			g, ok := of[c]
			if !ok {
				g = len(groups)
				of[c], groups = g, append(groups, nil)
			}
			groups[g] = append(groups[g], i)
		}
	}
	eta := make([]float64, len(s.y))
	judge := func(groups [][]int) {
		n, d, rate := make([][]int32, len(w.Trees)), make([][]int32, len(w.Trees)), []float64(nil)
		for k := range w.Trees {
			n[k], d[k] = make([]int32, len(w.Trees[k].N)), make([]int32, len(w.Trees[k].N))
		}
		for _, rows := range groups {
			rate = append(rate[:0], make([]float64, len(rows))...)
			trees := 0
			for k := range w.Trees {
				t := &w.Trees[k]
				if known[k][rows[0]] {
					continue
				}
				trees++
				for _, i := range rows {
					t.visit(s.levels[i], func(node int32) { n[k][node] += s.weight[i]; d[k][node] += s.weight[i] * int32(s.y[i]) })
				}
				for j, i := range rows {
					rate[j] += t.without(s.levels[i], n[k], d[k], s.repeats*s.unit)
				}
				for _, i := range rows {
					t.visit(s.levels[i], func(node int32) { n[k][node], d[k][node] = 0, 0 })
				}
			}
			for j, i := range rows {
				if eta[i] = math.NaN(); trees > 0 {
					eta[i] = boundedLogit(rate[j] / float64(trees))
				}
			}
		}
	}
	parts := slices.Collect(slices.Chunk(groups, 1000))
	each(len(parts), func(i int) { judge(parts[i]) })
	return eta
}

// stretch fits the outcome to the out-of-bag log-odds.
func (w *wood) stretch(s *sample, outOfBag []float64) {
	r := ridge{p: 1, penalty: []float64{1e-6}}
	total := [2]int64{}
	for i, y := range s.y {
		if !math.IsNaN(outOfBag[i]) && s.weight[i] > 0 {
			r.x, r.y, r.weight = append(r.x, outOfBag[i]), append(r.y, y), append(r.weight, float64(s.weight[i])/s.unit)
			total[y] += int64(s.weight[i])
		}
	}
	w.Intercept, w.Slope = 0, 1
	if total[0] == 0 || total[1] == 0 {
		return
	}
	if beta := r.fit([]float64{0, 1}); beta[1] > 0 { // else too small or too plain a table to learn it from
		w.Intercept, w.Slope = beta[0], beta[1]
	}
}

func boundedLogit(p float64) float64 { return logit(min(max(p, 1e-6), 1-1e-6)) }

type forestScorer struct {
	*wood
	levels []func(row int) uint8
	root   float64 // mean rate over the rows fitted to
	walk   *shapWalk
}

func (f *Forest) bind(m *matrix) (scorer, error) {
	if f.fitted == nil {
		return nil, errNotFitted
	}
	s := forestScorer{wood: f.fitted, walk: newShapWalk(len(m.cols))}
	m = s.Codes.apply(m)
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = c.Name
	}
	if err := wants(names, m); err != nil {
		return nil, err
	}
	for i := range s.Columns {
		q := &s.Columns[i]
		if q.Text != (m.cols[i].numbers == nil) {
			return nil, fmt.Errorf("feature %q: text is %v, want %v: %w", q.Name, !q.Text, q.Text, ErrFeatures)
		}
		s.levels = append(s.levels, q.bind(&m.cols[i]))
	}
	for k := range s.Trees {
		s.root += s.Trees[k].mean(0)
	}
	s.root /= float64(len(s.Trees))
	return s, nil
}

func (s forestScorer) base() float64 { return s.Intercept + s.Slope*boundedLogit(s.root) }

func (s forestScorer) row(row int, into []uint8) {
	for i, level := range s.levels {
		into[i] = level(row)
	}
}

func (s forestScorer) logOdds(row int) float64 {
	var few [128]uint8
	levels := few[:0]
	for _, level := range s.levels {
		levels = append(levels, level(row))
	}
	return s.ofLevels(levels)
}

func (w *wood) ofLevels(levels []uint8) float64 {
	sum := 0.0
	for k := range w.Trees {
		t := &w.Trees[k]
		sum += t.Rate[t.leaf(levels)]
	}
	return w.Intercept + w.Slope*boundedLogit(sum/float64(len(w.Trees)))
}

// addends are the exact Shapley values of the mean leaf rate, all scaled by one factor that is never negative, so that
// they add up to the row's log-odds.
func (s forestScorer) addends(row int, into []float64) float64 {
	clear(into)
	levels := make([]uint8, len(s.levels))
	s.row(row, levels)
	rate := 0.0
	for k := range s.Trees {
		t := &s.Trees[k]
		s.walk.shapley(t, levels, into)
		rate += t.Rate[t.leaf(levels)]
	}
	n := float64(len(s.Trees))
	rate /= n
	eta := s.Intercept + s.Slope*boundedLogit(rate)
	scale := s.Slope / (s.root * (1 - s.root)) // the limit where the row's rate is the book's
	if math.Abs(rate-s.root) > 1e-9 {
		scale = (eta - s.base()) / (rate - s.root)
	}
	for i := range into {
		into[i] *= scale / n
	}
	return eta
}

func (f *Forest) name() string { return "forest" }

func (f *Forest) again() Learner {
	return &Forest{Columns: f.Columns, Trees: f.Trees, RowsPerTree: f.RowsPerTree, Seed: f.Seed}
}

func (f *Forest) unseen() []float64 { return f.apart }

// Fit implements base.Classifier.
func (f *Forest) Fit(from base.FixedDataGrid) error { return fitGrid(f, from) }

// Predict implements base.Classifier.
func (f *Forest) Predict(from base.FixedDataGrid) (base.FixedDataGrid, error) {
	return predict(f, from)
}

// LogOdds implements Learner.
func (f *Forest) LogOdds(from base.FixedDataGrid) ([]float64, error) { return logOddsOf(f, from) }

// Explain implements Learner.
func (f *Forest) Explain(from base.FixedDataGrid) (Explanation, error) { return explain(f, from) }

// Save implements base.Classifier.
func (f *Forest) Save(path string) error { return save(f, path) }

// Load implements base.Classifier.
func (f *Forest) Load(path string) error { return load(f, path) }

// SaveWithPrefix implements base.Classifier.
func (f *Forest) SaveWithPrefix(w *base.ClassifierSerializer, prefix string) error {
	return saveWithPrefix(f, w, prefix)
}

// LoadWithPrefix implements base.Classifier.
func (f *Forest) LoadWithPrefix(r *base.ClassifierDeserializer, prefix string) error {
	return loadWithPrefix(f, r, prefix)
}

// GetMetadata implements base.Classifier.
func (f *Forest) GetMetadata() base.ClassifierMetadataV1 { return metadata(f) }

// String names the forest's size.
func (f *Forest) String() string {
	if f.fitted == nil {
		return "Forest(not fitted)"
	}
	var b bytes.Buffer
	nodes := 0
	for _, t := range f.fitted.Trees {
		nodes += len(t.Rate)
	}
	fmt.Fprintf(&b, "Forest(%d trees, %d nodes, %d columns)", len(f.fitted.Trees), nodes, len(f.fitted.Columns))
	return b.String()
}

// MarshalJSON implements Learner.
func (f *Forest) MarshalJSON() ([]byte, error) {
	if f.fitted == nil {
		return nil, fmt.Errorf("forest: %w", errNotFitted)
	}
	return json.Marshal(f.fitted)
}

// UnmarshalJSON implements Learner.
func (f *Forest) UnmarshalJSON(b []byte) error {
	w := &wood{}
	if err := json.Unmarshal(b, w); err != nil {
		return fmt.Errorf("forest: %w", err)
	}
	if !w.Codes.whole() {
		return errors.New("forest: texts without a rate")
	}
	for k := range w.Trees {
		if err := w.Trees[k].check(len(w.Columns)); err != nil {
			return fmt.Errorf("forest: tree %d: %w", k+1, err)
		}
	}
	f.fitted = w
	return nil
}
