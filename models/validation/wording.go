package validation

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// percent writes a share with as many decimals as tell small ones apart.
func percent(v float64) string {
	switch a := math.Abs(100 * v); {
	case a >= 99.95 || a == 0:
		return strconv.FormatFloat(100*v, 'f', 0, 64) + " %"
	case a >= 10:
		return strconv.FormatFloat(100*v, 'f', 1, 64) + " %"
	case a >= 0.1:
		return strconv.FormatFloat(100*v, 'f', 2, 64) + " %"
	}
	return strconv.FormatFloat(100*v, 'g', 2, 64) + " %"
}

// digits writes a figure with up to three decimals or, when it is smaller, two digits; large ones have none.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case v == math.Trunc(v) && a < 1e15, a >= 1000:
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 0.001:
		return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', 3, 64), "0"), ".")
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
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

// plurals are what follows a count of one in English sentences, with the verb.
var plurals = regexp.MustCompile(`(^|[^0-9.,])1 ((?:[a-z]+ )?)(customer|default|month|cohort|grade|cell|score|source|label|group|feature|segment|payment|point|row|pair|week|override|case|value|change|step|year)s\b( (?:are|have|were|lack|lie|owed))?`)

// singular writes "1 default" for "1 defaults".
func singular(en string) string {
	verbs := map[string]string{" are": " is", " have": " has", " were": " was", " lack": " lacks", " lie": " lies", " owed": " owed", "": ""}
	return plurals.ReplaceAllStringFunc(en, func(s string) string {
		m := plurals.FindStringSubmatch(s)
		return m[1] + "1 " + m[2] + m[3] + verbs[m[4]]
	})
}

// above says on which side of something a difference lies.
func above(v float64, write func(float64) string) Text {
	if v < 0 {
		return Text{write(-v) + " below", "低 " + write(-v)}
	}
	return Text{write(v) + " above", "高 " + write(v)}
}

// monthsOf writes a number of months.
func monthsOf(n int) Text {
	if n == 1 {
		return Text{"1 month", "1 个月"}
	}
	return Text{whole(n) + " months", whole(n) + " 个月"}
}

// whole writes a count.
func whole(n int) string { return thousands(strconv.Itoa(n)) }

// amount writes money to the cent.
func amount(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return thousands(s[:len(s)-3]) + s[len(s)-3:]
}
