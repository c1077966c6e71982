package models

import (
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"pgregory.net/rapid"
)

func TestGoldenWoEAndPoints(t *testing.T) {
	good, bad := []float64{400, 300, 200, 100}, []float64{5, 10, 15, 20}
	want := []float64{1.386294, 0.405465, -0.405465, -1.386294}
	var bins []Bin
	for i := range good {
		woe := WoE(good[i], bad[i], 1000, 50, 0)
		if math.Abs(woe-want[i]) > 1e-6 {
			t.Errorf("WoE of bin %d is %.6f, want %.6f", i, woe, want[i])
		}
		bins = append(bins, Bin{Good: good[i], Bad: bad[i], WoE: woe})
	}
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"IV", IV(bins), 0.912870},
		{"factor", Factor, 28.853901}, {"offset", Offset, 487.122876},
		{"score of PD 2 %", math.Round(ScoreOf(0.02)*1e4) / 1e4, 599.4171},
		{"score of PD 10 %", math.Round(ScoreOf(0.10)*1e4) / 1e4, 550.5214},
		{"PD of 560", expit((Offset - 560) / Factor), 0.074074},
	} {
		if math.Abs(c.got-c.want) > 1e-6 {
			t.Errorf("%s is %.6f, want %.6f", c.what, c.got, c.want)
		}
	}
}

// value prices a partition as merge does; ok is whether it may stand.
func (m merging) value(fine []mass, starts []int, direction int) (float64, bool) {
	total, turns, last := 0.0, 0, 0.0
	way := 0
	for i, start := range starts {
		end := len(fine)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		c := mass{}
		for _, f := range fine[start:end] {
			c = c.plus(f)
		}
		if c.n() < m.leastRows {
			return 0, false
		}
		if c.n() < m.minRows || c.bad < m.minBad || c.good < m.minGood {
			total -= m.perLight
		}
		total += c.likelihood() - m.perBin
		if i > 0 && c.rate() != last {
			now := 1
			if c.rate() < last {
				now = -1
			}
			if way != 0 && now != way {
				turns++
			}
			way = now
			if direction*now < 0 {
				return 0, false
			}
		}
		last = c.rate()
	}
	if turns > 1 || turns == 1 && direction != 0 {
		return 0, false
	}
	return total - float64(turns)*m.perTurn, true
}

func TestMergeFindsTheBestOfAllPartitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fine := make([]mass, rapid.IntRange(2, 8).Draw(t, "bins"))
		for i := range fine {
			fine[i] = mass{float64(rapid.IntRange(0, 40).Draw(t, "good")), float64(rapid.IntRange(0, 20).Draw(t, "bad"))}
		}
		m := merging{minRows: float64(rapid.IntRange(1, 30).Draw(t, "rows")), minBad: 2, minGood: 2, perBin: 1, perTurn: float64(rapid.IntRange(0, 10).Draw(t, "turn")),
			leastRows: float64(rapid.IntRange(0, 15).Draw(t, "least")), perLight: float64(rapid.IntRange(0, 6).Draw(t, "light"))}
		direction := rapid.IntRange(-1, 1).Draw(t, "direction")
		best, found := math.Inf(-1), false
		for cuts := range 1 << (len(fine) - 1) {
			starts := []int{0}
			for i := range len(fine) - 1 {
				if cuts>>i&1 == 1 {
					starts = append(starts, i+1)
				}
			}
			if v, ok := m.value(fine, starts, direction); ok && v > best {
				best, found = v, true
			}
		}
		starts := m.merge(fine, direction)
		got, ok := m.value(fine, starts, direction)
		switch {
		case !found && !slices.Equal(starts, []int{0}):
			t.Fatalf("no partition may stand, got %v", starts)
		case found && (!ok || got < best-1e-9):
			t.Fatalf("%v is worth %v (%v), the best is worth %v", starts, got, ok, best)
		}
	})
}

func TestFineBins(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name   string
		values []float64
		limit  int
		want   []float64
	}{
		{"constant", []float64{3, 3, 3}, 10, nil},
		{"nothing but missing", []float64{math.NaN()}, 10, nil},
		{"a bin per value, edges midway", []float64{1, 2, 2, 4}, 10, []float64{1.5, 3}},
		{"as many rows in each", []float64{1, 2, 3, 4, 5, 6, 7, 8}, 4, []float64{2.5, 4.5, 6.5}},
		{"a heavy value by itself", []float64{0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6}, 4, []float64{0.5, 2.5, 4.5}},
		{"infinite values", []float64{-inf, 0, inf}, 10, []float64{-math.MaxFloat64, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := fineEdges(c.values, nil, allRows(len(c.values)), nil, c.limit); !slices.Equal(got, c.want) {
				t.Errorf("edges %v, want %v", got, c.want)
			}
		})
	}
}

