package warnings

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The cut is that of scikit-learn's roc_curve with the largest tpr - fpr.
func TestYouden(t *testing.T) {
	pds := []float64{.31, .43, .15, .15, .18, .14, .03, .24, .06, .49, .38, .24, .11, .05, .07, .1, .14, .09, .1, .14, .25, .08, .11, .25, .06, .08, .11, .15, .21, .16,
		.21, .55, .19, .16, .22, .17, .31, .04, .08, .19, .16, .11, .17, .28, .09, .13, .27, .09, .09, .19, .14, .13, .28, .37, .29, .49, .07, .14, .08, .16}
	bad := []int{1, 1, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}
	flags := make([]bool, len(bad))
	for i, b := range bad {
		flags[i] = b == 1
	}
	for _, c := range []struct {
		name string
		pds  []float64
		bad  []bool
		want float64
	}{
		{"sixty firms", pds, flags, 0.18}, // J = 0.541667
		{"apart", []float64{0.01, 0.02, 0.3, 0.4}, []bool{false, false, true, true}, 0.3},
		{"two cuts as good, by hand", []float64{0.1, 0.2, 0.3, 0.4}, []bool{true, false, true, false}, null}, // no cut beats chance
		{"of equals the highest", []float64{0.1, 0.2, 0.3, 0.4}, []bool{false, true, false, true}, 0.4},
		{"the wrong way round", []float64{0.4, 0.1}, []bool{false, true}, null},
		{"no default", []float64{0.4, 0.1}, []bool{false, false}, null},
		{"nothing else", []float64{0.4}, []bool{true}, null},
	} {
		if got := youden(c.pds, c.bad); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// As numpy.percentile has it.
func TestPercentile(t *testing.T) {
	twenty := make([]float64, 20)
	for i := range twenty {
		twenty[i] = float64(i)
	}
	for _, c := range []struct {
		xs    []float64
		share float64
		want  float64
	}{{[]float64{1, 2, 3, 4, 10}, 0.9, 7.6}, {twenty, 0.9, 17.1}, {twenty, 1, 19}, {[]float64{5}, 0.9, 5}} {
		if got := percentile(c.xs, c.share); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v at %v: %v, want %v", c.xs, c.share, got, c.want)
		}
	}
}

// A cell with twenty defaults of its own cuts where they tell, one with nineteen at the percentile of tonight.
func TestTriggerIsLearntFromOwnDefaults(t *testing.T) {
	firms := []customer{{"c1", "", "steel", "Hebei", set{"pd_12m": 0.02}}}
	for i := range 19 {
		firms = append(firms, customer{fmt.Sprint("p", i), "", "steel", "Hebei", nil})
	}
	past := func(defaults int) (all []Outcome) {
		for range defaults {
			all = append(all, Outcome{"steel", "medium", "Hebei", 0.05, true})
		}
		for range 300 {
			all = append(all, Outcome{"steel", "medium", "Hebei", 0.03, false})
		}
		return all
	}
	for defaults, want := range map[int]float64{19: 0.01, 20: 0.05} {
		p := catalogue()
		j, err := prepare(Night{AsOf: monday, Book: bookOf(firms...), Outcomes: past(defaults)}, p)
		if err != nil {
			t.Fatal(err)
		}
		if got := j.peers.trigger(j.book.peer(0)); math.Abs(got-want) > 1e-12 {
			t.Errorf("%d defaults: trigger %v, want %v", defaults, got, want)
		}
	}
}

func TestTriggerWidensItsCell(t *testing.T) {
	var firms []customer
	for i := range 40 { // ten in each of four regions, twenty in each industry
		firms = append(firms, customer{fmt.Sprint("c", i), "", []string{"steel", "retail"}[i%2], fmt.Sprint("region ", i%4), set{"pd_12m": 0.01 + 0.01*float64(i%2)}})
	}
	firms = append(firms, customer{"new", "", "mining", "", nil}, customer{"failed", "", "steel", "region 0", set{"pd_12m": 1}})
	j, err := prepare(Night{AsOf: monday, Book: bookOf(firms...)}, catalogue())
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range map[int]float64{0: 0.01, 1: 0.02, 40: 0.02} { // the last by the whole book
		if got := j.peers.trigger(j.book.peer(row)); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: trigger %v, want %v", firms[row].id, got, want)
		}
	}
	mixed := rand.New(rand.NewPCG(1, 2)).Perm(len(firms))
	again, err := prepare(Night{AsOf: monday, Book: shuffled(bookOf(firms...), mixed)}, catalogue())
	if err != nil {
		t.Fatal(err)
	}
	if a, b := j.peers.trigger(j.book.peer(0)), again.peers.trigger(again.book.peer(slices.Index(mixed, 0))); a != b {
		t.Errorf("trigger %v, in another order %v", a, b)
	}
}
