package validation

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The figures of this file were computed by scipy 1.17, scikit-learn 1.9 and scikit-survival 0.28, or by adding up pairs.

// exact holds a figure against one computed elsewhere, to nine digits.
func exact(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9*max(1, math.Abs(want))) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

func TestCurves(t *testing.T) {
	exact(t, "partial AUC to 0.2", must[float64](t)(PartialAUC(scores, outcomes, 0.2)), 0.6510416666666666)
	exact(t, "partial AUC to 0.3", must[float64](t)(PartialAUC(scores, outcomes, 0.3)), 0.6997549019607843)
	exact(t, "partial AUC to 1", must[float64](t)(PartialAUC(scores, outcomes, 1)), 0.828125)
	exact(t, "average precision", must[float64](t)(AveragePrecision(scores, outcomes)), 0.7095238095238094)

	weights := []float64{3, 1, 2, 5, 1, 2, 3, 1, 1, 4, 0, 2}
	a, se, err := WeightedAUC(scores, outcomes, weights)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "weighted AUC", a, 0.7727272727272727)
	if se <= 0 {
		t.Errorf("standard error of the weighted AUC is %v", se)
	}
	ones := make([]float64, len(scores))
	for i := range ones {
		ones[i] = 1
	}
	if a, se, err = WeightedAUC(scores, outcomes, ones); err != nil {
		t.Fatal(err)
	}
	// With equal weights it is DeLong's with m and n in place of m − 1 and n − 1.
	exact(t, "AUC by equal weights", a, 0.828125)
	own := must[[]float64](t)(placements(scores, outcomes))
	v := 0.0
	for i, y := range outcomes {
		n := map[uint8]float64{1: 4, 0: 8}[y]
		v += (own[i] - 0.828125) * (own[i] - 0.828125) / (n * n)
	}
	exact(t, "its standard error", se, math.Sqrt(v))

	// The worst fifth of 12 rows are 2.4 rows: .9, .8 and 0.4 of .7.
	exact(t, "capture by number", must[float64](t)(Capture(scores, outcomes, nil, 0.2)), 1.4/4)
	exact(t, "capture by weight", must[float64](t)(Capture(scores, outcomes, weights, 0.2)), 3.4/11)
	// A tie at the edge counts by the part that fits: one of the two rows of .55, one of which is a default.
	exact(t, "capture across a tie", must[float64](t)(Capture(scores, outcomes, nil, 4.0/12)), 2.5/4)
	if lo, hi, err := KSInterval(scores, outcomes, 400, 0.95, 1); err != nil || lo > 0.625 || hi < 0.625 || lo < 0 || hi > 1 {
		t.Errorf("interval of KS 0.625 is %v to %v (%v)", lo, hi, err)
	}
}

func TestTwoSamplesOfAUC(t *testing.T) {
	other := []float64{.8, .6, .65, .2, .5, .55, .45, .4, .25, .3, .1, .15}
	c := must[Compare](t)(Paired(scores, other, outcomes))
	exact(t, "paired difference", c.Difference, 0.015625)
	exact(t, "its standard error", c.SE, 0.15467960838455727)
	exact(t, "z", c.Z, 0.10101525445522107)
	exact(t, "p", c.P, 0.9195383508138885)
	exact(t, "p of not worse by 0.01", c.NotWorse(0.01), 0.43421028885977964)
	r := must[Ranking](t)(Rank(other, outcomes))
	exact(t, "variance of the other", r.Variance, 0.036830357142857144)

	z, p, err := Independent(0.95, 0.002, must[Ranking](t)(Rank(scores, outcomes)))
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "z of independent samples", z, 0.9198376349524806)
	exact(t, "its p", p, 0.1788288065456043)
	q, p, err := CochranQ([]float64{.80, .75, .70, .62}, []float64{.001, .002, .0015, .003})
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "Cochran's Q", q, 9.515555555555562)
	exact(t, "its p", p, 0.02316644995545358)
	exact(t, "standard error of shuffled labels", PermutedSE(4, 8), 0.1839950180484968)
}

