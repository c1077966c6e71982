package validation

import (
	"errors"
	"fmt"
)

// Bounds are what is green and what is not. All of it is product policy: no supervisor attaches pass marks to these
// statistics, and the defaults are a start to be set anew on the user's own book. Version goes with every result, and a
// new version decides every light anew.
type Bounds struct {
	Version string `yaml:"version"`

	Red        float64 `yaml:"red"`          // p-value after Holm's correction within the family, up to which an effect above its floor is red
	Amber      float64 `yaml:"amber"`        // false discovery rate (Benjamini–Hochberg) within the family, up to which it is amber
	WeakPower  float64 `yaml:"weak_power"`   // power to see the floor, below which green becomes amber, weak evidence
	NewDefault float64 `yaml:"new_defaults"` // known defaults more or less than at the last decision, from which a light is decided anew
	BookAmbers int     `yaml:"book_ambers"`  // ambers from which the book is amber

	Bootstraps int       `yaml:"bootstraps"`  // draws of an interval or band, at most
	MaxRows    int       `yaml:"max_rows"`    // rows that a bootstrap or pairwise figure takes at most, sampled by the seed
	Rho        []float64 `yaml:"rho"`         // asset correlations, the first one decides
	MinCohorts int       `yaml:"min_cohorts"` // cohorts that make a history (M01, M02, M04, M05, P07)

	Coverage   AtLeast `yaml:"G01"` // scored ÷ eligible
	Outdated   AtMost  `yaml:"G02"` // of customers, and of exposure
	Excluded   AtMost  `yaml:"G03"` // of rated customers
	Population AtMost  `yaml:"G07"` // customers new, gone or merged without explanation, of all

	Shuffled float64 `yaml:"L03"` // standard errors from 0.5 that the AUC of shuffled labels may be
	Strong   Strong  `yaml:"L04"`
	Cliff    AtMost  `yaml:"L05"` // fall of the AUC with features a month older
	Parity   float64 `yaml:"L07"` // log-odds

	AUC        AtLeast  `yaml:"D01"`
	HalfWidth  AtMost   `yaml:"D02"` // of the 95 % interval of the AUC; wider than amber is grey
	Drop       Floor    `yaml:"D03"` // of the AUC against the initial one, also D04
	Worse      float64  `yaml:"D05"` // AUC by which a challenger may be below and still pass
	KS         AtLeast  `yaml:"D06"`
	Capture    AtLeast  `yaml:"D07"`      // of defaults, and of their exposure, among the worst tenth
	Early      Floor    `yaml:"D08"`      // fall of the partial AUC against the initial one
	EarlyLift  float64  `yaml:"D08_lift"` // fall of average precision ÷ default rate, as a share of the initial one
	Order      OrderSet `yaml:"D09"`
	Separation Separate `yaml:"D10"`
	Mixture    Floor    `yaml:"D11"` // ratio of default rates of two segments of a grade
	Segments   Floor    `yaml:"D12"` // gap of the worst segment's AUC to the book's
	MoneyGini  float64  `yaml:"D13"` // below the Gini by number that is still green
	Horizon    AtLeast  `yaml:"D14"` // each AUC; one below green is amber, two are red
	Benchmark  AtLeast  `yaml:"D15"` // AUC above that of a simple rule

	TooLow     Floor      `yaml:"C01"` // observed ÷ PD from which it is red, also C03
	TooHigh    Floor      `yaml:"C02"` // observed ÷ PD down to which it is red
	OneFactor  Quantiles  `yaml:"C04"`
	Cells      Floor      `yaml:"C05"`      // ratio of observed and expected in the worst cell
	Spieg      Floor      `yaml:"C06"`      // Brier score off what the PDs promise, as a share of it
	Slope      Within     `yaml:"C07"`      // of the logit line
	SlopeNeed  float64    `yaml:"C07_need"` // defaults
	Skill      AtLeast    `yaml:"C08"`
	LogLoss    Floor      `yaml:"C09"`
	MultiYear  Floor      `yaml:"C10"` // observed ÷ expected over the years; need is years
	LongRun    Within     `yaml:"C11"` // observed ÷ expected over the years
	LowDefault LowDefault `yaml:"C12"`
	Immature   Floor      `yaml:"C13"`      // observed ÷ expected so far
	AtCut      Within     `yaml:"C14"`      // observed ÷ expected around a cut
	AtCutNeed  float64    `yaml:"C14_need"` // defaults expected
	Interval   Within     `yaml:"C15"`      // share of grade-years inside their 90 % interval
	External   AtMost     `yaml:"C17"`      // mean distance of log-odds from an agency's

	PSI         AtMost     `yaml:"P01"`
	PSIQuantile [2]float64 `yaml:"P02"`          // of what chance yields: amber above the first, red above the second
	Shift       AtMost     `yaml:"P03"`          // score points, either way
	Features    int        `yaml:"P03_features"` // judged, the ones that weigh most
	Effect      Effects    `yaml:"P04"`
	Drift       AtMost     `yaml:"P05"` // AUC of telling then from now
	Missing     AtMost     `yaml:"P06"` // change of the share missing, either way
	Bands       float64    `yaml:"P07"` // standard deviations, also M01, M02, M04, M05
	Churn       float64    `yaml:"P08"` // log-odds that may move with equal inputs
	Retrain     Retrain    `yaml:"P09"`
	Steady      Steady     `yaml:"P10"`

	Bandwidth  float64    `yaml:"M01"` // above the initial weighted bandwidth that is still green, also M02
	Neighbours Neighbours `yaml:"M03"`
	Matrix     Matrix     `yaml:"M06"`
	Crowded    float64    `yaml:"M08"` // share of customers in one grade above which it is red, but never below twice the even share
	Useless    float64    `yaml:"M09"` // share of customers below which a grade is nearly empty
	ByModel    AtMost     `yaml:"M10"` // share of grade changes made by the model

	Overrides AtMost  `yaml:"E01"`
	Override  Floor   `yaml:"E02"`
	Reasons   float64 `yaml:"E03"` // log-odds
	Direction AtLeast `yaml:"E05"`
	Fair      Within  `yaml:"E06"`
	Betrayal  AtMost  `yaml:"E07"`

	Losses     Within `yaml:"V01"` // place of the realised loss among the simulated ones
	LGD        Floor  `yaml:"V02"` // share of the exposure lost beyond the estimate
	EAD        Within `yaml:"V03"`
	WriteOffs  Within `yaml:"V04"`
	Dates      Within `yaml:"V05"`
	CashError  AtMost `yaml:"V06"`
	CashBias   AtMost `yaml:"V06_bias"`
	HoldReward Floor  `yaml:"V07"`

	Sequence Sequence `yaml:"S"`
}

