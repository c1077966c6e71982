package models

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"creditwatch/models/boost"
	"creditwatch/pipeline/asof"
)

// quickBoost spares a training the search for the size of its boosted trees; TestContract and the tables of real data have it.
var quickBoost = boost.Options{Leaves: 6, Trees: 60, Rate: 0.1, Rows: 0.7, Columns: 0.7, L2: 5, MinChild: 3}

// aBook is a seeded book of customers over monthly cohorts whose risk follows utilisation, lateness and industry.
func aBook(customers, cohorts int) TrainInput {
	source := rand.New(rand.NewPCG(3, 5))
	use, late, noise, constant := array.NewFloat64Builder(memory.DefaultAllocator), array.NewFloat64Builder(memory.DefaultAllocator), array.NewFloat64Builder(memory.DefaultAllocator), array.NewFloat64Builder(memory.DefaultAllocator)
	industry := array.NewStringBuilder(memory.DefaultAllocator)
	months := array.NewFloat64Builder(memory.DefaultAllocator)
	in := TrainInput{
		Columns: []Column{
			{Name: "utilisation", Direction: +1, EN: "utilisation", ZH: "额度使用率"},
			{Name: "days_late", Direction: +1, EN: "days late", ZH: "逾期天数", Unit: "days", Special: []float64{-1}},
			{Name: "noise"}, {Name: "constant"}, {Name: "industry", EN: "industry", ZH: "行业"},
		},
		Options: Options{Trees: 20, RowsPerTree: 1000, Boost: quickBoost, HistoryMonths: "months", Benchmarks: []string{"days_late"}},
	}
	industries := []string{"trade", "mining", "steel", "food"}
	for c := range cohorts {
		for i := range customers {
			u, l, kind := source.Float64(), source.ExpFloat64()*20, source.IntN(4)
			eta := -4 + 2.5*u + 0.04*l + 0.5*float64(kind)
			if i%10 == 0 {
				use.AppendNull()
			} else {
				use.Append(u)
			}
			if i%7 == 0 {
				l = -1
			}
			late.Append(l)
			noise.Append(source.NormFloat64())
			constant.Append(1)
			industry.Append(industries[kind])
			months.Append(float64(i % 40))
			y := uint8(0)
			if source.Float64() < expit(eta) {
				y = 1
			}
			in.Default = append(in.Default, y)
			in.Customers = append(in.Customers, fmt.Sprint("C", i))
			in.Cohorts = append(in.Cohorts, asof.MustParse("2024-01-31").AddMonths(c).MonthEnd())
		}
	}
	cols := []arrow.Array{use.NewArray(), late.NewArray(), noise.NewArray(), constant.NewArray(), industry.NewArray(), months.NewArray()}
	in.Features = newRecord([]string{"utilisation", "days_late", "noise", "constant", "industry", "months"}, cols)
	return in
}

func trained(t *testing.T, in TrainInput) (*Model, Report) {
	t.Helper()
	m, report, err := Train(in)
	if err != nil {
		t.Fatal(err)
	}
	return m, report
}

func TestTrainedModelRanksAndIsCalibratedOutOfTime(t *testing.T) {
	in := aBook(800, 6)
	_, report := trained(t, in)
	for _, learner := range Learners {
		auc, _ := report.Value(learner, "holdout", "auc")
		oe, _ := report.Value(learner, "holdout", "observed_expected")
		if auc < 0.70 || oe < 0.8 || oe > 1.25 {
			t.Errorf("%s: held-out AUC %.4f, observed/expected %.3f; want at least 0.70, and 0.8 to 1.25", learner, auc, oe)
		}
	}
	alone, ok := report.Value("benchmark/days_late", "holdout", "auc")
	if best, _ := report.Value(report.Champion, "holdout", "auc"); !ok || alone >= best || alone < 0.5 {
		t.Errorf("days late alone has AUC %.4f, the champion %.4f", alone, best)
	}
	if report.Held == 0 || report.Develop+report.Held != len(in.Default) {
		t.Errorf("%d developed on and %d held out of %d", report.Develop, report.Held, len(in.Default))
	}
}

