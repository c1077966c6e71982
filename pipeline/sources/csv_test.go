package sources

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	simplified "golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"
)

// fatal is what testing and rapid have in common.
type fatal interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// readAll reads rows as "line: cell|cell" or "line! fault".
func readAll(t fatal, r rows) (out []string, list []Row) {
	t.Helper()
	for {
		var row Row
		err := r.Next(&row)
		if err == io.EOF {
			return out, list
		}
		if err != nil {
			t.Fatal(err)
		}
		s := itoa(row.Line) + "! " + row.Fault
		if row.Fault == "" {
			var cells []string
			for _, c := range row.Cells {
				if c.Null {
					c.Text = "NULL"
				}
				cells = append(cells, c.Text)
			}
			s = itoa(row.Line) + ": " + strings.Join(cells, "|")
		}
		out = append(out, s)
		list = append(list, row)
	}
}

func itoa(n uint64) string {
	var b []byte
	for ; n > 0 || b == nil; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

func TestCSV(t *testing.T) {
	long := strings.Repeat("x", maxRow+10)
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"plain", "a,b\n1,2\n3,4", []string{"2: 1|2", "3: 3|4"}},
		{"byte-order mark and CRLF", "\ufeffa,b\r\n1,2\r\n3,\r\n", []string{"2: 1|2", "3: 3|"}},
		{"quotes, doubled quotes, breaks in a cell", "a,b\n\"x\"\"y\",\"1\n2\"\n3,4\n", []string{"2: x\"y|1\n2", "4: 3|4"}},
		{"blank lines are no rows but count as lines", "a,b\n\n1,2\n\r\n3,4\n\n", []string{"3: 1|2", "5: 3|4"}},
		{"header only", "a,b\n", nil},
		{"too few and too many cells", "a,b\n1\n1,2,3\n4,5\n", []string{"2! has 1 cells, the header has 2", "3! has 3 cells, the header has 2", "4: 4|5"}},
		{"a quote inside a bare cell", "a,b\n5\" pipe,2\n4,5\n", []string{"2! a quote stands inside a cell that does not begin with one", "3: 4|5"}},
		{"text after a closing quote", "a,b\n\"x\"y,2\n4,5\n", []string{"2! text follows a closing quote", "3: 4|5"}},
		{"a quote never closed costs its line alone", "a,b\n\"x,2\n4,5\n6,7\n", []string{"2! a quote is opened and not closed", "3: 4|5", "4: 6|7"}},
		{"a quote closed by another row's quote costs its line alone", "a,b\n\"x,2\n4,\"5\"\n6,7\n", []string{"2! text follows a closing quote", "3: 4|5", "4: 6|7"}},
		{"NUL", "a,b\n1,\x002\n3,4\n", []string{"2! holds a NUL byte", "3: 3|4"}},
		{"bytes that are not UTF-8", "a,b\n\xff,2\n3,4\n", []string{"2! holds bytes that are not utf-8", "3: 3|4"}},
		{"a line too long", "a,b\n" + long + ",1\n3,4\n", []string{"2! the line is longer than 1048576 bytes; the beginning is kept", "3: 3|4"}},
		{"a row too long over many lines", "a,b\n\"" + strings.Repeat("y\n", maxRow) + "\n3,4\n", nil},
		{"no line end at the end, quoted", "a,b\n1,\"2\"", []string{"2: 1|2"}},
		{"empty cells", "a,b\n,\n", []string{"2: |"}},
		{"hostile names are kept verbatim", "a,b\n<script>alert(1)</script>,'; DROP TABLE x; --\n", []string{"2: <script>alert(1)</script>|'; DROP TABLE x; --"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := newCSV(strings.NewReader(c.in), ',', decoderOf("utf-8"))
			if err != nil {
				t.Fatal(err)
			}
			got, _ := readAll(t, r)
			if strings.HasPrefix(c.name, "a row too long") { // every line of it is a reject, and the row after it stands
				if last := got[len(got)-1]; !strings.HasSuffix(last, ": 3|4") || len(got) != maxRow+1 {
					t.Errorf("%d rows, last %s", len(got), last)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestCSVHeader(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty file", "", "file is empty: not even a header"},
		{"blank file", "\n\r\n", "file is empty: not even a header"},
		{"twice the same name", "a,b,a\n", `header: columns 1 and 3 are both named "a"`},
		{"no name", "a,,b\n", `header: column 2 has no name; found "a", "", "b"`},
		{"a name of ours", "a,_line\n", `header: the name "_line" is reserved`},
		{"line ends of old computers", "a,b\r1,2\r", `header: column 2 has a line break in its name "b\r1"`},
		{"broken quotes", "a,\"b\nc,d\n", "header: a quote is opened and not closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := newCSV(strings.NewReader(c.in), ',', decoderOf("utf-8")); err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

// FuzzCSV: whatever the bytes, every line that is not blank is in exactly one row, in order, whole.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"1,2\n3,4", "\"a\nb\",\"\"\"\"\n", "\"x,2\n4,5\n", "\r\n\r", "\"\"x\n,,\n", "\x00,\xff\n", "a\"b,c\r\n\"\n\"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		everyLineIsInOneRow(t, body)
	})
}

func TestEveryLineIsInOneRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"\"", "\n", ",", "a", "\r\n", "\x00", "\xff", "é", "\"\"", ",\""})).Draw(t, "body")
		everyLineIsInOneRow(t, []byte(strings.Join(parts, "")))
	})
}

