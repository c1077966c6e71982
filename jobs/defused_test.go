package jobs

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"creditwatch/pipeline/hostile"
)

func TestTextsThatSpreadsheetsCarryOut(t *testing.T) {
	for _, c := range []struct{ from, want string }{
		{`"name","n"` + "\n" + `"=cmd|'/C calc'!A0",-5` + "\n", `"name","n"` + "\n" + `"'=cmd|'/C calc'!A0",-5` + "\n"},
		{`"+1","-2+3","@SUM(1)"`, `"'+1","'-2+3","'@SUM(1)"`},
		{"\"\tx\",\"\rx\"", "\"'\tx\",\"'\rx\""},
		{`"＝1","＋1","－1","＠1"`, `"'＝1","'＋1","'－1","'＠1"`},
		{`"","""=1""","a=1","a,=1","a` + "\n" + `=1",-1.5,+1` + "\n", `"","""=1""","a=1","a,=1","a` + "\n" + `=1",-1.5,+1` + "\n"},
		{`"甲公司","=甲"`, `"甲公司","'=甲"`},
		{"\"\xef\",\"=\"", "\"\xef\",\"'=\""},
		{"\"\xef\xbc", "\"\xef\xbc"},
	} {
		for how, r := range map[string]io.Reader{"at once": strings.NewReader(c.from), "byte by byte": iotest.OneByteReader(strings.NewReader(c.from))} {
			var out bytes.Buffer
			d := &defused{to: whole{&out}}
			if _, err := io.Copy(struct{ io.Writer }{d}, r); err != nil {
				t.Fatal(err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != c.want {
				t.Errorf("%s: %q became %q, want %q", how, c.from, got, c.want)
			}
		}
	}
}

// Whatever the texts are, each comes out as it was or with an apostrophe before it, and none that comes out begins a formula.
func TestDefusedRowsStayRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.SampledFrom(hostile.Texts("x")), rapid.StringMatching(`[=+@",\n-]{0,4}`))
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 2), 1, 4).Draw(t, "rows")
		var out bytes.Buffer
		d := &defused{to: whole{&out}}
		for _, row := range rows {
			for i, text := range row {
				io.WriteString(d, `"`+strings.ReplaceAll(strings.ReplaceAll(text, "\r", " "), `"`, `""`)+`"`+[]string{",", "\n"}[i]) //nolint:errcheck // a buffer
			}
		}
		got, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(got) != len(rows) {
			t.Fatalf("%d rows, %v; want %d", len(got), err, len(rows))
		}
		for i, row := range rows {
			for k, text := range row {
				text = strings.ReplaceAll(text, "\r", " ")
				if got[i][k] != text && got[i][k] != "'"+text {
					t.Fatalf("%q became %q", text, got[i][k])
				}
				if strings.IndexAny(got[i][k], formulas) == 0 {
					t.Fatalf("%q still begins a formula", got[i][k])
				}
			}
		}
	})
}
