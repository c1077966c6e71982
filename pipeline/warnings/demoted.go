package warnings

import (
	"slices"
	"strings"

	"creditwatch/pipeline/asof"
)

// demoted is the rule whose record has taken it down to S1: it is judged by the same lines and asks nobody to act.
func (r Rule) demoted() Rule {
	r.Steps = slices.Clone(r.Steps)
	for i := range r.Steps {
		r.Steps[i].Severity, r.Steps[i].Action = Info, "INFO"
	}
	return r
}

// sayDemoted adds to the texts of a warning that its severity is not what the rule says, once.
func sayDemoted(en, zh string, since asof.Date) (string, string) {
	noteEN := " [S1 only since " + since.String() + ": its track record is too weak]"
	noteZH := "【自 " + since.String() + " 起因历史表现不足仅按 S1 提示】"
	return strings.TrimSuffix(en, noteEN) + noteEN, strings.TrimSuffix(zh, noteZH) + noteZH
}