func TestHorizonAUC(t *testing.T) {
	months := []float64{1.5, 2.2, 3.1, 4.7, 5.3, 6.6, 7.9, 8.4, 9.1, 10.3, 11.2, 11.9, 2.9, 6.1, 12.5, 13.0}
	failed := []int{1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0}
	score := []float64{.9, .3, .6, .7, .2, .5, .4, .3, .35, .1, .45, .2, .5, .15, .25, .05}
	var lives []Life
	for i := range months {
		lives = append(lives, Life{score[i], months[i], failed[i] == 1})
	}
	for _, c := range []struct{ months, want float64 }{{3, 1}, {6, 1}, {12, 0.9330046403712297}} {
		got, _, err := HorizonAUC(lives, c.months)
		if err != nil {
			t.Fatal(err)
		}
		exact(t, "cumulative/dynamic AUC", got, c.want)
	}
	for _, c := range []struct{ months, want float64 }{{6, 0.9708171206225681}, {12, 0.8315596290325653}} {
		exact(t, "incident/dynamic AUC", must[float64](t)(IncidentAUC(lives, c.months)), c.want)
	}
	// Without censoring the horizon's AUC is the plain one.
	var full []Life
	for i, s := range scores {
		full = append(full, Life{s, 12, outcomes[i] == 1})
	}
	got, n, err := HorizonAUC(full, 12)
	if err != nil || n != 4 {
		t.Fatal(n, err)
	}
	exact(t, "AUC without censoring", got, 0.828125)
}

func TestGrades(t *testing.T) {
	cells := []Cell{{N: 200, D: 1}, {N: 300, D: 4}, {N: 250, D: 3}, {N: 0}, {N: 150, D: 9}, {N: 100, D: 14}}
	if a, p := Inversions(cells); a != 1 || p != 1 {
		t.Errorf("%d adjacent and %d pairwise inversions, want 1 and 1", a, p)
	}
	if a, p := Inversions([]Cell{{N: 10, D: 3}, {N: 10, D: 2}, {N: 10, D: 1}}); a != 2 || p != 3 {
		t.Errorf("%d adjacent and %d pairwise inversions of a reversed order, want 2 and 3", a, p)
	}
	full := append(append([]Cell(nil), cells[:3]...), cells[4:]...)
	var rank, rate []float64
	for i, c := range full {
		rank, rate = append(rank, float64(i)), append(rate, c.D/c.N)
	}
	exact(t, "Spearman", must[float64](t)(Spearman(rank, rate)), 0.9)
	// Kendall's S between grade and outcome has twice the distance from the mean, and four times the variance.
	z, p, err := JonckheereTerpstra(cells)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "Jonckheere-Terpstra z", z, 5.588730643218647)
	exact(t, "its p", math.Round(p*1e17)/1e17, 1.143677136e-08)

	exact(t, "Fisher, b above a", Fisher(cells[0], cells[1]), 0.33591716782120407)
	exact(t, "Fisher, third above second", Fisher(cells[1], cells[2]), 0.6936262407966327)
	exact(t, "Fisher one-sided", Fisher(cells[2], cells[4]), 0.00855707727694691)
	exact(t, "Fisher two-sided", FisherTwoSided(cells[4], cells[2]), 0.011766761297472648)
	chi2, p, err := Homogeneous([]Cell{{N: 400, D: 20}, {N: 300, D: 30}, {N: 500, D: 25}}, 1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "chi-square", chi2, 9.6)
	exact(t, "its p", p, 0.008229747049020028)
	// Few defaults: against all tables of the same margins, counted.
	chi2, p, err = Homogeneous([]Cell{{N: 6, D: 0}, {N: 8, D: 3}, {N: 5, D: 3}}, 20000, 1)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "chi-square of few", chi2, 4.7682692307692305)
	if math.Abs(p-0.1150670794633643) > 4*math.Sqrt(0.115*0.885/20000) {
		t.Errorf("p of few is %v, want 0.1151", p)
	}
}

