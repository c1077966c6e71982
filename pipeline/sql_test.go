package pipeline

import (
	"strings"
	"testing"
)

// What the night does about a customer must not hang on which desk looks: all weigh the same warnings, none that is snoozed.
func TestDesksWeighTheSameWarnings(t *testing.T) {
	const want = "WHERE run = {run:UInt64} AND state = 'open' AND suppressed_by = '' AND snoozed_until IS NULL"
	for _, name := range []string{"credit_input", "worklist_input"} {
		_, after, _ := strings.Cut(sqlOf(name), "FROM creditwatch.warnings_rows AS v\n")
		got, _, _ := strings.Cut(after, "\n")
		if got = strings.TrimSpace(got); got != want {
			t.Errorf("%s reads warnings %q, want %q", name, got, want)
		}
	}
}
