package models

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"pgregory.net/rapid"

	"creditwatch/pipeline/asof"
)

// namesOnly is a book whose columns say who a customer is and nothing of the risk: every column is drawn once per
// customer, and so, independently, is whether all of its rows default.
func namesOnly(customers, cohorts int) TrainInput {
	source := rand.New(rand.NewPCG(11, 13))
	in := TrainInput{Options: Options{Trees: 20, RowsPerTree: 1000, Boost: quickBoost}}
	cols := make([][]float64, 8)
	for i := range customers {
		own := make([]float64, len(cols))
		for j := range own {
			own[j] = source.NormFloat64()
		}
		y := uint8(0)
		if source.Float64() < 0.15 {
			y = 1
		}
		for c := range cohorts {
			for j := range cols {
				cols[j] = append(cols[j], own[j]+0.01*source.NormFloat64())
			}
			in.Default, in.Customers = append(in.Default, y), append(in.Customers, fmt.Sprint("C", i))
			in.Cohorts = append(in.Cohorts, asof.MustParse("2024-01-31").AddMonths(c).MonthEnd())
		}
	}
	var names []string
	var arrays []arrow.Array
	for j := range cols {
		names, arrays = append(names, fmt.Sprint("f", j)), append(arrays, float64Array(cols[j]))
		in.Columns = append(in.Columns, Column{Name: names[j]})
	}
	in.Features = newRecord(names, arrays)
	return in
}

// Who learns names by heart must not be believed: where columns say nothing but who it is, no learner may seem to rank.
func TestMemoryOfCustomersIsNoSkill(t *testing.T) {
	in := namesOnly(300, 8)
	in.Holdout = make([]bool, len(in.Default))
	_, report := trained(t, in)
	for _, learner := range Learners {
		auc, _ := report.Value(learner, "calibration", "auc")
		loss, _ := report.Value(learner, "calibration", "log_loss")
		rate, _ := report.Value(learner, "calibration", "observed_rate")
		blind := -rate*math.Log(rate) - (1-rate)*math.Log(1-rate)
		if auc > 0.6 || loss < 0.97*blind {
			t.Errorf("%s: AUC %.3f and log loss %.4f on customers it cannot know; want up to 0.6, and about %.4f", learner, auc, loss, blind)
		}
	}
}

func TestHeldOutRowsAreNotDevelopedOn(t *testing.T) {
	for _, c := range []struct {
		name             string
		cohorts, horizon int
		inTime           bool
	}{
		{"one cohort: customers", 1, 12, false},
		{"a history shorter than the horizon: customers", 6, 12, false},
		{"a history of two years: cohorts with the horizon between", 24, 6, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := aBook(150, c.cohorts)
			in.Options.Horizon = c.horizon
			in.Options = in.Options.withDefaults()
			p := holdOut(in)
			if len(p.develop) == 0 || len(p.held) == 0 {
				t.Fatalf("%d rows to develop on, %d held out", len(p.develop), len(p.held))
			}
			apart(t, in, split{fit: p.develop, judge: p.held}, c.inTime)
			within := inner(in, in.outcomesOf(p.develop), p.develop)
			for _, s := range within.of {
				apart(t, in, s, !within.byCustomer)
			}
		})
	}
}

// apart fails the test where a customer, or in time an outcome, is on both sides of a split.
func apart(t *testing.T, in TrainInput, s split, inTime bool) {
	t.Helper()
	of, last := map[string]bool{}, asof.Date(math.MinInt32)
	for _, row := range s.fit {
		of[in.Customers[row]] = true
		last = max(last, in.Cohorts[row])
	}
	for _, row := range s.judge {
		if !inTime && of[in.Customers[row]] {
			t.Fatalf("customer %s is fitted to and judged by", in.Customers[row])
		}
		if inTime && in.Cohorts[row] < last.AddMonths(in.Options.Horizon) {
			t.Fatalf("cohort %s judges what was learnt from outcomes up to %s", in.Cohorts[row], last.AddMonths(in.Options.Horizon))
		}
	}
}

func TestTrainingIsTheSameOnOneProcessor(t *testing.T) {
	in := namesOnly(200, 6)
	want, _ := trained(t, in)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	m, _ := trained(t, in)
	sameModel(t, want, m)
}

func TestExactMeanDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-1e12, 1e12), 1, 200).Draw(t, "values")
		got, sum, size := exactMean(x), 0.0, 0.0
		for _, v := range x {
			sum += v / float64(len(x))
			size = max(size, math.Abs(v))
		}
		if math.Abs(got-sum) > 1e-9*size {
			t.Fatalf("mean %v, want %v", got, sum)
		}
		slices.Reverse(x)
		if again := exactMean(x); again != got {
			t.Fatalf("mean %v, in reverse %v", got, again)
		}
	})
}

// At the bounded optimum no coefficient is negative, the likelihood is flat along those above zero, and falls along
// those at zero.
func TestRisingCoefficientsAreTheBest(t *testing.T) {
	source := rand.New(rand.NewPCG(7, 9))
	const n, p, ridge = 1001, 5, 3.0
	x, y := make([]float64, n*p), make([]uint8, n)
	for i := range n {
		row := x[i*p : (i+1)*p]
		for a := range row {
			row[a] = source.NormFloat64()
		}
		row[4] = row[0] + 0.3*row[4] // says what the first column says, with a coefficient of the other sign
		if source.Float64() < expit(-1+1.2*row[0]+0.4*row[1]-0.8*row[2]-0.6*row[4]) {
			y[i] = 1
		}
	}
	beta, err := logistic(x, y, p, ridge, true)
	if err != nil {
		t.Fatal(err)
	}
	slope := make([]float64, p+1)
	for i := range n {
		row := x[i*p : (i+1)*p]
		r := float64(y[i]) - expit(linear(beta, row))
		slope[0] += r
		for a, v := range row {
			slope[a+1] += r * v
		}
	}
	zeros := 0
	for a := 1; a <= p; a++ {
		slope[a] -= ridge * beta[a]
		if beta[a] == 0 {
			zeros++
		}
	}
	for a, b := range beta {
		if a > 0 && (b < 0 || b == 0 && slope[a] > 1e-3) || (a == 0 || b > 0) && math.Abs(slope[a]) > 1e-3 {
			t.Errorf("coefficient %d is %v where the likelihood's slope is %v", a, b, slope[a])
		}
	}
	if zeros == 0 || zeros == p {
		t.Errorf("coefficients %v: want some at zero and some above, else the case shows nothing", beta)
	}
}
