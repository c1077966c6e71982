package sources

import (
	"fmt"
	"strings"
)

// plain takes the wrappings off a type name: LowCardinality(Nullable(String)) is String.
func plain(typ string) string {
	for {
		inner, ok := strings.CutPrefix(typ, "Nullable(")
		if !ok {
			inner, ok = strings.CutPrefix(typ, "LowCardinality(")
		}
		if !ok {
			return typ
		}
		typ = strings.TrimSuffix(inner, ")")
	}
}

func isText(typ string) bool { return typ == "String" || strings.HasPrefix(typ, "FixedString") }

// conversionFor is the conversion that a column's kind implies for a text.
var conversionFor = map[kind]string{
	money: "decimal", rate: "decimal", real: "number", integer: "whole", date: "day", wideDate: "day", moment: "instant", boolean: "flag",
}

// settle gives a column, named by a key of the source, of which only a text is at hand the conversion that its kind implies, and refuses types that
// cannot become what the ledger stores.
func (f *filled) settle(key, typ, zone string) error {
	f.typ = plain(typ)
	if isText(f.typ) {
		if c, ok := conversionFor[f.Kind]; ok {
			var e expression
			sql, err := e.convert(c, []string{f.SQL}, zone)
			if err != nil {
				return err
			}
			f.Faults = append(f.Faults, e.Faults...)
			f.SQL, f.typ = sql, map[string]string{"decimal": "Decimal", "number": "Float64", "whole": "Int64", "day": "Date32", "instant": "DateTime64", "flag": "Bool"}[c]
		}
		return nil
	}
	begins := func(names ...string) bool {
		for _, n := range names {
			if strings.HasPrefix(f.typ, n) {
				return true
			}
		}
		return false
	}
	ok := f.typ == "Nothing"
	hint := ""
	switch f.Kind {
	case text:
		ok = ok || begins("Int", "UInt", "Date", "Decimal", "Enum", "UUID", "Bool")
	case money, rate:
		ok = ok || begins("Decimal", "Int", "UInt")
		hint = "; money is decimal: use decimal(x)"
	case real:
		ok = ok || begins("Float", "Int", "UInt", "Decimal")
	case integer:
		ok = ok || begins("Int", "UInt")
		hint = "; use whole(x)"
	case date, wideDate:
		ok = ok || f.typ == "Date" || f.typ == "Date32"
		hint = "; use day(x), or toDate of an instant in your zone"
	case moment:
		ok = ok || begins("Date")
		hint = "; use instant(x)"
	case boolean:
		ok = ok || begins("Bool", "UInt8")
		hint = "; use flag(x)"
	case list:
		ok = ok || f.typ == "Array(String)" || f.typ == "Array(Nullable(String))" || f.typ == "Array(Nothing)"
	case pairs:
		ok = ok || f.typ == "Map(String, String)"
	}
	if !ok {
		return fmt.Errorf("%s.%s: the expression gives %s, which cannot be kept as %s%s", key, f.Name, typ, stored[f.Kind], hint)
	}
	return nil
}

// value is the SQL of the expression in the innermost query.
func (f *filled) value() string { return f.SQL }

// conversions are the faults that the expression can have.
func (f *filled) conversions() []conversionFault { return f.Faults }