// Every book of some size has a line: one in a hundred once had none, for the last steps went round in their rounding.
func TestEveryBookHasALine(t *testing.T) {
	for seed := range uint64(300) {
		dice := rand.New(rand.NewPCG(seed, 1))
		pd, outcome := make([]float64, 1000), make([]uint8, 1000)
		for i := range pd {
			if pd[i] = logistic(-4 + 1.3*dice.NormFloat64()); dice.Float64() < pd[i] {
				outcome[i] = 1
			}
		}
		l, err := LogitLine(pd, outcome)
		if err != nil || l.Slope < 0.2 || l.Slope > 3 {
			t.Errorf("seed %d: %+v, %v", seed, l, err)
		}
	}
}

func TestCalibrationLine(t *testing.T) {
	l := must[Line](t)(LogitLine(scores, outcomes))
	near(t, "intercept", l.Intercept, -0.71332913)
	near(t, "slope", l.Slope, 1.15155013)
	near(t, "its standard error", l.SlopeSE, 0.74015184)
	near(t, "intercept's standard error", l.InterceptSE, 0.731563)
	exact(t, "shift", l.Shift, -0.6924986097536883)
	exact(t, "likelihood ratio", l.LR, 1.0651396713193417)
	exact(t, "its p", l.P, 0.5870942935638731)

	s := must[Split](t)(CORP(scores, outcomes))
	exact(t, "reliability by isotonic recalibration", s.Reliability, 0.0533333333333333)
	exact(t, "resolution", s.Resolution, 0.0972222222222222)
	exact(t, "uncertainty", s.Uncertainty, 2.0/9)
	exact(t, "skill", s.Skill, 0.1975)
	exact(t, "the parts add up", s.Reliability-s.Resolution+s.Uncertainty, s.Brier)
	s = must[Split](t)(Murphy(scores, outcomes))
	exact(t, "reliability by distinct PDs", s.Reliability, 0.1366666666666667)
	exact(t, "resolution by distinct PDs", s.Resolution, 0.18055555555555558)

	loss, ece, mce, err := AgainstBaseRate(scores, outcomes, 200, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "log loss against the base rate", loss.Value, -0.10686943179988373)
	if !(loss.Lo < loss.Value && loss.Value < loss.Hi) || !(ece.Lo <= ece.Hi && mce.Lo <= mce.Hi) {
		t.Errorf("intervals %+v %+v %+v", loss, ece, mce)
	}
	e, m := CalibrationError([]Cell{{N: 30, D: 3, PD: 0.05}, {N: 70, D: 7, PD: 0.12}, {}})
	exact(t, "ECE", e, 0.3*0.05+0.7*0.02)
	exact(t, "MCE", m, 0.05)
}

func TestMultiYear(t *testing.T) {
	s, tau, normal, student, err := MultiYear([]float64{.021, .018, .031, .026, .040}, []float64{.020, .020, .022, .023, .025})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "S", s, 1.710674)
	near(t, "tau", tau, 0.006797)
	near(t, "normal p", normal, 0.043571)
	near(t, "t p", student, 0.081156)
}

func TestLowDefaultBounds(t *testing.T) {
	cells := []Cell{{N: 100}, {N: 400, D: 2}, {N: 300, D: 1}}
	for _, c := range []struct {
		rho, confidence float64
		want            [3]float64
	}{
		{0, .5, [3]float64{0.004588148454640897, 0.005243283640806441, 0.005588169627566774}},
		{0, .95, [3]float64{0.009663308956909741, 0.011039092170684108, 0.01571455489158395}},
		{.12, .5, [3]float64{0.007105526144761611, 0.008005687521723549, 0.008351685567213527}},
		{.12, .75, [3]float64{0.014148737411980826, 0.015807938515781796, 0.017536168406447675}},
		{.12, .9, [3]float64{0.024909582785271563, 0.02761689575712779, 0.031813306479991636}},
	} {
		got := must[[]float64](t)(PlutoTasche(cells, c.rho, c.confidence))
		for k := range got {
			near(t, "Pluto-Tasche bound", got[k], c.want[k])
		}
	}
	near(t, "bound without defaults", must[float64](t)(UpperBoundCorrelated(800, 0, .12, .9)), 0.008643477290869483)
}

