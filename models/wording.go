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
	switch {
	case v.missing(row):
		en, zh = en+" unknown", zh+"未知"
	case v.numbers == nil:
		text := v.texts[v.codes[row]]
		en, zh = en+" "+text, zh+" "+text
	default:
		valueEN, valueZH := inUnit(v.numbers[row], c.Unit)
		en, zh = en+" "+valueEN, zh+" "+valueZH
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