// stored is the SQL that makes the mapped value v what the ledger keeps, which never fails, and the checks that say when
// it is not to be kept.
func (f *filled) stored(v string) (sql string, checks []check) {
	add := func(holds, reason string) { checks = append(checks, check{holds, f.Name, reason}) }
	shown := "substring(ifNull(toString(" + v + "), ''), 1, 100)"
	refuse := func(want string) string { return "concat('the value ', " + shown + ", ' is not ', " + str(want) + ")" }
	missing := "isNull(" + v + ")"
	if f.typ == "Nothing" && f.Kind != text && f.Kind != list && f.Kind != pairs {
		if f.Required {
			add("true", "'is needed and empty'")
		}
		return "CAST(NULL, 'Nullable(" + strings.ReplaceAll(stored[f.Kind], "'", `\'`) + ")')", checks
	}
	switch f.Kind {
	case text:
		sql = "trimBoth(ifNull(toString(" + v + "), ''))"
		missing = sql + " = ''"
		if f.OneOf != nil {
			quoted := make([]string, len(f.OneOf))
			for i, o := range f.OneOf {
				quoted[i] = str(o)
			}
			add(sql+" NOT IN ('', "+strings.Join(quoted, ", ")+")", refuse("one of "+strings.Join(f.OneOf, ", ")))
		}
		if f.Check != "" {
			add(sql+" != '' AND NOT "+strings.ReplaceAll(f.Check, "«v»", sql), refuse(f.Want))
		}
	case list:
		sql = listSQL(v, f.typ)
		missing = "empty(" + sql + ")"
	case pairs:
		sql = v
		if f.typ != "Map(String, String)" {
			sql = pairsSQL(v)
			add("trimBoth(ifNull(toString("+v+"), '')) != '' AND length("+sql+") != length(splitByChar(';', trimRight(ifNull(toString("+v+"), ''), '; ')))", refuse("a list of kind=key; kind=key"))
		}
		missing = "empty(" + sql + ")"
	case money, rate:
		digits, limit, scale := "Decimal(18, 4)", "100000000000000", "four"
		if f.Kind == rate {
			digits, limit, scale = "Decimal(18, 8)", "10000000000", "eight"
		}
		sql = "accurateCastOrNull(" + v + ", " + str(digits) + ")"
		add("isNotNull("+v+") AND (abs("+v+") >= "+limit+" OR isNull("+sql+"))", refuse("small enough: its size must be below "+limit))
		add("isNotNull("+v+") AND "+sql+" != "+v, refuse("a number of at most "+scale+" decimals"))
		sql = "if(abs(" + v + ") >= " + limit + ", NULL, " + sql + ")"
	case real:
		sql = "if(isFinite(toFloat64(" + v + ")), toFloat64(" + v + "), NULL)"
		add("isNotNull("+v+") AND isNull("+sql+")", refuse(wantNumber))
	case integer:
		sql = "accurateCastOrNull(" + v + ", 'Int32')"
		add("isNotNull("+v+") AND isNull("+sql+")", refuse("a whole number of 32 bits"))
	case date:
		in := v + " BETWEEN toDate32('1970-01-02') AND toDate32('2149-06-06')"
		sql = "if(" + in + ", toDate(" + v + "), NULL)"
		add("NOT ("+in+")", refuse("a day from 1970-01-02 to 2149-06-06"))
	case wideDate:
		sql = "toDate32(" + v + ")"
		add("NOT ("+v+" BETWEEN toDate32('1900-01-02') AND toDate32('2299-12-30'))", refuse("a day from 1900-01-02 to 2299-12-30"))
	case moment:
		at := "toDateTime64(" + v + ", 3, 'UTC')"
		in := at + " BETWEEN toDateTime64('1970-01-02 00:00:00', 3, 'UTC') AND toDateTime64('2149-06-06 00:00:00', 3, 'UTC')"
		sql = "if(" + in + ", " + at + ", NULL)"
		add("NOT ("+in+")", refuse("an instant from 1970-01-02 to 2149-06-06"))
	case boolean:
		sql = "toBool(" + v + ")"
	}
	if f.Check != "" && f.Kind != text {
		add("NOT ("+strings.ReplaceAll(f.Check, "«v»", v)+")", refuse(f.Want))
	}
	if f.Required {
		checks = append([]check{{missing, f.Name, "'is needed and empty'"}}, checks...)
	}
	return sql, checks
}

// listSQL reads a list of names out of a text: a JSON array, or names between semicolons.
func listSQL(v, typ string) string {
	items := v
	if !strings.HasPrefix(typ, "Array(") {
		cell := "trimBoth(ifNull(toString(" + v + "), ''))"
		items = "if(startsWith(" + cell + ", '['), JSONExtract(" + cell + ", 'Array(String)'), splitByChar(';', " + cell + "))"
	}
	return "arrayFilter(x -> x != '', arrayMap(x -> trimBoth(ifNull(toString(x), '')), " + items + "))"
}

// pairsSQL reads a map out of a text: kind=key between semicolons.
func pairsSQL(v string) string {
	items := "arrayFilter(x -> position(x, '=') > 1, splitByChar(';', ifNull(toString(" + v + "), '')))"
	return "mapFromArrays(arrayMap(x -> trimBoth(splitByChar('=', x, 2)[1]), " + items + "), arrayMap(x -> trimBoth(splitByChar('=', x, 2)[2]), " + items + "))"
}
