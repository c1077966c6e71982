package sources

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// jsonRows reads one JSON object a line. Values that are no text are taken as written; null and absent are nothing.
type jsonRows struct {
	br     *bufio.Reader
	dec    decoder
	header []string
	index  map[string]int
	line   uint64
}

// newJSON reads rows whose columns are known from [jsonHeader].
func newJSON(r io.Reader, dec decoder, header []string) *jsonRows {
	j := &jsonRows{br: bufio.NewReaderSize(r, maxRow+2), dec: dec, header: header, index: make(map[string]int, len(header)), line: 1}
	for i, h := range header {
		j.index[h] = i
	}
	if bom, err := j.br.Peek(len(utf8BOM)); err == nil && bytes.Equal(bom, utf8BOM) {
		j.br.Discard(len(utf8BOM))
	}
	return j
}

// jsonHeader reads all rows for the names in them, in the order of their first appearance.
func jsonHeader(r io.Reader, dec decoder) ([]string, error) {
	j := newJSON(r, dec, nil)
	var header []string
	seen := map[string]bool{}
	for {
		var row Row
		line, err := j.nextLine(&row)
		if err == io.EOF {
			return header, checkHeader(header)
		}
		if err != nil {
			return nil, err
		}
		if row.Fault != "" {
			continue
		}
		names, _, why := members(line)
		if why != "" {
			continue
		}
		for _, n := range names {
			if !seen[n] {
				seen[n] = true
				header = append(header, n)
				if len(header) > maxColumns {
					return nil, checkHeader(header)
				}
			}
		}
	}
}

func (j *jsonRows) Header() []string { return j.header }

func (j *jsonRows) Next(row *Row) error {
	line, err := j.nextLine(row)
	if err != nil || row.Fault != "" {
		return err
	}
	names, values, why := members(line)
	if why != "" {
		row.Fault = why
		return nil
	}
	for range j.header {
		row.Cells = append(row.Cells, Cell{Null: true})
	}
	for i, n := range names {
		if k, ok := j.index[n]; ok {
			row.Cells[k] = values[i]
		}
	}
	return nil
}

// nextLine gives the next line that is not blank.
func (j *jsonRows) nextLine(row *Row) (string, error) {
	for {
		row.Line, row.Fault, row.Raw, row.Cells = j.line, "", "", row.Cells[:0]
		data, err := j.br.ReadSlice('\n')
		if err == io.EOF && len(data) == 0 {
			return "", io.EOF
		}
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return "", err
		}
		j.line++
		if err == bufio.ErrBufferFull {
			row.Fault, row.Raw = fmt.Sprintf("the line is longer than %d bytes; the beginning is kept", maxRow), printable(data[:maxRow])
			for err == bufio.ErrBufferFull {
				_, err = j.br.ReadSlice('\n')
			}
			if err != nil && err != io.EOF {
				return "", err
			}
			return "", nil
		}
		data = bytes.TrimRight(data, "\r\n")
		if len(bytes.TrimSpace(data)) == 0 {
			continue
		}
		s, ok := j.dec.text(data)
		switch {
		case !ok:
			row.Fault, row.Raw = "holds bytes that are not "+j.dec.Name, printable(data)
		case strings.IndexByte(s, 0) >= 0:
			row.Fault, row.Raw = "holds a NUL byte", printable(data)
		default:
			row.Raw = s
		}
		return s, nil
	}
}

// members takes a JSON object apart, or says why it is none.
func members(line string) (names []string, values []Cell, why string) {
	dec := json.NewDecoder(strings.NewReader(line))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, "is not a JSON object"
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, nil, "is not a JSON object"
		}
		n := t.(string)
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return nil, nil, "is not a JSON object"
		}
		if seen[n] {
			return nil, nil, "has the name " + quoted(n) + " twice"
		}
		seen[n] = true
		cell := Cell{Text: string(v)}
		switch v[0] {
		case 'n':
			cell = Cell{Null: true}
		case '"':
			if err := json.Unmarshal(v, &cell.Text); err != nil {
				return nil, nil, "is not a JSON object"
			}
			if strings.IndexByte(cell.Text, 0) >= 0 {
				return nil, nil, "holds a NUL character"
			}
		}
		names, values = append(names, n), append(values, cell)
	}
	if _, err := dec.Token(); err != nil {
		return nil, nil, "is not a JSON object"
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, nil, "has text after its JSON object"
	}
	return names, values, ""
}
