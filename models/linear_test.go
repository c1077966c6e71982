package models

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/models/validation"
)

// Coefficients by SciPy's minimize (L-BFGS-B) of the same penalised likelihood.
func TestRidge(t *testing.T) {
	r := ridge{p: 3, penalty: []float64{2, 0.5, 1}}
	for i := range 40 {
		r.x = append(r.x, math.Sin(float64(i)), math.Cos(3*float64(i))+float64(i)/40, float64(i*i%7)/3-1)
		y, w := uint8(0), 1.0
		if i*7919%13 < 5 {
			y = 1
		}
		if i%3 == 0 {
			w = 0.5
		}
		r.y, r.weight = append(r.y, y), append(r.weight, w)
	}
	for _, c := range []struct {
		name   string
		rising []bool
		want   []float64
	}{
		{"free", nil, []float64{-0.772022363, 1.69004349, -0.347399191, -0.809708598}},
		{"not negative", []bool{true, true, true}, []float64{-0.640312181, 1.76289051, 0, 0}},
	} {
		r.rising = c.rising
		for k, v := range r.fit(make([]float64, 4)) {
			if math.Abs(v-c.want[k]) > 1e-5 {
				t.Errorf("%s: coefficient %d is %.9f, want %.9f", c.name, k, v, c.want[k])
			}
		}
	}
}

