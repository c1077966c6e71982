package warnings

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
)

// Version names what a rule is under a policy: its steps and every line that the policy draws for it. Another version is another
// rule, whose alarms have a record of their own.
func (r *Rule) Version(p *Policy) string {
	type step struct {
		Severity    Severity
		Key, Name   string
		Edge        Edge
		Line        Line
		Events      []string
		Hears, From uint8
	}
	var steps []step
	for _, s := range r.Steps {
		steps = append(steps, step{s.Severity, s.Key, s.Measure.EN, s.Edge, s.Line(p), s.Measure.Events, uint8(s.Measure.Hears), uint8(s.Measure.From)})
	}
	var section any
	v := reflect.ValueOf(*p)
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("yaml") == r.Code {
			section = v.Field(i).Interface()
		}
	}
	b, err := json.Marshal([]any{r.Code, r.Excuses, steps, section, p.CooldownDays, p.CloseNights, p.Suppress, p.Materiality, p.News})
	if err != nil {
		panic(err) // a line that is no number: Check comes first
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}
