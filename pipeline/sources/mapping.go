package sources

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A mapping is what a source's configuration comes to for the files at hand: one query that turns staged rows into ledger
// rows and says what is wrong with each.
type mapping struct {
	source  Source
	table   table
	columns []string // of the files, over all of them, in the order of staging
	filled  []filled // ledger columns with an expression, known_at included, in table order
	totals  []filled // what control files tell the sum of; Name is their line
	from    expression
	where   expression
	zone    string
	lacking []string // ledger columns that are needed and have neither expression nor column
}

// filled is a ledger column and what fills it.
type filled struct {
	column
	expression
	implied bool   // a column of the same name, rather than an expression of the configuration
	typ     string // type of the expression, as the engine says
}

// newMapping puts the expressions of a source against the columns of its files.
func newMapping(s Source, columns []string, zone string) (*mapping, error) {
	t, _ := ledgerTable(s.Table)
	m := &mapping{source: s, table: t, columns: columns, zone: zone}
	var errs []error
	for _, c := range append(slices.Clone(t.Columns), knownAt) {
		sql, given := s.Select[c.Name]
		if !given && s.isFeed() && s.Table == "articles" {
			sql, given = articleSelect[c.Name]
		}
		f := filled{column: c, implied: !given}
		if !given {
			if !slices.Contains(columns, c.Name) {
				if c.Required {
					m.lacking = append(m.lacking, c.Name)
				}
				continue
			}
			sql = name(c.Name)
		}
		var err error
		if f.expression, err = expand(sql, zone); err != nil {
			errs = append(errs, fmt.Errorf("select.%s: %w", c.Name, err))
			continue
		}
		m.filled = append(m.filled, f)
	}
	if slices.Contains(s.Key, knownAt.Name) && !slices.ContainsFunc(m.filled, func(f filled) bool { return f.Name == knownAt.Name }) {
		errs = append(errs, errors.New("key: known_at can be part of a key only where the files or select give it; else every night would make every row new"))
	}
	if s.Control != nil {
		for _, line := range slices.Sorted(maps.Keys(s.Control.Totals)) {
			f := filled{column: column{Name: line, Kind: money}}
			var err error
			if f.expression, err = expand(s.Control.Totals[line], zone); err != nil {
				errs = append(errs, fmt.Errorf("control.totals.%s: %w", line, err))
				continue
			}
			m.totals = append(m.totals, f)
		}
	}
	var err error
	if s.From != "" {
		if m.from, err = expand(s.From, zone); err != nil {
			errs = append(errs, fmt.Errorf("from: %w", err))
		}
	}
	if s.Where != "" {
		if m.where, err = expand(s.Where, zone); err != nil {
			errs = append(errs, fmt.Errorf("where: %w", err))
		}
	}
	return m, errors.Join(errs...)
}

// uses calls see with every key of the configuration and the names its expression speaks of.
func (m *mapping) uses(see func(key string, e expression)) {
	for _, f := range m.filled {
		see("select."+f.Name, f.expression)
	}
	for _, f := range m.totals {
		see("control.totals."+f.Name, f.expression)
	}
	see("from", m.from)
	see("where", m.where)
}

// checkNeeded names the ledger columns that nothing fills.
func (m *mapping) checkNeeded() error {
	var errs []error
	for _, c := range m.lacking {
		errs = append(errs, fmt.Errorf("column %s, which %s needs, is missing and select does not give it; the header has %s%s", quoted(c), m.table.Name, listed(m.columns), alike(c, m.columns)))
	}
	return errors.Join(errs...)
}

// checkFile names the columns that the mapping speaks of and the file lacks. A name in quotes must be a column of the
// file, or be given in `from`; a bare one counts only if another file of the source has it, for it may be
// anything else of SQL too.
func (m *mapping) checkFile(in input) error {
	var errs []error
	m.uses(func(key string, e expression) {
		for _, n := range e.Names {
			if slices.Contains(in.Header, n) {
				continue
			}
			if slices.Contains(m.columns, n) || slices.Contains(e.Quoted, n) && !slices.Contains(m.from.Names, n) {
				errs = append(errs, fmt.Errorf("%s: column %s, which %s reads, is missing; the header has %s%s", in.File, quoted(n), key, listed(in.Header), alike(n, in.Header)))
			}
		}
	})
	return errors.Join(errs...)
}

