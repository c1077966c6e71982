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
		value := withUnit(v.numbers[row], c.Unit)
		en, zh = en+" "+value, zh+" "+value
	}
	if mean := m.Book[column].Mean; mean != nil {
		average := withUnit(*mean, c.Unit)
		en, zh = en+", book average "+average, zh+"，全体平均 "+average
	}
	return en, zh
}

// withUnit writes a value with about three digits, thousands parted, and its unit.
func withUnit(v float64, unit string) string {
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
	switch unit {
	case "":
		return s
	case "%":
		return s + "%"
	}
	return s + " " + unit
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
