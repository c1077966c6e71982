package jobs

import (
	"bytes"
	"strings"
	"testing"
)

// What a verdict lacks is said before anything is opened.
func TestNewsRefusesWrongCalls(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"news --severity 9", "--severity 9: want 1 to 4"},
		{"news verdict", "accepts 1 arg(s)"},
		{"news verdict a/b/INSOLV", "want one of --right, --wrong-customer, --wrong-event, --wrong-role"},
		{"news verdict a/b/INSOLV --right --wrong-role", "not two"},
		{"news verdict a/b/INSOLV --right --from soon", "--from"},
		{"news verdict a/b/INSOLV --wrong", "unknown flag"},
		{"news reviews now", `unknown command "now"`},
	} {
		var out, errOut bytes.Buffer
		data := t.TempDir()
		if code := Main(append([]string{"--data", data}, strings.Fields(c.args)...), strings.NewReader(""), &out, &errOut); code != exitUsage || !strings.Contains(errOut.String(), c.want) || out.Len() > 0 {
			t.Errorf("%s: exit code %d, %q%q; want %d and %q", c.args, code, out.String(), errOut.String(), exitUsage, c.want)
		}
	}
}
