package models

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// misjudged draws rows whose true log-odds are a function of what the learner says.
func misjudged(n int, truth func(eta float64) float64) []outcomeAt {
	source := rand.New(rand.NewPCG(7, 7))
	rows := make([]outcomeAt, n)
	for i := range rows {
		eta := source.NormFloat64()*1.5 - 2
		rows[i] = outcomeAt{eta: eta, customer: fmt.Sprint(i)}
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
		}, "isotonic"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fitted := calibrate(misjudged(20000, c.truth))
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

// Defaults have halved of late: PDs must meet the late level, whatever the method, and rank as before.
func TestCalibrationMeetsTheLatestLevel(t *testing.T) {
	for name, truth := range map[string]func(eta float64) float64{
		"platt": func(eta float64) float64 { return 0.5*eta - 1 },
		"isotonic": func(eta float64) float64 {
			if eta < -2 {
				return -4
			}
			return 0
		},
	} {
		rows := misjudged(20000, truth)
		for i := range rows {
			if rows[i].recent = i%3 == 0; rows[i].recent && i%2 == 0 {
				rows[i].y = 0
			}
		}
		c := calibrate(rows)
		expected, observed := 0.0, 0.0
		for _, r := range rows {
			if r.recent {
				expected, observed = expected+expit(c.Apply(r.eta)), observed+float64(r.y)
			}
		}
		if c.Method != name || math.Abs(observed/expected-1) > 1e-6 {
			t.Errorf("%s by method %s: %v recent defaults, %v expected", name, c.Method, observed, expected)
		}
	}
}

func TestCalibrationWithoutMeansLeavesLogOddsAlone(t *testing.T) {
	backwards := misjudged(2000, func(eta float64) float64 { return -eta - 4 })
	for name, rows := range map[string][]outcomeAt{
		"no rows":               nil,
		"no default":            {{eta: -2, customer: "a"}, {eta: -3, customer: "b"}},
		"ranked the wrong way":  backwards,
		"nothing but defaults":  {{eta: 1, y: 1, customer: "a"}},
		"one default, one paid": {{eta: 1, y: 0, customer: "a"}, {eta: 0, y: 1, customer: "b"}},
	} {
		if c := calibrate(rows); c.Method != "none" || c.Apply(-1.25) != -1.25 {
			t.Errorf("%s: method %s gives %v for -1.25", name, c.Method, c.Apply(-1.25))
		}
	}
}

func TestIntervalsNarrowWithEvidence(t *testing.T) {
	width := func(rows []outcomeAt) float64 {
		c := calibrate(rows)
		eta := c.Apply(-2)
		lo, hi := c.Interval(eta)
		if pd := expit(eta); !(0 < lo && lo <= pd && pd <= hi && hi < 1) {
			t.Fatalf("interval %v to %v around %v", lo, hi, pd)
		}
		return hi - lo
	}
	straight := func(eta float64) float64 { return eta }
	few, many := width(misjudged(1000, straight)), width(misjudged(50000, straight))
	if many*2 > few {
		t.Errorf("width %v on 1 000 rows, %v on 50 000", few, many)
	}
	repeated := misjudged(50000, straight)
	for i := range repeated {
		repeated[i].customer = fmt.Sprint(i % 2000)
	}
	if same := width(repeated); same < 2*many {
		t.Errorf("width %v when rows are 25 months of 2 000 customers, %v when all are different", same, many)
	}
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
		present, months float64
		want            string
	}{{1, math.NaN(), "A"}, {0.89, math.NaN(), "B"}, {1, 24, "A"}, {1, 12, "B"}, {1, 0, "D"}, {0.5, 6, "E"}, {0.5, 5, "F"}, {0, 0, "G"}} {
		if got := evidenceGrade(c.present, c.months); got != c.want {
			t.Errorf("evidence of %v present and %v months is %s, want %s", c.present, c.months, got, c.want)
		}
	}
	if got := atHorizon(0.12, 12, 12); math.Abs(got-0.12) > 1e-15 {
		t.Errorf("0.12 over the same horizon is %v", got)
	}
	if got, want := atHorizon(0.19, 12, 6), 0.1; math.Abs(got-want) > 1e-12 {
		t.Errorf("19 %% a year is %v in half a year, want %v", got, want)
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
