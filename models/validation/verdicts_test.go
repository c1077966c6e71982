package validation

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"

	"creditwatch/pipeline/asof"
)

// pack is every code of the specification but W, which is judged elsewhere.
var pack = strings.Fields(`G01 G02 G03 G04 G05 G06 G07 G08
	L01 L02 L03 L04 L05 L06 L07 L08 L09
	D01 D02 D03 D04 D05 D06 D07 D08 D09 D10 D11 D12 D13 D14 D15
	C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C11 C12 C13 C14 C15 C16 C17
	P01 P02 P03 P04 P05 P06 P07 P08 P09 P10 P11
	M01 M02 M03 M04 M05 M06 M07 M08 M09 M10
	E01 E02 E03 E04 E05 E06 E07
	V01 V02 V03 V04 V05 V06 V07
	S01 S02 S03 S04 S05`)

func TestTestsAreThePack(t *testing.T) {
	var codes []string
	for _, test := range Tests {
		codes = append(codes, test.Code)
		if !slices.Contains(Families, test.Family) {
			t.Errorf("%s is of family %q, which is none of Families", test.Code, test.Family)
		}
		if test.EN == "" || test.ZH == "" || (test.Cause.EN == "") != (test.Cause.ZH == "") || (test.Step.EN == "") != (test.Step.ZH == "") {
			t.Errorf("%s is not named in both languages", test.Code)
		}
	}
	if !slices.Equal(codes, pack) {
		t.Errorf("Tests are %v, want %v", codes, pack)
	}
}

// sound is a night on which nothing is wrong, made once.
var sound = sync.OnceValue(func() Input {
	return proven(validated(simulated{customers: 2500, months: 40, pd: 0.04, spread: 1.6, wander: 0.12, seed: 5, night: asof.MustParse("2026-10-31")}.input()))
})

// written holds a result against what every one must be.
func written(t *testing.T, r Result) {
	t.Helper()
	what := r.Code + " " + r.Scope
	if !slices.Contains([]Light{Green, Amber, Red, Grey}, r.Light) {
		t.Errorf("%s has light %q", what, r.Light)
	}
	for _, text := range []string{r.EN, r.ZH} {
		if text == "" || strings.Contains(text, "%!") || strings.Contains(text, "NaN") && r.Code != "G05" || strings.Contains(text, "Inf") || strings.Contains(text, "–") && r.Light != Grey && !strings.Contains(text, "Anderson–") && !strings.Contains(text, "Jensen–") {
			t.Errorf("%s says %q", what, text)
		}
	}
	if !strings.ContainsFunc(r.ZH, func(c rune) bool { return unicode.Is(unicode.Han, c) }) || strings.ContainsFunc(r.EN, func(c rune) bool { return unicode.Is(unicode.Han, c) }) {
		t.Errorf("%s is not in its languages: %q, %q", what, r.EN, r.ZH)
	}
	if r.Light == Grey && !strings.Contains(r.EN, "Not judged") {
		t.Errorf("%s is grey without a reason: %q", what, r.EN)
	}
	if (r.Light == Amber || r.Light == Red) && !r.Weak && r.Code != "D05" && !(strings.Contains(r.EN, "Likely cause:") && strings.Contains(r.EN, "Step:") && strings.Contains(r.ZH, "可能原因：") && strings.Contains(r.ZH, "建议：")) {
		t.Errorf("%s is %s without cause and step: %q, %q", what, r.Light, r.EN, r.ZH)
	}
	for _, v := range []*float64{r.Value, r.Statistic, r.P, r.PAdjusted, r.Q, r.Effect, r.Floor, r.Power, r.Amount} {
		if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
			t.Errorf("%s has a figure that is %v", what, *v)
		}
	}
	for _, v := range []*float64{r.P, r.PAdjusted, r.Q, r.Power} {
		if v != nil && !(*v >= 0 && *v <= 1+1e-12) {
			t.Errorf("%s has a probability of %v", what, *v)
		}
	}
}

