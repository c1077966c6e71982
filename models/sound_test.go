package models

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

func TestProbesTellAnotherProgram(t *testing.T) {
	in := aBook(400, 3)
	_, report := trained(t, in)
	for _, m := range report.Models {
		t.Run(m.Learner, func(t *testing.T) {
			kept, err := m.Probe(in.Features)
			if err != nil {
				t.Fatal(err)
			}
			b, err := m.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if got := FormatOf(b); got != Format {
				t.Errorf("format %q, want %q", got, Format)
			}
			back, err := Load(b)
			if err != nil {
				t.Fatal(err)
			}
			if err := back.Check(kept); err != nil {
				t.Errorf("the same program: %v", err)
			}
			// The rows turned round give the same probe.
			turned, err := m.Probe(reversed(in.Features))
			if err != nil || string(turned) != string(kept) {
				t.Errorf("rows in another order give another probe (%v)", err)
			}
			var p probe
			if err := json.Unmarshal(kept, &p); err != nil || len(p.Rows) != probed || !slices.IsSorted(p.LogOdds) || p.LogOdds[0] == p.LogOdds[probed-1] {
				t.Errorf("probe of %d rows with log-odds %v (%v): want %d from the safest to the riskiest", len(p.Rows), p.LogOdds, err, probed)
			}
			// A program that calibrates otherwise by a millionth is another one.
			for i := range back.Calibration.Y {
				back.Calibration.Y[i] += 1e-6
			}
			back.Calibration.Intercept += 1e-6
			if err := back.Check(kept); !errors.Is(err, ErrCode) {
				t.Errorf("a shift of a millionth: %v, want ErrCode", err)
			}
			for _, broken := range []string{"", "{", `{"rows":[[1]],"log_odds":[0],"pd_12m":[0]}`, `{"rows":[],"log_odds":[0],"pd_12m":[]}`} {
				if err := m.Check([]byte(broken)); err == nil {
					t.Errorf("probe %q passes", broken)
				}
			}
		})
	}
	if got := FormatOf([]byte("no model")); got != "" {
		t.Errorf("format of no model: %q", got)
	}
}

// reversed returns a record with its rows in the opposite order.
func reversed(rec arrow.Record) arrow.Record {
	var cols []arrow.Array
	var names []string
	for i, f := range rec.Schema().Fields() {
		names = append(names, f.Name)
		var parts []arrow.Array
		for row := rec.NumRows() - 1; row >= 0; row-- {
			parts = append(parts, array.NewSlice(rec.Column(i), row, row+1))
		}
		c, err := array.Concatenate(parts, defaultAllocator)
		if err != nil {
			panic(err)
		}
		cols = append(cols, c)
	}
	return newRecord(names, cols)
}

func TestPDsAreThoseOfScore(t *testing.T) {
	in := aBook(400, 3)
	_, report := trained(t, in)
	for _, m := range report.Models {
		scored, err := m.Score(in.Features)
		if err != nil {
			t.Fatal(err)
		}
		logOdds, pd, err := m.PDs(in.Features)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range scored {
			if math.Abs(s.LogOdds-logOdds[i]) > 1e-9 || math.Abs(s.PD12M-pd[i]) > 1e-9 {
				t.Fatalf("%s: row %d: %v and %v, Score gives %v and %v", m.Learner, i, logOdds[i], pd[i], s.LogOdds, s.PD12M)
			}
		}
	}
}

func TestParametersNameHowItWasFitted(t *testing.T) {
	_, report := trained(t, aBook(400, 3))
	for _, m := range report.Models {
		if got := m.Parameters(); !strings.HasPrefix(got, "calibration ") || strings.Count(got, ",") < 1 {
			t.Errorf("%s: %q", m.Learner, got)
		}
	}
}
