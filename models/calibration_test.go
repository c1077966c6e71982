package models

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// misjudged draws rows whose true log-odds are a function of what the learner says.
func misjudged(n int, truth func(eta float64) float64) []outcomeAt {
	source := rand.New(rand.NewPCG(7, 7))
	rows := make([]outcomeAt, n)
	for i := range rows {
		eta := source.NormFloat64()*1.5 - 2
		rows[i] = outcomeAt{eta: eta, customer: fmt.Sprint(i), recent: true}
		if source.Float64() < expit(truth(eta)) {
			rows[i].y = 1
		}
	}
	return rows
}

func TestCalibrationUndoesWhatTheLearnerGetsWrong(t *testing.T) {
	for _, c := range []struct {
		name   string
		truth  func(float64) float64
		method string
	}{
		{"too sure and too high", func(eta float64) float64 { return 0.5*eta - 1 }, "platt"},
		{"a step", func(eta float64) float64 {
			if eta < -2 {
				return -4
			}
			return 0
		}, "venn_abers"},
		{"sure of defaults, unsure of those that pay", func(eta float64) float64 { p, q := logOf(eta); return 0.4*p - 1.6*q + 0.3 }, "beta"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fitted := calibrate(misjudged(20000, c.truth), 0)
			if fitted.Method != c.method {
				t.Errorf("method %s, want %s", fitted.Method, c.method)
			}
			for _, eta := range []float64{-4, -3, -1, 0, 1} {
				if got, want := expit(fitted.Apply(eta)), expit(c.truth(eta)); math.Abs(got-want) > 0.05 {
					t.Errorf("PD at %v is %.4f, want %.4f", eta, got, want)
				}
			}
			last := math.Inf(-1)
			for eta := -12.0; eta < 8; eta += 0.01 {
				if got := fitted.Apply(eta); got <= last {
					t.Fatalf("calibrated log-odds do not rise at %v", eta)
				} else {
					last = got
				}
			}
		})
	}
}

// Defaults have halved of late: with many of them PDs must meet the late level, whatever the method; with few they stay near the
// level of the long run; ranks stay as they are.
func TestCalibrationMeetsTheLatestLevelAsFarAsItIsKnown(t *testing.T) {
	for _, c := range []struct {
		rows      int
		low, high float64 // of the way from the long-run level to the recent one that is gone
	}{{20000, 0.9, 1}, {2000, 0.4, 0.85}, {300, 0.05, 0.4}} {
		for method, truth := range map[string]func(eta float64) float64{
			"platt": func(eta float64) float64 { return 0.5*eta - 1 },
			"venn_abers": func(eta float64) float64 {
				if eta < -2 {
					return -4
				}
				return 0
			},
		} {
			rows := misjudged(c.rows, truth)
			for i := range rows {
				if rows[i].recent = i%5 == 0; rows[i].recent && i%2 == 0 {
					rows[i].y = 0
				}
			}
			cal := calibrate(rows, 0)
			expected, observed := 0.0, 0.0
			for _, r := range rows {
				if r.recent {
					expected, observed = expected+expit(cal.Apply(r.eta)), observed+float64(r.y)
				}
			}
			if c.rows == 20000 && cal.Method != method {
				t.Errorf("method %s, want %s", cal.Method, method)
			}
			// Without the level the recent rows are expected to fail as in the long run.
			cal.Level.Judged = 0
			before := 0.0
			for _, r := range rows {
				if r.recent {
					before += expit(cal.Apply(r.eta))
				}
			}
			if gone := (before - expected) / (before - observed); gone < c.low || gone > c.high {
				t.Errorf("%s of %d rows: %v recent defaults, %v expected, in the long run %v; want %g to %g of the way gone", method, c.rows, observed, expected, before, c.low, c.high)
			}
			if want := before * (observed + levelPrior) / (before + levelPrior); math.Abs(expected/want-1) > 2e-3 {
				t.Errorf("%s of %d rows: %v defaults expected, want the posterior mean %v", method, c.rows, expected, want)
			}
		}
	}
}

// A rate that is known from elsewhere is met, however many or few defaults there are; ranks stay.
func TestCalibrationMeetsAKnownRate(t *testing.T) {
	for _, n := range []int{400, 20000} {
		rows := misjudged(n, func(eta float64) float64 { return eta })
		c := calibrate(rows, 0.07)
		sum := 0.0
		for _, r := range rows {
			sum += expit(c.Apply(r.eta))
		}
		if rate := sum / float64(n); math.Abs(rate-0.07) > 1e-4 || math.Abs(c.Level.Rate-0.07) > 1e-4 {
			t.Errorf("%d rows: mean PD %v, rate kept %v, want 0.07", n, rate, c.Level.Rate)
		}
	}
}