// A missing value, a special value and a text weigh in scoring what their bins weighed in fitting.
func TestBinsAreTheSameInFitAndScore(t *testing.T) {
	in := aBook(3000, 1)
	g := bookGrid(t, in)
	s := &Scorecard{Columns: in.Columns, Binning: DefaultBinning}
	if err := s.Fit(g); err != nil {
		t.Fatal(err)
	}
	m := g.matrix()
	for i, f := range s.Features() {
		bind := f.bind(&m.cols[i])
		of := make([]mass, len(f.Bins))
		for row := range m.rows {
			if bin := bind(row); bin >= 0 {
				of[bin].add(in.Default[row], 1)
			}
		}
		bad, good := 0.0, 0.0
		for b, bin := range f.Bins {
			if of[b] != (mass{bin.Good, bin.Bad}) {
				t.Errorf("%s bin %d: fitted on %v good and %v bad, scoring puts %+v there", f.Name, b, bin.Good, bin.Bad, of[b])
			}
			good, bad = good+bin.Good, bad+bin.Bad
		}
		for b, bin := range f.Bins {
			if f.Dropped == "constant" || bin.Good+bin.Bad == 0 {
				continue
			}
			if want := WoE(bin.Good, bin.Bad, good, bad, 0.5); math.Abs(bin.WoE-want) > 1e-12 {
				t.Errorf("%s bin %d: WoE %v, want %v", f.Name, b, bin.WoE, want)
			}
		}
	}
	use := s.Features()[0]
	if missing := use.Bins[use.Missing]; missing.Good+missing.Bad != 300 {
		t.Errorf("%v rows in the missing bin, want 300", missing.Good+missing.Bad)
	}
	late := s.Features()[1]
	if special := late.Bins[len(late.Edges)+1]; special.Good+special.Bad != 429 {
		t.Errorf("%v rows in the bin of -1, want 429", special.Good+special.Bad)
	}
	for i := 1; i <= len(use.Edges); i++ {
		if use.Bins[i].WoE > use.Bins[i-1].WoE || use.Bins[i].Lift < use.Bins[i-1].Lift {
			t.Errorf("utilisation bin %d turns against the direction: %+v after %+v", i, use.Bins[i], use.Bins[i-1])
		}
	}
	if constant := s.Features()[3]; constant.Dropped != "constant" {
		t.Errorf("the constant is dropped for %q", constant.Dropped)
	}
	if noise := s.Features()[2]; noise.IV > 0.03 {
		t.Errorf("noise has IV %v", noise.IV)
	}
}

func TestTwinsAndNoiseAreLeftOut(t *testing.T) {
	n := 2000
	x, twin, unrelated, label := make([]float64, n), make([]float64, n), make([]float64, n), make([]uint8, n)
	for i := range x {
		x[i] = float64(i % 100)
		twin[i] = 2*x[i] + 1
		unrelated[i] = float64(i / 100 % 7)
		if i*31%100 < i%100*6/10 {
			label[i] = 1
		}
	}
	names := []string{"x", "twin", "unrelated"}
	g, err := NewGrid(newRecord(names, []arrow.Array{float64Array(x), float64Array(twin), float64Array(unrelated)}), names, label)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Release()
	s := &Scorecard{Binning: DefaultBinning}
	if err := s.Fit(g); err != nil {
		t.Fatal(err)
	}
	var dropped []string
	for _, f := range s.Features() {
		dropped = append(dropped, f.Dropped)
	}
	if want := []string{"", "correlated", "iv"}; !slices.Equal(dropped, want) && !slices.Equal(dropped, []string{"", "correlated", "constant"}) {
		t.Errorf("dropped %q, want %q", dropped, want)
	}
}

func TestInOrder(t *testing.T) {
	rising := []float64{1, 3, 2, 2, 5}
	inOrder(rising, []float64{1, 1, 1, 2, 1}, +1)
	if want := []float64{1, 2.25, 2.25, 2.25, 5}; !slices.Equal(rising, want) {
		t.Errorf("got %v, want %v", rising, want)
	}
	falling := []float64{1, 3}
	inOrder(falling, []float64{1, 3}, -1)
	if want := []float64{2.5, 2.5}; !slices.Equal(falling, want) {
		t.Errorf("got %v, want %v", falling, want)
	}
}

// x rises with z, which drives defaults, but at the same z more of x means less risk: left to itself the joint adjustment
// would give x points against its direction.
func TestJointAdjustmentKeepsDirections(t *testing.T) {
	n := 6000
	z, x, label := make([]float64, n), make([]float64, n), make([]uint8, n)
	for i := range label {
		z[i] = float64(i * 31 % 10)
		x[i] = math.Floor((z[i] + float64(i*17%7)) / 3)
		if float64(i*7919%1000)/1000 < expit(z[i]-0.8*x[i]-3) {
			label[i] = 1
		}
	}
	names := []string{"z", "x"}
	g, err := NewGrid(newRecord(names, []arrow.Array{float64Array(z), float64Array(x)}), names, label)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Release()
	fall := func(direction int) float64 {
		s := &Scorecard{Columns: []Column{{Name: "x", Direction: direction}}, Binning: DefaultBinning}
		if err := s.Fit(g); err != nil {
			t.Fatal(err)
		}
		f, most := s.Features()[1], 0.0
		for b := 1; b <= len(f.Edges); b++ {
			most = max(most, f.Bins[b-1].Lift-f.Bins[b].Lift)
		}
		return most
	}
	if free := fall(0); free < 0.1 {
		t.Errorf("without a direction the lifts of x fall by %v at most, the case shows nothing", free)
	}
	if bound := fall(+1); bound > 1e-12 {
		t.Errorf("with direction +1 the lifts of x fall by %v", bound)
	}
}
