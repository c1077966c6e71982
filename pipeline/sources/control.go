package sources

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/big"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Control says where the sender wrote down what a file holds: a small file beside each file, a line as rows=1200 for every figure. A file
// without one is not whole yet and is left for a later night; one that holds something else than was told is refused, and stops the night.
type Control struct {
	File   string            `yaml:"file"`   // name of the control file: {name} stands for the file's, {stem} for that without its ending
	Rows   string            `yaml:"rows"`   // line with the number of rows, of whatever becomes of them
	Totals map[string]string `yaml:"totals"` // line with a sum: SQL over the file's columns, which is summed over all its rows
}

// maxControl is the size of a control file at most.
const maxControl = 64 << 10

// errUnready reports a file that has no control file yet.
var errUnready = errors.New("its control file is not there")

// checkControl returns the mistakes of `control`, each with its key.
func (s Source) checkControl(bad func(key, format string, args ...any)) {
	c := s.Control
	if c == nil {
		return
	}
	if s.Reader != "" && s.Reader != "file" {
		bad("control", "is for reader: file")
	}
	switch name := c.of("x.csv"); {
	case name == c.File || name == "x.csv" || strings.ContainsAny(name, `/\{}`):
		bad("control.file", "must name a file beside each file by its {name} or {stem}, as \"{name}.ctl\", got %s", quoted(c.File))
	}
	if c.Rows == "" && len(c.Totals) == 0 {
		bad("control.rows", "or totals must name a line of the control file")
	}
	for _, line := range slices.Sorted(maps.Keys(c.Totals)) {
		if _, err := expand(c.Totals[line], zonePlaceholder); err != nil {
			bad("control.totals."+line, "%s", err)
		}
	}
}

// of is the name of the control file of a file.
func (c *Control) of(file string) string {
	stem := file
	for _, packed := range []string{".gz", ".zst"} {
		stem = strings.TrimSuffix(stem, packed)
	}
	stem = strings.TrimSuffix(stem, path.Ext(stem))
	return strings.NewReplacer("{name}", file, "{stem}", stem).Replace(c.File)
}

// A told is what a control file says.
type told struct {
	file   string // the control file
	rows   *uint64
	totals map[string]*big.Rat // by line
}

// read reads the control file of a file below root.
func (c *Control) read(root *os.Root, file string) (*told, error) {
	name := path.Join(path.Dir(file), c.of(path.Base(file)))
	o, err := open(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", errUnready, quoted(name))
	}
	if err != nil {
		return nil, fmt.Errorf("control file %s: %w", quoted(name), err)
	}
	defer o.Close()
	return c.parse(name, o)
}

// take reads the control file of an object of a store.
func (c *Control) take(ctx context.Context, from storage, o object) (*told, error) {
	name := path.Join(path.Dir(o.name), c.of(path.Base(o.name)))
	found, err := from.list(ctx, literalGlob.Replace(name))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: %s", errUnready, quoted(name))
	}
	if found[0].size > maxControl {
		return nil, fmt.Errorf("control file %s: %w", quoted(name), errControlSize)
	}
	var text bytes.Buffer
	if err := from.copy(ctx, found[0], &counter{w: &text, left: found[0].size}); err != nil {
		return nil, fmt.Errorf("control file %s: %w", quoted(name), err)
	}
	return c.parse(name, &text)
}