func TestPowers(t *testing.T) {
	for _, c := range []struct {
		n           int
		pd, r, want float64
	}{{500, .02, 1.25, 0.1913933319287399}, {5000, .02, 1.25, 0.7776166676095626}, {500, .02, .6, 0.44470941919793805},
		{30, .001, 1.25, 0.03682817571340016}, {30, .001, .6, 0}} {
		exact(t, "power of Jeffreys", JeffreysPower(c.n, c.pd, c.r, 0.05), c.want)
	}
	for _, c := range []struct{ e, want float64 }{{7.4, 0.32229441669087505}, {20, 0.5969175403652762}, {.3, 0.07543918014842868}} {
		exact(t, "power of Poisson", PoissonPower(c.e, 1.5, 0.05), c.want)
	}
	exact(t, "binomial at most", must[float64](t)(BinomialAtMost(500, 5, .006)), 0.9166891952223517)
	exact(t, "Poisson at most", PoissonAtMost(3, 7.4), 0.06315300527254444)
}

func TestIntervalsAndHazard(t *testing.T) {
	for _, c := range []struct {
		n           int
		pd, lo, hi  float64
		least, most int
	}{{100, .05, .03, .07, 1, 9}, {100, .05, .05, .05, 2, 9}, {1000, .02, .012, .03, 10, 33}, {0, .1, .1, .1, 0, 0}} {
		if least, most := Inside(c.n, c.pd, c.lo, c.hi, 0.9); least != c.least || most != c.most {
			t.Errorf("90 %% of %d rows of PD %v (%v to %v) have %d to %d defaults, want %d to %d", c.n, c.pd, c.lo, c.hi, least, most, c.least, c.most)
		}
	}
	pd := [4]float64{.01, .025, .045, .08}
	for _, c := range []struct{ months, want float64 }{{0, 0}, {.5, 0.005012562893380035}, {1, .01}, {2, 0.017528626371231093},
		{4.5, 0.035051814862580355}, {11, 0.074257040003608}, {12, .08}} {
		exact(t, "default so far", SoFar(pd, c.months), c.want)
	}
	z, p, err := ClusterZ([]int{0, 0, 1, 2, 2, 3}, []float64{1, 0, 0, 1, 1, 0}, []float64{.2, .1, .3, .25, .2, .4})
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "cluster-robust z", z, 0.8743675973561034)
	exact(t, "its p", p, 0.1909590487517417)
	merged := Merge([]Cell{{N: 100, D: 1, PD: .01}, {N: 100, D: 2, PD: .03}, {N: 100, D: 4, PD: .06}, {N: 10, D: 3, PD: .2}}, 5)
	if len(merged) != 1 || merged[0].N != 310 || merged[0].D != 10 || math.Abs(merged[0].PD-12.0/310) > 1e-15 {
		t.Errorf("merged to %+v, want one cell: 1 + 3 expect too few, + 6 enough, and the last 2 join it", merged)
	}
	bias, lo, hi, err := BlandAltman([]float64{1, 2, 3}, []float64{2, 2, 5})
	if err != nil || math.Abs(bias+1) > 1e-12 || math.Abs(lo+2.96) > 1e-12 || math.Abs(hi-0.96) > 1e-12 {
		t.Errorf("Bland-Altman %v, %v to %v (%v), want -1, -2.96 to 0.96", bias, lo, hi, err)
	}
}

