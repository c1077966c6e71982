package models

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

func written(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// cellsOf writes a table out: its columns with their types, then its rows.
func cellsOf(t *Table) []string {
	var lines []string
	for i, f := range t.Record.Schema().Fields() {
		var cells []string
		for row := range int(t.Record.NumRows()) {
			cells = append(cells, t.Record.Column(i).ValueStr(row))
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s", f.Name, f.Type, strings.Join(cells, " ")))
	}
	return lines
}

func TestReadTable(t *testing.T) {
	csv := "\ufeffid,rate,since,kind,empty,\"odd, name\"\n1,13.5%,2024-01-31,steel,,1e3\n2,NA,2024-02-01,n/a,,?\n3,7%,,food,,-2\n"
	want := []string{
		"id float64: 1 2 3",
		"rate float64: 13.5 (null) 7",
		"since float64: 19753 19754 (null)",
		"kind utf8: steel (null) food",
		"empty float64: (null) (null) (null)",
		"odd, name float64: 1000 (null) -2",
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write([]byte(csv))
	w.Close()
	for name, content := range map[string][]byte{
		"a.csv": []byte(csv), "a.csv.gz": zipped.Bytes(),
		"a.tsv": []byte(strings.NewReplacer("\"odd, name\"", "odd, name", ",", "\t").Replace(strings.Replace(csv, "\"odd, name\"", "odd; name", 1))),
	} {
		table, err := ReadTable(written(t, name, content))
		if err != nil {
			t.Fatal(err)
		}
		got := cellsOf(table)
		got[5] = strings.Replace(got[5], "odd; name", "odd, name", 1)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		table.Release()
	}
}

// The same table in the ways that spreadsheets of the world write it.
func TestTablesOfManySpreadsheets(t *testing.T) {
	want := []string{
		"客户 utf8: 甲 乙 丙", "额度 float64: 1234.5 1e+06 (null)", "比例 float64: 0.5 12.5 7",
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("客户,额度,比例\n甲,\"1,234.5\",0.5\n乙,\"1,000,000\",12.5%\n丙,,7\n")
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("客户\t额度\t比例\n甲\t1234.5\t0.5\n乙\t1000000\t12.5%\n丙\t\t7\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, content, format string }{
		{"a.csv", gbk, "CSV separated by commas, GB18030"},
		{"a.txt", wide, "CSV separated by tabs, UTF-16"},
		{"a.csv", "客户;额度;比例\n甲;1.234,5;0,5\n乙;1.000.000,0;12,5%\n丙;;7\n", "CSV separated by semicolons, UTF-8"},
		{"a.csv", "客户|额度|比例\n甲|1234.5|0.5\n乙|1000000|12.5%\n丙||7\n", "CSV separated by bars, UTF-8"},
		{"a.csv", "\"客户\",\"额度\",比例\r\n甲,1234.5,.5\r\n乙,1e6,12.5%\r\n丙,,7\r\n", "CSV separated by commas, UTF-8"},
	} {
		table, err := ReadTable(written(t, c.name, []byte(c.content)))
		if err != nil {
			t.Errorf("%s: %v", c.format, err)
			continue
		}
		if diff := cmp.Diff(want, cellsOf(table)); diff != "" || table.Format != c.format {
			t.Errorf("%s, want %s (-want +got):\n%s", table.Format, c.format, diff)
		}
		table.Release()
	}
}

func TestNumbersInThousands(t *testing.T) {
	for cell, want := range map[string]float64{"1,234": 1234, "-12,345.6": -12345.6, "1,234,567%": 1234567, "1,23": math.NaN(), "12,34,567": math.NaN(), "1234,567": math.NaN(), "1,234,": math.NaN(), "1,2a4": math.NaN()} {
		got, ok := parseNumber(cell)
		if ok != !math.IsNaN(want) || ok && got != want {
			t.Errorf("%q is %v (%v), want %v", cell, got, ok, want)
		}
	}
}

func TestASlipIsMissingAndNoted(t *testing.T) {
	var b strings.Builder
	b.WriteString("x\n")
	for i := range 200 {
		fmt.Fprintln(&b, i)
	}
	b.WriteString("12O\n")
	table, err := ReadTable(written(t, "a.csv", []byte(b.String())))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	if x := table.Record.Column(0).(*array.Float64); x.NullN() != 1 || len(table.Notes) != 1 || !strings.HasSuffix(table.Notes[0], `a.csv:202: column "x": "12O" is not a number, read as missing`) {
		t.Errorf("%d missing, notes %q", x.NullN(), table.Notes)
	}
}

type parquetRow struct {
	ID    int64    `parquet:"id"`
	Use   *float64 `parquet:"use,optional"`
	Kind  *string  `parquet:"kind,optional,dict"`
	Owed  int64    `parquet:"owed,decimal(2:18)"`
	Bad   bool     `parquet:"bad"`
	Float float32  `parquet:"float"`
}

func TestReadParquet(t *testing.T) {
	use, kind := 0.5, "steel"
	var b bytes.Buffer
	w := parquet.NewGenericWriter[parquetRow](&b, parquet.MaxRowsPerRowGroup(2))
	if _, err := w.Write([]parquetRow{{1, &use, &kind, 12345, true, 1.5}, {2, nil, nil, -1, false, 2}, {3, &use, &kind, 0, true, float32(math.NaN())}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	table, err := ReadTable(written(t, "a.parquet", b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	want := []string{
		"id float64: 1 2 3", "use float64: 0.5 (null) 0.5", "kind utf8: steel (null) steel",
		"owed float64: 123.45 -0.01 0", "bad float64: 1 0 1", "float float64: 1.5 2 (null)",
	}
	if diff := cmp.Diff(want, cellsOf(table)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnreadableTablesNameThePlace(t *testing.T) {
	var half bytes.Buffer
	w := gzip.NewWriter(&half)
	w.Write([]byte("a,b\n1,2\n"))
	w.Close()
	for _, c := range []struct{ name, file, content, want string }{
		{"empty", "a.csv", "", "a.csv: empty file"},
		{"header only", "a.csv", "a,b\n", "a.csv: no rows"},
		{"a short row", "a.csv", "a,b\n1,2\n3\n", "a.csv:3: 1 cells, want 2"},
		{"a column twice", "a.csv", "a,a\n1,2\n", `a.csv:1: column "a" occurs twice`},
		{"not text", "a.csv", "a,b\n1,\x00\n", "a.csv: holds bytes of value 0"},
		{"of no charset", "a.csv", "a,b\n1,\xff\xff\xff\n", "a.csv: neither UTF-8 nor GB18030"},
		{"half a gzip", "a.csv.gz", half.String()[:20], "a.csv.gz: "},
		{"not a gzip", "a.csv.gz", "a,b\n1,2\n", "a.csv.gz: "},
		{"not a Parquet file", "a.parquet", "PAR1", "a.parquet: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if table, err := ReadTable(written(t, c.file, []byte(c.content))); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v and %v, want an error with %q", table, err, c.want)
			}
		})
	}
	if _, err := ReadTable("/no/such/file.csv"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