var (
	literalGlob    = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)
	errControlSize = fmt.Errorf("is larger than %d bytes", maxControl)
	plainSum       = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,8})?$`)
)

// parse reads lines as rows=1200; between name and number stands one of = : ; , or a tab, and lines that begin with # say nothing. Names count
// whatever their case; lines that the configuration does not ask for are not looked at.
func (c *Control) parse(name string, from io.Reader) (*told, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxControl+1))
	switch {
	case err != nil:
	case len(text) > maxControl:
		err = errControlSize
	case !utf8.Valid(text):
		err = errors.New("holds bytes that are not utf-8")
	}
	if err != nil {
		return nil, fmt.Errorf("control file %s: %w", quoted(name), err)
	}
	lines := map[string]string{}
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		i := strings.IndexAny(line, "=:;,\t")
		if i < 1 {
			return nil, fmt.Errorf("control file %s: line %d: want a name and a number, as rows=1200", quoted(name), n)
		}
		key := strings.ToLower(strings.TrimSpace(line[:i]))
		if _, twice := lines[key]; twice {
			return nil, fmt.Errorf("control file %s: line %d: %s is told twice", quoted(name), n, quoted(key))
		}
		lines[key] = strings.TrimSpace(line[i+1:])
	}
	t := &told{file: name, totals: map[string]*big.Rat{}}
	var errs []error
	value := func(line string) string {
		v, there := lines[strings.ToLower(line)]
		if !there {
			errs = append(errs, fmt.Errorf("control file %s: has no line %s", quoted(name), quoted(line)))
		}
		return v
	}
	if c.Rows != "" {
		if v := value(c.Rows); v != "" || len(errs) == 0 {
			rows, err := strconv.ParseUint(v, 10, 63)
			if err != nil {
				errs = append(errs, fmt.Errorf("control file %s: %s: %s is no number of rows", quoted(name), c.Rows, quoted(v)))
			}
			t.rows = &rows
		}
	}
	for _, line := range slices.Sorted(maps.Keys(c.Totals)) {
		before := len(errs)
		v := value(line)
		if len(errs) > before {
			continue
		}
		if !plainSum.MatchString(v) { // the sum itself is nothing for a log
			errs = append(errs, fmt.Errorf("control file %s: %s: want a plain number with a point before at most 8 decimals, as 1234.50", quoted(name), line))
			continue
		}
		t.totals[line], _ = new(big.Rat).SetString(v)
	}
	return t, errors.Join(errs...)
}

// checkControls holds what was told of the files against what was staged of them; of files without a row nothing was.
func (j *job) checkControls(ctx context.Context, m *mapping) error {
	sums := map[[2]string]controlSum{}
	if m != nil && len(m.totals) > 0 {
		lines, err := j.lines(ctx, m.sums(j.work("staging")), nil)
		if err != nil {
			return fmt.Errorf("source %s: control.totals: %w", j.source.Name, err)
		}
		for _, l := range lines {
			for i, f := range m.totals {
				got, ok := new(big.Rat).SetString(l[1+2*i])
				if !ok {
					return fmt.Errorf("source %s: control.totals.%s: the sum of %s is no number", j.source.Name, f.Name, l[0])
				}
				sums[[2]string{l[0], f.Name}] = controlSum{got, l[2+2*i]}
			}
		}
	}
	var errs []error
	agree := 0
	for _, in := range j.inputs {
		if in.told == nil {
			continue
		}
		agree++
		bad := func(format string, args ...any) {
			errs = append(errs, &fault{ErrData, j.source.Name, fmt.Errorf("%s: control file %s: %s; the file is cut short, or another one", in.File, quoted(in.told.file), fmt.Sprintf(format, args...))})
		}
		if t := in.told.rows; t != nil && *t != in.rows {
			bad("%s says %d rows, the file has %d", j.source.Control.Rows, *t, in.rows)
		}
		for _, line := range slices.Sorted(maps.Keys(in.told.totals)) {
			got, there := sums[[2]string{in.File, line}]
			if !there {
				got = controlSum{new(big.Rat), "0"}
			}
			if off := got.off(in.told.totals[line]); off != "" {
				bad("%s: the file has %s", line, off)
			}
		}
	}
	if agree > 0 && len(errs) == 0 {
		j.note("control files of %d files agree", agree)
	}
	return errors.Join(errs...)
}

// A controlSum is what the rows of a file add up to, and how many of them have no number.
type controlSum struct {
	sum    *big.Rat
	unread string
}

// off says how the sum differs from the told one, empty if it does not: by which share, for amounts are not for a log.
func (c controlSum) off(told *big.Rat) string {
	if c.sum.Cmp(told) == 0 {
		return ""
	}
	off := "another sum"
	if told.Sign() != 0 {
		share, _ := new(big.Rat).Quo(new(big.Rat).Sub(c.sum, told), told).Float64()
		off = fmt.Sprintf("a sum that is off by %+.4g %%", 100*share)
	}
	if c.unread != "0" {
		off += " (" + c.unread + " rows have no number there)"
	}
	return off
}