// What the reports read must be there, of every learner and sample, and fit together.
func TestMetricsNameCountsAndErrors(t *testing.T) {
	in := aBook(800, 6)
	_, report := trained(t, in)
	value := func(learner, sample, metric string) float64 {
		t.Helper()
		v, ok := report.Value(learner, sample, metric)
		if !ok {
			t.Errorf("%s, %s: no %s", learner, sample, metric)
		}
		return v
	}
	for _, sample := range []string{"train", "calibration", "holdout"} {
		for _, learner := range Learners {
			ratio := value(learner, sample, "observed") / value(learner, sample, "expected")
			if math.Abs(ratio-value(learner, sample, "observed_expected")) > 1e-9 {
				t.Errorf("%s, %s: observed over expected is %v", learner, sample, ratio)
			}
			if se := value(learner, sample, "auc_se"); math.Abs(se*se-value(learner, sample, "auc_variance")) > 1e-12 {
				t.Errorf("%s, %s: standard error %v is not the root of the variance", learner, sample, se)
			}
		}
	}
	if se := value("benchmark/days_late", "holdout", "auc_se"); se <= 0 || se > 0.2 {
		t.Errorf("benchmark: standard error of the AUC %v", se)
	}
}

func TestScoresAreWholeAndOrdered(t *testing.T) {
	in := aBook(800, 4)
	_, report := trained(t, in)
	for _, m := range report.Models {
		scored, err := m.Score(in.Features)
		if err != nil {
			t.Fatal(err)
		}
		for row, s := range scored {
			pds := []float64{0, s.PD1M, s.PD3M, s.PD6M, s.PD12M, 1}
			for i := 1; i < len(pds); i++ {
				if !(pds[i-1] < pds[i]) {
					t.Fatalf("%s: row %d: PDs do not rise with the horizon: %v", m.Learner, row, pds)
				}
			}
			if !(s.Lo > 0 && s.Lo <= s.PD12M && s.PD12M <= s.Hi && s.Hi < 1) {
				t.Fatalf("%s: row %d: interval %v to %v around %v", m.Learner, row, s.Lo, s.Hi, s.PD12M)
			}
			if want := 487.122876 + 28.853901*math.Log((1-s.PD12M)/s.PD12M); math.Abs(s.Score-want) > 1e-5 {
				t.Fatalf("%s: row %d: score %v, want %v", m.Learner, row, s.Score, want)
			}
			for k, r := range s.Reasons {
				if k > 0 && r.Points > s.Reasons[k-1].Points || r.Feature != "" && (r.EN == "" || r.ZH == "" || r.Points <= 0) {
					t.Fatalf("%s: row %d: reasons %+v", m.Learner, row, s.Reasons)
				}
				if r.Feature == "constant" {
					t.Fatalf("%s: row %d: a constant is a reason", m.Learner, row)
				}
			}
		}
	}
}

func TestReasonsAreWhatTheRowLosesAgainstTheBook(t *testing.T) {
	in := aBook(800, 1)
	in.Holdout = make([]bool, len(in.Default)) // nothing held out: the book is all rows
	_, report := trained(t, in)
	for _, m := range report.Models {
		grid, err := m.grid(in.Features)
		if err != nil {
			t.Fatal(err)
		}
		scorer, err := m.learner.bind(grid.matrix())
		if err != nil {
			t.Fatal(err)
		}
		scored, err := m.Score(in.Features)
		if err != nil {
			t.Fatal(err)
		}
		average, addends := make([]float64, len(m.Columns)), make([]float64, len(m.Columns))
		for row := range scored {
			base, eta := m.split(scorer, row, addends)
			sum := base
			for i, a := range addends {
				sum += a
				average[i] += a / float64(len(scored))
			}
			if math.Abs(sum-eta) > 1e-9 || math.Abs(eta-scored[row].LogOdds) > 1e-9 {
				t.Fatalf("%s: row %d: addends make %v, the calibrated log-odds are %v", m.Learner, row, sum, scored[row].LogOdds)
			}
		}
		for row, s := range scored {
			m.split(scorer, row, addends)
			most := 0.0
			for i, a := range addends {
				most = max(most, 28.853901*(a-average[i]))
			}
			if math.Abs(s.Reasons[0].Points-most) > 1e-4 {
				t.Fatalf("%s: row %d: first reason costs %v points, the dearest feature %v", m.Learner, row, s.Reasons[0].Points, most)
			}
		}
		grid.Release()
	}
}