// A column's bend, its level beyond the outliers, its jump at a spike and its missing rows are all found.
func TestLinearBends(t *testing.T) {
	source := rand.New(rand.NewPCG(9, 9))
	n := 20000
	x, z, label := make([]float64, n), make([]float64, n), make([]uint8, n)
	risk := func(x float64) float64 { // a valley, and 3 more for code -1
		switch {
		case math.IsNaN(x):
			return 1
		case x == -1:
			return 2
		}
		return math.Abs(x-0.5)*6 - 2.5
	}
	for i := range n {
		x[i], z[i] = source.Float64(), source.NormFloat64()
		switch source.IntN(10) {
		case 0:
			x[i] = math.NaN()
		case 1:
			x[i] = -1
		}
		if source.Float64() < expit(risk(x[i])) {
			label[i] = 1
		}
	}
	g, err := NewGrid(newRecord([]string{"x", "z"}, []arrow.Array{float64Array(x), float64Array(z)}), []string{"x", "z"}, label)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Release()
	l := &Linear{}
	if err := l.Fit(g); err != nil {
		t.Fatal(err)
	}
	probe := []float64{0.02, 0.3, 0.5, 0.7, 0.98, -1, math.NaN()}
	at, err := NewGrid(newRecord([]string{"x", "z"}, []arrow.Array{float64Array(probe), float64Array(make([]float64, len(probe)))}), []string{"x", "z"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer at.Release()
	for i, eta := range logOdds(t, l, at) {
		if want := risk(probe[i]); math.Abs(eta-want) > 0.4 {
			t.Errorf("log-odds of %v are %.2f, want about %.2f", probe[i], eta, want)
		}
	}
}

// textsOf makes a table of a number and a text of many, and returns its rows' true log-odds.
func textsOf(t *testing.T, rows, texts int, effect float64, seed uint64) (*Grid, []float64) {
	t.Helper()
	source := rand.New(rand.NewPCG(seed, 4))
	b := array.NewStringBuilder(memory.DefaultAllocator)
	of := make([]float64, texts)
	fixed := rand.New(rand.NewPCG(77, 7)) // the same towns whatever the rows
	for k := range of {
		of[k] = effect * fixed.NormFloat64()
	}
	x, truth, label := make([]float64, rows), make([]float64, rows), make([]uint8, rows)
	for i := range rows {
		k := source.IntN(texts)
		b.Append(fmt.Sprintf("town %03d", k))
		x[i] = source.NormFloat64()
		truth[i] = -1.5 + 0.7*x[i] + of[k]
		if source.Float64() < expit(truth[i]) {
			label[i] = 1
		}
	}
	g, err := NewGrid(newRecord([]string{"x", "town"}, []arrow.Array{float64Array(x), b.NewArray()}), []string{"x", "town"}, label)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Release)
	return g, truth
}

// Many texts that say nothing must cost next to nothing, and ones that say much be heard; on rows that nobody has seen, and
// in what a learner says of its own.
func TestManyTexts(t *testing.T) {
	auc := func(eta []float64, y []uint8) float64 {
		rank, err := validation.Rank(eta, y)
		if err != nil {
			t.Fatal(err)
		}
		return rank.AUC
	}
	for _, c := range []struct {
		name   string
		effect float64
		less   float64 // AUC than the truth itself has
	}{{"noise", 0, 0.03}, {"signal", 1.2, 0.075}} {
		fit, fitTruth := textsOf(t, 3000, 300, c.effect, 1)
		test, testTruth := textsOf(t, 3000, 300, c.effect, 2)
		for _, name := range []string{"linear", "forest", "boosted"} {
			l, err := New(name, nil, Options{Trees: 60})
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Fit(fit); err != nil {
				t.Fatal(err)
			}
			lost := auc(testTruth, test.label) - auc(logOdds(t, l, test), test.label)
			if lost > c.less {
				t.Errorf("%s of %s: AUC %.3f below the truth's on new rows, want up to %.3f", name, c.name, lost, c.less)
			}
			says := auc(fitTruth, fit.label) - auc(l.unseen(), fit.label)
			t.Logf("%s of %s: %.3f below the truth, %.3f by its own account", name, c.name, lost, says)
			if math.Abs(says-lost) > 0.035 {
				t.Errorf("%s of %s: says of itself that it is %.3f below the truth, is %.3f on new rows", name, c.name, says, lost)
			}
		}
	}
}

// The encoding of a row, worked out by hand, must not know the row's own outcome, nor that of its fold.
func TestEncodeLeavesOut(t *testing.T) {
	g, _ := textsOf(t, 2000, 40, 1, 3)
	m, rows := g.matrix(), allRows(2000)
	codes, x := encode(m, g.label, rows)
	if len(codes) != 1 || codes[0].Name != "town" || !slices.IsSorted(codes[0].Texts) {
		t.Fatalf("encoded %+v", codes)
	}
	turned := slices.Clone(g.label)
	fold := encodeFold(m, 5)
	for _, row := range rows {
		if encodeFold(m, row) == fold {
			turned[row] = 1 - turned[row]
		}
	}
	_, other := encode(m, turned, rows)
	moved := false
	for _, row := range rows {
		was, is := x.cols[1].numbers[row], other.cols[1].numbers[row]
		if encodeFold(m, row) == fold && was != is {
			t.Fatalf("row %d: encoded as %v, and %v with its fold's outcomes turned over", row, was, is)
		}
		moved = moved || was != is
	}
	if !moved {
		t.Error("outcomes do not matter to the encoding")
	}
	// A text never seen is as the book is.
	if seen := codes[0].byCode([]string{"nowhere", ""}); seen[0] != codes[0].Other || !math.IsNaN(seen[1]) {
		t.Errorf("a text never seen and a missing one are encoded as %v", seen)
	}
}

// Rows that count for nothing change nothing.
func TestWeightsCount(t *testing.T) {
	in := aBook(1200, 1)
	bad, rest := 0, 0
	weight := make([]float64, len(in.Default))
	label := slices.Clone(in.Default)
	for i := range label {
		if weight[i] = 1; i%3 == 0 {
			weight[i], label[i] = 0, 1
		} else {
			bad, rest = bad+int(label[i]), rest+1
		}
	}
	want := float64(bad) / float64(rest)
	g, err := NewGrid(in.Features, bookColumns, label)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Release()
	for _, name := range []string{"linear", "forest", "boosted"} {
		l, err := New(name, in.Columns, in.Options)
		if err != nil {
			t.Fatal(err)
		}
		m := g.matrix()
		m.weight = weight
		if err := l.fit(m, label, allRows(m.rows)); err != nil {
			t.Fatal(err)
		}
		mean := 0.0
		for _, eta := range logOdds(t, l, g) {
			mean += expit(eta) / float64(len(label))
		}
		if math.Abs(mean-want) > 0.02 {
			t.Errorf("%s: mean PD %.4f, the rows that count have %.4f", name, mean, want)
		}
	}
}

// taiwanRows writes every so many-th row of the Taiwan table, from one on.
func taiwanRows(t *testing.T, every, from int) *Table {
	t.Helper()
	f, err := os.Open(shared(t, "taiwan-credit-default/UCI_Credit_Card.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s := bufio.NewScanner(z)
	for i := 0; s.Scan(); i++ {
		if i == 0 || i%every == from {
			out.WriteString(strings.TrimRight(s.Text(), "\r") + "\n")
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	table, err := ReadTable(written(t, "taiwan.csv", out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Release)
	return table
}

// On 1 000 rows, what is chosen must not lose to a plain logistic regression: standardised columns, a penalty of 1.
func TestSmallTablesDoNotLoseToARegression(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute")
	}
	table := taiwanRows(t, 30, 7)
	e, err := Evaluate(table, EvaluateOptions{Label: "default.payment.next.month", ID: "ID"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range table.Record.Schema().Fields() {
		if f.Name != "ID" && f.Name != "default.payment.next.month" {
			names = append(names, f.Name)
		}
	}
	label, _, err := table.labels("default.payment.next.month", "")
	if err != nil {
		t.Fatal(err)
	}
	g, err := NewGrid(table.Record, names, label)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Release()
	plain, m := 0.0, g.matrix()
	for k := range 5 {
		r := ridge{p: len(names), penalty: slices.Repeat([]float64{1}, len(names))}
		mean, sd := make([]float64, r.p), make([]float64, r.p)
		n := 0.0
		for pass := range 3 {
			for row := range m.rows {
				if (row+1)%5 == k {
					continue
				}
				if pass == 0 {
					n++
					r.y = append(r.y, label[row])
				}
				for c := range r.p {
					x := m.cols[c].numbers[row]
					switch pass {
					case 0:
						mean[c] += x
					case 1:
						sd[c] += (x - mean[c]) * (x - mean[c])
					case 2:
						r.x = append(r.x, (x-mean[c])/sd[c])
					}
				}
			}
			for c := range r.p {
				switch pass {
				case 0:
					mean[c] /= n
				case 1:
					sd[c] = math.Sqrt(sd[c] / n)
				}
			}
		}
		beta := r.fit(make([]float64, r.p+1))
		var eta []float64
		var y []uint8
		for row := range m.rows {
			if (row+1)%5 == k {
				line := make([]float64, r.p)
				for c := range line {
					line[c] = (m.cols[c].numbers[row] - mean[c]) / sd[c]
				}
				eta, y = append(eta, linear(beta, line)), append(y, label[row])
			}
		}
		rank, err := validation.Rank(eta, y)
		if err != nil {
			t.Fatal(err)
		}
		plain += rank.AUC / 5
	}
	for _, l := range e.Learners {
		if l.Learner == e.Chosen && l.MeanAUC < plain {
			t.Errorf("%s: mean AUC %.4f, a plain regression has %.4f", e.Chosen, l.MeanAUC, plain)
		}
		t.Logf("%s: %.4f; a plain regression %.4f", l.Learner, l.MeanAUC, plain)
	}
}