func TestCalibrationWithoutMeansLeavesLogOddsAlone(t *testing.T) {
	backwards := misjudged(2000, func(eta float64) float64 { return -eta - 4 })
	for name, rows := range map[string][]outcomeAt{
		"no rows":              nil,
		"no default":           {{eta: -2, customer: "a"}, {eta: -3, customer: "b"}},
		"ranked the wrong way": backwards,
		"nothing but defaults": {{eta: 1, y: 1, customer: "a"}},
	} {
		if c := calibrate(rows, 0); c.Method != "none" || c.Apply(-1.25) != -1.25 {
			t.Errorf("%s: method %s gives %v for -1.25", name, c.Method, c.Apply(-1.25))
		}
	}
}

func TestErrorsShrinkWithEvidence(t *testing.T) {
	off := func(rows []outcomeAt) float64 {
		c := calibrate(rows, 0)
		eta := c.Apply(-2)
		lo, hi := c.Interval(eta)
		if pd := expit(eta); !(0 < lo && lo <= pd && pd <= hi && hi < 1) {
			t.Fatalf("interval %v to %v around %v", lo, hi, pd)
		}
		return c.errorAt(eta)
	}
	straight := func(eta float64) float64 { return eta }
	few, many := off(misjudged(1000, straight)), off(misjudged(50000, straight))
	if many*3 > few {
		t.Errorf("standard error %v on 1 000 rows, %v on 50 000", few, many)
	}
	repeated := misjudged(50000, straight)
	for i := range repeated {
		repeated[i].customer = fmt.Sprint(i % 2000)
		repeated[i].y = repeated[i%2000].y
		repeated[i].eta = repeated[i%2000].eta
	}
	if same := off(repeated); same < 3*many {
		t.Errorf("standard error %v when rows are 25 months of 2 000 customers, %v when all are different", same, many)
	}
}

// Reference: scipy, the same penalised likelihood minimised without derivatives.
func TestPlattAndBetaAreThePenalisedLikelihoodsBest(t *testing.T) {
	eta := []float64{-4.5, -3.75, -3, -2.5, -2, -1.25, -0.5, 0.25, 1, 2}
	n := []float64{120, 90, 80, 60, 50, 40, 30, 20, 12, 6}
	for _, c := range []struct {
		d       []float64
		repeats float64
		platt   [2]float64
		beta    [3]float64
	}{
		{[]float64{3, 4, 6, 5, 6, 6, 6, 5, 5, 2}, 1, [2]float64{-1.0971782922178166, 0.5223153875743294}, [3]float64{-1.0691226631704012, 0.5381572978475588, 0.5351102058899246}},
		{[]float64{3, 4, 6, 5, 6, 6, 6, 5, 5, 2}, 3, [2]float64{-1.047868826673528, 0.5515617339488138}, [3]float64{-1.1221332388182967, 0.543353216687044, 0.6987427867515885}},
	} {
		var spots []spot
		for i := range eta {
			spots = append(spots, spot{eta[i], n[i], c.d[i]})
		}
		p, err := plattOf(spots, c.repeats)
		if err != nil {
			t.Fatal(err)
		}
		b, err := betaOf(spots, c.repeats)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []struct {
			what      string
			got, want float64
		}{
			{"platt intercept", p.Intercept, c.platt[0]}, {"platt slope", p.Slope, c.platt[1]},
			{"beta intercept", b.Intercept, c.beta[0]}, {"beta slope of ln p", b.Slope, c.beta[1]}, {"beta slope of -ln(1-p)", b.Other, c.beta[2]},
		} {
			if math.Abs(v.got-v.want) > 1e-6 {
				t.Errorf("repeats %g: %s %.9f, want %.9f", c.repeats, v.what, v.got, v.want)
			}
		}
	}
}