// checkGone names the ledger columns that the source gave by their own name the night before and gives no more: without an
// expression nothing would fill them, and nobody would be told.
func (m *mapping) checkGone(file string, before []string) (errs []error) {
	for _, c := range append(slices.Clone(m.table.Columns), knownAt) {
		_, given := m.source.Select[c.Name]
		if !given && !c.Required && slices.Contains(before, c.Name) && !slices.Contains(m.columns, c.Name) {
			errs = append(errs, fmt.Errorf("%s: column %s, which this source had the night before, is missing; the header has %s%s; if it is gone for good, write select.%s: \"NULL\"",
				file, quoted(c.Name), listed(m.columns), alike(c.Name, m.columns), c.Name))
		}
	}
	return errs
}

// alike points to the column that was meant, where one differs from the name only in case, blanks and underscores.
func alike(name string, columns []string) string {
	plain := func(s string) string {
		return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(s))
	}
	for _, c := range columns {
		if plain(c) == plain(name) {
			return "; " + quoted(c) + " is written otherwise: was it renamed?"
		}
	}
	return ""
}

// spare lists the columns of the files that no expression reads: they are kept in staging only, and said.
func (m *mapping) spare() []string {
	var spare []string
	for _, c := range m.columns {
		read := false
		m.uses(func(_ string, e expression) { read = read || slices.Contains(e.Names, c) })
		if !read {
			spare = append(spare, c)
		}
	}
	return spare
}

// staged is the SQL of the staged rows under the names of the files, sound ones only.
func (m *mapping) staged(staging string) string {
	var b strings.Builder
	b.WriteString("(SELECT _file, _line, _fault")
	for i, c := range m.columns {
		b.WriteString(", " + stagedName(i) + " AS " + name(c))
	}
	b.WriteString(" FROM " + staging + " WHERE _fault = '')")
	return b.String()
}

// sums is the SQL of what control files tell: by file, for each total its sum and how many rows have no number for it.
func (m *mapping) sums(staging string) string {
	var inner, outer strings.Builder
	for i, f := range m.totals {
		v := own + strconv.Itoa(i)
		fmt.Fprintf(&inner, ", accurateCastOrNull(%s, 'Decimal(38, 8)') AS %s", f.value(), v)
		fmt.Fprintf(&outer, ", toString(sum(ifNull(%s, 0))), toString(countIf(isNull(%s)))", v, v)
	}
	return "SELECT _file" + outer.String() + " FROM (SELECT _file" + inner.String() + " FROM " + m.staged(staging) + ") GROUP BY _file"
}

// origin is the SQL of the staged rows with what `from` and `where` make of them.
func (m *mapping) origin(staging string) string {
	var b strings.Builder
	b.WriteString(m.staged(staging))
	if m.from.SQL != "" {
		b.WriteString(" " + m.from.SQL)
	}
	if m.where.SQL != "" {
		b.WriteString(" WHERE ifNull((" + m.where.SQL + "), false)")
		for _, f := range m.where.Faults { // a cell that where cannot read makes a reject, and is not left out
			b.WriteString(" OR (" + f.Holds + ")")
		}
	}
	return b.String()
}

// probe is the SQL that has the engine judge expressions over rows without reading one. Their types are its first answers.
func probe(rows string, list []filled) string {
	var types, faults []string
	for _, f := range list {
		types = append(types, f.SQL)
		for _, c := range f.Faults {
			faults = append(faults, c.Holds)
		}
	}
	var b strings.Builder
	b.WriteString("DESCRIBE TABLE (SELECT ")
	for i, sql := range append(types, faults...) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(sql + " AS _p" + strconv.Itoa(i))
	}
	return b.String() + " FROM " + rows + ")"
}

const (
	own = "_m_" // prefix of the mapped value of a ledger column, which may bear the name of a column of the file
)

// A check is a condition over mapped values that makes a row a reject.
type check struct{ holds, column, reason string }

