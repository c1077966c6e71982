package validation

import (
	"math"
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

// digits writes a figure with three decimals or, when it is smaller, two digits; whole numbers and large ones have none.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case v == math.Trunc(v) && a < 1e15, a >= 1000:
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 0.001:
		return strconv.FormatFloat(v, 'f', 3, 64)
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

// whole writes a count.
func whole(n int) string { return thousands(strconv.Itoa(n)) }

// amount writes money to the cent.
func amount(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return thousands(s[:len(s)-3]) + s[len(s)-3:]
}