// Reference: scikit-learn's IsotonicRegression, fitted twice for every place.
func TestVennAbersBoundsAreThoseOfIsotonicFits(t *testing.T) {
	eta := []float64{-4.5, -3.75, -3, -2.5, -2, -1.25, -0.5, 0.25, 1, 2}
	n := []float64{120, 90, 80, 60, 50, 40, 30, 20, 12, 6}
	d := []float64{1, 0, 3, 2, 5, 9, 6, 8, 8, 5}
	var spots []spot
	for i := range eta {
		spots = append(spots, spot{eta[i], n[i], d[i]})
	}
	for _, c := range []struct {
		unit   float64
		p0, p1 []float64
	}{
		{
			1, []float64{0.004739336493, 0.004739336493, 0.035460992908, 0.035460992908, 0.098039215686, 0.211267605634, 0.211267605634, 0.380952380952, 0.615384615385, 0.714285714286},
			[]float64{0.009478672986, 0.010989010989, 0.042553191489, 0.049180327869, 0.117647058824, 0.225352112676, 0.225806451613, 0.428571428571, 0.692307692308, 0.857142857143},
		},
		{
			0.25, []float64{0.004672897196, 0.004672897196, 0.034722222222, 0.034722222222, 0.092592592593, 0.202702702703, 0.202702702703, 0.333333333333, 0.5, 0.590909090909},
			[]float64{0.023364485981, 0.038461538462, 0.0625, 0.09375, 0.166666666667, 0.256756756757, 0.294117647059, 0.5, 0.75, 0.9},
		},
	} {
		p0, p1 := vennAbersBounds(spots, c.unit)
		for i := range spots {
			if math.Abs(p0[i]-c.p0[i]) > 1e-9 || math.Abs(p1[i]-c.p1[i]) > 1e-9 {
				t.Errorf("a row weighs %g, at %g: %.12f to %.12f, want %.12f to %.12f", c.unit, eta[i], p0[i], p1[i], c.p0[i], c.p1[i])
			}
		}
	}
	// What is published lies between the two and rises.
	c := vennAbers(spots, 1)
	for i, x := range c.X {
		if y := c.Apply(x); !(c.Lower[i] <= y && y <= c.Higher[i]) || i > 0 && c.Y[i] <= c.Y[i-1] {
			t.Errorf("at %g: %g, bounds %g to %g", x, y, c.Lower[i], c.Higher[i])
		}
		lo, hi := c.Interval(c.Y[i])
		if lo > expit(c.Lower[i])+1e-12 || hi < expit(c.Higher[i])-1e-12 {
			t.Errorf("at %g: interval %g to %g does not hold the bounds", x, lo, hi)
		}
	}
}

// Pluto and Tasche (2005), their table of three grades without a default at 75 %.
func TestLowDefaultBoundIsThatOfPlutoAndTasche(t *testing.T) {
	c := Calibration{Cells: []Cell{{UpTo: -6, N: 100}, {UpTo: -5, N: 400}, {UpTo: -4, N: 300}}}
	for _, k := range []struct{ eta, want float64 }{{-6.5, 0.0017}, {-6, 0.0017}, {-5.5, 0.0020}, {-4.5, 0.0046}, {-3, 0.0046}} {
		if got, ok := c.upperBound(k.eta); !ok || math.Abs(got-k.want) > 0.00005 {
			t.Errorf("bound at %g is %.5f, want %.4f", k.eta, got, k.want)
		}
	}
	c.Cells[2].D = lowDefault
	if _, ok := c.upperBound(-5); ok {
		t.Error("with defaults enough the counts bound nothing")
	}
}

func TestDriftIsTheMoveOfTheMeanPD(t *testing.T) {
	m := Model{Calibration: Calibration{Level: Level{Rate: 0.06}}}
	for _, c := range []struct {
		pd   []float64
		want float64
	}{{[]float64{0.06, 0.06}, 0}, {[]float64{0.02, 0.2, 0.14}, math.Log(0.12 / 0.88 * 0.94 / 0.06)}, {nil, 0}} {
		var book []float64
		for _, p := range c.pd {
			book = append(book, logit(p))
		}
		if got := m.Drift(book); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("a book of PDs %v drifts by %v, want %v", c.pd, got, c.want)
		}
	}
}

// The parts of the margin are never negative, grow with what they stand for, and add up to the prudent PD.
func TestMarginsAddUp(t *testing.T) {
	cal := calibrate(misjudged(3000, func(eta float64) float64 { return eta }), 0)
	m := Model{Horizon: 12, Calibration: cal, Curve: evenHazard(12)}
	rapid.Check(t, func(t *rapid.T) {
		eta := rapid.Float64Range(-12, 6).Draw(t, "eta")
		drift, missing := rapid.Float64Range(-2, 2).Draw(t, "drift"), rapid.Float64Range(0, 3).Draw(t, "missing")
		s, calm := m.scored(eta, drift, missing), m.scored(eta, 0, 0)
		sum := s.PD12M + s.Margin.Estimation + s.Margin.Change + s.Margin.Data
		if math.Abs(sum-s.Prudent) > 1e-12 || s.Prudent > 1 || min(s.Margin.Estimation, s.Margin.Change, s.Margin.Data) < 0 {
			t.Fatalf("%+v of %v is %v, prudent %v", s.Margin, s.PD12M, sum, s.Prudent)
		}
		if s.PD12M != calm.PD12M || s.Lo != calm.Lo || s.Hi != calm.Hi || s.Margin.Estimation != calm.Margin.Estimation {
			t.Fatalf("conditions of the night move %+v to %+v", calm, s)
		}
		if s.Margin.Change < calm.Margin.Change-1e-12 || calm.Margin.Data != 0 || missing > 0.1 && s.Prudent < 0.9 && s.PD12M > 1e-5 && s.Margin.Data <= 0 {
			t.Fatalf("drift %v and missing %v give %+v, without them %+v", drift, missing, s.Margin, calm.Margin)
		}
	})
}

