package sources

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// sheet writes rows into a workbook, from A1 on.
func sheet(t testing.TB, rows ...[]any) *excelize.File {
	t.Helper()
	f := excelize.NewFile()
	for i, r := range rows {
		if err := f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &r); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// saved writes a workbook, with changes to the XML of its parts: part, old, new.
func saved(t testing.TB, f *excelize.File, changes ...string) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, p := range z.File {
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[p.Name] = string(text)
	}
	for i := 0; i < len(changes); i += 3 {
		was := parts[changes[i]]
		if parts[changes[i]] = strings.ReplaceAll(was, changes[i+1], changes[i+2]); parts[changes[i]] == was {
			t.Fatalf("%s has no %s: %s", changes[i], changes[i+1], was)
		}
	}
	return zipped(t, parts)
}

// FuzzSheet holds that no sheet, and no list of texts, fails in another way than by saying so, and that rows come in order and whole.
func FuzzSheet(f *testing.F) {
	const head, tail = `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="s"><v>0</v></c></row>`, `</sheetData></worksheet>`
	for _, s := range []string{
		`<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="1"><v>46082.5</v></c></row>`, `<row><c><v>1</v></c></row>`, `<row r="2"><c r="ZZZ2"><v>1</v></c></row>`,
		`<row r="2"><c r="B2" t="e"><v>#N/A</v></c></row>`, `<row r="3"/><row r="2"/>`, `<row r="2"><c r="A2" t="b"><v>1</v></c><c t="q"><v>x</v></c></row>`,
		`<row r="2"><c r="A2" s="1"><v>-1</v></c></row>`, `<row r="2"><c r="A2"><v>1e400</v></c></row>`, `<row r="2"><c r="A2"><f>1</f></c></row>`, `<row r="18446744073709551615">`,
		`<row r="2"><x><y/></x><c r="A2" t="s"><v>0</v></c></row></sheetData>`, `<row r="2"><c r="A2" s="1"><v>0.999999999999</v></c></row>`,
	} {
		f.Add(s, "b")
	}
	f.Fuzz(func(t *testing.T, rows, text string) {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for name, part := range map[string]string{
			"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="S" r:id="1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
			"xl/styles.xml":              `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
			"xl/sharedStrings.xml":       "<sst><si><t>" + text + "</t></si></sst>",
			sheet1:                       head + rows + tail,
		} {
			p, err := w.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(p, part) //nolint:errcheck // into memory
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		x, err := newXLSX(bytes.NewReader(b.Bytes()), int64(b.Len()), "", 0)
		if err != nil {
			return
		}
		var row Row
		for before := uint64(1); ; before = row.Line {
			if err := x.Next(&row); err != nil {
				return
			}
			if row.Line <= before || len(row.Cells) != len(x.Header()) || !json.Valid([]byte(row.Raw)) && row.Fault == "" {
				t.Fatalf("row %d after %d: %d cells under %q, %s", row.Line, before, len(row.Cells), x.Header(), row.Raw)
			}
		}
	})
}

func zipped(t testing.TB, parts map[string]string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "book.xlsx")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(out)
	for name, text := range parts {
		p, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(p, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// readSheet gives the rows of a sheet: number, then cells between bars, or the fault after an exclamation mark.
func readSheet(t testing.TB, file, name string, headerRow int) (header, lines []string, err error) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	x, err := newXLSX(f, info.Size(), name, headerRow)
	if err != nil {
		return nil, nil, err
	}
	var row Row
	for {
		if err := x.Next(&row); err == io.EOF {
			return x.Header(), lines, nil
		} else if err != nil {
			return x.Header(), lines, err
		}
		var cells []string
		for _, c := range row.Cells {
			if c.Null {
				c.Text = "null"
			}
			cells = append(cells, c.Text)
		}
		line := address(0, row.Line)[1:] + ": " + strings.Join(cells, "|")
		if row.Fault != "" {
			line = address(0, row.Line)[1:] + "! " + row.Fault
		}
		lines = append(lines, line)
	}
}

const sheet1 = "xl/worksheets/sheet1.xml"

func TestXLSXCells(t *testing.T) {
	for _, c := range []struct {
		name string
		book func(t *testing.T) string
		want []string
	}{
		{"numbers as stored, not as shown", func(t *testing.T) string {
			f := sheet(t, []any{"n"}, []any{1.1}, []any{1234567.891}, []any{12}, []any{-0.5}, []any{1e-7}, []any{3})
			style, err := f.NewStyle(&excelize.Style{NumFmt: 3}) // #,##0
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStyle("Sheet1", "A3", "A3", style); err != nil {
				t.Fatal(err)
			}
			return saved(t, f, sheet1, "<v>1.1</v>", "<v>1.1000000000000001</v>", sheet1, "<v>3</v>", "<v>1.2345678901234567E+17</v>")
		}, []string{"2: 1.1", "3: 1234567.891", "4: 12", "5: -0.5", "6: 0.0000001", "7: 123456789012345660"}},
		{"texts and flags", func(t *testing.T) string {
			f := sheet(t, []any{"a", "b", "c"}, []any{"上海", true, " x < y & z "}, []any{"007", false, "=1+1"}, nil, []any{"line\r\nbreak"})
			if err := f.SetCellRichText("Sheet1", "A4", []excelize.RichTextRun{{Text: "two "}, {Text: "pieces", Font: &excelize.Font{Bold: true}}}); err != nil {
				t.Fatal(err)
			}
			return saved(t, f)
		}, []string{"2: 上海|true| x < y & z ", "3: 007|false|=1+1", "4: two pieces|null|null", "5: line\r\nbreak|null|null"}},
		{"days and times", func(t *testing.T) string {
			f := sheet(t, []any{"d"}, []any{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}, []any{time.Date(2026, 3, 1, 13, 30, 15, 0, time.UTC)}, []any{46082}, []any{46082}, []any{1.5}, []any{59}, []any{60}, []any{61})
			for cell, format := range map[string]string{"A5": `yyyy"年"m"月"d"日"`, "A6": "[h]:mm", "A7": "dd/mm/yyyy", "A8": "dd/mm/yyyy", "A9": "dd/mm/yyyy"} {
				style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
				if err != nil {
					t.Fatal(err)
				}
				if err := f.SetCellStyle("Sheet1", cell, cell, style); err != nil {
					t.Fatal(err)
				}
			}
			return saved(t, f)
		}, []string{"2: 2026-03-01", "3: 2026-03-01 13:30:15", "4: 46082", "5: 2026-03-01", "6: 1.5", "7: 1900-02-28", "8! cell A8 is 1900-02-29, a day that does not exist", "9: 1900-03-01"}},
		{"days of 1904", func(t *testing.T) string {
			yes := true
			f := excelize.NewFile()
			if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
				t.Fatal(err)
			}
			if err := f.SetSheetRow("Sheet1", "A1", &[]any{"d"}); err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellValue("Sheet1", "A2", 44620); err != nil {
				t.Fatal(err)
			}
			style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStyle("Sheet1", "A2", "A2", style); err != nil {
				t.Fatal(err)
			}
			return saved(t, f)
		}, []string{"2: 2026-03-01"}}, // 44 620 days after 1904-01-01
		{"formulas by their stored result, errors by their address", func(t *testing.T) string {
			f := sheet(t, []any{"a", "b"}, []any{1, "stored"}, []any{2, 20}, []any{3, 30}, []any{4, 40})
			return saved(t, f, sheet1, `<c r="B3"><v>20</v>`, `<c r="B3"><f>A3*10</f><v>20</v>`, sheet1, `<c r="B4"><v>30</v>`, `<c r="B4" t="e"><f>1/0</f><v>#DIV/0!</v>`, sheet1, `<c r="B5"><v>40</v>`, `<c r="B5"><f>A5*10</f>`)
		}, []string{"2: 1|stored", "3: 2|20", "4! cell B4 holds the error #DIV/0!", "5! cell B5 is a formula without a stored result: open the file in Excel and save it"}},
		{"hidden rows, gaps and what is too much", func(t *testing.T) string {
			f := sheet(t, []any{"a", "b"}, []any{1}, []any{}, []any{nil, 2}, []any{1, 2, nil, 4})
			if err := f.SetRowVisible("Sheet1", 4, false); err != nil {
				t.Fatal(err)
			}
			return saved(t, f)
		}, []string{"2: 1|null", "4: null|2", "5! cell C5 has a value beyond the header, which has 2 columns"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got, err := readSheet(t, c.book(t), "", 0)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestXLSXSheets(t *testing.T) {
	two := func(t *testing.T) string {
		f := sheet(t, []any{"Receivables of March"}, []any{}, []any{"Customer", "Amount"}, []any{"C1", 5})
		if _, err := f.NewSheet("明细"); err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow("明细", "A1", &[]any{"客户"}); err != nil {
			t.Fatal(err)
		}
		return saved(t, f)
	}
	merged := func(t *testing.T) string {
		f := sheet(t, []any{"Customer", "Address", nil, "Amount"}, []any{"C1", "a", "b", 1})
		if err := f.MergeCell("Sheet1", "B1", "C1"); err != nil {
			t.Fatal(err)
		}
		return saved(t, f)
	}
	simple := func(t *testing.T) *excelize.File { return sheet(t, []any{"a", "b"}, []any{"x", 2}, []any{"y", 3}) }
	for _, c := range []struct {
		name, sheet string
		row         int
		book        func(t *testing.T) string
		header      []string
		err         string
	}{
		{"by name", "明细", 0, two, []string{"客户"}, ""},
		{"header further down", "Sheet1", 3, two, []string{"Customer", "Amount"}, ""},
		{"which of two", "", 0, two, nil, `the workbook has the sheets "Sheet1", "明细": say with ` + "`sheet` which"},
		{"renamed", "Sheet2", 0, two, nil, `the workbook has no sheet "Sheet2"; it has "Sheet1", "明细"`},
		{"empty header row", "Sheet1", 2, two, nil, "has nothing in row 2, where the header must be"},
		{"no such row", "Sheet1", 9, two, nil, "has no row 9, where the header must be"},
		{"merged header", "", 0, merged, nil, "header: cell C1 is empty, or merged with another"},
		{"the same name twice", "", 0, func(t *testing.T) string { return saved(t, sheet(t, []any{"a", "a"})) }, nil, `columns 1 and 2 are both named "a"`},
		{"XML that ends in the middle", "", 0, func(t *testing.T) string {
			return saved(t, simple(t), sheet1, "<v>3</v></c></row></sheetData>", "")
		}, []string{"a", "b"}, "sheet: row 3:"},
		{"rows out of order", "", 0, func(t *testing.T) string {
			return saved(t, simple(t), sheet1, `<row r="3"`, `<row r="1"`)
		}, []string{"a", "b"}, `row "1" follows row 2`},
		{"a text that is not there", "", 0, func(t *testing.T) string {
			return saved(t, simple(t), sheet1, `t="s"><v>0</v>`, `t="s"><v>99</v>`)
		}, nil, "header: cell A1 names a text that the workbook does not have"},
		{"no workbook", "", 0, func(t *testing.T) string { return zipped(t, map[string]string{"x": "y"}) }, nil, `the workbook has no part "xl/workbook.xml"`},
		{"no zip", "", 0, func(t *testing.T) string {
			file := filepath.Join(t.TempDir(), "x.xlsx")
			if err := os.WriteFile(file, []byte("a,b\n1,2\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			return file
		}, nil, "file is not whole, or no workbook"},
		{"zip bomb", "", 0, func(t *testing.T) string {
			return zipped(t, map[string]string{"xl/workbook.xml": "<workbook/>", sheet1: strings.Repeat(" ", 20<<20)})
		}, nil, "a zip bomb"},
		{"elements without end in a sheet", "", 0, func(t *testing.T) string {
			return saved(t, simple(t), sheet1, "<sheetData>", strings.Repeat("<a>", 100)+"<sheetData>")
		}, nil, "more than 64 deep"},
		{"elements without end in the texts", "", 0, func(t *testing.T) string {
			return saved(t, simple(t), "xl/sharedStrings.xml", "<si>", "<si>"+strings.Repeat("<r>", 100))
		}, nil, "shared texts: elements stand more than 64 deep"},
		{"a row without end", "", 0, func(t *testing.T) string {
			var long strings.Builder
			for i := uint64(0); long.Len() <= maxXMLRow; i++ {
				long.WriteString(strconv.FormatUint(i*11400714819323198485, 10))
			}
			return saved(t, simple(t), sheet1, "<v>3</v>", "<v>"+long.String()+"</v>")
		}, []string{"a", "b"}, "a row has more than 4194304 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header, _, err := readSheet(t, c.book(t), c.sheet, c.row)
			if !slices.Equal(header, c.header) {
				t.Errorf("header %q, want %q", header, c.header)
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %s", err, c.err)
			}
		})
	}
}

func TestPullOfAWorkbook(t *testing.T) {
	b := newBook(t)
	f := sheet(t, []any{"transaction_id", "customer_id", "kind", "occurred_on", "amount", "currency"},
		[]any{"1", "C1", "invoice", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), 100.1, "EUR"},
		[]any{"2", "C1", "invoice", "2026-02-30", 1, "EUR"},
		[]any{"3", "C1", "payment", time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 777, "EUR"})
	file := saved(t, f, sheet1, "<v>777</v>", `<f>A1</f>`)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b.write("ledger.xlsx", string(text))
	b.write("~$ledger.xlsx", "somebody has it open")
	s := Source{Name: "ledger", Table: "transactions", Path: Paths{"*.xlsx"}, Key: []string{"transaction_id"}, Sheet: "Sheet1"}
	c := b.pulled(b.night(1, "2026-03-05"), s)
	wantCounts(t, c[0], 3, 1, 2, 0, 0)
	b.want("SELECT transaction_id, occurred_on, amount, file, line FROM creditwatch.transactions", "1|2026-03-01|100.1|ledger.xlsx|2")
	b.want("SELECT line, column, reason, raw FROM creditwatch.rejects ORDER BY line",
		`3|occurred_on|the cell "2026-02-30" is not a day as YYYY-MM-DD that exists|{"transaction_id":"2","customer_id":"C1","kind":"invoice","occurred_on":"2026-02-30","amount":"1","currency":"EUR"}`,
		`4||cell E4 is a formula without a stored result: open the file in Excel and save it|{"transaction_id":"3","customer_id":"C1","kind":"payment","occurred_on":"2026-03-02","amount":"","currency":"EUR"}`)
	wantCounts(t, b.pulled(b.night(2, "2026-03-06"), s)[0], 3, 0, 0, 3, 0)
}