func TestSoundNight(t *testing.T) {
	in := sound()
	results := Judge(in, DefaultBounds, nil)
	seen := map[string]bool{}
	for _, r := range results {
		written(t, r)
		key := r.Code + " " + r.Scope
		if seen[key] {
			t.Errorf("%s is judged twice", key)
		}
		seen[key], seen[r.Code] = true, true
		if r.Light == Red {
			t.Errorf("%s is red on a sound night: %s", key, r.EN)
		}
		if r.DecidedOn != in.AsOf || r.BoundsVersion != DefaultBounds.Version || r.Model != "m1" {
			t.Errorf("%s was decided on %s by bounds %q for model %q", key, r.DecidedOn, r.BoundsVersion, r.Model)
		}
	}
	for _, code := range pack {
		if !seen[code] {
			t.Errorf("%s yields no result", code)
		}
	}
	var grey []string
	for _, r := range results {
		if r.Light == Grey {
			grey = append(grey, r.Code)
		}
	}
	// Forty months hold three years apart; five are wanted.
	if !slices.Equal(grey, []string{"C10"}) {
		t.Errorf("grey on a full night: %v, want C10 alone", grey)
	}
}

func TestOrderOfRowsChangesNothing(t *testing.T) {
	in := sound()
	want := Judge(in, DefaultBounds, nil)
	r := rand.New(rand.NewPCG(1, 1))
	in.Rows, in.Tonight, in.Before, in.Overrides = slices.Clone(in.Rows), slices.Clone(in.Tonight), slices.Clone(in.Before), slices.Clone(in.Overrides)
	r.Shuffle(len(in.Rows), func(i, j int) { in.Rows[i], in.Rows[j] = in.Rows[j], in.Rows[i] })
	r.Shuffle(len(in.Tonight), func(i, j int) { in.Tonight[i], in.Tonight[j] = in.Tonight[j], in.Tonight[i] })
	r.Shuffle(len(in.Before), func(i, j int) { in.Before[i], in.Before[j] = in.Before[j], in.Before[i] })
	got := Judge(in, DefaultBounds, nil)
	if len(got) != len(want) {
		t.Fatalf("%d results in another order, want %d", len(got), len(want))
	}
	for k := range got {
		if line(got[k]) != line(want[k]) {
			t.Errorf("in another order\n%s, want\n%s", line(got[k]), line(want[k]))
		}
	}
}

// line is a result with its figures to the last bit.
func line(r Result) string {
	var b strings.Builder
	b.WriteString(r.Code + " " + r.Scope + " " + string(r.Light) + " " + r.EN + r.ZH)
	for _, v := range []*float64{r.Value, r.Statistic, r.P, r.PAdjusted, r.Q, r.Effect, r.Floor, r.Power, r.Amount, &r.N, &r.D} {
		if v == nil {
			b.WriteString(" –")
		} else {
			b.WriteString(" " + big(*v))
		}
	}
	return b.String()
}

// verdict runs one test of the pack on an input.
func verdict(t *testing.T, in Input, code string) []*finding {
	t.Helper()
	n := prepare(in, DefaultBounds)
	for _, test := range Tests {
		if test.Code != code {
			continue
		}
		found := test.judge(n)
		for _, f := range found {
			f.Code = code
			if f.Family == "" {
				f.Family = test.Family
			}
		}
		correct(found)
		for _, f := range found {
			f.settle(DefaultBounds)
			f.finish(test, Text{})
			written(t, f.Result)
		}
		return found
	}
	t.Fatalf("no test %s", code)
	return nil
}

func worst(found []*finding) Light {
	light := Grey
	for _, f := range found {
		light = darker(light, f.Light)
	}
	return light
}

// eachRow changes copies of the rows.
func eachRow(change func(r *Row, k int)) func(in *Input) {
	return func(in *Input) {
		in.Rows = slices.Clone(in.Rows)
		for k := range in.Rows {
			change(&in.Rows[k], k)
		}
	}
}

