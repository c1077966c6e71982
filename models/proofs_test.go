package models

import (
	"fmt"
	"testing"

	"github.com/sjwhitworth/golearn/base"
)

func TestEveryLearnerIsProven(t *testing.T) {
	in := aBook(400, 3)
	for _, learner := range Learners {
		t.Run(learner, func(t *testing.T) {
			in := in
			if learner == "forest" {
				in = aBook(1500, 3) // of 400 rows it learns chance too, and reasons that rest on chance have no direction
			}
			in.Options.Learners = []string{learner}
			m, _ := trained(t, in)
			p, err := m.Prove(in.Features)
			if err != nil {
				t.Fatal(err)
			}
			if p.Path > samePath || p.Additivity > samePath || p.Specials.Failed > 0 {
				t.Errorf("paths differ by %g, reasons by %g, %d of %d emptied cells", p.Path, p.Additivity, p.Specials.Failed, p.Specials.Tried)
			}
			if p.Specials.Tried < 18 || p.Monotone.Tried < 200 || p.Direction.Tried < 50 {
				t.Errorf("tried %d emptied cells, %d steps, %d reasons; want more", p.Specials.Tried, p.Monotone.Tried, p.Direction.Tried)
			}
			// Trees without the constraint (the forest) may fall here and there; the others may not.
			if learner == "scorecard" || learner == "boosted" {
				if p.Monotone.Failed > 0 {
					t.Errorf("the PD falls in %d of %d steps of rising risk", p.Monotone.Failed, p.Monotone.Tried)
				}
			}
			if p.Direction.Failed > p.Direction.Tried/50 {
				t.Errorf("the PD is no lower without %d of %d strongest reasons", p.Direction.Failed, p.Direction.Tried)
			}
			again, err := m.Prove(in.Features)
			if err != nil || again != p {
				t.Errorf("proofs differ: %+v, then %+v (%v)", p, again, err)
			}
		})
	}
}

// A spoilt learner is one whose paths, order or reasons are wrong, so that no proof sleeps.
type spoilt struct {
	Learner
	how string
}

func (s spoilt) LogOdds(g base.FixedDataGrid) ([]float64, error) {
	out, err := s.Learner.LogOdds(g)
	for i := range out {
		switch s.how {
		case "asked":
			out[i] += 1e-6
		case "falls":
			out[i] = -out[i]
		}
	}
	return out, err
}

func (s spoilt) Explain(g base.FixedDataGrid) (Explanation, error) {
	e, err := s.Learner.Explain(g)
	if s.how == "reasons" {
		for i := range e.Addends {
			e.Addends[i][0] += 1e-6
		}
	}
	return e, err
}

func TestProofsSeeWhatIsWrong(t *testing.T) {
	in := aBook(300, 1)
	in.Options.Learners = []string{"scorecard"}
	m, _ := trained(t, in)
	prove := func(how string) Proofs {
		t.Helper()
		wrong := *m
		wrong.learner = spoilt{m.learner, how}
		p, err := wrong.Prove(in.Features)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		how, shows string
		seen       func(Proofs) bool
	}{
		{"asked", "golearn gets other log-odds", func(p Proofs) bool { return p.Path > samePath && p.Specials.Failed == p.Specials.Tried }},
		{"reasons", "reasons do not add up", func(p Proofs) bool { return p.Additivity > samePath && p.Path > samePath }},
		{"falls", "the order is turned", func(p Proofs) bool { return p.Monotone.Failed > 0 && p.Direction.Failed > 0 }},
	} {
		if p := prove(c.how); !c.seen(p) {
			t.Errorf("%s: not seen: %+v", c.shows, p)
		}
	}
	none := in.Features.NewSlice(0, 0)
	defer none.Release()
	if p, err := m.Prove(none); err != nil || fmt.Sprint(p) != fmt.Sprint(Proofs{}) {
		t.Errorf("no rows: %+v, %v", p, err)
	}
}
