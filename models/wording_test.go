package models

import (
	"math"
	"testing"
)

func TestValuesAreWrittenForPeople(t *testing.T) {
	for _, c := range []struct {
		value  float64
		unit   string
		en, zh string
	}{
		{34, "days", "34 days", "34 天"},
		{0.97, "ratio", "97 %", "97 %"},
		{0.00053, "probability", "0.053 %", "0.053 %"},
		{0.034, "probability", "3.4 %", "3.4 %"},
		{0, "ratio", "0 %", "0 %"},
		{12.5, "ratio", "1,250 %", "1,250 %"},
		{1, "flag", "yes", "是"},
		{0, "flag", "no", "否"},
		{6_400_000, "amount", "6,400,000", "6,400,000"},
		{-1234.5, "amount", "-1,234", "-1,234"},
		{3, "count", "3", "3"},
		{74, "agency units", "74", "74"},
		{0.5, "furlongs", "0.50 furlongs", "0.50 furlongs"},
		{math.Inf(1), "ratio", "+∞", "+∞"},
	} {
		if en, zh := inUnit(c.value, c.unit); en != c.en || zh != c.zh {
			t.Errorf("%g %s = %q, %q, want %q, %q", c.value, c.unit, en, zh, c.en, c.zh)
		}
	}
}