// AtLeast is green from Green up and amber from Amber up; Need is the defaults it takes.
type AtLeast struct {
	Green float64 `yaml:"green"`
	Amber float64 `yaml:"amber"`
	Need  float64 `yaml:"need,omitempty"`
}

// AtMost is green up to Green and amber up to Amber.
type AtMost struct {
	Green float64 `yaml:"green"`
	Amber float64 `yaml:"amber"`
}

// Within is green between the ends of Green, and amber between those of Amber.
type Within struct {
	Green [2]float64 `yaml:"green,flow"`
	Amber [2]float64 `yaml:"amber,flow"`
}

// Floor is the smallest effect that a p-value may turn red, and what the test needs to be made at all.
type Floor struct {
	Floor float64 `yaml:"floor"`
	Need  float64 `yaml:"need,omitempty"`
}

// The bounds that have a shape of their own.
type (
	// Strong is L04: a feature that tells too much by itself.
	Strong struct {
		IV  float64 `yaml:"iv"`
		AUC float64 `yaml:"auc"`
		SE  float64 `yaml:"se"` // ratio of its coefficient's standard error to that of the last training
	}
	// OrderSet is D09: grades out of order.
	OrderSet struct {
		P      float64 `yaml:"p"`      // of Fisher's exact test, up to which an inversion is significant
		Grades int     `yaml:"grades"` // with defaults
	}
	// Separate is D10: the share of neighbouring grades told apart.
	Separate struct {
		P     float64 `yaml:"p"` // of Fisher's exact test, up to which two grades are apart
		Green float64 `yaml:"green"`
		Amber float64 `yaml:"amber"`
		Need  float64 `yaml:"need"` // defaults in the pair
	}
	// Quantiles is C04: default rates that are exceeded in one year of twenty, of a thousand.
	Quantiles struct {
		Amber float64 `yaml:"amber"`
		Red   float64 `yaml:"red"`
		Need  float64 `yaml:"need"` // customers
	}
	// LowDefault is C12: PDs of grades with few defaults.
	LowDefault struct {
		Confidence float64 `yaml:"confidence"` // of the bound below which no PD may lie
		Few        float64 `yaml:"few"`        // defaults up to which it is judged
		Most       float64 `yaml:"most"`       // … and up to which the bounds are shown
	}
	// Effects is P04: how far a feature must have moved for red.
	Effects struct {
		IQR  float64 `yaml:"iqr"`  // Wasserstein distance in interquartile ranges
		V    float64 `yaml:"v"`    // Cramér's
		Dust float64 `yaml:"dust"` // share of these below which a move is green however sure it is
	}
	// Retrain is P09: how alike two nights' models must judge.
	Retrain struct {
		Tau     AtLeast `yaml:"tau"`     // Kendall's, of the two scores
		Flips   AtMost  `yaml:"flips"`   // share of customers on another side of a cut
		Notches int     `yaml:"notches"` // grades from which a move is counted
	}
	// Steady is P10: coefficients against those first validated.
	Steady struct {
		SE  AtMost `yaml:"se"`
		VIF AtMost `yaml:"vif"`
	}
	// Neighbours is M03: cells of the migration matrix that are fuller than the next one towards the diagonal.
	Neighbours struct {
		N          float64 `yaml:"n"`          // customers in the grade
		P          float64 `yaml:"p"`          // of one cell
		Amber      int     `yaml:"amber"`      // cells up to which it is amber
		Difference float64 `yaml:"difference"` // of two cells' shares, from which one cell alone is red
	}
	// Matrix is M06: a migration matrix against the initial one.
	Matrix struct {
		Green float64 `yaml:"green"` // p-value above which it is green
		Red   float64 `yaml:"red"`   // … up to which it is red
		Floor float64 `yaml:"floor"` // change of the weighted bandwidth from which it may be red
	}
	// Sequence is S01 to S05.
	Sequence struct {
		Ratio  float64    `yaml:"ratio"`       // of odds that S01 looks for; S02 looks for its inverse
		Months float64    `yaml:"months"`      // mean time between false alarms
		Shown  int        `yaml:"shown"`       // months for which an alarm of S01 or S02 stays amber; a second one in them is red again
		Runs   int        `yaml:"runs"`        // months simulated to find the alarm line
		Funnel [2]float64 `yaml:"funnel,flow"` // S03: two-sided limits of amber and red
		Need   float64    `yaml:"need"`        // S03: defaults that a segment must expect
		Lambda float64    `yaml:"lambda"`      // S04: weight of the newest month
		Sigma  float64    `yaml:"sigma"`       // S04
		Theta  float64    `yaml:"theta"`       // S05: observed ÷ expected that the bets are made for
		Kelly  float64    `yaml:"kelly"`       // S05: fraction of the stake of fastest growth
		EAmber float64    `yaml:"e_amber"`
		ERed   float64    `yaml:"e_red"`
	}
)

