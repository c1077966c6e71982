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

	Seed uint64 // of bootstraps
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
}

// Initial is kept when a model is first validated, and never changed.
type Initial struct {
	On          asof.Date
	AUC         float64
	AUCVariance float64
	Grades      []float64            // customers by grade
	Exposure    []float64            // exposure by grade
	Deciles     []float64            // upper edges of the log-odds' deciles, nine of them
	Scores      []float64            // customers by decile
	Bins        map[string][]float64 // inner edges of the bins of the features weighed most
	Shares      map[string][]float64 // customers by bin: missing first, then the bins
	Points      map[string][]float64 // mean score points by bin
	Migration   [][]float64          // customers from grade to grade over a year; nil when not known
}

// Process is what the night counts about its own work.
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
}