func eachScored(change func(s *Scored, k int)) func(in *Input) {
	return func(in *Input) {
		in.Tonight = slices.Clone(in.Tonight)
		for k := range in.Tonight {
			change(&in.Tonight[k], k)
		}
	}
}

func eachFeatures(change func(f map[string]float64, k int)) func(in *Input) {
	return eachScored(func(s *Scored, k int) {
		f := map[string]float64{}
		for name, v := range s.Features {
			f[name] = v
		}
		change(f, k)
		s.Features = f
	})
}

// times multiplies the odds of all PDs, and keeps the grades.
func odds(factor float64) func(in *Input) {
	return eachRow(func(r *Row, _ int) {
		for h, p := range r.PD {
			r.PD[h] = logistic(logit(p) + math.Log(factor))
		}
	})
}

// stretched multiplies the distance of the log-odds from those of the mean PD.
func stretched(by float64) func(in *Input) {
	return eachRow(func(r *Row, _ int) {
		for h, p := range r.PD {
			r.PD[h] = logistic(logit(0.03) + by*(logit(p)-logit(0.03)))
		}
	})
}

// blind gives PDs at random.
func blind(in *Input) {
	r := rand.New(rand.NewPCG(4, 4))
	eachRow(func(row *Row, _ int) {
		row.PD = evenTerms(logistic(logit(0.03) + 1.6*r.NormFloat64()))
		row.Grade = gradeOf(row.PD[3])
	})(in)
}

// hash is a number in [0, 1) that belongs to a customer.
func hash(name string) float64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(name) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return float64(h>>11) / (1 << 53)
}

