package validation

import "creditwatch/pipeline/asof"

// Horizons are the months over which PDs are given, in the order of Row.PD.
var Horizons = [4]int{1, 3, 6, 12}

// An Input is what a night has to judge a model by. What a night does not have stays nil, and the tests that need it are
// grey.
type Input struct {
	AsOf     asof.Date
	Model    string   // id of the model judged
	Horizon  int      // months over which Row.Default looks ahead
	Grades   []string // of the master scale, best first
	GradePDs []float64
	// Segments name the columns of Row.Segments, Benchmarks those of Row.Benchmarks.
	Segments   []string
	Benchmarks []string

	Rows    []Row    // past snapshots that the model did not learn from, scored by it
	Tonight []Scored // the whole book as scored tonight
	Before  []Scored // as scored by the previous published night
	Initial *Initial // what the model had when it was first validated
	Process Process

	BeforeModel  string    // id of the model of Before; "" when it is the same as tonight's
	Retrained    []Scored  // tonight's book by the model of Before, when that is another one
	Quarter      []float64 // customers by the deciles of Initial, 90 days ago
	Cuts         []Cut     // of the policy: where decisions change
	Overrides    []Override
	Migrations   []Migration // oldest first, the last one ends tonight; nil: they are counted from Rows and Tonight
	Causes       *Causes     // of tonight's changes of grade
	Coefficients []Coefficient
	Strengths    []Strength
	Proxies      []Proxy
	Proofs       Proofs
	Money        Money

	Seed uint64 // of bootstraps and simulations
}

// A Row is a customer at a past snapshot: what the model says of it with the knowledge of that day, and what came of it.
type Row struct {
	Customer   string
	Cohort     asof.Date
	Grade      int // index into Input.Grades
	PD         [4]float64
	Lo, Hi     float64 // 90 % interval of the PD over the horizon
	Prudent    float64 // PD with the margin of conservatism
	Challenger float64 // PD over the horizon by the best challenger; NaN when there is none
	Segments   []string
	Benchmarks []float64 // larger is riskier; NaN when missing
	EAD, LGD   float64
	// Observed is how many months of the outcome are known by AsOf, up to the horizon; the row is mature when it is the horizon.
	Observed int
	Default  uint8   // within the observed months
	After    float64 // months to the default; NaN when there was none
	Loss     float64 // realised, reporting currency; NaN when not known
	Exposed  float64 // realised exposure at the default; NaN when not known
	Held     bool    // orders were held, so that the outcome is that of a customer treated
	External float64 // PD behind the grade an agency had given by then; 0 when there is none
	Group    string  // whose customers fail together; "" when the customer stands alone
	Margin   float64 // gross margin that a hold over the horizon gives up, reporting currency; 0 when not known
}

// Scored is a customer of a night.
type Scored struct {
	Customer string
	Grade    int // index into Input.Grades; −1 when in default or not scored
	LogOdds  float64
	PD       float64
	EAD      float64
	Reasons  [4]string          // features of the reasons
	Features map[string]float64 // those the model weighs most; NaN when missing
	Same     bool               // every feature is as it was the night before

	Terms    [4]float64 // PD over Horizons; zeros when there is none
	Segments []string   // as Input.Segments names them
	Held     bool       // tonight's decision is to hold orders
	External float64    // PD behind the grade of an agency; 0 when there is none
}

// A Cut is a grade from which on, towards the worse, a decision changes.
type Cut struct {
	EN, ZH string // "orders are held"
	Grade  int    // index into Input.Grades, the first beyond the cut
}

// An Override is a grade that a person set in place of the model's: tonight (On is AsOf) or at the cohort of a row.
type Override struct {
	Customer     string
	On           asof.Date
	Model, Final int // grades, indexes into Input.Grades
}

// A Migration counts customers by grade then and a year later.
type Migration struct {
	To     asof.Date
	Counts [][]float64 // a row by grade; a column by grade, then defaults, then exits
}

// Causes split tonight's changes of grade against the night before by what made them.
type Causes struct{ Data, Ageing, Model, Policy, Override int }

// A Coefficient is one of a linear model: tonight, and when it was first validated.
type Coefficient struct {
	Feature      string
	Now, Initial float64
	SE           float64 // of Initial
	VIF          float64 // variance inflation factor; NaN when not known
}

