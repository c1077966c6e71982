package sources

import (
	"errors"
	"strconv"
	"strings"
)

// What a caller decides on: the exit code.
var (
	// ErrConfig marks a mistake in the configuration: nothing was touched.
	ErrConfig = errors.New("source configuration is wrong")
	// ErrData marks input that cannot be taken: missing, not whole, unreadable, of another layout. The night stops.
	ErrData = errors.New("source data cannot be taken")
	// ErrUnreachable marks a feed that did not answer.
	ErrUnreachable = errors.New("source cannot be reached")
)

// A fault is an error of one kind about one source; the kind is for errors.Is and does not show in the text.
type fault struct {
	kind   error
	source string
	err    error
}

func (f *fault) Error() string   { return "source " + f.source + ": " + f.err.Error() }
func (f *fault) Unwrap() []error { return []error{f.kind, f.err} }

// engineMessage takes the sentence out of an error of the engine: no code, version or stack trace.
func engineMessage(err error) string {
	text := err.Error()
	if _, after, ok := strings.Cut(text, "DB::Exception: "); ok {
		text = after
	}
	if before, after, ok := strings.Cut(text, ", message: "); ok && strings.Contains(before, "code: ") {
		text = after
	}
	for _, end := range []string{" (version ", "\nStack trace", ". Stack trace", " In scope ", " in scope ", ": While processing", ": while executing"} {
		if before, _, ok := strings.Cut(text, end); ok {
			text = before
		}
	}
	text = strings.TrimSpace(strings.ToValidUTF8(text, "�"))
	if r := []rune(text); len(r) > 500 {
		text = string(r[:500]) + "…"
	}
	return text
}

// quoted writes a text from outside for a message: quoted, escaped, cut to 100 characters.
func quoted(s string) string {
	if r := []rune(s); len(r) > 100 {
		s = string(r[:100]) + "…"
	}
	return strconv.Quote(s)
}

// listed writes names for a message, at most 40 of them.
func listed(names []string) string {
	more := ""
	if len(names) > 40 {
		more = ", … " + strconv.Itoa(len(names)-40) + " more"
		names = names[:40]
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	return strings.Join(quoted, ", ") + more
}