// Every test of the pack turns from its light of a sound night to the one wanted when what it watches is wrong.
func TestEveryTestCanFail(t *testing.T) {
	process := func(change func(p *Process)) func(*Input) { return func(in *Input) { change(&in.Process) } }
	proof := func(change func(p *Proofs)) func(*Input) { return func(in *Input) { change(&in.Proofs) } }
	tiny := 1e-6
	for _, c := range []struct {
		code, shows string
		change      func(in *Input)
		want        Light
	}{
		{"G01", "98 % scored", process(func(p *Process) { p.Eligible = 10000; p.Scored = 9800 }), Amber},
		{"G01", "a tenth without a score", process(func(p *Process) { p.Scored = p.Eligible * 9 / 10 }), Red},
		{"G02", "outdated customers", process(func(p *Process) { p.Outdated = p.Scored / 10 }), Red},
		{"G02", "outdated exposure alone", process(func(p *Process) { p.OutdatedEAD = 0.04 * p.TotalEAD }), Amber},
		{"G03", "2 % excluded", process(func(p *Process) { p.Excluded = p.Eligible / 50 }), Amber},
		{"G03", "one unexplained", process(func(p *Process) { p.ExcludedUnexplained = 1 }), Red},
		{"G03", "one default without a rating or a reason", process(func(p *Process) { p.UnratedUnexplained = 1 }), Red},
		{"G04", "a cent", process(func(p *Process) { p.LedgerDifference = -0.01 }), Red},
		{"G04", "not compared", process(func(p *Process) { p.LedgerDifference = math.NaN() }), Grey},
		{"G05", "a NaN", process(func(p *Process) { p.Unnatural = 1 }), Red},
		{"G05", "a PD above 1", eachRow(func(r *Row, k int) {
			if k == 0 {
				r.PD[3] = 1.2
			}
		}), Red},
		{"G06", "one late", process(func(p *Process) { p.LateSources = 1 }), Amber},
		{"G06", "the ledger", process(func(p *Process) { p.LateSources, p.LateLedger = 1, true }), Red},
		{"G06", "two late", process(func(p *Process) { p.LateSources = 2 }), Red},
		{"G07", "unexplained", process(func(p *Process) { p.Unexplained = p.Eligible / 100 }), Amber},
		{"G08", "a label", process(func(p *Process) { p.LabelsDifferent = 1 }), Red},
		{"L01", "another hash", proof(func(p *Proofs) { p.Replay = &Pair{"a", "b"} }), Red},
		{"L02", "a canary through", proof(func(p *Proofs) { p.FutureCanary = &Tried{2, 1} }), Red},
		{"L03", "shuffled labels ranked", proof(func(p *Proofs) { p.Permuted = &Permuted{0.65, 60, 2000} }), Red},
		{"L03", "or ranked backwards", proof(func(p *Proofs) { p.Permuted = &Permuted{0.35, 60, 2000} }), Red},
		{"L04", "a strong feature", func(in *Input) { in.Strengths = []Strength{{"paid", 3.1, 0.97, 0.1, 0.1}} }, Amber},
		{"L04", "a jump of its error", func(in *Input) { in.Strengths = []Strength{{"paid", 0.1, 0.6, 0.1, 0.9}} }, Amber},
		{"L05", "a cliff", proof(func(p *Proofs) { p.Lagged = &Lagged{0.85, 0.70} }), Red},
		{"L05", "a horizon too short to tell", func(in *Input) { in.Proofs.Lagged, in.Horizon = &Lagged{0.85, 0.70}, 5 }, Grey},
		{"L06", "another model", proof(func(p *Proofs) { p.Training = &Pair{"a", "b"} }), Red},
		{"L07", "paths apart", proof(func(p *Proofs) { p.Path = &tiny }), Red},
		{"L08", "a special value", proof(func(p *Proofs) { p.Specials = &Tried{10, 1} }), Red},
		{"L09", "another night", proof(func(p *Proofs) { p.Rerun = &Pair{"a", "b"} }), Red},
		{"D01", "blind", blind, Red},
		{"D02", "few defaults", eachRow(func(r *Row, k int) {
			if r.Default == 1 && hash(r.Customer) > 0.2 {
				r.Default = 0
			}
		}), Amber},
		{"D03", "blind", blind, Red},
		{"D04", "blind", blind, Red},
		{"D05", "a better challenger informs", eachRow(func(r *Row, _ int) { r.Challenger = 0.05 + 0.9*float64(r.Default)*hash(r.Customer) }), Green},
		{"D06", "blind", blind, Red},
		{"D07", "blind", blind, Red},
		{"D08", "blind", blind, Red},
		{"D09", "grades the wrong way round", eachRow(func(r *Row, _ int) { r.Grade = 6 - r.Grade }), Red},
		{"D10", "grades at random", eachRow(func(r *Row, _ int) { r.Grade = int(7 * hash(r.Customer)) }), Red},
		{"D11", "a segment that defaults", eachRow(func(r *Row, _ int) {
			if r.Default == 1 && hash(r.Customer) < 0.8 {
				r.Segments = []string{"Steel"}
			}
		}), Red},
		{"D12", "a segment ranked at random", func(in *Input) {
			eachRow(func(r *Row, _ int) {
				if r.Segments[0] == "Steel" {
					r.PD = evenTerms(0.001 + 0.2*hash(r.Customer))
				}
			})(in)
		}, Red},
		{"D13", "money ranked at random", eachRow(func(r *Row, _ int) {
			if r.EAD > 4000 {
				r.EAD *= 1000
				r.PD = evenTerms(0.001 + 0.2*hash(r.Customer))
			}
		}), Red},
		{"D14", "blind", blind, Red},
		{"D15", "a rule that knows", eachRow(func(r *Row, _ int) { r.Benchmarks = []float64{float64(r.Default)} }), Red},
		{"C01", "PDs half", odds(0.5), Red},
		{"C02", "PDs twice", odds(2.2), Red},
		{"C03", "PDs half", odds(0.5), Red},
		{"C03", "PDs twice", odds(2.2), Red},
		{"C04", "PDs a thirtieth", odds(0.03), Red},
		{"C05", "PDs half", odds(0.5), Red},
		{"C06", "PDs half", odds(0.5), Red},
		{"C07", "PDs too far apart", stretched(2.5), Red},
		{"C07", "PDs half: the slope is right", odds(0.5), Amber},
		{"C08", "PDs too far apart", stretched(4), Red},
		{"C09", "PDs too far apart", stretched(4), Red},
		{"C11", "PDs half", odds(0.4), Red},
		{"C13", "PDs half", odds(0.4), Red},
		{"C14", "PDs a quarter", odds(0.25), Red},
		{"C15", "PDs half", func(in *Input) {
			odds(0.4)(in)
			eachRow(func(r *Row, _ int) { r.Lo, r.Hi = r.PD[3]*0.9, r.PD[3]*1.1 })(in)
		}, Red},
		{"C16", "a PD that falls", eachScored(func(s *Scored, k int) {
			if k == 5 {
				s.Terms = [4]float64{0.1, 0.05, 0.2, 0.3}
			}
		}), Red},
		{"C17", "an agency of another mind", eachScored(func(s *Scored, _ int) { s.External = logistic(s.LogOdds - 1.5) }), Red},
		{"P01", "worse scores", eachScored(func(s *Scored, _ int) { s.LogOdds += 1.5 }), Red},
		{"P03", "days past due everywhere", eachFeatures(func(f map[string]float64, _ int) { f["dpd"] += 3 }), Red},
		{"P04", "days past due everywhere", eachFeatures(func(f map[string]float64, _ int) { f["dpd"] += 3 }), Red},
		{"P04", "dust is green", eachFeatures(func(f map[string]float64, _ int) { f["dpd"] += 0.05 }), Green},
		{"P05", "days past due everywhere", eachFeatures(func(f map[string]float64, _ int) { f["dpd"] += 3 }), Red},
		{"P05", "another relation of two features alone", eachFeatures(func(f map[string]float64, _ int) {
			if (f["dpd"] > -4) == (f["use"] > 0.5) {
				f["use"] = 1 - f["use"]
			}
		}), Red},
		{"P06", "missing", eachFeatures(func(f map[string]float64, k int) {
			if k%5 == 0 {
				f["use"] = math.NaN()
			}
		}), Red},
		{"P07", "another spread tonight", eachScored(func(s *Scored, _ int) { s.PD = logistic(logit(0.04) + 0.4*(logit(s.PD)-logit(0.04))) }), Amber},
		{"P07", "and last month", func(in *Input) {
			narrow := func(p float64) float64 { return logistic(logit(0.04) + 0.4*(logit(p)-logit(0.04))) }
			eachScored(func(s *Scored, _ int) { s.PD = narrow(s.PD) })(in)
			eachRow(func(r *Row, _ int) {
				if r.Observed < 12 {
					r.PD[3] = narrow(r.PD[3])
				}
			})(in)
		}, Red},
		{"P08", "a score that moved by itself", eachScored(func(s *Scored, k int) {
			if s.Same {
				s.LogOdds += 0.02
			}
		}), Red},
		{"P09", "a model at random", func(in *Input) {
			in.BeforeModel, in.Retrained = "m0", slices.Clone(in.Tonight)
			for k := range in.Retrained {
				s := &in.Retrained[k]
				s.LogOdds = 5*hash(s.Customer) - 5
				s.Grade = gradeOf(logistic(s.LogOdds))
			}
		}, Red},
		{"P10", "a sign turned", func(in *Input) { in.Coefficients = []Coefficient{{"dpd", -0.01, 0.01, 0.05, 1}} }, Red},
		{"P10", "moved", func(in *Input) { in.Coefficients = []Coefficient{{"dpd", 1, 0.875, 0.05, 1}} }, Amber},
		{"P10", "inflated", func(in *Input) { in.Coefficients = []Coefficient{{"dpd", 1, 1, 0.05, 12}} }, Red},
		{"P11", "a pair out of order", proof(func(p *Proofs) { p.Monotone = &Tried{1000, 1} }), Red},
		{"M01", "falls far", wild, Red},
		{"M02", "rises far", wild, Red},
		{"M03", "falls far", wild, Red},
		{"M04", "falls far", wild, Amber},
		{"M05", "falls far", wild, Red},
		{"M06", "falls far", wild, Red},
		{"M08", "all in one grade", eachScored(func(s *Scored, _ int) { s.Grade = 2 }), Red},
		{"M09", "all in one grade", eachScored(func(s *Scored, _ int) { s.Grade = 2 }), Red},
		{"M10", "by the model", func(in *Input) { in.Causes = &Causes{Data: 10, Model: 20} }, Red},
		{"M10", "by the model, as two books tell", func(in *Input) {
			in.BeforeModel, in.Retrained = "m0", slices.Clone(in.Before)
			eachScored(func(s *Scored, k int) { s.Grade = (s.Grade + 1) % 7 })(in)
		}, Red},
		{"E01", "many", process(func(p *Process) { p.Overrides = p.Scored / 5 }), Red},
		{"E02", "overrides the wrong way round", func(in *Input) {
			in.Overrides = nil
			for _, r := range in.Rows {
				if r.Observed == 12 {
					in.Overrides = append(in.Overrides, Override{r.Customer, r.Cohort, r.Grade, 6 - r.Grade})
				}
			}
		}, Red},
		{"E03", "reasons that do not add up", proof(func(p *Proofs) { p.Additivity = &tiny }), Red},
		{"E04", "other reasons", eachScored(func(s *Scored, k int) { s.Reasons = [4]string{"use", "tenure"} }), Red},
		{"E05", "reasons the wrong way", proof(func(p *Proofs) { p.Direction = &Tried{100, 5} }), Red},
		{"E06", "a segment that defaults", eachRow(func(r *Row, _ int) {
			if r.Default == 1 && hash(r.Customer) < 0.8 {
				r.Segments = []string{"Steel"}
			}
		}), Red},
		{"E06", "a segment that is held", eachScored(func(s *Scored, _ int) { s.Held = s.Segments[0] == "Steel" && s.Grade >= 4 }), Red},
		{"E07", "told", func(in *Input) { in.Proxies = []Proxy{{"sole trader", 0.8, 300}} }, Red},
		{"V01", "twenty times the loss", eachRow(func(r *Row, _ int) { r.Loss *= 20 }), Red},
		{"V02", "more lost than estimated", eachRow(func(r *Row, _ int) { r.Loss *= 2 }), Red},
		{"V03", "more owed than predicted", eachRow(func(r *Row, _ int) { r.Exposed *= 1.5 }), Red},
		{"V04", "written off", func(in *Input) { in.Money.Provisions = &Provisions{100, 100, 300} }, Red},
		{"V05", "worse than naive", func(in *Input) { in.Money.Payments = &Payments{1000, 800, 5, 4} }, Red},
		{"V05", "intervals too narrow", func(in *Input) { in.Money.Payments = &Payments{1000, 400, 3, 4} }, Amber},
		{"V06", "missed", func(in *Input) { in.Money.Cash = []CashWeek{{1, 100, 150}} }, Red},
		{"V06", "biased", func(in *Input) { in.Money.Cash = []CashWeek{{1, 104, 100}} }, Amber},
		{"V07", "margins above losses", eachRow(func(r *Row, _ int) { r.Margin = 5000 }), Red},
		{"S01", "PDs a seventh", odds(0.15), Red},
		{"S02", "PDs seven times", odds(7), Red},
		{"S01", "a bad month, last but one", burst(2), Amber},
		{"S01", "a bad month long ago", burst(8), Green},
		{"S03", "a segment that defaults", eachRow(func(r *Row, _ int) {
			if r.Default == 1 && hash(r.Customer) < 0.8 {
				r.Segments = []string{"Steel"}
			}
		}), Red},
		{"S04", "PDs a third", odds(0.33), Red},
		{"S05", "PDs half", odds(0.5), Red},
	} {
		t.Run(c.code+" "+c.shows, func(t *testing.T) {
			in := sound()
			c.change(&in)
			found := verdict(t, in, c.code)
			if got := worst(found); got != c.want {
				for _, f := range found {
					t.Logf("%s %s: %s", f.Scope, f.Light, f.EN)
				}
				t.Errorf("worst light is %s, want %s", got, c.want)
			}
		})
	}
}

