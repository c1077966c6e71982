package jobs

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A mistake of the policy to try is named with its file and key, and nothing is touched.
func TestWhatIfRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"a line that closes above its opening", []string{"--policy", file("above.yaml", "W1-01:\n  red: {open: 0.1, close: 0.2}\n"), "--from", "2026-01-01", "--to", "2026-02-01"}, []string{"above.yaml", "W1-01.red.close"}},
		{"an unknown key", []string{"--policy", file("unknown.yaml", "W9-99: {open: 1, close: 0}\n"), "--from", "2026-01-01", "--to", "2026-02-01"}, []string{"unknown.yaml", "W9-99"}},
		{"no such file", []string{"--policy", filepath.Join(dir, "absent.yaml"), "--from", "2026-01-01", "--to", "2026-02-01"}, []string{"absent.yaml"}},
		{"no policy", []string{"--from", "2026-01-01", "--to", "2026-02-01"}, []string{"--policy"}},
		{"no date", []string{"--policy", file("good.yaml", "version: \"2\"\n"), "--to", "2026-02-01"}, []string{"--from"}},
		{"the wrong way round", []string{"--policy", file("good.yaml", "version: \"2\"\n"), "--from", "2026-03-01", "--to", "2026-02-01"}, []string{"--to 2026-02-01 is before --from 2026-03-01"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			var out, errOut bytes.Buffer
			code := Main(append([]string{"--data", data, "whatif"}, c.args...), strings.NewReader(""), &out, &errOut)
			if code != exitUsage || out.Len() > 0 {
				t.Errorf("exit code %d, output %q: want 2 and none", code, out.String())
			}
			for _, w := range c.want {
				if !strings.Contains(errOut.String(), w) {
					t.Errorf("%q does not name %q", errOut.String(), w)
				}
			}
			if _, err := os.Stat(data); err == nil {
				t.Error("the data directory was touched")
			}
		})
	}
}
