package sources

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// An expression is the SQL of a mapping with its conversions written out.
//
// The conversions are decimal(x), whole(x), number(x), day(x [, format]), instant(x [, format]) and flag(x). Each gives null for
// an empty cell and also for one it cannot read, and the second is what faults are for. They stand in place of any function
// of the engine of the same name; day is the only one, and toDayOfMonth says the same.
type expression struct {
	SQL    string
	Faults []conversionFault
	Names  []string // identifiers that may be columns of the file, in order of appearance
	Quoted []string // those of them in backquotes or double quotes, which must be columns or names given in `from`
}

// A conversionFault is what makes a row a reject for one conversion.
type conversionFault struct {
	Holds string // SQL condition: the cell is filled and does not convert
	Cell  string // SQL of the cell's text
	Want  string // what was expected
}

// zonePlaceholder is the zone under which expressions are checked before a night's zone is known.
const zonePlaceholder = "UTC"

var bareName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)

// expand writes out the conversions in an expression. Local times are of the zone.
func expand(sql, zone string) (expression, error) {
	var e expression
	if strings.TrimSpace(sql) == "" {
		return e, fmt.Errorf("is empty")
	}
	out, err := e.expand(sql, zone)
	if err != nil {
		return expression{}, err
	}
	e.SQL = out
	return e, nil
}

func (e *expression) expand(sql, zone string) (string, error) {
	var out strings.Builder
	var open []byte // brackets
	for i := 0; i < len(sql); {
		c := sql[i]
		switch {
		case c == '\'' || c == '`' || c == '"':
			end, body, err := literal(sql, i)
			if err != nil {
				return "", err
			}
			if c != '\'' {
				e.addName(body, true)
			}
			out.WriteString(sql[i:end])
			i = end
		case c == ';', strings.HasPrefix(sql[i:], "--"), strings.HasPrefix(sql[i:], "/*"), c == '#', c == '$', c == 0: // $a$ … $a$ is a text to the engine
			return "", fmt.Errorf("%s: no comment and no %q is allowed in an expression", quoted(sql), c)
		case c == '(' || c == '[' || c == '{':
			open = append(open, c)
			out.WriteByte(c)
			i++
		case c == ')' || c == ']' || c == '}':
			if len(open) == 0 || strings.IndexByte("([{", open[len(open)-1]) != strings.IndexByte(")]}", c) {
				return "", fmt.Errorf("%s: a bracket is closed that was not opened", quoted(sql))
			}
			open = open[:len(open)-1]
			out.WriteByte(c)
			i++
		case c >= '0' && c <= '9': // a number, which may hold letters (1e5) that are no name
			j := i
			for j < len(sql) && (sql[j] == '.' || sql[j] >= '0' && sql[j] <= '9' || sql[j]|0x20 >= 'a' && sql[j]|0x20 <= 'z') {
				j++
			}
			out.WriteString(sql[i:j])
			i = j
		default:
			name := bareName.FindString(sql[i:])
			if name == "" {
				out.WriteByte(c)
				i++
				continue
			}
			rest := sql[i+len(name):]
			gap := len(rest) - len(strings.TrimLeft(rest, " \t\r\n"))
			isCall := gap < len(rest) && rest[gap] == '('
			if !isCall {
				e.addName(name, false)
			}
			if !isCall || !slices.Contains(conversionNames, name) {
				out.WriteString(name)
				i += len(name)
				continue
			}
			args, length, err := arguments(rest[gap:])
			if err != nil {
				return "", fmt.Errorf("%s: %s(…): %w", quoted(sql), name, err)
			}
			converted, err := e.convert(name, args, zone)
			if err != nil {
				return "", fmt.Errorf("%s: %w", quoted(sql), err)
			}
			out.WriteString(converted)
			i += len(name) + gap + length
		}
	}
	if len(open) > 0 {
		return "", fmt.Errorf("%s: a bracket is not closed", quoted(sql))
	}
	return out.String(), nil
}

func (e *expression) addName(name string, isQuoted bool) {
	if !slices.Contains(e.Names, name) {
		e.Names = append(e.Names, name)
	}
	if isQuoted && !slices.Contains(e.Quoted, name) {
		e.Quoted = append(e.Quoted, name)
	}
}

// literal returns the end of the quoted text that begins at i, and what it says.
func literal(sql string, i int) (end int, body string, err error) {
	quote := sql[i]
	var b strings.Builder
	for j := i + 1; j < len(sql); j++ {
		switch {
		case sql[j] == '\\' && j+1 < len(sql):
			j++
			b.WriteByte(sql[j])
		case sql[j] == quote && j+1 < len(sql) && sql[j+1] == quote:
			j++
			b.WriteByte(quote)
		case sql[j] == quote:
			return j + 1, b.String(), nil
		default:
			b.WriteByte(sql[j])
		}
	}
	return 0, "", fmt.Errorf("%s: a quote is not closed", quoted(sql))
}

// arguments splits what stands in the brackets that s begins with, and returns the length up to the closing one.
func arguments(s string) (args []string, length int, err error) {
	depth, from := 0, 1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\'', '`', '"':
			end, _, err := literal(s, i)
			if err != nil {
				return nil, 0, err
			}
			i = end - 1
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return append(args, strings.TrimSpace(s[from:i])), i + 1, nil
			}
		case ',':
			if depth == 1 {
				args = append(args, strings.TrimSpace(s[from:i]))
				from = i + 1
			}
		}
	}
	return nil, 0, fmt.Errorf("a bracket is not closed")
}

// name writes a column name for SQL.
func name(column string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(column) + "`"
}

// str writes a text constant for SQL.
func str(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\x00", `\0`).Replace(s) + "'"
}
