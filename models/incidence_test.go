package models

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/pipeline/asof"
)

func TestKnownMonthsCountsWholeMonths(t *testing.T) {
	day := asof.MustParse
	for _, c := range []struct {
		name                    string
		cohort, read, defaulted string
		horizon                 int
		known, month            int
	}{
		{"nothing is known within the first month", "2024-01-31", "2024-02-28", "", 12, 0, 0},
		{"a month ends where February does", "2024-01-31", "2024-02-29", "", 12, 1, 0},
		{"the horizon is all there is to know", "2024-01-31", "2026-01-31", "", 12, 12, 0},
		{"a day before the horizon has passed", "2024-01-31", "2025-01-30", "", 12, 11, 0},
		{"a default on the last day of the second month", "2024-01-31", "2024-05-31", "2024-03-31", 12, 4, 2},
		{"a default on the day after it", "2024-01-31", "2024-05-31", "2024-04-01", 12, 4, 3},
		{"a default on the cohort's own day is none of its own", "2024-01-31", "2024-05-31", "2024-01-31", 12, 4, 0},
		{"a default in the month that has not ended", "2024-01-31", "2024-05-15", "2024-05-10", 12, 3, 0},
		{"a default beyond the horizon", "2024-01-31", "2025-06-30", "2025-02-01", 12, 12, 0},
		{"a horizon of one month", "2024-02-29", "2024-06-30", "2024-03-29", 1, 1, 1},
	} {
		defaulted := asof.Date(0)
		if c.defaulted != "" {
			defaulted = day(c.defaulted)
		}
		if known, month := KnownMonths(day(c.cohort), day(c.read), defaulted, c.horizon); known != c.known || month != c.month {
			t.Errorf("%s: default in month %d of %d known, want %d of %d", c.name, month, known, c.month, c.known)
		}
	}
}

// Reference: the product limit with its prior in numpy.
func TestIncidenceIsTheProductLimit(t *testing.T) {
	o := outcomes{}
	add := func(n int, known, month uint8) {
		for range n {
			o.known, o.month, o.y = append(o.known, known), append(o.month, month), append(o.y, min(month, 1))
		}
	}
	for k, failed := range []int{4, 1, 3, 0, 2, 1} {
		add(failed, 6, uint8(k+1))
		add([]int{16, 19, 12, 15, 8, 19}[k], uint8(k+1), 0)
	}
	f := o.incidence(allRows(len(o.y)), 6)
	want := []float64{0.036572438162544185, 0.06214032345746123, 0.09854669064814214, 0.12213420613743997, 0.15703208090580345, 0.18748484866365656}
	weights := []float64{0.16451296869207102, 0.2871447878409081, 0.47376622757575015, 0.6029405301959534, 0.8073142725518568, 1}
	for k := range want {
		if math.Abs(f[k]-want[k]) > 1e-12 {
			t.Errorf("in default by month %d: %.15f, want %.15f", k+1, f[k], want[k])
		}
		if got := f.weight(uint8(k+1), 0); math.Abs(got-weights[k]) > 1e-12 {
			t.Errorf("survivor of %d months counts for %.15f, want %.15f", k+1, got, weights[k])
		}
	}
	if f.weight(2, 1) != 1 || f.weight(0, 0) != 0 {
		t.Error("a default counts fully, and who was not seen at all not")
	}
}

// Whatever part of the horizon of a cohort has passed, its weighted default rate is expected to be that of the whole horizon.
func TestWeightsKeepTheRateOfTheHorizon(t *testing.T) {
	for _, f := range []incidence{{0.002, 0.005, 0.007, 0.012, 0.02, 0.023}, {0.1, 0.3, 0.35, 0.5, 0.6, 0.62}} {
		for m := 1; m <= len(f); m++ {
			failed := f[m-1]
			if rate := failed / (failed + (1-failed)*f.weight(uint8(m), 0)); math.Abs(rate-f[len(f)-1]) > 1e-12 {
				t.Errorf("%d months of %v: rate %v, want %v", m, f, rate, f[len(f)-1])
			}
		}
	}
}

