package sources

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// conversionNames lists the conversions that a mapping may call.
var conversionNames = []string{"decimal", "whole", "number", "day", "instant", "flag"}

const (
	wantDecimal = "a decimal number of at most 16 digits before the point and 8 after it"
	wantWhole   = "a whole number"
	wantNumber  = "a finite number"
	wantDay     = "a day as YYYY-MM-DD that exists"
	wantInstant = "an instant as YYYY-MM-DD HH:MM:SS that exists"
	wantFlag    = "yes or no, true or false, 1 or 0"
)

// convert writes out one conversion and notes its fault.
func (e *expression) convert(conversion string, args []string, zone string) (string, error) {
	format := ""
	switch {
	case len(args) == 2 && (conversion == "day" || conversion == "instant"):
		end, body, err := 0, "", error(nil)
		if strings.HasPrefix(args[1], "'") {
			end, body, err = literal(args[1], 0)
		}
		if err != nil || end != len(args[1]) || body == "" {
			return "", fmt.Errorf("%s(x, format): the format must be a text such as '%%d-%%b-%%y', got %s", conversion, quoted(args[1]))
		}
		format = body
	case len(args) != 1 || args[0] == "":
		return "", fmt.Errorf("%s takes one value, got %d", conversion, len(args))
	}
	x, err := e.expand(args[0], zone)
	if err != nil {
		return "", err
	}
	cell := "trimBoth(ifNull(toString(" + x + "), ''))"
	var value, want string
	switch conversion {
	case "decimal":
		value, want = decimalSQL(cell), wantDecimal
	case "whole":
		value, want = "toInt64OrNull("+cell+")", wantWhole
	case "number":
		v := "toFloat64OrNull(" + cell + ")"
		value, want = "if(isFinite("+v+"), "+v+", NULL)", wantNumber
	case "flag":
		value, want = flagSQL(cell), wantFlag
	case "day", "instant":
		p := defaultPattern(conversion)
		if want = wantDay; conversion == "instant" {
			want = wantInstant
		}
		if format != "" {
			if p, err = patternOf(format); err != nil {
				return "", err
			}
			want = conversionNoun[conversion] + " as " + format + " that exists"
		}
		plain := "toDate32OrNull(" + cell + ")"
		if value = p.daySQL(cell); conversion == "instant" {
			plain = "toDateTime64OrNull(" + cell + ", 3, " + str(zone) + ")"
			value = p.instantSQL(cell, zone)
		}
		if format == "" {
			value = unlessPlain(conversion, cell, plain, value)
		}
	}
	e.Faults = append(e.Faults, conversionFault{Holds: cell + " != '' AND isNull(" + value + ")", Cell: cell, Want: want})
	return "(" + value + ")", nil
}

var conversionNoun = map[string]string{"day": "a day", "instant": "an instant"}

// decimalSQL reads a decimal number, plain or with an exponent that makes it larger (spreadsheets write 100000 as 1e+05), into
// Decimal(76, 8): wide enough that the product of three of them cannot overflow, which would stop the query instead of the row.
func decimalSQL(cell string) string {
	shape := `'^[+-]?(0*[0-9]{1,16}(\\.[0-9]{0,8}0*)?|\\.[0-9]{1,8}0*)([eE]\\+?[0-9]{1,2})?$'`
	rest := bind("d", "toDecimal256OrNull("+cell+", 8)", "if(abs(d) < 10000000000000000 AND match("+cell+", "+shape+"), d, NULL)")
	return "if(match(" + cell + ", '^[0-9]{1,16}(\\\\.[0-9]{1,8})?$'), toDecimal256OrNull(" + cell + ", 8), " + rest + ")" // most cells, at half the price
}

func flagSQL(cell string) string {
	return "multiIf(lower(" + cell + ") IN ('true', 't', 'yes', 'y', '1', '是'), true, lower(" + cell + ") IN ('false', 'f', 'no', 'n', '0', '否'), false, NULL)"
}

// A pattern reads a day, and maybe a time of day, out of a cell: a regular expression, and for each part the SQL that takes
// it from «g», the array of groups found. The engine's own readers are not used, for they turn days that do not exist
// into others (2026-02-30 into 2026-03-02, 0000-00-00 into 1900-01-01).
type pattern struct {
	Regex                string
	Year, Month, Day     string // SQL of four, two and two digits
	Hour, Minute, Second string // SQL of two digits each
	Millis               string // SQL of three digits
	Zone                 string // SQL of Z, +HH:MM or empty
}

// defaultPattern is ISO 8601 and its cousins 2026/3/4, 2026.3.4, 20260304, 2026年3月4日, with a time of day after it or not.
// A day is taken as written, whatever time and zone follow.
func defaultPattern(conversion string) pattern {
	day := `([0-9]{4})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))`
	p := pattern{
		Year: "«g»[1]", Month: two("«g»[2] || «g»[4]"), Day: two("«g»[3] || «g»[5]"),
		Hour: "'00'", Minute: "'00'", Second: "'00'", Millis: "'000'", Zone: "''",
	}
	if conversion == "day" {
		p.Regex = `^` + day + `(?:[ T][0-9].*)?$`
		return p
	}
	p.Regex = `^` + day + `(?:[ T]*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?)?$`
	p.Hour, p.Minute, p.Second = two("«g»[6]"), two("«g»[7]"), two("«g»[8]")
	p.Millis, p.Zone = "rightPad(substring(«g»[9], 1, 3), 3, '0')", "«g»[10]"
	return p
}

func two(group string) string { return "leftPad(" + group + ", 2, '0')" }