// A Strength is how much a feature tells by itself, on the training rows.
type Strength struct {
	Feature    string
	IV, AUC    float64 // AUC in the feature's better direction
	SE, Before float64 // standard error of its coefficient tonight and at the last training; NaN when there is none
}

// A Proxy is how well the features betray an attribute that must not decide.
type Proxy struct {
	Attribute string
	AUC       float64
	N         int
}

// Proofs are what the night found by doing something twice, or something forbidden; nil where it did not try.
type Proofs struct {
	Replay       *Pair     // hashes of the feature table of 30 days ago: as stored, as built again (L01)
	FutureCanary *Tried    // future columns planted; those that the builder let through (L02)
	Permuted     *Permuted // a model of shuffled labels (L03)
	Lagged       *Lagged   // features one month older (L05)
	Training     *Pair     // hashes of model and scores, trained twice (L06)
	Path         *float64  // largest difference of log-odds between the ways to score (L07)
	Specials     *Tried    // missing and special values; those weighed differently in fit, score and reason (L08)
	Rerun        *Pair     // hashes of the night's tables, run twice (L09)
	Monotone     *Tried    // pairs that should be in order; those that are not (P11)
	Additivity   *float64  // largest distance of reasons and base from the log-odds (E03)
	Direction    *Tried    // first reasons neutralised; those whose PD did not fall (E05)
}

// A Pair is what should be equal.
type Pair struct{ First, Second string }

// Tried is how many were tried, and how many of them failed.
type Tried struct{ Tried, Failed int }

// Permuted is the ranking of a model trained on shuffled labels, on held-out rows with shuffled labels.
type Permuted struct {
	AUC            float64
	Defaults, Rest int
}

// Lagged is the AUC of the same rows with features as they are and as they were one month earlier.
type Lagged struct{ AUC, Earlier float64 }

// Money is what the night knows of forecasts that came true; nil where it does not.
type Money struct {
	Provisions *Provisions
	Payments   *Payments
	Cash       []CashWeek
}

// Provisions of twelve months ago, and what of that book was written off since.
type Provisions struct{ Matrix, Model, WrittenOff float64 }

// Payments are invoices paid since a date of payment was forecast for them.
type Payments struct {
	N, Covered     int     // paid; of them inside the 80 % interval
	Pinball, Naive float64 // mean pinball loss in days: ours, and that of "due date + own average delay"
}

// CashWeek is a week of the 13-week forecast that has come to its end.
type CashWeek struct {
	Week             int // ahead of the forecast, 1 to 13
	Forecast, Actual float64
}

// Initial is kept when a model is first validated, and never changed.
type Initial struct {
	On          asof.Date
	AUC         float64
	AUCVariance float64
	PartialAUC  float64              // to a false positive rate of 0.2, see [PartialAUC]; 0 when not known
	Precision   float64              // average precision ÷ default rate; 0 when not known
	Grades      []float64            // customers by grade
	Exposure    []float64            // exposure by grade
	Deciles     []float64            // upper edges of the log-odds' deciles, nine of them
	Scores      []float64            // customers by decile
	Bins        map[string][]float64 // inner edges of the bins of the features weighed most
	Shares      map[string][]float64 // customers by bin: missing first, then the bins
	Points      map[string][]float64 // mean score points by bin
	Migration   [][]float64          // customers from grade to grade over a year; nil when not known
	// Reference are the features of a sample of the customers then, some thousand at most; NaN when missing.
	Reference []map[string]float64
}

// Process is what the night counts about its own work. With nobody eligible it was not counted, and its gates are grey.
type Process struct {
	Eligible, Scored       int // customers that should have a score; that have one
	Outdated               int // scored on inputs older than the policy allows
	OutdatedEAD, TotalEAD  float64
	Unrated                int     // defaults of the last year that had no score the night before
	Defaults               int     // of the last year
	LedgerDifference       float64 // open amount of the features less that of the ledger
	Unnatural              int     // feature values that are NaN, infinite or out of range
	LateSources            int
	LateLedger             bool
	New, Gone, Unexplained int // customers against the previous night
	LabelsChecked          int // labels derived again from the raw ledger
	LabelsDifferent        int
	Overrides              int

	Excluded            int // of the defaults and customers of the last year, left out of rating by rule
	ExcludedUnexplained int // … without a rule that says so
	TechnicalDefaults   int // defaults taken back as technical
	UnratedUnexplained  int // of Unrated, without a known reason
}