// DefaultBounds are those of the specification of the pack.
var DefaultBounds = Bounds{
	Version: "2026-11-25",

	Red: 0.05, Amber: 0.10, WeakPower: 0.5, NewDefault: 5, BookAmbers: 3,
	Bootstraps: 400, MaxRows: 20000, Rho: []float64{0.12, 0.05}, MinCohorts: 6,

	Coverage:   AtLeast{Green: 0.99, Amber: 0.97},
	Outdated:   AtMost{0.02, 0.05},
	Excluded:   AtMost{0.01, 0.03},
	Population: AtMost{0.005, 0.02},

	Shuffled: 3,
	Strong:   Strong{IV: 0.5, AUC: 0.9, SE: 3},
	Cliff:    AtMost{0.05, 0.10},
	Parity:   1e-9,

	AUC:        AtLeast{0.75, 0.70, 10},
	HalfWidth:  AtMost{0.05, 0.10},
	Drop:       Floor{0.03, 10},
	Worse:      0.01,
	KS:         AtLeast{0.35, 0.25, 20},
	Capture:    AtLeast{0.45, 0.30, 10},
	Early:      Floor{0.03, 20},
	EarlyLift:  0.10,
	Order:      OrderSet{0.05, 3},
	Separation: Separate{0.20, 0.60, 0.40, 5},
	Mixture:    Floor{2, 5},
	Segments:   Floor{0.10, 10},
	MoneyGini:  0.10,
	Horizon:    AtLeast{0.70, 0.70, 10},
	Benchmark:  AtLeast{0.05, 0, 10},

	TooLow:     Floor{1.25, 20},
	TooHigh:    Floor{0.6, 20},
	OneFactor:  Quantiles{0.95, 0.999, 50},
	Cells:      Floor{1.5, 25},
	Spieg:      Floor{0.05, 200},
	Slope:      Within{[2]float64{0.8, 1.25}, [2]float64{0.6, 1.5}},
	SlopeNeed:  20,
	Skill:      AtLeast{0.05, 0, 10},
	LogLoss:    Floor{0, 10},
	MultiYear:  Floor{1.1, 5},
	LongRun:    Within{[2]float64{0.8, 1.25}, [2]float64{0.6, 1.5}},
	LowDefault: LowDefault{0.5, 3, 5},
	Immature:   Floor{1.5, 5},
	AtCut:      Within{[2]float64{0.67, 1.5}, [2]float64{0.5, 2}},
	AtCutNeed:  5,
	Interval:   Within{[2]float64{0.85, 0.95}, [2]float64{0.80, 0.98}},
	External:   AtMost{0.5, 1.0},

	PSI:         AtMost{0.10, 0.25},
	PSIQuantile: [2]float64{0.95, 0.999},
	Shift:       AtMost{2, 5},
	Features:    20,
	Effect:      Effects{0.2, 0.1, 0.5},
	Drift:       AtMost{0.55, 0.65},
	Missing:     AtMost{0.02, 0.05},
	Bands:       3,
	Churn:       0.01,
	Retrain:     Retrain{AtLeast{Green: 0.95, Amber: 0.90}, AtMost{0.01, 0.03}, 2},
	Steady:      Steady{AtMost{2, 3}, AtMost{5, 10}},

	Bandwidth:  0.10,
	Neighbours: Neighbours{20, 0.05, 2, 0.05},
	Matrix:     Matrix{0.05, 0.01, 0.10},
	Crowded:    0.35,
	Useless:    0.005,
	ByModel:    AtMost{0.10, 0.25},

	Overrides: AtMost{0.05, 0.10},
	Override:  Floor{0, 10},
	Reasons:   1e-9,
	Direction: AtLeast{Green: 1, Amber: 0.99},
	Fair:      Within{[2]float64{0.8, 1.25}, [2]float64{0.67, 1.5}},
	Betrayal:  AtMost{0.60, 0.70},

	Losses:     Within{[2]float64{0.05, 0.95}, [2]float64{0.01, 0.99}},
	LGD:        Floor{0.05, 10},
	EAD:        Within{[2]float64{0.9, 1.1}, [2]float64{0.8, 1.25}},
	WriteOffs:  Within{[2]float64{0.8, 1.25}, [2]float64{0.6, 1.5}},
	Dates:      Within{[2]float64{0.75, 0.85}, [2]float64{0, 1}},
	CashError:  AtMost{0.10, 0.20},
	CashBias:   AtMost{0.03, 0.20},
	HoldReward: Floor{0, 20},

	Sequence: Sequence{
		Ratio: 2, Months: 60, Shown: 3, Runs: 200000, Funnel: [2]float64{0.95, 0.998}, Need: 1, Lambda: 0.05, Sigma: 3,
		Theta: 1.5, Kelly: 0.5, EAmber: 20, ERed: 100,
	},
}