func TestTwoSamples(t *testing.T) {
	x := []float64{1.2, 3.4, 2.2, 5.1, 4.4, 2.2, 3.3, 0.7, 2.9, 6.1}
	y := []float64{2.5, 4.4, 3.9, 7.2, 5.5, 3.3, 6.1, 8.0, 4.1, 2.2, 5.9, 3.6}
	d, p, err := TwoSampleKS(x, y)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "KS of two samples", d, 0.45)
	exact(t, "its p", p, 0.21931014741717372)
	a2, p, err := AndersonDarling(x, y)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "Anderson-Darling", a2, 1.657382266467999)
	exact(t, "its p", p, 0.06728631060222352)
	for i := range y {
		y[i] += 0.5
	}
	if a2, p, err = AndersonDarling(x, y); err != nil {
		t.Fatal(err)
	}
	exact(t, "Anderson-Darling, shifted", a2, 3.0870857404880225)
	exact(t, "its p", p, 0.018010101235463382)
	for i := range y {
		y[i] -= 0.5
	}
	near(t, "Wasserstein", must[float64](t)(Wasserstein(x, y)), 1.575)
	near(t, "interquartile range", IQR(x), 1.95)
	chi2, p, v, js, err := SameShares([]float64{40, 30, 20, 10, 0, 0}, []float64{30, 35, 25, 20, 5, 0})
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "chi-square of shares", chi2, 9.70279237670542)
	exact(t, "its p", p, 0.04574302806436682)
	exact(t, "Cramér's V", v, 0.21243650079117124)
	exact(t, "Jensen-Shannon", js, 0.03993916575661732)
	exact(t, "Kendall", must[float64](t)(Kendall([]float64{1, 2, 2, 3, 4, 4, 4, 5, 6, 7}, []float64{2, 1, 3, 3, 5, 4, 4, 4, 7, 6})), 0.7804878048780488)
	a, b, err := EstimatedRanking([]float64{.02, .1, .1, .3, .55, .8})
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "estimated AUC", a, 0.8945844193454967)
	exact(t, "estimated Brier", b, 0.13618333333333332)
}

var published = [][]float64{{10, 8, 15, 9, 10}, {11, 9, 13, 9, 8}, {0, 10, 10, 11, 10}, {0, 0, 9, 11, 11}, {0, 0, 0, 11, 10}}

func TestMigrationMatrix(t *testing.T) {
	upper, lower, err := Bandwidth(published)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "upper bandwidth", upper, 0.6066066)
	near(t, "lower bandwidth", lower, 0.3306452)
	var z, p []float64
	for _, c := range NeighbourCells(published) {
		if c.From == 0 {
			z, p = append(z, math.Round(c.Z*1e4)/1e4), append(p, math.Round(c.P*1e4)/1e4)
		}
	}
	for k, want := range []float64{0.4724, -1.4905, 1.2428, -0.2295} {
		near(t, "z of row 1", z[k], want)
		near(t, "p of row 1", p[k], []float64{0.6817, 0.0681, 0.8930, 0.4092}[k])
	}
	exact(t, "Shorrocks", must[float64](t)(Shorrocks(published)), 0.8881901707000055)
	exact(t, "SVD mobility", must[float64](t)(SVDMobility(published)), 0.7459715660569197)
	stay, down, up, far, err := Moves(published)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "staying", stay, 0.2564102564102564)
	exact(t, "down", down, 0.5333333333333333)
	exact(t, "up", up, 0.21025641025641026)
	exact(t, "three notches", far, 0.13846153846153847)

	before := [][]float64{{20, 10, 5, 3, 2}, {8, 20, 9, 5, 3}, {2, 8, 22, 10, 4}, {0, 2, 6, 20, 12}, {0, 0, 2, 10, 25}}
	lr, pv, rows, err := SameMatrix(before, published)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "likelihood ratio", lr, 44.925759849677505)
	exact(t, "its p", pv, 0.0002497822088069512)
	for k, want := range []float64{0.0036234660623176854, 0.07340152112344789, 0.05903583611331705, 0.2423950469264189, 0.11096897435270867} {
		exact(t, "p of a row", rows[k], want)
	}
	steps := [][][]float64{{{90, 8, 1, 1}, {10, 80, 8, 2}, {1, 12, 80, 7}}, {{88, 9, 2, 1}, {8, 85, 5, 4}, {0, 10, 84, 6}}}
	aj := must[[][]float64](t)(AalenJohansen(steps))
	exact(t, "PD of the best grade", aj[0][3], 0.022737254901960786)
	exact(t, "PD of the worst grade", aj[2][3], 0.12280588235294118)
	g := must[[][]float64](t)(Generator(steps))
	exact(t, "intensity", g[1][2], 0.06403940886699508)
	e := Exponential(g, 2)
	exact(t, "PD of the generator", e[1][3], 0.05848079607449459)
	exact(t, "its staying", e[0][0], 0.8131566220792754)
	exact(t, "default is not left", e[3][3], 1)
	for k, b := range must[[]Band](t)(DurationBand(steps, 200, 0.9, 1)) {
		if b.Value != aj[k][3] || !(b.Lo < b.Value && b.Value < b.Hi) {
			t.Errorf("band of grade %d is %+v", k, b)
		}
	}
}