// burst lets many customers default in the month that began so many months ago.
func burst(months int) func(in *Input) {
	return eachRow(func(r *Row, _ int) {
		if r.Observed == months && hash(r.Customer) < 0.05 && r.Default == 0 {
			r.Default, r.After = 1, 0.5
		}
	})
}

// wild throws tonight's grades about, the far ends most of all.
func wild(in *Input) {
	eachScored(func(s *Scored, _ int) {
		if h := hash(s.Customer); h < 0.5 {
			s.Grade = 6
		} else {
			s.Grade = 0
		}
	})(in)
}

func TestMultiYearVerdict(t *testing.T) {
	in := simulated{customers: 800, months: 75, pd: 0.04, spread: 1.5, seed: 2, night: asof.MustParse("2026-10-31")}.input()
	if got := worst(verdict(t, in, "C10")); got != Green {
		t.Errorf("five years as the PDs say are %s", got)
	}
	odds(0.4)(&in)
	if got := worst(verdict(t, in, "C10")); got != Red {
		t.Errorf("five years of twice as many defaults are %s", got)
	}
}

// A low-default book is judged by bounds: its PD may not lie below what its few defaults allow.
func TestLowDefaultVerdict(t *testing.T) {
	in := Input{AsOf: asof.MustParse("2026-10-31"), Model: "m1", Horizon: 12, Grades: []string{"A", "B"}}
	add := func(n, d, grade int, pd float64) {
		for k := range n {
			r := Row{Customer: string(rune('a'+grade)) + big(float64(k)), Cohort: asof.MustParse("2025-09-30"), Grade: grade, PD: evenTerms(pd), Observed: 12, After: math.NaN()}
			if k < d {
				r.Default, r.After = 1, 5
			}
			in.Rows = append(in.Rows, r)
		}
	}
	add(400, 0, 0, 0.003)
	add(400, 1, 1, 0.008)
	// The 50 % bound of 1 among 800 is 0.2097 %; the PD is 0.55 %.
	for _, f := range verdict(t, in, "C12") {
		if f.Light != Green {
			t.Errorf("%s is %s: %s", f.Scope, f.Light, f.EN)
		}
	}
	for k := range in.Rows {
		in.Rows[k].PD = evenTerms(0.002)
	}
	found := verdict(t, in, "C12")
	if found[0].Scope != "book" || found[0].Light != Red {
		t.Errorf("%s is %s: %s", found[0].Scope, found[0].Light, found[0].EN)
	}
	near(t, "bound of the book", *found[0].Statistic, must[float64](t)(UpperBound(800, 1, 0.5)))
}

func big(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// A model of two months has its own PD in the last place of a past row; it is held against the months it is of.
func TestTermsOfAnotherHorizon(t *testing.T) {
	for _, c := range []struct {
		shows string
		last  float64
		want  Light
	}{
		{"between those of one month and of three", 0.02, Green},
		{"above that of three months", 0.04, Red},
		{"below that of one month", 0.005, Red},
	} {
		in := Input{AsOf: 20000, Model: "m", Horizon: 2, Grades: []string{"A"}, GradePDs: []float64{0.02},
			Rows: []Row{{Customer: "C1", Cohort: 19900, PD: [4]float64{0.01, 0.03, 0.06, c.last}, Lo: 0.01, Hi: 0.05, Prudent: 0.05, Challenger: math.NaN(), Observed: 2, After: math.NaN(), Loss: math.NaN(), Exposed: math.NaN()}}}
		for _, r := range Judge(in, DefaultBounds, nil) {
			if r.Code == "C16" && r.Light != c.want {
				t.Errorf("%s: %s, want %s: %s", c.shows, r.Light, c.want, r.EN)
			}
		}
	}
}