// hazardBook is a book of monthly cohorts in which one value says how weak a customer is. Its hazard of a month is exp(value − 4.5), times
// what shape says of its weakness and the month ahead. Customers are read up to the last cohort plus one month.
func hazardBook(customers, cohorts int, seed uint64, shape func(value float64, month int) float64) TrainInput {
	source := rand.New(rand.NewPCG(seed, 9))
	first := asof.MustParse("2022-01-31")
	read := first.AddMonths(cohorts).MonthEnd()
	in := TrainInput{Columns: []Column{{Name: "weakness", Direction: 1}}, Options: Options{Learners: []string{"boosted"}, Horizon: 12}}
	var weakness []float64
	for c := range cohorts {
		cohort := first.AddMonths(c).MonthEnd()
		for i := range customers {
			v := source.NormFloat64() * 0.9
			failed := asof.Date(0)
			for k := 1; k <= 12 && failed == 0; k++ {
				if source.Float64() < min(0.9, math.Exp(v-4.5)*shape(v, k)) {
					failed = cohort.AddMonths(k)
				}
			}
			known, month := KnownMonths(cohort, read, failed, 12)
			weakness = append(weakness, v)
			in.Default, in.Known, in.Month = append(in.Default, uint8(min(month, 1))), append(in.Known, uint8(known)), append(in.Month, uint8(month))
			in.Cohorts, in.Customers = append(in.Cohorts, cohort), append(in.Customers, fmt.Sprint("C", c*customers+i))
		}
	}
	in.Features = newRecord([]string{"weakness"}, []arrow.Array{float64Array(weakness)})
	return in
}

func evenShape(float64, int) float64 { return 1 }

// Cohorts that are seen for a part of the horizon must neither pull PDs down, as survivors would, nor up, as defaults would.
func TestPartlyKnownCohortsKeepTheLevel(t *testing.T) {
	in := hazardBook(400, 14, 3, evenShape) // most cohorts are known in part
	in.Holdout = make([]bool, len(in.Default))
	m, _ := trained(t, in)
	scored, err := m.Score(in.Features)
	if err != nil {
		t.Fatal(err)
	}
	values := in.Features.Column(0)
	sum, want := 0.0, 0.0
	for i, s := range scored {
		sum += s.PD12M
		want += 1 - math.Pow(1-math.Exp(valueAt(values, i)-4.5), 12)
	}
	if ratio := sum / want; ratio < 0.93 || ratio > 1.07 {
		t.Errorf("mean PD is %.3f times the true one", ratio)
	}
	// Taken at their word, the labels of these cohorts would halve it.
	in.Known, in.Month = nil, nil
	m, _ = trained(t, in)
	scored, err = m.Score(in.Features)
	if err != nil {
		t.Fatal(err)
	}
	short := 0.0
	for _, s := range scored {
		short += s.PD12M
	}
	if short > 0.75*sum {
		t.Errorf("mean PD %.4f with labels at their word, %.4f by months: the case shows nothing", short/want, sum/want)
	}
}

// The weak default early, the strong late: PDs of each horizon must be those of the book, for the weak and for the strong.
func TestPDsOfEveryHorizonAreThoseOfTheBook(t *testing.T) {
	in := hazardBook(700, 30, 5, func(v float64, k int) float64 { return math.Exp(-0.12 * v * (float64(k) - 6.5)) })
	in.Options.Seed = 2
	m, report := trained(t, in)
	if m.Curve.Tilt >= 0 {
		t.Errorf("tilt %v: the weak should default sooner", m.Curve.Tilt)
	}
	scored, err := m.Score(in.Features)
	if err != nil {
		t.Fatal(err)
	}
	values := in.Features.Column(0)
	for _, part := range []struct {
		name      string
		low, high float64
	}{{"the strong", -9, 0}, {"the weak", 0.7, 9}} {
		var sum, want [4]float64
		for i, s := range scored {
			v := valueAt(values, i)
			if v < part.low || v > part.high {
				continue
			}
			alive := 1.0
			for k := 1; k <= 12; k++ {
				alive *= 1 - min(0.9, math.Exp(v-4.5)*math.Exp(-0.12*v*(float64(k)-6.5)))
				for h, months := range []int{1, 3, 6, 12} {
					if months == k {
						want[h] += 1 - alive
						sum[h] += []float64{s.PD1M, s.PD3M, s.PD6M, s.PD12M}[h]
					}
				}
			}
		}
		for h, months := range []int{1, 3, 6, 12} {
			if ratio := sum[h] / want[h]; ratio < 0.85 || ratio > 1.18 {
				t.Errorf("%s: mean PD of %d months is %.3f times the true one", part.name, months, ratio)
			}
		}
	}
	for _, metric := range []string{"observed_expected_1m", "observed_expected_3m", "observed_expected_6m"} {
		if v, ok := report.Value("boosted", "holdout", metric); !ok || v < 0.7 || v > 1.4 {
			t.Errorf("held out: %s is %v", metric, v)
		}
	}
}