func TestSequence(t *testing.T) {
	for _, c := range []struct{ pd, failed, sound float64 }{{.005, .688160, -.004988}, {.02, .673345, -.019803}, {.10, .597837, -.095310}} {
		d, s := CUSUMWeights(c.pd, 2)
		near(t, "weight of a default", d, c.failed)
		near(t, "weight of a sound row", s, c.sound)
	}
	periods := []Period{{[]float64{.02, .1}, []uint8{1, 0}}, {[]float64{.005}, []uint8{0}}, {[]float64{.1, .1}, []uint8{0, 0}}}
	c := CUSUM(periods, 2, 5)
	near(t, "CUSUM 1", c[0], .673345-.095310)
	near(t, "CUSUM 2", c[1], .673345-.095310-.004988)
	near(t, "CUSUM 3", c[2], .673345-.095310-.004988-2*.095310)
	if c := CUSUM(periods, 0.5, 5); c[0] != 0 || c[1] <= 0 {
		t.Errorf("downward CUSUM is %v: a default takes it to 0, a sound row lifts it", c)
	}
	if c := CUSUM(periods, 2, 0.57); c[0] < 0.57 || c[1] != 0 {
		t.Errorf("CUSUM across an alarm is %v, want it to start anew", c)
	}
	near(t, "false alarm of 30 nights", FalseAlarm(0.05, 30), 0.785361)
	// E = 0.12 and θ = 1.5: the stake is 0.5 × 0.5 ÷ (12.5 + 0.25).
	stake := 0.5 * 0.5 / (1.5/0.12 + 0.25)
	exact(t, "wealth", EValue(periods[:1], 1.5, 0.5)[0], 1+stake*(1/0.12-1))
	if least, most := Funnel(7.4, 0.95); least != 3 || most != 13 {
		t.Errorf("funnel of 7.4 is %d to %d, want 3 to 13", least, most)
	}
	r := (0.98*0.98 - 0.0196 + 0.01 - 0.09) / math.Sqrt(.0196*.96*.96+.09*.8*.8)
	exact(t, "EWMA after one period", EWMA(periods[:1], 0.05)[0], r)
}

func TestMultiplicity(t *testing.T) {
	p := []float64{0.01, 0.04, math.NaN(), 0.03, 0.005, 0.5}
	for k, want := range []float64{0.04, 0.09, math.NaN(), 0.09, 0.025, 0.5} {
		if got := Holm(p)[k]; math.Abs(got-want) > 1e-12 || math.IsNaN(got) != math.IsNaN(want) {
			t.Errorf("Holm of %v is %v, want %v", p[k], got, want)
		}
	}
	for k, want := range []float64{0.025, 0.05, math.NaN(), 0.05, 0.025, 0.5} {
		if got := BenjaminiHochberg(p)[k]; math.Abs(got-want) > 1e-12 || math.IsNaN(got) != math.IsNaN(want) {
			t.Errorf("Benjamini-Hochberg of %v is %v, want %v", p[k], got, want)
		}
	}
}

