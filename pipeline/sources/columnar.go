package sources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Both readers here give every value as the text that the conversions read: days as YYYY-MM-DD, instants in UTC as
// ISO 8601, decimals exact. Raw is the row as a JSON object of those texts.

// arrowRows reads an Arrow IPC file or stream.
type arrowRows struct {
	header []string
	next   func() (arrow.Record, error)
	rec    arrow.Record
	at     int
	line   uint64
}

func newArrow(f *os.File) (r *arrowRows, err error) {
	defer notReadable(&err)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	magic := make([]byte, 6)
	if _, err := io.ReadFull(f, magic); err != nil {
		return nil, notWhole(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r = &arrowRows{}
	var schema *arrow.Schema
	if bytes.Equal(magic, ipc.Magic) {
		fr, err := ipc.NewFileReader(f)
		if err != nil {
			return nil, fmt.Errorf("file is not whole: %w", err)
		}
		n := 0
		schema = fr.Schema()
		r.next = func() (arrow.Record, error) {
			if n == fr.NumRecords() {
				return nil, io.EOF
			}
			n++
			return fr.Record(n - 1)
		}
	} else {
		sr, err := ipc.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("is no Arrow file or stream: %w", err)
		}
		schema = sr.Schema()
		r.next = func() (arrow.Record, error) {
			if !sr.Next() {
				if err := sr.Err(); err != nil {
					return nil, err
				}
				return nil, io.EOF
			}
			return sr.Record(), nil
		}
	}
	for _, field := range schema.Fields() {
		r.header = append(r.header, field.Name)
	}
	return r, checkHeader(r.header)
}

// notReadable turns a panic of a library over a damaged file into an error.
func notReadable(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("file is damaged: %v", p)
	}
}

func (r *arrowRows) Header() []string { return r.header }

func (r *arrowRows) Next(row *Row) (err error) {
	defer notReadable(&err)
	for r.rec == nil || r.at == int(r.rec.NumRows()) {
		rec, err := r.next()
		if err == io.EOF {
			return err
		}
		if err != nil {
			return notWhole(err)
		}
		r.rec, r.at = rec, 0
	}
	r.line++
	row.Line, row.Fault, row.Cells = r.line, "", row.Cells[:0]
	for _, col := range r.rec.Columns() {
		row.Cells = append(row.Cells, arrowCell(col, r.at))
	}
	r.at++
	row.finish(r.header)
	return nil
}

func arrowCell(col arrow.Array, i int) Cell {
	if col.IsNull(i) {
		return Cell{Null: true}
	}
	switch c := col.(type) {
	case *array.String:
		return Cell{Text: c.Value(i)}
	case *array.LargeString:
		return Cell{Text: c.Value(i)}
	case *array.Binary:
		return Cell{Text: string(c.Value(i))}
	case *array.Dictionary:
		return arrowCell(c.Dictionary(), c.GetValueIndex(i))
	case *array.Date32:
		return Cell{Text: c.Value(i).ToTime().Format(time.DateOnly)}
	case *array.Date64:
		return Cell{Text: c.Value(i).ToTime().Format(time.DateOnly)}
	case *array.Timestamp:
		unit := c.DataType().(*arrow.TimestampType).Unit
		return Cell{Text: instantText(c.Value(i).ToTime(unit))}
	case *array.Decimal128:
		return Cell{Text: decimalText(c.Value(i).BigInt(), int(c.DataType().(*arrow.Decimal128Type).Scale))}
	case *array.Decimal256:
		return Cell{Text: decimalText(c.Value(i).BigInt(), int(c.DataType().(*arrow.Decimal256Type).Scale))}
	case *array.Float32:
		return Cell{Text: strconv.FormatFloat(float64(c.Value(i)), 'f', -1, 32)}
	case *array.Float64:
		return Cell{Text: strconv.FormatFloat(c.Value(i), 'f', -1, 64)}
	}
	return Cell{Text: col.ValueStr(i)}
}