func TestModelIsTheSameToTheByte(t *testing.T) {
	in := aBook(500, 4)
	want, report := trained(t, in)
	again, _ := trained(t, in)
	t.Run("trained twice", func(t *testing.T) { sameModel(t, want, again) })

	other := in
	other.Features, other.Default, other.Customers, other.Cohorts = shuffledBook(in)
	t.Run("rows in another order", func(t *testing.T) {
		m, _ := trained(t, other)
		sameModel(t, want, m)
	})
	t.Run("read back", func(t *testing.T) {
		for _, m := range report.Models {
			b, err := m.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			back, err := Load(b)
			if err != nil {
				t.Fatal(err)
			}
			sameModel(t, m, back)
			before, err := m.Score(in.Features)
			if err != nil {
				t.Fatal(err)
			}
			after, err := back.Score(in.Features)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("%s: scores (-before +after):\n%s", m.ID(), diff)
			}
		}
	})
	t.Run("one row alone", func(t *testing.T) {
		all, err := want.Score(in.Features)
		if err != nil {
			t.Fatal(err)
		}
		one := in.Features.NewSlice(17, 18)
		defer one.Release()
		alone, err := want.Score(one)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(all[17], alone[0]); diff != "" {
			t.Errorf("a score depends on the other rows (-all +alone):\n%s", diff)
		}
	})
}

func sameModel(t *testing.T, a, b *Model) {
	t.Helper()
	x, _ := a.MarshalBinary()
	y, _ := b.MarshalBinary()
	if !bytes.Equal(x, y) || a.ID() != b.ID() {
		t.Errorf("models %s and %s differ", a.ID(), b.ID())
	}
}

// shuffledBook reorders a book's rows.
func shuffledBook(in TrainInput) (arrow.Record, []uint8, []string, []asof.Date) {
	n := len(in.Default)
	order := rand.New(rand.NewPCG(1, 1)).Perm(n)
	label, customers, cohorts := make([]uint8, n), make([]string, n), make([]asof.Date, n)
	for i, row := range order {
		label[i], customers[i], cohorts[i] = in.Default[row], in.Customers[row], in.Cohorts[row]
	}
	var names []string
	var cols []arrow.Array
	for i, f := range in.Features.Schema().Fields() {
		names = append(names, f.Name)
		switch a := in.Features.Column(i).(type) {
		case *array.Float64:
			b := array.NewFloat64Builder(memory.DefaultAllocator)
			for _, row := range order {
				if a.IsNull(row) {
					b.AppendNull()
				} else {
					b.Append(a.Value(row))
				}
			}
			cols = append(cols, b.NewArray())
		case *array.String:
			b := array.NewStringBuilder(memory.DefaultAllocator)
			for _, row := range order {
				b.Append(a.Value(row))
			}
			cols = append(cols, b.NewArray())
		}
	}
	return newRecord(names, cols), label, customers, cohorts
}

func TestTooFewDefaultsKeepTheChampion(t *testing.T) {
	whole := aBook(300, 1)
	for _, c := range []struct {
		name  string
		label func(i int) uint8
		rows  int64
	}{
		{"no default", func(int) uint8 { return 0 }, 300},
		{"nothing but defaults", func(int) uint8 { return 1 }, 300},
		{"a few defaults", func(i int) uint8 { return uint8(1 - min(1, i/8)) }, 300},
		{"no rows", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := whole
			in.Features = whole.Features.NewSlice(0, c.rows)
			defer in.Features.Release()
			in.Default, in.Customers, in.Cohorts = make([]uint8, c.rows), whole.Customers[:c.rows], whole.Cohorts[:c.rows]
			for i := range in.Default {
				in.Default[i] = c.label(i)
			}
			if m, _, err := Train(in); !errors.Is(err, ErrTooFewDefaults) || m != nil {
				t.Errorf("got model %v and error %v, want ErrTooFewDefaults", m, err)
			}
		})
	}
}

