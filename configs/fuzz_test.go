package configs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/warnings"
)

// secretLine is a line whose value is a secret by its key.
var secretLine = regexp.MustCompile(`^\s*(- )?(password|reader_password|dsn|secret_key|ping|token|permanent_code):`)

// FuzzConfiguration: whatever the text, a configuration is taken whole or refused with the name of its file; what is taken is the same
// when it is read again, and a secret is never in what is said of a mistake.
func FuzzConfiguration(f *testing.F) {
	f.Add("company: 甲公司\ncurrency: CNY\ntime_zone: Asia/Shanghai\n")
	f.Add("warehouse:\n  address: http://h:8123\n  password: S3CRET\n  memory_mb: x\n")
	f.Add("serve: {listen: \"127.0.0.1:0\", users: [{name: ana, password_hash: h}]}\n")
	f.Add("schedule: {cron: \"0 2 * * 1-5\", holidays: [2026-10-01], lease: 10m}\n")
	f.Add("a: &a [*a, *a]\n")
	f.Add("train:\n  holdout: {modulo: 5, equals: 7}\n  learners: [boosted, boosted]\n")
	f.Add("monitor:\n  ping: S3CRET\n  pong: 1\n")
	f.Add("sources:\n  - &s {name: x, table: transactions, path: x.csv, max_rejected: 1.5, contract: [{rule: values, column: currency, of: [EUR]}, {rule: range, column: amount, min: .nan}]}\n  - {<<: *s, name: X}\n")
	examples, err := filepath.Glob("examples/*.yaml")
	if err != nil || len(examples) == 0 {
		f.Fatal(examples, err)
	}
	for _, name := range examples {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := LoadText("mine.yaml", []byte(text), nil, nil)
		if err != nil {
			if !strings.Contains(err.Error(), "mine.yaml") && c.Policy == "" && c.Validation.Bounds == "" {
				t.Fatalf("the file is not named: %v", err)
			}
			kept := true
			for line := range strings.Lines(text) {
				kept = kept && (!strings.Contains(line, "S3CRET") || secretLine.MatchString(line))
			}
			if kept && strings.Contains(err.Error(), "S3CRET") {
				t.Fatalf("a secret is told: %v", err)
			}
			return
		}
		again, err := LoadText("mine.yaml", []byte(text), nil, nil)
		if err != nil || again.Hash != c.Hash || again.PolicyHash != c.PolicyHash {
			t.Fatalf("read again: hashes %s %s, then %s %s, error %v", c.Hash, c.PolicyHash, again.Hash, again.PolicyHash, err)
		}
		if errs := c.check(); len(errs) > 0 {
			t.Fatalf("taken although %v", errs)
		}
	})
}

// FuzzPolicy: whatever the text, a policy is taken or each of its mistakes is told with the file; one that is taken has a hash.
func FuzzPolicy(f *testing.F) {
	f.Add("version: mine\nW2-10:\n  amber: {open: 0.85, close: 0.8}\n")
	f.Add("W2-10:\n  amber: {open: .nan, close: -.inf}\n")
	f.Add("holds:\n  reasons: [default]\n  approvers:\n    - {up_to: 10, who: a}\n    - {up_to: 0, who: c}\n")
	f.Add("reviews:\n  months: {A: 12}\n")
	f.Add("limits:\n  exposure:\n    orders: 1e400\n")
	f.Add(string(builtin("policy.yaml")))
	f.Fuzz(func(t *testing.T, text string) {
		rules := policy{warnings.Default(), decisions.Default()}
		if err := decode("p.yaml", []byte(text), &rules); err != nil {
			if !strings.Contains(err.Error(), "p.yaml") {
				t.Fatalf("the file is not named: %v", err)
			}
			return
		}
		if err := placed("p.yaml", []byte(text), slices.Concat(rules.Policy.Check(), rules.Decisions.Check())); err != nil {
			if !strings.HasPrefix(err.Error(), "p.yaml") {
				t.Fatalf("the file is not named: %v", err)
			}
			return
		}
		again := policy{warnings.Default(), decisions.Default()}
		if err := decode("p.yaml", []byte(text), &again); err != nil || again.hash() != rules.hash() {
			t.Fatalf("read again: another policy, error %v", err)
		}
	})
}