const monthNumber = "leftPad(toString(indexOf(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'], lower(substring(«g», 1, 3)))), 2, '0')"

// patternOf reads a format in the manner of strftime: %Y %y %m %d %e %b %B %H %M (and %i) %S %z, and %F and %T for
// %Y-%m-%d and %H:%M:%S. Days, months and hours may lack their leading zero. Two-digit years from 70 are of the 1900s.
func patternOf(format string) (pattern, error) {
	p := pattern{Hour: "'00'", Minute: "'00'", Second: "'00'", Millis: "'000'", Zone: "''"}
	format = strings.NewReplacer("%F", "%Y-%m-%d", "%T", "%H:%M:%S").Replace(format)
	var re strings.Builder
	re.WriteString("^")
	groups := 0
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			j := i + 1
			for j < len(format) && format[j] != '%' {
				j++
			}
			re.WriteString(regexp.QuoteMeta(format[i:j]))
			i = j - 1
			continue
		}
		i++
		if format[i] == '%' {
			re.WriteString("%")
			continue
		}
		groups++
		g := "«g»[" + strconv.Itoa(groups) + "]"
		switch format[i] {
		case 'Y':
			re.WriteString("([0-9]{4})")
			p.Year = g
		case 'y':
			re.WriteString("([0-9]{2})")
			p.Year = "if(toUInt8OrZero(" + g + ") < 70, '20', '19') || " + g
		case 'm':
			re.WriteString("([0-9]{1,2})")
			p.Month = two(g)
		case 'b', 'B':
			re.WriteString("([A-Za-z]{3,9})\\.?")
			p.Month = strings.ReplaceAll(monthNumber, "«g»", g)
		case 'd', 'e':
			re.WriteString(" ?([0-9]{1,2})")
			p.Day = two(g)
		case 'H':
			re.WriteString("([0-9]{1,2})")
			p.Hour = two(g)
		case 'M', 'i':
			re.WriteString("([0-9]{2})")
			p.Minute = g
		case 'S':
			re.WriteString("([0-9]{2})")
			p.Second = g
		case 'z':
			re.WriteString("(Z|[+-][0-9]{2}:?[0-9]{2})")
			p.Zone = g
		default:
			return pattern{}, fmt.Errorf("format %s: %%%c is not known; use %%Y %%y %%m %%b %%d %%H %%M %%S %%z", quoted(format), format[i])
		}
	}
	if p.Year == "" || p.Month == "" || p.Day == "" {
		return pattern{}, fmt.Errorf("format %s: must have a year, a month and a day", quoted(format))
	}
	re.WriteString("$")
	p.Regex = re.String()
	return p, nil
}

// bind is the SQL of an expression over a name for the value of another one, which then stands in it once only: written out at
// every use, a mapping of a few days and instants grows to a hundred thousand characters.
func bind(variable, value, expression string) string {
	return "arrayMap(" + variable + " -> " + expression + ", [" + value + "])[1]"
}

// groups binds «g» to what the pattern finds in the cell.
func (p pattern) groups(cell, expression string) string {
	return bind("g", "extractGroups("+cell+", "+str(p.Regex)+")", strings.ReplaceAll(expression, "«g»", "g"))
}

// unlessPlain goes around the pattern for cells that are empty or written as the engine itself writes a day or an
// instant, which are most: a regular expression for every cell is half of the time of a pull.
func unlessPlain(conversion, cell, plain, value string) string {
	written := "toString(" + plain + ") = " + cell
	if conversion == "instant" {
		written = "toString(" + plain + ") = concat(" + cell + ", '.000')"
		plain = "toTimeZone(" + plain + ", 'UTC')"
	}
	return "multiIf(" + cell + " = '', NULL, ifNull(" + written + ", false), " + plain + ", " + value + ")"
}

func (p pattern) iso() string {
	return "concat(" + p.Year + ", '-', " + p.Month + ", '-', " + p.Day + ")"
}

// daySQL gives the day as Date32, or null if there is no such day.
func (p pattern) daySQL(cell string) string {
	return bind("iso", p.groups(cell, p.iso()), "if(toString(toDate32OrNull(iso)) = iso, toDate32OrNull(iso), NULL)")
}

// instantSQL gives the instant as DateTime64(3, 'UTC'), or null if its day or time of day does not exist. A time that the
// clock of the zone skips or repeats is taken as the engine takes it.
func (p pattern) instantSQL(cell, zone string) string {
	parts := p.groups(cell, "["+p.iso()+", "+p.Hour+", "+p.Minute+", "+p.Second+", "+p.Millis+", "+p.Zone+"]")
	exists := "toString(toDate32OrNull(t[1])) = t[1] AND t[2] < '24' AND t[3] < '60' AND t[4] < '60'"
	local := "concat(t[1], ' ', t[2], ':', t[3], ':', t[4], '.', t[5])"
	inZone := "toTimeZone(toDateTime64OrNull(" + local + ", 3, " + str(zone) + "), 'UTC')"
	if p.Zone == "''" {
		return bind("t", parts, "if("+exists+", "+inZone+", NULL)")
	}
	inUTC := "toDateTime64OrNull(" + local + ", 3, 'UTC')"
	minutes := "if(t[6] = 'Z', 0, (toInt32OrZero(substring(t[6], 2, 2)) * 60 + toInt32OrZero(substring(t[6], length(t[6]) - 1, 2))) * if(startsWith(t[6], '-'), -1, 1))"
	return bind("t", parts, "multiIf(NOT ("+exists+"), NULL, t[6] = '', "+inZone+", subtractMinutes("+inUTC+", "+minutes+"))")
}
