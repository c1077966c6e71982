package report

import "testing"

func TestReason(t *testing.T) {
	for written, want := range map[string]string{
		"is needed and empty": "必填，但为空",
		`the cell "31.02.2026" is not a day as YYYY-MM-DD that exists`:       "单元格“31.02.2026”不是存在的日期（YYYY-MM-DD）",
		`where: the cell "x" is not a whole number`:                          "where：单元格“x”不是整数",
		"the value bill is not one of invoice, payment":                      "值 bill 不是下列之一：invoice, payment",
		"the value -7 is not 0 to 3650 days":                                 "值 -7 不是 0 至 3650 天",
		"the value 2 is not -1 to 1":                                         "值 2 不是 -1 至 1 之间的数",
		"has 3 cells, the header has 4":                                      "有 3 个单元格，表头有 4 个",
		"cell B7 holds the error #REF!":                                      "单元格 B7 含有错误值 #REF!",
		"the line is longer than 1048576 bytes; the beginning is kept":       "行长超过 1048576 字节，只保留了开头",
		"the cell \"a\" is not b\n$1 ${cell}\" is not a whole number":        "单元格“a\" is not b\n$1 ${cell}”不是整数", // what a cell holds is no form
		"the value 1 is not what a later version wants":                      "the value 1 is not what a later version wants",
		"the value 1 is not one of a, b and something is needed and empty":   "值 1 不是下列之一：a, b and something is needed and empty",
		"rows of this kind were never refused before":                        "rows of this kind were never refused before",
		"left out: erased on request":                                        "排除：已按申请删除",
		"no entry can be read: EOF":                                          "没有可读的条目：EOF",
		"the value x is not small enough: its size must be below 1000000000": "值 x 不是允许的大小：绝对值须小于 1000000000",
	} {
		if got := Reason(written); got.EN != written || got.ZH != want {
			t.Errorf("Reason(%q) = %q, %q, want %q", written, got.EN, got.ZH, want)
		}
	}
}