func TestForeignFeaturesAreRefused(t *testing.T) {
	in := aBook(400, 1)
	m, _ := trained(t, in)
	swapped := newRecord([]string{"days_late", "utilisation", "noise", "constant", "industry", "months"}, []arrow.Array{
		retained(in.Features.Column(1)), retained(in.Features.Column(0)), retained(in.Features.Column(2)), retained(in.Features.Column(3)), retained(in.Features.Column(4)), retained(in.Features.Column(5))})
	missing := newRecord([]string{"utilisation", "months"}, []arrow.Array{retained(in.Features.Column(0)), retained(in.Features.Column(5))})
	for name, rec := range map[string]arrow.Record{"another order": swapped, "features missing": missing} {
		if _, err := m.Score(rec); !errors.Is(err, ErrFeatures) {
			t.Errorf("%s: got %v, want ErrFeatures", name, err)
		}
	}
	if err := m.CheckFeatures([]string{"utilisation"}); !errors.Is(err, ErrFeatures) {
		t.Errorf("got %v, want ErrFeatures", err)
	}
}

func retained(a arrow.Array) arrow.Array {
	a.Retain()
	return a
}

func TestDamagedModelsAreRefused(t *testing.T) {
	in := aBook(400, 1)
	_, report := trained(t, in)
	for _, m := range report.Models {
		b, err := m.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ name, from, to string }{
			{"half a file", string(b[len(b)/2:]), ""},
			{"another format", "creditwatch model 1", "creditwatch model 9"},
			{"an unknown learner", `"learner":"` + m.Learner + `"`, `"learner":"oracle"`},
			{"a column renamed", `"name":"noise"`, `"name":"other"`},
			{"columns in another order", `"name":"utilisation","direction":1`, `"name":"days_late","direction":1`},
			{"a bin lost", `"missing":`, `"missing":9`},
			{"a tree without nodes", `"trees":[{"column":[`, `"trees":[{"column":[],"gone":[`},
		} {
			damaged := bytes.Replace(b, []byte(c.from), []byte(c.to), 1)
			if bytes.Equal(damaged, b) {
				continue // the other learner's
			}
			if _, err := Load(damaged); err == nil {
				t.Errorf("%s: %s: got no error", m.Learner, c.name)
			}
		}
	}
}

// One cohort, every fifth client held out by the caller, sex, education, marriage and age left aside.
func TestTaiwanAsANight(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute")
	}
	table, err := ReadTable(shared(t, "taiwan-credit-default/UCI_Credit_Card.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	label, _, err := table.labels("default.payment.next.month", "1")
	if err != nil {
		t.Fatal(err)
	}
	in := TrainInput{Features: table.Record, Default: label, Options: Options{Benchmarks: []string{"PAY_0"}}}
	for i, f := range table.Record.Schema().Fields()[:24] {
		if i == 1 || i >= 6 {
			c := Column{Name: f.Name}
			if strings.HasPrefix(f.Name, "PAY_AMT") || f.Name == "LIMIT_BAL" {
				c.Direction = -1 // who pays more, or is trusted with more, defaults less
			}
			in.Columns = append(in.Columns, c)
		}
	}
	for i := range label {
		in.Customers = append(in.Customers, fmt.Sprint(i+1))
		in.Holdout = append(in.Holdout, (i+1)%5 == 0)
	}
	m, report := trained(t, in)
	t.Logf("%s, %s", m.ID(), report.Why)
	for _, l := range Learners {
		auc, _ := report.Value(l, "holdout", "auc")
		oe, _ := report.Value(l, "holdout", "observed_expected")
		loss, _ := report.Value(l, "holdout", "log_loss")
		t.Logf("%s: held-out AUC %.4f, observed/expected %.3f, log loss %.4f", l, auc, oe, loss)
		if auc < 0.775 || oe < 0.93 || oe > 1.07 || loss > 0.437 {
			t.Errorf("%s: AUC %.4f, observed/expected %.3f, log loss %.4f; want at least 0.775, 0.93 to 1.07, up to 0.437", l, auc, oe, loss)
		}
	}
	if alone, _ := report.Value("benchmark/PAY_0", "holdout", "auc"); alone < 0.65 || alone > 0.74 {
		t.Errorf("PAY_0 alone has AUC %.4f", alone)
	}
}
