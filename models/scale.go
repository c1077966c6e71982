package models

import (
	"math"
	"sort"
)

// A Grade is a step of the master scale. PDs are those of twelve months.
type Grade struct {
	Name string  `json:"name"`
	UpTo float64 `json:"up_to"` // highest PD of the grade
	EN   string  `json:"en"`
	ZH   string  `json:"zh"`
}

// MasterScale maps a PD to a grade, best first. The bounds rise by a factor of two to three, so that a grade means
// about the same step in odds everywhere.
var MasterScale = []Grade{
	{"AAA", 0.0005, "exceptionally safe", "极为安全"},
	{"AA", 0.0015, "very safe", "非常安全"},
	{"A", 0.004, "safe", "安全"},
	{"BBB", 0.01, "sound", "良好"},
	{"BB", 0.025, "acceptable", "可接受"},
	{"B", 0.06, "watchful", "需关注"},
	{"CCC", 0.12, "weak", "偏弱"},
	{"CC", 0.25, "very weak", "很弱"},
	{"C", 0.50, "default likely", "很可能违约"},
	{"D", 1, "default expected or present", "预计或已经违约"},
}

// GradeOf returns the grade of a PD.
func GradeOf(pd float64) Grade {
	i := sort.Search(len(MasterScale)-1, func(i int) bool { return pd <= MasterScale[i].UpTo })
	return MasterScale[i]
}

// ScoreOf returns the points of a PD: 600 at odds of 50:1, 20 more for double the odds.
func ScoreOf(pd float64) float64 { return Offset + Factor*math.Log((1-pd)/pd) }

// evidenceBounds are the least depths of the evidence grades A to F; less is G.
var evidenceBounds = []float64{0.90, 0.80, 0.70, 0.55, 0.40, 0.20}

// fullHistory is how many months of history count as complete.
const fullHistory = 24

// narrow and wide are the widths of a 90 % interval, in log-odds, that count as full and as no evidence: the odds are known
// to within a factor of one and a half, or of four and a half.
const (
	narrow = 0.8
	wide   = 3
)

// evidenceGrade grades what a PD rests on: the share of features present, weighted by how much each moves the
// PD, the customer's months of history (NaN when unknown), and how narrow its interval is in log-odds.
func evidenceGrade(present, months, width float64) string {
	depth, weight := 0.5*present, 0.5
	if !math.IsNaN(months) {
		depth, weight = depth+0.3*min(1, max(0, months/fullHistory)), weight+0.3
	}
	depth, weight = depth+0.2*min(1, max(0, (wide-width)/(wide-narrow))), weight+0.2
	for i, bound := range evidenceBounds {
		if depth >= bound*weight {
			return string(rune('A' + i))
		}
	}
	return "G"
}
