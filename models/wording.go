package models

import (
	"math"
	"strconv"
	"strings"
)

// sentence names a column's value and what it is compared with, in English and Chinese.
func (m *Model) sentence(column int, v *vector, row int) (en, zh string) {
	c := m.Columns[column]
	en, zh = c.Title()
	valueEN, valueZH := c.cell(v, row)
	en, zh = en+" "+valueEN, zh+" "+valueZH
	if v.missing(row) {
		zh = strings.Replace(zh, " 未知", "未知", 1)
	}
	if mean := m.Book[column].Mean; mean != nil {
		if c.Unit == "flag" {
			share := percent(*mean)
			return en + ", " + share + " of the book", zh + "，全体占 " + share
		}
		averageEN, averageZH := inUnit(*mean, c.Unit)
		en, zh = en+", book average "+averageEN, zh+"，全体平均 "+averageZH
	}
	return en, zh
}

// cell writes a cell of a column.
func (c Column) cell(v *vector, row int) (en, zh string) {
	switch {
	case v.missing(row):
		return "unknown", "未知"
	case v.numbers == nil:
		return v.texts[v.codes[row]], v.texts[v.codes[row]]
	}
	return inUnit(v.numbers[row], c.Unit)
}

// moved names a column's values on two nights, or what else made it weigh otherwise.
func (m *Model) moved(column int, then, now *vector, row int, worse bool) (en, zh string) {
	c := m.Columns[column]
	en, zh = c.Title()
	fromEN, fromZH := c.cell(then, row)
	toEN, toZH := c.cell(now, row)
	if fromEN != toEN {
		return en + " from " + fromEN + " to " + toEN, zh + "由 " + fromZH + " 变为 " + toZH
	}
	a, b := then.number(row), now.number(row)
	switch {
	case a != nil && b != nil && *a < *b:
		return en + " a little higher at " + toEN, zh + "略升，为 " + toZH
	case a != nil && b != nil && *a > *b:
		return en + " a little lower at " + toEN, zh + "略降，为 " + toZH
	case worse:
		return en + " still " + toEN + ", worse beside what else has changed", zh + "仍为 " + toZH + "，与其他变化合看更为不利"
	}
	return en + " still " + toEN + ", better beside what else has changed", zh + "仍为 " + toZH + "，与其他变化合看更为有利"
}

// units are how values of a unit are written; a unit that is not here is written behind the number as it is.
var units = map[string]struct{ en, zh string }{
	"":        {"", ""},
	"amount":  {"", ""}, // of the reporting currency, which the page names once
	"count":   {"", ""},
	"z":       {"", ""},
	"days":    {" days", " 天"},
	"points":  {" points", " 分"},
	"notches": {" notches", " 级"},
	// Scales of their own: the number says it.
	"agency units":     {"", ""},
	"score -1..1":      {"", ""},
	"rank 1-4":         {"", ""},
	"severity":         {"", ""},
	"weight":           {"", ""},
	"log ratio":        {"", ""},
	"stories per firm": {" stories per firm", " 条/家"},
	"%":                {"%", "%"},
}

// inUnit writes a value with its unit in English and Chinese.
func inUnit(v float64, unit string) (en, zh string) {
	switch unit {
	case "ratio", "probability", "rate p.a.":
		s := percent(v)
		return s, s
	case "flag":
		if v != 0 {
			return "yes", "是"
		}
		return "no", "否"
	}
	s := digits(v)
	if u, ok := units[unit]; ok {
		return s + u.en, s + u.zh
	}
	return s + " " + unit, s + " " + unit
}

// percent writes a share with as many decimals as tell small ones apart.
func percent(v float64) string {
	switch a := math.Abs(100 * v); {
	case math.IsInf(v, 0):
		return digits(v)
	case a >= 10 || a == 0:
		return thousands(strconv.FormatFloat(100*v, 'f', 0, 64)) + " %"
	case a >= 0.1:
		return strconv.FormatFloat(100*v, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(100*v, 'f', 3, 64) + " %"
}

// digits writes a value with about three digits, thousands parted.
func digits(v float64) string {
	s := ""
	switch a := math.Abs(v); {
	case math.IsInf(v, 0):
		s = strings.Replace(strconv.FormatFloat(v, 'g', -1, 64), "Inf", "∞", 1)
	case a >= 100:
		s = thousands(strconv.FormatFloat(v, 'f', 0, 64))
	case v == math.Trunc(v):
		s = strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		s = strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 0.01:
		s = strconv.FormatFloat(v, 'f', 2, 64)
	default:
		s = strconv.FormatFloat(v, 'g', 2, 64)
	}
	return s
}

func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
