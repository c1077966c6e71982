package warnings

import (
	"math"
	"slices"
)

// A reading is what a rule makes of a customer tonight.
type reading struct {
	rule     *Rule
	policy   *Policy
	steps    []stepReading // as in the rule
	value    float64       // of the first step
	over     Severity      // worst severity whose opening line is passed; 0 none
	unjudged bool          // nulls leave open whether any line is passed
	nulls    []string      // that do
}

type stepReading struct {
	value   float64
	lasting float64 // held against the closing line: the value, or for news what decay has left of it
	opens   bool
	closes  bool
}

// read judges one rule for one customer, into r, whose slices it uses again.
func (r *reading) read(rule *Rule, v *Values, p *Policy) {
	*r = reading{rule: rule, policy: p, steps: r.steps[:0], nulls: r.nulls[:0]}
	v.nulls = v.nulls[:0]
	for _, c := range rule.Incomparable {
		if !(v.Of(c) < 1) {
			r.unjudged = true
			r.nulls = append(r.nulls, c)
		}
	}
	open := false // a null leaves a step open
	for i := range rule.Steps {
		v.nulls = v.nulls[:0]
		st, unknown := rule.Steps[i].read(v, p)
		r.steps = append(r.steps, st)
		if st.opens {
			r.over = max(r.over, rule.Steps[i].Severity)
		}
		if unknown {
			open = true
			missing := v.nulls
			if len(missing) == 0 { // nought over nought
				missing = v.asks(&rule.Steps[i], p)
			}
			for _, c := range missing {
				if !slices.Contains(r.nulls, c) {
					r.nulls = append(r.nulls, c)
				}
			}
		}
	}
	r.value = r.steps[0].lasting
	if open && r.over == 0 {
		r.unjudged = true
	}
	if r.unjudged {
		r.over = 0
	} else {
		r.nulls = r.nulls[:0]
	}
}

// read holds one step against its lines. Comparisons with a null are false, so opens and closes are certain when
// true; unknown reports that opening is neither certain nor ruled out.
func (s *Step) read(v *Values, p *Policy) (st stepReading, unknown bool) {
	line := s.Line(p)
	if s.Measure.Hears != 0 {
		st.value, st.lasting = s.Measure.hear(v.stories)
	} else {
		st.value = s.Measure.Of(v)
		st.lasting = st.value
	}
	null := math.IsNaN(st.value)
	if null && s.Optional {
		st.closes = true
		v.nulls = v.nulls[:0]
		return st, false
	}
	passed := holds(st.value, s.Edge.Opens, line.Open)
	st.closes = holds(st.lasting, s.Edge.Closes, line.Close) || s.Clears != nil && s.Clears(v, p)
	if s.If == nil {
		st.opens = passed
		return st, null && !st.closes
	}
	ofMeasure := slices.Clone(v.nulls)
	v.nulls = v.nulls[:0]
	given := s.If(v, p)
	open := !given && len(v.nulls) > 0 // the condition hangs on a null
	v.nulls = append(v.nulls, ofMeasure...)
	st.opens = passed && given
	return st, !st.opens && !st.closes && (passed || null) && (given || open)
}

// opening is the worst severity that was passed tonight and on enough of the recent nights, tonight the last of them.
func (r *reading) opening(recent string) (worst Severity) {
	for i, st := range r.steps {
		step := &r.rule.Steps[i]
		if !st.opens || step.Severity <= worst {
			continue
		}
		if k, n := step.Line(r.policy).needs(); over(recent, step.Severity, k, n) {
			worst = step.Severity
		}
	}
	return worst
}

// mayOpen reports whether the nights so far can still count for an opening, tonight not being over any line.
func (r *reading) mayOpen(recent string) bool {
	for i := range r.steps {
		step := &r.rule.Steps[i]
		if k, n := step.Line(r.policy).needs(); k < n && over(recent, step.Severity, 1, n-1) {
			return true
		}
	}
	return false
}

// lasts is the worst severity up to s with a step that has not closed; 0 if all have.
func (r *reading) lasts(s Severity) (worst Severity) {
	for i, st := range r.steps {
		if sev := r.rule.Steps[i].Severity; sev <= s && !st.closes {
			worst = max(worst, sev)
		}
	}
	return worst
}

// worse returns the worse of two values of the rule's first measure; a null is never worse.
func (r *reading) worse(a, b float64) float64 {
	low := r.rule.Steps[0].Edge.lowIsBad()
	if math.IsNaN(a) || (low && b < a) || (!low && b > a) {
		return b
	}
	return a
}