func (c check) arm() string {
	if c.column == "where" { // which is no column of the ledger
		return c.holds + ", ('', concat('where: ', " + c.reason + "))"
	}
	return c.holds + ", (" + str(c.column) + ", " + c.reason + ")"
}

func wrongCell(cell, want string) string {
	return "concat('the cell \"', substringUTF8(" + cell + ", 1, 100), '\" is not ', " + str(want) + ")"
}

// insert is the SQL that maps the staged rows into table `mapped`.
func (m *mapping) insert(staging, mapped string) string {
	var inner, outer, names []string
	var first, second []check
	for _, f := range m.where.Faults {
		first = append(first, check{f.Holds, "where", wrongCell(f.Cell, f.Want)})
	}
	for _, f := range m.filled {
		v := own + f.Name
		value, checks := f.stored(v)
		inner = append(inner, f.value()+" AS "+v)
		for _, c := range f.conversions() {
			first = append(first, check{c.Holds, f.Name, wrongCell(c.Cell, c.Want)})
		}
		second = append(second, checks...)
		if f.Name == knownAt.Name {
			value = "ifNull(" + value + ", {known_at:DateTime64(3)})"
		}
		outer = append(outer, value+" AS "+f.Name)
		names = append(names, f.Name)
	}
	if !slices.Contains(names, knownAt.Name) {
		outer = append(outer, "{known_at:DateTime64(3)} AS known_at")
		names = append(names, knownAt.Name)
	}
	inner = append(inner, tried(first, "('', '')")+" AS _why1")
	outer = append(outer, tried(append([]check{{holds: "_why1.2 != ''"}}, second...), "('', '')")+" AS _why")

	var b strings.Builder
	b.WriteString("INSERT INTO " + mapped + " (_file, _line, _column, _reason, _content, _key, " + strings.Join(names, ", ") + ")\n")
	b.WriteString("SELECT _file, _line, _why.1, _why.2, " + m.content() + ", " + m.key() + ", " + strings.Join(names, ", ") + "\n")
	b.WriteString("FROM (SELECT _file, _line, " + strings.Join(outer, ",\n  ") + "\n")
	b.WriteString("FROM (SELECT _file, _line, " + strings.Join(inner, ",\n  ") + "\n")
	b.WriteString("FROM " + m.origin(staging) + "))")
	return b.String()
}

// tried is the first check that holds, as (column, reason).
func tried(checks []check, otherwise string) string {
	if len(checks) == 0 {
		return "('', '')"
	}
	var b strings.Builder
	b.WriteString("multiIf(")
	for _, c := range checks {
		if c.column == "" {
			b.WriteString(c.holds + ", _why1,\n    ")
			continue
		}
		b.WriteString(c.arm() + ",\n    ")
	}
	return b.String() + otherwise + ")"
}

// content is the SQL of the identity of a row's content: its filled ledger columns by name, so that a column added
// to the ledger later does not make old rows new.
func (m *mapping) content() string {
	var parts []string
	for _, f := range m.filled {
		if f.Learnt && !slices.Contains(m.key0(), f.Name) {
			continue
		}
		v := "ifNull(toString(" + f.Name + "), '')"
		if f.Kind == list || f.Kind == pairs {
			v = "if(empty(" + f.Name + "), '', toString(" + f.Name + "))"
		}
		parts = append(parts, "if("+v+" = '', '', concat("+str(f.Name+"=")+", "+v+"))")
	}
	return "reinterpretAsUInt128(sipHash128(arrayFilter(x -> x != '', [" + strings.Join(parts, ", ") + "])))"
}

// key is the SQL of the identity of the record that a row is a version of.
func (m *mapping) key() string { return keySQL(m.key0(), func(c string) string { return c }) }

func (m *mapping) key0() []string {
	if len(m.source.Key) == 0 && m.source.isFeed() && m.source.Table == "articles" {
		return []string{"article_id"}
	}
	return m.source.Key
}

func keySQL(key []string, column func(string) string) string {
	if len(key) == 0 {
		return "toUInt128(0)"
	}
	parts := make([]string, len(key))
	for i, k := range key {
		parts[i] = "ifNull(toString(" + column(k) + "), '')"
	}
	return "reinterpretAsUInt128(sipHash128([" + strings.Join(parts, ", ") + "]))"
}
