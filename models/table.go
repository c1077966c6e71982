package models

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	text "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// A Table is a file read into Arrow: float64 and text columns, missing cells null.
type Table struct {
	Record arrow.Record
	Path   string
	// Notes name what was read as missing though it is not a code for it: "file:line: column: …".
	Notes []string
	// Format says how the file was taken: "CSV separated by ;, GB18030".
	Format string
	lines  []int // of the rows, where the file has lines
}

// Release frees the table's columns.
func (t *Table) Release() { t.Record.Release() }

// place names a row for a message.
func (t *Table) place(row int) string {
	if t.lines != nil {
		return fmt.Sprintf("%s:%d", t.Path, t.lines[row])
	}
	return fmt.Sprintf("%s: row %d", t.Path, row+1)
}

// ReadTable reads a CSV file, plain or gzipped (.csv, .csv.gz, .tsv, .txt), or a Parquet file (.parquet). Cells are
// separated by what the header is separated by: comma, semicolon, tab or bar. Text is UTF-8, or else UTF-16 with its mark
// or GB18030. A column whose cells are numbers, percentages or ISO dates is numeric, dates counting days; any other is
// text. Thousands may be parted by commas; where semicolons separate cells, a comma is the decimal point. Empty cells and
// NA, N/A, NaN, null and ? are missing.
func ReadTable(path string) (*Table, error) {
	name := strings.ToLower(filepath.Base(path))
	if strings.HasSuffix(name, ".parquet") {
		return readParquet(path)
	}
	r := csvTable{path: path}
	if err := r.sniff(strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".tsv")); err != nil {
		return nil, err
	}
	// The first pass finds out what the columns are, the second reads them.
	if err := r.pass(r.infer); err != nil {
		return nil, err
	}
	if r.rows == 0 {
		return nil, fmt.Errorf("%s: no rows under the header", path)
	}
	return r.table()
}

// numericShare is the share of a column's filled cells that must be numbers for the others to be taken for slips.
const numericShare = 0.99

type csvTable struct {
	path    string
	comma   rune
	charset text.Encoding // nil for UTF-8
	called  string        // the charset's name
	header  []string
	rows    int
	numbers []int // filled cells that are numbers, by column
	filled  []int
}

// open opens the file, unpacked but not decoded.
func (t *csvTable) open() (io.Reader, io.Closer, error) {
	f, err := os.Open(t.path)
	if err != nil {
		return nil, nil, err
	}
	if !strings.HasSuffix(strings.ToLower(t.path), ".gz") {
		return f, f, nil
	}
	zipped, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: %w", t.path, err)
	}
	return zipped, f, nil
}

// sniffed is how many bytes are looked at to find out how a file is written.
const sniffed = 1 << 16

// sniff finds out the charset and what separates cells.
func (t *csvTable) sniff(tabs bool) error {
	in, closer, err := t.open()
	if err != nil {
		return err
	}
	defer closer.Close()
	head := make([]byte, sniffed)
	n, err := io.ReadFull(in, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return fmt.Errorf("%s: %w", t.path, err)
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		t.charset, t.called = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM), "UTF-16"
	case !utf8.Valid(head[:wholeUTF8(head)]):
		t.charset, t.called = simplifiedchinese.GB18030, "GB18030"
	case bytes.IndexByte(head, 0) >= 0:
		return fmt.Errorf("%s: holds bytes of value 0, want text", t.path)
	}
	if t.charset != nil {
		if head, err = t.charset.NewDecoder().Bytes(head); err != nil {
			return fmt.Errorf("%s: neither UTF-8 nor %s: %w", t.path, t.called, err)
		}
		if n == sniffed { // a character may be cut in half there
			head = head[:max(0, len(head)-2*utf8.UTFMax)]
		}
		if bytes.Contains(head, []byte(string(utf8.RuneError))) {
			return fmt.Errorf("%s: neither UTF-8 nor %s", t.path, t.called)
		}
	}
	t.comma = separator(head)
	if tabs {
		t.comma = '\t'
	}
	return nil
}

// wholeUTF8 is the length of the text without what may be the beginning of a character at its end.
func wholeUTF8(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}

// separator returns what the header is separated by: what stands most often in it outside quotes.
func separator(head []byte) rune {
	seen, quoted := map[rune]int{}, false
	for _, r := range string(head) {
		if r == '"' {
			quoted = !quoted
		}
		if r == '\n' && !quoted {
			break
		}
		if !quoted {
			seen[r]++
		}
	}
	best := ','
	for _, r := range []rune{';', '\t', '|'} {
		if seen[r] > seen[best] {
			best = r
		}
	}
	return best
}

func (t *csvTable) pass(each func(line int, cells []string) error) error {
	in, closer, err := t.open()
	if err != nil {
		return err
	}
	defer closer.Close()
	if t.charset != nil {
		in = t.charset.NewDecoder().Reader(in)
	}
	r := csv.NewReader(in)
	r.Comma, r.ReuseRecord, r.LazyQuotes = t.comma, true, true
	for first := true; ; first = false {
		cells, err := r.Read()
		var bad *csv.ParseError
		switch {
		case err == io.EOF && first:
			return fmt.Errorf("%s: empty file, want a header line", t.path)
		case err == io.EOF:
			return nil
		case errors.As(err, &bad) && errors.Is(err, csv.ErrFieldCount):
			return fmt.Errorf("%s:%d: %d cells, want %d as in the header", t.path, bad.Line, len(cells), len(t.header))
		case err != nil:
			return fmt.Errorf("%s: %w", t.path, err)
		}
		if first {
			if err := t.readHeader(cells); err != nil {
				return err
			}
			continue
		}
		line, _ := r.FieldPos(0)
		if err := each(line, cells); err != nil {
			return err
		}
	}
}