// Check reports every bound that cannot be meant, each by its key.
func (b Bounds) Check() error {
	var faults []error
	want := func(ok bool, key, what string, got any) {
		if !ok {
			faults = append(faults, fmt.Errorf("validation.%s: must be %s, got %v", key, what, got))
		}
	}
	want(b.Version != "", "version", "given: results name it", `""`)
	for _, s := range []struct {
		key string
		v   float64
	}{{"red", b.Red}, {"amber", b.Amber}, {"weak_power", b.WeakPower}, {"D09.p", b.Order.P}, {"D10.p", b.Separation.P},
		{"M03.p", b.Neighbours.P}, {"C12.confidence", b.LowDefault.Confidence}, {"S.lambda", b.Sequence.Lambda}, {"S.kelly", b.Sequence.Kelly}} {
		want(s.v > 0 && s.v < 1, s.key, "above 0 and below 1", s.v)
	}
	for _, s := range []struct {
		key string
		v   AtLeast
	}{{"G01", b.Coverage}, {"D01", b.AUC}, {"D06", b.KS}, {"D07", b.Capture}, {"D14", b.Horizon}, {"D15", b.Benchmark},
		{"C08", b.Skill}, {"P09.tau", b.Retrain.Tau}, {"E05", b.Direction}} {
		want(s.v.Green >= s.v.Amber, s.key+".green", fmt.Sprintf("at least amber (%v)", s.v.Amber), s.v.Green)
	}
	for _, s := range []struct {
		key string
		v   AtMost
	}{{"G02", b.Outdated}, {"G03", b.Excluded}, {"G07", b.Population}, {"L05", b.Cliff}, {"D02", b.HalfWidth}, {"C17", b.External},
		{"P01", b.PSI}, {"P03", b.Shift}, {"P05", b.Drift}, {"P06", b.Missing}, {"P09.flips", b.Retrain.Flips}, {"P10.se", b.Steady.SE},
		{"P10.vif", b.Steady.VIF}, {"M10", b.ByModel}, {"E01", b.Overrides}, {"E07", b.Betrayal}, {"V06", b.CashError}, {"V06_bias", b.CashBias}} {
		want(s.v.Green <= s.v.Amber, s.key+".green", fmt.Sprintf("at most amber (%v)", s.v.Amber), s.v.Green)
	}
	for _, s := range []struct {
		key string
		v   Within
	}{{"C07", b.Slope}, {"C11", b.LongRun}, {"C14", b.AtCut}, {"C15", b.Interval}, {"E06", b.Fair}, {"V01", b.Losses}, {"V03", b.EAD},
		{"V04", b.WriteOffs}, {"V05", b.Dates}} {
		want(s.v.Green[0] < s.v.Green[1], s.key+".green", "two numbers, the smaller one first", s.v.Green)
		want(s.v.Amber[0] <= s.v.Green[0] && s.v.Green[1] <= s.v.Amber[1], s.key+".amber", fmt.Sprintf("around green (%v)", s.v.Green), s.v.Amber)
	}
	want(len(b.Rho) > 0, "rho", "one asset correlation at least", b.Rho)
	for _, rho := range b.Rho {
		want(rho >= 0 && rho < 1, "rho", "from 0 to below 1", rho)
	}
	for _, s := range []struct {
		key string
		v   int
	}{{"bootstraps", b.Bootstraps}, {"max_rows", b.MaxRows}, {"min_cohorts", b.MinCohorts}, {"book_ambers", b.BookAmbers},
		{"P03_features", b.Features}, {"S.runs", b.Sequence.Runs}} {
		want(s.v > 0, s.key, "above 0", s.v)
	}
	want(b.OneFactor.Amber > 0.5 && b.OneFactor.Amber < b.OneFactor.Red && b.OneFactor.Red < 1, "C04", "0.5 < amber < red < 1", b.OneFactor)
	want(b.PSIQuantile[0] > 0 && b.PSIQuantile[0] < b.PSIQuantile[1] && b.PSIQuantile[1] < 1, "P02", "two probabilities, the smaller one first", b.PSIQuantile)
	want(b.Sequence.Ratio > 1, "S.ratio", "above 1", b.Sequence.Ratio)
	want(b.Sequence.Months > 1, "S.months", "above 1", b.Sequence.Months)
	want(b.Sequence.EAmber > 1 && b.Sequence.EAmber <= b.Sequence.ERed, "S.e_amber", "above 1 and at most e_red", b.Sequence.EAmber)
	want(b.Sequence.Funnel[0] > 0 && b.Sequence.Funnel[0] < b.Sequence.Funnel[1] && b.Sequence.Funnel[1] < 1, "S.funnel", "two probabilities, the smaller one first", b.Sequence.Funnel)
	return errors.Join(faults...)
}

func (b AtLeast) light(v float64) Light { return shade(v >= b.Green, v >= b.Amber) }
func (b AtMost) light(v float64) Light  { return shade(v <= b.Green, v <= b.Amber) }
func (b Within) light(v float64) Light {
	return shade(v >= b.Green[0] && v <= b.Green[1], v >= b.Amber[0] && v <= b.Amber[1])
}

func shade(green, amber bool) Light {
	switch {
	case green:
		return Green
	case amber:
		return Amber
	}
	return Red
}

// darker is the worse of two lights; grey is the least of all.
func darker(a, b Light) Light {
	rank := map[Light]int{Grey: 0, Green: 1, Amber: 2, Red: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}
