package sources

import (
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func TestExpressionNames(t *testing.T) {
	e, err := expand("concat(`Invoice No`, '-', decimal(\"Net\"), x.y, 'it''s `no` name', toDate(d)) || [a][1]", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Invoice No", "Net", "x", "y", "d", "a"}, e.Names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Invoice No", "Net"}, e.Quoted); diff != "" {
		t.Errorf("quoted (-want +got):\n%s", diff)
	}
	if len(e.Faults) != 1 || !strings.Contains(e.Faults[0].Cell, "toString(\"Net\")") {
		t.Errorf("faults %v", e.Faults)
	}
}

func TestExpressionsRefused(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"", "is empty"},
		{"decimal(a", "a bracket is not closed"},
		{"a)", "a bracket is closed that was not opened"},
		{"decimal(a, 2)", "decimal takes one value, got 2"},
		{"day(a, b)", "the format must be a text"},
		{"day(a, '%Q')", "%Q is not known"},
		{"day(a, '%d-%m')", "must have a year, a month and a day"},
		{"a; DROP TABLE x", "is allowed in an expression"},
		{"a -- b", "is allowed in an expression"},
		{"a /* b */", "is allowed in an expression"},
		{"'a", "a quote is not closed"},
		{"(a]", "a bracket is closed that was not opened"},
		{"$$'$$", "is allowed in an expression"},
	} {
		if _, err := expand(c.sql, "UTC"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %s", c.sql, err, c.want)
		}
	}
}

// All mistakes are named at once, each with its key.
func TestCheck(t *testing.T) {
	bad := Source{Name: "Bad Name", Table: "tx", Reader: "ftp", Format: "xls", Encoding: "ebcdic", Path: Paths{"/etc/passwd", "http://x.example/"}, LateAfterDays: -1, From: "JOIN x", Where: "(", AllowHosts: []string{"x"}}
	var keys []string
	for _, err := range bad.Check() {
		_, rest, _ := strings.Cut(err.Error(), "source Bad Name: ")
		key, _, _ := strings.Cut(rest, ":")
		keys = append(keys, key)
	}
	if diff := cmp.Diff([]string{"name", "table", "reader", "path", "path", "format", "encoding", "allow_hosts", "late_after_days", "from", "where"}, keys); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	twice := []Source{ledgerFile, ledgerFile}
	twice[1].Select = map[string]string{"colour": "x"}
	twice[1].Key = []string{"number"}
	if got := fmt.Sprint(Check(twice)); !strings.Contains(got, "is given twice") || !strings.Contains(got, "select.colour: transactions has no such column") || !strings.Contains(got, `key: "number" is no key column`) {
		t.Error(got)
	}
}

func TestSourceFromYAML(t *testing.T) {
	var s []Source
	err := yaml.UnmarshalWithOptions([]byte("- {name: a, path: x.csv, required: false, select: {amount: decimal(`A`)}}\n- {name: b, path: [x, y]}\n"), &s, yaml.Strict())
	if err != nil {
		t.Fatal(err)
	}
	if len(s) != 2 || len(s[0].Path) != 1 || len(s[1].Path) != 2 || s[0].needed() || !s[1].needed() {
		t.Errorf("%+v", s)
	}
	if err := yaml.UnmarshalWithOptions([]byte("- {name: a, paht: x.csv}\n"), &s, yaml.Strict()); err == nil || !strings.Contains(err.Error(), "paht") {
		t.Errorf("error %v: an unknown key must be named", err)
	}
}

// The definition of the ledger is that of the schema.
func TestLedgerIsTheSchema(t *testing.T) {
	b := newBook(t)
	for _, tab := range ledger {
		var want []string
		for _, c := range append(tab.Columns, column{Name: "run"}, column{Name: "as_of"}, column{Name: "source"}, column{Name: "file"}, column{Name: "line"}, column{Name: "row_hash"}, knownAt) {
			want = append(want, c.Name)
		}
		b.want("SELECT name FROM system.columns WHERE database = 'creditwatch' AND table = '"+tab.Name+"_rows' ORDER BY position", want...)
		for _, c := range tab.Columns {
			typ := b.table("SELECT type FROM system.columns WHERE database = 'creditwatch' AND table = '" + tab.Name + "_rows' AND name = '" + c.Name + "'")[0]
			nullable := strings.HasPrefix(typ, "Nullable(")
			if plain(typ) != stored[c.Kind] {
				t.Errorf("%s.%s is %s in the schema, %s here", tab.Name, c.Name, typ, stored[c.Kind])
			}
			if scalar := c.Kind != text && c.Kind != list && c.Kind != pairs; scalar && nullable == c.Required {
				t.Errorf("%s.%s: %s in the schema, required %t here", tab.Name, c.Name, typ, c.Required)
			}
		}
	}
}
