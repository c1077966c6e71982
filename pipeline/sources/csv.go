package sources

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// csvRows reads comma or tab separated text as RFC 4180 has it: cells in double quotes may hold separators, line breaks
// and doubled quotes; line ends are LF or CRLF; blank lines are no rows.
//
// A row that breaks the rules (another number of cells than the header, a quote inside a bare cell or after a closed
// one, a quote never closed, NUL, bytes outside the encoding, more than 1 MB) becomes a row with its fault. The next row
// begins on the next line of the file, whatever quotes stood open: a stray quote costs its line and no other.
type csvRows struct {
	br     *bufio.Reader
	comma  byte
	dec    decoder
	header []string
	line   uint64 // number of the line that comes next
	spans  []span
}

// A span is a cell within the bytes of a row.
type span struct {
	from, to int
	doubled  bool // holds doubled quotes
}

// newCSV reads up to and with the header. A file without any line is errEmpty.
func newCSV(r io.Reader, comma byte, dec decoder) (*csvRows, error) {
	c := &csvRows{br: rowBuffers.Get().(*bufio.Reader), comma: comma, dec: dec, line: 1}
	c.br.Reset(r)
	if bom, err := c.br.Peek(len(utf8BOM)); err == nil && bytes.Equal(bom, utf8BOM) {
		c.br.Discard(len(utf8BOM))
	} else if err != nil && err != io.EOF {
		return nil, err
	}
	var row Row
	switch err := c.Next(&row); {
	case err == io.EOF:
		return nil, errEmpty
	case err != nil:
		return nil, err
	case row.Fault != "":
		return nil, fmt.Errorf("header: %s", row.Fault)
	}
	for _, cell := range row.Cells {
		c.header = append(c.header, strings.TrimSpace(cell.Text))
	}
	return c, checkHeader(c.header)
}

// rowBuffers hold a row and what follows it. A night looks at the header of every file that it knows, a year of daily files, and would leave a
// thousand of them to the garbage collector.
var rowBuffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, maxRow+(256<<10)) }}

// release gives the buffer back; no row is read afterwards.
func (c *csvRows) release() {
	c.br.Reset(nil)
	rowBuffers.Put(c.br)
	c.br = nil
}

var errEmpty = errors.New("file is empty: not even a header")

func (c *csvRows) Header() []string { return c.header }

func (c *csvRows) Next(row *Row) error {
	need := 1
	for {
		data, err := c.br.Peek(max(need, c.br.Buffered()))
		last := err == io.EOF || len(data) > maxRow+1
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return err
		}
		if len(data) == 0 {
			return io.EOF
		}
		if n := blankLine(data); n > 0 {
			c.br.Discard(n)
			c.line++
			need = 1
			continue
		}
		n, why := c.scan(data, last)
		if n == 0 && (why == "" || !last && bytes.IndexByte(data, '\n') < 0) { // the row, or its first line, goes on beyond what is buffered
			need = min(len(data)+(64<<10), maxRow+2)
			continue
		}
		return c.take(row, data, n, why)
	}
}

// blankLine returns the length of an empty line that data begins with.
func blankLine(data []byte) int {
	switch {
	case data[0] == '\n':
		return 1
	case len(data) > 1 && data[0] == '\r' && data[1] == '\n':
		return 2
	}
	return 0
}

// scan finds the cells of the row that data begins with and returns its length with its line end, or why it is none, or
// neither if more is needed. last says that nothing will follow.
func (c *csvRows) scan(data []byte, last bool) (n int, why string) {
	c.spans = c.spans[:0]
	for i := 0; ; {
		s := span{from: i}
		if i < len(data) && data[i] == '"' {
			i++
			s.from = i
			for {
				k := bytes.IndexByte(data[i:], '"')
				if k < 0 {
					if last {
						return 0, "a quote is opened and not closed"
					}
					return 0, ""
				}
				i += k
				if i+1 == len(data) && !last {
					return 0, ""
				}
				if i+1 < len(data) && data[i+1] == '"' {
					s.doubled = true
					i += 2
					continue
				}
				break
			}
			s.to = i
			i++
		} else {
			for i < len(data) && data[i] != c.comma && data[i] != '\n' {
				if data[i] == '"' {
					return 0, "a quote stands inside a cell that does not begin with one"
				}
				i++
			}
			s.to = i
			if i < len(data) && data[i] == '\n' && i > s.from && data[i-1] == '\r' {
				s.to--
			}
		}
		if i == len(data) && !last {
			return 0, ""
		}
		c.spans = append(c.spans, s)
		switch {
		case i == len(data):
			return i, ""
		case data[i] == c.comma:
			i++
		case data[i] == '\n':
			return i + 1, ""
		case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
			return i + 2, ""
		case data[i] == '\r' && i+1 == len(data):
			if !last {
				return 0, ""
			}
			return i + 1, ""
		default:
			return 0, "text follows a closing quote"
		}
	}
}

// take makes a row of the first n bytes, or a fault of the first line, and consumes them.
func (c *csvRows) take(row *Row, data []byte, n int, why string) error {
	row.Line, row.Fault, row.Cells = c.line, "", row.Cells[:0]
	if why == "" {
		why = c.fill(row, data[:n])
	}
	if why == "" {
		c.line += uint64(bytes.Count(data[:n], []byte{'\n'}))
		c.br.Discard(n)
		return nil
	}
	row.Fault = why
	end := bytes.IndexByte(data, '\n')
	if end < 0 {
		end = len(data)
	}
	if end > maxRow {
		row.Fault = fmt.Sprintf("the line is longer than %d bytes; the beginning is kept", maxRow)
		end = maxRow
	}
	row.Raw = c.whole(bytes.TrimSuffix(data[:end], []byte{'\r'}))
	c.line++
	if _, err := c.br.Discard(end); err != nil {
		return err
	}
	return c.skipLine()
}

// skipLine consumes what is left of the line.
func (c *csvRows) skipLine() error {
	for {
		_, err := c.br.ReadSlice('\n')
		switch err {
		case nil, io.EOF:
			return nil
		case bufio.ErrBufferFull:
		default:
			return err
		}
	}
}

// whole is the text of bytes that may not be text.
func (c *csvRows) whole(b []byte) string {
	if s, ok := c.dec.text(b); ok && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return printable(b)
}

// fill puts the cells that scan found into row, or says what is wrong with them.
func (c *csvRows) fill(row *Row, data []byte) string {
	if len(data) > maxRow {
		return fmt.Sprintf("the row is longer than %d bytes", maxRow)
	}
	if c.header != nil && len(c.spans) != len(c.header) {
		return fmt.Sprintf("has %d cells, the header has %d", len(c.spans), len(c.header))
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "holds a NUL byte"
	}
	raw, ok := c.dec.text(bytes.TrimRight(data, "\r\n"))
	if !ok {
		return "holds bytes that are not " + c.dec.Name
	}
	row.Raw = raw
	for _, s := range c.spans {
		var cell string
		if c.dec.dec == nil && s.to <= len(raw) { // cut out of the row, without a copy
			cell = raw[s.from:s.to]
		} else if cell, ok = c.dec.text(data[s.from:s.to]); !ok {
			return "holds bytes that are not " + c.dec.Name
		}
		if s.doubled {
			cell = strings.ReplaceAll(cell, `""`, `"`)
		}
		row.Cells = append(row.Cells, Cell{Text: cell})
	}
	return ""
}
