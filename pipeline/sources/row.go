package sources

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Row is one row of an input, as it came.
type Row struct {
	Line  uint64 // line it begins on, from 1; of Parquet, Arrow and feeds the number of the row or entry
	Cells []Cell // by header; meaningless if Fault is set
	Raw   string // the row whole, without its line end
	Fault string // why the row cannot be read, empty if it can
}

// A Cell is a text or nothing at all. Formats without null (CSV) give empty texts.
type Cell struct {
	Text string
	Null bool
}

// rows yields the rows of one input in order. A row that cannot be read has its Fault set and costs no other row.
type rows interface {
	Header() []string
	Next(*Row) error // io.EOF at the end; any other error is about the input as a whole
}

const (
	maxRow     = 1 << 20 // bytes of a row; a longer one is refused
	maxColumns = 4096
)

// checkHeader names what is wrong with column names.
func checkHeader(header []string) error {
	if len(header) > maxColumns {
		return fmt.Errorf("header: %d columns, at most %d are taken", len(header), maxColumns)
	}
	seen := make(map[string]int, len(header))
	for i, h := range header {
		switch {
		case h == "":
			return fmt.Errorf("header: column %d has no name; found %s", i+1, listed(header))
		case strings.ContainsRune(h, 0):
			return fmt.Errorf("header: column %d has a NUL in its name %s (UTF-16 must be saved as UTF-8)", i+1, quoted(h))
		case !utf8.ValidString(h):
			return fmt.Errorf("header: the name of column %d, %s, is not in the file's encoding", i+1, quoted(h))
		case strings.ContainsAny(h, "\r\n"):
			return fmt.Errorf("header: column %d has a line break in its name %s", i+1, quoted(h))
		case strings.HasPrefix(h, "_"):
			for _, own := range stagingColumns {
				if h == own {
					return fmt.Errorf("header: the name %s is reserved", quoted(h))
				}
			}
		}
		if first, ok := seen[h]; ok {
			return fmt.Errorf("header: columns %d and %d are both named %s", first+1, i+1, quoted(h))
		}
		seen[h] = i
	}
	return nil
}

// printable keeps a text whole where it cannot be read: bytes that are not UTF-8 are written as \xNN, and NUL as \x00.
func printable(b []byte) string {
	if utf8.Valid(b) && strings.IndexByte(string(b), 0) < 0 {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 || r == 0 {
			fmt.Fprintf(&out, `\x%02x`, b[0])
		} else {
			out.Write(b[:n])
		}
		b = b[n:]
	}
	return out.String()
}