func TestScaleAndGrades(t *testing.T) {
	for _, c := range []struct {
		pd   float64
		want string
	}{{1e-6, "AAA"}, {0.0005, "AAA"}, {0.00051, "AA"}, {0.01, "BBB"}, {0.0101, "BB"}, {0.06, "B"}, {0.5, "C"}, {0.51, "D"}, {1, "D"}} {
		if got := GradeOf(c.pd).Name; got != c.want {
			t.Errorf("grade of %v is %s, want %s", c.pd, got, c.want)
		}
	}
	for i, g := range MasterScale {
		if g.EN == "" || g.ZH == "" || i > 0 && g.UpTo <= MasterScale[i-1].UpTo {
			t.Errorf("grade %s lacks a name or does not rise", g.Name)
		}
	}
	for _, c := range []struct {
		present, months, width float64
		want                   string
	}{
		{1, math.NaN(), narrow, "A"}, {0.86, math.NaN(), narrow, "A"}, {0.85, math.NaN(), narrow, "B"}, {1, math.NaN(), wide, "C"},
		{1, 24, narrow, "A"}, {1, 12, narrow, "B"}, {1, 0, narrow, "C"}, {1, 24, 1.9, "A"}, {1, 24, 2, "B"}, {1, 24, wide, "B"}, {1, 24, 20, "B"},
		{0.5, 6, narrow, "E"}, {0.5, 1, 1.9, "F"}, {0, 0, narrow, "F"}, {0, 0, wide, "G"},
	} {
		if got := evidenceGrade(c.present, c.months, c.width); got != c.want {
			t.Errorf("evidence of %v present, %v months and an interval of %v is %s, want %s", c.present, c.months, c.width, got, c.want)
		}
	}
}

func TestReasonsNameValueAndAverage(t *testing.T) {
	mean := 0.41
	m := &Model{
		Columns: []Column{{Name: "limit_use", EN: "utilisation", ZH: "额度使用率"}, {Name: "open_amount", EN: "open amount", ZH: "未清金额", Unit: "CNY"}, {Name: "industry"}},
		Book:    []Book{{Mean: &mean}, {Mean: new(float64)}, {}},
	}
	*m.Book[1].Mean = 1234567.8
	x := &matrix{cols: []vector{{numbers: []float64{0.97, math.NaN()}}, {numbers: []float64{-41200.4, 7}}, {codes: []int32{0, 1}, texts: []string{"steel", ""}}}}
	for _, c := range []struct {
		column, row int
		en, zh      string
	}{
		{0, 0, "utilisation 0.97, book average 0.41", "额度使用率 0.97，全体平均 0.41"},
		{0, 1, "utilisation unknown, book average 0.41", "额度使用率未知，全体平均 0.41"},
		{1, 0, "open amount -41,200 CNY, book average 1,234,568 CNY", "未清金额 -41,200 CNY，全体平均 1,234,568 CNY"},
		{1, 1, "open amount 7 CNY, book average 1,234,568 CNY", "未清金额 7 CNY，全体平均 1,234,568 CNY"},
		{2, 0, "industry steel", "industry steel"},
		{2, 1, "industry unknown", "industry未知"},
	} {
		if en, zh := m.sentence(c.column, &x.cols[c.column], c.row); en != c.en || zh != c.zh {
			t.Errorf("got %q and %q, want %q and %q", en, zh, c.en, c.zh)
		}
	}
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{{12.34, "%", "12.3%"}, {0.001234, "", "0.0012"}, {math.Inf(1), "days", "+∞ days"}, {999.6, "", "1,000"}, {0, "days", "0 days"}} {
		if got, _ := inUnit(c.v, c.unit); got != c.want {
			t.Errorf("%v %s reads %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}
