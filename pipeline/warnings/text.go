package warnings

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// write writes a value in its unit, for people of either language.
func (u Unit) write(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	switch u {
	case Share:
		return digits(100*x, 2) + " %"
	case Times:
		return digits(x, 2) + " x"
	default:
		return digits(x, 2)
	}
}

// digits writes x with at most n digits after the point, and none that say nothing.
func digits(x float64, n int) string {
	s := strconv.FormatFloat(x, 'f', n, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// telling are the steps that explain the episode tonight: those passed and those that keep it open; once it has
// closed, those of its severity. The worst of them make the text.
func (r *reading) telling(e *Episode) (steps []int, worst Severity) {
	for i, st := range r.steps {
		step := &r.rule.Steps[i]
		tells := st.opens || step.Severity <= e.Severity && !st.closes
		if e.State == Closed || e.State == Cooling {
			tells = step.Severity == e.Severity
		}
		if tells && !math.IsNaN(st.value) {
			steps, worst = append(steps, i), max(worst, step.Severity)
		}
	}
	return steps, worst
}

// explain fills in what the episode rests on tonight: action, evidence and both texts.
func (r *reading) explain(e *Episode, v *Values) {
	steps, worst := r.telling(e)
	var actions, evidence, en, zh []string
	for _, i := range steps {
		st, step := r.steps[i], &r.rule.Steps[i]
		line, m := step.Line(r.policy), step.Measure
		if step.Severity == e.Severity {
			for _, a := range strings.Fields(cmp.Or(step.Action, r.rule.Action)) {
				if !slices.Contains(actions, a) {
					actions = append(actions, a)
				}
			}
		}

		switch told := step.Severity == worst; {
		case told && m.Unit == Flag:
			if step.Edge.lowIsBad() == (st.value < line.Open) {
				en, zh = append(en, negate(step.Edge.lowIsBad(), "no ", m.EN)), append(zh, negate(step.Edge.lowIsBad(), "无", m.ZH))
			}
		case told:
			at, lineEN, lineZH := line.Open, "line", "阈值"
			if e.State == Closed || e.State == Cooling {
				at, lineEN, lineZH = line.Close, "closing line", "解除线"
			}
			en = append(en, fmt.Sprintf("%s %s%s (%s %s)", m.EN, m.Unit.write(st.lasting), suffix(m.Unit, "en"), lineEN, m.Unit.write(at)))
			zh = append(zh, fmt.Sprintf("%s %s%s（%s %s）", m.ZH, m.Unit.write(st.lasting), suffix(m.Unit, "zh"), lineZH, m.Unit.write(at)))
		}

		said := fmt.Sprintf("%s %s %s: opens %s %s, closes %s %s", step.Severity, cmp.Or(step.Key, r.rule.Code), m.Unit.write(st.lasting),
			step.Edge.Opens, m.Unit.write(line.Open), step.Edge.Closes, m.Unit.write(line.Close))
		if k, n := line.needs(); n > 1 {
			said += fmt.Sprintf(", needs %d of %d nights", k, n)
		}
		if m.Hears != 0 {
			ids, sentence := m.sources(v.stories)
			if ids != "" {
				said += " [" + strings.Join(m.Events, " ") + " " + ids + "]"
			}
			if quoted := quote(sentence); quoted != "" && step.Severity == worst && !slices.Contains(en, "“"+quoted+"”") {
				en, zh = append(en, "“"+quoted+"”"), append(zh, "“"+quoted+"”")
			}
		} else {
			said += " [" + v.traced(step, r.policy) + "]"
		}
		evidence = append(evidence, said)
	}
	e.Action = cmp.Or(strings.Join(actions, " "), r.rule.Action)
	e.Evidence = strings.Join(evidence, "; ")
	e.TextEN, e.TextZH = r.rule.EN, r.rule.ZH
	if len(en) > 0 {
		e.TextEN += ": " + strings.Join(en, "; ")
		e.TextZH += "：" + strings.Join(zh, "；")
	}
}

// traced writes the columns that a step reads, with their values.
func (v *Values) traced(s *Step, p *Policy) string {
	var b strings.Builder
	for i, c := range v.asks(s, p) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c + "=")
		if x := v.row[slot(c)]; math.IsNaN(x) {
			b.WriteString("null")
		} else {
			b.WriteString(digits(x, 6))
		}
	}
	return b.String()
}

func suffix(u Unit, lang string) string {
	switch {
	case u == Days && lang == "en":
		return " days"
	case u == Days:
		return " 天"
	case u == Notches && lang == "en":
		return " notches"
	case u == Notches:
		return " 级"
	}
	return ""
}

func negate(not bool, word, what string) string {
	if not {
		return word + what
	}
	return what
}

// quote shortens a sentence to what a table cell bears.
func quote(s string) string {
	const most = 160
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// unjudgedNote marks evidence as that of an earlier night; the note of the night before is replaced.
func unjudgedNote(why, before string) string {
	const sep = "; before: "
	if strings.HasPrefix(before, "not judged tonight") {
		if _, kept, ok := strings.Cut(before, sep); ok {
			before = kept
		}
	}
	return "not judged tonight (" + why + ")" + sep + before
}
