package validation

import "creditwatch/pipeline/asof"

// A Light is what a test says at a glance. Grey means that the data cannot answer; it is never green.
type Light string

// The lights.
const (
	Green Light = "green"
	Amber Light = "amber"
	Red   Light = "red"
	Grey  Light = "grey"
)

// A Result is one test of the validation pack on one scope. Figures that a test does not have, or that the data cannot
// give, are nil.
type Result struct {
	Code   string // "D01"
	Family string // one of Families
	Model  string // id of the model tested; "" where the test is about the night
	Scope  string // "book", "grade BB", "segment industry=Retail", "feature dpd_max", "cell 3>4"

	Value     *float64 // what is reported: an AUC, a ratio, a share
	Statistic *float64 // of the test
	P         *float64 // before correction
	PAdjusted *float64 // after correction for the other tests of its family tonight
	Effect    *float64 // on the scale of Floor
	Floor     *float64 // smallest effect that matters
	Power     *float64 // chance to see an effect as large as the floor
	N, D      float64  // rows and defaults it rests on

	Light  Light
	EN, ZH string // plain sentences: the finding, and for amber and red the likely cause and a step

	Q             *float64  // false discovery rate of its family at which it is named (Benjamini–Hochberg); amber by it
	Weak          bool      // amber because the data could hardly have shown more
	Amount        *float64  // money it is about, reporting currency
	DecidedOn     asof.Date // night of the light: earlier than tonight when nothing new was known since
	Cohort        asof.Date // newest mature cohort when it was decided; zero when there was none
	Known         float64   // customers whose default was known when it was decided
	BoundsVersion string
}

// Decided is the light of an earlier night. Judge carries it until something new is known: DecidedOn, Cohort, Known and
// BoundsVersion say what it was decided on.
type Decided = Result

// Families group tests whose p-values are corrected together.
var Families = []string{
	"gate", "leakage", "discrimination", "calibration_grade", "calibration_book", "stability_score", "stability_feature",
	"migration", "explanation", "money", "segments", "sequential",
}
