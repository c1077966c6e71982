package jobs

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// formulas are the characters with which a spreadsheet takes a cell for a formula, and their full-width twins.
const formulas = "=+-@\t\r＝＋－＠"

// A defused writer passes on a CSV as ClickHouse writes it and puts an apostrophe before every text that a spreadsheet would carry out
// (CWE-1236). Texts are in double quotes there, numbers are not, so that a negative number stays one.
type defused struct {
	to    io.WriteCloser
	state int
	first []byte // of a text: the bytes of its first character, as far as they have come
}

// Where a defused writer is.
const (
	atCell = iota // before a cell
	atText        // behind the quote that begins a text
	inText        // further in it, or behind its end, which makes no difference until a comma or a line outside of quotes
	behind        // in a number, or behind a quote in a text
)

func (d *defused) Write(p []byte) (int, error) {
	var out bytes.Buffer
	for _, b := range p {
		if d.state == atText && b != '"' {
			if d.first = append(d.first, b); !utf8.FullRune(d.first) {
				continue
			}
			if r, _ := utf8.DecodeRune(d.first); strings.ContainsRune(formulas, r) {
				out.WriteByte('\'')
			}
			out.Write(d.first)
			d.first, d.state = d.first[:0], inText
			continue
		}
		switch {
		case d.state == inText && b == '"', d.state == atText:
			out.Write(d.first) // of a character that is none
			d.first, d.state = d.first[:0], behind
		case d.state == behind && b == '"': // two quotes are one
			d.state = inText
		case d.state == atCell && b == '"':
			d.state = atText
		case d.state != inText && (b == ',' || b == '\n'):
			d.state = atCell
		case d.state == atCell:
			d.state = behind
		}
		out.WriteByte(b)
	}
	if _, err := d.to.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what is left of an answer that breaks off in a character.
func (d *defused) Close() error {
	_, err := d.to.Write(d.first)
	return errors.Join(err, d.to.Close())
}
