package sources

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

var errEncoding = errors.New("encoding is neither UTF-8 nor GB18030: give `encoding`, or save the file as UTF-8")

// A decoder turns bytes of one encoding into text and reports bytes that are none.
type decoder struct {
	Name string
	dec  *encoding.Decoder // nil for UTF-8
}

func decoderOf(name string) decoder {
	switch name {
	case "gb18030":
		return decoder{name, simplifiedchinese.GB18030.NewDecoder()}
	case "latin-1": // as everybody writes it: with the Windows characters in the place of the C1 controls
		return decoder{name, charmap.Windows1252.NewDecoder()}
	}
	return decoder{"utf-8", nil}
}

// text decodes b; ok is false if some bytes are no text of the encoding.
func (d decoder) text(b []byte) (s string, ok bool) {
	if d.dec == nil || ascii(b) {
		return string(b), utf8.Valid(b)
	}
	out, err := d.dec.Bytes(b)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
		return "", false
	}
	return string(out), true
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// A sniffer finds the encoding of a file from its lines.
//
// UTF-8 if no line speaks against it, or if at least as many lines with other than ASCII speak for it: then the others
// are bad rows. Else GB18030 if nearly all those lines can be it and most of its characters are common ones: the
// second keeps Latin-1, whose accents stand alone between ASCII letters, from being read as rare Chinese characters.
type sniffer struct {
	first           []byte // up to three bytes
	utf8, other     int    // lines with bytes above ASCII that are, and are not, UTF-8
	gb              int    // of the others, those that can be GB18030
	chars, commonGB int    // characters of two bytes in those, and the common ones of GB2312
}

func (s *sniffer) line(b []byte) {
	if len(s.first) == 0 {
		s.first = append(s.first, b[:min(3, len(b))]...)
	}
	if ascii(b) {
		return
	}
	if utf8.Valid(b) {
		s.utf8++
		return
	}
	s.other++
	chars, common, ok := gb18030Shape(b)
	if ok {
		s.gb++
		s.chars += chars
		s.commonGB += common
	}
}

func (s *sniffer) encoding() (string, error) {
	switch {
	case bytes.HasPrefix(s.first, []byte{0xff, 0xfe}), bytes.HasPrefix(s.first, []byte{0xfe, 0xff}):
		return "", errors.New("encoding is UTF-16: save the file as UTF-8")
	case bytes.HasPrefix(s.first, utf8BOM), s.utf8 >= s.other:
		return "utf-8", nil
	case s.gb*20 >= s.other*19 && s.commonGB*2 >= s.chars && s.chars > 0:
		return "gb18030", nil
	}
	return "", errEncoding
}

var utf8BOM = []byte{0xef, 0xbb, 0xbf}

// gb18030Shape counts the characters above ASCII in b and those of them in the two-byte plane of GB2312.
func gb18030Shape(b []byte) (chars, common int, ok bool) {
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c < 0x80:
			i++
		case c == 0x80 || c == 0xff || i+1 == len(b):
			return 0, 0, false
		case b[i+1] >= '0' && b[i+1] <= '9':
			if i+3 >= len(b) || b[i+2] < 0x81 || b[i+2] == 0xff || b[i+3] < '0' || b[i+3] > '9' {
				return 0, 0, false
			}
			chars++
			i += 4
		case b[i+1] >= 0x40 && b[i+1] != 0x7f && b[i+1] != 0xff:
			chars++
			if c >= 0xa1 && c <= 0xf7 && b[i+1] >= 0xa1 {
				common++
			}
			i += 2
		default:
			return 0, 0, false
		}
	}
	return chars, common, true
}
