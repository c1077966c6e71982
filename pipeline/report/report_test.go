package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name. A missing file fails: only -update creates one.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func render(t *testing.T, d Data, lang Lang) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, d, lang); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, lang := range Langs {
		golden(t, "report-"+string(lang)+".html", []byte(render(t, fixture(), lang)))
		golden(t, "summary-"+string(lang)+".txt", []byte(Summary(fixture(), lang)))
	}
}

func TestFixtureFoots(t *testing.T) {
	for _, err := range Check(fixture()) {
		t.Error(err)
	}
}