func instantText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func decimalText(v *big.Int, scale int) string {
	if scale <= 0 {
		return v.String() + strings.Repeat("0", -scale)
	}
	digits := new(big.Int).Abs(v).String()
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	sign := ""
	if v.Sign() < 0 {
		sign = "-"
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// finish completes a row of a format without text of its own: its raw form, and faults that only its texts show.
func (row *Row) finish(header []string) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	put := func(s string) {
		enc.Encode(s) //nolint:errcheck // a string into memory
		b.Truncate(b.Len() - 1)
	}
	b.WriteByte('{')
	size := 0
	for i, c := range row.Cells {
		if i > 0 {
			b.WriteByte(',')
		}
		put(header[i])
		b.WriteByte(':')
		if c.Null {
			b.WriteString("null")
			continue
		}
		size += len(c.Text)
		put(printable([]byte(c.Text)))
		if row.Fault == "" && printable([]byte(c.Text)) != c.Text {
			row.Fault = fmt.Sprintf("column %s holds NUL or bytes that are not utf-8", quoted(header[i]))
		}
	}
	b.WriteByte('}')
	row.Raw = b.String()
	if size > maxRow {
		row.Fault, row.Raw = fmt.Sprintf("the row is longer than %d bytes; the beginning is kept", maxRow), strings.ToValidUTF8(row.Raw[:maxRow], "")
	}
}

// parquetRows reads a Parquet file of plain columns, row group by row group.
type parquetRows struct {
	header []string
	text   []func(parquet.Value) string
	groups []parquet.RowGroup
	rows   parquet.Rows
	buf    []parquet.Row
	at, n  int
	line   uint64
}

func newParquet(r io.ReaderAt, size int64) (p *parquetRows, err error) {
	defer notReadable(&err)
	f, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("file is not whole: %w", err)
	}
	p = &parquetRows{groups: f.RowGroups(), buf: make([]parquet.Row, 256)}
	for _, field := range f.Schema().Fields() {
		if !field.Leaf() || field.Repeated() {
			return nil, fmt.Errorf("column %s is nested: only plain columns can be read", quoted(field.Name()))
		}
		p.header = append(p.header, field.Name())
		p.text = append(p.text, parquetText(field))
	}
	return p, checkHeader(p.header)
}

func (p *parquetRows) Header() []string { return p.header }

func (p *parquetRows) Next(row *Row) (err error) {
	defer notReadable(&err)
	for p.at == p.n {
		if p.rows == nil {
			if len(p.groups) == 0 {
				return io.EOF
			}
			p.rows, p.groups = p.groups[0].Rows(), p.groups[1:]
		}
		n, err := p.rows.ReadRows(p.buf)
		p.at, p.n = 0, n
		if err == nil && n > 0 {
			break
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return notWhole(err)
		}
		if n == 0 || err != nil {
			p.rows.Close()
			p.rows = nil
		}
	}
	p.line++
	row.Line, row.Fault, row.Cells = p.line, "", row.Cells[:0]
	for range p.header {
		row.Cells = append(row.Cells, Cell{Null: true})
	}
	for _, v := range p.buf[p.at] {
		if !v.IsNull() {
			row.Cells[v.Column()] = Cell{Text: p.text[v.Column()](v)}
		}
	}
	p.at++
	row.finish(p.header)
	return nil
}

// parquetText says how the values of a column read.
func parquetText(field parquet.Field) func(parquet.Value) string {
	if logical := field.Type().LogicalType(); logical != nil {
		switch l := logical.Value.(type) {
		case *format.DateType:
			return func(v parquet.Value) string {
				return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly)
			}
		case *format.TimestampType:
			unit := time.Millisecond
			if l.Unit.Value != nil {
				unit = l.Unit.Value.Duration()
			}
			return func(v parquet.Value) string {
				perSecond := int64(time.Second / unit)
				return instantText(time.Unix(v.Int64()/perSecond, v.Int64()%perSecond*int64(unit)))
			}
		case *format.DecimalType:
			scale := int(l.Scale)
			return func(v parquet.Value) string {
				switch v.Kind() {
				case parquet.Int32:
					return decimalText(big.NewInt(int64(v.Int32())), scale)
				case parquet.Int64:
					return decimalText(big.NewInt(v.Int64()), scale)
				}
				return decimalText(bigEndian(v.ByteArray()), scale)
			}
		}
	}
	return func(v parquet.Value) string {
		switch v.Kind() {
		case parquet.Float:
			return strconv.FormatFloat(float64(v.Float()), 'f', -1, 32)
		case parquet.Double:
			return strconv.FormatFloat(v.Double(), 'f', -1, 64)
		case parquet.ByteArray, parquet.FixedLenByteArray:
			return string(v.ByteArray())
		}
		return v.String()
	}
}

// bigEndian reads a number in two's complement.
func bigEndian(b []byte) *big.Int {
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
	}
	return v
}