func (t *csvTable) readHeader(cells []string) error {
	seen := map[string]bool{}
	header := make([]string, len(cells))
	for i, cell := range cells {
		name := strings.TrimSpace(strings.TrimPrefix(cell, "\ufeff"))
		if name == "" {
			name = fmt.Sprintf("column_%d", i+1)
		}
		if seen[name] {
			return fmt.Errorf("%s:1: column %q occurs twice", t.path, name)
		}
		seen[name] = true
		header[i] = name
	}
	t.header = header
	return nil
}

func (t *csvTable) infer(_ int, cells []string) error {
	if t.numbers == nil {
		t.numbers, t.filled = make([]int, len(cells)), make([]int, len(cells))
	}
	for i, cell := range cells {
		if cell = strings.TrimSpace(cell); isMissing(cell) {
			continue
		}
		t.filled[i]++
		if _, ok := t.parseNumber(cell); ok {
			t.numbers[i]++
		}
	}
	t.rows++
	return nil
}

func (t *csvTable) table() (*Table, error) {
	out := &Table{Path: t.path, Format: t.format(), lines: make([]int, 0, t.rows)}
	numbers, texts := make([]*array.Float64Builder, len(t.header)), make([]*array.StringBuilder, len(t.header))
	for i := range t.header {
		if t.filled[i] == 0 || float64(t.numbers[i]) >= numericShare*float64(t.filled[i]) {
			numbers[i] = array.NewFloat64Builder(memory.DefaultAllocator)
			numbers[i].Reserve(t.rows)
			defer numbers[i].Release()
		} else {
			texts[i] = array.NewStringBuilder(memory.DefaultAllocator)
			defer texts[i].Release()
		}
	}
	err := t.pass(func(line int, cells []string) error {
		out.lines = append(out.lines, line)
		for i, cell := range cells {
			cell = strings.TrimSpace(cell)
			switch missing := isMissing(cell); {
			case texts[i] != nil && missing:
				texts[i].AppendNull()
			case texts[i] != nil:
				texts[i].Append(cell)
			case missing:
				numbers[i].AppendNull()
			default:
				v, ok := t.parseNumber(cell)
				if !ok {
					numbers[i].AppendNull()
					out.Notes = append(out.Notes, fmt.Sprintf("%s:%d: column %q: %q is not a number, read as missing", t.path, line, t.header[i], cell))
					continue
				}
				numbers[i].Append(v)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	cols := make([]arrow.Array, len(t.header))
	for i := range cols {
		if numbers[i] != nil {
			cols[i] = numbers[i].NewArray()
		} else {
			cols[i] = texts[i].NewArray()
		}
	}
	out.Record = newRecord(t.header, cols)
	return out, nil
}

// newRecord joins columns it takes over.
func newRecord(names []string, cols []arrow.Array) arrow.Record {
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: cols[i].DataType(), Nullable: true}
	}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), cols, -1)
	for _, c := range cols {
		c.Release()
	}
	return rec
}

func isMissing(cell string) bool {
	switch len(cell) {
	case 0:
		return true
	case 1:
		return cell == "?"
	case 2, 3, 4:
		switch strings.ToLower(cell) {
		case "na", "n/a", "nan", "null":
			return true
		}
	}
	return false
}

// format says how the file was taken.
func (t *csvTable) format() string {
	charset := t.called
	if charset == "" {
		charset = "UTF-8"
	}
	separators := map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs", '|': "bars"}
	return "CSV separated by " + separators[t.comma] + ", " + charset
}

// parseNumber reads a number as this file writes them.
func (t *csvTable) parseNumber(cell string) (float64, bool) {
	if t.comma == ';' && strings.IndexByte(cell, ',') >= 0 {
		if strings.Count(cell, ",") > 1 {
			return 0, false
		}
		return parseNumber(strings.Replace(strings.ReplaceAll(cell, ".", ""), ",", ".", 1))
	}
	return parseNumber(cell)
}

func parseNumber(cell string) (float64, bool) {
	if c := cell[0]; c > '9' && c != 'i' && c != 'I' { // most texts start with a letter
		return 0, false
	}
	if v, err := strconv.ParseFloat(cell, 64); err == nil {
		return v, true
	} else if errors.Is(err, strconv.ErrRange) {
		return v, math.IsInf(v, 0)
	}
	if rest, ok := strings.CutSuffix(cell, "%"); ok {
		rest = strings.TrimSpace(rest)
		if inThousands(rest) {
			rest = strings.ReplaceAll(rest, ",", "")
		}
		v, err := strconv.ParseFloat(rest, 64)
		return v, err == nil
	}
	if strings.IndexByte(cell, ',') > 0 && inThousands(cell) {
		return parseNumber(strings.ReplaceAll(cell, ",", ""))
	}
	if len(cell) == 10 && cell[4] == '-' {
		if t, err := time.Parse(time.DateOnly, cell); err == nil {
			return float64(t.Unix() / 86400), true
		}
	}
	return 0, false
}

// inThousands reports whether commas part a number's whole digits by three.
func inThousands(cell string) bool {
	whole, _, _ := strings.Cut(strings.TrimLeft(cell, "+-"), ".")
	for i, group := range strings.Split(whole, ",") {
		if len(group) != 3 && (i > 0 || len(group) == 0 || len(group) > 3) || strings.Trim(group, "0123456789") != "" {
			return false
		}
	}
	return true
}