func TestMoney(t *testing.T) {
	tt, p, err := TooLow([]float64{.5, .4, .9, .3, .6}, []float64{.45, .45, .45, .45, .45})
	if err != nil {
		t.Fatal(err)
	}
	exact(t, "t of the LGD", tt, 0.8741572761215378)
	exact(t, "its p", p, 0.21568838503080467)
	exact(t, "generalised AUC", must[float64](t)(GeneralisedAUC([]float64{.1, .4, .4, .8}, []float64{.2, .1, .5, .5})), 0.7)
	exact(t, "pinball", must[float64](t)(Pinball([]float64{10, 4}, []float64{7, 6}, 0.8)), (3*0.8+2*0.2)/2)

	// 2 000 equal loans: the mean is that of the expected loss, and without correlation the spread that of the compound sum.
	book := make([]Loan, 2000)
	for i := range book {
		book[i] = Loan{PD: 0.03, EAD: 100, LGD: 0.4}
	}
	draws := must[[]float64](t)(LossDistribution(book, 0, 4000, 1))
	if m := mean(draws); math.Abs(m-2400) > 4*320/math.Sqrt(4000) {
		t.Errorf("mean loss %v, want 2400", m)
	}
	// Var = n (PD E[L²] − (PD E[L])²), E[L²] = 100² (0.4² + 0.06)
	want := math.Sqrt(2000 * (0.03*1e4*(0.16+0.06) - 1.2*1.2))
	if sd := math.Sqrt(covariance(draws, draws)); math.Abs(sd/want-1) > 0.05 {
		t.Errorf("spread %v, want %v", sd, want)
	}
	correlated := must[[]float64](t)(LossDistribution(book, 0.12, 4000, 1))
	// One loan in twenty years: the default rate of the one-factor quantile, by 40.
	if q := quantile(correlated, 0.95); math.Abs(q/(OneFactor(0.03, 0.12, 0.95)*2000*40)-1) > 0.06 {
		t.Errorf("95 %% of losses up to %v, want about %v", q, OneFactor(0.03, 0.12, 0.95)*2000*40)
	}
	exact(t, "place", Place([]float64{1, 2, 2, 3}, 2), 0.5)
}

// Then and now are the same customers, hardly changed: nothing tells them apart, and their likeness hides no drift.
func TestDriftOfTheSameCustomers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	const rows = 400
	columns := func() [][]float64 {
		return [][]float64{make([]float64, rows), make([]float64, rows), make([]float64, rows)}
	}
	then, same, near, moved := columns(), columns(), columns(), columns()
	for i := range rows {
		for k := range then {
			then[k][i] = r.NormFloat64()
			same[k][i] = then[k][i]
			near[k][i] = then[k][i] + 0.02*r.NormFloat64()
			moved[k][i] = then[k][i]
		}
		moved[1][i] += 0.5
		if i%10 == 0 {
			then[2][i], same[2][i], near[2][i], moved[2][i] = math.NaN(), math.NaN(), math.NaN(), math.NaN()
		}
	}
	for _, c := range []struct {
		shows  string
		now    [][]float64
		lo, hi float64
	}{{"the same", same, 0.5, 0.5}, {"nearly the same", near, 0.44, 0.56}, {"moved by half a standard deviation", moved, 0.6, 0.75}} {
		a := must[Ranking](t)(DriftRanking(then, c.now, 1))
		if a.AUC < c.lo || a.AUC > c.hi {
			t.Errorf("%s: AUC %v, want %v to %v", c.shows, a.AUC, c.lo, c.hi)
		}
	}
}

func TestSingular(t *testing.T) {
	for in, want := range map[string]string{
		"1 defaults among 11 customers":                            "1 default among 11 customers",
		"1 sources are late":                                       "1 source is late",
		"Not judged: 1 mature cohorts to compare with":             "Not judged: 1 mature cohort to compare with",
		"2.1 defaults, 0.1 defaults and 1,001 customers, 21 cells": "2.1 defaults, 0.1 defaults and 1,001 customers, 21 cells",
		"needs 1 more defaults.":                                   "needs 1 more default.",
	} {
		if got := singular(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