func everyLineIsInOneRow(t fatal, body []byte) {
	t.Helper()
	r, err := newCSV(io.MultiReader(strings.NewReader("h,i\n"), bytes.NewReader(body)), ',', decoderOf("utf-8"))
	if err != nil {
		t.Fatal(err)
	}
	_, list := readAll(t, r)
	lines := bytes.Split(body, []byte("\n"))
	at := 0 // line of the body that comes next
	for _, row := range list {
		from := int(row.Line) - 2
		for ; at < from; at++ {
			if len(bytes.TrimSuffix(lines[at], []byte("\r"))) > 0 {
				t.Fatalf("line %d, %q, is in no row", at+2, lines[at])
			}
		}
		if at != from {
			t.Fatalf("row of line %d begins within the row before", row.Line)
		}
		n := 1
		if row.Fault == "" {
			n += strings.Count(row.Raw, "\n")
		}
		whole := printable(bytes.TrimRight(bytes.Join(lines[from:from+n], []byte("\n")), "\r\n"))
		if got := strings.TrimRight(row.Raw, "\r\n"); got != whole && len(whole) <= maxRow {
			t.Fatalf("row of line %d is %q, want %q", row.Line, got, whole)
		}
		at += n
	}
	for ; at < len(lines); at++ {
		if len(bytes.TrimSuffix(lines[at], []byte("\r"))) > 0 {
			t.Fatalf("line %d, %q, is in no row", at+2, lines[at])
		}
	}
}

func TestEncodingIsFoundOut(t *testing.T) {
	gb := func(s string) string {
		b, err := simplified.GB18030.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct{ name, in, want string }{
		{"ASCII", "a,b\n1,2\n", "utf-8"},
		{"UTF-8", "名称\n阿里巴巴\n", "utf-8"},
		{"UTF-8 with one bad row stays UTF-8", "名称\n阿里巴巴\n\xff\xfe\n", "utf-8"},
		{"GB18030", gb("名称,城市\n阿里巴巴,杭州\n"), "gb18030"},
		{"GB18030 with one bad row of many", gb(strings.Repeat("阿里巴巴,杭州\n", 30)) + "\xff\xff\n", "gb18030"},
		{"Latin-1 is not taken for Chinese", "pa\xeds\nEspa\xf1a\nFran\xe7ais\n", errEncoding.Error()},
		{"UTF-16", "\xff\xfea\x00", "encoding is UTF-16: save the file as UTF-8"},
		{"no text at all", "\x80\x81\xff\n\xff\xff\n", errEncoding.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &sniffer{}
			if err := eachLine(strings.NewReader(c.in), s.line); err != nil {
				t.Fatal(err)
			}
			got, err := s.encoding()
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestGB18030RowsReadAsWritten(t *testing.T) {
	text := "名称,备注\n阿里巴巴,\"杭州,\n\"\"丈\"\"\"\n腾讯,深圳\n" // 丈 ends in the byte of a backslash
	b, err := simplified.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newCSV(strings.NewReader(b+"\xff\xff,x\n"), ',', decoderOf("gb18030"))
	if err != nil {
		t.Fatal(err)
	}
	got, list := readAll(t, r)
	if diff := cmp.Diff([]string{"2: 阿里巴巴|杭州,\n\"丈\"", "4: 腾讯|深圳", "5! holds bytes that are not gb18030"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if list[2].Raw != `\xff\xff,x` {
		t.Errorf("raw %q: the bytes must be kept readable", list[2].Raw)
	}
}

func TestJSONLines(t *testing.T) {
	in := "{\"a\":\"x\",\"n\":12345678901234567890.10}\n\n{\"b\":null,\"a\":true}\n[1]\n{\"a\":1}{}\n{\"a\":1,\"a\":2}\n{\"a\":{\"k\":[1]}}\n{\"a\":\"\\u0000\"}\n{\"a\":\n"
	header, err := jsonHeader(strings.NewReader(in), decoderOf("utf-8"))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := readAll(t, newJSON(strings.NewReader(in), decoderOf("utf-8"), header))
	want := []string{
		"1: x|12345678901234567890.10|NULL", "3: true|NULL|NULL", "4! is not a JSON object", "5! has text after its JSON object",
		`6! has the name "a" twice`, "7: {\"k\":[1]}|NULL|NULL", "8! holds a NUL character", "9! is not a JSON object",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
