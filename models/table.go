package models

import (
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

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// A Table is a file read into Arrow: float64 and text columns, missing cells null.
type Table struct {
	Record arrow.Record
	Path   string
	// Notes name what was read as missing though it is not a code for it: "file:line: column: …".
	Notes []string
	lines []int // of the rows, where the file has lines
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

// ReadTable reads a CSV file, plain or gzipped (.csv, .csv.gz, .tsv, .txt), or a Parquet file (.parquet). A column
// whose cells are numbers, percentages or ISO dates is numeric, dates counting days; any other is text. Empty cells and
// NA, N/A, NaN, null and ? are missing.
func ReadTable(path string) (*Table, error) {
	name := strings.ToLower(filepath.Base(path))
	if strings.HasSuffix(name, ".parquet") {
		return readParquet(path)
	}
	comma := ','
	if strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".tsv") {
		comma = '\t'
	}
	r := csvTable{path: path, comma: comma}
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
	header  []string
	rows    int
	numbers []int // filled cells that are numbers, by column
	filled  []int
}

func (t *csvTable) pass(each func(line int, cells []string) error) error {
	f, err := os.Open(t.path)
	if err != nil {
		return err
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(strings.ToLower(t.path), ".gz") {
		zipped, err := gzip.NewReader(f)
		if err != nil {
			return fmt.Errorf("%s: %w", t.path, err)
		}
		in = zipped
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
		if _, ok := parseNumber(cell); ok {
			t.numbers[i]++
		}
	}
	t.rows++
	return nil
}

func (t *csvTable) table() (*Table, error) {
	out := &Table{Path: t.path, lines: make([]int, 0, t.rows)}
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
				v, ok := parseNumber(cell)
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
		v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
		return v, err == nil
	}
	if len(cell) == 10 && cell[4] == '-' {
		if t, err := time.Parse(time.DateOnly, cell); err == nil {
			return float64(t.Unix() / 86400), true
		}
	}
	return 0, false
}