func valueAt(a arrow.Array, i int) float64 { return a.(*array.Float64).Value(i) }

// PDs never fall with the horizon, nor with the log-odds at any horizon.
func TestCurvesAreMonotone(t *testing.T) {
	for _, c := range []Curve{evenHazard(12), evenHazard(1), evenHazard(3), {Shares: []float64{0.2, 0.5, 0.9, 1}, Tilt: -0.3, Centre: -2}, {Shares: []float64{0.01, 0.011, 0.99, 1}, Tilt: -0.5, Centre: -3}} {
		m := Model{Horizon: len(c.Shares), Curve: c, Calibration: calibrate(misjudged(500, func(eta float64) float64 { return eta }), 0)}
		before := Scored{}
		for eta := -13.0; eta < 13; eta += 0.05 {
			s := m.scored(eta, 0, 0)
			if !(0 < s.PD1M && s.PD1M <= s.PD3M && s.PD3M <= s.PD6M && s.PD6M <= s.PD12M && s.PD12M < 1) {
				t.Fatalf("%v at %v: %+v falls with the horizon", c, eta, s)
			}
			if s.PD1M < before.PD1M || s.PD3M < before.PD3M || s.PD6M < before.PD6M || s.PD12M < before.PD12M {
				t.Fatalf("%v at %v: %+v after %+v falls with the log-odds", c, eta, s, before)
			}
			before = s
		}
	}
	if c := evenHazard(12); math.Abs(c.within(0.19, 0, 6)-0.1) > 1e-12 || c.within(0.12, 0, 12) != 0.12 {
		t.Errorf("19 %% a year is %v in half a year, want 10", c.within(0.19, 0, 6))
	}
	if c := evenHazard(1); math.Abs(c.within(0.01, 0, 12)-(1-math.Pow(0.99, 12))) > 1e-12 {
		t.Errorf("1 %% a month is %v in a year", c.within(0.01, 0, 12))
	}
}

// What a row says after the day on which held-out cohorts begin must change nothing of what is learnt and chosen; it may change the
// level alone, and that only after the judging.
func TestHeldOutRowsBeginAfterEveryOutcomeLearntFrom(t *testing.T) {
	in := hazardBook(300, 30, 7, evenShape)
	day := asof.MustParse("2023-04-30")
	in.Holdout, in.Until = make([]bool, len(in.Default)), day
	for row := range in.Holdout {
		in.Holdout[row] = in.Cohorts[row] >= day && in.Cohorts[row] < day.AddMonths(3)
	}
	in.Options.Learners = []string{"scorecard"}
	m, report := trained(t, in)
	later := in
	later.Default, later.Known, later.Month = slices.Clone(in.Default), slices.Clone(in.Known), slices.Clone(in.Month)
	changed := 0
	for row := range later.Default {
		known, _ := KnownMonths(in.Cohorts[row], day, 0, 12)
		if in.Cohorts[row] < day && (in.Month[row] == 0 || int(in.Month[row]) > known) && int(in.Known[row]) > known {
			later.Default[row], later.Month[row] = 1, uint8(known+1) // all who lived on the day default right after it
			changed++
		}
	}
	again, other := trained(t, later)
	if changed == 0 || report.Late == 0 {
		t.Fatalf("%d outcomes changed, %d later rows: the case shows nothing", changed, report.Late)
	}
	sameModel(t, m, again)
	if report.Why != other.Why {
		t.Errorf("chosen by %q, with other outcomes later by %q", report.Why, other.Why)
	}
	// Held-out outcomes that are otherwise move the level of late and no more.
	for row := range later.Default {
		later.Default[row], later.Month[row] = in.Default[row], in.Month[row]
		if in.Holdout[row] && row%3 == 0 {
			later.Default[row], later.Month[row] = 1, 1
		}
	}
	again, _ = trained(t, later)
	if again.Calibration.Level.Late <= m.Calibration.Level.Late+0.1 {
		t.Errorf("level of late %v, with a third of the held-out rows in default %v", m.Calibration.Level.Late, again.Calibration.Level.Late)
	}
	a, b := m.AsJudged(), again.AsJudged()
	for eta := -6.0; eta < 0; eta++ {
		if a.Calibration.Apply(eta) != b.Calibration.Apply(eta) {
			t.Errorf("as judged, %v is %v and %v", eta, a.Calibration.Apply(eta), b.Calibration.Apply(eta))
		}
	}
	in.Until = day.AddMonths(1)
	if _, _, err := Train(in); err == nil {
		t.Error("a cohort that is held out lies before the last outcome learnt from, and nobody minds")
	}
}

func TestOutcomesThatContradictThemselvesAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*TrainInput){
		"a default without a month":      func(in *TrainInput) { in.Default[0], in.Month[0] = 1, 0 },
		"a month without a default":      func(in *TrainInput) { in.Default[0], in.Month[0] = 0, 1 },
		"a default after what is known":  func(in *TrainInput) { in.Default[0], in.Known[0], in.Month[0] = 1, 2, 3 },
		"nothing known":                  func(in *TrainInput) { in.Default[0], in.Known[0], in.Month[0] = 0, 0, 0 },
		"more known than the horizon":    func(in *TrainInput) { in.Known[0] = 13 },
		"months known without cohorts":   func(in *TrainInput) { in.Cohorts = nil },
		"too few months":                 func(in *TrainInput) { in.Known = in.Known[1:] },
		"an end of outcomes, no cohorts": func(in *TrainInput) { in.Known, in.Month, in.Cohorts, in.Until = nil, nil, nil, 19000 },
	} {
		in := hazardBook(50, 14, 1, evenShape)
		spoil(&in)
		if _, _, err := Train(in); err == nil {
			t.Errorf("%s is trained on", name)
		}
	}
}

// A learner gone wrong is named and left out; where all have, the training says why and gives no model.
func TestTrainingNamesWhatWentWrong(t *testing.T) {
	flat := hazardBook(300, 14, 1, evenShape)
	same := make([]float64, len(flat.Default))
	flat.Features = newRecord([]string{"weakness"}, []arrow.Array{float64Array(same)})
	flat.Options.Learners = []string{"boosted", "scorecard"}

	inverted := hazardBook(1500, 26, 1, evenShape)
	inverted.Holdout, inverted.Until = make([]bool, len(inverted.Default)), asof.MustParse("2023-03-31")
	var values []float64
	for row, cohort := range inverted.Cohorts {
		v := valueAt(inverted.Features.Column(0), row)
		if inverted.Holdout[row] = cohort >= inverted.Until; inverted.Holdout[row] {
			v = -v // what was weak is strong all at once
		}
		values = append(values, v)
	}
	inverted.Features = newRecord([]string{"weakness"}, []arrow.Array{float64Array(values)})

	one := hazardBook(300, 14, 1, evenShape)
	clear(one.Default)
	clear(one.Month)
	few := hazardBook(10, 14, 1, evenShape)

	for _, c := range []struct {
		name string
		in   TrainInput
		want []error
	}{
		{"every customer the same", flat, []error{ErrConstant}},
		{"ranks turned round", inverted, []error{ErrInverted}},
		{"nobody defaulted", one, []error{ErrOneClass, ErrTooFewDefaults}},
		{"hardly anybody defaulted", few, []error{ErrTooFewDefaults}},
	} {
		m, report, err := Train(c.in)
		if m != nil || err == nil {
			t.Errorf("%s: model %v, error %v", c.name, m, err)
		}
		for _, want := range c.want {
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", c.name, err, want)
			}
		}
		if c.name == "every customer the same" && len(report.Failed) != 2 {
			t.Errorf("%s: %d learners failed, want both", c.name, len(report.Failed))
		}
	}
	// One good learner is enough.
	good := hazardBook(300, 14, 1, evenShape)
	good.Options.Learners = []string{"boosted", "scorecard"}
	if m, report := trained(t, good); m == nil || len(report.Failed) != 0 || len(report.Models) != 2 {
		t.Errorf("%d models, failures %v", len(report.Models), report.Failed)
	}
}
